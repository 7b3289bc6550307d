# SPDX-License-Identifier: EUPL-1.2
"""The store is before or after an import, never between; its schema moves up and down; its copy is whole."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from data.errors import StoreBusy, StoreUnavailable
from data.migrations import HEAD, NOT_COMPARED
from data.model import Audience
from data.store import open_store
from data.store.connection import MIGRATIONS, connect, migrate, upgrade, writing
from data.store.schema import metadata

ROWS = 3_000
CHILD = f"""
import sys
from data.model import Identifier
from data.records import Accepted, Assertion, OrganisationRecord, Source, SourceInfo
from data.store import open_store

def rows():
    for n in range({ROWS}):
        said = (Assertion("name", f"Coop {{n}}"), Assertion("kind", "cooperative"))
        yield Accepted(n, str(n), (OrganisationRecord((Identifier("key:k", str(n)),), said),))
        if n % 100 == 0:
            print(n, flush=True)
    print("read", flush=True)

store = open_store(sys.argv[1])
print("open", flush=True)
store.load(Source(SourceInfo("kill", "", "", "", ""), lambda p, o: rows()), [])
print("done", flush=True)
"""


def run_child(address: str, wait_for: str, pause: float) -> bool:
    """Start an import, kill it without mercy; True when it had said that it was done."""
    child = subprocess.Popen([sys.executable, "-c", CHILD, address], stdout=subprocess.PIPE, text=True, cwd=Path.cwd())
    assert child.stdout is not None
    seen = []
    for line in child.stdout:
        seen.append(line.strip())
        if line.strip() == wait_for:
            break
    time.sleep(pause)  # where in the work the blow falls is the point of this test, not a wait for something
    os.kill(child.pid, signal.SIGKILL)
    seen += [line.strip() for line in child.stdout]
    child.wait()
    return "done" in seen


def cooperatives(address: str) -> int:
    store = open_store(address)
    try:
        return sum(body.kind == "cooperative" for body in store.organisations(Audience.OPERATOR))
    finally:
        store.close()


def check_kills(address: str, rounds: int) -> set[int]:
    chance = random.Random(6)
    outcomes = set()
    for number in range(rounds):
        moment = chance.choice(["open", "1000", "2900", "read", "read", "read"])
        done = run_child(address, moment, chance.uniform(0, 0.35) if moment == "read" else 0)
        found = cooperatives(address)
        assert found in (0, ROWS), f"round {number}: {found} of {ROWS}"
        assert not done or found == ROWS, "an acknowledged import was lost"
        outcomes.add(found)
        if found == ROWS:
            forget(address)
    return outcomes


def forget(address: str) -> None:
    engine = connect(address)
    tables = ["restricted", "assertion", "identifier", "source_record"]
    with writing(engine) as connection:
        for table in tables:
            where = "source = 'kill'" if table in ("assertion", "source_record") else "1=1"
            if table == "identifier":
                where = "scheme = 'key:k'"
            connection.execute(text(f"DELETE FROM {table} WHERE {where}"))
        connection.execute(text("DELETE FROM organisation WHERE kind = 'cooperative'"))
    engine.dispose()


def test_killed_imports_leave_before_or_after_on_postgis(postgis_url: str) -> None:
    open_store(postgis_url).close()
    check_kills(postgis_url, 4)
    assert run_child(postgis_url, "done", 0)
    assert cooperatives(postgis_url) == ROWS


def test_the_check_sees_an_import_that_commits_by_halves(tmp_path: Path) -> None:
    """The planted fault: rows written outside the one transaction are found by the same count."""
    address = str(tmp_path / "half.sqlite")
    open_store(address).close()
    engine = connect(address)
    with writing(engine) as connection:
        connection.execute(
            text(
                "INSERT INTO organisation (id, name, kind, precision, demonstration, visibility, listed, provenance)"
                " VALUES ('x', 'Mezza', 'cooperative', 'unknown', 0, 'public', 1, '{}')"
            )
        )
    engine.dispose()
    assert cooperatives(address) not in (0, ROWS)


def test_one_history_of_the_schema_up_down_and_up(store_url: str) -> None:
    engine = connect(store_url)
    upgrade(engine)
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [HEAD]
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": lambda _object, name, *_: name not in NOT_COMPARED}
        )
        assert compare_metadata(context, metadata) == []
    migrate(engine, "base")
    left = set(inspect(engine).get_table_names()) - {"alembic_version", "spatial_ref_sys"}
    assert left == set()
    upgrade(engine)
    assert {table.name for table in metadata.sorted_tables} <= set(inspect(engine).get_table_names())
    engine.dispose()


def test_an_older_store_is_copied_before_it_is_upgraded(tmp_path: Path) -> None:
    file = tmp_path / "old.sqlite"
    open_store(file).close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'older'")
    connection.close()
    engine = connect(file)
    with pytest.raises(Exception, match="older"):
        upgrade(engine)
    engine.dispose()
    (copy,) = tmp_path.glob("old.sqlite.before-*")
    assert sqlite3.connect(copy).execute("SELECT count(*) FROM municipality").fetchone() == (378,)


def test_a_backup_is_a_whole_store(tmp_path: Path) -> None:
    store = open_store(tmp_path / "a.sqlite")
    store.backup(tmp_path / "b.sqlite")
    copy = open_store(tmp_path / "b.sqlite")
    assert copy.organisations(Audience.OPERATOR) == store.organisations(Audience.OPERATOR)
    store.close()
    copy.close()


def test_clear_words_when_the_store_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "text.sqlite").write_text("this is no database, and long enough to be read as one" * 50)
    with pytest.raises(StoreUnavailable) as error:
        open_store(tmp_path / "text.sqlite")
    assert error.value.params["why"] == "store.not-a-store"
    with pytest.raises(StoreUnavailable):
        open_store("mysql://nowhere/db")
    monkeypatch.setattr("data.store.connection.WAIT_SECONDS", 0)
    address = tmp_path / "busy.sqlite"
    open_store(address).close()
    one, two = connect(address), connect(address)
    with writing(one), pytest.raises(StoreBusy), writing(two):
        pass
    for engine in (one, two):
        engine.dispose()
