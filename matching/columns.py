# SPDX-License-Identifier: EUPL-1.2
"""Organisations as columns: an array per known fact, an entry per organisation, -1 or NaN where nothing is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
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
from matching.supposed import is_supposed

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

KINDS: Final = tuple(OrganisationKind)
_KIND_CODE: Final = {kind: code for code, kind in enumerate(KINDS)}
BODY_TYPES: Final = tuple(BodyType)
CERTAIN: Final = frozenset({Evidence.OFFICIAL, Evidence.DECLARED})

STATUS_UNKNOWN, STATUS_ACTIVE, STATUS_NOT_ACTIVE = -1, 1, 0
TYPE_A, TYPE_B = 1, 2

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


Value = Callable[[Organisation, str], object]


def anything(organisation: Organisation, field: str) -> object:
    """The value of a field, whatever it rests on."""
    return getattr(organisation, field)


def only_certain(organisation: Organisation, field: str) -> object:
    """The value of a field where it is official or declared, else None."""
    provenance = organisation.provenance.get(field)
    known = provenance is not None and provenance.evidence in CERTAIN and not organisation.demonstration
    return getattr(organisation, field) if known else None


def build_columns(
    organisations: Sequence[Organisation],
    places: Mapping[str, int],
    texts: Sequence[Sequence[str]],
    bridged: Callable[[str, str], str],
    value: Value = anything,
) -> Columns:
    """Columns of the organisations; `places` gives the position of a comune, `texts` the tender texts of each body,
    `bridged(code, version)` the division in one common version."""
    sectors = [_sector(organisation, value) for organisation in organisations]
    sector_codes = tuple(sorted({found for found in sectors if found is not None}))
    social = [_social(organisation, value) for organisation in organisations]
    standing = [
        _standing(organisation, sector, value) for organisation, sector in zip(organisations, sectors, strict=True)
    ]
    standings = tuple(sorted({found for found in standing if found is not None}))
    province, provinces = _coded(organisations, "province", value)
    category, categories = _coded(organisations, "category", value)
    federation, federations = _coded(organisations, "federation", value)
    return Columns(
        kind=_ints(_KIND_CODE[organisation.kind] for organisation in organisations),
        body=_ints(_body(organisation) for organisation in organisations),
        national=np.array([_national(organisation) for organisation in organisations], dtype=np.bool_),
        provincial=np.array([is_provincial(each.body_type, each.name) for each in organisations], dtype=np.bool_),
        status=_ints(_status(organisation) for organisation in organisations),
        place=_ints(places.get(str(value(organisation, "municipality")), -1) for organisation in organisations),
        province=province,
        sector=_positions(sectors, sector_codes),
        division=_ints(_number(bridged(*found), "") if found else -1 for found in sectors),
        group=_ints(_level(found, 3) for found in sectors),
        activity=_ints(_level(found, 4) for found in sectors),
        category=category,
        social=_ints(social),
        social_type=_ints(_social_type(organisation, value) for organisation in organisations),
        third_sector=np.array([value(each, "third_sector") is True for each in organisations], dtype=np.bool_),
        size=_ints(_size(organisation, value) for organisation in organisations),
        scale=np.array([_scale(organisation, value) for organisation in organisations], dtype=np.float64),
        federation=federation,
        founded=_ints(value(organisation, "founded") or -1 for organisation in organisations),
        fields=_fields(organisations, sectors, social, texts, value),
        certifications=tuple(
            frozenset(organisation.certifications if value(organisation, "certifications") else ())
            for organisation in organisations
        ),
        sectors=sector_codes,
        provinces=provinces,
        categories=categories,
        federations=federations,
        standing=_positions(standing, standings),
        standings=standings,
        supposed=np.array([_standing_supposed(each) for each in organisations], dtype=np.bool_),
        supposed_sector=np.array([is_supposed(each, "sector") for each in organisations], dtype=np.bool_),
        supposed_type=np.array([is_supposed(each, "social_type") for each in organisations], dtype=np.bool_),
    )


def _standing(organisation: Organisation, sector: tuple[str, str] | None, value: Value) -> tuple[str, str] | None:
    """What is said of the body's stages before its code, what is known before what is supposed."""
    said = value(organisation, "chain_stages")
    keys = " ".join(sorted(str(each) for each in said)) if isinstance(said, tuple) else ""
    if keys and (
        sector is None or not is_supposed(organisation, "chain_stages") or is_supposed(organisation, "sector")
    ):
        return (keys, STAGES)
    return sector


def _standing_supposed(organisation: Organisation) -> bool:
    if organisation.chain_stages and not is_supposed(organisation, "chain_stages"):
        return False
    return organisation.sector is None or is_supposed(organisation, "sector")


def _ints(values: Iterable[Any]) -> Ints:
    return np.fromiter(values, dtype=np.int64)


