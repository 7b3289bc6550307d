# SPDX-License-Identifier: EUPL-1.2
"""All that a request reads, put together once per store version: rows, partner index, distances, outlines."""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeVar, cast
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
from service.training import learned_of

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from data.store import Store
    from matching.graph import PartnerIndex
    from matching.words import WordStatistics

ROME: Final = ZoneInfo("Europe/Rome")
MOST_COMUNI: Final = 10
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
    `statistics_version` is the version of which the statistics of words are, `edited` how many bodies were changed
    since, each time that one was.
    """

    version: int
    knowledge_version: int
    statistics_version: int
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
    edited: int = 0
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

    def made_so_far(self) -> dict[str, object]:
        """What `once` has made until now, by name."""
        return dict(self._made)

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

    @property
    def declarations_by_organisation(self) -> Mapping[str, tuple[Declaration, ...]]:
        """Organisation id -> its declarations, in id order."""
        return self.once("bodies.declarations", lambda: _grouped(self.declarations))

    @property
    def participations_by_organisation(self) -> Mapping[str, tuple[Participation, ...]]:
        """Organisation id -> its participations, in the store's order."""
        return self.once("bodies.participations", lambda: _grouped(self.participations))


_Owned = TypeVar("_Owned", Declaration, Participation)


def _grouped(rows: Iterable[_Owned]) -> dict[str, tuple[_Owned, ...]]:
    groups: dict[str, list[_Owned]] = {}
    for row in rows:
        groups.setdefault(row.organisation, []).append(row)
    return {owner: tuple(owned) for owner, owned in groups.items()}


def build_snapshot(store: Store, audience: Audience, day: date, statistics: WordStatistics | None = None) -> Snapshot:
    """The snapshot of what the store holds now, by its own statistics of words or by these.

    Its version is read first, so that a write meanwhile is seen later.
    """
    with without_collection():
        return _build(store, audience, day, statistics)


def _build(store: Store, audience: Audience, day: date, statistics: WordStatistics | None) -> Snapshot:
    from geo.proximity import distance_matrix
    from matching.graph import build_index

    started = time.perf_counter()
    version, knowledge_version = store.version(), store.knowledge_version()
    participations = tuple(store.participations(audience))
    declarations = tuple(store.declarations(audience, day))
    outcomes, areas = tuple(store.outcomes(audience)), tuple(store.areas())
    municipalities = {row.istat: row for row in sorted(store.municipalities(), key=lambda row: row.istat)}
    index = build_index(
        store.organisations(audience),
        participations,
        declarations,
        tuple(municipalities),
        distance_matrix(tuple(municipalities.values())),
        refused=refused_pairs(outcomes),
        agreed=agreements(outcomes),
        statistics=statistics,
        learned=learned_of(store),
        areas=areas,
    )
    organisations = index.organisations
    snapshot = Snapshot(
        version=version,
        knowledge_version=knowledge_version,
        statistics_version=version,
        audience=audience,
        today=day,
        organisations=organisations,
        participations=participations,
        declarations=declarations,
        sites=tuple(store.sites(audience)),
        landmarks=tuple(store.landmarks()),
        municipalities=municipalities,
        figures=tuple(store.figures()),
        loads=loads_for(store.loads(), audience),
        official_boundaries=store.boundaries(),
        index=index,
        names=NameIndex.build([organisation.name for organisation in organisations]),
        position=index.row_of,
        identifiers=owners_of_identifiers(organisations),
        outcomes=outcomes,
        calls=tuple(store.calls(audience)),
        dossiers=tuple(store.dossiers(audience)),
        areas=areas,
        other_names=tuple(store.other_names(audience)),
    )
    took = round(time.perf_counter() - started, 3)
    _log.info("snapshot ready", extra={"version": version, "organisations": len(organisations), "seconds": took})
    return snapshot


@contextmanager
def without_collection() -> Iterator[None]:
    """While many lasting objects are made, looking for garbage among them again and again is time lost."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def loads_for(loads: Iterable[Load], audience: Audience) -> tuple[Load, ...]:
    """The imports; for the public without their file names: those are the operator's own words."""
    return tuple(load if audience is Audience.OPERATOR else replace(load, files=()) for load in loads)


def owners_of_identifiers(organisations: Iterable[Organisation]) -> dict[str, str]:
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
    if text.isascii() and text.isalnum():
        return text[:MAX_QUERY].lower()
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
