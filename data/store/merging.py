# SPDX-License-Identifier: EUPL-1.2
"""Two bodies that turn out to be one, and the way back: what moved is written down, the old id redirects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Column, Connection, Table, delete, insert, select, update

from data.store import schema
from data.store.dialect import put
from data.store.marks import Subject, mark
from data.store.winners import to_text

SAME_IDENTIFIERS = "same-identifiers"
"""The reason of a merge that rows of sources made; any other was decided, and stands until it is undone."""
CHUNK = 500
_BY_ID = (schema.assertion, schema.declaration)
# What else names a body: moved under the name of table and column.
_NAMED = (
    schema.contact_outcome.c.asker_id,
    schema.contact_outcome.c.partner_id,
    schema.dossier_role.c.organisation_id,
    schema.dossier_event.c.organisation_id,
)
_MEMBERSHIPS = (schema.participation, schema.participation_source)


def contradict(one: Iterable[tuple[str, str]], other: Iterable[tuple[str, str]]) -> bool:
    """True when two sets of identifiers (scheme, value) cannot belong to one body.

    The ISTAT code decides for comuni (registers give them different tax codes); else two different tax codes are two
    bodies, whatever a row says.
    """
    first, second = list(one), list(other)
    comuni = _values(first, "municipality"), _values(second, "municipality")
    if all(comuni):
        return comuni[0].isdisjoint(comuni[1]) or len(comuni[0] | comuni[1]) > 1
    codes = _values(first, "tax-code"), _values(second, "tax-code")
    return all(codes) and codes[0].isdisjoint(codes[1])


def _values(pairs: Iterable[tuple[str, str]], wanted: str) -> set[str]:
    return {value for scheme, value in pairs if scheme == wanted}


def merge(connection: Connection, other: str, keep: str, load_id: int, reason: str) -> None:
    """Everything of body `other` becomes `keep`'s; its id redirects. The winners of `keep` must be computed anew."""
    moved: dict[str, Any] = {"assertion": [], "declaration": []}
    for table in _BY_ID:
        column = table.c.organisation_id
        moved[str(table.name)] = list(connection.execute(select(table.c.id).where(column == other)).scalars())
        connection.execute(update(table).where(column == other).values(organisation_id=keep))
    for column in _NAMED:
        table = column.table
        moved[str(column)] = list(connection.execute(select(table.c.id).where(column == other)).scalars())
        connection.execute(update(table).where(column == other).values({column: keep}))
    moved["self_outcome"] = _end_outcomes_with_itself(connection, keep)
    names = schema.identifier
    mine = select(names.c.scheme, names.c.value).where(names.c.organisation_id == other)
    moved["identifier"] = [list(row) for row in connection.execute(mine)]
    connection.execute(update(names).where(names.c.organisation_id == other).values(organisation_id=keep))
    moved |= _move_memberships(connection, other, keep)
    earlier = schema.redirect
    moved["redirect"] = list(connection.execute(select(earlier.c.old_id).where(earlier.c.new_id == other)).scalars())
    connection.execute(update(earlier).where(earlier.c.new_id == other).values(new_id=keep))
    connection.execute(delete(schema.restricted).where(schema.restricted.c.organisation_id == other))
    connection.execute(delete(schema.organisation).where(schema.organisation.c.id == other))
    row = {"old_id": other, "new_id": keep, "reason": reason, "moved": to_text(moved), "load_id": load_id}
    put(connection, schema.redirect, [row])
    _mark(connection, other, keep)


def _mark(connection: Connection, *bodies: str) -> None:
    mark(connection, Subject.IDENTITY, bodies)
    for named in (Subject.OUTCOMES, Subject.DOSSIERS):
        mark(connection, named)


def _end_outcomes_with_itself(connection: Connection, body: str) -> list[str]:
    """What the two noted of each other is over: a body is no partner of itself. The ids of what was ended."""
    table = schema.contact_outcome
    own = (table.c.asker_id == body) & (table.c.partner_id == body) & table.c.ended.is_(None)
    ids = [str(key) for key in connection.execute(select(table.c.id).where(own)).scalars()]
    for some in _chunks(ids):
        today = datetime.now(UTC).date()
        connection.execute(update(table).where(table.c.id.in_(some)).values(ended=today))
    return ids


def _move_memberships(connection: Connection, other: str, keep: str) -> dict[str, list[Any]]:
    table, told = schema.participation, schema.participation_source
    theirs = _projects(connection, other)
    both = sorted(theirs & _projects(connection, keep))
    links = connection.execute(select(told.c.source, told.c.key).where(told.c.organisation_id == other))
    moved: dict[str, list[Any]] = {
        "participation": sorted(theirs - set(both)),
        "participation_in_both": both,
        "participation_source": [list(row) for row in links],
    }
    connection.execute(delete(table).where(table.c.organisation_id == other, table.c.project.in_(both)))
    for column_table in _MEMBERSHIPS:
        connection.execute(
            update(column_table).where(column_table.c.organisation_id == other).values(organisation_id=keep)
        )
    return moved


def _projects(connection: Connection, body: str) -> set[str]:
    table = schema.participation
    return set(connection.execute(select(table.c.project).where(table.c.organisation_id == body)).scalars())


