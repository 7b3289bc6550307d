"""`land rank-all`: one file whoever works it, taken up again where it was cut short."""

import csv
import io
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest

from data.model import Audience
from data.sources import source
from data.store import Store, open_store
from matching.batch_parts import folder_of, plan_in
from matching.kinds import PARTNERSHIPS
from service import snapshot
from service.cli import run
from service.commands import batch

KIND = "aggregation"
DAY = date(2026, 11, 22)


@pytest.fixture
def land(own_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs `land rank-all` in a folder with the demonstration store, on a fixed day, for one body in sixty."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAND_STORE", str(own_file))
    monkeypatch.setattr(snapshot, "today", lambda: DAY)
    with_store = open_store(own_file)
    ids = sorted(body.id for body in with_store.organisations(Audience.PUBLIC))[::60]
    with_store.close()
    Path("ids.txt").write_text("\n".join(ids) + "\n", encoding="utf-8")

    def call(out: str, *more: str) -> int:
        return run(["rank-all", "--kind", KIND, "--organisations", "ids.txt", "--out", out, "--language", "it", *more])

    return call


@pytest.fixture
def expected(land: Callable[..., int]) -> bytes:
    """What one process writes in one go."""
    assert land("expected.csv", "--workers", "1") == 0
    return Path("expected.csv").read_bytes()


