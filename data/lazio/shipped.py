# SPDX-License-Identifier: EUPL-1.2
"""The facts that come with the product, as a source like any other: the 378 comuni and the bodies that govern them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from data.lazio.territory import MunicipalityFacts, municipalities
from data.model import BodyType, Identifier, OrganisationKind
from data.records import (
    Accepted,
    Assertion,
    MunicipalityRecord,
    OrganisationRecord,
    Outcome,
    ReadOptions,
    Source,
    SourceInfo,
)

# Rises with every change of the shipped tables, so that a store takes the new facts at its next opening.
SHIPPED_VERSION = 1


def _read(_paths: Sequence[Path], _options: ReadOptions) -> Iterator[Outcome]:
    for line, facts in enumerate(municipalities(), start=2):
        yield Accepted(line, facts.istat, (_territory(facts), _body(facts)), "municipalities.csv")


def _territory(facts: MunicipalityFacts) -> MunicipalityRecord:
    columns = {
        "name": facts.name,
        "province": facts.province,
        "lon": facts.lon,
        "lat": facts.lat,
        "area_km2": facts.area_km2,
        "tax_code": facts.tax_code,
        "altitude_m": facts.altitude_m,
        "altitude_zone": facts.altitude_zone,
        "coastal": facts.coastal,
        "island": facts.island,
        "urbanisation": facts.urbanisation,
        "snai_class": facts.snai_class,
        "snai_minutes": facts.snai_minutes,
        "snai_pole": facts.snai_pole,
        "snai_area": facts.snai_area,
    }
    years = ((2020, facts.population_2020), (2021, facts.population_2021), (2022, facts.population_2022))
    figures = tuple(("population", year, float(value), "residents") for year, value in years)
    return MunicipalityRecord(facts.istat, columns, figures)


def _body(facts: MunicipalityFacts) -> OrganisationRecord:
    """The comune as a public body. Its id hangs on the ISTAT code, which every register agrees on."""
    capital = "Roma Capitale" if facts.istat == "058091" else f"Comune di {facts.name}"
    identifiers = [Identifier("municipality", facts.istat)]
    if facts.tax_code:
        identifiers.append(Identifier("tax-code", facts.tax_code))
    return OrganisationRecord(
        tuple(identifiers),
        (
            Assertion("name", capital),
            Assertion("kind", OrganisationKind.PUBLIC_BODY),
            Assertion("body_type", BodyType.MUNICIPALITY),
            Assertion("municipality", facts.istat),
            Assertion("province", facts.province),
        ),
    )


SHIPPED = Source(
    SourceInfo(
        name="lazio",
        title_it="Fatti sui 378 comuni del Lazio forniti con il programma",
        title_en="Facts on the 378 comuni of Lazio that come with the product",
        publisher="ISTAT; Dipartimento per le politiche di coesione",
        licence="per colonna: si veda l'elenco dei dati inclusi / by column: see the list of included data",
        formats=(),
        files=0,
    ),
    _read,
)
