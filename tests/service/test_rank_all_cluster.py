"""`land rank-all` on a real Dask cluster: a scheduler and two worker processes on loopback."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from data.model import Audience
from data.store import open_store
from service.cli import run
from service.commands import batch

distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

KIND = "aggregation"
PATIENCE = 60


class Cluster:
    """A scheduler and its workers, each a process of its own; all of them end with the test."""

    def __init__(self, folder: Path, port: int, stack: ExitStack) -> None:
        self.address = f"tcp://127.0.0.1:{port}"
        self.folder, self.stack = folder, stack
        self.workers: list[subprocess.Popen[bytes]] = []
        self._start("scheduler", "dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-show")

    def add_worker(self) -> None:
        """One more worker, with one thread and nobody to start it again."""
        place = self.folder / f"worker-{len(self.workers)}"
        line = (self.address, "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--local-directory", str(place))
        self.workers.append(self._start(place.name, "dask_worker", *line))

    def _start(self, name: str, module: str, *line: str) -> "subprocess.Popen[bytes]":
        log = self.stack.enter_context((self.folder / f"{name}.log").open("wb"))
        command = [sys.executable, "-m", f"distributed.cli.{module}", *line, "--no-dashboard"]
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=self.folder)
        self.stack.callback(process.wait, PATIENCE)
        self.stack.callback(process.kill)
        return process

    def with_workers(self, count: int) -> "Cluster":
        """Itself, once it has so many workers that live."""
        while sum(worker.poll() is None for worker in self.workers) < count:
            self.add_worker()
        with distributed.Client(self.address, timeout=PATIENCE, set_as_default=False) as client:
            client.wait_for_workers(count, timeout=PATIENCE)
        return self

    def held(self) -> dict[str, list[str]]:
        """Address of each worker -> names of the works that it holds."""
        with distributed.Client(self.address, timeout=PATIENCE, set_as_default=False) as client:
            return dict(client.run(names_held))


def names_held() -> list[str]:
    """Names of the works that this process holds."""
    from matching import batch as held

    return sorted(held._HELD)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with ExitStack() as stack:
        yield Cluster(tmp_path_factory.mktemp("cluster"), port, stack)


@pytest.fixture
def cluster(shared: Cluster) -> Cluster:
    """A cluster with two workers that live."""
    return shared.with_workers(2)


@pytest.fixture
def land(example_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs `land rank-all` with the demonstration store for one body in eighty, in parts of two."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAND_STORE", str(example_file))
    store = open_store(example_file)
    ids = sorted(body.id for body in store.organisations(Audience.PUBLIC))[::80]
    store.close()
    Path("ids.txt").write_text("\n".join(ids) + "\n", encoding="utf-8")

    def call(out: str, *more: str) -> int:
        return run(["rank-all", "--kind", KIND, "--organisations", "ids.txt", "--part", "2", "--out", out, *more])

    return call


def at(done: int, act: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Does something once, when so many parts are done; the list tells how far the run was each time."""
    heard: list[int] = []

    @contextmanager
    def shown(_parts: int, _words: object) -> Iterator[Callable[[int], None]]:
        def told(count: int) -> None:
            heard.append(count)
            if count == done and heard.count(count) == 1:
                act()

        yield told

    monkeypatch.setattr(batch, "_shown", shown)
    return heard


def test_a_cluster_writes_what_one_process_writes_and_forgets_it(land: Callable[..., int], cluster: Cluster) -> None:
    assert land("one.csv", "--workers", "1") == 0
    assert land("cluster.csv", "--scheduler", cluster.address) == 0
    assert Path("cluster.csv").read_bytes() == Path("one.csv").read_bytes()
    assert len(Path("one.csv").read_bytes()) > 20_000
    assert list(cluster.held().values()) == [[], []]


def test_a_killed_worker_loses_nothing(
    land: Callable[..., int], cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert land("one.csv", "--workers", "1") == 0
    heard = at(1, cluster.workers[0].kill, monkeypatch)
    assert land("cluster.csv", "--scheduler", cluster.address) == 0
    assert cluster.workers[0].wait(PATIENCE) == -signal.SIGKILL
    assert heard == list(range(13))
    assert Path("cluster.csv").read_bytes() == Path("one.csv").read_bytes()


def test_when_every_worker_dies_those_that_come_get_the_work(
    land: Callable[..., int], cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replace_all() -> None:
        for worker in cluster.workers:
            worker.kill()
        cluster.add_worker()

    assert land("one.csv", "--workers", "1") == 0
    at(1, replace_all, monkeypatch)
    assert land("cluster.csv", "--scheduler", cluster.address) == 0
    assert Path("cluster.csv").read_bytes() == Path("one.csv").read_bytes()


def test_a_cluster_that_is_gone_leaves_the_parts_that_are_done(
    land: Callable[..., int],
    tmp_path: Path,
    free_port: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from matching import batch_cluster

    monkeypatch.setattr(batch_cluster.cluster, "__defaults__", (10,))
    with ExitStack() as stack:
        cluster = Cluster(tmp_path, free_port, stack).with_workers(1)
        heard = at(2, stack.close, monkeypatch)
        assert land("all.csv", "--scheduler", cluster.address, "--language", "it") == 1
    assert cluster.address in capsys.readouterr().err
    assert 2 in heard
    assert land("all.csv", "--workers", "1", "--language", "it") == 0
    assert "parti su 12 sono già fatte" in capsys.readouterr().err
    assert land("one.csv", "--workers", "1") == 0
    assert Path("all.csv").read_bytes() == Path("one.csv").read_bytes()


def test_an_address_where_nobody_answers_is_told(
    land: Callable[..., int], free_port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from matching import batch_cluster

    monkeypatch.setattr(batch_cluster.cluster, "__defaults__", (1,))
    before = sorted(Path().iterdir())
    for address in (f"tcp://127.0.0.1:{free_port}", "nonsense", "ftp://a"):
        assert land("all.csv", "--scheduler", address, "--language", "it") == 1
        assert f"risponde a {address}." in capsys.readouterr().err
    assert sorted(Path().iterdir()) == before
