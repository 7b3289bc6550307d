# SPDX-License-Identifier: EUPL-1.2
"""Parquet files of the whole country as columns of text, some rows at a time, none larger than memory allows.

Limits: 4 GB, 200 million rows, 500 columns, and no column chunk over 4 GB, 300 times its size or a cell a row.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from data.errors import FileTooLarge, UnreadableFile, WrongColumns
from data.records import ReadOptions
from data.sources.bulk_blocks import Whole, check_file
from data.sources.reading import CELL_LIMIT, COLUMN_LIMIT, Layout, lacking, lacking_in_words, places_of, tell_headings
from data.wording import clean

ROW_LIMIT = 200_000_000
CHUNK_LIMIT, CHUNK_RATIO = 4_000_000_000, 300

WRITTEN_OUT = 64_000_000
"""Most bytes of a column's cells in one portion, once the words of a dictionary are written out."""

_LIMITS: Mapping[str, Any] = MappingProxyType(
    {
        "buffer_size": 1 << 20,
        "pre_buffer": False,
        "thrift_string_size_limit": 100_000_000,
        "thrift_container_size_limit": 1_000_000,
    }
)
_ROWS_AT_ONCE = 1 << 16
_SMALL_CHUNK = 64_000_000


def read_parquet(
    path: Path, layout: Layout, options: ReadOptions, only: Collection[str] | None = None
) -> Iterator[tuple[Whole, Mapping[str, Any], Mapping[str, str]]]:
    """Row numbers, our columns as text and their headings, some rows at a time.

    Raises `UnreadableFile`, `WrongColumns` and `FileTooLarge`.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    check_file(path)
    try:
        with pq.ParquetFile(path, **_LIMITS) as file:
            heading = tuple(file.schema_arrow.names)
            places = places_of(heading, layout, options.columns)
            if lacking(places, layout):
                found = ", ".join(clean(cell) for cell in heading)[:200]
                raise WrongColumns(
                    file=path.name, missing=lacking_in_words(places, layout, options.columns), found=found
                )
            _check_parquet(path, file.metadata)
            tell_headings(path, heading, places, layout, options)
            if only is not None:
                places = {column: place for column, place in places.items() if column in only}
            # A dictionary stays one until its words are counted: a long word may stand for millions of cells.
            texts = [heading[at] for at in places.values() if _is_text(path, file.schema_arrow.field(at).type)]
        with pq.ParquetFile(path, read_dictionary=texts, **_LIMITS) as file:
            yield from _row_groups(path, file, heading, places)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as wrong:
        raise UnreadableFile(file=path.name, why="unreadable.parquet", allowed="") from wrong


def _is_text(path: Path, kind: Any) -> bool:
    """True for a column of words, however its file calls them, False for numbers and days.

    Raises `UnreadableFile` for what is no cell of a table (lists, records) or would be unpacked unmeasured.
    """
    import pyarrow.types as kinds

    if kinds.is_dictionary(kind):
        kind = kind.value_type
    if any(holds(kind) for holds in (kinds.is_string, kinds.is_large_string, kinds.is_string_view)):
        return True
    if any(holds(kind) for holds in (kinds.is_binary, kinds.is_large_binary, kinds.is_binary_view)):
        return True
    if kinds.is_nested(kind) or kinds.is_fixed_size_binary(kind):
        raise UnreadableFile(file=path.name, why="unreadable.parquet", allowed="")
    return False


def _check_parquet(path: Path, metadata: Any) -> None:
    """Raises `FileTooLarge` for what would not fit in memory a portion at a time, whatever it claims to be."""
    if metadata.num_rows > ROW_LIMIT:
        raise FileTooLarge(file=path.name, limit=ROW_LIMIT)
    if metadata.num_columns > COLUMN_LIMIT:
        raise FileTooLarge(file=path.name, limit=COLUMN_LIMIT)
    for group, column in itertools.product(range(metadata.num_row_groups), range(metadata.num_columns)):
        chunk = metadata.row_group(group).column(column)
        allowed = min(CHUNK_LIMIT, CELL_LIMIT * max(1, chunk.num_values))
        if chunk.total_uncompressed_size > _SMALL_CHUNK:
            allowed = min(allowed, CHUNK_RATIO * max(1, chunk.total_compressed_size))
        if chunk.total_uncompressed_size > max(allowed, 1_000_000):
            raise FileTooLarge(file=path.name, limit=allowed)


def _row_groups(
    path: Path, file: Any, heading: Sequence[str], places: Mapping[str, int]
) -> Iterator[tuple[Whole, Mapping[str, Any], Mapping[str, str]]]:
    called = MappingProxyType({name: clean(heading[place]) for name, place in places.items()})
    wanted = [heading[place] for place in places.values()]
    line = 1
    for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE, columns=wanted, use_threads=False):
        columns = {}
        for name, place in places.items():
            cells = batch.column(heading[place])
            _check_words(path, cells)
            columns[name] = _as_text(cells)
        lines = np.arange(line, line + len(batch))
        line += len(batch)
        yield lines, columns, called


def _check_words(path: Path, cells: Any) -> None:
    """Raises `FileTooLarge` when the words of a dictionary, written out cell by cell, would fill the memory."""
    import pyarrow.compute as pc
    import pyarrow.types as kinds

    if not kinds.is_dictionary(cells.type) or not _is_text(path, cells.type):
        return
    longest = pc.max(pc.binary_length(cells.dictionary)).as_py() or 0
    if longest * len(cells) <= WRITTEN_OUT:
        return
    if (pc.sum(pc.binary_length(cells.dictionary).take(cells.indices)).as_py() or 0) > WRITTEN_OUT:
        raise FileTooLarge(file=path.name, limit=WRITTEN_OUT)


def _as_text(cells: Any) -> Any:
    """The cells of a Parquet column as text: numbers without exponents, whole ones without a point, nothing as ""."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as kinds

    if kinds.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    if kinds.is_floating(cells.type):
        cells = pc.if_else(pc.is_finite(cells), cells, None)
        cells = cells.cast(pa.float64())
        whole = pc.all(pc.equal(cells, pc.round(cells)), min_count=0).as_py()
        cells = cells.cast(pa.int64() if whole else pa.decimal128(38, 6), safe=False)
    return pc.fill_null(cells.cast(pa.string()), "")
