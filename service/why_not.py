# SPDX-License-Identifier: EUPL-1.2
"""Why somebody is not among the suggested partners, in the reader's words: for the page, the API, the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from data.model import Message, Organisation
from matching.checks import CheckState
from matching.ordinals import at_place
from matching.recommend import Filters, Recommendation, filter_words
from matching.why_not import Absence, Remedy, explain_absence
from service.messages import Words
from service.organisation_forms import fields_for
from service.organisation_sheet import sector_text
from service.partner_cards import Card, cards_of
from service.partners import filters_for
from service.snapshot import Snapshot
from service.why_not_schemas import AbsenceOut, CauseOut, RemedyOut, SignOut

SHOWN: Final = 10
MOST_FOUND: Final = 10


@dataclass(frozen=True, slots=True)
class SignRow:
    """One sign of the table: the points that it gives the body and the one beside it, and its sentence for the body."""

    feature: str
    sentence: str
    own: float
    beside: float

    @property
    def difference(self) -> float:
        """What the body has more; less where negative."""
        return round(self.own - self.beside, 1)


@dataclass(frozen=True, slots=True)
class RemedyLine:
    """One missing datum that would raise the body: the sentence, and whose form takes it (None: not ours to open)."""

    sentence: str
    owner: str
    datum: str
    place: int
    enters: bool
    can_declare: bool


@dataclass(frozen=True, slots=True)
class WhyNot:
    """All that the page shows of one body that was expected."""

    absence: Absence
    body: Organisation
    first: tuple[str, ...]
    causes: tuple[tuple[str, str], ...]
    card: Card | None
    beside: Card | None
    rows: tuple[SignRow, ...]
    remedies: tuple[RemedyLine, ...]

    @property
    def to_verify(self) -> int:
        """How many requirements are still to verify."""
        return self.card.count(CheckState.TO_VERIFY) if self.card else 0


def find_absence(
    snapshot: Snapshot, organisation_id: str, other_id: str, kind: str, filters: Filters | None = None
) -> Absence:
    """Why one body is not among the first partners of another. Raises UnknownOrganisation, UnknownKind."""
    asker, other = snapshot.organisation(organisation_id), snapshot.organisation(other_id)
    asked = filters_for(snapshot, asker.id, filters or Filters())
    return explain_absence(snapshot.index, asker.id, other.id, kind, asked, today=snapshot.today, shown=SHOWN)


def why_not_of(snapshot: Snapshot, absence: Absence, words: Words) -> WhyNot:
    """The page of an absence."""
    pair = [each for each in (absence.found, absence.beside) if each is not None]
    numbers = [absence.place or 0, absence.beside_place or 0][: len(pair)]
    cards = cards_of(snapshot, pair, absence.kind, words, numbers) if pair else ()
    card, beside = (*cards, None, None)[:2]
    return WhyNot(
        absence=absence,
        body=snapshot.organisation(absence.other),
        first=sentences_of(absence, words),
        causes=tuple((words.render(cause.message), cause.source) for cause in absence.causes),
        card=card,
        beside=beside,
        rows=_rows(absence, card, beside),
        remedies=tuple(_line(snapshot, absence, each, words) for each in absence.remedies),
    )


def sentences_of(absence: Absence, words: Words) -> tuple[str, ...]:
    """What is said first: where it stands, where it would stand, what keeps it below the one beside it."""
    said: Sequence[Message | None] = (absence.message, absence.otherwise, absence.down)
    return tuple(words.render(message) for message in said if message is not None)


def _rows(absence: Absence, card: Card | None, beside: Card | None) -> tuple[SignRow, ...]:
    """The signs of both, in points that add up as on their cards, those that keep the body down most first."""
    own, other = (_points(each) for each in (card, beside))
    said = {part.feature: part.sentence for part in card.arithmetic.parts} if card else {}
    return tuple(
        SignRow(gap.feature, said.get(gap.feature, ""), own.get(gap.feature, 0.0), other.get(gap.feature, 0.0))
        for gap in absence.gaps
    )


def _points(card: Card | None) -> Mapping[str, float]:
    return {part.feature: part.points for part in card.arithmetic.parts} if card else {}


def _line(snapshot: Snapshot, absence: Absence, remedy: Remedy, words: Words) -> RemedyLine:
    datum = remedy.supposition.datum
    owner = snapshot.organisation(remedy.owner)
    return RemedyLine(
        sentence=remedy_in_words(snapshot, absence, remedy, words),
        owner=owner.id,
        datum=datum,
        place=remedy.place,
        enters=remedy.place <= absence.shown,
        can_declare=datum == "declarations" or datum in fields_for(owner),
    )


def remedy_in_words(snapshot: Snapshot, absence: Absence, remedy: Remedy, words: Words) -> str:
    """What would raise the body, and to which place."""
    ours = remedy.owner == absence.asker
    return words.text(
        "why-not.remedy.ours" if ours else "why-not.remedy.theirs",
        nome=snapshot.organisation(remedy.owner).name,
        dato=words.text(f"datum.{remedy.supposition.datum}"),
        valore=_value(snapshot, remedy, words),
        dove=at_place(remedy.place),
        n=remedy.of,
    )


def _value(snapshot: Snapshot, remedy: Remedy, words: Words) -> str:
    datum, value = remedy.supposition.datum, remedy.supposition.value
    if datum == "sector":
        code, version = value
        return sector_text(code, version, words) or str(code)
    if datum == "municipality" and value in snapshot.municipalities:
        return snapshot.municipalities[value].name
    return words.write(remedy.supposition.words)


def filters_in_words(filters: Filters, words: Words) -> str:
    """The filters that are set, in one sentence; empty where none is."""
    named = [words.render(filter_words(filters, name)) for name in filters.active]
    return words.text("why-not.filters", filtri=named) if named else ""


# --- for programs -----------------------------------------------------------------------------------------------


def absence_in_words(snapshot: Snapshot, absence: Absence, words: Words) -> AbsenceOut:
    """The object of `land recommend --why-not --json` and of the API."""
    return AbsenceOut(
        organisation=absence.asker,
        partner=absence.other,
        name=snapshot.organisation(absence.other).name,
        kind=absence.kind,
        suggested=absence.suggested,
        place=absence.place,
        of=absence.of,
        sentence=" ".join(sentences_of(absence, words)),
        causes=[
            CauseOut(obstacle=cause.obstacle.value, sentence=words.render(cause.message), source=cause.source)
            for cause in absence.causes
        ],
        score=absence.found.score if absence.found else None,
        beside=absence.beside.partner if absence.beside else None,
        beside_place=absence.beside_place,
        beside_score=absence.beside.score if absence.beside else None,
        signs=[_sign(absence, gap.feature, gap.own, gap.beside, words) for gap in absence.gaps],
        to_verify=[
            words.render(check.message)
            for check in (absence.found.checks if absence.found else ())
            if check.state is CheckState.TO_VERIFY
        ],
        remedies=[
            RemedyOut(
                organisation=remedy.owner,
                datum=remedy.supposition.datum,
                place=remedy.place,
                of=remedy.of,
                sentence=remedy_in_words(snapshot, absence, remedy, words),
            )
            for remedy in absence.remedies
        ],
        tried=absence.tried,
    )


def _sign(absence: Absence, feature: str, own: float, beside: float, words: Words) -> SignOut:
    return SignOut(
        feature=feature,
        name=words.text(f"sign.{feature}"),
        contribution=own,
        beside=beside,
        sentence=_sentence(absence.found, feature, words),
    )


def _sentence(found: Recommendation | None, feature: str, words: Words) -> str:
    said = [each.message for each in (found.contributions if found else ()) if each.feature == feature]
    return words.render(said[0]) if said else ""
