"""The vocabulary of goods, services, skills and spaces, and how free Italian words find it."""

import re
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import InvalidValue
from data.lazio import ateco
from data.lazio import goods as vocabulary
from data.lazio.goods import MAX_TEXT, good, goods, match_goods, same_goods

KEYS = [one.key for one in goods()]
WORDS = [(one.key, words) for one in goods() for words in (one.it, *one.synonyms_it)]


def test_the_vocabulary_is_wide_and_its_keys_are_unique() -> None:
    assert len(goods()) >= 180
    assert Counter(one.kind for one in goods())["skill"] >= 20
    assert max(Counter(KEYS).values()) == 1
    assert {one.kind for one in goods()} == {"good", "service", "skill", "space", "equipment"}
    assert all(re.fullmatch(r"[a-z][a-z_]+", key) for key in KEYS)
    assert all(one.it and one.en and one.it != one.en for one in goods())
    assert all(one.ateco_2007 and one.ateco_2025 for one in goods())


@pytest.mark.parametrize("version", ["2007", "2025"])
def test_codes_exist_in_the_shipped_classification(version: str) -> None:
    codes = {code[:4] for one in goods() for code in (one.ateco_2007 if version == "2007" else one.ateco_2025)}
    assert {code for code in codes if code not in ateco(version)} == set()


@pytest.mark.parametrize("version", ["2007", "2025"])
def test_codes_exist_in_the_official_files(shared_data: Path, version: str, official_codes) -> None:
    known = official_codes(shared_data, version)
    assert {c for one in goods() for c in (one.ateco_2007 if version == "2007" else one.ateco_2025)} - known == set()
    assert "0199" not in known  # the check can fail


def test_every_name_and_synonym_finds_its_own_entry() -> None:
    assert [(key, words, match_goods(words)) for key, words in WORDS if match_goods(words) != (key,)] == []


def test_no_phrase_means_two_things() -> None:
    meanings = defaultdict(set)
    for key, words in WORDS:
        meanings[tuple(vocabulary._fold(words))].add(key)
    assert {phrase: keys for phrase, keys in meanings.items() if len(keys) > 1 or not phrase} == {}


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("olive da olio", ("olives",)),
        ("Frantoio conto terzi", ("oil_milling",)),
        ("MENSE SCOLASTICHE", ("school_meals",)),
        ("marketing digitale", ("digital_marketing",)),
        ("Cerchiamo verdure, uova e formaggi per le mense", ("vegetables", "eggs", "cheese", "collective_catering")),
        ("molitura delle olive", ("oil_milling",)),
        ("servizi di pulizia; manutenzione del verde pubblico", ("cleaning", "green_care")),
        ("pesca di lago e pesche", ("fish", "fruit")),
        ("fornitura di pasti a domicilio per anziani", ("home_meals",)),
        ("pasta", ("pasta",)),
        ("Comunità energetica rinnovabile", ("energy",)),
        ("nel caso in cui", ()),
        ("olive. Olio", ("olives", "olive_oil")),
        ("qualcosa che nessuno vende", ()),
        ("", ()),
    ],
)
def test_free_words(text: str, keys: tuple[str, ...]) -> None:
    assert match_goods(text) == keys


def test_a_comma_breaks_a_phrase() -> None:
    assert match_goods("marketing digitale") == ("digital_marketing",)
    assert match_goods("mensa, scolastica") == ("collective_catering",)


@given(st.text(max_size=300))
def test_any_text_gives_known_keys_each_once(text: str) -> None:
    found = match_goods(text)
    assert len(set(found)) == len(found)
    assert set(found) <= set(KEYS)
    assert match_goods(text) == found


@given(st.sampled_from(WORDS), st.sampled_from(WORDS))
def test_two_things_in_one_list_are_both_found_in_order(left: tuple[str, str], right: tuple[str, str]) -> None:
    assert match_goods(f"{left[1]}, {right[1]}") == tuple(dict.fromkeys((left[0], right[0])))


@given(st.sampled_from(WORDS), st.sampled_from([str.upper, str.title, str.casefold]))
def test_capitals_spaces_and_decomposed_accents_change_nothing(word: tuple[str, str], spell) -> None:
    key, words = word
    assert match_goods(f"  {spell(words)} !") == (key,)
    assert match_goods(unicodedata.normalize("NFD", words)) == (key,)


def test_a_long_text_is_read_up_to_its_limit() -> None:
    assert match_goods("x " * MAX_TEXT + "olive") == ()
    assert match_goods("x " * 100 + "olive") == ("olives",)


def test_a_case_of_a_thing_is_the_same_thing() -> None:
    assert same_goods("school_meals", "collective_catering")
    assert same_goods("collective_catering", "school_meals")
    assert same_goods("wine", "wine")
    assert not same_goods("school_meals", "home_meals")
    assert not same_goods("wine", "olive_oil")
    assert all(one.broader is None or one.broader in KEYS for one in goods())


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(InvalidValue):
        good("unobtainium")
