"""Thousands of dirty files: every record has its outcome, every refusal its line, field and reason."""

import csv
import io
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from data.errors import LandError
from data.records import Accepted, OutOfArea, ReadOptions, Rejected
from data.sources import SOURCES
from data.sources.reading import Column, Layout, Row, read_rows
from service.messages import catalogue

CODES = [f"999990{n}058" for n in range(1, 10)]
BODIES = ["99999010582", "99999020581", "99999030580", "99999040589", "99999050588", "99999060587"]
DIRT = [
    "", " ", "\t", "XXXXXXXXXXX", "RSSMRA80A01H501U", "99999010583", "-1", "1e999", "NaN", "1.234.56", "32/13/2024",
    "2024-02-30", "=1+1", "{{7*7}}", "<script>alert(1)</script>", "a" * 400, "Ω≈ç√", "\u202egnirts", "\u200b", "０１２",
    "'; DROP TABLE x;--", "\x01\x02", "ß" * 310, "mario.rossi@example.it", "javascript:alert(1)", "063049", "056999",
    "999999999999999999999", "l'Òrto", "NULL", "None", "#REF!", "\ufeff", "%s%n", "../../etc/passwd", "\U0001f355",
]  # fmt: skip

GOOD: dict[str, list[tuple[str, list[str]]]] = {
    "organisations": [
        ("id", BODIES), ("denominazione", ["Prova Uno", "Prova Due Società"]), ("kind", ["cooperative", "impresa"]),
        ("comune", ["059011", "Latina", ""]), ("ateco", ["01.13", "88.10.00", ""]), ("addetti", ["12", "1.200", ""]),
        ("fatturato", ["1.234,50", "1000", ""]), ("pec", ["info@pec.example.it", ""]), ("visibilità", ["public", ""]),
    ],
    "participations": [
        ("project", ["P1", "P2"]), ("org", [*BODIES, "COOP-1"]), ("role", ["01-MANDANTE", ""]),
        ("date", ["2020-01-02", "02/01/2020", ""]), ("outcome", ["bid", "awarded", ""]), ("amount", ["10", "1,5", ""]),
        ("buyer_istat", ["059011", "063049", ""]),
    ],
    "sites": [
        ("id", ["S1", "S2"]), ("name", ["Ex mulino di prova"]), ("kind", ["building", "land"]),
        ("municipality", ["057002", "Amatrice"]), ("lat", [""]), ("lon", [""]), ("superficie", ["100", "1.250,5", ""]),
        ("availability", ["offered", "in uso", ""]), ("owner_type", ["comune", "private", ""]),
    ],
    "declarations": [
        ("org", [*BODIES, "COOP-1"]), ("says", ["offers", "cerca"]), ("what", ["Trasporto di prova", "Magazzino"]),
        ("quantity", ["2", ""]), ("municipality", ["059011", ""]), ("until", ["2030-01-01", ""]),
    ],
    "cinque-per-mille": [
        ("Codice fiscale", BODIES), ("Denominazione", ["PROVA SOC. COOP. SOCIALE", "CIRCOLO DI PROVA"]),
        ("Regione", ["LAZIO", "CAMPANIA"]), ("PR", ["LT"]), ("Comune", ["LATINA", "NORMA"]), ("ETS", ["X", ""]),
        ("ASD", [""]), ("Ricerca scientifica", [""]), ("Ricerca sanitaria", [""]), ("Comuni", ["", "X"]),
        ("Beni culturali e paesaggistici", [""]), ("Enti Gestori aree protette", [""]),
    ],
    "ipa": [
        ("Codice_IPA", ["a_1", "a_2"]), ("Denominazione_ente", ["Ente di prova", "Comune di Latina"]),
        ("Codice_comune_ISTAT", ["059011", "063049"]), ("Codice_Categoria", ["L6", "L33", "C3"]),
        ("Codice_fiscale_ente", [*BODIES, ""]), ("Mail1", ["protocollo@pec.example.it"]), ("Tipo_Mail1", ["pec"]),
    ],
    "anbsc-properties": [
        ("s_bene", ["I-1-S", "I-2-S"]), ("genere", ["immobili"]), ("nome_regione", ["Lazio", "Campania"]),
        ("nome_provincia", ["Latina"]), ("nome_comune", ["Fondi", "Latina"]), ("categoria", ["Terreno"]),
        ("sottocategoria", ["", "Terreno agricolo"]), ("provvedimento", ["Confisca def.", "Sequestro", ""]),
    ],
    "historic-centres": [
        ("istat", ["057002", "059011"]), ("lon", ["12.9", "13,1"]), ("lat", ["41.4", "42,1"]), ("NOME", ["Prova", ""]),
    ],
    "municipalities": [
        ("Codice Istat del Comune (alfanumerico)", ["059011", "57002", "063049"]), ("Denominazione", ["Prova"]),
        ("Superficie territoriale (kmq)", ["10,5", "174.43"]), ("Zona altimetrica", ["1", "5"]),
        ("Altitudine", ["955", "21"]), ("Litoraneo", ["0", "1"]), ("Isolano", ["0"]),
    ],
    "inner-areas": [
        ("PROCOM_T", ["059011", "057002", "063049"]), ("COD_AI_2020", ["A", "F"]), ("MEDIA tempi", ["0", "71,5"]),
        ("Denominazione del COMUNE di destinazione prevalente", ["Rieti", "Roma"]),
    ],
    "income": [
        ("Anno di imposta", ["2020", "2022"]), ("Codice Istat Comune", ["59011", "057002", "63049"]),
        ("Regione", ["Lazio", ""]), ("Numero contribuenti", ["1000", "1.200", ""]),
        ("Reddito imponibile - Ammontare in euro", ["15000000", "1.234,50", ""]),
        ("Reddito da pensione - Frequenza", ["300", ""]),
    ],
    "dwellings": [
        ("REF_AREA", ["059011", "057002", "063049", "ITE4"]), ("INDICATOR", ["NUM_DW_AV", "NUM_UNOCC_DW_AV"]),
        ("TIME_PERIOD", ["2021"]), ("Osservazione", ["10", "1200"]),
    ],
    "labour-systems": [
        ("PRO_COM_T", ["059011", "57002", "063049"]), ("COD_SLL", ["1210", "928"]), ("DEN_SLL", ["PROVA"]),
        ("DEN_Gruppo", ["Sistemi di prova", ""]),
    ],
    "land-take": [
        ("PRO_COM", ["59011", "057002", "63049"]), ("Nome_Comune", ["Prova"]), ("Nome_Regione", ["Lazio", ""]),
        ("Incremento netto 2022-2023 [ettari]", ["1,5", "-2", ""]), ("Suolo consumato 2023 [ettari]", ["100", "10.5"]),
        ("Suolo consumato 2023 [%]", ["12,5", ""]),
    ],
    "reconstruction": [
        ("regione", ["Lazio", "LAZIO", "Umbria"]), ("cod_istat_comune", ["057001", "057002"]),
        ("eues_id", ["EU_1", "EU_2"]), ("cupxall", ["A11B22000000001", ""]),
        ("denominazione_intervento", ["Scuola di prova"]), ("importo_programmato", ["1000.5", "1.234,50"]),
        ("fase_di_avanzamento_al_30_aprile_2026", ["FA_7 - Inizio", "FA_1"]),
        ("soggetto_attuatore", ["COMUNE DI PROVA"]), ("cf_soggetto_attuatore", [*BODIES, ""]),
    ],
    "anbsc-properties-2014": [
        ("ID", ["1", "2"]), ("tipo", ["bene immobile"]), ("PRO_COM", ["59007", "58091"]),
        ("NOME_COM", ["Fondi", "Roma"]), ("NOME_PRO", ["LATINA", ""]), ("NOME_REG", ["LAZIO", "SICILIA"]),
        ("stato", ["In gestione", "Destinati consegnati"]), ("Categoria", ["Terreno"]),
        ("Sottocategoria", ["Villa", "no data"]), ("Ente destinatario", ["Comuni", "no data"]),
    ],
    "ateco": [
        ("CODICE", ["A", "B", "C"]), ("IT_TITOLO", ["Prova"]), ("EN_TITOLO", ["Trial", ""]), ("CODICE_PADRE", [""]),
    ],
    "input-output": [
        ("from", ["A01", "C10-C12"]), ("to", ["J61", "F"]), ("year", ["2016"]), ("value", ["0.5", "0,25", "5e-05"]),
    ],
    "districts": [
        ("area", ["Zona di prova", "Altra zona"]), ("level", ["distretto", "GAL"]),
        ("comune", ["059011", "Amatrice", "063049"]), ("codice", ["Z1", ""]),
    ],
    "indicators": [
        ("comune", ["059011", "Amatrice", "063049"]), ("name", ["Posti di prova"]), ("value", ["1,5", "-2", "35 %"]),
        ("unit", ["posti", ""]), ("year", ["2023"]), ("source", ["Ufficio di prova"]), ("licence", ["CC BY", ""]),
    ],
}  # fmt: skip
SPOILERS = ("cell", "cell", "cell", "extra", "missing", "open", "nul", "byte", "newline", "note")
CATALOGUES = {language: catalogue(language) for language in ("it", "en")}


