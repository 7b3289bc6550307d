# SPDX-License-Identifier: EUPL-1.2
"""What an organisation may write about itself on the pages: which box each fact gets, and reading what was typed.

Typed text becomes a checked value or a message beside its box; nothing typed is lost when something is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeVar

from data.errors import InvalidValue
from data.identity import BadValue
from data.lazio import ateco
from data.lazio.said import OF_GOODS, PERIODS, SAYS, kept_words, shown_words, suggested_words
from data.model import Declaration, Message, Organisation, OrganisationKind, Status, Visibility
from data.sources.values import amount, day, number, share, whole, year, yes
from data.store.declarations import mark_of_declaration
from data.wording import clean, refuse_personal, refuse_private, web_address
from service import corrections
from service.messages import Words
from service.snapshot import Snapshot

LONGEST_LINE: Final = 200
LONGEST_PASSAGE: Final = 2_000
LONGEST_UNIT: Final = 30
LONGEST_KEPT: Final = 4_000
MOST_CERTIFICATIONS: Final = 20
FARTHEST_YEAR: Final = 2100

_T = TypeVar("_T")

# Which box takes each fact; the order is that of the choice offered.
BOXES: Final[Mapping[str, str]] = {
    "sector": "sector",
    "chain_stages": "stages",
    "themes": "themes",
    "purpose": "passage",
    "municipality": "municipality",
    "employees": "whole",
    "members": "whole",
    "revenue": "euro",
    "category": "line",
    "social_type": "choice",
    "status": "choice",
    "founded": "year",
    "federation": "line",
    "legal_form": "line",
    "prevalent_mutuality": "yes-no",
    "third_sector": "yes-no",
    "disadvantaged_share": "share",
    "social_share": "share",
    "certifications": "list",
    "website": "web",
    "name": "line",
}
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "social_type": corrections.SOCIAL_TYPES,
    "status": tuple(Status),
}
VISIBILITIES: Final = tuple(Visibility)
_OF_PUBLIC_BODIES: Final = ("name", "municipality", "purpose", "website")


@dataclass(frozen=True, slots=True)
class CorrectionForm:
    """The box for one fact: what stands in it and what is wrong with it."""

    field: str
    box: str
    value: str = ""
    visibility: str = Visibility.PUBLIC
    error: Message | None = None

    def holds(self, key: str) -> bool:
        """True when a box to tick stands ticked."""
        return key in _listed(self.value)


@dataclass(frozen=True, slots=True)
class DeclarationForm:
    """The boxes of a declaration: what was typed in each, and what is wrong, by box.

    `editing` is the id of the one that is being changed, empty for a new one; `seen` the mark with which it was shown;
    `meanwhile` is true when others changed it while the form was being filled in.
    """

    typed: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, Message] = field(default_factory=dict)
    editing: str = ""
    seen: str = ""
    meanwhile: bool = False

    def value(self, name: str) -> str:
        """What stands in a box."""
        return self.typed.get(name, "")

    def error(self, name: str) -> Message | None:
        """What is wrong with a box."""
        return self.errors.get(name)


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms of an organisation's page as they stand. `back` is the kind of partnership to return to."""

    correction: CorrectionForm | None = None
    declaration: DeclarationForm = field(default_factory=DeclarationForm)
    back: str = ""

    @property
    def wrong(self) -> bool:
        """True when something typed cannot be taken."""
        return bool(self.declaration.errors) or (self.correction is not None and self.correction.error is not None)


EMPTY: Final = Forms()


def fields_for(body: Organisation) -> tuple[str, ...]:
    """The facts that this body may write about itself; an invented one keeps its name, lest it be taken for real."""
    fields = _OF_PUBLIC_BODIES if body.kind is OrganisationKind.PUBLIC_BODY else tuple(BOXES)
    return tuple(name for name in fields if not (body.demonstration and name == "name"))


def asked_forms(body: Organisation, wanted: str, words: Words) -> Forms:
    """The forms with the box of one fact opened and holding what is known; an unknown name opens none."""
    if wanted not in fields_for(body):
        return EMPTY
    return Forms(correction=CorrectionForm(wanted, BOXES[wanted], _typed_value(body, wanted, words)))


def editing_form(said: Declaration, words: Words) -> Forms:
    """The forms with a declaration opened to be changed, its words in the reader's language."""
    values = {
        "says": said.says,
        "what": shown_words(said.says, said.what, words.language),
        "quantity": "" if said.quantity is None else f"{said.quantity:.10g}".replace(".", ","),
        "unit": said.unit or "",
        "period": said.period or "",
        "municipality": said.municipality or "",
        "valid_until": said.valid_until.isoformat() if said.valid_until else "",
        "visibility": said.visibility.value,
    }
    return Forms(declaration=DeclarationForm(values, editing=said.id, seen=mark_of_declaration(said)))


