# SPDX-License-Identifier: EUPL-1.2
"""The 378 comuni of Lazio, its provinces and the areas made of comuni, from the shipped tables."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from data.errors import InvalidValue
from data.lazio.tables import read_table

AREA_LEVELS = ("province", "district", "snai", "labour-system", "crater")
"""Levels at which comuni are grouped: provinces and districts cover the region, the others may leave comuni out."""

LONGEST_NAME = 200
SHORTEST_TRUNCATION = 12
SAINTS = frozenset({"san", "sant", "santa", "santo", "santi", "ss", "s"})
PREFIXES = (("comune", "di"), ("com", "di"), ("citta", "di"), ("municipio", "di"), ("comune",))
OTHER_NAMES = MappingProxyType({"Roma Capitale": "058091", "Montopoli in Sabina": "057044", "Guidonia": "058047"})
"""Spellings met in official files that folding does not reach."""


@dataclass(frozen=True, slots=True)
class MunicipalityFacts:
    """What we ship about one comune; `column_sources()` says where each column comes from.

    lon/lat (EPSG:4326, two decimals) is a point inside the largest part of the comune, not the town hall; area in km2,
    altitude of the town hall in metres. `altitude_zone` is ISTAT's 1 inland mountain, 2 coastal mountain, 3 inland
    hill, 4 coastal hill, 5 plain; `coastal` has a shore, `coastal_zone` is EU coastal area; `urbanisation` is DEGURBA
    1 city, 2 town, 3 rural. Populations are residents on 31 December. `snai_class` A-F and `snai_minutes` (road
    minutes to `snai_pole`, 0 for a pole) are of the 2020 map; `snai_area` is the code of an area of level `snai`.
    `crater_annex` is the annex of the 2016 earthquake law that lists the comune (None: not listed) and
    `crater_certainty` says whether we read that annex (`read`) or know it from elsewhere (`to-verify`).
    """

    istat: str
    name: str
    province: str
    cadastral_code: str
    tax_code: str
    nuts3: str
    lon: float
    lat: float
    area_km2: float
    altitude_m: int
    altitude_zone: int
    coastal: bool
    island: bool
    coastal_zone: bool
    urbanisation: int
    population_2020: int
    population_2021: int
    population_2022: int
    snai_class: str
    snai_minutes: float
    snai_pole: str
    snai_pole_istat: str
    snai_area: str | None
    crater_annex: int | None
    crater_certainty: str | None
    labour_system: str
    labour_system_name: str

    @property
    def in_crater(self) -> bool:
        """True when the comune is among the 15 of the 2016 earthquake area (see `crater_certainty`)."""
        return self.crater_annex is not None

    @property
    def is_inner(self) -> bool:
        """True for the inner areas of the 2020 map: intermediate, peripheral and ultra-peripheral (D, E, F)."""
        return self.snai_class in "DEF"

    @property
    def populations(self) -> Mapping[int, int]:
        """Residents on 31 December by year."""
        return MappingProxyType({2020: self.population_2020, 2021: self.population_2021, 2022: self.population_2022})


@dataclass(frozen=True, slots=True)
class Province:
    """A province (for Roma, the metropolitan city): ISTAT code, sigla, name, ISTAT code of the capital, NUTS 3."""

    istat: str
    sigla: str
    name: str
    capital: str
    nuts3: str


@dataclass(frozen=True, slots=True)
class Area:
    """A named group of comuni at one of `AREA_LEVELS`; `members` are ISTAT codes in order.

    `period` and `state` (`confirmed`, `funded`, `not-funded`) are of SNAI areas, `detail` is the prevailing
    specialisation of a labour system; `certainty` is `read` or `to-verify`; `source` is a key of `sources()`.
    """

    level: str
    code: str
    name: str
    members: tuple[str, ...]
    certainty: str
    source: str
    other_name: str | None = None
    period: str | None = None
    state: str | None = None
    detail: str | None = None


# --- the comuni -------------------------------------------------------------------------------------------


@cache
def municipalities() -> tuple[MunicipalityFacts, ...]:
    """The 378 comuni in order of ISTAT code."""
    systems = {row["code"]: row["name"] for row in read_table("areas") if row["level"] == "labour-system"}
    return tuple(_municipality(row, systems[row["labour_system"]]) for row in read_table("municipalities"))


def _municipality(row: Mapping[str, str], labour_system_name: str) -> MunicipalityFacts:
    return MunicipalityFacts(
        istat=row["istat"],
        name=row["name"],
        province=row["province"],
        cadastral_code=row["cadastral_code"],
        tax_code=row["tax_code"],
        nuts3=row["nuts3"],
        lon=float(row["lon"]),
        lat=float(row["lat"]),
        area_km2=float(row["area_km2"]),
        altitude_m=int(row["altitude_m"]),
        altitude_zone=int(row["altitude_zone"]),
        coastal=row["coastal"] == "1",
        island=row["island"] == "1",
        coastal_zone=row["coastal_zone"] == "1",
        urbanisation=int(row["urbanisation"]),
        population_2020=int(row["population_2020"]),
        population_2021=int(row["population_2021"]),
        population_2022=int(row["population_2022"]),
        snai_class=row["snai_class"],
        snai_minutes=float(row["snai_minutes"]),
        snai_pole=row["snai_pole"],
        snai_pole_istat=row["snai_pole_istat"],
        snai_area=row["snai_area"] or None,
        crater_annex=int(row["crater_annex"]) if row["crater_annex"] else None,
        crater_certainty=row["crater_certainty"] or None,
        labour_system=row["labour_system"],
        labour_system_name=labour_system_name,
    )


@cache
def _by_istat() -> Mapping[str, MunicipalityFacts]:
    return MappingProxyType({facts.istat: facts for facts in municipalities()})


def municipality(istat: str) -> MunicipalityFacts | None:
    """The comune with this six-character ISTAT code; None outside Lazio."""
    return _by_istat().get(istat)


# --- names ------------------------------------------------------------------------------------------------


def fold_name(text: str) -> str:
    """What the spellings of a name share: no accents, case or spaces, s for San, Santa and S., i for j."""
    return _join("s" if word in SAINTS else word for word in _words(text))


def find_municipality(name: str, province: str | None = None) -> MunicipalityFacts | None:
    """The one comune of Lazio that an official file means by this name, or None when there is none or more than one.

    Reads "COMUNE DI CASTEL S. ANGELO", "Roma Capitale" or "Sora (FR)". `province` (sigla, name or ISTAT code) excludes
    a comune of the same name elsewhere; only with it is a cut-off name of at least 12 letters completed.
    """
    if len(name) > LONGEST_NAME:
        return None
    name, written = _split_province(name)
    stated = [_sigla(text) for text in (province, written) if text and text.strip()]
    if any(sigla is None or sigla != stated[0] for sigla in stated):
        return None
    found = _exact(name) or (_completed(name, stated[0]) if stated else None)
    return found if found and (not stated or found.province == stated[0]) else None


def _words(text: str) -> list[str]:
    """Lower-case words of letters and digits without accents."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.findall(r"[a-z0-9]+", bare)


