# SPDX-License-Identifier: EUPL-1.2
"""How near two places are: great-circle kilometres, an estimated time, and how nearness fades with distance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from data.errors import InvalidValue

FloatArray = NDArray[np.float64]

EARTH_KM: Final = 6371.0088
"""Mean radius of the Earth (IUGG)."""
MINUTES_PER_KM: Final = 0.6
"""What a further straight-line kilometre costs on a long way: main roads, detour included."""
LOCAL_MINUTES: Final = 14.6
LOCAL_KM: Final = 3.0
"""Local roads at both ends: half of LOCAL_MINUTES is spent once the way is LOCAL_KM long."""
RELIEF_PER_KM: Final = 0.5
"""How much longer the way takes for each kilometre of altitude of the higher end."""


class Place(Protocol):
    """A point in EPSG:4326 degrees; `data.model.Municipality` is one."""

    @property
    def lon(self) -> float: ...
    @property
    def lat(self) -> float: ...


def distance_km(lon: ArrayLike, lat: ArrayLike, lons: ArrayLike, lats: ArrayLike) -> FloatArray:
    """Great-circle distances in km (haversine, EPSG:4326 degrees in); the arguments are broadcast.

    In Lazio within 0.3 % of the distance on the ellipsoid. Unknown (NaN) coordinates give NaN.
    """
    here_lon, here_lat, there_lon, there_lat = (
        np.radians(np.asarray(a, dtype=np.float64)) for a in (lon, lat, lons, lats)
    )
    half = np.sin((there_lat - here_lat) / 2.0) ** 2
    half = half + np.cos(here_lat) * np.cos(there_lat) * np.sin((there_lon - here_lon) / 2.0) ** 2
    return np.asarray(2.0 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0))), dtype=np.float64)


def distance_matrix(points: Sequence[Place]) -> NDArray[np.float32]:
    """Distances in km between all points, shape (n, n), float32: symmetric, zero on the diagonal, in their order."""
    lon = np.array([point.lon for point in points], dtype=np.float64)
    lat = np.array([point.lat for point in points], dtype=np.float64)
    return distance_km(lon[:, None], lat[:, None], lon, lat).astype(np.float32)


def estimated_minutes(
    km: ArrayLike, altitude_m: ArrayLike = np.nan, other_altitude_m: ArrayLike = np.nan
) -> FloatArray:
    """An estimated travel time in minutes ("tempo stimato"), never a road time; the arguments are broadcast.

        minutes = (0.6 km + 14.6 km / (km + 3)) (1 + 0.5 h)

    km is the straight line and h the altitude of the higher end in km (0 below the sea or when no altitude is known):
    a kilometre costs much on local roads and less the longer the way, and mountain roads are slow. The altitude of
    the higher end explains times better than the difference of altitudes. Not for ways across the sea.

    Fitted by least absolute error to the minutes to the prevailing pole that the SNAI map 2020 gives for 325 comuni
    (those with a pole in Lazio; not the poles themselves nor the islands), between reference points 4 to 52 km apart;
    the 0.6 and the 3 are set, not fitted, so that longer ways stay possible. The absolute error is 4.5 minutes in the
    median and 11.1 at the ninetieth percentile (4.7 and 11.8 for a pole left out of the fit; saying 29 minutes to all
    gives 6.9 and 15.4).
    """
    way = np.asarray(km, dtype=np.float64)
    higher = np.fmax(np.asarray(altitude_m, dtype=np.float64), np.asarray(other_altitude_m, dtype=np.float64))
    relief = 1.0 + RELIEF_PER_KM * np.fmax(higher, 0.0) / 1000.0
    return np.asarray((MINUTES_PER_KM * way + LOCAL_MINUTES * way / (way + LOCAL_KM)) * relief, dtype=np.float64)


def decay(km: ArrayLike, half_km: float) -> FloatArray:
    """How much nearness is left at a distance: 1 at 0 km, one half at `half_km`, a quarter at twice that; NaN stays.

    Raises InvalidValue unless half_km is positive.
    """
    if not half_km > 0.0:
        raise InvalidValue(field="half_km", value=half_km, allowed="> 0")
    return np.asarray(0.5 ** (np.asarray(km, dtype=np.float64) / half_km), dtype=np.float64)
