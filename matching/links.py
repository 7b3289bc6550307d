# SPDX-License-Identifier: EUPL-1.2
"""Links between organisations through what they did: projects, lots, buyers, memberships, as sparse two-mode arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise, repeat
from operator import attrgetter, lt
from typing import Any, Final

import numpy as np
import scipy.sparse as sp

from data.model import Participation
from matching.columns import Flags, Floats, Ints
from matching.sparse import sparse_rows
from matching.words import plain

BELONGING: Final = frozenset({"membership", "network"})
WON: Final = "awarded"
BID_WEIGHT: Final = 0.5  # bidding together is half of having won together
HALF_LIFE_YEARS: Final = 5.0  # after so long what was done together counts half, never less than `LEAST_FADED`
LEAST_FADED: Final = 0.25
MEANINGFUL_AWARDS: Final = 3  # below so many awards a share of one buyer says nothing


@dataclass(frozen=True, slots=True)
class Links:
    """Two-mode links, one row per organisation.

    `projects` (x project) holds 1 where a member, `members` the same the other way round; `project_weight` what a
    common project is worth: 1 won, 0.5 bid, over the binary logarithm of the members, fading with time (`faded`);
    `belonging` (x group) memberships and networks; `lots` (x lot) bidders; `buyers` (x buyer) the summed worth of what
    was won (1) or bid for (0.5); `buyer_row` the buyer's own row or -1; `biggest_share` the largest share of one buyer
    in the value (else number) of awards, NaN below three awards, and `biggest_buyer` that buyer's column; `degree` the
    number of different partners.
    """

    projects: sp.csr_array
    members: sp.csr_array
    project_weight: Floats
    project_lot: Ints
    belonging: sp.csr_array
    lots: sp.csr_array
    buyers: sp.csr_array
    awards: sp.csr_array
    buyer_row: Ints
    buyer_names: tuple[str, ...]
    biggest_share: Floats
    biggest_buyer: Ints
    degree: Floats
    participations: tuple[tuple[Participation, ...], ...]
    as_buyer: tuple[tuple[Participation, ...], ...]


def sorted_participations(participations: Iterable[Participation]) -> list[Participation]:
    """Participations in one order, whatever the order they came in; the same row twice counts once."""
    rows = list(participations)
    firsts = list(zip(_every(rows, "project"), _every(rows, "organisation"), strict=True))
    if all(map(lt, firsts, islice(firsts, 1, None))):  # as the store gives them
        return rows
    order = {
        (
            each.project,
            each.organisation,
            each.role or "",
            each.outcome or "",
            str(each.date or ""),
            each.text or "",
        ): each
        for each in rows
    }
    return [order[key] for key in sorted(order)]


def build_links(
    participations: Sequence[Participation], row_of: Mapping[str, int], comune_rows: Mapping[str, int]
) -> Links:
    """Links of sorted participations; rows of unknown organisations are left out. `comune_rows` finds the comune as a
    body by its ISTAT code, for buyers that are named only."""
    size = len(row_of)
    known = [each for each in participations if each.organisation in row_of]
    works = [each for each in known if each.kind not in BELONGING]
    rows, groups = _rows(works, row_of), [each for each in known if each.kind in BELONGING]
    group, group_names = _coded(_every(groups, "project"))
    project, names = _coded(_every(works, "project"))
    lot, lot_names = _coded([each or None for each in _every(works, "lot")])
    projects = _incidence(rows, project, (size, len(names)))
    buyer, buyer_row, buyer_of = _buyers_of(works, row_of, comune_rows)
    sales = _Sales(works, rows, buyer, _coded([each.lot or each.project for each in works])[0])
    buyers, awards = _bought(sales, (size, len(buyer_row)))
    share, biggest = _biggest(sales, size)
    return Links(
        projects=projects,
        members=sp.csr_array(projects.T),
        project_weight=_project_weight(works, project, projects),
        project_lot=_project_lot(project, lot, len(names)),
        belonging=_incidence(_rows(groups, row_of), group, (size, len(group_names))),
        lots=_incidence(rows[lot >= 0], lot[lot >= 0], (size, len(lot_names))),
        buyers=buyers,
        awards=awards,
        buyer_row=buyer_row if len(buyer_row) else np.array([-1], dtype=np.int64),
        buyer_names=_written(works, buyer, len(buyer_row)),
        biggest_share=share,
        biggest_buyer=biggest,
        degree=_partners(projects),
        participations=_by_row(known, _rows(known, row_of), size),
        as_buyer=_by_row(works, buyer_of, size),
    )


@dataclass(frozen=True, slots=True)
class _Sales:
    """What was done for whom: for each of the works the row of who did it, the buyer's column or -1, and the lot."""

    works: Sequence[Participation]
    rows: Ints
    buyer: Ints
    lot: Ints

    @property
    def won(self) -> Flags:
        """Which of them were awarded."""
        return _flags_of(self.works)


