# SPDX-License-Identifier: EUPL-1.2
"""Whether an organisation may apply for a call, requirement by requirement, and who among many may.

A requirement is passed, failed or to be verified; what is not known never fails. Not legal advice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from data.lazio import municipality, provinces
from data.lazio.beneficiaries import YES, Requirement, Sign, comuni_of_places, requirement_of
from data.lazio.predicates import Truth, negation
from data.model import Call, Message, Organisation, OrganisationKind, Status
from matching.call_state import CallState, Standing, standing
from matching.checks import CheckState, party_facts
from matching.eligibility_clauses import Applicant, holds_for, kind_holds, place_holds, status_holds
from matching.supposed import WORK_FACTS, is_supposed

OPEN_TO: Final = (Status.ACTIVE, Status.NEW, Status.CRISIS)
"""Stages of life of bodies that may apply where a call says nothing; a group still to be founded is no body yet."""

MUTUAL: Final = frozenset({OrganisationKind.COOPERATIVE, OrganisationKind.CONSORTIUM})

NO_AREAS: Mapping[str, frozenset[str]] = {}


# --- who may apply ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Check:
    """One requirement for one organisation: the requirement (None for the ones of every call), outcome, sentence.

    `seems` says of one to verify what the facts that are only supposed would answer; None where they say nothing.
    """

    name: str
    state: CheckState
    message: Message
    requirement: Requirement | None = None
    seems: bool | None = None


@dataclass(frozen=True, slots=True)
class Eligibility:
    """What is known of one organisation and one call, requirement by requirement.

    `mutual` is true for a cooperative or a consortium: of any other body some requirements are not a step away.
    `served` is true where the seat is known to be in the territory that we serve.
    """

    organisation: str
    call: str
    checks: tuple[Check, ...]
    mutual: bool = True
    served: bool = True

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
    def seeming(self) -> int:
        """How many of the things to verify seem met by supposed facts, less those that seem not."""
        return sum({True: 1, False: -1}.get(check.seems, 0) for check in self.to_verify if check.seems is not None)

    @property
    def fits(self) -> bool:
        """True when something that the call asks is known to hold, or it asks what only such a body could have.

        Of a call whose requirements nobody could read, or of a body of which nothing is known, it is false.
        """
        of_cooperatives = {check.name for check in self.to_verify} & OF_COOPERATIVES
        if of_cooperatives:
            return self.mutual
        return any(check.state is CheckState.PASSED and check.requirement is not None for check in self.checks)

    @property
    def suits(self) -> bool:
        """True when all that tells bodies apart holds or seems to: only the stage of life, and what has to be verified
        of whoever applies, may be unknown.
        """
        apart = [check for check in self.to_verify if check.requirement and check.name not in OF_EVERYBODY | {"status"}]
        return not self.failed and all(check.seems is True for check in apart)

    @property
    def missing_one(self) -> Check | None:
        """The only requirement that it does not meet, one step away; None in every other case.

        One step away is a body of the territory served that fails one requirement that can be met, fits otherwise, and
        of which at most `MOST_UNKNOWN` facts are to be verified. What a body is (its kind), a life that has ended and
        an upper limit that is passed are not requirements that one more step would meet.
        """
        only = self.failed[0] if len(self.failed) == 1 else None
        if only is None or not self.served or not _can_be_met(only):
            return None
        fits = self.mutual if only.name in OF_COOPERATIVES else self.fits
        if any(check.seems is False for check in self.to_verify):
            return None
        unknown = [check for check in self.to_verify if check.requirement and check.name not in OF_EVERYBODY]
        return only if fits and len(unknown) <= MOST_UNKNOWN else None


NOT_MENDED: Final = frozenset({"kind", "status", "body_type", "who"})
OF_COOPERATIVES: Final = frozenset(
    {"category", "social", "social_type", "prevalent_mutuality", "members", "federation"}
)
"""What only a cooperative or a consortium could ever meet."""
OF_EVERYBODY: Final = frozenset({"other", "group"})
"""What has to be verified of whoever applies: it tells nothing of one body."""
MOST_UNKNOWN: Final = 1
"""Facts that may be unknown of a body called one step away, beside its stage of life; our own judgement."""


def _can_be_met(check: Check) -> bool:
    if check.name in NOT_MENDED:
        return False
    return check.requirement is None or check.requirement.sign != "<="


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
    if any(check.state is CheckState.TO_VERIFY for check in checks) and is_partly_supposed(body):
        checks = _with_seeming(rules, checks, as_if_known(body), together, today)
    named = {requirement.name for requirement in rules.requirements}
    if "status" not in named and body.kind is not OrganisationKind.PUBLIC_BODY:
        life = status_holds(Requirement("status", "=", tuple(stage.value for stage in OPEN_TO)), who)
        checks.append(Check("status", _state(life), Message("eligibility.in-life")))
    if rules.call.municipalities and "place" not in named:
        checks.append(_in_territory(rules.call, body))
    if not rules.requirements:
        checks.append(Check("unknown", CheckState.TO_VERIFY, Message("eligibility.no-rules")))
    return Eligibility(body.id, rules.call.id, tuple(checks), body.kind in MUTUAL, _is_served(body))


def is_partly_supposed(body: Organisation) -> bool:
    """True when something of the body's work is only supposed."""
    return any(is_supposed(body, name) for name in WORK_FACTS)


