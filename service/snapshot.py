# SPDX-License-Identifier: EUPL-1.2
"""All that a request reads, put together once per store version: rows, partner index, distances, outlines."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from zoneinfo import ZoneInfo

from data.errors import UnknownOrganisation
from data.model import (
    Area,
    Audience,
    Call,
    ContactOutcome,
    Declaration,
    Dossier,
    Figure,
    Landmark,
    Load,
    Municipality,
    Organisation,
    OrganisationKind,
    Participation,
    Site,
)
from service.outcomes import agreements, refused_pairs
from service.search import MAX_QUERY, SURE, Directory, NameIndex, Standing, fold

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from data.store import Store
    from matching.graph import PartnerIndex

ROME: Final = ZoneInfo("Europe/Rome")
_CHECK_SECONDS: Final = 0.25
_RETRY_SECONDS: Final = 5.0
MOST_COMUNI: Final = 10
# What is made of dossiers, and must be made anew with them.
_OF_DOSSIERS: Final = ("dossiers.", "outcomes.")
MOST_SO_CALLED: Final = 3
_LOOKED_FOR_FIRST: Final = frozenset({OrganisationKind.COOPERATIVE, OrganisationKind.CONSORTIUM})

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


def today() -> date:
    """The date in Rome."""
    return datetime.now(ROME).date()


@dataclass(frozen=True, slots=True)
class Found:
    """What a search finds, the most alike first."""

    organisations: tuple[Organisation, ...]
    municipalities: tuple[Municipality, ...]


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The store as one audience may read it at one version on one day; nothing in it changes.

    organisations are sorted by id and `position` gives each id's place; municipalities are keyed by ISTAT code in code
    order, the order of the index's distance matrix too. `boundaries` and `territory` are made when first asked for.
    """

    version: int
    knowledge_version: int
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
    official_boundaries: Mapping[str, BaseGeometry]
    index: PartnerIndex
    names: NameIndex
    position: Mapping[str, int]
    identifiers: Mapping[str, str]
    outcomes: tuple[ContactOutcome, ...] = ()
    calls: tuple[Call, ...] = ()
    dossiers: tuple[Dossier, ...] = ()
    areas: tuple[Area, ...] = ()
    other_names: tuple[tuple[str, str], ...] = ()
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

    def with_dossiers(self, version: int, dossiers: tuple[Dossier, ...]) -> Snapshot:
        """The same snapshot at a later version, with these dossiers; what was made of the rest is kept."""
        kept = {name: made for name, made in self._made.items() if not name.startswith(_OF_DOSSIERS)}
        return replace(self, version=version, dossiers=dossiers, _made=kept, _making=threading.RLock())

    def resolve(self, text: str) -> str:
        """The id behind an id or identifier that this audience may see; raises UnknownOrganisation."""
        if text in self.position:
            return text
        found = self.identifiers.get(_bare(text)) or self.identifiers.get(_bare(text).removeprefix("it"))
        if found is None:
            raise UnknownOrganisation(organisation=text)
        return found

    def search(self, text: str, limit: int) -> Found:
        """Organisations and comuni like the text, the most alike first; an identifier finds exactly its owner."""
        try:
            owner = self.organisation(self.resolve(text))
        except UnknownOrganisation:
            found = find_by_name(self.directory, self.organisations, self.municipalities, text, limit)
            return replace(found, organisations=self._with_other_names(found.organisations, text, limit))
        return Found((owner,), ())

    def _with_other_names(self, found: tuple[Organisation, ...], text: str, limit: int) -> tuple[Organisation, ...]:
        """What was found, with a few bodies that surely are or were called so: before it when the name is exactly the
        text, else in place of the last ones.
        """
        index = self.once("other-names", lambda: NameIndex.build([name for _owner, name in self.other_names]))
        said = [self.other_names[hit.place] for hit in index.find(text, limit) if hit.likeness >= SURE]
        held = {body.id for body in found}
        more = {owner: name for owner, name in reversed(said) if owner in self.position and owner not in held}
        exact = [owner for owner in more if fold(more[owner]) == fold(text)]
        rest = [owner for owner in more if owner not in exact][-MOST_SO_CALLED:]
        kept = found[: max(limit - len(exact) - len(rest), 0)]
        return (*map(self.organisation, exact), *kept, *map(self.organisation, rest))[:limit]

    @property
    def directory(self) -> Directory:
        """Organisations by name and by comune, for the search."""
        return self.once("directory", lambda: build_directory(self.names, self.organisations, self.municipalities))

    @property
    def boundaries_official(self) -> bool:
        """True when the official outline of every comune is loaded."""
        return self.official_boundaries.keys() >= self.municipalities.keys()

    @property
    def boundaries(self) -> Mapping[str, BaseGeometry]:
        """The outline of every comune (EPSG:4326): ISTAT's, or our schematic cells until all of ISTAT's are loaded."""
        if self.boundaries_official:
            return self.official_boundaries
        return self.once("boundaries", self._schematic)

    def _schematic(self) -> Mapping[str, BaseGeometry]:
        from geo.boundaries import schematic_boundaries

        return schematic_boundaries(self.municipalities.values())

    @cached_property
    def is_demonstration(self) -> bool:
        """True while at least one organisation is a demonstration one."""
        return any(organisation.demonstration for organisation in self.organisations)

    @property
    def is_census(self) -> bool:
        """True once the national register of cooperatives is loaded: until then our lists are no census."""
        last = self.newest_loads.get("cooperative-register")
        return last is not None and last.added + last.changed + last.unchanged > 0

    @cached_property
    def newest_loads(self) -> Mapping[str, Load]:
        """Source name -> its newest import."""
        return {load.source: load for load in sorted(self.loads, key=lambda load: load.id)}

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
    from geo.proximity import distance_matrix
    from matching.graph import build_index

    started = time.perf_counter()
    version, knowledge_version = store.version(), store.knowledge_version()
    organisations = tuple(store.organisations(audience))
    participations = tuple(store.participations(audience))
    declarations = tuple(store.declarations(audience, day))
    outcomes = tuple(store.outcomes(audience))
    municipalities = {row.istat: row for row in sorted(store.municipalities(), key=lambda row: row.istat)}
    snapshot = Snapshot(
        version=version,
        knowledge_version=knowledge_version,
        audience=audience,
        today=day,
        organisations=organisations,
        participations=participations,
        declarations=declarations,
        sites=tuple(store.sites(audience)),
        landmarks=tuple(store.landmarks()),
        municipalities=municipalities,
        figures=tuple(store.figures()),
        loads=tuple(_load_for(load, audience) for load in store.loads()),
        official_boundaries=store.boundaries(),
        index=build_index(
            organisations,
            participations,
            declarations,
            tuple(municipalities),
            distance_matrix(tuple(municipalities.values())),
            refused=refused_pairs(outcomes),
            agreed=agreements(outcomes),
        ),
        names=NameIndex.build([organisation.name for organisation in organisations]),
        position={organisation.id: place for place, organisation in enumerate(organisations)},
        identifiers=_identifiers(organisations),
        outcomes=outcomes,
        calls=tuple(store.calls(audience)),
        dossiers=tuple(store.dossiers(audience)),
        areas=tuple(store.areas()),
        other_names=tuple(store.other_names(audience)),
    )
    took = round(time.perf_counter() - started, 3)
    _log.info("snapshot ready", extra={"version": version, "organisations": len(organisations), "seconds": took})
    return snapshot


