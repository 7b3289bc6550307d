# SPDX-License-Identifier: EUPL-1.2
"""The form in which the operator notes what became of a suggestion: what was typed, checked, with what is wrong."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from data.identity import BadValue
from data.model import ContactOutcome, Message, Visibility
from data.sources.values import day
from data.wording import clean, refuse_personal
from matching.kinds import PARTNERSHIPS
from service.outcomes import OBJECTIVES, OFFICES, REASONS, STEPS
from service.snapshot import Snapshot

BOXES: Final = ("kind", "step", "date", "reason", "note", "by_role", "mutual", "dossier", "objective", "visibility")
LONGEST_NOTE: Final = 500
MOST_DOSSIERS: Final = 200
FIRST_DAY: Final = date(2000, 1, 1)
_LIMITS: Final[Mapping[str, object]] = {"note": LONGEST_NOTE}


@dataclass(frozen=True, slots=True)
class OutcomeForm:
    """The boxes: what stands in each, and what is wrong, by box; `outcome` is the step being corrected."""

    typed: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, Message] = field(default_factory=dict)
    outcome: str = ""

    def value(self, name: str) -> str:
        """What stands in a box."""
        return self.typed.get(name, "")

    def error(self, name: str) -> Message | None:
        """What is wrong with a box."""
        return self.errors.get(name)


def empty_form(kind: str, today: date) -> OutcomeForm:
    """A new step: today, seen by the federation."""
    return OutcomeForm({"kind": kind, "date": today.isoformat(), "visibility": Visibility.FEDERATION.value})


def form_of(outcome: ContactOutcome) -> OutcomeForm:
    """A step as it was written, to be corrected."""
    typed = {
        "kind": outcome.kind,
        "step": outcome.step,
        "date": outcome.date.isoformat(),
        "reason": outcome.reason or "",
        "note": outcome.note or "",
        "by_role": outcome.by_role or "",
        "mutual": "1" if outcome.mutual else "",
        "dossier": outcome.dossier or "",
        "objective": outcome.objective or "",
        "visibility": outcome.visibility.value,
    }
    return OutcomeForm(typed, outcome=outcome.id)


def read_outcome(
    typed: Mapping[str, str], today: date, dossiers: Collection[str], outcome: str = ""
) -> dict[str, object] | OutcomeForm:
    """The values of a step as the store takes them, or the form with every wrong box named.

    `dossiers` are the ids that there are.
    """
    kept = {name: typed.get(name, "")[: LONGEST_NOTE * 2] for name in BOXES}
    errors: dict[str, Message] = {}
    when = _day(kept["date"], today, errors)
    choices = {
        "kind": PARTNERSHIPS, "step": STEPS, "by_role": OFFICES, "visibility": tuple(Visibility),
    }  # fmt: skip
    for name, allowed in choices.items():
        if kept[name] not in allowed:
            errors[name] = Message(f"outcome.wrong.{name}")
    may_be_empty = {"reason": REASONS, "dossier": dossiers, "objective": OBJECTIVES}
    for name, known in may_be_empty.items():
        if kept[name] and kept[name] not in known:
            errors[name] = Message("outcome.wrong.choice")
    refused = kept["step"] == "refused"
    if refused and not kept["reason"]:
        errors["reason"] = Message("outcome.wrong.reason")
    note = _note(kept["note"], errors)
    if refused and kept["reason"] == "other" and not note and "note" not in errors:
        errors["note"] = Message("outcome.wrong.why")
    if errors:
        return OutcomeForm(kept, errors, outcome)
    return {
        "kind": kept["kind"],
        "step": kept["step"],
        "date": when,
        "reason": kept["reason"] if refused else None,
        "note": note or None,
        "by_role": kept["by_role"],
        "mutual": refused and bool(kept["mutual"]),
        "dossier": kept["dossier"] or None,
        "objective": kept["objective"] or None,
        "visibility": Visibility(kept["visibility"]),
    }


def _day(text: str, today: date, errors: dict[str, Message]) -> date:
    try:
        when = day(text)
    except BadValue:
        errors["date"] = Message("outcome.wrong.date")
        return today
    if not FIRST_DAY <= when <= today:
        errors["date"] = Message("outcome.wrong.future")
    return when


def _note(text: str, errors: dict[str, Message]) -> str:
    words = clean(text)
    if len(words) > LONGEST_NOTE:
        errors["note"] = Message("outcome.wrong.note", _LIMITS)
    try:
        refuse_personal(text)
    except BadValue as wrong:
        errors["note"] = wrong.reason
    return words


@dataclass(frozen=True, slots=True)
class OutcomeChoices:
    """What the boxes of the form offer; `dossiers` are ids with titles."""

    kinds: tuple[str, ...]
    steps: tuple[str, ...]
    reasons: tuple[str, ...]
    offices: tuple[str, ...]
    objectives: tuple[str, ...]
    dossiers: tuple[tuple[str, str], ...]


def outcome_choices(snapshot: Snapshot) -> OutcomeChoices:
    """The choices of the form for the reader of a snapshot."""
    titles = tuple((each.id, each.title) for each in snapshot.dossiers)
    return OutcomeChoices(tuple(PARTNERSHIPS), STEPS, REASONS, OFFICES, OBJECTIVES, titles[:MOST_DOSSIERS])
