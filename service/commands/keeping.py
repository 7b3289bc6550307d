# SPDX-License-Identifier: EUPL-1.2
"""Copies of the store, and the way back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from data.errors import InvalidValue
from service.errors import EXIT_DONE
from service.messages import Words
from service.terminal import (
    LanguageOption,
    app,
    complain,
    opened,
    settings_for,
)


@app.command(help="cli.backup")
def backup(
    target: Annotated[Path, typer.Argument(help="cli.backup.file", metavar="FILE")], language: LanguageOption = None
) -> int:
    """Copies the whole store into a file, also while it is being written."""
    from service.written_files import reserved

    settings = settings_for(language=language)
    words = Words(settings.language)
    if target.exists():
        raise InvalidValue(field="FILE", value=str(target), allowed=words.text("cli.new-file"))
    with opened(settings) as store, reserved(target):
        store.backup(target)
    complain(words.text("cli.written", file=str(target)))
    return EXIT_DONE


@app.command(help="cli.restore")
def restore(
    source: Annotated[Path, typer.Argument(help="cli.restore.file", metavar="FILE")], language: LanguageOption = None
) -> int:
    """Puts a backup in the store's place; the store that was there is kept beside it."""
    from service.restoring import restore_store

    settings = settings_for(language=language)
    kept = restore_store(source, settings)
    words = Words(settings.language)
    complain(words.text("cli.restored", file=str(source)))
    if kept is not None:
        complain(words.text("cli.kept", file=str(kept)))
    return EXIT_DONE