def _join(words: Iterable[str]) -> str:
    return "".join(words).replace("j", "i")


def _without_prefix(words: list[str]) -> list[str]:
    for prefix in PREFIXES:
        if tuple(words[: len(prefix)]) == prefix and len(words) > len(prefix):
            return words[len(prefix) :]
    return words


def _spellings(words: list[str]) -> tuple[str, str]:
    """The folded spelling, and the one that keeps saints as they are written (for names written without spaces)."""
    return _join("s" if word in SAINTS else word for word in words), _join(words)


@cache
def _by_name() -> Mapping[str, MunicipalityFacts]:
    """Comuni by every folded spelling; a test holds that no two share one."""
    names = [(facts.name, facts) for facts in municipalities()]
    names += [(name, _by_istat()[istat]) for name, istat in OTHER_NAMES.items()]
    return MappingProxyType({spelling: facts for name, facts in names for spelling in _spellings(_words(name))})


def _exact(name: str) -> MunicipalityFacts | None:
    words = _words(name)
    for candidate in (words, _without_prefix(words)):
        for spelling in _spellings(candidate):
            if spelling in _by_name():
                return _by_name()[spelling]
    return None


def _completed(name: str, sigla: str | None) -> MunicipalityFacts | None:
    """The only comune of the province whose folded name goes on from this one."""
    start = _spellings(_without_prefix(_words(name)))[0]
    if len(start) < SHORTEST_TRUNCATION:
        return None
    longer = [
        facts for facts in municipalities() if facts.province == sigla and fold_name(facts.name).startswith(start)
    ]
    return longer[0] if len(longer) == 1 else None


