# SPDX-License-Identifier: EUPL-1.2
"""What people write by hand: declarations and outcomes are told, undone, restored, hidden from whom they must be."""

from collections.abc import Iterator
from datetime import date

import pytest

from data.errors import UnknownOrganisation
from data.model import Audience, ContactOutcome, Identifier, Status, Visibility
from data.records import Accepted, Assertion, DeclarationRecord, OrganisationRecord, Source, SourceInfo
from data.store import Store, open_store

DAY, LATER = date(2026, 11, 22), date(2026, 12, 31)
ONE, TWO = Identifier("tax-code", "80002170661"), Identifier("tax-code", "00097020598")


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    rows = [
        Accepted(n, code.value, (OrganisationRecord((code,), said),))
        for n, (code, said) in enumerate(
            ((ONE, (Assertion("name", "Uno"), Assertion("kind", "cooperative"))),
             (TWO, (Assertion("name", "Due"), Assertion("kind", "cooperative"))))
        )
    ]  # fmt: skip
    opened.load(Source(SourceInfo("register", "", "", "", ""), lambda _p, _o: iter(rows)), [])
    yield opened
    opened.close()


def capacity(**given: object) -> DeclarationRecord:
    facts: dict[str, object] = {"quantity": 40.0, "unit": "q", "period": "week", "valid_until": LATER, "date": DAY}
    facts |= {"says": "capacity", "what": "molitura olive"}
    return DeclarationRecord(organisation=ONE, **facts | given)  # type: ignore[arg-type]


def in_force(store: Store, day: date = DAY, audience: Audience = Audience.OPERATOR) -> list[str]:
    return [each.what for each in store.declarations(audience, day)]


def test_a_declaration_is_withdrawn_and_restored_whole(store: Store) -> None:
    made = store.declare(capacity())
    (before,) = store.declarations(Audience.OPERATOR, DAY)
    assert (before.period, before.quantity, before.says) == ("week", 40.0, "capacity")
    version = store.version()
    assert store.withdraw(made)
    assert not store.withdraw(made)
    assert in_force(store) == []
    (told,) = store.said_by(before.organisation, Audience.OPERATOR)
    assert told.ended is not None
    assert store.restore(made)
    assert not store.restore(made)
    assert store.declarations(Audience.OPERATOR, DAY) == [before]
    (told,) = store.said_by(before.organisation, Audience.OPERATOR)
    assert ([each.act for each in told.changes], told.ended) == (["withdrawn", "restored"], None)
    assert store.version() == version + 2


def test_an_edit_is_told_with_what_stood_there_and_undone_both_ways(store: Store) -> None:
    made = store.declare(capacity())
    (before,) = store.declarations(Audience.OPERATOR, DAY)
    values = {"what": "molitura conto terzi", "quantity": 55.0, "visibility": Visibility.PUBLIC}
    assert store.edit(made, values, DAY)
    assert not store.edit(made, values, DAY)
    (after,) = store.declarations(Audience.PUBLIC, DAY)
    assert (after.id, after.what, after.quantity, after.period) == (made, "molitura conto terzi", 55.0, "week")
    (told,) = store.said_by(before.organisation, Audience.OPERATOR)
    assert dict(told.changes[0].before) == {"what": "molitura olive", "quantity": 40.0, "visibility": "reserved"}
    assert store.undo(made)
    assert store.declarations(Audience.OPERATOR, DAY) == [before]
    assert store.undo(made)
    assert store.declarations(Audience.OPERATOR, DAY) == [after]
    assert not store.edit("nobody", values, DAY)
    assert not store.undo("nobody")


def test_the_public_reads_no_earlier_version_and_nothing_reserved(store: Store) -> None:
    made = store.declare(capacity(what="SEGRETO-1"))
    body = store.resolve(ONE.value)
    assert store.said_by(body, Audience.PUBLIC) == []
    store.edit(made, {"what": "molitura", "visibility": Visibility.PUBLIC}, DAY)
    (told,) = store.said_by(body, Audience.PUBLIC)
    assert "SEGRETO-1" not in repr(told)
    assert "SEGRETO-1" in repr(store.said_by(body, Audience.OPERATOR))


