# SPDX-License-Identifier: EUPL-1.2
"""Tables become checked rows: headings are found and matched, every record becomes exactly one outcome.

Limits: a file 200 MB, a table 500 columns, a cell 100,000 characters (a longer one refuses its row), a physical line
1,000,000 characters; see `data.sources.delimited` and `data.sources.workbook` for the rest. Memory is bounded: a CSV
is read a line at a time.
"""

from __future__ import annotations

import itertools
import json
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from data.errors import FileTooLarge, UnreadableFile, WrongColumns
from data.identity import BadValue
from data.model import Message
from data.records import Outcome, ReadOptions, Rejected
from data.sources.delimited import RawRecord, open_delimited
from data.sources.workbook import read_workbook
from data.wording import (
    LINE_LIMIT,
    PASSAGE_LIMIT,
    clean,
    clean_words,
    fit_for_report,
    free_words,
    plain,
    refuse_person_code,
    without_persons,
)

Parsed = TypeVar("Parsed")

FILE_LIMIT = 200_000_000
COLUMN_LIMIT = 500
CELL_LIMIT = 100_000
HEADING_SEARCH = 20
"""Headings stand among the first 20 records: titles and notes may come before them."""
TABLES = (".csv", ".xlsx")
_DELIMITED = (".csv", ".tsv", ".txt")
_WORKBOOKS = (".xlsx", ".xls")


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a source needs or can use: our name, and the headings that publishers give it.

    A heading that ends in `*` stands for every heading that begins so (`Superficie territoriale*`).
    """

    name: str
    headings: tuple[str, ...] = ()
    needed: bool = False

    def spellings(self) -> tuple[str, ...]:
        """Every heading that does, the publishers' (Italian) ones first; `…` stands for any ending."""
        return tuple(dict.fromkeys(one.replace("*", "…") for one in (*self.headings, self.name)))

    def in_words(self) -> str:
        """The first heading, and others that do in brackets: `codice (identificativo, id)`."""
        first, *others = self.spellings()
        return f"{first} ({', '.join(others)})" if others else first


@dataclass(frozen=True, slots=True)
class Layout:
    """What a table looks like. `known` headings are left aside without a notice (`*` at the end: any ending).

    `personal` headings are known ones that name persons: in a workbook their cells are never taken out of the sheet.
    With `notes`, lines that hold one cell only (legal notes) and repeated headings are no records; they are counted in
    a notice. `either` names groups of columns of which at least one must be there.
    """

    columns: tuple[Column, ...]
    known: tuple[str, ...] = ()
    notes: bool = False
    either: tuple[tuple[str, ...], ...] = ()
    personal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One record under our column names. Every getter raises `BadCell` with the column's name.

    `headings` holds what the publisher called each column: some say the year in it.
    """

    line: int
    file: str
    cells: Mapping[str, str]
    decimal_comma: bool = True
    headings: Mapping[str, str] = field(default_factory=dict)

    def raw(self, column: str) -> str:
        """The cell, trimmed; empty when the table has no such column."""
        return self.cells.get(column, "").strip()

    def has(self, column: str) -> bool:
        """True when the cell says something."""
        cell = self.raw(column)
        return bool(cell) and (cell.isprintable() or bool(clean(cell)))

    def text(self, column: str, limit: int = LINE_LIMIT) -> str | None:
        """The cleaned cell, None when empty; longer than `limit` or telling of a person it is refused."""
        return self._words(column, lambda text: clean_words(text, limit)) or None

    def said(self, column: str, limit: int = LINE_LIMIT) -> str | None:
        """As `text`, for what people write in their own words: telephone numbers and IBAN are refused, too."""
        return self._words(column, lambda text: free_words(text, limit)) or None

    def passage(self, column: str, limit: int = PASSAGE_LIMIT) -> str | None:
        """Running text, cleaned, persons' codes and mail addresses hidden, cut to `limit`; None when empty."""
        return without_persons(self.raw(column))[:limit] or None

    def needed(self, column: str, limit: int = LINE_LIMIT) -> str:
        """The cleaned cell, which must say something."""
        value = self.text(column, limit)
        if value is None:
            raise BadCell(column, "", Message("reject.missing"))
        return value

    def value(self, column: str, parse: Callable[[str], Parsed]) -> Parsed | None:
        """What `parse` makes of the cell, None when it is empty."""
        return self.must(column, parse) if self.has(column) else None

    def must(self, column: str, parse: Callable[[str], Parsed]) -> Parsed:
        """What `parse` makes of the cell, which must say something; a line at most, and no person's tax code in it."""
        if not self._words(column, _line):
            raise BadCell(column, "", Message("reject.missing"))
        return self._words(column, parse)

    def _words(self, column: str, parse: Callable[[str], Parsed]) -> Parsed:
        try:
            return parse(clean(self.raw(column)))
        except BadValue as wrong:
            raise BadCell(column, self.raw(column), wrong.reason) from wrong


