# SPDX-License-Identifier: EUPL-1.2
"""Where each works."""

from __future__ import annotations

import numpy as np

from data.model import Message
from matching.columns import Flags, Floats
from matching.features.activity import same_activity, same_field
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


@feature("sector", "municipality", "province", reason=_complement_words)
def complementary_territory(question: Question) -> Floats:
    """Equal activity in another territory: together they cover both. Needs an activity that is really the same."""
    alike = np.maximum(same_activity(question), np.where(same_field(question) >= 0.7, 0.6, 0.0))
    km = question.km
    elsewhere = question.known(question.columns.province) & ~question.same(question.columns.province)
    away = np.where(np.isnan(km), np.where(elsewhere, 1.0, 0.0), np.clip((km - NEAR_KM) / (FAR_KM - NEAR_KM), 0.0, 1.0))
    return np.where(alike >= 0.5, alike * away, 0.0)
