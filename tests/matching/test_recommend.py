"""Answers: they add up, narrow, refuse in words, and never depend on what is not known."""

import itertools
import math
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import UnknownKind, UnknownOrganisation
from data.model import BodyType, Evidence, OrganisationKind, Status
from matching.candidates import Filters
from matching.checks import CheckState
from matching.kinds import PARTNERSHIPS
from matching.recommend import recommend
from service.messages import render

COMUNI = ("Rieti", "Viterbo", "Roma", "Latina", "Sora", "Amatrice", "Proceno")
SECTORS = ("01.26", "10.41", "88.10", "81.30", "56.29", "91.02", None)
GOODS = ("olio", "olive", "pasti", "pulizie", "trasporto")

one_body = st.fixed_dictionaries(
    {
        "comune": st.sampled_from((*COMUNI, None)),
        "sector": st.sampled_from(SECTORS),
        "kind": st.sampled_from([kind for kind in OrganisationKind if kind is not OrganisationKind.FIRM]),
        "status": st.sampled_from((Status.ACTIVE, None, Status.LIQUIDATION)),
        "category": st.sampled_from(("sociali", "produzione e lavoro", None)),
        "social_type": st.sampled_from(("A", "B", None)),
        "employees": st.sampled_from((3, 30, 800, None)),
        "offers": st.sampled_from((*GOODS, None)),
        "seeks": st.sampled_from((*GOODS, None)),
        "lot": st.sampled_from(("lot-1", "lot-2", None)),
        "project": st.integers(0, 2),
    }
)


def built(world, bodies):
    for number, facts in enumerate(bodies):
        facts = dict(facts)
        said = {name: facts.pop(name) for name in ("offers", "seeks", "lot", "project")}
        if facts["kind"] is OrganisationKind.PUBLIC_BODY:
            facts["body_type"] = list(BodyType)[number % len(BodyType)]
        name = world.name(world.add(f"Ente {number}", **facts))
        for says in ("offers", "seeks"):
            if said[says]:
                world.says(name, says, said[says])
        if said["lot"]:
            outcome = "awarded" if said["project"] == 0 else "bid"
            world.project(f"{said['lot']}-{said['project']}", name, lot=said["lot"], outcome=outcome, date=TENDER_DAY)
    return world


TENDER_DAY = date(2019, 5, 1)
property_settings = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@property_settings
@given(bodies=st.lists(one_body, min_size=2, max_size=9), kind=st.sampled_from(list(PARTNERSHIPS)))
def test_contributions_add_up_and_nobody_is_left_without_words(new_world, bodies, kind):
    world = built(new_world(), bodies)
    index = world.index()
    for body in world.organisations.values():
        answer = recommend(index, body.id, kind, today=date(2026, 11, 22))
        assert bool(answer.recommendations) != (answer.refusal is not None)
        scores = [each.score for each in answer.recommendations]
        assert all(later <= earlier + 1e-9 for earlier, later in itertools.pairwise(scores))
        for each in answer.recommendations:
            assert math.isclose(each.score, sum(one.contribution for one in each.contributions), abs_tol=1e-9)
            assert each.partner != body.id
            assert each.reasons
            assert CheckState.FAILED not in {check.state for check in each.checks}
            assert all(check.source for check in each.checks if check.rule.startswith("E"))
            assert all(0 <= one.value <= 1 for one in each.contributions)
            partner = index.organisations[index.row(each.partner)]
            assert partner.status is not Status.LIQUIDATION
        if answer.refusal is not None:
            assert not render(answer.refusal, "it").startswith("[")


@property_settings
@given(
    bodies=st.lists(one_body, min_size=3, max_size=9),
    kind=st.sampled_from(list(PARTNERSHIPS)),
    filters=st.builds(
        Filters,
        max_km=st.sampled_from((None, 10.0, 60.0)),
        province=st.sampled_from((None, "RI", "VT")),
        category=st.sampled_from((None, "sociali")),
        size=st.sampled_from((None, "micro", "medium")),
        sector=st.sampled_from((None, "88", "10.4")),
        only_new=st.booleans(),
        rivals=st.booleans(),
    ),
)
def test_filters_only_narrow(new_world, bodies, kind, filters):
    world = built(new_world(), bodies)
    index = world.index()
    for body in world.organisations.values():
        everybody = recommend(index, body.id, kind, limit=99, today=date(2026, 11, 22)).recommendations
        narrowed = recommend(index, body.id, kind, limit=99, filters=filters, today=date(2026, 11, 22)).recommendations
        kept = {each.partner for each in narrowed}
        assert tuple(each for each in everybody if each.partner in kept) == narrowed


@property_settings
@given(bodies=st.lists(one_body, min_size=3, max_size=7), good=st.sampled_from(GOODS))
def test_an_offer_that_meets_a_need_never_harms(new_world, bodies, good):
    bodies = [{**each, "status": Status.ACTIVE, "kind": OrganisationKind.COOPERATIVE} for each in bodies]
    plain, more = built(new_world(), bodies), built(new_world(), bodies)
    for world in (plain, more):
        world.says("Ente 0", "seeks", good)
    more.says("Ente 1", "offers", good)
    for kind in ("aggregation", "supply-chain"):
        before, after = (place(world, "Ente 1", world.ask("Ente 0", kind, limit=99)) for world in (plain, more))
        assert after is not None
        assert before is None or after[1] <= before[1]
        assert before is None or after[0] >= before[0] - 1e-9


