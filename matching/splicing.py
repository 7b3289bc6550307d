# SPDX-License-Identifier: EUPL-1.2
"""Rows of an index, some kept and some made anew: arrays, sparse rows, tuples and coded columns put together again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np
import scipy.sparse as sp

from matching.columns import Columns, Ints

_T = TypeVar("_T")
# Columns that are positions in a list of names.
CODED = {
    "sector": "sectors",
    "standing": "standings",
    "province": "provinces",
    "category": "categories",
    "federation": "federations",
}


@dataclass(frozen=True, slots=True)
class Splice:
    """Which row goes where: `take` holds, per row of the result, a position in the old rows followed by the new ones.

    `in_place` are (row, new row) where the result has the old rows, some replaced; None where rows came or went.
    """

    take: Ints
    in_place: tuple[tuple[int, int], ...] | None

    @classmethod
    def of(cls, kept: Ints, old_rows: int) -> Splice:
        """`kept` says, per row of the result, its old row, or -1 where it is the next one of the new rows."""
        take = kept.copy()
        fresh = np.flatnonzero(kept < 0)
        take[fresh] = old_rows + np.arange(len(fresh))
        others = kept >= 0
        same = len(kept) == old_rows and bool((kept[others] == np.flatnonzero(others)).all())
        return cls(take, tuple((int(row), place) for place, row in enumerate(fresh)) if same else None)

    def array(self, old: Any, new: Any) -> Any:
        """The spliced rows of an array."""
        if self.in_place is None:
            return np.concatenate((old, new))[self.take]
        spliced = old.copy()
        for row, place in self.in_place:
            spliced[row] = new[place]
        return spliced

    def rows(self, old: Sequence[_T], new: Sequence[_T]) -> tuple[_T, ...]:
        """The spliced entries of a tuple."""
        if self.in_place is None:
            both = (*old, *new)
            return tuple([both[at] for at in self.take.tolist()])
        spliced = list(old)
        for row, place in self.in_place:
            spliced[row] = new[place]
        return tuple(spliced)

    def sparse(self, old: sp.csr_array, new: sp.csr_array) -> sp.csr_array:
        """The spliced rows of a sparse array; both have the same columns."""
        return sp.csr_array(sp.vstack((old, new), format="csr")[self.take])


def spliced_columns(splice: Splice, old: Columns, new: Columns) -> Columns:
    """The columns of the result, with the lists of names that its rows use."""
    found: dict[str, Any] = {}
    for each in fields(Columns):
        before, after = getattr(old, each.name), getattr(new, each.name)
        if isinstance(before, np.ndarray) and each.name not in CODED:
            found[each.name] = splice.array(before, after)
    for name, listed in CODED.items():
        names = (getattr(old, listed), getattr(new, listed))
        codes, kept = spliced_codes(splice, getattr(old, name), getattr(new, name), *names)
        found |= {name: codes, listed: kept}
    return replace(old, **found, certifications=splice.rows(old.certifications, new.certifications))


def spliced_codes(
    splice: Splice, old: Ints, new: Ints, old_names: tuple[Any, ...], new_names: tuple[Any, ...]
) -> tuple[Ints, tuple[Any, ...]]:
    """Positions in lists of names (-1: none), and the list of those that are used, sorted."""
    names = old_names if set(new_names) <= set(old_names) else tuple(sorted({*old_names, *new_names}))
    codes = splice.array(_moved(old, old_names, names), _moved(new, new_names, names))
    used = np.bincount(codes[codes >= 0], minlength=len(names)) > 0
    if used.all():
        return codes, names
    kept = tuple(name for name, still in zip(names, used.tolist(), strict=True) if still)
    return _moved(codes, names, kept), kept


def _moved(codes: Ints, names: tuple[Any, ...], others: tuple[Any, ...]) -> Ints:
    """The same names as positions in another list; -1 where that does not hold them."""
    if names is others or names == others:
        return codes
    place = {name: position for position, name in enumerate(others)}
    return np.append([place.get(name, -1) for name in names], -1).astype(np.int32)[codes]


def moved_columns(matrix: sp.csr_array, names: tuple[str, ...], others: tuple[str, ...]) -> sp.csr_array:
    """The same entries under the columns of another sorted list of names, those that it does not hold left out."""
    if names == others:
        return matrix
    place = {name: position for position, name in enumerate(others)}
    column = np.array([place.get(name, -1) for name in names] or [-1], dtype=np.int64)[matrix.indices]
    kept = column >= 0
    starts = np.append(0, np.cumsum(kept))[matrix.indptr]
    shape = (matrix.shape[0], max(len(others), 1))
    return sp.csr_array((matrix.data[kept], column[kept], starts), shape=shape)
