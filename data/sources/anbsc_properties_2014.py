# SPDX-License-Identifier: EUPL-1.2
"""Confiscated buildings and land as the agency's site listed them in 2014, gathered by Spaghetti Open Data.

Kept apart from today's lists: old, but the only one that names properties already destined. The state is that of 2014
and stands in the publisher's words with its year; what became of the property since is not known, so that none of them
counts as free today. Links to decrees and pages, which no longer answer, are not kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from data.identity import BadValue
from data.model import Availability, Message, Precision, Visibility
from data.records import Accepted, Outcome, OutOfArea, ReadOptions, SiteRecord, Source, SourceInfo
from data.sources.confiscated import PROPERTY
from data.sources.places import Place, place_of_code, place_of_name
from data.sources.reading import BadCell, Column, Layout, Row, outcomes
from data.sources.values import KEY_LIMIT, one_of
from data.wording import plain

AS_OF = date(2014, 12, 31)
STATES = ("In gestione", "Destinati consegnati", "Destinati non consegnati", "Usciti dalla gestione")
_NOTHING = frozenset({"", "nodata", "nd"})

LAYOUT = Layout(
    columns=(
        Column("key", ("ID",), needed=True),
        Column("genre", ("tipo",), needed=True),
        Column("istat", ("PRO_COM",), needed=True),
        Column("municipality", ("NOME_COM",), needed=True),
        Column("province", ("NOME_PRO",)),
        Column("region", ("NOME_REG",), needed=True),
        Column("state", ("stato",), needed=True),
        Column("category", ("Categoria",), needed=True),
        Column("subcategory", ("Sottocategoria",)),
        Column("assignee", ("Ente destinatario",)),
    ),
    known=("Dettaglio bene", "Decreto destinazione", "SourcePageURL", "istat"),
)


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per property; other regions are out of the area."""
    return outcomes(paths, LAYOUT, _property, options)


def _property(row: Row) -> Outcome:
    key = row.needed("key", KEY_LIMIT)
    if plain(row.raw("region")) != "lazio":
        return OutOfArea(row.line, row.file)
    if plain(row.raw("genre")) != "beneimmobile":
        raise BadCell("genre", row.raw("genre"), Message("reject.not-allowed", {"allowed": "bene immobile"}))
    place = _place(row)
    if place.municipality is None:
        return OutOfArea(row.line, row.file)
    state = row.must("state", lambda text: one_of(STATES, text))
    category, subcategory = row.text("category"), _said(row, "subcategory")
    destined = _said(row, "assignee")
    site = SiteRecord(
        name=subcategory or category or key,
        kind=PROPERTY,
        category=category,
        subcategory=subcategory,
        municipality=place.municipality,
        precision=Precision.MUNICIPALITY,
        condition=f"{state} ({AS_OF.year})",
        availability=Availability.UNKNOWN,
        measure=f"Ente destinatario: {destined} ({AS_OF.year})" if destined else None,
        date=AS_OF,
        visibility=Visibility.PUBLIC,
    )
    return Accepted(row.line, key, (site,), row.file)


def _place(row: Row) -> Place:
    """Code first; the codes of 2014 may be of a comune since renamed: then name and province."""
    if row.has("istat"):
        try:
            return row.must("istat", place_of_code)
        except BadCell:
            if not row.has("municipality"):
                raise
    try:
        return place_of_name(row.raw("municipality"), row.raw("province") or None)
    except BadValue as wrong:
        raise BadCell("municipality", row.raw("municipality"), wrong.reason) from wrong


def _said(row: Row, column: str) -> str | None:
    """The cell, None where the publisher wrote that there are no data."""
    return None if plain(row.raw(column)) in _NOTHING else row.text(column)


SOURCE = Source(
    SourceInfo(
        name="anbsc-properties-2014",
        title_it="Immobili confiscati nel 2014 (elenco storico)",
        title_en="Confiscated buildings and land in 2014 (historical list)",
        publisher="ANBSC (pagine raccolte da Spaghetti Open Data) / ANBSC (pages gathered by Spaghetti Open Data)",
        licence="PDDL 1.0",
        address="https://github.com/spaghetti-open-data/beni-confiscati-aperti",
        formats=(".csv", ".xlsx"),
        data_date=AS_OF,
    ),
    read,
)
