"""What was done together: how it fades, and who is reached over the partners of partners."""

from datetime import date, timedelta

import numpy as np
import pytest

from matching.links import HALF_LIFE_YEARS, LEAST_FADED, faded

LATEST = date(2025, 6, 1)


def years_ago(years: float) -> date:
    return LATEST - timedelta(days=round(years * 365.25))


def test_what_was_done_together_counts_half_after_five_years_and_never_less_than_a_quarter():
    days = np.array([years_ago(years).toordinal() for years in (0, HALF_LIFE_YEARS, 10, 40)], dtype=np.float64)
    assert faded(days) == pytest.approx([1.0, 0.5, 0.25, LEAST_FADED], abs=1e-3)


def test_an_unknown_day_counts_as_the_middle_of_the_known_ones():
    days = np.array([*(years_ago(years).toordinal() for years in (0, 2, 20)), np.nan])
    found = faded(days)
    assert found[3] == found[1]
    assert (faded(np.array([np.nan, np.nan])) == 1.0).all()


def test_a_recent_project_is_worth_more_than_an_old_one(world):
    for name in "ABC":
        world.add(name, sector="81.21")
    world.project("new", "A", "B", outcome="awarded", date=LATEST)
    world.project("old", "A", "C", outcome="awarded", date=years_ago(8))
    assert world.index().links.project_weight == pytest.approx([1.0, 0.5 ** (8 / HALF_LIFE_YEARS)], abs=1e-3)
    assert world.partners("A", "aggregation") == ["B", "C"]
