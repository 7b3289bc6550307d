# SPDX-License-Identifier: EUPL-1.2
"""All that is known of one organisation, in the reader's words, each fact with its mark, source and date."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from urllib.parse import urlsplit

from data.inference.source import NAME as INFERENCE
from data.lazio import ateco
from data.lazio.said import CERTIFIED
from data.model import (
    Declaration,
    Evidence,
    Organisation,
    OrganisationKind,
    Participation,
    Precision,
    Provenance,
    Visibility,
)
from service.corrections import CORRECTABLE
from service.inferred_facts import Inference, inference_of, only_inferred
from service.messages import Words, has
from service.snapshot import Snapshot
from service.source_notes import SourceNote, age_of_source, source_note

MOST_PROJECTS: Final = 6
MOST_MEMBERS: Final = 8
_PROJECTS: Final = frozenset(
    {"tender", "membership", "network", "research", "subcontract", "cohesion", "pnrr", "reconstruction"}
)
"""The kinds of common work that have a word of their own; all others are "progetto"."""

# The facts of the card, group by group; a public body has no category, members or revenue to speak of.
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "who": (
        "kind", "body_type", "legal_form", "status", "founded", "category", "social_type", "federation", "third_sector",
    ),
    "where": ("municipality", "precision"),
    "what": ("sector", "chain_stages", "themes", "purpose", "certifications"),
    "size": (
        "employees", "members", "revenue", "prevalent_mutuality", "disadvantaged_share", "social_share",
    ),
    "contact": ("website", "pec"),
}  # fmt: skip
_OF_PUBLIC_BODIES: Final = frozenset({"kind", "body_type", "status", "municipality", "precision", "website", "pec"})
_NONE_SAID: Final = frozenset({"chain_stages", "themes"})  # lists of which an organisation may say: none of these
_OF_COOPERATIVES: Final = frozenset({"category", "social_type", "federation", "members", "prevalent_mutuality"})
_COOPERATIVES: Final = frozenset({OrganisationKind.COOPERATIVE, OrganisationKind.CONSORTIUM})


@dataclass(frozen=True, slots=True)
class Origin:
    """What a fact rests on: its kind of evidence, source, day, and the words that led to an inferred value."""

    evidence: Evidence
    source: SourceNote
    date: date | None
    note: str = ""
    confidence: float = 1.0
    age: str = ""
    """How old the source's data are, in words: what stands where the fact has no day of its own."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the card; `text` None is "non noto"; `address` is set where the value is a page of the body's own.

    `inferred` tells that nobody said it, `private` that not everybody may read it.
    """

    field: str
    text: str | None
    origin: Origin | None
    correctable: bool
    address: str = ""
    inference: Inference | None = None
    inferred: bool = False
    private: bool = False


@dataclass(frozen=True, slots=True)
class Project:
    """Something done together: what (`word`: the key of its kind), when, with whom (ids and names), resting on what."""

    word: str
    text: str
    date: date | None
    outcome: str | None
    buyer: str | None
    others: tuple[tuple[str, str], ...]
    more: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class Sheet:
    """The page of an organisation: groups of facts, its codes, what it says of itself, what it did with others."""

    body: Organisation
    name: Fact
    groups: tuple[tuple[str, tuple[Fact, ...]], ...]
    codes: tuple[tuple[str, str], ...]
    declarations: tuple[Declaration, ...]
    projects: tuple[Project, ...]
    projects_total: int
    known: int
    inferred: int
    askable: int


def sheet_of(snapshot: Snapshot, organisation_id: str, words: Words) -> Sheet:
    """The sheet of an organisation; raises UnknownOrganisation."""
    body = snapshot.organisation(organisation_id)
    groups = tuple(
        (group, tuple(fact_of(snapshot, body, field, words) for field in fields if _concerns(snapshot, body, field)))
        for group, fields in GROUPS.items()
    )
    facts = [fact for _, found in groups for fact in found]
    mine = snapshot.participations_by_organisation.get(body.id, ())
    return Sheet(
        body=body,
        name=fact_of(snapshot, body, "name", words),
        groups=tuple((group, found) for group, found in groups if found),
        codes=tuple((_scheme(each.scheme), each.value) for each in body.identifiers),
        declarations=snapshot.declarations_by_organisation.get(body.id, ()),
        projects=tuple(_project(snapshot, body, row, words) for row in _newest(mine)[:MOST_PROJECTS]),
        projects_total=len({row.project for row in mine}),
        known=sum(fact.text is not None and not fact.inferred for fact in facts),
        inferred=sum(fact.inferred for fact in facts),
        askable=len(facts),
    )


def _concerns(snapshot: Snapshot, body: Organisation, field: str) -> bool:
    """Whether a fact means anything for this kind of body; a known one always does."""
    if getattr(body, field) not in (None, ()) or (field == "certifications" and certificates_of(snapshot, body)):
        return True
    if body.kind is OrganisationKind.PUBLIC_BODY:
        return field in _OF_PUBLIC_BODIES
    if field == "body_type" or (field in _OF_COOPERATIVES and body.kind not in _COOPERATIVES):
        return False
    if field == "disadvantaged_share":
        return body.social_type in ("B", "A+B")
    return not (field == "social_share" and body.kind is not OrganisationKind.CONSORTIUM)


def fact_of(snapshot: Snapshot, body: Organisation, field: str, words: Words) -> Fact:
    """One fact of a body in words, with what it rests on."""
    if field == "certifications" and (told := _certified(snapshot, body, words)):
        return told
    value = getattr(body, field)
    known = body.provenance.get(field)
    text = None if value in (None, (), Precision.UNKNOWN) else value_text(snapshot, body, field, value, words)
    if value == () and known is not None and field in _NONE_SAID:
        text = words.text("org.none-of-these")
    found = None if text is None else origin_of(known, body, words)
    origin = _aged(snapshot, found, words) if found else None
    address = web_address(str(value)) if field == "website" and value else ""
    return Fact(
        field,
        text,
        origin,
        field in CORRECTABLE,
        address,
        inference_of(body, field, words),
        inferred=text is not None and only_inferred(body, field),
        private=known is not None and known.visibility is not Visibility.PUBLIC,
    )


def certificates_of(snapshot: Snapshot, body: Organisation) -> tuple[Declaration, ...]:
    """What a body declares to be certified in, in force, that its certifications do not hold already."""
    rows = snapshot.declarations_by_organisation.get(body.id, ())
    return tuple(each for each in rows if each.says == CERTIFIED and each.what not in body.certifications)


def _certified(snapshot: Snapshot, body: Organisation, words: Words) -> Fact | None:
    """The certifications with those declared among them, marked by the weakest: declared; None where none is."""
    declared = certificates_of(snapshot, body)
    if not declared:
        return None
    names = tuple(dict.fromkeys((*body.certifications, *(each.what for each in declared))))
    newest = max(declared, key=lambda each: each.date or date.min)
    origin = Origin(newest.evidence, source_note(newest.source, words.language), newest.date)
    known = body.provenance.get("certifications")
    private = any(each.visibility is not Visibility.PUBLIC for each in declared) or (
        known is not None and known.visibility is not Visibility.PUBLIC
    )
    text = value_text(snapshot, body, "certifications", names, words)
    return Fact("certifications", text, _aged(snapshot, origin, words), True, private=private)


def _aged(snapshot: Snapshot, origin: Origin, words: Words) -> Origin:
    """The origin with the age of its source's data, where the fact has no day of its own."""
    if origin.date is not None:
        return origin
    return replace(origin, age=age_of_source(snapshot, origin.source.name, words))


