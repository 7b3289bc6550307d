"""PNRR: projects of known bodies and of comuni of Lazio; decimal commas; nobody without a code but the comuni."""

from datetime import date
from pathlib import Path

from data.lazio import municipality
from data.model import Identifier
from data.records import Accepted, OutOfArea, ReadOptions, Rejected
from data.sources import source

HEAD = (
    "Programma;Missione;Descrizione Submisura;Amministrazione Titolare;CUP;Codice Locale Progetto;Titolo Progetto;"
    "Soggetto Attuatore;Codice Fiscale Soggetto Attuatore;Regione;Provincia;Comune;Codice ISTAT Comune;"
    "Finanziamento PNRR;Data Inizio Progetto Prevista\n"
)


def projects(path: Path, *rows: str) -> Path:
    path.write_text(HEAD + "".join(row + "\n" for row in rows), encoding="utf-8")
    return path


def test_projects_of_ours(tmp_path, full_size):
    known, far = full_size.tax_code(9_300_000), full_size.tax_code(9_300_001, 15)
    start = "PNRR;M5;Inclusione;MINISTERO DI PROVA"
    path = projects(
        tmp_path / "p.csv",
        f"{start};C1;L1;Casa di prova;COOPERATIVA DI PROVA;{known};LOMBARDIA;MI;MILANO;015146;1.000,50;02/01/2022",
        f"{start};C2;L2;Scuola;LONTANA SRL;{far};LAZIO;LT;Latina;059011;5;",
        f"{start};C3;L3;Strada;COMUNE DI LATINA;;LAZIO;LT;Latina;059011;5,5;domani",
        f"{start};C4;L4;Strada;ENTE SENZA CODICE;;LAZIO;LT;Latina;059011;5,5;",
        f"{start};C5;L5;Bottega;ROSSI MARIO;RSSMRA80A01H501U;LAZIO;LT;Latina;;5,5;",
        f"{start};C6;L6;Altrove;LONTANA SRL;{far};LOMBARDIA;MI;MILANO;015146;5,5;",
        f"{start};C7;L7;Molto;COOPERATIVA SOCIALE DI PROVA;{known};;;;;tanto;",
    )
    found = list(source("pnrr").read([path], ReadOptions(known_codes=frozenset({known}))))
    ties = [one.records[1] for one in found if isinstance(one, Accepted)]
    assert [(tie.organisation, tie.amount, tie.date) for tie in ties] == [
        (Identifier("tax-code", known), 1000.5, date(2022, 1, 2)),
        (Identifier("tax-code", far), 5.0, None),
        (Identifier("municipality", "059011"), 5.5, None),
    ]
    assert {(tie.kind, tie.buyer, tie.role) for tie in ties} == {("pnrr", "MINISTERO DI PROVA", "Soggetto attuatore")}
    assert ties[0].text == "Casa di prova"
    latina = next(one.records[0] for one in found if isinstance(one, Accepted) and "C3" in one.key)
    assert latina.identifiers[1].value == municipality("059011").tax_code
    assert [(one.line, one.field, one.reason.key) for one in found if isinstance(one, Rejected)] == [
        (5, "code", "reject.missing"),
        (6, "code", "reject.natural-person"),
        (8, "amount", "reject.number"),
    ]
    assert sum(one.count for one in found if isinstance(one, OutOfArea)) == 1
    assert "ROSSI" not in repr(found)
