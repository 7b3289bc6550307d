# SPDX-License-Identifier: EUPL-1.2
"""What we hold now of the facts that proposals are about: it may have changed since a list was compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from data.identity import TAX_CODE, VAT
from data.membership import Before, Proposal, held_now, mark_of
from data.model import Identifier
from data.store import schema
from data.store.contents import bodies_of

CHUNK = 200
_TWIN = {TAX_CODE: VAT, VAT: TAX_CODE}


def present(connection: Connection, proposals: Mapping[str, Proposal]) -> dict[str, dict[str, Before]]:
    """What is held now for each of these proposals (by their ids); nothing where we hold no such body.

    A body that a decision joined to another is found by its identifiers.
    """
    found: dict[str, dict[str, Before]] = {}
    names = sorted(proposals)
    for start in range(0, len(names), CHUNK):
        some = {name: proposals[name] for name in names[start : start + CHUNK]}
        owners = _owners(connection, list(some.values()))
        ids = {one.organisation for one in some.values() if one.organisation} | set(owners.values())
        bodies = {name: one for name, one in bodies_of(connection, sorted(ids)).items() if not one.demonstration}
        for name, one in some.items():
            body = bodies.get(one.organisation or "") or bodies.get(_owner(one, owners))
            found[name] = held_now(one, body)
    return found


def still_standing(connection: Connection, waiting: Mapping[str, Proposal], seen: Mapping[str, str]) -> set[str]:
    """Ids of those of whose facts we hold what was shown: the mark in `seen`, else what the list was compared with.

    Of several that would write the same fact only the first in their order.
    """
    now = present(connection, waiting)
    found: set[str] = set()
    taken: set[str] = set()
    for name, one in waiting.items():
        shown = seen.get(name) or mark_of(one.before)
        if shown == mark_of(now[name]) and taken.isdisjoint(one.rows()):
            taken.update(one.rows())
            found.add(name)
    return found


def _owners(connection: Connection, proposals: Sequence[Proposal]) -> dict[Identifier, str]:
    table = schema.identifier
    values = sorted({each.value for one in proposals for each in one.identifiers})
    owners: dict[Identifier, str] = {}
    for start in range(0, len(values), CHUNK):
        query = select(table).where(table.c.value.in_(values[start : start + CHUNK]))
        owners |= {Identifier(row.scheme, row.value): row.organisation_id for row in connection.execute(query)}
    return owners


def _owner(proposal: Proposal, owners: Mapping[Identifier, str]) -> str:
    for one in proposal.identifiers:
        twin = Identifier(_TWIN.get(one.scheme, one.scheme), one.value)
        if found := owners.get(one) or owners.get(twin):
            return found
    return ""
