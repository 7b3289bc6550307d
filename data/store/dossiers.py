# SPDX-License-Identifier: EUPL-1.2
"""Dossiers and tables in the store: read for one audience, written by hand, each change one transaction and undoable.

Every change by hand leaves an event that holds what it replaced: taking back the last change restores it. Nothing is
ever deleted: roles, events and dossiers end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import uuid4

import orjson
from sqlalchemy import Connection, Engine, Table, func, insert, select, update

from data.errors import ChangedMeanwhile, InvalidValue, UnknownDossier
from data.model import Audience, Dossier
from data.records import DossierRecord
from data.store import schema
from data.store.changes import mark_of
from data.store.connection import reading, writing
from data.store.dossier_contents import dossiers
from data.store.dossier_hand import OF_FIELDS, as_json
from data.store.dossier_rows import (
    CHANGEABLE,
    MOST_ROLES,
    NAMED,
    ROLE_STATES,
    as_text,
    checked,
    dossier_row,
    stored,
)
from data.store.loading import next_version

EVENT_KINDS: Final = ("note", "meeting", "call", "letter", "decision", "submission")
"""What a person may write in the log; the other kinds are written by the service."""
BY_HAND: Final = "page"
_ROLE_FIELDS: Final = ("role", "needs", "organisation_id", "state", "resources", "since", "ended")


# --- writing by hand --------------------------------------------------------------------------------------------


class DossierRoom:
    """The part of the store that keeps dossiers; each function is one transaction and raises the store's version.

    All raise UnknownDossier when there is none with this id, InvalidValue for a value that may not be.
    """

    _engine: Engine

    def dossiers(self, audience: Audience) -> list[Dossier]:
        """Every dossier and table that the audience may see, by id, with roles and log."""
        with reading(self._engine) as connection:
            return dossiers(connection, audience)

    @contextmanager
    def _changing(self, dossier: str | None = None) -> Iterator[Connection]:
        with writing(self._engine) as connection:
            if dossier is not None:
                _held(connection, dossier)
            yield connection
            next_version(connection, only_work=True)

    def create_dossier(self, said: DossierRecord, today: date, *, by_role: str | None = None) -> str:
        """Write a new dossier or table; its id. `said.key` is not used. Raises InvalidValue."""
        made = str(uuid4())
        with self._changing() as connection:
            row = dossier_row(said, made, BY_HAND, made)
            checked(row)
            connection.execute(insert(schema.dossier), [row | {"created": today, "closed": None, "ended": None}])
            _log(connection, made, "created", today, by_role=by_role)
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
        """Replace fields of a dossier (names in `CHANGEABLE`); the names of those that really changed.

        `seen` is the mark of what was shown (`changes.mark_of`); raises ChangedMeanwhile when it is another now.
        """
        wrong = [name for name in values if name not in CHANGEABLE]
        if wrong:
            raise InvalidValue(field="field", value=wrong[0], allowed=", ".join(CHANGEABLE))
        with writing(self._engine) as connection:
            held = _held(connection, dossier)
            if seen is not None and seen != _mark(connection, dossier):
                raise ChangedMeanwhile(what=dossier)
            new = {name: stored(name, value) for name, value in values.items()}
            changed: tuple[str, ...] = tuple(name for name in CHANGEABLE if name in new and new[name] != held[name])
            if not changed:
                return ()
            checked(held | new)
            before: dict[str, Any] = {name: as_json(held[name]) for name in changed}
            _set(connection, schema.dossier, dossier, {name: new[name] for name in changed})
            _log(connection, dossier, "changed", today, by_role=by_role, changed=changed, before=before)
            next_version(connection, only_work=True)
            return changed

    def close_dossier(self, dossier: str, outcome: str | None, today: date, *, by_role: str | None = None) -> None:
        """End the work of a dossier, with what came of it; it stays readable and can be opened again."""
        with self._changing(dossier) as connection:
            held = _held(connection, dossier)
            before = {name: as_json(held[name]) for name in ("status", "outcome", "closed")}
            _set(
                connection,
                schema.dossier,
                dossier,
                {"status": "closed", "outcome": outcome or held["outcome"], "closed": today},
            )
            _log(connection, dossier, "closed", today, by_role=by_role, text=outcome or "", before=before)

    def reopen_dossier(self, dossier: str, today: date, *, by_role: str | None = None) -> None:
        """Take up a closed dossier again, in preparation."""
        with self._changing(dossier) as connection:
            held = _held(connection, dossier)
            before = {name: as_json(held[name]) for name in ("status", "closed")}
            _set(connection, schema.dossier, dossier, {"status": "in-preparation", "closed": None})
            _log(connection, dossier, "reopened", today, by_role=by_role, before=before)

    def add_role(
        self,
        dossier: str,
        role: str,
        today: date,
        *,
        needs: Sequence[str] = (),
        organisation: str | None = None,
        state: str = "open",
        resources: str | None = None,
        by_role: str | None = None,
    ) -> str:
        """Add a role to be filled, or filled at once; its id. Raises InvalidValue beyond 100 roles."""
        made = str(uuid4())
        _check_state(state, organisation)
        with self._changing(dossier) as connection:
            count = select(func.count()).where(
                schema.dossier_role.c.dossier_id == dossier, schema.dossier_role.c.ended.is_(None)
            )
            if connection.execute(count).scalar_one() >= MOST_ROLES:
                raise InvalidValue(field="role", value=role, allowed=f"<= {MOST_ROLES}")
            row = {
                "id": made, "dossier_id": dossier, "source": BY_HAND, "key": made, "role": role,
                "needs": as_text(needs), "organisation_id": organisation, "state": state, "resources": resources,
                "since": today if organisation else None, "ended": None,
            }  # fmt: skip
            connection.execute(insert(schema.dossier_role), [row])
            kind = f"role-{state}" if organisation else "role-added"
            before = {"ended": today}
            _log(connection, dossier, kind, today, by_role=by_role, role=row, before=before)
        return made

    def set_role(
        self,
        role: str,
        state: str,
        today: date,
        *,
        organisation: str | None = None,
        resources: str | None = None,
        by_role: str | None = None,
    ) -> None:
        """Invite, fill, decline or leave a role. A role declined or left is open again for somebody else.

        `organisation` is needed to invite, note an interest and fill; to decline and to leave it is the one that stood
        there. Raises InvalidValue (state, organisation).
        """
        with self._changing() as connection:
            held = _held_role(connection, role)
            named = organisation or held["organisation_id"]
            _check_state(state, named)
            before = {name: as_json(held[name]) for name in _ROLE_FIELDS}
            free = state not in NAMED
            new = {
                "state": "open" if free else state,
                "organisation_id": None if free else named,
                "resources": None if free else (resources or held["resources"]),
                "since": None if free else today,
            }
            _set(connection, schema.dossier_role, role, new)
            told = dict(held) | {"organisation_id": named}
            text = (resources or "") if not free else ""
            _log(
                connection, held["dossier_id"], f"role-{state}", today,
                by_role=by_role, role=told, text=text, before=before,
            )  # fmt: skip

    def remove_role(self, role: str, today: date, *, by_role: str | None = None) -> None:
        """A role that is no longer needed; it stays in the history."""
        with self._changing() as connection:
            held = _held_role(connection, role)
            before = {name: as_json(held[name]) for name in _ROLE_FIELDS}
            _set(connection, schema.dossier_role, role, {"ended": today})
            _log(connection, held["dossier_id"], "role-removed", today, by_role=by_role, role=held, before=before)

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
        with self._changing(dossier) as connection:
            about = {"organisation_id": organisation, "id": None, "role": None} if organisation else None
            return _log(connection, dossier, kind, day, by_role=by_role, text=text, role=about)

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
            _held(connection, dossier)
            last = connection.execute(
                select(table).where(live).order_by(table.c.written.desc(), table.c.id.desc())
            ).first()
            if event is not None and (last is None or last.id != event):
                raise ChangedMeanwhile(what=dossier)
            if last is None:
                return None
            before = {name: _day_or(name, value) for name, value in orjson.loads(last.before).items()}
            if last.role_id is None:
                _set(connection, schema.dossier, dossier, before)
            else:
                _set(connection, schema.dossier_role, last.role_id, _with_known_body(connection, before))
            connection.execute(update(table).where(table.c.id == last.id).values(ended=today))
            next_version(connection, only_work=True)
            return str(last.kind)

    def end_dossier(self, dossier: str, today: date) -> None:
        """Take a dossier out of the lists for good (made by mistake); it stays in the store's history."""
        with self._changing(dossier) as connection:
            _set(connection, schema.dossier, dossier, {"ended": today})
            _log(connection, dossier, "ended", today, before={"ended": None})


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


