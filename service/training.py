# SPDX-License-Identifier: EUPL-1.2
"""Weights learned from the store's own history: what is learned from, what is in force, how it is said.

They are learned from what the public may see, whoever asks: so one table serves every reader and tells nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from data.model import Audience

if TYPE_CHECKING:
    from data.store import Store
    from matching.history import Facts
    from matching.learned_weights import Document, Kept, Metrics
    from matching.training import Learnt
    from service.messages import Words

_log = logging.getLogger(__name__)

SIGN_WIDTH = 46
NUMBER_WIDTH = 12


def public_facts(store: Store, day: date) -> Facts:
    """What the public may read of the store, as weights are learned from it."""
    from geo.proximity import distance_matrix
    from matching.history import Facts

    comuni = {row.istat: row for row in sorted(store.municipalities(), key=lambda row: row.istat)}
    return Facts(
        organisations=tuple(store.organisations(Audience.PUBLIC)),
        participations=tuple(store.participations(Audience.PUBLIC)),
        declarations=tuple(store.declarations(Audience.PUBLIC, day)),
        municipalities=tuple(comuni),
        distance_km=distance_matrix(tuple(comuni.values())),
        points={istat: (row.lat, row.lon) for istat, row in comuni.items()},
    )


def learned_of(store: Store) -> dict[str, dict[str, float]]:
    """The learned weights to rank with, by kind; what cannot be used is logged, and the expert weights stand."""
    from matching.learned_weights import in_force, kept_weights

    texts = store.learned_weights()
    if not texts:
        return {}
    kept = kept_weights(texts)
    for each in kept:
        if each.problem is not None:
            _log.warning(
                "learned weights not used, run land train again", extra={"kind": each.kind, "why": each.problem.key}
            )
    return in_force(kept)


def train(
    store: Store,
    kinds: Iterable[str],
    day: date,
    *,
    keep: bool = True,
    even_if_worse: bool = False,
    told: Callable[[str, int, int], None] = lambda _kind, _done, _whole: None,
) -> tuple[Learnt, ...]:
    """Learns each kind and, with `keep`, keeps what wins; of a kind that wins nothing what was kept is forgotten.

    `told` hears the kind, how many steps are done and how many there are.
    """
    from matching.history import past_of
    from matching.kinds import partnership
    from matching.learned_weights import document_text
    from matching.training import learn

    facts = public_facts(store, day)
    found = []
    for name in kinds:
        past = past_of(facts, partnership(name))
        steps = _Steps(name, 2 * len(past.folds), told)
        found.append(learn(past, day, even_if_worse=even_if_worse, told=steps.one_more))
    if keep:
        documents = {each.kind: each.document for each in found if each.used and each.document is not None}
        store.forget_weights(each.kind for each in found if each.kind not in documents)
        store.keep_weights({kind: document_text(each) for kind, each in documents.items()})
    return tuple(found)


@dataclass(slots=True)
class _Steps:
    """Counts the steps of one kind and tells them, the first time before any is done."""

    kind: str
    whole: int
    told: Callable[[str, int, int], None]
    done: int = 0

    def __post_init__(self) -> None:
        self.told(self.kind, 0, self.whole)

    def one_more(self) -> None:
        self.done += 1
        self.told(self.kind, self.done, self.whole)


# --- in words ---------------------------------------------------------------------------------------------------


def learnt_lines(found: Learnt, words: Words, *, kept: bool) -> Iterator[str]:
    """What came of learning one kind, as lines of a terminal."""
    from matching.training import ENOUGH, Outcome

    kind = words.text(f"partnership.{found.kind}")
    if found.outcome is Outcome.NO_HISTORY:
        yield words.text(f"training.no-history.{found.kind}", kind=kind)
        return
    if found.document is None:
        yield words.text("training.too-few", kind=kind, examples=found.examples, enough=ENOUGH)
        return
    yield words.text(f"training.{found.outcome}", kind=kind)
    yield "  " + _from_what(found.document, words)
    yield from _how_well(found.document, words)
    if found.used and not kept:
        yield "  " + words.text("training.not-kept")


def _from_what(document: Document, words: Words) -> str:
    how = words.text("training.by-time" if document.by_time else "training.by-lots", folds=document.folds)
    return words.text("training.from", examples=document.examples, how=how)


def _how_well(document: Document, words: Words) -> Iterator[str]:
    metrics = document.metrics
    if metrics.gain is None:
        yield "  " + words.text("training.no-metrics")
        return
    yield "  " + words.text(
        "training.metrics", questions=metrics.questions, lots=metrics.lots, **_numbers(metrics, words)
    )
    for kind, part in metrics.by_asker.items():
        if part.gain is not None:
            who = words.text(f"kind.{kind}")
            yield "    " + words.text("training.asker", who=who, questions=part.questions, **_numbers(part, words))


def _numbers(metrics: Metrics, words: Words) -> dict[str, str]:
    names = ("expert", "learned", "gain", "low", "high", "detectable")
    return {name: _points(getattr(metrics, name), words) for name in names}


def _points(value: float | None, words: Words) -> str:
    return "–" if value is None else words.text("evaluate.number.1", value=100 * value)


def weight_lines(kind: str, kept: Kept | None, words: Words) -> Iterator[str]:
    """The weights of a kind side by side, as lines of a terminal; what is learned but not in force is said first."""
    from matching.kinds import partnership

    document = kept.document if kept is not None else None
    yield words.text(f"partnership.{kind}").capitalize()
    if kept is None:
        yield "  " + words.text("training.expert-only")
    elif kept.problem is not None:
        yield "  " + words.text("training.not-used", why=words.render(kept.problem))
    if document is not None:
        key = "training.kept-insisted" if document.insisted else "training.kept"
        yield "  " + words.text(key, day=document.learned_on, data=document.data[:12])
        yield "  " + _from_what(document, words)
        yield from _how_well(document, words)
    columns = ("expert", "learned", "examples") if document is not None else ("expert",)
    heads = (words.text(f"training.col.{name}") for name in columns)
    yield "  " + words.text("training.col.sign").ljust(SIGN_WIDTH) + "".join(head.rjust(NUMBER_WIDTH) for head in heads)
    for name, expert in partnership(kind).weights.items():
        cells = [_points(expert, words)]
        if document is not None:
            sign = document.signs.get(name)
            cells += ["–", "–"] if sign is None else [_points(sign.learned, words), str(sign.examples)]
        yield (
            "  " + words.text(f"sign.{name}")[: SIGN_WIDTH - 1].ljust(SIGN_WIDTH)
            + "".join(cell.rjust(NUMBER_WIDTH) for cell in cells)
        )  # fmt: skip


# --- for programs -----------------------------------------------------------------------------------------------


def learnt_json(found: Learnt, *, kept: bool) -> dict[str, Any]:
    """What came of learning one kind, as plain data."""
    said = {
        "kind": found.kind,
        "outcome": found.outcome.value,
        "kept": found.used and kept,
        "examples": found.examples,
        "folds": found.folds,
        "by_time": found.by_time,
    }
    return said | {"document": None if found.document is None else document_json(found.document)}


def document_json(document: Document) -> dict[str, Any]:
    """A document as plain data."""
    import json

    from matching.learned_weights import document_text

    found: dict[str, Any] = json.loads(document_text(document))
    return found


def weights_json(kind: str, kept: Kept | None) -> dict[str, Any]:
    """The weights of a kind as plain data: what ranks now, and the document that is kept."""
    from matching.kinds import partnership

    document = kept.document if kept is not None else None
    used = document is not None and kept is not None and kept.problem is None
    expert = dict(partnership(kind).weights)
    return {
        "kind": kind,
        "used": "learned" if used else "expert",
        "problem": None if kept is None or kept.problem is None else kept.problem.key,
        "weights": document.weights if used and document is not None else expert,
        "expert": expert,
        "document": None if document is None else document_json(document),
    }
