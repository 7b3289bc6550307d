# SPDX-License-Identifier: EUPL-1.2
"""What the operator types about a dossier: read, cleaned and checked, or given back with every wrong box named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, TypeVar

from data.identity import BadValue
from data.lazio.goods import goods
from data.lazio.instruments import instruments
from data.lazio.plans import plans
from data.lazio.role_needs import needs_of, read_needs
from data.lazio.roles import role_of, roles
from data.lazio.themes import themes
from data.model import Dossier, DossierRole, Message, OrganisationKind, Visibility
from data.records import DossierRecord
from data.sources.comuni_lists import comuni_named
from data.sources.values import day
from data.store.dossier_rows import KINDS, STATUSES
from data.store.dossiers import EVENT_KINDS
from data.wording import clean, free_words, plain
from service.dossiers import names_call
from service.outcomes import OBJECTIVES, OFFICES
from service.snapshot import Snapshot

AT_WORK: Final = tuple(each for each in STATUSES if each != "closed")
"""What a form may set: closing and reopening have their own, which ask what came of the work."""
LONGEST_LINE: Final = 200
LONGEST_PASSAGE: Final = 1_000
LONGEST_KEPT: Final = 4_000
MOST_TYPED: Final = 50
FARTHEST: Final = date(2100, 1, 1)
SOCIAL_TYPES: Final = ("A", "B", "A+B", "C")
VISIBILITIES: Final = tuple(Visibility)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class TypedForm:
    """What was typed, box by box, and what is wrong with it."""

    typed: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, Message] = field(default_factory=dict)
    several: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """What stands in a box."""
        return self.typed.get(name, "")

    def error(self, name: str) -> Message | None:
        """What is wrong with a box."""
        return self.errors.get(name)

    def holds(self, name: str, value: str) -> bool:
        """True when a box of several holds the value."""
        return value in self.several.get(name, ())


EMPTY: Final = TypedForm()
DOSSIER_BOXES: Final = (
    "kind", "title", "purpose", "need", "municipalities", "instrument", "call", "call_words", "act_kind", "act_title",
    "deadline", "status", "objective", "visibility",
)  # fmt: skip


# --- a dossier --------------------------------------------------------------------------------------------------


def dossier_form(dossier: Dossier, snapshot: Snapshot) -> TypedForm:
    """The form that holds a dossier as it stands."""
    names = [
        snapshot.municipalities[istat].name for istat in dossier.municipalities if istat in snapshot.municipalities
    ]
    by_id = names_call(dossier)
    typed = {
        "kind": dossier.kind,
        "title": dossier.title,
        "purpose": dossier.purpose or "",
        "need": dossier.need or "",
        "municipalities": ", ".join(names),
        "instrument": dossier.instrument or "",
        "call": (dossier.call or "") if by_id else "",
        "call_words": "" if by_id else dossier.call or "",
        "act_kind": dossier.act_kind or "",
        "act_title": dossier.act_title or "",
        "deadline": dossier.deadline.isoformat() if dossier.deadline else "",
        "status": dossier.status,
        "objective": dossier.objective or "",
        "visibility": dossier.visibility.value,
    }
    return TypedForm(typed, several={"themes": dossier.themes})


def as_typed(
    typed: Mapping[str, str], themes_typed: tuple[str, ...] = (), *, boxes: tuple[str, ...] = DOSSIER_BOXES
) -> TypedForm:
    """The form of these boxes with what was typed, nothing of it judged."""
    kept = {name: typed.get(name, "")[:LONGEST_KEPT] for name in boxes}
    return TypedForm(kept, several={"themes": themes_typed})


def read_dossier(
    typed: Mapping[str, str], themes_typed: tuple[str, ...], snapshot: Snapshot, held: Dossier | None = None
) -> DossierRecord | TypedForm:
    """The dossier that was typed, or its form with what is wrong; `held` is the one being changed. Its `key` is empty.

    It may keep a call that has left its list; no form closes it: that asks what came of it.
    """
    reader = _Reader(typed, DOSSIER_BOXES)
    kind = reader.choice("kind", KINDS) or "dossier"
    kept = (held.call,) if held and held.call else ()
    record: dict[str, Any] = {
        "title": reader.words("title", LONGEST_LINE, needed=True),
        "purpose": reader.words("purpose", LONGEST_PASSAGE),
        "need": reader.words("need", LONGEST_PASSAGE, needed=kind == "table"),
        "municipalities": reader.parsed("municipalities", comuni_named) or (),
        "instrument": reader.choice("instrument", tuple(one.code for one in instruments())),
        "call": reader.choice("call", (*(call.id for call in snapshot.calls), *kept))
        or reader.words("call_words", LONGEST_LINE),
        "act_kind": reader.choice("act_kind", tuple(one.key for one in plans())),
        "act_title": reader.words("act_title", LONGEST_LINE),
        "deadline": reader.day("deadline", date(2000, 1, 1)),
        "status": reader.choice("status", AT_WORK) or "idea",
        "objective": reader.choice("objective", OBJECTIVES),
    }
    visibility = reader.choice("visibility", VISIBILITIES) or (
        Visibility.RESERVED.value if kind == "wbo" else Visibility.FEDERATION.value
    )
    if kind == "wbo" and visibility == Visibility.FEDERATION.value:
        visibility = Visibility.RESERVED.value  # the box as the form offers it before a kind is chosen
    if kind == "wbo" and visibility != Visibility.RESERVED.value:
        reader.errors["visibility"] = Message("dossier.wrong.wbo")
    if record["act_kind"] and not record["municipalities"]:
        reader.errors.setdefault("municipalities", Message("dossier.wrong.act-needs-comuni"))
    known = {theme.key for theme in themes()}
    chosen = tuple(theme for theme in dict.fromkeys(themes_typed[:MOST_TYPED]) if theme in known)
    if reader.errors:
        return TypedForm(reader.kept, reader.errors, {"themes": chosen})
    return DossierRecord(key="", kind=kind, themes=chosen, visibility=Visibility(visibility), **record)


# --- a role -----------------------------------------------------------------------------------------------------

ROLE_BOXES: Final = ("role", "words", "kind", "theme", "social_type", "good", "sector")
_ONE_BOX: Final = {"kind": "kind", "theme": "theme", "social-type": "social_type", "sector": "sector"}
"""Needs of which a form takes one each."""


@dataclass(frozen=True, slots=True)
class NewRole:
    """A checked role: a key of the vocabulary or words, and what it requires."""

    role: str
    needs: tuple[str, ...]


def role_form(role: DossierRole, language: str) -> TypedForm:
    """The form that holds a role as it stands, goods by the names of the reader's language."""
    known = role.role in {one.key for one in roles()}
    typed = {"role": role.role if known else "", "words": "" if known else role.role}
    told: dict[str, list[str]] = {}
    for need in needs_of(role.needs):
        told.setdefault(need.name, []).append(need.value)
    typed |= {box: told[name][0] for name, box in _ONE_BOX.items() if name in told}
    typed["good"] = "; ".join(_good_typed(key, language) for key in told.get("good", ()))
    return TypedForm(typed)


