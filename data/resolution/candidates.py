# SPDX-License-Identifier: EUPL-1.2
"""All bodies of a store at once: which pairs are one, and which a person must decide."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from data.resolution.blocking import pairs_to_compare
from data.resolution.comparison import Comparison, Described, identifiers_contradict
from data.resolution.probability import Judgement, Parameters, Verdict, judge, parameters

RIVALS = "rivals"
MOST_TOGETHER = 6
"""More bodies than this are never joined at once unasked."""

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """Pairs judged, the likeliest first (then by id): to be joined unasked, and to be decided by a person."""

    join: tuple[Judgement, ...]
    ask: tuple[Judgement, ...]
    compared: int


def find_duplicates(
    bodies: Iterable[Described], decided: Collection[Pair] = (), fixed: Parameters | None = None
) -> Found:
    """The pairs of bodies that may be one, without those already decided (ids in order).

    The order of the bodies does not matter. A body that would be joined to two that cannot be one is joined to neither:
    a person decides.
    """
    fixed = fixed or parameters()
    held = sorted(bodies, key=lambda body: body.id)
    places = pairs_to_compare(held)
    settled = frozenset(decided)
    judged = [
        judge(held[one], held[other], fixed)
        for one, other in places.tolist()
        if (held[one].id, held[other].id) not in settled
    ]
    join = [item for item in judged if item.verdict is Verdict.JOIN]
    doubtful = _with_rivals(join, {body.id: body for body in held})
    ask = [item for item in judged if item.verdict is Verdict.ASK]
    ask += [_doubted(item) for item in join if (item.one, item.other) in doubtful]
    kept = [item for item in join if (item.one, item.other) not in doubtful]
    return Found(tuple(sorted(kept, key=_order)), tuple(sorted(ask, key=_order)), len(judged))


def _order(item: Judgement) -> tuple[float, str, str]:
    return -item.probability, item.one, item.other


def _doubted(item: Judgement) -> Judgement:
    seen: Comparison = replace(item.comparison, cautions=(*item.comparison.cautions, RIVALS))
    return replace(item, verdict=Verdict.ASK, comparison=seen)


def _with_rivals(join: Sequence[Judgement], bodies: dict[str, Described]) -> set[Pair]:
    """Pairs in groups of which not all can be one body."""
    groups = _groups(join)
    wrong = {
        number
        for number, members in groups.items()
        if len(members) > MOST_TOGETHER
        or any(_cannot_be_one(bodies[one], bodies[other]) for one, other in combinations(sorted(members), 2))
    }
    number_of = {body: number for number, members in groups.items() for body in members}
    return {(item.one, item.other) for item in join if number_of[item.one] in wrong}


def _cannot_be_one(one: Described, other: Described) -> bool:
    return identifiers_contradict(one.identifiers, other.identifiers)


def _groups(join: Iterable[Judgement]) -> dict[str, set[str]]:
    """Bodies that hang together by pairs, by the least id of the group."""
    head: dict[str, str] = {}

    def find(body: str) -> str:
        while head.setdefault(body, body) != body:
            body = head[body]
        return body

    for item in join:
        low, high = sorted((find(item.one), find(item.other)))
        head[high] = low
    groups: dict[str, set[str]] = {}
    for body in list(head):
        groups.setdefault(find(body), set()).add(body)
    return groups
