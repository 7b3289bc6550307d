# SPDX-License-Identifier: EUPL-1.2
"""A cell that names several comuni: names or ISTAT codes, provinces and areas that we ship."""

from __future__ import annotations

import re
from typing import Final

from data.identity import BadValue
from data.lazio.beneficiaries import comuni_of_places, read_place
from data.model import Message
from data.sources.reading import BadCell, Row
from data.wording import clean

LONGEST: Final = 8_000
_BETWEEN: Final = re.compile(r"[;,|\n]")


def comuni_of(row: Row, column: str) -> tuple[str, ...]:
    """ISTAT codes, in order, of the comuni that a cell names (`;`, `,`, `|` or a line end between them); () when empty.

    Raises `BadCell` (`reject.municipalities` with the word that is none).
    """
    text = row.raw(column)
    if len(text) > LONGEST:
        raise BadCell(column, text, Message("reject.too-long", {"limit": LONGEST}))
    try:
        return comuni_named(text)
    except BadValue as wrong:
        raise BadCell(column, text, wrong.reason) from wrong


def comuni_named(text: str) -> tuple[str, ...]:
    """The same for a text; raises `BadValue`."""
    found: set[str] = set()
    for part in _BETWEEN.split(text):
        words = clean(part)
        if not words:
            continue
        place = read_place(words)
        members = comuni_of_places([place], {}) if place else None
        if not members:
            raise BadValue(Message("reject.municipalities", {"word": words[:60]}))
        found |= members
    return tuple(sorted(found))
