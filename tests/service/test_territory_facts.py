"""What the sheet of a comune says of its income, ages, dwellings, land and rebuilding: numbers, years, sources."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from data.lazio import municipalities, municipality
from data.model import Audience
from data.records import ReadOptions
from data.sources import SOURCES
from data.store import Store, open_store
from geo.indicators import indicator
from service.messages import Words
from service.snapshot import Snapshot, build_snapshot
from service.territory import measured
from service.territory_facts import FactRow, known_facts

FILES = Path(__file__).parent.parent / "data" / "sources" / "files"
TODAY = date(2026, 11, 22)
ACCUMOLI, AMATRICE, LATINA = "057001", "057002", "059011"
LOADS = (
    ("income", ("income_2022.csv",)),
    ("dwellings", ("dwellings_2021.csv",)),
    ("labour-systems", ("labour_members.csv", "labour_groups.csv")),
    ("reconstruction", ("reconstruction_private.csv", "reconstruction_public.csv")),
    ("anbsc-properties", ("anbsc_properties_destined.csv",)),
    ("anbsc-properties-2014", ("anbsc_properties_2014.csv",)),
    ("districts", ("districts.csv",)),
    ("indicators", ("indicators.csv",)),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with the invented files of the territory."""
    opened = open_store(tmp_path_factory.mktemp("facts") / "land.sqlite")
    for name, files in LOADS:
        opened.load(SOURCES[name], [FILES / file for file in files])
    ages = ["Codice comune;Comune;Età;Totale", *(f"059011;Latina;{age};{3 if age > 64 else 2}" for age in range(101))]
    posas = tmp_path_factory.mktemp("posas") / "POSAS_2023_it_Comuni.csv"
    posas.write_text("\n".join(ages))
    opened.load(SOURCES["population"], [posas])
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def operator_sees(store: Store) -> Snapshot:
    return build_snapshot(store, Audience.OPERATOR, TODAY)


def rows(snapshot: Snapshot, istat: str, language: str = "it") -> dict[str, FactRow]:
    found = known_facts(snapshot, Words(language), istat)
    return {row.title: row for group in found.groups for row in group.rows}


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_income_is_per_taxpayer_and_per_resident_of_the_same_year(operator_sees):
    found = rows(operator_sees, ACCUMOLI)
    assert found["Reddito imponibile per contribuente"].here == "12.500 euro"
    assert found["Reddito imponibile per contribuente"].when == "2022"
    residents = municipality(ACCUMOLI).population_2022
    per_resident = found["Reddito imponibile per residente (31 dicembre)"]
    assert per_resident.here == f"{round(5_000_000 / residents):,} euro".replace(",", ".")
    assert per_resident.sources == ("income", "istat-classification")
    # What the publisher hides is not told, and never zero.
    assert "Contribuenti con reddito da pensione" not in found
    assert rows(operator_sees, LATINA)["Contribuenti con reddito da pensione"].here == "25%"


def test_ages_are_of_1_january_and_the_index_is_over_the_young(operator_sees):
    found = rows(operator_sees, LATINA)
    index = found["Indice di vecchiaia (65 anni e più ogni 100 fino a 14)"]
    assert (index.here, index.when) == ("360,0", "1° gennaio 2023")
    assert found["Residenti di 65 anni e più"].here == "45,4%"  # 108 of 238
    # One comune of a province is too little to speak of the province.
    assert (index.province, index.region) == ("–", "–")


def test_the_change_of_residents_reaches_the_newest_year_loaded(tmp_path):
    """The files of 1 January go on with the series of 31 December: a comune told to have doubled has doubled."""
    store = open_store(tmp_path / "years.sqlite")
    lines = ["Codice comune;Comune;Età;Totale"]
    for comune in municipalities():
        doubled = comune.population_2020 * 2
        lines += [f"{comune.istat};X;{age};{doubled - 100 if age == 40 else 1}" for age in range(101)]
    path = tmp_path / "POSAS_2025_it_Comuni.csv"
    path.write_text("\n".join(lines))
    assert store.load(SOURCES["population"], [path]).added == 378 * 101
    snapshot = build_snapshot(store, Audience.PUBLIC, TODAY)
    store.close()
    change = measured(snapshot, indicator("population-change"))
    assert change.years[-1] == 2024
    assert change.years[0] == 2020
    assert "population" in change.sources
    assert float(change.values.min()) == pytest.approx(100)
    assert float(change.values.max()) == pytest.approx(100)


def test_rebuilding_is_of_the_day_that_its_file_says_and_sums_the_comuni_it_names(operator_sees):
    found = rows(operator_sees, ACCUMOLI)
    works = found["Opere pubbliche, in ogni fase"]
    assert (works.here, works.province, works.region, works.when) == ("3", "4", "4", "31/03/2026")
    begun = found["Opere: lavori iniziati"]
    assert begun.here == "2 · 1.250 euro"
    assert found["Contributi liquidati ai privati, meno quelli restituiti"].here == "-10 euro"
    # A phase that only another comune has is none here, and is left out where nobody in the region has it.
    testing = found["Opere: collaudo"]
    assert (testing.here, testing.province) == ("0 · 0 euro", "1 · 100 euro")
    assert "Opere: lavori finiti" not in found
    assert rows(operator_sees, AMATRICE)["Opere: collaudo"].here == "1 · 100 euro"


