# SPDX-License-Identifier: EUPL-1.2
"""Bodies that may stand twice: two cards, a decision, and the way back. For the operator only."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from data.errors import NotOneBody, UnknownOrganisation
from data.model import Audience
from service.dependencies import DuplicatesNow, HolderNow, SnapshotNow, StoreNow, WordsNow
from service.duplicates import KIND_GROUPS, duplicate_page
from service.messages import Words
from service.templating import page_address, render_page, with_query


def _operator_only(snapshot: SnapshotNow) -> None:
    if snapshot.audience is not Audience.OPERATOR:
        raise HTTPException(404)


router = APIRouter(include_in_schema=False, dependencies=[Depends(_operator_only)])

Body = Annotated[str, Form(max_length=36)]
Kind = Annotated[str, Form(max_length=20)]
Number = Annotated[int, Form(ge=1, le=100_000)]
DONE: Final = frozenset({"same", "different", "later", "undone", "gone", "contradict"})


@router.get("/it/doppioni")
@router.get("/en/duplicates")
def duplicates(
    request: Request,
    snapshot: SnapshotNow,
    store: StoreNow,
    words: WordsNow,
    search: DuplicatesNow,
    p: Annotated[int, Query(ge=1, le=100_000)] = 1,
    natura: Annotated[str, Query(max_length=20)] = "",
    done: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:
    """Pairs of bodies that may be one, a few a page, and the newest decisions."""
    kind = natura if natura in KIND_GROUPS else ""
    found = duplicate_page(snapshot, store, search.look(), p, words, kind)
    here = with_query(page_address(words.language, "doppioni"), ("natura", kind or None))
    return render_page(
        request,
        words,
        "duplicates.html",
        snapshot=snapshot,
        found=found,
        kind=kind,
        kinds=tuple(KIND_GROUPS),
        done=done if done in DONE else "",
        before=with_query(here, ("p", found.page - 1)) if found.page > 1 else "",
        after=with_query(here, ("p", found.page + 1)) if found.page < found.pages else "",
    )


@router.post("/it/doppioni/decisione")
@router.post("/en/duplicates/decision")
def decide(
    store: StoreNow,
    holder: HolderNow,
    search: DuplicatesNow,
    words: WordsNow,
    one: Body,
    other: Body,
    verdict: Annotated[str, Form(max_length=20)],
    p: Number = 1,
    natura: Kind = "",
) -> Response:
    """Joins two bodies, remembers that they are two, or leaves them for later."""
    done = verdict
    try:
        if verdict == "same":
            store.join(one, other, search.chance(one, other))
            search.decided(one, other)
        elif verdict == "different":
            store.keep_apart(one, other, search.chance(one, other))
            search.decided(one, other)
        else:
            done = "later"
            search.put_off(one, other)
    except NotOneBody:
        done = "contradict"
    except UnknownOrganisation:
        done = "gone"
    holder.fresh()
    return _seen(words, done, p, natura)


@router.post("/it/doppioni/annulla")
@router.post("/en/duplicates/undo")
def undo(
    store: StoreNow,
    holder: HolderNow,
    search: DuplicatesNow,
    words: WordsNow,
    one: Body,
    other: Body,
    p: Number = 1,
    natura: Kind = "",
) -> Response:
    """Takes a decision back."""
    done = "gone"
    if store.undo_decision(one, other):
        done = "undone"
        search.undone(one, other)
    holder.fresh()
    return _seen(words, done, p, natura)


def _seen(words: Words, done: str, page: int, kind: str) -> RedirectResponse:
    here = page_address(words.language, "doppioni")
    kept = kind if kind in KIND_GROUPS else None
    address = with_query(here, ("natura", kept), ("p", page if page > 1 else None), ("done", done))
    return RedirectResponse(f"{address}#fatto", status_code=303)
