# SPDX-License-Identifier: EUPL-1.2
"""Learned weights as they are kept: a JSON document per kind that says what was learned, when, from what, how well.

A document holds names of signs and numbers, nothing of any body. It is read with suspicion: what does not fit the
signs and expert weights of this version of the product is not used, and the expert weights stand.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Final

from data.errors import LandError
from data.model import Message
from matching.kinds import PARTNERSHIPS, Partnership

VERSION: Final = 1
DECIMALS: Final = 6
_SUM: Final = 1e-6


class BadWeights(LandError):
    """A document of learned weights cannot be read (params: kind, why)."""

    key = "error.bad-weights"


@dataclass(frozen=True, slots=True)
class LearnedSign:
    """One sign: the expert weight, the learned one, and in how many examples it told candidates apart."""

    expert: float
    learned: float
    examples: int


@dataclass(frozen=True, slots=True)
class Metrics:
    """How the two stand on the folds held out: NDCG@10 of the whole lists, 0..1, over so many questions.

    `gain` is learned minus expert with the 95 % interval `low`..`high`; `detectable` the least gain that would have
    been seen. None where nothing could be compared. `by_asker` says the same of each kind of body that asks.
    """

    questions: int
    lots: int
    expert: float | None = None
    learned: float | None = None
    gain: float | None = None
    low: float | None = None
    high: float | None = None
    detectable: float | None = None
    by_asker: Mapping[str, Metrics] = field(default_factory=dict)

    @property
    def wins(self) -> bool:
        """True when the gain can be told from chance, and no kind of body that asks is seen to lose by it."""
        return self.low is not None and self.low > 0 and not any(each.loses for each in self.by_asker.values())

    @property
    def loses(self) -> bool:
        """True when a loss can be told from chance."""
        return self.high is not None and self.high < 0


@dataclass(frozen=True, slots=True)
class Document:
    """What was learned for one kind: from data of this fingerprint, on this day, from so many examples in so many
    cuts; `insisted` when it is used though it does not win."""

    kind: str
    learned_on: date
    data: str
    by_time: bool
    folds: int
    examples: int
    metrics: Metrics
    insisted: bool
    signs: Mapping[str, LearnedSign]

    @property
    def weights(self) -> dict[str, float]:
        """The learned weights by sign."""
        return {name: sign.learned for name, sign in self.signs.items()}


def document_text(document: Document) -> str:
    """The JSON of a document: the same document, the same bytes."""
    said = asdict(document) | {"version": VERSION, "learned_on": document.learned_on.isoformat()}
    return json.dumps(said, ensure_ascii=False, sort_keys=True, indent=1) + "\n"


def read_document(text: str, kind: str) -> Document:
    """The document of a kind. Raises BadWeights for what is none."""
    try:
        said = json.loads(text)
        _must(isinstance(said, dict), "weights.no-document", kind)
        _must(said.get("version") == VERSION, "weights.other-version", kind)
        _must(said.get("kind") == kind, "weights.other-kind", kind)
        document = Document(
            kind=kind,
            learned_on=date.fromisoformat(said["learned_on"]),
            data=str(said["data"])[:64],
            by_time=bool(said["by_time"]),
            folds=_count(said["folds"]),
            examples=_count(said["examples"]),
            metrics=_metrics(said["metrics"]),
            insisted=bool(said["insisted"]),
            signs={str(name): _sign(sign) for name, sign in said["signs"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadWeights(kind=kind, why=Message("weights.no-document")) from error
    _check_weights(document)
    return document


def _check_weights(document: Document) -> None:
    for sign in document.signs.values():
        told = sign.learned * (1 if sign.expert >= 0 else -1)
        _must(-1e-9 <= told <= 1 and abs(sign.expert) <= 1, "weights.out-of-bounds", document.kind)
    whole = sum(max(sign.learned, 0.0) for sign in document.signs.values())
    _must(abs(whole - 1.0) <= _SUM, "weights.no-whole", document.kind)


def _must(holds: bool, why: str, kind: str) -> None:
    if not holds:
        raise BadWeights(kind=kind, why=Message(why))


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(value)
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(value)
    return float(value)


def _sign(said: Mapping[str, Any]) -> LearnedSign:
    return LearnedSign(_number(said["expert"]), _number(said["learned"]), _count(said["examples"]))


def _metrics(said: Mapping[str, Any], *, whole: bool = True) -> Metrics:
    told = ("expert", "learned", "gain", "low", "high", "detectable")
    values = {name: None if said[name] is None else _number(said[name]) for name in told}
    parts = {str(name): _metrics(each, whole=False) for name, each in said["by_asker"].items()} if whole else {}
    return Metrics(_count(said["questions"]), _count(said["lots"]), **values, by_asker=parts)


def stale(document: Document, kind: Partnership) -> Message | None:
    """Why a document does not fit this version of the product, if so; it has to be learned again."""
    unknown = sorted(document.signs.keys() - kind.weights.keys())
    missing = sorted(kind.weights.keys() - document.signs.keys())
    if unknown or missing:
        params: dict[str, object] = {"unknown": len(unknown), "missing": len(missing)}
        return Message("weights.other-signs", params)
    same = all(math.isclose(sign.expert, kind.weights[name]) for name, sign in document.signs.items())
    return None if same else Message("weights.other-expert")


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one kind: the document, and why it is not used, None where it is."""

    kind: str
    document: Document | None
    problem: Message | None


def kept_weights(texts: Mapping[str, str]) -> tuple[Kept, ...]:
    """What the kept texts say, by kind; those of kinds that there are not, left out."""
    return tuple(_kept(name, texts[name]) for name in PARTNERSHIPS if name in texts)


def _kept(name: str, text: str) -> Kept:
    try:
        document = read_document(text, name)
    except BadWeights as error:
        why = error.params["why"]
        return Kept(name, None, why if isinstance(why, Message) else Message("weights.no-document"))
    return Kept(name, document, stale(document, PARTNERSHIPS[name]))


def in_force(kept: tuple[Kept, ...]) -> dict[str, dict[str, float]]:
    """The weights to rank with, by kind: those of sound documents that fit."""
    return {each.kind: each.document.weights for each in kept if each.document is not None and each.problem is None}
