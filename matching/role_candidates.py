# SPDX-License-Identifier: EUPL-1.2
"""Who could take a role of a dossier: bodies whose known work, offers or themes fit, near its territory, with reasons.

Signs add up by the weights below, our own judgement: they order, never decide. Only a kind that the role does not
admit, a required social type that is another, a life known to have ended and a seat known to be outside Lazio leave a
body out. What is only supposed weighs less than the same fact known, and its sentence says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np

from data.lazio import provinces
from data.lazio.goods import Good, good, match_goods, same_goods
from data.lazio.role_needs import needs_of
from data.lazio.roles import Role, role_of
from data.lazio.said import CAPACITY, OFFERS
from data.model import BodyType, Evidence, Message, Organisation, OrganisationKind, Status
from matching.columns import STATUS_NOT_ACTIVE, Floats, Ints
from matching.fields import FIELD_NAMES, fields_of_words
from matching.graph import OWN_WORDS, PartnerIndex
from matching.links import row_values
from matching.supposed import SUPPOSED, certain, grounds_of, is_supposed

OFFERED, OF_SECTOR, OF_THEME, OF_FIELD, OF_TYPE, HERE, NEAR, TOGETHER = 4.0, 3.0, 2.5, 2.0, 1.5, 2.0, 1.5, 1.0
OF_WIDE_SECTOR, OF_NAME = 2.0, 1.5
"""A sector that holds a good among others, and a name or purpose that speaks of it (before it is taken as supposed)."""
SOFT: Final = 0.3
"""What signs of the dossier as a whole weigh for a role that names no work of its own: nearness comes first."""
FAR_KM: Final = 60.0
"""Beyond this a body is not near any more; a role that names no work asks for one within it."""
FIELD_FLOOR: Final = 0.5
"""How sure a field of work must be to propose a body for it."""


@dataclass(frozen=True, slots=True)
class RoleAsk:
    """What a role looks for: who may take it (empty: anybody), what they must be, and the work that speaks for them.

    `soft` signs are those of the dossier as a whole, for a role that names no work of its own.
    """

    kinds: frozenset[OrganisationKind] = frozenset()
    body_types: frozenset[BodyType] = frozenset()
    social_types: frozenset[str] = frozenset()
    required_types: frozenset[str] = frozenset()
    divisions: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    goods: tuple[str, ...] = ()
    soft: bool = False

    @property
    def asks_for_work(self) -> bool:
        """True when a body is proposed only for some work that speaks for it; soft signs only order."""
        return bool(self.divisions or self.fields or self.themes or self.goods) and not self.soft


@dataclass(frozen=True, slots=True)
class Candidate:
    """A body that could take the role: why, what to verify first, and how far it is (None: not known)."""

    organisation: str
    reasons: tuple[Message, ...]
    to_verify: tuple[Message, ...]
    km: float | None
    weight: float


@dataclass(frozen=True, slots=True)
class RoleSearch:
    """Who could take a role: `candidates` do what it asks, as far as is known or supposed; `others` the work of the
    role only. `nearest` is the nearest of the first (of the others where there are none), None when no place is known.
    `total` counts the candidates before the cut.
    """

    candidates: tuple[Candidate, ...]
    others: tuple[Candidate, ...]
    nearest: Candidate | None
    total: int


def ask_of(role: str, needs: Sequence[str] = (), *, wider: bool = False) -> RoleAsk:
    """What a role (a key of the vocabulary, or words of one's own) looks for, with what this dossier requires.

    `wider` leaves out the sectors, themes and goods required: what the role looks for by itself.
    """
    known = role_of(role)
    words = needs_of(tuple(needs))
    named = {
        name: () if wider else tuple(need.value for need in words if need.name == name)
        for name in ("sector", "theme", "good")
    }
    kinds = frozenset(OrganisationKind(need.value) for need in words if need.name == "kind")
    required = frozenset(need.value for need in words if need.name == "social-type")
    base = _of_role(known) if known else _of_words(role)
    specific = any(named.values())
    return RoleAsk(
        kinds=kinds or base.kinds,
        body_types=base.body_types if not kinds or OrganisationKind.PUBLIC_BODY in kinds else frozenset(),
        social_types=base.social_types | required,
        required_types=required,
        divisions=named["sector"] or (() if specific else base.divisions),
        fields=() if specific else base.fields,
        themes=named["theme"] or (() if specific else base.themes),
        goods=named["good"] or (() if specific else base.goods),
    )


def in_context(ask: RoleAsk, themes: Sequence[str], words: str) -> RoleAsk:
    """The same for a role that names work of its own; else with the signs of the dossier's themes, need and purpose."""
    if ask.asks_for_work:
        return ask
    told = _of_words(words)
    return replace(ask, themes=tuple(themes), goods=told.goods, fields=told.fields, soft=True)


def _of_role(role: Role) -> RoleAsk:
    return RoleAsk(
        kinds=role.kinds,
        body_types=role.body_types,
        social_types=role.social_types,
        divisions=role.divisions,
        fields=role.fields,
        themes=role.themes,
        goods=role.goods,
    )


def _of_words(words: str) -> RoleAsk:
    """What free words tell: goods of the vocabulary and fields of work; nothing where they tell nothing."""
    return RoleAsk(goods=match_goods(words), fields=tuple(sorted(fields_of_words(words))))


def search_role(
    index: PartnerIndex,
    ask: RoleAsk,
    wider: RoleAsk,
    comuni: Collection[str],
    *,
    taken: Collection[str] = (),
    left_out: Collection[str] = (),
    limit: int = 20,
) -> RoleSearch:
    """Who does what the role asks, then who does the work of the role itself (`wider`), `limit` in all; of a role that
    names no work, where nobody is near, whoever is nearest.
    """

    def look(what: RoleAsk, *, far: bool = False) -> tuple[Candidate, ...]:
        return candidates(index, what, comuni, taken=taken, left_out=left_out, limit=len(index.organisations), far=far)

    found, others = look(ask), tuple[Candidate, ...]()
    if not found and not ask.asks_for_work:
        found = tuple(sorted(look(ask, far=True), key=lambda each: (each.km is None, each.km or 0.0)))
    if wider != ask and ask.asks_for_work and wider.asks_for_work:
        held = {each.organisation for each in found}
        others = tuple(each for each in look(wider) if each.organisation not in held)
    near = min((each for each in found or others if each.km is not None), key=lambda each: each.km or 0.0, default=None)
    total, found = len(found), found[:limit]
    return RoleSearch(found, others[: limit - len(found)], near, total)


def candidates(
    index: PartnerIndex,
    ask: RoleAsk,
    comuni: Collection[str],
    *,
    taken: Collection[str] = (),
    left_out: Collection[str] = (),
    limit: int = 20,
    far: bool = False,
) -> tuple[Candidate, ...]:
    """Bodies that could take the role, those with most in favour first; then cooperatives, the nearest, by id.

    `comuni` is the territory of the dossier, `taken` the bodies in it already (having worked with them counts),
    `left_out` those not to be named again (they declined). `far`: also those far away, of a role that names no work.
    """
    km = _distances(index, comuni)
    skip = {index.row_of[each] for each in (*taken, *left_out) if each in index.row_of}
    partners = {row for row in (index.row_of.get(each) for each in taken) if row is not None}
    projects = {each.project for row in partners for each in index.links.participations[row]}
    found = [
        candidate
        for row in _possible(index, ask, km, far=far)
        if row not in skip and (candidate := _candidate(index, ask, int(row), km, comuni, projects)) is not None
    ]
    found.sort(key=lambda each: _place(index, each))
    return tuple(found[:limit])


def _place(index: PartnerIndex, found: Candidate) -> tuple[float, int, float, str]:
    """Most in favour first; among equals cooperatives and consortia, then the nearest, then by id."""
    kind = int(index.columns.kind[index.row_of[found.organisation]])
    return -found.weight, kind, FAR_KM * 10 if found.km is None else found.km, found.organisation


def _possible(index: PartnerIndex, ask: RoleAsk, km: Floats, *, far: bool) -> Ints:
    """Rows of the right kind and not known to have ended; of a role that names no work only those near, unless far."""
    columns = index.columns
    kept = columns.status != STATUS_NOT_ACTIVE
    if ask.kinds:
        wanted = [place for place, kind in enumerate(OrganisationKind) if kind in ask.kinds]
        kept &= np.isin(columns.kind, wanted)
    if not ask.asks_for_work and not far:
        kept &= km <= FAR_KM if len(km) and not np.isnan(km).all() else True
    return np.flatnonzero(kept)


def _distances(index: PartnerIndex, comuni: Collection[str]) -> Floats:
    """Kilometres from each body's comune to the nearest of these comuni; NaN where not known."""
    places = [place for place, istat in enumerate(index.municipalities) if istat in comuni]
    far = np.full(len(index.organisations), np.nan)
    if not places:
        return far
    nearest = index.distance_km[:, places].min(axis=1).astype(np.float64)
    known = index.columns.place >= 0
    far[known] = nearest[index.columns.place[known]]
    return far


def _candidate(
    index: PartnerIndex, ask: RoleAsk, row: int, km: Floats, comuni: Collection[str], projects: Collection[str]
) -> Candidate | None:
    body = index.organisations[row]
    if not _right_body(ask, body) or not _right_type(ask, body) or _is_elsewhere(body):
        return None
    share = SOFT if ask.soft else 1.0
    signs = [(weight * share, message) for weight, message in _work(index, ask, row, body)]
    if ask.asks_for_work and not signs:
        return None
    distance = None if np.isnan(km[row]) else float(km[row])
    signs += _near(body, distance, comuni)
    signs += _worked_before(index, row, projects)
    return Candidate(
        body.id,
        tuple(message for _weight, message in sorted(signs, key=lambda sign: -sign[0])),
        tuple(_doubts(ask, body)),
        distance,
        sum(weight for weight, _message in signs),
    )


def _right_body(ask: RoleAsk, body: Organisation) -> bool:
    if not ask.body_types or body.kind is not OrganisationKind.PUBLIC_BODY:
        return True
    return body.body_type in ask.body_types


def _right_type(ask: RoleAsk, body: Organisation) -> bool:
    told = certain(body, "social_type")
    return not ask.required_types or told is None or told in ask.required_types


def _is_elsewhere(body: Organisation) -> bool:
    """True when the seat is known to be outside Lazio."""
    return not body.municipality and body.province is not None and body.province not in _of_lazio()


@cache
def _of_lazio() -> frozenset[str]:
    return frozenset(known for each in provinces() for known in (each.sigla, each.istat))


Sign = tuple[float, Message]


def _work(index: PartnerIndex, ask: RoleAsk, row: int, body: Organisation) -> Iterable[Sign]:
    offered = _offers(index, ask, row)
    if offered:
        yield OFFERED, Message("role.offers", {"what": offered})
    by_trade = [sign for sign in (_of_sector(ask, body), None if offered else _does(index, ask, row, body)) if sign]
    if by_trade:
        yield max(by_trade, key=lambda sign: sign[0])
    for theme in (theme for theme in ask.themes if theme in body.themes):
        yield OF_THEME * _sureness(body, "themes"), _told(body, "themes", Message("role.theme", {"theme": theme}))
        break
    sure = max(((float(index.columns.fields[row, FIELD_NAMES.index(name)]), name) for name in ask.fields), default=None)
    if sure is not None and sure[0] >= FIELD_FLOOR:
        key = "role.field" if sure[0] >= 1 else "role.field.inferred"
        yield OF_FIELD * sure[0], Message(key, {"field": sure[1]})
    if body.social_type is not None and body.social_type in ask.social_types:
        told: dict[str, object] = {"type": body.social_type}
        if is_supposed(body, "social_type"):
            told["grounds"] = tuple(grounds_of(body, "social_type"))
        message = _told(body, "social_type", Message("role.social-type", told))
        yield OF_TYPE * _sureness(body, "social_type"), message


def _offers(index: PartnerIndex, ask: RoleAsk, row: int) -> tuple[Message, ...]:
    """The goods asked for that a declaration of the body offers."""
    declared = {
        key
        for each in index.declarations[row]
        if each.says in {OFFERS, CAPACITY}
        for key in index.declared_goods[each.id]
        if not key.startswith(OWN_WORDS)
    }
    met = [asked for asked in ask.goods if any(same_goods(asked, key) for key in declared)]
    return tuple(Message(f"good.{asked}") for asked in met)


def _of_sector(ask: RoleAsk, body: Organisation) -> Sign | None:
    if not ask.divisions or not (body.sector or "").replace(".", "").startswith(ask.divisions):
        return None
    works = _told(body, "sector", Message("role.sector", {"code": body.sector}))
    return OF_SECTOR * _sureness(body, "sector"), works


def _does(index: PartnerIndex, ask: RoleAsk, row: int, body: Organisation) -> Sign | None:
    """What the body seems to do for a living of the goods asked for, though it offers none of them: by its sector, by
    a sector that holds them among others, or by its name and purpose (which only suppose).
    """
    asked = [good(key) for key in ask.goods]
    code = (body.sector or "").replace(".", "")
    exact = [each for each in asked if code and code.startswith(_codes(each, body))]
    wide = [each for each in asked if code and any(prefix.startswith(code) for prefix in _codes(each, body))]
    if exact or wide:
        params = {"what": _goods_words(exact or wide), "code": body.sector}
        told = _told(body, "sector", Message("role.good.sector" if exact else "role.good.sector-wide", params))
        return (OF_SECTOR if exact else OF_WIDE_SECTOR) * _sureness(body, "sector"), told
    spoken = [index.goods[place] for place in row_values(index.products, row)[0]] if asked else []
    named = [each for each in asked if any(_one_thing(each.key, key) for key in spoken)]
    return (OF_NAME * SUPPOSED, Message("role.good.name", {"what": _goods_words(named)})) if named else None


def _codes(asked: Good, body: Organisation) -> tuple[str, ...]:
    return asked.ateco_2025 if body.sector_version == "2025" else asked.ateco_2007


def _one_thing(asked: str, said: str) -> bool:
    return not said.startswith(OWN_WORDS) and same_goods(asked, said)


def _goods_words(asked: Iterable[Good]) -> tuple[Message, ...]:
    return tuple(Message(f"good.{each.key}") for each in asked)


def _sureness(body: Organisation, field: str) -> float:
    """1 for a fact that is known; less for one that is supposed, by its confidence."""
    where = body.provenance.get(field)
    return SUPPOSED * where.confidence if where is not None and is_supposed(body, field) else 1.0


def _told(body: Organisation, field: str, message: Message) -> Message:
    """The sentence of a fact, or the one that says it is inferred."""
    where = body.provenance.get(field)
    if where is not None and where.evidence in {Evidence.INFERRED, Evidence.PREDICTED}:
        return Message(f"{message.key}.inferred", message.params)
    return message


def _near(body: Organisation, km: float | None, comuni: Collection[str]) -> list[Sign]:
    if body.municipality in comuni:
        return [(HERE, Message("role.here"))]
    if km is not None and km < FAR_KM:
        return [(NEAR * (1 - km / FAR_KM), Message("role.near", {"km": km}))]
    return []


def _worked_before(index: PartnerIndex, row: int, projects: Collection[str]) -> list[Sign]:
    shared = {each.project for each in index.links.participations[row]} & set(projects)
    return [(TOGETHER, Message("role.together", {"n": len(shared)}))] if shared else []


def _doubts(ask: RoleAsk, body: Organisation) -> Iterable[Message]:
    if body.status in (None, Status.CRISIS) and body.kind is not OrganisationKind.PUBLIC_BODY:
        yield Message("role.verify.status")
    supposed = is_supposed(body, "social_type") and body.social_type in ask.social_types
    if supposed or (ask.required_types and certain(body, "social_type") is None):
        yield Message("role.verify.type")
    if body.municipality is None:
        yield Message("role.verify.place")
