# SPDX-License-Identifier: EUPL-1.2
"""What the operator writes on the pages: corrections and declarations, changed, taken back, restored, renewed.

A public service never gets here: every request that is not a reading one is refused before any route.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated, Final

from fastapi import APIRouter, Path
from fastapi import Form as Box
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from data.errors import ChangedMeanwhile
from data.lazio.goods import match_goods
from data.lazio.said import CERTIFIED, OF_GOODS
from data.model import Audience, Declaration, Message
from data.records import DeclarationRecord
from data.store.declarations import mark_of_declaration
from matching.kinds import PARTNERSHIPS
from service import corrections
from service.declared_sheet import BY_HAND, renewed_until
from service.organisation_forms import (
    CorrectionForm,
    DeclarationForm,
    Forms,
    as_typed,
    read_correction,
    read_declaration,
)
from service.routes.api import identifier_of, resolve
from service.routes.desk import Desk, DeskNow, Form, seen_in, typed_in
from service.routes.organisations import SLUG_OF_KIND, organisation_page
from service.templating import page_address, with_query

router = APIRouter(include_in_schema=False)

Typed = Annotated[str, Box()]
Ticked = Annotated[list[str] | None, Box(max_length=200)]
Named = Annotated[str, Path(min_length=1, max_length=200)]
Declared = Annotated[str, Path(max_length=100)]
_MESSAGE: Final = "scritto"


@router.post("/it/organizzazioni/{name}/correzioni")
@router.post("/en/organisations/{name}/corrections")
def write_correction(
    desk: DeskNow, name: Named, field: Typed = "", value: Ticked = None, visibility: Typed = "public", back: Typed = ""
) -> Response:
    """Writes what an organisation says of one of its facts, or shows the form again with what is wrong."""
    found = resolve(desk.snapshot, desk.store, name)
    read = read_correction(desk.snapshot.organisation(found), field, ", ".join(value or ()), visibility)
    if isinstance(read, CorrectionForm):
        return _shown(desk, found, Forms(correction=read, back=back))
    corrections.apply(
        desk.store, found, read.field, read.value, read.visibility, name=desk.snapshot.organisation(found).name
    )
    desk.fresh()
    return _seen(desk, found, "correction", back, read.field)


@router.post("/it/organizzazioni/{name}/correzioni/{field}/ritiro")
@router.post("/en/organisations/{name}/corrections/{field}/withdrawal")
def withdraw_correction(desk: DeskNow, name: Named, field: Annotated[str, Path(max_length=40)]) -> Response:
    """Takes back a correction: what the registers say stands again, or nothing is known; it stays in the history."""
    found = resolve(desk.snapshot, desk.store, name)
    if field not in corrections.CORRECTABLE or not corrections.withdraw(desk.store, found, field):
        raise HTTPException(404)
    desk.fresh()
    return _seen(desk, found, "taken-back", about=field)


@router.post("/it/organizzazioni/{name}/dichiarazioni")
@router.post("/en/organisations/{name}/declarations")
def write_declaration(desk: DeskNow, name: Named, form: Form) -> Response:
    """Writes a declaration, or shows the form again with every wrong box named."""
    found = resolve(desk.snapshot, desk.store, name)
    typed = _declared(form)
    back = typed.get("back", "")
    read = read_declaration(typed, desk.snapshot)
    if isinstance(read, DeclarationForm):
        return _shown(desk, found, Forms(declaration=read, back=back))
    body = identifier_of(desk.snapshot.organisation(found))
    made = desk.store.declare(DeclarationRecord(organisation=body, date=desk.snapshot.today, **asdict(read)))
    desk.fresh()
    known = read.says not in OF_GOODS or match_goods(read.what)
    return _seen(desk, found, "declaration" if known else "own-words", back, made)


@router.post("/it/organizzazioni/{name}/dichiarazioni/{declaration}/modifica")
@router.post("/en/organisations/{name}/declarations/{declaration}/edit")
def edit_declaration(desk: DeskNow, name: Named, declaration: Declared, form: Form) -> Response:
    """Puts other values into a declaration made on these pages; what stood there stays in the history.

    What others changed meanwhile is shown first, with what was typed (409).
    """
    found = resolve(desk.snapshot, desk.store, name)
    _own(desk, found, declaration)
    typed, seen = _declared(form), seen_in(form)
    read = read_declaration(typed, desk.snapshot, editing=declaration)
    if not isinstance(read, DeclarationForm):
        try:
            changed = desk.store.edit(declaration, asdict(read), desk.snapshot.today, seen=seen)
        except ChangedMeanwhile:
            now = mark_of_declaration(_own(desk, found, declaration))
            kept = replace(as_typed(typed, declaration), seen=now, meanwhile=True)
            return _shown(replace(desk, snapshot=desk.fresh()), found, Forms(declaration=kept), status=409)
        if changed:
            desk.fresh()
            return _seen(desk, found, "edited", about=declaration)
        read = DeclarationForm(typed, {"what": Message("form.wrong.same")}, declaration)
    return _shown(desk, found, Forms(declaration=replace(read, seen=seen)))


def _declared(form: FormData) -> dict[str, str]:
    """The boxes of a declaration; nobody else sees one that says nothing of who may."""
    return {"visibility": "reserved"} | typed_in(form)


@router.post("/it/organizzazioni/{name}/dichiarazioni/{declaration}/rinnovo")
@router.post("/en/organisations/{name}/declarations/{declaration}/renewal")
def renew_declaration(desk: DeskNow, name: Named, declaration: Declared, form: Form) -> Response:
    """Lets a declaration hold for another year while it stands as it was shown (else 409); the day of a certification
    must be written by whoever knows it."""
    found, until = resolve(desk.snapshot, desk.store, name), renewed_until(desk.snapshot.today)
    if _own(desk, found, declaration).says == CERTIFIED:
        raise HTTPException(404)
    done = desk.store.renew(declaration, until, desk.snapshot.today, seen=seen_in(form))
    return _after(desk, done, found, "renewed", declaration)


@router.post("/it/organizzazioni/{name}/dichiarazioni/{declaration}/ripristino")
@router.post("/en/organisations/{name}/declarations/{declaration}/restoration")
def restore_declaration(desk: DeskNow, name: Named, declaration: Declared) -> Response:
    """Brings back a declaration that was withdrawn."""
    found = resolve(desk.snapshot, desk.store, name)
    _own(desk, found, declaration)
    return _after(desk, desk.store.restore(declaration), found, "restored", declaration)


@router.post("/it/organizzazioni/{name}/dichiarazioni/{declaration}/annullamento")
@router.post("/en/organisations/{name}/declarations/{declaration}/undoing")
def undo_declaration(desk: DeskNow, name: Named, declaration: Declared, form: Form) -> Response:
    """Puts back what the last change of a declaration replaced, while it stands as it was shown (else 409)."""
    found = resolve(desk.snapshot, desk.store, name)
    _own(desk, found, declaration)
    return _after(desk, desk.store.undo(declaration, seen=seen_in(form)), found, "undone", declaration)


@router.post("/it/organizzazioni/{name}/dichiarazioni/{declaration}/ritiro")
@router.post("/en/organisations/{name}/declarations/{declaration}/withdrawal")
def withdraw_declaration(desk: DeskNow, name: Named, declaration: Declared) -> Response:
    """Takes back a declaration made on these pages; it stays in the history and can be restored."""
    found = resolve(desk.snapshot, desk.store, name)
    _own(desk, found, declaration)
    return _after(desk, desk.store.withdraw(declaration), found, "withdrawal", declaration)


# --- what follows -----------------------------------------------------------------------------------------------


def _own(desk: Desk, organisation_id: str, declaration: str) -> Declaration:
    """The declaration, in force or over, when this organisation made it on these pages; else 404."""
    rows = [each.declaration for each in desk.store.said_by(organisation_id, Audience.OPERATOR)]
    found = next((each for each in rows if each.id == declaration and each.source == BY_HAND), None)
    if found is None:
        raise HTTPException(404)
    return found


def _shown(desk: Desk, organisation_id: str, forms: Forms, *, status: int = 422) -> Response:
    """The organisation's page with its forms as they were filled in."""
    return organisation_page(
        desk.request, desk.snapshot, desk.words, organisation_id, forms, store=desk.store, status=status
    )


def _after(desk: Desk, changed: bool, organisation_id: str, done: str, about: str) -> Response:
    if not changed:
        raise HTTPException(404)
    desk.fresh()
    return _seen(desk, organisation_id, done, about=about)


def _seen(desk: Desk, organisation_id: str, done: str, back: str = "", about: str = "") -> RedirectResponse:
    """To the page that shows what was written: the partners of the kind the reader came from, or the organisation's at
    the message, which repeats what it is `about` (a field, or the id of a declaration) as it stands now."""
    parts = ["organizzazioni", organisation_id]
    if back in PARTNERSHIPS:
        return RedirectResponse(
            page_address(desk.words.language, *parts, "partner", SLUG_OF_KIND[back]), status_code=303
        )
    address = page_address(desk.words.language, *parts)
    named = (("done", done), ("about", about)) if about else (("done", done),)
    return RedirectResponse(f"{with_query(address, *named)}#{_MESSAGE}", status_code=303)
