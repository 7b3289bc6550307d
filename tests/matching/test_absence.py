"""Why a body is not suggested, or not higher: every obstacle has its sentence, and the places are those of the list."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import UnknownKind, UnknownOrganisation
from data.model import BodyType, Evidence, OrganisationKind, Status
from matching.candidates import Filters
from matching.kinds import PARTNERSHIPS
from matching.recommend import recommend
from matching.why_not import Obstacle, explain_absence
from service.messages import render

TODAY = date(2026, 11, 22)


def why(world, asker, other, kind="aggregation", filters=None, **more):
    return explain_absence(
        world.index(), world.id(asker), world.id(other), kind, filters or Filters(), today=TODAY, **more
    )


def said(found):
    """(obstacle, Italian sentence) of every cause; English must have words too."""
    for cause in found.causes:
        assert "[" not in render(cause.message, "en")
    return [(cause.obstacle, render(cause.message, "it")) for cause in found.causes]


@pytest.fixture
def town(world):
    """Cooperatives of care in Rieti, from the nearest on, and bodies that something keeps out."""
    world.add("Nostra", sector="88.10", comune="Rieti")
    for name, comune in (("Prima", "Rieti"), ("Seconda", "Cittaducale"), ("Terza", "Viterbo")):
        world.add(name, sector="88.10", comune=comune)
    world.add("Chiusa", sector="88.10", comune="Rieti", status=Status.LIQUIDATION)
    world.add("Olio", sector="10.41", comune="Rieti")
    world.add("Comune", kind=OrganisationKind.PUBLIC_BODY, body_type=BodyType.MUNICIPALITY, comune="Rieti")
    world.add("Ditta", kind=OrganisationKind.FIRM, sector="88.10", comune="Rieti")
    return world


def test_one_that_is_shown_is_told_its_place_and_stands_beside_the_first(town):
    found = why(town, "Nostra", "Seconda")
    assert found.suggested
    assert (found.place, found.of) == (2, 3)
    assert render(found.message, "it") == "È già in elenco: 2º posto su 3."
    assert town.name(found.beside.partner) == "Prima"
    assert "«Vicinanza»" in render(found.down, "it")
    first = why(town, "Nostra", "Prima")
    assert (first.place, first.beside_place, first.down) == (1, 2, None)


def test_one_that_is_level_with_the_last_shown_is_told_so(world):
    for number in range(4):
        world.add(f"Uguale {number}", sector="88.10", comune="Rieti")
    index = world.index()
    third = recommend(index, world.id("Uguale 0"), "aggregation", today=TODAY).recommendations[2].partner
    found = explain_absence(index, world.id("Uguale 0"), third, "aggregation", today=TODAY, shown=1)
    assert (found.place, found.beside_place) == (3, 1)
    assert render(found.down, "it") == "Ha gli stessi punti di chi è al 1º posto: tra pari l'ordine non conta."
    assert "the same points as the one at place 1" in render(found.down, "en")


def test_one_lower_in_the_list_is_told_its_place_and_what_keeps_it_down(town):
    found = why(town, "Nostra", "Terza", shown=1)
    assert render(found.message, "it") == "Sarebbe al 3º posto su 3: l'elenco si apre con i primi 1."
    assert found.beside_place == 1
    gap = sum(each.gap for each in found.gaps)
    assert gap == pytest.approx(found.found.score - found.beside.score, abs=1e-9)
    assert gap < 0
    assert found.gaps[0].feature == "nearby"
    assert render(found.down, "it") == "La tengono sotto chi è al 1º posto: «Vicinanza» (5 punti in meno)."


def test_a_failed_check_is_named_with_its_place_otherwise(town):
    found = why(town, "Nostra", "Chiusa")
    ((obstacle, sentence),) = said(found)
    assert obstacle is Obstacle.CHECK
    assert sentence.startswith("Un requisito non è rispettato: «")
    assert found.causes[0].source
    assert found.place is not None
    assert found.of == 4
    assert render(found.otherwise, "it") == f"Senza questo sarebbe al {found.place}º posto su 4."
    assert found.remedies == ()
    assert found.tried == 0


def test_nothing_known_in_common(town):
    found = why(town, "Nostra", "Olio")
    ((obstacle, sentence),) = said(found)
    assert obstacle is Obstacle.UNRELATED
    assert sentence.startswith("Nulla di noto vi lega abbastanza")
    assert (found.place, found.otherwise) == (None, None)
    assert render(found.message, "it") == "Non è tra le proposte."


def test_a_kind_that_does_not_admit_it_points_to_those_that_do(town):
    ((obstacle, sentence),) = said(why(town, "Nostra", "Comune"))
    assert obstacle is Obstacle.KIND
    assert "(ente pubblico)" in sentence
    assert "Guardate in: " in sentence
    town.add("Ente", kind=OrganisationKind.THIRD_SECTOR, comune="Rieti")
    ((obstacle, sentence),) = said(why(town, "Ente", "Ditta"))
    assert obstacle is Obstacle.KIND
    assert "Guardate" not in sentence


def test_itself_and_an_asker_that_may_not_ask(town):
    assert said(why(town, "Nostra", "Nostra")) == [
        (Obstacle.ITSELF, "È la stessa organizzazione: nessuno è partner di sé stesso.")
    ]
    ((obstacle, sentence),) = said(why(town, "Chiusa", "Nostra"))
    assert obstacle is Obstacle.ASKER
    assert "non è in attività" in sentence


def test_a_noted_refusal_keeps_it_out_until_a_new_step(town):
    before = why(town, "Nostra", "Seconda")
    town.refused.append((town.id("Nostra"), town.id("Seconda"), None))
    found = why(town, "Nostra", "Seconda")
    ((obstacle, sentence),) = said(found)
    assert obstacle is Obstacle.REFUSED
    assert "rifiuto" in sentence
    assert (found.place, found.of) == (before.place, before.of)
    town.refused[:] = [(town.id("Nostra"), town.id("Seconda"), "supply-chain")]
    assert why(town, "Nostra", "Seconda").suggested


def test_filters_that_exclude_it_are_named_with_its_place_without_them(town):
    found = why(town, "Nostra", "Terza", filters=Filters(max_km=30, province="RI", only_new=True))
    assert said(found) == [
        (Obstacle.FILTER, "La toglie il filtro «entro 30 km»."),
        (Obstacle.FILTER, "La toglie il filtro «provincia RI»."),
    ]
    assert (found.place, found.of) == (3, 3)
    assert why(town, "Nostra", "Prima", filters=Filters(max_km=30)).of == 2


def test_what_is_only_inferred_falls_to_certain_data(town):
    town.add("Dedotta", sector="88.10", comune="Rieti", inferred=("sector",))
    found = why(town, "Nostra", "Dedotta", filters=Filters(only_certain=True))
    assert said(found) == [(Obstacle.FILTER, "La toglie il filtro «solo dati certi».")]
    assert found.place == why(town, "Nostra", "Dedotta").place


def test_signs_that_are_too_little_say_how_little(world):
    world.add("Nostra", sector="88.10")
    world.add("Amica", sector="56.29")
    world.add("Terza", sector="41.20")
    world.project("a", "Nostra", "Terza", kind="tender", outcome="bid")
    world.project("b", "Amica", "Terza", kind="tender", outcome="bid")
    found = why(world, "Nostra", "Amica")
    ((obstacle, sentence),) = said(found)
    assert obstacle is Obstacle.TOO_LITTLE
    assert "sotto 5 non proponiamo nessuno" in sentence


def test_the_datum_that_would_raise_it_is_measured(town):
    town.add("Muta", comune="Rieti")
    found = why(town, "Nostra", "Muta")
    assert [cause.obstacle for cause in found.causes] == [Obstacle.UNRELATED]
    best = found.remedies[0]
    assert (town.name(town.organisations["Muta"].id), best.owner) == ("Muta", town.id("Muta"))
    assert (best.supposition.datum, best.supposition.value) == ("sector", ("88.10", "2007"))
    town.add("Muta", comune="Rieti", sector="88.10")
    assert why(town, "Nostra", "Muta").place == best.place
    assert 0 < found.tried <= 30


def test_what_the_asker_itself_lacks_is_tried_too(town):
    town.add("Nuova", comune="Latina")
    found = why(town, "Nuova", "Prima")
    owners = {remedy.owner for remedy in found.remedies}
    assert owners == {town.id("Nuova")}
    assert found.remedies[0].supposition.datum == "sector"


def test_unknown_names_raise(town):
    with pytest.raises(UnknownOrganisation):
        explain_absence(town.index(), town.id("Nostra"), "nobody", "aggregation", today=TODAY)
    with pytest.raises(UnknownKind):
        why(town, "Nostra", "Prima", "marriage")


one_body = st.fixed_dictionaries(
    {
        "comune": st.sampled_from(("Rieti", "Viterbo", "Sora", None)),
        "sector": st.sampled_from(("01.26", "10.41", "88.10", "56.29", None)),
        "kind": st.sampled_from(list(OrganisationKind)[:3]),
        "status": st.sampled_from((Status.ACTIVE, None, Status.LIQUIDATION)),
        "social_type": st.sampled_from(("A", "B", None)),
        "says": st.sampled_from((("offers", "olio"), ("seeks", "olio"), ("seeks", "pasti"), None)),
        "lot": st.sampled_from(("lot-1", "lot-2", None)),
        "inferred": st.sampled_from(((), ("sector",))),
    }
)  # fmt: skip


def built(world, bodies, refused):
    for number, given_facts in enumerate(bodies):
        facts = dict(given_facts)
        says, lot = facts.pop("says"), facts.pop("lot")
        if facts["kind"] is OrganisationKind.PUBLIC_BODY:
            facts["body_type"] = BodyType.MUNICIPALITY
        name = f"Ente {number}"
        world.add(name, **facts)
        if says:
            world.says(name, *says)
        if lot:
            world.project(f"{lot}-{number % 2}", name, kind="tender", lot=lot, outcome="bid")
    for one, two in refused:
        if one != two and max(one, two) < len(bodies):
            world.refused.append((world.id(f"Ente {one}"), world.id(f"Ente {two}"), None))
    return world


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(
    bodies=st.lists(one_body, min_size=3, max_size=7),
    refused=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=2),
    kind=st.sampled_from(list(PARTNERSHIPS)),
    filters=st.builds(
        Filters,
        max_km=st.sampled_from((None, 10.0)),
        sector=st.sampled_from((None, "88")),
        only_certain=st.booleans(),
        only_new=st.booleans(),
        rivals=st.booleans(),
    ),
    shown=st.integers(1, 4),
)
def test_it_says_what_the_list_says(new_world, bodies, refused, kind, filters, shown):
    world = built(new_world(), bodies, refused)
    index = world.index()
    asker = world.id("Ente 0")
    answer = recommend(index, asker, kind, limit=99, filters=filters, today=TODAY)
    listed = {each.partner: place for place, each in enumerate(answer.recommendations, start=1)}
    free = recommend(index, asker, kind, limit=99, today=TODAY).recommendations
    unfiltered = {each.partner: place for place, each in enumerate(free, start=1)}
    for other in world.organisations.values():
        found = explain_absence(index, asker, other.id, kind, filters, today=TODAY, shown=shown)
        assert found.suggested == (other.id in listed)
        obstacles = {cause.obstacle for cause in found.causes}
        if found.suggested:
            assert (found.place, found.of) == (listed[other.id], len(listed))
            assert found.found == answer.recommendations[found.place - 1]
        elif obstacles == {Obstacle.FILTER}:
            assert (found.place, found.of) == (unfiltered[other.id], len(unfiltered))
        elif Obstacle.UNRELATED in obstacles or Obstacle.TOO_LITTLE in obstacles:
            assert found.place is None
        for cause in found.causes:
            assert "[" not in render(cause.message, "it")
        if found.beside is not None and found.suggested:
            assert found.beside == answer.recommendations[found.beside_place - 1]
            assert sum(each.gap for each in found.gaps) == pytest.approx(found.found.score - found.beside.score)
        for remedy in found.remedies:
            assert found.place is None or remedy.place < found.place
        if found.found is not None and filters.only_certain and found.suggested:
            assert Evidence.DEMONSTRATION not in {item.kind for item in found.found.evidence}


def test_among_equals_the_place_it_would_have_is_the_place_it_had(world):
    names = [f"Uguale {number}" for number in range(6)]
    for name in ("Nostra", *names):
        world.add(name, sector="88.10", comune="Rieti")
    before = {name: why(world, "Nostra", name).place for name in names}
    assert sorted(before.values()) == [1, 2, 3, 4, 5, 6]
    for name in names:
        world.refused[:] = [(world.id("Nostra"), world.id(name), None)]
        found = why(world, "Nostra", name)
        assert (found.place, found.of) == (before[name], 6)
