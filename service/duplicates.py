# SPDX-License-Identifier: EUPL-1.2
"""Bodies that may stand twice, as a page and a command tell them: two cards, why we think so, what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from data.model import Organisation, OrganisationKind
from data.resolution.probability import Judgement
from data.store import Store
from data.store.duplicates import SAME, Decision
from service.duplicate_search import Waiting
from service.messages import Words, has
from service.organisation_sheet import place_text, work_text
from service.snapshot import Snapshot
from service.source_notes import source_note

PAGE_SIZE: Final = 10
MOST_UNDONE: Final = 20
MOST_WORDS: Final = 12
KIND_GROUPS: Final[Mapping[str, frozenset[OrganisationKind]]] = {
    "cooperatives": frozenset({OrganisationKind.COOPERATIVE, OrganisationKind.CONSORTIUM}),
    "public-bodies": frozenset({OrganisationKind.PUBLIC_BODY}),
    "others": frozenset({OrganisationKind.THIRD_SECTOR, OrganisationKind.FIRM}),
}
_SURE: Final = 0.9
_LIKELY: Final = 0.6
# Signs that the words in common say already, or that a caution says better.
_SILENT: Final = frozenset({"words-agree", "words-apart", "same-province"})


@dataclass(frozen=True, slots=True)
class Card:
    """One of the two bodies: who it is, where, its codes, which source calls it so."""

    id: str
    name: str
    kind: str
    work: str
    place: str
    codes: tuple[tuple[str, str], ...]
    sources: tuple[str, ...]
    website: str | None


@dataclass(frozen=True, slots=True)
class Doubt:
    """Two bodies that may be one, with what speaks for it, what against, and how likely it is (`sure`, `likely`,
    `possible`; `chance` in 100).
    """

    one: Card
    other: Card
    degree: str
    chance: int
    reasons: tuple[str, ...]
    against: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """A decision that can be undone: the ids it speaks of, the names, the address of the body that stands."""

    one: str
    other: str
    names: tuple[str, str]
    body: str | None
    verdict: str
    automatic: bool
    day: date


@dataclass(frozen=True, slots=True)
class DuplicatePage:
    """One page of doubts, how many there are (of the kind asked for, and of every kind), how many would be joined
    unasked, whether a newer search is going on, and the newest decisions.
    """

    doubts: tuple[Doubt, ...]
    total: int
    every: int
    page: int
    pages: int
    sure: int
    renewing: bool
    settled: tuple[Settled, ...]


def duplicate_page(
    snapshot: Snapshot, store: Store, waiting: Waiting, page: int, words: Words, kind: str = ""
) -> DuplicatePage:
    """The page of doubts that was asked for, or the last one: those that could be joined unasked first, those put off
    last. `kind` keeps the pairs of which one body is of that group (see `KIND_GROUPS`).
    """
    known = [item for item in waiting.pairs if _both_known(snapshot, item)]
    wanted = KIND_GROUPS.get(kind)
    kept = [item for item in known if wanted is None or _kinds_of(snapshot, item) & wanted]
    pages = max(1, -(-len(kept) // PAGE_SIZE))
    number = min(page, pages)
    start = (number - 1) * PAGE_SIZE
    return DuplicatePage(
        doubts=tuple(doubt_of(snapshot, item, words) for item in kept[start : start + PAGE_SIZE]),
        total=len(kept),
        every=len(known),
        page=number,
        pages=pages,
        sure=waiting.sure,
        renewing=waiting.renewing or snapshot.version != store.version(),
        settled=settled_of(snapshot, store, words),
    )


def _kinds_of(snapshot: Snapshot, item: Judgement) -> frozenset[OrganisationKind]:
    return frozenset(snapshot.organisation(body).kind for body in (item.one, item.other))


def _both_known(snapshot: Snapshot, item: Judgement) -> bool:
    return item.one in snapshot.position and item.other in snapshot.position


def doubt_of(snapshot: Snapshot, item: Judgement, words: Words) -> Doubt:
    """A judgement in words; the body with the better known identifier stands left."""
    one, other = snapshot.organisation(item.one), snapshot.organisation(item.other)
    return Doubt(
        one=_card(snapshot, one, words),
        other=_card(snapshot, other, words),
        degree="sure" if item.probability >= _SURE else "likely" if item.probability >= _LIKELY else "possible",
        chance=min(99, round(item.probability * 100)),
        reasons=tuple(reasons_of(item, words)),
        against=tuple(doubts_of(item, words)),
    )


def _card(snapshot: Snapshot, body: Organisation, words: Words) -> Card:
    known = {where.source for where in body.provenance.values()}
    return Card(
        id=body.id,
        name=body.name,
        kind=words.text(f"org.kind.{body.kind}"),
        work=work_text(body, words) or "",
        place=place_text(snapshot, body.municipality, body.province, words) or words.text("org.place.unknown"),
        codes=tuple((_scheme(each.scheme, words), each.value) for each in body.identifiers),
        sources=tuple(sorted(source_note(source, words.language).title for source in known)),
        website=body.website,
    )


def _scheme(scheme: str, words: Words) -> str:
    key = f"org.scheme.{scheme.partition(':')[0]}"
    return words.text(key) if has(key) else scheme


def reasons_of(item: Judgement, words: Words) -> list[str]:
    """What speaks for one body, the weightiest first."""
    seen = item.comparison
    told = [words.text("duplicate.for.words", words=_said(seen.agree))] if seen.agree else []
    parts = sorted((part for part in item.contributions if part.adds > 0), key=lambda part: (-part.adds, part.sign))
    return told + [words.text(f"duplicate.for.{part.sign}") for part in parts if part.sign not in _SILENT]


def doubts_of(item: Judgement, words: Words) -> list[str]:
    """What speaks against one body, and why nobody joined them unasked."""
    seen = item.comparison
    told = []
    for key, only in (("duplicate.against.only-one", seen.only_one), ("duplicate.against.only-other", seen.only_other)):
        if only:
            told.append(words.text(key, words=_said(only)))
    parts = {part.sign for part in item.contributions if part.adds < 0 and part.sign not in _SILENT}
    named = sorted((parts | set(seen.cautions)) - _SILENT)
    return told + [words.text(f"duplicate.against.{name}") for name in named]


def _said(said: Sequence[str]) -> list[str]:
    """Words as they are read, at most a dozen; `A~B` are two spellings of one."""
    shown = [" / ".join(word.casefold().split("~")) for word in said[:MOST_WORDS]]
    return [*shown, "…"] if len(said) > MOST_WORDS else shown


def settled_of(snapshot: Snapshot, store: Store, words: Words) -> tuple[Settled, ...]:
    """The newest decisions, in words."""
    decisions = store.decisions()[:MOST_UNDONE]
    names = store.names_before(sorted({body for row in decisions for body in (row.one, row.other)}))
    return tuple(_settled(snapshot, row, names, words) for row in decisions)


def _settled(snapshot: Snapshot, row: Decision, names: Mapping[str, str], words: Words) -> Settled:
    def name_of(body: str) -> str:
        if body in names:
            return names[body]
        return snapshot.organisation(body).name if body in snapshot.position else words.text("word.unknown")

    standing = next((body for body in (row.one, row.other) if body in snapshot.position), None)
    return Settled(
        one=row.one,
        other=row.other,
        names=(name_of(row.one), name_of(row.other)),
        body=standing if row.verdict == SAME else None,
        verdict=row.verdict,
        automatic=row.method != "person",
        day=date.fromisoformat(row.decided[:10]),
    )


def line_of(doubt: Doubt, words: Words) -> str:
    """A doubt on the command line."""
    head = words.text(
        "duplicate.line",
        one=doubt.one.name,
        place=doubt.one.place,
        other=doubt.other.name,
        elsewhere=doubt.other.place,
        degree=words.text(f"duplicate.degree.{doubt.degree}"),
        chance=doubt.chance,
    )
    reasons = (*(f"  + {reason}" for reason in doubt.reasons), *(f"  - {reason}" for reason in doubt.against))
    return "\n".join([head, *reasons])
