# SPDX-License-Identifier: EUPL-1.2
"""What the operator writes on the pages: corrections and declarations, changed, taken back, restored, renewed.

A public service never gets here: every request that is not a reading one is refused before any route.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from fastapi import Form as Box
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from data.errors import ChangedMeanwhile
from data.lazio.goods import match_goods
from data.lazio.said import CERTIFIED, OF_GOODS
from data.model import Audience, Declaration, Message
from data.records import DeclarationRecord
from data.store import Store
from data.store.declarations import mark_of_declaration
from matching.kinds import PARTNERSHIPS
from service import corrections
from service.declared_sheet import BY_HAND, renewed_until
from service.dependencies import HolderNow, SnapshotNow, StoreNow, WordsNow
from service.messages import Words
from service.organisation_forms import (
    CorrectionForm,
    DeclarationForm,
    Forms,
    as_typed,
    read_correction,
    read_declaration,
)
from service.routes.api import identifier_of, resolve
from service.routes.organisations import SLUG_OF_KIND, organisation_page
from service.routes.typed import Form, seen_in, typed_in
from service.snapshot import Snapshot, SnapshotHolder
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
    request: Request,
    snapshot: SnapshotNow,
    store: StoreNow,
    holder: HolderNow,
    words: WordsNow,
    name: Named,
    field: Typed = "",
    value: Ticked = None,
    visibility: Typed = "public",
    back: Typed = "",
) -> Response:
    """Writes what an organisation says of one of its facts, or shows the form again with what is wrong."""
    found = resolve(snapshot, store, name)
    read = read_correction(snapshot.organisation(found), field, ", ".join(value or ()), visibility)
    if isinstance(read, CorrectionForm):
        return organisation_page(
            request, snapshot, words, found, Forms(correction=read, back=back), store=store, status=422
        )
    corrections.apply(store, found, read.field, read.value, read.visibility, name=snapshot.organisation(found).name)
    holder.fresh()
    return _seen(words, found, "correction", back, read.field)


@router.post("/it/organizzazioni/{name}/correzioni/{field}/ritiro")
@router.post("/en/organisations/{name}/corrections/{field}/withdrawal")
def withdraw_correction(
    snapshot: SnapshotNow,
    store: StoreNow,
    holder: HolderNow,
    words: WordsNow,
    name: Named,
    field: Annotated[str, Path(max_length=40)],
) -> Response:
    """Takes back a correction: what the registers say stands again, or nothing is known; it stays in the history."""
    found = resolve(snapshot, store, name)
    if field not in corrections.CORRECTABLE or not corrections.withdraw(store, found, field):
        raise HTTPException(404)
    holder.fresh()
    return _seen(words, found, "taken-back", about=field)


@router.post("/it/organizzazioni/{name}/dichiarazioni")
@router.post("/en/organisations/{name}/declarations")
def write_declaration(
    request: Request,
    snapshot: SnapshotNow,
    store: StoreNow,
    holder: HolderNow,
    words: WordsNow,
    name: Named,
    form: Form,
) -> Response:
    """Writes a declaration, or shows the form again with every wrong box named."""
    found = resolve(snapshot, store, name)
    typed = _declared(form)
    back = typed.get("back", "")
    read = read_declaration(typed, snapshot)
    if isinstance(read, DeclarationForm):
        return organisation_page(
            request, snapshot, words, found, Forms(declaration=read, back=back), store=store, status=422
        )
    body = identifier_of(snapshot.organisation(found))
    made = store.declare(DeclarationRecord(organisation=body, date=snapshot.today, **asdict(read)))
    holder.fresh()
    known = read.says not in OF_GOODS or match_goods(read.what)
    return _seen(words, found, "declaration" if known else "own-words", back, made)


@router.post("/it/organizzazioni/{name}/dichiarazioni/{declaration}/modifica")
@router.post("/en/organisations/{name}/declarations/{declaration}/edit")
def edit_declaration(
    request: Request,
    snapshot: SnapshotNow,
    store: StoreNow,
    holder: HolderNow,
    words: WordsNow,
    name: Named,
    declaration: Declared,
    form: Form,
) -> Response:
    """Puts other values into a declaration made on these pages; what stood there stays in the history.

    What others changed meanwhile is shown first, with what was typed (409).
    """
    found = resolve(snapshot, store, name)
    _own(store, found, declaration)
    typed, seen = _declared(form), seen_in(form)
    read = read_declaration(typed, snapshot, editing=declaration)
    if not isinstance(read, DeclarationForm):
        try:
            changed = store.edit(declaration, asdict(read), snapshot.today, seen=seen)
        except ChangedMeanwhile:
            return _meanwhile(request, holder.fresh(), store, words, found, as_typed(typed, declaration))
        if changed:
            holder.fresh()
            return _seen(words, found, "edited", about=declaration)
        read = DeclarationForm(typed, {"what": Message("form.wrong.same")}, declaration)
    shown = Forms(declaration=replace(read, seen=seen))
    return organisation_page(request, snapshot, words, found, shown, store=store, status=422)


def _declared(form: FormData) -> dict[str, str]:
    """The boxes of a declaration; nobody else sees one that says nothing of who may."""
    return {"visibility": "reserved"} | typed_in(form)


def _meanwhile(
    request: Request, snapshot: Snapshot, store: Store, words: Words, organisation_id: str, form: DeclarationForm
) -> Response:
    """The organisation's page with what was typed and the declaration as others left it."""
    now = _own(store, organisation_id, form.editing)
    shown = Forms(declaration=replace(form, seen=mark_of_declaration(now), meanwhile=True))
    return organisation_page(request, snapshot, words, organisation_id, shown, store=store, status=409)


