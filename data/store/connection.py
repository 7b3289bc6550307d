# SPDX-License-Identifier: EUPL-1.2
"""Opening the database: SQLite file or PostGIS, its settings, its schema, and one writer at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError, SQLAlchemyError

from data.errors import StoreBusy, StoreUnavailable
from data.migrations import HEAD

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
WAIT_SECONDS = 30
DRIVERS = frozenset({"sqlite", "sqlite+pysqlite", "postgresql+psycopg"})
# Any fixed number: the PostgreSQL advisory lock that makes writers queue.
WRITER_LOCK = 3_784_201


def connect(address: str | Path) -> Engine:
    """An engine for a file path, `sqlite:///...` or `postgresql+psycopg://...`. Raises StoreUnavailable."""
    try:
        url = make_url(_as_url(address))
    except (ArgumentError, ValueError) as error:
        raise StoreUnavailable(why="store.bad-address") from error
    if url.drivername not in DRIVERS:
        raise StoreUnavailable(why="store.bad-address")
    if url.get_backend_name() == "sqlite":
        if url.database and url.database != ":memory:":
            _make_folder(Path(url.database).parent)
        engine = create_engine(url, connect_args={"timeout": WAIT_SECONDS, "check_same_thread": False})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    except ImportError as error:
        raise StoreUnavailable(why="store.no-driver") from error


def _as_url(address: str | Path) -> str:
    text_address = str(address)
    return text_address if "://" in text_address else f"sqlite:///{Path(text_address).expanduser()}"


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(why="store.no-folder") from error


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver must not open transactions by itself: `_begin_sqlite` does, so that a writer locks at once.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA secure_delete=FAST")  # what is erased is overwritten and not only forgotten
    connection.execute(f"PRAGMA busy_timeout={WAIT_SECONDS * 1000}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("land_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that is the only writer: committed whole, or nothing of it stays.

    Raises StoreBusy when another writer keeps the store for more than 30 s, StoreUnavailable when it cannot be
    written (disk full, no permission, connection lost).
    """
    with translated(), engine.connect().execution_options(land_writes=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITER_LOCK})
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One transaction that sees one state of the store. Raises StoreUnavailable."""
    with translated(), engine.connect() as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        yield connection


@contextmanager
def translated() -> Iterator[None]:
    """Database errors as ours."""
    try:
        yield
    except OperationalError as error:
        words = str(error.orig).lower()
        if "locked" in words or "lock timeout" in words:
            raise StoreBusy from error
        raise StoreUnavailable(why=_why(words)) from error
    except DatabaseError as error:
        if "not a database" in str(error.orig).lower():
            raise StoreUnavailable(why="store.not-a-store") from error
        raise
    except SQLAlchemyError:
        raise


def _why(words: str) -> str:
    if "full" in words or "no space" in words:
        return "store.disk-full"
    if "readonly" in words or "read-only" in words or "permission" in words:
        return "store.read-only"
    return "store.cannot-open"


def upgrade(engine: Engine) -> None:
    """Bring the schema to the newest revision; a SQLite store that has data is copied beside itself first."""
    with reading(engine) as connection:
        revision = _revision(connection)
    if revision == HEAD:
        return
    if revision is not None and engine.dialect.name == "sqlite":
        _copy_before_upgrade(engine, revision)
    migrate(engine, HEAD)


def migrate(engine: Engine, revision: str) -> None:
    """Run migrations up or down to a revision (`base` for none), in one transaction."""
    # Alembic takes a quarter of a second to import and is needed only when the schema moves.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        current = _revision(connection)
        if revision == "base" or (current is not None and revision < current):
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: Any = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return str(found) if found is not None else None


def _copy_before_upgrade(engine: Engine, revision: str) -> None:
    file = engine.url.database
    if file and file != ":memory:":
        copy_sqlite(engine, Path(f"{file}.before-{HEAD}-from-{revision}"))


def copy_sqlite(engine: Engine, target: Path) -> None:
    """A whole, consistent copy of a SQLite store, also while others write."""
    source = engine.raw_connection()
    try:
        with sqlite3.connect(target) as copy:
            source.driver_connection.backup(copy)  # type: ignore[union-attr]
        copy.close()
    finally:
        source.close()
