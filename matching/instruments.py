# SPDX-License-Identifier: EUPL-1.2
"""The forms of partnership open to a pair and called for, the surest and lightest first, each with its checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from data.lazio.instruments import RuleCheck, instrument_verdicts
from data.model import Message
from matching.checks import Check, CheckState, PairFacts, shown
from matching.kinds import Partnership


@dataclass(frozen=True, slots=True)
class InstrumentOption:
    """One form that a pair may use: code, name, whether its rules are passed or some are to verify (never failed).

    `sentence` says what it is, `next_step` what to do first; `checks` are its deciding rules, `warnings` what to mind.
    """

    code: str
    name: Message
    state: CheckState
    sentence: Message
    next_step: Message
    checks: tuple[Check, ...]
    warnings: tuple[Check, ...] = ()


def instruments_of(facts: PairFacts, kind: Partnership) -> tuple[InstrumentOption, ...]:
    """Forms open to a pair that no universal rule keeps apart; a form is closed only by what is known.

    See `data.lazio.instruments` for their order and for the few that wait for a sign.
    """
    verdicts = instrument_verdicts(kind.name, facts.own, facts.other, facts.together)
    found = [each for each in verdicts if each.state != "failed" and each.named]
    return tuple(
        InstrumentOption(
            code=each.instrument.code,
            name=Message(f"instrument.{each.instrument.code}"),
            state=CheckState(each.state),
            sentence=Message(f"instrument.{each.instrument.code}.sentence"),
            next_step=Message(f"instrument.{each.instrument.code}.next"),
            checks=tuple(_once(each.checks)),
            warnings=tuple(_once(each.warnings)),
        )
        for each in found
    )


def _once(checks: Iterable[RuleCheck]) -> Iterator[Check]:
    """Each rule once, met only when it is met on every side that it is about."""
    for _, sides in groupby(checks, key=lambda check: check.rule.id):
        yield min((shown(check) for check in sides), key=lambda check: check.state is CheckState.PASSED)
