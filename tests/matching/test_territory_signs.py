"""Areas that two bodies share though neither the comune nor the kilometres say so."""

import numpy as np
import pytest

from data.lazio import area_of, areas
from data.model import Area, BodyType, OrganisationKind
from matching.areas import WIDE, common_areas
from matching.features import FEATURES
from matching.graph import build_index
from matching.question import Question
from service.messages import render

BODY = {"kind": OrganisationKind.PUBLIC_BODY, "status": None}


@pytest.fixture
def said(world, today, istat, km):
    """Value and Italian sentence of the sign for one pair."""

    def of(asker, partner, loaded=()):
        index = build_index(world.organisations.values(), [], [], istat, km, areas=loaded)
        rows = np.array([index.row(world.id(partner))])
        question = Question(index, index.columns, index.row(world.id(asker)), rows, today)
        value = float(FEATURES["same-area"].values(question)[0])
        ceiling = FEATURES["same-area"].ceiling
        assert ceiling is not None
        assert 0 <= value <= ceiling(question)[0] <= 1
        return value, render(FEATURES["same-area"].reason(question, int(rows[0])), "it") if value else ""

    return of


def test_one_inner_area_is_told_by_its_name_and_one_comune_by_its_own_sign(world, said):
    for name, comune in (("A", "Acquapendente"), ("A2", "Acquapendente"), ("C", "Canino"), ("R", "Rieti")):
        world.add(name, comune=comune)
    area = area_of(world.organisations["A"].municipality, "snai")
    value, words = said("A", "C")
    assert value == min(1, WIDE / len(area.members))
    assert words == f"Siete nella stessa area interna: {area.name}."
    assert said("A", "A2") == (0.0, "")
    assert said("A", "R") == (0.0, "")
    world.add("Ignota", province="VT")
    assert said("A", "Ignota") == said("Ignota", "A") == (0.0, "")


def test_a_wide_labour_system_says_less_than_a_small_one(world, said):
    sizes = {each.code: len(each.members) for each in areas("labour-system")}
    for name, comune in (
        ("Roma", "Roma"),
        ("Guidonia", "Guidonia Montecelio"),
        ("Rieti", "Rieti"),
        ("Contigliano", "Contigliano"),
    ):
        world.add(name, comune=comune)
    wide, small = said("Roma", "Guidonia"), said("Rieti", "Contigliano")
    assert 0 < wide[0] < small[0] <= 0.6
    assert wide[0] == pytest.approx(0.6 * WIDE / sizes[area_of("058091", "labour-system").code])
    assert small[1].startswith("Siete nello stesso sistema locale del lavoro: ")


def test_own_areas_count_and_a_loaded_labour_system_takes_the_place_of_the_shipped_one(world, said, istat):
    world.add("A", comune="Rieti")
    world.add("B", comune="Gaeta")
    places = [world.organisations[name].municipality for name in "AB"]
    own = [Area("gal", "G1", "GAL di prova", place, "prova") for place in places]
    assert said("A", "B") == (0.0, "")
    assert said("A", "B", own) == (0.8, "Siete nella stessa area: GAL di prova.")
    loaded = [Area("labour-system", "9999", "Sistema di prova", place, "prova") for place in places]
    assert said("A", "B", loaded) == (0.6, "Siete nello stesso sistema locale del lavoro: Sistema di prova.")
    assert said("A", "B", [Area("province", "X", "X", place, "prova") for place in places])[0] == 0
    assert common_areas(istat, own[:1]) == common_areas(istat, ()), "an area of one comune joins nobody"
    assert common_areas(istat, own) == common_areas(istat, own[::-1])


def test_a_ministry_is_of_no_valley(world, said):
    world.add("Comune", comune="Canino", body_type=BodyType.MUNICIPALITY, **BODY)
    world.add("Ministero", comune="Canino", body_type=BodyType.STATE, **BODY)
    world.add("A", comune="Acquapendente")
    assert said("A", "Comune")[0] == said("Comune", "A")[0] > 0
    assert said("A", "Ministero")[0] == said("Ministero", "A")[0] < said("A", "Comune")[0]
