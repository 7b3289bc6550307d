# SPDX-License-Identifier: EUPL-1.2
"""Why a body is not among the suggested partners of another, or not higher: what keeps it out or down, measured.

The very ranking of `matching.recommend` answers: whoever it suggests stands here at the same place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

import numpy as np

from data.model import Message
from matching.candidates import NO_FILTERS, Filters, refused_rows, within
from matching.checks import removed
from matching.columns import KINDS
from matching.graph import PartnerIndex
from matching.kinds import PARTNERSHIPS, Partnership, partnership
from matching.missing_datum import data_of
from matching.ordinals import at_place
from matching.question import Question
from matching.recommend import Ranking, Recommendation, filter_words, not_for, ranking, recommendation
from matching.scoring import PRECISION, Scores, score
from matching.what_if import Supposition, is_known, likely_values, suppose

SHOWN: Final = 10
POINTS: Final = 100
MOST_TOLD: Final = 3
MOST_TRIES: Final = 15  # on each side
FARTHEST: Final = 100  # a place that no list opens is no remedy


class Obstacle(StrEnum):
    """What keeps a body out of a list."""

    ITSELF = "itself"
    ASKER = "asker"
    KIND = "kind"
    REFUSED = "refused"
    CHECK = "check"
    FILTER = "filter"
    UNRELATED = "unrelated"
    TOO_LITTLE = "too-little"


BY_DATA: Final = frozenset({Obstacle.UNRELATED, Obstacle.TOO_LITTLE, Obstacle.FILTER})
"""Obstacles beyond which more knowledge could raise a body; a failed check or a refusal stays."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One obstacle, its sentence, and where the rule behind it stands."""

    obstacle: Obstacle
    message: Message
    source: str = ""


@dataclass(frozen=True, slots=True)
class SignGap:
    """One sign: what it gives the body, and what it gives the one it is compared with."""

    feature: str
    own: float
    beside: float

    @property
    def gap(self) -> float:
        """What the sign puts the body ahead by; negative where it keeps it down."""
        return self.own - self.beside


@dataclass(frozen=True, slots=True)
class Remedy:
    """A missing datum of one of the two (`owner`, an id) that would raise the body to a place, with the best value
    tried."""

    owner: str
    supposition: Supposition
    place: int
    of: int


