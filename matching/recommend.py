# SPDX-License-Identifier: EUPL-1.2
"""Partners of one organisation, ranked and explained: candidates, signs, checks, words; or a refusal that says why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from data.model import Evidence, Message, Status
from matching.candidates import NO_FILTERS, Filters, is_told, possible_rows, refused_rows, within
from matching.cautions import against, next_step
from matching.checks import Check, checks_of, facts_of, labels_of, removed
from matching.columns import KINDS, STATUS_NOT_ACTIVE, Ints
from matching.evidence import EvidenceItem, evidence_of
from matching.exposure import Exposure, exposure_of
from matching.features import FEATURES
from matching.graph import PartnerIndex
from matching.instruments import InstrumentOption, instruments_of
from matching.kinds import Partnership, partnership
from matching.question import Question
from matching.scoring import PRECISION, Scores, ranked, score
from matching.shortlist import Shortlist, top
from matching.what_if import is_known

__all__ = ["Answer", "Contribution", "EvidenceItem", "Filters", "Recommendation", "recommend"]

REASONS_SHOWN = 5
FEW = 5  # a shorter list says why it is short


@dataclass(frozen=True, slots=True)
class Contribution:
    """One sign of one partner: its value 0..1, what it adds to the score (negative: takes away), and the sentence."""

    feature: str
    value: float
    contribution: float
    message: Message


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One partner. The contributions (largest first) add up to `score` within 1e-9; `checks` hold no failed one.

    `labels` are names that food of this pair may bear; `km` is between the two comuni, None where one is not known.
    """

    partner: str
    score: float
    contributions: tuple[Contribution, ...]
    against: tuple[Message, ...]
    checks: tuple[Check, ...]
    labels: tuple[Check, ...]
    instruments: tuple[InstrumentOption, ...]
    next_step: Message
    evidence: tuple[EvidenceItem, ...]
    km: float | None

    @property
    def reasons(self) -> tuple[Contribution, ...]:
        """The contributions to show as reasons for, the weightiest first, at most five."""
        return tuple(each for each in self.contributions if each.contribution > 0)[:REASONS_SHOWN]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found for one organisation: partners best first, or a refusal that says why there is none.

    `notes` say how far the answer can be trusted: at most one on how thin it is, one on ties; `helps` names at most
    two facts that would help most; `considered` counts the candidates looked at; `refused` are the ids of those that
    are left out because people noted a refusal; `exposure` how many of those shown are small or newly founded.
    """

    organisation: str
    kind: str
    recommendations: tuple[Recommendation, ...]
    refusal: Message | None
    notes: tuple[Message, ...] = ()
    helps: tuple[str, ...] = ()
    considered: int = 0
    refused: tuple[str, ...] = ()
    exposure: Exposure | None = None


def recommend(
    index: PartnerIndex,
    organisation_id: str,
    kind: str,
    *,
    limit: int = 20,
    filters: Filters | None = None,
    today: date,
) -> Answer:
    """The best partners of an organisation for one kind of partnership, explained.

    Raises UnknownOrganisation and UnknownKind. Never empty without a refusal; equal scores in the order of ids,
    counted on from the asker's own.
    """
    filters, entry, asker = filters or NO_FILTERS, partnership(kind), index.row(organisation_id)
    refusal = not_for(index, asker, entry)
    if refusal is not None:
        return Answer(organisation_id, kind, (), refusal)
    left_out = tuple(index.organisations[row].id for row in refused_rows(index, asker, entry))
    first = top(index, asker, entry, max(limit, FEW), filters, today)
    helps = missing_facts(first.question, entry)
    places = first.suggested[:limit]
    if not len(places):
        found = ranking(index, asker, entry, filters, today)
        why = _emptied(found, filters) or _refusal(found.everybody, found.question, found.kind, found.scores, helps)
        return Answer(organisation_id, kind, (), why, helps=helps, refused=left_out)
    rows = tuple(recommendation(first.question, entry, first.scores, int(place)) for place in places)
    by_place = first.kind.regular is not None
    notes = [*_notes(first.question, rows, helps, len(first.suggested), by_place), *_equals(first, limit)]
    shown = exposure_of(index, first.question.columns, [each.partner for each in rows], today)
    return Answer(organisation_id, kind, rows, None, tuple(notes), helps, first.considered, left_out, shown)


@dataclass(frozen=True, slots=True)
class Ranking:
    """Everybody of one answer: `everybody` that the kind lets the asker have, those of them that the filters let
    through (`question`), their scores, and the positions in `question.rows` of those that may be named, best first."""

    kind: Partnership
    everybody: Question
    question: Question
    scores: Scores
    suggested: Ints

    @property
    def rows(self) -> Ints:
        """Rows of the index of those that may be named, best first."""
        return np.asarray(self.question.rows[self.suggested], dtype=np.int64)


def ranking(index: PartnerIndex, asker: int, kind: Partnership, filters: Filters, today: date) -> Ranking:
    """Who may be named to an organisation (a row) that may ask for this kind, all of them, in order."""
    columns = index.certain_columns if filters.only_certain else index.columns
    kind = kind.admitting(is_told(index, columns, asker))
    everybody = Question(index, columns, asker, possible_rows(index, asker, kind), today)
    question = everybody
    if filters.active:
        question = Question(index, columns, asker, everybody.rows[within(everybody, filters)], today)
    scores = score(question, kind)
    return Ranking(kind, everybody, question, scores, _suggested(question, kind, scores))


def _suggested(question: Question, kind: Partnership, scores: Scores) -> Ints:
    """Positions of the candidates that may be named, best first."""
    fails = np.zeros(len(question.rows), dtype=bool)
    for flags in removed(question, kind).values():
        fails |= flags
    good = scores.recalled(kind.recall) & (scores.total >= kind.least) & ~fails
    order = ranked(scores, question)
    return order[good[order]]


def recommendation(question: Question, kind: Partnership, scores: Scores, place: int) -> Recommendation:
    """The candidate at one place of the scores, with everything that is said of it."""
    row = int(question.rows[place])
    contributions = _contributions(question, scores, place, row)
    facts = facts_of(question, row, kind)
    instruments = instruments_of(facts, kind)
    return Recommendation(
        partner=question.organisation(row).id,
        score=float(scores.total[place]),
        contributions=contributions,
        against=against(question, row, kind, [each.message for each in contributions if each.contribution < 0]),
        checks=checks_of(facts, kind),
        labels=labels_of(facts),
        instruments=instruments,
        next_step=next_step(question, row, kind, instruments),
        evidence=evidence_of(question, row, [FEATURES[each.feature] for each in contributions]),
        km=question.km_to(row),
    )


def _contributions(question: Question, scores: Scores, place: int, row: int) -> tuple[Contribution, ...]:
    own = scores.contributions[:, place]
    order = sorted(np.flatnonzero(own), key=lambda sign: (-own[sign], scores.names[sign]))
    return tuple(
        Contribution(
            scores.names[sign],
            float(scores.values[sign, place]),
            float(own[sign]),
            FEATURES[scores.names[sign]].reason(question, row),
        )
        for sign in order
    )


# --- refusals and notes -----------------------------------------------------------------------------------------


def not_for(index: PartnerIndex, asker: int, kind: Partnership) -> Message | None:
    """Why this organisation cannot ask for this kind at all, if so."""
    body = index.organisations[asker]
    if KINDS[index.columns.kind[asker]] not in kind.partners:
        return Message(f"refusal.wrong-kind.{kind.name}", {"natura": Message(f"kind.{body.kind.value}")})
    if body.status is Status.FORMING:
        return Message("refusal.forming") if kind.public else None
    if index.columns.status[asker] == STATUS_NOT_ACTIVE:
        return Message("refusal.not-active", {"stato": Message(f"status.{body.status}")})
    return None


def missing_facts(question: Question, kind: Partnership) -> tuple[str, ...]:
    """The one or two facts of the asker that are not known and would help most for this kind."""
    return tuple(name for name in kind.helps if not is_known(question, name))[:2]


def _refusal(
    everybody: Question, question: Question, kind: Partnership, scores: Scores, helps: tuple[str, ...]
) -> Message:
    """Why no partner was found, the plainest cause first, with the facts that would help."""
    data = {"dati": [Message(f"datum.{name}") for name in helps]}
    if not len(everybody.rows):
        return Message("refusal.nobody", data)
    if not len(question.rows):
        return Message("refusal.filters", {"n": len(everybody.rows)})
    good = scores.recalled(kind.recall) & (scores.total >= kind.least)
    flags = removed(question, kind)
    if kind.chain and bool((good & flags["N04"]).any() or flags["N04"].any()):
        return Message("refusal.only-same-stage", {"n": int(flags["N04"].sum())})
    if good.any():
        return Message("refusal.all-failed", {"n": int(good.sum())})
    if not _activity_known(question, kind):
        key = f"refusal.no-activity.{kind.name}"
        return Message(key if helps else "refusal.nothing-in-common", data)
    return Message("refusal.nothing-in-common.helps" if helps else "refusal.nothing-in-common", data)


def _emptied(found: Ranking, filters: Filters) -> Message | None:
    """Which filters left nobody, and how many each alone takes out; None when there would be nobody without them."""
    if not filters.active:
        return None
    asked = (found.question.index, found.question.asker, found.kind)
    whole = set(ranking(*asked, NO_FILTERS, found.question.today).rows.tolist())
    if not whole:
        return None
    taken: list[object] = []
    for name in filters.active:
        kept = whole.intersection(ranking(*asked, filters.alone(name), found.question.today).rows.tolist())
        if len(kept) < len(whole):
            params = {"filtro": filter_words(filters, name), "n": len(whole) - len(kept)}
            taken.append(Message("refusal.filters.one", params))
    if not taken:
        return Message("refusal.filters.together", {"n": len(whole)})
    return Message("refusal.filters.each", {"n": len(whole), "filtri": taken})


def filter_words(filters: Filters, name: str) -> Message:
    """One filter with its value, as words that follow "the filter"."""
    value = getattr(filters, name)
    if name in ("kind", "size"):
        value = Message(f"filter.{name}.{value}")
    if name == "exclude":
        value = len(value)
    return Message(f"filter.{name}", {"valore": value})


def _activity_known(question: Question, kind: Partnership) -> bool:
    """Whether anything says what the asker does, offers or seeks."""
    said = bool(question.index.declarations[question.asker])
    if kind.chain:
        return said or bool(question.columns.standing[question.asker] >= 0)
    return said or question.asker_is_body or bool(question.columns.fields[question.asker].any())


def _notes(
    question: Question, found: tuple[Recommendation, ...], helps: tuple[str, ...], suggested: int, by_place: bool
) -> list[Message]:
    """The one thing to say first of a thin answer: nearness is all that there is to go by (`by_place`), few partners
    (whatever the limit; `suggested` may stop counting at FEW), little known of the asker, an answer that rests on
    inferences, no distances."""
    data = [Message(f"datum.{name}") for name in helps]
    inferred = sum(any(item.kind is Evidence.INFERRED for item in each.evidence) for each in found) * 2 > len(found)
    if by_place:
        return [Message("note.by-place", {"dati": data})]
    if suggested < FEW:
        return [Message("note.few.helps" if helps else "note.few", {"n": suggested, "dati": data})]
    if question.columns.sector[question.asker] < 0 and not question.asker_is_body and helps:
        return [Message("note.thin.inferred" if inferred else "note.thin", {"dati": data})]
    if inferred:
        return [Message("note.inferred")]
    if question.columns.place[question.asker] < 0 and not question.asker_is_body:
        return [Message("note.no-place")]
    return []


def _equals(first: Shortlist, limit: int) -> list[Message]:
    """Said when others beyond the list have the very same score as its last: the order among equals means nothing."""
    total = np.round(first.scores.total[first.suggested], PRECISION - 2)
    last = total[min(limit, len(total)) - 1]
    more = int((total[limit:] == last).sum()) + (first.equals if total[-1] == last else 0)
    if not more:
        return []
    return [Message("note.equals", {"n": more}) if more > 1 else Message("note.equals.one")]
