# SPDX-License-Identifier: EUPL-1.2
"""Weights of signs learned from what happened: who met whom for the first time, told from what was known before.

A conditional logit on the values of the signs, drawn towards the expert weights (`matching.fitting`). The features of
an example come from an index that knows nothing of the window its label comes from. Asked are bodies of that window;
candidates, right or wrong, are bodies with a history before it: so having none tells nothing. Signs keep their side: a
sign for is never negative, a sign against never positive. A sign that history says too little of keeps its expert
weight; the others share what the expert weights gave to them together. So positive weights still sum to 1.

Learned weights are used only where they win: on folds they were not learned from, whole lists are compared question
by question, and the gain has to be told from chance.

Give only what the public may see: a table of weights learned from that tells nothing else, and serves every reader.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Final

import numpy as np
import scipy.sparse as sp

from data.networks import Flags
from matching.batch import digest_of
from matching.bootstrap import compare, draws, estimate, lots_of
from matching.candidates import NO_FILTERS, possible_rows
from matching.checks import removed
from matching.columns import Floats, Ints
from matching.fitting import Example, fit
from matching.folds import SEED, Fold
from matching.graph import PartnerIndex
from matching.history import Past
from matching.kinds import Partnership
from matching.learned_weights import DECIMALS, Document, LearnedSign, Metrics
from matching.metrics import marks_of_ranks
from matching.network_frames import new_partners
from matching.question import Question
from matching.recommend import not_for, ranking
from matching.scoring import score

ENOUGH: Final = 100
"""With fewer examples the expert weights stay."""
ENOUGH_OF_SIGN: Final = 30
"""A sign that told candidates apart in fewer examples keeps its expert weight."""
MOST_ASKED: Final = 300
"""Questions of one cut; more are sampled."""
LIKELIEST, NEIGHBOURS, SAMPLED = 40, 40, 80
PULL: Final = 20.0
"""How strongly weights are drawn to the expert ones (see `matching.fitting.fit`)."""
NDCG: Final = 2  # its place in `marks_of_ranks`


class Outcome(StrEnum):
    """What came of learning a kind."""

    LEARNED = "learned"
    INSISTED = "insisted"
    NO_BETTER = "no-better"
    TOO_FEW = "too-few"
    NO_HISTORY = "no-history"


@dataclass(frozen=True)
class Asked:
    """One question of a cut: who asks (a row), whom it met there first (rows), which lots it met them in."""

    asker: int
    met: Ints
    lots: Ints


@dataclass(frozen=True)
class Learnt:
    """What came of learning: the document where there were examples enough, used when `outcome` says so."""

    kind: str
    outcome: Outcome
    examples: int
    folds: int
    by_time: bool
    document: Document | None = None

    @property
    def used(self) -> bool:
        """True when the learned weights are to be ranked with."""
        return self.outcome in (Outcome.LEARNED, Outcome.INSISTED)


Lesson = tuple[str, Example]  # the kind of body that asked, and whom it met


@dataclass(frozen=True)
class _Frame:
    """One cut as it is learned from: what is asked, and which pairs knew each other before."""

    cut: Fold
    asked: tuple[Asked, ...]
    known: sp.csr_array
    seen: Flags
    lessons: list[Lesson] = field(default_factory=list)


def learn(past: Past, day: date, *, even_if_worse: bool = False, told: Callable[[], None] = lambda: None) -> Learnt:
    """What the history of a kind teaches; `day` is today. `told` is called after each of the two passes over a cut."""
    frames = [_frame(past, cut) for cut in past.folds]
    whole = len(frames), past.by_time
    if not any(frame.asked for frame in frames):
        return Learnt(past.kind.name, Outcome.NO_HISTORY, 0, *whole)
    for frame in frames:
        _collect(past, frame, day)
        told()
    lessons = [each for frame in frames for each in frame.lessons]
    found = weigh(past.kind, lessons)
    if found is None:
        return Learnt(past.kind.name, Outcome.TOO_FEW, len(lessons), *whole)
    metrics = _measured(past, frames, day, told)
    won = Outcome.LEARNED if metrics.wins else Outcome.INSISTED if even_if_worse else Outcome.NO_BETTER
    document = Document(
        kind=past.kind.name,
        learned_on=day,
        data=fingerprint(past),
        by_time=past.by_time,
        folds=len(frames),
        examples=len(lessons),
        metrics=metrics,
        insisted=won is Outcome.INSISTED,
        signs=found,
    )
    return Learnt(past.kind.name, won, len(lessons), *whole, document=document)


def weights_from(past: Past, day: date, most: int = MOST_ASKED) -> dict[str, float] | None:
    """The weights that a history teaches, whether they win or not, from so many questions a cut; None where it is too
    short."""
    frames = [_frame(past, cut, most) for cut in past.folds]
    for frame in frames:
        _collect(past, frame, day)
    found = weigh(past.kind, [each for frame in frames for each in frame.lessons])
    return None if found is None else {name: sign.learned for name, sign in found.items()}


def fingerprint(past: Past) -> str:
    """The data behind, in 64 signs: equal for the same bodies, facts and history (SHA-256)."""
    return digest_of(past.index(np.ones(len(past.network.projects), dtype=bool))).hexdigest()


# --- what is asked ----------------------------------------------------------------------------------------------


def _frame(past: Past, cut: Fold, most: int = MOST_ASKED) -> _Frame:
    """The questions of a cut: only of bodies that the kind lets ask, only with right answers that it lets them have."""
    before, after = past.network.with_projects(cut.train), past.network.with_projects(cut.test)
    fresh, known = new_partners(before, after)
    seen = np.bincount(before.link_org, minlength=len(before)) > 0
    lots = _lots_of_pairs(past, cut)
    found = []
    for asker in np.flatnonzero(np.diff(fresh.indptr)).tolist():
        met = fresh.indices[fresh.indptr[asker] : fresh.indptr[asker + 1]]
        allowed = _allowed(past, asker)
        met = np.array(
            [row for row in met.tolist() if seen[row] and past.network.kinds[row] in allowed], dtype=np.int64
        )
        if len(met):
            where = sorted({lot for row in met.tolist() for lot in lots[min(asker, row), max(asker, row)]})
            found.append(Asked(asker, np.sort(met), np.array(where, dtype=np.int64)))
    return _Frame(cut, tuple(_some(past, found, most)), known, seen)


def _some(past: Past, asked: list[Asked], most: int) -> list[Asked]:
    """At most so many of the questions, each kind of body as often as the others where there are enough."""
    chance = np.random.default_rng(SEED)
    kinds = np.array([past.network.kinds[each.asker] for each in asked], dtype=str)
    turn = np.empty(len(asked), dtype=np.int64)
    for kind in sorted(set(kinds.tolist())):
        own = np.flatnonzero(kinds == kind)
        turn[own] = chance.permutation(len(own))
    return [asked[place] for place in np.sort(np.argsort(turn, kind="stable")[:most])]


def _allowed(past: Past, asker: int) -> frozenset[str]:
    own = past.network.kinds[asker]
    return frozenset(
        other.value for kind, others in past.kind.partners.items() if kind.value == own for other in others
    )


def _lots_of_pairs(past: Past, cut: Fold) -> dict[tuple[int, int], list[int]]:
    """The lots in which any two bodies met in the window, by their rows."""
    after = past.network.with_projects(cut.test)
    found: dict[tuple[int, int], list[int]] = {}
    starts = np.searchsorted(after.link_project, np.arange(len(after.projects) + 1))
    for project in np.flatnonzero(np.diff(starts) > 1).tolist():
        members = after.link_org[starts[project] : starts[project + 1]].tolist()
        for place, one in enumerate(members):
            for other in members[place + 1 :]:
                found.setdefault((min(one, other), max(one, other)), []).append(int(after.project_lot[project]))
    return found


def _open_rows(frame: _Frame, index: PartnerIndex, asked: Asked, kind: Partnership) -> Ints:
    """Candidates of a question: whom the kind allows, with a history before the cut, never met before it."""
    rows = possible_rows(index, asked.asker, kind)
    known = frame.known.indices[frame.known.indptr[asked.asker] : frame.known.indptr[asked.asker + 1]]
    return np.asarray(rows[frame.seen[rows] & ~np.isin(rows, known)], dtype=np.int64)


# --- examples ---------------------------------------------------------------------------------------------------


def _collect(past: Past, frame: _Frame, day: date) -> None:
    """Adds the examples of a cut: the signs as they stood before it."""
    if not frame.asked:
        return
    index, kind = past.index(frame.cut.train), past.kind
    for asked in frame.asked:
        if not_for(index, asked.asker, kind) is not None:
            continue
        question = Question(index, index.columns, asked.asker, _open_rows(frame, index, asked, kind), day)
        fails = np.zeros(len(question.rows), dtype=bool)
        for flags in removed(question, kind).values():
            fails |= flags
        met = np.flatnonzero(np.isin(question.rows, asked.met) & ~fails)
        others = np.flatnonzero(~np.isin(question.rows, asked.met) & ~fails)
        if not len(met) or not len(others):
            continue
        if question.together[question.rows[met]].any():
            raise RuntimeError("an index knows what it has to foretell")
        scores = score(question, kind)
        drawn, stands_for = _sample(question, scores.total, others)
        values = scores.values[:, np.concatenate([met, drawn])].T.astype(np.float32)
        example = Example(values, len(met), np.concatenate([np.zeros(len(met)), stands_for]))
        frame.lessons.append((past.network.kinds[asked.asker], example))


def _sample(question: Question, total: Floats, others: Ints) -> tuple[Ints, Floats]:
    """Of the wrong ones the likeliest, some of the same kind and province, some of all the rest; the log of how many
    each stands for."""
    order = others[np.lexsort((others, -total[others]))]
    hard, rest = order[:LIKELIEST], np.sort(order[LIKELIEST:])
    chance = np.random.default_rng((SEED, question.asker))
    near = question.same(question.columns.province) & question.same(question.columns.kind)
    beside, far = rest[near[rest]], rest[~near[rest]]
    some = [_drawn(beside, NEIGHBOURS, chance), _drawn(far, SAMPLED, chance)]
    wholes = (len(beside), len(far))
    offsets = [
        np.full(len(each), np.log(whole / len(each)) if len(each) else 0.0)
        for each, whole in zip(some, wholes, strict=True)
    ]
    return np.concatenate([hard, *some]), np.concatenate([np.zeros(len(hard)), *offsets])


def _drawn(rows: Ints, most: int, chance: np.random.Generator) -> Ints:
    return rows if len(rows) <= most else np.sort(chance.choice(rows, most, replace=False))


# --- weights ----------------------------------------------------------------------------------------------------


def weigh(kind: Partnership, lessons: Sequence[Lesson]) -> dict[str, LearnedSign] | None:
    """The weights that examples teach, by sign; None with fewer examples than `ENOUGH`.

    Each kind of body that asks counts as much as the others, however often it asks. The expert weights are first
    brought to the scale of the logit by one factor, then each taught weight moves from there. At the end the taught
    ones share what the expert weights gave them together.
    """
    if len(lessons) < ENOUGH:
        return None
    examples = _balanced(lessons)
    names = tuple(kind.weights)
    expert = np.array([kind.weights[name] for name in names])
    told = np.sum([np.ptp(each.values, axis=0) > 0 for each in examples], axis=0)
    taught = told >= ENOUGH_OF_SIGN
    factor = float(fit(_summed(examples, expert), np.ones(1), 0.0, [(1.0, None)])[0])
    start = expert * factor
    bounds = [_bounds(weight, moves) for weight, moves in zip(start.tolist(), taught.tolist(), strict=True)]
    found = np.where(taught, fit(examples, start, PULL, bounds), start)
    share, gained = expert[taught & (expert > 0)].sum(), found[taught & (expert > 0)].sum()
    if gained <= 0 or share <= 0:
        return None
    weights = np.round(np.where(taught, found * share / gained, expert), DECIMALS)
    weights = np.where(expert >= 0, np.maximum(weights, 0.0), np.clip(weights, -1.0, 0.0))
    largest = int(np.argmax(np.where(taught, weights, -np.inf)))
    weights[largest] += 1.0 - weights[weights > 0].sum()  # what rounding left over
    return {
        name: LearnedSign(float(kind.weights[name]), round(float(weight), 2 * DECIMALS), int(count))
        for name, weight, count in zip(names, weights, told, strict=True)
    }


def _balanced(lessons: Sequence[Lesson]) -> list[Example]:
    """The examples, those of each kind of asker with the same count together, all with as many as there are."""
    asked = Counter(kind for kind, _ in lessons)
    return [replace(example, counts=len(lessons) / len(asked) / asked[kind]) for kind, example in lessons]


def _summed(examples: Sequence[Example], expert: Floats) -> list[Example]:
    """The same examples with the expert score as their only sign."""
    return [replace(each, values=(each.values @ expert)[:, None]) for each in examples]


def _bounds(weight: float, moves: bool) -> tuple[float | None, float | None]:
    if not moves:
        return weight, weight
    return (0.0, None) if weight >= 0 else (None, 0.0)


# --- does it win? -----------------------------------------------------------------------------------------------


def _measured(past: Past, frames: Sequence[_Frame], day: date, told: Callable[[], None]) -> Metrics:
    """Expert and learned lists on every cut, the learned ones with weights from the other cuts (with dates: from the
    earlier ones)."""
    asked: list[Asked] = []
    marks: list[tuple[float, float]] = []
    for number, frame in enumerate(frames):
        others = frames[:number] if past.by_time else [each for each in frames if each is not frame]
        found = weigh(past.kind, [each for other in others for each in other.lessons])
        if found is not None and frame.asked:
            for question, mark in _marks(past, frame, {name: sign.learned for name, sign in found.items()}, day):
                asked.append(question)
                marks.append(mark)
        told()
    kinds = [past.network.kinds[each.asker] for each in asked]
    parts = {
        kind: _compared([pair for pair in zip(asked, marks, strict=True) if past.network.kinds[pair[0].asker] == kind])
        for kind in sorted(set(kinds))
    }
    return replace(_compared(list(zip(asked, marks, strict=True))), by_asker=parts)


def _compared(pairs: Sequence[tuple[Asked, tuple[float, float]]]) -> Metrics:
    """Learned against expert on these questions, with intervals over their lots."""
    if not pairs:
        return Metrics(0, 0)
    both = np.array([mark for _, mark in pairs])
    query = np.repeat(np.arange(len(pairs)), [len(asked.lots) for asked, _ in pairs])
    lots = lots_of(query, np.concatenate([asked.lots for asked, _ in pairs]), len(both))
    everybody, drawn = np.ones(len(both), dtype=bool), draws(lots.count)
    means = [estimate(both[:, side], everybody, lots, drawn).value for side in (0, 1)]
    gain = compare(both[:, 1], both[:, 0], everybody, lots, drawn)
    expert, learned, value, low, high, detectable = (
        _number(each) for each in (*means, gain.gain.value, gain.gain.low, gain.gain.high, gain.detectable)
    )
    return Metrics(len(both), lots.count, expert, learned, value, low, high, detectable)


def _number(value: float) -> float | None:
    return round(float(value), DECIMALS) if np.isfinite(value) else None


def _marks(past: Past, frame: _Frame, weights: dict[str, float], day: date) -> list[tuple[Asked, tuple[float, float]]]:
    """NDCG@10 of the expert and of the learned list of every question of a cut."""
    expert = past.index(frame.cut.train)
    learned = replace(expert, learned={past.kind.name: weights})
    found = []
    for asked in frame.asked:
        if not_for(expert, asked.asker, past.kind) is not None:
            continue
        rows = _open_rows(frame, expert, asked, past.kind)
        both = [_ndcg(index, asked, rows, past.kind, day) for index in (expert, learned)]
        found.append((asked, (both[0], both[1])))
    return found


def _ndcg(index: PartnerIndex, asked: Asked, rows: Ints, kind: Partnership, day: date) -> float:
    """Of the list as people see it, without those who do not count; whoever it does not name stands behind all."""
    listed = ranking(index, asked.asker, kind, NO_FILTERS, day).rows
    listed = listed[np.isin(listed, rows)]
    place = {row: number for number, row in enumerate(listed.tolist(), start=1)}
    ranks = np.array([place.get(row, len(index.organisations) + 1) for row in asked.met.tolist()], dtype=np.int64)
    return marks_of_ranks(ranks)[NDCG]
