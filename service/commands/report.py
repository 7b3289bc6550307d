# SPDX-License-Identifier: EUPL-1.2
"""The report of a year under the regional law on cooperation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.errors import EXIT_DONE
from service.messages import Words
from service.terminal import (
    JsonOption,
    LanguageOption,
    app,
    json_text,
    opened,
    settings_for,
    snapshot_of,
    tell_written,
)

if TYPE_CHECKING:
    from service.report import Report


@app.command(help="report.cli")
def report(
    year: Annotated[int | None, typer.Option("--year", help="report.cli.year", min=2000, max=2100)] = None,
    out: Annotated[Path | None, typer.Option("--out", help="report.cli.out")] = None,
    as_json: JsonOption = False,
    language: LanguageOption = None,
) -> int:
    """Counts what was noted in a year; it is the operator's and holds what the public may not read."""
    from service.report import report_csv, report_data, report_of
    from service.written_files import spare

    settings = settings_for(language=language)
    words = Words(settings.language)
    if out is not None:
        spare("--out", out, [settings.store_path()], words)
    with opened(settings) as store:
        snapshot = snapshot_of(store, whole=True)
        found = report_of(snapshot, year or snapshot.today.year)
    if out is not None:
        out.write_bytes(report_csv(found, words).encode("utf-8"))
        tell_written(out, words, whole=True)
    if as_json:
        typer.echo(json_text(report_data(found)))
    elif out is None:
        _print(found, words)
    return EXIT_DONE


def _print(found: Report, words: Words) -> None:
    """The totals, then each province and objective for which something was noted."""
    from service.report import row_name

    typer.echo(words.text("report.heading", year=found.year))
    cuts = (("total", (found.total,)), ("province", found.by_province), ("objective", found.by_objective))
    for cut, rows in cuts:
        for row in rows:
            counts = {measure: n for measure, n in row.counts.items() if n or cut == "total"}
            if counts:
                typer.echo(row_name(cut, row.name, words))
            for measure, n in counts.items():
                typer.echo(words.text("report.cli.figure", name=words.text(f"report.measure.{measure}"), n=n))
