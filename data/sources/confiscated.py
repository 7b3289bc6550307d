# SPDX-License-Identifier: EUPL-1.2
"""What the files of the agency for confiscated assets (ANBSC) share, for buildings and for companies.

Two layouts, told by their headings: assets under management and assets destined. Addresses and the destinee's name
are never read. The publisher's words on the measure are kept as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from data.errors import WrongColumns
from data.identity import BadValue
from data.model import Availability, Message, Precision, Visibility
from data.records import Accepted, Outcome, OutOfArea, ReadOptions, SiteRecord
from data.sources.places import Place, place_of_code, place_of_name
from data.sources.reading import BadCell, Column, Layout, Row, fits, outcomes
from data.sources.values import KEY_LIMIT, day
from data.wording import clean, plain

_PLACE = (
    Column("region", ("nome_regione", "regione"), needed=True),
    Column("province", ("nome_provincia", "provincia"), needed=True),
    Column("municipality", ("nome_comune", "comune"), needed=True),
    Column("istat", ("CODISTAT",)),
)
_KIND = (
    Column("genre", ("genere",), needed=True),
    Column("category", ("categoria",), needed=True),
    Column("subcategory", ("sottocategoria",), needed=True),
)
_ADDED = ("NomeComuneValidato", "NomeRegioneValidato", "NomeProvinciaValidato", "CODISTATPROV", "CODISTATREG")

MANAGED = Layout(
    columns=(
        Column("key", ("s_bene",), needed=True),
        *_KIND,
        *_PLACE,
        Column("measure", ("provvedimento",), needed=True),
        Column("share", ("quota_confiscata",)),
        Column("procedure", ("tipologia_procedura",)),
    ),
    known=("ufficio_giudiziario", "distretto", *_ADDED),
)
DESTINED = Layout(
    columns=(
        Column("key", ("m_bene",), needed=True),
        *_KIND,
        *_PLACE,
        Column("measure", ("tipologia",), needed=True),
        Column("use", ("utilizzo",)),
        Column("purpose", ("fine",)),
        Column("decree", ("decreto_numero",)),
        Column("decree_year", ("decreto_anno",)),
        Column("decree_date", ("decreto_data",), needed=True),
    ),
    known=(
        "s_bene",
        "indirizzo",
        "ufficio",
        "distretto",
        "procedura",
        "destinatario",
        "decreto_data_datetime",
        *_ADDED,
    ),
)
# The measure that the agency names -> how available the asset is. Only a final confiscation makes it the State's.
AVAILABILITY = {
    "sequestro": Availability.SEIZED,
    "confiscai": Availability.CONFISCATED_NOT_FINAL,
    "confiscaii": Availability.CONFISCATED_NOT_FINAL,
    "confiscadef": Availability.CONFISCATED_MANAGED,
    "rinvio": Availability.UNKNOWN,
    "": Availability.UNKNOWN,
}
STATE = "state"


def read_assets(paths: Sequence[Path], options: ReadOptions, genre: str, kind: str) -> Iterator[Outcome]:
    """One outcome per asset of that genre (`immobili`, `aziende`), both layouts in any order; other regions are out.

    Raises `WrongColumns` when a file has neither layout.
    """
    for path in paths:
        destined = _is_destined(path, options)
        layout = DESTINED if destined else MANAGED
        yield from outcomes((path,), layout, _maker(genre, kind, destined=destined), options)


def _is_destined(path: Path, options: ReadOptions) -> bool:
    for layout in (MANAGED, DESTINED):
        if fits(path, layout, options):
            return layout is DESTINED
    raise WrongColumns(file=path.name, missing="s_bene, provvedimento | m_bene, decreto_data", found="")


def _maker(genre: str, kind: str, *, destined: bool) -> Callable[[Row], Outcome]:
    def make(row: Row) -> Outcome:
        if plain(row.raw("genre")) != genre:
            raise BadCell("genre", row.raw("genre"), Message("reject.not-allowed", {"allowed": genre}))
        key = row.needed("key", KEY_LIMIT)
        place = _place(row)
        if not place.inside:
            return OutOfArea(row.line, row.file)
        site = _destined(row, kind, place) if destined else _managed(row, kind, place)
        return Accepted(row.line, key, (site,), row.file)

    return make


def _place(row: Row) -> Place:
    """Code first; without one, name and province. A row that names another region is elsewhere."""
    region = plain(row.raw("region"))
    if region and region != "lazio":
        return Place(None, None, inside=False)
    if row.has("istat"):
        return row.must("istat", place_of_code)
    if not row.has("municipality"):
        raise BadCell("municipality", "", Message("reject.missing"))
    try:
        return place_of_name(row.raw("municipality"), row.raw("province") or None)
    except BadValue as wrong:
        raise BadCell("municipality", row.raw("municipality"), wrong.reason) from wrong


def _managed(row: Row, kind: str, place: Place) -> SiteRecord:
    measure = row.raw("measure")
    if plain(measure) not in AVAILABILITY:
        raise BadCell("measure", measure, Message("reject.measure"))
    availability = AVAILABILITY[plain(measure)]
    share = f"quota {row.text('share', 20)} %" if row.has("share") else ""
    words = [clean(measure), share, row.passage("procedure") or ""]
    return _site(row, kind, place, availability, words)


def _destined(row: Row, kind: str, place: Place) -> SiteRecord:
    decree = f"decreto {row.text('decree', 60)}/{row.text('decree_year', 20) or ''}" if row.has("decree") else ""
    words = [*(row.passage(column) or "" for column in ("measure", "purpose", "use")), decree]
    return _site(row, kind, place, Availability.DESTINED, words)


def _site(row: Row, kind: str, place: Place, availability: Availability, words: list[str]) -> SiteRecord:
    category, subcategory = row.text("category"), row.text("subcategory")
    return SiteRecord(
        name=subcategory or category or row.needed("key"),
        kind=kind,
        category=category,
        subcategory=subcategory,
        municipality=place.municipality,
        precision=Precision.MUNICIPALITY,
        owner_type=STATE if availability is Availability.CONFISCATED_MANAGED else None,
        availability=availability,
        measure="; ".join(word for word in words if word) or None,
        date=row.value("decree_date", day),
        visibility=Visibility.PUBLIC,
    )
