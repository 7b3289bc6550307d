# SPDX-License-Identifier: EUPL-1.2
""" "Why is this one not there?": the page that says what keeps a body out of a list of partners, and its API."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from matching.recommend import Filters
from service.dependencies import ApiWords, RateLimited, SnapshotNow, StoreNow, WordsNow
from service.messages import Words
from service.organisation_sheet import place_text, work_text
from service.partner_cards import POINTS
from service.partner_query import read_query
from service.routes.api import ERRORS, AnyOrganisation, KindName, asked_filters, resolve
from service.routes.organisations import SLUG_OF_KIND, kind_of, kinds_for
from service.search import MAX_QUERY
from service.snapshot import Snapshot
from service.templating import page_address, render_page, with_query
from service.why_not import MOST_FOUND, absence_in_words, filters_in_words, find_absence, why_not_of
from service.why_not_schemas import AbsenceOut

router = APIRouter()
LEAST_LETTERS = 2

Named = Annotated[str, Path(min_length=1, max_length=200)]


@router.get("/it/organizzazioni/{name}/partner/{slug}/perche-non", include_in_schema=False, dependencies=[RateLimited])
@router.get("/en/organisations/{name}/partners/{slug}/why-not", include_in_schema=False, dependencies=[RateLimited])
def why_not(
    request: Request,
    snapshot: SnapshotNow,
    store: StoreNow,
    words: WordsNow,
    name: Named,
    slug: str,
    q: Annotated[str, Query(max_length=1_000)] = "",
    who: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """What keeps the body asked about out of the list, or down in it; else whom the text may mean."""
    kind = kind_of(slug)
    found = resolve(snapshot, store, name)
    here = page_address(words.language, "organizzazioni", found, "partner", SLUG_OF_KIND[kind])
    query = read_query(request.query_params)
    page = page_address(words.language, "organizzazioni", found, "partner", SLUG_OF_KIND[kind], "perche-non")
    if found != name:
        return RedirectResponse(with_query(page, *query.pairs, ("q", q), ("who", who)), status_code=302)
    context: dict[str, Any] = {
        "snapshot": snapshot,
        "body": snapshot.organisation(found),
        "kind": kind,
        "here": with_query(here, *query.pairs),
        "list_address": here,
        "page": page,
        "query": query,
        "asked": " ".join(q.split())[:MAX_QUERY],
        "points": POINTS,
        "filters": filters_in_words(query.filters, words),
    }
    if not who:
        return _which(request, snapshot, words, context)
    other = resolve(snapshot, store, who)
    absence = find_absence(snapshot, found, other, kind, query.filters)
    others = [
        (each, with_query(page.replace(f"/{_slug(words, kind)}/", f"/{_slug(words, each)}/"), ("who", other)))
        for each, _slug_of, open_ in kinds_for(snapshot.organisation(found))
        if open_ and each != kind
    ]
    answer = why_not_of(snapshot, absence, words)
    return render_page(request, words, "why_not.html", why=answer, rows=None, others=others, who=other, **context)


def _slug(words: Words, kind: str) -> str:
    return page_address(words.language, SLUG_OF_KIND[kind]).rsplit("/", 1)[1]


def _which(request: Request, snapshot: Snapshot, words: Words, context: dict[str, Any]) -> HTMLResponse:
    """Whom the text may mean, each with the way to its answer."""
    asked, pairs = context["asked"], context["query"].pairs
    found = snapshot.search(asked, MOST_FOUND).organisations if len(asked) >= LEAST_LETTERS else ()
    rows = [
        (
            body,
            place_text(snapshot, body.municipality, body.province, words),
            work_text(body, words),
            with_query(context["page"], *pairs, ("who", body.id)),
        )
        for body in found
    ]
    return render_page(request, words, "why_not.html", why=None, rows=rows, others=[], who="", **context)


@router.get(
    "/api/v1/organisations/{organisation}/partners/{other}/why-not",
    tags=["organisations"],
    summary="Why one organisation is not among the partners of another",
    dependencies=[RateLimited],
    responses=ERRORS,
)
def why_not_json(
    organisation: AnyOrganisation,
    other: AnyOrganisation,
    snapshot: SnapshotNow,
    store: StoreNow,
    words: ApiWords,
    kind: KindName,
    filters: Annotated[Filters, Depends(asked_filters)],
) -> AbsenceOut:
    """What keeps it out, or its place, beside the last of the first ten: what `land recommend --why-not` prints."""
    asker, expected = (resolve(snapshot, store, each) for each in (organisation, other))
    return absence_in_words(snapshot, find_absence(snapshot, asker, expected, kind, filters), words)
