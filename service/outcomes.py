# SPDX-License-Identifier: EUPL-1.2
"""What became of suggestions: the words for it, what follows from it for the next suggestions, its file.

A refusal holds for who asked until a later step of the same two is noted; both ways where it says so or where the
reason is of both; for one kind of partnership only when just that form was refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from data.model import ContactOutcome, Organisation
from data.store.outcomes import mark_of_outcome
from service.exports import Cell, csv_text

if TYPE_CHECKING:
    from matching.graph import Agreement, Refusal
    from service.messages import Words
    from service.snapshot import Snapshot

STEPS: Final = ("suggested", "contacted", "met", "agreed", "refused")
REASONS: Final = (
    "not-now", "no-people", "too-far", "size", "terms", "other-agreement", "wrong-form", "wrong-data", "conflict",
    "never", "other",
)  # fmt: skip
MUTUAL_REASONS: Final = frozenset({"conflict", "never"})
"""Reasons for which neither is proposed to the other again."""
ONE_FORM: Final = "wrong-form"
"""The reason for which only this kind of partnership is not proposed again."""
OFFICES: Final = (
    "projects-office", "district-office", "sector-office", "audit-office", "presidency", "management", "secretariat",
    "table", "asking-organisation", "other-office",
)  # fmt: skip
OBJECTIVES: Final = ("aggregation", "new-cooperatives", "other")
OUTCOME_COLUMNS: Final = (
    "date", "asker_code", "asker", "partner_code", "partner", "kind", "step", "reason", "note", "by_role", "mutual",
    "dossier", "objective", "visibility", "id",
)  # fmt: skip


def refused_pairs(outcomes: Iterable[ContactOutcome]) -> tuple[Refusal, ...]:
    """(who asked, who is not proposed again, for which kind or None for any), as the steps leave it; sorted."""
    held: dict[Refusal, str | None] = {}
    for each in _in_order(outcomes):
        ends = (each.asker, each.partner)
        if each.step == "refused":
            kind = each.kind if each.reason == ONE_FORM else None
            held[(*ends, kind)] = each.kind
            if each.mutual or each.reason in MUTUAL_REASONS:
                held[(each.partner, each.asker, kind)] = each.kind
        elif each.step != "suggested":
            over = [pair for pair in held if set(pair[:2]) == set(ends) and pair[2] in (None, each.kind)]
            for pair in over:
                del held[pair]
    return tuple(sorted(held, key=lambda pair: (pair[0], pair[1], pair[2] or "")))


def agreements(outcomes: Iterable[ContactOutcome]) -> tuple[Agreement, ...]:
    """(who asked, with whom, kind of partnership, day) of every agreement, sorted."""
    found = {(each.asker, each.partner, each.kind, each.date) for each in outcomes if each.step == "agreed"}
    return tuple(sorted(found))


def steps_between(snapshot: Snapshot, asker: str, partner: str, kind: str) -> list[ContactOutcome]:
    """What was noted between two for a kind of partnership, from either side, oldest first."""
    mine = outcomes_by_organisation(snapshot).get(asker, ())
    return [each for each in reversed(mine) if partner in (each.asker, each.partner) and each.kind == kind]


def outcomes_by_organisation(snapshot: Snapshot) -> Mapping[str, tuple[ContactOutcome, ...]]:
    """Organisation id -> the steps that it asked for or was asked in, newest first."""
    return snapshot.once("outcomes.by-organisation", lambda: _by_organisation(snapshot.outcomes))


def _by_organisation(outcomes: Iterable[ContactOutcome]) -> dict[str, tuple[ContactOutcome, ...]]:
    found: dict[str, list[ContactOutcome]] = {}
    for each in reversed(_in_order(outcomes)):
        for end in dict.fromkeys((each.asker, each.partner)):
            found.setdefault(end, []).append(each)
    return {body: tuple(rows) for body, rows in found.items()}


def _in_order(outcomes: Iterable[ContactOutcome]) -> list[ContactOutcome]:
    """Steps by day; on one day as the store gives them, which is the order of writing."""
    return sorted(outcomes, key=lambda each: each.date)


# --- as rows of pages and files ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OutcomeLine:
    """One step as a page shows it; a body that the reader may not see has no name."""

    outcome: ContactOutcome
    asker: Organisation | None
    partner: Organisation | None
    dossier: str | None
    holds: bool

    @property
    def seen(self) -> str:
        """The mark of the step as it is shown."""
        return mark_of_outcome(self.outcome)

    @property
    def mutual(self) -> bool:
        """True when it keeps each of the two from being proposed to the other."""
        return self.outcome.mutual or self.outcome.reason in MUTUAL_REASONS


def lines_of(snapshot: Snapshot, rows: Sequence[ContactOutcome]) -> list[OutcomeLine]:
    """Steps with the bodies that they name; `holds` marks a refusal that still keeps a pair from being proposed."""
    held = snapshot.once("outcomes.refused", lambda: {pair[:2] for pair in refused_pairs(snapshot.outcomes)})
    known = snapshot.once("outcomes.dossiers", lambda: {each.id: each.title for each in snapshot.dossiers})
    return [
        OutcomeLine(
            outcome=each,
            asker=_body(snapshot, each.asker),
            partner=_body(snapshot, each.partner),
            dossier=known.get(each.dossier or ""),
            holds=each.step == "refused" and (each.asker, each.partner) in held,
        )
        for each in rows
    ]


def _body(snapshot: Snapshot, organisation_id: str) -> Organisation | None:
    return snapshot.organisation(organisation_id) if organisation_id in snapshot.position else None


def outcomes_csv(snapshot: Snapshot, words: Words, rows: Sequence[ContactOutcome] | None = None) -> str:
    """Every step that the reader may see, one a row, codes beside names: what training reads later."""
    header = [words.text(f"outcome.column.{name}") for name in OUTCOME_COLUMNS]
    chosen = snapshot.outcomes if rows is None else rows
    return csv_text(header, (_csv_row(snapshot, each, words) for each in chosen))


def _csv_row(snapshot: Snapshot, each: ContactOutcome, words: Words) -> list[Cell]:
    ends: list[Cell] = []
    for end in (each.asker, each.partner):
        body = _body(snapshot, end)
        code = next((name.value for name in body.identifiers if name.scheme == "tax-code"), end) if body else end
        ends += [code, body.name if body else None]
    return [
        each.date,
        *ends,
        each.kind,
        each.step,
        each.reason,
        each.note,
        office_in_words(each.by_role, words),
        each.mutual or each.reason in MUTUAL_REASONS,
        each.dossier,
        each.objective,
        each.visibility.value,
        each.id,
    ]


def office_in_words(office: str | None, words: Words) -> str | None:
    """The name of an office; one that the list does not know stays as it was written."""
    if not office:
        return None
    return words.text(f"outcome.office.{office}") if office in OFFICES else office


def in_year(rows: Iterable[ContactOutcome], year: int | None) -> list[ContactOutcome]:
    """The steps of a year, all of them for None, newest first."""
    return [each for each in reversed(_in_order(rows)) if year is None or each.date.year == year]


def years_of(rows: Iterable[ContactOutcome], today: date) -> tuple[int, ...]:
    """This year and every year with a step, newest first."""
    return tuple(sorted({today.year, *(each.date.year for each in rows)}, reverse=True))
