# SPDX-License-Identifier: EUPL-1.2
"""Nearness of a text to the titles of the ATECO divisions: TF-IDF, built when first needed, nothing kept on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import scipy.sparse as sp

from data.inference.words import Token, stem, tokens
from data.lazio import ateco

VERSION = "2007"
LEAST = 0.1
"""Cosine below which a title says nothing."""

_EMPTY = """
    altr attivit aziend commerci connes escl esclus escluso fabbricazion fornitur general generi inclus lavor
    lavorazion mezzi nazional oper operazion organizzazion person prodott produzion public pubblic region scop servizi
    social special settor sociali soci tip us vari italian roman rom laz provinc comun territori
"""
_EMPTY_WORDS = frozenset(_EMPTY.split())


@dataclass(frozen=True, slots=True)
class Near:
    """The division whose titles are nearest to a text: cosine 0..1, the cosine of the next one, the common words."""

    division: str
    cosine: float
    next_cosine: float
    words: tuple[str, ...]


@dataclass(frozen=True)
class Titles:
    """The model: unit rows per division (divisions x stems), and the stems of each division."""

    divisions: tuple[str, ...]
    stems: tuple[frozenset[str], ...]
    matrix: sp.csr_array
    vectoriser: Any

    def near(self, texts: Sequence[Sequence[Token]]) -> list[Near | None]:
        """The nearest division of each text, None where no word of any title stands in it."""
        if not texts:
            return []
        rows = sp.csr_array(self.vectoriser.transform([_stems(text) for text in texts]))
        cosines = np.asarray((rows @ self.matrix.T).todense())
        best = np.argmax(cosines, axis=1)
        top = cosines[np.arange(len(texts)), best]
        cosines[np.arange(len(texts)), best] = -1.0
        rival = cosines.max(axis=1)
        return [
            self._near(text, int(best[row]), float(top[row]), float(rival[row])) if top[row] >= LEAST else None
            for row, text in enumerate(texts)
        ]

    def _near(self, text: Sequence[Token], division: int, cosine: float, rival: float) -> Near:
        known = self.stems[division]
        words = (token.surface for token in text if stem(token.folded) in known)
        return Near(self.divisions[division], cosine, max(rival, 0.0), tuple(dict.fromkeys(words)))


def _stems(text: Sequence[Token]) -> list[str]:
    found = (stem(token.folded) for token in text)
    return [word for word in found if len(word) > 2 and word not in _EMPTY_WORDS and not word.isdigit()]


def _as_it_is(document: Sequence[str]) -> Sequence[str]:
    return document


@cache
def titles() -> Titles:
    """The titles of every level that we ship, gathered by division of ATECO 2007."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # a second of import, needed only here

    gathered: dict[str, list[str]] = {}
    for entry in ateco(VERSION):
        if entry.level != "section":
            gathered.setdefault(entry.code[:2], []).extend(_stems(tokens(entry.title_it)))
    divisions = tuple(sorted(gathered))
    model = TfidfVectorizer(analyzer=_as_it_is, sublinear_tf=True, dtype=np.float64)
    matrix = sp.csr_array(model.fit_transform([gathered[division] for division in divisions]))
    return Titles(divisions, tuple(frozenset(gathered[division]) for division in divisions), matrix, model)
