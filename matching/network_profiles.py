# SPDX-License-Identifier: EUPL-1.2
"""What organisations of a network are, apart from what they did: words, kind, place, and who is like whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils.extmath import randomized_svd

from data.networks import Network
from matching.words import plain

Singles = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

ATTRIBUTES: Final = ("kinds", "countries", "nuts2", "nuts3", "cities", "sectors")
_SHARE: Final = {"kinds": 0.7, "countries": 0.5, "nuts2": 0.5, "nuts3": 0.6, "cities": 0.6, "sectors": 1.0}
"""How much an attribute counts beside the words (1.2) when two profiles are compared."""
_WORDS_SHARE: Final = 1.2
WORD: Final = r"(?u)\b[^\W\d_]{3,}\b"
MOST_WORDS: Final = 30_000
DIMENSIONS: Final = 48
MOSTLY: Final = 0.3
"""Share of known places from which nearness says something."""
EARTH_KM: Final = 12_742.0  # diameter


@dataclass(frozen=True)
class Profiles:
    """Profiles of a network's organisations, one row each.

    `codes` holds for each attribute that tells organisations apart the number of its value (-1 not known); `words` is
    TF-IDF of names and texts (rows of unit length); `features` the words and attributes together (unit length).
    `meaning` is the words in few dimensions (truncated SVD, unit length, 0 without words), and `embedding` the same
    with the attributes beside, in which likeness is measured. `positions` are points of the unit sphere (x 3),
    NaN where not known; `located` says whether enough places are known to use nearness.
    """

    codes: dict[str, Ints]
    words: sp.csr_array
    features: sp.csr_array
    meaning: Singles
    embedding: Singles
    positions: npt.NDArray[np.float64]
    located: bool

    def __len__(self) -> int:
        return int(self.embedding.shape[0])

    def likeness(self, rows: Ints) -> Singles:
        """Cosine of the profiles of these rows with everybody's, 0 with oneself."""
        like = self.embedding[rows] @ self.embedding.T
        like[np.arange(len(rows)), rows] = 0
        return np.asarray(np.maximum(like, 0), dtype=np.float32)

    def word_likeness(self, rows: Ints) -> Singles:
        """Cosine of the words of these rows with everybody's."""
        return against_all(self.words, rows)

    def meaning_likeness(self, rows: Ints) -> Singles:
        """Cosine of the meaning of these rows with everybody's, 0 where it is negative."""
        return np.asarray(np.maximum(self.meaning[rows] @ self.meaning.T, 0), dtype=np.float32)

    def nearness(self, rows: Ints) -> Singles:
        """-log(1 + km/10) to everybody; the mean of the row where a place is not known (0 when none is)."""
        chord = np.sqrt(np.maximum(2 - 2 * (self.positions[rows] @ self.positions.T), 0))
        near = -np.log1p(EARTH_KM * np.arcsin(np.minimum(chord / 2, 1)) / 10)
        known = np.isfinite(near)
        count = known.sum(axis=1, keepdims=True)
        mean = np.where(known, near, 0).sum(axis=1, keepdims=True) / np.maximum(count, 1)
        return np.asarray(np.where(known, near, mean), dtype=np.float32)

    def resembling(self, among: Ints, nearest: int, block: int = 500) -> sp.csr_array:
        """Everybody x everybody: of each row its `nearest` most alike rows of `among`, weights summing to 1."""
        size, most = len(self), min(nearest, len(among) - 1)
        if most < 1:
            return sp.csr_array((size, size), dtype=np.float32)  # type: ignore[return-value]
        chosen, weights = [], []
        for start in range(0, size, block):
            rows = np.arange(start, min(start + block, size))
            like = self.embedding[rows] @ self.embedding[among].T
            like[rows[:, None] == among[None]] = -1
            top = np.sort(np.argpartition(-like, most, axis=1)[:, :most], axis=1)
            found = np.maximum(np.take_along_axis(like, top, axis=1), 0) ** 4
            chosen.append(among[top])
            weights.append(found / (found.sum(axis=1, keepdims=True) + 1e-9))
        starts = np.arange(0, size * most + 1, most)
        data = np.concatenate(weights).ravel().astype(np.float32)
        return sp.csr_array((data, np.concatenate(chosen).ravel(), starts), shape=(size, size))