def as_typed(typed: Mapping[str, str], editing: str) -> DeclarationForm:
    """The form of a declaration with what was typed, nothing of it judged."""
    return DeclarationForm(_kept(typed), editing=editing)


def _kept(typed: Mapping[str, str]) -> dict[str, str]:
    return {name: typed.get(name, "")[:LONGEST_KEPT] for name in DECLARATION_BOXES}


def _typed_value(body: Organisation, name: str, words: Words) -> str:
    """A known value as a person would type it."""
    value = getattr(body, name)
    if value is None or value == () or (name == "sector" and body.sector_version != corrections.SECTOR_VERSION):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value)
    if BOXES[name] == "share":
        return f"{words.write(value * 100)}%"
    if BOXES[name] in {"euro", "whole"}:
        return words.write(value)
    return str(value)


@dataclass(frozen=True, slots=True)
class FormChoices:
    """What the boxes offer: comuni by province, codes with titles, words to say things with and their kind."""

    municipalities: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    divisions: tuple[tuple[str, str], ...]
    words: tuple[tuple[str, str], ...] = ()
    says: tuple[str, ...] = SAYS
    periods: tuple[str, ...] = PERIODS
    themes: tuple[tuple[str, str], ...] = ()
    stages: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()


def form_choices(snapshot: Snapshot, words: Words) -> FormChoices:
    """The options of the forms, made once per snapshot and language."""
    return snapshot.once(f"pages.form-choices.{words.language}", lambda: _choices(snapshot, words))


def _choices(snapshot: Snapshot, words: Words) -> FormChoices:
    by_province: dict[str, list[tuple[str, str]]] = {}
    for comune in sorted(snapshot.municipalities.values(), key=lambda each: each.name):
        by_province.setdefault(comune.province, []).append((comune.istat, comune.name))
    version = ateco(corrections.SECTOR_VERSION)
    groups = [*version.of_level("division"), *version.of_level("class")]
    return FormChoices(
        municipalities=tuple((province, tuple(rows)) for province, rows in sorted(by_province.items())),
        divisions=tuple(
            (each.code, each.title_it if words.language == "it" else each.title_en)
            for each in sorted(groups, key=lambda each: each.code)
        ),
        words=suggested_words(words.language),
        themes=tuple((key, words.text(f"theme.{key}")) for key in corrections.theme_keys()),
        stages=tuple(_stage_choices(words)),
    )


def _stage_choices(words: Words) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    """The name of each chain with the keys and roles of the stages that an organisation may stand at."""
    by_chain: dict[str, list[tuple[str, str]]] = {}
    for key in corrections.stage_keys():
        chain, _, stage = key.partition(":")
        by_chain.setdefault(chain, []).append((key, words.text(f"chain.{chain}.{stage}")))
    for chain, stages in by_chain.items():
        yield words.text(f"chain.{chain}"), tuple(stages)


# --- reading a correction ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Correction:
    """A checked value of one fact, as the store takes it."""

    field: str
    value: object
    visibility: Visibility


def read_correction(body: Organisation, name: str, value: str, visibility: str) -> Correction | CorrectionForm:
    """The correction, or its form with what is wrong. Raises InvalidValue for a fact that may not be written."""
    if name not in fields_for(body):
        raise InvalidValue(field="field", value="", allowed=", ".join(fields_for(body)))
    kept = CorrectionForm(name, BOXES[name], value[:LONGEST_KEPT], visibility)
    if visibility not in VISIBILITIES:
        return _wrong(kept, "form.wrong.choice", visibility=Visibility.PUBLIC)
    if not value.strip():
        return _wrong(kept, "form.wrong.empty")
    try:
        (refuse_private if BOXES[name] in _FREE else refuse_personal)(value[:LONGEST_KEPT], body.name)
        taken = corrections.checked(name, _READERS[BOXES[name]](value), body.name)
    except BadValue as wrong:
        return _wrong(kept, _said(wrong, BOXES[name]))
    except InvalidValue:
        return _wrong(kept, f"form.wrong.{BOXES[name]}")
    if (name, taken) == ("status", Status.CRISIS) and visibility == Visibility.PUBLIC:
        return _wrong(kept, "form.wrong.crisis", visibility=Visibility.RESERVED)
    return Correction(name, taken, Visibility(visibility))


def _wrong(form: CorrectionForm, key: str, visibility: str | None = None) -> CorrectionForm:
    return CorrectionForm(form.field, form.box, form.value, visibility or form.visibility, Message(key, _LIMITS))


