# SPDX-License-Identifier: EUPL-1.2
"""The words of names: little words, forms, abbreviations, roles and places, from `vocabulary.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

_TOLD: dict[str, Any] = tomllib.loads(Path(__file__).with_name("vocabulary.toml").read_text(encoding="utf-8"))


def _words(name: str) -> frozenset[str]:
    return frozenset(str(_TOLD[name]).split())


LITTLE, ROLES, EVERYWHERE, REGIONS = (_words(name) for name in ("little", "roles", "everywhere", "regions"))
WHOLE, SCHOOLS, TITLES, SISTERS = (_words(name) for name in ("whole", "schools", "titles", "sisters"))
SPELT = tuple(sorted(_words("spelt")))
FORMS: dict[str, str] = {
    word: "" if family == "other" else family for family, words in _TOLD["forms"].items() for word in words.split()
}
"""Words of legal form and the family they speak of, "" for a quality that goes with several."""
COMPANIES = {"SRL": "SRL", "SRLS": "SRL", "SRLU": "SRL", "SPA": "SPA", "SAPA": "SPA", "SNC": "SNC", "SAS": "SAS"}
PREPOSITIONS: dict[str, str] = {
    word: preposition for preposition, words in _TOLD["prepositions"].items() for word in words.split()
}
"""Prepositions, alone or joined to an article, and which one it is."""
ABBREVIATIONS: dict[str, str] = _TOLD["abbreviations"]
ORDINALS: dict[str, int] = _TOLD["ordinals"]
FAR_CAPITALS: dict[str, str] = _TOLD["capitals"]
FAR = REGIONS | FAR_CAPITALS.keys()
"""Places beyond the region that names tell."""
PHRASES: dict[str, str] = _TOLD["phrases"]
ASSOCIATION, CONSORTIUM, FOUNDATION = "association", "consortium", "foundation"
SILENT = frozenset(word for word, family in FORMS.items() if family in ("", "company"))
"""Words of form whose letters no acronym takes in."""
