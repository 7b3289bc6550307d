"""The pairs labelled by hand, with the names and places read from the real files and every code hidden."""

import csv
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from data.lazio.territory import municipalities
from data.resolution.comparison import Described
from data.resolution.names import read_name
from data.sources.names import kind_of_name

PAIRS = Path(__file__).parent.parent / "labelled" / "pairs.csv"
SEED = 20261122


@dataclass(frozen=True)
class Pair:
    """Two rows of real files as the matcher may see them, and what a person said of them."""

    left: Described
    right: Described
    same: bool
    difficulty: str
    why: str
    names: tuple[str, str]
    keys: tuple[str, str]
    sample: str


# By file: columns of the key, the name, the comune, the province.
COLUMNS = {
    "cinque_per_mille_2022_lazio.csv": ("codice_fiscale", "denominazione", "codice_comune", "pr"),
    "cooperative_5x1000_2022_italia.csv": ("codice_fiscale", "denominazione", "codice_comune", "pr"),
    "cooperative_lazio_unione.csv": ("codice_fiscale", "denominazione", "codice_comune", "pr"),
    "ipa_enti_lazio.csv": ("Codice_IPA", "Denominazione_ente", "Codice_comune_ISTAT", ""),
    "tender_groupings/organisations.csv": ("id", "name", "", "province"),
    "raw/avcp_l190_2020_comune_latina_partecipanti.csv": ("codiceFiscale", "ragioneSociale", "", ""),
    "raw/avcp_l190_2020_comune_latina_aggiudicatari.csv": ("codiceFiscale", "ragioneSociale", "", ""),
    "sisma2016_ricostruzione_pubblica_lazio.csv": ("cf_piva_soggetto_attuatore", "soggetto_attuatore", "", ""),
}
BY_LINE = ("raw/avcp", "sisma2016")
SIGLA = {facts.istat: facts.province for facts in municipalities()}


@cache
def rows_of(folder: Path, file: str) -> dict[str, dict[str, str]]:
    """The rows of a file by their key in the labelled pairs."""
    if file.endswith(".xlsx"):
        return dict(workbook_rows(folder / file))
    key = COLUMNS[file][0]
    with (folder / file).open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        if file.startswith(BY_LINE):
            return {f"{row[key]}:{reader.line_num}": row for row in reader}
        return {row[key]: row for row in reader}


def workbook_rows(file: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of every sheet by `sheet:row`, headings as found."""
    for sheet in openpyxl.load_workbook(file, read_only=True).worksheets:
        held = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
        head = next(place for place, row in enumerate(held) if any("denominazione" in cell.lower() for cell in row))
        for number, row in enumerate(held[head + 1 :], start=head + 2):
            yield f"{sheet.title}:{number}", dict(zip(held[head], row, strict=True))


def described(folder: Path, file: str, key: str, side: str) -> tuple[Described, str]:
    """One row as a body to compare: name, kind, seat; no code at all."""
    row: dict[str, Any] = rows_of(folder, file)[key]
    if file.endswith(".xlsx"):
        name = next(row[column] for column in row if "denominazione" in column.lower() and row[column])
        return Described(side, (read_name(name),)), name
    _key, named, comune, province = COLUMNS[file]
    name, seat = row[named], row.get(comune) or None
    told = kind_of_name(name)
    kind = "public-body" if file.startswith("ipa") else row.get("kind") or (str(told.value) if told else None)
    where = row.get(province) or (SIGLA.get(seat) if seat else None)
    return Described(side, (read_name(name),), kind, seat, where or None), name


def read_pairs(folder: Path) -> list[Pair]:
    """Every labelled pair, in the order of the file."""
    found = []
    with PAIRS.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines)):
            left, one = described(folder, row["left_file"], row["left_key"], f"{number}-a")
            right, other = described(folder, row["right_file"], row["right_key"], f"{number}-b")
            keys = f"{row['left_file']} {row['left_key']}", f"{row['right_file']} {row['right_key']}"
            found.append(
                Pair(left, right, row["same"] == "1", row["difficulty"], row["why"], (one, other), keys, row["sample"])
            )
    return found


def halves(pairs: list[Pair]) -> tuple[list[Pair], list[Pair]]:
    """The pairs to learn from and the pairs held out: a seeded half of each label of the pairs that look alike.

    Pairs that the matcher itself picked (sample `codes-hidden`) are in neither: chosen by its answers, they would teach
    it how often a pair of that kind was picked.
    """
    learned: list[Pair] = []
    held_out: list[Pair] = []
    for same in (True, False):
        group = [pair for pair in pairs if pair.same is same and pair.sample == "alike"]
        random.Random(SEED).shuffle(group)
        learned += group[: len(group) // 2]
        held_out += group[len(group) // 2 :]
    return learned, held_out


@pytest.fixture(scope="session")
def labelled_pairs(shared_data: Path) -> list[Pair]:
    """The labelled pairs with what the real files say of them."""
    return read_pairs(shared_data)


@pytest.fixture(scope="session")
def labelled_halves(labelled_pairs: list[Pair]) -> tuple[list[Pair], list[Pair]]:
    """Learned from, held out."""
    return halves(labelled_pairs)


@pytest.fixture(scope="session")
def real_rows() -> Callable[[Path, str], dict[str, dict[str, str]]]:
    """The function that reads the rows of a real file by their key."""
    return rows_of
