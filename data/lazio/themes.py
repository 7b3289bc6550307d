# SPDX-License-Identifier: EUPL-1.2
"""Themes of work, a closed list in two languages: what an organisation, a tender or a territory is about."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from data.wording import plain


@dataclass(frozen=True, slots=True)
class Theme:
    """One theme: its key, its name and, in one line, what belongs to it, in both languages."""

    key: str
    it: str
    en: str
    says_it: str
    says_en: str


@lru_cache(maxsize=1)
def themes() -> tuple[Theme, ...]:
    """Every theme, in the order of the table."""
    table = tomllib.loads(files("data").joinpath("lazio", "themes.toml").read_text(encoding="utf-8"))
    return tuple(Theme(row["key"], row["it"], row["en"], row["says_it"], row["says_en"]) for row in table["theme"])


def theme_of(words: str) -> Theme | None:
    """The theme that a key or a name in either language means; None when there is none."""
    folded = plain(words)
    return next((each for each in themes() if folded in map(plain, (each.key, each.it, each.en))), None)


def theme_name(key: str, language: str) -> str:
    """The name of a theme; the words themselves where the key is none."""
    found = next((each for each in themes() if each.key == key), None)
    return key if found is None else found.en if language == "en" else found.it
