# SPDX-License-Identifier: EUPL-1.2
"""How often a guess is right: tables measured on a half of the labelled samples, kept as numbers in `calibration.toml`.

A table holds, for one field and one ground (`name`, `tenders`, `partners`; `text` for one tender text alone), steps of
(raw from, confidence, guesses counted, right among them), and `least`, the raw below which nothing is said.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

BAR: Final = 0.93
"""Precision, by Laplace's rule, that what is written must have had where it was measured: so it stays above nine in ten
on rows not seen."""

GRID: Final = (0.6, 0.64, 0.68, 0.72, 0.76, 0.8, 0.84, 0.86, 0.88, 0.9, 0.92, 0.96)
"""Where saying something may begin: few steps, so that one row more or less does not move it."""

STEP: Final = 8
"""Guesses that a step must count at least."""

NEVER: Final = 2.0
"""A `least` that no guess reaches: this ground alone says nothing of the field."""


@dataclass(frozen=True, slots=True)
class Step:
    """From this raw on (up to the next step): the confidence, and the guesses that it was counted on."""

    raw: float
    confidence: float
    counted: int
    right: int


@dataclass(frozen=True, slots=True)
class Table:
    """The steps of one field and ground, by rising raw; `least` is where saying something begins."""

    field: str
    ground: str
    least: float
    steps: tuple[Step, ...]

    def confidence(self, raw: float) -> float:
        """How often guesses of this strength were right (0..1), 0 below the first step."""
        found = 0.0
        for step in self.steps:
            if raw >= step.raw:
                found = step.confidence
        return found

    def says(self, raw: float) -> bool:
        """True when a guess of this strength may be written."""
        return raw >= self.least


@dataclass(frozen=True, slots=True)
class Calibration:
    """Every table, the day it was measured, and the fingerprint of the labels it was measured on."""

    measured_on: date
    labels: str
    tables: Mapping[tuple[str, str], Table]

    def table(self, field: str, ground: str) -> Table:
        """The table of a field and ground; one that says nothing where none was measured."""
        return self.tables.get((field, ground)) or Table(field, ground, NEVER, ())


@cache
def calibration() -> Calibration:
    """The tables that we ship."""
    text = files("data").joinpath("inference", "calibration.toml").read_text(encoding="utf-8")
    return read_calibration(text)


def read_calibration(text: str) -> Calibration:
    """Tables from their TOML."""
    kept = tomllib.loads(text)
    tables = (
        Table(row["field"], row["ground"], float(row["least"]), tuple(_step(step) for step in row["steps"]))
        for row in kept["table"]
    )
    return Calibration(
        kept["measured_on"], kept["labels"], MappingProxyType({(one.field, one.ground): one for one in tables})
    )


def _step(row: Sequence[float]) -> Step:
    raw, confidence, counted, right = row
    return Step(float(raw), float(confidence), int(counted), int(right))


def write_calibration(found: Calibration) -> str:
    """The TOML of tables, the same text for the same numbers."""
    lines = [
        "# SPDX-License-Identifier: EUPL-1.2",
        "# How often guesses were right on the proof half of the labelled samples; never by hand.",
        "# steps: [raw from, confidence, guesses counted, right among them]; least: the raw from which one is written.",
        f"measured_on = {found.measured_on.isoformat()}",
        f'labels = "{found.labels}"',
    ]
    for table in sorted(found.tables.values(), key=lambda one: (one.field, one.ground)):
        steps = ", ".join(f"[{s.raw:.4f}, {s.confidence:.4f}, {s.counted}, {s.right}]" for s in table.steps)
        lines += [
            "",
            "[[table]]",
            f'field = "{table.field}"',
            f'ground = "{table.ground}"',
            f"least = {table.least:.4f}",
            f"steps = [{steps}]",
        ]
    return "\n".join(lines) + "\n"


# --- measuring a table ------------------------------------------------------------------------------------------


def fitted(field: str, ground: str, judged: Iterable[tuple[float, bool]]) -> Table:
    """The table of guesses (raw, right or not): an isotonic regression over steps of `STEP` guesses or more.

    Confidence of a step is (right + 1) / (counted + 2), Laplace's rule, so that a short series of successes is never
    called certain. `least` is the lowest of `GRID` from which all that lies above was right so often, by the same rule,
    that it clears `BAR`.
    """
    order = sorted(judged)
    return Table(field, ground, _least(order), tuple(_pooled(_chunks(order))))


def _chunks(order: Sequence[tuple[float, bool]]) -> list[Step]:
    """Guesses by rising raw in groups of `STEP` or more; equal raws stay together, a short rest joins the last."""
    groups: list[list[tuple[float, bool]]] = []
    for raw, right in order:
        if groups and (len(groups[-1]) < STEP or groups[-1][-1][0] == raw):
            groups[-1].append((raw, right))
        else:
            groups.append([(raw, right)])
    if len(groups) > 1 and len(groups[-1]) < STEP:
        rest = groups.pop()
        groups[-1] += rest
    return [_measured(group[0][0], len(group), sum(right for _raw, right in group)) for group in groups]


def _measured(raw: float, counted: int, right: int) -> Step:
    return Step(round(raw, 4), round((right + 1) / (counted + 2), 4), counted, right)


def _pooled(steps: Iterable[Step]) -> list[Step]:
    """Neighbouring steps joined until the share of right ones never falls (pool adjacent violators)."""
    found: list[Step] = []
    for step in steps:
        found.append(step)
        while len(found) > 1 and found[-2].right * found[-1].counted >= found[-1].right * found[-2].counted:
            last, before = found.pop(), found.pop()
            found.append(_measured(before.raw, before.counted + last.counted, before.right + last.right))
    return found


def _least(order: Sequence[tuple[float, bool]]) -> float:
    """See `fitted`."""
    for raw in GRID:
        above = [right for found, right in order if found >= raw]
        if len(above) >= STEP and (sum(above) + 1) / (len(above) + 2) >= BAR:
            return raw
    return NEVER
