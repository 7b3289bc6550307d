# SPDX-License-Identifier: EUPL-1.2
"""What each offers and seeks, and what each makes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import scipy.sparse as sp

from data.lazio.said import CAPACITY, SEEKS
from data.model import Declaration, Message
from matching.columns import Floats, Ints
from matching.features.registry import feature
from matching.graph import GIVES, OWN_WORDS
from matching.links import row_values
from matching.question import Question, row_vector, saturated
from matching.reach import NOBODY, ascending, held, holders, marked
from matching.supposed import SUPPOSED

MOST_TOLD = 3  # things named in one sentence


def goods_met(question: Question) -> Ints:
    """How many offers of one meet a need of the other, both ways, per candidate."""
    return question.once("goods-met", _goods_met)


def _goods_met(question: Question) -> Ints:
    index, asker = question.index, question.asker
    wanted = question.meeting(index.offers, _meeting(question, index.seeks, asker))
    given = question.meeting(index.seeks, _meeting(question, index.offers, asker))
    return (wanted + given).astype(np.int64)


def _meeting(question: Question, matrix: sp.csr_array, row: int) -> Ints:
    """Every good that is, or is a case of, one in a row of the matrix, or the other way round; ascending."""
    return holders(question.index, question.index.same_goods, held(matrix, row))


def dealers(question: Question) -> Ints:
    """Rows that offer what the asker seeks, or seek what it offers; ascending."""
    index, asker = question.index, question.asker
    found = holders(index, index.offers, _meeting(question, index.seeks, asker))
    given = holders(index, index.seeks, _meeting(question, index.offers, asker))
    return ascending(np.concatenate((found, given))) if len(given) else found


def deals(question: Question) -> bool:
    """Whether the asker offers or seeks anything at all."""
    index, asker = question.index, question.asker
    return bool(len(held(index.offers, asker)) or len(held(index.seeks, asker)))


def met_goods(question: Question, row: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Goods that the body in `row` offers and the asker seeks, and goods that it seeks and the asker offers."""
    index = question.index

    def meeting(giver: int, taker: int) -> tuple[str, ...]:
        wanted = set(_meeting(question, index.seeks, taker).tolist())
        return tuple(index.goods[place] for place in row_values(index.offers, giver)[0] if int(place) in wanted)

    return meeting(row, question.asker), meeting(question.asker, row)


def good_words(goods: Iterable[str]) -> list[object]:
    """Goods as a reader will see them: names of the vocabulary, or the words as they were declared."""
    return [good.removeprefix(OWN_WORDS) if good.startswith(OWN_WORDS) else Message(f"good.{good}") for good in goods]


def _met_words(question: Question, row: int) -> Message:
    they_offer, we_offer = met_goods(question, row)
    if they_offer and we_offer:
        params = {"offre": good_words(they_offer[:MOST_TOLD]), "cerca": good_words(we_offer[:MOST_TOLD])}
        return Message("feature.offer-meets-need.both", params)
    if they_offer:
        spare = _spare_words(question, row, they_offer)
        return spare or Message("feature.offer-meets-need", {"cosa": good_words(they_offer[:MOST_TOLD])})
    return Message("feature.offer-meets-need.ours", {"cosa": good_words(we_offer[:MOST_TOLD])})


def _spare_words(question: Question, row: int, goods: tuple[str, ...]) -> Message | None:
    """The sentence of an offer that is spare capacity, with how much of it is free where that is said."""
    index = question.index
    spare = [each for each in index.declarations[row] if each.says == CAPACITY]
    found = [each for each in spare if set(index.declared_goods[each.id]) & set(goods)]
    if not found:
        return None
    said = max(found, key=lambda each: (each.quantity is not None, each.quantity or 0.0, each.id))
    told = [good for good in goods if good in index.declared_goods[said.id]]
    return Message(
        "feature.offer-meets-need.capacity", {"cosa": good_words(told[:MOST_TOLD]), "quanto": how_much(said)}
    )


def how_much(said: Declaration) -> Message:
    """How much a declaration speaks of, as words that follow a thing; nothing where it does not say."""
    if said.quantity is None:
        return Message("quantity.unsaid")
    each = {"n": said.quantity, "unita": said.unit or ""}
    return Message(f"quantity.per-{said.period}" if said.period else "quantity.plain", each)


@feature("declarations", reason=_met_words, reach=dealers)
def offer_meets_need(question: Question) -> Floats:
    """A declared offer that meets a declared need, either way: 0.8 for one, 0.96 for two."""
    return np.asarray(1.0 - 0.2 ** goods_met(question).astype(np.float64))


def _sought(question: Question) -> list[str]:
    """Goods of the vocabulary that the asker seeks."""
    found = (question.index.goods[place] for place in row_values(question.index.seeks, question.asker)[0])
    return [good for good in found if not good.startswith(OWN_WORDS)]


def _by_sector(question: Question, sought: Sequence[str]) -> Floats:
    """Per organisation, 1 where its sector usually provides something sought, less where the sector is supposed."""
    columns, knows = question.columns, question.index.knowledge
    fits = np.array([any(knows.provides(good, sector) for good in sought) for sector in columns.sectors], dtype=bool)
    known = columns.sector >= 0
    found = np.zeros(len(columns.sector))
    found[known] = fits[columns.sector[known]]
    return np.asarray(found * np.where(columns.supposed_sector, SUPPOSED, 1.0))


