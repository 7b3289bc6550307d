"""The protocol: cuts, questions, marks and intervals against cases worked out by hand."""

from itertools import combinations
from typing import ClassVar

import numpy as np
import pytest

from data.networks import Network, network_of
from matching.bootstrap import DETECTABLE, compare, draws, estimate, lots_of
from matching.evaluate import Exam, Group, Plan, Way
from matching.folds import Questions, ask, hidden_half, split
from matching.metrics import HARD, MARKS, Negatives, best, hard_negatives, mark, marks_of_ranks, middle_rank, ranks_of
from matching.rankers import BASELINES, Chance


def network(
    projects: dict[str, str], dates: dict[str, str] | None = None, lots: dict[str, str] | None = None
) -> Network:
    """Organisations of one letter; `projects`: the members of each."""
    members = sorted({org for orgs in projects.values() for org in orgs})
    links = [
        {"project": name, "org": org, "date": (dates or {}).get(name, ""), "lot": (lots or {}).get(name, "")}
        for name, orgs in projects.items()
        for org in orgs
    ]
    return network_of([{"id": org, "name": org, "type": "firm", "nuts3": "X"} for org in members], links)


def fixed(scores: dict[int, list[float]], name: str = "fixed"):
    """A ranker that answers what it is told."""

    class Fixed:
        def __init__(self) -> None:
            self.name = name

        def fit_network(self, _: Network):
            return self

        def scores(self, row: int):
            return np.array(scores[row])

    return Fixed


# --- marks ------------------------------------------------------------------------------------------------


def test_ranks_count_who_stands_before_and_equal_numbers_stand_by_position():
    scores = np.array([0.5, 0.9, 0.5, 0.1, 0.5, -np.inf])
    assert ranks_of(scores, np.array([1, 0, 2, 4, 3])).tolist() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("k", "first"), [(1, [1]), (2, [1, 0]), (3, [1, 0, 2]), (4, [1, 0, 2, 4]), (9, [1, 0, 2, 4, 3])]
)
def test_the_best_are_the_first_ranks(k: int, first: list[int]):
    assert best(np.array([0.5, 0.9, 0.5, 0.1, 0.5, -np.inf]), k).tolist() == first


def test_the_best_of_many_are_those_of_a_full_sort():
    chance = np.random.default_rng(1)
    for _ in range(50):
        scores = chance.integers(0, 6, 40).astype(float)
        whole = sorted(range(40), key=lambda at: (-scores[at], at))
        assert best(scores, 7).tolist() == whole[:7]
        assert ranks_of(scores, np.arange(40)).tolist() == [whole.index(at) + 1 for at in range(40)]


def test_marks_worked_out_by_hand():
    mrr, hits, ndcg, recall = marks_of_ranks(np.array([12, 2, 30]))
    assert (mrr, hits, recall) == (0.5, 1.0, pytest.approx(2 / 3))
    ideal = 1 + 1 / np.log2(3) + 1 / 2
    assert ndcg == pytest.approx((1 / np.log2(3)) / ideal)
    assert marks_of_ranks(np.array([11])) == (pytest.approx(1 / 11), 0.0, 0.0, 1.0)
    assert marks_of_ranks(np.arange(1, 31)) == (1.0, 1.0, pytest.approx(1.0), pytest.approx(2 / 3))


def test_equal_hard_negatives_share_the_middle_rank():
    assert middle_rank(0.5, np.array([0.9, 0.5, 0.5, 0.1])) == 3.0
    assert middle_rank(0.0, np.zeros(50)) == 26.0


# --- cuts -------------------------------------------------------------------------------------------------


def test_dated_networks_are_cut_by_time_and_a_lot_stays_whole():
    dates = {f"p{at:02d}": f"20{at + 10}-01-01" for at in range(20)}
    lots = {"p18": "one", "p03": "one"}
    made = network(dict.fromkeys(dates, "ab"), dates, lots)
    cuts = split(made)
    assert [cut.by_time for cut in cuts] == [True] * 5
    times = made.project_time
    for cut in cuts:
        assert not (cut.train & cut.test).any()
        later = [at for at in range(20) if made.projects[at] != "p18"]
        assert max(times[at] for at in later if cut.train[at]) < min(times[at] for at in later if cut.test[at])
        assert cut.train[3]
        assert cut.train[18]
    assert cuts[-1].test.any()


