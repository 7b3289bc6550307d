"""The main path in a real Chromium: home, organisation, partners of each kind, why, map, comune, in both languages."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from data.example import EXAMPLE
from data.model import Audience, OrganisationKind, Status
from data.store import Store, open_store
from matching.kinds import PARTNERSHIPS
from service.partners import find_partners
from service.snapshot import build_snapshot, today
from service.templating import page_address

pytestmark = pytest.mark.browser

Running = Callable[[Store], AbstractContextManager[str]]

SLUG = {"aggregation": "aggregazione", "supply-chain": "filiera", "public-private": "pubblico-privato"}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def walk_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The demonstration store of this module; one test writes to it."""
    store = open_store(Path(tmp_path_factory.mktemp("walk")) / "land.sqlite")
    store.load(EXAMPLE, [])
    yield store
    store.close()


@pytest.fixture(scope="module")
def site(walk_store: Store, running: Running) -> Iterator[str]:
    """The address of the service over the demonstration store."""
    with running(walk_store) as address:
        yield address


@pytest.fixture(scope="module")
def cooperative(walk_store: Store) -> tuple[str, str, list[str]]:
    """A demonstration cooperative with partners of every kind: id, name, its first partners."""
    snapshot = build_snapshot(walk_store, Audience.OPERATOR, today())
    for body in snapshot.organisations:
        if body.kind is OrganisationKind.COOPERATIVE and body.status is Status.ACTIVE:
            answers = [find_partners(snapshot, body.id, kind, limit=4).recommendations for kind in PARTNERSHIPS]
            if all(len(rows) == 4 for rows in answers):
                return body.id, body.name, [row.partner for row in answers[0]]
    raise AssertionError("no demonstration cooperative has partners of every kind")


@pytest.mark.parametrize("language", ["it", "en"])
def test_the_main_path(page: Page, site: str, cooperative: tuple[str, str, list[str]], language: str):
    organisation, name, _ = cooperative
    page.goto(site + page_address(language))
    expect(page.locator("[data-small-map][data-ready=true]")).to_be_attached()
    page.locator("input[type=search]").fill(name.split(" - ")[0])
    page.locator(".land-search button").click()
    page.locator(f".land-results a[href$='{organisation}']").click()
    expect(page.locator("h1")).to_have_text(name)
    expect(page.locator("[data-small-map][data-ready=true]")).to_be_attached()
    for kind, slug in SLUG.items():
        page.goto(site + page_address(language, "organizzazioni", organisation))
        page.locator(
            f".land-kind[href='{page_address(language, 'organizzazioni', organisation, 'partner', slug)}']"
        ).click()
        expect(page.locator("[data-partners-map][data-ready=true]")).to_be_attached()
        cards = page.locator(".land-card")
        assert 4 <= cards.count() <= 10
        numbers = page.locator(".map-number-mark").all_text_contents()
        assert {n for each in numbers for n in re.findall(r"\d+", each)} <= {str(n) for n in range(1, 11)}, kind
        assert "1" in {n for each in numbers for n in re.findall(r"\d+", each)}
        why = cards.first.locator("details.land-why")
        why.locator("summary").first.click()
        expect(why.locator("svg.land-stack")).to_be_visible()
        bars = why.locator("svg.land-stack rect.land-gain")
        assert bars.count() == why.locator("tbody tr:not(.land-row-against)").count() > 0
        cards.first.hover()
        expect(page.locator(".map-number-mark.is-lit")).to_have_count(1)
        facts = cards.first.locator("details.land-behind").first
        facts.locator("summary").click()
        expect(facts.locator(".land-mark").first).to_be_visible()
    page.locator("nav.land-nav a").nth(1).click()
    expect(page.locator("[data-territory][data-ready=true]")).to_be_attached(timeout=30_000)
    page.locator("input[name=place]").fill("Viterbo (VT)")
    page.locator("input[name=place]").press("Enter")
    card = page.locator("[data-map-card]")
    expect(card.locator("h2")).to_have_text("Viterbo")
    card.locator(f"a[href^='{page_address(language, 'comuni')}/']").first.click()
    expect(page.locator("h1")).to_have_text("Viterbo")
    page.locator("a.land-lang").click()
    expect(page.locator("html")).to_have_attribute("lang", "en" if language == "it" else "it")


def pages_of(cooperative: tuple[str, str, list[str]]) -> list[str]:
    organisation, _, partners = cooperative
    own = page_address("it", "organizzazioni", organisation)
    chosen = "&".join(f"with={each}" for each in partners[:3])
    return [
        "/it", "/it/cerca?q=viterbo", "/it/cerca?q=zqzqzq", f"{own}?correct=sector&done=correction",
        f"{own}/partner/aggregazione?km=poco&n=3", f"{own}/partner/pubblico-privato?n=3",
        f"{own}/partner/aggregazione/confronto?{chosen}", f"{own}/partner/aggregazione/lista?{chosen}",
        "/it/fonti", "/it/guida", "/it/guida/federazione", "/it/nessuna-pagina",
    ]  # fmt: skip


