# SPDX-License-Identifier: EUPL-1.2
"""Ranking on anybody's network: two files in, suggested partners out. Nothing touches the store."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.errors import EXIT_DONE, EXIT_REJECTED
from service.messages import Words
from service.terminal import LanguageOption, OutOption, app, complain, settings_for

if TYPE_CHECKING:
    from data.networks import Reading
    from matching.partner_ranker import PartnerRanker, Ranked

REJECTIONS_SHOWN = 20
BLOCK = 256


@app.command(help="cli.rank")
def rank(
    organisations: Annotated[Path, typer.Option("--organisations", help="cli.rank.organisations")],
    participations: Annotated[Path, typer.Option("--participations", help="cli.rank.participations")],
    queries: Annotated[Path, typer.Option("--queries", help="cli.rank.queries")],
    out: OutOption,
    candidates: Annotated[Path | None, typer.Option("--candidates", help="cli.rank.candidates")] = None,
    k: Annotated[int, typer.Option("--k", help="cli.rank.k", min=1, max=10_000)] = 100,
    language: LanguageOption = None,
) -> int:
    """Suggests new partners in a network given by two files, learned from these files alone."""
    from data.networks import read_ids, read_network
    from service.written_files import spare

    words = Words(settings_for(language=language).language)
    given = [organisations, participations, queries, *([candidates] if candidates else [])]
    spare("--out", out, given, words)
    reading = read_network(organisations, participations)
    known = reading.network.row_of
    asked, allowed = read_ids(queries), read_ids(candidates) if candidates else None
    strangers = [key for key in asked if key not in known]
    wanted = [key for key in asked if key in known]
    _tell(reading, words)
    if strangers:
        complain(words.text("cli.rank.unknown-queries", count=len(strangers), first=", ".join(strangers[:3])[:200]))
    missing = [key for key in allowed or () if key not in known]
    if missing:
        complain(words.text("cli.rank.unknown-candidates", count=len(missing), first=", ".join(missing[:3])[:200]))
    from matching.partner_ranker import PartnerRanker

    complain(words.text("cli.rank.learning", organisations=len(known), participations=len(reading.network.link_org)))
    ranker = PartnerRanker().fit_network(reading.network)
    rows = _write(out, _recommended(ranker, wanted, k, allowed, words))
    complain(words.text("cli.rank.written", file=str(out), rows=rows, queries=len(wanted)))
    return EXIT_REJECTED if reading.refused or strangers else EXIT_DONE


def _recommended(
    ranker: PartnerRanker, wanted: Sequence[str], k: int, allowed: Sequence[str] | None, words: Words
) -> Iterator[Ranked]:
    """Suggestions, some organisations at a time, counted before the eyes of who waits at a terminal."""
    for start in range(0, len(wanted), BLOCK):
        yield from ranker.recommend(wanted[start : start + BLOCK], k, allowed)
        if sys.stderr.isatty() and len(wanted) > BLOCK:
            complain(words.text("cli.rank.done", done=min(start + BLOCK, len(wanted)), whole=len(wanted)))


def _write(out: Path, found: Iterator[Ranked]) -> int:
    """Rows written. The file stands under its name only when it is whole; ids are written as they were given."""
    part = out.with_name(out.name + ".part")
    rows = 0
    try:
        with part.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(("query", "candidate", "score"))
            for each in found:
                writer.writerows((each.query, *pair) for pair in zip(each.candidates, each.scores, strict=True))
                rows += len(each.candidates)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return rows


def _tell(reading: Reading, words: Words) -> None:
    """What was left aside while reading."""
    for row in reading.refused[:REJECTIONS_SHOWN]:
        reason = words.render(row.reason)
        complain(words.text("cli.rejected-row", file=row.file, line=row.line, field=row.field, reason=reason))
    if len(reading.refused) > REJECTIONS_SHOWN:
        complain(words.text("cli.rejected-more", rows=len(reading.refused) - REJECTIONS_SHOWN))
    for name, count in sorted(reading.unreadable.items()):
        complain(words.text("cli.rank.unreadable", column=name, count=count))
    if reading.strangers:
        complain(words.text("cli.rank.strangers", count=reading.strangers))
