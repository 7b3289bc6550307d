# SPDX-License-Identifier: EUPL-1.2
"""Handing in a membership list and looking at what it proposes: what the command line and the pages share."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Final

from data.errors import InvalidValue, StoreBusy
from data.identity import BadValue
from data.membership import Before, ChangeKind, Decision, compare, mark_of
from data.model import Audience, Message, Organisation, OrganisationKind, Visibility
from data.records import Accepted, ReadOptions, Rejected
from data.sources.membership import read_list
from data.store import Store
from data.store.loading import NEVER_HELD
from data.store.reviews import Decided, Proposed, Waiting
from data.wording import clean_words, free_words, plain
from service.errors import UnfitText
from service.messages import Words, has
from service.organisation_sheet import value_text
from service.snapshot import Snapshot
from service.source_notes import source_note

PAGE_SIZE: Final = 50
FEDERATION_LIMIT: Final = 80
REASON_LIMIT: Final = 300
MOST_REJECTIONS: Final = 200
STATES: Final = (Decision.PENDING, Decision.ACCEPTED, Decision.REFUSED)
PORTION: Final = 500
"""Changes decided in one transaction; other writers have their turn between two of them."""
PAUSE_SECONDS: Final = 0.15  # longer than a waiting writer sleeps between two tries
AT_MOST_SECONDS: Final = 15.0  # one request decides no longer than this: the reader goes on with what is left
HeldNow = Callable[[Sequence[Waiting]], Mapping[str, Mapping[str, Before]]]
_LEADING: Final = {"sector_version": "sector", "province": "municipality"}
_SHOWN_OF_NEW: Final = ("municipality", "sector", "status", "category", "employees")


@dataclass(frozen=True, slots=True)
class HandedIn:
    """What became of a list: rows read and taken, rows refused and why, notices, and what it proposes."""

    federation: str
    read: int
    taken: int
    rejections: tuple[Rejected, ...]
    notices: tuple[Message, ...]
    proposed: Proposed


def hand_in(
    store: Store,
    path: Path,
    federation: str,
    *,
    complete: bool = False,
    list_date: date | None = None,
    visibility: Visibility = Visibility.FEDERATION,
    columns: Mapping[str, str] | None = None,
    called: str = "",
) -> HandedIn:
    """Compare a list with the store and keep the differences as proposals; no fact is written.

    `called` is what the list is called in words where the file has a name of ours.

    A complete list of which rows were refused says nothing of who left: one of them may be in those rows. Raises
    InvalidValue (no name of a federation, no row taken) and the errors of reading.
    """
    name = federation_name(federation)
    options = ReadOptions(columns=columns or {})
    shown = called or path.name
    outcomes = [replace(one, file=shown) for one in read_list([path], options)]
    taken = [one for one in outcomes if isinstance(one, Accepted)]
    refused = tuple(one for one in outcomes if isinstance(one, Rejected))
    if not taken:
        raise InvalidValue(field="list", value=shown, allowed="codice_fiscale, denominazione")
    notices = [_about(notice, shown) for notice in options.notices]
    if complete and any(one.reason.key not in NEVER_HELD for one in refused):
        complete = False
        notices.append(Message("review.notice.not-complete", {"rejected": len(refused)}))
    found = compare(taken, store.organisations(Audience.OPERATOR), name, complete=complete, visibility=visibility)
    proposed = store.propose(name, found, complete=complete, list_date=list_date)
    return HandedIn(name, len(outcomes), len(taken), refused, tuple(notices), proposed)


def _about(notice: Message, shown: str) -> Message:
    return Message(notice.key, {**notice.params, "file": shown}) if "file" in notice.params else notice


def federation_name(text: str) -> str:
    """The name of a federation as it is kept. Raises InvalidValue."""
    try:
        name = clean_words(text, FEDERATION_LIMIT)
    except BadValue:
        name = ""
    if not plain(name):
        raise InvalidValue(field="federation", value=text, allowed=f"1-{FEDERATION_LIMIT}")
    return name


def reason_given(text: str) -> str:
    """A reason as it is kept, "" for none. Raises InvalidValue (too long), UnfitText (of a person)."""
    try:
        return free_words(text, REASON_LIMIT)
    except BadValue as wrong:
        if wrong.reason.key != "reject.too-long":
            raise UnfitText(field="reason", why=wrong.reason.key) from wrong
        raise InvalidValue(field="reason", value="", allowed=f"<= {REASON_LIMIT}") from wrong


# --- deciding on many -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bulk:
    """What became of a decision on many: the counts, and up to which id (in their order) it came; "" for all."""

    decided: Decided
    stopped_after: str = ""


def set_mark(ids: Iterable[str]) -> str:
    """A mark of this very set of proposals: another set of the same number has another mark."""
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()[:32]


def decide_many(store: Store, ids: Iterable[str], *, accept: bool, reason: str, seconds: float | None = None) -> Bulk:
    """Accept or refuse these waiting proposals by id, a portion to a transaction, for at most so many seconds.

    At least one portion is decided. Raises StoreBusy when another writer holds the store from the beginning.
    """
    wanted = sorted(set(ids))
    until = time.monotonic() + (AT_MOST_SECONDS if seconds is None else seconds)
    done = Decided(0)
    for start in range(0, len(wanted), PORTION):
        if start and time.monotonic() >= until:
            return Bulk(done, wanted[start - 1])
        if start:
            time.sleep(PAUSE_SECONDS)
        some = wanted[start : start + PORTION]
        try:
            one = store.accept_changes(some, reason) if accept else store.refuse_changes(some, reason)
        except StoreBusy:
            if not start:
                raise
            return Bulk(done, wanted[start - 1])
        done = Decided(done.done + one.done, done.contradicting + one.contradicting, done.stale + one.stale)
    return Bulk(done)


# --- the page ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filter:
    """What the reader looks at: a state, and if chosen a federation and a kind of change."""

    state: Decision = Decision.PENDING
    federation: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """A fact on one side of the comparison: its name and value in words, and where the value comes from."""

    fact: str
    text: str | None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A proposal as the page shows it: what we held beside what the list says, and why it is proposed.

    `meanwhile` are the facts that changed since the list was compared, as they stand now; `gone` is true when we hold
    the body no longer. `seen` is the mark of what is held now: accepting sends it back.
    """

    waiting: Waiting
    title: str
    ours: tuple[Side, ...]
    theirs: tuple[Side, ...]
    why: str
    known: bool
    meanwhile: tuple[Side, ...] = ()
    gone: bool = False
    seen: str = ""


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """A page of proposals, how many stand under each federation and kind, and the place in the list."""

    asked: Filter
    lines: tuple[Line, ...]
    total: int
    page: int
    pages: int
    counts: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]
    federations: tuple[str, ...]
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Rest:
    """What a decision on many left over for the next portion: how many, after which id, and the mark of the set."""

    count: int
    after: str
    mark: str
    decision: str
    reason: str = field(repr=False, default="")


