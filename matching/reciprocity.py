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
from matching.kinds import Partnership, partnership
from matching.ordinals import at_place
from matching.recommend import not_for, ranking


@dataclass(frozen=True, slots=True)
class OtherSide:
    """What one suggested partner would be told of the asker: `place` among the `of` that it would be told of, from 1,
    and the score; None where the asker is not among them. `ours` is the partner's place for the asker.

    It stands beside a suggestion and is no part of its score.
    """

    partner: str
    ours: int
    place: int | None
    of: int
    score: float | None

    @property
    def weaker(self) -> bool:
        """True when the other side is the one that sees the pair as less near."""
        return self.place is None or self.place > self.ours

    @property
    def message(self) -> Message:
        """The sentence of it, of the weaker direction."""
        if self.place is None:
            return Message("reciprocity.none", {"n": self.of})
        params: dict[str, object] = {"dove": at_place(self.place), "n": self.of, "nostro": at_place(self.ours)}
        if self.weaker:
            return Message("reciprocity.theirs", params)
        return Message("reciprocity.equal" if self.place == self.ours else "reciprocity.ours", params)


def other_sides(
    index: PartnerIndex, organisation_id: str, partners: Sequence[tuple[int, str]], kind: str, *, today: date
) -> tuple[OtherSide, ...]:
    """For each suggested partner (its place and id), how it would be told of the asker; one ranking each."""
    entry, asker = partnership(kind), index.row(organisation_id)
    return tuple(_seen_by(index, asker, index.row(partner), place, entry, today) for place, partner in partners)


def _seen_by(index: PartnerIndex, asker: int, partner: int, ours: int, kind: Partnership, today: date) -> OtherSide:
    body = index.organisations[partner].id
    if not_for(index, partner, kind) is not None:
        return OtherSide(body, ours, None, 0, None)
    found = ranking(index, partner, kind, NO_FILTERS, today)
    places = np.flatnonzero(found.rows == asker)
    if not len(places):
        return OtherSide(body, ours, None, len(found.rows), None)
    place = int(places[0])
    return OtherSide(body, ours, place + 1, len(found.rows), float(found.scores.total[found.suggested[place]]))
