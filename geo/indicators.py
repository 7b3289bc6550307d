# SPDX-License-Identifier: EUPL-1.2
"""The indicators of the territory map: one small function each, and the registry that says what each one is.

Nothing stands on a map that is not in `INDICATORS`. A new indicator is one function here and its words (title,
question, formula) in the `maps.po` catalogues. Values are a float array over the comuni ordered by ISTAT code; NaN
means "nessun dato" and never zero:

- lists that are no census (organisations, third-sector bodies, declared needs): a comune with none is NaN. Public
  bodies count as organisations only when they are asked for: every comune is one, and would fill its own gap;
- lists that are whole (ANBSC assets, heritage centres, public bodies of the IPA register): once one is loaded 0 means
  "none in this list", which for the assets may be one of the publisher's two lists; before, every comune is NaN.

Sectors are those of ATECO_VERSION whatever version a code has: a letter and a title are never of two versions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.errors import UnknownIndicator
from data.lazio import ateco, bridge, column_sources
from data.lazio.sectors import VERSIONS
from data.model import Declaration, Figure, Landmark, Municipality, Organisation, OrganisationKind, Site
from geo.palettes import Scale

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
TextArray = NDArray[np.str_]

COOPERATIVE_KINDS: Final = (OrganisationKind.COOPERATIVE.value, OrganisationKind.CONSORTIUM.value)
SNAI_CLASSES: Final = ("A", "B", "C", "D", "E", "F")
NOWHERE: Final = -1
SHIPPED: Final = "lazio"
ATECO_VERSION: Final = "2025"
EDITIONS: Final[Mapping[str, int]] = MappingProxyType({"inner-areas": 2020})
"""Sources that have one edition only, which their layout names."""


class Direction(StrEnum):
    """Whether a high value is better, worse, or neither."""

    HIGHER_BETTER = "higher-better"
    LOWER_BETTER = "lower-better"
    NEUTRAL = "neutral"


class Summary(StrEnum):
    """How the values of several comuni become the value of the area they make."""

    SUM = "sum"
    RATIO = "ratio"
    MEDIAN = "median"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Selection:
    """What is counted, empty meaning all: organisations by sector (section letter or division of ATECO_VERSION, or the
    start of a longer code as the body has it), kind and category; sites by category and by their place on the
    availability ladder."""

    sector: str = ""
    kind: str = ""
    category: str = ""
    site_category: str = ""
    availability: str = ""


EVERYTHING: Final = Selection()


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of things with a place, as columns of equal length; `place` is a position among the comuni or NOWHERE."""

    place: IntArray
    kind: TextArray
    category: TextArray
    sector: TextArray
    division: TextArray
    section: TextArray
    availability: TextArray
    source: TextArray
    year: IntArray
    demonstration: BoolArray


@dataclass(frozen=True, slots=True)
class Series:
    """One figure over the years: values[year, comune], NaN where unknown, and the sources of each year."""

    years: tuple[int, ...]
    values: FloatArray
    sources: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Territory:
    """All that indicators are computed from, columns ready for whole-array arithmetic. `istat` is ascending."""

    municipalities: tuple[Municipality, ...]
    istat: tuple[str, ...]
    position: Mapping[str, int]
    organisations: Rows
    sites: Rows
    landmarks: Rows
    needs: Rows
    figures: Mapping[str, Series]
    public_register: bool = False

    @property
    def size(self) -> int:
        """Number of comuni."""
        return len(self.istat)


