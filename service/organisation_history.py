# SPDX-License-Identifier: EUPL-1.2
"""The story of an organisation in words: other names, former names, what it was joined with, how its life went on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from data.model import Audience, Fact, Organisation, Status
from data.store import Store
from data.store.duplicates import SAME
from service.messages import Words
from service.snapshot import Snapshot
from service.source_notes import source_note

MOST_LINES: Final = 20
_STAGES: Final = frozenset(Status) - {Status.ACTIVE}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened: its day (of the source, else of the import), the sentence, the title of its source."""

    day: date | None
    text: str
    source: str


def story_of(snapshot: Snapshot, store: Store, body: Organisation, words: Words) -> tuple[Line, ...]:
    """What is told of the past of a body, the newest first; nothing when there is no more to tell than its card."""
    facts = store.history(body.id, snapshot.audience)
    lines = [*_names(body, facts, words), *_life(body, facts, words)]
    if snapshot.audience is Audience.OPERATOR:
        lines += _joined(store, body, words)
    return tuple(sorted(lines, key=lambda line: (line.day or date.min, line.text), reverse=True)[:MOST_LINES])


def _names(body: Organisation, facts: list[Fact], words: Words) -> list[Line]:
    """Every other name once, as the source that told it last: one that it still has, or one that it had until then."""
    last: dict[str, Fact] = {}
    for fact in facts:
        name = str(fact.value)
        if fact.field == "name" and name.casefold() != body.name.casefold():
            last[name.casefold()] = fact
    return [_name(fact, words) for fact in last.values()]


def _name(fact: Fact, words: Words) -> Line:
    source = source_note(fact.provenance.source, words.language).title
    if fact.ended is None:
        return Line(fact.provenance.date or fact.said, words.text("story.also", name=str(fact.value)), source)
    return Line(fact.ended, words.text("story.formerly", name=str(fact.value), day=fact.ended), source)


def _life(body: Organisation, facts: list[Fact], words: Words) -> list[Line]:
    """Stages of its legal life other than plain activity, once each; one that is over says so."""
    last: dict[str, Fact] = {}
    for fact in facts:
        if fact.field == "status" and fact.value in {each.value for each in _STAGES}:
            last[str(fact.value)] = fact
    found = []
    for value, fact in last.items():
        state = words.text(f"status.{value}")
        source = source_note(fact.provenance.source, words.language).title
        day = fact.provenance.date or fact.said
        over = fact.ended is not None and (body.status is None or body.status.value != value)
        key = "story.was-in-state" if over else "story.state"
        found.append(Line(fact.ended if over else day, words.text(key, state=state, day=fact.ended or day), source))
    return found


def _joined(store: Store, body: Organisation, words: Words) -> list[Line]:
    """What was joined to it, by whose decision."""
    moved = set(store.redirects_to(body.id))
    if not moved:
        return []
    names = store.names_before(sorted(moved))
    found = []
    for row in store.decisions():
        gone = next((each for each in (row.one, row.other) if each in moved), None)
        if row.verdict == SAME and gone is not None and gone in names:
            day = date.fromisoformat(row.decided[:10])
            key = "story.joined" if row.method == "person" else "story.joined-unasked"
            found.append(Line(day, words.text(key, name=names[gone], day=day), words.text("story.by-us")))
    return found
