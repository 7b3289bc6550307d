# SPDX-License-Identifier: EUPL-1.2
"""`land fetch`: from the publisher's address into the store in one command, or the way to do it by hand."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from data.lazio import downloads
from service.cli import run


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Keep the test output quiet."""


@pytest.fixture
def publisher(shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("LAND_STORE", str(tmp_path / "land.sqlite"))
    monkeypatch.setenv("LAND_CACHE", str(tmp_path / "cache"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(shared_data)))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def publish(monkeypatch: pytest.MonkeyPatch, source: str, address: str) -> None:
    moved = dict(downloads.publications())
    moved[source] = replace(moved[source], addresses=(address,))
    monkeypatch.setattr(downloads, "publications", lambda: moved)


def test_a_source_comes_from_its_address_into_the_store(
    publisher: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    publish(monkeypatch, "ipa", f"{publisher}/ipa_enti_lazio.csv")
    assert run(["fetch", "ipa", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["added"] == 1830
    assert (tmp_path / "cache" / "ipa" / "ipa_enti.csv").exists()
    assert run(["fetch", "ipa", "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["unchanged"] == 1830
    assert "non è cambiato" in printed.err


def test_only_downloading_leaves_the_store_alone(
    publisher: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    publish(monkeypatch, "ipa", f"{publisher}/ipa_enti_lazio.csv")
    assert run(["fetch", "ipa", "--only-download", "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert [Path(file).name for file in files] == ["ipa_enti.csv"]
    assert not (tmp_path / "land.sqlite").exists()


def test_what_cannot_be_downloaded_is_told_with_the_way_by_hand(
    publisher: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    publish(monkeypatch, "ipa", f"{publisher}/not-there.csv")
    assert run(["fetch", "ipa"]) == 1
    told = capsys.readouterr().err
    assert "non c'è più" in told
    assert "https://indicepa.gov.it/ipa-dati/dataset/enti" in told
    assert "land load ipa FILE" in told
    assert not (tmp_path / "land.sqlite").exists()


def test_a_source_without_an_address_names_the_page(publisher: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert publisher
    assert run(["fetch", "cinque-per-mille"]) == 1
    assert "https://www.agenziaentrate.gov.it/" in capsys.readouterr().err


def test_a_year_that_is_not_offered_is_wrong_usage(
    publisher: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = dict(downloads.publications())
    moved["ipa"] = replace(moved["ipa"], addresses=(f"{publisher}/{{year}}.csv",), years=(2022, 2023))
    monkeypatch.setattr(downloads, "publications", lambda: moved)
    assert run(["fetch", "ipa", "--year", "1999"]) == 2
    assert "2022, 2023" in capsys.readouterr().err
