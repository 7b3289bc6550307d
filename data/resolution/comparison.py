# SPDX-License-Identifier: EUPL-1.2
"""Two bodies side by side: which words, places, forms and identifiers agree, and what speaks against one body.

The comparison is symmetric: which of the two comes first changes only the side on which a word is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from data.identity import IPA, MUNICIPALITY, TAX_CODE, VAT
from data.model import Identifier
from data.resolution.alignment import RARE, Words, lay, same_letters
from data.resolution.doubts import doubts_about
from data.resolution.names import Name
from data.resolution.places import capitals_of, province_of
from data.resolution.vocabulary import ASSOCIATION, CONSORTIUM, FOUNDATION

SIGNS = (
    "words-agree", "words-apart", "rare-more", "one-word", "spelling", "spelling-alone", "thin-name",
    "initials-only", "same-name", "same-comune", "same-province", "other-comune", "other-province", "form-same",
    "form-one", "form-differs", "company-differs", "consortium-one", "role-apart", "number-more", "place-more",
    "web-same",
)  # fmt: skip
FOR = frozenset({"words-agree", "same-name", "same-comune", "same-province", "form-same", "web-same"})
"""Signs that can only speak for one body; the others can only speak against."""

CAUTIONS = (
    "other-comune", "other-province", "form-differs", "consortium-one", "role-apart", "number-more", "place-more",
    "rare-more", "one-word", "spelling-alone", "thin-name", "initials-only", "form-one",
    "company-differs",
)  # fmt: skip
"""Signs with which two bodies are never joined unasked."""

MOST_AGREEING = 24.0  # beyond this weight more words prove nothing more
UNIT = 10.0  # weights of words enter the signs by tens, so that every sign is a small number
# With one word in common, other words of this weight leave it open whether it is the same body.
_MORE = 2.5
# Names that agree in less than this are too common to be joined unasked.
_THIN = 6.0
# Words of this weight of its own in either name leave it open whether it is the same body.
_OWN = 4.0
# A name of this weight told alike in one comune needs no form.
_TELLING = 18.0
# A name of this weight may change from one kind of company to another (a firm grows from S.R.L. to S.P.A.).
_WIDE = 14.0
# In this province even an equal common name in one place is told by many.
_CROWDED = "RM"
# Families that a name seldom leaves out: with one of them on one side only it may be another body.
_TOLD_FORMS = frozenset({FOUNDATION, ASSOCIATION})
# Provinces made in 1992 and later, with the older one that registers may still tell (tax offices kept its number).
_ONCE_ONE = frozenset(
    frozenset(pair.split("-"))
    for pair in [
        "RN-FC",
        "BI-VC",
        "LO-MI",
        "MB-MI",
        "PO-FI",
        "VV-CZ",
        "KR-CZ",
        "LC-CO",
        "VB-NO",
        "FM-AP",
        "BT-BA",
        "BT-FG",
    ]
)


@dataclass(frozen=True, slots=True)
class Described:
    """A body as far as it can be told from others: every name it has or had, its seat, kind, web domains, identifiers.

    `municipality` is an ISTAT code, `province` a sigla; unknown is None. `source` names the registers that hold it.
    """

    id: str
    names: tuple[Name, ...]
    kind: str | None = None
    municipality: str | None = None
    province: str | None = None
    domains: frozenset[str] = frozenset()
    identifiers: tuple[Identifier, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """What speaks for and against one body. `signs` are values >= 0 by name (see SIGNS, absent is 0); `agree`,
    `only_one` and `only_other` the words behind them; `contradictions` exclude one body, `cautions` exclude joining
    unasked (both are names of reasons).
    """

    signs: dict[str, float]
    agree: tuple[str, ...] = ()
    only_one: tuple[str, ...] = ()
    only_other: tuple[str, ...] = ()
    contradictions: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()


def compare(one: Described, other: Described) -> Comparison:
    """How two bodies agree, by the pair of their names that agrees best."""
    pairs = sorted(product(one.names, other.names), key=lambda pair: sorted(name.joined for name in pair))
    laid = [
        (lay(first, second, (_at_home(first, other), _at_home(second, one))), first, second) for first, second in pairs
    ]
    words, first, second = max(laid, key=lambda item: item[0].balance)
    signs = _word_signs(words, first, second) | _place_signs(one, other) | _form_signs(first, second, words)
    signs |= _thing_signs(one, other, first, second)
    return Comparison(
        {name: signs[name] for name in SIGNS if signs.get(name)},
        tuple(words.agree),
        tuple(words.only_one),
        tuple(words.only_other),
        tuple(_contradictions(one, other, first, second)),
        tuple(_cautions(one, other, signs)) or tuple(doubts_about(one, other, first, second, words)),
    )


# --- signs of words, form, place --------------------------------------------------------------------------------------


def _word_signs(words: Words, first: Name, second: Name) -> dict[str, float]:
    one, other = sum(words.only_one.values()), sum(words.only_other.values())
    same = same_letters(first, second) or sorted(first.words) == sorted(second.words)
    return {
        "words-agree": min(words.agreeing, MOST_AGREEING) / UNIT,
        "words-apart": min(one, other) / UNIT,
        "rare-more": float(words.rarest >= RARE),
        "one-word": float(len(words.agree) == 1 and max(one, other) >= _MORE),
        "spelling": words.misspelt / UNIT,
        "spelling-alone": float(words.misspelt > 0 and words.exact < _THIN),
        "initials-only": float(words.by_initials and words.exact < _THIN),
        "thin-name": float(words.agreeing < _THIN),
        "same-name": float(same),
    }


# --- form, place, things ----------------------------------------------------------------------------------------


def _form_signs(first: Name, second: Name, words: Words) -> dict[str, float]:
    apart = {word for word, cost in (*words.only_one.items(), *words.only_other.items()) if cost}
    forms = bool(first.forms) + bool(second.forms)
    return {
        "form-same": float(forms == 2 and bool(first.forms & second.forms)),
        "form-one": float(forms == 1 and not (first.forms | second.forms).isdisjoint(_TOLD_FORMS)),
        "form-differs": float(forms == 2 and not first.forms & second.forms),
        "company-differs": float(bool(first.company and second.company) and first.company != second.company),
        "consortium-one": float((CONSORTIUM in first.forms) != (CONSORTIUM in second.forms)),
        "role-apart": float(min(len(apart & (first.roles | second.roles)), 2)),
    }


def _place_signs(one: Described, other: Described) -> dict[str, float]:
    """The same comune is the same province too, so that it never weighs less."""
    if one.municipality and other.municipality:
        same = one.municipality == other.municipality
        return {"same-comune": float(same), "same-province": float(same), "other-comune": float(not same)}
    if one.province and other.province and frozenset((one.province, other.province)) not in _ONCE_ONE:
        same = one.province == other.province
        return {"same-province": float(same), "other-province": float(not same)}
    return {}


def _thing_signs(one: Described, other: Described, first: Name, second: Name) -> dict[str, float]:
    numbers, places = bool(first.numbers) + bool(second.numbers), _places_apart(first, second, one, other)
    return {
        "number-more": float(numbers == 1),
        "place-more": float(places == "more"),
        "web-same": float(bool(one.domains & other.domains)),
    }


def _at_home(name: Name, neighbour: Described) -> bool:
    """True when a place that the name says is the other body's seat, or the capital of its province."""
    return bool(name.places & ({neighbour.municipality} | capitals_of(neighbour.province)))


