"""The territory over HTTP: pages, data for maps, the sheet of a comune, the file that opens offline."""

import gzip
import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from data.errors import InvalidValue, UnknownIndicator
from data.lazio import ateco
from data.model import Audience, Availability, Identifier, OrganisationKind, Visibility
from data.records import Accepted, Assertion, OrganisationRecord, SiteRecord, Source, SourceInfo
from data.store import Store, open_store
from geo.indicators import INDICATORS
from service.app import create_app
from service.cli import run
from service.map_file import write_map_file
from service.messages import LANGUAGES, Words, catalogue
from service.settings import Settings
from service.snapshot import Snapshot, build_snapshot, today
from service.territory import SCRIPT_WORDS

PAGES = (("it", "/it/territorio"), ("en", "/en/territory"))


@pytest.fixture(scope="module")
def snapshot(example_store: Store) -> Snapshot:
    """The demonstration store as its operator sees it."""
    return build_snapshot(example_store, Audience.OPERATOR, today())


def read(client: TestClient, address: str) -> dict:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text[:300]
    return answer.json()


# --- data for maps --------------------------------------------------------------------------------------------


def test_boundaries_hold_every_comune_once(client: TestClient):
    topology = read(client, "/maps/boundaries.topojson")
    [shapes] = topology["objects"].values()
    codes = [geometry["id"] for geometry in shapes["geometries"]]
    assert len(codes) == len(set(codes)) == 378


