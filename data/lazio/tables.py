# SPDX-License-Identifier: EUPL-1.2
"""The shipped tables as rows of text, and where each of their columns comes from."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

from data.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class FactSource:
    """Where one shipped column comes from, as a page shows it.

    `name` is the Italian title and `name_en` the English one; `year` is None when the publisher states none; `licence`
    is as stated by whoever published the file ("not stated" when nobody did); `address` is the publisher's page, empty
    for our own work. `certainty` is `read` when licence and content were read at the source, else `to-verify`.
    """

    key: str
    name: str
    name_en: str
    publisher: str
    year: int | None
    licence: str
    address: str
    certainty: str


@cache
def read_table(name: str) -> tuple[Mapping[str, str], ...]:
    """The rows of a shipped CSV table (`municipalities`, `ateco_2025`, ...), every value as text."""
    text = resources.files("data.lazio").joinpath(f"{name}.csv").read_text(encoding="utf-8")
    return tuple(MappingProxyType(row) for row in csv.DictReader(text.splitlines()))


@cache
def sources() -> Mapping[str, FactSource]:
    """Every source of the shipped tables by its key."""
    found = {row["key"]: _source(row) for row in read_table("sources")}
    return MappingProxyType(found)


def _source(row: Mapping[str, str]) -> FactSource:
    year = int(row["year"]) if row["year"] else None
    return FactSource(
        row["key"],
        row["name"],
        row["name_en"],
        row["publisher"],
        year,
        row["licence"],
        row["address"],
        row["certainty"],
    )


@cache
def column_sources(table: str = "municipalities") -> Mapping[str, FactSource]:
    """The source of each column of a shipped table, by column name; raises `InvalidValue` for any other table."""
    tables = {row["table"] for row in read_table("columns")}
    if table not in tables:
        raise InvalidValue(field="table", value=table, allowed=", ".join(sorted(tables)))
    found = {row["column"]: sources()[row["source"]] for row in read_table("columns") if row["table"] == table}
    return MappingProxyType(found)
