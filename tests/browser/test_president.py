"""A president corrects the card and adds a need, and the suggestions change, the reason shown; then notes follow."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from data.example import EXAMPLE
from data.model import Audience, ContactOutcome, Organisation, OrganisationKind, Status, Visibility
from data.records import DeclarationRecord
from data.store import Store, open_store
from service.partners import find_partners
from service.snapshot import build_snapshot, today
from service.templating import page_address

pytestmark = pytest.mark.browser

Running = Callable[[Store], AbstractContextManager[str]]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NEED = "mensa scolastica"


@pytest.fixture(scope="module")
def town_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The demonstration store of this module, which the walk writes to."""
    store = open_store(Path(tmp_path_factory.mktemp("president")) / "land.sqlite")
    store.load(EXAMPLE, [])
    yield store
    store.close()


@pytest.fixture(scope="module")
def site(town_store: Store, running: Running) -> Iterator[str]:
    """The address of the service over it."""
    with running(town_store) as address:
        yield address


@pytest.fixture(scope="module")
def two(town_store: Store) -> tuple[Organisation, Organisation]:
    """A cooperative with partners, and another that none of its lists of suppliers names, with spare capacity."""
    snapshot = build_snapshot(town_store, Audience.OPERATOR, today())
    bodies = [
        each for each in snapshot.organisations
        if each.kind is OrganisationKind.COOPERATIVE and each.status is Status.ACTIVE and each.municipality
    ]  # fmt: skip
    for ours in bodies[:40]:
        named = {row.partner for row in find_partners(snapshot, ours.id, "supply-chain", limit=500).recommendations}
        theirs = next((each for each in bodies if each.id not in named and each.id != ours.id), None)
        if len(named) > 3 and theirs is not None:
            said = DeclarationRecord(
                organisation=theirs.identifiers[0], says="capacity", what=NEED, quantity=900.0, unit="pasti",
                period="day", visibility=Visibility.PUBLIC, date=today(),
            )  # fmt: skip
            town_store.declare(said)
            ready = DeclarationRecord(
                organisation=theirs.identifiers[0], says="available", what="guidare un raggruppamento", date=today()
            )
            town_store.declare(ready)
            return ours, theirs
    raise AssertionError("no pair that a need would bring together")


def accessible(page: Page) -> None:
    """Nothing that axe finds wrong, everything opened, nothing wider than the screen."""
    page.evaluate("document.querySelectorAll('details').forEach((box) => { box.open = true; })")
    found = Axe().run(page, options={"runOnly": RULES})
    breaches = [
        (each["id"], [node["html"][:160] for node in each["nodes"]][:3]) for each in found.response["violations"]
    ]
    assert breaches == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_a_need_changes_the_suggestions_and_what_follows_is_noted(page: Page, site: str, two):
    ours, theirs = two
    own = page_address("it", "organizzazioni", ours.id)
    suppliers = f"{site}{own}/partner/filiera?n=100"
    theirs_card = page.locator(f".land-card[data-partner='{theirs.id}']")
    page.goto(suppliers)
    expect(theirs_card).to_have_count(0)

    # the card is corrected
    page.goto(f"{site}{own}?correct=employees#tua")
    page.locator("#dato-employees").fill("42")
    page.locator("form[action$='/correzioni'] button").click()
    expect(page.locator(".land-done")).to_be_visible()
    expect(page.locator(".land-facts").nth(3)).to_contain_text("42")

    # a need is added, with a word that the list offers
    assert page.locator("#parole-proposte option").count() > 200
    assert page.locator(f"#parole-proposte option[value='{NEED}']").count() == 1
    page.get_by_label("Cerchiamo", exact=False).first.check()
    page.locator("#what").fill(NEED)
    page.locator("#quantity").fill("600")
    page.locator("#unit").fill("pasti")
    page.locator("#period").select_option("day")
    page.locator("form[action$='/dichiarazioni'] button").click()
    expect(page.locator(".land-says").first).to_contain_text(f"{NEED}, 600 pasti al giorno")

    # the suggestions have changed, and say why
    page.goto(suppliers)
    expect(theirs_card).to_have_count(1)
    expect(theirs_card.locator(".land-for")).to_contain_text(
        f"Ha capacità libera di quello che cercate: {NEED} (900 pasti al giorno)."
    )
    expect(theirs_card).to_contain_text("Disponibilità dichiarata: guidare un raggruppamento.")

    # what happened is noted on the card; a refusal is not proposed again
    note = theirs_card.locator("details", has_text="Registra che cosa è successo")
    note.locator("summary").click()
    note.get_by_label("contattata").check()
    note.get_by_label("Chi lo registra", exact=False).select_option("presidency")
    note.locator("button").click()
    expect(page.locator(".land-done")).to_contain_text("Esito registrato")
    page.goto(suppliers)
    expect(theirs_card.locator(".land-contact")).to_contain_text("contattata")
    note.locator("summary").click()
    note.get_by_label("rifiuto", exact=True).check()
    note.get_by_label("Chi lo registra", exact=False).select_option("presidency")
    note.get_by_label("Perché hanno rifiutato").select_option("terms")
    note.locator("button").click()
    page.goto(suppliers)
    expect(theirs_card).to_have_count(0)
    expect(page.locator("main")).to_contain_text("1 organizzazione non riproposta perché già rifiutata")
    page.get_by_role("link", name="Vedi e, se serve, annulla").click()
    expect(page.locator("main")).to_contain_text("condizioni economiche")
    page.get_by_role("button", name=re.compile("Togli")).first.click()
    expect(page.locator(".land-done")).to_contain_text("si può ripristinare")
    page.goto(suppliers)
    expect(theirs_card).to_have_count(1)

    # the need is changed, and changed back
    page.goto(site + own)
    page.get_by_role("link", name=f"Modifica: {NEED}", exact=False).click()
    expect(page.locator("#what")).to_have_value(NEED)
    page.locator("#what").fill("pulizie")
    page.locator("form[action$='/modifica'] button").click()
    expect(page.locator(".land-says").first).to_contain_text("pulizie, 600 pasti al giorno")
    page.goto(suppliers)
    expect(theirs_card).to_have_count(0)
    page.goto(site + own)
    page.get_by_role("button", name=re.compile("Annulla l'ultima modifica")).click()
    expect(page.locator(".land-says").first).to_contain_text(NEED)
    page.get_by_role("link", name="Che cosa avete detto e quando").click()
    expect(page.locator("table")).to_contain_text("modifica annullata")


