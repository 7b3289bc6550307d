# SPDX-License-Identifier: EUPL-1.2
"""What a ranker learns from and what it has to foretell: cuts of a network, and the questions of each cut.

Where at least 60 % of the projects are dated, a cut is a moment: what came before is learned, the window after it is
foretold. Else whole lots are held out, in at least ten folds. A question is an organisation of a held-out project;
right are those it met there for the first time. Rival groupings of one lot are never on both sides of a cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from data.networks import Flags, Floats, Ints, Network

DATED: Final = 0.6
CUTS: Final = (0.5, 0.6, 0.7, 0.8, 0.9)
FOLDS: Final = 10
SEED: Final = 2026


@dataclass(frozen=True, slots=True)
class Fold:
    """One cut of a network's projects (flags in their order)."""

    by_time: bool
    train: Flags
    test: Flags


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions of one cut, and everything needed to mark the answers; positions are those of the network.

    `train` is what a ranker may see. `queries[i]` asks; right are `truth[truth_start[i]:truth_start[i + 1]]`; never
    counted are itself, who it met before the cut (`known` likewise by `known_start`, hidden history too) and whoever
    is not in `candidates`. `warm[i]`: it has history in `train`. `lot_query`, `lot`: the lots its right answers come
    from. `small`: organisations that took part in no more projects before the cut than the middle one.
    """

    train: Network
    queries: Ints
    warm: Flags
    truth_start: Ints
    truth: Ints
    known_start: Ints
    known: Ints
    candidates: Flags
    lot_query: Ints
    lot: Ints
    small: Flags

    def right(self, at: int) -> Ints:
        """The right answers of the question at a position."""
        return self.truth[self.truth_start[at] : self.truth_start[at + 1]]

    def barred(self, at: int) -> Ints:
        """Whom the question at a position must not be answered with: itself and known partners."""
        known = self.known[self.known_start[at] : self.known_start[at + 1]]
        return np.append(known, self.queries[at])


def split(network: Network, folds: int = FOLDS, seed: int = SEED) -> tuple[Fold, ...]:
    """The cuts of a network, the last one last; none when there are not two lots or two moments to part."""
    times = network.project_time
    dated = ~np.isnan(times)
    if dated.size and dated.mean() >= DATED:
        cuts = _by_time(network, times)
        if cuts:
            return cuts
    return _by_lots(network, folds, seed)


def _by_time(network: Network, times: Floats) -> tuple[Fold, ...]:
    """Windows of a tenth of the lots each in the later half; a lot stands at its first date; undated: learned."""
    lots, lot = np.unique(network.project_lot, return_inverse=True)
    first = np.full(len(lots), np.inf)
    np.minimum.at(first, lot, np.where(np.isnan(times), np.inf, times))
    moments = np.sort(first[np.isfinite(first)])
    starts = np.unique(moments[[int(share * len(moments)) for share in CUTS]])
    starts = starts[starts > moments[0]]
    when = first[lot]
    ends = np.append(starts[1:], np.inf)
    return tuple(
        Fold(True, (when < start) | np.isinf(when), (when >= start) & (when < end) & np.isfinite(when))
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
    )


def _by_lots(network: Network, folds: int, seed: int) -> tuple[Fold, ...]:
    lots, lot = np.unique(network.project_lot, return_inverse=True)
    folds = min(max(folds, 2), len(lots))
    if folds < 2:
        return ()
    dealt = np.random.default_rng(seed).permutation(len(lots)) % folds
    return tuple(Fold(False, dealt[lot] != fold, dealt[lot] == fold) for fold in range(folds))


def hidden_half(network: Network, seed: int) -> Flags:
    """A seeded half of the organisations, whatever their history."""
    hidden = np.zeros(len(network), dtype=bool)
    hidden[np.random.default_rng(seed).permutation(len(network))[: len(network) // 2]] = True
    return hidden


def ask(
    network: Network,
    fold: Fold,
    *,
    hidden: Flags | None = None,
    most: int | None = None,
    sides: tuple[Flags, Flags] | None = None,
    seed: int = SEED,
) -> Questions:
    """The questions of a cut, by position; a seeded sample when there are more than `most`.

    The history of `hidden` organisations is taken out of what may be learned; they ask and are candidates all the same.
    Then only organisations that had history may be answers: whoever has none left was dealt so by chance, and having
    none tells nothing. `sides`: who may ask and who may answer, for links between two kinds of bodies.
    """
    size = len(network)
    asks, answers = sides or (np.ones(size, dtype=bool), np.ones(size, dtype=bool))
    past = network.with_projects(fold.train)
    degree = np.bincount(past.link_org, minlength=size)
    if hidden is not None:
        answers = answers & (degree > 0)
    known = np.unique(_pairs(past)[0])
    keys, lots = _pairs(network.with_projects(fold.test))
    new = ~np.isin(keys, known) & asks[keys // size] & answers[keys % size]
    keys, lots = keys[new], lots[new]
    queries = np.unique(keys // size)
    if most is not None and len(queries) > most:
        queries = np.sort(np.random.default_rng(seed).choice(queries, most, replace=False))
        asked = np.isin(keys // size, queries)
        keys, lots = keys[asked], lots[asked]
    truth = np.unique(keys)
    at = np.searchsorted(queries, keys // size)
    spread = np.unique(np.stack([at, lots]), axis=1)
    of_queries = known[np.isin(known // size, queries)]
    train = past if hidden is None else past.with_links(~hidden[past.link_org])
    return Questions(
        train=train,
        queries=queries,
        warm=np.bincount(train.link_org, minlength=size)[queries] > 0,
        truth_start=_starts(truth // size, queries),
        truth=truth % size,
        known_start=_starts(of_queries // size, queries),
        known=of_queries % size,
        candidates=answers,
        lot_query=spread[0],
        lot=spread[1],
        small=degree <= np.median(degree[answers]),
    )


def _starts(owners: Ints, queries: Ints) -> Ints:
    return np.append(np.searchsorted(owners, queries), len(owners))


def _pairs(network: Network) -> tuple[Ints, Ints]:
    """Ordered pairs of members of one project as `first * organisations + second`, and the lot of each."""
    project, org = network.link_project, network.link_org
    sizes = np.bincount(project, minlength=len(network.projects))
    starts = np.concatenate([[0], np.cumsum(sizes)])[:-1]
    repeats = sizes[project]
    first = np.repeat(np.arange(len(org)), repeats)
    within = np.arange(len(first)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    second = starts[project[first]] + within
    apart = org[first] != org[second]
    first, second = first[apart], second[apart]
    return org[first] * len(network) + org[second], network.project_lot[project[first]]
