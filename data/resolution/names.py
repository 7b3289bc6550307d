# SPDX-License-Identifier: EUPL-1.2
"""Reading a body's name for comparing: its telling words, its form, the numbers and the places that it names.

Two spellings of one name become equal here ("SOC. COOP. SOC. 'AURORA 97'", "Aurora '97 società cooperativa sociale");
what only looks alike stays apart, because form, numbers, places and words of role ("amici", "sezione") are kept as
what they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from data.resolution.places import comune_name, comune_of, places_of, without_province_of
from data.resolution.spelling import (
    cut_short,
    folded,
    form_spelt,
    mended,
    pointed_words,
    with_phrases,
    without_address,
    without_cut_form,
)
from data.resolution.vocabulary import ABBREVIATIONS, COMPANIES, EVERYWHERE, FORMS, LITTLE, ORDINALS, ROLES

_ROMAN = re.compile(r"(?=[IVX])X{0,2}(?:IX|IV|V?I{0,3})")
_OWNERS = re.compile(r"\b(?:SAS|SNC|SRL|SRLS)\b.*? DI (.+)$")
_LONGEST = 400
_QUALITIES = frozenset({"APS", "ETS", "ODV", "ONG", "ONLUS"})


@dataclass(frozen=True, slots=True)
class Name:
    """A name read. `words` are the telling ones in order, without repeats; `joined` all its letters but for form and
    little words, `letters` with little words; `said` every word as it stands (an acronym may speak of any);
    `forms` families of legal form; `numbers` as written (Roman and ordinals too); `places` codes of comuni of Lazio or
    names of places farther away, `place_words` the words that say them; `roles` words that set apart; `owners`
    partners' names in a firm's; `company` S.R.L., S.P.A. and the like; `short` the short name it gives itself;
    `comune` the comune that the whole name is; `pointed` words written with points between their letters; `qualities`
    words of form that go with several forms (ONLUS, ODV).
    """

    words: tuple[str, ...]
    joined: str
    letters: str
    said: tuple[str, ...]
    forms: frozenset[str]
    numbers: frozenset[int]
    places: frozenset[str]
    place_words: frozenset[str]
    roles: frozenset[str]
    owners: frozenset[str]
    company: str = ""
    short: str = ""
    comune: str | None = None
    pointed: frozenset[str] = frozenset()
    qualities: frozenset[str] = frozenset()


@lru_cache(maxsize=200_000)
def read_name(text: str) -> Name:
    """What a name says, however it is spelt; a name without any telling word keeps those of its form."""
    whole, short = cut_short(folded(text[:_LONGEST]))
    raw = without_cut_form(mended(without_address(whole).split()), len(text))
    said = [form_spelt(word) for word in with_phrases([word for word in raw if word not in LITTLE])]
    words = [ABBREVIATIONS.get(word, word) for word in without_province_of(said)]
    telling = [word for word in words if word not in FORMS] or words or raw
    comune = comune_of(raw)
    if comune is not None:
        telling = ["COMUNE", *folded(comune_name(comune)).split()]
    places, place_words = places_of(raw)
    if raw[-1:] == ["I"] and len(raw) > 1:
        telling.append("1")  # FRASCATI I: at the end it is no article
    numbers = frozenset(number for word in telling if (number := _number(word)) is not None) | _digits(telling)
    owners = _OWNERS.search(" ".join(raw))
    unique = tuple(dict.fromkeys(telling))
    return Name(
        words=unique,
        joined="".join(unique),
        letters="".join(word for word in raw if word not in FORMS),
        said=tuple(raw),
        forms=frozenset(family for word in words if (family := FORMS.get(word))),
        numbers=numbers,
        places=frozenset({comune}) if comune else places,
        place_words=place_words,
        roles=frozenset(word for word in unique if word in ROLES),
        owners=frozenset(owners[1].split()) if owners else frozenset(),
        company=next((COMPANIES[word] for word in words if word in COMPANIES), ""),
        short=short,
        comune=comune,
        pointed=pointed_words(text[:_LONGEST]),
        qualities=frozenset(word for word in words if word in _QUALITIES),
    )


def says_everywhere(word: str) -> bool:
    """True for words of the region or the country, which most names may have or leave out."""
    return word in EVERYWHERE


def _number(word: str) -> int | None:
    if word in ORDINALS:
        return ORDINALS[word]
    if len(word) > 1 and _ROMAN.fullmatch(word):
        return _roman(word)
    return None


def _roman(word: str) -> int:
    values = [{"I": 1, "V": 5, "X": 10}[letter] for letter in word]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return sum(-value if value < after else value for value, after in pairs)


def _digits(words: Sequence[str]) -> frozenset[int]:
    return frozenset(int(run) for word in words for run in re.findall(r"\d{1,9}", word))
