"""Doubtful pairs on the page and on the command line, decisions and their undoing, what a card tells of the past."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from data.model import Audience, Evidence, Identifier, Visibility
from data.records import Accepted, Assertion, OrganisationRecord, Source, SourceInfo
from data.resolution.candidates import Found
from data.store import Store, open_store
from service.cli import run

# An invented tax code with a valid check digit.
SPINDLE = "80012340586"
NAME, SPELT = "Istituto Nazionale per il Fuso e la Conocchia", "ISTITUTO NAZ. PER IL FUSO E LA CONOCCHIA"
DOUBTFUL = "Cooperativa sociale Filo d'Erba"


def load(store: Store, name: str, *rows: tuple[str, str, str], visibility: Visibility = Visibility.PUBLIC) -> None:
    """A list of bodies of Viterbo: scheme, code, name."""
    info = SourceInfo(
        name=name,
        title_it=name,
        title_en=name,
        publisher="",
        licence="",
        formats=(),
        files=1,
        evidence=Evidence.OFFICIAL,
    )
    outcomes = [
        Accepted(
            line,
            f"row-{line}",
            (
                OrganisationRecord(
                    (Identifier(scheme, code),),
                    (
                        Assertion("name", called, visibility=visibility),
                        Assertion("kind", "cooperative", visibility=visibility),
                        Assertion("municipality", "056059", visibility=visibility),
                    ),
                ),
            ),
        )
        for line, (scheme, code, called) in enumerate(rows, start=2)
    ]
    assert store.load(Source(info, lambda _paths, _options: iter(outcomes)), []).rejected == 0


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A store with one clear pair and one that a person must decide."""
    path = tmp_path / "land.sqlite"
    store = open_store(path)
    load(store, "list-one", ("tax-code", SPINDLE, SPELT), ("tax-code", "12345670588", DOUBTFUL))
    load(store, "list-two", ("ipa", "inf_c", NAME), ("ipa", "filo", f"Consorzio {DOUBTFUL}"))
    store.close()
    return path


@pytest.fixture
def store(file: Path) -> Store:
    """The same, open."""
    return open_store(file)


@pytest.fixture
def page(store: Store, client_of: Callable[..., TestClient]) -> TestClient:
    """The service of the operator over it."""
    return client_of(store)


def ids_of(html: str) -> tuple[str, str]:
    """The two ids of the first form on the page."""
    found = re.search(r'name="one" value="([^"]+)"><input type="hidden" name="other" value="([^"]+)"', html)
    assert found
    return found[1], found[2]


def decide(page: TestClient, verdict: str, one: str, other: str, headers: dict[str, str]) -> str:
    """The page after a decision."""
    answer = page.post("/it/doppioni/decisione", data={"one": one, "other": other, "verdict": verdict}, headers=headers)
    assert answer.status_code == 200
    return answer.text


def test_two_cards_and_why(page: TestClient) -> None:
    html = page.get("/it/doppioni").text
    assert SPELT in html
    assert NAME in html
    assert "Parole in comune: " in html
    assert "conocchia" in html
    assert "Quasi certamente la stessa" in html
    assert "Solo una è un consorzio" in html
    assert "style=" not in html.split("<main")[1]
    english = page.get("/en/duplicates").text
    assert "Words in common" in english
    assert "[duplicate." not in html + english


def test_the_same_and_back(page: TestClient, store: Store, own_page: dict[str, str]) -> None:
    one, other = ids_of(page.get("/it/doppioni").text)
    html = decide(page, "same", one, other, own_page)
    assert "Unite: i codici" in html
    kept = store.resolve(SPINDLE)
    gone = other if kept == one else one
    assert store.resolve("inf_c") == kept
    # The old address leads to the card, which says so and tells the story.
    moved = page.get(f"/it/organizzazioni/{gone}", follow_redirects=False)
    assert moved.headers["location"] == f"/it/organizzazioni/{kept}?done=joined"
    card = page.get(moved.headers["location"]).text
    assert "di una scheda unita a questa" in card
    assert "una persona ha deciso che era la stessa" in card
    html = page.post("/it/doppioni/annulla", data={"one": one, "other": other}, headers=own_page).text
    assert "tutto è come prima" in html
    assert store.resolve("inf_c") == gone
    assert page.get(f"/it/organizzazioni/{gone}").status_code == 200


