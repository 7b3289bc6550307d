"""Sources of territory and sectors on small invented files in the publishers' layouts: what is taken, what is not."""

import io
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from data.errors import FileTooLarge, UnreadableFile, WrongColumns
from data.model import Availability, BodyType, Evidence, Identifier, Message, OrganisationKind, Visibility
from data.records import AreaRecord, CoefficientRecord, MunicipalityRecord, OutOfArea, ParticipationRecord, SectorRecord
from data.sources import zipped
from data.sources.input_output import divisions_of

FILES = Path(__file__).parent / "files"
TITLE = '"Popolazione residente per età, sesso e stato civile al 1° gennaio 2025"\n'


def figures(record: MunicipalityRecord) -> dict[tuple[str, int], float]:
    return {(name, year): value for name, year, value, _unit in record.figures}


# --- zips ---------------------------------------------------------------------------------------------------------


def zip_of(path: Path, **members: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "."), text)
    return path


def test_a_zipped_table_is_the_table(read, tmp_path):
    plain = read("income", "income_2022.csv")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("../outside.csv", "a,b\n")
        archive.writestr("/root.csv", "a,b\n")
        archive.writestr("C:\\there.csv", "a,b\n")
        archive.writestr("__MACOSX/._income_2022.csv", "a,b\n")
        archive.writestr("folder/", "")
        archive.writestr("folder/leggimi.txt", "note")
        archive.writestr("folder/income_2022.csv", (FILES / "income_2022.csv").read_text())
    packed = read("income", tmp_path / "a.zip")
    assert packed.outcomes == plain.outcomes
    assert not list(tmp_path.parent.glob("outside.csv"))


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({}, "unreadable.zip-without-table"),
        ({"a.pdf": "x"}, "unreadable.zip-without-table"),
        ({"../a.csv": "x"}, "unreadable.zip-without-table"),
        ({"a.csv": "x", "b.csv": "y"}, "unreadable.zip-several"),
        ({"a.csv": "x", "b.xlsx": "y"}, "unreadable.zip-several"),
    ],
)
def test_an_archive_without_one_table_is_refused_by_name(read, tmp_path, members, why):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    with pytest.raises(UnreadableFile) as caught:
        read("income", tmp_path / "a.zip")
    assert caught.value.params["why"] == why
    assert caught.value.params["file"] == "a.zip"


@pytest.mark.parametrize(
    ("name", "inside"),
    [
        ("a.csv", True),
        ("folder/a.csv", True),
        ("../a.csv", False),
        ("folder/../../a.csv", False),
        ("/a.csv", False),
        ("\\\\server\\a.csv", False),
        ("C:a.csv", False),
        ("a\0.csv", False),
        ("", False),
    ],
)
def test_names_that_lead_out_of_the_folder_are_known(name, inside):
    assert zipped.is_inside(name) is inside


