"""What people declare and note: capacity and certifications give reasons, refused pairs are left out."""

from datetime import date

import pytest

from data.model import Evidence, OrganisationKind
from matching.graph_export import to_networkx
from matching.recommend import Filters
from service.messages import render

OIL, CARE = "10.41", "88.10"
DAY = date(2026, 11, 20)


def one(world, asker, partner, kind):
    found = world.ask(asker, kind, limit=99).recommendations
    return next(each for each in found if each.partner == world.id(partner))


def test_spare_capacity_is_an_offer_and_the_reason_names_it(world):
    world.add("Oliveto", sector="01.26", comune="Rieti")
    world.add("Frantoio", sector=OIL, comune="Rieti")
    without = one(world, "Oliveto", "Frantoio", "supply-chain").score
    world.says("Oliveto", "seeks", "molitura", quantity=30.0, unit="q", period="week")
    world.says("Frantoio", "capacity", "molitura per conto terzi", quantity=40.0, unit="q", period="week")
    found = one(world, "Oliveto", "Frantoio", "supply-chain")
    assert found.score > without
    signs = {each.feature: each for each in found.contributions}
    sentence = render(signs["offer-meets-need"].message, "it")
    expected = "Ha capacità libera di quello che cercate: molitura per conto terzi (40 q alla settimana)."
    assert sentence == expected
    assert signs["quantity-fits"].value == pytest.approx(0.75)
    assert {("capacity", Evidence.DECLARED), ("seeks", Evidence.DECLARED)} <= {
        (each.fact, each.kind) for each in found.evidence
    }


def test_amounts_of_different_periods_do_not_cover_each_other(world):
    world.add("Oliveto", sector="01.26", comune="Rieti")
    world.add("Frantoio", sector=OIL, comune="Rieti")
    world.says("Oliveto", "seeks", "molitura", quantity=40.0, unit="q", period="day")
    world.says("Frantoio", "capacity", "molitura", quantity=40.0, unit="q", period="season")
    signs = {each.feature for each in one(world, "Oliveto", "Frantoio", "supply-chain").contributions}
    assert "offer-meets-need" in signs
    assert "quantity-fits" not in signs


def test_who_does_for_a_living_what_is_sought_is_named_without_an_offer(world):
    world.add("Nido", sector=CARE, comune="Rieti")
    world.add("Mensa", sector="56.29.10", comune="Rieti")
    world.add("Altra", sector="81.21", comune="Rieti")
    before = one(world, "Nido", "Mensa", "supply-chain")
    assert "work-meets-need" not in {each.feature for each in before.contributions}
    world.says("Nido", "seeks", "mensa scolastica")
    found = one(world, "Nido", "Mensa", "supply-chain")
    assert found.score > before.score
    (sign,) = [each for each in found.contributions if each.feature == "work-meets-need"]
    assert sign.value == 1.0
    assert "Non ha ancora dichiarato di offrirlo" in render(sign.message, "it")
    assert world.id("Altra") not in [each.partner for each in world.ask("Nido", "supply-chain").recommendations]
    world.says("Mensa", "offers", "mensa scolastica")
    offered = one(world, "Nido", "Mensa", "supply-chain")
    assert "work-meets-need" not in {each.feature for each in offered.contributions}
    assert offered.score > found.score


def test_a_trade_that_is_only_supposed_says_so_and_weighs_less(world):
    world.add("Nido", sector=CARE, comune="Rieti")
    world.add("Mensa Prova", comune="Rieti")
    world.says("Nido", "seeks", "mensa scolastica")
    (sign,) = [
        each for each in one(world, "Nido", "Mensa Prova", "supply-chain").contributions
        if each.feature == "work-meets-need"
    ]  # fmt: skip
    assert sign.value == pytest.approx(0.75)
    assert "Da verificare" in render(sign.message, "it")
    certain = world.ask("Nido", "supply-chain", filters=Filters(only_certain=True)).recommendations
    assert world.id("Mensa Prova") not in [each.partner for each in certain]


