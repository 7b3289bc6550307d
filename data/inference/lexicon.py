# SPDX-License-Identifier: EUPL-1.2
"""The lexicon: beginnings of Italian words of work, and what each lets one suppose. Read from `lexicon.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

from data.inference.words import Token

Where = Literal["name", "text"]
FIELDS: Final = ("sector", "social_type", "chain_stages", "themes")
"""The fields of an organisation that inference may fill."""

SHORTEST: Final = 3
"""Letters of the shortest beginning of a word in the lexicon."""

_COLUMNS: Final = {"division": "sector", "social": "social_type", "stages": "chain_stages", "themes": "themes"}
_SURE: Final = 0.9


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: phrases (parts; True asks for the whole word), and values by field with how sure each is (0..1).

    `act` says what is bought in a tender, a `fallback` act only where no plainer one does, `place` words only beside a
    fallback act; `of_social` entries hold in the names of social co-operatives only.
    """

    phrases: tuple[tuple[tuple[str, bool], ...], ...]
    values: Mapping[str, tuple[tuple[str, float], ...]]
    where: tuple[Where, ...]
    act: bool
    fallback: bool
    place: bool
    of_social: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase of an entry found in a text: the tokens it covers, and how specific it is (parts, then letters)."""

    entry: Entry
    places: tuple[int, ...]
    rank: tuple[int, int]


@cache
def entries() -> tuple[Entry, ...]:
    """Every entry, in the order of the file."""
    text = files("data").joinpath("inference", "lexicon.toml").read_text(encoding="utf-8")
    return tuple(_entry(row) for row in tomllib.loads(text)["entry"])


def _entry(row: Mapping[str, Any]) -> Entry:
    values: dict[str, tuple[tuple[str, float], ...]] = {}
    for column, field in _COLUMNS.items():
        said = row.get(column, ())
        sure = float(row.get(f"sure_{column}", row.get("sure", _SURE)))
        if said:
            values[field] = tuple((one, sure) for one in ((said,) if isinstance(said, str) else said))
    where: tuple[Where, ...] = (row["in"],) if "in" in row else ("name", "text")
    flags = {name: bool(row.get(name, False)) for name in ("act", "fallback", "place", "of_social")}
    return Entry(tuple(_phrase(word) for word in row["words"].split()), values, where, **flags)


def _phrase(word: str) -> tuple[tuple[str, bool], ...]:
    return tuple((part.rstrip("_"), part.endswith("_")) for part in word.split("-"))


_Known = tuple[tuple[tuple[tuple[str, bool], ...], Entry], ...]


@cache
def _by_beginning(where: Where) -> Mapping[str, _Known]:
    """First part of a phrase -> the phrases that begin so."""
    found: dict[str, list[tuple[tuple[tuple[str, bool], ...], Entry]]] = {}
    for entry in entries():
        for phrase in entry.phrases if where in entry.where else ():
            found.setdefault(phrase[0][0], []).append((phrase, entry))
    return {beginning: tuple(known) for beginning, known in found.items()}


def hits(words: Sequence[Token], where: Where, *, social: bool = False) -> tuple[Hit, ...]:
    """Every phrase of the lexicon that stands in these words, in the order of the text.

    `social` says that the words are the name of a social co-operative.
    """
    return tuple(hit for hit in _hits(words, _by_beginning(where)) if social or not hit.entry.of_social)


def _hits(words: Sequence[Token], known: Mapping[str, _Known]) -> Iterator[Hit]:
    longest = max(map(len, known), default=0)
    for place, word in enumerate(words):
        folded = word.folded
        for length in range(SHORTEST, min(len(folded), longest) + 1):
            for phrase, entry in known.get(folded[:length], ()):
                if _stands(phrase, words, place):
                    letters = sum(len(part) for part, _whole in phrase)
                    yield Hit(entry, tuple(range(place, place + len(phrase))), (len(phrase), letters))


def _stands(phrase: Sequence[tuple[str, bool]], words: Sequence[Token], place: int) -> bool:
    if place + len(phrase) > len(words):
        return False
    return all(
        word.folded == part if whole else word.folded.startswith(part)
        for (part, whole), word in zip(phrase, words[place : place + len(phrase)], strict=True)
    )
