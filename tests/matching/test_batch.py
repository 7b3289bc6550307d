"""Everybody's partners in parts: the same bytes whoever works them, and nothing lost when a worker or the run dies."""

import csv
import io
import json
import multiprocessing
import os
import select
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from data.model import OrganisationKind
from matching.batch import (
    BatchStopped,
    Work,
    Workers,
    fingerprint,
    header,
    held_part,
    hold,
    let_go,
    part_of,
    portable,
    run,
)
from matching.batch_parts import MANIFEST, PartDamaged, Parts, Plan, folder_of, plan_in
from matching.batch_workers import on_this_machine, processes, this_process
from matching.kinds import partnership
from matching.recommend import recommend

KIND = "aggregation"


@pytest.fixture
def work(world, today: date) -> Work:
    """Fourteen cooperatives that have places, sectors and projects in common, and one body that may not ask."""
    for number in range(14):
        comune = ("Rieti", "Cittaducale", "Leonessa")[number % 3]
        world.add(f"c{number}", comune=comune, sector=("01.13", "10.39", "81.21")[number % 3], employees=number + 1)
    world.add("ente", comune="Rieti", kind=OrganisationKind.PUBLIC_BODY)
    for number in range(0, 12, 2):
        world.project(f"p{number}", f"c{number}", f"c{number + 1}", f"c{(number + 5) % 14}", outcome="awarded")
    index = world.index()
    return Work(index, KIND, np.arange(len(index.organisations)), limit=5, day=today, part_size=1)


def plan_of(work: Work) -> Plan:
    return Plan.of(work, 7, whole=False)


def whole(work: Work) -> bytes:
    """What the file must hold."""
    return header(work) + b"".join(part_of(work, number).content for number in range(work.parts))


def written(work: Work, out: Path, open_workers, told: Callable[[int], None] = lambda _done: None) -> bytes:
    with closing(Parts(out, plan_of(work))) as parts:
        run(work, parts, open_workers, told)
        parts.join(header(work))
    assert not folder_of(out).exists()
    return out.read_bytes()


# --- what is written ------------------------------------------------------------------------------------------


def test_rows_are_what_recommend_says(work: Work, today: date) -> None:
    rows = list(csv.DictReader(io.StringIO(whole(work).decode())))
    expected = []
    for body in work.index.organisations:
        for place, each in enumerate(recommend(work.index, body.id, KIND, limit=5, today=today).recommendations, 1):
            adds = {one.feature: one.contribution for one in each.contributions}
            expected.append((body.id, each.partner, place, each.score, adds))
    assert len(rows) == len(expected) > 40
    for row, (own, partner, place, score, adds) in zip(rows, expected, strict=True):
        assert (row["organisation"], row["partner"], row["place"]) == (own, partner, str(place))
        numbers = {sign: float(row[sign]) for sign in partnership(KIND).weights}
        assert {sign: value for sign, value in numbers.items() if value} == adds
        assert float(row["score"]) == pytest.approx(score, abs=1e-9) == pytest.approx(sum(adds.values()), abs=1e-9)


def test_lines_of_json_say_the_same(work: Work) -> None:
    rows = list(csv.DictReader(io.StringIO(whole(work).decode())))
    lines = [json.loads(line) for line in whole(replace(work, form="jsonl")).splitlines()]
    assert len(lines) == len(rows)
    for row, line in zip(rows, lines, strict=True):
        assert [str(line[name]) for name in ("organisation", "partner", "place", "score")] == list(row.values())[:4]
        assert line["contributions"] == {
            sign: float(row[sign]) for sign in partnership(KIND).weights if float(row[sign])
        }


def test_who_may_not_ask_has_no_rows_and_is_counted_so(work: Work) -> None:
    found = [part_of(work, number) for number in range(work.parts)]
    assert sum(each.answered for each in found) == 14
    assert [each.content for each in found].count(b"") == 1


