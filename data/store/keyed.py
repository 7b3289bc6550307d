# SPDX-License-Identifier: EUPL-1.2
"""Rows kept as their source gave them: areas, sector titles, coefficients and calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID, uuid5

import orjson
from sqlalchemy import Connection, Table, delete, update

from data.records import AreaRecord, CallRecord, CoefficientRecord, SectorRecord
from data.store import schema
from data.store.dialect import put
from data.store.marks import Subject, mark

KeyedRecord = AreaRecord | SectorRecord | CoefficientRecord | CallRecord
# Namespace of the ids of calls: fixed for ever.
CALLS = UUID("3d4a0c5e-7a1b-5a55-8f0d-0b8f3f6b9c21")
_TABLES: dict[type, Table] = {
    AreaRecord: schema.area,
    SectorRecord: schema.sector_title,
    CoefficientRecord: schema.coefficient,
    CallRecord: schema.call,
}
_SUBJECTS = {schema.call: Subject.CALLS, schema.area: Subject.AREAS}


def call_id(source: str, key: str) -> str:
    """The stable id (uuid5) of a call of a source."""
    return str(uuid5(CALLS, f"{source}|{key}"))


def write_keyed(connection: Connection, source: str, load_id: int, rows: Iterable[tuple[str, KeyedRecord]]) -> None:
    """Write the records of a load under their keys; one that stands there is replaced."""
    by_table: dict[type, list[dict[str, Any]]] = {}
    for key, record in rows:
        by_table.setdefault(type(record), []).append(_row(source, load_id, key, record))
    for kind, found in by_table.items():
        put(connection, _TABLES[kind], found)
        _mark(connection, _TABLES[kind], len(found))


def _mark(connection: Connection, table: Table, rows: int) -> None:
    if rows:
        mark(connection, _SUBJECTS.get(table, Subject.EVERYTHING))


def _row(source: str, load_id: int, key: str, record: KeyedRecord) -> dict[str, Any]:
    said = {name: _plain(getattr(record, name)) for name in record.__slots__}
    row = said | {"source": source, "key": key, "load_id": load_id}
    return row | {"id": call_id(source, key), "ended_load_id": None} if isinstance(record, CallRecord) else row


def _plain(value: object) -> object:
    return orjson.dumps(value).decode() if isinstance(value, tuple) else value


def end_keyed(connection: Connection, source: str, load_id: int, keys: Sequence[str]) -> None:
    """These rows of the source are over: calls stay readable as ended ones, the others go."""
    for table in _TABLES.values():
        mine = (table.c.source == source) & table.c.key.in_(keys)
        if table is schema.call:
            live = mine & table.c.ended_load_id.is_(None)
            done = connection.execute(update(table).where(live).values(ended_load_id=load_id))
        else:
            done = connection.execute(delete(table).where(mine))
        _mark(connection, table, done.rowcount)
