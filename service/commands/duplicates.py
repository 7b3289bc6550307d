# SPDX-License-Identifier: EUPL-1.2
"""Organisations that may stand twice: shown, and the very clear ones joined when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.errors import EXIT_DONE
from service.messages import Words
from service.terminal import JsonOption, LanguageOption, app, json_text, opened, settings_for, snapshot_of

if TYPE_CHECKING:
    from data.resolution.candidates import Found
    from data.resolution.probability import Judgement
    from data.store import LoadReport, Store


@app.command(help="cli.duplicates")
def duplicates(
    apply: Annotated[bool, typer.Option("--apply", help="cli.duplicates.apply")] = False,
    limit: Annotated[int, typer.Option(help="cli.duplicates.limit", min=0, max=10_000)] = 20,
    as_json: JsonOption = False,
    language: LanguageOption = None,
) -> int:
    """Shows pairs of organisations that may be one; with --apply joins those that nothing makes doubtful."""
    settings = settings_for(language=language)
    words = Words(settings.language)
    with opened(settings) as store:
        joined = store.join_duplicates() if apply else []
        found = store.duplicates()
        if as_json:
            typer.echo(json_text(_told(found, len(joined), limit)))
        else:
            _tell(store, found, len(joined), limit, words, applied=apply)
    return EXIT_DONE


def _tell(store: Store, found: Found, joined: int, limit: int, words: Words, *, applied: bool) -> None:
    from service.duplicates import doubt_of, line_of

    key = "duplicate.joined-count" if applied else "duplicate.count"
    typer.echo(words.text(key, n=joined, join=len(found.join), ask=len(found.ask)))
    waiting = (*found.join, *found.ask)
    if waiting[:limit]:
        snapshot = snapshot_of(store, whole=True)
        for item in waiting[:limit]:
            typer.echo(line_of(doubt_of(snapshot, item, words), words))
    if limit and len(waiting) > limit:
        typer.echo(words.text("duplicate.more", n=len(waiting) - limit))


def _told(found: Found, joined: int, limit: int) -> dict[str, Any]:
    waiting = (*found.join, *found.ask)[:limit]
    return {
        "compared": found.compared,
        "joined": joined,
        "to_join": len(found.join),
        "to_decide": len(found.ask),
        "pairs": [_pair(item) for item in waiting],
    }


def _pair(item: Judgement) -> dict[str, Any]:
    """One pair with the sum that makes its probability: start and contributions are log-odds."""
    seen = item.comparison
    return {
        "one": item.one,
        "other": item.other,
        "probability": round(item.probability, 4),
        "verdict": item.verdict,
        "start": item.start,
        "contributions": [
            {"sign": part.sign, "value": round(part.value, 4), "contribution": round(part.adds, 4)}
            for part in item.contributions
        ],
        "words": {"both": list(seen.agree), "one": list(seen.only_one), "other": list(seen.only_other)},
        "cautions": list(seen.cautions),
    }


def tell_waiting(store: Store, done: LoadReport, words: Words) -> None:
    """After a load that may have brought bodies twice: how many pairs wait for a decision; nothing is joined."""
    if not done.about_bodies:
        return
    found = store.duplicates()
    waiting = len(found.join) + len(found.ask)
    if waiting:
        typer.echo(words.text("duplicate.after-load", n=waiting))
