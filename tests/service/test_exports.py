"""CSV that Italian Excel opens: no live formula, numbers stay numbers, what went in comes out."""

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import InvalidValue
from data.model import Audience, OrganisationKind
from service.exports import SEPARATOR, WRITERS, csv_text, neutral, partners_csv, writer
from service.messages import Words
from service.partner_cards import cards_of
from service.partners import find_partners
from service.snapshot import build_snapshot

LIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def cells(text):
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=";"))


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "+39 06 1234", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=cmd|' /C calc'!A0", "  =1", "\u00a0=1",
        "＝１＋１", "-", "=-1", "+1+1", "-1;=2", '="x"', "\x00=1", "-1,5,5",
    ],
)  # fmt: skip
def test_text_that_a_spreadsheet_would_run_is_disarmed(text):
    out = cells(csv_text(["a"], [[text]]))[1][0]
    assert out.startswith("'")
    assert out.removeprefix("'") == text.replace("\x00", "")


@pytest.mark.parametrize("text", ["-12,5", "+3", "-1.5e3", "12", "Coop. = bella", "a-b", "", "L'Aquila", "06-1234"])
def test_numbers_and_plain_text_stay_as_they_are(text):
    assert neutral(text) == text


def test_values_are_written_for_italian_excel():
    text = csv_text(["n", "x", "neg", "day", "yes", "none"], [[12, 1234.5, -0.25, date(2026, 11, 22), True, None]])
    assert text.startswith("\ufeffn;x;neg;day;yes;none\r\n")
    assert text.splitlines()[1] == "12;1234,5;-0,25;2026-11-22;1;"
    assert csv_text(["x"], [[float("nan")], [float("inf")]]).splitlines()[1:] == ['""', '""']


@given(st.lists(st.lists(st.text(max_size=30), min_size=3, max_size=3), max_size=8))
def test_every_text_comes_back_and_none_is_live(rows):
    read = cells(csv_text(["a", "b", "c"], rows))
    assert len(read) == len(rows) + 1
    for written, given_row in zip(read[1:], rows, strict=True):
        for out, text in zip(written, given_row, strict=True):
            kept = text.replace("\x00", "")
            assert out in {kept, f"'{kept}"}
            assert not out.startswith(LIVE) or neutral(kept) == kept


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_comes_back_equal(number):
    out = cells(csv_text(["x"], [[number]]))[1][0]
    assert float(out.replace(",", ".")) == number


def test_what_cannot_be_exported_is_said():
    assert all(callable(writer(what, form)) for what, form in WRITERS)
    for what, form in (("moon", "csv"), ("graph", "csv"), ("organisations", "pdf"), ("", "")):
        with pytest.raises(InvalidValue):
            writer(what, form)


@pytest.fixture(scope="module")
def snapshot(example_store):
    return build_snapshot(example_store, Audience.OPERATOR, date(2026, 11, 22))


@pytest.mark.parametrize("language", ["it", "en"])
def test_the_shortlist_file_says_what_the_page_says(snapshot, language):
    words = Words(language)
    owner = next(body.id for body in snapshot.organisations if body.kind is OrganisationKind.COOPERATIVE)
    found = find_partners(snapshot, owner, "aggregation", limit=5)
    places = [1, 3, 4, 7, 20]
    header, *rows = cells(partners_csv(found, snapshot, words, places))
    cards = cards_of(snapshot, found.recommendations, "aggregation", words, places)
    assert len(header) == len(set(header)) == 15
    assert not any("[" in name for name in header)
    assert len(rows) == len(cards) == 5
    for row, card in zip(rows, cards, strict=True):
        (
            place,
            name,
            kind,
            comune,
            province,
            km,
            code,
            points,
            reasons,
            against,
            checks,
            forms,
            next_step,
            facts,
            ident,
        ) = row
        assert (int(place), name, ident) == (card.number, card.body.name, card.body.id)
        assert kind == words.text(f"org.kind.{card.body.kind}")
        assert (comune, province) == (snapshot.municipalities[card.body.municipality].name, card.body.province)
        assert float(km.replace(",", ".")) == round(card.km, 1)
        assert "." not in points
        assert float(points.replace(",", ".")) == card.arithmetic.total
        assert code in {each.value for each in card.body.identifiers} | {""}
        assert reasons.split(SEPARATOR) == [part.sentence for part in card.reasons]
        assert [text for text in against.split(SEPARATOR) if text] == list(card.against)
        told = checks.split(SEPARATOR)
        assert len(told) == len(card.checks) + len(card.labels)
        assert all(
            line.startswith(words.text(f"verdict.{each.state}")) for line, each in zip(told, card.checks, strict=False)
        )
        assert [line.split(":")[0] for line in forms.split(SEPARATOR)] == [
            form.name.split(":")[0] for form in card.instruments
        ]
        assert all(words.text(f"verdict.form.{form.state}") in forms for form in card.instruments)
        assert next_step == card.next_step
        behind = [fact for part in card.arithmetic.parts for fact in part.facts]
        assert behind
        for fact in behind:
            assert fact.value in facts
            assert fact.origin.source.title in facts
            assert (words.write(fact.origin.date) if fact.origin.date else words.text("age.unstated")) in facts
