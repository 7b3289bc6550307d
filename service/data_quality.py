# SPDX-License-Identifier: EUPL-1.2
"""How good the data are (F42): what is known of each field, how old, where sources disagree, how exactly places are
known; behind every number the list of who is counted in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from data.errors import InvalidValue
from data.inference.source import NAME as INFERENCE
from data.model import Evidence, Organisation, OrganisationKind, Precision, Provenance, Site
from service.inferred_facts import SUPPOSED
from service.organisation_sheet import certificates_of
from service.snapshot import Snapshot

COOPERATIVES: Final = frozenset({OrganisationKind.COOPERATIVE, OrganisationKind.CONSORTIUM})
FIELDS: Final = (
    "municipality", "status", "sector", "category", "social_type", "chain_stages", "themes", "founded", "employees",
    "members", "revenue", "prevalent_mutuality", "federation", "certifications", "purpose", "website", "pec",
)  # fmt: skip
"""The fields that partners are looked for by, and those that a reader asks for first."""
LINKS: Final = ("participations", "declarations")
KNOWN, INFERRED, UNKNOWN = "known", "inferred", "unknown"
DAYS_OF_A_YEAR: Final = 365.25


class Group(StrEnum):
    """Whose data are looked at."""

    COOPERATIVES = "cooperative"
    PUBLIC_BODIES = "enti-pubblici"
    OTHERS = "altre"
    ALL = "tutte"

    def holds(self, body: Organisation) -> bool:
        """True for a body of this group."""
        if self is Group.COOPERATIVES:
            return body.kind in COOPERATIVES
        if self is Group.PUBLIC_BODIES:
            return body.kind is OrganisationKind.PUBLIC_BODY
        return self is Group.ALL or not (body.kind in COOPERATIVES or body.kind is OrganisationKind.PUBLIC_BODY)


class Age(StrEnum):
    """How old the newest thing known of a body is, in years."""

    UNDER_ONE = "meno-di-1"
    ONE_TO_TWO = "1-2"
    TWO_TO_FIVE = "2-5"
    OVER_FIVE = "oltre-5"
    UNDATED = "senza-data"


@dataclass(frozen=True, slots=True)
class Count:
    """How many bodies answer a description, out of how many; `share` is 0..1, None where there is nobody."""

    topic: str
    state: str
    count: int
    total: int

    @property
    def share(self) -> float | None:
        """The part of the whole, 0..1."""
        return self.count / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class KnownField:
    """One field of a group: of how many bodies somebody said it (official, declared, demonstration: the parts of
    `by_evidence`), of how many it is only inferred, and of how many nothing is known. The three add up to the group."""

    field: str
    known: Count
    by_evidence: tuple[Count, ...]
    inferred: Count
    unknown: Count


@dataclass(frozen=True, slots=True)
class Quality:
    """The panel of one group. Every part adds up to `total`, the bodies of the group."""

    group: Group
    total: int
    fields: tuple[KnownField, ...]
    ages: tuple[Count, ...]
    precisions: tuple[Count, ...]
    site_precisions: tuple[Count, ...]
    disagreements: int


def quality_of(snapshot: Snapshot, group: Group, disagreements: int) -> Quality:
    """The panel; counted once per snapshot and group."""
    bodies = bodies_of(snapshot, group)
    return Quality(
        group=group,
        total=len(bodies),
        fields=snapshot.once(f"quality.fields.{group}", lambda: _fields(bodies, snapshot)),
        ages=snapshot.once(f"quality.ages.{group}", lambda: _ages(snapshot, bodies)),
        precisions=_precisions(bodies, "precision"),
        site_precisions=_precisions(snapshot.sites, "site-precision"),
        disagreements=disagreements,
    )


def bodies_of(snapshot: Snapshot, group: Group) -> Sequence[Organisation]:
    """The bodies of a group, in the snapshot's order."""
    return snapshot.once(
        f"quality.bodies.{group}", lambda: tuple(body for body in snapshot.organisations if group.holds(body))
    )


def _fields(bodies: Sequence[Organisation], snapshot: Snapshot) -> tuple[KnownField, ...]:
    return tuple(_known_field(name, [evidence_of(snapshot, body, name) for body in bodies]) for name in FIELDS + LINKS)


def _known_field(name: str, found: Sequence[Evidence | None]) -> KnownField:
    counts = Counter(found)
    total = len(found)
    said = [each for each in Evidence if each not in SUPPOSED and counts[each]]
    return KnownField(
        name,
        Count(name, KNOWN, sum(counts[each] for each in said), total),
        tuple(Count(name, each.value, counts[each], total) for each in said),
        Count(name, INFERRED, sum(counts[each] for each in SUPPOSED), total),
        Count(name, UNKNOWN, counts[None], total),
    )


