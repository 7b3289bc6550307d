# SPDX-License-Identifier: EUPL-1.2
"""From values to what a map draws: classes, legend, and the compact payloads that our endpoints send.

Payloads are plain dictionaries of lists (one list per column), ready for JSON: no text in them is ever markup, and no
number is NaN (None is "nessun dato"). Comuni are named by their position in the ascending order of ISTAT codes.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import mapclassify
import numpy as np
from numpy.typing import NDArray

from data.model import Landmark, Organisation, Precision, Site
from geo.indicators import (
    EVERYTHING,
    NOWHERE,
    Indicator,
    Measure,
    Rows,
    Selection,
    Territory,
    chosen,
    chosen_bodies,
    chosen_sites,
    measure,
)
from geo.palettes import NO_DATA, NO_DATA_HATCH, Scale, colours

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MOST_FEATURES: Final = 20_000
FEWEST_CLASSES: Final = 3
MOST_CLASSES: Final = 7
DEFAULT_CLASSES: Final = 5
MOST_ON_A_SIDE: Final = 4
BARS: Final = 24
UNCLASSED: Final = -1


class Scheme(StrEnum):
    """How values are cut into classes."""

    QUANTILES = "quantiles"
    NATURAL = "natural"
    EQUAL = "equal"


_CUT: Final[Mapping[Scheme, Callable[[FloatArray, int], Any]]] = {
    Scheme.QUANTILES: mapclassify.Quantiles,
    Scheme.NATURAL: mapclassify.FisherJenks,
    Scheme.EQUAL: mapclassify.EqualInterval,
}


@dataclass(frozen=True, slots=True)
class LegendRow:
    """One class: smallest and largest value that fall in it, how many comuni, its colour, its category if any."""

    lower: float
    upper: float
    count: int
    colour: str
    category: str | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the histogram: from, to, how many comuni, and the class that most of them have."""

    lower: float
    upper: float
    count: int
    class_index: int


@dataclass(frozen=True, slots=True)
class Layer:
    """One indicator drawn: per comune a value and a class (UNCLASSED = nessun dato, hatched), legend and histogram."""

    indicator: Indicator
    selection: Selection
    scheme: Scheme
    result: Measure
    classes: IntArray
    legend: tuple[LegendRow, ...]
    histogram: tuple[Bar, ...]
    no_data: int


def draw(
    territory: Territory,
    entry: Indicator,
    selection: Selection = EVERYTHING,
    scheme: Scheme = Scheme.QUANTILES,
    classes: int = DEFAULT_CLASSES,
) -> Layer:
    """The layer of one indicator; `classes` is kept within FEWEST_CLASSES..MOST_CLASSES, fewer when values are few.

    Classes are cut on the values as they are shown, so that no value that can be read stands in two of them.
    """
    result = measure(territory, entry, selection)
    values = as_shown(result.values, entry.decimals)
    wanted = min(max(classes, FEWEST_CLASSES), MOST_CLASSES)
    index = _by_category(values) if entry.categories else classify(values, scheme, wanted, entry.scale)
    legend = _legend(entry, values, index)
    return Layer(
        indicator=entry,
        selection=selection,
        scheme=scheme,
        result=result,
        classes=index,
        legend=legend,
        histogram=() if entry.categories else _histogram(result.values, index),
        no_data=int((index == UNCLASSED).sum()),
    )


# --- classes ----------------------------------------------------------------------------------------------------


def as_shown(values: FloatArray, decimals: int) -> FloatArray:
    """The values rounded as they are written (Python's rounding, which is that of the texts), never minus zero."""
    return np.array([round(value, decimals) for value in values.tolist()], dtype=np.float64) + 0.0


def classify(values: FloatArray, scheme: Scheme, classes: int, scale: Scale = Scale.SEQUENTIAL) -> IntArray:
    """Class of each value (0 lowest, without gaps), UNCLASSED for NaN.

    A diverging scale is cut on each side of zero on its own, so that no class holds both signs; each side gets classes
    by how many values it holds.
    """
    index = np.full(len(values), UNCLASSED, dtype=np.int64)
    known = ~np.isnan(values)
    if not known.any():
        return index
    if scale is not Scale.DIVERGING:
        index[known] = _cut(values[known], scheme, classes)
        return index
    below = known & (values < 0)
    above = known & (values >= 0)
    lower, upper = _sides(int(below.sum()), int(above.sum()), classes)
    index[below] = _cut(values[below], scheme, lower)
    index[above] = _cut(values[above], scheme, upper) + _how_many(index[below])
    return index


def _sides(below: int, above: int, classes: int) -> tuple[int, int]:
    """How many classes each side of zero gets, in proportion, at least one and no more than eyes can tell apart."""
    if not below or not above:
        return min(classes, MOST_ON_A_SIDE), min(classes, MOST_ON_A_SIDE)
    lower = round(classes * below / (below + above))
    lower = min(max(lower, 1, classes - MOST_ON_A_SIDE), classes - 1, MOST_ON_A_SIDE)
    return lower, classes - lower


