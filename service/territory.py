# SPDX-License-Identifier: EUPL-1.2
"""What the territory page says, in the reader's words: layers, sources, settings of the map, boxes of the form."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from typing import Any, Final

import numpy as np
import orjson

from data.errors import InvalidValue, UnknownMunicipality
from data.lazio import ateco, find_municipality
from data.model import Availability, Municipality, OrganisationKind
from geo.indicators import (
    ATECO_VERSION,
    EVERYTHING,
    INDICATORS,
    Indicator,
    Measure,
    Selection,
    Territory,
    chosen,
    indicator,
    measure,
    plain_sector,
    read_territory,
)
from geo.layers import (
    DEFAULT_CLASSES,
    FEWEST_CLASSES,
    MOST_CLASSES,
    Layer,
    LegendRow,
    Scheme,
    draw,
    landmark_payload,
    layer_payload,
    municipality_payload,
    organisation_payload,
    site_payload,
)
from geo.topology import topojson_bytes
from service.home import load_day
from service.messages import Words
from service.snapshot import Snapshot
from service.source_notes import age_of_source, source_note
from service.templating import page_address

DEFAULT_INDICATOR: Final = "cooperatives-per-10000"
LAYERS: Final = ("organisations", "sites", "landmarks")
BODY_FILTERS: Final = ("sector", "kind", "category")
SITE_FILTERS: Final = ("site_category", "availability")
STATES: Final = (
    Availability.OFFERED,
    Availability.DESTINED,
    Availability.CONFISCATED_MANAGED,
    Availability.CONFISCATED_NOT_FINAL,
    Availability.SEIZED,
    Availability.IN_USE,
    Availability.IN_DISPUTE,
    Availability.NOT_AVAILABLE,
    Availability.COLLAPSED,
    Availability.UNKNOWN,
)
"""The availability ladder from its top, what is not known last: the order of every list and box."""
MOST_OPTIONS: Final = 500
MOST_NEAR: Final = 5
_UNEVEN: Final = 1.25
_KEPT_LAYERS: Final = 128


# --- bytes to send ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Packed:
    """An answer ready to send: its bytes, the same gzipped, and the tag by which a browser knows it again."""

    body: bytes
    gzipped: bytes
    etag: str


def pack(body: bytes) -> Packed:
    """The bytes with their gzip (always the same for the same bytes) and their tag."""
    digest = hashlib.blake2b(body, digest_size=12).hexdigest()
    return Packed(body, gzip.compress(body, 6, mtime=0), f'"{digest}"')


def boundaries(snapshot: Snapshot) -> Packed:
    """The comuni as TopoJSON, simplified with their shared borders kept."""
    return snapshot.once("maps.boundaries", lambda: pack(topojson_bytes(snapshot.boundaries)))


def settings_of_map(snapshot: Snapshot, words: Words, tiles: str = "", tiles_credit: str = "") -> Packed:
    """What the page's script needs to know once: comuni, addresses, words, defaults."""
    make = partial(_map_settings, snapshot, words, tiles, tiles_credit)
    return snapshot.once(f"maps.settings.{words.language}", lambda: pack(orjson.dumps(make())))


def whole_layer(snapshot: Snapshot, name: str, selection: Selection = EVERYTHING) -> Packed:
    """The organisation, site or landmark layer under a selection; the unfiltered ones are kept."""
    if selection == EVERYTHING:
        return snapshot.once(f"maps.layer.{name}", lambda: pack(orjson.dumps(features_of(snapshot, name, selection))))
    return pack(orjson.dumps(features_of(snapshot, name, selection)))


def features_of(snapshot: Snapshot, name: str, selection: Selection) -> dict[str, Any]:
    """The payload of a layer of LAYERS under a selection."""
    territory = territory_of(snapshot)
    if name == "organisations":
        return organisation_payload(territory, snapshot.organisations, selection)
    if name == "sites":
        return site_payload(territory, snapshot.sites, selection)
    return landmark_payload(territory, snapshot.landmarks)


# --- the territory and its layers ---------------------------------------------------------------------------------


