# SPDX-License-Identifier: EUPL-1.2
"""What the quality page shows of inference: how often it is right, per field, and whether its confidence is honest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from data.inference.bodies import NAME, TEXT
from data.inference.measure import Band, Measure
from data.inference.quality import Quality, quality

SIDE: Final = 320
"""Side of the square of the reliability curve, in units of its picture."""


@dataclass(frozen=True, slots=True)
class Line:
    """One field in a table: counts, and shares 0..1; `precision` and its interval None where nothing was inferred."""

    field: str
    given: int
    right: int
    precision: float | None
    low: float | None
    high: float | None
    telling: int
    coverage: float
    answered: float


@dataclass(frozen=True, slots=True)
class Point:
    """One group of suppositions: bounds of confidence, mean said, share right (0..1), how many, where it is drawn."""

    low: float
    high: float
    said: float
    right: float
    given: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Ground:
    """What was measured of one kind of text: how many texts, a line per field, the points of the curve."""

    name: str
    texts: int
    lines: tuple[Line, ...]
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class InferenceQuality:
    """The part of the page about inference."""

    measured_on: date
    grounds: tuple[Ground, ...]


def inference_quality(found: Quality | None = None) -> InferenceQuality:
    """The committed figures, ready to be shown."""
    found = found or quality()
    return InferenceQuality(found.measured_on, tuple(_ground(found, name) for name in (NAME, TEXT)))


def _ground(found: Quality, name: str) -> Ground:
    measures = found.of(name)
    return Ground(
        name,
        max((one.texts for one in measures), default=0),
        tuple(_line(one) for one in measures),
        tuple(_point(one) for one in found.curve(name)),
    )


def _line(one: Measure) -> Line:
    low, high = one.interval or (None, None)
    share = one.answered / one.texts if one.texts else 0.0
    return Line(one.field, one.given, one.right, one.precision, low, high, one.telling, one.coverage, share)


def _point(band: Band) -> Point:
    right = band.right / band.given
    return Point(
        band.low, band.high, band.said, right, band.given, round(band.said * SIDE, 1), round((1 - right) * SIDE, 1)
    )
