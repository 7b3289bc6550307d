# SPDX-License-Identifier: EUPL-1.2
"""Which of several values of a field is believed, and how values are kept as text.

Precedence by field (DESIGN section 4): registry facts official before declared; purpose, certifications and contacts
declared before official; then inferred, predicted, demonstration. Among equals the newest date wins, then the newest
load, then the surer one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import orjson

from data.model import Evidence, Provenance, Visibility

DECLARED_FIRST = frozenset({"purpose", "certifications", "website", "pec"})
_REGISTRY = {
    Evidence.OFFICIAL: 0,
    Evidence.DECLARED: 1,
    Evidence.INFERRED: 2,
    Evidence.PREDICTED: 3,
    Evidence.DEMONSTRATION: 4,
}
_SKILL = {**_REGISTRY, Evidence.DECLARED: 0, Evidence.OFFICIAL: 1}
OPENNESS = {Visibility.PUBLIC: 0, Visibility.FEDERATION: 1, Visibility.RESERVED: 2}


@dataclass(frozen=True, slots=True)
class Claim:
    """One live assertion: a field, its value as JSON text, and what it rests on."""

    field: str
    value: str
    provenance: Provenance
    load_id: int


def winners(claims: Iterable[Claim]) -> dict[str, Claim]:
    """The believed claim per field. The order in which claims come in does not matter."""
    best: dict[str, Claim] = {}
    for claim in claims:
        held = best.get(claim.field)
        if held is None or _rank(claim) < _rank(held):
            best[claim.field] = claim
    return best


def _rank(claim: Claim) -> tuple[int, int, int, float, str, str]:
    provenance = claim.provenance
    order = _SKILL if claim.field in DECLARED_FIRST else _REGISTRY
    day = provenance.date.toordinal() if provenance.date else 0
    return (
        order[provenance.evidence],
        -day,
        -claim.load_id,
        -provenance.confidence,
        provenance.source,
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
