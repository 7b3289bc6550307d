"""Doubtful pairs in a real Chromium: read two cards, decide with the keyboard alone, undo; on a phone too."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from data.model import Evidence, Identifier
from data.records import Accepted, Assertion, OrganisationRecord, Source, SourceInfo
from data.store import Store, open_store

pytestmark = pytest.mark.browser

Running = Callable[[Store], AbstractContextManager[str]]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Invented tax codes with valid check digits.
PAIRS = (
    (
        "80012340586",
        "ISTITUTO NAZ. PER IL FUSO E LA CONOCCHIA",
        "inf_c",
        "Istituto Nazionale per il Fuso e la Conocchia",
    ),
    ("12345670588", "COOPERATIVA SOCIALE FILO D'ERBA", "filo", "Consorzio cooperativa sociale <b>Filo d'Erba</b>"),
)


def load(store: Store, name: str, rows: list[tuple[str, str, str]]) -> None:
    """A list of bodies of Viterbo."""
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
    said = (Assertion("kind", "public-body"), Assertion("municipality", "056059"))
    outcomes = [
        Accepted(
            line, f"row-{line}", (OrganisationRecord((Identifier(scheme, code),), (Assertion("name", called), *said)),)
        )
        for line, (scheme, code, called) in enumerate(rows, start=2)
    ]
    assert store.load(Source(info, lambda _paths, _options: iter(outcomes)), []).rejected == 0


@pytest.fixture
def site(tmp_path: Path, running: Running) -> Iterator[str]:
    """The address of an operator's service over a store with two doubtful pairs."""
    store = open_store(tmp_path / "land.sqlite")
    load(store, "list-one", [("tax-code", code, name) for code, name, _other, _spelt in PAIRS])
    load(store, "list-two", [("ipa", other, spelt) for _code, _name, other, spelt in PAIRS])
    with running(store) as address:
        yield address
    store.close()


def accessible(page: Page) -> None:
    """axe finds nothing on the page as it stands."""
    found = Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()


def test_a_pair_is_joined_and_parted_with_the_keyboard(page: Page, site: str) -> None:
    page.goto(f"{site}/it/doppioni")
    expect(page.locator(".duplicate-pair")).to_have_count(2)
    # Stored text is text: the tags of a name stand on the page as typed.
    expect(page.locator(".duplicate-card h3", has_text="<b>Filo d'Erba</b>")).to_have_count(1)
    accessible(page)
    same = page.locator(".duplicate-pair").first.get_by_role("button", name="È la stessa")
    same.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#fatto")).to_contain_text("Unite")
    expect(page.locator(".duplicate-pair")).to_have_count(1)
    accessible(page)
    page.get_by_role("link", name="apri la scheda").click()
    expect(page.get_by_role("heading", name="Storia")).to_be_visible()
    accessible(page)
    page.go_back()
    page.get_by_role("button", name="Annulla la decisione").focus()
    page.keyboard.press("Space")
    expect(page.locator("#fatto")).to_contain_text("tutto è come prima")
    expect(page.locator(".duplicate-pair")).to_have_count(2)


def test_two_different_ones_go_away_in_english_too(page: Page, site: str) -> None:
    page.goto(f"{site}/en/duplicates")
    for left in (1, 0):
        page.locator(".duplicate-pair").first.get_by_role("button", name="They are two different ones").click()
        expect(page.locator(".duplicate-pair")).to_have_count(left)
    expect(page.get_by_text("No pair to decide")).to_be_visible()
    accessible(page)


def test_on_a_phone_nothing_is_cut(page: Page, site: str) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(f"{site}/it/doppioni")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    accessible(page)