def separate(connection: Connection, old_id: str, blank: dict[str, Any]) -> str | None:
    """Undo a merge: what had moved goes back to `old_id` (whose row starts as `blank`); returns the body it left.

    What the rows that had moved have said since goes back too. None when this id does not redirect. The winners of both
    bodies must be computed anew.
    """
    table = schema.redirect
    row = connection.execute(select(table.c.new_id, table.c.moved).where(table.c.old_id == old_id)).first()
    if row is None:
        return None
    keep, moved = str(row.new_id), orjson.loads(row.moved)
    connection.execute(insert(schema.organisation), [blank])
    told = [(source, key) for source, key in moved["participation_source"]]
    for by_id in _BY_ID:
        rows = _rows_that_said(connection, by_id, moved[str(by_id.name)])
        _give_back(connection, by_id.c.organisation_id, moved[str(by_id.name)], keep, old_id)
        _give_rows_back(connection, by_id, rows, keep, old_id)
        told += rows
    for column in _NAMED:
        _give_back(connection, column, moved.get(str(column), []), keep, old_id)
    for some in _chunks(moved.get("self_outcome", [])):
        own = schema.contact_outcome
        connection.execute(update(own).where(own.c.id.in_(some)).values(ended=None))
    _give_identifiers_back(connection, moved["identifier"], told, keep, old_id)
    _give_rows_back(connection, schema.participation_source, told, keep, old_id)
    _give_memberships_back(connection, moved, old_id, keep)
    back = table.c.old_id.in_(moved.get("redirect", [])) & (table.c.new_id == keep)
    connection.execute(update(table).where(back).values(new_id=old_id))
    connection.execute(delete(table).where(table.c.old_id == old_id))
    _mark(connection, old_id, keep)
    return keep


def _rows_that_said(connection: Connection, table: Table, ids: Sequence[object]) -> list[tuple[str, str]]:
    """The rows of sources (source, key) that these assertions or declarations came from."""
    found: set[tuple[str, str]] = set()
    for some in _chunks(ids):
        rows = connection.execute(select(table.c.source, table.c.key).where(table.c.id.in_(some)))
        found.update((row.source, row.key) for row in rows)
    return sorted(found)


def _give_back(connection: Connection, column: Column[Any], ids: Sequence[object], keep: str, body: str) -> None:
    table = column.table
    for some in _chunks(ids):
        connection.execute(update(table).where(table.c.id.in_(some), column == keep).values({column: body}))


def _give_rows_back(
    connection: Connection, table: Table, rows: Sequence[tuple[str, str]], keep: str, body: str
) -> None:
    for source, keys in _by_source(rows):
        of_rows = (table.c.source == source) & table.c.key.in_(keys) & (table.c.organisation_id == keep)
        connection.execute(update(table).where(of_rows).values(organisation_id=body))


def _give_identifiers_back(
    connection: Connection, moved: Sequence[Sequence[str]], rows: Sequence[tuple[str, str]], keep: str, body: str
) -> None:
    """The identifiers that had moved, and those that only rows that go back tell."""
    names, told = schema.identifier, schema.identifier_source
    mine = {(scheme, value) for scheme, value in moved}
    going = set(rows)
    for source, keys in _by_source(rows):
        query = select(told.c.scheme, told.c.value).where(told.c.source == source, told.c.key.in_(keys))
        for scheme, value in connection.execute(query).all():
            tellers = select(told.c.source, told.c.key).where(told.c.scheme == scheme, told.c.value == value)
            if all((row.source, row.key) in going for row in connection.execute(tellers)):
                mine.add((scheme, value))
    for scheme, value in sorted(mine):
        found = (names.c.scheme == scheme) & (names.c.value == value) & (names.c.organisation_id == keep)
        connection.execute(update(names).where(found).values(organisation_id=body))


def _give_memberships_back(connection: Connection, moved: dict[str, Any], body: str, keep: str) -> None:
    table, told = schema.participation, schema.participation_source
    of_keep = table.c.organisation_id == keep
    for some in _chunks(moved["participation"]):
        connection.execute(update(table).where(of_keep, table.c.project.in_(some)).values(organisation_id=body))
    theirs = select(told.c.project).where(told.c.organisation_id == body)
    projects = set(connection.execute(theirs).scalars()) | set(moved["participation_in_both"])
    of_keep_still = select(told.c.project).where(told.c.organisation_id == keep)
    still = set(connection.execute(of_keep_still).scalars())
    for some in _chunks(sorted(projects)):
        rows = connection.execute(select(table).where(of_keep, table.c.project.in_(some))).all()
        put(connection, table, [dict(row._mapping) | {"organisation_id": body} for row in rows])
        over = [project for project in some if project not in still and project not in moved["participation_in_both"]]
        connection.execute(delete(table).where(of_keep, table.c.project.in_(over)))


def _by_source(rows: Sequence[tuple[str, str]]) -> Iterator[tuple[str, Sequence[str]]]:
    """Rows by source, some keys at a time."""
    keys: dict[str, list[str]] = {}
    for source, key in sorted(set(rows)):
        keys.setdefault(source, []).append(key)
    for source, held in keys.items():
        for some in _chunks(held):
            yield source, some


def _chunks(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))
