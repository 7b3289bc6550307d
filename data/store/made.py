# SPDX-License-Identifier: EUPL-1.2
"""Many rows of the database as nouns at once: column by column, which takes a fraction of one call for each."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar

from sqlalchemy import Connection, Select

_T = TypeVar("_T")


def columns_of(connection: Connection, query: Select[Any]) -> dict[str, Sequence[Any]]:
    """What a question finds, by column name; all columns are equally long."""
    found = connection.execute(query)
    names = tuple(found.keys())
    rows = found.all()
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    return dict(zip(names, columns, strict=True))


def made_of(noun: type[_T], columns: Mapping[str, Sequence[Any]]) -> list[_T]:
    """Objects of a dataclass with slots, field by field from the columns of these names, as its own call would make
    them. Every field needs its column; raises KeyError without, ValueError when one is longer than another.
    """
    wanted = {each.name: columns[each.name] for each in fields(noun)}  # type: ignore[arg-type]
    counts = {len(column) for column in wanted.values()}
    if len(counts) != 1:
        raise ValueError(f"columns of different lengths: {sorted(counts)}")
    made = [noun.__new__(noun) for _ in range(counts.pop())]
    for name, column in wanted.items():
        deque(map(getattr(noun, name).__set__, made, column), maxlen=0)  # frozen ones are set by their slots
    return made


def once_each(column: Iterable[_T]) -> list[_T]:
    """The same values, equal ones as one object: rows repeat names and texts, and the memory need not."""
    known: dict[_T, _T] = {}
    return list(map(known.setdefault, *(list(column),) * 2))


def each_read(column: Iterable[_T], read: Callable[[_T], Any]) -> list[Any]:
    """What `read` makes of every value; asked once for equal ones, which therefore share it."""
    values = list(column)
    known = {value: read(value) for value in dict.fromkeys(values)}
    return list(map(known.__getitem__, values))
