# SPDX-License-Identifier: EUPL-1.2
"""The lists that people see, put to the same exam as every other ranker, on a store's own history.

For every cut an index is built of what was known before it, and the very ranking of the pages answers: its floor, its
hard checks and its order among equals included. Whoever it does not name stands behind all whom it names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Final, Self

import numpy as np

from data.model import OrganisationKind
from data.networks import Flags, Floats, Network
from matching.candidates import NO_FILTERS
from matching.history import SUBCONTRACT, Facts, Past, past_of
from matching.kinds import Partnership
from matching.links import BELONGING
from matching.rankers import Maker
from matching.recommend import not_for, ranking
from matching.training import weights_from

EXPERT: Final = "pages-expert"
LEARNED: Final = "pages-learned"
MOST_TAUGHT: Final = 120
"""Questions of an inner cut that the learned weights of one outer cut are learned from."""


class PageLists:
    """The lists of the pages: with the expert weights, or with weights learned from what may be seen."""

    def __init__(self, past: Past, day: date, *, learned: bool = False) -> None:
        self.name = LEARNED if learned else EXPERT
        self._past, self._day, self._learned = past, day, learned

    def fit_network(self, network: Network) -> Self:
        """Builds the index of what stands in a part of the history, and learns the weights from it alone."""
        known = tuple(self._past.known(network))
        kind = self._past.kind
        self._index = self._past.facts.index(known)
        if self._learned:
            inner = past_of(replace(self._past.facts, participations=known), kind)
            weights = weights_from(inner, self._day, MOST_TAUGHT)
            self._index = replace(self._index, learned={} if weights is None else {kind.name: weights})
        return self

    def scores(self, row: int) -> Floats:
        """Minus the place in the list; minus infinity for whoever is not named."""
        found = np.full(len(self._index.organisations), -np.inf)
        if not_for(self._index, row, self._past.kind) is None:
            rows = ranking(self._index, row, self._past.kind, NO_FILTERS, self._day).rows
            found[rows] = -np.arange(1.0, len(rows) + 1)
        return found


def exam_past(facts: Facts, kind: Partnership) -> Past:
    """The history in which every project counts for the kind: groups, or subcontracts, or also what was bought."""
    kept = tuple(
        each
        for each in facts.participations
        if each.kind in BELONGING or kind.public or (each.kind == SUBCONTRACT) == kind.chain
    )
    return past_of(replace(facts, participations=kept), kind)


def sides_of(past: Past, asked_by: OrganisationKind | None = None) -> tuple[Flags, Flags]:
    """Who asks and who may be the answer: public bodies where one side is public, else cooperatives and consortia, or
    the bodies of one kind; and whoever the kind of partnership lets them have."""
    usual = (OrganisationKind.PUBLIC_BODY,) if past.kind.public else _COOPERATIVES
    asking = (asked_by,) if asked_by is not None else usual
    answers = {other.value for kind in asking for other in past.kind.partners.get(kind, ())}
    kinds = np.array(past.network.kinds)
    return np.isin(kinds, [kind.value for kind in asking]), np.isin(kinds, sorted(answers))


_COOPERATIVES: Final = (OrganisationKind.COOPERATIVE, OrganisationKind.CONSORTIUM)


def page_makers(past: Past, day: date) -> Mapping[str, Maker]:
    """The two lists of the pages by name."""
    return {EXPERT: partial(PageLists, past, day), LEARNED: partial(PageLists, past, day, learned=True)}
