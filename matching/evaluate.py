# SPDX-License-Identifier: EUPL-1.2
"""How good a ranker is on a network: the protocol, from the cuts to marks with intervals beside the baselines.

Every cut is asked in three ways: with the whole history before it, among all (`warm`, `cold`); the same, but only
organisations that had history may be right (`warm-seen`, `cold-seen`); and with the history of a seeded half of these
hidden (`warm-masked`, `cold-masked`). In the last two, having no history tells nothing of who will turn up.
The last cut is kept back unless it is asked for: it is looked at once per release.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from data.networks import Flags, Floats, Ints, Network
from matching.bootstrap import DRAWS, Difference, Estimate, Lots, compare, draws, estimate, lots_of
from matching.folds import FOLDS, SEED, Fold, Questions, ask, hidden_half, split
from matching.metrics import MARKS, SHOWN, Answers, Negatives, hard_negatives, mark
from matching.rankers import Maker, Ranker


class Way(StrEnum):
    """Among whom is looked and what is hidden: all and nothing, who had history and nothing, and half of that."""

    OPEN = "open"
    SEEN = "seen"
    MASKED = "masked"


class Group(StrEnum):
    """Who asks, with history or without, and in which way."""

    WARM = "warm"
    COLD = "cold"
    WARM_SEEN = "warm-seen"
    COLD_SEEN = "cold-seen"
    WARM_MASKED = "warm-masked"
    COLD_MASKED = "cold-masked"

    @property
    def way(self) -> Way:
        """The way in which it is asked."""
        return Way(self.value.partition("-")[2] or "open")

    @property
    def warm(self) -> bool:
        """True when who asks has history."""
        return self.value.startswith("warm")


@dataclass(frozen=True, slots=True)
class Plan:
    """How to measure: number of folds of lots, most questions per cut, whether the last cut is looked at, the ways."""

    folds: int = FOLDS
    queries: int | None = None
    last: bool = False
    ways: tuple[Way, ...] = tuple(Way)
    hard: bool = True
    seed: int = SEED
    draws: int = DRAWS


@dataclass(frozen=True, slots=True)
class Part:
    """The questions of one cut in one way, with their hard negatives."""

    way: Way
    questions: Questions
    negatives: Negatives | None


@dataclass(frozen=True, slots=True)
class Exposure:
    """Shares 0..1: of all candidates how many were shown to anybody, of the places shown and of the right answers how
    many are small organisations' (means over cuts)."""

    coverage: float
    small_shown: float
    small_right: float


@dataclass(frozen=True, slots=True)
class Result:
    """What one ranker got on all questions of an exam: one line of `marks` per question, in the exam's order."""

    name: str
    marks: Floats
    answers: tuple[Answers, ...]

    def mark(self, name: str) -> Floats:
        """One mark of every question."""
        return self.marks[:, MARKS.index(name)]


