# SPDX-License-Identifier: EUPL-1.2
"""Organisations as columns: an array per known fact, an entry per organisation, -1 or NaN where nothing is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from data.model import BodyType, Evidence, Organisation, OrganisationKind, Status
from matching.fields import (
    FIELD_NAMES,
    NATIONAL_BODIES,
    fields_of_category,
    fields_of_sector,
    fields_of_social_name,
    fields_of_social_type,
    fields_of_words,
    is_national,
    is_provincial,
)
from matching.knowledge import STAGES
from matching.supposed import SUPPOSED_KINDS

Ints = npt.NDArray[np.signedinteger[Any]]  # columns take four bytes a number, what is counted eight

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

KINDS: Final = tuple(OrganisationKind)
_KIND_CODE: Final = {kind: code for code, kind in enumerate(KINDS)}
BODY_TYPES: Final = tuple(BodyType)
CERTAIN: Final = frozenset({Evidence.OFFICIAL, Evidence.DECLARED})

STATUS_UNKNOWN, STATUS_ACTIVE, STATUS_NOT_ACTIVE = -1, 1, 0
TYPE_A, TYPE_B = 1, 2
SMALL: Final = 1  # of `Columns.size`: micro and small are at most this

# How sure a field of work is, by what it was read from.
_BY_SECTOR, _BY_CATEGORY, _BY_NAME, _BY_TENDERS, _BY_SOCIAL_NAME = 1.0, 0.9, 0.7, 0.6, 0.25

_SIZE_LIMITS: Final = (
    (10, 2e6),
    (50, 10e6),
    (250, 50e6),
)  # employees, euro (Recommendation 2003/361/EC, without assets)


@dataclass(frozen=True, slots=True)
class Columns:
    """What is known, column by column; every array has one entry per organisation, in the order of the index.

    `sector` is a position in `sectors` (code without dots, version); `division`, `group` and `activity` are numbers,
    equal only for the same code of the same version (divisions also across versions, by the bridge).
    `national` marks bodies that work for the whole country, `provincial` those that work for a province.
    `standing` is a position in `standings`: where in the chains a body stands, by what it says, by its known code, else
    by what is supposed of it (`supposed`); `supposed_sector` and `supposed_type` mark inferred codes and social types.
    `size` is 0 micro .. 3 large; `scale` the natural logarithm of employees (or of revenue / 50,000 euro).
    `fields` (organisations x fields of work) says 0..1 how sure a field is.
    """

    kind: Ints
    body: Ints
    national: Flags
    provincial: Flags
    status: Ints
    place: Ints
    province: Ints
    sector: Ints
    division: Ints
    group: Ints
    activity: Ints
    category: Ints
    social: Ints
    social_type: Ints
    third_sector: Flags
    size: Ints
    scale: Floats
    federation: Ints
    founded: Ints
    fields: Floats
    certifications: tuple[frozenset[str], ...]
    sectors: tuple[tuple[str, str], ...]
    provinces: tuple[str, ...]
    categories: tuple[str, ...]
    federations: tuple[str, ...]
    standing: Ints
    standings: tuple[tuple[str, str], ...]
    supposed: Flags
    supposed_sector: Flags
    supposed_type: Flags


Value = Callable[[Sequence[Organisation], str], list[Any]]


def anything(organisations: Sequence[Organisation], field: str) -> list[Any]:
    """The value of a field for each of them, whatever it rests on."""
    return list(map(attrgetter(field), organisations))


def only_certain(organisations: Sequence[Organisation], field: str) -> list[Any]:
    """The value of a field for each of them where it is official or declared, else None."""
    known = _resting_on(organisations, field, CERTAIN)
    return [
        getattr(each, field) if certain and not each.demonstration else None
        for each, certain in zip(organisations, known, strict=True)
    ]


def _resting_on(organisations: Sequence[Organisation], field: str, kinds: Iterable[Evidence]) -> list[bool]:
    """Whether each knows the field by one of these kinds of evidence; many bodies share what their facts rest on."""
    every = {id(each.provenance): each.provenance for each in organisations}
    wanted = frozenset(kinds)
    rests = {at: (told := where.get(field)) is not None and told.evidence in wanted for at, where in every.items()}
    return [rests[id(each.provenance)] for each in organisations]


def each_of(read: Callable[..., Any], *columns: Iterable[Any]) -> list[Any]:
    """What `read` makes of every row of these columns; asked once for equal rows, which therefore share it."""
    rows = list(zip(*columns, strict=True))
    known = {row: read(*row) for row in dict.fromkeys(rows)}
    return list(map(known.__getitem__, rows))


def sharing(columns: Columns, others: Columns) -> Columns:
    """The same columns, those that the others have just so as the very same objects: most facts are certain."""
    kept: dict[str, Any] = {}
    for each in fields(Columns):
        own, theirs = getattr(columns, each.name), getattr(others, each.name)
        numbers = isinstance(own, np.ndarray)
        if np.array_equal(own, theirs, equal_nan=own.dtype.kind == "f") if numbers else own == theirs:
            kept[each.name] = theirs
    return replace(columns, **kept)


def build_columns(
    organisations: Sequence[Organisation],
    places: Mapping[str, int],
    texts: Sequence[Iterable[str]],
    bridged: Callable[[str, str], str],
    value: Value = anything,
) -> Columns:
    """Columns of the organisations; `places` gives the position of a comune, `texts` the tender texts of each body,
    `bridged(code, version)` the division in one common version."""

    def known(field: str) -> list[Any]:
        return value(organisations, field)

    sectors = each_of(_sector, known("sector"), anything(organisations, "sector_version"))
    sector_codes = tuple(sorted(set(sectors) - {None}))
    social_types, categories_said = known("social_type"), known("category")
    social = each_of(_social, categories_said, social_types)
    supposed = {
        field: _resting_on(organisations, field, SUPPOSED_KINDS) for field in ("sector", "social_type", "chain_stages")
    }
    standing = each_of(_standing, sectors, known("chain_stages"), supposed["chain_stages"], supposed["sector"])
    standings = tuple(sorted(set(standing) - {None}))
    province, provinces = _coded(known("province"))
    category, categories = _coded(categories_said)
    federation, federations = _coded(known("federation"))
    kinds, body_types = anything(organisations, "kind"), anything(organisations, "body_type")
    names = anything(organisations, "name")
    employees, revenue = known("employees"), known("revenue")
    signs = _known_signs(sectors, categories_said, social_types, supposed)
    if value is not only_certain:
        signs = _with_words(signs, organisations, texts, social)
    return Columns(
        kind=_codes(each_of(_KIND_CODE.__getitem__, kinds)),
        body=_codes(each_of(_body, body_types)),
        national=_flags(map(_national, body_types, names)),
        provincial=_flags(map(is_provincial, body_types, names)),
        status=_codes(each_of(_status, anything(organisations, "status"))),
        place=_codes(places.get(str(each), -1) for each in known("municipality")),
        province=province,
        sector=_positions(sectors, sector_codes),
        division=_codes(each_of(lambda found: _number(bridged(*found), "") if found else -1, sectors)),
        group=_codes(each_of(lambda found: _level(found, 3), sectors)),
        activity=_codes(each_of(lambda found: _level(found, 4), sectors)),
        category=category,
        social=_codes(social),
        social_type=_codes(each_of(_social_type, social_types)),
        third_sector=_flags(each is True for each in known("third_sector")),
        size=_codes(each_of(_size, employees, revenue)),
        scale=np.array(each_of(_scale, employees, revenue), dtype=np.float64),
        federation=federation,
        founded=_codes(each or -1 for each in known("founded")),
        fields=_fields(signs),
        certifications=tuple(each_of(frozenset, (each or () for each in known("certifications")))),
        sectors=sector_codes,
        provinces=provinces,
        categories=categories,
        federations=federations,
        standing=_positions(standing, standings),
        standings=standings,
        supposed=_flags(
            each_of(
                _standing_supposed,
                map(bool, anything(organisations, "chain_stages")),
                supposed["chain_stages"],
                (each is None for each in anything(organisations, "sector")),
                supposed["sector"],
            )
        ),
        supposed_sector=_flags(supposed["sector"]),
        supposed_type=_flags(supposed["social_type"]),
    )


def _standing(
    sector: tuple[str, str] | None, stages: tuple[str, ...] | None, stages_supposed: bool, sector_supposed: bool
) -> tuple[str, str] | None:
    """What is said of the body's stages before its code, what is known before what is supposed."""
    keys = " ".join(sorted(stages or ()))
    if keys and (sector is None or not stages_supposed or sector_supposed):
        return (keys, STAGES)
    return sector


