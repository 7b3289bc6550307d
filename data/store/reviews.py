# SPDX-License-Identifier: EUPL-1.2
"""The review of a membership list: proposals wait, are accepted or refused one by one, and a decision can be undone.

Accepting writes under the source `membership`, in the same transaction as the decision; nothing is written before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, Row, insert, select, update

from data.membership import (
    MEMBER,
    Before,
    ChangeKind,
    Comparison,
    Decision,
    Proposal,
    proposal_id,
    written,
)
from data.model import Identifier, Visibility
from data.records import Accepted, Source
from data.sources.membership import MEMBERSHIP
from data.store import schema
from data.store.bodies import BodyWriter, drop_example, holds_real_cooperatives
from data.store.connection import reading, writing
from data.store.loading import Loading, next_version
from data.store.review_present import present, still_standing
from data.wording import plain

CHUNK = 400
_SOURCE = Source(MEMBERSHIP, lambda _paths, _options: iter(()))
_DECIDED = frozenset({Decision.ACCEPTED, Decision.REFUSED})


@dataclass(frozen=True, slots=True)
class Waiting:
    """A proposal in the store: whose list, where it stands, since when, and what was said when it was decided."""

    id: str
    federation: str
    proposal: Proposal
    state: Decision
    found: datetime
    list_date: date | None = None
    decided: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a list did to the review: new proposals, those that waited already, those decided before, those let go."""

    new: int
    waiting: int
    decided: int
    superseded: int


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a decision: how many were decided; how many wait on because they contradict what is known of who
    is who, and how many because what we hold is no longer what was shown.
    """

    done: int
    contradicting: int = 0
    stale: int = 0


class ReviewRoom:
    """The part of the store that keeps the review of membership lists."""

    _engine: Engine

    def propose(
        self, federation: str, comparison: Comparison, *, complete: bool, list_date: date | None = None
    ) -> Proposed:
        """Keep what a list shows as proposals of a federation.

        What was decided stays decided. What waits and is no longer shown is let go: everything for a complete list,
        else only what is about the bodies that the list names. A refused leaving is open again for who is named again.
        """
        with writing(self._engine) as connection:
            held = {row.id: row for row in _of_federation(connection, federation)}
            shown = {proposal_id(federation, one.key()): one for one in comparison.proposals}
            states: Counter[str] = Counter()
            fresh = []
            for name, one in shown.items():
                old = Decision(held[name].state) if name in held else None
                if old in _DECIDED:
                    states["decided"] += 1
                else:
                    states["waiting" if old is Decision.PENDING else "new"] += 1
                    fresh.append(_row(name, federation, one, list_date))
            _write(connection, fresh, held)
            states["superseded"] = _let_go(connection, held.values(), shown, comparison.named, complete=complete)
            if states["new"] or states["superseded"]:
                next_version(connection, marked=True)
        return Proposed(states["new"], states["waiting"], states["decided"], states["superseded"])

    def reviews(self, state: Decision | None = None) -> list[Waiting]:
        """The proposals in that state (all without one) by federation, kind, name; decided ones newest first."""
        table = schema.membership_change
        query = select(table) if state is None else select(table).where(table.c.state == state.value)
        with reading(self._engine) as connection:
            found = [_waiting(row) for row in connection.execute(query).all()]
        order = list(ChangeKind)
        found.sort(key=lambda one: (plain(one.federation), order.index(one.proposal.kind), *_by_name(one)))
        if state in _DECIDED:
            found.sort(key=lambda one: one.decided or one.found, reverse=True)
        return found

    def held_now(self, rows: Sequence[Waiting]) -> dict[str, dict[str, Before]]:
        """By the id of each of these proposals what we hold today of its facts; nothing where we hold no such body."""
        with reading(self._engine) as connection:
            return present(connection, {one.id: one.proposal for one in rows})

    def accept_changes(
        self,
        ids: Sequence[str],
        reason: str = "",
        today: date | None = None,
        *,
        seen: Mapping[str, str] | None = None,
    ) -> Decided:
        """Write what waiting proposals say and mark them accepted, in one transaction.

        Those wait on that contradict what is known of who is who, and those of whose facts we now hold something else
        than the list was compared with, unless `seen` has the mark (`mark_of`) of just what is held now.
        """
        with writing(self._engine) as connection:
            waiting = _chosen(connection, ids, Decision.PENDING)
            standing = still_standing(connection, {one.id: one.proposal for one in waiting}, seen or {})
            chosen = [one for one in waiting if one.id in standing]
            refused = _apply(connection, chosen, today or datetime.now(UTC).date())
            done = [one for one in chosen if not refused.intersection(one.proposal.rows())]
            _replace_earlier(connection, done)
            _mark(connection, done, Decision.ACCEPTED, reason)
            return Decided(len(done), len(chosen) - len(done), len(waiting) - len(chosen))

    def refuse_changes(self, ids: Sequence[str], reason: str = "") -> Decided:
        """Mark waiting proposals refused: the same difference is not proposed again."""
        with writing(self._engine) as connection:
            chosen = _chosen(connection, ids, Decision.PENDING)
            _mark(connection, chosen, Decision.REFUSED, reason)
            return Decided(len(chosen))

    def undo_change(self, change_id: str) -> bool:
        """Let a decided proposal wait again; what accepting it wrote ends, and what it had replaced stands again.

        False when there is no decided proposal of this id.
        """
        with writing(self._engine) as connection:
            chosen = _chosen(connection, [change_id], Decision.ACCEPTED, Decision.REFUSED)
            for one in chosen:
                if one.state is Decision.ACCEPTED:
                    _take_back(connection, one)
            _mark(connection, chosen, Decision.PENDING, "")
            return bool(chosen)


def _by_name(one: Waiting) -> tuple[str, str, str]:
    return plain(one.proposal.name), one.proposal.field, one.id


# --- proposals as rows ------------------------------------------------------------------------------------


def _of_federation(connection: Connection, federation: str) -> list[Row[Any]]:
    table = schema.membership_change
    rows = connection.execute(select(table)).all()
    return [row for row in rows if plain(row.federation) == plain(federation)]


def _row(name: str, federation: str, one: Proposal, list_date: date | None) -> dict[str, Any]:
    before = {each: [held.value, held.source, held.day] for each, held in one.before.items()}
    after = {
        "field": one.field,
        "subject": one.subject,
        "name": one.name,
        "identifiers": [[each.scheme, each.value] for each in one.identifiers],
        "said": dict(one.said),
        "inferred": {each: list(held) for each, held in one.inferred.items()},
        "visibility": one.visibility.value,
        "file": one.file,
        "line": one.line,
    }
    return {
        "id": name,
        "federation": federation,
        "kind": one.kind.value,
        "organisation_id": one.organisation,
        "key": one.key(),
        "before": orjson.dumps(before).decode(),
        "after": orjson.dumps(after).decode(),
        "state": Decision.PENDING.value,
        "list_date": list_date,
        "found": _now(),
        "decided": None,
        "reason": None,
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _waiting(row: Row[Any]) -> Waiting:
    after, before = orjson.loads(row.after), orjson.loads(row.before)
    proposal = Proposal(
        kind=ChangeKind(row.kind),
        field=after["field"],
        subject=after["subject"],
        name=after["name"],
        identifiers=tuple(Identifier(*each) for each in after["identifiers"]),
        organisation=row.organisation_id,
        before={
            each: Before(value, source, date.fromisoformat(day) if day else None)
            for each, (value, source, day) in before.items()
        },
        said=after["said"],
        inferred={each: (held[0], held[1]) for each, held in after["inferred"].items()},
        visibility=Visibility(after["visibility"]),
        file=after["file"],
        line=after["line"],
    )
    return Waiting(
        id=row.id,
        federation=row.federation,
        proposal=proposal,
        state=Decision(row.state),
        found=datetime.fromisoformat(row.found),
        list_date=row.list_date,
        decided=datetime.fromisoformat(row.decided) if row.decided else None,
        reason=row.reason or "",
    )


def _write(connection: Connection, rows: Sequence[dict[str, Any]], held: Collection[str]) -> None:
    table = schema.membership_change
    for row in rows:
        if row["id"] in held:
            connection.execute(update(table).where(table.c.id == row["id"]).values(**row))
    new = [row for row in rows if row["id"] not in held]
    if new:
        connection.execute(insert(table), new)


def _let_go(
    connection: Connection, held: Iterable[Row[Any]], shown: Collection[str], named: frozenset[str], *, complete: bool
) -> int:
    """Mark what waits and is shown no more, and refused leavings of those who are named again; how many waited."""
    gone, back = [], []
    for row in held:
        subject = orjson.loads(row.after)["subject"]
        if row.state == Decision.PENDING and row.id not in shown and (complete or subject in named):
            gone.append(row.id)
        elif row.state == Decision.REFUSED and row.kind == ChangeKind.CEASED and subject in named:
            back.append(row.id)
    _set_state(connection, [*gone, *(each for each in back if each not in shown)], Decision.SUPERSEDED)
    return len(gone)


def _set_state(connection: Connection, ids: Sequence[str], state: Decision) -> None:
    table = schema.membership_change
    for start in range(0, len(ids), CHUNK):
        some = ids[start : start + CHUNK]
        connection.execute(update(table).where(table.c.id.in_(some)).values(state=state.value))


def _chosen(connection: Connection, ids: Sequence[str], *states: Decision) -> list[Waiting]:
    table = schema.membership_change
    found: list[Waiting] = []
    unique = list(dict.fromkeys(ids))
    for start in range(0, len(unique), CHUNK):
        some = table.c.id.in_(unique[start : start + CHUNK])
        query = select(table).where(some, table.c.state.in_([each.value for each in states]))
        found += [_waiting(row) for row in connection.execute(query).all()]
    return sorted(found, key=lambda one: one.id)


def _mark(connection: Connection, chosen: Sequence[Waiting], state: Decision, reason: str) -> None:
    table = schema.membership_change
    moment = None if state is Decision.PENDING else _now()
    for start in range(0, len(chosen), CHUNK):
        some = table.c.id.in_([one.id for one in chosen[start : start + CHUNK]])
        values = {"state": state.value, "decided": moment, "reason": reason or None}
        connection.execute(update(table).where(some).values(**values))
    if chosen:
        next_version(connection, marked=True)


# --- what accepting writes, and taking it back ------------------------------------------------------------


def _apply(connection: Connection, chosen: Sequence[Waiting], today: date) -> set[str]:
    """Write the facts of these proposals; keys of rows that contradict who is known to be who come back."""
    rows: dict[str, Accepted] = {}
    for one in chosen:
        rows |= {row.key: row for row in written(one.proposal, one.list_date or today)}
    if not rows:
        return set()
    loading = Loading(connection, _SOURCE)
    loading.take(rows.values())
    loading.write(complete=False)
    lists = sorted({one.proposal.file for one in chosen if one.proposal.file})
    days = [one.list_date for one in chosen if one.list_date]
    table = schema.load
    connection.execute(
        update(table)
        .where(table.c.id == loading.load_id)
        .values(files=orjson.dumps(lists).decode(), data_date=max(days, default=today))
    )
    report = loading.report([])
    if loading.changed_anything() and holds_real_cooperatives(connection):
        drop_example(connection)
    return {each.value for each in report.rejections}


def _replace_earlier(connection: Connection, done: Sequence[Waiting]) -> None:
    """Accepted proposals whose facts these replaced stand no longer; that a body is a member goes on standing."""
    keys = {key for one in done for key in one.proposal.rows()}
    mine = {one.id for one in done}
    gone = [
        one.id
        for one in _accepted_about(connection, {one.proposal.subject[:150] for one in done})
        if one.id not in mine and one.proposal.field != MEMBER and keys.intersection(one.proposal.rows())
    ]
    _set_state(connection, gone, Decision.REPLACED)


def _accepted_about(connection: Connection, subjects: Collection[str]) -> list[Waiting]:
    """The accepted proposals about these bodies; the others are not unpacked."""
    table = schema.membership_change
    rows = connection.execute(select(table.c.id, table.c.key).where(table.c.state == Decision.ACCEPTED.value)).all()
    return _chosen(connection, [row.id for row in rows if row.key.rsplit("|", 3)[0] in subjects], Decision.ACCEPTED)


def _accepted(connection: Connection, *states: Decision) -> list[Waiting]:
    table = schema.membership_change
    query = select(table).where(table.c.state.in_([each.value for each in states]))
    return [_waiting(row) for row in connection.execute(query).all()]


def _take_back(connection: Connection, one: Waiting) -> None:
    """End what an accepted proposal wrote. An earlier accepted one of the same facts is written again; what was
    accepted later about a body that is no member any more goes with it.
    """
    others = [each for each in _accepted(connection, Decision.ACCEPTED, Decision.REPLACED) if each.id != one.id]
    if one.proposal.field == MEMBER:
        theirs = [each for each in others if each.proposal.subject == one.proposal.subject]
        keys = {key for each in (one, *theirs) for key in each.proposal.rows()}
        _set_state(connection, [each.id for each in theirs], Decision.SUPERSEDED)
        _rewrite(connection, sorted(keys), {})
        return
    keys = set(one.proposal.rows())
    again: dict[str, Waiting] = {}
    for each in sorted(others, key=lambda row: row.decided or row.found):
        again |= dict.fromkeys(keys.intersection(each.proposal.rows()), each)
    _rewrite(connection, sorted(keys), again)
    _set_state(connection, [each.id for each in again.values() if each.state is Decision.REPLACED], Decision.ACCEPTED)


def _rewrite(connection: Connection, keys: Sequence[str], again: Mapping[str, Waiting]) -> None:
    """What these rows said is over and stays in the history; rows that stood before are written again."""
    loading = Loading(connection, _SOURCE)
    loading.counts["gone"] = len(keys) - len(again)
    over = [key for key in keys if key not in again]
    bodies = BodyWriter(connection, MEMBERSHIP, loading.load_id)
    bodies.refuse([], over)
    for start in range(0, len(over), CHUNK):
        some = over[start : start + CHUNK]
        bodies.end(some)
        rows = schema.source_record
        mine = (rows.c.source == MEMBERSHIP.name) & rows.c.key.in_(some)
        connection.execute(update(rows).where(mine).values(gone_load_id=loading.load_id))
    bodies.settle()
    back = {each.id: each for each in again.values()}.values()
    restored = [row for each in back for row in written(each.proposal, _day_of(each))]
    loading.take(row for row in restored if row.key in again)
    loading.write(complete=False)
    loading.report([])


def _day_of(one: Waiting) -> date:
    return one.list_date or (one.decided or one.found).date()
