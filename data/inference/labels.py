# SPDX-License-Identifier: EUPL-1.2
"""Labelled samples and the real files they point to: keys and labels in one folder, the words in the other.

`names.csv`: file, tax_code, division, social_type, chains, themes, sure. `texts.csv`: file, line and the same labels.
Only rows of which the labeller was sure are measured on.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final

from data.inference.guess import SOCIAL_CONSORTIUM, Guess, guesses_of_names, guesses_of_texts
from data.inference.measure import Labelled
from data.inference.words import fold
from data.model import Organisation, OrganisationKind, Participation

NAMES, TEXTS = "names.csv", "texts.csv"
SURE: Final = "1"
_NO_TYPE: Final = frozenset({"", "unknown", "none"})
_TYPES: Final = {"consortium": SOCIAL_CONSORTIUM}
_KEY_COLUMNS: Final = ("codice_fiscale", "id")
_NAME_COLUMNS: Final = ("denominazione", "name")
_TEXT_COLUMNS: Final = ("text", "oggetto")


def fingerprint(labels: Path) -> str:
    """A fingerprint (16 hex digits) of the labels that figures rest on."""
    content = b"".join((labels / name).read_bytes() for name in (NAMES, TEXTS))
    return blake2b(content, digest_size=8).hexdigest()


def labelled_names(labels: Path, files: Path) -> list[Labelled]:
    """The names of the sample with their guesses and labels; the key is file and tax code."""
    rows = _sure_rows(labels / NAMES)
    known = {name: _by_code(files / name) for name in sorted({row["file"] for row in rows})}
    guesses = guesses_of_names([known[row["file"]][row["tax_code"]] for row in rows])
    keys = [f"{row['file']}|{row['tax_code']}" for row in rows]
    return _labelled(keys, guesses, rows)


def labelled_texts(labels: Path, files: Path) -> list[Labelled]:
    """The tender texts of the sample with their guesses and labels; the key is the text itself, so that one that stands
    twice falls into one half."""
    rows = _sure_rows(labels / TEXTS)
    known = {name: _by_line(files / name) for name in sorted({row["file"] for row in rows})}
    texts = [known[row["file"]][int(row["line"])] for row in rows]
    return _labelled([fold(text) for text in texts], guesses_of_texts(texts), rows)


def tender_bodies(files: Path) -> tuple[list[Organisation], list[Participation]]:
    """The bodies and participations of the tender groupings, with no more than inference reads."""
    folder = files / "tender_groupings"
    bodies = [
        Organisation(id=row["id"], name=row["name"], kind=OrganisationKind(row["kind"]))
        for row in _rows(folder / "organisations.csv")
    ]
    rows = [
        Participation(project=row["project"], organisation=row["org"], text=row["text"] or None)
        for row in _rows(folder / "participations.csv")
    ]
    return bodies, rows


def _labelled(
    keys: Sequence[str], guesses: Sequence[tuple[Guess, ...]], rows: Sequence[Mapping[str, str]]
) -> list[Labelled]:
    return [Labelled(key, own, _truth(row)) for key, own, row in zip(keys, guesses, rows, strict=True)]


def _truth(row: Mapping[str, str]) -> dict[str, frozenset[str]]:
    social = row["social_type"]
    return {
        "sector": frozenset({row["division"]} - {""}),
        "social_type": frozenset({_TYPES.get(social, social)} - _NO_TYPE),
        "chain_stages": frozenset(row["chains"].split(";")) - {""},
        "themes": frozenset(row["themes"].split(";")) - {""},
    }


def _sure_rows(path: Path) -> list[dict[str, str]]:
    return [row for row in _rows(path) if row["sure"] == SURE]


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _by_code(path: Path) -> dict[str, str]:
    return {_first(row, _KEY_COLUMNS): _first(row, _NAME_COLUMNS) for row in _rows(path)}


def _by_line(path: Path) -> dict[int, str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        return dict((reader.line_num, _first(row, _TEXT_COLUMNS)) for row in reader)  # noqa: C402 - the line moves on


def _first(row: Mapping[str, str], columns: Sequence[str]) -> str:
    return next((row[column] for column in columns if row.get(column)), "")
