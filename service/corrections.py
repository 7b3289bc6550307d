# SPDX-License-Identifier: EUPL-1.2
"""What an organisation may say of itself: which fields, and which values each of them takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

from data.errors import InvalidValue
from data.identity import BadValue
from data.lazio import ateco, municipality
from data.lazio.chains import Stage, chains
from data.lazio.themes import themes
from data.model import Status, Visibility
from data.store import Store
from data.wording import clean, refuse_personal, refuse_private, web_address
from service.errors import UnfitText
from service.snapshot import today

_MOST: Final = 200
_LONGEST: Final = 2_000
_ATECO: Final = re.compile(r"\d{2}(?:\.\d{1,2}(?:\.\d{1,2})?)?")
SECTOR_VERSION: Final = "2025"
FIRST_YEAR: Final = 1850  # Italian cooperatives begin in the years after
SOCIAL_TYPES: Final = ("A", "B", "A+B", "C")
NONE_OF_THESE: Final = "none"  # said of a list: nothing in it is right


def checked(field: str, value: object, body: str = "") -> object:
    """The value as the store takes it, its texts cleaned; `body` is the name of the organisation that says it.

    Raises InvalidValue (field, allowed) when the field or the value may not be, UnfitText when it tells of a person.
    """
    check = CORRECTABLE.get(field)
    if check is None:
        raise InvalidValue(field="field", value="", allowed=", ".join(sorted(CORRECTABLE)))
    taken = check(field, value)
    for text in taken if isinstance(taken, tuple) else (taken,):
        if isinstance(text, str):
            refuse_persons(field, text, body)
    return taken


def refuse_persons(field: str, text: str, body: str = "") -> None:
    """Raises UnfitText when a person's tax code or mail address, a telephone number or an IBAN stands in the text.

    An address of a page may hold any number.
    """
    try:
        (refuse_personal if field == "website" else refuse_private)(text, body)
    except BadValue as wrong:
        raise UnfitText(field=field, why=wrong.reason.key) from wrong


def apply(
    store: Store, organisation: str, field: str, value: object, visibility: Visibility, *, name: str = ""
) -> None:
    """Checks and writes what an organisation says of itself, with what follows from it (a comune has its province).

    `name` is the organisation's. Raises InvalidValue, UnfitText, UnknownOrganisation, StoreBusy, StoreUnavailable.
    """
    taken = checked(field, value, name)
    if (field, taken) == ("status", Status.CRISIS) and visibility is Visibility.PUBLIC:
        raise InvalidValue(field="visibility", value="", allowed=f"{Visibility.FEDERATION}, {Visibility.RESERVED}")
    store.correct(organisation, {field: taken} | _consequences(field, taken), visibility=visibility, today=today())


def withdraw(store: Store, organisation: str, field: str) -> bool:
    """Takes back what an organisation says of a field: what the registers say stands again, or nothing ("non noto").

    False when it says nothing. Raises InvalidValue (a field that nobody may correct), UnknownOrganisation, StoreBusy,
    StoreUnavailable.
    """
    if field not in CORRECTABLE:
        raise InvalidValue(field="field", value="", allowed=", ".join(sorted(CORRECTABLE)))
    return store.withdraw_correction(organisation, field)


def _consequences(field: str, value: object) -> dict[str, object]:
    if field == "sector":
        return {"sector_version": SECTOR_VERSION}
    facts = municipality(str(value)) if field == "municipality" else None
    return {"province": facts.province} if facts else {}


def _wrong(field: str, allowed: str) -> InvalidValue:
    return InvalidValue(field=field, value="", allowed=allowed)


def _line(field: str, value: object) -> str:
    text = clean(value) if isinstance(value, str) else ""
    if not 0 < len(text) <= _MOST:
        raise _wrong(field, f"1-{_MOST}")
    return text


def _passage(field: str, value: object) -> str:
    text = passage(value) if isinstance(value, str) else ""
    if not 0 < len(text) <= _LONGEST:
        raise _wrong(field, f"1-{_LONGEST}")
    return text


def passage(text: str) -> str:
    """Text of several lines without hidden characters, its lines kept."""
    return "\n".join(clean(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")).strip()


def _count(least: int, most: int) -> Callable[[str, object], int]:
    def check(field: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise _wrong(field, f"{least}-{most}")
        if value != int(value):
            raise _wrong(field, f"{least}-{most}")
        return int(value)

    return check


def _year(field: str, value: object) -> int:
    return _count(FIRST_YEAR, today().year)(field, value)


def _amount(most: float) -> Callable[[str, object], float]:
    def check(field: str, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
            raise _wrong(field, f"0-{most:g}")
        return float(value)

    return check


def _yes_or_no(field: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong(field, "true, false")
    return value


def _one_of(values: type[StrEnum] | tuple[str, ...]) -> Callable[[str, object], str]:
    names = tuple(str(value.value) for value in values) if isinstance(values, type) else values

    def check(field: str, value: object) -> str:
        if value not in names:
            raise _wrong(field, ", ".join(names))
        return str(value)

    return check


def _municipality(field: str, value: object) -> str:
    if not isinstance(value, str) or municipality(value) is None:
        raise _wrong(field, "ISTAT")
    return value


def _sector(field: str, value: object) -> str:
    if not isinstance(value, str) or not _ATECO.fullmatch(value) or ateco(SECTOR_VERSION).get(value) is None:
        raise _wrong(field, "ATECO 2025")
    return value


def _website(field: str, value: object) -> str:
    text = _line(field, value)
    refuse_persons(field, text)
    try:
        return web_address(text)
    except BadValue as wrong:
        raise _wrong(field, "https://...") from wrong


def _names(field: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or len(value) > 20:
        raise _wrong(field, "0-20")
    return tuple(_line(field, name) for name in value)


def stage_keys() -> tuple[str, ...]:
    """The stages that an organisation may say it stands at ("chain:stage"), public bodies' and shared ones left out."""
    return tuple(f"{one.code}:{stage.key}" for one in chains() for stage in one.stages if stage_of_work(stage))


def stage_of_work(stage: Stage) -> bool:
    """True for the stages of organisations that do the work."""
    return not stage.bodies and not stage.shared


def theme_keys() -> tuple[str, ...]:
    """The themes of work."""
    return tuple(theme.key for theme in themes())


def _keys_among(known: Callable[[], tuple[str, ...]]) -> Callable[[str, object], tuple[str, ...]]:
    def check(field: str, value: object) -> tuple[str, ...]:
        keys = _names(field, value)
        if keys in ((), (NONE_OF_THESE,)):
            return ()
        if not set(keys) <= set(known()):
            raise _wrong(field, ", ".join((*known(), NONE_OF_THESE)))
        return tuple(dict.fromkeys(keys))

    return check


CORRECTABLE: Final[Mapping[str, Callable[[str, object], object]]] = {
    "name": _line,
    "municipality": _municipality,
    "sector": _sector,
    "category": _line,
    "social_type": _one_of(SOCIAL_TYPES),
    "legal_form": _line,
    "status": _one_of(Status),
    "federation": _line,
    "founded": _year,
    "employees": _count(0, 1_000_000),
    "members": _count(0, 10_000_000),
    "revenue": _amount(1e12),
    "prevalent_mutuality": _yes_or_no,
    "third_sector": _yes_or_no,
    "disadvantaged_share": _amount(1),
    "social_share": _amount(1),
    "certifications": _names,
    "chain_stages": _keys_among(stage_keys),
    "themes": _keys_among(theme_keys),
    "purpose": _passage,
    "website": _website,
}
