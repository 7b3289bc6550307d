"""Duplicates in the store: found, joined, kept apart; every decision remembered, and undone whole."""

from collections.abc import Iterator
from datetime import date

import pytest

from data.errors import NotOneBody, UnknownOrganisation
from data.model import Audience, Evidence, Identifier
from data.records import (
    Accepted,
    Assertion,
    DeclarationRecord,
    OrganisationRecord,
    ParticipationRecord,
    Source,
    SourceInfo,
)
from data.store import Store, open_store

REGISTER, LIST, OWN = "register-one", "list-two", "list-three"
# Invented numbers with valid check digits.
SPINDLE, OTHER = "80012340586", "12345670588"
NAMES = ("Istituto Nazionale per il Fuso e la Conocchia", "ISTITUTO NAZ. PER IL FUSO E LA CONOCCHIA")


def organisation(scheme: str, value: str, name: str, comune: str = "056059", *more: Assertion) -> OrganisationRecord:
    """A body as one list sees it."""
    said = (Assertion("name", name), Assertion("kind", "public-body"), Assertion("municipality", comune), *more)
    return OrganisationRecord((Identifier(scheme, value),), said)


def load(store: Store, name: str, *, complete: bool = False, **rows: object) -> None:
    """One file of a source whose rows have these keys; nothing is refused."""
    info = SourceInfo(
        name=name,
        title_it=name,
        title_en=name,
        publisher="",
        licence="",
        formats=(),
        files=1,
        evidence=Evidence.OFFICIAL,
    )
    outcomes = [Accepted(line, key, (record,)) for line, (key, record) in enumerate(rows.items(), start=2)]  # type: ignore[arg-type] # a test's own rows
    assert store.load(Source(info, lambda _paths, _options: iter(outcomes)), [], complete=complete).rejected == 0


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """Two lists that call one institute alike, one by tax code and one by its own code, with what hangs on each."""
    opened = open_store(store_url)
    load(opened, LIST, a=organisation("tax-code", SPINDLE, NAMES[1]))
    load(
        opened,
        REGISTER,
        b=organisation("ipa", "inf_c", NAMES[0], "056059", Assertion("website", "https://fuso.example")),
    )
    load(opened, OWN, c=ParticipationRecord(project="p1", organisation=Identifier("ipa", "inf_c")),
         d=DeclarationRecord(organisation=Identifier("ipa", "inf_c"), says="offers", what="lana"))  # fmt: skip
    yield opened
    opened.close()


def ids(store: Store) -> tuple[str, str]:
    """The ids of the two: of the list, of the register."""
    return store.resolve(SPINDLE), store.resolve("inf_c")


def state(store: Store) -> tuple[object, ...]:
    """All that can be read of bodies and of what hangs on them, but for the load that settled it."""
    audience = Audience.OPERATOR
    return (
        [body for body in store.organisations(audience) if body.municipality == "056059"],
        store.participations(audience),
        [(row.id, row.organisation) for row in store.declarations(audience, date(2026, 11, 22))],
    )


def test_the_pair_is_found_with_what_speaks_for_it(store: Store) -> None:
    found = store.duplicates()
    (pair,) = found.join
    assert {pair.one, pair.other} == set(ids(store))
    assert "CONOCCHIA" in pair.comparison.agree
    assert pair.start + sum(part.adds for part in pair.contributions) > 0


def test_nothing_is_joined_by_looking(store: Store) -> None:
    before = state(store)
    store.duplicates()
    assert state(store) == before


def test_a_join_keeps_the_better_identifier_and_the_old_id_leads_to_it(store: Store) -> None:
    kept, gone = ids(store)
    assert store.join(gone, kept) == kept
    assert store.resolve(gone) == store.resolve("inf_c") == kept
    assert store.redirects_to(kept) == [gone]
    body = next(one for one in store.organisations(Audience.OPERATOR) if one.id == kept)
    assert {item.value for item in body.identifiers} == {SPINDLE, "inf_c"}
    assert body.website == "https://fuso.example"
    assert [row.organisation for row in store.participations(Audience.OPERATOR)] == [kept]
    assert not store.duplicates().join


