"""The review of a membership list: what is proposed, what a decision writes, what comes back and what does not."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from data.errors import InvalidValue
from data.membership import ChangeKind, Decision, bare_name, compare, mark_of
from data.model import Audience, Evidence, Organisation, Status, Visibility
from data.records import Accepted, ReadOptions
from data.sources import source
from data.sources.membership import read_list
from data.store import Store, open_store

LEGA = "Lega di prova"
ONE, TWO, THREE, FOUR = "99900010580", "99900020589", "99900030588", "99900040587"
HEAD = "codice_fiscale;denominazione;comune;prov;stato;addetti;ateco;versione_ateco\n"
OURS = (
    "tax_code;name;kind;municipality;province;federation;employees;date\n"
    f"{ONE};Prova Uno società cooperativa;cooperative;Rieti;RI;{LEGA};10;2020-01-01\n"
    f"{TWO};Prova Due società cooperativa;cooperative;Viterbo;VT;{LEGA};20;2020-01-01\n"
    f"{THREE};Prova Tre società cooperativa;cooperative;Latina;LT;;30;2020-01-01\n"
)
THEIRS = (
    f"{ONE};PROVA UNO SOC. COOP.;Cittaducale;RI;;10;;\n"
    f"{THREE};PROVA TERZA SOC. COOP.;Latina;LT;in liquidazione;31;81.21;2007\n"
    f"{FOUR};PROVA QUATTRO SOC. COOP.;Roma;RM;attiva;;;\n"
)


@pytest.fixture
def store(store_url: str, tmp_path: Path) -> Iterator[Store]:
    """A store with three cooperatives, two of them members."""
    opened = open_store(store_url)
    file = tmp_path / "ours.csv"
    file.write_text(OURS, "utf-8")
    assert opened.load(source("organisations"), [file]).added == 3
    yield opened
    opened.close()


def hand_in(store: Store, folder: Path, rows: str, *, complete: bool = True, on: date | None = None, **options):
    """A list compared with the store and proposed."""
    file = folder / "aderenti.csv"
    file.write_text(HEAD + rows, "utf-8")
    read = list(read_list([file], ReadOptions()))
    taken = [one for one in read if isinstance(one, Accepted)]
    found = compare(taken, store.organisations(Audience.OPERATOR), LEGA, complete=complete, **options)
    return store.propose(LEGA, found, complete=complete, list_date=on)


def waiting(store: Store, state: Decision = Decision.PENDING) -> dict[tuple[str, str], str]:
    """Id of each proposal by the last digits of the body's code and the fact."""
    return {(one.proposal.subject[-11:], one.proposal.field): one.id for one in store.reviews(state)}


def body(store: Store, code: str, audience: Audience = Audience.OPERATOR) -> Organisation:
    wanted = store.resolve(code)
    return next(one for one in store.organisations(audience) if one.id == wanted)


EXPECTED = {
    (FOUR, "member"), (THREE, "federation"), (TWO, "federation"), (ONE, "municipality"), (THREE, "name"),
    (THREE, "status"), (THREE, "employees"), (THREE, "sector"),
}  # fmt: skip


def test_a_list_is_proposed_and_writes_nothing(store, tmp_path):
    before = store.organisations(Audience.OPERATOR)
    done = hand_in(store, tmp_path, THEIRS)
    assert (done.new, done.waiting, done.decided, done.superseded) == (8, 0, 0, 0)
    assert set(waiting(store)) == EXPECTED
    kinds = [one.proposal.kind for one in store.reviews(Decision.PENDING)]
    assert kinds == sorted(kinds, key=list(ChangeKind).index)
    assert kinds.count(ChangeKind.NEW) == 2
    assert kinds.count(ChangeKind.CEASED) == 1
    assert store.organisations(Audience.OPERATOR) == before
    again = hand_in(store, tmp_path, THEIRS)
    assert (again.new, again.waiting) == (0, 8)


def test_a_partial_list_says_nothing_of_those_it_does_not_name(store, tmp_path):
    hand_in(store, tmp_path, THEIRS, complete=False)
    assert set(waiting(store)) == EXPECTED - {(TWO, "federation")}


