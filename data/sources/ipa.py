# SPDX-License-Identifier: EUPL-1.2
"""Public bodies of IndicePA (AgID): the official table of 35 columns, and the slice of ten without tax codes.

Columns that name a person are never read. Only mailboxes of type PEC that name an office are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from data.identity import IPA, MUNICIPALITY, TAX_CODE, BadValue, body_code, in_preference
from data.lazio import ateco
from data.model import BodyType, Identifier, OrganisationKind, Status
from data.records import (
    Accepted,
    Assertion,
    Dated,
    OrganisationRecord,
    Outcome,
    OutOfArea,
    ReadOptions,
    Source,
    SourceInfo,
)
from data.sources.names import Told, inferred, service_body_of_name, status_of_name
from data.sources.places import Place, name_of_body, place_of_code
from data.sources.reading import Column, Layout, Parsed, Row, outcomes
from data.sources.values import KEY_LIMIT, day, flagged
from data.wording import plain, role_mailbox, web_address

MAILBOXES = tuple(f"Mail{number}" for number in range(1, 6))

LAYOUT = Layout(
    columns=(
        Column("ipa", ("Codice_IPA",), needed=True),
        Column("name", ("Denominazione_ente",), needed=True),
        Column("istat", ("Codice_comune_ISTAT",), needed=True),
        Column("category", ("Codice_Categoria",), needed=True),
        Column("tax_code", ("Codice_fiscale_ente",)),
        Column("sector", ("Codice_ateco",)),
        Column("liquidation", ("Ente_in_liquidazione",)),
        Column("website", ("Sito_istituzionale", "url")),
        Column("date", ("Data_aggiornamento", "crawlDate")),
        *(Column(name) for name in MAILBOXES),
        *(Column(f"Tipo_{name}") for name in MAILBOXES),
    ),
    known=(
        "Tipologia",
        "Nome_categoria",
        "Codice_natura",
        "Codice_MIUR",
        "Codice_ISTAT",
        "Acronimo",
        "Nome_responsabile",
        "Cognome_responsabile",
        "Titolo_responsabile",
        "Codice_catastale_comune",
        "CAP",
        "Indirizzo",
        "_id",
    ),
)

# Type of body by IPA category (the register's own list of categories).
BODY_TYPES = {
    "L4": BodyType.REGION,
    "L5": BodyType.PROVINCE,
    "L45": BodyType.PROVINCE,
    "L18": BodyType.UNION,
    "L12": BodyType.MOUNTAIN_COMMUNITY,
    "L38": BodyType.PARK,
    "L7": BodyType.HEALTH,
    "L8": BodyType.HEALTH,
    "C12": BodyType.HEALTH,
    "L34": BodyType.CARE,
    "L17": BodyType.UNIVERSITY,
    "L28": BodyType.UNIVERSITY,
    "L43": BodyType.UNIVERSITY,
    "C8": BodyType.UNIVERSITY,
    "L33": BodyType.SCHOOL,
    "L35": BodyType.CHAMBER,
    "L2": BodyType.AGENCY,
    "L13": BodyType.AGENCY,
    "L15": BodyType.AGENCY,
    "C10": BodyType.AGENCY,
    "C1": BodyType.STATE,
    "C2": BodyType.STATE,
    "C5": BodyType.STATE,
    "C11": BodyType.STATE,
    "L46": BodyType.STATE,
    "L47": BodyType.STATE,
    "C14": BodyType.ORDER,
    "L37": BodyType.COMPANY,
    "S01": BodyType.COMPANY,
    "SA": BodyType.COMPANY,
    "SAG": BodyType.COMPANY,
}
# Categories that also hold associations of their members: only a name that begins so is of the type.
_NAMED = {"L4": ("regione",), "L5": ("provinciadi",)}


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per body; bodies seated in other regions are out of the area."""
    return outcomes(paths, LAYOUT, _body, options)


def _body(row: Row) -> Outcome:
    key = row.needed("ipa", KEY_LIMIT)
    place = row.must("istat", place_of_code)
    if not place.inside:
        return OutOfArea(row.line, row.file)
    name = row.needed("name")
    identifiers = [Identifier(IPA, key)]
    code = row.value("tax_code", body_code)
    if code:
        identifiers.append(Identifier(TAX_CODE, code))
    if is_comune(row, name) and place.municipality:
        identifiers.append(Identifier(MUNICIPALITY, place.municipality))
        name = name_of_body(place.municipality)
    record = OrganisationRecord(in_preference(identifiers), tuple(_facts(row, name, place)))
    return Accepted(row.line, key, (record,), row.file)


def is_comune(row: Row, name: str) -> bool:
    """True for a comune; its category also holds consortia and associations of comuni."""
    return row.raw("category") == "L6" and plain(name).startswith(("comune", "romacapitale"))


def _facts(row: Row, name: str, place: Place) -> list[Assertion]:
    on = _kept(row, "date", day)
    said: list[tuple[str, object]] = [
        ("name", name),
        ("kind", OrganisationKind.PUBLIC_BODY),
        ("municipality", place.municipality),
        ("province", place.province),
        ("website", _kept(row, "website", web_address)),
        ("pec", _pec(row, name)),
    ]
    if flagged(row.raw("liquidation")):
        said.append(("status", Status.LIQUIDATION))
    claims = [Assertion(field, value, date=on) for field, value in said if value is not None]
    told = status_of_name(name)
    if told and not flagged(row.raw("liquidation")):
        claims.append(inferred("status", told))
    return [*claims, _body_type(row, name), *_sector(row)]


def _body_type(row: Row, name: str) -> Assertion:
    """By category; a name that says more (housing, reclamation) is an inference."""
    told = service_body_of_name(name)
    if told:
        return inferred("body_type", told)
    category = row.raw("category")
    if category == "L6":
        return Assertion("body_type", BodyType.MUNICIPALITY if is_comune(row, name) else BodyType.OTHER)
    if category in _NAMED and not plain(name).startswith(_NAMED[category]):
        return Assertion("body_type", BodyType.OTHER)
    return Assertion("body_type", BODY_TYPES.get(category, BodyType.OTHER))


def _sector(row: Row) -> list[Assertion]:
    """The ATECO class, of the 2007 version that the register used; a code it does not have is left out."""
    found = ateco("2007").get(row.raw("sector")) if row.has("sector") else None
    if found is None:
        return []
    version = Told("2007", row.raw("sector"), 0.9)
    return [Assertion("sector", found.code), inferred("sector_version", version)]


def _pec(row: Row, name: str) -> str | None:
    for mailbox in MAILBOXES:
        if plain(row.raw(f"Tipo_{mailbox}")) == "pec" and row.has(mailbox):
            try:
                return role_mailbox(row.raw(mailbox), name)
            except BadValue:
                continue
    return None


def _kept(row: Row, column: str, parse: Callable[[str], Parsed]) -> Parsed | None:
    """An extra of the register: where it is malformed it stays unknown and the body is kept."""
    try:
        return row.value(column, parse)
    except BadValue:
        return None


SOURCE = Source(
    SourceInfo(
        name="ipa",
        title_it="Indice dei domicili digitali della pubblica amministrazione (IPA)",
        title_en="Index of public bodies (IPA)",
        publisher="AgID",
        licence="CC BY 4.0",
        address="https://indicepa.gov.it/ipa-dati/datastore/dump/d09adf99-dc10-4349-8c53-27b1e5aa97b6?bom=True",
        formats=(".csv", ".xlsx"),
        dated=Dated.ROWS,
    ),
    read,
)
