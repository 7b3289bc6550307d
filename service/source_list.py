# SPDX-License-Identifier: EUPL-1.2
"""Every source that we can read, beside the last import of each: for the sources page, the API and `land sources`."""

from __future__ import annotations

from collections.abc import Iterable

from data.model import Load
from data.sources import SOURCES
from service.schemas import LoadOut, SourceOut
from service.source_notes import in_one_language


def list_sources(loads: Iterable[Load], language: str) -> list[SourceOut]:
    """One entry per known source in name order, with its newest load."""
    newest = {load.source: load for load in sorted(loads, key=lambda load: load.id)}
    return [
        SourceOut(
            name=info.name,
            title=info.title_it if language == "it" else info.title_en,
            publisher=in_one_language(info.publisher, language),
            licence=in_one_language(info.licence, language),
            address=info.address,
            formats=info.formats,
            evidence=info.evidence,
            loaded=LoadOut.model_validate(newest[info.name]) if info.name in newest else None,
        )
        for _, info in sorted((name, source.info) for name, source in SOURCES.items())
    ]
