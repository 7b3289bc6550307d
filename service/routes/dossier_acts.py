# SPDX-License-Identifier: EUPL-1.2
"""What the operator does to dossiers and tables; then the reader is sent on to the page that shows it.

A public service never gets here: every request that is not a reading one is refused before any route.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from data.errors import ChangedMeanwhile, UnknownOrganisation
from data.identity import BadValue
from data.model import Dossier
from data.records import DossierRecord
from data.store.dossier_rows import CHANGEABLE, NAMED
from service.dependencies import HolderNow, SnapshotNow, StoreNow, WordsNow
from service.dossier_forms import ACTS, MOST_TYPED, TypedForm, as_typed, read_dossier, read_log, read_role, read_words
from service.dossiers import changed_since, dossier_of, role_of_dossier
from service.messages import Words
from service.outcomes import OFFICES
from service.routes.api import resolve
from service.routes.dossiers import DossierId, RoleId, dossier_page, form_page, role_page
from service.routes.typed import Form, seen_in, typed_in
from service.templating import page_address

router = APIRouter(include_in_schema=False)


def _themes(form: FormData) -> tuple[str, ...]:
    return tuple(str(value) for value in form.getlist("themes")[:MOST_TYPED])


def _seen(words: Words, dossier: str, done: str, section: str = "") -> RedirectResponse:
    address = page_address(words.language, "dossier", dossier)
    return RedirectResponse(f"{address}?done={done}{section}", status_code=303)


def _office(form: FormData) -> str | None:
    typed = str(form.get("by_role") or "")
    return typed if typed in OFFICES else None


# --- the dossier ------------------------------------------------------------------------------------------------


@router.post("/it/dossier")
@router.post("/en/dossiers")
def create(
    request: Request, snapshot: SnapshotNow, store: StoreNow, holder: HolderNow, words: WordsNow, form: Form
) -> Response:
    """Writes a new dossier or table, or shows the form again with every wrong box named."""
    read = read_dossier(typed_in(form), _themes(form), snapshot)
    if isinstance(read, TypedForm):
        return form_page(request, snapshot, words, read, status=422)
    made = store.create_dossier(read, snapshot.today)
    holder.fresh()
    return _seen(words, made, "created")


@router.post("/it/dossier/{dossier}/modifica")
@router.post("/en/dossiers/{dossier}/edit")
def change(
    request: Request,
    snapshot: SnapshotNow,
    store: StoreNow,
    holder: HolderNow,
    words: WordsNow,
    dossier: DossierId,
    form: Form,
) -> Response:
    """Replaces what was changed of a dossier; its kind stays. What others changed meanwhile is shown first (409)."""
    found, seen = dossier_of(snapshot, dossier), seen_in(form)
    read = read_dossier(typed_in(form) | {"kind": found.kind}, _themes(form), snapshot)
    if isinstance(read, TypedForm):
        return form_page(request, snapshot, words, read, found, seen=seen, status=422)
    try:
        store.change_dossier(dossier, _changes(found, read), snapshot.today, seen=seen)
    except ChangedMeanwhile:
        newest = holder.fresh()
        found = dossier_of(newest, dossier)
        typed, told = as_typed(typed_in(form), _themes(form)), changed_since(newest, found, seen, words)
        return form_page(request, newest, words, typed, found, meanwhile=told, status=409)
    holder.fresh()
    return _seen(words, dossier, "changed")


def _changes(found: Dossier, read: DossierRecord) -> dict[str, Any]:
    """The boxes of the form; the outcome has its own place and a closed dossier stays closed until it is reopened."""
    values = {name: getattr(read, name) for name in CHANGEABLE if name != "outcome"}
    if "closed" in (found.status, values["status"]):
        values.pop("status")
    return values


@router.post("/it/dossier/{dossier}/chiusura")
@router.post("/en/dossiers/{dossier}/closing")
def close(
    snapshot: SnapshotNow, store: StoreNow, holder: HolderNow, words: WordsNow, dossier: DossierId, form: Form
) -> Response:
    """Ends the work of a dossier, with what came of it."""
    dossier_of(snapshot, dossier)
    store.close_dossier(dossier, _words(form, "outcome", 300), snapshot.today, by_role=_office(form))
    holder.fresh()
    return _seen(words, dossier, "closed")


def _words(form: FormData, name: str, limit: int) -> str | None:
    """Free words of a small box; raises 422 for what tells of a person or is too long."""
    try:
        return read_words(str(form.get(name) or ""), limit)
    except BadValue as wrong:
        raise HTTPException(422) from wrong


@router.post("/it/dossier/{dossier}/riapertura")
@router.post("/en/dossiers/{dossier}/reopening")
def reopen(snapshot: SnapshotNow, store: StoreNow, holder: HolderNow, words: WordsNow, dossier: DossierId) -> Response:
    """Takes up a closed dossier again."""
    dossier_of(snapshot, dossier)
    store.reopen_dossier(dossier, snapshot.today)
    holder.fresh()
    return _seen(words, dossier, "reopened")


@router.post("/it/dossier/{dossier}/annullamento")
@router.post("/en/dossiers/{dossier}/undoing")
def undo(
    snapshot: SnapshotNow, store: StoreNow, holder: HolderNow, words: WordsNow, dossier: DossierId, form: Form
) -> Response:
    """Takes back the change that the page named, while it is the last one of a dossier or of its roles (else 409)."""
    dossier_of(snapshot, dossier)
    store.undo_dossier(dossier, snapshot.today, event=str(form.get("event") or ""))
    holder.fresh()
    return _seen(words, dossier, "undone")


# --- roles ------------------------------------------------------------------------------------------------------


@router.post("/it/dossier/{dossier}/ruoli")
@router.post("/en/dossiers/{dossier}/roles")
def add_role(
    request: Request,
    snapshot: SnapshotNow,
    store: StoreNow,
    holder: HolderNow,
    words: WordsNow,
    dossier: DossierId,
    form: Form,
) -> Response:
    """Adds a role to be filled, or shows the form again."""
    dossier_of(snapshot, dossier)
    read = read_role(typed_in(form))
    if isinstance(read, TypedForm):
        return dossier_page(request, snapshot, words, dossier, role_form=read, status=422)
    store.add_role(dossier, read.role, snapshot.today, needs=read.needs)
    holder.fresh()
    return _seen(words, dossier, "role-added", "#ruoli")


@router.post("/it/dossier/{dossier}/ruoli/{role}")
@router.post("/en/dossiers/{dossier}/roles/{role}")
def act_on_role(
    request: Request,
    snapshot: SnapshotNow,
    store: StoreNow,
    holder: HolderNow,
    words: WordsNow,
    dossier: DossierId,
    role: RoleId,
    form: Form,
) -> Response:
    """Invites, notes an interest, fills, or frees a role; or takes the role away."""
    place = role_of_dossier(dossier_of(snapshot, dossier), role)
    act, asked = str(form.get("act") or ""), str(form.get("organisation") or "")[:200]
    if act == "removed":
        store.remove_role(role, snapshot.today, by_role=_office(form))
        holder.fresh()
        return _seen(words, dossier, "role-removed", "#ruoli")
    if act not in ACTS:
        raise HTTPException(422)
    try:
        body = resolve(snapshot, store, asked.strip()) if asked.strip() else place.organisation
    except UnknownOrganisation:
        body = None
    if act in NAMED and body is None:
        return role_page(
            request, snapshot, words, dossier, role, asked=asked[:100], wrong="dossier.wrong.organisation", status=422
        )
    if act not in NAMED and place.organisation is None:
        raise HTTPException(422)
    store.set_role(
        role,
        act,
        snapshot.today,
        organisation=body if act in NAMED else None,
        resources=_words(form, "resources", 300),
        by_role=_office(form),
    )
    holder.fresh()
    return _seen(words, dossier, "role", "#ruoli")


# --- the log ----------------------------------------------------------------------------------------------------


@router.post("/it/dossier/{dossier}/registro")
@router.post("/en/dossiers/{dossier}/log")
def write_log(
    request: Request,
    snapshot: SnapshotNow,
    store: StoreNow,
    holder: HolderNow,
    words: WordsNow,
    dossier: DossierId,
    form: Form,
) -> Response:
    """Writes a line of the log, or shows the form again."""
    dossier_of(snapshot, dossier)
    read = read_log(typed_in(form), snapshot.today)
    if isinstance(read, TypedForm):
        return dossier_page(request, snapshot, words, dossier, log_form=read, status=422)
    store.add_event(dossier, read.kind, read.text, read.day, by_role=read.by_role)
    holder.fresh()
    return _seen(words, dossier, "log", "#registro")


@router.post("/it/dossier/{dossier}/registro/{event}/ritiro")
@router.post("/en/dossiers/{dossier}/log/{event}/withdrawal")
def withdraw_log(
    snapshot: SnapshotNow, store: StoreNow, holder: HolderNow, words: WordsNow, dossier: DossierId, event: RoleId
) -> Response:
    """Takes a written line out of the log; it stays in the history."""
    dossier_of(snapshot, dossier)
    if not store.withdraw_event(dossier, event, snapshot.today):
        raise HTTPException(404)
    holder.fresh()
    return _seen(words, dossier, "log-withdrawn", "#registro")
