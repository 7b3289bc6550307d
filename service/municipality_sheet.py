# SPDX-License-Identifier: EUPL-1.2
"""Everything that we know of one comune: its sheet, and the card that the map shows of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np

from data.errors import UnknownMunicipality
from data.lazio import find_municipality, provinces
from data.model import Declaration, Municipality, Organisation, OrganisationKind, Site
from geo.indicators import AreaValue, Indicator, IntArray, Measure, Summary, indicator, measure, origin_of, summarise
from service.messages import Words, has
from service.snapshot import Snapshot
from service.templating import page_address
from service.territory import source_text, territory_of, value_text

CARD_FIGURES: Final = (
    "population",
    "population-change",
    "cooperatives-per-10000",
    "snai-minutes",
    "confiscated-properties",
)
CARD_ITEMS: Final = 12
SHEET_ITEMS: Final = 500
_KIND_ORDER: Final = {kind: at for at, kind in enumerate(OrganisationKind)}


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure of a comune beside its province and the region, written out."""

    title: str
    unit: str
    here: str
    province: str
    region: str
    source: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything the card and the page of one comune show; lists are whole, the edge cuts them."""

    municipality: Municipality
    province_name: str
    figures: tuple[FigureRow, ...]
    organisations: tuple[Organisation, ...]
    by_kind: tuple[tuple[OrganisationKind, int], ...]
    sites: tuple[Site, ...]
    needs: tuple[Declaration, ...]
    sources: tuple[str, ...]


def find_istat(snapshot: Snapshot, text: str) -> str:
    """The ISTAT code of a comune given by code or name; `UnknownMunicipality` when there is none."""
    if text in snapshot.municipalities:
        return text
    name, _, province = text.rstrip(")").partition(" (")
    found = find_municipality(name, province or None)
    if found is None or found.istat not in snapshot.municipalities:
        raise UnknownMunicipality(municipality=text)
    return found.istat


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
        organisations=tuple(sorted(here.organisations, key=_by_kind_and_name)),
        by_kind=tuple((kind, kinds[kind]) for kind in OrganisationKind if kinds[kind]),
        sites=tuple(sorted(here.sites, key=lambda site: (site.kind, site.name, site.id))),
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


def measured(snapshot: Snapshot, entry: Indicator) -> Measure:
    """The unfiltered measure of an indicator, made once per snapshot."""
    return snapshot.once(f"maps.measure.{entry.name}", lambda: measure(territory_of(snapshot), entry))


def _figure_row(snapshot: Snapshot, entry: Indicator, municipality: Municipality, words: Words) -> FigureRow:
    result = measured(snapshot, entry)
    here = float(result.values[territory_of(snapshot).position[municipality.istat]])
    return FigureRow(
        title=words.text(entry.title),
        unit=words.text(f"unit.{entry.unit}.short"),
        here=value_text(entry, here, words),
        province=_area_text(snapshot, entry, municipality.province, words),
        region=_area_text(snapshot, entry, "", words),
        source=source_text(result.sources, result.years, words),
    )


def _area_text(snapshot: Snapshot, entry: Indicator, province: str, words: Words) -> str:
    """The area's value written out; a dash where comuni do not make a value together (classes)."""
    if entry.summary is Summary.NONE:
        return "–"
    return value_text(entry, area_value(snapshot, entry, province).value, words)


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
            {"title": row.title, "unit": row.unit, "here": row.here, "province": row.province, "region": row.region}
            for row in sheet.figures
        ],
        "organisations": _card_organisations(sheet, words),
        "sites": _card_sites(sheet, words),
        "needs": _card_needs(snapshot, sheet, words),
        "source_text": source_text(sheet.sources, (), words),
        "status": words.text("map.card-status", name=place.name),
    }


def _card_organisations(sheet: Sheet, words: Words) -> dict[str, Any]:
    total = len(sheet.organisations)
    return {
        "total": total,
        "total_text": words.write(total),
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


def _card_sites(sheet: Sheet, words: Words) -> dict[str, Any]:
    groups = Counter((site.source, site.kind) for site in sheet.sites)
    return {
        "total": len(sheet.sites),
        "total_text": words.write(len(sheet.sites)),
        "items": [
            {"name": site_kind_text(source, kind, words), "count": words.write(count)}
            for (source, kind), count in sorted(groups.items())[:CARD_ITEMS]
        ],
        "empty": words.text("map.card-no-sites"),
    }


def site_kind_text(source: str, kind: str, words: Words) -> str:
    """What a group of sites is called."""
    if has(f"map.site.{source}"):
        return words.text(f"map.site.{source}")
    return words.text(f"map.site-kind.{kind}") if has(f"map.site-kind.{kind}") else kind


def _card_needs(snapshot: Snapshot, sheet: Sheet, words: Words) -> dict[str, Any]:
    return {
        "total": len(sheet.needs),
        "total_text": words.write(len(sheet.needs)),
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
