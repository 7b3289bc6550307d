"""ANAC: groupings of ours whole, never guessed; rivals and strangers counted; subcontracts as links of their own."""

import zipfile
from datetime import date
from pathlib import Path

import pytest

from data.errors import WrongColumns
from data.model import Audience, Identifier
from data.records import Accepted, OutOfArea, ReadOptions, Rejected
from data.sources import source
from data.store import open_store

MONO = "OPERATORE ECONOMICO MONOSOGGETTIVO"


@pytest.fixture
def codes(full_size) -> dict[str, str]:
    return {name: full_size.tax_code(9_200_000 + place, 15) for place, name in enumerate("ABCDEFGH")}


def table(path: Path, columns: str, *rows: str) -> Path:
    """A ZIP of one CSV, every cell quoted, as the authority writes it."""
    lines = [";".join(f'"{cell}"' for cell in line.split(";")) for line in (columns, *rows)]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(path.stem + ".csv", "\n".join(lines) + "\n")
    return path


def winners(path: Path, codes: dict[str, str]) -> Path:
    rows = [
        f"Z000000001;MANDATARIA;{codes['A']};ALFA DI PROVA SRL;SRL;-11",
        f"Z000000001;MANDANTE;{codes['B']};BETA SOCIETA COOPERATIVA;COOP;-11",
        f"Z000000001;{MONO};{codes['C']};GAMMA DI PROVA SPA;SPA;-12",
        f"Z000000002;{MONO};{codes['A']};ALFA DI PROVA SRL;SRL;13",
        f"Z000000003;{MONO};{codes['D']};DELTA DI PROVA SRL;SRL;14",
        f"Z000000004;CONSORZIO STABILE;{codes['E']};EPSILON CONSORZIO STABILE;;15",
        f"Z000000004;CONSORZIATA ESECUTRICE;{codes['A']};ALFA DI PROVA SRL;;15",
        f"Z000000005;MANDATARIA;{codes['A']};ALFA DI PROVA SRL;;16",
        f"Z000000005;MANDATARIA;{codes['C']};GAMMA DI PROVA SPA;;16",
        f"Z000000005;MANDANTE;{codes['D']};DELTA DI PROVA SRL;;16",
        "Z000000002;MANDANTE;RSSMRA80A01H501U;ROSSI MARIO;;13",
        "Z000000002;MANDANTE;XXXXXXXXXXX;OSCURATO;;13",
        f"Z000000002;MANDANTE;{codes['F']};DOTT. BIANCHI ANNA;;13",
    ]
    return table(path, "cig;ruolo;codice_fiscale;denominazione;tipo_soggetto;id_aggiudicazione", *rows)


def participants(path: Path, codes: dict[str, str]) -> Path:
    rows = [
        f"Z000000001;MANDATARIA;{codes['A']};ALFA DI PROVA SRL;",
        f"Z000000001;MANDANTE;{codes['B']};BETA SOCIETA COOPERATIVA;",
        f"Z000000001;;{codes['D']};DELTA DI PROVA SRL;",
        f"Z000000009;MANDATARIA;{codes['A']};ALFA DI PROVA SRL;",
        f"Z000000009;MANDATARIA;{codes['C']};GAMMA DI PROVA SPA;",
        f"Z000000009;MANDANTE;{codes['B']};BETA SOCIETA COOPERATIVA;",
        f"Z000000008;;{codes['C']};GAMMA DI PROVA SPA;",
    ]
    return table(path, "cig;ruolo;codice_fiscale;denominazione;tipo_soggetto", *rows)


