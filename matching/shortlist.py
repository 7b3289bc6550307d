# SPDX-License-Identifier: EUPL-1.2
"""The first few of a ranking, exactly, without ranking everybody.

A class of organisations that the attributes cannot tell apart gets one upper bound: what its attributes give, the most
that any place can add. Classes are visited from the highest bound down, and whoever a sparse sign reaches from the
highest bound down too; visiting ends when the last place of the list beats every bound that is left. Whoever is visited
is scored by the very same signs as in `matching.recommend.ranking`, so the list is that ranking's beginning.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np

from matching.buckets import Buckets, buckets_of
from matching.candidates import Filters, is_told, possible_count, possible_rows, within
from matching.checks import removed
from matching.columns import Columns, Flags, Floats, Ints
from matching.features import FEATURES
from matching.features.registry import By
from matching.fronts import SLACK, Front, by_class, front_of
from matching.graph import PartnerIndex
from matching.kinds import Partnership
from matching.question import Question
from matching.reach import NOBODY, ascending
from matching.scoring import PRECISION, Scores, summed

_FIRST: Final = 2_048  # organisations visited first, and then more and more at a time
_MORE: Final = 4
_WHOLE: Final = 8_192  # so few candidates are all scored where sparse signs reach half of them
_FEW: Final = 1_024  # so few are all scored where classes do not help
_PUBLIC: Final = 131_072  # so many too, where one side is a public body: words reach most, asking whom costs as much
_MANY: Final = 256  # rows that one sign reaches: those that it reaches weakly are then not looked at one by one
_ONE_BODY: Final = "U01"  # the only check that is about the two rows themselves


@dataclass(frozen=True, slots=True)
class Shortlist:
    """The first partners of one answer. `question` holds their rows (ascending), `scores` their signs and `suggested`
    positions in these rows, best first; `equals` counts those left out that have the score of the last one,
    `considered` those that the kind and the filters let the asker have."""

    kind: Partnership
    question: Question
    scores: Scores
    suggested: Ints
    equals: int
    considered: int

    @property
    def rows(self) -> Ints:
        """Rows of the index, best first."""
        return np.asarray(self.question.rows[self.suggested], dtype=np.int64)


def top(index: PartnerIndex, asker: int, kind: Partnership, k: int, filters: Filters, today: date) -> Shortlist:
    """The first `k` of `ranking` of the same: the same rows, order, signs and scores, to the bit."""
    columns = index.certain_columns if filters.only_certain else index.columns
    asking = Question(index, columns, asker, NOBODY, today)
    return _Search(asking, kind.admitting(is_told(index, columns, asker)), filters, max(k, 1)).found(k)


@dataclass(frozen=True, slots=True)
class _Visited:
    """Rows that were scored and may be named, their scores, and the place of each in the sums of signs beside them."""

    rows: Ints
    total: Floats
    place: Ints
    values: Floats
    contributions: Floats


class _Search:
    def __init__(self, asking: Question, kind: Partnership, filters: Filters, k: int) -> None:
        self.asking, self.kind, self.k = asking, kind, k
        self.index: PartnerIndex = asking.index
        self.size = len(self.index.organisations)
        self.columns: Columns = asking.columns
        self.buckets: Buckets = buckets_of(self.index, self.columns)
        self.weights = self.index.weights_of(kind)
        self.by_row = any(FEATURES[name].reach is None and FEATURES[name].by is By.ROW for name in kind.weights)
        self.visited: list[_Visited] = []
        self.least = -np.inf  # what the last place has so far
        self.by_bucket = by_class(asking, kind)
        self.hidden = self._hidden(filters)
        self.gain, self.recalled = np.zeros(self.size), np.zeros(self.size, dtype=np.bool_)
        self.marked, self.weakly = np.zeros(self.size, dtype=np.bool_), np.zeros(self.size, dtype=np.bool_)
        self.reached: dict[str, Ints] = {}
        self.late = 0.0

    @cached_property
    def front(self) -> Front:
        """The groups of those whom no sparse sign reaches, with bounds."""
        return front_of(self.asking, self.kind)

    def found(self, k: int) -> Shortlist:
        if not self.by_bucket and self.considered <= (_PUBLIC if self.kind.public else _FEW):
            return self._everybody(k)
        self._reach()
        reached = int(np.count_nonzero(self.marked))
        if not self.by_bucket and self.considered <= min(_WHOLE, 2 * reached):
            return self._everybody(k)
        touched, limits = self._touched()
        groups, rows, wanted = 0, 0, max(_FIRST if self.by_bucket else _FIRST // _MORE, 2 * self.k)
        bounds, counts = self.front.bounds, self.front.counts
        while True:
            floor = max(self.least, self.kind.least) - SLACK
            last_group = int(np.searchsorted(-bounds, self.late - floor, side="right"))
            last_row = int(np.searchsorted(-limits, -floor, side="right"))
            if groups >= last_group and rows >= last_row:
                break
            before = int(counts[groups - 1]) if groups else 0
            until = max(min(int(np.searchsorted(counts, before + wanted)) + 1, last_group), groups)
            upto = max(min(rows + wanted, last_row), rows)
            self._visit(self._alike(groups, until, floor), touched[rows:upto])
            groups, rows, wanted = until, upto, wanted * _MORE
        return self._best(k)

    def _everybody(self, k: int) -> Shortlist:
        """The list by scoring all that may be named: late signs (see `_late`) only of those who may still come first.

        Late signs take nothing away: whoever stands with all that they may add below the last place without them, stays
        below it.
        """
        rows = possible_rows(self.index, self.asking.asker, self.kind)
        question = self.asking.asking(rows[~self.hidden[rows]])
        names, late = tuple(self.kind.weights), self._late()
        values = np.zeros((len(names), len(question.rows)))
        for position, name in enumerate(names):
            if name not in late:
                values[position] = FEATURES[name].values(question)
        early = self._weighed(names, values)
        able = early.recalled(self.kind.recall)
        for flags in removed(question, self.kind).values():
            able &= ~flags
        most = early.total + sum(self.weights[name] for name in late)
        sure = early.total[able & (early.total >= self.kind.least)]
        last = float(np.partition(sure, len(sure) - k)[len(sure) - k]) if len(sure) >= k else -np.inf
        left = np.flatnonzero(able & (most >= max(last, self.kind.least) - SLACK))
        question, values = question.asking(question.rows[left]), values[:, left]
        for name in late:
            values[names.index(name)] = FEATURES[name].values(question)
        self._keep(question.rows, np.arange(len(left)), question, self._weighed(names, values))
        return self._best(k)

    def _late(self) -> tuple[str, ...]:
        """Signs that may be asked last: sparse ones that only add, and without which nobody is recalled."""
        return tuple(
            name
            for name in self.kind.weights
            if FEATURES[name].reach is not None and name not in self.kind.recall and self.weights[name] > 0
        )

    def _weighed(self, names: tuple[str, ...], values: Floats) -> Scores:
        weights = np.array([self.weights[name] for name in names])
        contributions = np.round(values * weights[:, None], PRECISION)
        return Scores(names, values, contributions, summed(contributions))

    # --- who may be visited ---------------------------------------------------------------------------------

    def _hidden(self, filters: Filters) -> Flags:
        """Rows that are never to be named: the asker, who refused, the same body, who does not pass the filters."""
        index, asker = self.index, self.asking.asker
        self.considered = possible_count(index, asker, self.kind)
        hidden = np.zeros(len(index.organisations), dtype=np.bool_)
        if filters.active:
            rows = possible_rows(index, asker, self.kind)
            everybody = self.asking.asking(rows)
            hidden[:] = True
            passing = rows[within(everybody, filters)]
            hidden[passing] = False
            self.considered = len(passing)
        hidden[asker] = True
        for row, of_kind in index.refused.get(asker, ()):
            if of_kind in (None, self.kind.name):
                hidden[row] = True
        if index.derived("shared-entity", (index.entity,), lambda: _shared(index.entity))[asker]:
            hidden[index.entity == index.entity[asker]] = True
        return hidden

    def _reach(self) -> None:
        """Asks every sparse sign whom it reaches: `marked` are all these, `gain` the most that each of them gets.

        Of a sign that reaches many, and most of them weakly, only those are marked that it recalls by itself; the
        others are looked at with those whom nothing reaches (`weakly`), and none of them gets more of it than `late`.
        """
        for name in self.kind.weights:
            reach, most = FEATURES[name].reach, FEATURES[name].most
            rows = NOBODY if reach is None else reach(self.asking)
            if not len(rows):
                continue
            self.reached[name] = rows
            weight = max(self.weights[name], 0.0)
            worth = np.ones(len(rows)) if most is None else most(self.asking)
            self.gain[rows] += worth * weight
            strong = worth >= self.kind.recall.get(name, np.inf) - SLACK
            self.recalled[rows[strong]] = True
            if most is not None and len(rows) > _MANY:
                self.weakly[rows[~strong]] = True
                self.late += float(worth[~strong].max(initial=0.0)) * weight
                rows = rows[strong]
            self.marked[rows] = True

    def _touched(self) -> tuple[Ints, Floats]:
        """The marked rows that might be named, with a bound each, highest first."""
        if not self.reached:
            return NOBODY, np.zeros(0)
        rows = np.flatnonzero(self.marked & ~self.hidden)
        limits, by_attributes = self.front.limits(rows)
        limits = limits + self.gain[rows]
        able = (by_attributes | self.recalled[rows]) & (limits >= self.kind.least - SLACK)
        rows, limits = rows[able], limits[able]
        order = np.argsort(-limits, kind="stable")
        return rows[order], limits[order]

    # --- visiting -------------------------------------------------------------------------------------------

    def _visit(self, alike: tuple[Ints, Ints], touched: Ints) -> None:
        """Scores rows that no sparse sign reaches, once a bucket (where each begins is told beside them), and rows that
        one does."""
        rows, bucket = alike
        first = np.append(rows[bucket], touched)
        if not len(first):
            return
        order = np.argsort(first)
        at = np.empty(len(order), dtype=np.int64)
        at[order] = np.arange(len(order))
        question = self.asking.asking(first[order])
        counts = np.diff(np.append(bucket, len(rows)))
        place = np.append(at[: len(bucket)].repeat(counts), at[len(bucket) :])
        self._keep(np.append(rows, touched), place, question, self._scores(question))

    def _keep(self, rows: Ints, place: Ints, question: Question, scores: Scores) -> None:
        """Of some rows, each with its place in the scores, keeps those that may be named and are not beaten."""
        named = self._named(question, scores)[place]
        if not named.any():
            return
        rows, place = rows[named], place[named]
        total = np.round(scores.total, PRECISION - 2)[place]
        self.visited.append(_Visited(rows, total, place, scores.values, scores.contributions))
        every = total if len(self.visited) == 1 else np.concatenate([each.total for each in self.visited])
        if len(every) >= self.k:
            self.least = float(np.partition(every, len(every) - self.k)[len(every) - self.k])

    def _alike(self, first: int, last: int, floor: float) -> tuple[Ints, Ints]:
        """The rows of some groups that no sparse sign reaches, bucket by bucket, and where each bucket begins."""
        rows = self.front.rows(first, last)
        rows = rows[~(self.hidden[rows] | self.marked[rows])]
        if not self.by_bucket and len(rows):
            rows = ascending(rows)
            self.hidden[rows] = True  # it may stand in a later group too
            limits, recalled = self.front.limits(rows)
            rows = rows[recalled & (limits + self.gain[rows] >= floor)]
        if self.by_row or not self.by_bucket or not len(rows):
            return rows, np.arange(len(rows))
        bucket, alone = self.buckets.bucket_of[rows], self.weakly[rows]
        new = (bucket[1:] != bucket[:-1]) | alone[1:] | alone[:-1]
        return rows, np.flatnonzero(np.append(True, new))

    def _scores(self, question: Question) -> Scores:
        """Every sign: those that are known as they are known, sparse ones only where they reach."""
        names = tuple(self.kind.weights)
        values = np.zeros((len(names), len(question.rows)))
        known = self.front.known(question, values) if self.by_bucket else frozenset()
        for position, name in enumerate(names):
            if name in known:
                continue
            if FEATURES[name].reach is None:
                values[position] = FEATURES[name].values(question)
            elif name in self.reached:
                place = np.searchsorted(self.reached[name], question.rows)
                place[place == len(self.reached[name])] = 0
                hit = np.flatnonzero(self.reached[name][place] == question.rows)
                if len(hit):
                    values[position, hit] = FEATURES[name].values(question.asking(question.rows[hit]))
        return self._weighed(names, values)

    def _named(self, question: Question, scores: Scores) -> Flags:
        """Which of the scored may be named and are not beaten."""
        good = scores.recalled(self.kind.recall) & (scores.total >= self.kind.least)
        good &= np.round(scores.total, PRECISION - 2) >= self.least
        if good.any():
            for name, flags in removed(question, self.kind).items():
                if name != _ONE_BODY:
                    good &= ~flags
        return good

    # --- the list -------------------------------------------------------------------------------------------

    def _best(self, k: int) -> Shortlist:
        names = tuple(self.kind.weights)
        if not self.visited:
            nothing = np.zeros((len(names), 0))
            return Shortlist(
                self.kind, self.asking, Scores(names, nothing, nothing, np.zeros(0)), NOBODY, 0, self.considered
            )
        total = np.concatenate([each.total for each in self.visited])
        rows = np.concatenate([each.rows for each in self.visited])
        part = np.repeat(np.arange(len(self.visited)), [len(each.rows) for each in self.visited])
        place = np.concatenate([each.place for each in self.visited])
        held = np.flatnonzero(total >= self.least)
        turn = (rows[held] - self.asking.asker) % len(self.index.organisations)
        order = held[np.lexsort((turn, -total[held]))]
        equals = int((total[order[k:]] == total[order[k - 1]]).sum()) if 0 < k < len(order) else 0
        order = order[:k]
        ascending = np.argsort(rows[order])
        chosen = order[ascending]
        values, contributions = (np.empty((len(names), len(chosen))) for _ in range(2))
        for number, each in enumerate(self.visited):
            own = np.flatnonzero(part[chosen] == number)
            values[:, own] = each.values[:, place[chosen[own]]]
            contributions[:, own] = each.contributions[:, place[chosen[own]]]
        suggested = np.empty(len(order), dtype=np.int64)
        suggested[ascending] = np.arange(len(order))
        scores = Scores(names, values, contributions, summed(contributions))
        return Shortlist(self.kind, self.asking.asking(rows[chosen]), scores, suggested, equals, self.considered)


def _shared(entity: Ints) -> Flags:
    """Which rows are not the only ones of their body."""
    return np.asarray(np.bincount(entity)[entity] > 1)
