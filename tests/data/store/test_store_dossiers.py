# SPDX-License-Identifier: EUPL-1.2
"""Dossiers in the store: from a need to an outcome, every change undoable, and nothing shown to who may not read it."""

from collections.abc import Iterator
from datetime import date

import pytest

from data.errors import ChangedMeanwhile, InvalidValue, UnknownDossier
from data.model import Audience, ContactOutcome, Dossier, DossierRole, Identifier, OrganisationKind, Visibility
from data.records import (
    Accepted,
    Assertion,
    DossierRecord,
    DossierRoleRecord,
    OrganisationRecord,
    Source,
    SourceInfo,
)
from data.store import LoadReport, Store, open_store
from data.store.dossier_roles import mark_of_role
from data.store.dossier_rows import MOST_ROLES

TODAY = date(2026, 11, 22)
OPERATOR, PUBLIC = Audience.OPERATOR, Audience.PUBLIC
NEEDS = ("kind:cooperative",)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()


def load(store: Store, name: str, *outcomes: Accepted, complete: bool = False) -> LoadReport:
    source = Source(SourceInfo(name, name, name, "", ""), lambda _p, _o: iter(outcomes))
    return store.load(source, [], complete=complete)


def body(store: Store, key: str, visibility: Visibility = Visibility.PUBLIC) -> str:
    said = (
        Assertion("name", f"Coop {key}", visibility=visibility),
        Assertion("kind", OrganisationKind.COOPERATIVE.value, visibility=visibility),
    )
    load(store, f"bodies-{key}", Accepted(1, key, (OrganisationRecord((Identifier("key:bodies", key),), said),)))
    return store.resolve(key)


def made(store: Store, **facts: object) -> str:
    said = {"key": "", "title": "Casa della salute", "visibility": Visibility.FEDERATION} | facts
    return store.create_dossier(DossierRecord(**said), TODAY)  # type: ignore[arg-type]


def one(store: Store, dossier: str, audience: Audience = OPERATOR) -> Dossier:
    return next(each for each in store.dossiers(audience) if each.id == dossier)


def role(store: Store, dossier: str, key: str) -> DossierRole:
    return next(each for each in one(store, dossier).roles if each.id == key)


def test_a_dossier_goes_from_a_need_to_a_role_filled_and_the_version_rises_each_time(store: Store) -> None:
    coop = body(store, "a")
    versions = [store.version()]
    dossier = made(store, need="assistenza agli anziani", municipalities=("057001",))
    versions.append(store.version())
    key = store.add_role(dossier, "care", TODAY, needs=("field:care",))
    versions.append(store.version())
    store.set_role(key, "invited", TODAY, organisation=coop, by_role="ufficio progetti")
    versions.append(store.version())
    assert role(store, dossier, key).state == "invited"
    store.set_role(key, "filled", TODAY, resources="una sede e due operatrici")
    versions.append(store.version())
    found = one(store, dossier)
    assert found.roles[0] == DossierRole(
        id=key, dossier=dossier, role="care", needs=("field:care",), organisation=coop, state="filled",
        resources="una sede e due operatrici", since=TODAY,
    )  # fmt: skip
    assert [(each.kind, each.role, each.organisation, each.by_role) for each in found.events] == [
        ("created", None, None, None),
        ("role-added", "care", None, None),
        ("role-invited", "care", coop, "ufficio progetti"),
        ("role-filled", "care", coop, None),
    ]
    assert versions == sorted(set(versions))


def test_a_role_declined_or_left_is_open_again_and_says_who_it_was(store: Store) -> None:
    coop = body(store, "a")
    dossier = made(store)
    for state in ("declined", "left"):
        key = store.add_role(dossier, "care", TODAY, organisation=coop, state="filled", resources="mezzi")
        store.set_role(key, state, TODAY)
        left = role(store, dossier, key)
        assert (left.state, left.organisation, left.resources) == ("open", None, None)
        assert (one(store, dossier).events[-1].kind, one(store, dossier).events[-1].organisation) == (
            f"role-{state}",
            coop,
        )


