# SPDX-License-Identifier: EUPL-1.2
"""Words that were taken back and are to be gone for good: the row stays with its day and kind, its words nowhere."""

from __future__ import annotations

import orjson
from sqlalchemy import Connection, Engine, Row, select, update

from data.model import DossierEvent
from data.store import schema
from data.store.changes import log_change
from data.store.connection import reading, writing
from data.store.dossiers import EVENT_KINDS
from data.store.loading import next_version
from data.store.marks import Subject, mark
from data.store.outcomes import SUBJECT

ERASED = "erased"
"""The act that the story of a step keeps of it."""


class ErasingRoom:
    """The part of the store that erases; each function is one transaction, and none of them can be undone."""

    _engine: Engine

    def withdrawn_events(self, dossier: str) -> list[DossierEvent]:
        """The lines that were taken out of a dossier's log, newest first; those erased have no text."""
        table = schema.dossier_event
        gone = (table.c.dossier_id == dossier) & table.c.ended.is_not(None) & table.c.kind.in_(EVENT_KINDS)
        with reading(self._engine) as connection:
            found = connection.execute(select(table).where(gone).order_by(table.c.date.desc(), table.c.id)).all()
        return [_event(row) for row in found]

    def erase_event(self, dossier: str, event: str) -> bool:
        """Erase the text of a line that was taken out of a log; False when there is none with a text."""
        table = schema.dossier_event
        mine = (table.c.id == event) & (table.c.dossier_id == dossier) & table.c.ended.is_not(None)
        written = table.c.kind.in_(EVENT_KINDS) & (table.c.text != "")
        with writing(self._engine) as connection:
            done = connection.execute(update(table).where(mine, written).values(text="", before=None))
            if done.rowcount:
                next_version(connection, only_work=True)
            return bool(done.rowcount)

    def notes_held(self, outcome: str) -> list[str]:
        """The notes that are kept of a step that was taken back: the last one and those that corrections replaced."""
        with reading(self._engine) as connection:
            return _notes(connection, outcome)

    def erase_note(self, outcome: str) -> bool:
        """Erase the note of a step that was taken back, and those that corrections replaced; False for none."""
        table = schema.contact_outcome
        with writing(self._engine) as connection:
            if not _notes(connection, outcome):
                return False
            connection.execute(update(table).where(table.c.id == outcome).values(note=None))
            for change, before in _replaced(connection, outcome):
                left = {name: value for name, value in before.items() if name != "note"}
                text = orjson.dumps(left).decode() if left else None
                log = schema.change_log
                connection.execute(update(log).where(log.c.id == change).values(before=text))
            log_change(connection, SUBJECT, outcome, ERASED, {})
            mark(connection, Subject.OUTCOMES)
            next_version(connection, marked=True)
            return True


def _notes(connection: Connection, outcome: str) -> list[str]:
    table = schema.contact_outcome
    gone = (table.c.id == outcome) & table.c.ended.is_not(None)
    row = connection.execute(select(table.c.note).where(gone)).first()
    if row is None:
        return []
    found = [row.note, *(before.get("note") for _, before in _replaced(connection, outcome))]
    return [str(note) for note in dict.fromkeys(found) if note]


def _replaced(connection: Connection, outcome: str) -> list[tuple[int, dict[str, object]]]:
    """The changes of a step that put values aside, and these."""
    table = schema.change_log
    of_it = (table.c.subject == SUBJECT) & (table.c.subject_id == outcome) & table.c.before.is_not(None)
    rows = connection.execute(select(table.c.id, table.c.before).where(of_it).order_by(table.c.id.desc())).all()
    return [(row.id, orjson.loads(row.before)) for row in rows]


def _event(row: Row[tuple[object, ...]]) -> DossierEvent:
    return DossierEvent(
        id=row.id, dossier=row.dossier_id, date=row.date, kind=row.kind, text=row.text, by_role=row.by_role
    )
