"""Some fifty ways in which an honest table arrives spoilt, through importers of every kind.

Every importer gets the same three good rows of its own layout; a way changes how they are written or what is wrong
with them. What must come out is the same for all: so many rows in order, so many refused, or the file refused whole.
"""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest

from data.errors import LandError
from data.records import Accepted, OutOfArea, ReadOptions, Rejected
from data.sources import SOURCES

ONE, TWO, THREE = "99999010582", "99999020581", "99999030580"
TABLES: dict[str, tuple[list[str], list[list[str]]]] = {
    "organisations": (
        ["id", "denominazione", "kind", "comune", "fatturato"],
        [[ONE, "Prova Uno", "cooperative", "Latina", "1000"], [TWO, "Prova Due è qui", "firm", "Latina", ""],
         [THREE, "Prova Tre", "firm", "059011", "5"]],
    ),
    "indicators": (
        ["comune", "name", "value", "unit", "year", "source"],
        [["Latina", "Posti", "1", "posti", "2023", "Ufficio"], ["Amatrice", "Posti", "2", "posti", "2023", "Città è"],
         ["Norma", "Posti", "3", "posti", "2023", "Ufficio"]],
    ),
    "calls": (
        ["id", "titolo", "ente", "stato", "dotazione"],
        [["B1", "Bando di prova", "Ente", "aperto", "1000"], ["B2", "Avviso è aperto", "", "", ""],
         ["B3", "Terzo bando", "Ente", "", "5"]],
    ),
    "cooperative-register": (
        ["Codice Fiscale", "Denominazione", "Categoria", "Comune", "Prov"],
        [[ONE, "PROVA UNO", "Cooperative sociali", "Viterbo", "VT"], [TWO, "PROVA È QUI", "", "Rieti", "RI"],
         [THREE, "PROVA TRE", "", "Latina", "LT"]],
    ),
    "income": (
        ["Anno di imposta", "Codice Istat Comune", "Regione", "Numero contribuenti",
         "Reddito imponibile - Ammontare in euro", "Reddito da pensione - Frequenza", "Città"],
        [["2022", "059011", "Lazio", "1000", "5", "1", "è"], ["2022", "057002", "Lazio", "100", "5", "1", "è"],
         ["2022", "057001", "Lazio", "10", "5", "1", "è"]],
    ),
    "public-buildings": (
        ["Identificativo bene", "Amministrazione Denominazione", "Natura del bene", "Comune del bene",
         "Codice Comune del bene", "Utilizzo"],
        [["1", "COMUNE DI LATINA", "Fabbricato", "LATINA", "059011", "Non utilizzato"],
         ["2", "CITTÀ È QUI", "Terreno", "LATINA", "059011", "Inutilizzato"],
         ["3", "COMUNE DI LATINA", "Fabbricato", "LATINA", "059011", "Abbandonato"]],
    ),
    "anac-subcontracts": (
        ["cig", "id_subappalto", "cf_subappaltante", "codice_fiscale", "denominazione"],
        [["Z1", "1", ONE, TWO, "PROVA SRL"], ["Z2", "2", ONE, THREE, "SOCIETÀ È QUI"], ["Z3", "3", ONE, TWO, "PROVA"]],
    ),
    "opencoesione-subjects": (
        ["COD_LOCALE_PROGETTO", "OC_CODICE_FISCALE_SOGG", "SOGG_COD_RUOLO", "OC_DENOMINAZIONE_SOGG"],
        [["P1", ONE, "3", "PROVA SOC. COOP."], ["P2", ONE, "3", "CITTÀ È QUI"], ["P3", ONE, "3", "PROVA"]],
    ),
}  # fmt: skip
BULK = frozenset({"public-buildings", "anac-subcontracts", "opencoesione-subjects"})
"""Readers of huge files: official ones only, so that UTF-16 and workbooks are refused by name."""

Grid = list[list[str]]


@dataclass(frozen=True)
class Way:
    """How a table is written, and the rows in order and refused that come out; None: refused whole."""

    write: Callable[[Grid], bytes]
    taken: int | None
    refused: int = 0
    bulk: tuple[int, int] | str | None = "same"
    """What the readers of huge files make of it, where it is something else."""
    ending: str = ".csv"


def text(rows: Grid, delimiter: str = ",", ending: str = "\n", **how: object) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=ending, **how).writerows(rows)
    return out.getvalue()


