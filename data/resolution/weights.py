# SPDX-License-Identifier: EUPL-1.2
"""How much a word tells: fixed numbers, so that two bodies are judged alike in every store and on every machine.

`words.json` counts in how many names of the public lists of Lazio (5 per mille 2022, IndicePA, tender participants) a
word stands, for words of at least `least` names; every other word is taken for rare.
"""

from __future__ import annotations

from functools import cache, lru_cache
from math import log
from pathlib import Path

import orjson

_FILE = Path(__file__).with_name("words.json")
_RARE_LIKE = 3
"""A word that the table does not hold weighs like one of this many names."""
_SHORT = 0.75
_VERY_SHORT = 2


@cache
def _table() -> tuple[float, dict[str, int]]:
    table = orjson.loads(_FILE.read_bytes())
    return float(table["names"]), table["words"]


def is_known(word: str) -> bool:
    """True for a word that many names hold."""
    return word in _table()[1]


@lru_cache(maxsize=100_000)
def weight_of(word: str) -> float:
    """ln(names / names with this word): about 1.5 for `ASSOCIAZIONE`, 8 for a word met hardly anywhere."""
    names, words = _table()
    weight = log(names / words.get(word, _RARE_LIKE))
    return max(weight, 0.2) * (_SHORT if len(word) <= _VERY_SHORT else 1.0)
