# SPDX-License-Identifier: EUPL-1.2
"""A Dask cluster as the workers of a batch (extra `cluster`): only who gives an address imports this module.

The work goes to every worker once, as a plugin: also to one that joins later or takes the place of a dead one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any, Final

from distributed import Client, KilledWorker, Security, WorkerPlugin
from distributed.comm.core import connect

from data.errors import LandError
from matching.batch import OpenWorkers, Work, Workers, fingerprint, hold, let_go, portable

CONNECT_SECONDS: Final = 20
GOODBYE_SECONDS: Final = 5


class NoCluster(LandError):
    """Nobody answers at the address of the cluster, or no worker is there (params: address)."""

    key = "error.no-cluster"


class HeldWork(WorkerPlugin):
    """The work that a worker of the cluster holds as long as the batch lasts."""

    def __init__(self, token: str, work: Work) -> None:
        self.token = token
        self.work = work

    def setup(self, worker: Any) -> None:  # noqa: ARG002 - the cluster calls it so
        """When the plugin or the worker arrives."""
        hold(self.token, self.work)

    def teardown(self, worker: Any) -> None:  # noqa: ARG002
        """When the batch is over."""
        let_go(self.token)


def cluster(address: str, seconds: float = CONNECT_SECONDS) -> OpenWorkers:
    """The workers of the Dask scheduler at an address. Raises NoCluster when it or they do not answer in time."""

    @contextmanager
    def opened(work: Work) -> Iterator[Workers]:
        token = f"land-{fingerprint(work)}"
        try:
            asyncio.run(_answers(address, seconds))
            client = Client(address, timeout=seconds, set_as_default=False)
        except (OSError, ValueError) as error:
            raise NoCluster(address=address) from error
        try:
            try:
                client.wait_for_workers(1, timeout=seconds)
            except TimeoutError as error:
                raise NoCluster(address=address) from error
            client.register_plugin(HeldWork(token, replace(work, index=portable(work.index))), name=token)
            yield Workers(client.get_executor(pure=False), token, max(1, sum(client.ncores().values())))
        except KilledWorker as error:
            raise BrokenExecutor(str(error)) from error
        finally:
            if client.status == "running":
                client.unregister_worker_plugin(token)
            with suppress(OSError):
                client.close(timeout=GOODBYE_SECONDS)

    return opened


async def _answers(address: str, seconds: float) -> None:
    """Raises OSError when nobody answers: a client that never met its cluster would go on looking for it."""
    met = await connect(address, timeout=seconds, **Security().get_connection_args("client"))
    await met.close()
