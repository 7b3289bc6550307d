# SPDX-License-Identifier: EUPL-1.2
"""What a small load may concern: found from its identifiers and keys, so that not every body must be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, select

from data.identity import TAX_CODE, VAT, organisation_id
from data.model import Identifier
from data.store import schema

CHUNK = 400
Pair = tuple[str, str]
Teller = tuple[str, str, str, str]  # source, key, scheme, value


@dataclass(frozen=True, slots=True)
class Portion:
    """What a small load tells: identifiers of its rows, and keys of rows that it replaces or ends."""

    pairs: frozenset[Pair]
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reach:
    """The bodies that a load may concern (also ids that a new one would get), and every row that tells an identifier
    of theirs.
    """

    bodies: frozenset[str]
    tellers: tuple[Teller, ...]


def reach(connection: Connection, source: str, portion: Portion) -> Reach:
    """Who has an identifier of the load, or one that a row of the same source tells together with one; and so on."""
    bodies = {organisation_id(Identifier(*pair)) for pair in portion.pairs}
    bodies |= _led_to(connection, bodies)
    pairs: set[Pair] = set()
    keys: set[str] = set()
    new_pairs, new_keys = {*portion.pairs, *_of_bodies(connection, bodies)}, set(portion.keys)
    while new_pairs or new_keys:
        pairs |= new_pairs
        keys |= new_keys
        found, owners = _of_pairs(connection, new_pairs)
        found |= _of_bodies(connection, owners - bodies)
        bodies |= owners
        told = _told(connection, source, new_pairs | found, new_keys)
        new_pairs = (found | {(scheme, value) for _source, _key, scheme, value in told}) - pairs
        new_keys = {key for _source, key, _scheme, _value in told} - keys
    return Reach(frozenset(bodies), tuple(sorted(_tellers(connection, pairs))))


def _led_to(connection: Connection, bodies: Iterable[str]) -> set[str]:
    """The bodies that these ids lead to, where they do."""
    table = schema.redirect
    query = select(table.c.new_id)
    return {
        str(found)
        for some in chunks(sorted(bodies))
        for found in connection.execute(query.where(table.c.old_id.in_(some))).scalars()
    }


def chunks(items: Sequence[str]) -> Iterable[Sequence[str]]:
    """Some hundred at a time: no more may stand in one question to the database."""
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))


def _of_pairs(connection: Connection, pairs: Iterable[Pair]) -> tuple[set[Pair], set[str]]:
    """Identifiers that are these, or the same number in the other scheme, or the same key of an own file."""
    table = schema.identifier
    query = select(table.c.scheme, table.c.value, table.c.organisation_id)
    rows = [
        row
        for scheme, values in _by_scheme([*pairs, *_twins(pairs)])
        for some in chunks(values)
        for row in connection.execute(query.where(_told_as(table.c.scheme, scheme), table.c.value.in_(some)))
    ]
    return {(row.scheme, row.value) for row in rows}, {row.organisation_id for row in rows}


def _told_as(column: ColumnElement[str], scheme: str) -> ColumnElement[bool]:
    return column.like("key:%") if scheme.startswith("key:") else column == scheme


def _twins(pairs: Iterable[Pair]) -> list[Pair]:
    other = {TAX_CODE: VAT, VAT: TAX_CODE}
    return [(other[scheme], value) for scheme, value in pairs if scheme in other]


def _by_scheme(pairs: Iterable[Pair]) -> list[tuple[str, list[str]]]:
    found: dict[str, set[str]] = {}
    for scheme, value in pairs:
        found.setdefault(scheme, set()).add(value)
    return [(scheme, sorted(values)) for scheme, values in sorted(found.items())]


def _of_bodies(connection: Connection, bodies: Iterable[str]) -> set[Pair]:
    table = schema.identifier
    query = select(table.c.scheme, table.c.value)
    of = table.c.organisation_id
    rows = [row for some in chunks(sorted(bodies)) for row in connection.execute(query.where(of.in_(some)))]
    return {(row.scheme, row.value) for row in rows}


def _told(connection: Connection, source: str, pairs: Iterable[Pair], keys: Iterable[str]) -> set[Teller]:
    """Rows of this source that tell one of these identifiers, or have one of these keys."""
    table = schema.identifier_source
    query = select(table.c.source, table.c.key, table.c.scheme, table.c.value).where(table.c.source == source)
    found = {row for row in _tellers(connection, pairs) if row[0] == source}
    for some in chunks(sorted(keys)):
        found |= {_teller(row) for row in connection.execute(query.where(table.c.key.in_(some)))}
    return found


def _tellers(connection: Connection, pairs: Iterable[Pair]) -> set[Teller]:
    table = schema.identifier_source
    query = select(table.c.source, table.c.key, table.c.scheme, table.c.value)
    return {
        _teller(row)
        for scheme, values in _by_scheme(pairs)
        for some in chunks(values)
        for row in connection.execute(query.where(table.c.scheme == scheme, table.c.value.in_(some)))
    }


def _teller(row: Sequence[str]) -> Teller:
    source, key, scheme, value = row
    return source, key, scheme, value
