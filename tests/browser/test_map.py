"""The maps in a real Chromium: drawn, equal to their tables, and deaf to hostile text (TRUST 1 and 2)."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from data.example import EXAMPLE
from data.model import Audience, Identifier, OrganisationKind, Precision, Visibility
from data.records import (
    Accepted,
    Assertion,
    DeclarationRecord,
    OrganisationRecord,
    ReadOptions,
    SiteRecord,
    Source,
    SourceInfo,
)
from data.store import open_store
from service.app import create_app
from service.map_file import write_map_file
from service.messages import Words
from service.settings import Settings
from service.snapshot import build_snapshot, today

pytestmark = pytest.mark.browser
expect.set_options(timeout=15_000)  # two cores shared with other tests

HIT = "window.hit=(window.hit||0)+1"
HOSTILE = (
    "{{7*7}}", "{{ self.__init__.__globals__ }}", "{% for x in (1,2) %}x{% endfor %}", "${7*7}", "${" + HIT + "}",
    "<%= 7*7 %>", "#{7*7}",
    f"<script>{HIT}</script>", f"</script><script>{HIT}</script>", f"<img src=x onerror='{HIT}'>",
    f'"><svg onload="{HIT}">', f"'-({HIT})-'", f'";{HIT};//', f"`;{HIT};`", f"javascript:{HIT}",
    f"<iframe srcdoc='<script>parent.{HIT}</script>'>",
    "<!--<script>", "]]><b>x</b>", "</title><h1>x</h1>", "</textarea><b>x", "&lt;b&gt;&amp;", "\\u003cscript\\u003e",
    "D'Annunzio \"la Bottega\" & figli", "=HYPERLINK(\"http://x\")", "a\u2028b\u2029c", "\u202eesrever",
)  # fmt: skip
HERE = "057033"  # Leonessa
VOID = ReadOptions()


def hostile_rows(_paths, _options) -> Iterator[Accepted]:
    """One organisation, site and need per payload, all in one comune; every second place is a point."""
    for at, text in enumerate(HOSTILE):
        key = Identifier("key:hostile", str(at))
        point = at % 2 == 0
        public = Visibility.PUBLIC
        facts = {"name": text, "kind": OrganisationKind.COOPERATIVE, "municipality": HERE, "category": text}
        if point:
            facts |= {"lon": 12.95 + at / 1000, "lat": 42.55 + at / 1000, "precision": Precision.POINT}
        claims = tuple(Assertion(name, value, visibility=public) for name, value in facts.items())
        place = (
            {"lon": 12.96, "lat": 42.56 + at / 1000, "precision": Precision.POINT}
            if point
            else {"precision": "municipality"}
        )
        site = SiteRecord(
            name=text, kind=text, category=text, measure=text, municipality=HERE, visibility=public, **place
        )
        need = DeclarationRecord(organisation=key, says="seeks", what=text, municipality=HERE, visibility=public)
        yield Accepted(at, str(at), (OrganisationRecord((key,), claims), site, need))


HOSTILE_SOURCE = Source(SourceInfo("hostile", "Fonte {{7*7}} <b>", "Source {{7*7}} <b>", "<i>", "${1}"), hostile_rows)


@dataclass
class Site:
    """A running service: where it answers, and its store."""

    address: str
    store: str


@contextmanager
def serving(file: Path, source: Source) -> Iterator[Site]:
    """The service over a new store with one source loaded, served from a thread."""
    store = open_store(file)
    store.load(source, [])
    app = create_app(Settings(store=str(file), rate_limit=0), store)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Site(f"http://127.0.0.1:{port}", str(file))
    server.should_exit = True
    thread.join(10)
    store.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The service over the demonstration store."""
    with serving(tmp_path_factory.mktemp("site") / "land.sqlite", EXAMPLE) as found:
        yield found


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The service over a store where every stored text is a payload."""
    with serving(tmp_path_factory.mktemp("hostile") / "land.sqlite", HOSTILE_SOURCE) as found:
        yield found


def visit(page: Page, site: Site, address: str) -> None:
    """Opens a page of the territory and waits until the map is drawn."""
    page.goto(site.address + address)
    expect(page.locator("[data-ready=true]")).to_be_attached(timeout=30_000)


def colours_on_canvas(page: Page) -> dict[str, int]:
    """How many pixels of the map have each of the legend's colours."""
    return page.evaluate(
        """() => {
          const canvas = document.querySelector('#map_territory canvas');
          const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
          const wanted = Object.fromEntries(LandMap.territory.current.legend.map((row) => [row.colour, 0]));
          for (let at = 0; at < pixels.length; at += 4) {
            const hex = '#' + [0, 1, 2].map((k) => pixels[at + k].toString(16).padStart(2, '0')).join('');
            if (hex in wanted) wanted[hex] += 1;
          }
          return wanted;
        }"""
    )


