# SPDX-License-Identifier: EUPL-1.2
"""Dossiers and tables in the store: read for one audience, written by hand, each change one transaction and undoable.

Every change by hand leaves an event that holds what it replaced: taking back the last change restores it. Nothing is
ever deleted: roles, events and dossiers end.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import uuid4

import orjson
from sqlalchemy import Connection, Engine, insert, select, update

from data.errors import ChangedMeanwhile, InvalidValue
from data.model import Audience, Dossier
from data.records import DossierRecord
from data.store import schema
from data.store.connection import reading, writing
from data.store.dossier_contents import dossiers, dossiers_taken_out
from data.store.dossier_hand import as_json
from data.store.dossier_roles import RoleRoom
from data.store.dossier_rows import CHANGEABLE, checked, dossier_row, stored
from data.store.dossier_writing import changing, held_dossier, log_event, refuse_stale, set_row
from data.store.loading import next_version

EVENT_KINDS: Final = ("note", "meeting", "call", "letter", "decision", "submission")
"""What a person may write in the log; the other kinds are written by the service."""
BY_HAND: Final = "page"


class DossierRoom(RoleRoom):
    """The part of the store that keeps dossiers; each function is one transaction and raises the store's version.

    All raise UnknownDossier when there is none with this id, InvalidValue for a value that may not be. `seen` is the
    mark of a dossier's fields as they were shown: ChangedMeanwhile is raised when it is another now.
    """

    _engine: Engine

    def dossiers(self, audience: Audience) -> list[Dossier]:
        """Every dossier and table that the audience may see, by id, with roles and log."""
        with reading(self._engine) as connection:
            return dossiers(connection, audience)

    def create_dossier(self, said: DossierRecord, today: date, *, by_role: str | None = None) -> str:
        """Write a new dossier or table; its id. `said.key` is not used. Raises InvalidValue."""
        made = str(uuid4())
        with changing(self._engine) as connection:
            row = dossier_row(said, made, BY_HAND, made)
            checked(row)
            connection.execute(insert(schema.dossier), [row | {"created": today, "closed": None, "ended": None}])
            log_event(connection, made, "created", today, by_role=by_role)
        return made

    def change_dossier(
        self,
        dossier: str,
        values: Mapping[str, object],
        today: date,
        *,
        by_role: str | None = None,
        seen: str | None = None,
    ) -> tuple[str, ...]:
        """Replace fields of a dossier (names in `CHANGEABLE`); the names of those that really changed."""
        wrong = [name for name in values if name not in CHANGEABLE]
        if wrong:
            raise InvalidValue(field="field", value=wrong[0], allowed=", ".join(CHANGEABLE))
        with writing(self._engine) as connection:
            held = held_dossier(connection, dossier)
            refuse_stale(connection, dossier, seen)
            new = {name: stored(name, value) for name, value in values.items()}
            changed: tuple[str, ...] = tuple(name for name in CHANGEABLE if name in new and new[name] != held[name])
            if not changed:
                return ()
            checked(held | new)
            before: dict[str, Any] = {name: as_json(held[name]) for name in changed}
            set_row(connection, schema.dossier, dossier, {name: new[name] for name in changed})
            log_event(connection, dossier, "changed", today, by_role=by_role, changed=changed, before=before)
            next_version(connection, only_work=True)
            return changed

    def close_dossier(
        self, dossier: str, outcome: str | None, today: date, *, by_role: str | None = None, seen: str | None = None
    ) -> None:
        """End the work of a dossier, with what came of it; it stays readable and can be opened again."""
        with changing(self._engine) as connection:
            held = held_dossier(connection, dossier)
            refuse_stale(connection, dossier, seen)
            before = {name: as_json(held[name]) for name in ("status", "outcome", "closed")}
            set_row(
                connection,
                schema.dossier,
                dossier,
                {"status": "closed", "outcome": outcome or held["outcome"], "closed": today},
            )
            log_event(connection, dossier, "closed", today, by_role=by_role, text=outcome or "", before=before)

    def reopen_dossier(self, dossier: str, today: date, *, by_role: str | None = None, seen: str | None = None) -> None:
        """Take up a closed dossier again, in preparation."""
        with changing(self._engine) as connection:
            held = held_dossier(connection, dossier)
            refuse_stale(connection, dossier, seen)
            before = {name: as_json(held[name]) for name in ("status", "closed")}
            set_row(connection, schema.dossier, dossier, {"status": "in-preparation", "closed": None})
            log_event(connection, dossier, "reopened", today, by_role=by_role, before=before)

    def add_event(
        self,
        dossier: str,
        kind: str,
        text: str,
        day: date,
        *,
        by_role: str | None = None,
        organisation: str | None = None,
    ) -> str:
        """Write a line of the log, of one of `EVENT_KINDS`; its id."""
        if kind not in EVENT_KINDS:
            raise InvalidValue(field="kind", value=kind, allowed=", ".join(EVENT_KINDS))
        with changing(self._engine) as connection:
            held_dossier(connection, dossier)
            about = {"organisation_id": organisation, "id": None, "role": None} if organisation else None
            return log_event(connection, dossier, kind, day, by_role=by_role, text=text, role=about)

    def withdraw_event(self, dossier: str, event: str, today: date) -> bool:
        """Take a written line out of the log; it stays in the history. False when it is not a line of this log."""
        table = schema.dossier_event
        mine = (table.c.id == event) & (table.c.dossier_id == dossier) & table.c.ended.is_(None)
        with writing(self._engine) as connection:
            done = connection.execute(update(table).where(mine, table.c.kind.in_(EVENT_KINDS)).values(ended=today))
            if done.rowcount:
                next_version(connection, only_work=True)
            return bool(done.rowcount)

    def undo_dossier(self, dossier: str, today: date, *, event: str | None = None) -> str | None:
        """Take back the last change of a dossier or of its roles; the kind of what was undone, None when nothing is.

        `event` is the id of the change that is meant: raises ChangedMeanwhile when it is no longer the last one.
        """
        table = schema.dossier_event
        live = (table.c.dossier_id == dossier) & table.c.ended.is_(None) & table.c.before.is_not(None)
        with writing(self._engine) as connection:
            held_dossier(connection, dossier)
            last = connection.execute(
                select(table).where(live).order_by(table.c.written.desc(), table.c.id.desc())
            ).first()
            if event is not None and (last is None or last.id != event):
                raise ChangedMeanwhile(what=dossier)
            if last is None:
                return None
            before = {name: _day_or(name, value) for name, value in orjson.loads(last.before).items()}
            if last.role_id is None:
                set_row(connection, schema.dossier, dossier, before)
            else:
                set_row(connection, schema.dossier_role, last.role_id, _with_known_body(connection, before))
            connection.execute(update(table).where(table.c.id == last.id).values(ended=today))
            next_version(connection, only_work=True)
            return str(last.kind)

    def end_dossier(self, dossier: str, today: date) -> None:
        """Take a dossier with its roles and log out of every list (made by mistake); `restore_dossier` brings it back.

        A file that holds it does not bring it back; outcomes that name it stay.
        """
        with changing(self._engine) as connection:
            held_dossier(connection, dossier)
            set_row(connection, schema.dossier, dossier, {"ended": today})
            log_event(connection, dossier, "ended", today, before={"ended": None})

    def restore_dossier(self, dossier: str, today: date) -> bool:
        """Bring back a dossier that was taken out by hand, as it was; False when none was."""
        table = schema.dossier_event
        taken_out = (table.c.dossier_id == dossier) & (table.c.kind == "ended") & table.c.ended.is_(None)
        with writing(self._engine) as connection:
            done = connection.execute(update(table).where(taken_out).values(ended=today))
            if done.rowcount:
                set_row(connection, schema.dossier, dossier, {"ended": None})
                next_version(connection, only_work=True)
            return bool(done.rowcount)

    def dossiers_taken_out(self) -> list[tuple[Dossier, date]]:
        """Dossiers that people took out, without roles and log, and on which day; newest first. Operator only."""
        with reading(self._engine) as connection:
            return dossiers_taken_out(connection)


# --- rows -------------------------------------------------------------------------------------------------------


def _day_or(name: str, value: object) -> object:
    if name in {"deadline", "closed", "since", "ended"} and isinstance(value, str):
        return date.fromisoformat(value)
    return value


def _with_known_body(connection: Connection, before: dict[str, Any]) -> dict[str, Any]:
    """The same, with the body that a merged one has become; open again when the store no longer knows it."""
    body = before.get("organisation_id")
    if body is None:
        return before
    table, moved = schema.organisation, schema.redirect
    if connection.execute(select(table.c.id).where(table.c.id == body)).first():
        return before
    new = connection.execute(select(moved.c.new_id).where(moved.c.old_id == body)).scalar()
    return before | {"organisation_id": new, "state": before["state"] if new else "open"}