def plain(rows: Grid) -> bytes:
    return text(rows).encode()


def with_row(extra: Callable[[list[str]], str]) -> Callable[[Grid], bytes]:
    """The good table with one more line between the second and the third row, made from the first."""
    return lambda rows: "".join([text(rows[:3]), extra(rows[1]), text(rows[3:])]).encode("utf-8", "surrogateescape")


def workbook(rows: Grid, change: Callable[[openpyxl.Workbook], None] | None = None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if change:
        change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def after_a_note(book: openpyxl.Workbook) -> None:
    book.create_sheet("Leggimi", 0).append(["Questa è una nota"])


def merged(book: openpyxl.Workbook) -> None:
    book.active.insert_rows(1)
    book.active["A1"] = "Titolo"
    book.active.merge_cells("A1:C1")


def moved_right(rows: Grid) -> bytes:
    return workbook([["", *row] for row in rows])


def in_hard_blanks(rows: Grid) -> bytes:
    return plain([[f"\u00a0{cell}\u00a0" for cell in row] for row in rows])


def broken_bytes(rows: Grid) -> bytes:
    """Mostly UTF-8, so that it is no cp1252; a single line is broken."""
    titles = "Città\nQualità\nPerché\n".encode()
    return titles + with_row(lambda row: commas(row).replace("\n", "\udcff\udcfe\n"))(rows)


def hidden_error(rows: Grid) -> bytes:
    return workbook([*rows, ["#REF!"] * len(rows[0])])


def commas(cells: list[str]) -> str:
    return text([cells])


WAYS: dict[str, Way] = {
    "as it should be": Way(plain, 3),
    "semicolons": Way(lambda rows: text(rows, ";").encode(), 3),
    "tabs": Way(lambda rows: text(rows, "\t").encode(), 3),
    "bars": Way(lambda rows: text(rows, "|").encode(), 3),
    "a mark of UTF-8": Way(lambda rows: b"\xef\xbb\xbf" + plain(rows), 3),
    "cp1252": Way(lambda rows: text(rows, ";").encode("cp1252"), 3),
    "UTF-16": Way(lambda rows: text(rows).encode("utf-16"), 3, bulk=None),
    "UTF-16, the other way round": Way(lambda rows: b"\xfe\xff" + text(rows).encode("utf-16-be"), 3, bulk=None),
    "UTF-16 without a mark": Way(lambda rows: text(rows).encode("utf-16-le"), 3, bulk=None),
    "lines of Windows": Way(lambda rows: text(rows, ending="\r\n").encode(), 3),
    "mixed line ends": Way(lambda rows: (text(rows[:2], ending="\r\n") + text(rows[2:])).encode(), 3),
    "no end of the last line": Way(lambda rows: plain(rows).rstrip(b"\n"), 3),
    "blank lines all over": Way(lambda rows: b"\n\n".join(plain([row]) for row in rows) + b"\n \n\n", 3),
    "everything in quotes": Way(lambda rows: text(rows, quoting=csv.QUOTE_ALL).encode(), 3),
    "cells with lines in them": Way(
        lambda rows: text([rows[0], *([*row[:-1], row[-1] + "\n"] for row in rows[1:])]).encode(), 3
    ),
    "blanks around cells": Way(lambda rows: text([[f"  {cell} " for cell in row] for row in rows]).encode(), 3),
    "hard blanks around cells": Way(in_hard_blanks, 3),
    "headings in capitals": Way(lambda rows: plain([[cell.upper() for cell in rows[0]], *rows[1:]]), 3),
    "headings with underscores": Way(lambda rows: plain([[one.replace(" ", "_") for one in rows[0]], *rows[1:]]), 3),
    "another order of columns": Way(lambda rows: plain([row[::-1] for row in rows]), 3),
    "a column that nobody asked for": Way(lambda rows: plain([[*row, "qualcosa"] for row in rows]), 3),
    "a heading twice": Way(lambda rows: plain([[*row, row[0]] for row in rows]), 3),
    "an empty heading": Way(lambda rows: plain([[*rows[0], ""], *([*row, ""] for row in rows[1:])]), 3),
    "a separator at the end of rows": Way(lambda rows: text(rows).replace("\n", ",\n").encode(), 3),
    "a title above": Way(lambda rows: b"Elenco di prova\n\n" + plain(rows), 3),
    "many titles above": Way(lambda rows: b"".join(b"Riga %d\n" % n for n in range(15)) + plain(rows), 3),
    "too many titles above": Way(lambda rows: b"".join(b"Riga %d\n" % n for n in range(40)) + plain(rows), None),
    "headings only": Way(lambda rows: plain(rows[:1]), 0),
    "no headings": Way(lambda rows: plain(rows[1:]), None),
    "a needed heading is missing": Way(lambda rows: plain([["x", "y", "z"], *(row[:3] for row in rows[1:])]), None),
    "nothing": Way(lambda _: b"", None),
    "blanks only": Way(lambda _: b" \n\t\n  \n", None),
    "a mark and nothing": Way(lambda _: b"\xef\xbb\xbf", None),
    "an open quote": Way(with_row(lambda row: '"' + commas(row)), 3, 1),
    "an open quote at the end": Way(lambda rows: plain(rows) + b'"x,y,z', 3, 1),
    "a cell too many": Way(with_row(lambda row: commas([*row, "in più"])), 3, 1),
    "a cell too few": Way(with_row(lambda row: commas(row[:2])), 3, 1),
    "a zero byte": Way(with_row(lambda row: commas(row).replace("\n", "\x00\n")), 3, 1),
    "broken bytes": Way(broken_bytes, 3, 1, bulk=(4, 0)),  # a line of cp1252 among lines of UTF-8
    "a very long cell": Way(with_row(lambda row: commas([*row[:-1], "x" * 150_000])), 3, 1),
    "a very long line": Way(with_row(lambda _: "x" * 1_500_000 + "\n"), 3, 1),
    "a person's code in each cell": Way(with_row(lambda row: commas(["RSSMRA80A01H501U"] * len(row))), 3, 1),
    "a workbook": Way(workbook, 3, bulk=None, ending=".xlsx"),
    "a workbook called CSV": Way(workbook, None),
    "a CSV called a workbook": Way(plain, None, ending=".xlsx"),
    "a table behind another sheet": Way(lambda rows: workbook(rows, after_a_note), 3, bulk=None, ending=".xlsx"),
    "merged cells above": Way(lambda rows: workbook(rows, merged), 3, bulk=None, ending=".xlsx"),
    "an empty column first": Way(moved_right, 3, bulk=None, ending=".xlsx"),
    "a workbook without the sheet": Way(lambda _: workbook([["a"], ["b"]]), None, ending=".xlsx"),
    "a row of errors in a workbook": Way(hidden_error, 3, 1, bulk=None, ending=".xlsx"),
    "a workbook cut short": Way(lambda rows: workbook(rows)[:-200], None, ending=".xlsx"),
    "a picture": Way(lambda _: b"\x89PNG\r\n\x1a\n" + bytes(500), None),
    "a page of the web": Way(lambda _: b"<!doctype html><html><body>404</body></html>", None),
    "a table called .pdf": Way(plain, None, ending=".pdf"),
}  # fmt: skip


def outcome_of(name: str, path: Path) -> tuple[int, int] | None:
    """Rows in order, and rows refused or out of the area; None when an error of ours refuses the file whole."""
    try:
        found = list(SOURCES[name].read([path], ReadOptions(known_codes=frozenset({ONE}))))
    except LandError:
        return None
    assert all(one.field and one.reason.key and one.line > 0 for one in found if isinstance(one, Rejected))
    taken = sum(isinstance(one, Accepted) for one in found)
    left = sum(one.count if isinstance(one, OutOfArea) else 1 for one in found) - taken
    return taken, left


def expected(name: str, way: Way) -> tuple[int, int] | None:
    if name in BULK and not isinstance(way.bulk, str):
        return way.bulk
    return None if way.taken is None else (way.taken, way.refused)


def test_there_are_at_least_forty_ways():
    assert len(WAYS) >= 40
    assert TABLES.keys() <= SOURCES.keys()


@pytest.mark.parametrize("way", WAYS)
def test_a_table_that_arrives_spoilt(tmp_path, way):
    wrong = {}
    for name, (heading, rows) in TABLES.items():
        path = tmp_path / f"{name}{WAYS[way].ending}"
        path.write_bytes(WAYS[way].write([heading, *rows]))
        found = outcome_of(name, path)
        if found != expected(name, WAYS[way]):
            wrong[name] = found
    assert wrong == {}
