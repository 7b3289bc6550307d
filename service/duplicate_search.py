# SPDX-License-Identifier: EUPL-1.2
"""Pairs that may be one body, looked for beside the service: a page never waits for the whole search but the first.

What was found last is shown until a newer search is done; a decision, and its undoing, counts at once.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from data.resolution.candidates import Found
from data.resolution.probability import Judgement
from data.store import Store

_log = logging.getLogger(__name__)
MOST_REMEMBERED: Final = 1_000
"""Decisions of which the pairs that they settled are kept, for their undoing; and pairs put off."""

Pair = frozenset[str]


@dataclass(frozen=True, slots=True)
class Waiting:
    """The pairs that wait for somebody, the likeliest first, those put off last; how many of them would be joined
    unasked; and whether a newer search is going on.
    """

    pairs: tuple[Judgement, ...]
    sure: int
    renewing: bool


@dataclass(frozen=True, slots=True)
class _Held:
    version: int
    found: Found


class DuplicateSearch:
    """What was found last, and the search for what changed since. One for each running service."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._held: _Held | None = None
        self._settled: dict[Pair, Found] = {}
        self._later: dict[Pair, None] = {}
        self._searching = threading.Lock()
        self._changing = threading.Lock()

    def look(self) -> Waiting:
        """The pairs as far as they were found. Waits only for the very first search."""
        held = self._held
        if held is None:
            return self._waiting(self._search(), renewing=False)
        renewing = held.version != self._store.version()
        if renewing:
            self.search_beside()
        return self._waiting(held.found, renewing=renewing)

    def chance(self, one: str, other: str) -> float:
        """How likely the pair is one body, by what was found last; 1 when nobody asked about it."""
        held = self._held
        found = _kinds(held.found) if held else ()
        pair = frozenset((one, other))
        return next((item.probability for items in found for item in items if _pair(item) == pair), 1.0)

    def search_beside(self) -> None:
        """Starts a search in a thread of its own, unless one is going on."""
        if not self._searching.locked():
            threading.Thread(target=self._search_quietly, name="duplicates", daemon=True).start()

    def decided(self, one: str, other: str) -> None:
        """To be called after two bodies were joined or kept apart: what that settles is out of the list at once."""
        before = self._held
        after = self._search()
        if before is not None:
            with self._changing:
                left = {_pair(item) for item in (*after.join, *after.ask)}
                gone = [[item for item in items if _pair(item) not in left] for items in _kinds(before.found)]
                self._settled[frozenset((one, other))] = Found(tuple(gone[0]), tuple(gone[1]), 0)
                _forget_oldest(self._settled)

    def undone(self, one: str, other: str) -> None:
        """To be called after a decision was taken back: what it had settled is in the list again at once."""
        back = self._settled.pop(frozenset((one, other)), None)
        held = self._held
        if back is None or held is None:
            self._search()
            return
        join, ask = (_merged(*both) for both in zip(_kinds(held.found), _kinds(back), strict=True))
        # Of the version before the undoing: the next look has a search confirm it.
        self._held = _Held(held.version, Found(join, ask, held.found.compared))

    def put_off(self, one: str, other: str) -> None:
        """Puts a pair that nobody could decide at the end of the list, as long as the service runs."""
        with self._changing:
            pair = frozenset((one, other))
            self._later.pop(pair, None)
            self._later[pair] = None
            _forget_oldest(self._later)

    def _search(self) -> Found:
        with self._searching:
            version = self._store.version()
            found = self._store.duplicates()
            self._held = _Held(version, found)
            return found

    def _search_quietly(self) -> None:
        try:
            self._search()
        except Exception:  # noqa: BLE001 - whatever broke, the last list goes on serving
            _log.exception("search for duplicates failed")

    def _waiting(self, found: Found, *, renewing: bool) -> Waiting:
        later = {pair: place for place, pair in enumerate(list(self._later))}
        pairs = sorted((*found.join, *found.ask), key=lambda item: later.get(_pair(item), -1))
        return Waiting(tuple(pairs), len(found.join), renewing)


def _pair(item: Judgement) -> Pair:
    return frozenset((item.one, item.other))


def _kinds(found: Found) -> tuple[tuple[Judgement, ...], tuple[Judgement, ...]]:
    return found.join, found.ask


def _merged(held: Iterable[Judgement], back: Iterable[Judgement]) -> tuple[Judgement, ...]:
    every = {(item.one, item.other): item for item in (*held, *back)}
    return tuple(sorted(every.values(), key=lambda item: (-item.probability, item.one, item.other)))


def _forget_oldest(kept: dict[Pair, Any]) -> None:
    while len(kept) > MOST_REMEMBERED:
        del kept[next(iter(kept))]