def tenders(path: Path, codes: dict[str, str]) -> Path:
    columns = (
        "cig;cig_accordo_quadro;oggetto_gara;oggetto_lotto;importo_lotto;luogo_istat;data_pubblicazione;"
        "cf_amministrazione_appaltante;denominazione_amministrazione_appaltante;cod_cpv;descrizione_cpv"
    )
    rows = [
        f"Z000000001;;Gara;Mensa di prova;1234,5;059011;2021-03-04;{codes['G']};ENTE DI PROVA;55;SERVIZI MENSA",
        f"Z000000002;;Solo la gara;;;;2022-01-02;{codes['G']};ENTE DI PROVA;;",
        f"Z000000003;;Altra;Altra;1;;2022-01-02;{codes['G']};ENTE DI PROVA;;",
    ]
    return table(path, columns, *rows)


def read(name: str, *paths: Path, known: set[str]):
    return list(source(name).read(paths, ReadOptions(known_codes=frozenset(known))))


def teams(found: list[object]) -> dict[str, set[str]]:
    """Project -> the codes of its members."""
    held: dict[str, set[str]] = {}
    for one in found:
        if isinstance(one, Accepted) and one.records:
            held.setdefault(one.records[-1].project, set()).add(one.records[-1].organisation.value)
    return held


def test_groupings_of_ours_are_whole_and_none_is_guessed(tmp_path, codes):
    a, b, c, e = (codes[name] for name in "ABCE")
    found = read("anac-winners", winners(tmp_path / "w.zip", codes), known={a})
    assert teams(found) == {
        "anac|Z000000001|-11": {a, b},
        f"anac|Z000000002|{a}": {a},
        "anac|Z000000004|15": {a, e},
        f"anac|Z000000005|{a}": {a},
    }, "two leaders of one award: nobody can tell whose member the third is"
    ties = [one.records[-1] for one in found if isinstance(one, Accepted)]
    assert {(tie.lot, tie.outcome, tie.kind) for tie in ties if tie.lot == "Z000000001"} == {
        ("Z000000001", "awarded", "tender")
    }
    assert sum(one.count for one in found if isinstance(one, OutOfArea)) == 4
    refused = [(one.line, one.reason.key) for one in found if isinstance(one, Rejected)]
    assert refused == [
        (12, "reject.natural-person"), (13, "reject.masked"), (14, "reject.natural-person"),
    ]  # fmt: skip
    assert c not in repr([one for one in found if isinstance(one, Accepted)])


def test_participants_stand_alone_unless_one_leader_gathers_them(tmp_path, codes):
    a, b = codes["A"], codes["B"]
    found = read("anac-participants", participants(tmp_path / "p.zip", codes), known={a})
    assert teams(found) == {f"anac|Z000000001|g{a}": {a, b}, f"anac|Z000000009|{a}": {a}}
    assert {one.records[-1].outcome for one in found if isinstance(one, Accepted)} == {"bid"}
    assert sum(one.count for one in found if isinstance(one, OutOfArea)) == 4


def test_tenders_say_what_was_bought_by_whom(tmp_path, codes):
    files = winners(tmp_path / "w.zip", codes), tenders(tmp_path / "t.zip", codes)
    found = read("anac-tenders", *files, known={codes["A"]})
    ties = {one.records[-1].lot: one.records[-1] for one in found if isinstance(one, Accepted) and one.records}
    first = ties["Z000000001"]
    assert (first.text, first.amount, first.date) == ("Mensa di prova - SERVIZI MENSA", 1234.5, date(2021, 3, 4))
    assert (first.buyer, first.buyer_identifier) == ("ENTE DI PROVA", Identifier("tax-code", codes["G"]))
    assert ties["Z000000002"].text == "Solo la gara"
    assert ties["Z000000004"].text is None
    for lonely in files:
        with pytest.raises(WrongColumns):
            read("anac-tenders", lonely, known={codes["A"]})
    with pytest.raises(WrongColumns):
        read("anac-participants", files[0], known={codes["A"]})


def test_without_known_bodies_nothing_is_ours_and_that_is_said(tmp_path, codes):
    options = ReadOptions()
    found = list(source("anac-winners").read([winners(tmp_path / "w.zip", codes)], options))
    assert [(type(one), one.count) for one in found] == [(OutOfArea, 13)]
    assert [one.key for one in options.notices] == ["notice.bulk-unknown-bodies"]


