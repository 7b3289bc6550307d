# SPDX-License-Identifier: EUPL-1.2
"""Bodies that may stand twice: two cards, a decision, and the way back. For the operator only."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from data.errors import NotOneBody, UnknownOrganisation
from data.model import Audience
from data.store import Store
from service.dependencies import HolderNow, SnapshotNow, StoreNow, WordsNow
from service.duplicates import duplicate_page
from service.messages import Words
from service.templating import page_address, render_page, with_query


def _operator_only(snapshot: SnapshotNow) -> None:
    if snapshot.audience is not Audience.OPERATOR:
        raise HTTPException(404)


router = APIRouter(include_in_schema=False, dependencies=[Depends(_operator_only)])

Body = Annotated[str, Form(max_length=36)]
Number = Annotated[int, Form(ge=1, le=100_000)]
DONE: Final = frozenset({"same", "different", "later", "undone", "gone", "contradict"})


@router.get("/it/doppioni")
@router.get("/en/duplicates")
def duplicates(
    request: Request,
    snapshot: SnapshotNow,
    store: StoreNow,
    words: WordsNow,
    p: Annotated[int, Query(ge=1, le=100_000)] = 1,
    done: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:
    """Pairs of bodies that may be one, a few a page, and the newest decisions."""
    found = duplicate_page(snapshot, store, p, words)
    here = page_address(words.language, "doppioni")
    return render_page(
        request,
        words,
        "duplicates.html",
        snapshot=snapshot,
        found=found,
        done=done if done in DONE else "",
        before=with_query(here, ("p", found.page - 1)) if found.page > 1 else "",
        after=with_query(here, ("p", found.page + 1)) if found.page < found.pages else "",
    )


@router.post("/it/doppioni/decisione")
@router.post("/en/duplicates/decision")
def decide(
    store: StoreNow,
    holder: HolderNow,
    words: WordsNow,
    one: Body,
    other: Body,
    verdict: Annotated[str, Form(max_length=20)],
    p: Number = 1,
) -> Response:
    """Joins two bodies, remembers that they are two, or leaves them for later."""
    done = verdict
    try:
        if verdict == "same":
            store.join(one, other, _chance(store, one, other))
        elif verdict == "different":
            store.keep_apart(one, other, _chance(store, one, other))
        else:
            done = "later"
    except NotOneBody:
        done = "contradict"
    except UnknownOrganisation:
        done = "gone"
    holder.fresh()
    return _seen(words, done, p)


def _chance(store: Store, one: str, other: str) -> float:
    """How likely the pair was when it was decided; 1 when nobody asked about it."""
    found = store.duplicates()
    pair = {one, other}
    return next((item.probability for item in (*found.join, *found.ask) if {item.one, item.other} == pair), 1.0)


@router.post("/it/doppioni/annulla")
@router.post("/en/duplicates/undo")
def undo(store: StoreNow, holder: HolderNow, words: WordsNow, one: Body, other: Body, p: Number = 1) -> Response:
    """Takes a decision back."""
    done = "undone" if store.undo_decision(one, other) else "gone"
    holder.fresh()
    return _seen(words, done, p)


def _seen(words: Words, done: str, page: int) -> RedirectResponse:
    address = with_query(page_address(words.language, "doppioni"), ("p", page if page > 1 else None), ("done", done))
    return RedirectResponse(f"{address}#fatto", status_code=303)
