# SPDX-License-Identifier: EUPL-1.2
"""Whom a sparse sign can reach: rows found through the columns of sparse arrays, never by going over all rows."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from matching.columns import Ints
from matching.graph import PartnerIndex

NOBODY: Ints = np.zeros(0, dtype=np.int64)


def turned(index: PartnerIndex, matrix: sp.csr_array) -> sp.csr_array:
    """The transpose of one of the index's sparse arrays (columns become rows, ascending), made once and kept."""
    kept = index.turned.get(id(matrix))
    if kept is None or kept[0] is not matrix:
        kept = index.turned[id(matrix)] = (matrix, sp.csr_array(matrix.T.tocsr()))
    return kept[1]


def parts(matrix: sp.csr_array, rows: Ints) -> Ints:
    """Positions in `indices` and `data` of the entries of some rows, row after row."""
    starts = matrix.indptr[rows].astype(np.int64)
    counts = matrix.indptr[rows + 1] - starts
    whole = int(counts.sum())
    ends = np.cumsum(counts)
    return np.arange(whole, dtype=np.int64) + np.repeat(starts - (ends - counts), counts)


def columns_of_rows(matrix: sp.csr_array, rows: Ints) -> Ints:
    """Columns in which some rows have an entry, ascending, each once."""
    if len(rows) == 0:
        return NOBODY
    if len(rows) == 1:
        return np.asarray(np.sort(matrix.indices[matrix.indptr[rows[0]] : matrix.indptr[rows[0] + 1]]), dtype=np.int64)
    return np.unique(matrix.indices[parts(matrix, rows)]).astype(np.int64)


def holders(index: PartnerIndex, matrix: sp.csr_array, columns: Ints) -> Ints:
    """Rows of one of the index's sparse arrays with an entry in some of these columns, ascending, each once."""
    return columns_of_rows(turned(index, matrix), columns) if len(columns) else NOBODY


def sharers(index: PartnerIndex, matrix: sp.csr_array, row: int) -> Ints:
    """Rows with an entry in a column of one row, that row among them where it has any; ascending."""
    return holders(index, matrix, columns_of_rows(matrix, np.array([row], dtype=np.int64)))
