# SPDX-License-Identifier: EUPL-1.2
"""Supply chains: stages that feed each other, and what distance does to food."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from data.model import Message
from matching.columns import Columns, Flags, Floats
from matching.features.needs import deals, goods_met, met_goods
from matching.features.registry import By, Shared, feature
from matching.question import NEAR_KM, Question, near_words
from matching.reach import keyed
from matching.supposed import SUPPOSED, grounds_of

FOOD_KM = 70.0  # L. 61/2022 art. 2: within 70 km or in the same province
FAR_FOOD_KM = 150.0


def chain_strength(question: Question) -> Floats:
    """Strength 0..1 of the chain link between the asker and each candidate, either way; 0 if unknown.

    A link that rests on a supposed fact is weaker than any known strong one.
    """
    return question.once("chain-strength", _chain_strength)


def _chain_strength(question: Question) -> Floats:
    strength = _strengths(question)
    weight = np.where(question.supposed_links, SUPPOSED, 1.0)
    return np.asarray(strength[question.of(question.columns.standing)] * weight)


def only_same_stage(question: Question) -> Flags:
    """Candidates at the asker's own stage of a chain, with no link and no declared offer between the two."""
    same = np.array([link.same_stage for link in question.stage_links])
    unlinked = (chain_strength(question) == 0) & (goods_met(question) == 0)
    return np.asarray(same[question.of(question.columns.standing)] & unlinked & ~question.supposed_links)


def _stage_words(question: Question, row: int) -> Message:
    link = question.stage_link(row)
    params = {"filiera": Message(f"chain.{link.chain}"), "cosa": [Message(f"good.{good}") for good in link.goods[:3]]}
    ours = ".ours" if link.supplies >= link.buys else ""
    supposed = [each for each in (row, question.asker) if question.columns.supposed[each]]
    if not supposed:
        return Message(f"feature.next-stage{ours}", params)
    grounds = [ground for each in supposed for ground in grounds_of(question.organisation(each), "chain_stages")]
    return Message(
        f"feature.next-stage.inferred{ours}", params | {"da": list({one.key: one for one in grounds}.values())}
    )


def _strengths(question: Question) -> Floats:
    """Strength of the asker's link to each of the places in the chains, and 0 for "nothing known"; measured once for
    each place that asks."""
    own, standings = question.columns.standing[question.asker], question.columns.standings
    return question.index.derived(
        f"strengths {own}",
        (standings,),
        lambda: np.array([max(link.supplies, link.buys) for link in question.stage_links]),
    )


def _by_standing(columns: Columns) -> sp.csr_array:
    return keyed(columns.standing, widths=(len(columns.standings),))


def _standing_shared(question: Question) -> Shared:
    """The places in the chains that the asker's is linked to."""
    strength = _strengths(question)[:-1]
    keys = np.flatnonzero(strength)
    return Shared("standings", _by_standing, keys, strength[keys])


@feature("sector", "chain_stages", reason=_stage_words, by=By.CLASS, shared=_standing_shared)
def next_stage(question: Question) -> Floats:
    """The two stand at stages of one chain that feed each other: 1 proven by codes or own words, 0.4 plausible;
    0.75 of that where it is only supposed of one of them."""
    return chain_strength(question)


def _food_met(question: Question, row: int) -> list[bool]:
    """For each thing that one offers and the other seeks, whether it is food."""
    return [question.index.knowledge.is_food(good) for goods in met_goods(question, row) for good in goods]


def pair_about_food(question: Question, row: int) -> bool:
    """True when something that passes between the asker and one body is food."""
    supposed = question.columns.supposed[row] or question.columns.supposed[question.asker]
    return (question.stage_link(row).food and not supposed) or any(_food_met(question, row))


def about_food(question: Question) -> Flags:
    """Candidates to or from whom food passes, by the chain or by what one offers and the other seeks.

    Where the chain link is only supposed, nothing is claimed of food.
    """
    return question.once("about-food", _about_food)


def _about_food(question: Question) -> Flags:
    food = np.array([link.food for link in question.stage_links])[question.of(question.columns.standing)]
    food &= ~question.supposed_links
    for place in np.flatnonzero(goods_met(question) > 0):
        food[place] = food[place] or any(_food_met(question, int(question.rows[place])))
    return np.asarray(food)


def only_food(question: Question) -> Flags:
    """Candidates between whom and the asker nothing but food passes (so that more in common never harms)."""
    food = about_food(question).copy()
    for place in np.flatnonzero(food & (goods_met(question) > 0)):
        food[place] = all(_food_met(question, int(question.rows[place])))
    return food


def _food_words(question: Question, row: int) -> Message:
    km, place = question.km_to(row), question.columns.place
    if place[row] == place[question.asker] >= 0:
        return Message("feature.near-for-food.same", {"comune": question.index.place_name(question.organisation(row))})
    if km is not None and km <= FOOD_KM:
        return Message("feature.near-for-food", {"km": km})
    return Message("feature.near-for-food.province", {"provincia": question.organisation(row).province})


def _food_nearness(question: Question) -> Floats:
    """What food from each candidate's place would count."""
    within = np.nan_to_num(question.km, nan=np.inf) <= FOOD_KM
    same = question.same(question.columns.province)
    by_km = np.maximum(1.0 - 0.5 * np.nan_to_num(question.km) / FOOD_KM, 0.3)
    value = np.where(np.isnan(question.km), 0.5, by_km)
    return np.where(within | same, value, 0.0)


def _perhaps_food(question: Question) -> Floats:
    """1 where food may pass: through the chain, or, of who offers or seeks anything, with everybody."""
    if deals(question):
        return np.ones(len(question.rows))
    return about_food(question).astype(np.float64)


def _perhaps_services(question: Question) -> Floats:
    """1 where something else than food may pass: of who offers or seeks anything, with everybody."""
    if deals(question):
        return np.ones(len(question.rows))
    return 1.0 - about_food(question).astype(np.float64)


@feature("municipality", "province", reason=_food_words, by=By.PLACE, ceiling=_perhaps_food, near=_food_nearness)
def near_for_food(question: Question) -> Floats:
    """Food within 70 km or in the same province: 1 in the comune, 0.5 at 70 km, 0.3 beyond but in the province."""
    return np.where(about_food(question), _food_nearness(question), 0.0)


@feature("municipality", "province", reason=near_words, by=By.PLACE, ceiling=_perhaps_services, near=Question.nearness)
def near_for_services(question: Question) -> Floats:
    """Near, where what passes is no food: it helps and decides nothing."""
    return np.where(about_food(question), 0.0, question.nearness(NEAR_KM))


def _far_words(question: Question, row: int) -> Message:
    return Message("feature.far-for-food", {"km": question.km_to(row)})


@feature("municipality", reason=_far_words, by=By.PLACE, ceiling=_perhaps_food)
def far_for_food(question: Question) -> Floats:
    """Against: food that would travel beyond 70 km and out of the province; full at 150 km."""
    km = np.nan_to_num(question.km)
    far = np.clip((km - FOOD_KM) / (FAR_FOOD_KM - FOOD_KM), 0.1, 1.0)
    out = (km > FOOD_KM) & ~question.same(question.columns.province)
    return np.where(only_food(question) & out, far, 0.0)
