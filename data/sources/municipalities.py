# SPDX-License-Identifier: EUPL-1.2
"""ISTAT's statistical classification of comuni: area, altitude, coast, degree of urbanisation, residents by year."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from data.identity import BadValue
from data.model import Message
from data.records import Accepted, Dated, MunicipalityRecord, Outcome, OutOfArea, ReadOptions, Source, SourceInfo
from data.sources.places import place_of_code
from data.sources.reading import Column, Layout, Row, outcomes
from data.sources.values import number, whole, yes
from data.wording import clean

LAYOUT = Layout(
    columns=(
        Column(
            "istat",
            (
                "Codice Istat del Comune (alfanumerico)",
                "Codice Comune (alfanumerico)",
                "Codice Comune formato alfanumerico",
                "codice_istat",
                "Codice Istat del Comune (numerico)",
            ),
            needed=True,
        ),
        Column(
            "name", ("Denominazione (Italiana e straniera)", "Denominazione in italiano", "Denominazione*"), needed=True
        ),
        Column("area_km2", ("Superficie territoriale*", "superficie_km2"), needed=True),
        Column("legal", ("pop_legale*", "Popolazione legale*")),
        Column("residents", ("Popolazione residente*", "pop_20*")),
        Column("altitude_zone", ("Zona altimetrica",), needed=True),
        Column("altitude_m", ("Altitudine*",), needed=True),
        Column("coastal", ("Comune litoraneo", "litoraneo"), needed=True),
        Column("island", ("Comune isolano", "isolano"), needed=True),
        Column("urbanisation", ("Grado di urbanizzazione", "degurba")),
    ),
    known=(
        "Codice Regione",
        "Codice Istat del Comune (numerico)",
        "Denominazione altra lingua",
        "Denominazione Regione",
        "Denominazione Provincia*",
        "zona_costiera",
        "Zone costiere",
        "codice_catastale",
        "regione",
        "provincia",
        "Ripartizione*",
        "sigla*",
        "Unnamed*",
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
        "name": row.needed("name"),
        "area_km2": row.must("area_km2", lambda text: _measure(text, decimal_comma=row.decimal_comma)),
        "altitude_zone": row.value("altitude_zone", lambda text: _class_number(text, 5)),
        "altitude_m": row.value("altitude_m", _metres),
        "coastal": row.value("coastal", yes),
        "island": row.value("island", yes),
        "urbanisation": row.value("urbanisation", lambda text: _class_number(text, 3)),
    }
    known = {name: value for name, value in columns.items() if value is not None}
    record = MunicipalityRecord(place.municipality, known, _residents(row))
    return Accepted(row.line, place.municipality, (record,), row.file)


def _residents(row: Row) -> tuple[tuple[str, int, float, str], ...]:
    """Residents by the year that the heading says; the legal population is that of 31 December of its census year."""
    found = {}
    for column in ("legal", "residents"):
        year = heading_year(row, column)
        value = row.value(column, whole)
        if year is not None and value is not None:
            found[year] = ("population", year, float(value), "residents")
    return tuple(found[year] for year in sorted(found))


def heading_year(row: Row, column: str) -> int | None:
    """The year in the publisher's heading of a column, None when it says none."""
    years = re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", row.headings.get(column, ""))
    return int(years[-1]) if years else None


def _measure(text: str, *, decimal_comma: bool) -> float:
    value = number(text, decimal_comma=decimal_comma)
    if not 0 < value < 10_000:
        raise BadValue(Message("reject.amount"))
    return value


def _metres(text: str) -> int:
    value = number(text)
    if not -10 <= value <= 4_900 or value != int(value):
        raise BadValue(Message("reject.altitude"))
    return int(value)


def _class_number(text: str, most: int) -> int:
    """The class, also written with its words (`3 - Collina interna`)."""
    found = re.match(r"(\d)(?!\d)", clean(text))
    if not found or not 1 <= int(found[1]) <= most:
        raise BadValue(Message("reject.class", {"most": most}))
    return int(found[1])


SOURCE = Source(
    SourceInfo(
        name="municipalities",
        title_it="Classificazioni statistiche dei comuni",
        title_en="Statistical classifications of comuni",
        publisher="ISTAT",
        licence="CC BY 4.0",
        address="https://www.istat.it/storage/codici-unita-amministrative",
        formats=(".csv", ".xlsx"),
        dated=Dated.FILE_NAME,
    ),
    read,
)
