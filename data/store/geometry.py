# SPDX-License-Identifier: EUPL-1.2
"""One column type for outlines: well-known binary on SQLite, a PostGIS geometry on PostgreSQL."""

from __future__ import annotations

from typing import Any

import shapely
from geoalchemy2 import Geometry as PostgisGeometry
from geoalchemy2 import WKBElement
from geoalchemy2.shape import from_shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator, TypeEngine

WGS84 = 4326


class Outline(TypeDecorator[BaseGeometry]):
    """A shapely geometry in EPSG:4326, in and out."""

    impl = LargeBinary
    cache_ok = True
    # GeoAlchemy2's table listeners read this attribute; the GiST index is made by the migration.
    spatial_index = False

    def load_dialect_impl(self, dialect: Dialect | None) -> TypeEngine[Any]:
        """PostGIS geometry on PostgreSQL, bytes elsewhere (GeoAlchemy2's listeners also call this with None)."""
        if dialect is not None and dialect.name == "postgresql":
            return dialect.type_descriptor(PostgisGeometry("GEOMETRY", srid=WGS84, spatial_index=False))
        return LargeBinary() if dialect is None else dialect.type_descriptor(LargeBinary())

    def process_bind_param(self, value: BaseGeometry | None, dialect: Dialect) -> Any:
        """To the driver."""
        if value is None:
            return None
        return from_shape(value, srid=WGS84) if dialect.name == "postgresql" else shapely.to_wkb(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> BaseGeometry | None:  # noqa: ARG002
        """From the driver."""
        if value is None:
            return None
        raw = value.data if isinstance(value, WKBElement) else value
        return shapely.from_wkb(raw)
