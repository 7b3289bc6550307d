# SPDX-License-Identifier: EUPL-1.2
"""Everything that we know of one comune: its sheet, and the card that the map shows of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final
from urllib.parse import urlencode

import numpy as np

from data.errors import UnknownMunicipality
from data.lazio import Area, area_of, provinces
from data.lazio import municipality as facts_of
from data.model import Declaration, Municipality, Organisation, OrganisationKind, Site
from geo.indicators import AreaValue, Indicator, IntArray, Summary, indicator, origin_of, summarise
from service.messages import Words, has
from service.snapshot import Snapshot
from service.source_notes import source_note
from service.templating import page_address
from service.territory import (
    STATES,
    Choice,
    loaded_days,
    measured,
    source_line,
    source_text,
    span_text,
    territory_of,
    value_text,
)

CARD_FIGURES: Final = (
    "population",
    "population-change",
    "cooperatives-per-10000",
    "snai-minutes",
    "confiscated-properties",
)
CARD_ITEMS: Final = 12
SHEET_ITEMS: Final = 500
FIRST_PLACES: Final = 50
MOST_PLACES: Final = 2_000
_LEVELS: Final = ("snai", "labour-system", "crater", "district")
_LADDER: Final = {step: at for at, step in enumerate(STATES)}
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
class PlaceRow:
    """One place as a row of the list: `measure` in the publisher's own words, `day` where the source gives one."""

    name: str
    category: str
    group: str
    state: str
    measure: str
    source: str
    day: str
    facts: str


@dataclass(frozen=True, slots=True)
class PlaceList:
    """The places of a comune under a filter: `total` with that filter, `held` without, boxes of the filter."""

    rows: tuple[PlaceRow, ...]
    total: int
    held: int
    loaded: bool
    groups: tuple[Choice, ...]
    states: tuple[Choice, ...]
    more: str


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
        areas=tuple(_area_rows(istat, words)),
        organisations=tuple(sorted(here.organisations, key=_by_kind_and_name)),
        by_kind=tuple((kind, kinds[kind]) for kind in OrganisationKind if kinds[kind]),
        sites=tuple(sorted(here.sites, key=_by_group_and_state)),
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


def _by_group_and_state(site: Site) -> tuple[bool, str, int, str, str]:
    """Buildings and land before companies, then as high on the ladder as it gets."""
    return site.source == "anbsc-companies", site_group(site), _LADDER[site.availability], site.name.casefold(), site.id


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
        source=source_text(result.sources, result.years, words, loaded_days(snapshot)),
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


def _area_rows(istat: str, words: Words) -> list[AreaRow]:
    """The inner area, labour system, earthquake area and district of a comune, from the shipped tables."""
    found = []
    for level in _LEVELS:
        area, title = area_of(istat, level), words.text(f"map.area.{level}")
        if area is None:
            found.append(AreaRow(title, words.text(f"map.area.{level}.none"), "", ""))
        else:
            source = source_line(area.source, words)
            found.append(AreaRow(title, area.name, _area_note(area, istat, words), source))
    return found


def _area_note(area: Area, istat: str, words: Words) -> str:
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


# --- places -------------------------------------------------------------------------------------------------------


def site_group(site: Site) -> str:
    """The group a site is listed in: its source when that has a name of its own here, else its kind."""
    return site.source if has(f"map.site.{site.source}") else site.kind


def group_text(group: str, words: Words) -> str:
    """What a group of sites is called."""
    for key in (f"map.site.{group}", f"map.site-kind.{group}"):
        if has(key):
            return words.text(key)
    return group


def places_of(
    snapshot: Snapshot, words: Words, sheet: Sheet, *, group: str = "", state: str = "", whole: bool = False
) -> PlaceList:
    """The places of the sheet's comune, counted before they are cut: FIRST_PLACES, or MOST_PLACES when `whole`."""
    kept = [
        site
        for site in sheet.sites
        if (not group or site_group(site) == group) and (not state or site.availability == state)
    ]
    shown = kept[: MOST_PLACES if whole else FIRST_PLACES]
    groups = Counter(site_group(site) for site in sheet.sites)
    states = Counter(site.availability for site in sheet.sites)
    query = {"group": group, "state": state, "places": "all"}
    return PlaceList(
        rows=tuple(_place_row(snapshot, site, words) for site in shown),
        total=len(kept),
        held=len(sheet.sites),
        loaded=bool(snapshot.sites),
        groups=tuple(
            Choice(name, f"{group_text(name, words)} ({words.write(n)})", name == group)
            for name, n in sorted(groups.items())
        ),
        states=tuple(
            Choice(step, f"{words.text(f'map.availability.{step}')} ({words.write(states[step])})", step == state)
            for step in STATES
            if states[step]
        ),
        more="" if whole or len(shown) == len(kept) else f"?{urlencode({k: v for k, v in query.items() if v})}",
    )


def _place_row(snapshot: Snapshot, site: Site, words: Words) -> PlaceRow:
    facts = [site.subcategory if site.subcategory not in (site.name, site.category) else None, site.condition]
    if site.area_m2 is not None:
        facts.append(words.text("map.place-area", area=site.area_m2))
    return PlaceRow(
        name=site.name,
        category=site.category if site.category and site.category != site.name else "",
        group=group_text(site_group(site), words),
        state=words.text(f"map.availability.{site.availability}"),
        measure=site.measure or "",
        source=source_note(site.source, words.language).title,
        day=_day_text(site.date, loaded_days(snapshot).get(site.source), words),
        facts=" · ".join(fact for fact in facts if fact),
    )


def _day_text(of_the_fact: date | None, loaded: date | None, words: Words) -> str:
    if of_the_fact:
        return words.write(of_the_fact, "short")
    return words.text("map.place-undated", day=loaded) if loaded else words.text("map.place-no-date")


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
