# SPDX-License-Identifier: EUPL-1.2
"""Own file of participations: one row per member of a project, never pairs. Rival groupings share a lot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from data.identity import MUNICIPALITY, TAX_CODE, BadValue, own_identifier
from data.model import Evidence, Identifier
from data.records import Accepted, Outcome, ParticipationRecord, ReadOptions, Source, SourceInfo
from data.sources.own_columns import DATE, EVIDENCE, UNSTATED, WHOEVER, evidence_of
from data.sources.places import istat_code, place_of_code
from data.sources.reading import Column, Layout, Row, outcomes
from data.sources.values import KEY_LIMIT, amount, day, one_of
from data.wording import clean_words

OUTCOMES = ("bid", "awarded")
_OUTCOME_WORDS = {
    "offerta": "bid",
    "partecipante": "bid",
    "aggiudicata": "awarded",
    "aggiudicato": "awarded",
    "aggiudicatario": "awarded",
    "vinta": "awarded",
}
PROJECT_LIMIT = 250

LAYOUT = Layout(
    columns=(
        Column("project", ("progetto", "raggruppamento", "id_progetto"), needed=True),
        Column("org", ("organisation", "organizzazione", "codice_fiscale", "membro"), needed=True),
        Column("role", ("ruolo",)),
        DATE,
        Column("kind", ("tipo",)),
        Column("text", ("oggetto", "testo", "descrizione")),
        Column("outcome", ("esito",)),
        Column("lot", ("lotto", "cig")),
        Column("amount", ("importo", "valore")),
        Column("buyer", ("committente", "stazione_appaltante", "ente")),
        Column("buyer_istat", ("istat_committente", "committente_istat", "codice_istat_ente")),
        Column("buyer_tax_code", ("cf_committente", "codice_fiscale_ente")),
        EVIDENCE,
    ),
)


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per membership; projects of all regions are kept."""
    return outcomes(paths, LAYOUT, _member, options)


def _member(row: Row) -> Accepted:
    project = row.needed("project", PROJECT_LIMIT)
    row.needed("org", KEY_LIMIT)
    who = row.must("org", lambda text: own_identifier(clean_words(text)))
    comune, buyer = _buyer(row)
    record = ParticipationRecord(
        project=project,
        organisation=who,
        lot=row.text("lot", PROJECT_LIMIT),
        role=row.text("role", 60),
        outcome=row.value("outcome", lambda word: one_of(OUTCOMES, word, _OUTCOME_WORDS)),
        date=row.value("date", day),
        kind=row.text("kind", 40) or "tender",
        text=row.passage("text"),
        amount=row.value("amount", lambda text: amount(text, decimal_comma=row.decimal_comma)) or None,
        buyer=row.text("buyer"),
        buyer_municipality=comune,
        buyer_identifier=buyer,
        evidence=evidence_of(row) if row.has("evidence") else Evidence.DECLARED,
    )
    return Accepted(row.line, f"{project}|{who.value}", (record,), row.file)


def _buyer(row: Row) -> tuple[str | None, Identifier | None]:
    """The buyer's comune, anywhere in Italy, and its identifier: the comune itself when it is one of Lazio."""
    if row.has("buyer_tax_code"):
        code = row.must("buyer_tax_code", lambda text: own_identifier(clean_words(text)))
        comune = row.value("buyer_istat", istat_code)
        return comune, code if code.scheme == TAX_CODE else None
    comune = row.value("buyer_istat", istat_code)
    if comune is None:
        return None, None
    try:
        inside = place_of_code(comune).inside
    except BadValue:
        inside = False
    return comune, Identifier(MUNICIPALITY, comune) if inside else None


SOURCE = Source(
    SourceInfo(
        name="participations",
        title_it="Partecipazioni a progetti e gare (file proprio)",
        title_en="Participations in projects and tenders (own file)",
        publisher=WHOEVER,
        licence=UNSTATED,
        formats=(".csv", ".xlsx"),
        evidence=Evidence.DECLARED,
    ),
    read,
)
