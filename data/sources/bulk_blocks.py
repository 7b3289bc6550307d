# SPDX-License-Identifier: EUPL-1.2
"""Huge texts as blocks of whole lines: plain ones kept as bytes for a fast reader, odd ones read with care.

A line is odd when its quotes do not pair off (a cell that goes on over several lines, a stray quote), when it holds a
zero byte, undecodable bytes or an overlong cell. Odd lines are read by `data.sources.delimited`, so that a huge file
and a small one give the same rows, refusals and line numbers (but for a cell that a stray quote earlier on its line
makes look closed, where it runs over the end of a block). Memory is bounded by the block, whatever the file.

Limits: a file 4 GB, its text 40 GB, an archive 100 files and 100 times its size, a physical line 1,000,000 characters.
"""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from data.errors import FileTooLarge, UnreadableFile
from data.sources.delimited import LINE_LIMIT, QUOTED_LINES, RawRecord, records_of
from data.sources.reading import CELL_LIMIT

FILE_LIMIT = 4_000_000_000
TEXT_LIMIT = 40_000_000_000
RATIO_LIMIT = 100
ARCHIVE_FILES = 100
BLOCK = 4_000_000
"""Bytes that are read at once."""

_TEXTS = (".csv", ".tsv", ".txt")
_WINDOW = QUOTED_LINES + 14
_LONGEST = 4 * LINE_LIMIT
_NEWLINE, _RETURN, _QUOTE = 10, 13, 34
_REPLACEMENT = "\ufffd".encode()

Whole = NDArray[np.int64]


class Bytes(Protocol):
    """What bytes can be read from."""

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes, none at the end."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some lines of a text in UTF-8: `plain` holds the plain ones (each ends in a newline), `numbers` their numbers.

    `odd` are the records of all other lines, with numbers of their own. `records` reads all of it with care.
    """

    plain: bytes
    numbers: Whole
    odd: tuple[RawRecord, ...]
    whole: bytes
    line: int
    delimiter: str

    def records(self) -> Iterator[RawRecord]:
        """The records of all lines, plain and odd."""
        text = io.StringIO(self.whole.decode("utf-8", "surrogateescape"), newline="")
        for record in records_of(text, self.delimiter):
            yield replace(record, line=self.line + record.line - 1)


# --- files and archives -----------------------------------------------------------------------------------


def check_file(path: Path) -> None:
    """Raises `UnreadableFile` for a folder or nothing at all, `FileTooLarge` beyond 4 GB."""
    if path.is_dir():
        raise UnreadableFile(file=path.name, why="unreadable.folder", allowed="")
    if not path.is_file():
        raise UnreadableFile(file=path.name, why="unreadable.missing", allowed="")
    if path.stat().st_size > FILE_LIMIT:
        raise FileTooLarge(file=path.name, limit=FILE_LIMIT)


@contextmanager
def open_texts(path: Path) -> Iterator[list[tuple[str, Bytes]]]:
    """The texts of a file, each with the name it goes by: the file itself, or the tables inside a ZIP, by name.

    Raises `UnreadableFile` and `FileTooLarge`, also between two reads when an archive is broken.
    """
    check_file(path)
    suffix = path.suffix.lower()
    try:
        if suffix in _TEXTS:
            with path.open("rb") as stream:
                yield [(path.name, stream)]
        elif suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                members = _tables_inside(path, archive)
                yield [(f"{path.name}/{Path(one.filename).name}", _Member(archive, one)) for one in members]
        else:
            raise UnreadableFile(file=path.name, why="unreadable.kind", allowed=", ".join((*_TEXTS, ".zip")))
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, RuntimeError) as wrong:
        raise UnreadableFile(file=path.name, why="unreadable.zip", allowed="") from wrong


class _Member:
    """A text inside an archive, opened when it is first read: one at a time takes memory."""

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        self._archive, self._info = archive, info
        self._stream: Bytes | None = None

    def read(self, size: int = -1, /) -> bytes:
        """As of any stream. Raises `BadZipFile` for whatever a broken archive makes the library raise."""
        if self._stream is None:
            self._stream = self._archive.open(self._info)
        try:
            return self._stream.read(size)
        except (OSError, ValueError, zlib.error, lzma.LZMAError) as wrong:
            raise zipfile.BadZipFile from wrong


def _tables_inside(path: Path, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The texts of an archive by name. Raises `FileTooLarge` for too many files, too much text or a bomb."""
    inside = archive.infolist()
    if len(inside) > ARCHIVE_FILES:
        raise FileTooLarge(file=path.name, limit=ARCHIVE_FILES)
    texts = [one for one in inside if Path(one.filename).suffix.lower() in _TEXTS and not one.is_dir()]
    if not texts:
        raise UnreadableFile(file=path.name, why="unreadable.zip-no-table", allowed=", ".join(_TEXTS))
    written = sum(one.file_size for one in texts)
    if written > TEXT_LIMIT:
        raise FileTooLarge(file=path.name, limit=TEXT_LIMIT)
    if written > RATIO_LIMIT * max(path.stat().st_size, BLOCK):
        raise FileTooLarge(file=path.name, limit=RATIO_LIMIT * max(path.stat().st_size, BLOCK))
    return sorted(texts, key=lambda one: one.filename)


