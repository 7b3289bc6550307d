"""Public properties (MEF): unused ones of Lazio kept and told apart, those in use and elsewhere only counted."""

from pathlib import Path

import pytest

from data.lazio import municipality
from data.model import Audience, Availability, Precision
from data.records import Accepted, OutOfArea, ReadOptions, Rejected
from data.sources import source
from data.sources.public_buildings import Use, is_unused, use_of
from data.store import open_store

HEAD = (
    "Amministrazione Codice Fiscale;Amministrazione Denominazione;Natura del bene;Tipologia del bene;Titolo proprietà;"
    "Regione del bene;Provincia del bene;Comune del bene;Codice Comune del bene;Indirizzo;Numero civico;Foglio;"
    "Fonte Georeferenziazione;Latitudine;Longitudine;Superficie;Utilizzo;Finalità\r\n"
)


def properties(path: Path, *rows: str) -> Path:
    path.write_bytes((HEAD + "".join(row + "\r\n" for row in rows)).encode("latin-1"))
    return path


def latina(owner: str = "[80000000000];COMUNE DI PROVA", rest: str = "", use: str = "Non utilizzato") -> str:
    rest = rest or "VIA DELL'UNITÀ;3;12;Indirizzo;41,4676;12,9036;120,50"
    return f"{owner};Fabbricato;Ex scuola;Proprietà;LAZIO;LT;LATINA;059011;{rest};{use};"


def read(*paths: Path):
    options = ReadOptions()
    return list(source("public-buildings").read(paths, options)), options.notices


def sites(*paths: Path):
    return [one.records[0] for one in read(*paths)[0] if isinstance(one, Accepted)]


def test_an_unused_building_of_lazio(tmp_path):
    (site,) = sites(properties(tmp_path / "a.csv", latina()))
    assert (site.name, site.kind, site.category, site.title) == (
        "Ex scuola",
        "public-building",
        "Fabbricato",
        "Proprietà",
    )
    assert (site.owner, site.owner_type, site.municipality) == ("COMUNE DI PROVA", "municipality", "059011")
    assert (site.address, site.area_m2) == ("VIA DELL'UNITÀ, 3", 120.5)
    assert (site.lon, site.lat, site.precision) == (12.9036, 41.4676, Precision.POINT)
    assert site.availability is Availability.UNKNOWN, "unused is not offered"
    assert is_unused(site.use)


def test_which_rows_are_kept_counted_or_refused(tmp_path):
    cadastral = municipality("057002").cadastral_code
    found, notices = read(
        properties(
            tmp_path / "a.csv",
            latina(),
            latina(use="Utilizzato direttamente"),
            latina(use="Dato in uso a titolo gratuito"),
            latina(use=""),
            f"1;MINISTERO DI PROVA;Terreno;;;LAZIO;RI;AMATRICE;{cadastral};;;;;;;;In ristrutturazione;",
            "1;REGIONE DI PROVA;Terreno;;;LAZIO;LT;Latina;;;;;;;;;Inutilizzato;",
            "1;PROVINCIA DI PROVA;Terreno;;;;FR;Sora;;;;;;;;;Inutilizzato;",
            "1;ASL DI PROVA;Terreno;;;LAZIO;LT;Nessun comune;;;;;;;;;Inutilizzato;",
            "1;ENTE;Terreno;;;LOMBARDIA;MI;MILANO;015146;;;;;;;;Inutilizzato;",
            latina() + ";di troppo",
        )
    )
    kept = [one.records[0] for one in found if isinstance(one, Accepted)]
    assert [site.municipality for site in kept] == ["059011", "059011", "057002", "059011", "060074"]
    assert [site.owner_type for site in kept[2:]] == ["state", "region", "province"]
    assert [site.kind for site in kept[2:]] == ["public-land"] * 3
    assert [(one.line, one.field, one.reason.key) for one in found if isinstance(one, Rejected)] == [
        (11, "row", "reject.extra-cells"),
        (9, "municipality", "reject.municipality"),
    ]
    assert sum(one.count for one in found if isinstance(one, OutOfArea)) == 3
    assert [(one.key, one.params["count"]) for one in notices] == [("notice.bulk-in-use", 2)]


@pytest.mark.parametrize(
    "place",
    [
        "VIA X;1;1;Comune;41,4676;12,9036;1",
        "VIA X;1;1;Indirizzo;;;1",
        "VIA X;1;1;Indirizzo;45,4;9,1;1",
        "VIA X;1;1;Indirizzo;12,9036;41,4676;1",
        "VIA X;1;1;Indirizzo;zero;uno;1",
    ],
    ids=["of the comune", "none", "elsewhere", "swapped", "no numbers"],
)
def test_a_place_that_is_not_sure_stays_the_comune(tmp_path, place):
    (site,) = sites(properties(tmp_path / "a.csv", latina(rest=place)))
    assert (site.lon, site.lat, site.precision) == (None, None, Precision.MUNICIPALITY)


@pytest.mark.parametrize(
    ("words", "use"),
    [
        ("Non utilizzato", Use.UNUSED),
        ("INUTILIZZATO", Use.UNUSED),
        ("Dismesso", Use.UNUSED),
        ("In ristrutturazione/manutenzione", Use.RESTORED),
        ("Utilizzato parzialmente", Use.IN_PART),
        ("Utilizzato direttamente", Use.IN_USE),
        ("Dato in uso a titolo oneroso", Use.IN_USE),
        ("qualcosa di nuovo", Use.IN_USE),
        ("Non nota", Use.UNKNOWN),
        ("", Use.UNKNOWN),
    ],
)
def test_words_of_use(words, use):
    assert use_of(words) is use
    assert is_unused(words) is (use is Use.UNUSED)
    assert not is_unused(None)


def test_thirty_one_files_in_the_store_twice(tmp_path, full_size):
    files = full_size.write_buildings(tmp_path, 31_000)
    assert len(files) == 31
    assert "'" in files[0].name
    store = open_store(tmp_path / "store.sqlite")
    report = store.load(source("public-buildings"), files)
    assert report.read == 31_000 == report.added + report.unchanged + report.rejected + report.out_of_area
    assert report.added > 500
    found = store.sites(Audience.PUBLIC)
    assert len(found) == report.added
    assert {site.availability for site in found} == {Availability.UNKNOWN}
    assert all(site.owner and site.municipality for site in found)
    assert "UNITÀ" in found[0].address
    again = store.load(source("public-buildings"), files)
    assert (again.added, again.changed, again.unchanged) == (0, 0, report.added + report.unchanged)
    store.close()
