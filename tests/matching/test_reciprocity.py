"""The other side of a suggestion: the partner's own place and score for the asker, never part of the sum."""

from dataclasses import replace
from datetime import date

import pytest

from data.model import BodyType, OrganisationKind, Status
from matching.ordinals import at_place
from matching.reciprocity import other_sides
from matching.recommend import recommend
from service.messages import render

TODAY = date(2026, 11, 22)


def seen(world, asker, kind="aggregation"):
    """Partner's name -> its side of the pair, over the whole list."""
    index = world.index()
    found = recommend(index, world.id(asker), kind, today=TODAY).recommendations
    places = [(place, each.partner) for place, each in enumerate(found, start=1)]
    return {world.name(each.partner): each for each in other_sides(index, world.id(asker), places, kind, today=TODAY)}


@pytest.fixture
def valley(world):
    """Ours is far out; the one in the middle has nearer partners of its own."""
    world.add("Nostra", sector="88.10", comune="Amatrice")
    world.add("In mezzo", sector="88.10", comune="Cittaducale")
    for name in ("Vicina uno", "Vicina due"):
        world.add(name, sector="88.10", comune="Rieti")
    return world


def test_the_other_side_is_the_other_ranking(valley):
    index = valley.index()
    for kind in ("aggregation", "supply-chain"):
        for name, side in seen(valley, "Nostra", kind).items():
            theirs = recommend(index, valley.id(name), kind, limit=99, today=TODAY).recommendations
            places = {each.partner: (place, each.score) for place, each in enumerate(theirs, start=1)}
            assert (side.place, side.score) == places[valley.id("Nostra")]
            assert side.of == len(theirs)


def test_the_weaker_direction_is_said(valley):
    side = seen(valley, "Nostra")["In mezzo"]
    assert side.place == 3
    assert side.weaker
    words = render(side.message, "it")
    assert words.startswith("Per loro siete al 3º posto su 3, per voi sono al 1º posto:")
    assert words.endswith("il lato più debole è il loro.")
    back = seen(valley, "In mezzo")["Nostra"]
    assert (back.ours, back.place < back.ours, back.weaker) == (3, True, False)
    assert render(back.message, "it").endswith("il lato più debole è il vostro.")
    assert "yours is the weaker side" in render(back.message, "en")


def test_equal_places_are_told_once(world):
    world.add("Una", sector="88.10", comune="Rieti")
    world.add("Altra", sector="88.10", comune="Rieti")
    assert render(seen(world, "Una")["Altra"].message, "it") == "Anche per loro siete al 1º posto, su 1."


def test_a_place_among_equals_makes_no_side_the_weaker(world):
    for number in range(6):
        world.add(f"Uguale {number}", sector="88.10", comune="Rieti")
    sides = list(seen(world, "Uguale 3").values())
    assert {side.place for side in sides} == {1, 2, 3, 4, 5}
    assert not any(side.weaker or side.stronger for side in sides)
    assert {render(side.message, "it") for side in sides} == {
        "Per loro siete alla pari con altri (posti 1-5 su 5): quale lato sia più debole non si può dire."
    }


def test_behind_them_all_is_weaker_though_others_are_level(valley):
    """Where the equals of both sides do not overlap the weaker side is still told."""
    valley.add("Pari", sector="88.10", comune="Amatrice")
    side = seen(valley, "Nostra")["In mezzo"]
    assert (side.equals, side.ours, side.our_equals, side.weaker) == ((3, 4), 2, 0, True)
    assert render(side.message, "it") == (
        "Per loro siete alla pari con altri (posti 3-4 su 4), per voi sono al 2º posto: il lato più debole è il loro."
    )
    back = seen(valley, "In mezzo")["Nostra"]
    assert (back.equals, back.our_equals, back.stronger) == ((2, 2), 1, back.ours == 4)
    assert "yours" in render(back.message, "en") if back.stronger else "cannot be told" in render(back.message, "en")


def test_a_list_that_filters_narrow_is_measured_without_them(valley):
    """Two of the three are left out, so the third opens the list; theirs knows no filter."""
    index, middle, ours = valley.index(), valley.id("In mezzo"), valley.id("Nostra")
    (side,) = other_sides(index, middle, [(1, ours)], "aggregation", today=TODAY)
    assert (side.ours, side.place, side.weaker, side.filtered) == (3, 1, False, True)
    words = "Per loro siete al 1º posto su 3, per voi sono al 3º posto (senza filtri): il lato più debole è il vostro."
    assert render(side.message, "it") == words
    even = replace(side, ours=1)
    assert render(even.message, "it").endswith("per voi sono al 1º posto (senza filtri): i due lati si equivalgono.")
    assert render(even.message, "en").endswith("you they are at place 1 (without filters): the two sides are even.")


def test_one_that_would_not_be_told_of_us_says_so(world):
    world.add("Ente", kind=OrganisationKind.THIRD_SECTOR, sector="88.10", comune="Rieti")
    world.add("Cura", sector="88.10", comune="Rieti")
    world.add("Altra", sector="88.10", comune="Rieti")
    side = seen(world, "Ente")["Cura"]
    assert (side.place, side.score, side.of, side.weaker) == (None, None, 1, True)
    assert "il contatto parte solo da voi" in render(side.message, "it")


def test_a_refusal_noted_by_them_leaves_us_out_of_theirs(valley):
    valley.refused.append((valley.id("In mezzo"), valley.id("Nostra"), None))
    assert seen(valley, "Nostra")["In mezzo"].place is None


def test_one_that_may_not_ask_itself_has_nobody(world):
    world.add("Nostra", sector="88.10", comune="Rieti")
    world.add("Nascente", sector="88.10", comune="Rieti", status=Status.FORMING)
    world.add("Comune", kind=OrganisationKind.PUBLIC_BODY, body_type=BodyType.MUNICIPALITY, comune="Rieti")
    index = world.index()
    (side,) = other_sides(index, world.id("Comune"), [(1, world.id("Nascente"))], "public-private", today=TODAY)
    assert (side.place, side.of) == (None, 0)
    assert render(side.message, "it").startswith("A loro, per ora, non proporremmo nessuno")


@pytest.mark.parametrize(
    ("place", "words"),
    [(1, "al 1º"), (7, "al 7º"), (8, "all'8º"), (11, "all'11º"), (18, "al 18º"), (81, "all'81º"), (110, "al 110º"),
     (812, "all'812º"), (1100, "al 1.100º"), (8200, "all'8.200º"), (11200, "all'11.200º")],
)  # fmt: skip
def test_the_article_is_cut_before_a_vowel(place, words):
    assert render(at_place(place), "it") == f"{words} posto"
    assert render(at_place(place), "en") == f"at place {place:,}"
