# SPDX-License-Identifier: EUPL-1.2
"""Whether the two fit: size, certifications, federation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from data.model import Message
from matching.columns import Floats, Ints
from matching.features.registry import By, feature
from matching.question import Question


def _no_size(question: Question) -> bool:
    return bool(np.isnan(question.columns.scale[question.asker]))


def _size_words(question: Question, row: int) -> Message:
    ratio = float(np.exp(abs(question.columns.scale[row] - question.columns.scale[question.asker])))
    return Message("feature.size-fit.catalyst" if ratio > 2 else "feature.size-fit")


@feature("employees", "revenue", reason=_size_words, by=By.CLASS, idle=_no_size)
def size_fit(question: Question) -> Floats:
    """Near-equal size (new company, consortium) or one clearly larger (a catalyst for incorporation): 3 to 10 times."""
    if np.isnan(question.columns.scale[question.asker]):
        return np.zeros(len(question.rows))
    gap = np.abs(question.columns.scale[question.rows] - question.columns.scale[question.asker]) / np.log(10.0)
    equal = np.clip(1.0 - gap / 0.3, 0.0, 1.0)
    catalyst = np.where((gap >= 0.45) & (gap <= 1.0), 0.8, 0.0)
    return np.asarray(np.nan_to_num(np.maximum(equal, catalyst)))


@feature("employees", "revenue", by=By.CLASS)
def size_gap(question: Question) -> Floats:
    """Against: more than 20 times larger or smaller."""
    if np.isnan(question.columns.scale[question.asker]):
        return np.zeros(len(question.rows))
    gap = np.abs(question.columns.scale[question.rows] - question.columns.scale[question.asker])
    return np.where(np.nan_to_num(gap) > np.log(20.0) + 1e-9, 1.0, 0.0)


def _certified(question: Question, row: int) -> frozenset[str]:
    return question.columns.certifications[row]


def coded_marks(certifications: tuple[frozenset[str], ...]) -> tuple[Ints, tuple[frozenset[str], ...]]:
    """Per body a position in the list of all sets of certifications that some body has, and that list."""
    sets = tuple(dict.fromkeys(certifications))
    place = {found: position for position, found in enumerate(sets)}
    return np.array([place[found] for found in certifications], dtype=np.int64), sets


def _marks(question: Question) -> tuple[Ints, tuple[frozenset[str], ...]]:
    said = question.columns.certifications
    return question.index.derived("marks", (said,), lambda: coded_marks(said))


def _where(question: Question, holds: Callable[[frozenset[str]], bool]) -> Floats:
    """1 for every candidate whose certifications are such."""
    codes, sets = _marks(question)
    return np.array([1.0 if holds(found) else 0.0 for found in sets])[codes[question.rows]]


def _nothing_to_add(question: Question) -> bool:
    """Nobody has a certification that the asker lacks."""
    own = _certified(question, question.asker)
    return not any(found - own for found in _marks(question)[1])


def _added_words(question: Question, row: int) -> Message:
    added = _certified(question, row) - _certified(question, question.asker)
    return Message("feature.complementary-skills", {"cosa": sorted(added)})


@feature("certifications", reason=_added_words, by=By.CLASS, idle=_nothing_to_add)
def complementary_skills(question: Question) -> Floats:
    """Certifications that the candidate has and the asker lacks."""
    own = _certified(question, question.asker)
    return _where(question, lambda found: bool(found - own))


def _mark_words(question: Question, row: int) -> Message:
    return Message(
        "feature.same-marks", {"cosa": sorted(_certified(question, row) & _certified(question, question.asker))}
    )


@feature("certifications", reason=_mark_words, by=By.CLASS, idle=lambda asking: not _certified(asking, asking.asker))
def same_marks(question: Question) -> Floats:
    """A common quality mark or certification: one story to tell."""
    own = _certified(question, question.asker)
    if not own:
        return np.zeros(len(question.rows))
    return _where(question, lambda found: bool(found & own))


def _no_federation(question: Question) -> bool:
    return bool(question.columns.federation[question.asker] < 0)


def _federation_words(question: Question, row: int) -> Message:
    return Message("feature.same-federation", {"centrale": question.organisation(row).federation})


@feature("federation", reason=_federation_words, by=By.CLASS, idle=_no_federation)
def same_federation(question: Question) -> Floats:
    """The same federation: easier, never necessary."""
    return question.same(question.columns.federation).astype(np.float64)
