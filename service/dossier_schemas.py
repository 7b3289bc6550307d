# SPDX-License-Identifier: EUPL-1.2
"""The shapes of calls and dossiers in the JSON API; null is "not known", never zero. Money in euro, distances in km."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from data.model import OrganisationKind, Visibility
from service.schemas import Out

CheckStateName = Literal["passed", "failed", "to-verify"]
CallStateName = Literal["open", "closed", "unknown"]


class CallOut(Out):
    """A call with its state of today: open, closed (over, or not yet open) or unknown, the reason in words.

    `municipalities` are ISTAT codes (none: no limit known); `beneficiaries` the rules in their vocabulary, `address`
    where it was read on `read_on`.
    """

    id: str
    title: str
    body: str | None
    opens: dt.date | None
    closes: dt.date | None
    state: CallStateName
    why: str
    days_left: int | None
    beneficiaries: tuple[str, ...]
    requirements: tuple[str, ...]
    municipalities: tuple[str, ...]
    instrument: str | None
    amount: float | None
    address: str | None
    read_on: dt.date | None


class CallPage(Out):
    """One page of calls."""

    total: int
    offset: int
    items: list[CallOut]


class RequirementOut(Out):
    """One requirement of a call for one organisation."""

    name: str
    state: CheckStateName
    text: str


class EligibilityOut(Out):
    """What is known of one organisation and one call; `missing_one` is the only requirement it does not meet."""

    organisation: str
    name: str
    state: CheckStateName
    missing_one: str | None
    requirements: list[RequirementOut]


class EligibilityPage(Out):
    """Who may apply for a call, one group of three; nobody for a call that is over."""

    call: str
    state: CallStateName
    group: str
    total: int
    offset: int
    items: list[EligibilityOut]


class SuitedCallOut(Out):
    """A call that an organisation fails nothing of, and what is to be verified."""

    call: CallOut
    to_verify: tuple[str, ...]


class DossierRoleOut(Out):
    """A role: `role` is a key of the vocabulary or free words, `organisation` the id of who has it or was asked."""

    id: str
    role: str
    name: str
    needs: tuple[str, ...]
    state: str
    organisation: str | None
    resources: str | None
    since: dt.date | None


class DossierEventOut(Out):
    """A line of the log, in words."""

    date: dt.date
    kind: str
    text: str
    by_role: str | None


class DossierBrief(Out):
    """A dossier or table as lists show it; `uncovered` names the roles that nobody has taken.

    `call` is the id of a call of our lists, else the title or the words that name it; null for none and for one that
    this reader may not see.
    """

    id: str
    title: str
    kind: str
    status: str
    need: str | None
    purpose: str | None
    municipalities: tuple[str, ...]
    themes: tuple[str, ...]
    call: str | None
    instrument: str | None
    act_kind: str | None
    act_title: str | None
    deadline: dt.date | None
    days_left: int | None
    outcome: str | None
    created: dt.date | None
    closed: dt.date | None
    visibility: Visibility
    roles_covered: int
    roles_total: int
    uncovered: tuple[str, ...]


class DossierPage(Out):
    """One page of dossiers and tables."""

    total: int
    offset: int
    items: list[DossierBrief]


class DossierFull(DossierBrief):
    """A dossier with its roles and log; the public reads no log, nor who was only asked."""

    roles: list[DossierRoleOut]
    events: list[DossierEventOut]


class CandidateOut(Out):
    """A body that could take a role, with its reasons and what to verify first."""

    organisation: str
    name: str
    kind: OrganisationKind
    municipality: str | None
    km: float | None
    reasons: tuple[str, ...]
    to_verify: tuple[str, ...]


class HeardOut(Out):
    """A body worth hearing about a plan; `doubt` says what is not known about its place in the group."""

    organisation: str
    name: str
    municipality: str | None
    doubt: str | None


class HearingGroupOut(Out):
    """One group worth hearing."""

    group: str
    bodies: list[HeardOut]
