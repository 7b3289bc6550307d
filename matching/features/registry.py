# SPDX-License-Identifier: EUPL-1.2
"""What a sign is, and the one list of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from data.model import Message
from matching.columns import Floats
from matching.question import Question

Values = Callable[[Question], Floats]
Reason = Callable[[Question, int], Message]


@dataclass(frozen=True, slots=True)
class Feature:
    """One named sign: `values` gives 0..1 for every candidate, `reason` the sentence for one of them.

    `facts` are what it rests on: field names of an organisation, or `participations`, `declarations`.
    """

    name: str
    values: Values
    reason: Reason
    facts: tuple[str, ...]


_FEATURES: dict[str, Feature] = {}
FEATURES: Mapping[str, Feature] = MappingProxyType(_FEATURES)


def feature(*facts: str, reason: Reason | None = None) -> Callable[[Values], Values]:
    """Registers a function as the sign of its own name, underscores as hyphens (`same_activity`: "same-activity")."""

    def register(values: Values) -> Values:
        name = str(getattr(values, "__name__", "")).replace("_", "-")
        _FEATURES[name] = Feature(name, values, reason or (lambda _question, _row: Message(f"feature.{name}")), facts)
        return values

    return register
