# SPDX-License-Identifier: EUPL-1.2
"""Writing organisations: who is who, what is said of them, and which value wins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

import orjson
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from data.identity import organisation_id
from data.model import Evidence, Identifier, Precision, Provenance, Visibility
from data.records import Assertion, OrganisationRecord, SourceInfo
from data.store import schema
from data.store.dialect import put
from data.store.merging import contradict, merge
from data.store.winners import OPENNESS, Claim, from_text, provenance_list, to_text, winners

CHUNK = 500
EXAMPLE = "example"
WRITTEN_BY_HAND = "page"  # what people write on the pages about bodies that are already there
_NOT_FACTS = {"id", "demonstration", "visibility", "listed", "provenance"}
FACTS = tuple(column.name for column in schema.organisation.c if column.name not in _NOT_FACTS)


class BodyWriter:
    """Organisations of one load, on its open transaction."""

    def __init__(self, connection: Connection, info: SourceInfo, load_id: int, today: date) -> None:
        self.connection = connection
        self.info = info
        self.load_id = load_id
        self.today = today
        self._ids = self._known_identifiers()
        self._touched: set[str] = set()
        self._bodies: list[dict[str, Any]] = []
        self._names: list[dict[str, Any]] = []
        self._said: list[dict[str, Any]] = []
        self._own_keys: dict[str, set[str]] | None = None
        self._pairs: dict[str, list[tuple[str, str]]] = {}
        for pair, body in self._ids.items():
            self._pairs.setdefault(body, []).append(pair)

    def resolve(self, identifier: Identifier) -> str | None:
        """The organisation that has this identifier; a key of any own file serves where no register's does."""
        found = self._ids.get((identifier.scheme, identifier.value))
        if found is None and identifier.scheme.startswith("key:"):
            found = self._by_any_key(identifier.value)
        return found

    def _by_any_key(self, value: str) -> str | None:
        """An own file may name a body by whatever another own file calls it, as long as that is one body."""
        if self._own_keys is None:
            self._own_keys = {}
            for (scheme, held), body in self._ids.items():
                if scheme.startswith("key:"):
                    self._own_keys.setdefault(held, set()).add(body)
        found = self._own_keys.get(value, set())
        return next(iter(found)) if len(found) == 1 else None

    def end(self, keys: Sequence[str]) -> None:
        """What these rows of the source once said is over; it stays in the history."""
        table = schema.assertion
        live = (table.c.source == self.info.name) & table.c.key.in_(keys) & table.c.ended_load_id.is_(None)
        self._touched.update(self.connection.execute(select(table.c.organisation_id).where(live)).scalars())
        self.connection.execute(update(table).where(live).values(ended_load_id=self.load_id))

    def write(self, records: Iterable[tuple[str, OrganisationRecord]]) -> None:
        """Add what the records say; bodies are found by any identifier, made when nobody has one."""
        for key, record in records:
            body = self._body_of(record)
            for identifier in record.identifiers:
                pair = (identifier.scheme, identifier.value)
                if pair not in self._ids:
                    self._ids[pair] = body
                    self._pairs.setdefault(body, []).append(pair)
                    self._names.append({"scheme": pair[0], "value": pair[1], "organisation_id": body})
            self._said += [self._assertion_row(body, key, item) for item in record.assertions]
            self._touched.add(body)
        self._flush()

    def _flush(self) -> None:
        """Send to the database what was gathered, bodies before what hangs on them."""
        waiting = (
            (schema.organisation, self._bodies),
            (schema.identifier, self._names),
            (schema.assertion, self._said),
        )
        for table, rows in waiting:
            if rows:
                self.connection.execute(insert(table), rows)
                rows.clear()

    def _body_of(self, record: OrganisationRecord) -> str:
        pairs = [(item.scheme, item.value) for item in record.identifiers]
        known = list(dict.fromkeys(self._ids[pair] for pair in pairs if pair in self._ids))
        if not known:
            body = organisation_id(record.identifiers[0])
            self._bodies.append(blank(body))
            return body
        keep = known[0]
        for other in known[1:]:
            if not contradict(self._pairs[keep], self._pairs[other]):
                self._merge(other, keep)
        return keep

    def _merge(self, other: str, keep: str) -> None:
        self._flush()
        merge(self.connection, other, keep, self.load_id, "same-identifiers")
        theirs = self._pairs.pop(other)
        self._pairs[keep] += theirs
        self._ids.update(dict.fromkeys(theirs, keep))
        self._touched.discard(other)

    def settle(self) -> None:
        """Compute the winning values of every body that this load touched."""
        settle(self.connection, sorted(self._touched))

    def _assertion_row(self, body: str, key: str, item: Assertion) -> dict[str, Any]:
        return {
            "organisation_id": body,
            "field": item.field,
            "value": to_text(item.value),
            "evidence": item.evidence.value,
            "confidence": item.confidence,
            "visibility": item.visibility.value,
            "note": item.note,
            "date": item.date,
            "source": self.info.name,
            "key": key,
            "load_id": self.load_id,
            "ended_load_id": None,
        }

    def _known_identifiers(self) -> dict[tuple[str, str], str]:
        table = schema.identifier
        rows = self.connection.execute(select(table.c.scheme, table.c.value, table.c.organisation_id))
        return {(scheme, value): body for scheme, value, body in rows}