def _said(wrong: BadValue, box: str) -> str:
    """The key of what is wrong: of a person's data the reason itself, else what the box takes."""
    return wrong.reason.key if wrong.reason.key in _OF_PERSONS else f"form.wrong.{box}"


_FREE: Final = frozenset({"line", "passage", "list"})  # boxes of words, where a number may be a telephone's
_OF_PERSONS: Final = frozenset({"reject.natural-person", "reject.personal-mail", "reject.telephone", "reject.iban"})
_LIMITS: Final[Mapping[str, object]] = {
    "line": LONGEST_LINE,
    "passage": LONGEST_PASSAGE,
    "certifications": MOST_CERTIFICATIONS,
    "unit": LONGEST_UNIT,
}


def passage(text: str) -> str:
    """Text of several lines without hidden characters, its lines kept."""
    return "\n".join(clean(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")).strip()


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part for each in text.replace(";", ",").split(",") if (part := clean(each)))


def _share_of(text: str) -> float:
    """A share typed as a percentage ("35", "35%") or as a share ("0,35")."""
    bare = clean(text).rstrip("% ")
    value = number(bare, decimal_comma=False)
    return share(bare) if value <= 1 and "%" not in text else value / 100


def _sector_code(text: str) -> str:
    """The code at the beginning of what was typed or picked, written as the classification writes it."""
    typed = clean(text).split(" ")[0]
    entry = ateco(corrections.SECTOR_VERSION).get(typed)
    return entry.code if entry else typed


_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "line": clean,
    "passage": passage,
    "sector": _sector_code,
    "municipality": clean,
    "whole": whole,
    "year": year,
    "euro": amount,
    "share": _share_of,
    "yes-no": yes,
    "choice": clean,
    "list": _listed,
    "stages": _listed,
    "themes": _listed,
    "web": web_address,
}


# --- reading a declaration --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Said:
    """A checked declaration; what is said of certifications and availability has no amount."""

    says: str
    what: str
    quantity: float | None
    unit: str | None
    period: str | None
    municipality: str | None
    valid_until: date | None
    visibility: Visibility


DECLARATION_BOXES: Final = (
    "says", "what", "quantity", "unit", "period", "municipality", "valid_until", "visibility",
)  # fmt: skip


def read_declaration(typed: Mapping[str, str], snapshot: Snapshot, editing: str = "") -> Said | DeclarationForm:
    """The declaration, its words as the vocabulary keeps them, or its form with every wrong box named."""
    kept = _kept(typed)
    errors: dict[str, Message] = {}
    what, unit = clean(kept["what"]), clean(kept["unit"])
    for name in ("what", "unit"):
        _refuse_personal(name, kept[name], errors)
    if kept["says"] not in SAYS:
        errors["says"] = Message("form.wrong.says")
    if "what" not in errors and not 2 <= len(what) <= LONGEST_LINE:
        errors["what"] = Message("form.wrong.what", _LIMITS)
    if len(unit) > LONGEST_UNIT:
        errors["unit"] = Message("form.wrong.unit", _LIMITS)
    if kept["period"] and kept["period"] not in PERIODS:
        errors["period"] = Message("form.wrong.period")
    if kept["municipality"] and kept["municipality"] not in snapshot.municipalities:
        errors["municipality"] = Message("form.wrong.municipality")
    if kept["visibility"] not in VISIBILITIES:
        errors["visibility"] = Message("form.wrong.choice", _LIMITS)
    quantity = _optional(kept["quantity"], amount, "quantity", errors)
    until = _optional(kept["valid_until"], day, "valid_until", errors)
    if until is not None and not snapshot.today <= until <= date(FARTHEST_YEAR, 1, 1):
        errors["valid_until"] = Message("form.wrong.past")
    if errors:
        return DeclarationForm(kept, errors, editing)
    counted = kept["says"] in OF_GOODS
    return Said(
        kept["says"],
        kept_words(kept["says"], what),
        quantity if counted else None,
        (unit or None) if counted else None,
        (kept["period"] or None) if counted else None,
        kept["municipality"] or None,
        until,
        Visibility(kept["visibility"]),
    )


def _refuse_personal(name: str, text: str, errors: dict[str, Message]) -> None:
    try:
        refuse_private(text)
    except BadValue as wrong:
        errors[name] = wrong.reason


def _optional(text: str, read: Callable[[str], _T], name: str, errors: dict[str, Message]) -> _T | None:
    if not text.strip():
        return None
    try:
        return read(text)
    except BadValue:
        errors[name] = Message(f"form.wrong.{name}")
        return None
