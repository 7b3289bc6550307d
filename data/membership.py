# SPDX-License-Identifier: EUPL-1.2
"""A federation's membership list beside what we hold: who is new, who left, moved, is called otherwise, what changed.

Nothing here writes: each difference is a proposal that an officer accepts or refuses. A difference has the same id
whenever it is found again between the same two values, so that what was decided stays decided.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made_by
from datetime import date
from enum import StrEnum
from uuid import UUID, uuid5

import orjson

from data.identity import TAX_CODE, VAT
from data.model import Evidence, Identifier, Organisation, Provenance, Status, Visibility
from data.records import Accepted, Assertion, OrganisationRecord
from data.sources.organisations import INNER_FIELDS
from data.wording import plain

# Namespace of the ids of proposals: fixed for ever.
PROPOSALS = UUID("2e1f5c1a-8d53-5c7e-9b64-5f0f0f3f7c11")
MEMBER = "member"
"""The fact of a proposal that brings in a body that we do not hold."""
COMPARED = (
    "status",
    "sector",
    "category",
    "social_type",
    "legal_form",
    "founded",
    "employees",
    "members",
    "revenue",
    "prevalent_mutuality",
    "third_sector",
    "disadvantaged_share",
    "social_share",
    "certifications",
    "purpose",
    "website",
    "pec",
)
"""Facts of a list that are proposed one by one, besides name and comune."""
_OVER = frozenset({Status.CEASED, Status.DISSOLVED, Status.MERGED})
_WITH = {"sector": ("sector", "sector_version"), "municipality": ("municipality", "province")}
_LEGAL_FORM = re.compile(
    r"\b(?:SOCIETA'?|SOCIETÀ|SOC|COOPERATIVA|COOP|A RESPONSABILITÀ LIMITATA|A RESPONSABILITA'? LIMITATA|A ?R ?L|"
    r"S ?C ?A ?R ?L|S ?C ?R ?L|S ?C|PER AZIONI|ONLUS)\b",
    re.IGNORECASE,
)
_SIGNS = re.compile(r"[.,;:\-\"()]+")


class ChangeKind(StrEnum):
    """What kind of difference a list shows."""

    NEW = "new"
    CEASED = "ceased"
    MOVED = "moved"
    RENAMED = "renamed"
    CHANGED = "changed"


class Decision(StrEnum):
    """Where a proposal stands. `superseded`: the next list no longer shows it; `replaced`: a later one was accepted."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    SUPERSEDED = "superseded"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Before:
    """What we hold of a fact, and since when by whom."""

    value: object = None
    source: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One difference. `said` is what accepting it writes (field -> value; None takes a fact away); `file` and `line`
    tell where the list says it. `organisation` is None for a body that we do not hold.
    """

    kind: ChangeKind
    field: str
    subject: str
    name: str
    identifiers: tuple[Identifier, ...]
    organisation: str | None = None
    before: Mapping[str, Before] = made_by(default_factory=dict)
    said: Mapping[str, object] = made_by(default_factory=dict)
    inferred: Mapping[str, tuple[float, str]] = made_by(default_factory=dict)
    visibility: Visibility = Visibility.FEDERATION
    file: str = ""
    line: int = 0

    def key(self) -> str:
        """The difference in one text: whose, which fact, from what to what."""
        values = {name: held.value for name, held in self.before.items()}
        said = orjson.dumps([values, dict(self.said)], option=orjson.OPT_SORT_KEYS).decode()
        return f"{self.subject[:150]}|{self.kind}|{self.field}|{uuid5(PROPOSALS, said)}"

    def rows(self) -> tuple[str, ...]:
        """Keys of the rows that accepting it writes, one for each fact that stands alone."""
        return tuple(f"{self.subject[:150]}|{name}" for name in self.said if name not in {"sector_version", "province"})


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a list shows: the proposals, kind by kind and by name, and whom the list names (for what it leaves open)."""

    proposals: tuple[Proposal, ...]
    named: frozenset[str]


def proposal_id(federation: str, key: str) -> str:
    """The stable id of a proposal of a federation."""
    return str(uuid5(PROPOSALS, f"{plain(federation)}|{key}"))