def test_accepted_changes_are_written_with_their_source_and_the_others_are_not(store, tmp_path):
    hand_in(store, tmp_path, THEIRS, on=date(2026, 10, 1))
    ids = waiting(store)
    version = store.version()
    wanted = [ids[ONE, "municipality"], ids[FOUR, "member"], ids[TWO, "federation"], ids[THREE, "employees"]]
    assert store.accept_changes(wanted).done == 4
    assert store.version() > version
    moved = body(store, ONE)
    assert moved.municipality == "057016"
    where = moved.provenance["municipality"]
    assert (where.source, where.evidence, where.date) == ("membership", Evidence.DECLARED, date(2026, 10, 1))
    assert body(store, TWO).federation is None
    assert (body(store, THREE).employees, body(store, THREE).name) == (31, "Prova Tre società cooperativa")
    new = body(store, FOUR)
    assert (new.federation, new.municipality, new.status) == (LEGA, "058091", Status.ACTIVE)
    assert set(waiting(store)) == EXPECTED - {
        (ONE, "municipality"), (FOUR, "member"), (TWO, "federation"), (THREE, "employees"),
    }  # fmt: skip
    again = hand_in(store, tmp_path, THEIRS)
    assert (again.new, again.decided) == (0, 0), "what was written is no difference any more"


def test_the_public_sees_nothing_of_a_list_of_the_federation(store, tmp_path):
    hand_in(store, tmp_path, THEIRS)
    store.accept_changes([one.id for one in store.reviews(Decision.PENDING)])
    assert FOUR not in repr(store.organisations(Audience.PUBLIC))
    assert body(store, ONE, Audience.PUBLIC).municipality == "057059"
    assert "PROVA TERZA" not in repr(store.organisations(Audience.PUBLIC))


def test_a_list_for_everybody_is_public_but_for_its_inner_figures(store, tmp_path):
    hand_in(store, tmp_path, THEIRS, visibility=Visibility.PUBLIC)
    store.accept_changes([one.id for one in store.reviews(Decision.PENDING)])
    assert body(store, FOUR, Audience.PUBLIC).federation == LEGA
    assert body(store, THREE, Audience.PUBLIC).employees is None
    assert body(store, THREE).employees == 31


def test_what_was_refused_does_not_come_back_until_it_is_another_change(store, tmp_path):
    hand_in(store, tmp_path, THEIRS)
    ids = waiting(store)
    refused = [ids[ONE, "municipality"], ids[TWO, "federation"]]
    assert store.refuse_changes(refused, "sede di passaggio").done == 2
    assert {one.reason for one in store.reviews(Decision.REFUSED)} == {"sede di passaggio"}
    assert hand_in(store, tmp_path, THEIRS).decided == 2
    assert not {(ONE, "municipality"), (TWO, "federation")} & set(waiting(store))
    assert body(store, ONE).municipality == "057059"
    elsewhere = THEIRS.replace("Cittaducale;RI", "Fondi;LT")
    hand_in(store, tmp_path, elsewhere)
    assert (ONE, "municipality") in waiting(store)


def test_a_refused_leaving_is_open_again_after_the_body_was_named_again(store, tmp_path):
    hand_in(store, tmp_path, THEIRS)
    store.refuse_changes([waiting(store)[TWO, "federation"]])
    hand_in(store, tmp_path, THEIRS + f"{TWO};Prova Due;Viterbo;VT;;;;\n")
    assert (TWO, "federation") not in waiting(store)
    hand_in(store, tmp_path, THEIRS)
    assert (TWO, "federation") in waiting(store)


def test_the_next_list_lets_go_what_it_no_longer_shows(store, tmp_path):
    hand_in(store, tmp_path, THEIRS)
    done = hand_in(store, tmp_path, f"{ONE};Prova Uno;Rieti;RI;;10;;\n", complete=False)
    assert done.superseded == 1
    assert set(waiting(store)) == EXPECTED - {(ONE, "municipality")}
    done = hand_in(store, tmp_path, THEIRS)
    assert done.new == 1
    assert set(waiting(store)) == EXPECTED


