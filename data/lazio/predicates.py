# SPDX-License-Identifier: EUPL-1.2
"""The predicates behind the eligibility rules: pure functions of facts, each saying that its rule is respected.

Three states: passed, failed, to-verify. A missing fact gives "to-verify" and never "failed", and a verdict once decided
does not change when more facts become known (facts that contradict each other are left to a person: to-verify).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Literal

from data.errors import InvalidValue
from data.lazio.facts import FACTS, Facts, UnknownFact, checked_facts
from data.model import OrganisationKind, Status

State = Literal["passed", "failed", "to-verify"]
Truth = bool | None
"""True, False, or None for what is not known."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a predicate decided; `missing` names the facts that would decide it (empty once it is decided)."""

    state: State
    missing: tuple[str, ...] = ()


def predicate(name: str, **params: Any) -> Callable[[Facts], Verdict]:
    """The named pure function of facts, its parameters bound; InvalidValue when there is no such predicate."""
    if name not in _PREDICATES:
        raise InvalidValue(field="predicate", value=name, allowed=sorted(_PREDICATES))
    decide = _PREDICATES[name]

    def judged(facts: Facts) -> Verdict:
        known = _Known(facts)
        truth = decide(known, **params)
        if truth is None:
            return Verdict("to-verify", tuple(known.missing))
        return Verdict("passed" if truth else "failed")

    return judged


def predicate_names() -> tuple[str, ...]:
    """Names of every predicate, sorted."""
    return tuple(sorted(_PREDICATES))


def is_social(facts: Facts) -> Truth:
    """Whether the organisation is a social cooperative or a consortium of them; None when that is not known."""
    return _social(_Known(facts))


def is_a_cooperative(facts: Facts) -> Truth:
    """Whether the organisation is a cooperative; None when that is not known (a consortium may or may not be one)."""
    return _cooperative(_Known(facts))


def all_of(*truths: Truth) -> Truth:
    """False as soon as one is false, else not known as soon as one is not known, else true."""
    if False in truths:
        return False
    return None if None in truths else True


def any_of(*truths: Truth) -> Truth:
    """True as soon as one is true, else not known as soon as one is not known, else false."""
    if True in truths:
        return True
    return None if None in truths else False


def negation(truth: Truth) -> Truth:
    """The contrary; what is not known stays so."""
    return None if truth is None else not truth


# ---------------------------------------------------------------- three-valued reading of facts


class _Known:
    """Facts being read; remembers which of the names asked for are missing."""

    def __init__(self, facts: Facts) -> None:
        self._facts = checked_facts(facts)
        self.missing: dict[str, None] = {}

    def get(self, name: str) -> Any:
        if name not in FACTS:
            raise UnknownFact(fact=name)
        value = self._facts.get(name)
        if value is None:
            self.missing[name] = None
        return value

    def flag(self, name: str) -> Truth:
        value = self.get(name)
        return None if value is None else bool(value)

    def one_of(self, name: str, allowed: Collection[str]) -> Truth:
        value = self.get(name)
        return None if value is None else value in allowed

    def up_to(self, name: str, limit: float) -> Truth:
        value = self.get(name)
        return None if value is None else value <= limit

    def from_(self, name: str, limit: float) -> Truth:
        value = self.get(name)
        return None if value is None else value >= limit


# ---------------------------------------------------------------- what several predicates ask


def _social(f: _Known) -> Truth:
    """A social type or the category says yes, an explicit `social` either; who is no cooperative is not social."""
    category = (f.get("category") or "").casefold()
    typed = True if f.get("social_type") is not None or "social" in category else None
    return _agreed(f.flag("social"), typed, False if _cooperative(f) is False else None)


def _cooperative(f: _Known) -> Truth:
    """The kind says it, save for a consortium; a legal form that names a cooperative says yes."""
    kind = f.get("kind")
    by_kind: Truth = kind == OrganisationKind.COOPERATIVE
    if kind is None or kind == OrganisationKind.CONSORTIUM:
        by_kind = None
    by_form = True if "cooperativ" in (f.get("legal_form") or "").casefold() else None
    return _agreed(f.flag("cooperative"), by_kind, by_form)


def _agreed(*votes: Truth) -> Truth:
    """What the votes that are known say; None when there is none, or when they contradict each other."""
    known = {vote for vote in votes if vote is not None}
    return known.pop() if len(known) == 1 else None


def _consortium(f: _Known) -> Truth:
    kind = f.get("kind")
    if kind == OrganisationKind.CONSORTIUM or f.get("social_type") == "C":
        return True
    return None if kind is None else False


def _type_b(f: _Known) -> Truth:
    """Type-B social cooperative; not known where the type is not, and A+B is left to a person."""
    social_type = f.get("social_type")
    if social_type in ("A", "C"):
        return False
    return True if social_type == "B" else all_of(_cooperative(f), _social(f), None)


def _third_sector(f: _Known) -> Truth:
    """Registered third-sector body; social cooperatives are social enterprises by law, other cooperatives are not."""
    return any_of(f.flag("runts"), f.flag("third_sector"), f.flag("social_enterprise"), _social(f))


