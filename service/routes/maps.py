# SPDX-License-Identifier: EUPL-1.2
"""The territory: its page, the sheet of a comune, and the data that maps fetch from us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import HTMLResponse, Response

from data.errors import InvalidValue
from data.model import Availability, OrganisationKind
from geo.indicators import Selection
from geo.layers import DEFAULT_CLASSES, FEWEST_CLASSES, MOST_CLASSES, Scheme
from geo.maps import SHELLS, shell
from service.calls import open_calls
from service.dependencies import ApiWords, SettingsNow, SnapshotNow, WordsNow
from service.dossiers import dossiers_of_comune
from service.map_file import write_map_file
from service.municipality_places import places_of
from service.municipality_sheet import SHEET_ITEMS, card, organisation_name, sheet_of
from service.templating import render_page
from service.territory import (
    DEFAULT_INDICATOR,
    LAYERS,
    Packed,
    boundaries,
    choices,
    deaf_filters,
    filter_note,
    find_place,
    indicator_answer,
    layer_of,
    pack,
    range_text,
    settings_of_map,
    source_line,
    territory_of,
    value_text,
    whole_layer,
)
from service.territory_facts import known_facts

__all__ = ["router", "write_map_file"]

router = APIRouter(include_in_schema=False)

_ONE_YEAR: Final = "public, max-age=31536000, immutable"
_ASK_AGAIN: Final = "private, no-cache"

Sector = Annotated[str, Query(max_length=12, pattern=r"^[A-Za-z0-9.]*$")]
Text = Annotated[str, Query(max_length=120)]
Istat = Annotated[str, Path(pattern=r"^[0-9]{6}$")]
Name = Annotated[str, Path(max_length=60, pattern=r"^[a-z0-9-]+$")]


def selection_of(
    sector: Sector = "", kind: Text = "", category: Text = "", site_category: Text = "", availability: Text = ""
) -> Selection:
    """What the reader asks to count; `InvalidValue` for a kind or an availability that does not exist."""
    if kind and kind not in {each.value for each in OrganisationKind}:
        raise InvalidValue(field="kind", value=kind, allowed=", ".join(OrganisationKind))
    if availability and availability not in {each.value for each in Availability}:
        raise InvalidValue(field="availability", value=availability, allowed=", ".join(Availability))
    return Selection(sector.upper(), kind, category, site_category, availability)


@dataclass(frozen=True, slots=True)
class Cut:
    """How the reader asks for values to be cut into classes."""

    scheme: Scheme
    classes: int


def cut_of(
    scheme: Scheme = Scheme.QUANTILES,
    classes: Annotated[int, Query(ge=FEWEST_CLASSES, le=MOST_CLASSES)] = DEFAULT_CLASSES,
) -> Cut:
    """The classes asked for, the defaults when none are."""
    return Cut(scheme, classes)


Chosen = Annotated[Selection, Depends(selection_of)]
CutNow = Annotated[Cut, Depends(cut_of)]


# --- data for maps ------------------------------------------------------------------------------------------------


def send(request: Request, packed: Packed, media_type: str, cache: str = _ASK_AGAIN) -> Response:
    """The bytes, gzipped for who takes it; 304 when the browser holds the same."""
    headers = {"etag": packed.etag, "cache-control": cache, "vary": "accept-encoding"}
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if packed.etag in known:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(packed.gzipped, media_type=media_type, headers={**headers, "content-encoding": "gzip"})
    return Response(packed.body, media_type=media_type, headers=headers)


@router.get("/maps/shell/{name}.js")
def shell_script(request: Request, name: Name) -> Response:
    """The start-up script of an empty map, made of constants only."""
    if name not in SHELLS:
        raise InvalidValue(field="map", value=name, allowed=", ".join(SHELLS))
    return send(request, pack(shell(name).script.encode()), "text/javascript", "public, max-age=3600")


@router.get("/maps/boundaries.topojson")
def boundaries_topojson(
    request: Request, snapshot: SnapshotNow, v: Annotated[str, Query(max_length=60)] = ""
) -> Response:
    """The outlines of the comuni; an address that carries their tag may be kept for ever."""
    packed = boundaries(snapshot)
    return send(request, packed, "application/topo+json", _ONE_YEAR if v == packed.etag.strip('"') else _ASK_AGAIN)


@router.get("/maps/territory.json")
def territory_settings(request: Request, snapshot: SnapshotNow, words: ApiWords, settings: SettingsNow) -> Response:
    """What the page's script needs once."""
    packed = settings_of_map(snapshot, words, settings.tiles, settings.tiles_credit)
    return send(request, packed, "application/json")


@router.get("/maps/indicator/{name}.json")
def indicator_values(
    request: Request, name: Name, snapshot: SnapshotNow, words: ApiWords, selection: Chosen, cut: CutNow
) -> Response:
    """Values and classes of one indicator under a selection, with its words."""
    layer = layer_of(snapshot, name, selection, cut.scheme, cut.classes)
    return send(request, pack(orjson.dumps(indicator_answer(snapshot, words, layer))), "application/json")


@router.get("/maps/place.json")
def place_found(request: Request, snapshot: SnapshotNow, words: ApiWords, place: Text = "") -> Response:
    """The comune that a typed name means, slips forgiven, or the names that are near it."""
    found = find_place(snapshot, place, words)
    near = [{"istat": each.istat, "name": f"{each.name} ({each.province})"} for each in found.near]
    body = {"istat": found.istat, "said": found.said, "near": near}
    return send(request, pack(orjson.dumps(body)), "application/json")


