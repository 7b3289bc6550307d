# SPDX-License-Identifier: EUPL-1.2
"""Own file of places that could live again: buildings, land, firms. Owners by type only, never by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from data.model import Availability, Evidence, Message, Precision, Visibility
from data.records import Accepted, Outcome, OutOfArea, ReadOptions, SiteRecord, Source, SourceInfo
from data.sources.organisations import point_of
from data.sources.own_columns import (
    DATE,
    EVIDENCE,
    LAT,
    LON,
    MUNICIPALITY,
    PROVINCE,
    UNSTATED,
    VISIBILITY,
    WHOEVER,
    evidence_of,
    visibility_of,
)
from data.sources.places import place_of
from data.sources.reading import BadCell, Column, Layout, Row, outcomes
from data.sources.values import KEY_LIMIT, amount, choice, day, one_of
from data.wording import clean_words

OWNER_TYPES = (
    "state",
    "region",
    "province",
    "municipality",
    "public-body",
    "church",
    "cooperative",
    "private",
    "other",
)
_OWNER_WORDS = {
    "stato": "state",
    "demanio": "state",
    "regione": "region",
    "provincia": "province",
    "comune": "municipality",
    "ente pubblico": "public-body",
    "ente ecclesiastico": "church",
    "chiesa": "church",
    "cooperativa": "cooperative",
    "privato": "private",
    "altro": "other",
}
_AVAILABILITY_WORDS = {
    "non nota": Availability.UNKNOWN,
    "sequestrato": Availability.SEIZED,
    "confisca non definitiva": Availability.CONFISCATED_NOT_FINAL,
    "confiscato in gestione": Availability.CONFISCATED_MANAGED,
    "destinato": Availability.DESTINED,
    "offerto": Availability.OFFERED,
    "disponibile": Availability.OFFERED,
    "in uso": Availability.IN_USE,
    "non disponibile": Availability.NOT_AVAILABLE,
    "contenzioso": Availability.IN_DISPUTE,
    "crollato": Availability.COLLAPSED,
}

LAYOUT = Layout(
    columns=(
        Column("id", ("identificativo", "codice", "chiave"), needed=True),
        Column("name", ("nome", "denominazione"), needed=True),
        Column("kind", ("tipo", "genere"), needed=True),
        Column("category", ("categoria",)),
        Column("subcategory", ("sottocategoria",)),
        MUNICIPALITY,
        PROVINCE,
        LAT,
        LON,
        Column("owner_type", ("proprietario", "tipo_proprietario", "proprieta")),
        Column("title", ("titolo",)),
        Column("condition", ("stato_conservazione", "conservazione", "condizione")),
        Column("area_m2", ("superficie", "superficie_mq", "mq", "m2")),
        Column("availability", ("disponibilita", "stato")),
        Column("measure", ("provvedimento",)),
        DATE,
        VISIBILITY,
        EVIDENCE,
    ),
    known=("source", "fonte"),
    either=(("municipality", "lat"),),
)


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per place; those whose comune is outside Lazio are out of the area."""
    return outcomes(paths, LAYOUT, _site, options)


def _site(row: Row) -> Outcome:
    key, name = row.needed("id", KEY_LIMIT), row.must("name", clean_words)
    place = place_of(row)
    lon, lat = point_of(row)
    if (row.has("municipality") or row.has("province")) and not place.inside:
        return OutOfArea(row.line, row.file)
    if place.municipality is None and lon is None:
        raise BadCell("municipality", "", Message("reject.missing"))
    record = SiteRecord(
        name=name,
        kind=row.needed("kind", 60),
        category=row.text("category"),
        subcategory=row.text("subcategory"),
        municipality=place.municipality,
        lon=lon,
        lat=lat,
        precision=Precision.MUNICIPALITY if lon is None else Precision.POINT,
        owner_type=_owner_type(row),
        title=row.text("title"),
        condition=row.text("condition"),
        area_m2=row.value("area_m2", lambda text: amount(text, decimal_comma=row.decimal_comma)) or None,
        availability=row.value("availability", _availability) or Availability.UNKNOWN,
        measure=row.text("measure"),
        date=row.value("date", day),
        visibility=visibility_of(row, Visibility.FEDERATION),
        evidence=evidence_of(row),
    )
    return Accepted(row.line, key, (record,), row.file)


def _owner_type(row: Row) -> str | None:
    """The type of owner; what else stands there may be a person's name and is not repeated."""
    try:
        return row.value("owner_type", lambda word: one_of(OWNER_TYPES, word, _OWNER_WORDS))
    except BadCell as bad:
        raise BadCell("owner_type", "", bad.reason) from None


def _availability(word: str) -> Availability:
    return choice(Availability, word, _AVAILABILITY_WORDS)


SOURCE = Source(
    SourceInfo(
        name="sites",
        title_it="Luoghi da rigenerare (file proprio)",
        title_en="Places to regenerate (own file)",
        publisher=WHOEVER,
        licence=UNSTATED,
        formats=(".csv", ".xlsx"),
        evidence=Evidence.DECLARED,
    ),
    read,
)