def _by_name(question: Question) -> Floats:
    """Per organisation, what is left of the sign where only its name or purpose speaks of something sought."""
    if question.columns is not question.index.columns:  # where only certain facts count
        return np.zeros(len(question.columns.sector))
    wanted = _meeting(question, question.index.seeks, question.asker)
    return marked(question.index, question.index.products, wanted).astype(np.float64) * SUPPOSED


def _work_words(question: Question, row: int) -> Message:
    sought = _sought(question)
    params = {"cosa": good_words(sought[:MOST_TOLD])}
    sure = _by_sector(question, sought)[row] == 1.0
    return Message("feature.work-meets-need" if sure else "feature.work-meets-need.supposed", params)


def _workers(question: Question) -> Ints:
    """Rows whose sector or name speaks of something that the asker seeks."""
    sought = _sought(question)
    if not sought:
        return NOBODY
    return np.flatnonzero(np.maximum(_by_sector(question, sought), _by_name(question)) > 0)


@feature("declarations", "sector", reason=_work_words, reach=_workers)
def work_meets_need(question: Question) -> Floats:
    """Does for a living what the asker seeks, though it offers nothing yet: 1 by its known sector, 0.75 where the
    sector is supposed or only its name or purpose says so; 0 where an offer meets the need."""
    sought = _sought(question)
    if not sought:
        return np.zeros(len(question.rows))
    best = np.maximum(_by_sector(question, sought), _by_name(question))[question.rows]
    return np.asarray(np.where(goods_met(question) > 0, 0.0, best))


def _quantity_words(question: Question, row: int) -> Message:
    offered, sought, unit = _quantities(question, row)
    return Message("feature.quantity-fits", {"offerta": offered, "richiesta": sought, "unita": unit})


def _quantities(question: Question, row: int) -> tuple[float, float, str]:
    """The best pair (offered, sought, unit) of one good between the asker and one body; zeros when none is stated."""
    pairs = [*_quantity_pairs(question, row, question.asker), *_quantity_pairs(question, question.asker, row)]
    return max(pairs, key=lambda pair: (_cover(*pair[:2]), pair), default=(0.0, 0.0, ""))


def _quantity_pairs(question: Question, giver: int, taker: int) -> list[tuple[float, float, str]]:
    index = question.index
    offers = [each for each in index.declarations[giver] if each.says in GIVES and each.quantity and each.unit]
    needs = [each for each in index.declarations[taker] if each.says == SEEKS and each.quantity and each.unit]
    return [
        (offer.quantity or 0.0, need.quantity or 0.0, offer.unit or "")
        for offer in offers
        for need in needs
        if (offer.unit, offer.period) == (need.unit, need.period)
        and set(index.declared_goods[offer.id]) & set(index.declared_goods[need.id])
    ]


def _cover(offered: float, sought: float) -> float:
    return min(offered, sought) / max(offered, sought) if offered and sought else 0.0


@feature("declarations", reason=_quantity_words, reach=dealers)
def quantity_fits(question: Question) -> Floats:
    """Declared quantities of one thing that cover each other (smaller over larger)."""
    value = np.zeros(len(question.rows))
    for place in np.flatnonzero(goods_met(question) > 0):
        value[place] = _cover(*_quantities(question, int(question.rows[place]))[:2])
    return value


def _products(question: Question) -> sp.csr_array:
    """Goods by organisation: what it offers and, where inferences count, what its name or purpose speaks of."""
    index = question.index
    return index.products if question.columns is index.columns else index.offers


def _product_words(question: Question, row: int) -> Message:
    products, goods = _products(question), question.index.goods
    own = set(_meeting(question, products, question.asker).tolist())
    shared = [int(place) for place in row_values(products, row)[0] if int(place) in own]
    offered = np.zeros(len(goods) or 1)
    offered[
        np.intersect1d(held(question.index.offers, row), _meeting(question, question.index.offers, question.asker))
    ] = 1
    key = "feature.same-products" if all(offered[shared]) else "feature.same-products.name"
    return Message(key, {"cosa": good_words(goods[place] for place in _distinct(question, shared)[:MOST_TOLD])})


def _distinct(question: Question, shared: list[int]) -> list[int]:
    """Of goods that are one thing, or of which one is a case of the other, the first."""
    kept: list[int] = []
    for place in shared:
        like = row_vector(question.index.same_goods, place)
        if not any(like[other] for other in kept):
            kept.append(place)
    return kept


def products_by_name(question: Question) -> Floats:
    """How many things, not offered in a declaration, names or purposes of both speak of, per candidate."""
    if question.columns is not question.index.columns:
        return np.zeros(len(question.rows))
    named = _named(question)
    return question.meeting(named, _meeting(question, named, question.asker))


def _named(question: Question) -> sp.csr_array:
    """Goods by organisation that its name or purpose speaks of and no declaration offers."""
    products, offers = question.index.products, question.index.offers

    def left() -> sp.csr_array:
        found = sp.csr_array(products - offers.multiply(products))
        found.eliminate_zeros()
        found.sort_indices()
        return found

    return question.index.derived("named", (products, offers), left)


def _makers(question: Question) -> Ints:
    """Rows that offer, or by their name make, something that the asker does; ascending."""
    products = _products(question)
    return holders(question.index, products, _meeting(question, products, question.asker))


@feature("declarations", "name", reason=_product_words, reach=_makers)
def same_products(question: Question) -> Floats:
    """Both make or do the same thing, by what they offer or by their name: 2/3 for one, 0.8 for two."""
    products = _products(question)
    return saturated(question.meeting(products, _meeting(question, products, question.asker)), 0.5)
