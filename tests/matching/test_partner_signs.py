"""Each sign points the way practice says, kind by kind."""

from datetime import date

import numpy as np
import pytest

from data.model import BodyType, OrganisationKind, Status
from matching.features import FEATURES
from matching.question import Question
from service.messages import render

OIL, CROPS, CARE, CLEANING, CULTURE = "10.41", "01.26", "88.10", "81.21", "91.02"
BODY = {"kind": OrganisationKind.PUBLIC_BODY, "status": None}


@pytest.fixture
def value(world, today):
    """The value of a sign for one pair, asked the first way round."""

    def measure(sign, asker, partner):
        index = world.index()
        rows = np.array([index.row(world.id(partner))])
        question = Question(index, index.columns, index.row(world.id(asker)), rows, today)
        return float(FEATURES[sign].values(question)[0])

    return measure


def test_activity_is_measured_by_shared_digits_and_across_versions(world, value):
    for number, (code, version) in enumerate(
        (("10.41", "2007"), ("10.42", "2007"), ("10.51", "2007"), ("88.10", "2007"))
    ):
        world.add(f"A{number}", sector=code, sector_version=version)
    world.add("Nuova", sector="10.41", sector_version="2025")
    assert [value("same-activity", "A0", f"A{number}") for number in range(4)] == [1.0, 0.8, 0.5, 0.0]
    assert value("same-activity", "A0", "Nuova") == 0.5  # the bridge joins divisions only


def test_unknown_facts_give_nothing(world, value):
    world.add("Una")
    world.add("Altra")
    given = {name: value(name, "Una", "Altra") for name in FEATURES}
    assert not {name for name, found in given.items() if found != 0}


def test_near_is_even_and_ends_at_sixty_kilometres(world, value, istat, km):
    for comune in ("Rieti", "Contigliano", "Latina"):
        world.add(comune, comune=comune)
    assert value("nearby", "Rieti", "Rieti") == 1.0
    rows = [istat.index(world.organisations[name].municipality) for name in ("Rieti", "Contigliano")]
    assert value("nearby", "Rieti", "Contigliano") == pytest.approx(1 - km[rows[0], rows[1]] / 60)
    assert value("nearby", "Rieti", "Latina") == 0.0
    world.add("Ignota", province="RI")
    assert value("nearby", "Rieti", "Ignota") == 0.35


def test_distance_helps_a_merger_of_equals_and_harms_food(world, value):
    world.add("Olio di Rieti", sector=OIL, comune="Rieti")
    world.add("Olio di Gaeta", sector=OIL, comune="Gaeta")
    world.add("Oliveto di Gaeta", sector=CROPS, comune="Gaeta")
    assert value("complementary-territory", "Olio di Rieti", "Olio di Gaeta") == 1.0
    assert value("complementary-territory", "Olio di Rieti", "Oliveto di Gaeta") == 0.0
    assert value("far-for-food", "Olio di Rieti", "Oliveto di Gaeta") > 0
    assert value("near-for-food", "Olio di Rieti", "Oliveto di Gaeta") == 0.0


def test_food_within_the_province_is_never_far(world, value, istat, km):
    world.add("Oliveto", sector=CROPS, comune="Rieti")
    world.add("Frantoio", sector=OIL, comune="Leonessa")
    world.add("Frantoio fuori", sector=OIL, comune="Viterbo")
    world.distance_km = km.copy()
    rieti = istat.index(world.organisations["Oliveto"].municipality)
    world.distance_km[rieti] = world.distance_km[:, rieti] = 90.0
    assert value("far-for-food", "Oliveto", "Frantoio") == 0.0
    assert value("far-for-food", "Oliveto", "Frantoio fuori") == pytest.approx(0.25)
    assert value("near-for-food", "Oliveto", "Frantoio") > 0 == value("near-for-food", "Oliveto", "Frantoio fuori")


def test_likeness_makes_no_chain(world):
    world.add("Frantoio", sector=OIL, comune="Rieti", purpose="olio extravergine")
    world.add("Gemello", sector=OIL, comune="Rieti", purpose="olio extravergine")
    world.add("Oliveto", sector=CROPS, comune="Gaeta")
    assert world.partners("Frantoio", "aggregation")[0] == "Gemello"
    assert world.partners("Frantoio", "supply-chain") == ["Oliveto"]


