"""What the first list would derive is made beside a whole new snapshot; what breaks there breaks nothing."""

import threading
from types import SimpleNamespace

import pytest

from data.model import Audience
from matching.candidates import NO_FILTERS, Filters
from matching.graph import PartnerIndex
from matching.kinds import PARTNERSHIPS
from matching.recommend import recommend
from service.snapshot import build_snapshot, today
from service.snapshot_holder import SnapshotHolder
from service.snapshot_warming import warm_snapshot

OF_ONE = ("area.", "strengths ", "busy ")  # little, of one comune, place in the chains or province


@pytest.fixture
def makes(monkeypatch):
    """Names of what indexes derive, one after the other."""
    made, derived = [], PartnerIndex.derived

    def watched(index, name, sources, make):
        def told():
            made.append(name)
            return make()

        return derived(index, name, sources, told)

    monkeypatch.setattr(PartnerIndex, "derived", watched)
    return made


def test_after_warming_no_list_makes_anything_anew(example_store, makes):
    snapshot = build_snapshot(example_store, Audience.OPERATOR, today())
    assert makes == []
    warm_snapshot(snapshot)
    assert "walks" in makes
    assert "certain_columns" in vars(snapshot.index)
    makes.clear()
    for kind in PARTNERSHIPS:
        for body in snapshot.organisations[::40]:
            for filters in (NO_FILTERS, Filters(only_certain=True)):
                recommend(snapshot.index, body.id, kind, filters=filters, today=snapshot.today)
    assert sorted({name for name in makes if not name.startswith(OF_ONE)}) == []


def test_a_whole_new_snapshot_is_warmed_beside_and_serves_meanwhile():
    gate, warmed = threading.Event(), []
    store = SimpleNamespace(version=lambda: 1)

    def build(_store, audience, day):
        return SimpleNamespace(version=1, audience=audience, today=day)

    def warm(snapshot):
        gate.wait(5)
        warmed.append(snapshot)
        raise RuntimeError("not today")

    holder = SnapshotHolder(store, Audience.PUBLIC, build, warm=warm)
    ready = holder.current()
    assert warmed == []
    gate.set()
    for thread in [each for each in threading.enumerate() if each.name == "snapshot"]:
        thread.join(5)
    assert warmed == [ready]
    assert holder.current() is ready


def test_the_service_warms_what_it_builds(monkeypatch, own_store):
    from service import app
    from service.settings import Settings

    warmed = threading.Event()
    monkeypatch.setattr(app, "warm_snapshot", lambda _snapshot: warmed.set())
    made = app.create_app(Settings(), own_store)
    made.state.service.snapshots.current()
    assert warmed.wait(5)
