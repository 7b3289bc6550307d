"""The tables of kinds, signs and words hang together."""

import math
import re

import pytest

from data.lazio.chains import chains
from data.lazio.goods import goods
from data.lazio.instruments import instruments
from data.lazio.rules import rules
from data.model import BodyType, OrganisationKind, Status
from matching.candidates import SIZES
from matching.features import FEATURES
from matching.fields import COMPETENCE, FIELD_NAMES, fields_of_sector, fields_of_words
from matching.kinds import PARTNERSHIPS
from service.messages import LANGUAGES, rooms, sentence_parameters, text


def sentences(language):
    return {key: words for room in rooms(language).values() for key, words in room.items()}


@pytest.mark.parametrize("kind", PARTNERSHIPS.values(), ids=list(PARTNERSHIPS))
def test_weights_are_a_whole(kind):
    assert math.isclose(sum(weight for weight in kind.weights.values() if weight > 0), 1.0, abs_tol=1e-9)
    assert set(kind.weights) <= set(FEATURES)
    assert set(kind.recall) <= set(kind.weights)
    heaviest = max(kind.weights, key=lambda name: kind.weights[name])
    assert heaviest == "offer-meets-need"


def test_one_declared_match_outweighs_any_other_single_sign():
    for kind in PARTNERSHIPS.values():
        others = [weight for name, weight in kind.weights.items() if name != "offer-meets-need"]
        assert kind.weights["offer-meets-need"] * 0.8 > max(others) or kind.chain
    assert PARTNERSHIPS["supply-chain"].weights["offer-meets-need"] * 0.8 > 0.28


def test_every_feature_is_weighed_somewhere():
    weighed = {name for kind in PARTNERSHIPS.values() for name in kind.weights}
    assert weighed == set(FEATURES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_of_the_tables_has_its_sentence(language):
    known = sentences(language)
    wanted = {f"partnership.{name}{more}" for name in PARTNERSHIPS for more in ("", ".explained")}
    wanted |= {f"field.{name}" for name in FIELD_NAMES}
    wanted |= {f"kind.{kind.value}" for kind in OrganisationKind}
    wanted |= {f"body_type.{body.value}" for body in BodyType}
    wanted |= {f"status.{status.value}" for status in Status}
    wanted |= {f"size.{size}" for size in SIZES}
    wanted |= {f"datum.{name}" for kind in PARTNERSHIPS.values() for name in kind.helps}
    wanted |= {f"datum.{fact}" for feature in FEATURES.values() for fact in feature.facts}
    wanted |= {f"refusal.wrong-kind.{name}" for name in PARTNERSHIPS}
    wanted |= {f"refusal.no-activity.{name}" for name in PARTNERSHIPS}
    assert not wanted - set(known)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_shipped_good_chain_rule_and_form_has_its_words(language):
    wanted = {f"good.{each.key}" for each in goods()} | {f"chain.{each.code}" for each in chains()}
    wanted |= {f"rule.{each.id}" for each in rules()}
    wanted |= {f"instrument.{each.code}{more}" for each in instruments() for more in ("", ".sentence", ".next")}
    assert not {key for key in wanted if text(key, language).startswith("[")}


def test_keys_in_the_code_have_sentences(project_files):
    known = set(sentences("it"))
    pattern = re.compile(r'Message\(\s*f?"([a-z][a-z.-]+[a-z])"')
    used = {key for path in project_files("matching") for key in pattern.findall(path.read_text(encoding="utf-8"))}
    assert len(used) > 40
    assert not used - known


def test_both_languages_say_the_same_with_the_same_parameters():
    italian, english = (rooms(language)["matching"] for language in LANGUAGES)
    assert set(italian) == set(english)
    for key, sentence in italian.items():
        assert sentence_parameters(sentence) == sentence_parameters(english[key]), key


def test_words_for_readers_avoid_the_forbidden_ones():
    for language in LANGUAGES:
        for key, sentence in rooms(language)["matching"].items():
            assert not re.search(r"\b(score|match|node|entity)\b", sentence, re.IGNORECASE), key
    public = [words for words in rooms("it")["matching"].values() if "affidatari" in words]
    assert public == [rooms("it")["matching"]["next.body-notice"]]  # only to say that the list is none


def test_fields_are_read_from_words_and_codes():
    assert fields_of_words("Società agricola Il Frantoio, assistenza agli anziani") == ("agriculture", "care")
    assert fields_of_words("La Rosa Rossa") == ()
    assert fields_of_words("Artemisia") == ()  # "arte" is a word, not a beginning
    assert fields_of_sector("8810") == ("care",)
    assert set().union(*COMPETENCE.values()) <= set(FIELD_NAMES)
    assert all(0 < value <= 1 for table in COMPETENCE.values() for value in table.values())
