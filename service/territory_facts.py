# SPDX-License-Identifier: EUPL-1.2
"""What the sources of territory know of a comune beyond the map's indicators: written out, with year, unit and source.

A fact is a figure as published, or the share that two figures of the same year make. Beside it stands what the same
figures give for the province and the region: the sum, told only when every comune has its figure (works of rebuilding
excepted, which concern some comuni only), or the share, over the comuni whose both figures are known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from data.lazio import municipality as shipped_facts
from data.model import Area, Audience, Figure, Participation
from data.sources.indicators import OWN
from data.sources.reconstruction import KIND as REBUILDING
from data.sources.reconstruction import PHASES, ROLE
from geo.indicators import origin_of
from service.messages import Words
from service.snapshot import Snapshot
from service.source_notes import SourceNote, source_note
from service.territory import source_line

MOST_WORKS: Final = 200
_AGES: Final = ("residents-0-14", "residents-15-64", "residents-65-over")
_HALF: Final = 0.5


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: what is summed, over what (nothing: the sum itself), times what, and how it is written.

    `partial` facts concern some comuni only; `alone` ones make no value of an area; `january` ones are of 1 January.
    """

    name: str
    top: tuple[str, ...]
    bottom: tuple[str, ...] = ()
    factor: float = 1
    how: str = "decimals:0"
    partial: bool = False
    alone: bool = False
    january: bool = False


@dataclass(frozen=True, slots=True)
class FactRow:
    """A fact written out: the comune's value, the province's and the region's, when, and where it comes from (a line,
    and the names of the sources)."""

    title: str
    when: str
    here: str
    province: str
    region: str
    source: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FactGroup:
    """Facts on one subject; `note` says what the numbers do not."""

    name: str
    title: str
    note: str
    rows: tuple[FactRow, ...]


@dataclass(frozen=True, slots=True)
class WorkRow:
    """A public work of rebuilding: what, how far, how much, and whose, with the page of the implementing body."""

    text: str
    cup: str
    phase: str
    amount: float | None
    body: str
    organisation: str


