"""Nouns filled column by column are those that their own call makes."""

from dataclasses import FrozenInstanceError, fields

import pytest

from data.model import Identifier, Participation
from data.store.made import each_read, made_of, once_each

PROJECTS = {
    **{each.name: [None, None] for each in fields(Participation)},
    "project": ["P1", "P2"],
    "organisation": ["a", "b"],
    "kind": ["tender", "network"],
    "source": ["", "list"],
    "demonstration": [False, True],
}


def test_nouns_of_columns_are_those_of_calls() -> None:
    rows = [dict(zip(PROJECTS, row, strict=True)) for row in zip(*PROJECTS.values(), strict=True)]
    made = made_of(Participation, PROJECTS)
    assert made == [Participation(**row) for row in rows]
    assert [hash(each) for each in made] == [hash(Participation(**row)) for row in rows]
    with pytest.raises(FrozenInstanceError):
        made[0].project = "P3"  # type: ignore[misc]


def test_no_field_stays_empty() -> None:
    with pytest.raises(KeyError):
        made_of(Participation, {name: column for name, column in PROJECTS.items() if name != "lot"})
    with pytest.raises(ValueError, match="lengths"):
        made_of(Participation, {**PROJECTS, "lot": ["L1"]})
    assert made_of(Identifier, {"scheme": [], "value": []}) == []


def test_equal_values_become_one_object() -> None:
    words = [*("gara-1".replace("-", sign) for sign in "  "), None]
    shared = once_each(words)
    assert shared == words
    assert shared[0] is shared[1]
    read = each_read(words, lambda word: [str(word).upper()])
    assert read == [["GARA 1"], ["GARA 1"], ["NONE"]]
    assert read[0] is read[1]