def breaches(page: Page) -> list[tuple[str, list[str]]]:
    """What axe-core finds against WCAG 2.2 AA: rule, and the first elements that break it."""
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    return [(each["id"], [node["html"][:120] for node in each["nodes"]][:3]) for each in found.response["violations"]]


def hits(page: Page) -> int:
    """How many payloads ran."""
    return page.evaluate("window.hit || 0")


# --- drawn, and equal to the table --------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/it/territorio", "/en/territory", "/it/territorio?indicator=population-change"])
def test_the_map_is_drawn_in_the_colours_of_its_legend(page: Page, site: Site, address: str):
    visit(page, site, address)
    drawn = colours_on_canvas(page)
    assert len(drawn) >= 5
    assert min(drawn.values()) > 200


@pytest.mark.parametrize("indicator", ["cooperatives-per-10000", "population", "snai-class"])
def test_the_table_equals_the_map(page: Page, site: Site, indicator: str):
    visit(page, site, f"/it/territorio?indicator={indicator}&view=table")
    rows = page.evaluate(
        """() => [...document.querySelectorAll('[data-map-table] tbody tr')].map((row) => {
          const {choropleth, current} = LandMap.territory;
          const at = choropleth.position.get(row.dataset.istat);
          const fill = choropleth.byCode.get(row.dataset.istat).options.fillColor;
          const group = current.classes[at];
          return {value: current.values[at], text: row.cells[2].textContent, hatched: typeof fill !== 'string',
                  colour: group < 0 ? null : current.legend[group].colour, fill: typeof fill === 'string' ? fill : null,
                  letter: group < 0 ? null : current.legend[group].category};
        })"""
    )
    assert len(rows) == 378
    for row in rows:
        assert row["fill"] == row["colour"]
        assert row["hatched"] == (row["colour"] is None) == (row["text"] == "nessun dato")
        if row["colour"] is not None:
            shown = row["letter"] or float(row["text"].replace(".", "").replace(",", "."))
            assert shown == row["letter"] or abs(shown - row["value"]) <= 0.0001


def test_sorting_puts_what_has_no_value_last(page: Page, site: Site):
    visit(page, site, "/it/territorio?view=table")
    heading = page.locator("[data-sort=value]")
    values = page.locator("[data-map-table] tbody tr td:nth-child(3)")
    heading.click()
    falling = values.all_text_contents()
    expect(page.locator("th[data-column=value]")).to_have_attribute("aria-sort", "descending")
    heading.click()
    rising = values.all_text_contents()
    none = falling.count("nessun dato")
    assert none > 0
    assert falling[-none:] == rising[-none:] == ["nessun dato"] * none
    assert falling[:-none][0] == rising[:-none][-1]


def test_the_symbols_account_for_every_organisation(page: Page, site: Site):
    visit(page, site, "/it/territorio?layers=organisations&kind=consortium&indicator=organisations")
    mark = page.locator("[data-layer=organisations]")
    expect(mark).to_be_visible()
    drawn = int(mark.get_attribute("data-drawn"))
    total = page.evaluate("LandMap.territory.current.values.reduce((sum, value) => sum + (value || 0), 0)")
    assert drawn == total > 0


# --- one state: form, map, address ----------------------------------------------------------------------------------


def test_the_address_bar_is_the_bookmark_and_back_goes_back(page: Page, site: Site):
    visit(page, site, "/it/territorio")
    page.select_option("[name=indicator]", "altitude")
    expect(page.locator("[data-map-question]")).to_have_text("Quali comuni sono in montagna?")
    page.select_option("[name=scheme]", "natural")
    expect(page).to_have_url(f"{site.address}/it/territorio?indicator=altitude&scheme=natural")
    page.fill("[name=place]", "leonessa")
    page.keyboard.press("Enter")
    expect(page.locator(".map-card-title")).to_have_text("Leonessa")
    assert page.url.endswith(f"&municipality={HERE}")
    page.reload()
    expect(page.locator(".map-card-title")).to_have_text("Leonessa")
    assert page.input_value("[name=scheme]") == "natural"
    page.go_back()
    expect(page.locator(".map-card")).to_be_hidden()
    page.go_back()
    page.go_back()
    expect(page.locator("[data-map-question]")).to_have_text(
        "Dove la cooperazione è più fitta, tra le cooperative che conosciamo?"
    )


