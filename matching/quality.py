# SPDX-License-Identifier: EUPL-1.2
"""Committed figures of how good the suggestions are: tables with the day they were made, in `quality.json`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final

from matching.evaluation_table import Table, table_of_json

FILE: Final = "quality.json"


@dataclass(frozen=True, slots=True)
class Kept:
    """A table, the data it was made on (a name that has words), and the day."""

    name: str
    measured_on: date
    table: Table


@cache
def kept() -> tuple[Kept, ...]:
    """The committed tables, in the order in which they were added."""
    return read_kept(files("matching").joinpath(FILE).read_text(encoding="utf-8"))


def read_kept(text: str) -> tuple[Kept, ...]:
    """The tables of a file's text."""
    return tuple(
        Kept(each["name"], date.fromisoformat(each["measured_on"]), table_of_json(each["table"]))
        for each in json.loads(text)["tables"]
    )


def with_table(before: Sequence[Kept], name: str, day: date, table: Table) -> tuple[Kept, ...]:
    """The tables with this one at the place of the one of the same name, or at the end."""
    new = Kept(name, day, table)
    if any(each.name == name for each in before):
        return tuple(new if each.name == name else each for each in before)
    return (*before, new)


def kept_text(tables: Sequence[Kept]) -> str:
    """The text of the file: one line per line of a table, so that changes can be read."""
    made = [
        {"name": each.name, "measured_on": each.measured_on.isoformat(), "table": each.table.as_json()}
        for each in tables
    ]
    text = json.dumps({"tables": made}, ensure_ascii=False, indent=None, separators=(",", ": "))
    for start in ('{"ranker"', '{"name"', '"lines"', '"against"', '"ablations"'):
        text = text.replace(f",{start}", f",\n{start}").replace(f"[{start}", f"[\n{start}")
    return text + "\n"
