# SPDX-License-Identifier: EUPL-1.2
"""The newest snapshot: renewed by what changed, built whole when need be, never in anybody's way."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import date
from typing import Any, Final

from data.model import Audience
from data.store import Store
from service.snapshot import Snapshot, build_snapshot, today

_CHECK_SECONDS: Final = 0.25
_RETRY_SECONDS: Final = 5.0
MOST_EDITED: Final = 100
"""After so many edits, and one body in a hundred, the statistics of words are taken anew."""
_ONE_IN: Final = 100

_log = logging.getLogger(__name__)


class SnapshotHolder:
    """Keeps the newest snapshot. What changed is read into a new one at once, by `renew`; where that cannot be told, or
    is too much, a whole one is built, one at a time, while the old one goes on serving.
    """

    def __init__(
        self,
        store: Store,
        audience: Audience,
        build: Callable[[Any, Audience, date], Snapshot] = build_snapshot,
        clock: Callable[[], date] = today,
        renew: Callable[[Any, Snapshot], Snapshot | None] | None = None,
        warm: Callable[[Snapshot], None] | None = None,
    ) -> None:
        self._store = store
        self._audience = audience
        self._build = build
        self._renew = renew
        self._warm = warm
        self._clock = clock
        self._building = threading.Lock()
        self._renewing = threading.Lock()
        self._midnight = threading.Lock()
        self._current: Snapshot | None = None
        self._checked = 0.0
        self._failed = -_RETRY_SECONDS

    @property
    def is_ready(self) -> bool:
        """True once a first snapshot stands."""
        return self._current is not None

    def current(self) -> Snapshot:
        """The snapshot to answer from, always of today: the first call, and the first after midnight, build it.

        What was written meanwhile is read beside and nobody waits for it. When the new day's cannot be built, the old
        one goes on serving and is tried again after some seconds.
        """
        snapshot = self._current
        if snapshot is None:
            return self.fresh()
        if snapshot.today != self._clock():
            return self._of_today(snapshot)
        now = time.monotonic()
        if now - self._checked >= _CHECK_SECONDS:
            self._checked = now
            if self._is_stale(snapshot) and now - self._failed >= _RETRY_SECONDS and not self._building.locked():
                self._beside(self.build_beside)
        return snapshot

    def _of_today(self, old: Snapshot) -> Snapshot:
        with self._midnight:
            current = self._current or old
            if current.today != self._clock() and time.monotonic() - self._failed >= _RETRY_SECONDS:
                self.build_beside()
            return self._current or old

    def fresh(self) -> Snapshot:
        """A snapshot of the store as it is now, made by the caller if need be (after a person's write)."""
        with self._renewing:
            snapshot = self._current
            if snapshot is not None:
                if not self._is_stale(snapshot):
                    return snapshot
                renewed = self._renewed(snapshot)
                if renewed is not None:
                    self._current = renewed
                    self._mind_statistics(renewed)
                    return renewed
        with self._building:
            snapshot = self._current
            return self._build_whole() if snapshot is None or self._is_stale(snapshot) else snapshot

    def _renewed(self, snapshot: Snapshot) -> Snapshot | None:
        if self._renew is None or snapshot.today != self._clock():
            return None
        return self._renew(self._store, snapshot)

    def _build_whole(self) -> Snapshot:
        """Builds one, with `_building` held; what was written meanwhile is read into it before it serves."""
        built = self._build(self._store, self._audience, self._clock())
        with self._renewing:
            newer = self._renewed(built) if self._is_stale(built) else None
            self._current = ready = newer or built
        if self._warm is not None:
            self._beside(lambda: self._warmed(ready))
        return ready

    def _warmed(self, snapshot: Snapshot) -> None:
        """Derives beside what the first readers of a whole new snapshot would wait for; it serves meanwhile."""
        try:
            if self._warm is not None and self._current is snapshot:
                self._warm(snapshot)
        except Exception:  # noqa: BLE001 - what is not made now is made by the first who asks
            _log.exception("snapshot not warmed")

    def take_statistics(self) -> None:
        """Takes the statistics of words anew by building a whole snapshot; edits meanwhile go on being seen at once."""
        with self._building:
            snapshot = self._current
            if snapshot is None or _drifted(snapshot):
                self._build_whole()

    def _mind_statistics(self, snapshot: Snapshot) -> None:
        if _drifted(snapshot) and not self._building.locked():
            self._beside(lambda: self._quietly(self.take_statistics))

    def _is_stale(self, snapshot: Snapshot) -> bool:
        return snapshot.version != self._store.version() or snapshot.today != self._clock()

    def build_beside(self) -> None:
        """Makes the newest snapshot; a failure is logged, and whoever asks next tries again."""
        self._quietly(self.fresh)

    def _quietly(self, act: Callable[[], object]) -> None:
        try:
            act()
        except Exception:  # noqa: BLE001 - whatever broke, the old snapshot must go on serving
            self._failed = time.monotonic()
            _log.exception("snapshot not renewed, the previous one goes on serving")

    def _beside(self, act: Callable[[], None]) -> None:
        threading.Thread(target=act, name="snapshot", daemon=True).start()


def _drifted(snapshot: Snapshot) -> bool:
    """True when so many bodies were changed since the statistics were taken that these may tell something else."""
    return snapshot.edited > max(MOST_EDITED, len(snapshot.organisations) // _ONE_IN)
