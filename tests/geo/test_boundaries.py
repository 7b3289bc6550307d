"""Schematic cells keep their promises on any set of points; questions to boundaries are answered as by hand."""

import csv
import json
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from data.errors import InvalidValue
from geo import cells
from geo.boundaries import (
    Geometry,
    adjacency,
    locate,
    region_outline,
    schematic_boundaries,
    simplify_boundaries,
)

KM = 1.0 / 111.28
"""One kilometre in degrees of latitude."""


@dataclass(frozen=True)
class Point:
    istat: str
    lon: float
    lat: float
    area_km2: float
    island: bool = False


def place(code: str, x: float, y: float, area: float, *, island: bool = False) -> Point:
    """A comune x km east and y km north of a spot in Lazio."""
    lat = 42.0 + y * KM
    return Point(code, 12.5 + x * KM / np.cos(np.radians(lat)), lat, area, island)


def area_km2(geometry: Geometry) -> float:
    to_plane = Transformer.from_crs(4326, 32633, always_xy=True)
    return shapely.area(shapely.transform(geometry, lambda c: np.column_stack(to_plane.transform(*c.T)))) / 1e6


def check_promises(points: Iterable[Point], found: Mapping[str, Geometry]) -> None:
    """What holds for every set: valid, one piece, own point inside, no overlap, no hole, no gap."""
    rows = sorted(points, key=lambda row: row.istat)
    shapes = np.array([found[row.istat] for row in rows], dtype=object)
    assert list(found) == [row.istat for row in rows]
    assert set(shapely.get_type_id(shapes)) == {shapely.GeometryType.POLYGON}
    assert shapely.is_valid(shapes).all()
    assert shapely.contains_xy(shapes, [row.lon for row in rows], [row.lat for row in rows]).all()
    assert shapely.coverage_is_valid(shapes)
    whole = shapely.union_all(shapes)
    assert shapely.area(whole) == pytest.approx(shapely.area(shapes).sum(), rel=1e-9)
    assert not any(shapely.get_num_interior_rings(shapely.get_parts(whole)))


@pytest.fixture(scope="module")
def lazio() -> list[Point]:
    text = (resources.files("data.lazio") / "municipalities.csv").read_text(encoding="utf-8")
    return [
        Point(row["istat"], float(row["lon"]), float(row["lat"]), float(row["area_km2"]), row["island"] == "1")
        for row in csv.DictReader(text.splitlines())
    ]


@pytest.fixture(scope="module")
def lazio_cells(lazio: list[Point]) -> dict[str, Geometry]:
    return schematic_boundaries(lazio)


@pytest.fixture(scope="session")
def official(request: pytest.FixtureRequest) -> dict[str, Geometry]:
    folder: Path = request.getfixturevalue("shared_data")
    found = json.loads((folder / "lazio_comuni_2023.geojson").read_text(encoding="utf-8"))["features"]
    shapes = {f["properties"]["com_istat_code"]: shapely.geometry.shape(f["geometry"]) for f in found}
    assert len(shapes) == 378
    return shapes


# --- schematic cells --------------------------------------------------------------------------------------


def test_no_points_no_cells() -> None:
    assert schematic_boundaries([]) == {}


def test_one_comune_is_a_disc_of_its_area() -> None:
    (cell,) = schematic_boundaries([place("1", 0, 0, 30)]).values()
    assert area_km2(cell) == pytest.approx(30, rel=0.01)
    width, height = (np.ptp(side) for side in shapely.get_coordinates(shapely.envelope(cell)).T)
    assert width * np.cos(np.radians(42)) == pytest.approx(height, rel=0.01)


def test_four_equal_neighbours_share_equally() -> None:
    points = [place(str(2 * i + j), 6 * i, 6 * j, 36) for i in range(2) for j in range(2)]
    found = schematic_boundaries(points)
    check_promises(points, found)
    for cell in found.values():
        assert area_km2(cell) == pytest.approx(36, rel=0.06)


def test_a_large_comune_gets_more_than_its_small_neighbours() -> None:
    points = [place("1", 0, 0, 100), *(place(str(k), 8 * np.cos(k), 8 * np.sin(k), 12) for k in range(2, 8))]
    found = schematic_boundaries(points)
    check_promises(points, found)
    whole = sum(area_km2(cell) for cell in found.values())
    assert area_km2(found["1"]) == pytest.approx(whole * 100 / 172, rel=0.05)
    for k in range(2, 8):
        assert area_km2(found[str(k)]) == pytest.approx(whole * 12 / 172, rel=0.2)


