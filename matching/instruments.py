# SPDX-License-Identifier: EUPL-1.2
"""The forms of partnership open to a pair, those at home in its sectors first, lightest first, each with its checks."""

from __future__ import annotations

from dataclasses import dataclass

from data.lazio.instruments import instrument_verdicts
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
    """Forms open to a pair that no universal rule keeps apart; a form is closed only by what is known."""
    verdicts = instrument_verdicts(kind.name, facts.own, facts.other, facts.together)
    found = [each for each in verdicts if each.state != "failed"]
    return tuple(
        InstrumentOption(
            code=each.instrument.code,
            name=Message(f"instrument.{each.instrument.code}"),
            state=CheckState(each.state),
            sentence=Message(f"instrument.{each.instrument.code}.sentence"),
            next_step=Message(f"instrument.{each.instrument.code}.next"),
            checks=tuple(shown(check) for check in each.checks),
            warnings=tuple(shown(check) for check in each.warnings),
        )
        for each in found
    )
