# SPDX-License-Identifier: EUPL-1.2
"""The vocabulary of goods, services, skills, spaces and equipment, and how free Italian words find its entries.

Matching is by phrase: accents, capitals and Italian endings are folded ("Mense scolastiche" = "mensa scolastica"),
small words are skipped ("olive da olio" = "olive olio"), the longest phrase at a place wins, and no phrase runs over
a comma or a full stop.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from data.errors import InvalidValue

GoodKind = Literal["good", "service", "skill", "space", "equipment"]

MAX_TEXT = 20_000
"""Characters of a text that are read; what lies beyond is ignored."""

_SMALL_WORDS = frozenset(
    [
        "a",
        "ad",
        "ai",
        "al",
        "alla",
        "alle",
        "allo",
        "agli",
        "con",
        "d",
        "da",
        "dai",
        "dal",
        "dalla",
        "dalle",
        "dall",
        "dei",
        "del",
        "dell",
        "della",
        "delle",
        "dello",
        "degli",
        "di",
        "e",
        "ed",
        "gli",
        "i",
        "il",
        "in",
        "l",
        "la",
        "le",
        "lo",
        "nei",
        "nel",
        "nell",
        "nella",
        "nelle",
        "o",
        "per",
        "su",
        "sul",
        "sulla",
        "un",
        "un'",
        "una",
        "uno",
    ]
)
_BREAK = "|"
_TOKEN = re.compile(r"[a-z0-9]+|[,;:.!?()/|\n]")


@dataclass(frozen=True, slots=True)
class Good:
    """One entry. `ateco_*` are undotted prefixes of who usually provides it; `broader` the entry it is a case of."""

    key: str
    it: str
    en: str
    kind: GoodKind
    synonyms_it: tuple[str, ...] = ()
    ateco_2007: tuple[str, ...] = ()
    ateco_2025: tuple[str, ...] = ()
    broader: str | None = None


@lru_cache(maxsize=1)
def goods() -> tuple[Good, ...]:
    """Every entry of the vocabulary, in the order of the table."""
    return tuple(_good(row) for row in _table()["goods"])


def good(key: str) -> Good:
    """The entry with this key; InvalidValue when there is none."""
    try:
        return _by_key()[key]
    except KeyError:
        raise InvalidValue(field="good", value=key, allowed=[]) from None


@lru_cache(maxsize=16384)
def match_goods(text: str) -> tuple[str, ...]:
    """Keys of the entries that a free Italian text names, each once, in the order of the text; () when none."""
    found: dict[str, None] = {}
    phrases, longest = _phrases()
    words = _fold(text[:MAX_TEXT])
    end = 0
    for at in [at for at, word in enumerate(words) if word in longest]:
        if at < end:
            continue  # within the phrase before
        for length in range(min(longest[words[at]], len(words) - at), 0, -1):
            key = phrases.get(tuple(words[at : at + length]))
            if key is not None:
                found[key] = None
                end = at + length
                break
    return tuple(found)


def same_goods(left: str, right: str) -> bool:
    """True when the two keys are one entry, or one is a case of the other (a school canteen is contract catering)."""
    return left == right or right in _line(left) or left in _line(right)


def _line(key: str) -> tuple[str, ...]:
    """The entries that `key` is a case of, nearest first."""
    broader = good(key).broader
    return (broader, *_line(broader)) if broader else ()


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    return tomllib.loads(files("data").joinpath("lazio", "goods.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _by_key() -> dict[str, Good]:
    return {one.key: one for one in goods()}


@lru_cache(maxsize=1)
def _phrases() -> tuple[dict[tuple[str, ...], str], dict[str, int]]:
    """Folded phrase to key, and by first word the number of words of the longest phrase that begins so; an entry's own
    name outranks another's synonym.
    """
    names = {tuple(_fold(one.it)): one.key for one in goods()}
    synonyms = {tuple(_fold(words)): one.key for one in goods() for words in one.synonyms_it}
    phrases = synonyms | names
    longest: dict[str, int] = {}
    for words in phrases:
        longest[words[0]] = max(longest.get(words[0], 0), len(words))
    return phrases, longest


@lru_cache(maxsize=1)
def _whole_words() -> frozenset[str]:
    return frozenset(_table()["whole_words"])


def _fold(text: str) -> list[str]:
    """Stems of a text, small words left out; a mark stands where a phrase must not run on."""
    plain = text.casefold()
    if not text.isascii():
        plain = unicodedata.normalize("NFKD", text).casefold()
        plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return [word for word in map(_folded_word, _TOKEN.findall(plain)) if word]


@lru_cache(maxsize=65536)
def _folded_word(token: str) -> str:
    if token in _SMALL_WORDS:
        return ""
    return token if token in _whole_words() else _stem(token) if token.isalnum() else _BREAK


def _stem(word: str) -> str:
    """Italian word without its ending: at most two vowels, then the h that only keeps a sound (boschi, bosc)."""
    if word.isdigit() or len(word) < 3:
        return word
    for _ in range(2):
        if len(word) > 2 and word[-1] in "aeiou":
            word = word[:-1]
    return word[:-1] if word.endswith(("ch", "gh")) else word


def _good(row: dict[str, Any]) -> Good:
    both = row.get("ateco", [])
    return Good(
        key=row["key"],
        it=row["it"],
        en=row["en"],
        kind=row["kind"],
        synonyms_it=tuple(row.get("synonyms_it", ())),
        ateco_2007=tuple(code.replace(".", "") for code in both + row.get("ateco_2007", [])),
        ateco_2025=tuple(code.replace(".", "") for code in both + row.get("ateco_2025", [])),
        broader=row.get("broader"),
    )
