# SPDX-License-Identifier: EUPL-1.2
"""Dwellings of the permanent census (ISTAT): all, occupied and not occupied, one row per comune and measure.

A dwelling that is not occupied is a second home, an empty one, or, in the comuni hit by the 2016 earthquake, a ruin:
the number says nothing of which could be used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from data.records import Accepted, Dated, MunicipalityRecord, Outcome, OutOfArea, ReadOptions, Source, SourceInfo
from data.sources.places import place_of_code
from data.sources.reading import Column, Layout, Row
from data.sources.values import one_of, whole, year
from data.sources.zipped import ZIPPED, table_outcomes
from data.wording import clean

# The publisher's measure -> our figure.
MEASURES = {
    "NUM_DW_AV": "dwellings",
    "NUM_OCC_DW_AV": "dwellings-occupied",
    "NUM_UNOCC_DW_AV": "dwellings-not-occupied",
}
LAYOUT = Layout(
    columns=(
        Column("istat", ("REF_AREA", "ITTER107"), needed=True),
        Column("measure", ("INDICATOR", "DATA_TYPE", "TIPO_DATO"), needed=True),
        Column("year", ("TIME_PERIOD", "TIME"), needed=True),
        Column("value", ("Osservazione", "OBS_VALUE", "Value"), needed=True),
    ),
    known=("Territorio", "Indicatore", "Frequenza", "FREQ", "Seleziona periodo", "Flag*", "OBS_STATUS", "DATAFLOW"),
)
_WIDER_AREA = re.compile(r"IT[A-Z0-9]{0,4}", re.IGNORECASE)


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per comune and measure; other regions and wider areas (`ITE4`) are out of the area."""
    return table_outcomes(paths, LAYOUT, _measure, options)


def _measure(row: Row) -> Outcome:
    if _WIDER_AREA.fullmatch(clean(row.raw("istat"))):
        return OutOfArea(row.line, row.file)
    place = row.must("istat", place_of_code)
    if place.municipality is None:
        return OutOfArea(row.line, row.file)
    measure = row.must("measure", lambda text: one_of(MEASURES, text))
    of, value = row.must("year", year), row.must("value", whole)
    figure = (MEASURES[measure], of, float(value), "dwellings")
    record = MunicipalityRecord(place.municipality, figures=(figure,))
    return Accepted(row.line, f"{of}|{place.municipality}|{measure}", (record,), row.file)


SOURCE = Source(
    SourceInfo(
        name="dwellings",
        title_it="Abitazioni occupate e non occupate (censimento permanente)",
        title_en="Occupied and not occupied dwellings (permanent census)",
        publisher="ISTAT",
        licence="CC BY 4.0",
        address="https://esploradati.istat.it/",
        formats=ZIPPED,
        dated=Dated.FILE_NAME,
        editions=True,
    ),
    read,
)
