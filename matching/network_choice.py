# SPDX-License-Identifier: EUPL-1.2
"""Which signals to rank by in one network: several sets are tried on a part of the past they were not learned from.

A network of few and faithful partners is foretold by other signals than one in which few take part in everything. The
weights of a mixture are the means of its sets' weights, so the score stays a sum of weight x signal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from data.networks import Floats, Ints
from matching.fitting import Example, fit
from matching.metrics import best, marks_of_ranks
from matching.network_frames import Trial
from matching.network_profiles import Singles
from matching.network_signals import WALKED

PULL: Final = 60.0
"""How strongly weights are drawn to the prior, in examples' worth of log-likelihood per unit of a scaled weight."""
TRIED: Final = 240
"""Most questions of a part of the past that the sets are tried on."""
BLOCK_CELLS: Final = 40_000_000
FEWEST: Final = 150
"""Questions below which nothing can be told between sets, and the usual one stays."""
SURE: Final = 1.5
"""Standard errors by which another set must be better than the usual one."""

SOFT: Final = frozenset(
    {
        "profile", "profile-affinity", "resembles-near", "resembles-partners-of-alike", "affinity-of-kinds",
        "partners-of-alike-20",
    }
)  # fmt: skip
DIRECT: Final = frozenset({"nearness", "words", "topics", "objects"})

_POPULARITY: Final = frozenset({"popularity", "recent-popularity", "latest-popularity"})


def _direct(name: str) -> bool:
    return name in _POPULARITY | WALKED | DIRECT or name.startswith(("same-", "popular-in-"))


def _of_alike(name: str) -> bool:
    return name in _POPULARITY | WALKED or any(part in name for part in ("affinity", "alike", "expected"))


SETS: Final[Mapping[str, Callable[[str], bool]]] = MappingProxyType(
    {
        "whole": lambda _name: True,
        "plain": lambda name: name not in SOFT,
        "direct": _direct,
        "alike": _of_alike,
        "graph": lambda name: name in _POPULARITY | WALKED,
    }
)
MIXTURES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "plain": ("plain",),
        "whole": ("whole",),
        "plain+direct+alike": ("plain", "direct", "alike"),
        "all": ("whole", "plain", "direct", "alike", "graph"),
        "direct": ("direct",),
        "alike": ("alike",),
        "graph": ("graph",),
    }
)
"""The usual one first."""


@dataclass(frozen=True)
class Lesson:
    """Examples of one frame, each with whether the one that met others had a history; the trial they come from where
    sets may be tried on it."""

    frame: int
    trial: Trial | None
    found: list[tuple[bool, Example]]

    def examples(self, warm: bool) -> list[Example]:
        """Those with a history, or those without."""
        return [example for has_history, example in self.found if has_history is warm]


def chosen(lessons: Sequence[Lesson], names: tuple[str, ...], prior: Floats, warm: bool) -> tuple[str, Floats]:
    """The name of the mixture that foretells best what its weights were not learned from, and its weights, learned from
    everything; the usual one unless another is surely better."""
    mixture = _best_mixture(lessons, names, prior, warm)
    return mixture, _weights([one for each in lessons for one in each.examples(warm)], names, prior)(mixture)


def _weights(examples: Sequence[Example], names: tuple[str, ...], prior: Floats) -> Callable[[str], Floats]:
    """Weights of a mixture by its name; each set is fitted once."""
    fitted: dict[str, Floats] = {}

    def of_set(name: str) -> Floats:
        if name not in fitted:
            columns = np.flatnonzero([SETS[name](each) for each in names])
            some = [Example(each.values[:, columns], each.met, each.stands_for) for each in examples]
            fitted[name] = np.zeros(len(names))
            fitted[name][columns] = fit(some, prior[columns], PULL)
        return fitted[name]

    return lambda mixture: np.asarray(np.mean([of_set(name) for name in MIXTURES[mixture]], axis=0))


def _best_mixture(lessons: Sequence[Lesson], names: tuple[str, ...], prior: Floats, warm: bool) -> str:
    marks = []
    for held in lessons:
        others = [one for each in lessons if each.frame != held.frame for one in each.examples(warm)]
        if held.trial is None or not others or not held.examples(warm):
            continue
        weights_of = _weights(others, names, prior)
        weights = np.stack([weights_of(mixture) for mixture in MIXTURES]).astype(np.float32)
        marks.append(_marks(held.trial, weights, warm))
    usual, *rest = MIXTURES
    if sum(len(each) for each in marks) < FEWEST:
        return usual
    every = np.concatenate(marks)
    gain = every[:, 1:] - every[:, :1]
    error = gain.std(axis=0) / np.sqrt(len(gain)) + 1e-9
    sure = np.where(gain.mean(axis=0) > SURE * error, gain.mean(axis=0), 0.0)
    return rest[int(np.argmax(sure))] if sure.max() > 0 else usual


def _marks(trial: Trial, weights: Singles, warm: bool) -> Floats:
    """NDCG@10 of every question of a trial (rows) by each line of weights (columns)."""
    asking = trial.asking[trial.has_history[trial.asking] == warm]
    asking = asking[:: max(1, -(-len(asking) // TRIED))]
    found = np.zeros((len(asking), len(weights)))
    size = len(trial.active)
    block = max(1, min(64, BLOCK_CELLS // max(size * len(weights), 1)))
    for start in range(0, len(asking), block):
        rows = asking[start : start + block]
        scores = np.zeros((len(weights), len(rows), size), dtype=np.float32)
        for place, (_, signal) in enumerate(trial.signals.of(rows)):
            for which in np.flatnonzero(weights[:, place]).tolist():
                scores[which] += weights[which, place] * signal
        for at, row in enumerate(rows.tolist()):
            met = trial.met(row)
            candidates = np.concatenate([met, trial.others(row)])
            for line in range(len(weights)):
                found[start + at, line] = _ndcg(scores[line, at, candidates], len(met))
    return found


def _ndcg(scores: Singles, met: int) -> float:
    """NDCG@10 where the first `met` are right; equal scores count against them."""
    first = best(scores[::-1].astype(np.float64), 10)
    places: Ints = np.flatnonzero(first >= len(scores) - met) + 1
    if not len(places):
        return 0.0
    ranks = np.concatenate([places, np.full(met - len(places), 10**9)])
    return marks_of_ranks(ranks)[2]
