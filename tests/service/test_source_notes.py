"""What is said of sources: in the reader's language, with the age of their data or that nobody states it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path

import pytest

import data.sources
from data.identity import TAX_CODE
from data.lazio import sources as shipped_sources
from data.model import Audience, Evidence, Identifier, Load, OrganisationKind
from data.records import Accepted, Assertion, Dated, OrganisationRecord, Source
from data.sources import SOURCES
from data.store import Store, open_store
from service.messages import Words, has
from service.snapshot import build_snapshot
from service.source_list import list_sources
from service.source_notes import age_of_data, source_note
from service.source_page import shelves_of

LOAD = Load(1, "ipa", (), "2026-11-22T10:00:00+00:00", None, 1, 1, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("day", "italian", "english"),
    [
        (date(2024, 7, 31), "dati al 31/07/2024", "data as of 31/07/2024"),
        (date(2022, 12, 31), "dati dell'anno 2022", "data of the year 2022"),
        (None, "data dei dati non dichiarata", "date of the data not stated"),
    ],
)
def test_the_age_of_data_is_a_day_a_year_or_not_stated(day, italian, english):
    load = replace(LOAD, data_date=day)
    assert (age_of_data(load, Words("it")), age_of_data(load, Words("en"))) == (italian, english)
    assert age_of_data(None, Words("it")) == "data dei dati non dichiarata"


@pytest.mark.parametrize("language", ["it", "en"])
def test_no_source_speaks_two_languages_at_once(language):
    notes = [source_note(name, language) for name in (*SOURCES, *shipped_sources(), "lazio", "example", "page")]
    said = [text for note in notes for text in (note.title, note.publisher, note.licence)]
    said += [text for each in list_sources((), language) for text in (each.title, each.publisher, each.licence)]
    strange = {
        "it": (" / ", "not stated", "official act", "or later"),
        "en": (" / ", "chi carica", "elenco", "dati resi"),
    }
    assert not [text for text in said for word in strange[language] if word in text]


def test_the_sources_page_shows_the_age_of_what_was_loaded(tmp_path):
    file = tmp_path / "bodies.csv"
    file.write_text(
        "Codice_IPA,Denominazione_ente,Codice_comune_ISTAT,Tipologia,Codice_Categoria,Nome_categoria,crawlDate\n"
        "c_l398,Ente di prova,060080,Pubbliche Amministrazioni,L6,Comuni e loro Consorzi,2024-07-31\n",
        encoding="utf-8",
    )
    store = open_store(tmp_path / "land.sqlite")
    assert store.load(SOURCES["ipa"], [file]).added == 1
    snapshot = build_snapshot(store, Audience.PUBLIC, date(2026, 11, 22))
    store.close()
    shelf = next(each for each in shelves_of(snapshot, "it").loaded if each.name == "ipa")
    assert shelf.evidence is Evidence.OFFICIAL
    assert shelf.age == "dati al 31/07/2024"
    assert snapshot.newest_loads["ipa"].data_date == date(2024, 7, 31)


@pytest.mark.parametrize(
    ("day", "years", "italian", "english"),
    [
        (None, (2020,), "dati dell'anno 2020", "data of the year 2020"),
        (None, (2018, 2020), "dati degli anni 2018 e 2020", "data of the years 2018 and 2020"),
        (None, (2015, 2016, 2018, 2020), "dati degli anni dal 2015 al 2020", "data of the years from 2015 to 2020"),
        # A day is told, unless the last import was of an older edition than figures that we hold.
        (date(2026, 3, 31), (2026,), "dati al 31/03/2026", "data as of 31/03/2026"),
        (date(2018, 12, 31), (2018, 2020), "dati degli anni 2018 e 2020", "data of the years 2018 and 2020"),
    ],
)
def test_where_no_import_states_a_day_the_years_of_its_figures_do(day, years, italian, english):
    load = replace(LOAD, data_date=day)
    assert age_of_data(load, Words("it"), years) == italian
    assert age_of_data(load, Words("en"), years) == english


FILES = Path(__file__).parent.parent / "data" / "sources" / "files"


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Two years of income in one import, and a list whose year stands in the name of its file."""
    folder = tmp_path_factory.mktemp("dated")
    store = open_store(folder / "land.sqlite")
    table = (FILES / "income_2022.csv").read_text()
    for year in (2018, 2020):
        (folder / f"income_{year}.csv").write_text(table.replace("2022;", f"{year};"))
    store.load(SOURCES["income"], [folder / f"income_{year}.csv" for year in (2018, 2020)])
    (folder / "elenco_2022.csv").touch()
    store.load(_list_of_one_body(), [folder / "elenco_2022.csv"])
    yield store
    store.close()


def _list_of_one_body() -> Source:
    """A list of bodies that gives neither a day nor figures, dated by its file's name."""
    said = (Assertion("name", "Ente di prova"), Assertion("kind", OrganisationKind.THIRD_SECTOR))
    said += (Assertion("municipality", "059011"),)
    body = OrganisationRecord((Identifier(TAX_CODE, "01234567897"),), said)
    info = replace(SOURCES["cinque-per-mille"].info, dated=Dated.FILE_NAME)
    return Source(info, lambda _paths, _options: iter([Accepted(1, "1", (body,), "elenco_2022.csv")]))


def test_every_page_tells_the_same_age_of_a_source(dated, client_of):
    client = client_of(dated)
    snapshot = build_snapshot(dated, Audience.OPERATOR, date(2026, 11, 22))
    shelves = {shelf.name: shelf for shelf in shelves_of(snapshot, "it").loaded}
    assert shelves["income"].age == "dati degli anni 2018 e 2020"
    assert shelves["cinque-per-mille"].age == "dati dell'anno 2022"
    for name in ("income", "cinque-per-mille"):
        assert shelves[name].age in unescape(client.get("/it/fonti").text)
        assert shelves[name].age in unescape(client.get(f"/it/fonti/{name}").text)
    sheet = unescape(client.get("/it/comuni/059011").text)
    assert "dati dell'anno 2022" in sheet
    assert "Anno non indicato" not in sheet
    told = client.get("/maps/indicator/third-sector-bodies.json?lang=it").json()["source_text"]
    assert "dati dell'anno 2022" in told
    assert "non indicato" not in told


def test_every_column_that_an_importer_may_refuse_has_a_name_in_words():
    room = Path(data.sources.__file__).parent
    code = "".join(file.read_text("utf-8") for file in (*room.glob("*.py"), room.parent / "membership.py"))
    names = set(re.findall(r'\b(?:Column|BadCell)\("(\w+)"', code))
    assert len(names) > 100
    assert [name for name in sorted(names) if not has(f"panel.cell.{name}") and not has(f"org.field.{name}")] == []


def test_refused_rows_are_told_in_words_and_codes_stand_only_in_commands(tmp_path, client_of):
    store = open_store(tmp_path / "land.sqlite")
    bad = tmp_path / "income_2022.csv"
    bad.write_text((FILES / "income_2022.csv").read_text().replace("5000000", "molti"))
    assert store.load(SOURCES["income"], [bad]).rejected
    client = client_of(store)
    page = client.get("/it/fonti/income").text
    assert "<td>reddito</td>" in page
    assert "<td>income</td>" not in page
    for shown in (page, client.get("/it/fonti").text):
        assert "<code>income</code>" not in shown
    assert "<code>land load income" in page
    store.close()
