# SPDX-License-Identifier: EUPL-1.2
"""What the operator writes on the pages: a correction, an offer or a need, taking one back; then the reader is sent on.

A public service never gets here: every request that is not a reading one is refused before any route.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Form, Path, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from data.lazio.goods import match_goods
from data.records import DeclarationRecord
from matching.kinds import PARTNERSHIPS
from service import corrections
from service.dependencies import HolderNow, SnapshotNow, StoreNow, WordsNow
from service.messages import Words
from service.organisation_forms import (
    CorrectionForm,
    DeclarationForm,
    Forms,
    read_correction,
    read_declaration,
)
from service.routes.api import identifier_of, resolve
from service.routes.organisations import SLUG_OF_KIND, organisation_page
from service.templating import page_address

router = APIRouter(include_in_schema=False)

Typed = Annotated[str, Form()]
Named = Annotated[str, Path(min_length=1, max_length=200)]
_SECTION: Final = "tua"


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
    value: Typed = "",
    visibility: Typed = "public",
    back: Typed = "",
) -> Response:
    """Writes what an organisation says of one of its facts, or shows the form again with what is wrong."""
    found = resolve(snapshot, store, name)
    read = read_correction(snapshot.organisation(found), field, value, visibility)
    if isinstance(read, CorrectionForm):
        return organisation_page(request, snapshot, words, found, Forms(correction=read, back=back), status=422)
    corrections.apply(store, found, read.field, read.value, read.visibility, name=snapshot.organisation(found).name)
    holder.fresh()
    return _seen(words, found, "correction", back)


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
    return _seen(words, found, "taken-back")


@router.post("/it/organizzazioni/{name}/dichiarazioni")
@router.post("/en/organisations/{name}/declarations")
def write_declaration(
    request: Request,
    snapshot: SnapshotNow,
    store: StoreNow,
    holder: HolderNow,
    words: WordsNow,
    name: Named,
    says: Typed = "",
    what: Typed = "",
    quantity: Typed = "",
    unit: Typed = "",
    municipality: Typed = "",
    valid_until: Typed = "",
    visibility: Typed = "reserved",
    back: Typed = "",
) -> Response:
    """Writes an offer or a need, or shows the form again with every wrong box named."""
    found = resolve(snapshot, store, name)
    typed = {
        "says": says, "what": what, "quantity": quantity, "unit": unit, "municipality": municipality,
        "valid_until": valid_until, "visibility": visibility,
    }  # fmt: skip
    read = read_declaration(typed, snapshot)
    if isinstance(read, DeclarationForm):
        return organisation_page(request, snapshot, words, found, Forms(declaration=read, back=back), status=422)
    store.declare(
        DeclarationRecord(
            organisation=identifier_of(snapshot.organisation(found)),
            says=read.says,
            what=read.what,
            quantity=read.quantity,
            unit=read.unit,
            municipality=read.municipality,
            valid_until=read.valid_until,
            visibility=read.visibility,
            date=snapshot.today,
        )
    )
    holder.fresh()
    return _seen(words, found, "declaration" if match_goods(read.what) else "own-words", back)


@router.post("/it/organizzazioni/{name}/dichiarazioni/{declaration}/ritiro")
@router.post("/en/organisations/{name}/declarations/{declaration}/withdrawal")
def withdraw_declaration(
    snapshot: SnapshotNow,
    store: StoreNow,
    holder: HolderNow,
    words: WordsNow,
    name: Named,
    declaration: Annotated[str, Path(max_length=100)],
) -> Response:
    """Takes back an offer or a need made on these pages; it stays in the history."""
    found = resolve(snapshot, store, name)
    own = snapshot.declarations_by_organisation.get(found, ())
    if not any(row.id == declaration and row.source == "page" for row in own) or not store.withdraw(declaration):
        raise HTTPException(404)
    holder.fresh()
    return _seen(words, found, "withdrawal")


def _seen(words: Words, organisation_id: str, done: str, back: str = "") -> RedirectResponse:
    """To the page that shows what was written: the organisation's, or the partners of the kind the reader came from."""
    parts = ["organizzazioni", organisation_id]
    if back in PARTNERSHIPS:
        return RedirectResponse(page_address(words.language, *parts, "partner", SLUG_OF_KIND[back]), status_code=303)
    address = page_address(words.language, *parts)
    return RedirectResponse(f"{address}?done={done}#{_SECTION}", status_code=303)