def breaches(page: Page) -> list[tuple[str, list[str]]]:
    found = Axe().run(page, options={"runOnly": RULES})
    return [(each["id"], [node["html"][:120] for node in each["nodes"]][:3]) for each in found.response["violations"]]


@pytest.mark.parametrize("width", [1280, 320])
def test_every_page_is_accessible_with_everything_open(page: Page, watch, site: str, cooperative, width: int):
    page.set_viewport_size({"width": width, "height": 800})
    for address in pages_of(cooperative):
        page.goto(site + address)
        page.evaluate("document.querySelectorAll('details').forEach((box) => { box.open = true; })")
        assert breaches(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address


def test_axe_sees_a_planted_fault(page: Page, site: str):
    page.goto(site + "/it/cerca")
    page.evaluate("document.documentElement.removeAttribute('lang')")
    assert breaches(page)


def test_the_keyboard_reaches_everything_and_never_gets_lost(page: Page, site: str, cooperative):
    organisation, _, _ = cooperative
    page.goto(site + page_address("it", "organizzazioni", organisation, "partner", "filiera"))
    expect(page.locator("[data-partners-map][data-ready=true]")).to_be_attached()
    page.keyboard.press("Tab")
    expect(page.locator(".land-skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    seen = []
    for _ in range(60):
        state = page.evaluate(
            """() => {
              const at = document.activeElement;
              const box = at.getBoundingClientRect();
              const style = getComputedStyle(at);
              return {tag: at.tagName, name: (at.textContent || at.name || '').trim().slice(0, 60),
                      shown: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
                      ring: style.outlineStyle !== 'none' || style.boxShadow !== 'none'};
            }"""
        )
        assert state["tag"] != "BODY"
        assert state["shown"], state
        assert state["ring"], state
        seen.append((state["tag"], state["name"]))
        page.keyboard.press("Tab")
    assert {"A", "SUMMARY", "INPUT", "SELECT", "BUTTON"} <= {tag for tag, _ in seen}


def test_choices_are_remembered_counted_and_opened(page: Page, site: str, cooperative):
    organisation, _, _ = cooperative
    here = site + page_address("it", "organizzazioni", organisation, "partner", "aggregazione")
    page.goto(here)
    boxes = page.locator("input[name=with][type=checkbox]")
    boxes.nth(0).check()
    boxes.nth(2).check()
    expect(page.locator("[data-chosen-count]")).to_have_text("2 partner scelti:")
    page.goto(here + "?province=VT")
    expect(page.locator("[data-chosen-count]")).to_have_text("2 partner scelti:")
    page.locator("#scelti button").first.click()
    assert page.locator(".land-card").count() == 2
    assert page.url.count("with=") == 2
    page.emulate_media(media="print")
    assert not page.locator(".land-nav").is_visible()
    assert page.locator(".land-card").first.is_visible()
    assert 1 <= len(re.findall(rb"/Type /Page\b", page.pdf(prefer_css_page_size=True))) <= 2


def test_writing_works_without_script(chromium: Browser, site: str, cooperative):
    organisation, _, _ = cooperative
    context = chromium.new_context(java_script_enabled=False, locale="it-IT")
    page = context.new_page()
    page.goto(site + page_address("it", "organizzazioni", organisation))
    form = page.locator("form[action$='/dichiarazioni']")
    form.locator("#what").fill("serra fotovoltaica")
    form.locator("#quantity").fill("tanti")
    form.locator("button").click()
    expect(page.locator("#quantity-wrong")).to_be_visible()
    expect(page.locator("#what")).to_have_value("serra fotovoltaica")
    page.locator("#quantity").fill("120")
    page.locator("#unit").fill("m2")
    page.locator("form[action$='/dichiarazioni'] button").click()
    expect(page.locator(".land-done")).to_be_visible()
    expect(page.locator(".land-says")).to_contain_text("serra fotovoltaica, 120 m2")
    page.get_by_role("button", name="Ritira: serra fotovoltaica").click()
    expect(page.locator(".land-done")).to_contain_text("Ritirato")
    assert "serra fotovoltaica" not in page.content()
    page.goto(site + page_address("it", "organizzazioni", organisation) + "?correct=employees")
    page.locator("#dato-employees").fill("31")
    page.locator("form[action$='/correzioni'] button").click()
    expect(page.locator(".land-facts").nth(3)).to_contain_text("31")
    context.close()
