"""Real cases of the field, their parties built from published facts, and what must never happen."""

from dataclasses import replace

import pytest

from data.model import BodyType, OrganisationKind, Status
from matching.checks import CheckState

CULTURE, OIL, CROPS, CARE = "91.02", "10.41", "01.26", "88.10"


@pytest.fixture
def oil_country(world):
    """OP Latium, Colli Sabini and Farfense among other cooperatives of the Sabina and of Lazio."""
    world.add("OP Latium - produttori olivicoli", sector=OIL)
    world.add("Colli Sabini - olio", sector=OIL, comune="Palombara Sabina")
    world.add("Farfense - olio", sector=OIL, comune="Castelnuovo di Farfa")
    parties = tuple(world.organisations)
    world.project("olio-sabina", *parties, kind="network")
    for number, comune in enumerate(("Palombara Sabina", "Moricone", "Fara in Sabina", "Rieti", "Roma", "Viterbo")):
        world.add(f"Assistenza {number}", sector=CARE, comune=comune)
        world.add(f"Uliveti {number}", sector=CROPS, comune=comune)
        world.add(f"Trasporti {number}", sector="49.41", comune=comune)
    for number, comune in enumerate(("Viterbo", "Latina", "Cassino", "Sora", "Canino")):
        world.add(f"Frantoio {number}", sector=OIL, comune=comune)
    return world, parties


def test_g01_distance_is_no_veto_for_museum_services(world):
    world.add("Pierreci", sector=CULTURE, comune="Roma")
    world.add("Codess Cultura", sector=CULTURE, province="VE")
    for number in range(30):
        world.add(f"Altra {number}", sector=CARE, comune="Roma")
    found = world.ask("Pierreci", "aggregation").recommendations
    codess = next(each for each in found if each.partner == world.id("Codess Cultura"))
    assert found.index(codess) == 0
    reasons = {each.feature for each in codess.reasons}
    assert {"same-activity", "complementary-territory"} <= reasons
    assert any(each.key == "feature.complementary-territory.provinces" for each in (c.message for c in codess.reasons))


def test_g03_oil_cooperatives_are_in_each_others_first_five(oil_country):
    world, parties = oil_country
    for party in parties:
        first = world.partners(party, "aggregation", limit=5)
        assert set(parties) - {party} <= set(first), party
    found = world.ask("Colli Sabini - olio", "aggregation").recommendations
    farfense = next(each for each in found if each.partner == world.id("Farfense - olio"))
    assert {"same-activity", "nearby", "common-membership"} <= {each.feature for each in farfense.contributions}
    assert "FUSIONE" in {each.code for each in farfense.instruments}
    forms = [each.code for each in farfense.instruments]
    ladder = ("PARTENARIATO_DI_SCOPO", "RETE_CONTRATTO", "CONSORZIO_COOP", "FUSIONE")
    assert sorted(ladder, key=forms.index) == list(ladder)  # the light ones come first


def test_g08_bodies_and_cooperatives_of_proceno_find_each_other(world):
    body = {"kind": OrganisationKind.PUBLIC_BODY, "status": None}
    world.add("Comune di Proceno", comune="Proceno", body_type=BodyType.MUNICIPALITY, **body)
    world.add("Comune di Acquapendente", comune="Acquapendente", body_type=BodyType.MUNICIPALITY, **body)
    world.add(
        "Comunità Montana Alta Tuscia Laziale",
        comune="Acquapendente",
        body_type=BodyType.MOUNTAIN_COMMUNITY,
        **body,
    )
    world.add("Università della Tuscia", comune="Viterbo", body_type=BodyType.UNIVERSITY, **body)
    world.add("Comune di Gaeta", comune="Gaeta", body_type=BodyType.MUNICIPALITY, **body)
    world.add("Ministero", comune="Roma", body_type=BodyType.STATE, **body)
    world.add("Scuola di Proceno", comune="Proceno", body_type=BodyType.SCHOOL, **body)
    world.add("Cooperativa di comunità Proceno", sector="79.12", comune="Proceno")
    world.add("CoopCulture", sector=CULTURE, comune="Roma")
    world.add("Cooperativa Agricola Alta Tuscia", sector="01.11", comune="Acquapendente")
    world.add("Cooperativa edile di Gaeta", sector="41.20", comune="Gaeta")
    bodies = world.partners("Cooperativa di comunità Proceno", "public-private")
    assert bodies[0] == "Comune di Proceno"
    assert set(bodies[:3]) == {
        "Comune di Proceno",
        "Comune di Acquapendente",
        "Comunità Montana Alta Tuscia Laziale",
    }
    assert "Ministero" not in bodies[:4]
    cooperatives = world.partners("Comune di Proceno", "public-private")
    assert cooperatives[0] == "Cooperativa di comunità Proceno"
    assert {"Cooperativa Agricola Alta Tuscia", "CoopCulture"} <= set(cooperatives)
    answer = world.ask("Comune di Proceno", "public-private")
    assert all(each.next_step.key == "next.body-notice" for each in answer.recommendations)


def _instruments(world, asker, partner, kind):
    found = world.ask(asker, kind).recommendations
    return {each.code for each in next(one for one in found if one.partner == world.id(partner)).instruments}


@pytest.fixture
def social_town(world):
    world.add(
        "Comune di Rieti",
        comune="Rieti",
        kind=OrganisationKind.PUBLIC_BODY,
        body_type=BodyType.MUNICIPALITY,
        status=None,
    )
    world.add("Cura", sector=CARE, comune="Rieti", category="sociali", social_type="A")
    world.add("Lavoro", sector="81.30", comune="Rieti", category="sociali", social_type="B")
    return world


