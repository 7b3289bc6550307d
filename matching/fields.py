# SPDX-License-Identifier: EUPL-1.2
"""Fields of work: a coarse reading of sector codes, categories or words, and which public bodies care for which.

Most real bodies have no sector code in the public lists. A field read from words is an inference and is always shown
as one; it never becomes a sector. Both tables are our own judgement.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from data.model import BodyType
from matching.words import REMEMBERED, plain


@dataclass(frozen=True, slots=True)
class Field:
    """One field of work: beginnings of words that speak of it, ATECO divisions (same in 2007 and 2025), categories."""

    name: str
    words: tuple[str, ...]
    divisions: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIELDS: tuple[Field, ...] = (
    Field(
        "agriculture",
        _words(
            "agricol agro agri_ olei oliv vitivin vino_ vini_ cantin allevator ortofrut nocciol frutt zootec "
            "lattier casear"
        ),
        divisions=("01", "10", "11"),
        categories=("lavoro agricolo", "conferimento prodotti agricoli e allevamento", "consorzi agrari"),
    ),
    Field(
        "building",
        _words("edil costruzion restaur ristruttur murator impiant manutenzione strad scavi"),
        divisions=("41", "42", "43"),
    ),
    Field(
        "care",
        _words(
            "assisten anzian disabil handicap domiciliar sociosanit socioassist welfare fragil famigli minor "
            "tutela solidar"
        ),
        divisions=("87", "88"),
    ),
    Field(
        "catering",
        _words("ristorazion mensa mense refezion catering pasti cucina food_"),
        divisions=("56",),
    ),
    Field(
        "cleaning",
        _words("pulizi multiserviz facchin global_ sanificaz lavander portierat custod"),
        divisions=("81",),
    ),
    Field(
        "culture",
        _words(
            "cultur teatr music museo musei museal archeolog spettacol bibliotec archiv beni-culturali arte_ "
            "arti_ artist cinema editor"
        ),
        divisions=("58", "59", "90", "91"),
    ),
    Field(
        "digital",
        _words("informatic digital software telematic internet comunicazion"),
        divisions=("61", "62", "63"),
    ),
    Field(
        "education",
        _words(
            "educa scuol scolast infanzi asilo_ asili_ nido_ nidi_ didatt formazion pedagog ludotec bambin "
            "istruzion doposcuol"
        ),
        divisions=("85",),
    ),
    Field(
        "energy",
        _words("energi fotovolt elettric rinnovabil"),
        divisions=("35",),
    ),
    Field(
        "environment",
        _words("ambient verde giardin ecolog rifiut riciclo riuso natura paesagg forest bosco raccolta-differenziata"),
        divisions=("02", "37", "38", "39"),
    ),
    Field(
        "fishing",
        _words("pesca pescator ittic acquacolt marinar"),
        divisions=("03",),
        categories=("pesca",),
    ),
    Field(
        "health",
        _words("sanit medic infermier ambulator riabilit soccors psic terapeut clinic salute"),
        divisions=("86",),
    ),
    Field(
        "housing",
        _words("abitazion edilizia-abit inquilin alloggi"),
        categories=("edilizie di abitazione",),
    ),
    Field(
        "inclusion",
        _words("migrant immigrat rifugiat accoglienz intercultur sprar integrazion-soc tossicodipend carcer dipendenz"),
    ),
    Field(
        "work-integration",
        _words("inserimento-lav sociale-integrata sociali-integrate svantaggiat lavoro-e-riabil"),
        divisions=("78",),
    ),
    Field(
        "sport",
        _words("sport piscina palestr natator calcio"),
        divisions=("93",),
    ),
    Field(
        "tourism",
        _words("turis viaggi ostell albergh guide escursion cammin"),
        divisions=("55", "79"),
    ),
    Field(
        "transport",
        _words("trasport logistic autotrasport taxi spedizion scuolabus mobilita"),
        divisions=("49", "50", "52", "53"),
        categories=("trasporto",),
    ),
)

FIELD_NAMES: tuple[str, ...] = tuple(field.name for field in FIELDS)

_SOCIAL_FIELDS = ("care", "education", "inclusion")

# "a-b" stands for two words in a row, a final "_" for a whole word instead of a beginning.
_FIELD_OF_WORD = {word.replace("-", " ").rstrip("_"): field.name for field in FIELDS for word in field.words}
_WORDS = re.compile(
    r"\b("
    + "|".join(
        word.replace("-", " ").replace("_", r"\b") for field in FIELDS for word in sorted(field.words, key=len)[::-1]
    )
    + ")"
)
# The first of two words in a row; in a text without any of them every word speaks for itself.
_OPENINGS = frozenset(word.split("-")[0] for field in FIELDS for word in field.words if "-" in word)
_PLAIN_WORD = re.compile(r"[a-z0-9]+")


@lru_cache(maxsize=REMEMBERED)
def fields_of_words(text: str) -> tuple[str, ...]:
    """Names of the fields that the words of a text speak of, in the order of the table."""
    words = _PLAIN_WORD.findall(plain(text))
    if _OPENINGS.isdisjoint(words):
        return _in_order(frozenset(map(_field_of_word, words)))
    return _in_order(frozenset(_FIELD_OF_WORD[found] for found in _WORDS.findall(" ".join(words))))


@lru_cache(maxsize=REMEMBERED)
def _field_of_word(word: str) -> str | None:
    found = _WORDS.match(word)
    return _FIELD_OF_WORD[found[0]] if found else None


@lru_cache(maxsize=REMEMBERED)
def _in_order(names: frozenset[str | None]) -> tuple[str, ...]:
    return tuple(field.name for field in FIELDS if field.name in names)


def fields_of_sector(code: str) -> tuple[str, ...]:
    """Names of the fields of an ATECO code, by its division."""
    return tuple(field.name for field in FIELDS if code[:2] in field.divisions)


def fields_of_category(category: str) -> tuple[str, ...]:
    """Names of the fields of a category of the register of cooperatives."""
    low = category.lower()
    return tuple(field.name for field in FIELDS if low in field.categories)


def fields_of_social_type(social_type: str) -> tuple[str, ...]:
    """Type A works in care and education, type B gives work to disadvantaged people (L. 381/1991 art. 1)."""
    kinds = set(social_type.upper()) & {"A", "B"}
    return (*(("care", "education") if "A" in kinds else ()), *(("work-integration",) if "B" in kinds else ()))


def _competence(**fields: float) -> Mapping[str, float]:
    return MappingProxyType({name.replace("_", "-"): value for name, value in fields.items()})


# How much a type of public body has to do with a field, 0..1. Not listed: nothing that we would claim.
COMPETENCE: Mapping[BodyType, Mapping[str, float]] = MappingProxyType(
    {
        BodyType.MUNICIPALITY: _competence(
            care=1.0,
            education=0.9,
            inclusion=0.9,
            work_integration=0.9,
            culture=0.8,
            environment=0.8,
            sport=0.8,
            tourism=0.7,
            catering=0.7,
            cleaning=0.6,
            building=0.6,
            transport=0.6,
            housing=0.6,
            energy=0.5,
            agriculture=0.4,
            digital=0.4,
            health=0.4,
            fishing=0.3,
        ),
        BodyType.UNION: _competence(
            care=1.0,
            education=0.8,
            inclusion=0.8,
            work_integration=0.7,
            environment=0.7,
            tourism=0.6,
            culture=0.6,
            transport=0.5,
            catering=0.5,
            cleaning=0.4,
            energy=0.4,
        ),
        BodyType.HEALTH: _competence(
            health=1.0,
            care=0.9,
            work_integration=0.7,
            cleaning=0.6,
            catering=0.5,
            inclusion=0.5,
            transport=0.4,
            digital=0.3,
        ),
        BodyType.CARE: _competence(
            care=1.0,
            health=0.8,
            inclusion=0.7,
            work_integration=0.6,
            education=0.6,
            catering=0.5,
            cleaning=0.5,
            housing=0.5,
        ),
        BodyType.MOUNTAIN_COMMUNITY: _competence(
            environment=0.9,
            agriculture=0.8,
            tourism=0.8,
            care=0.5,
            energy=0.5,
            culture=0.5,
            work_integration=0.4,
        ),
        BodyType.PARK: _competence(
            environment=1.0,
            tourism=0.8,
            agriculture=0.6,
            culture=0.5,
            education=0.4,
            work_integration=0.4,
            sport=0.3,
        ),
        BodyType.PROVINCE: _competence(
            environment=0.6,
            education=0.5,
            building=0.5,
            transport=0.5,
            work_integration=0.5,
            care=0.3,
            culture=0.3,
            tourism=0.3,
        ),
        BodyType.REGION: _competence(
            agriculture=0.6,
            care=0.6,
            work_integration=0.6,
            fishing=0.6,
            health=0.5,
            tourism=0.5,
            culture=0.5,
            environment=0.5,
            inclusion=0.5,
            education=0.4,
            energy=0.4,
            housing=0.3,
        ),
        BodyType.SCHOOL: _competence(
            education=0.6,
            culture=0.4,
            sport=0.3,
            inclusion=0.3,
            digital=0.3,
            catering=0.2,
            care=0.2,
            cleaning=0.2,
        ),
        BodyType.UNIVERSITY: _competence(
            culture=0.5,
            education=0.4,
            digital=0.4,
            agriculture=0.4,
            environment=0.4,
            catering=0.3,
            cleaning=0.3,
            health=0.3,
        ),
        BodyType.HOUSING: _competence(
            housing=1.0,
            building=0.8,
            cleaning=0.4,
            work_integration=0.4,
            energy=0.4,
            care=0.3,
        ),
        BodyType.RECLAMATION: _competence(
            agriculture=0.7,
            environment=0.7,
            building=0.4,
            work_integration=0.2,
        ),
        BodyType.CHAMBER: _competence(
            agriculture=0.2,
            tourism=0.2,
            digital=0.2,
            work_integration=0.1,
        ),
        BodyType.COMPANY: _competence(
            environment=0.4,
            cleaning=0.4,
            transport=0.4,
            building=0.3,
            energy=0.3,
            work_integration=0.3,
            culture=0.2,
            digital=0.2,
        ),
        BodyType.AGENCY: _competence(
            agriculture=0.2,
            environment=0.2,
            digital=0.2,
            work_integration=0.1,
        ),
        BodyType.STATE: _competence(
            inclusion=0.2,
            culture=0.2,
            work_integration=0.1,
        ),
    }
)

# Bodies whose seat says nothing about the place they work for.
NATIONAL_BODIES = frozenset({BodyType.STATE, BodyType.AGENCY, BodyType.ORDER, BodyType.COMPANY, BodyType.OTHER})

# How much the seat of a body says about whom it works with, 0..1: a school serves its pupils, a comune everybody.
LOCAL: Mapping[BodyType, float] = MappingProxyType(
    {
        BodyType.MUNICIPALITY: 1.0,
        BodyType.UNION: 0.9,
        BodyType.MOUNTAIN_COMMUNITY: 0.9,
        BodyType.HEALTH: 0.8,
        BodyType.CARE: 0.8,
        BodyType.PARK: 0.8,
        BodyType.PROVINCE: 0.8,
        BodyType.HOUSING: 0.6,
        BodyType.RECLAMATION: 0.6,
        BodyType.REGION: 0.5,
        BodyType.UNIVERSITY: 0.4,
        BodyType.SCHOOL: 0.3,
        BodyType.CHAMBER: 0.3,
    }
)

# Bodies of Lazio that set aside 5-10 % of a year's sub-threshold amount for type-B cooperatives (L.R. 18/2024 art. 8).
RESERVE_BODIES = frozenset(
    {
        BodyType.MUNICIPALITY, BodyType.PROVINCE, BodyType.REGION, BodyType.UNION, BodyType.MOUNTAIN_COMMUNITY,
        BodyType.HEALTH, BodyType.CARE,
    }
)  # fmt: skip


def is_national(name: str) -> bool:
    """True when a body's own name says that it works for the whole country, whatever its type."""
    return re.search(r"\b(?:nazional\w*|italian[oaie]|d'italia|dello stato)\b", plain(name)) is not None


def is_provincial(body_type: BodyType | None, name: str) -> bool:
    """True for bodies that work for a whole province: the province and local health authorities, not hospitals."""
    if body_type is not BodyType.HEALTH:
        return body_type is BodyType.PROVINCE
    return re.search(r"\b(?:locale|asl|a\.s\.l|usl)\b", plain(name)) is not None


def fields_of_social_name() -> tuple[str, ...]:
    """What "cooperativa sociale" alone lets one suppose, weakly: care, education or inclusion."""
    return _SOCIAL_FIELDS
