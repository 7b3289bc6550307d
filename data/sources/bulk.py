# SPDX-License-Identifier: EUPL-1.2
"""Files of the whole country, read a portion at a time: CSV, ZIP of CSV, Parquet; only rows of ours become objects.

A source looks at the columns of a portion as arrays, says which rows concern us, and gets those as `Row`, the others
as one count. The limits are those of `data.sources.bulk_blocks` and `data.sources.bulk_parquet`; nothing here grows
with the file. pyarrow is imported when such a file is read, and nowhere else on this floor.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import FileTooLarge, UnreadableFile, WrongColumns
from data.records import Outcome, OutOfArea, ReadOptions, Rejected
from data.sources.bulk_blocks import BLOCK, Block, Bytes, Whole, blocks, open_texts
from data.sources.bulk_parquet import read_parquet
from data.sources.delimited import FOREIGN, RawRecord, delimiters_of, records_of
from data.sources.reading import (
    COLUMN_LIMIT,
    HEADING_SEARCH,
    Layout,
    Row,
    lacking,
    lacking_in_words,
    outcome,
    places_of,
    tell_headings,
    width_problem,
)
from data.wording import clean

PARQUET = ".parquet"
FORMATS = (PARQUET, ".csv", ".zip")

_SORTED_AT_ONCE = 8192
_TAX_CODE = "^[0-9]{5,11}$"

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Portion:
    """Some rows of a file: our columns as text, the line where each row begins, and the rows that were refused."""

    file: str
    lines: Whole
    columns: Mapping[str, Any]
    decimal_comma: bool
    headings: Mapping[str, str]
    refused: tuple[Rejected, ...] = ()

    def __len__(self) -> int:
        return len(self.lines)

    def numbers(self, column: str) -> Whole:
        """The cells that are 5 to 11 digits as whole numbers, -1 for all others: tax codes, ISTAT codes.

        What no reader sees (blanks of every kind, marks of no width) around and between them counts for nothing.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        if column not in self.columns:
            return np.full(len(self), -1, np.int64)
        cells = pc.utf8_trim_whitespace(self.columns[column])
        strange = pc.invert(pc.string_is_ascii(cells))
        if pc.any(strange).as_py():
            cells = pc.replace_with_mask(cells, strange, _cleaned(cells.filter(strange)))
        digits = pc.match_substring_regex(cells, _TAX_CODE)
        found = pc.cast(pc.if_else(digits, cells, "-1"), pa.int64())
        return np.asarray(found.to_numpy(zero_copy_only=False), np.int64)

    def among(self, column: str, words: Collection[str], *, folded: bool = True) -> Mask:
        """Where the trimmed cell is one of the words; `folded` ones are in upper case, whatever the cell's case."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if column not in self.columns or not words:
            return np.zeros(len(self), bool)
        cells = pc.utf8_trim_whitespace(self.columns[column])
        cells = pc.utf8_upper(cells) if folded else cells
        wanted = pa.array(sorted(words), pa.string())
        return np.asarray(pc.is_in(cells, value_set=wanted).to_numpy(zero_copy_only=False), bool)

    def filled(self, column: str) -> Mask:
        """Where the cell holds more than blanks."""
        import pyarrow.compute as pc

        if column not in self.columns:
            return np.zeros(len(self), bool)
        trimmed = pc.utf8_trim_whitespace(self.columns[column])
        return np.asarray(pc.not_equal(trimmed, "").to_numpy(zero_copy_only=False), bool)

    def texts(self, column: str) -> list[str]:
        """The trimmed cells."""
        if column not in self.columns:
            return [""] * len(self)
        return [cell.strip() for cell in self.columns[column].to_pylist()]

    def only(self, wanted: Mask) -> Portion:
        """The wanted rows; refused ones are not repeated."""
        import pyarrow as pa

        mask = pa.array(wanted)
        columns = {name: cells.filter(mask) for name, cells in self.columns.items()}
        return replace(self, lines=self.lines[wanted], columns=columns, refused=())

    def rows(self) -> Iterator[Row]:
        """The rows one by one, under our column names."""
        names = tuple(self.columns)
        for line, *cells in zip(self.lines.tolist(), *(self.columns[name].to_pylist() for name in names), strict=True):
            yield Row(line, self.file, dict(zip(names, cells, strict=True)), self.decimal_comma, self.headings)

    def left(self, wanted: Mask) -> Iterator[OutOfArea]:
        """One count of the rows that are not wanted, none when all are."""
        others = np.flatnonzero(~wanted)
        if len(others):
            yield OutOfArea(int(self.lines[others[0]]), self.file, len(others))


def _cleaned(cells: Any) -> Any:
    """The cells as the readers of small files clean them, each different one once."""
    import pyarrow as pa

    codes = cells.dictionary_encode()
    return pa.array([clean(cell) for cell in codes.dictionary.to_pylist()], pa.string()).take(codes.indices)


def outcomes_of(
    portions: Iterable[Portion], concerns: Callable[[Portion], Mask], make: Callable[[Row], Outcome]
) -> Iterator[Outcome]:
    """What is refused, what `make` says of each row that concerns us, and one count of the others, by portion."""
    for portion in portions:
        yield from portion.refused
        wanted = concerns(portion)
        yield from portion.left(wanted)
        if wanted.any():
            yield from (outcome(row, make) for row in portion.only(wanted).rows())


def sorted_rows(kept: Sequence[Portion], column: str) -> Iterator[Row]:
    """All rows of some portions, those of one value of a column together, in file order among themselves."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not kept:
        return
    names = sorted({name for portion in kept for name in portion.columns})
    columns = {name: pa.chunked_array([_cells(portion, name) for portion in kept]) for name in names}
    lines = np.concatenate([portion.lines for portion in kept])
    source = np.repeat(np.arange(len(kept)), [len(portion) for portion in kept])
    order = pc.sort_indices(columns[column]).to_numpy()
    for start in range(0, len(order), _SORTED_AT_ONCE):
        some = order[start : start + _SORTED_AT_ONCE]
        lists = [columns[name].take(pa.array(some)).to_pylist() for name in names]
        for at, *cells in zip(some.tolist(), *lists, strict=True):
            portion = kept[source[at]]
            named = dict(zip(names, cells, strict=True))
            yield Row(int(lines[at]), portion.file, named, portion.decimal_comma, portion.headings)


