# SPDX-License-Identifier: EUPL-1.2
"""Public acts and plans that dossiers belong to, and the groups worth hearing about each: our own working list."""

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
class Hearing:
    """One group to be heard: all that is given must hold; empty sets ask nothing."""

    it: str
    en: str
    kinds: frozenset[OrganisationKind]
    body_types: frozenset[BodyType] = frozenset()
    social_types: frozenset[str] = frozenset()
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """One kind of act or plan: `areas` are the levels of area that it usually covers, `basis` what it rests on."""

    key: str
    it: str
    en: str
    areas: tuple[str, ...]
    basis: str
    also: tuple[str, ...]
    hear: tuple[Hearing, ...]


@lru_cache(maxsize=1)
def plans() -> tuple[Plan, ...]:
    """Every kind of act or plan, in the order of the table; the last one is "other"."""
    return tuple(_plan(row) for row in _table()["plan"])


@lru_cache(maxsize=1)
def groups_to_verify() -> Mapping[str, Hearing]:
    """The groups of those who may belong to several groups, by what is not known of them (`social-type`, ...)."""
    return {name: Hearing(it=row["it"], en=row["en"], kinds=frozenset()) for name, row in _table()["to_verify"].items()}


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    return tomllib.loads(files("data").joinpath("lazio", "plans.toml").read_text(encoding="utf-8"))


def plan(key: str) -> Plan:
    """The kind of act or plan with this key; InvalidValue when there is none."""
    found = _by_key().get(key)
    if found is None:
        raise InvalidValue(field="plan", value=key, allowed=", ".join(_by_key()))
    return found


def plan_of(words: str) -> Plan | None:
    """The kind that a key or words of either language name; None when they name none."""
    folded = plain(words)
    return next((one for one in plans() if folded in map(plain, (one.key, one.it, one.en, *one.also))), None)


@lru_cache(maxsize=1)
def _by_key() -> Mapping[str, Plan]:
    return {one.key: one for one in plans()}


def _plan(row: dict[str, Any]) -> Plan:
    return Plan(
        row["key"],
        row["it"],
        row["en"],
        tuple(row["area"]),
        row["basis"],
        tuple(row.get("also", ())),
        tuple(_hearing(each) for each in row["hear"]),
    )


def _hearing(row: dict[str, Any]) -> Hearing:
    return Hearing(
        it=row["it"],
        en=row["en"],
        kinds=frozenset(map(OrganisationKind, row["kinds"])),
        body_types=frozenset(map(BodyType, row.get("body_types", ()))),
        social_types=frozenset(row.get("social_types", ())),
        fields=tuple(row.get("fields", ())),
    )