def test_the_last_changes_can_be_taken_back_one_after_the_other(store: Store) -> None:
    coop = body(store, "a")
    dossier = made(store, deadline=date(2027, 1, 31), municipalities=("057001",))
    key = store.add_role(dossier, "care", TODAY)
    store.set_role(key, "filled", TODAY, organisation=coop)
    changed = store.change_dossier(
        dossier, {"deadline": date(2027, 3, 1), "municipalities": ("057002",), "title": "Casa della salute"}, TODAY
    )
    assert changed == ("municipalities", "deadline")
    assert [each.kind for each in one(store, dossier).events if each.undoable] == ["changed"]
    assert store.undo_dossier(dossier, TODAY) == "changed"
    assert (one(store, dossier).deadline, one(store, dossier).municipalities) == (date(2027, 1, 31), ("057001",))
    assert store.undo_dossier(dossier, TODAY) == "role-filled"
    assert (role(store, dossier, key).state, role(store, dossier, key).organisation) == ("open", None)
    assert store.undo_dossier(dossier, TODAY) == "role-added"
    assert one(store, dossier).roles == ()
    assert store.undo_dossier(dossier, TODAY) is None
    assert [each.kind for each in one(store, dossier).events] == ["created"]


def test_what_changes_nothing_writes_nothing(store: Store) -> None:
    dossier = made(store, need="x")
    version = store.version()
    assert store.change_dossier(dossier, {"need": "x"}, TODAY) == ()
    assert (store.version(), len(one(store, dossier).events)) == (version, 1)


def test_closing_keeps_the_outcome_and_reopening_takes_up_the_work(store: Store) -> None:
    dossier = made(store)
    store.close_dossier(dossier, "finanziato", TODAY)
    closed = one(store, dossier)
    assert (closed.status, closed.outcome, closed.closed) == ("closed", "finanziato", TODAY)
    store.reopen_dossier(dossier, TODAY)
    assert (one(store, dossier).status, one(store, dossier).closed) == ("in-preparation", None)
    store.undo_dossier(dossier, TODAY)
    assert (one(store, dossier).status, one(store, dossier).closed) == ("closed", TODAY)


def test_lines_of_the_log_can_be_written_and_taken_out_but_not_the_services_own(store: Store) -> None:
    dossier = made(store)
    line = store.add_event(
        dossier, "meeting", "Primo incontro con il comune.", date(2026, 11, 20), by_role="presidenza"
    )
    created = next(each for each in one(store, dossier).events if each.kind == "created")
    assert [each.kind for each in one(store, dossier).events] == ["meeting", "created"]
    assert store.withdraw_event(dossier, created.id, TODAY) is False
    assert store.withdraw_event(dossier, line, TODAY) is True
    assert [each.kind for each in one(store, dossier).events] == ["created"]
    with pytest.raises(InvalidValue):
        store.add_event(dossier, "role-filled", "finto", TODAY)


@pytest.mark.parametrize(
    ("kind", "visibility", "seen"),
    [
        ("dossier", Visibility.PUBLIC, True),
        ("table", Visibility.PUBLIC, True),
        ("dossier", Visibility.FEDERATION, False),
        ("dossier", Visibility.RESERVED, False),
        ("wbo", Visibility.RESERVED, False),
    ],
)
def test_the_public_sees_public_dossiers_only(store: Store, kind: str, visibility: Visibility, seen: bool) -> None:
    dossier = made(store, kind=kind, visibility=visibility)
    assert [each.id for each in store.dossiers(PUBLIC)] == ([dossier] if seen else [])
    assert [each.id for each in store.dossiers(OPERATOR)] == [dossier]


def test_a_crisis_dossier_is_never_opened_to_others(store: Store) -> None:
    with pytest.raises(InvalidValue):
        made(store, kind="wbo", visibility=Visibility.FEDERATION)
    dossier = made(store, kind="wbo", visibility=Visibility.RESERVED)
    with pytest.raises(InvalidValue):
        store.change_dossier(dossier, {"visibility": Visibility.PUBLIC}, TODAY)
    assert one(store, dossier).visibility is Visibility.RESERVED


def test_the_public_never_reads_the_log_nor_who_was_only_asked(store: Store) -> None:
    shown, hidden = body(store, "a"), body(store, "b", Visibility.FEDERATION)
    dossier = made(store, visibility=Visibility.PUBLIC)
    store.add_event(dossier, "note", "parola segreta", TODAY)
    for organisation, state in ((shown, "filled"), (shown, "invited"), (hidden, "filled"), (shown, "interested")):
        store.add_role(dossier, f"{state}", TODAY, organisation=organisation, state=state, resources="canarino")
    found = one(store, dossier, PUBLIC)
    assert found.events == ()
    assert sorted((each.state, each.organisation or "", each.resources) for each in found.roles) == [
        ("filled", "", None),
        ("filled", shown, None),
        ("open", "", None),
        ("open", "", None),
    ]


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda store, dossier: store.change_dossier(dossier, {"id": "x"}, TODAY), InvalidValue),
        (lambda store, dossier: store.change_dossier(dossier, {"status": "vinto"}, TODAY), InvalidValue),
        (lambda store, _dossier: store.change_dossier("altro", {"need": "x"}, TODAY), UnknownDossier),
        (lambda store, _dossier: store.add_role("altro", "care", TODAY), UnknownDossier),
        (lambda store, dossier: store.add_role(dossier, "care", TODAY, state="invited"), InvalidValue),
        (lambda store, _dossier: store.set_role("altro", "filled", TODAY), UnknownDossier),
        (lambda store, _dossier: store.undo_dossier("altro", TODAY), UnknownDossier),
    ],
)
def test_what_may_not_be_is_refused_and_changes_nothing(store: Store, act, error) -> None:
    dossier = made(store)
    before, version = one(store, dossier), store.version()
    with pytest.raises(error):
        act(store, dossier)
    assert (one(store, dossier), store.version()) == (before, version)