@dataclass(frozen=True, slots=True)
class Measure:
    """What one indicator says: a value per comune (NaN = nessun dato), the parts of a ratio, where they come from."""

    values: FloatArray
    sources: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    numerator: FloatArray | None = None
    denominator: FloatArray | None = None
    demonstration: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """An entry of the registry. `factor` turns a ratio into its unit; `filters` are the selection fields it obeys;
    `kinds` are the only kinds of organisation that it counts (empty: see `chosen_bodies`); `source` is the list of
    sites that it counts.

    The words are the catalogue keys `indicator.NAME.title`, `.question` and `.formula`; the unit is `unit.UNIT`.
    """

    name: str
    unit: str
    compute: Callable[[Territory, Selection], Measure]
    summary: Summary = Summary.SUM
    scale: Scale = Scale.SEQUENTIAL
    direction: Direction = Direction.NEUTRAL
    decimals: int = 0
    factor: float = 1.0
    filters: tuple[str, ...] = ()
    listed: bool = False
    kinds: tuple[str, ...] = ()
    source: str = ""
    categories: tuple[str, ...] = ()
    levels: tuple[str, ...] = ("municipality",)

    @property
    def title(self) -> str:
        """Catalogue key of the short name."""
        return f"indicator.{self.name}.title"

    @property
    def question(self) -> str:
        """Catalogue key of the question that the indicator answers."""
        return f"indicator.{self.name}.question"

    @property
    def formula(self) -> str:
        """Catalogue key of how it is computed."""
        return f"indicator.{self.name}.formula"


# --- reading the territory ------------------------------------------------------------------------------------


def read_territory(
    municipalities: Iterable[Municipality],
    organisations: Sequence[Organisation] = (),
    sites: Sequence[Site] = (),
    landmarks: Sequence[Landmark] = (),
    declarations: Sequence[Declaration] = (),
    figures: Iterable[Figure] = (),
) -> Territory:
    """Columns of the whole territory, comuni ordered by ISTAT code."""
    ordered = tuple(sorted(municipalities, key=lambda each: each.istat))
    position = {each.istat: at for at, each in enumerate(ordered)}
    return Territory(
        municipalities=ordered,
        istat=tuple(position),
        position=MappingProxyType(position),
        organisations=_organisation_rows(organisations, position),
        sites=_site_rows(sites, position),
        landmarks=_landmark_rows(landmarks, position),
        needs=_need_rows(declarations, organisations, position),
        figures=_figure_series(figures, position),
        public_register=any(name.scheme == "ipa" for body in organisations for name in body.identifiers),
    )


def _rows(
    *,
    place: list[int],
    kind: list[str],
    category: list[str] | None = None,
    sector: list[str] | None = None,
    division: list[str] | None = None,
    section: list[str] | None = None,
    availability: list[str] | None = None,
    source: list[str],
    year: list[int] | None = None,
    demonstration: list[bool] | None = None,
) -> Rows:
    blank = [""] * len(place)
    texts = [
        np.array(each or blank, dtype=np.str_)
        for each in (kind, category, sector, division, section, availability, source)
    ]
    kinds, categories, sectors, divisions, sections, availabilities, sources = texts
    return Rows(
        place=np.array(place, dtype=np.int64),
        kind=kinds,
        category=categories,
        sector=sectors,
        division=divisions,
        section=sections,
        availability=availabilities,
        source=sources,
        year=np.array(year or [0] * len(place), dtype=np.int64),
        demonstration=np.array(demonstration or [False] * len(place), dtype=np.bool_),
    )


def plain_sector(sector: str | None) -> str:
    """An ATECO code without its dots ("01.26" is "0126"), empty when unknown."""
    return (sector or "").replace(".", "").strip().upper()


@lru_cache(maxsize=8_192)
def division_and_section(sector: str, version: str | None) -> tuple[str, str]:
    """Division and section of ATECO_VERSION that a code of a version stands for; empty where it cannot be told.

    Where the bridge gives several divisions it is the first, that of the same number if there is one, so that a body
    is counted once. A code without a version is read in ATECO_VERSION, or else in the one before.
    """
    for own in (version,) if version in VERSIONS else (ATECO_VERSION, "2007"):
        found = bridge(sector, own, ATECO_VERSION)
        if found:
            section = ateco(ATECO_VERSION).section(found[0])
            return ("" if found[0].isalpha() else found[0]), (section.code if section else "")
    return "", ""


def _organisation_rows(bodies: Sequence[Organisation], position: Mapping[str, int]) -> Rows:
    places = [division_and_section(body.sector or "", body.sector_version) for body in bodies]
    origins = [body.provenance.get("name") for body in bodies]
    return _rows(
        place=[position.get(body.municipality or "", NOWHERE) for body in bodies],
        kind=[body.kind.value for body in bodies],
        category=[body.category or "" for body in bodies],
        sector=[plain_sector(body.sector) for body in bodies],
        division=[division for division, _ in places],
        section=[section for _, section in places],
        source=[origin_of(origin.source, "name") if origin else "" for origin in origins],
        year=[origin.date.year if origin and origin.date else 0 for origin in origins],
        demonstration=[body.demonstration for body in bodies],
    )


