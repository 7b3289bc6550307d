# SPDX-License-Identifier: EUPL-1.2
"""Reasons against that carry no weight but must be said, and the next step to take."""

from __future__ import annotations

from collections.abc import Sequence

from data.model import BodyType, Message
from matching.checks import status_told
from matching.features.chains import FOOD_KM, pair_about_food
from matching.features.needs import goods_met
from matching.features.public import record_with
from matching.instruments import InstrumentOption
from matching.kinds import Partnership
from matching.question import Question

OLD_YEARS = 5  # a track record older than this is said to be old
FAR_KM = 80.0


def against(question: Question, row: int, kind: Partnership, weighed: Sequence[Message]) -> tuple[Message, ...]:
    """The weighed reasons against, then what else speaks against this pair or must be known first."""
    notes = [*weighed, *_unknown_status(question, row)]
    if kind.public:
        notes += _public_notes(question, row)
    else:
        notes += _regime(question, row) + _far(question, row, kind)
    return tuple(notes)


def _unknown_status(question: Question, row: int) -> list[Message]:
    return [] if status_told(question.organisation(row)) else [Message("against.unknown-status")]


def _regime(question: Question, row: int) -> list[Message]:
    own, other = int(question.columns.social[question.asker]), int(question.columns.social[row])
    if own >= 0 and other >= 0 and own != other:
        return [Message("against.different-regime")]
    mutual = (question.organisation(question.asker).prevalent_mutuality, question.organisation(row).prevalent_mutuality)
    return [Message("against.different-mutuality")] if None not in mutual and mutual[0] != mutual[1] else []


def _far(question: Question, row: int, kind: Partnership) -> list[Message]:
    km = question.km_to(row)
    if km is None:
        return [Message("against.unknown-distance")]
    if kind.chain and pair_about_food(question, row) and km > FOOD_KM:
        return []  # the sign "far-for-food" or the province has said it
    return [Message("against.far", {"km": km})] if km > FAR_KM else []


def _public_notes(question: Question, row: int) -> list[Message]:
    notes = []
    years = [year for _, year in record_with(question, row) if year is not None]
    if years and max(years) < question.today.year - OLD_YEARS:
        notes.append(Message("against.old-record", {"anno": max(years)}))
    if question.columns.national[question.body(row)]:
        return [*notes, Message("against.national-body")]
    km, regional = question.km_to(row), question.organisation(question.body(row)).body_type is BodyType.REGION
    return notes if regional or km is None or km <= FAR_KM else [*notes, Message("against.far", {"km": km})]


def next_step(question: Question, row: int, kind: Partnership, instruments: Sequence[InstrumentOption]) -> Message:
    """What to do first with this partner: a public notice, a talk, a check, else what the lightest form asks."""
    if kind.public:
        return Message("next.body-notice" if question.asker_is_body else "next.public-notice")
    if goods_met(question.about(row))[0] > 0:
        return Message("next.talk-about-offer")
    if not status_told(question.organisation(row)):
        return Message("next.verify-status")
    return instruments[0].next_step if instruments else Message("next.meet")
