# SPDX-License-Identifier: EUPL-1.2
"""Column maps under a name: which heading of somebody's file stands for which column of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
from sqlalchemy import Engine, delete, select

from data.errors import InvalidValue
from data.store import schema
from data.store.connection import reading, writing
from data.store.dialect import put
from data.wording import clean

NAME_LIMIT, MOST_MAPS = 80, 200


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """A saved map: our column -> heading of the file, for one source; `saved` is a moment (UTC)."""

    name: str
    source: str
    columns: Mapping[str, str]
    saved: datetime


def checked_name(name: str) -> str:
    """The name of a map as it is kept. Raises InvalidValue for none, a long one or one that looks like a path."""
    kept = clean(name)
    if not 0 < len(kept) <= NAME_LIMIT or any(sign in kept for sign in "/\\"):
        raise InvalidValue(field="name", value=name, allowed=f"1-{NAME_LIMIT}")
    return kept


class ColumnMapRoom:
    """The part of the store that keeps column maps."""

    _engine: Engine

    def save_columns(self, name: str, source: str, columns: Mapping[str, str]) -> None:
        """Keep a map under a name; one of that name is replaced. Raises InvalidValue (no name, too many maps)."""
        kept = checked_name(name)
        with writing(self._engine) as connection:
            table = schema.column_map
            names = set(connection.execute(select(table.c.name)).scalars())
            if kept not in names and len(names) >= MOST_MAPS:
                raise InvalidValue(field="name", value=name, allowed=f"<= {MOST_MAPS}")
            row = {
                "name": kept,
                "source": source,
                "columns": orjson.dumps(dict(columns)).decode(),
                "saved": datetime.now(UTC).isoformat(timespec="seconds"),
            }
            put(connection, table, [row])

    def column_maps(self) -> list[ColumnMap]:
        """Every saved map, by name."""
        table = schema.column_map
        with reading(self._engine) as connection:
            rows = connection.execute(select(table).order_by(table.c.name)).all()
        return [
            ColumnMap(row.name, row.source, orjson.loads(row.columns), datetime.fromisoformat(row.saved))
            for row in rows
        ]

    def columns_named(self, name: str) -> dict[str, str]:
        """The map of that name. Raises InvalidValue with the names that exist."""
        for found in self.column_maps():
            if found.name == clean(name):
                return dict(found.columns)
        raise InvalidValue(field="columns", value=name, allowed=", ".join(one.name for one in self.column_maps()))

    def forget_columns(self, name: str) -> bool:
        """Remove the map of that name; False when there is none."""
        table = schema.column_map
        with writing(self._engine) as connection:
            return bool(connection.execute(delete(table).where(table.c.name == clean(name))).rowcount)