def _line(text: str) -> str:
    """The text when it is no longer than a line and holds no person's code; `parse` judges mail addresses."""
    if len(text) > LINE_LIMIT:
        raise BadValue(Message("reject.too-long", {"limit": LINE_LIMIT}))
    refuse_person_code(text)
    return text


class BadCell(BadValue):
    """A cell that spoils its row."""

    def __init__(self, column: str, value: str, reason: Message) -> None:
        super().__init__(reason)
        self.column = column
        self.value = value


def outcomes(
    paths: Sequence[Path], layout: Layout, make: Callable[[Row], Outcome], options: ReadOptions
) -> Iterator[Outcome]:
    """One outcome for each record of the tables, by `make`, in file order."""
    for path in paths:
        for row in read_rows(path, layout, options):
            found = row if isinstance(row, Rejected) else outcome(row, make)
            if isinstance(found, Rejected) and not found.heading:
                found = replace(found, heading=_heading_of(layout, found.field))
            yield found


def _heading_of(layout: Layout, name: str) -> str:
    """What a file may call a column of ours that it does not have; "" when the name is no column's."""
    return next((column.spellings()[0] for column in layout.columns if column.name == name), "")


def outcome(row: Row, make: Callable[[Row], Outcome]) -> Outcome:
    """What `make` says of the row, a `BadCell` turned into a rejection."""
    try:
        return make(row)
    except BadCell as bad:
        return rejected(row, bad.column, bad.value, bad.reason)


def rejected(row: Row, column: str, value: str, reason: Message) -> Rejected:
    """A rejection whose value tells nothing of a natural person: codes, addresses and numbers are hidden."""
    told = "…" if reason.key in ("reject.telephone", "reject.iban") else shown(value)
    return Rejected(row.line, column, told, reason, row.file, row.headings.get(column, "")[:LINE_LIMIT])


def shown(value: str) -> str:
    """The value as a report may quote it: at most 200 characters, persons' codes and mail addresses hidden."""
    return fit_for_report(value[:1000])[:200]


def read_rows(path: Path, layout: Layout, options: ReadOptions) -> Iterator[Row | Rejected]:
    """The rows of a CSV or XLSX file under our column names, in file order.

    Raises `UnreadableFile`, `FileTooLarge` and `WrongColumns` (no record holds the needed headings).
    """
    check_size(path)
    for table in _tables(path, layout, options):
        if not isinstance(table, WrongColumns):
            tell_headings(path, table.heading, table.places, layout, options)
            yield from _rows(path, table, layout, options)
            return
        failure = table
    raise failure


def fits(path: Path, layout: Layout, options: ReadOptions) -> bool:
    """True when the file holds the needed headings of the layout. Raises `UnreadableFile` and `FileTooLarge`."""
    check_size(path)
    return any(not isinstance(table, WrongColumns) for table in _tables(path, layout, options))


def check_size(path: Path) -> None:
    """Raises `UnreadableFile` when there is no such file or it is a folder, `FileTooLarge` when it is too large."""
    if path.is_dir():
        raise UnreadableFile(file=path.name, why="unreadable.folder", allowed="")
    if not path.is_file():
        raise UnreadableFile(file=path.name, why="unreadable.missing", allowed="")
    if path.stat().st_size > FILE_LIMIT:
        raise FileTooLarge(file=path.name, limit=FILE_LIMIT)


def column_map(path: Path) -> dict[str, str]:
    """Our column name -> the heading in the user's file, from TOML, JSON or lines `ours = theirs`.

    Raises `UnreadableFile` when the file is none of these or is over 100 kB.
    """
    check_size(path)
    if path.stat().st_size > 100_000:
        raise FileTooLarge(file=path.name, limit=100_000)
    try:
        table = _parsed_map(path.read_text(encoding="utf-8-sig"), path.suffix.lower())
    except (ValueError, RecursionError) as wrong:
        raise UnreadableFile(file=path.name, why="unreadable.column-map", allowed="TOML, JSON") from wrong
    if not all(isinstance(theirs, str) for theirs in table.values()):
        raise UnreadableFile(file=path.name, why="unreadable.column-map", allowed="TOML, JSON")
    return {str(ours): str(theirs) for ours, theirs in table.items()}


