# SPDX-License-Identifier: EUPL-1.2
"""Bodies that may stand twice: pairs found anew whenever asked, decisions kept, joins that can be undone whole."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from sqlalchemy import Connection, Engine, delete, func, select

from data.errors import NotOneBody, UnknownOrganisation
from data.identity import in_preference
from data.model import Audience, Identifier, Visibility
from data.resolution.candidates import Found, Pair, find_duplicates
from data.resolution.comparison import Described
from data.resolution.names import read_name
from data.resolution.probability import Judgement, parameters
from data.store import schema
from data.store.bodies import blank, settle
from data.store.connection import reading, writing
from data.store.contents import Ids, among
from data.store.dialect import put
from data.store.loading import next_version
from data.store.merging import contradict, merge, separate
from data.store.winners import from_text

SAME, DIFFERENT = "same", "different"
PERSON, AUTOMATIC = "person", "automatic"
MOST_MOVED: Final = 500  # assertions of one merged body that are asked for its name
MOST_NAMES: Final = 6  # of one body, compared with another's
_DECIDED: Final = "decided"
_NO_DOMAIN: Final = frozenset({"", "pec.it", "legalmail.it", "arubapec.it", "postecert.it", "gmail.com", "libero.it"})


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided of two bodies (`one` < `other`), by whom (`person`, `automatic`), when (UTC, ISO)."""

    one: str
    other: str
    verdict: str
    probability: float
    method: str
    decided: str


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was found last, at which version of the store, and from what."""

    version: int
    bodies: tuple[Described, ...]
    apart: tuple[Pair, ...]
    found: Found


class DuplicateRoom:
    """The part of the store that knows which bodies may be one; each write is one transaction."""

    _engine: Engine
    _seen: _Seen | None = None
    _looking: threading.Lock = threading.Lock()

    def duplicates(self) -> Found:
        """Pairs of listed bodies that may be one: to be joined unasked, and to be decided by a person.

        Bodies of the demonstration and pairs decided as different are left out. Computed once for what is known of
        bodies; after a decision only the pairs that it settles go, until something else changes.
        """
        with self._looking:
            with reading(self._engine) as connection:
                version = _version(connection)
                held = self._seen
                if held is not None and held.version == version:
                    return held.found
                bodies, apart = tuple(_described(connection)), tuple(_apart(connection))
            if held is not None and (held.bodies, held.apart) == (bodies, apart):
                found = held.found
            else:
                found = find_duplicates(bodies, apart)
            self._seen = _Seen(version, bodies, apart, found)
            return found

    def _after(self, gone: str | None, *pair: str) -> None:
        """Take out of what was found the pairs that a decision settled, so that nobody waits for all anew."""
        with self._looking:
            held = self._seen
            if held is None:
                return

            def left(items: Iterable[Judgement]) -> tuple[Judgement, ...]:
                return tuple(
                    item for item in items if gone not in (item.one, item.other) and {item.one, item.other} != set(pair)
                )

            found = Found(left(held.found.join), left(held.found.ask), held.found.compared)
            with reading(self._engine) as connection:
                self._seen = _Seen(_version(connection), (), (), found)

    def join_duplicates(self) -> list[Decision]:
        """Join every pair that is likely enough and in doubt for no reason; returns what was joined, by ids."""
        found = self.duplicates()
        made: list[Decision] = []
        with writing(self._engine) as connection:
            moved: dict[str, str] = {}
            for item in sorted(found.join, key=lambda item: (item.one, item.other)):
                one, other = moved.get(item.one, item.one), moved.get(item.other, item.other)
                if one == other or not _may_be_one(connection, one, other):
                    continue
                gone, keep = _join(connection, one, other, f"{AUTOMATIC}:{parameters().fingerprint}")
                moved |= {old: keep for old, new in moved.items() if new == gone} | {gone: keep}
                made.append(_keep(connection, gone, keep, SAME, item.probability, AUTOMATIC))
            if made:
                next_version(connection, marked=True)
        return made

    def join(self, one: str, other: str, probability: float = 1.0) -> str:
        """Make two bodies one because a person says so; returns the id that stays, the other redirects to it.

        Raises UnknownOrganisation, NotOneBody when their identifiers contradict each other.
        """
        with writing(self._engine) as connection:
            for body in (one, other):
                _ask_for(connection, body)
            if one == other or not _may_be_one(connection, one, other):
                raise NotOneBody(one=one, other=other)
            gone, keep = _join(connection, one, other, _DECIDED)
            _keep(connection, gone, keep, SAME, probability, PERSON)
            next_version(connection, marked=True)
        self._after(gone)
        return keep

    def keep_apart(self, one: str, other: str, probability: float = 0.0) -> None:
        """Remember that two bodies are two: the pair is not shown again. Raises UnknownOrganisation."""
        with writing(self._engine) as connection:
            for body in (one, other):
                _ask_for(connection, body)
            _keep(connection, one, other, DIFFERENT, probability, PERSON)
            next_version(connection, marked=True)
        self._after(None, one, other)

    def decisions(self) -> list[Decision]:
        """What was decided and still stands, the newest first, with the ids that the bodies had then."""
        with reading(self._engine) as connection:
            return sorted(_decisions(connection), key=lambda row: (row.decided, row.one, row.other), reverse=True)

    def undo_decision(self, one: str, other: str) -> bool:
        """Take a decision back: bodies joined stand for themselves again, a pair kept apart is shown again.

        A join that nobody was asked about becomes "different": it would be made again. False when nothing was decided.
        """
        table = schema.duplicate_decision
        pair = (table.c.one == min(one, other)) & (table.c.other == max(one, other))
        with writing(self._engine) as connection:
            row = connection.execute(select(table).where(pair)).first()
            if row is None:
                return False
            if row.verdict == SAME:
                _part(connection, row.one, row.other)
            connection.execute(delete(table).where(pair))
            if row.verdict == SAME and row.method == AUTOMATIC:
                _keep(connection, row.one, row.other, DIFFERENT, row.probability, PERSON)
            next_version(connection, marked=True)
            return True

    def names_before(self, merged: Iterable[str]) -> dict[str, str]:
        """The names that bodies now merged into others had, by their old ids; ids that do not redirect are left out."""
        table, said = schema.redirect, schema.assertion
        found: dict[str, str] = {}
        with reading(self._engine) as connection:
            for old in merged:
                moved = connection.execute(select(table.c.moved).where(table.c.old_id == old)).scalar()
                ids = orjson.loads(moved)["assertion"][:MOST_MOVED] if moved else []
                query = (
                    select(said.c.value).where(said.c.id.in_(ids), said.c.field == "name").order_by(said.c.id.desc())
                )
                value = connection.execute(query).scalar() if ids else None
                if value is not None:
                    found[old] = str(from_text(value))
        return found

    def other_names(self, audience: Audience) -> list[tuple[str, str]]:
        """Names that bodies have beside the one shown, or had, as far as the audience may see: (id, name) in order."""
        with reading(self._engine) as connection:
            return other_names(connection, audience)

    def redirects_to(self, organisation: str) -> list[str]:
        """The ids that lead to this body, in order."""
        table = schema.redirect
        with reading(self._engine) as connection:
            query = select(table.c.old_id).where(table.c.new_id == organisation).order_by(table.c.old_id)
            return list(connection.execute(query).scalars())


def other_names(connection: Connection, audience: Audience, ids: Ids = None) -> list[tuple[str, str]]:
    """Names that bodies (some hundred ids, if given) have beside the one shown, or had: (id, name) in order."""
    body, said = schema.organisation, schema.assertion
    shown = select(body.c.id, body.c.name).where(body.c.listed.is_(True), *among(body.c.id, ids))
    told = select(said.c.organisation_id, said.c.value).where(
        said.c.field == "name", *among(said.c.organisation_id, ids)
    )
    if audience is Audience.PUBLIC:
        public = Visibility.PUBLIC.value
        shown, told = shown.where(body.c.visibility == public), told.where(said.c.visibility == public)
    names = {row.id: row.name for row in connection.execute(shown)}
    # Nearly every name is the one shown: what is told of each body is compared as it is written, then as it is read.
    others = {
        (owner, value) for owner, value in connection.execute(told) if value[1:-1] != names.get(owner) or "\\" in value
    }
    read = [(owner, str(from_text(value))) for owner, value in sorted(others) if owner in names]
    return [(owner, name) for owner, name in read if name.casefold() != names[owner].casefold()]


def _version(connection: Connection) -> int:
    table = schema.state
    return connection.execute(select(table.c.value).where(table.c.name == "version")).scalar() or 0


def _decisions(connection: Connection) -> list[Decision]:
    """Every decision but those of joins that were undone otherwise."""
    table, moved = schema.duplicate_decision, schema.redirect
    gone = set(connection.execute(select(moved.c.old_id)).scalars())
    rows = connection.execute(select(table).order_by(table.c.one, table.c.other)).all()
    return [
        Decision(row.one, row.other, row.verdict, row.probability, row.method, row.decided)
        for row in rows
        if row.verdict == DIFFERENT or row.one in gone or row.other in gone
    ]


def _apart(connection: Connection) -> list[Pair]:
    """Pairs decided to be two, by the ids that they had and by those that stand for them now."""
    moved = schema.redirect
    now = {row.old_id: row.new_id for row in connection.execute(select(moved.c.old_id, moved.c.new_id))}
    pairs = [(row.one, row.other) for row in _decisions(connection) if row.verdict == DIFFERENT]
    led = [(now.get(one, one), now.get(other, other)) for one, other in pairs]
    return pairs + [(min(pair), max(pair)) for pair in led]


def _keep(connection: Connection, one: str, other: str, verdict: str, probability: float, method: str) -> Decision:
    low, high = sorted((one, other))
    day = datetime.now(UTC).isoformat(timespec="seconds")
    row = Decision(low, high, verdict, round(probability, 6), method, day)
    put(connection, schema.duplicate_decision, [{name: getattr(row, name) for name in Decision.__slots__}])
    return row


def _ask_for(connection: Connection, body: str) -> None:
    table = schema.organisation
    if connection.execute(select(table.c.id).where(table.c.id == body)).first() is None:
        raise UnknownOrganisation(organisation=body)


def _names(connection: Connection, body: str) -> list[tuple[str, str]]:
    table = schema.identifier
    query = select(table.c.scheme, table.c.value).where(table.c.organisation_id == body)
    return [(row.scheme, row.value) for row in connection.execute(query)]


def _may_be_one(connection: Connection, one: str, other: str) -> bool:
    return not contradict(_names(connection, one), _names(connection, other))


def _join(connection: Connection, one: str, other: str, reason: str) -> tuple[str, str]:
    """Merge two bodies; returns (the id that goes, the id that stays): the one with the better identifier stays."""
    ranked = sorted((one, other), key=lambda body: (_rank(connection, body), body))
    keep, gone = ranked
    # The reason names the body it was joined to, which may itself be joined to another later.
    reason = f"{reason}>{keep}"
    last = connection.execute(select(func.max(schema.load.c.id))).scalar()
    merge(connection, gone, keep, int(last or 0), reason)
    settle(connection, [keep])
    return gone, keep


def _rank(connection: Connection, body: str) -> int:
    order = ("municipality", "tax-code", "vat", "ipa")
    best = in_preference(Identifier(scheme, value) for scheme, value in _names(connection, body))
    return order.index(best[0].scheme) if best and best[0].scheme in order else len(order)


def _part(connection: Connection, one: str, other: str) -> None:
    """Undo the merge of these two, whichever of them was joined to the other."""
    table = schema.redirect
    for old, keep in ((one, other), (other, one)):
        query = select(table.c.reason).where(table.c.old_id == old)
        reason = connection.execute(query).scalar()
        if reason is not None and reason.rpartition(">")[2] == keep:
            left = separate(connection, old, blank(old))
            settle(connection, sorted({old, left} if left else {old}))


# --- what is known of every body --------------------------------------------------------------------------------


def _described(connection: Connection) -> list[Described]:
    """Every listed body that is not of the demonstration, with every name it has or had."""
    table = schema.organisation
    columns = (
        table.c.id,
        table.c.name,
        table.c.kind,
        table.c.municipality,
        table.c.province,
        table.c.website,
        table.c.pec,
    )
    query = select(*columns).where(table.c.listed.is_(True), table.c.demonstration.is_(False)).order_by(table.c.id)
    names, codes = _every_name(connection), _every_identifier(connection)
    return [
        Described(
            id=row.id,
            names=tuple(read_name(name) for name in _several(row.name, names.get(row.id, ()))),
            kind=row.kind,
            municipality=row.municipality,
            province=row.province,
            domains=frozenset(_domains(row.website, row.pec)),
            identifiers=tuple(codes.get(row.id, ())),
        )
        for row in connection.execute(query).all()
        if row.name
    ]


def _several(name: str, others: Iterable[str]) -> list[str]:
    return list(dict.fromkeys((name, *others)))[:MOST_NAMES]


def _every_name(connection: Connection) -> Mapping[str, list[str]]:
    table = schema.assertion
    query = (
        select(table.c.organisation_id, table.c.value)
        .where(table.c.field == "name")
        .distinct()
        .order_by(table.c.organisation_id, table.c.value)
    )
    found: dict[str, list[str]] = {}
    for row in connection.execute(query):
        found.setdefault(row.organisation_id, []).append(str(from_text(row.value)))
    return found


def _every_identifier(connection: Connection) -> Mapping[str, list[Identifier]]:
    table = schema.identifier
    found: dict[str, list[Identifier]] = {}
    for row in connection.execute(select(table).order_by(*table.c)):
        found.setdefault(row.organisation_id, []).append(Identifier(row.scheme, row.value))
    return found


def _domains(website: Any, pec: Any) -> Iterable[str]:
    """Host names of its web site and its certified mail, but for those of mail providers."""
    host = (urlsplit(str(website)).hostname or "").removeprefix("www.") if website else ""
    mail = str(pec).rpartition("@")[2].casefold() if pec else ""
    return (name for name in (host, mail) if name not in _NO_DOMAIN and "pec" not in name)