def _cut(values: FloatArray, scheme: Scheme, classes: int) -> IntArray:
    """Classes of values without NaN: one per distinct value when they are few, else by the scheme; none is empty.

    A lowest value that fills more than one quantile (most comuni have 0 of something) is a class of its own, and the
    other values share the remaining classes: else ties would leave two classes of five.
    """
    distinct = np.unique(values)
    if len(distinct) <= classes:
        return np.searchsorted(distinct, values).astype(np.int64)
    if classes == 1:
        return np.zeros(len(values), dtype=np.int64)
    lowest = values == distinct[0]
    if scheme is Scheme.QUANTILES and lowest.mean() > 1 / classes:
        index = np.zeros(len(values), dtype=np.int64)
        index[~lowest] = _cut(values[~lowest], scheme, classes - 1) + 1
        return index
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ties between quantiles, and the slower path without numba: both are expected
        edges = np.unique(np.asarray(_CUT[scheme](values, classes).bins, dtype=np.float64))
    index = np.clip(np.searchsorted(edges, values, side="left"), 0, len(edges) - 1)
    return np.unique(index, return_inverse=True)[1].astype(np.int64)


def _by_category(values: FloatArray) -> IntArray:
    """Class = category, whether or not the category occurs, so that a colour always means the same."""
    return np.where(np.isnan(values), UNCLASSED, np.nan_to_num(values)).astype(np.int64)


def _how_many(index: IntArray) -> int:
    return int(index.max()) + 1 if len(index) else 0


def _legend(entry: Indicator, values: FloatArray, index: IntArray) -> tuple[LegendRow, ...]:
    if entry.categories:
        shades = colours(entry.scale, len(entry.categories))
        return tuple(
            LegendRow(float(at), float(at), int((index == at).sum()), shades[at], category)
            for at, category in enumerate(entry.categories)
        )
    how_many = _how_many(index)
    members = [values[index == at] for at in range(how_many)]
    negative = sum(1 for group in members if entry.scale is Scale.DIVERGING and group.max() < 0)
    shades = colours(entry.scale, how_many, negative)
    return tuple(
        LegendRow(float(group.min()), float(group.max()), len(group), shades[at]) for at, group in enumerate(members)
    )


def _histogram(values: FloatArray, classes: IntArray) -> tuple[Bar, ...]:
    """Bars of equal width over the known values; each takes the class that most of its comuni have."""
    known = ~np.isnan(values)
    if len(np.unique(values[known])) < 2:
        return ()
    counts, edges = np.histogram(values[known], bins=BARS)
    bars = np.clip(np.searchsorted(edges, values[known], side="right") - 1, 0, BARS - 1)
    shades = [np.bincount(classes[known][bars == at], minlength=1).argmax() for at in range(BARS)]
    return tuple(Bar(float(edges[at]), float(edges[at + 1]), int(counts[at]), int(shades[at])) for at in range(BARS))


# --- payloads ---------------------------------------------------------------------------------------------------


def layer_payload(layer: Layer) -> dict[str, Any]:
    """Values (rounded as shown, so that every reader rounds alike) and classes by comune order, legend, histogram."""
    entry = layer.indicator
    return {
        "indicator": entry.name,
        "scheme": layer.scheme.value,
        "unit": entry.unit,
        "decimals": entry.decimals,
        "scale": entry.scale.value,
        "direction": entry.direction.value,
        "listed": entry.listed,
        "kinds": list(entry.kinds),
        "categories": list(entry.categories),
        "values": plain_numbers(layer.result.values, entry.decimals),
        "classes": layer.classes.tolist(),
        "legend": [
            {
                "from": round(row.lower, entry.decimals),
                "to": round(row.upper, entry.decimals),
                "count": row.count,
                "colour": row.colour,
                "category": row.category,
            }
            for row in layer.legend
        ],
        "no_data": {"count": layer.no_data, "colour": NO_DATA, "hatch": NO_DATA_HATCH},
        "histogram": [
            [round(bar.lower, 3), round(bar.upper, 3), bar.count, bar.class_index] for bar in layer.histogram
        ],
        "sources": list(layer.result.sources),
        "years": list(layer.result.years),
        "demonstration": layer.result.demonstration,
    }


def plain_numbers(values: FloatArray, decimals: int) -> list[float | int | None]:
    """A float array as JSON numbers: None for NaN, whole numbers without a decimal point."""
    rounded = [None if np.isnan(value) else round(value, decimals) for value in values.tolist()]
    return [int(value) if value is not None and value.is_integer() else value for value in rounded]


def _coordinate(value: float | None, precision: Precision) -> float | None:
    """A coordinate to about 1 m, only for a place known as a point: a comune is never turned into a point."""
    return round(value, 5) if value is not None and precision is Precision.POINT else None


