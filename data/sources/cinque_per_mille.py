# SPDX-License-Identifier: EUPL-1.2
"""The bodies admitted to the 5x1000 (Agenzia delle Entrate): name, tax code, comune and the lists they are in.

Official layout: `;`, UTF-8, Italian numbers, up to seven parts, legal notes between the rows, comune by name and
province. The same list rescued by onData: `,`, snake_case, ISTAT code on each row. Amounts and choices are not kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from data.identity import MUNICIPALITY, TAX_CODE, BadValue, body_code
from data.lazio import find_municipality
from data.model import BodyType, Evidence, Identifier, Message, OrganisationKind
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
from data.sources.names import (
    Told,
    category_of_name,
    inferred,
    kind_of_name,
    public_body_of_name,
    status_of_name,
)
from data.sources.places import Place, in_lazio, name_of_body, place_of_code, place_of_name, province_sign
from data.sources.reading import BadCell, Column, Layout, Row, outcomes
from data.sources.values import flagged
from data.wording import plain

LAYOUT = Layout(
    columns=(
        Column("tax_code", ("Codice fiscale",), needed=True),
        Column("name", ("Denominazione",), needed=True),
        Column("region", ("Regione",), needed=True),
        Column("province", ("PR", "Prov", "Provincia"), needed=True),
        Column("municipality", ("Comune", "nome_comune"), needed=True),
        Column("istat", ("codice_comune", "Codice ISTAT")),
        Column("third_sector", ("ETS", "ETS e Onlus", "Enti del Terzo settore e Onlus"), needed=True),
        Column("sport", ("ASD",), needed=True),
        Column("research", ("Ricerca scientifica",), needed=True),
        Column("health", ("Ricerca sanitaria",), needed=True),
        Column("comuni", ("Comuni",), needed=True),
        Column("heritage", ("Beni culturali e paesaggistici",), needed=True),
        Column("park", ("Enti Gestori aree protette",), needed=True),
    ),
    known=("Prog", "Numero scelte", "Importo*", "pagina", "file", "old_nome_comune", "is_coop"),
    notes=True,
)
# Lists whose members are mostly public bodies, with the type to assume when the name says no more.
_PUBLIC_LISTS = ("research", "health", "heritage", "park")


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per body; bodies of other regions are out of the area."""
    return outcomes(paths, LAYOUT, _body, options)


def _body(row: Row) -> Outcome:
    code = row.must("tax_code", body_code)
    if plain(row.needed("region")) != "lazio":
        return OutOfArea(row.line, row.file)
    name = row.needed("name")
    place = _place(row)
    comune = _comune(row, name, place)
    identifiers: tuple[Identifier, ...] = (Identifier(TAX_CODE, code),)
    if comune:
        said = _comune_facts(comune, place)
        identifiers = (Identifier(MUNICIPALITY, comune), *identifiers)
    else:
        said = _facts(row, name, place)
    return Accepted(row.line, code, (OrganisationRecord(identifiers, tuple(said)),), row.file)


def _place(row: Row) -> Place:
    """The comune by code, else by name and province; a name that no comune of the province has leaves the province."""
    if row.has("istat"):
        return row.must("istat", place_of_code)
    sign = row.must("province", province_sign)
    if not in_lazio(sign):
        raise BadCell("province", sign, Message("reject.province"))
    try:
        return place_of_name(row.needed("municipality"), sign)
    except BadValue:
        if flagged(row.raw("comuni")):
            raise BadCell("municipality", row.raw("municipality"), Message("reject.municipality")) from None
        return Place(None, sign, inside=True)


def _comune(row: Row, name: str, place: Place) -> str | None:
    """ISTAT code when the row is the comune itself: flagged so, or called `Comune di` the comune where it is."""
    if place.municipality is None:
        return None
    if flagged(row.raw("comuni")):
        return place.municipality
    if not plain(name).startswith("comunedi"):
        return None
    named = find_municipality(name, place.province)
    return place.municipality if named and named.istat == place.municipality else None


def _comune_facts(comune: str, place: Place) -> list[Assertion]:
    """The list calls the body by the comune's bare name (`ROMA`); we say it in full."""
    return [
        Assertion("name", name_of_body(comune)),
        Assertion("kind", OrganisationKind.PUBLIC_BODY),
        Assertion("body_type", BodyType.MUNICIPALITY),
        Assertion("municipality", comune),
        Assertion("province", place.province),
    ]


def _facts(row: Row, name: str, place: Place) -> list[Assertion]:
    said = [Assertion("name", name), Assertion("province", place.province)]
    if place.municipality:
        said.append(Assertion("municipality", place.municipality))
    if flagged(row.raw("third_sector")):
        said.append(Assertion("third_sector", value=True))
    for field, told in (("category", category_of_name(name)), ("status", status_of_name(name))):
        if told and (field == "status" or kind_of_name(name)):
            said.append(inferred(field, told))
    return said + _kind(row, name)


def _kind(row: Row, name: str) -> list[Assertion]:
    """Kind from the name, else from the lists: the name is only a hint, so it is marked as inferred."""
    told = kind_of_name(name)
    if told:
        return [inferred("kind", told)]
    body = _public_body(row, name)
    if body:
        kind = Told(OrganisationKind.PUBLIC_BODY, body.words, body.confidence)
        return [inferred("kind", kind), inferred("body_type", body)]
    if flagged(row.raw("third_sector")) or flagged(row.raw("sport")):
        return [Assertion("kind", OrganisationKind.THIRD_SECTOR)]
    return [Assertion("kind", OrganisationKind.THIRD_SECTOR, Evidence.INFERRED, 0.6, note=_lists(row))]


def _public_body(row: Row, name: str) -> Told | None:
    private = flagged(row.raw("third_sector")) or flagged(row.raw("sport"))
    listed = any(flagged(row.raw(column)) for column in _PUBLIC_LISTS)
    return public_body_of_name(name) if listed and not private else None


def _lists(row: Row) -> str:
    return ", ".join(column for column in _PUBLIC_LISTS if flagged(row.raw(column)))


SOURCE = Source(
    SourceInfo(
        name="cinque-per-mille",
        title_it="Elenco degli enti ammessi al cinque per mille",
        title_en="List of bodies admitted to the five per thousand",
        publisher="Agenzia delle Entrate (elenco reso aperto da onData)"
        " / Agenzia delle Entrate (list made open by onData)",
        licence="CC BY 4.0",
        address="https://www.agenziaentrate.gov.it/",
        formats=(".csv", ".xlsx"),
        files=7,
        dated=Dated.FILE_NAME,
    ),
    read,
)
