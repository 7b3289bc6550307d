"""Filters of the list of partners: new contacts, rivals, certain data; an empty list names what emptied it."""

from datetime import date

import numpy as np
import pytest

from data.model import BodyType, Evidence, OrganisationKind, Status
from matching.candidates import NO_FILTERS, Filters, met_before, possible_rows, within
from matching.kinds import PARTNERSHIPS
from matching.question import Question
from service.messages import render

TODAY = date(2026, 11, 22)


@pytest.fixture
def town(world):
    """One cooperative of care, and others of the same work that differ in what they did with it."""
    for name in ("Nostra", "Nuova", "Compagna", "Consorella", "Rivale", "Sentita"):
        world.add(name, sector="88.10", comune="Rieti")
    world.project("insieme", "Nostra", "Compagna", kind="tender", outcome="awarded")
    world.project("rete", "Nostra", "Consorella", kind="network")
    world.project("offerta-a", "Nostra", kind="tender", lot="lotto", outcome="awarded")
    world.project("offerta-b", "Rivale", kind="tender", lot="lotto", outcome="bid")
    return world


def test_new_contacts_are_those_never_met(town):
    everybody = {"Nuova", "Compagna", "Consorella", "Rivale", "Sentita"}
    assert set(town.partners("Nostra", "aggregation")) == everybody
    asked = Filters(only_new=True, contacted=frozenset({town.id("Sentita"), "nobody"}))
    assert set(town.partners("Nostra", "aggregation", filters=asked)) == {"Nuova", "Rivale"}
    assert set(town.partners("Nostra", "aggregation", filters=Filters(contacted=asked.contacted))) == everybody


def test_rivals_stay_with_a_warning_unless_they_are_not_wanted(town):
    found = {town.name(each.partner): each for each in town.ask("Nostra", "aggregation").recommendations}
    assert any(message.key == "feature.rivals" for message in found["Rivale"].against)
    assert "Rivale" not in town.partners("Nostra", "aggregation", filters=Filters(rivals=False))
    assert "Compagna" in town.partners("Nostra", "aggregation", filters=Filters(rivals=False))


def test_a_buyer_is_no_new_contact_of_who_worked_for_it_nor_the_other_way_round(world):
    for name in ("Comune di Rieti", "Comune di Cittaducale"):
        world.add(name, kind=OrganisationKind.PUBLIC_BODY, body_type=BodyType.MUNICIPALITY, comune=name[10:])
    world.add("Cura", sector="88.10", comune="Rieti")
    world.add("Altra", sector="88.10", comune="Rieti")
    world.project("mensa", "Cura", kind="tender", lot="l", outcome="bid", buyer_id=world.id("Comune di Rieti"))
    new = Filters(only_new=True)
    assert set(world.partners("Cura", "public-private")) == {"Comune di Rieti", "Comune di Cittaducale"}
    assert world.partners("Cura", "public-private", filters=new) == ["Comune di Cittaducale"]
    assert world.partners("Comune di Rieti", "public-private", filters=new) == ["Altra"]


def test_nobody_of_new_contacts_ever_stood_beside_the_asker(town):
    index = town.index()
    for kind in PARTNERSHIPS.values():
        for row in range(len(index.organisations)):
            question = Question(index, index.columns, row, possible_rows(index, row, kind), TODAY)
            beside = {
                member.organisation
                for mine in index.links.participations[row]
                for rows in index.links.participations
                for member in rows
                if member.project == mine.project
            }
            met = {question.organisation(int(each)).id for each in question.rows[met_before(question)]}
            assert met == {question.organisation(int(each)).id for each in question.rows} & beside


def test_certain_data_only_means_that_no_reason_rests_on_less(world):
    world.add("Nostra", sector="88.10", comune="Rieti", category="sociali")
    world.add("Detta", sector="88.10", comune="Rieti")
    world.add("Dedotta", sector="88.10", comune="Rieti", category="sociali", inferred=("sector", "category"))
    assert set(world.partners("Nostra", "aggregation")) == {"Detta", "Dedotta"}
    answer = world.ask("Nostra", "aggregation", filters=Filters(only_certain=True))
    assert [world.name(each.partner) for each in answer.recommendations] == ["Detta"]
    kinds = {item.kind for each in answer.recommendations for item in each.evidence}
    assert kinds <= {Evidence.OFFICIAL, Evidence.DECLARED}


def test_facts_behind_a_reason_are_certain_too(world):
    world.add("Comune", kind=OrganisationKind.PUBLIC_BODY, body_type=BodyType.MUNICIPALITY, comune="Rieti")
    world.add("Cura", sector="88.10", comune="Rieti", social_type="A", inferred=("social_type",))
    every, certain = (
        {item.kind for each in answer.recommendations for item in each.evidence}
        for answer in (
            world.ask("Comune", "public-private", filters=Filters(only_certain=only)) for only in (False, True)
        )
    )
    assert Evidence.INFERRED in every
    assert certain == {Evidence.OFFICIAL}