def _table(values: Sequence[str]) -> tuple[list[str], list[int]]:
    """Distinct texts in order, and for each value its position among them."""
    names = sorted(set(values))
    at = {name: position for position, name in enumerate(names)}
    return names, [at[value] for value in values]


def _per_place(territory: Territory, rows: Rows, keep: NDArray[np.bool_]) -> list[int]:
    placed = rows.place[keep & (rows.place != NOWHERE)]
    return np.bincount(placed, minlength=territory.size).tolist()  # type: ignore[no-any-return]


def organisation_payload(
    territory: Territory, bodies: Sequence[Organisation], selection: Selection = EVERYTHING, limit: int = MOST_FEATURES
) -> dict[str, Any]:
    """The organisation layer, `bodies` being those the territory was read from, in the same order.

    The columns hold at most `limit` of the selection's bodies with a known comune; `truncated` says when there are
    more, and then `counts` per comune still hold them all. Public bodies are in the columns, for a page to filter, but
    in `total`, `unplaced` and `counts` only when their kind is asked for. `lon`/`lat` are None unless the place is a
    point.
    """
    rows = territory.organisations
    counted = chosen_bodies(rows, selection)
    placed = np.flatnonzero(chosen(rows, selection) & (rows.place != NOWHERE))
    shown = placed[:limit].tolist()
    listed = [bodies[at] for at in shown]
    kinds, kind = _table([body.kind.value for body in listed])
    sectors, sector = _table([str(rows.sector[at]) for at in shown])
    divisions, division = _table([str(rows.division[at]) for at in shown])
    sections, section = _table([str(rows.section[at]) for at in shown])
    categories, category = _table([body.category or "" for body in listed])
    return {
        "total": int(counted.sum()),
        "unplaced": int((counted & (rows.place == NOWHERE)).sum()),
        "truncated": len(shown) < len(placed),
        "limit": limit,
        "counts": _per_place(territory, rows, counted),
        "kinds": kinds,
        "sectors": sectors,
        "divisions": divisions,
        "sections": sections,
        "categories": categories,
        "id": [body.id for body in listed],
        "name": [body.name for body in listed],
        "kind": kind,
        "sector": sector,
        "division": division,
        "section": section,
        "category": category,
        "municipality": rows.place[shown].tolist(),
        "lon": [_coordinate(body.lon, body.precision) for body in listed],
        "lat": [_coordinate(body.lat, body.precision) for body in listed],
        "demonstration": [int(body.demonstration) for body in listed],
    }


def site_payload(
    territory: Territory, sites: Sequence[Site], selection: Selection = EVERYTHING, limit: int = MOST_FEATURES
) -> dict[str, Any]:
    """The site layer, in the same shape as the organisation layer."""
    rows = territory.sites
    keep = chosen_sites(rows, selection)
    placed = np.flatnonzero(keep & (rows.place != NOWHERE))
    shown = placed[:limit].tolist()
    listed = [sites[at] for at in shown]
    kinds, kind = _table([site.kind for site in listed])
    categories, category = _table([site.category or "" for site in listed])
    availabilities, availability = _table([site.availability.value for site in listed])
    sources, source = _table([site.source for site in listed])
    return {
        "total": int(keep.sum()),
        "unplaced": int(keep.sum()) - len(placed),
        "truncated": len(shown) < len(placed),
        "limit": limit,
        "counts": _per_place(territory, rows, keep),
        "kinds": kinds,
        "categories": categories,
        "availabilities": availabilities,
        "sources": sources,
        "id": [site.id for site in listed],
        "name": [site.name for site in listed],
        "kind": kind,
        "category": category,
        "availability": availability,
        "source": source,
        "municipality": rows.place[shown].tolist(),
        "lon": [_coordinate(site.lon, site.precision) for site in listed],
        "lat": [_coordinate(site.lat, site.precision) for site in listed],
    }


def landmark_payload(territory: Territory, landmarks: Sequence[Landmark], limit: int = MOST_FEATURES) -> dict[str, Any]:
    """Points of heritage: kind, hint of a name, comune, lon, lat."""
    listed = list(landmarks[:limit])
    kinds, kind = _table([mark.kind for mark in listed])
    return {
        "total": len(landmarks),
        "truncated": len(listed) < len(landmarks),
        "limit": limit,
        "kinds": kinds,
        "kind": kind,
        "name": [mark.name for mark in listed],
        "municipality": [territory.position.get(mark.municipality, -1) for mark in listed],
        "lon": [round(mark.lon, 5) for mark in listed],
        "lat": [round(mark.lat, 5) for mark in listed],
    }


def municipality_payload(territory: Territory) -> dict[str, Any]:
    """The comuni in order: ISTAT code, name, province, and the point inside each where its symbol stands."""
    return {
        "istat": list(territory.istat),
        "name": [each.name for each in territory.municipalities],
        "province": [each.province for each in territory.municipalities],
        "lon": [round(each.lon, 4) for each in territory.municipalities],
        "lat": [round(each.lat, 4) for each in territory.municipalities],
    }
