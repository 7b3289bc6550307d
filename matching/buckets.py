# SPDX-License-Identifier: EUPL-1.2
"""Organisations that the attributes cannot tell apart: classes (equal columns) and, inside them, buckets (equal place).

A sign that attributes decide has one value for a whole class or bucket, whatever the asker: so ranking looks at a few
thousand of them in place of every organisation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt

from data.model import Evidence
from matching.columns import Columns, Flags, Ints
from matching.features.fit import coded_marks
from matching.features.together import HALF
from matching.graph import PartnerIndex

_APART: Final = frozenset({"place", "province", "founded"})
"""Columns that make no class: the first two make buckets, no sign reads the third."""

_MIX: Final = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Buckets:
    """Classes and buckets of all rows. `class_of` and `bucket_of` number them per row; `order` holds all rows, class by
    class and inside a class bucket by bucket, `starts` where each class begins in it (one more at the end); `kinds` is
    the code of the kind of organisation of each class, `first` one row of each."""

    class_of: Ints
    bucket_of: Ints
    order: Ints
    starts: Ints
    kinds: Ints
    first: Ints

    def rows(self, classes: Ints) -> Ints:
        """Rows of some classes, class by class and bucket by bucket."""
        starts = self.starts[classes]
        counts = self.starts[classes + 1] - starts
        ends = counts.cumsum()
        whole = int(ends[-1]) if len(ends) else 0
        return np.asarray(self.order[np.arange(whole) + (starts - ends + counts).repeat(counts)], dtype=np.int64)


def buckets_of(index: PartnerIndex, columns: Columns) -> Buckets:
    """The buckets by these columns of an index, made when first asked for."""
    name = "buckets" if columns is index.columns else "certain-buckets"
    return index.derived(name, (columns, index.links, index.organisations), lambda: _buckets(index, columns))


def _buckets(index: PartnerIndex, columns: Columns) -> Buckets:
    size = len(index.organisations)
    told = [_plain(each) for each in _deciding(index, columns)]
    class_of = _classes(told, size)
    place = (columns.place.astype(np.int64) + 1) * (len(columns.provinces) + 1) + columns.province + 1
    width = int(place.max(initial=0)) + 1
    both = class_of * width + place
    order = np.argsort(both, kind="stable")
    changed = np.flatnonzero(np.append(True, np.diff(both[order]) != 0)[:size])
    bucket_of = np.empty(size, dtype=np.int64)
    bucket_of[order] = np.repeat(np.arange(len(changed)), np.diff(np.append(changed, size)))
    classes = int(class_of.max(initial=-1)) + 1
    starts = np.searchsorted(class_of[order], np.arange(classes + 1))
    first = order[starts[:-1]]
    return Buckets(class_of, bucket_of, order, starts, columns.kind[first], first)


def _deciding(index: PartnerIndex, columns: Columns) -> Iterator[npt.NDArray[np.generic]]:
    """Every array that may decide a sign by class, one column after the other."""
    for each in fields(Columns):
        value = getattr(columns, each.name)
        if isinstance(value, np.ndarray) and each.name not in _APART:
            yield from (value.T if value.ndim == 2 else (value,))
    yield coded_marks(columns.certifications)[0]
    yield category_told(index, columns)
    yield index.links.biggest_share > HALF


def category_told(index: PartnerIndex, columns: Columns) -> Flags:
    """Which bodies have a category that is a fact and not a reading of the name."""
    told = np.zeros(len(index.organisations), dtype=np.bool_)
    for row in np.flatnonzero(columns.category >= 0).tolist():
        known = index.organisations[row].provenance.get("category")
        told[row] = known is None or known.evidence is not Evidence.INFERRED
    return told


def _plain(column: npt.NDArray[np.generic]) -> npt.NDArray[np.uint64]:
    """Equal whole numbers for equal values, not known (NaN) among them."""
    if column.dtype.kind == "f":
        return np.ascontiguousarray(np.nan_to_num(column, nan=-1e300) + 0.0).view(np.uint64)
    return column.astype(np.int64).view(np.uint64)


def _classes(told: list[npt.NDArray[np.uint64]], size: int) -> Ints:
    """A number per row, equal where all columns are: by a mixture of them, then column by column where that erred."""
    mixed = np.zeros(size, dtype=np.uint64)
    for column in told:
        mixed = (mixed ^ (column + (mixed << np.uint64(6)))) * _MIX
        mixed ^= mixed >> np.uint64(29)
    _, first, found = np.unique(mixed, return_index=True, return_inverse=True)
    class_of = found.astype(np.int64)
    for column in told:
        if (column[first][class_of] != column).any():
            _, codes = np.unique(column, return_inverse=True)
            whole = class_of * (int(codes.max()) + 1) + codes
            _, first, found = np.unique(whole, return_index=True, return_inverse=True)
            class_of = found.astype(np.int64)
    return class_of
