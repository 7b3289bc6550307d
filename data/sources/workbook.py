# SPDX-License-Identifier: EUPL-1.2
"""Reads an XLSX workbook as raw records. Formulas are never evaluated; sizes are checked before unpacking."""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl

from data.errors import FileTooLarge, UnreadableFile
from data.sources.delimited import RawRecord

ENTRIES, UNPACKED, RATIO = 2_000, 400_000_000, 150
"""Most parts of a zipped file, most bytes once unpacked, and most times that a part over 1 MB may grow."""
ROWS = 1_048_576
"""Most rows of a sheet: what the format allows."""

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


def read_workbook(path: Path, columns: int) -> Iterator[Iterator[RawRecord]]:
    """The records of each sheet up to their last filled cell, at most `columns` + 1 cells wide.

    Raises `UnreadableFile` and `FileTooLarge`.
    """
    check_archive(path)
    book = _safely(path, lambda: openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False))
    try:
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # what the file says of its own size is often wrong, and rows beyond would be lost
            yield _records(path, sheet, columns)
    finally:
        book.close()


def _records(path: Path, sheet: Any, columns: int) -> Iterator[RawRecord]:
    rows = _safely(path, lambda: sheet.iter_rows(max_col=columns + 1, values_only=True))
    line, blank = 0, None
    while (row := _safely(path, lambda: next(rows, None))) is not None:
        line += 1
        if line > ROWS:
            raise FileTooLarge(file=path.name, limit=ROWS)
        if row is blank:  # the library gives one and the same row for every gap, however long a hostile file makes it
            continue
        cells = ["" if value is None else _text(value) for value in row]
        while cells and not cells[-1].strip():
            cells.pop()
        if cells:
            yield RawRecord(line, tuple(cells))
        else:
            blank = row


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
