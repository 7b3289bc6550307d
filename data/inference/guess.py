# SPDX-License-Identifier: EUPL-1.2
"""From a text to guesses: the lexicon and the ATECO titles joined, field by field, each with the words that led there.

`raw` (0..1) is our own opinion; how often such a guess is right is told by `data.inference.calibration`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from data.inference.lexicon import FIELDS, Hit, Where, hits
from data.inference.titles import Near, titles
from data.inference.words import Token, fold, tokens, without_form
from data.sources.names import category_of_name, kind_of_name

ONE_VALUE = frozenset({"sector", "social_type"})
"""Fields that have one value; of the others every value found is a guess."""

PLACE_ONLY = 0.25
"""How much of a word's weight is left where an act (works, supplies) says that it only names the place."""

PLACE_THEME = 0.7
"""The same for its themes: works on a school still have to do with schools."""

FARTHER = 0.03
"""What a word loses for each word before it in a tender text: the object comes first."""

RIVAL = 0.6
"""How much a second value takes from the first of a field that has only one."""

RIVALS = {"chain_stages": 0.3, "themes": 0.1}
"""How much the surest value of a field takes from its others: most bodies stand at one stage."""

BY_TITLES = 0.55
"""Weight of a cosine with the titles of a division."""

CLEAR = 1.4
"""How many times nearer than the next one a division must be to count by its titles alone."""

FEWEST_WORDS = 2
"""Words that a name must share with the titles of a division, unless the lexicon says the same division."""

LATER_ACT = 0.75
"""What is left of the weight of a second, different act: what is bought is named first."""

SUPPLY = 0.5
"""What is left of an act after a word of supply ("acquisto"): goods are bought, from whoever sells them."""

OUTDOORS = "42"
"""Civil engineering: works on streets and grounds are not building, whatever stands beside them."""

TYPE_A_DIVISIONS = frozenset({"85", "86", "87", "88"})
MOST_WORDS = 4
SOCIAL_CONSORTIUM = "C"
BOTH_TYPES = "A+B"

_TOLD_TYPES = (
    (
        re.compile(r"\btipo\W+a\W*(?:\+|e|ed|-|/)\W*b\b|\ba\W?\+\W?b\b|\boggetto\W+(?:plurimo|misto)\b"),
        BOTH_TYPES,
        0.95,
    ),
    (re.compile(r"\btipo\W+['\"]?a\b"), "A", 0.95),
    (re.compile(r"\btipo\W+['\"]?b\b"), "B", 0.95),
    (re.compile(r"\bconsorzi[oa]?\b|\bconsortil\w*"), SOCIAL_CONSORTIUM, 0.92),
)
_SERVICE = ("serviz", "gestion", "conduzion", "convenzion")
_FORMULAS = (
    "accordo",
    "adesione",
    "affidament",
    "aggiudica",
    "aggiudicat",
    "ambito",
    "annual",
    "anni",
    "anno",
    "aperta",
    "appalt",
    "approvaz",
    "art",
    "attivita",
    "biennal",
    "bando",
    "capofila",
    "cig",
    "circoscriz",
    "comma",
    "comun",
    "concession",
    "contratt",
    "convenzion",
    "cup",
    "diretto",
    "durata",
    "eventual",
    "fini",
    "gara",
    "gestion",
    "lgs",
    "lotti",
    "lotto",
    "mediante",
    "mercato",
    "mesi",
    "municip",
    "negoziata",
    "opera",
    "operator",
    "periodo",
    "procedura",
    "programm",
    "prosegu",
    "proroga",
    "quadr",
    "quinquenn",
    "relativ",
    "ristretta",
    "sensi",
    "serviz",
    "spesa",
    "suddivis",
    "telematic",
    "temporane",
    "triennal",
    "unico",
    "uso",
    "via",
)
"""Beginnings of the words that any tender has."""

_SAYS_SOCIAL = re.compile(
    r"\bsocial[ei]?\b|\bonlus\b|\bo\W?n\W?l\W?u\W?s\b|\bs\W?c\W?s\b|\bcoop\W{0,2}soc\b|\bsoc\W{0,3}coop\W{0,3}soc\b"
)


@dataclass(frozen=True, slots=True)
class Guess:
    """One value of one field that a text lets one suppose, how strongly (0..1), by which words as they are written."""

    field: str
    value: str
    raw: float
    words: tuple[str, ...]


