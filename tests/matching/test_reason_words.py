"""What the reasons say: never more than is known, never both near and far, each thing once, in good Italian."""

import re
from datetime import date

import pytest

from data.model import BodyType, OrganisationKind
from service.messages import LANGUAGES, render, rooms

OIL, CROPS, CARE, CLEANING = "10.41", "01.26", "88.10", "81.21"
BODY = {"kind": OrganisationKind.PUBLIC_BODY, "status": None}
NEAR = re.compile(r"\b(vicin\w*|close|near)\b", re.IGNORECASE)
FAR = re.compile(r"\b(lontan\w*|far)\b", re.IGNORECASE)


def said(world, asker, partner, kind, language="it"):
    """Sentences for and against one partner, by sign ("against" for those without one)."""
    found = world.ask(asker, kind, limit=99).recommendations
    one = next(each for each in found if each.partner == world.id(partner))
    sentences = {each.feature: render(each.message, language) for each in one.contributions}
    return sentences | {"against": " ".join(render(each, language) for each in one.against)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["aggregation", "supply-chain", "public-private"])
@pytest.mark.parametrize("km", [5.0, 30.0, 31.0, 56.0, 59.0, 75.0, 85.0, 130.0])
def test_near_is_said_up_to_thirty_kilometres_and_never_with_far(world, istat, km, kind, language):
    world.add("Nostra", sector=CARE, comune="Rieti", province="RI")
    world.add("Comune loro", comune="Viterbo", body_type=BodyType.MUNICIPALITY, **BODY)
    for name, sector in (("Loro", CARE), ("Olio", OIL)):
        world.add(name, sector=sector, comune="Viterbo")
        world.says(name, "offers", "olio" if name == "Olio" else "pulizie")
    world.says("Nostra", "seeks", "olio")
    world.says("Nostra", "seeks", "pulizie")
    places = [istat.index(world.organisations[name].municipality) for name in ("Nostra", "Loro")]
    world.distance_km = world.distance_km.copy()
    world.distance_km[places[0], places[1]] = world.distance_km[places[1], places[0]] = km
    partners = world.partners("Nostra", kind, limit=99)
    assert partners
    for partner in partners:
        words = " ".join(said(world, "Nostra", partner, kind, language).values())
        assert not (NEAR.search(words) and km > 30), words
        assert not (NEAR.search(words) and FAR.search(words)), words
        assert not (FAR.search(words) and ("chilometro zero" in words or "zero kilometre" in words)), words


def test_the_same_comune_is_no_distance(world):
    world.add("Oliveto", sector=CROPS, comune="Rieti")
    world.add("Frantoio", sector=OIL, comune="Rieti")
    words = said(world, "Oliveto", "Frantoio", "supply-chain")
    assert words["near-for-food"] == "Siete nello stesso comune, Rieti: si può parlare di chilometro zero."
    assert not any("1 km" in each for each in words.values())


def test_one_word_of_a_name_is_one_reason(world):
    world.add("Teatro La Luna soc. coop.", comune="Rieti")
    world.add("Teatro Il Sole soc. coop.", comune="Gaeta")
    words = said(world, "Teatro La Luna soc. coop.", "Teatro Il Sole soc. coop.", "aggregation")
    assert words["same-field"] == "Dal nome sembra fare un lavoro simile: cultura e spettacolo."
    assert not {"complementary-territory", "text-likeness"} & set(words)


def test_a_category_read_from_the_name_makes_no_complementary_territory(world):
    for name, comune in (("Nostra", "Rieti"), ("Loro", "Gaeta"), ("Dedotta", "Gaeta")):
        inferred = ["category"] if name == "Dedotta" else []
        world.add(name, comune=comune, category="Trasporto", inferred=inferred)
    assert "complementary-territory" in said(world, "Nostra", "Loro", "aggregation")
    assert "complementary-territory" not in said(world, "Nostra", "Dedotta", "aggregation")


def test_likeness_says_what_it_rests_on(world):
    world.add("Alfa", comune="Rieti", purpose="noleggio di biciclette")
    world.add("Beta", comune="Rieti", purpose="noleggio di biciclette elettriche")
    words = said(world, "Alfa", "Beta", "aggregation")
    assert words["text-likeness"] == "Sembra fare un lavoro simile, a giudicare dallo scopo."
    for number, name in enumerate(("Gamma", "Delta")):
        world.add(name, comune="Rieti")
        world.project(f"p{number}", name, lot=f"l{number}", text="Noleggio di biciclette", outcome="bid")
    words = said(world, "Gamma", "Delta", "aggregation")
    assert words["text-likeness"] == "Sembra fare un lavoro simile, a giudicare dalle gare."
    words = said(world, "Alfa", "Gamma", "aggregation")
    assert words["text-likeness"] == "Sembra fare un lavoro simile, a giudicare dallo scopo e dalle gare."


