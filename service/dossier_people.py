# SPDX-License-Identifier: EUPL-1.2
"""The people around a dossier, on its pages: who could take a role, and who is to be heard about its act or plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from data.lazio.plans import Plan, plans
from data.lazio.role_needs import needs_of
from data.lazio.themes import theme_name
from data.model import Dossier, DossierRole, Message, Organisation
from matching.hearing import HearingGroup, hearing
from matching.role_candidates import Candidate, RoleSearch, ask_of, in_context, search_role
from service.dossiers import need_text, place_of_body
from service.exports import csv_text
from service.messages import Words
from service.snapshot import Snapshot

MOST_CANDIDATES: Final = 20
MOST_FOUND: Final = 10
_WORK: Final = frozenset({"good", "sector", "theme"})


# --- who could take a role --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CandidateView:
    """A body that could take a role, with its reasons and doubts in words."""

    body: Organisation
    place: str
    km: float | None
    reasons: tuple[str, ...]
    to_verify: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Who could take a role: `bodies` do what it asks (`total` of them are known), `others` work in its field; `note`
    says what is missing or how far the nearest is ("" where neither is to be said).
    """

    bodies: tuple[CandidateView, ...]
    others: tuple[CandidateView, ...]
    note: str
    total: int


def candidates_for(snapshot: Snapshot, dossier: Dossier, role: DossierRole, words: Words) -> Candidates:
    """Bodies that could take a role, most in favour first; none that is in the dossier already or has declined it."""
    taken = [each.organisation for each in dossier.roles if each.organisation is not None]
    declined = [
        event.organisation
        for event in dossier.events
        if event.kind == "role-declined" and event.role == role.role and event.organisation is not None
    ]
    found = search_role(
        snapshot.index,
        in_context(ask_of(role.role, role.needs), dossier.themes, f"{dossier.need or ''}. {dossier.purpose or ''}"),
        ask_of(role.role, role.needs, wider=True),
        dossier.municipalities,
        taken=taken,
        left_out=declined,
        limit=MOST_CANDIDATES,
    )
    bodies, others = (
        tuple(_candidate(snapshot, dossier, each, words) for each in which)
        for which in (found.candidates, found.others)
    )
    return Candidates(bodies, others, _note(snapshot, dossier, role, found, words), found.total)


def _note(snapshot: Snapshot, dossier: Dossier, role: DossierRole, found: RoleSearch, words: Words) -> str:
    """What is missing: somebody who does what is asked, or somebody in the comuni; "" where neither is."""
    asked = tuple(need_text(need.name, need.value, words) for need in needs_of(role.needs) if need.name in _WORK)
    told = [words.text("dossier.role-nobody-does", what=asked)] if asked and not found.candidates else []
    nearest = found.nearest
    if nearest is not None and dossier.municipalities and nearest.km is not None:
        body = snapshot.organisation(nearest.organisation)
        if body.municipality not in dossier.municipalities:
            place = place_of_body(snapshot, body)
            told.append(words.text("dossier.role-nearest", name=body.name, place=place, km=nearest.km))
    return " ".join(told)


def _candidate(snapshot: Snapshot, dossier: Dossier, found: Candidate, words: Words) -> CandidateView:
    body = snapshot.organisation(found.organisation)
    return CandidateView(
        body=body,
        place=place_of_body(snapshot, body),
        km=None if body.municipality in dossier.municipalities else found.km,
        reasons=tuple(words.render(named(message, words)) for message in found.reasons),
        to_verify=tuple(words.render(message) for message in found.to_verify),
    )


def named(message: Message, words: Words) -> Message:
    """The message with keys of themes put into names."""
    if "theme" in message.params:
        return Message(message.key, {"theme": theme_name(str(message.params["theme"]), words.language)})
    return message


def found_bodies(snapshot: Snapshot, asked: str) -> tuple[Organisation, ...]:
    """What the search box of a role finds; () when nothing was asked."""
    return snapshot.search(asked, MOST_FOUND).organisations if asked.strip() else ()


# --- who is to be heard -----------------------------------------------------------------------------------------


def hearing_of(snapshot: Snapshot, dossier: Dossier) -> tuple[Plan, tuple[HearingGroup, ...]] | None:
    """The groups worth hearing about a dossier's plan in its comuni; None when it names no plan."""
    found = next((one for one in plans() if one.key == dossier.act_kind), None)
    return None if found is None else (found, hearing(snapshot.index, found, dossier.municipalities))


def hearing_csv(snapshot: Snapshot, dossier: Dossier, words: Words) -> str:
    """The list of who is to be heard, group by group, with role mailboxes only."""
    names = ("group", "name", "kind", "municipality", "verify", "pec", "website")
    header = [words.text(f"dossier.csv.{name}") for name in names]
    found = hearing_of(snapshot, dossier)
    rows = []
    for group in found[1] if found else ():
        for heard in group.bodies:
            body = snapshot.organisation(heard.organisation)
            rows.append(
                [
                    group.group.en if words.language == "en" else group.group.it,
                    body.name,
                    words.text(f"org.kind.{body.kind.value}"),
                    place_of_body(snapshot, body),
                    words.render(heard.doubt) if heard.doubt else None,
                    body.pec,
                    body.website,
                ]
            )
    return csv_text(header, rows)
