# SPDX-License-Identifier: EUPL-1.2
"""What every command needs: the command tree, common options, settings, the open store, and where words go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.errors import InvalidSetting

if TYPE_CHECKING:
    from data.store import Store
    from service.messages import Words
    from service.settings import Settings
    from service.snapshot import Snapshot

app = typer.Typer(
    name="land", help="cli.land", add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)

LanguageOption = Annotated[str | None, typer.Option("--language", help="cli.option.language", metavar="it|en")]
JsonOption = Annotated[bool, typer.Option("--json", help="cli.option.json")]
OutOption = Annotated[Path, typer.Option("--out", help="cli.option.out")]
AllOption = Annotated[bool, typer.Option("--all", help="cli.option.all")]


def settings_for(**given: Any) -> Settings:
    """The settings, with what the command line gives in front of the environment."""
    from pydantic import ValidationError

    from service.settings import Settings

    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        wrong = error.errors()[0]
        name = str(wrong["loc"][0]) if wrong["loc"] else ""
        raise InvalidSetting(setting=f"LAND_{name.upper()}", reason=wrong["msg"]) from error


def complain(text: str) -> None:
    """Says something beside the answer: on standard error."""
    typer.echo(text, err=True)


@contextmanager
def opened(settings: Settings) -> Iterator[Store]:
    """The store that the settings name, closed at the end."""
    from data.store import open_store

    store = open_store(settings.store)
    try:
        yield store
    finally:
        store.close()


def snapshot_of(store: Store, *, whole: bool) -> Snapshot:
    """The store as the operator sees it (`whole`), or as the public does."""
    from data.model import Audience
    from service.snapshot import build_snapshot, today

    return build_snapshot(store, Audience.OPERATOR if whole else Audience.PUBLIC, today())


def tell_written(out: Path, words: Words, *, whole: bool) -> None:
    """Says which file was written, and whether it holds more than the public may read."""
    complain(words.text("cli.written", file=str(out)))
    complain(words.text("cli.written-all" if whole else "cli.written-public"))


def json_text(value: object) -> str:
    """The value as one line of JSON that reads as it is written."""
    import json

    return json.dumps(value, ensure_ascii=False)
