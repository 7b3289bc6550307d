# SPDX-License-Identifier: EUPL-1.2
"""The report of a year under the regional law: a page that prints, and its file. Operator only."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from service.dependencies import RateLimited, SnapshotNow, WordsNow
from service.exports import CSV_TYPE
from service.outcomes import in_year, years_of
from service.report import MEASURES, agreed_without_contact, report_csv, report_of, row_name
from service.routes.outcomes import Year, for_operator, year_of
from service.snapshot import Snapshot
from service.templating import page_address, render_page, with_query

router = APIRouter(include_in_schema=False)

FIRST_YEAR: Final = 2000


def _asked(snapshot: Snapshot, text: str) -> int:
    """The year asked for, this year where it is none that can be."""
    year = year_of(text)
    return year if year is not None and FIRST_YEAR <= year <= snapshot.today.year else snapshot.today.year


@router.get("/it/rendiconto")
@router.get("/en/report")
def report(request: Request, snapshot: SnapshotNow, words: WordsNow, anno: Year = "") -> HTMLResponse:
    """What was noted in a year, by province and by objective, with what each figure means."""
    for_operator(snapshot)
    year = _asked(snapshot, anno)
    found = report_of(snapshot, year)
    cuts = (("province", found.by_province), ("objective", found.by_objective))
    return render_page(
        request,
        words,
        "report.html",
        snapshot=snapshot,
        report=found,
        cuts=[(cut, [(row_name(cut, row.name, words), row.counts) for row in rows]) for cut, rows in cuts],
        measures=MEASURES,
        recorded=len(in_year(snapshot.outcomes, year)),
        unmet=agreed_without_contact(snapshot, year),
        years=years_of(snapshot.outcomes, snapshot.today),
        csv=with_query(page_address(words.language, "rendiconto.csv"), ("anno", year)),
    )


@router.get("/it/rendiconto.csv", dependencies=[RateLimited])
@router.get("/en/report.csv", dependencies=[RateLimited])
def report_file(snapshot: SnapshotNow, words: WordsNow, anno: Year = "") -> Response:
    """The report as CSV."""
    for_operator(snapshot)
    year = _asked(snapshot, anno)
    headers = {"content-disposition": f'attachment; filename="rendiconto-{year}.csv"'}
    text = report_csv(report_of(snapshot, year), words)
    return Response(text.encode("utf-8"), media_type=CSV_TYPE, headers=headers)
