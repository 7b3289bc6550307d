# SPDX-License-Identifier: EUPL-1.2
"""Calls and dossiers in the JSON API, for reading; the same answers as their pages."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.exceptions import HTTPException

from data.lazio.beneficiaries import requirement_of
from data.model import Audience, Call, Dossier
from matching.call_state import standing
from matching.eligibility import Eligibility, sentence
from service.calls import audience_today, call_of, check_text, eligibility_of, named_groups, suited_calls, told
from service.dependencies import ApiWords, RateLimited, SnapshotNow, StoreNow
from service.dossier_people import candidates_for, hearing_of
from service.dossier_schemas import (
    CallOut,
    CallPage,
    CandidateOut,
    DossierBrief,
    DossierEventOut,
    DossierFull,
    DossierPage,
    DossierRoleOut,
    EligibilityOut,
    EligibilityPage,
    HeardOut,
    HearingGroupOut,
    RequirementOut,
    SuitedCallOut,
)
from service.dossiers import (
    call_for_reader,
    dossier_of,
    dossier_row,
    dossier_sheet,
    role_of_dossier,
)
from service.messages import Words
from service.routes.api import ERRORS, AnyOrganisation, IstatQuery, Limit, Offset, resolve
from service.snapshot import Snapshot

router = APIRouter(prefix="/api/v1", responses=ERRORS)

AnyId = Annotated[str, Path(pattern="^[A-Za-z0-9-]{1,40}$", description="Id, as the lists give it.")]
StateQuery = Annotated[Literal["open", "closed", "unknown"] | None, Query(description="State of today.")]
KindQuery = Annotated[Literal["dossier", "table", "wbo"] | None, Query(description="Dossier, table or crisis.")]
StatusQuery = Annotated[str | None, Query(pattern="^[a-z-]{1,40}$", description="How far the work is.")]
GroupQuery = Annotated[
    Literal["ready", "likely", "one-missing", "elsewhere"],
    Query(
        description="Every requirement met; nothing missing but something to verify; one requirement missing; either "
        "of the first two with a seat outside Lazio or not known."
    ),
]


# --- calls ------------------------------------------------------------------------------------------------------


@router.get("/calls", tags=["calls"], summary="Calls for proposals, by id")
def calls(
    snapshot: SnapshotNow,
    words: ApiWords,
    state: StateQuery = None,
    municipality: IstatQuery = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> CallPage:
    """A page of the calls that every filter lets through, each with its state of today."""
    rows = [
        call
        for call in snapshot.calls
        if (state is None or standing(call, snapshot.today).state == state)
        and (municipality is None or not call.municipalities or municipality in call.municipalities)
    ]
    items = [_call(snapshot, call, words) for call in rows[offset : offset + limit]]
    return CallPage(total=len(rows), offset=offset, items=items)


@router.get("/calls/{call}", tags=["calls"], summary="One call")
def call(snapshot: SnapshotNow, words: ApiWords, call: AnyId) -> CallOut:
    """One call with its state of today and what it asks."""
    return _call(snapshot, call_of(snapshot, call), words)


def _call(snapshot: Snapshot, call: Call, words: Words) -> CallOut:
    now = standing(call, snapshot.today)
    return CallOut(
        id=call.id,
        title=call.title,
        body=call.body,
        opens=call.opens,
        closes=call.closes,
        state=now.state.value,
        why=words.render(now.why),
        days_left=now.days_left,
        beneficiaries=call.beneficiaries,
        requirements=tuple(words.render(told(sentence(requirement_of(each)), words)) for each in call.beneficiaries),
        municipalities=call.municipalities,
        instrument=call.instrument,
        amount=call.amount,
        address=call.address,
        read_on=call.read_on,
    )


@router.get("/calls/{call}/eligibility", tags=["calls"], summary="Who may apply for a call", dependencies=[RateLimited])
def call_eligibility(
    snapshot: SnapshotNow,
    words: ApiWords,
    call: AnyId,
    group: GroupQuery = "ready",
    limit: Limit = 100,
    offset: Offset = 0,
) -> EligibilityPage:
    """The bodies of one group with every requirement; nobody for a call that is over."""
    found = call_of(snapshot, call)
    groups = audience_today(snapshot, found)
    rows = named_groups(groups)[group]
    return EligibilityPage(
        call=found.id,
        state=standing(found, snapshot.today).state.value,
        group=group,
        total=len(rows),
        offset=offset,
        items=[_eligibility(snapshot, each, words) for each in rows[offset : offset + limit]],
    )


@router.get("/calls/{call}/eligibility/{organisation}", tags=["calls"], summary="One organisation and one call")
def one_eligibility(
    snapshot: SnapshotNow, store: StoreNow, words: ApiWords, call: AnyId, organisation: AnyOrganisation
) -> EligibilityOut:
    """Every requirement of a call for one organisation: passed, failed or to be verified."""
    body = snapshot.organisation(resolve(snapshot, store, organisation))
    _now, found = eligibility_of(snapshot, call_of(snapshot, call), body)
    return _eligibility(snapshot, found, words)


def _eligibility(snapshot: Snapshot, found: Eligibility, words: Words) -> EligibilityOut:
    missing = found.missing_one
    return EligibilityOut(
        organisation=found.organisation,
        name=snapshot.organisation(found.organisation).name,
        state=found.state.value,
        missing_one=check_text(missing, words) if missing else None,
        requirements=[
            RequirementOut(name=check.name, state=check.state.value, text=check_text(check, words))
            for check in found.checks
        ],
    )


@router.get("/organisations/{organisation}/calls", tags=["calls"], summary="The calls that suit an organisation")
def calls_of_organisation(
    snapshot: SnapshotNow, store: StoreNow, words: ApiWords, organisation: AnyOrganisation, limit: Limit = 100
) -> list[SuitedCallOut]:
    """Calls open today, or to be verified, of which it fails no requirement and meets one; the nearest end first."""
    body = snapshot.organisation(resolve(snapshot, store, organisation))
    suited = suited_calls(snapshot, body, words)
    return [
        SuitedCallOut(call=_call(snapshot, each.row.call, words), to_verify=each.to_verify)
        for each in (*suited.calls, *suited.perhaps)[:limit]
    ]


# --- dossiers ---------------------------------------------------------------------------------------------------


@router.get("/dossiers", tags=["dossiers"], summary="Dossiers and tables, by id")
def dossiers(
    snapshot: SnapshotNow,
    words: ApiWords,
    kind: KindQuery = None,
    status: StatusQuery = None,
    municipality: IstatQuery = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> DossierPage:
    """A page of those that every filter lets through and this audience may see."""
    rows = [
        dossier
        for dossier in snapshot.dossiers
        if (kind is None or dossier.kind == kind)
        and (status is None or dossier.status == status)
        and (municipality is None or municipality in dossier.municipalities)
    ]
    items = [DossierBrief(**_brief(snapshot, dossier, words)) for dossier in rows[offset : offset + limit]]
    return DossierPage(total=len(rows), offset=offset, items=items)


@router.get("/dossiers/{dossier}", tags=["dossiers"], summary="One dossier")
def dossier(
    snapshot: SnapshotNow, words: ApiWords, dossier: AnyId, limit: Limit = 100, offset: Offset = 0
) -> DossierFull:
    """One dossier or table with its roles; the log, newest first and a page at a time, only on one's own machine."""
    found = dossier_of(snapshot, dossier)
    sheet = dossier_sheet(snapshot, found, words)
    return DossierFull(
        **_brief(snapshot, found, words),
        roles=[
            DossierRoleOut(
                id=view.role.id,
                role=view.role.role,
                name=view.name,
                needs=view.role.needs,
                state=view.role.state,
                organisation=view.body.id if view.body else None,
                resources=view.role.resources,
                since=view.role.since,
            )
            for view in sheet.roles
        ],
        events=[
            DossierEventOut(date=line.event.date, kind=line.event.kind, text=line.text, by_role=line.event.by_role)
            for line in sheet.events[offset : offset + limit]
        ],
    )