# --- blocks of lines --------------------------------------------------------------------------------------


def blocks(first: bytes, stream: Bytes, line: int, delimiter: str) -> Iterator[Block]:
    """The blocks of a text: `first` and what the stream still holds; `line` is the number of the first line."""
    for held in _Held(first).fed_by(stream):
        text = held.lines()
        plain_text, broken = _in_utf_8(text)
        ends = np.flatnonzero(np.frombuffer(plain_text, np.uint8) == _NEWLINE) + 1
        reading = _Reading(plain_text, ends, line, delimiter, held.final)
        block = reading.block(_odd_lines(plain_text, ends, broken))
        held.drop(text, reading.used)
        line += reading.used
        yield block


class _Held:
    """Bytes that were read and not yet used. What is too long for a line is cut, so that they stay few."""

    def __init__(self, first: bytes) -> None:
        self._bytes = first
        self.final = False

    def fed_by(self, stream: Bytes) -> Iterator[_Held]:
        """Itself, each time that it holds more whole lines."""
        skipping = False
        while not self.final:
            more = stream.read(BLOCK)
            self.final = not more
            if skipping:
                _, newline, more = more.partition(b"\n")
                skipping = not newline
                more = newline + more
            self._bytes += more
            end = self._bytes.rfind(b"\n") + 1
            if len(self._bytes) - end > _LONGEST:
                self._bytes, skipping = self._bytes[: end + _LONGEST], True
            if self.final and self._bytes and end < len(self._bytes):
                self._bytes += b"\n"
            if b"\n" in self._bytes:
                yield self

    def lines(self) -> bytes:
        """The whole lines."""
        return self._bytes[: self._bytes.rfind(b"\n") + 1]

    def drop(self, text: bytes, used: int) -> None:
        """Forgets the first lines of what `lines` gave."""
        ends = np.flatnonzero(np.frombuffer(text, np.uint8) == _NEWLINE) + 1
        self._bytes = self._bytes[int(ends[used - 1]) if used else 0 :]


def _in_utf_8(text: bytes) -> tuple[bytes, list[int]]:
    """The lines in UTF-8 without lone carriage returns, and the places of those that cannot be decoded.

    Lines are taken as UTF-8 when most of those with accents are, else as cp1252 (latin-1 with its printed signs).
    """
    if b"\r" in text and text.count(b"\r") != text.count(b"\r\n"):
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b" ")
    if text.isascii():
        return text, []
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return _decoded_by_line(text)
    return text, _places_of(text.split(b"\n"), _REPLACEMENT) if _REPLACEMENT in text else []