def territory_of(snapshot: Snapshot) -> Territory:
    """The snapshot's rows as the columns that indicators count, made once."""
    return snapshot.once(
        "maps.territory",
        lambda: read_territory(
            snapshot.municipalities.values(),
            snapshot.organisations,
            snapshot.sites,
            snapshot.landmarks,
            snapshot.declarations,
            snapshot.figures,
        ),
    )


def layer_of(
    snapshot: Snapshot,
    name: str,
    selection: Selection = EVERYTHING,
    scheme: Scheme = Scheme.QUANTILES,
    classes: int = DEFAULT_CLASSES,
) -> Layer:
    """One indicator drawn; the newest ones are kept as long as the snapshot. `UnknownIndicator` for any other name."""
    kept: Callable[..., Layer] = snapshot.once(
        "maps.layers", lambda: lru_cache(maxsize=_KEPT_LAYERS)(partial(draw, territory_of(snapshot)))
    )
    return kept(indicator(name), selection, scheme, classes)


def indicator_answer(snapshot: Snapshot, words: Words, layer: Layer) -> dict[str, Any]:
    """The layer's payload with its words: title, question, formula, unit, classes, sources, notes."""
    entry, result = layer.indicator, layer.result
    payload = layer_payload(layer)
    nothing = nothing_text(snapshot, words, layer)
    from_where = measured(snapshot, entry) if nothing else result
    sources = source_text(from_where.sources, from_where.years, words, snapshot)
    known = len(layer.classes) - layer.no_data
    return {
        **payload,
        "legend": [
            {**row, "text": range_text(entry, each, words)}
            for row, each in zip(payload["legend"], layer.legend, strict=True)
        ],
        "title": words.text(entry.title),
        "question": words.text(entry.question),
        "formula": words.text(entry.formula),
        "unit_label": words.text(f"unit.{entry.unit}"),
        "unit_short": words.text(f"unit.{entry.unit}.short"),
        "filters": list(entry.filters),
        "category_labels": {name: category_text(entry, name, words) for name in entry.categories},
        "nothing": nothing,
        "notes": [note for note in (uneven_text(layer, words), list_text(snapshot, entry, words)) if note],
        "source_text": sources,
        "boundary_note": boundary_note(snapshot, words),
        "status": nothing or words.text("map.status", known=known, unknown=layer.no_data),
    }


def measured(snapshot: Snapshot, entry: Indicator) -> Measure:
    """The unfiltered measure of an indicator, made once per snapshot."""
    return snapshot.once(f"maps.measure.{entry.name}", lambda: measure(territory_of(snapshot), entry))


def nothing_text(snapshot: Snapshot, words: Words, layer: Layer) -> str:
    """What is said when lists are loaded and the selection keeps nothing of them, else empty."""
    entry, selection = layer.indicator, layer.selection
    obeyed = {name: getattr(selection, name) for name in entry.filters if getattr(selection, name)}
    if layer.result.sources or not obeyed or not measured(snapshot, entry).sources:
        return ""
    what = "sites" if entry.source else "organisations"
    text = words.text(f"map.nothing-{what}", chosen=selection_text(Selection(**obeyed), words))
    bodies = _public_bodies(snapshot, selection) if "kind" in entry.filters and not selection.kind else 0
    return f"{text} {words.text('map.nothing-but-public', count=bodies)}" if bodies else text


def _public_bodies(snapshot: Snapshot, selection: Selection) -> int:
    rows = territory_of(snapshot).organisations
    kind = OrganisationKind.PUBLIC_BODY.value
    return int(chosen(rows, Selection(sector=selection.sector, category=selection.category, kind=kind)).sum())


def uneven_text(layer: Layer, words: Words) -> str:
    """Why classes that should hold equal numbers do not, empty when they nearly do."""
    counts = [row.count for row in layer.legend]
    if layer.indicator.categories or layer.scheme is not Scheme.QUANTILES or not counts:
        return ""
    if max(counts) <= _UNEVEN * min(counts):
        return ""
    both = layer.legend[0].lower < 0 <= layer.legend[-1].upper
    return words.text("map.uneven-zero" if both else "map.uneven-ties")