@router.get("/maps/{name}.json")
def features(request: Request, name: Name, snapshot: SnapshotNow, selection: Chosen) -> Response:
    """The organisation, site or landmark layer."""
    if name not in LAYERS:
        raise InvalidValue(field="layer", value=name, allowed=", ".join(LAYERS))
    return send(request, whole_layer(snapshot, name, selection), "application/json")


@router.get("/maps/municipality/{istat}.json")
def municipality_card(request: Request, istat: Istat, snapshot: SnapshotNow, words: ApiWords) -> Response:
    """The card of a comune."""
    return send(request, pack(orjson.dumps(card(snapshot, words, istat))), "application/json")


# --- pages --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """The rest of what the address of the territory page carries."""

    indicator: str
    municipality: str
    layers: tuple[str, ...]
    view: str


def asked_of(
    indicator: Annotated[str, Query(max_length=60)] = DEFAULT_INDICATOR,
    municipality: Text = "",
    place: Text = "",
    layers: Annotated[list[str] | None, Query(max_length=len(LAYERS))] = None,
    view: Annotated[str, Query(max_length=10)] = "map",
) -> Asked:
    """Indicator, comune (code, or typed name), layers drawn, map or table."""
    drawn = tuple(name for name in LAYERS if name in (layers or ()))
    return Asked(indicator, municipality or place, drawn, "table" if view == "table" else "map")


AskedNow = Annotated[Asked, Depends(asked_of)]


@router.get("/it/territorio")
@router.get("/en/territory")
def territory_page(
    request: Request, snapshot: SnapshotNow, words: WordsNow, selection: Chosen, cut: CutNow, asked: AskedNow
) -> HTMLResponse:
    """The map of the territory, whole without script too: legend and table are in the page."""
    layer = layer_of(snapshot, asked.indicator, selection, cut.scheme, cut.classes)
    answer = indicator_answer(snapshot, words, layer)
    territory = territory_of(snapshot)
    off = deaf_filters(layer.indicator, asked.layers)
    rows = [
        {
            "istat": each.istat,
            "name": each.name,
            "province": each.province,
            "known": at >= 0,
            "value": value_text(layer.indicator, float(layer.result.values[row]), words),
            "range": range_text(layer.indicator, layer.legend[at], words) if at >= 0 else "–",
        }
        for row, (each, at) in enumerate(zip(territory.municipalities, layer.classes.tolist(), strict=True))
    ]
    return render_page(
        request,
        words,
        "territory.html",
        snapshot=snapshot,
        shell=shell("territory"),
        answer=answer,
        legend=[(row.colour, range_text(layer.indicator, row, words), row.count) for row in layer.legend],
        rows=sorted(rows, key=lambda row: str(row["name"])),
        choices=choices(snapshot, words, layer, cut.classes, asked.layers),
        selection=selection,
        asked=asked,
        off=off,
        filter_note=filter_note(layer.indicator, words) if off else "",
        found=find_place(snapshot, asked.municipality, words),
        version=boundaries(snapshot).etag.strip('"'),
    )


@dataclass(frozen=True, slots=True)
class PlacesAsked:
    """Which places of a comune to list: of one group, in one state, all of them or the first."""

    group: str
    state: str
    whole: bool


def places_asked(group: Text = "", state: Text = "", places: Annotated[str, Query(max_length=10)] = "") -> PlacesAsked:
    """The filter in the address; one that fits nothing lists nothing."""
    return PlacesAsked(group, state, places == "all")


@router.get("/it/comuni/{istat}")
@router.get("/en/municipalities/{istat}")
def municipality_page(
    request: Request,
    istat: Istat,
    snapshot: SnapshotNow,
    words: WordsNow,
    asked: Annotated[PlacesAsked, Depends(places_asked)],
) -> HTMLResponse:
    """The sheet of a comune: figures, areas, organisations, places, needs, sources."""
    sheet = sheet_of(snapshot, words, istat, figures=_SHEET_FIGURES)
    facts = known_facts(snapshot, words, istat)
    return render_page(
        request,
        words,
        "territory_municipality.html",
        snapshot=snapshot,
        sheet=sheet,
        organisations=sheet.organisations[:SHEET_ITEMS],
        places=places_of(snapshot, words, sheet.sites, group=asked.group, state=asked.state, whole=asked.whole),
        asked=asked,
        needs=[(need, organisation_name(snapshot, need.organisation)) for need in sheet.needs[:SHEET_ITEMS]],
        limit=SHEET_ITEMS,
        facts=facts,
        open_calls=open_calls(snapshot, words, istat),
        in_dossiers=dossiers_of_comune(snapshot, istat, words),
        sources=[source_line(name, words) for name in sorted({*sheet.sources, *facts.sources})],
    )


_SHEET_FIGURES: Final = (
    "population",
    "population-change",
    "snai-class",
    "snai-minutes",
    "altitude",
    "cooperatives",
    "cooperatives-per-10000",
    "third-sector-bodies",
    "public-bodies",
    "confiscated-properties",
    "confiscated-companies",
    "historic-centres",
    "declared-needs",
)