def guesses_of_names(names: Sequence[str], purposes: Sequence[str | None] | None = None) -> list[tuple[Guess, ...]]:
    """The guesses of names of bodies, with their statutes' purposes where known."""
    said = purposes or [None] * len(names)
    texts = [f"{without_form(name)} . {purpose or ''}" for name, purpose in zip(names, said, strict=True)]
    social = [is_social(name) for name in names]
    found = _guesses(texts, "name", social)
    return [
        _with_social(name, own) if sure else _without_social(own)
        for name, own, sure in zip(names, found, social, strict=True)
    ]


def guesses_of_texts(texts: Sequence[str]) -> list[tuple[Guess, ...]]:
    """The guesses of objects of tenders."""
    return _guesses(texts, "text", [False] * len(texts))


def is_social(name: str) -> bool:
    """True when a name says that the body is a social co-operative or a consortium of them."""
    if kind_of_name(name) is None:
        return False
    return category_of_name(name) is not None or _SAYS_SOCIAL.search(fold(name)) is not None


def _guesses(texts: Sequence[str], where: Where, social: Sequence[bool]) -> list[tuple[Guess, ...]]:
    read = [tokens(text) for text in texts]
    near = titles().near(read)
    return [_of_one(words, nearest, where, sure) for words, nearest, sure in zip(read, near, social, strict=True)]


def _of_one(words: tuple[Token, ...], near: Near | None, where: Where, social: bool) -> tuple[Guess, ...]:
    found = _most_specific(hits(words, where, social=social))
    factors = _in_names(found) if where == "name" else _in_tenders(found, words)
    guesses: list[Guess] = []
    for field in FIELDS:
        weighed: list[_Weighed] = [
            (value, sure * factors[id(hit)][field == "themes"], hit.places)
            for hit in found
            for value, sure in hit.entry.values.get(field, ())
            if factors[id(hit)][field == "themes"] and not _unfit(field, value, hit, where)
        ]
        if field == "sector" and near is not None and not any(hit.entry.act for hit in found):
            weighed += _by_titles(near, {value for value, _weight, _places in weighed}, where)
        guesses += _joined(field, weighed, words)
    return tuple(guesses if where == "name" else _without_foreign_type(guesses))


def _without_foreign_type(guesses: Sequence[Guess]) -> list[Guess]:
    """Type A does care, health and education (L. 381/1991 art. 1): a tender for other work does not ask for it."""
    bought = next((guess for guess in guesses if guess.field == "sector"), None)
    foreign = bought is not None and bought.value not in TYPE_A_DIVISIONS
    return [guess for guess in guesses if not (foreign and guess.field == "social_type" and guess.value == "A")]


_Weighed = tuple[str, float, tuple[int, ...] | tuple[str, ...]]
_Factors = dict[int, tuple[float, float]]
"""By hit: what is left of its weight for what is done (sector, stage, type), and for its themes."""


def _most_specific(found: Sequence[Hit]) -> list[Hit]:
    """Of the phrases that lie on one word only the most specific, be it silent about a field."""
    best: dict[int, tuple[int, int]] = {}
    for hit in found:
        for place in hit.places:
            best[place] = max(best.get(place, (0, 0)), hit.rank)
    return [hit for hit in found if all(best[place] <= hit.rank for place in hit.places)]


def _in_names(found: Sequence[Hit]) -> _Factors:
    return {id(hit): (1.0, 1.0) for hit in found}


def _in_tenders(found: Sequence[Hit], words: Sequence[Token]) -> _Factors:
    """The object comes first; what is bought outweighs where and for whom; a plain act outweighs a vague one.

    A vague act ("lavori", "ampliamento") after the word "servizio" and a service is not what is bought; beside streets
    it is no building.
    """
    acts = [hit for hit in found if hit.entry.act and not hit.entry.fallback]
    vague = [hit for hit in found if hit.entry.act and hit.entry.fallback]
    services = [hit for hit in found if not (hit.entry.act or hit.entry.place) and "sector" in hit.entry.values]
    service_first = bool(services and vague) and _serves(words) < min(hit.places[0] for hit in vague)
    works = PLACE_ONLY if service_first else 1.0
    speechless = any(not hit.entry.values for hit in acts)
    outdoors = any(hit.entry.place and _says(hit, OUTDOORS) for hit in found)
    before = _words_before(words)
    factors: _Factors = {}
    for hit in found:
        if hit.entry.act and not hit.entry.fallback:
            done = theme = 1.0 if _same_work(hit, acts[0]) else LATER_ACT if acts[0].entry.values else SUPPLY
        elif hit.entry.act:
            theme = 0.0 if acts else works
            done = theme * (PLACE_ONLY if outdoors else 1.0)
        elif hit.entry.place:
            theme = works if vague and not acts else 0.0
            done = theme * (PLACE_ONLY if outdoors and not _says(hit, OUTDOORS) else 1.0)
        elif acts or (vague and not service_first):
            done, theme = PLACE_ONLY, PLACE_ONLY if speechless else PLACE_THEME
        else:
            done = theme = 1.0
        early = max(1.0 - FARTHER * before[hit.places[0]], 0.5)
        factors[id(hit)] = (early * done, early * theme)
    return factors


