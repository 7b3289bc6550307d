# SPDX-License-Identifier: EUPL-1.2
"""What organisations may say of themselves, and the words for it: kinds, periods, availability, certifications.

What the vocabulary knows is kept in its Italian words and shown in the reader's language; free words stay as typed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from data.lazio.goods import goods
from data.wording import clean, plain

OFFERS, SEEKS, CAPACITY, CERTIFIED, AVAILABLE = "offers", "seeks", "capacity", "certified", "available"
SAYS: Final = (OFFERS, SEEKS, CAPACITY, CERTIFIED, AVAILABLE)
OF_GOODS: Final = frozenset({OFFERS, SEEKS, CAPACITY})
"""What is said of goods, services, skills, spaces and equipment."""

PERIODS: Final = ("day", "week", "month", "season", "year")


@dataclass(frozen=True, slots=True)
class Availability:
    """Something that organisations do together and one may be ready for."""

    key: str
    it: str
    en: str
    synonyms_it: tuple[str, ...] = ()


AVAILABILITIES: Final = (
    Availability("aggregate", "unirsi ad altre organizzazioni", "joining with other organisations",
                 ("aggregarsi", "aggregazione", "disponibile ad aggregarsi", "fusione o consorzio")),
    Availability("lead", "guidare un raggruppamento", "leading a grouping",
                 ("capofila", "fare da capofila", "guidare un gruppo", "mandataria")),
    Availability("join", "entrare in un raggruppamento", "joining a grouping",
                 ("entrare in un gruppo", "mandante", "partecipare a un raggruppamento")),
    Availability("mentor", "accompagnare cooperative nuove", "mentoring new cooperatives",
                 ("fare da mentore", "mentore", "tutoraggio", "affiancamento")),
    Availability("share-spaces", "condividere spazi", "sharing spaces", ("spazi da condividere", "spazi in comune")),
    Availability("share-equipment", "condividere mezzi e attrezzature", "sharing vehicles and equipment",
                 ("mezzi da condividere", "condividere mezzi", "condividere attrezzature")),
    Availability("buy-together", "comprare insieme", "buying together", ("acquisti comuni", "acquisti insieme")),
    Availability("host-trainees", "ospitare tirocini", "hosting trainees", ("tirocini", "accogliere tirocinanti")),
    Availability("table", "partecipare a tavoli territoriali", "taking part in local tables",
                 ("tavoli di partecipazione", "partecipare a un tavolo")),
    Availability("worker-buyout", "sostenere lavoratori che rilevano la loro impresa", "supporting worker buyouts",
                 ("workers buyout", "impresa rigenerata", "partner industriale")),
)  # fmt: skip

# Names as their owners write them, with other spellings; an edition year is dropped ("ISO 9001:2015").
CERTIFICATIONS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("ISO 9001", ("UNI EN ISO 9001", "ISO9001", "qualità ISO 9001")),
    ("ISO 14001", ("UNI EN ISO 14001", "ISO14001")),
    ("ISO 45001", ("UNI ISO 45001", "OHSAS 18001")),
    ("ISO 22000", ("UNI EN ISO 22000",)),
    ("ISO 27001", ("ISO/IEC 27001",)),
    ("ISO 30415", ("UNI ISO 30415",)),
    ("ISO 50001", ("UNI EN ISO 50001",)),
    ("UNI/PdR 125", ("parità di genere", "certificazione della parità di genere")),
    ("UNI 10881", ("assistenza residenziale agli anziani UNI 10881",)),
    ("UNI 11034", ("servizi all'infanzia UNI 11034",)),
    ("SA8000", ("SA 8000",)),
    ("EMAS", ("registrazione EMAS",)),
    ("Ecolabel UE", ("ecolabel", "ecolabel europeo")),
    ("biologico", ("bio", "agricoltura biologica", "certificazione biologica", "organic")),
    ("DOP", ("denominazione di origine protetta", "PDO")),
    ("IGP", ("indicazione geografica protetta", "PGI")),
    ("DOC", ("denominazione di origine controllata",)),
    ("prodotto di montagna", ()),
    ("produzione integrata", ("SQNPI",)),
    ("GlobalG.A.P.", ("global gap", "globalgap")),
    ("BRCGS", ("BRC", "BRC Food")),
    ("IFS Food", ("IFS",)),
    ("FSC", ()),
    ("PEFC", ()),
    ("Fairtrade", ("commercio equo", "equo e solidale")),
    ("SOA", ("attestazione SOA",)),
    ("rating di legalità", ("legality rating",)),
    ("accreditamento dei servizi sociali", ("accreditamento sociale", "accreditamento socio-sanitario")),
    ("accreditamento alla formazione", ("accreditamento formazione", "ente di formazione accreditato")),
    ("bilancio sociale", ("social report",)),
)

_SAYS_WORDS: Final = {
    "offre": OFFERS, "offerta": OFFERS,
    "cerca": SEEKS, "bisogno": SEEKS, "chiede": SEEKS,
    "capacita": CAPACITY, "capacità": CAPACITY, "capacità libera": CAPACITY, "capacita residua": CAPACITY,
    "capacità residua": CAPACITY,
    "certificata": CERTIFIED, "certificazione": CERTIFIED, "certificazioni": CERTIFIED, "certificato": CERTIFIED,
    "disponibile": AVAILABLE, "disponibilita": AVAILABLE, "disponibilità": AVAILABLE,
}  # fmt: skip
_PERIOD_WORDS: Final = {
    "giorno": "day", "al giorno": "day", "settimana": "week", "alla settimana": "week", "mese": "month",
    "al mese": "month", "stagione": "season", "campagna": "season", "a stagione": "season", "anno": "year",
    "all'anno": "year",
}  # fmt: skip


def says_words() -> dict[str, str]:
    """What files may write in Italian for each kind of declaration."""
    return dict(_SAYS_WORDS)


def period_words() -> dict[str, str]:
    """What files may write in Italian for each period."""
    return dict(_PERIOD_WORDS)


def certification_name(text: str) -> str:
    """The name as the list writes it, whatever the spelling and the edition's year; other names as typed."""
    typed = clean(text)
    return _certifications().get(plain(typed.split(":")[0]), typed)


