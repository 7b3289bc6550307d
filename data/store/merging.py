# SPDX-License-Identifier: EUPL-1.2
"""Two bodies that turn out to be one, and the way back: what moved is written down, the old id redirects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import Column, Connection, delete, insert, select, update

from data.store import schema
from data.store.dialect import put
from data.store.winners import to_text

_BY_ID = (schema.assertion, schema.declaration)
# What else names a body: moved under the name of table and column.
_NAMED = (
    schema.contact_outcome.c.asker_id,
    schema.contact_outcome.c.partner_id,
    schema.dossier_role.c.organisation_id,
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
    names = schema.identifier
    mine = select(names.c.scheme, names.c.value).where(names.c.organisation_id == other)
    moved["identifier"] = [list(row) for row in connection.execute(mine)]
    connection.execute(update(names).where(names.c.organisation_id == other).values(organisation_id=keep))
    moved |= _move_memberships(connection, other, keep)
    connection.execute(update(schema.redirect).where(schema.redirect.c.new_id == other).values(new_id=keep))
    connection.execute(delete(schema.restricted).where(schema.restricted.c.organisation_id == other))
    connection.execute(delete(schema.organisation).where(schema.organisation.c.id == other))
    row = {"old_id": other, "new_id": keep, "reason": reason, "moved": to_text(moved), "load_id": load_id}
    put(connection, schema.redirect, [row])


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

    None when this id does not redirect. The winners of both bodies must be computed anew.
    """
    table = schema.redirect
    row = connection.execute(select(table.c.new_id, table.c.moved).where(table.c.old_id == old_id)).first()
    if row is None:
        return None
    keep, moved = str(row.new_id), orjson.loads(row.moved)
    connection.execute(insert(schema.organisation), [blank])
    for by_id in _BY_ID:
        _give_back(connection, by_id.c.organisation_id, moved[str(by_id.name)], old_id)
    for column in _NAMED:
        _give_back(connection, column, moved.get(str(column), []), old_id)
    names, told = schema.identifier, schema.participation_source
    for scheme, value in moved["identifier"]:
        found = (names.c.scheme == scheme) & (names.c.value == value)
        connection.execute(update(names).where(found).values(organisation_id=old_id))
    for source, key in moved["participation_source"]:
        found = (told.c.source == source) & (told.c.key == key)
        connection.execute(update(told).where(found).values(organisation_id=old_id))
    _give_memberships_back(connection, moved, old_id, keep)
    connection.execute(delete(table).where(table.c.old_id == old_id))
    return keep


def _give_back(connection: Connection, column: Column[Any], ids: list[object], body: str) -> None:
    table = column.table
    connection.execute(update(table).where(table.c.id.in_(ids)).values({column: body}))


def _give_memberships_back(connection: Connection, moved: dict[str, Any], body: str, keep: str) -> None:
    table = schema.participation
    of_keep = table.c.organisation_id == keep
    alone = of_keep & table.c.project.in_(moved["participation"])
    connection.execute(update(table).where(alone).values(organisation_id=body))
    both = connection.execute(select(table).where(of_keep, table.c.project.in_(moved["participation_in_both"])))
    put(connection, table, [dict(row._mapping) | {"organisation_id": body} for row in both])
