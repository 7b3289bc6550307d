# SPDX-License-Identifier: EUPL-1.2
"""How many of those that a list shows are small or newly founded: told beside it, never a reason to reorder it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from data.model import Message, OrganisationKind, Status
from matching.columns import SMALL, Columns
from matching.graph import PartnerIndex

YOUNG_YEARS: Final = 5  # from the year of founding


@dataclass(frozen=True, slots=True)
class Exposure:
    """Of the organisations shown that are no public bodies: how many are small (under 50 people, 10 million euro at
    most, as far as known), how many young (founded in the last five years, or said to be new), how many either; and of
    how many neither is known."""

    shown: int
    small: int
    young: int
    either: int
    unknown: int

    @property
    def words(self) -> Message:
        """The line above the list."""
        if self.unknown == self.shown:
            return Message("exposure.unknown", {"n": self.shown})
        params = {"n": self.shown, "piccole": self.either, "ignote": self.unknown}
        return Message("exposure.some" if self.unknown else "exposure", params)


def exposure_of(index: PartnerIndex, columns: Columns, partners: Sequence[str], today: date) -> Exposure | None:
    """What the list of these ids shows, by these columns; None where it shows public bodies only."""
    rows = [index.row_of[each] for each in partners]
    rows = [row for row in rows if index.organisations[row].kind is not OrganisationKind.PUBLIC_BODY]
    if not rows:
        return None
    small = {row for row in rows if 0 <= columns.size[row] <= SMALL}
    young = {row for row in rows if _is_young(index, columns, row, today)}
    known = {row for row in rows if columns.size[row] >= 0 or columns.founded[row] >= 0} | young
    return Exposure(len(rows), len(small), len(young), len(small | young), len(rows) - len(known))


def _is_young(index: PartnerIndex, columns: Columns, row: int, today: date) -> bool:
    if index.organisations[row].status in (Status.NEW, Status.FORMING):
        return True
    return bool(columns.founded[row] >= max(today.year - YOUNG_YEARS, 0))
