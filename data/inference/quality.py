# SPDX-License-Identifier: EUPL-1.2
"""The figures of the quality page: measured by `measured`, kept as numbers in `quality.toml`, checked by a test."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from data.inference.bodies import NAME, PARTNERS, TENDERS, TEXT, partners_of, shares_of_tenders, votes
from data.inference.calibration import Calibration, Table
from data.inference.guess import Guess, guesses_of_names
from data.inference.labels import fingerprint, labelled_names, labelled_texts, tender_bodies
from data.inference.lexicon import FIELDS
from data.inference.measure import (
    PROOF,
    Band,
    Labelled,
    Measure,
    bands,
    cross_fitted,
    half_of,
    measure,
    said_and_right,
    tables_of,
)


@dataclass(frozen=True, slots=True)
class Quality:
    """What was measured: the day, the fingerprint of the labels, a measure per ground (`name`, `text`) and field on the
    proof half, the reliability of all guesses of each ground."""

    measured_on: date
    labels: str
    measures: tuple[tuple[str, Measure], ...]
    reliability: tuple[tuple[str, Band], ...]

    def of(self, ground: str) -> tuple[Measure, ...]:
        """The measures of one ground, in the order of the fields."""
        return tuple(one for name, one in self.measures if name == ground)

    def curve(self, ground: str) -> tuple[Band, ...]:
        """The reliability of one ground, the least sure first."""
        return tuple(one for name, one in self.reliability if name == ground)


def proof_half(rows: Sequence[Labelled]) -> list[Labelled]:
    """The rows that the lexicon was not written from."""
    return [row for row in rows if half_of(row.key) == PROOF]


def measured(labels: Path, real: Path, day: date) -> tuple[Calibration, Quality]:
    """Tables and figures of the labelled samples in the folder `labels`, their words in the folder `real`."""
    samples = {NAME: proof_half(labelled_names(labels, real)), TEXT: proof_half(labelled_texts(labels, real))}
    tables = [table for ground, rows in samples.items() for table in tables_of(rows, ground)]
    mark = fingerprint(labels)
    first = _calibration(day, mark, tables)
    found = _calibration(day, mark, [*tables, *_tables_of_bodies(real, first)])
    return found, Quality(day, mark, tuple(_measures(samples)), tuple(_reliability(samples)))


def _calibration(day: date, mark: str, tables: Sequence[Table]) -> Calibration:
    return Calibration(day, mark, {(table.field, table.ground): table for table in tables})


def _measures(samples: dict[str, list[Labelled]]) -> Iterator[tuple[str, Measure]]:
    for ground, rows in samples.items():
        for field in FIELDS:
            yield ground, measure(rows, field, cross_fitted(rows, field, ground))


def _reliability(samples: dict[str, list[Labelled]]) -> Iterator[tuple[str, Band]]:
    for ground, rows in samples.items():
        judged = [pair for field in FIELDS for pair in said_and_right(rows, field, cross_fitted(rows, field, ground))]
        for band in bands(judged):
            yield ground, band


def _tables_of_bodies(real: Path, tables: Calibration) -> Iterator[Table]:
    """How far tenders and partners agree with what a body's own name plainly says: their tables."""
    organisations, participations = tender_bodies(real)
    by_name = dict(
        zip((one.id for one in organisations), guesses_of_names([one.name for one in organisations]), strict=True)
    )
    plain = {body: _plainly(own, tables) for body, own in by_name.items()}
    tenders = shares_of_tenders(organisations, participations)
    partners = partners_of(participations, {one.id: one for one in organisations})
    told = {body: votes(others, by_name, tables) for body, others in partners.items()}
    for ground, said in ((TENDERS, tenders), (PARTNERS, told)):
        yield from tables_of(_agreeing(said, plain), ground)


def _plainly(guesses: Sequence[Guess], tables: Calibration) -> dict[str, frozenset[str]]:
    said = [one for one in guesses if tables.table(one.field, NAME).says(one.raw)]
    return {field: frozenset(one.value for one in said if one.field == field) for field in FIELDS}


def _agreeing(said: dict[str, tuple[Guess, ...]], plain: dict[str, dict[str, frozenset[str]]]) -> list[Labelled]:
    """The bodies whose names tell a field, as labelled rows of that field alone."""
    rows = []
    for body, guesses in sorted(said.items()):
        told = tuple(guess for guess in guesses if plain[body][guess.field])
        if told:
            rows.append(Labelled(body, told, plain[body]))
    return rows


# --- keeping ------------------------------------------------------------------------------------------------------


@cache
def quality() -> Quality:
    """The figures that we ship."""
    return read_quality(files("data").joinpath("inference", "quality.toml").read_text(encoding="utf-8"))


def read_quality(text: str) -> Quality:
    """Figures from their TOML."""
    kept = tomllib.loads(text)
    return Quality(
        kept["measured_on"],
        kept["labels"],
        tuple((row.pop("ground"), Measure(**row)) for row in kept["measure"]),
        tuple((row.pop("ground"), Band(**row)) for row in kept["band"]),
    )


def write_quality(found: Quality) -> str:
    """The TOML of figures, the same text for the same numbers."""
    lines = [
        "# SPDX-License-Identifier: EUPL-1.2",
        "# What was measured of inference on the half of the labelled samples that the lexicon was not written from;",
        "# written by `python -m data.inference LABELS FILES`, never by hand. Words: data/inference/measure.py.",
        f"measured_on = {found.measured_on.isoformat()}",
        f'labels = "{found.labels}"',
    ]
    for name, rows in (("measure", found.measures), ("band", found.reliability)):
        for ground, row in rows:
            lines += ["", f"[[{name}]]", f'ground = "{ground}"', *_numbers(row)]
    return "\n".join(lines) + "\n"


def _numbers(row: Any) -> list[str]:
    values = ((field.name, getattr(row, field.name)) for field in fields(row))
    return [f"{name} = {_number(value)}" for name, value in values]


def _number(value: object) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    return f"{value:.4f}" if isinstance(value, float) else str(value)
