# SPDX-License-Identifier: EUPL-1.2
"""Words that come with the shipped facts, in both languages there: rules, forms of partnership, goods, chains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from data.lazio.chains import chains
from data.lazio.goods import goods
from data.lazio.instruments import instruments
from data.lazio.rules import rules
from data.lazio.themes import themes


@cache
def shipped_words(language: str) -> Mapping[str, str]:
    """Message key -> text: `rule.ID`, `instrument.CODE` (`.sentence`, `.next`), `good.KEY`, `chain.CODE` (`.STAGE`),
    `theme.KEY`."""
    place = 0 if language == "it" else 1
    return {key: both[place] for key, both in _both()}


def _both() -> Iterator[tuple[str, tuple[str, str]]]:
    for rule in rules():
        yield f"rule.{rule.id}", (rule.text_it, rule.text_en)
    for form in instruments():
        yield f"instrument.{form.code}", (form.name_it, form.name_en)
        yield f"instrument.{form.code}.sentence", (form.sentence_it, form.sentence_en)
        yield f"instrument.{form.code}.next", (form.next_it, form.next_en)
    for good in goods():
        yield f"good.{good.key}", (good.it, good.en)
    for chain in chains():
        yield f"chain.{chain.code}", (chain.name_it, chain.name_en)
        for stage in chain.stages:
            yield f"chain.{chain.code}.{stage.key}", (stage.role_it, stage.role_en)
    for theme in themes():
        yield f"theme.{theme.key}", (theme.it, theme.en)
