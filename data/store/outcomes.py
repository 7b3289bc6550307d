# SPDX-License-Identifier: EUPL-1.2
"""What became of suggestions: steps written by an office, corrected, taken back and restored; nothing is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, Row, insert, select, update

from data.errors import ChangedMeanwhile, UnknownOrganisation
from data.model import Audience, Change, ContactOutcome, Visibility
from data.store import schema
from data.store.changes import as_values, changes_of, last_before, log_change, mark_of_fields, plain_value
from data.store.connection import reading, writing
from data.store.loading import next_version
from data.store.marks import Subject, mark

SUBJECT = "outcome"
EDITABLE = ("kind", "step", "date", "reason", "note", "by_role", "mutual", "dossier", "objective", "visibility")
_COLUMNS = {"asker": "asker_id", "partner": "partner_id", "dossier": "dossier_id"}
_DAYS = frozenset({"date", "ended"})


def mark_of_outcome(outcome: ContactOutcome) -> str:
    """The mark of a step as it stands."""
    return mark_of_fields(outcome, EDITABLE)


class OutcomeRoom:
    """The part of the store that keeps what became of suggestions; each write is one transaction."""

    _engine: Engine

    def record_outcome(self, outcome: ContactOutcome) -> str:
        """Write a step (its `id` is given here) and return its id. Raises UnknownOrganisation for a body not known."""
        made = replace(outcome, id=str(uuid4()))
        with writing(self._engine) as connection:
            for body in (made.asker, made.partner):
                if connection.execute(select(schema.organisation.c.id).where(_is(body))).first() is None:
                    raise UnknownOrganisation(organisation=body)
            written = datetime.now(UTC).isoformat(timespec="seconds")
            connection.execute(insert(schema.contact_outcome), [_row(made) | {"written": written, "ended": None}])
            mark(connection, Subject.OUTCOMES)
            next_version(connection, marked=True)
        return made.id

    def edit_outcome(self, outcome_id: str, values: Mapping[str, object], *, seen: str | None = None) -> bool:
        """Put other values (`EDITABLE`) into a step; False when there is none in force or nothing would change.

        `seen` is the mark of what was shown (`mark_of_outcome`); raises ChangedMeanwhile when it is another now.
        """
        with writing(self._engine) as connection:
            wanted = {_COLUMNS.get(name, name): plain_value(values[name]) for name in EDITABLE if name in values}
            return _replace(connection, outcome_id, "edited", wanted, seen)

    def take_outcome_back(self, outcome_id: str, day: date) -> bool:
        """End a step written by mistake; False when there is none in force. `restore_outcome` brings it back."""
        return self._mark(outcome_id, "withdrawn", day)

    def restore_outcome(self, outcome_id: str) -> bool:
        """Bring back a step that was taken back; False when none was."""
        return self._mark(outcome_id, "restored", None)

    def _mark(self, outcome_id: str, act: str, ended: date | None) -> bool:
        table = schema.contact_outcome
        other = table.c.ended.is_not(None) if ended is None else table.c.ended.is_(None)
        two = table.c.asker_id != table.c.partner_id
        with writing(self._engine) as connection:
            done = connection.execute(update(table).where(table.c.id == outcome_id, other, two).values(ended=ended))
            if done.rowcount:
                log_change(connection, SUBJECT, outcome_id, act, {})
                mark(connection, Subject.OUTCOMES)
                next_version(connection, marked=True)
            return bool(done.rowcount)

    def undo_outcome(self, outcome_id: str, *, seen: str | None = None) -> bool:
        """Put back what the last correction of a step replaced; False when none did. `seen` as in `edit_outcome`."""
        with writing(self._engine) as connection:
            before = last_before(connection, SUBJECT, outcome_id)
            return bool(before) and _replace(connection, outcome_id, "undone", as_values(before, _DAYS), seen)

    def outcomes(self, audience: Audience) -> list[ContactOutcome]:
        """Every step in force that the audience may see, by day and id."""
        with reading(self._engine) as connection:
            return outcomes_in_force(connection, audience)

    def outcomes_taken_back(self) -> list[ContactOutcome]:
        """Steps that were taken back and may be restored, by day and id; for the operator only."""
        with reading(self._engine) as connection:
            return _outcomes(connection, Audience.OPERATOR, taken_back=True)

    def outcome_changes(self, ids: Sequence[str]) -> dict[str, tuple[Change, ...]]:
        """By id of a step what was done to it since it was written, oldest first."""
        with reading(self._engine) as connection:
            return changes_of(connection, SUBJECT, ids)


def _is(body: str) -> Any:
    return schema.organisation.c.id == body


def _row(outcome: ContactOutcome) -> dict[str, Any]:
    names = (*EDITABLE, "id", "asker", "partner")
    row = {_COLUMNS.get(name, name): getattr(outcome, name) for name in names}
    return row | {"visibility": outcome.visibility.value}


def _replace(connection: Connection, outcome_id: str, act: str, values: Mapping[str, Any], seen: str | None) -> bool:
    table = schema.contact_outcome
    live = (table.c.id == outcome_id) & table.c.ended.is_(None)
    row = connection.execute(select(table).where(live)).first()
    if seen is not None and (row is None or seen != mark_of_outcome(_outcome(row))):
        raise ChangedMeanwhile(what=outcome_id)
    if row is None:
        return False
    held = row._mapping
    before = {name: held[name] for name, value in values.items() if held[name] != value}
    if not before:
        return False
    connection.execute(update(table).where(live).values(**{name: values[name] for name in before}))
    log_change(connection, SUBJECT, outcome_id, act, before)
    mark(connection, Subject.OUTCOMES)
    next_version(connection, marked=True)
    return True


def outcomes_in_force(connection: Connection, audience: Audience) -> list[ContactOutcome]:
    """Every step in force that the audience may see, by day and id."""
    return _outcomes(connection, audience, taken_back=False)


def _outcomes(connection: Connection, audience: Audience, *, taken_back: bool) -> list[ContactOutcome]:
    table = schema.contact_outcome
    query = (
        select(table)
        .where(table.c.ended.is_not(None) if taken_back else table.c.ended.is_(None))
        .order_by(table.c.date, table.c.written, table.c.id)
    )
    if taken_back:  # what two bodies that became one noted of each other is over
        query = query.where(table.c.asker_id != table.c.partner_id)
    if audience is Audience.PUBLIC:
        public = select(schema.organisation.c.id).where(
            schema.organisation.c.visibility == Visibility.PUBLIC.value, schema.organisation.c.listed.is_(True)
        )
        query = query.where(
            table.c.visibility == Visibility.PUBLIC.value,
            table.c.asker_id.in_(public),
            table.c.partner_id.in_(public),
        )
    return [_outcome(row) for row in connection.execute(query).all()]


def _outcome(row: Row[Any]) -> ContactOutcome:
    return ContactOutcome(
        id=row.id,
        asker=row.asker_id,
        partner=row.partner_id,
        kind=row.kind,
        step=row.step,
        date=row.date,
        reason=row.reason,
        note=row.note,
        by_role=row.by_role,
        mutual=row.mutual,
        dossier=row.dossier_id,
        objective=row.objective,
        visibility=Visibility(row.visibility),
    )
