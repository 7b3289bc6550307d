# SPDX-License-Identifier: EUPL-1.2
"""What the walks share: the service, running over a store."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import uvicorn

from data.store import Store
from service.app import create_app
from service.settings import Settings


@contextlib.contextmanager
def run_over(store: Store) -> Iterator[str]:
    """The address of the operator's service over a store, in a thread of this process."""
    app = create_app(Settings(store="unused", rate_limit=0), store)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.02)
    app.state.service.snapshots.fresh()
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
def running() -> Callable[[Store], contextlib.AbstractContextManager[str]]:
    """Runs the service over a store for as long as the block lasts."""
    return run_over