class DirtyFile:
    """A small file of one source, about half of its rows in order, with what it must give."""

    def __init__(self, seed: int) -> None:
        chance = random.Random(seed)
        self.source = chance.choice(sorted(GOOD))
        columns = GOOD[self.source]
        self.delimiter = chance.choice(";;,,\t")
        self.encoding = chance.choice(["utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16"])
        self.rows = chance.randint(0, 12)
        self.sound_rows = 0
        head = list(columns)
        chance.shuffle(head)
        lines = [self._line([name for name, _ in head])]
        for _ in range(self.rows):
            good = [chance.choice(values) for _, values in head]
            sound = chance.random() < 0.6
            self.sound_rows += sound
            lines.append(self._line(good) if sound else self._spoilt(good, chance))
            if chance.random() < 0.1:
                lines.append(chance.choice(["\n", "   \n", self.delimiter * 3 + "\n"]))
        self.content = "".join(lines).encode(self.encoding, errors="replace")
        if self.encoding == "utf-8" and chance.random() < 0.1:
            self.content += b"\xff\xfe broken \x81\n"

    def _line(self, cells: list[str]) -> str:
        text = io.StringIO()
        csv.writer(text, delimiter=self.delimiter, lineterminator="\n").writerow(cells)
        return text.getvalue()

    def _spoilt(self, cells: list[str], chance: random.Random) -> str:
        match chance.choice(SPOILERS):
            case "extra":
                return self._line([*cells, "one too many"])
            case "missing":
                return self._line(cells[:-1])
            case "open":
                return '"' + self._line(cells)
            case "nul":
                return self._line(cells).replace("\n", "\x00\n")
            case "byte":
                return self._line([*cells[:-1], "\udcff?"])
            case "newline":
                return self._line([f"{cell}\n{cell}" for cell in cells])
            case "note":
                return "Una nota di prova che non è un dato\n"
        place = chance.randrange(len(cells))
        return self._line([chance.choice(DIRT) if at == place else cell for at, cell in enumerate(cells)])


