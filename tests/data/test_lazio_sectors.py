"""The shipped classifications and their bridge, by their own rules and, where present, against the real files."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from data.errors import InvalidValue
from data.lazio import Ateco, Sector, ateco, bridge, bridge_rows

COUNTS = {
    "2025": {"section": 22, "division": 87, "group": 287, "class": 651},
    "2007": {"section": 21, "division": 88, "group": 272, "class": 615},
}
LEVELS_2007 = {"sezione": "section", "divisione": "division", "gruppo": "group", "classe": "class"}
LEVELS_2025 = {"1": "section", "2": "division", "3": "group", "4": "class"}
PATTERNS = {"section": r"[A-V]", "division": r"\d\d", "group": r"\d\d\.\d", "class": r"\d\d\.\d\d"}
BOTH = ("2007", "2025")
EACH_WAY = (("2007", "2025"), ("2025", "2007"))


def plain(title: str) -> str:
    """A title without case, blanks, or letters said more than twice (a slip of the publisher that we mended)."""
    return re.sub(r"(\w)\1{2,}", r"\1\1", re.sub(r"\s", "", title.casefold()))


# --- the classifications ----------------------------------------------------------------------------------


@pytest.mark.parametrize("version", BOTH)
def test_official_counts(version: str):
    assert Counter(sector.level for sector in ateco(version)) == COUNTS[version]
    assert len(ateco(version)) == sum(COUNTS[version].values())
    for level, count in COUNTS[version].items():
        assert len(ateco(version).of_level(level)) == count


@pytest.mark.parametrize("version", BOTH)
def test_every_entry_has_its_parent_just_above(version: str):
    book = ateco(version)
    above = {"division": "section", "group": "division", "class": "group"}
    for sector in book:
        assert re.fullmatch(PATTERNS[sector.level], sector.code)
        if sector.level == "section":
            assert sector.parent is None
            continue
        parent = book.get(sector.parent)
        assert parent.level == above[sector.level]
        assert parent.level == "section" or sector.code.startswith(parent.code)
        assert sector in book.children(parent.code)
        assert book.ancestors(sector.code)[0] == parent
        assert book.ancestors(sector.code)[-1] == book.section(sector.code)
    assert book.children() == book.of_level("section")


@pytest.mark.parametrize("version", BOTH)
def test_every_group_ends_in_classes(version: str):
    assert all(ateco(version).children(sector.code) for sector in ateco(version) if sector.level != "class")


@pytest.mark.parametrize("version", BOTH)
def test_titles_are_sentences_in_both_languages(version: str):
    for sector in ateco(version):
        for title in (sector.title_it, sector.title_en):
            assert title == title.strip()
            assert title[0].isupper()
            shouted = [word for word in re.findall(r"[^\W\d_]{2,}", title) if word.isupper()]
            assert set(shouted) <= {"ICT"}, title
            assert "  " not in title
        assert sector.title_it != sector.title_en


def test_italian_is_not_left_in_the_english_titles():
    italian = re.compile(
        r"\b(di|della|delle|degli|attività|commercio|fabbricazione|altri|altre|esclus\w+|n\.c\.a)\b", re.IGNORECASE
    )
    english = re.compile(r"\b(of|and|the|other|manufacture|activities|n\.e\.c)\b", re.IGNORECASE)
    for version in BOTH:
        assert [sector.title_en for sector in ateco(version) if italian.search(sector.title_en)] == []
        assert [sector.title_it for sector in ateco(version) if english.search(sector.title_it)] == []


def test_entries_equal_the_public_file_of_2025(shared_data: Path):
    with (shared_data / "ateco2025.csv").open(encoding="utf-8-sig", newline="") as file:
        real = [row for row in csv.DictReader(file) if row["GERARCHIA"] in LEVELS_2025]
    assert [row["CODICE"] for row in real] == [sector.code for sector in ateco("2025")]
    for row in real:
        sector = ateco("2025").get(row["CODICE"])
        assert (sector.parent or "", sector.level) == (row["CODICE_PADRE"], LEVELS_2025[row["GERARCHIA"]])
        assert plain(sector.title_it) == plain(row["IT_TITOLO"])
        assert plain(sector.title_en) == plain(row["EN_TITOLO"])


def test_entries_equal_the_public_file_of_2007(shared_data: Path):
    with (shared_data / "ateco2007_agg2022.csv").open(encoding="utf-8-sig", newline="") as file:
        real = [row for row in csv.DictReader(file) if row["livello"] in LEVELS_2007]
    assert [row["codice"] for row in real] == [sector.code for sector in ateco("2007")]
    for row in real:
        sector = ateco("2007").get(row["codice"])
        assert sector.level == LEVELS_2007[row["livello"]]
        assert ateco("2007").section(sector.code).code == row["sezione"]
        assert plain(sector.title_it) == plain(row["titolo"])


def test_english_of_2007_is_that_of_2025_wherever_the_italian_is_the_same():
    later = {sector.title_it: sector for sector in ateco("2025")}
    same = [
        sector for sector in ateco("2007") if sector.title_it in later and sector.code == later[sector.title_it].code
    ]
    assert len(same) > 300
    assert [sector.code for sector in same if sector.title_en != later[sector.title_it].title_en] == []


# --- codes as people write them ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("2511", "25.11"),
        ("88.10.00", "88.10"),
        ("881000", "88.10"),
        ("88.10.0", "88.10"),
        ("88,10", "88.10"),
        (" q 88.10 ", "88.10"),
        ("Q88", "88"),
        ("J61", "61"),
        ("j", "J"),
        ("01", "01"),
        ("1", "01"),
        ("1.11", "01.11"),
        ("0145", "01.45"),
        ("711", "71.1"),
        ("01.11.10", "01.11"),
        ("43.39.09", "43.39"),
    ],
)
def test_a_code_in_any_usual_spelling(code: str, expected: str):
    assert ateco("2007").get(code).code == expected
    assert code in ateco("2007")


@pytest.mark.parametrize(
    "code",
    ["", " ", ".", "NC", "Z", "A61", "04", "88.77", "C10-C12", "1234567", "88.10.00.1", "²5", "٢٥", "J" * 9999, "W1"],
)
def test_what_is_no_code_of_this_version(code: str):
    book = ateco("2007")
    assert book.get(code) is None
    assert code not in book
    assert book.title(code) is None
    assert book.ancestors(code) == ()
    assert book.children(code) == ()
    assert bridge(code, "2007", "2025") == ()


def test_a_letter_that_the_version_does_not_use_so_is_refused():
    """J61 and Q88 are of 2007: in 2025 the letters mean something else."""
    assert ateco("2025").get("J61") is None
    assert ateco("2025").get("K61").code == "61"
    assert ateco("2025").section("88.10.00").code == "R"
    assert ateco("2025").section("Q88") is None
    assert ateco("2025").division("Q88") is None


def test_section_and_division_reach_classes_of_the_other_version():
    assert ateco("2025").get("46.77") is None
    assert ateco("2025").division("46.77").code == "46"
    assert ateco("2025").section("46.77").code == "G"
    assert ateco("2025").division("45.20") is None
    assert ateco("2025").section("45.20") is None
    assert ateco("2007").division("A") is None
    assert ateco("2007").section("A").code == "A"


def test_titles_by_language():
    assert ateco("2007").title("88.10.00") == "Assistenza sociale non residenziale per anziani e disabili"
    assert ateco("2007").title("46.5", "en") == "Wholesale of ICT equipment"
    assert ateco("2025").title("08.9", "it") == "Attività estrattive n.c.a."


def test_unknown_versions():
    for version in ("2002", "", "2025 "):
        with pytest.raises(InvalidValue):
            ateco(version)
        with pytest.raises(InvalidValue):
            bridge("01", version, "2025")
        with pytest.raises(InvalidValue):
            bridge("01", "2025", version)


@given(st.sampled_from(BOTH).map(ateco), st.text(max_size=30) | st.from_regex(r"[A-Z]?[0-9. ]{0,9}", fullmatch=True))
def test_any_text_at_all_has_an_answer(book: Ateco, code: str):
    found = book.get(code)
    assert found is None or book.get(found.code) is found
    assert found is None or book.section(code) is book.section(found.code)
    assert book.division(code) is None or book.division(code).level == "division"


@given(st.sampled_from([sector for sector in ateco("2007") if sector.level != "section"]), st.data())
def test_spellings_of_one_entry_agree(sector: Sector, data: st.DataObject):
    book = ateco("2007")
    spelled = sector.code.replace(".", data.draw(st.sampled_from((".", "", " ", ","))))
    if sector.level == "class":
        spelled += data.draw(st.sampled_from(("", "0", ".0", ".00", "91", ".91")))
    letter = data.draw(st.sampled_from(("", book.section(sector.code).code, book.section(sector.code).code.lower())))
    assert book.get(f" {letter}{spelled} ") == sector


def test_codes_of_the_real_files_are_known(shared_data: Path):
    codes = set()
    with (shared_data / "ipa_enti_lazio.csv").open(encoding="utf-8-sig", newline="") as file:
        codes |= {row["Codice_ateco"] for row in csv.DictReader(file)} - {""}
    book = load_workbook(shared_data / "raw" / "contratti_di_rete_sample.xlsx", read_only=True)
    sheet = [row for row in book["Elenco"].iter_rows(values_only=True) if any(row)]
    start = next(number for number, row in enumerate(sheet) if "codice ATECO 2007" in row)
    column = sheet[start].index("codice ATECO 2007")
    codes |= {str(row[column]) for row in sheet[start + 1 :] if row[column]}
    assert len(codes) > 50
    assert {code for code in codes if code not in ateco("2007")} <= {"NC"}


def test_divisions_of_the_input_output_table_are_known(shared_data: Path):
    with (shared_data / "io_italia_settori_2016.csv").open(encoding="utf-8-sig", newline="") as file:
        names = [row["nace64"] for row in csv.DictReader(file)]
    parts = [part for name in names for part in re.split("[-_]", name) if len(part) == 3]
    assert len(parts) > 60
    assert [part for part in parts if ateco("2007").get(part) is None] == []


# --- the bridge -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("here", "there"), EACH_WAY)
def test_every_code_has_a_division_on_the_other_side(here: str, there: str):
    """Total on divisions, and on every group and class below the divided ones."""
    for sector in ateco(here):
        found = bridge(sector.code, here, there)
        assert found, sector
        assert len(found) == len(set(found))
        assert all(ateco(there).get(code).code == code for code in found)
        if sector.level not in {"section", "division"}:
            assert set(found) <= set(bridge(sector.code[:2], here, there))


@pytest.mark.parametrize(("here", "there"), EACH_WAY)
def test_a_division_is_reached_from_where_it_goes(here: str, there: str):
    for division in ateco(here).of_level("division"):
        for other in bridge(division.code, here, there):
            assert division.code in bridge(other, there, here)
        below = {
            to for sector in ateco(here) if sector.code[:2] == division.code for to in bridge(sector.code, here, there)
        }
        assert below == set(bridge(division.code, here, there))


def test_kinds_follow_from_the_rows():
    pairs = {(row.division_2007, row.division_2025) for row in bridge_rows()}
    going, coming = Counter(pair[0] for pair in pairs), Counter(pair[1] for pair in pairs)
    for row in bridge_rows():
        many = (going[row.division_2007] > 1, coming[row.division_2025] > 1)
        kind = {(False, False): "exact", (True, False): "split", (False, True): "merged", (True, True): "mixed"}[many]
        assert row.kind == kind
        assert (row.kind == "exact") == (not row.parts_2007) == (not row.parts_2025)
        assert row.certainty in {"read", "to-verify"}
        assert row.note or row.kind == "exact"
    assert {row.division_2007 for row in bridge_rows()} == {
        sector.code for sector in ateco("2007").of_level("division")
    }
    assert {row.division_2025 for row in bridge_rows()} == {
        sector.code for sector in ateco("2025").of_level("division")
    }


def test_parts_are_entries_of_their_division():
    for row in bridge_rows():
        for version, division, parts in (
            ("2007", row.division_2007, row.parts_2007),
            ("2025", row.division_2025, row.parts_2025),
        ):
            assert all(ateco(version).get(part).code == part and part.startswith(division) for part in parts)


def test_only_vehicles_lost_their_division():
    gone = {sector.code for sector in ateco("2007").of_level("division")} - {
        sector.code for sector in ateco("2025").of_level("division")
    }
    assert gone == {"45"}
    assert bridge("45", "2007", "2025") == ("46", "47", "95")


@pytest.mark.parametrize(
    ("code", "here", "there", "expected"),
    [
        ("88.10.00", "2007", "2025", ("88",)),
        ("45.20", "2007", "2025", ("95",)),
        ("45.32.00", "2007", "2025", ("47",)),
        ("41.10", "2007", "2025", ("68",)),
        ("41.20", "2007", "2025", ("41",)),
        ("63.91", "2007", "2025", ("60",)),
        ("7021", "2007", "2025", ("73",)),
        ("90.03", "2007", "2025", ("90", "91")),
        ("95.31", "2025", "2007", ("45",)),
        ("95", "2025", "2007", ("95", "45")),
        ("68.12", "2025", "2007", ("41",)),
        ("46.18", "2025", "2007", ("46", "45")),
        ("J", "2007", "2025", ("J", "K")),
        ("K", "2007", "2025", ("L",)),
        ("Q", "2007", "2025", ("R",)),
        ("R", "2025", "2007", ("Q",)),
        ("K", "2025", "2007", ("J",)),
        ("G", "2025", "2007", ("G",)),
        ("G", "2007", "2025", ("G", "T")),
        ("88.91", "2025", "2025", ("88",)),
        ("J", "2007", "2007", ("J",)),
    ],
)
def test_known_moves(code: str, here: str, there: str, expected: tuple[str, ...]):
    assert bridge(code, here, there) == expected


def test_a_move_of_a_whole_title_is_in_the_bridge():
    """A class of 2007 whose very title now stands in another division must be bridged there."""
    later: dict[str, set[str]] = {}
    for sector in ateco("2025").of_level("class"):
        later.setdefault(plain(sector.title_it), set()).add(sector.code[:2])
    moved = [
        (sector.code, later[plain(sector.title_it)])
        for sector in ateco("2007").of_level("class")
        if sector.code[:2] not in later.get(plain(sector.title_it), {sector.code[:2]})
    ]
    assert {code for code, _ in moved} >= {"41.10", "45.32", "63.91"}
    assert [code for code, divisions in moved if not divisions <= set(bridge(code, "2007", "2025"))] == []
