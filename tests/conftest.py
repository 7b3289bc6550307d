"""Fixtures that every floor's tests share: the real data, both stores, a browser that tells on the pages."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import hypothesis
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent
NO_SKIP = os.environ.get("LAND_TESTS_NO_SKIP") == "1"
BENCHMARKS = ROOT / "tests" / "benchmarks"


# --- what is run ------------------------------------------------------------------------------------------


def find_shared_data() -> Path | None:
    """The folder `shared/data` with real public files beside one of the folders that hold the repository."""
    return next((up / "shared" / "data" for up in ROOT.parents if (up / "shared" / "data").is_dir()), None)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Benchmarks run by name only."""
    inside = collection_path == BENCHMARKS or BENCHMARKS in collection_path.parents
    named = any("benchmarks" in str(argument) for argument in config.invocation_params.args)
    return True if inside and not named else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where a skip is a failure, tests on the real files are left out, and counted, when there are no real files."""
    if not NO_SKIP or find_shared_data() is not None:
        return
    without = [item for item in items if "shared_data" in getattr(item, "fixturenames", ())]
    if without:
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if item not in without]


class SkipsFail:
    """Turns a session that skipped anything into a failed one."""

    def __init__(self) -> None:
        self.skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self.skipped.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.skipped.append(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.skipped and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.skipped:
            terminalreporter.write_line(
                f"ERROR: {len(self.skipped)} skipped, and here nothing may be skipped", red=True
            )


def pytest_configure(config: pytest.Config) -> None:
    """Generated cases are the same on every run and have no deadline; LAND_TESTS_NO_SKIP=1 makes any skip a failure."""
    hypothesis.settings.register_profile("house", deadline=None, derandomize=True, print_blob=True)
    hypothesis.settings.load_profile("house")
    if NO_SKIP:
        config.pluginmanager.register(SkipsFail(), "skips-fail")


@pytest.fixture(scope="session", autouse=True)
def missing_words_stay_seen() -> Iterator[None]:
    """A key without a sentence stands in brackets here, where tests search for it; readers see its last words."""
    from service import messages

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(messages, "readable", lambda key: f"[{key}]")
        yield


# --- files and ports --------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real public files; the test is skipped where it is absent."""
    found = find_shared_data()
    if found is None:
        pytest.skip("no ../shared/data beside the repository: the real public files are not part of the project")
    return found


NOT_OURS = re.compile(r"(^|/)(\.\w+_cache|\.hypothesis|\.venv|venv|vendor|node_modules|__pycache__|build|dist)/")
LIST_FILES = ("git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--")


def list_project_files(*folders: str) -> list[Path]:
    """The project's own files as they stand now (committed, or new and not ignored), all or below some folders."""
    if not (ROOT / ".git").exists():
        found = [path for folder in folders or (".",) for path in (ROOT / folder).rglob("*") if path.is_file()]
        return sorted(path for path in found if not NOT_OURS.search(path.relative_to(ROOT).as_posix()))
    done = subprocess.run([*LIST_FILES, *folders], cwd=ROOT, check=True, capture_output=True, text=True)
    return sorted(ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file())


@pytest.fixture(scope="session")
def project_files() -> Callable[..., list[Path]]:
    """The function that lists the project's own files, all or below the folders it is given."""
    return list_project_files


def take_free_port() -> int:
    """A loopback TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def free_port() -> int:
    """A loopback TCP port that nobody listens on."""
    return take_free_port()


# --- stores -----------------------------------------------------------------------------------------------


def find_postgres() -> Path | None:
    """The folder of PostgreSQL's programs, when the server and its PostGIS extension are installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("initdb")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    for folder in folders:
        version = folder.parent.name
        control = Path("/usr/share/postgresql") / version / "extension" / "postgis.control"
        beside = folder.parent / "share" / "extension" / "postgis.control"
        if (folder / "initdb").exists() and (control.exists() or beside.exists()):
            return folder
    return None


