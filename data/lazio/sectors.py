# SPDX-License-Identifier: EUPL-1.2
"""ATECO 2007 (update 2022) and ATECO 2025 from sections to classes, and the bridge between their divisions."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from data.errors import InvalidValue
from data.lazio.tables import read_table

VERSIONS = ("2007", "2025")
LEVELS = ("section", "division", "group", "class")


@dataclass(frozen=True, slots=True)
class Sector:
    """One entry of the classification: code as published ("A", "01", "01.1", "01.11"), its parent, level and titles."""

    code: str
    parent: str | None
    level: str
    title_it: str
    title_en: str


class Ateco:
    """One version of the classification. Codes may be given in any usual spelling, down to the six-digit ones.

    "88.10.00", "881000", "8810", "Q88.10" and "q 88.10" all mean class 88.10; "2511" means 25.11; "J61" means division
    61, but only in the version whose section J holds it. A level below the class counts as its class.
    """

    def __init__(self, version: str, sectors: Mapping[str, Sector]) -> None:
        self.version = version
        self._sectors = sectors
        children: dict[str | None, list[Sector]] = defaultdict(list)
        for sector in sectors.values():
            children[sector.parent].append(sector)
        self._children = {parent: tuple(found) for parent, found in children.items()}

    def __len__(self) -> int:
        return len(self._sectors)

    def __iter__(self) -> Iterator[Sector]:
        """Every entry, in the order of the classification."""
        return iter(self._sectors.values())

    def __contains__(self, code: object) -> bool:
        return isinstance(code, str) and self.get(code) is not None

    def get(self, code: str) -> Sector | None:
        """The entry that a code means, None when this version has none."""
        letter, digits = _split(code)
        if not digits:
            return self._sectors.get(letter)
        found = self._sectors.get(_dotted(digits))
        return found if found and letter in ("", self._section_of(digits)) else None

    def section(self, code: str) -> Sector | None:
        """The section of a code, also of a class that only the other version has (its division decides)."""
        letter, digits = _split(code)
        own = self._section_of(digits) if digits else letter
        return self._sectors.get(own) if letter in ("", own) else None

    def division(self, code: str) -> Sector | None:
        """The division of a code, also of a class that only the other version has; None for a section letter alone."""
        letter, digits = _split(code)
        found = self._sectors.get(digits[:2])
        return found if found and letter in ("", found.parent) else None

    def title(self, code: str, language: str = "it") -> str | None:
        """The title of a code in Italian, or in English when `language` is "en"; None for an unknown code."""
        found = self.get(code)
        if found is None:
            return None
        return found.title_en if language == "en" else found.title_it

    def ancestors(self, code: str) -> tuple[Sector, ...]:
        """The entries above a code, nearest first, section last; empty for a section and for an unknown code."""
        found, above = self.get(code), []
        while found is not None and found.parent is not None:
            found = self._sectors[found.parent]
            above.append(found)
        return tuple(above)

    def children(self, code: str | None = None) -> tuple[Sector, ...]:
        """The entries just below a code; the sections for None; empty below a class and for an unknown code."""
        if code is None:
            return self._children[None]
        found = self.get(code)
        return self._children.get(found.code, ()) if found else ()

    def of_level(self, level: str) -> tuple[Sector, ...]:
        """Every entry of one level: `section`, `division`, `group` or `class`."""
        return tuple(sector for sector in self if sector.level == level)

    def _section_of(self, digits: str) -> str:
        division = self._sectors.get(digits[:2])
        return (division.parent or "") if division else ""


def _split(code: str) -> tuple[str, str]:
    """Section letter and digits of a code in any spelling; two empty strings when it is no code at all."""
    match = re.fullmatch(r"([A-V]?)\s*([0-9][0-9., ]{0,10}|)", code.strip().upper())
    if match is None:
        return "", ""
    head, *rest = re.split(r"[., ]+", match[2].strip(" .,"))
    if head and (rest or len(head) == 1):
        head = head.zfill(2)  # a spreadsheet has eaten the leading zero of "01.11"
    digits = head + "".join(rest)
    return (match[1], digits) if len(digits) <= 6 else ("", "")


def _dotted(digits: str) -> str:
    """The published spelling of two to four digits; deeper levels are cut to the class."""
    return digits if len(digits) < 3 else f"{digits[:2]}.{digits[2:4]}"


@cache
def ateco(version: str) -> Ateco:
    """The classification of a version ("2007", update 2022, or "2025"); raises `InvalidValue` for any other."""
    if version not in VERSIONS:
        raise InvalidValue(field="version", value=version, allowed=", ".join(VERSIONS))
    rows = read_table(f"ateco_{version}")
    return Ateco(version, MappingProxyType({row["code"]: _sector(row) for row in rows}))


def _sector(row: Mapping[str, str]) -> Sector:
    return Sector(row["code"], row["parent"] or None, row["level"], row["title_it"], row["title_en"])


# --- the bridge -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BridgeRow:
    """One division of 2007 and one of 2025 that share activities.

    `kind` is `exact` (one to one), `split` (the 2007 division goes to several), `merged` (several come into the 2025
    one) or `mixed` (both). `parts_2007` and `parts_2025` are the groups and classes that correspond, empty when whole
    divisions do. `certainty` is `read` when the titles of both structures say so, `to-verify` when they suggest it.
    """

    division_2007: str
    division_2025: str
    kind: str
    parts_2007: tuple[str, ...]
    parts_2025: tuple[str, ...]
    certainty: str
    note: str


@cache
def bridge_rows() -> tuple[BridgeRow, ...]:
    """The whole bridge, our own reading of the two structures, in order of the 2007 division."""
    return tuple(
        BridgeRow(
            row["division_2007"],
            row["division_2025"],
            row["kind"],
            tuple(row["parts_2007"].split()),
            tuple(row["parts_2025"].split()),
            row["certainty"],
            row["note"],
        )
        for row in read_table("ateco_bridge")
    )


def bridge(code: str, from_version: str, to_version: str) -> tuple[str, ...]:
    """The divisions of `to_version` that a code of `from_version` corresponds to, the one of the same number first.

    A group or class narrows the answer to its part of a divided division; a section letter gives sections. Within one
    version the answer is the code's own division (or section). Empty for a code that `from_version` does not have.
    """
    source, target = ateco(from_version), ateco(to_version)
    found = source.get(code)
    if found is None:
        return ()
    if found.level == "section":
        return _bridge_section(source, target, found)
    division = found.code[:2]
    if source is target:
        return (division,)
    there = {to for to, parts in _links(from_version)[division] if _touches(found.code, parts)}
    return tuple(sorted(there, key=lambda to: (to != division, to)))


def _bridge_section(source: Ateco, target: Ateco, section: Sector) -> tuple[str, ...]:
    below = (to for child in source.children(section.code) for to in bridge(child.code, source.version, target.version))
    sections = [found.code for to in below if (found := target.section(to))]
    return tuple(sorted(set(sections), key=lambda letter: (-sections.count(letter), letter)))


def _touches(code: str, parts: tuple[str, ...]) -> bool:
    """True when a code lies in one of the parts, or holds one; no parts are the whole division."""
    return not parts or any(code.startswith(part) or part.startswith(code) for part in parts)


@cache
def _links(from_version: str) -> Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    """For each division of a version, the divisions of the other with the parts of this version that go there."""
    found: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = defaultdict(tuple)
    for row in bridge_rows():
        here, there, parts = row.division_2007, row.division_2025, row.parts_2007
        if from_version == "2025":
            here, there, parts = there, here, row.parts_2025
        found[here] += ((there, parts),)
    return MappingProxyType(found)