def renew_snapshot(store: Store, old: Snapshot) -> Snapshot | None:
    """The old snapshot with the dossiers as they are now, when nothing else was written since; else None."""
    version = store.version()
    if store.knowledge_version() != old.knowledge_version:
        return None
    return old.with_dossiers(version, tuple(store.dossiers(old.audience)))


def _load_for(load: Load, audience: Audience) -> Load:
    """The load without its file names for the public: those are the operator's own words."""
    return load if audience is Audience.OPERATOR else replace(load, files=())


def _identifiers(organisations: Iterable[Organisation]) -> dict[str, str]:
    """Folded identifier -> organisation id; one that two organisations carry names neither."""
    found: dict[str, str] = {}
    shared: set[str] = set()
    for organisation in organisations:
        for identifier in organisation.identifiers:
            value = _bare(identifier.value)
            if found.setdefault(value, organisation.id) != organisation.id:
                shared.add(value)
    return {value: owner for value, owner in found.items() if value not in shared}


def _bare(text: str) -> str:
    return fold(text[:MAX_QUERY]).replace(" ", "")


def build_directory(
    names: NameIndex, organisations: Sequence[Organisation], municipalities: Mapping[str, Municipality]
) -> Directory:
    """What a search of these organisations (indexed by name, in the same order) and comuni looks into."""
    places = {istat: place for place, istat in enumerate(municipalities)}
    provinces = {comune.province for comune in municipalities.values()}
    standing = [
        Standing(
            comune=places.get(body.municipality or "", -1),
            outside=bool(body.province) and body.province not in provinces,
            first=body.kind in _LOOKED_FOR_FIRST,
        )
        for body in organisations
    ]
    return Directory.build(names, standing, [comune.name for comune in municipalities.values()])


