# SPDX-License-Identifier: EUPL-1.2
"""Pages of dossiers and tables: lists, one dossier with roles and log, the partnership table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from data.errors import UnknownDossier
from data.lazio.goods import goods
from data.lazio.instruments import Instrument, instruments
from data.lazio.plans import Plan, plans
from data.lazio.role_needs import needs_of
from data.lazio.roles import role_name
from data.lazio.themes import theme_name
from data.model import Call, Dossier, DossierEvent, DossierRole, Organisation
from data.store.changes import mark_of
from data.store.dossier_hand import OF_FIELDS
from data.store.dossier_roles import mark_of_role
from data.store.dossier_rows import COVERED
from data.wording import plain
from matching.call_state import CallState, is_to_come, standing
from service.calls import CallRow, call_row, calls_by_id, check_text, eligibility_of, places_text
from service.exports import csv_text
from service.messages import Words, has
from service.snapshot import Snapshot

LEAD: Final = "lead"
_IS_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAMED_GOODS: Final = {good.key: good for good in goods()}


@dataclass(frozen=True, slots=True)
class DossierRow:
    """A dossier as lists show it: how many roles are covered of how many, the uncovered ones by name."""

    dossier: Dossier
    places: str
    covered: int
    roles: int
    uncovered: tuple[str, ...]
    days_left: int | None


@dataclass(frozen=True, slots=True)
class RoleView:
    """A role in words: who has it (None: nobody, or not for this reader), what it requires."""

    role: DossierRole
    name: str
    needs: tuple[str, ...]
    body: Organisation | None
    place: str

    @property
    def seen(self) -> str:
        """The mark of the role as it is shown."""
        return mark_of_role(self.role)

    @property
    def is_covered(self) -> bool:
        """True when somebody has taken it."""
        return self.role.state == COVERED


@dataclass(frozen=True, slots=True)
class EventView:
    """A line of the log in words."""

    event: DossierEvent
    text: str
    written: bool


@dataclass(frozen=True, slots=True)
class Requirements:
    """What the call of a dossier asks of one participant: the sentences it fails, and those to be verified."""

    body: Organisation
    failed: tuple[str, ...]
    to_verify: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DossierSheet:
    """The page of a dossier; `events` are empty for the public, `call` is None where our lists hold none."""

    row: DossierRow
    roles: tuple[RoleView, ...]
    events: tuple[EventView, ...]
    call: CallRow | None
    instrument: Instrument | None
    plan: Plan | None
    themes: tuple[str, ...]
    participants: tuple[Organisation, ...]
    requirements: tuple[Requirements, ...]
    undoable: DossierEvent | None
    call_words: str | None

    @property
    def dossier(self) -> Dossier:
        """The dossier itself."""
        return self.row.dossier


def dossier_of(snapshot: Snapshot, dossier_id: str) -> Dossier:
    """The dossier of an id; raises UnknownDossier when this reader may see none."""
    known: Mapping[str, Dossier] = snapshot.once(
        "dossiers.by-id", lambda: {dossier.id: dossier for dossier in snapshot.dossiers}
    )
    if dossier_id not in known:
        raise UnknownDossier(dossier=dossier_id)
    return known[dossier_id]


def mark_of_dossier(dossier: Dossier) -> str:
    """The mark of the fields of a dossier as this reader saw them."""
    return mark_of(event.id for event in _of_fields(dossier))


def changed_since(snapshot: Snapshot, dossier: Dossier, seen: str, words: Words) -> tuple[EventView, ...]:
    """What changed the fields since the mark, oldest first; () when that cannot be told, as after an undoing."""
    events = _of_fields(dossier)
    for shown in range(len(events), 0, -1):
        if mark_of(event.id for event in events[:shown]) == seen:
            return tuple(event_view(snapshot, event, words) for event in events[shown:])
    return ()


def _of_fields(dossier: Dossier) -> list[DossierEvent]:
    return [event for event in dossier.events if event.kind in OF_FIELDS]


def call_in_words(snapshot: Snapshot, dossier: Dossier, words: Words) -> str | None:
    """The call of a dossier by the words that name it; of one that the reader's lists do not hold, that they do not."""
    if dossier.call is None or not names_call(dossier):
        return dossier.call
    if dossier.call in calls_by_id(snapshot):
        return dossier.call_title
    if dossier.call_title is None:
        return words.text("dossier.call-not-listed")
    return words.text("dossier.call-left", title=dossier.call_title)


def names_call(dossier: Dossier) -> bool:
    """True when the call of a dossier is one of our lists by its id, not words."""
    return bool(dossier.call and _IS_ID.fullmatch(dossier.call))