def test_undoing_an_acceptance_gives_back_what_stood_before(store, tmp_path):
    before = {one.id: one for one in store.organisations(Audience.OPERATOR)}
    hand_in(store, tmp_path, THEIRS)
    ids = waiting(store)
    store.accept_changes(list(ids.values()))
    assert body(store, FOUR).federation == LEGA
    for name in ids.values():
        assert store.undo_change(name)
    assert {one.id: one for one in store.organisations(Audience.OPERATOR)} == before
    assert set(waiting(store)) == EXPECTED
    assert store.accept_changes(list(waiting(store).values())).done == 8
    assert body(store, FOUR).federation == LEGA
    assert not store.undo_change("nobody")


def test_undoing_a_second_move_gives_back_the_first(store, tmp_path):
    hand_in(store, tmp_path, THEIRS, on=date(2026, 1, 1))
    store.accept_changes([waiting(store)[ONE, "municipality"]])
    hand_in(store, tmp_path, THEIRS.replace("Cittaducale;RI", "Fondi;LT"), on=date(2026, 2, 1))
    second = waiting(store)[ONE, "municipality"]
    store.accept_changes([second])
    assert body(store, ONE).municipality == "059007"
    assert [one.state for one in store.reviews(Decision.REPLACED)] == [Decision.REPLACED]
    assert store.undo_change(second)
    assert body(store, ONE).municipality == "057016"
    assert (ONE, "municipality") in waiting(store, Decision.ACCEPTED)


def test_a_new_member_taken_back_takes_its_later_changes_along(store, tmp_path):
    hand_in(store, tmp_path, THEIRS, on=date(2026, 1, 1))
    member = waiting(store)[FOUR, "member"]
    store.accept_changes([member])
    hand_in(store, tmp_path, THEIRS.replace("Roma;RM", "Rieti;RI"), on=date(2026, 2, 1))
    store.accept_changes([waiting(store)[FOUR, "municipality"]])
    assert body(store, FOUR).municipality == "057059"
    store.undo_change(member)
    assert FOUR not in repr(store.organisations(Audience.OPERATOR))


def test_who_comes_back_to_the_federation_is_proposed_again(store, tmp_path):
    hand_in(store, tmp_path, THEIRS)
    store.accept_changes([waiting(store)[TWO, "federation"]])
    back = THEIRS + f"{TWO};Prova Due;Viterbo;VT;;;;\n"
    hand_in(store, tmp_path, back)
    store.accept_changes([waiting(store)[TWO, "federation"]])
    assert body(store, TWO).federation == LEGA
    hand_in(store, tmp_path, THEIRS)
    assert (TWO, "federation") in waiting(store)


def test_an_accepted_change_that_an_official_register_overrules_is_not_asked_for_ever(store, tmp_path):
    hand_in(store, tmp_path, THEIRS, on=date(2019, 1, 1))
    store.accept_changes([waiting(store)[ONE, "municipality"]])
    assert body(store, ONE).municipality == "057016", "a reviewed list stands before what is only declared"
    official = tmp_path / "official.csv"
    official.write_text(OURS.replace("date\n", "date;evidence\n").replace("-01-01\n", "-01-01;official\n"), "utf-8")
    store.load(source("organisations"), [official])
    assert body(store, ONE).municipality == "057059", "the newer register"
    assert hand_in(store, tmp_path, THEIRS, on=date(2019, 1, 1)).decided == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("PROVA UNO SOCIETA' COOPERATIVA SOCIALE A R.L.", "Prova Uno Soc. Coop. Sociale arl", True),
        ("Prova Uno società cooperativa", "PROVA UNO SC", True),
        ("Prova Uno", "Prova Due", False),
        ("Prova cooperativa sociale", "Prova cooperativa", False),
    ],
)
def test_a_name_is_another_only_beyond_its_legal_form(one, other, same):
    assert (bare_name(one) == bare_name(other)) is same


def test_rows_of_a_list_are_read_once_and_persons_stay_out(tmp_path):
    file = tmp_path / "aderenti.csv"
    file.write_text(
        "codice_fiscale;denominazione;presidente\n"
        f"{ONE};Il Girasole;Nome-Segreto\n{ONE};Il Girasole due;\nRSSMRA80A01H501U;Rossi;\n{TWO};;\n",
        "utf-8",
    )
    read = list(read_list([file], ReadOptions()))
    assert [type(one).__name__ for one in read] == ["Accepted", "Rejected", "Rejected", "Rejected"]
    kind = next(one for one in read[0].records[0].assertions if one.field == "kind")
    assert (kind.value, kind.evidence) == ("cooperative", Evidence.INFERRED)
    assert [one.reason.key for one in read[1:]] == ["reject.repeated-key", "reject.natural-person", "reject.missing"]
    assert "Segreto" not in repr(read)


