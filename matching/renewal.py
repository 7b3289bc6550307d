# SPDX-License-Identifier: EUPL-1.2
"""An index after an edit: only the rows of changed bodies are made anew, all others are shared with the one before.

What an edit leaves as it was are the statistics of words: `renew_index` gives the very same index as `build_index` of
all facts with the statistics of the old one. A full building takes them anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from data.lazio.said import CERTIFIED, SEEKS
from data.model import Area, Declaration, Organisation, Participation
from matching.areas import common_areas
from matching.columns import Columns, Ints, only_certain, sharing
from matching.graph import (
    GIVES,
    OWN_WORDS,
    Agreement,
    PartnerIndex,
    Refusal,
    by_organisation,
    columns_of,
    comune_rows,
    declared_goods,
    entities,
    enumerated,
    goods_matrix,
    goods_said,
    known_agreements,
    named_goods,
    refused_rows,
)
from matching.links import Links, build_links, sorted_participations
from matching.splicing import Splice, moved_columns, spliced_columns
from matching.spoken import spoken_texts, text_rows
from matching.walks import carry_walks

# What an index makes when first asked, and does not depend on refusals and agreements.
_LASTING = ("certain_columns", "standings", "place_names", "_stage_rows")


@dataclass(frozen=True, slots=True)
class Edit:
    """What changed: bodies by id (None: gone), all that these declare, and which participations there are now.

    `participations` are all of them, None where none changed.
    """

    bodies: Mapping[str, Organisation | None]
    declarations: tuple[Declaration, ...] = ()
    participations: Sequence[Participation] | None = None


@dataclass(frozen=True, slots=True)
class _Fresh:
    """The rows to be made anew: in the new index, and their bodies."""

    rows: tuple[int, ...]
    bodies: tuple[Organisation, ...]
    row_of: Mapping[str, int]
    splice: Splice


def renew_index(
    old: PartnerIndex, edit: Edit, *, refused: Iterable[Refusal] = (), agreed: Iterable[Agreement] = ()
) -> PartnerIndex:
    """The index after an edit; refusals and agreements are all that there are."""
    if not edit.bodies and edit.participations is None:
        told = replace(old, refused=refused_rows(refused, old.row_of), agreed=known_agreements(agreed, old.row_of))
        told.__dict__.update({name: old.__dict__[name] for name in _LASTING if name in old.__dict__})
        told.take_over(old)
        return told
    bodies, row_of, before = _bodies(old, edit)
    links = _links(old, edit, bodies, row_of)
    fresh = _fresh(old, edit, links, bodies, row_of, before)
    known = _knows_goods(old, edit, fresh)
    certain = old.__dict__.get("certain_columns")
    index = replace(
        old,
        organisations=bodies,
        row_of=row_of,
        links=links,
        columns=_columns(old.columns, old, fresh, links, known),
        text=fresh.splice.sparse(old.text, _text(old, fresh, links)),
        entity=_entity(old, edit, bodies),
        offers=known.offers,
        seeks=known.seeks,
        products=known.products,
        same_goods=known.same_goods,
        goods=known.goods,
        declarations=known.declarations,
        declared_goods=known.declared_goods,
        certified=known.certified,
        refused=refused_rows(refused, row_of),
        agreed=known_agreements(agreed, row_of),
    )
    if certain is not None:
        renewed = _columns(certain, old, fresh, links, known, certain=True)
        index.__dict__["certain_columns"] = sharing(renewed, index.columns)
        if "_stage_rows" in old.__dict__ and old.standings == index.standings:
            index.__dict__["_stage_rows"] = old.__dict__["_stage_rows"]
    if "place_names" in old.__dict__:
        index.__dict__["place_names"] = old.place_names
    index.take_over(old)
    carry_walks(old, index, before)
    return index


def with_areas(old: PartnerIndex, areas: Iterable[Area]) -> PartnerIndex:
    """The index with other areas made of comuni (all that were loaded)."""
    index = replace(old, areas=common_areas(old.municipalities, areas))
    index.__dict__.update({name: old.__dict__[name] for name in _LASTING if name in old.__dict__})
    index.take_over(old)
    return index


def _bodies(old: PartnerIndex, edit: Edit) -> tuple[tuple[Organisation, ...], Mapping[str, int], Ints]:
    """The bodies now, the row of each, and the row that each had (-1: none)."""
    here = {name for name, body in edit.bodies.items() if body is not None}
    if here == {name for name in edit.bodies if name in old.row_of}:
        bodies = list(old.organisations)
        for name, body in edit.bodies.items():
            if body is not None:
                bodies[old.row_of[name]] = body
        return tuple(bodies), old.row_of, np.arange(len(bodies), dtype=np.int64)
    others = [body for body in old.organisations if body.id not in edit.bodies]
    now = (*others, *(body for body in edit.bodies.values() if body is not None))
    bodies_now = tuple(sorted(now, key=lambda body: body.id))
    row_of = {body.id: row for row, body in enumerate(bodies_now)}
    before = np.fromiter((old.row_of.get(body.id, -1) for body in bodies_now), dtype=np.int64, count=len(bodies_now))
    return bodies_now, row_of, before


def _links(old: PartnerIndex, edit: Edit, bodies: tuple[Organisation, ...], row_of: Mapping[str, int]) -> Links:
    """The links: those of before unless memberships, rows or the names of comuni as buyers changed."""
    if edit.participations is None and row_of is old.row_of:
        named = [name for name, body in edit.bodies.items() if body is not None]
        rows = [row_of[name] for name in named]
        if comune_rows([old.organisations[row] for row in rows]) == comune_rows([bodies[row] for row in rows]):
            return old.links
    held = edit.participations
    if held is None:
        held = [each for found in old.links.participations for each in found]
    return build_links(sorted_participations(held), row_of, comune_rows(bodies))


def _fresh(
    old: PartnerIndex,
    edit: Edit,
    links: Links,
    bodies: tuple[Organisation, ...],
    row_of: Mapping[str, int],
    before: Ints,
) -> _Fresh:
    """Rows of the changed bodies, and of those that did or bought something else than before."""
    kept = before.copy()
    kept[[row_of[name] for name, body in edit.bodies.items() if body is not None]] = -1
    if links is not old.links:
        was = old.links
        for row in np.flatnonzero(kept >= 0).tolist():
            then = int(kept[row])
            if links.participations[row] != was.participations[then] or links.as_buyer[row] != was.as_buyer[then]:
                kept[row] = -1
    rows = tuple(np.flatnonzero(kept < 0).tolist())
    some = tuple(bodies[row] for row in rows)
    place = {body.id: at for at, body in enumerate(some)}
    return _Fresh(rows, some, place, Splice.of(kept, len(old.organisations)))


def _text(old: PartnerIndex, fresh: _Fresh, links: Links) -> sp.csr_array:
    return text_rows(fresh.bodies, spoken_texts(fresh.bodies, fresh.rows, links), old.statistics)


def _entity(old: PartnerIndex, edit: Edit, bodies: tuple[Organisation, ...]) -> Ints:
    """Rows that share a code: those of before unless a code changed."""
    for name, body in edit.bodies.items():
        row = old.row_of.get(name)
        was = old.organisations[row].identifiers if row is not None else ()
        if row is None or body is None or was != body.identifiers:
            return entities(bodies)
    return old.entity


# --- what bodies declare ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Goods:
    """What is declared and made, by row."""

    offers: sp.csr_array
    seeks: sp.csr_array
    products: sp.csr_array
    same_goods: sp.csr_array
    goods: tuple[str, ...]
    declarations: tuple[tuple[Declaration, ...], ...]
    declared_goods: Mapping[str, tuple[str, ...]]
    certified: tuple[tuple[Declaration, ...], ...]


def _knows_goods(old: PartnerIndex, edit: Edit, fresh: _Fresh) -> _Goods:
    said, certified = _declarations(old, edit, fresh)
    declared = declared_goods(said, old.knowledge)
    by_name = named_goods(fresh.bodies, old.knowledge)
    new = {good for found in (*declared.values(), *by_name) for good in found}
    every = old.goods if new <= set(old.goods) else tuple(sorted({*old.goods, *new}))
    given = goods_said(said, GIVES, declared, fresh.row_of)
    spliced = {
        name: fresh.splice.sparse(moved_columns(matrix, old.goods, every), goods_matrix(pairs, every, len(fresh.rows)))
        for name, matrix, pairs in (
            ("offers", old.offers, given),
            ("seeks", old.seeks, goods_said(said, (SEEKS,), declared, fresh.row_of)),
            ("products", old.products, [*given, *enumerated(by_name)]),
        )
    }
    used = sum(np.bincount(matrix.indices, minlength=len(every)) for matrix in spliced.values())
    goods = tuple(good for good, times in zip(every, np.asarray(used).tolist(), strict=False) if times)
    groups = by_organisation(said, fresh.row_of)
    return _Goods(
        **{name: moved_columns(matrix, every, goods) for name, matrix in spliced.items()},
        same_goods=_same_goods(old, goods),
        goods=old.goods if goods == old.goods else goods,
        declarations=fresh.splice.rows(old.declarations, groups),
        declared_goods=_declared_goods(old, edit, declared),
        certified=fresh.splice.rows(old.certified, by_organisation(certified, fresh.row_of)),
    )


def _declarations(old: PartnerIndex, edit: Edit, fresh: _Fresh) -> tuple[list[Declaration], list[Declaration]]:
    """What the bodies of the fresh rows offer, seek and can; and their certifications; by id."""
    found = [each for each in edit.declarations if each.organisation in fresh.row_of]
    for body in fresh.bodies:
        if body.id not in edit.bodies:
            row = old.row_of[body.id]
            found += [*old.declarations[row], *old.certified[row]]
    found.sort(key=lambda each: each.id)
    said = [each for each in found if each.says in (*GIVES, SEEKS)]
    return said, [each for each in found if each.says == CERTIFIED]


def _declared_goods(
    old: PartnerIndex, edit: Edit, declared: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    found = dict(old.declared_goods)
    for name in edit.bodies:
        for each in old.declarations[old.row_of[name]] if name in old.row_of else ():
            found.pop(each.id, None)
    return {**found, **declared}


def _same_goods(old: PartnerIndex, goods: tuple[str, ...]) -> sp.csr_array:
    """Which goods are one thing: what was known of goods that stay, asked for those that came."""
    if goods == old.goods:
        return old.same_goods
    place = {good: position for position, good in enumerate(goods)}
    was = moved_columns(old.same_goods, old.goods, goods).tocoo()
    at = np.array([place.get(good, -1) for good in old.goods] or [-1], dtype=np.int64)[was.coords[0]]
    pairs = {(int(row), goods[column]) for row, column in zip(at, was.coords[1], strict=True) if row >= 0}
    came = [good for good in goods if good not in set(old.goods)]
    known = [good for good in goods if not good.startswith(OWN_WORDS)]
    for good in came:
        if good.startswith(OWN_WORDS):
            pairs.add((place[good], good))
            continue
        for other in known:
            if old.knowledge.same_goods(good, other):
                pairs.add((place[good], other))
            if old.knowledge.same_goods(other, good):
                pairs.add((place[other], good))
    return goods_matrix(pairs, goods, max(len(goods), 1))


def _columns(
    columns: Columns, old: PartnerIndex, fresh: _Fresh, links: Links, known: _Goods, *, certain: bool = False
) -> Columns:
    certified = [known.certified[row] for row in fresh.rows]
    about = (fresh.bodies, fresh.rows, old.municipalities, links, old.knowledge, certified)
    new = columns_of(*about, only_certain) if certain else columns_of(*about)
    return spliced_columns(fresh.splice, columns, new)