def as_if_known(body: Organisation) -> Organisation:
    """The body with its supposed facts taken as known: to say what seems, never what is."""
    return replace(body, provenance={name: where for name, where in body.provenance.items() if name not in WORK_FACTS})


def is_in_words(rules: Rules) -> bool:
    """True for a call of which nothing can be compared: it has no rules, or words only."""
    return all(each.name == "other" for each in rules.requirements)


def _is_served(body: Organisation) -> bool:
    """Whether the seat is known to be in Lazio."""
    if body.municipality:
        return municipality(body.municipality) is not None
    return any(body.province in {each.sigla, each.istat} for each in provinces())


def _in_territory(call: Call, body: Organisation) -> Check:
    """A seat in the comuni of a call is enough; one elsewhere may still act there."""
    inside = body.municipality in call.municipalities if body.municipality else None
    state = CheckState.PASSED if inside else CheckState.TO_VERIFY
    return Check("territory", state, Message("eligibility.territory", {"n": len(call.municipalities)}))


def _with_seeming(
    rules: Rules, checks: Iterable[Check], body: Organisation, together: int | None, today: date
) -> list[Check]:
    """The checks, those to verify with what a body would answer of which everything supposed were known."""
    who = Applicant(body, party_facts(body), together, today)
    answers = {True: CheckState.PASSED, False: CheckState.FAILED}
    told = []
    for check in checks:
        if check.state is CheckState.TO_VERIFY and check.requirement is not None:
            state = _of_clause(rules, check.requirement, who).state
            check = replace(check, seems=next((seems for seems, of in answers.items() if of is state), None))
        told.append(check)
    return told


def _of_clause(rules: Rules, requirement: Requirement, who: Applicant) -> Check:
    if requirement.name == "place":
        truth = place_holds(rules.places[requirement], who.body)
    else:
        truth = holds_for(requirement, who)
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


def missing_sentence(requirement: Requirement) -> Message:
    """The same requirement said of a body that does not meet it ("non ha sede...")."""
    if requirement.sign in {"<=", ">="}:
        return Message(f"eligibility.{requirement.name}.missing{_side(requirement)}", {"n": requirement.number})
    if requirement.name in {"social", "prevalent_mutuality", "third_sector"}:
        return Message(f"eligibility.{requirement.name}" + (".not" if _asks_yes(requirement) else ""))
    turned: Sign = "=" if requirement.sign == "!=" else "!="
    return sentence(Requirement(requirement.name, turned, requirement.values))


