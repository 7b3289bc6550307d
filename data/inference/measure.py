# SPDX-License-Identifier: EUPL-1.2
"""How often guesses are right, measured on labelled samples: halves, folds, precision, coverage, reliability.

The lexicon was written with one half of the labels in view (`WRITING`); the other (`PROOF`) was never looked at row by
row: tables are fitted and measured on it. So that no row is judged by a table that has seen it, the figures are
cross-fitted: the proof half is cut into `FOLDS` folds, and each is measured with tables fitted on the others.

A labelled text has for each field the true values, or none: then the words do not tell, and any guess is wrong.
Precision counts values (right among given); coverage counts texts: those that got a value among those that tell.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from typing import Final

from data.inference.calibration import Table, fitted
from data.inference.guess import ONE_VALUE, Guess
from data.inference.lexicon import FIELDS

SEED: Final = "inference-2026"
WRITING, PROOF = "writing", "proof"
FOLDS: Final = 10
Z: Final = 1.96
"""Of the 95 % interval."""

BANDS: Final = (0.0, 0.2, 0.4, 0.6, 0.75, 0.85, 0.92, 1.0)
"""Bounds of confidence between which guesses are gathered for the reliability curve."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled text: its key, the guesses made of it, the true values by field (empty: the words do not tell)."""

    key: str
    guesses: tuple[Guess, ...]
    truth: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Measure:
    """How one field did on some texts: how many there are, whose label tells, that got a value, that tell and got one;
    how many values were given, and right."""

    field: str
    texts: int
    telling: int
    answered: int
    answered_telling: int
    given: int
    right: int

    @property
    def coverage(self) -> float:
        """Of the texts that tell, the share that got a value (0..1)."""
        return self.answered_telling / self.telling if self.telling else 0.0

    @property
    def precision(self) -> float | None:
        """Of the values given, the share that is right (0..1); None where none was given."""
        return self.right / self.given if self.given else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the precision."""
        return wilson(self.right, self.given) if self.given else None


@dataclass(frozen=True, slots=True)
class Band:
    """Guesses whose confidence lies between two bounds: the mean that was said of them, and how many were right."""

    low: float
    high: float
    said: float
    given: int
    right: int


def half_of(key: str) -> str:
    """The half that a key belongs to: the same for ever, whatever rows stand beside it."""
    return WRITING if _byte(SEED, key) % 2 == 0 else PROOF


def fold_of(key: str) -> int:
    """The fold of a key of the proof half, 0 to `FOLDS` - 1."""
    return _byte("fold", key) % FOLDS


def _byte(salt: str, key: str) -> int:
    return blake2b(f"{salt}|{key}".encode(), digest_size=2).digest()[0]


def wilson(right: int, counted: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share (E. B. Wilson, JASA 22, 1927)."""
    share, n = right / counted, counted
    middle = share + Z * Z / (2 * n)
    spread = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return (max((middle - spread) / (1 + Z * Z / n), 0.0), min((middle + spread) / (1 + Z * Z / n), 1.0))


def table_of(rows: Iterable[Labelled], field: str, ground: str) -> Table:
    """The table of one field, fitted on these rows; a guess where the label has no value is wrong."""
    return fitted(field, ground, ((guess.raw, right) for guess, right in _judged(rows, field)))


def tables_of(rows: Iterable[Labelled], ground: str) -> list[Table]:
    """The table of each field."""
    kept = list(rows)
    return [table_of(kept, field, ground) for field in FIELDS]


def _judged(rows: Iterable[Labelled], field: str) -> Iterator[tuple[Guess, bool]]:
    for row in rows:
        for guess in row.guesses:
            if guess.field == field:
                yield guess, guess.value in row.truth.get(field, frozenset())


def written(guesses: Iterable[Guess], field: str, table: Table) -> list[Guess]:
    """The guesses of a field that would be written, the surest first; one at most where the field has one value."""
    found = sorted(
        (one for one in guesses if one.field == field and table.says(one.raw)), key=lambda one: (-one.raw, one.value)
    )
    return found[:1] if field in ONE_VALUE else found


def measure(rows: Iterable[Labelled], field: str, table: Callable[[str], Table]) -> Measure:
    """How the values that would be written compare with the labels; `table(key)` judges the row of a key."""
    given = [(row.truth.get(field, frozenset()), written(row.guesses, field, table(row.key))) for row in rows]
    return Measure(
        field,
        texts=len(given),
        telling=sum(bool(truth) for truth, _said in given),
        answered=sum(bool(said) for _truth, said in given),
        answered_telling=sum(bool(truth and said) for truth, said in given),
        given=sum(len(said) for _truth, said in given),
        right=sum(one.value in truth for truth, said in given for one in said),
    )


def cross_fitted(rows: Sequence[Labelled], field: str, ground: str) -> Callable[[str], Table]:
    """For each key the table fitted on the other folds of these rows."""
    tables = [table_of([row for row in rows if fold_of(row.key) != fold], field, ground) for fold in range(FOLDS)]
    return lambda key: tables[fold_of(key)]


def missed(rows: Iterable[Labelled], field: str, table: Callable[[str], Table]) -> Iterator[tuple[str, str, str]]:
    """Key, value given and true values (`?` where the words do not tell) of every value that is wrong."""
    for row in rows:
        truth = row.truth.get(field, frozenset())
        for one in written(row.guesses, field, table(row.key)):
            if one.value not in truth:
                yield row.key, one.value, " ".join(sorted(truth)) or "?"


def bands(judged: Iterable[tuple[float, bool]]) -> list[Band]:
    """Guesses (confidence, right or not), written or not, gathered by confidence: the reliability curve."""
    kept = list(judged)
    found = []
    for low, high in pairwise(BANDS):
        inside = [(said, right) for said, right in kept if low <= said < high]
        if inside:
            mean = sum(said for said, _right in inside) / len(inside)
            found.append(Band(low, high, mean, len(inside), sum(right for _said, right in inside)))
    return found


def said_and_right(rows: Iterable[Labelled], field: str, table: Callable[[str], Table]) -> Iterator[tuple[float, bool]]:
    """The confidence of every guess of a field, written or not, and whether it is right."""
    for row in rows:
        for guess, right in _judged([row], field):
            yield table(row.key).confidence(guess.raw), right