@dataclass(frozen=True, slots=True)
class Absence:
    """Where a body stands for an asker and a kind. No `causes`: it is suggested, at `place` of `of`.

    With causes, `place` is the one it would have without them, None where nothing would place it. `found` is all that
    is said of the pair, `beside` the partner it is compared with, at `beside_place`; `gaps` hold every sign that either
    has, those that keep it down most first. `remedies` are what would raise it, the best first, after `tried` values.
    """

    asker: str
    other: str
    kind: str
    causes: tuple[Cause, ...]
    place: int | None
    of: int
    shown: int
    found: Recommendation | None = None
    beside: Recommendation | None = None
    beside_place: int | None = None
    gaps: tuple[SignGap, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    tried: int = 0

    @property
    def suggested(self) -> bool:
        """True when nothing keeps it out."""
        return not self.causes

    @property
    def fixed(self) -> bool:
        """True when something keeps it out whatever else were known."""
        return any(each.obstacle not in BY_DATA for each in self.causes)

    @property
    def message(self) -> Message:
        """The plain sentence to say first."""
        if self.place is None or self.causes:
            return Message("why-not.out")
        if self.place <= self.shown:
            return Message("why-not.shown", {"posto": self.place, "n": self.of})
        return Message("why-not.lower", {"dove": at_place(self.place), "n": self.of, "mostrati": self.shown})

    @property
    def otherwise(self) -> Message | None:
        """Where it would stand without what keeps it out; None where nothing places it."""
        if not self.causes or self.place is None:
            return None
        return Message("why-not.otherwise", {"dove": at_place(self.place), "n": self.of})

    @property
    def down(self) -> Message | None:
        """The signs that keep it below the one it is compared with; that none does, where the two are level."""
        if self.beside_place is None or self.fixed or (self.place is not None and self.place < self.beside_place):
            return None
        if self._level:
            return Message("why-not.level", {"dove": at_place(self.beside_place)})
        low = [each for each in self.gaps if _points(-each.gap) > 0][:MOST_TOLD]
        signs = [
            Message("why-not.down.one", {"segno": Message(f"sign.{each.feature}"), "punti": _points(-each.gap)})
            for each in low
        ]
        return Message("why-not.down", {"segni": signs, "dove": at_place(self.beside_place)}) if signs else None

    @property
    def _level(self) -> bool:
        """True when both score the same: their order is that of ids and means nothing."""
        if self.place is None or self.found is None or self.beside is None:
            return False
        return round(self.found.score, PRECISION - 2) == round(self.beside.score, PRECISION - 2)


def _points(share: float) -> float:
    return round(share * POINTS, 1)


def explain_absence(
    index: PartnerIndex,
    asker_id: str,
    other_id: str,
    kind: str,
    filters: Filters = NO_FILTERS,
    *,
    today: date,
    shown: int = SHOWN,
) -> Absence:
    """Why `other` is not among the first `shown` partners of the asker, or that it is.

    Raises UnknownOrganisation and UnknownKind.
    """
    entry, asker, other = partnership(kind), index.row(asker_id), index.row(other_id)
    never = _never(index, asker, other, entry)
    if never is not None:
        return Absence(asker_id, other_id, kind, (never,), None, 0, shown)
    found = ranking(index, asker, entry, filters, today)
    causes: list[Cause] = []
    if other not in found.rows:
        whole = ranking(index, asker, entry, NO_FILTERS, today) if filters.active else found
        causes = [*_refused(index, asker, other, entry), *_filtered(whole, other, filters)]
        found = whole if any(each.obstacle is Obstacle.FILTER for each in causes) else found
        causes += _kept_out(found, other)
    return _described(found, other, tuple(causes), kind, filters, shown)


# --- what keeps it out ------------------------------------------------------------------------------------------


def _never(index: PartnerIndex, asker: int, other: int, kind: Partnership) -> Cause | None:
    """What leaves nothing to compare: the same body, an asker that cannot ask, a kind that does not admit the other."""
    if asker == other:
        return Cause(Obstacle.ITSELF, Message("why-not.itself"))
    refusal = not_for(index, asker, kind)
    if refusal is not None:
        return Cause(Obstacle.ASKER, refusal)
    own, theirs = KINDS[index.columns.kind[asker]], KINDS[index.columns.kind[other]]
    if theirs in kind.partners.get(own, ()):
        return None
    params: dict[str, object] = {"natura": Message(f"kind.{theirs.value}")}
    others = [each.name for each in PARTNERSHIPS.values() if theirs in each.partners.get(own, ())]
    if not others:
        return Cause(Obstacle.KIND, Message("why-not.kind", params))
    params["altri"] = [Message(f"partnership.{name}") for name in others]
    return Cause(Obstacle.KIND, Message("why-not.kind.others", params))


def _refused(index: PartnerIndex, asker: int, other: int, kind: Partnership) -> list[Cause]:
    refused = other in refused_rows(index, asker, kind)
    return [Cause(Obstacle.REFUSED, Message("why-not.refused"))] if refused else []


def _filtered(whole: Ranking, other: int, filters: Filters) -> list[Cause]:
    """Each filter that alone excludes the body; all of them together where only that does."""
    if not filters.active:
        return []
    single = _only(whole.question, other)
    out = [name for name in filters.active if not bool(within(single, filters.alone(name))[0])]
    suggested = other in whole.rows
    if suggested and filters.only_certain and "only_certain" not in out:
        index, asker = single.index, single.asker
        sure = ranking(index, asker, whole.kind, filters.alone("only_certain"), single.today)
        out += ["only_certain"] if other not in sure.rows else []
    if not out and suggested:
        return [Cause(Obstacle.FILTER, Message("why-not.filters-together"))]
    named = [Message("why-not.filter", {"filtro": filter_words(filters, name)}) for name in out]
    return [Cause(Obstacle.FILTER, message) for message in named]


def _kept_out(found: Ranking, other: int) -> list[Cause]:
    """Failed checks, and signs that are too faint or too few."""
    kind, single = found.kind, _only(found.question, other)
    scores = score(single, kind)
    failed = [name for name, flags in removed(single, kind).items() if flags[0]]
    causes = []
    if failed:
        told = {check.rule: check for check in recommendation(single, kind, scores, 0).checks}
        for name in failed:
            source = told[name].source if name in told else ""
            causes.append(Cause(Obstacle.CHECK, Message("why-not.check", {"regola": Message(f"rule.{name}")}), source))
    if not scores.recalled(kind.recall)[0]:
        signs = [Message(f"sign.{name}") for name in kind.recall]
        causes.append(Cause(Obstacle.UNRELATED, Message("why-not.unrelated", {"segni": signs})))
    elif scores.total[0] < kind.least:
        params = {"punti": _points(float(scores.total[0])), "minimo": _points(kind.least)}
        causes.append(Cause(Obstacle.TOO_LITTLE, Message("why-not.too-little", params)))
    return causes


def _only(question: Question, row: int) -> Question:
    """The same question about a single body."""
    return question.about(row)


# --- where it stands, and what would raise it -------------------------------------------------------------------


def _described(
    found: Ranking, other: int, causes: tuple[Cause, ...], kind: str, filters: Filters, shown: int
) -> Absence:
    question, entry = found.question, found.kind
    places = np.flatnonzero(found.rows == other)
    single = _only(question, other)
    scores = score(single, entry)
    place: int | None
    if len(places):
        place, of = int(places[0]) + 1, len(found.rows)
        own = recommendation(question, entry, found.scores, int(found.suggested[places[0]]))
    else:
        place, of = _would_be(found, single, scores)
        own = recommendation(single, entry, scores, 0)
    beside_place = _beside(place, len(found.rows), shown)
    beside = None
    if beside_place is not None:
        beside = recommendation(question, entry, found.scores, int(found.suggested[beside_place - 1]))
    asked = filters if not any(each.obstacle is Obstacle.FILTER for each in causes) else NO_FILTERS
    remedies, tried = _remedies(found, other, causes, place, shown, asked)
    return Absence(
        asker=question.organisation(question.asker).id,
        other=question.organisation(other).id,
        kind=kind,
        causes=causes,
        place=place,
        of=of,
        shown=shown,
        found=own,
        beside=beside,
        beside_place=beside_place,
        gaps=_gaps(own, beside),
        remedies=remedies,
        tried=tried,
    )


def _would_be(found: Ranking, single: Question, scores: Scores) -> tuple[int | None, int]:
    """The place that a body kept out would have, and among how many; None where its signs say nothing."""
    kind, total = found.kind, round(float(scores.total[0]), PRECISION - 2)
    if not scores.recalled(kind.recall)[0] or scores.total[0] < kind.least:
        return None, len(found.rows)
    size = len(single.index.organisations)
    others = np.round(found.scores.total[found.suggested], PRECISION - 2)
    turn = (found.rows - single.asker) % size
    own_turn = (int(single.rows[0]) - single.asker) % size
    ahead = (others > total) | ((others == total) & (turn < own_turn))
    return int(np.count_nonzero(ahead)) + 1, len(found.rows) + 1


def _beside(place: int | None, suggested: int, shown: int) -> int | None:
    """The place of the partner to compare with: the last one shown, the first for one that is shown itself."""
    if place is not None and place <= min(shown, suggested):
        return 1 if place > 1 else (2 if suggested > 1 else None)
    return min(shown, suggested) or None


def _gaps(own: Recommendation, beside: Recommendation | None) -> tuple[SignGap, ...]:
    given = [{each.feature: each.contribution for each in one.contributions} for one in (own, beside) if one]
    first, second = given[0], given[1] if beside else {}
    gaps = [SignGap(name, first.get(name, 0.0), second.get(name, 0.0)) for name in {**first, **second}]
    return tuple(sorted(gaps, key=lambda each: (each.gap, each.feature)))


def _remedies(
    found: Ranking, other: int, causes: tuple[Cause, ...], place: int | None, shown: int, filters: Filters
) -> tuple[tuple[Remedy, ...], int]:
    """For each datum that one of the two lacks, the likely value that raises the body most, where any does."""
    if {each.obstacle for each in causes} - BY_DATA or (place is not None and place <= shown):
        return (), 0
    below = min(place or FARTHEST + 1, FARTHEST + 1)
    best: dict[tuple[int, str], Remedy] = {}
    tried = 0
    for row, toward in ((other, found.question.asker), (found.question.asker, other)):
        for supposition in _tries(found, row, toward):
            tried += 1
            index = suppose(found.question.index, row, supposition)
            then = ranking(index, found.question.asker, found.kind, filters, found.question.today)
            raised = np.flatnonzero(then.rows == other)
            if len(raised) and raised[0] + 1 < below:
                owner = found.question.organisation(row).id
                remedy = Remedy(owner, supposition, int(raised[0]) + 1, len(then.rows))
                known = best.get((row, supposition.datum))
                if known is None or remedy.place < known.place:
                    best[row, supposition.datum] = remedy
    ordered = sorted(best.values(), key=lambda each: (each.place, each.owner != _id(found, other)))
    return tuple(ordered[:MOST_TOLD]), tried


def _id(found: Ranking, row: int) -> str:
    return found.question.organisation(row).id


def _tries(found: Ranking, row: int, toward: int) -> list[Supposition]:
    """The likely values of what one of the two lacks, those that bring the two nearer first."""
    question = found.everybody
    data = [name for name in data_of(found.kind) if not is_known(question, name, row)]
    most = max(1, MOST_TRIES // max(len(data), 1))
    return [
        value for name in data for value in likely_values(question, row, name, found.kind, toward=toward, most=most)
    ]
