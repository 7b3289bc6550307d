"""Weights learned from history: planted truths are found, later windows are never seen, too little teaches nothing."""

import json
import random
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from data.model import OrganisationKind
from matching import training
from matching.evaluate import Exam, Plan, Way
from matching.graph import build_index
from matching.history import Facts, Past, past_of
from matching.kinds import PARTNERSHIPS
from matching.learned_weights import (
    BadWeights,
    document_text,
    in_force,
    kept_weights,
    read_document,
    stale,
)
from matching.product_ranker import PageLists, exam_past, sides_of
from matching.recommend import recommend
from matching.training import Outcome, learn

KIND = PARTNERSHIPS["aggregation"]
TODAY = date(2026, 11, 22)
START = date(2018, 1, 1)
COMUNI = ("Viterbo", "Rieti", "Latina", "Frosinone", "Formia", "Anzio", "Tivoli", "Sora")
SECTORS = ("81.21", "88.10", "10.41", "43.21", "62.01", "55.20", "38.11", "85.10")
WORKS = (
    "Pulizia di uffici", "Mensa scolastica", "Assistenza domiciliare", "Raccolta di rifiuti", "Verde pubblico",
    "Trasporto di alunni", "Restauro di affreschi", "Manutenzione stradale", "Asilo nido", "Vigilanza notturna",
    "Segnaletica luminosa",
)  # fmt: skip
BODIES, GROUPS = 80, 300


@pytest.fixture
def facts_of(istat, km):
    """The facts of a world."""

    def made(world):
        return Facts(
            tuple(world.organisations.values()), tuple(world.participations), tuple(world.declarations), istat, km, {}
        )

    return made