def test_undated_projects_are_learned_and_never_asked_about():
    dates = {f"p{at}": str(2000 + at) for at in range(10)}
    made = network({**dict.fromkeys(dates, "ab"), "q": "cd"}, dates)
    assert all(cut.train[made.projects.index("q")] for cut in split(made))


def test_networks_with_few_dates_hold_out_every_lot_once():
    dates = {f"p{at}": str(2000 + at) for at in range(11)}
    made = network({f"p{at}": "ab" for at in range(20)}, dates, {f"p{at}": str(at // 2) for at in range(20)})
    cuts = split(made)
    assert [cut.by_time for cut in cuts] == [False] * 10
    assert (sum(cut.test.astype(int) for cut in cuts) == 1).all()
    for cut in cuts:
        assert (cut.train == ~cut.test).all()
        assert len(set(made.project_lot[cut.test])) == 1


def test_one_lot_cannot_be_cut():
    made = network({"p": "ab", "q": "cd"}, lots={"p": "one", "q": "one"})
    assert split(made) == ()
    exam = Exam(made)
    assert len(exam) == 0
    assert exam.best_of([exam.put_to(Chance)], Group.WARM, "ndcg") is None


# --- questions --------------------------------------------------------------------------------------------


def questions(*, hidden: str = "", most: int | None = None) -> tuple[Network, Questions]:
    """Learned: abc, de, df. Foretold: abd (lot 1), ag (lot 2), dg (lot 2)."""
    made = network({"t1": "abc", "t2": "de", "t3": "df", "x1": "abd", "x2": "ag", "x3": "dg"},
                   lots={"x2": "two", "x3": "two"})  # fmt: skip
    test = np.array([name.startswith("x") for name in made.projects])
    flags = np.array([key in hidden for key in made.ids]) if hidden else None
    fold = type(split(network({"p": "ab", "q": "ab"}))[0])(False, ~test, test)
    return made, ask(made, fold, hidden=flags, most=most)


def answers_of(made: Network, asked: Questions) -> dict[str, str]:
    return {made.ids[row]: "".join(made.ids[each] for each in asked.right(at)) for at, row in enumerate(asked.queries)}


def test_right_are_those_who_meet_for_the_first_time():
    made, asked = questions()
    assert answers_of(made, asked) == {"a": "dg", "b": "d", "d": "abg", "g": "ad"}
    assert asked.warm.tolist() == [True, True, True, False]
    barred = {made.ids[row]: {made.ids[each] for each in asked.barred(at)} for at, row in enumerate(asked.queries)}
    assert barred == {"a": set("abc"), "b": set("abc"), "d": set("def"), "g": {"g"}}
    lots = {made.ids[row]: (asked.lot_query == at).sum() for at, row in enumerate(asked.queries)}
    assert lots == {"a": 2, "b": 1, "d": 2, "g": 1}


def test_hidden_history_is_not_learned_and_still_bars_who_is_known():
    made, asked = questions(hidden="ae")
    assert not {made.ids[row] for row in asked.train.link_org} & set("ae")
    assert answers_of(made, asked) == {"a": "d", "b": "d", "d": "ab", "g": "ad"}
    assert asked.warm.tolist() == [False, True, True, False]
    assert {made.ids[each] for each in asked.barred(0)} == set("abc")
    assert not asked.candidates[made.ids.index("g")]


def test_a_sample_of_questions_keeps_their_answers():
    made, whole = questions()
    _, some = questions(most=2)
    assert len(some.queries) == 2
    every = answers_of(made, whole)
    assert answers_of(made, some).items() <= every.items()


def test_half_of_the_organisations_is_hidden_the_same_half_every_time():
    made = network({f"p{a}{b}": a + b for a, b in combinations("abcdefgh", 2)})
    assert hidden_half(made, 1).sum() == 4
    assert (hidden_half(made, 1) == hidden_half(made, 1)).all()
    assert (hidden_half(made, 1) != hidden_half(made, 2)).any()


def test_only_one_side_asks_and_only_the_other_answers():
    made, _ = questions()
    test = np.array([name.startswith("x") for name in made.projects])
    side = np.array([key in "ab" for key in made.ids])
    fold = type(split(network({"p": "ab", "q": "ab"}))[0])(False, ~test, test)
    asked = ask(made, fold, sides=(side, ~side))
    assert answers_of(made, asked) == {"a": "dg", "b": "d"}
    assert not asked.candidates[side].any()


# --- marking ----------------------------------------------------------------------------------------------


def test_a_ranker_is_marked_without_itself_and_its_partners():
    made, asked = questions()
    # a b c d e f g: for a the known b and c stand before all, then e, g, f, d.
    told = {0: [9, 8, 7, 1, 5, 2, 3], 1: [0, 0, 0, 9, 0, 0, 0], 3: [0, 0, 0, 0, 0, 0, 0], 6: [0, 0, 5, 0, 0, 0, 0]}
    answers = mark(fixed({row: [float(each) for each in line] for row, line in told.items()})(), asked, None)
    mrr = dict(zip("abdg", answers.marks[:, MARKS.index("mrr")].tolist(), strict=True))
    assert mrr == {"a": 1 / 2, "b": 1.0, "d": 1.0, "g": 1 / 2}
    assert [made.ids[each] for each in answers.shown[0] if each >= 0] == list("egfd")
    assert np.isnan(answers.marks[:, MARKS.index("hard")]).all()


def test_hard_negatives_are_wrong_and_of_the_same_place_and_kind_first():
    chance = np.random.default_rng(3)
    size = 200
    nodes = [{"id": f"{at:03d}", "type": "ab"[at % 2], "nuts3": "XY"[at // 2 % 2]} for at in range(size)]
    links = [
        {"project": f"p{number}", "org": f"{org:03d}"}
        for number in range(80)
        for org in chance.choice(size, 3, replace=False).tolist()
    ]
    made = network_of(nodes, links)
    asked = ask(made, split(made)[0])
    found = hard_negatives(asked)
    assert found.near.shape == (len(asked.truth), HARD)
    for at in range(len(asked.queries)):
        wrong = set(asked.barred(at)) | set(asked.right(at))
        assert not wrong & set(found.top[at])
        for place in range(asked.truth_start[at], asked.truth_start[at + 1]):
            near, answer = found.near[place], asked.truth[place]
            assert not wrong & set(near)
            assert len(set(near)) == HARD
            alike = [made.kinds[each] + made.nuts3[each] == made.kinds[answer] + made.nuts3[answer] for each in near]
            assert sum(alike) >= 50 - len(wrong)
            assert sum(alike) > HARD // 2
            assert alike == sorted(alike, reverse=True)


def test_hard_marks_by_hand():
    _, asked = questions()
    near = np.full((len(asked.truth), HARD), -1)
    top = np.full((len(asked.queries), HARD), -1)
    near[0, :2], near[1, :1], top[0, :2] = [4, 5], [4], [5, 6]
    zero = [0.0] * 7
    told = {0: [0, 0, 0, 3.0, 5.0, 2.0, 4.0], 1: zero, 3: zero, 6: zero}
    marks = mark(fixed(told)(), asked, Negatives(near, top)).marks[0]
    # d (3.0) stands behind 4 of near, behind 6 of top: ranks 2, 2, and 3 among 4, 5, 6; g: 2, 1.5, 2.5.
    assert marks[MARKS.index("near")] == pytest.approx((1 / 2 + 1 / 2) / 2)
    assert marks[MARKS.index("top")] == pytest.approx((1 / 2 + 1 / 1.5) / 2)
    assert marks[MARKS.index("hard")] == pytest.approx((1 / 3 + 1 / 2.5) / 2)


# --- intervals --------------------------------------------------------------------------------------------


def test_identical_rankers_differ_by_nothing():
    lots = lots_of(np.array([0, 0, 1, 2]), np.array([7, 9, 9, 4]), 3)
    values = np.array([0.2, 0.9, 0.4])
    found = compare(values, values, np.ones(3, dtype=bool), lots, draws(lots.count))
    assert (found.gain.value, found.gain.low, found.gain.high, found.gain.error, found.detectable) == (0, 0, 0, 0, 0)
    assert (found.ratio.value, found.ratio.low, found.ratio.high) == (1, 1, 1)


def test_the_mean_is_over_questions_and_its_error_that_of_lots():
    count = 400
    chance = np.random.default_rng(5)
    of_lot = chance.normal(size=count)
    values = np.repeat(of_lot, 4)  # four equal questions in each lot: as good as one
    lots = lots_of(np.arange(4 * count), np.repeat(np.arange(count), 4), 4 * count)
    found = estimate(values, np.ones(4 * count, dtype=bool), lots, draws(count))
    assert found.value == pytest.approx(of_lot.mean())
    assert found.error == pytest.approx(of_lot.std() / count**0.5, rel=0.08)
    assert found.low < of_lot.mean() < found.high


def test_a_constant_gain_is_seen_and_its_ratio():
    lots = lots_of(np.arange(50), np.arange(50), 50)
    theirs = np.random.default_rng(6).random(50)
    found = compare(theirs * 1.5, theirs, np.ones(50, dtype=bool), lots, draws(50))
    assert found.ratio.value == pytest.approx(1.5)
    assert found.ratio.low == pytest.approx(1.5)
    assert found.gain.low > 0
    assert found.detectable == pytest.approx(DETECTABLE * found.gain.error)


def test_questions_without_a_value_and_empty_groups_count_for_nothing():
    lots = lots_of(np.arange(3), np.arange(3), 3)
    values = np.array([1.0, np.nan, 0.0])
    among = np.ones(3, dtype=bool)
    assert estimate(values, among, lots, draws(3)).value == 0.5
    assert np.isnan(estimate(values, ~among, lots, draws(3)).value)


# --- an exam ----------------------------------------------------------------------------------------------


def crowd(size: int = 300, projects: int = 500, seed: int = 4) -> Network:
    """Groups of three of one of ten themes, some organisations busier than others; ids tell nothing."""
    chance = np.random.default_rng(seed)
    theme = chance.integers(0, 10, size)
    busy = chance.pareto(1.5, size) + 0.2
    nodes = [{"id": f"{at:03d}", "type": "firm", "text": f"tema{theme[at]}"} for at in range(size)]
    links = []
    for number in range(projects):
        chosen = np.where(theme == chance.integers(0, 10), busy, 0.0)
        members = chance.choice(size, 3, replace=False, p=chosen / chosen.sum()).tolist()
        links += [{"project": f"p{number}", "org": f"{org:03d}"} for org in members]
    return network_of(nodes, links)


class Newcomers(Chance):
    """A ranker that cheats: whoever has no history is put first, in a random order."""

    name = "newcomers"

    def fit_network(self, network: Network):
        super().fit_network(network)
        self.new = np.bincount(network.link_org, minlength=len(network)) == 0
        return self

    def scores(self, row: int):
        return self.new + super().scores(row)


def occasional(size: int = 900, seed: int = 9) -> Network:
    """Everybody took part once and half of them twice, in threes: whoever has no history must turn up later."""
    chance = np.random.default_rng(seed)
    dealt = np.concatenate([chance.permutation(size), chance.permutation(size)[: size // 2]])
    links = [{"project": f"p{at // 3:03d}", "org": f"{org:03d}"} for at, org in enumerate(dealt.tolist())]
    return network_of([{"id": f"{at:03d}"} for at in range(size)], links)


def test_having_no_history_leaks_nothing_once_half_of_it_is_hidden():
    exam = Exam(occasional(), Plan(hard=False, draws=500))
    chance, cheat = exam.put_to(Chance), exam.put_to(Newcomers)
    for leaking in (Group.WARM, Group.COLD):
        assert exam.compare(cheat, chance, leaking, "mrr").gain.low > 0
        assert exam.compare(cheat, chance, leaking, "recall").ratio.value > 2
    for masked in (Group.WARM_SEEN, Group.COLD_SEEN, Group.WARM_MASKED, Group.COLD_MASKED):
        assert exam.count(masked) > 50
        gain = exam.compare(cheat, chance, masked, "mrr").gain
        assert gain.low <= 0 <= gain.high


def test_chance_stands_near_what_chance_gives():
    made = crowd()
    exam = Exam(made, Plan(draws=200))
    result = exam.put_to(Chance)
    recall = result.mark("recall").mean()
    assert 0.7 * 20 / 300 < recall < 1.3 * 20 / 300
    expected = sum(1 / rank for rank in range(1, 52)) / 51
    assert result.mark("near").mean() == pytest.approx(expected, rel=0.15)


def test_the_last_cut_is_not_looked_at_unless_asked_for():
    made = crowd(projects=120)
    kept, whole = Exam(made, Plan(hard=False)), Exam(made, Plan(hard=False, last=True))
    assert len(whole.parts) == len(kept.parts) + 3 == 30
    assert set(made.project_lot[whole.cuts[-1].test]).isdisjoint(set(kept.lots.lot) - {-1}) or len(kept) < len(whole)
    asked = {int(lot) for part in kept.parts for lot in part.questions.lot}
    assert asked.isdisjoint(made.project_lot[whole.cuts[-1].test].tolist())


class Counting(Chance):
    """Remembers on how many participations it was fitted, every time."""

    fitted: ClassVar[list[int]] = []

    def fit_network(self, network: Network):
        self.fitted.append(len(network.link_org))
        return super().fit_network(network)


def test_a_ranker_learns_once_of_the_same_history_and_anew_of_any_other():
    exam = Exam(crowd(projects=120), Plan(hard=False))
    assert [part.way for part in exam.parts[:4]] == [Way.OPEN, Way.SEEN, Way.MASKED, Way.OPEN]
    exam.put_to(Counting)
    learned = [len(part.questions.train.link_org) for part in exam.parts if part.way is not Way.SEEN]
    assert Counting.fitted == learned
    Counting.fitted.clear()
    only = Exam(exam.network, Plan(hard=False, ways=(Way.SEEN,)))
    only.put_to(Counting)
    assert Counting.fitted == [len(part.questions.train.link_org) for part in only.parts]
    for part in exam.parts:
        had = np.bincount(exam.network.with_projects(exam.cuts[0].train).link_org, minlength=300) > 0
        if part is exam.parts[1]:
            assert (part.questions.candidates == had).all()


@pytest.mark.parametrize("name", BASELINES)
def test_every_baseline_answers_for_everybody_and_twice_the_same(name: str):
    made = crowd(size=80, projects=60)
    first, again = BASELINES[name]().fit_network(made), BASELINES[name]().fit_network(made)
    assert first.name == name
    for row in (0, 41, 79):
        scores = first.scores(row)
        assert scores.shape == (80,)
        assert np.isfinite(scores).all()
        assert (scores == again.scores(row)).all()


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("empty", ["nothing", "one", "no-links"])
def test_every_baseline_answers_on_networks_with_nothing_in_them(name: str, empty: str):
    nodes = {"nothing": 0, "one": 1, "no-links": 5}[empty]
    links = [{"project": "p", "org": "0"}] if empty == "one" else []
    made = network_of([{"id": str(at)} for at in range(nodes)], links)
    ranker = BASELINES[name]().fit_network(made)
    for row in range(nodes):
        assert ranker.scores(row).shape == (nodes,)


def test_words_know_the_theme_better_than_chance():
    exam = Exam(crowd(), Plan(hard=False, draws=200))
    words, chance = exam.put_to(BASELINES["tf-idf"]), exam.put_to(Chance)
    assert exam.best_of([chance, words], Group.COLD_MASKED, "ndcg") is words
    assert exam.compare(words, chance, Group.COLD_MASKED, "ndcg").gain.low > 0
    assert exam.exposure(chance, Group.COLD_MASKED).coverage > 0.5
