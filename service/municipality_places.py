# SPDX-License-Identifier: EUPL-1.2
"""The places of one comune as a list: grouped, filtered, each with its state and where it comes from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from data.model import Site
from service.messages import Words, has
from service.snapshot import Snapshot
from service.source_notes import age_of_source, day_of_source, source_note
from service.territory import STATES, Choice, loaded_days

FIRST_PLACES: Final = 50
MOST_PLACES: Final = 2_000
_LADDER: Final = {step: at for at, step in enumerate(STATES)}


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


def by_group_and_state(site: Site) -> tuple[bool, str, int, str, str]:
    """Buildings and land before companies, then as high on the ladder as it gets."""
    return site.source == "anbsc-companies", site_group(site), _LADDER[site.availability], site.name.casefold(), site.id


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
    snapshot: Snapshot, words: Words, sites: Sequence[Site], *, group: str = "", state: str = "", whole: bool = False
) -> PlaceList:
    """The places of a comune, counted before they are cut: FIRST_PLACES, or MOST_PLACES when `whole`."""
    kept = [
        site for site in sites if (not group or site_group(site) == group) and (not state or site.availability == state)
    ]
    shown = kept[: MOST_PLACES if whole else FIRST_PLACES]
    groups = Counter(site_group(site) for site in sites)
    states = Counter(site.availability for site in sites)
    query = {"group": group, "state": state, "places": "all"}
    return PlaceList(
        rows=tuple(_place_row(snapshot, site, words) for site in shown),
        total=len(kept),
        held=len(sites),
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
    facts.append(site.address)
    if site.use:
        facts.append(words.text("facts.place-use", use=site.use))
    if site.assignee:
        facts.append(words.text("facts.place-assignee", who=site.assignee))
    return PlaceRow(
        name=site.name,
        category=site.category if site.category and site.category != site.name else "",
        group=group_text(site_group(site), words),
        state=words.text(f"map.availability.{site.availability}"),
        measure=site.measure or "",
        source=source_note(site.source, words.language).title,
        day=_day_text(snapshot, site, words),
        facts=" · ".join(fact for fact in facts if fact),
    )


def _day_text(snapshot: Snapshot, site: Site, words: Words) -> str:
    """When a place was so: its own day, else the age of its source's data, else the day we loaded them."""
    if site.date:
        whole_year = (site.date.month, site.date.day) == (12, 31)
        return words.text("facts.as-of-year", year=site.date.year) if whole_year else words.write(site.date, "short")
    if day_of_source(snapshot, site.source):
        return age_of_source(snapshot, site.source, words)
    loaded = loaded_days(snapshot).get(site.source)
    return words.text("map.place-undated", day=loaded) if loaded else words.text("map.place-no-date")
