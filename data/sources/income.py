# SPDX-License-Identifier: EUPL-1.2
"""Income of the residents of each comune, from tax returns (MEF, main variables of the IRPEF by comune).

One file a year, zipped or not. An empty cell is a number that the publisher hides because it would tell of too few
taxpayers: it is not known, never zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from data.identity import BadValue
from data.model import Message
from data.records import Accepted, Dated, MunicipalityRecord, Outcome, OutOfArea, ReadOptions, Source, SourceInfo
from data.sources.places import place_of_code
from data.sources.reading import BadCell, Column, Layout, Row
from data.sources.values import amount, whole, year
from data.sources.zipped import ZIPPED, table_outcomes
from data.wording import plain

LAYOUT = Layout(
    columns=(
        Column("year", ("Anno di imposta", "Anno d'imposta"), needed=True),
        Column("istat", ("Codice Istat Comune", "Codice Istat del Comune"), needed=True),
        Column("region", ("Regione",)),
        Column("taxpayers", ("Numero contribuenti",), needed=True),
        Column("declarers", ("Reddito imponibile - Frequenza",)),
        Column("income", ("Reddito imponibile - Ammontare in euro", "Reddito imponibile - Ammontare"), needed=True),
        Column("pensioners", ("Reddito da pensione - Frequenza",), needed=True),
        Column("low", ("Reddito complessivo da 0 a 10000 euro - Frequenza",)),
    ),
    known=(
        "Codice catastale",
        "Denominazione*",
        "Sigla*",
        "Codice Istat Regione",
        "Reddito*",
        "Imposta*",
        "Bonus*",
        "Trattamento*",
        "Addizionale*",
    ),
)
MOST = 100_000_000
Figure = tuple[str, int, float, str]


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per comune and tax year; other regions, and the line of wrong addresses, are out of the area."""
    return table_outcomes(paths, LAYOUT, _comune, options)


def _comune(row: Row) -> Outcome:
    if row.has("region") and plain(row.raw("region")) != "lazio":
        return OutOfArea(row.line, row.file)
    place = row.must("istat", place_of_code)
    if place.municipality is None:
        return OutOfArea(row.line, row.file)
    of = row.must("year", _tax_year)
    record = MunicipalityRecord(place.municipality, figures=tuple(_figures(row, of)))
    return Accepted(row.line, f"{of}|{place.municipality}", (record,), row.file)


def _tax_year(text: str) -> int:
    value = year(text)
    if value < 1974:  # the first year of the tax
        raise BadValue(Message("reject.date"))
    return value


def _figures(row: Row, of: int) -> Iterator[Figure]:
    """Numbers as published, income per taxpayer in euro, and shares (0..1) of the taxpayers."""
    taxpayers = row.value("taxpayers", _count)
    income = row.value("income", lambda text: amount(text, decimal_comma=row.decimal_comma))
    counts = {name: row.value(name, _count) for name in ("declarers", "pensioners", "low")}
    for name, value in counts.items():
        if value is not None and taxpayers is not None and value > taxpayers:
            raise BadCell(name, row.raw(name), Message("reject.more-than-taxpayers", {"taxpayers": taxpayers}))
    if taxpayers is not None:
        yield "taxpayers", of, float(taxpayers), "taxpayers"
    if income is not None:
        yield "taxable-income", of, income, "euro"
    if counts["declarers"] is not None:
        yield "taxable-income-declarers", of, float(counts["declarers"]), "taxpayers"
    if counts["pensioners"] is not None:
        yield "pensioners", of, float(counts["pensioners"]), "taxpayers"
    if counts["low"] is not None:
        yield "low-income-taxpayers", of, float(counts["low"]), "taxpayers"
    if not taxpayers:
        return
    if income is not None:
        yield "income-per-taxpayer", of, round(income / taxpayers, 2), "euro"
    for name, column in (("pension-share", "pensioners"), ("low-income-share", "low")):
        value = counts[column]
        if value is not None:
            yield name, of, round(value / taxpayers, 6), "share"


def _count(text: str) -> int:
    return whole(text, largest=MOST)


SOURCE = Source(
    SourceInfo(
        name="income",
        title_it="Redditi e principali variabili IRPEF per comune",
        title_en="Income and main variables of the income tax by comune",
        publisher="Ministero dell'economia e delle finanze, Dipartimento delle finanze"
        " / Ministry of Economy and Finance, Department of Finance",
        licence="CC BY 3.0, da verificare / CC BY 3.0, to be verified",
        address="https://www1.finanze.gov.it/finanze/analisi_stat/public/",
        formats=ZIPPED,
        dated=Dated.FILE_NAME,
        editions=True,
    ),
    read,
)
