"""What was done together: how it fades, and who is reached over the partners of partners."""

import random
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.features import FEATURES
from matching.links import HALF_LIFE_YEARS, LEAST_FADED, faded
from matching.question import Question
from matching.walks import GOES_ON, KEPT, PRECISION, STEPS, stored_walks
from service.messages import render

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


# --- the walk, against its definition ---------------------------------------------------------------------------


def brute_walks(index, asker: int) -> tuple[dict[int, float], dict[int, float]]:
    """The circle and those only met at the last step, by following the walker one organisation at a time."""
    links = index.links
    members = {p: set(links.members.indices[slice(*links.members.indptr[p : p + 2])].tolist())
               for p in range(links.members.shape[0])}  # fmt: skip
    own = {o: [p for p, who in members.items() if o in who] for o in range(len(index.organisations))}
    here, steps = {asker: 1.0}, []
    for _ in range(STEPS):
        there: dict[int, float] = {}
        for place, share in here.items():
            ways = [(links.project_weight[p], other) for p in own[place] for other in members[p] - {place}]
            whole = sum(worth for worth, _ in ways)
            for worth, other in ways:
                if other != asker:
                    there[other] = there.get(other, 0.0) + share * worth / whole
        likeliest = sorted(there, key=lambda row: (-round(there[row], PRECISION), row))[:KEPT]
        here = {row: there[row] for row in sorted(likeliest)}
        steps.append(here)
    fair = {row: 1 / max(float(links.degree[row]), 1.0) ** 0.5 for step in steps for row in step}
    circle = {
        row: fair[row] * sum(step.get(row, 0.0) * GOES_ON**number for number, step in enumerate(steps) if number)
        for row in {row for step in steps[1:] for row in step}
    }
    last = {row: share * fair[row] for row, share in steps[-1].items() if not any(row in step for step in steps[:-1])}
    return circle, last


def stored(matrix, row: int) -> dict[int, float]:
    part = slice(*matrix.indptr[row : row + 2])
    return dict(zip(matrix.indices[part].tolist(), matrix.data[part].tolist(), strict=True))


def walks(index):
    links = index.links
    return stored_walks(links.projects, links.members, links.project_weight, links.degree)


def random_world(world, seed: int, bodies: int = 26, works: int = 40):
    """Bodies of two fields in three provinces, and projects of one to six of them."""
    chance = random.Random(seed)
    for number in range(bodies):
        world.add(
            f"B{number:02d}",
            sector=chance.choice(("81.21", "88.10", None)),
            comune=chance.choice(("Rieti", "Viterbo", "Latina")),
        )
    for number in range(works):
        who = chance.sample(sorted(world.organisations), chance.choice((1, 2, 2, 3, 6)))
        when = None if chance.random() < 0.4 else years_ago(chance.uniform(0, 12))
        world.project(f"p{number:02d}", *who, date=when, outcome=chance.choice(("awarded", "bid")))
    return world


@pytest.mark.parametrize("seed", range(4))
def test_stored_walks_are_what_their_definition_says(world, seed, monkeypatch):
    monkeypatch.setattr("matching.walks.AT_ONCE", 7)
    index = random_world(world, seed, bodies=60, works=90).index()
    found = walks(index)
    cut = 0
    for row in range(len(index.organisations)):
        circle, last = brute_walks(index, row)
        cut += len(circle) > KEPT
        assert stored(found.circle, row) == pytest.approx(circle, rel=1e-5, abs=1e-7)
        assert stored(found.further, row) == pytest.approx(last, rel=1e-5, abs=1e-7)
    assert cut, "some rows are cut"


def test_equal_ones_are_kept_in_the_order_of_rows(world):
    """More than are kept, all reached equally."""
    for name in ("A", "Hub", *(f"X{number:02d}" for number in range(2 * KEPT))):
        world.add(name)
    world.project("first", "A", "Hub")
    for number in range(2 * KEPT):
        world.project(f"p{number:02d}", "Hub", f"X{number:02d}")
    index = world.index()
    rows = sorted(index.row(world.id(f"X{number:02d}")) for number in range(2 * KEPT))
    met = stored(walks(index).circle, index.row(world.id("A")))
    assert sorted(met.keys() - {index.row(world.id("Hub"))}) == rows[:KEPT]


def test_three_steps_away_and_nobody_nearer(world, today):
    for name in "ABCDE":
        world.add(name)
    for number, pair in enumerate(("AB", "BC", "CD", "DE")):
        world.project(str(number), *pair)
    values = signs_of(world.index(), world.id("A"), today)
    assert set(values["partners-of-partners"]) == {world.id("D")}
    assert set(values["same-circle"]) == {world.id(name) for name in "BCD"}  # one comes back to B from C


# --- what must never matter -------------------------------------------------------------------------------------

SIGNS = ("same-circle", "partners-of-partners", "partners-of-alike", "customers-of-alike", "works-with-many")


def signs_of(index, asker: str, today) -> dict[str, dict[str, float]]:
    """Per sign, the value of every organisation for which it is not 0."""
    row = index.row(asker)
    rows = np.flatnonzero(np.arange(len(index.organisations)) != row)
    question = Question(index, index.columns, row, rows, today)
    found = {}
    for name in SIGNS:
        values = FEATURES[name].values(question)
        reach = FEATURES[name].reach(question)
        assert (np.diff(reach) > 0).all(), "ascending"
        assert ((values >= 0) & (values <= 1)).all()
        assert set(rows[values > 0]) <= set(reach.tolist())
        found[name] = {
            index.organisations[at].id: float(value) for at, value in zip(rows, values, strict=True) if value
        }
    return found


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_an_unrelated_body_and_the_order_of_rows_change_nothing(new_world, today, seed):
    one, other = random_world(new_world(), seed), random_world(new_world(), seed)
    other.organisations = dict(reversed(other.organisations.items()))
    other.participations.reverse()
    for number in range(5):
        other.add(f"Estranea {number}", sector="88.10", comune="Rieti")
    first, second = one.index(), other.index()
    for body in one.organisations.values():
        assert signs_of(first, body.id, today) == signs_of(second, body.id, today)


def test_the_sentences_of_every_reached_one_can_be_said(world, today):
    random_world(world, 3)
    index = world.index()
    said = set()
    for row in range(len(index.organisations)):
        question = Question(index, index.columns, row, np.delete(np.arange(len(index.organisations)), row), today)
        for name in SIGNS:
            for place in np.flatnonzero(FEATURES[name].values(question)):
                message = FEATURES[name].reason(question, int(question.rows[place]))
                sentences = [render(message, language) for language in ("it", "en")]
                assert all("[" not in each and "{" not in each and "un-" not in each for each in sentences)
                assert message.key != "feature.partners-of-partners.unnamed"
                said.add(message.key)
    assert {"feature.same-circle.when", "feature.partners-of-partners", "feature.works-with-many"} <= said
    assert {"feature.partners-of-alike.field", "feature.partners-of-alike"} <= said