@dataclass(frozen=True, slots=True)
class KnownFacts:
    """What a page shows: groups that hold something, works (cut at MOST_WORKS), the sources that would tell more.

    `works_in_all` counts the works whose body is known, `works_here` all that the source places in the comune.
    """

    groups: tuple[FactGroup, ...]
    works: tuple[WorkRow, ...]
    works_in_all: int
    works_here: int
    missing: tuple[SourceNote, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the sources of every fact, in order."""
        return tuple(sorted({name for group in self.groups for row in group.rows for name in row.sources}))


GROUPS: Final[Mapping[str, tuple[str, tuple[Fact, ...]]]] = {
    "ages": (
        "population",
        (
            Fact("old-age-index", (_AGES[2],), (_AGES[0],), 100, "decimals:1", january=True),
            *(Fact(f"share-of-{age}", (age,), _AGES, how="percent", january=True) for age in _AGES),
        ),
    ),
    "income": (
        "income",
        (
            Fact("income-per-taxpayer", ("taxable-income",), ("taxpayers",), how="euro"),
            Fact("income-per-resident", ("taxable-income",), ("population",), how="euro"),
            Fact("taxpayers", ("taxpayers",)),
            Fact("pension-share", ("pensioners",), ("taxpayers",), how="percent"),
            Fact("low-income-share", ("low-income-taxpayers",), ("taxpayers",), how="percent"),
        ),
    ),
    "dwellings": (
        "dwellings",
        (
            Fact("dwellings", ("dwellings",)),
            Fact("dwellings-not-occupied", ("dwellings-not-occupied",)),
            Fact("not-occupied-share", ("dwellings-not-occupied",), ("dwellings",), how="percent"),
        ),
    ),
    "land": (
        "land-take",
        (
            Fact("land-taken", ("land-taken",), how="decimals:1"),
            Fact("land-taken-share", ("land-taken-share",), how="percent", alone=True),
            Fact("land-take-net", ("land-take-net",), how="decimals:2"),
            Fact("land-take-net-since-2006", ("land-take-net-since-2006",), how="decimals:2"),
        ),
    ),
    "rebuilding": (
        "reconstruction",
        tuple(
            Fact(name, (name,), how=how, partial=True)
            for name, how in (
                ("reconstruction-requests", "decimals:0"),
                ("reconstruction-approved", "decimals:0"),
                ("reconstruction-granted", "euro"),
                ("reconstruction-paid", "euro"),
                ("reconstruction-sites-open", "decimals:0"),
                ("reconstruction-sites-closed", "decimals:0"),
                ("reconstruction-works", "decimals:0"),
                ("reconstruction-works-amount", "euro"),
            )
        ),
    ),
}
"""Subject -> the source to load for it, and its facts."""
_WORKS, _MONEY = GROUPS["rebuilding"][1][-2:]


def known_facts(snapshot: Snapshot, words: Words, istat: str) -> KnownFacts:
    """Every fact that is known of a comune, by subject, and the sources that would tell more."""
    groups, missing = [], []
    for name, (source, facts) in GROUPS.items():
        rows = [row for fact in facts if (row := _row(snapshot, words, fact, istat))]
        if name == "rebuilding":
            rows += _phases(snapshot, words, istat)
        if rows:
            groups.append(FactGroup(name, words.text(f"facts.{name}"), _note(name, istat, words), tuple(rows)))
        elif source not in snapshot.newest_loads:
            missing.append(source_note(source, words.language))
    own = tuple(_own_rows(snapshot, words, istat))
    if own:
        groups.append(FactGroup("own", words.text("facts.own"), words.text("facts.own.note"), own))
    works = _works(snapshot).get(istat, ())
    rows_of_works = tuple(_work_row(snapshot, words, work) for work in works[:MOST_WORKS])
    here = max(len(works), _works_placed_in(snapshot, istat))
    return KnownFacts(tuple(groups), rows_of_works, len(works), here, tuple(missing))


def _note(group: str, istat: str, words: Words) -> str:
    """What the reader must know of a group; of dwellings in the comuni hit in 2016, that many are ruins."""
    if group == "dwellings":
        facts = shipped_facts(istat)
        return words.text("facts.dwellings.crater" if facts and facts.in_crater else "facts.dwellings.note")
    return words.text(f"facts.{group}.note")


# --- figures ------------------------------------------------------------------------------------------------------


def _figures(snapshot: Snapshot) -> Mapping[str, Mapping[int, Mapping[str, Figure]]]:
    """Name -> year -> comune -> figure."""

    def make() -> dict[str, dict[int, dict[str, Figure]]]:
        found: dict[str, dict[int, dict[str, Figure]]] = defaultdict(lambda: defaultdict(dict))
        for figure in snapshot.figures:
            found[figure.name][figure.year][figure.municipality] = figure
        return {name: dict(years) for name, years in found.items()}

    return snapshot.once("facts.figures", make)


def _row(snapshot: Snapshot, words: Words, fact: Fact, istat: str) -> FactRow | None:
    """The fact of the newest year for which the comune has all its figures, None when there is none."""
    year = _newest(snapshot, fact, istat)
    here = None if year is None else _value(snapshot, fact, year, (istat,))
    if year is None or here is None:
        return None
    province = snapshot.municipalities[istat].province
    table = _figures(snapshot)
    used = [table[name][year][istat] for name in (*fact.top, *fact.bottom)]
    sources = tuple(dict.fromkeys(origin_of(figure.source, f"{figure.name}_{figure.year}") for figure in used))
    return FactRow(
        title=words.text(f"facts.{fact.name}"),
        when=_when(snapshot, words, fact, year, used[0].source),
        here=words.write(here, fact.how),
        province=_written(area_value(snapshot, fact, year, province), fact, words),
        region=_written(area_value(snapshot, fact, year, ""), fact, words),
        source="; ".join(source_line(name, words) for name in sources),
        sources=sources,
    )


def _written(value: float | None, fact: Fact, words: Words) -> str:
    return "–" if value is None else words.write(value, fact.how)


def _when(snapshot: Snapshot, words: Words, fact: Fact, year: int, source: str) -> str:
    if fact.january:
        return words.text("facts.on-1-january", year=year)
    load = snapshot.newest_loads.get(source)
    day = load.data_date if load else None
    if day and day.year == year and (day.month, day.day) != (12, 31):
        return words.write(day, "short")
    return str(year)


def _newest(snapshot: Snapshot, fact: Fact, istat: str) -> int | None:
    table = _figures(snapshot)
    years = [
        {year for year, held in table.get(name, {}).items() if istat in held} for name in (*fact.top, *fact.bottom)
    ]
    return max(set.intersection(*years), default=None)


def area_value(snapshot: Snapshot, fact: Fact, year: int, province: str) -> float | None:
    """The fact for a province (sigla) or, when it is empty, for the region; None when too little of it is known."""
    if fact.alone:
        return None

    def make() -> float | None:
        return _value(snapshot, fact, year, _members(snapshot, province))

    return snapshot.once(f"facts.area.{'+'.join(fact.top)}.{'+'.join(fact.bottom)}.{year}.{province}", make)


def _members(snapshot: Snapshot, province: str) -> list[str]:
    """The comuni of a province (sigla) or, when it is empty, of the region."""
    return [place.istat for place in snapshot.municipalities.values() if province in ("", place.province)]


def _value(snapshot: Snapshot, fact: Fact, year: int, members: Sequence[str]) -> float | None:
    """The fact over some comuni: see the head of this module for how many must be known."""
    table = _figures(snapshot)
    held = [table.get(name, {}).get(year, {}) for name in (*fact.top, *fact.bottom)]
    known = [istat for istat in members if all(istat in one for one in held)]
    needed = 1 if fact.partial else len(members) * (_HALF if fact.bottom else 1)
    if not known or len(known) < needed:
        return None
    top = _sum(held[: len(fact.top)], known)
    if not fact.bottom:
        return top * fact.factor
    bottom = _sum(held[len(fact.top) :], known)
    return top / bottom * fact.factor if bottom > 0 else None


def _sum(held: Iterable[Mapping[str, Figure]], known: Sequence[str]) -> float:
    return sum(one[istat].value for one in held for istat in known)


# --- rebuilding ---------------------------------------------------------------------------------------------------


def _phases(snapshot: Snapshot, words: Words, istat: str) -> list[FactRow]:
    """How many works and how much money in each phase that a comune of the region has in that year.

    The phases of a column add up to its total; a phase that a column lacks is 0 there when its others make the total,
    and not known when they do not.
    """
    total = _row(snapshot, words, _WORKS, istat)
    year = _newest(snapshot, _WORKS, istat)
    if total is None or year is None:
        return []
    table = _figures(snapshot)
    held = [phase for phase in PHASES if table.get(f"{_WORKS.name}:{phase}", {}).get(year)]
    sigla = snapshot.municipalities[istat].province
    here, province, region = (
        _phase_column(snapshot, words, year, members)
        for members in ([istat], _members(snapshot, sigla), _members(snapshot, ""))
    )
    return [
        replace(
            total,
            title=words.text("facts.works-in-phase", phase=words.text(f"facts.phase.{phase}")),
            here=here[phase],
            province=province[phase],
            region=region[phase],
        )
        for phase in held
    ]


def _phase_column(snapshot: Snapshot, words: Words, year: int, members: Sequence[str]) -> dict[str, str]:
    """Phase -> works and money of some comuni, written out."""
    count, money = (_by_phase(snapshot, fact, year, members) for fact in (_WORKS, _MONEY))
    return {
        phase: " · ".join(_written(found[phase], fact, words) for found, fact in ((count, _WORKS), (money, _MONEY)))
        for phase in PHASES
    }


def _by_phase(snapshot: Snapshot, fact: Fact, year: int, members: Sequence[str]) -> dict[str, float | None]:
    """Phase -> the sum over some comuni; a phase that none of them has is 0 if the others make up their total."""
    parts = {phase: replace(fact, top=(f"{fact.name}:{phase}",)) for phase in PHASES}
    found = {phase: _value(snapshot, part, year, members) for phase, part in parts.items()}
    known = sum(value for value in found.values() if value is not None)
    whole = abs(known - (_value(snapshot, fact, year, members) or 0)) < _HALF
    return {phase: 0 if value is None and whole else value for phase, value in found.items()}


def _works_placed_in(snapshot: Snapshot, istat: str) -> int:
    """How many works the source counts in the comune, whoever carries them out; 0 when it says none."""
    year = _newest(snapshot, _WORKS, istat)
    return 0 if year is None else round(_value(snapshot, _WORKS, year, [istat]) or 0)


def _works(snapshot: Snapshot) -> Mapping[str, tuple[Participation, ...]]:
    """The public works of each comune, the dearest first."""

    def make() -> dict[str, tuple[Participation, ...]]:
        found: dict[str, list[Participation]] = defaultdict(list)
        for each in snapshot.participations:
            if each.kind == REBUILDING and each.buyer_municipality:
                found[each.buyer_municipality].append(each)
        return {
            istat: tuple(sorted(works, key=lambda work: (-(work.amount or 0), work.project)))
            for istat, works in found.items()
        }

    return snapshot.once("facts.works", make)


def _work_row(snapshot: Snapshot, words: Words, work: Participation) -> WorkRow:
    at = snapshot.position.get(work.organisation)
    body = snapshot.organisations[at].name if at is not None else ""
    cup = work.project.split("|")[1] if work.project.count("|") > 1 else ""
    code = (work.role or "").removeprefix(ROLE).strip(" ·")
    phase = words.text(f"facts.phase.{code}") if code in PHASES else code
    return WorkRow(
        work.text or "", cup.strip("-"), phase, work.amount, body, work.organisation if at is not None else ""
    )


# --- own indicators and areas -------------------------------------------------------------------------------------


def _own_rows(snapshot: Snapshot, words: Words, istat: str) -> Iterable[FactRow]:
    """The newest number of each own indicator; one that states no licence is not shown to the public."""
    for name, years in sorted(_figures(snapshot).items()):
        held = [year for year, comuni in years.items() if istat in comuni] if name.startswith(OWN) else []
        if not held:
            continue
        figure = years[max(held)][istat]
        if snapshot.audience is Audience.PUBLIC and not figure.licence:
            continue
        licence = figure.licence or words.text("facts.no-licence")
        yield FactRow(
            title=name.removeprefix(OWN),
            when=str(figure.year),
            here=" ".join(part for part in (words.write(figure.value), figure.unit) if part),
            province="–",
            region="–",
            source=words.text("facts.own-source", source=figure.told_by or "", licence=licence),
            sources=(figure.source,),
        )


def loaded_areas(snapshot: Snapshot) -> Mapping[str, tuple[Area, ...]]:
    """The areas that were loaded, by comune."""

    def make() -> dict[str, tuple[Area, ...]]:
        found: dict[str, list[Area]] = defaultdict(list)
        for area in snapshot.areas:
            found[area.municipality].append(area)
        return {istat: tuple(areas) for istat, areas in found.items()}

    return snapshot.once("facts.areas", make)
