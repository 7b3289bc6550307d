# SPDX-License-Identifier: EUPL-1.2
"""Where each works."""

from __future__ import annotations

import numpy as np

from data.model import Evidence, Message
from matching.columns import Flags, Floats
from matching.features.activity import CERTAIN_FIELD, field_overlap, same_activity
from matching.features.registry import By, feature
from matching.fields import FIELD_NAMES
from matching.question import NEAR_KM, Question, near_words

FAR_KM = 100.0  # from here territories fully complement each other
LEAST_HANDLED = 0.5  # how sure a field of products must be read
LEAST_ALIKE = 0.5  # how alike the work of two must be for their territories to complement each other


def _nowhere(question: Question) -> bool:
    return bool(question.columns.place[question.asker] < 0 and question.columns.province[question.asker] < 0)


@feature("municipality", "province", reason=near_words, by=By.PLACE, near=Question.nearness, idle=_nowhere)
def nearby(question: Question) -> Floats:
    """Near: 1 in the same comune, 0 from 60 km; 0.35 where only the same province is known."""
    return question.nearness()


def handles_products(question: Question) -> Flags:
    """Candidates that, like the asker, handle products of land or sea, where plants and lorries count."""
    place = FIELD_NAMES.index("agriculture"), FIELD_NAMES.index("fishing")
    if question.columns.fields[question.asker, place].max() < LEAST_HANDLED:
        return np.zeros(len(question.rows), dtype=np.bool_)
    return np.asarray(question.columns.fields[question.rows[:, None], place].max(axis=1) >= LEAST_HANDLED)


def _handles_nothing(question: Question) -> bool:
    return not handles_products(question.about(question.asker)).any()


def _handling(question: Question) -> Floats:
    return handles_products(question).astype(np.float64)


@feature(
    "municipality",
    "province",
    "sector",
    "category",
    by=By.PLACE,
    ceiling=_handling,
    near=Question.nearness,
    idle=_handles_nothing,
)
def near_for_products(question: Question) -> Floats:
    """Near, for those who handle products: plants, logistics and members overlap."""
    handles = handles_products(question)
    return np.where(handles, question.nearness(), 0.0) if handles.any() else np.zeros(len(question.rows))


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
    if columns.category[question.asker] < 0 or columns.social[question.asker] == 1:
        return same_activity(question)
    by_category = question.same(columns.category) & (field_overlap(question) >= CERTAIN_FIELD)
    if by_category.any() and not _category_given(question, question.asker):
        by_category[:] = False
    for place in np.flatnonzero(by_category):
        by_category[place] = _category_given(question, int(question.rows[place]))
    return np.maximum(same_activity(question), np.where(by_category, 0.6, 0.0))


def _no_known_work(question: Question) -> bool:
    columns, asker = question.columns, question.asker
    coded = columns.division[asker] >= 0 or columns.group[asker] >= 0
    return not coded and (columns.category[asker] < 0 or bool(columns.social[asker] == 1))


def _away(question: Question) -> Floats:
    """How far the territories of the two complement each other, by place alone."""
    km = question.km
    elsewhere = question.known(question.columns.province) & ~question.same(question.columns.province)
    away = np.clip((km - NEAR_KM) / (FAR_KM - NEAR_KM), 0.0, 1.0)
    return np.where(np.isnan(km), np.where(elsewhere, 1.0, 0.0), away)


def _alike(question: Question) -> Floats:
    alike = _same_known_work(question)
    return np.where(alike >= LEAST_ALIKE, alike, 0.0)


@feature("sector", "category", "municipality", "province", reason=_complement_words, by=By.PLACE, ceiling=_alike)
def complementary_territory(question: Question) -> Floats:
    """Equal activity in another territory: together they cover both. A name alone is not enough to say so."""
    alike = _alike(question)
    if not alike.any():
        return alike
    return alike * _away(question)
