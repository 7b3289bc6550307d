# SPDX-License-Identifier: EUPL-1.2
"""Words that people write: cleaned of what no reader sees, and refused when they tell of a natural person.

Files, forms and the API all pass through `clean_words` and `web_address`. Each raises `BadValue` with its reason.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from data.identity import BadValue, holds_person_code, without_person_codes
from data.model import Message
from data.private_numbers import refuse_private_numbers

LINE_LIMIT, PASSAGE_LIMIT, ADDRESS_LIMIT = 300, 4000, 500
"""Longest line, running text and web address that is kept, in characters."""

_SPACES = re.compile(r"\s+")
_LINE_ENDS = "\t\n\r\x0b\x0c\x85\u2028\u2029"
_HIDDEN = frozenset(["Cc", "Cf", "Cs", "Co", "Cn"])
# Letters and marks that Unicode draws as nothing: Hangul fillers, the empty Braille cell, the grapheme joiner...
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u2800\u3164\uffa0")
_ROLE_MAILBOXES = frozenset(
    [
        "accoglienza",
        "acquisti",
        "affarigenerali",
        "amministrazione",
        "amm",
        "appalti",
        "archivio",
        "areatecnica",
        "assistenza",
        "associazione",
        "ats",
        "biblioteca",
        "bilancio",
        "cciaa",
        "certificata",
        "certificazione",
        "coop",
        "cooperativa",
        "comune",
        "commerciale",
        "comunicazione",
        "comunicazioni",
        "consorzio",
        "contabilita",
        "contact",
        "contatti",
        "contratti",
        "cultura",
        "direzione",
        "direzionegenerale",
        "dirigente",
        "ente",
        "fatture",
        "fatturazione",
        "formazione",
        "gare",
        "generale",
        "hello",
        "hr",
        "info",
        "informazioni",
        "ipa",
        "istituto",
        "legale",
        "mail",
        "ordine",
        "ordini",
        "pec",
        "pec1",
        "personale",
        "polizialocale",
        "posta",
        "postacertificata",
        "presidenza",
        "produzione",
        "progetti",
        "progettazione",
        "protocollo",
        "pubblica",
        "ragioneria",
        "rete",
        "risorseumane",
        "scuola",
        "sede",
        "segreteria",
        "segreteriagenerale",
        "servizi",
        "servizisociali",
        "sindaco",
        "sociale",
        "sociali",
        "soci",
        "societa",
        "sportello",
        "staff",
        "statocivile",
        "suap",
        "tecnico",
        "territorio",
        "tributi",
        "turismo",
        "ufficio",
        "ufficioprotocollo",
        "ufficiotecnico",
        "unione",
        "urbanistica",
        "urp",
        "vendite",
    ]
)
_MAIL = re.compile(r"([a-z0-9._%+\-]+)@([a-z0-9\-]+(?:\.[a-z0-9\-]+)+)", re.IGNORECASE)
# A run is tried from its first character only: without that, a long run that holds no @ costs its length squared.
_INSIDE_MAIL = re.compile(r"(?<![\w.%+\-])[\w.%+\-]+@[\w\-]+(\.[\w\-]+)+")
_SPELT_AT = re.compile(r" ?[(\[{] ?(?:at|chiocciola) ?[)\]}] ?| ?@ ?", re.IGNORECASE)
# A person's code written in groups (RSS MRA 80A01 H501U), its digits plain.
_CODE_LENGTH = 16
_GAP = r"[ .\-/_]?"
_GROUPED_CODE = re.compile(
    "(?<![a-z0-9])"
    + _GAP.join(["[a-z]{3}", "[a-z]{3}", r"\d{2}", "[a-ehlmprst]", r"\d{2}", "[a-z]", r"\d{3}", "[a-z]"])
    + "(?![a-z0-9])",
    re.IGNORECASE,
)
_LABEL = r"(?:[^\W_](?:(?:[^\W_]|-){0,61}[^\W_])?)"
_WEB = re.compile(
    rf"https?://(?:{_LABEL}\.)+(?=[\w\-]*[^\W\d_]){_LABEL}(?::(\d{{1,5}}))?(?:[/?#][^\s<>\"'`\\]*)?", re.IGNORECASE
)


def clean(text: str) -> str:
    """The text as it is kept: NFC, without control, direction and zero-width characters, single spaces, trimmed."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    seen = (" " if char in _LINE_ENDS else char for char in unicodedata.normalize("NFC", text))
    kept = (char for char in seen if char not in _INVISIBLE and unicodedata.category(char) not in _HIDDEN)
    return _SPACES.sub(" ", "".join(kept)).strip()


def plain(text: str) -> str:
    """The text folded for comparing: lower case, without accents, only letters and digits."""
    return _folded(text) if len(text) < 200 else _folded.__wrapped__(text)


@lru_cache(maxsize=10_000)
def _folded(text: str) -> str:
    bare = text.lower() if text.isascii() else unicodedata.normalize("NFKD", text).casefold()
    return "".join(filter(str.isalnum, bare))


