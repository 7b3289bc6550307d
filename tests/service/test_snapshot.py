"""The snapshot: one per store version and day, the old one serving while the next is made, never two builds at once."""

import threading
import time
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from data.errors import UnknownOrganisation
from data.example import EXAMPLE
from data.model import Audience, Identifier, Organisation, OrganisationKind, Visibility
from data.records import DossierRecord
from data.store import open_store
from service.snapshot import build_snapshot, today
from service.snapshot_holder import SnapshotHolder
from service.snapshot_renewal import renew_snapshot


class FakeStore:
    """A store that only has a version."""

    def __init__(self):
        self.number = 1

    def version(self):
        return self.number


class Builds:
    """Counts builds, and lets a test hold one back or break it."""

    def __init__(self):
        self.made = 0
        self.at_once = 0
        self.most_at_once = 0
        self.gate = threading.Event()
        self.gate.set()
        self.broken = False

    def __call__(self, store, audience, day):
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        number = store.version()
        self.gate.wait(5)
        time.sleep(0.01)
        self.at_once -= 1
        if self.broken:
            raise RuntimeError("no snapshot today")
        self.made += 1
        return SimpleNamespace(version=number, audience=audience, today=day)


@pytest.fixture
def parts(monkeypatch):
    monkeypatch.setattr("service.snapshot_holder._CHECK_SECONDS", 0.0)
    store, builds, clock = FakeStore(), Builds(), SimpleNamespace(day=date(2026, 11, 22))
    return store, builds, clock, SnapshotHolder(store, Audience.PUBLIC, builds, lambda: clock.day)


def until(condition):
    """Waits for what another thread does."""
    for _ in range(500):
        if condition():
            return True
        time.sleep(0.01)
    return False


def test_it_is_built_once_and_again_when_the_store_changes(parts):
    store, builds, _, holder = parts
    assert not holder.is_ready
    assert [holder.current().version for _ in range(5)] == [1] * 5
    assert (builds.made, holder.is_ready) == (1, True)
    store.number = 2
    assert until(lambda: holder.current().version == 2)
    assert builds.made == 2


def test_the_old_one_serves_while_the_next_is_made(parts):
    store, builds, _, holder = parts
    holder.current()
    builds.gate.clear()
    store.number = 2
    started = time.perf_counter()
    assert [holder.current().version for _ in range(50)] == [1] * 50
    assert time.perf_counter() - started < 1
    builds.gate.set()
    assert until(lambda: holder.current().version == 2)
    assert builds.most_at_once == 1


