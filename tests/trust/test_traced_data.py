"""Every datum on a page is traced: where it is shown stand its source, the licence of that source, and its day.

Told from the rendered pages and from the API over the real public files. What is shown without one of them fails.
"""

import re
from datetime import date
from html import unescape

import pytest
from starlette.testclient import TestClient

from data.model import Audience, Evidence, OrganisationKind, Visibility
from data.records import Accepted, CallRecord, DossierRecord, ReadOptions, Source, SourceInfo
from data.sources import SOURCES
from data.store import open_store
from service.app import create_app
from service.messages import Words
from service.settings import Settings

WORDS = Words("it")
LOADS = (
    ("boundaries", "lazio_comuni_2023.geojson"),
    ("income", "raw/mef_irpef_comunale_2020_lazio.csv"),
    ("dwellings", "raw/istat_censimento_2021_abitazioni_lazio.csv"),
    ("cinque-per-mille", "cinque_per_mille_2022_lazio.csv"),
    ("ipa", "ipa_enti_lazio.csv"),
    ("anbsc-properties", "anbsc_imm_gest_lazio.csv"),
)


@pytest.fixture(scope="module")
def real(shared_data, tmp_path_factory):
    """A store of real public files with a call and a dossier of ours beside, and the service over it."""
    store = open_store(tmp_path_factory.mktemp("real") / "land.sqlite")
    for name, file in LOADS:
        assert store.load(SOURCES[name], [shared_data / file], ReadOptions()).added
    by_hand = [
        CallRecord(title="Bando di prova", body="Ente", state="open", opens=date(2026, 1, 1), closes=date(2027, 1, 1),
                   address="https://www.example.org/bando", read_on=date(2026, 11, 1)),
        DossierRecord(key="d", title="Dossier di prova", purpose="Prova", municipalities=("057001",),
                      visibility=Visibility.PUBLIC),
    ]  # fmt: skip
    rows = [Accepted(line, str(line), (record,), "x.csv") for line, record in enumerate(by_hand, 2)]
    info = SourceInfo("calls", "", "", "", "", evidence=Evidence.DECLARED)
    store.load(Source(info, lambda _paths, _options: iter(rows)), [])
    app = create_app(Settings(store="unused", rate_limit=0), store)
    yield store, TestClient(app, base_url="http://127.0.0.1:8000")
    store.close()


@pytest.fixture(scope="module")
def licences(real) -> dict[str, str]:
    """Title of each source that the API tells of -> its licence."""
    told = real[1].get("/api/v1/sources").json()
    rows = told["items"] if isinstance(told, dict) else told
    return {row["name"]: row["licence"] for row in rows}


