# SPDX-License-Identifier: EUPL-1.2
"""The map as one file that opens offline, for `land map` and whoever wants to hand a map on."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final

import orjson

from geo.indicators import EVERYTHING, Selection
from geo.layers import municipality_payload
from geo.maps import single_file_map
from service.messages import Words
from service.snapshot import Snapshot
from service.territory import (
    DEFAULT_INDICATOR,
    boundaries,
    check_sector,
    features_of,
    indicator_answer,
    layer_of,
    nothing_text,
    script_words,
    selection_text,
    territory_of,
)

_FILE_SCRIPTS: Final = (
    "vendor/leaflet/leaflet.js",
    "vendor/topojson/topojson-client.min.js",
    "js/map-core.js",
    "js/map-table.js",
    "js/map-file.js",
)
_FILE_STYLES: Final = ("vendor/leaflet/leaflet.css", "css/map.css", "css/map-file.css")


def map_file(snapshot: Snapshot, words: Words, name: str = DEFAULT_INDICATOR, selection: Selection = EVERYTHING) -> str:
    """One HTML file with the map of an indicator, its legend, its table and the organisations chosen."""
    layer = layer_of(snapshot, name, selection)
    answer = indicator_answer(snapshot, words, layer)
    return single_file_map(
        title=answer["title"],
        language=words.language,
        without_script=words.text("map.without-script"),
        data={
            "settings": {
                "language": words.language,
                "municipalities": municipality_payload(territory_of(snapshot)),
                "words": script_words(words),
                "made": words.text("map.made", day=snapshot.today),
                "selection": selection_text(selection, words),
            },
            "boundaries": orjson.loads(boundaries(snapshot).body),
            "layer": answer,
            "organisations": features_of(snapshot, "organisations", selection),
        },
        scripts=[_static_text(path) for path in _FILE_SCRIPTS],
        styles=[_static_text(path) for path in _FILE_STYLES],
    )


def _static_text(path: str) -> str:
    return files("service").joinpath("web", "static", path).read_text(encoding="utf-8")


def write_map_file(
    snapshot: Snapshot, out: Path, *, sector: str | None = None, indicator: str | None = None, words: Words
) -> str:
    """Writes `map_file` to a path, whole or not at all; what to tell whoever asked when it shows nothing, else empty.

    Raises `InvalidValue` for a code that is no sector, `UnknownIndicator`.
    """
    check_sector(sector or "")
    name, selection = indicator or DEFAULT_INDICATOR, Selection(sector=sector or "")
    page = map_file(snapshot, words, name, selection)
    beside = out.with_name(out.name + ".part")
    try:
        beside.write_text(page, encoding="utf-8", newline="\n")
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)
    return nothing_text(snapshot, words, layer_of(snapshot, name, selection))
