# SPDX-License-Identifier: EUPL-1.2
"""Who of a territory is worth hearing about a public act or plan: each body once, in the first group that it fits."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from data.lazio.plans import Hearing, Plan
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
    """One group of a plan and its bodies, in order of name."""

    group: Hearing
    bodies: tuple[Heard, ...]


def hearing(index: PartnerIndex, plan: Plan, comuni: Collection[str]) -> tuple[HearingGroup, ...]:
    """The groups of a plan with the bodies of these comuni, and the public bodies of their provinces.

    Bodies known to have ended are left out; empty groups stay, so that a meeting sees who is missing.
    """
    found: dict[int, list[tuple[str, Heard]]] = {place: [] for place in range(len(plan.hear))}
    provinces = {comune[:3] for comune in comuni}
    for row, body in enumerate(index.organisations):
        if index.columns.status[row] == STATUS_NOT_ACTIVE:
            continue
        wider = _wider(index, row, body, provinces, comuni)
        if body.municipality not in comuni and not wider:
            continue
        place, doubt = _group(index, row, body, plan)
        if place is not None:
            found[place].append((body.name, Heard(body.id, doubt, wider)))
    return tuple(
        HearingGroup(group, tuple(heard for _name, heard in sorted(found[place], key=lambda item: item[0].casefold())))
        for place, group in enumerate(plan.hear)
    )


def _wider(
    index: PartnerIndex, row: int, body: Organisation, provinces: Collection[str], comuni: Collection[str]
) -> bool:
    """A public body that works for a province of the comuni from a seat outside them."""
    if body.kind is not OrganisationKind.PUBLIC_BODY or not index.columns.provincial[row]:
        return False
    return bool(body.municipality) and body.municipality not in comuni and str(body.municipality)[:3] in provinces


def _group(index: PartnerIndex, row: int, body: Organisation, plan: Plan) -> tuple[int | None, Message | None]:
    """The first group that the body surely belongs to, else the first that it may belong to, with the doubt."""
    maybe: tuple[int | None, Message | None] = (None, None)
    for place, group in enumerate(plan.hear):
        truths = _truths(index, row, body, group)
        whole = all_of(*truths.values())
        if whole is True:
            return place, None
        if whole is None and maybe[0] is None:
            unknown = next(name for name, truth in truths.items() if truth is None)
            maybe = place, Message(f"hearing.verify.{unknown}")
    return maybe


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
