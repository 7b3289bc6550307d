# SPDX-License-Identifier: EUPL-1.2
"""Running the web server until it is stopped."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Final

import uvicorn

from data.store import Store
from service.app import create_app
from service.errors import EXIT_DONE, EXIT_FAILED, PortTaken
from service.settings import Settings

BACKLOG: Final = 512
STOP_SECONDS: Final = 10


def serve_until_stopped(settings: Settings, store: Store, announce: Callable[[str], None]) -> int:
    """Listens, tells the address of the first page, and returns an exit code when it was stopped. Raises PortTaken."""
    listener = _listen(settings.host, settings.port)
    port = listener.getsockname()[1]
    name = f"[{settings.host}]" if ":" in settings.host else settings.host
    server = uvicorn.Server(server_config(settings, store))
    announce(f"http://{name}:{port}/")
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        return EXIT_DONE
    return EXIT_DONE if server.started else EXIT_FAILED


def server_config(settings: Settings, store: Store) -> uvicorn.Config:
    """How uvicorn runs the application: no log of its own, no name of its own, limits on what it holds."""
    return uvicorn.Config(
        create_app(settings, store),
        log_config=None,
        access_log=False,
        server_header=False,
        # Who asks is told by the connection; a header tells it only when a proxy of the operator's wrote it.
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=settings.proxies,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=STOP_SECONDS,
        h11_max_incomplete_event_size=65_536,
    )


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        raise PortTaken(host=host, port=port) from error
    return listener