def test_undoing_a_join_gives_everything_back(store: Store) -> None:
    before = state(store)
    kept, gone = ids(store)
    store.join(kept, gone)
    assert state(store) != before
    assert store.undo_decision(kept, gone)
    assert not store.undo_decision(kept, gone)
    assert state(store) == before
    assert store.decisions() == []
    assert len(store.duplicates().join) == 1


def test_what_rows_say_after_the_join_goes_back_with_them(store: Store) -> None:
    kept, gone = ids(store)
    store.join(kept, gone)
    load(store, REGISTER, b=organisation("ipa", "inf_c", NAMES[0] + " di Viterbo"))
    load(store, OWN, c=ParticipationRecord(project="p2", organisation=Identifier("ipa", "inf_c")))
    assert ids(store) == (kept, kept), "a later load undoes no decision"
    store.undo_decision(kept, gone)
    names = {one.id: one.name for one in store.organisations(Audience.OPERATOR) if one.municipality == "056059"}
    assert names[gone] == NAMES[0] + " di Viterbo"
    assert names[kept] == NAMES[1]
    assert {row.organisation for row in store.participations(Audience.OPERATOR)} == {gone}


def test_joins_in_a_row_are_undone_in_any_order(store: Store) -> None:
    load(store, OWN, e=organisation("key:list-three", "fuso", NAMES[0]))
    kept, gone = ids(store)
    third = store.resolve("fuso")
    before = state(store)
    for order in ((gone, third), (third, gone)):
        store.join(third, gone)
        middle = store.resolve(third)
        store.join(middle, kept)
        assert store.resolve(third) == store.resolve(gone) == kept
        pairs = {frozenset((row.one, row.other)): row for row in store.decisions()}
        assert len(pairs) == 2
        for row in sorted(pairs.values(), key=lambda row: order[0] in (row.one, row.other)):
            assert store.undo_decision(row.one, row.other)
        assert state(store) == before


def test_a_pair_kept_apart_is_not_shown_again_until_that_is_undone(store: Store) -> None:
    kept, gone = ids(store)
    store.keep_apart(gone, kept)
    assert not store.duplicates().join
    load(store, REGISTER, b=organisation("ipa", "inf_c", NAMES[0].upper()))
    assert not store.duplicates().join
    assert [row.verdict for row in store.decisions()] == ["different"]
    assert store.undo_decision(gone, kept)
    assert len(store.duplicates().join) == 1


def test_a_join_that_nobody_was_asked_about_stays_undone(store: Store) -> None:
    kept, gone = ids(store)
    (made,) = store.join_duplicates()
    assert (made.verdict, made.method) == ("same", "automatic")
    assert store.resolve(gone) == kept
    store.undo_decision(made.one, made.other)
    assert store.join_duplicates() == []
    assert store.resolve(gone) == gone


def test_bodies_that_contradict_each_other_are_never_one(store: Store) -> None:
    load(store, OWN, e=organisation("tax-code", OTHER, NAMES[1]))
    one, other = store.resolve(SPINDLE), store.resolve(OTHER)
    assert all({pair.one, pair.other} != {one, other} for pair in (*store.duplicates().join, *store.duplicates().ask))
    before = state(store)
    with pytest.raises(NotOneBody):
        store.join(one, other)
    with pytest.raises(UnknownOrganisation):
        store.join(one, "nobody")
    assert state(store) == before


def test_between_two_that_cannot_be_one_a_person_decides(store: Store) -> None:
    load(store, OWN, e=organisation("tax-code", OTHER, NAMES[1]))
    found = store.duplicates()
    assert found.join == ()
    assert {"rivals"} == {caution for pair in found.ask for caution in pair.comparison.cautions}
    assert store.join_duplicates() == []


def test_former_names_find_a_body_too(store: Store) -> None:
    load(store, LIST, a=organisation("tax-code", SPINDLE, "Fondazione Arcolaio"))
    assert len(store.duplicates().join) == 1


def test_the_demonstration_is_left_alone(store: Store) -> None:
    from data.example import EXAMPLE

    store.load(EXAMPLE, [])
    assert len(store.duplicates().join) == 1
