# SPDX-License-Identifier: EUPL-1.2
"""The addresses that the service answers, one module per room; a new room is a line here."""

from __future__ import annotations

from importlib import import_module
from typing import Final, cast

from fastapi import APIRouter

from service.error_answers import ErrorPage

ROOMS: Final = ("health", "api", "maps", "pages", "organisations", "forms")


def routers() -> list[APIRouter]:
    """The router of every room."""
    return [import_module(f"service.routes.{room}").router for room in ROOMS]


def error_page() -> ErrorPage:
    """The function of the pages that draws an error."""
    return cast(ErrorPage, import_module("service.routes.pages").error_page)