@pytest.mark.parametrize("size", [2, 4, 100])
def test_the_size_of_a_part_changes_no_byte(work: Work, tmp_path: Path, size: int) -> None:
    cut = replace(work, part_size=size)
    assert cut.parts == -(-15 // size)
    assert written(cut, tmp_path / "all.csv", this_process) == whole(work)


def test_processes_write_what_one_writes(work: Work, tmp_path: Path) -> None:
    assert written(work, tmp_path / "all.csv", processes(2)) == whole(work)


def test_no_second_process_where_there_is_one_part(work: Work) -> None:
    assert on_this_machine(8, 1) is this_process
    assert on_this_machine(1, 100) is this_process


def test_the_index_that_travels_ranks_the_same(work: Work) -> None:
    assert whole(replace(work, index=portable(work.index))) == whole(work)


def test_nobody_asked_is_an_empty_table(work: Work, tmp_path: Path) -> None:
    nobody = replace(work, askers=np.array([], dtype=np.int64))
    assert written(nobody, tmp_path / "all.csv", this_process) == header(work)


def test_only_so_many_parts_are_under_way(work: Work, tmp_path: Path) -> None:
    pool, under_way = ThreadPoolExecutor(2), []

    with closing(Parts(tmp_path / "all.csv", plan_of(work))) as parts:

        class Counting(Executor):
            submitted = 0

            def submit(self, fn, /, *args, **kwargs):
                self.submitted += 1
                under_way.append(self.submitted - parts.done)
                return pool.submit(fn, *args, **kwargs)

        @contextmanager
        def opened(work: Work) -> Iterator[Workers]:
            hold("counting", work)
            yield Workers(Counting(), "counting", 2)
            let_go("counting")

        run(work, parts, opened)
        parts.join(header(work))
    pool.shutdown()
    assert max(under_way) == 4
    assert (tmp_path / "all.csv").read_bytes() == whole(work)


def test_the_work_is_held_only_while_it_lasts(work: Work, tmp_path: Path) -> None:
    written(work, tmp_path / "all.csv", this_process)
    with pytest.raises(KeyError):
        held_part("batch", 0)


# --- who dies -------------------------------------------------------------------------------------------------


def test_a_dead_process_loses_nothing(work: Work, tmp_path: Path) -> None:
    opened = []

    @contextmanager
    def counted(work: Work) -> Iterator[Workers]:
        with processes(1)(work) as workers:
            opened.append(workers)
            yield workers

    def kill_once(done: int) -> None:
        if done == 1 and len(opened) == 1:
            (child,) = multiprocessing.active_children()
            child.kill()

    assert written(work, tmp_path / "all.csv", counted, kill_once) == whole(work)
    assert len(opened) == 2
    assert multiprocessing.active_children() == []


class Broken(Executor):
    """Loses everything it is given but the first so many."""

    def __init__(self, good: int = 0) -> None:
        self.good = good

    def submit(self, fn, /, *args, **kwargs):
        done: Future = Future()
        if self.good:
            self.good -= 1
            done.set_result(fn(*args, **kwargs))
        else:
            done.set_exception(BrokenExecutor())
        return done


def broken(good: int, opened: list[int]):
    @contextmanager
    def open_workers(work: Work) -> Iterator[Workers]:
        opened.append(good)
        with this_process(work) as workers:
            yield Workers(Broken(good), workers.token, 1)

    return open_workers


def test_workers_that_die_again_and_again_stop_the_run_and_leave_what_is_done(work: Work, tmp_path: Path) -> None:
    out, opened = tmp_path / "all.csv", []
    begun(work, out, 3)
    with closing(Parts(out, plan_of(work))) as parts, pytest.raises(BatchStopped) as stopped:
        run(work, parts, broken(0, opened))
    assert stopped.value.params == {"done": 3, "parts": 15}
    assert len(opened) == 3
    assert not out.exists()
    with closing(Parts(out, plan_of(work))) as parts:
        assert parts.resumed == 3
        run(work, parts, this_process)
        parts.join(header(work))
    assert out.read_bytes() == whole(work)


@pytest.mark.parametrize(("good", "times"), [(1, 15), (2, 8)])
def test_while_parts_get_done_dying_workers_are_replaced(work: Work, tmp_path: Path, good: int, times: int) -> None:
    opened: list[int] = []
    assert written(work, tmp_path / "all.csv", broken(good, opened)) == whole(work)
    assert len(opened) == times


def test_an_error_in_the_work_itself_is_raised_and_leaves_no_process(work: Work, tmp_path: Path) -> None:
    wrong = replace(work, askers=np.array([0, 1, 99]))
    with closing(Parts(tmp_path / "all.csv", plan_of(wrong))) as parts, pytest.raises(IndexError):
        run(wrong, parts, processes(2))
    assert multiprocessing.active_children() == []


ORPHANS = """
    import multiprocessing, os, signal, sys
    import numpy as np
    sys.path.insert(0, {tests!r})
    from conftest import KM, ISTAT, World, TODAY
    from matching.batch import Work, run
    from matching.batch_workers import processes

    def told(done):
        if done:
            print(*(child.pid for child in multiprocessing.active_children()), flush=True)
            os.kill(os.getpid(), signal.SIGKILL)

    class Nowhere:
        done, missing = 0, range(15)
        def keep(self, part):
            self.done += 1

    if __name__ == "__main__":
        world = World()
        for number in range(15):
            world.add(f"c{{number}}", comune="Rieti", sector="01.13")
        run(Work(world.index(), "aggregation", np.arange(15), 5, TODAY, part_size=1), Nowhere(), processes(2), told)
"""


def test_processes_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    script = tmp_path / "orphans.py"
    script.write_text(textwrap.dedent(ORPHANS.format(tests=str(Path(__file__).parent))), encoding="utf-8")
    with (tmp_path / "said").open("wb") as said, (tmp_path / "wrong").open("wb") as wrong:
        code = subprocess.run([sys.executable, script], stdout=said, stderr=wrong, check=False, timeout=120).returncode
    assert code == -9, (tmp_path / "wrong").read_text("utf-8")
    children = [int(pid) for pid in (tmp_path / "said").read_text("utf-8").split()]
    assert children
    for pid in children:
        try:
            watched = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        ended, _, _ = select.select([watched], [], [], 30)
        os.close(watched)
        assert ended, "still there half a minute after its parent was killed"


# --- the folder of parts --------------------------------------------------------------------------------------


def begun(work: Work, out: Path, count: int) -> None:
    """A run that got so far."""
    with closing(Parts(out, plan_of(work))) as parts:
        for number in range(count):
            parts.keep(part_of(work, number))


def finish(work: Work, out: Path) -> tuple[int, bytes]:
    """How many parts were taken over, and what is written in the end."""
    with closing(Parts(out, plan_of(work))) as parts:
        run(work, parts, this_process)
        parts.join(header(work))
        return parts.resumed, out.read_bytes()


def test_a_run_goes_on_where_it_was(work: Work, tmp_path: Path) -> None:
    out = tmp_path / "all.csv"
    begun(work, out, 6)
    assert plan_in(out) == plan_of(work)
    assert finish(work, out) == (6, whole(work))
    assert plan_in(out) is None


def test_a_line_cut_short_and_a_part_half_written_count_as_not_done(work: Work, tmp_path: Path) -> None:
    out = tmp_path / "all.csv"
    begun(work, out, 6)
    manifest = folder_of(out) / MANIFEST
    manifest.write_text(manifest.read_text("utf-8")[:-20], encoding="utf-8")
    (folder_of(out) / "part-0000009.csv.new").write_bytes(b"half")
    assert finish(work, out) == (5, whole(work))


@pytest.mark.parametrize(
    "change", [lambda text: text[:-1], lambda text: text.replace(b"0", b"1", 1), lambda _text: b""]
)
def test_a_part_that_is_not_as_it_was_written_is_worked_again(work: Work, tmp_path: Path, change) -> None:
    out = tmp_path / "all.csv"
    begun(work, out, 15)
    file = next(file for file in sorted(folder_of(out).glob("part-*.csv")) if file.stat().st_size)
    file.write_bytes(change(file.read_bytes()))
    assert finish(work, out) == (14, whole(work))


def test_a_part_that_changes_before_the_end_is_never_handed_out(work: Work, tmp_path: Path) -> None:
    out = tmp_path / "all.csv"
    out.write_bytes(b"mine")
    with closing(Parts(out, plan_of(work))) as parts:
        run(work, parts, this_process)
        (folder_of(out) / "part-0000003.csv").write_bytes(b"other")
        with pytest.raises(PartDamaged):
            parts.join(header(work))
    assert out.read_bytes() == b"mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.csv", "all.csv.parts"]
    assert finish(work, out) == (14, whole(work))


