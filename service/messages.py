# SPDX-License-Identifier: EUPL-1.2
"""Sentences for readers: message keys become Italian or English, numbers and dates as each language writes them.

The sentences stand in `service/web/locale/{it,en}/<room>.po` (msgid = key, msgstr = sentence). A sentence names its
parameters in braces, and says after a colon how a parameter is written:

    {name}              as it is; whole numbers 1.234, others 1.234,5, dates 22 novembre 2026, lists "a, b e c"
    {year:plain}        no thousands separator (years, codes)
    {x:decimals:2}      exactly so many decimals
    {distance:km}       34 km (whole below 100 as above it; "meno di 1 km" below one)
    {share:percent}     a share 0..1 as 12,5%
    {amount:euro}       1.250.000 euro
    {day:short}         22/11/2026
    {day:month}         novembre 2026
    {n:plural:uno|tanti}   the first word for one, the second otherwise (the number itself is written by {n})
    {why:key}           the parameter is itself a message key
    {kind:key:kind.}    the same, after putting "kind." before it
    {allowed:or}        a list with "o" before the last
    {fields:commas}     a list with commas only, for things whose names hold an "e" already
    {text:quoted}       between the quotation marks of the language

Rules, forms of partnership, goods and chains bring their words with them (`service.shipped_words`).
A key without a sentence is logged by name and shown as the words it ends in (the tests show it in brackets and fail).
"""

from __future__ import annotations

import ast
import logging
import re
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from importlib.resources import files
from typing import Any, Final, cast

from data.model import Message

LANGUAGES: Final = ("it", "en")
_LOCALES: Final = {"it": "it_IT", "en": "en_GB"}
_QUOTES: Final = {"it": "«{}»", "en": "“{}”"}
_SHIPPED: Final = ("rule.", "instrument.", "good.", "chain.", "theme.")

_log = logging.getLogger(__name__)


def read_po(text: str) -> dict[str, str]:
    """msgid -> msgstr of a catalogue without plurals or contexts; untranslated and fuzzy entries are left out.

    Our own few lines, because `land --help` must not wait for Babel (a test holds them equal to Babel's reader).
    """
    entries: dict[str, str] = {}
    field: str | None = None
    parts: dict[str, str] = {}
    fuzzy = False
    for raw in [*text.splitlines(), ""]:
        line = raw.strip()
        if not line or line.startswith("#"):
            if field == "msgstr":
                if parts.get("msgid") and parts["msgstr"] and not fuzzy:
                    entries[parts["msgid"]] = parts["msgstr"]
                parts, field, fuzzy = {}, None, False
            if line.startswith("#,") and "fuzzy" in line:
                fuzzy = True
            continue
        if line.startswith("msgid ") and field == "msgstr":
            if parts.get("msgid") and parts["msgstr"] and not fuzzy:
                entries[parts["msgid"]] = parts["msgstr"]
            parts, fuzzy = {}, False
        if line.startswith(("msgid ", "msgstr ")):
            field, line = line.split(" ", 1)
            parts[field] = ""
        if field is not None and line.startswith('"'):
            parts[field] += cast(str, ast.literal_eval(line))
    return entries


@cache
def rooms(language: str) -> Mapping[str, Mapping[str, str]]:
    """Room (file name without ending) -> its sentences by key, in one language."""
    folder = files("service").joinpath("web", "locale", language)
    found = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".po")), key=lambda entry: entry.name)
    return {entry.name.removesuffix(".po"): read_po(entry.read_text(encoding="utf-8")) for entry in found}


@cache
def _named_room(name: str, language: str) -> Mapping[str, str]:
    """The room of that name, so that a command line reads one file and not all; empty when there is none."""
    file = files("service").joinpath("web", "locale", language, f"{name}.po")
    return read_po(file.read_text(encoding="utf-8")) if name.isalpha() and file.is_file() else {}


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Every sentence of one language by key."""
    return {key: sentence for room in rooms(language).values() for key, sentence in room.items()}


def has(key: str) -> bool:
    """True when the key has a sentence."""
    return _sentence(key, LANGUAGES[0]) is not None


def _sentence(key: str, language: str) -> str | None:
    """The sentence of a key: ours, or the text of a shipped fact, where braces are only braces."""
    own = _named_room(key.partition(".")[0], language).get(key) or catalogue(language).get(key)
    if own is not None or not key.startswith(_SHIPPED):
        return own
    from service.shipped_words import shipped_words

    text_of_fact = shipped_words(language).get(key)
    return None if text_of_fact is None else text_of_fact.replace("{", "{{").replace("}", "}}")


def text(key: str, language: str, /, **params: object) -> str:
    """The sentence of a key in a language, filled."""
    return _fill(key, language, params)


def render(message: Message, language: str) -> str:
    """The sentence of a message in a language, filled with its parameters."""
    return _fill(message.key, language, message.params)


def outline(key: str, language: str) -> str:
    """The sentence of a key whose parameters nobody kept: an ellipsis stands for each."""
    sentence = _sentence(key, language)
    if sentence is None:
        return text(key, language)
    pieces = string.Formatter().parse(sentence)
    return "".join(literal + ("…" if name is not None else "") for literal, name, _, _ in pieces)


def _fill(key: str, language: str, params: Mapping[str, object]) -> str:
    sentence = _sentence(key, language)
    if sentence is None:
        _report("sentence missing", key, language)
        return readable(key)
    return "".join(_pieces(key, sentence, language, params))


def readable(key: str) -> str:
    """What a reader sees of a key without a sentence: the words it ends in (`reject.too-long`: too long)."""
    return re.sub(r"[-_]+", " ", key.rpartition(".")[2]).strip() or key


def sentence_parameters(sentence: str) -> set[str]:
    """Names of the parameters that a sentence uses."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


