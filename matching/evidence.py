# SPDX-License-Identifier: EUPL-1.2
"""The facts behind a recommendation, each with its kind of evidence, source and date."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from data.model import Declaration, Evidence, Organisation, Participation
from matching.columns import CERTAIN
from matching.features.needs import met_goods
from matching.features.registry import Feature
from matching.links import BELONGING
from matching.question import Question


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """One fact: its name (a field, `participations`, or what a declaration says), its value, and what it rests on.

    `organisation` is the id of the body it is about.
    """

    fact: str
    value: object
    kind: Evidence
    source: str
    date: date | None
    organisation: str


def evidence_of(question: Question, row: int, features: Iterable[Feature]) -> tuple[EvidenceItem, ...]:
    """The known facts of the asker and one body on which these signs rest, each once; where only certain facts count,
    only those."""
    facts = list(dict.fromkeys(fact for each in features for fact in each.facts))
    items: list[EvidenceItem] = []
    for fact in facts:
        if fact == "participations":
            items += _participations(question, row)
        elif fact == "declarations":
            items += _declarations(question, row)
        else:
            items += [item for side in (question.asker, row) for item in _field(question.organisation(side), fact)]
        if fact == "certifications":
            items += [_declared(each) for side in (question.asker, row) for each in question.index.certified[side]]
    certain_only = question.columns is not question.index.columns
    return tuple(item for item in items if not certain_only or item.kind in CERTAIN)


def _field(body: Organisation, field: str) -> list[EvidenceItem]:
    value = getattr(body, field)
    if value is None or value == ():
        return []
    known = body.provenance.get(field)
    if known is None:
        kind = Evidence.DEMONSTRATION if body.demonstration else Evidence.OFFICIAL
        return [EvidenceItem(field, value, kind, "", None, body.id)]
    return [EvidenceItem(field, value, known.evidence, known.source, known.date, body.id)]


def _participations(question: Question, row: int) -> list[EvidenceItem]:
    """How many participations were counted, per source, with the day of the latest."""
    links, ids = question.index.links, {question.organisation(row).id, question.organisation(question.asker).id}
    both = [*links.participations[row], *links.participations[question.asker]]
    counted = [each for each in both if each.organisation in ids]
    groups: dict[tuple[str, bool, str], list[Participation]] = {}
    for each in counted:
        fact = "memberships" if each.kind in BELONGING else "participations"
        groups.setdefault((each.source, each.demonstration, fact), []).append(each)
    return [
        _counted(question, row, fact, source, demonstration, found)
        for (source, demonstration, fact), found in sorted(groups.items())
    ]


def _counted(
    question: Question, row: int, fact: str, source: str, demonstration: bool, found: list[Participation]
) -> EvidenceItem:
    dates = [each.date for each in found if each.date is not None]
    kind = Evidence.DEMONSTRATION if demonstration else Evidence.OFFICIAL
    return EvidenceItem(fact, len(found), kind, source, max(dates, default=None), question.organisation(row).id)


def _declarations(question: Question, row: int) -> list[EvidenceItem]:
    """The declarations of both that meet, else all that name what one of them makes."""
    index = question.index
    met = {good for goods in met_goods(question, row) for good in goods}
    said = [*index.declarations[row], *index.declarations[question.asker]]
    alike = index.same_goods @ np.array([float(good in met) for good in index.goods]) if met else ()
    close = {good for good, like in zip(index.goods, alike, strict=False) if like > 0}
    return [_declared(each) for each in said if not met or close & set(index.declared_goods[each.id])]


def _declared(each: Declaration) -> EvidenceItem:
    return EvidenceItem(each.says, each.what, each.evidence, each.source, each.date, each.organisation)
