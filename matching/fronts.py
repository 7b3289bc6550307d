# SPDX-License-Identifier: EUPL-1.2
"""Whom to look at first: organisations that no sparse sign reaches, in groups with an upper bound each, best first.

Where few classes hold everybody (`matching.buckets`), the groups are classes, and their bounds are kept for the next
that asks from the same class. Where nearly everybody is a class of its own, the groups are cells: those who share a key
with the asker (a division, a field of work, ...) and sit in one place; a cell costs nothing until it is looked into.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import scipy.sparse as sp

from matching.buckets import Buckets, buckets_of
from matching.columns import KINDS, Columns, Flags, Floats, Ints
from matching.features import FEATURES
from matching.features.needs import deals
from matching.features.registry import By, Shared
from matching.kinds import Partnership
from matching.question import Question
from matching.reach import NOBODY

SLACK: Final = 1e-8  # bounds are sums in another order, of numbers that are not rounded yet
FEW_CLASSES: Final = 4_096
_KEPT_BYTES: Final = 32 << 20  # of bounds kept for classes that may ask again


class Front(Protocol):
    """Groups of rows, highest bound first: `bounds` of each, `counts` the rows of all up to each."""

    @property
    def bounds(self) -> Floats:
        """The bound of each group, descending."""
        ...

    @property
    def counts(self) -> Ints:
        """How many rows the groups up to each have, some perhaps twice."""
        ...

    def rows(self, first: int, last: int) -> Ints:
        """Rows of the groups from one to before another, some perhaps twice; those of equal buckets side by side."""
        ...

    def limits(self, rows: Ints) -> tuple[Floats, Flags]:
        """Of any (ascending) rows, what all but sparse signs may give at most, and whether one of these recalls it."""
        ...

    def known(self, question: Question, values: Floats) -> frozenset[str]:
        """Fills in the values (signs x candidates) of signs that are known already, and says which."""
        ...


def front_of(asking: Question, kind: Partnership) -> Front:
    """The groups that an asker looks at."""
    if by_class(asking, kind):
        return _classes_of(asking, kind, buckets_of(asking.index, asking.columns))
    return _cells_of(asking, kind)


def by_class(asking: Question, kind: Partnership) -> bool:
    """Whether the groups are classes: where there are few, or where a sign that recalls does not say what must be
    shared."""
    recalled = [FEATURES[name] for name in kind.recall if FEATURES[name].reach is None]
    few = len(buckets_of(asking.index, asking.columns).first) <= FEW_CLASSES
    return few or any(sign.shared is None for sign in recalled)


# --- classes ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClassFront:
    """For a class that asks: a bound per class (-inf where the kind lets none of it be had), whether its attributes may
    recall it, and the classes that they may recall; `values` are the signs decided by class (`names`), by class."""

    buckets: Buckets
    names: tuple[str, ...]
    places: Ints
    values: Floats
    bound: Floats
    recalled: Flags
    visited: Ints
    bounds: Floats
    counts: Ints

    def rows(self, first: int, last: int) -> Ints:
        """See `Front`."""
        return self.buckets.rows(self.visited[first:last])

    def limits(self, rows: Ints) -> tuple[Floats, Flags]:
        """See `Front`."""
        classes = self.buckets.class_of[rows]
        return self.bound[classes], self.recalled[classes]

    def known(self, question: Question, values: Floats) -> frozenset[str]:
        """See `Front`."""
        values[self.places] = self.values[:, self.buckets.class_of[question.rows]]
        return frozenset(self.names)


def _classes_of(asking: Question, kind: Partnership, buckets: Buckets) -> ClassFront:
    index = asking.index
    kept: dict[tuple[str, float, int, bool], ClassFront] = index.derived("class-fronts", (buckets, index.learned), dict)
    key = (kind.name, kind.least, int(buckets.class_of[asking.asker]), deals(asking))
    if key not in kept:
        kept[key] = _bounded(asking, kind, buckets)
        while len(kept) * kept[key].values.nbytes * 2 > _KEPT_BYTES and len(kept) > 1:
            kept.pop(next(iter(kept)), None)
    return kept[key]


def _bounded(asking: Question, kind: Partnership, buckets: Buckets) -> ClassFront:
    weights = asking.index.weights_of(kind)
    classes = np.flatnonzero(np.isin(buckets.kinds, _allowed(asking, kind)))
    classes = classes[np.argsort(buckets.first[classes])]
    question = asking.asking(buckets.first[classes])
    bound, recalled = np.zeros(len(classes)), np.zeros(len(classes), dtype=np.bool_)
    places = [place for place, name in enumerate(kind.weights) if decided(name)]
    values = np.zeros((len(places), len(buckets.first)))
    for place, name in enumerate(kind.weights):
        sign, weight = FEATURES[name], weights[name]
        if sign.reach is not None:
            continue
        if sign.by is By.CLASS:
            value = sign.values(question)
            values[places.index(place), classes] = value
            bound += value * weight
        else:
            value = np.ones(len(classes)) if sign.ceiling is None else sign.ceiling(question)
            bound += value * max(weight, 0.0)
        if name in kind.recall:
            recalled |= value >= kind.recall[name] - SLACK
    everywhere = np.full(len(buckets.first), -np.inf)
    everywhere[classes] = bound
    recall = np.zeros(len(buckets.first), dtype=np.bool_)
    recall[classes] = recalled
    visited = classes[recalled]  # whatever the bound: a sign that reaches them weakly may add to it
    visited = visited[np.argsort(-everywhere[visited], kind="stable")]
    counts = (buckets.starts[visited + 1] - buckets.starts[visited]).cumsum()
    names = tuple(name for name in kind.weights if decided(name))
    told = (buckets, names, np.array(places, dtype=np.int64), values, everywhere, recall)
    return ClassFront(*told, visited, everywhere[visited], counts)


def decided(name: str) -> bool:
    """Whether classes alone decide a sign."""
    return FEATURES[name].reach is None and FEATURES[name].by is By.CLASS


def _allowed(asking: Question, kind: Partnership) -> list[int]:
    return [KINDS.index(each) for each in kind.partners.get(KINDS[asking.columns.kind[asking.asker]], ())]


# --- cells ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Places:
    """A number per row, equal for equal comune and province, and one row of each (ascending)."""

    code: Ints
    first: Ints


@dataclass(frozen=True, slots=True)
class _Cells:
    """All rows of each key, place by place: cell `i` holds `rows[starts[i]:starts[i + 1]]` in place `places[i]`; the
    cells of key `j` are those from `of_key[j]` to before `of_key[j + 1]`."""

    rows: Ints
    starts: Ints
    places: Ints
    of_key: Ints


@dataclass(frozen=True, slots=True)
class CellFront:
    """The cells of one asker (`own`: which of which sign's), and what their rows may have at most."""

    asking: Question
    kind: Partnership
    near: Floats
    most: float
    allowed: Flags
    cells: tuple[_Cells, ...]
    which: Ints
    own: Ints
    bounds: Floats
    counts: Ints
    speaking: tuple[str, ...]

    def rows(self, first: int, last: int) -> Ints:
        """See `Front`."""
        found = [NOBODY]
        for number, cells in enumerate(self.cells):
            own = self.own[first:last][self.which[first:last] == number]
            starts = cells.starts[own]
            counts = cells.starts[own + 1] - starts
            ends = counts.cumsum()
            whole = int(ends[-1]) if len(ends) else 0
            found.append(cells.rows[np.arange(whole) + (starts - ends + counts).repeat(counts)])
        rows = np.concatenate(found)
        return np.asarray(rows[self.allowed[self.asking.columns.kind[rows]]], dtype=np.int64)

    def limits(self, rows: Ints) -> tuple[Floats, Flags]:
        """See `Front`."""
        question, weights = self.asking.asking(rows), self.asking.index.weights_of(self.kind)
        bound = self.near[_places(self.asking).code[rows]] + self.most
        recalled = np.zeros(len(rows), dtype=np.bool_)
        for name in self.speaking:
            sign = FEATURES[name]
            if sign.by is By.CLASS:
                value = sign.values(question)
                bound += value * weights[name]
            else:
                value = np.ones(len(rows)) if sign.ceiling is None else sign.ceiling(question)
                bound += value * max(weights[name], 0.0)
            if name in self.kind.recall:
                recalled |= value >= self.kind.recall[name] - SLACK
        bound[~self.allowed[self.asking.columns.kind[rows]]] = -np.inf
        return bound, recalled

    def known(self, question: Question, values: Floats) -> frozenset[str]:
        """See `Front`: nothing is."""
        del question, values
        return frozenset()


def _cells_of(asking: Question, kind: Partnership) -> CellFront:
    """Cells of the strongest sign first: whoever stands in one of them is looked at there, so that cells of the next
    sign need a bound only for those of whom the stronger one says nothing."""
    weights = asking.index.weights_of(kind)
    attributes = [name for name in kind.weights if FEATURES[name].reach is None]
    at_work = [name for name in attributes if not _idle(asking, name)]
    shared = {name: _shared(asking, name) for name in at_work}
    speaking = tuple(name for name in at_work if shared[name] is not None)
    near, most = _by_place(asking, [name for name in at_work if shared[name] is None], kind)
    gains = {name: max(weights[name], 0.0) * _most(shared[name]) for name in speaking}
    cells: list[_Cells] = []
    which, own, bounds, counts = [NOBODY], [NOBODY], [np.zeros(0)], [NOBODY]
    for name in sorted(speaking, key=lambda each: -gains[each].max(initial=0.0)):
        said = shared[name]
        least = kind.recall.get(name)
        if said is None or least is None:
            continue
        able = said.most >= least - SLACK
        posted = _posted(asking, said)
        others = most + sum(
            gain.max(initial=0.0) for other, gain in gains.items() if other != name and other not in said.without
        )
        gains[name] = gains[name][~able]  # whoever has more of it stands in one of these cells
        for key, worth in zip(said.keys[able].tolist(), said.most[able].tolist(), strict=True):
            found = np.arange(posted.of_key[key], posted.of_key[key + 1])
            own.append(found)
            which.append(np.full(len(found), len(cells)))
            bounds.append(near[posted.places[found]] + (worth * max(weights[name], 0.0) + others))
            counts.append(posted.starts[found + 1] - posted.starts[found])
        cells.append(posted)
    bound = np.concatenate(bounds)
    order = np.argsort(-bound, kind="stable")
    allowed = np.isin(np.arange(len(KINDS)), _allowed(asking, kind))
    groups = (np.concatenate(which)[order], np.concatenate(own)[order])
    counted = np.concatenate(counts)[order].cumsum()
    return CellFront(asking, kind, near, most, allowed, tuple(cells), *groups, bound[order], counted, speaking)


def _idle(asking: Question, name: str) -> bool:
    idle = FEATURES[name].idle
    return idle is not None and idle(asking)


def _shared(asking: Question, name: str) -> Shared | None:
    shared = FEATURES[name].shared
    return None if shared is None else shared(asking)


def _most(shared: Shared | None) -> Floats:
    return np.zeros(0) if shared is None else shared.most


def _by_place(asking: Question, names: list[str], kind: Partnership) -> tuple[Floats, float]:
    """What these signs may give at most by place, and the rest of it, which no place decides."""
    weights, places = asking.index.weights_of(kind), _places(asking)
    question = asking.asking(places.first)
    near, most = np.zeros(len(places.first)), 0.0
    for name in names:
        weight, by_place = max(weights[name], 0.0), FEATURES[name].near
        if by_place is None:
            most += weight
        elif weight:
            near += by_place(question) * weight
    return near, most


def _places(asking: Question) -> _Places:
    columns = asking.columns

    def make() -> _Places:
        both = (columns.place.astype(np.int64) + 1) * (len(columns.provinces) + 1) + columns.province + 1
        _, first, code = np.unique(both, return_index=True, return_inverse=True)
        order = np.argsort(first)
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        return _Places(rank[code], first[order])

    return asking.index.derived("places", (columns,), make)


def _posted(asking: Question, shared: Shared) -> _Cells:
    columns = asking.columns
    return asking.index.derived(f"cells {shared.name}", (columns,), lambda: _cut(shared, columns, _places(asking)))


def _cut(shared: Shared, columns: Columns, places: _Places) -> _Cells:
    held: sp.coo_array = shared.make(columns).tocoo()
    rows, keys = (each.astype(np.int64) for each in held.coords)
    width = len(places.first)
    both = keys * width + places.code[rows]
    order = np.lexsort((rows, both))
    both = both[order]
    starts = np.flatnonzero(np.append(True, both[1:] != both[:-1])[: len(both)])
    of_key = np.searchsorted(both[starts] // width, np.arange(held.shape[1] + 1))
    return _Cells(rows[order], np.append(starts, len(both)), both[starts] % width, of_key)