@pytest.mark.parametrize("istat", [ACCUMOLI, AMATRICE])
def test_phases_of_rebuilding_add_up_to_the_total_of_every_column(operator_sees, istat):
    found = rows(operator_sees, istat)
    phases = [row for title, row in found.items() if title.startswith("Opere: ")]
    for column in ("here", "province", "region"):
        counts, money = zip(*(getattr(row, column).replace(" euro", "").split(" · ") for row in phases), strict=True)
        total = getattr(found["Opere pubbliche, in ogni fase"], column)
        planned = getattr(found["Importo programmato delle opere pubbliche, in ogni fase"], column)
        assert str(sum(map(int, counts))) == total, column
        euro = sum(int(each.replace(".", "")) for each in money)
        assert abs(euro - int(planned.replace(" euro", "").replace(".", ""))) <= len(phases), column


def test_a_phase_is_not_called_none_when_the_others_do_not_make_the_total(operator_sees):
    figures = tuple(
        replace(figure, value=9)
        if figure.name == "reconstruction-works" and figure.municipality == ACCUMOLI
        else figure
        for figure in operator_sees.figures
    )
    found = rows(replace(operator_sees, figures=figures, _made={}), ACCUMOLI)
    assert found["Opere: collaudo"].here.startswith("– · ")
    assert found["Opere: collaudo"].province == "1 · 100 euro"


def test_the_works_one_by_one_say_how_many_are_left_out_and_why(
    operator_sees: Snapshot, store: Store, client_of: Callable[..., TestClient]
):
    facts = known_facts(operator_sees, Words("it"), ACCUMOLI)
    assert (facts.works_in_all, facts.works_here) == (2, 3)
    page = text_of(client_of(store).get(f"/it/comuni/{ACCUMOLI}").text)
    assert "Opere pubbliche della ricostruzione, una per una 2 su 3" in page
    assert "Il Commissario ne conta 3 in questo comune: di 1 il suo elenco" in page
    assert "su" not in text_of(client_of(store).get(f"/it/comuni/{AMATRICE}").text).partition("una per una")[2][:6]


def test_works_name_their_body_phase_and_cup(operator_sees):
    works = known_facts(operator_sees, Words("it"), ACCUMOLI).works
    assert [(work.text, work.cup, work.phase) for work in works] == [
        ("Scuola di prova – 10 - Scuole", "A11B22000000001", "lavori iniziati"),
        ("Cimitero di prova – 3 - Cimiteri", "", "progetto definitivo approvato"),
    ]
    assert works[0].body == "Comune di Accumoli"
    assert works[0].organisation in operator_sees.position


@pytest.mark.parametrize("language", ["it", "en"])
def test_dwellings_in_the_crater_are_never_a_supply(operator_sees, language):
    groups = {group.name: group for group in known_facts(operator_sees, Words(language), ACCUMOLI).groups}
    note = groups["dwellings"].note
    assert ("crollati" if language == "it" else "collapsed") in note
    said = " ".join([groups["dwellings"].title, *(row.title for row in groups["dwellings"].rows)]).casefold()
    for word in ("stock", "patrimonio", "disponibil", "vuot", "available", "empty", "vacant"):
        assert word not in said
    assert [row.here for row in groups["dwellings"].rows][-1] == "80%"


def test_the_note_on_dwellings_tells_crater_and_other_comuni_apart(operator_sees):
    figures = tuple(
        replace(figure, municipality=LATINA) if figure.name.startswith("dwellings") else figure
        for figure in operator_sees.figures
    )
    elsewhere = replace(operator_sees, figures=figures, _made={})
    groups = {group.name: group for group in known_facts(elsewhere, Words("it"), LATINA).groups}
    assert "crollati" not in groups["dwellings"].note


def test_what_is_not_loaded_is_named_with_the_way_to_load_it(
    operator_sees: Snapshot, store: Store, client_of: Callable[..., TestClient], tmp_path: Path
):
    missing = known_facts(operator_sees, Words("it"), ACCUMOLI).missing
    assert [source.name for source in missing] == ["land-take"]
    page = client_of(store).get(f"/it/comuni/{ACCUMOLI}").text
    assert "può caricare questa fonte" in text_of(page)
    assert f'<a href="/it/fonti/land-take#rinnovare">{SOURCES["land-take"].info.title_it}</a>' in page
    assert "land-take" not in text_of(page)
    empty = open_store(tmp_path / "empty.sqlite")
    found = known_facts(build_snapshot(empty, Audience.PUBLIC, TODAY), Words("it"), ACCUMOLI)
    empty.close()
    assert found.groups == ()
    names = [source.name for source in found.missing]
    assert names == ["population", "income", "dwellings", "land-take", "reconstruction"]


