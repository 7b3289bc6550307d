"""What single names and tender texts let one suppose, by which words; invented names throughout."""

import pytest

from data.inference.guess import Guess, guesses_of_names, guesses_of_texts
from data.inference.lexicon import FIELDS, entries
from data.inference.words import tokens, without_form
from data.lazio import ateco
from data.lazio.chains import chains
from data.lazio.themes import themes


def told(guesses: tuple[Guess, ...], field: str) -> dict[str, float]:
    """The values guessed of a field, with their strength."""
    return {one.value: one.raw for one in guesses if one.field == field}


def best(text: str, field: str, *, name: bool) -> str | None:
    """The strongest value of a field that one text lets one suppose."""
    found = told((guesses_of_names if name else guesses_of_texts)([text])[0], field)
    return max(found, key=found.__getitem__) if found else None


@pytest.mark.parametrize(
    ("name", "division"),
    [
        ("Soc. Coop. Soc. Pulizie Esempio a r.l.", "81"),
        ("AGRICOLA PROVA SOCIETA' COOPERATIVA", "01"),
        ("Edil Prova soc. coop.", "41"),
        ("Asilo nido Le Prove - cooperativa sociale onlus", "88"),
        ("Cooperativa Autotrasportatori Esempio", "49"),
        ("Scuola dell'infanzia Esempio coop. soc.", "85"),
    ],
)
def test_names_tell_a_division(name: str, division: str):
    assert best(name, "sector", name=True) == division


def test_a_fancy_name_tells_nothing_sure():
    for name in ("La Prova cooperativa sociale", "Arcobaleno di Esempio soc. coop.", "Il Martin Pescatore soc. coop."):
        assert all(one.raw < 0.6 for one in guesses_of_names([name])[0])


def test_the_words_that_led_there_come_along_as_they_are_written():
    guess = next(one for one in guesses_of_names(["PULIZIE Esempio soc. coop."])[0] if one.field == "sector")
    assert guess.words == ("PULIZIE",)


@pytest.mark.parametrize(
    ("name", "social_type"),
    [
        ("Prova società cooperativa sociale integrata", "B"),
        ("Consorzio Prova di cooperative sociali società cooperativa sociale", "C"),
        ("Prova cooperativa sociale di tipo A e B", "A+B"),
        ("Prova cooperativa sociale di tipo A", "A"),
        ("Prova cooperativa sociale assistenza anziani", "A"),
        ("Prova integrata srl", None),
        ("Prova pulizie soc. coop.", None),
    ],
)
def test_only_social_cooperatives_have_a_type(name: str, social_type: str | None):
    assert best(name, "social_type", name=True) == social_type


@pytest.mark.parametrize(
    ("text", "division"),
    [
        ("SERVIZIO DI PULIZIA DEGLI UFFICI COMUNALI", "81"),
        ("LAVORI DI MANUTENZIONE STRAORDINARIA DELLA SCUOLA MATERNA", "41"),
        ("MANUTENZIONE STRADE E MARCIAPIEDI", "42"),
        ("Affidamento della progettazione definitiva per i lavori di ampliamento della palestra", "71"),
        ("Servizio di refezione scolastica", "56"),
        ("Gestione dell'asilo nido comunale", "88"),
    ],
)
def test_what_is_bought_outweighs_where(text: str, division: str):
    assert best(text, "sector", name=False) == division


def test_goods_are_bought_from_whoever_sells_them():
    assert told(guesses_of_texts(["Acquisto di carta per gli uffici"])[0], "sector").get("88") is None


def test_cleaning_bought_does_not_tell_type_b():
    assert told(guesses_of_texts(["Servizio di pulizia"])[0], "social_type") == {}
    assert (
        best("Servizio riservato a cooperative di tipo B per inserimento lavorativo", "social_type", name=False) == "B"
    )


def test_legal_forms_leave_no_words_behind():
    for name in ("SOC. COOP. SOC. a r.l. ONLUS", "Società Cooperativa Sociale a responsabilità limitata", "S.C.S. ETS"):
        assert {token.surface for token in tokens(without_form(name))} <= {"|"}
    assert [token.folded for token in tokens("S.A.D. e perché")] == ["sad", "perche"]


def test_a_name_is_the_same_whatever_stands_beside_it():
    names = ["Pulizie Esempio coop. soc.", "Edil Prova soc. coop.", ""]
    assert guesses_of_names(names) == [guesses_of_names([name])[0] for name in names]


def test_the_lexicon_names_only_what_exists():
    known = {
        "sector": {entry.code for entry in ateco("2007").of_level("division")},
        "social_type": {"A", "B", "A+B", "C"},
        "chain_stages": {f"{chain.code}:{stage.key}" for chain in chains() for stage in chain.stages},
        "themes": {theme.key for theme in themes()},
    }
    assert entries()
    for entry in entries():
        for field in FIELDS:
            assert {value for value, _sure in entry.values.get(field, ())} <= known[field], entry.phrases
            assert all(0 < sure <= 1 for _value, sure in entry.values.get(field, ()))
