"""A dossier from a need to an export in a real Chromium, with what the pages promise to every reader."""

import csv
import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from data.example import EXAMPLE
from data.model import Audience
from data.sources import source
from data.store import Store, open_store
from service.snapshot import today

pytestmark = pytest.mark.browser

Running = Callable[[Store], AbstractContextManager[str]]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CALLS = (
    "id;title;body;closes;state;beneficiaries;municipalities;source;read_on",
    'B1;Bando di prova aperto;Ente di prova;{later};open;"kind = cooperative; members >= 9";;https://www.example.org;{day}',
    "B2;Bando di prova scaduto;Ente di prova;2020-01-31;open;kind = cooperative;;BURL;{day}",
)


@pytest.fixture(scope="module")
def work_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The demonstration store of this module with two calls; the walk writes to it."""
    folder = Path(tmp_path_factory.mktemp("dossier"))
    day = today()
    later = day.replace(year=day.year + 1, day=1)
    (folder / "bandi.csv").write_text("\n".join(CALLS).format(day=day, later=later) + "\n", encoding="utf-8")
    store = open_store(folder / "land.sqlite")
    store.load(EXAMPLE, [])
    assert store.load(source("calls"), [folder / "bandi.csv"]).added == 2
    yield store
    store.close()


@pytest.fixture(scope="module")
def site(work_store: Store, running: Running) -> Iterator[str]:
    """The address of the service over it."""
    with running(work_store) as address:
        yield address


@pytest.fixture
def plain_page(chromium: Browser) -> Iterator[Page]:
    """A page of a reader without JavaScript: every form must work by itself."""
    context = chromium.new_context(java_script_enabled=False, accept_downloads=True)
    yield context.new_page()
    context.close()


def breaches(page: Page) -> list[tuple[str, list[str]]]:
    found = Axe().run(page, options={"runOnly": RULES})
    return [(each["id"], [node["html"][:120] for node in each["nodes"]][:3]) for each in found.response["violations"]]


def test_from_a_need_to_the_partnership_table_without_javascript(
    plain_page: Page, site: str, work_store: Store, tmp_path: Path
) -> None:
    page = plain_page
    page.goto(site + "/it")
    page.locator("nav.land-nav a", has_text="Dossier").click()
    page.get_by_role("link", name="Nuovo dossier", exact=True).click()
    page.locator("#title").fill("Mense con prodotti del posto")
    page.locator("#need").fill("mense scolastiche senza fornitori vicini")
    page.locator("#municipalities").fill("Monti Reatini")
    call = page.locator("select[name=call]")
    assert "Bando di prova scaduto" not in " ".join(call.locator("option").all_text_contents())
    call.select_option(label=next(each for each in call.locator("option").all_text_contents() if "aperto" in each))
    page.locator("select[name=act_kind]").select_option("snai")
    page.get_by_role("button", name="Salva").click()
    expect(page.locator("h1")).to_have_text("Mense con prodotti del posto")
    expect(page.locator("[role=status]")).to_contain_text("Dossier aperto")
    for role in ("lead", "food-processing"):
        if not page.locator("#role").is_visible():
            page.locator("details.land-opens summary").click()
        page.locator("#role").select_option(role)
        page.get_by_role("button", name="Aggiungi un ruolo").click()
    expect(page.locator(".dossier-missing")).to_contain_text("capofila")
    expect(page.locator(".dossier-missing")).to_contain_text("trasformazione alimentare")
    page.locator(".dossier-role", has_text="trasformazione").get_by_role("link", name="Chi può coprirlo?").click()
    first = page.locator(".dossier-candidates > li").first
    assert first.locator(".land-for li").count() >= 1
    chosen = first.locator("h3").inner_text()
    first.get_by_role("button", name="Invita").click()
    expect(page.locator(".dossier-role", has_text="trasformazione")).to_contain_text("invitata, in attesa")
    page.locator(".dossier-role", has_text="trasformazione").get_by_role("button", name="Copre il ruolo").click()
    expect(page.locator(".dossier-missing")).not_to_contain_text("trasformazione alimentare")
    page.locator("#log-text").fill("Primo incontro con le scuole.")
    page.locator("#log-office").select_option("projects-office")
    page.get_by_role("button", name="Annota nel registro").click()
    expect(page.locator(".dossier-log")).to_contain_text("Primo incontro con le scuole.")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Tabella del partenariato").click()
    file = tmp_path / "partenariato.csv"
    shutil.copyfile(waiting.value.path(), file)
    header, *rows = csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig")), delimiter=";")
    table = [dict(zip(header, row, strict=True)) for row in rows]
    assert [(row["ruolo"], row["stato"], row["organizzazione"]) for row in table] == [
        ("capofila", "da coprire", ""),
        ("trasformazione alimentare", "coperto", chosen),
    ]
    page.get_by_role("link", name="Chi ascoltare").click()
    expect(page.locator("main")).to_contain_text("Comune di Amatrice")
    page.go_back()
    page.get_by_role("link", name="Versione per il verbale").click()
    expect(page.locator("main")).to_contain_text("SCOPERTO")
    expect(page.locator("main")).to_contain_text(chosen)
    (dossier,) = work_store.dossiers(Audience.OPERATOR)
    assert [role.state for role in dossier.roles] == ["filled", "open"]
    page.goto(f"{site}/it/dossier/{dossier.id}")
    page.get_by_role("button", name="Annulla l'ultima modifica").click()
    expect(page.locator(".dossier-missing")).to_contain_text("trasformazione alimentare")


def test_an_expired_call_is_never_offered(page: Page, site: str) -> None:
    page.goto(site + "/it/bandi")
    expect(page.locator("section[aria-labelledby=g-open]")).to_contain_text("Bando di prova aperto")
    expect(page.locator("section[aria-labelledby=g-closed]")).to_contain_text("Bando di prova scaduto")
    page.get_by_role("link", name="Bando di prova scaduto").click()
    expect(page.locator("main")).to_contain_text("Il bando è chiuso: non si propone a nessuno")
    assert page.get_by_role("link", name="Scarica l'elenco").count() == 0
    page.go_back()
    page.get_by_role("link", name="Bando di prova aperto").click()
    expect(page.locator("section[aria-labelledby=quasi]")).to_contain_text("Ha meno di 9 soci.")
    assert page.get_by_role("link", name="Scarica l'elenco").count() == 1


@pytest.mark.parametrize("width", [1280, 320])
def test_the_pages_are_accessible_and_fit(page: Page, site: str, work_store: Store, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(site + "/it/dossier/nuovo?kind=table")
    page.locator("#title").fill(f"Tavolo anziani {width}")
    page.locator("#need").fill("anziani soli")
    page.locator("#municipalities").fill("Amatrice, Accumoli")
    page.locator("select[name=act_kind]").select_option("piano-di-zona")
    page.get_by_role("button", name="Salva").click()
    here = page.url.partition("?")[0]
    page.locator("#role").select_option("care")
    page.get_by_role("button", name="Aggiungi un ruolo").click()
    role = page.get_by_role("link", name="Chi può coprirlo?").get_attribute("href")
    opened = next(call.id for call in work_store.calls(Audience.OPERATOR) if "aperto" in call.title)
    addresses = [
        here, here + "/stampa", here + "/modifica", here + "/ascolto", f"{site}{role}?q=cooperativa",
        site + "/it/dossier", site + "/it/tavoli", site + "/it/bandi", f"{site}/it/bandi/{opened}",
        site + "/it/dossier/nuovo", site + "/it/guida/dossier",
    ]  # fmt: skip
    for address in addresses:
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach((box) => { box.open = true; })")
        assert breaches(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
