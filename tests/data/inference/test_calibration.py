"""Tables of confidence: fitted as they say, and nothing below their start is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.inference.calibration import NEVER, STEP, calibration, fitted, read_calibration, write_calibration
from data.inference.guess import Guess
from data.inference.measure import Labelled, bands, measure, table_of, wilson

JUDGED = st.lists(st.tuples(st.floats(0, 1).map(lambda raw: round(raw, 4)), st.booleans()), max_size=200)


@given(JUDGED)
def test_confidence_never_falls_and_is_never_certain(judged: list[tuple[float, bool]]):
    table = fitted("sector", "name", judged)
    confidences = [step.confidence for step in table.steps]
    shares = [step.right / step.counted for step in table.steps]
    assert shares == sorted(shares)
    assert all(0 < each < 1 for each in confidences)
    assert sum(step.counted for step in table.steps) == len(judged)
    assert all(step.counted >= STEP for step in table.steps) or len(table.steps) == 1


def test_a_ground_that_is_often_wrong_says_nothing():
    assert fitted("sector", "name", [(0.9, turn % 2 == 0) for turn in range(60)]).least == NEVER
    assert fitted("sector", "name", [(0.9, True)] * 60).least < NEVER
    assert fitted("sector", "name", [(0.9, True)] * (STEP - 1)).least == NEVER


def test_saying_begins_where_nine_in_ten_are_right():
    judged = [(0.65, False)] * 20 + [(0.95, True)] * 40
    table = fitted("sector", "name", judged)
    assert not table.says(0.65)
    assert table.says(0.95)
    assert table.confidence(0.95) > 0.9 > table.confidence(0.65)


def test_the_shipped_tables_read_and_write_the_same():
    assert read_calibration(write_calibration(calibration())) == calibration()
    assert calibration().table("sector", "nothing-such").least == NEVER


def test_a_guess_where_the_label_is_empty_is_wrong():
    rows = [
        Labelled("a", (Guess("sector", "81", 0.9, ()),), {"sector": frozenset()}),
        Labelled("b", (Guess("sector", "81", 0.9, ()),), {"sector": frozenset({"81"})}),
        Labelled("c", (), {"sector": frozenset({"81"})}),
    ]
    table = fitted("sector", "name", [(0.9, True)] * 40)
    found = measure(rows, "sector", lambda _key: table)
    assert (found.texts, found.telling, found.answered_telling, found.given, found.right) == (3, 2, 1, 2, 1)
    assert found.coverage == 0.5
    assert found.precision == 0.5
    assert table_of(rows, "sector", "name").steps[0].right == 1


def test_intervals_and_bands():
    low, high = wilson(9, 10)
    assert (round(low, 3), round(high, 3)) == (0.596, 0.982)
    [band] = bands([(0.95, True), (0.97, True), (0.96, False)])
    assert (band.given, band.right) == (3, 2)
    assert band.said == pytest.approx(0.96)