def _site_rows(sites: Sequence[Site], position: Mapping[str, int]) -> Rows:
    return _rows(
        place=[position.get(site.municipality or "", NOWHERE) for site in sites],
        kind=[site.kind for site in sites],
        category=[site.category or "" for site in sites],
        availability=[site.availability.value for site in sites],
        source=[site.source for site in sites],
        year=[site.date.year if site.date else 0 for site in sites],
    )


def _landmark_rows(landmarks: Sequence[Landmark], position: Mapping[str, int]) -> Rows:
    return _rows(
        place=[position.get(mark.municipality, NOWHERE) for mark in landmarks],
        kind=[mark.kind for mark in landmarks],
        source=[mark.source for mark in landmarks],
    )


def _need_rows(
    declarations: Sequence[Declaration], organisations: Sequence[Organisation], position: Mapping[str, int]
) -> Rows:
    """Needs, each in the comune it names or else in that of who declares it."""
    needs = [each for each in declarations if each.says == "seeks"]
    who = {each.organisation for each in needs}
    bodies = {body.id: body for body in organisations if body.id in who}
    seats = {name: body.municipality or "" for name, body in bodies.items()}
    return _rows(
        place=[position.get(need.municipality or seats.get(need.organisation, ""), NOWHERE) for need in needs],
        kind=["need"] * len(needs),
        source=[need.source for need in needs],
        year=[need.date.year if need.date else 0 for need in needs],
        demonstration=[need.organisation in bodies and bodies[need.organisation].demonstration for need in needs],
    )


def _figure_series(figures: Iterable[Figure], position: Mapping[str, int]) -> Mapping[str, Series]:
    found: dict[str, dict[int, tuple[FloatArray, set[str]]]] = {}
    for figure in figures:
        at = position.get(figure.municipality)
        if at is None:
            continue
        years = found.setdefault(figure.name, {})
        values, sources = years.setdefault(figure.year, (np.full(len(position), np.nan), set()))
        values[at] = figure.value
        sources.add(origin_of(figure.source, f"{figure.name}_{figure.year}"))
    return MappingProxyType({name: _series(years) for name, years in sorted(found.items())})


def _series(years: Mapping[int, tuple[FloatArray, set[str]]]) -> Series:
    ordered = sorted(years)
    return Series(
        years=tuple(ordered),
        values=np.array([years[year][0] for year in ordered]),
        sources=tuple(tuple(sorted(years[year][1])) for year in ordered),
    )


def origin_of(source: str, column: str) -> str:
    """The name of a source; for a shipped column the key in `data.lazio.sources()` of where it was taken from."""
    if source != SHIPPED:
        return source
    found = column_sources().get(column)
    return found.key if found else source


# --- counting -------------------------------------------------------------------------------------------------


def chosen(rows: Rows, selection: Selection) -> BoolArray:
    """True for the organisations that a selection keeps (whole arrays, no loop)."""
    keep = np.ones(len(rows.place), dtype=np.bool_)
    if selection.kind:
        keep &= rows.kind == selection.kind
    if selection.category:
        keep &= rows.category == selection.category
    sector = plain_sector(selection.sector)
    if len(sector) == 1 and sector.isalpha():
        keep &= rows.section == sector
    elif len(sector) == 2:
        keep &= rows.division == sector
    elif sector:
        keep &= np.char.startswith(rows.sector, sector)
    return keep


def chosen_bodies(rows: Rows, selection: Selection) -> BoolArray:
    """The organisations that a selection keeps: public bodies only when their kind is asked for."""
    keep = chosen(rows, selection)
    return keep if selection.kind else keep & (rows.kind != OrganisationKind.PUBLIC_BODY.value)


def chosen_sites(rows: Rows, selection: Selection) -> BoolArray:
    """True for the sites that a selection keeps."""
    keep = np.ones(len(rows.place), dtype=np.bool_)
    if selection.site_category:
        keep &= rows.category == selection.site_category
    if selection.availability:
        keep &= rows.availability == selection.availability
    return keep


