# SPDX-License-Identifier: EUPL-1.2
"""Blind sheets for practitioners: our list beside a simple one, and what they made of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data.errors import InvalidValue
from service.errors import EXIT_DONE
from service.messages import Words
from service.terminal import JsonOption, LanguageOption, app, complain, json_text, settings_for

if TYPE_CHECKING:
    from matching.blind_sheets import Verdict


@app.command(help="cli.sheets")
def sheets(
    organisations: Annotated[Path | None, typer.Option("--organisations", help="cli.rank.organisations")] = None,
    participations: Annotated[Path | None, typer.Option("--participations", help="cli.rank.participations")] = None,
    queries: Annotated[int, typer.Option("--queries", help="cli.sheets.queries", min=1, max=500)] = 30,
    k: Annotated[int, typer.Option("--k", help="cli.sheets.k", min=1, max=20)] = 5,
    out: Annotated[Path | None, typer.Option("--out", help="cli.sheets.out")] = None,
    read: Annotated[list[Path] | None, typer.Option("--read", help="cli.sheets.read", metavar="FILE")] = None,
    key: Annotated[Path | None, typer.Option("--key", help="cli.sheets.key", metavar="FILE")] = None,
    as_json: JsonOption = False,
    language: LanguageOption = None,
) -> int:
    """Writes sheets to judge, or reads the judged ones back."""
    words = Words(settings_for(language=language).language)
    if read:
        if key is None:
            raise InvalidValue(field="--key", value="", allowed=words.text("cli.sheets.key-needed"))
        return _tell(read, key, words, as_json=as_json)
    if organisations is None or participations is None or out is None:
        raise InvalidValue(field="--organisations", value="", allowed=words.text("cli.sheets.needed"))
    return _write(organisations, participations, out, queries, k, words)


def _write(organisations: Path, participations: Path, out: Path, queries: int, k: int, words: Words) -> int:
    from data.networks import read_network
    from matching.blind_sheets import make_sheets
    from matching.partner_ranker import PartnerRanker
    from matching.rankers import Nearest
    from service.blind_sheets import key_beside, key_csv, sheets_csv, sheets_html
    from service.written_files import prepared, spare

    beside = key_beside(out)
    for written in (out, beside):
        spare("--out", written, [organisations, participations], words)
    with prepared(out) as write, prepared(beside) as write_key:
        network = read_network(organisations, participations).network
        made = make_sheets(network, PartnerRanker().fit_network(network), Nearest().fit_network(network), queries, k)
        html = out.suffix.lower() in (".html", ".htm")
        write(sheets_html(network, made, words) if html else sheets_csv(network, made, words.language))
        write_key(key_csv(made))
    complain(words.text("cli.sheets.written", count=len(made), file=str(out), key=str(beside)))
    return EXIT_DONE


def _tell(read: list[Path], key: Path, words: Words, *, as_json: bool) -> int:
    from matching.blind_sheets import judge
    from service.blind_sheets import read_filled, read_key

    verdict = judge(read_key(key), [read_filled(path) for path in read])
    if as_json:
        typer.echo(json_text(_numbers(verdict)))
        return EXIT_DONE
    for line in _lines(verdict, words):
        typer.echo(line)
    return EXIT_DONE


def _numbers(verdict: Verdict) -> dict[str, object]:
    import math
    from dataclasses import asdict

    share = {name: None if math.isnan(value) else value for name, value in asdict(verdict.share).items()}
    return {**asdict(verdict), "share": share}


def _lines(verdict: Verdict, words: Words) -> list[str]:
    """What the judges said, in sentences."""
    if not verdict.judgements:
        return [words.text("sheets.none")]
    counts = {"ours": verdict.ours, "other": verdict.other, "equal": verdict.equal}
    said = [words.text("sheets.counts", judges=verdict.judges, judgements=verdict.judgements, **counts)]
    share = verdict.share
    if share.low == share.low:  # not NaN: more than one sheet
        said.append(words.text("sheets.share", share=share.value, low=share.low, high=share.high))
        better = "better" if share.low > 0.5 else "worse" if share.high < 0.5 else "unclear"
        said.append(words.text(f"sheets.verdict.{better}"))
    if verdict.kappa is None:
        said.append(words.text("sheets.no-kappa"))
    else:
        level = "strong" if verdict.kappa >= 0.6 else "fair" if verdict.kappa >= 0.2 else "weak"
        said.append(words.text(f"sheets.kappa.{level}", kappa=verdict.kappa, sheets=verdict.in_common))
    return said
