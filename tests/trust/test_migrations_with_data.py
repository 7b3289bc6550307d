"""Migrations up, down and up again with rows in every table, and killed midway: what is kept is kept to the byte."""

import hashlib
import random
import shutil
import sqlite3
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from shapely.geometry import box
from sqlalchemy import Boolean, Date, Double, Integer, String, insert, inspect, select, text
from sqlalchemy.engine import Engine

from data.migrations import HEAD
from data.store.connection import MIGRATIONS, connect, migrate, reading, upgrade, writing
from data.store.geometry import Outline
from data.store.schema import metadata

ROOT = MIGRATIONS.parents[1]
FIRST = "0001"
REVISIONS = sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
ROWS = 3


# --- rows in every table ----------------------------------------------------------------------------------


def value(column, number: int) -> object:
    """Something of the column's type, another for each row, that a foreign key finds in the table it points to."""
    for key in column.foreign_keys:
        return value(key.column, number)
    kind = column.type
    if isinstance(kind, Outline):
        return box(12 + number, 41, 12.5 + number, 42)
    if isinstance(kind, Boolean):
        return bool(number % 2)
    if isinstance(kind, Integer):
        return 1_000 + number
    if isinstance(kind, Double):
        return number + 1 / 3
    if isinstance(kind, Date):
        return date(2026, 1, 1) + timedelta(number)
    words = f"{number}-{column.table.name}.{column.name} è <&'\";"
    return words[: kind.length] if isinstance(kind, String) and kind.length else words


def fill(engine: Engine) -> None:
    """The same rows in every table of the schema as it is now."""
    with writing(engine) as connection:
        for table in metadata.sorted_tables:
            rows = [{column.name: value(column, number) for column in table.c} for number in range(ROWS)]
            connection.execute(insert(table), rows)


def shape(engine: Engine) -> dict[str, frozenset[str]]:
    """Our tables as the database has them, with their columns."""
    found = inspect(engine)
    ours = set(found.get_table_names()) & metadata.tables.keys()
    return {name: frozenset(column["name"] for column in found.get_columns(name)) for name in ours}


def sums(engine: Engine, of: dict[str, frozenset[str]]) -> dict[str, str]:
    """A checksum of each table over some of its columns, rows in the order of their keys."""
    told = {}
    with reading(engine) as connection:
        for name, columns in of.items():
            table = metadata.tables[name]
            wanted = [column for column in table.c if column.name in columns]
            rows = connection.execute(select(*wanted)).all()
            lines = sorted(repr([getattr(cell, "wkb_hex", cell) for cell in row]) for row in rows)
            told[name] = f"{len(rows)} {hashlib.sha256(chr(10).join(lines).encode()).hexdigest()}"
    return told


def test_the_first_and_the_last_revision_are_known():
    assert REVISIONS[0] == FIRST
    assert REVISIONS[-1] == HEAD
    assert len(REVISIONS) >= 3


@pytest.fixture(scope="module")
def shapes(tmp_path_factory) -> dict[str, dict[str, frozenset[str]]]:
    """Tables and columns of each revision, as an empty store has them."""
    found = {}
    for revision in REVISIONS:
        engine = connect(tmp_path_factory.mktemp(revision) / "empty.sqlite")
        migrate(engine, revision)
        found[revision] = shape(engine)
        engine.dispose()
    return found


def test_up_down_and_up_keeps_every_row(store_url, shapes):
    engine = connect(store_url)
    upgrade(engine)
    fill(engine)
    assert shapes[HEAD].keys() == metadata.tables.keys()
    assert all(told.startswith(f"{ROWS} ") for told in sums(engine, shapes[HEAD]).values())
    for revision in reversed(REVISIONS[:-1]):
        kept = sums(engine, shapes[revision])
        migrate(engine, revision)
        assert shape(engine) == shapes[revision]
        assert sums(engine, shapes[revision]) == kept
    upgrade(engine)
    assert shape(engine) == shapes[HEAD]
    assert sums(engine, shapes[FIRST]) == kept
    new = shapes[HEAD].keys() - shapes[FIRST].keys()
    assert all(told.startswith("0 ") for name, told in sums(engine, shapes[HEAD]).items() if name in new)
    migrate(engine, "base")
    assert shape(engine) == {}
    upgrade(engine)
    fill(engine)
    engine.dispose()


