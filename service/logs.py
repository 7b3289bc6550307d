# SPDX-License-Identifier: EUPL-1.2
"""Logs: one JSON object a line on stderr, without query strings, names, tax codes or addresses of visitors."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
import traceback
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final, TextIO

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9-]{8,64}")

_log = logging.getLogger(__name__)

Answer = Callable[[Scope, Receive, Send, Exception], Awaitable[None]]


class JsonLines(logging.Formatter):
    """Writes a record as one JSON object: time, level, logger, message, and the named extras of the call.

    Of an exception it keeps the class and the places in the code, never its text: that may hold what a person typed.
    """

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry.update({name: value for name, value in vars(record).items() if name not in _STANDARD})
        if record.exc_info and record.exc_info[1] is not None:
            entry["exception"] = places(record.exc_info[1])
        return json.dumps(entry, default=str, ensure_ascii=True)


def places(error: BaseException) -> list[str]:
    """Class of an error and of its causes, and where in the code each arose, innermost call last."""
    lines: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(lines) < 60:
        lines.append(type(seen).__name__)
        frames = traceback.extract_tb(seen.__traceback__)[-12:]
        lines += [f"{frame.filename.rsplit('site-packages/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames]
        seen = seen.__cause__ or seen.__context__
    return lines


class StderrNow(logging.StreamHandler[TextIO]):
    """Writes to what stderr is at the moment of writing: a stream that was replaced and closed gets nothing."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def configure_logs(level: str) -> None:
    """Sends all logs of this process to stderr as JSON lines; uvicorn's access log, which holds queries, is off."""
    handler = StderrNow()
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "fastapi", "alembic", "sqlalchemy"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("alembic").setLevel("WARNING")


class AccessLog:
    """Pure ASGI: gives each request an id, logs route template, status and time, answers what broke with 500."""

    def __init__(self, app: ASGIApp, answer: Answer) -> None:
        self._app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status = 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            _log.exception("request failed", extra={"request_id": request_id})
            if status:
                raise
            await self._answer(scope, receive, noted, error)
        finally:
            took = round((time.perf_counter() - started) * 1000, 1)
            extra = {"request_id": request_id, "method": scope["method"], "route": route_template(scope)}
            _log.info("request", extra={**extra, "status": status, "ms": took})


def route_template(scope: Scope) -> str:
    """The route's path with its parameters unnamed by value ("/api/v1/organisations/{organisation}"), else a dash."""
    route = scope.get("route")
    path = getattr(route, "path", None)
    if isinstance(path, str):
        return path
    return "/static" if str(scope.get("path", "")).startswith("/static/") else "-"
