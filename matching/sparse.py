# SPDX-License-Identifier: EUPL-1.2
"""Sparse arrays made of entries that stand in order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp


def sparse_rows(
    rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64], values: npt.NDArray[np.float64], shape: tuple[int, int]
) -> sp.csr_array:
    """The sparse array of entries that are given by row, then column, each once; positions take four bytes where they
    can.
    """
    fits = max(len(values), *shape) < np.iinfo(np.int32).max
    starts = np.append(0, np.cumsum(np.bincount(rows, minlength=shape[0])))
    positions = np.int32 if fits else np.int64
    return sp.csr_array((values, columns.astype(positions), starts.astype(positions)), shape=shape)