def _split_province(name: str) -> tuple[str, str | None]:
    """The name, and the sigla of a province written after it: "Sora (FR)", "Sora - FR"."""
    match = re.fullmatch(r"(.*\S)\s*(?:\(\s*([A-Za-z]{2})\s*\)|(?:,|\s-)\s+([A-Z]{2}))\s*", name, flags=re.DOTALL)
    return (match[1], match[2] or match[3]) if match else (name, None)


def _sigla(province: str) -> str | None:
    """The sigla of a province of Lazio given as sigla, name or ISTAT code; None for any other province."""
    words = _words(province)
    if words[:2] == ["provincia", "di"]:
        words = words[2:]
    return _province_spellings().get("".join(words).lstrip("0"))


@cache
def _province_spellings() -> Mapping[str, str]:
    found = {"cittametropolitanadiromacapitale": "RM", "cittametropolitanadiroma": "RM", "romacapitale": "RM"}
    for province in provinces():
        for text in (province.sigla, province.name, province.istat.lstrip("0")):
            found[text.casefold()] = province.sigla
    return MappingProxyType(found)


# --- provinces and areas ----------------------------------------------------------------------------------


@cache
def provinces() -> tuple[Province, ...]:
    """The five provinces in order of ISTAT code."""
    rows = read_table("provinces")
    return tuple(Province(row["istat"], row["sigla"], row["name"], row["capital"], row["nuts3"]) for row in rows)


@cache
def areas(level: str | None = None) -> tuple[Area, ...]:
    """The areas of one level, or of all, in the order of the tables; raises `InvalidValue` for an unknown level."""
    if level is not None and level not in AREA_LEVELS:
        raise InvalidValue(field="level", value=level, allowed=", ".join(AREA_LEVELS))
    return tuple(area for area in _all_areas() if level in (None, area.level))


def area_of(istat: str, level: str) -> Area | None:
    """The area of this level that the comune belongs to; None when it belongs to none or is outside Lazio."""
    areas(level)
    return _area_index().get((level, istat))


@cache
def _area_index() -> Mapping[tuple[str, str], Area]:
    return MappingProxyType({(area.level, member): area for area in _all_areas() for member in area.members})


@cache
def _all_areas() -> tuple[Area, ...]:
    members = _members()
    own = tuple(
        Area("province", row.sigla, row.name, tuple(members["province", row.sigla]), "read", "istat-limits")
        for row in provinces()
    )
    return own + tuple(_area(row, tuple(members[row["level"], row["code"]])) for row in read_table("areas"))


def _area(row: Mapping[str, str], members: tuple[str, ...]) -> Area:
    return Area(
        level=row["level"],
        code=row["code"],
        name=row["name"],
        members=members,
        certainty=row["certainty"],
        source=row["source"],
        other_name=row["other_name"] or None,
        period=row["period"] or None,
        state=row["state"] or None,
        detail=row["detail"] or None,
    )


def _members() -> Mapping[tuple[str, str], list[str]]:
    """ISTAT codes by level and area code."""
    district = {row["province"]: row["district"] for row in read_table("districts")}
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for facts in municipalities():
        found["province", facts.province].append(facts.istat)
        found["district", district[facts.province]].append(facts.istat)
        found["labour-system", facts.labour_system].append(facts.istat)
        if facts.snai_area:
            found["snai", facts.snai_area].append(facts.istat)
        if facts.in_crater:
            found["crater", "sisma-2016"].append(facts.istat)
    return found