def evidence_of(snapshot: Snapshot, body: Organisation, name: str) -> Evidence | None:
    """What kind of knowledge a field of a body is; None when it is not known."""
    if name == "participations":
        return Evidence.OFFICIAL if snapshot.participations_by_organisation.get(body.id) else None
    if name == "declarations":
        return Evidence.DECLARED if snapshot.declarations_by_organisation.get(body.id) else None
    if name == "certifications" and (declared := certificates_of(snapshot, body)):
        return declared[0].evidence
    if getattr(body, name) in (None, ()):
        return None
    known = body.provenance.get(name)
    return known.evidence if known else Evidence.OFFICIAL


def _ages(snapshot: Snapshot, bodies: Iterable[Organisation]) -> tuple[Count, ...]:
    counts = Counter(age_of(snapshot, body) for body in bodies)
    return tuple(Count("age", age.value, counts[age], counts.total()) for age in Age)


def age_of(snapshot: Snapshot, body: Organisation) -> Age:
    """How old the newest fact of a body is: by the fact's own day, else by the day that its source's data speak of.

    What is inferred is no news of a body: it is left out.
    """
    said = (each for each in body.provenance.values() if each.source != INFERENCE and each.evidence not in SUPPOSED)
    days = [day for known in said if (day := _day(snapshot, known))]
    if not days:
        return Age.UNDATED
    years = (snapshot.today - max(days)).days / DAYS_OF_A_YEAR
    steps = ((1, Age.UNDER_ONE), (2, Age.ONE_TO_TWO), (5, Age.TWO_TO_FIVE))
    return next((age for limit, age in steps if years < limit), Age.OVER_FIVE)


def _day(snapshot: Snapshot, known: Provenance) -> date | None:
    if known.date:
        return known.date
    load = snapshot.newest_loads.get(known.source)
    return load.data_date if load else None


def _precisions(rows: Iterable[Organisation] | Iterable[Site], topic: str) -> tuple[Count, ...]:
    counts = Counter(row.precision for row in rows)
    return tuple(Count(topic, precision.value, counts[precision], counts.total()) for precision in Precision)


# --- the list behind a number --------------------------------------------------------------------------------


def counted(snapshot: Snapshot, group: Group, topic: str, state: str) -> Sequence[Organisation]:
    """The bodies of a group that a number of the panel counts. Raises InvalidValue for a number that is not there."""
    holds = _description(snapshot, topic, state)
    return [body for body in bodies_of(snapshot, group) if holds(body)]


def counted_sites(snapshot: Snapshot, state: str) -> Sequence[Site]:
    """The sites whose place is known so exactly. Raises InvalidValue for a precision that is not there."""
    if state not in {each.value for each in Precision}:
        raise InvalidValue(field="stato", value=state, allowed=", ".join(Precision))
    return [site for site in snapshot.sites if site.precision == state]


def _description(snapshot: Snapshot, topic: str, state: str) -> Callable[[Organisation], bool]:
    if topic == "age" and state in {each.value for each in Age}:
        return lambda body: age_of(snapshot, body) == state
    if topic == "precision" and state in {each.value for each in Precision}:
        return lambda body: body.precision == state
    if topic in FIELDS + LINKS:
        return _field_description(snapshot, topic, state)
    raise InvalidValue(field="cosa", value=topic, allowed=", ".join((*FIELDS, *LINKS, "age", "precision")))


def _field_description(snapshot: Snapshot, name: str, state: str) -> Callable[[Organisation], bool]:
    if state == UNKNOWN:
        return lambda body: evidence_of(snapshot, body, name) is None
    if state == KNOWN:
        return lambda body: evidence_of(snapshot, body, name) not in {None, *SUPPOSED}
    if state == INFERRED:
        return lambda body: evidence_of(snapshot, body, name) in SUPPOSED
    if state in {each.value for each in Evidence}:
        return lambda body: evidence_of(snapshot, body, name) == state
    raise InvalidValue(field="stato", value=state, allowed=", ".join((KNOWN, UNKNOWN, *Evidence)))


# --- where sources disagree ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A field of a body of which sources say different things; `believed` is the value that is shown."""

    body: Organisation
    field: str
    believed: object
    claims: tuple[tuple[object, Provenance], ...]


def disagreements_of(
    snapshot: Snapshot, group: Group, conflicts: Mapping[tuple[str, str], Sequence[tuple[object, Provenance]]]
) -> list[Disagreement]:
    """The disagreements on bodies of a group that this reader may see, by name and field."""
    found = [
        Disagreement(body, name, getattr(body, name), tuple(claims))
        for (owner, name), claims in conflicts.items()
        if (place := snapshot.position.get(owner)) is not None and group.holds(body := snapshot.organisations[place])
    ]
    return sorted(found, key=lambda row: (row.body.name.casefold(), row.body.id, row.field))