def text_of(piece: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", piece)).split())


def blocks(page: str, opening: str, closing: str) -> list[str]:
    return re.findall(f"{opening}(.*?){closing}", page, re.DOTALL)


LICENCES = tuple({source.info.licence.partition(" / ")[0] for source in SOURCES.values()} - {""})
FOLLOWS = (WORDS.text("org.field.precision"),)
"""What follows from another fact of the card, whose origin it shares."""
ORIGIN = re.compile(r'<div class="land-origin-body">(.*?)</div>', re.DOTALL)


def untraced_facts(page: str) -> list[str]:
    """Facts of a card that show a value and lack a source, a licence in brackets, or a day."""
    lacking = []
    for fact in blocks(page, r'<div class="land-fact[^"]*"[^>]*><dt>', r"</dd></div>"):
        name = text_of(fact.partition("</dt>")[0])
        if 'class="land-value">' in fact and name not in FOLLOWS:
            lacking += [f"{name}: {what}" for what in lacking_in(fact)]
    return lacking


def lacking_in(piece: str) -> list[str]:
    origin = ORIGIN.search(piece)
    if not origin:
        return ["no origin"]
    told = text_of(origin[1])
    source = re.search(rf"{WORDS.text('org.source')}: .+ \((.+)\) {WORDS.text('org.date')}:", told)
    if source and not source[1].endswith(LICENCES):
        source = None
    day = re.search(rf"{WORDS.text('org.date')}: (.*)", told)
    found = [] if source else [f"source or licence: {told[:120]}"]
    if not day or WORDS.text("org.no-date") in day[1] or not re.search(r"\d{4}", day[1]):
        found.append(f"day: {told[-80:]}")
    return found


def bodies_of(store) -> list:
    """Bodies of every kind, those of which most is known first."""
    every = sorted(store.organisations(Audience.OPERATOR), key=lambda body: (-len(body.provenance), body.id))
    return [body for kind in OrganisationKind for body in [one for one in every if one.kind is kind][:4]]


def test_every_fact_of_an_organisation_page_is_traced(real):
    store, client = real
    looked, values, lacking = 0, 0, set()
    for body in bodies_of(store):
        page = client.get(f"/it/organizzazioni/{body.id}").text
        values += page.count('class="land-value"')
        looked += 1
        lacking |= set(untraced_facts(page))
        for project in blocks(page, r'<ul class="land-projects">', r"</ul>"):
            lacking |= {f"project: {what}" for item in blocks(project, "<li>", "</li>") for what in lacking_in(item)}
    assert looked >= 8
    assert values >= 60
    assert sorted(lacking) == []


def test_every_fact_of_the_api_is_traced(real, licences):
    store, client = real
    for body in bodies_of(store):
        told = client.get(f"/api/v1/organisations/{body.id}").json()
        shown = {name for name, value in told.items() if name in body.provenance and value not in (None, [], "")}
        assert shown <= told["facts"].keys(), shown - told["facts"].keys()
        for name in shown:
            assert told["facts"][name]["source"], name
            assert told["facts"][name]["source"] in {*licences, "lazio"}, name


def test_every_figure_of_a_municipality_sheet_is_traced(real):
    _, client = real
    for istat in ("057001", "058091", "059011"):
        page = client.get(f"/it/comuni/{istat}").text
        for table in blocks(page, r'<table class="facts">', r"</section>|<h3|</details>"):
            told = text_of(table)
            rows = re.findall(r"<tr><th scope=\"row\">", table)
            named = 'class="facts-source"' in table or "facts-note" in page
            assert named or not rows, told[:200]
            years = [
                text_of(cell) for cell in re.findall(rf'data-label="{WORDS.text("facts.when")}">(.*?)</td>', table)
            ]
            assert all(re.search(r"\d{4}", when) for when in years), years
        sources = blocks(page, r'<section aria-labelledby="sheet-sources">', r"</section>")
        lines = [text_of(line) for line in re.findall(r"<li>(.*?)</li>", sources[0], re.DOTALL)]
        assert len(lines) >= 3
        assert all(re.search(r"\(.+\)|CC|licenza|PDDL|IODL|Apache", line) for line in lines), lines
    figures = client.get("/api/v1/municipalities/057001").json()["figures"]
    assert len(figures) > 10
    assert [figure for figure in figures if not (figure["source"] and figure["year"])] == []


def test_every_indicator_table_is_traced(real):
    _, client = real
    page = client.get("/it/territorio").text
    names = set(re.findall(r'<option value="([a-z0-9-]+)"', page))
    looked = 0
    for name in sorted(names)[:60]:
        answer = client.get(f"/it/territorio?indicator={name}").text
        legend = re.search(r'class="map-legend-source">(.*?)</p>', answer, re.DOTALL)
        if legend is None or "Nessuna fonte" in legend[1]:  # nothing is shown, so nothing is to be traced
            continue
        looked += 1
        told = text_of(legend[1])
        assert told, name
        assert re.search(r"\d{4}|" + WORDS.text("org.no-date"), told), (name, told)
    assert looked >= 5


def test_every_fact_of_a_partner_card_is_traced(real):
    store, client = real
    titles = {info for source in SOURCES.values() for info in (source.info.title_it,)}
    owners = [body for body in store.organisations(Audience.OPERATOR) if body.kind is OrganisationKind.COOPERATIVE]
    page, facts = "", []
    for owner in owners[:40]:  # the first ones to have partners
        page = client.get(f"/it/organizzazioni/{owner.id}/partner/aggregazione?n=5").text
        facts += re.findall(r'<span class="land-small">([^<]*)</span></li>', page)
        if len(facts) >= 10:
            break
    assert len(facts) >= 10
    lacking = [text_of(fact) for fact in facts if WORDS.text("org.no-source") in fact]
    assert lacking == []
    assert any(title in unescape(page) for title in titles)


def test_calls_and_dossiers_say_where_they_come_from(real):
    store, client = real
    (call,), (dossier,) = store.calls(Audience.OPERATOR), store.dossiers(Audience.OPERATOR)
    page = client.get(f"/it/bandi/{call.id}").text
    assert 'href="https://www.example.org/bando"' in page
    assert "novembre 2026" in text_of(page)
    assert WORDS.text("dossier.from-file") in text_of(client.get(f"/it/dossier/{dossier.id}").text)


def test_every_source_of_the_registry_states_a_licence_and_a_publisher():
    assert [name for name, source in SOURCES.items() if not (source.info.licence and source.info.publisher)] == []


def test_a_fact_without_its_origin_would_be_seen(real):
    """The planted fault: the page with the origin of one fact taken out, with no licence, with no day."""
    store, client = real
    page = client.get(f"/it/organizzazioni/{bodies_of(store)[0].id}").text
    whole = len(untraced_facts(page))
    assert ORIGIN.search(page)
    without = ORIGIN.sub("", page, count=1)
    assert len(untraced_facts(without)) > whole
    for fault in (r" \([^()]*\)<br>", r"\d{4}"):
        assert len(untraced_facts(re.sub(fault, "<br>", page))) > whole, fault
