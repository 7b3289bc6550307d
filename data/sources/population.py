# SPDX-License-Identifier: EUPL-1.2
"""Residents by age in each comune on 1 January (ISTAT, POSAS): one file a year, zipped or not.

A file holds a row per comune and single year of age (100 means 100 and over) and one for the comune as a whole (age
999). What is kept is the comune's total, its three age groups and its old-age index; they hang on the row of the total
and are taken only when the ages are all there and add up to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from data.errors import UnreadableFile
from data.identity import BadValue
from data.model import Message
from data.records import (
    Accepted,
    Dated,
    MunicipalityRecord,
    Outcome,
    OutOfArea,
    ReadOptions,
    Rejected,
    Source,
    SourceInfo,
)
from data.sources.delimited import open_delimited
from data.sources.places import place_of_code
from data.sources.reading import BadCell, Column, Layout, Row, outcome, read_rows
from data.sources.values import whole
from data.sources.zipped import ZIPPED, unpacked

OLDEST, ALL_AGES = 100, 999
AGES = frozenset(range(OLDEST + 1))
YOUNG, OLD = range(15), range(65, OLDEST + 1)
LAYOUT = Layout(
    columns=(
        Column("istat", ("Codice comune", "Codice Istat comune"), needed=True),
        Column("age", ("Età", "Eta"), needed=True),
        Column("total", ("Totale", "Totale maschi e femmine"), needed=True),
    ),
    known=(
        "Comune",
        "Celibi*",
        "Nubili*",
        "Coniugat*",
        "Divorziat*",
        "Vedov*",
        "Unit*",
        "Maschi*",
        "Femmine*",
        "Totale*",
    ),
)
_TITLE_YEAR = re.compile(r"gennaio\s+((?:19|20)\d\d)", re.IGNORECASE)
_NAME_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per row, in file order; comuni of other regions are out of the area.

    Raises `UnreadableFile` when neither the title nor the file's name says the year, and as tables do.
    """
    for path in paths:
        with unpacked(path) as table:
            on = _january_of(table, path)
            rows = read_rows(table, LAYOUT, options)
            for some in _by_comune(rows):
                yield from _outcomes(some, on)


def _january_of(table: Path, path: Path) -> int:
    """The year of the 1 January that the file speaks of: its title's, else its name's."""
    title = ""
    if table.suffix.lower() != ".xlsx":
        file = open_delimited(table)
        title = next((" ".join(record.cells) for record in file.records(file.delimiters[0])), "")
    told = _TITLE_YEAR.findall(title) or sorted({*_NAME_YEAR.findall(table.name)} or {*_NAME_YEAR.findall(path.name)})
    if len(told) != 1:
        raise UnreadableFile(file=path.name, why="unreadable.no-year", allowed="POSAS_2025_it_Comuni.zip")
    return int(told[0])


def _by_comune(rows: Iterable[Row | Rejected]) -> Iterator[list[Row | Rejected]]:
    """Consecutive rows of one comune together; a row that names none stays with the comune it stands in."""
    some: list[Row | Rejected] = []
    here = ""
    for row in rows:
        named = row.raw("istat") if isinstance(row, Row) else ""
        if named and here and named != here:
            yield some
            some = []
        here = named or here
        some.append(row)
    if some:
        yield some


@dataclass(slots=True)
class _Comune:
    """What the rows of one comune said so far; `carrier` is the row that will tell its figures."""

    ages: dict[int, int] = field(default_factory=dict)
    total: int | None = None
    carrier: int | None = None


def _outcomes(rows: list[Row | Rejected], on: int) -> Iterator[Outcome]:
    """The outcomes of the rows of one comune; its total, or else its last row, carries the figures."""
    elsewhere = _elsewhere(rows)
    if elsewhere is not None:
        yield elsewhere
        return
    seen = _Comune()
    found = [row if isinstance(row, Rejected) else outcome(row, lambda each: _age_row(each, on, seen)) for row in rows]
    for row, told in zip(rows, found, strict=True):
        carries = isinstance(told, Accepted) and isinstance(row, Row) and told.line == seen.carrier
        yield outcome(row, lambda each: _comune_row(each, on, seen)) if carries and isinstance(row, Row) else told


def _elsewhere(rows: list[Row | Rejected]) -> OutOfArea | None:
    """The rows of a comune of another region, counted together; None where one of them must be looked at alone."""
    if not all(isinstance(row, Row) for row in rows):
        return None
    first = rows[0]
    try:
        place = place_of_code(first.raw("istat")) if isinstance(first, Row) else None
    except BadValue:
        return None
    return None if place is None or place.inside else OutOfArea(first.line, first.file, len(rows))


def _age_row(row: Row, on: int, seen: _Comune) -> Outcome:
    """One age of a comune, noted; nothing is kept of it alone."""
    place = row.must("istat", place_of_code)
    if place.municipality is None:
        return OutOfArea(row.line, row.file)
    age, people = row.must("age", _age), row.must("total", whole)
    if age == ALL_AGES:
        seen.total = people
    elif seen.ages.setdefault(age, people) != people:
        raise BadCell("age", row.raw("age"), Message("reject.repeated-key", {"key": str(age)}))
    if age == ALL_AGES or seen.total is None:
        seen.carrier = row.line
    return Accepted(row.line, f"{on}|{place.municipality}|{age}", (), row.file)


def _comune_row(row: Row, on: int, seen: _Comune) -> Outcome:
    """The row that carries the comune's figures, refused when its ages are not all there or do not add up."""
    istat, people = row.must("istat", place_of_code).municipality or "", sum(seen.ages.values())
    if seen.ages.keys() != AGES:
        reason = Message("reject.ages-missing", {"found": len(seen.ages), "expected": len(AGES)})
        raise BadCell("age", row.raw("age"), reason)
    if seen.total not in (None, people):
        raise BadCell("total", row.raw("total"), Message("reject.ages-sum", {"sum": people}))
    record = MunicipalityRecord(istat, figures=tuple(_figures(seen.ages, on)))
    return Accepted(row.line, f"{on}|{istat}|{row.must('age', _age)}", (record,), row.file)


def _age(text: str) -> int:
    value = whole(text)
    if value > OLDEST and value != ALL_AGES:
        raise BadValue(Message("reject.age", {"oldest": OLDEST, "all": ALL_AGES}))
    return value


def _figures(ages: dict[int, int], on: int) -> Iterator[tuple[str, int, float, str]]:
    """Residents on the 31 December before (the series of the other sources), age groups and index of 1 January."""
    young, old = sum(ages[age] for age in YOUNG), sum(ages[age] for age in OLD)
    everybody = sum(ages.values())
    yield "population", on - 1, float(everybody), "residents"
    yield "residents-0-14", on, float(young), "residents"
    yield "residents-15-64", on, float(everybody - young - old), "residents"
    yield "residents-65-over", on, float(old), "residents"
    if young:
        yield "old-age-index", on, round(old / young * 100, 2), "per-100"


SOURCE = Source(
    SourceInfo(
        name="population",
        title_it="Popolazione residente per età al 1° gennaio (POSAS)",
        title_en="Residents by age on 1 January (POSAS)",
        publisher="ISTAT",
        licence="CC BY 4.0",
        address="https://demo.istat.it/",
        formats=ZIPPED,
        dated=Dated.FILE_NAME,
        editions=True,
    ),
    read,
)
