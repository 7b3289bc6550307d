"""How soon a snapshot is ready and an edit is seen: an edit against building the whole anew, in one run.

Run by name: `pytest tests/benchmarks/bench_snapshot.py -s`. Figures are printed (processor time, so that a busy machine
tells the same); what is asserted is the ratio of the two, and the limits that the service promises.
"""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import made_region

from data.model import Audience, ContactOutcome, OrganisationKind, Visibility
from data.records import DeclarationRecord
from data.store import Store
from service.snapshot import Snapshot, build_snapshot, today
from service.snapshot_renewal import renew_snapshot

T = TypeVar("T")
READY_SECONDS = {10_000: 2.0, 100_000: 15.0}
SEEN_SECONDS = 1.0
LEAST_RATIO = 20.0


@dataclass(frozen=True)
class Region:
    bodies: int
    store: Store


@pytest.fixture(scope="module", params=[10_000, 100_000])
def region(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    path = tmp_path_factory.mktemp("region") / "store.sqlite"
    store = made_region.made_store(path, request.param, request.param * 6 // 10)
    yield Region(request.param, store)
    store.close()


def timed(act: Callable[[], T]) -> tuple[float, T]:
    """Processor seconds of an act, and what it gave."""
    start = time.process_time()
    found = act()
    return time.process_time() - start, found


def test_an_edit_is_seen_at_once(region: Region) -> None:
    store, day = region.store, today()
    build_snapshot(store, Audience.OPERATOR, day)  # imports and shipped tables are read once per process
    whole, snapshot = timed(lambda: build_snapshot(store, Audience.OPERATOR, day))
    print(f"\n{region.bodies:,} bodies, {len(snapshot.participations):,} memberships: ready in {whole:.2f} s")
    assert snapshot.index.certain_columns is not None
    one, other = [body for body in snapshot.organisations if body.kind is OrganisationKind.COOPERATIVE][7:9]
    said = DeclarationRecord(
        organisation=one.identifiers[0], says="offers", what="mensa scolastica", visibility=Visibility.PUBLIC
    )
    met = ContactOutcome(id="", asker=one.id, partner=other.id, kind="aggregation", step="refused", date=day)
    edits: dict[str, Callable[[], object]] = {
        "purpose corrected": lambda: store.correct(one.id, {"purpose": "Pulizie e mense scolastiche"}),
        "name corrected": lambda: store.correct(one.id, {"name": "Cooperativa Alba Nuova"}),
        "offer declared": lambda: store.declare(said),
        "refusal noted": lambda: store.record_outcome(met),
        "kept apart": lambda: store.keep_apart(one.id, other.id),
    }
    for name, edit in edits.items():
        seconds, snapshot = seen(store, snapshot, edit)
        print(f"  {name}: written and seen in {1000 * seconds:.0f} ms, 1/{whole / seconds:.0f} of the whole")
        assert seconds <= SEEN_SECONDS
        assert whole / seconds >= LEAST_RATIO
    assert whole <= READY_SECONDS[region.bodies]


def seen(store: Store, old: Snapshot, edit: Callable[[], object]) -> tuple[float, Snapshot]:
    """Processor seconds from the writing of an edit to the snapshot that shows it, and that snapshot."""

    def act() -> Snapshot:
        edit()
        renewed = renew_snapshot(store, old)
        assert renewed is not None
        assert renewed.version == store.version()
        return renewed

    return timed(act)