def test_won_together_is_worth_more_than_bid_together_and_big_groupings_less(world, value):
    for name in ("A", "B", "C", *"DEFGHIJ"):
        world.add(name)
    world.project("won", "A", "B", outcome="awarded")
    world.project("bid", "A", "C", outcome="bid")
    world.project("crowd", "A", *"DEFGHIJ", outcome="awarded")
    assert value("worked-together", "A", "B") > value("worked-together", "A", "C") > value("worked-together", "A", "D")


def test_a_common_partner_counts_less_the_more_partners_it_has(world, value):
    for name in ("A", "quiet", "busy", "B", "C", *"DEFGHIJ"):
        world.add(name)
    world.project("1", "A", "quiet", outcome="awarded")
    world.project("2", "quiet", "B", outcome="awarded")
    world.project("3", "A", "busy", outcome="awarded")
    for number, other in enumerate("CDEFGHIJ"):
        world.project(f"b{number}", "busy", other, outcome="awarded")
    assert value("partners-in-common", "A", "B") > value("partners-in-common", "A", "C") > 0
    assert value("partners-in-common", "A", "quiet") == 0.0  # nobody in between
    assert value("partners-in-common", "B", "A") > 0


def test_rivals_are_warned_of_and_partners_in_one_lot_are_not_rivals(world, value):
    for name in "ABC":
        world.add(name, sector=CLEANING, comune="Rieti")
    world.project("one", "A", "B", lot="lot", outcome="awarded")
    world.project("two", "C", lot="lot", outcome="bid")
    assert value("rivals", "A", "C") > 0
    assert value("rivals", "A", "B") == 0
    found = {world.name(each.partner): each for each in world.ask("A", "aggregation").recommendations}
    assert "feature.rivals" in {each.key for each in found["C"].against}
    assert list(found) == ["B", "C"]


def test_size_near_or_catalyst_but_not_a_giant(world, value):
    for name, people in (("ten", 10), ("twelve", 12), ("sixty", 60), ("giant", 5000)):
        world.add(name, employees=people)
    assert value("size-fit", "ten", "twelve") > 0.5
    assert value("size-fit", "ten", "sixty") == 0.8
    assert value("size-fit", "ten", "giant") == 0
    assert value("size-gap", "ten", "giant") == 1


def test_federation_is_weak_and_no_filter(world):
    world.add("Nostra", sector=CARE, comune="Rieti", federation="Legacoop")
    world.add("Altra centrale", sector=CARE, comune="Rieti", federation="Confcooperative")
    world.add("Stessa centrale", sector=CARE, comune="Rieti", federation="Legacoop")
    found = world.ask("Nostra", "aggregation").recommendations
    assert [world.name(each.partner) for each in found] == ["Stessa centrale", "Altra centrale"]
    assert found[0].score - found[1].score == pytest.approx(0.01)


def test_names_speak_where_sectors_are_silent(world):
    world.add("Agricola La Valle soc. coop.", comune="Rieti")
    world.add("Azienda agricola Monte soc. coop.", comune="Rieti")
    world.add("Teatro Stabile soc. coop.", comune="Rieti")
    found = world.ask("Agricola La Valle soc. coop.", "aggregation").recommendations
    assert [world.name(each.partner) for each in found] == ["Azienda agricola Monte soc. coop."]
    assert "same-field" in {each.feature for each in found[0].contributions}


# --- public bodies --------------------------------------------------------------------------------------------


def test_the_own_comune_comes_before_schools_and_ministries(world):
    world.add("Cura", comune="Rieti", category="sociali", social_type="A")
    world.add("Comune di Rieti", comune="Rieti", body_type=BodyType.MUNICIPALITY, **BODY)
    world.add("ASL Rieti", comune="Rieti", body_type=BodyType.HEALTH, **BODY)
    for number in range(6):
        world.add(f"Liceo {number}", comune="Rieti", body_type=BodyType.SCHOOL, **BODY)
    world.add("Ministero", comune="Roma", body_type=BodyType.STATE, **BODY)
    world.add("Unione nazionale comuni", comune="Rieti", body_type=BodyType.UNION, **BODY)
    partners = world.partners("Cura", "public-private")
    assert partners[:2] == ["Comune di Rieti", "ASL Rieti"]
    assert "Ministero" not in partners
    assert partners.index("Unione nazionale comuni") > 1


def test_health_authorities_serve_their_province_and_hospitals_do_not(world, value):
    world.add("Cura", comune="Frascati", category="sociali", social_type="A")
    world.add("Azienda Sanitaria Locale Roma 1", comune="Roma", body_type=BodyType.HEALTH, **BODY)
    world.add("Azienda Ospedaliera San Camillo", comune="Roma", body_type=BodyType.HEALTH, **BODY)
    assert value("serves-the-place", "Cura", "Azienda Sanitaria Locale Roma 1") == 0.7
    assert value("serves-the-place", "Cura", "Azienda Ospedaliera San Camillo") == 0.0


