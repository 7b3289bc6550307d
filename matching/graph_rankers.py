# SPDX-License-Identifier: EUPL-1.2
"""Rankers that read who worked with whom, or what is written of them, and nothing else: the well-known heuristics."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, Self

import numpy as np
from scipy import sparse

from data.networks import Floats, Ints, Network

DAMPING: Final = 0.85
STEPS: Final = 20
RANK: Final = 48
ROUNDS: Final = 8
MOST_WORDS: Final = 100_000


def memberships(network: Network) -> Any:
    """Projects x organisations, 1 where it took part (CSR)."""
    shape = (len(network.projects), len(network))
    ones = np.ones(len(network.link_org))
    return sparse.csr_array((ones, (network.link_project, network.link_org)), shape=shape)


def partnerships(network: Network) -> Any:
    """Organisations x organisations: in how many projects two were together (CSR, nothing on the diagonal)."""
    members = memberships(network)
    together = (members.T @ members).tocoo()
    apart = together.row != together.col
    kept = (together.data[apart], (together.row[apart], together.col[apart]))
    return sparse.csr_array(kept, shape=together.shape)


class Likeness(StrEnum):
    """How much a common partner counts: 1, 1 / ln of its partners (Adamic, Adar 2003), 1 / its partners (Zhou 2009)."""

    COMMON = "common-neighbours"
    ADAMIC_ADAR = "adamic-adar"
    RESOURCE_ALLOCATION = "resource-allocation"


class Neighbours:
    """Partners in common, each counted as `likeness` says."""

    def __init__(self, likeness: Likeness) -> None:
        self.name = likeness.value
        self._likeness = likeness

    def fit_network(self, network: Network) -> Self:
        """Keeps who was ever partner of whom, and the same weighed by how rare the partner is."""
        partners = partnerships(network)
        partners.data[:] = 1.0
        degree = np.maximum(np.asarray(partners.sum(axis=0)).ravel(), 2.0)
        weights = {Likeness.COMMON: np.ones_like(degree), Likeness.ADAMIC_ADAR: 1.0 / np.log(degree)}
        weight = weights.get(self._likeness, 1.0 / degree)
        self._partners = partners
        self._weighed = (sparse.diags_array(weight) @ partners).tocsr()
        return self

    def score_rows(self, rows: Ints) -> Floats:
        """One line of numbers per asking organisation."""
        return np.asarray((self._partners[rows] @ self._weighed).toarray())

    def scores(self, row: int) -> Floats:
        """The weighed number of partners in common."""
        return np.asarray(self.score_rows(np.array([row]))[0])


class PageRank:
    """Personalised PageRank on the graph of partners (damping 0.85, 20 steps of the power iteration)."""

    name = "personalised-pagerank"

    def fit_network(self, network: Network) -> Self:
        """Keeps the walk: from an organisation to its partners, by projects together."""
        together = partnerships(network)
        out = np.asarray(together.sum(axis=1)).ravel()
        scale = np.divide(1.0, out, out=np.zeros_like(out), where=out > 0)
        self._step = (sparse.diags_array(scale) @ together).T.tocsr()
        return self

    def score_rows(self, rows: Ints) -> Floats:
        """One line of numbers per asking organisation."""
        start = np.zeros((self._step.shape[0], len(rows)))
        start[rows, np.arange(len(rows))] = 1.0
        found = start.copy()
        for _ in range(STEPS):
            found = DAMPING * (self._step @ found) + (1.0 - DAMPING) * start
        return np.ascontiguousarray(found.T)

    def scores(self, row: int) -> Floats:
        """Probability of standing at each organisation."""
        return np.asarray(self.score_rows(np.array([row]))[0])


class Spectrum:
    """Truncated singular value decomposition (48 dimensions) of who was with whom: the numbers of the low-rank copy.

    Subspace iteration from a seeded start, so that equal singular values, frequent here, give the same copy every time.
    """

    name = "truncated-svd"

    def fit_network(self, network: Network) -> Self:
        """Decomposes the logarithm of 1 + projects together."""
        together = partnerships(network)
        together.data = np.log1p(together.data)
        size = together.shape[0]
        base = np.random.default_rng(0).normal(size=(size, min(RANK, size)))
        for _ in range(ROUNDS):
            base, _ = np.linalg.qr(together @ base)
        self._base = base
        self._left = np.asarray((together @ base).T @ base)
        return self

    def score_rows(self, rows: Ints) -> Floats:
        """One line of numbers per asking organisation."""
        return np.round(np.asarray(self._base[rows] @ self._left @ self._base.T), 9)

    def scores(self, row: int) -> Floats:
        """The low-rank copy's number of projects together."""
        return np.asarray(self.score_rows(np.array([row]))[0])


class WordLikeness:
    """Cosine of TF-IDF: words of its name, its text, and the texts and sectors of the projects it took part in."""

    name = "tf-idf"

    def fit_network(self, network: Network) -> Self:
        """Weighs the words; no words at all gives zeros."""
        from sklearn.feature_extraction.text import TfidfTransformer

        own = tuple(" ".join(each) for each in zip(network.names, network.texts, network.sectors, strict=True))
        projects = tuple(" ".join(each) for each in zip(network.project_text, network.project_sector, strict=True))
        of_own, of_projects = word_counts(own, projects)
        counts = of_own + memberships(network).T @ of_projects
        self._words = sparse.csr_array(
            TfidfTransformer(sublinear_tf=True).fit_transform(counts.tocsr()) if len(network) else counts
        )
        self._turned = self._words.T.tocsr()
        return self

    def score_rows(self, rows: Ints) -> Floats:
        """One line of numbers per asking organisation."""
        return np.asarray((self._words[rows] @ self._turned).toarray())

    def scores(self, row: int) -> Floats:
        """Likeness 0..1 of what is written."""
        return np.asarray(self.score_rows(np.array([row]))[0])


@lru_cache(maxsize=1)
def word_counts(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[Any, Any]:
    """How often each word stands in each text (CSR; the same words for both lists); kept for the next cut.

    Words of two letters or more, accents and case aside; the 100,000 most frequent.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    words = CountVectorizer(strip_accents="unicode", max_features=MOST_WORDS)
    try:
        counts = sparse.csr_array(words.fit_transform([*first, *second]), dtype=np.float64)
    except ValueError:  # not one word
        counts = sparse.csr_array((len(first) + len(second), 1), dtype=np.float64)
    return counts[: len(first)], counts[len(first) :]
