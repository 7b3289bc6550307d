"""Loads that are killed, meet a full disk, or come twelve at once: before or after, never between; reads go on.

Two real importers: a bulk one (subjects of cohesion projects, of which some thousand rows concern us) and a small own
file. A parent process that has everything imported forks one process for each load, so that a blow costs little.
"""

import contextlib
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, inspect, select

from data.errors import StoreUnavailable
from data.model import Audience
from data.sources import SOURCES
from data.store import connection as store_connection
from data.store import open_store, schema
from data.store.connection import connect, reading
from service.cli import run

ROOT = Path(store_connection.__file__).parents[2]
KNOWN = "99999010582"
ROWS = 1_500

PARENT = """
import json, os, sys
from dataclasses import replace
from pathlib import Path
from data.errors import LandError
from data.sources import SOURCES
from data.store import open_store
import data.sources.bulk, pyarrow, pyarrow.compute, pyarrow.csv, shapely

def say(word):
    os.write(1, f"{os.getpid()} {word}\\n".encode())

def load(address, name, paths):
    source = SOURCES[name]
    def rows(paths, options):
        for number, outcome in enumerate(source.read(paths, options)):
            if number % 100 == 0:
                say(str(number))
            yield outcome
        say("read")
    store = open_store(address)
    say("open")
    try:
        report = store.load(replace(source, read=rows), [Path(path) for path in paths])
        say(f"done {report.added} {report.changed} {report.unchanged} {report.rejected}")
    except LandError as error:
        say(f"refused {error.key} {error.params.get('why', '')}")
    store.close()

for line in sys.stdin:
    asked = json.loads(line)
    children = []
    for one in asked:
        child = os.fork()
        if child == 0:
            try:
                load(*one)
            except BaseException as fault:
                say(f"fault {type(fault).__name__} {fault}")
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    os.write(1, b"0 end\\n")
"""


