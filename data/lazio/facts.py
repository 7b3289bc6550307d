# SPDX-License-Identifier: EUPL-1.2
"""The plain facts that eligibility rules read: FACTS holds every name with its kind and its meaning.

A fact that is not known is left out, or None. A name that is not in FACTS is UnknownFact; a value of the wrong kind is
InvalidValue: a typing error in a fact must never pass for a fact that is missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from data.errors import InvalidValue, LandError
from data.model import BodyType, Organisation, OrganisationKind, Status

Facts = Mapping[str, object]
FactKind = Literal["flag", "share", "number", "text", "words", "day", "code"]
FactOf = Literal["organisation", "body", "together"]

_LAZIO_PROVINCES = frozenset({"056", "057", "058", "059", "060", "VT", "RI", "RM", "LT", "FR"})


@dataclass(frozen=True, slots=True)
class Fact:
    """One name: whose it is, the kind of its value (share 0..1, number >= 0), what it means, its codes if any."""

    of: FactOf
    kind: FactKind
    meaning: str
    codes: frozenset[str] = frozenset()


class UnknownFact(LandError):
    """A fact has a name that no rule knows (params: fact)."""

    key = "error.unknown-fact"


_CASES_201 = frozenset({"green-areas", "disused-assets", "local-works"})
_RELATIONS = frozenset({"adjacent", "same-stage", "none"})

FACTS: Mapping[str, Fact] = {
    # of one organisation
    "kind": Fact("organisation", "code", "kind of organisation", frozenset(OrganisationKind)),
    "legal_form": Fact("organisation", "text", "legal form, as its source writes it"),
    "category": Fact("organisation", "text", "category of the national register of cooperatives"),
    "sector": Fact("organisation", "text", "ATECO code"),
    "sector_version": Fact("organisation", "code", "version of the ATECO code", frozenset({"2007", "2025"})),
    "fields": Fact("organisation", "words", "fields of work, read off its sector, category, name, offers or tenders"),
    "status": Fact("organisation", "code", "stage of its legal life", frozenset(Status)),
    "cooperative": Fact("organisation", "flag", "it is a cooperative"),
    "social": Fact("organisation", "flag", "it is a social cooperative or a consortium of them"),
    "social_name": Fact("organisation", "flag", "its name says that it is social, as the law asks of social ones"),
    "social_type": Fact("organisation", "code", "type of social cooperative", frozenset({"A", "B", "A+B", "C"})),
    "social_share": Fact("organisation", "share", "share of social cooperatives among a consortium's members"),
    "disadvantaged_share": Fact("organisation", "share", "share of disadvantaged workers, volunteers left out"),
    "integration_aim": Fact("organisation", "flag", "its main aim is work integration"),
    "prevalent_mutuality": Fact("organisation", "flag", "cooperative with prevalent mutuality"),
    "third_sector": Fact("organisation", "flag", "third-sector body"),
    "third_sector_activities": Fact("organisation", "words", "letters of its activities of general interest (art. 5)"),
    "runts": Fact("organisation", "flag", "in the national register of the third sector"),
    "social_enterprise": Fact("organisation", "flag", "social enterprise"),
    "nonprofit": Fact("organisation", "flag", "body without profit aim"),
    "social_farming": Fact("organisation", "flag", "recognised social farming operator"),
    "onlus": Fact("organisation", "flag", "ONLUS"),
    "cultural_creative": Fact("organisation", "flag", "cultural or creative firm"),
    "regional_register": Fact("organisation", "flag", "in the regional register of social cooperatives"),
    "national_register": Fact("organisation", "flag", "in the national register of cooperatives"),
    "in_lazio": Fact("organisation", "flag", "it has a seat in Lazio"),
    "founders_count": Fact("organisation", "number", "founders of a cooperative to be"),
    "sme": Fact("organisation", "flag", "micro, small or medium firm"),
    "heavy_debt": Fact("organisation", "flag", "heavy debts"),
    "negative_equity": Fact("organisation", "flag", "negative equity"),
    "pending_audit": Fact("organisation", "flag", "pending cooperative audit"),
    "farm_delivery": Fact("organisation", "flag", "it grows or delivers farm products"),
    "local_seat": Fact("organisation", "flag", "it has its seat in the community's territory"),
    "target_area": Fact("organisation", "flag", "mountain, inner, depopulating area or metropolitan outskirts"),
    "resident_members": Fact("organisation", "flag", "residents, or people steadily at work there, among the members"),
    "community_clause": Fact("organisation", "flag", "status of community cooperative written in the deed"),
    "accreditation_requirements": Fact("organisation", "flag", "it meets what the body asks for accreditation"),
    "young_members": Fact("organisation", "flag", "made mostly of people below 40"),
    "takes_operating_risk": Fact("organisation", "flag", "it can invest and take on the risk of running the service"),
    "volunteer_or_promotion": Fact("organisation", "flag", "voluntary body or association for social promotion"),
    "six_months_registered": Fact("organisation", "flag", "in the national register for six months at least"),
    "in_difficulty": Fact("organisation", "flag", "firm in difficulty"),
    "catastrophe_insurance": Fact("organisation", "flag", "insured against catastrophes"),
    # of a public body
    "body_type": Fact("body", "code", "kind of public body", frozenset(BodyType)),
    "commons_regulation": Fact("body", "flag", "it has a regulation on commons"),
    "general_act": Fact("body", "flag", "it has a general act on social partnership"),
    "partnership_201_case": Fact("body", "code", "case of social partnership", _CASES_201),
    "holds_confiscated_assets": Fact("body", "flag", "it has confiscated assets to assign"),
    "holds_trail_buildings": Fact("body", "flag", "it has a building along a trail or cycle path to grant"),
    # of the two together, the place, the goods, the contract, the call
    "same_body": Fact("together", "flag", "they are one legal person"),
    "already_merged": Fact("together", "flag", "they have merged"),
    "parent_child": Fact("together", "flag", "one is a member of the other"),
    "new_purpose": Fact("together", "flag", "the purpose is new for them"),
    "distance_km": Fact("together", "number", "straight distance, km"),
    "same_province": Fact("together", "flag", "both in one province"),
    "food": Fact("together", "flag", "what passes is food"),
    "intermediaries": Fact(
        "together", "words", "kinds of those between producer and consumer; None for an unknown one"
    ),
    "chain_relation": Fact("together", "code", "how their activities relate in the chains", _RELATIONS),
    "declared_link": Fact("together", "flag", "a declared offer of one meets a declared need of the other"),
    "group_social_share": Fact("together", "share", "share of social cooperatives in the group to be"),
    "group_size": Fact("together", "number", "members of the group to be"),
    "duration_years": Fact("together", "number", "length of the agreement, years"),
    "common_structure": Fact("together", "flag", "a common business structure"),
    "same_prevalent_mutuality": Fact("together", "flag", "both of prevalent mutuality, or neither"),
    "same_social": Fact("together", "flag", "both social, or neither"),
    "rivals_for_lot": Fact("together", "flag", "they compete for one tender lot"),
    "regions_count": Fact("together", "number", "regions involved"),
    "max_region_cost_share": Fact("together", "share", "share of the costs in the heaviest region"),
    "chain_agreement": Fact("together", "flag", "a chain agreement with lead partner and collective mandate"),
    "lighter_step": Fact("together", "flag", "they have tried a lighter form together"),
    "tender_in_view": Fact("together", "flag", "a tender to bid for together"),
    "call_in_view": Fact("together", "flag", "a call that admits a common project"),
    "legal_personality_asked": Fact("together", "flag", "a call that asks the network for legal personality"),
    "producer_minimums": Fact("together", "flag", "members and value reach the minimums of producer organisations"),
    "in_food_district": Fact("together", "flag", "a recognised food or organic district covers their territory"),
    "same_primary_substation": Fact("together", "flag", "both under one primary substation"),
    "public_notice": Fact("together", "flag", "a public notice has been published"),
    "below_eu_threshold": Fact("together", "flag", "amount below the European threshold"),
    "social_health_object": Fact("together", "flag", "the object is social, health or educational services"),
    "cultural_asset": Fact("together", "flag", "the object is a cultural asset"),
    "public_asset": Fact("together", "flag", "the asset belongs to a public body"),
    "current_rent": Fact("together", "flag", "the asset yields a rent now"),
    "hazard_veto": Fact("together", "flag", "landslide or flood hazard that rules the place out"),
    "offered": Fact("together", "flag", "the owner offers the place"),
    "amount_eur": Fact("together", "number", "amount of the programme, euro"),
    "spend_eur": Fact("together", "number", "eligible spending, euro"),
    "grant_eur": Fact("together", "number", "grant asked for, euro"),
    "aggregated": Fact("together", "flag", "the project is of a group"),
    "all_members_lazio_cooperatives": Fact("together", "flag", "every member of the group is a cooperative of Lazio"),
    "single_form": Fact("together", "flag", "the applicant is alone"),
    "own_stand": Fact("together", "flag", "the applicant has its own stand"),
    "fairs_count": Fact("together", "number", "fairs in the year"),
    "cfi_stake_eur": Fact("together", "number", "stake of CFI, euro"),
    "loan_eur": Fact("together", "number", "loan, euro"),
    "loan_years": Fact("together", "number", "length of the loan, years"),
    "call_deadline": Fact("together", "day", "last day of the call"),
    "today": Fact("together", "day", "the day of the question"),
}


def checked_facts(facts: Facts) -> Facts:
    """The same facts when every name and value is of the right kind; UnknownFact or InvalidValue otherwise."""
    for name, value in facts.items():
        if name not in FACTS:
            raise UnknownFact(fact=name)
        if value is not None and not _fits(FACTS[name], value):
            raise InvalidValue(field=name, value=repr(value), allowed=sorted(FACTS[name].codes))
    return facts


def organisation_facts(organisation: Organisation) -> dict[str, object]:
    """What the store knows of one body, as facts; what is not known is left out, as is a code that no rule knows."""
    place = (organisation.municipality or "")[:3] or organisation.province
    found: dict[str, object] = {
        "kind": organisation.kind,
        "legal_form": organisation.legal_form,
        "category": organisation.category,
        "sector": organisation.sector,
        "sector_version": organisation.sector_version,
        # What a body says of a crisis is told in confidence: no rule and no reason may rest on it.
        "status": None if organisation.status is Status.CRISIS else organisation.status,
        "social_type": organisation.social_type,
        "social_share": organisation.social_share,
        "disadvantaged_share": organisation.disadvantaged_share,
        "prevalent_mutuality": organisation.prevalent_mutuality,
        "third_sector": organisation.third_sector,
        "body_type": organisation.body_type,
        "in_lazio": place in _LAZIO_PROVINCES if place else None,
    }
    return {name: value for name, value in found.items() if value is not None and _fits(FACTS[name], value)}


def _fits(fact: Fact, value: object) -> bool:
    return value in fact.codes if fact.kind == "code" and isinstance(value, str) else _CHECKS[fact.kind](value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and _is_number(value) and value <= 1


def _is_words(value: object) -> bool:
    return isinstance(value, tuple | list) and all(word is None or isinstance(word, str) for word in value)


_CHECKS: Mapping[FactKind, Callable[[object], bool]] = {
    "flag": lambda value: isinstance(value, bool),
    "share": _is_share,
    "number": _is_number,
    "text": lambda value: isinstance(value, str),
    "words": _is_words,
    "day": lambda value: type(value) is date,
    "code": lambda _: False,
}
