"""Words: numbers, dates and lists as each language writes them; both catalogues hold the same keys and parameters."""

import io
import logging
import re
from datetime import date
from importlib.resources import files

import pytest
from babel.messages.pofile import read_po as babel_read_po

from data.model import Evidence, Message
from service import messages
from service.messages import LANGUAGES, Words, choose_language, read_po, render, rooms, write
from service.shipped_words import shipped_words


@pytest.mark.parametrize(
    ("value", "how", "italian", "english"),
    [
        (1234.5, "", "1.234,5", "1,234.5"),
        (1234, "", "1.234", "1,234"),
        (2026, "plain", "2026", "2026"),
        (-0.25, "decimals:2", "-0,25", "-0.25"),
        (34.4, "km", "34 km", "34 km"),
        (0.4, "km", "meno di 1 km", "less than 1 km"),
        (1234.6, "km", "1.235 km", "1,235 km"),
        (0.125, "percent", "12,5%", "12.5%"),
        (1_250_000.4, "euro", "1.250.000 euro", "1,250,000 euro"),
        (date(2026, 11, 22), "", "22 novembre 2026", "22 November 2026"),
        (date(2026, 11, 2), "short", "02/11/2026", "02/11/2026"),
        (date(2026, 11, 2), "month", "novembre 2026", "November 2026"),
        (["a", "b", "c"], "", "a, b e c", "a, b and c"),
        (["a", "b"], "or", "a o b", "a or b"),
        (["a e b", "c"], "commas", "a e b, c", "a e b, c"),
        (1, "plural:progetto|progetti", "progetto", "progetto"),
        (0, "plural:progetto|progetti", "progetti", "progetti"),
        (True, "", "sì", "yes"),
        (None, "km", "non noto", "not known"),
        ("official", "key:evidence.", "dato ufficiale", "official"),
        (Evidence.OFFICIAL, "key:evidence.", "dato ufficiale", "official"),
        (Message("word.yes"), "", "sì", "yes"),
        ("Aurora", "quoted", "«Aurora»", "“Aurora”"),
    ],
)
def test_values_are_written_as_each_language_does(value, how, italian, english):
    assert (write(value, "it", how), write(value, "en", how)) == (italian, english)


def test_a_sentence_is_filled_and_text_stays_text(monkeypatch):
    monkeypatch.setattr(messages, "catalogue", lambda _: {"k": "{name} dista {km:km}: {{sic}}"})
    hostile = "{km} {{ 7*7 }} {0.__class__} %s"
    assert render(Message("k", {"name": hostile, "km": 3.2}), "it") == f"{hostile} dista 3 km: {{sic}}"


def test_a_missing_sentence_or_parameter_is_shown_as_such_and_logged(caplog):
    messages._report.cache_clear()
    with caplog.at_level(logging.ERROR):
        Words("it").text("no.such.key")
        assert Words("it").text("no.such.key") == "[no.such.key]"
        assert "[seconds]" in Words("it").text("error.too-many-requests")
    assert [record.message_key for record in caplog.records] == ["no.such.key", "error.too-many-requests"]


READABLE = messages.readable
"""As readers have it: the tests show brackets instead."""


def test_who_reads_sees_words_for_a_missing_sentence(monkeypatch):
    monkeypatch.setattr(messages, "readable", READABLE)
    assert Words("it").text("no.such-key") == "such key"
    assert Words("it").outline("no.such.key_of-old") == "key of old"
    assert [READABLE(key) for key in ("word", "a.", "a.b:c-d", "")] == ["word", "a.", "b:c d", ""]


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        (None, "it"),
        ("en", "en"),
        ("en-GB,en;q=0.9,it;q=0.8", "en"),
        ("it;q=0.4, en;q=0.9", "en"),
        ("fr, de", "it"),
        ("en;q=0", "it"),
        ("*", "it"),
        (";;;=,,q=1", "it"),
        ("x," * 5000 + "en", "it"),
    ],
)
def test_the_language_is_the_readers(header, chosen):
    assert choose_language(header, "it") == chosen


def catalogues():
    return [(room, language) for language in LANGUAGES for room in rooms(language)]


@pytest.mark.parametrize(("room", "language"), catalogues())
def test_our_reader_of_catalogues_agrees_with_babel(room, language):
    text = files("service").joinpath("web", "locale", language, f"{room}.po").read_text(encoding="utf-8")
    expected = {entry.id: entry.string for entry in babel_read_po(io.StringIO(text)) if entry.id and entry.string}
    assert read_po(text) == expected
    assert expected


def test_our_reader_agrees_on_continued_lines_and_escapes():
    text = (
        'msgid ""\nmsgstr "Language: it\\n"\n\n# note\n#: where\nmsgid "a"\nmsgstr ""\n"uno \\"due\\"\\n"\n"tre"\n'
        'msgid "b"\nmsgstr "no blank line before"\n\n#, fuzzy\nmsgid "c"\nmsgstr "not sure"\n\nmsgid "d"\nmsgstr ""\n'
    )
    assert read_po(text) == {"a": 'uno "due"\ntre', "b": "no blank line before"}


def test_both_languages_say_the_same_things():
    assert rooms("it").keys() == rooms("en").keys()
    for room, sentences in rooms("it").items():
        english = rooms("en")[room]
        assert sentences.keys() == english.keys(), room
        for key, sentence in sentences.items():
            assert written_parameters(sentence) == written_parameters(english[key]), key


def written_parameters(sentence):
    """What a sentence writes; a number that only chooses between one and many may matter in one language alone."""
    parsed = messages.string.Formatter().parse(sentence)
    return {name for _, name, spec, _ in parsed if name is not None and not (spec or "").startswith("plural")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_stands_in_two_rooms(language):
    keys = [key for sentences in rooms(language).values() for key in sentences]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_in_a_sentence_is_known(language):
    known = {"", "plural", "key", *messages._FORMS}
    for room, sentences in rooms(language).items():
        for key, sentence in sentences.items():
            for _, name, spec, conversion in messages.string.Formatter().parse(sentence):
                assert name is None or re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name), (room, key)
                assert conversion is None, (room, key)
                assert (spec or "").partition(":")[0] in known, (room, key)


def test_shipped_facts_bring_their_words_in_both_languages():
    italian, english = shipped_words("it"), shipped_words("en")
    assert italian.keys() == english.keys()
    assert all(italian.values())
    assert all(english.values())
    assert not italian.keys() & messages.catalogue("it").keys()
    key = next(key for key in italian if key.startswith("chain."))
    assert Words("it").text(key) == italian[key]
    assert Words("en").text(key) == english[key]
