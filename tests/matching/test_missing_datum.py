"""The datum that would change the first five most: tried on the index as it would be, the same as really knowing it."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from data.model import BodyType, Evidence, OrganisationKind, Provenance
from matching.candidates import NO_FILTERS, Filters
from matching.kinds import PARTNERSHIPS, partnership
from matching.missing_datum import FIRST, data_of, missing_data
from matching.question import Question
from matching.recommend import ranking, recommend
from matching.what_if import DATA, Supposition, likely_values, suppose
from service.messages import render

TODAY = date(2026, 11, 22)


@pytest.fixture
def region(world):
    """Seventy bodies of several works and places, with what they offer, seek, are and did together."""
    works = (("88.10", "A", "Rieti"), ("81.30", "B", "Viterbo"), ("01.26", None, "Sora"), ("10.41", None, "Rieti"))
    for number in range(56):
        sector, social, comune = works[number % 4]
        name = f"Cooperativa {number}"
        world.add(
            name,
            sector=sector,
            social_type=social,
            comune=comune if number % 5 else "Latina",
            category="sociali" if social else "produzione e lavoro",
            employees=(4, 30, 90, None)[number % 3],
            federation=("Legacoop", "Confcooperative")[number % 2],
            inferred=("sector",) if number % 7 == 0 else (),
        )
        if number % 6 == 0:
            world.says(name, "offers" if number % 4 else "seeks", "olio")
        if number % 3 == 0:
            world.project(f"gara-{number // 6}", name, kind="tender", outcome="awarded", text="assistenza anziani")
    for number, body_type in enumerate((BodyType.MUNICIPALITY, BodyType.HEALTH, BodyType.SCHOOL)):
        world.add(f"Ente {number}", kind=OrganisationKind.PUBLIC_BODY, body_type=body_type, comune="Rieti")
    world.add("Nostra")
    return world


VALUES = (
    Supposition("sector", ("88.10", "2007")),
    Supposition("sector", ("01.26", "2007")),
    Supposition("municipality", "057059"),
    Supposition("category", "sociali"),
    Supposition("social_type", "B"),
    Supposition("employees", 30),
    Supposition("federation", "Legacoop"),
    Supposition("declarations", ("seeks", "olive_oil")),
)


def really(world, name, supposition):
    """The index built anew after the body has declared it."""
    datum, value = supposition.datum, supposition.value
    body = world.organisations[name]
    told = {datum: value}
    if datum == "declarations":
        world.says(name, value[0], "olio")
        return world.index()
    if datum == "sector":
        told = {"sector": value[0], "sector_version": value[1]}
    if datum == "municipality":
        told["province"] = "RI"
    sure = Provenance(Evidence.DECLARED, "test", TODAY)
    world.organisations[name] = replace(body, **told, provenance={**body.provenance, **dict.fromkeys(told, sure)})
    return world.index()


@pytest.mark.parametrize("supposition", VALUES, ids=lambda each: f"{each.datum}-{each.value}")
@pytest.mark.parametrize("asked", ["Nostra", "Cooperativa 7"])
def test_supposing_is_as_good_as_knowing(region, supposition, asked):
    index = region.index()
    assert "olive_oil" in index.goods
    row = index.row(region.id(asked))
    for worked_out in (False, True):
        if worked_out:
            assert index.certain_columns is not None
        supposed = suppose(index, row, supposition)
        known = really(region, asked, supposition)
        for kind in PARTNERSHIPS.values():
            for filters in (NO_FILTERS, Filters(only_certain=True)):
                for asker in (row, index.row(region.id("Cooperativa 1"))):
                    found, expected = (ranking(each, asker, kind, filters, TODAY) for each in (supposed, known))
                    assert np.array_equal(found.rows, expected.rows)
                    assert np.allclose(found.scores.total, expected.scores.total, atol=1e-9)


def test_supposing_leaves_the_index_as_it_was(region):
    index = region.index()
    row = index.row(region.id("Nostra"))
    before = [
        each.partner
        for each in recommend(index, region.id("Cooperativa 1"), "aggregation", today=TODAY).recommendations
    ]
    for supposition in VALUES:
        suppose(index, row, supposition)
    after = recommend(index, region.id("Cooperativa 1"), "aggregation", today=TODAY)
    assert [each.partner for each in after.recommendations] == before
    assert index.organisations[row].sector is None
    assert index.columns.sector[row] == -1


def test_the_datum_that_changes_most_comes_first_with_its_measure(region):
    found = missing_data(region.index(), region.id("Nostra"), "aggregation", today=TODAY)
    assert found[0].datum == "sector"
    assert [each.change for each in found] == sorted((each.change for each in found), reverse=True)
    assert {each.datum for each in found} <= set(DATA)
    first = found[0]
    assert 0 < first.change <= 1
    words = render(first.message, "it")
    assert words.startswith("Il dato che più aiuterebbe a trovare qualcuno è il settore di attività (ATECO)")
    listed = missing_data(region.index(), region.id("Cooperativa 7"), "aggregation", today=TODAY)
    told = [render(each.message, "it") for each in listed if each.message is not None]
    assert told
    assert all(each.startswith("Il dato che cambierebbe di più i primi cinque è") for each in told)
    assert found == missing_data(region.index(), region.id("Nostra"), "aggregation", today=TODAY)


def test_the_measure_is_the_mean_over_values_as_common_as_they_are(region):
    index = region.index()
    row, kind = index.row(region.id("Nostra")), partnership("aggregation")
    now = ranking(index, row, kind, NO_FILTERS, TODAY)
    found = {each.datum: each for each in missing_data(index, region.id("Nostra"), "aggregation", today=TODAY)}
    values = likely_values(now.everybody, row, "sector", kind, most=found["sector"].tries)
    first = set(now.rows[:FIRST].tolist())
    whole = expected = 0.0
    for value in values:
        then = set(ranking(suppose(index, row, value), row, kind, NO_FILTERS, TODAY).rows[:FIRST].tolist())
        expected += value.share * (1 - len(first & then) / max(len(first), len(then)))
        whole += value.share
    assert found["sector"].change == pytest.approx(expected / whole, abs=1e-6)


def test_what_is_known_is_not_asked_again(region):
    index = region.index()
    data = {each.datum for each in missing_data(index, region.id("Cooperativa 1"), "aggregation", today=TODAY)}
    assert data == {"declarations"}
    inferred = {each.datum for each in missing_data(index, region.id("Cooperativa 7"), "aggregation", today=TODAY)}
    assert "sector" in inferred
    body = {each.datum for each in missing_data(index, region.id("Ente 0"), "supply-chain", today=TODAY)}
    assert "sector" not in body


def test_who_cannot_ask_lacks_nothing(region):
    assert missing_data(region.index(), region.id("Ente 0"), "aggregation", today=TODAY) == ()


def test_a_datum_that_would_change_nothing_is_not_urged(world):
    world.add("Sola", comune="Rieti")
    for number in range(12):
        world.add(f"Altra {number}", sector="88.10", federation="Legacoop")
    found = {each.datum: each for each in missing_data(world.index(), world.id("Sola"), "aggregation", today=TODAY)}
    assert found["sector"].change == 1.0
    assert found["federation"].message is None
    words = render(found["sector"].message, "it")
    assert "i primi cinque" not in words, "there are none to change"
    assert words.endswith("in 100 casi su cento esce almeno una proposta.")
    assert render(found["sector"].message, "en").endswith("in 100 cases of a hundred at least one suggestion appears.")


def test_values_are_those_of_bodies_alike_the_commonest_first(region):
    index = region.index()
    row, kind = index.row(region.id("Nostra")), partnership("aggregation")
    question = Question(index, index.columns, row, np.arange(len(index.organisations)), TODAY)
    for datum in DATA:
        values = likely_values(question, row, datum, kind)
        assert values, datum
        shares = [each.share for each in values]
        assert shares == sorted(shares, reverse=True)
        assert 0 < sum(shares) <= 1 + 1e-9
    toward = index.row(region.id("Cooperativa 2"))
    assert likely_values(question, row, "sector", kind, toward=toward)[0].value == ("01.26", "2007")


@pytest.mark.parametrize("kind", PARTNERSHIPS)
def test_only_data_on_which_a_sign_rests_are_tried(kind):
    entry = partnership(kind)
    assert set(data_of(entry)) <= set(DATA)
    assert data_of(entry)[0] == entry.helps[0]
    assert set(entry.helps) <= set(data_of(entry))
