# SPDX-License-Identifier: EUPL-1.2
"""Downloads against a local server that serves real files with faults: cut, slow, missing, another type, ten times
the size, silent, changed meanwhile."""

import hashlib
import json
import threading
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from data.errors import FetchFailed
from data.fetching import Patience, fetch
from data.lazio.downloads import CADENCES, Download, publications
from data.sources import SOURCES

QUICK = Patience(connect=5, read=0.6, whole=30, tries=4, pause=0, slowest=20_000, slow_after=0.3)
CUT_AT = 300_000


class FaultyServer(ThreadingHTTPServer):
    """Serves the files of a folder under /FAULT/NAME and counts what it was asked."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), FaultyAnswers)
        self.folder = folder
        self.asked: Counter[str] = Counter()
        self.ranges: list[str] = []
        self.agents: set[str] = set()
        self.stopping = threading.Event()


class FaultyAnswers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FaultyServer

    def log_message(self, *_: object) -> None:
        """Keep the test output quiet."""

    def end_headers(self) -> None:
        self.send_header("connection", "close")
        super().end_headers()

    def do_GET(self) -> None:
        _, fault, name = self.path.split("?")[0].split("/")
        self.server.asked[fault] += 1
        self.server.agents.add(self.headers.get("user-agent", ""))
        self.close_connection = True
        getattr(self, f"answer_{fault.replace('-', '_')}")(name)

    def answer_ok(self, name: str, cut: int | None = None, etag: str = '"one"') -> None:
        content = (self.server.folder / name).read_bytes()
        if self.headers.get("if-none-match") == etag:
            self.send_response(304)
            self.end_headers()
            return
        start = 0
        wanted = self.headers.get("range", "")
        if wanted and self.headers.get("if-range") == etag:
            self.server.ranges.append(wanted)
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        self.send_response(206 if start else 200)
        if start:
            self.send_header("content-range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("content-length", str(len(content) - start))
        self.send_header("etag", etag)
        self.end_headers()
        self.wfile.write(content[start : start + cut] if cut else content[start:])

    def answer_cut(self, name: str) -> None:
        self.answer_ok(name, cut=CUT_AT)

    def answer_changed(self, name: str) -> None:
        """Cut at first; then the publisher has put another edition in its place."""
        first = self.server.asked["changed"] == 1
        self.answer_ok(name, cut=CUT_AT if first else None, etag='"old"' if first else '"new"')

    def answer_busy(self, name: str) -> None:
        if self.server.asked["busy"] > 2:
            self.answer_ok(name)
            return
        self.send_response(503)
        self.send_header("content-length", "0")
        self.end_headers()

    def answer_missing(self, _name: str) -> None:
        self.send_error(404)

    def answer_forbidden(self, _name: str) -> None:
        self.send_error(403)

    def answer_page(self, _name: str) -> None:
        self._send(b"\n<!DOCTYPE html><html><body>Accedi</body></html>")

    def answer_wrong_type(self, _name: str) -> None:
        self._send(b"%PDF-1.7 not a table")

    def answer_empty(self, _name: str) -> None:
        self._send(b"")

    def _send(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def answer_tenfold(self, name: str) -> None:
        """Says how large it is: ten times what is allowed."""
        content = (self.server.folder / name).read_bytes()
        self.send_response(200)
        self.send_header("content-length", str(len(content) * 10))
        self.end_headers()
        self.wfile.write(content)

    def answer_tenfold_untold(self, name: str) -> None:
        """Never says how large it is, and goes on and on."""
        content = (self.server.folder / name).read_bytes()
        self.send_response(200)
        self.end_headers()
        for _ in range(10):
            self.wfile.write(content)

    def answer_slow(self, name: str) -> None:
        """A few bytes now and then, each in time for the read time-out."""
        content = (self.server.folder / name).read_bytes()
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        for place in range(200):
            self.wfile.write(content[place * 10 : place * 10 + 10])
            if self.server.stopping.wait(0.05):
                return

    def answer_silent(self, _name: str) -> None:
        self.server.stopping.wait(10)

    def answer_liar(self, name: str) -> None:
        """Cut at first; then a rest that starts elsewhere than asked."""
        if not self.headers.get("range"):
            self.answer_ok(name, cut=CUT_AT)
            return
        content = (self.server.folder / name).read_bytes()
        self.send_response(206)
        self.send_header("content-range", f"bytes 5-{len(content) - 1}/{len(content)}")
        self.send_header("content-length", str(len(content) - 5))
        self.send_header("etag", '"one"')
        self.end_headers()
        self.wfile.write(content[5:])

    def answer_mixed(self, name: str) -> None:
        """Cut at first; then the rest of another edition, whatever mark was asked for."""
        if self.server.asked["mixed"] != 2:
            self.answer_ok(name, cut=CUT_AT if self.server.asked["mixed"] == 1 else None)
            return
        content = (self.server.folder / name).read_bytes().upper()
        self.send_response(206)
        self.send_header("content-range", f"bytes {CUT_AT}-{len(content) - 1}/{len(content)}")
        self.send_header("content-length", str(len(content) - CUT_AT))
        self.send_header("etag", '"two"')
        self.end_headers()
        self.wfile.write(content[CUT_AT:])

    def answer_round(self, name: str) -> None:
        self.send_response(302)
        self.send_header("location", f"/round/{name}")
        self.send_header("content-length", "0")
        self.end_headers()


@pytest.fixture
def server(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    found = FaultyServer(shared_data)
    threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield found
    found.stopping.set()
    found.shutdown()
    found.server_close()


NAME = "cinque_per_mille_2022_lazio.csv"


@pytest.fixture
def wanted(server: FaultyServer) -> Callable[..., Download]:
    def make(fault: str, *, kind: str = "csv", limit: int = 5_000_000, browser: bool = False) -> Download:
        address = f"http://127.0.0.1:{server.server_port}/{fault}/{NAME}"
        return Download("cinque-per-mille", address, NAME, kind, limit, browser)

    return make


def refusal(download: Download, folder: Path) -> FetchFailed:
    with pytest.raises(FetchFailed) as failed:
        fetch(download, folder, patience=QUICK)
    assert not (folder / NAME).exists(), "nothing may carry the final name"
    return failed.value


def test_a_file_comes_whole_and_is_checked(
    wanted: Callable[..., Download], server: FaultyServer, shared_data: Path, tmp_path: Path
) -> None:
    seen: list[tuple[int, int | None]] = []
    found = fetch(wanted("ok"), tmp_path, patience=QUICK, progress=lambda have, whole: seen.append((have, whole)))
    content = (shared_data / NAME).read_bytes()
    assert found.path.read_bytes() == content
    assert found.sha256 == hashlib.sha256(content).hexdigest()
    assert found.fresh
    assert seen[-1] == (len(content), len(content))
    assert sorted(path.name for path in tmp_path.iterdir()) == [NAME, f"{NAME}.note"]
    assert json.loads((tmp_path / f"{NAME}.note").read_text())["sha256"] == found.sha256
    assert server.agents == {"land-lazio (reader of open data)"}


def test_asking_again_downloads_nothing(wanted: Callable[..., Download], tmp_path: Path) -> None:
    first = fetch(wanted("ok"), tmp_path, patience=QUICK)
    again = fetch(wanted("ok"), tmp_path, patience=QUICK)
    assert not again.fresh
    assert (again.sha256, again.size, again.fetched) == (first.sha256, first.size, first.fetched)


def test_a_copy_that_was_tampered_with_is_downloaded_anew(wanted: Callable[..., Download], tmp_path: Path) -> None:
    first = fetch(wanted("ok"), tmp_path, patience=QUICK)
    content = first.path.read_bytes()
    first.path.write_bytes(b"x" + content[1:])
    again = fetch(wanted("ok"), tmp_path, patience=QUICK)
    assert again.fresh
    assert again.path.read_bytes() == content


def test_a_broken_download_goes_on_where_it_stopped(
    wanted: Callable[..., Download], server: FaultyServer, shared_data: Path, tmp_path: Path
) -> None:
    found = fetch(wanted("cut"), tmp_path, patience=QUICK)
    assert found.path.read_bytes() == (shared_data / NAME).read_bytes()
    assert server.ranges == [f"bytes={CUT_AT * time}-" for time in (1, 2, 3)]


def test_a_later_call_goes_on_too(
    wanted: Callable[..., Download], server: FaultyServer, shared_data: Path, tmp_path: Path
) -> None:
    once = Patience(connect=5, read=0.6, tries=1, pause=0)
    with pytest.raises(FetchFailed):
        fetch(wanted("cut"), tmp_path, patience=once)
    assert (tmp_path / f"{NAME}.part").stat().st_size == CUT_AT
    found = fetch(wanted("cut"), tmp_path, patience=QUICK)
    assert found.path.read_bytes() == (shared_data / NAME).read_bytes()
    assert server.ranges[0] == f"bytes={CUT_AT}-"


def test_two_editions_are_never_mixed(wanted: Callable[..., Download], shared_data: Path, tmp_path: Path) -> None:
    found = fetch(wanted("changed"), tmp_path, patience=QUICK)
    assert found.path.read_bytes() == (shared_data / NAME).read_bytes()


def test_the_rest_of_another_edition_is_not_taken(
    wanted: Callable[..., Download], shared_data: Path, tmp_path: Path, server: FaultyServer
) -> None:
    found = fetch(wanted("mixed"), tmp_path, patience=QUICK)
    assert found.path.read_bytes() == (shared_data / NAME).read_bytes()
    assert server.asked["mixed"] == 3


def test_a_rest_that_starts_elsewhere_is_not_taken(wanted: Callable[..., Download], tmp_path: Path) -> None:
    assert refusal(wanted("liar"), tmp_path).params["why"] == "fetch.broken"


def test_a_busy_publisher_is_asked_again(wanted: Callable[..., Download], server: FaultyServer, tmp_path: Path) -> None:
    assert fetch(wanted("busy"), tmp_path, patience=QUICK).fresh
    assert server.asked["busy"] == 3


@pytest.mark.parametrize(
    ("fault", "why", "times"),
    [
        ("missing", "fetch.not-found", 1),
        ("forbidden", "fetch.refused", 1),
        ("round", "fetch.refused", 6),
        ("page", "fetch.web-page", 1),
        ("wrong-type", "fetch.wrong-kind", 1),
        ("tenfold", "fetch.too-large", 1),
        ("tenfold-untold", "fetch.too-large", 1),
        ("empty", "fetch.broken", 4),
        ("slow", "fetch.broken", 4),
        ("silent", "fetch.broken", 4),
    ],
)
def test_what_fails_says_why(
    wanted: Callable[..., Download], server: FaultyServer, tmp_path: Path, fault: str, why: str, times: int
) -> None:
    assert refusal(wanted(fault, limit=1_000_000), tmp_path).params["why"] == why
    assert server.asked[fault] == times
    part = tmp_path / f"{NAME}.part"
    assert not part.exists() or part.stat().st_size <= 1_000_000


@pytest.mark.parametrize("kind", ["zip", "parquet", "xlsx", "json"])
def test_a_table_is_none_of_the_other_kinds(wanted: Callable[..., Download], tmp_path: Path, kind: str) -> None:
    assert refusal(wanted("ok", kind=kind), tmp_path).params["why"] == "fetch.wrong-kind"


def test_an_archive_is_taken_as_such(server: FaultyServer, tmp_path: Path) -> None:
    served = tmp_path / "served"
    served.mkdir()
    with zipfile.ZipFile(served / "table.zip", "w") as archive:
        archive.writestr("table.csv", "a;b\n1;2\n")
    server.folder = served
    address = f"http://127.0.0.1:{server.server_port}/ok/table.zip"
    assert fetch(Download("income", address, "table.zip", "zip", 10_000), tmp_path / "cache", patience=QUICK).fresh


def test_an_address_where_nobody_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with FaultyServer(tmp_path) as closed:
        address = f"http://127.0.0.1:{closed.server_port}/ok/{NAME}"
    with pytest.raises(FetchFailed) as failed:
        fetch(Download("ipa", address, NAME, "csv", 10_000), tmp_path, patience=QUICK)
    assert failed.value.params["why"] == "fetch.broken"


def test_publishers_that_want_a_browser_get_its_name(
    wanted: Callable[..., Download], server: FaultyServer, tmp_path: Path
) -> None:
    fetch(wanted("ok", browser=True), tmp_path, patience=QUICK)
    assert all(agent.startswith("Mozilla/") for agent in server.agents)


def test_a_full_disk_is_said(wanted: Callable[..., Download], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("data.fetching._receive", full)
    assert refusal(wanted("ok"), tmp_path).params["why"] == "fetch.no-room"


def test_every_publication_says_where_and_how_much() -> None:
    assert set(publications()) <= set(SOURCES)
    for publication in publications().values():
        assert publication.page.startswith("https://")
        assert publication.limit > 0
        assert all(download.address.startswith("https://") for download in publication.downloads())
        assert publication.cadence in CADENCES
        assert all("{" not in download.address for download in publication.downloads())


def test_a_year_is_filled_in() -> None:
    population = publications()["population"]
    assert population.downloads(2022)[0].address.endswith("POSAS_2022_it_Comuni.zip")
    assert population.downloads()[0].name == f"POSAS_{population.years[-1]}_it_Comuni.zip"
