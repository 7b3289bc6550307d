# SPDX-License-Identifier: EUPL-1.2
"""What the territory page says, in the reader's words: layers, sources, settings of the map, boxes of the form."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Any, Final

import numpy as np
import orjson

from data.lazio import ateco
from data.model import OrganisationKind
from geo.indicators import (
    EVERYTHING,
    INDICATORS,
    Indicator,
    Selection,
    Territory,
    indicator,
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
from service.messages import Words
from service.snapshot import Snapshot
from service.source_notes import source_note
from service.templating import page_address

DEFAULT_INDICATOR: Final = "cooperatives-per-10000"
LAYERS: Final = ("organisations", "sites", "landmarks")
MOST_OPTIONS: Final = 500
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


@cache
def sections() -> Mapping[tuple[str, str], str]:
    """(ATECO version, division) -> section letter."""
    return {
        (version, division.code): division.parent or ""
        for version in ("2007", "2025")
        for division in ateco(version).of_level("division")
    }


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
            sections(),
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
    """The layer's payload with its words: title, question, formula, unit, sources, notes."""
    entry = layer.indicator
    return {
        **layer_payload(layer),
        "title": words.text(entry.title),
        "question": words.text(entry.question),
        "formula": words.text(entry.formula),
        "unit_label": words.text(f"unit.{entry.unit}"),
        "unit_short": words.text(f"unit.{entry.unit}.short"),
        "filters": list(entry.filters),
        "range": words.text("map.range", start="{from}", end="{to}"),
        "category_labels": {name: category_text(entry, name, words) for name in entry.categories},
        "source_text": source_text(layer.result.sources, layer.result.years, words),
        "boundary_note": boundary_note(snapshot, words),
        "status": words.text("map.status", known=len(layer.classes) - layer.no_data, unknown=layer.no_data),
    }


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


def source_text(names: Iterable[str], years: Sequence[int], words: Words) -> str:
    """One line that says where numbers come from and of which year."""
    notes = [source_line(name, words) for name in names]
    if not notes:
        return words.text("map.no-source")
    text = words.text("map.sources", n=len(notes), sources="; ".join(notes))
    if not years:
        return text
    span = str(years[0]) if len(years) == 1 else f"{years[0]}–{years[-1]}"
    return f"{text} {words.text('map.years', n=len(years), years=span)}"


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
    "sites-here", "landmarks-here", "table", "municipality", "province", "class",
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
    return found


def _map_settings(snapshot: Snapshot, words: Words, tiles: str, tiles_credit: str) -> dict[str, Any]:
    return {
        "language": words.language,
        "municipalities": municipality_payload(territory_of(snapshot)),
        "words": script_words(words),
        "defaults": {
            "indicator": DEFAULT_INDICATOR,
            "scheme": Scheme.QUANTILES.value,
            "classes": str(DEFAULT_CLASSES),
        },
        "addresses": {
            "indicator": "/maps/indicator/",
            "municipality": "/maps/municipality/",
            "organisation": page_address(words.language, "organizzazioni", ""),
            "territory": page_address(words.language, "territorio"),
            **{name: f"/maps/{name}.json" for name in LAYERS},
        },
        "tiles": tiles,
        "tiles_credit": tiles_credit,
    }


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
    measures: tuple[Choice, ...]
    layers: tuple[Choice, ...]


def choices(snapshot: Snapshot, words: Words, layer: Layer, classes: int, drawn: Sequence[str]) -> Choices:
    """What can be chosen now: only sectors, kinds, categories and measures that the data hold."""
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
        measures=_held(territory.sites.measure, selection.measure),
        layers=tuple(Choice(name, text(f"map.{name}"), name in drawn) for name in LAYERS),
    )


def _held(column: Iterable[str], chosen: str) -> tuple[Choice, ...]:
    values = sorted({str(value) for value in column if value})[:MOST_OPTIONS]
    return tuple(Choice(value, value, value == chosen) for value in values)


def _sector_choices(territory: Territory, words: Words, chosen: str) -> tuple[Choice, ...]:
    """Sections and, below each, divisions that at least one organisation has."""
    classification = ateco("2025")
    rows = territory.organisations
    letters = {str(letter) for letter in np.unique(rows.section) if letter}
    divisions = {(str(letter), str(code)[:2]) for letter, code in zip(rows.section, rows.sector, strict=True) if code}
    found = []
    for section in classification.of_level("section"):
        if section.code in letters:
            title = section.title_it if words.language == "it" else section.title_en
            found.append(Choice(section.code, f"{section.code} · {title}", section.code == chosen))
            for letter, code in sorted(divisions):
                name = classification.title(code, words.language)
                if letter == section.code and name and len(code) == 2:
                    found.append(Choice(code, f"\u2003{code} · {name}", code == chosen))
    return tuple(found)
