# SPDX-License-Identifier: EUPL-1.2
"""Outlines of the comuni (ISTAT): GeoJSON, TopoJSON or zipped shapefile, Lazio alone or the whole of Italy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from shapely.geometry.base import BaseGeometry

from data.errors import WrongColumns
from data.identity import BadValue
from data.model import Message
from data.records import Accepted, BoundaryRecord, Dated, Outcome, OutOfArea, ReadOptions, Rejected, Source, SourceInfo
from data.sources.mending import Mender
from data.sources.places import place_of_code
from data.sources.reading import shown
from data.sources.shapes import Shape, inside_box, read_shapes
from data.wording import plain

CODES = ("com_istat_code", "PRO_COM_T", "istat", "codice_istat", "PROCOM_T", "PRO_COM", "com_istat_code_num")
"""Properties that hold the ISTAT code, best first."""


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per outline, valid and in EPSG:4326; other regions are out of the area.

    `line` is the number of the feature in its file. Outlines that had to be mended are counted in a notice.
    """
    for path in paths:
        repaired, mender = 0, Mender()
        name = None
        for shape in read_shapes(path):
            name = name or _code_property(path, shape, options.columns)
            outcome, was_mended = _boundary(path, shape, name, mender)
            repaired += was_mended
            yield outcome
        if repaired:
            options.notices.append(Message("notice.mended", {"file": path.name, "count": repaired}))


def _code_property(path: Path, shape: Shape, mapped: Mapping[str, str]) -> str:
    """The name of the property with the ISTAT code, told on the first feature."""
    found = {plain(name): name for name in shape.properties}
    for wanted in (mapped["istat"],) if "istat" in mapped else CODES:
        if plain(wanted) in found:
            return found[plain(wanted)]
    raise WrongColumns(file=path.name, missing=" | ".join(CODES), found=", ".join(shape.properties)[:200])


def _boundary(path: Path, shape: Shape, name: str, mender: Mender) -> tuple[Outcome, bool]:
    """The outcome of a feature, and whether its outline had to be mended."""
    code = shape.properties.get(name, "")
    try:
        place = place_of_code(code)
    except BadValue as wrong:
        return _rejected(path, shape, "istat", code, wrong.reason), False
    if place.municipality is None:
        return OutOfArea(shape.line, path.name), False
    if shape.geometry is None:
        return _rejected(path, shape, "geometry", "", shape.problem or Message("reject.geometry")), False
    try:
        whole = mender.mended(shape.geometry)
    except BadValue as wrong:
        return _rejected(path, shape, "geometry", "", wrong.reason), False
    if whole is None or not inside_box(whole):
        reason = Message("reject.geometry" if whole is None else "reject.outside")
        return _rejected(path, shape, "geometry", "", reason), False
    record = BoundaryRecord(place.municipality, whole, year_of(path.name))
    return Accepted(shape.line, place.municipality, (record,), path.name), not _same(whole, shape.geometry)


def _same(one: BaseGeometry, other: BaseGeometry) -> bool:
    return bool(other.is_valid) and one.geom_type == other.geom_type


def _rejected(path: Path, shape: Shape, field: str, value: str, reason: Message) -> Rejected:
    return Rejected(shape.line, field, shown(value), reason, path.name)


def year_of(file: str) -> int | None:
    """The year in a file's name (`Com01012023_g.zip`), None when it says none."""
    found = re.search(r"(?:19[5-9]|20[0-9])\d", file)
    return int(found[0]) if found else None


SOURCE = Source(
    SourceInfo(
        name="boundaries",
        title_it="Confini dei comuni",
        title_en="Boundaries of comuni",
        publisher="ISTAT (anche elaborati da openpolis) / ISTAT (also as processed by openpolis)",
        licence="CC BY 4.0",
        address="https://www.istat.it/notizia/confini-delle-unita-amministrative-a-fini-statistici/",
        formats=(".geojson", ".topojson", ".json", ".zip"),
        dated=Dated.FILE_NAME,
    ),
    read,
)
