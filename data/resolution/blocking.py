# SPDX-License-Identifier: EUPL-1.2
"""Which bodies are worth comparing at all: pairs that share a rare word, two words, letters or initials.

Whole arrays: every body becomes a row of a sparse matrix of keys, one product per block of rows gives the pairs and the
weight of the words they share. Keys that too many bodies have are left out, so that time grows with the number of
bodies and not with its square.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from data.identity import IPA, MUNICIPALITY, TAX_CODE, VAT
from data.resolution.comparison import Described
from data.resolution.names import Name
from data.resolution.weights import weight_of

MOST_IN_BLOCK = 300
"""A key that more bodies than this have tells nothing alone."""
_RAREST = 6
# How much of the lighter and of the heavier name two names must share to be compared.
_LEAST_OF_LESS, _LEAST_OF_MORE = 0.5, 0.2
# With less than this part of the lighter name in common, its other words must weigh no more than one or two rare ones.
_MOST_OF_LESS, _LEFT = 0.6, 12.6
_ROWS_AT_ONCE = 2_000
_BEGINNING = 6
_MOST_PER_BODY = 60


def pairs_to_compare(bodies: Sequence[Described]) -> NDArray[np.int32]:
    """Places (n, 2), first < second, of the pairs that may be one body, in order.

    Two bodies that both have a code of one register (tax code, IPA, comune) are not compared: equal codes have joined
    them, different ones are two. But for those of which one's VAT number stands as the other's tax code.
    """
    if len(bodies) < 2:
        return np.zeros((0, 2), dtype=np.int32)
    keys = _key_matrix(bodies)
    words, totals = _word_matrix(bodies)
    codes = {code: number for number, code in enumerate(sorted({body.municipality or "" for body in bodies}))}
    seats = np.array([codes[body.municipality] if body.municipality else -1 for body in bodies], dtype=np.int32)
    registers = _registers(bodies)
    free = registers[:, 0] == 0
    found = [
        _pairs_of(rows, keys, words, totals, registers, seats)
        for rows in np.array_split(np.flatnonzero(free), max(1, int(free.sum()) // _ROWS_AT_ONCE))
    ]
    every = np.concatenate([*found, _crossed(bodies)])
    return np.unique(np.sort(every, axis=1), axis=0).astype(np.int32)


def _registers(bodies: Sequence[Described]) -> NDArray[np.int8]:
    """Bodies x registers, 1 where a body has a code of the register; tax codes first."""
    held = [{item.scheme for item in body.identifiers} for body in bodies]
    return np.array(
        [[scheme in schemes for scheme in (TAX_CODE, IPA, MUNICIPALITY)] for schemes in held], dtype=np.int8
    )


def _crossed(bodies: Sequence[Described]) -> NDArray[np.int64]:
    """Pairs in which one's VAT number is the other's tax code."""
    by_code = {
        item.value: row for row, body in enumerate(bodies) for item in body.identifiers if item.scheme == TAX_CODE
    }
    told = (
        (by_code[item.value], row)
        for row, body in enumerate(bodies)
        for item in body.identifiers
        if item.scheme == VAT and by_code.get(item.value, row) != row
    )
    return np.array(sorted(told), dtype=np.int64).reshape(-1, 2)


def _pairs_of(
    rows: NDArray[np.intp],
    keys: sparse.csr_array,
    words: sparse.csr_array,
    totals: NDArray[np.float64],
    registers: NDArray[np.int8],
    seats: NDArray[np.int32],
) -> NDArray[np.int64]:
    """Pairs of these rows with every later row, and with every earlier one that has a tax code."""
    if not len(rows):
        return np.zeros((0, 2), dtype=np.int64)
    together = (keys[rows] @ keys.T).tocoo()
    one, other = rows[together.row], together.col
    kept = ((one < other) | (registers[other, 0] == 1)) & ~_elsewhere(seats[one], seats[other])
    kept &= ~(registers[one] & registers[other]).any(axis=1)
    one, other, strong = one[kept], other[kept], together.data[kept]
    shared = _shared_weight(one, other, words)
    less, more = np.minimum(totals[one], totals[other]), np.maximum(totals[one], totals[other])
    enough = (shared >= _MOST_OF_LESS * less) | (less - shared <= _LEFT)
    likely = enough & (shared >= _LEAST_OF_LESS * less) & (shared >= _LEAST_OF_MORE * more)
    likely |= (strong >= _EQUAL) | ((strong >= _CLOSE) & (shared >= _LEAST_OF_MORE * less))
    return np.column_stack((one[likely], other[likely])).astype(np.int64)


def _elsewhere(one: NDArray[np.int32], other: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Both seats are known, and not the same comune: never joined, and too unlikely for anybody to be asked."""
    return np.asarray((one >= 0) & (other >= 0) & (one != other))


