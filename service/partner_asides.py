# SPDX-License-Identifier: EUPL-1.2
"""What stands beside a list of suggested partners: how many are rivals, and where the list without them is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from matching.candidates import rivals_among
from matching.question import Question
from matching.recommend import Recommendation
from service.partner_query import WITHOUT, PartnerQuery
from service.snapshot import Snapshot
from service.templating import with_query


def asides_of(
    snapshot: Snapshot, organisation_id: str, shown: Sequence[Recommendation], query: PartnerQuery, here: str
) -> dict[str, Any]:
    """What the list of partners says beside its cards, by the names of its template."""
    pairs = [pair for pair in query.pairs if pair[0] != "rivals"]
    return {
        "rivals": rivals_among(_about(snapshot, organisation_id, shown)),
        "without_rivals": with_query(here, *pairs, ("rivals", WITHOUT)),
    }


def _about(snapshot: Snapshot, organisation_id: str, shown: Sequence[Recommendation]) -> Question:
    index = snapshot.index
    rows = np.array(sorted(index.row(each.partner) for each in shown), dtype=np.int64)
    return Question(index, index.columns, index.row(organisation_id), rows, snapshot.today)
