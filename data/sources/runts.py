# SPDX-License-Identifier: EUPL-1.2
"""The national register of third-sector bodies (RUNTS): the list as a workbook, headings in Italian and German.

The column of the representative is a person's: its cells are never taken out of the sheet. Being in the register makes
a body a third-sector one; the name alone tells a cooperative. Social cooperatives may stand in `Imprese sociali`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from data.identity import TAX_CODE, BadValue, body_code
from data.model import Identifier, OrganisationKind
from data.records import Accepted, Assertion, OrganisationRecord, Outcome, OutOfArea, ReadOptions, Source, SourceInfo
from data.sources.names import category_of_name, inferred, kind_of_name, status_of_name
from data.sources.places import Place, in_lazio, place_of_name, province_sign
from data.sources.reading import Column, Layout, Row, outcomes
from data.sources.values import day

FEDERATION_LIMIT = 80

LAYOUT = Layout(
    columns=(
        Column("tax_code", ("codice_fiscale", "Codice fiscale*"), needed=True),
        Column("register_number", ("repertorio", "Repertorio*", "Numero repertorio*", "N. repertorio*")),
        Column("name", ("denominazione", "Denominazione*"), needed=True),
        Column("section", ("sezione", "Sezione*"), needed=True),
        Column("network", ("rete", "Rete*", "Reti associative*")),
        Column("municipality", ("comune", "Comune*"), needed=True),
        Column("province", ("provincia", "Provincia*", "Prov*"), needed=True),
        Column("registered", ("data_iscrizione", "Data iscrizione*", "Data di iscrizione*")),
    ),
    known=("5x1000", "5 x 1000*", "5*1000*", "Cinque per mille*", "Sede legale*", "Regione*", "Stato*"),
    personal=(
        "rappresentante",
        "Rappresentante*",
        "Legale rappresentante*",
        "Rappresentanti*",
        "Nome rappresentante*",
        "Cognome*",
        "Gesetzlicher Vertreter*",
        "Vertreter*",
    ),
)


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per body; bodies seated in other regions are out of the area."""
    return outcomes(paths, LAYOUT, _body, options)


def _body(row: Row) -> Outcome:
    code = row.must("tax_code", body_code)
    sign = row.must("province", province_sign)
    if not in_lazio(sign):
        return OutOfArea(row.line, row.file)
    name = row.needed("name")
    said = [
        Assertion("name", name),
        Assertion("third_sector", value=True, note=_entry(row)),
        Assertion("province", sign),
        *_kind(name),
        *_place(row, sign),
        *_network(row),
    ]
    record = OrganisationRecord((Identifier(TAX_CODE, code),), tuple(said))
    return Accepted(row.line, code, (record,), row.file)


def _entry(row: Row) -> str:
    """What the register says of the entry: section, number and day, as far as it says them."""
    on = row.value("registered", day)
    parts = (row.needed("section"), row.text("register_number", 60), on.isoformat() if on else None)
    return " · ".join(part for part in parts if part)


def _kind(name: str) -> list[Assertion]:
    """A cooperative or consortium when the name says so (the register has no legal form), else a third-sector body."""
    told = kind_of_name(name)
    status = status_of_name(name)
    said = [inferred("kind", told) if told else Assertion("kind", OrganisationKind.THIRD_SECTOR)]
    category = category_of_name(name) if told else None
    return said + [inferred(field, one) for field, one in (("category", category), ("status", status)) if one]


def _place(row: Row, sign: str) -> list[Assertion]:
    """The comune by name; one that the province does not have stays unknown and the province is kept."""
    place: Place | None
    try:
        place = place_of_name(row.needed("municipality"), sign)
    except BadValue:
        place = None
    return [Assertion("municipality", place.municipality)] if place else []


def _network(row: Row) -> list[Assertion]:
    """The national network that the body adheres to, whom it is represented by."""
    network = row.text("network")
    return [Assertion("federation", network[:FEDERATION_LIMIT])] if network else []


SOURCE = Source(
    SourceInfo(
        name="runts",
        title_it="Registro unico nazionale del Terzo settore (RUNTS)",
        title_en="National register of third-sector bodies (RUNTS)",
        publisher="Ministero del Lavoro e delle Politiche sociali / Ministry of Labour and Social Policies",
        licence="da verificare sul sito del Registro / to be verified on the register's site",
        address="https://servizi.lavoro.gov.it/runts/it-it/Lista-enti",
        formats=(".xlsx", ".xls", ".csv"),
    ),
    read,
)
