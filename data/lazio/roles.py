# SPDX-License-Identifier: EUPL-1.2
"""Roles that dossiers and tables have to fill: a small bilingual vocabulary, and what speaks for a body in each."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from data.errors import InvalidValue
from data.model import BodyType, OrganisationKind
from data.wording import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One role. `kinds`, `body_types` and `social_types` say who may take it (empty: anybody).

    `divisions` (undotted ATECO prefixes, the same in both versions), `fields` of work, `themes` and `goods` (keys) are
    the signs that speak for a body; any one is enough. `also` are other words for the role.
    """

    key: str
    it: str
    en: str
    kinds: frozenset[OrganisationKind] = frozenset()
    body_types: frozenset[BodyType] = frozenset()
    social_types: frozenset[str] = frozenset()
    divisions: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    goods: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def has_signs(self) -> bool:
        """True when some work speaks for a body; a role without signs is open to whoever is of its kinds."""
        return bool(self.divisions or self.fields or self.themes or self.goods)


@lru_cache(maxsize=1)
def roles() -> tuple[Role, ...]:
    """Every role of the vocabulary, in the order of the table."""
    table = tomllib.loads(files("data").joinpath("lazio", "roles.toml").read_text(encoding="utf-8"))
    return tuple(_role(row) for row in table["role"])


def role(key: str) -> Role:
    """The role with this key; InvalidValue when there is none."""
    found = _by_key().get(key)
    if found is None:
        raise InvalidValue(field="role", value=key, allowed=", ".join(_by_key()))
    return found


def role_of(words: str) -> Role | None:
    """The role that a key or words of either language name; None for words of one's own."""
    return _by_words().get(plain(words))


def role_name(key_or_words: str, language: str) -> str:
    """A role as its reader knows it: the vocabulary's name of a key, else the words themselves."""
    found = _by_key().get(key_or_words)
    if found is None:
        return key_or_words
    return found.en if language == "en" else found.it


@lru_cache(maxsize=1)
def _by_key() -> Mapping[str, Role]:
    return {one.key: one for one in roles()}


@lru_cache(maxsize=1)
def _by_words() -> Mapping[str, Role]:
    """Folded words to role; a role's own names outrank another's synonyms."""
    synonyms = {plain(word): one for one in roles() for word in one.also}
    return synonyms | {plain(word): one for one in roles() for word in (one.key, one.it, one.en)}


def _role(row: dict[str, Any]) -> Role:
    return Role(
        key=row["key"],
        it=row["it"],
        en=row["en"],
        kinds=frozenset(map(OrganisationKind, row.get("kinds", ()))),
        body_types=frozenset(map(BodyType, row.get("body_types", ()))),
        social_types=frozenset(row.get("social_types", ())),
        divisions=tuple(row.get("divisions", ())),
        fields=tuple(row.get("fields", ())),
        themes=tuple(row.get("themes", ())),
        goods=tuple(row.get("goods", ())),
        also=tuple(row.get("also", ())),
    )
