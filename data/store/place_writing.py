# SPDX-License-Identifier: EUPL-1.2
"""Writing places: sites, heritage points, comuni with their figures, outlines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

import orjson
from sqlalchemy import Connection, Table, delete, select, update

from data.model import Evidence, Provenance
from data.records import BoundaryRecord, LandmarkRecord, MunicipalityRecord, SiteRecord
from data.store import schema
from data.store.dialect import put
from data.store.marks import Subject, mark
from data.store.winners import provenance_list, to_text

CHUNK = 500
# Columns of a comune that came with the product give way to what was loaded, never the other way round.
SHIPPED = "lazio"
# Namespace of the ids of places: fixed for ever, so that ids survive re-imports.
PLACES = UUID("5d0c4c0e-3a64-5b7e-9f0e-6a4f6f2b8d11")


class PlaceWriter:
    """Places of one load, on its open transaction."""

    def __init__(self, connection: Connection, source: str, load_id: int) -> None:
        self.connection = connection
        self.source = source
        self.load_id = load_id

    def end(self, keys: Sequence[str]) -> None:
        """What these rows of the source once said of places is over."""
        for table in (schema.boundary, schema.figure):
            mine = (table.c.source == self.source) & table.c.key.in_(keys)
            if self.connection.execute(delete(table).where(mine)).rowcount:
                mark(self.connection, Subject.EVERYTHING)
        for table, subject in ((schema.site, Subject.SITES), (schema.landmark, Subject.LANDMARKS)):
            column = table.c.key if "key" in table.c else table.c.id
            wanted = keys if "key" in table.c else [place_id(self.source, key) for key in keys]
            live = (table.c.source == self.source) & column.in_(wanted) & table.c.ended_load_id.is_(None)
            if self.connection.execute(update(table).where(live).values(ended_load_id=self.load_id)).rowcount:
                mark(self.connection, subject)

    def write_sites(self, sites: Sequence[tuple[str, SiteRecord]]) -> None:
        """Write sites by the keys of their rows."""
        if sites:
            mark(self.connection, Subject.SITES)
        for start in range(0, len(sites), CHUNK):
            rows = [
                {
                    **_columns(record, schema.site),
                    "id": place_id(self.source, key),
                    "source": self.source,
                    "key": key,
                    "load_id": self.load_id,
                    "ended_load_id": None,
                }
                for key, record in sites[start : start + CHUNK]
            ]
            put(self.connection, schema.site, rows)

    def write_landmarks(self, landmarks: Sequence[tuple[str, LandmarkRecord]]) -> None:
        """Write heritage points by the keys of their rows."""
        if landmarks:
            mark(self.connection, Subject.LANDMARKS)
        rows = [
            {
                **_columns(record, schema.landmark),
                "id": place_id(self.source, key),
                "source": self.source,
                "load_id": self.load_id,
                "ended_load_id": None,
            }
            for key, record in landmarks
        ]
        put(self.connection, schema.landmark, rows)

    def write_territory(
        self,
        municipalities: Sequence[tuple[str, MunicipalityRecord]],
        boundaries: Sequence[tuple[str, BoundaryRecord]],
    ) -> None:
        """Write comuni with their figures, and outlines."""
        if municipalities or boundaries:
            mark(self.connection, Subject.EVERYTHING)
        if municipalities:
            self._write_municipalities(municipalities)
        rows = [
            {
                "municipality": record.istat,
                "geometry": record.geometry,
                "year": record.year,
                "source": self.source,
                "load_id": self.load_id,
                "key": key,
            }
            for key, record in boundaries
        ]
        put(self.connection, schema.boundary, rows)

    def _write_municipalities(self, municipalities: Sequence[tuple[str, MunicipalityRecord]]) -> None:
        table = schema.municipality
        held = {row.istat: dict(row._mapping) for row in self.connection.execute(select(table))}
        rows, figures = [], []
        for key, record in municipalities:
            rows.append(self._merged_municipality(held.get(record.istat, {"istat": record.istat}), record))
            figures += [
                {
                    "municipality": record.istat,
                    "name": name,
                    "year": year,
                    "value": value,
                    "unit": unit,
                    "source": self.source,
                    "told_by": record.told_by,
                    "licence": record.licence,
                    "load_id": self.load_id,
                    "key": key,
                }
                for name, year, value, unit in record.figures
            ]
        put(self.connection, table, rows)
        put(self.connection, schema.figure, self._figures_to_write(figures))

    def _merged_municipality(self, row: dict[str, Any], record: MunicipalityRecord) -> dict[str, Any]:
        provenance: dict[str, Any] = orjson.loads(row.get("provenance") or "{}")
        mine = provenance_list(Provenance(Evidence.OFFICIAL, self.source))
        columns = dict.fromkeys((column.name for column in schema.municipality.c), None) | row
        for name, value in record.columns.items():
            by = provenance.get(name)
            if value is None or (self.source == SHIPPED and by is not None and by[1] != SHIPPED):
                continue
            columns[name] = value
            provenance[name] = mine
        columns["provenance"] = to_text(provenance)
        return columns

    def _figures_to_write(self, figures: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if self.source != SHIPPED:
            return figures
        table = schema.figure
        loaded = {
            tuple(row)
            for row in self.connection.execute(
                select(table.c.municipality, table.c.name, table.c.year).where(table.c.source != SHIPPED)
            )
        }
        return [row for row in figures if (row["municipality"], row["name"], row["year"]) not in loaded]


def place_id(source: str, key: str) -> str:
    """The stable id (uuid5) of a site or landmark of a source."""
    return str(uuid5(PLACES, f"{source}|{key}"))


def _columns(record: SiteRecord | LandmarkRecord, table: Table) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__ if name in table.c}
