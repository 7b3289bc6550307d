# SPDX-License-Identifier: EUPL-1.2
"""Everybody's partners at once: a file of suggestions for a whole list, worked by several processes or a cluster."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from data.errors import InvalidValue, LandError, UnknownOrganisation
from service.errors import EXIT_DONE, EXIT_FAILED, EXIT_REJECTED
from service.messages import Words
from service.terminal import AllOption, LanguageOption, OutOption, app, complain, opened, settings_for, tell_written

if TYPE_CHECKING:
    from datetime import date

    from data.store import Store
    from matching.batch import OpenWorkers, Work
    from matching.batch_parts import Parts, Plan
    from service.snapshot import Snapshot

STRANGERS_SHOWN: Final = 3


class ClusterNotInstalled(LandError):
    """An address of a cluster is given, but the extra `cluster` is not installed (params: none)."""

    key = "error.cluster-not-installed"


@app.command(help="cli.rank-all")
def rank_all(
    kind: Annotated[str, typer.Option("--kind", help="cli.recommend.kind")],
    out: OutOption,
    organisations: Annotated[Path | None, typer.Option("--organisations", help="cli.rank-all.organisations")] = None,
    limit: Annotated[int, typer.Option("--limit", help="cli.rank-all.limit", min=1, max=500)] = 20,
    workers: Annotated[int | None, typer.Option("--workers", help="cli.rank-all.workers", min=1, max=256)] = None,
    scheduler: Annotated[str, typer.Option("--scheduler", help="cli.rank-all.scheduler", metavar="ADDRESS")] = "",
    part: Annotated[int, typer.Option("--part", help="cli.rank-all.part", min=1, max=4096)] = 256,
    everything: AllOption = False,
    language: LanguageOption = None,
) -> int:
    """Everybody's partners for one kind, in parts that a run which was cut short takes up again."""
    from matching.batch import header, run
    from matching.batch_parts import Parts
    from matching.kinds import partnership
    from service.written_files import spare

    settings = settings_for(language=language)
    words = Words(settings.language)
    partnership(kind)
    form = _form(out)
    spare("--out", out, [organisations, settings.store_path()], words)
    if out.is_dir():
        raise IsADirectoryError(errno.EISDIR, "", str(out))
    work_on = _workers(workers, scheduler, words)
    asked = _Asked(kind, limit, form, part, everything, _wanted(organisations))
    with opened(settings) as store:
        work, plan, strangers = _planned(store, asked, out)
    if strangers:
        first = ", ".join(strangers[:STRANGERS_SHOWN])[:200]
        complain(words.text("cli.rank-all.strangers", count=len(strangers), first=first))
    with closing(Parts(out, plan)) as parts:
        _tell_before(parts, words)
        try:
            with _shown(work.parts, words) as told:
                run(work, parts, work_on(work.parts), told)
            parts.join(header(work))
        except KeyboardInterrupt:
            complain(words.text("cli.rank-all.stopped", done=parts.done, parts=work.parts))
            return EXIT_FAILED
        found = {"rows": parts.suggestions, "answered": parts.answered, "asked": len(work.askers)}
    complain(words.text("cli.rank-all.done", **found))
    tell_written(out, words, whole=everything)
    return EXIT_REJECTED if strangers else EXIT_DONE


def _form(out: Path) -> str:
    """The form of the rows, by the ending of the file."""
    from matching.batch import FORMS

    form = out.suffix.lower().removeprefix(".")
    if form not in FORMS:
        raise InvalidValue(field="--out", value=out.name, allowed=", ".join(f".{each}" for each in FORMS))
    return form


def _workers(workers: int | None, scheduler: str, words: Words) -> Callable[[int], OpenWorkers]:
    """Who will work, by the number of parts; all processors of this machine unless told otherwise."""
    if not scheduler:
        from matching.batch_workers import on_this_machine, processors

        return lambda parts: on_this_machine(workers or processors(), parts)
    if workers is not None:
        raise InvalidValue(field="--workers", value=str(workers), allowed=words.text("cli.rank-all.not-both"))
    from importlib.util import find_spec

    if find_spec("distributed") is None:
        raise ClusterNotInstalled
    from matching.batch_cluster import cluster

    return lambda _parts: cluster(scheduler)


# --- what is asked --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the line asks for, the day apart."""

    kind: str
    limit: int
    form: str
    part: int
    whole: bool
    wanted: list[str] | None

    def work(self, store: Store, day: date) -> tuple[Work, Plan, list[str]]:
        """The work as of a day, its plan, and the organisations asked for that are not known."""
        import numpy as np

        from data.model import Audience
        from matching.batch import Work
        from matching.batch_parts import Plan
        from service.snapshot import build_snapshot

        snapshot = build_snapshot(store, Audience.OPERATOR if self.whole else Audience.PUBLIC, day)
        rows, strangers = _rows(store, snapshot, self.wanted)
        askers = np.array(rows, dtype=np.int64)
        work = Work(snapshot.index, self.kind, askers, self.limit, day, self.form, self.part)
        return work, Plan.of(work, snapshot.version, whole=self.whole), strangers


def _planned(store: Store, asked: _Asked, out: Path) -> tuple[Work, Plan, list[str]]:
    """The work as of the day of the run that it takes up again, where there is one; else as of today."""
    from datetime import date

    from matching.batch_parts import plan_in
    from service.snapshot import today

    begun = plan_in(out)
    if begun is not None and begun.version == store.version() and begun.day != today().isoformat():
        found = asked.work(store, date.fromisoformat(begun.day))
        if found[1] == begun:
            return found
    return asked.work(store, today())


def _wanted(organisations: Path | None) -> list[str] | None:
    from data.networks import read_ids

    return read_ids(organisations) if organisations is not None else None


def _rows(store: Store, snapshot: Snapshot, wanted: list[str] | None) -> tuple[list[int], list[str]]:
    """Rows of the index, ascending, and what names none of its organisations; everybody when nobody is named.

    Any identifier that the store knows will do, also one that the public does not read.
    """
    if wanted is None:
        return list(range(len(snapshot.organisations))), []
    rows, strangers = set(), []
    for text in wanted:
        try:
            rows.add(snapshot.index.row(text if text in snapshot.position else store.resolve(text)))
        except UnknownOrganisation:
            strangers.append(text)
    return sorted(rows), strangers


# --- what is said ---------------------------------------------------------------------------------------------


def _tell_before(parts: Parts, words: Words) -> None:
    """Whether a run that was cut short goes on, or cannot."""
    from datetime import date

    if parts.resumed:
        day = date.fromisoformat(parts.plan.day)
        complain(words.text("cli.rank-all.resumed", done=parts.resumed, parts=parts.plan.parts, day=day))
    elif parts.begun_anew is not None:
        changed = parts.begun_anew.version != parts.plan.version
        complain(words.text("cli.rank-all.anew-store" if changed else "cli.rank-all.anew-question"))


@contextmanager
def _shown(parts: int, words: Words) -> Iterator[Callable[[int], None]]:
    """A bar with the time that is left, for who waits at a terminal."""
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    shown = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*shown, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(words.text("cli.rank-all.parts"), total=parts)
        yield lambda done: bar.update(task, completed=done)
