# SPDX-License-Identifier: EUPL-1.2
"""Where each works."""

from __future__ import annotations

import numpy as np

from data.model import Evidence, Message
from matching.columns import Flags, Floats
from matching.features.activity import CERTAIN_FIELD, field_overlap, same_activity
from matching.features.registry import feature
from matching.fields import FIELD_NAMES
from matching.question import NEAR_KM, Question, near_words

FAR_KM = 100.0  # from here territories fully complement each other


@feature("municipality", "province", reason=near_words)
def nearby(question: Question) -> Floats:
    """Near: 1 in the same comune, 0 from 60 km; 0.35 where only the same province is known."""
    return question.nearness()


def handles_products(question: Question) -> Flags:
    """Candidates that, like the asker, handle products of land or sea, where plants and lorries count."""
    place = FIELD_NAMES.index("agriculture"), FIELD_NAMES.index("fishing")
    handles = question.columns.fields[:, place].max(axis=1) >= 0.5
    return np.asarray(handles[question.rows] & handles[question.asker])


@feature("municipality", "province", "sector", "category")
def near_for_products(question: Question) -> Floats:
    """Near, for those who handle products: plants, logistics and members overlap."""
    return np.where(handles_products(question), question.nearness(), 0.0)


def _complement_words(question: Question, row: int) -> Message:
    km = question.km_to(row)
    if km is not None:
        return Message("feature.complementary-territory", {"km": km})
    own, other = question.organisation(question.asker).province, question.organisation(row).province
    return Message("feature.complementary-territory.provinces", {"provincia": other, "nostra": own})


def _category_given(question: Question, row: int) -> bool:
    """Whether the category of a body is a fact and not a reading of its name."""
    known = question.organisation(row).provenance.get("category")
    return known is None or known.evidence is not Evidence.INFERRED


def _same_known_work(question: Question) -> Floats:
    """Same activity by sector code, else 0.6 for one category of the register that names the work; never by name.

    "Social" is no work of its own: two social cooperatives may do quite different things.
    """
    columns = question.columns
    by_category = question.same(columns.category) & (field_overlap(question) >= CERTAIN_FIELD)
    by_category &= columns.social[question.asker] != 1
    if by_category.any() and not _category_given(question, question.asker):
        by_category[:] = False
    for place in np.flatnonzero(by_category):
        by_category[place] = _category_given(question, int(question.rows[place]))
    return np.maximum(same_activity(question), np.where(by_category, 0.6, 0.0))


@feature("sector", "category", "municipality", "province", reason=_complement_words)
def complementary_territory(question: Question) -> Floats:
    """Equal activity in another territory: together they cover both. A name alone is not enough to say so."""
    alike = _same_known_work(question)
    km = question.km
    elsewhere = question.known(question.columns.province) & ~question.same(question.columns.province)
    away = np.where(np.isnan(km), np.where(elsewhere, 1.0, 0.0), np.clip((km - NEAR_KM) / (FAR_KM - NEAR_KM), 0.0, 1.0))
    return np.where(alike >= 0.5, alike * away, 0.0)