def origin_of(known: Provenance | None, body: Organisation, words: Words) -> Origin | None:
    """What a value rests on, in the reader's language; all that is known of a demonstration body is demonstration."""
    if known is None:
        return (
            Origin(Evidence.DEMONSTRATION, source_note("example", words.language), None) if body.demonstration else None
        )
    return Origin(
        known.evidence,
        source_note(known.source, words.language),
        known.date,
        # What an inference rests on stands beside the fact, with the form that mends it.
        "" if known.source == INFERENCE else known.note,
        known.confidence,
    )


def web_address(text: str) -> str:
    """The text when it is a plain web address that may be linked, else nothing."""
    parts = urlsplit(text)
    return text if parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc else ""


def value_text(snapshot: Snapshot, body: Organisation, field: str, value: object, words: Words) -> str:
    """A value of a field as a reader sees it."""
    if field in _WRITERS:
        return _WRITERS[field](snapshot, body, value, words)
    if isinstance(value, str) and has(f"org.{field}.{value}"):
        return words.text(f"org.{field}.{value}")
    key = f"org.value.{field}"
    return words.text(key, value=value) if has(key) else words.write(value)


def place_text(snapshot: Snapshot, istat: str | None, province: str | None, words: Words) -> str | None:
    """ "Viterbo (VT)", the province where no more is known, None where nothing is."""
    comune = snapshot.municipalities.get(istat or "")
    if comune is not None:
        return words.text("org.place", name=comune.name, province=comune.province)
    return words.text("org.place.province", province=province) if province else None