_PREDICATES: dict[str, Callable[..., Truth]] = {}


def _predicate(function: Callable[..., Truth]) -> Callable[..., Truth]:
    _PREDICATES[function.__name__] = function
    return function


# ---------------------------------------------------------------- predicates: each says that its rule is respected


@_predicate
def is_true(f: _Known, fact: str) -> Truth:
    """The fact holds."""
    return f.flag(fact)


@_predicate
def is_false(f: _Known, fact: str) -> Truth:
    """The fact does not hold."""
    return negation(f.flag(fact))


@_predicate
def at_least(f: _Known, fact: str, min: float) -> Truth:  # noqa: A002  # the word of the rule table
    """The number is at least `min`."""
    return f.from_(fact, min)


@_predicate
def at_most(f: _Known, fact: str, max: float) -> Truth:  # noqa: A002  # the word of the rule table
    """The number is at most `max`."""
    return f.up_to(fact, max)


@_predicate
def active(f: _Known) -> Truth:
    """The organisation is active: E26."""
    return f.one_of("status", {Status.ACTIVE, Status.NEW})


@_predicate
def type_b_or_social_consortium(f: _Known, min_share: float) -> Truth:
    """Type-B social cooperative, or consortium with enough social cooperatives; A+B is left to a person."""
    consortium = _consortium(f)
    return any_of(all_of(negation(consortium), _type_b(f)), all_of(consortium, f.from_("social_share", min_share)))


@_predicate
def social_cooperative(f: _Known, min_share: float) -> Truth:
    """Social cooperative, or consortium with enough of them."""
    return any_of(_social(f), all_of(_consortium(f), f.from_("social_share", min_share)))


@_predicate
def disadvantaged_workers(f: _Known, min_share: float) -> Truth:
    """Enough disadvantaged workers; of a consortium the members must be looked at one by one."""
    enough = f.from_("disadvantaged_share", min_share)
    return enough if _consortium(f) is False or enough is True else None


@_predicate
def small_social_contract(f: _Known) -> Truth:
    """Below the threshold, no social or health object, in the regional register: E03."""
    return all_of(f.flag("below_eu_threshold"), negation(f.flag("social_health_object")), f.flag("regional_register"))


@_predicate
def reserved_contract_operator(f: _Known, min_share: float) -> Truth:
    """Main aim of work integration, which is what type B is for, or sheltered programme: E05."""
    return any_of(_type_b(f), f.flag("integration_aim"), f.from_("disadvantaged_share", min_share))


@_predicate
def third_sector_body(f: _Known) -> Truth:
    """Third-sector body, social cooperatives included: E06."""
    return _third_sector(f)


@_predicate
def third_sector_not_social_enterprise(f: _Known) -> Truth:
    """Third-sector body that is no social enterprise, so no social cooperative: E08."""
    enterprise = any_of(f.flag("social_enterprise"), _social(f))
    return all_of(negation(enterprise), any_of(f.flag("runts"), f.flag("third_sector")))


@_predicate
def cultural_third_sector_on_public_asset(f: _Known, activities: Collection[str]) -> Truth:
    """Third-sector body of the right activities, and a public cultural asset without rent: E10."""
    held = f.get("third_sector_activities")
    right = None if held is None else any(one in activities for one in held)
    return all_of(
        _third_sector(f), right, f.flag("cultural_asset"), f.flag("public_asset"), negation(f.flag("current_rent"))
    )


@_predicate
def social_partnership_case(f: _Known) -> Truth:
    """One of the three cases, and a general act of the body: E12."""
    case = None if f.get("partnership_201_case") is None else True
    return all_of(case, f.flag("general_act"))


@_predicate
def confiscated_asset_user(f: _Known) -> Truth:
    """One of those to whom confiscated assets may be given: E14."""
    prevalent = all_of(_cooperative(f), f.flag("prevalent_mutuality"))
    return any_of(_social(f), f.flag("nonprofit"), f.flag("third_sector"), prevalent, f.flag("social_farming"))


@_predicate
def community_cooperative(f: _Known) -> Truth:
    """Requirements of the regional law on community cooperatives: E15."""
    form = any_of(_cooperative(f), _consortium(f))
    names = ("sme", "local_seat", "target_area", "resident_members", "community_clause")
    return all_of(form, *(f.flag(name) for name in names))


@_predicate
def is_cooperative(f: _Known) -> Truth:
    """The organisation is a cooperative."""
    return _cooperative(f)


@_predicate
def stable_consortium(f: _Known, min_members: int, min_years: int) -> Truth:
    """Enough members for long enough, with a common structure: E17."""
    return all_of(f.from_("group_size", min_members), f.from_("duration_years", min_years), f.flag("common_structure"))


@_predicate
def zero_kilometre(f: _Known, max_km: float) -> Truth:
    """Food within the radius or the same province: E19."""
    return all_of(f.flag("food"), any_of(f.up_to("distance_km", max_km), f.flag("same_province")))


