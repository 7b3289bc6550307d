# SPDX-License-Identifier: EUPL-1.2
"""Places of organisations in a network that anybody may bring: which are the same, and how far apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from data.networks import Flags, Floats, Ints, Network

FAR_KM: Final = 50_000.0
"""More than any two places are apart."""
_EARTH_KM: Final = 6371.0088
# Where a position is missing: kilometres that stand for the same city, province, region, country, and for none of them.
_STEPS: Final = (5.0, 40.0, 120.0, 500.0, 2000.0)


def numbered(words: Sequence[str]) -> Ints:
    """One number per different word, in their order; -1 where it is empty."""
    known = {word: at for at, word in enumerate(sorted({word for word in words if word}))}
    return np.array([known.get(word, -1) for word in words], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Places:
    """Numbers of city, province (NUTS 3), region (NUTS 2) and country of every organisation, (4, organisations)."""

    levels: Ints

    def same(self, row: int) -> Flags:
        """Who is in the same place as `row`: its province, else its region, else its country; nobody when unknown."""
        for codes in self.levels[1:]:
            if codes[row] >= 0:
                return np.asarray(codes == codes[row])
        return np.zeros(self.levels.shape[1], dtype=bool)

    def steps_km(self, row: int) -> Floats:
        """Kilometres that stand for the finest place in common with `row`."""
        found = np.full(self.levels.shape[1], _STEPS[-1])
        for codes, km in zip(self.levels[::-1], _STEPS[-2::-1], strict=True):
            if codes[row] >= 0:
                found[codes == codes[row]] = km
        return found


def finest_places(network: Network) -> Places:
    """The places of a network's organisations."""
    words = (network.cities, network.nuts3, network.nuts2, network.countries)
    return Places(np.stack([numbered(each) for each in words]))


def apart_km(network: Network, places: Places, row: int) -> Floats:
    """Kilometres from `row` to everybody: great circle (haversine) where both are located, else by place in common."""
    lat, lon = np.radians(network.lat), np.radians(network.lon)
    if np.isnan(lat[row]) or np.isnan(lon[row]):
        return places.steps_km(row)
    half = np.sin((lat - lat[row]) / 2) ** 2 + np.cos(lat) * np.cos(lat[row]) * np.sin((lon - lon[row]) / 2) ** 2
    km = 2 * _EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
    return np.where(np.isnan(km), places.steps_km(row), km)