def settle(connection: Connection, bodies: Sequence[str]) -> None:
    """Compute the winning values of these bodies; one of whom nothing is said any more is listed no longer."""
    for start in range(0, len(bodies), CHUNK):
        _settle_chunk(connection, bodies[start : start + CHUNK])


def _settle_chunk(connection: Connection, bodies: Sequence[str]) -> None:
    claims: dict[str, list[Claim]] = {body: [] for body in bodies}
    for body, claim in _live_claims(connection, bodies):
        claims[body].append(claim)
    rows, hidden, gone = [], [], []
    for body in bodies:
        if claims[body]:
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
    provenance = Provenance(
        Evidence(row.evidence), row.source, row.date, row.confidence, Visibility(row.visibility), row.note
    )
    return Claim(row.field, row.value, provenance, row.load_id)


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
    public = winners(claim for claim in claims if claim.provenance.visibility is Visibility.PUBLIC)
    every = winners(claims)
    row: dict[str, Any] = dict.fromkeys(FACTS, None)
    row |= {name: _column_value(name, claim) for name, claim in public.items() if name in row}
    # A body must be called something even where only some may read it: its row is then not public as a whole.
    for name in ("name", "kind"):
        if row[name] is None and name in every:
            row[name] = _column_value(name, every[name])
    row["name"] = row["name"] or ""
    row["kind"] = row["kind"] or "firm"
    row["precision"] = row["precision"] or _precision(row)
    openness = min(
        (c.provenance.visibility for c in claims if c.field == "name"), key=OPENNESS.__getitem__, default=None
    )
    return row | {
        "id": body,
        "demonstration": _is_demonstration(claims),
        "visibility": (openness or Visibility.RESERVED).value,
        "listed": True,
        "provenance": orjson.dumps(
            {name: provenance_list(claim.provenance) for name, claim in sorted(public.items())}
        ).decode(),
    }


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
    return claim.value if name == "certifications" else from_text(claim.value)


def drop_example(connection: Connection) -> None:
    """Remove the demonstration data whole: they are not knowledge, so they leave no history."""
    demo = select(schema.organisation.c.id).where(schema.organisation.c.demonstration.is_(True)).scalar_subquery()
    for table in (schema.participation, schema.declaration, schema.restricted, schema.identifier):
        connection.execute(delete(table).where(table.c.organisation_id.in_(demo)))
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


def holds_real_cooperatives(connection: Connection) -> bool:
    """True when at least one cooperative is known that is not of the demonstration."""
    table = schema.organisation
    count = select(func.count()).where(
        table.c.kind == "cooperative", table.c.demonstration.is_(False), table.c.listed.is_(True)
    )
    return bool(connection.execute(count).scalar_one())
