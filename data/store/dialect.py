# SPDX-License-Identifier: EUPL-1.2
"""Insert-or-replace by primary key, which both databases spell the same way but SQLAlchemy keeps apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

CHUNK = 2_000


def put(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows (dicts of all columns), some at a time; a row whose primary key is there is replaced."""
    if not rows:
        return
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = make(table)
    keys = [column.name for column in table.primary_key]
    others = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    final = (
        statement.on_conflict_do_update(index_elements=keys, set_=others)
        if others
        else statement.on_conflict_do_nothing(index_elements=keys)
    )
    for start in range(0, len(rows), CHUNK):
        connection.execute(final, list(rows[start : start + CHUNK]))
