# SPDX-License-Identifier: EUPL-1.2
"""What is said beside an inferred fact: the words that led to it, how sure it is, and the click that makes it known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from data.inference.bodies import NAME, PARTNERS, TENDERS
from data.inference.source import NAME as INFERENCE
from data.lazio import bridge
from data.model import Evidence, Organisation
from service.corrections import CORRECTABLE, SECTOR_VERSION
from service.messages import Words

SUPPOSED: Final = frozenset({Evidence.INFERRED, Evidence.PREDICTED})
_GROUND: Final = re.compile(rf"^({NAME}|{TENDERS}|{PARTNERS}): (.*)$")


@dataclass(frozen=True, slots=True)
class Inference:
    """An inferred fact as a reader sees it: the grounds in words, of a hundred such how many are right, and the value
    that a click would make declared ("" where only a correction can)."""

    grounds: str
    percent: int
    confirm: str


def only_inferred(body: Organisation, field: str) -> bool:
    """True where nobody said the value: read from a name or another fact, by whichever source."""
    known = body.provenance.get(field)
    return known is not None and known.evidence in SUPPOSED


def inference_of(body: Organisation, field: str, words: Words) -> Inference | None:
    """What is said beside a fact that inference wrote; None beside any other."""
    known = body.provenance.get(field)
    if known is None or known.evidence is not Evidence.INFERRED or known.source != INFERENCE:
        return None
    return Inference(grounds_text(known.note, words), round(known.confidence * 100), _confirmed(body, field))


def grounds_text(note: str, words: Words) -> str:
    """The note of an inferred value in the reader's language; a note of another kind as it is."""
    said: list[str] = []
    for part in note.split("; "):
        ground = _GROUND.match(part)
        said.append(words.text(f"inferred.from.{ground[1]}", words=ground[2]) if ground else part)
    return "; ".join(said)


def _confirmed(body: Organisation, field: str) -> str:
    """What a form would send to say that the value is right."""
    value = getattr(body, field)
    if field not in CORRECTABLE or not value:
        return ""
    if field == "sector":
        there = bridge(str(value), body.sector_version or "2007", SECTOR_VERSION)
        return there[0] if len(there) == 1 else ""
    return ",".join(value) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)
