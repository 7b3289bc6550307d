# SPDX-License-Identifier: EUPL-1.2
"""Which of several values of a field is believed, and how values are kept as text.

Precedence by field (DESIGN section 4): registry facts official before declared; purpose, certifications and contacts
declared before official; then inferred, predicted, demonstration. Among equals the newest date wins, then the surer,
then the source and row first by name: what was loaded first never matters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import orjson

from data.model import Evidence, Provenance, Status, Visibility

DECLARED_FIRST = frozenset({"purpose", "certifications", "chain_stages", "themes", "website", "pec"})
# Sources of which an officer accepted every value, with the one that stood before in sight: they stand with registers.
REVIEWED = frozenset({"membership"})
# A field and the one whose row decides it.
TOGETHER = {"sector_version": "sector", "lat": "lon"}
_REGISTRY = {
    Evidence.OFFICIAL: 0,
    Evidence.DECLARED: 1,
    Evidence.INFERRED: 2,
    Evidence.PREDICTED: 3,
    Evidence.DEMONSTRATION: 4,
}
_SKILL = {**_REGISTRY, Evidence.DECLARED: 0, Evidence.OFFICIAL: 1}
OPENNESS = {Visibility.PUBLIC: 0, Visibility.FEDERATION: 1, Visibility.RESERVED: 2}

ACTIVE, CRISIS = (orjson.dumps(status).decode() for status in (Status.ACTIVE, Status.CRISIS))
# Stages of an active body that its register does not tell.
REFINES_ACTIVE = frozenset({CRISIS, orjson.dumps(Status.NEW).decode()})


@dataclass(frozen=True, slots=True)
class Claim:
    """One live assertion: a field, its value as JSON text, and what it rests on."""

    field: str
    value: str
    provenance: Provenance
    key: str = ""


def winners(claims: Iterable[Claim]) -> dict[str, Claim]:
    """The believed claim per field. The order in which claims come in does not matter.

    What only makes sense together comes from one row: a code and its version, a longitude and its latitude.
    """
    ranked: dict[str, list[Claim]] = {}
    for claim in sorted(claims, key=_rank):
        ranked.setdefault(claim.field, []).append(claim)
    best = {field: held[0] for field, held in ranked.items()}
    best |= _refined_status(ranked.get("status", ()))
    for field, leader in TOGETHER.items():
        if field in best:
            mine = [claim for claim in ranked[field] if _row(claim) == _row(best.get(leader))]
            best.pop(field)
            best |= {field: mine[0]} if mine else {}
    return best


def _refined_status(held: Sequence[Claim]) -> dict[str, Claim]:
    """The stage that a body says it is in, where the registers only know that it is active; else nothing."""
    if not held or held[0].value != ACTIVE:
        return {}
    said = [claim for claim in held if claim.value in REFINES_ACTIVE and claim.provenance.evidence is Evidence.DECLARED]
    return {"status": said[0]} if said else {}


def as_open_as_may_be(field: str, value: str, visibility: Visibility) -> Visibility:
    """The visibility of a fact, reserved for one that nobody may make public (a crisis: DOMAIN c.4)."""
    confidential = (field, value) == ("status", CRISIS) and visibility is Visibility.PUBLIC
    return Visibility.RESERVED if confidential else visibility


def _row(claim: Claim | None) -> tuple[str, str] | None:
    return (claim.provenance.source, claim.key) if claim else None


def _rank(claim: Claim) -> tuple[int, int, float, str, str, str]:
    provenance = claim.provenance
    order = _SKILL if claim.field in DECLARED_FIRST else _REGISTRY
    day = provenance.date.toordinal() if provenance.date else 0
    reviewed = provenance.source in REVIEWED and provenance.evidence is Evidence.DECLARED
    return (
        min(order[provenance.evidence], order[Evidence.OFFICIAL]) if reviewed else order[provenance.evidence],
        -day,
        -provenance.confidence,
        provenance.source,
        claim.key,
        claim.value,
    )


def to_text(value: object) -> str:
    """A field's value as JSON text (dates ISO, enums by value, tuples as lists)."""
    return orjson.dumps(value).decode()


def from_text(value: str) -> object:
    """The value of a JSON text; a list becomes a tuple."""
    found = orjson.loads(value)
    return tuple(found) if isinstance(found, list) else found


def provenance_list(provenance: Provenance) -> list[object]:
    """A provenance as a short JSON list."""
    return [
        provenance.evidence,
        provenance.source,
        provenance.date,
        provenance.confidence,
        provenance.visibility,
        provenance.note,
    ]


def provenance_from(items: list[object]) -> Provenance:
    """The inverse of `provenance_list`."""
    evidence, source, day, confidence, visibility, note = items
    return Provenance(
        Evidence(str(evidence)),
        str(source),
        date.fromisoformat(str(day)) if day else None,
        float(str(confidence)),
        Visibility(str(visibility)),
        str(note),
    )
