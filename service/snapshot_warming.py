# SPDX-License-Identifier: EUPL-1.2
"""What lists of partners derive from an index when first asked for, made before anybody asks."""

from __future__ import annotations

import logging
import time
from dataclasses import fields
from typing import TYPE_CHECKING, Final

import numpy as np

from service.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matching.graph import PartnerIndex
    from matching.kinds import Partnership

_PARTNERS: Final = 20
_log = logging.getLogger(__name__)


def warm_snapshot(snapshot: Snapshot) -> None:
    """Asks for some lists of every kind, by all facts and by certain ones, of those of whom most is known: what these
    derive (walks, groups of those alike, arrays by column, classes) every later list finds made."""
    from matching.candidates import NO_FILTERS, Filters
    from matching.kinds import PARTNERSHIPS
    from matching.recommend import ranking
    from matching.shortlist import top

    started = time.perf_counter()
    for kind in PARTNERSHIPS.values():
        for asker in sorted(set(_telling(snapshot.index, kind))):
            for filters in (NO_FILTERS, Filters(only_certain=True)):
                top(snapshot.index, asker, kind, _PARTNERS, filters, snapshot.today)
            if kind.public:  # what an empty list says of everybody reads a few arrays more
                ranking(snapshot.index, asker, kind, NO_FILTERS, snapshot.today)
    took = round(time.perf_counter() - started, 3)
    _log.info("snapshot warmed", extra={"version": snapshot.version, "seconds": took})


def _telling(index: PartnerIndex, kind: Partnership) -> Iterator[int]:
    """Rows that may ask: of each kind of organisation, who has most in each sparse array."""
    import scipy.sparse as sp

    from matching.columns import KINDS
    from matching.recommend import not_for

    size = len(index.organisations)
    linked = (getattr(index.links, each.name) for each in fields(index.links))
    held = [index.text, index.offers, index.seeks, index.products]
    held += [each for each in linked if isinstance(each, sp.csr_array) and each.shape[0] == size]
    for own in kind.partners:
        of_kind = np.flatnonzero(index.columns.kind == KINDS.index(own))
        for matrix in held:
            entries = np.diff(matrix.indptr)[of_kind]
            for row in of_kind[np.argsort(-entries, kind="stable")[:8]].tolist():
                if not_for(index, row, kind) is None:
                    yield row
                    break
