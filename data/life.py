# SPDX-License-Identifier: EUPL-1.2
"""Where a body stands in its life, from known facts only: what it is said to be, and whether it is surely new.

Of the founding only the year is kept. A body is surely younger than 24 months when it was founded in this year or the
last; one founded the year before may be or not, and is then not called new. "Newly formed" said of a body holds for
24 months from the day it was said (the limit: L.R. 20/2003 speaks of new cooperatives, the months are a proposal of
ours, DOMAIN F05).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from data.model import Message, Organisation, OrganisationKind, Provenance, Status

NEW_MONTHS = 24
LEAST_MEMBERS = 3  # art. 2522 c.c., from memory: nine, or three when all are persons and the rules of the s.r.l. apply
USUAL_MEMBERS = 9
_FOUNDED_SO = frozenset({OrganisationKind.COOPERATIVE, OrganisationKind.CONSORTIUM})


@dataclass(frozen=True, slots=True)
class LifeStage:
    """A stage, and what it rests on; `computed` is True when it follows from the founding year."""

    status: Status
    origin: Provenance | None
    computed: bool = False


def life_stage(body: Organisation, today: date) -> LifeStage | None:
    """The stage of a body on a day; None where nothing is known. One called new long ago is active."""
    known = body.provenance.get("status")
    if body.status in (None, Status.ACTIVE) and founded_lately(body, today):
        return LifeStage(Status.NEW, body.provenance.get("founded"), computed=True)
    if body.status is Status.NEW and _is_over(body, known, today):
        return LifeStage(Status.ACTIVE, known)
    return LifeStage(body.status, known) if body.status else None


def is_new(body: Organisation, today: date) -> bool:
    """True when a body is surely new on a day."""
    found = life_stage(body, today)
    return found is not None and found.status is Status.NEW


def founded_lately(body: Organisation, today: date) -> bool:
    """True when the founding year alone makes it sure that 24 months have not passed."""
    return body.founded is not None and today.year - 1 <= body.founded <= today.year


def _is_over(body: Organisation, known: Provenance | None, today: date) -> bool:
    if body.founded is not None:
        return today.year - body.founded > NEW_MONTHS // 12
    return known is not None and known.date is not None and _months(known.date, today) > NEW_MONTHS


def _months(since: date, until: date) -> int:
    return (until.year - since.year) * 12 + until.month - since.month - (until.day < since.day)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a group must have before it can found a cooperative: `done` is None where it is not known."""

    name: str
    done: bool | None
    sentence: Message


def founding_steps(body: Organisation) -> tuple[Step, ...]:
    """What a group that means to found a cooperative still lacks, as far as we know; empty for any other body.

    The rules are from memory (artt. 2521-2523 c.c., L. 59/1992): each sentence says that they are to be verified.
    """
    if body.status is not Status.FORMING or body.kind not in _FOUNDED_SO:
        return ()
    return (
        _members(body),
        Step("purpose", body.purpose is not None or None, Message("forming.purpose")),
        Step("sector", body.sector is not None or None, Message("forming.sector")),
        Step("municipality", body.municipality is not None or None, Message("forming.municipality")),
        Step("category", body.category is not None or None, Message("forming.category")),
        Step("deed", None, Message("forming.deed")),
        Step("registers", None, Message("forming.registers")),
    )


def _members(body: Organisation) -> Step:
    limits = {"n": body.members, "tre": LEAST_MEMBERS, "nove": USUAL_MEMBERS}
    if body.members is None:
        return Step("members", None, Message("forming.members.unknown", limits))
    if body.members < LEAST_MEMBERS:
        return Step("members", False, Message("forming.members.few", limits))
    if body.members < USUAL_MEMBERS:
        return Step("members", None, Message("forming.members.some", limits))
    return Step("members", True, Message("forming.members.enough", limits))