def compare(
    rows: Iterable[Accepted],
    organisations: Sequence[Organisation],
    federation: str,
    *,
    complete: bool,
    visibility: Visibility = Visibility.FEDERATION,
) -> Comparison:
    """The differences between the rows of a list and the bodies that we hold.

    A member of ours that a `complete` list does not name is proposed as having left. Facts that the list leaves empty
    or that we only infer from it are no difference. Demonstration bodies are not looked at.
    """
    held = _Held([body for body in organisations if not body.demonstration])
    found: list[Proposal] = []
    named: set[str] = set()
    present: set[str] = set()
    for row in rows:
        record = row.records[0]
        if not isinstance(record, OrganisationRecord):
            continue
        body = held.find(record.identifiers)
        subject = _subject(body.identifiers if body else record.identifiers)
        named.add(subject)
        open_as = closest(visibility, *(one.visibility for one in record.assertions if one.field == "name"))
        if body is None:
            found.append(_new_body(row, record, subject, federation, open_as))
        else:
            present.add(body.id)
            found += _differences(row, record, body, federation, open_as)
    if complete:
        found += _left(organisations, present, federation, visibility)
    order = list(ChangeKind)
    found.sort(key=lambda one: (order.index(one.kind), plain(one.name), one.subject, one.field))
    return Comparison(tuple(found), frozenset(named))


class _Held:
    """Bodies by their identifiers; a VAT number also finds the body whose tax code it is, and the other way round."""

    def __init__(self, bodies: Sequence[Organisation]) -> None:
        self._by: dict[Identifier, Organisation] = {}
        for body in bodies:
            for one in body.identifiers:
                self._by.setdefault(one, body)

    def find(self, identifiers: Sequence[Identifier]) -> Organisation | None:
        for one in identifiers:
            other = {TAX_CODE: VAT, VAT: TAX_CODE}.get(one.scheme)
            found = self._by.get(one) or (self._by.get(Identifier(other, one.value)) if other else None)
            if found:
                return found
        return None


def closest(*visibilities: Visibility) -> Visibility:
    """The most closed of them."""
    return max(visibilities, key=list(Visibility).index)


def _subject(identifiers: Sequence[Identifier]) -> str:
    best = min(identifiers, key=lambda one: (one.scheme != TAX_CODE, one.scheme != VAT, one))
    return f"{best.scheme}:{best.value}"


def _is_member(body: Organisation, federation: str) -> bool:
    return bool(body.federation) and plain(body.federation or "") == plain(federation)


def _said(record: OrganisationRecord) -> dict[str, Assertion]:
    return {one.field: one for one in record.assertions}


def _new_body(
    row: Accepted, record: OrganisationRecord, subject: str, federation: str, visibility: Visibility
) -> Proposal:
    claims = _said(record)
    said = {name: _value(one.value) for name, one in claims.items() if name != "federation"}
    unsure = {name: (one.confidence, one.note) for name, one in claims.items() if one.evidence is Evidence.INFERRED}
    return Proposal(
        kind=ChangeKind.NEW,
        field=MEMBER,
        subject=subject,
        name=str(claims["name"].value),
        identifiers=record.identifiers,
        said=said | {"federation": federation},
        inferred=unsure,
        visibility=visibility,
        file=row.file,
        line=row.line,
    )


def _differences(
    row: Accepted, record: OrganisationRecord, body: Organisation, federation: str, visibility: Visibility
) -> Iterator[Proposal]:
    claims = {name: one for name, one in _said(record).items() if one.evidence is not Evidence.INFERRED}

    def proposal(kind: ChangeKind, name: str, said: Mapping[str, object]) -> Proposal:
        return Proposal(
            kind=kind,
            field=name,
            subject=_subject(body.identifiers),
            name=body.name,
            identifiers=tuple(sorted(body.identifiers)),
            organisation=body.id,
            before={each: _before(body, each) for each in said},
            said=said,
            visibility=visibility,
            file=row.file,
            line=row.line,
        )

    if not _is_member(body, federation):
        yield proposal(ChangeKind.NEW, "federation", {"federation": federation})
    if "name" in claims and bare_name(str(claims["name"].value)) != bare_name(body.name):
        yield proposal(ChangeKind.RENAMED, "name", {"name": claims["name"].value})
    if "municipality" in claims and claims["municipality"].value != body.municipality:
        yield proposal(ChangeKind.MOVED, "municipality", _with(_said(record), "municipality"))
    for name in COMPARED:
        if name in claims and _differs(name, claims[name].value, body, _said(record)):
            over = name == "status" and claims[name].value in _OVER
            kind = ChangeKind.CEASED if over else ChangeKind.CHANGED
            yield proposal(kind, name, _with(_said(record), name))


