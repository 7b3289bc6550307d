# SPDX-License-Identifier: EUPL-1.2
"""Who a call admits in plain words ("cooperative e consorzi, con sede a Rieti"), read as rules by a table of phrases.

All or nothing: words of which any is left over are no rule, and stay words.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

from data.wording import plain

_ITALIAN_JOINING: Final = "e ed o od oppure ovvero anche il lo la i gli le l di del dello della dei degli delle dell in"
_JOINING: Final = frozenset((*re.findall(r"\w+", _ITALIAN_JOINING), "and", "or"))
_SEAT: Final = re.compile(
    r"(?P<who>.*?)[\s,]*\b(?:(?:con|aventi|avente|che hanno)\s+)?(?:la\s+)?sede(?:\s+legale)?\s+"
    r"(?:in|nel|nella|nei|nell'|a|ad)\s*(?P<place>.+)",
    re.IGNORECASE | re.DOTALL,
)
LONGEST: Final = 12
"""Words of the longest spelling that is looked for."""
_LAZIO: Final = "VT | RI | RM | LT | FR"


@dataclass(frozen=True, slots=True)
class Phrase:
    """One known way to name who may apply: its name in both languages and the clauses that it stands for."""

    key: str
    it: str
    en: str
    rules: tuple[str, ...]


@lru_cache(maxsize=1)
def phrases() -> Mapping[str, Phrase]:
    """Every phrase by its key."""
    return {row["key"]: _phrase(row) for row in _table()}


def _table() -> list[dict[str, str]]:
    text = files("data").joinpath("lazio", "beneficiaries.toml").read_text(encoding="utf-8")
    return list(tomllib.loads(text)["phrase"])


def _phrase(row: Mapping[str, str]) -> Phrase:
    rules = tuple(rule.strip() for rule in row["rules"].split(";"))
    return Phrase(row["key"], row["it"], row["en"], rules)


@lru_cache(maxsize=1)
def _spellings() -> Mapping[tuple[str, ...], str]:
    return {_tokens(spelling): row["key"] for row in _table() for spelling in (*row["written"], row["it"], row["en"])}


def _tokens(text: str) -> tuple[str, ...]:
    """The words that count, folded."""
    found = (plain(word) for word in re.findall(r"\w+", text))
    return tuple(word for word in found if word and word not in _JOINING)


def rules_in_words(text: str) -> tuple[str, ...] | None:
    """The clauses that plain words stand for, as people would write them; None when a word of them is not known."""
    found = _SEAT.fullmatch(text)
    who, place = (found["who"], found["place"]) if found else (text, "")
    keys = _phrases_in(_tokens(who))
    if keys is None or not (keys or place):
        return None
    where = _LAZIO if plain(place) in {"lazio", "regionelazio"} else place.strip(" .")
    return (*_joined(keys), *((f"place = {where}",) if place else ()))


def _phrases_in(words: tuple[str, ...]) -> tuple[str, ...] | None:
    """The phrases that these words are made of, the longest first at each word; None when some word is left over."""
    found: list[str] = []
    at = 0
    while at < len(words):
        end = next((end for end in range(min(len(words), at + LONGEST), at, -1) if words[at:end] in _spellings()), None)
        if end is None:
            return None
        found.append(_spellings()[words[at:end]])
        at = end
    return tuple(dict.fromkeys(found))


def _joined(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Several phrases are alternatives: one clause where all are values of one name, else one that names them."""
    if len(keys) < 2:
        return tuple(rule for key in keys for rule in phrases()[key].rules)
    rules = [phrases()[key].rules for key in keys]
    names = {rule.partition(" = ")[0] for each in rules for rule in each}
    if len(names) == 1 and all(len(each) == 1 and " = " in each[0] for each in rules):
        values = dict.fromkeys(value.strip() for each in rules for value in each[0].partition(" = ")[2].split("|"))
        return (f"{names.pop()} = {' | '.join(values)}",)
    return (f"who = {' | '.join(keys)}",)