def test_an_expired_one_is_over_told_and_renewed_in_one_act(store: Store) -> None:
    made = store.declare(capacity(valid_until=date(2026, 11, 21)))
    assert in_force(store) == []
    body = store.resolve(ONE.value)
    assert store.said_by(body, Audience.OPERATOR)[0].declaration.valid_until == date(2026, 11, 21)
    assert store.renew(made, date(2027, 5, 22), DAY)
    (now,) = store.declarations(Audience.OPERATOR, DAY)
    assert (now.valid_until, now.date) == (date(2027, 5, 22), DAY)
    assert store.undo(made)
    assert in_force(store) == []


def test_what_a_file_said_is_not_edited_on_the_pages(store: Store) -> None:
    source = Source(SourceInfo("declarations", "", "", "", ""), lambda _p, _o: iter([Accepted(1, "k", (capacity(),))]))
    store.load(source, [])
    (found,) = store.declarations(Audience.OPERATOR, DAY)
    assert not store.edit(found.id, {"what": "altro"}, DAY)
    assert not store.renew(found.id, LATER, DAY)
    store.load(Source(source.info, lambda _p, _o: iter([])), [])
    assert in_force(store) == ["molitura olive"]


def test_what_a_file_said_before_is_told(store: Store) -> None:
    def load_file(*rows: Accepted) -> None:
        store.load(Source(SourceInfo("declarations", "", "", "", ""), lambda _p, _o: iter(rows)), [], complete=True)

    load_file(Accepted(1, "k", (capacity(),)))
    load_file(
        Accepted(1, "k", (capacity(quantity=60.0, valid_until=None),)), Accepted(2, "l", (capacity(what="olio"),))
    )
    body = store.resolve(ONE.value)
    told = {each.declaration.what: each for each in store.said_by(body, Audience.OPERATOR)}
    (change,) = told["molitura olive"].changes
    assert (change.act, dict(change.before)) == ("edited", {"quantity": 40.0, "valid_until": "2026-12-31"})
    assert not store.undo(told["molitura olive"].declaration.id)  # the file is to be corrected
    load_file(Accepted(2, "l", (capacity(what="olio"),)))
    told = {each.declaration.what: each for each in store.said_by(body, Audience.OPERATOR)}
    assert told["molitura olive"].ended is not None
    assert not store.restore(told["molitura olive"].declaration.id)


def outcome(store: Store, **given: object) -> ContactOutcome:
    facts: dict[str, object] = {"kind": "aggregation", "step": "contacted", "date": DAY, "by_role": "ufficio progetti"}
    ends = {"asker": store.resolve(ONE.value), "partner": store.resolve(TWO.value)}
    return ContactOutcome(id="", **ends | facts | given)  # type: ignore[arg-type]


def test_outcomes_are_written_edited_taken_back_and_restored(store: Store) -> None:
    first = store.record_outcome(outcome(store))
    second = store.record_outcome(outcome(store, step="refused", reason="too-far", mutual=True, date=LATER))
    assert [each.id for each in store.outcomes(Audience.OPERATOR)] == [first, second]
    (told, refused) = store.outcomes(Audience.OPERATOR)
    assert (told.by_role, refused.reason, refused.mutual) == ("ufficio progetti", "too-far", True)
    assert store.edit_outcome(first, {"step": "met", "date": LATER})
    assert not store.edit_outcome(first, {"step": "met"})
    assert store.outcomes(Audience.OPERATOR)[0].step in {"met", "refused"}
    assert dict(store.outcome_changes([first])[first][0].before) == {"step": "contacted", "date": "2026-11-22"}
    assert store.undo_outcome(first)
    assert store.outcomes(Audience.OPERATOR)[0] == told
    assert store.take_outcome_back(second, DAY)
    assert not store.take_outcome_back(second, DAY)
    assert [each.id for each in store.outcomes(Audience.OPERATOR)] == [first]
    assert store.outcomes_taken_back() == [refused]
    assert store.restore_outcome(second)
    assert store.outcomes(Audience.OPERATOR) == [told, refused]


