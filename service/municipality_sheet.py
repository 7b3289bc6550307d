# SPDX-License-Identifier: EUPL-1.2
"""Everything that we know of one comune: its sheet, and the card that the map shows of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import urlencode

import numpy as np

from data.errors import UnknownMunicipality
from data.lazio import Area as ShippedArea
from data.lazio import area_of, provinces
from data.lazio import municipality as facts_of
from data.model import Area, Declaration, Municipality, Organisation, OrganisationKind, Site
from geo.indicators import AreaValue, Indicator, IntArray, Summary, indicator, origin_of, summarise
from service.messages import Words, has
from service.municipality_places import by_group_and_state, group_text, site_group
from service.snapshot import Snapshot
from service.templating import page_address
from service.territory import (
    measured,
    source_line,
    source_text,
    span_text,
    territory_of,
    value_text,
)
from service.territory_facts import loaded_areas

CARD_FIGURES: Final = (
    "population",
    "population-change",
    "cooperatives-per-10000",
    "snai-minutes",
    "confiscated-properties",
)
CARD_ITEMS: Final = 12
SHEET_ITEMS: Final = 500
_LEVELS: Final = ("snai", "labour-system", "crater", "district")
_KIND_ORDER: Final = {kind: at for at, kind in enumerate(OrganisationKind)}


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure of a comune beside its province and the region, written out; `years` is the span it speaks of."""

    title: str
    unit: str
    years: str
    here: str
    province: str
    region: str
    source: str


@dataclass(frozen=True, slots=True)
class AreaRow:
    """An area that the comune belongs to, in words, with what is known of it and its source."""

    title: str
    value: str
    note: str
    source: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything the card and the page of one comune show; lists are whole, the edge cuts them."""

    municipality: Municipality
    province_name: str
    figures: tuple[FigureRow, ...]
    areas: tuple[AreaRow, ...]
    organisations: tuple[Organisation, ...]
    by_kind: tuple[tuple[OrganisationKind, int], ...]
    sites: tuple[Site, ...]
    needs: tuple[Declaration, ...]
    sources: tuple[str, ...]


@cache
def province_names() -> Mapping[str, str]:
    """Name of each province by sigla."""
    return {province.sigla: province.name for province in provinces()}


def sheet_of(snapshot: Snapshot, words: Words, istat: str, figures: Sequence[str] = CARD_FIGURES) -> Sheet:
    """The sheet of a comune; `UnknownMunicipality` when the code is not one of ours."""
    municipality = snapshot.municipalities.get(istat)
    if municipality is None:
        raise UnknownMunicipality(municipality=istat)
    here = _by_municipality(snapshot).get(istat, _Held([], [], []))
    kinds = Counter(body.kind for body in here.organisations)
    entries = [indicator(name) for name in figures]
    names = {name for entry in entries for name in measured(snapshot, entry).sources}
    names |= {origin.source for body in here.organisations if (origin := body.provenance.get("name"))}
    names |= {site.source for site in here.sites} | {need.source for need in here.needs}
    return Sheet(
        municipality=municipality,
        province_name=province_names().get(municipality.province, municipality.province),
        figures=tuple(_figure_row(snapshot, entry, municipality, words) for entry in entries),
        areas=tuple(_area_rows(snapshot, istat, words)),
        organisations=tuple(sorted(here.organisations, key=_by_kind_and_name)),
        by_kind=tuple((kind, kinds[kind]) for kind in OrganisationKind if kinds[kind]),
        sites=tuple(sorted(here.sites, key=by_group_and_state)),
        needs=tuple(sorted(here.needs, key=lambda need: (need.what, need.id))),
        sources=tuple(sorted({origin_of(name, "name") for name in names})),
    )


@dataclass(frozen=True, slots=True)
class _Held:
    organisations: list[Organisation]
    sites: list[Site]
    needs: list[Declaration]


def _by_municipality(snapshot: Snapshot) -> Mapping[str, _Held]:
    return snapshot.once("maps.by-municipality", lambda: _group(snapshot))


def _group(snapshot: Snapshot) -> dict[str, _Held]:
    found: dict[str, _Held] = {istat: _Held([], [], []) for istat in snapshot.municipalities}
    for body in snapshot.organisations:
        if body.municipality in found:
            found[body.municipality].organisations.append(body)
    for site in snapshot.sites:
        if site.municipality in found:
            found[site.municipality].sites.append(site)
    for need in snapshot.declarations:
        if need.says == "seeks":
            place = need.municipality or _seat(snapshot, need.organisation)
            if place in found:
                found[place].needs.append(need)
    return found


def _seat(snapshot: Snapshot, organisation_id: str) -> str | None:
    at = snapshot.position.get(organisation_id)
    return None if at is None else snapshot.organisations[at].municipality


def _by_kind_and_name(body: Organisation) -> tuple[int, str, str]:
    return _KIND_ORDER[body.kind], body.name.casefold(), body.id


def _figure_row(snapshot: Snapshot, entry: Indicator, municipality: Municipality, words: Words) -> FigureRow:
    result = measured(snapshot, entry)
    here = float(result.values[territory_of(snapshot).position[municipality.istat]])
    return FigureRow(
        title=words.text(entry.title),
        unit=words.text(f"unit.{entry.unit}.short"),
        years="" if entry.listed else span_text(result.years),
        here=_figure_text(entry, here, words),
        province=_area_text(snapshot, entry, municipality.province, words),
        region=_area_text(snapshot, entry, "", words),
        source=source_text(result.sources, result.years, words, snapshot),
    )


def _figure_text(entry: Indicator, value: float | None, words: Words) -> str:
    """The value written out; 0 of a list of sites says that it is the list that has none."""
    if entry.source and value == 0:
        return words.text("map.none-listed")
    return value_text(entry, value, words)


def _area_text(snapshot: Snapshot, entry: Indicator, province: str, words: Words) -> str:
    """The area's value written out; a dash where comuni do not make a value together (classes)."""
    if entry.summary is Summary.NONE:
        return "–"
    return _figure_text(entry, area_value(snapshot, entry, province).value, words)


