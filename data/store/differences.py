# SPDX-License-Identifier: EUPL-1.2
"""What a reader of an earlier version has to read again: changed bodies with all that hangs on them, no more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from data.model import (
    Area,
    Audience,
    Call,
    ContactOutcome,
    Declaration,
    Dossier,
    Landmark,
    Load,
    Organisation,
    Participation,
    Site,
)
from data.store import contents, knowledge, schema
from data.store.dossier_contents import dossiers
from data.store.duplicates import other_names
from data.store.marks import Subject, marks_since
from data.store.outcomes import outcomes_in_force

Bought = Callable[[frozenset[str]], Collection[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What one audience may read now of what changed since a version.

    `bodies` are the ids of all that changed, whether the audience (still) sees them or not; `organisations`,
    `declarations` and `other_names` are all that there is of them. `linked` are the bodies whose participations are
    given, every one. The other things are whole, None where nothing of the kind changed.
    """

    version: int
    knowledge_version: int
    loads: tuple[Load, ...]
    bodies: frozenset[str] = frozenset()
    organisations: tuple[Organisation, ...] = ()
    declarations: tuple[Declaration, ...] = ()
    other_names: tuple[tuple[str, str], ...] = ()
    linked: frozenset[str] = frozenset()
    participations: tuple[Participation, ...] = ()
    outcomes: tuple[ContactOutcome, ...] | None = None
    dossiers: tuple[Dossier, ...] | None = None
    calls: tuple[Call, ...] | None = None
    sites: tuple[Site, ...] | None = None
    landmarks: tuple[Landmark, ...] | None = None
    areas: tuple[Area, ...] | None = None


def difference(
    connection: Connection, since: int, audience: Audience, today: date, bought_from: Bought
) -> Difference | None:
    """What changed after a version; None when that may be anything, or too much to be read apart.

    `bought_from` names the bodies with projects that, as the reader knows it, certain bodies had put out.
    """
    marks = marks_since(connection, since)
    if marks is None:
        return None
    state = {row.name: int(row.value) for row in connection.execute(select(schema.state))}
    bodies = sorted(marks.bodies)
    linked = set(marks.bodies)
    if marks.identities:
        linked |= {*bought_from(marks.identities), *_sellers(connection, sorted(marks.identities))}
    # What the public sees of outcomes and dossiers depends on the bodies that they name.
    others = marks.others | ({Subject.OUTCOMES, Subject.DOSSIERS} if bodies and audience is Audience.PUBLIC else set())
    if Subject.CALLS in others:  # dossiers name their calls
        others |= {Subject.DOSSIERS}
    return Difference(
        version=state.get("version", 0),
        knowledge_version=state.get("knowledge", 0),
        loads=tuple(contents.loads(connection)),
        bodies=marks.bodies,
        organisations=tuple(contents.organisations(connection, audience, bodies)),
        declarations=tuple(contents.declarations(connection, audience, today, bodies)),
        other_names=tuple(other_names(connection, audience, bodies)),
        linked=frozenset(linked),
        participations=_participations(connection, audience, sorted(linked)),
        outcomes=tuple(outcomes_in_force(connection, audience)) if Subject.OUTCOMES in others else None,
        dossiers=tuple(dossiers(connection, audience)) if Subject.DOSSIERS in others else None,
        calls=tuple(knowledge.calls(connection, audience)) if Subject.CALLS in others else None,
        sites=tuple(contents.sites(connection, audience)) if Subject.SITES in others else None,
        landmarks=tuple(contents.landmarks(connection)) if Subject.LANDMARKS in others else None,
        areas=tuple(knowledge.areas(connection)) if Subject.AREAS in others else None,
    )


def _sellers(connection: Connection, buyers: Sequence[str]) -> set[str]:
    """Bodies with projects whose buyer is told by an identifier that one of these has now."""
    names, table = schema.identifier, schema.participation
    rows = connection.execute(select(names.c.scheme, names.c.value).where(names.c.organisation_id.in_(buyers))).all()
    found: set[str] = set()
    for some in contents.chunks([f"{scheme}={value}" for scheme, value in rows]):
        of_these = select(table.c.organisation_id).where(table.c.buyer_identifier.in_(some)).distinct()
        found.update(connection.execute(of_these).scalars())
    return found


def _participations(connection: Connection, audience: Audience, bodies: Sequence[str]) -> tuple[Participation, ...]:
    found = [row for some in contents.chunks(bodies) for row in contents.participations(connection, audience, some)]
    return tuple(sorted(found, key=lambda row: (row.project, row.organisation)))