def list_text(snapshot: Snapshot, entry: Indicator, words: Words) -> str:
    """What the list of sites behind an indicator holds by availability, and which list is not loaded."""
    rows = territory_of(snapshot).sites
    held = rows.availability[rows.source == entry.source]
    if not entry.source or not len(held):
        return ""
    counts = {step: int((held == step.value).sum()) for step in STATES}
    steps = [f"{words.write(n)} {words.text(f'map.availability.{step}')}" for step, n in counts.items() if n]
    text = words.text("map.list-holds", steps="; ".join(steps))
    return text if counts[Availability.DESTINED] else f"{text} {words.text('map.list-without-destined')}"


def boundary_note(snapshot: Snapshot, words: Words) -> str:
    """A sentence while outlines are not official, else empty."""
    return "" if snapshot.boundaries_official else words.text("map.schematic")


def category_text(entry: Indicator, category: str, words: Words) -> str:
    """The name of a category of a categorical indicator."""
    return words.text(f"{entry.name}.{category}")


def value_text(entry: Indicator, value: float | None, words: Words) -> str:
    """A value as the reader's language writes it, "nessun dato" for none."""
    if value is None or np.isnan(value):
        return words.text("map.no-data")
    if entry.categories:
        return category_text(entry, entry.categories[int(value)], words)
    return words.write(round(float(value), entry.decimals) + 0.0, f"decimals:{entry.decimals}")


def range_text(entry: Indicator, row: LegendRow, words: Words) -> str:
    """A class of the legend in words."""
    if row.category is not None:
        return category_text(entry, row.category, words)
    lower, upper = value_text(entry, row.lower, words), value_text(entry, row.upper, words)
    return lower if lower == upper else words.text("map.range", start=lower, end=upper)


# --- sources ------------------------------------------------------------------------------------------------------


def source_text(names: Sequence[str], years: Sequence[int], words: Words, snapshot: Snapshot | None = None) -> str:
    """One line that says where numbers come from and of which year.

    Without a year each source says the age of its data (with a `snapshot`); when none does, when we loaded them.
    """
    if not names:
        return words.text("map.no-source")
    loaded = {name: day for name, day in loaded_days(snapshot).items() if name in names} if snapshot else {}
    aged = {name: age_of_source(snapshot, name, words) for name in loaded} if snapshot and not years else {}
    if not set(aged.values()) - {words.text("age.unstated")}:
        aged = {}
    notes = [" · ".join(filter(None, (source_line(name, words), aged.get(name)))) for name in names]
    text = words.text("map.sources", n=len(notes), sources="; ".join(notes))
    if years:
        return f"{text} {words.text('map.years', n=len(years), years=span_text(years))}"
    if aged or not loaded:
        return text
    return f"{text} {words.text('map.loaded', n=len(notes), day=max(loaded.values()))}"


def span_text(years: Sequence[int]) -> str:
    """The years from first to last as written beside a figure, empty for none."""
    return "" if not years else str(years[0]) if len(years) == 1 else f"{years[0]}–{years[-1]}"


def loaded_days(snapshot: Snapshot) -> Mapping[str, date]:
    """The day of the newest load of each source."""

    def make() -> dict[str, date]:
        days = ((load.source, load_day(load)) for load in sorted(snapshot.loads, key=lambda load: load.id))
        return {source: day for source, day in days if day}

    return snapshot.once("maps.loaded-days", make)


def source_line(name: str, words: Words) -> str:
    """Title, publisher and licence of a source, by the name that rows carry."""
    note = source_note(name, words.language)
    if not note.publisher:
        return note.title
    if note.licence in {"", "not stated"}:
        return words.text("map.source-without-licence", title=note.title, publisher=note.publisher)
    return words.text("map.source-note", title=note.title, publisher=note.publisher, licence=note.licence)


# --- the page's settings ------------------------------------------------------------------------------------------

SCRIPT_WORDS: Final = (
    "map", "zoom-in", "zoom-out", "whole", "no-data", "histogram", "demonstration", "failed", "not-found", "close",
    "figures", "figure", "region", "open-sheet", "organisations", "sites", "needs", "unnamed", "filter-ignored",
    "unplaced", "truncated", "organisations-drawn", "sites-drawn", "landmarks-drawn", "organisations-here",
    "sites-here", "landmarks-here", "table", "organisations-and-bodies", "municipality", "province", "class",
    "partners-here", "partners-at-municipality", "partners-not-drawn",
)  # fmt: skip
_COUNTED: Final = frozenset(
    {
        "unplaced", "truncated", "organisations-drawn", "sites-drawn", "landmarks-drawn", "organisations-here",
        "sites-here", "landmarks-here", "partners-not-drawn",
    }
)  # fmt: skip


