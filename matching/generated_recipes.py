# SPDX-License-Identifier: EUPL-1.2
"""What the kinds of invented networks are like: research consortia, tenders, business networks, subcontracts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a kind of network is like; shares 0..1, pulls are factors of chance.

    `pull`: of each kind of leader (row) towards each kind of member. `theme`: (same, next in the ring, any other).
    `nearness`: (same province, same region, same country, elsewhere). `members`: fewest, most and mean of a group.
    """

    kinds: tuple[str, ...]
    kind_shares: tuple[float, ...]
    pull: tuple[tuple[float, ...], ...]
    theme: tuple[float, float, float]
    nearness: tuple[float, float, float, float]
    members: tuple[int, int, float]
    groups_per_organisation: float
    countries: int
    dated: float
    located: float
    texts: float
    project_texts: bool
    sectors: float
    rivals: int = 1
    circle: float = 0.35
    again: float = 0.25
    late: float = 0.3
    buyers: int = 0


RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {
        # Research consortia: many partners, theme over place, universities with firms.
        "research": Recipe(
            kinds=("HES", "OTH", "PRC", "PUB", "REC"),
            kind_shares=(0.18, 0.1, 0.5, 0.08, 0.14),
            pull=((1.0, 1, 2, 1, 1.5), (1, 1, 1, 1.5, 1), (2, 1, 1, 0.7, 2), (1, 1.5, 0.7, 1, 1), (1.5, 1, 2, 1, 0.8)),
            theme=(1.0, 0.12, 0.01),
            nearness=(3.0, 2.0, 1.5, 1.0),
            members=(3, 20, 7.0),
            groups_per_organisation=0.35,
            countries=12,
            dated=1.0,
            located=0.9,
            texts=0.0,
            project_texts=True,
            sectors=0.0,
        ),
        # Temporary groupings that bid: pairs, rivals for one lot, few dates, no positions.
        "tenders": Recipe(
            kinds=("cooperative", "consortium", "firm"),
            kind_shares=(0.12, 0.05, 0.83),
            pull=((1.2, 2, 0.8), (2, 0.3, 1), (0.8, 1, 1)),
            theme=(1.0, 0.1, 0.01),
            nearness=(20.0, 6.0, 1.0, 1.0),
            members=(2, 8, 2.3),
            groups_per_organisation=1.1,
            countries=1,
            dated=0.4,
            located=0.0,
            texts=0.0,
            project_texts=True,
            sectors=0.0,
            rivals=6,
            buyers=20,
        ),
        # Business networks: near, along a chain of sectors, with sizes and texts.
        "business": Recipe(
            kinds=("company", "cooperative", "sole-member-company"),
            kind_shares=(0.7, 0.15, 0.15),
            pull=((1.0, 1, 1), (1, 2, 0.6), (1, 0.6, 0.8)),
            theme=(0.6, 1.0, 0.02),
            nearness=(30.0, 8.0, 1.0, 1.0),
            members=(3, 12, 4.5),
            groups_per_organisation=0.3,
            countries=1,
            dated=0.95,
            located=0.8,
            texts=0.7,
            project_texts=False,
            sectors=0.9,
        ),
        # Subcontracts: a contractor and whom it hires, of the next sector in the chain.
        "subcontracts": Recipe(
            kinds=("contractor", "subcontractor"),
            kind_shares=(0.4, 0.6),
            pull=((0.1, 1.0), (0.2, 0.05)),
            theme=(0.3, 1.0, 0.02),
            nearness=(15.0, 5.0, 1.0, 1.0),
            members=(2, 2, 2.0),
            groups_per_organisation=1.5,
            countries=1,
            dated=1.0,
            located=0.5,
            texts=0.5,
            project_texts=False,
            sectors=0.8,
            buyers=20,
        ),
    }
)
