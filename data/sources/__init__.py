# SPDX-License-Identifier: EUPL-1.2
"""Every source that `land load` knows: one module each, found here by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from data.errors import UnknownSource
from data.records import Source
from data.sources import (
    anac,
    anac_subcontracts,
    anbsc_companies,
    anbsc_properties,
    anbsc_properties_2014,
    ateco,
    boundaries,
    calls,
    cinque_per_mille,
    cooperative_register,
    cordis,
    declarations,
    districts,
    dossiers,
    dwellings,
    historic_centres,
    income,
    indicators,
    inner_areas,
    input_output,
    ipa,
    labour_systems,
    land_take,
    municipalities,
    network_contracts,
    opencoesione,
    organisations,
    participations,
    pnrr,
    population,
    public_buildings,
    reconstruction,
    runts,
    sites,
    tender_lots,
)

_MODULES = (
    boundaries,
    municipalities,
    inner_areas,
    population,
    income,
    dwellings,
    labour_systems,
    land_take,
    reconstruction,
    ateco,
    input_output,
    cinque_per_mille,
    ipa,
    anbsc_properties,
    anbsc_companies,
    anbsc_properties_2014,
    historic_centres,
    tender_lots,
    anac_subcontracts,
    pnrr,
    public_buildings,
    runts,
    cooperative_register,
    network_contracts,
    cordis,
    organisations,
    participations,
    sites,
    declarations,
    calls,
    dossiers,
    districts,
    indicators,
)
_SOURCES = (*(module.SOURCE for module in _MODULES), *opencoesione.SOURCES, *anac.SOURCES)
SOURCES: Mapping[str, Source] = MappingProxyType({one.info.name: one for one in _SOURCES})


def source(name: str) -> Source:
    """The source of that name. Raises `UnknownSource` with the names that exist."""
    if name not in SOURCES:
        raise UnknownSource(source=name, allowed=", ".join(SOURCES))
    return SOURCES[name]
