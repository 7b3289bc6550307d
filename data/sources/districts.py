# SPDX-License-Identifier: EUPL-1.2
"""Own file of areas: any grouping of comuni (districts, local action groups, health districts), a row per comune."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from data.identity import BadValue
from data.model import Evidence, Message
from data.records import Accepted, AreaRecord, Outcome, OutOfArea, ReadOptions, Source, SourceInfo
from data.sources.own_columns import MUNICIPALITY, PROVINCE, UNSTATED, WHOEVER
from data.sources.places import place_of
from data.sources.reading import BadCell, Column, Layout, Row, outcomes
from data.wording import clean_words, plain

LEVEL_LIMIT, CODE_LIMIT = 60, 80
# The words that our own tables of areas use, for those who write Italian.
_LEVELS = {"distretto": "district", "distretti": "district", "sistemalocaledellavoro": "labour-system"}

LAYOUT = Layout(
    columns=(
        Column("area", ("nome_area", "denominazione_area", "ambito", "distretto", "zona"), needed=True),
        Column("level", ("livello", "tipo_area", "tipo"), needed=True),
        Column(MUNICIPALITY.name, MUNICIPALITY.headings, needed=True),
        PROVINCE,
        Column("code", ("codice_area", "codice", "sigla_area")),
    ),
)


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per comune of an area; comuni of other regions are out of the area served."""
    return outcomes(paths, LAYOUT, _member, options)


def _member(row: Row) -> Outcome:
    name = row.needed("area")
    level = row.must("level", _level)
    if not row.has("municipality"):
        raise BadCell("municipality", "", Message("reject.missing"))
    code = row.text("code", CODE_LIMIT) or plain(name)[:CODE_LIMIT]
    if not code:
        raise BadCell("area", row.raw("area"), Message("reject.missing"))
    place = place_of(row)
    if place.municipality is None:
        return OutOfArea(row.line, row.file)
    record = AreaRecord(level, code, name, place.municipality)
    return Accepted(row.line, f"{plain(level)}|{code}|{place.municipality}", (record,), row.file)


def _level(text: str) -> str:
    words = clean_words(text, LEVEL_LIMIT)
    if not plain(words):
        raise BadValue(Message("reject.missing"))
    return _LEVELS.get(plain(words), words.lower())


SOURCE = Source(
    SourceInfo(
        name="districts",
        title_it="Aree fatte di comuni (file proprio)",
        title_en="Areas made of comuni (own file)",
        publisher=WHOEVER,
        licence=UNSTATED,
        formats=(".csv", ".xlsx"),
        evidence=Evidence.DECLARED,
    ),
    read,
)
