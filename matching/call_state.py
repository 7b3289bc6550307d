# SPDX-License-Identifier: EUPL-1.2
"""Whether a call is open today, and why.

A call whose last day has passed is closed whatever its source says (control N09); one that was read long ago, or has no
dates, is unknown, to be verified by a person before anybody is sent there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from data.model import Call, Message

READ_LATELY: Final = 180
"""Days for which the reading of a call with a closing day holds; our own judgement."""
READ_JUST_NOW: Final = 60
"""Days for which the word "open" of a call without a closing day holds; our own judgement."""


class CallState(StrEnum):
    """Whether one may apply today."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a call on a day, why, and the days left (0 is the last day; None when no last day is known)."""

    state: CallState
    why: Message
    days_left: int | None = None


def standing(call: Call, today: date) -> Standing:
    """Whether a call is open today. What its dates say outranks what its source called it on the day of reading."""
    left = None if call.closes is None else (call.closes - today).days
    if left is not None and left < 0:
        return Standing(CallState.CLOSED, Message("call.why.over", {"day": call.closes}))
    if call.state == CallState.CLOSED:
        return Standing(CallState.CLOSED, Message("call.why.said-closed", {"day": call.read_on}))
    if call.opens is not None and call.opens > today:
        return Standing(CallState.CLOSED, Message("call.why.not-yet", {"day": call.opens}), left)
    age = None if call.read_on is None else (today - call.read_on).days
    if age is None or age < 0:
        return Standing(CallState.UNKNOWN, Message("call.why.never-read"), left)
    if left is None:
        if call.state == CallState.OPEN and age <= READ_JUST_NOW:
            return Standing(CallState.OPEN, Message("call.why.open-no-end", {"day": call.read_on}))
        return Standing(CallState.UNKNOWN, Message("call.why.no-dates", {"day": call.read_on}))
    if age > READ_LATELY:
        return Standing(CallState.UNKNOWN, Message("call.why.read-long-ago", {"day": call.read_on}), left)
    if call.state == CallState.UNKNOWN:
        return Standing(CallState.UNKNOWN, Message("call.why.said-unknown", {"day": call.read_on}), left)
    return Standing(CallState.OPEN, Message("call.why.open", {"day": call.closes, "left": left}), left)


def is_to_come(call: Call, today: date) -> bool:
    """True for a call that is not open yet, and will be."""
    return call.opens is not None and call.opens > today and call.state != CallState.CLOSED
