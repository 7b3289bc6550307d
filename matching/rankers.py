# SPDX-License-Identifier: EUPL-1.2
"""What every ranker of partners answers, and the simple ones that any better one has to beat.

All are fitted on a `data.networks.Network` and give every organisation a number for one that asks: higher is better,
equal numbers stand in the order of positions. The same network gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Final, Protocol, Self, runtime_checkable

import numpy as np

from data.networks import Floats, Ints, Network
from matching.graph_rankers import Likeness, Neighbours, PageRank, Spectrum, WordLikeness
from matching.places import FAR_KM, apart_km, finest_places, numbered


@runtime_checkable
class Ranker(Protocol):
    """A way to order all organisations for one of them."""

    name: str

    def fit_network(self, network: Network) -> Self:
        """Learns what it needs; comes back itself."""
        ...

    def scores(self, row: int) -> Floats:
        """One number per organisation for the one at `row`, its own and its partners' too; higher is better."""
        ...


class Chance:
    """Any order, the same on every run: a seeded hash of who asks and who is asked about."""

    name = "random"

    def __init__(self, seed: int = 2026) -> None:
        self.seed = seed

    def fit_network(self, network: Network) -> Self:
        """Keeps how many there are."""
        self._size = len(network)
        return self

    def scores(self, row: int) -> Floats:
        """Numbers 0..1 (splitmix64 of seed, row and position)."""
        mixed = np.arange(self._size, dtype=np.uint64) + np.uint64(((self.seed << 32) + row * 0x9E3779B9) % 2**64)
        with np.errstate(over="ignore"):
            mixed = mixed * np.uint64(0x9E3779B97F4A7C15)
            mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return (mixed ^ (mixed >> np.uint64(31))).astype(np.float64) / 2.0**64


class Popularity:
    """The same order for all: who took part in most projects, or (`recent`) in most of late."""

    def __init__(self, *, recent: bool = False) -> None:
        self.name = "recent-popularity" if recent else "popularity"
        self.recent = recent

    def fit_network(self, network: Network) -> Self:
        """Counts participations; recent ones weigh 1, and half as much for every tenth of the time covered."""
        weights = recency(network) if self.recent else np.ones(len(network.link_org))
        self._counts = np.bincount(network.link_org, weights, minlength=len(network)).astype(np.float64)
        return self

    def scores(self, row: int) -> Floats:  # noqa: ARG002 - the same answer for everybody
        """Participations of each organisation."""
        return self._counts


def recency(network: Network) -> Floats:
    """Weight 0..1 of every participation: 1 at the latest time, halved for every tenth of the time that is covered.

    A participation without a date weighs as much as the dated ones do on average; 1 where nothing is dated.
    """
    time = network.link_time
    dated = ~np.isnan(time)
    if not dated.any():
        return np.ones(len(time))
    latest, earliest = float(time[dated].max()), float(time[dated].min())
    half = max((latest - earliest) / 10, 1e-9)
    weights = np.exp2(-(latest - np.where(dated, time, latest)) / half)
    return np.where(dated, weights, weights[dated].mean())


class LocalPopularity:
    """Popularity in the same place and kind: first both the same, then the place, then the kind, then the others.

    The place is the finest that is known of who asks: province (NUTS 3), region (NUTS 2), country.
    """

    name = "popularity-place-kind"

    def fit_network(self, network: Network) -> Self:
        """Counts participations and numbers places and kinds."""
        counts = np.bincount(network.link_org, minlength=len(network)).astype(np.float64)
        self._share = counts / (1.0 + counts.max(initial=0.0))
        self._kinds = numbered(network.kinds)
        self._places = finest_places(network)
        return self

    def scores(self, row: int) -> Floats:
        """Twice the same place plus the same kind, plus popularity 0..1."""
        same_kind = (self._kinds == self._kinds[row]) & (self._kinds >= 0)
        return np.asarray(2.0 * self._places.same(row) + same_kind + self._share)


class Nearest:
    """The nearest of the same sector (of the same kind where no sector is known), then the nearest others."""

    name = "nearest-same-sector"

    def fit_network(self, network: Network) -> Self:
        """Numbers sectors and kinds, keeps places."""
        self._network = network
        self._sectors, self._kinds = numbered(network.sectors), numbered(network.kinds)
        self._places = finest_places(network)
        return self

    def scores(self, row: int) -> Floats:
        """Minus the kilometres, and everybody of another activity behind everybody of the same."""
        codes = self._sectors if self._sectors[row] >= 0 else self._kinds
        same = (codes == codes[row]) & (codes[row] >= 0)
        return np.where(same, FAR_KM, 0.0) - apart_km(self._network, self._places, row)


Maker = Callable[[], Ranker]

BASELINES: Final[Mapping[str, Maker]] = MappingProxyType(
    {
        "random": Chance,
        "popularity": Popularity,
        "recent-popularity": partial(Popularity, recent=True),
        "popularity-place-kind": LocalPopularity,
        "nearest-same-sector": Nearest,
        "common-neighbours": partial(Neighbours, Likeness.COMMON),
        "adamic-adar": partial(Neighbours, Likeness.ADAMIC_ADAR),
        "resource-allocation": partial(Neighbours, Likeness.RESOURCE_ALLOCATION),
        "personalised-pagerank": PageRank,
        "truncated-svd": Spectrum,
        "tf-idf": WordLikeness,
    }
)
"""The single baselines by name, in the order in which a table shows them."""


def scores_of(ranker: Ranker, rows: Sequence[int] | Ints) -> Floats:
    """The numbers for several that ask, (asking, organisations); by the ranker's own `score_rows` where it has one."""
    score_rows = getattr(ranker, "score_rows", None)
    if score_rows is not None:
        return np.asarray(score_rows(np.asarray(rows, dtype=np.int64)), dtype=np.float64)
    return np.stack([np.asarray(ranker.scores(int(row)), dtype=np.float64) for row in rows])
