# SPDX-License-Identifier: EUPL-1.2
"""Who a row speaks of: checked Italian tax codes, and the identifier that names a body for ever."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from enum import StrEnum

from stdnum.exceptions import ValidationError
from stdnum.it import codicefiscale, iva

from data.model import Identifier, Message

NAMESPACE = uuid.UUID("6f1d7c0a-52f4-4c1b-9a3e-0d1f4b8c27e5")
"""The namespace of every organisation id; changing it would rename every body."""

TAX_CODE, VAT, MUNICIPALITY, IPA, KEY = "tax-code", "vat", "municipality", "ipa", "key:"
_PREFERENCE = {MUNICIPALITY: 0, TAX_CODE: 1, VAT: 2, IPA: 3}

# Letters that replace digits when two persons share a code (omocodia) stand where digits stand.
_DIGIT = "[0-9LMNPQRSTUV]"
_PERSON = re.compile(rf"[A-Z]{{6}}{_DIGIT}{{2}}[ABCDEHLMPRST]{_DIGIT}{{2}}[A-Z]{_DIGIT}{{3}}[A-Z]", re.IGNORECASE)
_FILLER = re.compile(r"([X*#?.\-_])\1*|OMISSIS|OMESSO|\(OMESSO\)|N\.?D\.?|ND", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s.\-/']+")
_PARTLY_HIDDEN = re.compile(r"[X*#]{4,}", re.IGNORECASE)


class BadValue(ValueError):
    """A value that is not allowed; `reason` says why and what is."""

    def __init__(self, reason: Message) -> None:
        self.reason = reason
        super().__init__(reason.key)


class CodeKind(StrEnum):
    """Whose code it is. A natural person (sole traders too) is never stored."""

    LEGAL_PERSON = "legal-person"
    NATURAL_PERSON = "natural-person"


def is_masked(text: str) -> bool:
    """True when the publisher hid the code (`XXXXXXXXXXX`, `***`, `omissis`): a mask is never a key."""
    bare = text.strip()
    return bool(_FILLER.fullmatch(bare) or _PARTLY_HIDDEN.search(bare))


def holds_person_code(text: str) -> bool:
    """True when a natural person's tax code stands anywhere in the text, whether or not its check letter holds."""
    return bool(_PERSON.search(text))


def without_person_codes(text: str) -> str:
    """The text with every natural person's tax code replaced by asterisks, fit for a report."""
    return _PERSON.sub("*" * 16, text)


def tax_code(text: str) -> str:
    """The checked codice fiscale: 11 digits or 16 characters, upper case.

    Leading zeros that a spreadsheet dropped are put back when the check digit then holds. Raises `BadValue`
    (`reject.masked`, `reject.tax-code`). Rules of the check digits: DM 23 December 1976 and DPR 605/1973, in stdnum.
    """
    if is_masked(text):
        raise BadValue(Message("reject.masked"))
    code = _SEPARATORS.sub("", text).upper().removeprefix("IT")
    if code.isascii() and code.isdigit() and len(code) < 11:
        code = code.zfill(11)
    try:
        return str(codicefiscale.validate(code))
    except ValidationError as wrong:
        raise BadValue(Message("reject.tax-code")) from wrong


def vat_number(text: str) -> str:
    """The checked partita IVA, 11 digits without the country. Raises `BadValue` (`reject.masked`, `reject.vat`)."""
    if is_masked(text):
        raise BadValue(Message("reject.masked"))
    code = _SEPARATORS.sub("", text).upper().removeprefix("IT")
    try:
        return str(iva.validate(code.zfill(11) if code.isdigit() else code))
    except ValidationError as wrong:
        raise BadValue(Message("reject.vat")) from wrong


def kind_of_code(code: str) -> CodeKind:
    """Whose the checked code is: 16 characters name a natural person, 11 digits a body."""
    return CodeKind.NATURAL_PERSON if len(code) == 16 else CodeKind.LEGAL_PERSON


def body_code(text: str) -> str:
    """The checked codice fiscale of a body. Raises `BadValue`, `reject.natural-person` when it is a person's."""
    code = tax_code(text)
    if kind_of_code(code) is CodeKind.NATURAL_PERSON:
        raise BadValue(Message("reject.natural-person"))
    return code


def own_identifier(text: str, source: str = "organisations") -> Identifier:
    """The identifier that a file of one's own gives: a tax code when it is one, else a key of that source.

    Eleven digits that fail the check are refused and not taken as a key; so is any person's code. Raises `BadValue`.
    """
    bare = text.strip()
    code = _SEPARATORS.sub("", bare).upper().removeprefix("IT")
    if holds_person_code(code):
        raise BadValue(Message("reject.natural-person"))
    if code.isascii() and code.isdigit() and len(code) == 11:
        return Identifier(TAX_CODE, body_code(code))
    if code.isascii() and code.isdigit() and 9 <= len(code) < 11 and iva.is_valid(code.zfill(11)):
        return Identifier(TAX_CODE, code.zfill(11))
    if is_masked(bare):
        raise BadValue(Message("reject.masked"))
    return Identifier(KEY + source, bare)


def in_preference(identifiers: Iterable[Identifier]) -> tuple[Identifier, ...]:
    """The identifiers without repeats, best first: comune (ISTAT), tax code, VAT, IPA, then keys of files."""
    unique = dict.fromkeys(identifiers)
    return tuple(sorted(unique, key=lambda one: (_PREFERENCE.get(one.scheme, len(_PREFERENCE)), one)))


def organisation_id(identifier: Identifier) -> str:
    """The uuid5 text that names the body of this identifier, the same on every machine."""
    return str(uuid.uuid5(NAMESPACE, f"{identifier.scheme}:{identifier.value}"))
