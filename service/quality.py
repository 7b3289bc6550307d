# SPDX-License-Identifier: EUPL-1.2
"""What the quality page shows: how often inference is right and whether its confidence is honest, and how suggestions
stand beside simpler ways."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from data.inference.bodies import NAME, TEXT
from data.inference.measure import Band, Measure
from data.inference.quality import Quality, quality
from matching.quality import Kept, kept
from service.evaluation_words import Block, Brought, blocks_of, brought_of, how_cut, limits_of, standing
from service.messages import Words

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


@dataclass(frozen=True, slots=True)
class Suggestions:
    """One committed table of how good the suggestions are, in words; `brought`: what each signal brings, where it was
    measured (a table of that alone has no `blocks`)."""

    name: str
    title: str
    measured_on: date
    what: str
    how: str
    blocks: tuple[Block, ...]
    brought: tuple[Brought, ...]


def suggestion_quality(words: Words, tables: tuple[Kept, ...] | None = None) -> tuple[Suggestions, ...]:
    """The committed tables in the reader's words; empty when nothing was measured yet."""
    return tuple(_suggestions(each, words) for each in (kept() if tables is None else tables))


def standing_of_all(words: Words, tables: tuple[Kept, ...] | None = None) -> tuple[str, ...]:
    """In how many comparisons of the tables our engine of networks does better, worse, or cannot be told apart."""
    return standing((each.table for each in (kept() if tables is None else tables)), words)


def limits_of_all(tables: tuple[Kept, ...] | None = None) -> tuple[str, ...]:
    """Keys of what the tables do not say, each once."""
    found = (limit for each in (kept() if tables is None else tables) for limit in limits_of(each.table))
    return tuple(dict.fromkeys(found))


def _suggestions(each: Kept, words: Words) -> Suggestions:
    table = each.table
    sizes = {"organisations": table.organisations, "projects": table.projects}
    return Suggestions(
        name=each.name,
        title=words.text(f"evaluate.data.{each.name}"),
        measured_on=each.measured_on,
        what=words.text("evaluate.what", **sizes, links=f"evaluate.links.{table.links}"),
        how=how_cut(table, words),
        blocks=() if table.ablations and len(table.rankers) == 1 else blocks_of(table, words),
        brought=brought_of(table, words),
    )