class Exam:
    """All questions that a network can ask, put to one ranker after the other."""

    def __init__(self, network: Network, plan: Plan | None = None, *, sides: tuple[Flags, Flags] | None = None) -> None:
        self.network = network
        self.plan = plan or Plan()
        self.cuts: tuple[Fold, ...] = split(network, self.plan.folds, self.plan.seed)
        looked = self.cuts if self.plan.last else self.cuts[:-1]
        self.parts: tuple[Part, ...] = tuple(self._parts(looked, sides))
        self.groups: Mapping[Group, Flags] = self._groups()
        self.lots = self._lots()
        self._drawn: Floats | None = None

    def _parts(self, cuts: Sequence[Fold], sides: tuple[Flags, Flags] | None) -> Iterator[Part]:
        for number, cut in enumerate(cuts):
            seed = self.plan.seed + number
            hidden = {
                Way.OPEN: None,
                Way.SEEN: np.zeros(len(self.network), dtype=bool),
                Way.MASKED: hidden_half(self.network, seed),
            }
            for way in self.plan.ways:
                asked = ask(self.network, cut, hidden=hidden[way], most=self.plan.queries, sides=sides, seed=seed)
                hard = hard_negatives(asked, seed) if self.plan.hard else None
                yield Part(way, asked, hard)

    def _groups(self) -> Mapping[Group, Flags]:
        nothing = np.zeros(0, dtype=bool)
        warm = np.concatenate([nothing, *(part.questions.warm for part in self.parts)])
        return {
            group: (warm == group.warm)
            & np.concatenate(
                [nothing, *(np.full(len(part.questions.queries), part.way is group.way) for part in self.parts)]
            )
            for group in Group
        }

    def _lots(self) -> Lots:
        starts = np.cumsum([0, *(len(part.questions.queries) for part in self.parts)])
        pairs = zip(starts[:-1].tolist(), self.parts, strict=True)
        query: list[Ints] = [np.asarray(part.questions.lot_query + start) for start, part in pairs]
        lot = [part.questions.lot for part in self.parts]
        nothing = np.zeros(0, dtype=np.int64)
        return lots_of(np.concatenate([nothing, *query]), np.concatenate([nothing, *lot]), int(starts[-1]))

    @property
    def drawn(self) -> Floats:
        """The lots of every repetition of the bootstrap, the same for all rankers."""
        if self._drawn is None:
            self._drawn = draws(self.lots.count, self.plan.draws, self.plan.seed)
        return self._drawn

    def __len__(self) -> int:
        return sum(len(part.questions.queries) for part in self.parts)

    def count(self, group: Group) -> int:
        """How many questions a group asks."""
        return int(self.groups[group].sum())

    def put_to(self, make: Maker, told: Callable[[], None] = lambda: None) -> Result:
        """A ranker made anew and fitted for every history that it is shown; `told` is called after each part."""
        answers = []
        name = ""
        fitted: tuple[Ranker, Way, int] | None = None
        for part in self.parts:
            # Who is looked for differs between the open way and that of who was seen, not what is learned.
            learned = len(part.questions.train.link_org)
            if fitted is None or part.way is not Way.SEEN or fitted[1:] != (Way.OPEN, learned):
                fitted = (make().fit_network(part.questions.train), part.way, learned)
            name = fitted[0].name
            answers.append(mark(fitted[0], part.questions, part.negatives))
            told()
        marks = np.concatenate([each.marks for each in answers]) if answers else np.zeros((0, len(MARKS)))
        return Result(name, marks, tuple(answers))

    def estimate(self, result: Result, group: Group, name: str) -> Estimate:
        """The mean of one mark in a group, with its interval."""
        return estimate(result.mark(name), self.groups[group], self.lots, self.drawn)

    def compare(self, ours: Result, theirs: Result, group: Group, name: str) -> Difference:
        """One ranker against another on the same questions."""
        return compare(ours.mark(name), theirs.mark(name), self.groups[group], self.lots, self.drawn)

    def best_of(self, results: Sequence[Result], group: Group, name: str) -> Result | None:
        """The one with the highest mean; the first of equals, None where the group asks nothing."""
        if not results or not self.count(group):
            return None
        means = [np.nanmean(each.mark(name)[self.groups[group]]) for each in results]
        return results[int(np.argmax(np.nan_to_num(means, nan=-1.0)))]

    def exposure(self, result: Result, group: Group) -> Exposure:
        """Who is shown to a group, cut by cut."""
        found = []
        for part, answers in zip(self.parts, result.answers, strict=True):
            asks = part.questions.warm == group.warm
            if part.way is group.way and asks.any():
                found.append(_exposure(part.questions, answers.shown[asks], asks))
        values = np.array(found).mean(axis=0).tolist() if found else [np.nan] * 3
        return Exposure(*values)


def _exposure(questions: Questions, shown: Ints, asks: Flags) -> tuple[float, float, float]:
    places = shown[shown >= 0]
    owners = np.repeat(np.arange(len(asks)), np.diff(questions.truth_start))
    right = questions.truth[asks[owners]]
    seen = len(np.unique(places)) / max(int(questions.candidates.sum()), 1)
    small = questions.small
    return seen, float(small[places].mean()) if len(places) else np.nan, float(small[right].mean())


__all__ = ["MARKS", "SHOWN", "Exam", "Exposure", "Group", "Part", "Plan", "Result", "Way"]
