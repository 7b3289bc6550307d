# SPDX-License-Identifier: EUPL-1.2
"""Who is reached from each organisation over its partners, their partners and theirs: personalised PageRank, cut short.

A walker starts at an organisation. At each step it takes one of the projects of where it stands and goes on to one of
the other members: the likelier the more the common project is worth (`Links.project_weight`: won before bid, small
before large, recent before old). Back where it started, it stops. After each step only the `KEPT` likeliest places are
kept (equal ones in the order of rows); what the others held is dropped. Each step after the first counts half of the
one before it, and whoever has many partners is reached by many, so that a share is divided by the root of their number.

That is the definition, and what is stored is exactly that. Walks go organisation - project - organisation, some
thousand starts at a time: organisations x organisations is never formed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.sparse as sp

from matching.columns import Floats, Ints
from matching.graph import PartnerIndex
from matching.links import Links

KEPT: Final = 16
STEPS: Final = 3
GOES_ON: Final = 0.5
PRECISION: Final = 12  # decimals of a share: what is compared is what is kept
AT_ONCE: Final = 8192
_NAME: Final = "walks"


@dataclass(frozen=True, slots=True)
class Walks:
    """Per start (a row), whom the walker meets: `circle` holds the discounted sum of the second and third step,
    `further` the discounted third step where neither the first nor the second had come (float32)."""

    circle: sp.csr_array
    further: sp.csr_array


def stored_walks(projects: sp.csr_array, members: sp.csr_array, worth: Floats, degree: Floats) -> Walks:
    """The walks from every row of organisations x projects (`members` is the same the other way round), projects being
    worth so much and organisations having so many different partners."""
    onward = _Onward.of(projects, members, worth)
    fair = np.asarray(1.0 / np.sqrt(np.maximum(degree, 1.0)))
    starts = np.flatnonzero(degree > 0)
    circle, further = [], []
    for first in range(0, len(starts), AT_ONCE):
        some = starts[first : first + AT_ONCE]
        near, far = _walked(onward, some)
        circle.append(_discounted(near, fair))
        further.append(_discounted(far, fair))
    size = projects.shape[0]
    return Walks(_stacked(circle, starts, size), _stacked(further, starts, size))


def walks_of(index: PartnerIndex) -> Walks:
    """The walks from every organisation of an index, made once."""
    links = index.links
    return index.derived(
        _NAME,
        (links.projects, links.project_weight),
        lambda: stored_walks(links.projects, links.members, links.project_weight, links.degree),
    )


def carry_walks(old: PartnerIndex, new: PartnerIndex, before: Ints) -> None:
    """Gives an index the walks of the one before, where organisations came or went that share no project; `before` is
    the row that each had, -1 for none."""
    was, now = old.links, new.links
    if was is not now and old.has_derived(_NAME, (was.projects, was.project_weight)) and _same_ties(was, now, before):
        walks = walks_of(old)
        new.derived(
            _NAME,
            (now.projects, now.project_weight),
            lambda: Walks(_moved(walks.circle, before), _moved(walks.further, before)),
        )


def _same_ties(was: Links, now: Links, before: Ints) -> bool:
    """Whether the organisations that stayed have the very same projects as before, and the others none."""
    kept = before >= 0
    had, have = np.diff(was.projects.indptr)[before[kept]], np.diff(now.projects.indptr)[kept]
    return (
        was.projects.shape[1] == now.projects.shape[1]
        and int(have.sum()) == len(now.projects.indices)
        and np.array_equal(had, have)
        and np.array_equal(was.projects.indices, now.projects.indices)
        and np.array_equal(was.project_weight, now.project_weight)
    )


def _moved(matrix: sp.csr_array, before: Ints) -> sp.csr_array:
    """A square array whose rows and columns stand elsewhere; those that went were empty, those that came are."""
    kept = np.flatnonzero(before >= 0)
    after = np.full(matrix.shape[0], -1, dtype=np.int32)
    after[before[kept]] = kept
    counts = np.zeros(len(before), dtype=np.int64)
    counts[kept] = np.diff(matrix.indptr)[before[kept]]
    indptr = np.append(0, np.cumsum(counts)).astype(np.int32)
    return sp.csr_array((matrix.data, after[matrix.indices], indptr), shape=(len(before), len(before)))


@dataclass(frozen=True, slots=True)
class _Onward:
    """One step: what a share at an organisation sends to its projects, a project to its members, and back by itself."""

    out: sp.csr_array
    members: sp.csr_array
    own: Floats

    @classmethod
    def of(cls, projects: sp.csr_array, members: sp.csr_array, worth: Floats) -> _Onward:
        others = np.maximum(np.diff(members.indptr) - 1, 0)
        leaving = np.asarray(projects @ (worth * others))
        share = np.divide(1.0, leaving, out=np.zeros(len(leaving)), where=leaving > 0)
        flow = np.repeat(share, np.diff(projects.indptr)) * worth[projects.indices] * (others[projects.indices] > 0)
        out = sp.csr_array((flow, projects.indices, projects.indptr), shape=projects.shape)
        return cls(out, members, np.asarray(out @ np.ones(projects.shape[1])))


def _walked(onward: _Onward, starts: Ints) -> tuple[sp.csr_array, sp.csr_array]:
    """The summed steps after the first, and the last one where no earlier step had come."""
    size = onward.out.shape[0]
    here = sp.csr_array((np.ones(len(starts)), (np.arange(len(starts)), starts)), shape=(len(starts), size))
    total, seen = sp.csr_array(here.shape), []
    for step in range(STEPS):
        here = _likeliest(_stepped(onward, here, starts))
        if step:
            total = sp.csr_array(total + here * GOES_ON**step)
        seen.append(here)
    return total, _without(here, seen[:-1])


def _stepped(onward: _Onward, here: sp.csr_array, starts: Ints) -> sp.csr_array:
    """One step on from everywhere; who is back at its start is left out."""
    there = sp.csr_array((here @ onward.out) @ onward.members)
    back = sp.csr_array((here.data * onward.own[here.indices], here.indices, here.indptr), shape=here.shape)
    there = sp.csr_array(there - back)
    there.data = np.round(there.data, PRECISION)
    there.data[(there.data < 0) | (there.indices == np.repeat(starts, np.diff(there.indptr)))] = 0.0
    there.eliminate_zeros()
    there.sort_indices()
    return there


def _likeliest(shares: sp.csr_array) -> sp.csr_array:
    """The `KEPT` greatest entries of each row, equal ones by column."""
    counts = np.diff(shares.indptr)
    many = np.flatnonzero(counts > KEPT)
    if not len(many):
        return shares
    table = np.zeros((len(many), int(counts[many].max())))
    held = np.arange(table.shape[1]) < counts[many][:, None]
    entries = np.flatnonzero(np.repeat(counts > KEPT, counts))
    table[held] = shares.data[entries]
    least = np.partition(table, table.shape[1] - KEPT, axis=1)[:, [table.shape[1] - KEPT]]
    more, equal = table > least, table == least
    left = KEPT - more.sum(axis=1, keepdims=True)
    kept = more | (equal & (np.cumsum(equal, axis=1) <= left))
    shares.data[entries[~kept[held]]] = 0.0
    shares.eliminate_zeros()
    return shares


def _without(shares: sp.csr_array, seen: list[sp.csr_array]) -> sp.csr_array:
    """The entries where none of the others has one."""
    size = shares.shape[1]
    left, keys = shares.copy(), _keys(shares, size)
    for other in seen:
        known = np.append(_keys(other, size), -1)  # ascending but for the last, which no key is
        left.data[known[np.searchsorted(known[:-1], keys)] == keys] = 0.0
    left.eliminate_zeros()
    return left


def _keys(matrix: sp.csr_array, size: int) -> Ints:
    rows = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    return rows * size + matrix.indices


def _discounted(shares: sp.csr_array, fair: Floats) -> sp.csr_array:
    shares.sort_indices()
    shares.data = shares.data * fair[shares.indices]
    return shares


def _stacked(parts: list[sp.csr_array], starts: Ints, size: int) -> sp.csr_array:
    """The rows of the starts among all rows."""
    counts = np.zeros(size, dtype=np.int64)
    if parts:
        counts[starts] = np.concatenate([np.diff(part.indptr) for part in parts])
    data = np.concatenate([np.zeros(0), *(part.data for part in parts)]).astype(np.float32)
    indices = np.concatenate([np.zeros(0, dtype=np.int32), *(part.indices for part in parts)]).astype(np.int32)
    indptr = np.append(0, np.cumsum(counts)).astype(np.int32)
    return sp.csr_array((data, indices, indptr), shape=(size, size))