def call_for_reader(snapshot: Snapshot, dossier: Dossier) -> str | None:
    """The call of a dossier as a program may read it: an id that our lists answer to, else its title or words."""
    if not names_call(dossier) or dossier.call in calls_by_id(snapshot):
        return dossier.call
    return dossier.call_title


def role_of_dossier(dossier: Dossier, role_id: str) -> DossierRole:
    """A role of a dossier; raises UnknownDossier."""
    found = next((role for role in dossier.roles if role.id == role_id), None)
    if found is None:
        raise UnknownDossier(dossier=role_id)
    return found


# --- lists ------------------------------------------------------------------------------------------------------


def dossier_rows(
    snapshot: Snapshot, words: Words, *, table: bool, asked: str = "", status: str = ""
) -> tuple[DossierRow, ...]:
    """Dossiers (or tables) that the words find in title, purpose or need; running ones first, the nearest end first."""
    wanted = plain(asked)
    kept = [
        dossier
        for dossier in snapshot.dossiers
        if (dossier.kind == "table") is table
        and (not status or dossier.status == status)
        and wanted in plain(f"{dossier.title} {dossier.purpose or ''} {dossier.need or ''}")
    ]
    kept.sort(key=lambda each: (each.status == "closed", each.deadline or date.max, each.title.casefold(), each.id))
    return tuple(dossier_row(snapshot, dossier, words) for dossier in kept)


def dossier_row(snapshot: Snapshot, dossier: Dossier, words: Words) -> DossierRow:
    """A dossier with its roles counted and the uncovered ones named."""
    open_roles = [role for role in dossier.roles if role.state != COVERED]
    left = None if dossier.deadline is None or dossier.closed else (dossier.deadline - snapshot.today).days
    return DossierRow(
        dossier=dossier,
        places=places_text(snapshot, dossier.municipalities, words),
        covered=len(dossier.roles) - len(open_roles),
        roles=len(dossier.roles),
        uncovered=tuple(role_name(role.role, words.language) for role in open_roles),
        days_left=left,
    )


def dossiers_of_body(snapshot: Snapshot, organisation_id: str, words: Words) -> tuple[tuple[DossierRow, RoleView], ...]:
    """The dossiers in which a body has, or is asked to take, a role, that the reader may see."""
    return tuple(
        (dossier_row(snapshot, dossier, words), role_view(snapshot, role, words))
        for dossier in snapshot.dossiers
        for role in dossier.roles
        if role.organisation == organisation_id
    )


def dossiers_of_comune(snapshot: Snapshot, istat: str, words: Words) -> tuple[DossierRow, ...]:
    """The dossiers and tables about a comune that the reader may see."""
    return tuple(
        dossier_row(snapshot, dossier, words) for dossier in snapshot.dossiers if istat in dossier.municipalities
    )


# --- one dossier ------------------------------------------------------------------------------------------------


def dossier_sheet(snapshot: Snapshot, dossier: Dossier, words: Words) -> DossierSheet:
    """All that a page shows of a dossier."""
    lead_first = sorted(dossier.roles, key=lambda role: role.role != LEAD)
    roles = tuple(role_view(snapshot, role, words) for role in lead_first)
    call = calls_by_id(snapshot).get(dossier.call or "")
    undoable = next((event for event in dossier.events if event.undoable), None)
    bodies = {view.body.id: view.body for view in roles if view.body is not None}
    covering = {view.body.id: view.body for view in roles if view.body is not None and view.is_covered}
    return DossierSheet(
        row=dossier_row(snapshot, dossier, words),
        roles=roles,
        events=tuple(reversed([event_view(snapshot, event, words) for event in dossier.events])),
        call=call_row(snapshot, call, words) if call else None,
        instrument=next((one for one in instruments() if one.code == dossier.instrument), None),
        plan=next((one for one in plans() if one.key == dossier.act_kind), None),
        themes=tuple(theme_name(theme, words.language) for theme in dossier.themes),
        participants=tuple(sorted(bodies.values(), key=lambda body: body.name.casefold())),
        requirements=() if call is None else _requirements(snapshot, call, covering, words),
        undoable=undoable,
        call_words=call_in_words(snapshot, dossier, words),
    )


def _requirements(
    snapshot: Snapshot, call: Call, bodies: Mapping[str, Organisation], words: Words
) -> tuple[Requirements, ...]:
    """What a call asks of those who cover a role, as the group that they are; nothing of a call that is over."""
    found = []
    for body in sorted(bodies.values(), key=lambda each: each.name.casefold()):
        now, checks = eligibility_of(snapshot, call, body, len(bodies))
        if now.state is CallState.CLOSED and not is_to_come(call, snapshot.today):
            return ()
        failed, doubtful = (
            tuple(check_text(check, words) for check in which) for which in (checks.failed, checks.to_verify)
        )
        found.append(Requirements(body, failed, doubtful))
    return tuple(found)


