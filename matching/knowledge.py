# SPDX-License-Identifier: EUPL-1.2
"""What the shipped tables say (chains, goods, sectors, places), in the shape that ranking needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from data import lazio
from data.lazio import chains, goods
from matching.words import tokens

STRENGTHS = {"strong": 1.0, "weak": 0.4}
FOOD_DIVISIONS = ("01", "03", "10", "11")

Sector = tuple[str, str]  # code without dots, version; or keys "chain:stage" joined by blanks, STAGES
STAGES = "stages"


@dataclass(frozen=True, slots=True)
class StageLink:
    """How sector A stands towards sector B in the chains.

    `supplies` 0..1 when A's stage feeds B's, `buys` when B's feeds A's; `same_stage` when both stand at one stage of
    one chain; `chain`, `goods` (keys) and `food` describe the strongest link.
    """

    supplies: float = 0.0
    buys: float = 0.0
    same_stage: bool = False
    chain: str | None = None
    goods: tuple[str, ...] = ()
    food: bool = False


NO_LINK = StageLink()


class Knowledge(Protocol):
    """The questions that the engine asks of the shipped tables; a test may answer them with a handful of entries."""

    def goods(self, text: str) -> tuple[str, ...]:
        """Keys of the goods, services and skills that a text speaks of."""
        ...

    def same_goods(self, left: str, right: str) -> bool:
        """True when two keys are one thing or one is a case of the other."""
        ...

    def is_food(self, good: str) -> bool:
        """True when a good is food or its raw material."""
        ...

    def provides(self, good: str, sector: Sector) -> bool:
        """True when a sector is one of those that usually provide a good."""
        ...

    def stage_link(self, a: Sector, b: Sector) -> StageLink:
        """How two sectors stand in the chains."""
        ...

    def division(self, code: str, version: str) -> str:
        """The division of a code in the numbering of 2007; its own first two digits for a code that nobody knows."""
        ...

    def work_stems(self) -> frozenset[str]:
        """Stems of the words that speak of work."""
        ...

    def place_stems(self) -> frozenset[str]:
        """Stems of the words that speak of places."""
        ...

    def municipality_names(self) -> Mapping[str, str]:
        """Names of the comuni by ISTAT code."""
        ...


class ShippedKnowledge:
    """The tables of `data.lazio`."""

    def goods(self, text: str) -> tuple[str, ...]:
        """See `data.lazio.goods.match_goods`."""
        return goods.match_goods(text)

    def same_goods(self, left: str, right: str) -> bool:
        """See `data.lazio.goods.same_goods`."""
        return goods.same_goods(left, right)

    def is_food(self, good: str) -> bool:
        """A good of the vocabulary of kind `good` that farms, fisheries or food makers provide."""
        if good not in _good_keys():
            return False
        entry = goods.good(good)
        return entry.kind == "good" and any(code[:2] in FOOD_DIVISIONS for code in entry.ateco_2007 or entry.ateco_2025)

    def provides(self, good: str, sector: Sector) -> bool:
        """By the ATECO prefixes of the vocabulary, in the numbering of the sector."""
        if good not in _good_keys():
            return False
        entry, (code, version) = goods.good(good), sector
        return code.startswith(entry.ateco_2025 if version == "2025" else entry.ateco_2007)

    def stage_link(self, a: Sector, b: Sector) -> StageLink:
        """The strongest relation of the two over all chains (`data.lazio.chains.relation`)."""
        relations = chains.relation_of_stages(_stages(a), _stages(b))
        adjacent = [found for found in relations if found.kind == "adjacent"]
        same_stage = any(found.kind == "same-stage" for found in relations)
        if not adjacent:
            return StageLink(same_stage=same_stage) if same_stage else NO_LINK
        best = adjacent[0]  # strong ones come first
        gives = [STRENGTHS[found.strength] for found in adjacent if found.giver == "a"]
        takes = [STRENGTHS[found.strength] for found in adjacent if found.giver == "b"]
        return StageLink(
            supplies=max(gives, default=0.0),
            buys=max(takes, default=0.0),
            same_stage=same_stage,
            chain=best.chain.code,
            goods=best.goods,
            food=best.chain.food,
        )

    def division(self, code: str, version: str) -> str:
        """See `data.lazio.bridge`."""
        found = lazio.bridge(code, version, "2007") if version in ("2007", "2025") else ()
        return found[0] if found else code[:2]

    def work_stems(self) -> frozenset[str]:
        """Of ATECO titles of both versions, of goods with their synonyms."""
        return _work_stems()

    def place_stems(self) -> frozenset[str]:
        """Of the names of the 378 comuni."""
        return _place_stems()

    def municipality_names(self) -> Mapping[str, str]:
        """The 378 comuni."""
        return {each.istat: each.name for each in lazio.municipalities()}


def _stages(standing: Sector) -> tuple[chains.StageRef, ...]:
    """The stages at which somebody stands: those said, or those of an activity's code."""
    said, version = standing
    return chains.stage_refs(tuple(said.split())) if version == STAGES else chains.stages_of(said, version)


@cache
def _work_stems() -> frozenset[str]:
    titles = [sector.title_it for version in ("2007", "2025") for sector in lazio.ateco(version)]
    named = [words for each in goods.goods() for words in (each.it, *each.synonyms_it)]
    return frozenset(word for title in (*titles, *named) for word in tokens(title))


@cache
def _place_stems() -> frozenset[str]:
    return frozenset(word for each in lazio.municipalities() for word in tokens(each.name))


@cache
def _good_keys() -> frozenset[str]:
    return frozenset(each.key for each in goods.goods())


@cache
def shipped_knowledge() -> Knowledge:
    """The tables of `data.lazio`, one object for all."""
    return ShippedKnowledge()
