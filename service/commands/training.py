# SPDX-License-Identifier: EUPL-1.2
"""Weights of the signs: learned from the store's own history, shown beside ours, forgotten."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from service.errors import EXIT_DONE
from service.messages import Words
from service.terminal import JsonOption, LanguageOption, app, complain, json_text, opened, settings_for

KindOption = Annotated[list[str] | None, typer.Option("--kind", help="cli.train.kind")]


@app.command(help="cli.train")
def train(
    kind: KindOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="cli.train.dry-run")] = False,
    even_if_worse: Annotated[bool, typer.Option("--even-if-worse", help="cli.train.even-if-worse")] = False,
    as_json: JsonOption = False,
    language: LanguageOption = None,
) -> int:
    """Learns how much each sign weighs from who really met whom, and keeps the weights that win."""
    from service import training
    from service.snapshot import today

    settings = settings_for(language=language)
    words = Words(settings.language)
    kinds = _kinds(kind)
    with opened(settings) as store, _told(words) as told:
        found = training.train(store, kinds, today(), keep=not dry_run, even_if_worse=even_if_worse, told=told)
    if as_json:
        typer.echo(json_text([training.learnt_json(each, kept=not dry_run) for each in found]))
        return EXIT_DONE
    for each in found:
        for line in training.learnt_lines(each, words, kept=not dry_run):
            typer.echo(line)
    return EXIT_DONE


@app.command(help="cli.weights")
def weights(
    kind: KindOption = None,
    forget: Annotated[bool, typer.Option("--forget", help="cli.weights.forget")] = False,
    as_json: JsonOption = False,
    language: LanguageOption = None,
) -> int:
    """Shows the weights we chose and the learned ones beside each other, or forgets the learned ones."""
    from matching.learned_weights import kept_weights
    from service.training import weight_lines, weights_json

    settings = settings_for(language=language)
    words = Words(settings.language)
    kinds = _kinds(kind)
    with opened(settings) as store:
        gone = store.forget_weights(kinds) if forget else ()
        kept = {each.kind: each for each in kept_weights(store.learned_weights())}
    if forget:
        complain(words.text("training.forgotten", count=len(gone)))
    if as_json:
        typer.echo(json_text([weights_json(name, kept.get(name)) for name in kinds]))
        return EXIT_DONE
    for place, name in enumerate(kinds):
        if place:
            typer.echo("")
        for line in weight_lines(name, kept.get(name), words):
            typer.echo(line)
    return EXIT_DONE


def _kinds(given: list[str] | None) -> list[str]:
    """The kinds asked for, each once, all without any. Raises UnknownKind."""
    from matching.kinds import PARTNERSHIPS, partnership

    return list(dict.fromkeys(partnership(name).name for name in given or PARTNERSHIPS))


@contextmanager
def _told(words: Words) -> Iterator[Callable[[str, int, int], None]]:
    """A bar of the steps of each kind at a terminal, a line per kind elsewhere."""
    if not sys.stderr.isatty():
        yield lambda name, done, _whole: None if done else complain(_learning(name, words))
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    shown = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*shown, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def step(name: str, done: int, whole: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(_learning(name, words), total=max(whole, 1))
            bar.update(tasks[name], completed=done)

        yield step


def _learning(name: str, words: Words) -> str:
    return words.text("training.step", kind=words.text(f"partnership.{name}"))
