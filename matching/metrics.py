# SPDX-License-Identifier: EUPL-1.2
"""Marks of a ranking: where the right answers stand among everybody, and among those that are hard to tell from them.

Ranks start at 1. Equal numbers stand in the order of positions among everybody, and share their middle rank among hard
negatives. `MARKS` of one question, each 0..1:
`mrr` 1 / rank of the first right answer; `hits` a right answer in the first ten; `ndcg` of the first ten (gain 1 each,
discount log2(rank + 1), against all right answers first); `recall` share of the right answers in the first twenty;
`hard`, `near`, `top` mean over its right answers of 1 / rank among hard negatives: all of them, those of the same place
and kind, those that several heuristics put first (as HeaRT does: Li and others 2023).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from data.networks import Floats, Ints
from matching.folds import SEED, Questions
from matching.graph_rankers import Likeness, Neighbours, PageRank, WordLikeness
from matching.places import finest_places, numbered
from matching.rankers import LocalPopularity, Ranker, scores_of

MARKS: Final = ("mrr", "hits", "ndcg", "recall", "hard", "near", "top")
FIRST: Final = 10
SHOWN: Final = 20
HARD: Final = 50
BLOCK: Final = 64


@dataclass(frozen=True, slots=True)
class Negatives:
    """Hard negatives by position: `near` per right answer, `top` per question; (n, 50), -1 where there are fewer."""

    near: Ints
    top: Ints


@dataclass(frozen=True, slots=True)
class Answers:
    """What a ranker got: `marks` (questions, MARKS), NaN where there is none; `shown` its first 20, -1 where fewer."""

    marks: Floats
    shown: Ints


def best(scores: Floats, k: int) -> Ints:
    """Positions of the k highest numbers, best first, equal ones by position; -inf never stands."""
    possible = np.flatnonzero(scores > -np.inf)
    if len(possible) > k:
        values = scores[possible]
        least = np.partition(values, len(values) - k)[len(values) - k]
        above, level = possible[values > least], possible[values == least]
        possible = np.concatenate([above, level[: k - len(above)]])
    return possible[np.lexsort((possible, -scores[possible]))]


def ranks_of(scores: Floats, right: Ints) -> Ints:
    """Rank of each right answer among all, in its order: 1 + how many stand before it."""
    values = scores[right][:, None]
    level = (scores == values) & (np.arange(len(scores)) < right[:, None])
    return np.asarray(1 + (scores > values).sum(axis=1) + level.sum(axis=1), dtype=np.int64)


def marks_of_ranks(ranks: Ints) -> tuple[float, float, float, float]:
    """MRR, Hits@10, NDCG@10 and recall@20 of one question whose right answers stand at these ranks."""
    ranks = np.sort(ranks)
    gain = (1.0 / np.log2(ranks[ranks <= FIRST] + 1.0)).sum()
    ideal = (1.0 / np.log2(np.arange(1, min(len(ranks), FIRST) + 1) + 1.0)).sum()
    hit = float(ranks[0] <= FIRST)
    return float(1.0 / ranks[0]), hit, float(gain / ideal), float((ranks <= SHOWN).mean())


def middle_rank(value: float, others: Floats) -> float:
    """Rank of a number among others, equal ones sharing the middle."""
    return 1.0 + float((others > value).sum()) + float((others == value).sum()) / 2.0


def mark(ranker: Ranker, questions: Questions, negatives: Negatives | None) -> Answers:
    """The marks of a fitted ranker on the questions of one cut."""
    count = len(questions.queries)
    marks = np.full((count, len(MARKS)), np.nan)
    shown = np.full((count, SHOWN), -1, dtype=np.int64)
    for start in range(0, count, BLOCK):
        rows = questions.queries[start : start + BLOCK]
        for at, scores in enumerate(scores_of(ranker, rows), start=start):
            right = questions.right(at)
            raw = np.nan_to_num(scores, nan=-1e300, posinf=1e300, neginf=-1e300)
            if negatives is not None:
                marks[at, 4:] = _hard_marks(raw, right, negatives, at, int(questions.truth_start[at]))
            ranked = np.where(questions.candidates, raw, -np.inf)
            ranked[questions.barred(at)] = -np.inf
            marks[at, :4] = marks_of_ranks(ranks_of(ranked, right))
            first = best(ranked, SHOWN)
            shown[at, : len(first)] = first
    return Answers(marks, shown)


def _hard_marks(scores: Floats, right: Ints, negatives: Negatives, at: int, start: int) -> Floats:
    """`hard`, `near` and `top` of one question."""
    top = negatives.top[at]
    top = top[top >= 0]
    found = np.zeros((len(right), 3))
    for number, answer in enumerate(right.tolist()):
        near = negatives.near[start + number]
        near = near[near >= 0]
        both = np.union1d(near, top)
        found[number] = [1.0 / middle_rank(scores[answer], scores[each]) for each in (both, near, top)]
    return np.asarray(found.mean(axis=0))


def hard_negatives(questions: Questions, seed: int = SEED) -> Negatives:
    """Fifty per right answer of its place and kind (then its kind, then anybody), seeded; fifty per question that
    resource allocation, PageRank, likeness of words and local popularity put first, by turns."""
    return Negatives(_near(questions, seed), _top(questions))


def _open(questions: Questions, at: int) -> Ints:
    """Wrong answers that a question may be given."""
    allowed = questions.candidates.copy()
    allowed[questions.barred(at)] = False
    allowed[questions.right(at)] = False
    return np.flatnonzero(allowed)


def _near(questions: Questions, seed: int) -> Ints:
    chance = np.random.default_rng(seed)
    kinds, places = numbered(questions.train.kinds), finest_places(questions.train)
    found = np.full((len(questions.truth), HARD), -1, dtype=np.int64)
    for at in range(len(questions.queries)):
        wrong = _open(questions, at)
        drawn = chance.random(len(wrong))
        for place in range(int(questions.truth_start[at]), int(questions.truth_start[at + 1])):
            answer = int(questions.truth[place])
            kind = kinds[wrong] == kinds[answer]
            likeness = drawn + 1.0 * kind + 2.0 * (kind & places.same(answer)[wrong])
            first = wrong[best(likeness, HARD)]
            found[place, : len(first)] = first
    return found


def _top(questions: Questions) -> Ints:
    found = np.full((len(questions.queries), HARD), -1, dtype=np.int64)
    heuristics: tuple[Ranker, ...] = (
        Neighbours(Likeness.RESOURCE_ALLOCATION), PageRank(), WordLikeness(), LocalPopularity(),
    )  # fmt: skip
    fitted = [each.fit_network(questions.train) for each in heuristics]
    for start in range(0, len(found), BLOCK):
        rows = questions.queries[start : start + BLOCK]
        lines = [scores_of(each, rows) for each in fitted]
        for at in range(start, start + len(rows)):
            wrong = _open(questions, at)
            firsts = [wrong[best(line[at - start][wrong], HARD)] for line in lines]
            by_turns = np.stack(firsts, axis=1).ravel()
            _, seen = np.unique(by_turns, return_index=True)
            chosen = by_turns[np.sort(seen)][:HARD]
            found[at, : len(chosen)] = chosen
    return found
