# SPDX-License-Identifier: EUPL-1.2
"""Partners for the organisations of anybody's network, learned from that network alone, in one call.

    ranker = PartnerRanker().fit(nodes, links)
    ranker.recommend(["a"], 10)

The score is a sum of weight x signal (`contributions`); weights come from the network's own past (see
`matching.network_weights`). The same files give the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import scipy.sparse as sp

from data.errors import UnknownOrganisation
from data.networks import Flags, Floats, Ints, Network, network_of
from matching.network_frames import is_dated, partners_of
from matching.network_profiles import Singles, build_profiles
from matching.network_signals import WALKED, Signals, build_signals
from matching.network_weights import Weights, learn

CELLS: Final = 500_000
"""Scores held at once: organisations asked for x everybody."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """Partners suggested to one organisation: ids and scores, best first."""

    query: str
    candidates: tuple[str, ...]
    scores: tuple[float, ...]


class PartnerRanker:
    """Ranks, for every organisation of a network, those it has not worked with yet."""

    name = "land"

    def __init__(self, *, without: Collection[str] = (), only: Collection[str] = ()) -> None:
        """`without` leaves signals out, `only` keeps these alone (for ablations)."""
        self._without, self._only = frozenset(without), frozenset(only)

    def fit(self, nodes: Iterable[Mapping[str, object]], links: Iterable[Mapping[str, object]]) -> Self:
        """Learns from rows under the names of `data.networks.NODES` and `LINKS`."""
        return self.fit_network(network_of(nodes, links))

    def fit_network(self, network: Network) -> Self:
        """Learns from a network that is read already."""
        self.network = network
        self._row_of = network.row_of
        if not len(network):
            return self
        dated = is_dated(network)
        profiles = build_profiles(network)
        self._learned = learn(network, profiles, dated)
        self.weights: Weights = self._learned.kept(self._without, self._only)
        self.signals: Signals = build_signals(network, profiles, dated)
        self._known: sp.csr_array = partners_of(network)
        self._has_history: Flags = np.bincount(network.link_org, minlength=len(network)) > 0
        return self

    def varied(self, *, without: Collection[str] = (), only: Collection[str] = ()) -> PartnerRanker:
        """The same ranker, fitted once, with other signals left out or kept."""
        other = copy(self)
        other.weights = self._learned.kept(without, only)
        return other

    def recommend(self, ids: Sequence[str], k: int, candidates: Collection[str] | None = None) -> list[Ranked]:
        """The best `k` of `candidates` (everybody when None) for each id, never itself nor somebody it worked with.

        Raises UnknownOrganisation. Equal scores in the order of ids.
        """
        rows = np.array([self._row(key) for key in ids], dtype=np.int64)
        if not len(rows):
            return []
        order = np.argsort(self._has_history[rows], kind="stable")  # those without a history cost less together
        rows = rows[order]
        allowed = np.ones(len(self.network), dtype=bool)
        if candidates is not None:
            allowed = np.isin(
                np.arange(len(self.network)), [self._row_of[key] for key in candidates if key in self._row_of]
            )
        block = max(1, CELLS // max(len(self.network), 1))

        def answered(start: int) -> list[Ranked]:
            part = rows[start : start + block]
            return [
                self._best(int(row), scores, allowed, k)
                for row, scores in zip(part, self.score_rows(part), strict=True)
            ]

        # Threads, not processes: the arrays are shared, and numpy and scipy let go of the interpreter while they count.
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as threads:
            found = [each for some in threads.map(answered, range(0, len(rows), block)) for each in some]
        return [found[place] for place in np.argsort(order).tolist()]

    def score(self, a: str, b: str) -> float:
        """How well `b` suits `a`; only the order of the scores of one `a` counts. Raises UnknownOrganisation."""
        return float(self.scores(self._row(a))[self._row(b)])

    def scores(self, row: int) -> Floats:
        """Scores of everybody for the organisation at this row."""
        return np.asarray(self.score_rows(np.array([row], dtype=np.int64))[0], dtype=np.float64)

    def score_rows(self, rows: Ints) -> Singles:
        """Scores of everybody (columns) for the organisations at these rows."""
        weights = np.where(self._has_history[rows][:, None], self.weights.warm, self.weights.cold).astype(np.float32)
        total = np.zeros((len(rows), len(self.network)), dtype=np.float32)
        place = {name: at for at, name in enumerate(self.weights.names)}
        unused = {name for name, at in place.items() if not weights[:, at].any()}
        if not self._has_history[rows].any():
            unused |= WALKED
        for name, signal in self.signals.of(rows, unused):
            if name not in unused:
                total += weights[:, [place[name]]] * signal
        return total

    def contributions(self, a: str, b: str) -> dict[str, float]:
        """What each signal adds to the score of `b` for `a`; they sum to it. Raises UnknownOrganisation."""
        row, column = self._row(a), self._row(b)
        weights = self.weights.warm if self._has_history[row] else self.weights.cold
        rows = np.array([row], dtype=np.int64)
        return {
            name: float(weight * signal[0, column])
            for weight, (name, signal) in zip(weights, self.signals.of(rows), strict=True)
        }

    def _row(self, key: str) -> int:
        if key not in self._row_of:
            raise UnknownOrganisation(organisation=key)
        return self._row_of[key]

    def _best(self, row: int, scores: Singles, allowed: Flags, k: int) -> Ranked:
        possible = allowed.copy()
        possible[self._known.indices[self._known.indptr[row] : self._known.indptr[row + 1]]] = False
        possible[row] = False
        others = np.flatnonzero(possible)
        own = scores[others]
        if 0 < k < len(others):
            least = np.partition(own, len(own) - k)[len(own) - k]
            others, own = others[own >= least], own[own >= least]
        order = np.lexsort((others, -own))[: max(k, 0)]
        chosen = others[order]
        ids = self.network.ids
        return Ranked(ids[row], tuple(ids[each] for each in chosen), tuple(round(float(one), 6) for one in own[order]))