def test_many_first_readers_wait_for_one_build(parts):
    _, builds, _, holder = parts
    seen = []
    readers = [threading.Thread(target=lambda: seen.append(holder.current().version)) for _ in range(20)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(10)
    assert seen == [1] * 20
    assert (builds.made, builds.most_at_once) == (1, 1)


def test_a_failed_build_leaves_the_old_one_and_is_tried_again(parts, monkeypatch):
    store, builds, _, holder = parts
    monkeypatch.setattr("service.snapshot_holder._RETRY_SECONDS", 0.05)
    holder.current()
    builds.broken, store.number = True, 2
    for _ in range(20):
        assert holder.current().version == 1
        time.sleep(0.01)
    builds.broken = False
    assert until(lambda: holder.current().version == 2)


def test_midnight_makes_a_new_one(parts):
    _, builds, clock, holder = parts
    holder.current()
    clock.day = date(2026, 11, 23)
    assert holder.current().today == date(2026, 11, 23), "no answer of the new day may come from the old one"
    assert builds.made == 2


def test_a_midnight_that_fails_leaves_the_old_one_and_is_tried_again(parts, monkeypatch):
    _, builds, clock, holder = parts
    monkeypatch.setattr("service.snapshot_holder._RETRY_SECONDS", 0.05)
    holder.current()
    builds.broken, clock.day = True, date(2026, 11, 23)
    assert holder.current().today == date(2026, 11, 22)
    builds.broken = False
    assert until(lambda: holder.current().today == date(2026, 11, 23))


def test_who_comes_at_midnight_together_waits_for_one_build(parts):
    _, builds, clock, holder = parts
    holder.current()
    clock.day = date(2026, 11, 23)
    seen = []
    readers = [threading.Thread(target=lambda: seen.append(holder.current().today)) for _ in range(20)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(10)
    assert seen == [date(2026, 11, 23)] * 20
    assert (builds.made, builds.most_at_once) == (2, 1)


def test_whoever_wrote_reads_what_was_written(parts):
    store, _, _, holder = parts
    holder.current()
    store.number = 7
    assert holder.fresh().version == 7


# --- the real one -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def snapshot(example_store):
    return build_snapshot(example_store, Audience.PUBLIC, today())


def test_it_holds_the_store_in_order(snapshot, example_store):
    ids = [body.id for body in snapshot.organisations]
    assert ids == sorted(ids)
    assert all(snapshot.organisations[place].id == name for name, place in snapshot.position.items())
    assert tuple(snapshot.municipalities) == snapshot.index.municipalities
    assert len(snapshot.municipalities) == 378
    assert snapshot.index.distance_km.shape == (378, 378)
    assert snapshot.version == example_store.version()
    assert snapshot.is_demonstration
    for owner, rows in snapshot.declarations_by_organisation.items():
        assert {row.organisation for row in rows} == {owner}


def test_boundaries_are_schematic_until_all_official_ones_are_there(snapshot):
    assert not snapshot.boundaries_official
    assert set(snapshot.boundaries) == set(snapshot.municipalities)
    assert snapshot.boundaries is snapshot.boundaries


def test_what_is_made_once_is_made_once_by_many(snapshot):
    made = []

    def make():
        made.append(1)
        time.sleep(0.02)
        return object()

    got = []
    threads = [threading.Thread(target=lambda: got.append(snapshot.once("trial", make))) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert len(made) == 1
    assert len(set(map(id, got))) == 1


def test_identifiers_resolve_in_any_spelling_and_shared_ones_to_nobody(snapshot):
    rome = snapshot.resolve("058091")
    assert snapshot.organisation(rome).name == "Roma Capitale"
    tax_code = next(name.value for name in snapshot.organisation(rome).identifiers if name.scheme == "tax-code")
    assert snapshot.resolve(f" it {tax_code} ".upper()) == rome
    with pytest.raises(UnknownOrganisation):
        snapshot.resolve("no-such-body")
    with pytest.raises(UnknownOrganisation):
        snapshot.organisation("no-such-body")


def test_an_identifier_that_two_carry_names_neither():
    from service.snapshot import owners_of_identifiers

    def body(name, *values):
        names = tuple(Identifier("key:x", value) for value in values)
        return Organisation(
            id=name, name=name, kind=OrganisationKind.FIRM, visibility=Visibility.PUBLIC, identifiers=names
        )

    assert owners_of_identifiers([body("a", "one", "both"), body("b", "two", "BOTH")]) == {"one": "a", "two": "b"}


def test_both_stores_give_the_same_answers(store_url, operator, client_of):
    store = open_store(store_url)
    try:
        store.load(EXAMPLE, [])
        client = client_of(store)
        owner = client.get("/api/v1/organisations?kind=cooperative&limit=1").json()["items"][0]["id"]
        for address in (
            "/api/v1/organisations?limit=500",
            f"/api/v1/organisations/{owner}",
            f"/api/v1/organisations/{owner}/partners?kind=aggregation",
            f"/api/v1/organisations/{owner}/partners?kind=supply-chain",
            "/api/v1/municipalities/057001",
            "/api/v1/sites?limit=500",
        ):
            assert client.get(address).content == operator.get(address).content, address
    finally:
        store.close()


def test_a_dossier_is_seen_without_reading_the_rest_anew(own_store):
    holder = SnapshotHolder(own_store, Audience.OPERATOR, renew=renew_snapshot)
    before = holder.fresh()
    kept = before.once("maps.something", object)
    before.once("dossiers.something", object)
    made = own_store.create_dossier(DossierRecord(key="", title="Un forno per la valle"), today())
    after = holder.fresh()
    assert [dossier.id for dossier in after.dossiers] == [made]
    assert before.dossiers == ()
    assert after.version == own_store.version() > before.version
    assert after.index is before.index
    assert after.once("maps.something", lambda: None) is kept
    assert after.once("dossiers.something", lambda: "anew") == "anew"


def test_what_concerns_bodies_is_read_anew_even_after_a_dossier(own_store):
    holder = SnapshotHolder(own_store, Audience.OPERATOR, renew=renew_snapshot)
    before = holder.fresh()
    own_store.create_dossier(DossierRecord(key="", title="Un forno per la valle"), today())
    body = before.organisations[0]
    own_store.correct(body.id, {"purpose": "Pane e farine"})
    after = holder.fresh()
    assert after.organisation(body.id).purpose == "Pane e farine"
    assert len(after.dossiers) == 1
    assert after.index is not before.index


def test_a_new_day_is_read_anew(own_store):
    clock = SimpleNamespace(day=date(2026, 11, 22))
    holder = SnapshotHolder(own_store, Audience.OPERATOR, clock=lambda: clock.day, renew=renew_snapshot)
    before = holder.fresh()
    clock.day = date(2026, 11, 23)
    assert holder.fresh().index is not before.index


def test_an_edit_is_seen_without_reading_the_rest_anew(own_store):
    whole = []

    def build(*about):
        whole.append(about)
        return build_snapshot(*about)

    holder = SnapshotHolder(own_store, Audience.OPERATOR, build, renew=renew_snapshot)
    before = holder.fresh()
    body = before.organisations[0]
    kept = before.once("facts.areas", object)
    before.once("quality.something", object)
    own_store.correct(body.id, {"purpose": "Pane e farine"})
    after = holder.fresh()
    assert after.organisation(body.id).purpose == "Pane e farine"
    assert after.version == own_store.version()
    assert len(whole) == 1
    assert after.index.links is before.index.links
    assert after.once("facts.areas", lambda: None) is kept
    assert after.once("quality.something", lambda: "anew") == "anew"


def test_what_anything_may_have_changed_is_built_whole(own_store):
    whole = []

    def build(*about):
        whole.append(about)
        return build_snapshot(*about)

    holder = SnapshotHolder(own_store, Audience.OPERATOR, build, renew=renew_snapshot)
    holder.fresh()
    own_store.forget_example()
    assert holder.fresh().organisations == tuple(own_store.organisations(Audience.OPERATOR))
    assert len(whole) == 2


def test_after_many_edits_the_statistics_are_taken_anew(own_store, monkeypatch):
    monkeypatch.setattr("service.snapshot_holder.MOST_EDITED", 1)
    monkeypatch.setattr("service.snapshot_holder._ONE_IN", 10**9)
    holder = SnapshotHolder(own_store, Audience.OPERATOR, renew=renew_snapshot)
    first = holder.fresh()
    one, other = first.organisations[:2]
    own_store.correct(one.id, {"purpose": "Zorbing in collina"})
    once = holder.fresh()
    assert (once.edited, once.statistics_version) == (1, first.version)
    assert "zorbing" not in " ".join(once.index.statistics.place)
    own_store.correct(other.id, {"purpose": "Zorbing al mare"})
    twice = holder.fresh()
    assert twice.edited == 2
    assert twice.index.statistics is first.index.statistics
    holder.take_statistics()
    taken = holder.current()
    assert (taken.version, taken.statistics_version, taken.edited) == (twice.version, twice.version, 0)
    assert "zorbing" in " ".join(taken.index.statistics.place)


def test_what_is_written_while_a_whole_one_is_built_is_in_it(own_store):
    body = own_store.organisations(Audience.OPERATOR)[0]

    def build(*about):
        built = build_snapshot(*about)
        own_store.correct(body.id, {"purpose": "Pane e farine"})
        return built

    holder = SnapshotHolder(own_store, Audience.OPERATOR, build, renew=renew_snapshot)
    assert holder.fresh().organisation(body.id).purpose == "Pane e farine"
    assert holder.fresh().version == own_store.version()


def test_a_restored_older_store_is_read_whole(own_store, tmp_path):
    holder = SnapshotHolder(own_store, Audience.OPERATOR, renew=renew_snapshot)
    own_store.correct(own_store.organisations(Audience.OPERATOR)[0].id, {"purpose": "Pane"})
    assert renew_snapshot(own_store, replace(holder.fresh(), version=own_store.version() + 5)) is None
