# SPDX-License-Identifier: EUPL-1.2
"""Seized and confiscated buildings and land (ANBSC): under management and destined, one row per asset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from data.records import Outcome, ReadOptions, Source, SourceInfo
from data.sources.confiscated import PROPERTY, read_assets


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per asset; those of other regions are out of the area."""
    return read_assets(paths, options, genre="immobili", kind=PROPERTY)


SOURCE = Source(
    SourceInfo(
        name="anbsc-properties",
        title_it="Immobili sequestrati e confiscati (ANBSC)",
        title_en="Seized and confiscated buildings and land (ANBSC)",
        publisher="ANBSC",
        licence="CC BY 4.0",
        address="https://www.dati.gov.it/",
        formats=(".csv", ".xlsx"),
        files=2,
    ),
    read,
)
