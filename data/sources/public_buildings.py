# SPDX-License-Identifier: EUPL-1.2
"""Buildings and land of public administrations (MEF): the main source of unused public places.

Official layout: 31 ZIP a year, each a CSV in latin-1 with `;` and decimal commas, one row per property of the whole
country. Kept are properties in comuni of Lazio that are not plainly in use: unused, being restored, used in part, or of
unknown use; those in use are counted. That a place is unused does not mean that its owner offers it: the availability
stays unknown, and `is_unused` tells unused ones by their use. Owners are public bodies and are named.

Assumed, because no sample was at hand: headings as in `LAYOUT`, each with its likely variants; the comune's code is an
ISTAT or a cadastral one; where no column numbers the properties, what a row says of the property names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path

import numpy as np

from data.identity import BadValue
from data.lazio import municipalities, provinces
from data.model import Availability, Message, Precision, Visibility
from data.records import Accepted, Dated, Outcome, ReadOptions, SiteRecord, Source, SourceInfo
from data.sources.bulk import Mask, Portion, among, outcomes_of, portions
from data.sources.bulk_blocks import Whole
from data.sources.places import comune_of_tax_code, istat_code, place_of_code, place_of_name
from data.sources.reading import BadCell, Column, Layout, Row
from data.sources.values import KEY_LIMIT, amount, coordinates
from data.wording import LINE_LIMIT, clean, plain

BUILDING, LAND = "public-building", "public-land"
BOX = (11.4, 40.7, 14.1, 42.9)
"""Degrees within which Lazio lies (west, south, east, north): coordinates outside are a slip and are left out."""

LAYOUT = Layout(
    columns=(
        Column("id", ("Identificativo bene*", "Identificativo del bene*", "Id bene*", "Codice bene*", "Id scheda*")),
        Column("owner_code", ("Amministrazione Codice Fiscale*", "Codice fiscale amministrazione*", "CF ammin*")),
        Column(
            "owner",
            ("Amministrazione Denominazione*", "Denominazione amministrazione*", "Amministrazione*"),
            needed=True,
        ),
        Column("nature", ("Natura del bene*", "Natura bene*"), needed=True),
        Column("type", ("Tipologia del bene*", "Tipologia immobile*", "Tipologia bene*", "Tipologia*")),
        Column("title", ("Titolo proprietà*", "Titolo di proprietà*", "Titolo proprieta*", "Titolo*")),
        Column("region", ("Regione del bene*", "Regione bene*", "Regione*")),
        Column("province", ("Provincia del bene*", "Provincia bene*", "Provincia*")),
        Column("municipality", ("Comune del bene*", "Comune bene*", "Comune*"), needed=True),
        Column("code", ("Codice Comune del bene*", "Codice comune*", "Codice ISTAT*", "Codice catastale*")),
        Column("address", ("Indirizzo*",)),
        Column("number", ("Numero civico*", "Civico*")),
        Column("sheet", ("Foglio*",)),
        Column("parcel", ("Particella*", "Mappale*")),
        Column("unit", ("Subalterno*", "Sub*")),
        Column("lat", ("Latitudine*", "Lat")),
        Column("lon", ("Longitudine*", "Lon", "Long")),
        Column("located_by", ("Fonte Georeferenziazione*",)),
        Column("area", ("Superficie*",)),
        Column("use", ("Utilizzo*", "Stato di utilizzo*", "Stato utilizzo*"), needed=True),
        Column("condition", ("Stato di conservazione*", "Stato conservazione*", "Stato manutentivo*")),
    ),
    known=("Anno*", "Epoca*", "Finalit*", "Valore*", "Canone*", "Cubatura*", "Data*", "Note*", "Vincol*", "Tipo*"),
)
_SAME = (
    "owner_code",
    "owner",
    "nature",
    "type",
    "code",
    "municipality",
    "address",
    "number",
    "sheet",
    "parcel",
    "unit",
)
_STATE = ("ministero", "agenziadeldemanio", "demanio", "presidenzadelconsiglio", "stato")


class Use(StrEnum):
    """How a public property is used, as far as the publisher's words tell."""

    UNUSED = "unused"
    RESTORED = "being-restored"
    IN_PART = "in-part"
    IN_USE = "in-use"
    UNKNOWN = "unknown"


_WORDS = (
    (
        Use.UNUSED,
        ("nonutilizz", "inutilizz", "nonusat", "nonoccupat", "abbandon", "dismess", "vuot", "libero", "sfitt"),
    ),
    (Use.RESTORED, ("ristruttur", "manutenzion", "lavoriincorso", "restaur", "cantiere", "incostruzione")),
    (Use.IN_PART, ("parzial", "inparte")),
    (Use.UNKNOWN, ("nonnot", "nondisponibil", "nonindicat", "nonrilevat", "nd", "altro")),
)


@lru_cache(maxsize=4096)
def use_of(text: str) -> Use:
    """What the publisher's words say of the use; words that we do not know mean that somebody uses the place."""
    word = plain(text)
    if not word:
        return Use.UNKNOWN
    for use, words in _WORDS:
        if any(word == part if len(part) < 6 else part in word for part in words):
            return use
    return Use.IN_USE


def is_unused(use: str | None) -> bool:
    """True when the words of a place's use say that nobody uses it."""
    return use is not None and use_of(use) is Use.UNUSED


