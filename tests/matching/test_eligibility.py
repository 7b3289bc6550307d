"""Calls: open today or not, and who may apply, requirement by requirement; what is not known never fails."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.lazio.beneficiaries import read_requirements
from data.model import BodyType, Call, Evidence, Organisation, OrganisationKind, Provenance, Status
from matching.call_state import CallState, is_to_come, standing
from matching.checks import CheckState
from matching.eligibility import audience_of, calls_for, eligibility, is_in_words, missing_sentence, rules_of

TODAY = date(2026, 11, 22)
DAY = timedelta(days=1)
PASSED, FAILED, TO_VERIFY = CheckState.PASSED, CheckState.FAILED, CheckState.TO_VERIFY


def call(**facts: object) -> Call:
    asked = facts.pop("asks", None)
    rules = () if asked is None else tuple(str(each) for each in read_requirements(str(asked)))
    return Call(**({"id": "c", "title": "Bando", "beneficiaries": rules, "read_on": TODAY} | facts))  # type: ignore[arg-type]


def coop(**facts: object) -> Organisation:
    said = {"id": "o", "name": "Prova", "kind": OrganisationKind.COOPERATIVE, "status": Status.ACTIVE} | facts
    return Organisation(**said)  # type: ignore[arg-type]


# --- open, closed, unknown --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "state", "left"),
    [
        ({"closes": TODAY, "state": "open"}, CallState.OPEN, 0),
        ({"closes": TODAY - DAY, "state": "open"}, CallState.CLOSED, None),
        ({"closes": TODAY + DAY}, CallState.OPEN, 1),
        ({"closes": TODAY + DAY, "opens": TODAY}, CallState.OPEN, 1),
        ({"closes": TODAY + 9 * DAY, "opens": TODAY + DAY, "state": "open"}, CallState.CLOSED, 9),
        ({"closes": TODAY + DAY, "state": "closed"}, CallState.CLOSED, None),
        ({"closes": TODAY + DAY, "state": "unknown"}, CallState.UNKNOWN, 1),
        ({"closes": TODAY + DAY, "read_on": TODAY - 180 * DAY}, CallState.OPEN, 1),
        ({"closes": TODAY + DAY, "read_on": TODAY - 181 * DAY}, CallState.UNKNOWN, 1),
        ({"closes": TODAY + DAY, "read_on": None, "state": "open"}, CallState.UNKNOWN, 1),
        ({"closes": TODAY + DAY, "read_on": TODAY + DAY, "state": "open"}, CallState.UNKNOWN, 1),
        ({"state": "open"}, CallState.OPEN, None),
        ({"state": "open", "read_on": TODAY - 60 * DAY}, CallState.OPEN, None),
        ({"state": "open", "read_on": TODAY - 61 * DAY}, CallState.UNKNOWN, None),
        ({}, CallState.UNKNOWN, None),
    ],
)
def test_the_state_of_a_call_on_a_day(facts: dict[str, object], state: CallState, left: int | None) -> None:
    found = standing(call(**facts), TODAY)
    assert (found.state, found.days_left) == (state, left)


@given(
    closes=st.dates(date(2020, 1, 1), TODAY - DAY),
    read=st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    opens=st.none() | st.dates(date(2019, 1, 1), date(2019, 12, 31)),
    said=st.sampled_from([None, "open", "closed", "unknown"]),
)
def test_a_call_past_its_deadline_is_never_open_nor_proposed(closes, read, opens, said) -> None:
    one = call(closes=closes, read_on=read, opens=opens, state=said)
    assert standing(one, TODAY).state is CallState.CLOSED
    assert calls_for(coop(), [one], TODAY) == ()


def test_a_call_that_is_still_to_open_is_told_apart() -> None:
    assert is_to_come(call(opens=TODAY + DAY), TODAY)
    assert not is_to_come(call(opens=TODAY), TODAY)
    assert not is_to_come(call(opens=TODAY + DAY, state="closed"), TODAY)


# --- requirements -----------------------------------------------------------------------------------------------


def state_of(asked: str, body: Organisation, name: str, together: int | None = None) -> CheckState:
    found = eligibility(rules_of(call(asks=asked)), body, TODAY, together)
    return next(check.state for check in found.checks if check.name == name)


@pytest.mark.parametrize(
    ("asked", "facts", "state"),
    [
        ("tipo=cooperativa", {}, PASSED),
        ("tipo=cooperativa", {"kind": OrganisationKind.FIRM}, FAILED),
        ("tipo=cooperativa", {"kind": OrganisationKind.CONSORTIUM}, TO_VERIFY),
        ("tipo=non impresa", {"kind": OrganisationKind.FIRM}, FAILED),
        ("tipo=non impresa", {}, PASSED),
        ("categoria=sociali", {"category": "Cooperative sociali"}, PASSED),
        ("categoria=sociali", {"category": "pesca"}, FAILED),
        ("categoria=sociali", {}, TO_VERIFY),
        ("categoria=non sociali", {"category": "pesca"}, PASSED),
        ("categoria=non sociali", {}, TO_VERIFY),
        ("sociale=no", {"category": "pesca"}, PASSED),
        ("sociale=no", {"social_type": "B"}, FAILED),
        ("sociale=no", {}, TO_VERIFY),
        ("sociale=sì", {"social_type": "B"}, PASSED),
        ("tipo sociale=A", {"social_type": "A"}, PASSED),
        ("tipo sociale=A", {"social_type": "B"}, FAILED),
        ("tipo sociale=A", {"social_type": "A+B"}, TO_VERIFY),
        ("tipo sociale=A", {"category": "pesca"}, FAILED),
        ("tipo sociale=A", {}, TO_VERIFY),
        ("stato=costituenda", {"status": Status.FORMING}, PASSED),
        ("stato=costituenda", {}, FAILED),
        ("stato=attiva", {"status": None}, TO_VERIFY),
        ("settore=87|88", {"sector": "88.10", "sector_version": "2025"}, PASSED),
        ("settore=87|88", {"sector": "01.11", "sector_version": "2025"}, FAILED),
        ("settore=87|88", {}, TO_VERIFY),
        ("settore=A", {"sector": "01.11", "sector_version": "2007"}, PASSED),
        ("settore=non 01", {"sector": "01.11", "sector_version": "2025"}, FAILED),
        ("sede=snai:monti-reatini", {"municipality": "057001"}, PASSED),
        ("sede=snai:monti-reatini", {"municipality": "058091"}, FAILED),
        ("sede=snai:monti-reatini", {"province": "LT"}, FAILED),
        ("sede=snai:monti-reatini", {"province": "RI"}, TO_VERIFY),
        ("sede=RI", {"municipality": "057059"}, PASSED),
        ("sede=miei:uno", {"municipality": "057059"}, TO_VERIFY),
        ("centrale=Legacoop", {"federation": "LEGACOOP"}, PASSED),
        ("centrale=Legacoop", {"federation": "AGCI"}, FAILED),
        ("soci=9", {"members": 9}, PASSED),
        ("soci=9", {"members": 8}, FAILED),
        ("addetti<=249", {"employees": 250}, FAILED),
        ("addetti>=10", {"employees": 10}, PASSED),
        ("addetti<=249", {}, TO_VERIFY),
        ("età<=24", {"founded": 2026}, PASSED),
        ("età<=24", {"founded": 2025}, PASSED),
        ("età<=24", {"founded": 2024}, TO_VERIFY),
        ("età<=24", {"founded": 2023}, FAILED),
        ("età>=24", {"founded": 2010}, PASSED),
        ("età<=24", {}, TO_VERIFY),
        ("mutualità prevalente=sì", {"prevalent_mutuality": True}, PASSED),
        ("mutualità prevalente=sì", {"prevalent_mutuality": False}, FAILED),
        ("mutualità prevalente=no", {"prevalent_mutuality": False}, PASSED),
        ("mutualità prevalente=sì", {}, TO_VERIFY),
        ("terzo settore=sì", {"social_type": "A"}, PASSED),
        ("terzo settore=sì", {"third_sector": False}, FAILED),
        ("terzo settore=sì", {}, TO_VERIFY),
        ("altro=bilancio sociale", {}, TO_VERIFY),
    ],
)  # fmt: skip
def test_one_requirement(asked: str, facts: dict[str, object], state: CheckState) -> None:
    name = read_requirements(asked)[0].name
    assert state_of(asked, coop(**facts), name) is state


def test_a_group_is_asked_of_the_project_and_never_held_against_one_body() -> None:
    assert state_of("gruppo>=3", coop(), "group") is TO_VERIFY
    assert state_of("gruppo>=3", coop(), "group", together=2) is TO_VERIFY
    assert state_of("gruppo>=3", coop(), "group", together=3) is PASSED


@pytest.mark.parametrize(
    ("status", "state"),
    [(Status.ACTIVE, PASSED), (None, TO_VERIFY), (Status.LIQUIDATION, FAILED), (Status.FORMING, FAILED)],
)
def test_a_body_whose_life_has_ended_never_applies_even_where_the_call_says_nothing(status, state) -> None:
    assert state_of("tipo=cooperativa", coop(status=status), "status") is state


def test_the_comuni_of_a_call_are_where_it_acts_and_keep_nobody_out() -> None:
    one = rules_of(call(asks="tipo=cooperativa", municipalities=("057001",)))
    inside, outside = (eligibility(one, coop(municipality=istat), TODAY) for istat in ("057001", "058091"))
    assert (inside.state, outside.state) == (PASSED, TO_VERIFY)


def test_a_call_that_says_nothing_of_its_beneficiaries_is_to_be_verified() -> None:
    assert eligibility(rules_of(call()), coop(), TODAY).state is TO_VERIFY


@given(st.permutations(["tipo=cooperativa", "soci=9", "età<=24", "sociale=no", "settore=88"]))
def test_knowing_nothing_fails_nothing(clauses: list[str]) -> None:
    unknown = Organisation(id="o", name="Prova", kind=OrganisationKind.COOPERATIVE)
    assert eligibility(rules_of(call(asks="; ".join(clauses))), unknown, TODAY).failed == ()


# --- who nearly may ---------------------------------------------------------------------------------------------

ASKED = "tipo=cooperativa; soci=9; mutualità prevalente=sì"


def test_the_bodies_of_a_call_fall_into_groups_that_do_not_overlap() -> None:
    known = {"members": 9, "prevalent_mutuality": True}
    bodies = [
        coop(id="1-ready", **known),
        coop(id="2-likely", members=9),
        coop(id="3-near", **known | {"members": 5}),
        coop(id="4-two", members=5, prevalent_mutuality=False),
        coop(id="5-firm", **known, kind=OrganisationKind.FIRM),
        coop(id="6-ended", **known | {"status": Status.DISSOLVED}),
        coop(id="7-near-unknown", members=5),
    ]
    bodies = [replace(body, municipality="057001") for body in bodies]
    found = audience_of(rules_of(call(asks=ASKED)), bodies, TODAY)
    ids = [[each.organisation for each in group] for group in (found.ready, found.likely, found.one_missing)]
    assert ids == [["1-ready"], ["2-likely"], ["3-near", "7-near-unknown"]]
    assert found.others == 3
    near = found.one_missing[0].missing_one
    assert near is not None
    assert (near.name, near.message.params["n"]) == ("members", 9)


def test_the_calls_of_a_body_are_open_ones_it_fails_nothing_of_the_nearest_end_first() -> None:
    calls = [
        call(id="a", asks="tipo=cooperativa", closes=TODAY + 30 * DAY),
        call(id="b", asks="tipo=cooperativa", closes=TODAY + DAY),
        call(id="c", asks="tipo=impresa", closes=TODAY + DAY),
        call(id="d", asks="tipo=cooperativa", closes=TODAY - DAY, state="open"),
        call(id="e", asks="tipo=cooperativa"),
        call(id="f", asks="tipo=cooperativa", opens=TODAY + DAY, closes=TODAY + 2 * DAY),
    ]
    assert [each.id for each, _, _ in calls_for(coop(), calls, TODAY)] == ["b", "a", "e"]


def test_own_areas_are_read_from_what_was_loaded() -> None:
    asked = call(asks="sede=sociosanitario:D1")
    areas = {"sociosanitario:D1": frozenset({"057001"})}
    body = coop(municipality="057001")
    assert eligibility(rules_of(asked), body, TODAY).state is TO_VERIFY
    assert eligibility(rules_of(asked, areas), body, TODAY).state is PASSED
    assert eligibility(rules_of(asked, areas), replace(body, municipality="057002"), TODAY).state is FAILED


def test_what_only_a_cooperative_could_meet_is_not_one_step_away_for_others() -> None:
    rules = rules_of(call(asks="tipo sociale=A"))
    bodies = [coop(id="1", social_type="B", province="RI"), coop(id="2", kind=OrganisationKind.PUBLIC_BODY)]
    found = audience_of(rules, bodies, TODAY)
    assert [each.organisation for each in found.one_missing] == ["1"]
    assert found.others == 1


@pytest.mark.parametrize("asked", ["tipo=cooperativa", "tipo=non impresa", "tipo=consorzio|impresa", "soci=9"])
def test_looking_at_the_kind_first_changes_no_group(asked: str) -> None:
    rules = rules_of(call(asks=asked + "; mutualità prevalente=sì"))
    known = [(kind, mutuality) for kind in OrganisationKind for mutuality in (True, False, None)]
    bodies = [
        coop(id=str(at), kind=kind, prevalent_mutuality=mutuality, province="RI")
        for at, (kind, mutuality) in enumerate(known)
    ]
    one_by_one = [eligibility(rules, body, TODAY) for body in bodies]
    found = audience_of(rules, bodies, TODAY)
    assert found.elsewhere == ()
    assert {each.organisation for each in found.ready} == {e.organisation for e in one_by_one if e.state is PASSED}
    assert {each.organisation for each in found.likely} == {
        e.organisation for e in one_by_one if e.state is TO_VERIFY and e.fits
    }
    assert {each.organisation for each in found.one_missing} == {e.organisation for e in one_by_one if e.missing_one}


# --- plain words, and who is near ---------------------------------------------------------------------------------


def test_a_call_in_words_only_lists_nobody() -> None:
    bodies = [coop(id=str(at), municipality="057001") for at in range(5)]
    for asked in (None, "chi presenta un progetto di paese"):
        found = audience_of(rules_of(call(asks=asked, municipalities=("057001",))), bodies, TODAY)
        assert (found.ready, found.likely, found.one_missing) == ((), (), ())
        assert is_in_words(rules_of(call(asks=asked)))
    assert not is_in_words(rules_of(call(asks="cooperative; chi presenta un progetto")))


def test_bodies_of_which_nothing_fits_for_sure_are_not_listed() -> None:
    bodies = [coop(id="1", sector="88.10", sector_version="2025", status=None), coop(id="2"), coop(id="3", status=None)]
    bodies = [replace(body, province="RI") for body in bodies]
    found = audience_of(rules_of(call(asks="settore = 88")), bodies, TODAY)
    assert [each.organisation for each in found.likely] == ["1"]
    public = Organisation(id="4", name="Ministero", kind=OrganisationKind.PUBLIC_BODY)
    found = audience_of(rules_of(call(asks="cooperative sociali di tipo B")), [public, *bodies], TODAY)
    assert [each.organisation for each in found.likely] == ["2", "1", "3"]


@pytest.mark.parametrize(
    ("place", "near"),
    [
        ({"municipality": "057001"}, True), ({"province": "RI"}, True), ({"province": "FE"}, False), ({}, False),
        ({"municipality": "038008"}, False),
    ],
)  # fmt: skip
def test_one_step_away_are_only_bodies_of_the_territory_served(place: dict[str, str], near: bool) -> None:
    found = audience_of(rules_of(call(asks="tipo=cooperativa; soci=9")), [coop(members=5, **place)], TODAY)
    assert bool(found.one_missing) is near
    seat = audience_of(rules_of(call(asks="tipo=cooperativa; sede=Viterbo")), [coop(**place)], TODAY)
    assert bool(seat.one_missing) is near


@pytest.mark.parametrize(
    ("facts", "near"),
    [
        ({"social_type": "B", "employees": 20}, True),
        ({"social_type": "B"}, True),
        ({}, False),
        ({"social_type": "B", "status": None}, True),
        ({"social_type": "A", "employees": 20}, False),
    ],
)
def test_one_step_away_is_not_one_failure_and_many_unknowns(facts: dict[str, object], near: bool) -> None:
    asked = "tipo sociale = B; addetti >= 10; sede = provincia di Viterbo; altro = piano"
    found = audience_of(rules_of(call(asks=asked)), [coop(municipality="057059", **facts)], TODAY)
    assert bool(found.one_missing) is near


@pytest.mark.parametrize("asked", ["età <= 24", "addetti <= 9", "comuni", "cooperative e comuni"])
def test_what_no_step_could_mend_is_not_one_step_away(asked: str) -> None:
    firm = coop(kind=OrganisationKind.FIRM, municipality="057059", founded=1990, employees=50)
    found = audience_of(rules_of(call(asks=f"tipo = cooperativa | impresa; {asked}")), [firm], TODAY)
    assert (found.one_missing, found.others) == ((), 1)


def test_any_one_of_several_phrases_is_enough() -> None:
    rules = rules_of(call(asks="cooperative sociali di tipo B e comuni"))
    town = Organisation(
        id="2", name="Comune di Prova", kind=OrganisationKind.PUBLIC_BODY, body_type=BodyType.MUNICIPALITY
    )
    school = replace(town, id="3", body_type=BodyType.SCHOOL)
    bodies = [coop(id="1", social_type="B"), town, school, coop(id="4", social_type="A")]
    found = audience_of(rules, [replace(body, province="RI") for body in bodies], TODAY)
    assert [each.organisation for each in found.ready] == ["1", "2"]
    assert found.others == 2


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ("sede = Viterbo", "eligibility.place.not"), ("sociale = no", "eligibility.social"),
        ("soci >= 9", "eligibility.members.missing"), ("addetti >= 9", "eligibility.employees.missing"),
        ("addetti <= 9", "eligibility.employees.missing-most"), ("età <= 9", "eligibility.age.missing-most"),
        ("mutualità prevalente = sì", "eligibility.prevalent_mutuality.not"),
        ("categoria = non pesca", "eligibility.category"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_as_missing(asked: str, key: str) -> None:
    assert missing_sentence(read_requirements(asked)[0]).key == key


def supposed(**facts: object) -> Organisation:
    """A cooperative of Rieti whose facts are only supposed."""
    where = {name: Provenance(Evidence.INFERRED, "inference", TODAY, 0.8) for name in facts}
    return coop(**{"province": "RI", "provenance": where} | facts)


def test_what_is_supposed_never_decides_but_says_what_seems_and_orders() -> None:
    bodies = [
        supposed(id="1", sector="88.10", sector_version="2025"),
        coop(id="2", province="RI"),
        coop(id="3", province="RI", kind=OrganisationKind.FIRM),
        supposed(id="4", sector="01.13", sector_version="2025"),
        coop(id="5", province="RI", sector="01.13", sector_version="2025"),
        coop(id="6", province="RI", sector="88.10", sector_version="2025"),
    ]
    found = audience_of(rules_of(call(asks="imprese agricole")), bodies, TODAY)
    assert [each.organisation for each in found.ready] == ["5"]
    assert [each.organisation for each in found.likely] == ["4", "2", "3", "1"]
    assert [[check.seems for check in each.to_verify] for each in found.likely] == [[True], [None], [None], [False]]


def test_one_step_away_is_nobody_who_seems_two_steps_away() -> None:
    asked = "imprese agricole; sede = provincia di Viterbo"
    for code, near in (("01.13", True), ("88.10", False)):
        body = supposed(id="1", sector=code, sector_version="2025")
        assert bool(audience_of(rules_of(call(asks=asked)), [body], TODAY).one_missing) is near


def test_who_has_its_seat_elsewhere_or_nobody_knows_where_stands_apart() -> None:
    bodies = [
        coop(id="1", province="RI"), coop(id="2", province="FE"), coop(id="3"), coop(id="4", status=None),
        coop(id="5", province="RI", status=None),
    ]  # fmt: skip
    found = audience_of(rules_of(call(asks="cooperative")), bodies, TODAY)
    groups = (found.ready, found.likely, found.elsewhere)
    assert [[each.organisation for each in group] for group in groups] == [["1"], ["5"], ["2", "3", "4"]]


def test_a_call_in_words_only_suits_nobody_nor_does_one_of_which_nothing_is_known_to_hold() -> None:
    calls = [
        call(id="a", asks=None, state="open"),
        call(id="b", asks="chi presenta un progetto di paese", state="open"),
        call(id="c", asks="settore = 88", state="open"),
        call(id="d", asks="cooperative; settore = 88", state="open"),
    ]
    assert [each.id for each, _, _ in calls_for(coop(status=None), calls, TODAY)] == ["d"]


def test_a_call_suits_when_what_tells_bodies_apart_holds_or_seems_to() -> None:
    rules = rules_of(call(asks="cooperative; settore = 88; altro = un piano"))
    bodies = {
        "known": coop(sector="88.10", sector_version="2025", status=None),
        "seems": supposed(sector="88.10", sector_version="2025"),
        "seems not": supposed(sector="01.13", sector_version="2025"),
        "unknown": coop(),
        "failed": coop(sector="01.13", sector_version="2025"),
    }
    assert [name for name, body in bodies.items() if eligibility(rules, body, TODAY).suits] == ["known", "seems"]
