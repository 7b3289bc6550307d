# SPDX-License-Identifier: EUPL-1.2
"""Whether an organisation may apply for a call, requirement by requirement, and who among many may.

A requirement is passed, failed or to be verified; what is not known never fails. Not legal advice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from data.lazio import ateco, bridge, provinces
from data.lazio.beneficiaries import (
    SECTOR_VERSION,
    YES,
    Requirement,
    comuni_of_places,
    requirement_of,
)
from data.lazio.facts import Facts
from data.lazio.predicates import Truth, is_social, negation
from data.model import Call, Message, Organisation, OrganisationKind, Status
from data.wording import plain
from matching.call_state import CallState, Standing, standing
from matching.checks import CheckState, party_facts
from matching.supposed import certain, is_supposed

OPEN_TO: Final = (Status.ACTIVE, Status.NEW, Status.CRISIS)
"""Stages of life of bodies that may apply where a call says nothing; a group still to be founded is no body yet."""

MUTUAL: Final = frozenset({OrganisationKind.COOPERATIVE, OrganisationKind.CONSORTIUM})

NO_AREAS: Mapping[str, frozenset[str]] = {}


# --- who may apply ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Check:
    """One requirement for one organisation: the requirement (None for the ones of every call), outcome, sentence."""

    name: str
    state: CheckState
    message: Message
    requirement: Requirement | None = None


@dataclass(frozen=True, slots=True)
class Eligibility:
    """What is known of one organisation and one call, requirement by requirement.

    `mutual` is true for a cooperative or a consortium: of any other body some requirements are not a step away.
    """

    organisation: str
    call: str
    checks: tuple[Check, ...]
    mutual: bool = True

    @property
    def failed(self) -> tuple[Check, ...]:
        """The requirements that it is known not to meet."""
        return tuple(check for check in self.checks if check.state is CheckState.FAILED)

    @property
    def to_verify(self) -> tuple[Check, ...]:
        """The requirements that nobody knows about."""
        return tuple(check for check in self.checks if check.state is CheckState.TO_VERIFY)

    @property
    def state(self) -> CheckState:
        """Failed as soon as one is, else to be verified as soon as one is, else passed."""
        if self.failed:
            return CheckState.FAILED
        return CheckState.TO_VERIFY if self.to_verify else CheckState.PASSED

    @property
    def missing_one(self) -> Check | None:
        """The only requirement that it does not meet; None when more fail, none does, or what fails cannot be mended.

        What a body is (its kind) and a life that has ended are not requirements that one more step would meet.
        """
        only = self.failed[0] if len(self.failed) == 1 else None
        if only is None or only.name in NOT_MENDED or (only.name in OF_COOPERATIVES and not self.mutual):
            return None
        return only


NOT_MENDED: Final = frozenset({"kind", "status"})
OF_COOPERATIVES: Final = frozenset(
    {"category", "social", "social_type", "prevalent_mutuality", "members", "federation"}
)
"""What only a cooperative or a consortium could ever meet."""


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who would apply: one organisation, its facts, and how many would apply together (None: not settled)."""

    body: Organisation
    facts: Facts
    together: int | None = None
    today: date = field(default_factory=lambda: date.min)


@dataclass(frozen=True, slots=True)
class Rules:
    """The requirements of one call, read once for many organisations; `places` are the comuni of each place clause."""

    call: Call
    requirements: tuple[Requirement, ...]
    places: Mapping[Requirement, frozenset[str] | None]


def rules_of(call: Call, areas: Mapping[str, frozenset[str]] = NO_AREAS) -> Rules:
    """What a call asks. `areas` ("level:code" -> ISTAT codes) are those of own files."""
    found = tuple(requirement_of(text) for text in call.beneficiaries)
    places = {each: comuni_of_places(each.values, areas) for each in found if each.name == "place"}
    return Rules(call, found, places)


def eligibility(rules: Rules, body: Organisation, today: date, together: int | None = None) -> Eligibility:
    """Every requirement of a call for one organisation. `together`: members of the group that would apply."""
    who = Applicant(body, party_facts(body), together, today)
    checks = [_of_clause(rules, requirement, who) for requirement in rules.requirements]
    named = {requirement.name for requirement in rules.requirements}
    if "status" not in named and body.kind is not OrganisationKind.PUBLIC_BODY:
        life = _status(Requirement("status", "=", tuple(stage.value for stage in OPEN_TO)), who)
        checks.append(Check("status", _state(life), Message("eligibility.in-life")))
    if rules.call.municipalities and "place" not in named:
        checks.append(_in_territory(rules.call, body))
    if not rules.requirements:
        checks.append(Check("unknown", CheckState.TO_VERIFY, Message("eligibility.no-rules")))
    return Eligibility(body.id, rules.call.id, tuple(checks), body.kind in MUTUAL)