_FIELDS = (
    "id", "title", "kind", "status", "need", "purpose", "municipalities", "themes", "instrument", "act_kind",
    "act_title", "deadline", "outcome", "created", "closed", "visibility",
)  # fmt: skip


def _brief(snapshot: Snapshot, dossier: Dossier, words: Words) -> dict[str, object]:
    row = dossier_row(snapshot, dossier, words)
    return {name: getattr(dossier, name) for name in _FIELDS} | {
        "call": call_for_reader(snapshot, dossier),
        "days_left": row.days_left,
        "roles_covered": row.covered,
        "roles_total": row.roles,
        "uncovered": row.uncovered,
    }


@router.get(
    "/dossiers/{dossier}/roles/{role}/candidates",
    tags=["dossiers"],
    summary="Who could take a role",
    dependencies=[RateLimited],
)
def role_candidates(snapshot: SnapshotNow, words: ApiWords, dossier: AnyId, role: AnyId) -> list[CandidateOut]:
    """Bodies whose known work fits, with reasons; only on one's own machine: who is looked for is not public."""
    found = dossier_of(snapshot, dossier)
    place = role_of_dossier(found, role)
    if snapshot.audience is not Audience.OPERATOR:
        raise HTTPException(404)
    could = candidates_for(snapshot, found, place, words)
    return [
        CandidateOut(
            organisation=each.body.id,
            name=each.body.name,
            kind=each.body.kind,
            municipality=each.body.municipality,
            km=each.km,
            reasons=each.reasons,
            to_verify=each.to_verify,
        )
        for each in (*could.bodies, *could.others)
    ]


@router.get(
    "/dossiers/{dossier}/hearing",
    tags=["dossiers"],
    summary="Who is worth hearing about the plan of a dossier",
    dependencies=[RateLimited],
)
def heard(snapshot: SnapshotNow, words: ApiWords, dossier: AnyId) -> list[HearingGroupOut]:
    """The groups of the plan with the bodies of the dossier's comuni; empty when it names no plan."""
    groups = hearing_of(snapshot, dossier_of(snapshot, dossier))
    return [
        HearingGroupOut(
            group=each.group.en if words.language == "en" else each.group.it,
            bodies=[
                HeardOut(
                    organisation=one.organisation,
                    name=snapshot.organisation(one.organisation).name,
                    municipality=snapshot.organisation(one.organisation).municipality,
                    doubt=words.render(one.doubt) if one.doubt else None,
                )
                for one in each.bodies
            ],
        )
        for each in (groups[1] if groups else ())
    ]
