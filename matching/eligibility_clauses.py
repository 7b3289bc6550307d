# SPDX-License-Identifier: EUPL-1.2
"""One function per name of the vocabulary of calls: does the positive clause hold for a body? None: not known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Final

from data.lazio import ateco, bridge, provinces
from data.lazio.beneficiaries import SECTOR_VERSION, YES, Requirement, requirement_of
from data.lazio.beneficiaries_in_words import phrases
from data.lazio.facts import Facts
from data.lazio.predicates import Truth, all_of, any_of, is_social, negation
from data.model import Organisation, OrganisationKind, Status
from data.wording import plain
from matching.supposed import certain, is_supposed


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who would apply: one organisation, its facts, and how many would apply together (None: not settled)."""

    body: Organisation
    facts: Facts
    together: int | None = None
    today: date = field(default_factory=lambda: date.min)


def holds_for(requirement: Requirement, who: Applicant) -> Truth:
    """Whether the positive clause holds; places, which need their comuni, are not among these."""
    return _DECIDES[requirement.name](requirement, who)


def _of_kind(requirement: Requirement, who: Applicant) -> Truth:
    return kind_holds(requirement, who.body)


def kind_holds(requirement: Requirement, body: Organisation) -> Truth:
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


def status_holds(requirement: Requirement, who: Applicant) -> Truth:
    """Whether the stage of life is one of these; unsure where it is not known."""
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


def place_holds(comuni: frozenset[str] | None, body: Organisation) -> Truth:
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


def _body_type(requirement: Requirement, who: Applicant) -> Truth:
    if who.body.kind is not OrganisationKind.PUBLIC_BODY:
        return False
    return None if who.body.body_type is None else who.body.body_type.value in requirement.values


def _who(requirement: Requirement, who: Applicant) -> Truth:
    """Whether the body is one of those that the phrases name; each phrase holds when all its clauses do."""
    return any_of(*(_phrase_holds(key, who) for key in requirement.values))


def _phrase_holds(key: str, who: Applicant) -> Truth:
    return all_of(*(holds_for(rule, who) for rule in _rules_of_phrase(key)))


@lru_cache(maxsize=100)
def _rules_of_phrase(key: str) -> tuple[Requirement, ...]:
    return tuple(requirement_of(rule) for rule in phrases()[key].rules)


def _other(_requirement: Requirement, _who: Applicant) -> Truth:
    return None


_DECIDES: Final[Mapping[str, Callable[[Requirement, Applicant], Truth]]] = {
    "kind": _of_kind,
    "category": _category,
    "social": _social,
    "social_type": _social_type,
    "status": status_holds,
    "sector": _sector,
    "federation": _federation,
    "members": _members,
    "employees": _employees,
    "age": _age,
    "prevalent_mutuality": _mutuality,
    "third_sector": _third_sector,
    "group": _group,
    "body_type": _body_type,
    "who": _who,
    "other": _other,
}
