# SPDX-License-Identifier: EUPL-1.2
"""What the operator does to dossiers and tables; then the reader is sent on to the page that shows it.

A public service never gets here: every request that is not a reading one is refused before any route.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from data.errors import ChangedMeanwhile
from data.identity import BadValue
from data.model import Dossier
from data.records import DossierRecord
from data.store.dossier_rows import CHANGEABLE
from service.dossier_forms import (
    CLOSE_BOXES,
    LONGEST_OUTCOME,
    MOST_TYPED,
    TypedForm,
    as_typed,
    read_dossier,
    read_log,
    read_words,
)
from service.dossiers import changed_since, dossier_of
from service.messages import Words
from service.outcomes import OFFICES
from service.routes.desk import DeskNow, Form, seen_in, typed_in
from service.routes.dossiers import DossierId, RoleId, dossier_page, form_page
from service.templating import page_address

router = APIRouter(include_in_schema=False)


def _themes(form: FormData) -> tuple[str, ...]:
    return tuple(str(value) for value in form.getlist("themes")[:MOST_TYPED])


def seen_dossier(words: Words, dossier: str, done: str, section: str = "") -> RedirectResponse:
    """To the page of a dossier, with what was `done` and the section that shows it."""
    address = page_address(words.language, "dossier", dossier)
    return RedirectResponse(f"{address}?done={done}{section}", status_code=303)


def office_in(form: FormData) -> str | None:
    """The office that a form names; None for none of ours."""
    typed = str(form.get("by_role") or "")
    return typed if typed in OFFICES else None


# --- the dossier ------------------------------------------------------------------------------------------------


@router.post("/it/dossier")
@router.post("/en/dossiers")
def create(desk: DeskNow, form: Form) -> Response:
    """Writes a new dossier or table, or shows the form again with every wrong box named."""
    read = read_dossier(typed_in(form), _themes(form), desk.snapshot)
    if isinstance(read, TypedForm):
        return form_page(desk.request, desk.snapshot, desk.words, read, status=422)
    made = desk.store.create_dossier(read, desk.snapshot.today)
    desk.fresh()
    return seen_dossier(desk.words, made, "created")


@router.post("/it/dossier/{dossier}/modifica")
@router.post("/en/dossiers/{dossier}/edit")
def change(desk: DeskNow, dossier: DossierId, form: Form) -> Response:
    """Replaces what was changed of a dossier; its kind stays. What others changed meanwhile is shown first (409)."""
    found, seen = dossier_of(desk.snapshot, dossier), seen_in(form)
    read = read_dossier(typed_in(form) | {"kind": found.kind}, _themes(form), desk.snapshot, found)
    if isinstance(read, TypedForm):
        return form_page(desk.request, desk.snapshot, desk.words, read, found, seen=seen, status=422)
    try:
        desk.store.change_dossier(dossier, _changes(found, read), desk.snapshot.today, seen=seen)
    except ChangedMeanwhile:
        newest = desk.fresh()
        found = dossier_of(newest, dossier)
        typed, told = as_typed(typed_in(form), _themes(form)), changed_since(newest, found, seen, desk.words)
        return form_page(desk.request, newest, desk.words, typed, found, meanwhile=told, status=409)
    desk.fresh()
    return seen_dossier(desk.words, dossier, "changed")


def _changes(found: Dossier, read: DossierRecord) -> dict[str, Any]:
    """The boxes of the form; the outcome has its own place and a closed dossier stays closed until it is reopened."""
    elsewhere = {"outcome", "status"} if found.status == "closed" else {"outcome"}
    return {name: getattr(read, name) for name in CHANGEABLE if name not in elsewhere}


@router.post("/it/dossier/{dossier}/chiusura")
@router.post("/en/dossiers/{dossier}/closing")
def close(desk: DeskNow, dossier: DossierId, form: Form) -> Response:
    """Ends the work of a dossier, with what came of it. What others changed meanwhile is shown first (409)."""
    dossier_of(desk.snapshot, dossier)
    typed, seen = as_typed(typed_in(form), boxes=CLOSE_BOXES), seen_in(form)
    try:
        outcome = read_words(typed.value("outcome"), LONGEST_OUTCOME)
        desk.store.close_dossier(dossier, outcome, desk.snapshot.today, by_role=office_in(form), seen=seen)
    except BadValue as wrong:
        shown = replace(typed, errors={"outcome": wrong.reason})
        return dossier_page(desk.request, desk.snapshot, desk.words, dossier, close_form=shown, seen=seen, status=422)
    except ChangedMeanwhile:
        newest = desk.fresh()
        told = changed_since(newest, dossier_of(newest, dossier), seen, desk.words)
        return dossier_page(desk.request, newest, desk.words, dossier, close_form=typed, meanwhile=told, status=409)
    desk.fresh()
    return seen_dossier(desk.words, dossier, "closed")


@router.post("/it/dossier/{dossier}/riapertura")
@router.post("/en/dossiers/{dossier}/reopening")
def reopen(desk: DeskNow, dossier: DossierId, form: Form) -> Response:
    """Takes up a closed dossier again, while it stands as it was shown (else 409)."""
    dossier_of(desk.snapshot, dossier)
    desk.store.reopen_dossier(dossier, desk.snapshot.today, seen=seen_in(form))
    desk.fresh()
    return seen_dossier(desk.words, dossier, "reopened")


@router.post("/it/dossier/{dossier}/annullamento")
@router.post("/en/dossiers/{dossier}/undoing")
def undo(desk: DeskNow, dossier: DossierId, form: Form) -> Response:
    """Takes back the change that the page named, while it is the last one of a dossier or of its roles (else 409)."""
    dossier_of(desk.snapshot, dossier)
    desk.store.undo_dossier(dossier, desk.snapshot.today, event=str(form.get("event") or ""))
    desk.fresh()
    return seen_dossier(desk.words, dossier, "undone")


@router.post("/it/dossier/{dossier}/elimina")
@router.post("/en/dossiers/{dossier}/removal")
def remove(desk: DeskNow, dossier: DossierId) -> Response:
    """Takes a dossier that was made by mistake out of every list; the list of its kind offers to bring it back."""
    found = dossier_of(desk.snapshot, dossier)
    desk.store.end_dossier(dossier, desk.snapshot.today)
    desk.fresh()
    address = page_address(desk.words.language, "tavoli" if found.kind == "table" else "dossier")
    return RedirectResponse(f"{address}?done=removed#tolti", status_code=303)


@router.post("/it/dossier/{dossier}/ripristino")
@router.post("/en/dossiers/{dossier}/restoration")
def restore(desk: DeskNow, dossier: DossierId) -> Response:
    """Brings back a dossier that was taken out, with its roles and its log."""
    desk.store.restore_dossier(dossier, desk.snapshot.today)
    dossier_of(desk.fresh(), dossier)
    return seen_dossier(desk.words, dossier, "restored")


# --- the log ----------------------------------------------------------------------------------------------------


@router.post("/it/dossier/{dossier}/registro")
@router.post("/en/dossiers/{dossier}/log")
def write_log(desk: DeskNow, dossier: DossierId, form: Form) -> Response:
    """Writes a line of the log, or shows the form again."""
    dossier_of(desk.snapshot, dossier)
    read = read_log(typed_in(form), desk.snapshot.today)
    if isinstance(read, TypedForm):
        return dossier_page(desk.request, desk.snapshot, desk.words, dossier, log_form=read, status=422)
    desk.store.add_event(dossier, read.kind, read.text, read.day, by_role=read.by_role)
    desk.fresh()
    return seen_dossier(desk.words, dossier, "log", "#registro")


@router.post("/it/dossier/{dossier}/registro/{event}/ritiro")
@router.post("/en/dossiers/{dossier}/log/{event}/withdrawal")
def withdraw_log(desk: DeskNow, dossier: DossierId, event: RoleId) -> Response:
    """Takes a written line out of the log; it stays in the history."""
    dossier_of(desk.snapshot, dossier)
    if not desk.store.withdraw_event(dossier, event, desk.snapshot.today):
        raise HTTPException(404)
    desk.fresh()
    return seen_dossier(desk.words, dossier, "log-withdrawn", "#registro")
