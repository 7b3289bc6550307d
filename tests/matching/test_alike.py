"""Whom organisations alike work with: counted against the definition, never the asker itself, right after edits."""

import numpy as np
import pytest

from data.model import BodyType, OrganisationKind
from matching.alike import ELSEWHERE, Tie, alike_of, counted_alike, groups, known_to_alike
from matching.features import FEATURES
from matching.question import Question
from matching.what_if import Supposition, suppose

CLEANING, CARE = "81.21", "88.10"
BODY = {"kind": OrganisationKind.PUBLIC_BODY, "status": None}


def known(index, asker: str, tie: Tie = Tie.PROJECT) -> dict[str, tuple[int, int, float]]:
    """By name of whom those alike have a tie with: how many near, how many anywhere, the value."""
    found = known_to_alike(alike_of(index, index.columns, tie), index.links, index.row(asker))
    rows = zip(found.rows, found.near, found.anywhere, found.values, strict=True)
    return {
        index.organisations[at].name: (int(near), int(every), round(float(value), 6)) for at, near, every, value in rows
    }


@pytest.fixture
def town(world):
    """Cleaners of Rieti and Latina, one of which has just begun, and whom they worked with."""
    for name, comune in (("R1", "Rieti"), ("R2", "Rieti"), ("R3", "Rieti"), ("L1", "Latina"), ("L2", "Latina")):
        world.add(name, sector=CLEANING, comune=comune)
    world.add("Nuova", sector=CLEANING, comune="Rieti")
    for name in ("Amica", "Lontana", "Sola"):
        world.add(name, sector=CARE, comune="Rieti")
    for number, pair in enumerate(
        (("R1", "Amica"), ("R2", "Amica"), ("R3", "Amica"), ("L1", "Lontana"), ("L2", "Lontana"), ("L1", "Sola"))
    ):
        world.project(f"p{number}", *pair, outcome="awarded")
    return world


def test_a_newcomer_is_told_whom_those_like_it_work_with(town):
    found = known(town.index(), town.id("Nuova"))
    assert found["Amica"] == (3, 3, pytest.approx(3 / (3 + 2 + 3**0.5), abs=1e-6))
    assert found["Lontana"] == (0, 2, pytest.approx(ELSEWHERE * 2 / (2 + 2 + 2**0.5), abs=1e-6))
    assert "Sola" not in found, "one case elsewhere says nothing"
    partners = town.partners("Nuova", "aggregation")
    assert "Amica" in partners
    assert "Sola" not in partners


def test_one_near_case_says_little_and_who_works_with_everybody_less(world):
    for name in ("Nuova", "Una", "Due"):
        world.add(name, sector=CLEANING, comune="Rieti")
    for name in ("Rara", "Nota", *(f"X{number}" for number in range(20))):
        world.add(name, sector=CARE, comune="Latina")
    world.project("a", "Una", "Rara")
    world.project("b", "Due", "Nota")
    for number in range(20):
        world.project(f"x{number}", "Nota", f"X{number}")
    found = known(world.index(), world.id("Nuova"))
    assert found["Rara"][2] == 0.25
    assert found["Nota"][2] < 0.15


def test_the_one_that_asks_is_never_counted(town):
    assert known(town.index(), town.id("R1"))["Amica"][:2] == (2, 2)
    town.project("own", "Nuova", "Sola")
    assert "Sola" not in known(town.index(), town.id("Nuova"))


@pytest.mark.parametrize("tie", Tie)
def test_counts_are_what_going_through_everybody_gives(world, tie):
    chance = np.random.default_rng(5)
    for number in range(40):
        facts = {**BODY, "body_type": BodyType.MUNICIPALITY} if number % 5 == 0 else {}
        sector = None if facts else (CLEANING, CARE, None)[number % 3]
        world.add(f"B{number}", sector=sector, comune=("Rieti", "Latina")[number % 2], **facts)
    names = list(world.organisations)
    for number in range(60):
        who = [str(each) for each in chance.choice(names, chance.integers(1, 5), replace=False)]
        buyer = world.id(f"B{5 * int(chance.integers(0, 8))}")
        world.project(f"p{number}", *who, buyer_id=buyer, outcome="awarded", date=None)
    index = world.index()
    ties = {row: set() for row in range(40)}
    for row, own in enumerate(index.links.participations):
        for each in own:
            if tie is Tie.PROJECT:
                together = {
                    at
                    for at, done in enumerate(index.links.participations)
                    for one in done
                    if one.project == each.project
                }
                ties[row] |= together - {row}
            elif index.row(each.buyer_id) != row:
                ties[row].add(index.row(each.buyer_id))
                ties[index.row(each.buyer_id)].add(row)
    group = groups(index.columns)
    for asker in range(40):
        found = known(index, index.organisations[asker].id, tie)
        for other in range(40):
            times = [
                sum(
                    other in ties[row]
                    for row in range(40)
                    if row not in (asker, other) and level[row] == level[asker] >= 0
                )
                for level in group
            ]
            name = index.organisations[other].name
            if other != asker and name in found:
                every = times[1] if group[1, asker] >= 0 else times[0]
                assert found[name][:2] == (times[0], every)
            else:
                assert other == asker or not times[0]


