# SPDX-License-Identifier: EUPL-1.2
"""Territories that two bodies share though neither the comune nor the kilometres say so."""

from __future__ import annotations

import numpy as np

from data.model import Message, OrganisationKind
from matching.areas import INNER, LABOUR, areas_in_common, worth_by_place
from matching.columns import KINDS, Floats
from matching.features.public import local_seat
from matching.features.registry import By, feature
from matching.question import Question


def _area_words(question: Question, row: int) -> Message:
    own, other = (int(question.columns.place[each]) for each in (question.asker, row))
    shared = [area for area in areas_in_common(question.index.areas, own) if other in area.places]
    key = {INNER: "feature.same-area.inner", LABOUR: "feature.same-area.labour"}.get(
        shared[0].level, "feature.same-area"
    )
    return Message(key, {"nome": shared[0].name})


def _tied_to_its_seat(question: Question) -> Floats:
    """1, but where one side is a public body how much its seat says of whom it works with."""
    columns, body = question.columns, KINDS.index(OrganisationKind.PUBLIC_BODY)
    local = np.where(columns.kind[question.rows] == body, local_seat(columns, question.rows), 1.0)
    if columns.kind[question.asker] == body:
        local = local * local_seat(columns, np.array([question.asker]))
    return np.asarray(local)


def _nowhere(question: Question) -> bool:
    return bool(question.columns.place[question.asker] < 0)


def _area_worth(question: Question) -> Floats:
    """What the areas of the two comuni have in common says, whoever sits there."""
    place = int(question.columns.place[question.asker])
    worth = question.index.derived(
        f"area.{place}",
        (question.index.areas,),
        lambda: worth_by_place(question.index.areas, place, len(question.index.municipalities)),
    )
    return np.asarray(worth[question.columns.place[question.rows]])


@feature("municipality", reason=_area_words, by=By.PLACE, ceiling=_tied_to_its_seat, near=_area_worth, idle=_nowhere)
def same_area(question: Question) -> Floats:
    """The same inner area, labour system or area of one's own in different comuni; a wide one says less."""
    if _nowhere(question):
        return np.zeros(len(question.rows))
    return np.asarray(_area_worth(question) * _tied_to_its_seat(question))