@_predicate
def short_chain(f: _Known, max_intermediaries: int) -> Truth:
    """Food with few intermediaries, cooperatives and consortia not counted; an unknown one may count or not: E20."""
    between = f.get("intermediaries")
    if between is None:
        return all_of(f.flag("food"), None)
    not_counted = {OrganisationKind.COOPERATIVE.value, OrganisationKind.CONSORTIUM.value}
    sure = sum(kind is not None and kind not in not_counted for kind in between)
    possible = sure + sum(kind is None for kind in between)
    few: Truth = False if sure > max_intermediaries else (True if possible <= max_intermediaries else None)
    return all_of(f.flag("food"), few)


@_predicate
def chain_contract(f: _Known, min_regions: int, max_share: float) -> Truth:
    """Enough regions, none too heavy, and an agreement: E21."""
    share = f.up_to("max_region_cost_share", max_share)
    return all_of(f.from_("regions_count", min_regions), share, f.flag("chain_agreement"))


@_predicate
def lazio_cooperatives_call(f: _Known, min_spend_eur: float, max_grant_eur: float, max_group_grant_eur: float) -> Truth:
    """Requirements of the 2025 call for cooperatives of Lazio: E22."""
    aggregated = f.flag("aggregated")
    alone = all_of(negation(aggregated), f.up_to("grant_eur", max_grant_eur))
    group = all_of(aggregated, f.flag("all_members_lazio_cooperatives"), f.up_to("grant_eur", max_group_grant_eur))
    applicant = all_of(_cooperative(f), negation(_social(f)), f.flag("in_lazio"), f.flag("national_register"))
    return all_of(applicant, f.from_("spend_eur", min_spend_eur), any_of(alone, group))


@_predicate
def fair_voucher(f: _Known, max_fairs: int) -> Truth:
    """Requirements of the voucher for fairs: E23."""
    flags = [f.flag(name) for name in ("sme", "in_lazio", "single_form", "own_stand")]
    return all_of(*flags, f.up_to("fairs_count", max_fairs))


@_predicate
def marcora_loan(f: _Known, min_years: float, max_years: float, max_loan_eur: float, max_times_stake: float) -> Truth:
    """Requirements and limits of the Nuova Marcora loan: E24."""
    loan, stake = f.get("loan_eur"), f.get("cfi_stake_eur")
    within = None if loan is None or stake is None else loan <= max_times_stake * stake
    member = None if stake is None else stake > 0
    years = all_of(f.from_("loan_years", min_years), f.up_to("loan_years", max_years))
    sound = all_of(negation(f.flag("in_difficulty")), f.flag("catastrophe_insurance"))
    return all_of(_cooperative(f), f.flag("sme"), member, within, f.up_to("loan_eur", max_loan_eur), years, sound)


@_predicate
def social_economy_loan(f: _Known, min_eur: float, max_eur: float) -> Truth:
    """Requirements of Italia Economia Sociale: E25."""
    onlus = all_of(_cooperative(f), f.flag("onlus"))
    who = any_of(_social(f), f.flag("social_enterprise"), onlus, f.flag("cultural_creative"))
    return all_of(who, f.from_("amount_eur", min_eur), f.up_to("amount_eur", max_eur))


@_predicate
def not_parent_child(f: _Known) -> Truth:
    """Neither belongs to the other, or the purpose is new."""
    return any_of(negation(f.flag("parent_child")), f.flag("new_purpose"))


@_predicate
def not_same_stage(f: _Known) -> Truth:
    """Not two of the same stage, unless a declared offer meets a declared need: control N04."""
    return any_of(f.one_of("chain_relation", {"adjacent", "none"}), f.flag("declared_link"))


@_predicate
def product_link(f: _Known) -> Truth:
    """Adjacent stages of a chain, or a declared offer that meets a declared need: control N12."""
    return any_of(f.one_of("chain_relation", {"adjacent"}), f.flag("declared_link"))


@_predicate
def call_open(f: _Known) -> Truth:
    """The call's deadline has not passed: control N09."""
    deadline, today = f.get("call_deadline"), f.get("today")
    return None if deadline is None or today is None else today <= deadline


@_predicate
def site_may_be_ranked(f: _Known) -> Truth:
    """No hazard veto, and public or offered: control N10."""
    return all_of(negation(f.flag("hazard_veto")), any_of(f.flag("public_asset"), f.flag("offered")))


@_predicate
def same_regime(f: _Known) -> Truth:
    """Both of prevalent mutuality or neither, both social or neither."""
    return all_of(f.flag("same_prevalent_mutuality"), f.flag("same_social"))


@_predicate
def healthy_accounts(f: _Known) -> Truth:
    """No heavy debt, no negative equity, no pending audit on either side."""
    return all_of(*(negation(f.flag(name)) for name in ("heavy_debt", "negative_equity", "pending_audit")))


@_predicate
def farm_products(f: _Known) -> Truth:
    """Grows or delivers farm products: declared, or read off the sector and the category."""
    sector = (f.get("sector") or "").replace(".", "")
    category = (f.get("category") or "").casefold()
    if sector.startswith("01") or "agricol" in category or "conferimento" in category:
        return True
    return f.flag("farm_delivery")
