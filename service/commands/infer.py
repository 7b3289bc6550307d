# SPDX-License-Identifier: EUPL-1.2
"""What may be supposed of bodies from their names, purposes and tenders, computed anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from service.errors import EXIT_DONE
from service.messages import Words
from service.terminal import JsonOption, LanguageOption, app, complain, json_text, opened, settings_for

if TYPE_CHECKING:
    from data.store import LoadReport, Store


@app.command(help="cli.infer")
def infer(as_json: JsonOption = False, language: LanguageOption = None) -> int:
    """Supposes sector, social type, chain stages and themes of every body, marked as inferred; writes what changed."""
    from data.inference.source import infer_again

    settings = settings_for(language=language)
    with opened(settings) as store:
        done = infer_again(store)
    typer.echo(json_text(done.counts()) if as_json else Words(settings.language).text("cli.inferred", **done.counts()))
    return EXIT_DONE


def infer_after(store: Store, done: LoadReport, words: Words) -> None:
    """What a load changes in what may be supposed of bodies, at once; the load stands in any case."""
    if not done.about_bodies:
        return
    from data.errors import StoreBusy
    from data.inference.source import infer_again

    try:
        infer_again(store)
    except StoreBusy:
        complain(words.text("cli.inferred.later"))
