"""Distances against the ellipsoid, the estimated time against the published minutes, and what any distance obeys."""

from dataclasses import dataclass
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from data.errors import InvalidValue
from data.lazio import municipalities
from geo.proximity import decay, distance_km, distance_matrix, estimated_minutes


@dataclass(frozen=True)
class Spot:
    lon: float
    lat: float


anywhere = st.builds(Spot, st.floats(-180, 180), st.floats(-90, 90))


def test_a_degree_of_latitude() -> None:
    assert distance_km(12.5, 41.0, 12.5, 42.0) == pytest.approx(111.195, abs=0.001)
    assert distance_km(12.5, 42.0, 13.5, 42.0) == pytest.approx(111.195 * np.cos(np.radians(42)), rel=1e-4)


def test_distances_are_near_those_on_the_ellipsoid() -> None:
    rows = municipalities()
    lon, lat = (np.array([getattr(row, axis) for row in rows]) for axis in ("lon", "lat"))
    ours = distance_km(lon[0], lat[0], lon[1:], lat[1:])
    theirs = Geod(ellps="WGS84").inv(np.full(377, lon[0]), np.full(377, lat[0]), lon[1:], lat[1:])[2]
    assert np.abs(ours / (np.array(theirs) / 1000) - 1).max() < 0.003


def test_arguments_are_broadcast_and_unknown_places_stay_unknown() -> None:
    assert distance_km(12.0, 42.0, [12.0, 13.0, np.nan], [42.0, 42.0, 42.0]).shape == (3,)
    assert np.isnan(distance_km(12.0, 42.0, np.nan, 42.0))
    assert distance_km(12.0, 42.0, [], []).shape == (0,)


@given(points=st.lists(anywhere, min_size=1, max_size=5))
def test_any_distances(points: list[Spot]) -> None:
    """Symmetric, zero at home, never beyond half the globe, and no detour is shorter."""
    km = distance_matrix(points)
    assert km.dtype == np.float32
    assert km.shape == (len(points), len(points))
    assert (km == km.T).all()
    assert (np.diag(km) == 0).all()
    assert (km >= 0).all()
    assert (km < 20_016).all()
    for a, b, c in permutations(range(len(points)), 3):
        assert km[a, c] <= km[a, b] + km[b, c] + 0.01


def test_matrix_of_lazio() -> None:
    rows = municipalities()
    km = distance_matrix(rows)
    assert km.shape == (378, 378)
    assert np.isfinite(km).all()
    codes = [row.istat for row in rows]
    rome, rieti = codes.index("058091"), codes.index("057059")
    assert km[rome, rieti] == pytest.approx(60, abs=10)
    assert distance_matrix([]).shape == (0, 0)


# --- estimated time ---------------------------------------------------------------------------------------


def test_estimated_minutes_by_hand() -> None:
    assert estimated_minutes(0.0) == 0.0
    assert estimated_minutes(12.0) == pytest.approx(0.6 * 12 + 14.6 * 12 / 15)
    assert estimated_minutes(12.0, 1000.0, 200.0) == pytest.approx(1.5 * estimated_minutes(12.0))
    assert estimated_minutes(12.0, np.nan, 1000.0) == pytest.approx(1.5 * estimated_minutes(12.0))
    assert estimated_minutes(12.0, -3.0, -1.0) == estimated_minutes(12.0)
    assert np.isnan(estimated_minutes(np.nan, 100.0, 200.0))


@given(
    near=st.floats(0, 300),
    further=st.floats(0, 100),
    low=st.floats(0, 2000),
    high=st.floats(0, 2000),
)
def test_further_and_higher_never_takes_less(near: float, further: float, low: float, high: float) -> None:
    assert estimated_minutes(near + further, low, high) >= estimated_minutes(near, low, high) - 1e-9
    assert estimated_minutes(near, low, high) >= estimated_minutes(near, low, low) - 1e-9
    assert estimated_minutes(near, low, high) == estimated_minutes(near, high, low)


def test_estimated_minutes_against_the_published_ones() -> None:
    """The figures of the docstring: every comune on land with its pole in Lazio, poles themselves left out."""
    rows = {row.istat: row for row in municipalities()}
    ways = [
        (row, rows[row.snai_pole_istat])
        for row in rows.values()
        if row.snai_pole_istat in rows and row.snai_minutes and not row.island
    ]
    here, there = zip(*ways, strict=True)
    km = distance_km(*([getattr(row, axis) for row in side] for side in (here, there) for axis in ("lon", "lat")))
    told = np.array([row.snai_minutes for row in here])
    guess = estimated_minutes(km, [row.altitude_m for row in here], [row.altitude_m for row in there])
    wrong = np.abs(guess - told)
    assert len(ways) == 325
    assert np.median(wrong) == pytest.approx(4.5, abs=0.1)
    assert np.percentile(wrong, 90) == pytest.approx(11.1, abs=0.2)
    assert abs((guess - told).mean()) < 0.5
    assert np.median(np.abs(np.median(told) - told)) > 6.5


# --- decay ------------------------------------------------------------------------------------------------


@settings(max_examples=50)
@given(half=st.floats(0.1, 500))
def test_decay_halves(half: float) -> None:
    assert decay([0.0, half, 2 * half], half) == pytest.approx([1.0, 0.5, 0.25])
    assert np.isnan(decay(np.nan, half))


@pytest.mark.parametrize("half", [0.0, -1.0, float("nan")])
def test_decay_needs_a_distance(half: float) -> None:
    with pytest.raises(InvalidValue):
        decay(10.0, half)
