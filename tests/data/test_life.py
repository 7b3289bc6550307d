"""Stages of a body's life: known facts only, and what a group still lacks."""

from datetime import date

import pytest

from data.lazio.said import AVAILABILITIES, CERTIFICATIONS, certification_name, kept_words, shown_words, suggested_words
from data.life import founding_steps, is_new, life_stage
from data.model import Evidence, Organisation, OrganisationKind, Provenance, Status

TODAY = date(2026, 11, 22)


def body(**facts: object) -> Organisation:
    said = {name: Provenance(Evidence.DECLARED, "page", facts.pop("said", None)) for name in ("status",)}  # type: ignore[arg-type]
    return Organisation(id="x", name="X", kind=OrganisationKind.COOPERATIVE, provenance=said, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "stage"),
    [
        ({}, None),
        ({"founded": 2026}, Status.NEW),
        ({"founded": 2025}, Status.NEW),
        ({"founded": 2024}, None),  # perhaps, perhaps not: not known
        ({"founded": 2025, "status": Status.ACTIVE}, Status.NEW),
        ({"founded": 2025, "status": Status.LIQUIDATION}, Status.LIQUIDATION),
        ({"status": Status.NEW}, Status.NEW),
        ({"status": Status.NEW, "said": date(2024, 11, 22)}, Status.NEW),
        ({"status": Status.NEW, "said": date(2024, 10, 21)}, Status.ACTIVE),
        ({"status": Status.NEW, "founded": 2024}, Status.NEW),
        ({"status": Status.NEW, "founded": 2023}, Status.ACTIVE),
        ({"status": Status.CRISIS, "founded": 2026}, Status.CRISIS),
    ],
)
def test_stage(facts: dict[str, object], stage: Status | None) -> None:
    found = life_stage(body(**facts), TODAY)
    assert (found.status if found else None) == stage
    assert is_new(body(**facts), TODAY) == (stage is Status.NEW)


def test_a_group_of_two_is_told_that_three_are_needed() -> None:
    steps = {each.name: each for each in founding_steps(body(status=Status.FORMING, members=2, sector="01.11"))}
    assert (steps["members"].done, steps["members"].sentence.key) == (False, "forming.members.few")
    assert (steps["sector"].done, steps["purpose"].done) == (True, None)
    for members, state in ((None, None), (3, None), (9, True)):
        (first, *_) = founding_steps(body(status=Status.FORMING, members=members))
        assert first.done is state
    assert founding_steps(body(status=Status.ACTIVE, members=2)) == ()


def test_words_of_the_vocabulary_are_kept_in_italian_and_shown_in_both_languages() -> None:
    assert kept_words("seeks", " School  meals ") == "mensa scolastica"
    assert shown_words("seeks", "mensa scolastica", "en") == "school meals"
    assert shown_words("seeks", "mensa scolastica", "it") == "mensa scolastica"
    assert kept_words("offers", "pasta") == "pasta"  # an Italian word too: left alone
    assert kept_words("offers", "Serra fotovoltaica") == shown_words("offers", "Serra fotovoltaica", "en")
    assert kept_words("available", "Mentoring new cooperatives") == "accompagnare cooperative nuove"
    assert shown_words("available", "accompagnare cooperative nuove", "en") == "mentoring new cooperatives"
    assert kept_words("certified", "uni en iso 9001:2015") == "ISO 9001"
    assert certification_name("Marchio della Valle") == "Marchio della Valle"


def test_every_suggestion_is_kept_as_itself_and_found_again() -> None:
    for language in ("it", "en"):
        words = suggested_words(language)
        assert len(words) > 200
        assert len({word for word, _ in words}) == len(words)
        for word, kind in words:
            says = kind if kind in ("certified", "available") else "offers"
            assert shown_words(says, kept_words(says, word), language) == word
    assert len(AVAILABILITIES) >= 8
    assert len({name for name, _ in CERTIFICATIONS}) == len(CERTIFICATIONS)
