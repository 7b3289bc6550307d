# SPDX-License-Identifier: EUPL-1.2
"""Own file of indicators: one number of one comune in one year a row, which names its own source and licence.

The numbers stand beside the official ones under a name of their own (`own:` before it) and never take their place.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from data.identity import BadValue
from data.model import Evidence, Message
from data.records import Accepted, MunicipalityRecord, Outcome, OutOfArea, ReadOptions, Source, SourceInfo
from data.sources.own_columns import MUNICIPALITY, PROVINCE, WHOEVER
from data.sources.places import place_of
from data.sources.reading import BadCell, Column, Layout, Row, outcomes
from data.sources.values import number, year
from data.wording import clean_words, plain

OWN = "own:"
"""What the name of an indicator of one's own begins with in the store."""
NAME_LIMIT, UNIT_LIMIT = 56, 40
LARGEST = 1e15

LAYOUT = Layout(
    columns=(
        Column(MUNICIPALITY.name, MUNICIPALITY.headings, needed=True),
        PROVINCE,
        Column("name", ("nome", "indicatore", "indicator"), needed=True),
        Column("value", ("valore",), needed=True),
        Column("unit", ("unita", "unita_di_misura")),
        Column("year", ("anno", "data"), needed=True),
        Column("source", ("fonte",), needed=True),
        Column("licence", ("licenza", "license")),
    ),
)


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per number; comuni of other regions are out of the area."""
    return outcomes(paths, LAYOUT, _number, options)


def _number(row: Row) -> Outcome:
    if not row.has("municipality"):
        raise BadCell("municipality", "", Message("reject.missing"))
    name = row.needed("name", NAME_LIMIT)
    if not plain(name):
        raise BadCell("name", row.raw("name"), Message("reject.missing"))
    of, told_by = row.must("year", year), row.needed("source")
    value = row.must("value", lambda text: _finite(text, decimal_comma=row.decimal_comma))
    unit = row.value("unit", lambda text: clean_words(text, UNIT_LIMIT)) or ""
    licence = row.text("licence")
    place = place_of(row)
    if place.municipality is None:
        return OutOfArea(row.line, row.file)
    figure = (OWN + name, of, value, unit)
    record = MunicipalityRecord(place.municipality, figures=(figure,), told_by=told_by, licence=licence)
    return Accepted(row.line, f"{plain(name)}|{place.municipality}|{of}", (record,), row.file)


def _finite(text: str, *, decimal_comma: bool) -> float:
    """A number of either sign; `35 %` is 35, the unit says the rest."""
    value = number(text.rstrip("% "), decimal_comma=decimal_comma)
    if not math.isfinite(value) or abs(value) >= LARGEST:
        raise BadValue(Message("reject.number"))
    return value


SOURCE = Source(
    SourceInfo(
        name="indicators",
        title_it="Indicatori propri per comune (file proprio)",
        title_en="Own indicators by comune (own file)",
        publisher=WHOEVER,
        licence="quella che dice ogni riga / the one that each row states",
        formats=(".csv", ".xlsx"),
        evidence=Evidence.DECLARED,
    ),
    read,
)
