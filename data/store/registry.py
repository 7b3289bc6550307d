# SPDX-License-Identifier: EUPL-1.2
"""Who is who while a load is written: identifiers, the bodies that have them, and which row told which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Row, Select, delete, select

from data.identity import TAX_CODE, VAT
from data.model import Message
from data.store import schema
from data.store.merging import SAME_IDENTIFIERS, contradict
from data.store.reach import Pair, Portion, chunks, reach

_TWIN = {TAX_CODE: VAT, VAT: TAX_CODE}


def _twins(pairs: Iterable[Pair]) -> list[Pair]:
    """The same numbers in the other scheme: the VAT number of a company is its tax code, and nobody else's."""
    return [(_TWIN[scheme], value) for scheme, value in pairs if scheme in _TWIN]


class Registry:
    """Identifiers (scheme, value) of every body, as they stand at this moment of the load.

    For a small load, those of the bodies that it may concern: who has one of its identifiers, who has another that a
    row of the same source tells together with one, and so on.
    """

    def __init__(self, connection: Connection, source: str, portion: Portion | None = None) -> None:
        self._connection = connection
        self._source = source
        self._portion = portion
        self._body: dict[Pair, str] = {}
        self._pairs: dict[str, list[Pair]] = {}
        self._own_keys: dict[str, set[str]] = {}
        self._before: dict[str, str] = {}
        self.told_otherwise: set[str] = set()
        """Bodies that lost or got an identifier, or have it from other rows, since this began."""
        self._scope = reach(connection, source, portion) if portion is not None else None
        self._read_bodies()
        self._read_tellers()

    def _read_bodies(self) -> None:
        body, names, moved = schema.organisation, schema.identifier, schema.redirect
        redirects = self._connection.execute(select(moved.c.old_id, moved.c.new_id, moved.c.reason)).all()
        self._moved: dict[str, str] = {row.old_id: row.new_id for row in redirects}
        self._decided: set[str] = {row.old_id for row in redirects if row.reason != SAME_IDENTIFIERS}
        scope = self._scope
        rows = self._read(select(body.c.id, body.c.listed), body.c.id, scope.bodies if scope else None)
        self._all = {row.id for row in rows}
        self.unlisted = {row.id for row in rows if not row.listed}
        told = self._read(select(names), names.c.organisation_id, scope.bodies if scope else None)
        for row in sorted(told, key=lambda row: (row.scheme, row.value)):
            self._hold((row.scheme, row.value), row.organisation_id)

    def _read_tellers(self) -> None:
        table, scope = schema.identifier_source, self._scope
        self._tellers: Counter[Pair] = Counter()
        self._told: dict[str, list[Pair]] = {}
        query = select(table.c.source, table.c.key, table.c.scheme, table.c.value)
        for source, key, scheme, value in scope.tellers if scope else self._connection.execute(query).all():
            self._tellers[(scheme, value)] += 1
            if source == self._source:
                self._told.setdefault(key, []).append((scheme, value))

    def _read(self, query: Select[Any], column: Column[Any], wanted: Collection[str] | None) -> list[Row[Any]]:
        if wanted is None:
            return list(self._connection.execute(query).all())
        return [
            row for some in chunks(sorted(wanted)) for row in self._connection.execute(query.where(column.in_(some)))
        ]

    def _hold(self, pair: Pair, body: str) -> None:
        self._body[pair] = body
        self._pairs.setdefault(body, []).append(pair)
        if pair[0].startswith("key:"):
            self._own_keys.setdefault(pair[1], set()).add(body)

    def _drop(self, pair: Pair) -> None:
        body = self._body.pop(pair, None)
        if body is not None:
            self._pairs[body].remove(pair)
            self._own_keys.get(pair[1], set()).discard(body)

    def find(self, pair: Pair) -> str | None:
        """The body with this identifier (a tax code also serves as VAT number and the other way round). An own file
        may name a body by the key of another own file, if that is one.
        """
        found = self._body.get(pair) or next(iter(self._of_pairs(_twins([pair]))), None)
        if found is None and pair[0].startswith("key:"):
            held = self._own_keys.get(pair[1], set())
            found = next(iter(held)) if len(held) == 1 else None
        return found

    def forget(self, keys: Collection[str]) -> None:
        """These rows are about to say something else: what only they told is free; whose they were is remembered."""
        for key in keys:
            pairs = self._told.get(key, [])
            owner = next((self._body[pair] for pair in pairs if pair in self._body), None)
            if owner is not None:
                self._before[key] = owner
        for key in keys:
            for pair in self._told.get(key, []):
                self._tellers[pair] -= 1
                if self._tellers[pair] == 0:
                    self._drop(pair)

    def remember(self, keys: Collection[str]) -> None:
        """These rows stay as they were after all."""
        for key in keys:
            for pair in self._told.get(key, []) if key in self._before else []:
                self._tellers[pair] += 1
                if pair not in self._body:
                    self._hold(pair, self._before[key])

    def end(self, keys: Sequence[str]) -> None:
        """Take out of the store what only these rows told."""
        table, names = schema.identifier_source, schema.identifier
        ended = {pair for key in keys for pair in self._told.get(key, [])}
        self.told_otherwise.update(self._before[key] for key in keys if key in self._before)
        self._connection.execute(delete(table).where(table.c.source == self._source, table.c.key.in_(keys)))
        for scheme, value in sorted(pair for pair in ended if self._tellers[pair] == 0):
            self._connection.execute(delete(names).where(names.c.scheme == scheme, names.c.value == value))

    def contradiction(self, key: str, pairs: Sequence[Pair]) -> Message | None:
        """Why a row cannot be what it says it is: its identifiers belong to bodies that cannot be one."""
        found = self._of_pairs(pairs)
        before = self._before.get(key)
        if before is not None and any(other != before and self._told_by_another(other, key) for other in found):
            return Message("reject.identifier-of-another")
        clash = any(contradict(pairs, self._pairs[body]) for body in found)
        clash = clash or any(contradict(self._pairs[found[0]], self._pairs[other]) for other in found[1:])
        return Message("reject.contradicting-identifiers") if clash else None

    def _told_by_another(self, body: str, key: str) -> bool:
        mine = set(self._pairs.get(body, ()))
        return any(other != key and mine.intersection(pairs) for other, pairs in self._told.items())

    def bodies(self, key: str, pairs: Sequence[Pair]) -> list[str]:
        """The bodies that a row speaks of: those that have its identifiers, then the one it alone spoke of before."""
        before = self._before.get(key)
        found = self._of_pairs(pairs)
        alone = before is not None and not self._pairs.get(before)
        found += [twin for twin in self._of_pairs(_twins(pairs)) if self._goes_with(twin, found)]
        known = list(dict.fromkeys([*found, before])) if before is not None and alone else found
        return [body for body in known if not contradict(pairs, self._pairs.get(body, []))]

    def _goes_with(self, body: str, others: Collection[str]) -> bool:
        return body not in others and not any(contradict(self._pairs[body], self._pairs[other]) for other in others)

    def _of_pairs(self, pairs: Iterable[Pair]) -> list[str]:
        return list(dict.fromkeys(self._body[pair] for pair in pairs if pair in self._body))

    def is_merged(self, body: str) -> bool:
        """True when this id redirects to another body."""
        return body in self._moved

    def decided(self, body: str, pairs: Sequence[Pair]) -> str | None:
        """The body that this one was decided to be, unless a row now tells identifiers that contradict it."""
        keep = self._moved.get(body) if body in self._decided else None
        return keep if keep is not None and not contradict(pairs, self._pairs.get(keep, [])) else None

    def reread(self) -> None:
        """Read the bodies anew, after something was moved in the store."""
        self._body.clear()
        self._pairs.clear()
        self._own_keys.clear()
        if self._portion is not None:
            self._scope = reach(self._connection, self._source, self._portion)
        self._read_bodies()

    def add(self, body: str) -> bool:
        """Take note of a body; True when the store has no row of it yet."""
        new = body not in self._all
        self._all.add(body)
        return new

    def take(self, pair: Pair, body: str) -> bool:
        """Give a body an identifier; True when nobody had it."""
        self._tellers[pair] += 1
        if pair in self._body:
            return False
        self.told_otherwise.add(body)
        self._hold(pair, body)
        return True

    def merge(self, other: str, keep: str) -> None:
        """All identifiers of one body become another's."""
        for pair in self._pairs.pop(other, []):
            self._own_keys.get(pair[1], set()).discard(other)
            self._hold(pair, keep)
        self._all.discard(other)
        self._moved[other] = keep
