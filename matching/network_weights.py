# SPDX-License-Identifier: EUPL-1.2
"""Weights of the signals, learned from the network itself: what came later, told from what was there before.

The model is a conditional logit: of all whom an organisation could have met, which did it meet? It stays additive, so
the contributions of the signals are the score. Weights are drawn towards `PRIOR`, the more the fewer examples there are
(Tikhonov, McFadden 1974 for the model). Everybody outside the likeliest is sampled and counts for those not drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Final

import numpy as np
import scipy.sparse as sp

from data.networks import Flags, Floats, Ints, Network
from matching.fitting import Example, fit
from matching.network_profiles import Profiles, Singles
from matching.network_signals import build_signals

SEED: Final = 20_261_122
DATED: Final = 0.6
"""Times are used when at least this share of the projects has one."""
CUTS: Final = (0.65, 0.8)
PARTS: Final = 5
FRAMES: Final = 3
MOST_QUERIES: Final = 400
ROUNDS: Final = 3
ENOUGH: Final = 600
"""Examples of each sort after which the past is not gone over again with another part of it hidden."""
SAMPLED: Final = 80
BLOCK: Final = 64
PULL: Final = 60.0
"""How strongly weights are drawn to the prior, in examples' worth of log-likelihood per unit of a scaled weight."""

PRIOR: Final[Mapping[str, float]] = MappingProxyType(
    {
        "two-steps": 0.3,
        "three-steps": 0.15,
        "five-steps": 0.15,
        "popularity": 0.4,
        "recent-popularity": 0.4,
        "same-cities": 0.3,
        "same-nuts3": 1.0,
        "same-nuts2": 0.3,
        "same-countries": 0.3,
        "affinity-of-kinds": 0.3,
        "affinity-of-countries": 0.3,
        "affinity-of-sectors": 0.3,
        "nearness": 0.1,
        "words": 0.8,
        "topics": 1.0,
        "objects": 1.5,
        "rivals": 0.5,
        "partners-of-alike-200": 0.15,
        "resembles-partners-of-alike": 0.1,
        "resembles-near": 0.1,
        "profile": 0.5,
    }
)
"""Expert weights: the directions of the field (common partners, common place, common work), moderate in size."""


@dataclass(frozen=True)
class Frame:
    """A piece of the past to learn from: what was known (`before`) and what came (`after`)."""

    before: Network
    after: Network


@dataclass(frozen=True)
class Weights:
    """Weights per signal for organisations with a history (`warm`) and without one (`cold`); examples behind each."""

    names: tuple[str, ...]
    warm: Floats
    cold: Floats
    examples: tuple[int, int]


def is_dated(network: Network) -> bool:
    """Whether enough projects have a time, and there is more than one."""
    times = network.project_time
    known = times[np.isfinite(times)]
    return bool(len(times)) and len(known) >= DATED * len(times) and len(np.unique(known)) > 1


def learn(network: Network, profiles: Profiles, dated: bool) -> Weights:
    """Weights from the network's own past; the expert ones where it is too short to teach anything."""
    rng = np.random.default_rng(SEED)
    warm: list[Example] = []
    cold: list[Example] = []
    active = _has_links(network)
    names: tuple[str, ...] = ()
    frames = list(_frames(network, dated, rng))
    hidden = _hidden_share(network, frames)
    for number in range(ROUNDS * len(frames)):
        if number >= len(frames) and min(len(warm), len(cold)) >= ENOUGH:
            break
        share = hidden if number < len(frames) or len(warm) < len(cold) else max(hidden, 0.5)
        names = _collect(frames[number % len(frames)], profiles, dated, share, active, rng, warm, cold) or names
    if not names:
        names = tuple(name for name, _ in build_signals(network, profiles, dated).of(np.zeros(1, dtype=np.int64)))
    prior = np.array([PRIOR.get(name, 0.0) for name in names])
    return Weights(names, fit(warm, prior, PULL), fit(cold, prior, PULL), (len(warm), len(cold)))


def new_partners(before: Network, after: Network) -> tuple[sp.csr_array, sp.csr_array]:
    """Who met whom for the first time in `after`, and who knew whom `before` (organisations x organisations, 0/1)."""
    known, later = partners_of(before), partners_of(after)
    fresh = sp.csr_array(later - later.multiply(known))
    fresh.eliminate_zeros()
    return fresh, known


def partners_of(network: Network) -> sp.csr_array:
    """Organisations x organisations, 1 where two share a project, nobody with itself."""
    shape = (len(network), max(len(network.projects), 1))
    members = sp.csr_array((np.ones(len(network.link_org)), (network.link_org, network.link_project)), shape=shape)
    together = sp.csr_array(members @ members.T)
    together.setdiag(0)
    together.eliminate_zeros()
    together.data[:] = 1
    together.sort_indices()
    return together


def _among(pairs: sp.csr_array, flags: Flags) -> sp.csr_array:
    """The pairs of which both are flagged."""
    kept = sp.diags_array(flags.astype(float))
    found = sp.csr_array(kept @ pairs @ kept)
    found.eliminate_zeros()
    found.sort_indices()
    return found


