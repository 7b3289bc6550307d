# SPDX-License-Identifier: EUPL-1.2
"""Links between organisations through what they did: projects, lots, buyers, memberships, as sparse two-mode arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import scipy.sparse as sp

from data.model import Participation
from matching.columns import Flags, Floats, Ints
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
    order = {
        (
            each.project,
            each.organisation,
            each.role or "",
            each.outcome or "",
            str(each.date or ""),
            each.text or "",
        ): each
        for each in participations
    }
    return [order[key] for key in sorted(order)]


def build_links(
    participations: Sequence[Participation], row_of: Mapping[str, int], comune_rows: Mapping[str, int]
) -> Links:
    """Links of sorted participations; rows of unknown organisations are left out. `comune_rows` finds the comune as a
    body by its ISTAT code, for buyers that are named only."""
    known = [each for each in participations if each.organisation in row_of]
    works = [each for each in known if each.kind not in BELONGING]
    buyer_rows = [buyer_position(each, row_of, comune_rows) for each in works]
    size = len(row_of)
    projects, names = _incidence(works, lambda each: each.project, row_of)
    belonging, _ = _incidence([each for each in known if each.kind in BELONGING], lambda each: each.project, row_of)
    lots, lot_names = _incidence([each for each in works if each.lot], lambda each: str(each.lot), row_of)
    sold = [(each, position, _buyer_key(each, position)) for each, position in zip(works, buyer_rows, strict=True)]
    buyers, awards, keys, buyer_row = _buyers(sold, row_of)
    share, column = _biggest(sold, row_of, {key: place for place, key in enumerate(keys)})
    return Links(
        projects=projects,
        members=sp.csr_array(projects.T),
        project_weight=_project_weight(works, names, projects),
        project_lot=_project_lot(works, names, lot_names),
        belonging=belonging,
        lots=lots,
        buyers=buyers,
        awards=awards,
        buyer_row=buyer_row,
        buyer_names=_written(sold, keys),
        biggest_share=share,
        biggest_buyer=column,
        degree=_partners(projects),
        participations=_by_row(known, [row_of[each.organisation] for each in known], size),
        as_buyer=_by_row(works, buyer_rows, size),
    )


def _incidence(
    participations: Sequence[Participation], column: Callable[[Participation], str], row_of: Mapping[str, int]
) -> tuple[sp.csr_array, tuple[str, ...]]:
    said = [column(each) for each in participations]
    names = tuple(sorted(set(said)))
    place = {name: position for position, name in enumerate(names)}
    width = max(len(names), 1)
    rows = np.fromiter((row_of[each.organisation] for each in participations), dtype=np.int64, count=len(said))
    entries = np.sort(rows * width + np.fromiter((place[name] for name in said), dtype=np.int64, count=len(said)))
    once = entries[np.append(True, entries[1:] != entries[:-1])[: len(entries)]]
    index = (once // width, once % width)
    return sp.csr_array((np.ones(len(once)), index), shape=(len(row_of), width)), names


def _csr(entries: Sequence[tuple[int, int]], values: Sequence[float], rows: int, columns: int) -> sp.csr_array:
    index = np.array(entries, dtype=np.int64).reshape(len(entries), 2)
    data = np.asarray(values, dtype=np.float64)
    return sp.csr_array((data, (index[:, 0], index[:, 1])), shape=(rows, max(columns, 1)))


def _project_weight(works: Sequence[Participation], names: tuple[str, ...], projects: sp.csr_array) -> Floats:
    won = {each.project for each in works if each.outcome == WON}
    members = np.bincount(projects.indices, minlength=projects.shape[1])
    worth = np.array([1.0 if name in won else BID_WEIGHT for name in names] or [0.0])
    days: dict[str, int] = {}
    for each in works:
        if each.date is not None:
            days[each.project] = max(days.get(each.project, 0), each.date.toordinal())
    when = np.array([days.get(name, np.nan) for name in names] or [np.nan])
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


def _project_lot(works: Sequence[Participation], names: tuple[str, ...], lots: tuple[str, ...]) -> Ints:
    place = {name: position for position, name in enumerate(lots)}
    lot = {each.project: place[each.lot] for each in works if each.lot}
    return np.array([lot.get(name, -1) for name in names] or [-1], dtype=np.int64)


Sold = tuple[Participation, int, str | None]  # a participation, the buyer's row or -1, the buyer's key if known


def _buyer_key(each: Participation, position: int) -> str | None:
    if position >= 0:
        return _row_key(position)
    return f"name:{plain(each.buyer).strip()}|{each.buyer_municipality or ''}" if each.buyer else None


@lru_cache(maxsize=65536)
def _row_key(position: int) -> str:
    return f"row:{position:09d}"


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


def _buyers(
    sold: Sequence[Sold], row_of: Mapping[str, int]
) -> tuple[sp.csr_array, sp.csr_array, tuple[str, ...], Ints]:
    worth: dict[tuple[int, str], dict[str, float]] = {}
    for each, _, key in sold:
        if key is not None:
            lots = worth.setdefault((row_of[each.organisation], key), {})
            lot = each.lot or each.project
            lots[lot] = max(lots.get(lot, 0.0), 1.0 if each.outcome == WON else BID_WEIGHT)
    names = tuple(sorted({key for _, key in worth}))
    place = {name: position for position, name in enumerate(names)}
    entries = sorted((row, place[key]) for row, key in worth)
    lots_of = [worth[row, names[column]] for row, column in entries]
    shape = (len(row_of), len(names))
    sums = _csr(entries, [sum(sorted(lots.values())) for lots in lots_of], *shape)
    awards = _csr(entries, [sum(value >= 1.0 for value in lots.values()) for lots in lots_of], *shape)
    rows = np.array([int(name[4:]) if name.startswith("row:") else -1 for name in names] or [-1], dtype=np.int64)
    return sums, awards, names, rows


def _written(sold: Sequence[Sold], keys: Sequence[str]) -> tuple[str, ...]:
    """Names of buyers as the tenders write them, in the order of the keys."""
    written: dict[str, str] = {}
    for each, _, key in sold:
        if key is not None and each.buyer:
            written[key] = min(written.get(key, each.buyer), each.buyer)
    return tuple(written.get(key, "") for key in keys)


def _biggest(sold: Sequence[Sold], row_of: Mapping[str, int], column: Mapping[str, int]) -> tuple[Floats, Ints]:
    share = np.full(len(row_of), np.nan)
    biggest = np.full(len(row_of), -1, dtype=np.int64)
    won: dict[int, list[tuple[str, float | None]]] = {}
    for each, _, key in sold:
        if each.outcome == WON and key is not None:
            won.setdefault(row_of[each.organisation], []).append((key, each.amount))
    for row, awards in won.items():
        if len(awards) < MEANINGFUL_AWARDS:
            continue
        whole = all(amount is not None and amount > 0 for _, amount in awards)
        sums: dict[str, float] = {}
        for key, amount in awards:
            sums[key] = sums.get(key, 0.0) + (amount if whole and amount is not None else 1.0)
        top = min(sums, key=lambda key: (-sums[key], key))
        share[row], biggest[row] = sums[top] / sum(sums.values()), column[top]
    return share, biggest


def _partners(projects: sp.csr_array) -> Floats:
    together = sp.csr_array(projects @ projects.T)
    together.setdiag(0)
    together.eliminate_zeros()
    return np.diff(together.indptr).astype(np.float64)


def _by_row(
    participations: Sequence[Participation], rows: Sequence[int], size: int
) -> tuple[tuple[Participation, ...], ...]:
    found: list[list[Participation]] = [[] for _ in range(size)]
    for each, row in zip(participations, rows, strict=True):
        if row >= 0:
            found[row].append(each)
    return tuple(tuple(each) for each in found)


def row_values(matrix: sp.csr_array, row: int) -> tuple[Ints, Floats]:
    """Columns and values of one row of a sparse array."""
    part = slice(matrix.indptr[row], matrix.indptr[row + 1])
    return matrix.indices[part].astype(np.int64), np.asarray(matrix.data[part], dtype=np.float64)


def is_public(buyer_row: Ints) -> Flags:
    """Which buyers stand in the index themselves."""
    return np.asarray(buyer_row >= 0)
