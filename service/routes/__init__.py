# SPDX-License-Identifier: EUPL-1.2
"""The addresses that the service answers, one module per room; a new room is a line here."""

from __future__ import annotations

from fastapi import APIRouter

from service.error_answers import ErrorPage


def routers() -> list[APIRouter]:
    """The router of every room."""
    from service.routes import api, forms, health, maps, organisations, outcomes, pages, report, reviews, sources

    return [
        room.router for room in (health, api, maps, pages, sources, organisations, forms, outcomes, report, reviews)
    ]


def error_page() -> ErrorPage:
    """The function of the pages that draws an error."""
    from service.routes import pages

    return pages.error_page
