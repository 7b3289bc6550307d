# SPDX-License-Identifier: EUPL-1.2
"""The legal instruments open to a pair, lightest first, each with its checks."""

from __future__ import annotations

from dataclasses import dataclass

from data.model import Message
from matching.checks import Check
from matching.kinds import Partnership
from matching.question import Question


@dataclass(frozen=True, slots=True)
class InstrumentOption:
    """One instrument that a pair may use: its code, name, and how its rules stand (none failed)."""

    code: str
    name: Message
    checks: tuple[Check, ...]


def instruments_of(_question: Question, _row: int, _kind: Partnership) -> tuple[InstrumentOption, ...]:
    """Instruments open to the asker and one body for this kind, lightest first."""
    return ()
