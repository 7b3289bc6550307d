# SPDX-License-Identifier: EUPL-1.2
"""The addresses that the service answers, one module per room; a new room is a line here."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Final, cast

from fastapi import APIRouter

from service.error_answers import ErrorPage

ROOMS: Final = ("health", "api", "maps", "pages", "organisations", "forms")


def routers() -> list[APIRouter]:
    """The router of every room."""
    return [import_module(f"service.routes.{room}").router for room in ROOMS if find_spec(f"service.routes.{room}")]


def error_page() -> ErrorPage | None:
    """The function of the pages that draws an error (`error_page(request, failure)`), once there are pages."""
    if not find_spec("service.routes.pages"):
        return None
    return cast("ErrorPage | None", getattr(import_module("service.routes.pages"), "error_page", None))
