# SPDX-License-Identifier: EUPL-1.2
"""How far a mean over questions can be trusted: lots are drawn again and again, each with its questions.

A question counts for each lot that its right answers come from, in equal parts, so that the mean over lots of what each
holds is the mean over questions. Everything is seeded: the same marks give the same intervals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from data.networks import Flags, Floats, Ints
from matching.folds import SEED

DRAWS: Final = 2000
# 1.96 for a two-sided test at 5 % plus 0.84 for a power of 80 %.
DETECTABLE: Final = 2.8


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its 95 % interval and standard error; NaN where there is nothing to average."""

    value: float
    low: float
    high: float
    error: float


@dataclass(frozen=True, slots=True)
class Difference:
    """Ours minus theirs on the same questions, ours over theirs, and the least gain that could have been seen."""

    gain: Estimate
    ratio: Estimate
    detectable: float


@dataclass(frozen=True, slots=True)
class Lots:
    """Which lots the questions come from: `share` of question `query` belongs to `lot` (numbers from 0)."""

    query: Ints
    lot: Ints
    share: Floats
    count: int

    def sums(self, values: Floats) -> Floats:
        """Per lot the sum of the parts of its questions' values."""
        return np.bincount(self.lot, self.share * values[self.query], minlength=self.count).astype(np.float64)


def lots_of(query: Ints, lot: Ints, questions: int) -> Lots:
    """The lots of questions 0..questions-1 from pairs of a question and one of its lots."""
    _, numbers = np.unique(lot, return_inverse=True)
    per_query = np.bincount(query, minlength=questions)
    count = int(numbers.max(initial=-1)) + 1
    return Lots(query, np.asarray(numbers, dtype=np.int64), 1.0 / per_query[query], count)


def draws(count: int, times: int = DRAWS, seed: int = SEED) -> Floats:
    """How often each of `count` lots is drawn in each of the repetitions, (times, count)."""
    chance = np.random.default_rng(seed)
    return np.stack([np.bincount(chance.integers(0, count, count), minlength=count) for _ in range(times)]).astype(
        float
    )


def estimate(values: Floats, among: Flags, lots: Lots, drawn: Floats) -> Estimate:
    """The mean of the values of some questions, questions without a value (NaN) left out."""
    told = among & ~np.isnan(values)
    if not told.any():
        return Estimate(np.nan, np.nan, np.nan, np.nan)
    again = _means(values, told, lots, drawn)
    return _estimate(float(values[told].mean()), again)


def compare(ours: Floats, theirs: Floats, among: Flags, lots: Lots, drawn: Floats) -> Difference:
    """Ours against theirs on the questions that both answered, drawn together."""
    told = among & ~np.isnan(ours) & ~np.isnan(theirs)
    if not told.any():
        nothing = Estimate(np.nan, np.nan, np.nan, np.nan)
        return Difference(nothing, nothing, np.nan)
    gain = _estimate(float((ours - theirs)[told].mean()), _means(ours - theirs, told, lots, drawn))
    mine, other = _means(ours, told, lots, drawn), _means(theirs, told, lots, drawn)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = _estimate(float(np.divide(ours[told].mean(), theirs[told].mean())), mine / other)
    return Difference(gain, ratio, DETECTABLE * gain.error)


def _means(values: Floats, told: Flags, lots: Lots, drawn: Floats) -> Floats:
    """The mean in every repetition, NaN where none of the questions was drawn."""
    total = drawn @ lots.sums(np.where(told, values, 0.0))
    weight = drawn @ lots.sums(told.astype(np.float64))
    return np.asarray(np.divide(total, weight, out=np.full(len(total), np.nan), where=weight > 0))


def _estimate(value: float, again: Floats) -> Estimate:
    again = again[np.isfinite(again)]
    if len(again) < 2:
        return Estimate(value, np.nan, np.nan, np.nan)
    low, high = np.percentile(again, [2.5, 97.5])
    return Estimate(value, float(low), float(high), float(again.std(ddof=1)))
