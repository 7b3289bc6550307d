# SPDX-License-Identifier: EUPL-1.2
"""Which heading of somebody's file may stand for which column of ours: a guess, for a person to confirm."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from data.errors import WrongColumns
from data.identity import BadValue, body_code, vat_number
from data.sources.delimited import RawRecord, open_delimited
from data.sources.reading import COLUMN_LIMIT, HEADING_SEARCH, Layout, check_size, places_of, shown
from data.sources.workbook import read_workbook
from data.wording import clean, plain

SAMPLE_ROWS, EXAMPLES, CELL_SHOWN = 50, 3, 40
_SURE_SHARE = 0.8
_WORD = re.compile(r"[^\W_]+")
# What a column's cells can tell without its heading.
_TOLD_BY_CELLS: dict[str, Callable[[str], str]] = {"tax_code": body_code, "vat": vat_number}


@dataclass(frozen=True, slots=True)
class Sample:
    """The headings of a file and some cells below each, columns of persons left out."""

    headings: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]

    def examples(self, heading: str) -> tuple[str, ...]:
        """A few different cells below a heading, cut short, nothing of persons in them."""
        found = self.cells[self.headings.index(heading)] if heading in self.headings else ()
        return tuple(shown(cell)[:CELL_SHOWN] for cell in list(dict.fromkeys(filter(None, found)))[:EXAMPLES])


@dataclass(frozen=True, slots=True)
class Guess:
    """A column of ours and the heading that may stand for it ("" for none). `why`: `heading` (the very word),
    `alike` (its words stand in it), `cells` (what stands below it), or "" where there is no guess.
    """

    column: str
    heading: str
    why: str
    needed: bool


def sample_of(path: Path, layout: Layout) -> Sample:
    """The headings of a table, found among its first records, and cells below them.

    Raises as `data.sources.reading.read_rows` does, `WrongColumns` where nothing looks like headings.
    """
    check_size(path)
    records = [record.cells for record in itertools.islice(_records(path), SAMPLE_ROWS) if record.problem is None]
    best = max(
        range(min(len(records), HEADING_SEARCH)),
        key=lambda at: (len(places_of(records[at], layout, {})), _filled(records[at]), -at),
        default=None,
    )
    if best is None or _filled(records[best]) < 2:
        raise WrongColumns(
            file=path.name, missing=", ".join(one.name for one in layout.columns if one.needed), found=""
        )
    return _sample(records[best], records[best + 1 :], layout)


def _sample(heading: tuple[str, ...], below: Sequence[tuple[str, ...]], layout: Layout) -> Sample:
    kept: dict[str, tuple[str, ...]] = {}
    for at, cell in enumerate(heading[:COLUMN_LIMIT]):
        name = clean(cell)[:80]
        if name and name not in kept and not _is_personal(name, layout):
            kept[name] = tuple(clean(row[at][:200]) for row in below if at < len(row))
    return Sample(tuple(kept), tuple(kept.values()))


def _records(path: Path) -> Iterator[RawRecord]:
    if path.suffix.lower() in {".xlsx", ".xls"}:
        for sheet in read_workbook(path, COLUMN_LIMIT):
            yield from sheet
            return  # the first sheet is the list; what follows are notes and codes
        return
    file = open_delimited(path)
    yield from file.records(file.delimiters[0])


def _filled(cells: Sequence[str]) -> int:
    return sum(1 for cell in cells if cell.strip())


def _is_personal(heading: str, layout: Layout) -> bool:
    return any(plain(one) in plain(heading) for one in layout.personal)


def guess_columns(sample: Sample, layout: Layout) -> tuple[Guess, ...]:
    """A guess for each column of the layout, in its order; a heading stands for one column at most."""
    exact = {name: sample.headings[at] for name, at in places_of(sample.headings, layout, {}).items()}
    found = {name: (heading, "heading") for name, heading in exact.items()}
    for look, why in ((_alike, "alike"), (_by_cells, "cells")):
        for column in layout.columns:
            free = [one for one in sample.headings if one not in {heading for heading, _ in found.values()}]
            heading = look(column.name, column.headings, free, sample) if column.name not in found else None
            if heading:
                found[column.name] = (heading, why)
    return tuple(Guess(one.name, *found.get(one.name, ("", "")), one.needed) for one in layout.columns)


def _alike(name: str, headings: Sequence[str], free: Sequence[str], _sample: Sample) -> str | None:
    """The first free heading in which all words of one of ours stand, the longest of ours first."""
    ours = sorted(({*_words(one)} for one in (name, *headings)), key=len, reverse=True)
    wanted = [one for one in ours if sum(map(len, one)) > 3]
    return next((heading for one in wanted for heading in free if one <= _words(heading)), None)


def _words(text: str) -> set[str]:
    return {plain(word) for word in _WORD.findall(text.replace("_", " "))}


def _by_cells(name: str, _headings: Sequence[str], free: Sequence[str], sample: Sample) -> str | None:
    check = _TOLD_BY_CELLS.get(name)
    if check is None:
        return None
    for heading in free:
        cells = [cell for cell in sample.cells[sample.headings.index(heading)] if cell]
        if cells and sum(_holds(check, cell) for cell in cells) >= _SURE_SHARE * len(cells):
            return heading
    return None


def _holds(check: Callable[[str], str], cell: str) -> bool:
    try:
        return bool(check(cell))
    except BadValue:
        return False
