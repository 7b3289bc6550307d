# SPDX-License-Identifier: EUPL-1.2
"""Learned weights of signs, kept with the data that they were learned from: one JSON text per kind of partnership."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Engine, delete, select

from data.store import schema
from data.store.connection import reading, writing
from data.store.dialect import put
from data.store.loading import next_version


class WeightRoom:
    """The part of the store that keeps learned weights. What the texts say is checked by who reads them."""

    _engine: Engine

    def keep_weights(self, documents: Mapping[str, str]) -> None:
        """Keep a text per kind in place of the one before; readers see it at the next version."""
        if not documents:
            return
        with writing(self._engine) as connection:
            rows = [{"kind": kind, "document": text} for kind, text in sorted(documents.items())]
            put(connection, schema.learned_weights, rows)
            next_version(connection)

    def learned_weights(self) -> dict[str, str]:
        """The text of every kind that has one, by kind."""
        table = schema.learned_weights
        with reading(self._engine) as connection:
            return {row.kind: row.document for row in connection.execute(select(table).order_by(table.c.kind))}

    def forget_weights(self, kinds: Iterable[str]) -> tuple[str, ...]:
        """Remove the texts of these kinds; which there were, sorted."""
        table, wanted = schema.learned_weights, sorted(set(kinds))
        with writing(self._engine) as connection:
            held = connection.execute(select(table.c.kind).where(table.c.kind.in_(wanted))).scalars()
            found = tuple(sorted(held))
            if found:
                connection.execute(delete(table).where(table.c.kind.in_(found)))
                next_version(connection)
        return found
