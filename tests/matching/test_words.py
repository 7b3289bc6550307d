"""Words of names and texts: the quick readings give what the plain rules say."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.fields import FIELD_NAMES, FIELDS, fields_of_words
from matching.words import LEGAL_FORM, plain, text_matrix, without_legal_form, word_statistics

FORMS = (
    "società",
    "Societa'",
    "Soc.",
    "COOP.VA",
    "cooperativa",
    "Cooperazione",
    "CONSORZIO",
    "a responsabilità limitata",
    "RESPONSABILITA' LIMITATA",
    "impresa sociale",
    "in liquidazione",
    "IN SIGLA",
    "per azioni",
    "senza fini di lucro",
    "a mutualità prevalente",
    "S.C.S.",
    "s.c. a r.l.",
    "S. C. C.",
    "a.r.l.",
    "SRLS",
    "s.p.a.",
    "Snc",
    "ONLUS",
    "E.T.S.",
    "Aps",
    "O.D.V.",
)
WORDS = [*FORMS, "Alba", "città", "di", "L'Ape", "-", "  ", "srlx", "3", "(", "\t", '"']
SIGNS = [word.replace("-", " ").replace("_", "") for field in FIELDS for word in field.words]
sentences = st.lists(st.sampled_from(WORDS), max_size=7).map(" ".join)


@given(sentences)
def test_legal_forms_go_as_their_rule_says(name: str) -> None:
    assert without_legal_form(name) == re.sub(r"\s+", " ", LEGAL_FORM.sub(" ", name)).strip(" -.,'\"")


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_seen_in_plain_and_in_accented_names(form: str) -> None:
    bare = form.strip(".'")
    for name in (f"Alba {form}", f"{bare} Alba".upper(), f"Alba {form} è"):
        assert bare.casefold() not in without_legal_form(name).casefold().split("alba")
        assert without_legal_form(name).split()[0].lower() == "alba"


def plainly_read(text: str) -> tuple[str, ...]:
    """The fields of a text by one search for each sign of each field, the first and longest sign at a place winning."""
    flat = re.sub(r"[^a-z0-9]+", " ", plain(text))
    signs = {
        word: field.name for field in FIELDS for word in sorted(field.words, key=len)[::-1]
    }  # in the order in which they are looked for
    pattern = "|".join(f"({word.replace('-', ' ').replace('_', chr(92) + 'b')})" for word in signs)
    found = {
        list(signs.values())[match.lastindex - 1] for match in re.finditer(rf"\b(?:{pattern})", flat) if match.lastindex
    }
    return tuple(name for name in FIELD_NAMES if name in found)


@given(st.lists(st.sampled_from([*SIGNS, "e", "1", "x-y", "Sociale", "beni", "raccolta", "lavoro"]), max_size=6))
def test_fields_are_those_of_a_plain_search(words: list[str]) -> None:
    for text in (" ".join(words), "i ".join(words), ", ".join(words).upper()):
        assert fields_of_words(text) == plainly_read(text)


def test_statistics_may_count_some_words_only() -> None:
    documents = [["mensa", "alba"], ["mensa", "verde", "verde"], []]
    kept = [[word for word in each if word != "alba"] for each in documents]
    some, all_of_kept = word_statistics(documents, {"mensa", "verde", "altro"}), word_statistics(kept)
    assert some.place == all_of_kept.place
    assert np.array_equal(some.idf, all_of_kept.idf)
    assert np.array_equal(some.shared, all_of_kept.shared)
    assert np.array_equal(text_matrix(documents, some).toarray(), text_matrix(kept, all_of_kept).toarray())