class Loads:
    """The parent process, and a way to start loads and to strike one of them."""

    def __init__(self) -> None:
        self.parent = subprocess.Popen(
            [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )

    def start(self, *loads: tuple[str, str, list[str]]) -> None:
        assert self.parent.stdin
        self.parent.stdin.write(json.dumps(loads) + "\n")
        self.parent.stdin.flush()

    def hear(self, until: str = "end") -> list[tuple[int, str]]:
        """What the loads say, up to a word."""
        assert self.parent.stdout
        told = []
        for line in self.parent.stdout:
            who, _, word = line.strip().partition(" ")
            told.append((int(who), word))
            if word in {until, "end"}:
                return told
        raise AssertionError("the parent process ended")

    def strike(self, load: tuple[str, str, list[str]], moment: str, pause: float) -> bool:
        """Starts a load and kills it some time after a word of its own; True when it had said that it was done."""
        self.start(load)
        told = self.hear(moment)
        if told[-1][1] != "end":
            time.sleep(pause)  # where in the work the blow falls is the point of this test
            with contextlib.suppress(ProcessLookupError):  # it may be done by now
                os.kill(told[-1][0], signal.SIGKILL)
            told += self.hear()
        assert not [word for _, word in told if word.startswith(("fault", "refused"))], told
        return any(word.startswith("done") for _, word in told)

    def stop(self) -> None:
        assert self.parent.stdin
        self.parent.stdin.close()
        self.parent.wait(20)


@pytest.fixture(scope="module")
def loads():
    """The parent process of the loads of this room."""
    made = Loads()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    """A file for each of the two importers, with `ROWS` rows that are kept."""
    folder = tmp_path_factory.mktemp("loads")
    small, bulk = folder / "indicators.csv", folder / "soggetti.csv"
    names = [f"Indicatore di prova {number}" for number in range(ROWS)]
    small.write_text(
        "comune;name;value;unit;year;source\n" + "".join(f"Latina;{name};1;posti;2023;Ufficio\n" for name in names)
    )
    lines = [f"P{n};{KNOWN};3;PROVA UNO\nQ{n};;3;ALTRI SRL\nR{n};00000000000;3;ALTRI SRL\n" for n in range(ROWS)]
    bulk.write_text(
        "COD_LOCALE_PROGETTO;OC_CODICE_FISCALE_SOGG;SOGG_COD_RUOLO;OC_DENOMINAZIONE_SOGG\n" + "".join(lines)
    )
    return {"indicators": small, "opencoesione-subjects": bulk}


@pytest.fixture(scope="module")
def known_store(tmp_path_factory) -> Path:
    """A store that knows the body of the bulk file."""
    folder = tmp_path_factory.mktemp("known")
    table = folder / "known.csv"
    table.write_text(f"id,name,kind\n{KNOWN},Prova Uno,firm\n")
    store = open_store(folder / "land.sqlite")
    assert store.load(SOURCES["organisations"], [table]).added == 1
    store.close()
    return folder / "land.sqlite"


def copy(store: Path, folder: Path) -> str:
    """A fresh copy of the store."""
    for old in folder.glob("own.sqlite*"):
        old.unlink()
    return str(shutil.copyfile(store, folder / "own.sqlite"))


def state(address: str, name: str) -> tuple[int, int, int]:
    """Loads of a source, rows of its register, and rows of any table that point to a load that is not there."""
    engine = connect(address)
    with reading(engine) as connection:

        def count(table, *where) -> int:
            return int(connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one())

        loose = sum(
            count(table, table.c[column].is_not(None), table.c[column].not_in(select(schema.load.c.id)))
            for table in schema.metadata.sorted_tables
            for column in ("load_id", "ended_load_id", "gone_load_id")
            if column in table.c
        )
        found = (
            count(schema.load, schema.load.c.source == name),
            count(schema.source_record, schema.source_record.c.source == name),
        )
    engine.dispose()
    return *found, loose


def check_kills(loads: Loads, file: Path, known: Path, folder: Path, name: str, rounds: int) -> Counter[int]:
    load = (name, [str(file)])
    begun = time.monotonic()
    loads.start((copy(known, folder), *load))
    told = loads.hear("read")
    reading_took = time.monotonic() - begun
    assert any(word.startswith(f"done {ROWS} 0 0") for _, word in loads.hear()), told[-3:]
    writing_took = time.monotonic() - begun - reading_took
    chance, ends = random.Random(6), Counter[int]()
    for number in range(rounds):
        moment = chance.choice(["open", "700", "read", "read", "read"])
        address = copy(known, folder)
        done = loads.strike((address, *load), moment, chance.uniform(0, writing_took * 1.2) if moment == "read" else 0)
        made, rows, loose = state(address, name)
        assert (made, rows) in {(0, 0), (1, ROWS)}, f"round {number}: {made} loads, {rows} of {ROWS} rows"
        assert loose == 0
        assert not done or made == 1, "an acknowledged load was lost"
        with sqlite3.connect(address) as whole:
            assert whole.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        whole.close()
        ends[made] += 1
    loads.start((address, *load))  # the store that was struck last takes the file again
    assert any(word.startswith("done") for _, word in loads.hear())
    assert state(address, name)[:2] in {(1, ROWS), (2, ROWS)}
    return ends


@pytest.mark.parametrize("name", ["indicators", "opencoesione-subjects"])
def test_twenty_blows_leave_before_or_after(loads, files, known_store, tmp_path, name):
    assert check_kills(loads, files[name], known_store, tmp_path, name, 20)[0] >= 3


@pytest.mark.long
@pytest.mark.parametrize("name", ["indicators", "opencoesione-subjects"])
def test_two_hundred_blows_leave_before_or_after(loads, files, known_store, tmp_path, name):
    assert check_kills(loads, files[name], known_store, tmp_path, name, 200)[0] >= 30


def test_a_load_that_commits_by_halves_would_be_seen(known_store, tmp_path):
    """The planted fault: a row of a load that is not there, and half of a register."""
    address = copy(known_store, tmp_path)
    with sqlite3.connect(address) as half:
        half.execute("INSERT INTO source_record (source, key, digest, load_id) VALUES ('indicators', 'x', 'x', 999)")
    half.close()
    made, rows, loose = state(address, "indicators")
    assert (made, rows) not in {(0, 0), (1, ROWS)}
    assert loose == 1


# --- twelve at once ---------------------------------------------------------------------------------------


def test_twelve_loads_at_once_are_each_applied_once(loads, store_url, tmp_path):
    """Eight files and four times the same one: every one is whole in the store, or refused as busy."""
    open_store(store_url).close()
    wanted = []
    for number in range(12):
        which = min(number, 8)
        path = tmp_path / f"{number}.csv"
        path.write_text(
            "comune;name;value;unit;year;source\n"
            + "".join(f"Latina;Prova {which} {row};1;posti;2023;Ufficio\n" for row in range(100))
        )
        wanted.append((store_url, "indicators", [str(path)]))
    loads.start(*wanted)
    told = [word for _, word in loads.hear() if word.startswith(("done", "refused", "fault"))]
    assert len(told) == 12
    done = [word for word in told if word.startswith("done")]
    assert all(word.startswith(("done", "refused error.store-busy")) for word in told), told
    assert Counter(done)["done 0 0 100 0"] <= 3
    assert {*done} <= {"done 100 0 0 0", "done 0 0 100 0"}
    made, rows, loose = state(store_url, "indicators")
    assert (made, rows, loose) == (len(done), 100 * Counter(done)["done 100 0 0 0"], 0)
    if len(done) == 12:
        assert rows == 900


# --- a full disk ------------------------------------------------------------------------------------------


@pytest.fixture
def full_disk(monkeypatch, known_store, tmp_path) -> str:
    """A copy of the store on a disk that has no room left for more than a few pages."""
    address = copy(known_store, tmp_path)
    with sqlite3.connect(address) as whole:
        (pages,) = whole.execute("PRAGMA page_count").fetchone()
    whole.close()
    prepare = store_connection._prepare_sqlite

    def prepared(connection: sqlite3.Connection, record: object) -> None:
        prepare(connection, record)
        connection.execute(f"PRAGMA max_page_count={pages + 1}")

    monkeypatch.setattr(store_connection, "_prepare_sqlite", prepared)
    return address


def test_a_full_disk_keeps_whole_loads_only_and_reads_go_on(full_disk, files, ask, own_page):
    store = open_store(full_disk)
    before = store.version()
    with pytest.raises(StoreUnavailable) as refused:
        store.load(SOURCES["indicators"], [files["indicators"]])
    assert refused.value.params["why"] == "store.disk-full"
    assert state(full_disk, "indicators") == (0, 0, 0)
    assert store.version() == before
    client = ask(store)
    body = store.organisations(Audience.OPERATOR)[0].id
    answers = []
    for number in range(400):
        said = {"organisation": body, "says": "offers", "what": f"Pane numero {number}"}
        answers.append(client.post("/api/v1/declarations", json=said, headers=own_page))
        if answers[-1].status_code != 201:
            break
    full = answers[-1]
    assert full.status_code == 503
    assert "disco" in full.json()["error"]["message"] or "disk" in full.json()["error"]["message"]
    assert client.get("/api/v1/organisations").status_code == 200
    assert client.get("/it").status_code == 200
    kept = len(answers) - 1
    engine = connect(full_disk)
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(schema.declaration)).scalar_one() == kept
    engine.dispose()
    store.close()


