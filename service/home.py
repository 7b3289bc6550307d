# SPDX-License-Identifier: EUPL-1.2
"""What the home and the search page show of the data that are in: examples to try, how much there is and from when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from data.model import Load, Municipality, Organisation, OrganisationKind
from service.snapshot import Snapshot
from service.source_notes import SourceNote, source_note

MOST_EXAMPLE_NAME: Final = 40
_PARTNERS: Final = frozenset({OrganisationKind.COOPERATIVE, OrganisationKind.CONSORTIUM})


@dataclass(frozen=True, slots=True)
class Examples:
    """Things to type that do find something: a name, a tax code, a comune; with the ids behind the name and comune.

    `id` and `identifier` are those of the organisation named; everything is empty in an empty store.
    """

    name: str
    id: str
    identifier: str
    code: str
    comune: str
    istat: str


@dataclass(frozen=True, slots=True)
class Stock:
    """What is in: organisations by kind, sources that gave something, the day of the latest import."""

    organisations: int
    by_kind: tuple[tuple[OrganisationKind, int], ...]
    municipalities: int
    sites: int
    sources: tuple[SourceNote, ...]
    latest: date | None


def examples_of(snapshot: Snapshot) -> Examples:
    """Examples taken from the data, the same for the same snapshot."""
    return snapshot.once("pages.examples", lambda: _examples(snapshot))


def _examples(snapshot: Snapshot) -> Examples:
    linked = [body for body in snapshot.organisations if body.kind in _PARTNERS]
    best = max(linked or snapshot.organisations, key=lambda body: (_worth(snapshot, body), body.id), default=None)
    coded = next((body for body in (best, *linked, *snapshot.organisations) if body and _tax_code(body)), None)
    comune = _comune(snapshot, best)
    return Examples(
        name=_short_name(best.name) if best else "",
        id=best.id if best else "",
        identifier=best.identifiers[0].value if best and best.identifiers else "",
        code=_tax_code(coded) if coded else "",
        comune=comune.name if comune else "",
        istat=comune.istat if comune else "",
    )


def _worth(snapshot: Snapshot, body: Organisation) -> int:
    """How much there is to see of a body: facts known, declarations, projects."""
    said = len(snapshot.declarations_by_organisation.get(body.id, ()))
    done = len(snapshot.participations_by_organisation.get(body.id, ()))
    return len(body.provenance) + 3 * min(said, 2) + min(done, 5)


def _tax_code(body: Organisation) -> str:
    return next((each.value for each in body.identifiers if each.scheme == "tax-code"), "")


def _short_name(name: str) -> str:
    """The part of a name that people would type: what stands before the first dash, not too long."""
    short = name.split(" - ")[0].strip()
    return short if len(short) <= MOST_EXAMPLE_NAME else short[:MOST_EXAMPLE_NAME].rsplit(" ", 1)[0]


def _comune(snapshot: Snapshot, body: Organisation | None) -> Municipality | None:
    known = snapshot.municipalities.get(body.municipality or "") if body else None
    return known or next(iter(snapshot.municipalities.values()), None)


def stock_of(snapshot: Snapshot, language: str) -> Stock:
    """What is in, in the reader's language."""
    return snapshot.once(f"pages.stock.{language}", lambda: _stock(snapshot, language))


def _stock(snapshot: Snapshot, language: str) -> Stock:
    counts = dict.fromkeys(OrganisationKind, 0)
    for body in snapshot.organisations:
        counts[body.kind] += 1
    names = list(dict.fromkeys(load.source for load in snapshot.loads))
    return Stock(
        organisations=len(snapshot.organisations),
        by_kind=tuple((kind, count) for kind, count in counts.items() if count),
        municipalities=len(snapshot.municipalities),
        sites=len(snapshot.sites),
        sources=tuple(source_note(name, language) for name in names),
        latest=max((day for load in snapshot.loads if (day := load_day(load))), default=None),
    )


def load_day(load: Load) -> date | None:
    """The day an import finished."""
    try:
        return date.fromisoformat(load.finished[:10])
    except ValueError:
        return None
