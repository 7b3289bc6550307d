# SPDX-License-Identifier: EUPL-1.2
"""Everybody's partners for one kind: those who ask are cut into parts, and any `Executor` works the parts.

A part depends on the work alone, never on who does it: one process, many, or a cluster write the same bytes.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields, replace
from datetime import date
from itertools import islice
from typing import Final, Protocol

import numpy as np
import scipy.sparse as sp

from data.errors import LandError
from matching.candidates import NO_FILTERS
from matching.columns import Ints
from matching.graph import PartnerIndex
from matching.kinds import Partnership, partnership
from matching.recommend import not_for
from matching.scoring import PRECISION
from matching.shortlist import top

FORMS: Final = ("csv", "jsonl")
PART_SIZE: Final = 256  # organisations
MOST_STALLED: Final = 3  # times that workers may die one after the other without a part done


class BatchStopped(LandError):
    """The workers were lost and no part gets done any more; the parts done are kept (params: done, parts)."""

    key = "error.batch-stopped"


@dataclass(frozen=True)
class Work:
    """All that a worker needs, handed over once: the index, a kind's name, rows of those who ask (ascending), the most
    suggestions for each, the day, the form of the rows ("csv", "jsonl") and how many organisations make a part."""

    index: PartnerIndex
    kind: str
    askers: Ints
    limit: int
    day: date
    form: str = FORMS[0]
    part_size: int = PART_SIZE

    @property
    def parts(self) -> int:
        """How many parts there are."""
        return -(-len(self.askers) // self.part_size)

    def rows_of(self, number: int) -> Ints:
        """Rows of those who ask in one part."""
        return self.askers[number * self.part_size : (number + 1) * self.part_size]


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one part as they are written (UTF-8), how many, and how many organisations got at least one."""

    number: int
    content: bytes
    suggestions: int
    answered: int


# --- one part -------------------------------------------------------------------------------------------------


def signs_of(kind: Partnership) -> tuple[str, ...]:
    """Names of the signs, in the order of the columns."""
    return tuple(kind.weights)


def header(work: Work) -> bytes:
    """What stands before the first part."""
    if work.form != "csv":
        return b""
    names = ("organisation", "partner", "place", "score", *signs_of(partnership(work.kind)))
    return (",".join(names) + "\n").encode()


def part_of(work: Work, number: int) -> Part:
    """The suggestions of one part: by organisation in the order of ids, best first, each with what every sign adds."""
    kind, target = partnership(work.kind), io.StringIO()
    write = _csv_row(target) if work.form == "csv" else _json_row(target, signs_of(kind))
    suggestions = answered = 0
    for asker in work.rows_of(number):
        own = work.index.organisations[asker].id
        place = 0
        for place, (row, score, contributions) in enumerate(_partners(work, int(asker), kind), start=1):
            write(own, work.index.organisations[row].id, place, score, contributions)
        suggestions += place
        answered += place > 0
    return Part(number, target.getvalue().encode(), suggestions, answered)


def _partners(work: Work, asker: int, kind: Partnership) -> list[tuple[int, float, list[float]]]:
    """Row, score and contributions of the best partners, as `recommend` would name them; none for who may not ask."""
    if not_for(work.index, asker, kind) is not None:
        return []
    found = top(work.index, asker, kind, work.limit, NO_FILTERS, work.day)
    best = found.suggested
    contributions = found.scores.contributions[:, best].T + 0.0  # no negative zero
    scores = np.round(found.scores.total[best], PRECISION) + 0.0
    return list(zip(found.question.rows[best].tolist(), scores.tolist(), contributions.tolist(), strict=True))


class _Write(Protocol):
    def __call__(self, own: str, partner: str, place: int, score: float, contributions: Sequence[float]) -> None: ...


def _csv_row(target: io.StringIO) -> _Write:
    writer = csv.writer(target, lineterminator="\n")

    def write(own: str, partner: str, place: int, score: float, contributions: Sequence[float]) -> None:
        writer.writerow((own, partner, place, score, *contributions))

    return write


