# SPDX-License-Identifier: EUPL-1.2
"""Technical coefficients of the input-output table: how much of each sector one euro of another's output needs.

Two layouts: the square table (sectors across and down, the year in the file's name) and a long one of one's own with
`from`, `to`, `year`, `value`. Sectors are the publisher's codes, each of one or more ATECO 2007 divisions.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from data.errors import UnreadableFile, WrongColumns
from data.identity import BadValue
from data.lazio import ateco
from data.model import Message
from data.records import Accepted, CoefficientRecord, Dated, Outcome, ReadOptions, Rejected, Source, SourceInfo
from data.sources.delimited import RawRecord, open_delimited
from data.sources.reading import COLUMN_LIMIT, HEADING_SEARCH, Column, Layout, Row, fits, outcomes, shown
from data.sources.values import computed, year
from data.sources.workbook import read_workbook
from data.sources.zipped import ZIPPED, unpacked
from data.wording import clean

FEWEST, LONGEST = 3, 20
"""A square table has at least so many sectors in its headings, and nothing else; and the longest code of a sector."""
LONG = Layout(
    columns=(
        Column("from", ("from_sector", "da", "branca_origine"), needed=True),
        Column("to", ("to_sector", "a", "branca_uso"), needed=True),
        Column("year", ("anno",), needed=True),
        Column("value", ("valore", "coefficiente"), needed=True),
    ),
)
_SECTOR = re.compile(r"[A-U](?:\d\d)?(?:[-_][A-U]?\d\d)*")
_PART = re.compile(r"([-_]?)([A-U]?)(\d\d)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per row: a sector with all its coefficients, or one coefficient.

    Raises `WrongColumns` when a file has neither layout, `UnreadableFile` when the year of a square table is not told.
    """
    for path in paths:
        with unpacked(path) as table:
            if fits(table, LONG, options):
                yield from outcomes((table,), LONG, _pair, options)
            else:
                yield from _square(table)


def _pair(row: Row) -> Outcome:
    source, target = row.must("from", io_sector), row.must("to", io_sector)
    of = row.must("year", year)
    value = row.must("value", lambda text: coefficient(text, decimal_comma=row.decimal_comma))
    record = CoefficientRecord(source, target, of, value)
    return Accepted(row.line, f"{of}|{source}|{target}", (record,), row.file)


def _square(table: Path) -> Iterator[Outcome]:
    years = set(_YEAR.findall(table.name))
    sectors, records, comma = _headed(table)
    if len(years) != 1:
        raise UnreadableFile(file=table.name, why="unreadable.no-year", allowed="coefficienti_2016.csv")
    of = int(years.pop())
    for record in records:
        if record.problem is None and not any(cell.strip() for cell in record.cells):
            continue
        yield _row(record, sectors, of, table.name, decimal_comma=comma)


def _headed(table: Path) -> tuple[tuple[str, ...], Iterator[RawRecord], bool]:
    """The sectors across, the records below them, and whether decimals are written with a comma."""
    for records, comma in _readings(table):
        for record in itertools.islice(records, HEADING_SEARCH):
            cells = [clean(cell).upper() for cell in record.cells]
            while cells and not cells[-1]:
                cells.pop()
            sectors = tuple(cells[1:])
            if len(sectors) >= FEWEST and all(_SECTOR.fullmatch(cell) for cell in sectors):
                if len({*sectors}) != len(sectors) or not all(divisions_of(cell) for cell in sectors):
                    break
                return sectors, records, comma
    raise WrongColumns(file=table.name, missing="A01, A02, … | from, to, year, value", found="")


def _readings(table: Path) -> Iterator[tuple[Iterator[RawRecord], bool]]:
    if table.suffix.lower() == ".xlsx":
        for records in read_workbook(table, COLUMN_LIMIT):
            yield records, False
        return
    file = open_delimited(table)
    for delimiter in file.delimiters:
        yield file.records(delimiter), delimiter == ";"


def _row(record: RawRecord, sectors: tuple[str, ...], of: int, file: str, *, decimal_comma: bool) -> Outcome:
    problem = record.problem
    cells = list(record.cells)
    while cells and len(cells) > len(sectors) + 1 and not cells[-1].strip():
        cells.pop()
    if problem is None and len(cells) != len(sectors) + 1:
        key = "reject.missing-cells" if len(cells) <= len(sectors) else "reject.extra-cells"
        problem = Message(key, {"found": len(cells), "expected": len(sectors) + 1})
    if problem is not None:
        return Rejected(record.line, "row", "", problem, file)
    field = "from"
    try:
        source = io_sector(cells[0])
        if source not in sectors:
            raise BadValue(Message("reject.io-sector"))
        found = []
        for field, cell in zip(sectors, cells[1:], strict=True):
            found.append(CoefficientRecord(source, field, of, coefficient(cell, decimal_comma=decimal_comma)))
    except BadValue as wrong:
        place = 0 if field == "from" else sectors.index(field) + 1
        return Rejected(record.line, field, shown(cells[place]), wrong.reason, file)
    return Accepted(record.line, f"{of}|{source}", tuple(found), file)


def coefficient(text: str, *, decimal_comma: bool = False) -> float:
    """A direct coefficient: at least 0 and below 1. Raises `BadValue`."""
    if not clean(text):
        raise BadValue(Message("reject.missing"))
    value = computed(text, decimal_comma=decimal_comma)
    if not 0 <= value < 1:
        raise BadValue(Message("reject.coefficient"))
    return value


def io_sector(text: str) -> str:
    """The publisher's code of a sector in upper case, one that stands for known divisions. Raises `BadValue`."""
    code = clean(text).upper()
    if not divisions_of(code):
        raise BadValue(Message("reject.io-sector"))
    return code


@cache
def divisions_of(code: str) -> tuple[str, ...]:
    """The ATECO 2007 divisions of a sector: `J61` is 61, `C10-C12` 10 to 12, `C31_C32` 31 and 32, `F` all of section F.

    Empty for a code that is no sector.
    """
    if len(code) > LONGEST or not _SECTOR.fullmatch(code):
        return ()
    below = {child.code for child in ateco("2007").children(code[0])}
    if len(code) == 1:
        return tuple(sorted(below))
    named: list[str] = []
    found: list[str] = []
    for mark, _letter, digits in _PART.findall(code):
        if mark == "-" and found:
            found += [f"{division:02}" for division in range(int(found[-1]) + 1, int(digits) + 1)]
        named.append(digits)
        found.append(digits)
    return tuple(one for one in dict.fromkeys(found) if one in below) if below.issuperset(named) else ()


SOURCE = Source(
    SourceInfo(
        name="input-output",
        title_it="Coefficienti tecnici delle tavole input-output",
        title_en="Technical coefficients of the input-output tables",
        publisher="ISTAT (coefficienti calcolati da terzi) / ISTAT (coefficients computed by others)",
        licence="da verificare / to be verified",
        address="https://www.istat.it/",
        formats=ZIPPED,
        dated=Dated.FILE_NAME,
        editions=True,
    ),
    read,
)
