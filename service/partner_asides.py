# SPDX-License-Identifier: EUPL-1.2
"""What stands beside a list of suggested partners: the other side of each, rivals, the missing datum that counts most.

None of it is part of a score, and none is worked out for rows that are not shown.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from data.model import Organisation
from matching.candidates import Filters, rivals_among
from matching.missing_datum import MissingDatum, missing_data
from matching.question import Question
from matching.reciprocity import OtherSide
from matching.recommend import Answer, Recommendation
from matching.what_if import DATA
from service.organisation_forms import fields_for
from service.partner_query import WITHOUT, PartnerQuery
from service.partners import sides_of
from service.snapshot import Snapshot
from service.templating import with_query

_REMEMBERED: Final = 256


@dataclass(frozen=True, slots=True)
class Asides:
    """How many shown partners are rivals and where the list without them is; partner id -> its side of the pair (the
    first twenty); the missing datum that would change the first five most, None where none would."""

    rivals: int
    without_rivals: str
    sides: Mapping[str, OtherSide]
    missing: MissingDatum | None


def asides_of(
    snapshot: Snapshot,
    organisation_id: str,
    kind: str,
    shown: Sequence[Recommendation],
    query: PartnerQuery,
    here: str,
) -> Asides:
    """What the list of partners says beside its cards."""
    pairs = [pair for pair in query.pairs if pair[0] != "rivals"]
    return Asides(
        rivals=rivals_among(_about(snapshot, organisation_id, shown)),
        without_rivals=with_query(here, *pairs, ("rivals", WITHOUT)),
        sides=sides_of(snapshot, organisation_id, kind, shown),
        missing=missing_datum(snapshot, organisation_id, kind, only_certain=query.filters.only_certain),
    )


def missing_datum(snapshot: Snapshot, organisation_id: str, kind: str, *, only_certain: bool) -> MissingDatum | None:
    """The missing datum that would change the first five most, if any would and there is a box for it."""
    body = snapshot.organisation(organisation_id)
    boxes = {"declarations", *fields_for(body)}
    found = _measured(snapshot, organisation_id, kind, only_certain)
    return next((each for each in found if each.datum in boxes and each.message is not None), None)


class _Remembered:
    """The last answers of one snapshot, the oldest forgotten first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[str, str, bool], tuple[MissingDatum, ...]] = OrderedDict()

    def get(self, key: tuple[str, str, bool]) -> tuple[MissingDatum, ...] | None:
        """What was measured for a key, None if it is not held."""
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
            return found

    def put(self, key: tuple[str, str, bool], found: tuple[MissingDatum, ...]) -> None:
        """Holds what was measured."""
        with self._lock:
            self._held[key] = found
            while len(self._held) > _REMEMBERED:
                self._held.popitem(last=False)


def _measured(snapshot: Snapshot, organisation_id: str, kind: str, only_certain: bool) -> tuple[MissingDatum, ...]:
    held = snapshot.once("partners.missing", _Remembered)
    key = (organisation_id, kind, only_certain)
    found = held.get(key)
    if found is None:
        filters = Filters(only_certain=only_certain)
        found = missing_data(snapshot.index, organisation_id, kind, filters=filters, today=snapshot.today)
        held.put(key, found)
    return found


def helps_of(body: Organisation, answer: Answer, missing: MissingDatum | None, wanted: str) -> tuple[str, ...]:
    """The data whose boxes the page offers: the one asked for, the one that would change most, then those that help."""
    boxes = {"declarations", *fields_for(body)}.intersection(DATA)
    first = [name for name in (wanted, missing.datum if missing else "") if name in boxes]
    return tuple(dict.fromkeys((*first, *answer.helps)))[:2]


def _about(snapshot: Snapshot, organisation_id: str, shown: Sequence[Recommendation]) -> Question:
    index = snapshot.index
    rows = np.array(sorted(index.row(each.partner) for each in shown), dtype=np.int64)
    return Question(index, index.columns, index.row(organisation_id), rows, snapshot.today)