def _count(territory: Territory, rows: Rows, keep: BoolArray, *, complete: bool) -> Measure:
    """Rows per comune; 0 is a value only where the list is complete and something of it is loaded."""
    placed = keep & (rows.place != NOWHERE)
    counts = np.bincount(rows.place[placed], minlength=territory.size).astype(np.float64)
    years = np.unique(rows.year[placed])
    return Measure(
        values=counts if complete else np.where(counts > 0, counts, np.nan),
        sources=tuple(str(name) for name in np.unique(rows.source[placed]) if name),
        years=tuple(int(year) for year in years if year),
        demonstration=bool(rows.demonstration[placed].any()),
    )


def _per_residents(territory: Territory, count: Measure, factor: float) -> Measure:
    population = _latest(territory, "population")
    residents = np.where(population.values > 0, population.values, np.nan)
    return Measure(
        values=count.values / residents * factor,
        numerator=np.nan_to_num(count.values),
        denominator=residents,
        sources=tuple(sorted({*count.sources, *population.sources})),
        years=tuple(sorted({*count.years, *population.years})),
        demonstration=count.demonstration,
    )


def _latest(territory: Territory, figure: str) -> Measure:
    series = territory.figures.get(figure)
    if series is None:
        return Measure(values=np.full(territory.size, np.nan))
    at = _best_covered(series)[-1]
    return Measure(values=series.values[at], sources=series.sources[at], years=(series.years[at],))


def _best_covered(series: Series) -> list[int]:
    """Positions of the years that know most comuni: a year loaded for a few of them must not empty the map."""
    known = (~np.isnan(series.values)).sum(axis=1)
    return [at for at in range(len(series.years)) if known[at] == known.max()]


def _column(territory: Territory, name: str, values: list[float]) -> Measure:
    origins = [each.provenance.get(name) for each in territory.municipalities]
    known = [origin for origin, value in zip(origins, values, strict=True) if origin and not np.isnan(value)]
    years = {origin.date.year for origin in known if origin.date}
    shipped = column_sources().get(name)
    if shipped and shipped.year and any(origin.source == SHIPPED for origin in known):
        years.add(shipped.year)
    years |= {EDITIONS[origin.source] for origin in known if origin.source in EDITIONS}
    return Measure(
        values=np.array(values, dtype=np.float64),
        sources=tuple(sorted({origin_of(origin.source, name) for origin in known})),
        years=tuple(sorted(years)),
    )


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)


# --- the indicators -------------------------------------------------------------------------------------------


def organisations(territory: Territory, selection: Selection) -> Measure:
    """Organisations listed with us that have their seat in the comune, public bodies only when asked for."""
    rows = territory.organisations
    return _count(territory, rows, chosen_bodies(rows, selection), complete=False)


def organisations_per_10000(territory: Territory, selection: Selection) -> Measure:
    """Listed organisations / residents x 10,000."""
    return _per_residents(territory, organisations(territory, selection), 10_000)


def cooperatives(territory: Territory, selection: Selection) -> Measure:
    """Cooperatives and consortia listed with us that have their seat in the comune."""
    rows = territory.organisations
    keep = chosen(rows, selection) & np.isin(rows.kind, COOPERATIVE_KINDS)
    return _count(territory, rows, keep, complete=False)


def cooperatives_per_10000(territory: Territory, selection: Selection) -> Measure:
    """Listed cooperatives and consortia / residents x 10,000."""
    return _per_residents(territory, cooperatives(territory, selection), 10_000)


def third_sector_bodies(territory: Territory, selection: Selection) -> Measure:
    """Third-sector bodies listed with us (the 5x1000 list is no register: none means nessun dato)."""
    rows = territory.organisations
    keep = chosen(rows, selection) & (rows.kind == OrganisationKind.THIRD_SECTOR.value)
    return _count(territory, rows, keep, complete=False)


def public_bodies(territory: Territory, selection: Selection) -> Measure:
    """Public bodies with their seat in the comune; a true 0 only when the IPA register is loaded."""
    rows = territory.organisations
    keep = chosen(rows, selection) & (rows.kind == OrganisationKind.PUBLIC_BODY.value)
    return _count(territory, rows, keep, complete=territory.public_register)


