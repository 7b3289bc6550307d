# SPDX-License-Identifier: EUPL-1.2
"""A load accounts for every row, changes nothing the second time, and is never half done."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest
from shapely.geometry import MultiPolygon, Polygon, box

from data.errors import UnknownOrganisation, UnreadableFile
from data.model import Audience, Availability, Evidence, Identifier, Message, Precision, Visibility
from data.records import (
    Accepted,
    Assertion,
    BoundaryRecord,
    DeclarationRecord,
    LandmarkRecord,
    MunicipalityRecord,
    OrganisationRecord,
    Outcome,
    OutOfArea,
    ParticipationRecord,
    ReadOptions,
    Rejected,
    SiteRecord,
    Source,
    SourceInfo,
)
from data.store import Store, open_store


def source_of(outcomes: Sequence[Outcome], name: str = "test") -> Source:
    """A source whose file is this list."""
    return Source(SourceInfo(name, "prova", "test", "nobody", "none"), lambda _p, _o: iter(outcomes))


def coop(key: str, name: str, **facts: object) -> Accepted:
    """One official cooperative."""
    said = {"name": name, "kind": "cooperative", **facts}
    assertions = tuple(Assertion(field, value) for field, value in said.items())
    return Accepted(1, key, (OrganisationRecord((Identifier("key:test", key),), assertions),))


def member(key: str, project: str, org: str, lot: str | None = None, outcome: str | None = "bid") -> Accepted:
    """One member of one grouping."""
    record = ParticipationRecord(project=project, organisation=Identifier("key:test", org), lot=lot, outcome=outcome)
    return Accepted(1, key, (record,))


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()


def test_every_row_is_accounted_for_and_the_sum_holds(store: Store) -> None:
    rows = [coop("a", "Alfa"), coop("b", "Beta"), Rejected(4, "name", "", Message("reject.empty")), OutOfArea(5)]
    report = store.load(source_of([*rows, coop("a", "Alfa"), coop("b", "Altra")]), [])
    assert report.counts() == {
        "source": "test", "read": 6, "added": 2, "changed": 0, "unchanged": 1,
        "rejected": 2, "out_of_area": 1, "gone": 0,
    }  # fmt: skip
    assert {(item.field, item.reason.key) for item in report.rejections} == {
        ("name", "reject.empty"),
        ("key", "reject.repeated-key"),
    }
    assert report.read == report.added + report.changed + report.unchanged + report.rejected + report.out_of_area


def test_the_same_file_twice_changes_nothing(store: Store) -> None:
    rows = [coop("a", "Alfa", province="RI"), coop("b", "Beta")]
    store.load(source_of(rows), [])
    before, version = store.organisations(Audience.OPERATOR), store.version()
    report = store.load(source_of(rows), [])
    assert (report.added, report.changed, report.unchanged) == (0, 0, 2)
    assert store.organisations(Audience.OPERATOR) == before
    assert store.version() == version


def test_a_changed_row_replaces_and_a_missing_one_is_closed_only_when_the_file_is_complete(store: Store) -> None:
    store.load(source_of([coop("a", "Alfa", province="RI"), coop("b", "Beta")]), [])
    partial = store.load(source_of([coop("a", "Alfa Due", province="VT")]), [])
    assert (partial.changed, partial.gone) == (1, 0)
    names = {body.name: body.province for body in store.organisations(Audience.OPERATOR) if body.kind == "cooperative"}
    assert names == {"Alfa Due": "VT", "Beta": None}
    whole = store.load(source_of([coop("a", "Alfa Due", province="VT")]), [], complete=True)
    assert (whole.unchanged, whole.gone) == (1, 1)
    assert "Beta" not in {body.name for body in store.organisations(Audience.OPERATOR)}
    again = store.load(source_of([coop("a", "Alfa Due", province="VT"), coop("b", "Beta")]), [])
    assert again.changed == 1
    assert "Beta" in {body.name for body in store.organisations(Audience.OPERATOR)}


def test_a_reader_that_fails_midway_leaves_nothing(store: Store) -> None:
    def read(_paths: Sequence[Path], _options: ReadOptions) -> Iterator[Outcome]:
        yield coop("a", "Alfa")
        raise UnreadableFile(file="x.csv", why="why.cut", allowed="")

    version, loads = store.version(), store.loads()
    with pytest.raises(UnreadableFile):
        store.load(Source(source_of([]).info, read), [])
    assert store.version() == version
    assert store.loads() == loads
    assert all(body.name != "Alfa" for body in store.organisations(Audience.OPERATOR))


def test_a_participation_of_an_unknown_body_is_rejected_and_not_remembered(store: Store) -> None:
    rows = [coop("a", "Alfa"), member("p|a", "p", "a"), member("p|z", "p", "z")]
    report = store.load(source_of(rows), [])
    assert (report.added, report.rejected) == (2, 1)
    assert report.rejections[0].reason == Message("reject.unknown-organisation", {"organisation": "z"})
    later = store.load(source_of([coop("z", "Zeta"), member("p|z", "p", "z")]), [])
    assert (later.added, later.rejected) == (2, 0)
    assert len(store.participations(Audience.OPERATOR)) == 2


def test_a_grouping_that_two_sources_number_differently_counts_once(store: Store) -> None:
    store.load(source_of([coop(key, key.upper()) for key in "abcd"]), [])
    first = [member("1", "lot|0", "a", "lot"), member("2", "lot|0", "b", "lot"), member("3", "lot|1", "c", "lot")]
    second = [
        member("9", "lot|0", "c", "lot"),
        member("8", "lot|5", "a", "lot", "awarded"),
        member("7", "lot|5", "b", "lot"),
        member("6", "lot|1", "d", "lot"),
    ]
    store.load(source_of(first, "one"), [])
    store.load(source_of(second, "two"), [])
    found = store.participations(Audience.OPERATOR)
    groups = {
        frozenset(item.organisation for item in found if item.project == project)
        for project in {i.project for i in found}
    }
    ids = {key: store.resolve(key) for key in "abcd"}
    assert groups == {frozenset({ids["a"], ids["b"]}), frozenset({ids["c"]}), frozenset({ids["d"]})}
    assert len(found) == 4
    assert {item.outcome for item in found if item.organisation == ids["a"]} == {"awarded"}
    assert store.load(source_of(second, "two"), []).unchanged == 4
    # What one source takes back stays while the other tells it.
    store.load(source_of([coop("e", "E")], "two"), [], complete=True)
    left = {item.organisation for item in store.participations(Audience.OPERATOR)}
    assert left == {ids["a"], ids["b"], ids["c"]}


@pytest.mark.parametrize("order", [("whole", "masked"), ("masked", "whole")])
def test_a_grouping_whose_source_masks_a_member_is_the_same_grouping(store: Store, order: tuple[str, str]) -> None:
    store.load(source_of([coop(key, key.upper()) for key in "abcd"]), [])
    files = {
        "whole": [member(f"w{key}", "lot|0", key, "lot") for key in "abc"] + [member("wd", "lot|1", "d", "lot")],
        "masked": [member(f"m{key}", "lot|7", key, "lot") for key in "ac"],
    }
    for name in order:
        store.load(source_of(files[name], name), [])
    found = store.participations(Audience.OPERATOR)
    assert len(found) == 4
    assert sorted(sum(link.project == project for link in found) for project in {link.project for link in found}) == [
        1,
        3,
    ]


def test_groupings_of_one_source_are_as_many_as_it_says(store: Store) -> None:
    store.load(source_of([coop(key, key.upper()) for key in "abc"]), [])
    rows = [member("1", "P1", "a", "lot"), member("2", "P2", "a", "lot"), member("3", "P2", "b", "lot", "awarded"),
            member("4", "P3", "a", "lot"), member("5", "P3", "c", "lot")]  # fmt: skip
    for row in rows:
        store.load(source_of([row], "one"), [])
    found = store.participations(Audience.OPERATOR)
    assert {(link.project, link.outcome) for link in found} == {
        ("P1", "bid"), ("P2", "bid"), ("P2", "awarded"), ("P3", "bid"),
    }  # fmt: skip
    assert len(found) == 5


def test_a_declaration_that_went_with_the_demonstration_is_unknown_when_loaded_again(store: Store) -> None:
    body = OrganisationRecord((Identifier("key:example", "1"),), _demonstration("Esempio"))
    store.load(source_of([Accepted(1, "1", (body,))], "example"), [])
    need = DeclarationRecord(organisation=Identifier("key:example", "1"), says="seeks", what="olio")
    file = source_of([Accepted(1, "n", (need,))], "needs")
    assert store.load(file, []).added == 1
    store.load(source_of([coop("a", "Alfa")]), [])
    report = store.load(file, [])
    assert (report.unchanged, report.rejected) == (0, 1)


def test_places_and_territory_are_read_back_as_written(store: Store) -> None:
    outline = MultiPolygon([box(12.0, 42.0, 12.1, 42.1), Polygon([(13, 41), (13.1, 41), (13.1, 41.2)])])
    rows = [
        Accepted(
            1, "s", (SiteRecord(name="Scuola", kind="school", municipality="057001", visibility=Visibility.PUBLIC),)
        ),
        Accepted(2, "h", (LandmarkRecord(kind="historic-centre", municipality="057001", lon=13.2, lat=42.7),)),
        Accepted(3, "m", (MunicipalityRecord("057001", {"altitude_m": 855.0}, (("income", 2020, 1.5, "euro"),)),)),
        Accepted(4, "b", (BoundaryRecord("057001", outline, 2023),)),
    ]
    assert store.load(source_of(rows), []).added == 4
    (site,) = store.sites(Audience.PUBLIC)
    assert (site.name, site.availability, site.precision) == ("Scuola", Availability.UNKNOWN, Precision.UNKNOWN)
    assert store.landmarks()[0].lat == 42.7
    accumoli = next(item for item in store.municipalities() if item.istat == "057001")
    assert accumoli.altitude_m == 855.0
    assert accumoli.provenance["altitude_m"].source == "test"
    assert accumoli.provenance["name"].source == "lazio"
    assert ("057001", "income", 2020, 1.5) in {(f.municipality, f.name, f.year, f.value) for f in store.figures()}
    assert store.boundaries()["057001"].equals(outline)
    assert store.load(source_of(rows), []).unchanged == 4
    store.load(source_of([coop("other", "Altra")]), [], complete=True)
    assert (store.sites(Audience.OPERATOR), store.landmarks(), store.boundaries()) == ([], [], {})
    assert not any(figure.name == "income" for figure in store.figures())


def test_declarations_hold_until_they_expire_or_are_withdrawn(store: Store) -> None:
    store.load(source_of([coop("a", "Alfa")]), [])
    offer = DeclarationRecord(
        organisation=Identifier("key:test", "a"), says="offers", what="olio", valid_until=date(2026, 12, 31)
    )
    key = store.declare(offer)
    assert [item.id for item in store.declarations(Audience.OPERATOR, date(2026, 12, 31))] == [key]
    assert store.declarations(Audience.OPERATOR, date(2027, 1, 1)) == []
    assert store.declarations(Audience.PUBLIC, date(2026, 12, 1)) == []  # reserved unless said otherwise
    version = store.version()
    assert store.withdraw(key)
    assert not store.withdraw(key)
    assert store.version() == version + 1
    assert store.declarations(Audience.OPERATOR, date(2026, 12, 1)) == []
    with pytest.raises(UnknownOrganisation):
        store.declare(DeclarationRecord(organisation=Identifier("key:test", "nobody"), says="seeks", what="x"))


def test_the_demonstration_goes_when_real_cooperatives_come_and_leaves_no_trace(store: Store) -> None:
    demo = tuple(Assertion(f, v, Evidence.DEMONSTRATION) for f, v in {"name": "Esempio", "kind": "cooperative"}.items())
    body = OrganisationRecord((Identifier("key:example", "1"),), demo)
    link = ParticipationRecord(
        project="demo", organisation=Identifier("key:example", "1"), evidence=Evidence.DEMONSTRATION
    )
    store.load(source_of([Accepted(1, "1", (body,)), Accepted(2, "2", (link,))], "example"), [])
    assert [b.name for b in store.organisations(Audience.PUBLIC) if b.demonstration] == ["Esempio"]
    firm = OrganisationRecord((Identifier("key:f", "f"),), (Assertion("name", "Ditta"), Assertion("kind", "firm")))
    store.load(source_of([Accepted(1, "f", (firm,))], "f"), [])
    assert any(b.demonstration for b in store.organisations(Audience.PUBLIC))
    store.load(source_of([coop("a", "Alfa")]), [])
    assert not any(b.demonstration for b in store.organisations(Audience.PUBLIC))
    assert store.participations(Audience.OPERATOR) == []


def test_trying_out_a_correction_on_the_demonstration_keeps_the_demonstration(store: Store) -> None:
    demo = [
        Accepted(line, str(line), (OrganisationRecord((Identifier("key:example", str(line)),), claims),))
        for line, claims in enumerate([_demonstration("Esempio uno"), _demonstration("Esempio due")], start=1)
    ]
    store.load(source_of(demo, "example"), [])
    store.correct("1", {"employees": 7})
    store.declare(DeclarationRecord(organisation=Identifier("key:example", "1"), says="offers", what="olio"))
    found = {body.name: body for body in store.organisations(Audience.OPERATOR) if body.demonstration}
    assert sorted(found) == ["Esempio due", "Esempio uno"]
    assert found["Esempio uno"].employees == 7
    assert found["Esempio uno"].provenance["employees"].evidence is Evidence.DECLARED
    store.load(source_of([coop("a", "Alfa")]), [])
    assert not any(body.name.startswith("Esempio") for body in store.organisations(Audience.OPERATOR))
    assert store.declarations(Audience.OPERATOR, date(2026, 12, 1)) == []


def _demonstration(name: str) -> tuple[Assertion, ...]:
    return tuple(Assertion(f, v, Evidence.DEMONSTRATION) for f, v in {"name": name, "kind": "cooperative"}.items())