def test_boundaries_are_gzipped_tagged_and_kept(client: TestClient):
    first = client.get("/maps/boundaries.topojson")
    assert first.headers["content-encoding"] == "gzip"
    assert first.headers["cache-control"] == "private, no-cache"
    tag = first.headers["etag"]
    again = client.get("/maps/boundaries.topojson", headers={"if-none-match": f'"x", W/{tag}'})
    assert (again.status_code, again.content) == (304, b"")
    kept = client.get("/maps/boundaries.topojson", params={"v": tag.strip('"')})
    assert "immutable" in kept.headers["cache-control"]
    plain = client.get("/maps/boundaries.topojson", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == first.content


@pytest.mark.parametrize("name", INDICATORS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_indicator_answers_in_both_languages(client: TestClient, name: str, language: str):
    found = read(client, f"/maps/indicator/{name}.json?lang={language}")
    assert len(found["values"]) == len(found["classes"]) == 378
    assert sum(row["count"] for row in found["legend"]) + found["no_data"]["count"] == 378
    assert not [text for text in found.values() if isinstance(text, str) and re.search(r"\[[a-z.-]+\]", text)]
    for value, group in zip(found["values"], found["classes"], strict=True):
        assert (value is None) == (group < 0)


def test_the_legend_says_what_the_colours_hold(operator: TestClient):
    found = read(operator, "/maps/indicator/altitude.json?scheme=natural&classes=6")
    for value, group in zip(found["values"], found["classes"], strict=True):
        assert found["legend"][group]["from"] <= value <= found["legend"][group]["to"]


def test_sums_on_the_map_equal_the_lists(operator: TestClient, snapshot: Snapshot):
    cooperative = {OrganisationKind.COOPERATIVE, OrganisationKind.CONSORTIUM}
    listed = Counter(body.municipality for body in snapshot.organisations if body.kind in cooperative)
    found = read(operator, "/maps/indicator/cooperatives.json")
    codes = read(operator, "/maps/territory.json")["municipalities"]["istat"]
    drawn = {code: value for code, value in zip(codes, found["values"], strict=True) if value is not None}
    assert drawn == {code: count for code, count in listed.items() if code}
    assert sum(drawn.values()) > 1_000


def test_map_card_sheet_and_layer_tell_the_same_number(operator: TestClient):
    istat = "056059"
    at = read(operator, "/maps/territory.json")["municipalities"]["istat"].index(istat)
    value = read(operator, "/maps/indicator/cooperatives.json")["values"][at]
    card = read(operator, f"/maps/municipality/{istat}.json")
    kinds = {row["kind"]: row["count"] for row in card["organisations"]["by_kind"]}
    assert value == kinds["cooperative"] + kinds.get("consortium", 0)
    layer = read(operator, "/maps/organisations.json")
    here = [
        layer["kinds"][kind] for kind, place in zip(layer["kind"], layer["municipality"], strict=True) if place == at
    ]
    assert Counter(here) == kinds
    page = operator.get(f"/it/comuni/{istat}").text
    assert page.count('href="/it/organizzazioni/') == sum(kinds.values())


@pytest.mark.parametrize("query", ["sector=01", "sector=A", "kind=consortium", "sector=Q&kind=cooperative"])
def test_filters_count_the_same_in_indicator_and_layer(operator: TestClient, query: str):
    values = read(operator, f"/maps/indicator/organisations.json?{query}")["values"]
    layer = read(operator, f"/maps/organisations.json?{query}")
    assert sum(value or 0 for value in values) == sum(layer["counts"])
    assert layer["total"] == sum(layer["counts"]) + layer["unplaced"]
    whole = read(operator, "/maps/organisations.json")
    assert 0 < layer["total"] < whole["total"]


def test_comune_level_places_carry_no_point(operator: TestClient, snapshot: Snapshot):
    layer = read(operator, "/maps/organisations.json")
    for at, organisation_id in enumerate(layer["id"]):
        body = snapshot.organisation(organisation_id)
        assert (layer["lon"][at] is not None) == (body.precision.value == "point")


def test_the_organisation_layer_fits_a_slow_line(operator: TestClient):
    raw = operator.get("/maps/organisations.json", headers={"accept-encoding": "identity"}).content
    assert len(gzip.compress(raw, 6)) < 250_000


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/maps/indicator/happiness.json", 404),
        ("/maps/indicator/population.json?scheme=random", 422),
        ("/maps/indicator/population.json?classes=8", 422),
        ("/maps/indicator/population.json?classes=2", 422),
        ("/maps/indicator/population.json?sector=" + "1" * 13, 422),
        ("/maps/indicator/population.json?sector=%7B%7B7*7%7D%7D", 422),
        ("/maps/indicator/population.json?category=" + "x" * 121, 422),
        ("/maps/organisations.json?kind=kingdom", 422),
        ("/maps/municipality/999999.json", 404),
        ("/maps/municipality/Roma.json", 422),
        ("/maps/shell/other.js", 422),
        ("/maps/secrets.json", 422),
        ("/it/comuni/999999", 404),
        ("/it/territorio?indicator=happiness", 404),
        ("/it/territorio?layers=a&layers=b&layers=c&layers=d", 422),
    ],
)
def test_what_may_not_be_asked_is_refused_in_a_few_words(client: TestClient, address: str, status: int):
    answer = client.get(address)
    assert answer.status_code == status
    if address.startswith("/maps"):
        assert len(answer.content) <= 4_096
        assert "7*7" not in answer.text
        assert "x" * 121 not in answer.text


