"""What the checks of trust share: stores that may be written to, and clients of both ways of serving them."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from data.example import EXAMPLE
from data.store import Store, open_store
from service.app import create_app
from service.settings import Settings

HOME = "http://127.0.0.1:8000"


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests do not see the LAND_ settings of who runs them, but for those of the tests themselves."""
    for name in [name for name in os.environ if name.startswith("LAND_") and name != "LAND_TESTS_NO_SKIP"]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def demonstration_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite store with the shipped facts and the demonstration organisations; never written to."""
    file = tmp_path_factory.mktemp("demonstration") / "land.sqlite"
    store = open_store(file)
    store.load(EXAMPLE, [])
    store.close()
    return file


@pytest.fixture
def demonstration_store(demonstration_file: Path, tmp_path: Path) -> Iterator[Store]:
    """A copy of it that the test may write to, at `land.sqlite` of its folder."""
    store = open_store(shutil.copyfile(demonstration_file, tmp_path / "land.sqlite"))
    yield store
    store.close()


@pytest.fixture
def ask() -> Callable[..., TestClient]:
    """Makes a client of the service over a store, as a browser on this machine would ask."""

    def make(store: Store, *, public: bool = False) -> TestClient:
        settings = Settings(store="unused", rate_limit=0, public=public)
        return TestClient(create_app(settings, store), base_url=HOME, raise_server_exceptions=False)

    return make


@pytest.fixture
def own_page() -> dict[str, str]:
    """The headers by which a browser says that a request comes from one of our own pages."""
    return {"sec-fetch-site": "same-origin", "origin": HOME}


@pytest.fixture
def closing() -> Iterator[contextlib.ExitStack]:
    """What is put in is closed when the test ends."""
    with contextlib.ExitStack() as stack:
        yield stack
