# SPDX-License-Identifier: EUPL-1.2
"""The form in which the operator notes what became of a suggestion: what was typed, checked, with what is wrong."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from data.identity import BadValue
from data.model import ContactOutcome, Message, Visibility
from data.sources.values import day
from data.wording import clean, refuse_private
from matching.kinds import PARTNERSHIPS
from service.outcomes import OBJECTIVES, OFFICES, REASONS, STEPS
from service.snapshot import Snapshot

BOXES: Final = ("kind", "step", "date", "reason", "note", "by_role", "mutual", "dossier", "objective", "visibility")
LONGEST_NOTE: Final = 500
MOST_DOSSIERS: Final = 200
FIRST_DAY: Final = date(2000, 1, 1)
_BEFORE_MARK: Final = " · "
_MARK: Final = 8
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


def form_of(outcome: ContactOutcome, dossiers: Collection[str]) -> OutcomeForm:
    """A step as it was written, to be corrected; a dossier that is not among those that there are has no name."""
    typed = {
        "kind": outcome.kind,
        "step": outcome.step,
        "date": outcome.date.isoformat(),
        "reason": outcome.reason or "",
        "note": outcome.note or "",
        "by_role": outcome.by_role or "",
        "mutual": "1" if outcome.mutual else "",
        "dossier": outcome.dossier if outcome.dossier and outcome.dossier in dossiers else "",
        "objective": outcome.objective or "",
        "visibility": outcome.visibility.value,
    }
    return OutcomeForm(typed, outcome=outcome.id)


def as_typed(typed: Mapping[str, str], outcome: str) -> OutcomeForm:
    """The form of a step with what was typed, nothing of it judged."""
    return OutcomeForm(_kept(typed), outcome=outcome)


def _kept(typed: Mapping[str, str]) -> dict[str, str]:
    return {name: typed.get(name, "")[: LONGEST_NOTE * 2] for name in BOXES}


def read_outcome(
    typed: Mapping[str, str], today: date, dossiers: Collection[str], outcome: str = ""
) -> dict[str, object] | OutcomeForm:
    """The values of a step as the store takes them, or the form with every wrong box named.

    `dossiers` are the ids that there are.
    """
    kept = _kept(typed)
    errors: dict[str, Message] = {}
    when = _day(kept["date"], today, errors)
    choices = {
        "kind": PARTNERSHIPS, "step": STEPS, "by_role": OFFICES, "visibility": tuple(Visibility),
    }  # fmt: skip
    for name, allowed in choices.items():
        if kept[name] not in allowed:
            errors[name] = Message(f"outcome.wrong.{name}")
    kept["dossier"] = dossier_named(kept["dossier"], dossiers)
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


def dossier_named(text: str, dossiers: Collection[str]) -> str:
    """The id of the dossier that a box names, by id or as the list shows it; the text itself when it names none."""
    mark = text.rpartition(_BEFORE_MARK)[2].strip()
    found = [each for each in dossiers if each.startswith(mark)] if len(mark) == _MARK else []
    return found[0] if len(found) == 1 else text.strip()


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
        refuse_private(text)
    except BadValue as wrong:
        errors["note"] = wrong.reason
    return words


@dataclass(frozen=True, slots=True)
class OutcomeChoices:
    """What the boxes of the form offer; `dossiers` are labels to choose from, `titles` every dossier by id."""

    kinds: tuple[str, ...]
    steps: tuple[str, ...]
    reasons: tuple[str, ...]
    offices: tuple[str, ...]
    objectives: tuple[str, ...]
    dossiers: tuple[str, ...]
    titles: Mapping[str, str]

    def shown(self, dossier: str) -> str:
        """A dossier as its box shows it: title and the beginning of its id; what was typed when it names none."""
        return f"{self.titles[dossier]}{_BEFORE_MARK}{dossier[:_MARK]}" if dossier in self.titles else dossier


def outcome_choices(snapshot: Snapshot) -> OutcomeChoices:
    """The choices of the form for the reader of a snapshot; of dossiers the list holds the newest, any may be named."""
    newest = sorted(
        snapshot.dossiers, key=lambda each: (each.status != "closed", each.created or FIRST_DAY), reverse=True
    )
    titles = {each.id: each.title for each in newest}
    choices = OutcomeChoices(tuple(PARTNERSHIPS), STEPS, REASONS, OFFICES, OBJECTIVES, (), titles)
    return replace(choices, dossiers=tuple(choices.shown(each) for each in list(titles)[:MOST_DOSSIERS]))