@pytest.mark.parametrize(
    "changed",
    [
        {"version": 8}, {"whole": True}, {"kind": "supply-chain"}, {"limit": 6}, {"part_size": 2}, {"form": "jsonl"},
        {"day": "2026-11-23"}, {"rests_on": "other"}, {"release": "0"},
    ],
)  # fmt: skip
def test_parts_of_another_plan_are_dropped(work: Work, tmp_path: Path, changed: dict[str, object]) -> None:
    out = tmp_path / "all.csv"
    begun(work, out, 6)
    (folder_of(out) / "mine.txt").write_text("not of a batch")
    parts = Parts(out, replace(plan_of(work), **changed))
    parts.close()
    assert (parts.resumed, parts.begun_anew) == (0, plan_of(work))
    assert [path.name for path in folder_of(out).iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("opening", ["", "{", "[]\n", '{"version": 1}\n', "\x00\xff"])
def test_a_manifest_that_cannot_be_read_is_no_plan(work: Work, tmp_path: Path, opening: str) -> None:
    out = tmp_path / "all.csv"
    begun(work, out, 6)
    (folder_of(out) / MANIFEST).write_text(opening, encoding="latin-1")
    assert plan_in(out) is None
    assert finish(work, out) == (0, whole(work))


def test_what_cannot_be_written_is_not_kept(work: Work, tmp_path: Path) -> None:
    out = tmp_path / "all.csv"
    begun(work, out, 2)
    with closing(Parts(out, plan_of(work))) as parts:
        (folder_of(out) / "part-0000002.csv.new").mkdir()
        with pytest.raises(IsADirectoryError):
            parts.keep(part_of(work, 2))
        assert parts.missing[0] == 2
    (folder_of(out) / "part-0000002.csv.new").rmdir()
    assert finish(work, out) == (2, whole(work))


def test_a_run_that_did_nothing_leaves_nothing(work: Work, tmp_path: Path) -> None:
    begun(work, tmp_path / "all.csv", 0)
    assert list(tmp_path.iterdir()) == []


def test_the_fingerprint_tells_facts_and_askers_apart(work: Work, world) -> None:
    other = replace(world.organisations["c3"], municipality=world.organisations["c4"].municipality)
    world.organisations["c3"] = other
    prints = {
        fingerprint(work),
        fingerprint(replace(work, index=world.index())),
        fingerprint(replace(work, askers=work.askers[:-1])),
        fingerprint(replace(work, kind="supply-chain")),
    }
    assert len(prints) == 4
    assert fingerprint(replace(work, index=portable(work.index), part_size=9)) == fingerprint(work)
