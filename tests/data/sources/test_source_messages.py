"""Every key that an importer can say has its sentence in both languages, and every sentence has someone who says it."""

import re
from pathlib import Path

import data
from service.messages import catalogue

KEY = re.compile(r'"((?:reject|notice|unreadable)\.[a-z0-9-]+)"')
SENTENCES = {
    language: {key: text for key, text in catalogue(language).items() if KEY.fullmatch(f'"{key}"')}
    for language in ("it", "en")
}


def test_keys_and_sentences_are_the_same_set():
    code = [path.read_text("utf-8") for path in Path(data.__file__).parent.rglob("*.py")]
    said = {key for text in code for key in KEY.findall(text)}
    assert len(said) > 50
    for language, sentences in SENTENCES.items():
        assert set(sentences) == said, language


def test_both_languages_use_the_same_parameters():
    fields = re.compile(r"\{(\w+)")
    for key, italian in SENTENCES["it"].items():
        assert set(fields.findall(italian)) == set(fields.findall(SENTENCES["en"][key])), key
        assert italian != SENTENCES["en"][key]