def script_words(words: Words) -> dict[str, Any]:
    """The words that scripts show; `{count}` and `{total}` stay in them for the script to fill."""
    open_slots = {"count": "{count}", "total": "{total}"}
    found: dict[str, Any] = {
        name.replace("-", "_"): words.text(f"map.{name}", **(open_slots if name in _COUNTED else {}))
        for name in SCRIPT_WORDS
    }
    found["labels"] = {kind.value: words.text(f"map.kind.{kind.value}") for kind in OrganisationKind} | {
        "historic-centre": words.text("map.landmark.historic-centre")
    }
    found["availability"] = {step.value: words.text(f"map.availability.{step}") for step in Availability}
    return found


def _map_settings(snapshot: Snapshot, words: Words, tiles: str, tiles_credit: str) -> dict[str, Any]:
    return {
        "language": words.language,
        "municipalities": municipality_payload(territory_of(snapshot)),
        "words": script_words(words),
        "indicators": {
            name: {"filters": list(entry.filters), "note": filter_note(entry, words)}
            for name, entry in INDICATORS.items()
        },
        "defaults": {
            "indicator": DEFAULT_INDICATOR,
            "scheme": Scheme.QUANTILES.value,
            "classes": str(DEFAULT_CLASSES),
        },
        "addresses": {
            "indicator": "/maps/indicator/",
            "municipality": "/maps/municipality/",
            "place": "/maps/place.json",
            "organisation": page_address(words.language, "organizzazioni", ""),
            "territory": page_address(words.language, "territorio"),
            **{name: f"/maps/{name}.json" for name in LAYERS},
        },
        "tiles": tiles,
        "tiles_credit": tiles_credit,
    }


def filter_note(entry: Indicator, words: Words) -> str:
    """Why some filters are switched off for an indicator, empty when none is."""
    if entry.kinds:
        kinds = words.write([words.text(f"map.kinds.{kind}").lower() for kind in entry.kinds])
        return words.text("map.filter-kind-fixed", kinds=kinds)
    return "" if entry.filters == BODY_FILTERS else words.text("map.filters-off")


def deaf_filters(entry: Indicator, drawn: Sequence[str]) -> tuple[str, ...]:
    """The filters that change neither the indicator nor a layer that is drawn."""
    obeyed = {*entry.filters, *(BODY_FILTERS if "organisations" in drawn else ())}
    obeyed |= {*(SITE_FILTERS if "sites" in drawn else ())}
    return tuple(name for name in (*BODY_FILTERS, *SITE_FILTERS) if name not in obeyed)


def selection_text(selection: Selection, words: Words) -> str:
    """What a selection keeps, in words; empty when it keeps everything."""
    parts = []
    if selection.sector:
        title = sector_title(selection.sector, words.language)
        parts.append(words.text("map.only-sector", code=selection.sector, title=title))
    if selection.kind:
        parts.append(words.text(f"map.kinds.{selection.kind}"))
    parts.extend(value for value in (selection.category, selection.site_category) if value)
    if selection.availability:
        parts.append(words.text(f"map.availability.{selection.availability}"))
    return " · ".join(parts)


def sector_title(code: str, language: str) -> str:
    """Title of a sector; of the older version only for a code below the division that the present one does not have."""
    title = ateco(ATECO_VERSION).title(code, language)
    return title or (len(plain_sector(code)) > 2 and ateco("2007").title(code, language)) or ""


def check_sector(code: str) -> None:
    """Raises `InvalidValue` for a sector that no version we can count by has."""
    if code and not sector_title(code, "it"):
        raise InvalidValue(field="sector", value=code, allowed=f"ATECO {ATECO_VERSION}")


# --- finding a comune ---------------------------------------------------------------------------------------------


