# SPDX-License-Identifier: EUPL-1.2
"""Telephone numbers and bank accounts in words that people type: found by their shape, so that they are not kept.

Amounts, years, days, laws, codes of tenders and projects (CIG, CUP), tax codes of bodies, ISTAT and ATECO codes are no
telephone numbers. Where a number without a word before it may be either, it is taken for the code or the amount.
"""

from __future__ import annotations

import re
import unicodedata

from stdnum import iban
from stdnum.exceptions import ValidationError
from stdnum.it import iva

from data.identity import BadValue
from data.model import Message

# Between groups of digits: a blank, or a sign with or without blanks around it.
_BREAK = r"(?: ?[./\-] ?| )"
_DASHES = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\u00b7\u2022_", "-") | {"(": None, ")": None}
)
_BEFORE = r"(?<![\w,])(?<!\d[./\-])"
_AFTER = r"(?!\w)(?![.,]\d)"

_WORD = (
    r"tel(?:efono|efonico|efonare|efona)?|tfn?|cell(?:ulare)?|cel|mob(?:ile)?|phone|ph|fax|fisso|whats ?app|wa|sms|"
    r"chiama(?:re|mi|temi|te|lo|la)?|recapit[oi]"
)
_TOLD = re.compile(
    rf"(?<![^\W\d_])(?:{_WORD})\b[ .:;,=#/\-]{{0,4}}(?:n(?:um(?:ero)?)?\b[.°º: ]{{0,3}})?"
    rf"((?:(?:\+|00) ?39{_BREAK}?)?(?:0[1-9]|3[1-9]\d)(?:{_BREAK}?\d){{4,9}})(?!\d)",
    re.IGNORECASE,
)
_ABROAD = re.compile(
    rf"(?<!\w)(?:\+ ?|00)39{_BREAK}?(?:3[1-9]\d(?:{_BREAK}?\d){{6,7}}|0[1-9](?:{_BREAK}?\d){{5,9}})(?!\d)"
)
_MOBILE = re.compile(
    rf"{_BEFORE}(?:39)?(?P<area>3[1-9]\d)"
    rf"(?:\d{{7}}|{_BREAK}\d{{7}}|(?: ?[/\-] ?| )\d{{6}}"
    rf"|(?P<gap>{_BREAK})(?:\d{{3}}(?P=gap)\d{{4}}|(?!(?:19|20)\d\d)\d{{4}}(?P=gap)\d{{3}}"
    rf"|\d{{2}}(?P=gap)\d{{2}}(?P=gap)\d{{2,3}}|\d{{3}}(?P=gap)\d{{2}}(?P=gap)\d{{2}})"
    rf"|[/\-](?:\d{{3}}[ .]\d{{3,4}}|\d{{2}}[ .]\d{{2}}[ .]\d{{2,3}})){_AFTER}"
)
_LANDLINE = re.compile(
    rf"{_BEFORE}(?:0[1-9]\d{{7,8}}|(?:0[26]|0[1-9]\d{{1,2}})(?:{_BREAK}[1-9]\d{{4,7}}"
    rf"|(?P<gap>{_BREAK})(?:[1-9]\d\d(?P=gap)\d{{3,4}}|(?!(?:19|20)\d\d)[1-9]\d{{3}}(?P=gap)\d{{3,4}}"
    rf"|[1-9]\d\d(?P=gap)\d\d(?P=gap)\d{{2,3}})"
    rf"|[/\-](?:[1-9]\d(?:[ .]\d\d){{2,3}}|(?!(?:19|20)\d\d)[1-9]\d{{2,3}}[ .]\d{{3,4}}))"
    rf"|06(?P<pair>{_BREAK})[1-9]\d(?:(?P=pair)\d\d){{3}}|0[1-9]\d{{1,2}}(?P<few>{_BREAK})[1-9]\d(?:(?P=few)\d\d){{2,3}}){_AFTER}"
)
_MONEY_BEFORE = re.compile(
    r"(?:€|euro|eur|importo|valore|totale|capitale|ricavi|fatturato) ?(?:di|:|pari a)? ?$", re.IGNORECASE
)
_MEASURE_AFTER = re.compile(
    r" ?(?:€|euro\b|eur\b|mln\b|milioni\b|mq\b|m2\b|m²|metri\b|ettari\b|ha\b|kwh?\b|kg\b|%)", re.IGNORECASE
)
_CODE_BEFORE = re.compile(
    r"\b(?:cig|cup|ateco|nace|istat|cap|rea|gara|lotto|prot(?:ocollo)?|p\.? ?iva|partita iva|vat|c\.? ?f|cod(?:ic[ei])?"
    r"(?: (?:fiscal[ei]|cig|cup|ateco|istat|comun[ei]|progetto))?)\b\.?[ :=,#°]*(?:n\.?[ °º]*)?$",
    re.IGNORECASE,
)
_NO_GROUP = re.compile(r"[^\d ./\-]|[ ./\-]{2}")
_CIG = re.compile(r"\d{10}")
_ACCOUNT = re.compile(r"(?<![A-Z0-9])[A-Z]{2} ?\d{2}(?=[ .\-/]?[A-Z0-9])")
_ITALIAN = re.compile(r"IT\d{2}[A-Z]\d{10}[A-Z0-9]{12}")
_LONGEST_ACCOUNT, _SHORTEST_ACCOUNT = 34, 15