def test_what_is_supposed_of_one_is_what_counting_anew_gives(town):
    """A supposed field moves who is supposed it from one group to the other, and nothing is counted anew."""
    for asker, row in (("Nuova", "R1"), ("R1", "R1"), ("Amica", "R2"), ("L1", "L1")):
        index = town.index()
        alike_of(index, index.columns, Tie.PROJECT)
        for supposition in (Supposition("sector", (CARE, "2007")), Supposition("municipality", "059011")):
            made = suppose(index, index.row(town.id(row)), supposition)
            carried = alike_of(made, made.columns, Tie.PROJECT)
            assert carried.moved == (index.row(town.id(row)),), "carried, not counted"
            anew = counted_alike(made.links, made.columns, Tie.PROJECT)
            one, other = (known_to_alike(each, made.links, made.row(town.id(asker))) for each in (carried, anew))
            for name in ("rows", "near", "anywhere", "values"):
                assert np.array_equal(getattr(one, name), getattr(other, name)), (asker, row, supposition, name)


def test_bodies_and_those_who_work_for_them(world, today):
    for number, comune in enumerate(("Rieti", "Rieti", "Latina", "Viterbo")):
        world.add(f"Comune {number}", comune=comune, body_type=BodyType.MUNICIPALITY, **BODY)
    for name in ("Vecchia", "Antica", "Nuova"):
        world.add(name, sector=CLEANING, comune="Rieti")
    for name in ("Vecchia", "Antica"):
        world.project(f"lot {name}", name, buyer_id=world.id("Comune 0"), outcome="awarded")
    world.project("lot elsewhere", "Antica", buyer_id=world.id("Comune 3"), outcome="awarded")
    index = world.index()

    def value(asker, partner):
        question = Question(
            index, index.columns, index.row(world.id(asker)), np.array([index.row(world.id(partner))]), today
        )
        return float(FEATURES["customers-of-alike"].values(question)[0])

    assert value("Nuova", "Comune 0") == pytest.approx(2 / (2 + 2 + 2**0.5))
    assert value("Nuova", "Comune 1") == 0
    assert value("Comune 1", "Vecchia") == 0.25  # bought from by a comune of the same province
    assert value("Comune 2", "Antica") == 0  # two of other provinces: that is the record with bodies of the type
    assert value("Comune 0", "Vecchia") == 0  # its own dealings are another sign
    assert world.partners("Nuova", "public-private")[0] == "Comune 0"


def test_of_many_the_weightiest_of_each_kind_are_kept(world, monkeypatch):
    monkeypatch.setattr("matching.alike.MOST", 2)
    world.add("Nuova", sector=CLEANING, comune="Rieti")
    for name in ("Una", "Due"):
        world.add(name, sector=CLEANING, comune="Rieti")
    for number in range(3):
        world.add(f"Coop {number}", sector=CARE, comune="Latina")
        world.add(f"Impresa {number}", sector=CARE, comune="Latina", kind=OrganisationKind.FIRM)
    for kind in ("Coop", "Impresa"):
        for number in range(3):
            world.project(f"{kind}{number}", "Una", f"{kind} {number}")
        world.project(f"{kind} due", "Due", f"{kind} 1")
    found = known(world.index(), world.id("Nuova"))
    equal = {kind: min((f"{kind} 0", f"{kind} 2"), key=world.id) for kind in ("Coop", "Impresa")}
    assert found.keys() == {"Coop 1", "Impresa 1", *equal.values()}


@pytest.mark.parametrize("seed", range(3))
def test_what_is_kept_of_a_group_is_what_going_through_it_gives(world, monkeypatch, seed):
    """Also where the asker's own ties, or those of who is supposed to be elsewhere, move the order."""
    chance = np.random.default_rng(seed)
    for number in range(60):
        kind = OrganisationKind.FIRM if number % 3 == 0 else OrganisationKind.COOPERATIVE
        world.add(
            f"B{number}", sector=(CLEANING, CARE)[number % 2], comune=("Rieti", "Latina")[number % 4 // 2], kind=kind
        )
    for number in range(130):
        who = chance.choice(60, chance.integers(2, 4), replace=False)
        world.project(f"p{number}", *(f"B{each}" for each in who))
    index = world.index()
    alike_of(index, index.columns, Tie.PROJECT)
    moved = suppose(index, 7, Supposition("sector", (CARE, "2007")))
    moved = suppose(moved, 11, Supposition("municipality", "059011"))
    monkeypatch.setattr("matching.alike.MOST", 3)

    def everything(about, spare: int) -> list[tuple[object, ...]]:
        monkeypatch.setattr("matching.alike.SPARE", spare)
        found = (
            counted_alike(about.links, about.columns, Tie.PROJECT)
            if spare == 0
            else alike_of(about, about.columns, Tie.PROJECT)
        )
        known = (known_to_alike(found, about.links, row) for row in range(60))
        return [tuple(map(tuple, (each.rows, each.near, each.anywhere, each.values))) for each in known]

    for about in (index, moved):
        whole = everything(about, 0)
        assert everything(about, 8) == whole
        assert {len(rows) for rows, *_ in whole} == {6}, "three of each kind"
