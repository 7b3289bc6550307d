"""What is said of sources: in the reader's language, with the age of their data or that nobody states it."""

from dataclasses import replace
from datetime import date

import pytest

from data.lazio import sources as shipped_sources
from data.model import Audience, Evidence, Load
from data.sources import SOURCES
from data.store import open_store
from service.messages import Words
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
