# SPDX-License-Identifier: EUPL-1.2
"""Suggested partners as the pages show them: cards in words, and the arithmetic that visibly adds up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from data.model import Organisation
from matching.checks import Check, CheckState
from matching.evidence import EvidenceItem
from matching.features import FEATURES
from matching.instruments import InstrumentOption
from matching.kinds import Partnership, partnership
from matching.recommend import Contribution, Recommendation
from service.messages import Words, has
from service.organisation_sheet import Origin, place_text, value_text, work_text
from service.snapshot import Snapshot
from service.source_notes import source_note

CHART_WIDTH: Final = 600.0
POINTS: Final = 100  # the weights of a kind sum to 1, so a partner can reach 100 points
MOST_BEHIND: Final = 8
_KINDS_OF_FACT: Final[Mapping[str, tuple[str, ...]]] = {
    "participations": ("participations", "memberships"),
    "declarations": ("offers", "seeks"),
}


@dataclass(frozen=True, slots=True)
class Behind:
    """One fact behind a reason: whose it is (the asker's own or the partner's), what, its value, what it rests on."""

    own: bool
    name: str
    value: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Part:
    """One sign in the arithmetic: its number in the drawing, points (tenths are exact), and its bar in chart units.

    `most` are the points that the sign can give at most; negative for signs against.
    """

    number: int
    feature: str
    sentence: str
    points: float
    most: float
    x: float
    width: float
    facts: tuple[Behind, ...]

    @property
    def against(self) -> bool:
        """True when the sign takes points away."""
        return self.points < 0 or self.most < 0


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """The parts that add up to `total` points, to the tenth; `end` is where the total stands in the chart."""

    parts: tuple[Part, ...]
    total: float
    end: float

    @property
    def gains(self) -> tuple[Part, ...]:
        """The parts that add."""
        return tuple(part for part in self.parts if not part.against)

    @property
    def losses(self) -> tuple[Part, ...]:
        """The parts that take away."""
        return tuple(part for part in self.parts if part.against)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One check as shown."""

    state: CheckState
    text: str
    source: str
    date: date | None


@dataclass(frozen=True, slots=True)
class Instrument:
    """One form of partnership as shown."""

    code: str
    name: str
    sentence: str
    next_step: str
    state: CheckState
    checks: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """One suggested partner."""

    number: int
    body: Organisation
    place: str | None
    km: float | None
    work: str | None
    reasons: tuple[Part, ...]
    against: tuple[str, ...]
    checks: tuple[Verdict, ...]
    labels: tuple[Verdict, ...]
    instruments: tuple[Instrument, ...]
    next_step: str
    arithmetic: Arithmetic

    def count(self, state: str) -> int:
        """How many checks came out so, labels left aside."""
        return sum(check.state == state for check in self.checks)


def cards_of(
    snapshot: Snapshot, found: Sequence[Recommendation], kind: str, words: Words, numbers: Sequence[int] | None = None
) -> tuple[Card, ...]:
    """Cards of these suggestions; bars are drawn to one scale, so that cards can be compared by eye."""
    scale = max((_gain(each) for each in found), default=0.0)
    entry = partnership(kind)
    places = numbers or range(1, len(found) + 1)
    return tuple(_card(snapshot, each, entry, words, place, scale) for place, each in zip(places, found, strict=True))


def _gain(found: Recommendation) -> float:
    return sum(each.contribution for each in found.contributions if each.contribution > 0)


def _card(
    snapshot: Snapshot, found: Recommendation, kind: Partnership, words: Words, number: int, scale: float
) -> Card:
    body = snapshot.organisation(found.partner)
    arithmetic = arithmetic_of(snapshot, found, kind, words, scale)
    shown = {each.feature for each in found.reasons}
    return Card(
        number=number,
        body=body,
        place=place_text(snapshot, body.municipality, body.province, words),
        km=found.km,
        work=work_text(body, words),
        reasons=tuple(part for part in arithmetic.parts if part.feature in shown),
        against=tuple(words.render(message) for message in found.against),
        checks=tuple(_verdict(check, words) for check in found.checks),
        labels=tuple(_verdict(check, words) for check in found.labels),
        instruments=tuple(_instrument(each, words) for each in found.instruments),
        next_step=words.render(found.next_step),
        arithmetic=arithmetic,
    )


def _verdict(check: Check, words: Words) -> Verdict:
    return Verdict(check.state, words.render(check.message), check.source, check.checked_on)


def _instrument(option: InstrumentOption, words: Words) -> Instrument:
    return Instrument(
        code=option.code,
        name=words.render(option.name),
        sentence=words.render(option.sentence),
        next_step=words.render(option.next_step),
        state=option.state,
        checks=tuple(_verdict(check, words) for check in (*option.checks, *option.warnings)),
    )


# --- the arithmetic ---------------------------------------------------------------------------------------------


def arithmetic_of(
    snapshot: Snapshot, found: Recommendation, kind: Partnership, words: Words, scale: float
) -> Arithmetic:
    """The contributions as points of 100 that add up to the total as shown, and as bars on a chart of CHART_WIDTH."""
    gains = [each for each in found.contributions if each.contribution > 0]
    losses = [each for each in found.contributions if each.contribution <= 0]
    points = shown_points([each.contribution for each in (*gains, *losses)])
    unit = CHART_WIDTH / scale if scale > 0 else 0.0
    weights = snapshot.index.weights_of(kind)
    parts: list[Part] = []
    edge = 0.0
    for number, (each, shown) in enumerate(zip((*gains, *losses), points, strict=True), start=1):
        width = abs(each.contribution) * unit
        start = edge if each.contribution > 0 else edge - width
        edge = start + width if each.contribution > 0 else start
        parts.append(
            Part(
                number=number,
                feature=each.feature,
                sentence=words.render(each.message),
                points=shown,
                most=weights[each.feature] * POINTS,
                x=round(start, 2),
                width=round(width, 2),
                facts=_behind(snapshot, each, found, words),
            )
        )
    return Arithmetic(tuple(parts), round(sum(points), 1), round(edge, 2))


def shown_points(contributions: Sequence[float]) -> list[float]:
    """Points to one decimal whose sum is the rounded sum: what rounding leaves over goes where it distorts least."""
    exact = [each * POINTS * 10 for each in contributions]
    tenths = [round(each) for each in exact]
    left = round(sum(exact)) - sum(tenths)
    step = 1 if left > 0 else -1
    order = sorted(range(len(exact)), key=lambda place: (-step * (exact[place] - tenths[place]), place))
    for place in order[: abs(left)]:
        tenths[place] += step
    return [each / 10 for each in tenths]


def _behind(snapshot: Snapshot, sign: Contribution, found: Recommendation, words: Words) -> tuple[Behind, ...]:
    wanted = {kind for fact in FEATURES[sign.feature].facts for kind in _KINDS_OF_FACT.get(fact, (fact,))}
    rows = [item for item in found.evidence if item.fact in wanted]
    return tuple(_fact(snapshot, item, found.partner, words) for item in rows[:MOST_BEHIND])


def _fact(snapshot: Snapshot, item: EvidenceItem, partner: str, words: Words) -> Behind:
    body = snapshot.organisation(item.organisation) if item.organisation in snapshot.position else None
    key = f"org.field.{item.fact}"
    return Behind(
        own=item.organisation != partner,
        name=words.text(key) if has(key) else item.fact,
        value=value_text(snapshot, body, item.fact, item.value, words) if body else words.write(item.value),
        origin=Origin(item.kind, source_note(item.source, words.language), item.date),
    )
