# SPDX-License-Identifier: EUPL-1.2
"""The labelled samples: closed lists, no names, and keys that find a row of the real files."""

import csv
import re
import tomllib
from collections import Counter
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import openpyxl
import pytest

from data.lazio.chains import chains

HERE = Path(__file__).parent
SAMPLES = ("pairs", "names", "texts")
TYPES = {"A", "B", "A+B", "consortium", "none", "unknown"}
CODE = re.compile(r"\d{11}")
KEY = re.compile(r"\d{11}(:\d+)?|[A-Za-z0-9_]{2,20}|(Elenco|Sogg\. Giu\.):\d+")
CODE_COLUMN = {
    "cinque_per_mille_2022_lazio.csv": "codice_fiscale",
    "cooperative_5x1000_2022_lazio.csv": "codice_fiscale",
    "cooperative_5x1000_2022_italia.csv": "codice_fiscale",
    "tender_groupings/organisations.csv": "id",
    "ipa_enti_lazio.csv": "Codice_IPA",
    "raw/avcp_l190_2020_comune_latina_partecipanti.csv": "codiceFiscale",
    "sisma2016_ricostruzione_pubblica_lazio.csv": "cf_piva_soggetto_attuatore",
}
TEXT_COLUMN = {"tender_groupings/participations.csv": "text", "raw/avcp_l190_2020_comune_latina_lotti.csv": "oggetto"}


def sample(name: str) -> list[dict[str, str]]:
    with (HERE / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@lru_cache
def keyed(folder: Path, name: str) -> frozenset[str]:
    """Every key of one real file: its codes, and `code:line` or `sheet:row`."""
    if name.endswith(".xlsx"):
        book = openpyxl.load_workbook(folder / name, read_only=True)
        return frozenset(f"{sheet.title}:{n}" for sheet in book for n, _ in enumerate(sheet.iter_rows(), 1) if n > 1)
    with (folder / name).open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.DictReader(handle)
        rows = [(row[CODE_COLUMN[name]], reader.line_num) for row in reader]
    return frozenset(code for code, _ in rows) | frozenset(f"{code}:{line}" for code, line in rows)


@pytest.mark.parametrize("name", SAMPLES)
def test_cells_hold_keys_and_labels_only(name: str) -> None:
    for row in sample(name):
        for column, cell in row.items():
            if column.endswith("key") or column == "tax_code":
                assert KEY.fullmatch(cell), row
            elif column == "why":
                assert len(cell) <= 100, row
                assert not re.search(r"[A-Z]{4,}|\d{5,}", cell), row
            else:
                assert re.fullmatch(r"[A-Za-z0-9_./:;+-]*", cell), row


def test_pairs_are_many_and_balanced() -> None:
    rows = sample("pairs")
    counted = Counter(row["same"] for row in rows)
    assert counted["1"] >= 170
    assert counted["0"] >= 170
    assert set(counted) == {"0", "1"}
    ends = [frozenset({(r["left_file"], r["left_key"]), (r["right_file"], r["right_key"])}) for r in rows]
    assert all(len(two) == 2 for two in ends)
    assert len(set(ends)) == len(ends)
    assert {row["difficulty"] for row in rows} == {"easy", "hard"}


def test_different_bodies_never_share_a_tax_code() -> None:
    for row in sample("pairs"):
        left, right = (CODE.match(row[f"{side}_key"]) for side in ("left", "right"))
        if left and right and row["same"] == "0":
            assert left[0] != right[0], row


@pytest.mark.parametrize(("name", "least"), [("names", 320), ("texts", 220)])
def test_labels_come_from_the_closed_lists(name: str, least: int) -> None:
    stages = {f"{chain.code}:{stage.key}" for chain in chains() for stage in chain.stages if not stage.shared}
    themes = {t["key"] for t in tomllib.loads((files("data.lazio") / "themes.toml").read_text("utf-8"))["theme"]}
    rows = sample(name)
    key = "tax_code" if name == "names" else "line"
    assert len(rows) >= least
    assert len({(row["file"], row[key]) for row in rows}) == len(rows)
    for row in rows:
        assert re.fullmatch(r"(\d\d)?", row["division"]), row
        assert row["social_type"] in TYPES, row
        assert {one for one in row["chains"].split(";") if one} <= stages, row
        assert {one for one in row["themes"].split(";") if one} <= themes, row
        assert row["sure"] in {"0", "1"}, row


def test_every_key_finds_a_row_of_the_real_files(shared_data: Path) -> None:
    ends = {(row[f"{side}_file"], row[f"{side}_key"]) for row in sample("pairs") for side in ("left", "right")}
    ends |= {(row["file"], row["tax_code"]) for row in sample("names")}
    assert {(name, key) for name, key in ends if key not in keyed(shared_data, name)} == set()
    assert "00000000000" not in keyed(shared_data, "ipa_enti_lazio.csv")  # the check can fail


@pytest.mark.parametrize("name", sorted(TEXT_COLUMN))
def test_every_line_holds_a_text_of_its_own(shared_data: Path, name: str) -> None:
    with (shared_data / name).open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.DictReader(handle)
        texts = dict((reader.line_num, " ".join(row[TEXT_COLUMN[name]].split())) for row in reader)  # noqa: C402
    lines = [int(row["line"]) for row in sample("texts") if row["file"] == name]
    found = [texts[line] for line in lines]
    assert all(len(text) >= 12 for text in found)
    assert len(set(found)) == len(found)