def _places_apart(first: Name, second: Name, one: Described, other: Described) -> str:
    """ "apart" when the names tell different places, "more" when only one tells one that is not the other's seat."""
    mine, theirs = first.places - second.places, second.places - first.places
    if mine and theirs:
        return "apart"
    name, neighbour, beside = (first, other, second) if mine else (second, one, first)
    if not (mine or theirs) or _at_home(name, neighbour):
        return ""
    return "" if any(capitals_of(province_of(place)) & (mine | theirs) for place in beside.places) else "more"


# --- what excludes ----------------------------------------------------------------------------------------------


def _contradictions(one: Described, other: Described, first: Name, second: Name) -> Iterable[str]:
    if identifiers_contradict(one.identifiers, other.identifiers):
        yield "identifiers"
    if first.numbers and second.numbers and first.numbers != second.numbers:
        yield "numbers"
    if _places_apart(first, second, one, other) == "apart":
        yield "places"
    if (first.comune is None) != (second.comune is None):
        yield "comune"


def identifiers_contradict(one: Iterable[Identifier], other: Iterable[Identifier]) -> bool:
    """True when one register's code of a kind is another for each of the two: they are two bodies for that register.

    Tax codes, VAT numbers (none of one is the other's, nor its tax code), ISTAT codes of comuni, IPA codes. A number
    that is the tax code of one and the VAT number of the other contradicts nothing: lists take the one for the other.
    """
    mine, theirs = _codes(one), _codes(other)
    if is_crossed(mine, theirs):
        return False
    for scheme in (TAX_CODE, IPA, MUNICIPALITY):
        if scheme in mine and scheme in theirs and mine[scheme].isdisjoint(theirs[scheme]):
            return True
    if VAT in mine and VAT in theirs:
        either = mine[VAT] | mine.get(TAX_CODE, set()), theirs[VAT] | theirs.get(TAX_CODE, set())
        return either[0].isdisjoint(either[1])
    return False


def is_crossed(mine: dict[str, set[str]], theirs: dict[str, set[str]]) -> bool:
    """True when the VAT number of one stands as the tax code of the other."""
    return not (
        mine.get(VAT, set()).isdisjoint(theirs.get(TAX_CODE, set()))
        and theirs.get(VAT, set()).isdisjoint(mine.get(TAX_CODE, set()))
    )


def _codes(identifiers: Iterable[Identifier]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for item in identifiers:
        found.setdefault(item.scheme, set()).add(item.value)
    return found


def _cautions(one: Described, other: Described, signs: dict[str, float]) -> Iterable[str]:
    """Why a person must look, however alike the rest is."""
    here = signs.get("same-comune") or signs.get("same-province")
    waived = {
        "form-one": bool(signs["same-name"] and signs.get("same-comune")) and signs["words-agree"] * UNIT >= _TELLING,
        "company-differs": bool(signs["same-name"]) or signs["words-agree"] * UNIT >= _WIDE,
        "one-word": bool(here) and one.province != _CROWDED,
        "thin-name": bool(here and signs["same-name"] and signs["form-same"]) and one.province != _CROWDED,
    }
    yield from (sign for sign in CAUTIONS if signs.get(sign) and not waived.get(sign))
    if signs["words-apart"] * UNIT >= _OWN:
        yield "words-apart"
    if is_crossed(_codes(one.identifiers), _codes(other.identifiers)):
        yield "crossed-numbers"
    if _same_list(one, other):
        yield "same-list"


def _same_list(one: Described, other: Described) -> bool:
    """One own file lists both under keys of its own: whoever wrote it may mean two."""
    mine = {item.scheme for item in one.identifiers if item.scheme.startswith("key:")}
    return any(item.scheme in mine for item in other.identifiers)
