# SPDX-License-Identifier: EUPL-1.2
"""Outlines from GeoJSON, TopoJSON and zipped shapefiles, parsed by what we choose and never sniffed by content.

JSON is read by ourselves; a shapefile only from a zip that we unpacked, its parts checked by their first bytes, so that
no other format can hide behind the name. Limits: JSON 64 MB, 20,000 features a file, 1,500,000 vertices a file and
200,000 an outline, a zip of 300 MB once unpacked with no part growing more than 150 times.
"""

from __future__ import annotations

import itertools
import logging
import math
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from data.errors import FileTooLarge, UnreadableFile
from data.identity import BadValue
from data.model import Message
from data.sources.reading import check_size
from data.sources.workbook import check_archive

JSON_LIMIT = 64_000_000
FILE_VERTICES, OUTLINE_VERTICES = 1_500_000, 200_000
FEATURES = 20_000
UNPACKED_LIMIT = 300_000_000
SHAPES = (".geojson", ".json", ".topojson", ".zip")
PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
EPSG_CODES = (4326, 4258, 6706, 32632, 32633, 25832, 25833, 6707, 6708)
"""Reference systems that a shapefile may have: WGS84, ETRS89 and RDN2008, in degrees or in UTM 32 and 33."""

# What a JSON within the limits holds at most; counted in its bytes, before anything is built from them: lists, objects
# (a feature is three), members, and values (three a vertex, one of them between two).
_JSON_MARKS = {b"[": FILE_VERTICES, b"{": 5 * FEATURES, b":": 50 * FEATURES, b",": 4 * FILE_VERTICES}
_LAZIO_BOX = (10.5, 40.0, 15.0, 43.5)
_CRS_NAMES = ("crs84", "epsg::4326", "epsg:4326", "wgs84")
log = logging.getLogger(__name__)

Coordinates = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shape:
    """One feature: its number in the file (from 1), properties as text, and its outline or why it has none."""

    line: int
    properties: Mapping[str, str]
    geometry: BaseGeometry | None
    problem: Message | None = None


def read_shapes(path: Path) -> Iterator[Shape]:
    """The features of a file, outlines in EPSG:4326 (lon, lat) as they stand in it, not yet mended.

    Raises `UnreadableFile` and `FileTooLarge`.
    """
    check_size(path)
    suffix = path.suffix.lower()
    if suffix == ".zip":
        yield from _read_zip(path)
    elif suffix in SHAPES:
        document = _load_json(path)
        if document.get("type") == "Topology":
            yield from _read_topology(path, document)
        else:
            yield from _read_collection(path, document)
    else:
        raise UnreadableFile(file=path.name, why="unreadable.kind", allowed=", ".join(SHAPES))


# --- JSON -------------------------------------------------------------------------------------------------


def _load_json(path: Path) -> dict[str, Any]:
    """The document; too deep a nesting, no JSON, or too many vertices are refused before anything is built."""
    if path.stat().st_size > JSON_LIMIT:
        raise FileTooLarge(file=path.name, limit=JSON_LIMIT)
    text = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    for mark, most in _JSON_MARKS.items():
        if text.count(mark) > most:
            raise FileTooLarge(file=path.name, limit=most)
    try:
        document = orjson.loads(text)
    except (ValueError, RecursionError) as wrong:
        raise UnreadableFile(file=path.name, why="unreadable.json", allowed="GeoJSON, TopoJSON") from wrong
    if not isinstance(document, dict):
        raise UnreadableFile(file=path.name, why="unreadable.json", allowed="GeoJSON, TopoJSON")
    return document


def _read_collection(path: Path, document: dict[str, Any]) -> Iterator[Shape]:
    features = document.get("features")
    if document.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise UnreadableFile(file=path.name, why="unreadable.json", allowed="FeatureCollection, Topology")
    if not _is_lon_lat(document.get("crs")):
        raise UnreadableFile(file=path.name, why="unreadable.crs", allowed="EPSG:4326")
    _check_features(path, len(features))
    for line, feature in enumerate(features, start=1):
        properties = _text_properties(feature.get("properties") if isinstance(feature, dict) else None)
        try:
            geometry = _geometry(feature.get("geometry") if isinstance(feature, dict) else None)
        except BadValue as wrong:
            yield Shape(line, properties, None, wrong.reason)
        else:
            yield Shape(line, properties, geometry)


def _check_features(path: Path, count: int) -> None:
    if count > FEATURES:
        raise FileTooLarge(file=path.name, limit=FEATURES)