def _standing_supposed(staged: bool, stages_supposed: bool, no_sector: bool, sector_supposed: bool) -> bool:
    if staged and not stages_supposed:
        return False
    return no_sector or sector_supposed


def _codes(values: Iterable[Any]) -> Ints:
    return np.fromiter(values, dtype=np.int32)


def _flags(values: Iterable[bool]) -> Flags:
    return np.fromiter(values, dtype=np.bool_)


def _coded(found: Sequence[Any]) -> tuple[Ints, tuple[str, ...]]:
    """Positions in the sorted list of the names found, -1 for None, and that list."""
    names = tuple(sorted({str(each) for each in set(found) if each is not None}))
    position: dict[str, int] = {name: code for code, name in enumerate(names)}
    return _codes(each_of(lambda each: -1 if each is None else position[str(each)], found)), names


def _positions(sectors: Sequence[tuple[str, str] | None], codes: tuple[tuple[str, str], ...]) -> Ints:
    position: dict[tuple[str, str] | None, int] = {code: place for place, code in enumerate(codes)}
    return _codes(position.get(found, -1) for found in sectors)


def _sector(code: str | None, version: str | None) -> tuple[str, str] | None:
    digits = "".join(sign for sign in str(code or "") if sign.isdigit())
    return (digits, version or "2007") if len(digits) >= 2 else None