def test_places_far_apart_stay_apart() -> None:
    points = [place("1", 0, 0, 20), place("2", 5, 0, 20), place("3", 60, 0, 20)]
    found = schematic_boundaries(points)
    check_promises(points, found)
    assert shapely.distance(found["1"], found["2"]) == 0
    assert shapely.distance(found["2"], found["3"]) > 40 * KM


def test_an_island_keeps_its_disc() -> None:
    points = [place("1", 0, 0, 30), place("2", 6, 0, 30), place("3", 10.5, 0, 1.5, island=True)]
    found = schematic_boundaries(points)
    check_promises(points, found)
    assert area_km2(found["3"]) == pytest.approx(1.5, rel=0.01)
    assert not shapely.intersects(found["3"], found["2"])


def test_an_island_on_the_land_is_land() -> None:
    points = [place("1", 0, 0, 30), place("2", 6, 0, 30), place("3", 3, 1, 10, island=True)]
    check_promises(points, schematic_boundaries(points))


def test_a_ring_of_comuni_leaves_no_hole() -> None:
    points = [place(str(k), 9 * np.cos(k * np.pi / 5), 9 * np.sin(k * np.pi / 5), 24) for k in range(10)]
    found = schematic_boundaries(points)
    check_promises(points, found)
    assert locate(found, [12.5], [42.0])[0] is not None


def test_neighbours_close_together_in_a_wide_land_keep_their_points(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "SAMPLES", 6_000)
    close = [place(f"{i}{j}", 0.5 * i, 0.5 * j, 1000) for i in range(3) for j in range(3)]
    points = [*close, place("7", 40, 0, 1000), place("8", 0, 40, 1000)]
    check_promises(points, schematic_boundaries(points))


@pytest.mark.parametrize(
    "spoiled",
    [
        place("2", 6, 0, 0.0),
        place("2", 6, 0, -3.0),
        place("2", 6, 0, float("nan")),
        Point("2", float("nan"), 42.0, 10.0),
        Point("2", float("inf"), 42.0, 10.0),
        place("2", 0, 0, 10.0),
    ],
)
def test_impossible_points_are_refused(spoiled: Point) -> None:
    with pytest.raises(InvalidValue):
        schematic_boundaries([place("1", 0, 0, 30), spoiled])