def _same_work(hit: Hit, first: Hit) -> bool:
    return hit.entry.values.get("sector") == first.entry.values.get("sector")


def _says(hit: Hit, division: str) -> bool:
    return any(value == division for value, _sure in hit.entry.values.get("sector", ()))


def _words_before(words: Sequence[Token]) -> list[int]:
    """For each word, how many words that say something stand before it: numbers and the formulas of tenders do not."""
    counts, said = [], 0
    for word in words:
        counts.append(said)
        said += not (word.folded.startswith(_FORMULAS) or any(sign.isdigit() for sign in word.folded))
    return counts


def _serves(words: Sequence[Token]) -> int:
    """The place of the first word that says that a service is bought; far off where none does."""
    places = (place for place, word in enumerate(words) if word.folded.startswith(_SERVICE))
    return next(places, len(words))


def _unfit(field: str, value: str, hit: Hit, where: Where) -> bool:
    """That cleaning is bought does not tell that a type B co-operative does it: only plain words do."""
    return field == "social_type" and where == "text" and value == "B" and "name" in hit.entry.where


def _by_titles(near: Near, said: set[str], where: Where) -> list[_Weighed]:
    """The nearest division, where it is clearly the nearest. One word of a name is too little: names are fancy, so it
    only bears out what the lexicon says."""
    clear = near.cosine >= CLEAR * near.next_cosine
    alone = where == "name" and len(near.words) < FEWEST_WORDS and near.division not in said
    return [(near.division, BY_TITLES * near.cosine, near.words)] if clear and not alone else []


def _joined(field: str, weighed: Iterable[_Weighed], words: Sequence[Token]) -> list[Guess]:
    """Hits for the same value strengthen each other; of fields with one value the rivals weaken the best."""
    missing: dict[str, float] = {}
    led: dict[str, dict[str, None]] = {}
    for value, weight, places in weighed:
        missing[value] = missing.get(value, 1.0) * (1.0 - weight)
        surfaces = (words[place].surface if isinstance(place, int) else place for place in places)
        led.setdefault(value, {}).update(dict.fromkeys(surfaces))
    raw = {value: 1.0 - left for value, left in missing.items()}
    order = sorted(raw, key=lambda value: (-raw[value], value))
    if field in ONE_VALUE and order:
        rival = raw[order[1]] if len(order) > 1 else 0.0
        best = raw[order[0]] * (1.0 - RIVAL * rival)
        return [Guess(field, order[0], round(best, 4), tuple(led[order[0]])[:MOST_WORDS])]
    doubt = RIVALS.get(field, 0.0) * raw[order[0]] if order else 0.0
    return [
        Guess(
            field,
            value,
            round(raw[value] * (1.0 if value == order[0] else 1.0 - doubt), 4),
            tuple(led[value])[:MOST_WORDS],
        )
        for value in order
    ]


# --- the type of a social co-operative ------------------------------------------------------------------------------


def _without_social(found: tuple[Guess, ...]) -> tuple[Guess, ...]:
    """Only a social co-operative has a type."""
    return tuple(guess for guess in found if guess.field != "social_type")


def _with_social(name: str, found: tuple[Guess, ...]) -> tuple[Guess, ...]:
    """A consortium is one by its name, and a type that is written there counts before all (L. 381/1991 artt. 1, 8)."""
    folded, others = fold(name), _without_social(found)
    for pattern, value, raw in _TOLD_TYPES:
        told = pattern.search(folded)
        if told:
            return (*others, Guess("social_type", value, raw, (told[0].upper(),)))
    return found
