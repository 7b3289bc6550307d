# SPDX-License-Identifier: EUPL-1.2
"""What the operator does to the roles of a dossier: added, changed, offered, taken, left, removed.

A public service never gets here: every request that is not a reading one is refused before any route.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from data.errors import ChangedMeanwhile, UnknownOrganisation
from data.identity import BadValue
from data.model import Audience, Dossier, DossierRole
from data.store import Store
from data.store.dossier_roles import mark_of_role
from data.store.dossier_rows import NAMED
from service.dependencies import SnapshotNow, WordsNow
from service.dossier_forms import (
    ACTS,
    LONGEST_OUTCOME,
    ROLE_BOXES,
    STEP_BOXES,
    TypedForm,
    as_typed,
    beyond_boxes,
    read_role,
    read_words,
    role_form,
)
from service.dossiers import dossier_of, dossier_row, need_words, role_of_dossier, role_view
from service.messages import Words
from service.routes.api import resolve
from service.routes.desk import Desk, DeskNow, Form, seen_in, typed_in
from service.routes.dossier_acts import office_in, seen_dossier
from service.routes.dossiers import DossierId, RoleId, dossier_page, form_choices, role_page
from service.snapshot import Snapshot
from service.templating import page_address, render_page

router = APIRouter(include_in_schema=False)
FREED: Final = frozenset(ACTS) - NAMED
"""Steps that only who is named in a role can take."""


@router.post("/it/dossier/{dossier}/ruoli")
@router.post("/en/dossiers/{dossier}/roles")
def add_role(desk: DeskNow, dossier: DossierId, form: Form) -> Response:
    """Adds a role to be filled, or shows the form again."""
    dossier_of(desk.snapshot, dossier)
    read = read_role(typed_in(form))
    if isinstance(read, TypedForm):
        return dossier_page(desk.request, desk.snapshot, desk.words, dossier, role_form=read, status=422)
    desk.store.add_role(dossier, read.role, desk.snapshot.today, needs=read.needs)
    desk.fresh()
    return seen_dossier(desk.words, dossier, "role-added", "#ruoli")


@router.get("/it/dossier/{dossier}/ruoli/{role}/modifica")
@router.get("/en/dossiers/{dossier}/roles/{role}/edit")
def edit_role(
    request: Request, snapshot: SnapshotNow, words: WordsNow, dossier: DossierId, role: RoleId
) -> HTMLResponse:
    """The form of a role as it stands."""
    found = dossier_of(snapshot, dossier)
    place = role_of_dossier(found, role)
    if snapshot.audience is not Audience.OPERATOR:
        raise HTTPException(404)
    return _edit_page(request, snapshot, words, found, place, role_form(place, words.language))


def _edit_page(
    request: Request,
    snapshot: Snapshot,
    words: Words,
    dossier: Dossier,
    role: DossierRole,
    form: TypedForm,
    *,
    seen: str = "",
    meanwhile: bool = False,
    status: int = 200,
) -> HTMLResponse:
    """The form of a role, shown with the mark `seen`; `meanwhile` is true when others changed it since."""
    view = role_view(snapshot, role, words)
    return render_page(
        request,
        words,
        "dossier_role_edit.html",
        status=status,
        snapshot=snapshot,
        row=dossier_row(snapshot, dossier, words),
        view=view,
        form=form,
        seen=seen or view.seen,
        meanwhile=meanwhile,
        further=need_words(beyond_boxes(role.needs), words),
        other_address=page_address(
            "en" if words.language == "it" else "it", "dossier", dossier.id, "ruoli", role.id, "modifica"
        ),
        **form_choices(),
    )


@router.post("/it/dossier/{dossier}/ruoli/{role}/modifica")
@router.post("/en/dossiers/{dossier}/roles/{role}/edit")
def change_role(desk: DeskNow, dossier: DossierId, role: RoleId, form: Form) -> Response:
    """Calls a role otherwise or asks other things of it, whoever has it. What others changed is shown first (409)."""
    found = dossier_of(desk.snapshot, dossier)
    place, seen = role_of_dossier(found, role), seen_in(form)
    read = read_role(typed_in(form))
    if isinstance(read, TypedForm):
        return _edit_page(desk.request, desk.snapshot, desk.words, found, place, read, seen=seen, status=422)
    needs = tuple(dict.fromkeys((*read.needs, *beyond_boxes(place.needs))))
    try:
        desk.store.change_role(role, read.role, needs, desk.snapshot.today, seen=seen)
    except ChangedMeanwhile:
        newest = desk.fresh()
        found = dossier_of(newest, dossier)
        typed = as_typed(typed_in(form), boxes=ROLE_BOXES)
        place = role_of_dossier(found, role)
        return _edit_page(desk.request, newest, desk.words, found, place, typed, meanwhile=True, status=409)
    desk.fresh()
    return seen_dossier(desk.words, dossier, "role", "#ruoli")


@router.post("/it/dossier/{dossier}/ruoli/{role}")
@router.post("/en/dossiers/{dossier}/roles/{role}")
def act_on_role(desk: DeskNow, dossier: DossierId, role: RoleId, form: Form) -> Response:
    """Invites, notes an interest, fills, or frees a role; or takes the role away, while it stands as it was shown."""
    place = role_of_dossier(dossier_of(desk.snapshot, dossier), role)
    act, asked = str(form.get("act") or ""), str(form.get("organisation") or "")[:200].strip()
    if act not in (*ACTS, "removed"):
        raise HTTPException(422)
    resources, office, seen = _resources(form), office_in(form), seen_in(form)
    if seen != mark_of_role(place):
        return _stale(desk, dossier, role, form)
    body = _body(desk.snapshot, desk.store, asked) if asked else place.organisation
    if act in NAMED and body is None:
        wrong = "dossier.wrong.organisation"
        return role_page(
            desk.request, desk.snapshot, desk.words, dossier, role, asked=asked[:100], wrong=wrong, status=422
        )
    if act in FREED and place.organisation is None:
        raise HTTPException(422)
    try:
        if act == "removed":
            desk.store.remove_role(role, desk.snapshot.today, by_role=office, seen=seen)
        else:
            desk.store.set_role(
                role, act, desk.snapshot.today, organisation=body if act in NAMED else None, resources=resources,
                by_role=office, seen=seen,
            )  # fmt: skip
    except ChangedMeanwhile:
        return _stale(desk, dossier, role, form)
    desk.fresh()
    return seen_dossier(desk.words, dossier, "role-removed" if act == "removed" else "role", "#ruoli")


def _stale(desk: Desk, dossier: str, role: str, form: FormData) -> Response:
    """The page of a role as others left it, with the step that was typed."""
    typed = as_typed(typed_in(form), boxes=STEP_BOXES)
    return role_page(desk.request, desk.fresh(), desk.words, dossier, role, typed=typed, status=409)


def _body(snapshot: Snapshot, store: Store, asked: str) -> str | None:
    try:
        return resolve(snapshot, store, asked)
    except UnknownOrganisation:
        return None


def _resources(form: FormData) -> str | None:
    """What the body puts in, in words; raises 422 for what tells of a person or is too long."""
    try:
        return read_words(str(form.get("resources") or ""), LONGEST_OUTCOME)
    except BadValue as wrong:
        raise HTTPException(422) from wrong
