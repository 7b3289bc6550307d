# SPDX-License-Identifier: EUPL-1.2
"""The pages of dossiers and tables: lists, one of them, who could take a role, who is to be heard, and files."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from data.lazio.instruments import instruments
from data.lazio.plans import plans
from data.lazio.roles import roles
from data.lazio.themes import themes
from data.model import Audience, Dossier, OrganisationKind
from data.store import Store
from data.store.dossier_rows import KINDS, STATUSES
from data.store.dossiers import EVENT_KINDS
from service.dependencies import RateLimited, SnapshotNow, StoreNow, WordsNow
from service.dossier_forms import AT_WORK, EMPTY, SOCIAL_TYPES, VISIBILITIES, TypedForm, dossier_form
from service.dossier_people import candidates_for, found_bodies, hearing_csv, hearing_of
from service.dossiers import (
    EventView,
    call_choices,
    call_in_words,
    dossier_of,
    dossier_row,
    dossier_rows,
    dossier_sheet,
    mark_of_dossier,
    partnership_csv,
    place_of_body,
    role_of_dossier,
    role_view,
)
from service.exports import CSV_TYPE
from service.messages import Words
from service.outcomes import OBJECTIVES, OFFICES
from service.snapshot import Snapshot
from service.templating import page_address, render_page, same_path

router = APIRouter(include_in_schema=False)

DONE: Final = frozenset(
    {
        "created",
        "changed",
        "role-added",
        "role",
        "role-removed",
        "log",
        "log-withdrawn",
        "closed",
        "reopened",
        "undone",
        "restored",
    }
)
MOST_LISTED: Final = 300
LOG_PAGE: Final = 50
MOST_PRINTED: Final = 200
DossierId = Annotated[str, Path(pattern="^[A-Za-z0-9-]{1,40}$")]
RoleId = Annotated[str, Path(pattern="^[A-Za-z0-9-]{1,40}$")]
Done = Annotated[str, Query(max_length=20)]
LogFrom = Annotated[int, Query(ge=0, le=1_000_000)]
Asked = Annotated[str, Query(max_length=100)]


# --- lists ------------------------------------------------------------------------------------------------------


@router.get("/it/dossier")
@router.get("/en/dossiers")
def dossiers(
    request: Request,
    snapshot: SnapshotNow,
    store: StoreNow,
    words: WordsNow,
    q: Asked = "",
    status: Asked = "",
    done: Done = "",
) -> HTMLResponse:
    """Dossiers at work first, the nearest end first."""
    return _list(request, snapshot, store, words, table=False, asked=q, status=status, done=done)


@router.get("/it/tavoli")
@router.get("/en/tables")
def tables(
    request: Request,
    snapshot: SnapshotNow,
    store: StoreNow,
    words: WordsNow,
    q: Asked = "",
    status: Asked = "",
    done: Done = "",
) -> HTMLResponse:
    """Tables: needs raised in a territory, and who declared an interest."""
    return _list(request, snapshot, store, words, table=True, asked=q, status=status, done=done)


def _list(
    request: Request, snapshot: Snapshot, store: Store, words: Words, *, table: bool, asked: str, status: str, done: str
) -> HTMLResponse:
    gone = store.dossiers_taken_out() if snapshot.audience is Audience.OPERATOR else []
    rows = dossier_rows(snapshot, words, table=table, asked=asked, status=status if status in STATUSES else "")
    return render_page(
        request,
        words,
        "dossiers.html",
        snapshot=snapshot,
        rows=rows[:MOST_LISTED],
        total=len(rows),
        held=sum((each.kind == "table") is table for each in snapshot.dossiers),
        table=table,
        taken_out=[(each, day) for each, day in gone if (each.kind == "table") is table][:MOST_LISTED],
        removed=done == "removed",
        asked=asked,
        stage=status,
        statuses=STATUSES,
    )


# --- a new one --------------------------------------------------------------------------------------------------


@router.get("/it/dossier/nuovo")
@router.get("/en/dossiers/new")
def new(
    request: Request,
    snapshot: SnapshotNow,
    words: WordsNow,
    kind: Asked = "",
    municipality: Asked = "",
    call: Asked = "",
) -> HTMLResponse:
    """The form of a new dossier, table or crisis dossier; only on one's own machine."""
    if snapshot.audience is not Audience.OPERATOR:
        raise HTTPException(404)
    comune = snapshot.municipalities.get(municipality)
    typed = {
        "kind": kind if kind in KINDS else "dossier",
        "municipalities": comune.name if comune else "",
        "call": call if call in {each.id for each in snapshot.calls} else "",
        "visibility": "reserved" if kind == "wbo" else "federation",
    }
    return form_page(request, snapshot, words, TypedForm(typed))


