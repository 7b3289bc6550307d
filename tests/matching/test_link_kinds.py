"""Buyers as organisations: who buys from whom, in the words of the same protocol."""

import numpy as np

from data.networks import network_of
from matching.folds import Fold, ask
from matching.link_kinds import BUYER, with_buyers

LINKS = [
    ("g1", "a", "awarded", "Rieti"), ("g1", "b", "awarded", "Rieti"), ("g2", "c", "bid", "Rieti"),
    ("g3", "c", "awarded", "Latina"), ("g4", "b", "awarded", "Latina"), ("g5", "a", "awarded", ""),
]  # fmt: skip


def network(rows=LINKS):
    links = [{"project": p, "org": o, "outcome": outcome, "buyer": buyer} for p, o, outcome, buyer in rows]
    return network_of([{"id": each, "type": "firm"} for each in "abc"], links)


def test_buyers_join_the_groups_that_won_from_them():
    whole, (asks, answers) = with_buyers(network())
    assert whole.ids == ("a", "b", "c", "~Latina", "~Rieti")
    assert list(whole.ids) == sorted(whole.ids)
    assert whole.kinds == ("firm", "firm", "firm", BUYER, BUYER)
    assert asks.tolist() == [False, False, False, True, True] == (~answers).tolist()
    members = {}
    for project, org in zip(whole.link_project, whole.link_org, strict=True):
        members.setdefault(whole.projects[project], []).append(whole.ids[org])
    assert members == {
        "g1": ["a", "b", "~Rieti"], "g2": ["c"], "g3": ["c", "~Latina"], "g4": ["b", "~Latina"], "g5": ["a"],
    }  # fmt: skip
    assert len(whole.lat) == len(whole.names) == 5


def test_without_outcomes_every_group_of_a_buyer_counts():
    whole, _ = with_buyers(network([(p, o, "", buyer) for p, o, _, buyer in LINKS]))
    rieti = whole.row_of["~Rieti"]
    assert (whole.link_org == rieti).sum() == 2


def test_a_buyer_is_asked_about_winners_it_never_had():
    whole, sides = with_buyers(network())
    test = np.array([name == "g4" for name in whole.projects])
    asked = ask(whole, Fold(False, ~test, test), sides=sides)
    assert [whole.ids[row] for row in asked.queries] == ["~Latina"]
    assert [whole.ids[row] for row in asked.right(0)] == ["b"]
    assert "c" in {whole.ids[row] for row in asked.barred(0)}
    assert not asked.candidates[3:].any()
