"""Invented networks: what they are like, the same every time, and a truth that no baseline beats."""

from dataclasses import asdict

import numpy as np
import pytest

from data.networks import Network
from matching.evaluate import Exam, Group, Plan
from matching.generated import Generated, Oracle, generate
from matching.generated_recipes import RECIPES
from matching.rankers import BASELINES


@pytest.fixture(scope="module", params=sorted(RECIPES))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def made(kind: str) -> Generated:
    return generate(kind, 500)


def same(one: Network, other: Network) -> bool:
    mine, theirs = (asdict(each) for each in (one, other))
    return all(np.array_equal(np.asarray(mine[name]), np.asarray(theirs[name]), equal_nan=mine[name] is not None and
               np.asarray(mine[name]).dtype.kind == "f") for name in mine)  # fmt: skip


def test_the_same_seed_makes_the_same_network_and_another_another(kind: str, made: Generated):
    assert same(made.network, generate(kind, 500).network)
    assert not same(made.network, generate(kind, 500, 2).network)


def test_a_network_is_what_its_recipe_says(kind: str, made: Generated):
    recipe, network = RECIPES[kind], made.network
    assert len(network) == len(made.nodes) == 500
    assert set(network.kinds) <= set(recipe.kinds)
    assert np.isfinite(network.lat).mean() == pytest.approx(recipe.located, abs=0.06)
    assert np.isfinite(network.project_time).mean() == pytest.approx(recipe.dated, abs=0.08)
    members = np.bincount(network.link_project)
    assert members.min() >= 2
    assert members.max() <= recipe.members[1]
    rivals = np.bincount(np.unique(network.project_lot, return_inverse=True)[1])
    assert (rivals.max() > 1) == (recipe.rivals > 1)
    assert any(network.project_buyer) == bool(recipe.buyers)
    took = np.bincount(network.link_org, minlength=500)
    assert (took == 0).mean() < 0.35
    assert np.sort(took)[-50:].sum() > 0.25 * took.sum()  # the busiest tenth


def test_shares_can_be_asked_for():
    made = generate("research", 500, dated=0.0, located=0.0)
    assert np.isnan(made.network.link_time).all()
    assert np.isnan(made.network.lat).all()


@pytest.mark.parametrize("dated", [name for name, recipe in RECIPES.items() if recipe.dated > 0.5])
def test_newcomers_appear_late(dated: str):
    network = generate(dated, 500).network
    first = np.full(len(network), np.inf)
    np.minimum.at(first, network.link_org, np.nan_to_num(network.link_time, nan=np.inf))
    first = first[np.isfinite(first)]
    assert ((first - first.min()) > 5 * 365).mean() > 0.1


class Shuffled(Oracle):
    """A truth that forgot who is who."""

    def scores(self, row: int):
        return super().scores(row)[::-1]


def test_nothing_beats_the_truth(made: Generated):
    exam = Exam(made.network, Plan(queries=40, hard=False, draws=200))
    truth = exam.put_to(lambda: made.oracle)
    results = [exam.put_to(make) for make in BASELINES.values()]
    for group in (Group.WARM, Group.COLD_MASKED):
        best = exam.best_of(results, group, "ndcg")
        assert best is not None
        assert exam.compare(truth, best, group, "ndcg").ratio.value > 1.2
    wrong = exam.put_to(lambda: Shuffled(made.oracle._world))
    assert exam.best_of([*results, wrong], Group.WARM, "ndcg") is not wrong


def test_the_truth_is_the_chance_of_a_next_pair():
    """Many networks of one world: pairs that the truth ranks high do meet more often, in proportion."""
    made = generate("subcontracts", 500)
    chances = np.stack([made.oracle.fit_network(made.network.with_links(made.network.link_time < 0)).scores(row)
                        for row in range(500)])  # fmt: skip
    early = made.network.project_time < made.network.project_time.min() + 365
    pairs = made.network.link_org[early[made.network.link_project]].reshape(-1, 2)
    assert np.allclose(chances.sum(), chances.T.sum())
    activity = made.oracle._world.activity[0]
    expected = chances * activity[:, None]
    assert np.allclose(expected, expected.T)
    upper = np.triu(expected, 1)
    order = np.argsort(-upper, axis=None)
    share = np.cumsum(upper.ravel()[order]) / upper.sum()
    likely = set(order[: int(np.searchsorted(share, 0.5))].tolist())
    met = [int(min(a, b)) * 500 + int(max(a, b)) for a, b in pairs.tolist()]
    assert 0.4 < np.mean([pair in likely for pair in met]) < 0.8
    assert len(likely) < 0.02 * 500 * 500
