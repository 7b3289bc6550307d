# SPDX-License-Identifier: EUPL-1.2
"""Rows of dossiers, tables and their roles: the words that they may hold, and writing those of own files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

import orjson
from sqlalchemy import Connection, Table, insert, or_, select, update

from data.errors import InvalidValue
from data.model import Message, Visibility
from data.records import DossierRecord, DossierRoleRecord, Rejected, SourceInfo
from data.store import schema
from data.store.dialect import put
from data.store.dossier_hand import by_hand, chunks, put_behind
from data.store.links import Refused, Resolve

KINDS: Final = ("dossier", "table", "wbo")
STATUSES: Final = ("idea", "in-preparation", "submitted", "funded", "refused", "running", "closed")
ROLE_STATES: Final = ("open", "invited", "interested", "filled", "declined", "left")
"""A role is open until somebody takes it; `invited` and `interested` have a name but do not cover it yet."""
COVERED: Final = "filled"
NAMED: Final = frozenset({"invited", "interested", "filled"})
CHANGEABLE: Final = (
    "title", "purpose", "need", "municipalities", "themes", "instrument", "call", "act_kind", "act_title", "deadline",
    "status", "outcome", "objective", "visibility",
)  # fmt: skip
_LISTS: Final = frozenset({"municipalities", "themes"})
MOST_ROLES: Final = 100
"""Roles in force of one dossier."""


def dossier_row(said: DossierRecord, dossier: str, source: str, key: str) -> dict[str, Any]:
    """What the table of dossiers holds of a record; `created`, `closed` and `ended` are the caller's."""
    return {
        "id": dossier,
        "source": source,
        "key": key,
        "title": said.title,
        "kind": said.kind,
        **{name: stored(name, getattr(said, name)) for name in CHANGEABLE if name != "title"},
    }


def checked(row: Mapping[str, Any]) -> None:
    """Raises InvalidValue for a kind or status that there is not, and for a crisis dossier open to the public."""
    if row["kind"] not in KINDS:
        raise InvalidValue(field="kind", value=row["kind"], allowed=", ".join(KINDS))
    if row["status"] not in STATUSES:
        raise InvalidValue(field="status", value=row["status"], allowed=", ".join(STATUSES))
    if row["kind"] == "wbo" and row["visibility"] != Visibility.RESERVED.value:
        raise InvalidValue(field="visibility", value=row["visibility"], allowed=Visibility.RESERVED.value)


def stored(name: str, value: object) -> object:
    """A field as its column holds it."""
    if name in _LISTS:
        return as_text(value if isinstance(value, tuple | list) else ())
    return value.value if isinstance(value, Visibility) else value


def as_text(values: Sequence[Any]) -> str:
    """A list as its JSON text."""
    return orjson.dumps(list(values)).decode()


# --- those of own files -----------------------------------------------------------------------------------------


# Namespace of the ids of dossiers and roles of own files: fixed for ever.
DOSSIERS = UUID("0f6c1e0b-52a4-5d5e-9a43-6d1c2b7f4e10")


def dossier_id(source: str, key: str) -> str:
    """The stable id (uuid5) of a dossier of a file."""
    return str(uuid5(DOSSIERS, f"{source}|{key}"))