def beyond_boxes(needs: Sequence[str]) -> tuple[str, ...]:
    """What a role requires, as a file says it, that its form has no box for: a second kind, theme, sector."""
    first: set[str] = set()
    found = []
    for need in needs:
        name = need.partition(":")[0]
        if name not in first and name != "good":
            first.add(name)
        elif name != "good":
            found.append(need)
    return tuple(found)


def _good_typed(key: str, language: str) -> str:
    """The name of a good as somebody would type it; its key where the name alone would be read as something else."""
    known = next((one for one in goods() if one.key == key), None)
    name = key if known is None else known.en if language == "en" else known.it
    try:
        return name if read_needs(f"good:{name}") == (f"good:{key}",) else key
    except BadValue:
        return key


def read_role(typed: Mapping[str, str]) -> NewRole | TypedForm:
    """The role that was typed, or its form with what is wrong."""
    reader = _Reader(typed, ROLE_BOXES)
    chosen = reader.choice("role", tuple(role.key for role in roles()))
    words = reader.words("words", 120)
    known = role_of(words) if words else None
    needs = [
        f"kind:{value}" for value in [reader.choice("kind", tuple(OrganisationKind))] if value
    ] + [
        f"theme:{value}" for value in [reader.choice("theme", tuple(theme.key for theme in themes()))] if value
    ] + [
        f"social-type:{value}" for value in [reader.choice("social_type", SOCIAL_TYPES)] if value
    ]  # fmt: skip
    needs += reader.parsed("sector", lambda text: read_needs(f"sector:{text}")) or ()
    needs += reader.parsed("good", lambda text: read_needs(f"good:{text}")) or ()
    if not chosen and not words:
        reader.errors.setdefault("role", Message("dossier.wrong.role"))
    if reader.errors:
        return TypedForm(reader.kept, reader.errors)
    return NewRole(chosen or (known.key if known else words or ""), tuple(dict.fromkeys(needs)))


