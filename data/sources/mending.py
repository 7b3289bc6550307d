# SPDX-License-Identifier: EUPL-1.2
"""Outlines that cross themselves become valid, within a bound on the work: a tangled one is refused before it is tried.

Making a ring valid costs the square of its crossings and worse (two hundred random corners take seconds, twenty
thousand gigabytes), and even telling whether it is valid costs the pairs of sides whose boxes overlap. Both are
counted first, with a tree of the sides and stopping at the bound.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from data.identity import BadValue
from data.model import Message

OUTLINE_RINGS = 1_000
OUTLINE_KNOTS, FILE_KNOTS = 500, 5_000
"""Crossings and rings that an invalid outline may have, and those of all that are mended in one file."""

# Sides whose boxes overlap: each meets itself and its two neighbours; borders of comuni have about five a side.
_FREE_OVERLAPS, _OVERLAPS_A_SIDE = 10_000, 30
_PAIRS_AT_ONCE = 1_000_000

Sides = NDArray[np.object_]


class Mender:
    """Mends the outlines of one file; the bound on crossings is for all of them together."""

    def __init__(self) -> None:
        self._knots_left = FILE_KNOTS

    def mended(self, geometry: BaseGeometry) -> BaseGeometry | None:
        """The valid Polygon or MultiPolygon that the outline means, None when nothing with an area is left of it.

        Raises `BadValue` (`reject.rings` with `limit`, `reject.tangled`).
        """
        try:
            valid = geometry if self._is_valid(geometry) else shapely.make_valid(geometry)
        except shapely.GEOSException:
            return None
        pieces = [piece for piece in _polygons(valid) if not piece.is_empty and piece.area > 0]
        if not pieces:
            return None
        return pieces[0] if len(pieces) == 1 else MultiPolygon(pieces)

    def _is_valid(self, geometry: BaseGeometry) -> bool:
        """Whether it is valid; for one that is not, its knots are taken from what is left for the file."""
        rings = shapely.get_rings(shapely.get_parts(geometry))
        if len(rings) > OUTLINE_RINGS:
            raise BadValue(Message("reject.rings", {"limit": OUTLINE_RINGS}))
        sides = _sides(rings)
        _meetings(sides, _FREE_OVERLAPS + _OVERLAPS_A_SIDE * len(sides), None)
        if geometry.is_valid:
            return True
        allowed = min(OUTLINE_KNOTS, self._knots_left) - len(rings)
        beside = 3 * len(sides)
        crossings = max(0, _meetings(sides, beside + 2 * allowed, "intersects") - beside) // 2
        self._knots_left -= len(rings) + crossings
        return False


def _sides(rings: NDArray[np.object_]) -> Sides:
    """The sides of all rings as lines of two points, those without a length left out."""
    points, ring_of = shapely.get_coordinates(rings, return_index=True)
    pairs = np.stack([points[:-1], points[1:]], axis=1)[ring_of[:-1] == ring_of[1:]]
    lines: Sides = shapely.linestrings(pairs[(pairs[:, 0] != pairs[:, 1]).any(axis=1)])
    return lines


def _meetings(sides: Sides, most: int, predicate: str | None) -> int:
    """Ordered pairs of sides that meet (their boxes, without a predicate), each with itself too.

    Raises `BadValue` (`reject.tangled`) as soon as there are more than `most`.
    """
    tree, met = shapely.STRtree(sides), 0
    for some in _in_turn(sides):
        met += tree.query(some, predicate=predicate).shape[1]
        if met > most:
            raise BadValue(Message("reject.tangled"))
    return met


def _in_turn(sides: Sides) -> Iterator[Sides]:
    """The sides in portions small enough that all their pairs fit in memory."""
    step = max(1, _PAIRS_AT_ONCE // max(1, len(sides)))
    for start in range(0, len(sides), step):
        yield sides[start : start + step]


def _polygons(geometry: BaseGeometry) -> list[Polygon]:
    if isinstance(geometry, Polygon):
        return [geometry]
    parts = getattr(geometry, "geoms", ())
    return [piece for part in parts for piece in _polygons(part)]