def test_a_click_on_the_map_opens_the_card_of_that_comune(page: Page, site: Site):
    visit(page, site, "/it/territorio")
    point = page.evaluate(
        "(() => { const p = LandMap.territory.map.latLngToContainerPoint([41.89, 12.5]); return [p.x, p.y]; })()"
    )
    page.locator("#map_territory").click(position={"x": point[0], "y": point[1]})
    expect(page.locator(".map-card-title")).to_have_text("Roma")
    page.locator(".map-close").click()
    expect(page.locator(".map-card")).to_be_hidden()


def test_every_comune_is_reached_by_keyboard(page: Page, site: Site):
    visit(page, site, "/it/territorio?view=table")
    page.locator("[data-sort=name]").focus()
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".map-card-title")).to_have_text("Accumoli")
    expect(page.locator(".map-card-title")).to_be_focused()


def test_an_unknown_comune_is_said(page: Page, site: Site):
    visit(page, site, "/it/territorio")
    page.fill("[name=place]", "Atlantide")
    page.keyboard.press("Enter")
    said = page.locator("[data-map-found]")
    expect(said).to_have_text("Nessun comune del Lazio ha questo nome, nemmeno con qualche lettera diversa.")
    assert said.bounding_box()["height"] > 15  # read by eyes too, not only by a screen reader


def test_a_slip_finds_the_comune_or_offers_the_near_ones(page: Page, site: Site):
    visit(page, site, "/it/territorio")
    page.fill("[name=place]", "leonesa")
    page.keyboard.press("Enter")
    expect(page.locator(".map-card-title")).to_have_text("Leonessa")
    expect(page.locator("[data-map-found]")).to_have_text("Nessun comune si chiama «leonesa»: mostriamo Leonessa.")
    page.fill("[name=place]", "monte")
    page.keyboard.press("Enter")
    near = page.locator("[data-map-found] button")
    expect(near.first).to_be_visible()
    name = near.first.inner_text().split(" (")[0]
    near.first.click()
    expect(page.locator(".map-card-title")).to_have_text(name)
    expect(page.locator("[data-map-found]")).to_be_hidden()


def test_a_filter_that_cannot_count_is_off_until_the_question_changes(page: Page, site: Site):
    visit(page, site, "/it/territorio?indicator=organisations&kind=consortium")
    consortia = page.evaluate("LandMap.territory.current.values.reduce((sum, value) => sum + (value || 0), 0)")
    page.select_option("[name=indicator]", "cooperatives")
    expect(page.locator("[name=kind]")).to_be_disabled()
    expect(page.locator("[data-map-filter-note]")).to_contain_text("Il filtro «Tipo» qui è spento")
    assert "kind=" not in page.url
    page.select_option("[name=indicator]", "organisations")
    expect(page.locator("[name=kind]")).to_be_enabled()
    expect(page.locator("[data-map-filter-note]")).to_be_hidden()
    assert page.evaluate("LandMap.territory.current.values.reduce((sum, value) => sum + (value || 0), 0)") == consortia
    page.select_option("[name=indicator]", "population")
    page.check("[name=layers][value=organisations]")
    expect(page.locator("[name=kind]")).to_be_enabled()


@pytest.mark.parametrize("sector", ["R", "88", "01"])
def test_symbols_and_map_agree_on_a_sector(page: Page, site: Site, sector: str):
    visit(page, site, f"/it/territorio?layers=organisations&sector={sector}&indicator=organisations")
    mark = page.locator("[data-layer=organisations]")
    expect(mark).to_be_visible()
    total = page.evaluate("LandMap.territory.current.values.reduce((sum, value) => sum + (value || 0), 0)")
    assert int(mark.get_attribute("data-drawn")) == total > 0


def test_the_card_leads_to_the_list_of_places(page: Page, hostile: Site):
    visit(page, hostile, f"/it/territorio?municipality={HERE}")
    first = page.locator(".map-card-list a[href*='group=']").first
    group = first.inner_text()
    first.click()
    page.wait_for_url("**/it/comuni/**#sheet-sites")
    expect(page.locator(".map-places tbody tr")).to_have_count(1)
    expect(page.locator(".map-places tbody th")).to_contain_text(group)
    assert hits(page) == 0