def test_declared_certifications_stand_beside_those_of_the_card_and_are_named(world):
    world.add("Nostra", sector=CARE, comune="Rieti", certifications=("ISO 9001:2015",))
    world.add("Loro", sector=CARE, comune="Rieti")
    before = {each.feature for each in one(world, "Nostra", "Loro", "aggregation").contributions}
    assert "complementary-skills" not in before
    world.says("Loro", "certified", "UNI EN ISO 14001:2015")
    found = one(world, "Nostra", "Loro", "aggregation")
    (added,) = [each for each in found.contributions if each.feature == "complementary-skills"]
    assert render(added.message, "it") == "Ha certificazioni che non avete: ISO 14001."
    assert ("certified", "UNI EN ISO 14001:2015", Evidence.DECLARED) in {
        (each.fact, each.value, each.kind) for each in found.evidence
    }
    certain = world.ask("Nostra", "aggregation", filters=Filters(only_certain=True)).recommendations[0]
    assert "complementary-skills" in {each.feature for each in certain.contributions}
    world.says("Loro", "certified", "ISO 9001")
    world.says("Nostra", "certified", "ISO 14001")
    again = {each.feature for each in one(world, "Nostra", "Loro", "aggregation").contributions}
    assert "complementary-skills" not in again


def test_availability_and_certifications_are_no_goods(world):
    world.add("Nostra", sector=CARE, comune="Rieti")
    world.add("Loro", sector=CARE, comune="Rieti")
    plain = world.ask("Nostra", "aggregation")
    world.says("Loro", "available", "condividere spazi")
    world.says("Nostra", "seeks", "spazi da condividere")
    world.says("Loro", "available", "spazi da condividere")
    signs = {each.feature for each in one(world, "Nostra", "Loro", "aggregation").contributions}
    assert "offer-meets-need" not in signs
    assert signs == {each.feature for each in plain.recommendations[0].contributions}


@pytest.fixture
def three(world):
    """One that asks and two like it."""
    for name in ("Nostra", "Loro", "Altri"):
        world.add(name, sector=OIL, comune="Rieti")
    return world


def test_a_refused_pair_is_left_out_for_who_asked_and_counted(three):
    assert set(three.partners("Nostra", "aggregation")) == {"Loro", "Altri"}
    three.refused = [(three.id("Nostra"), three.id("Loro"), None)]
    answer = three.ask("Nostra", "aggregation")
    assert [three.name(each.partner) for each in answer.recommendations] == ["Altri"]
    assert answer.refused == (three.id("Loro"),)
    assert answer.considered == 1
    assert set(three.partners("Loro", "aggregation")) == {"Nostra", "Altri"}
    assert three.ask("Loro", "aggregation").refused == ()


def test_both_ways_when_told_so_and_one_kind_when_told_so(three):
    ours, theirs = three.id("Nostra"), three.id("Loro")
    three.refused = [(ours, theirs, None), (theirs, ours, None)]
    assert three.partners("Loro", "aggregation") == ["Altri"]
    three.refused = [(ours, theirs, "supply-chain")]
    assert set(three.partners("Nostra", "aggregation")) == {"Loro", "Altri"}
    assert three.ask("Nostra", "supply-chain").refused == (theirs,)


def test_when_all_are_refused_the_answer_says_why_and_how_many(three):
    three.refused = [(three.id("Nostra"), three.id(name), None) for name in ("Loro", "Altri")]
    answer = three.ask("Nostra", "aggregation")
    assert (answer.recommendations, len(answer.refused)) == ((), 2)
    assert answer.refusal is not None


def test_refusals_of_unknown_bodies_and_of_others_kinds_are_nothing(three):
    three.add("Comune", kind=OrganisationKind.PUBLIC_BODY, comune="Rieti")
    three.refused = [(three.id("Nostra"), "nobody", None), (three.id("Nostra"), three.id("Comune"), None)]
    assert three.ask("Nostra", "aggregation").refused == ()
    assert three.ask("Nostra", "public-private").refused == (three.id("Comune"),)


def test_an_agreement_is_a_dated_declared_link_of_the_graph(three):
    ours, theirs = three.id("Nostra"), three.id("Loro")
    three.agreed = [(ours, theirs, "aggregation", DAY), (ours, "nobody", "aggregation", DAY)]
    graph = to_networkx(three.index())
    edges = [each for _, _, each in graph.edges(data=True) if each["kind"] == "agreed"]
    assert edges == [{"kind": "agreed", "partnership": "aggregation", "date": "2026-11-20", "evidence": "declared"}]
    assert graph.has_edge(f"organisation:{ours}", f"organisation:{theirs}")
    assert three.ask("Nostra", "aggregation") == three.ask("Nostra", "aggregation")