def test_subcontracts_link_two_bodies_of_whom_one_is_known(tmp_path, codes):
    a, b, c, d = (codes[name] for name in "ABCD")
    rows = [
        f"Z000000001;71;{a};2022-05-06;Posa di prova;45000000;LAVORI;{b};BETA SOCIETA COOPERATIVA;;",
        f"Z000000001;72;{c};2022-05-06;Trasporto;60000000;TRASPORTI;{a};ALFA DI PROVA SRL;;",
        f"Z000000001;73;{c};2022-05-06;Altro;60000000;TRASPORTI;{d};DELTA DI PROVA SRL;;",
        f"Z000000001;74;{a};2022-05-06;Altro;6;X;RSSMRA80A01H501U;ROSSI MARIO;;",
        f"Z000000001;75;{a};2022-05-06;Altro;6;X;{a};ALFA DI PROVA SRL;;",
        f"Z000000001;76;{a};domani;Altro;6;X;{b};BETA SOCIETA COOPERATIVA;;",
    ]
    columns = (
        "cig;id_subappalto;cf_subappaltante;data_autorizzazione;oggetto;cod_cpv;descrizione_cpv;codice_fiscale;"
        "denominazione;ruolo;tipo_soggetto"
    )
    found = read("anac-subcontracts", table(tmp_path / "s.zip", columns, *rows), known={a})
    first, second = (one for one in found if isinstance(one, Accepted))
    assert [(tie.organisation.value, tie.role, tie.kind) for tie in first.records[1:]] == [
        (a, "Subappaltante", "subcontract"), (b, "Subappaltatore", "subcontract"),
    ]  # fmt: skip
    assert (first.records[1].text, first.records[1].lot) == ("Posa di prova - LAVORI", None)
    assert [tie.organisation.value for tie in second.records[1:]] == [a], "nobody told the name of the other"
    assert [(one.line, one.field, one.reason.key) for one in found if isinstance(one, Rejected)] == [
        (5, "code", "reject.natural-person"),
        (6, "main", "reject.bulk-own-subcontract"),
        (7, "date", "reject.date"),
    ]


def test_bids_awards_and_subcontracts_of_one_tender_in_the_store(tmp_path, codes):
    own = tmp_path / "own.csv"
    own.write_text(f"id,name,kind\n{codes['A']},Alfa di prova,firm\n", encoding="utf-8")
    store = open_store(tmp_path / "store.sqlite")
    store.load(source("organisations"), [own])
    files = {
        "anac-participants": [participants(tmp_path / "p.zip", codes)],
        "anac-winners": [winners(tmp_path / "w.zip", codes)],
        "anac-tenders": [winners(tmp_path / "w.zip", codes), tenders(tmp_path / "t.zip", codes)],
    }
    for name, paths in files.items():
        report = store.load(source(name), paths)
        assert report.read == report.added + report.unchanged + report.rejected + report.out_of_area, name
        again = store.load(source(name), paths)
        assert (again.added, again.changed) == (0, 0), name
    ties = [tie for tie in store.participations(Audience.PUBLIC) if tie.lot == "Z000000001"]
    assert len(ties) == 2, "bid, award and tender are one grouping"
    assert {(tie.outcome, tie.amount, tie.date) for tie in ties} == {("awarded", 1234.5, date(2021, 3, 4))}
    store.close()


def test_generated_winners_hold_what_the_official_file_holds(tmp_path, full_size):
    known = set(full_size.our_codes())
    found = read("anac-winners", full_size.write_winners(tmp_path / "w.zip", 30_000), known=known)
    held = teams(found)
    assert len(held) > 300
    assert all(members & known for members in held.values())
    assert {len(members) for members in held.values()} >= {1, 3}
    reasons = {one.reason.key for one in found if isinstance(one, Rejected)}
    assert reasons >= {"reject.missing-cells", "reject.natural-person", "reject.masked"}
