# SPDX-License-Identifier: EUPL-1.2
"""Weights of the signals, learned from the network itself: what came later, told from what was there before.

The model is a conditional logit: of all whom an organisation could have met, which did it meet? It stays additive, so
the contributions of the signals are the score. Weights are drawn towards `PRIOR`, the more the fewer examples there are
(Tikhonov, McFadden 1974 for the model). Everybody outside the likeliest is sampled and counts for those not drawn.
Which signals take part is chosen on pieces of the past that the weights were not learned from (`network_choice`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np

from data.networks import Floats, Ints, Network
from matching.fitting import Example
from matching.network_choice import Lesson, chosen
from matching.network_frames import Trial, frames_of, has_links, hidden_share, trial_of
from matching.network_profiles import Profiles, Singles
from matching.network_signals import build_signals

SEED: Final = 20_261_122
ROUNDS: Final = 3
ENOUGH: Final = 600
"""Examples of each sort after which the past is not gone over again with another part of it hidden."""
SAMPLED: Final = 100
BLOCK: Final = 64

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
class Weights:
    """Weights per signal for organisations with a history (`warm`) and without one (`cold`); examples behind each, and
    the sets of signals that were chosen."""

    names: tuple[str, ...]
    warm: Floats
    cold: Floats
    examples: tuple[int, int]
    sets: tuple[str, str] = ("", "")

    def kept(self, without: Collection[str] = (), only: Collection[str] = ()) -> Weights:
        """The weights with nothing for signals in `without`, or for all but those in `only` where any is named."""
        keep = np.array([name not in without and (not only or name in only) for name in self.names], dtype=float)
        return replace(self, warm=self.warm * keep, cold=self.cold * keep)


def learn(network: Network, profiles: Profiles, dated: bool) -> Weights:
    """Weights from the network's own past; the expert ones where it is too short to teach anything."""
    rng = np.random.default_rng(SEED)
    lessons: list[Lesson] = []
    active = has_links(network)
    names: tuple[str, ...] = ()
    frames = list(frames_of(network, dated, rng))
    hidden = hidden_share(network, frames)
    for number in range(ROUNDS * len(frames)):
        warm, cold = (sum(len(each.examples(side)) for each in lessons) for side in (True, False))
        if number >= len(frames) and min(warm, cold) >= ENOUGH:
            break
        share = hidden if number < len(frames) or warm < cold else max(hidden, 0.5)
        frame = number % len(frames)
        trial = trial_of(frames[frame], profiles, dated, share, active, rng)
        if trial is not None:
            names, found = _examples(trial, rng)
            lessons.append(Lesson(frame, trial if number < len(frames) else None, found))
    if not names:
        names = tuple(name for name, _ in build_signals(network, profiles, dated).of(np.zeros(1, dtype=np.int64)))
    prior = np.array([PRIOR.get(name, 0.0) for name in names])
    (warm_set, warm_weights), (cold_set, cold_weights) = (chosen(lessons, names, prior, side) for side in (True, False))
    counts = tuple(sum(len(each.examples(side)) for each in lessons) for side in (True, False))
    return Weights(names, warm_weights, cold_weights, (counts[0], counts[1]), (warm_set, cold_set))


def _examples(trial: Trial, rng: np.random.Generator) -> tuple[tuple[str, ...], list[tuple[bool, Example]]]:
    """Names of the signals, and an example of everybody that asks, with whether it has a history."""
    names: tuple[str, ...] = ()
    examples = []
    for start in range(0, len(trial.asking), BLOCK):
        rows = trial.asking[start : start + BLOCK]
        found = list(trial.signals.of(rows))
        names = tuple(name for name, _ in found)
        likely = _likely(found)
        for place, row in enumerate(rows.tolist()):
            met = trial.met(row)
            candidates, stands_for = _sample(likely[place], met, trial.others(row), rng)
            values = np.stack([signal[place, candidates] for _, signal in found], axis=1)
            examples.append((bool(trial.has_history[row]), Example(values, len(met), stands_for)))
    return names, examples


def _likely(found: list[tuple[str, Singles]]) -> Singles:
    """A rough score by the expert weights, to find those who are hard to tell from partners."""
    likely = np.zeros_like(found[0][1])
    for name, signal in found:
        if name in PRIOR:
            likely = likely + PRIOR[name] * signal
    return likely


def _sample(likely: Singles, met: Ints, others: Ints, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Those met, the likeliest others, and others drawn evenly; the log of how many each stands for."""
    hardest = min(SAMPLED, len(others))
    order = np.argpartition(-likely[others], hardest - 1) if hardest else np.zeros(0, dtype=np.int64)
    hard, rest = np.sort(others[order[:hardest]]), np.sort(others[order[hardest:]])
    drawn = np.sort(rng.choice(rest, min(SAMPLED, len(rest)), replace=False))
    stands_for = np.zeros(len(met) + len(hard) + len(drawn))
    if len(drawn):
        stands_for[len(met) + len(hard) :] = np.log(len(rest) / len(drawn))
    return np.concatenate([met, hard, drawn]), stands_for
