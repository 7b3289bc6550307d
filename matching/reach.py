# SPDX-License-Identifier: EUPL-1.2
"""Whom a sparse sign can reach: rows found through the columns of sparse arrays, never by going over all rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from matching.columns import Flags, Floats, Ints
from matching.graph import PartnerIndex

NOBODY: Ints = np.zeros(0, dtype=np.int64)


def turned(index: PartnerIndex, matrix: sp.csr_array) -> sp.csr_array:
    """The transpose of one of the index's sparse arrays (columns become rows, ascending), made once and kept."""
    return index.derived("turned", (matrix,), lambda: sp.csr_array(matrix.T.tocsr()))


def parts(matrix: sp.csr_array, rows: Ints) -> tuple[Ints, Ints]:
    """Positions in `indices` and `data` of the entries of some rows, row after row, and how many each row has."""
    starts = matrix.indptr[rows]
    counts = matrix.indptr[rows + 1] - starts
    ends = counts.cumsum()
    whole = int(ends[-1]) if len(ends) else 0
    return np.arange(whole) + (starts - ends + counts).repeat(counts), counts


def sums(matrix: sp.csr_array, rows: Ints, vector: Floats, *, present: bool = False) -> Floats:
    """The product of some rows with a dense vector, each row summed in the order of its entries, whatever other rows
    are asked for; with `present`, every entry counts as 1."""
    at, counts = parts(matrix, rows)
    products = vector[matrix.indices[at]]
    if not present:
        products = products * matrix.data[at]
    found: Floats = np.bincount(np.arange(len(rows)).repeat(counts), weights=products, minlength=len(rows)).astype(
        np.float64
    )
    return found


def marked(index: PartnerIndex, matrix: sp.csr_array, columns: Ints) -> Flags:
    """Per row of the index, whether it has an entry in some of these columns of one of its sparse arrays."""
    flags = np.zeros(matrix.shape[0], dtype=np.bool_)
    if len(columns):
        across = turned(index, matrix)
        flags[across.indices[parts(across, columns)[0]]] = True
    return flags


def holders(index: PartnerIndex, matrix: sp.csr_array, columns: Ints) -> Ints:
    """Rows of one of the index's sparse arrays with an entry in some of these columns, ascending, each once."""
    if not len(columns):
        return NOBODY
    across = turned(index, matrix)
    found = across.indices[parts(across, columns)[0]]
    if len(found) * 8 > matrix.shape[0]:
        return np.flatnonzero(marked(index, matrix, columns)).astype(np.int64)
    return ascending(found)


def ascending(rows: npt.NDArray[np.integer[Any]]) -> Ints:
    """The rows in order, each once."""
    found = np.sort(rows).astype(np.int64)
    return found[np.append(True, found[1:] != found[:-1])] if len(found) > 1 else found


def held(matrix: sp.csr_array, row: int) -> Ints:
    """Columns in which a row has an entry, in the order in which they stand."""
    columns: Ints = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]].astype(np.int64)
    return columns


def sharers(index: PartnerIndex, matrix: sp.csr_array, row: int) -> Ints:
    """Rows with an entry in a column of one row, that row among them where it has any; ascending."""
    return holders(index, matrix, held(matrix, row))


def coded(column: Ints) -> tuple[Ints, Ints]:
    """Numbers of a column as positions in the list of those that are known (0 and up), -1 for others; and that list."""
    values = np.unique(column[column >= 0]).astype(np.int64)
    if not len(values):
        return np.full(len(column), -1, dtype=np.int64), values
    place = np.minimum(np.searchsorted(values, column), len(values) - 1)
    return np.where(values[place] == column, place, -1), values


def keyed(*columns: Ints, widths: tuple[int, ...] = ()) -> sp.csr_array:
    """Rows x the keys of some columns side by side: 1 where a row has the key, -1 in a column standing for none."""
    size = len(columns[0])
    widths = widths or tuple(int(column.max(initial=-1)) + 1 for column in columns)
    rows, keys, first = [], [], 0
    for column, width in zip(columns, widths, strict=True):
        known = np.flatnonzero(column >= 0)
        rows.append(known)
        keys.append(column[known].astype(np.int64) + first)
        first += width
    index = (np.concatenate(rows), np.concatenate(keys))
    return sp.csr_array((np.ones(len(index[0])), index), shape=(size, max(first, 1)))
