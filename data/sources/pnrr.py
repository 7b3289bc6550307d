# SPDX-License-Identifier: EUPL-1.2
"""Projects of the recovery plan (PNRR, Italia Domani): who carries out what, for how much.

Official layout: CSV of the whole country, `;`, decimal commas, some 60 columns. Kept are projects whose implementing
body is known to the store or which stand in a comune of Lazio; each is a project of one member. The administration in
charge of the measure stands as who pays. A body is known by its tax code, a comune of Lazio also by its name.

Assumed, because no sample was at hand: headings as in `LAYOUT`, each with its likely variants; the comune is told by
ISTAT code or by name and province.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import numpy as np

from data.identity import BadValue, body_code
from data.lazio import find_municipality, municipalities
from data.model import Message
from data.records import (
    Accepted,
    Dated,
    OrganisationRecord,
    Outcome,
    ParticipationRecord,
    ReadOptions,
    Source,
    SourceInfo,
)
from data.sources.bulk import FORMATS, Mask, Portion, among, outcomes_of, portions
from data.sources.bulk_blocks import Whole
from data.sources.bulk_bodies import facts_of, identifiers_of, known_numbers
from data.sources.names import names_a_person
from data.sources.reading import BadCell, Column, Layout, Row
from data.sources.values import KEY_LIMIT, amount, day
from data.wording import LINE_LIMIT, clean

KIND, ROLE = "pnrr", "Soggetto attuatore"

LAYOUT = Layout(
    columns=(
        Column("cup", ("CUP",), needed=True),
        Column("local", ("Codice Locale Progetto",)),
        Column("code", ("Codice Fiscale Soggetto Attuatore*", "CF Soggetto Attuatore*", "Soggetto Attuatore Codice*")),
        Column("name", ("Soggetto Attuatore", "Denominazione Soggetto Attuatore*"), needed=True),
        Column("title", ("Titolo Progetto*", "Titolo", "Sintesi Progetto*", "Descrizione Progetto*")),
        Column("measure", ("Descrizione Submisura*", "Descrizione Misura*", "Misura")),
        Column("payer", ("Amministrazione Titolare*",)),
        Column("istat", ("Codice ISTAT Comune*", "Codice Comune*", "Cod Comune*", "Codice Istat*")),
        Column("municipality", ("Comune", "Descrizione Comune*")),
        Column("province", ("Provincia", "Sigla Provincia*", "Descrizione Provincia*")),
        Column("region", ("Regione", "Descrizione Regione*")),
        Column("amount", ("Finanziamento PNRR*", "Finanziamento Totale Pubblico*", "Finanziamento Totale*")),
        Column(
            "starts",
            ("Data Inizio Progetto Effettiva*", "Data Inizio Effettiva*", "Data Inizio Progetto*", "Data Inizio*"),
        ),
    ),
    known=(
        "Programma*", "Missione*", "Componente*", "ID *", "Codice*", "Descrizione*", "Stato*", "CUP *",
        "Finanziamento*", "Altri*", "Importo*", "Costo*", "Data*", "Misura*", "Submisura*", "Flag*",
        "Tipologia*", "Cronoprogramma*",
    ),
)  # fmt: skip
_COMUNE = re.compile(r"^(?:COMUNE|CITTA) DI |^ROMA CAPITALE$|^COMUNE ", re.IGNORECASE)


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per project that concerns us and per refused row; counts of all others."""
    known = known_numbers(options)
    codes = np.array(sorted(int(one.istat) for one in municipalities()), np.int64)

    def concerns(portion: Portion) -> Mask:
        wanted: Mask = among(portion.numbers("code"), known) | _in_lazio(portion, codes)
        return wanted

    return outcomes_of(portions(paths, LAYOUT, options), concerns, _project)


def _in_lazio(portion: Portion, codes: Whole) -> Mask:
    inside: Mask = among(portion.numbers("istat"), codes)
    inside |= ~portion.filled("istat") & portion.among("region", {"LAZIO"})
    return inside


def _project(row: Row) -> Outcome:
    cup = row.needed("cup", 40)
    code, name = _body(row)
    key = f"{cup}|{row.text('local', KEY_LIMIT) or ''}|{code}"
    body = OrganisationRecord(identifiers_of(code), tuple(facts_of(code, name)))
    tie = ParticipationRecord(
        project=f"pnrr|{key}",
        organisation=body.identifiers[0],
        role=ROLE,
        kind=KIND,
        date=_kept_day(row),
        text=row.passage("title") or row.passage("measure"),
        amount=row.value("amount", lambda text: amount(text, decimal_comma=row.decimal_comma)) or None,
        buyer=row.passage("payer", LINE_LIMIT),
    )
    return Accepted(row.line, key, (body, tie), row.file)


def _body(row: Row) -> tuple[str, str]:
    """Tax code and name; a comune of Lazio that is told by name only is found in the shipped table."""
    name = row.passage("name", LINE_LIMIT) or row.needed("name")
    if row.has("code"):
        code = row.must("code", body_code)
        if names_a_person(name):
            raise BadCell("name", "", Message("reject.natural-person"))
        return code, name
    said = clean(name)
    found = find_municipality(said, clean(row.raw("province")) or None) if _COMUNE.search(said) else None
    if found is None:
        raise BadCell("code", "", Message("reject.missing"))
    return found.tax_code, name


def _kept_day(row: Row) -> date | None:
    """The day on which the project starts; one that is malformed stays unknown."""
    try:
        return row.value("starts", day)
    except BadValue:
        return None


SOURCE = Source(
    SourceInfo(
        name="pnrr",
        title_it="Progetti del PNRR (Italia Domani)",
        title_en="Projects of the recovery plan (PNRR, Italia Domani)",
        publisher="Presidenza del Consiglio dei ministri - Italia Domani",
        licence="CC BY 4.0",
        address="https://www.italiadomani.gov.it/",
        formats=FORMATS,
        dated=Dated.FILE_NAME,
    ),
    read,
)