def test_two_different_ones_are_not_shown_again(page: TestClient, own_page: dict[str, str]) -> None:
    one, other = ids_of(page.get("/it/doppioni").text)
    html = decide(page, "different", one, other, own_page)
    waiting = html.split('id="decise"')[0]
    assert NAME not in waiting
    assert DOUBTFUL.replace("'", "&#39;") in waiting
    assert "due diverse" in html
    html = page.post("/it/doppioni/annulla", data={"one": one, "other": other}, headers=own_page).text
    assert NAME in html.split('id="decise"')[0]


def test_not_knowing_leaves_the_pair_at_the_end(page: TestClient, own_page: dict[str, str]) -> None:
    one, other = ids_of(page.get("/it/doppioni").text)
    html = decide(page, "later", one, other, own_page)
    assert "Lasciata in attesa" in html
    second = ids_of(html)
    assert second != (one, other)
    assert f'value="{one}"' in html.split('id="decise"')[0]
    assert ids_of(decide(page, "later", *second, own_page)) == (one, other)
    assert "Ancora nessuna decisione" in html


def test_wrong_pairs_change_nothing_and_are_told(page: TestClient, store: Store, own_page: dict[str, str]) -> None:
    one, other = store.resolve(SPINDLE), store.resolve("12345670588")
    assert "si contraddicono" in decide(page, "same", one, other, own_page)
    assert "non c&#39;è più" in decide(page, "same", one, "nobody", own_page)
    assert "non c&#39;è più" in decide(page, "different", "nobody", other, own_page)
    assert store.decisions() == []
    answer = page.post(
        "/it/doppioni/decisione", data={"one": "x" * 99, "other": other, "verdict": "same"}, headers=own_page
    )
    assert answer.status_code == 422


def test_a_page_without_pairs_says_what_would_fill_it(example_store: Store, operator: TestClient) -> None:
    html = operator.get("/it/doppioni?p=7").text
    assert "Nessuna coppia da decidere" in html
    assert "Quando carichi un altro elenco" in html
    assert example_store.duplicates().compared == 0


def test_the_public_knows_nothing_of_it(
    store: Store, client_of: Callable[..., TestClient], own_page: dict[str, str]
) -> None:
    public = client_of(store, public=True)
    for path in ("/it/doppioni", "/en/duplicates"):
        assert public.get(path).status_code == 404
    answer = public.post("/it/doppioni/decisione", data={"one": "a", "other": "b", "verdict": "same"}, headers=own_page)
    assert answer.status_code in (403, 404)
    assert "doppioni" not in public.get("/it/fonti").text
    assert "/it/doppioni" in client_of(store).get("/it/fonti").text


def test_former_names_on_the_card_and_in_the_search(
    page: TestClient, store: Store, client_of: Callable[..., TestClient]
) -> None:
    load(store, "list-one", ("tax-code", SPINDLE, "Fondazione Arcolaio"))
    load(store, "own", ("tax-code", SPINDLE, "Canarino Riservato Zeta"), visibility=Visibility.RESERVED)
    kept = store.resolve(SPINDLE)
    for client, hidden_too in ((client_of(store), True), (client_of(store, public=True), False)):
        card = client.get(f"/it/organizzazioni/{kept}").text
        assert "Storia" in card
        assert f"si chiamava «{SPELT}»" in card
        assert ("Canarino Riservato Zeta" in card) is hidden_too
        found = client.get("/it/cerca", params={"q": SPELT}).text
        assert "Fondazione Arcolaio" in found
        assert (
            f"/it/organizzazioni/{kept}" in client.get("/it/cerca", params={"q": "Canarino Riservato Zeta"}).text
        ) is (hidden_too)


def test_a_body_without_a_past_has_no_story(page: TestClient, store: Store) -> None:
    assert '<h2 id="storia"' not in page.get(f"/it/organizzazioni/{store.resolve('filo')}").text