def refuse_private_numbers(text: str) -> None:
    """Raises `BadValue` when an Italian telephone number (`reject.telephone`) or an IBAN (`reject.iban`) stands in the
    text, however its groups are written.
    """
    if sum(map(str.isdigit, text)) < 6:
        return
    seen = " ".join(unicodedata.normalize("NFKC", text).translate(_DASHES).split())
    if _holds_account(seen.upper()):
        raise BadValue(Message("reject.iban"))
    if _holds_telephone(seen):
        raise BadValue(Message("reject.telephone"))


def _holds_telephone(text: str) -> bool:
    if any(_long_enough(found[1]) for found in _TOLD.finditer(text)) or _ABROAD.search(text):
        return True
    return any(_is_number(text, found) for shape in (_MOBILE, _LANDLINE) for found in shape.finditer(text))


def _long_enough(number: str) -> bool:
    """A mobile number has nine or ten digits, another at least six."""
    digits = re.sub(r"\D", "", number)
    digits = re.sub("^(?:00)?39", "", digits) if number[0] in "+0" and len(digits) > 10 else digits
    return len(digits) >= (9 if digits.startswith("3") else 6)


def _is_number(text: str, found: re.Match[str]) -> bool:
    """True unless the words around it, or its own check digits, say that it is an amount or a code."""
    before = text[max(0, found.start() - 40) : found.start()]
    if _MONEY_BEFORE.search(before) or _CODE_BEFORE.search(before) or _MEASURE_AFTER.match(text, found.end()):
        return False
    return not (_is_cig(found[0]) or _is_code_of_a_body(text[found.start() :]))


def _is_code_of_a_body(text: str) -> bool:
    """True when the text begins with eleven digits, in groups or not, that hold their check digit."""
    code = "".join(filter(str.isdigit, _NO_GROUP.split(text, maxsplit=1)[0]))
    return len(code) == 11 and code.startswith("0") and iva.is_valid(code)


def _is_cig(code: str) -> bool:
    """Codes of tenders as they were given until 2023: seven digits, and as three signs (base sixteen) the remainder of
    211 times these by 4091. One telephone number in four thousand looks like one.
    """
    return bool(_CIG.fullmatch(code)) and f"{int(code[:7]) * 211 % 4091:03X}" == code[7:]


def _holds_account(text: str) -> bool:
    return any(_is_account(text[found.start() :]) for found in _ACCOUNT.finditer(text))


def _is_account(text: str) -> bool:
    """True when the text begins with an IBAN: one of an Italian bank by its shape, others by their check digits."""
    signs = re.sub(r"[ .\-/]", "", text[: _LONGEST_ACCOUNT * 2])[:_LONGEST_ACCOUNT]
    return bool(_ITALIAN.match(signs)) or any(
        _is_valid(signs[:length]) for length in range(_SHORTEST_ACCOUNT, len(signs) + 1)
    )


def _is_valid(account: str) -> bool:
    try:
        return bool(iban.validate(account, check_country=False))
    except ValidationError:
        return False