def read_dirty(name: str, path: Path) -> list[Accepted | Rejected | OutOfArea] | LandError:
    """What a source makes of a file: its outcomes, or the error of ours that refuses it whole."""
    try:
        return list(SOURCES[name].read([path], ReadOptions()))
    except LandError as refused:
        return refused


def check_ledger(outcomes: list[Accepted | Rejected | OutOfArea], physical_lines: int) -> None:
    """One outcome a line at most, in order, every refusal with line, field and a reason in both languages."""
    lines = [one.line for one in outcomes]
    assert lines == sorted(set(lines))
    for one in outcomes:
        assert 2 <= one.line <= physical_lines
        if isinstance(one, Rejected):
            assert one.field
            assert len(one.value) <= 200
            assert all(one.reason.key in catalogue for catalogue in CATALOGUES.values())
            assert "RSSMRA80A01H501U" not in one.value
            assert "mario.rossi" not in one.value
        if isinstance(one, Accepted):
            assert one.key
            assert len(one.key) <= 400
            assert "RSSMRA80A01H501U" not in repr(one)


def records_of(path: Path) -> list[int]:
    """Line of each record as the tables' own reader counts them, told without the importers."""
    return [row.line for row in read_rows(path, Layout((Column("any", ("*",), needed=True),)), ReadOptions())]


def physical(content: bytes, encoding: str) -> int:
    text = content.decode(encoding, errors="replace")
    return len(io.StringIO(text, newline="").readlines())


