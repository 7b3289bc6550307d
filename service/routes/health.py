# SPDX-License-Identifier: EUPL-1.2
"""Is it alive, is it ready: what a supervisor or a proxy asks."""

from __future__ import annotations

from fastapi import APIRouter, Response

from service.dependencies import HolderNow
from service.schemas import Health

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live", summary="The process answers")
def live() -> Health:
    """Always `ok` while the process runs."""
    return Health(status="ok")


@router.get("/ready", summary="The store answers and a snapshot stands", responses={503: {"model": Health}})
def ready(holder: HolderNow, response: Response) -> Health:
    """`ok` once there is something to answer from, `starting` with status 503 until then."""
    if holder.is_ready:
        return Health(status="ok")
    response.status_code = 503
    return Health(status="starting")