# --- own files --------------------------------------------------------------------------------------------------


def row(line: int, key: str, record: DossierRecord | DossierRoleRecord) -> Accepted:
    return Accepted(line, key, (record,))


def test_a_file_of_dossiers_and_roles_is_an_upsert_and_can_be_undone_by_a_complete_one(store: Store) -> None:
    coop = body(store, "a")
    dossier = row(1, "dossier:D1", DossierRecord(key="D1", title="Filiera corta", need="mense"))
    open_role = row(2, "role:D1|logistics", DossierRoleRecord(dossier="D1", role="logistics"))
    taken = row(
        3, "role:D1|farming",
        DossierRoleRecord(dossier="D1", role="farming", organisation=Identifier("key:bodies", "a"), state="filled"),
    )  # fmt: skip
    assert load(store, "dossiers", dossier, open_role, taken).counts()["added"] == 3
    assert load(store, "dossiers", dossier, open_role, taken).counts()["unchanged"] == 3
    found = store.dossiers(OPERATOR)
    assert [(each.title, each.source, [(r.role, r.state, r.organisation) for r in each.roles]) for each in found] == [
        ("Filiera corta", "dossiers", [("farming", "filled", coop), ("logistics", "open", None)])
    ]
    renamed = row(1, "dossier:D1", DossierRecord(key="D1", title="Filiera corta a scuola", need="mense"))
    assert load(store, "dossiers", renamed, taken, complete=True).counts()["gone"] == 1
    again = store.dossiers(OPERATOR)[0]
    assert (again.id, again.title, [each.role for each in again.roles]) == (
        found[0].id,
        "Filiera corta a scuola",
        ["farming"],
    )


def test_roles_of_unknown_dossiers_or_organisations_are_refused(store: Store) -> None:
    report = load(
        store,
        "dossiers",
        row(1, "dossier:D1", DossierRecord(key="D1", title="Filiera corta")),
        row(2, "role:D2|x", DossierRoleRecord(dossier="D2", role="x")),
        row(3, "role:D1|y", DossierRoleRecord(dossier="D1", role="y", organisation=Identifier("tax-code", "0"))),
    )
    assert [(each.line, each.field, each.reason.key) for each in report.rejections] == [
        (2, "dossier", "reject.unknown-dossier"),
        (3, "org", "reject.unknown-organisation"),
    ]
    assert (report.added, store.dossiers(OPERATOR)[0].roles) == (1, ())


def test_taking_back_a_change_follows_a_body_that_has_been_joined_with_another_meanwhile(store: Store) -> None:
    first, other = body(store, "a"), body(store, "b")
    dossier = made(store)
    key = store.add_role(dossier, "care", TODAY, organisation=first, state="filled")
    store.set_role(key, "left", TODAY)
    both = (Identifier("key:bodies", "a"), Identifier("key:bodies", "b"))
    said = (Assertion("name", "Coop"), Assertion("kind", OrganisationKind.COOPERATIVE.value))
    load(store, "joined", Accepted(1, "a+b", (OrganisationRecord(both, said),)))
    assert store.resolve("a") == store.resolve("b") in {first, other}
    assert store.undo_dossier(dossier, TODAY) == "role-left"
    assert (role(store, dossier, key).organisation, role(store, dossier, key).state) == (store.resolve("a"), "filled")


# --- the same file loaded again, and bodies that turn out to be one ------------------------------------------------


def file_of(store: Store, title: str, *, complete: bool = False, needs: tuple[str, ...] = (), **facts: object) -> str:
    said = {"key": "D1", "title": title, "purpose": "p"} | facts
    rows = [row(1, "dossier:D1", DossierRecord(**said))]  # type: ignore[arg-type]
    rows += [
        row(line, f"role:D1|{name}", DossierRoleRecord(dossier="D1", role=name, needs=needs))
        for line, name in enumerate(("lead", "forno", "orto"), 2)
    ]
    assert load(store, "dossiers", *rows, complete=complete).rejected == 0
    return next(each.id for each in store.dossiers(OPERATOR) if each.title == title)


