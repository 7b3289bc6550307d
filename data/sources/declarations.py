# SPDX-License-Identifier: EUPL-1.2
"""Own file of declarations: what organisations say of themselves. Reserved unless the row says otherwise.

`says`: offers, seeks, capacity (spare, with quantity, unit and period), certified, available (`data.lazio.said`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from data.identity import own_identifier
from data.lazio.said import AVAILABLE, CERTIFIED, PERIODS, SAYS, kept_words, period_words, says_words
from data.model import Evidence, Message, Visibility
from data.records import Accepted, DeclarationRecord, Outcome, ReadOptions, Source, SourceInfo
from data.sources.own_columns import (
    DATE,
    MUNICIPALITY,
    PROVINCE,
    UNSTATED,
    VISIBILITY,
    WHOEVER,
    visibility_of,
)
from data.sources.places import place_of
from data.sources.reading import BadCell, Column, Layout, Row, outcomes
from data.sources.values import KEY_LIMIT, amount, day, one_of
from data.wording import clean_words, free_words, plain

_Seen = dict[str, dict[DeclarationRecord, int]]

LAYOUT = Layout(
    columns=(
        Column("org", ("organisation", "organizzazione", "codice_fiscale"), needed=True),
        Column("says", ("dice", "tipo", "dichiara"), needed=True),
        Column("what", ("cosa", "oggetto", "descrizione"), needed=True),
        Column("quantity", ("quantita",)),
        Column("unit", ("unita", "unita_di_misura")),
        Column("period", ("periodo", "ogni")),
        MUNICIPALITY,
        PROVINCE,
        Column("from", ("dal", "valido_dal", "da")),
        Column("until", ("al", "valido_fino_al", "fino_al", "scadenza")),
        VISIBILITY,
        DATE,
    ),
)


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per declaration."""
    seen: _Seen = {}
    return outcomes(paths, LAYOUT, lambda row: _declaration(row, seen), options)


def _declaration(row: Row, seen: _Seen) -> Accepted:
    row.needed("org", KEY_LIMIT)
    who = row.must("org", lambda text: own_identifier(clean_words(text)))
    says = row.must("says", lambda word: one_of(SAYS, word, says_words()))
    what = kept_words(says, row.must("what", free_words))
    begins, ends = row.value("from", day), row.value("until", day)
    if begins and ends and ends < begins:
        raise BadCell("until", row.raw("until"), Message("reject.period"))
    place = place_of(row)
    if row.has("municipality") and place.municipality is None:
        raise BadCell("municipality", row.raw("municipality"), Message("reject.municipality"))
    counted = says not in (CERTIFIED, AVAILABLE)
    record = DeclarationRecord(
        organisation=who,
        says=says,
        what=what,
        quantity=row.value("quantity", lambda text: amount(text, decimal_comma=row.decimal_comma)) if counted else None,
        unit=row.said("unit", 40) if counted else None,
        period=row.value("period", lambda word: one_of(PERIODS, word, period_words())) if counted else None,
        municipality=place.municipality,
        valid_from=begins,
        valid_until=ends,
        visibility=visibility_of(row, Visibility.RESERVED),
        date=row.value("date", day),
    )
    key = f"{who.value}|{says}|{plain(what)[:150]}|{place.municipality or ''}|{begins or ''}"
    return Accepted(row.line, _told_apart(key, record, seen), (record,), row.file)


def _told_apart(key: str, record: DeclarationRecord, seen: _Seen) -> str:
    """The key, with its number from the second different declaration of the same thing on.

    A quantity or an end that changes in a later file thus changes the declaration, and two that stand in one file are
    two; rows that are the same to the last cell keep the same key.
    """
    alike = seen.setdefault(key, {})
    number = alike.setdefault(record, len(alike) + 1)
    return key if number == 1 else f"{key}|{number}"


SOURCE = Source(
    SourceInfo(
        name="declarations",
        title_it="Offerte, bisogni, capacità, certificazioni e disponibilità dichiarate (file proprio)",
        title_en="Declared offers, needs, capacity, certifications and availability (own file)",
        publisher=WHOEVER,
        licence=UNSTATED,
        formats=(".csv", ".xlsx"),
        evidence=Evidence.DECLARED,
    ),
    read,
)