def area_value(snapshot: Snapshot, entry: Indicator, province: str) -> AreaValue:
    """The value of an indicator for a province (sigla), or for the region when it is empty."""
    members = _members(snapshot).get(province, np.array([], dtype=np.int64))
    return snapshot.once(
        f"maps.area.{entry.name}.{province}", lambda: summarise(entry, measured(snapshot, entry), members)
    )


def _members(snapshot: Snapshot) -> Mapping[str, IntArray]:
    def make() -> dict[str, IntArray]:
        siglas = np.array([each.province for each in territory_of(snapshot).municipalities])
        found = {str(sigla): np.flatnonzero(siglas == sigla) for sigla in np.unique(siglas)}
        return {**found, "": np.arange(len(siglas))}

    return snapshot.once("maps.members", make)


# --- areas --------------------------------------------------------------------------------------------------------


def _area_rows(snapshot: Snapshot, istat: str, words: Words) -> list[AreaRow]:
    """The areas of a comune: loaded ones, and of the usual levels those of the shipped tables where none was loaded."""
    loaded = loaded_areas(snapshot).get(istat, ())
    levels = [*_LEVELS, *sorted({area.level for area in loaded} - {*_LEVELS})]
    found = []
    for level in levels:
        known = [area for area in loaded if area.level == level]
        found += [_loaded_row(area, words) for area in known] if known else [_shipped_row(istat, level, words)]
    return found


def _loaded_row(area: Area, words: Words) -> AreaRow:
    """A loaded area; one that the shipped tables know too goes by its name there, which is not all in capitals."""
    title = words.text(f"map.area.{area.level}") if has(f"map.area.{area.level}") else area.level
    ours = area_of(area.municipality, area.level) if area.level in _LEVELS else None
    name = ours.name if ours and ours.code == area.code else area.name
    return AreaRow(title, name, area.detail or "", source_line(area.source, words))


def _shipped_row(istat: str, level: str, words: Words) -> AreaRow:
    area, title = area_of(istat, level), words.text(f"map.area.{level}")
    if area is None:
        return AreaRow(title, words.text(f"map.area.{level}.none"), "", "")
    return AreaRow(title, area.name, _area_note(area, istat, words), source_line(area.source, words))