def _decoded_by_line(text: bytes) -> tuple[bytes, list[int]]:
    lines = text.split(b"\n")
    accented = [place for place, line in enumerate(lines) if not line.isascii()]
    broken = [place for place in accented if not _is_utf_8(lines[place])]
    if len(accented) > 2 * len(broken):
        return text, broken
    text = text.decode("cp1252", "surrogateescape").encode("utf-8", "surrogateescape")
    lines = text.split(b"\n")
    return text, [place for place in accented if not _is_utf_8(lines[place])]


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _places_of(lines: Sequence[bytes], what: bytes) -> list[int]:
    return [place for place, line in enumerate(lines) if what in line]


def _odd_lines(text: bytes, ends: Whole, broken: Sequence[int]) -> Whole:
    """The places of the lines that need care, in order."""
    odd = np.zeros(len(ends), bool)
    odd[list(broken)] = True
    if b'"' in text:
        signs = np.flatnonzero(np.frombuffer(text, np.uint8) == _QUOTE)
        where = np.searchsorted(ends, signs, side="right")
        odd |= (np.bincount(where, minlength=len(ends)) % 2).astype(bool)
    if b"\x00" in text:
        odd[_places_of(text.split(b"\n"), b"\x00")] = True
    odd |= np.diff(ends, prepend=0) > CELL_LIMIT
    return np.flatnonzero(odd)


class _Reading:
    """The lines of one block, plain and odd; `used` of them could be read before more lines are needed."""

    def __init__(self, text: bytes, ends: Whole, line: int, delimiter: str, final: bool) -> None:
        self._text, self._ends, self._line, self._delimiter, self._final = text, ends, line, delimiter, final
        self._records: list[RawRecord] = []
        self.used = len(ends)

    def block(self, odd: Whole) -> Block:
        """The plain lines together and the records of the odd ones."""
        starts = np.concatenate(([0], self._ends[:-1]))
        length, begins = self._ends - starts, np.frombuffer(self._text, np.uint8)[starts]
        apart = (length == 1) | ((length == 2) & (begins == _RETURN))
        covered = 0
        for place in odd.tolist():
            if place < covered:
                continue
            covered = self._read(place)
            if covered == place:
                self.used = place
                break
            apart[place:covered] = True
        apart[self.used :] = True
        kept = np.flatnonzero(~apart)
        plain = _joined(self._text, starts, self._ends, kept) if apart.any() else self._text
        whole = self._text[: int(self._ends[self.used - 1])] if self.used else b""
        return Block(plain, self._line + kept, tuple(self._records), whole, self._line, self._delimiter)

    def _read(self, place: int) -> int:
        """Reads the record at an odd line; the place where reading goes on, the same one when it needs more lines."""
        last = min(place + _WINDOW, len(self._ends))
        start = int(self._ends[place - 1]) if place else 0
        window = self._text[start : int(self._ends[last - 1])].decode("utf-8", "surrogateescape")
        found = records_of(io.StringIO(window, newline=""), self._delimiter)
        record, following = next(found, None), next(found, None)
        more = last == len(self._ends) and not self._final
        if more and (record is None or record.problem is not None or following is None):
            return place
        if record is not None:
            self._records.append(RawRecord(self._line + place + record.line - 1, record.cells, record.problem))
        return place + following.line - 1 if following else last


def _joined(text: bytes, starts: Whole, ends: Whole, kept: Whole) -> bytes:
    """The kept lines one after the other, neighbours together."""
    if not len(kept):
        return b""
    gaps = np.flatnonzero(np.diff(kept) != 1)
    firsts, lasts = kept[np.concatenate(([0], gaps + 1))], kept[np.concatenate((gaps, [len(kept) - 1]))]
    return b"".join(text[start:end] for start, end in zip(starts[firsts].tolist(), ends[lasts].tolist(), strict=True))
