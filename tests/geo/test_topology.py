"""TopoJSON: what is decoded again, by our own reader and by the browser's library, is what was sent."""

import gzip
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.boundaries import Geometry, schematic_boundaries, simplify_boundaries
from geo.topology import OBJECT, topojson_bytes

CLIENT = Path(__file__).parents[2] / "service/web/static/vendor/topojson/topojson-client.min.js"
SOME = {
    "058001": shapely.box(12, 41, 13, 42),
    "058002": shapely.box(13, 41, 14, 42),
    "058003": shapely.union_all([shapely.box(12, 42, 14, 43), shapely.box(14.5, 41, 14.6, 41.1)]),
    "058004": shapely.difference(shapely.box(14, 42, 15, 43), shapely.box(14.4, 42.4, 14.6, 42.6)),
    "058005": shapely.box(14.4, 42.4, 14.6, 42.6),
}


def decode(document: Mapping[str, Any]) -> dict[str, Geometry]:
    """The areas of a quantised TopoJSON document, after the specification: running sums, arcs joined end to end."""
    scale, translate = (np.array(document["transform"][key]) for key in ("scale", "translate"))
    arcs = [np.cumsum(arc, axis=0) * scale + translate for arc in document["arcs"]]

    def ring(indices: list[int]) -> list[list[float]]:
        joined: list[list[float]] = []
        for index in indices:
            arc = (arcs[index] if index >= 0 else arcs[~index][::-1]).tolist()
            assert not joined or joined[-1] == arc[0]
            joined.extend(arc[1:] if joined else arc)
        return joined

    found = {}
    for geometry in document["objects"][OBJECT]["geometries"]:
        many = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        parts = [shapely.Polygon(ring(rings[0]), [ring(hole) for hole in rings[1:]]) for rings in many]
        found[geometry["id"]] = shapely.MultiPolygon(parts) if len(parts) > 1 else parts[0]
    return found


def far(one: Geometry, other: Geometry) -> float:
    return float(shapely.hausdorff_distance(shapely.boundary(one), shapely.boundary(other)))


def test_round_trip() -> None:
    document = json.loads(topojson_bytes(SOME))
    found = decode(document)
    assert list(found) == sorted(SOME)
    assert document["type"] == "Topology"
    for code, shape in SOME.items():
        assert far(found[code], shape) <= max(document["transform"]["scale"])
        assert shapely.area(found[code]) == pytest.approx(shapely.area(shape), rel=1e-3)
    assert shapely.coverage_is_valid(list(found.values()))


def test_a_shared_border_is_sent_once() -> None:
    document = json.loads(topojson_bytes({"a": shapely.box(0, 0, 1, 1), "b": shapely.box(1, 0, 2, 1)}))
    used = [index for geometry in document["objects"][OBJECT]["geometries"] for index in geometry["arcs"][0]]
    assert len(document["arcs"]) == 3
    assert len({index for index in used if ~index in used}) == 2


def test_only_codes_and_borders_are_sent() -> None:
    document = json.loads(topojson_bytes(SOME))
    assert {key for row in document["objects"][OBJECT]["geometries"] for key in row} == {"type", "id", "arcs"}


def test_nothing_is_a_document_too() -> None:
    document = json.loads(topojson_bytes({}))
    assert document["objects"][OBJECT]["geometries"] == []


@settings(max_examples=40, deadline=None)
@given(
    columns=st.lists(st.integers(1, 40), min_size=1, max_size=5),
    rows=st.lists(st.integers(1, 40), min_size=1, max_size=4),
    slope=st.floats(0, 0.3),
)
def test_any_quilt_comes_back(columns: list[int], rows: list[int], slope: float) -> None:
    x, y = np.cumsum([0, *columns]) / 20, np.cumsum([0, *rows]) / 20

    def corner(i: int, j: int) -> tuple[float, float]:
        return 12 + x[i] + slope * y[j], 41 + y[j] - slope * x[i]

    quilt = {
        f"{i}-{j}": shapely.Polygon([corner(i, j), corner(i + 1, j), corner(i + 1, j + 1), corner(i, j + 1)])
        for i in range(len(columns))
        for j in range(len(rows))
    }
    document = json.loads(topojson_bytes(quilt))
    found = decode(document)
    assert found.keys() == quilt.keys()
    assert all(far(found[code], shape) <= max(document["transform"]["scale"]) for code, shape in quilt.items())
    assert shapely.coverage_is_valid(list(found.values()))


def test_same_bytes_under_any_hash_seed_and_order() -> None:
    program = (
        "import shapely, sys; from geo.topology import topojson_bytes\n"
        "codes = [f'{k:02}' for k in range(12)]; order = codes[::-1] if sys.argv[1] == '1' else codes\n"
        "sys.stdout.buffer.write(topojson_bytes({k: shapely.box(int(k) % 4, int(k) // 4, int(k) % 4 + 1,"
        " int(k) // 4 + 1) for k in order}))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", program, seed], env={"PYTHONHASHSEED": seed}, check=True, capture_output=True,
            cwd=Path(__file__).parents[2],
        ).stdout
        for seed in ("0", "1", "7", "42")
    }  # fmt: skip
    assert len(runs) == 1
    assert runs.pop().startswith(b'{"type":"Topology"')


def test_official_boundaries_are_light(shared_data: Path) -> None:
    rows = json.loads((shared_data / "lazio_comuni_2023.geojson").read_text(encoding="utf-8"))["features"]
    official = {row["properties"]["com_istat_code"]: shapely.geometry.shape(row["geometry"]) for row in rows}
    sent = topojson_bytes(official)
    document = json.loads(sent)
    found = decode(document)
    assert len(gzip.compress(sent, 6, mtime=0)) < 50_000
    assert max(document["transform"]["scale"]) < 0.0003
    assert list(found) == sorted(official)
    simple = simplify_boundaries(official, 70)
    largest = [max(shapely.get_parts(found[code]), key=shapely.area) for code in simple]
    meant = [max(shapely.get_parts(simple[code]), key=shapely.area) for code in simple]
    assert max(map(far, largest, meant)) <= max(document["transform"]["scale"])


@pytest.mark.browser
def test_the_browser_reads_it(page: Any) -> None:
    page.goto("about:blank")
    page.add_script_tag(path=str(CLIENT))
    features = page.evaluate(
        "([text, name]) => { const t = JSON.parse(text); return topojson.feature(t, t.objects[name]).features; }",
        [topojson_bytes(SOME).decode(), OBJECT],
    )
    found = {feature["id"]: shapely.geometry.shape(feature["geometry"]) for feature in features}
    assert list(found) == sorted(SOME)
    assert all(feature["properties"] == {} for feature in features)
    assert all(far(found[code], shape) < 0.001 for code, shape in SOME.items())


def test_schematic_cells_keep_their_shared_borders() -> None:
    from data.lazio import municipalities

    cells = schematic_boundaries(municipalities()[:40])
    found = decode(json.loads(topojson_bytes(cells)))
    shapes = np.array([found[code] for code in cells])
    assert shapely.area(shapely.union_all(shapes)) == pytest.approx(shapely.area(shapes).sum(), rel=1e-4)
