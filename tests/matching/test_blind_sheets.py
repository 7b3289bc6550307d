"""Blind sheets: two lists that do not say whose they are, and agreement against figures worked out by hand."""

import numpy as np
import pytest

from data.networks import network_of
from matching.blind_sheets import judge, make_sheets
from matching.rankers import Chance, Nearest


def network(size: int = 40):
    nodes = [{"id": f"{at:02d}", "name": f"Prova {at}", "type": "firm", "nuts3": "AB"[at % 2]} for at in range(size)]
    links = [{"project": f"p{at}", "org": f"{(at + step) % size:02d}"} for at in range(size) for step in (0, 1)]
    return network_of(nodes, links)


def sheets(count: int = 30, k: int = 4):
    made = network()
    ours, other = Chance().fit_network(made), Nearest().fit_network(made)
    return made, ours, other, make_sheets(made, ours, other, count, k)


def test_sheets_hold_our_list_and_the_other_in_an_order_that_the_key_knows():
    _, ours, other, drawn = sheets()
    assert [each.number for each in drawn] == list(range(1, 31))
    assert len({each.query for each in drawn}) == 30
    for each in drawn:
        mine, theirs = (each.first, each.second) if each.ours == "1" else (each.second, each.first)
        around = {each.query, (each.query + 1) % 40, (each.query - 1) % 40}
        for ranker, names in ((ours, mine), (other, theirs)):
            scores = ranker.scores(each.query)
            free = sorted((row for row in range(40) if row not in around), key=lambda row: (-scores[row], row))
            assert list(names) == free[:4]
    assert 5 < sum(each.ours == "1" for each in drawn) < 25


def test_the_same_sheets_every_time_and_none_without_a_difference():
    made, ours, other, drawn = sheets()
    assert make_sheets(made, ours, other, 30, 4) == drawn
    assert make_sheets(made, ours, ours, 30, 4) == ()


def test_a_judge_who_always_takes_our_list_is_read_so_wherever_it_stands():
    key = {1: "1", 2: "2", 3: "2", 4: "1"}
    verdict = judge(key, [dict(key), {1: "1", 2: "2", 9: "1"}])
    assert (verdict.ours, verdict.other, verdict.equal, verdict.judgements) == (6, 0, 0, 6)
    assert verdict.share.value == 1.0
    assert (verdict.kappa, verdict.in_common) == (1.0, 2)


def test_cohens_kappa_by_hand():
    key = dict.fromkeys(range(1, 51), "1")
    # 20 both ours, 15 both other, 5 first ours and second other, 10 the reverse: the textbook 0.4.
    pairs = [("1", "1")] * 20 + [("2", "2")] * 15 + [("1", "2")] * 5 + [("2", "1")] * 10
    one, two = ({number: pair[judge] for number, pair in enumerate(pairs, start=1)} for judge in (0, 1))
    verdict = judge(key, [one, two])
    assert verdict.kappa == pytest.approx(0.4)
    assert verdict.share.value == pytest.approx(55 / 100)
    assert verdict.share.low < 0.55 < verdict.share.high


def test_fleiss_kappa_by_hand():
    key = {1: "1", 2: "1", 3: "2"}
    judged = [{1: "1", 2: "1", 3: "2"}, {1: "1", 2: "2", 3: "2"}, {1: "1", 2: "=", 3: "2"}]
    # Sides: (ours x3), (ours, other, equal), (ours x3): observed 2/3; shares 7/9, 1/9, 1/9: expected 51/81.
    verdict = judge(key, judged)
    assert verdict.kappa == pytest.approx((2 / 3 - 51 / 81) / (1 - 51 / 81))
    assert (verdict.ours, verdict.other, verdict.equal) == (7, 1, 1)
    assert verdict.share.value == pytest.approx(7.5 / 9)


def test_one_judge_or_nothing_filled_in_says_nothing_of_agreement():
    assert judge({1: "1"}, [{1: "1"}]).kappa is None
    empty = judge({1: "1"}, [{}, {}])
    assert (empty.judgements, empty.kappa) == (0, None)
    assert np.isnan(empty.share.value)


def test_the_interval_is_over_sheets_not_over_judges():
    key = dict.fromkeys(range(1, 31), "1")
    one = {number: "1" if number % 3 else "2" for number in key}
    alone, chorus = judge(key, [one]), judge(key, [one] * 5)
    assert alone.share == chorus.share
