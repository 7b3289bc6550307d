# SPDX-License-Identifier: EUPL-1.2
"""Words of two names side by side: the same, misspelt, shortened, run together, acronyms, and what is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from rapidfuzz.distance import Levenshtein

from data.resolution.names import Name, says_everywhere
from data.resolution.spelling import is_glued, is_little
from data.resolution.vocabulary import SILENT
from data.resolution.weights import weight_of

_SHORTEST_BEGINNING = 4
_SHORTEST_ACRONYM = 3
_SPELT = 2
_LEAST_LIKENESS = 0.8
_LEAST_LETTERS = 5
_ABBREVIATED = 0.85
# What the own place in both names counts of its weight: much of a place is named after it.
_PLACE = 0.3
# A word of this weight or more, on one side only, may be what tells two bodies apart (CARE, AGRI).
RARE = 6.9


@dataclass(slots=True)
class Words:
    """Words of two names laid beside each other."""

    agree: list[str] = field(default_factory=list)
    agreeing: float = 0.0
    misspelt: float = 0.0
    exact: float = 0.0
    by_initials: bool = False
    only_one: dict[str, float] = field(default_factory=dict)
    only_other: dict[str, float] = field(default_factory=dict)

    @property
    def rarest(self) -> float:
        """The weight of the most telling word that only one has."""
        return max((*self.only_one.values(), *self.only_other.values()), default=0.0)

    @property
    def balance(self) -> float:
        return self.agreeing - self.misspelt - sum(self.only_one.values()) - sum(self.only_other.values())


def lay(first: Name, second: Name, at_home: tuple[bool, bool]) -> Words:
    """Two names word by word. `at_home` says of each whether a place that it tells is the other body's own."""
    words = Words()
    mine, theirs = set(first.words), set(second.words)
    for word in first.words:
        if word in theirs:
            words.agree.append(word)
            words.agreeing += weight_of(word) * (_PLACE if any(at_home) and word in first.place_words else 1.0)
    words.exact = words.agreeing
    left = [word for word in first.words if word not in theirs]
    right = [word for word in second.words if word not in mine]
    if same_letters(first, second):
        left, right = _take_equal_runs(words, left, right)
    for step in (_take_runs, _take_spellings, _take_initials):
        left, right = step(words, left, right, first, second)
    words.only_one = {word: _cost(word, first, second, at_home=at_home[0]) for word in left}
    words.only_other = {word: _cost(word, second, first, at_home=at_home[1]) for word in right}
    _spare_spelt_out(words, first, second)
    return words


def _spare_spelt_out(words: Words, first: Name, second: Name) -> None:
    """Words that only spell out an acronym that both names have, or a name whose own short form is the other's, speak
    against nothing; nor do common words among words spelt out.
    """
    for word in set(first.words) & set(second.words):
        for name, only in ((first, words.only_one), (second, words.only_other)):
            spelt = [part for part in acronym_words(word, name.said) if part in only]
            common = [part for part, cost in only.items() if cost < RARE] if len(spelt) >= _SPELT else []
            only |= dict.fromkeys((*spelt, *common), 0.0)
    for name, beside, only in ((first, second, words.only_one), (second, first, words.only_other)):
        if name.short and name.short in (beside.joined, beside.letters):
            only |= dict.fromkeys(only, 0.0)


def same_letters(first: Name, second: Name) -> bool:
    """True when two names are the same letters, however spaced."""
    return first.joined == second.joined or first.letters == second.letters


def _take_equal_runs(words: Words, left: list[str], right: list[str]) -> tuple[list[str], list[str]]:
    """The same letters, only spaced otherwise."""
    weight = max(sum(map(weight_of, left)), sum(map(weight_of, right))) if left and right else 0.0
    words.agree += sorted(left) if weight else []
    words.agreeing += weight
    words.exact = words.agreeing
    return [], []


def _take_runs(
    words: Words, left: list[str], right: list[str], first: Name, second: Name
) -> tuple[list[str], list[str]]:
    """One word here, two or three there: GUIDONIA and GUI DONIA."""
    for mine, theirs, name, forward in ((left, right, second, True), (right, left, first, False)):
        for word in list(mine):
            run = _run_of(word, name.words, theirs)
            if run:
                mine.remove(word)
                for part in run:
                    theirs.remove(part)
                words.agree.append(word if forward else " ".join(run))
                words.agreeing += weight_of(word)
    return left, right


