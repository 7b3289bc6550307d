# SPDX-License-Identifier: EUPL-1.2
"""Files to take away: maps and exports."""

from __future__ import annotations

from typing import Annotated

import typer

from service.errors import EXIT_DONE
from service.messages import Words
from service.terminal import (
    AllOption,
    LanguageOption,
    OutOption,
    app,
    complain,
    opened,
    settings_for,
    snapshot_of,
    tell_written,
)


@app.command(name="map", help="cli.map")
def draw_map(
    out: OutOption,
    sector: Annotated[str | None, typer.Option(help="cli.map.sector")] = None,
    indicator: Annotated[str | None, typer.Option(help="cli.map.indicator")] = None,
    whole: AllOption = False,
    language: LanguageOption = None,
) -> int:
    """Writes one self-contained map file that opens without a network."""
    from service.map_file import write_map_file
    from service.written_files import spare

    settings = settings_for(language=language)
    words = Words(settings.language)
    spare("--out", out, [settings.store_path()], words)
    with opened(settings) as store:
        empty = write_map_file(snapshot_of(store, whole=whole), out, sector=sector, indicator=indicator, words=words)
    tell_written(out, words, whole=whole)
    if empty:
        complain(empty)
    return EXIT_DONE


@app.command(help="cli.export")
def export(
    what: Annotated[str, typer.Argument(help="cli.export.what", metavar="WHAT")],
    out: OutOption,
    file_format: Annotated[str, typer.Option("--format", help="cli.export.format")],
    whole: AllOption = False,
    language: LanguageOption = None,
) -> int:
    """Writes what the store holds to a file of an open format."""
    from service.exports import writer
    from service.written_files import spare

    write = writer(what, file_format)
    settings = settings_for(language=language)
    words = Words(settings.language)
    spare("--out", out, [settings.store_path()], words)
    with opened(settings) as store:
        content = write(snapshot_of(store, whole=whole), words)
    out.write_bytes(content)
    tell_written(out, words, whole=whole)
    return EXIT_DONE
