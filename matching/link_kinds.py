# SPDX-License-Identifier: EUPL-1.2
"""Kinds of links that a ranker is tested on: members of one group, and who buys from whom."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Final

import numpy as np

from data.networks import Flags, Network


class Links(StrEnum):
    """Members of one group (also contractor and subcontractor, a group of two); a public body and who won from it."""

    TOGETHER = "together"
    BUYER_WINNER = "buyer-winner"


BUYER: Final = "buyer"
# Sorts behind every id made of letters and digits, so that ids stay in order.
_MARK: Final = "~"


def with_buyers(network: Network) -> tuple[Network, tuple[Flags, Flags]]:
    """The network with its buyers as organisations, members of every group that won; who asks (buyers), who answers.

    Where no outcome is said at all, every group of a known buyer counts.
    """
    buyers = sorted({buyer for buyer in network.project_buyer if buyer})
    row_of = {buyer: len(network) + place for place, buyer in enumerate(buyers)}
    won = np.zeros(len(network.projects), dtype=bool)
    won[network.link_project[network.link_won == 1]] = True
    if np.isnan(network.link_won).all():
        won[:] = True
    projects = np.flatnonzero(won & np.array([bool(buyer) for buyer in network.project_buyer], dtype=bool))
    rows = np.array([row_of[network.project_buyer[project]] for project in projects], dtype=np.int64)
    whole = _longer(network, buyers)
    link_project = np.concatenate([network.link_project, projects])
    link_org = np.concatenate([network.link_org, rows])
    order = np.lexsort((link_org, link_project))
    joined = replace(
        whole,
        link_project=link_project[order],
        link_org=link_org[order],
        link_time=np.concatenate([network.link_time, network.project_time[projects]])[order],
        link_won=np.concatenate([network.link_won, np.ones(len(projects))])[order],
    )
    asks = np.arange(len(joined)) >= len(network)
    return joined, (asks, ~asks)


def _longer(network: Network, buyers: list[str]) -> Network:
    """The same network with organisations of kind `buyer` behind its own; nothing more is known of them."""
    empty = ("",) * len(buyers)
    words = {
        name: getattr(network, name) + empty for name in ("countries", "nuts2", "nuts3", "cities", "sectors", "texts")
    }
    unknown = np.full(len(buyers), np.nan)
    return replace(
        network,
        ids=network.ids + tuple(f"{_MARK}{buyer}" for buyer in buyers),
        names=network.names + tuple(buyers),
        kinds=network.kinds + (BUYER,) * len(buyers),
        lat=np.concatenate([network.lat, unknown]),
        lon=np.concatenate([network.lon, unknown]),
        size=np.concatenate([network.size, unknown]),
        **words,
    )
