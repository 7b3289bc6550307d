# SPDX-License-Identifier: EUPL-1.2
"""How good the suggestions are on anybody's network: ours beside the simple ways, with what the figures do not say."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data.errors import InvalidValue
from service.errors import EXIT_DONE, EXIT_REJECTED
from service.messages import Words
from service.terminal import JsonOption, LanguageOption, app, complain, json_text, opened, settings_for

if TYPE_CHECKING:
    from data.networks import Flags, Network
    from matching.evaluation_table import Table
    from matching.link_kinds import Links
    from matching.rankers import Maker


@app.command(help="cli.evaluate")
def evaluate(
    organisations: Annotated[Path | None, typer.Option("--organisations", help="cli.rank.organisations")] = None,
    participations: Annotated[Path | None, typer.Option("--participations", help="cli.rank.participations")] = None,
    generated: Annotated[str, typer.Option("--generated", help="cli.evaluate.generated", metavar="KIND")] = "",
    stored: Annotated[bool, typer.Option("--store", help="cli.evaluate.store")] = False,
    kind: Annotated[str, typer.Option("--kind", help="cli.evaluate.kind")] = "aggregation",
    asked_by: Annotated[str, typer.Option("--asked-by", help="cli.evaluate.asked-by", metavar="KIND")] = "",
    size: Annotated[int, typer.Option("--size", help="cli.evaluate.size", min=50, max=100_000)] = 2000,
    links: Annotated[str, typer.Option("--links", help="cli.evaluate.links")] = "together",
    ranker: Annotated[list[str] | None, typer.Option("--ranker", help="cli.evaluate.ranker")] = None,
    ablations: Annotated[bool, typer.Option("--ablations", help="cli.evaluate.ablations")] = False,
    queries: Annotated[int, typer.Option("--queries", help="cli.evaluate.queries", min=1, max=100_000)] = 300,
    last: Annotated[bool, typer.Option("--last", help="cli.evaluate.last")] = False,
    keep: Annotated[Path | None, typer.Option("--keep", help="cli.evaluate.keep", metavar="FILE")] = None,
    name: Annotated[str, typer.Option("--name", help="cli.evaluate.name")] = "",
    as_json: JsonOption = False,
    language: LanguageOption = None,
) -> int:
    """Measures our suggestions and the simple ones on a network given by two files, or on an invented one."""
    from matching.evaluate import Plan
    from matching.evaluation_table import evaluate as measured
    from matching.link_kinds import Links

    words = Words(settings_for(language=language).language)
    way = _one_of("--links", links, [each.value for each in Links])
    if keep is not None and not name:
        raise InvalidValue(field="--name", value=name, allowed=words.text("cli.evaluate.name-needed"))
    left_out, more = False, _More()
    if stored:
        network, makers, more = _of_store(kind, asked_by, language)
    else:
        network, makers, left_out = _network(organisations, participations, generated, size, words)
    chosen = {each: makers[_one_of("--ranker", each, list(makers))] for each in ranker or makers}
    with _told(None if ablations else len(chosen) + 1, words) as told:
        table = measured(
            network,
            chosen,
            Plan(queries=queries, last=last),
            links=more.links or Links(way),
            sides=more.sides,
            beside=more.beside,
            ablations=ablations,
            told=told,
        )
    if keep is not None:
        _keep(keep, name, table)
    if as_json:
        typer.echo(json_text(table.as_json()))
    else:
        from service.evaluation_words import lines_of

        for line in lines_of(table, words):
            typer.echo(line)
    return EXIT_REJECTED if left_out else EXIT_DONE


@dataclass(frozen=True, slots=True)
class _More:
    """What the lists of the pages need besides a network: which links, who asks and answers, whom to compare."""

    links: Links | None = None
    sides: tuple[Flags, Flags] | None = None
    beside: tuple[tuple[str, str], ...] = ()


def _of_store(kind: str, asked_by: str, language: str | None) -> tuple[Network, Mapping[str, Maker], _More]:
    """The store's own history for one kind of partnership, the lists of the pages and the simple ways."""
    from data.model import OrganisationKind
    from matching.kinds import partnership
    from matching.link_kinds import Links
    from matching.product_ranker import EXPERT, LEARNED, exam_past, page_makers, sides_of
    from matching.rankers import BASELINES
    from service.snapshot import today
    from service.training import public_facts

    entry = partnership(kind)
    allowed = [each.value for each in entry.partners]
    asking = OrganisationKind(_one_of("--asked-by", asked_by, allowed)) if asked_by else None
    with opened(settings_for(language=language)) as store:
        past = exam_past(public_facts(store, today()), entry)
    links = Links.BUYER_WINNER if entry.public else Links.TOGETHER
    more = _More(links, sides_of(past, asking), ((LEARNED, EXPERT),))
    return past.network, {**page_makers(past, today()), **BASELINES}, more


def _network(
    organisations: Path | None, participations: Path | None, generated: str, size: int, words: Words
) -> tuple[Network, Mapping[str, Maker], bool]:
    """The network of two files or an invented one, the rankers that can be put to it, whether rows were refused."""
    from matching.evaluation_table import makers

    if generated:
        from matching.generated import generate
        from matching.generated_recipes import RECIPES

        made = generate(_one_of("--generated", generated, list(RECIPES)), size)
        return made.network, {**makers(), made.oracle.name: lambda: made.oracle}, False
    if organisations is None or participations is None:
        raise InvalidValue(field="--organisations", value="", allowed=words.text("cli.evaluate.two-files"))
    from data.networks import read_network

    reading = read_network(organisations, participations)
    if reading.refused or reading.strangers:
        complain(words.text("cli.evaluate.left-out", refused=len(reading.refused), strangers=reading.strangers))
    return reading.network, makers(), bool(reading.refused)


def _one_of(option: str, given: str, allowed: list[str]) -> str:
    if given not in allowed:
        raise InvalidValue(field=option, value=given, allowed=", ".join(allowed))
    return given


@contextmanager
def _told(steps: int | None, words: Words) -> Iterator[Callable[[str], None]]:
    """Says who is measured now, with a bar at a terminal and a line each elsewhere; `steps` None: nobody knows yet."""
    if not sys.stderr.isatty():
        yield lambda step: complain(words.text("cli.evaluate.step", step=_step(step, words)))
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    shown = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*shown, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=steps, completed=-1)
        yield lambda step: bar.update(task, advance=1, description=_step(step, words))


def _step(step: str, words: Words) -> str:
    from service.evaluation_words import ranker_name

    return words.text("evaluate.questions") if step == "questions" else ranker_name(step, words)


def _keep(path: Path, name: str, table: Table) -> None:
    """Adds the table to a file of figures, with today's date, in the place of one of the same name."""
    from matching.quality import kept_text, read_kept, with_table
    from service.snapshot import today

    before = read_kept(path.read_text("utf-8")) if path.exists() else ()
    path.write_text(kept_text(with_table(before, name, today(), table)), "utf-8")
