# SPDX-License-Identifier: EUPL-1.2
"""What people changed by hand in dossiers and roles: it stands whatever a file says later, until it is taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import orjson
from sqlalchemy import Connection, select, update

from data.store import schema

CHUNK: Final = 400
TAKEN: Final = ("organisation_id", "state", "resources", "since")
"""What of a role stays when somebody was asked, took it, declined or left it."""
ASKED: Final = ("role", "needs")
"""What of a role stays when it was changed by hand."""

_BY_FILE: Final = ("loaded", "changed")

OF_FIELDS: Final = ("created", "loaded", "changed", "closed", "reopened", "ended")
"""Events after which the fields of a dossier may be others, its mark too; those of roles and of the log leave both."""


@dataclass(slots=True)
class ByHand:
    """Changes by hand that stand: by dossier the field and the event that first replaced it, by role what was done."""

    fields: dict[str, dict[str, str]] = field(default_factory=dict)
    roles: dict[str, set[str]] = field(default_factory=dict)
    worked_on: set[str] = field(default_factory=set)

    def keep_role(self, row: dict[str, Any], held: Mapping[str, Any] | None) -> dict[str, Any]:
        """The row of a file with what people did to that role left as it is held."""
        done = self.roles.get(row["id"])
        if held is None or not done:
            return row
        names = [*(ASKED if "role-changed" in done else ()), *(TAKEN if done - {"role-changed"} else ())]
        kept = {name: held[name] for name in names}
        return row | kept | ({"ended": held["ended"]} if "role-removed" in done else {})


def by_hand(connection: Connection, dossiers: Sequence[str]) -> ByHand:
    """What people changed in these dossiers and did not take back."""
    table, found = schema.dossier_event, ByHand()
    columns = (table.c.id, table.c.dossier_id, table.c.role_id, table.c.kind, table.c.before)
    for some in chunks(dossiers):
        live = table.c.dossier_id.in_(some) & table.c.ended.is_(None)
        for row in connection.execute(select(*columns).where(live).order_by(table.c.written, table.c.id)):
            if row.before is not None:
                _remember(found, row)
            if row.before is not None or row.kind not in _BY_FILE:
                found.worked_on.add(row.dossier_id)
    return found


def _remember(found: ByHand, row: Any) -> None:
    if row.role_id is not None:
        found.roles.setdefault(row.role_id, set()).add(row.kind)
        return
    for name in orjson.loads(row.before):
        found.fields.setdefault(row.dossier_id, {}).setdefault(name, row.id)


def put_behind(connection: Connection, events: Mapping[str, str], said: Mapping[str, Any]) -> None:
    """What a file says now of fields changed by hand: taking the change back gives that, not what it said before."""
    table = schema.dossier_event
    by_event: dict[str, dict[str, Any]] = {}
    for name, event in events.items():
        by_event.setdefault(event, {})[name] = as_json(said[name])
    for event, values in by_event.items():
        before = orjson.loads(connection.execute(select(table.c.before).where(table.c.id == event)).scalar_one())
        if before | values != before:
            text = orjson.dumps(before | values).decode()
            connection.execute(update(table).where(table.c.id == event).values(before=text))


def as_json(value: object) -> object:
    """A column's value as the log of changes holds it: a day as its text."""
    return value.isoformat() if isinstance(value, date) else value


def chunks(items: Sequence[str]) -> list[Sequence[str]]:
    """Some at a time, as one question to the store can name them."""
    return [items[start : start + CHUNK] for start in range(0, len(items), CHUNK)]