def _has_links(network: Network) -> Flags:
    return np.bincount(network.link_org, minlength=len(network)) > 0


def _frames(network: Network, dated: bool, rng: np.random.Generator) -> Iterator[Frame]:
    """Later windows where there are dates, else whole lots held out."""
    windows = _windows(network.project_time) if dated else []
    for start, end in windows:
        times = network.project_time
        before, after = ~(times > start), (times > start) & (times <= end)
        yield Frame(network.with_projects(before), network.with_projects(after))
    if windows:
        return
    lots = rng.permutation(np.unique(network.project_lot))
    if len(lots) < PARTS:
        return
    part = np.zeros(int(network.project_lot.max()) + 1, dtype=np.int64)
    part[lots] = np.arange(len(lots)) % PARTS
    for number in range(FRAMES):
        held = part[network.project_lot] == number
        yield Frame(network.with_projects(~held), network.with_projects(held))


def _windows(times: Floats) -> list[tuple[float, float]]:
    """Start (not in it) and end of the windows to foretell, the latest first; none where all is of one moment.

    They start where the share of projects up to then comes nearest to `CUTS`: with years for dates, at a year's end.
    """
    known = np.sort(times[np.isfinite(times)])
    moments, last = np.unique(known), len(known)
    if len(moments) < 2:
        return []
    shares = np.searchsorted(known, moments[:-1], side="right") / last
    starts = sorted({float(moments[np.argmin(np.abs(shares - cut))]) for cut in CUTS})
    return list(pairwise([*starts, float(known[-1])]))[::-1]


def _hidden_share(network: Network, frames: list[Frame]) -> float:
    """The share of active organisations whose past must be hidden, so that in a frame as many have no history as in
    the network itself: else having none would tell who comes next."""
    active = _has_links(network)
    if not frames or not active.any():
        return 0.0
    without = 1 - active.mean()
    newcomers = 1 - _has_links(frames[0].before)[active].mean()
    return float(max(0.0, (without - newcomers) / max(1 - newcomers, 1e-9)))


def _collect(
    frame: Frame,
    profiles: Profiles,
    dated: bool,
    hidden: float,
    active: Flags,
    rng: np.random.Generator,
    warm: list[Example],
    cold: list[Example],
) -> tuple[str, ...]:
    """Adds the examples of a frame; names of the signals, empty when nobody met anybody.

    Where pasts are hidden, those who really had none are left out: they are there because they came, and having no
    past would tell so.
    """
    before = frame.before
    fresh, known = new_partners(before, frame.after)
    if hidden > 0:
        active = active & _has_links(before)
        fresh = _among(fresh, active)
        before = before.with_links(~(rng.random(len(before)) < hidden)[before.link_org])
    asking = np.flatnonzero(np.diff(fresh.indptr) > 0)
    if len(asking) > MOST_QUERIES:
        asking = np.sort(rng.choice(asking, MOST_QUERIES, replace=False))
    if not len(asking):
        return ()
    signals, has_history = build_signals(before, profiles, dated), _has_links(before)
    names: tuple[str, ...] = ()
    for start in range(0, len(asking), BLOCK):
        rows = asking[start : start + BLOCK]
        found = list(signals.of(rows))
        names = tuple(name for name, _ in found)
        likely = _likely(found)
        for place, row in enumerate(rows):
            met, met_before = _columns(fresh, row), _columns(known, row)
            candidates, stands_for = _sample(likely[place], met, met_before, int(row), active, rng)
            values = np.stack([signal[place, candidates] for _, signal in found], axis=1)
            (warm if has_history[row] else cold).append(Example(values, len(met), stands_for))
    return names


def _likely(found: list[tuple[str, Singles]]) -> Singles:
    """A rough score by the expert weights, to find those who are hard to tell from partners."""
    likely = np.zeros_like(found[0][1])
    for name, signal in found:
        if name in PRIOR:
            likely = likely + PRIOR[name] * signal
    return likely


def _columns(matrix: sp.csr_array, row: int) -> Ints:
    return np.asarray(matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]], dtype=np.int64)


def _sample(
    likely: Singles, met: Ints, known: Ints, row: int, active: Flags, rng: np.random.Generator
) -> tuple[Ints, Floats]:
    """Those met, the likeliest others, and others drawn evenly; the log of how many each stands for."""
    possible = active.copy()
    possible[known] = possible[met] = possible[row] = False
    others = np.flatnonzero(possible)
    hardest = min(SAMPLED, len(others))
    order = np.argpartition(-likely[others], hardest - 1) if hardest else np.zeros(0, dtype=np.int64)
    hard, rest = np.sort(others[order[:hardest]]), np.sort(others[order[hardest:]])
    drawn = np.sort(rng.choice(rest, min(SAMPLED, len(rest)), replace=False))
    stands_for = np.zeros(len(met) + len(hard) + len(drawn))
    if len(drawn):
        stands_for[len(met) + len(hard) :] = np.log(len(rest) / len(drawn))
    return np.concatenate([met, hard, drawn]), stands_for
