# SPDX-License-Identifier: EUPL-1.2
"""Rows of dossiers, tables and their roles: the words that they may hold, and writing those of own files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

import orjson
from sqlalchemy import Connection, insert, or_, select, update

from data.errors import InvalidValue
from data.model import Message, Visibility
from data.records import DossierRecord, DossierRoleRecord, Rejected, SourceInfo
from data.store import schema
from data.store.dialect import put
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
CHUNK: Final = 400


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
        """These rows of the source are over: they stay in the history."""
        for table in (schema.dossier, schema.dossier_role):
            mine = (table.c.source == self.source) & table.c.key.in_(keys) & table.c.ended.is_(None)
            self.connection.execute(update(table).where(mine).values(ended=self.today))

    def write_dossiers(self, records: Sequence[tuple[int, str, DossierRecord]]) -> None:
        """Write dossiers; one that stands under its key is replaced and keeps the day it was made."""
        table = schema.dossier
        wanted = {dossier_id(self.source, record.key): (key, record) for _line, key, record in records}
        held = self._held(sorted(wanted))
        rows = []
        for made, (key, record) in wanted.items():
            row = dossier_row(record, made, self.source, key) | {"call": self._call(record.call)}
            closed = self.today if record.status == "closed" else None
            old = held.get(made, {})
            rows.append(
                row
                | {"created": old.get("created") or self.today, "closed": old.get("closed") or closed, "ended": None}
            )
        put(self.connection, table, rows)
        self._log([(made, "changed" if made in held else "loaded") for made in wanted])

    def _held(self, wanted: Sequence[str]) -> dict[str, dict[str, Any]]:
        table = schema.dossier
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(wanted), CHUNK):
            query = select(table.c.id, table.c.created, table.c.closed).where(
                table.c.id.in_(wanted[start : start + CHUNK])
            )
            found |= {row.id: dict(row._mapping) for row in self.connection.execute(query)}
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

    def _log(self, done: Sequence[tuple[str, str]]) -> None:
        written = datetime.now(UTC).isoformat(timespec="microseconds")
        rows = [
            {
                "id": str(uuid4()), "dossier_id": made, "date": self.today, "kind": kind, "text": "", "by_role": None,
                "role": None, "role_id": None, "organisation_id": None, "changed": "[]", "before": None,
                "written": written, "ended": None,
            }
            for made, kind in done
        ]  # fmt: skip
        if rows:
            self.connection.execute(insert(schema.dossier_event), rows)

    def write_roles(self, records: Sequence[tuple[int, str, DossierRoleRecord]], resolve: Resolve) -> Refused:
        """Write roles; rows of a dossier or of an organisation that nobody knows come back refused."""
        refused: Refused = []
        rows = []
        known = set(self._held(sorted({dossier_id(self.source, record.dossier) for _l, _k, record in records})))
        for line, key, record in records:
            dossier = dossier_id(self.source, record.dossier)
            body = resolve(record.organisation) if record.organisation else None
            if dossier not in known:
                reason = Message("reject.unknown-dossier", {"dossier": record.dossier})
                refused.append((key, Rejected(line, "dossier", record.dossier[:200], reason)))
            elif record.organisation is not None and body is None:
                reason = Message("reject.unknown-organisation", {"organisation": record.organisation.value})
                refused.append((key, Rejected(line, "org", record.organisation.value[:200], reason)))
            else:
                rows.append(self._role_row(key, dossier, body, record))
        put(self.connection, schema.dossier_role, rows)
        return refused

    def _role_row(self, key: str, dossier: str, body: str | None, record: DossierRoleRecord) -> dict[str, Any]:
        named = record.state in NAMED
        return {
            "id": dossier_id(self.source, f"role|{key}"),
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