def _shared_weight(one: NDArray[np.intp], other: NDArray[np.int32], words: sparse.csr_array) -> NDArray[np.float64]:
    """The weight of the words that each pair shares."""
    shared = np.empty(len(one))
    for start in range(0, len(one), 200_000):
        part = slice(start, start + 200_000)
        shared[part] = words[one[part]].minimum(words[other[part]]).sum(axis=1)
    return shared


# --- keys -------------------------------------------------------------------------------------------------------

# What two bodies have in common is counted by products of these values: equal letters are worth a comparison alone,
# an acronym that is the other's initials with few words in common.
_EQUAL, _CLOSE = 100.0, 9.0
_INITIALS, _LONGEST_ACRONYM = 3, 8


def _key_matrix(bodies: Sequence[Described]) -> sparse.csr_array:
    """Bodies x keys, 1 for a word or two, 9 for initials, 10 for all letters of a name."""
    numbers: dict[str, int] = {}
    rows, columns, values = [], [], []
    for row, body in enumerate(bodies):
        held: dict[str, float] = {}
        for name in body.names:
            held |= dict(_keys_of(name))
        for key, value in list(held.items())[:_MOST_PER_BODY]:
            rows.append(row)
            columns.append(numbers.setdefault(key, len(numbers)))
            values.append(value)
    matrix = _matrix(values, rows, columns, (len(bodies), len(numbers)))
    many = np.bincount(matrix.indices, minlength=len(numbers))
    return sparse.csr_array(matrix[:, np.flatnonzero((many > 1) & (many <= MOST_IN_BLOCK))])


def _keys_of(name: Name) -> Iterator[tuple[str, float]]:
    """Strong keys first: all letters, initials (that may meet an acronym); then words, pairs of words, beginnings."""
    yield f"={name.joined}", 10.0
    yield f"={name.letters}", 10.0
    if len(name.said) >= _INITIALS:
        yield f"#{''.join(word[0] for word in name.said)}", 9.0
    for word in (*name.words, name.short):
        if _INITIALS <= len(word) <= _LONGEST_ACRONYM:
            yield f"#{word}", 1.0
    rarest = sorted(name.words, key=lambda word: (-weight_of(word), word))[:_RAREST]
    for word in rarest:
        yield word, 1.0
    for first, second in combinations(sorted(rarest), 2):
        yield f"{first}+{second}", 1.0
    for word in rarest[:3]:
        if len(word) > _BEGINNING:
            yield f"{word[:_BEGINNING]}*", 1.0


def _word_matrix(bodies: Sequence[Described]) -> tuple[sparse.csr_array, NDArray[np.float64]]:
    """Bodies x words, each at its weight; and the weight of the lightest name of each body."""
    numbers: dict[str, int] = {}
    rows, columns, values = [], [], []
    for row, body in enumerate(bodies):
        for word in sorted({word for name in body.names for word in name.words}):
            rows.append(row)
            columns.append(numbers.setdefault(word, len(numbers)))
            values.append(weight_of(word))
    totals = np.fromiter(
        (min(sum(map(weight_of, name.words)) for name in body.names) for body in bodies), float, len(bodies)
    )
    return _matrix(values, rows, columns, (len(bodies), len(numbers))), totals


def _matrix(
    values: Sequence[float], rows: Sequence[int], columns: Sequence[int], shape: tuple[int, int]
) -> sparse.csr_array:
    return sparse.coo_array((np.array(values), (np.array(rows), np.array(columns))), shape=shape).tocsr()