def test_bombs_and_broken_archives_are_refused(read, tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", "0" * 50_000_000)
    with pytest.raises(FileTooLarge):
        read("income", tmp_path / "bomb.zip")
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for number in range(2_001):
            archive.writestr(f"{number}.txt", "")
    with pytest.raises(FileTooLarge):
        read("dwellings", tmp_path / "many.zip")
    whole = zip_of(tmp_path / "whole.zip", a__csv="istat\n" * 1_000).read_bytes()
    for number, broken in enumerate((b"PK\x03\x04", b"", whole[: len(whole) // 2], b"no archive at all")):
        path = tmp_path / f"{number}.zip"
        path.write_bytes(broken)
        with pytest.raises(UnreadableFile):
            read("population", path)
    # What unpacks to more than its own list of contents says is stopped while it unpacks.
    monkeypatch.setattr(zipped, "FILE_LIMIT", 1_000)
    with pytest.raises(FileTooLarge), zipped.unpacked(tmp_path / "whole.zip"):
        pass


def test_a_locked_archive_is_refused(read, tmp_path):
    whole = bytearray(zip_of(tmp_path / "a.zip", a__csv="istat\n" * 100).read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        whole[whole.index(mark) + at] |= 1
    (tmp_path / "a.zip").write_bytes(whole)
    with pytest.raises(UnreadableFile):
        read("income", tmp_path / "a.zip")


# --- income -------------------------------------------------------------------------------------------------------


def test_income_in_its_official_layout(read):
    found = read("income", "income_2022.csv")
    assert found.counts == (7, 2, 3, 2)
    assert found.reasons == [
        (6, "pensioners", "reject.more-than-taxpayers"),
        (7, "istat", "reject.municipality"),
        (8, "taxpayers", "reject.number"),
    ]
    assert found.notices == []
    assert figures(found.record("2022|059011")) == {
        ("taxpayers", 2022): 80_000,
        ("taxable-income", 2022): 1_600_000_000,
        ("taxable-income-declarers", 2022): 79_000,
        ("pensioners", 2022): 20_000,
        ("low-income-taxpayers", 2022): 16_000,
        ("income-per-taxpayer", 2022): 20_000,
        ("pension-share", 2022): 0.25,
        ("low-income-share", 2022): 0.2,
    }
    hidden = figures(found.record("2022|057001"))
    assert hidden["income-per-taxpayer", 2022] == 12_500
    assert not {name for name, _year in hidden} & {"pensioners", "pension-share"}


# --- dwellings ----------------------------------------------------------------------------------------------------


def test_dwellings_of_the_census(read):
    found = read("dwellings", "dwellings_2021.csv")
    assert found.counts == (8, 3, 3, 2)
    assert found.reasons == [
        (7, "measure", "reject.not-allowed"),
        (8, "year", "reject.date"),
        (9, "value", "reject.count"),
    ]
    assert "NUM_UNOCC_DW_AV" in str(found.rejected[0].reason.params["allowed"])
    assert figures(found.record("2021|057001|NUM_UNOCC_DW_AV")) == {("dwellings-not-occupied", 2021): 1_200}


# --- population ---------------------------------------------------------------------------------------------------


def posas(comuni: dict[str, Callable[[int], int]], *, title: str = TITLE, totals: bool = True) -> str:
    """A file of the official layout: per comune a row for each age and one for all of them."""
    marital = (
        "Celibi;Coniugati;Divorziati;Vedovi;Uniti civilmente;Maschi già in unione civile (per scioglimento unione)"
    )
    lines = [f"Codice comune;Comune;Età;{marital};Totale maschi;Nubili;Coniugate;Totale femmine;Totale"]
    for istat, people in comuni.items():
        lines += [f'"{istat}";"Prova";{age};1;;;;;;0;0;0;0;{people(age)}' for age in range(101)]
        if totals:
            lines.append(f'"{istat}";"Prova";999;1;;;;;;0;0;0;0;{sum(map(people, range(101)))}')
    return title + "\n".join(lines) + "\n"


def two_a_year(_age: int) -> int:
    return 2


def test_population_by_age(read, tmp_path):
    text = posas({"059011": two_a_year, "063049": two_a_year, "057001": lambda age: 3 if age >= 65 else 0})
    (tmp_path / "POSAS.csv").write_text(text, encoding="utf-8-sig")
    found = read("population", tmp_path / "POSAS.csv")
    assert found.counts == (205, 204, 0, 1)
    assert [one.count for one in found.outcomes if isinstance(one, OutOfArea)] == [102]
    assert found.notices == []
    assert figures(found.record("2025|059011|999")) == {
        ("population", 2024): 202,
        ("residents-0-14", 2025): 30,
        ("residents-15-64", 2025): 100,
        ("residents-65-over", 2025): 72,
        ("old-age-index", 2025): 240,
    }
    # Without a child there is no index: no number stands for a division by zero.
    assert ("old-age-index", 2025) not in figures(found.record("2025|057001|999"))
    assert sum(bool(one.records) for one in found.accepted) == 2


@pytest.mark.parametrize("ending", [".csv", ".zip"])
def test_the_year_of_a_population_file_without_title_is_in_its_name(read, tmp_path, ending):
    text = posas({"059011": two_a_year}, title="", totals=False)
    path = tmp_path / f"POSAS_2023_it_Comuni{ending}"
    if ending == ".csv":
        path.write_text(text)
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("POSAS.csv", text)
    found = read("population", path)
    assert found.counts == (101, 101, 0, 0)
    assert figures(found.record("2023|059011|100"))["population", 2022] == 202


def test_a_population_file_that_says_no_year_is_refused(read, tmp_path):
    for name in ("POSAS.csv", "POSAS_2019_2025.csv"):
        (tmp_path / name).write_text(posas({"059011": two_a_year}, title=""))
        with pytest.raises(UnreadableFile) as caught:
            read("population", tmp_path / name)
        assert caught.value.params["why"] == "unreadable.no-year"


def test_ages_that_do_not_add_up_make_no_population(read, tmp_path):
    good = posas({"059011": two_a_year, "057001": two_a_year, "057002": two_a_year}).splitlines()
    good[2 + 5] = '"059011";"Prova";5;rotta'  # a row too short: its comune is not taken
    good[2 + 102 + 101] = good[2 + 102 + 101].replace(";202", ";203")
    good[2 + 204 + 9] = good[2 + 204 + 9].replace(";9;", ";109;")
    (tmp_path / "POSAS.csv").write_text("\n".join(good))
    found = read("population", tmp_path / "POSAS.csv")
    assert found.reasons == [
        (8, "row", "reject.missing-cells"),
        (104, "age", "reject.ages-missing"),
        (206, "total", "reject.ages-sum"),
        (216, "age", "reject.age"),
        (308, "age", "reject.ages-missing"),
    ]
    assert not any(one.records for one in found.accepted)
    assert [row.line for row in found.outcomes] == list(range(3, 309))


# --- labour systems and areas -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "order", [("labour_members.csv", "labour_groups.csv"), ("labour_groups.csv", "labour_members.csv")]
)
def test_labour_systems_take_their_specialisation_from_the_other_file(read, order):
    found = read("labour-systems", *order)
    assert found.counts == (8, 4, 3, 1)
    assert found.record("059011") == AreaRecord(
        "labour-system", "1210", "PROVA MARE", "059011", "Sistemi locali di prova"
    )
    assert found.record("057001").code == "0928"
    assert sorted(reason for _line, _field, reason in found.reasons) == [
        "reject.labour-system",
        "reject.labour-system",
        "reject.missing",
    ]


def test_labour_systems_without_the_comuni_say_what_lacks(read):
    with pytest.raises(WrongColumns):
        read("labour-systems", "labour_groups.csv")
    assert read("labour-systems", "labour_members.csv").record("059011").detail is None


def test_own_areas(read):
    found = read("districts", "districts.csv")
    assert found.counts == (7, 3, 3, 1)
    assert found.record("district|D1|059011") == AreaRecord("district", "D1", "Lazio di Prova", "059011")
    assert found.record("gal|galdiprova|057002") == AreaRecord("gal", "galdiprova", "GAL di Prova", "057002")
    assert found.reasons == [
        (6, "municipality", "reject.municipality"),
        (7, "area", "reject.missing"),
        (8, "level", "reject.missing"),
    ]


def test_own_indicators_name_their_source_and_stand_beside_the_official_ones(read):
    found = read("indicators", "indicators.csv")
    assert found.counts == (8, 3, 4, 1)
    nursery = found.record("postinido|059011|2023")
    assert nursery.figures == (("own:Posti nido", 2023, 1234.5, "posti"),)
    assert (nursery.told_by, nursery.licence) == ("Ufficio di prova", "CC BY 4.0")
    change = found.record("variazione|057001|2023")
    assert change.figures == (("own:Variazione", 2023, -3.2, "%"),)
    assert found.record("population|059011|2022").figures[0][0] == "own:population"
    assert found.record("population|059011|2022").licence is None
    assert found.reasons == [
        (6, "value", "reject.number"),
        (7, "year", "reject.date"),
        (8, "source", "reject.missing"),
        (9, "name", "reject.personal-mail"),
    ]


# --- land take ----------------------------------------------------------------------------------------------------


def soil_workbook(path: Path) -> Path:
    periods = [(2006, 2012), (2012, 2015), *((year, year + 1) for year in range(2015, 2024))]
    kinds = ("Incremento netto", "Incremento lordo", "Ripristino")
    heads = [f"{kind} {start}-{end} [ettari]" for start, end in periods for kind in kinds]
    book = openpyxl.Workbook()
    book.active.title = "Regioni_2006_2024"
    book.active.append(["COD_REG", "Nome_Regione", "Suolo consumato 2024 [ettari]", "Suolo consumato 2024 [%]"])
    book.active.append([12, "Lazio", 140_000.5, 8.2])
    sheet = book.create_sheet("Comuni_2006_2024")
    place = ["PRO_COM", "Nome_Comune", "Nome_Provincia", "Nome_Regione"]
    sheet.append([*place, *heads, "Suolo consumato 2024 [ettari]", "Suolo consumato 2024 [%]"])
    assert sheet.max_column == 39
    ones = [1] * 11
    for code, name, region, nets, covered, share in (
        (None, None, None, ["ha"] * 11, "ha", "%"),
        (59011, "Latina", "Lazio", [10, 5, 1, 1, 1, 1, 1, 1, 1, -1, 2.5], 5000.25, 18.01),
        (57001, "Accumoli", "Lazio", [1, None, *[1] * 8, 1e-05], 120, 1.4),
        (63049, "Napoli", "Campania", ones, 7000, 60),
        (57999, "Inventato", "Lazio", ones, 70, 6),
        (57002, "Amatrice", "Lazio", ones, 7, 0.1),
        (59016, "Norma", "Lazio", ones, 70, 120),
    ):
        sheet.append([code, name, None, region, *(cell for net in nets for cell in (net, net, 0)), covered, share])
    book.save(path)
    return path


def test_land_take_by_the_years_in_its_headings(read, tmp_path):
    found = read("land-take", soil_workbook(tmp_path / "suolo.xlsx"))
    assert found.counts == (7, 2, 3, 2)
    assert found.notices == []
    assert found.reasons == [
        (6, "istat", "reject.municipality"),
        (7, "ha-2024", "reject.less-than-increase"),
        (8, "share-2024", "reject.percent"),
    ]
    latina = figures(found.record("059011"))
    assert latina["land-taken", 2024] == 5000.25
    assert latina["land-taken-share", 2024] == 0.1801
    assert (latina["land-take-net", 2023], latina["land-take-net", 2024]) == (-1, 2.5)
    assert ("land-take-net", 2012) not in latina
    assert latina["land-take-net-since-2006", 2024] == 23.5
    # A period that the publisher leaves empty makes no sum over all of them.
    gap = figures(found.record("057001"))
    assert gap["land-take-net", 2024] == 1e-05
    assert ("land-take-net-since-2006", 2024) not in gap


# --- reconstruction -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", [1, -1])
def test_rebuilding_private_and_public(read, turn):
    files = ["reconstruction_private.csv", "reconstruction_public.csv"][::turn]
    found = read("reconstruction", *files)
    assert found.counts == (13, 6, 5, 2)
    assert found.notices == []
    assert sorted(found.reasons) == [
        (4, "asked", "reject.amount"),
        (5, "istat", "reject.municipality"),
        (7, "cup", "reject.cup"),
        (8, "phase", "reject.phase"),
        (10, "istat", "reject.missing"),
    ]
    requests = figures(found.record("private|057001"))
    # The heading of the public file says the day of both: 31 March 2026.
    assert requests["reconstruction-requests", 2026] == 10
    assert requests["reconstruction-paid", 2026] == -10.5
    works = [one.records for one in found.accepted if one.key.startswith("work|EU_1")]
    totals = figures(works[0][-1])
    assert totals == {
        ("reconstruction-works", 2026): 3,
        ("reconstruction-works-amount", 2026): 1750.5,
        ("reconstruction-works:FA_4", 2026): 1,
        ("reconstruction-works-amount:FA_4", 2026): 500,
        ("reconstruction-works:FA_7", 2026): 2,
        ("reconstruction-works-amount:FA_7", 2026): 1250.5,
    }


def test_a_public_work_is_a_project_of_its_implementing_body(read):
    found = read("reconstruction", "reconstruction_public.csv")
    body, work, _figures = next(one.records for one in found.accepted if one.key == "work|EU_1")
    assert body.identifiers == (Identifier("municipality", "057001"), Identifier("tax-code", "00113430573"))
    assert isinstance(work, ParticipationRecord)
    assert work.project == "reconstruction|A11B22000000001|EU_1"
    assert (work.kind, work.amount, work.buyer_municipality) == ("reconstruction", 1000.5, "057001")
    assert work.role == "soggetto attuatore · FA_7"
    assert work.text == "Scuola di prova – 10 - Scuole"
    assert work.outcome is None
    assert {said.date for said in body.assertions} == {date(2026, 3, 31)}
    office = {
        said.field: said for said in next(one.records[0] for one in found.accepted if one.key == "work|EU_2").assertions
    }
    assert office["body_type"].value is BodyType.AGENCY
    assert office["kind"].evidence is Evidence.INFERRED
    church = next(one.records for one in found.accepted if one.key == "work|EU_4")
    assert [said.value for said in church[0].assertions if said.field == "kind"] == [OrganisationKind.THIRD_SECTOR]
    assert church[1].buyer_municipality is None
    assert len(church) == 2
    # A private body that the list does not name makes no organisation.
    assert next(one.records for one in found.accepted if one.key == "work|EU_3") == ()


def test_a_work_on_two_rows_counts_once(read):
    once = read("reconstruction", "reconstruction_public.csv")
    twice = read("reconstruction", "reconstruction_public.csv", "reconstruction_public.csv")
    assert twice.outcomes == [*once.outcomes, *once.outcomes]


def test_a_private_file_alone_tells_that_its_day_is_assumed(read):
    found = read("reconstruction", "reconstruction_private.csv")
    assert found.notices == [Message("notice.edition-assumed", {"day": date(2026, 4, 30)})]
    with pytest.raises(WrongColumns):
        read("reconstruction", "income_2022.csv")


# --- confiscated property -----------------------------------------------------------------------------------------


def test_destined_property_says_where_and_for_whom_but_no_private_name(read):
    found = read("anbsc-properties", "anbsc_properties_destined.csv")
    assert found.counts == (3, 2, 0, 1)
    land = found.record("I-PR-1")
    assert land.availability is Availability.DESTINED
    assert (land.address, land.assignee) == ("VIA DI PROVA 1", "Comune di Fondi")
    assert land.use == "Scopi sociali; Agricoltura sociale"
    assert land.date == date(2020, 4, 3)
    house = found.record("I-PR-2")
    assert (house.assignee, house.use) == (None, None)
    assert "Segreto" not in repr(found.outcomes)


def test_the_list_of_2014_says_the_state_of_then_and_frees_nothing_today(read):
    found = read("anbsc-properties-2014", "anbsc_properties_2014.csv")
    assert found.counts == (6, 2, 3, 1)
    assert found.reasons == [
        (5, "genre", "reject.not-allowed"),
        (6, "state", "reject.not-allowed"),
        (7, "municipality", "reject.municipality"),
    ]
    land, house = found.record("1"), found.record("2")
    assert (land.condition, land.measure) == ("Destinati consegnati (2014)", "Ente destinatario: Comuni (2014)")
    assert (house.condition, house.measure) == ("In gestione (2014)", None)
    assert {land.availability, house.availability} == {Availability.UNKNOWN}
    assert {land.date, house.date} == {date(2014, 12, 31)}
    assert land.visibility is Visibility.PUBLIC
    assert "example.invalid" not in repr(found.outcomes)


# --- sectors ------------------------------------------------------------------------------------------------------


def test_ateco_2025_with_its_notes(read):
    found = read("ateco", "ateco_2025.csv")
    assert found.counts == (10, 7, 3, 0)
    assert [one.key for one in found.accepted[:3]] == ["2025|A", "2025|A", "2025|01"]
    assert found.accepted[0].records == found.accepted[1].records
    assert found.record("2025|01.11.00") == SectorRecord(
        "2025", "01.11.00", "01.11.0", "Sottocategoria di prova", "Trial subcategory"
    )
    assert found.reasons == [
        (10, "code", "reject.parent-code"),
        (11, "code", "reject.sector-code"),
        (12, "title_it", "reject.missing"),
    ]


def test_ateco_2007_finds_its_parents_in_the_codes(read):
    found = read("ateco", "ateco_2007.csv")
    assert found.counts == (9, 8, 1, 0)
    parents = {one.records[0].code: one.records[0].parent for one in found.accepted}
    assert parents == {
        "A": None, "01": "A", "01.1": "01", "01.11": "01.1", "01.11.1": "01.11", "01.11.10": "01.11.1",
        "B": None, "05": "B",
    }  # fmt: skip
    assert {one.records[0].title_en for one in found.accepted} == {None}
    with pytest.raises(WrongColumns):
        read("ateco", "income_2022.csv")


def test_coefficients_of_a_square_table(read):
    found = read("input-output", "coefficients_2016.csv")
    assert found.counts == (5, 2, 3, 0)
    assert found.accepted[0].records == (
        CoefficientRecord("A01", "A01", 2016, 0.25),
        CoefficientRecord("A01", "C10-C12", 2016, 0.125),
        CoefficientRecord("A01", "J61", 2016, 5e-05),
    )
    assert found.reasons == [
        (4, "C10-C12", "reject.coefficient"),
        (5, "from", "reject.io-sector"),
        (6, "row", "reject.missing-cells"),
    ]


def test_coefficients_one_a_row(read, tmp_path):
    found = read("input-output", "coefficients_long.csv")
    assert found.counts == (3, 1, 2, 0)
    assert found.record("2020|A01|J61") == CoefficientRecord("A01", "J61", 2020, 0.125)
    assert found.reasons == [(3, "value", "reject.coefficient"), (4, "from", "reject.io-sector")]
    (tmp_path / "tavola.csv").write_text((FILES / "coefficients_2016.csv").read_text())
    with pytest.raises(UnreadableFile) as caught:
        read("input-output", tmp_path / "tavola.csv")
    assert caught.value.params["why"] == "unreadable.no-year"
    with pytest.raises(WrongColumns):
        read("input-output", "income_2022.csv")


def test_a_workbook_of_coefficients(read, tmp_path):
    book = openpyxl.Workbook()
    for row in (["Tavola di prova"], ["", "A01", "A02", "F"], ["A01", 0.5, 1e-06, 0], ["F", 0, 0, 0.25]):
        book.active.append(row)
    path = tmp_path / "tavola_2019.xlsx"
    book.save(path)
    found = read("input-output", path)
    assert found.counts == (2, 2, 0, 0)
    assert found.accepted[0].records[1] == CoefficientRecord("A01", "A02", 2019, 1e-06)


@pytest.mark.parametrize(
    ("code", "divisions"),
    [
        ("J61", ("61",)),
        ("C10-C12", ("10", "11", "12")),
        ("C31_C32", ("31", "32")),
        ("B", ("05", "06", "07", "08", "09")),
        ("F", ("41", "42", "43")),
        ("J99", ()),
        ("A10", ()),
        ("C10-J61", ()),
        ("2511", ()),
        ("", ()),
    ],
)
def test_the_divisions_of_a_sector(code, divisions):
    assert divisions_of(code) == divisions


def test_a_broken_workbook_of_coefficients_is_refused(read, tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("[Content_Types].xml", "<nothing/>")
    (tmp_path / "tavola_2019.xlsx").write_bytes(buffer.getvalue())
    with pytest.raises(UnreadableFile):
        read("input-output", tmp_path / "tavola_2019.xlsx")
