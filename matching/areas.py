# SPDX-License-Identifier: EUPL-1.2
"""Areas made of comuni that bodies may have in common: inner areas, labour systems, own groupings that were loaded.

Provinces and parts of the region are none of them (provinces have signs of their own, a third of a region says
nothing), and neither is the earthquake area, which two bodies do not share as one shares a valley.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from data.lazio import area_of
from data.model import Area
from matching.columns import Floats, Ints

INNER: Final = "snai"
LABOUR: Final = "labour-system"
_SHIPPED: Final = (INNER, LABOUR)
_NO_AREAS: Final = frozenset({"province", "crater"})
_WORTH: Final = {INNER: 1.0, LABOUR: 0.6}
_OWN_WORTH: Final = 0.8
WIDE: Final = 30  # comuni: what is wider says less, in proportion


@dataclass(frozen=True, slots=True)
class CommonArea:
    """One area: its level, its name, and the positions of its comuni in the index, ascending."""

    level: str
    name: str
    places: tuple[int, ...]

    @property
    def worth(self) -> float:
        """How much it says that two bodies are both in it, 0..1."""
        return _WORTH.get(self.level, _OWN_WORTH) * min(1.0, WIDE / max(len(self.places), 1))


def common_areas(municipalities: Sequence[str], loaded: Iterable[Area]) -> tuple[CommonArea, ...]:
    """The areas of these comuni, by level and code: loaded ones; of inner areas and labour systems the shipped ones
    where none was loaded for a comune."""
    place = {istat: position for position, istat in enumerate(municipalities)}
    found: dict[tuple[str, str], tuple[str, set[int]]] = {}
    told = set()
    for each in sorted(loaded, key=lambda area: (area.level, area.code, area.name, area.municipality)):
        if each.municipality in place and each.level not in _NO_AREAS:
            told.add((each.level, each.municipality))
            _, members = found.setdefault((each.level, each.code), (_name_of(each), set()))
            members.add(place[each.municipality])
    for istat, position in place.items():
        for level in _SHIPPED:
            shipped = area_of(istat, level) if (level, istat) not in told else None
            if shipped is not None:
                _, members = found.setdefault((level, shipped.code), (shipped.name, set()))
                members.add(position)
    return tuple(
        CommonArea(level, name, tuple(sorted(members)))
        for (level, _), (name, members) in sorted(found.items())
        if len(members) > 1
    )


def _name_of(area: Area) -> str:
    """The name of an area; one that the shipped tables know too goes by its name there, not all in capitals."""
    ours = area_of(area.municipality, area.level) if area.level in _SHIPPED else None
    return ours.name if ours and ours.code == area.code else area.name


def areas_in_common(areas: Sequence[CommonArea], place: int) -> Iterable[CommonArea]:
    """The areas of a comune, those that say most first."""
    return sorted(
        (each for each in areas if place in each.places), key=lambda area: (-area.worth, area.level, area.name)
    )


def worth_by_place(areas: Sequence[CommonArea], place: int, places: int) -> Floats:
    """Per comune, what the best area that it has in common with one is worth; 0 for that one, and a last 0 for none."""
    worth = np.zeros(places + 1)
    for each in areas_in_common(areas, place):
        here: Ints = np.array(each.places, dtype=np.int64)
        worth[here] = np.maximum(worth[here], each.worth)
    worth[place] = 0.0
    return worth
