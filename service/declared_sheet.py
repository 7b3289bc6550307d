# SPDX-License-Identifier: EUPL-1.2
"""What an organisation says of itself, as pages show it: in force, soon over, over, and the whole story of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from data.lazio.said import AVAILABLE, CERTIFIED, shown_words
from data.model import Change, Declaration, Message, SaidOnce, Visibility
from data.store.declarations import mark_of_declaration
from service.messages import Words, has
from service.snapshot import Snapshot

BY_HAND: Final = "page"
SOON_DAYS: Final = 30
MOST_STORIES: Final = 300


@dataclass(frozen=True, slots=True)
class SaidLine:
    """One declaration in words, what can be done with it, and `when`: what is told of its end.

    `renewed` is the day until which one click renews it; None where somebody must say the new day (a certification) or
    where it is not ours to change (`by_hand` False: a file said it).
    """

    said: Declaration
    what: str
    when: str
    by_hand: bool
    in_force: bool
    renewed: date | None = None
    changed: bool = False

    @property
    def seen(self) -> str:
        """The mark of the declaration as it is shown."""
        return mark_of_declaration(self.said)


@dataclass(frozen=True, slots=True)
class StoryRow:
    """One thing that happened to a declaration: on which day, what, and what stood there before."""

    day: date
    what: str
    act: str
    before: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SaidSheet:
    """All that an organisation ever said of itself: what holds, what is over, and the story, newest first."""

    in_force: tuple[SaidLine, ...]
    over: tuple[tuple[SaidLine, str], ...]
    story: tuple[StoryRow, ...]


def declared_lines(snapshot: Snapshot, organisation_id: str, words: Words) -> tuple[SaidLine, ...]:
    """What a body says of itself that is in force, in the order of the store."""
    rows = snapshot.declarations_by_organisation.get(organisation_id, ())
    return tuple(_line(each, snapshot.today, words) for each in rows)


def said_sheet(said: Sequence[SaidOnce], today: date, words: Words) -> SaidSheet:
    """The whole page of what was said; withdrawn and expired ones stand apart with the word for why."""
    now, over = [], []
    for each in said:
        line = _line(each.declaration, today, words, each.ended, each.changes)
        if each.ended is not None:
            withdrawn = any(change.act == "withdrawn" for change in each.changes)
            over.append((line, "withdrawn" if withdrawn else "dropped"))
        elif each.declaration.valid_until is not None and each.declaration.valid_until < today:
            over.append((line, "expired"))
        else:
            now.append(line)
    # On one day what was done last stands first.
    story = sorted((row for each in reversed(said) for row in _story(each, today, words)), key=lambda row: row.day)
    return SaidSheet(tuple(now), tuple(over), tuple(story[::-1][:MOST_STORIES]))


def in_words(said: Declaration, words: Words) -> str:
    """The thing said with its amount: "molitura per conto terzi, 40 q alla settimana"."""
    what = shown_words(said.says, said.what, words.language)
    if said.quantity is None:
        return what
    amount = {"what": what, "n": said.quantity, "unit": said.unit or ""}
    if said.period is None:
        return words.text("said.amount", **amount).strip()
    return words.text("said.amount-per", **amount, period=said.period)


def availabilities(snapshot: Snapshot, organisation_id: str, words: Words, *, public: bool) -> tuple[str, ...]:
    """What a body says in public that it is available for, in words; else what it says to fewer."""
    rows = snapshot.declarations_by_organisation.get(organisation_id, ())
    said = [each for each in rows if each.says == AVAILABLE and (each.visibility is Visibility.PUBLIC) == public]
    return tuple(in_words(each, words) for each in said)


def _line(
    said: Declaration, today: date, words: Words, ended: date | None = None, changes: Sequence[Change] = ()
) -> SaidLine:
    by_hand = said.source == BY_HAND
    over = ended is not None or (said.valid_until is not None and said.valid_until < today)
    near = said.valid_until is not None and (said.valid_until - today).days <= SOON_DAYS
    told = _when(said, today, ended)
    once_more = by_hand and ended is None and said.says != CERTIFIED and near
    return SaidLine(
        said=said,
        what=in_words(said, words),
        when=words.render(told) if told else "",
        by_hand=by_hand,
        in_force=not over,
        renewed=renewed_until(today) if once_more else None,
        changed=any(each.before for each in changes),
    )


def renewed_until(today: date) -> date:
    """A year from a day; on 29 February the day before."""
    day = 28 if (today.month, today.day) == (2, 29) else today.day
    return date(today.year + 1, today.month, day)


def _when(said: Declaration, today: date, ended: date | None) -> Message | None:
    if ended is not None:
        return Message("said.withdrawn", {"day": ended})
    until = said.valid_until
    if until is None:
        return None
    if until < today:
        return Message("said.expired", {"day": until})
    left = (until - today).days
    if left <= SOON_DAYS:
        return Message("said.expires-soon", {"n": left, "day": until})
    return Message("said.expires", {"day": until})


def _story(each: SaidOnce, today: date, words: Words) -> list[StoryRow]:
    what = f"{words.text(f'org.says.{each.declaration.says}')} {in_words(each.declaration, words)}"
    rows = [StoryRow(each.said, what, "declared")]
    rows += [StoryRow(change.moment.date(), what, change.act, _before(change.before, words)) for change in each.changes]
    if each.ended is not None and not any(change.act == "withdrawn" for change in each.changes):
        rows.append(StoryRow(each.ended, what, "dropped"))
    until = each.declaration.valid_until
    if each.ended is None and until is not None and until < today:
        rows.append(StoryRow(until, what, "expired"))
    return rows


def _before(before: Mapping[str, object], words: Words) -> tuple[tuple[str, str], ...]:
    """What stood in the fields that a change replaced, in words."""
    return tuple(
        (words.text(f"said.field.{name}"), _value(name, value, words))
        for name, value in before.items()
        if name != "date"
    )


def _value(name: str, value: object, words: Words) -> str:
    if name in ("valid_from", "valid_until") and isinstance(value, str):
        return words.write(date.fromisoformat(value))
    key = {"says": "org.says.", "visibility": "org.visibility.", "period": "period."}.get(name)
    if key and has(f"{key}{value}"):
        return words.text(f"{key}{value}")
    return words.write(value)
