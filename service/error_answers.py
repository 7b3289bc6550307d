# SPDX-License-Identifier: EUPL-1.2
"""Errors on the web: one JSON shape `{error: {code, message, request_id}}`, or a page where a page was asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from data.errors import LandError
from service.dependencies import language_of
from service.errors import STATUS_KEYS, TooManyRequests, code, outcome
from service.messages import Words

_PAGE: Final = re.compile(r"^/(?:$|it(?:/|$)|en(?:/|$))")
_PLAIN_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class Failure:
    """What an error answer says; a page of ours shows the same."""

    status: int
    code: str
    message: str
    request_id: str


ErrorPage = Callable[[Request, Failure], Response]


def install_error_answers(app: FastAPI, page: ErrorPage) -> None:
    """Makes every error of the application end in `answer_error`; `page` draws the ones met on a page."""
    app.state.error_page = page
    for kind in (LandError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, answer_error)


def answer_error(request: Request, error: Exception) -> Response:
    """The answer to an error: its status, a sentence in the reader's language, nothing of what was sent."""
    words = Words(language_of(request))
    status, key, message = _describe(error, words)
    failure = Failure(status, code(key), message, str(request.scope.get("state", {}).get("request_id", "")))
    page: ErrorPage = request.app.state.error_page
    if _PAGE.match(request.url.path):
        response = page(request, failure)
    else:
        shape = {"code": failure.code, "message": failure.message, "request_id": failure.request_id}
        response = JSONResponse({"error": shape}, status_code=status)
    if isinstance(error, TooManyRequests):
        response.headers["retry-after"] = str(error.params["seconds"])
    if isinstance(error, HTTPException) and error.headers and "allow" in {name.lower() for name in error.headers}:
        response.headers["allow"] = _allowed(error.headers)
    response.headers["cache-control"] = "no-store"
    return response


def _allowed(headers: Mapping[str, str]) -> str:
    """The methods that an address takes; where GET is one, so is HEAD."""
    methods = {part.strip() for name, value in headers.items() if name.lower() == "allow" for part in value.split(",")}
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))


def _describe(error: Exception, words: Words) -> tuple[int, str, str]:
    if isinstance(error, LandError):
        return outcome(error).status, error.key, words.text(error.key, **error.params)
    if isinstance(error, RequestValidationError):
        names = _wrong_fields(error)
        if names:
            return 422, "error.invalid-fields", words.text("error.invalid-fields", fields=names)
        return 422, "error.invalid-request", words.text("error.invalid-request")
    if isinstance(error, HTTPException):
        key = STATUS_KEYS.get(error.status_code, "error.unexpected")
        return error.status_code, key, words.text(key)
    return 500, "error.unexpected", words.text("error.unexpected")


def _wrong_fields(error: RequestValidationError) -> list[str]:
    """Names of our own parameters and fields that were wrong; names made up by the sender are left out."""
    names: list[str] = []
    for entry in error.errors():
        location = entry.get("loc", ())
        if entry.get("type") == "extra_forbidden" or len(location) < 2:
            continue
        name = location[1]
        if isinstance(name, str) and _PLAIN_NAME.fullmatch(name) and name not in names:
            names.append(name)
    return names[:10]


async def refuse(scope: Scope, receive: Receive, send: Send, error: Exception) -> None:
    """Answers an error met before any route, or one that no handler took."""
    answer = await run_in_threadpool(answer_error, Request(scope), error)
    await answer(scope, receive, send)
