# SPDX-License-Identifier: EUPL-1.2
"""The pages that belong to no single organisation: home, search, guide, and what is shown after an error."""

from __future__ import annotations

import logging
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from geo.maps import SHELLS
from service.dependencies import RateLimited, SnapshotNow, WordsNow, language_of, snapshot_of
from service.error_answers import Failure
from service.guide import GUIDES, guide_of
from service.home import examples_of, stock_of
from service.messages import Words
from service.organisation_sheet import place_text, work_text
from service.search import MAX_QUERY
from service.templating import draw_page, other_language, page_address, render_page, same_path

router = APIRouter(include_in_schema=False)

MOST_FOUND: Final = 30
_log = logging.getLogger(__name__)
_ADVICE: Final = frozenset({403, 404, 405, 408, 413, 415, 422, 429, 503})


@router.get("/")
def to_the_readers_language(request: Request) -> RedirectResponse:
    """Sends the reader to the home page in the language that the browser asks for."""
    return RedirectResponse(page_address(language_of(request)), status_code=302, headers={"vary": "accept-language"})


@router.get("/it/")
@router.get("/en/")
def without_slash(words: WordsNow) -> RedirectResponse:
    """The home page has one address."""
    return RedirectResponse(page_address(words.language), status_code=308)


@router.get("/it")
@router.get("/en")
def home(request: Request, snapshot: SnapshotNow, words: WordsNow) -> HTMLResponse:
    """Search, the three doors, a small map, what is in."""
    return render_page(
        request,
        words,
        "home.html",
        snapshot=snapshot,
        examples=examples_of(snapshot),
        stock=stock_of(snapshot, words.language),
        shell="home" if "home" in SHELLS else "",
    )


@router.get("/it/cerca", dependencies=[RateLimited])
@router.get("/en/search", dependencies=[RateLimited])
def search(
    request: Request, snapshot: SnapshotNow, words: WordsNow, q: Annotated[str, Query(max_length=1_000)] = ""
) -> HTMLResponse:
    """Organisations and comuni like the text, slips forgiven."""
    asked = " ".join(q.split())[:MAX_QUERY]
    found = snapshot.search(asked, MOST_FOUND) if asked else None
    rows = [
        (body, place_text(snapshot, body.municipality, body.province, words), work_text(body, words))
        for body in (found.organisations if found else ())
    ]
    here = snapshot.once("pages.organisations-here", lambda: _count_by_comune(snapshot))
    return render_page(
        request,
        words,
        "search.html",
        snapshot=snapshot,
        asked=asked,
        cut=len(" ".join(q.split())) > MAX_QUERY,
        rows=rows,
        comuni=[(comune, here.get(comune.istat, 0)) for comune in (found.municipalities if found else ())],
        limit=MOST_FOUND,
        examples=examples_of(snapshot),
        stock=stock_of(snapshot, words.language),
    )


def _count_by_comune(snapshot: SnapshotNow) -> dict[str, int]:
    counts: dict[str, int] = {}
    for body in snapshot.organisations:
        if body.municipality:
            counts[body.municipality] = counts.get(body.municipality, 0) + 1
    return counts


@router.get("/it/guida")
@router.get("/en/guide")
def guide(request: Request, snapshot: SnapshotNow, words: WordsNow) -> HTMLResponse:
    """What the service is for, how a suggestion is computed, what the marks mean, the commands."""
    return _guide(request, snapshot, words, "index")


@router.get("/it/guida/{name}")
@router.get("/en/guide/{name}")
def guide_for(request: Request, snapshot: SnapshotNow, words: WordsNow, name: str) -> HTMLResponse:
    """The guide of one of the three users."""
    known = GUIDES[words.language]
    if name not in known:
        raise HTTPException(404)
    return _guide(request, snapshot, words, known[name])


def _guide(request: Request, snapshot: SnapshotNow, words: WordsNow, name: str) -> HTMLResponse:
    return render_page(
        request, words, f"{words.language}/{name}.html", snapshot=snapshot, **guide_of(snapshot, words, name)
    )


def error_page(request: Request, failure: Failure) -> Response:
    """A page that says what happened, what was kept and what to do; drawn even when the store cannot be reached."""
    words = Words(language_of(request))
    try:
        snapshot: object = snapshot_of(request)
    except Exception:  # noqa: BLE001 - the page about a failure must not fail for the same reason
        _log.warning("error page without data", extra={"status": failure.status})
        snapshot = None
    advice = failure.status if failure.status in _ADVICE else 500
    # What is not there in one language is not there in the other, and what was sent is not repeated.
    lost = failure.status in {404, 422}
    other = page_address(other_language(words.language)) if lost else same_path(request, words.language)
    return draw_page(
        request,
        words,
        "error.html",
        snapshot,
        status=failure.status,
        failure=failure,
        advice=advice,
        other_address=other,
    )