def test_nothing_invented_is_certain(world):
    for name in ("Nostra", "Vera", "Inventata"):
        world.add(name, sector="88.10", comune="Rieti", demonstration=name == "Inventata")
    certain = Filters(only_certain=True)
    assert set(world.partners("Nostra", "aggregation")) == {"Vera", "Inventata"}
    assert world.partners("Nostra", "aggregation", filters=certain) == ["Vera"]
    refusal = world.ask("Inventata", "aggregation", filters=certain).refusal
    assert render(refusal, "it").endswith("con questi nessuna: «solo dati certi» da solo ne toglie 2.")


def emptied(world, name, filters):
    answer = world.ask(name, "aggregation", filters=filters)
    assert answer.recommendations == ()
    return render(answer.refusal, "it"), render(answer.refusal, "en")


def test_an_empty_list_says_which_filter_emptied_it_and_by_how_many(town):
    words, english = emptied(town, "Nostra", Filters(province="LT", only_new=True))
    assert words == (
        "Senza filtri avreste 5 proposte, con questi nessuna: "
        "«provincia LT» da solo ne toglie 5, «solo nuovi contatti» da solo ne toglie 2."
    )
    assert "“new contacts only” alone takes out 2" in english
    town.add("Unica", sector="01.26", comune="Rieti")
    town.add("Sola", sector="01.26", comune="Rieti", inferred=("sector",))
    words, _ = emptied(town, "Unica", Filters(only_certain=True))
    assert words == "Senza filtri avreste 1 proposta, con questi nessuna: «solo dati certi» da solo ne toglie 1."
    assert town.ask("Unica", "aggregation", filters=Filters(category="pesca", rivals=False)).refusal.params["n"] == 1


def test_filters_that_only_together_leave_nobody_say_so(world):
    world.add("Nostra", sector="88.10", comune="Rieti")
    world.add("Vicina", sector="88.10", comune="Rieti", inferred=("municipality",))
    words, _ = emptied(world, "Nostra", Filters(max_km=10, only_certain=True))
    assert "nessun filtro da solo le toglie" in words


def test_a_list_that_is_empty_without_filters_does_not_blame_them(world):
    world.add("Nostra", sector="88.10", comune="Rieti")
    world.add("Chiusa", sector="88.10", comune="Rieti", status=Status.LIQUIDATION)
    assert world.ask("Nostra", "aggregation", filters=Filters(max_km=50)).refusal.key == "refusal.all-failed"


@pytest.mark.parametrize(
    ("filters", "name"),
    [
        (Filters(max_km=30), "max_km"),
        (Filters(province="VT"), "province"),
        (Filters(category="sociali"), "category"),
        (Filters(kind=OrganisationKind.FIRM), "kind"),
        (Filters(size="micro"), "size"),
        (Filters(sector="88"), "sector"),
        (Filters(only_certain=True), "only_certain"),
        (Filters(exclude=frozenset("x")), "exclude"),
        (Filters(only_new=True), "only_new"),
        (Filters(rivals=False), "rivals"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_filter_has_a_name_and_stands_alone(filters, name):
    from matching.recommend import filter_words

    assert filters.active == (name,)
    assert filters.alone(name) == filters
    assert NO_FILTERS.active == Filters(contacted=frozenset("x")).active == ()
    for language in ("it", "en"):
        assert "[" not in render(filter_words(filters, name), language)


@pytest.mark.parametrize("only_certain", [False, True])
def test_filters_of_the_card_speak_of_the_card_whatever_facts_count(world, only_certain):
    """A category read from a name is on the card: `only_certain` limits reasons, not who passes another filter."""
    for number, (comune, category) in enumerate([("Rieti", "sociali"), ("Viterbo", "pesca"), ("Rieti", None)] * 2):
        read = {"inferred": ("category", "province")} if number > 2 else {}
        world.add(f"Coop {number}", sector="88.10", comune=comune, category=category, **read)
    world.add("Straniera", kind=OrganisationKind.PUBLIC_BODY)
    index = world.index()
    columns = index.certain_columns if only_certain else index.columns
    question = Question(index, columns, 0, np.arange(1, len(index.organisations)), TODAY)
    bodies = [index.organisations[row] for row in question.rows.tolist()]
    out = frozenset({bodies[1].id, bodies[3].id, "nobody"})
    for value in ("RI", "VT", "LT", ""):
        assert within(question, Filters(province=value)).tolist() == [body.province == value for body in bodies]
    for value in ("sociali", "pesca", "trasporto", ""):
        assert within(question, Filters(category=value)).tolist() == [body.category == value for body in bodies]
    assert within(question, Filters(exclude=out)).tolist() == [body.id not in out for body in bodies]
    assert within(question, Filters(province="RI")).any()
    assert (index.certain_columns.category != index.columns.category).any(), "some categories must be inferred"