@st.composite
def regions(draw: st.DrawFn) -> list[Point]:
    """Two to fourteen comuni on a two-decimal raster, close together, of very different sizes, some called islands."""
    spots = draw(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 20)), min_size=2, max_size=14, unique=True))
    return [
        Point(
            f"{k:03}",
            round(12.5 + i / 100, 2),
            round(42 + j / 100, 2),
            draw(st.floats(0.5, 60)),
            draw(st.booleans()),
        )
        for k, (i, j) in enumerate(spots)
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(points=regions(), seed=st.integers(0, 99))
def test_cells_of_any_region(points: list[Point], seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cells, "SAMPLES", 6_000)
        found = schematic_boundaries(points)
        check_promises(points, found)
        shuffled = random.Random(seed).sample(points, len(points))
        again = schematic_boundaries(shuffled)
    assert {code: cell.wkb for code, cell in again.items()} == {code: cell.wkb for code, cell in found.items()}


def test_cells_of_lazio(lazio: list[Point], lazio_cells: dict[str, Geometry]) -> None:
    check_promises(lazio, lazio_cells)
    assert len(lazio_cells) == 378
    wrong = np.array([abs(area_km2(lazio_cells[row.istat]) / row.area_km2 - 1) for row in lazio])
    assert np.median(wrong) < 0.02
    assert np.percentile(wrong, 90) < 0.08
    parts = shapely.get_parts(region_outline(lazio_cells))
    assert len(parts) == 3
    for island in ("059018", "059033"):
        assert any(shapely.equals(lazio_cells[island], part) for part in parts)


def test_cells_of_lazio_resemble_the_official_boundaries(
    lazio_cells: dict[str, Geometry], official: dict[str, Geometry]
) -> None:
    """The figures of the docstring, with a margin for other versions of the libraries."""
    to_plane = Transformer.from_crs(4326, 32633, always_xy=True)
    codes = sorted(official)
    ours, theirs = (
        shapely.transform([shapes[code] for code in codes], lambda c: np.column_stack(to_plane.transform(*c.T)))
        for shapes in (lazio_cells, official)
    )
    common = shapely.area(shapely.intersection(ours, theirs))
    overlap = common / (shapely.area(ours) + shapely.area(theirs) - common)
    assert np.median(overlap) == pytest.approx(0.635, abs=0.01)
    assert overlap.mean() == pytest.approx(0.621, abs=0.006)
    assert np.percentile(overlap, 10) == pytest.approx(0.478, abs=0.02)
    real, drawn = adjacency(official), adjacency(lazio_cells)
    assert len(real & drawn) / len(real) > 0.83


# --- questions to any boundaries --------------------------------------------------------------------------


@pytest.fixture
def quarters() -> dict[str, Geometry]:
    """Four unit squares around (1, 1) in a block, and a fifth square apart."""
    return {
        "a": shapely.box(0, 0, 1, 1),
        "b": shapely.box(1, 0, 2, 1),
        "c": shapely.box(0, 1, 1, 2),
        "d": shapely.box(1, 1, 2, 2),
        "e": shapely.box(5, 5, 6, 6),
    }


def test_adjacency_wants_a_stretch_of_border(quarters: dict[str, Geometry]) -> None:
    assert adjacency(quarters) == {("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")}
    assert adjacency({}) == set()


def test_locate(quarters: dict[str, Geometry]) -> None:
    lon = [0.5, 1.5, 1.0, 1.0, 3.0, np.nan, 5.5]
    lat = [0.5, 1.5, 1.0, 1.5, 3.0, 0.5, 5.5]
    assert locate(quarters, lon, lat).tolist() == ["a", "d", "a", "c", None, None, "e"]
    assert locate(quarters, 0.5, 0.5).tolist() == ["a"]
    assert locate({}, [0.5], [0.5]).tolist() == [None]
    assert locate(quarters, [], []).tolist() == []


def test_region_outline(quarters: dict[str, Geometry]) -> None:
    outline = region_outline(quarters)
    assert shapely.equals(outline, shapely.union(shapely.box(0, 0, 2, 2), quarters["e"]))


def wavy(count: int) -> dict[str, Geometry]:
    """Strips side by side whose shared borders have many points."""
    y = np.linspace(0, 1, 400)
    borders = [np.column_stack([k + 0.1 * np.sin(20 * y + k), y]) for k in range(count + 1)]
    return {f"{k}": shapely.Polygon(np.concatenate([borders[k], borders[k + 1][::-1]])) for k in range(count)}


@pytest.mark.parametrize("vertices", [20, 60, 300])
def test_simplified_boundaries_still_share_their_borders(vertices: int) -> None:
    strips = wavy(6)
    simple = simplify_boundaries(strips, vertices)
    shapes = np.array(list(simple.values()))
    assert list(simple) == list(strips)
    assert vertices * 0.7 <= shapely.get_num_coordinates(shapes).mean() <= vertices
    assert shapely.coverage_is_valid(shapes)
    assert adjacency(simple) == adjacency(strips)
    kept = shapely.area(shapely.intersection(shapes, list(strips.values()))) / shapely.area(list(strips.values()))
    assert kept.min() > 0.9


def test_light_boundaries_are_not_touched(quarters: dict[str, Geometry]) -> None:
    assert simplify_boundaries(quarters) == quarters
    assert simplify_boundaries({}) == {}


def test_official_boundaries_simplified(official: dict[str, Geometry]) -> None:
    simple = simplify_boundaries(official, 60)
    shapes = np.array(list(simple.values()))
    assert shapely.get_num_coordinates(shapes).mean() <= 60
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    assert adjacency(simple) == adjacency(official)


def test_official_boundaries_hold_the_reference_points(lazio: list[Point], official: dict[str, Geometry]) -> None:
    found = locate(official, [row.lon for row in lazio], [row.lat for row in lazio])
    assert found.tolist() == [row.istat for row in lazio]