# --- who takes a role, and the log ------------------------------------------------------------------------------

ACTS: Final = ("invited", "interested", "filled", "declined", "left")
STEP_BOXES: Final = ("act", "resources", "by_role")
CLOSE_BOXES: Final = ("outcome",)
LONGEST_OUTCOME: Final = 300
LOG_BOXES: Final = ("kind", "date", "text", "by_role")


@dataclass(frozen=True, slots=True)
class LogLine:
    """A checked line of the log."""

    kind: str
    day: date
    text: str
    by_role: str | None


def read_log(typed: Mapping[str, str], today: date) -> LogLine | TypedForm:
    """The line that was typed, or its form with what is wrong; a day to come is a plan, not a record."""
    reader = _Reader(typed, LOG_BOXES)
    kind = reader.choice("kind", EVENT_KINDS) or "note"
    when = reader.day("date", date(2000, 1, 1)) or today
    if when > today:
        reader.errors["date"] = Message("dossier.wrong.day-to-come")
    text = reader.words("text", LONGEST_PASSAGE, needed=True)
    office = reader.choice("by_role", OFFICES)
    if reader.errors:
        return TypedForm(reader.kept, reader.errors)
    return LogLine(kind, when, text or "", office)


def read_words(text: str, limit: int = LONGEST_PASSAGE) -> str | None:
    """Free words of a small box, cleaned; None when empty. Raises `BadValue`."""
    return free_words(text[:LONGEST_KEPT], limit) or None


# --- reading boxes ----------------------------------------------------------------------------------------------


class _Reader:
    """Reads boxes one by one and remembers what is wrong."""

    def __init__(self, typed: Mapping[str, str], boxes: tuple[str, ...]) -> None:
        self.kept = {name: typed.get(name, "")[:LONGEST_KEPT] for name in boxes}
        self.errors: dict[str, Message] = {}

    def words(self, name: str, limit: int, *, needed: bool = False) -> str | None:
        """The cleaned words of a box; a line end is a space."""
        found = self._read(name, lambda text: free_words(text, limit))
        if needed and not found:
            self.errors.setdefault(name, Message("dossier.wrong.empty"))
        return found or None

    def choice(self, name: str, allowed: tuple[str, ...]) -> str | None:
        """The allowed value of a box; None when nothing is chosen."""
        typed = clean(self.kept[name])
        if not typed:
            return None
        if typed not in allowed:
            self.errors[name] = Message("dossier.wrong.choice")
            return None
        return str(typed)

    def day(self, name: str, first: date) -> date | None:
        """The date of a box, between `first` and the year 2100."""
        found = self._read(name, day)
        if found is not None and not first <= found <= FARTHEST:
            self.errors[name] = Message("dossier.wrong.day")
            return None
        return found

    def parsed(self, name: str, read: Callable[[str], _T]) -> _T | None:
        """What `read` makes of a box, None when it is empty."""
        return self._read(name, read)

    def _read(self, name: str, read: Callable[[str], _T]) -> _T | None:
        text = self.kept[name]
        if not plain(text):
            return None
        try:
            return read(text)
        except BadValue as wrong:
            self.errors[name] = wrong.reason
            return None