def place(world, name, answer):
    """(score, position) of a partner, None when it is not among them."""
    for position, each in enumerate(answer.recommendations):
        if each.partner == world.id(name):
            return each.score, position
    return None


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        (Filters(max_km=30), {"Vicina"}),
        (Filters(province="VT"), {"Lontana"}),
        (Filters(category="sociali"), {"Vicina"}),
        (Filters(kind=OrganisationKind.CONSORTIUM), {"Lontana"}),
        (Filters(size="small"), {"Vicina"}),
        (Filters(sector="88.9"), {"Lontana"}),
        (Filters(sector="88"), {"Vicina", "Lontana", "Senza luogo"}),
        (Filters(max_km=500), {"Vicina", "Lontana"}),  # nobody whose comune is not known
    ],
    ids=lambda value: str(value) if isinstance(value, Filters) else "kept",
)
def test_each_filter_keeps_what_it_says(world, filters, kept):
    world.add("Nostra", sector="88.10", comune="Rieti")
    world.add("Vicina", sector="88.10", comune="Cittaducale", category="sociali", employees=20)
    world.add("Lontana", sector="88.91", comune="Viterbo", kind=OrganisationKind.CONSORTIUM, employees=300)
    world.add("Senza luogo", sector="88.10")
    assert set(world.partners("Nostra", "aggregation", filters=filters)) == kept
    without = Filters(exclude=frozenset({world.id("Vicina")}))
    assert set(world.partners("Nostra", "aggregation", filters=without)) == {"Lontana", "Senza luogo"}


# --- refusals ---------------------------------------------------------------------------------------------


def test_unknown_names_raise(world):
    world.add("Una", comune="Rieti")
    with pytest.raises(UnknownOrganisation):
        recommend(world.index(), "nobody", "aggregation", today=date(2026, 11, 22))
    with pytest.raises(UnknownKind):
        world.ask("Una", "marriage")


def refusal(world, name, kind, filters=None):
    answer = world.ask(name, kind, filters=filters)
    assert not answer.recommendations
    assert answer.refusal is not None
    return answer.refusal.key


def test_each_refusal_says_its_own_reason(world):
    world.add("Muta", comune="Rieti")
    world.add("Comune", kind=OrganisationKind.PUBLIC_BODY, body_type=BodyType.MUNICIPALITY, comune="Rieti")
    world.add("Ditta", kind=OrganisationKind.FIRM, comune="Rieti")
    assert refusal(world, "Muta", "public-private") == "refusal.no-activity.public-private"
    assert refusal(world, "Muta", "aggregation") == "refusal.nobody"
    assert refusal(world, "Comune", "aggregation") == "refusal.wrong-kind.aggregation"
    assert refusal(world, "Ditta", "public-private") == "refusal.wrong-kind.public-private"
    world.add("Cura", sector="88.10", comune="Rieti")
    world.add("Altra cura", sector="88.10", comune="Rieti")
    assert refusal(world, "Cura", "aggregation", Filters(province="LT")) == "refusal.filters.each"
    assert refusal(world, "Muta", "supply-chain") == "refusal.no-activity.supply-chain"
    world.add("Frutta", sector="01.24", comune="Rieti")
    assert refusal(world, "Frutta", "aggregation") == "refusal.nothing-in-common.helps"


def test_a_thin_answer_says_so_and_names_what_would_help(world):
    world.add("Sociale uno", comune="Rieti", category="sociali", inferred=["category"])
    world.add("Sociale due", comune="Rieti", category="sociali", inferred=["category"])
    answer = world.ask("Sociale uno", "aggregation")
    assert [each.key for each in answer.notes] == ["note.few.helps"]
    assert answer.helps == ("sector", "declarations")
    assert "il settore di attività (ATECO)" in render(answer.notes[0], "it")
    kinds = {item.kind for item in answer.recommendations[0].evidence if item.fact == "category"}
    assert kinds == {Evidence.INFERRED}


def test_only_certain_facts_leave_inferences_out(world):
    world.add("Sociale uno", comune="Rieti", category="sociali", inferred=["category"])
    world.add("Sociale due", comune="Rieti", category="sociali", inferred=["category"])
    world.add("Sociale tre", comune="Rieti", category="sociali")
    world.add("Sociale quattro", comune="Rieti", category="sociali")
    assert len(world.partners("Sociale uno", "aggregation")) == 3
    certain = Filters(only_certain=True)
    assert world.partners("Sociale tre", "aggregation", filters=certain) == ["Sociale quattro"]
    unsure = world.ask("Sociale uno", "aggregation", filters=certain)
    assert {each.feature for found in unsure.recommendations for each in found.contributions} == {"nearby"}
    assert next(each.key for each in unsure.notes) == "note.by-place"