def _cells(portion: Portion, name: str) -> Any:
    import pyarrow as pa

    return portion.columns[name] if name in portion.columns else pa.repeat("", len(portion))


def among(numbers: Whole, wanted: Whole) -> Mask:
    """Where the number is one of the wanted ones, which are in order."""
    if not len(wanted):
        return np.zeros(len(numbers), bool)
    places = np.minimum(np.searchsorted(wanted, numbers), len(wanted) - 1)
    found: Mask = wanted[places] == numbers
    return found


def portions(
    paths: Sequence[Path],
    layout: Layout,
    options: ReadOptions,
    *,
    told: bool = False,
    only: Collection[str] | None = None,
) -> Iterator[Portion]:
    """The portions of files in order, refused rows included; headings are reported unless they were `told` before.

    With `only`, a look at some columns: the others are not read, and a row that is blank in these is left out.
    Raises `UnreadableFile`, `WrongColumns` and `FileTooLarge`.
    """
    options = replace(options, notices=[]) if told else options
    for path in paths:
        if path.suffix.lower() == PARQUET:
            for lines, columns, called in read_parquet(path, layout, options, only):
                yield Portion(path.name, lines, columns, decimal_comma=False, headings=called)
        else:
            with open_texts(path) as texts:
                for name, stream in texts:
                    yield from _text(path, name, stream, layout, options, only)


def fits(path: Path, layout: Layout, options: ReadOptions) -> bool:
    """True when every table of the file has the needed headings. Raises `UnreadableFile` and `FileTooLarge`."""
    try:
        next(portions([path], layout, options, told=True), None)
    except WrongColumns:
        return False
    return True