def test_outcomes_are_reserved_unless_told_and_never_of_nobody(store: Store) -> None:
    store.record_outcome(outcome(store))
    assert store.outcomes(Audience.PUBLIC) == []
    shown = store.record_outcome(outcome(store, step="agreed", visibility=Visibility.PUBLIC))
    assert [each.id for each in store.outcomes(Audience.PUBLIC)] == [shown]
    with pytest.raises(UnknownOrganisation):
        store.record_outcome(outcome(store, partner="nobody"))


def test_outcomes_follow_bodies_that_join_and_part(store: Store) -> None:
    ipa = Identifier("ipa", "coop_x")
    row = Accepted(1, "x", (OrganisationRecord((ipa,), (Assertion("name", "X"), Assertion("kind", "cooperative"))),))
    store.load(Source(SourceInfo("second", "", "", "", ""), lambda _p, _o: iter([row])), [])
    alone = store.resolve("coop_x")
    store.record_outcome(outcome(store, asker=alone))
    store.record_outcome(outcome(store, partner=alone))
    both = Accepted(1, "j", (OrganisationRecord((ONE, ipa), (Assertion("province", "RI"),)),))
    store.load(Source(SourceInfo("third", "", "", "", ""), lambda _p, _o: iter([both])), [])
    kept = store.resolve("coop_x")
    assert kept != alone
    assert {alone} & {end for each in store.outcomes(Audience.OPERATOR) for end in (each.asker, each.partner)} == set()
    assert store.separate(alone)
    assert [each.asker for each in store.outcomes(Audience.OPERATOR)].count(alone) == 1
    assert [each.partner for each in store.outcomes(Audience.OPERATOR)].count(alone) == 1


def test_what_was_tried_on_invented_bodies_goes_with_them(store_url: str) -> None:
    from data.example import EXAMPLE

    store = open_store(store_url)
    store.load(EXAMPLE, [])
    bodies = [each for each in store.organisations(Audience.OPERATOR) if each.demonstration][:2]
    store.record_outcome(
        ContactOutcome(id="", asker=bodies[0].id, partner=bodies[1].id, kind="aggregation", step="met", date=DAY)
    )
    store.forget_example()
    assert store.outcomes(Audience.OPERATOR) == []
    store.close()


def test_a_crisis_never_reaches_the_public_whatever_the_row_says(store: Store) -> None:
    store.correct(ONE.value, {"status": Status.CRISIS}, visibility=Visibility.PUBLIC)
    body = store.resolve(ONE.value)
    operator = next(each for each in store.organisations(Audience.OPERATOR) if each.id == body)
    public = next(each for each in store.organisations(Audience.PUBLIC) if each.id == body)
    assert (operator.status, operator.provenance["status"].visibility) == (Status.CRISIS, Visibility.RESERVED)
    assert public.status is None
    assert "in-crisis" not in repr(store.history(body, Audience.PUBLIC))
    assert "in-crisis" in repr(store.history(body, Audience.OPERATOR))


def test_what_a_body_says_of_its_life_refines_an_active_of_the_registers(store: Store) -> None:
    said = (Assertion("status", Status.ACTIVE),)
    row = Accepted(1, "s", (OrganisationRecord((ONE,), said),))
    store.load(Source(SourceInfo("albo", "", "", "", ""), lambda _p, _o: iter([row])), [])
    store.correct(ONE.value, {"status": Status.CRISIS}, visibility=Visibility.RESERVED)
    body = store.resolve(ONE.value)

    def status(audience: Audience) -> Status | None:
        return next(each for each in store.organisations(audience) if each.id == body).status

    assert (status(Audience.OPERATOR), status(Audience.PUBLIC)) == (Status.CRISIS, Status.ACTIVE)
    gone = Accepted(1, "s", (OrganisationRecord((ONE,), (Assertion("status", Status.LIQUIDATION),)),))
    store.load(Source(SourceInfo("albo", "", "", "", ""), lambda _p, _o: iter([gone])), [])
    assert (status(Audience.OPERATOR), status(Audience.PUBLIC)) == (Status.LIQUIDATION, Status.LIQUIDATION)
