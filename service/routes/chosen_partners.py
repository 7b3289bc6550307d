# SPDX-License-Identifier: EUPL-1.2
"""Partners that a reader chose from a list: side by side, on a page that prints, as a file."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from matching.kinds import PARTNERSHIPS
from matching.recommend import Answer, Recommendation
from service.dependencies import RateLimited, SnapshotNow, StoreNow, WordsNow
from service.exports import CSV_TYPE, partners_csv
from service.messages import Words
from service.partner_cards import POINTS, Card, cards_of
from service.partner_query import read_query
from service.partners import find_partners
from service.routes.api import resolve
from service.routes.organisations import (
    FEW,
    MOST_SHOWN,
    SLUG_OF_KIND,
    Named,
    chosen_addresses,
    kind_of,
    outcome_context,
)
from service.snapshot import Snapshot
from service.templating import page_address, render_page, with_query

router = APIRouter(include_in_schema=False)

MOST_CHOSEN: Final = 20
MOST_COMPARED: Final = 4
_DEPTHS: Final = (20, 100, 500)

Chosen = Annotated[list[str] | None, Query(alias="with", max_length=50)]


def chosen_partners(
    snapshot: Snapshot, organisation_id: str, kind: str, chosen: list[str]
) -> list[tuple[int, Recommendation]]:
    """The chosen partners with their place in the whole ranking; those that are not suggested are left out."""
    wanted = set(chosen)
    rows: tuple[Recommendation, ...] = ()
    for depth in _DEPTHS if wanted else ():
        rows = find_partners(snapshot, organisation_id, kind, limit=depth).recommendations
        if wanted <= {row.partner for row in rows} or len(rows) < depth:
            break
    return [(place, row) for place, row in enumerate(rows, start=1) if row.partner in wanted]


@router.get("/it/organizzazioni/{name}/partner/{slug}/confronto", dependencies=[RateLimited])
@router.get("/en/organisations/{name}/partners/{slug}/comparison", dependencies=[RateLimited])
def comparison(
    request: Request,
    snapshot: SnapshotNow,
    store: StoreNow,
    words: WordsNow,
    name: Named,
    slug: str,
    chosen: Chosen = None,
) -> HTMLResponse:
    """Two to four partners side by side."""
    return _chosen_page(
        request, snapshot, store, words, name, kind_of(slug), "comparison.html", (chosen or [])[:MOST_COMPARED]
    )


@router.get("/it/organizzazioni/{name}/partner/{slug}/lista", dependencies=[RateLimited])
@router.get("/en/organisations/{name}/partners/{slug}/shortlist", dependencies=[RateLimited])
def shortlist(
    request: Request,
    snapshot: SnapshotNow,
    store: StoreNow,
    words: WordsNow,
    name: Named,
    slug: str,
    chosen: Chosen = None,
) -> HTMLResponse:
    """The chosen partners on a page that prints; the address bar holds the list."""
    return _chosen_page(
        request, snapshot, store, words, name, kind_of(slug), "shortlist.html", (chosen or [])[:MOST_CHOSEN]
    )


def _chosen_page(
    request: Request,
    snapshot: Snapshot,
    store: StoreNow,
    words: Words,
    name: str,
    kind: str,
    template: str,
    chosen: list[str],
) -> HTMLResponse:
    found = resolve(snapshot, store, name)
    here = page_address(words.language, "organizzazioni", found, "partner", SLUG_OF_KIND[kind])
    rows = chosen_partners(snapshot, found, kind, chosen)
    cards = cards_of(snapshot, [row for _, row in rows], kind, words, [place for place, _ in rows])
    pairs = [("with", card.body.id) for card in cards]
    return render_page(
        request,
        words,
        template,
        snapshot=snapshot,
        body=snapshot.organisation(found),
        kind=kind,
        here=here,
        cards=cards,
        lost=len(set(chosen)) - len(cards),
        csv=with_query(chosen_addresses(here, words)["csv_address"], *pairs),
        without=[with_query(request.url.path, *(pair for pair in pairs if pair[1] != card.body.id)) for card in cards],
        features=_features_of(cards, kind),
        points=POINTS,
        **outcome_context(snapshot, found, kind, [row for _, row in rows], words),
    )


def _features_of(cards: tuple[Card, ...], kind: str) -> tuple[str, ...]:
    """Every sign that one of the cards has, in the order of the kind's weights."""
    present = {part.feature for card in cards for part in card.arithmetic.parts}
    return tuple(name for name in PARTNERSHIPS[kind].weights if name in present)


@router.get("/it/organizzazioni/{name}/partner/{slug}/lista.csv", dependencies=[RateLimited])
@router.get("/en/organisations/{name}/partners/{slug}/shortlist.csv", dependencies=[RateLimited])
def shortlist_csv(
    request: Request,
    snapshot: SnapshotNow,
    store: StoreNow,
    words: WordsNow,
    name: Named,
    slug: str,
    chosen: Chosen = None,
    n: Annotated[int, Query(ge=1, le=MOST_SHOWN)] = FEW,
) -> Response:
    """The chosen partners as CSV, or the list as filtered when none is chosen."""
    kind = kind_of(slug)
    found = resolve(snapshot, store, name)
    if chosen:
        rows = chosen_partners(snapshot, found, kind, chosen[:MOST_CHOSEN])
        answer = Answer(found, kind, tuple(row for _, row in rows), None)
        places = [place for place, _ in rows]
    else:
        answer = find_partners(snapshot, found, kind, limit=n, filters=read_query(request.query_params).filters)
        places = None
    text = partners_csv(answer, snapshot, words, places)
    headers = {"content-disposition": f'attachment; filename="partner-{kind}.csv"'}
    return Response(text.encode("utf-8"), media_type=CSV_TYPE, headers=headers)
