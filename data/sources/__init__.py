# SPDX-License-Identifier: EUPL-1.2
"""Every source that `land load` knows: one module each, found here by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from data.errors import UnknownSource
from data.records import Source
from data.sources import (
    anbsc_companies,
    anbsc_properties,
    boundaries,
    cinque_per_mille,
    cooperative_register,
    cordis,
    declarations,
    historic_centres,
    inner_areas,
    ipa,
    municipalities,
    network_contracts,
    organisations,
    participations,
    runts,
    sites,
    tender_lots,
)

_MODULES = (
    boundaries,
    municipalities,
    inner_areas,
    cinque_per_mille,
    ipa,
    anbsc_properties,
    anbsc_companies,
    historic_centres,
    tender_lots,
    runts,
    cooperative_register,
    network_contracts,
    cordis,
    organisations,
    participations,
    sites,
    declarations,
)
SOURCES: Mapping[str, Source] = MappingProxyType({module.SOURCE.info.name: module.SOURCE for module in _MODULES})


def source(name: str) -> Source:
    """The source of that name. Raises `UnknownSource` with the names that exist."""
    if name not in SOURCES:
        raise UnknownSource(source=name, allowed=", ".join(SOURCES))
    return SOURCES[name]