def roles_of(store: Store, dossier: str) -> dict[str, str]:
    return {each.role: each.id for each in one(store, dossier).roles}


def test_loading_the_file_again_keeps_all_that_was_done_by_hand(store: Store) -> None:
    coop = body(store, "a")
    dossier = file_of(store, "Titolo uno")
    roles = roles_of(store, dossier)
    store.set_role(roles["lead"], "filled", TODAY, organisation=coop, resources="una sede")
    store.remove_role(roles["forno"], TODAY)
    store.change_dossier(dossier, {"need": "scritto a mano"}, TODAY)
    store.close_dossier(dossier, "Concluso", TODAY)
    file_of(store, "Titolo due", needs=NEEDS)
    after = one(store, dossier)
    assert (after.title, after.need, after.status, after.closed, after.outcome) == (
        "Titolo due", "scritto a mano", "closed", TODAY, "Concluso",
    )  # fmt: skip
    assert [(each.role, each.state, each.organisation, each.resources, each.needs) for each in after.roles] == [
        ("lead", "filled", coop, "una sede", NEEDS),
        ("orto", "open", None, None, NEEDS),
    ]
    assert [(each.kind, each.changed) for each in after.events][-1] == ("changed", ("title",))


def test_taking_a_change_back_gives_what_the_file_says_by_now(store: Store) -> None:
    dossier = file_of(store, "Uno", need="prima", deadline=date(2027, 1, 1))
    store.change_dossier(dossier, {"need": "a mano", "deadline": date(2027, 2, 2)}, TODAY)
    file_of(store, "Uno", need="dopo", deadline=date(2027, 3, 3))
    assert (one(store, dossier).need, one(store, dossier).deadline) == ("a mano", date(2027, 2, 2))
    assert store.undo_dossier(dossier, TODAY) == "changed"
    assert (one(store, dossier).need, one(store, dossier).deadline) == ("dopo", date(2027, 3, 3))
    file_of(store, "Uno", need="poi")
    assert one(store, dossier).need == "poi"


def test_a_closed_day_stands_only_while_it_is_closed(store: Store) -> None:
    dossier = file_of(store, "Uno", status="closed")
    assert one(store, dossier).closed is not None
    file_of(store, "Uno", status="running")
    assert (one(store, dossier).status, one(store, dossier).closed) == ("running", None)


def test_a_whole_file_without_them_does_not_end_what_people_worked_on(store: Store) -> None:
    coop = body(store, "a")
    dossier = file_of(store, "Uno")
    store.set_role(roles_of(store, dossier)["lead"], "filled", TODAY, organisation=coop)
    load(store, "dossiers", row(1, "dossier:D2", DossierRecord(key="D2", title="Altro")), complete=True)
    assert [each.role for each in one(store, dossier).roles] == ["lead"]


def test_a_dossier_taken_out_by_hand_is_not_brought_back_by_its_file(store: Store) -> None:
    dossier = file_of(store, "Uno")
    store.end_dossier(dossier, TODAY)
    load(store, "dossiers", row(1, "dossier:D1", DossierRecord(key="D1", title="Due")))
    assert store.dossiers(OPERATOR) == []


def test_a_file_has_no_more_roles_for_a_dossier_than_a_page_may_add(store: Store) -> None:
    roles = [
        row(line, f"role:D1|{line}", DossierRoleRecord(dossier="D1", role=f"ruolo {line}"))
        for line in range(2, MOST_ROLES + 5)
    ]
    report = load(store, "dossiers", row(1, "dossier:D1", DossierRecord(key="D1", title="Uno")), *roles)
    assert len(store.dossiers(OPERATOR)[0].roles) == MOST_ROLES
    assert {each.reason.key for each in report.rejections} == {"reject.too-many-roles"}
    assert report.rejected == 3
    again = load(store, "dossiers", row(2, "role:D1|2", DossierRoleRecord(dossier="D1", role="ruolo 2", needs=NEEDS)))
    assert again.rejected == 0


# --- bodies that turn out to be one -----------------------------------------------------------------------------


def step(store: Store, asker: str, partner: str) -> str:
    return store.record_outcome(
        ContactOutcome(
            id="", asker=asker, partner=partner, kind="aggregation", step="contacted", date=TODAY,
            visibility=Visibility.FEDERATION,
        )
    )  # fmt: skip


