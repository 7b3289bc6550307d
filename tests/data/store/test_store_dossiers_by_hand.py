# SPDX-License-Identifier: EUPL-1.2
"""What people did to dossiers stands when the same file is loaded again, and when bodies turn out to be one."""

from datetime import date

from data.model import Audience, ContactOutcome, Visibility
from data.records import DossierRecord, DossierRoleRecord
from data.store import Store
from data.store.dossier_rows import MOST_ROLES
from tests.data.store.test_store_dossiers import TODAY, body, load, one, row, store

__all__ = ["store"]
OPERATOR = Audience.OPERATOR
NEEDS = ("kind:cooperative",)


def file_of(store: Store, title: str, *, complete: bool = False, needs: tuple[str, ...] = (), **facts: object) -> str:
    said = {"key": "D1", "title": title, "purpose": "p"} | facts
    rows = [row(1, "dossier:D1", DossierRecord(**said))]  # type: ignore[arg-type]
    rows += [
        row(line, f"role:D1|{name}", DossierRoleRecord(dossier="D1", role=name, needs=needs))
        for line, name in enumerate(("lead", "forno", "orto"), 2)
    ]
    assert load(store, "dossiers", *rows, complete=complete).rejected == 0
    return store.dossiers(OPERATOR)[0].id


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
