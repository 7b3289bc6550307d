# SPDX-License-Identifier: EUPL-1.2
"""Roles of dossiers in the store: added, changed, offered, taken, left and removed by hand, each undoable."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection, Engine, func, insert, select

from data.errors import ChangedMeanwhile, InvalidValue
from data.model import DossierRole
from data.store import schema
from data.store.changes import mark_of_fields
from data.store.dossier_contents import role_of_row
from data.store.dossier_hand import as_json
from data.store.dossier_rows import MOST_ROLES, NAMED, ROLE_STATES, as_text
from data.store.dossier_writing import changing, held_dossier, held_role, log_event, set_row

_FIELDS: Final = ("role", "needs", "organisation_id", "state", "resources", "since", "ended")
_SHOWN: Final = ("role", "needs", "organisation", "state", "resources", "since")


def mark_of_role(role: DossierRole) -> str:
    """The mark of a role as it stands."""
    return mark_of_fields(role, _SHOWN)


class RoleRoom:
    """The part of the store that keeps roles of dossiers; each function is one transaction.

    All raise UnknownDossier when there is none with this id, InvalidValue for a value that may not be. `seen` is the
    mark of the role as it was shown (`mark_of_role`): ChangedMeanwhile is raised when it is another now.
    """

    _engine: Engine

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
        with changing(self._engine) as connection:
            held_dossier(connection, dossier)
            count = select(func.count()).where(
                schema.dossier_role.c.dossier_id == dossier, schema.dossier_role.c.ended.is_(None)
            )
            if connection.execute(count).scalar_one() >= MOST_ROLES:
                raise InvalidValue(field="role", value=role, allowed=f"<= {MOST_ROLES}")
            row = {
                "id": made, "dossier_id": dossier, "source": "page", "key": made, "role": role,
                "needs": as_text(needs), "organisation_id": organisation, "state": state, "resources": resources,
                "since": today if organisation else None, "ended": None,
            }  # fmt: skip
            connection.execute(insert(schema.dossier_role), [row])
            kind = f"role-{state}" if organisation else "role-added"
            before = {"ended": today}
            log_event(connection, dossier, kind, today, by_role=by_role, role=row, before=before)
        return made

    def change_role(
        self,
        role: str,
        name: str,
        needs: Sequence[str],
        today: date,
        *,
        by_role: str | None = None,
        seen: str | None = None,
    ) -> tuple[str, ...]:
        """Call a role otherwise or ask other things of it, whoever has it; which of `role` and `needs` really changed.

        Who was asked for it and who took it stays as it is.
        """
        with changing(self._engine) as connection:
            held = _held(connection, role, seen)
            new = {"role": name, "needs": as_text(needs)}
            changed = tuple(each for each in new if new[each] != held[each])
            if changed:
                before = {each: held[each] for each in changed}
                set_row(connection, schema.dossier_role, role, {each: new[each] for each in changed})
                told, text = {**held, "role": name}, held["role"] if "role" in changed else ""
                log_event(
                    connection, held["dossier_id"], "role-changed", today,
                    by_role=by_role, role=told, text=text, changed=changed, before=before,
                )  # fmt: skip
            return changed

    def set_role(
        self,
        role: str,
        state: str,
        today: date,
        *,
        organisation: str | None = None,
        resources: str | None = None,
        by_role: str | None = None,
        seen: str | None = None,
    ) -> None:
        """Invite, fill, decline or leave a role. A role declined or left is open again for somebody else.

        `organisation` is needed to invite, note an interest and fill; to decline and to leave it is the one that stood
        there. Raises InvalidValue (state, organisation).
        """
        with changing(self._engine) as connection:
            held = _held(connection, role, seen)
            named = organisation or held["organisation_id"]
            _check_state(state, named)
            before = {name: as_json(held[name]) for name in _FIELDS}
            free = state not in NAMED
            new = {
                "state": "open" if free else state,
                "organisation_id": None if free else named,
                "resources": None if free else (resources or held["resources"]),
                "since": None if free else today,
            }
            set_row(connection, schema.dossier_role, role, new)
            told = {**held, "organisation_id": named}
            text = (resources or "") if not free else ""
            log_event(
                connection, held["dossier_id"], f"role-{state}", today,
                by_role=by_role, role=told, text=text, before=before,
            )  # fmt: skip

    def remove_role(self, role: str, today: date, *, by_role: str | None = None, seen: str | None = None) -> None:
        """A role that is no longer needed; it stays in the history."""
        with changing(self._engine) as connection:
            held = _held(connection, role, seen)
            before = {name: as_json(held[name]) for name in _FIELDS}
            set_row(connection, schema.dossier_role, role, {"ended": today})
            log_event(connection, held["dossier_id"], "role-removed", today, by_role=by_role, role=held, before=before)


def _held(connection: Connection, role: str, seen: str | None) -> dict[str, Any]:
    row = held_role(connection, role)
    if seen is not None and seen != mark_of_role(role_of_row(row)):
        raise ChangedMeanwhile(what=role)
    return dict(row._mapping)


def _check_state(state: str, organisation: str | None) -> None:
    if state not in ROLE_STATES:
        raise InvalidValue(field="state", value=state, allowed=", ".join(ROLE_STATES))
    if state in NAMED and organisation is None:
        raise InvalidValue(field="organisation", value="", allowed="id")
