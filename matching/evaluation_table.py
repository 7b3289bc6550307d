# SPDX-License-Identifier: EUPL-1.2
"""The table of an evaluation: ours beside every baseline and the differences, as plain numbers that JSON can hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from data.networks import Flags, Floats, Ints, Network
from matching.bootstrap import Difference, Estimate
from matching.evaluate import MARKS, Exam, Group, Plan, Result
from matching.link_kinds import Links, with_buyers
from matching.rankers import BASELINES, Maker

if TYPE_CHECKING:  # both read words with scikit-learn, which pages that show a kept table need not wait for
    from matching.network_profiles import Singles
    from matching.partner_ranker import PartnerRanker

OURS: Final = "land"
TRAINED: Final = "boosted-trees"
COMPARED: Final = ("ndcg", "hard")
"""The marks by which ours is set against the best of the simple ones."""


@dataclass(frozen=True, slots=True)
class Line:
    """One ranker in one group: marks, shares of who is shown; None where there is nothing to average."""

    ranker: str
    group: str
    marks: Mapping[str, Mapping[str, float | None]]
    coverage: float | None
    small_shown: float | None
    small_right: float | None


@dataclass(frozen=True, slots=True)
class Against:
    """One ranker against another in one group by one mark; shares and ratios, None where they cannot be said."""

    ranker: str
    other: str
    group: str
    mark: str
    gain: Mapping[str, float | None]
    ratio: Mapping[str, float | None]
    detectable: float | None


@dataclass(frozen=True, slots=True)
class Table:
    """What was measured, on what, and how; `cuts` looked at of `cuts_whole`."""

    links: str
    by_time: bool
    cuts: int
    cuts_whole: int
    organisations: int
    projects: int
    lots: int
    seed: int
    most_queries: int | None
    questions: Mapping[str, int]
    lines: tuple[Line, ...]
    against: tuple[Against, ...]
    ablations: tuple[Against, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain dicts, lists and numbers."""
        return asdict(self)

    @property
    def rankers(self) -> tuple[str, ...]:
        """Names of the rankers in the order in which they were put to the exam."""
        return tuple(dict.fromkeys(line.ranker for line in self.lines))

    def line(self, ranker: str, group: str) -> Line:
        """The line of a ranker in a group."""
        return next(line for line in self.lines if (line.ranker, line.group) == (ranker, group))


def table_of_json(given: Mapping[str, Any]) -> Table:
    """The table that `as_json` made."""
    rows = {"lines": Line, "against": Against, "ablations": Against}
    made = {name: tuple(kind(**row) for row in given[name]) for name, kind in rows.items()}
    return Table(**{**given, **made})


def makers() -> Mapping[str, Maker]:
    """Every ranker that can be asked for by name: ours, the baselines, and the trained trees (for comparison only)."""
    from matching.boosted_ranker import BoostedTrees
    from matching.partner_ranker import PartnerRanker

    return MappingProxyType({OURS: PartnerRanker, **BASELINES, TRAINED: BoostedTrees})


def evaluate(
    network: Network,
    rankers: Mapping[str, Maker],
    plan: Plan | None = None,
    *,
    links: Links = Links.TOGETHER,
    sides: tuple[Flags, Flags] | None = None,
    beside: Sequence[tuple[str, str]] = (),
    ablations: bool = False,
    told: Callable[[str], None] = lambda _name: None,
) -> Table:
    """All rankers on the same questions; ours against the best single baseline of each group. `told`: who is next.

    `sides`: who asks and who may answer, where `links` does not say so; `beside`: pairs of rankers to compare as well.
    """
    told("questions")
    exam = _exam(network, plan, links) if sides is None else Exam(network, plan, sides=sides)
    results = []
    for name, make in rankers.items():
        told(name)
        results.append(exam.put_to(make))
    varied = _ablations(exam, results, rankers, told) if ablations else ()
    return Table(
        links=links.value,
        by_time=any(cut.by_time for cut in exam.cuts),
        cuts=len(exam.cuts) if exam.plan.last else max(len(exam.cuts) - 1, 0),
        cuts_whole=len(exam.cuts),
        organisations=len(network),
        projects=len(network.projects),
        lots=exam.lots.count,
        seed=exam.plan.seed,
        most_queries=exam.plan.queries,
        questions={group.value: exam.count(group) for group in Group},
        lines=tuple(_line(exam, result, group) for group in Group for result in results),
        against=(*_against_best(exam, results), *_beside(exam, results, beside)),
        ablations=tuple(varied),
    )


