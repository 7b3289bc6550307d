# SPDX-License-Identifier: EUPL-1.2
"""From a name as it is printed to its words: accents, dots, line breaks, misspelt forms, addresses, short names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from rapidfuzz.distance import Levenshtein

from data.resolution.vocabulary import ABBREVIATIONS, FORMS, LITTLE, PHRASES, SCHOOLS, SPELT, TITLES, WHOLE
from data.resolution.weights import is_known

_SHORTEST_SLIP = 6
_MISSPELT_FORM = re.compile(r"COO?PE?R\w{2,6}[AE]")
_ADDRESS = re.compile(r"\b(?:VIA|VIALE|PIAZZA|PIAZZALE|CORSO|LARGO|LOCALITA)\b.*\d.*$")
_JOINED = re.compile(r"(?<![A-Z0-9])(?:[A-Z]{1,3}\.)+[A-Z]{0,3}(?![A-Z0-9])")
_WEB_END = re.compile(r"(?<=[A-Z]{3})\.(?:IT|COM|ORG|EU|NET)\b")
_CODE = re.compile(r"\d{11}")
_CUT = 50  # files cut names from about this length on
_LETTERS_APART = re.compile(r"\b[A-Z](?: [A-Z])+\b")
_SHORT_NAME = re.compile(
    r"\b(?:IN SIGLA|CON SIGLA|IN BREVE|(?:O )?PIU BREVEMENTE|(?:O )?(?:ANCHE )?(?:IN )?FORMA (?:BREVE|ABBREVIATA)"
    r"|SIGLABILE|DENOMINATA|DETTA)\b"
)
_QUOTE_BETWEEN = re.compile(r"['`´’‘\"“”«»]+")


def cut_short(said: str) -> tuple[str, str]:
    """The name, and the short name that it gives itself after "in sigla"."""
    found = _SHORT_NAME.search(said)
    if not found or found.start() == 0:
        return said, ""
    short = "".join(word for word in said[found.end() :].split() if word not in FORMS and word not in LITTLE)
    return said[: found.start()].strip(), short


def folded(text: str) -> str:
    """Upper case without accents, only letters, digits and single spaces; dotted letters are one word."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char)).upper()
    bare = bare.replace("&AMP;", "&").replace("&", " E ").replace("°", " ").replace("º", " ")
    bare = _QUOTE_BETWEEN.sub(" ", bare)
    bare = _WEB_END.sub(" ", bare)
    bare = _CODE.sub(" ", _JOINED.sub(_dotted, bare))
    spaced = re.sub(r"\s+", " ", re.sub(r"[^A-Z0-9]+", " ", bare)).strip()
    return _LETTERS_APART.sub(lambda run: _join_letters(run[0]), spaced)


def pointed_words(text: str) -> frozenset[str]:
    """The words that a name writes with points between their letters, without the points (FE.NI.CE.)."""
    found = (_dotted(run).strip() for run in _JOINED.finditer(text.upper()))
    return frozenset(word for word in found if " " not in word and len(word) > 1)


def _dotted(found: re.Match[str]) -> str:
    """I.TE.CO. is one word, SOC.COOP. are two."""
    parts = [part for part in found[0].split(".") if part]
    apart = any((len(part) > 2 and (part in ABBREVIATIONS or part in FORMS)) or part in TITLES for part in parts)
    return f" {' '.join(parts)} " if apart and "".join(parts) not in FORMS else f" {''.join(parts)} "


def _join_letters(run: str) -> str:
    """Letters apart are one word (S R L), but for a conjunction or an article at either end."""
    letters = run.split(" ")
    return run if len(letters) == 2 and letters[0] in "EAIOLD" and letters[1] in "EAIOLD" else "".join(letters)


def without_address(said: str) -> str:
    """The name without a street and number behind it; schools are named after streets and keep them."""
    found = _ADDRESS.search(said)
    before = said[: found.start()].split() if found else []
    if len(before) < 2 or not SCHOOLS.isdisjoint(before) or "COMPRENSIVO" in before:
        return said
    return " ".join(before)


def mended(words: Sequence[str]) -> list[str]:
    """Words of form that a line break split in two are one again."""
    mended: list[str] = []
    for word in words:
        if mended and _split_in_two(mended[-1], word):
            mended[-1] += word
        else:
            mended.append(word)
    return mended


def _split_in_two(one: str, other: str) -> bool:
    """True when two pieces make a word of form, or a known word of which neither piece is one (SE RVIZI)."""
    whole = one + other
    if whole in WHOLE:
        return one not in WHOLE and other not in WHOLE
    return is_known(whole) and not (is_known(other) or one in LITTLE or other in LITTLE or one.isdigit())


def form_spelt(word: str) -> str:
    """COOPERARIVA, COOPERTIVA, SOCIATA: the form as it is meant; COOPERAZIONE is none."""
    if word in FORMS or len(word) < _SHORTEST_SLIP or word.startswith(("COOPERAZ", "SOCIETA")):
        return word
    slip = next((form for form in SPELT if Levenshtein.distance(word, form, score_cutoff=1) == 1), None)
    return slip or ("COOPERATIVA" if _MISSPELT_FORM.fullmatch(word) else word)


def without_cut_form(words: list[str], length: int) -> list[str]:
    """The words without a form that a file cut off at the end: ... IMPRESA SOCIALE ONLU."""
    last = words[-1] if words else ""
    cut = length >= _CUT and len(words) > 2 and len(last) > 1 and last not in FORMS
    return words[:-1] if cut and any(form.startswith(last) for form in WHOLE) else words


@cache
def _phrases_by_first() -> dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]]:
    found: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
    for phrase, stands_for in sorted(PHRASES.items(), key=lambda item: -len(item[0].split())):
        run = tuple(phrase.split())
        found.setdefault(run[0], []).append((run, tuple(stands_for.split())))
    return found


def with_phrases(words: Sequence[str]) -> list[str]:
    """The words with every known run replaced by what it stands for."""
    phrases, place = _phrases_by_first(), 0
    said: list[str] = []
    while place < len(words):
        for run, stands_for in phrases.get(words[place], ()):
            if tuple(words[place : place + len(run)]) == run:
                said += stands_for
                place += len(run)
                break
        else:
            said.append(words[place])
            place += 1
    return said


def is_little(word: str) -> bool:
    """True for articles, prepositions and words of form: an acronym may skip them."""
    return word in LITTLE or word in FORMS


def is_glued(long: str, short: str) -> bool:
    """True when a word is another with a little word before it and no space between: DELLAPROVINCIA."""
    return long.endswith(short) and len(long) > len(short) and long[: -len(short)] in LITTLE
