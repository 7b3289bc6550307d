# SPDX-License-Identifier: EUPL-1.2
"""Who works a batch on this machine: this process alone, or some processes beside it.

The processes are spawned, not forked: a forked child inherits locks that threads of its parent (linear algebra, the
progress bar) may hold at that moment, and the open connections of the store. Each gets the work once, when it starts.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import Any, Final, TypeVar

from matching.batch import OpenWorkers, Work, Workers, hold, let_go, portable

_T = TypeVar("_T")
_TOKEN: Final = "batch"  # noqa: S105 - a name, no secret


class _Here(Executor):
    """Does at once, in this thread, what it is given."""

    def submit(self, fn: Callable[..., _T], /, *args: Any, **kwargs: Any) -> Future[_T]:
        done: Future[_T] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - who asks for the result gets it
            done.set_exception(error)
        return done


@contextmanager
def this_process(work: Work) -> Iterator[Workers]:
    """This process alone."""
    hold(_TOKEN, work)
    try:
        yield Workers(_Here(), _TOKEN, 1)
    finally:
        let_go(_TOKEN)


def processes(count: int) -> OpenWorkers:
    """So many processes of this machine; they end with this one, even when it is killed."""

    @contextmanager
    def opened(work: Work) -> Iterator[Workers]:
        sent = replace(work, index=portable(work.index))
        pool = ProcessPoolExecutor(count, get_context("spawn"), initializer=_begin, initargs=(_TOKEN, sent))
        try:
            yield Workers(pool, _TOKEN, count)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    return opened


def on_this_machine(count: int, parts: int) -> OpenWorkers:
    """`count` processes, or this one alone where a second would have nothing to do."""
    useful = min(count, parts)
    return processes(useful) if useful > 1 else this_process


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _begin(token: str, work: Work) -> None:
    """What a new process does first. A terminal's Ctrl-C is for the process that waits: it ends the others in order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    hold(token, work)


def _end_with_parent() -> None:
    """Nobody reads what an orphan does, and a killed parent cannot tell it to stop."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
