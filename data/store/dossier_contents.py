# SPDX-License-Identifier: EUPL-1.2
"""Dossiers and tables read back with their roles and log, as one audience may see them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import orjson
from sqlalchemy import Connection, Row, select

from data.model import Audience, Dossier, DossierEvent, DossierRole, Visibility
from data.store import schema
from data.store.dossier_rows import COVERED


def dossiers(connection: Connection, audience: Audience) -> list[Dossier]:
    """Every dossier and table that the audience may see, by id, with its roles and log in order.

    The public sees who has taken a role, never who was asked, nor what is put in, nor the log.
    """
    table = schema.dossier
    query = select(table).where(table.c.ended.is_(None)).order_by(table.c.id)
    if audience is Audience.PUBLIC:
        query = query.where(table.c.visibility == Visibility.PUBLIC.value, table.c.kind != "wbo")
    rows = connection.execute(query).all()
    if not rows:
        return []
    roles, events, calls = _roles(connection), _events(connection), _call_titles(connection, audience)
    public = audience is Audience.PUBLIC
    seen = _public_bodies(connection) if public else frozenset()
    return [
        _dossier(
            row,
            tuple(_for_public(role, seen) for role in roles.get(row.id, ()))
            if public
            else tuple(roles.get(row.id, ())),
            () if public else tuple(events.get(row.id, ())),
            calls.get(row.call or ""),
        )
        for row in rows
    ]


def _call_titles(connection: Connection, audience: Audience) -> dict[str, str]:
    """By id the titles of calls that dossiers name and the audience may see, also of those that left their list."""
    table = schema.call
    query = select(table.c.id, table.c.title).where(table.c.id.in_(select(schema.dossier.c.call)))
    if audience is Audience.PUBLIC:
        query = query.where(table.c.visibility == Visibility.PUBLIC.value)
    return {row.id: row.title for row in connection.execute(query)}


def _public_bodies(connection: Connection) -> frozenset[str]:
    table = schema.organisation
    return frozenset(
        connection.execute(select(table.c.id).where(table.c.visibility == Visibility.PUBLIC.value)).scalars()
    )


def _for_public(role: DossierRole, seen: frozenset[str]) -> DossierRole:
    if role.state != COVERED:
        return replace(role, organisation=None, state="open", resources=None, since=None)
    return replace(role, organisation=role.organisation if role.organisation in seen else None, resources=None)


def _roles(connection: Connection) -> dict[str, list[DossierRole]]:
    table = schema.dossier_role
    found: dict[str, list[DossierRole]] = {}
    query = select(table).where(table.c.ended.is_(None)).order_by(table.c.dossier_id, table.c.role, table.c.id)
    for row in connection.execute(query):
        found.setdefault(row.dossier_id, []).append(role_of_row(row))
    return found


def role_of_row(row: Row[Any]) -> DossierRole:
    """A row of the table as the noun."""
    return DossierRole(
        id=row.id,
        dossier=row.dossier_id,
        role=row.role,
        needs=tuple(orjson.loads(row.needs)),
        organisation=row.organisation_id,
        state=row.state,
        resources=row.resources,
        since=row.since,
    )


def dossiers_taken_out(connection: Connection) -> list[tuple[Dossier, date]]:
    """Those that people took out and may bring back, and the day, newest first; one that its file dropped is none."""
    table, event = schema.dossier, schema.dossier_event
    by_hand = select(event.c.dossier_id).where(event.c.kind == "ended", event.c.ended.is_(None))
    query = select(table).where(table.c.id.in_(by_hand), table.c.ended.is_not(None)).order_by(table.c.id)
    found = [(_dossier(row, (), ()), row.ended) for row in connection.execute(query)]
    return sorted(found, key=lambda one: one[1], reverse=True)


def _events(connection: Connection) -> dict[str, list[DossierEvent]]:
    """The log of each dossier, the day's order kept as written; `undoable` marks the last change of each."""
    table = schema.dossier_event
    found: dict[str, list[DossierEvent]] = {}
    last: dict[str, tuple[str, str]] = {}
    query = select(table).where(table.c.ended.is_(None)).order_by(table.c.date, table.c.written, table.c.id)
    for row in connection.execute(query):
        event = DossierEvent(
            id=row.id,
            dossier=row.dossier_id,
            date=row.date,
            kind=row.kind,
            text=row.text,
            by_role=row.by_role,
            role=row.role,
            organisation=row.organisation_id,
            changed=tuple(orjson.loads(row.changed)),
        )
        found.setdefault(row.dossier_id, []).append(event)
        if row.before is not None:
            last[row.dossier_id] = max(last.get(row.dossier_id, ("", "")), (row.written, row.id))
    latest = {event for _written, event in last.values()}
    return {key: [replace(each, undoable=each.id in latest) for each in events] for key, events in found.items()}


def _dossier(
    row: Any, roles: tuple[DossierRole, ...], events: tuple[DossierEvent, ...], call_title: str | None = None
) -> Dossier:
    return Dossier(
        id=row.id,
        title=row.title,
        kind=row.kind,
        purpose=row.purpose,
        need=row.need,
        municipalities=tuple(orjson.loads(row.municipalities)),
        themes=tuple(orjson.loads(row.themes)),
        instrument=row.instrument,
        call=row.call,
        call_title=call_title,
        act_kind=row.act_kind,
        act_title=row.act_title,
        deadline=row.deadline,
        status=row.status,
        outcome=row.outcome,
        objective=row.objective,
        created=row.created,
        closed=row.closed,
        visibility=Visibility(row.visibility),
        source=row.source,
        roles=roles,
        events=events,
    )