def test_n01_type_a_is_never_offered_the_reserved_agreement(social_town):
    assert "CONV_381_ART5" not in _instruments(social_town, "Comune di Rieti", "Cura", "public-private")
    assert "CONV_381_ART5" in _instruments(social_town, "Comune di Rieti", "Lavoro", "public-private")


def test_n07_a_social_cooperative_is_not_offered_the_free_loan(social_town):
    for party in ("Cura", "Lavoro"):
        assert "COMODATO_71_2" not in _instruments(social_town, "Comune di Rieti", party, "public-private")


NEVER = [each for each in Status if each not in (Status.ACTIVE, Status.NEW, Status.CRISIS)]


@pytest.mark.parametrize("status", NEVER)
def test_n03_who_is_not_active_is_never_suggested(world, status):
    world.add("Nostra", sector=OIL, comune="Rieti")
    world.add("Loro", sector=OIL, comune="Rieti", status=status)
    world.says("Loro", "offers", "olio")
    world.says("Nostra", "seeks", "olio")
    for kind in ("aggregation", "supply-chain"):
        answer = world.ask("Nostra", kind)
        assert not answer.recommendations
        assert answer.refusal is not None
        assert answer.refusal.key == "refusal.all-failed"
    refused = world.ask("Loro", "aggregation").refusal
    if status is Status.FORMING:  # it may look for whom to grow with, but no public body may engage it
        assert refused is None
        refused = world.ask("Loro", "public-private").refusal
    assert refused is not None
    assert refused.key == ("refusal.forming" if status is Status.FORMING else "refusal.not-active")


@pytest.mark.parametrize("status", [Status.NEW, Status.CRISIS])
def test_a_new_body_is_suggested_and_a_crisis_changes_and_tells_nothing(world, status):
    world.add("Nostra", sector=OIL, comune="Rieti")
    world.add("Loro", sector=OIL, comune="Rieti", status=status)
    answer = world.ask("Nostra", "aggregation")
    assert [world.name(each.partner) for each in answer.recommendations] == ["Loro"]
    assert world.ask("Loro", "aggregation").refusal is None
    world.organisations["Loro"] = replace(
        world.organisations["Loro"], status=Status.ACTIVE if status is Status.NEW else None
    )
    again = world.ask("Nostra", "aggregation")
    if status is Status.NEW:  # of all that is said only the line above the list knows who is new
        assert (answer.exposure.young, again.exposure.young) == (1, 0)
        answer = replace(answer, exposure=again.exposure)
    assert again == answer
    assert "crisis" not in repr(answer)


def test_unknown_status_is_to_verify_and_ranks_on(world):
    world.add("Nostra", sector=OIL, comune="Rieti")
    world.add("Loro", sector=OIL, comune="Rieti", status=None)
    found = world.ask("Nostra", "aggregation").recommendations[0]
    assert CheckState.TO_VERIFY in {each.state for each in found.checks if each.rule == "E26"}
    assert "against.unknown-status" in {each.key for each in found.against}


def test_n04_one_stage_and_product_is_no_chain(world):
    world.add("Frantoio uno", sector=OIL, comune="Rieti")
    world.add("Frantoio due", sector=OIL, comune="Rieti")
    answer = world.ask("Frantoio uno", "supply-chain")
    assert not answer.recommendations
    assert answer.refusal is not None
    assert answer.refusal.key == "refusal.only-same-stage"
    assert world.partners("Frantoio uno", "aggregation") == ["Frantoio due"]


def _label(world, asker, partner):
    found = world.ask(asker, "supply-chain").recommendations
    recommendation = next(each for each in found if each.partner == world.id(partner))
    return {each.rule: each.state for each in recommendation.labels}["E19"]


@pytest.mark.parametrize(
    ("other", "distance", "state"),
    [
        ("Viterbo", 71.0, CheckState.FAILED),  # another province
        ("Viterbo", 70.0, CheckState.PASSED),
        ("Leonessa", 71.0, CheckState.PASSED),  # the same province
    ],
)
def test_n05_seventy_kilometres_or_the_same_province(world, istat, km, other, distance, state):
    world.add("Olivicoltori", sector=CROPS, comune="Rieti")
    world.add("Frantoio", sector=OIL, comune=other)
    rows = [istat.index(world.organisations[name].municipality) for name in ("Olivicoltori", "Frantoio")]
    world.distance_km = km.copy()
    world.distance_km[rows[0], rows[1]] = world.distance_km[rows[1], rows[0]] = distance
    assert _label(world, "Olivicoltori", "Frantoio") is state
    assert _label(world, "Frantoio", "Olivicoltori") is state


def test_n12_housing_and_hazelnuts_make_no_chain(world):
    world.add("Edilizia abitativa", sector="41.20", comune="Caprarola")
    world.add("Nocciole dei Cimini", sector="01.25", comune="Caprarola")
    for party in world.organisations:
        answer = world.ask(party, "supply-chain")
        assert not answer.recommendations
        assert answer.refusal is not None


def test_a_merger_across_regimes_asks_for_the_notary(world):
    world.add("Sociale", sector=CARE, comune="Rieti", category="sociali", social_type="A")
    world.add("Non sociale", sector=CARE, comune="Rieti", category="produzione e lavoro")
    found = world.ask("Sociale", "aggregation").recommendations[0]
    assert "against.different-regime" in {each.key for each in found.against}
