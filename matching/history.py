# SPDX-License-Identifier: EUPL-1.2
"""What happened, in the order in which it happened: a store's own history as a network that can be cut in two.

Every tie that is no membership is a project of the network, its members the bodies that took part; who bought stands
among the members of what was won from it. What a body declares, what is known of it and its memberships are seldom
dated: they stand on both sides of a cut as they are now, save memberships dated after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Final

import numpy as np
import numpy.typing as npt

from data.model import Declaration, Organisation, Participation
from data.networks import Flags, Network, network_of
from matching.folds import CUTS, DATED, Fold
from matching.graph import PartnerIndex, build_index, comune_rows
from matching.kinds import Partnership
from matching.links import BELONGING, WON, buyer_position

SUBCONTRACT: Final = "subcontract"
FOLDS: Final = 5

Point = tuple[float, float]


@dataclass(frozen=True)
class Facts:
    """All that an index is built of, as one audience may read it; demonstration facts are left out of histories.

    `points` are the places of the comuni (latitude, longitude), by ISTAT code.
    """

    organisations: tuple[Organisation, ...]
    participations: tuple[Participation, ...]
    declarations: tuple[Declaration, ...]
    municipalities: tuple[str, ...]
    distance_km: npt.NDArray[np.float32]
    points: Mapping[str, Point]

    def index(self, participations: Iterable[Participation]) -> PartnerIndex:
        """The index of these bodies had they done only so much; expert weights."""
        return build_index(self.organisations, participations, self.declarations, self.municipalities, self.distance_km)


@dataclass(frozen=True)
class Past:
    """The history of one kind of partnership.

    Rows of `network` are rows of every index of `facts`. `lots` names the lot of each project; `telling` flags the
    projects whose members met in the sense of the kind: groups of bidders, subcontracts, or a buyer and who won.
    """

    facts: Facts
    kind: Partnership
    network: Network
    lots: tuple[str, ...]
    telling: Flags

    @cached_property
    def folds(self) -> tuple[Fold, ...]:
        """The cuts, the earliest first: windows of time, else whole lots dealt by a hash of their names.

        The test side holds telling projects only. None when there are not two moments or lots to part.
        """
        return _windows(self) or _parts(self)

    @cached_property
    def by_time(self) -> bool:
        """True when enough projects are dated to foretell a later window from an earlier one."""
        return any(cut.by_time for cut in self.folds)

    def index(self, kept: Flags) -> PartnerIndex:
        """The index as it was when only these projects were known."""
        return self.facts.index(self.known(self.network.with_projects(kept)))

    def known(self, seen: Network) -> list[Participation]:
        """The participations that stand in a part of the network; memberships not dated after all of it."""
        pairs = set(zip(seen.link_project.tolist(), seen.link_org.tolist(), strict=True))
        latest = np.nanmax(seen.link_time) if self.by_time and len(seen.link_time) else np.inf
        found = []
        for each in self.facts.participations:
            if each.kind in BELONGING:
                if each.date is None or each.date.toordinal() <= latest:
                    found.append(each)
                continue
            project, row = self._project_of.get(each.project), self._row_of.get(each.organisation)
            if project is None or row is None or (project, row) not in pairs:
                continue
            buyer = self._buyer_of.get(each)
            hidden = buyer is not None and (project, buyer) not in pairs
            found.append(replace(each, buyer=None, buyer_id=None, buyer_municipality=None) if hidden else each)
        return found

    @cached_property
    def _row_of(self) -> Mapping[str, int]:
        return self.network.row_of

    @cached_property
    def _project_of(self) -> Mapping[str, int]:
        return {name: place for place, name in enumerate(self.network.projects)}

    @cached_property
    def _buyer_of(self) -> Mapping[Participation, int]:
        return _buyers(self.facts, self._row_of) if self.kind.public else {}


def _windows(past: Past) -> tuple[Fold, ...]:
    """Windows that hold a tenth of the telling lots each, in the later half; none unless most of these are dated.

    A lot stands at its first date. What is not dated is taken as known before.
    """
    times = past.network.project_time
    if not past.telling.any() or np.isfinite(times[past.telling]).mean() < DATED:
        return ()
    _, lot = np.unique(np.array(past.lots), return_inverse=True)
    first = np.full(int(lot.max()) + 1, np.inf)
    np.minimum.at(first, lot, np.where(np.isfinite(times), times, np.inf))
    when = first[lot]
    moments = np.sort(first[np.unique(lot[past.telling])])
    moments = moments[np.isfinite(moments)]
    starts = np.unique(moments[[int(share * len(moments)) for share in CUTS]])
    starts = starts[starts > moments[0]]
    ends = np.append(starts[1:], np.inf)
    return tuple(
        Fold(True, (when < start) | np.isinf(when), past.telling & (when >= start) & (when < end))
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
    )


def _parts(past: Past) -> tuple[Fold, ...]:
    dealt = np.array([_dealt(lot) for lot in past.lots], dtype=np.int64)
    parts = [number for number in range(FOLDS) if (past.telling & (dealt == number)).any()]
    if len(parts) < 2:
        return ()
    return tuple(Fold(False, dealt != number, (dealt == number) & past.telling) for number in parts)


def _dealt(lot: str) -> int:
    """The fold of a lot, by its name alone: other lots that come or go do not move it."""
    return int.from_bytes(sha256(lot.encode()).digest()[:4], "big") % FOLDS


def past_of(facts: Facts, kind: Partnership) -> Past:
    """The history of these facts for a kind."""
    works = [each for each in facts.participations if each.kind not in BELONGING and not each.demonstration]
    rows = {body.id: row for row, body in enumerate(sorted(facts.organisations, key=lambda body: body.id))}
    works = [each for each in works if each.organisation in rows]
    buyers = _buyers(replace(facts, participations=tuple(works)), rows) if kind.public else {}
    network = network_of(map(_node, facts.organisations, _places(facts)), _links(works, buyers, tuple(rows)))
    lot_of = {each.project: each.lot for each in works if each.lot}
    lots = tuple(lot_of.get(project, project) for project in network.projects)
    return Past(facts, kind, network, lots, _telling(network, works, buyers, kind))


def _buyers(facts: Facts, rows: Mapping[str, int]) -> dict[Participation, int]:
    """What was won from a buyer that is a body itself -> its row."""
    comuni = comune_rows(sorted(facts.organisations, key=lambda body: body.id))
    found = {each: buyer_position(each, rows, comuni) for each in facts.participations if each.outcome == WON}
    return {each: row for each, row in found.items() if row >= 0}


def _telling(
    network: Network, works: Sequence[Participation], buyers: Mapping[Participation, int], kind: Partnership
) -> Flags:
    if kind.public:
        wanted = {each.project for each in buyers}
    else:
        wanted = {each.project for each in works if (each.kind == SUBCONTRACT) == kind.chain}
    several = np.bincount(network.link_project, minlength=len(network.projects)) > 1
    told = np.array([name in wanted for name in network.projects], dtype=bool)
    return np.asarray(several & told, dtype=bool)


def _places(facts: Facts) -> list[Point | None]:
    return [facts.points.get(body.municipality or "") for body in facts.organisations]


def _node(body: Organisation, point: Point | None) -> dict[str, object]:
    lat, lon = point or (None, None)
    return {
        "id": body.id,
        "name": body.name,
        "type": body.kind.value,
        "nuts3": body.province,
        "city": body.municipality,
        "lat": lat,
        "lon": lon,
        "text": body.purpose,
        "sector": body.sector,
        "size": body.employees,
    }


def _links(
    works: Sequence[Participation], buyers: Mapping[Participation, int], ids: Sequence[str]
) -> list[dict[str, object]]:
    found = []
    for each in works:
        said: dict[str, object] = {
            "project": each.project,
            "date": each.date.isoformat() if each.date else None,
            "lot": each.lot,
            "text": each.text,
            "buyer": each.buyer_id or each.buyer,
            "outcome": each.outcome,
        }
        found.append({**said, "org": each.organisation})
        if each in buyers:
            found.append({**said, "org": ids[buyers[each]]})
    return found
