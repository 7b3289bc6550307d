# SPDX-License-Identifier: EUPL-1.2
"""Reads a CSV of any honest kind as raw records, a line at a time, whatever a spreadsheet did to it."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from data.errors import UnreadableFile
from data.model import Message

LINE_LIMIT = 1_000_000
"""Longest physical line, in characters; a longer one is refused and reading goes on after it."""
QUOTED_LINES = 50
"""Most lines that one quoted cell may span; a quote still open then is refused and reading resumes on the next line."""
DELIMITERS = ";,\t|"

_SAMPLE = 1 << 16
FOREIGN = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x89PNG", b"\x1f\x8b", b"GIF8", b"\xff\xd8\xff", b"SQLite")


@dataclass(frozen=True, slots=True)
class RawRecord:
    """Cells of one record as text, or why it has none. `line` is the physical line where it begins, from 1."""

    line: int
    cells: tuple[str, ...]
    problem: Message | None = None


@dataclass(frozen=True, slots=True)
class Delimited:
    """A CSV file whose encoding is known, and the signs that may part its cells, likeliest first."""

    path: Path
    encoding: str
    delimiters: tuple[str, ...]

    def records(self, delimiter: str) -> Iterator[RawRecord]:
        """The records in file order; blank lines are none."""
        with self.path.open(encoding=self.encoding, errors=_on_error(self.encoding), newline="") as stream:
            yield from records_of(stream, delimiter)


def records_of(stream: IO[str], delimiter: str) -> Iterator[RawRecord]:
    """The records of a text opened with `newline=""`, in order; blank lines are none."""
    lines = _Lines(stream)
    while (line := lines.take()) is not None:
        number, text = line
        if not text.strip():
            continue
        problem = _line_problem(text)
        if problem is not None:
            yield RawRecord(number, (), problem)
        elif '"' not in text:
            yield RawRecord(number, tuple(text.rstrip("\r\n").split(delimiter)))
        else:
            yield _quoted(number, text, lines, delimiter)


def open_delimited(path: Path) -> Delimited:
    """The file with its encoding (UTF-8 with or without BOM, UTF-16, cp1252) told from its bytes.

    Delimiters are ordered by how often they stand outside quotes in the first lines. Raises `UnreadableFile`.
    """
    encoding = _encoding(path)
    with path.open(encoding=encoding, errors=_on_error(encoding), newline="") as stream:
        return Delimited(path, encoding, delimiters_of(stream))


class _Lines:
    """Physical lines with their numbers, with a way to put back what was looked at in vain."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._waiting: deque[tuple[int, str]] = deque()
        self._count = 0

    def take(self) -> tuple[int, str] | None:
        if self._waiting:
            return self._waiting.popleft()
        text = self._stream.readline(LINE_LIMIT + 1)
        if not text:
            return None
        self._count += 1
        if len(text) > LINE_LIMIT:
            self._skip_rest(text)
        return self._count, text

    def give_back(self, lines: list[tuple[int, str]]) -> None:
        self._waiting.extendleft(reversed(lines))

    def _skip_rest(self, text: str) -> None:
        while text and not text.endswith(("\n", "\r")):
            text = self._stream.readline(LINE_LIMIT)


def _quoted(number: int, text: str, lines: _Lines, delimiter: str) -> RawRecord:
    """A record with quotes, which may go on over the next lines. A stray quote inside a cell is taken as written."""
    for strict in (True, False):
        feed = _Feed(text, lines)
        try:
            cells = tuple(next(csv.reader(feed, delimiter=delimiter, strict=strict)))
        except (csv.Error, StopIteration):
            cells = None
        if cells is not None and not feed.exhausted:
            return RawRecord(number, cells)
        feed.undo()
    return RawRecord(number, (), Message("reject.unclosed-quote"))


class _Feed:
    """The line and, as far as an open quote asks for them, the next ones; they can be given back."""

    def __init__(self, text: str, lines: _Lines) -> None:
        self._first: str | None = text
        self._lines = lines
        self._taken: list[tuple[int, str]] = []
        self._size = len(text)
        self.exhausted = False

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if self._first is not None:
            text, self._first = self._first, None
            return text
        more = self._lines.take() if len(self._taken) < QUOTED_LINES and self._size <= LINE_LIMIT else None
        if more is not None:
            self._taken.append(more)
            self._size += len(more[1])
            if _line_problem(more[1]) is None:
                return more[1]
        self.exhausted = True
        raise StopIteration

    def undo(self) -> None:
        """Gives every further line back, so that reading resumes right after the first one."""
        self._lines.give_back(self._taken)


def _line_problem(text: str) -> Message | None:
    if len(text) > LINE_LIMIT:
        return Message("reject.line-too-long", {"limit": LINE_LIMIT})
    if "\x00" in text:
        return Message("reject.nul")
    if not text.isascii() and any("\ud800" <= char <= "\udfff" or char == "\ufffd" for char in text):
        return Message("reject.encoding")
    return None


def _on_error(encoding: str) -> str:
    """How undecodable bytes are kept, so that only their own line is refused."""
    return "replace" if encoding.startswith("utf-16") else "surrogateescape"


def _encoding(path: Path) -> str:
    """The encoding of the whole file. A mostly UTF-8 file stays UTF-8; its broken lines are refused one by one."""
    with path.open("rb") as stream:
        sample = stream.read(_SAMPLE)
        if not sample.strip():
            raise UnreadableFile(file=path.name, why="unreadable.empty", allowed="")
        if sample.startswith(FOREIGN):
            raise UnreadableFile(file=path.name, why="unreadable.not-text", allowed="CSV, XLSX")
        if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
            return "utf-16"
        if sample.startswith(b"\xef\xbb\xbf"):
            return "utf-8-sig"
        without_mark = _utf_16_without_mark(sample)
        if without_mark:
            return without_mark
        stream.seek(0)
        return "utf-8" if _mostly_utf_8(stream) else "cp1252"


def _utf_16_without_mark(sample: bytes) -> str | None:
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if max(even, odd) * 4 < len(sample) // 2 * 3:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _mostly_utf_8(stream: IO[bytes]) -> bool:
    good = bad = 0
    while line := stream.readline(LINE_LIMIT):
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
            good += 1
        except UnicodeDecodeError:
            bad += 1
    return bad == 0 or good > bad


def delimiters_of(stream: IO[str]) -> tuple[str, ...]:
    """The signs, most frequent first: counted in the first line that has any, outside quotes."""
    for _ in range(20):
        outside = "".join(stream.readline(LINE_LIMIT).split('"')[0::2])
        counts = {sign: outside.count(sign) for sign in DELIMITERS}
        if any(counts.values()):
            return tuple(sorted(DELIMITERS, key=lambda sign: (-counts[sign], DELIMITERS.index(sign))))
    return (",", ";", "\t", "|")
