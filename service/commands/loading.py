# SPDX-License-Identifier: EUPL-1.2
"""Bringing official and own files into the store, and what the sources are."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from service.commands.duplicates import tell_waiting
from service.commands.infer import infer_after
from service.errors import EXIT_DONE, EXIT_REJECTED
from service.messages import Words, has
from service.terminal import (
    JsonOption,
    LanguageOption,
    app,
    complain,
    json_text,
    opened,
    settings_for,
)

if TYPE_CHECKING:
    from data.records import Outcome, Rejected, Source
    from data.store import LoadReport
    from service.settings import Settings

REJECTIONS_SHOWN: Final = 10


@app.command(help="cli.load")
def load(
    source: Annotated[str, typer.Argument(help="cli.load.source", metavar="SOURCE")],
    paths: Annotated[list[Path], typer.Argument(help="cli.load.paths", metavar="PATH")],
    columns: Annotated[str, typer.Option(help="cli.load.columns", metavar="NAME|FILE")] = "",
    save_columns: Annotated[str, typer.Option(help="cli.load.save-columns", metavar="NAME")] = "",
    complete: Annotated[bool, typer.Option("--complete", help="cli.load.complete")] = False,
    report: Annotated[Path | None, typer.Option(help="cli.load.report")] = None,
    as_json: JsonOption = False,
    language: LanguageOption = None,
) -> int:
    """Imports the files of one source: all of it or nothing, with an account of every row."""
    from data.records import ReadOptions
    from data.sources import source as source_named
    from service.commands.membership import columns_of, name_to_save
    from service.written_files import prepared, spare

    settings = settings_for(language=language)
    words = Words(settings.language)
    wanted = source_named(source)
    if report is not None:
        spare("--report", report, [*paths, Path(columns) if columns else None, settings.store_path()], words)
    with prepared(report) as write, opened(settings) as store:
        options = ReadOptions(columns=columns_of(store, columns))
        saved = name_to_save(save_columns, columns)
        done = store.load(_with_progress(wanted, words), paths, options, complete=complete)
        if saved:
            store.save_columns(saved, source, options.columns)
            complain(words.text("cli.columns.saved", name=saved))
        write(report_text(done, words))
        infer_after(store, done, words)
        code = _account(done, words, as_json=as_json)
        if not as_json:
            tell_waiting(store, done, words)
    return code


def load_files(source: str, paths: Sequence[Path], settings: Settings, words: Words, *, as_json: bool) -> int:
    """Imports files that lie ready, tells the account and returns the exit code."""
    from data.sources import source as source_named

    with opened(settings) as store:
        done = store.load(_with_progress(source_named(source), words), paths)
        infer_after(store, done, words)
        code = _account(done, words, as_json=as_json)
        if not as_json:
            tell_waiting(store, done, words)
    return code


def _account(done: LoadReport, words: Words, *, as_json: bool) -> int:
    if as_json:
        typer.echo(json_text(done.counts()))
    else:
        _tell_load(done, words)
    return EXIT_REJECTED if done.rejected else EXIT_DONE


def _with_progress(source: Source, words: Words) -> Source:
    """The source, its rows counted before the eyes of who waits at a terminal."""
    if not sys.stderr.isatty():
        return source
    from data.records import Source

    def counted(paths: Sequence[Path], options: Any) -> Iterator[Outcome]:
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        shown = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*shown, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(words.text("cli.rows-read", rows=0))
            for count, row in enumerate(source.read(paths, options), start=1):
                if count % 500 == 0:
                    progress.update(task, description=words.text("cli.rows-read", rows=count))
                yield row
            progress.update(task, description=words.text("cli.writing"))

    return Source(source.info, counted)


def report_text(done: LoadReport, words: Words) -> str:
    """A CSV with one row per rejected row: file, line, field, value, reason in words."""
    from service.exports import csv_text

    header = ("file", "line", "field", "value", "reason")
    rows = ((row.file, row.line, _column(row, words), row.value, words.render(row.reason)) for row in done.rejections)
    return csv_text(header, rows)


def _column(row: Rejected, words: Words) -> str:
    """The column of a rejected row as its file calls it, else what it holds, in words."""
    if row.heading:
        return row.heading
    named = (key for key in (f"panel.cell.{row.field}", f"org.field.{row.field}") if has(key))
    return next((words.text(key) for key in named), row.field)


def _tell_load(done: LoadReport, words: Words) -> None:
    typer.echo(words.text("cli.loaded", **done.counts()))
    for notice in done.notices:
        typer.echo(words.render(notice))
    for row in done.rejections[:REJECTIONS_SHOWN]:
        reason = words.render(row.reason)
        complain(words.text("cli.rejected-row", file=row.file, line=row.line, field=_column(row, words), reason=reason))
    if len(done.rejections) > REJECTIONS_SHOWN:
        complain(words.text("cli.rejected-more", rows=len(done.rejections) - REJECTIONS_SHOWN))


@app.command(help="cli.sources")
def sources(as_json: JsonOption = False, language: LanguageOption = None) -> int:
    """Lists every source: publisher, licence, address, format, when ours was loaded and how old its data are."""
    from data.model import Evidence
    from service.source_list import list_sources
    from service.source_notes import age_of_data, years_by_source

    settings = settings_for(language=language)
    words = Words(settings.language)
    with opened(settings) as store:
        loads = store.loads()
        years = years_by_source(store.figures())
    entries = list_sources(loads, words.language)
    ages = {done.source: done for done in loads}
    if as_json:
        typer.echo(json_text([entry.model_dump(mode="json") for entry in entries]))
        return EXIT_DONE
    for entry in entries:
        typer.echo(f"{entry.name}: {entry.title}")
        typer.echo("  " + " · ".join(part for part in (entry.publisher, entry.licence, entry.address) if part))
        when = entry.loaded.finished[:10] if entry.loaded else words.text("cli.never-loaded")
        line = words.text("cli.source-line", formats=" ".join(entry.formats), when=when)
        official = entry.loaded and entry.evidence is Evidence.OFFICIAL
        age = age_of_data(ages.get(entry.name), words, years.get(entry.name, ())) if official else ""
        typer.echo("  " + line + (f"; {age}" if age else ""))
    return EXIT_DONE