def _json_row(target: io.StringIO, signs: Sequence[str]) -> _Write:
    def write(own: str, partner: str, place: int, score: float, contributions: Sequence[float]) -> None:
        said = {sign: value for sign, value in zip(signs, contributions, strict=True) if value}
        row = {"organisation": own, "partner": partner, "place": place, "score": score, "contributions": said}
        target.write(json.dumps(row, ensure_ascii=False) + "\n")

    return write


# --- what a worker holds --------------------------------------------------------------------------------------

_HELD: dict[str, Work] = {}


def hold(token: str, work: Work) -> None:
    """Keeps the work in this process under a name: parts are then asked for by number alone."""
    _HELD[token] = work


def let_go(token: str) -> None:
    """Forgets the work of this name."""
    _HELD.pop(token, None)


def held_part(token: str, number: int) -> Part:
    """One part of the work that this process holds under a name."""
    return part_of(_HELD[token], number)


def portable(index: PartnerIndex) -> PartnerIndex:
    """The same index with nothing in it that cannot be sent to another process (read-only views of provenance)."""
    bodies = tuple(replace(body, provenance=dict(body.provenance)) for body in index.organisations)
    return replace(index, organisations=bodies)


def fingerprint(work: Work) -> str:
    """What the work rests on, in 64 signs: equal for the same bodies, arrays, weights and askers (SHA-256)."""
    kind, found = partnership(work.kind), digest_of(work.index)
    weights = sorted(work.index.weights_of(kind).items())
    said = [kind.name, weights, sorted(kind.recall.items()), kind.least, kind.untold]
    found.update(json.dumps(said).encode())
    found.update(work.askers.astype(np.int64).tobytes())
    return found.hexdigest()


def digest_of(index: PartnerIndex) -> hashlib._Hash:
    """SHA-256 of what an index holds, still open to more: ids of the bodies and every array."""
    found = hashlib.sha256()
    for body in index.organisations:
        found.update(body.id.encode() + b"\n")
    for table in (index, index.columns, index.links):
        for each in fields(table):
            value = getattr(table, each.name)
            for array in (value.data, value.indices, value.indptr) if isinstance(value, sp.csr_array) else (value,):
                if isinstance(array, np.ndarray):
                    found.update(f"{each.name} {array.dtype} {array.shape}".encode())
                    found.update(np.ascontiguousarray(array).tobytes())
    return found


# --- all parts ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Workers:
    """Who works: an executor whose processes hold the work under `token`, and how many parts they do at once."""

    executor: Executor
    token: str
    width: int


OpenWorkers = Callable[[Work], AbstractContextManager[Workers]]


class Keeper(Protocol):
    """Where finished parts go."""

    @property
    def done(self) -> int:
        """How many parts are kept."""
        ...

    @property
    def missing(self) -> Sequence[int]:
        """Numbers of the parts that are not kept yet, ascending."""
        ...

    def keep(self, part: Part) -> None:
        """Keeps a part for good."""
        ...


def run(work: Work, kept: Keeper, open_workers: OpenWorkers, told: Callable[[int], None] = lambda _done: None) -> None:
    """Works every part that is not kept yet and has it kept; `told` hears how many parts are done.

    No more than two parts a worker are under way, so memory does not grow with the work. When workers die, others
    take their parts; raises BatchStopped when they die again and again and nothing gets done.
    """
    stalled = 0
    told(kept.done)
    while missing := kept.missing:
        try:
            with open_workers(work) as workers:
                for part in _finished(workers, missing):
                    kept.keep(part)
                    stalled = 0
                    told(kept.done)
        except (BrokenExecutor, CancelledError) as error:
            stalled += 1
            if stalled >= MOST_STALLED:
                raise BatchStopped(done=kept.done, parts=work.parts) from error


def _finished(workers: Workers, numbers: Sequence[int]) -> Iterator[Part]:
    """Parts in the order in which they get done; of those done when a worker dies, all come before the error."""
    waiting = iter(numbers)

    def started(count: int) -> set[Future[Part]]:
        return {workers.executor.submit(held_part, workers.token, number) for number in islice(waiting, count)}

    running = started(2 * workers.width)
    while running:
        done, running = wait(running, return_when=FIRST_COMPLETED)
        lost = [each for each in done if each.cancelled() or each.exception() is not None]
        yield from (each.result() for each in done if each not in lost)
        for each in lost:
            each.result()
        running |= started(len(done))