def _is_lon_lat(crs: object) -> bool:
    """True without a `crs` member (RFC 7946) and for the names of WGS84 in degrees."""
    if crs is None:
        return True
    inner = crs.get("properties") if isinstance(crs, dict) else None
    name = inner.get("name") if isinstance(inner, dict) else None
    return isinstance(name, str) and name.lower().endswith(_CRS_NAMES)


def _text_properties(properties: object) -> dict[str, str]:
    if not isinstance(properties, dict):
        return {}
    items = itertools.islice(properties.items(), 200)
    return {str(key)[:100]: _scalar(value)[:1000] for key, value in items if isinstance(value, str | int | float)}


def _scalar(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _geometry(geometry: object) -> BaseGeometry:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or kind not in ("Polygon", "MultiPolygon"):
        raise BadValue(Message("reject.geometry-type"))
    parts = geometry.get("coordinates")
    polygons = [parts] if kind == "Polygon" else parts
    if not isinstance(polygons, list):
        raise BadValue(Message("reject.geometry"))
    return _built([[_ring(ring) for ring in _listed(polygon)] for polygon in polygons])


def _listed(value: object) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise BadValue(Message("reject.geometry"))
    return value


def _ring(points: object) -> Coordinates:
    listed = _listed(points)
    if len(listed) > OUTLINE_VERTICES:
        raise BadValue(Message("reject.vertices", {"limit": OUTLINE_VERTICES}))
    try:
        ring = np.array([(point[0], point[1]) for point in listed], dtype=np.float64)
    except (TypeError, ValueError, KeyError, IndexError, OverflowError) as wrong:
        raise BadValue(Message("reject.geometry")) from wrong
    return ring


def _built(polygons: Sequence[Sequence[Coordinates]]) -> BaseGeometry:
    """The geometry of rings already in degrees, checked for range, size and place."""
    rings = [ring for polygon in polygons for ring in polygon]
    if not rings or any(len(ring) < 4 or ring.ndim != 2 or not np.isfinite(ring).all() for ring in rings):
        raise BadValue(Message("reject.geometry"))
    if sum(len(ring) for ring in rings) > OUTLINE_VERTICES:
        raise BadValue(Message("reject.vertices", {"limit": OUTLINE_VERTICES}))
    _check_degrees(rings)
    try:
        pieces = [Polygon(polygon[0], list(polygon[1:])) for polygon in polygons]
    except (ValueError, TypeError, shapely.GEOSException) as wrong:
        raise BadValue(Message("reject.geometry")) from wrong
    return pieces[0] if len(pieces) == 1 else MultiPolygon(pieces)


def _check_degrees(rings: Iterable[Coordinates]) -> None:
    every = np.concatenate(list(rings))
    low, high = every.min(axis=0), every.max(axis=0)
    west, south, east, north = _LAZIO_BOX
    if low[0] < -180 or high[0] > 180 or low[1] < -90 or high[1] > 90:
        raise BadValue(Message("reject.coordinates"))
    if low[0] >= south and high[0] <= north and low[1] >= west and high[1] <= east:
        raise BadValue(Message("reject.swapped-coordinates"))


def inside_box(geometry: BaseGeometry) -> bool:
    """True when the outline lies where Lazio is, roughly (10.5-15 E, 40-43.5 N)."""
    low_lon, low_lat, high_lon, high_lat = (float(value) for value in geometry.bounds)
    west, south, east, north = _LAZIO_BOX
    return west <= low_lon and high_lon <= east and south <= low_lat and high_lat <= north


# --- TopoJSON ---------------------------------------------------------------------------------------------


def _read_topology(path: Path, document: dict[str, Any]) -> Iterator[Shape]:
    """Features of every object of a topology (arcs shared, quantised or not)."""
    try:
        arcs = _arcs(document)
    except BadValue as wrong:
        raise UnreadableFile(file=path.name, why="unreadable.json", allowed="TopoJSON") from wrong
    objects = document.get("objects")
    members = [member for one in objects.values() for member in _members(one)] if isinstance(objects, dict) else []
    if not members:
        raise UnreadableFile(file=path.name, why="unreadable.json", allowed="TopoJSON")
    _check_features(path, len(members))
    vertices = 0
    for line, member in enumerate(members, start=1):
        properties = _text_properties(member.get("properties"))
        try:
            geometry = _topo_geometry(member, arcs)
        except BadValue as wrong:
            yield Shape(line, properties, None, wrong.reason)
            continue
        vertices += int(shapely.get_num_coordinates(geometry))
        if vertices > FILE_VERTICES:
            raise FileTooLarge(file=path.name, limit=FILE_VERTICES)
        yield Shape(line, properties, geometry)


def _members(found: object) -> list[dict[str, Any]]:
    if not isinstance(found, dict):
        return []
    inner = found.get("geometries") if found.get("type") == "GeometryCollection" else [found]
    return [member for member in inner if isinstance(member, dict)] if isinstance(inner, list) else []


def _arcs(document: dict[str, Any]) -> list[Coordinates]:
    """Arcs in degrees: with a transform they are steps of integers to be summed (TopoJSON specification, 2.1)."""
    listed = document.get("arcs")
    if not isinstance(listed, list):
        raise BadValue(Message("reject.geometry"))
    arcs = [_ring(arc) for arc in listed]
    transform = document.get("transform")
    if transform is None:
        return arcs
    try:
        scale = np.array(transform["scale"], dtype=np.float64).reshape(2)
        origin = np.array(transform["translate"], dtype=np.float64).reshape(2)
    except (TypeError, ValueError, KeyError) as wrong:
        raise BadValue(Message("reject.geometry")) from wrong
    return [arc.cumsum(axis=0) * scale + origin for arc in arcs]


def _topo_geometry(member: dict[str, Any], arcs: Sequence[Coordinates]) -> BaseGeometry:
    kind = member.get("type")
    if kind not in ("Polygon", "MultiPolygon"):
        raise BadValue(Message("reject.geometry-type"))
    polygons = [member.get("arcs")] if kind == "Polygon" else _listed(member.get("arcs"))
    return _built([[_stitched(_listed(ring), arcs) for ring in _listed(polygon)] for polygon in polygons])


def _stitched(indices: list[Any], arcs: Sequence[Coordinates]) -> Coordinates:
    """One ring out of its arcs; a negative index is the arc backwards, and joints are written once."""
    pieces: list[Coordinates] = []
    size = 0
    for index in indices:
        place = ~index if isinstance(index, int) and index < 0 else index
        if not isinstance(place, int) or isinstance(index, bool) or not 0 <= place < len(arcs):
            raise BadValue(Message("reject.geometry"))
        piece = arcs[place] if index >= 0 else arcs[place][::-1]
        size += len(piece)
        if size > OUTLINE_VERTICES:
            raise BadValue(Message("reject.vertices", {"limit": OUTLINE_VERTICES}))
        pieces.append(piece if not pieces else piece[1:])
    return np.concatenate(pieces)


# --- zipped shapefile -------------------------------------------------------------------------------------


def _read_zip(path: Path) -> Iterator[Shape]:
    """Features of the shapefile in the zip; of several, one whose name begins with `com` (ISTAT), else the first."""
    check_archive(path)
    with tempfile.TemporaryDirectory(prefix="land-") as folder:
        shapefile = _unpack(path, Path(folder))
        yield from _read_shapefile(path, shapefile)


def _unpack(path: Path, folder: Path) -> Path:
    with zipfile.ZipFile(path) as archive:
        parts = [part for part in archive.infolist() if not part.is_dir()]
        for part in parts:
            name = part.filename
            if ".." in PurePosixPath(name).parts or name.startswith(("/", "\\")) or "\\" in name or ":" in name:
                raise UnreadableFile(file=path.name, why="unreadable.zip-names", allowed=", ".join(PARTS))
        stems = {PurePosixPath(part.filename).with_suffix("") for part in parts if _suffix(part.filename) == ".shp"}
        if not stems:
            raise UnreadableFile(file=path.name, why="unreadable.no-shapefile", allowed=", ".join(PARTS))
        chosen = min(stems, key=lambda stem: (not stem.name.lower().startswith("com"), str(stem)))
        wanted = [
            part
            for part in parts
            if PurePosixPath(part.filename).with_suffix("") == chosen and _suffix(part.filename) in PARTS
        ]
        if sum(part.file_size for part in wanted) > UNPACKED_LIMIT:
            raise FileTooLarge(file=path.name, limit=UNPACKED_LIMIT)
        try:
            for part in wanted:
                (folder / f"shapes{_suffix(part.filename)}").write_bytes(archive.read(part))
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError) as wrong:
            raise UnreadableFile(file=path.name, why="unreadable.zip", allowed="") from wrong
    return folder / "shapes.shp"


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _read_shapefile(path: Path, shapefile: Path) -> Iterator[Shape]:
    _check_parts(path, shapefile)
    to_degrees = _transformer(path, shapefile.with_suffix(".prj"))
    geometries, columns = _open_shapefile(path, shapefile)
    vertices = 0
    for index, bytes_of in enumerate(geometries):
        properties = {name: _dbf_text(values[index]) for name, values in columns.items()}
        try:
            geometry = _from_wkb(bytes_of, to_degrees)
        except BadValue as wrong:
            yield Shape(index + 1, properties, None, wrong.reason)
            continue
        vertices += int(shapely.get_num_coordinates(geometry))
        if vertices > FILE_VERTICES:
            raise FileTooLarge(file=path.name, limit=FILE_VERTICES)
        yield Shape(index + 1, properties, geometry)