def _level(sector: tuple[str, str] | None, digits: int) -> int:
    if sector is None or len(sector[0]) < digits:
        return -1
    return _number(sector[0][:digits], sector[1])


def _number(code: str, version: str) -> int:
    return int(f"{version}1{code}") if code.isdigit() else -1


def _body(body_type: BodyType | None) -> int:
    return BODY_TYPES.index(body_type) if body_type is not None else -1


def _national(body_type: BodyType | None, name: str) -> bool:
    return body_type is not None and (body_type in NATIONAL_BODIES or is_national(name))


def _status(status: Status | None) -> int:
    """A crisis is told in confidence and counts as not known; a group that has yet to found a body is not active."""
    if status in (None, Status.CRISIS):
        return STATUS_UNKNOWN
    return STATUS_ACTIVE if status in (Status.ACTIVE, Status.NEW) else STATUS_NOT_ACTIVE


def _social(category: str | None, social_type: str | None) -> int:
    """1 social cooperative (or consortium of them), 0 surely not, -1 not known."""
    if social_type is not None or (category is not None and "social" in str(category).lower()):
        return 1
    return 0 if category is not None else -1


def _social_type(social_type: str | None) -> int:
    letters = set(str(social_type or "").upper())
    return TYPE_A * ("A" in letters) + TYPE_B * ("B" in letters)


def _size(employees: object, revenue: object) -> int:
    if employees is None and revenue is None:
        return -1
    return sum(
        (isinstance(employees, int) and employees >= people) or (isinstance(revenue, float | int) and revenue > euro)
        for people, euro in _SIZE_LIMITS
    )


def _scale(employees: object, revenue: object) -> float:
    if isinstance(employees, int) and employees > 0:
        return float(np.log(employees))
    if isinstance(revenue, float | int) and revenue > 0:
        return float(np.log(max(revenue / 50_000.0, 1.0)))
    return float("nan")


# --- fields of work: signs are (position of the field, how sure) -----------------------------------------------

Signs = tuple[tuple[int, float], ...]


def _fields(signs: Sequence[Signs]) -> Floats:
    """Rows x fields of work: how sure the surest sign is."""
    matrix = np.zeros((len(signs), len(FIELD_NAMES)))
    counts = np.fromiter(map(len, signs), dtype=np.int64, count=len(signs))
    flat = np.array(list(chain.from_iterable(signs)), dtype=np.float64).reshape(-1, 2)
    where = (np.repeat(np.arange(len(signs)), counts), flat[:, 0].astype(np.int64))
    np.maximum.at(matrix, where, flat[:, 1])
    return matrix


@lru_cache(maxsize=4096)
def _signs(names: tuple[str, ...], sure: float) -> Signs:
    return tuple((FIELD_NAMES.index(name), sure) for name in names)


def _known_signs(
    sectors: Sequence[tuple[str, str] | None],
    categories: Sequence[str | None],
    social_types: Sequence[str | None],
    supposed: Mapping[str, Sequence[bool]],
) -> list[Signs]:
    def read(
        sector: tuple[str, str] | None,
        category: str | None,
        social_type: str | None,
        sector_supposed: bool,
        type_supposed: bool,
    ) -> Signs:
        return (
            *(_signs(fields_of_sector(sector[0]), _BY_NAME if sector_supposed else _BY_SECTOR) if sector else ()),
            *_signs(fields_of_category(str(category or "")), _BY_CATEGORY),
            *_signs(fields_of_social_type(str(social_type or "")), _BY_TENDERS if type_supposed else _BY_CATEGORY),
        )

    return each_of(read, sectors, categories, social_types, supposed["sector"], supposed["social_type"])


def _with_words(
    signs: Sequence[Signs],
    organisations: Sequence[Organisation],
    texts: Sequence[Iterable[str]],
    social: Sequence[int],
) -> list[Signs]:
    """With what names, purposes and tenders speak of; names of public bodies say whose work it is, not which."""
    by_text = {text: _signs(fields_of_words(text), _BY_TENDERS) for text in set(chain.from_iterable(texts))}
    weakly = _signs(fields_of_social_name(), _BY_SOCIAL_NAME)
    found = []
    for said, each, spoken, is_social in zip(signs, organisations, texts, social, strict=True):
        if each.kind is OrganisationKind.PUBLIC_BODY:
            found.append(said)
            continue
        named = _signs(fields_of_words(f"{each.name} {each.purpose or ''}"), _BY_NAME)
        more = (*said, *named, *chain.from_iterable([by_text[text] for text in spoken]))
        found.append(more or (weakly if is_social == 1 else ()))
    return found