def test_a_lost_and_a_changed_row_would_be_seen(sqlite_url, shapes):
    """The control of the checksums."""
    engine = connect(sqlite_url)
    upgrade(engine)
    fill(engine)
    before = sums(engine, shapes[FIRST])
    for fault in ("DELETE FROM landmark WHERE kind LIKE '1-%'", "UPDATE site SET area_m2 = area_m2 + 1e-9"):
        with writing(engine) as connection:
            connection.execute(text(fault))
        now = sums(engine, shapes[FIRST])
        assert len([name for name in now if now[name] != before[name]]) == 1, fault
        before = now
    engine.dispose()


# --- killed midway ----------------------------------------------------------------------------------------

CHILD = """
import os, signal, sys
from sqlalchemy import event
from data.store.connection import connect, migrate

address, revision, last = sys.argv[1], sys.argv[2], int(sys.argv[3])
engine, count = connect(address), 0

@event.listens_for(engine, "before_cursor_execute")
def counted(*_):
    global count
    count += 1
    if count == last:
        os.kill(os.getpid(), signal.SIGKILL)

migrate(engine, revision)
print(count)
"""


def moved(address: str, revision: str, last: int) -> int | None:
    """The statements that a whole migration takes; None when it was killed before statement number `last`."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, address, revision, str(last)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, -9}, done.stderr
    return int(done.stdout) if done.returncode == 0 else None


def killed_on_sqlite(tmp_path: Path, shapes, way: tuple[str, str], kills: int) -> None:
    start, end = way
    ready = tmp_path / "ready.sqlite"
    engine = connect(ready)
    upgrade(engine)
    fill(engine)
    migrate(engine, start)
    common = {name: shapes[start][name] & shapes[end][name] for name in shapes[start].keys() & shapes[end].keys()}
    kept = sums(engine, common)
    engine.dispose()
    with sqlite3.connect(ready) as whole:
        whole.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole.close()
    total = moved(str(shutil.copyfile(ready, tmp_path / "whole.sqlite")), end, 0)
    assert total
    chance = random.Random(20)
    for last in sorted(chance.sample(range(2, total + 1), min(kills, total - 1))):
        file = tmp_path / "killed.sqlite"
        for old in tmp_path.glob("killed.sqlite*"):
            old.unlink()
        shutil.copyfile(ready, file)
        assert moved(str(file), end, last) is None
        engine = connect(file)
        assert shape(engine) in (shapes[start], shapes[end]), f"between, killed before statement {last} of {total}"
        assert sums(engine, common) == kept
        migrate(engine, end)
        assert shape(engine) == shapes[end]
        assert sums(engine, common) == kept
        with reading(engine) as connection:
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        engine.dispose()


@pytest.mark.parametrize("way", [(FIRST, HEAD), (HEAD, FIRST)], ids=["up", "down"])
def test_killed_midway_it_stands_before_or_after(tmp_path, shapes, way):
    killed_on_sqlite(tmp_path, shapes, way, 4)


@pytest.mark.long
@pytest.mark.parametrize("way", [(FIRST, HEAD), (HEAD, FIRST)], ids=["up", "down"])
def test_killed_at_very_many_statements_it_stands_before_or_after(tmp_path, shapes, way):
    killed_on_sqlite(tmp_path, shapes, way, 200)


def test_killed_midway_on_postgis(postgis_url, shapes):
    engine = connect(postgis_url)
    upgrade(engine)
    fill(engine)
    migrate(engine, FIRST)
    kept = sums(engine, shapes[FIRST])
    engine.dispose()
    for last in (12, 40):
        assert moved(postgis_url, HEAD, last) is None
        engine = connect(postgis_url)
        assert shape(engine) == shapes[FIRST]
        assert sums(engine, shapes[FIRST]) == kept
        engine.dispose()
    engine = connect(postgis_url)
    upgrade(engine)
    assert shape(engine) == shapes[HEAD]
    assert sums(engine, shapes[FIRST]) == kept
    engine.dispose()