# --- texts ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Table:
    """How a text is laid out: its delimiter, where our columns stand, how many cells a row has, where rows begin."""

    path: Path
    name: str
    delimiter: str
    places: Mapping[str, int]
    heading: tuple[str, ...]
    width: int
    line: int
    start: int

    def called(self) -> Mapping[str, str]:
        return MappingProxyType({name: clean(self.heading[place]) for name, place in self.places.items()})


def _text(
    path: Path, name: str, stream: Bytes, layout: Layout, options: ReadOptions, only: Collection[str] | None
) -> Iterator[Portion]:
    first = stream.read(BLOCK).removeprefix(b"\xef\xbb\xbf")
    table = _find_table(path, name, first, layout, options)
    tell_headings(path, table.heading, table.places, layout, options)
    if only is not None:
        table = replace(table, places={column: place for column, place in table.places.items() if column in only})
    for block in blocks(first[table.start :], stream, table.line, table.delimiter):
        yield _without_blank(_portion(table, block))


def _without_blank(portion: Portion) -> Portion:
    """The portion without rows of which no column of ours holds anything."""
    names = iter(portion.columns)
    blank = ~portion.filled(next(names))
    for name in names:
        if not blank.any():
            return portion
        blank &= ~portion.filled(name)
    return replace(portion.only(~blank), refused=portion.refused) if blank.any() else portion


def _find_table(path: Path, name: str, first: bytes, layout: Layout, options: ReadOptions) -> _Table:
    """The layout under the first record that holds every needed heading, whatever sign parts its cells."""
    if not first.strip():
        raise UnreadableFile(file=name, why="unreadable.empty", allowed="")
    sample = first[: 1 << 16]
    if sample.startswith(FOREIGN) or sample.count(0) * 4 > len(sample):  # UTF-16 is no encoding of these publishers
        raise UnreadableFile(file=name, why="unreadable.not-text", allowed=", ".join(FORMATS))
    head = _beginning(first)
    best: tuple[int, Mapping[str, int], tuple[str, ...]] = (-1, {}, ())
    for delimiter in delimiters_of(io.StringIO(head, newline="")):
        found = records_of(io.StringIO(head, newline=""), delimiter)
        for record in itertools.islice(found, HEADING_SEARCH):
            if len(record.cells) > COLUMN_LIMIT:
                raise FileTooLarge(file=path.name, limit=COLUMN_LIMIT)
            places = places_of(record.cells, layout, options.columns)
            if not lacking(places, layout):
                return _laid_out(path, name, first, delimiter, places, record, next(found, None))
            best = max(best, (len(places), places, record.cells), key=lambda one: one[0])
    missing = lacking_in_words(best[1], layout, options.columns)
    raise WrongColumns(file=name, missing=missing, found=", ".join(clean(cell) for cell in best[2])[:200])


def _beginning(first: bytes) -> str:
    """Enough text to find the headings in, cut at a line."""
    head = first[: 1 << 18]
    head = head[: head.rfind(b"\n") + 1] or head
    try:
        return head.decode("utf-8")
    except UnicodeDecodeError:
        return head.decode("cp1252", "replace")


def _laid_out(
    path: Path,
    name: str,
    first: bytes,
    delimiter: str,
    places: Mapping[str, int],
    heading: RawRecord,
    below: RawRecord | None,
) -> _Table:
    """Rows that end in a separator more than the headings have a cell more, and it is empty."""
    lines = heading.line + sum(cell.count("\n") for cell in heading.cells)
    start = 0
    for _ in range(lines):
        start = first.find(b"\n", start) + 1 or len(first)
    width = len(heading.cells)
    if below and len(below.cells) > width and not any(cell.strip() for cell in below.cells[width:]):
        width = len(below.cells)
    return _Table(path, name, delimiter, places, heading.cells, width, lines + 1, start)


