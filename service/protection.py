# SPDX-License-Identifier: EUPL-1.2
"""What every request passes before any route: who may ask, what may be sent, how much, how fast, how often."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data.errors import LandError
from service.errors import (
    BodyTooLarge,
    BodyTooSlow,
    ForeignRequest,
    ReadOnly,
    RepeatedKey,
    TooManyRequests,
    WrongBodyType,
)
from service.settings import Settings

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
BODY_TYPES: Final = frozenset({"application/json", "application/x-www-form-urlencoded", "multipart/form-data"})
# Where files are handed in; every other body is small.
UPLOADS: Final = frozenset(
    {"/it/aggiornamenti/elenco", "/en/updates/list", "/it/aggiornamenti/colonne", "/en/updates/columns"}
)
_OWN_SITE: Final = frozenset({"same-origin", "none"})
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}

Refuse = Callable[[Scope, Receive, Send, LandError], Awaitable[None]]


def is_loopback(host: str) -> bool:
    """True for an address that only this machine reaches."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class RateLimiter:
    """Counts acts a minute per visitor in a bounded table; the visitor not seen for longest is forgotten first."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic, visitors: int = 10_000) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._visitors = visitors
        self._seen: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, address: str) -> None:
        """Counts one act of this visitor; raises TooManyRequests when the minute's share is used up."""
        if self._per_minute == 0:
            return
        visitor = _visitor(address)
        now = self._clock()
        with self._lock:
            left, then = self._seen.pop(visitor, (float(self._per_minute), now))
            left = min(float(self._per_minute), left + (now - then) * self._per_minute / 60)
            allowed = left >= 1
            self._seen[visitor] = (left - 1 if allowed else left, now)
            while len(self._seen) > self._visitors:
                self._seen.popitem(last=False)
        if not allowed:
            raise TooManyRequests(seconds=max(1, math.ceil((1 - left) * 60 / self._per_minute)))


def _visitor(address: str) -> str:
    """The network a visitor answers for: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


class Gate:
    """Pure ASGI: refuses foreign hosts, foreign pages, writes that may not be, and bodies too large or too slow."""

    def __init__(self, app: ASGIApp, settings: Settings, refuse: Refuse) -> None:
        self._app = app
        self._settings = settings
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        try:
            check_request(scope, self._settings)
        except LandError as error:
            await self._refuse(scope, receive, send, error)
            return
        if scope["method"] in SAFE_METHODS:
            await self._app(scope, receive, send)
            return
        try:
            body = await _read_body(receive, self._settings, body_limit(scope, self._settings))
            if body and _kind(Headers(scope=scope)) == "application/json":
                _refuse_repeated_keys(body)
        except LandError as error:
            await self._refuse(scope, receive, send, error)
            return
        if body is not None:
            await self._app(scope, _replay(body, receive), send)


def check_request(scope: Scope, settings: Settings) -> None:
    """Raises ForeignRequest, ReadOnly, WrongBodyType or BodyTooLarge when the head alone tells that this may not be."""
    headers = Headers(scope=scope)
    safe = scope["method"] in SAFE_METHODS
    if settings.public:
        if not safe:
            raise ReadOnly
        return
    _check_origin(scope, headers, safe=safe)
    if not safe:
        _check_body_head(headers, body_limit(scope, settings))


def body_limit(scope: Scope, settings: Settings) -> int:
    """The largest body in bytes that this address takes."""
    return max(settings.upload_limit, settings.body_limit) if scope["path"] in UPLOADS else settings.body_limit


def _check_origin(scope: Scope, headers: Headers, *, safe: bool) -> None:
    host = headers.get("host", "")
    if len(headers.getlist("host")) != 1 or not _is_own_host(host, scope):
        raise ForeignRequest
    site = headers.get("sec-fetch-site")
    if not safe and site not in _OWN_SITE:
        raise ForeignRequest
    if safe and site == "cross-site" and headers.get("sec-fetch-mode") != "navigate":
        raise ForeignRequest
    origin = headers.get("origin")
    if not safe and origin is not None and origin != f"{scope['scheme']}://{host}":
        raise ForeignRequest


def _is_own_host(host: str, scope: Scope) -> bool:
    """True for a loopback name with the port that the request arrived at (nothing after the name on a default port)."""
    name, separator, port = host.rpartition(":")
    if not separator or host.endswith("]"):
        name, port = host, str(_DEFAULT_PORTS.get(scope["scheme"], 80))
    if name.casefold() not in LOOPBACK_NAMES:
        return False
    server = scope.get("server")
    return not server or server[1] is None or port == str(server[1])


def _check_body_head(headers: Headers, limit: int) -> None:
    declared = headers.get("content-length", "0")
    if not declared.isdecimal() or len(declared) > 15 or int(declared) > limit:
        raise BodyTooLarge(limit=limit)
    has_body = declared != "0" or "transfer-encoding" in headers
    if has_body and _kind(headers) not in BODY_TYPES:
        raise WrongBodyType


def _kind(headers: Headers) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _refuse_repeated_keys(body: bytes) -> None:
    try:
        json.loads(body, object_pairs_hook=_said_once)
    except (ValueError, RecursionError):
        return  # The route says what is wrong with it.


def _said_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said = dict(pairs)
    if len(said) < len(pairs):
        raise RepeatedKey
    return said


async def _read_body(receive: Receive, settings: Settings, limit: int) -> bytes | None:
    """The whole body, read before any route runs; None when the client went away."""
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(settings.body_seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                chunk = message.get("body", b"")
                size += len(chunk)
                if size > limit:
                    raise BodyTooLarge(limit=limit)
                chunks.append(chunk)
                if not message.get("more_body", False):
                    return b"".join(chunks)
    except TimeoutError:
        raise BodyTooSlow(seconds=settings.body_seconds) from None


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replayed() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


class HeadAsGet:
    """Pure ASGI: a HEAD request gets the head that GET would get, and no body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        asked: Scope = {**scope, "method": "GET"}

        async def headless(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        try:
            await self._app(asked, receive, headless)
        finally:
            # The log tells the route that answered.
            scope.update({name: asked[name] for name in ("route", "path_params") if name in asked})


def content_security_policy(settings: Settings) -> str:
    """Our policy; an operator who switched an online map layer on lets images come from that one host."""
    images = "'self' data: blob:"
    if settings.tiles:
        images += " " + "/".join(settings.tiles.split("/", 3)[:3])
    return (
        f"default-src 'self'; img-src {images}; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
        "form-action 'self'"
    )


class SecurityHeaders:
    """Pure ASGI: the headers that tell a browser what our pages may do; all of them on every answer."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._headers = {
            "content-security-policy": content_security_policy(settings),
            "x-content-type-options": "nosniff",
            "referrer-policy": "same-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "x-frame-options": "DENY",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)
