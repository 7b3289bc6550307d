# SPDX-License-Identifier: EUPL-1.2
"""Land taken by buildings and other artificial cover in each comune (ISPRA): what is covered, and how much was added.

The workbook has the net increase of each period in hectares (built less restored) and, for its last year, the covered
land in hectares and percent. Headings say their years, so that later editions are read without a change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path

from data.identity import BadValue
from data.model import Message
from data.records import Accepted, MunicipalityRecord, Outcome, OutOfArea, ReadOptions, Source, SourceInfo
from data.sources.places import place_of_code
from data.sources.reading import BadCell, Column, Layout, Row
from data.sources.values import computed
from data.sources.zipped import table_outcomes
from data.wording import plain

FIRST, LAST, LONGEST = 2006, 2045, 6
"""Years that headings are looked for, and the longest period in years."""
YEARS = tuple(range(FIRST, LAST + 1))
PERIODS = tuple((start, end) for start in YEARS for end in range(start + 1, min(start + LONGEST, LAST) + 1))

LAYOUT = Layout(
    columns=(
        Column("istat", ("PRO_COM", "PRO_COM_T"), needed=True),
        Column("name", ("Nome_Comune", "Comune")),
        Column("region", ("Nome_Regione", "Regione")),
        Column("covered", ("Suolo consumato*",), needed=True),
        *(Column(f"net-{start}-{end}", (f"Incremento netto {start}-{end} [ettari]",)) for start, end in PERIODS),
        *(Column(f"ha-{year}", (f"Suolo consumato {year} [ettari]", f"Suolo consumato {year} [ha]")) for year in YEARS),
        *(Column(f"share-{year}", (f"Suolo consumato {year} [%]",)) for year in YEARS),
    ),
    known=("Nome_Provincia", "Incremento lordo*", "Incremento netto*", "Ripristino*"),
)
Figure = tuple[str, int, float, str]


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per comune; other regions, and a line of units under the headings, are out of the area."""
    return table_outcomes(paths, LAYOUT, _comune, options)


def _comune(row: Row) -> Outcome:
    units = not row.has("istat") and not row.has("name")
    if units or (row.has("region") and plain(row.raw("region")) != "lazio"):
        return OutOfArea(row.line, row.file)
    place = row.must("istat", place_of_code)
    if place.municipality is None:
        return OutOfArea(row.line, row.file)
    record = MunicipalityRecord(place.municipality, figures=tuple(_figures(row)))
    return Accepted(row.line, place.municipality, (record,), row.file)


def _figures(row: Row) -> Iterator[Figure]:
    """Covered land (hectares, share of the comune), net increase year by year, and from the first year to the last."""
    for year in YEARS:
        covered = row.value(f"ha-{year}", lambda text: _hectares(text, decimal_comma=row.decimal_comma))
        if covered is not None:
            yield "land-taken", year, covered, "ha"
        share = row.value(f"share-{year}", lambda text: _percent(text, decimal_comma=row.decimal_comma))
        if share is not None:
            yield "land-taken-share", year, share, "share"
    found = {}
    for start, end in PERIODS:
        value = row.value(f"net-{start}-{end}", lambda text: computed(text, decimal_comma=row.decimal_comma))
        if value is not None:
            found[start, end] = value
            if end == start + 1:
                yield "land-take-net", end, value, "ha"
    yield from _since_the_first(row, found)


def _since_the_first(row: Row, found: dict[tuple[int, int], float]) -> Iterator[Figure]:
    """The sum of all periods, told only when they follow one another without gap or overlap."""
    periods = sorted(found)
    if len(periods) < 2 or any(one[1] != other[0] for one, other in pairwise(periods)):
        return
    total, end = round(sum(found.values()), 4), periods[-1][1]
    covered = row.value(f"ha-{end}", lambda text: _hectares(text, decimal_comma=row.decimal_comma))
    if covered is not None and total > covered:
        raise BadCell(f"ha-{end}", row.raw(f"ha-{end}"), Message("reject.less-than-increase", {"increase": total}))
    yield f"land-take-net-since-{periods[0][0]}", end, total, "ha"


def _hectares(text: str, *, decimal_comma: bool) -> float:
    value = computed(text, decimal_comma=decimal_comma)
    if not 0 <= value < 1e6:
        raise BadValue(Message("reject.amount"))
    return value


def _percent(text: str, *, decimal_comma: bool) -> float:
    value = computed(text.rstrip("% "), decimal_comma=decimal_comma)
    if not 0 <= value <= 100:
        raise BadValue(Message("reject.percent"))
    return round(value / 100, 8)


SOURCE = Source(
    SourceInfo(
        name="land-take",
        title_it="Consumo di suolo per comune",
        title_en="Land take by comune",
        publisher="ISPRA – SNPA",
        licence="CC BY 3.0, da verificare / CC BY 3.0, to be verified",
        address="https://www.isprambiente.gov.it/it/attivita/suolo-e-territorio/suolo/il-consumo-di-suolo",
        formats=(".xlsx", ".csv", ".zip"),
        data_date=date(2024, 12, 31),
    ),
    read,
)
