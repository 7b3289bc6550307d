# SPDX-License-Identifier: EUPL-1.2
"""What the page of an organisation says of the stage it is in: what a group still lacks, who may mentor a new one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from data.lazio.said import AVAILABLE, availability
from data.life import Step, founding_steps, life_stage
from data.model import Declaration, Message, Organisation, OrganisationKind, Status
from matching.columns import STATUS_NOT_ACTIVE
from service.messages import Words
from service.organisation_sheet import place_text
from service.snapshot import Snapshot

MOST_MENTORS: Final = 5
_COOPERATIVES: Final = frozenset({OrganisationKind.COOPERATIVE, OrganisationKind.CONSORTIUM})
_MENTORED: Final = frozenset({Status.NEW, Status.FORMING})


@dataclass(frozen=True, slots=True)
class Mentor:
    """A body that says it can mentor new cooperatives: where, how near in work (`same-work`, `other-work`,
    `work-unknown`) and in km, since when it exists, when it said so, and whether it may be a competitor."""

    body: Organisation
    place: str | None
    km: float | None
    work: str
    said: Declaration
    rival: bool


@dataclass(frozen=True, slots=True)
class LifeNotes:
    """The stage in a sentence, what is still missing to be founded, and mentors (None: nobody needs one)."""

    stage: Message
    steps: tuple[Step, ...] = ()
    mentors: tuple[Mentor, ...] | None = None


def life_notes(snapshot: Snapshot, body: Organisation, words: Words) -> LifeNotes | None:
    """What is to be said of the stage of a body; None for one that is simply active, over, or of which nothing is
    known."""
    stage = life_stage(body, snapshot.today)
    if stage is None:
        return None
    if stage.status is Status.CRISIS:
        return LifeNotes(Message("life.crisis"))
    if stage.status is Status.ACTIVE and body.status is Status.NEW:
        return LifeNotes(Message("life.no-longer-new"))
    if stage.status not in _MENTORED or body.kind not in _COOPERATIVES:
        return None
    mentors = find_mentors(snapshot, body, words)
    if stage.status is Status.FORMING:
        return LifeNotes(Message("life.forming"), founding_steps(body), mentors)
    key = "life.new-computed" if stage.computed else "life.new-said"
    return LifeNotes(Message(key, {"anno": body.founded} if stage.computed else {}), mentors=mentors)


def find_mentors(snapshot: Snapshot, body: Organisation, words: Words) -> tuple[Mentor, ...]:
    """Who declared to mentor new cooperatives: active as far as known and not new itself; the same work first, then the
    nearest, those that may be competitors last."""
    found = []
    for said in snapshot.declarations:
        ready = availability(said.what) if said.says == AVAILABLE else None
        if ready is None or ready.key != "mentor" or said.organisation == body.id:
            continue
        if said.organisation in snapshot.position and _may_mentor(snapshot, said.organisation):
            found.append(_mentor(snapshot, body, said, words))
    unique = {each.body.id: each for each in reversed(found)}
    return tuple(sorted(unique.values(), key=_order))[:MOST_MENTORS]


def _may_mentor(snapshot: Snapshot, organisation_id: str) -> bool:
    row = snapshot.index.row(organisation_id)
    if snapshot.index.columns.status[row] == STATUS_NOT_ACTIVE:
        return False
    stage = life_stage(snapshot.organisation(organisation_id), snapshot.today)
    return stage is None or stage.status is not Status.NEW


def _order(each: Mentor) -> tuple[bool, int, float, str]:
    works = ("same-work", "other-work", "work-unknown")
    return (each.rival, works.index(each.work), each.km if each.km is not None else 1e9, each.body.id)


def _mentor(snapshot: Snapshot, body: Organisation, said: Declaration, words: Words) -> Mentor:
    other, columns = snapshot.organisation(said.organisation), snapshot.index.columns
    mine, theirs = snapshot.index.row(body.id), snapshot.index.row(other.id)
    known = columns.division[mine] >= 0 and columns.division[theirs] >= 0
    same = bool(known and columns.division[mine] == columns.division[theirs])
    places = int(columns.place[mine]), int(columns.place[theirs])
    return Mentor(
        body=other,
        place=place_text(snapshot, other.municipality, other.province, words),
        km=float(snapshot.index.distance_km[places]) if min(places) >= 0 else None,
        work="same-work" if same else "other-work" if known else "work-unknown",
        said=said,
        rival=same and places[0] == places[1] >= 0,
    )