def form_page(
    request: Request,
    snapshot: Snapshot,
    words: Words,
    form: TypedForm,
    dossier: Dossier | None = None,
    *,
    seen: str = "",
    meanwhile: tuple[EventView, ...] | None = None,
    status: int = 200,
) -> HTMLResponse:
    """The form of a dossier: new, or one that stands, shown with the mark `seen`.

    `meanwhile` is what others changed while it was being filled in, None when it was read as it stands.
    """
    here = ("dossier", dossier.id) if dossier else ("dossier",)
    parts = (*here, "modifica") if dossier else (*here, "nuovo")
    return render_page(
        request,
        words,
        "dossier_form.html",
        status=status,
        snapshot=snapshot,
        form=form,
        dossier=dossier,
        seen=seen or (mark_of_dossier(dossier) if dossier else ""),
        meanwhile=meanwhile,
        action=page_address(words.language, *(parts if dossier else here)),
        other_address=page_address("en" if words.language == "it" else "it", *parts),
        kinds=KINDS,
        statuses=AT_WORK,
        themes=themes(),
        instruments=instruments(),
        calls=call_choices(snapshot),
        call_words=call_in_words(snapshot, dossier, words) if dossier else None,
        plans=plans(),
        objectives=OBJECTIVES,
        visibilities=VISIBILITIES,
    )


@router.get("/it/dossier/{dossier}/modifica")
@router.get("/en/dossiers/{dossier}/edit")
def edit(request: Request, snapshot: SnapshotNow, words: WordsNow, dossier: DossierId) -> HTMLResponse:
    """The form of a dossier that stands."""
    found = dossier_of(snapshot, dossier)
    if snapshot.audience is not Audience.OPERATOR:
        raise HTTPException(404)
    return form_page(request, snapshot, words, dossier_form(found, snapshot), found)


@router.get("/it/dossier/{dossier}/elimina")
@router.get("/en/dossiers/{dossier}/removal")
def removal(request: Request, snapshot: SnapshotNow, words: WordsNow, dossier: DossierId) -> HTMLResponse:
    """Asks before a dossier is taken out of the lists, and says what becomes of its roles and outcomes."""
    found = dossier_of(snapshot, dossier)
    if snapshot.audience is not Audience.OPERATOR:
        raise HTTPException(404)
    return render_page(
        request,
        words,
        "dossier_removal.html",
        snapshot=snapshot,
        row=dossier_row(snapshot, found, words),
        lines=len(found.events),
        noted=sum(each.dossier == found.id for each in snapshot.outcomes),
        other_address=same_path(request, words.language),
    )


# --- one dossier ------------------------------------------------------------------------------------------------


@router.get("/it/dossier/{dossier}")
@router.get("/en/dossiers/{dossier}")
def dossier(
    request: Request, snapshot: SnapshotNow, words: WordsNow, dossier: DossierId, done: Done = "", log: LogFrom = 0
) -> HTMLResponse:
    """One dossier or table: what it is for, its roles, who is in it, a page of its log from the line `log` on."""
    return dossier_page(request, snapshot, words, dossier, done=done, log=log)


def dossier_page(
    request: Request,
    snapshot: Snapshot,
    words: Words,
    dossier_id: str,
    *,
    done: str = "",
    log: int = 0,
    role_form: TypedForm = EMPTY,
    log_form: TypedForm = EMPTY,
    close_form: TypedForm = EMPTY,
    seen: str = "",
    meanwhile: tuple[EventView, ...] | None = None,
    status: int = 200,
) -> HTMLResponse:
    """The page of a dossier with its small forms as they stand; `seen` and `meanwhile` are those of closing it."""
    found = dossier_of(snapshot, dossier_id)
    other = "en" if words.language == "it" else "it"
    return render_page(
        request,
        words,
        "dossier.html",
        status=status,
        snapshot=snapshot,
        sheet=dossier_sheet(snapshot, found, words),
        done=done if done in DONE else "",
        log=log,
        log_page=LOG_PAGE,
        role_form=role_form,
        log_form=log_form,
        close_form=close_form,
        seen=seen or mark_of_dossier(found),
        meanwhile=meanwhile,
        other_address=page_address(other, "dossier", found.id),
        **form_choices(),
    )


def form_choices() -> dict[str, Any]:
    """What the small forms of a dossier offer."""
    return {
        "role_choices": roles(),
        "kinds": tuple(OrganisationKind),
        "themes": themes(),
        "social_types": SOCIAL_TYPES,
        "event_kinds": EVENT_KINDS,
        "offices": OFFICES,
    }


