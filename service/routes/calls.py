# SPDX-License-Identifier: EUPL-1.2
"""The pages of calls: the list by state, one call with who may apply, and that list as a file."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import HTMLResponse, Response

from service.calls import audience_csv, call_of, call_rows, call_sheet, template_csv
from service.dependencies import RateLimited, SnapshotNow, WordsNow
from service.exports import CSV_TYPE
from service.templating import page_address, render_page, same_path

router = APIRouter(include_in_schema=False)

MOST_LISTED: Final = 300
CallId = Annotated[str, Path(pattern="^[A-Za-z0-9-]{1,40}$")]
Comune = Annotated[str, Query(pattern="^([0-9]{6})?$")]


@router.get("/it/bandi")
@router.get("/en/calls")
def calls(
    request: Request,
    snapshot: SnapshotNow,
    words: WordsNow,
    q: Annotated[str, Query(max_length=100)] = "",
    municipality: Comune = "",
) -> HTMLResponse:
    """Calls by state of today: open, to be verified, to come, closed."""
    groups = call_rows(snapshot, words, q, municipality)
    return render_page(
        request,
        words,
        "calls.html",
        snapshot=snapshot,
        groups={name: rows[:MOST_LISTED] for name, rows in groups.items()},
        total=sum(map(len, groups.values())),
        asked=q,
        comune=snapshot.municipalities.get(municipality),
    )


@router.get("/it/bandi/modello.csv")
@router.get("/en/calls/modello.csv")
def call_template() -> Response:
    """An example of the sheet of calls."""
    headers = {"content-disposition": 'attachment; filename="bandi-modello.csv"'}
    return Response(template_csv().encode("utf-8"), media_type=CSV_TYPE, headers=headers)


@router.get("/it/bandi/{call}", dependencies=[RateLimited])
@router.get("/en/calls/{call}", dependencies=[RateLimited])
def call(request: Request, snapshot: SnapshotNow, words: WordsNow, call: CallId) -> HTMLResponse:
    """One call: state of today, what it asks, who may apply, who misses one requirement."""
    found = call_of(snapshot, call)
    return render_page(
        request,
        words,
        "call.html",
        snapshot=snapshot,
        sheet=call_sheet(snapshot, found, words),
        csv=page_address(words.language, "bandi", found.id, "destinatari.csv"),
        other_address=same_path(request, words.language),
    )


@router.get("/it/bandi/{call}/destinatari.csv", dependencies=[RateLimited])
@router.get("/en/calls/{call}/audience.csv", dependencies=[RateLimited])
def call_csv(snapshot: SnapshotNow, words: WordsNow, call: CallId) -> Response:
    """Who may apply, who may after a check, who misses one requirement, each with its reason."""
    found = call_of(snapshot, call)
    headers = {"content-disposition": 'attachment; filename="bando-destinatari.csv"'}
    return Response(audience_csv(snapshot, found, words).encode("utf-8"), media_type=CSV_TYPE, headers=headers)