def _parsed_map(text: str, suffix: str) -> dict[str, object]:
    if suffix == ".json":
        table = json.loads(text)
    elif suffix == ".toml":
        table = tomllib.loads(text)
    else:
        lines = [line.strip() for line in text.splitlines()]
        pairs = [line.split("=", 1) for line in lines if line and not line.startswith("#")]
        if not all(len(pair) == 2 for pair in pairs):
            raise ValueError("a line without =")
        table = {ours.strip(): theirs.strip().strip("\"'") for ours, theirs in pairs}
    if not isinstance(table, dict):
        raise ValueError("not a table")
    inner = table.get("columns", table)
    return inner if isinstance(inner, dict) else table


# --- from records to rows ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Table:
    """Where our columns stand, how wide the table is, and the records below the headings."""

    places: Mapping[str, int]
    heading: tuple[str, ...]
    records: Iterator[RawRecord]
    decimal_comma: bool
    ragged: bool
    """True when records end at their last filled cell (workbooks), so that a short one lacks nothing."""


def _tables(path: Path, layout: Layout, options: ReadOptions) -> Iterator[_Table | WrongColumns]:
    """The table of each delimiter (CSV) or sheet (XLSX) in turn, or what it lacks; at least one."""
    suffix = path.suffix.lower()
    if suffix in _DELIMITED:
        file = open_delimited(path)
        for delimiter in file.delimiters:
            yield _find_table(path, file.records(delimiter), layout, options, decimal_comma=delimiter == ";")
    elif suffix in _WORKBOOKS:
        for records in read_workbook(path, COLUMN_LIMIT, _personal(layout, options) if layout.personal else None):
            yield _find_table(path, records, layout, options, decimal_comma=False, ragged=True)
    else:
        raise UnreadableFile(file=path.name, why="unreadable.kind", allowed=", ".join(TABLES))


def _find_table(
    path: Path,
    records: Iterator[RawRecord],
    layout: Layout,
    options: ReadOptions,
    *,
    decimal_comma: bool,
    ragged: bool = False,
) -> _Table | WrongColumns:
    """The table under the first record that holds every needed heading, alone or together with the record below it."""
    best: tuple[int, dict[str, int], tuple[str, ...]] = (-1, {}, ())
    above: tuple[str, ...] = ()
    for record in itertools.islice(records, HEADING_SEARCH):
        if len(record.cells) > COLUMN_LIMIT:
            raise FileTooLarge(file=path.name, limit=COLUMN_LIMIT)
        for heading in (record.cells, _joined(above, record.cells)):
            places = places_of(heading, layout, options.columns)
            if not lacking(places, layout):
                return _Table(places, heading, records, decimal_comma, ragged)
            best = max(best, (len(places), places, heading), key=lambda found: found[0])
        above = record.cells
    missing = lacking_in_words(best[1], layout, options.columns)
    return WrongColumns(file=path.name, missing=missing, found=", ".join(clean(cell) for cell in best[2])[:200])


def _personal(layout: Layout, options: ReadOptions) -> Callable[[tuple[str, ...]], frozenset[int]]:
    """A function that tells where a record, if it holds the headings, names columns of persons."""
    above: tuple[str, ...] = ()

    def places(cells: tuple[str, ...]) -> frozenset[int]:
        nonlocal above
        for heading in (cells, _joined(above, cells)):
            if not lacking(places_of(heading, layout, options.columns), layout):
                return frozenset(at for at, cell in enumerate(heading) if _is_called(cell, layout.personal))
        above = cells
        return frozenset()

    return places


def _is_called(cell: str, headings: Sequence[str]) -> bool:
    found = plain(cell[:CELL_LIMIT])
    exact = {plain(one) for one in headings if not one.endswith("*")}
    return found in exact or any(found.startswith(plain(one)) for one in headings if one.endswith("*"))


def _joined(above: tuple[str, ...], below: tuple[str, ...]) -> tuple[str, ...]:
    """Headings in two rows, read downwards."""
    if not above:
        return ()
    wide = max(len(above), len(below))
    pairs = zip(above + ("",) * (wide - len(above)), below + ("",) * (wide - len(below)), strict=True)
    return tuple(f"{top} {bottom}".strip() for top, bottom in pairs)