def _in_territory(call: Call, body: Organisation) -> Check:
    """A seat in the comuni of a call is enough; one elsewhere may still act there."""
    inside = body.municipality in call.municipalities if body.municipality else None
    state = CheckState.PASSED if inside else CheckState.TO_VERIFY
    return Check("territory", state, Message("eligibility.territory", {"n": len(call.municipalities)}))


def _of_clause(rules: Rules, requirement: Requirement, who: Applicant) -> Check:
    if requirement.name == "place":
        truth = _place(rules.places[requirement], who.body)
    else:
        truth = _DECIDES[requirement.name](requirement, who)
    if requirement.sign == "!=":
        truth = negation(truth)
    return Check(requirement.name, _state(truth), sentence(requirement), requirement)


def _state(truth: Truth) -> CheckState:
    return {True: CheckState.PASSED, False: CheckState.FAILED}.get(truth, CheckState.TO_VERIFY)  # type: ignore[arg-type]  # None is to verify


def sentence(requirement: Requirement) -> Message:
    """What a requirement asks, in words; the values are put into words at the edge."""
    not_ = ".not" if requirement.sign == "!=" else ".least" if requirement.sign == ">=" else ""
    name = f"eligibility.{requirement.name}"
    if requirement.sign in {"<=", ">="}:
        return Message(name + (not_ if requirement.name in {"age", "employees"} else ""), {"n": requirement.number})
    if requirement.name in {"social", "prevalent_mutuality", "third_sector"}:
        return Message(name + ("" if _asks_yes(requirement) else ".not"))
    return Message(name + not_, {"values": _values(requirement)})


def _values(requirement: Requirement) -> tuple[object, ...]:
    prefix = {"kind": "org.kind.", "status": "org.status."}.get(requirement.name)
    if prefix:
        return tuple(Message(prefix + value) for value in requirement.values)
    return requirement.values


def _asks_yes(requirement: Requirement) -> bool:
    return (YES in requirement.values) == (requirement.sign == "=")


# --- one function per name of the vocabulary: does the positive clause hold? ------------------------------------


def _of_kind(requirement: Requirement, who: Applicant) -> Truth:
    return _kind(requirement, who.body)


def _kind(requirement: Requirement, body: Organisation) -> Truth:
    """A consortium may or may not be made of cooperatives: it is neither admitted nor kept out as a cooperative."""
    if body.kind.value in requirement.values:
        return True
    if body.kind is OrganisationKind.CONSORTIUM and OrganisationKind.COOPERATIVE.value in requirement.values:
        return None
    return False


def _category(requirement: Requirement, who: Applicant) -> Truth:
    if who.body.category is None:
        return None
    return any(plain(words) in plain(who.body.category) for words in requirement.values)


def _social(requirement: Requirement, who: Applicant) -> Truth:
    found = is_social(who.facts)
    return found if YES in requirement.values else negation(found)


def _social_type(requirement: Requirement, who: Applicant) -> Truth:
    known = certain(who.body, "social_type")
    if known is not None:
        return known in requirement.values or None if known == "A+B" else known in requirement.values
    return False if is_social(who.facts) is False else None


def _status(requirement: Requirement, who: Applicant) -> Truth:
    # A crisis is told in confidence: a file that leaves the house must not hint at it.
    if who.body.status in (None, Status.CRISIS):
        return None
    return who.body.status.value in requirement.values


def _sector(requirement: Requirement, who: Applicant) -> Truth:
    """Whether the body's activity is of one of these divisions or sections; unsure where the bridge gives several."""
    if who.body.sector is None or is_supposed(who.body, "sector"):
        return None
    divisions = bridge(who.body.sector, who.body.sector_version or SECTOR_VERSION, SECTOR_VERSION)
    if not divisions:
        return None
    inside = [_in_sectors(division, requirement.values) for division in divisions]
    return True if all(inside) else None if any(inside) else False


def _in_sectors(division: str, wanted: Sequence[str]) -> bool:
    section = ateco(SECTOR_VERSION).section(division)
    return division in wanted or (section is not None and section.code in wanted)


def _place(comuni: frozenset[str] | None, body: Organisation) -> Truth:
    """Whether the seat is in these comuni; a province alone decides only where it lies wholly outside them."""
    if comuni is None:
        return None
    if body.municipality:
        return body.municipality in comuni
    if body.province and not _touches(body.province, comuni):
        return False
    return None


def _touches(province: str, comuni: Iterable[str]) -> bool:
    code = next((each.istat for each in provinces() if province in {each.sigla, each.istat}), None)
    return code is not None and any(istat.startswith(code) for istat in comuni)


def _federation(requirement: Requirement, who: Applicant) -> Truth:
    if who.body.federation is None:
        return None
    return any(plain(words) in plain(who.body.federation) for words in requirement.values)


def _members(requirement: Requirement, who: Applicant) -> Truth:
    return None if who.body.members is None else who.body.members >= requirement.number


