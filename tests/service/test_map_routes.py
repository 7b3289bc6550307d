"""The territory over HTTP: pages, data for maps, the sheet of a comune, the file that opens offline."""

import gzip
import html
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from data.errors import UnknownIndicator
from data.model import Audience, OrganisationKind
from data.store import Store
from geo.indicators import INDICATORS
from service.map_file import write_map_file
from service.messages import LANGUAGES, Words, catalogue
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


# --- data for maps ------------------------------------------------------------------------------------------------


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


# --- pages --------------------------------------------------------------------------------------------------------


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


# --- the offline file -----------------------------------------------------------------------------------------------


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


# --- words ----------------------------------------------------------------------------------------------------------


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
