# SPDX-License-Identifier: EUPL-1.2
"""One cell becomes one value: text, number, date, share, code. Each function raises `BadValue` with its reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar

from data.identity import BadValue
from data.model import Message
from data.wording import clean, plain

KEY_LIMIT = 120
"""Longest key that is kept, in characters."""

Choice = TypeVar("Choice", bound=StrEnum)

_YES = frozenset({"si", "s", "yes", "y", "true", "vero", "1", "x"})
_NO = frozenset({"no", "n", "false", "falso", "0"})
_NUMBER = re.compile(r"[+-]?(\d+|\d{1,3}([.,' ]\d{3})+)?([.,]\d+)?")
_EXPONENT = re.compile(r"[+-]?\d(?:\.\d{1,20})?[eE][+-]?\d{1,2}", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})[/.\-](\d{1,2})[/.\-](\d{1,2})")
_CLOCK = re.compile(r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:Z|[+-]\d{2}:\d{2})?")


def number(text: str, *, decimal_comma: bool = True) -> float:
    """A finite number; decimal comma or point, thousands marked by point, comma, space or apostrophe; `€` is dropped.

    With both marks the last one is the decimal. A single point before exactly three digits (`1.234`) groups thousands
    where the file writes decimal commas (`decimal_comma`), and is a decimal point elsewhere.
    """
    bare = clean(text).replace("€", "").strip()
    if not any(char.isdigit() for char in bare) or len(bare) > 40 or not bare.isascii() or not _NUMBER.fullmatch(bare):
        raise BadValue(Message("reject.number"))
    bare = bare.replace(" ", "").replace("'", "")
    points, commas = bare.count("."), bare.count(",")
    if points and commas:
        bare = _last_mark_is_decimal(bare)
    elif commas == 1:
        bare = bare.replace(",", ".")
    elif commas or points > 1 or (points and decimal_comma and re.fullmatch(r"[+-]?[1-9]\d{0,2}\.\d{3}", bare)):
        bare = bare.replace(",", "").replace(".", "")
    return float(bare)


def _last_mark_is_decimal(bare: str) -> str:
    if bare.rfind(",") > bare.rfind("."):
        return bare.replace(".", "").replace(",", ".")
    return bare.replace(",", "")


def computed(text: str, *, decimal_comma: bool = False) -> float:
    """A number as people or programs write it: as `number`, and with an exponent (`5e-05`), as workbooks hold it."""
    bare = clean(text)
    return float(bare) if _EXPONENT.fullmatch(bare) else number(bare, decimal_comma=decimal_comma)


def whole(text: str, *, largest: int = 10_000_000) -> int:
    """A count, 0..largest; `1.234` and `1,234` are one thousand two hundred and thirty-four."""
    bare = clean(text)
    grouped = re.fullmatch(r"\d{1,3}([.,' ]\d{3})+", bare)
    value = float(re.sub(r"\D", "", bare)) if grouped else number(bare)
    if value != int(value) or not 0 <= value <= largest:
        raise BadValue(Message("reject.count", {"largest": largest}))
    return int(value)


def amount(text: str, *, decimal_comma: bool = True) -> float:
    """Euro or square metres: a number, never negative and below 10^12."""
    value = number(text, decimal_comma=decimal_comma)
    if not 0 <= value < 1e12:
        raise BadValue(Message("reject.amount"))
    return value


def share(text: str) -> float:
    """A share 0..1, from `0.35`, `0,35` or `35 %`."""
    bare = clean(text)
    value = number(bare.rstrip("% "), decimal_comma=False) / (100 if bare.endswith("%") else 1)
    if not 0 <= value <= 1:
        raise BadValue(Message("reject.share"))
    return value


def coordinates(lon: str, lat: str) -> tuple[float, float]:
    """Longitude and latitude in degrees (EPSG:4326). A pair that lies in Italy only when swapped is refused by name."""
    try:
        east, north = number(lon, decimal_comma=False), number(lat, decimal_comma=False)
    except BadValue as wrong:
        raise BadValue(Message("reject.coordinates")) from wrong
    if 35 <= east <= 48 and 6 <= north <= 19:
        raise BadValue(Message("reject.swapped-coordinates"))
    if not (-180 <= east <= 180 and -90 <= north <= 90) or (east, north) == (0, 0):
        raise BadValue(Message("reject.coordinates"))
    return east, north


def day(text: str) -> date:
    """A date from `2022-03-01`, `01/03/2022` (day first, always) or either with a time (dropped); 1800..2100."""
    bare = clean(text)
    year_first, day_first = _YEAR_FIRST.match(bare), _DAY_FIRST.match(bare)
    found = year_first or day_first
    if not found or not _CLOCK.fullmatch(bare[found.end() :]):
        raise BadValue(Message("reject.date"))
    parts = [int(part) for part in found.groups()]
    year, month, number_of_day = parts if year_first else reversed(parts)
    if not 1800 <= year <= 2100:
        raise BadValue(Message("reject.date"))
    try:
        return date(year, month, number_of_day)
    except ValueError as wrong:
        raise BadValue(Message("reject.date")) from wrong


def year(text: str) -> int:
    """A year 1800..2100, also from a full date."""
    bare = clean(text)
    if re.fullmatch(r"(18|19|20)\d\d|2100", bare):
        return int(bare)
    return day(bare).year


def yes(text: str) -> bool:
    """True or False from the words of either language (`sì`, `no`, `X`, `0`, `true`...)."""
    word = plain(text)
    if word in _YES or word in _NO:
        return word in _YES
    raise BadValue(Message("reject.yes-no"))


def flagged(text: str) -> bool:
    """True when the publisher set a mark (`X`, `SI`, `1`); an empty cell or a no is False."""
    return plain(text) not in {"", *_NO}


def choice(kinds: type[Choice], text: str, words: dict[str, Choice] | None = None) -> Choice:
    """The member of an enumeration that the word names; `words` adds Italian ones. The reason lists what is allowed."""
    wanted = plain(text)
    for member in kinds:
        if plain(member.value) == wanted:
            return member
    for word, member in (words or {}).items():
        if plain(word) == wanted:
            return member
    raise BadValue(Message("reject.not-allowed", {"allowed": _allowed([member.value for member in kinds], words)}))


def one_of(allowed: Iterable[str], text: str, words: dict[str, str] | None = None) -> str:
    """The allowed word that the text is, or that `words` translates it to."""
    wanted = plain(text)
    table = {plain(word): word for word in allowed} | {plain(word): kept for word, kept in (words or {}).items()}
    if wanted not in table:
        raise BadValue(Message("reject.not-allowed", {"allowed": _allowed(allowed, words)}))
    return table[wanted]


def _allowed(values: Iterable[str], words: Mapping[str, str] | None) -> str:
    """The first word for each value, and in brackets the values themselves: `aperto, chiuso (open, closed)`."""
    values = list(values)
    first: dict[str, str] = {}
    for word, kept in (words or {}).items():
        first.setdefault(str(kept), word)
    if not any(value in first for value in values):
        return ", ".join(values)
    return f"{', '.join(first.get(value, value) for value in values)} ({', '.join(values)})"
