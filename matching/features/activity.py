# SPDX-License-Identifier: EUPL-1.2
"""What each does: sector, category, field of work, words."""

from __future__ import annotations

import numpy as np

from data.model import Message
from matching.columns import Floats
from matching.features.registry import feature
from matching.fields import FIELD_NAMES
from matching.question import Question, row_vector

LEAST_LIKENESS = 0.15
READ = 0.5  # from here a field was read from words of work; below only "sociale" was


def _activity_words(question: Question, row: int) -> Message:
    sector = question.organisation(row).sector
    own = question.organisation(question.asker).sector
    columns = question.columns
    for level in ("activity", "group", "division"):
        if getattr(columns, level)[row] == getattr(columns, level)[question.asker] >= 0:
            return Message(f"feature.same-activity.{level}", {"codice": sector, "nostro": own})
    return Message("feature.same-activity.division", {"codice": sector, "nostro": own})


@feature("sector", reason=_activity_words)
def same_activity(question: Question) -> Floats:
    """Same ATECO class 1, same group 0.8, same division 0.5 (divisions meet across versions by the bridge)."""
    columns = question.columns
    value = np.where(question.same(columns.division), 0.5, 0.0)
    value = np.where(question.same(columns.group), 0.8, value)
    return np.where(question.same(columns.activity), 1.0, value)


def _category_words(question: Question, row: int) -> Message:
    if question.columns.social_type[row] & question.columns.social_type[question.asker]:
        return Message("feature.same-category.type", {"tipo": question.organisation(row).social_type})
    if question.columns.social[row] == question.columns.social[question.asker] == 1:
        return Message("feature.same-category.social")
    return Message("feature.same-category", {"categoria": question.organisation(row).category})


@feature("category", "social_type", reason=_category_words)
def same_category(question: Question) -> Floats:
    """Same category of the register; social cooperatives meet fully only when a type is common, A with B less."""
    columns = question.columns
    social = np.asarray((question.of(columns.social) == 1) & (columns.social[question.asker] == 1))
    common_type = (question.of(columns.social_type) & columns.social_type[question.asker]) > 0
    types_known = (question.of(columns.social_type) > 0) & (columns.social_type[question.asker] > 0)
    by_type = np.where(common_type, 1.0, np.where(types_known, 0.4, 0.7))
    return np.where(social, by_type, np.where(question.same(columns.category), 1.0, 0.0))


def field_overlap(question: Question) -> Floats:
    """The surest common field of work, as sure as the weaker reading."""
    own = question.columns.fields[question.asker]
    return np.asarray(np.minimum(question.columns.fields[question.rows], own).max(axis=1, initial=0.0))


def common_fields(question: Question, row: int, at_least: float) -> tuple[str, ...]:
    """Names of the fields of work that the asker and one body share, the surest first."""
    shared = np.minimum(question.columns.fields[row], question.columns.fields[question.asker])
    order = sorted(range(len(FIELD_NAMES)), key=lambda place: (-shared[place], place))
    return tuple(FIELD_NAMES[place] for place in order if shared[place] >= at_least)


def _field_words(question: Question, row: int) -> Message:
    fields = [Message(f"field.{name}") for name in common_fields(question, row, READ)[:3]]
    return Message("feature.same-field", {"campi": fields})


@feature("name", "category", reason=_field_words)
def same_field(question: Question) -> Floats:
    """A common field of work, as sure as the weaker reading; only where the sectors of both are not known."""
    overlap = field_overlap(question)
    return np.where(question.known(question.columns.division) | (overlap < READ), 0.0, overlap)


def _likeness(question: Question) -> Floats:
    """Cosine, halved for a single common word, by a quarter for two: short names are alike too easily."""
    text, words = question.index.text, question.index.words
    cosine = np.asarray(text @ row_vector(text, question.asker))[question.rows]
    common = np.asarray(words @ row_vector(words, question.asker))[question.rows]
    return np.asarray(np.clip(cosine, 0.0, 1.0) * (1.0 - 0.5**common))


@feature("name", "purpose", "participations")
def text_likeness(question: Question) -> Floats:
    """Cosine of the words of work in names, purposes and tender texts; a faint likeness is none."""
    likeness = _likeness(question)
    return np.where(likeness >= LEAST_LIKENESS, likeness, 0.0)
