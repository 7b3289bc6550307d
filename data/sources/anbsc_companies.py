# SPDX-License-Identifier: EUPL-1.2
"""Seized and confiscated companies (ANBSC): under management and destined, one row per asset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from data.records import Outcome, ReadOptions, Source, SourceInfo
from data.sources.confiscated import read_assets

KIND = "confiscated-company"


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per asset; those of other regions are out of the area."""
    return read_assets(paths, options, genre="aziende", kind=KIND)


SOURCE = Source(
    SourceInfo(
        name="anbsc-companies",
        title_it="Aziende sequestrate e confiscate (ANBSC)",
        title_en="Seized and confiscated companies (ANBSC)",
        publisher="ANBSC",
        licence="CC BY 4.0",
        address="https://www.dati.gov.it/",
        formats=(".csv", ".xlsx"),
        files=2,
    ),
    read,
)
