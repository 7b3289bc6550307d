# SPDX-License-Identifier: EUPL-1.2
"""How likely two bodies are one: a sum of what each sign adds, so that the explanation is the probability.

log-odds = start + sum of (weight x value of the sign). The weights are numbers learned from pairs that people labelled
(`data.resolution.learning`) and kept in `parameters.json` with their day and a fingerprint; nothing is learned while
the product runs. Signs that speak for one body have weights >= 0, the others <= 0, whatever the pairs said.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from hashlib import blake2b
from math import exp
from pathlib import Path

import orjson

from data.errors import InvalidValue
from data.resolution.comparison import Comparison, Described, compare

PARAMETERS = Path(__file__).with_name("parameters.json")


MOST_CAUTIONS = 2
"""With more reasons to doubt than this nobody is asked."""
LEAST_AGREED = 0.3
"""Nor where the words in common weigh less than this (in tens): a place's name, say."""


class Verdict(StrEnum):
    """What to do with two bodies that look alike."""

    JOIN = "join"
    ASK = "ask"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Parameters:
    """The fixed numbers. From `join` on two bodies are one unasked, from `ask` on a person decides. `rules` counts the
    changes of the cautions and doubts that stand beside the numbers.
    """

    learned: str
    pairs: int
    start: float
    weights: dict[str, float]
    join: float
    ask: float
    rules: int = 1

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that change with any of the numbers and with the rules."""
        told = orjson.dumps([self.start, self.weights, self.join, self.ask, self.rules], option=orjson.OPT_SORT_KEYS)
        return blake2b(told, digest_size=6).hexdigest()


@cache
def parameters() -> Parameters:
    """The numbers that came with the product. Raises InvalidValue when they are not what their fingerprint says."""
    held = orjson.loads(PARAMETERS.read_bytes())
    told = held.pop("fingerprint")
    found = Parameters(**held)
    if found.fingerprint != told:
        raise InvalidValue(field="fingerprint", value=found.fingerprint, allowed=told)
    return found


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one sign adds to the log-odds."""

    sign: str
    value: float
    weight: float

    @property
    def adds(self) -> float:
        """Its part of the sum."""
        return self.value * self.weight


@dataclass(frozen=True, slots=True)
class Judgement:
    """Two bodies judged: the probability (0..1) that they are one, what to do, and the parts that add up to it."""

    one: str
    other: str
    probability: float
    verdict: Verdict
    start: float
    contributions: tuple[Contribution, ...]
    comparison: Comparison


def judge(one: Described, other: Described, fixed: Parameters | None = None) -> Judgement:
    """How likely two bodies are one; `one` is the one whose id comes first."""
    if other.id < one.id:
        one, other = other, one
    fixed = fixed or parameters()
    seen = compare(one, other)
    parts = tuple(Contribution(sign, value, fixed.weights.get(sign, 0.0)) for sign, value in seen.signs.items())
    odds = fixed.start + sum(part.adds for part in parts)
    probability = 1 / (1 + exp(-max(min(odds, 40.0), -40.0)))
    return Judgement(one.id, other.id, probability, _verdict(probability, seen, fixed), fixed.start, parts, seen)


def _verdict(probability: float, seen: Comparison, fixed: Parameters) -> Verdict:
    thin = seen.signs.get("words-agree", 0.0) < LEAST_AGREED or len(seen.cautions) > MOST_CAUTIONS
    if seen.contradictions or probability < fixed.ask or (thin and "crossed-numbers" not in seen.cautions):
        return Verdict.APART
    return Verdict.JOIN if probability >= fixed.join and not seen.cautions else Verdict.ASK
