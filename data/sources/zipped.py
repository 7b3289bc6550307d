# SPDX-License-Identifier: EUPL-1.2
"""Small zipped tables, opened safely: one member of a known kind is unpacked beside, read, and thrown away.

Limits are those of `data.sources.workbook.check_archive`, and the bytes are counted again while they are unpacked: what
an archive says of its own sizes is not believed. Members whose names point outside a folder are passed over.
"""

from __future__ import annotations

import contextlib
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from data.errors import FileTooLarge, UnreadableFile
from data.records import Outcome, ReadOptions
from data.sources.reading import FILE_LIMIT, Layout, Row, check_size, outcomes
from data.sources.workbook import check_archive

ZIPPED = (".csv", ".xlsx", ".zip")
"""Endings of a source whose tables may come zipped."""
TABLES = (".csv", ".txt", ".xlsx")
_PIECE = 1 << 20
_BROKEN = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, OSError, EOFError, ValueError)


def table_outcomes(
    paths: Sequence[Path], layout: Layout, make: Callable[[Row], Outcome], options: ReadOptions
) -> Iterator[Outcome]:
    """As `data.sources.reading.outcomes`, for tables that may be zipped, one in each archive."""
    for path in paths:
        with unpacked(path) as table:
            yield from outcomes((table,), layout, make, options)


@contextlib.contextmanager
def unpacked(path: Path, endings: Sequence[str] = TABLES) -> Iterator[Path]:
    """The file itself, or, of a zip, its one table unpacked under its own name until the block ends.

    Raises `UnreadableFile` (no archive, none or several tables in it, a broken or locked one) and `FileTooLarge`.
    """
    check_size(path)
    if path.suffix.lower() != ".zip":
        yield path
        return
    check_archive(path)
    with tempfile.TemporaryDirectory(prefix="land-") as folder:
        yield _unpack(path, Path(folder), endings)


def _unpack(path: Path, folder: Path, endings: Sequence[str]) -> Path:
    try:
        with zipfile.ZipFile(path) as archive:
            member = _the_one(path, archive.infolist(), endings)
            target = folder / PurePosixPath(member.filename).name
            with archive.open(member) as packed, target.open("wb") as out:
                size = 0
                while piece := packed.read(_PIECE):
                    size += len(piece)
                    if size > FILE_LIMIT:
                        raise FileTooLarge(file=path.name, limit=FILE_LIMIT)
                    out.write(piece)
    except _BROKEN as wrong:
        raise UnreadableFile(file=path.name, why="unreadable.zip", allowed="") from wrong
    return target


def _the_one(path: Path, members: Sequence[zipfile.ZipInfo], endings: Sequence[str]) -> zipfile.ZipInfo:
    """The member with one of the endings; notes beside a single CSV or workbook (`.txt`) are not taken for tables."""
    found = [one for one in members if not one.is_dir() and is_inside(one.filename) and _visible(one.filename)]
    for group in ([ending for ending in endings if ending != ".txt"], list(endings)):
        tables = [one for one in found if PurePosixPath(one.filename).suffix.lower() in group]
        if len(tables) == 1:
            return tables[0]
        if tables:
            raise UnreadableFile(file=path.name, why="unreadable.zip-several", allowed=", ".join(endings))
    raise UnreadableFile(file=path.name, why="unreadable.zip-without-table", allowed=", ".join(endings))


def is_inside(name: str) -> bool:
    """True for a member's name that stays below the folder it is unpacked in, on any system."""
    return (
        bool(name) and ".." not in PurePosixPath(name).parts and not name.startswith("/") and not set("\\:\0") & {*name}
    )


def _visible(name: str) -> bool:
    """False for what systems add beside the files (`__MACOSX/._table.csv`)."""
    return not any(part.startswith((".", "__")) for part in PurePosixPath(name).parts)
