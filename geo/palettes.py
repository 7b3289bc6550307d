# SPDX-License-Identifier: EUPL-1.2
"""Colours of the maps: our own ramps, evenly spaced in OKLab, whose classes stay apart for colour-blind readers.

A ramp is given by a few anchor colours and cut into as many classes as asked. Lightness always runs one way (or, for a
diverging ramp, from both ends to a pale middle), so that the order is read without hue too. OKLab: Ottosson 2020.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

NO_DATA: Final = "#ffffff"
NO_DATA_HATCH: Final = "#9aa4ad"


class Scale(StrEnum):
    """How the values of an indicator are ordered, and so which ramp shows them."""

    SEQUENTIAL = "sequential"
    DIVERGING = "diverging"
    CATEGORICAL = "categorical"


ANCHORS: Final[dict[Scale, tuple[str, ...]]] = {
    Scale.SEQUENTIAL: ("#d5e8ea", "#97c8ce", "#4398ab", "#17617f", "#0c2d4d"),
    Scale.CATEGORICAL: ("#f2ecd2", "#dcc77a", "#8fb07a", "#3f8a86", "#2a5a86", "#2b2453"),
}
BELOW: Final = ("#5f2c02", "#c08137", "#efd9ae")
ABOVE: Final = ("#bfe0dd", "#4a9a95", "#003a38")

_TO_LMS: Final = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB: Final = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def linear_rgb(colour: str) -> FloatArray:
    """Linear sRGB (three values 0..1) of a `#rrggbb` colour."""
    channels = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255.0
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def hex_colour(linear: FloatArray) -> str:
    """The `#rrggbb` colour of linear sRGB values, clipped to what a screen shows."""
    clipped = np.clip(linear, 0.0, 1.0)
    channels = np.where(clipped <= 0.0031308, clipped * 12.92, 1.055 * clipped ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(float(value) * 255):02x}" for value in channels)


def oklab(linear: FloatArray) -> FloatArray:
    """OKLab coordinates (lightness 0..1, a, b) of linear sRGB values."""
    return np.asarray(_TO_LAB @ np.cbrt(_TO_LMS @ linear), dtype=np.float64)


def _from_oklab(lab: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.solve(_TO_LMS, np.linalg.solve(_TO_LAB, lab) ** 3), dtype=np.float64)


def ramp(anchors: Sequence[str], classes: int) -> tuple[str, ...]:
    """`classes` colours evenly spaced along the anchors in OKLab; one class takes the middle of the ramp."""
    if classes < 1:
        return ()
    labs = np.array([oklab(linear_rgb(colour)) for colour in anchors])
    stops = np.linspace(0.0, 1.0, len(anchors))
    places = np.array([0.6]) if classes == 1 else np.linspace(0.0, 1.0, classes)
    return tuple(
        hex_colour(_from_oklab(np.array([np.interp(place, stops, labs[:, axis]) for axis in range(3)])))
        for place in places
    )


@lru_cache(maxsize=64)
def colours(scale: Scale, classes: int, negative: int = 0) -> tuple[str, ...]:
    """Hex colours of `classes` classes of a scale, lowest first.

    On a diverging scale the first `negative` classes take the brown half and the others the green half, the palest of
    each next to the turning point.
    """
    if scale is not Scale.DIVERGING:
        return ramp(ANCHORS[scale], classes)
    half = max(negative, classes - negative)
    return ramp(BELOW, half)[half - negative :] + ramp(ABOVE, half)[: classes - negative]
