# SPDX-License-Identifier: EUPL-1.2
"""What a role of a dossier requires: `kind:`, `sector:`, `theme:`, `good:` or `social-type:` and a value.

Italian names are taken too (tipo, settore, tema, bene, tipo sociale), and words that the vocabulary of goods knows need
no name at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from data.errors import InvalidValue
from data.identity import BadValue
from data.lazio.goods import good, match_goods
from data.lazio.sectors import ateco
from data.lazio.themes import theme_of, themes
from data.model import Message, OrganisationKind
from data.wording import clean, plain

MOST_NEEDS: Final = 10
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "kind": ("tipo", "natura"),
    "sector": ("settore", "ateco"),
    "theme": ("tema",),
    "good": ("bene", "servizio", "competenza", "offre"),
    "social-type": ("tipo sociale", "tiposociale"),
}
_NAMES: Final = {plain(word): name for name, words in NAMES.items() for word in (name, *words)}
_KINDS: Final = {
    "cooperativa": "cooperative",
    "consorzio": "consortium",
    "ente pubblico": "public-body",
    "terzo settore": "third-sector",
    "impresa": "firm",
}
_BETWEEN: Final = re.compile(r"[;|\n]")
_ALLOWED: Final = "kind:, sector:, theme:, good:, social-type:"


@dataclass(frozen=True, slots=True, order=True)
class Need:
    """One thing that a role requires."""

    name: str
    value: str

    def __str__(self) -> str:
        return f"{self.name}:{self.value}"


def read_needs(text: str) -> tuple[str, ...]:
    """The needs that a cell or a form names, as the store keeps them (`theme:welfare`); () for an empty one.

    Raises `BadValue` (`reject.needs` with the words and what is allowed).
    """
    parts = [words for part in _BETWEEN.split(text) if (words := clean(part))]
    if len(parts) > MOST_NEEDS:
        raise _wrong(text, f"<= {MOST_NEEDS}")
    return tuple(dict.fromkeys(str(each) for part in parts for each in _needs(part)))


def needs_of(written: tuple[str, ...]) -> tuple[Need, ...]:
    """What the store keeps, read back; entries that nobody understands any more are left out."""
    pairs = (words.partition(":") for words in written)
    return tuple(Need(name, value) for name, _, value in pairs if name in NAMES and value)


def _needs(part: str) -> tuple[Need, ...]:
    head, sign, tail = part.partition(":")
    name = _NAMES.get(plain(head)) if sign else None
    if name is None:
        return _goods(part)
    value = clean(tail)
    if name == "kind":
        return (Need(name, _kind(value, part)),)
    if name == "sector":
        return (Need(name, _sector(value, part)),)
    if name == "social-type":
        return (Need(name, _social_type(value, part)),)
    if name == "good":
        return _goods(value)
    return (Need(name, _theme(value, part)),)


def _kind(value: str, part: str) -> str:
    found = {plain(each.value): each.value for each in OrganisationKind} | {plain(k): v for k, v in _KINDS.items()}
    if plain(value) not in found:
        raise _wrong(part, ", ".join(OrganisationKind))
    return found[plain(value)]


def _sector(value: str, part: str) -> str:
    entry = ateco("2025").get(value) or ateco("2007").get(value)
    if entry is None or entry.level == "section":
        raise _wrong(part, "ATECO 01-99")
    return entry.code.replace(".", "")


def _social_type(value: str, part: str) -> str:
    found = value.upper().replace("TIPO", "").replace("TYPE", "").strip()
    if found not in {"A", "B", "A+B", "C"}:
        raise _wrong(part, "A, B, A+B, C")
    return found


def _theme(value: str, part: str) -> str:
    found = theme_of(value)
    if found is None:
        raise _wrong(part, ", ".join(each.key for each in themes()))
    return found.key


def _goods(words: str) -> tuple[Need, ...]:
    try:
        return (Need("good", good(words).key),)
    except InvalidValue:
        found = match_goods(words)
    if not found:
        raise _wrong(words, _ALLOWED)
    return tuple(Need("good", key) for key in found)


def _wrong(words: str, allowed: str) -> BadValue:
    return BadValue(Message("reject.needs", {"words": words[:80], "allowed": allowed}))
