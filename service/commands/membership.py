# SPDX-License-Identifier: EUPL-1.2
"""Membership lists from the command line, and the column maps that other people's files need."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from service.errors import EXIT_DONE, EXIT_REJECTED
from service.messages import Words
from service.terminal import JsonOption, LanguageOption, app, complain, json_text, opened, settings_for

if TYPE_CHECKING:
    from data.store import Store
    from service.reviews import HandedIn

REJECTIONS_SHOWN: Final = 10
MAP_FILES: Final = (".toml", ".json", ".txt", ".map", ".ini", ".csv")


@app.command(help="cli.membership")
def membership(
    path: Annotated[Path, typer.Argument(help="cli.membership.path", metavar="FILE")],
    federation: Annotated[str, typer.Option(help="cli.membership.federation", metavar="NAME")],
    complete: Annotated[bool, typer.Option("--complete", help="cli.membership.complete")] = False,
    date: Annotated[str, typer.Option(help="cli.membership.date", metavar="DAY")] = "",
    public: Annotated[bool, typer.Option("--public", help="cli.membership.public")] = False,
    columns: Annotated[str, typer.Option(help="cli.membership.columns", metavar="NAME|FILE")] = "",
    as_json: JsonOption = False,
    language: LanguageOption = None,
) -> int:
    """Compares a membership list with the store and keeps the differences for review."""
    from data.errors import InvalidValue
    from data.identity import BadValue
    from data.model import Visibility
    from data.sources.values import day
    from service.reviews import hand_in

    settings = settings_for(language=language)
    words = Words(settings.language)
    try:
        on = day(date) if date else None
    except BadValue as wrong:
        raise InvalidValue(field="--date", value=date, allowed="2026-12-31, 31/12/2026") from wrong
    with opened(settings) as store:
        done = hand_in(
            store,
            path,
            federation,
            complete=complete,
            list_date=on,
            visibility=Visibility.PUBLIC if public else Visibility.FEDERATION,
            columns=columns_of(store, columns),
        )
    if as_json:
        typer.echo(json_text(_counts(done)))
    else:
        _tell(done, words)
    return EXIT_REJECTED if done.rejections else EXIT_DONE


def columns_of(store: Store, asked: str) -> dict[str, str]:
    """The column map that a file holds or that is saved under that name; empty when none is asked for."""
    from data.sources.reading import column_map

    if not asked:
        return {}
    path = Path(asked)
    is_path = path.exists() or len(path.parts) > 1 or path.suffix.lower() in MAP_FILES
    return column_map(path) if is_path else store.columns_named(asked)


def name_to_save(name: str, columns: str) -> str:
    """The name under which a column map is to be kept, "" for none. Raises InvalidValue (no map, no such name)."""
    from data.errors import InvalidValue
    from data.store.column_maps import checked_name

    if not name:
        return ""
    if not columns:
        raise InvalidValue(field="--columns", value="", allowed="NAME|FILE")
    return checked_name(name)


def _counts(done: HandedIn) -> dict[str, object]:
    proposed = done.proposed
    return {
        "federation": done.federation,
        "read": done.read,
        "taken": done.taken,
        "rejected": len(done.rejections),
        "new": proposed.new,
        "waiting": proposed.waiting,
        "decided": proposed.decided,
        "superseded": proposed.superseded,
    }


def _tell(done: HandedIn, words: Words) -> None:
    typer.echo(words.text("cli.membership.done", **_counts(done)))
    for notice in done.notices:
        typer.echo(words.render(notice))
    for row in done.rejections[:REJECTIONS_SHOWN]:
        reason = words.render(row.reason)
        complain(words.text("cli.rejected-row", file=row.file, line=row.line, field=row.field, reason=reason))
    if len(done.rejections) > REJECTIONS_SHOWN:
        complain(words.text("cli.rejected-more", rows=len(done.rejections) - REJECTIONS_SHOWN))


@app.command(help="cli.columns")
def columns(
    path: Annotated[Path | None, typer.Argument(help="cli.columns.path", metavar="FILE")] = None,
    source: Annotated[str, typer.Option(help="cli.columns.source")] = "cooperative-register",
    forget: Annotated[str, typer.Option(help="cli.columns.forget", metavar="NAME")] = "",
    as_json: JsonOption = False,
    language: LanguageOption = None,
) -> int:
    """Lists the saved maps, or guesses which headings of a file stand for which columns."""
    settings = settings_for(language=language)
    words = Words(settings.language)
    if path is not None:
        return _guess(path, source, words, as_json=as_json)
    with opened(settings) as store:
        if forget:
            store.columns_named(forget)
            store.forget_columns(forget)
            complain(words.text("cli.columns.forgotten", name=forget))
        maps = store.column_maps()
    if as_json:
        typer.echo(json_text([{"name": each.name, "source": each.source, "columns": each.columns} for each in maps]))
        return EXIT_DONE
    if not maps:
        typer.echo(words.text("cli.columns.none"))
    for each in maps:
        typer.echo(f"{each.name}: {each.source}")
        typer.echo("  " + "; ".join(f"{ours} = {theirs}" for ours, theirs in each.columns.items()))
    return EXIT_DONE


def _guess(path: Path, source: str, words: Words, *, as_json: bool) -> int:
    """Prints the guess in the form that `--columns` takes, why in a remark."""
    from data.errors import UnknownSource
    from data.sources import cooperative_register
    from data.sources import membership as lists
    from data.sources.column_guess import guess_columns, sample_of

    layouts = {"cooperative-register": cooperative_register.LAYOUT, "membership": lists.LAYOUT}
    if source not in layouts:
        raise UnknownSource(source=source, allowed=", ".join(layouts))
    found = [each for each in guess_columns(sample_of(path, layouts[source]), layouts[source]) if each.heading]
    if as_json:
        typer.echo(json_text({each.column: each.heading for each in found}))
        return EXIT_DONE
    for each in found:
        typer.echo(f"# {words.text(f'columns.why.{each.why}')}")
        typer.echo(f"{each.column} = {each.heading}")
    return EXIT_DONE