def run(seeds: Iterator[int] | range, folder: Path) -> Counter[str]:
    """Every dirty file of these seeds, checked; what came out, counted."""
    tally: Counter[str] = Counter()
    path = folder / "dirty.csv"
    for seed in seeds:
        dirty = DirtyFile(seed)
        path.write_bytes(dirty.content)
        outcomes = read_dirty(dirty.source, path)
        tally["files"] += 1
        tally["sound rows"] += dirty.sound_rows
        tally["rows"] += dirty.rows
        if isinstance(outcomes, LandError):
            tally[outcomes.key] += 1
            continue
        check_ledger(outcomes, physical(dirty.content, dirty.encoding))
        if SOURCES[dirty.source].info.name != "cinque-per-mille":  # its notes are no records, by design
            assert [one.line for one in outcomes] == records_of(path)
        assert read_dirty(dirty.source, path) == outcomes
        tally.update(type(one).__name__ for one in outcomes)
    return tally


def test_five_thousand_dirty_files(tmp_path):
    tally = run(range(5_000), tmp_path)
    assert tally["files"] == 5_000
    assert tally["sound rows"] >= 0.3 * tally["rows"]
    assert tally["Accepted"] >= 0.3 * (tally["Accepted"] + tally["Rejected"] + tally["OutOfArea"])
    assert tally["Rejected"] > 5_000
    assert tally["error.wrong-columns"] + tally["error.unreadable-file"] < 100


@pytest.mark.long
def test_very_many_dirty_files(tmp_path):
    assert run(range(5_000, 200_000), tmp_path)["Rejected"] > 100_000


def test_the_ledger_check_would_notice_a_lost_row_a_nameless_reason_and_a_person():
    """The control: what the check must catch."""
    fine = Rejected(3, "id", "x", next(one.reason for one in rejections()))
    check_ledger([fine], 5)
    for broken in (
        [fine, fine],
        [Rejected(9, "id", "x", fine.reason)],
        [Rejected(3, "", "x", fine.reason)],
        [Rejected(3, "id", "x", type(fine.reason)("reject.never-heard-of"))],
        [Rejected(3, "id", "RSSMRA80A01H501U", fine.reason)],
        [Accepted(3, "", ())],
    ):
        with pytest.raises(AssertionError):
            check_ledger(broken, 5)


def rejections() -> Iterator[Rejected]:
    """Refusals of the invented participations."""
    path = Path(__file__).parent / "files" / "participations.csv"
    return (one for one in SOURCES["participations"].read([path], ReadOptions()) if isinstance(one, Rejected))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400), st.sampled_from(sorted(GOOD)), st.booleans())
@example(b'"', "organisations", True)
@example(b'a,"\n"b', "organisations", True)
@example(b"\xff\xfe\x00\xd8", "organisations", False)
@example(b"\xef\xbb\xbf", "organisations", False)
def test_any_bytes_at_all(tmp_path, content, name, headed):
    """Whatever the bytes, with or without good headings: outcomes with reasons, or an error of ours."""
    head = ";".join(column for column, _ in GOOD[name]).encode() + b"\n" if headed else b""
    path = tmp_path / "any.csv"
    path.write_bytes(head + content)
    outcomes = read_dirty(name, path)
    if not isinstance(outcomes, LandError):
        check_ledger(outcomes, 10_000)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.text(max_size=30), min_size=3, max_size=3), max_size=8), st.sampled_from(";,\t"))
def test_a_well_written_table_loses_nothing(tmp_path, rows, delimiter):
    """What Python's own writer writes comes back cell by cell, whatever is in it but null characters."""
    rows = [[cell.replace("\x00", "") for cell in row] for row in rows]
    path = tmp_path / "written.csv"
    with path.open("w", encoding="utf-8", errors="replace", newline="") as stream:
        writer = csv.writer(stream, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerow(["a", "b", "c"])
        writer.writerows(rows)
    layout = Layout(tuple(Column(name, needed=True) for name in "abc"))
    seen = list(read_rows(path, layout, ReadOptions()))
    with path.open(encoding="utf-8", newline="") as stream:
        expected = [
            row for row in list(csv.reader(stream, delimiter=delimiter))[1:] if any(cell.strip() for cell in row)
        ]
    assert [list(row.cells.values()) for row in seen if isinstance(row, Row)] == expected
