# SPDX-License-Identifier: EUPL-1.2
"""The web application: routes, static files and what every request passes on its way."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from data.model import Audience
from data.store import Store
from service.dependencies import Service
from service.duplicate_search import DuplicateSearch
from service.error_answers import install_error_answers, refuse
from service.logs import AccessLog
from service.protection import Gate, HeadAsGet, RateLimiter, SecurityHeaders
from service.routes import error_page, routers
from service.settings import Settings
from service.snapshot_holder import SnapshotHolder
from service.snapshot_renewal import renew_snapshot
from service.snapshot_warming import warm_snapshot

OPENAPI_ADDRESS: Final = "/api/v1/openapi.json"


def create_app(settings: Settings, store: Store) -> FastAPI:
    """The application over an open store. The caller closes the store; the first request builds the first snapshot."""
    audience = Audience.PUBLIC if settings.public else Audience.OPERATOR
    holder = SnapshotHolder(store, audience, renew=renew_snapshot, warm=warm_snapshot)
    duplicates = DuplicateSearch(store)
    app = FastAPI(
        title="L.A.N.D.",
        version=version("land-lazio"),
        description="Explained partners and territory maps for the cooperatives of Lazio.",
        openapi_url=OPENAPI_ADDRESS,
        docs_url=None,
        redoc_url=None,
        license_info={"name": "EUPL-1.2"},
        lifespan=lambda _: _warmed_up(holder, None if settings.public else duplicates),
    )
    app.state.service = Service(
        settings=settings,
        store=store,
        snapshots=holder,
        limiter=RateLimiter(settings.rate_limit if settings.public else 0),
        duplicates=duplicates,
    )
    app.mount("/static", CachedFiles(directory=static_folder()), name="static")
    for router in routers():
        app.include_router(router)
    install_error_answers(app, error_page())
    app.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=6)
    app.add_middleware(Gate, settings=settings, refuse=refuse)
    app.add_middleware(HeadAsGet)
    app.add_middleware(AccessLog, answer=refuse)
    app.add_middleware(SecurityHeaders, settings=settings)
    return app


@asynccontextmanager
async def _warmed_up(holder: SnapshotHolder, duplicates: DuplicateSearch | None) -> AsyncIterator[None]:
    """While the server runs: the first snapshot is built beside it, so that it listens at once; then, where somebody
    may ask for them, the pairs that may be one body.
    """

    def warm() -> None:
        holder.build_beside()
        if duplicates is not None:
            duplicates.search_beside()

    threading.Thread(target=warm, name="snapshot", daemon=True).start()
    yield


def static_folder() -> Path:
    """Folder of the files that browsers get as they are."""
    return Path(str(files("service"))) / "web" / "static"


class CachedFiles(StaticFiles):
    """Static files that a browser keeps for an hour and then asks whether they changed."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code in {200, 304}:
            response.headers["cache-control"] = "public, max-age=3600"
        return response
