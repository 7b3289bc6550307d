# SPDX-License-Identifier: EUPL-1.2
"""The additive model: a partner's score is the sum of weight x value, so the explanation is the score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from matching.columns import Flags, Floats, Ints
from matching.features import FEATURES
from matching.kinds import Partnership
from matching.question import Question

PRECISION = 12  # decimals of a contribution: what is shown is what is summed


@dataclass(frozen=True, slots=True)
class Scores:
    """Values and contributions (signs x candidates), in the order of `names`; `total` is the sum per candidate."""

    names: tuple[str, ...]
    values: Floats
    contributions: Floats
    total: Floats

    def recalled(self, least: Mapping[str, float]) -> Flags:
        """Candidates for which at least one of these signs has its least value."""
        rows = [self.names.index(name) for name in least]
        return np.asarray((self.values[rows] >= np.array(list(least.values()))[:, None]).any(axis=0))


def score(question: Question, kind: Partnership) -> Scores:
    """Every sign of a kind for every candidate of a question."""
    names = tuple(kind.weights)
    values = np.array([FEATURES[name].values(question) for name in names]).reshape(len(names), len(question.rows))
    weights_of = question.index.weights_of(kind)
    weights = np.array([weights_of[name] for name in names])
    contributions = np.round(values * weights[:, None], PRECISION)
    return Scores(names, values, contributions, summed(contributions))


def summed(contributions: Floats) -> Floats:
    """The sum per candidate, sign after sign: the same bits for a candidate whatever others stand beside it."""
    total = np.zeros(contributions.shape[1])
    for own in contributions:
        total += own
    return total


def ranked(scores: Scores, question: Question) -> Ints:
    """Positions of the candidates, best first.

    Equal scores follow the order of organisation ids, counted on from the asker's own: so nobody is always the first
    among equals, and the same data still give the same order.
    """
    turn = (question.rows - question.asker) % len(question.index.organisations)
    order = np.lexsort((turn, -np.round(scores.total, PRECISION - 2)))
    return np.asarray(order, dtype=np.int64)
