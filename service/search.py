# SPDX-License-Identifier: EUPL-1.2
"""Finding names that people type, slips included: shared trigrams find candidates, rapidfuzz puts them in order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

_CANDIDATES: Final = 200
_LEAST: Final = 70.0
_SHORT_WORD: Final = 3
_MOST_WORDS: Final = 12
MAX_QUERY: Final = 100


def fold(text: str) -> str:
    """Lower case, no accents, punctuation as single spaces: how two spellings of one name become equal."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").casefold()
    return " ".join(re.findall(r"[a-z0-9]+", bare))


@dataclass(frozen=True, slots=True)
class Hit:
    """A name found: its place in the list that was indexed, and how alike it is (0..100)."""

    place: int
    likeness: float


@dataclass(frozen=True, slots=True)
class NameIndex:
    """Names folded, and for every trigram the places of the names that hold it (grams sorted, one run per gram)."""

    folded: tuple[str, ...]
    grams: NDArray[np.uint32]
    starts: NDArray[np.int64]
    places: NDArray[np.int32]
    weights: NDArray[np.float32]
    totals: NDArray[np.float32]

    @classmethod
    def build(cls, names: Sequence[str]) -> NameIndex:
        """The index of these names, in their order."""
        folded = tuple(fold(name) for name in names)
        padded = [f" {name} ".encode("ascii") for name in folded]
        lengths = np.fromiter((len(name) for name in padded), dtype=np.int64, count=len(padded))
        letters = np.frombuffer(b"".join(padded), dtype=np.uint8).astype(np.uint32)
        owner = np.repeat(np.arange(len(padded), dtype=np.int64), lengths)
        codes = _codes(letters)
        inside = owner[:-2] == owner[2:] if len(owner) > 2 else np.zeros(0, dtype=bool)
        pairs = np.unique((codes[inside].astype(np.int64) << 32) | owner[: len(codes)][inside])
        gram_of_pair = (pairs >> 32).astype(np.uint32)
        places = (pairs & 0xFFFFFFFF).astype(np.int32)
        grams, starts, counts = np.unique(gram_of_pair, return_index=True, return_counts=True)
        weights = np.log1p(len(names) / np.maximum(counts, 1)).astype(np.float32)
        totals = np.bincount(places, weights=np.repeat(weights, counts), minlength=len(names)).astype(np.float32)
        return cls(folded, grams, np.append(starts, len(places)).astype(np.int64), places, weights, totals)

    def find(self, text: str, limit: int) -> list[Hit]:
        """At most `limit` names like the text, the most alike first, among equals the shorter, then by place."""
        words = fold(text[:MAX_QUERY]).split()[:_MOST_WORDS]
        if not words or not len(self.grams):
            return []
        weights = [self._weight(word) for word in words]
        hits = [
            Hit(place, likeness)
            for place in self._candidates(" ".join(words)).tolist()
            if (likeness := _likeness(words, weights, self.folded[place])) >= _LEAST
        ]
        hits.sort(key=lambda hit: (-hit.likeness, len(self.folded[hit.place]), hit.place))
        return hits[:limit]

    def _weight(self, word: str) -> float:
        """How telling a word is: words that many names hold ("cooperativa") weigh little."""
        codes = np.unique(_codes(_letters(word)))
        found = np.minimum(np.searchsorted(self.grams, codes), len(self.grams) - 1)
        known = self.grams[found] == codes
        rarest = np.log1p(len(self.folded))
        return float(np.where(known, self.weights[found], rarest).sum())

    def _candidates(self, wanted: str) -> NDArray[np.int64]:
        codes = np.unique(_codes(_letters(wanted)))
        found = np.minimum(np.searchsorted(self.grams, codes), len(self.grams) - 1)
        found = found[self.grams[found] == codes]
        if not len(found):
            return np.zeros(0, dtype=np.int64)
        runs = [self.places[self.starts[gram] : self.starts[gram + 1]] for gram in found]
        weights = np.repeat(self.weights[found], [len(run) for run in runs])
        shared = np.bincount(np.concatenate(runs), weights=weights, minlength=len(self.folded))
        whole = float(self.weights[found].sum())
        alike = shared / whole + 0.3 * shared / (self.totals + whole)
        if len(alike) <= _CANDIDATES:
            return np.flatnonzero(alike > 0)
        best = np.argpartition(-alike, _CANDIDATES)[:_CANDIDATES]
        return np.sort(best[alike[best] > 0])


def _letters(folded: str) -> NDArray[np.uint32]:
    return np.frombuffer(f" {folded} ".encode("ascii"), dtype=np.uint8).astype(np.uint32)


def _codes(letters: NDArray[np.uint32]) -> NDArray[np.uint32]:
    return ((letters[:-2] << 16) | (letters[1:-1] << 8) | letters[2:]).astype(np.uint32)


def _likeness(words: Sequence[str], weights: Sequence[float], name: str) -> float:
    """0..100: weighted mean of each typed word's best match, and a tenth of the whole name's likeness."""
    parts = name.split()
    matched = sum(
        weight * max(_word_likeness(word, part) for part in parts) for word, weight in zip(words, weights, strict=True)
    )
    return round(0.9 * matched / sum(weights) + 0.1 * fuzz.ratio(" ".join(words), name), 2)


def _word_likeness(word: str, part: str) -> float:
    if part.startswith(word):
        return 90.0 + 10.0 * len(word) / len(part)
    return fuzz.ratio(word, part) if len(word) > _SHORT_WORD else 0.0
