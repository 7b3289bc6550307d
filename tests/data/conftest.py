"""What several tests of the shipped tables share."""

import csv
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest


@cache
def read_official_codes(folder: Path, version: str) -> frozenset[str]:
    """Undotted codes of every level in the official file of one version of ATECO."""
    name, column = {"2007": ("ateco2007_agg2022.csv", "codice"), "2025": ("ateco2025.csv", "CODICE")}[version]
    with (folder / name).open(encoding="utf-8-sig", newline="") as lines:
        return frozenset(row[column].replace(".", "") for row in csv.DictReader(lines))


@pytest.fixture(scope="session")
def official_codes() -> Callable[[Path, str], frozenset[str]]:
    """The function that reads the codes of one version from the folder of real public files."""
    return read_official_codes
