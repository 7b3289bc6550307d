# SPDX-License-Identifier: EUPL-1.2
"""A place in a list as words: "al 7º posto", but "all'8º posto"."""

from __future__ import annotations

from data.model import Message


def at_place(place: int) -> Message:
    """ "at place 7"; in Italian the article is cut before a number that opens with a vowel: 8, 11, 80, 812, 11000."""
    return Message("place.at.vowel" if _opens_with_vowel(place) else "place.at", {"n": place})


def _opens_with_vowel(number: int) -> bool:
    """Whether the Italian name of a number opens with a vowel: "otto...", "undici", "undicimila"; not "uno" (primo)."""
    digits = str(number)
    leading = int(digits[: (len(digits) - 1) % 3 + 1])
    return digits[0] == "8" or leading == 11