def _every(participations: Sequence[Participation], name: str) -> list[Any]:
    return list(map(attrgetter(name), participations))


def _rows(participations: Sequence[Participation], row_of: Mapping[str, int]) -> Ints:
    return np.fromiter(map(row_of.__getitem__, _every(participations, "organisation")), dtype=np.int64)


def _flags_of(works: Sequence[Participation]) -> Flags:
    return np.fromiter((each == WON for each in _every(works, "outcome")), dtype=np.bool_, count=len(works))


def _coded(said: Sequence[str | None]) -> tuple[Ints, tuple[str, ...]]:
    """Positions in the sorted list of what is said, -1 for None, and that list."""
    names = tuple(sorted({name for name in set(said) if name is not None}))
    place: dict[str | None, int] = {name: position for position, name in enumerate(names)}
    return np.fromiter(map(place.get, said, repeat(-1)), dtype=np.int64, count=len(said)), names


def _incidence(rows: Ints, columns: Ints, shape: tuple[int, int]) -> sp.csr_array:
    """1 wherever a row meets a column, once or several times."""
    width = max(shape[1], 1)
    once = np.unique(rows * width + columns)
    return sparse_rows(once // width, once % width, np.ones(len(once)), (shape[0], width))


def _project_weight(works: Sequence[Participation], project: Ints, projects: sp.csr_array) -> Floats:
    members = np.bincount(projects.indices, minlength=projects.shape[1])
    worth = np.full(projects.shape[1], BID_WEIGHT)
    worth[project[_flags_of(works)]] = 1.0
    if not len(works):
        worth[:] = 0.0
    dates = _every(works, "date")
    day_of = {each: float(each.toordinal()) for each in set(dates) - {None}}
    days = np.fromiter(map(day_of.get, dates, repeat(np.nan)), dtype=np.float64, count=len(works))
    when = np.full(projects.shape[1], np.nan)
    np.fmax.at(when, project, days)
    return np.asarray(worth * faded(when) / np.log2(np.maximum(members, 2)), dtype=np.float64)


def faded(days: Floats) -> Floats:
    """What each of some days still counts, 0.25..1: half after five years, counted back from the latest of them.

    An unknown day (NaN) counts as the middle one of those that are known; where none is, all count 1.
    """
    known = days[~np.isnan(days)]
    if not len(known):
        return np.ones(len(days))
    middle = np.sort(known)[len(known) // 2]
    years = (known.max() - np.where(np.isnan(days), middle, days)) / 365.25
    return np.asarray(np.maximum(0.5 ** (years / HALF_LIFE_YEARS), LEAST_FADED))


def _project_lot(project: Ints, lot: Ints, projects: int) -> Ints:
    """The lot of each project, -1 for none; the last said counts."""
    found = np.full(max(projects, 1), -1, dtype=np.int64)
    found[project[lot >= 0]] = lot[lot >= 0]
    return found


def _buyers_of(
    works: Sequence[Participation], row_of: Mapping[str, int], comune_rows: Mapping[str, int]
) -> tuple[Ints, Ints, Ints]:
    """The buyer's column (-1: none known) of each of the works, the row of the buyer of each column (-1: a name only),
    and the buyer's row of each of the works. Names come first, in order, then rows.
    """
    said = list(zip(*(_every(works, name) for name in ("buyer_id", "buyer", "buyer_municipality")), strict=True))
    one_each = dict(zip(said, works, strict=True))
    position = {key: buyer_position(each, row_of, comune_rows) for key, each in one_each.items()}
    called = {
        key: f"{plain(each.buyer).strip()}|{each.buyer_municipality or ''}"
        for key, each in one_each.items()
        if each.buyer and position[key] < 0
    }
    rows = np.fromiter(map(position.__getitem__, said), dtype=np.int64, count=len(said))
    by_name, names = _coded(list(map(called.get, said)))
    listed = np.unique(rows[rows >= 0])
    column = np.where(rows >= 0, len(names) + np.searchsorted(listed, rows), by_name)
    return column, np.append(np.full(len(names), -1, dtype=np.int64), listed), rows


def buyer_position(each: Participation, row_of: Mapping[str, int], comune_rows: Mapping[str, int]) -> int:
    """Row of the buyer: by id, else the comune itself when the buyer's name is the comune's; -1 when not known."""
    if each.buyer_id is not None:
        return row_of.get(each.buyer_id, -1)
    if each.buyer and each.buyer_municipality:
        return comune_rows.get(f"{each.buyer_municipality} {comune_name(each.buyer)}", -1)
    return -1


@lru_cache(maxsize=4096)
def comune_name(name: str) -> str:
    """The bare name of a comune, without "Comune di" and the like."""
    flat = plain(name).strip()
    for opening in ("comune di ", "comune del ", "comune della ", "comune dell'", "comune "):
        if flat.startswith(opening):
            flat = flat[len(opening) :].strip()
            break
    return flat.removesuffix(" capitale")


def _bought(sales: _Sales, shape: tuple[int, int]) -> tuple[sp.csr_array, sp.csr_array]:
    """Rows x buyers: what each did for each, every lot once at its best, in worth and in numbers of awards."""
    known = sales.buyer >= 0
    width = max(shape[1], 1)
    pairs, pair = np.unique((sales.rows * width + sales.buyer)[known], return_inverse=True)
    lots = max(int(sales.lot.max(initial=0)) + 1, 1)
    of_lot, lot = np.unique(pair * lots + sales.lot[known], return_inverse=True)
    won = np.zeros(len(of_lot), dtype=np.bool_)
    won[lot[sales.won[known]]] = True
    owner, shape = of_lot // lots, (shape[0], width)
    row, buyer = pairs // width, pairs % width
    worth, awards = (
        sparse_rows(row, buyer, np.bincount(owner, weights=each, minlength=len(pairs)).astype(np.float64), shape)
        for each in (np.where(won, 1.0, BID_WEIGHT), won.astype(np.float64))
    )
    return worth, awards


def _written(works: Sequence[Participation], buyer: Ints, buyers: int) -> tuple[str, ...]:
    """Names of buyers as the tenders write them, by column."""
    written = [""] * buyers
    for name, column in set(zip(_every(works, "buyer"), buyer.tolist(), strict=True)):
        if name and column >= 0:
            written[column] = min(written[column] or name, name)
    return tuple(written)


def _biggest(sales: _Sales, size: int) -> tuple[Floats, Ints]:
    share = np.full(size, np.nan)
    biggest = np.full(size, -1, dtype=np.int64)
    counted = np.flatnonzero(sales.won & (sales.buyer >= 0))
    enough = np.bincount(sales.rows[counted], minlength=size) >= MEANINGFUL_AWARDS
    won: dict[int, list[tuple[int, float | None]]] = {}
    for at in counted[enough[sales.rows[counted]]].tolist():
        won.setdefault(int(sales.rows[at]), []).append((int(sales.buyer[at]), sales.works[at].amount))
    for row, awards in won.items():
        whole = all(amount is not None and amount > 0 for _, amount in awards)
        sums: dict[int, float] = {}
        for column, amount in awards:
            sums[column] = sums.get(column, 0.0) + (amount if whole and amount is not None else 1.0)
        top = min(sums, key=lambda column: (-sums[column], column))
        share[row], biggest[row] = sums[top] / sum(sums.values()), top
    return share, biggest


def _partners(projects: sp.csr_array) -> Floats:
    together = sp.csr_array(projects @ projects.T)
    together.setdiag(0)
    together.eliminate_zeros()
    return np.diff(together.indptr).astype(np.float64)


def _by_row(participations: Sequence[Participation], rows: Ints, size: int) -> tuple[tuple[Participation, ...], ...]:
    order = np.argsort(rows, kind="stable")
    order = order[np.searchsorted(rows[order], 0) :]
    listed = [participations[at] for at in order.tolist()]
    starts = np.searchsorted(rows[order], np.arange(size + 1)).tolist()
    return tuple([tuple(listed[start:end]) for start, end in pairwise(starts)])


def row_values(matrix: sp.csr_array, row: int) -> tuple[Ints, Floats]:
    """Columns and values of one row of a sparse array."""
    part = slice(matrix.indptr[row], matrix.indptr[row + 1])
    return matrix.indices[part].astype(np.int64), np.asarray(matrix.data[part], dtype=np.float64)


def is_public(buyer_row: Ints) -> Flags:
    """Which buyers stand in the index themselves."""
    return np.asarray(buyer_row >= 0)
