# SPDX-License-Identifier: EUPL-1.2
"""Organisations like the one that asks, and whom they worked with: what can be said to those who have no history.

Alike are those of one nature (cooperatives with consortia, third sector, firms; bodies of one type) and one main field
of work, in one province; then, wherever they are. Where no field is known social cooperatives are alike, and else
those of one nature in one province. Per group it is counted how many of its members worked with each organisation.
The one that asks is never counted, and one case says little: see `likeness`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from data.model import OrganisationKind
from matching.columns import KINDS, Columns, Floats, Ints
from matching.fields import FIELD_NAMES
from matching.graph import PartnerIndex
from matching.links import Links, row_values
from matching.reach import ascending

READ: Final = 0.5  # from here a field of work was read from words of work
NO_FIELD: Final = len(FIELD_NAMES)  # the main field of a social cooperative of which no field is known
NOTHING: Final = NO_FIELD + 1  # nothing known of its work
BODY: Final = NOTHING + 1  # and on: the types of public bodies

PRIOR: Final = 2.0  # cases that are taken to speak against, before any is known
ELSEWHERE: Final = 0.6  # what those of other provinces count, and only where they are at least two
LEAST_ELSEWHERE: Final = 2
SPARE: Final = 60  # so many may be counted otherwise for one that asks without going through a whole group
MOST: Final = 100  # of each kind of those that a group worked with so many, the weightiest, say something

_NATURE: Final = {
    OrganisationKind.COOPERATIVE: 0,
    OrganisationKind.CONSORTIUM: 0,
    OrganisationKind.THIRD_SECTOR: 1,
    OrganisationKind.FIRM: 2,
    OrganisationKind.PUBLIC_BODY: 3,
}
_PROVINCES: Final = 4096  # more than there are; 0 stands for anywhere


class Tie(Enum):
    """What joins two organisations: a project in common, or that one bought from the other."""

    PROJECT = "project"
    PURCHASE = "purchase"


@dataclass(frozen=True, slots=True)
class Alike:
    """Groups (rows of `counts`, sorted by key) x organisations: how many members have a tie with it.

    `group_of` (2 x organisations) holds keys, near and anywhere, -1 for none; `counted` those under which each stood
    when its ties were counted; `moved` are the rows where the two differ. `ties` is the number of ties of each,
    `kind` its kind; `heads` keeps what was found of groups.
    """

    tie: Tie
    keys: Ints
    counts: sp.csr_array
    group_of: Ints
    counted: Ints
    moved: tuple[int, ...]
    ties: Floats
    kind: Ints
    heads: dict[tuple[int, int], _Counted] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Known:
    """Rows (ascending) that organisations like the asker have a tie with; how many of the same province, how many of
    all; and the value 0..1."""

    rows: Ints
    near: Ints
    anywhere: Ints
    values: Floats


def alike_of(index: PartnerIndex, columns: Columns, tie: Tie) -> Alike:
    """The groups of an index by its columns or its certain ones, counted once and kept."""
    links = index.links
    return index.derived(
        f"alike.{tie.value}", (columns, _source(links, tie)), lambda: counted_alike(links, columns, tie)
    )


def _source(links: Links, tie: Tie) -> sp.csr_array:
    return links.projects if tie is Tie.PROJECT else links.buyers


def counted_alike(links: Links, columns: Columns, tie: Tie) -> Alike:
    """The groups, their members' ties counted anew."""
    group_of = groups(columns)
    one, other = _ties(links, tie)
    size = group_of.shape[1]
    keys = np.unique(group_of[group_of >= 0])
    found = [np.searchsorted(keys, group[one][known]) * size + other[known] for group, known in _levels(group_of, one)]
    entries, times = np.unique(np.concatenate(found), return_counts=True)
    shape = (max(len(keys), 1), size)
    counts = sp.csr_array((times.astype(np.int32), (entries // size, entries % size)), shape=shape)
    return Alike(
        tie, keys, counts, group_of, group_of, (), np.bincount(one, minlength=size).astype(np.float64), columns.kind
    )


def _levels(group_of: Ints, rows: Ints) -> list[tuple[Ints, Ints]]:
    return [(group, group[rows] >= 0) for group in group_of]


def carried(old: PartnerIndex, new: PartnerIndex, row: int) -> None:
    """Gives an index in which one organisation is supposed to be something else the counts of the index before."""
    pairs = [(old.columns, new.columns)]
    if "certain_columns" in vars(old) and "certain_columns" in vars(new):
        pairs.append((old.certain_columns, new.certain_columns))
    for tie in Tie:
        for before, now in pairs:
            name, source = f"alike.{tie.value}", _source(old.links, tie)
            if old.has_derived(name, (before, source)):
                counted = alike_of(old, before, tie)
                new.derived(name, (now, source), partial(moved, counted, now, row))


def moved(alike: Alike, columns: Columns, row: int) -> Alike:
    """The same groups where one organisation is told to be something else; nothing is counted anew."""
    group_of = alike.group_of.copy()
    group_of[:, row] = groups(columns)[:, row]
    rows = tuple(sorted({*alike.moved, row}))
    return replace(alike, group_of=group_of, moved=rows)


def groups(columns: Columns) -> Ints:
    """The keys of the groups of every organisation, near and anywhere (2 x organisations), -1 where it has none."""
    nature = np.array([_NATURE[kind] for kind in KINDS], dtype=np.int64)[columns.kind]
    work = main_work(columns)
    province = np.asarray(columns.province, dtype=np.int64)
    anywhere = (work * len(_NATURE) + nature) * _PROVINCES
    near = np.where(province >= 0, anywhere + province + 1, -1)
    return np.stack((near, np.where(work == NOTHING, -1, anywhere)))


def main_work(columns: Columns, rows: Ints | slice = slice(None)) -> Ints:
    """What each of these rows does before all else: a field of work, `NO_FIELD`, `NOTHING`, or from `BODY` on a type
    of body."""
    fields, body = columns.fields[rows], columns.body[rows]
    best = fields.argmax(axis=1)
    read = np.take_along_axis(fields, best[:, None], axis=1)[:, 0] >= READ
    work = np.where(read, best, np.where(columns.social[rows] == 1, NO_FIELD, NOTHING))
    bodies = columns.kind[rows] == KINDS.index(OrganisationKind.PUBLIC_BODY)
    return np.where(bodies, np.where(body >= 0, BODY + body, NOTHING), work).astype(np.int64)


def _ties(links: Links, tie: Tie) -> tuple[Ints, Ints]:
    """Every tie from both ends: one end, the other."""
    size = links.projects.shape[0]
    if tie is Tie.PROJECT:
        joined = sp.csr_array(links.projects @ links.members)
        rows, columns = np.repeat(np.arange(size), np.diff(joined.indptr)), joined.indices.astype(np.int64)
        apart = rows != columns
        return rows[apart], columns[apart]
    sellers = np.repeat(np.arange(size), np.diff(links.buyers.indptr))
    buyers = links.buyer_row[links.buyers.indices]
    known = (buyers >= 0) & (buyers != sellers)
    sold, bought = sellers[known], buyers[known]
    once = np.unique(np.concatenate((sold * size + bought, bought * size + sold)))
    return once // size, once % size


def tied_with(links: Links, row: int, tie: Tie) -> Ints:
    """Rows with a tie to one, ascending."""
    if tie is Tie.PROJECT:
        own = row_values(links.projects, row)[0]
        found = [row_values(links.members, int(project))[0] for project in own]
    else:
        bought = links.buyer_row[row_values(links.buyers, row)[0]]
        columns = np.flatnonzero(links.buyer_row == row)
        sold = np.flatnonzero(np.isin(links.buyers.indices, columns)) if len(columns) else columns
        found = [bought[bought >= 0], np.searchsorted(links.buyers.indptr, sold, side="right") - 1]
    every = ascending(np.concatenate([np.zeros(0, dtype=np.int64), *found]))
    return np.asarray(every[every != row], dtype=np.int64)


def known_to_alike(alike: Alike, links: Links, asker: int) -> Known:
    """Whom organisations like the asker have a tie with, at most `MOST` of each kind, the weightiest, equal ones by
    row."""
    near, anywhere = (int(key) for key in alike.group_of[:, asker])
    changed, changes = _changes(alike, links, asker)
    base = _head(alike, near, anywhere) if len(changed) < SPARE else _whole(alike, near, anywhere)
    others = np.append(changed, asker)
    if len(base.rows):
        stays = np.ones(len(base.rows), dtype=np.bool_)
        place = np.minimum(np.searchsorted(base.rows, others), len(base.rows) - 1)
        stays[place[base.rows[place] == others]] = False
        base = _Counted(base.rows[stays], base.near[stays], base.anywhere[stays])
    if len(changed):
        again = _of_group(alike, near, anywhere, changed)
        every = changes[1] if anywhere >= 0 else changes[0]
        base = _Counted(
            np.concatenate((base.rows, changed)),
            np.concatenate((base.near, again.near + changes[0])),
            np.concatenate((base.anywhere, again.anywhere + every)),
        )
        base = base.at(np.argsort(base.rows))
    values = _values(alike, base)
    kept = _weightiest(np.flatnonzero(values > 0), values, alike.kind[base.rows], MOST)
    base = base.at(kept)
    return Known(base.rows, base.near, base.anywhere, values[kept])


@dataclass(frozen=True, slots=True)
class _Counted:
    """Rows (ascending), and how many near and how many anywhere have a tie with each."""

    rows: Ints
    near: Ints
    anywhere: Ints

    def at(self, places: Ints) -> _Counted:
        return _Counted(self.rows[places], self.near[places], self.anywhere[places])


def _head(alike: Alike, near: int, anywhere: int) -> _Counted:
    """The weightiest of a group, the asker's own ties among what is counted: so many more than are kept that some may
    be counted otherwise. Found once for each group."""
    found = alike.heads.get((near, anywhere))
    if found is None:
        whole = _whole(alike, near, anywhere)
        values = _values(alike, whole)
        kept = _weightiest(np.flatnonzero(values > 0), values, alike.kind[whole.rows], MOST + SPARE)
        found = alike.heads[near, anywhere] = whole.at(kept)
    return found


def _whole(alike: Alike, near: int, anywhere: int) -> _Counted:
    return _of_group(alike, near, anywhere, _held(alike, anywhere if anywhere >= 0 else near)[0].astype(np.int64))


def _of_group(alike: Alike, near: int, anywhere: int, rows: Ints) -> _Counted:
    """What is counted of some rows; who has no group anywhere has the near one only."""
    of_near = _times(alike, near, rows)
    return _Counted(rows, of_near, _times(alike, anywhere, rows) if anywhere >= 0 else of_near)


def _times(alike: Alike, key: int, rows: Ints) -> Ints:
    held, times = _held(alike, key)
    if not len(held):
        return np.zeros(len(rows), dtype=np.int64)
    place = np.minimum(np.searchsorted(held, rows.astype(held.dtype)), len(held) - 1)
    return np.where(held[place] == rows, times[place], 0).astype(np.int64)


def _held(alike: Alike, key: int) -> tuple[npt.NDArray[np.signedinteger], npt.NDArray[np.signedinteger]]:
    """Rows with a tie to some of a group, and to how many, as they were counted."""
    place = int(np.searchsorted(alike.keys, key))
    if key < 0 or place == len(alike.keys) or alike.keys[place] != key:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    part = slice(*alike.counts.indptr[place : place + 2].tolist())
    return alike.counts.indices[part], alike.counts.data[part]


def _changes(alike: Alike, links: Links, asker: int) -> tuple[Ints, Ints]:
    """Rows (ascending, the asker not among them) that must be counted otherwise, and by how many, near and anywhere:
    the asker itself is never counted, who moved counts in its group of now."""
    found = []
    for row in sorted({asker, *alike.moved}):
        key = alike.group_of[:, asker]
        now = (alike.group_of[:, row] == key) & (key >= 0) & (row != asker)
        change = now.astype(np.int64) - ((alike.counted[:, row] == key) & (key >= 0))
        if change.any() and alike.ties[row]:
            found.append((tied_with(links, row, alike.tie), change))
    every = ascending(np.concatenate([np.zeros(0, dtype=np.int64), *(others for others, _ in found)]))
    every = every[every != asker]
    changes = np.zeros((2, len(every)), dtype=np.int64)
    for others, change in found:
        changes[:, np.searchsorted(every, others[others != asker])] += change[:, None]
    return every, changes


def _weightiest(places: Ints, values: Floats, kinds: Ints, most: int) -> Ints:
    """Of some places the weightiest of each kind, equal ones in their order; ascending."""
    if len(places) <= most:
        return places
    kinds, values = kinds[places], values[places]
    order = np.lexsort((-np.round(values, 12), kinds))
    sizes = np.bincount(kinds)
    rank = np.arange(len(order)) - (np.cumsum(sizes) - sizes)[kinds[order]]
    return np.sort(places[order[rank < most]])


def _values(alike: Alike, counted: _Counted) -> Floats:
    ties = alike.ties[counted.rows]
    return np.maximum(likeness(counted.near, ties), _elsewhere(counted.anywhere, ties))


def likeness(times: Ints, ties: Floats) -> Floats:
    """So many cases against a few that are taken to speak against, and the more the more ties somebody has: one case
    of somebody with one tie is a quarter, three of three nearly a half."""
    return np.asarray(times / (times + PRIOR + np.sqrt(ties)))


def _elsewhere(times: Ints, ties: Floats) -> Floats:
    return np.where(times >= LEAST_ELSEWHERE, ELSEWHERE * likeness(times, ties), 0.0)
