# SPDX-License-Identifier: EUPL-1.2
"""What organisations say of themselves on the pages: written, edited, renewed, withdrawn, restored, undone, told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, func, select, update

from data.errors import ChangedMeanwhile
from data.model import Audience, Declaration, SaidOnce, Visibility
from data.records import Accepted, DeclarationRecord
from data.store import schema
from data.store.bodies import WRITTEN_BY_HAND
from data.store.changes import as_values, changes_of, last_before, log_change, mark_of_fields, plain_value
from data.store.connection import reading, writing
from data.store.contents import declaration_of
from data.store.loading import next_version
from data.store.marks import Subject, mark

SUBJECT = "declaration"
EDITABLE = ("says", "what", "quantity", "unit", "period", "municipality", "valid_from", "valid_until", "visibility")
_DAYS = frozenset({"valid_from", "valid_until", "date"})


def mark_of_declaration(said: Declaration) -> str:
    """The mark of a declaration as it stands."""
    return mark_of_fields(said, EDITABLE)


class DeclarationRoom:
    """The part of the store that keeps declarations; each write is one transaction and is told in the history."""

    _engine: Engine

    def _write_by_hand(self, rows: Iterable[Accepted]) -> None:
        raise NotImplementedError

    def declare(self, record: DeclarationRecord) -> str:
        """Write a declaration made on a page; returns its id. Raises UnknownOrganisation."""
        key = f"declaration:{uuid4()}"
        self._write_by_hand([Accepted(1, key, (record,))])
        with reading(self._engine) as connection:
            table = schema.declaration
            found = connection.execute(
                select(table.c.id).where(table.c.source == WRITTEN_BY_HAND, table.c.key == key)
            ).scalar_one()
        return str(found)

    def withdraw(self, declaration_id: str) -> bool:
        """End a declaration; False when there is none in force with this id. `restore` brings it back."""
        table = schema.declaration
        with writing(self._engine) as connection:
            last = connection.execute(select(func.max(schema.load.c.id))).scalar()
            live = (table.c.id == declaration_id) & table.c.ended_load_id.is_(None)
            done = connection.execute(update(table).where(live).values(ended_load_id=last))
            return _told(connection, declaration_id, "withdrawn", {}, done.rowcount)

    def restore(self, declaration_id: str) -> bool:
        """Bring back a declaration that people withdrew; False when none was (one that a file dropped stays out)."""
        table = schema.declaration
        with writing(self._engine) as connection:
            story = changes_of(connection, SUBJECT, [declaration_id]).get(declaration_id, ())
            if not any(each.act == "withdrawn" for each in story):
                return False
            gone = (table.c.id == declaration_id) & table.c.ended_load_id.is_not(None)
            done = connection.execute(update(table).where(gone).values(ended_load_id=None))
            return _told(connection, declaration_id, "restored", {}, done.rowcount)

    def edit(self, declaration_id: str, values: Mapping[str, object], day: date, *, seen: str | None = None) -> bool:
        """Put other values (`EDITABLE`) into a declaration made on a page and in force; said anew on that day.

        False when there is none with this id or nothing would change; what stood there stays in the history. `seen` is
        the mark of what was shown (`mark_of_declaration`); raises ChangedMeanwhile when it is another now.
        """
        wanted = {name: plain_value(values[name]) for name in EDITABLE if name in values}
        with writing(self._engine) as connection:
            return _replace(connection, declaration_id, "edited", {**wanted, "date": day}, seen)

    def renew(self, declaration_id: str, until: date, day: date, *, seen: str | None = None) -> bool:
        """Let a declaration made on a page hold until a later day; False when there is none in force with this id.

        `seen` as in `edit`.
        """
        with writing(self._engine) as connection:
            return _replace(connection, declaration_id, "renewed", {"valid_until": until, "date": day}, seen)

    def undo(self, declaration_id: str, *, seen: str | None = None) -> bool:
        """Put back what the last edit or renewal replaced (again: what the undoing replaced); False when none did.

        `seen` as in `edit`.
        """
        with writing(self._engine) as connection:
            before = last_before(connection, SUBJECT, declaration_id)
            return bool(before) and _replace(connection, declaration_id, "undone", as_values(before, _DAYS), seen)

    def said_by(self, organisation: str, audience: Audience) -> list[SaidOnce]:
        """All that an organisation ever said that the audience may see, in force or over, newest first."""
        table, began, over = schema.declaration, schema.load.alias("began"), schema.load.alias("over")
        query = (
            select(table, began.c.finished.label("said"), over.c.finished.label("over"))
            .join(began, began.c.id == table.c.load_id)
            .outerjoin(over, over.c.id == table.c.ended_load_id)
            .where(table.c.organisation_id == organisation)
            .order_by(table.c.load_id.desc(), table.c.id)
        )
        if audience is Audience.PUBLIC:
            body = schema.organisation
            query = query.join(body, body.c.id == table.c.organisation_id).where(
                table.c.visibility == Visibility.PUBLIC.value, body.c.visibility == Visibility.PUBLIC.value
            )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
            stories = changes_of(connection, SUBJECT, [row.id for row in rows])
        return [_said_once(row, stories.get(row.id, ()), audience) for row in rows]


def _said_once(row: Any, story: tuple[Any, ...], audience: Audience) -> SaidOnce:
    """The public reads no earlier versions: one of them may have been kept from it."""
    withdrawn = [each.moment.date() for each in story if each.act == "withdrawn"]
    ended = None
    if row.ended_load_id is not None:
        ended = withdrawn[-1] if withdrawn else _day(row.over)
    changes = story if audience is Audience.OPERATOR else ()
    return SaidOnce(declaration=declaration_of(row), said=_day(row.said), ended=ended, changes=changes)


def _replace(
    connection: Connection, declaration_id: str, act: str, values: Mapping[str, Any], seen: str | None
) -> bool:
    """Puts values into a live declaration of the pages and logs those that they replace; False when none differ."""
    table = schema.declaration
    live = (table.c.id == declaration_id) & table.c.ended_load_id.is_(None) & (table.c.source == WRITTEN_BY_HAND)
    row = connection.execute(select(table).where(live)).first()
    if seen is not None and (row is None or seen != mark_of_declaration(declaration_of(row))):
        raise ChangedMeanwhile(what=declaration_id)
    if row is None:
        return False
    held = row._mapping
    before = {name: held[name] for name, value in values.items() if held[name] != value}
    if not set(before) - {"date"}:
        return False
    connection.execute(update(table).where(live).values(**{name: values[name] for name in before}))
    return _told(connection, declaration_id, act, before, 1)


def _told(connection: Connection, declaration_id: str, act: str, before: Mapping[str, Any], rows: int) -> bool:
    if rows:
        log_change(connection, SUBJECT, declaration_id, act, before)
        table = schema.declaration
        owner = select(table.c.organisation_id).where(table.c.id == declaration_id)
        mark(connection, Subject.BODY, connection.execute(owner).scalars())
        next_version(connection, marked=True)
    return bool(rows)


def _day(moment: str) -> date:
    return datetime.fromisoformat(moment).date()