def _area_note(area: ShippedArea, istat: str, words: Words) -> str:
    """What else is known of an area: period, state, annex, specialisation, and whether it is still to be verified."""
    facts = facts_of(istat)
    notes = [area.period if area.level == "snai" else None, area.detail]
    if area.state:
        notes.append(words.text(f"map.area-state.{area.state}"))
    certainty = area.certainty
    if area.level == "crater" and facts and facts.crater_annex:
        notes.append(words.text("map.area.crater.annex", annex=facts.crater_annex))
        certainty = facts.crater_certainty or certainty
    if certainty != "read":
        notes.append(words.text("map.area.to-verify"))
    return " · ".join(note for note in notes if note)


# --- the card -----------------------------------------------------------------------------------------------------


def card(snapshot: Snapshot, words: Words, istat: str) -> dict[str, Any]:
    """The card of a comune as the map's script reads it; every text is ready to be shown."""
    sheet = sheet_of(snapshot, words, istat)
    place = sheet.municipality
    return {
        "istat": istat,
        "name": place.name,
        "province": place.province,
        "province_label": words.text("map.province-of", province=sheet.province_name),
        "place": words.text("map.card-place", province=sheet.province_name, istat=istat),
        "page": page_address(words.language, "comuni", istat),
        "figures": [
            {
                "title": row.title,
                "unit": " · ".join(part for part in (row.unit, row.years) if part),
                "here": row.here,
                "province": row.province,
                "region": row.region,
            }
            for row in sheet.figures
        ],
        "organisations": _card_organisations(sheet, words),
        "sites": _card_sites(snapshot, sheet, words),
        "needs": _card_needs(snapshot, sheet, words),
        "source_text": source_text(sheet.sources, (), words),
        "status": words.text("map.card-status", name=place.name),
    }


def _card_organisations(sheet: Sheet, words: Words) -> dict[str, Any]:
    total = len(sheet.organisations)
    return {
        "total": total,
        "total_text": words.write(total) if total else "",
        "by_kind": [
            {"kind": kind.value, "label": words.text(f"map.kinds.{kind}"), "count": n} for kind, n in sheet.by_kind
        ],
        "items": [
            {
                "id": body.id,
                "name": body.name,
                "kind": words.text(f"map.kind.{body.kind}"),
                "page": page_address(words.language, "organizzazioni", body.id),
                "mark": words.text("map.mark-demonstration") if body.demonstration else "",
                "evidence": "demonstration" if body.demonstration else "",
            }
            for body in sheet.organisations[:CARD_ITEMS]
        ],
        "more": words.text("map.card-more", count=total - CARD_ITEMS) if total > CARD_ITEMS else "",
        "empty": words.text("map.card-no-organisations"),
    }


def _card_sites(snapshot: Snapshot, sheet: Sheet, words: Words) -> dict[str, Any]:
    groups = Counter(site_group(site) for site in sheet.sites)
    page = page_address(words.language, "comuni", sheet.municipality.istat)
    return {
        "total": len(sheet.sites),
        "total_text": words.write(len(sheet.sites)) if snapshot.sites else "",
        "items": [
            {
                "name": group_text(group, words),
                "count": words.write(count),
                "page": f"{page}?{urlencode({'group': group})}#sheet-sites",
            }
            for group, count in sorted(groups.items())[:CARD_ITEMS]
        ],
        "empty": words.text("map.card-no-sites" if snapshot.sites else "map.sheet-no-sites"),
    }


def _card_needs(snapshot: Snapshot, sheet: Sheet, words: Words) -> dict[str, Any]:
    return {
        "total": len(sheet.needs),
        "total_text": words.write(len(sheet.needs)) if sheet.needs else "",
        "items": [
            {
                "what": need.what,
                "who": organisation_name(snapshot, need.organisation),
                "mark": words.text(f"map.mark-{need.evidence}"),
                "evidence": need.evidence.value,
            }
            for need in sheet.needs[:CARD_ITEMS]
        ],
        "empty": words.text("map.card-no-needs"),
    }


def organisation_name(snapshot: Snapshot, organisation_id: str) -> str:
    """The name of an organisation, empty when this reader may not see it."""
    at = snapshot.position.get(organisation_id)
    return "" if at is None else snapshot.organisations[at].name