def test_after_room_was_made_the_same_load_goes_through(full_disk, files, monkeypatch):
    store = open_store(full_disk)
    with pytest.raises(StoreUnavailable):
        store.load(SOURCES["indicators"], [files["indicators"]])
    store.close()
    monkeypatch.undo()
    store = open_store(full_disk)
    assert store.load(SOURCES["indicators"], [files["indicators"]]).added == ROWS
    store.close()


def test_the_command_says_that_the_disk_is_full(full_disk, files, monkeypatch, capsys):
    monkeypatch.setenv("LAND_STORE", full_disk)
    assert run(["load", "indicators", str(files["indicators"])]) == 1
    printed = capsys.readouterr()
    assert "disco" in printed.err
    assert "Traceback" not in printed.err
    assert run(["sources", "--json"]) == 0
    capsys.readouterr()


def test_a_limit_on_the_size_of_files_is_an_error_in_words(known_store, files, tmp_path):
    """The machine's own refusal to let the store's files grow: exit 1, nothing kept, the store readable."""
    address = copy(known_store, tmp_path)
    limit = 100_000  # less than the journal of this load takes

    arguments = ["load", "indicators", str(files["indicators"])]

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(
        [sys.executable, "-c", f"from service.cli import main; main({arguments!r})"],
        env={"PATH": os.environ["PATH"], "LAND_STORE": address, "LAND_EXAMPLE": "0"}, cwd=ROOT,
        preexec_fn=limited, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()
    assert state(address, "indicators") == (0, 0, 0)
    assert len(inspect(connect(address)).get_table_names()) > 20