def build_profiles(network: Network) -> Profiles:
    """The profiles of a network; what it did plays no part, so they serve every history of the same organisations."""
    codes: dict[str, Ints] = {}
    for name in ATTRIBUTES:
        values = _codes(getattr(network, name))
        if len(np.unique(values[values >= 0])) > 1 and not any(
            np.array_equal(values, other) for other in codes.values()
        ):
            codes[name] = values
    words = tfidf([f"{name} {text}" for name, text in zip(network.names, network.texts, strict=True)], 0.5)
    blocks = [_SHARE[name] * _one_hot(values) for name, values in codes.items()]
    features = unit_rows(sp.csr_array(sp.hstack([*blocks, _WORDS_SHARE * words])))
    meaning = _embedding(words)
    being = [_embedding(sp.csr_array(sp.hstack(blocks)))] if blocks else []
    embedding = _unit(np.hstack([meaning, *being]))
    lat, lon = np.radians(network.lat), np.radians(network.lon)
    positions = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)
    known = np.isfinite(positions).all(axis=1)
    located = bool(known.mean() > MOSTLY) if len(known) else False
    return Profiles(codes, words, features, meaning, embedding, positions, located)


def tfidf(texts: Sequence[str], most: float) -> sp.csr_array:
    """TF-IDF of words of three letters and more that at least two texts and at most a share `most` of them use."""
    vectorizer = TfidfVectorizer(
        preprocessor=plain, sublinear_tf=True, min_df=2, max_df=most, token_pattern=WORD, max_features=MOST_WORDS
    )
    try:
        return sp.csr_array(vectorizer.fit_transform(texts), dtype=np.float32)
    except ValueError:  # no word is left
        return sp.csr_array((len(texts), 1), dtype=np.float32)  # type: ignore[return-value]


def unit_rows(matrix: sp.csr_array) -> sp.csr_array:
    """The matrix with rows of length 1; empty rows stay empty."""
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sp.csr_array(sp.diags_array(inverse(length)) @ matrix, dtype=np.float32)


def inverse(values: npt.NDArray[np.floating]) -> Singles:
    """1/x, 0 where x is 0."""
    found = np.zeros(len(values), dtype=np.float32)
    found[values > 1e-9] = 1 / values[values > 1e-9]
    return found


def against_all(matrix: sp.csr_array, rows: Ints) -> Singles:
    """Products of these rows with every row, as a dense array (rows x all)."""
    return np.ascontiguousarray((matrix @ matrix[rows].toarray().T).T, dtype=np.float32)


def _codes(values: Sequence[str]) -> Ints:
    flat = np.array([plain(value).strip() for value in values], dtype=object)
    known, codes = (
        np.unique(flat.astype(str), return_inverse=True) if len(flat) else (np.array([""]), np.array([], int))
    )
    return np.asarray(codes - (len(known) > 0 and known[0] == ""), dtype=np.int64)


def _one_hot(codes: Ints) -> sp.csr_array:
    known = np.flatnonzero(codes >= 0)
    shape = (len(codes), int(codes.max(initial=0)) + 1)
    return sp.csr_array((np.ones(len(known), dtype=np.float32), (known, codes[known])), shape=shape)


def _embedding(features: sp.csr_array) -> Singles:
    dimensions = min(DIMENSIONS, min(features.shape) - 1)
    if dimensions < 1:
        return np.zeros((features.shape[0], 1), dtype=np.float32)
    left, sizes, _ = randomized_svd(features, dimensions, n_iter=3, random_state=0)
    return _unit(left * sizes)


def _unit(rows: npt.NDArray[np.floating]) -> Singles:
    return np.asarray(rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-9), dtype=np.float32)