def clean_words(text: str, limit: int = LINE_LIMIT, body: str = "") -> str:
    """The cleaned text, "" when nothing of it can be seen; at most `limit` characters and nothing of a person in it.

    `body` is the name of the organisation that writes: a mail address made of it is no person's. Raises `BadValue`
    (`reject.too-long` with `limit`, `reject.natural-person`, `reject.personal-mail`).
    """
    words = clean(text)
    if len(words) > limit:
        raise BadValue(Message("reject.too-long", {"limit": limit}))
    refuse_personal(words, body)
    return words


def free_words(text: str, limit: int = LINE_LIMIT, body: str = "") -> str:
    """As `clean_words`, for what people type in their own words: telephone numbers and IBAN are refused, too
    (`reject.telephone`, `reject.iban`).
    """
    words = clean_words(text, limit, body)
    refuse_private_numbers(_seen(words))
    return words


def refuse_private(text: str, body: str = "") -> None:
    """As `refuse_personal`, and for telephone numbers and IBAN (`reject.telephone`, `reject.iban`)."""
    refuse_personal(text, body)
    refuse_private_numbers(_seen(text))


def refuse_personal(text: str, body: str = "") -> None:
    """Raises `BadValue` when a person's tax code (`reject.natural-person`) or a mail address that may be a person's
    (`reject.personal-mail`) stands in the text, also written in groups, in full-width letters or with hidden ones.
    """
    refuse_person_code(text)
    joined = _SPELT_AT.sub("@", _seen(text))
    if "@" in joined and any(looks_personal(found[0], body) for found in _INSIDE_MAIL.finditer(joined)):
        raise BadValue(Message("reject.personal-mail"))


def refuse_person_code(text: str) -> None:
    """Raises `BadValue` (`reject.natural-person`) when a person's tax code stands in the text, however written."""
    if len(text) < _CODE_LENGTH:
        return
    seen = _seen(text)
    if holds_person_code(seen) or _GROUPED_CODE.search(seen):
        raise BadValue(Message("reject.natural-person"))


def _seen(text: str) -> str:
    """The text as a reader sees it, with the plain letters that full-width and other forms of them stand for."""
    return clean(text) if text.isascii() else unicodedata.normalize("NFKC", clean(text))


def looks_personal(address: str, body: str = "") -> bool:
    """True when a mail address may be a person's: nothing before the @ names an office or the body itself."""
    found = _MAIL.fullmatch(clean(address))
    if not found:
        return True
    local, domain = found.group(1).lower(), found.group(2).lower()
    parts = [part for part in re.split(r"[._%+\-\d]+", local) if part]
    if plain(local) in _ROLE_MAILBOXES or any(part in _ROLE_MAILBOXES for part in parts):
        return False
    name = plain(body)
    named = name and all(part in name for part in parts) and any(len(part) > 2 for part in parts)
    return not (named or plain(local) == plain(domain.split(".")[0]))


def role_mailbox(text: str, body: str = "") -> str:
    """The mail address in lower case when it names an office or the body (`body` is its name) and no person."""
    address = clean(text).lower()
    if not _MAIL.fullmatch(address) or len(address) > 254:
        raise BadValue(Message("reject.mail"))
    if looks_personal(address, body):
        raise BadValue(Message("reject.personal-mail"))
    return address


def web_address(text: str) -> str:
    """An http(s) address with a host name; one without a scheme gets `https://`.

    Raises `BadValue` (`reject.web-address`) for anything else (`javascript:`, spaces, quotes, a bare number as host,
    a user name before the host), and as `refuse_personal` does.
    """
    address = clean(text)
    if re.match(r"https?://", address, re.IGNORECASE) is None:
        address = "https://" + address
    found = _WEB.fullmatch(address) if len(address) <= ADDRESS_LIMIT else None
    if found is None or int(found[1] or 0) > 65_535:
        raise BadValue(Message("reject.web-address"))
    refuse_personal(address)
    return address


def without_persons(text: str) -> str:
    """The cleaned text with persons' tax codes and mail addresses that may be a person's hidden; "" when one stays
    that cannot be told from the words around it (`mario.rossi (at) example.it`).
    """
    return _hidden(text, looks_personal) or ""


def fit_for_report(text: str) -> str:
    """The cleaned text as a report may quote it: persons' codes and every mail address hidden."""
    return _hidden(text, lambda _address: True) or "…"


def _hidden(text: str, hide: Callable[[str], bool]) -> str | None:
    shown = clean(text)
    if "@" in shown:
        shown = _INSIDE_MAIL.sub(lambda found: "…@…" if hide(found[0]) else found[0], shown)
    shown = _GROUPED_CODE.sub("*" * _CODE_LENGTH, without_person_codes(shown))
    try:
        refuse_personal(shown)
    except BadValue:
        return None
    return shown
