# SPDX-License-Identifier: EUPL-1.2
"""What a reader narrows a list of partners to: the filters of the address, checked, and the boxes that offer them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from data.lazio import ateco
from data.model import Message, Organisation, OrganisationKind
from matching.candidates import SIZES, Filters
from matching.kinds import partnership
from service.messages import Words
from service.municipality_sheet import province_names
from service.snapshot import Snapshot

NAMES: Final = ("km", "province", "category", "size", "sector", "type", "certain", "new", "rivals")
WITHOUT: Final = "without"  # how the address says that rivals are not wanted; they are kept otherwise
MOST_KM: Final = 500
MOST_OPTIONS: Final = 200
_LONGEST: Final = 120


@dataclass(frozen=True, slots=True)
class PartnerQuery:
    """The filters as asked (what was typed stays), as understood, and what could not be understood, by name."""

    typed: Mapping[str, str]
    filters: Filters
    errors: Mapping[str, Message] = field(default_factory=dict)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The parameters to carry along, in a fixed order."""
        return tuple((name, self.typed[name]) for name in NAMES if self.typed.get(name))

    @property
    def narrows(self) -> bool:
        """True when anything is filtered."""
        return self.filters != Filters()


def read_query(given: Mapping[str, str]) -> PartnerQuery:
    """The filters in an address; a value that means nothing is left out and said."""
    typed = {name: " ".join(given.get(name, "").split())[:_LONGEST] for name in NAMES}
    errors: dict[str, Message] = {}
    filters = Filters(
        max_km=_km(typed["km"], errors),
        province=_known("province", typed["province"].upper(), tuple(province_names()), errors),
        category=typed["category"] or None,
        kind=_kind(typed["type"], errors),
        size=_known("size", typed["size"], SIZES, errors),
        sector=_sector(typed["sector"], errors),
        only_certain=bool(typed["certain"]),
        only_new=bool(typed["new"]),
        rivals=_known("rivals", typed["rivals"], (WITHOUT,), errors) is None,
    )
    return PartnerQuery(typed, filters, errors)


def _km(text: str, errors: dict[str, Message]) -> float | None:
    if not text:
        return None
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = 0.0
    if 1 <= value <= MOST_KM:
        return value
    errors["km"] = Message("partners.wrong-km", {"most": MOST_KM})
    return None


def _known(name: str, text: str, allowed: Sequence[str], errors: dict[str, Message]) -> str | None:
    if not text:
        return None
    if text in allowed:
        return text
    errors[name] = Message("partners.wrong-choice")
    return None


def _kind(text: str, errors: dict[str, Message]) -> OrganisationKind | None:
    known = _known("type", text, tuple(OrganisationKind), errors)
    return OrganisationKind(known) if known else None


def _sector(text: str, errors: dict[str, Message]) -> str | None:
    if not text:
        return None
    if len(text) <= 8 and text.replace(".", "").isascii() and text.replace(".", "").isdecimal():
        return text
    errors["sector"] = Message("partners.wrong-choice")
    return None


@dataclass(frozen=True, slots=True)
class Boxes:
    """What the filter form offers: (value, words) pairs, only what the data hold."""

    provinces: tuple[tuple[str, str], ...]
    categories: tuple[str, ...]
    sizes: tuple[str, ...]
    sectors: tuple[tuple[str, str], ...]
    kinds: tuple[OrganisationKind, ...]


def boxes_of(snapshot: Snapshot, asker: Organisation, kind: str, words: Words) -> Boxes:
    """The options of the filters for one organisation and one kind of partnership."""
    kinds = partnership(kind).partners.get(asker.kind, ())
    name = f"pages.boxes.{kind}.{asker.kind}.{words.language}"
    return snapshot.once(name, lambda: _boxes(snapshot, kinds, words))


def _boxes(snapshot: Snapshot, kinds: Sequence[OrganisationKind], words: Words) -> Boxes:
    bodies = [body for body in snapshot.organisations if body.kind in kinds]
    held = {(body.sector[:2], body.sector_version or "2007") for body in bodies if body.sector}
    titles: dict[str, str] = {}
    for code, version in sorted(held):
        title = ateco(version).title(code, words.language)
        if title:
            titles[code] = f"{code} {title}"
    return Boxes(
        provinces=tuple(province_names().items()),
        categories=tuple(sorted({body.category for body in bodies if body.category}))[:MOST_OPTIONS],
        sizes=SIZES if any(body.employees is not None or body.revenue is not None for body in bodies) else (),
        sectors=tuple(titles.items()),
        kinds=tuple(kinds) if len(kinds) > 1 else (),
    )
