# SPDX-License-Identifier: EUPL-1.2
"""What the files of the agency for confiscated assets (ANBSC) share, for buildings and for companies.

Two layouts, told by their headings: assets under management and assets destined. The publisher's words on the measure
are kept as they are. Of what is destined the use is kept, the destinee only when it is a public body, and the address
only of buildings and land, which are the State's by then; that of a company may be somebody's home.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from data.errors import WrongColumns
from data.identity import BadValue
from data.lazio import find_municipality
from data.model import Availability, Message, Precision, Visibility
from data.records import Accepted, Outcome, OutOfArea, ReadOptions, SiteRecord
from data.sources.names import public_body_of_name
from data.sources.places import Place, place_of_code, place_of_name
from data.sources.reading import BadCell, Column, Layout, Row, fits, outcomes
from data.sources.values import KEY_LIMIT, day
from data.wording import LINE_LIMIT, clean, plain

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
        Column("address", ("indirizzo",)),
        Column("assignee", ("destinatario",)),
    ),
    known=(
        "s_bene",
        "ufficio",
        "distretto",
        "procedura",
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
PROPERTY = "confiscated-property"
_STATE_BODY = re.compile(
    r"^(?:COMUN[EI]|REGION[EI]|PROVINC(?:IA|E)|CITTA'? METROPOLITANA|MINISTER[OI]|PREFETTUR[AE]|QUESTURA|STATO|DEMANIO"
    r"|AGENZIA DEL DEMANIO|POLIZIA DI STATO|GUARDIA DI FINANZA|(?:ARMA DEI )?CARABINIERI|VIGILI DEL FUOCO|TRIBUNALE"
    r"|CORPO FORESTALE DELLO STATO|CAPITANERI[AE] DI PORTO|ROMA CAPITALE)\b"
)


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
    site = _site(row, kind, place, Availability.DESTINED, words)
    address = row.passage("address", LINE_LIMIT) if kind == PROPERTY else None
    return replace(site, address=address, use=_use(row), assignee=_assignee(row))


def _use(row: Row) -> str | None:
    """What the asset was destined for and is used for, in the publisher's words; not the note that says nothing."""
    said = dict.fromkeys(row.passage(column, LINE_LIMIT) or "" for column in ("purpose", "use"))
    return "; ".join(each for each in said if each and not plain(each).startswith("benenonsoggettoaverifica")) or None


def _assignee(row: Row) -> str | None:
    """The body that the asset was given to, when its name is plainly that of a public body; private ones are not kept.

    A list that names only a type (`Comuni`, `Ministeri`) says it in the plural: it is kept as it stands.
    """
    name = row.passage("assignee", LINE_LIMIT)
    if name is None:
        return None
    public = find_municipality(name) or public_body_of_name(name) or _STATE_BODY.search(name.upper())
    return name if public else None


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