@router.post("/it/organizzazioni/{name}/dichiarazioni/{declaration}/rinnovo")
@router.post("/en/organisations/{name}/declarations/{declaration}/renewal")
def renew_declaration(
    snapshot: SnapshotNow,
    store: StoreNow,
    holder: HolderNow,
    words: WordsNow,
    name: Named,
    declaration: Declared,
    form: Form,
) -> Response:
    """Lets a declaration hold for another year while it stands as it was shown (else 409); the day of a certification
    must be written by whoever knows it."""
    found, until = resolve(snapshot, store, name), renewed_until(snapshot.today)
    if _own(store, found, declaration).says == CERTIFIED:
        raise HTTPException(404)
    done = store.renew(declaration, until, snapshot.today, seen=seen_in(form))
    return _after(done, holder, words, found, "renewed", declaration)


@router.post("/it/organizzazioni/{name}/dichiarazioni/{declaration}/ripristino")
@router.post("/en/organisations/{name}/declarations/{declaration}/restoration")
def restore_declaration(
    snapshot: SnapshotNow, store: StoreNow, holder: HolderNow, words: WordsNow, name: Named, declaration: Declared
) -> Response:
    """Brings back a declaration that was withdrawn."""
    found = resolve(snapshot, store, name)
    _own(store, found, declaration)
    return _after(store.restore(declaration), holder, words, found, "restored", declaration)


@router.post("/it/organizzazioni/{name}/dichiarazioni/{declaration}/annullamento")
@router.post("/en/organisations/{name}/declarations/{declaration}/undoing")
def undo_declaration(
    snapshot: SnapshotNow,
    store: StoreNow,
    holder: HolderNow,
    words: WordsNow,
    name: Named,
    declaration: Declared,
    form: Form,
) -> Response:
    """Puts back what the last change of a declaration replaced, while it stands as it was shown (else 409)."""
    found = resolve(snapshot, store, name)
    _own(store, found, declaration)
    return _after(store.undo(declaration, seen=seen_in(form)), holder, words, found, "undone", declaration)


def _own(store: Store, organisation_id: str, declaration: str) -> Declaration:
    """The declaration, in force or over, when this organisation made it on these pages; else 404."""
    rows = [each.declaration for each in store.said_by(organisation_id, Audience.OPERATOR)]
    found = next((each for each in rows if each.id == declaration and each.source == BY_HAND), None)
    if found is None:
        raise HTTPException(404)
    return found


def _after(
    changed: bool, holder: SnapshotHolder, words: Words, organisation_id: str, done: str, about: str
) -> Response:
    if not changed:
        raise HTTPException(404)
    holder.fresh()
    return _seen(words, organisation_id, done, about=about)


@router.post("/it/organizzazioni/{name}/dichiarazioni/{declaration}/ritiro")
@router.post("/en/organisations/{name}/declarations/{declaration}/withdrawal")
def withdraw_declaration(
    snapshot: SnapshotNow,
    store: StoreNow,
    holder: HolderNow,
    words: WordsNow,
    name: Named,
    declaration: Declared,
) -> Response:
    """Takes back a declaration made on these pages; it stays in the history and can be restored."""
    found = resolve(snapshot, store, name)
    _own(store, found, declaration)
    return _after(store.withdraw(declaration), holder, words, found, "withdrawal", declaration)


def _seen(words: Words, organisation_id: str, done: str, back: str = "", about: str = "") -> RedirectResponse:
    """To the page that shows what was written: the partners of the kind the reader came from, or the organisation's at
    the message, which repeats what it is `about` (a field, or the id of a declaration) as it stands now."""
    parts = ["organizzazioni", organisation_id]
    if back in PARTNERSHIPS:
        return RedirectResponse(page_address(words.language, *parts, "partner", SLUG_OF_KIND[back]), status_code=303)
    address = page_address(words.language, *parts)
    named = (("done", done), ("about", about)) if about else (("done", done),)
    return RedirectResponse(f"{with_query(address, *named)}#{_MESSAGE}", status_code=303)