# --- what changed since the list was compared -------------------------------------------------------------


def change_own_file(store: Store, folder: Path, *changes: tuple[str, str]) -> None:
    """The own file again, newer, with other words."""
    text = OURS.replace("2020-01-01", "2026-11-01")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = folder / "ours.csv"
    file.write_text(text, "utf-8")
    store.load(source("organisations"), [file])


def test_what_changed_since_the_list_is_written_only_when_it_was_seen(store, tmp_path):
    hand_in(store, tmp_path, THEIRS)
    change_own_file(store, tmp_path, (";30;", ";44;"))
    wanted = waiting(store)[THREE, "employees"]
    done = store.accept_changes([wanted, waiting(store)[THREE, "status"]])
    assert (done.done, done.contradicting, done.stale) == (1, 0, 1)
    assert body(store, THREE).employees == 44
    (one,) = (each for each in store.reviews(Decision.PENDING) if each.id == wanted)
    now = store.held_now([one])[wanted]
    assert (now["employees"].value, now["employees"].source) == (44, "organisations")
    assert store.accept_changes([wanted], seen={wanted: mark_of(one.proposal.before)}).stale == 1
    assert store.accept_changes([wanted], seen={wanted: mark_of(now)}).done == 1
    assert body(store, THREE).employees == 31


def test_a_body_that_we_came_to_hold_since_the_list_is_seen_first(store, tmp_path):
    hand_in(store, tmp_path, THEIRS)
    own = f"{FOUR};Prova Quattro;cooperative;Latina;LT;;5;2026-01-01\n"
    change_own_file(store, tmp_path, (f"{THREE};", f"{own}{THREE};"))
    member = waiting(store)[FOUR, "member"]
    assert store.accept_changes([member]).stale == 1
    assert body(store, FOUR).federation is None
    (one,) = (each for each in store.reviews(Decision.PENDING) if each.id == member)
    now = store.held_now([one])[member]
    assert now["municipality"].value == "059011"
    assert store.accept_changes([member], seen={member: mark_of(now)}).done == 1


def test_of_two_lists_that_say_the_same_fact_one_is_written_and_the_other_is_seen_anew(store, tmp_path):
    hand_in(store, tmp_path, THEIRS)
    file = tmp_path / "altra.csv"
    file.write_text(HEAD + f"{ONE};Prova Uno;Fondi;LT;;10;;\n", "utf-8")
    read = [one for one in read_list([file], ReadOptions()) if isinstance(one, Accepted)]
    store.propose(
        "Altra", compare(read, store.organisations(Audience.OPERATOR), "Altra", complete=False), complete=False
    )
    both = [one.id for one in store.reviews(Decision.PENDING) if one.proposal.field == "municipality"]
    assert len(both) == 2
    done = store.accept_changes(both)
    assert (done.done, done.stale) == (1, 1)


# --- column maps ------------------------------------------------------------------------------------------


def test_column_maps_are_kept_under_a_name(store):
    store.save_columns("albo 2026", "cooperative-register", {"name": "Campo2", "tax_code": "Campo1"})
    store.save_columns("albo 2026", "cooperative-register", {"name": "Campo3"})
    (kept,) = store.column_maps()
    assert (kept.name, kept.source, kept.columns) == ("albo 2026", "cooperative-register", {"name": "Campo3"})
    assert store.columns_named("albo 2026") == {"name": "Campo3"}
    with pytest.raises(InvalidValue) as caught:
        store.columns_named("altra")
    assert caught.value.params["allowed"] == "albo 2026"
    for wrong in ("", "a/b", "x" * 81):
        with pytest.raises(InvalidValue):
            store.save_columns(wrong, "cooperative-register", {})
    assert store.forget_columns("albo 2026")
    assert not store.forget_columns("albo 2026")
