"""Forms of partnership as shown with a suggestion: what a federation officer would name for that pair."""

import pytest

from data.model import BodyType, OrganisationKind
from matching.checks import CheckState, party_facts

UNKNOWN, PASSED = CheckState.TO_VERIFY, CheckState.PASSED


@pytest.fixture
def lists(world):
    """What the public lists give: social cooperatives of unknown type and sector, bodies with their type."""
    world.add("Comune di Rieti", comune="Rieti", kind=OrganisationKind.PUBLIC_BODY, body_type=BodyType.MUNICIPALITY)
    for name in ("La Strada cooperativa sociale", "Il Ponte cooperativa sociale"):
        world.add(
            name, comune="Rieti", category="sociali", third_sector=True, status=None, purpose="assistenza anziani"
        )
    return world


def forms(world, asker, partner, kind):
    found = world.ask(asker, kind, limit=99).recommendations
    return next(each for each in found if each.partner == world.id(partner)).instruments


def names(*asked):
    return [each.code for each in forms(*asked)]


def test_two_social_cooperatives_of_unknown_type(lists):
    own, other = "La Strada cooperativa sociale", "Il Ponte cooperativa sociale"
    found = names(lists, own, other, "aggregation")
    assert found[:3] == ["PARTENARIATO_DI_SCOPO", "RETE_CONTRATTO", "CONSORZIO_SOC"]
    assert found[-1] == "FUSIONE"
    assert "OP_AOP" not in found


@pytest.mark.parametrize("asker", ["La Strada cooperativa sociale", "Comune di Rieti"])
def test_a_social_cooperative_of_unknown_type_and_its_comune(lists, asker):
    partner = {"Comune di Rieti": "La Strada cooperativa sociale"}.get(asker, "Comune di Rieti")
    states = {each.code: each.state for each in forms(lists, asker, partner, "public-private")}
    assert list(states)[:3] == ["PROTOCOLLO", "COPROGRAMMAZIONE", "COPROGETTAZIONE"]
    assert {states[code] for code in list(states)[:3]} == {PASSED}
    for code in ("RISERVA_ART61", "ACCREDITAMENTO", "CAMMINI_9_9", "CONV_381_ART5"):
        assert states[code] is UNKNOWN, code
    assert "COMODATO_71_2" not in states
    assert not {"PSPP_134_2", "CER", "OP_AOP"} & set(states)


def test_a_form_is_open_only_when_nothing_is_to_verify(lists):
    for kind, other in (("public-private", "Comune di Rieti"), ("aggregation", "Il Ponte cooperativa sociale")):
        for each in forms(lists, "La Strada cooperativa sociale", other, kind):
            open_now = all(check.state is PASSED for check in each.checks)
            assert each.state is (PASSED if open_now else UNKNOWN), each.code


def test_each_rule_is_told_once_and_met_only_when_both_meet_it(world):
    world.add("Oliveti", sector="01.26", comune="Rieti")
    world.add("Frantoio", sector="10.41", comune="Rieti")
    world.project("olio", "Oliveti", "Frantoio", kind="network")
    found = next(each for each in forms(world, "Oliveti", "Frantoio", "aggregation") if each.code == "OP_AOP")
    assert [(check.rule, check.state) for check in found.checks] == [("L06", UNKNOWN), ("L15", UNKNOWN)]
    merger = next(each for each in forms(world, "Oliveti", "Frantoio", "aggregation") if each.code == "FUSIONE")
    assert ("L14", PASSED) in {(check.rule, check.state) for check in merger.checks}  # the network is a lighter step
    parity = next(
        each for each in forms(world, "Oliveti", "Frantoio", "aggregation") if each.code == "GRUPPO_PARITETICO"
    )
    assert [(check.rule, check.state) for check in parity.checks] == [("E16", PASSED)]


@pytest.mark.parametrize(
    ("own", "other", "offered"),
    [
        ("Cooperativa agricola Terre Alte", "Cooperativa agricola Valle Verde", True),
        ("Cooperativa agricola Terre Alte", "Pulizie Lampo cooperativa", False),
        ("Assistenza domiciliare cooperativa", "Pulizie Lampo cooperativa", False),
    ],
)
def test_producer_organisations_follow_farm_names(world, own, other, offered):
    for name in (own, other):
        world.add(name, comune="Rieti", status=None)
    world.project("gara", own, other, outcome="awarded")
    found = {each.code: each.state for each in forms(world, own, other, "aggregation")}
    assert ("OP_AOP" in found) is offered
    assert found.get("OP_AOP", UNKNOWN) is UNKNOWN


def test_producer_organisations_follow_products_on_offer(world):
    for name in ("Alfa", "Beta"):
        world.add(name, comune="Rieti", category="sociali")
    assert "OP_AOP" not in names(world, "Alfa", "Beta", "aggregation")
    world.says("Alfa", "offers", "nocciole")
    world.says("Beta", "offers", "pulizia di edifici")
    assert "OP_AOP" not in names(world, "Alfa", "Beta", "aggregation")
    world.says("Beta", "offers", "olive da olio")
    assert "OP_AOP" in names(world, "Alfa", "Beta", "aggregation")


def test_a_museum_cooperative_is_shown_the_heritage_partnership(world):
    world.add("Comune di Proceno", comune="Proceno", kind=OrganisationKind.PUBLIC_BODY, body_type=BodyType.MUNICIPALITY)
    world.add("Musei della Tuscia cooperativa", comune="Proceno", sector="91.02", category="produzione e lavoro")
    found = names(world, "Comune di Proceno", "Musei della Tuscia cooperativa", "public-private")
    assert found[:3] == ["PROTOCOLLO", "PSPP_134_2", "CONC_71_3"]


def test_names_that_the_law_keeps_for_some(world):
    world.add("Sole societa' cooperativa sociale", comune="Rieti")
    world.add("Edilizia Sabina soc. coop.", comune="Rieti")
    world.add("Amici del bosco ODV", kind=OrganisationKind.THIRD_SECTOR, comune="Rieti")
    told = {name: party_facts(body) for name, body in world.organisations.items()}
    assert told["Sole societa' cooperativa sociale"]["social"] is True
    assert "social" not in told["Edilizia Sabina soc. coop."]  # not known: the name may be shortened
    assert told["Edilizia Sabina soc. coop."]["social_name"] is False
    assert told["Amici del bosco ODV"]["volunteer_or_promotion"] is True
