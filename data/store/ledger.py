# SPDX-License-Identifier: EUPL-1.2
"""The account of one load: every row is added, changed, unchanged, rejected or out of the area, and the sum holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from enum import Enum
from hashlib import blake2b

from shapely.geometry.base import BaseGeometry

from data.model import Message
from data.records import Record, Rejected

_NAMES: dict[type, tuple[str, ...]] = {}  # fields of each kind of record
_AS_THEY_ARE = frozenset({str, int, float, bool, date, type(None)})


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did: `read = added + changed + unchanged + rejected + out_of_area`; `gone` are held no more.

    `about_bodies` is True when organisations or participations may have changed.
    """

    source: str
    read: int
    added: int
    changed: int
    unchanged: int
    rejected: int
    out_of_area: int
    gone: int
    rejections: tuple[Rejected, ...] = ()
    notices: tuple[Message, ...] = ()
    about_bodies: bool = False

    def counts(self) -> dict[str, str | int]:
        """The object that `land load --json` prints."""
        return {
            "source": self.source,
            "read": self.read,
            "added": self.added,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
            "out_of_area": self.out_of_area,
            "gone": self.gone,
        }


def digest(records: tuple[Record, ...]) -> str:
    """A fingerprint (32 hex digits) of what a row says: equal content gives equal digests in every process."""
    return blake2b(repr(_plain(records)).encode(), digest_size=16).hexdigest()


def _plain(value: object) -> object:
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if kind is tuple:
        return tuple([_plain(item) for item in value])  # type: ignore[attr-defined]
    if kind in _NAMES:
        return (kind.__name__, *[_plain(getattr(value, name)) for name in _NAMES[kind]])
    if isinstance(value, BaseGeometry):
        return value.wkb_hex
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return tuple(_plain(item) for item in value)
    if isinstance(value, Mapping):
        return tuple(sorted((str(key), _plain(item)) for key, item in value.items()))
    if is_dataclass(value) and not isinstance(value, type):
        _NAMES[kind] = tuple(item.name for item in fields(value))
        return _plain(value)
    return value
