"""A walk in Chromium of "perché" and "perché non": from the sum of a card to one that is filtered, lower, refused."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from data.example import EXAMPLE
from data.model import Audience, ContactOutcome, OrganisationKind, Status
from data.store import Store, open_store
from service.partner_asides import missing_datum
from service.partners import find_partners
from service.snapshot import Snapshot, build_snapshot, today
from service.templating import page_address

pytestmark = pytest.mark.browser

Running = Callable[[Store], AbstractContextManager[str]]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def asked_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The demonstration store of this module; the last test writes to it."""
    store = open_store(Path(tmp_path_factory.mktemp("why-not")) / "land.sqlite")
    store.load(EXAMPLE, [])
    yield store
    store.close()


@pytest.fixture(scope="module")
def site(asked_store: Store, running: Running) -> Iterator[str]:
    """The address of the service over it."""
    with running(asked_store) as address:
        yield address


@pytest.fixture(scope="module")
def snapshot(asked_store: Store) -> Snapshot:
    """The store as it was at first."""
    return build_snapshot(asked_store, Audience.OPERATOR, today())


@pytest.fixture(scope="module")
def asker(snapshot: Snapshot) -> tuple[str, list[str]]:
    """An active cooperative that lacks a datum and has more than ten partners: its id, and theirs in order."""
    for body in snapshot.organisations:
        if body.kind is OrganisationKind.COOPERATIVE and body.status is Status.ACTIVE:
            found = find_partners(snapshot, body.id, "aggregation", limit=500).recommendations
            if len(found) > 11 and missing_datum(snapshot, body.id, "aggregation", only_certain=False):
                return body.id, [each.partner for each in found]
    raise AssertionError("no cooperative with eleven partners")


def fit_to_read(page: Page) -> None:
    """Nothing that axe finds wrong with everything opened, nothing wider than the screen, no word missing."""
    page.evaluate("document.querySelectorAll('details').forEach((box) => { box.open = true; })")
    found = Axe().run(page, options={"runOnly": RULES})
    breaches = [
        (each["id"], [node["html"][:160] for node in each["nodes"]][:3]) for each in found.response["violations"]
    ]
    assert breaches == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    assert not re.search(r"\[[a-z_-]+\.[a-z_.-]+\]", page.locator("main").inner_text())


def list_of(language: str, organisation: str) -> str:
    return page_address(language, "organizzazioni", organisation, "partner", "aggregazione")


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["it", "en"])
def test_from_why_to_why_not(
    page: Page, site: str, snapshot: Snapshot, asker: tuple[str, list[str]], language: str, width: int
):
    organisation, found = asker
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(site + list_of(language, organisation))
    first = page.locator(".land-card").first
    first.locator(".land-why > summary").click()
    expect(first.locator(".land-why .land-sum-table")).to_be_visible()
    expect(first.locator(".land-other-side")).to_be_visible()

    lower = snapshot.organisation(found[11])
    page.get_by_role("searchbox").fill(lower.name)
    page.get_by_role("button", name="Dimmi perché" if language == "it" else "Tell me why").click()
    page.locator(f".land-results a[href$='who={found[11]}']").click()
    expect(page.locator("h1")).to_contain_text(lower.name)
    place = f"al 12º posto su {len(found)}" if language == "it" else f"at place 12 of {len(found)}"
    expect(page.locator(".land-why-first")).to_contain_text(place)
    expect(page.locator(".land-why-down").first).to_be_visible()
    fit_to_read(page)
    page.get_by_role("link", name="Torna all'elenco" if language == "it" else "Back to the list").click()
    expect(page.locator(".land-card").first).to_be_visible()


def test_by_keyboard_and_without_a_mouse(page: Page, site: str, snapshot: Snapshot, asker: tuple[str, list[str]]):
    organisation, found = asker
    page.goto(site + list_of("it", organisation))
    box = page.get_by_role("searchbox")
    box.focus()
    page.keyboard.type(snapshot.organisation(found[0]).name)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Perché non c'è…?")
    page.locator(".land-results a").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".land-why-first")).to_have_text(f"È già in elenco: 1º posto su {len(found)}.")


def test_what_a_filter_takes_out_is_told_with_the_filter(page: Page, site: str, asker: tuple[str, list[str]]):
    organisation, found = asker
    page.goto(f"{site}{list_of('it', organisation)}/perche-non?who={found[0]}&size=large&sector=99")
    expect(page.locator(".land-why-causes")).to_contain_text("La toglie il filtro «settore 99».")
    expect(page.locator("main")).to_contain_text(f"Senza questo sarebbe al 1º posto su {len(found)}.")
    page.goto(f"{site}{list_of('it', organisation)}?sector=99&new=1&rivals=without")
    empty = page.locator("#rifiuto ~ p")
    expect(empty).to_contain_text(f"Senza filtri avreste {len(found)} proposte")
    expect(empty).to_contain_text(f"«settore 99» da solo ne toglie {len(found)}")
    expect(page.locator("input[name=new][type=checkbox]")).to_be_checked()
    expect(page.locator("#rivals")).to_have_value("without")
    fit_to_read(page)


def test_the_missing_datum_opens_its_box(page: Page, site: str, asker: tuple[str, list[str]]):
    organisation, _ = asker
    page.goto(site + list_of("it", organisation))
    expect(page.locator(".land-missing")).to_contain_text("Il dato che cambierebbe di più i primi cinque è")
    page.locator(".land-missing a").click()
    target = page.evaluate("location.hash").removeprefix("#")
    expect(page.locator(f"#{target}")).to_be_visible()
    fit_to_read(page)


def test_a_refusal_noted_is_the_reason(page: Page, site: str, asked_store: Store, asker: tuple[str, list[str]]):
    organisation, found = asker
    said = {"asker": organisation, "partner": found[1], "kind": "aggregation", "step": "refused", "reason": "not-now"}
    asked_store.record_outcome(ContactOutcome(id="", date=today(), **said))
    page.goto(f"{site}{list_of('it', organisation)}/perche-non?who={found[1]}")
    page.wait_for_timeout(1500)
    for _ in range(20):
        page.reload()
        if "È stato annotato un rifiuto" in page.locator("main").inner_text():
            break
        page.wait_for_timeout(500)
    expect(page.locator(".land-why-causes")).to_contain_text("È stato annotato un rifiuto")
    expect(page.locator("main")).to_contain_text(f"Senza questo sarebbe al 2º posto su {len(found)}.")
    fit_to_read(page)
