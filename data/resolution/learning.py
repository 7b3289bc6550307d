# SPDX-License-Identifier: EUPL-1.2
"""Learning the numbers of `data.resolution.probability` from labelled pairs: plain logistic regression.

Signs that speak for one body are held at weights >= 0, the others at <= 0; a small ridge keeps rare signs quiet. A few
have a least weight by judgement (`LEAST`): labelled near misses were looked for in one place, so the labels cannot tell
that an equal place speaks for one body, nor have their files web addresses. The same pairs give the same numbers
(L-BFGS-B from zero, rounded to four decimals), in whatever order they come.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from data.resolution.comparison import FOR, SIGNS, Comparison

RIDGE = 0.0002
"""Strength of the ridge per pair on the squared weights (the start is free)."""


LEAST = {"same-comune": 0.5, "same-province": 0.5, "web-same": 2.0}
"""Weights that are at least this, whatever the labelled pairs say."""


def learn(seen: Sequence[Comparison], same: Sequence[bool]) -> tuple[float, dict[str, float]]:
    """The start and the weight of every sign for these pairs (`same`: they are one body)."""
    table = np.array([[item.signs.get(sign, 0.0) for sign in SIGNS] for item in seen], dtype=float)
    order = np.lexsort((*table.T, np.asarray(same)))
    table, truth = table[order], np.asarray(same, dtype=float)[order]
    bounds = [(None, None)] + [(LEAST.get(sign, 0.0), None) if sign in FOR else (None, 0.0) for sign in SIGNS]
    found = minimize(
        _loss, np.zeros(len(SIGNS) + 1), args=(table, truth), jac=True, method="L-BFGS-B", bounds=bounds,
        options={"maxiter": 2_000, "ftol": 1e-12, "gtol": 1e-9},
    )  # fmt: skip
    numbers = [round(float(value), 4) + 0.0 for value in found.x]
    return numbers[0], dict(zip(SIGNS, numbers[1:], strict=True))


def _loss(
    numbers: NDArray[np.float64], table: NDArray[np.float64], truth: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    odds = numbers[0] + table @ numbers[1:]
    loss = np.logaddexp(0.0, odds) - truth * odds
    wrong = 1 / (1 + np.exp(-odds)) - truth
    slope = np.concatenate(([wrong.mean()], table.T @ wrong / len(truth) + 2 * RIDGE * numbers[1:]))
    return float(loss.mean() + RIDGE * (numbers[1:] ** 2).sum()), slope
