# SPDX-License-Identifier: EUPL-1.2
"""Words that were taken back, erased for good: lines of a dossier's log, notes of steps. Operator only."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from data.model import ContactOutcome
from data.store import Store
from service.dependencies import SnapshotNow, StoreNow, WordsNow
from service.dossiers import dossier_of
from service.messages import Words
from service.outcomes import lines_of
from service.routes.desk import DeskNow, Form
from service.routes.dossiers import DossierId, RoleId
from service.routes.outcomes import Outcome, for_operator
from service.snapshot import Snapshot
from service.templating import page_address, render_page

router = APIRouter(include_in_schema=False)

Done = Annotated[str, Query(max_length=10)]


def _sure(form: FormData) -> bool:
    return form.get("sure") == "1"


# --- lines of a log ---------------------------------------------------------------------------------------------


@router.get("/it/dossier/{dossier}/registro/ritiro")
@router.get("/en/dossiers/{dossier}/log/withdrawal")
def withdrawn(
    request: Request, snapshot: SnapshotNow, store: StoreNow, words: WordsNow, dossier: DossierId, done: Done = ""
) -> HTMLResponse:
    """The lines that were taken out of a log, each with the form that erases its words."""
    return _lines_page(request, snapshot, store, words, dossier, done=done == "erased")


@router.post("/it/dossier/{dossier}/registro/{event}/elimina")
@router.post("/en/dossiers/{dossier}/log/{event}/removal")
def erase_line(desk: DeskNow, dossier: DossierId, event: RoleId, form: Form) -> Response:
    """Erases the words of a line that was taken out, once the box that says so is ticked (else 422)."""
    if not _sure(form):
        return _lines_page(desk.request, desk.snapshot, desk.store, desk.words, dossier, unsure=event, status=422)
    for_operator(desk.snapshot)
    dossier_of(desk.snapshot, dossier)
    if not desk.store.erase_event(dossier, event):
        raise HTTPException(404)
    desk.fresh()
    address = page_address(desk.words.language, "dossier", dossier, "registro", "ritiro")
    return RedirectResponse(f"{address}?done=erased", status_code=303)


def _lines_page(
    request: Request,
    snapshot: Snapshot,
    store: Store,
    words: Words,
    dossier: str,
    *,
    done: bool = False,
    unsure: str = "",
    status: int = 200,
) -> HTMLResponse:
    for_operator(snapshot)
    return render_page(
        request,
        words,
        "dossier_withdrawn.html",
        status=status,
        snapshot=snapshot,
        dossier=dossier_of(snapshot, dossier),
        lines=store.withdrawn_events(dossier),
        done=done,
        unsure=unsure,
    )


# --- notes of steps ---------------------------------------------------------------------------------------------


@router.get("/it/esiti/{outcome}/elimina")
@router.get("/en/outcomes/{outcome}/removal")
def note(
    request: Request, snapshot: SnapshotNow, store: StoreNow, words: WordsNow, outcome: Outcome, done: Done = ""
) -> HTMLResponse:
    """The notes that are kept of a step that was taken back, and the form that erases them."""
    return _note_page(request, snapshot, store, words, outcome, done=done == "erased")


@router.post("/it/esiti/{outcome}/elimina")
@router.post("/en/outcomes/{outcome}/removal")
def erase_note(desk: DeskNow, outcome: Outcome, form: Form) -> Response:
    """Erases the notes of a step that was taken back, once the box that says so is ticked (else 422)."""
    if not _sure(form):
        return _note_page(desk.request, desk.snapshot, desk.store, desk.words, outcome, unsure=True, status=422)
    for_operator(desk.snapshot)
    if not desk.store.erase_note(outcome):
        raise HTTPException(404)
    desk.fresh()
    address = page_address(desk.words.language, "esiti", outcome, "elimina")
    return RedirectResponse(f"{address}?done=erased", status_code=303)


def _note_page(
    request: Request,
    snapshot: Snapshot,
    store: Store,
    words: Words,
    outcome: str,
    *,
    done: bool = False,
    unsure: bool = False,
    status: int = 200,
) -> HTMLResponse:
    for_operator(snapshot)
    return render_page(
        request,
        words,
        "outcome_erase.html",
        status=status,
        snapshot=snapshot,
        line=lines_of(snapshot, [_taken_back(store, outcome)])[0],
        notes=store.notes_held(outcome),
        done=done,
        unsure=unsure,
    )


def _taken_back(store: Store, outcome: str) -> ContactOutcome:
    found = next((each for each in store.outcomes_taken_back() if each.id == outcome), None)
    if found is None:
        raise HTTPException(404)
    return found
