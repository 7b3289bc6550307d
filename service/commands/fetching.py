# SPDX-License-Identifier: EUPL-1.2
"""Downloading the official file of a source, then loading it: the only command that asks the network for anything."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data.errors import InvalidValue, NothingToFetch
from service.commands.loading import load_files
from service.errors import EXIT_DONE
from service.messages import Words
from service.terminal import JsonOption, LanguageOption, app, complain, json_text, settings_for

if TYPE_CHECKING:
    from data.fetching import Fetched, Progress
    from data.lazio.downloads import Download, Publication


@app.command(help="cli.fetch")
def fetch(
    source: Annotated[str, typer.Argument(help="cli.load.source", metavar="SOURCE")],
    year: Annotated[int | None, typer.Option(help="cli.fetch.year")] = None,
    only_download: Annotated[bool, typer.Option("--only-download", help="cli.fetch.only-download")] = False,
    as_json: JsonOption = False,
    language: LanguageOption = None,
) -> int:
    """Downloads the official file of a source into the cache folder, resumed where it broke off, then loads it."""
    from data.sources import source as source_named

    settings = settings_for(language=language)
    words = Words(settings.language)
    name = source_named(source).info.name
    files = _downloads(name, year)
    paths = [found.path for found in _fetch_all(files, Path(settings.cache).expanduser() / name, words)]
    if only_download:
        if as_json:
            typer.echo(json_text({"source": name, "files": [str(path) for path in paths]}))
        return EXIT_DONE
    return load_files(name, paths, settings, words, as_json=as_json)


def _downloads(source: str, year: int | None) -> tuple[Download, ...]:
    """The files of a source. Raises NothingToFetch with the page where a person finds them, InvalidValue for a year."""
    from data.lazio.downloads import publications

    published = publications().get(source)
    if published is None or not published.addresses:
        raise NothingToFetch(source=source, page=published.page if published else "")
    if year is not None and year not in published.years:
        raise InvalidValue(field="--year", value=str(year), allowed=_years(published))
    return published.downloads(year)


def _years(published: Publication) -> str:
    return ", ".join(map(str, published.years))


def _fetch_all(files: Sequence[Download], folder: Path, words: Words) -> list[Fetched]:
    from data.fetching import fetch as fetch_file
    from data.lazio.downloads import publications

    found = []
    for file in files:
        complain(words.text("cli.fetch.asking", address=file.address))
        try:
            with _shown(file, words) as progress:
                found.append(fetch_file(file, folder, progress=progress))
        finally:
            if len(found) < len(files) and sys.exc_info()[0] is not None:
                complain(words.text("cli.fetch.by-hand", page=publications()[file.source].page, source=file.source))
        done = found[-1]
        key = "cli.fetch.fetched" if done.fresh else "cli.fetch.unchanged"
        complain(words.text(key, file=str(done.path), size=round(done.size / 1e6, 1), sha256=done.sha256))
    return found


@contextmanager
def _shown(file: Download, words: Words) -> Iterator[Progress | None]:
    """A bar of what has come, before the eyes of who waits at a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    shown = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*shown, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(words.text("cli.fetch.task", file=file.name), total=None)
        yield lambda have, whole: bar.update(task, completed=have, total=whole)