def test_one_of_which_only_the_comune_is_known_is_told_its_neighbours_and_why(world):
    world.add("Muta", comune="Rieti")
    world.add("Cura", sector="88.10", comune="Rieti")
    world.add("Olio", sector="10.41", comune="Rieti")
    world.add("Lontana", sector="88.10", comune="Latina")
    answer = world.ask("Muta", "aggregation")
    assert {world.name(each.partner) for each in answer.recommendations} == {"Cura", "Olio"}
    assert next(each.key for each in answer.notes) == "note.by-place"
    assert "Non sappiamo che cosa fa" in render(answer.notes[0], "it")
    assert "il settore di attività (ATECO)" in render(answer.notes[0], "it")
    world.add("Muta", comune="Rieti", sector="88.10")
    told = world.ask("Muta", "aggregation")
    assert [world.name(each.partner) for each in told.recommendations] == ["Cura", "Lontana"]
    assert "note.by-place" not in {each.key for each in told.notes}
    assert world.partners("Olio", "aggregation") == [], "whoever says what it does is not told mere neighbours"


def test_equals_beyond_the_list_are_said(world):
    for number in range(5):
        world.add(f"Sociale {number}", comune="Rieti", category="sociali")
    notes = {each.key: each.params for each in world.ask("Sociale 0", "aggregation", limit=2).notes}
    assert notes["note.equals"] == {"n": 2}
    assert "note.equals" not in {each.key for each in world.ask("Sociale 0", "aggregation").notes}


def test_the_callers_limit_is_not_told_as_a_lack(world):
    for number in range(8):
        world.add(f"Sociale {number}", comune="Rieti", category="sociali", inferred=["category"])
    assert len(world.partners("Sociale 0", "aggregation")) == 7
    cut = [each.key for each in world.ask("Sociale 0", "aggregation", limit=2).notes]
    assert cut == ["note.thin.inferred", "note.equals"]
    for number in range(4, 8):
        del world.organisations[f"Sociale {number}"]
    few = world.ask("Sociale 0", "aggregation", limit=2).notes[0]
    assert few.key == "note.few.helps"
    assert few.params["n"] == 3
    one_more = world.ask("Sociale 0", "aggregation", limit=2).notes[1]
    assert one_more.key == "note.equals.one"


def test_a_thin_answer_is_called_thin_once(world):
    for number in range(9):
        world.add(f"Sociale {number}", province="RI", category="sociali", inferred=["category"])
    notes = [each.key for each in world.ask("Sociale 0", "aggregation", limit=3).notes]
    assert notes == ["note.thin.inferred", "note.equals"]


def test_nobody_is_always_first_among_equals(world):
    names = [f"Sociale {number}" for number in range(12)]
    for name in names:
        world.add(name, comune="Rieti", category="sociali")
    shown = [partner for name in names for partner in world.partners(name, "aggregation", limit=3)]
    assert {shown.count(name) for name in names} == {3}


def test_the_same_legal_person_twice_is_no_partner(world):
    world.add("Una", sector="88.10", comune="Rieti")
    world.add("Una bis", sector="88.10", comune="Rieti")
    one, two = (world.organisations[name] for name in ("Una", "Una bis"))
    world.organisations["Una bis"] = replace(two, identifiers=one.identifiers)
    assert refusal(world, "Una", "aggregation") == "refusal.all-failed"


def test_evidence_names_source_and_owner_of_each_fact(world):
    world.add("Oliveto", sector="01.26", comune="Rieti")
    world.add("Frantoio", sector="10.41", comune="Fara in Sabina")
    world.says("Oliveto", "seeks", "frantoio conto terzi", quantity=100.0, unit="t")
    world.says("Frantoio", "offers", "molitura", quantity=80.0, unit="t")
    found = world.ask("Oliveto", "supply-chain").recommendations[0]
    assert {each.feature for each in found.contributions} >= {"offer-meets-need", "next-stage", "quantity-fits"}
    facts = {(item.fact, item.organisation): item for item in found.evidence}
    assert facts["offers", world.id("Frantoio")].value == "molitura"
    assert facts["sector", world.id("Oliveto")].source == "test"
    assert all(item.kind in (Evidence.OFFICIAL, Evidence.DECLARED) for item in found.evidence)
    assert found.next_step.key == "next.talk-about-offer"
    words = render(found.contributions[0].message, "it")
    assert words == "Offre quello che cercate: molitura per conto terzi."


def test_words_of_ones_own_meet_and_stand_as_evidence(world):
    world.add("Teatro", sector="90.01", comune="Rieti")
    world.add("Circo", sector="90.01", comune="Viterbo")
    world.says("Teatro", "seeks", "tendone a strisce")
    world.says("Circo", "offers", "tendone a strisce")
    world.says("Circo", "offers", "trampoli")
    found = world.ask("Teatro", "aggregation").recommendations[0]
    assert "offer-meets-need" in {each.feature for each in found.contributions}
    said = {item.value for item in found.evidence if item.fact in ("offers", "seeks")}
    assert said == {"tendone a strisce"}
