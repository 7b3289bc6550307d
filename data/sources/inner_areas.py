# SPDX-License-Identifier: EUPL-1.2
"""The map of inner areas 2020 (SNAI): class A-F, road minutes to the prevailing pole, residents of the 2020 census."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from data.identity import BadValue
from data.model import Message
from data.records import Accepted, MunicipalityRecord, Outcome, OutOfArea, ReadOptions, Source, SourceInfo
from data.sources.municipalities import heading_year
from data.sources.places import place_of_code
from data.sources.reading import Column, Layout, Row, outcomes
from data.sources.values import number, whole
from data.wording import clean

CLASSES = "ABCDEF"
LONGEST_MINUTES = 600

LAYOUT = Layout(
    columns=(
        Column("istat", ("PROCOM_T", "PRO_COM_T"), needed=True),
        Column("snai_class", ("MAPPA AI 2020 COD_AI_2020", "COD_AI_2020", "Codice Aree Interne*"), needed=True),
        Column("minutes", ("MAPPA AI 2020 MEDIA tempi*", "MEDIA tempi*"), needed=True),
        Column(
            "pole",
            (
                "MAPPA AI 2020 Denominazione del COMUNE di destinazione prevalente",
                "Denominazione del COMUNE di destinazione*",
            ),
            needed=True,
        ),
        Column("residents", ("Popolazione residente*",)),
    ),
    known=(
        "COD_REG",
        "REGIONE",
        "COD_PROV",
        "SIGLA AUTOM.",
        "PROVINCIA/CITTA' METROPOLITANA",
        "COMUNE*",
        "FLAG CAPOLUOGO",
        "Superficie territoriale*",
        "MAPPA AI 2020 DES_AI_2020",
        "DES_AI_2020",
        "MAPPA AI 2020 Codice PROCOM_N*",
        "Codice PROCOM_N*",
        "MAPPA AI 2014*",
        "istat",
    ),
)


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per comune; other regions are out of the area."""
    return outcomes(paths, LAYOUT, _comune, options)


def _comune(row: Row) -> Outcome:
    place = row.must("istat", place_of_code)
    if place.municipality is None:
        return OutOfArea(row.line, row.file)
    columns: dict[str, object] = {
        "snai_class": row.must("snai_class", _class_letter),
        "snai_minutes": row.must("minutes", _minutes),
        "snai_pole": row.needed("pole"),
    }
    year, residents = heading_year(row, "residents"), row.value("residents", whole)
    figures = (("population", year, float(residents), "residents"),) if year and residents is not None else ()
    return Accepted(row.line, place.municipality, (MunicipalityRecord(place.municipality, columns, figures),), row.file)


def _class_letter(text: str) -> str:
    letter = clean(text)[:1].upper()
    if letter not in CLASSES or len(clean(text).split(" ")[0]) != 1:
        raise BadValue(Message("reject.not-allowed", {"allowed": ", ".join(CLASSES)}))
    return letter


def _minutes(text: str) -> float:
    value = number(text, decimal_comma=False)
    if not 0 <= value <= LONGEST_MINUTES:
        raise BadValue(Message("reject.minutes", {"most": LONGEST_MINUTES}))
    return value


SOURCE = Source(
    SourceInfo(
        name="inner-areas",
        title_it="Mappa delle aree interne 2020 (SNAI)",
        title_en="Map of inner areas 2020 (SNAI)",
        publisher="Dipartimento per le politiche di coesione / Department for Cohesion Policies",
        licence="CC BY",
        address="https://politichecoesione.governo.it/",
        formats=(".csv", ".xlsx"),
        data_date=date(2020, 12, 31),
    ),
    read,
)
