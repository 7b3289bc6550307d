"""Files made to harm: each is refused by name, fast, without eating memory or reading anything else."""

import json
import random
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import geopandas
import numpy as np
import openpyxl
import pytest
import shapely
from shapely.geometry import box

from data.errors import FileTooLarge, LandError, UnreadableFile, WrongColumns
from data.sources import boundaries, mending, reading, shapes

SECRET = "canary-of-another-file"


def square(x: float = 12.9, y: float = 41.4, side: float = 0.01) -> list[list[float]]:
    return [[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]


def collection(rings: str | None = None, **more: object) -> str:
    geometry = json.dumps({"type": "Polygon", "coordinates": [square()]}) if rings is None else rings
    head = json.dumps({"type": "FeatureCollection", **more})[:-1]
    return head + ',"features":[{"type":"Feature","properties":{"istat":"059011"},"geometry":' + geometry + "}]}"


def points_of(vertices: int) -> str:
    step = 1 / vertices
    points = ",".join(f"[{12 + n * step:.7f},{41 + (n % 2) * 0.1:.1f}]" for n in range(vertices))
    return "[" + points + ",[12.0,41.0]]"


def polygon_of(vertices: int) -> str:
    return '{"type":"Polygon","coordinates":[' + points_of(vertices) + "]}"


def topology(arcs: str, indices: str) -> str:
    member = '{"type":"Polygon","properties":{"istat":"059011"},"arcs":[' + indices + "]}"
    return '{"type":"Topology","arcs":' + arcs + ',"objects":{"c":' + member + "}}"


def ring(points: str) -> str:
    return collection('{"type":"Polygon","coordinates":[' + points + "]}")


def one_arc_many_times() -> str:
    arc = json.dumps([[12 + n / 1e5, 41] for n in range(20_000)])
    return topology("[" + arc + "]", "[" + ",".join("0" * 5_000) + "]")


def random_ring(corners: int) -> str:
    places = random.Random(7)
    points = [[places.uniform(12, 13), places.uniform(41, 42)] for _ in range(corners)]
    return json.dumps([*points, points[0]])


def nested_rings(count: int) -> str:
    return ",".join(json.dumps(square(12 + n / 1e5, 41 + n / 1e5, 0.5 - n / 5e4)) for n in range(count))


def folded_ring(corners: int) -> str:
    """Valid, but the box of every side lies over those of all the others."""
    points = [[12 + n * 1e-6 + n % 2 / 2, 41 + n % 2 / 2] for n in range(corners)]
    return json.dumps([*points, [13.9, 41], [13.9, 40.9], [12, 40.9], points[0]])


def bow_ties(count: int) -> str:
    there = [[12 + n * 1e-5, 41 + n % 2 * 1e-5] for n in range(count)]
    back = [[12 + n * 1e-5, 41 + (n + 1) % 2 * 1e-5] for n in reversed(range(count))]
    return json.dumps([*there, *back, there[0]])


JSON_BOMBS = {
    "deep.geojson": "[" * 100_000,
    "deep-closed.geojson": "[" * 100_000 + "]" * 100_000,
    "deep-objects.geojson": '{"type":' * 100_000 + "1" + "}" * 100_000,
    "deep-geometry.geojson": collection('{"type":"Polygon","coordinates":' + "[" * 50_000 + "]" * 50_000 + "}"),
    "many-vertices.geojson": lambda: collection(polygon_of(1_600_000)),
    "empty-features.geojson": lambda: '{"type":"FeatureCollection","features":[' + "{}," * 20_000_000 + "{}]}",
    "too-many-features.geojson": lambda: '{"type":"FeatureCollection","features":[' + "{}," * 20_000 + "{}]}",
    "too-many-members.topojson": lambda: topology(ARC, "[0]").replace(
        '"c":', '"d":{"type":"GeometryCollection","geometries":[' + "{}," * 20_000 + '{}]},"c":'
    ),
    "many-keys.json": lambda: "{" + ",".join(f'"{n:x}":0' for n in range(1_500_000)) + "}",
    "many-values.json": lambda: '{"features":[' + "1.5," * 10_000_000 + "1]}",
    "driver.geojson": f'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>{SECRET}</SrcDataSource></OGRVRTLayer>'
    "</OGRVRTDataSource>",
    "remote.geojson": "/vsicurl/http://127.0.0.1:9/" + SECRET,
    "remote.json": '"/vsicurl/http://127.0.0.1:9/"',
    "number.json": "1",
    "nothing.json": "",
    "cut.geojson": collection()[:-10],
    "not-a-number.geojson": collection('{"type":"Polygon","coordinates":[[[NaN,1],[1,1],[1,0],[NaN,1]]]}'),
    "other-type.geojson": '{"type":"Feature","properties":{},"geometry":null}',
    "features-no-list.geojson": '{"type":"FeatureCollection","features":{"a":1}}',
    "metres.geojson": collection(crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32633"}}),
    "arcs-no-list.topojson": '{"type":"Topology","arcs":7,"objects":{}}',
    "arcs-text.topojson": topology('[["a","b"]]', "[0]"),
    "objects-no-map.topojson": '{"type":"Topology","arcs":[],"objects":[1]}',
    "broken-transform.topojson": '{"type":"Topology","transform":{"scale":"x"},"arcs":[[[0,0],[1,1]]],"objects":{}}',
}
ARC = "[[[12,41],[12.1,41]]]"
REFUSED_OUTLINES = {
    "half-million.geojson": (lambda: collection(polygon_of(500_000)), "reject.vertices"),
    "many-rings.geojson": (lambda: ring(",".join([points_of(150_000)] * 2)), "reject.vertices"),
    "arc-again-and-again.topojson": (one_arc_many_times, "reject.vertices"),
    "index-too-large.topojson": (topology(ARC, "[5]"), "reject.geometry"),
    "index-very-negative.topojson": (topology(ARC, "[-9]"), "reject.geometry"),
    "index-true.topojson": (topology(ARC, "[true]"), "reject.geometry"),
    "index-text.topojson": (topology(ARC, '["0"]'), "reject.geometry"),
    "huge-number.geojson": (ring("[[1e999,1],[1,1],[1,0],[1,1]]"), None),
    "too-few-points.geojson": (ring("[[12,41],[12.1,41],[12,41]]"), "reject.geometry"),
    "ragged-points.geojson": (ring("[[12],[12.1,41],[12,41],[12,41]]"), "reject.geometry"),
    "no-ring.geojson": (ring(""), "reject.geometry"),
    "a-line.geojson": (collection('{"type":"LineString","coordinates":[[12,41],[13,42]]}'), "reject.geometry-type"),
    "no-geometry.geojson": (collection("null"), "reject.geometry-type"),
    "no-area.geojson": (ring("[[12,41],[12,41],[12,41],[12,41]]"), "reject.geometry"),
    "random-corners.geojson": (lambda: ring(random_ring(400)), "reject.tangled"),
    "very-many-random-corners.geojson": (lambda: ring(random_ring(20_000)), "reject.tangled"),
    "bow-ties.geojson": (lambda: ring(bow_ties(3_000)), "reject.tangled"),
    "folded.geojson": (lambda: ring(folded_ring(100_000)), "reject.tangled"),
    "nested-rings.geojson": (lambda: ring(nested_rings(1_000)), "reject.tangled"),
    "very-many-rings.geojson": (lambda: ring(nested_rings(1_001)), "reject.rings"),
    "far-degrees.geojson": (ring("[[412,41],[413,41],[413,42],[412,41]]"), "reject.coordinates"),
    "metres-as-degrees.geojson": (
        ring("[[280000,4600000],[280100,4600000],[280100,4600100],[280000,4600000]]"),
        "reject.coordinates",
    ),
}


def written(path: Path, text: object) -> Path:
    """The file with its text, made only now when it is a large one."""
    path.write_text(str(text() if callable(text) else text))
    return path


@pytest.mark.parametrize("name", JSON_BOMBS)
def test_a_hostile_json_is_refused_whole(tmp_path, read, name):
    path = written(tmp_path / name, JSON_BOMBS[name])
    start = time.process_time()
    with pytest.raises(LandError) as caught:
        read("boundaries", path)
    assert time.process_time() - start < 2
    assert SECRET not in repr(caught.value.params)


@pytest.mark.parametrize("name", REFUSED_OUTLINES)
def test_a_hostile_outline_is_refused_alone(tmp_path, read, name):
    text, reason = REFUSED_OUTLINES[name]
    path = written(tmp_path / name, text)
    start = time.process_time()
    if reason is None:
        with pytest.raises(UnreadableFile):
            read("boundaries", path)
    else:
        found = read("boundaries", path)
        assert found.reasons == [(1, "geometry", reason)]
        assert found.counts == (1, 0, 1, 0)
    assert time.process_time() - start < 2


def test_the_limit_on_vertices_is_where_it_is_said(tmp_path, read):
    path = tmp_path / "ring.geojson"
    path.write_text(collection(polygon_of(shapes.OUTLINE_VERTICES)))  # and one more to close the ring
    assert read("boundaries", path).reasons == [(1, "geometry", "reject.vertices")]


def test_what_crosses_itself_a_little_is_mended(tmp_path, read):
    for number, points in enumerate((bow_ties(200), random_ring(25), folded_ring(90))):
        path = written(tmp_path / f"{number}.geojson", ring(points))
        assert read("boundaries", path).counts == (1, 1, 0, 0)


def test_a_long_jagged_coast_is_no_tangle(tmp_path, read):
    angle = np.linspace(0, 2 * np.pi, 150_000)
    far = 0.3 + 0.001 * np.random.default_rng(7).random(len(angle)).cumsum() / len(angle)
    points = np.column_stack([12.5 + far * np.cos(angle), 41.5 + far * np.sin(angle)])
    points[-1] = points[0]
    assert read("boundaries", written(tmp_path / "a.geojson", ring(json.dumps(points.tolist())))).counts == (1, 1, 0, 0)


def test_the_bound_on_crossings_is_for_the_whole_file(tmp_path, read):
    one = collection('{"type":"Polygon","coordinates":[' + bow_ties(300) + "]}")
    head, feature = one[: one.index("[{") + 1], one[one.index("[{") + 1 : -2]
    found = read("boundaries", written(tmp_path / "a.geojson", head + ",".join([feature] * 30) + "]}"))
    mended = mending.FILE_KNOTS // 300
    assert found.counts == (30, mended, 30 - mended, 0)
    assert {reason for _line, _field, reason in found.reasons} == {"reject.tangled"}


def test_a_code_that_no_feature_has(tmp_path, read):
    path = tmp_path / "other.geojson"
    path.write_text(collection().replace("istat", "colour"))
    with pytest.raises(WrongColumns):
        read("boundaries", path)
    assert read("boundaries", path, columns={"istat": "colour"}).counts == (1, 1, 0, 0)


# --- zipped shapefiles ------------------------------------------------------------------------------------


def shapefile(folder: Path, epsg: int = 32633, *, stem: str = "Com01012024_WGS84", rows: int = 2) -> Path:
    """A shapefile of squares with ISTAT's columns, in its own folder."""
    folder.mkdir(exist_ok=True)
    codes = ["059011", "063049", "056059", "058091"][:rows]
    outlines = [box(12.9 + n / 10, 41.4, 12.95 + n / 10, 41.45) for n in range(len(codes))]
    frame = geopandas.GeoDataFrame(
        {"COD_REG": 12, "PRO_COM": [int(code) for code in codes], "PRO_COM_T": codes, "COMUNE": "Forlì"},
        geometry=outlines,
        crs=4326,
    )
    frame.to_crs(epsg).to_file(folder / f"{stem}.shp", encoding="UTF-8")
    return folder


def zipped(path: Path, folder: Path, *, prefix: str = "", change=None) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(folder.iterdir()):
            content = part.read_bytes()
            archive.writestr(prefix + part.name, change(part.name, content) if change else content)
    return path


@pytest.mark.parametrize("epsg", [4326, 32632, 32633, 25833, 6708])
def test_a_zipped_shapefile_comes_out_in_degrees(tmp_path, read, epsg):
    path = zipped(
        tmp_path / "Limiti01012024.zip", shapefile(tmp_path / "s", epsg), prefix="Limiti01012024/Com01012024/"
    )
    found = read("boundaries", path)
    assert found.counts == (2, 1, 0, 1)
    outline = found.record("059011").geometry
    assert shapely.hausdorff_distance(outline, box(12.9, 41.4, 12.95, 41.45)) < 1e-4
    assert found.record("059011").year == 2024
    assert found.notices == []


def test_of_several_shapefiles_the_one_of_the_comuni_is_read(tmp_path, read):
    folder = shapefile(tmp_path / "s", stem="Com01012024")
    shapefile(folder, stem="A_first", rows=4)
    assert read("boundaries", zipped(tmp_path / "a.zip", folder)).counts[0] == 2


def test_only_the_parts_of_a_shapefile_are_unpacked(tmp_path, read, monkeypatch):
    folder = shapefile(tmp_path / "s")
    (folder / "readme.exe").write_bytes(b"x")
    (folder / "Com01012024_WGS84.sbn").write_bytes(b"x")
    seen: list[str] = []
    opened = shapes._open_shapefile

    def listing(path: Path, shp: Path) -> object:
        seen.extend(sorted(part.name for part in shp.parent.iterdir()))
        return opened(path, shp)

    monkeypatch.setattr(shapes, "_open_shapefile", listing)
    read("boundaries", zipped(tmp_path / "a.zip", folder))
    assert seen == ["shapes.cpg", "shapes.dbf", "shapes.prj", "shapes.shp", "shapes.shx"]


@pytest.mark.parametrize("prefix", ["../", "a/../../", "/", "C:", "a\\..\\"])
def test_names_that_climb_out_are_refused_and_write_nothing(tmp_path, read, prefix):
    path = zipped(tmp_path / "a.zip", shapefile(tmp_path / "s"), prefix=prefix)
    before = sorted(tmp_path.parent.rglob("*.shp"))
    with pytest.raises(UnreadableFile) as caught:
        read("boundaries", path)
    assert caught.value.params["why"] == "unreadable.zip-names"
    assert sorted(tmp_path.parent.rglob("*.shp")) == before


VRT = b'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>'


def elsewhere(projection: bytes) -> bytes:
    """The same projection, for a zone of America."""
    return projection.replace(b"33N", b"19N").replace(b",15.0]", b",-69.0]")


SPOILT = {
    "a vrt as shp": (".shp", lambda _: VRT, "unreadable.shapefile"),
    "a vrt as dbf": (".dbf", lambda _: VRT, "unreadable.shapefile"),
    "an empty shx": (".shx", lambda _: b"", "unreadable.shapefile"),
    "no reference system": (".prj", lambda _: b"", "unreadable.crs"),
    "another reference system": (".prj", elsewhere, "unreadable.crs"),
    "a reference system that reads a file": (".prj", lambda _: b"+init=/etc/passwd:1", "unreadable.crs"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_shapefile_that_is_not_what_it_says_is_refused(tmp_path, read, name):
    part, change, why = SPOILT[name]
    path = zipped(
        tmp_path / "a.zip",
        shapefile(tmp_path / "s"),
        change=lambda file, content: change(content) if file.endswith(part) else content,
    )
    with pytest.raises(UnreadableFile) as caught:
        read("boundaries", path)
    assert caught.value.params["why"] == why
    assert "root:" not in repr(caught.value.params)


def test_a_virtual_file_inside_a_zip_reads_no_other_file(tmp_path, read):
    secret = tmp_path / "secret.geojson"
    secret.write_text(collection())
    virtual = (
        f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{secret}</SrcDataSource>'
        "</OGRVRTLayer></OGRVRTDataSource>"
    ).encode()
    bait = tmp_path / "bait.shp"
    bait.write_bytes(virtual)
    assert len(geopandas.read_file(bait)) == 1  # the control: opened by content, it does read the other file
    folder = shapefile(tmp_path / "s")
    for parts in ((".shp",), (".shp", ".shx"), (".shp", ".shx", ".dbf")):
        path = zipped(
            tmp_path / f"{len(parts)}.zip",
            folder,
            change=lambda file, content, parts=parts: virtual if file.endswith(parts) else content,
        )
        with pytest.raises(UnreadableFile):
            read("boundaries", path)


def test_a_shapefile_of_too_many_rows_is_refused_unread(tmp_path, read, monkeypatch):
    path = zipped(tmp_path / "a.zip", shapefile(tmp_path / "s", rows=4))
    monkeypatch.setattr(shapes, "FEATURES", 3)
    monkeypatch.setattr(shapes, "_open_shapefile", None)
    with pytest.raises(FileTooLarge):
        read("boundaries", path)


@pytest.mark.parametrize("part", [".shp", ".shx", ".dbf"])
def test_a_shapefile_with_scrambled_parts_raises_only_our_errors(tmp_path, read, part):
    for place in (30, 60, 101, 110, 140):
        path = zipped(
            tmp_path / f"{place}.zip",
            shapefile(tmp_path / "s"),
            change=lambda name, content, place=place: (
                content[:place] + b"\xff\xff\x7f\xff" + content[place + 4 :] if name.endswith(part) else content
            ),
        )
        try:
            counts = read("boundaries", path).counts
        except LandError:
            continue
        assert counts[0] == sum(counts[1:])


def test_an_archive_without_a_shapefile(tmp_path, read):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "nothing")
    with pytest.raises(UnreadableFile) as caught:
        read("boundaries", path)
    assert caught.value.params["why"] == "unreadable.no-shapefile"


def bomb(path: Path, name: str, megabytes: int) -> Path:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open(name, "w", force_zip64=True) as part,
    ):
        for _ in range(megabytes):
            part.write(b"\0" * 1_000_000)
    assert path.stat().st_size * 500 < megabytes * 1_000_000
    return path


def test_a_zip_that_grows_a_thousand_times_is_refused_before_it_is_unpacked(tmp_path, read):
    start = time.process_time()
    with pytest.raises(FileTooLarge):
        read("boundaries", bomb(tmp_path / "a.zip", "Com.shp", 200))
    with pytest.raises(FileTooLarge):
        read("organisations", bomb(tmp_path / "a.xlsx", "xl/worksheets/sheet1.xml", 200))
    assert time.process_time() - start < 4  # making the two bombs takes most of it


def test_a_zip_of_very_many_parts_is_refused(tmp_path, read):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(2_001):
            archive.writestr(f"{number}.txt", "")
    with pytest.raises(FileTooLarge):
        read("boundaries", path)


def test_a_workbook_made_of_one_far_cell_is_read_without_building_what_lies_between(tmp_path, read):
    book = openpyxl.Workbook()
    book.active.append(["id", "name", "kind"])
    book.active.cell(row=1_048_576, column=16_384, value="far")
    path = tmp_path / "far.xlsx"
    book.save(path)
    start = time.process_time()
    assert read("organisations", path).counts[0] <= 1
    assert time.process_time() - start < 10  # three minutes when each of a million gaps is looked at


@pytest.mark.parametrize("name", ["own.csv", "own.xlsx", "own.geojson"])
def test_a_file_beyond_the_size_limit_is_refused_unread(tmp_path, read, monkeypatch, name):
    path = tmp_path / name
    with path.open("wb") as file:
        file.truncate(reading.FILE_LIMIT + 1)  # a hole, not two hundred megabytes
    with pytest.raises(FileTooLarge):
        read("boundaries" if name.endswith("geojson") else "organisations", path)


MEASURE = """
import sys
from pathlib import Path
from data.errors import LandError
from data.records import ReadOptions
from data.sources import source
def peak():  # of this process alone: getrusage would begin with the peak of the process that started it
    line = next(one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) // 1024
import data.sources.boundaries, numpy, shapely, orjson
before = peak()
try:
    for _ in source(sys.argv[1]).read([Path(sys.argv[2])], ReadOptions()):
        pass
except LandError:
    pass
print(peak() - before)
"""


def peak_of(source: str, path: Path, script: str = MEASURE) -> int:
    """Megabytes that a process of its own takes to read a file, beyond what its libraries took."""
    root = Path(boundaries.__file__).parents[2]
    command = [sys.executable, "-c", script, source, str(path)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True, cwd=root).stdout)


BIG = (
    "many-vertices.geojson",
    "half-million.geojson",
    "empty-features.geojson",
    "many-keys.json",
    "many-values.json",
    "very-many-random-corners.geojson",
)


@pytest.mark.parametrize("name", [*BIG, "wide.csv", "tall.csv"])
def test_memory_stays_within_two_hundred_megabytes(tmp_path, name):
    path = tmp_path / name
    if name == "wide.csv":
        path.write_bytes(b"id,name,kind\n" + b"x" * 150_000_000)
    elif name == "tall.csv":
        path.write_bytes(b"id,name,kind\n" + b"A,Prova di nome,firm\n" * 40_000)
    else:
        written(path, JSON_BOMBS.get(name) or REFUSED_OUTLINES[name][0])
    assert peak_of("boundaries" if path.suffix in shapes.SHAPES else "organisations", path) < 200


def test_the_meter_of_memory_would_notice(tmp_path):
    """The control of the test above: a reader that held its file whole would be seen."""
    path = tmp_path / "wide.csv"
    path.write_bytes(b"id,name,kind\n" + b"x" * 150_000_000)
    greedy = MEASURE.replace("try:", "held = Path(sys.argv[2]).read_text().split('y')\ntry:", 1)
    assert peak_of("organisations", path, greedy) > 200
