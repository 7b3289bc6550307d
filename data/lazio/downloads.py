# SPDX-License-Identifier: EUPL-1.2
"""Where the official file of each source is published, how large it may be, and how often a new one comes out."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

KINDS: Final = frozenset({"zip", "parquet", "xlsx", "csv", "json"})
# Days after which a new file is to be expected; None where nothing is known or nothing will come.
CADENCES: Final[Mapping[str, int | None]] = MappingProxyType(
    {"day": 1, "month": 31, "two-months": 62, "year": 366, "ten-years": 3653, "never": None, "unknown": None}
)


@dataclass(frozen=True, slots=True)
class Download:
    """One file that can be asked for: its address, what it is called here and must be, and its limit in bytes."""

    source: str
    address: str
    name: str
    kind: str
    limit: int
    browser: bool = False


@dataclass(frozen=True, slots=True)
class Publication:
    """How a source is published. `page` is where a person downloads it by hand; `certain` is False from memory."""

    source: str
    page: str
    addresses: tuple[str, ...]
    years: tuple[int, ...]
    name: str
    kind: str
    limit: int
    browser: bool
    cadence: str
    certain: bool

    def downloads(self, year: int | None = None) -> tuple[Download, ...]:
        """The files to ask for: those of a year (the newest offered unless told), or the one edition there is."""
        wanted = year if year is not None else (self.years[-1] if self.years else None)
        filled = (address.replace("{year}", str(wanted)) for address in self.addresses)
        return tuple(
            Download(self.source, address, self.name or _last_piece(address), self.kind, self.limit, self.browser)
            for address in filled
        )

    def next_due(self, data_day: date | None) -> date | None:
        """The day from which a newer edition than that of `data_day` may be out; None where nobody can say."""
        days = CADENCES[self.cadence]
        return data_day + timedelta(days=days) if data_day and days else None


def _last_piece(address: str) -> str:
    return urlsplit(address).path.rsplit("/", 1)[-1]


@cache
def publications() -> Mapping[str, Publication]:
    """Source name -> how it is published, for every official source that has a publisher."""
    table = tomllib.loads(resources.files("data.lazio").joinpath("downloads.toml").read_text(encoding="utf-8"))
    return MappingProxyType({name: _publication(name, row) for name, row in table.items()})


def _publication(source: str, row: Mapping[str, object]) -> Publication:
    files, years = row["files"], row.get("years", ())
    kind, cadence = str(row["kind"]), str(row["cadence"])
    if (
        kind not in KINDS
        or cadence not in CADENCES
        or not isinstance(files, list)
        or not isinstance(years, list | tuple)
    ):
        raise ValueError(f"downloads.toml: {source}")
    return Publication(
        source=source,
        page=str(row["page"]),
        addresses=tuple(map(str, files)),
        years=tuple(map(int, years)),
        name=str(row.get("name", "")),
        kind=kind,
        limit=int(str(row["limit_mb"])) * 1_000_000,
        browser=bool(row.get("browser", False)),
        cadence=cadence,
        certain=row["certainty"] == "read",
    )