@pytest.mark.parametrize("width", [320, 390])
def test_a_narrow_screen_needs_no_sideways_scroll(page: Page, site: Site, width: int):
    page.set_viewport_size({"width": width, "height": 700})
    for address in (f"/it/territorio?municipality={HERE}", f"/it/comuni/{HERE}"):
        visit(page, site, address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(
    "address",
    [
        "/it/territorio",
        "/en/territory?view=table&municipality=058091",
        "/it/territorio?place=monte&indicator=cooperatives",
        "/it/comuni/058091",
    ],
)
def test_the_pages_are_accessible(page: Page, site: Site, address: str):
    visit(page, site, address)
    assert breaches(page) == []


@pytest.mark.parametrize("width", [390, 1280])
def test_a_full_sheet_is_accessible_and_fits(page: Page, hostile: Site, width: int):
    page.set_viewport_size({"width": width, "height": 800})
    visit(page, hostile, f"/it/comuni/{HERE}")
    assert breaches(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


# --- hostile text ---------------------------------------------------------------------------------------------------


def test_hostile_names_are_shown_as_typed_on_card_and_popups(page: Page, hostile: Site):
    visit(page, hostile, f"/it/territorio?municipality={HERE}&layers=organisations&layers=sites&layers=landmarks")
    expect(page.locator("[data-layer=sites]")).to_be_visible()
    shown = page.locator(".map-card-list li").all_inner_texts()
    assert shown
    popups = page.evaluate(
        """() => {
          const found = [];
          LandMap.territory.choropleth.marks.eachLayer((group) => group.eachLayer((mark) => {
            if (!mark.getPopup()) return;
            mark.openPopup();
            found.push(mark.getPopup().getElement().querySelector('.map-popup strong').textContent);
          }));
          return found;
        }"""
    )
    assert set(HOSTILE[::2]) <= set(popups)
    assert hits(page) == 0
    assert page.locator("#map_territory img, #map_territory iframe, .map-card script").count() == 0


def test_hostile_names_are_shown_as_typed_on_the_sheet(page: Page, hostile: Site):
    visit(page, hostile, f"/it/comuni/{HERE}")
    text = page.locator("main").evaluate("node => node.textContent")
    for payload in HOSTILE:
        assert payload in text
    assert hits(page) == 0
    assert "49" not in page.locator("#sheet-organisations ~ ul").inner_text()


def test_hostile_filters_are_shown_as_typed(page: Page, hostile: Site):
    visit(page, hostile, "/it/territorio?layers=sites")
    options = page.locator("[name=category] option").all_text_contents()
    assert set(HOSTILE) <= set(options)
    for payload in HOSTILE[:12:3]:
        page.select_option("[name=category]", payload)
        expect(page.locator("[data-map-legend]")).to_contain_text("1")
    assert hits(page) == 0


def test_the_check_of_hostile_text_can_fail(page: Page, hostile: Site, watch):
    """A page that did write markup would be caught: by the policy, and by the element that appears."""
    visit(page, hostile, f"/it/territorio?municipality={HERE}")
    page.evaluate("payload => { document.querySelector('.map-card').innerHTML = payload; }", HOSTILE[9])
    expect(page.locator(".map-card img")).to_be_attached()
    page.wait_for_timeout(200)
    assert any("policy" in problem for problem in watch.take())


# --- the offline file -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def offline_file(hostile: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`land map --out` over the hostile store."""
    out = tmp_path_factory.mktemp("offline") / "mappa.html"
    store = open_store(hostile.store)
    snapshot = build_snapshot(store, Audience.OPERATOR, today())
    write_map_file(snapshot, out, words=Words("it"))
    store.close()
    return out


def test_the_file_opens_without_a_network(page: Page, offline_file: Path):
    asked: list[str] = []
    page.context.set_offline(True)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(offline_file.as_uri())
    expect(page.locator("[data-ready=true]")).to_be_attached()
    assert asked == [offline_file.as_uri()]
    assert breaches(page) == []
    assert page.locator("tbody tr").count() == 378
    page.locator(f"tr[data-istat='{HERE}'] button").click()
    shown = page.locator(".map-card li").evaluate_all("items => items.map((item) => item.firstChild.textContent)")
    assert set(HOSTILE) <= set(shown)
    assert hits(page) == 0


def test_the_file_draws_what_its_indicator_counts(page: Page, site: Site, tmp_path: Path):
    store = open_store(site.store)
    snapshot = build_snapshot(store, Audience.OPERATOR, today())
    store.close()
    write_map_file(snapshot, tmp_path / "mappa.html", sector="Q", indicator="cooperatives", words=Words("en"))
    page.goto((tmp_path / "mappa.html").as_uri())
    expect(page.locator("[data-ready=true]")).to_be_attached()
    drawn = int(page.locator(".map-mark-key-organisations").get_attribute("data-drawn"))
    shown = page.locator("tbody td:nth-child(3)").all_text_contents()
    assert drawn == sum(int(text) for text in shown if text != "no data") > 10


# --- small maps -------------------------------------------------------------------------------------------------------

POLICY = "default-src 'self'; img-src 'self' data: blob:"
SCRIPTS = (
    "/static/vendor/leaflet/leaflet.js", "/static/vendor/topojson/topojson-client.min.js", "/maps/shell/{name}.js",
    "/static/js/map-core.js", "/static/js/{script}.js",
)  # fmt: skip


def serve_page(page: Page, site: Site, name: str, script: str, body: str) -> None:
    """A page of the service's own address, under its policy, that holds a small map."""
    styles = "".join(
        f'<link rel="stylesheet" href="/static/{path}">' for path in ("vendor/leaflet/leaflet.css", "css/map.css")
    )
    scripts = "".join(f'<script defer src="{path.format(name=name, script=script)}"></script>' for path in SCRIPTS)
    text = f"<!doctype html><html lang=it><head>{styles}{scripts}</head><body>{body}</body></html>"
    page.route("**/prova", lambda route: route.fulfill(
        body=text, headers={"content-type": "text/html; charset=utf-8", "content-security-policy": POLICY}
    ))  # fmt: skip
    visit(page, site, "/prova")


def template(name: str) -> str:
    """A partial as Jinja draws it for a page."""
    from service.templating import environment

    words = Words("it")
    given = {"name": "home", "here": "", "map_label": "Mappa", "lang": "it", "source": "/prova.json", "t": words.text}
    return environment().get_template(name).render(**given)


PARTNERS = [
    {"n": 1, "id": "a1", "name": "<b>Uno</b>{{7*7}}", "lat": 41.9, "lon": 12.5, "precision": "point"},
    {"n": 2, "id": "b2", "name": "Due", "lat": 42.4, "lon": 12.86, "precision": "municipality"},
    {"n": 3, "id": "c3", "name": "Tre", "lat": 42.4, "lon": 12.86, "precision": "municipality"},
    {"n": 4, "id": "d4", "name": "Quattro", "lat": None, "lon": None, "precision": "unknown"},
]


def test_partners_are_numbered_as_in_the_list_and_light_each_other(page: Page, site: Site):
    answer = {"organisation": {"lat": 41.7, "lon": 12.6, "name": "Noi"}, "partners": PARTNERS}
    page.route("**/prova.json", lambda route: route.fulfill(body=json.dumps(answer), content_type="application/json"))
    cards = "".join(f'<article data-partner="{each["id"]}"><a href="#">{each["n"]}</a></article>' for each in PARTNERS)
    serve_page(page, site, "partners", "map-partners", template("map_partners.html") + cards)
    assert page.locator(".map-number-mark").all_text_contents() == ["1", "2, 3"]
    page.locator("[data-partner=b2]").hover()
    expect(page.locator(".map-number-mark.is-lit")).to_have_text("2, 3")
    page.locator(".map-number-mark", has_text="1").hover()
    expect(page.locator("[data-partner=a1]")).to_have_class("is-lit")
    expect(page.locator(".map-tip")).to_contain_text("<b>Uno</b>{{7*7}}")
    page.locator(".map-number-mark", has_text="2, 3").click()
    expect(page.locator("[data-partner=b2] a")).to_be_focused()
    expect(page.locator("[data-map-caption]")).to_have_text("Senza posizione nota: 1")


def test_the_home_map_is_alive_and_opens_the_territory(page: Page, site: Site):
    serve_page(page, site, "home", "map-small", template("map_small.html"))
    expect(page.locator("[data-map-caption]")).to_contain_text("presenti nei nostri elenchi")
    point = page.evaluate("(() => { const p = map_home.latLngToContainerPoint([41.89, 12.5]); return [p.x, p.y]; })()")
    page.locator("#map_home").click(position={"x": point[0], "y": point[1]})
    page.wait_for_url("**/it/territorio?municipality=058091")
    expect(page.locator(".map-card-title")).to_have_text("Roma")