def _portion(table: _Table, block: Block) -> Portion:
    """The rows of a block in the order of their lines."""
    read = _read_plain(table, block)
    if read is None:  # the fast reader saw other rows than there are lines: all of them are read with care
        lines, columns, refused = _read_odd(table, block.records())
    else:
        lines, columns, refused = read
    if block.odd and read is not None:
        odd_lines, odd_columns, odd_refused = _read_odd(table, block.odd)
        lines, columns = _interleaved((lines, columns), (odd_lines, odd_columns))
        refused += odd_refused
    return Portion(table.name, lines, columns, table.delimiter == ";", table.called(), tuple(refused))


_Read = tuple[Whole, dict[str, Any], list[Rejected]]


def _read_plain(table: _Table, block: Block) -> _Read | None:
    """What pyarrow makes of plain lines: one row for each, or one refusal; None when the sum does not hold."""
    import pyarrow as pa
    import pyarrow.csv as pacsv

    if not block.plain:
        return np.zeros(0, np.int64), {name: pa.array([], pa.string()) for name in table.places}, []
    strangers: list[tuple[int, str]] = []

    def put_aside(row: Any) -> str:
        strangers.append((row.number, row.text))
        return "skip"

    wanted = [f"c{place}" for place in table.places.values()]
    try:
        cells = pacsv.read_csv(
            pa.BufferReader(block.plain),
            read_options=pacsv.ReadOptions(
                column_names=[f"c{place}" for place in range(table.width)],
                block_size=len(block.plain) + 1,
                use_threads=False,
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=table.delimiter, ignore_empty_lines=False, invalid_row_handler=put_aside
            ),
            convert_options=pacsv.ConvertOptions(
                check_utf8=False,
                column_types=dict.fromkeys(wanted, pa.string()),
                include_columns=wanted,
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    if len(cells) + len(strangers) != len(block.numbers) or any("\n" in text for _, text in strangers):
        return None
    aside = [number - 1 for number, _text in strangers]
    lines = np.delete(block.numbers, aside)
    columns = {name: cells.column(at).combine_chunks() for at, name in enumerate(table.places)}
    read = lines, columns, list[Rejected]()
    return _with_strangers(table, block, strangers, read) if strangers else read


def _with_strangers(table: _Table, block: Block, strangers: Sequence[tuple[int, str]], read: _Read) -> _Read:
    """Rows of another width: empty cells too many are no fault, all else is refused."""
    records = [
        RawRecord(int(block.numbers[number - 1]), tuple(next(csv.reader([text], delimiter=table.delimiter), ())))
        for number, text in strangers
    ]
    lines, columns, refused = _read_odd(table, records)
    both = _interleaved(read[:2], (lines, columns)) if len(lines) else read[:2]
    return *both, refused


def _read_odd(table: _Table, records: Iterable[RawRecord]) -> _Read:
    import pyarrow as pa

    lines: list[int] = []
    refused: list[Rejected] = []
    cells: dict[str, list[str]] = {name: [] for name in table.places}
    for record in records:
        if record.problem is None and not any(cell.strip() for cell in record.cells):
            continue
        problem = record.problem or width_problem(record.cells, len(table.heading))
        if problem is not None:
            refused.append(Rejected(record.line, "row", "", problem, table.name))
            continue
        lines.append(record.line)
        for name, place in table.places.items():
            cells[name].append(record.cells[place])
    columns = {name: pa.array(found, pa.string()) for name, found in cells.items()}
    return np.array(lines, np.int64), columns, refused


def _interleaved(
    one: tuple[Whole, Mapping[str, Any]], other: tuple[Whole, Mapping[str, Any]]
) -> tuple[Whole, dict[str, Any]]:
    import pyarrow as pa

    lines = np.concatenate((one[0], other[0]))
    order = np.argsort(lines, kind="stable")
    columns = {name: pa.concat_arrays([one[1][name], other[1][name]]).take(pa.array(order)) for name in one[1]}
    return lines[order], columns
