# SPDX-License-Identifier: EUPL-1.2
"""All that a request reads, put together once per store version: rows, partner index, distances, outlines."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from zoneinfo import ZoneInfo

from data.errors import UnknownOrganisation
from data.model import (
    Audience,
    Declaration,
    Figure,
    Landmark,
    Load,
    Municipality,
    Organisation,
    Participation,
    Site,
)
from service.search import NameIndex, fold

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from data.store import Store
    from matching.graph import PartnerIndex

ROME: Final = ZoneInfo("Europe/Rome")
_CHECK_SECONDS: Final = 0.25
_RETRY_SECONDS: Final = 5.0

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


def today() -> date:
    """The date in Rome."""
    return datetime.now(ROME).date()


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The store as one audience may read it at one version on one day; nothing in it changes.

    organisations are sorted by id and `position` gives each id's place; municipalities are keyed by ISTAT code in code
    order, and that order is the one of the rows of `distance_km`; boundaries hold every comune (EPSG:4326),
    `boundaries_official` says whether they are ISTAT's or our schematic cells.
    """

    version: int
    audience: Audience
    today: date
    organisations: tuple[Organisation, ...]
    participations: tuple[Participation, ...]
    declarations: tuple[Declaration, ...]
    sites: tuple[Site, ...]
    landmarks: tuple[Landmark, ...]
    municipalities: Mapping[str, Municipality]
    figures: tuple[Figure, ...]
    loads: tuple[Load, ...]
    boundaries: Mapping[str, BaseGeometry]
    boundaries_official: bool
    index: PartnerIndex
    names: NameIndex
    position: Mapping[str, int]
    identifiers: Mapping[str, str]
    _made: dict[str, object] = field(default_factory=dict, repr=False)
    _making: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def organisation(self, organisation_id: str) -> Organisation:
        """The organisation of an id; raises UnknownOrganisation when this audience has none."""
        place = self.position.get(organisation_id)
        if place is None:
            raise UnknownOrganisation(organisation=organisation_id)
        return self.organisations[place]

    def once(self, name: str, make: Callable[[], _T]) -> _T:
        """What `make` returns, made at the first call under this name and kept as long as the snapshot lives."""
        if name not in self._made:
            with self._making:
                if name not in self._made:
                    self._made[name] = make()
        return cast(_T, self._made[name])

    @cached_property
    def is_demonstration(self) -> bool:
        """True while at least one organisation is a demonstration one."""
        return any(organisation.demonstration for organisation in self.organisations)

    @cached_property
    def declarations_by_organisation(self) -> Mapping[str, tuple[Declaration, ...]]:
        """Organisation id -> its declarations, in id order."""
        return _grouped(self.declarations)

    @cached_property
    def participations_by_organisation(self) -> Mapping[str, tuple[Participation, ...]]:
        """Organisation id -> its participations, in the store's order."""
        return _grouped(self.participations)


_Owned = TypeVar("_Owned", Declaration, Participation)


def _grouped(rows: Iterable[_Owned]) -> dict[str, tuple[_Owned, ...]]:
    groups: dict[str, list[_Owned]] = {}
    for row in rows:
        groups.setdefault(row.organisation, []).append(row)
    return {owner: tuple(owned) for owner, owned in groups.items()}


def build_snapshot(store: Store, audience: Audience, day: date) -> Snapshot:
    """The snapshot of what the store holds now; its version is read first, so that a write meanwhile is seen later."""
    from geo.boundaries import schematic_boundaries
    from geo.proximity import distance_matrix
    from matching.graph import build_index

    started = time.perf_counter()
    version = store.version()
    organisations = tuple(store.organisations(audience))
    participations = tuple(store.participations(audience))
    declarations = tuple(store.declarations(audience, day))
    municipalities = {row.istat: row for row in sorted(store.municipalities(), key=lambda row: row.istat)}
    official = store.boundaries()
    complete = bool(official) and official.keys() >= municipalities.keys()
    snapshot = Snapshot(
        version=version,
        audience=audience,
        today=day,
        organisations=organisations,
        participations=participations,
        declarations=declarations,
        sites=tuple(store.sites(audience)),
        landmarks=tuple(store.landmarks()),
        municipalities=municipalities,
        figures=tuple(store.figures()),
        loads=tuple(store.loads()),
        boundaries=official if complete else schematic_boundaries(tuple(municipalities.values())),
        boundaries_official=complete,
        index=build_index(
            organisations,
            participations,
            declarations,
            tuple(municipalities),
            distance_matrix(tuple(municipalities.values())),
        ),
        names=NameIndex.build([organisation.name for organisation in organisations]),
        position={organisation.id: place for place, organisation in enumerate(organisations)},
        identifiers=_identifiers(organisations),
    )
    took = round(time.perf_counter() - started, 3)
    _log.info("snapshot ready", extra={"version": version, "organisations": len(organisations), "seconds": took})
    return snapshot


def _identifiers(organisations: Iterable[Organisation]) -> dict[str, str]:
    """Folded identifier -> organisation id; one that two organisations carry names neither."""
    found: dict[str, str] = {}
    shared: set[str] = set()
    for organisation in organisations:
        for identifier in organisation.identifiers:
            value = fold(identifier.value).replace(" ", "")
            if found.setdefault(value, organisation.id) != organisation.id:
                shared.add(value)
    return {value: owner for value, owner in found.items() if value not in shared}


class SnapshotHolder:
    """Keeps the newest snapshot; a newer one is built beside it, one at a time, while the old one goes on serving."""

    def __init__(
        self,
        store: Store,
        audience: Audience,
        build: Callable[[Any, Audience, date], Snapshot] = build_snapshot,
        clock: Callable[[], date] = today,
    ) -> None:
        self._store = store
        self._audience = audience
        self._build = build
        self._clock = clock
        self._building = threading.Lock()
        self._current: Snapshot | None = None
        self._checked = 0.0
        self._failed = 0.0

    @property
    def is_ready(self) -> bool:
        """True once a first snapshot stands."""
        return self._current is not None

    def current(self) -> Snapshot:
        """The snapshot to answer from; the first call builds it, later ones never wait."""
        snapshot = self._current
        if snapshot is None:
            return self.fresh()
        now = time.monotonic()
        if now - self._checked >= _CHECK_SECONDS:
            self._checked = now
            if self._is_stale(snapshot) and now - self._failed >= _RETRY_SECONDS and not self._building.locked():
                threading.Thread(target=self._rebuild_beside, name="snapshot", daemon=True).start()
        return snapshot

    def fresh(self) -> Snapshot:
        """A snapshot of the store as it is now, built by the caller if need be (after a person's write)."""
        with self._building:
            snapshot = self._current
            if snapshot is None or self._is_stale(snapshot):
                snapshot = self._build(self._store, self._audience, self._clock())
                self._current = snapshot
            return snapshot

    def _is_stale(self, snapshot: Snapshot) -> bool:
        return snapshot.version != self._store.version() or snapshot.today != self._clock()

    def _rebuild_beside(self) -> None:
        try:
            self.fresh()
        except Exception:  # noqa: BLE001 - whatever broke, the old snapshot must go on serving
            self._failed = time.monotonic()
            _log.exception("snapshot not renewed, the previous one goes on serving")