class DossierWriter:
    """Dossiers and roles of one load, on its open transaction."""

    def __init__(self, connection: Connection, info: SourceInfo, today: date) -> None:
        self.connection = connection
        self.source = info.name
        self.today = today

    def end(self, keys: Sequence[str]) -> None:
        """These rows of the source are over: they stay in the history. What people have worked on since goes on."""
        for table, of_dossier in ((schema.dossier, "id"), (schema.dossier_role, "dossier_id")):
            mine = (table.c.source == self.source) & table.c.key.in_(keys) & table.c.ended.is_(None)
            rows = self.connection.execute(select(table.c.id, table.c[of_dossier].label("of")).where(mine)).all()
            hand = by_hand(self.connection, sorted({row.of for row in rows}))
            over = [row.id for row in rows if row.id not in hand.worked_on and row.id not in hand.roles]
            for some in chunks(over):
                self.connection.execute(update(table).where(table.c.id.in_(some)).values(ended=self.today))

    def write_dossiers(self, records: Sequence[tuple[int, str, DossierRecord]]) -> None:
        """Write dossiers; one that stands under its key is replaced and keeps the day it was made.

        What was changed by hand stands: taking that change back then gives what the file says now.
        """
        table = schema.dossier
        wanted = {dossier_id(self.source, record.key): (key, record) for _line, key, record in records}
        held = self._held(table, sorted(wanted))
        hand = by_hand(self.connection, sorted(held))
        rows: list[dict[str, Any]] = []
        told: list[tuple[str, str, Sequence[str]]] = []
        for made, (key, record) in wanted.items():
            said = dossier_row(record, made, self.source, key) | {"call": self._call(record.call)}
            said |= {"closed": self.today if record.status == "closed" else None, "ended": None}
            if (old := held.get(made)) is None:
                rows.append(said | {"created": self.today})
                told.append((made, "loaded", ()))
                continue
            row = self._over_held(said, old, hand.fields.get(made, {}))
            changed = tuple(name for name in CHANGEABLE if row[name] != old[name])
            rows.append(row)
            if changed:
                told.append((made, "changed", changed))
        put(self.connection, table, rows)
        self._log(told)

    def _over_held(self, said: dict[str, Any], old: Mapping[str, Any], hand: Mapping[str, str]) -> dict[str, Any]:
        """What a file says over what is held: changes by hand stay, closed days stay while it is closed."""
        said |= {"closed": (old["closed"] or self.today) if said["status"] == "closed" else None}
        put_behind(self.connection, hand, said)
        row = said | {name: old[name] for name in hand} | {"created": old["created"]}
        row["closed"] = (old["closed"] or self.today) if row["status"] == "closed" else None
        if row["kind"] == "wbo":
            row["visibility"] = Visibility.RESERVED.value
        return row

    def _held(self, table: Table, wanted: Sequence[str]) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for some in chunks(wanted):
            rows = self.connection.execute(select(table).where(table.c.id.in_(some)))
            found |= {row.id: dict(row._mapping) for row in rows}
        return found

    def _call(self, said: str | None) -> str | None:
        """The id of the call of this key or title, when just one is held; else the words as they are."""
        if said is None:
            return None
        table = schema.call
        query = select(table.c.id).where(
            or_(table.c.key == said, table.c.title == said, table.c.id == said), table.c.ended_load_id.is_(None)
        )
        found = set(self.connection.execute(query).scalars())
        return found.pop() if len(found) == 1 else said

    def _log(self, done: Sequence[tuple[str, str, Sequence[str]]]) -> None:
        written = datetime.now(UTC).isoformat(timespec="microseconds")
        rows = [
            {
                "id": str(uuid4()), "dossier_id": made, "date": self.today, "kind": kind, "text": "", "by_role": None,
                "role": None, "role_id": None, "organisation_id": None, "changed": as_text(changed), "before": None,
                "written": written, "ended": None,
            }
            for made, kind, changed in done
        ]  # fmt: skip
        if rows:
            self.connection.execute(insert(schema.dossier_event), rows)

    def write_roles(self, records: Sequence[tuple[int, str, DossierRoleRecord]], resolve: Resolve) -> Refused:
        """Write roles; those of a dossier or organisation that nobody knows, or too many, come back refused.

        A role that somebody was asked for, took, left or that was removed by hand stays as people left it.
        """
        refused: Refused = []
        rows = []
        known = set(self._held(schema.dossier, sorted({self._of(record) for _l, _k, record in records})))
        held = self._held(schema.dossier_role, sorted({self._role(key) for _l, key, _r in records}))
        hand, live = by_hand(self.connection, sorted(known)), self._live_roles(sorted(known))
        for line, key, record in records:
            dossier = self._of(record)
            body = resolve(record.organisation) if record.organisation else None
            places = live.setdefault(dossier, set())
            if dossier not in known:
                reason = Message("reject.unknown-dossier", {"dossier": record.dossier})
                refused.append((key, Rejected(line, "dossier", record.dossier[:200], reason)))
            elif record.organisation is not None and body is None:
                reason = Message("reject.unknown-organisation", {"organisation": record.organisation.value})
                refused.append((key, Rejected(line, "org", record.organisation.value[:200], reason)))
            elif self._role(key) not in places and len(places) >= MOST_ROLES:
                reason = Message("reject.too-many-roles", {"limit": MOST_ROLES})
                refused.append((key, Rejected(line, "role", record.role[:200], reason)))
            else:
                row = self._role_row(key, dossier, body, record)
                rows.append(hand.keep_role(row, held.get(row["id"])))
                places.add(row["id"])
        put(self.connection, schema.dossier_role, rows)
        return refused

    def _of(self, record: DossierRoleRecord) -> str:
        return dossier_id(self.source, record.dossier)

    def _role(self, key: str) -> str:
        return dossier_id(self.source, f"role|{key}")

    def _live_roles(self, dossiers: Sequence[str]) -> dict[str, set[str]]:
        """By dossier the ids of the roles in force."""
        table = schema.dossier_role
        found: dict[str, set[str]] = {}
        for some in chunks(dossiers):
            live = table.c.dossier_id.in_(some) & table.c.ended.is_(None)
            for row in self.connection.execute(select(table.c.id, table.c.dossier_id).where(live)):
                found.setdefault(row.dossier_id, set()).add(row.id)
        return found

    def _role_row(self, key: str, dossier: str, body: str | None, record: DossierRoleRecord) -> dict[str, Any]:
        named = record.state in NAMED
        return {
            "id": self._role(key),
            "dossier_id": dossier,
            "source": self.source,
            "key": key,
            "role": record.role,
            "needs": as_text(record.needs),
            "organisation_id": body if named else None,
            "state": record.state if named and body else "open",
            "resources": record.resources if named else None,
            "since": self.today if named and body else None,
            "ended": None,
        }
