# SPDX-License-Identifier: EUPL-1.2
"""Which signals a network is ranked by: tried on a past they were not learned from, the usual ones when in doubt."""

import numpy as np
import pytest

from data.networks import network_of
from matching import network_choice
from matching.fitting import Example
from matching.graph_rankers import Likeness, Neighbours, PageRank
from matching.metrics import marks_of_ranks
from matching.network_choice import MIXTURES, SETS, SOFT, Lesson, chosen
from matching.network_frames import Trial, frames_of, has_links, trial_of
from matching.network_profiles import build_profiles
from matching.network_signals import LIKENESS, WALKED, build_signals
from matching.network_weights import learn

Rows = list[dict[str, object]]


def circles(size: int = 90, projects: int = 260, seed: int = 4) -> tuple[Rows, Rows]:
    """Circles of nine that work among themselves; names, kinds and places say nothing of them."""
    rng = np.random.default_rng(seed)
    nodes: Rows = [
        {"id": f"o{row:03}", "name": f"Ente {rng.integers(40)}", "type": f"k{rng.integers(3)}"} for row in range(size)
    ]
    links: Rows = []
    for number in range(projects):
        mates = np.arange(size // 9) * 9 + rng.integers(9)
        links += [
            {"project": f"p{number:04}", "org": f"o{row:03}", "date": f"20{10 + number // 26}-01-01"}
            for row in rng.choice(mates, 2, replace=False)
        ]
    return nodes, links


def trials(nodes: Rows, links: Rows) -> list[Trial]:
    network = network_of(nodes, links)
    profiles, chance = build_profiles(network), np.random.default_rng(1)
    made = [
        trial_of(frame, profiles, True, 0.0, has_links(network), chance) for frame in frames_of(network, True, chance)
    ]
    return [each for each in made if each is not None]


def test_every_mixture_is_made_of_known_sets_and_the_usual_one_comes_first() -> None:
    assert {name for names in MIXTURES.values() for name in names} <= set(SETS)
    assert next(iter(MIXTURES)) == "plain"


def lessons(told: str, trial: Trial, names: tuple[str, ...]) -> list[Lesson]:
    """Two frames whose examples say that one signal tells everything."""
    place, chance = names.index(told), np.random.default_rng(0)
    found = []
    for _ in range(120):
        values = chance.random((30, len(names))).astype(np.float32)
        values[0, place] = 2.0
        found.append((True, Example(values, 1, np.zeros(30))))
    return [Lesson(0, None, found), Lesson(1, trial, found)]


def test_a_set_that_foretells_better_is_taken_and_else_the_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    trial = trials(*circles())[0]
    names = tuple(name for name, _ in trial.signals.of(np.zeros(1, dtype=np.int64)))
    monkeypatch.setattr(network_choice, "FEWEST", 10)
    monkeypatch.setattr(network_choice, "PULL", 1.0)
    monkeypatch.setattr(
        network_choice, "SETS", {**SETS, "plain": lambda name: name == "words", "graph": lambda name: "steps" in name}
    )
    monkeypatch.setattr(network_choice, "MIXTURES", {"plain": ("plain",), "graph": ("graph",)})
    told = lessons("two-steps", trial, names)
    name, weights = chosen(told, names, np.zeros(len(names)), True)
    assert name == "graph"
    assert {each for each, weight in zip(names, weights, strict=True) if weight} <= {n for n in names if "steps" in n}
    monkeypatch.setattr(network_choice, "FEWEST", 10_000)
    assert chosen(told, names, np.zeros(len(names)), True)[0] == "plain"
    assert chosen([], names, np.ones(len(names)), True)[0] == "plain"


def test_what_is_learned_says_which_sets_were_chosen() -> None:
    network = network_of(*circles())
    weights = learn(network, build_profiles(network), True)
    assert set(weights.sets) <= set(MIXTURES)
    plain = [SETS["plain"](name) for name in weights.names]
    if weights.sets[0] == "plain":
        assert not weights.warm[~np.array(plain)].any()


def test_the_mark_is_that_of_the_exam() -> None:
    chance = np.random.default_rng(3)
    for _ in range(50):
        scores = chance.random(40).astype(np.float32)
        met = int(chance.integers(1, 15))
        ranks = np.array([1 + int((scores > scores[right]).sum()) for right in range(met)])
        assert network_choice._ndcg(scores, met) == pytest.approx(marks_of_ranks(ranks)[2])
    assert network_choice._ndcg(np.zeros(40, dtype=np.float32), 2) == 0.0, "equal scores count against the right ones"


def test_signals_of_partners_in_common_and_of_pagerank_put_all_in_the_order_of_the_baselines() -> None:
    nodes, links = circles()
    network = network_of(nodes, links)
    rows = np.arange(len(network))
    found = dict(build_signals(network, build_profiles(network), True).of(rows))
    common = Neighbours(Likeness.ADAMIC_ADAR).fit_network(network).score_rows(rows)
    np.testing.assert_allclose(np.expm1(found["partners-in-common"]), common, rtol=1e-4, atol=1e-5)
    walked = PageRank().fit_network(network).score_rows(rows)
    ours = np.expm1(found["pagerank"]) / len(network) * 0.15
    np.fill_diagonal(walked, 0.0)
    np.fill_diagonal(ours, 0.0)
    # The baseline walks on for twenty steps, the signal for six: what is left out is 0.85^7 of the walkers.
    assert np.abs(ours - walked).sum(axis=1).max() < 2 * 0.85**7
    assert np.corrcoef(ours.ravel(), walked.ravel())[0, 1] > 0.95


def test_signals_that_weigh_nothing_are_not_made_and_the_others_stay_the_same() -> None:
    network = network_of(*circles())
    signals = build_signals(network, build_profiles(network), True)
    rows = np.array([3, 40])
    everything = dict(signals.of(rows))
    for without in (set(SOFT), {"pagerank"}, set(LIKENESS), set(WALKED)):
        some = dict(signals.of(rows, without))
        assert set(everything) - set(some) <= without
        assert not {"pagerank", "profile-affinity", "two-steps"} & without & set(some), "the costly ones are spared"
        for name, values in some.items():
            np.testing.assert_array_equal(values, everything[name])


def test_who_has_no_history_walks_nowhere() -> None:
    nodes, links = circles()
    network = network_of([*nodes, {"id": "z", "name": "Nuova"}], links)
    found = dict(build_signals(network, build_profiles(network), True).of(np.array([len(network) - 1])))
    assert not any(found[name].any() for name in WALKED & set(found))
