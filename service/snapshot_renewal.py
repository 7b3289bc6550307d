# SPDX-License-Identifier: EUPL-1.2
"""A snapshot after an edit: what the store marked as changed is read again, everything else is shared with the old one.

The statistics of words stay those of the old one: `renew_snapshot` gives what `build_snapshot` would with them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from heapq import merge
from typing import TYPE_CHECKING, Final

import numpy as np

from data.model import Area, Declaration, Organisation, Participation
from service.outcomes import agreements, refused_pairs
from service.search import NameIndex
from service.snapshot import Snapshot, loads_for, owners_of_identifiers

if TYPE_CHECKING:
    from data.store import Difference, Store
    from matching.graph import PartnerIndex
    from matching.renewal import Edit

_log = logging.getLogger(__name__)

_OUTLINES: Final = ("municipalities", "official_boundaries")
# What is kept under a name (or names that begin so) is made of these fields, and lasts as long as they do. What is not
# listed is made of anything but dossiers.
_MADE_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "bodies.declarations": ("declarations",),
    "bodies.participations": ("participations",),
    "boundaries": _OUTLINES,
    "calls.areas": ("areas",),
    "calls.by-id": ("calls",),
    "declaration-ids": ("declarations",),
    "directory": ("names", "organisations", "municipalities"),
    "dossiers.": ("dossiers",),
    "facts.areas": ("areas",),
    "facts.area.": ("figures", "municipalities"),
    "facts.figures": ("figures",),
    "facts.works": ("participations",),
    "figures-by-comune": ("figures",),
    "maps.boundaries": _OUTLINES,
    "other-names": ("other_names",),
    "outcomes.": ("outcomes", "dossiers"),
    "reviews.federations": ("organisations",),
    "sources.years": ("figures",),
}
_NOT_CONTENT: Final = {"version", "knowledge_version", "statistics_version", "edited", "_made", "_making"}


def renew_snapshot(store: Store, old: Snapshot) -> Snapshot | None:
    """The old snapshot with what changed since; None when that may be anything: then a whole one must be built."""
    started = time.perf_counter()
    found = store.difference(old.version, old.audience, old.today, lambda buyers: _sellers(old, buyers))
    if found is None:
        return None
    renewed = _with_bodies(old, found) if found.bodies or found.outcomes is not None else old
    told = {
        name: rows
        for name in ("dossiers", "calls", "sites", "landmarks", "areas")
        if (rows := getattr(found, name)) is not None
    }
    if found.areas is not None:
        renewed = replace(renewed, index=_with_areas(renewed, found.areas))
    loads = loads_for(found.loads, old.audience)
    renewed = replace(
        renewed,
        **told,
        loads=old.loads if loads == old.loads else loads,
        version=found.version,
        knowledge_version=found.knowledge_version,
        edited=old.edited + len(found.bodies),
    )
    renewed = replace(renewed, _made=_lasting(old, renewed), _making=threading.RLock())
    took = round(time.perf_counter() - started, 3)
    _log.info("snapshot renewed", extra={"version": found.version, "changed": len(found.bodies), "seconds": took})
    return renewed


def _sellers(old: Snapshot, buyers: Collection[str]) -> set[str]:
    """Bodies with projects that these had put out, as the old snapshot knows it."""
    return {row.organisation for row in old.participations if row.buyer_id in buyers}


def _with_bodies(old: Snapshot, found: Difference) -> Snapshot:
    from matching.renewal import renew_index

    outcomes = old.outcomes if found.outcomes is None else found.outcomes
    edit, participations = _edit(old, found)
    index = renew_index(old.index, edit, refused=refused_pairs(outcomes), agreed=agreements(outcomes))
    organisations = index.organisations if edit.bodies else old.organisations
    return replace(
        old,
        organisations=organisations,
        position=index.row_of if index.row_of is not old.index.row_of else old.position,
        identifiers=_identifiers(old, edit, organisations),
        names=_names(old, edit, organisations),
        index=index,
        outcomes=outcomes,
        participations=participations,
        declarations=_replaced(old.declarations, found.bodies, found.declarations),
        other_names=_replaced_names(old.other_names, found.bodies, found.other_names),
    )


def _with_areas(old: Snapshot, areas: Iterable[Area]) -> PartnerIndex:
    from matching.renewal import with_areas

    return with_areas(old.index, areas)


def _edit(old: Snapshot, found: Difference) -> tuple[Edit, tuple[Participation, ...]]:
    """What changed of what this audience may see."""
    from matching.renewal import Edit

    now: dict[str, Organisation | None] = dict.fromkeys(sorted(found.bodies & old.position.keys()))
    now |= {body.id: body for body in found.organisations}
    was = tuple(row for row in old.participations if row.organisation in found.linked)
    if was == found.participations:
        return Edit(now, found.declarations), old.participations
    kept = (row for row in old.participations if row.organisation not in found.linked)
    rows = tuple(merge(kept, found.participations, key=lambda row: (row.project, row.organisation)))
    return Edit(now, found.declarations, rows), rows


def _replaced(
    old: tuple[Declaration, ...], bodies: Collection[str], new: Sequence[Declaration]
) -> tuple[Declaration, ...]:
    """Declarations by id, those of these bodies replaced; the very same where nothing differs."""
    was = [row for row in old if row.organisation in bodies]
    if was == list(new):
        return old
    kept = (row for row in old if row.organisation not in bodies)
    return tuple(merge(kept, new, key=lambda row: row.id))


def _replaced_names(
    old: tuple[tuple[str, str], ...], bodies: Collection[str], new: Sequence[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    was = [row for row in old if row[0] in bodies]
    if was == list(new):
        return old
    return tuple(merge((row for row in old if row[0] not in bodies), new, key=lambda row: row[0]))


def _identifiers(old: Snapshot, edit: Edit, organisations: Iterable[Organisation]) -> Mapping[str, str]:
    for name, body in edit.bodies.items():
        at = old.position.get(name)
        was = old.organisations[at].identifiers if at is not None else None
        if body is None or was != body.identifiers:
            return owners_of_identifiers(organisations)
    return old.identifiers


def _names(old: Snapshot, edit: Edit, organisations: Sequence[Organisation]) -> NameIndex:
    """The index of names: the same one where no name changed, came or went."""
    renamed = {
        name
        for name, body in edit.bodies.items()
        if body is None or name not in old.position or old.organisation(name).name != body.name
    }
    if not renamed:
        return old.names
    before = old.position
    places = (-1 if body.id in renamed else before[body.id] for body in organisations)
    kept = np.fromiter(places, dtype=np.int64, count=len(organisations))
    return old.names.renewed(kept, [organisations[place].name for place in np.flatnonzero(kept < 0).tolist()])


def _lasting(old: Snapshot, new: Snapshot) -> dict[str, object]:
    """What the old snapshot made of things that did not change."""
    changed = {
        each.name
        for each in fields(Snapshot)
        if each.name not in _NOT_CONTENT and getattr(old, each.name) is not getattr(new, each.name)
    }
    return {name: thing for name, thing in old.made_so_far().items() if not changed.intersection(_fields_of(name))}


def _fields_of(name: str) -> Iterable[str]:
    for start, made_of in _MADE_OF.items():
        if name == start or (start.endswith(".") and name.startswith(start)):
            return made_of
    return [each.name for each in fields(Snapshot) if each.name != "dossiers"]
