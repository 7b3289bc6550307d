"""What must hold of any two bodies: symmetry, order, contradictions that no likeness overcomes, spellings of names."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.identity import IPA, MUNICIPALITY, TAX_CODE, VAT
from data.model import Identifier
from data.resolution.candidates import RIVALS, find_duplicates
from data.resolution.comparison import Described, compare
from data.resolution.doubts import DOUBTS
from data.resolution.names import read_name
from data.resolution.probability import Verdict, judge, parameters

SAID = (
    "AURORA COOPERATIVA SOCIALE ONLUS ASSOCIAZIONE AMICI DI ROMA LATINA FORMELLO 2 97 N. C.A.D. SRL SPA CONSORZIO"
    " ISTITUTO FUSO CONOCCHIA VIA MAZZINI 12 - IN SIGLA SOC. COOP. è l' & ? PRO LOCO PROVINCIA"
)
WORDS = st.sampled_from(SAID.split())
NAMES = st.lists(WORDS, min_size=1, max_size=9).map(" ".join) | st.text(max_size=40)
CODES = st.sampled_from([TAX_CODE, VAT, IPA, MUNICIPALITY, "key:list"])
IDENTIFIERS = st.lists(st.builds(Identifier, CODES, st.sampled_from(["1", "2", "3"])), max_size=3).map(tuple)


def body(number: str, name: str, comune: str | None = None, *identifiers: Identifier) -> Described:
    """A body with one name."""
    return Described(number, (read_name(name),), None, comune, None, frozenset(), identifiers)


@st.composite
def bodies(draw: st.DrawFn, number: str) -> Described:
    """Any body that a list may tell of."""
    names = draw(st.lists(NAMES, min_size=1, max_size=3))
    comune = draw(st.sampled_from([None, "058091", "059011", "058038"]))
    province = draw(st.sampled_from([None, "RM", "LT", "VE"]))
    domains = draw(st.sampled_from([frozenset(), frozenset({"fuso.example"})]))
    return Described(number, tuple(map(read_name, names)), None, comune, province, domains, draw(IDENTIFIERS))


@given(bodies("a"), bodies("b"))
def test_who_comes_first_does_not_matter(one: Described, other: Described) -> None:
    there, back = compare(one, other), compare(other, one)
    assert there.signs == pytest.approx(back.signs)
    assert (there.only_one, there.only_other) == (back.only_other, back.only_one)
    assert set(there.contradictions) == set(back.contradictions)
    assert set(there.cautions) == set(back.cautions)
    assert judge(one, other).probability == pytest.approx(judge(other, one).probability)


@given(bodies("a"), bodies("b"))
def test_the_explanation_is_the_probability(one: Described, other: Described) -> None:
    found = judge(one, other)
    odds = found.start + sum(part.adds for part in found.contributions)
    assert 0 < found.probability < 1
    assert (found.probability > 0.5) == (odds > 0)
    assert all(part.value >= 0 for part in found.contributions)


@given(bodies("a"), st.sampled_from([TAX_CODE, IPA, MUNICIPALITY]))
def test_codes_that_contradict_each_other_are_never_joined(one: Described, scheme: str) -> None:
    """A body and its perfect double under another code of the same register."""
    kept = tuple(item for item in one.identifiers if item.scheme not in (scheme, VAT))
    mine = Described(
        "a", one.names, None, one.municipality, one.province, one.domains, (*kept, Identifier(scheme, "8"))
    )
    double = Described("b", one.names, None, one.municipality, one.province, one.domains, (Identifier(scheme, "9"),))
    assert judge(mine, double).verdict is Verdict.APART
    found = find_duplicates([mine, double])
    assert (found.join, found.ask) == ((), ())


@settings(max_examples=25)
@given(st.lists(st.tuples(NAMES, IDENTIFIERS), max_size=14), st.integers(0, 1_000))
def test_the_order_of_rows_does_not_matter(rows: list[tuple[str, tuple[Identifier, ...]]], seed: int) -> None:
    held = [body(f"{number:02}", name, None, *codes) for number, (name, codes) in enumerate(rows)]
    mixed = random.Random(seed).sample(held, len(held))
    assert find_duplicates(held) == find_duplicates(mixed)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Istituto Comprensivo Formello n. 1", "Istituto Comprensivo Formello n. 2"),
        ("I.C. Formello I", "I.C. Formello II"),
        ("Primo circolo didattico di Formello", "Secondo circolo didattico di Formello"),
        ("Consorzio Filo d'Erba", "Cooperativa sociale Filo d'Erba"),
        ("AVIS sezione di Velletri", "AVIS sezione di Latina"),
        ("Fondazione Filo d'Erba Conocchia", "Associazione Filo d'Erba Conocchia"),
        ("Amici del Museo Conocchia Fuso", "Museo Conocchia Fuso"),
        ("Comune di Formello", "Azienda speciale Formello"),
        ("Filo d'Erba Conocchia", "Filo d'Erba Conocchia sezione di Torino"),
    ],
)
def test_what_only_looks_alike_is_not_joined(one: str, other: str) -> None:
    assert judge(body("a", one, "058038"), body("b", other, "058038")).verdict is not Verdict.JOIN


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("FUSO & CONOCCHIA SOC. COOP. SOC. A R.L. - O.N.L.U.S.", "Fuso e Conocchia società cooperativa sociale"),
        ("I.TE.CO. FUSO S.R.L.", "ITECO FUSO SRL UNIPERSONALE"),
        ("Istituto Nazionale Filatura Conocchia - INFC", "ISTITUTO NAZIONALE FILATURA CONOCCHIA"),
        ("Università degli Studi della Conocchia", "UNIVERSITA' DEGLI STUDI DELLACONOCCHIA"),
        ("SOC. COOP. FUSO CONOCCHIA - VIA MAZZINI, 12 - 00100 ROMA", "Fuso Conocchia coop"),
        ("Fuso Conocchia coopera tiva sociale", "COOPERATIVA SOCIALE FUSO CONOCCHIA"),
        ("Comune di Formello - Roma -", "FORMELLO"),
    ],
)
def test_two_spellings_of_one_name_are_joined(one: str, other: str) -> None:
    assert judge(body("a", one, "058038"), body("b", other, "058038")).verdict is Verdict.JOIN


def test_two_seats_are_two_bodies_for_us() -> None:
    same = "Cooperativa sociale Fuso Conocchia"
    assert judge(body("a", same, "058038"), body("b", same, "059011")).verdict is not Verdict.JOIN
    assert find_duplicates([body("a", same, "058038"), body("b", same, "059011")]).join == ()


def test_numbers_that_stand_in_the_wrong_column_are_shown_to_a_person() -> None:
    name = "Cooperativa sociale Fuso Conocchia"
    one = body("a", name, "058038", Identifier(TAX_CODE, "80012340586"), Identifier(VAT, "01234560587"))
    other = body("b", name, "058038", Identifier(TAX_CODE, "01234560587"))
    (pair,) = find_duplicates([one, other]).ask
    assert "crossed-numbers" in pair.comparison.cautions


def test_rivals_leave_the_choice_to_a_person() -> None:
    name = "Cooperativa sociale Fuso Conocchia"
    free = body("a", name, "058038")
    first, second = (body(code, name, "058038", Identifier(TAX_CODE, code)) for code in ("1", "2"))
    found = find_duplicates([free, first, second])
    assert found.join == ()
    assert all(RIVALS in pair.comparison.cautions for pair in found.ask)
    assert len(found.ask) == 2


def test_the_numbers_are_what_their_fingerprint_says() -> None:
    fixed = parameters()
    assert len(fixed.fingerprint) == 12
    assert 0 < fixed.ask < fixed.join < 1


ROME = "058091"


@pytest.mark.parametrize(
    ("one", "other", "doubt"),
    [
        ("ASD La Fenice", "Associazione FE.NI.CE. onlus", "points-apart"),
        ("Conocchia con te", "Conocchia per te", "preposition-apart"),
        ("Un fuso per...", "Il fuso onlus", "preposition-apart"),
        ("Conocchia alla vita", "Conocchia della vita", "preposition-apart"),
        ("Associazione Conocchia d'Italia", "Associazione Conocchia di Formello", "scale-apart"),
        ("Fuso Conocchia onlus", "Fuso Conocchia s.r.l.", "quality-apart"),
        ("Fuso Conocchia ODV", "Fuso Conocchia APS", "quality-apart"),
        ("Cooperativa sociale Fuso Conocchia", "Nuova cooperativa sociale Fuso Conocchia", "sister-word"),
        ("Cooperativa Fuso Conocchia", "Cooperativa Fuso Conocchia due", "sister-word"),
        ("Cooperativa Gomitoli Arcolaio", "Cooperativa Gomitolo Arcolaio", "spelling-short"),
    ],
)
def test_a_small_difference_in_a_short_name_is_for_a_person(one: str, other: str, doubt: str) -> None:
    """The doubt alone stops the join: likely enough, no other caution, and shown to a person."""
    found = judge(body("a", one, "058038"), body("b", other, "058038"))
    assert doubt in found.comparison.cautions
    assert set(found.comparison.cautions) <= set(DOUBTS)
    assert found.probability >= parameters().join
    assert found.verdict is Verdict.ASK


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Fuso onlus", "Il Fuso"),
        ("Cooperativa sociale Fuso Conocchia", "Fuso Conocchia onlus"),
        ("Fuso e solidarietà", "Solidarietà e fuso"),
    ],
)
def test_in_the_city_an_equal_place_says_little(one: str, other: str) -> None:
    there, elsewhere = (judge(body("a", one, seat), body("b", other, seat)) for seat in (ROME, "058038"))
    assert (there.verdict, there.comparison.cautions) == (Verdict.ASK, ("crowded-place",))
    assert elsewhere.verdict is Verdict.JOIN


def test_in_the_city_a_telling_name_and_a_public_body_are_joined_all_the_same() -> None:
    long = "Cooperativa sociale Fuso Conocchia Arcolaio"
    assert judge(body("a", long, ROME), body("b", long.upper(), ROME)).verdict is Verdict.JOIN
    ipa = Identifier(IPA, "fuso_1")
    assert judge(body("a", "Ente Fuso", ROME, ipa), body("b", "ENTE FUSO", ROME)).verdict is Verdict.JOIN