def _check_parts(path: Path, shapefile: Path) -> None:
    """The parts must be what their names say: no other driver can then take them (a VRT starts with text)."""
    dbf = shapefile.with_suffix(".dbf")
    starts = [part.read_bytes()[:4] if part.is_file() else b"" for part in (shapefile, shapefile.with_suffix(".shx"))]
    if starts != [b"\x00\x00\x27\x0a"] * 2 or not dbf.is_file() or dbf.read_bytes()[:1] not in _DBF_VERSIONS:
        raise UnreadableFile(file=path.name, why="unreadable.shapefile", allowed=", ".join(PARTS))
    rows = int.from_bytes(dbf.read_bytes()[4:8], "little")
    _check_features(path, max(rows, (shapefile.with_suffix(".shx").stat().st_size - 100) // 8))


_DBF_VERSIONS = tuple(bytes([version]) for version in (0x03, 0x30, 0x31, 0x83, 0x8B, 0xF5))


def _transformer(path: Path, projection: Path) -> Any:
    """What turns the file's coordinates into degrees; None when they are degrees. The file must say its system."""
    import pyproj

    text = projection.read_bytes()[:20_000].decode("utf-8", errors="replace") if projection.is_file() else ""
    try:
        crs = pyproj.CRS.from_wkt(text)
        code = crs.to_epsg(min_confidence=70)
    except pyproj.exceptions.CRSError:
        code = None
    if code not in EPSG_CODES:
        allowed = ", ".join(f"EPSG:{known}" for known in EPSG_CODES)
        raise UnreadableFile(file=path.name, why="unreadable.crs", allowed=allowed)
    return None if code == 4326 else pyproj.Transformer.from_crs(code, 4326, always_xy=True)


def _open_shapefile(path: Path, shapefile: Path) -> tuple[NDArray[Any], dict[str, NDArray[Any]]]:
    import pyogrio
    import pyogrio.errors

    try:
        meta, _ids, geometries, fields = pyogrio.raw.read(shapefile, force_2d=True)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError, RuntimeError) as wrong:
        log.info("shapefile refused: %s", type(wrong).__name__)
        raise UnreadableFile(file=path.name, why="unreadable.shapefile", allowed=", ".join(PARTS)) from wrong
    if geometries is None:
        raise UnreadableFile(file=path.name, why="unreadable.shapefile", allowed=", ".join(PARTS))
    return geometries, dict(zip((str(name) for name in meta["fields"]), fields, strict=True))


def _dbf_text(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return _scalar(value.item() if isinstance(value, np.generic) else value)[:1000]


def _from_wkb(content: object, to_degrees: Any) -> BaseGeometry:
    try:
        geometry = shapely.from_wkb(content)
    except (shapely.GEOSException, TypeError) as wrong:
        raise BadValue(Message("reject.geometry")) from wrong
    if geometry is None or geometry.geom_type not in ("Polygon", "MultiPolygon"):
        raise BadValue(Message("reject.geometry-type"))
    if shapely.get_num_coordinates(geometry) > OUTLINE_VERTICES:
        raise BadValue(Message("reject.vertices", {"limit": OUTLINE_VERTICES}))
    if to_degrees is not None:
        geometry = shapely.transform(geometry, lambda xy: np.column_stack(to_degrees.transform(xy[:, 0], xy[:, 1])))
    coordinates = shapely.get_coordinates(geometry)
    if not len(coordinates) or not np.isfinite(coordinates).all():
        raise BadValue(Message("reject.geometry"))
    _check_degrees([coordinates])
    return geometry