def test_a_joined_body_keeps_what_was_said_of_it_in_dossiers_and_gets_it_back_when_parted(store: Store) -> None:
    other, first, third = body(store, "a"), body(store, "b"), body(store, "c")
    dossier = file_of(store, "Uno")
    lead = roles_of(store, dossier)["lead"]
    store.set_role(lead, "invited", TODAY, organisation=other)
    store.set_role(lead, "declined", TODAY)
    between, outside = step(store, first, other), step(store, other, third)
    keep = store.join(first, other)
    assert keep == first
    declined = next(each for each in one(store, dossier).events if each.kind == "role-declined")
    assert declined.organisation == first
    assert [(each.id, each.asker) for each in store.outcomes(OPERATOR)] == [(outside, first)]
    assert store.outcomes_taken_back() == []
    assert store.restore_outcome(between) is False
    assert store.separate(other)
    declined = next(each for each in one(store, dossier).events if each.kind == "role-declined")
    assert declined.organisation == other
    assert {(each.id, each.asker, each.partner) for each in store.outcomes(OPERATOR)} == {
        (between, first, other),
        (outside, other, third),
    }


# --- a role changed, a dossier taken out ------------------------------------------------------------------------


def test_a_role_is_changed_whoever_has_it_and_the_change_is_taken_back(store: Store) -> None:
    coop, dossier = body(store, "a"), made(store)
    key = store.add_role(dossier, "orto", TODAY, needs=NEEDS)
    store.set_role(key, "filled", TODAY, organisation=coop, resources="due campi")
    assert store.change_role(key, "forno", ("theme:welfare",), TODAY) == ("role", "needs")
    now = role(store, dossier, key)
    assert (now.role, now.needs, now.organisation, now.resources) == ("forno", ("theme:welfare",), coop, "due campi")
    told = one(store, dossier).events[-1]
    assert (told.kind, told.role, told.text, told.changed) == ("role-changed", "forno", "orto", ("role", "needs"))
    assert store.change_role(key, "forno", ("theme:welfare",), TODAY) == ()
    assert store.undo_dossier(dossier, TODAY) == "role-changed"
    assert (role(store, dossier, key).role, role(store, dossier, key).needs) == ("orto", NEEDS)
    assert role(store, dossier, key).organisation == coop


def test_what_people_changed_of_a_role_stands_when_its_file_comes_again_and_the_rest_follows_it(store: Store) -> None:
    dossier = file_of(store, "Uno")
    roles = roles_of(store, dossier)
    store.change_role(roles["orto"], "orto biologico", NEEDS, TODAY)
    coop = body(store, "a")
    taken = DossierRoleRecord(dossier="D1", role="orto", organisation=Identifier("key:bodies", "a"), state="filled")
    load(store, "dossiers", row(1, "role:D1|orto", taken))
    now = role(store, dossier, roles["orto"])
    assert (now.role, now.needs, now.organisation, now.state) == ("orto biologico", NEEDS, coop, "filled")


def test_of_two_acts_on_a_role_shown_once_the_second_is_refused(store: Store) -> None:
    coop, dossier = body(store, "a"), made(store)
    key = store.add_role(dossier, "orto", TODAY)
    seen = mark_of_role(role(store, dossier, key))
    store.set_role(key, "invited", TODAY, organisation=coop, seen=seen)
    for act in (
        lambda: store.set_role(key, "filled", TODAY, organisation=coop, seen=seen),
        lambda: store.change_role(key, "forno", (), TODAY, seen=seen),
        lambda: store.remove_role(key, TODAY, seen=seen),
    ):
        with pytest.raises(ChangedMeanwhile):
            act()
    assert role(store, dossier, key).state == "invited"
    store.remove_role(key, TODAY, seen=mark_of_role(role(store, dossier, key)))


def test_a_dossier_taken_out_comes_back_as_it_was_with_roles_and_log(store: Store) -> None:
    dossier, other = made(store, visibility=Visibility.PUBLIC), file_of(store, "Di un file")
    store.add_role(dossier, "orto", TODAY)
    before = one(store, dossier)
    store.end_dossier(dossier, TODAY)
    assert [each.id for audience in (OPERATOR, PUBLIC) for each in store.dossiers(audience)] == [other]
    load(store, "dossiers", row(1, "dossier:D2", DossierRecord(key="D2", title="Altro")), complete=True)
    assert [(each.id, day) for each, day in store.dossiers_taken_out()] == [(dossier, TODAY)]
    assert store.restore_dossier(dossier, TODAY)
    assert not store.restore_dossier(dossier, TODAY)
    assert not store.restore_dossier(other, TODAY)
    assert one(store, dossier) == before
    assert store.dossiers_taken_out() == []
