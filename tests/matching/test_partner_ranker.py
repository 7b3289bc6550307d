# SPDX-License-Identifier: EUPL-1.2
"""Partners in anybody's network: never a known one, always an answer, the score its parts, the same bytes again."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import UnknownOrganisation
from data.networks import network_of
from matching.network_frames import _windows, new_partners, partners_of
from matching.network_profiles import build_profiles
from matching.network_signals import build_signals, history_of
from matching.network_weights import learn
from matching.partner_ranker import PartnerRanker

Rows = list[dict[str, object]]


def themed(size: int = 120, projects: int = 160, seed: int = 1, *, dated: bool = True) -> tuple[Rows, Rows]:
    """Organisations of four themes, told in their words; projects join three of one theme, nine times in ten."""
    rng = np.random.default_rng(seed)
    theme = np.arange(size) % 4
    nodes: Rows = [
        {"id": f"o{row:03}", "name": f"Ente {row}", "text": f"lavoro tema{'abcd'[theme[row]]}", "nuts3": f"P{row % 3}"}
        for row in range(size)
    ]
    links: Rows = []
    for number in range(projects):
        mates = np.flatnonzero(theme == rng.integers(4)) if rng.random() < 0.9 else np.arange(size)
        day = (date(2018, 1, 1) + timedelta(days=10 * number)).isoformat() if dated else ""
        links += [
            {"project": f"p{number:04}", "org": f"o{row:03}", "date": day}
            for row in rng.choice(mates, 3, replace=False)
        ]
    return nodes, links


@pytest.mark.parametrize("dated", [True, False])
def test_the_theme_is_learned_and_newcomers_get_answers(dated: bool) -> None:
    nodes, links = themed(dated=dated)
    nodes.append({"id": "new", "name": "Nuova", "text": "lavoro temab"})
    found = PartnerRanker().fit(nodes, links).recommend(["new", "o002"], 10)
    text = {str(each["id"]): str(each["text"])[-1] for each in nodes}
    assert [sum(text[key] == want for key in each.candidates) >= 9 for each, want in zip(found, "bc", strict=True)] == [
        True,
        True,
    ]


def test_nobody_is_suggested_itself_or_a_known_partner_and_only_candidates_are() -> None:
    nodes, links = themed()
    ranker = PartnerRanker().fit(nodes, links)
    known = partners_of(ranker.network).toarray() > 0
    row_of = ranker.network.row_of
    everybody = list(row_of)
    allowed = everybody[::3]
    for each in ranker.recommend(everybody, 200, allowed):
        own = row_of[each.query]
        assert {own, *np.flatnonzero(known[own])}.isdisjoint(row_of[key] for key in each.candidates)
        assert set(each.candidates) <= set(allowed)
        others = [key for key in allowed if row_of[key] != own and not known[own, row_of[key]]]
        assert len(each.candidates) == len(others), "everybody allowed is ranked when k is large enough"


def test_the_contributions_are_the_score_and_the_order_is_the_scores() -> None:
    ranker = PartnerRanker().fit(*themed())
    (found,) = ranker.recommend(["o005"], 20)
    assert list(found.scores) == sorted(found.scores, reverse=True)
    for partner, score in zip(found.candidates, found.scores, strict=True):
        assert sum(ranker.contributions("o005", partner).values()) == pytest.approx(score, abs=1e-4)
        assert ranker.score("o005", partner) == pytest.approx(score, abs=1e-5)
    with pytest.raises(UnknownOrganisation):
        ranker.score("o005", "nobody")


def test_the_order_of_rows_changes_nothing() -> None:
    nodes, links = themed()
    first = PartnerRanker().fit(nodes, links).recommend(["o001", "o002"], 30)
    again = PartnerRanker().fit(nodes[::-1], links[::-1]).recommend(["o001", "o002"], 30)
    assert first == again


@pytest.mark.parametrize(
    ("nodes", "links"),
    [
        ([{"id": "a"}], []),
        ([{"id": "a"}, {"id": "b"}], []),
        ([{"id": key} for key in "abcdef"], [{"project": "p", "org": key} for key in "abc"]),
        ([{"id": key, "name": "uguale", "lat": 42, "lon": 12} for key in "abcdef"], []),
        ([{"id": key, "text": key * 4} for key in "abcdef"], [{"project": key, "org": key} for key in "abc"]),
        ([{"id": f"o{n}"} for n in range(40)], [{"project": f"p{n}", "org": f"o{n}", "date": 7} for n in range(40)]),
    ],
    ids=["one", "two", "one-project", "no-links", "alone", "same-day"],
)
def test_small_and_poor_networks_get_answers_too(nodes: Rows, links: Rows) -> None:
    ranker = PartnerRanker().fit(nodes, links)
    (found,) = ranker.recommend([str(nodes[0]["id"])], 100)
    known = partners_of(ranker.network)
    assert len(found.candidates) == len(nodes) - 1 - int(known.indptr[1] - known.indptr[0])
    assert np.isfinite(found.scores).all()


def test_no_organisations_is_a_network() -> None:
    assert PartnerRanker().fit([], []).recommend([], 5) == []


def test_a_step_of_the_walk_is_the_one_over_the_whole_matrix() -> None:
    network = network_of(*themed(30, 25))
    history = history_of(network, dated=False)
    members = history.members.toarray()
    together = (members * history.worth[0]) @ members.T
    np.fill_diagonal(together, 0)
    total = together.sum(axis=1, keepdims=True)
    shares = np.divide(together, total, out=np.zeros_like(together), where=total > 0)
    start = np.eye(30, dtype=np.float32)
    assert np.allclose(history.step(start, fading=False).T, shares, atol=1e-6)
    assert np.allclose(history.step(history.step(start, False), False).T, shares @ shares, atol=1e-6)


def test_what_is_old_counts_less() -> None:
    nodes: Rows = [{"id": key} for key in "abc"]
    links: Rows = [{"project": "x", "org": key, "date": "2010-01-01"} for key in "ab"]
    links += [{"project": "y", "org": key, "date": "2020-01-01"} for key in "ac"]
    step = history_of(network_of(nodes, links), dated=True).step(np.eye(3, dtype=np.float32)[:, :1], fading=True)[:, 0]
    assert step[2] == pytest.approx(16 * step[1]), "four half-lives lie between"


def test_labels_come_from_later_than_the_signals_and_are_new() -> None:
    network = network_of(*themed())
    cut = np.nanquantile(network.project_time, 0.7)
    before, after = (
        network.with_projects(flags) for flags in (network.project_time <= cut, network.project_time > cut)
    )
    fresh, known = new_partners(before, after)
    assert fresh.nnz > 0
    assert fresh.multiply(known).nnz == 0
    assert fresh.nnz == fresh.T.multiply(fresh).nnz


def test_having_no_history_is_no_hint_when_half_of_the_histories_are_hidden() -> None:
    nodes, links = themed(200, 400)
    hidden = {f"o{row:03}" for row in range(200) if row // 4 % 2}
    ranker = PartnerRanker().fit(nodes, [link for link in links if link["org"] not in hidden])
    shown = [
        key
        for each in ranker.recommend(sorted({f"o{row:03}" for row in range(200)} - hidden), 10)
        for key in each.candidates
    ]
    share = sum(key in hidden for key in shown) / len(shown)
    assert 0.1 < share < 0.9


def test_signals_left_out_add_nothing() -> None:
    nodes, links = themed()
    assert "meaning" not in {
        name
        for name, part in PartnerRanker(without=["meaning"]).fit(nodes, links).contributions("o001", "o009").items()
        if part
    }
    only = PartnerRanker(only=["meaning"]).fit(nodes, links).contributions("o001", "o005")
    assert {name for name, part in only.items() if part} <= {"meaning"}


def test_no_signal_is_out_of_bounds_where_nothing_is_known() -> None:
    network = network_of([{"id": str(row)} for row in range(6)], [{"project": "p", "org": "1"}])
    profiles = build_profiles(network)
    for name, signal in build_signals(network, profiles, dated=False).of(np.arange(6)):
        assert signal.shape == (6, 6), name
        assert np.isfinite(signal).all(), name
    assert learn(network, profiles, dated=False).examples == (0, 0)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "name": st.text(max_size=12),
                "type": st.sampled_from(["", "firm", "coop"]),
                "nuts3": st.sampled_from(["", "RM", "RI"]),
                "lat": st.sampled_from(["", "41.9", "north", "91"]),
                "lon": st.sampled_from(["", "12.5"]),
            },
        ),
        min_size=1,
        max_size=12,
    ),
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 11), st.sampled_from(["", "2020", "2021-01-01", "x"])), max_size=30
    ),
)
def test_any_network_is_ranked_whole_in_order_and_again_the_same(about: Rows, work: list[tuple[int, int, str]]) -> None:
    nodes = [{"id": f"n{row}", **each} for row, each in enumerate(about)]
    links = [{"project": f"p{project}", "org": f"n{org}", "date": when} for project, org, when in work]
    ids = [str(each["id"]) for each in nodes]
    found = PartnerRanker().fit(nodes, links).recommend(ids, 50)
    assert found == PartnerRanker().fit(nodes, links).recommend(ids, 50)
    for each in found:
        assert np.isfinite(each.scores).all()
        assert each.query not in each.candidates
        assert list(each.scores) == sorted(each.scores, reverse=True)


def test_nearness_is_the_distance_on_the_sphere_and_the_mean_where_a_place_is_not_known() -> None:
    places = {"roma": (41.9, 12.5), "rieti": (42.4, 12.86), "latina": (41.47, 12.9), "milano": (45.46, 9.19)}
    nodes: Rows = [{"id": name, "lat": lat, "lon": lon} for name, (lat, lon) in places.items()] + [{"id": "x"}]
    near = build_profiles(network_of(nodes, [])).nearness(np.arange(5))
    order = sorted([*places, "x"])
    km = {name: 10 * (np.exp(-near[order.index("roma"), place]) - 1) for place, name in enumerate(order)}
    assert km["roma"] == pytest.approx(0, abs=0.01)
    assert km["milano"] == pytest.approx(477, abs=3)
    assert km["rieti"] == pytest.approx(63, abs=2)
    known = [near[order.index("roma"), order.index(name)] for name in places]
    assert near[order.index("roma"), order.index("x")] == pytest.approx(np.mean(known), abs=1e-4)
    assert (near[order.index("x")] == 0).all()


@pytest.mark.parametrize(
    ("times", "windows"),
    [
        (np.arange(100.0), [(79.0, 99.0), (64.0, 79.0)]),
        (np.array([2019.0] * 40 + [2020.0] * 60), [(2019.0, 2020.0)]),
        (np.array([2018.0] * 60 + [2019.0] * 20 + [2020.0] * 20), [(2019.0, 2020.0), (2018.0, 2019.0)]),
        (np.array([7.0] * 10), []),
        (np.array([np.nan, 1.0, 2.0]), [(1.0, 2.0)]),
    ],
    ids=["days", "two-years", "three-years", "one-day", "undated"],
)
def test_the_windows_to_foretell_never_start_within_a_moment(
    times: np.ndarray, windows: list[tuple[float, float]]
) -> None:
    assert _windows(times) == windows


def test_two_years_are_enough_to_learn_from() -> None:
    nodes, links = themed()
    years = [{**link, "date": str(2019 + (str(link["project"]) > "p0060"))} for link in links]
    assert min(PartnerRanker().fit(nodes, years).weights.examples) > 30
