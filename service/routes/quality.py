# SPDX-License-Identifier: EUPL-1.2
"""The page that says how far what the service works out can be trusted, with the figures."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from service.dependencies import SnapshotNow, WordsNow
from service.evaluation_words import COLUMNS, WAYS
from service.quality import SIDE, inference_quality, limits_of_all, standing_of_all, suggestion_quality
from service.templating import render_page

router = APIRouter(include_in_schema=False)


@router.get("/it/qualita")
@router.get("/en/quality")
def quality(request: Request, snapshot: SnapshotNow, words: WordsNow) -> HTMLResponse:
    """What is inferred and suggested, how often it is right, and the limits of saying so."""
    return render_page(
        request,
        words,
        "quality.html",
        snapshot=snapshot,
        inference=inference_quality(),
        side=SIDE,
        suggestions=suggestion_quality(words),
        standing=standing_of_all(words),
        columns=COLUMNS,
        ways=WAYS,
        limits=limits_of_all(),
        guide_name="misure" if words.language == "it" else "measures",
    )
