# SPDX-License-Identifier: EUPL-1.2
"""What is said of a source beside a fact: its title in the reader's language, who publishes it, under which licence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

from data.example import EXAMPLE
from data.inference.source import INFO as INFERENCE
from data.lazio import sources as shipped_sources
from data.lazio.shipped import SHIPPED
from data.model import Load
from data.records import SourceInfo
from data.sources import SOURCES
from data.sources.membership import MEMBERSHIP
from data.store import PAGE
from service.messages import Words, has


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


def age_of_data(load: Load | None, words: Words) -> str:
    """How old the data of an import are: their day, the year where no more is known, or that nobody says."""
    day = load.data_date if load else None
    if day is None:
        return words.text("age.unstated")
    if (day.month, day.day) == (12, 31):
        return words.text("age.year", year=day.year)
    return words.text("age.day", day=day)


@cache
def _infos() -> dict[str, SourceInfo]:
    own = (SHIPPED.info, EXAMPLE.info, PAGE, MEMBERSHIP, INFERENCE)
    return {info.name: info for info in (*(source.info for source in SOURCES.values()), *own)}
