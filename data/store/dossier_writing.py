# SPDX-License-Identifier: EUPL-1.2
"""What every change of a dossier or of a role does on its open transaction: find the row, put values in, log it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy import Connection, Engine, Row, Table, insert, select, update

from data.errors import ChangedMeanwhile, UnknownDossier
from data.store import schema
from data.store.changes import mark_of
from data.store.connection import writing
from data.store.dossier_hand import OF_FIELDS
from data.store.dossier_rows import as_text
from data.store.loading import next_version


@contextmanager
def changing(engine: Engine) -> Iterator[Connection]:
    """A transaction after which what is served is another version."""
    with writing(engine) as connection:
        yield connection
        next_version(connection, only_work=True)


def held_dossier(connection: Connection, dossier: str) -> dict[str, Any]:
    """The row of a dossier in force; raises UnknownDossier."""
    table = schema.dossier
    row = connection.execute(select(table).where(table.c.id == dossier, table.c.ended.is_(None))).first()
    if row is None:
        raise UnknownDossier(dossier=dossier)
    return dict(row._mapping)


def refuse_stale(connection: Connection, dossier: str, seen: str | None) -> None:
    """Raises ChangedMeanwhile when a dossier's fields are no longer those of the mark `seen`; None asks nothing."""
    table = schema.dossier_event
    live = (table.c.dossier_id == dossier) & table.c.ended.is_(None) & table.c.kind.in_(OF_FIELDS)
    if seen is not None and seen != mark_of(connection.execute(select(table.c.id).where(live)).scalars()):
        raise ChangedMeanwhile(what=dossier)


def held_role(connection: Connection, role: str) -> Row[Any]:
    """The row of a role in force; raises UnknownDossier."""
    table = schema.dossier_role
    row = connection.execute(select(table).where(table.c.id == role, table.c.ended.is_(None))).first()
    if row is None:
        raise UnknownDossier(dossier=role)
    return row


def set_row(connection: Connection, table: Table, key: str, values: Mapping[str, Any]) -> None:
    """Put values into the row of a key."""
    connection.execute(update(table).where(table.c.id == key).values(**values))


def log_event(
    connection: Connection,
    dossier: str,
    kind: str,
    day: date,
    *,
    by_role: str | None = None,
    text: str = "",
    role: Mapping[str, Any] | None = None,
    changed: Sequence[str] = (),
    before: Mapping[str, Any] | None = None,
) -> str:
    """Write an event and give its id; `before` are the values that a change replaced, `role` the row it is about."""
    made = str(uuid4())
    row = {
        "id": made,
        "dossier_id": dossier,
        "date": day,
        "kind": kind,
        "text": text,
        "by_role": by_role,
        "role": role["role"] if role else None,
        "role_id": role["id"] if role else None,
        "organisation_id": role["organisation_id"] if role else None,
        "changed": as_text(changed),
        "before": None if before is None else orjson.dumps(before).decode(),
        "written": datetime.now(UTC).isoformat(timespec="microseconds"),
        "ended": None,
    }
    connection.execute(insert(schema.dossier_event), [row])
    return made