def people(world, bodies=BODIES):
    """Cooperatives, each in a comune and of an activity, every pair of these equally often."""
    for at in range(bodies):
        world.add(f"B{at:03d}", comune=COMUNI[at % 8], sector=SECTORS[(at // 8) % 8])
    return [f"B{at:03d}" for at in range(bodies)]


def meetings(world, together, groups=GROUPS, *, dated=True, **facts):
    """Groups of two of whom `together(one, other)` holds, each its own lot, a day apart."""
    names, chance = people(world), random.Random(7)
    pairs = [(one, other) for at, one in enumerate(names) for other in names[at + 1 :] if together(one, other)]
    for number, pair in enumerate(chance.sample(pairs, min(groups, len(pairs)))):
        day = START + timedelta(days=number) if dated else None
        world.project(f"p{number:04d}", *pair, kind="tender", lot=f"lot{number:04d}", date=day, **facts)


def same_comune(one, other):
    return int(one[1:]) % 8 == int(other[1:]) % 8


def anybody(_one, _other):
    return True


@pytest.fixture
def neighbours(world, facts_of):
    """A history in which place decides everything."""
    meetings(world, same_comune)
    return past_of(facts_of(world), KIND)


def test_the_sign_that_decides_gets_the_weight_and_wins(neighbours):
    found = learn(neighbours, TODAY)
    assert found.outcome is Outcome.LEARNED
    assert found.by_time
    signs = found.document.signs
    assert signs["nearby"].learned > 1.5 * signs["nearby"].expert
    assert signs["same-activity"].learned < signs["same-activity"].expert / 2
    assert found.document.metrics.low > 0
    assert found.document.metrics.learned > found.document.metrics.expert


def test_weights_are_a_whole_and_signs_keep_their_side(neighbours):
    weights = learn(neighbours, TODAY).document.weights
    assert set(weights) == set(KIND.weights)
    assert sum(weight for weight in weights.values() if weight > 0) == pytest.approx(1.0, abs=1e-9)
    for name, weight in weights.items():
        assert weight * KIND.weights[name] >= 0, name


def test_kinds_of_bodies_that_ask_count_alike(neighbours):
    frames = [training._frame(neighbours, cut) for cut in neighbours.folds]
    training._collect(neighbours, frames[-1], TODAY)
    lessons = frames[-1].lessons
    mixed = [("firm" if number < 3 else kind, example) for number, (kind, example) in enumerate(lessons)]
    counts = [each.counts for each in training._balanced(mixed)]
    assert sum(counts) == pytest.approx(len(lessons))
    assert sum(counts[:3]) == pytest.approx(len(lessons) / 2)


def test_what_history_says_nothing_of_keeps_its_expert_weight(neighbours):
    signs = learn(neighbours, TODAY).document.signs
    for name in ("offer-meets-need", "worked-together", "same-federation"):
        assert signs[name].examples == 0
        assert signs[name].learned == KIND.weights[name]


def test_a_sign_against_never_turns_into_one_for(world, facts_of):
    meetings(world, same_comune)
    for number in range(GROUPS):  # whoever will meet has bid against one another long before
        pair = [each.organisation for each in world.participations if each.project == f"p{number:04d}"]
        names = [world.name(each) for each in pair]
        for side, name in enumerate(names):
            world.project(f"r{number}-{side}", name, kind="tender", lot=f"rival{number}", date=date(2010, 1, 1))
    signs = learn(past_of(facts_of(world), KIND), TODAY).document.signs
    assert signs["rivals"].examples > 30
    assert signs["rivals"].learned == 0.0


def test_a_world_of_chance_teaches_nothing_better(world, facts_of):
    meetings(world, anybody)
    past = past_of(facts_of(world), KIND)
    assert learn(past, TODAY).outcome is Outcome.NO_BETTER
    insisted = learn(past, TODAY, even_if_worse=True)
    assert insisted.outcome is Outcome.INSISTED
    assert insisted.used
    assert insisted.document.insisted


def test_too_few_examples_keep_the_expert_weights(world, facts_of):
    meetings(world, same_comune, groups=60)
    found = learn(past_of(facts_of(world), KIND), TODAY, even_if_worse=True)
    assert found.outcome is Outcome.TOO_FEW
    assert 0 < found.examples < training.ENOUGH
    assert found.document is None
    assert not found.used


def test_without_subcontracts_a_chain_learns_nothing_and_groups_are_none(neighbours):
    found = learn(past_of(neighbours.facts, PARTNERSHIPS["supply-chain"]), TODAY)
    assert found.outcome is Outcome.NO_HISTORY


def test_subcontracts_teach_chains_only(world, facts_of):
    meetings(world, anybody, groups=40)
    world.participations = [replace(each, kind="subcontract") for each in world.participations]
    assert past_of(facts_of(world), PARTNERSHIPS["supply-chain"]).telling.sum() == 40
    assert not past_of(facts_of(world), KIND).telling.any()


def test_same_data_same_bytes_whatever_their_order(neighbours):
    facts = neighbours.facts
    turned = replace(facts, organisations=facts.organisations[::-1], participations=facts.participations[::-1])
    texts = {document_text(learn(past, TODAY).document) for past in (neighbours, past_of(turned, KIND))}
    assert len(texts) == 1


def test_other_data_another_fingerprint(neighbours):
    fewer = replace(neighbours.facts, participations=neighbours.facts.participations[2:])
    assert training.fingerprint(neighbours) != training.fingerprint(past_of(fewer, KIND))


# --- nothing of the later window --------------------------------------------------------------------------------


def test_windows_lie_behind_what_is_learned_from(neighbours):
    times = neighbours.network.project_time
    assert len(neighbours.folds) >= 3
    for cut in neighbours.folds:
        assert cut.by_time
        assert times[cut.train].max() < times[cut.test].min()


def test_an_index_of_a_cut_knows_nothing_of_the_window(neighbours):
    for cut in neighbours.folds:
        later = {neighbours.network.projects[place] for place in np.flatnonzero(cut.test)}
        index = neighbours.index(cut.train)
        assert not later & {each.project for found in index.links.participations for each in found}


def test_a_leak_of_the_later_window_is_caught(neighbours, monkeypatch):
    monkeypatch.setattr(Past, "index", lambda self, _kept: self.facts.index(self.facts.participations))
    with pytest.raises(RuntimeError, match="foretell"):
        learn(neighbours, TODAY)


@pytest.fixture
def worded(world, facts_of):
    """Groups of anybody, each for a tender with words of some work."""
    meetings(world, anybody)
    world.participations = [
        replace(each, text=WORKS[int(each.project[1:]) * 7 % len(WORKS)]) for each in world.participations
    ]
    return past_of(facts_of(world), KIND)


def test_words_of_a_tender_to_come_teach_nothing(worded):
    signs = learn(worded, TODAY, even_if_worse=True).document.signs
    assert signs["text-likeness"].examples > 100
    assert signs["text-likeness"].learned <= 1.5 * signs["text-likeness"].expert


def test_words_that_leak_would_be_seen_in_the_weight(worded, monkeypatch):
    def alone(self, kept):
        known = {each.project for each in self.known(self.network.with_projects(kept))}
        return self.facts.index(
            each if each.project in known else replace(each, project=f"{each.project}-{each.organisation}", lot=None)
            for each in self.facts.participations
        )

    monkeypatch.setattr(Past, "index", alone)
    signs = learn(worded, TODAY, even_if_worse=True).document.signs
    assert signs["text-likeness"].learned > 1.5 * signs["text-likeness"].expert


def test_bodies_without_a_history_are_neither_right_nor_wrong(neighbours):
    for cut in neighbours.folds:
        frame = training._frame(neighbours, cut)
        index = neighbours.index(cut.train)
        done = {row for row, found in enumerate(index.links.participations) if found}
        for asked in frame.asked:
            assert set(asked.met.tolist()) <= done
            assert set(training._open_rows(frame, index, asked, KIND).tolist()) <= done


def test_weights_of_a_window_are_measured_with_those_of_earlier_ones_only(neighbours, monkeypatch):
    asked = []
    monkeypatch.setattr(training, "weigh", lambda _kind, examples: asked.append(len(examples)))
    frames = [training._frame(neighbours, cut) for cut in neighbours.folds]
    for frame in frames:
        training._collect(neighbours, frame, TODAY)
    training._measured(neighbours, frames, TODAY, lambda: None)
    sizes = [len(frame.lessons) for frame in frames]
    assert asked == [sum(sizes[:number]) for number in range(len(sizes))]


def test_undated_lots_are_dealt_whole_and_by_name_alone(world, facts_of):
    meetings(world, same_comune, dated=False)
    world.project("rival", "B000", "B008", kind="tender", lot="lot0000")
    past = past_of(facts_of(world), KIND)
    assert [cut.by_time for cut in past.folds] == [False] * 5
    lots = np.array(past.lots)
    for cut in past.folds:
        assert not set(lots[cut.train]) & set(lots[cut.test])
    fewer = past_of(facts_of_without(past, "p0001"), KIND)
    for cut, other in zip(past.folds, fewer.folds, strict=True):
        held = {past.network.projects[place] for place in np.flatnonzero(cut.test)}
        assert held - {"p0001"} == {fewer.network.projects[place] for place in np.flatnonzero(other.test)}
    assert learn(past, TODAY).outcome is Outcome.LEARNED


def facts_of_without(past, project):
    kept = tuple(each for each in past.facts.participations if each.project != project)
    return replace(past.facts, participations=kept)


def test_memberships_dated_after_a_window_are_not_known_before_it(world, facts_of):
    meetings(world, same_comune)
    world.project("net-late", "B000", "B009", kind="network", date=date(2025, 1, 1))
    world.project("net-undated", "B000", "B010", kind="network")
    past = past_of(facts_of(world), KIND)
    known = {each.project for each in past.known(past.network.with_projects(past.folds[0].train))}
    assert "net-undated" in known
    assert "net-late" not in known


def test_a_hidden_buyer_is_no_record(world, facts_of):
    body = world.add("Ente", kind=OrganisationKind.PUBLIC_BODY, comune="Rieti")
    world.add("Una", comune="Rieti")
    world.project("w1", "Una", kind="tender", outcome="awarded", buyer="Ente", buyer_id=body, lot="w1")
    past = past_of(facts_of(world), PARTNERSHIPS["public-private"])
    assert past.telling.all()
    rows = past.network.row_of
    both = past.known(past.network)
    assert [each.buyer_id for each in both] == [body]
    without = past.known(past.network.with_links(past.network.link_org != rows[body]))
    assert [(each.project, each.buyer_id, each.buyer) for each in without] == [("w1", None, None)]


def test_who_won_from_whom_is_learned_from_both_sides(world, facts_of):
    names = people(world, 16)
    bodies = [world.add(f"Ente{at}", kind=OrganisationKind.PUBLIC_BODY, comune=COMUNI[at]) for at in range(8)]
    for number in range(64):
        world.project(
            f"w{number:03d}", names[(number * 5 + number // 16) % 16], kind="tender", outcome="awarded",
            lot=f"w{number:03d}", buyer=f"Ente{number % 8}", buyer_id=bodies[number % 8],
            date=START + timedelta(days=number),
        )  # fmt: skip
    past = past_of(facts_of(world), PARTNERSHIPS["public-private"])
    asked = [each for cut in past.folds for each in training._frame(past, cut).asked]
    kinds = {past.network.kinds[each.asker] for each in asked}
    assert kinds == {"cooperative", "public-body"}


# --- ranking with them ------------------------------------------------------------------------------------------


def test_contributions_still_sum_to_the_score(world, facts_of):
    meetings(world, same_comune)
    past = past_of(facts_of(world), KIND)
    weights = learn(past, TODAY).document.weights
    facts = past.facts
    index = build_index(
        facts.organisations, facts.participations, (), facts.municipalities, facts.distance_km,
        learned={KIND.name: weights},
    )  # fmt: skip
    found = recommend(index, world.id("B000"), KIND.name, today=TODAY).recommendations
    assert found
    for each in found:
        assert each.score == pytest.approx(sum(part.contribution for part in each.contributions), abs=1e-9)
        for part in each.contributions:
            assert part.contribution == pytest.approx(part.value * weights[part.feature], abs=1e-9)
    plain = recommend(replace(index, learned={}), world.id("B000"), KIND.name, today=TODAY).recommendations
    assert [each.score for each in plain] != [each.score for each in found]


def test_the_lists_of_the_pages_stand_the_exam(neighbours):
    past = exam_past(neighbours.facts, KIND)
    exam = Exam(past.network, Plan(queries=20, ways=(Way.SEEN,), hard=False), sides=sides_of(past))
    expert, learned = (exam.put_to(lambda flag=flag: PageLists(past, TODAY, learned=flag)) for flag in (False, True))
    assert (expert.name, learned.name) == ("pages-expert", "pages-learned")
    assert np.nanmean(learned.mark("ndcg")) > np.nanmean(expert.mark("ndcg"))


def test_a_list_put_to_the_exam_is_the_list_of_the_pages(neighbours):
    past = exam_past(neighbours.facts, KIND)
    lists = PageLists(past, TODAY).fit_network(past.network)
    index = past.facts.index(past.facts.participations)
    row = 5
    own = index.organisations[row].id
    shown = [each.partner for each in recommend(index, own, KIND.name, limit=10, today=TODAY).recommendations]
    scores = lists.scores(row)
    order = np.argsort(-scores, kind="stable")[: len(shown)]
    assert [index.organisations[place].id for place in order] == shown
    assert scores[row] == -np.inf


# --- documents --------------------------------------------------------------------------------------------------


@pytest.fixture
def document(neighbours):
    return learn(neighbours, TODAY).document


def test_a_document_reads_back(document):
    assert read_document(document_text(document), KIND.name) == document
    assert stale(document, KIND) is None
    assert in_force(kept_weights({KIND.name: document_text(document)})) == {KIND.name: document.weights}


def test_a_gain_that_costs_one_kind_of_body_is_none(document):
    loser = replace(document.metrics, gain=-0.02, low=-0.03, high=-0.01, by_asker={})
    assert document.metrics.wins
    assert set(document.metrics.by_asker) == {"cooperative"}
    assert not replace(document.metrics, by_asker={**document.metrics.by_asker, "firm": loser}).wins
    unclear = replace(loser, high=0.01)
    assert replace(document.metrics, by_asker={**document.metrics.by_asker, "firm": unclear}).wins


def spoiled(document, change):
    said = json.loads(document_text(document))
    change(said)
    return json.dumps(said)


WRONG = {
    "version": lambda said: said.update(version=99),
    "kind": lambda said: said.update(kind="supply-chain"),
    "day": lambda said: said.update(learned_on="ieri"),
    "words for a number": lambda said: said["signs"]["nearby"].update(learned="tanto"),
    "not a number": lambda said: said["signs"]["nearby"].update(learned=float("nan")),
    "truth for a number": lambda said: said["signs"]["nearby"].update(learned=True),
    "wrong side": lambda said: said["signs"]["size-gap"].update(learned=0.01),
    "no whole": lambda said: said["signs"]["nearby"].update(learned=said["signs"]["nearby"]["learned"] + 0.1),
    "no signs": lambda said: said.pop("signs"),
    "signs as a list": lambda said: said.update(signs=[]),
    "metrics lacking": lambda said: said["metrics"].pop("low"),
    "minus one example": lambda said: said.update(examples=-1),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=list(WRONG))
def test_a_spoiled_document_is_refused_and_ranks_nothing(document, change):
    text = spoiled(document, change)
    with pytest.raises(BadWeights):
        read_document(text, KIND.name)
    kept = kept_weights({KIND.name: text})
    assert kept[0].problem is not None
    assert in_force(kept) == {}


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '"x"', "[" * 100_000])
def test_what_is_no_document_is_refused(text):
    with pytest.raises(BadWeights):
        read_document(text, KIND.name)


def test_other_signs_or_other_expert_weights_ask_for_training_again(document):
    more = replace(KIND, weights={**KIND.weights, "brand-new": 0.1})
    less = replace(KIND, weights={name: weight for name, weight in KIND.weights.items() if name != "nearby"})
    moved = replace(KIND, weights={**KIND.weights, "nearby": 0.051})
    assert stale(document, more).params == {"unknown": 0, "missing": 1}
    assert stale(document, less).params == {"unknown": 1, "missing": 0}
    assert stale(document, moved).key == "weights.other-expert"