def find_istat(snapshot: Snapshot, text: str) -> str:
    """The ISTAT code of a comune given by code or name; `UnknownMunicipality` when there is none."""
    if text in snapshot.municipalities:
        return text
    name, _, province = text.rstrip(")").partition(" (")
    found = find_municipality(name, province or None)
    if found is None or found.istat not in snapshot.municipalities:
        raise UnknownMunicipality(municipality=text)
    return found.istat


@dataclass(frozen=True, slots=True)
class PlaceFound:
    """What a typed name of a comune means: the code to open (empty for none), what to say, names that are near it."""

    istat: str = ""
    said: str = ""
    near: tuple[Municipality, ...] = ()


def find_place(snapshot: Snapshot, text: str, words: Words) -> PlaceFound:
    """The comune of that code or name; for a slip the only near one, or the near ones to choose from."""
    if not text.strip():
        return PlaceFound()
    try:
        return PlaceFound(find_istat(snapshot, text))
    except UnknownMunicipality:
        near = snapshot.search(text, MOST_NEAR).municipalities[:MOST_NEAR]
    if not near:
        return PlaceFound(said=words.text("map.not-found"))
    if len(near) > 1:
        return PlaceFound(said=words.text("map.did-you-mean", asked=text), near=near)
    return PlaceFound(near[0].istat, words.text("map.taken-for", asked=text, name=near[0].name))


# --- the boxes of the page ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a box: what is sent, what is read, and whether it is chosen."""

    value: str
    text: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Choices:
    """The boxes of the territory page."""

    indicators: tuple[Choice, ...]
    schemes: tuple[Choice, ...]
    classes: tuple[Choice, ...]
    sectors: tuple[Choice, ...]
    kinds: tuple[Choice, ...]
    categories: tuple[Choice, ...]
    site_categories: tuple[Choice, ...]
    availabilities: tuple[Choice, ...]
    layers: tuple[Choice, ...]


def choices(snapshot: Snapshot, words: Words, layer: Layer, classes: int, drawn: Sequence[str]) -> Choices:
    """What can be chosen now: only sectors, kinds, categories and states that the data hold."""
    territory = territory_of(snapshot)
    selection = layer.selection
    text = words.text
    return Choices(
        indicators=tuple(Choice(name, text(each.title), each is layer.indicator) for name, each in INDICATORS.items()),
        schemes=tuple(Choice(each, text(f"map.scheme.{each}"), each is layer.scheme) for each in Scheme),
        classes=tuple(Choice(str(n), str(n), n == classes) for n in range(FEWEST_CLASSES, MOST_CLASSES + 1)),
        sectors=_sector_choices(territory, words, selection.sector),
        kinds=tuple(
            Choice(kind, text(f"map.kinds.{kind}"), kind == selection.kind)
            for kind in OrganisationKind
            if kind in territory.organisations.kind
        ),
        categories=_held(territory.organisations.category, selection.category),
        site_categories=_held(territory.sites.category, selection.site_category),
        availabilities=tuple(
            Choice(step, text(f"map.availability.{step}"), step == selection.availability)
            for step in STATES
            if step in territory.sites.availability
        ),
        layers=tuple(Choice(name, text(f"map.{name}"), name in drawn) for name in LAYERS),
    )


def _held(column: Iterable[str], chosen: str) -> tuple[Choice, ...]:
    values = sorted({str(value) for value in column if value})[:MOST_OPTIONS]
    return tuple(Choice(value, value, value == chosen) for value in values)


def _sector_choices(territory: Territory, words: Words, chosen: str) -> tuple[Choice, ...]:
    """Sections of ATECO_VERSION and, below each, its divisions, that at least one organisation has."""
    classification = ateco(ATECO_VERSION)
    rows = territory.organisations
    letters = {str(letter) for letter in np.unique(rows.section)}
    divisions = {str(code) for code in np.unique(rows.division)}
    found = []
    for section in classification.of_level("section"):
        below = [division for division in classification.children(section.code) if division.code in divisions]
        if section.code in letters:
            for sector, indent in ((section, ""), *((division, "\u2003") for division in below)):
                title = sector.title_it if words.language == "it" else sector.title_en
                found.append(Choice(sector.code, f"{indent}{sector.code} · {title}", sector.code == chosen))
    return tuple(found)