def test_seats_of_national_bodies_say_nothing(world, value):
    world.add("Cultura", comune="Roma", sector=CULTURE)
    world.add("Ministero", comune="Roma", body_type=BodyType.STATE, **BODY)
    world.add("Roma Capitale", comune="Roma", body_type=BodyType.MUNICIPALITY, **BODY)
    assert value("near-body", "Cultura", "Ministero") == value("serves-the-place", "Cultura", "Ministero") == 0
    assert value("near-body", "Cultura", "Roma Capitale") == value("serves-the-place", "Cultura", "Roma Capitale") == 1


@pytest.fixture
def town(world):
    for comune in ("Rieti", "Cittaducale", "Leonessa"):
        world.add(f"Comune di {comune}", comune=comune, body_type=BodyType.MUNICIPALITY, **BODY)
    world.add("Pulizie", sector=CLEANING, comune="Rieti", category="sociali", social_type="B")
    return world


def test_track_record_with_the_same_body_counts_most(town, value):
    leonessa = town.id("Comune di Leonessa")
    for number in range(2):
        town.project(
            f"p{number}", "Pulizie", lot=f"l{number}", outcome="awarded", buyer_id=leonessa, date=date(2019, 3, 1)
        )
    assert value("track-record", "Pulizie", "Comune di Leonessa") == pytest.approx(2 / 3)
    assert value("track-record", "Comune di Leonessa", "Pulizie") == pytest.approx(2 / 3)
    assert value("same-type-record", "Pulizie", "Comune di Leonessa") == 0  # counted once
    assert value("same-type-record", "Comune di Leonessa", "Pulizie") == 0
    assert value("same-type-record", "Comune di Rieti", "Pulizie") == pytest.approx(0.5)
    assert value("same-type-record", "Pulizie", "Comune di Rieti") == pytest.approx(0.5)
    found = town.ask("Pulizie", "public-private").recommendations
    record = next(each for each in found if each.partner == leonessa)
    assert "against.old-record" in {each.key for each in record.against}
    words = next(each.message for each in record.contributions if each.feature == "track-record")
    assert words.key == "feature.track-record.won.year"
    assert render(words, "it") == "Avete già lavorato insieme: 2 gare con aggiudicazione (l'ultima nel 2019)."


def test_dependence_and_rotation_are_said(town, value):
    leonessa = town.id("Comune di Leonessa")
    for number in range(3):
        town.project(f"p{number}", "Pulizie", lot=f"l{number}", outcome="awarded", buyer_id=leonessa, amount=10.0)
    assert value("one-buyer", "Pulizie", "Comune di Leonessa") == 1
    assert value("one-buyer", "Comune di Leonessa", "Pulizie") == 1
    assert value("one-buyer", "Pulizie", "Comune di Rieti") == 0
    assert value("rotation", "Pulizie", "Comune di Leonessa") == value("rotation", "Comune di Leonessa", "Pulizie") == 1
    found = town.ask("Pulizie", "public-private").recommendations
    record = next(each for each in found if each.partner == leonessa)
    assert {"feature.one-buyer", "feature.rotation"} <= {each.key for each in record.against}


def test_the_reserve_is_for_type_b_and_local_bodies(town, value):
    town.add("Cura", sector=CARE, comune="Rieti", category="sociali", social_type="A")
    town.add("Liceo", comune="Rieti", body_type=BodyType.SCHOOL, **BODY)
    assert value("reserved-quota", "Pulizie", "Comune di Rieti") == 1
    assert value("reserved-quota", "Comune di Rieti", "Pulizie") == 1
    assert value("reserved-quota", "Cura", "Comune di Rieti") == 0
    assert value("reserved-quota", "Pulizie", "Liceo") == 0


def test_public_bodies_without_a_status_are_not_flagged(town):
    found = town.ask("Pulizie", "public-private").recommendations
    assert found
    assert not {"E26"} & {each.rule for one in found for each in one.checks}
    assert not {"against.unknown-status"} & {each.key for one in found for each in one.against}


def test_a_body_that_is_closed_is_not_proposed(town):
    town.add("Comune chiuso", comune="Rieti", body_type=BodyType.MUNICIPALITY, **(BODY | {"status": Status.MERGED}))
    assert "Comune chiuso" not in town.partners("Pulizie", "public-private")