def _held(connection: Connection, dossier: str) -> dict[str, Any]:
    table = schema.dossier
    row = connection.execute(select(table).where(table.c.id == dossier, table.c.ended.is_(None))).first()
    if row is None:
        raise UnknownDossier(dossier=dossier)
    return dict(row._mapping)


def _mark(connection: Connection, dossier: str) -> str:
    table = schema.dossier_event
    live = (table.c.dossier_id == dossier) & table.c.ended.is_(None) & table.c.kind.in_(OF_FIELDS)
    return mark_of(connection.execute(select(table.c.id).where(live)).scalars())


def _held_role(connection: Connection, role: str) -> dict[str, Any]:
    table = schema.dossier_role
    row = connection.execute(select(table).where(table.c.id == role, table.c.ended.is_(None))).first()
    if row is None:
        raise UnknownDossier(dossier=role)
    return dict(row._mapping)


def _check_state(state: str, organisation: str | None) -> None:
    if state not in ROLE_STATES:
        raise InvalidValue(field="state", value=state, allowed=", ".join(ROLE_STATES))
    if state in NAMED and organisation is None:
        raise InvalidValue(field="organisation", value="", allowed="id")


def _set(connection: Connection, table: Table, key: str, values: Mapping[str, Any]) -> None:
    connection.execute(update(table).where(table.c.id == key).values(**values))


def _log(
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