def population(territory: Territory, selection: Selection) -> Measure:  # noqa: ARG001 - the registry's one shape
    """Residents in the latest year known."""
    return _latest(territory, "population")


def population_change(territory: Territory, selection: Selection) -> Measure:  # noqa: ARG001
    """(last year - first year) / first year x 100, in per cent over the whole span of years known."""
    series = territory.figures.get("population")
    covered = _best_covered(series) if series else []
    if series is None or len(covered) < 2:
        return Measure(values=np.full(territory.size, np.nan))
    first, last = series.values[covered[0]], series.values[covered[-1]]
    base = np.where(first > 0, first, np.nan)
    return Measure(
        values=(last - base) / base * 100,
        numerator=last - base,
        denominator=base,
        sources=tuple(sorted({*series.sources[covered[0]], *series.sources[covered[-1]]})),
        years=(series.years[covered[0]], series.years[covered[-1]]),
    )


def snai_class(territory: Territory, selection: Selection) -> Measure:  # noqa: ARG001
    """Class of the inner-areas map as a position in SNAI_CLASSES (A pole ... F ultra-peripheral)."""
    ranks = {letter: float(at) for at, letter in enumerate(SNAI_CLASSES)}
    values = [ranks.get((each.snai_class or "")[:1].upper(), np.nan) for each in territory.municipalities]
    return _column(territory, "snai_class", values)


def snai_minutes(territory: Territory, selection: Selection) -> Measure:  # noqa: ARG001
    """Road minutes to the prevailing pole, as published with the inner-areas map."""
    return _column(territory, "snai_minutes", [_number(each.snai_minutes) for each in territory.municipalities])


def altitude(territory: Territory, selection: Selection) -> Measure:  # noqa: ARG001
    """Metres above the sea of the comune's centre."""
    return _column(territory, "altitude_m", [_number(each.altitude_m) for each in territory.municipalities])


def confiscated_properties(territory: Territory, selection: Selection) -> Measure:
    """Buildings and land, seized or confiscated from crime, of the national agency's lists in the comune."""
    return _sites_of(territory, selection, "anbsc-properties")


def confiscated_companies(territory: Territory, selection: Selection) -> Measure:
    """Firms, seized or confiscated from crime, of the national agency's lists in the comune."""
    return _sites_of(territory, selection, "anbsc-companies")


def _sites_of(territory: Territory, selection: Selection, source: str) -> Measure:
    rows = territory.sites
    of_source = rows.source == source
    keep = chosen_sites(rows, selection) & of_source
    # the dates of single assets (decrees) are not the year that the list is of, which its publisher does not say
    return replace(_count(territory, rows, keep, complete=bool(of_source.any())), years=())


def historic_centres(territory: Territory, selection: Selection) -> Measure:  # noqa: ARG001
    """Historic centres of the civil-protection list in the comune."""
    rows = territory.landmarks
    of_kind = rows.kind == "historic-centre"
    return _count(territory, rows, of_kind, complete=bool(of_kind.any()))


def declared_needs(territory: Territory, selection: Selection) -> Measure:  # noqa: ARG001
    """Needs that organisations declare in the comune (only those this reader may see)."""
    rows = territory.needs
    return _count(territory, rows, np.ones(len(rows.place), dtype=np.bool_), complete=False)


_BODIES: Final = ("sector", "kind", "category")
_OF_ONE_KIND: Final = ("sector", "category")
_SITES: Final = ("site_category", "availability")

