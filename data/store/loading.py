# SPDX-License-Identifier: EUPL-1.2
"""One import, inside one transaction: rows are compared by digest, and each kind of record has its writer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from sqlalchemy import Connection, Table, func, insert, select, update

from data.model import Message
from data.records import (
    Accepted,
    AreaRecord,
    BoundaryRecord,
    CallRecord,
    CoefficientRecord,
    Dated,
    DeclarationRecord,
    DossierRecord,
    DossierRoleRecord,
    LandmarkRecord,
    MunicipalityRecord,
    Outcome,
    OutOfArea,
    Record,
    Rejected,
    SectorRecord,
    SiteRecord,
    Source,
    SourceInfo,
)
from data.records import OrganisationRecord as Organisation
from data.records import ParticipationRecord as Participation
from data.store import schema
from data.store.bodies import BodyWriter
from data.store.data_day import days_of
from data.store.dialect import put
from data.store.dossier_rows import DossierWriter
from data.store.keyed import KeyedRecord, end_keyed, write_keyed
from data.store.ledger import LoadReport, digest
from data.store.links import LinkWriter
from data.store.marks import Subject, mark
from data.store.place_writing import PlaceWriter
from data.store.reach import Portion

CHUNK = 500
SMALL = 500  # rows; for so few not every body is read
# Rejections beyond this many are counted, not kept.
REJECTIONS_KEPT = 100_000
# Rows refused for these reasons were never taken, so a missing key cannot be one of them.
NEVER_HELD = frozenset({"reject.masked", "reject.natural-person"})


@dataclass(slots=True)
class _Pending:
    """Rows to be written, sorted by kind of record."""

    organisations: list[tuple[str, Organisation]] = field(default_factory=list)
    participations: list[tuple[int, str, Participation]] = field(default_factory=list)
    declarations: list[tuple[int, str, DeclarationRecord]] = field(default_factory=list)
    sites: list[tuple[str, SiteRecord]] = field(default_factory=list)
    landmarks: list[tuple[str, LandmarkRecord]] = field(default_factory=list)
    municipalities: list[tuple[str, MunicipalityRecord]] = field(default_factory=list)
    boundaries: list[tuple[str, BoundaryRecord]] = field(default_factory=list)
    keyed: list[tuple[str, KeyedRecord]] = field(default_factory=list)
    dossiers: list[tuple[int, str, DossierRecord]] = field(default_factory=list)
    roles: list[tuple[int, str, DossierRoleRecord]] = field(default_factory=list)

    def add(self, line: int, key: str, record: Record) -> None:
        match record:
            case Organisation():
                self.organisations.append((key, record))
            case Participation():
                self.participations.append((line, key, record))
            case DeclarationRecord():
                self.declarations.append((line, key, record))
            case SiteRecord():
                self.sites.append((key, record))
            case LandmarkRecord():
                self.landmarks.append((key, record))
            case MunicipalityRecord():
                self.municipalities.append((key, record))
            case BoundaryRecord():
                self.boundaries.append((key, record))
            case AreaRecord() | SectorRecord() | CoefficientRecord() | CallRecord():
                self.keyed.append((key, record))
            case DossierRecord():
                self.dossiers.append((line, key, record))
            case DossierRoleRecord():
                self.roles.append((line, key, record))

    def portion(self, ending: Sequence[str]) -> Portion | None:
        """What these records and the ending of these rows may concern; None for so many that it may be anybody."""
        rows = len(self.organisations) + len(self.participations) + len(self.declarations) + len(self.roles)
        if len(ending) + rows > SMALL:
            return None
        named = [record.organisation for _line, _key, record in self.participations]
        named += [said.organisation for _line, _key, said in self.declarations]
        named += [role.organisation for _line, _key, role in self.roles if role.organisation is not None]
        named += [each for _key, record in self.organisations for each in record.identifiers]
        return Portion(frozenset((each.scheme, each.value) for each in named), frozenset(ending))

    def leave_out(self, keys: set[str]) -> None:
        """Drop what rows refused after reading would have written."""
        self.organisations = [item for item in self.organisations if item[0] not in keys]
        self.participations = [item for item in self.participations if item[1] not in keys]
        self.declarations = [item for item in self.declarations if item[1] not in keys]


class Loading:
    """The state of one import on one open transaction."""

    def __init__(self, connection: Connection, source: Source) -> None:
        self.connection = connection
        self.info: SourceInfo = source.info
        self.counts: Counter[str] = Counter()
        self.rejections: list[Rejected] = []
        self.notices: list[Message] = []
        self.days: set[date] = set()
        self._refusals: dict[tuple[str, str], tuple[int, str, int]] = {}
        self._may_hide_a_row = False
        self._cut = False
        self.load_id = self._open_load()
        self._known = self._known_digests()
        self._seen: dict[str, str] = {}
        self._rows: list[tuple[str, str, bool]] = []
        self._pending = _Pending()
        self._accepted: dict[str, Accepted] = {}

    def take(self, outcomes: Iterable[Outcome]) -> None:
        """Read every outcome into the ledger."""
        for outcome in outcomes:
            if isinstance(outcome, OutOfArea):
                self.counts["read"] += outcome.count
                self.counts["out_of_area"] += outcome.count
                continue
            self.counts["read"] += 1
            if isinstance(outcome, Accepted):
                self._take_accepted(outcome)
            else:
                self._reject(outcome)

    def _take_accepted(self, outcome: Accepted) -> None:
        if self.info.dated is Dated.ROWS:
            self.days |= days_of(outcome.records)
        mark = digest(outcome.records)
        if outcome.key in self._seen:
            self._take_repeated(outcome, mark)
            return
        self._seen[outcome.key] = mark
        known = self._known.get(outcome.key)
        if known is not None and known == (mark, None):
            self.counts["unchanged"] += 1
            return
        word = "added" if known is None else "changed"
        self.counts[word] += 1
        self._rows.append((outcome.key, mark, known is None))
        self._accepted[outcome.key] = outcome
        for record in outcome.records:
            self._pending.add(outcome.line, outcome.key, record)

    def _take_repeated(self, outcome: Accepted, mark: str) -> None:
        if self._seen[outcome.key] == mark:
            self.counts["unchanged"] += 1
        else:
            reason = Message("reject.repeated-key", {"key": outcome.key})
            self._reject(Rejected(outcome.line, "key", outcome.key[:200], reason, outcome.file))

    def _reject(self, rejection: Rejected) -> None:
        self.counts["rejected"] += 1
        self._may_hide_a_row |= rejection.reason.key not in NEVER_HELD
        self._count_rejection(rejection)
        if len(self.rejections) < REJECTIONS_KEPT:
            self.rejections.append(rejection)
        elif len(self.rejections) == REJECTIONS_KEPT and not self._cut:
            self._cut = True
            self.notices.append(Message("notice.rejections-cut", {"kept": REJECTIONS_KEPT}))

    def _count_rejection(self, rejection: Rejected) -> None:
        reason = (rejection.reason.key[:80], rejection.field[:80])
        count, file, line = self._refusals.get(reason, (0, rejection.file, rejection.line))
        self._refusals[reason] = (count + 1, file, line)

    def write(self, *, complete: bool) -> None:
        """Write what was taken; with `complete`, close what the file no longer holds."""
        gone = self._gone_keys() if complete else []
        replaced = [key for key, _mark, new in self._rows if not new]
        portion = self._pending.portion([*replaced, *gone])
        bodies = BodyWriter(self.connection, self.info, self.load_id, portion)
        links = LinkWriter(self.connection, self.info, self.load_id)
        work = DossierWriter(self.connection, self.info, datetime.now(UTC).date())
        places = PlaceWriter(self.connection, self.info.name, self.load_id)
        self._refuse_contradictions(bodies, [*replaced, *gone])
        replaced = [key for key, _mark, new in self._rows if not new]
        for keys in _chunks([*replaced, *gone]):
            bodies.end(keys)
            links.end(keys)
            places.end(keys)
            end_keyed(self.connection, self.info.name, self.load_id, keys)
            work.end(keys)
        self._mark_work([*replaced, *gone])
        bodies.write(self._pending.organisations)
        refused = links.write_participations(self._pending.participations, bodies.resolve)
        refused += links.write_declarations(self._pending.declarations, bodies.resolve)
        work.write_dossiers(self._pending.dossiers)
        refused += work.write_roles(self._pending.roles, bodies.resolve)
        self._take_back(dict(reversed(refused)))
        places.write_sites(self._pending.sites)
        places.write_landmarks(self._pending.landmarks)
        places.write_territory(self._pending.municipalities, self._pending.boundaries)
        write_keyed(self.connection, self.info.name, self.load_id, self._pending.keyed)
        bodies.settle()
        self._write_source_records(gone)

    def _mark_work(self, ending: Sequence[str]) -> None:
        table = schema.dossier
        mine = select(table.c.id).where(table.c.source == self.info.name)
        held = bool(ending) and self.connection.execute(mine).first() is not None
        if held or self._pending.dossiers or self._pending.roles:
            mark(self.connection, Subject.DOSSIERS)

    def _refuse_contradictions(self, bodies: BodyWriter, ending: Sequence[str]) -> None:
        reasons = bodies.refuse(self._pending.organisations, ending)
        self._take_back({key: Rejected(self._accepted[key].line, "id", key[:200], why) for key, why in reasons.items()})
        self._pending.leave_out(set(reasons))

    def _take_back(self, refused: Mapping[str, Rejected]) -> None:
        """Rows that only the store could judge (an organisation that nobody knows) move to the rejected ones."""
        kept = []
        for row in self._rows:
            if row[0] in refused:
                self.counts["added" if row[2] else "changed"] -= 1
            else:
                kept.append(row)
        self._rows = kept
        for key, rejection in refused.items():
            self._reject(replace(rejection, file=self._accepted[key].file))

    def report(self, notices: Sequence[Message]) -> LoadReport:
        """The account, also written into the store's register of loads."""
        numbers = {
            name: self.counts[name]
            for name in ("read", "added", "changed", "unchanged", "rejected", "out_of_area", "gone")
        }
        self.connection.execute(update(schema.load).where(schema.load.c.id == self.load_id).values(**numbers))
        self._write_refusals()
        rejections = tuple(sorted(self.rejections, key=lambda item: (item.file, item.line, item.field)))
        return LoadReport(
            self.info.name,
            **numbers,
            rejections=rejections,
            notices=tuple(notices),
            about_bodies=self._touched_bodies(),
        )

    def _touched_bodies(self) -> bool:
        """True when organisations or participations were written; rows that were closed may have been of any kind."""
        written = self._pending.organisations or self._pending.participations
        return bool(self._rows and written) or self.counts["gone"] > 0

    def _write_refusals(self) -> None:
        rows = [
            {"load_id": self.load_id, "reason": reason, "field": name, "count": count, "file": file, "line": line}
            for (reason, name), (count, file, line) in sorted(self._refusals.items())
        ]
        put(self.connection, schema.rejection, rows)

    def changed_anything(self) -> bool:
        """True when at least one row was written or closed."""
        return bool(self.counts["added"] or self.counts["changed"] or self.counts["gone"])

    def _open_load(self) -> int:
        row = self.connection.execute(
            insert(schema.load).values(
                source=self.info.name,
                files="[]",
                finished=datetime.now(UTC).isoformat(timespec="seconds"),
                **dict.fromkeys(("read", "added", "changed", "unchanged", "rejected", "out_of_area", "gone"), 0),
            )
        )
        key = row.inserted_primary_key
        return int(key[0]) if key else 0

    def _known_digests(self) -> dict[str, tuple[str, int | None]]:
        table = schema.source_record
        rows = self.connection.execute(
            select(table.c.key, table.c.digest, table.c.gone_load_id).where(table.c.source == self.info.name)
        )
        return {key: (mark, gone) for key, mark, gone in rows}

    def _gone_keys(self) -> list[str]:
        """What the file no longer holds. A file that is empty, or of which rows were refused, closes nothing."""
        if self._may_hide_a_row or not self._seen:
            self.notices.append(Message("notice.nothing-closed", {"rejected": self.counts["rejected"]}))
            return []
        gone = [key for key, (_mark, ended) in self._known.items() if ended is None and key not in self._seen]
        if self.info.editions:
            held = {_edition(key) for key in self._seen}
            gone = [key for key in gone if _edition(key) in held]
        self.counts["gone"] = len(gone)
        return sorted(gone)

    def _write_source_records(self, gone: Sequence[str]) -> None:
        table = schema.source_record
        for start in range(0, len(self._rows), CHUNK):
            rows = [
                {"source": self.info.name, "key": key, "digest": mark, "load_id": self.load_id, "gone_load_id": None}
                for key, mark, _new in self._rows[start : start + CHUNK]
            ]
            put(self.connection, table, rows)
        for keys in _chunks(gone):
            self.connection.execute(
                update(table)
                .where(table.c.source == self.info.name, table.c.key.in_(keys))
                .values(gone_load_id=self.load_id)
            )


def _edition(key: str) -> str:
    """The edition that a key begins with."""
    return key.partition("|")[0]


def next_version(connection: Connection, *, only_work: bool = False, marked: bool = False) -> int:
    """Raise the store's version by one and return it.

    `only_work` says that nothing but dossiers changed: what is known of bodies and places keeps its own version.
    `marked` says that all that changed was marked (`data.store.marks`); else it may be anything.
    """
    table = schema.state
    if only_work:
        mark(connection, Subject.DOSSIERS)
    elif not marked:
        mark(connection, Subject.EVERYTHING)
    held = {row.name: int(row.value) for row in connection.execute(select(table.c.name, table.c.value))}
    raised = ("version",) if only_work else ("version", "knowledge")
    put(connection, table, [{"name": name, "value": held.get(name, 0) + 1} for name in raised])
    return held.get("version", 0) + 1


def _chunks(keys: Sequence[str]) -> Iterable[Sequence[str]]:
    return (keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK))


def count_rows(connection: Connection, table: Table) -> int:
    """How many rows a table holds."""
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())