# --- reading ----------------------------------------------------------------------------------------------


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per property of Lazio that is not plainly in use and per refused row; counts of all others."""
    choice = _Choice()
    yield from outcomes_of(portions(paths, LAYOUT, options), choice.concerns, _site)
    if choice.in_use:
        files = ", ".join(path.name for path in paths)
        options.notices.append(Message("notice.bulk-in-use", {"file": files[:200], "count": choice.in_use}))


class _Choice:
    """Which properties concern us; counts those of Lazio that are left out because they are in use."""

    def __init__(self) -> None:
        self.in_use = 0

    def concerns(self, portion: Portion) -> Mask:
        inside = _in_lazio(portion)
        used = np.array([use_of(text) is Use.IN_USE for text in portion.only(inside).texts("use")], bool)
        self.in_use += int(used.sum())
        inside[np.flatnonzero(inside)[used]] = False
        return inside


@cache
def _codes() -> Whole:
    return np.array(sorted(int(one.istat) for one in municipalities()), np.int64)


@cache
def _cadastral() -> dict[str, str]:
    return {one.cadastral_code.upper(): one.istat for one in municipalities()}


@cache
def _province_words() -> frozenset[str]:
    return frozenset(word.upper() for one in provinces() for word in (one.sigla, one.name)) | {"ROMA CAPITALE"}


def _in_lazio(portion: Portion) -> Mask:
    """By the comune's code; by region or province where the row has none."""
    inside: Mask = among(portion.numbers("code"), _codes()) | portion.among("code", _cadastral().keys())
    named = portion.among("region", {"LAZIO"})
    named |= ~portion.filled("region") & portion.among("province", _province_words())
    inside |= ~portion.filled("code") & named
    return inside


def _site(row: Row) -> Outcome:
    istat = _municipality(row)
    lon, lat = _point(row)
    nature, kind = row.needed("nature", 120), row.text("type")
    record = SiteRecord(
        name=kind or nature,
        kind=LAND if "terren" in plain(nature) else BUILDING,
        category=nature,
        subcategory=kind,
        municipality=istat,
        lon=lon,
        lat=lat,
        precision=Precision.POINT if lon is not None else Precision.MUNICIPALITY,
        owner_type=_owner_type(row),
        title=row.passage("title", LINE_LIMIT),
        condition=row.passage("condition", LINE_LIMIT),
        area_m2=_area(row),
        availability=Availability.UNKNOWN,
        address=_address(row),
        use=row.passage("use", LINE_LIMIT),
        owner=row.passage("owner", LINE_LIMIT) or row.needed("owner"),
        visibility=Visibility.PUBLIC,
    )
    return Accepted(row.line, _key(row, istat), (record,), row.file)


def _municipality(row: Row) -> str:
    code = clean(row.raw("code")).upper()
    if code in _cadastral():
        return _cadastral()[code]
    try:
        found = place_of_code(istat_code(code)) if code else place_of_name(row.raw("municipality"), row.raw("province"))
    except BadValue as wrong:
        raise BadCell("municipality", row.raw("municipality"), wrong.reason) from wrong
    if found.municipality is None:
        raise BadCell("municipality", row.raw("municipality"), Message("reject.municipality"))
    return found.municipality


def _point(row: Row) -> tuple[float | None, float | None]:
    """The coordinates, none when they are malformed, outside Lazio, or those of the comune as a whole."""
    if "comun" in plain(row.raw("located_by")):
        return None, None
    try:
        lon, lat = coordinates(row.raw("lon"), row.raw("lat"))
    except BadValue:
        return None, None
    west, south, east, north = BOX
    return (lon, lat) if west <= lon <= east and south <= lat <= north else (None, None)


def _area(row: Row) -> float | None:
    """Square metres; 0 and what is no number are not known."""
    try:
        return row.value("area", lambda text: amount(text, decimal_comma=row.decimal_comma)) or None
    except BadCell:
        return None


def _address(row: Row) -> str | None:
    parts = (row.passage("address", LINE_LIMIT), row.passage("number", 20))
    return ", ".join(part for part in parts if part)[:LINE_LIMIT] or None


def _owner_type(row: Row) -> str:
    """The type of public owner, from its tax code (published in brackets) or its name."""
    name = plain(row.raw("owner"))
    if clean(row.raw("owner_code")).strip("[]'\" ") in comune_of_tax_code() or name.startswith(("comune", "romacapit")):
        return "municipality"
    if name.startswith(("provincia", "cittametropolitana")):
        return "province"
    if name.startswith("regione"):
        return "region"
    return "state" if name.startswith(_STATE) else "public-body"


def _key(row: Row, istat: str) -> str:
    """The publisher's number with the owner's code, else a digest of what the row says of the property."""
    number = row.text("id", KEY_LIMIT)
    if number:
        return f"{clean(row.raw('owner_code')).strip('[] ')[:20]}|{number}"
    said = "|".join([istat, *(plain(row.raw(column)) for column in _SAME), row.raw("area")])
    return sha256(said.encode()).hexdigest()[:32]


SOURCE = Source(
    SourceInfo(
        name="public-buildings",
        title_it="Immobili delle amministrazioni pubbliche (MEF)",
        title_en="Properties of public administrations (MEF)",
        publisher="Ministero dell'economia e delle finanze - Dipartimento del tesoro",
        licence="CC BY 4.0",
        address="https://www.de.mef.gov.it/",
        formats=(".zip", ".csv", ".parquet"),
        dated=Dated.FILE_NAME,
    ),
    read,
)