def test_shell_scripts_hold_constants_only(client: TestClient):
    script = client.get("/maps/shell/territory.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "var map_territory = L.map(" in script.text
    assert "http" not in script.text


# --- pages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "address"), PAGES)
def test_the_page_is_whole_without_script(client: TestClient, language: str, address: str):
    answer = client.get(address, params={"indicator": "population-change", "scheme": "equal"})
    assert answer.status_code == 200
    payload = read(client, f"/maps/indicator/population-change.json?scheme=equal&lang={language}")
    assert answer.text.count("<tr data-istat=") == 378
    for row in payload["legend"]:
        assert f'fill="{row["colour"]}"' in answer.text
    assert html.escape(payload["source_text"]) in answer.text
    assert not re.search(r"\[(?:map|indicator|unit)\.", answer.text)


def test_the_table_of_the_page_holds_the_values_of_the_map(operator: TestClient):
    page = operator.get("/en/territory", params={"indicator": "population"}).text
    payload = read(operator, "/maps/indicator/population.json?lang=en")
    codes = read(operator, "/maps/territory.json?lang=en")["municipalities"]["istat"]
    rows = dict(re.findall(r'<tr data-istat="(\d{6})">.*?<td class="map-number">([^<]*)</td>', page))
    assert rows == {code: f"{value:,}" for code, value in zip(codes, payload["values"], strict=True)}


def test_pages_hold_no_inline_script_or_style(client: TestClient):
    for address in (
        "/it/territorio",
        "/en/territory?view=table&layers=sites",
        "/it/comuni/058091",
        "/en/municipalities/058091",
    ):
        page = client.get(address).text
        assert not re.search(r"<script(?![^>]*\bsrc=)", page)
        assert not re.search(r"\sstyle\s*=|<style|\son[a-z]+\s*=", page)
        assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page)


def test_the_address_brings_back_the_form(operator: TestClient):
    page = operator.get("/it/territorio?indicator=altitude&scheme=natural&classes=7&kind=consortium&layers=sites").text
    for value in ("altitude", "natural", "7", "consortium"):
        assert f'<option value="{value}" selected>' in page
    assert 'value="sites" checked' in page


def test_an_empty_or_odd_box_does_not_break_the_page(client: TestClient):
    answer = client.get(
        "/it/territorio?sector=&kind=&category=&site_category=&measure=&place=Nessunposto&view=&layers=zzz"
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("istat", ["058091", "057002", "059018"])
def test_the_sheet_of_a_comune_names_its_sources(client: TestClient, istat: str):
    for address in (f"/it/comuni/{istat}", f"/en/municipalities/{istat}"):
        answer = client.get(address)
        assert answer.status_code == 200
        assert "ISTAT" in answer.text
        assert not re.search(r"\[(?:map|indicator|unit)\.", answer.text)


def test_the_card_sets_the_comune_beside_its_province_and_the_region(operator: TestClient, snapshot: Snapshot):
    card = read(operator, "/maps/municipality/058091.json?lang=en")
    population = {f.municipality: f.value for f in snapshot.figures if f.name == "population" and f.year == 2022}
    rome = [code for code, each in snapshot.municipalities.items() if each.province == "RM"]
    assert card["figures"][0]["here"] == f"{population['058091']:,.0f}"
    assert card["figures"][0]["province"] == f"{sum(population[code] for code in rome):,.0f}"
    assert card["figures"][0]["region"] == f"{sum(population.values()):,.0f}"
    assert len(card["figures"]) == 5


def test_the_public_card_shows_only_what_the_public_may_see(operator: TestClient, visitor: TestClient):
    codes = read(operator, "/maps/territory.json")["municipalities"]["istat"]
    needs = read(operator, "/maps/indicator/declared-needs.json")["values"]
    at = int(np.nanargmax([value or 0 for value in needs]))
    seen = read(visitor, f"/maps/municipality/{codes[at]}.json")["needs"]["total"]
    public = read(visitor, "/maps/indicator/declared-needs.json")["values"][at] or 0
    assert seen == public <= needs[at]


# --- the offline file -------------------------------------------------------------------------------------------


def blocks(page: str) -> dict[str, dict]:
    found = re.findall(r'<script type="application/json" id="land-(\w+)">(.*?)</script>', page)
    return {name: json.loads(text) for name, text in found}


def test_the_file_holds_everything_it_needs(snapshot: Snapshot, tmp_path: Path):
    out = tmp_path / "mappa.html"
    write_map_file(snapshot, out, sector="01", indicator="organisations", words=Words("it"))
    page = out.read_text(encoding="utf-8")
    found = blocks(page)
    assert set(found) == {"settings", "boundaries", "layer", "organisations"}
    assert sum(value or 0 for value in found["layer"]["values"]) == found["organisations"]["total"] > 0
    assert "01" in found["settings"]["selection"]
    assert [path.name for path in tmp_path.iterdir()] == ["mappa.html"]


def test_a_file_that_cannot_be_drawn_leaves_the_old_one(snapshot: Snapshot, tmp_path: Path):
    out = tmp_path / "mappa.html"
    out.write_text("prima", encoding="utf-8")
    with pytest.raises(UnknownIndicator):
        write_map_file(snapshot, out, indicator="happiness", words=Words("it"))
    assert out.read_text(encoding="utf-8") == "prima"


# --- words ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_indicator_has_its_words(language: str):
    known = catalogue(language)
    for entry in INDICATORS.values():
        needed = [entry.title, entry.question, entry.formula, f"unit.{entry.unit}", f"unit.{entry.unit}.short"]
        needed += [f"{entry.name}.{category}" for category in entry.categories]
        assert [key for key in needed if key not in known] == []
    assert [f"map.{name}" for name in SCRIPT_WORDS if f"map.{name}" not in known] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_listed_indicators_say_that_lists_are_no_census(language: str):
    said = {"it": "nei nostri elenchi", "en": "in our lists"}[language]
    for entry in INDICATORS.values():
        if entry.listed and entry.name != "declared-needs":
            assert said in catalogue(language)[entry.title]


# --- what the lists hold, and what is said when they hold nothing -------------------------------------------------

HERE, THERE = "057003", "057033"  # Antrodoco, with places; Leonessa, with none
STATES = (
    Availability.CONFISCATED_MANAGED, Availability.CONFISCATED_NOT_FINAL, Availability.SEIZED, Availability.UNKNOWN,
)  # fmt: skip
MANY = 620


def properties(_paths, _options) -> Iterator[Accepted]:
    """More places in one comune than a page lists, in four states, as the list under management has them."""
    for at in range(MANY):
        site = SiteRecord(
            name=f"Immobile {at:03}", kind="confiscated-property", category="Terreno" if at % 3 else "Box",
            municipality=HERE, precision="municipality", availability=STATES[at % 4], measure=f"Misura {at}",
            visibility=Visibility.PUBLIC,
        )  # fmt: skip
        yield Accepted(at, f"P{at}", (site,))


def companies(_paths, _options) -> Iterator[Accepted]:
    """Two destined companies with their decree's day."""
    for at in range(2):
        site = SiteRecord(
            name=f"Ditta {at}", kind="confiscated-company", municipality=HERE, precision="municipality",
            availability=Availability.DESTINED, date=date(2003, 4, 14), visibility=Visibility.PUBLIC,
        )  # fmt: skip
        yield Accepted(at, f"C{at}", (site,))


def bodies(_paths, _options) -> Iterator[Accepted]:
    """A bank and a social cooperative with codes of 2007, and two public bodies of section 84."""
    rows = (
        ("Banca Prova", OrganisationKind.COOPERATIVE, "64.19"), ("Cura Prova", OrganisationKind.CONSORTIUM, "88.10"),
        ("Ente Uno", OrganisationKind.PUBLIC_BODY, "84.11"), ("Ente Due", OrganisationKind.PUBLIC_BODY, "84.11"),
    )  # fmt: skip
    for at, (name, kind, sector) in enumerate(rows):
        facts = {"name": name, "kind": kind, "municipality": HERE, "sector": sector, "sector_version": "2007"}
        claims = tuple(Assertion(field, value, visibility=Visibility.PUBLIC) for field, value in facts.items())
        yield Accepted(at, str(at), (OrganisationRecord((Identifier("key:prova", str(at)),), claims),))


@pytest.fixture(scope="module")
def listed_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store as real lists fill it: sectors of 2007, most of them of public bodies; hundreds of places in a comune."""
    file = tmp_path_factory.mktemp("listed") / "land.sqlite"
    store = open_store(file)
    for name, read_rows in (("anbsc-properties", properties), ("anbsc-companies", companies), ("prova", bodies)):
        store.load(Source(SourceInfo(name, name, name, "P", "CC BY 4.0"), read_rows), [])
    store.close()
    return file


@pytest.fixture(scope="module")
def listed_client(listed_file: Path) -> Iterator[TestClient]:
    """The operator's client of that store."""
    store = open_store(listed_file)
    app = create_app(Settings(store=str(listed_file), rate_limit=0, example=False), store)
    yield TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False)
    store.close()


def options_of(page: str, name: str) -> list[tuple[str, str]]:
    """Value and text of the options of one box of a page."""
    box = re.search(rf'<select name="{name}"[^>]*>(.*?)</select>', page, re.DOTALL)
    assert box
    return [(value, html.unescape(text)) for value, text in re.findall(r'value="([^"]*)"[^>]*>([^<]*)<', box[1])]


@pytest.mark.parametrize(("language", "address"), PAGES)
def test_sector_letters_divisions_and_titles_are_of_one_version(listed_client: TestClient, language: str, address: str):
    """Section K of 2007 was finance: in 2025 it is telecommunications, and finance is L."""
    options = options_of(listed_client.get(address).text, "sector")[1:]
    assert [value for value, _ in options] == ["L", "64", "P", "84", "R", "88"]
    letter = ""
    for value, text in options:
        letter = value if value.isalpha() else letter
        assert text.strip() == f"{value} · {ateco('2025').title(value, language)}"
        assert ateco("2025").section(value).code == letter


@pytest.mark.parametrize(("sector", "expected"), [("L", 1), ("64", 1), ("K", 0), ("R", 1), ("88", 1), ("Q", 0)])
def test_a_sector_counts_the_same_on_map_and_layer(listed_client: TestClient, sector: str, expected: int):
    values = read(listed_client, f"/maps/indicator/cooperatives.json?sector={sector}")["values"]
    layer = read(listed_client, f"/maps/organisations.json?sector={sector}")
    assert sum(value or 0 for value in values) == layer["total"] == expected


@pytest.mark.parametrize(
    ("language", "said", "bodies_said"),
    [
        (
            "it",
            "Nessuna organizzazione dei nostri elenchi corrisponde alla scelta: settore 84",
            "Ci sono 2 enti pubblici",
        ),
        ("en", "No organisation of our lists fits the choice: sector 84", "There are 2 public bodies"),
    ],
)
def test_a_sector_without_organisations_is_said_and_is_no_missing_source(
    listed_client: TestClient, language: str, said: str, bodies_said: str
):
    found = read(listed_client, f"/maps/indicator/organisations.json?sector=84&lang={language}")
    assert found["nothing"].startswith(said)
    assert bodies_said in found["nothing"]
    assert found["status"] == found["nothing"]
    assert catalogue(language)["map.no-source"] not in found["source_text"]
    page = listed_client.get(
        {"it": "/it/territorio", "en": "/en/territory"}[language] + "?indicator=organisations&sector=84"
    )
    assert html.escape(found["nothing"]) in page.text
    assert not read(listed_client, f"/maps/indicator/organisations.json?sector=88&lang={language}")["nothing"]


def test_no_asset_in_a_state_is_said(listed_client: TestClient):
    found = read(listed_client, "/maps/indicator/confiscated-properties.json?availability=destined&lang=it")
    assert found["nothing"] == "Nessun bene degli elenchi caricati corrisponde alla scelta: destinato."
    assert found["source_text"].startswith("Fonte: Immobili sequestrati e confiscati (ANBSC)")


def test_a_map_file_that_shows_nothing_says_so(listed_file: Path, tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setenv("LAND_STORE", str(listed_file))
    monkeypatch.setenv("LAND_EXAMPLE", "false")
    assert run(["map", "--sector", "84", "--indicator", "organisations", "--out", str(tmp_path / "m.html")]) == 0
    assert "Nessuna organizzazione dei nostri elenchi corrisponde alla scelta" in capsys.readouterr().err
    assert run(["map", "--sector", "88", "--indicator", "organisations", "--out", str(tmp_path / "m.html")]) == 0
    assert "Nessuna organizzazione" not in capsys.readouterr().err


def test_a_map_file_of_a_division_that_is_no_more_is_refused(snapshot: Snapshot, tmp_path: Path):
    with pytest.raises(InvalidValue):
        write_map_file(snapshot, tmp_path / "m.html", sector="45", words=Words("it"))
    assert list(tmp_path.iterdir()) == []


# --- confiscated assets -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_seized_assets_are_never_called_confiscated_nor_the_list_complete(language: str):
    known = catalogue(language)
    seized, whole = {"it": ("sequestrat", "complet"), "en": ("eized", "complete")}[language]
    for name in ("confiscated-properties", "confiscated-companies"):
        assert seized in known[f"indicator.{name}.title"]
        assert whole not in known[f"indicator.{name}.formula"]


def test_the_legend_says_what_the_list_holds_by_state(listed_client: TestClient):
    notes = read(listed_client, "/maps/indicator/confiscated-properties.json?lang=it")["notes"]
    assert (
        "Nell'elenco: 155 confisca definitiva, in gestione; 155 confisca non definitiva; 155 sequestro; "
        "155 stato non indicato. L'elenco dei beni già destinati non è caricato."
    ) in notes
    assert "Nell'elenco: 2 destinato." in read(listed_client, "/maps/indicator/confiscated-companies.json")["notes"]


def test_states_not_raw_measures_filter_assets(listed_client: TestClient):
    page = listed_client.get("/it/territorio?indicator=confiscated-properties").text
    states = [value for value, _ in options_of(page, "availability")[1:]]
    assert states == ["destined", *(state.value for state in STATES)]
    values = read(listed_client, "/maps/indicator/confiscated-properties.json?availability=seized")["values"]
    assert sum(values) == read(listed_client, "/maps/sites.json?availability=seized")["total"] == MANY / 4
    assert listed_client.get("/maps/indicator/confiscated-properties.json?availability=lost").status_code == 422


def test_none_in_the_list_is_said_of_the_list(listed_client: TestClient):
    page = listed_client.get(f"/it/comuni/{THERE}").text
    assert '<td class="map-number">0 nell&#39;elenco</td>' in page
    assert "Nessuno negli elenchi caricati." in page


# --- places of a comune -------------------------------------------------------------------------------------------


def places_on(page: str) -> list[list[str]]:
    """The cells of the list of places, as text."""
    table = re.search(r'<table class="map-places">(.*?)</table>', page, re.DOTALL)
    rows = re.findall(r"<tr>(.*?)</tr>", table[1].split("<tbody>")[1], re.DOTALL) if table else []
    return [[re.sub(r"<[^>]+>", " ", cell).strip() for cell in re.split(r"</t[hd]>", row)[:-1]] for row in rows]


def test_places_are_counted_before_they_are_cut(listed_client: TestClient):
    page = listed_client.get(f"/it/comuni/{HERE}").text
    assert f'<span class="map-count">{MANY + 2}</span>' in page
    groups = [int(text.rsplit("(", 1)[1].rstrip(")")) for _, text in options_of(page, "group")[1:]]
    assert sorted(groups) == [2, MANY]
    states = [int(text.rsplit("(", 1)[1].rstrip(")")) for _, text in options_of(page, "state")[1:]]
    assert sum(states) == MANY + 2
    assert len(places_on(page)) == 50
    assert f"50 di {MANY + 2} luoghi." in page
    assert f'href="?places=all#sheet-sites">Mostra tutti i {MANY + 2} luoghi' in page
    assert len(places_on(listed_client.get(f"/it/comuni/{HERE}?places=all").text)) == MANY + 2


def test_a_place_has_kind_category_state_measure_source_and_date(listed_client: TestClient):
    [row, _] = places_on(listed_client.get(f"/it/comuni/{HERE}?group=anbsc-companies").text)
    assert row[0] == "Ditta 0"
    assert row[1:4] == ["Aziende sequestrate e confiscate (ANBSC)", "destinato", "–"]
    assert row[4].endswith("14/04/2003")
    [first, *_] = places_on(listed_client.get(f"/it/comuni/{HERE}?state=seized").text)
    assert first[0].split() == ["Immobile", "002", "Terreno"]
    assert first[2:4] == ["sequestro", "Misura 2"]
    assert "senza data, caricato il" in first[4]


def test_places_are_filtered_by_state_and_the_link_keeps_the_filter(listed_client: TestClient):
    page = listed_client.get(f"/en/municipalities/{HERE}?state=seized&group=anbsc-properties").text
    assert {row[2] for row in places_on(page)} == {"seized"}
    assert "50 of 155 places." in page
    more = html.unescape(re.search(r'class="map-more" href="([^"#]*)', page)[1])
    assert len(places_on(listed_client.get(f"/en/municipalities/{HERE}{more}").text)) == 155
    assert places_on(listed_client.get(f"/en/municipalities/{HERE}?state=nowhere").text) == []


def test_the_card_leads_to_the_places(listed_client: TestClient):
    sites = read(listed_client, f"/maps/municipality/{HERE}.json?lang=it")["sites"]
    assert [item["count"] for item in sites["items"]] == ["2", str(MANY)]
    for item in sites["items"]:
        answer = listed_client.get(item["page"].partition("#")[0])
        assert len(places_on(answer.text)) == min(int(item["count"]), 50)


# --- the sheet of a comune ----------------------------------------------------------------------------------------


def test_the_sheet_names_the_areas_of_the_comune(listed_client: TestClient):
    page = html.unescape(listed_client.get("/it/comuni/057001").text)  # Accumoli
    areas = re.search(r'<dl class="map-areas">(.*?)</dl>', page, re.DOTALL)[1]
    text = " ".join(re.sub(r"<[^>]+>", " ", areas).split())
    assert "Area interna (strategia nazionale) Monti Reatini 2014-20 · area confermata" in text
    assert "Area del sisma 2016 Cratere sisma 2016 allegato 1 · da verificare" in text
    assert "Sistema locale del lavoro" in text
    assert "non è tra i comuni dell'elenco" not in text
    rome = html.unescape(listed_client.get("/it/comuni/058091").text)
    assert "nessuna area della strategia" in rome
    assert "non è tra i comuni dell'elenco" in rome


def test_what_no_list_tells_is_no_datum_in_figures_and_headings_alike(listed_client: TestClient):
    page = html.unescape(listed_client.get(f"/it/comuni/{HERE}").text)
    assert re.search(r'<h2 id="sheet-needs">Bisogni dichiarati</h2>\s*<p class="map-empty">Nessun dato: ', page)
    card = read(listed_client, f"/maps/municipality/{HERE}.json?lang=it")
    assert card["needs"]["total_text"] == ""
    assert card["needs"]["empty"].startswith("Nessun dato")


def test_public_bodies_beside_organisations_are_named(listed_client: TestClient):
    """The indicator of organisations leaves public bodies out; the list holds them, says so and counts each kind."""
    page = listed_client.get(f"/it/comuni/{HERE}").text
    assert re.search(
        r'<h2 id="sheet-organisations">Organizzazioni ed enti pubblici <span class="map-count">5</span>', page
    )
    assert "Enti pubblici <strong>3</strong>" in page  # two of the test's and the comune itself
    settings = read(listed_client, "/maps/territory.json?lang=it")
    assert settings["words"]["organisations_and_bodies"] == "Organizzazioni ed enti pubblici"


@pytest.mark.parametrize("language", LANGUAGES)
def test_indicators_that_count_consortia_say_so(language: str):
    for entry in INDICATORS.values():
        if OrganisationKind.CONSORTIUM.value in entry.kinds:
            assert {"it": "consorzi", "en": "consortia"}[language] in catalogue(language)[entry.title]


def test_a_change_says_its_period(listed_client: TestClient):
    figures = {row["title"]: row["unit"] for row in read(listed_client, f"/maps/municipality/{HERE}.json")["figures"]}
    assert figures["Variazione della popolazione"] == "% · 2020–2022"
    assert "% · 2020–2022" in listed_client.get(f"/it/comuni/{HERE}").text


@pytest.mark.parametrize("name", INDICATORS)
def test_every_legend_with_a_source_says_a_year_or_when_it_was_loaded(listed_client: TestClient, name: str):
    text = read(listed_client, f"/maps/indicator/{name}.json?lang=it")["source_text"]
    if text != catalogue("it")["map.no-source"]:
        assert re.search(r"(Anno|Anni|dell'anno) (\d{4}|non indicato .* il \d)|dati al \d", text)


def test_the_day_of_a_decree_is_not_the_year_of_the_list(listed_client: TestClient):
    found = read(listed_client, "/maps/indicator/confiscated-companies.json?lang=it")
    assert found["years"] == []
    assert "2003" not in found["source_text"]


# --- classes and filters ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name, entry in INDICATORS.items() if not entry.categories])
@pytest.mark.parametrize("scheme", ["quantiles", "natural", "equal"])
def test_no_value_stands_in_two_written_classes(operator: TestClient, name: str, scheme: str):
    legend = read(operator, f"/maps/indicator/{name}.json?scheme={scheme}&lang=en")["legend"]
    assert all(lower["to"] < upper["from"] for lower, upper in pairwise(legend))
    assert len({row["text"] for row in legend}) == len(legend)


def test_uneven_classes_say_why(operator: TestClient):
    found = read(operator, "/maps/indicator/cooperatives.json?lang=it")
    counts = [row["count"] for row in found["legend"]]
    assert max(counts) > 1.25 * min(counts)
    assert catalogue("it")["map.uneven-ties"] in found["notes"]
    even = read(operator, "/maps/indicator/altitude.json?lang=it")
    assert even["notes"] == []
    assert read(operator, "/maps/indicator/cooperatives.json?scheme=equal")["notes"] == []


def disabled_in(page: str) -> set[str]:
    """The boxes of a page that are switched off."""
    return set(re.findall(r'<select name="(\w+)" disabled>', page))


def test_a_filter_that_changes_nothing_is_off_and_says_so(operator: TestClient):
    page = operator.get("/it/territorio?indicator=cooperatives&kind=public-body").text
    assert disabled_in(page) == {"kind", "site_category", "availability"}
    assert "Il filtro «Tipo» qui è spento: questa domanda conta già solo cooperative e consorzi." in page
    assert disabled_in(operator.get("/it/territorio?indicator=organisations").text) == {"site_category", "availability"}
    drawn = operator.get("/it/territorio?indicator=population&layers=organisations&layers=sites").text
    assert disabled_in(drawn) == set()
    settings = read(operator, "/maps/territory.json?lang=it")["indicators"]
    assert settings["population"] == {"filters": [], "note": catalogue("it")["map.filters-off"]}


# --- finding a comune ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "istat", "said"),
    [
        ("Antrodoco", HERE, ""),
        ("antrodoco (RI)", HERE, ""),
        (HERE, HERE, ""),
        ("antrodco", HERE, "Nessun comune si chiama «antrodco»: mostriamo Antrodoco."),
        ("leonesa", THERE, "Nessun comune si chiama «leonesa»: mostriamo Leonessa."),
        ("Atlantide", "", catalogue("it")["map.not-found"]),
        ("", "", ""),
        ("<b>{{7*7}}", "", catalogue("it")["map.not-found"]),
    ],
)
def test_a_comune_is_found_in_spite_of_a_slip(client: TestClient, typed: str, istat: str, said: str):
    answer = client.get("/maps/place.json", params={"place": typed, "lang": "it"})
    assert answer.json() == {"istat": istat, "said": said, "near": []}
    page = client.get("/it/territorio", params={"place": typed}).text
    assert (html.escape(said) in page) if said else "data-map-found hidden" in page


def test_several_near_names_are_offered(client: TestClient):
    found = read(client, "/maps/place.json?place=monte&lang=it")
    assert found["istat"] == ""
    assert found["said"].startswith("Nessun comune si chiama «monte»")
    assert 1 < len(found["near"]) <= 5
    page = client.get("/it/territorio?place=monte").text
    for each in found["near"]:
        assert f'href="/it/territorio?municipality={each["istat"]}"' in page
