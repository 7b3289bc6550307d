# SPDX-License-Identifier: EUPL-1.2
"""Doubts beyond the weighed signs: two names so short, so common or so placed that only a person should join them.

Found on 2026-11-22 by reading every pair that the 5 per mille list of Lazio, its tax codes hidden, would have joined
within itself: almost all were two bodies of Rome. In a city of millions an equal place says little, so that there a
name must tell more; a preposition, points in an acronym or a scale (of Italy, of Rome) may be all that tells two apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from data.identity import IPA
from data.resolution.alignment import Words, same_letters
from data.resolution.names import Name, says_everywhere
from data.resolution.vocabulary import FORMS, LITTLE, PREPOSITIONS, SISTERS
from data.resolution.weights import is_known

if TYPE_CHECKING:
    from data.resolution.comparison import Described

DOUBTS = (
    "crowded-place",
    "preposition-apart",
    "points-apart",
    "scale-apart",
    "quality-apart",
    "spelling-short",
    "sister-word",
)
"""Doubts with which two bodies are never joined unasked; told only where no weighed caution stands."""

CITY = "058091"
"""Rome: more bodies than in all other comuni of Lazio together."""
_PUBLIC = "public-body"
# In the city names must agree in this weight (two rare words and more) or, told alike to the letter and with the same
# form, in this one (a rare word).
_TELLING, _TELLING_ALIKE = 18.0, 8.0
# A word of this weight on one side only may be a quarter, or a trade.
_OWN = 2.0
# Names of no more words than this are short.
_SHORT = 3
# A preposition that may end a name: UN PONTE PER.
_OPEN = "PER"
_CHARITIES = frozenset({"APS", "ETS", "ODV", "ONG", "ONLUS"})


def doubts_about(one: Described, other: Described, first: Name, second: Name, words: Words) -> Iterable[str]:
    """The names of the doubts (see DOUBTS) that these two names of two bodies raise, in that order."""
    if one.municipality == other.municipality == CITY and _too_little(one, other, first, second, words):
        yield "crowded-place"
    if _is_short(first, second) and _prepositions(first) != _prepositions(second):
        yield "preposition-apart"
    if _points_apart(first, second, words):
        yield "points-apart"
    if _scale_apart(words, first, second):
        yield "scale-apart"
    if _quality_apart(first, second):
        yield "quality-apart"
    if words.misspelt and _is_short(first, second):
        yield "spelling-short"
    if not SISTERS.isdisjoint({*words.only_one, *words.only_other}):
        yield "sister-word"


def _too_little(one: Described, other: Described, first: Name, second: Name, words: Words) -> bool:
    """True when names of the city tell too little. The names of public bodies are given once."""
    if _is_public(one) or _is_public(other):
        return False
    if max((*words.only_one.values(), *words.only_other.values()), default=0.0) >= _OWN:
        return True
    if bool(first.forms) != bool(second.forms) and "cooperative" in first.forms | second.forms:
        return True
    alike = same_letters(first, second) and bool(first.forms & second.forms)
    return words.exact < (_TELLING_ALIKE if alike else _TELLING)


def _is_public(body: Described) -> bool:
    return body.kind == _PUBLIC or any(item.scheme == IPA for item in body.identifiers)


def _is_short(first: Name, second: Name) -> bool:
    return max(len(first.words), len(second.words)) <= _SHORT


def _prepositions(name: Name) -> frozenset[str]:
    """The prepositions of telling words, however joined to an article (not the A of A R.L.), and a PER at the end."""
    said = [word for word in name.said if word in PREPOSITIONS or word not in LITTLE]
    after = (*said, "")[1:] if said else ()
    return frozenset(
        PREPOSITIONS[word]
        for word, following in zip(said, after, strict=True)
        if word in PREPOSITIONS and (following in name.words or (word == _OPEN and following in ("", *FORMS)))
    )


def _points_apart(first: Name, second: Name, words: Words) -> bool:
    """FE.NI.CE. is no FENICE; nor, where it is all that agrees, G.R.A. the GRA of another form."""
    apart = (first.pointed ^ second.pointed) & set(first.words) & set(second.words)
    alone = len(words.agree) == 1 and not first.forms & second.forms
    return any(is_known(word) or alone for word in apart)


def _scale_apart(words: Words, first: Name, second: Name) -> bool:
    """One is of the country, the other of a place."""
    sides = ((words.only_one, second, words.only_other), (words.only_other, first, words.only_one))
    return any(
        any(says_everywhere(word) for word in mine) and not beside.place_words.isdisjoint(theirs)
        for mine, beside, theirs in sides
    )


def _quality_apart(first: Name, second: Name) -> bool:
    """A charity beside a company, or a body of volunteers beside one of social promotion."""
    mine, theirs = first.qualities, second.qualities
    if {"APS", "ODV"} == {*mine, *theirs} & {"APS", "ODV"} and not mine & theirs:
        return True
    charities = bool(mine & _CHARITIES and second.company), bool(theirs & _CHARITIES and first.company)
    return any(charities) and bool(first.company) != bool(second.company)