@cache
def _report(what: str, key: str, detail: str) -> None:
    """Logs a fault of the catalogues, each once."""
    _log.error(what, extra={"message_key": key, "detail": detail})


def _pieces(key: str, sentence: str, language: str, params: Mapping[str, object]) -> Iterator[str]:
    for literal, name, spec, _ in string.Formatter().parse(sentence):
        yield literal
        if name is None:
            continue
        if name not in params:
            _report("parameter missing", key, name)
            yield f"[{name}]"
            continue
        yield write(params[name], language, spec or "")


def write(value: object, language: str, how: str = "") -> str:
    """One value as the language writes it; `how` is one of the forms in this module's description."""
    form, _, argument = how.partition(":")
    if value is None:
        return text("word.unknown", language)
    if form == "key":
        return text(f"{argument}{_plain(value)}", language)
    if form == "plural":
        one, _, many = argument.partition("|")
        return one if value == 1 else many
    if isinstance(value, Message):
        return render(value, language)
    writer = _FORMS.get(form)
    return writer(value, language, argument) if writer else _as_it_is(value, language)


def _plain(value: object) -> str:
    return str(value.value) if isinstance(value, Enum) else str(value)


def _as_it_is(value: object, language: str) -> str:
    if isinstance(value, bool):
        return text("word.yes" if value else "word.no", language)
    if isinstance(value, int):
        return number(value, language, "#,##0")
    if isinstance(value, float):
        return number(value, language, "#,##0.#")
    if isinstance(value, datetime):
        return day(value.date(), language)
    if isinstance(value, date):
        return day(value, language)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _joined(value, language, "standard")
    return _plain(value)


def number(value: float, language: str, pattern: str = "#,##0.#") -> str:
    """A number in the language's signs: 1.234,5 in Italian, 1,234.5 in English."""
    from babel.numbers import format_decimal

    return format_decimal(value, format=pattern, locale=_LOCALES[language])


def day(value: date, language: str, pattern: str = "d MMMM y") -> str:
    """A date in words: 22 novembre 2026."""
    from babel.dates import format_date

    return format_date(value, format=pattern, locale=_LOCALES[language])


def kilometres(value: float, language: str) -> str:
    """A distance in whole kilometres, with its unit."""
    if value < 1:
        return text("word.less-than-one-km", language)
    return f"{number(round(value), language, '#,##0')} km"


def _joined(values: Sequence[object], language: str, style: str) -> str:
    from babel.lists import format_list

    words = [write(value, language) for value in values]
    return format_list(words, style=cast(Any, style), locale=_LOCALES[language])


def _decimals(value: object, language: str, argument: str) -> str:
    places = int(argument or 1)
    return number(_float(value), language, "#,##0" + ("." + "0" * places if places else ""))


def _float(value: object) -> float:
    return float(cast(Any, value))


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else [value]


_FORMS: Final[Mapping[str, Callable[[object, str, str], str]]] = {
    "plain": lambda value, _language, _: _plain(value),
    "decimals": _decimals,
    "km": lambda value, language, _: kilometres(_float(value), language),
    "percent": lambda value, language, _: f"{number(_float(value) * 100, language)}%",
    "euro": lambda value, language, _: f"{number(round(_float(value)), language, '#,##0')} euro",
    "short": lambda value, language, _: day(cast(date, value), language, "dd/MM/y"),
    "month": lambda value, language, _: day(cast(date, value), language, "MMMM y"),
    "or": lambda value, language, _: _joined(_listed(value), language, "or"),
    "commas": lambda value, language, _: ", ".join(write(each, language) for each in _listed(value)),
    "quoted": lambda value, language, _: _QUOTES[language].format(_plain(value)),
}


def choose_language(header: str | None, default: str) -> str:
    """The best of our languages for an Accept-Language header (at most its first 20 entries are read)."""
    ranked = [(-quality, position, tag) for position, (tag, quality) in enumerate(_preferences(header or ""))]
    for quality, _, tag in sorted(ranked):
        if tag in LANGUAGES and quality < 0:
            return tag
    return default


def _preferences(header: str) -> Iterator[tuple[str, float]]:
    for entry in header[:1000].split(",")[:20]:
        tag, _, rest = entry.strip().partition(";")
        match = re.fullmatch(r"\s*q=([01](?:\.\d{1,3})?)\s*", rest)
        quality = float(match.group(1)) if match else 1.0
        yield tag.strip().lower().split("-")[0], quality


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language; what templates, routes and commands hold."""

    language: str

    def text(self, key: str, /, **params: object) -> str:
        """The sentence of a key, filled."""
        return text(key, self.language, **params)

    def outline(self, key: str) -> str:
        """The sentence of a key, an ellipsis for each of its parameters."""
        return outline(key, self.language)

    def render(self, message: Message) -> str:
        """The sentence of a message."""
        return render(message, self.language)

    def write(self, value: object, how: str = "") -> str:
        """One value as the language writes it (forms as in this module's description); None is "non noto"."""
        return write(value, self.language, how)