def places_of(heading: Sequence[str], layout: Layout, mapped: Mapping[str, str]) -> dict[str, int]:
    """Our column name -> where it stands under this heading; columns that are not there are left out."""
    where: dict[str, int] = {}
    for position, cell in enumerate(heading):
        where.setdefault(plain(cell[:CELL_LIMIT]), position)
    where.pop("", None)
    found: dict[str, int] = {}
    for column in layout.columns:
        spellings = (mapped[column.name],) if column.name in mapped else (column.name, *column.headings)
        place = next((at for one in spellings if (at := _place_of_heading(one, where)) is not None), None)
        if place is not None:
            found[column.name] = place
    return found


def _place_of_heading(heading: str, where: Mapping[str, int]) -> int | None:
    if heading.endswith("*"):
        return next((place for found, place in where.items() if found.startswith(plain(heading))), None)
    return where.get(plain(heading))


def lacking(places: Mapping[str, int], layout: Layout) -> list[str]:
    """The needed columns, and groups of which one is needed, that have no place."""
    columns = [column.name for column in layout.columns if column.needed and column.name not in places]
    groups = [group for group in layout.either if not any(name in places for name in group)]
    return columns + [" | ".join(group) for group in groups]


def lacking_in_words(places: Mapping[str, int], layout: Layout, mapped: Mapping[str, str]) -> str:
    """What is lacking as a file would write it, and in brackets the other headings that do: `codice (id, ...)`."""
    words = {column.name: column.in_words() for column in layout.columns} | dict(mapped)
    return ", ".join(" | ".join(words[name] for name in one.split(" | ")) for one in lacking(places, layout))


def tell_headings(
    path: Path, heading: Sequence[str], places: Mapping[str, int], layout: Layout, options: ReadOptions
) -> None:
    """Notices on headings that nobody asked for, and on mapped ones that are no column of ours."""
    taken = set(places.values())
    spellings = [
        *layout.known,
        *layout.personal,
        *(one for column in layout.columns for one in (column.name, *column.headings)),
    ]
    known = {plain(one) for one in spellings if not one.endswith("*")}
    starts = tuple(plain(one) for one in spellings if one.endswith("*")) or ("\0",)
    others = [clean(cell) for position, cell in enumerate(heading) if position not in taken and plain(cell)]
    unknown = [cell for cell in others if plain(cell) not in known and not plain(cell).startswith(starts)]
    if unknown:
        named = ", ".join(unknown)[:1000]
        options.notices.append(Message("notice.unknown-columns", {"file": path.name, "columns": named}))
    strangers = sorted(set(options.columns) - {column.name for column in layout.columns})
    if strangers:
        options.notices.append(Message("notice.unknown-mapping", {"columns": ", ".join(strangers)[:1000]}))


def _rows(path: Path, table: _Table, layout: Layout, options: ReadOptions) -> Iterator[Row | Rejected]:
    notes = 0
    heading = [plain(cell) for cell in table.heading]
    called = MappingProxyType({name: clean(table.heading[place]) for name, place in table.places.items()})
    width = max(place for place, cell in enumerate(heading) if cell) + 1
    for record in table.records:
        if record.problem is None and not any(cell.strip() for cell in record.cells):
            continue
        if layout.notes and record.problem is None and _is_note(record.cells, heading):
            notes += 1
            continue
        cells = record.cells + ("",) * (width - len(record.cells)) if table.ragged else record.cells
        problem = record.problem or width_problem(cells, width)
        if problem is not None:
            yield Rejected(record.line, "row", "", problem, path.name)
            continue
        named = {name: cells[place] for name, place in table.places.items()}
        yield Row(record.line, path.name, named, table.decimal_comma, called)
    if notes:
        options.notices.append(Message("notice.note-lines", {"file": path.name, "count": notes}))


def _is_note(cells: tuple[str, ...], heading: list[str]) -> bool:
    if sum(1 for cell in cells if cell.strip()) <= 1:
        return True
    return plain(cells[0]) == heading[0] and [plain(cell) for cell in cells] == heading


def width_problem(cells: tuple[str, ...], width: int) -> Message | None:
    """Why the record does not fit under the headings; empty cells too many (a trailing separator) are no fault."""
    if len(cells) < width:
        return Message("reject.missing-cells", {"found": len(cells), "expected": width})
    if any(cell.strip() for cell in cells[width:]):
        return Message("reject.extra-cells", {"found": len(cells), "expected": width})
    if any(len(cell) > CELL_LIMIT for cell in cells):
        return Message("reject.cell-too-long", {"limit": CELL_LIMIT})
    return None
