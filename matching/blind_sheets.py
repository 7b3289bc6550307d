# SPDX-License-Identifier: EUPL-1.2
"""Blind sheets: our list beside that of the nearest of the same sector, unlabelled, and what the judges made of them.

Which list is ours is drawn by a seed and kept in a key. A judgement is "1", "2" or "=" per sheet and judge. Agreement:
Cohen's kappa for two judges (1960), Fleiss' for more (1971), on the sheets that all of them judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from data.networks import Network
from matching.bootstrap import Estimate, draws, estimate, lots_of
from matching.folds import SEED
from matching.graph_rankers import partnerships
from matching.metrics import best
from matching.rankers import Ranker

SHEETS: Final = 30
FIRST: Final = "1"
SECOND: Final = "2"
EQUAL: Final = "="
CHOICES: Final = (FIRST, SECOND, EQUAL)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One question: its number from 1, who asks, the two lists by position of the network, and which is ours."""

    number: int
    query: int
    first: tuple[int, ...]
    second: tuple[int, ...]
    ours: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the judges said: judgements given, for ours, for the other, for neither; share for ours (a draw counts half)
    with its interval over sheets; kappa (None for one judge or no sheet in common), sheets that all judged."""

    judges: int
    judgements: int
    ours: int
    other: int
    equal: int
    share: Estimate
    kappa: float | None
    in_common: int


def make_sheets(
    network: Network, ours: Ranker, other: Ranker, count: int = SHEETS, k: int = 5, seed: int = SEED
) -> tuple[Sheet, ...]:
    """Sheets for a seeded draw of organisations, both rankers fitted on `network`; a question on which both give the
    very same list is passed over, for there is nothing to judge."""
    chance = np.random.default_rng(seed)
    known = partnerships(network)
    sheets: list[Sheet] = []
    for query in chance.permutation(len(network)).tolist():
        if len(sheets) == count:
            break
        barred = np.append(known.indices[known.indptr[query] : known.indptr[query + 1]], query)
        lists = [_first(each, query, barred, k) for each in (ours, other)]
        if lists[0] == lists[1] or not all(lists):
            continue
        swapped = bool(chance.integers(0, 2))
        first, second = lists[::-1] if swapped else lists
        sheets.append(Sheet(len(sheets) + 1, query, first, second, SECOND if swapped else FIRST))
    return tuple(sheets)


def _first(ranker: Ranker, query: int, barred: np.ndarray[tuple[int], np.dtype[np.int64]], k: int) -> tuple[int, ...]:
    scores = np.array(ranker.scores(query), dtype=np.float64)
    scores[barred] = -np.inf
    return tuple(best(scores, k).tolist())


def judge(key: Mapping[int, str], judged: Sequence[Mapping[int, str]]) -> Verdict:
    """What the judges' sheets say: per judge sheet number -> choice; sheets that the key does not know are left out."""
    given = [{number: choice for number, choice in each.items() if number in key} for each in judged]
    marks = [(number, _worth(choice, key[number])) for each in given for number, choice in each.items()]
    worth = Counter(mark for _, mark in marks)
    common = sorted(set.intersection(*(set(each) for each in given))) if given else []
    return Verdict(
        judges=len(given),
        judgements=len(marks),
        ours=worth[1.0],
        other=worth[0.0],
        equal=worth[0.5],
        share=_share(marks),
        kappa=_kappa([[_side(each[number], key[number]) for each in given] for number in common]),
        in_common=len(common),
    )


def _worth(choice: str, ours: str) -> float:
    return 0.5 if choice == EQUAL else float(choice == ours)


def _side(choice: str, ours: str) -> str:
    """A choice by whose list it is, so that chance agreement is not that of places on the paper."""
    return EQUAL if choice == EQUAL else "ours" if choice == ours else "other"


def _share(marks: Sequence[tuple[int, float]]) -> Estimate:
    """Mean worth of the judgements, with the interval of drawing sheets again."""
    if not marks:
        return Estimate(np.nan, np.nan, np.nan, np.nan)
    values = np.array([mark for _, mark in marks])
    sheets = np.array([number for number, _ in marks], dtype=np.int64)
    lots = lots_of(np.arange(len(marks)), sheets, len(marks))
    return estimate(values, np.ones(len(marks), dtype=bool), lots, draws(lots.count))


def _kappa(said: Sequence[Sequence[str]]) -> float | None:
    """Kappa of judgements per sheet (lines) and judge; None for one judge or no sheet, 1 for all the same."""
    if not said or len(said[0]) < 2:
        return None
    judges = len(said[0])
    observed = np.mean([np.mean([one == two for one, two in combinations(line, 2)]) for line in said])
    if judges == 2:
        shares = [Counter(line[judge] for line in said) for judge in range(2)]
        expected = sum(shares[0][side] * shares[1][side] for side in shares[0]) / len(said) ** 2
    else:
        every = Counter(side for line in said for side in line)
        expected = sum((count / (len(said) * judges)) ** 2 for count in every.values())
    return 1.0 if expected == 1 else float((observed - expected) / (1 - expected))
