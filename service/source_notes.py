# SPDX-License-Identifier: EUPL-1.2
"""What is said of a source beside a fact: its title in the reader's language, who publishes it, under which licence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from data.example import EXAMPLE
from data.inference.source import INFO as INFERENCE
from data.lazio import sources as shipped_sources
from data.lazio.shipped import SHIPPED
from data.model import Figure, Load
from data.records import SourceInfo
from data.sources import SOURCES
from data.sources.membership import MEMBERSHIP
from data.store import PAGE
from service.messages import Words, has

if TYPE_CHECKING:
    from service.snapshot import Snapshot

MOST_YEARS: Final = 3
"""So many years are told one by one, more as a span."""


@dataclass(frozen=True, slots=True)
class SourceNote:
    """A source as a reader sees it; publisher, licence and address are empty where there is none."""

    name: str
    title: str
    publisher: str = ""
    licence: str = ""
    address: str = ""


@lru_cache(maxsize=512)
def source_note(name: str, language: str) -> SourceNote:
    """The note of a source by the name that rows carry; an unknown name is its own title."""
    shipped = shipped_sources().get(name)
    if shipped:
        title = shipped.name if language == "it" else shipped.name_en
        return SourceNote(name, title, shipped.publisher, _licence(shipped.licence, language), shipped.address)
    info = _infos().get(name)
    if info is None:
        return SourceNote(name, name)
    title = info.title_it if language == "it" else info.title_en
    publisher, licence = in_one_language(info.publisher, language), in_one_language(info.licence, language)
    return SourceNote(name, title, publisher, licence, info.address)


def _licence(text: str, language: str) -> str:
    """A licence in words where ours say it ("not stated"), else as its publisher writes it."""
    key = f"licence.{text}"
    return Words(language).text(key) if has(key) else text


def in_one_language(text: str, language: str) -> str:
    """The reader's half of a text that says the same in both languages ("italiano / English"), else the text."""
    halves = text.split(" / ")
    return text if len(halves) != 2 else halves[0 if language == "it" else 1]


def age_of_data(load: Load | None, words: Words, years: Sequence[int] = ()) -> str:
    """How old the data of a source are: their day, the year where no more is known, or that nobody says.

    The day is that of its newest import; where that tells none, or an older one than figures that the source gave, the
    `years` of those figures, in order, are told.
    """
    day = load.data_date if load else None
    if years and (day is None or years[-1] > day.year):
        return _years_text(years, words)
    if day is None:
        return words.text("age.unstated")
    if (day.month, day.day) == (12, 31):
        return words.text("age.year", year=day.year)
    return words.text("age.day", day=day)


def _years_text(years: Sequence[int], words: Words) -> str:
    if len(years) == 1:
        return words.text("age.year", year=years[0])
    if len(years) <= MOST_YEARS:
        return words.text("age.years", years=[str(year) for year in years])
    return words.text("age.years-from-to", first=years[0], last=years[-1])


def age_of_source(snapshot: Snapshot, name: str, words: Words) -> str:
    """How old the data are that a source has given; see `age_of_data`."""
    return age_of_data(snapshot.newest_loads.get(name), words, years_of_source(snapshot, name))


def day_of_source(snapshot: Snapshot, name: str) -> date | None:
    """The day that the data of a source speak of, 31 December of a year alone; None where nothing tells it."""
    load, years = snapshot.newest_loads.get(name), years_of_source(snapshot, name)
    told = [load.data_date] if load and load.data_date else []
    return max((*told, *(date(year, 12, 31) for year in years if not told or year > told[0].year)), default=None)


def years_of_source(snapshot: Snapshot, name: str) -> tuple[int, ...]:
    """The years of the figures that a source gave, in order."""
    return snapshot.once("sources.years", lambda: years_by_source(snapshot.figures)).get(name, ())


def years_by_source(figures: Iterable[Figure]) -> dict[str, tuple[int, ...]]:
    """Source -> the years of its figures, in order."""
    found: dict[str, set[int]] = defaultdict(set)
    for figure in figures:
        found[figure.source].add(figure.year)
    return {name: tuple(sorted(years)) for name, years in found.items()}


@cache
def _infos() -> dict[str, SourceInfo]:
    own = (SHIPPED.info, EXAMPLE.info, PAGE, MEMBERSHIP, INFERENCE)
    return {info.name: info for info in (*(source.info for source in SOURCES.values()), *own)}