def _run_of(word: str, order: Sequence[str], free: Sequence[str]) -> tuple[str, ...]:
    for length in (2, 3):
        for start in range(len(order) - length + 1):
            run = tuple(order[start : start + length])
            if "".join(run) == word and all(part in free for part in run):
                return run
    return ()


def _take_spellings(
    words: Words, left: list[str], right: list[str], _first: Name, _second: Name
) -> tuple[list[str], list[str]]:
    """Words that are one but for a slip, an ending or an abbreviation, the most alike first."""
    likely = [(_likeness(mine, theirs), mine, theirs) for mine in left for theirs in right]
    for likeness, mine, theirs in sorted(likely, key=lambda item: (-item[0], *sorted(item[1:]))):
        if not likeness:
            break
        if mine in left and theirs in right:
            left.remove(mine)
            right.remove(theirs)
            weight = min(weight_of(mine), weight_of(theirs))
            words.agree.append(mine if mine == theirs else f"{mine}~{theirs}")
            words.agreeing += weight * likeness
            words.misspelt += weight * (1 - likeness)
    return left, right


def _likeness(one: str, other: str) -> float:
    """0, or from 0.8 to 1: how much two words are one."""
    short, long = sorted((one, other), key=len)
    if short.isdigit() or long.isdigit():
        return 0.0
    if is_glued(long, short):
        return 1.0
    if len(short) >= _SHORTEST_BEGINNING and long.startswith(short):
        return max(_ABBREVIATED, len(short) / len(long))
    if len(short) < _LEAST_LETTERS:
        return 0.0
    likeness = float(Levenshtein.normalized_similarity(one, other))
    return likeness if likeness >= _LEAST_LIKENESS else 0.0


def _take_initials(
    words: Words, left: list[str], right: list[str], first: Name, second: Name
) -> tuple[list[str], list[str]]:
    """An acronym here that is spelt out there."""
    for mine, theirs, name in ((left, right, second), (right, left, first)):
        for word in [item for item in mine if len(item) >= _SHORTEST_ACRONYM]:
            spelt = [part for part in _spelt_out(word, name.said) if part in theirs]
            if spelt:
                mine.remove(word)
                for part in spelt:
                    theirs.remove(part)
                words.agree.append(word)
                words.agreeing += min(sum(map(weight_of, spelt)), weight_of(word))
                words.by_initials = True
    return left, right


def _spelt_out(word: str, order: Sequence[str]) -> tuple[str, ...]:
    """The words in a row whose first letters are this word; none when there are none."""
    order = [each for each in order if each not in SILENT]
    start = "".join(each[0] for each in order).find(word)
    return tuple(order[start : start + len(word)]) if start >= 0 else ()


@lru_cache(maxsize=500_000)
def acronym_words(word: str, said: tuple[str, ...]) -> tuple[str, ...]:
    """The words from whose beginnings the letters of a word come in this order (AGENAS, INAIL, INAF); else none."""
    if len(word) < _SHORTEST_ACRONYM or not word.isalpha():
        return ()
    every = [each for each in said if each != word]
    return _begins(word, [each for each in every if not is_little(each)]) or _begins(word, every)


def _begins(letters: str, order: Sequence[str], used: tuple[str, ...] = (), skips: int = 1) -> tuple[str, ...]:
    if not letters:
        return used if len(used) > 1 else ()
    for place, each in enumerate(order):
        if each[0] == letters[0]:
            most = next((n for n in range(min(len(each), len(letters)), 1, -1) if each[:n] == letters[:n]), 1)
            for length in range(most, 0, -1):
                found = _begins(letters[length:], order[place + 1 :], (*used, each), skips)
                if found:
                    return found
            if used and len(letters) > 1 and _within(letters[1:], each[1:]):
                return (*used, each)
        skips -= 0 if is_little(each) else 1
        if skips < 0:
            return ()
    return ()


def _within(letters: str, word: str) -> bool:
    """True when all these letters (two at most) stand in the word in this order."""
    place = iter(word)
    return len(letters) <= 2 and all(letter in place for letter in letters)


def _cost(word: str, name: Name, beside: Name, *, at_home: bool) -> float:
    """What it speaks against one body that only one name has a word: nothing where it says the other's own seat or its
    province, or is an acronym of the name itself."""
    if word in name.place_words and at_home:
        return 0.0
    if acronym_words(word, name.said) or acronym_words(word, beside.said) or word in (name.short, beside.short):
        return 0.0
    if says_everywhere(word):
        return weight_of(word) * 0.3
    if word in name.owners:
        return weight_of(word) * 0.1
    return weight_of(word)