@pytest.mark.parametrize("width", [1280, 320])
def test_the_pages_of_what_people_say_are_accessible(page: Page, site: str, two, width: int):
    ours, theirs = two
    page.set_viewport_size({"width": width, "height": 800})
    own = page_address("it", "organizzazioni", ours.id)
    for address in (
        own, f"{own}/dichiarazioni", f"{own}/partner/filiera?n=3", f"{own}/partner/filiera/lista?with={theirs.id}",
        page_address("it", "esiti"), page_address("it", "rendiconto"), page_address("en", "rendiconto"),
    ):  # fmt: skip
        page.goto(site + address)
        accessible(page)


def test_what_was_noted_and_said_to_few_does_not_go_on_paper(page: Page, site: str, town_store: Store, two):
    ours, theirs = two
    town_store.record_outcome(
        ContactOutcome(
            id="", asker=ours.id, partner=theirs.id, kind="supply-chain", step="met", date=today(), note="nota interna"
        )
    )
    need = DeclarationRecord(organisation=ours.identifiers[0], says="seeks", what=NEED, date=today())
    town_store.declare(need)
    page.goto(f"{site}{page_address('it', 'organizzazioni', ours.id)}/partner/filiera?n=100")  # takes the new state
    time.sleep(1)
    listed = f"{site}{page_address('it', 'organizzazioni', ours.id)}/partner/filiera/lista?with={theirs.id}"
    for _ in range(20):
        page.goto(listed)
        if "nota interna" in page.content():
            break
        time.sleep(1)
    inside = page.locator(".land-contact", has_text="nota interna")
    ready = page.locator(".land-ready", has_text="guidare un raggruppamento")
    expect(inside).to_be_visible()
    expect(ready).to_be_visible()
    page.emulate_media(media="print")
    expect(inside).to_be_hidden()
    expect(ready).to_be_hidden()
    expect(page.locator(".land-card").first).to_be_visible()


def test_the_report_prints_on_two_pages(page: Page, site: str):
    page.goto(site + page_address("it", "rendiconto"))
    page.emulate_media(media="print")
    assert not page.locator(".land-nav").is_visible()
    assert 1 <= len(re.findall(rb"/Type /Page\b", page.pdf(prefer_css_page_size=True))) <= 2


def test_noting_works_without_script(chromium: Browser, site: str, two):
    ours, _theirs = two
    context = chromium.new_context(java_script_enabled=False, locale="it-IT")
    page = context.new_page()
    page.goto(f"{site}{page_address('it', 'organizzazioni', ours.id)}/partner/aggregazione?n=5")
    note = page.locator(".land-card details", has_text="Registra che cosa è successo").first
    note.locator("summary").click()
    note.get_by_label("rifiuto", exact=True).check()
    note.locator("button").click()
    expect(page.locator("#esito-by-wrong")).to_be_visible()
    expect(page.locator("#esito-reason-wrong")).to_be_visible()
    expect(page.get_by_label("rifiuto", exact=True)).to_be_checked()
    context.close()
