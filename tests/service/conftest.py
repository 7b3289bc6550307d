"""A store with the demonstration organisations, and clients of both ways of serving it."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from data.example import EXAMPLE
from data.store import Store, open_store
from service.app import create_app
from service.settings import Settings

HOME = "http://127.0.0.1:8000"
OWN_PAGE = {"sec-fetch-site": "same-origin", "origin": HOME}


@pytest.fixture(scope="session")
def example_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite store with the shipped facts and the demonstration organisations; never written to."""
    file = tmp_path_factory.mktemp("example") / "land.sqlite"
    store = open_store(file)
    store.load(EXAMPLE, [])
    store.close()
    return file


@pytest.fixture(scope="session")
def example_store(example_file: Path) -> Iterator[Store]:
    """The demonstration store, open for reading by the whole session."""
    store = open_store(example_file)
    yield store
    store.close()


@pytest.fixture
def own_file(example_file: Path, tmp_path: Path) -> Path:
    """A copy of the demonstration store that the test may write to."""
    return Path(shutil.copyfile(example_file, tmp_path / "own.sqlite"))


@pytest.fixture
def own_store(own_file: Path) -> Iterator[Store]:
    """The same, open."""
    store = open_store(own_file)
    yield store
    store.close()


def make_settings(**given: object) -> Settings:
    """Settings that no environment changes."""
    return Settings(**{"store": "unused", "rate_limit": 0, **given})


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests of the service do not see the LAND_ settings of who runs them."""
    for name in ("STORE", "HOST", "PORT", "PUBLIC", "LANGUAGE", "EXAMPLE", "RATE_LIMIT", "TILES", "LOG_LEVEL"):
        monkeypatch.delenv(f"LAND_{name}", raising=False)


def make_client(store: Store, **given: object) -> TestClient:
    """A client of the service over a store, as a browser on this machine would ask; server errors become answers."""
    app = create_app(make_settings(**given), store)
    return TestClient(app, base_url=HOME, raise_server_exceptions=False)


@pytest.fixture(scope="session")
def operator(example_store: Store) -> TestClient:
    """The demonstration store as its operator sees it."""
    return make_client(example_store)


@pytest.fixture(scope="session")
def visitor(example_store: Store) -> TestClient:
    """The demonstration store as the public sees it."""
    return make_client(example_store, public=True)


@pytest.fixture(params=["operator", "visitor"])
def client(request: pytest.FixtureRequest) -> TestClient:
    """Both ways of serving, one after the other."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Collects every address that this process tries to reach, and refuses all but loopback ones."""
    tried: list[object] = []
    real: Callable[..., object] = socket.socket.connect
    resolve: Callable[..., object] = socket.getaddrinfo

    def connect(self: socket.socket, address: object) -> object:
        if self.family == socket.AF_UNIX or (isinstance(address, tuple) and address[0] in {"127.0.0.1", "::1"}):
            return real(self, address)
        tried.append(address)
        raise ConnectionRefusedError(address)

    def getaddrinfo(host: object, *rest: object, **named: object) -> object:
        if host in {None, "", "127.0.0.1", "::1", "localhost"}:
            return resolve(host, *rest, **named)
        tried.append(host)
        raise socket.gaierror(host)

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "connect_ex", connect)
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return tried


@pytest.fixture(scope="session")
def client_of() -> Callable[..., TestClient]:
    """Makes a client over a store, with settings of the test's choice."""
    return make_client


@pytest.fixture(scope="session")
def own_page() -> dict[str, str]:
    """The headers by which a browser says that a request comes from one of our own pages."""
    return OWN_PAGE


@contextlib.contextmanager
def serve(file: Path, *, public: bool = False, before: str = "pass") -> Iterator[str]:
    """`land serve` in a process of its own over a store file, after some code; yields its address once it is ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    arguments = ["serve", "--port", port, *(["--public"] if public else [])]
    environment = {"PATH": os.environ["PATH"], "LAND_STORE": str(file), "LAND_RATE_LIMIT": "0", "LAND_EXAMPLE": "0"}
    server = subprocess.Popen(
        [sys.executable, "-c", f"{before}\nfrom service.cli import main\nmain({arguments!r})"],
        env=environment, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


def wait_until_ready(address: str, server: subprocess.Popen[bytes]) -> None:
    """Returns when the service is ready; fails when it ended or a minute has gone."""
    for _ in range(600):
        if server.poll() is not None:
            pytest.fail(f"the service ended with {server.returncode}")
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/health/ready", timeout=2):
            return
        time.sleep(0.1)
    pytest.fail("the service is not ready after a minute")


@pytest.fixture
def server_of() -> Callable[..., contextlib.AbstractContextManager[str]]:
    """Runs a real service over a store file."""
    return serve