def _with(claims: Mapping[str, Assertion], name: str) -> dict[str, object]:
    return {each: _value(claims[each].value) for each in _WITH.get(name, (name,)) if each in claims}


def _differs(name: str, value: object, body: Organisation, claims: Mapping[str, Assertion]) -> bool:
    held = getattr(body, name)
    if name == "sector" and held is not None:
        version = claims["sector_version"]
        if version.value != body.sector_version:
            return version.evidence is not Evidence.INFERRED
        return not str(held).startswith(str(value))
    if isinstance(value, float) and isinstance(held, float | int):
        return abs(value - held) > 0.005 * max(1.0, abs(value))
    if isinstance(value, str) and isinstance(held, str):
        return plain(value) != plain(held)
    return bool(value != held)


def _left(
    organisations: Iterable[Organisation], present: set[str], federation: str, visibility: Visibility
) -> Iterator[Proposal]:
    for body in organisations:
        if body.demonstration or body.id in present or not _is_member(body, federation):
            continue
        yield Proposal(
            kind=ChangeKind.CEASED,
            field="federation",
            subject=_subject(body.identifiers),
            name=body.name,
            identifiers=tuple(sorted(body.identifiers)),
            organisation=body.id,
            before={"federation": _before(body, "federation")},
            said={"federation": None},
            visibility=visibility,
        )


def _before(body: Organisation, name: str) -> Before:
    where: Provenance | None = body.provenance.get(name)
    return Before(_value(getattr(body, name)), where.source if where else "", where.date if where else None)


def held_now(proposal: Proposal, body: Organisation | None) -> dict[str, Before]:
    """What we hold now of the facts that a proposal is about; nothing for a body that we do not hold."""
    return {name: _before(body, name) for name in proposal.said} if body else {}


def mark_of(held: Mapping[str, Before]) -> str:
    """A short mark of these values, whoever said them: another mark, another value."""
    values = {name: one.value for name, one in held.items()}
    return str(uuid5(PROPOSALS, orjson.dumps(values, option=orjson.OPT_SORT_KEYS).decode()))


def _value(value: object) -> object:
    """A value as it is kept: the word of an enumeration, a list for several."""
    if isinstance(value, StrEnum):
        return value.value
    return list(value) if isinstance(value, tuple) else value


def bare_name(name: str) -> str:
    """The name folded, without legal form and signs: what is left differs when a body is really called otherwise."""
    return plain(_LEGAL_FORM.sub(" ", _SIGNS.sub(" ", name))) or plain(name)


def written(proposal: Proposal, day: date) -> tuple[Accepted, ...]:
    """The rows that an accepted proposal writes, a fact to a row, so that a later one replaces just that fact."""
    rows = []
    for key in proposal.rows():
        name = key.rsplit("|", 1)[1]
        fields = [each for each in _WITH.get(name, (name,)) if each in proposal.said]
        claims = tuple(_assertion(proposal, each, day) for each in fields)
        rows.append(Accepted(1, key, (OrganisationRecord(proposal.identifiers, claims),)))
    return tuple(rows)


def _assertion(proposal: Proposal, name: str, day: date) -> Assertion:
    value = proposal.said[name]
    kept = tuple(value) if isinstance(value, list) else value
    seen_by = closest(Visibility.FEDERATION, proposal.visibility) if name in INNER_FIELDS else proposal.visibility
    if name in proposal.inferred:
        confidence, note = proposal.inferred[name]
        return Assertion(name, kept, Evidence.INFERRED, confidence, seen_by, note, day)
    return Assertion(name, kept, Evidence.DECLARED, visibility=seen_by, date=day)