def _employees(requirement: Requirement, who: Applicant) -> Truth:
    if who.body.employees is None:
        return None
    if requirement.sign == ">=":
        return who.body.employees >= requirement.number
    return who.body.employees <= requirement.number


def _age(requirement: Requirement, who: Applicant) -> Truth:
    """Only the year of foundation is known: the answer is sure where the whole year says the same."""
    founded = who.body.founded
    if founded is None:
        return None
    oldest, youngest = (_months(date(founded, month, day), who.today) for month, day in ((1, 1), (12, 31)))
    fits = [_holds(requirement, months) for months in (oldest, max(youngest, 0))]
    return fits[0] if fits[0] == fits[1] else None


def _holds(requirement: Requirement, months: int) -> bool:
    return months >= requirement.number if requirement.sign == ">=" else months <= requirement.number


def _months(begin: date, today: date) -> int:
    """Whole months from one day to another."""
    return (today.year - begin.year) * 12 + today.month - begin.month - (today.day < begin.day)


def _flag(requirement: Requirement, known: bool | None) -> Truth:
    return known if YES in requirement.values else negation(known)


def _mutuality(requirement: Requirement, who: Applicant) -> Truth:
    return _flag(requirement, who.body.prevalent_mutuality)


def _third_sector(requirement: Requirement, who: Applicant) -> Truth:
    """Social cooperatives are third-sector bodies by law (D.Lgs. 117/2017, art. 4 and D.Lgs. 112/2017, art. 1)."""
    belongs = who.body.kind is OrganisationKind.THIRD_SECTOR or is_social(who.facts) is True
    known = True if belongs else who.body.third_sector
    return _flag(requirement, known)


def _group(requirement: Requirement, who: Applicant) -> Truth:
    """A group is put together by people: a requirement of the project, never a fault of one organisation."""
    return True if who.together is not None and who.together >= requirement.number else None


def _other(_requirement: Requirement, _who: Applicant) -> Truth:
    return None


_DECIDES: Final[Mapping[str, Callable[[Requirement, Applicant], Truth]]] = {
    "kind": _of_kind,
    "category": _category,
    "social": _social,
    "social_type": _social_type,
    "status": _status,
    "sector": _sector,
    "federation": _federation,
    "members": _members,
    "employees": _employees,
    "age": _age,
    "prevalent_mutuality": _mutuality,
    "third_sector": _third_sector,
    "group": _group,
    "other": _other,
}


# --- many at once -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Audience:
    """The bodies that a call concerns, in groups that do not overlap, each in order of id.

    `ready` meet everything that is asked; `likely` fail nothing and have something to verify, the fewest first;
    `one_missing` fail one requirement only, one that a step could meet; `others` counts the rest.
    """

    ready: tuple[Eligibility, ...]
    likely: tuple[Eligibility, ...]
    one_missing: tuple[Eligibility, ...]
    others: int


def audience_of(rules: Rules, bodies: Iterable[Organisation], today: date) -> Audience:
    """Who may apply for a call, who nearly may, and how many may not."""
    every = list(bodies)
    admitted = [body for body in every if _may_be_of_kind(rules, body)]
    found = sorted((eligibility(rules, body, today) for body in admitted), key=lambda each: each.organisation)
    ready = tuple(each for each in found if each.state is CheckState.PASSED)
    likely = sorted(
        (each for each in found if each.state is CheckState.TO_VERIFY), key=lambda each: len(each.to_verify)
    )
    near = sorted((each for each in found if each.missing_one is not None), key=_nearness)
    return Audience(ready, tuple(likely), tuple(near), len(every) - len(ready) - len(likely) - len(near))


def _may_be_of_kind(rules: Rules, body: Organisation) -> bool:
    """False for a body of a kind that the call does not admit: looked at first, since it keeps most bodies out."""
    return not any(
        negation(_kind(each, body)) if each.sign == "=" else _kind(each, body)
        for each in rules.requirements
        if each.name == "kind"
    )


def _nearness(found: Eligibility) -> tuple[bool, int]:
    """What a step can mend before a seat elsewhere, then the fewest things to verify."""
    missing = found.missing_one
    return missing is not None and missing.name == "place", len(found.to_verify)


def calls_for(
    body: Organisation,
    calls: Iterable[Call],
    today: date,
    areas: Mapping[str, frozenset[str]] = NO_AREAS,
) -> tuple[tuple[Call, Standing, Eligibility], ...]:
    """The calls that a body might answer: open or to be verified, and no requirement failed; the nearest end first.

    A call that is closed today is never among them.
    """
    found = []
    for call in calls:
        now = standing(call, today)
        if now.state is CallState.CLOSED:
            continue
        fits = eligibility(rules_of(call, areas), body, today)
        if fits.state is not CheckState.FAILED:
            found.append((call, now, fits))
    return tuple(
        sorted(found, key=lambda each: (each[1].state != CallState.OPEN, each[0].closes or date.max, each[0].id))
    )
