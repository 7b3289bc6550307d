# SPDX-License-Identifier: EUPL-1.2
"""Writing what ties organisations: participations (each grouping once, whatever file it came from) and declarations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, Connection, delete, select, update

from data.model import Evidence, Identifier, Message
from data.records import DeclarationRecord, ParticipationRecord, Rejected, SourceInfo
from data.store import schema
from data.store.changes import log_change
from data.store.dialect import put
from data.store.marks import Subject, mark

CHUNK = 400
# What the history of a declaration tells when a file says something else.
TOLD = ("says", "what", "quantity", "unit", "period", "municipality", "valid_from", "valid_until", "visibility", "date")
# Namespace of the ids of declarations: fixed for ever.
DECLARATIONS = UUID("9a8a4a32-0b0f-5d0d-8f60-2f7f1c0f9f52")

Resolve = Callable[[Identifier], str | None]
Refused = list[tuple[str, Rejected]]


@dataclass(slots=True)
class _Held:
    """A project in the store: its lot, its members, and the sources that tell of it."""

    lot: str | None
    members: set[str] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)


class LinkWriter:
    """Participations and declarations of one load, on its open transaction."""

    def __init__(self, connection: Connection, info: SourceInfo, load_id: int) -> None:
        self.connection = connection
        self.info = info
        self.load_id = load_id

    def end(self, keys: Sequence[str]) -> None:
        """These rows of the source are over. A membership that another source also tells stays."""
        table = schema.declaration
        live = (table.c.source == self.info.name) & table.c.key.in_(keys) & table.c.ended_load_id.is_(None)
        touched = set(self.connection.execute(select(table.c.organisation_id).where(live)).scalars())
        self.connection.execute(update(table).where(live).values(ended_load_id=self.load_id))
        link = schema.participation_source
        mine = (link.c.source == self.info.name) & link.c.key.in_(keys)
        pairs = [
            tuple(row) for row in self.connection.execute(select(link.c.project, link.c.organisation_id).where(mine))
        ]
        mark(self.connection, Subject.BODY, touched | {body for _project, body in pairs})
        self.connection.execute(delete(link).where(mine))
        for project, body in pairs:
            self._end_unless_told(project, body)

    def _end_unless_told(self, project: str, body: str) -> None:
        link, table = schema.participation_source, schema.participation
        told = select(link.c.key).where(link.c.project == project, link.c.organisation_id == body)
        if self.connection.execute(told).first() is None:
            self.connection.execute(
                update(table)
                .where(table.c.project == project, table.c.organisation_id == body)
                .values(ended_load_id=self.load_id)
            )

    def write_participations(
        self, records: Sequence[tuple[int, str, ParticipationRecord]], resolve: Resolve
    ) -> Refused:
        """Write memberships; rows whose organisation nobody knows come back refused."""
        refused: Refused = []
        projects: dict[str, list[tuple[str, str, ParticipationRecord]]] = defaultdict(list)
        for line, key, record in records:
            body = resolve(record.organisation)
            if body is None:
                refused.append((key, _unknown(line, "org", record.organisation)))
            else:
                projects[record.project].append((key, body, record))
        names = self._known_names()
        held = self._held_projects(projects)
        new = {
            project: self._stored_name(project, members, held)
            for project, members in projects.items()
            if project not in names
        }
        self._put_participations(projects, names | new)
        mark(self.connection, Subject.BODY, {body for members in projects.values() for _key, body, _ in members})
        rows = [{"source": self.info.name, "project": project, "stored": name} for project, name in new.items()]
        put(self.connection, schema.project_alias, rows)
        return refused

    def _known_names(self) -> dict[str, str]:
        table = schema.project_alias
        rows = self.connection.execute(select(table.c.project, table.c.stored).where(table.c.source == self.info.name))
        return {row.project: row.stored for row in rows}

    def _held_projects(self, projects: dict[str, list[tuple[str, str, ParticipationRecord]]]) -> dict[str, _Held]:
        """Projects in the store that share a name or a lot with ours, by name."""
        lots = sorted({record.lot for rows in projects.values() for _key, _body, record in rows if record.lot})
        held: dict[str, _Held] = {}
        for column, wanted in ((schema.participation.c.project, sorted(projects)), (schema.participation.c.lot, lots)):
            for start in range(0, len(wanted), CHUNK):
                self._read_held(column.in_(wanted[start : start + CHUNK]), held)
        return held

    def _read_held(self, wanted: ColumnElement[bool], held: dict[str, _Held]) -> None:
        table, told = schema.participation, schema.participation_source
        same = (told.c.project == table.c.project) & (told.c.organisation_id == table.c.organisation_id)
        rows = self.connection.execute(
            select(table.c.project, table.c.lot, table.c.organisation_id, told.c.source)
            .join(told, same)
            .where(wanted, table.c.ended_load_id.is_(None))
        )
        for project, lot, body, source in rows.all():
            entry = held.setdefault(project, _Held(lot))
            entry.members.add(body)
            entry.sources.add(source)

    def _stored_name(
        self, project: str, members: Sequence[tuple[str, str, ParticipationRecord]], held: dict[str, _Held]
    ) -> str:
        """What the store calls a project: one grouping of one lot, whoever tells it and however it numbers it.

        One source's own groupings are as many as it says. Another source's grouping of the same lot with the same
        members is the same one. A body may bid for a lot once only (D.Lgs. 36/2023 art. 68, from memory): so is one
        whose members are all in another, seen by a source that masks somebody, when just one fits. The same number
        given to other members by another source is another grouping.
        """
        mine = held.get(project)
        bodies = {body for _key, body, _record in members}
        lot = members[0][2].lot
        others = sorted(
            (name, there.members)
            for name, there in held.items()
            if lot is not None and there.lot == lot and self.info.name not in there.sources
        )
        equal = [name for name, there in others if there == bodies]
        part = [name for name, there in others if there < bodies or bodies < there]
        if equal or len(part) == 1:
            return (equal or part)[0]
        return project if mine is None or mine.members == bodies else f"{project}@{self.info.name}"

    def _put_participations(
        self, projects: dict[str, list[tuple[str, str, ParticipationRecord]]], names: dict[str, str]
    ) -> None:
        """Some projects at a time: what one portion wrote is held for the next, so the order does not matter."""
        every = list(projects.items())
        for start in range(0, len(every), CHUNK):
            self._put_portion(every[start : start + CHUNK], names)

    def _put_portion(
        self, projects: Iterable[tuple[str, list[tuple[str, str, ParticipationRecord]]]], names: dict[str, str]
    ) -> None:
        rows: dict[tuple[str, str], dict[str, Any]] = {}
        links = []
        for project, members in projects:
            name = names[project]
            for key, body, record in members:
                row = self._participation_row(name, body, record)
                pair = (name, body)
                rows[pair] = _joined(rows[pair], row) if pair in rows else row
                links.append({"source": self.info.name, "key": key, "project": name, "organisation_id": body})
        held = self._held_rows(rows)
        put(
            self.connection,
            schema.participation,
            [_joined(held[pair], row) if pair in held else row for pair, row in rows.items()],
        )
        put(self.connection, schema.participation_source, links)

    def _held_rows(self, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], dict[str, Any]]:
        table = schema.participation
        wanted = list(pairs)
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for start in range(0, len(wanted), CHUNK):
            projects = sorted({project for project, _body in wanted[start : start + CHUNK]})
            told = (
                select(schema.participation_source.c.key)
                .where(
                    schema.participation_source.c.project == table.c.project,
                    schema.participation_source.c.organisation_id == table.c.organisation_id,
                )
                .exists()
            )
            for row in self.connection.execute(select(table).where(table.c.project.in_(projects), told)):
                if (row.project, row.organisation_id) in pairs:
                    found[(row.project, row.organisation_id)] = dict(row._mapping)
        return found

    def _participation_row(self, project: str, body: str, record: ParticipationRecord) -> dict[str, Any]:
        buyer = record.buyer_identifier
        return {
            "project": project,
            "organisation_id": body,
            "lot": record.lot,
            "role": record.role,
            "outcome": record.outcome,
            "date": record.date,
            "kind": record.kind,
            "text": record.text,
            "amount": record.amount,
            "buyer": record.buyer,
            "buyer_municipality": record.buyer_municipality,
            "buyer_identifier": f"{buyer.scheme}={buyer.value}" if buyer else None,
            "source": self.info.name,
            "demonstration": record.evidence is Evidence.DEMONSTRATION,
            "load_id": self.load_id,
            "ended_load_id": None,
        }

    def write_declarations(self, records: Sequence[tuple[int, str, DeclarationRecord]], resolve: Resolve) -> Refused:
        """Write offers and needs; rows whose organisation nobody knows come back refused."""
        refused: Refused = []
        rows = []
        for line, key, record in records:
            body = resolve(record.organisation)
            if body is None:
                refused.append((key, _unknown(line, "org", record.organisation)))
                continue
            rows.append(
                {
                    "id": str(uuid5(DECLARATIONS, f"{self.info.name}|{key}")),
                    "organisation_id": body,
                    "says": record.says,
                    "what": record.what,
                    "quantity": record.quantity,
                    "unit": record.unit,
                    "period": record.period,
                    "municipality": record.municipality,
                    "valid_from": record.valid_from,
                    "valid_until": record.valid_until,
                    "visibility": record.visibility.value,
                    "date": record.date,
                    "evidence": record.evidence.value,
                    "source": self.info.name,
                    "key": key,
                    "load_id": self.load_id,
                    "ended_load_id": None,
                }
            )
        mark(self.connection, Subject.BODY, {str(row["organisation_id"]) for row in rows})
        self._tell_changes(rows)
        put(self.connection, schema.declaration, rows)
        return refused

    def _tell_changes(self, rows: Sequence[dict[str, Any]]) -> None:
        """Write into the history what a file said before of the same things."""
        table = schema.declaration
        new = {row["id"]: row for row in rows}
        ids = sorted(new)
        for start in range(0, len(ids), CHUNK):
            held = select(table).where(table.c.id.in_(ids[start : start + CHUNK]))
            for old in self.connection.execute(held).mappings().all():
                before = {name: old[name] for name in TOLD if old[name] != new[old["id"]][name]}
                if before:
                    log_change(self.connection, "declaration", old["id"], "edited", before)


def _joined(held: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """One row of two: what one does not know the other fills; an award is never forgotten."""
    row = {name: value if value is not None else held[name] for name, value in new.items()}
    if "awarded" in (held["outcome"], new["outcome"]):
        row["outcome"] = "awarded"
    row["source"] = min(held["source"], new["source"])
    row["ended_load_id"] = None
    return row


def _unknown(line: int, name: str, identifier: Identifier) -> Rejected:
    reason = Message("reject.unknown-organisation", {"organisation": identifier.value})
    return Rejected(line, name, identifier.value[:200], reason)
