# SPDX-License-Identifier: EUPL-1.2
"""Which single missing datum of an organisation would change its first five partners most: tried, not guessed.

Each datum that is not known is given its likely values, one at a time, and the partners are ranked anew. What counts
is the share of the first five that is not the same, on average over the values as common as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from data.model import Message
from matching.candidates import NO_FILTERS, Filters
from matching.features import FEATURES
from matching.graph import PartnerIndex
from matching.kinds import Partnership, partnership
from matching.question import Question
from matching.recommend import not_for, ranking
from matching.what_if import DATA, MOST_VALUES, Supposition, is_known, likely_values, suppose

FIRST: Final = 5
MOST_TRIES: Final = 24
LEAST_SAID: Final = 0.1  # of the first five: below half a partner nothing is said


@dataclass(frozen=True, slots=True)
class MissingDatum:
    """One datum that is not known: the expected share 0..1 of the first five that knowing it would change, after so
    many values tried, and the value that changed most. `none_now`: there is nobody in the list as it is."""

    datum: str
    change: float
    tries: int
    most: Supposition
    none_now: bool = False

    @property
    def message(self) -> Message | None:
        """The sentence of it; None where it would change next to nothing."""
        if self.change < LEAST_SAID:
            return None
        if self.none_now:
            said = {"n": round(self.change * 100), "prove": self.tries}
            return Message("missing-datum.none-now", {"dato": Message(f"datum.{self.datum}"), **said})
        return Message(
            "missing-datum",
            {"dato": Message(f"datum.{self.datum}"), "n": round(self.change * FIRST, 1), "prove": self.tries},
        )


def missing_data(
    index: PartnerIndex, organisation_id: str, kind: str, *, filters: Filters = NO_FILTERS, today: date
) -> tuple[MissingDatum, ...]:
    """The missing data of an organisation for one kind, the one that would change its first five most first.

    Those of which nobody's value is known are left out; equal ones stand in the order of the kind's own `helps`.
    Empty where the organisation cannot ask for this kind. Raises UnknownOrganisation and UnknownKind.
    """
    entry, asker = partnership(kind), index.row(organisation_id)
    if not_for(index, asker, entry) is not None:
        return ()
    now = ranking(index, asker, entry, filters, today)
    data = [name for name in data_of(entry) if not is_known(now.everybody, name)]
    most = min(MOST_VALUES, MOST_TRIES // max(len(data), 1))
    first = now.rows[:FIRST].tolist()
    found = []
    for name in data:
        values = likely_values(now.everybody, asker, name, entry, most=most)
        if values:
            found.append(_measured(now.everybody, entry, filters, first, values))
    return tuple(sorted(found, key=lambda each: -each.change))


def data_of(kind: Partnership) -> tuple[str, ...]:
    """The data whose likely values can be tried and on which a sign of this kind rests, those that help most first."""
    used = {fact for sign in kind.weights for fact in FEATURES[sign].facts}
    return tuple(name for name in dict.fromkeys((*kind.helps, *DATA)) if name in DATA and name in used)


def _measured(
    question: Question, kind: Partnership, filters: Filters, first: list[int], values: tuple[Supposition, ...]
) -> MissingDatum:
    changes = []
    for value in values:
        index = suppose(question.index, question.asker, value)
        then = ranking(index, question.asker, kind, filters, question.today).rows[:FIRST].tolist()
        changes.append(_changed(first, then))
    whole = sum(value.share for value in values)
    expected = sum(value.share * change for value, change in zip(values, changes, strict=True)) / whole
    most = max(range(len(values)), key=lambda place: (changes[place], values[place].share, -place))
    return MissingDatum(values[0].datum, round(expected, 6), len(values), values[most], not first)


def _changed(before: list[int], after: list[int]) -> float:
    """The share of the longer of the two that the other does not hold."""
    longest = max(len(before), len(after))
    return 1.0 - len(set(before) & set(after)) / longest if longest else 0.0
