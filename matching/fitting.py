# SPDX-License-Identifier: EUPL-1.2
"""A conditional logit: of all whom an organisation could have met, which did it meet? (McFadden 1974.)

The model is additive, so contributions of the signals are the score. Weights are drawn towards given ones (Tikhonov),
the more the fewer examples there are. Candidates that were sampled count for those not drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from matching.columns import Floats


@dataclass(frozen=True)
class Example:
    """One organisation that met others: signals (candidates x signals), how many of the first rows it met, and the log
    of how many candidates each row stands for. `counts` says for how many examples it counts."""

    values: npt.NDArray[np.floating]
    met: int
    stands_for: Floats
    counts: float = 1.0


def fit(
    examples: Sequence[Example], prior: Floats, pull: float, bounds: Sequence[tuple[float | None, float | None]] = ()
) -> Floats:
    """Weights that make what was met likeliest, drawn to the prior; the prior itself without examples.

    `pull` says how strongly, in examples' worth of log-likelihood per unit of a weight scaled to signals of deviation
    1; `bounds` are the least and the highest value of each weight, none where empty.
    """
    if not examples:
        return prior
    values = np.concatenate([each.values for each in examples]).astype(np.float64)
    scale = values.std(axis=0) + 1e-6
    values /= scale
    sizes = np.array([len(each.values) for each in examples])
    starts, owner = np.concatenate([[0], np.cumsum(sizes)[:-1]]), np.repeat(np.arange(len(examples)), sizes)
    met, counts = np.array([each.met for each in examples]), np.array([each.counts for each in examples])
    target = np.concatenate(
        [np.repeat([by / np.sqrt(n), 0.0], [n, size - n]) for n, size, by in zip(met, sizes, counts, strict=True)]
    )
    weight, offset, towards = (
        counts * np.sqrt(met),
        np.concatenate([each.stands_for for each in examples]),
        prior * scale,
    )

    def loss(weights: Floats) -> tuple[float, npt.NDArray[np.float64]]:
        score = values @ weights + offset
        highest = np.maximum.reduceat(score, starts)
        raised = np.exp(score - highest[owner])
        total = np.add.reduceat(raised, starts)
        likelihood = float(target @ (score - (highest + np.log(total))[owner]))
        slope = values.T @ (raised / total[owner] * weight[owner] - target)
        away = weights - towards
        return (pull / 2 * float(away @ away) - likelihood) / len(met), (slope + pull * away) / len(met)

    found = minimize(
        loss, towards, jac=True, method="L-BFGS-B", bounds=_scaled(bounds, scale), options={"maxiter": 200}
    )
    return np.asarray(found.x / scale, dtype=np.float64)


def _scaled(
    bounds: Sequence[tuple[float | None, float | None]], scale: Floats
) -> list[tuple[float | None, float | None]] | None:
    """Bounds of the scaled weights."""
    if not bounds:
        return None
    return [
        (None if low is None else low * by, None if high is None else high * by)
        for (low, high), by in zip(bounds, scale.tolist(), strict=True)
    ]
