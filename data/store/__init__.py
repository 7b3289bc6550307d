# SPDX-License-Identifier: EUPL-1.2
"""The store: the only place that speaks SQL. SQLite by default, PostGIS where the address says so."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import chain, islice
from pathlib import Path

import orjson
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, Engine, func, select, union, update

from data.errors import InvalidValue, StoreUnavailable, UnknownOrganisation
from data.identity import TAX_CODE, VAT
from data.lazio.shipped import SHIPPED, SHIPPED_VERSION
from data.model import (
    Area,
    Audience,
    Call,
    Coefficient,
    Declaration,
    Evidence,
    Fact,
    Figure,
    Identifier,
    Landmark,
    Load,
    Municipality,
    Organisation,
    Participation,
    Provenance,
    Rejection,
    SectorTitle,
    Site,
    Visibility,
)
from data.records import (
    FOLLOWING,
    Accepted,
    Assertion,
    OrganisationRecord,
    Outcome,
    ReadOptions,
    Source,
    SourceInfo,
)
from data.store import contents, knowledge, schema
from data.store.bodies import (
    EXAMPLE,
    FACTS,
    WRITTEN_BY_HAND,
    blank,
    drop_example,
    holds_real_cooperatives,
    settle,
)
from data.store.column_maps import ColumnMapRoom
from data.store.connection import connect, copy_sqlite, reading, translated, upgrade, writing
from data.store.data_day import data_day
from data.store.declarations import DeclarationRoom
from data.store.dialect import put
from data.store.differences import Bought, Difference, difference
from data.store.dossiers import DossierRoom
from data.store.duplicates import DuplicateRoom
from data.store.erasing import ErasingRoom
from data.store.ledger import LoadReport
from data.store.loading import Loading, next_version
from data.store.merging import separate
from data.store.outcomes import OutcomeRoom
from data.store.reviews import ReviewRoom
from data.store.weights import WeightRoom

__all__ = ["Difference", "LoadReport", "Store", "open_store"]

READ_AHEAD = 200_000  # rows

PAGE = SourceInfo(
    name=WRITTEN_BY_HAND,
    title_it="Dichiarazioni raccolte sulle pagine",
    title_en="Declarations made on the pages",
    publisher="",
    licence="",
    formats=(),
    files=0,
    evidence=Evidence.DECLARED,
)


def open_store(address: str | Path) -> Store:
    """The store at a file path, `sqlite:///...` or `postgresql+psycopg://...`; made or upgraded when needed.

    It always holds the shipped facts on the 378 comuni. Raises StoreUnavailable.
    """
    engine = connect(address)
    with translated():
        upgrade(engine)
    store = Store(engine)
    store.refresh_shipped()
    return store


class Store(
    DeclarationRoom,
    OutcomeRoom,
    DossierRoom,
    ErasingRoom,
    DuplicateRoom,
    ColumnMapRoom,
    ReviewRoom,
    WeightRoom,
):
    """What we know, behind plain functions. Reads see one state; each write is one transaction, before or after."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def close(self) -> None:
        """Give every connection back."""
        self._engine.dispose()

    def version(self) -> int:
        """A number that rises with every change of content."""
        return self._state("version")

    def knowledge_version(self) -> int:
        """A number that rises with every change of anything but dossiers."""
        return self._state("knowledge")

    def difference(
        self, since: int, audience: Audience, today: date, bought_from: Bought = lambda _bodies: ()
    ) -> Difference | None:
        """What changed after a version, read as one state; None when that may be anything, or too much to read apart.

        `bought_from` names the bodies with projects that, as the reader knows it, certain bodies had put out.
        """
        with reading(self._engine) as connection:
            return difference(connection, since, audience, today, bought_from)

    def _state(self, name: str) -> int:
        with reading(self._engine) as connection:
            table = schema.state
            return connection.execute(select(table.c.value).where(table.c.name == name)).scalar() or 0

    def refresh_shipped(self) -> None:
        """Put in the facts that came with this version of the product, unless they are there."""
        if self._state("shipped") == SHIPPED_VERSION:
            return
        self.load(SHIPPED, [])
        with writing(self._engine) as connection:
            put(connection, schema.state, [{"name": "shipped", "value": SHIPPED_VERSION}])

    # --- writing ------------------------------------------------------------------------------------------

    def load(
        self,
        source: Source,
        paths: Sequence[Path],
        options: ReadOptions | None = None,
        *,
        complete: bool = False,
    ) -> LoadReport:
        """Import files of a source in one transaction and account for every row.

        An upsert: the same file twice changes nothing. With `complete`, rows that the source once gave and the files
        no longer hold are closed. Raises the reader's errors (nothing is kept then), StoreBusy, StoreUnavailable.
        """
        known = self._known_codes(source.info.name) if paths else frozenset()
        options = replace(options or ReadOptions(), known_codes=known)
        return self._apply(source, source.read(paths, options), options, [path.name for path in paths], complete)

    def _known_codes(self, loading: str) -> frozenset[str]:
        """Codes that other sources tell: bodies that came with these very files do not bring in more of them.

        Nor do bodies that only `FOLLOWING` sources tell of, unless they have their seat in a comune of Lazio.
        """
        told, names, body = schema.identifier_source, schema.identifier, schema.organisation
        first_hand = select(told.c.value).where(
            told.c.scheme.in_((TAX_CODE, VAT)), told.c.source.not_in({loading, *FOLLOWING})
        )
        seated = (
            select(names.c.value)
            .join(body, body.c.id == names.c.organisation_id)
            .where(names.c.scheme.in_((TAX_CODE, VAT)), body.c.municipality.is_not(None))
        )
        with reading(self._engine) as connection:
            wanted = union(first_hand, seated) if loading in FOLLOWING else first_hand.distinct()
            return frozenset(connection.execute(wanted).scalars())

    def _apply(
        self,
        source: Source,
        outcomes: Iterable[Outcome],
        options: ReadOptions,
        files: Sequence[str],
        complete: bool,
    ) -> LoadReport:
        # Read before the store is locked, as long as that is not much: a slow file must not make other writers wait.
        rows = iter(outcomes)
        first = list(islice(rows, READ_AHEAD))
        with self._writing() as connection:
            loading = Loading(connection, source)
            loading.take(chain(first, rows))
            loading.write(complete=complete)
            if loading.changed_anything():
                if source.info.name != EXAMPLE and holds_real_cooperatives(connection):
                    drop_example(connection)
                next_version(connection, marked=True)
            connection.execute(
                update(schema.load)
                .where(schema.load.c.id == loading.load_id)
                .values(
                    files=orjson.dumps(list(files)).decode(),
                    data_date=data_day(source.info, files, loading.days, _today()),
                )
            )
            return loading.report([*options.notices, *loading.notices])

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Connection]:
        with writing(self._engine) as connection:
            yield connection

    def _write_by_hand(self, rows: Iterable[Accepted]) -> None:
        report = self.load(Source(PAGE, lambda _paths, _options: iter(rows)), [])
        if report.rejected:
            reason = report.rejections[0]
            raise UnknownOrganisation(organisation=reason.value)

    def correct(
        self,
        organisation: str,
        values: Mapping[str, object],
        *,
        visibility: Visibility = Visibility.PUBLIC,
        today: date | None = None,
    ) -> None:
        """Write what an organisation says of some of its fields as declared facts, all or none; later ones replace.

        Raises UnknownOrganisation, InvalidValue (field that is not one of an organisation's facts).
        """
        wrong = [field for field in values if field not in FACTS]
        if wrong:
            raise InvalidValue(field="field", value=wrong[0], allowed=", ".join(FACTS))
        body = self.resolve(organisation)
        best, day = self._best_of(body), today or _today()
        said = tuple(
            Assertion(field, value, Evidence.DECLARED, visibility=visibility, date=day)
            for field, value in values.items()
        )
        # The first field names the correction; what follows from it (a code's version) stands and falls with it.
        key = f"correction:{body}:{next(iter(values))}"
        self._write_by_hand([Accepted(1, key, (OrganisationRecord((best,), said),))])

    def withdraw_correction(self, organisation: str, field: str) -> bool:
        """Take back what an organisation says of a field, with what was written along: the registers' word stands
        again, or nothing; it stays in the history. False when nothing is said. Raises UnknownOrganisation.
        """
        body = self.resolve(organisation)
        said, rows = schema.assertion, schema.source_record
        live = (said.c.organisation_id == body) & (said.c.source == PAGE.name) & said.c.ended_load_id.is_(None)
        with self._writing() as connection:
            keys = list(connection.execute(select(said.c.key).where(live, said.c.field == field)).scalars())
            if not keys:
                return False
            last = connection.execute(select(func.max(schema.load.c.id))).scalar()
            connection.execute(update(said).where(live, said.c.key.in_(keys)).values(ended_load_id=last))
            taken_back = (rows.c.source == PAGE.name) & rows.c.key.in_(keys)
            connection.execute(update(rows).where(taken_back).values(gone_load_id=last))
            settle(connection, [body])
            next_version(connection, marked=True)
            return True

    def _best_of(self, body: str) -> Identifier:
        table = schema.identifier
        with reading(self._engine) as connection:
            row = connection.execute(
                select(table.c.scheme, table.c.value)
                .where(table.c.organisation_id == body)
                .order_by(table.c.scheme, table.c.value)
            ).first()
        if row is None:
            raise UnknownOrganisation(organisation=body)
        return Identifier(row.scheme, row.value)

    def separate(self, old_id: str) -> bool:
        """Undo a merge of bodies: the old id stands for itself again; False when it does not redirect."""
        with self._writing() as connection:
            left = separate(connection, old_id, blank(old_id))
            if left is None:
                return False
            settle(connection, [old_id, left])
            next_version(connection, marked=True)
            return True

    def forget_example(self) -> None:
        """Remove the demonstration data."""
        with self._writing() as connection:
            drop_example(connection)
            next_version(connection, marked=True)

    def backup(self, target: Path) -> None:
        """A whole copy of a SQLite store, also while others write. On PostgreSQL use pg_dump: StoreUnavailable."""
        if self._engine.dialect.name != "sqlite":
            raise StoreUnavailable(why="store.use-pg-dump")
        copy_sqlite(self._engine, target)

    # --- reading ------------------------------------------------------------------------------------------

    def resolve(self, text: str) -> str:
        """The id of the organisation that has this id or identifier (any scheme). Raises UnknownOrganisation.

        Redirects of merged bodies are followed. A text that is the key of several own files must be unambiguous.
        """
        wanted = text.strip()
        with reading(self._engine) as connection:
            found = self._find(connection, wanted)
        if found is None:
            raise UnknownOrganisation(organisation=wanted)
        return found

    def _find(self, connection: Connection, wanted: str) -> str | None:
        body, names, moved = schema.organisation, schema.identifier, schema.redirect
        if connection.execute(select(body.c.id).where(body.c.id == wanted)).first():
            return wanted
        new = connection.execute(select(moved.c.new_id).where(moved.c.old_id == wanted)).scalar()
        if new is not None:
            return str(new)
        for form in dict.fromkeys((wanted, wanted.upper(), wanted.upper().removeprefix("IT"))):
            bodies = set(connection.execute(select(names.c.organisation_id).where(names.c.value == form)).scalars())
            if bodies:
                return str(bodies.pop()) if len(bodies) == 1 else None
        return None

    def organisations(self, audience: Audience) -> list[Organisation]:
        """Every body that the audience may see, by id."""
        with reading(self._engine) as connection:
            return contents.organisations(connection, audience)

    def participations(self, audience: Audience) -> list[Participation]:
        """Every live membership of a body that the audience may see, by project and organisation."""
        with reading(self._engine) as connection:
            return contents.participations(connection, audience)

    def declarations(self, audience: Audience, today: date) -> list[Declaration]:
        """Offers and needs in force on a day that the audience may see, by id."""
        with reading(self._engine) as connection:
            return contents.declarations(connection, audience, today)

    def sites(self, audience: Audience) -> list[Site]:
        """Every site that the audience may see, by id."""
        with reading(self._engine) as connection:
            return contents.sites(connection, audience)

    def landmarks(self) -> list[Landmark]:
        """Every heritage point, by id."""
        with reading(self._engine) as connection:
            return contents.landmarks(connection)

    def municipalities(self) -> list[Municipality]:
        """The comuni, by ISTAT code."""
        with reading(self._engine) as connection:
            return contents.municipalities(connection)

    def figures(self) -> list[Figure]:
        """Every figure of every comune, by comune, name and year."""
        with reading(self._engine) as connection:
            return contents.figures(connection)

    def boundaries(self) -> dict[str, BaseGeometry]:
        """The official outlines that were loaded (EPSG:4326), by ISTAT code; empty until then."""
        with reading(self._engine) as connection:
            return contents.boundaries(connection)

    def areas(self) -> list[Area]:
        """Which comune belongs to which loaded area, by level, code and comune."""
        with reading(self._engine) as connection:
            return knowledge.areas(connection)

    def sector_titles(self) -> list[SectorTitle]:
        """The ATECO titles that were loaded, by version and code."""
        with reading(self._engine) as connection:
            return knowledge.sector_titles(connection)

    def coefficients(self) -> list[Coefficient]:
        """The input-output coefficients that were loaded, by pair of sectors and year."""
        with reading(self._engine) as connection:
            return knowledge.coefficients(connection)

    def calls(self, audience: Audience) -> list[Call]:
        """Every call that the audience may see, by id."""
        with reading(self._engine) as connection:
            return knowledge.calls(connection, audience)

    def rejections(self, load_id: int) -> list[Rejection]:
        """Why rows of an import were refused, the most frequent reason first."""
        with reading(self._engine) as connection:
            return knowledge.rejections(connection, load_id)

    def conflicts(self, audience: Audience) -> dict[tuple[str, str], list[tuple[object, Provenance]]]:
        """(organisation id, field) -> what official and declared rows say of it now, where they differ."""
        with reading(self._engine) as connection:
            return knowledge.conflicts(connection, audience)

    def history(self, organisation: str, audience: Audience) -> list[Fact]:
        """Every value ever given for an organisation's fields that the audience may see, oldest first.

        Raises UnknownOrganisation.
        """
        body = self.resolve(organisation)
        with reading(self._engine) as connection:
            return knowledge.history(connection, body, audience)

    def loads(self) -> list[Load]:
        """The register of imports, oldest first."""
        with reading(self._engine) as connection:
            return contents.loads(connection)


def _today() -> date:
    return datetime.now(UTC).date()
