"""Words taken back and erased for good: the day and the kind stay, the words nowhere in the store's file."""

import re
import sqlite3
from datetime import date
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from data.model import Audience, ContactOutcome, OrganisationKind, Visibility
from data.records import DossierRecord
from data.store import Store

CANARY, FIRST = "parole-da-cancellare-canarino", "prima-stesura-canarina"
DAY = date(2026, 3, 1)


def where_it_stands(file: Path, words: str) -> list[str]:
    """Table and column of every text of the store that holds the words."""
    with sqlite3.connect(file) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = []
        for table in tables:
            for column in [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]:
                query = f'SELECT count(*) FROM "{table}" WHERE instr(CAST("{column}" AS TEXT), ?)'
                if connection.execute(query, (words,)).fetchone()[0]:
                    found.append(f"{table}.{column}")
        return found


@pytest.fixture
def dossier(own_store: Store) -> str:
    said = DossierRecord(key="", title="Mense", kind="dossier", visibility=Visibility.FEDERATION)
    return own_store.create_dossier(said, DAY)


@pytest.fixture
def line(own_store: Store, dossier: str) -> str:
    """A line of a log that was taken out."""
    made = own_store.add_event(dossier, "meeting", f"Incontro: {CANARY}", DAY)
    assert own_store.withdraw_event(dossier, made, DAY)
    return made


@pytest.fixture
def step(own_store: Store) -> str:
    """A step with a note, corrected once, that was taken back."""
    bodies = [
        each.id for each in own_store.organisations(Audience.OPERATOR) if each.kind is OrganisationKind.COOPERATIVE
    ]
    said = ContactOutcome(
        id="", asker=bodies[0], partner=bodies[1], kind="aggregation", step="met", date=DAY, note=FIRST
    )
    made = own_store.record_outcome(said)
    assert own_store.edit_outcome(made, {"note": CANARY, "step": "agreed"})
    assert own_store.take_outcome_back(made, DAY)
    return made


@pytest.fixture
def site(own_store, client_of, own_page) -> TestClient:
    client = client_of(own_store)
    client.headers.update(own_page)
    return client


def test_a_line_that_was_taken_out_is_erased_for_good(site, own_store, own_file, dossier, line):
    address = f"/it/dossier/{dossier}/registro"
    assert where_it_stands(own_file, CANARY) == ["dossier_event.text"]
    assert f'href="{address}/ritiro"' in site.get(f"/it/dossier/{dossier}").text
    assert CANARY in site.get(f"{address}/ritiro").text
    version = own_store.version()
    unsure = site.post(f"{address}/{line}/elimina", data={})
    assert unsure.status_code == 422
    assert "non è stato cancellato nulla" in unsure.text
    assert own_store.version() == version
    done = site.post(f"{address}/{line}/elimina", data={"sure": "1"})
    assert done.status_code == 200
    assert CANARY not in done.text
    assert re.search(r"1 marzo 2026</time> · incontro: <em>testo cancellato", done.text)
    assert where_it_stands(own_file, CANARY) == []
    assert own_store.version() == version + 1
    assert site.post(f"{address}/{line}/elimina", data={"sure": "1"}).status_code == 404
    own_store.undo_dossier(dossier, DAY)
    assert where_it_stands(own_file, CANARY) == []


def test_a_line_in_force_and_one_of_another_dossier_stay(own_store, own_file, dossier, line):
    kept = own_store.add_event(dossier, "note", "resta-qui", DAY)
    other = own_store.create_dossier(DossierRecord(key="", title="Altro"), DAY)
    assert not own_store.erase_event(dossier, kept)
    assert not own_store.erase_event(other, line)
    assert where_it_stands(own_file, "resta-qui") == where_it_stands(own_file, CANARY) == ["dossier_event.text"]


def test_the_note_of_a_step_is_erased_with_what_corrections_replaced(site, own_store, own_file, step):
    address = f"/it/esiti/{step}/elimina"
    assert where_it_stands(own_file, CANARY) == ["contact_outcome.note"]
    assert where_it_stands(own_file, FIRST) == ["change_log.before"]
    assert f'href="{address}"' in site.get("/it/esiti").text
    page = site.get(address).text
    assert CANARY in page
    assert FIRST in page
    assert site.post(address, data={}).status_code == 422
    assert where_it_stands(own_file, CANARY)
    done = site.post(address, data={"sure": "1"})
    assert "Testo cancellato per sempre" in done.text
    for words in (CANARY, FIRST):
        assert where_it_stands(own_file, words) == []
        assert words not in done.text + site.get("/it/esiti").text
    assert site.post(address, data={"sure": "1"}).status_code == 404
    assert own_store.restore_outcome(step)
    (back,) = [each for each in own_store.outcomes(Audience.OPERATOR) if each.id == step]
    assert (back.note, back.step, back.date) == (None, "agreed", DAY)
    own_store.undo_outcome(step)
    assert [each.note for each in own_store.outcomes(Audience.OPERATOR) if each.id == step] == [None]


def test_a_note_in_force_is_not_erased(own_store, own_file, step):
    assert own_store.restore_outcome(step)
    assert own_store.notes_held(step) == []
    assert not own_store.erase_note(step)
    assert where_it_stands(own_file, CANARY) == ["contact_outcome.note"]


def test_nothing_of_it_stays_in_the_file_once_it_is_closed(own_store, own_file, dossier, line, step):
    assert own_store.erase_event(dossier, line)
    assert own_store.erase_note(step)
    own_store.close()
    for file in own_file.parent.glob(f"{own_file.name}*"):
        held = file.read_bytes()
        assert CANARY.encode() not in held
        assert FIRST.encode() not in held


def test_the_public_sees_none_of_these_pages(own_store, client_of, dossier, line, step):
    visitor = client_of(own_store, public=True)
    for address in (f"/it/dossier/{dossier}/registro/ritiro", f"/it/esiti/{step}/elimina"):
        assert visitor.get(address).status_code == 404
    assert visitor.post(f"/it/esiti/{step}/elimina", data={"sure": "1"}).status_code in (403, 404, 405)


def test_both_languages_have_the_pages(site, dossier, line, step):
    for address in (f"/en/dossiers/{dossier}/log/withdrawal", f"/en/outcomes/{step}/removal"):
        page = site.get(address).text
        assert "for good" in page
        assert CANARY in page
