# SPDX-License-Identifier: EUPL-1.2
"""What the sources page shows: every source with what came in and when, or the command that brings it in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from data.example import EXAMPLE
from data.lazio import FactSource, column_sources
from data.lazio.shipped import SHIPPED
from data.model import Evidence, Load
from data.records import SourceInfo
from data.sources import SOURCES
from data.store import PAGE
from service.home import load_day
from service.messages import Words
from service.snapshot import Snapshot
from service.source_notes import age_of_data, in_one_language

TABLES: Final = ("municipalities", "areas", "ateco_2007", "ateco_2025", "ateco_bridge")


@dataclass(frozen=True, slots=True)
class Shelf:
    """One source: what it is, its last import if there was one and how old its data are, and how to load it."""

    name: str
    title: str
    publisher: str
    licence: str
    address: str
    evidence: Evidence
    command: str
    last: Load | None
    day: date | None
    age: str
    imports: int


@dataclass(frozen=True, slots=True)
class ShippedColumns:
    """Columns of a shipped table that share a source, with that source."""

    table: str
    columns: tuple[str, ...]
    source: FactSource
    title: str


@dataclass(frozen=True, slots=True)
class Shelves:
    """The page: sources that gave something, sources still to load, what came with the product."""

    loaded: tuple[Shelf, ...]
    missing: tuple[Shelf, ...]
    shipped: tuple[ShippedColumns, ...]


def shelves_of(snapshot: Snapshot, language: str) -> Shelves:
    """The shelves in the reader's language; what is loaded comes newest first."""
    infos = [source.info for source in SOURCES.values()]
    own = [info for info in (EXAMPLE.info, PAGE) if any(load.source == info.name for load in snapshot.loads)]
    shelves = [_shelf(info, snapshot.loads, language) for info in (*infos, *own)]
    loaded = sorted((shelf for shelf in shelves if shelf.last), key=lambda shelf: shelf.last.id if shelf.last else 0)
    return Shelves(
        loaded=tuple(reversed(loaded)),
        missing=tuple(sorted((shelf for shelf in shelves if not shelf.last), key=lambda shelf: shelf.name)),
        shipped=tuple(_shipped(language)),
    )


def _shelf(info: SourceInfo, loads: Iterable[Load], language: str) -> Shelf:
    mine = [load for load in loads if load.source == info.name]
    last = max(mine, key=lambda load: load.id, default=None)
    return Shelf(
        name=info.name,
        title=info.title_it if language == "it" else info.title_en,
        publisher=in_one_language(info.publisher, language),
        licence=in_one_language(info.licence, language),
        address=info.address if info.address.startswith(("https://", "http://")) else "",
        evidence=info.evidence,
        command=load_command(info),
        last=last,
        day=load_day(last) if last else None,
        age=age_of_data(last, Words(language)) if last and info.evidence is Evidence.OFFICIAL else "",
        imports=len(mine),
    )


def load_command(info: SourceInfo) -> str:
    """The command that loads a source, with as many file names as it takes; empty for what needs no file."""
    if info.files < 1 or not info.formats:
        return ""
    endings = [info.formats[0]] * info.files
    names = [f"FILE{place if info.files > 1 else ''}{ending}" for place, ending in enumerate(endings, start=1)]
    return f"land load {info.name} {' '.join(names)}"


def _shipped(language: str) -> Iterable[ShippedColumns]:
    for table in TABLES:
        by_source: dict[str, list[str]] = {}
        sources = column_sources(table)
        for column, source in sources.items():
            by_source.setdefault(source.key, []).append(column)
        for columns in by_source.values():
            source = sources[columns[0]]
            title = source.name if language == "it" else source.name_en
            yield ShippedColumns(table, tuple(columns), source, title)


SHIPPED_NAME: Final = SHIPPED.info.name
