# SPDX-License-Identifier: EUPL-1.2
"""Hard checks: what must hold before a partner is named. Only *failed* removes; *to verify* is said and ranks on.

The rules are the dated ones of `data.lazio.rules` (those for any partnership and those of the kind). `removed` decides
them over all candidates at once; `checks_of` gives the same rules for one pair, with words and sources.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np

from data.lazio.facts import organisation_facts
from data.lazio.goods import Good, good
from data.lazio.instruments import RuleCheck, kind_checks, universal_checks
from data.lazio.rules import rules_for
from data.model import Message, Organisation, OrganisationKind, Status
from matching.columns import STATUS_NOT_ACTIVE, Flags
from matching.features.chains import chain_strength, only_same_stage, pair_about_food
from matching.features.needs import goods_met
from matching.fields import FIELD_NAMES, fields_of_sector
from matching.graph import GIVES, OWN_WORDS
from matching.kinds import Partnership
from matching.links import row_values
from matching.question import Question
from matching.supposed import certain, is_supposed
from matching.words import plain

FIELD_SEEN = 0.65
"""How sure a field of work must be to say where a form is at home: by sector, category or name, not by one tender."""

PRODUCTS = frozenset({"agriculture", "fishing"})
"""Fields of work that the products on offer show."""

_SOCIAL_NAME = re.compile(r"\bcoop[a-z.]*(?:\W+\w+){0,2}?\W+social[ei]\b|\bsocial[ei]\W+coop")
_VOLUNTEER_NAME = re.compile(
    r"\b(?:o\W?d\W?v|a\W?p\W?s|organizzazione di volontariato|associazione di promozione sociale)\b"
)


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
        unlinked = question.known(question.columns.standing) & (chain_strength(question) == 0)
        found["N12"] = unlinked & ~question.supposed_links & ~met
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
        _side_facts(question, question.asker),
        _side_facts(question, row),
        pair_facts(question, row, chain=kind.chain),
    )


def _side_facts(question: Question, row: int) -> dict[str, object]:
    """What is known of one body, with its fields of work and whether it declares to give farm products."""
    sure = question.columns.fields[row]
    offered = tuple(_goods_offered(question, row))
    fields = {name for place, name in enumerate(FIELD_NAMES) if sure[place] >= FIELD_SEEN}
    fields |= {field for each in offered for code in each.ateco_2007 for field in fields_of_sector(code)} & PRODUCTS
    facts: dict[str, object] = {"fields": tuple(sorted(fields))} if fields else {}
    if any(code.startswith("01") for each in offered for code in each.ateco_2007):
        facts["farm_delivery"] = True
    return party_facts(question.organisation(row)) | facts


def _goods_offered(question: Question, row: int) -> Iterator[Good]:
    """Products that a body declares to offer, those that the vocabulary knows (services and skills left out)."""
    index = question.index
    for each in index.declarations[row]:
        if each.says in GIVES:
            known = (good(key) for key in index.declared_goods[each.id] if not key.startswith(OWN_WORDS))
            yield from (found for found in known if found.kind == "good")


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
    """What is known of one body, as facts of the rules.

    "Not a social one" follows from another known category; a social cooperative (L. 381/1991 art. 1), a voluntary body
    and an association for social promotion (D.Lgs. 117/2017 artt. 32 and 35) are named so by law.
    """
    facts, name = organisation_facts(body), plain(body.name)
    for supposed in [field for field in facts if is_supposed(body, field)]:
        del facts[supposed]
    told_type = certain(body, "social_type")
    if body.category is None and told_type is None:
        if body.kind in (OrganisationKind.COOPERATIVE, OrganisationKind.CONSORTIUM):
            facts["social_name"] = re.search(r"\bsocial|\bonlus\b", name) is not None
        if body.kind is OrganisationKind.COOPERATIVE and _SOCIAL_NAME.search(name):
            facts["social"] = True
    elif told_type is None and "social" not in str(body.category).lower():
        facts["social"] = False
    if body.kind is OrganisationKind.THIRD_SECTOR and _VOLUNTEER_NAME.search(name):
        facts["volunteer_or_promotion"] = True
    return facts


def status_told(body: Organisation) -> bool:
    """True when a body is known to be active, or is a public body (those that exist stand in their registers)."""
    return body.status not in (None, Status.CRISIS) or body.kind is OrganisationKind.PUBLIC_BODY


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
        "lighter_step": _lighter_step(question, row) or None,
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
    columns = question.columns
    if columns.standing[question.asker] < 0 or columns.standing[row] < 0:
        return None
    if columns.supposed[question.asker] or columns.supposed[row]:
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


def _lighter_step(question: Question, row: int) -> bool:
    """A consortium, network or project in common, as far as our lists say."""
    belonging = question.index.links.belonging
    shared = np.intersect1d(row_values(belonging, row)[0], row_values(belonging, question.asker)[0])
    return len(shared) > 0 or bool(question.together[row] > 0)


def _equal(own: bool | None, other: bool | None) -> bool | None:
    return own == other if own is not None and other is not None else None


def _social(question: Question, row: int) -> bool | None:
    known = int(question.columns.social[row])
    return None if known < 0 else known == 1