def sector_text(code: str | None, version: str | None, words: Words) -> str | None:
    """ "81.21 Pulizia generale di edifici (ATECO 2007)"; the bare code where the classification has no such entry."""
    if not code:
        return None
    known = version if version in ("2007", "2025") else "2007"
    entry = ateco(known).get(code)
    if entry is None:
        return words.text("org.sector.bare", code=code, version=known)
    title = entry.title_it if words.language == "it" else entry.title_en
    return words.text("org.sector", code=entry.code, title=title, version=known)


def work_text(body: Organisation, words: Words) -> str | None:
    """One line of what a body does: its sector's title, else its purpose, its category, the type of public body."""
    if body.sector:
        title = ateco(body.sector_version or "2007").title(body.sector, words.language)
        if title:
            return _as_known(body, "sector", title, words)
    if body.body_type is not None:
        return _as_known(body, "body_type", words.text(f"org.body_type.{body.body_type}"), words)
    if body.purpose:
        return body.purpose if len(body.purpose) <= 160 else body.purpose[:157].rstrip() + "…"
    if not body.category:
        return None
    return _as_known(body, "category", words.text("org.category-line", category=body.category), words)


def _as_known(body: Organisation, field: str, text: str, words: Words) -> str:
    return words.text("inferred.work", work=text) if only_inferred(body, field) else text


def _sector(_snapshot: Snapshot, body: Organisation, value: object, words: Words) -> str:
    return sector_text(str(value), body.sector_version, words) or str(value)


def _municipality(snapshot: Snapshot, body: Organisation, value: object, words: Words) -> str:
    return place_text(snapshot, str(value), body.province, words) or str(value)


def _stages(_snapshot: Snapshot, _body: Organisation, value: object, words: Words) -> str:
    """ "Olio extravergine di oliva: Olivicoltori; ..." """
    keys = (str(key).partition(":") for key in _keys(value))
    return "; ".join(f"{words.text(f'chain.{one}')}: {words.text(f'chain.{one}.{stage}')}" for one, _, stage in keys)


def _themes(_snapshot: Snapshot, _body: Organisation, value: object, words: Words) -> str:
    return "; ".join(words.text(f"theme.{key}") for key in _keys(value))


def _keys(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else ()


_WRITERS: Final[Mapping[str, Callable[[Snapshot, Organisation, object, Words], str]]] = {
    "chain_stages": _stages,
    "themes": _themes,
    "sector": _sector,
    "municipality": _municipality,
    "founded": lambda _snapshot, _body, value, _words: str(value),
    "name": lambda _snapshot, _body, value, _words: str(value),
}


def _scheme(scheme: str) -> str:
    """The part of a scheme that has a name of its own; keys of own files share one."""
    return scheme if scheme in ("tax-code", "vat", "ipa", "municipality") else "key"


def _newest(rows: tuple[Participation, ...]) -> list[Participation]:
    first: dict[str, Participation] = {}
    for row in sorted(rows, key=lambda row: (row.date or date.min, row.project), reverse=True):
        first.setdefault(row.project, row)
    return list(first.values())


def _project(snapshot: Snapshot, body: Organisation, row: Participation, words: Words) -> Project:
    members: Mapping[str, tuple[str, ...]] = snapshot.once("pages.members", lambda: _members(snapshot))
    others = [other for other in members.get(row.project, ()) if other != body.id]
    evidence = Evidence.DEMONSTRATION if row.demonstration else Evidence.OFFICIAL
    return Project(
        word=f"org.project.{row.kind if row.kind in _PROJECTS else 'other'}",
        text=row.text or "",
        date=row.date,
        outcome=row.outcome,
        buyer=row.buyer,
        others=tuple((other, snapshot.organisation(other).name) for other in others[:MOST_MEMBERS]),
        more=max(len(others) - MOST_MEMBERS, 0),
        origin=_aged(snapshot, Origin(evidence, source_note(row.source, words.language), row.date), words),
    )


def _members(snapshot: Snapshot) -> dict[str, tuple[str, ...]]:
    """Project -> the bodies in it that this reader may see."""
    groups: dict[str, set[str]] = {}
    for row in snapshot.participations:
        if row.organisation in snapshot.position:
            groups.setdefault(row.project, set()).add(row.organisation)
    return {project: tuple(sorted(members)) for project, members in groups.items()}