def _coded(organisations: Sequence[Organisation], field: str, value: Value) -> tuple[Ints, tuple[str, ...]]:
    """Positions in the sorted list of the names of a field, and that list."""
    found = [value(each, field) for each in organisations]
    names = tuple(sorted({str(each) for each in found if each is not None}))
    position: dict[object, int] = {name: code for code, name in enumerate(names)}
    return _ints(-1 if each is None else position[str(each)] for each in found), names


def _positions(sectors: Sequence[tuple[str, str] | None], codes: tuple[tuple[str, str], ...]) -> Ints:
    position = {code: place for place, code in enumerate(codes)}
    return _ints(position[found] if found is not None else -1 for found in sectors)


def _sector(organisation: Organisation, value: Value) -> tuple[str, str] | None:
    code = value(organisation, "sector")
    digits = "".join(sign for sign in str(code or "") if sign.isdigit())
    return (digits, organisation.sector_version or "2007") if len(digits) >= 2 else None


def _level(sector: tuple[str, str] | None, digits: int) -> int:
    if sector is None or len(sector[0]) < digits:
        return -1
    return _number(sector[0][:digits], sector[1])


def _number(code: str, version: str) -> int:
    return int(f"{version}1{code}") if code.isdigit() else -1


def _body(organisation: Organisation) -> int:
    return BODY_TYPES.index(organisation.body_type) if organisation.body_type is not None else -1


def _national(organisation: Organisation) -> bool:
    return organisation.body_type is not None and (
        organisation.body_type in NATIONAL_BODIES or is_national(organisation.name)
    )


def _status(organisation: Organisation) -> int:
    """A crisis is told in confidence and counts as not known; a group that has yet to found a body is not active."""
    if organisation.status in (None, Status.CRISIS):
        return STATUS_UNKNOWN
    return STATUS_ACTIVE if organisation.status in (Status.ACTIVE, Status.NEW) else STATUS_NOT_ACTIVE


def _social(organisation: Organisation, value: Value) -> int:
    """1 social cooperative (or consortium of them), 0 surely not, -1 not known."""
    category = value(organisation, "category")
    if value(organisation, "social_type") is not None or (category is not None and "social" in str(category).lower()):
        return 1
    return 0 if category is not None else -1


def _social_type(organisation: Organisation, value: Value) -> int:
    letters = set(str(value(organisation, "social_type") or "").upper())
    return TYPE_A * ("A" in letters) + TYPE_B * ("B" in letters)


def _size(organisation: Organisation, value: Value) -> int:
    employees, revenue = value(organisation, "employees"), value(organisation, "revenue")
    if employees is None and revenue is None:
        return -1
    return sum(
        (isinstance(employees, int) and employees >= people) or (isinstance(revenue, float | int) and revenue > euro)
        for people, euro in _SIZE_LIMITS
    )


def _scale(organisation: Organisation, value: Value) -> float:
    employees, revenue = value(organisation, "employees"), value(organisation, "revenue")
    if isinstance(employees, int) and employees > 0:
        return float(np.log(employees))
    if isinstance(revenue, float | int) and revenue > 0:
        return float(np.log(max(revenue / 50_000.0, 1.0)))
    return float("nan")


def _fields(
    organisations: Sequence[Organisation],
    sectors: Sequence[tuple[str, str] | None],
    social: Sequence[int],
    texts: Sequence[Sequence[str]],
    value: Value,
) -> Floats:
    matrix = np.zeros((len(organisations), len(FIELD_NAMES)))
    position = {name: place for place, name in enumerate(FIELD_NAMES)}
    read: dict[str, tuple[str, ...]] = {}
    for row, organisation in enumerate(organisations):
        for name, sure in _field_signs(organisation, sectors[row], social[row], texts[row], value, read):
            matrix[row, position[name]] = max(matrix[row, position[name]], sure)
    return matrix


def _field_signs(
    organisation: Organisation,
    sector: tuple[str, str] | None,
    social: int,
    texts: Sequence[str],
    value: Value,
    read: dict[str, tuple[str, ...]],
) -> list[tuple[str, float]]:
    by_sector = _BY_NAME if is_supposed(organisation, "sector") else _BY_SECTOR
    by_type = _BY_TENDERS if is_supposed(organisation, "social_type") else _BY_CATEGORY
    signs = [(name, by_sector) for name in fields_of_sector(sector[0])] if sector else []
    category, social_type = value(organisation, "category"), value(organisation, "social_type")
    signs += [(name, _BY_CATEGORY) for name in fields_of_category(str(category or ""))]
    signs += [(name, by_type) for name in fields_of_social_type(str(social_type or ""))]
    if organisation.kind is OrganisationKind.PUBLIC_BODY or value is only_certain:
        return signs
    signs += [(name, _BY_NAME) for name in fields_of_words(f"{organisation.name} {organisation.purpose or ''}")]
    for text in texts:
        if text not in read:
            read[text] = fields_of_words(text)
        signs += [(name, _BY_TENDERS) for name in read[text]]
    if social == 1 and not signs:
        signs += [(name, _BY_SOCIAL_NAME) for name in fields_of_social_name()]
    return signs
