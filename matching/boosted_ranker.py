# SPDX-License-Identifier: EUPL-1.2
"""A ranker of boosted trees on the baselines' numbers: what a learner that cannot explain itself would reach.

For comparison only: nothing that a person is shown comes from it. It learns from the later part of what it is given
(pairs that met there for the first time against others on the same short list), with the features of the earlier part.
"""

from __future__ import annotations

from typing import Any, Final, Self

import numpy as np

from data.networks import Floats, Ints, Network
from matching.folds import SEED, ask, hidden_half, split
from matching.graph_rankers import Likeness, Neighbours, PageRank, Spectrum, WordLikeness
from matching.metrics import best
from matching.places import apart_km, finest_places, numbered
from matching.rankers import LocalPopularity, Popularity, Ranker

QUERIES: Final = 300
SHORT: Final = 60
"""Of every feature so many are looked at by the trees; everybody else stands behind them."""
TREES: Final = 80
ENOUGH: Final = 20


class BoostedTrees:
    """Histogram gradient boosting (scikit-learn), fitted on an inner cut with half of the history hidden."""

    name = "boosted-trees"

    def fit_network(self, network: Network) -> Self:
        """Learns on the last inner cut, then takes the features of everything."""
        self._model = _learned(network)
        self._features = _Features(network)
        return self

    def scores(self, row: int) -> Floats:
        """Chance 0..1 as learned for those that some feature puts among its first, minus a half for the others."""
        features = self._features.of(row)
        found = np.full(len(features), -0.5)
        short = _short_list(features, np.arange(len(features)))
        if self._model is not None and len(short):
            found[short] = self._model.predict_proba(features[short])[:, 1]
        return found


def _short_list(features: Floats, among: Ints) -> Ints:
    """Whom any feature puts among its first."""
    firsts = [among[best(features[among, column], SHORT)] for column in range(features.shape[1])]
    return np.unique(np.concatenate(firsts))


class _Features:
    """What the trees see of a pair: the heuristics, likeness of kind and place, kilometres, histories."""

    def __init__(self, network: Network) -> None:
        simple: tuple[Ranker, ...] = (
            Popularity(), Popularity(recent=True), LocalPopularity(), Neighbours(Likeness.COMMON),
            Neighbours(Likeness.ADAMIC_ADAR), Neighbours(Likeness.RESOURCE_ALLOCATION), PageRank(), Spectrum(),
            WordLikeness(),
        )  # fmt: skip
        self._network = network
        self._simple = [each.fit_network(network) for each in simple]
        self._kinds, self._places = numbered(network.kinds), finest_places(network)
        self._history = np.bincount(network.link_org, minlength=len(network)).astype(np.float64)

    def of(self, row: int) -> Floats:
        """(organisations, features) for the one that asks; nearness is minus kilometres."""
        same_kind = self._kinds == self._kinds[row]
        near = -apart_km(self._network, self._places, row)
        own = np.full(len(self._network), self._history[row])
        lines = [each.scores(row) for each in self._simple]
        return np.stack([*lines, same_kind, self._kinds.astype(np.float64), near, own], axis=1)


def _learned(network: Network) -> Any:
    """The fitted trees; None when there is too little to learn from."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    cuts = split(network)
    if not cuts:
        return None
    chance = np.random.default_rng(SEED)
    asked = ask(network, cuts[-1], hidden=hidden_half(network, SEED), most=QUERIES)
    features = _Features(asked.train)
    drawn, labels = [], []
    for at, query in enumerate(asked.queries.tolist()):
        allowed = asked.candidates.copy()
        allowed[asked.barred(at)] = False
        line = features.of(query)
        short = _short_list(line, np.flatnonzero(allowed))
        right = np.isin(short, asked.right(at))
        chosen = np.concatenate([short[right], chance.permutation(short[~right])[: 2 * SHORT]])
        drawn.append(line[chosen])
        labels.append(np.isin(chosen, asked.right(at)).astype(np.float64))
    if not labels or sum(float(each.sum()) for each in labels) < ENOUGH:
        return None
    trees = HistGradientBoostingClassifier(
        max_iter=TREES, max_leaf_nodes=15, min_samples_leaf=30, early_stopping=False, random_state=SEED
    )
    return trees.fit(np.concatenate(drawn), np.concatenate(labels))