def find_by_name(
    directory: Directory,
    organisations: Sequence[Organisation],
    municipalities: Mapping[str, Municipality],
    text: str,
    limit: int,
) -> Found:
    """At most `limit` organisations and a few comuni like the text, the most alike first."""
    comuni = tuple(municipalities.values())
    return Found(
        tuple(organisations[place] for place in directory.find(text, limit)),
        tuple(comuni[place] for place in directory.find_comuni(text, min(limit, MOST_COMUNI))),
    )


class SnapshotHolder:
    """Keeps the newest snapshot; a newer one is built beside it, one at a time, while the old one goes on serving."""

    def __init__(
        self,
        store: Store,
        audience: Audience,
        build: Callable[[Any, Audience, date], Snapshot] = build_snapshot,
        clock: Callable[[], date] = today,
        renew: Callable[[Any, Snapshot], Snapshot | None] | None = None,
    ) -> None:
        self._store = store
        self._audience = audience
        self._build = build
        self._renew = renew
        self._clock = clock
        self._building = threading.Lock()
        self._midnight = threading.Lock()
        self._current: Snapshot | None = None
        self._checked = 0.0
        self._failed = -_RETRY_SECONDS

    @property
    def is_ready(self) -> bool:
        """True once a first snapshot stands."""
        return self._current is not None

    def current(self) -> Snapshot:
        """The snapshot to answer from, always of today: the first call, and the first after midnight, build it.

        What was written meanwhile is built beside and nobody waits for it. When the new day's cannot be built, the old
        one goes on serving and is tried again after some seconds.
        """
        snapshot = self._current
        if snapshot is None:
            return self.fresh()
        if snapshot.today != self._clock():
            return self._of_today(snapshot)
        now = time.monotonic()
        if now - self._checked >= _CHECK_SECONDS:
            self._checked = now
            if self._is_stale(snapshot) and now - self._failed >= _RETRY_SECONDS and not self._building.locked():
                threading.Thread(target=self.build_beside, name="snapshot", daemon=True).start()
        return snapshot

    def _of_today(self, old: Snapshot) -> Snapshot:
        with self._midnight:
            current = self._current or old
            if current.today != self._clock() and time.monotonic() - self._failed >= _RETRY_SECONDS:
                self.build_beside()
            return self._current or old

    def fresh(self) -> Snapshot:
        """A snapshot of the store as it is now, built by the caller if need be (after a person's write)."""
        with self._building:
            snapshot = self._current
            if snapshot is None or self._is_stale(snapshot):
                day = self._clock()
                renewed = (
                    self._renew(self._store, snapshot) if self._renew and snapshot and snapshot.today == day else None
                )
                snapshot = renewed or self._build(self._store, self._audience, day)
                self._current = snapshot
            return snapshot

    def _is_stale(self, snapshot: Snapshot) -> bool:
        return snapshot.version != self._store.version() or snapshot.today != self._clock()

    def build_beside(self) -> None:
        """Builds the newest snapshot; a failure is logged, and whoever asks next tries again."""
        try:
            self.fresh()
        except Exception:  # noqa: BLE001 - whatever broke, the old snapshot must go on serving
            self._failed = time.monotonic()
            _log.exception("snapshot not renewed, the previous one goes on serving")
