# SPDX-License-Identifier: EUPL-1.2
"""What a sign is, and the one list of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

import scipy.sparse as sp

from data.model import Message
from matching.columns import Columns, Floats, Ints
from matching.question import Question

Values = Callable[[Question], Floats]
Reason = Callable[[Question, int], Message]
Reach = Callable[[Question], Ints]


class By(Enum):
    """What of the two decides the value of a sign that has no reach.

    `CLASS`: the columns of both but for comune, province and year of founding, whether their categories were given and
    whether one buyer dominates them; `PLACE`: for candidates that no sign with a reach touches, these, their comuni
    and provinces; `ROW`: anything.
    """

    CLASS = "class"
    PLACE = "place"
    ROW = "row"


@dataclass(frozen=True, slots=True)
class Shared:
    """What a candidate must share with the asker for a sign to speak: one of these keys, and how much the sign can say
    at most where each is shared. `make` gives who has which key (organisations x keys), the same for a `name`. Signs in
    `without` say nothing of a candidate of whom this one speaks."""

    name: str
    make: Callable[[Columns], sp.csr_array]
    keys: Ints
    most: Floats
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Feature:
    """One named sign: `values` gives 0..1 for every candidate, `reason` the sentence for one of them.

    `facts` are what it rests on: field names of an organisation, or `participations`, `declarations`.

    What follows is for speed alone, and must be true. `reach` gives rows of the index, ascending, outside which the
    sign is surely 0, and `most` what it never exceeds for each of these (without: 1). `by` says what decides the value
    of a sign without reach; `ceiling` what it never exceeds, wherever a candidate sits and whatever it declares, itself
    decided by class and by whether the asker declares anything (without: 1); `near` what it never exceeds, whatever a
    candidate is, itself decided by comune and province (without: 1); `idle` tells of an asker for whom it is 0 with
    everybody that no sparse sign touches; `shared` what such candidates must share with the asker.
    """

    name: str
    values: Values
    reason: Reason
    facts: tuple[str, ...]
    reach: Reach | None = None
    by: By = By.ROW
    ceiling: Values | None = None
    near: Values | None = None
    idle: Callable[[Question], bool] | None = None
    shared: Callable[[Question], Shared] | None = None
    most: Values | None = None


_FEATURES: dict[str, Feature] = {}
FEATURES: Mapping[str, Feature] = MappingProxyType(_FEATURES)


def feature(
    *facts: str,
    reason: Reason | None = None,
    reach: Reach | None = None,
    by: By = By.ROW,
    ceiling: Values | None = None,
    near: Values | None = None,
    idle: Callable[[Question], bool] | None = None,
    shared: Callable[[Question], Shared] | None = None,
    most: Values | None = None,
) -> Callable[[Values], Values]:
    """Registers a function as the sign of its own name, underscores as hyphens (`same_activity`: "same-activity")."""

    def register(values: Values) -> Values:
        name = str(getattr(values, "__name__", "")).replace("_", "-")
        said = reason or (lambda _question, _row: Message(f"feature.{name}"))
        _FEATURES[name] = Feature(name, values, said, facts, reach, by, ceiling, near, idle, shared, most)
        return values

    return register
