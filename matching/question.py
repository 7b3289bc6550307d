# SPDX-License-Identifier: EUPL-1.2
"""A question for partners: who asks, about whom, with which facts; and the small measures that many signs share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import scipy.sparse as sp

from data.model import Message, Organisation, OrganisationKind
from matching.columns import KINDS, Columns, Flags, Floats, Ints
from matching.graph import PartnerIndex
from matching.knowledge import NO_LINK, StageLink
from matching.links import row_values
from matching.reach import marked, sharers, sums, turned

NEAR_KM = 60.0  # from here nearness counts nothing
CALLED_NEAR_KM = 30.0  # up to here the words say "near"; beyond only the kilometres are told
_T = TypeVar("_T")
# What a question measures of its asker alone.
_LASTING = ("together", "companions", "rivalries", "opponents", "stage_links", "asker_is_body")
_FEW = 1_024  # up to so many candidates every row is read; of more, only those that the columns name
SAME_PROVINCE = 0.35  # nearness when only the provinces are known, and equal


@dataclass(frozen=True)
class Question:
    """One organisation asking about many: the candidates' rows (ascending) and the columns that may be used.

    What several signs need is measured once and kept: distances, chain links, common projects.
    """

    index: PartnerIndex
    columns: Columns
    asker: int
    rows: Ints
    today: date

    def of(self, column: Ints) -> Ints:
        """A column at the candidates."""
        return np.asarray(column[self.rows], dtype=np.int64)

    def organisation(self, row: int) -> Organisation:
        """The body in a row."""
        return self.index.organisations[row]

    def same(self, column: Ints) -> Flags:
        """Candidates with the asker's value, where it is known."""
        own = column[self.asker]
        return np.asarray((self.of(column) == own) & (own >= 0))

    def known(self, column: Ints) -> Flags:
        """Candidates for which the value is known, and the asker's too."""
        return np.asarray((self.of(column) >= 0) & (column[self.asker] >= 0))

    @cached_property
    def km(self) -> Floats:
        """km from the asker's comune to each candidate's (comune to comune), NaN where a comune is not known."""
        return self.own("km", _km_by_place)[self.columns.place[self.rows]]

    @cached_property
    def _measured(self) -> dict[str, Any]:
        return {}

    def once(self, name: str, make: Callable[[Question], _T]) -> _T:
        """What `make` measures of this question, measured once and kept under a name."""
        if name not in self._measured:
            self._measured[name] = make(self)
        found: _T = self._measured[name]
        return found

    @cached_property
    def _of_asker(self) -> dict[str, Any]:
        return {}

    def own(self, name: str, make: Callable[[Question], _T]) -> _T:
        """What `make` measures of the asker alone, whoever the candidates are; measured once and kept under a name."""
        if name not in self._of_asker:
            self._of_asker[name] = make(self)
        found: _T = self._of_asker[name]
        return found

    def asking(self, rows: Ints) -> Question:
        """The same asker's question about other (ascending) rows; what was measured of the asker alone is kept."""
        other = Question(self.index, self.columns, self.asker, rows, self.today)
        other.__dict__["_of_asker"] = self._of_asker
        other.__dict__.update({name: self.__dict__[name] for name in _LASTING if name in self.__dict__})
        return other

    def spread(self, rows: Ints, values: Floats) -> Floats:
        """Values of some (ascending) rows of the index, per candidate; 0 for all others."""
        found = np.zeros(len(self.rows))
        if len(rows) and len(found):
            place = np.searchsorted(rows, self.rows)
            place[place == len(rows)] = 0
            hit = rows[place] == self.rows
            found[hit] = values[place[hit]]
        return found

    def meeting(
        self, matrix: sp.csr_array, columns: Ints, values: Floats | None = None, *, present: bool = False
    ) -> Floats:
        """Per candidate, its entries of a sparse array in these columns, each times the column's value (1 without
        values; the entries themselves count as 1 with `present`), summed; by reading no more rows than must be."""
        found = np.zeros(len(self.rows))
        if not len(columns) or not len(self.rows):
            return found
        vector = np.zeros(matrix.shape[1])
        vector[columns] = 1.0 if values is None else values
        if len(self.rows) <= _FEW:
            return sums(matrix, self.rows, vector, present=present)
        across = turned(self.index, matrix)
        if int((across.indptr[columns + 1] - across.indptr[columns]).sum()) * 4 > len(matrix.indices):
            return sums(matrix, self.rows, vector, present=present)
        hit = np.flatnonzero(marked(self.index, matrix, columns)[self.rows])
        found[hit] = sums(matrix, self.rows[hit], vector, present=present)
        return found

    def km_to(self, row: int) -> float | None:
        """km between the asker's comune and that of one body, None where a comune is not known."""
        own, other = self.columns.place[self.asker], self.columns.place[row]
        return float(self.index.distance_km[own, other]) if own >= 0 and other >= 0 else None

    def nearness(self, limit_km: float = NEAR_KM) -> Floats:
        """1 in the same comune, falling evenly to 0 at the limit; a fixed value where only the province is known."""
        return self.once(f"near within {limit_km}", lambda _: self._nearness(limit_km))

    def _nearness(self, limit_km: float) -> Floats:
        near = self.own(f"nearness within {limit_km}", lambda _: _near_by_place(self, limit_km))
        found = near[self.columns.place[self.rows]]
        unknown = np.flatnonzero(np.isnan(found))
        if len(unknown):
            own, theirs = self.columns.province[self.asker], self.columns.province[self.rows[unknown]]
            found[unknown] = np.where((theirs == own) & (own >= 0), SAME_PROVINCE, 0.0)
        return found

    @cached_property
    def together(self) -> Floats:
        """Summed worth of common projects with every organisation of the index (the asker's own entry is 0)."""
        links = self.index.links
        worth = np.zeros(len(self.index.organisations))
        reached = self.companions
        if len(reached):
            own = row_vector(links.projects, self.asker) * links.project_weight
            worth[reached] = sums(links.projects, reached, own)
            worth[self.asker] = 0.0
        return worth

    @cached_property
    def companions(self) -> Ints:
        """Rows with a project in common with the asker, its own among them where it has any; ascending."""
        return sharers(self.index, self.index.links.projects, self.asker)

    @cached_property
    def opponents(self) -> Ints:
        """Rows that bid for a lot for which the asker bid, its own among them where it did; ascending."""
        return sharers(self.index, self.index.links.lots, self.asker)

    @cached_property
    def rivalries(self) -> Floats:
        """Lots for which each organisation of the index bid against the asker."""
        links = self.index.links
        found = np.zeros(len(self.index.organisations))
        reached = self.opponents
        if len(reached):
            shared = sums(links.lots, reached, row_vector(links.lots, self.asker))
            side_by_side = row_vector(links.projects, self.asker) * (links.project_lot >= 0)
            found[reached] = np.maximum(shared - sums(links.projects, reached, side_by_side), 0.0)
        return found

    def about(self, row: int) -> Question:
        """The same question about a single body."""
        return self.asking(np.array([row], dtype=np.int64))

    @cached_property
    def stage_links(self) -> tuple[StageLink, ...]:
        """The asker's chain link to each of `columns.standings`, and a last empty one for "nothing known"."""
        own = self.columns.standing[self.asker]
        if own < 0:
            return (*(NO_LINK for _ in self.columns.standings), NO_LINK)
        found = self.index.stage_links(self.columns.standings[own])
        return (*(found[standing] for standing in self.columns.standings), NO_LINK)

    def stage_link(self, row: int) -> StageLink:
        """The asker's chain link to one body."""
        return self.stage_links[int(self.columns.standing[row])]

    @cached_property
    def supposed_links(self) -> Flags:
        """Candidates whose chain link to the asker rests on a supposed fact of either."""
        return np.asarray(self.columns.supposed[self.rows] | self.columns.supposed[self.asker])

    @cached_property
    def asker_is_body(self) -> bool:
        """True when a public body asks."""
        return KINDS[self.columns.kind[self.asker]] is OrganisationKind.PUBLIC_BODY

    @cached_property
    def bodies(self) -> Ints:
        """Per candidate, the row of the public side of the pair."""
        return np.full(len(self.rows), self.asker) if self.asker_is_body else self.rows

    @cached_property
    def privates(self) -> Ints:
        """Per candidate, the row of the other side of the pair."""
        return self.rows if self.asker_is_body else np.full(len(self.rows), self.asker)

    def body(self, row: int) -> int:
        """Of the asker and one candidate, the row of the public body."""
        return self.asker if self.asker_is_body else row

    def private(self, row: int) -> int:
        """Of the asker and one candidate, the row that is not the public body."""
        return row if self.asker_is_body else self.asker


