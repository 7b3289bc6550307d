# SPDX-License-Identifier: EUPL-1.2
"""How a suggestion looks from the other side: the partner's own score for the asker, and its place among its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from data.model import Message
from matching.candidates import NO_FILTERS
from matching.graph import PartnerIndex
from matching.kinds import partnership
from matching.ordinals import at_place
from matching.recommend import Ranking, not_for, ranking
from matching.scoring import PRECISION


@dataclass(frozen=True, slots=True)
class OtherSide:
    """What one suggested partner would be told of the asker: `place` among the `of` that it would be told of, from 1,
    and the score; None where the asker is not among them. `ours` is the partner's place for the asker, without filters
    (`filtered`: its place in the list shown is another), as theirs is.

    `equals` are the first and last place of those that score as much for the partner, `our_equals` how many others
    score as much as the partner for the asker: the order among equals means nothing, so neither does a weaker side
    that rests on it. It stands beside a suggestion and is no part of its score.
    """

    partner: str
    ours: int
    place: int | None
    of: int
    score: float | None
    equals: tuple[int, int] = (0, 0)
    our_equals: int = 0
    filtered: bool = False

    @property
    def weaker(self) -> bool:
        """True when the other side is surely the one that sees the pair as less near."""
        return self.place is None or self._first > self.ours + self.our_equals

    @property
    def stronger(self) -> bool:
        """True when the other side is surely the one that sees the pair as nearer."""
        return self.place is not None and self._last < self.ours - self.our_equals

    @property
    def message(self) -> Message:
        """The sentence of it, of the weaker direction where there is one."""
        if self.place is None:
            return Message("reciprocity.none", {"n": self.of}) if self.of else Message("reciprocity.nobody")
        ours = at_place(self.ours)
        ours = Message("reciprocity.unfiltered", {"dove": ours}) if self.filtered else ours
        params: dict[str, object] = {"dove": at_place(self.place), "n": self.of, "nostro": ours}
        which = "theirs" if self.weaker else "ours" if self.stronger else "level"
        if self._first < self._last:
            return Message(f"reciprocity.tied.{which}", {**params, "da": self._first, "a": self._last})
        if which == "level" and not self.our_equals:
            return Message("reciprocity.same" if self.filtered else "reciprocity.equal", params)
        return Message(f"reciprocity.{which}", params)

    @property
    def _first(self) -> int:
        return self.equals[0] or self.place or 0

    @property
    def _last(self) -> int:
        return self.equals[1] or self.place or 0


def other_sides(
    index: PartnerIndex, organisation_id: str, partners: Sequence[tuple[int, str]], kind: str, *, today: date
) -> tuple[OtherSide, ...]:
    """For each suggested partner (its place and id), how it would be told of the asker; one ranking each."""
    entry, asker = partnership(kind), index.row(organisation_id)
    if not partners:
        return ()
    own = ranking(index, asker, entry, NO_FILTERS, today)
    return tuple(_seen_by(index, own, index.row(partner), place, today) for place, partner in partners)


def _seen_by(index: PartnerIndex, own: Ranking, partner: int, shown: int, today: date) -> OtherSide:
    body, asker = index.organisations[partner].id, own.question.asker
    here = np.flatnonzero(own.rows == partner)
    ours = int(here[0]) + 1 if len(here) else shown
    if not_for(index, partner, own.kind) is not None:
        return OtherSide(body, ours, None, 0, None)
    found = ranking(index, partner, own.kind, NO_FILTERS, today)
    places = np.flatnonzero(found.rows == asker)
    if not len(places):
        return OtherSide(body, ours, None, len(found.rows), None)
    place = int(places[0])
    score = float(found.scores.total[found.suggested[place]])
    first, last = _equals(found, asker)
    our_first, our_last = _equals(own, partner)
    return OtherSide(body, ours, place + 1, len(found.rows), score, (first, last), our_last - our_first, ours != shown)


def _equals(found: Ranking, row: int) -> tuple[int, int]:
    """The first and last place, from 1, of those that score as much as a row; twice 0 where it is not named."""
    totals = np.round(found.scores.total[found.suggested], PRECISION - 2)
    places = np.flatnonzero(np.isin(totals, totals[found.rows == row]))
    return (int(places[0]) + 1, int(places[-1]) + 1) if len(places) else (0, 0)