def role_view(snapshot: Snapshot, role: DossierRole, words: Words) -> RoleView:
    """A role with its name, its requirements and its body in words."""
    place = snapshot.position.get(role.organisation or "")
    body = None if place is None else snapshot.organisations[place]
    return RoleView(
        role=role,
        name=role_name(role.role, words.language),
        needs=need_words(role.needs, words),
        body=body,
        place="" if body is None else place_of_body(snapshot, body),
    )


def place_of_body(snapshot: Snapshot, body: Organisation) -> str:
    """Name of a body's comune, else its province, else nothing."""
    comune = snapshot.municipalities.get(body.municipality or "")
    return comune.name if comune else body.province or ""


def need_words(needs: tuple[str, ...], words: Words) -> tuple[str, ...]:
    """All that a role requires, in words."""
    return tuple(need_text(need.name, need.value, words) for need in needs_of(needs))


def need_text(name: str, value: str, words: Words) -> str:
    """What a role requires, in words."""
    if name == "theme":
        value = theme_name(value, words.language)
    elif name == "good" and value in _NAMED_GOODS:
        value = _NAMED_GOODS[value].en if words.language == "en" else _NAMED_GOODS[value].it
    elif name == "kind":
        value = words.text(f"org.kind.{value}")
    return words.text(f"dossier.need.{name}", value=value)


def event_view(snapshot: Snapshot, event: DossierEvent, words: Words) -> EventView:
    """A line of the log as a sentence; what a person wrote stays as written."""
    written = not has(f"dossier.event.{event.kind}")
    place = snapshot.position.get(event.organisation or "")
    name = words.text("dossier.body-unknown") if place is None else snapshot.organisations[place].name
    if written:
        return EventView(event, event.text, True)
    fields = tuple(words.text(f"dossier.field.{field}") for field in event.changed)
    if event.kind == "role-changed" and event.text:
        before, now = (role_name(each or "", words.language) for each in (event.text, event.role))
        return EventView(event, words.text("dossier.event.role-renamed", before=before, role=now), False)
    sentence = words.text(
        _of_kind(f"dossier.event.{event.kind}", dossier_of(snapshot, event.dossier)),
        role=role_name(event.role or "", words.language),
        organisation=name,
        fields=fields or (words.text("dossier.field.any"),),
    )
    told = words.text("dossier.event.with", what=event.text) if event.text else ""
    return EventView(event, f"{sentence} {told}".strip(), False)


# --- files ----------------------------------------------------------------------------------------------------------


def partnership_csv(snapshot: Snapshot, dossier: Dossier, words: Words) -> str:
    """The partnership table: one line per role, the uncovered ones too, with the body's own facts."""
    names = (
        "dossier", "role", "state", "name", "tax-code", "kind", "municipality", "province", "needs", "resources",
        "since", "pec", "website",
    )  # fmt: skip
    header = [words.text(f"dossier.csv.{name}") for name in names]
    roles = dossier_sheet(snapshot, dossier, words).roles
    return csv_text(header, [_partner_row(dossier, view, words) for view in roles])


def _partner_row(dossier: Dossier, view: RoleView, words: Words) -> list[str | date | None]:
    body = view.body
    return [
        dossier.title,
        view.name,
        words.text(f"dossier.role-state.{view.role.state}"),
        body.name if body else None,
        _tax_code(body),
        words.text(f"org.kind.{body.kind.value}") if body else None,
        view.place or None,
        body.province if body else None,
        " | ".join(view.needs) or None,
        view.role.resources,
        view.role.since,
        body.pec if body else None,
        body.website if body else None,
    ]


def _tax_code(body: Organisation | None) -> str | None:
    codes = [each.value for each in body.identifiers if each.scheme == "tax-code"] if body else []
    return codes[0] if codes else None


def _of_kind(key: str, dossier: Dossier) -> str:
    """The key of a sentence about a dossier, or the one that says it of a table."""
    return f"{key}.table" if dossier.kind == "table" and has(f"{key}.table") else key


# --- what the forms offer ---------------------------------------------------------------------------------------


def call_choices(snapshot: Snapshot) -> Sequence[Call]:
    """Calls that a new dossier may name: those that are not closed, by title."""
    found = [
        call
        for call in snapshot.calls
        if standing(call, snapshot.today).state is not CallState.CLOSED or is_to_come(call, snapshot.today)
    ]
    return sorted(found, key=lambda call: call.title.casefold())
