# SPDX-License-Identifier: EUPL-1.2
"""Facts that are only supposed: they may suggest, with less weight than a known one and said so; they never exclude."""

from __future__ import annotations

from typing import Final

from data.model import Evidence, Message, Organisation

SUPPOSED: Final = 0.75
"""What is left of a sign that rests on a supposed fact: below the same sign on a known one, whatever else speaks."""

WORK_FACTS: Final = frozenset({"sector", "sector_version", "social_type", "chain_stages", "themes"})
"""The facts that inference fills; what a name says of its own legal form or life is read as it is written."""

SUPPOSED_KINDS: Final = frozenset({Evidence.INFERRED, Evidence.PREDICTED})
_GROUNDS: Final = {"name": "name", "tenders": "participations", "partners": "participations"}


def is_supposed(body: Organisation, field: str) -> bool:
    """True when the value of one of the work facts is inferred or predicted, not told."""
    known = body.provenance.get(field)
    return field in WORK_FACTS and known is not None and known.evidence in SUPPOSED_KINDS


def certain(body: Organisation, field: str) -> object:
    """The value of a fact unless it is only supposed; then None, as if nobody had said it."""
    return None if is_supposed(body, field) else getattr(body, field)


def grounds_of(body: Organisation, field: str) -> list[Message]:
    """What a supposed fact rests on, in words ("dal nome", "dalle gare"); the name where nothing says."""
    known = body.provenance.get(field)
    said = known.note if known is not None else ""
    found = dict.fromkeys(judged for ground, judged in _GROUNDS.items() if f"{ground}: " in said) or {"name": None}
    return [Message(f"judging-by.{judged}") for judged in found]
