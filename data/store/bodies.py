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
        self._new: set[str] = set()

    def resolve(self, identifier: Identifier) -> str | None:
        """The organisation that has this identifier; a key of any own file serves where no register's does."""
        found = self._ids.get((identifier.scheme, identifier.value))
        if found is None and identifier.scheme.startswith("key:"):
            found = self._by_any_key(identifier.value)
        return found

    def _by_any_key(self, value: str) -> str | None:
        """An own file may name a body by whatever another own file calls it, as long as that is one body."""
        found = {body for (scheme, held), body in self._ids.items() if held == value and scheme.startswith("key:")}
        return found.pop() if len(found) == 1 else None

    def end(self, keys: Sequence[str]) -> None:
        """What these rows of the source once said is over; it stays in the history."""
        table = schema.assertion
        live = (table.c.source == self.info.name) & table.c.key.in_(keys) & table.c.ended_load_id.is_(None)
        self._touched.update(self.connection.execute(select(table.c.organisation_id).where(live)).scalars())
        self.connection.execute(update(table).where(live).values(ended_load_id=self.load_id))

    def write(self, records: Iterable[tuple[str, OrganisationRecord]]) -> None:
        """Add what the records say; bodies are found by any identifier, made when nobody has one."""
        bodies: list[dict[str, Any]] = []
        names: list[dict[str, Any]] = []
        said: list[dict[str, Any]] = []
        for key, record in records:
            body = self._body_of(record, bodies)
            for identifier in record.identifiers:
                pair = (identifier.scheme, identifier.value)
                if pair not in self._ids:
                    self._ids[pair] = body
                    names.append({"scheme": pair[0], "value": pair[1], "organisation_id": body})
            said += [self._assertion_row(body, key, item) for item in record.assertions]
            self._touched.add(body)
        if bodies:
            self.connection.execute(insert(schema.organisation), bodies)
        if names:
            self.connection.execute(insert(schema.identifier), names)
        if said:
            self.connection.execute(insert(schema.assertion), said)

    def _body_of(self, record: OrganisationRecord, bodies: list[dict[str, Any]]) -> str:
        known = sorted({found for item in record.identifiers if (found := self._ids.get((item.scheme, item.value)))})
        if not known:
            body = organisation_id(record.identifiers[0])
            self._new.add(body)
            bodies.append(_blank(body))
            return body
        stored = [item for item in known if item not in self._new]
        keep = self._ids[_first_known(record, self._ids)]
        for other in known:
            # A body made a moment ago in this very load is not in the table yet: the next load joins it.
            if other != keep and other in stored and keep in stored:
                self._merge(other, keep)
        return keep

    def _merge(self, other: str, keep: str) -> None:
        """Two bodies turn out to be one: everything moves, the old id redirects, and what moved is written down."""
        moved: dict[str, Any] = {}
        tables = (schema.assertion, schema.declaration)
        for table in tables:
            column = table.c.organisation_id
            moved[str(table.name)] = list(self.connection.execute(select(table.c.id).where(column == other)).scalars())
            self.connection.execute(update(table).where(column == other).values(organisation_id=keep))
        moved["identifier"] = [list(pair) for pair, body in self._ids.items() if body == other]
        self.connection.execute(
            update(schema.identifier).where(schema.identifier.c.organisation_id == other).values(organisation_id=keep)
        )
        moved["participation"] = self._move_participations(other, keep)
        for pair in [pair for pair, body in self._ids.items() if body == other]:
            self._ids[pair] = keep
        self.connection.execute(update(schema.redirect).where(schema.redirect.c.new_id == other).values(new_id=keep))
        self.connection.execute(delete(schema.restricted).where(schema.restricted.c.organisation_id == other))
        self.connection.execute(delete(schema.organisation).where(schema.organisation.c.id == other))
        put(
            self.connection,
            schema.redirect,
            [
                {
                    "old_id": other,
                    "new_id": keep,
                    "reason": "same-identifiers",
                    "moved": to_text(moved),
                    "load_id": self.load_id,
                }
            ],
        )
        self._touched.discard(other)

    def _move_participations(self, other: str, keep: str) -> list[str]:
        table = schema.participation
        theirs = set(self.connection.execute(select(table.c.project).where(table.c.organisation_id == other)).scalars())
        ours = set(self.connection.execute(select(table.c.project).where(table.c.organisation_id == keep)).scalars())
        for project in sorted(theirs & ours):
            self.connection.execute(delete(table).where(table.c.organisation_id == other, table.c.project == project))
        for column_table in (table, schema.participation_source):
            self.connection.execute(
                update(column_table).where(column_table.c.organisation_id == other).values(organisation_id=keep)
            )
        return sorted(theirs - ours)

    def settle(self) -> None:
        """Compute the winning values of every body that this load touched."""
        touched = sorted(self._touched)
        for start in range(0, len(touched), CHUNK):
            self._settle_chunk(touched[start : start + CHUNK])

    def _settle_chunk(self, bodies: Sequence[str]) -> None:
        claims: dict[str, list[Claim]] = {body: [] for body in bodies}
        for body, claim in self._live_claims(bodies):
            claims[body].append(claim)
        rows, hidden, gone = [], [], []
        for body in bodies:
            if claims[body]:
                rows.append(_wide_row(body, claims[body]))
                hidden += _restricted_rows(body, claims[body])
            else:
                gone.append(body)
        self.connection.execute(delete(schema.restricted).where(schema.restricted.c.organisation_id.in_(bodies)))
        put(self.connection, schema.organisation, rows)
        if hidden:
            self.connection.execute(insert(schema.restricted), hidden)
        if gone:
            self.connection.execute(
                update(schema.organisation).where(schema.organisation.c.id.in_(gone)).values(listed=False)
            )

    def _live_claims(self, bodies: Sequence[str]) -> Iterator[tuple[str, Claim]]:
        table = schema.assertion
        rows = self.connection.execute(
            select(table).where(table.c.organisation_id.in_(bodies), table.c.ended_load_id.is_(None))
        )
        for row in rows:
            yield row.organisation_id, _claim(row)

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


def _first_known(record: OrganisationRecord, ids: dict[tuple[str, str], str]) -> tuple[str, str]:
    return next(pair for item in record.identifiers if (pair := (item.scheme, item.value)) in ids)


def _claim(row: Row[Any]) -> Claim:
    provenance = Provenance(
        Evidence(row.evidence), row.source, row.date, row.confidence, Visibility(row.visibility), row.note
    )
    return Claim(row.field, row.value, provenance, row.load_id)


def _blank(body: str) -> dict[str, Any]:
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
