# SPDX-License-Identifier: EUPL-1.2
"""What changed since a version: written by whoever changes something, so that a reader need not read all anew.

A mark says at which version a thing changed last; who writes without marking anything says that anything may have
changed. Many marks at once are no help: they become one that says so too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, delete, func, select

from data.store import schema
from data.store.dialect import put

MOST_MARKS = 500
"""So many changed bodies are read one by one; more of them are read with all the others."""


class Subject(StrEnum):
    """What a mark is about. Bodies are marked by id: their facts, declarations and participations, or who they are."""

    EVERYTHING = "everything"
    BODY = "body"
    IDENTITY = "identity"
    OUTCOMES = "outcomes"
    DOSSIERS = "dossiers"
    CALLS = "calls"
    SITES = "sites"
    LANDMARKS = "landmarks"
    AREAS = "areas"


@dataclass(frozen=True, slots=True)
class Marks:
    """What changed since a version: bodies by id, of them those whose identifiers changed hands, other things whole."""

    bodies: frozenset[str] = frozenset()
    identities: frozenset[str] = frozenset()
    others: frozenset[Subject] = frozenset()


def mark(connection: Connection, subject: Subject, ids: Iterable[str] = ("",)) -> None:
    """Note that these change with the next version."""
    found = sorted(set(ids))
    if len(found) > MOST_MARKS or subject is Subject.EVERYTHING:
        connection.execute(delete(schema.mark))
        subject, found = Subject.EVERYTHING, [""]
    number = _version(connection) + 1
    put(connection, schema.mark, [{"subject": subject.value, "subject_id": name, "version": number} for name in found])


def marks_since(connection: Connection, version: int) -> Marks | None:
    """What changed after a version; None when that may be anything, or too much to tell."""
    now, table = _version(connection), schema.mark
    if now < version:
        return None
    newer = table.c.version > version
    if connection.execute(select(func.count()).select_from(table).where(newer)).scalar_one() > MOST_MARKS:
        return None
    found: dict[str, set[str]] = {}
    for row in connection.execute(select(table.c.subject, table.c.subject_id).where(newer)):
        found.setdefault(row.subject, set()).add(row.subject_id)
    if Subject.EVERYTHING in found:
        return None
    identities = frozenset(found.pop(Subject.IDENTITY, set()))
    bodies = identities | found.pop(Subject.BODY, set())
    return Marks(bodies, identities, frozenset(map(Subject, found)))


def _version(connection: Connection) -> int:
    table = schema.state
    return connection.execute(select(table.c.value).where(table.c.name == "version")).scalar() or 0