def matching_filter(rows: Sequence[Waiting], asked: Filter) -> list[Waiting]:
    """The proposals of that federation and kind, in their order."""
    return [
        one
        for one in rows
        if (not asked.federation or plain(one.federation) == plain(asked.federation))
        and (not asked.kind or one.proposal.kind == asked.kind)
    ]


def review_page(
    snapshot: Snapshot, rows: Sequence[Waiting], asked: Filter, page: int, words: Words, held_now: HeldNow
) -> ReviewPage:
    """The page of proposals (all of one state) that was asked for; a page beyond the last shows the last."""
    wanted = matching_filter(rows, asked)
    pages = max(1, -(-len(wanted) // PAGE_SIZE))
    shown = min(max(page, 1), pages)
    some = wanted[(shown - 1) * PAGE_SIZE : shown * PAGE_SIZE]
    now = held_now(some) if asked.state is Decision.PENDING else {}
    return ReviewPage(
        asked=asked,
        lines=tuple(_with_now(snapshot, _line(snapshot, one, words), now.get(one.id), words) for one in some),
        total=len(wanted),
        page=shown,
        pages=pages,
        counts=_counts(rows),
        federations=known_federations(snapshot),
        mark=set_mark(one.id for one in wanted),
    )


def _counts(rows: Sequence[Waiting]) -> tuple[tuple[str, tuple[tuple[str, int], ...]], ...]:
    """By federation, how many proposals of each kind."""
    counted: dict[str, Counter[str]] = {}
    for one in rows:
        counted.setdefault(one.federation, Counter())[one.proposal.kind.value] += 1
    return tuple(
        (federation, tuple((kind.value, found[kind.value]) for kind in ChangeKind))
        for federation, found in sorted(counted.items(), key=lambda item: plain(item[0]))
    )


def known_federations(snapshot: Snapshot) -> tuple[str, ...]:
    """The federations that bodies of ours are said to belong to, the most members first."""
    return snapshot.once("reviews.federations", lambda: _federations(snapshot))


def _federations(snapshot: Snapshot) -> tuple[str, ...]:
    counted = Counter(body.federation for body in snapshot.organisations if body.federation)
    return tuple(sorted(counted, key=lambda name: (-counted[name], name)))[:100]


def _line(snapshot: Snapshot, one: Waiting, words: Words) -> Line:
    proposal = one.proposal
    known = proposal.organisation is not None and proposal.organisation in snapshot.position
    fields = [name for name in proposal.said if name not in {"sector_version", "province"}]
    if proposal.organisation is None:
        fields = [name for name in _SHOWN_OF_NEW if name in proposal.said]
    ours = tuple(_held(snapshot, proposal.before, name, words) for name in fields) if proposal.organisation else ()
    theirs = tuple(
        Side(fact_name(name, words), _text(snapshot, proposal.said.get(name), name, _body(proposal.said), words))
        for name in fields
    )
    place = (
        words.text("review.where", file=proposal.file, line=proposal.line)
        if proposal.file
        else words.text("review.where-absent")
    )
    key = f"review.why.{proposal.kind}" + (".body" if proposal.organisation is None else "")
    if proposal.kind is ChangeKind.CEASED and proposal.field != "federation":
        key = "review.why.over"
    return Line(one, proposal.name, ours, theirs, f"{words.text(key, federation=one.federation)} {place}", known)


def _with_now(snapshot: Snapshot, line: Line, now: Mapping[str, Before] | None, words: Words) -> Line:
    """The line with what changed since the list was compared."""
    before = line.waiting.proposal.before
    if now is None:
        return line
    if mark_of(now) == mark_of(before):
        return replace(line, seen=mark_of(now))
    changed = [
        name for name in now if name not in before or mark_of({name: now[name]}) != mark_of({name: before[name]})
    ]
    shown = {_LEADING.get(name, name): None for name in changed}
    facts = tuple(_held(snapshot, now, name, words) for name in shown if name in now and has(f"org.field.{name}"))
    return replace(line, meanwhile=facts, gone=not now, seen=mark_of(now))


def fact_name(name: str, words: Words) -> str:
    """What a field is called on the card."""
    return words.text(f"org.field.{name}")


def _held(snapshot: Snapshot, facts: Mapping[str, Before], name: str, words: Words) -> Side:
    held = facts.get(name)
    if held is None:
        return Side(fact_name(name, words), None)
    values = {each: one.value for each, one in facts.items()}
    text = _text(snapshot, held.value, name, _body(values), words)
    if text is None or not held.source:
        return Side(fact_name(name, words), text)
    title = source_note(held.source, words.language).title
    origin = words.text("review.origin-day", source=title, day=held.day) if held.day else title
    return Side(fact_name(name, words), text, origin)


def _text(snapshot: Snapshot, value: object, name: str, body: Organisation, words: Words) -> str | None:
    if value is None or value in ((), []):
        return None
    if isinstance(value, list):
        return words.write([str(each) for each in value])
    return value_text(snapshot, body, name, value, words)


def _body(values: Mapping[str, object]) -> Organisation:
    """A body that only serves to write values that need another beside them: a code its version, a comune its
    province.
    """
    version, province = values.get("sector_version"), values.get("province")
    return Organisation(
        id="",
        name="",
        kind=OrganisationKind.COOPERATIVE,
        sector_version=str(version) if version else None,
        province=str(province) if province else None,
    )


def kind_name(kind: str, words: Words) -> str:
    """What a kind of change is called."""
    return words.text(f"review.kind.{kind}") if has(f"review.kind.{kind}") else kind