_ALL: Final = (
    Indicator(
        name="organisations-per-10000",
        unit="per-10000",
        compute=organisations_per_10000,
        summary=Summary.RATIO,
        decimals=1,
        factor=10_000,
        filters=_BODIES,
        listed=True,
    ),
    Indicator(
        name="cooperatives-per-10000",
        unit="per-10000",
        compute=cooperatives_per_10000,
        summary=Summary.RATIO,
        decimals=1,
        factor=10_000,
        filters=_OF_ONE_KIND,
        listed=True,
        kinds=COOPERATIVE_KINDS,
    ),
    Indicator(name="organisations", unit="organisations", compute=organisations, filters=_BODIES, listed=True),
    Indicator(
        name="cooperatives",
        unit="organisations",
        compute=cooperatives,
        filters=_OF_ONE_KIND,
        listed=True,
        kinds=COOPERATIVE_KINDS,
    ),
    Indicator(
        name="third-sector-bodies",
        unit="organisations",
        compute=third_sector_bodies,
        filters=_OF_ONE_KIND,
        listed=True,
        kinds=(OrganisationKind.THIRD_SECTOR.value,),
    ),
    Indicator(
        name="public-bodies",
        unit="organisations",
        compute=public_bodies,
        filters=_OF_ONE_KIND,
        kinds=(OrganisationKind.PUBLIC_BODY.value,),
    ),
    Indicator(name="population", unit="residents", compute=population),
    Indicator(
        name="population-change",
        unit="per-cent",
        compute=population_change,
        summary=Summary.RATIO,
        scale=Scale.DIVERGING,
        direction=Direction.HIGHER_BETTER,
        decimals=1,
        factor=100,
    ),
    Indicator(
        name="snai-class",
        unit="class",
        compute=snai_class,
        summary=Summary.NONE,
        scale=Scale.CATEGORICAL,
        direction=Direction.LOWER_BETTER,
        categories=SNAI_CLASSES,
    ),
    Indicator(
        name="snai-minutes",
        unit="minutes",
        compute=snai_minutes,
        summary=Summary.MEDIAN,
        direction=Direction.LOWER_BETTER,
        decimals=1,
    ),
    Indicator(name="altitude", unit="metres", compute=altitude, summary=Summary.MEDIAN),
    Indicator(
        name="confiscated-properties",
        unit="properties",
        compute=confiscated_properties,
        filters=_SITES,
        source="anbsc-properties",
    ),
    Indicator(
        name="confiscated-companies",
        unit="companies",
        compute=confiscated_companies,
        filters=_SITES,
        source="anbsc-companies",
    ),
    Indicator(name="historic-centres", unit="centres", compute=historic_centres),
    Indicator(name="declared-needs", unit="needs", compute=declared_needs, listed=True),
)

INDICATORS: Final[Mapping[str, Indicator]] = MappingProxyType({each.name: each for each in _ALL})


def indicator(name: str) -> Indicator:
    """The indicator of that name; `UnknownIndicator` with the names allowed."""
    found = INDICATORS.get(name)
    if found is None:
        raise UnknownIndicator(indicator=name, allowed=", ".join(INDICATORS))
    return found


def measure(territory: Territory, entry: Indicator, selection: Selection = EVERYTHING) -> Measure:
    """Values of one indicator, counting only by the filters that it obeys."""
    obeyed = {name: getattr(selection, name) for name in entry.filters}
    return entry.compute(territory, Selection(**obeyed))


# --- areas made of comuni ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AreaValue:
    """The value of one indicator for an area: a number or None (nessun dato), over so many comuni with a value."""

    value: float | None
    known: int
    of: int = field(default=0)


def summarise(entry: Indicator, result: Measure, members: IntArray) -> AreaValue:
    """The value of the area made of the comuni at these positions.

    A sum adds the known values; a ratio divides the sum of the parts (never a mean of rates); a median is that of the
    comuni; a categorical indicator has no value for an area larger than one comune.
    """
    values = result.values[members]
    known = values[~np.isnan(values)]
    if not len(known) or entry.summary is Summary.NONE:
        return AreaValue(None, len(known), len(members))
    if entry.summary is Summary.SUM:
        return AreaValue(float(known.sum()), len(known), len(members))
    if entry.summary is Summary.MEDIAN:
        return AreaValue(float(np.median(known)), len(known), len(members))
    return AreaValue(_ratio(result, members, entry.factor), len(known), len(members))


def _ratio(result: Measure, members: IntArray, factor: float) -> float | None:
    if result.numerator is None or result.denominator is None:
        return None
    parts, whole = result.numerator[members], result.denominator[members]
    both = ~(np.isnan(parts) | np.isnan(whole))
    total = float(whole[both].sum())
    return float(parts[both].sum()) / total * factor if total > 0 else None
