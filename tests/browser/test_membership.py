"""An officer reviews a membership list in a real Chromium: columns, handing in, comparing, deciding, undoing."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from data.membership import Decision
from data.model import Audience
from data.sources import source
from data.store import Store, open_store

pytestmark = pytest.mark.browser

Running = Callable[[Store], AbstractContextManager[str]]

LEGA = "Lega di prova"
ONE, TWO, THREE, FOUR = "99900010580", "99900020589", "99900030588", "99900040587"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OURS = (
    "tax_code;name;kind;municipality;province;federation\n"
    f"{ONE};Prova Uno società cooperativa;cooperative;Rieti;RI;{LEGA}\n"
    f"{TWO};Prova Due società cooperativa;cooperative;Viterbo;VT;{LEGA}\n"
    f"{THREE};Prova Tre società cooperativa;cooperative;Latina;LT;{LEGA}\n"
)
LIST = (
    "Matricola fiscale;Insegna;Comune della sede;Sigla provincia;Presidente\n"
    f"{ONE};Prova Uno Soc. Coop.;Cittaducale;RI;Nome-Segreto\n"
    f"{THREE};Prova Terza Soc. Coop.;Latina;LT;Nome-Segreto\n"
    f"{FOUR};Prova Quattro Soc. Coop.;Roma;RM;Nome-Segreto\n"
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store with three members of a federation."""
    opened = open_store(tmp_path / "land.sqlite")
    file = tmp_path / "ours.csv"
    file.write_text(OURS, "utf-8")
    opened.load(source("organisations"), [file])
    yield opened
    opened.close()


@pytest.fixture
def site(store: Store, running: Running) -> Iterator[str]:
    """The address of the service over that store."""
    with running(store) as address:
        yield address


def breaches(page: Page) -> list[tuple[str, list[str]]]:
    found = Axe().run(page, options={"runOnly": RULES})
    return [(each["id"], [node["html"][:120] for node in each["nodes"]][:3]) for each in found.response["violations"]]


def row_of(page: Page, kind: str, name: str):
    """The line of a change: its kind and whose."""
    return page.locator(".review-table tbody tr").filter(has_text=name).filter(has_text=kind)


def test_an_officer_reviews_a_membership_list(page: Page, site: str, store: Store, tmp_path: Path):
    file = tmp_path / "aderenti.csv"
    file.write_text(LIST, "utf-8")
    page.goto(site + "/it")
    page.locator("footer a", has_text="Aggiornamenti degli aderenti").click()
    expect(page.locator("#elenco ~ .land-note")).to_contain_text("Nessun cambiamento in attesa")

    # The columns have names of their own: they are guessed, mended, confirmed and saved.
    page.locator(".review-hand-in a", has_text="Le colonne hanno altri nomi?").click()
    page.locator("#fonte").select_option("membership")
    page.locator("#file").set_input_files(file)
    page.get_by_role("button", name="Leggi le intestazioni").click()
    expect(page.locator("#c-tax_code")).to_have_value("Matricola fiscale")
    expect(page.locator("#c-municipality")).to_have_value("Comune della sede")
    expect(page.locator("#c-province")).to_have_value("Sigla provincia")
    expect(page.locator("main")).not_to_contain_text("Segreto")
    assert breaches(page) == []
    page.locator("#c-name").select_option("Insegna")
    page.locator("#nome-mappa").fill("gestionale")
    page.get_by_role("button", name="Conferma e salva").click()
    expect(page.locator("[role=status]")).to_contain_text("salvata")

    # The list is handed in and compared: nothing is written.
    page.locator(".land-eyebrow a").click()
    page.locator("#file").set_input_files(file)
    page.locator("#federazione").fill(LEGA)
    page.locator("input[name=complete]").check()
    page.locator("#mappa").select_option("gestionale")
    page.get_by_role("button", name="Confronta").click()
    expect(page.locator("section[role=status]")).to_contain_text("3 righe lette: 3 confrontate, 0 scartate")
    expect(page.locator(".review-table tbody tr")).to_have_count(4)
    moved = row_of(page, "Sede spostata", "Prova Uno")
    expect(moved.locator("td").nth(0)).to_contain_text("Rieti (RI)")
    expect(moved.locator("td").nth(0)).to_contain_text("Organizzazioni (file proprio)")
    expect(moved.locator("td").nth(1)).to_contain_text("Cittaducale (RI)")
    expect(row_of(page, "Uscita o cessata", "Prova Due")).to_contain_text("L'elenco completo non la nomina.")
    expect(row_of(page, "Nome cambiato", "Prova Tre").locator("td").nth(1)).to_contain_text("Prova Terza Soc. Coop.")
    assert breaches(page) == []
    held = {one.name: (one.municipality, one.federation) for one in store.organisations(Audience.OPERATOR)}
    assert held["Prova Uno società cooperativa"] == ("057059", LEGA)

    # One is accepted from the keyboard, one refused with a reason, the rest is left for later.
    accept = moved.get_by_role("button", name="Accetta")
    accept.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#fatto")).to_contain_text("1 cambiamento accettato")
    left = row_of(page, "Uscita o cessata", "Prova Due")
    left.locator("input[name=reason]").fill("quota versata in ritardo")
    left.get_by_role("button", name="Rifiuta").click()
    expect(page.locator("#fatto")).to_contain_text("1 cambiamento rifiutato")
    expect(page.locator(".review-table tbody tr")).to_have_count(2)
    page.locator("summary", has_text="Decidi su tutti").click()
    page.get_by_role("button", name="Accetta tutti (2)").click()
    expect(page.locator("#fatto")).to_contain_text("2 cambiamenti accettati")

    # The card shows the new place and where it comes from; the refusal stays, the acceptance can be undone.
    page.goto(f"{site}/it/organizzazioni/{ONE}")
    expect(page.locator(".land-lead")).to_contain_text("Cittaducale (RI)")
    page.goto(f"{site}/it/aggiornamenti?state=refused")
    expect(page.locator(".review-table")).to_contain_text("quota versata in ritardo")
    page.locator(".review-states a", has_text="Accettati").click()
    row_of(page, "Sede spostata", "Prova Uno").get_by_role("button", name="Annulla la decisione").click()
    expect(page.locator("#fatto")).to_contain_text("di nuovo in attesa")
    page.goto(f"{site}/it/organizzazioni/{ONE}")
    expect(page.locator(".land-lead")).to_contain_text("Rieti (RI)")
    waiting = {one.proposal.field for one in store.reviews(Decision.PENDING)}
    assert waiting == {"municipality"}


def test_the_review_reads_on_a_narrow_screen_and_on_paper(page: Page, site: str, tmp_path: Path):
    file = tmp_path / "aderenti.csv"
    file.write_text(LIST.replace("Matricola fiscale", "codice_fiscale").replace("Insegna", "denominazione"), "utf-8")
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto(site + "/en/updates")
    page.locator("#file").set_input_files(file)
    page.locator("#federazione").fill(LEGA)
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("section[role=status]")).to_contain_text("3 rows read")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert breaches(page) == []
    first = page.locator(".review-table td").first
    shown = first.evaluate("cell => getComputedStyle(cell, '::before').content")
    assert re.search("In our data today", shown)
    page.emulate_media(media="print")
    expect(page.locator(".review-hand-in")).to_be_hidden()
    expect(page.locator(".review-decide").first).to_be_hidden()
    expect(page.locator(".review-table")).to_be_visible()