@router.get("/it/dossier/{dossier}/stampa")
@router.get("/en/dossiers/{dossier}/print")
def printed(request: Request, snapshot: SnapshotNow, words: WordsNow, dossier: DossierId) -> HTMLResponse:
    """The dossier as it goes with the minutes: need, roles, uncovered ones, who is heard, log."""
    found = dossier_of(snapshot, dossier)
    heard = hearing_of(snapshot, found)
    return render_page(
        request,
        words,
        "dossier_print.html",
        snapshot=snapshot,
        sheet=dossier_sheet(snapshot, found, words),
        most_lines=MOST_PRINTED,
        groups=heard[1] if heard else (),
        comuni=tuple(
            snapshot.municipalities[each].name for each in found.municipalities if each in snapshot.municipalities
        ),
        place_of=place_of_body,
        other_address=same_path(request, words.language),
    )


# --- who could take a role --------------------------------------------------------------------------------------


@router.get("/it/dossier/{dossier}/ruoli/{role}", dependencies=[RateLimited])
@router.get("/en/dossiers/{dossier}/roles/{role}", dependencies=[RateLimited])
def role(
    request: Request, snapshot: SnapshotNow, words: WordsNow, dossier: DossierId, role: RoleId, q: Asked = ""
) -> HTMLResponse:
    """Who could cover a role: bodies that fit, with reasons, and a search for any other."""
    return role_page(request, snapshot, words, dossier, role, asked=q)


def role_page(
    request: Request,
    snapshot: Snapshot,
    words: Words,
    dossier_id: str,
    role_id: str,
    *,
    asked: str = "",
    wrong: str = "",
    typed: TypedForm | None = None,
    status: int = 200,
) -> HTMLResponse:
    """The page of a role; `typed` is the step that was refused because others changed the role since, None else."""
    found = dossier_of(snapshot, dossier_id)
    place = role_of_dossier(found, role_id)
    if snapshot.audience is not Audience.OPERATOR:
        raise HTTPException(404)
    return render_page(
        request,
        words,
        "dossier_role.html",
        status=status,
        snapshot=snapshot,
        row=dossier_row(snapshot, found, words),
        view=role_view(snapshot, place, words),
        candidates=candidates_for(snapshot, found, place, words),
        bodies=found_bodies(snapshot, asked),
        place_of=place_of_body,
        asked=asked,
        wrong=wrong,
        typed=typed,
        offices=OFFICES,
    )


# --- who is to be heard, and files ------------------------------------------------------------------------------


@router.get("/it/dossier/{dossier}/ascolto", dependencies=[RateLimited])
@router.get("/en/dossiers/{dossier}/hearing", dependencies=[RateLimited])
def heard(request: Request, snapshot: SnapshotNow, words: WordsNow, dossier: DossierId) -> HTMLResponse:
    """Who of the territory is worth hearing about the dossier's act or plan."""
    found = dossier_of(snapshot, dossier)
    groups = hearing_of(snapshot, found)
    if groups is None:
        raise HTTPException(404)
    return render_page(
        request,
        words,
        "dossier_hearing.html",
        snapshot=snapshot,
        row=dossier_row(snapshot, found, words),
        plan=groups[0],
        groups=groups[1],
        place_of=place_of_body,
        csv=page_address(words.language, "dossier", found.id, "ascolto.csv"),
        other_address=same_path(request, words.language),
    )


@router.get("/it/dossier/{dossier}/ascolto.csv", dependencies=[RateLimited])
@router.get("/en/dossiers/{dossier}/hearing.csv", dependencies=[RateLimited])
def heard_csv(snapshot: SnapshotNow, words: WordsNow, dossier: DossierId) -> Response:
    """The same list as a file, with the bodies' own mailboxes."""
    found = dossier_of(snapshot, dossier)
    if found.act_kind is None:
        raise HTTPException(404)
    return _file(hearing_csv(snapshot, found, words), "ascolto.csv")


@router.get("/it/dossier/{dossier}/partenariato.csv")
@router.get("/en/dossiers/{dossier}/partnership.csv")
def partnership(snapshot: SnapshotNow, words: WordsNow, dossier: DossierId) -> Response:
    """The partnership table: a line per role, uncovered ones too."""
    return _file(partnership_csv(snapshot, dossier_of(snapshot, dossier), words), "partenariato.csv")


def _file(text: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(text.encode("utf-8"), media_type=CSV_TYPE, headers=headers)
