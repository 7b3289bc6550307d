# SPDX-License-Identifier: EUPL-1.2
"""The shape of "why not this one?" in the JSON API: what keeps a body out of a list of partners, or down in it."""

from __future__ import annotations

from typing import Literal

from service.schemas import Out


class CauseOut(Out):
    """One thing that keeps the body out, and where the rule behind it stands."""

    obstacle: Literal["itself", "asker", "kind", "refused", "check", "filter", "unrelated", "too-little"]
    sentence: str
    source: str


class SignOut(Out):
    """One sign: what it adds to the body's score and to that of the one beside it, and its sentence for the body."""

    feature: str
    name: str
    contribution: float
    beside: float
    sentence: str


class RemedyOut(Out):
    """A missing datum of one organisation (its id) that would raise the body to a place, as tried."""

    organisation: str
    datum: str
    place: int
    of: int
    sentence: str


class AbsenceOut(Out):
    """Where `partner` stands for `organisation`: suggested at `place` of `of`, or kept out by `causes`.

    With causes, `place` is the one it would have without them, null where no sign places it. `beside` is the partner
    that it is compared with: the last of the first ten, or the first for one of them. `tried` values were tried.
    """

    organisation: str
    partner: str
    name: str
    kind: str
    suggested: bool
    place: int | None
    of: int
    sentence: str
    causes: list[CauseOut]
    score: float | None
    beside: str | None
    beside_place: int | None
    beside_score: float | None
    signs: list[SignOut]
    to_verify: list[str]
    remedies: list[RemedyOut]
    tried: int