def test_the_command_shows_and_joins(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LAND_STORE", str(file))
    assert run(["duplicates"]) == 0
    said = capsys.readouterr().out
    assert "Da unire senza chiedere: 1. Da decidere: 1." in said
    assert "+ Parole in comune" in said
    assert run(["duplicates", "--apply", "--limit", "0", "--language", "en"]) == 0
    assert capsys.readouterr().out.strip().startswith("Joined: 1. To be decided: 1.")
    assert run(["duplicates", "--apply", "--json", "--limit", "1"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["joined"], told["to_join"], told["to_decide"]) == (0, 0, 1)
    (pair,) = told["pairs"]
    odds = pair["start"] + sum(part["contribution"] for part in pair["contributions"])
    assert (odds > 0) == (pair["probability"] > 0.5)
    assert run(["duplicates", "--limit", "-1"]) == 2


def test_a_load_says_how_many_pairs_wait(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = tmp_path / "elenco.csv"
    rows.write_text(f"id,name,kind,municipality\nA1,{NAME},third-sector,056059\n", encoding="utf-8")
    monkeypatch.setenv("LAND_STORE", str(file))
    assert run(["load", "organisations", str(rows)]) == 0
    assert "attendono una decisione" in capsys.readouterr().out
    store = open_store(file)
    assert store.decisions() == []
    assert len({body.id for body in store.organisations(Audience.OPERATOR) if body.name in (NAME, SPELT)}) == 3


# --- the search beside ------------------------------------------------------------------------------------------


@pytest.fixture
def gate(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Searches stand still until the event is set."""
    opened, real = threading.Event(), store.duplicates
    opened.set()

    def slow() -> Found:
        assert opened.wait(60)
        return real()

    monkeypatch.setattr(store, "duplicates", slow)
    yield opened
    opened.set()


def waiting_in(html: str) -> str:
    return html.split('id="decise"')[0]


def until_found(page: TestClient) -> str:
    """The page once no search is going on."""
    for _ in range(600):
        html = page.get("/it/doppioni").text
        if "stiamo cercando di nuovo" not in html:
            return html
        time.sleep(0.05)
    raise AssertionError("the search never ended")


def test_nobody_waits_for_a_search_but_the_first_and_the_page_says_that_one_is_going_on(
    page: TestClient, store: Store, gate: threading.Event
) -> None:
    assert NAME in page.get("/it/doppioni").text
    gate.clear()
    load(store, "list-three", ("tax-code", "00993600586", "Cooperativa Il Telaio"))
    load(store, "list-four", ("ipa", "tel", "Cooperativa Il Telaio"))
    html = page.get("/it/doppioni").text
    assert NAME in html
    assert "stiamo cercando di nuovo" in html
    assert "Il Telaio" not in waiting_in(html)
    gate.set()
    assert "Il Telaio" in waiting_in(until_found(page))


def test_a_decision_taken_back_is_in_the_list_at_once(
    page: TestClient, gate: threading.Event, own_page: dict[str, str]
) -> None:
    one, other = ids_of(page.get("/it/doppioni").text)
    assert NAME not in waiting_in(decide(page, "same", one, other, own_page))
    gate.clear()
    html = page.post("/it/doppioni/annulla", data={"one": one, "other": other}, headers=own_page).text
    assert NAME in waiting_in(html)
    assert ids_of(html) == (one, other)
    gate.set()
    assert NAME in waiting_in(until_found(page))


def test_a_decision_older_than_the_service_is_taken_back_too(
    store: Store, client_of: Callable[..., TestClient], own_page: dict[str, str]
) -> None:
    item = next(iter(store.duplicates().join))
    store.join(item.one, item.other)
    page = client_of(store)
    assert NAME not in waiting_in(page.get("/it/doppioni").text)
    html = page.post("/it/doppioni/annulla", data={"one": item.one, "other": item.other}, headers=own_page).text
    assert NAME in waiting_in(html)


def test_pairs_by_kind(page: TestClient) -> None:
    assert NAME in page.get("/it/doppioni?natura=cooperatives").text
    html = page.get("/it/doppioni?natura=public-bodies").text
    assert NAME not in html
    assert "Nessuna coppia di questa natura" in html
    assert NAME in page.get("/it/doppioni?natura=boh").text


def test_the_pairs_are_looked_for_when_the_service_of_the_operator_starts(
    store: Store, client_of: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    searched, real = threading.Event(), store.duplicates

    def told() -> Found:
        searched.set()
        return real()

    monkeypatch.setattr(store, "duplicates", told)
    with client_of(store):
        assert searched.wait(60)
