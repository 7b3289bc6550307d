# SPDX-License-Identifier: EUPL-1.2
"""Eligibility rules as dated data: what each asks, of whom, how sure we are of it, and what it decides on given facts.

The facts that rules read stand in `data.lazio.facts`, the functions that decide in `data.lazio.predicates`.
A rule of certainty `memory` warns and never removes (E26 is the exception that the design decides), and so do the kinds
`warn` and `boost`: their check says "to-verify" where it would say "failed". Not legal advice.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from data.errors import InvalidValue
from data.lazio.facts import Facts
from data.lazio.predicates import Verdict, predicate

RuleKind = Literal["require", "deny", "warn", "limit", "boost"]
Certainty = Literal["read", "memory", "design"]
About = Literal["party", "body", "each", "pair"]

_DECIDING: frozenset[str] = frozenset({"require", "deny", "limit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One dated rule. `applies_to` holds codes of instruments, kinds of partnership, labels or calls, or ANY.

    `removes` is true when a failed check takes the partner or the instrument away.
    """

    id: str
    applies_to: tuple[str, ...]
    kind: RuleKind
    about: About
    predicate: str
    params: Mapping[str, object]
    text_it: str
    text_en: str
    legal_basis: str
    certainty: Certainty
    removes: bool
    source: str
    checked_on: date
    valid_from: date | None = None

    def check(self, facts: Facts) -> Verdict:
        """The verdict of this rule; "failed" only when the rule may remove, else "to-verify"."""
        verdict = predicate(self.predicate, **self.params)(facts)
        if verdict.state == "failed" and not self.removes:
            return replace(verdict, state="to-verify")
        return verdict


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Every rule that we ship, in the order of the table."""
    table = tomllib.loads(files("data").joinpath("lazio", "rules.toml").read_text(encoding="utf-8"))
    return tuple(_rule(row) for row in table["rule"])


@lru_cache(maxsize=256)
def rules_for(code: str) -> tuple[Rule, ...]:
    """Rules that name this instrument, kind of partnership, label or call; "ANY" gives the universal ones."""
    return tuple(rule for rule in rules() if code in rule.applies_to)


def rule(identifier: str) -> Rule:
    """The rule with this id; InvalidValue when there is none."""
    for one in rules():
        if one.id == identifier:
            return one
    raise InvalidValue(field="rule", value=identifier, allowed=[one.id for one in rules()])


def _rule(row: dict[str, Any]) -> Rule:
    certainty: Certainty = row["certainty"]
    return Rule(
        id=row["id"],
        applies_to=tuple(row["applies_to"]),
        kind=row["kind"],
        about=row["about"],
        predicate=row["predicate"],
        params=row.get("params", {}),
        text_it=row["text_it"],
        text_en=row["text_en"],
        legal_basis=row.get("legal_basis", ""),
        certainty=certainty,
        removes=row["kind"] in _DECIDING and row.get("removes", certainty != "memory"),
        source=row["source"],
        checked_on=row["checked_on"],
        valid_from=row.get("valid_from"),
    )
