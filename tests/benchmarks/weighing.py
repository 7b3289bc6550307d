"""How many bytes a structure holds beside what was loaded anyway: each array, list and table counted once."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass

import numpy as np
import scipy.sparse as sp

SCALARS = (bool, int, float, complex, type(None), type)


def seen_in(things: Iterable[object]) -> set[int]:
    """What these dataclasses are and hold, by identity: not to be counted again."""
    known: set[int] = set()
    for thing in things:
        known.add(id(thing))
        known.update(id(getattr(thing, each.name)) for each in fields(thing))  # type: ignore[arg-type]
    return known


class Scale:
    """Weighs things; what was `known` before weighs nothing, and nothing weighs twice."""

    def __init__(self, known: set[int]) -> None:
        self._seen = set(known)
        self._kept: list[object] = []
        self.parts: dict[str, int] = {}

    def weigh(self, thing: object, name: str = "") -> int:
        """Bytes of a thing and of all that only it holds; `parts` tells those of the fields by name."""
        if isinstance(thing, SCALARS) or id(thing) in self._seen:
            return 0
        self._seen.add(id(thing))
        self._kept.append(thing)  # so that no identity is given twice
        size = self._own(thing) + sum(self.weigh(part, f"{name}.{at}") for at, part in self._parts(thing))
        self.parts[name] = self.parts.get(name, 0) + size
        return size

    def _own(self, thing: object) -> int:
        if not isinstance(thing, np.ndarray):
            return sys.getsizeof(thing)
        if not isinstance(thing.base, np.ndarray):
            return thing.nbytes
        return self.weigh(thing.base)  # a view holds what it looks into

    def _parts(self, thing: object) -> Iterable[tuple[str, object]]:
        if sp.issparse(thing) or (hasattr(thing, "__dict__") and not isinstance(thing, np.ndarray)):
            yield from vars(thing).items()
        if is_dataclass(thing):
            yield from ((each.name, getattr(thing, each.name)) for each in fields(thing))
        elif isinstance(thing, Mapping):
            yield from (("[]", part) for pair in thing.items() for part in pair)
        elif isinstance(thing, list | tuple | set | frozenset):
            yield from (("[]", part) for part in thing)