def test_a_rule_of_thumb_is_told_as_one(world):
    world.add("Comune di Rieti", comune="Rieti", body_type=BodyType.MUNICIPALITY, **BODY)
    world.add("Arcobaleno", comune="Rieti", category="sociali")
    world.add("Assistenza Arcobaleno", comune="Rieti")
    world.add("Cura", comune="Rieti", sector=CARE)
    words = said(world, "Arcobaleno", "Comune di Rieti", "public-private")["competence"]
    assert re.fullmatch(
        "Di solito un comune si occupa di campi come .*; non sappiamo che cosa fate voi di preciso.", words
    )
    words = said(world, "Comune di Rieti", "Arcobaleno", "public-private")["competence"]
    assert words.endswith("non sappiamo che cosa fa di preciso questa organizzazione.")
    words = said(world, "Assistenza Arcobaleno", "Comune di Rieti", "public-private")["competence"]
    assert words == "Di solito un comune si occupa di assistenza e cura; a giudicare dal nome sembra il vostro lavoro."
    world.add("Tipo A", comune="Rieti", category="sociali", social_type="A")
    words = said(world, "Tipo A", "Comune di Rieti", "public-private")["competence"]
    assert words.endswith("a giudicare dal tipo (A o B) sembra il vostro lavoro.")
    words = said(world, "Cura", "Comune di Rieti", "public-private")["competence"]
    assert words == "Di solito un comune si occupa di assistenza e cura: ve ne occupate anche voi."


def test_codes_have_their_dots(world):
    world.add("Nostra", sector="5520", comune="Rieti")
    world.add("Loro", sector="55.20", comune="Rieti")
    world.add("Vicino", sector="55.10", comune="Rieti")
    assert "55.20)" in said(world, "Nostra", "Loro", "aggregation")["same-activity"]
    assert "55.10, il vostro è 55.20" in said(world, "Nostra", "Vicino", "aggregation")["same-activity"]


@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        (["awarded"], "una gara, vinta (nel 2020)"),
        (["bid"], "una gara (nel 2020)"),
        (["awarded", "awarded"], "2 gare, tutte vinte (l'ultima nel 2020)"),
        (["awarded", "bid", "bid"], "3 gare, una vinta (l'ultima nel 2020)"),
        (["awarded", "awarded", "bid"], "3 gare, 2 vinte (l'ultima nel 2020)"),
        (["bid", "bid"], "2 gare (l'ultima nel 2020)"),
    ],
)
def test_tenders_are_counted_as_one_speaks(world, outcomes, words):
    world.add("Nostra", comune="Rieti")
    world.add("Loro", comune="Rieti")
    for number, outcome in enumerate(outcomes):
        world.project(f"p{number}", "Nostra", "Loro", outcome=outcome, date=date(2020, 2, 1))
    assert said(world, "Nostra", "Loro", "aggregation")["worked-together"] == (
        f"Avete già partecipato insieme a {words}."
    )


def test_at_most_three_distinct_things_are_named(world):
    world.add("Nostra", comune="Rieti")
    world.add("Loro", comune="Rieti")
    for what in (
        "olio",
        "olive da olio",
        "pulizie",
        "mensa scolastica",
        "trasporto disabili",
        "manutenzione del verde",
    ):
        for name in ("Nostra", "Loro"):
            world.says(name, "offers", what)
    words = said(world, "Nostra", "Loro", "aggregation")["same-products"]
    named = words.removeprefix("Offrite le stesse cose: ").rstrip(".").split(", ")
    assert len(named) == len(set(named)) == 3


def test_sentences_fit_bodies_and_cooperatives_alike():
    """No sentence of a reason calls the partner by a feminine or masculine adjective."""
    gendered = re.compile(r"\b(attiva|attivo|vicina|vicino|lontana|lontano|darle|dargli)\b(?! a voi)", re.IGNORECASE)
    for key, sentence in rooms("it")["matching"].items():
        if key.startswith(("feature.", "against.", "next.", "note.")):
            assert not gendered.search(sentence), key