def stopping_after(parts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next run is stopped by its user once so many parts are done."""

    @contextmanager
    def shown(_parts: int, _words: object) -> Iterator[Callable[[int], None]]:
        def told(done: int) -> None:
            if done >= parts:
                monkeypatch.setattr(batch, "_shown", before)
                raise KeyboardInterrupt

        yield told

    before = batch._shown
    monkeypatch.setattr(batch, "_shown", shown)


# --- what is written ------------------------------------------------------------------------------------------


def test_one_process_two_and_any_size_of_part_write_the_same(
    land: Callable[..., int], expected: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    assert land("two.csv", "--workers", "2", "--part", "3") == 0
    assert Path("two.csv").read_bytes() == expected
    assert "[" not in capsys.readouterr().err
    rows = list(csv.DictReader(io.StringIO(expected.decode())))
    asked = Path("ids.txt").read_text("utf-8").split()
    assert len(rows) > 300
    assert set(rows[0]) == {"organisation", "partner", "place", "score", *PARTNERSHIPS[KIND].weights}
    assert list(dict.fromkeys(row["organisation"] for row in rows)) == [
        key for key in asked if key in {row["organisation"] for row in rows}
    ]
    assert not list(Path().glob("*.part*"))


def test_rows_agree_with_recommend(land: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert land("expected.csv", "--workers", "1", "--all") == 0
    rows = list(csv.DictReader(io.StringIO(Path("expected.csv").read_text("utf-8"))))
    own = rows[0]["organisation"]
    capsys.readouterr()
    assert run(["recommend", own, "--kind", KIND, "--json"]) == 0
    partners = json.loads(capsys.readouterr().out)["recommendations"]
    mine = [row for row in rows if row["organisation"] == own]
    assert [row["partner"] for row in mine] == [each["partner"]["id"] for each in partners]
    assert [float(row["score"]) for row in mine] == pytest.approx([each["score"] for each in partners], abs=1e-9)
    first = {each["feature"]: each["contribution"] for each in partners[0]["contributions"]}
    assert {sign: float(mine[0][sign]) for sign in PARTNERSHIPS[KIND].weights if float(mine[0][sign])} == first


def test_lines_of_json_and_a_shorter_list(land: Callable[..., int], expected: bytes) -> None:
    assert land("two.jsonl", "--limit", "2", "--workers", "1") == 0
    lines = [json.loads(line) for line in Path("two.jsonl").read_text("utf-8").splitlines()]
    rows = [row for row in csv.DictReader(io.StringIO(expected.decode())) if int(row["place"]) <= 2]
    assert [(each["organisation"], each["partner"], each["score"]) for each in lines] == [
        (row["organisation"], row["partner"], float(row["score"])) for row in rows
    ]


ON_A_DAY = """
    import sys
    from datetime import date
    from service import snapshot
    snapshot.today = lambda: date(2026, 11, 22)
    from service import cli
"""


def in_a_process(script: str, *arguments: str, seed: str = "0") -> subprocess.CompletedProcess[str]:
    """A `land` of its own, with a hash seed."""
    code = textwrap.dedent(ON_A_DAY) + textwrap.dedent(script) + "\nsys.exit(cli.run(sys.argv[1:]))\n"
    given = {**os.environ, "PYTHONHASHSEED": seed}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], env=given, capture_output=True, text=True, timeout=180
    )


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_hash_seed_changes_no_byte(land: Callable[..., int], expected: bytes, seed: str) -> None:
    line = ["rank-all", "--kind", KIND, "--organisations", "ids.txt", "--out", "own.csv", "--workers", "1"]
    done = in_a_process("", *line, seed=seed)
    assert done.returncode == 0, done.stderr
    assert Path("own.csv").read_bytes() == expected


def test_organisations_are_named_by_any_identifier_and_each_is_asked_once(
    land: Callable[..., int], own_file: Path, expected: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    store = open_store(own_file)
    named = {body.id: body.identifiers for body in store.organisations(Audience.OPERATOR)}
    store.close()
    asked = Path("ids.txt").read_text("utf-8").split()
    codes = [named[key][0].value if named[key] else key for key in reversed(asked)]
    assert set(codes) != set(asked)
    Path("ids.txt").write_text("\n".join([*codes, *asked]) + "\n", encoding="utf-8")
    assert land("named.csv", "--workers", "1") == 0
    assert Path("named.csv").read_bytes() == expected


# --- cut short ------------------------------------------------------------------------------------------------

KILLED = """
    import os, signal
    from contextlib import contextmanager
    from service.commands import batch

    @contextmanager
    def shown(_parts, _words):
        yield lambda done: os.kill(os.getpid(), signal.SIGKILL) if done == 2 else None

    batch._shown = shown
"""


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_killed_run_loses_no_finished_part(
    land: Callable[..., int], expected: bytes, workers: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("all.csv").write_bytes(b"mine")
    line = ["--organisations", "ids.txt", "--out", "all.csv", "--workers", workers, "--part", "5"]
    done = in_a_process(KILLED, "rank-all", "--kind", KIND, *line)
    assert done.returncode == -9, done.stderr
    assert len(list(folder_of(Path("all.csv")).glob("part-*.csv"))) == 2
    assert Path("all.csv").read_bytes() == b"mine"
    assert land("all.csv", "--workers", "1", "--part", "5") == 0
    assert "2 parti su 7" in capsys.readouterr().err
    assert Path("all.csv").read_bytes() == expected
    assert not folder_of(Path("all.csv")).exists()


def test_a_stopped_run_goes_on_with_the_data_of_its_day(
    land: Callable[..., int], expected: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stopping_after(3, monkeypatch)
    assert land("all.csv", "--workers", "1", "--part", "5") == 1
    monkeypatch.setattr(snapshot, "today", lambda: DAY + timedelta(days=400))
    assert "3 parti su 7 sono fatte" in capsys.readouterr().err
    assert land("all.csv", "--workers", "1", "--part", "5") == 0
    assert "22 novembre 2026: 3 parti su 7" in capsys.readouterr().err
    assert Path("all.csv").read_bytes() == expected


def test_another_question_on_another_day_is_as_of_that_day(
    land: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stopping_after(3, monkeypatch)
    assert land("all.csv", "--workers", "1", "--part", "5") == 1
    monkeypatch.setattr(snapshot, "today", lambda: DAY + timedelta(days=1))
    stopping_after(1, monkeypatch)
    capsys.readouterr()
    assert land("all.csv", "--workers", "1", "--part", "4") == 1
    assert "un'altra domanda" in capsys.readouterr().err
    plan = plan_in(Path("all.csv"))
    assert plan is not None
    assert (plan.day, plan.part_size) == ("2026-11-23", 4)


def test_a_changed_store_starts_anew(
    land: Callable[..., int], own_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stopping_after(3, monkeypatch)
    assert land("all.csv", "--workers", "1", "--part", "5") == 1
    own_list(own_file, "id,name,kind,municipality\n01234560587,Associazione nuova di prova,third-sector,057059\n")
    capsys.readouterr()
    assert land("all.csv", "--workers", "1", "--part", "5") == 0
    assert "dati sono cambiati" in capsys.readouterr().err
    assert land("fresh.csv", "--workers", "1") == 0
    assert Path("all.csv").read_bytes() == Path("fresh.csv").read_bytes()


def own_list(file: Path, text: str) -> None:
    """Loads organisations of one's own."""
    Path("own-list.csv").write_text(text, encoding="utf-8")
    store = open_store(file)
    done = store.load(source("organisations"), [Path("own-list.csv")])
    assert done.rejected == 0
    store.close()


# --- who may read what, and wrong lines -----------------------------------------------------------------------


def test_reserved_organisations_only_where_all_is_asked_for(
    land: Callable[..., int], own_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = "01234560587,Associazione di prova,third-sector,057059,88.10,federation\n"
    own_list(own_file, "id,name,kind,municipality,sector,visibility\n" + row)
    store: Store = open_store(own_file)
    hidden = store.resolve("01234560587")
    store.close()
    with Path("ids.txt").open("a", encoding="utf-8") as lines:
        lines.write("01234560587\nnessuno\n")
    assert land("public.csv", "--workers", "1") == 3
    assert "2 organizzazioni" in capsys.readouterr().err
    assert hidden not in Path("public.csv").read_text("utf-8")
    assert land("whole.csv", "--workers", "1", "--all") == 3
    assert "Attenzione" in capsys.readouterr().err
    assert hidden in Path("whole.csv").read_text("utf-8")


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (["--kind", "friendship", "--out", "a.csv"], 2, "public-private"),
        (["--kind", KIND, "--out", "a.txt"], 2, ".jsonl"),
        (["--kind", KIND, "--out", "a.csv", "--workers", "0"], 2, "--workers"),
        (["--kind", KIND, "--out", "a.csv", "--workers", "2", "--scheduler", "tcp://127.0.0.1:1"], 2, "--workers"),
        (["--kind", KIND, "--out", "ids.csv", "--organisations", "ids.csv"], 2, "--out"),
        (["--kind", KIND, "--out", "folder.csv"], 1, "folder.csv"),
        (["--kind", KIND, "--out", "nowhere/a.csv"], 1, "a.csv"),
        (["--kind", KIND, "--out", "a.csv", "--organisations", "none.txt"], 1, "none.txt"),
    ],
)
def test_a_wrong_line_is_told_and_writes_nothing(
    land: Callable[..., int], line: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("folder.csv").mkdir()
    Path("ids.csv").write_text("x\n", encoding="utf-8")
    before = sorted(Path().iterdir())
    assert run(["rank-all", *line, "--language", "it"]) == code
    told = capsys.readouterr().err
    assert said in told
    assert "error." not in told
    assert sorted(Path().iterdir()) == before


def test_a_cluster_needs_its_extra(
    land: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert land("all.csv", "--scheduler", "tcp://127.0.0.1:1") == 1
    assert "land-lazio[cluster]" in capsys.readouterr().err
    assert not Path("all.csv.parts").exists()


def test_who_waits_at_a_terminal_sees_how_far_it_is(
    land: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert land("all.csv", "--workers", "1", "--part", "5") == 0
    assert Path("all.csv").stat().st_size > 10_000