def _exam(network: Network, plan: Plan | None, links: Links) -> Exam:
    if links is Links.TOGETHER:
        return Exam(network, plan)
    whole, sides = with_buyers(network)
    return Exam(whole, plan, sides=sides)


def _against_best(exam: Exam, results: Sequence[Result]) -> list[Against]:
    """Ours, and the trained trees, each against the best of the simple ones; nothing without both."""
    simple = [each for each in results if each.name in BASELINES]
    ours = [each for each in results if each.name not in BASELINES]
    found = []
    for group in Group:
        for mark in COMPARED:
            best = exam.best_of(simple, group, mark)
            found += [_against(exam, each, best, group, mark) for each in ours if best is not None]
    return found


def _beside(exam: Exam, results: Sequence[Result], pairs: Sequence[tuple[str, str]]) -> list[Against]:
    """One ranker against another, where both were put to the exam."""
    by_name = {each.name: each for each in results}
    return [
        _against(exam, by_name[one], by_name[other], group, mark)
        for one, other in pairs
        if one in by_name and other in by_name
        for group in Group
        if exam.count(group)
        for mark in COMPARED
    ]


def _ablations(
    exam: Exam, results: Sequence[Result], rankers: Mapping[str, Maker], told: Callable[[str], None]
) -> list[Against]:
    """Ours without each signal, and with each alone, against ours whole."""
    from matching.partner_ranker import PartnerRanker

    whole = next((each for each in results if each.name == OURS), None)
    if whole is None or OURS not in rankers or not exam.parts:
        return []
    fitted: dict[int, PartnerRanker] = {}

    def learned(train: Network) -> PartnerRanker:
        # The exam keeps its networks, so an id stands for one of them as long as this runs.
        if id(train) not in fitted:
            fitted[id(train)] = PartnerRanker().fit_network(train)
        return fitted[id(train)]

    found = []
    names = learned(exam.parts[0].questions.train).weights.names
    for way in ("without", "only"):
        for name in names:
            told(f"{way}:{name}")
            varied = exam.put_to(partial(_Varied, learned, way, name))
            for group in (each for each in Group if exam.count(each)):
                against = _against(exam, varied, whole, group, "ndcg")
                found.append(Against(f"{way}:{name}", *list(_values(against))[1:]))
    return found


class _Varied:
    """Our ranker, learned once for every history, with one signal left out or alone."""

    name = OURS

    def __init__(self, learned: Callable[[Network], PartnerRanker], way: str, signal: str) -> None:
        self._learned, self._way, self._signal = learned, way, signal

    def fit_network(self, network: Network) -> Self:
        """Takes what was learned of this network, varied; comes back itself."""
        self._ranker = self._learned(network).varied(**{self._way: (self._signal,)})
        return self

    def scores(self, row: int) -> Floats:
        """Scores of everybody for one."""
        return self._ranker.scores(row)

    def score_rows(self, rows: Ints) -> Singles:
        """Scores of everybody for several."""
        return self._ranker.score_rows(rows)


def _values(against: Against) -> tuple[Any, ...]:
    return tuple(getattr(against, name) for name in Against.__slots__)


def _against(exam: Exam, ours: Result, best: Result, group: Group, mark: str) -> Against:
    found: Difference = exam.compare(ours, best, group, mark)
    return Against(
        ours.name, best.name, group.value, mark, _numbers(found.gain), _numbers(found.ratio), _number(found.detectable)
    )


def _line(exam: Exam, result: Result, group: Group) -> Line:
    shown = exam.exposure(result, group)
    marks = {name: _numbers(exam.estimate(result, group, name)) for name in MARKS}
    return Line(
        result.name,
        group.value,
        marks,
        _number(shown.coverage),
        _number(shown.small_shown),
        _number(shown.small_right),
    )


def _numbers(estimate: Estimate) -> dict[str, float | None]:
    return {name: _number(getattr(estimate, name)) for name in ("value", "low", "high", "error")}


def _number(value: float) -> float | None:
    """Six decimals, None for what is no number."""
    return round(float(value), 6) if np.isfinite(value) else None
