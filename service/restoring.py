# SPDX-License-Identifier: EUPL-1.2
"""Putting a backup in the place of a SQLite store."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

from data.errors import StoreBusy, StoreUnavailable
from data.store import open_store
from service.settings import Settings
from service.snapshot import ROME


def restore_store(source: Path, settings: Settings) -> Path | None:
    """Replaces the store by the backup; returns where the store of before is kept, None when there was none.

    The backup is opened as a copy first, so that a file that is no store changes nothing (StoreUnavailable). A store
    that a running service holds open is left alone (StoreBusy). A PostGIS store is restored with its own tools.
    """
    target = settings.store_path()
    if target is None:
        raise StoreUnavailable(why="store.use-pg-dump")
    if not source.is_file():
        raise StoreUnavailable(why="store.no-backup")
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f"{target.name}.restoring")
    _forget(fresh)
    try:
        shutil.copyfile(source, fresh)
        open_store(fresh).close()
        kept = _set_aside(target)
        fresh.replace(target)
    finally:
        _forget(fresh)
    return kept


def _set_aside(target: Path) -> Path | None:
    if not target.exists():
        return None
    open_store(target).close()
    if _beside(target, "-wal").exists():
        raise StoreBusy
    kept = target.with_name(f"{target.name}.before-restore-{datetime.now(ROME):%Y%m%d-%H%M%S}")
    target.replace(kept)
    return kept


def _beside(file: Path, ending: str) -> Path:
    return file.with_name(file.name + ending)


def _forget(file: Path) -> None:
    for path in (file, _beside(file, "-wal"), _beside(file, "-shm")):
        path.unlink(missing_ok=True)
