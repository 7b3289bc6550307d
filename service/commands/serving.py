# SPDX-License-Identifier: EUPL-1.2
"""Serving the pages and the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from service.errors import NotPublic
from service.messages import Words
from service.terminal import (
    LanguageOption,
    app,
    complain,
    opened,
    settings_for,
)

if TYPE_CHECKING:
    from data.store import Store
    from service.settings import Settings


@app.command(help="cli.serve")
def serve(
    host: Annotated[str | None, typer.Option(help="cli.serve.host")] = None,
    port: Annotated[int | None, typer.Option(help="cli.serve.port", min=0, max=65535)] = None,
    public: Annotated[bool, typer.Option("--public", help="cli.serve.public")] = False,
    language: LanguageOption = None,
) -> int:
    """Serves the pages and the API until it is stopped."""
    from service.protection import is_loopback

    settings = settings_for(host=host, port=port, public=public or None, language=language)
    if not settings.public and not is_loopback(settings.host):
        raise NotPublic(host=settings.host)
    from service.logs import configure_logs
    from service.serving import serve_until_stopped

    configure_logs(settings.log_level)
    with opened(settings) as store:
        words = Words(settings.language)
        _fill_at_first_run(store, settings, words)
        return serve_until_stopped(
            settings, store, lambda address: complain(words.text("cli.serving", address=address))
        )


def _fill_at_first_run(store: Store, settings: Settings, words: Words) -> None:
    """Puts the demonstration organisations into a store that knows no cooperative yet."""
    from data.example import EXAMPLE
    from data.model import Audience, OrganisationKind

    if not settings.example or any(done.source == EXAMPLE.info.name for done in store.loads()):
        return
    if any(body.kind is OrganisationKind.COOPERATIVE for body in store.organisations(Audience.OPERATOR)):
        return
    report = store.load(EXAMPLE, [])
    complain(words.text("cli.example-loaded", rows=report.added))