def availability(text: str) -> Availability | None:
    """The entry that these words, in either language, name; None for free words."""
    return _availabilities().get(plain(text))


def kept_words(says: str, text: str) -> str:
    """The words as they are kept: those of the vocabulary in Italian, whichever of its languages was typed."""
    typed = clean(text)
    if says == CERTIFIED:
        return certification_name(typed)
    if says == AVAILABLE:
        found = availability(typed)
        return found.it if found else typed
    return _english_goods().get(plain(typed), typed)


def shown_words(says: str, kept: str, language: str) -> str:
    """The words for a reader: those of the vocabulary in the reader's language, free words as they were typed."""
    if language == "it" or says == CERTIFIED:
        return kept
    if says == AVAILABLE:
        found = availability(kept)
        return found.en if found else kept
    return _goods_in_english().get(plain(kept), kept)


@lru_cache(maxsize=2)
def suggested_words(language: str) -> tuple[tuple[str, str], ...]:
    """(words, kind of thing) of everything that the vocabulary offers while one types, in the reader's language.

    The kind is one of those of goods (`good`, `service`, `skill`, `space`, `equipment`), `certified` or `available`.
    """
    italian = language == "it"
    things = sorted((each.it if italian else each.en, each.kind) for each in goods())
    names = [(name, CERTIFIED) for name, _ in CERTIFICATIONS]
    ready = [(each.it if italian else each.en, AVAILABLE) for each in AVAILABILITIES]
    return (*things, *names, *ready)


@lru_cache(maxsize=1)
def _certifications() -> dict[str, str]:
    found = {plain(other): name for name, others in CERTIFICATIONS for other in others}
    return found | {plain(name): name for name, _ in CERTIFICATIONS}


@lru_cache(maxsize=1)
def _availabilities() -> dict[str, Availability]:
    return {plain(words): each for each in AVAILABILITIES for words in (each.it, each.en, *each.synonyms_it)}


@lru_cache(maxsize=1)
def _english_goods() -> dict[str, str]:
    """English name to Italian one; a word that is Italian too ("pasta") is left alone."""
    italian = {plain(words) for each in goods() for words in (each.it, *each.synonyms_it)}
    return {plain(each.en): each.it for each in goods() if plain(each.en) not in italian}


@lru_cache(maxsize=1)
def _goods_in_english() -> dict[str, str]:
    return {plain(each.it): each.en for each in goods()}
