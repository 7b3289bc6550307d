# SPDX-License-Identifier: EUPL-1.2
"""What the sources page shows: every source with what came in and when, or the command that brings it in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from data.example import EXAMPLE
from data.inference.source import INFO as INFERENCE
from data.lazio import FactSource, column_sources
from data.lazio.downloads import publications
from data.lazio.shipped import SHIPPED
from data.model import Evidence, Load, Rejection
from data.records import SourceInfo
from data.sources import SOURCES, source
from data.sources.membership import MEMBERSHIP
from data.store import PAGE, Store
from service.home import load_day
from service.messages import Words
from service.snapshot import Snapshot
from service.source_notes import age_of_source, day_of_source, in_one_language

MOST_IMPORTS: Final = 20
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
    page: str = ""
    cadence: str = ""
    certain: bool = True
    fetchable: bool = False
    due: date | None = None


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


_OWN = (EXAMPLE.info, PAGE, MEMBERSHIP, INFERENCE)
"""Sources that no file is loaded for."""


def shelves_of(snapshot: Snapshot, language: str) -> Shelves:
    """The shelves in the reader's language; what is loaded comes newest first."""
    infos = [source.info for source in SOURCES.values()]
    loaded_from = {load.source for load in snapshot.loads}
    own = [info for info in _OWN if info.name in loaded_from]
    shelves = [_shelf(info, snapshot, language) for info in (*infos, *own)]
    loaded = sorted((shelf for shelf in shelves if shelf.last), key=lambda shelf: shelf.last.id if shelf.last else 0)
    return Shelves(
        loaded=tuple(reversed(loaded)),
        missing=tuple(sorted((shelf for shelf in shelves if not shelf.last), key=lambda shelf: shelf.name)),
        shipped=tuple(_shipped(language)),
    )


def _shelf(info: SourceInfo, snapshot: Snapshot, language: str) -> Shelf:
    last = snapshot.newest_loads.get(info.name)
    published = publications().get(info.name)
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
        age=age_of_source(snapshot, info.name, Words(language)) if last and info.evidence is Evidence.OFFICIAL else "",
        imports=sum(load.source == info.name for load in snapshot.loads),
        page=published.page if published else "",
        cadence=published.cadence if published else "",
        certain=published.certain if published else True,
        fetchable=bool(published and published.addresses),
        due=published.next_due(day_of_source(snapshot, info.name)) if published and last else None,
    )


@dataclass(frozen=True, slots=True)
class Account:
    """One import of a source and why rows of it were refused, the most frequent reason first."""

    load: Load
    day: date | None
    refused: tuple[Rejection, ...]


def shelf_of(snapshot: Snapshot, name: str, language: str) -> Shelf:
    """The shelf of one source. Raises UnknownSource."""
    own = {info.name: info for info in _OWN}
    info = own.get(name) or source(name).info
    return _shelf(info, snapshot, language)


def accounts_of(snapshot: Snapshot, store: Store, name: str) -> tuple[Account, ...]:
    """The newest imports of a source, the newest first."""
    mine = sorted((load for load in snapshot.loads if load.source == name), key=lambda load: -load.id)
    return tuple(
        Account(load, load_day(load), tuple(store.rejections(load.id)) if load.rejected else ())
        for load in mine[:MOST_IMPORTS]
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
        for column, told in sources.items():
            by_source.setdefault(told.key, []).append(column)
        for columns in by_source.values():
            told = sources[columns[0]]
            title = told.name if language == "it" else told.name_en
            yield ShippedColumns(table, tuple(columns), told, title)


SHIPPED_NAME: Final = SHIPPED.info.name
