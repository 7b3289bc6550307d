# SPDX-License-Identifier: EUPL-1.2
"""The addresses that the service answers, one module per room; a new room is a line here."""

from __future__ import annotations

from fastapi import APIRouter

from service.error_answers import ErrorPage


def routers() -> list[APIRouter]:
    """The router of every room."""
    from service.routes import (
        api,
        calls,
        chosen_partners,
        dossier_acts,
        dossier_roles,
        dossiers,
        dossiers_api,
        duplicates,
        erasing,
        forms,
        health,
        maps,
        organisations,
        outcomes,
        pages,
        quality,
        report,
        reviews,
        sources,
        why_not,
    )

    rooms = (
        health,
        api,
        maps,
        pages,
        sources,
        organisations,
        chosen_partners,
        forms,
        outcomes,
        report,
        reviews,
        calls,
        dossiers,
        dossiers_api,
        dossier_acts,
        dossier_roles,
        duplicates,
        erasing,
        quality,
        why_not,
    )
    return [room.router for room in rooms]


def error_page() -> ErrorPage:
    """The function of the pages that draws an error."""
    from service.routes import pages

    return pages.error_page
