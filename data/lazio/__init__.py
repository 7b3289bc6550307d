# SPDX-License-Identifier: EUPL-1.2
"""Public facts about Lazio that the service ships: comuni, areas, sectors, each column with its source."""

from data.lazio.sectors import Ateco, BridgeRow, Sector, ateco, bridge, bridge_rows
from data.lazio.tables import FactSource, column_sources, sources
from data.lazio.territory import (
    AREA_LEVELS,
    Area,
    MunicipalityFacts,
    Province,
    area_of,
    areas,
    find_municipality,
    fold_name,
    municipalities,
    municipality,
    provinces,
)

__all__ = [
    "AREA_LEVELS",
    "Area",
    "Ateco",
    "BridgeRow",
    "FactSource",
    "MunicipalityFacts",
    "Province",
    "Sector",
    "area_of",
    "areas",
    "ateco",
    "bridge",
    "bridge_rows",
    "column_sources",
    "find_municipality",
    "fold_name",
    "municipalities",
    "municipality",
    "provinces",
    "sources",
]
