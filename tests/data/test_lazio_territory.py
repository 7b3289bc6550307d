"""The shipped comuni, provinces and areas against the rules they must keep and, where present, the real files."""

import csv
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from importlib import resources
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from shapely.geometry import Point, shape
from stdnum.it import codicefiscale, iva

from data.errors import InvalidValue
from data.lazio import (
    AREA_LEVELS,
    MunicipalityFacts,
    area_of,
    areas,
    column_sources,
    find_municipality,
    fold_name,
    municipalities,
    municipality,
    provinces,
    sources,
)
from data.lazio.tables import read_table
from data.lazio.territory import OTHER_NAMES

EVERYWHERE = ("province", "district", "labour-system")
MOVED_BY_MORE_THAN_A_STEP = {"Concerviano", "Monte Compatri"}  # the source's point lies in a minor part
CRATER_READ = {"Cantalice", "Cittaducale", "Poggio Bustone", "Rieti", "Rivodutri"}


def rows(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


# --- the comuni -------------------------------------------------------------------------------------------


def test_378_comuni_once_each_in_five_provinces():
    found = municipalities()
    assert len({facts.istat for facts in found}) == len({facts.name for facts in found}) == len(found) == 378
    assert len({facts.tax_code for facts in found}) == len({facts.cadastral_code for facts in found}) == 378
    assert Counter(facts.province for facts in found) == {"RM": 121, "FR": 91, "RI": 73, "VT": 60, "LT": 33}
    assert list(found) == sorted(found, key=lambda facts: facts.istat)


def test_values_are_possible():
    assert [facts.name for facts in municipalities() if not is_possible(facts)] == []


def is_possible(facts: MunicipalityFacts) -> bool:
    """Every rule that a value must keep by itself, whatever its source says."""
    pole = facts.snai_class == "A"
    return all(
        (
            re.fullmatch(r"0(56|57|58|59|60)\d{3}", facts.istat),
            re.fullmatch(r"[A-Z]\d{3}", facts.cadastral_code),
            codicefiscale.is_valid(facts.tax_code),
            11.4 < facts.lon < 14.1,
            40.7 < facts.lat < 42.9,
            (round(facts.lon, 2), round(facts.lat, 2)) == (facts.lon, facts.lat),
            0 < facts.area_km2 < 1300,
            0 <= facts.altitude_m < 1500,
            facts.altitude_zone in {1, 2, 3, 4, 5},
            facts.urbanisation in {1, 2, 3},
            min(facts.populations.values()) > 0,
            facts.snai_class in set("ABCDEF"),
            (facts.snai_minutes == 0) == pole == (facts.snai_pole_istat == facts.istat),
            facts.is_inner == (facts.snai_class in {"D", "E", "F"}),
            (facts.crater_annex is None) == (facts.crater_certainty is None),
        )
    )


def test_a_public_body_has_a_tax_number_that_is_no_persons():
    assert all(iva.is_valid(facts.tax_code) for facts in municipalities())


def test_islands_and_shores():
    assert {facts.name for facts in municipalities() if facts.island} == {"Ponza", "Ventotene"}
    assert all(facts.coastal and facts.coastal_zone for facts in municipalities() if facts.island)
    assert sum(facts.coastal for facts in municipalities()) == 24


def test_populations_sum_to_the_region():
    years = {year: sum(facts.populations[year] for facts in municipalities()) for year in (2020, 2021, 2022)}
    assert years == {2020: 5_730_399, 2021: 5_714_882, 2022: 5_707_112}


def test_crater_is_15_comuni_of_rieti_and_says_what_we_have_not_read():
    crater = [facts for facts in municipalities() if facts.in_crater]
    assert {facts.province for facts in crater} == {"RI"}
    assert len(crater) == 15
    assert {facts.name for facts in crater if facts.crater_annex == 2} == CRATER_READ
    assert {facts.name for facts in crater if facts.crater_certainty == "read"} == CRATER_READ
    assert {facts.crater_certainty for facts in crater} == {"read", "to-verify"}


def test_unknown_code_is_none():
    assert municipality("058091").name == "Roma"
    assert municipality("015146") is None
    assert municipality("") is None


# --- against the real files -------------------------------------------------------------------------------


def test_every_row_equals_the_public_files(shared_data: Path):
    """Every value of every row, the other way round too: no comune of the files is missing."""
    real = {row["istat"]: row for row in rows(shared_data / "lazio_comuni_facts.csv")}
    assert set(real) == {facts.istat for facts in municipalities()}
    for facts in municipalities():
        row = real[facts.istat]
        other = area_of(facts.istat, "snai")
        assert (facts.name, facts.province, facts.cadastral_code) == (row["comune"], row["sigla"], row["catasto"])
        assert (facts.tax_code, facts.nuts3) == (row["cf_comune"], row["nuts3"])
        assert facts.area_km2 == pytest.approx(float(row["area_km2"]), abs=5e-5)
        assert (facts.altitude_m, facts.altitude_zone) == (int(row["altitudine_m"]), int(row["zona_altimetrica"]))
        flags = (facts.coastal, facts.island, facts.coastal_zone)
        assert flags == tuple(row[name] == "1" for name in ("litoraneo", "isolano", "zona_costiera"))
        assert facts.urbanisation == int(row["degurba"])
        figures = (row["pop_2020"], row["pop_legale_2021"], row["pop_2022"])
        assert tuple(facts.populations.values()) == tuple(int(figure) for figure in figures)
        assert (facts.snai_class, facts.snai_minutes) == (row["ai_2020"], float(row["ai_minuti_polo"]))
        assert facts.snai_pole == row["ai_polo"]
        assert (other is None) == (row["snai_area"] == "")
        assert other is None or row["snai_area"] in {other.name, other.other_name}
        assert other is None or row["snai_stato"].startswith(other.period)
        assert facts.labour_system == row["sll_2021"]
        assert facts.labour_system_name.upper() == row["sll_nome"]
        assert int(row["sisma_rcr_presentate"]) > 0 or not facts.in_crater


def test_poles_are_those_of_the_official_map(shared_data: Path):
    real = {row["istat"]: row for row in rows(shared_data / "raw" / "dpcoes_mappa_aree_interne_2020_lazio.csv")}
    (column,) = (name for name in next(iter(real.values())) if "PROCOM_N" in name)
    assert {facts.istat: facts.snai_pole_istat for facts in municipalities()} == {
        istat: row[column].zfill(6) for istat, row in real.items()
    }


def test_reference_points_lie_in_the_largest_part(shared_data: Path):
    real = json.loads((shared_data / "lazio_comuni_2023.geojson").read_text(encoding="utf-8"))
    shapes = {feature["properties"]["com_istat_code"]: shape(feature["geometry"]) for feature in real["features"]}
    for facts in municipalities():
        outline = shapes[facts.istat]
        largest = max(getattr(outline, "geoms", [outline]), key=lambda part: part.area)
        assert largest.contains(Point(facts.lon, facts.lat)), facts.name


def test_reference_points_are_the_rounded_ones_of_the_files(shared_data: Path):
    """At most one step of the grid away, where the rounded point would lie outside."""
    far = set()
    for row in rows(shared_data / "lazio_comuni_facts.csv"):
        facts = municipality(row["istat"])
        if max(abs(facts.lon - float(row["lon"])), abs(facts.lat - float(row["lat"]))) > 0.0101:
            far.add(facts.name)
    assert far == MOVED_BY_MORE_THAN_A_STEP


# --- names ------------------------------------------------------------------------------------------------


def named_rows(folder: Path) -> Iterator[tuple[str, str | None, str]]:
    """(name as written, province if the file has one, ISTAT code) of every row of the real files that name a comune."""
    files = (
        ("cinque_per_mille_2022_lazio.csv", "nome_comune", "pr", "codice_comune", ","),
        ("cinque_per_mille_2022_lazio.csv", "old_nome_comune", "pr", "codice_comune", ","),
        ("cooperative_lazio_unione.csv", "nome_comune", "pr", "codice_comune", ","),
        ("cooperative_5x1000_2022_italia.csv", "nome_comune", "pr", "codice_comune", ","),
        ("anbsc_imm_gest_lazio.csv", "nome_comune", "nome_provincia", "CODISTAT", ","),
        ("anbsc_az_gest_lazio.csv", "nome_comune", "nome_provincia", "CODISTAT", ","),
        ("anbsc_az_dest_lazio.csv", "comune", "provincia", "CODISTAT", ","),
        ("anbsc_immobili_2014_lazio.csv", "NOME_COM", "NOME_PRO", "istat", ","),
        ("sisma2016_ricostruzione_privata_lazio.csv", "comune", "provincia", "cod_istat_comune", ","),
        ("sisma2016_ricostruzione_pubblica_lazio.csv", "comune", "prov", "cod_istat_comune", ","),
        ("lazio_centri_storici_dpc.csv", "comune", "prov_acr", "istat", ","),
        ("lazio_sll_2021.csv", "COMUNE", "", "PRO_COM_T", ","),
        ("tender_groupings/participations.csv", "buyer", "", "buyer_istat", ","),
        (
            "raw/mef_irpef_comunale_2018_lazio.csv",
            "Denominazione Comune",
            "Sigla Provincia",
            "Codice Istat Comune",
            ";",
        ),
        (
            "raw/mef_irpef_comunale_2020_lazio.csv",
            "Denominazione Comune",
            "Sigla Provincia",
            "Codice Istat Comune",
            ";",
        ),
        ("raw/anbsc_immobili_in_gestione_head300.csv", "nome_comune", "nome_provincia", "CODISTAT", ","),
        ("raw/anbsc_aziende_destinate_head300.csv", "comune", "provincia", "CODISTAT", ","),
    )
    for name, comune, province, code, delimiter in files:
        for row in rows(folder / name, delimiter):
            if row[comune]:
                yield row[comune], row.get(province), row[code].zfill(6)
    yield from bodies(folder)


def bodies(folder: Path) -> Iterator[tuple[str, str | None, str]]:
    """The comuni as bodies, by the names that two registers give them."""
    for row in rows(folder / "ipa_enti_lazio.csv"):
        name = row["Denominazione_ente"]
        if row["Codice_Categoria"] == "L6" and name.lower().startswith(("comune ", "roma capitale")):
            yield name, None, row["Codice_comune_ISTAT"]
    for row in rows(folder / "cinque_per_mille_2022_lazio.csv"):
        if row["comuni"]:
            yield row["denominazione"], row["pr"], row["codice_comune"]


def test_names_of_the_real_files_are_found_and_none_is_wrong(shared_data: Path):
    """With the province and without it; comuni of the rest of Italy must not be taken for ours."""
    total = missed = 0
    wrong = []
    for name, province, code in named_rows(shared_data):
        for given_province in {None, province or None}:
            found = find_municipality(name, given_province)
            total += 1
            missed += found is None and municipality(code) is not None
            if found is not None and found.istat != code:
                wrong.append((name, given_province, code, found.istat))
    assert total > 40_000
    assert wrong == []
    assert missed / total <= 0.001
    assert missed == 0, "a spelling of the real files is no longer reached"


def test_all_378_are_found_as_bodies(shared_data: Path):
    for register in (0, 1):
        half = [row for row in bodies(shared_data) if (row[1] is not None) == bool(register)]
        assert len(half) == 378
        assert {find_municipality(name, province).istat for name, province, _ in half} == {code for *_, code in half}


def test_other_bodies_of_the_municipal_category_are_no_comuni(shared_data: Path):
    others = [
        row["Denominazione_ente"]
        for row in rows(shared_data / "ipa_enti_lazio.csv")
        if not row["Denominazione_ente"].lower().startswith(("comune ", "roma capitale"))
    ]
    assert len(others) == 1830 - 378
    assert [name for name in others if find_municipality(name)] == []


def test_network_contract_firms_outside_lazio_stay_outside(shared_data: Path):
    book = load_workbook(shared_data / "raw" / "contratti_di_rete_sample.xlsx", read_only=True)
    sheet = [row for row in book["Elenco"].iter_rows(values_only=True) if any(row)]
    start = next(number for number, row in enumerate(sheet) if "comune" in row)
    place, region = sheet[start].index("comune"), sheet[start].index("REG")
    outside = [row[place] for row in sheet[start + 1 :] if row[place] and row[region] != "12"]
    assert len(outside) > 50
    assert [name for name in outside if find_municipality(name)] == []


@pytest.mark.parametrize(
    ("name", "province", "expected"),
    [
        ("COMUNE DI CASTEL S. ANGELO", None, "Castel Sant'Angelo"),
        ("Comune di Roma Capitale", None, "Roma"),
        ("ROMA CAPITALE", "Roma", "Roma"),
        ("Città di Fiumicino", None, "Fiumicino"),
        ("SS. Cosma e Damiano", "LT", "Santi Cosma e Damiano"),
        ("S.ORESTE", None, "Sant'Oreste"),
        ("SANT’ORESTE", "058", "Sant'Oreste"),
        ("SANT´ORESTE", "058", "Sant'Oreste"),
        ("SANTORESTE", None, "Sant'Oreste"),
        ("Monteporzio Catone", None, "Monte Porzio Catone"),
        ("Torre Caietani", None, "Torre Cajetani"),
        ("Sora (FR)", None, "Sora"),
        ("Sora - FR", "Provincia di Frosinone", "Sora"),
        ("Guidonia", None, "Guidonia Montecelio"),
        ("Montopoli in Sabina", "Rieti", "Montopoli di Sabina"),
        ("MONTE SAN GIOVANNI CAMPA", "FR", "Monte San Giovanni Campano"),
        ("CASTEL SAN PIETRO", "RM", "Castel San Pietro Romano"),
        ("  latina \n", "LT", "Latina"),
    ],
)
def test_spellings(name: str, province: str | None, expected: str):
    found = find_municipality(name, province)
    assert found is not None
    assert found.name == expected


@pytest.mark.parametrize(
    ("name", "province"),
    [
        ("FORLI'", None),
        ("", None),
        ("Comune di", None),
        ("Comune", None),
        ("S.", None),
        ("Lazio", None),
        ("Provincia di Viterbo", None),
        ("Città metropolitana di Roma Capitale", None),
        ("CASTEL SAN PIETRO", None),  # it may be the one of Bologna, cut off
        ("CASTEL SAN PIETRO", "BO"),
        ("MONTE SAN GIOVANNI", "FR RI"),
        ("MONTE SAN G", "FR"),  # too short to be completed
        ("Roma", "MI"),
        ("Roma (MI)", None),
        ("Roma (MI)", "RM"),
        ("Sora", "Roma"),
        ("Ostia", "RM"),
        ("R" * 100_000, None),
        ("((((" * 40, None),
    ],
)
def test_what_is_not_exactly_one_comune_is_none(name: str, province: str | None):
    assert find_municipality(name, province) is None


def test_no_two_comuni_share_a_spelling():
    """Folded, or with every saint written in full: the index of names may then hold one comune each."""
    names = {facts.name: facts.istat for facts in municipalities()} | OTHER_NAMES
    for fold in (fold_name, lambda name: fold_name(name.replace("'", "").replace(" ", ""))):
        owners: dict[str, set[str]] = {}
        for name, istat in names.items():
            owners.setdefault(fold(name), set()).add(istat)
        assert [spelling for spelling, own in owners.items() if len(own) > 1] == []


APOSTROPHES = ("'", "’", "`", "´", "' ", " ")
SAINTS = re.compile(r"\b(Sant'|San |Santa |Santo |Santi )")


@st.composite
def spelled(draw: st.DrawFn) -> tuple[str, MunicipalityFacts]:
    """A comune's name as some office might have typed it."""
    facts = draw(st.sampled_from(municipalities()))
    name = facts.name
    if draw(st.booleans()):
        name = SAINTS.sub(draw(st.sampled_from(("S. ", "S.", "S "))), name)
    name = name.replace("'", draw(st.sampled_from(APOSTROPHES)))
    name = name.replace(" ", draw(st.sampled_from((" ", "  ", "\u00a0", "-", "\t"))))
    name = draw(st.sampled_from((str, str.upper, str.lower, str.title)))(name)
    name = unicodedata.normalize(draw(st.sampled_from(("NFC", "NFD", "NFKC", "NFKD"))), name)
    prefix = draw(st.sampled_from(("", "Comune di ", "COMUNE DI ", "Città di ", "CITTA' DI ", "comune ")))
    suffix = draw(st.sampled_from(("", " ", f" ({facts.province})", f" - {facts.province}", f", {facts.province}")))
    return f" {prefix}{name}{suffix}", facts


@given(spelled(), st.booleans())
def test_any_usual_spelling_is_found(case: tuple[str, MunicipalityFacts], with_province: bool):
    name, facts = case
    assert find_municipality(name, facts.province if with_province else None) == facts


@given(st.text(max_size=300), st.none() | st.text(max_size=20))
def test_any_text_at_all_has_an_answer(name: str, province: str | None):
    found = find_municipality(name, province)
    assert found is None or found in municipalities()


@given(st.sampled_from(municipalities()), st.data())
def test_one_wrong_letter_never_gives_another_comune(facts: MunicipalityFacts, data: st.DataObject):
    place = data.draw(st.integers(0, len(facts.name)))
    cut = data.draw(st.integers(0, 1))
    letter = data.draw(st.sampled_from("abcdefghilmnopqrstuvzj"))
    name = facts.name[:place] + letter + facts.name[place + cut :]
    assert find_municipality(name) in {None, facts}
    assert find_municipality(name, facts.province) in {None, facts}


@given(st.text(max_size=60))
def test_folding_is_done_once_and_for_all(name: str):
    folded = fold_name(name)
    assert re.fullmatch(r"[a-ik-z0-9]*", folded)
    assert fold_name(name.replace("'", "’")) == folded
    assert fold_name(f"  {name}  ") == folded


def test_folding_drops_accents_before_it_looks_for_saints():
    assert fold_name("Sànta Marinèlla") == fold_name("SANTA MARINELLA") == fold_name("S.Marinella") == "smarinella"


@given(st.sampled_from(municipalities()), st.data())
def test_a_cut_off_name_is_completed_to_itself_or_to_nothing(facts: MunicipalityFacts, data: st.DataObject):
    cut = facts.name[: data.draw(st.integers(1, len(facts.name)))]
    found = find_municipality(cut, facts.province)
    assert found is None or fold_name(found.name).startswith(fold_name(cut)) or found.name == cut
    assert len(fold_name(cut)) >= 12 or found is None or cut in {found.name, "Guidonia"}


# --- provinces, areas, sources ----------------------------------------------------------------------------


def test_provinces_are_those_of_their_comuni():
    assert [(row.istat, row.sigla, row.nuts3) for row in provinces()] == [
        ("056", "VT", "ITI41"),
        ("057", "RI", "ITI42"),
        ("058", "RM", "ITI43"),
        ("059", "LT", "ITI44"),
        ("060", "FR", "ITI45"),
    ]
    by_sigla = {row.sigla: row for row in provinces()}
    for facts in municipalities():
        own = by_sigla[facts.province]
        assert (facts.istat[:3], facts.nuts3) == (own.istat, own.nuts3)
    assert [municipality(row.capital).name for row in provinces()] == [row.name for row in provinces()]


@pytest.mark.parametrize("level", AREA_LEVELS)
def test_areas_of_a_level_never_overlap(level: str):
    members = list(chain.from_iterable(area.members for area in areas(level)))
    assert len(members) == len(set(members))
    assert (len(members) == 378) == (level in EVERYWHERE)
    assert len({area.code for area in areas(level)}) == len(areas(level))
    for area in areas(level):
        assert area.members == tuple(sorted(area.members))
        assert all(area_of(istat, level) == area for istat in area.members)
        assert area.certainty in {"read", "to-verify"}
        assert area.source in sources()


def test_the_seven_inner_areas_hold_134_comuni():
    snai = areas("snai")
    assert [len(area.members) for area in snai if area.period == "2014-20"] == [19, 31, 24, 17]
    assert sum(len(area.members) for area in snai if area.period == "2021-27") == 43
    assert sum(len(area.members) for area in snai) == 134
    assert {area.state for area in snai} == {"confirmed", "funded", "not-funded"}
    assert area_of("057001", "snai").name == "Monti Reatini"


def test_districts_of_the_federation_are_marked_as_our_assumption():
    found = {area.code: area for area in areas("district")}
    assert {code: {istat[:3] for istat in area.members} for code, area in found.items()} == {
        "roma": {"058"},
        "lazio-nord": {"056", "057"},
        "lazio-sud": {"059", "060"},
    }
    assert {area.certainty for area in found.values()} == {"to-verify"}


def test_areas_of_nowhere():
    assert area_of("015146", "province") is None
    assert area_of("058091", "crater") is None
    assert len(areas()) == sum(len(areas(level)) for level in AREA_LEVELS)
    with pytest.raises(InvalidValue):
        areas("planet")
    with pytest.raises(InvalidValue):
        area_of("058091", "planet")


TABLES = ("municipalities", "provinces", "areas", "districts", "ateco_2007", "ateco_2025", "ateco_bridge")


@pytest.mark.parametrize("table", TABLES)
def test_every_shipped_column_has_a_source(table: str):
    found = column_sources(table)
    assert set(found) == set(read_table(table)[0])
    for source in found.values():
        assert source.name
        assert source.name_en
        assert source.publisher
        assert source.licence
        assert source.address.startswith("https://") or source.key == "own-work"
        assert source.certainty in {"read", "to-verify"}


def test_every_fact_of_a_comune_has_a_source():
    """Nothing reaches a page from the facts without a name beneath it; the name of a labour system is its area's."""
    shown = {field.name for field in fields(MunicipalityFacts)} - {"labour_system_name"}
    assert shown == set(column_sources())


def test_the_readme_names_every_table_and_column():
    text = resources.files("data.lazio").joinpath("README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z0-9_]+)`", text))
    for table in TABLES:
        assert f"`{table}.csv`" in text
        assert set(column_sources(table)) - named == set(), table
    assert [source.key for source in sources().values() if source.key not in text] == []


def test_sources_of_an_unknown_table():
    with pytest.raises(InvalidValue):
        column_sources("secrets")


@pytest.mark.parametrize("table", [*TABLES, "sources", "columns"])
def test_tables_are_compact_utf8_with_unix_lines(table: str):
    raw = resources.files("data.lazio").joinpath(f"{table}.csv").read_bytes()
    text = raw.decode("utf-8")
    assert not text.startswith("\ufeff")
    assert "\r" not in text
    assert text.endswith("\n")
    assert len(raw) < 130_000
    assert all(None not in row and None not in row.values() for row in read_table(table))