def _km_by_place(question: Question) -> Floats:
    """km from the asker's comune to every comune, and a last entry for "not known" (NaN)."""
    place, places = question.columns.place[question.asker], question.index.municipalities
    found = np.full(len(places) + 1, np.nan)
    if place >= 0:
        found[:-1] = question.index.distance_km[place]
    return found


def _near_by_place(question: Question, limit_km: float) -> Floats:
    """Nearness by comune, NaN where a distance is not known."""
    return np.maximum(1.0 - question.own("km", _km_by_place) / limit_km, 0.0)


def row_vector(matrix: sp.csr_array, row: int) -> Floats:
    """One row of a sparse array, dense."""
    vector = np.zeros(matrix.shape[1])
    columns, values = row_values(matrix, row)
    vector[columns] = values
    return vector


def saturated(amount: Floats, half: float) -> Floats:
    """0 at nothing, 0.5 at `half`, towards 1."""
    return np.asarray(amount / (amount + half))


def near_words(question: Question, row: int) -> Message:
    """The sentence of a nearness: the same comune, near, kilometres only, or the same province if no more is known."""
    km = question.km_to(row)
    if km is None:
        return Message("feature.nearby.province", {"provincia": question.organisation(row).province})
    if question.columns.place[row] == question.columns.place[question.asker]:
        return Message("feature.nearby.same", {"comune": question.index.place_name(question.organisation(row))})
    return Message("feature.nearby" if km <= CALLED_NEAR_KM else "feature.nearby.plain", {"km": km})
