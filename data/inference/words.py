# SPDX-License-Identifier: EUPL-1.2
"""Italian text as tokens: legal forms out, dotted abbreviations joined, function words left out, the surface kept."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

LONGEST = 2_000
"""Characters of a text that are read; tender texts and purposes that go on longer add nothing."""

_SMALL = """
    a ad ai al all alla alle allo agli anche che chi ci col coi come con d da dai dal dalla dalle dallo dagli dall de
    degli dei del dell della delle dello di e ed fra gli i il in l la le lo ma n nei nel nell nella nelle nello negli o
    od per piu presso s se su sui sul sulla sulle tra un una uno dott nr non
"""
_SMALL_WORDS = frozenset(_SMALL.split())
_COMMUNITY = r"(?!\W+(?:social[ei]\W+)?(?:di\W+)?comunit)"
"""Co-operatives of a community are named so by what they are for, not by their form."""

_FORMS = (
    rf"soc(?:iet[aà])?\W{{0,3}}coop(?:erativ[ae]|\W?va)?\b\.?{_COMMUNITY}(?:\W{{0,3}}soc(?:\b\.?|ial[ei]\b))?",
    rf"cooperativ[ae]\b{_COMMUNITY}(?:\W+social[ei]\b)?",
    r"coop(?:\W?va)?\b\.?(?:\W{0,3}soc(?:\b\.?|ial[ei]\b))?",
    r"societ[aà]'?",
    r"a\W{0,2}responsabilit[aà]'?\W?limitata",
    r"a\W{0,2}r\W{0,2}l\.?",
    r"a\W{0,2}mutualit[aà]'?\W?prevalente",
    r"s\W?c\W?a\W?r\W?l|s\W?c\W?r\W?l|s\W?c\W?p\W?a|s\W?c\W?s|s\W?r\W?l\W?s|s\W?r\W?l|s\W?p\W?a|s\W?n\W?c|s\W?a\W?s",
    r"o\W?n\W?l\W?u\W?s|e\W?t\W?s",
    r"ente\W+(?:del\W+)?terzo\W+settore",
    r"organizzazione\W+non\W+lucrativa\W+(?:di\W+)?utilit[aà]'?\W+sociale",
    r"impresa\W+sociale",
    r"in\W+(?:liquidazione|liq\b\.?|sigla|breve|forma\W+abbreviata)",
    r"senza\W+(?:fini?|scop[oi])\W+(?:di\W+)?lucro",
    r"per\W+azioni",
)
_LEGAL_FORM = re.compile(rf"(?<![\w])(?:{'|'.join(_FORMS)})(?![\w])", re.IGNORECASE)
_DOTTED = re.compile(r"(?<!\w)\w(?:\.\w)+\.?(?!\w)")
BAR = " | "
_TOKEN = re.compile(r"[^\W_]+|\|")


@dataclass(frozen=True, slots=True)
class Token:
    """One word: as it is written, and in lower case without accents."""

    surface: str
    folded: str


def fold(text: str) -> str:
    """Lower case without accents."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.lower())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def without_form(name: str) -> str:
    """A name without the words that only say its legal form ("soc. coop. soc.", "a r.l.", "onlus").

    A bar stands in their place: what stood on either side of them was never said together.
    """
    return _LEGAL_FORM.sub(BAR, name)


def tokens(text: str) -> tuple[Token, ...]:
    """The words of a text, at most `LONGEST` characters of it, small words left out; "S.A.D." is one word."""
    joined = _DOTTED.sub(lambda found: found[0].replace(".", "") + " ", text[:LONGEST])
    found = (Token(word, fold(word)) for word in _TOKEN.findall(joined))
    return tuple(token for token in found if token.folded not in _SMALL_WORDS)


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A folded word without its last vowels, so that singular and plural meet; short words stay whole."""
    cut = re.sub(r"h?[aeiou]+$", "", word)
    return cut if len(cut) >= 4 else word
