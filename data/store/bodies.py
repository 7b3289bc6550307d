# SPDX-License-Identifier: EUPL-1.2
"""Writing organisations: who is who, what is said of them, and which value wins."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Connection, Row, ScalarSelect, delete, func, insert, select, update

from data.identity import organisation_id
from data.model import Evidence, Identifier, Message, Precision, Provenance, Visibility
from data.records import Assertion, OrganisationRecord, SourceInfo
from data.store import schema
from data.store.changes import forget_changes
from data.store.dialect import put
from data.store.marks import Subject, mark
from data.store.merging import SAME_IDENTIFIERS, merge, separate
from data.store.reach import Portion
from data.store.registry import Registry
from data.store.winners import OPENNESS, Claim, as_open_as_may_be, from_text, provenance_list, to_text, winners

CHUNK = 500
FLUSHED_AT = 20_000  # assertions that wait to be written: a load of many bodies must not fill the memory
EXAMPLE = "example"
WRITTEN_BY_HAND = "page"  # what people write on the pages about bodies that are already there
SUPPOSED = "inference"  # what is computed about them
_ONLY_OF_KNOWN = frozenset({WRITTEN_BY_HAND, SUPPOSED})  # these tell of bodies that others name, and name none
LISTS = frozenset({"certifications", "chain_stages", "themes"})  # facts of several words, kept as JSON lists
_NOT_FACTS = {"id", "demonstration", "visibility", "listed", "provenance"}
FACTS = tuple(column.name for column in schema.organisation.c if column.name not in _NOT_FACTS)


class BodyWriter:
    """Organisations of one load, on its open transaction."""

    def __init__(self, connection: Connection, info: SourceInfo, load_id: int, portion: Portion | None = None) -> None:
        self.connection = connection
        self.info = info
        self.load_id = load_id
        self._registry = Registry(connection, info.name, portion)
        self._touched: set[str] = set()
        self._bodies: list[dict[str, Any]] = []
        self._names: list[dict[str, Any]] = []
        self._told: list[dict[str, Any]] = []
        self._said: list[dict[str, Any]] = []

    def resolve(self, identifier: Identifier) -> str | None:
        """The organisation that has this identifier; a key of any own file serves where no register's does.

        One that no source holds any more is unknown, unless this very load brings it back.
        """
        found = self._registry.find((identifier.scheme, identifier.value))
        return found if found in self._touched or found not in self._registry.unlisted else None

    def refuse(
        self, records: Sequence[tuple[str, OrganisationRecord]], replaced: Collection[str]
    ) -> dict[str, Message]:
        """Keys of rows that contradict what is known of who is who, and why; asked before anything is written."""
        self._registry.forget(replaced)
        refused = {
            key: reason for key, record in records if (reason := self._registry.contradiction(key, _pairs(record)))
        }
        self._registry.remember(refused)
        return refused

    def end(self, keys: Sequence[str]) -> None:
        """What these rows of the source once said is over; it stays in the history."""
        table = schema.assertion
        live = (table.c.source == self.info.name) & table.c.key.in_(keys) & table.c.ended_load_id.is_(None)
        self._touched.update(self.connection.execute(select(table.c.organisation_id).where(live)).scalars())
        self.connection.execute(update(table).where(live).values(ended_load_id=self.load_id))
        self._registry.end(keys)

    def write(self, records: Iterable[tuple[str, OrganisationRecord]]) -> None:
        """Add what the records say; bodies are found by any identifier, made when nobody has one."""
        for key, record in records:
            body = self._body_of(key, record)
            for pair in _pairs(record):
                if self._registry.take(pair, body):
                    self._names.append({"scheme": pair[0], "value": pair[1], "organisation_id": body})
                self._told.append(self._told_row(key, pair, record))
            self._said += [self._assertion_row(body, key, item) for item in record.assertions]
            self._touched.add(body)
            if len(self._said) > FLUSHED_AT:
                self._flush()
        self._flush()

    def _flush(self) -> None:
        """Send to the database what was gathered, bodies before what hangs on them."""
        for table, rows in (
            (schema.organisation, self._bodies),
            (schema.identifier, self._names),
            (schema.assertion, self._said),
        ):
            if rows:
                self.connection.execute(insert(table), rows)
                rows.clear()
        if self.info.name not in _ONLY_OF_KNOWN:
            put(self.connection, schema.identifier_source, list({_key_of(row): row for row in self._told}.values()))
        self._told.clear()

    def _body_of(self, key: str, record: OrganisationRecord) -> str:
        known = self._registry.bodies(key, _pairs(record))
        if not known:
            first = organisation_id(record.identifiers[0])
            return self._registry.decided(first, _pairs(record)) or self._new_body(first)
        for other in known[1:]:
            self._flush()
            merge(self.connection, other, known[0], self.load_id, SAME_IDENTIFIERS)
            self._registry.merge(other, known[0])
            self._touched.discard(other)
        return known[0]

    def _new_body(self, body: str) -> str:
        if self._registry.is_merged(body):
            # What had joined it to another is said by no row any more.
            self._flush()
            left = separate(self.connection, body, blank(body))
            self._touched.update({body, left} if left else {body})
            self._registry.reread()
        elif self._registry.add(body):
            self._bodies.append(blank(body))
        return body

    def _told_row(self, key: str, pair: tuple[str, str], record: OrganisationRecord) -> dict[str, Any]:
        """An identifier is as open as the most open thing that its row says."""
        open_as = min((item.visibility for item in record.assertions), key=OPENNESS.__getitem__, default=None)
        return {
            "source": self.info.name,
            "key": key,
            "scheme": pair[0],
            "value": pair[1],
            "visibility": (open_as or Visibility.RESERVED).value,
        }

    def settle(self) -> None:
        """Compute the winning values of every body that this load touched."""
        settle(self.connection, sorted(self._touched))
        mark(self.connection, Subject.IDENTITY, self._registry.told_otherwise)

    def _assertion_row(self, body: str, key: str, item: Assertion) -> dict[str, Any]:
        value = to_text(item.value)
        return {
            "organisation_id": body,
            "field": item.field,
            "value": value,
            "evidence": item.evidence.value,
            "confidence": item.confidence,
            "visibility": as_open_as_may_be(item.field, value, item.visibility).value,
            "note": item.note,
            "date": item.date,
            "source": self.info.name,
            "key": key,
            "load_id": self.load_id,
            "ended_load_id": None,
        }


def _pairs(record: OrganisationRecord) -> list[tuple[str, str]]:
    return [(item.scheme, item.value) for item in record.identifiers]


def _key_of(row: dict[str, Any]) -> tuple[str, ...]:
    return (row["key"], row["scheme"], row["value"])


def settle(connection: Connection, bodies: Sequence[str]) -> None:
    """Compute the winning values of these bodies; one of whom nothing is said any more, whatever may still be supposed,
    is listed no longer."""
    mark(connection, Subject.BODY, bodies)
    for start in range(0, len(bodies), CHUNK):
        _settle_chunk(connection, bodies[start : start + CHUNK])


def _settle_chunk(connection: Connection, bodies: Sequence[str]) -> None:
    claims: dict[str, list[Claim]] = {body: [] for body in bodies}
    for body, claim in _live_claims(connection, bodies):
        claims[body].append(claim)
    rows, hidden, gone = [], [], []
    for body in bodies:
        if any(claim.provenance.source != SUPPOSED for claim in claims[body]):
            rows.append(_wide_row(body, claims[body]))
            hidden += _restricted_rows(body, claims[body])
        else:
            gone.append(body)
    table, restricted = schema.organisation, schema.restricted
    connection.execute(delete(restricted).where(restricted.c.organisation_id.in_(bodies)))
    put(connection, table, rows)
    if hidden:
        connection.execute(insert(restricted), hidden)
    if gone:
        connection.execute(update(table).where(table.c.id.in_(gone)).values(listed=False))


def _live_claims(connection: Connection, bodies: Sequence[str]) -> Iterator[tuple[str, Claim]]:
    table = schema.assertion
    live = table.c.organisation_id.in_(bodies) & table.c.ended_load_id.is_(None)
    for row in connection.execute(select(table).where(live)):
        yield row.organisation_id, _claim(row)


def _claim(row: Row[Any]) -> Claim:
    where = _provenance(row.evidence, row.source, row.date, row.confidence, row.visibility, row.note)
    return Claim(row.field, row.value, where, row.key)


@lru_cache(maxsize=4096)
def _provenance(
    evidence: str, source: str, day: date | None, confidence: float, visibility: str, note: str
) -> Provenance:
    return Provenance(Evidence(evidence), source, day, confidence, Visibility(visibility), note)


def blank(body: str) -> dict[str, Any]:
    """The row that stands until the winners are computed, within the same transaction."""
    return {
        "id": body,
        "name": "",
        "kind": "",
        "precision": Precision.UNKNOWN.value,
        "demonstration": False,
        "visibility": Visibility.RESERVED.value,
        "listed": False,
        "provenance": "{}",
    }


def _wide_row(body: str, claims: Sequence[Claim]) -> dict[str, Any]:
    open_claims = [claim for claim in claims if claim.provenance.visibility is Visibility.PUBLIC]
    public = winners(open_claims)
    every = public if len(open_claims) == len(claims) else winners(claims)
    row: dict[str, Any] = dict.fromkeys(FACTS, None)
    row |= {name: _column_value(name, claim) for name, claim in public.items() if name in row}
    # A body must be called something even where only some may read it: its row is then not public as a whole.
    for name in ("name", "kind"):
        if row[name] is None and name in every:
            row[name] = _column_value(name, every[name])
    row["name"] = row["name"] or ""
    row["kind"] = row["kind"] or "firm"
    row["precision"] = row["precision"] or _precision(row)
    return row | {
        "id": body,
        "demonstration": _is_demonstration(claims),
        "visibility": _visibility(claims).value,
        "listed": True,
        "provenance": orjson.dumps(
            {name: provenance_list(claim.provenance) for name, claim in sorted(public.items())}
        ).decode(),
    }


def _visibility(claims: Sequence[Claim]) -> Visibility:
    """As open as its name is in a file or register; what is written on its page about itself opens nothing more."""
    named = [claim.provenance for claim in claims if claim.field == "name"]
    of_sources = [where.visibility for where in named if where.source != WRITTEN_BY_HAND]
    found = of_sources or [where.visibility for where in named]
    return min(found, key=OPENNESS.__getitem__, default=Visibility.RESERVED)


def _is_demonstration(claims: Sequence[Claim]) -> bool:
    """True when all that is known of a body is invented; what somebody tries out on its page makes it no real one."""
    others = [claim for claim in claims if claim.provenance.source != WRITTEN_BY_HAND]
    return bool(others) and all(claim.provenance.evidence is Evidence.DEMONSTRATION for claim in others)


def _precision(row: dict[str, Any]) -> str:
    if row["lon"] is not None and row["lat"] is not None:
        return Precision.POINT.value
    if row["municipality"] is not None:
        return Precision.MUNICIPALITY.value
    return (Precision.PROVINCE if row["province"] is not None else Precision.UNKNOWN).value


def _restricted_rows(body: str, claims: Sequence[Claim]) -> list[dict[str, Any]]:
    if all(claim.provenance.visibility is Visibility.PUBLIC for claim in claims):
        return []
    return [
        {
            "organisation_id": body,
            "field": name,
            "value": claim.value,
            "provenance": to_text(provenance_list(claim.provenance)),
            "visibility": claim.provenance.visibility.value,
        }
        for name, claim in sorted(winners(claims).items())
        if claim.provenance.visibility is not Visibility.PUBLIC
    ]


def _column_value(name: str, claim: Claim) -> object:
    # Certifications are several: they stay JSON text in their column.
    return claim.value if name in LISTS else from_text(claim.value)


def drop_example(connection: Connection) -> None:
    """Remove the demonstration data whole: they are not knowledge, so they leave no history."""
    if not _holds_example(connection):
        return
    mark(connection, Subject.EVERYTHING)
    demo = select(schema.organisation.c.id).where(schema.organisation.c.demonstration.is_(True)).scalar_subquery()
    _forget_rows_about(connection, demo)
    _forget_what_people_said(connection, demo)
    for table in (schema.participation, schema.declaration, schema.restricted, schema.identifier):
        connection.execute(delete(table).where(table.c.organisation_id.in_(demo)))
    connection.execute(delete(schema.identifier_source).where(schema.identifier_source.c.source == EXAMPLE))
    connection.execute(
        delete(schema.participation_source).where(schema.participation_source.c.organisation_id.in_(demo))
    )
    connection.execute(delete(schema.participation).where(schema.participation.c.demonstration.is_(True)))
    connection.execute(delete(schema.project_alias).where(schema.project_alias.c.source == EXAMPLE))
    connection.execute(delete(schema.site).where(schema.site.c.source == EXAMPLE))
    connection.execute(delete(schema.declaration).where(schema.declaration.c.source == EXAMPLE))
    connection.execute(delete(schema.assertion).where(schema.assertion.c.organisation_id.in_(demo)))
    connection.execute(delete(schema.assertion).where(schema.assertion.c.source == EXAMPLE))
    connection.execute(delete(schema.organisation).where(schema.organisation.c.demonstration.is_(True)))
    connection.execute(delete(schema.source_record).where(schema.source_record.c.source == EXAMPLE))


def _holds_example(connection: Connection) -> bool:
    """Asked with every write: rows of the demonstration are known by their source."""
    table = schema.source_record
    return connection.execute(select(table.c.key).where(table.c.source == EXAMPLE).limit(1)).first() is not None


def _forget_what_people_said(connection: Connection, bodies: ScalarSelect[Any]) -> None:
    """What was tried out on invented bodies goes with them: outcomes, places in dossiers, the story of both."""
    outcome, role, said = schema.contact_outcome, schema.dossier_role, schema.declaration
    tried = outcome.c.asker_id.in_(bodies) | outcome.c.partner_id.in_(bodies)
    for about in (select(outcome.c.id).where(tried), select(said.c.id).where(said.c.organisation_id.in_(bodies))):
        forget_changes(connection, connection.execute(about).scalars())
    connection.execute(delete(outcome).where(tried))
    connection.execute(
        update(role).where(role.c.organisation_id.in_(bodies)).values(organisation_id=None, state="open")
    )


def _forget_rows_about(connection: Connection, bodies: ScalarSelect[Any]) -> None:
    """Rows of other files that hang on these bodies go with them, so that loading such a file again says so."""
    record = schema.source_record
    for table in (schema.declaration, schema.participation_source):
        about = select(table.c.source, table.c.key).where(table.c.organisation_id.in_(bodies))
        for source, key in connection.execute(about).all():
            connection.execute(delete(record).where(record.c.source == source, record.c.key == key))


def holds_real_cooperatives(connection: Connection) -> bool:
    """True when at least one cooperative is known that is not of the demonstration."""
    table = schema.organisation
    count = select(func.count()).where(
        table.c.kind == "cooperative", table.c.demonstration.is_(False), table.c.listed.is_(True)
    )
    return bool(connection.execute(count).scalar_one())