def _side(requirement: Requirement) -> str:
    return "-most" if requirement.sign == "<=" else ""


def _values(requirement: Requirement) -> tuple[object, ...]:
    prefix = {"kind": "org.kind.", "status": "org.status.", "body_type": "org.body_type."}.get(requirement.name)
    if prefix:
        return tuple(Message(prefix + value) for value in requirement.values)
    return requirement.values


def _asks_yes(requirement: Requirement) -> bool:
    return (YES in requirement.values) == (requirement.sign == "=")


# --- many at once -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Audience:
    """The bodies that a call concerns, in groups that do not overlap.

    Of the territory served: `ready` meet everything that is asked, in order of id; `likely` fail nothing, fit
    (`Eligibility.fits`) and have something to verify, the fewest first, then those of which supposed facts speak for
    it, then cooperatives; `one_missing` are one step away (`Eligibility.missing_one`). `elsewhere` are ready or likely
    with a seat outside it, or not known. `others` counts the rest. Of a call in words only every group is empty.
    """

    ready: tuple[Eligibility, ...] = ()
    likely: tuple[Eligibility, ...] = ()
    one_missing: tuple[Eligibility, ...] = ()
    elsewhere: tuple[Eligibility, ...] = ()
    others: int = 0


def audience_of(rules: Rules, bodies: Iterable[Organisation], today: date) -> Audience:
    """Who may apply for a call, who nearly may, and how many may not."""
    every = list(bodies)
    if is_in_words(rules):
        return Audience()
    admitted = [body for body in every if _may_be_of_kind(rules, body)]
    found = sorted((eligibility(rules, body, today) for body in admitted), key=lambda each: each.organisation)
    ready = [each for each in found if each.state is CheckState.PASSED]
    likely = sorted(
        (each for each in found if each.state is CheckState.TO_VERIFY and each.fits),
        key=lambda each: (len(each.to_verify), -each.seeming, not each.mutual),
    )
    near = sorted((each for each in found if each.missing_one is not None), key=_nearness)
    return Audience(
        tuple(each for each in ready if each.served),
        tuple(each for each in likely if each.served),
        tuple(near),
        tuple(each for each in (*ready, *likely) if not each.served),
        len(every) - len(ready) - len(likely) - len(near),
    )


def _may_be_of_kind(rules: Rules, body: Organisation) -> bool:
    """False for a body of a kind that the call does not admit: looked at first, since it keeps most bodies out."""
    return not any(
        negation(kind_holds(each, body)) if each.sign == "=" else kind_holds(each, body)
        for each in rules.requirements
        if each.name == "kind"
    )


def _nearness(found: Eligibility) -> tuple[bool, int, int]:
    """What a step can mend before a seat elsewhere, then the fewest things to verify, then those that seem right."""
    missing = found.missing_one
    return missing is not None and missing.name == "place", len(found.to_verify), -found.seeming


def calls_for(
    body: Organisation,
    calls: Iterable[Call],
    today: date,
    areas: Mapping[str, frozenset[str]] = NO_AREAS,
) -> tuple[tuple[Call, Standing, Eligibility], ...]:
    """The calls that a body might answer: open or to be verified, no requirement failed and something that fits for
    sure; the nearest end first.

    A call that is closed today is never among them, nor one in words only: nothing says that it suits anybody.
    """
    found = []
    for call in calls:
        now, rules = standing(call, today), rules_of(call, areas)
        if now.state is CallState.CLOSED or is_in_words(rules):
            continue
        fits = eligibility(rules, body, today)
        if fits.state is CheckState.PASSED or (fits.state is CheckState.TO_VERIFY and fits.fits):
            found.append((call, now, fits))
    return tuple(
        sorted(found, key=lambda each: (each[1].state != CallState.OPEN, each[0].closes or date.max, each[0].id))
    )
