# SPDX-License-Identifier: EUPL-1.2
"""The places that names tell: comuni of Lazio by code, places farther away by name, provinces and their capitals."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from data.lazio.territory import municipalities, provinces
from data.resolution.spelling import folded
from data.resolution.vocabulary import ABBREVIATIONS, FAR, FAR_CAPITALS, LITTLE


@cache
def _capitals() -> dict[str, frozenset[str]]:
    """By sigla, how `Name.places` tells its capital."""
    far = {sigla: frozenset(name for name, other in FAR_CAPITALS.items() if other == sigla)
           for sigla in FAR_CAPITALS.values()}  # fmt: skip
    return far | {one.sigla: frozenset({one.capital}) for one in provinces()}


def capitals_of(sigla: str | None) -> frozenset[str]:
    """How `Name.places` tells the capital of a province; empty when the sigla is unknown."""
    return _capitals().get(sigla or "", frozenset())


@cache
def _provinces_of_comuni() -> dict[str, str]:
    return {facts.istat: facts.province for facts in municipalities()}


def province_of(istat: str) -> str | None:
    """The sigla of the province of a comune of Lazio."""
    return _provinces_of_comuni().get(istat)


@cache
def _province_names() -> frozenset[str]:
    return FAR | {word for one in provinces() for word in (one.sigla, *folded(one.name).split())}


def without_province_of(words: list[str]) -> list[str]:
    """ORDINE ... PROVINCIA DI VITERBO is one of Viterbo; PROVINCIA DI VITERBO stays."""
    after = [*words[1:], ""]
    return [
        word
        for place, word in enumerate(words)
        if not (place and word in ("PROVINCIA", "PROV") and after[place] in _province_names())
    ]


@cache
def _comuni() -> tuple[dict[tuple[str, ...], str], int]:
    names = {tuple(folded(facts.name).split()): facts.istat for facts in municipalities()}
    return names, max(map(len, names))


def comune_name(istat: str) -> str:
    """The name of a comune of Lazio."""
    return _comune_names()[istat]


@cache
def _comune_names() -> dict[str, str]:
    return {facts.istat: facts.name for facts in municipalities()}


@cache
def _province_words() -> dict[str, frozenset[str]]:
    """By comune: how its province is said behind its name (RIETI, RI)."""
    said = {one.sigla: frozenset({one.sigla, *folded(one.name).split()}) for one in provinces()}
    return {facts.istat: said[facts.province] for facts in municipalities()}


def comune_of(words: Sequence[str]) -> str | None:
    """The comune that these words name and nothing else: COMUNE DI X - PROVINCE, X, ROMA CAPITALE."""
    left = [word for word in words if word not in LITTLE]
    if left[:1] == ["COMUNE"]:
        left = left[1:]
    if left == ["ROMA", "CAPITALE"]:
        left = ["ROMA"]
    for length in range(len(left), 0, -1):
        found = _bare_comuni().get(tuple(left[:length]))
        if found is not None:
            return found if _province_words()[found].issuperset(left[length:]) else None
    return None


@cache
def _bare_comuni() -> dict[tuple[str, ...], str]:
    """Comuni by their names without little words."""
    return {tuple(word for word in name if word not in LITTLE): istat for name, istat in _comuni()[0].items()}


def places_of(words: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The comuni of Lazio and the places farther away that the words name, longest names first."""
    names, longest = _comuni()
    codes: set[str] = set()
    said: set[str] = set()
    place = 0
    while place < len(words):
        for length in range(min(longest, len(words) - place), 0, -1):
            run = tuple(words[place : place + length])
            if run in names:
                codes.add(names[run])
                said.update(ABBREVIATIONS.get(word, word) for word in run)
                place += length
                break
        else:
            if words[place] in FAR:
                codes.add(words[place])
                said.add(words[place])
            place += 1
    return frozenset(codes), frozenset(said)
