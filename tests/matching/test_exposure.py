"""How many of those shown are small or newly founded is told, and changes nothing of the list."""

import pytest

from data.model import BodyType, OrganisationKind, Status
from matching.exposure import Exposure
from service.messages import render

CARE = "88.10"


@pytest.fixture
def town(world):
    world.add("Nostra", sector=CARE, comune="Rieti")
    world.add("Piccola", sector=CARE, comune="Rieti", employees=12)
    world.add("Grande", sector=CARE, comune="Rieti", employees=900)
    world.add("Giovane", sector=CARE, comune="Rieti", founded=2023)
    world.add("Vecchia", sector=CARE, comune="Rieti", founded=1980)
    world.add("Nuova e piccola", sector=CARE, comune="Rieti", status=Status.NEW, employees=3)
    world.add("Ignota", sector=CARE, comune="Rieti")
    return world


def test_small_and_young_ones_are_counted_once_and_unknown_ones_said(town):
    answer = town.ask("Nostra", "aggregation")
    assert answer.exposure == Exposure(shown=6, small=2, young=2, either=3, unknown=1)
    words = render(answer.exposure.words, "it")
    assert words == "Piccole o nate da poco: 3 su 6; di 1 non conosciamo né la dimensione né l'anno di nascita."
    assert town.ask("Nostra", "aggregation", limit=2).exposure.shown == 2


def test_where_nothing_is_known_it_is_said_so(world):
    for name in ("Nostra", "Una", "Altra"):
        world.add(name, sector=CARE, comune="Rieti")
    found = world.ask("Nostra", "aggregation").exposure
    assert found == Exposure(2, 0, 0, 0, 2)
    assert render(found.words, "it").startswith("Quante siano piccole o nate da poco non è noto")


def test_public_bodies_are_neither_small_nor_young(world):
    world.add("Nostra", sector=CARE, comune="Rieti")
    body = {"kind": OrganisationKind.PUBLIC_BODY, "status": None, "body_type": BodyType.MUNICIPALITY}
    world.add("Comune", comune="Rieti", **body)
    answer = world.ask("Nostra", "public-private")
    assert answer.recommendations
    assert answer.exposure is None
    assert world.ask("Comune", "public-private").exposure == Exposure(1, 0, 0, 0, 1)
