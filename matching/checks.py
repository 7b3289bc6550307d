# SPDX-License-Identifier: EUPL-1.2
"""Hard checks: what must hold before a partner is named. Only *failed* removes; *to verify* is said and ranks on.

The rules are the dated ones of `data.lazio.rules` (those for any partnership and those of the kind). `removed` decides
them over all candidates at once; `checks_of` gives the same rules for one pair, with words and sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np

from data.lazio.facts import organisation_facts
from data.lazio.instruments import RuleCheck, kind_checks, universal_checks
from data.lazio.rules import rules_for
from data.model import Message, Organisation, OrganisationKind, Status
from matching.columns import STATUS_NOT_ACTIVE, Flags
from matching.features.chains import chain_strength, only_same_stage, pair_about_food
from matching.features.needs import goods_met
from matching.kinds import Partnership
from matching.links import row_values
from matching.question import Question


class CheckState(StrEnum):
    """How a check came out."""

    PASSED = "passed"
    FAILED = "failed"
    TO_VERIFY = "to-verify"


@dataclass(frozen=True, slots=True)
class Check:
    """One check of one pair, as shown: rule id, how it came out, words, legal or data source, day it was last read."""

    rule: str
    state: CheckState
    message: Message
    source: str = ""
    checked_on: date | None = None


def removed(question: Question, kind: Partnership) -> dict[str, Flags]:
    """For each check that can fail for this kind, by rule id: which candidates it removes."""
    index = question.index
    found = {
        "E26": question.of(index.columns.status) == STATUS_NOT_ACTIVE,
        "U01": question.of(index.entity) == index.entity[question.asker],
    }
    if kind.chain:
        met = goods_met(question) > 0
        found["N04"] = only_same_stage(question)
        found["N12"] = question.known(question.columns.sector) & (chain_strength(question) == 0) & ~met
    return {name: np.asarray(flags) for name, flags in found.items()}


@dataclass(frozen=True, slots=True)
class PairFacts:
    """The facts of the asker, of one body, and of the two together, as the rules read them."""

    own: Mapping[str, object]
    other: Mapping[str, object]
    together: Mapping[str, object]


def facts_of(question: Question, row: int, kind: Partnership) -> PairFacts:
    """What is known of a pair, gathered once for all its rules."""
    return PairFacts(
        party_facts(question.organisation(question.asker)),
        party_facts(question.organisation(row)),
        pair_facts(question, row, chain=kind.chain),
    )


def checks_of(facts: PairFacts, kind: Partnership) -> tuple[Check, ...]:
    """Every check of one pair, the universal ones first; of rules about each side, the partner's."""
    every = (facts.own, facts.other, facts.together)
    found = [*universal_checks(*every), *kind_checks(kind.name, *every)]
    return tuple(shown(check) for check in found if check.side != "a")


def labels_of(facts: PairFacts) -> tuple[Check, ...]:
    """Names that food of this pair may bear ("a chilometro zero"), each as a check; a failed label removes nothing."""
    if not facts.together.get("food"):
        return ()
    checks = (RuleCheck(rule, "pair", rule.check(facts.together)) for rule in rules_for("ETICHETTA_KM0"))
    return tuple(shown(check) for check in checks)


def shown(check: RuleCheck) -> Check:
    """A decided rule as it is shown: its sentence is "rule.ID"."""
    rule = check.rule
    state = CheckState(check.verdict.state)
    return Check(rule.id, state, Message(f"rule.{rule.id}"), rule.legal_basis or rule.source, rule.checked_on)


def party_facts(body: Organisation) -> dict[str, object]:
    """What is known of one body, as facts of the rules; "not a social one" follows from another known category."""
    facts = organisation_facts(body)
    if body.category is not None and body.social_type is None and "social" not in body.category.lower():
        facts["social"] = False
    return facts


def status_told(body: Organisation) -> bool:
    """True when a body is known to be active, or is a public body (those that exist stand in their registers)."""
    return body.status is not None or body.kind is OrganisationKind.PUBLIC_BODY


def pair_facts(question: Question, row: int, *, chain: bool = True) -> dict[str, object]:
    """What is known of the asker and one body together, as facts of the rules; unknown ones are left out."""
    index, asker = question.index, question.asker
    own, other = question.organisation(asker), question.organisation(row)
    facts: dict[str, object] = {
        "same_body": bool(index.entity[asker] == index.entity[row]),
        "already_merged": Status.MERGED in (own.status, other.status),
        "parent_child": _parent_child(question, row),
        "distance_km": question.km_to(row),
        "same_province": own.province == other.province if own.province and other.province else None,
        "same_prevalent_mutuality": _equal(own.prevalent_mutuality, other.prevalent_mutuality),
        "same_social": _equal(_social(question, asker), _social(question, row)),
        "rivals_for_lot": bool(question.rivalries[row] > 0) if len(row_values(index.links.lots, row)[0]) else None,
        "today": question.today,
    }
    if chain:
        single = question.about(row)
        facts["chain_relation"] = _relation(question, row)
        facts["declared_link"] = bool(goods_met(single)[0] > 0)
        facts["food"] = pair_about_food(question, row)
    return {name: value for name, value in facts.items() if value is not None}


def _relation(question: Question, row: int) -> str | None:
    if question.columns.sector[question.asker] < 0 or question.columns.sector[row] < 0:
        return None
    link = question.stage_link(row)
    if max(link.supplies, link.buys) > 0:
        return "adjacent"
    return "same-stage" if link.same_stage else "none"


def _parent_child(question: Question, row: int) -> bool:
    """A consortium and one of its members, as far as our lists say."""
    kinds = {question.organisation(question.asker).kind, question.organisation(row).kind}
    belonging = question.index.links.belonging
    shared = np.intersect1d(row_values(belonging, row)[0], row_values(belonging, question.asker)[0])
    return OrganisationKind.CONSORTIUM in kinds and len(shared) > 0


def _equal(own: bool | None, other: bool | None) -> bool | None:
    return own == other if own is not None and other is not None else None


def _social(question: Question, row: int) -> bool | None:
    known = int(question.columns.social[row])
    return None if known < 0 else known == 1