def test_own_indicators_say_their_own_source_and_without_licence_stay_inside(store, operator_sees):
    found = rows(operator_sees, LATINA)
    assert (found["Posti nido"].here, found["Posti nido"].when) == ("1.234,5 posti", "2023")
    assert found["Posti nido"].source == "Ufficio di prova (CC BY 4.0)"
    assert found["population"].source == "Ufficio di prova (licenza non dichiarata)"
    public = rows(build_snapshot(store, Audience.PUBLIC, TODAY), LATINA)
    assert "Posti nido" in public
    assert "population" not in public
    # The official series of residents is not touched by an own number of the same name.
    official = {(f.name, f.year): f for f in operator_sees.figures if f.municipality == LATINA}
    assert official["population", 2022].value == 238
    assert official["own:population", 2022].value == 5


@pytest.mark.parametrize(("language", "path"), [("it", "/it/comuni/"), ("en", "/en/municipalities/")])
def test_the_page_shows_every_fact_with_its_year_and_source(
    store: Store, operator_sees: Snapshot, client_of: Callable[..., TestClient], language: str, path: str
):
    for client in (client_of(store), client_of(store, public=True)):
        answer = client.get(f"{path}{ACCUMOLI}")
        assert answer.status_code == 200
        page = text_of(answer.text)
        for row in rows(operator_sees, ACCUMOLI, language).values():
            for told in (row.title, row.here, row.when, row.source):
                assert told in page.replace("&#39;", "'"), told
        assert "style=" not in answer.text


def test_loaded_areas_come_before_shipped_ones(store: Store, client_of: Callable[..., TestClient]):
    page = text_of(client_of(store).get(f"/it/comuni/{LATINA}").text)
    assert "Sistemi locali di prova" in page
    assert "Lazio di Prova" in page
    assert "Aree fatte di comuni (file proprio)" in page
    hills = text_of(client_of(store).get(f"/it/comuni/{AMATRICE}").text)
    assert "GAL di Prova" in hills


def test_places_say_their_year_use_and_assignee_and_the_old_list_stands_apart(
    store: Store, client_of: Callable[..., TestClient]
):
    page = text_of(client_of(store).get("/it/comuni/059007").text)
    assert "Immobili confiscati nel 2014 (1)" in page
    assert "stato del 2014" in page
    assert "Destinati consegnati (2014)" in page
    assert "assegnato a Comune di Fondi" in page
    assert "VIA DI PROVA 1" in page
    assert "uso: Scopi sociali; Agricoltura sociale" in page


def test_a_complete_file_of_one_year_leaves_the_other_years_alone(tmp_path):
    store = open_store(tmp_path / "years.sqlite")
    first = (FILES / "income_2022.csv").read_text().splitlines()[:3]
    for year in (2021, 2022):
        (tmp_path / f"income_{year}.csv").write_text("\n".join(first).replace("2022;", f"{year};"))
        store.load(SOURCES["income"], [tmp_path / f"income_{year}.csv"])
    (tmp_path / "income_2022.csv").write_text("\n".join(first[:2]))
    report = store.load(SOURCES["income"], [tmp_path / "income_2022.csv"], complete=True)
    assert (report.unchanged, report.gone) == (1, 1)
    held = {(f.municipality, f.year) for f in store.figures() if f.name == "taxpayers"}
    assert held == {(LATINA, 2021), (ACCUMOLI, 2021), (LATINA, 2022)}
    # The same with the two files of rebuilding: the public works stay when the private requests come alone.
    files = [FILES / f"reconstruction_{part}.csv" for part in ("private", "public")]
    store.load(SOURCES["reconstruction"], files)
    clean = tmp_path / "private.csv"
    clean.write_text("\n".join(files[0].read_text().splitlines()[:2]))
    assert store.load(SOURCES["reconstruction"], [clean], complete=True).gone == 0
    assert any(f.name == "reconstruction-works" for f in store.figures())
    store.close()


def test_every_source_of_territory_loads_twice_into_both_stores_and_changes_nothing(store_url):
    store = open_store(store_url)
    loads = [*LOADS, ("ateco", ("ateco_2025.csv", "ateco_2007.csv")), ("input-output", ("coefficients_2016.csv",))]
    loads.append(("input-output", ("coefficients_long.csv",)))
    for name, files in loads:
        paths = [FILES / file for file in files]
        first = store.load(SOURCES[name], paths, ReadOptions())
        again = store.load(SOURCES[name], paths, ReadOptions())
        assert first.added > 0
        assert (again.added, again.changed, again.gone) == (0, 0, 0), name
        assert (again.read, again.rejected) == (first.read, first.rejected)
        assert first.read == first.added + first.unchanged + first.rejected + first.out_of_area, name
    assert {area.detail for area in store.areas() if area.municipality == LATINA} == {"Sistemi locali di prova", None}
    titles = {(title.version, title.code): title for title in store.sector_titles()}
    assert titles["2025", "01.11.00"].parent == "01.11.0"
    assert titles["2007", "05"].title_en is None
    values = {(c.from_sector, c.to_sector, c.year): c.value for c in store.coefficients()}
    assert values["A01", "J61", 2016] == 5e-05
    assert len(values) == 2 * 3 + 1
    told = {figure.told_by for figure in store.figures() if figure.name.startswith("own:")}
    assert told == {"Ufficio di prova"}
    store.close()
