# SPDX-License-Identifier: EUPL-1.2
"""Supply chains of Lazio: at which stages an activity stands, and whether two activities trade.

An activity is an ATECO code of version "2007" or "2025", dotted or not, of any depth ("01.26", "012600", "10").
A code that is less specific than a stage's own code stands there only `broad`ly: it may be that activity or a sister.
Codes of services that every chain uses (transport, cleaning, software) stand in shared stages: they are not `core`, so
they never make two organisations members of the same chain, and what they give is a weak link.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import product
from typing import Any, Literal

from data.errors import InvalidValue
from data.model import BodyType

Strength = Literal["strong", "weak"]
RelationKind = Literal["adjacent", "same-stage"]

ATECO_VERSIONS = ("2007", "2025")
STAGE_NUMBERS = ("0", "1", "2", "3", "4", "5", "6", "7", "X")


@dataclass(frozen=True, slots=True)
class Stage:
    """One role in one chain. `gives` and `takes` are keys of `data.lazio.goods`, read off the links of the stage.

    `number` is one of STAGE_NUMBERS; codes are undotted prefixes; `bodies` are the public bodies that buy here.
    """

    chain: str
    key: str
    number: str
    role_it: str
    role_en: str
    ateco_2007: tuple[str, ...] = ()
    ateco_2025: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    bodies: tuple[BodyType, ...] = ()
    core: bool = True
    shared: bool = False

    def codes(self, version: str) -> tuple[str, ...]:
        """Undotted code prefixes of this stage in one version of the classification."""
        return self.ateco_2007 if version == "2007" else self.ateco_2025


@dataclass(frozen=True, slots=True)
class Link:
    """What passes from one stage (`giver`) to another (`taker`) of a chain; weak when the codes alone prove little."""

    chain: str
    giver: str
    taker: str
    goods: tuple[str, ...]
    strength: Strength = "strong"


@dataclass(frozen=True, slots=True)
class Chain:
    """One supply chain. `food`: the legal "chilometro zero" and "filiera corta" apply; `perishable` runs 0..1."""

    code: str
    name_it: str
    name_en: str
    food: bool
    perishable: float
    stages: tuple[Stage, ...]
    links: tuple[Link, ...]

    def stage(self, key: str) -> Stage:
        """The stage with this key; KeyError when the chain has none."""
        for stage in self.stages:
            if stage.key == key:
                return stage
        raise KeyError(key)


@dataclass(frozen=True, slots=True)
class StageRef:
    """A stage at which an activity stands; `broad` when the activity's code is less specific than the stage's."""

    chain: Chain
    stage: Stage
    broad: bool


@dataclass(frozen=True, slots=True)
class StageRelation:
    """How activity a relates to activity b in one chain.

    `adjacent`: one gives `goods` to the other, `giver` says which ("a" or "b"). `same-stage`: both do the same work of
    the same chain, competitors or partners for an aggregation, never supplier and customer (`giver` None, no goods).
    """

    kind: RelationKind
    chain: Chain
    stage_a: Stage
    stage_b: Stage
    giver: Literal["a", "b"] | None
    goods: tuple[str, ...]
    strength: Strength


@lru_cache(maxsize=1)
def chains() -> tuple[Chain, ...]:
    """Every chain that we ship, in the order of the table."""
    text = files("data").joinpath("lazio", "chains.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    shared = {row["key"]: row for row in table["shared"]}
    return tuple(_chain(row, shared) for row in table["chain"])


def chain(code: str) -> Chain:
    """The chain with this code; InvalidValue when there is none."""
    for one in chains():
        if one.code == code:
            return one
    raise InvalidValue(field="chain", value=code, allowed=[one.code for one in chains()])


@lru_cache(maxsize=8192)
def stages_of(code: str | None, version: str | None) -> tuple[StageRef, ...]:
    """Stages at which an activity stands, core and exact ones first; empty when the code is missing or in no chain.

    A missing version is read as 2007, which real files use; an unknown one is InvalidValue.
    """
    wanted, version = undotted(code), _version(version)
    if len(wanted) < 2:
        return ()
    found = [ref for one in chains() for stage in one.stages for ref in _refs(one, stage, wanted, version)]
    return tuple(sorted(found, key=lambda ref: (ref.broad, not ref.stage.core, ref.chain.code, ref.stage.key)))


@lru_cache(maxsize=65536)
def relation(
    code_a: str | None, version_a: str | None, code_b: str | None, version_b: str | None
) -> tuple[StageRelation, ...]:
    """How two activities relate in each chain: adjacent strong, adjacent weak, same stage; empty when they do not.

    One broad code makes a link weak; two broad codes say too little and give nothing.
    """
    return relation_of_stages(stages_of(code_a, version_a), stages_of(code_b, version_b))


def relation_of_stages(refs_a: Iterable[StageRef], refs_b: Iterable[StageRef]) -> tuple[StageRelation, ...]:
    """How two bodies relate that stand at these stages, in the order of `relation`."""
    pairs = product(refs_a, tuple(refs_b))
    found = {rel for ref_a, ref_b in pairs if ref_a.chain is ref_b.chain for rel in _relations(ref_a, ref_b)}
    return _ordered(found)


@lru_cache(maxsize=8192)
def stage_refs(keys: tuple[str, ...]) -> tuple[StageRef, ...]:
    """The stages of keys "chain:stage", exact; keys that name none are left out."""
    wanted = frozenset(keys)
    return tuple(
        StageRef(one, stage, broad=False)
        for one in chains()
        for stage in one.stages
        if f"{one.code}:{stage.key}" in wanted
    )


@lru_cache(maxsize=128)
def stages_of_body(body_type: BodyType) -> tuple[Stage, ...]:
    """Stages at which public bodies of this type stand as buyers or owners."""
    return tuple(stage for one in chains() for stage in one.stages if body_type in stage.bodies)


@lru_cache(maxsize=8192)
def body_relation(code: str | None, version: str | None, body_type: BodyType) -> tuple[StageRelation, ...]:
    """What an activity (a) could give to, or take from, public bodies of this type (b), strong links first."""
    found: set[StageRelation] = set()
    for ref, stage in product(stages_of(code, version), stages_of_body(body_type)):
        if stage.chain == ref.chain.code:
            found.update(_relations(ref, StageRef(ref.chain, stage, broad=False)))
    return _ordered(rel for rel in found if rel.kind == "adjacent")


def undotted(code: str | None) -> str:
    """Digits of a code, without dots and section letter ("A 01.26" gives "0126"); empty when it is no ATECO code."""
    match = re.fullmatch(r"[A-Za-z]?\s*(\d{2}(?:\.?\d){0,4})", (code or "").strip(), re.ASCII)
    return match[1].replace(".", "") if match else ""


def _version(version: str | None) -> str:
    if version is None:
        return "2007"
    if version not in ATECO_VERSIONS:
        raise InvalidValue(field="sector_version", value=version, allowed=list(ATECO_VERSIONS))
    return version


def _refs(one: Chain, stage: Stage, wanted: str, version: str) -> Iterator[StageRef]:
    codes = stage.codes(version)
    if any(wanted.startswith(code) for code in codes):
        yield StageRef(one, stage, broad=False)
    elif any(code.startswith(wanted) for code in codes):
        yield StageRef(one, stage, broad=True)


def _relations(ref_a: StageRef, ref_b: StageRef) -> Iterator[StageRelation]:
    """Relations of two stages of one chain."""
    if ref_a.broad and ref_b.broad:
        return
    one, a, b, broad = ref_a.chain, ref_a.stage, ref_b.stage, ref_a.broad or ref_b.broad
    if a is b:
        if a.core and not broad:
            yield StageRelation("same-stage", one, a, b, None, (), "strong")
        return
    for link in one.links:
        strength: Strength = "weak" if broad else link.strength
        if (link.giver, link.taker) == (a.key, b.key):
            yield StageRelation("adjacent", one, a, b, "a", link.goods, strength)
        elif (link.giver, link.taker) == (b.key, a.key):
            yield StageRelation("adjacent", one, a, b, "b", link.goods, strength)


def _ordered(found: Iterable[StageRelation]) -> tuple[StageRelation, ...]:
    def rank(rel: StageRelation) -> tuple[object, ...]:
        names = (rel.chain.code, rel.stage_a.key, rel.stage_b.key, rel.giver or "")
        return (rel.kind != "adjacent", rel.strength != "strong", *names)

    return tuple(sorted(found, key=rank))


def _chain(row: dict[str, Any], shared: dict[str, dict[str, Any]]) -> Chain:
    code: str = row["code"]
    links = [
        Link(code, one["from"], one["to"], tuple(one["goods"]), one.get("strength", "strong")) for one in row["links"]
    ]
    used = {**row.get("inputs", {}), **row.get("outlets", {})}
    for key, use in used.items():
        strength: Strength = shared[key].get("strength", "weak")
        ends = [(key, to) for to in use.get("to", ())] + [(start, key) for start in use.get("from", ())]
        links += [Link(code, giver, taker, tuple(use["goods"]), strength) for giver, taker in ends]
    stages = [_stage(code, one, links, shared=False) for one in row["stages"]]
    stages += [_stage(code, shared[key], links, shared=True) for key in used]
    return Chain(
        code, row["name_it"], row["name_en"], row["food"], float(row["perishable"]), tuple(stages), tuple(links)
    )


def _stage(code: str, row: dict[str, Any], links: list[Link], *, shared: bool) -> Stage:
    key: str = row["key"]
    core = not shared and row.get("core", row["n"] != "X")
    both = [undotted(one) for one in row.get("ateco", ())]
    return Stage(
        chain=code,
        key=key,
        number=row["n"],
        role_it=row["role_it"],
        role_en=row["role_en"],
        ateco_2007=tuple(both + [undotted(one) for one in row.get("ateco_2007", ())]),
        ateco_2025=tuple(both + [undotted(one) for one in row.get("ateco_2025", ())]),
        gives=_goods(link for link in links if link.giver == key),
        takes=_goods(link for link in links if link.taker == key),
        bodies=tuple(BodyType(one) for one in row.get("bodies", ())),
        core=core,
        shared=shared,
    )


def _goods(links: Iterable[Link]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(good for link in links for good in link.goods))
