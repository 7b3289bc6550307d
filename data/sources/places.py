# SPDX-License-Identifier: EUPL-1.2
"""Where a row is: ISTAT codes, names of comuni and provinces of Lazio, told from those of other regions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from data.identity import BadValue
from data.lazio import find_municipality, municipalities, municipality, provinces
from data.model import Message
from data.sources.reading import Row
from data.wording import clean, plain

REGION_CODE = "12"
_ISTAT = re.compile(r"\d{4,6}(\.0)?")
_METROPOLITAN_ROME = "258"  # the unit of the Metropolitan City in ISTAT's newer tables; its comuni keep 058


@dataclass(frozen=True, slots=True)
class Place:
    """A comune of Lazio (its code) or none (`municipality` is None), and the province sign as far as known."""

    municipality: str | None
    province: str | None
    inside: bool


OUTSIDE = Place(None, None, inside=False)


@cache
def province_of() -> dict[str, str]:
    """ISTAT code -> province sign, for the comuni of Lazio."""
    return {one.istat: one.province for one in municipalities()}


@cache
def comune_of_tax_code() -> dict[str, str]:
    """Tax code -> ISTAT code, for the comuni of Lazio as buyers and bodies."""
    return {one.tax_code: one.istat for one in municipalities() if one.tax_code}


def istat_code(text: str) -> str:
    """The ISTAT code as six characters of text. Raises `BadValue` for what is no such code."""
    bare = clean(text)
    if not _ISTAT.fullmatch(bare):
        raise BadValue(Message("reject.istat"))
    code = bare.removesuffix(".0").zfill(6)
    return "058" + code[3:] if code.startswith(_METROPOLITAN_ROME) else code


def place_of_code(text: str) -> Place:
    """The place of an ISTAT code. One that begins like a province of Lazio must be a comune of ours."""
    code = istat_code(text)
    if code in province_of():
        return Place(code, province_of()[code], inside=True)
    if code[:3] in {known[:3] for known in province_of()}:
        raise BadValue(Message("reject.municipality"))
    return OUTSIDE


def place_of_name(name: str, province: str | None = None) -> Place:
    """The place of a comune's name, with its province when the name is not enough. Raises `BadValue`."""
    found = find_municipality(clean(name), province)
    if found is None:
        raise BadValue(Message("reject.municipality"))
    return Place(found.istat, found.province, inside=True)


def name_of_body(istat: str) -> str:
    """What the comune is called as a public body: `Comune di Latina`, `Roma Capitale`."""
    found = municipality(istat)
    return "Roma Capitale" if istat == "058091" or found is None else f"Comune di {found.name}"


@cache
def _signs() -> dict[str, str]:
    table = {plain(text): one.sigla for one in provinces() for text in (one.name, one.sigla)}
    return table | {"cittametropolitanadiroma": "RM", "romacapitale": "RM"}


def province_sign(text: str) -> str:
    """The two-letter sign of a province, of any region; provinces of Lazio by name too. Raises `BadValue`."""
    bare = clean(text)
    known = _signs().get(plain(bare).removeprefix("provinciadi"))
    if known:
        return known
    if re.fullmatch(r"[A-Za-z]{2}", bare):
        return bare.upper()
    raise BadValue(Message("reject.province"))


def in_lazio(province: str | None) -> bool:
    """True when the sign is that of a province of Lazio."""
    return province in _signs().values()


def place_of(row: Row, column: str = "municipality", province: str = "province") -> Place:
    """Where a row of an own file is: ISTAT code, or name with province; a comune elsewhere in Italy keeps its province.

    Raises `BadCell` for a name that is no comune of Lazio when no other province explains it.
    """
    sign = row.value(province, province_sign)
    if not row.has(column):
        return Place(None, sign, inside=in_lazio(sign))
    if row.raw(column)[0].isdigit():
        found = row.must(column, place_of_code)
        return found if found.inside else Place(None, sign, inside=False)
    if sign is not None and not in_lazio(sign):
        return Place(None, sign, inside=False)
    return row.must(column, lambda name: place_of_name(name, sign))
