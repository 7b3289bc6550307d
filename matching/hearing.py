# SPDX-License-Identifier: EUPL-1.2
"""Who of a territory is worth hearing about a public act or plan: each body once, in the first group that it fits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from data.lazio.plans import Hearing, Plan, groups_to_verify
from data.lazio.predicates import Truth, all_of, is_social
from data.model import Message, Organisation, OrganisationKind
from matching.checks import party_facts
from matching.columns import STATUS_NOT_ACTIVE
from matching.fields import FIELD_NAMES
from matching.graph import PartnerIndex
from matching.supposed import certain, is_supposed

SURE: Final = 0.65
"""How sure a field of work must be to place a body in a group for it."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One body of a group: `doubt` says what is not known about its place there, None when it is; `wider` is true for
    a body that works for the whole province and has its seat elsewhere.
    """

    organisation: str
    doubt: Message | None
    wider: bool = False


@dataclass(frozen=True, slots=True)
class HearingGroup:
    """One group of a plan and its bodies, in order of name. `maybe` counts bodies that stand in a group to be verified
    and may belong here.
    """

    group: Hearing
    bodies: tuple[Heard, ...]
    maybe: int = 0


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a body stands: in the last of these groups, alone or, when there are several, after it; `unknown` is what
    leaves it open.
    """

    groups: tuple[int, ...]
    unknown: str = ""


def hearing(index: PartnerIndex, plan: Plan, comuni: Collection[str]) -> tuple[HearingGroup, ...]:
    """The groups of a plan with the bodies of these comuni, and the public bodies of their provinces.

    Bodies known to have ended are left out; empty groups stay, so that a meeting sees who is missing. Who may belong to
    several groups stands in a group of its own behind them: none of them is empty for what nobody knows.
    """
    found: dict[tuple[int, str], list[tuple[str, Heard]]] = {(place, ""): [] for place in range(len(plan.hear))}
    maybe: Counter[int] = Counter()
    provinces = {comune[:3] for comune in comuni}
    for row, body in enumerate(index.organisations):
        if index.columns.status[row] == STATUS_NOT_ACTIVE:
            continue
        wider = _wider(index, row, body, provinces, comuni)
        if body.municipality not in comuni and not wider:
            continue
        place = _place(index, row, body, plan)
        if place.groups:
            apart = place.unknown if len(place.groups) > 1 else ""
            heard = Heard(body.id, _doubt(body, place.unknown), wider)
            found.setdefault((place.groups[-1], apart), []).append((body.name, heard))
            maybe.update(place.groups if apart else ())
    return tuple(
        HearingGroup(
            groups_to_verify()[unknown] if unknown else plan.hear[place],
            tuple(heard for _name, heard in sorted(found[place, unknown], key=lambda item: item[0].casefold())),
            0 if unknown else maybe[place],
        )
        for place, unknown in sorted(found)
    )


def _wider(
    index: PartnerIndex, row: int, body: Organisation, provinces: Collection[str], comuni: Collection[str]
) -> bool:
    """A public body that works for a province of the comuni from a seat outside them."""
    if body.kind is not OrganisationKind.PUBLIC_BODY or not index.columns.provincial[row]:
        return False
    return bool(body.municipality) and body.municipality not in comuni and str(body.municipality)[:3] in provinces


def _place(index: PartnerIndex, row: int, body: Organisation, plan: Plan) -> _Place:
    """The first group that the body surely belongs to, else all that it may belong to and what is not known of it."""
    may: list[int] = []
    unknown = ""
    for place, group in enumerate(plan.hear):
        truths = _truths(index, row, body, group)
        whole = all_of(*truths.values())
        if whole is True:
            return _Place((place,))
        if whole is None:
            may.append(place)
            unknown = unknown or next(name for name, truth in truths.items() if truth is None)
    return _Place(tuple(may), unknown)


def _doubt(body: Organisation, unknown: str) -> Message | None:
    if unknown == "social-type" and is_supposed(body, "social_type"):
        return Message("hearing.verify.social-type.supposed", {"type": body.social_type})
    return Message(f"hearing.verify.{unknown}") if unknown else None


def _truths(index: PartnerIndex, row: int, body: Organisation, group: Hearing) -> Mapping[str, Truth]:
    found: dict[str, Truth] = {"kind": body.kind in group.kinds}
    if group.body_types:
        found["body-type"] = None if body.body_type is None else body.body_type in group.body_types
    if group.social_types:
        found["social-type"] = _social_type(body, group)
    if group.fields:
        found["field"] = _field(index, row, body, group)
    return found


def _social_type(body: Organisation, group: Hearing) -> Truth:
    """Known types decide; of a body that is not known to be social its name must at least say so."""
    told = certain(body, "social_type")
    if told is not None:
        return told in group.social_types
    facts = party_facts(body)
    social = is_social(facts)
    if social is False or (social is None and facts.get("social_name") is False):
        return False
    return None


def _field(index: PartnerIndex, row: int, body: Organisation, group: Hearing) -> Truth:
    sure = index.columns.fields[row]
    if any(sure[FIELD_NAMES.index(name)] >= SURE for name in group.fields):
        return True
    if (body.sector is None or is_supposed(body, "sector")) and not (sure >= SURE).any():
        return None
    return False