class Cluster:
    """A throw-away PostgreSQL server on a free loopback port; root starts it as user postgres."""

    def __init__(self, programs: Path) -> None:
        self.programs = programs
        self.port = take_free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="land-postgres-"))
        self.as_user = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        if self.as_user:
            shutil.chown(self.folder, "postgres", "postgres")

    def run(self, program: str, *arguments: str) -> None:
        """Runs one of PostgreSQL's programs; CalledProcessError with its words when it fails."""
        with (self.folder / "log").open("ab") as log:
            subprocess.run(
                [self.programs / program, *arguments],
                check=True, cwd=self.folder, stdout=log, stderr=log, **self.as_user,
            )  # fmt: skip

    def start(self) -> None:
        """Makes the cluster and a template database with PostGIS."""
        self.run("initdb", "--no-sync", "--auth=trust", "--username=land", "--encoding=UTF8", "--locale=C", "-D", "db")
        settings = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off "
            "-c synchronous_commit=off -c full_page_writes=off -c max_connections=50"
        )
        self.run("pg_ctl", "-w", "-D", "db", "-l", "server.log", "-o", settings, "start")
        self.sql("postgres", "CREATE DATABASE land_template")
        self.sql("land_template", "CREATE EXTENSION postgis")

    def sql(self, database: str, statement: str) -> None:
        """Runs one statement outside a transaction."""
        import psycopg

        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="land", dbname=database, autocommit=True
        ) as connection:
            connection.execute(statement)

    def url(self, database: str) -> str:
        """The address of a database as LAND_STORE takes it."""
        return f"postgresql+psycopg://land@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        """Stops the server and removes its files."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self.run("pg_ctl", "-D", "db", "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """One PostgreSQL + PostGIS server for the session (each pytest-xdist worker has its own)."""
    programs = find_postgres()
    if programs is None:
        pytest.skip("PostgreSQL with PostGIS is not installed")
    pytest.importorskip("psycopg")
    cluster = Cluster(programs)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def postgis_url(postgres_cluster: Cluster) -> Iterator[str]:
    """The address of a fresh, empty PostGIS database, dropped after the test."""
    database = f"land_{uuid.uuid4().hex}"
    postgres_cluster.sql("postgres", f"CREATE DATABASE {database} TEMPLATE land_template")
    yield postgres_cluster.url(database)
    postgres_cluster.sql("postgres", f"DROP DATABASE {database} WITH (FORCE)")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The path of a store file that does not exist yet."""
    return str(tmp_path / "land.sqlite")


@pytest.fixture(params=["sqlite", "postgis"])
def store_url(request: pytest.FixtureRequest) -> str:
    """Where LAND_STORE would point, empty: the test runs once on SQLite and once on PostGIS."""
    return str(request.getfixturevalue(f"{request.param}_url"))


# --- browser ----------------------------------------------------------------------------------------------

CHROMIUM_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
)  # fmt: skip


@dataclass
class Watch:
    """What a page did that it must not do; `take` hands it over, so that a test may plant a fault."""

    page_errors: list[str] = field(default_factory=list)
    policy_violations: list[str] = field(default_factory=list)
    foreign_requests: list[str] = field(default_factory=list)
    console_errors: list[str] = field(default_factory=list)

    def attach(self, page: "Page") -> None:
        """Listens to a page."""
        page.on("pageerror", lambda error: self.page_errors.append(str(error)))
        page.on("console", lambda message: self.hear(message.type, message.text))
        page.on("request", lambda request: self.see(request.url))

    def hear(self, kind: str, text: str) -> None:
        """Keeps errors of the console; a breach of the content security policy counts as such."""
        if "Content Security Policy" in text:
            self.policy_violations.append(text)
        elif kind == "error":
            self.console_errors.append(text)

    def see(self, url: str) -> None:
        """Keeps requests that leave the machine."""
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname not in {"127.0.0.1", "localhost"}:
            self.foreign_requests.append(url)

    def problems(self) -> list[str]:
        """Page errors, policy violations and foreign requests so far, one line each."""
        return [
            *(f"page error: {text}" for text in self.page_errors),
            *(f"policy: {text}" for text in self.policy_violations),
            *(f"foreign request: {text}" for text in self.foreign_requests),
        ]

    def take(self) -> list[str]:
        """The problems so far, which are then forgotten."""
        found = self.problems()
        for kept in (self.page_errors, self.policy_violations, self.foreign_requests, self.console_errors):
            kept.clear()
        return found


@pytest.fixture(scope="module")
def chromium() -> "Iterator[Browser]":
    """A Chromium that cannot reach beyond this machine (per module: its event loop must not outlive page tests)."""
    program = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def watch() -> Watch:
    """What the page of this test did that it must not do."""
    return Watch()


@pytest.fixture
def page(chromium: "Browser", watch: Watch) -> "Iterator[Page]":
    """A fresh page, 1280 x 800; the test fails when it ends with a page error, policy violation or foreign request."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="it-IT")
    context.set_default_timeout(15_000)
    new = context.new_page()
    watch.attach(new)
    yield new
    context.close()
    assert watch.problems() == []


@pytest.fixture(scope="session")
def land_command() -> list[str]:
    """The start of a command line that runs `land` as installed in this environment."""
    return [str(Path(sys.executable).with_name("land"))]
