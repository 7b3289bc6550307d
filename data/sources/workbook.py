# SPDX-License-Identifier: EUPL-1.2
"""Reads a workbook as raw records: XLSX, and the older XLS that registers still publish. What is inside decides, not
the name. Formulas are never evaluated; sizes are checked before unpacking. Columns of persons are left in the file.
"""

from __future__ import annotations

import io
import logging
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl

from data.errors import FileTooLarge, UnreadableFile
from data.sources.delimited import RawRecord

ENTRIES, UNPACKED, RATIO = 2_000, 800_000_000, 150
"""Most parts of a zipped file, most bytes once unpacked, and most times that a part over 1 MB may grow."""
ROWS = 1_048_576
"""Most rows of a sheet: what the format allows."""
OLD_FILE = 100_000_000
"""Largest XLS, in bytes: its reader holds the texts of the whole book."""
HEADING_ROWS = 20
"""Headings that name a person's column are looked for among the first 20 records of a sheet."""

_STEP = 16
_OLD = b"\xd0\xcf\x11\xe0"

Personal = Callable[[tuple[str, ...]], frozenset[int]]
"""Places of the columns that tell of persons when the record is the headings, else none."""

log = logging.getLogger(__name__)


def check_archive(path: Path) -> None:
    """Raises `FileTooLarge` for a zipped file that would unpack beyond the limits, `UnreadableFile` for no archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as wrong:
        raise UnreadableFile(file=path.name, why="unreadable.zip", allowed="") from wrong
    if len(parts) > ENTRIES:
        raise FileTooLarge(file=path.name, limit=ENTRIES)
    if sum(part.file_size for part in parts) > UNPACKED:
        raise FileTooLarge(file=path.name, limit=UNPACKED)
    if any(part.file_size > 1_000_000 and part.file_size > RATIO * max(1, part.compress_size) for part in parts):
        raise FileTooLarge(file=path.name, limit=RATIO)


def read_workbook(path: Path, columns: int, personal: Personal | None = None) -> Iterator[Iterator[RawRecord]]:
    """The records of each sheet up to their last filled cell, at most `columns` + 1 cells wide.

    Columns that `personal` names are empty from the headings on: their cells never leave the sheet. Raises
    `UnreadableFile` and `FileTooLarge`.
    """
    with path.open("rb") as stream:
        old = stream.read(len(_OLD)) == _OLD
    for rows in _old_sheets(path, columns) if old else _sheets(path, columns):
        yield _records(path, rows, personal)


def _sheets(path: Path, columns: int) -> Iterator[Iterator[tuple[Any, ...]]]:
    """The rows of each sheet of an XLSX, one row at a time."""
    check_archive(path)
    with path.open("rb") as stream:
        book = _safely(path, lambda: openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False))
        try:
            for sheet in book.worksheets:
                sheet.reset_dimensions()  # what the file says of its size is often wrong, and rows would be lost
                # The library reads the first row at once: a hostile sheet fails here.
                yield _safely(path, lambda: sheet.iter_rows(max_col=columns + 1, values_only=True))  # noqa: B023
        finally:
            book.close()


def _old_sheets(path: Path, columns: int) -> Iterator[Iterator[tuple[Any, ...]]]:
    """The rows of each sheet of an XLS, a sheet in memory at a time; days are days and not numbers."""
    if path.stat().st_size > OLD_FILE:
        raise FileTooLarge(file=path.name, limit=OLD_FILE)
    import xlrd  # only who reads such a file waits for it

    book = _safely(
        path, lambda: xlrd.open_workbook(path, on_demand=True, ragged_rows=True, logfile=io.StringIO(), verbosity=-1)
    )
    try:
        for number in range(book.nsheets):
            sheet = _safely(path, lambda: book.sheet_by_index(number))  # noqa: B023
            yield (
                tuple(_old_value(cell, book.datemode) for cell in sheet.row(at)[: columns + 1])
                for at in range(sheet.nrows)
            )
            book.unload_sheet(number)
    finally:
        book.release_resources()


def _old_value(cell: Any, datemode: int) -> object:
    import xlrd

    if cell.ctype == xlrd.XL_CELL_DATE:
        return xlrd.xldate_as_datetime(cell.value, datemode)
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    return None if cell.ctype == xlrd.XL_CELL_ERROR else cell.value


def _records(path: Path, rows: Iterator[tuple[Any, ...]], personal: Personal | None) -> Iterator[RawRecord]:
    line, blank, seen = 0, None, 0
    hidden: frozenset[int] = frozenset()
    while (row := _safely(path, lambda: next(rows, None))) is not None:
        line += 1
        if line > ROWS:
            raise FileTooLarge(file=path.name, limit=ROWS)
        if row is blank:  # the library gives one and the same row for every gap, however long a hostile file makes it
            continue
        cells = _cells(row, hidden)
        if not cells:
            blank = row
            continue
        if personal is not None and not hidden and seen < HEADING_ROWS:
            seen += 1
            hidden = personal(cells)
        yield RawRecord(line, cells)


def _cells(row: tuple[Any, ...], hidden: frozenset[int]) -> tuple[str, ...]:
    """The cells as text up to the last filled one, those of hidden columns empty."""
    filled = row[: _width(row)]
    if hidden:
        filled = tuple(None if place in hidden else value for place, value in enumerate(filled))
    cells = ["" if value is None else _text(value) for value in filled]
    while cells and not cells[-1].strip():
        cells.pop()
    return tuple(cells)


def _width(row: tuple[Any, ...]) -> int:
    """How many cells there are up to the last filled one: the library fills rows up to the most that we read."""
    end = len(row)
    while end >= _STEP and row[end - _STEP : end].count(None) == _STEP:
        end -= _STEP
    while end and row[end - 1] is None:
        end -= 1
    return end


def _safely(path: Path, act: Any) -> Any:
    """What `act` returns; whatever a hostile workbook makes the library raise becomes `UnreadableFile`."""
    try:
        return act()
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as wrong:
        log.info("workbook refused: %s", type(wrong).__name__)
        raise UnreadableFile(file=path.name, why="unreadable.workbook", allowed="") from wrong


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
