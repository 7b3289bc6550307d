# SPDX-License-Identifier: EUPL-1.2
"""A ranking of partners in the reader's words: one object for the API and the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Final

from data.lazio import ateco
from matching.exposure import Exposure
from matching.kinds import PARTNERSHIPS
from matching.reciprocity import OtherSide, other_sides
from matching.recommend import Answer, EvidenceItem, Filters, Recommendation, recommend
from service.messages import Words, has
from service.outcomes import outcomes_by_organisation
from service.schemas import (
    CheckOut,
    ContributionOut,
    EvidenceOut,
    ExposureOut,
    InstrumentRef,
    OtherSideOut,
    Partner,
    PartnersAnswer,
    PartnersBothAnswer,
    RecommendationBothOut,
    RecommendationOut,
)
from service.snapshot import Snapshot

KINDS: Final = tuple(PARTNERSHIPS)
MOST_EVIDENCE: Final = 40
MOST_SIDES: Final = 20  # each is a ranking of its own


def find_partners(
    snapshot: Snapshot, organisation_id: str, kind: str, *, limit: int = 20, filters: Filters | None = None
) -> Answer:
    """Ranked partners as the snapshot's reader may see them. Raises UnknownOrganisation, UnknownKind."""
    body = snapshot.organisation(organisation_id)
    asked = filters_for(snapshot, body.id, filters or Filters())
    return recommend(snapshot.index, body.id, kind, limit=limit, filters=asked, today=snapshot.today)


def filters_for(snapshot: Snapshot, organisation_id: str, filters: Filters) -> Filters:
    """The filters with what the index does not hold: for new contacts only, the bodies of whom a step was noted."""
    if not filters.only_new:
        return filters
    noted = outcomes_by_organisation(snapshot).get(organisation_id, ())
    return replace(filters, contacted=frozenset(end for step in noted for end in (step.asker, step.partner)))


def sides_of(
    snapshot: Snapshot, organisation_id: str, kind: str, shown: Sequence[Recommendation]
) -> Mapping[str, OtherSide]:
    """Partner id -> how the suggestion looks from its side, for the first rows shown."""
    places = [(place, each.partner) for place, each in enumerate(shown[:MOST_SIDES], start=1)]
    found = other_sides(snapshot.index, organisation_id, places, kind, today=snapshot.today)
    return {each.partner: each for each in found}


def partners_in_words(answer: Answer, snapshot: Snapshot, words: Words) -> PartnersAnswer:
    """The object of `land recommend --json` and of the API."""
    return PartnersAnswer(
        organisation=answer.organisation,
        kind=answer.kind,
        recommendations=[_recommendation(each, snapshot, words) for each in answer.recommendations],
        refusal=words.render(answer.refusal) if answer.refusal else None,
    )


def _exposure(shown: Exposure, words: Words) -> ExposureOut:
    return ExposureOut(**asdict(shown), sentence=words.render(shown.words))


def both_sides_in_words(answer: Answer, snapshot: Snapshot, words: Words) -> PartnersBothAnswer:
    """The same, with how the first rows look from the partner's side, each a ranking of its own."""
    plain = partners_in_words(answer, snapshot, words)
    sides = sides_of(snapshot, answer.organisation, answer.kind, answer.recommendations)
    seen = {partner: _other_side(side, words) for partner, side in sides.items()}
    rows = [RecommendationBothOut(**dict(each), other_side=seen.get(each.partner.id)) for each in plain.recommendations]
    return PartnersBothAnswer(
        organisation=plain.organisation,
        kind=plain.kind,
        recommendations=rows,
        refusal=plain.refusal,
        exposure=_exposure(answer.exposure, words) if answer.exposure else None,
    )


def _recommendation(found: Recommendation, snapshot: Snapshot, words: Words) -> RecommendationOut:
    body = snapshot.organisation(found.partner)
    return RecommendationOut(
        partner=Partner(id=body.id, name=body.name, municipality=body.municipality),
        score=found.score,
        contributions=[
            ContributionOut(
                feature=each.feature,
                value=each.value,
                contribution=each.contribution,
                sentence=words.render(each.message),
            )
            for each in found.contributions
        ],
        against=[words.render(message) for message in found.against],
        checks=[
            CheckOut(rule=each.rule, state=each.state.value, text=words.render(each.message), source=each.source)
            for each in found.checks
        ],
        instruments=[InstrumentRef(code=each.code, name=words.render(each.name)) for each in found.instruments],
        evidence=[_evidence(item, snapshot, words) for item in found.evidence[:MOST_EVIDENCE]],
    )


def _other_side(side: OtherSide, words: Words) -> OtherSideOut:
    return OtherSideOut(place=side.place, of=side.of, score=side.score, sentence=words.render(side.message))


def _evidence(item: EvidenceItem, snapshot: Snapshot, words: Words) -> EvidenceOut:
    return EvidenceOut(fact=fact_in_words(item, snapshot, words), kind=item.kind, source=item.source, date=item.date)


def fact_in_words(item: EvidenceItem, snapshot: Snapshot, words: Words) -> str:
    """One fact behind a suggestion: what it is, its value, and whose it is."""
    key = f"datum.{item.fact}"
    name = words.text(key) if has(key) else item.fact
    owner = snapshot.organisation(item.organisation).name if item.organisation in snapshot.position else ""
    return words.text("evidence.fact", name=name, value=_value(item, snapshot, words), owner=owner)


def _value(item: EvidenceItem, snapshot: Snapshot, words: Words) -> str:
    value = item.value
    if item.fact == "municipality" and str(value) in snapshot.municipalities:
        return snapshot.municipalities[str(value)].name
    if item.fact == "sector" and item.organisation in snapshot.position:
        version = snapshot.organisation(item.organisation).sector_version or "2025"
        title = ateco(version).title(str(value), words.language)
        return f"{value} {title}" if title else str(value)
    if item.fact == "founded":
        return words.write(value, "plain")
    key = f"{item.fact}.{value}"
    return words.text(key) if isinstance(value, str) and has(key) else words.write(value)
