# SPDX-License-Identifier: EUPL-1.2
"""Pieces of a network's past to learn from: what was known, and what came later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import scipy.sparse as sp

from data.networks import Flags, Floats, Ints, Network
from matching.network_profiles import Profiles
from matching.network_signals import Signals, build_signals

DATED: Final = 0.6
"""Times are used when at least this share of the projects has one."""
CUTS: Final = (0.65, 0.8)
PARTS: Final = 5
FRAMES: Final = 3
MOST_QUERIES: Final = 400


@dataclass(frozen=True)
class Frame:
    """A piece of the past to learn from: what was known (`before`) and what came (`after`)."""

    before: Network
    after: Network


@dataclass(frozen=True)
class Trial:
    """A frame as it is asked: who asks (rows), whom each met (`fresh`) and knew before (`known`), who may be met
    (`active`), who has a history that is not hidden, and the signals of what is not hidden."""

    asking: Ints
    fresh: sp.csr_array
    known: sp.csr_array
    active: Flags
    has_history: Flags
    signals: Signals

    def met(self, row: int) -> Ints:
        """Whom a row met."""
        return _columns(self.fresh, row)

    def others(self, row: int) -> Ints:
        """Whom it could have met and did not, ascending."""
        possible = self.active.copy()
        possible[_columns(self.known, row)] = possible[self.met(row)] = possible[row] = False
        return np.flatnonzero(possible)


def trial_of(
    frame: Frame, profiles: Profiles, dated: bool, hidden: float, active: Flags, rng: np.random.Generator
) -> Trial | None:
    """A frame with the past of a share `hidden` of the organisations taken away; None where nobody met anybody.

    Where pasts are hidden, those who really had none are left out: they are there because they came, and having no
    past would tell so.
    """
    before = frame.before
    fresh, known = new_partners(before, frame.after)
    if hidden > 0:
        active = active & has_links(before)
        fresh = _among(fresh, active)
        before = before.with_links(~(rng.random(len(before)) < hidden)[before.link_org])
    asking = np.flatnonzero(np.diff(fresh.indptr) > 0)
    if len(asking) > MOST_QUERIES:
        asking = np.sort(rng.choice(asking, MOST_QUERIES, replace=False))
    if not len(asking):
        return None
    return Trial(asking, fresh, known, active, has_links(before), build_signals(before, profiles, dated))


def _columns(matrix: sp.csr_array, row: int) -> Ints:
    return np.asarray(matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]], dtype=np.int64)


def is_dated(network: Network) -> bool:
    """Whether enough projects have a time, and there is more than one."""
    times = network.project_time
    known = times[np.isfinite(times)]
    return bool(len(times)) and len(known) >= DATED * len(times) and len(np.unique(known)) > 1


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


def has_links(network: Network) -> Flags:
    """Who took part in anything."""
    return np.bincount(network.link_org, minlength=len(network)) > 0


def frames_of(network: Network, dated: bool, rng: np.random.Generator) -> Iterator[Frame]:
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


def hidden_share(network: Network, frames: list[Frame]) -> float:
    """The share of active organisations whose past must be hidden, so that in a frame as many have no history as in
    the network itself: else having none would tell who comes next."""
    active = has_links(network)
    if not frames or not active.any():
        return 0.0
    without = 1 - active.mean()
    newcomers = 1 - has_links(frames[0].before)[active].mean()
    return float(max(0.0, (without - newcomers) / max(1 - newcomers, 1e-9)))
