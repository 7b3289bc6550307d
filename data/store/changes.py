# SPDX-License-Identifier: EUPL-1.2
"""What people changed by hand, kept beside what they changed: so that it can be told and undone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from enum import Enum
from hashlib import sha256
from types import MappingProxyType
from typing import Any

import orjson
from sqlalchemy import Connection, delete, insert, select

from data.model import Change
from data.store import schema

CHUNK = 400


def mark_of(parts: Iterable[str]) -> str:
    """The mark of a thing as it was shown, by what tells its state (ids of its changes, its fields): another state,
    another mark. A form sends it back, and a change that starts from another one is refused."""
    return sha256("|".join(sorted(parts)).encode()).hexdigest()[:16]


def mark_of_fields(thing: object, names: Iterable[str]) -> str:
    """The mark of a thing by the fields of these names."""
    return mark_of(f"{name}={getattr(thing, name)}" for name in names)


def log_change(connection: Connection, subject: str, subject_id: str, act: str, before: Mapping[str, Any]) -> None:
    """Write that something was done now to a thing; `before` are the values that it replaced."""
    row = {
        "subject": subject,
        "subject_id": subject_id,
        "act": act,
        "moment": datetime.now(UTC).isoformat(timespec="seconds"),
        "before": orjson.dumps(dict(before)).decode() if before else None,
    }
    connection.execute(insert(schema.change_log), [row])


def changes_of(connection: Connection, subject: str, ids: Iterable[str]) -> dict[str, tuple[Change, ...]]:
    """By id of the thing what was done to it, oldest first."""
    table, wanted = schema.change_log, sorted(set(ids))
    found: dict[str, list[Change]] = {}
    for start in range(0, len(wanted), CHUNK):
        query = (
            select(table)
            .where(table.c.subject == subject, table.c.subject_id.in_(wanted[start : start + CHUNK]))
            .order_by(table.c.id)
        )
        for row in connection.execute(query).all():
            found.setdefault(row.subject_id, []).append(_change(row))
    return {key: tuple(items) for key, items in found.items()}


def last_before(connection: Connection, subject: str, subject_id: str) -> Mapping[str, Any]:
    """The values that the last change which replaced any put aside; empty when there is none."""
    table = schema.change_log
    query = (
        select(table.c.before)
        .where(table.c.subject == subject, table.c.subject_id == subject_id, table.c.before.is_not(None))
        .order_by(table.c.id.desc())
        .limit(1)
    )
    text = connection.execute(query).scalar()
    return orjson.loads(text) if text else {}


def forget_changes(connection: Connection, ids: Iterable[str]) -> None:
    """Remove the story of things that are removed themselves."""
    table, gone = schema.change_log, sorted(set(ids))
    for start in range(0, len(gone), CHUNK):
        connection.execute(delete(table).where(table.c.subject_id.in_(gone[start : start + CHUNK])))


def as_values(values: Mapping[str, Any], days: frozenset[str]) -> dict[str, Any]:
    """Values put aside as a table takes them: the named ones are days."""
    return {
        name: date.fromisoformat(value) if name in days and isinstance(value, str) else value
        for name, value in values.items()
    }


def plain_value(value: object) -> object:
    """A value as a column takes it: of a word from a list, the word."""
    return value.value if isinstance(value, Enum) else value


def _change(row: Any) -> Change:
    before = orjson.loads(row.before) if row.before else {}
    return Change(
        subject=row.subject_id,
        act=row.act,
        moment=datetime.fromisoformat(row.moment),
        before=MappingProxyType(before),
    )
