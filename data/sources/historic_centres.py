# SPDX-License-Identifier: EUPL-1.2
"""Historic centres (Protezione Civile and ICCD): a point each with its comune; a name where there is a fair hint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from data.model import Message
from data.records import Accepted, LandmarkRecord, Outcome, OutOfArea, ReadOptions, Source, SourceInfo
from data.sources.organisations import point_of
from data.sources.own_columns import LAT, LON, PROVINCE
from data.sources.places import place_of
from data.sources.reading import BadCell, Column, Layout, Row, outcomes
from data.sources.values import KEY_LIMIT, number

KIND = "historic-centre"
NEAR_METRES = 500
"""The nearest place of OpenStreetMap names a centre only within this distance."""

LAYOUT = Layout(
    columns=(
        Column("id", ("ID_CS", "id_centro", "codice")),
        Column("municipality", ("istat", "ISTATL", "PRO_COM_T", "PRO_COM", "codice_istat", "comune"), needed=True),
        Column(PROVINCE.name, ("prov_acr", *PROVINCE.headings)),
        Column(LON.name, LON.headings, needed=True),
        Column(LAT.name, LAT.headings, needed=True),
        Column("name", ("NOME", "nome_centro", "denominazione")),
        Column("hint", ("osm_nome_vicino",)),
        Column("hint_metres", ("osm_dist_m",)),
    ),
    known=("comune", "osm_classe"),
)


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per centre; those of other regions are out of the area."""
    return outcomes(paths, LAYOUT, _centre, options)


def _centre(row: Row) -> Outcome:
    place = place_of(row)
    if not place.inside:
        return OutOfArea(row.line, row.file)
    lon, lat = point_of(row)
    if place.municipality is None or lon is None or lat is None:
        raise BadCell("municipality" if place.municipality is None else "lon", "", Message("reject.missing"))
    key = row.text("id", KEY_LIMIT) or f"{place.municipality}:{lon:.6f}:{lat:.6f}"
    record = LandmarkRecord(kind=KIND, municipality=place.municipality, lon=lon, lat=lat, name=_name(row))
    return Accepted(row.line, key, (record,), row.file)


def _name(row: Row) -> str | None:
    if row.has("name"):
        return row.text("name")
    metres = row.value("hint_metres", lambda text: number(text, decimal_comma=False))
    return row.text("hint") if metres is not None and metres <= NEAR_METRES else None


SOURCE = Source(
    SourceInfo(
        name="historic-centres",
        title_it="Centri storici (rischio sismico)",
        title_en="Historic centres (seismic risk)",
        publisher="Dipartimento della Protezione Civile e ICCD / Department of Civil Protection and ICCD",
        licence="CC BY 4.0",
        address="https://github.com/pcm-dpc/DPC-Centri-Storici-Rischio-Sismico",
        formats=(".csv", ".xlsx"),
    ),
    read,
)
