# SPDX-License-Identifier: EUPL-1.2
"""What a body's name tells of its kind. Everything here is inferred: the words that led to it come along."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from data.model import BodyType, Evidence, OrganisationKind, Status
from data.records import Assertion

SURE, LIKELY = 0.95, 0.7
"""Confidence of a plain legal form in the name, and of an abbreviation that other forms share."""


@dataclass(frozen=True, slots=True)
class Told:
    """A value that a name suggests, the words that suggest it, and how sure that is (0..1)."""

    value: object
    words: str
    confidence: float


# A legal form, also when a line break of the publisher split the word (COOPE RATIVA); never COOPERAZIONE.
_FORM = r"C ?O ?O ?P ?E ?R ?A ?T ?I ?V ?[AO]"
_COOPERATIVE = re.compile(
    rf"\b{_FORM}\b|\bCOOP ?\.? ?VA\b"
    # ... and as it is misspelt or cut off after SOCIETA or before SOCIALE: COOPERTIVA, COOPER., COOPERAT
    r"|\bSOC(?:IETA?)?\b\W{0,3}COOPER(?!AZ)\w*|\b[CK]O?OPER(?!AZ)\w{0,8} SOCIALE\b"
)
_COOP_WORD = re.compile(r"\bCOOP\b(?!\W{0,2}(?:INT|SVIL|ALLO|ITALIANA ALLO))")
_COOP_PREFIX = re.compile(r"\b(?:COOP(?!ER)[A-Z]\w*|[A-Z]{2,}COOP)\b")
_NOT_COOPERATIVE = re.compile(r"\b(?:LEGACOOP|CONFCOOP\w*|UNCI|COOPERAZIONE|COOPERMONDO|COOPERACTION)\b")
_FOR_COOPERATION = re.compile(r"\b(?:PER LA|ALLA|DELLA|DI) COOP\b\W{0,2}(?:INT|SVIL|ALLO)")
_SHORT_FORM = re.compile(r"\bS\W{0,2}C\W{0,2}A\W{0,2}R\W{0,2}L\b|\bS\W{0,2}C\W{0,2}S\b(?!\w)")
_CONSORTIUM = re.compile(r"\bCONSORZIO\b|\bCONSORTILE\b|\bCONS\W{0,2}(?:P\W{0,2}A|A\W{0,2}R\W{0,2}L)\b")
_OF_COOPERATIVES = re.compile(r"\bCOOPERATIVE\b")
_SOCIAL = re.compile(
    rf"(?:{_FORM}|\bCOOP\b|\bCOOP ?\.? ?VA\b)[^-]{{0,30}}?\b(?:SOC ?(?:I ?A ?L ?E?)?|SOCIALI)\b(?!\W{{0,2}}COOP)"
)
_SOCIALS = re.compile(r"\bCONSORZIO (?:DI|FRA|TRA) COOP\w*\W{0,2}SOCIAL\w*")
_LIQUIDATION = re.compile(r"\bIN LIQUIDAZIONE\b|\bIN LIQ\b")
_COMPULSORY = re.compile(r"\bLIQUIDAZIONE COATTA\b|\bIN L\W?C\W?A\b")

_PERSON = re.compile(
    r"^(?:DOTT|DOTT SSA|DR|DR SSA|ARCH|ING|AVV|GEOM|RAG|PROF|PROF SSA|SIG|SIG RA|P I|PER IND|AGR|NOTAIO)\b"
    r"|\b(?:DITTA INDIVIDUALE|IMPRESA INDIVIDUALE|LIBERO PROFESSIONISTA|LIBERA PROFESSIONISTA)\b"
)
_COMPANY = re.compile(
    r"\bS ?R ?L ?S?\b|\bS ?P ?A\b|\bS ?A ?S\b|\bS ?N ?C\b|\bSOCIETA\b|\bASSOCIAT|\bASSOCIAZIONE\b|\bSTUDI\b|\bCOOP"
    r"|\bCONSORZIO\b|\bFONDAZIONE\b|\bSTP\b|\bS ?S\b|\bONLUS\b|\bENGINEERING\b|\bINGEGNERIA\b"
)

_PUBLIC = (
    (r"^MINISTERO\b|^PRESIDENZA DEL CONSIGLIO\b|\bSOPRINTENDE?N?ZA\b|\bSOPRINTENDENTE\b", BodyType.STATE),
    (
        r"^MUSEO NAZIONALE\b|^GALLERI[AE] NAZIONAL|^GALLERIA BORGHESE|^PARCO ARCHEOLOGICO\b|^ISTITUTO CENTRALE\b",
        BodyType.STATE,
    ),
    (
        r"^ARCHIVIO (?:CENTRALE DELLO|DI) STATO\b|^BIBLIOTECA NAZIONALE\b|^MUSEO DELLE CIVILTA\b|^VITTORIANO\b",
        BodyType.STATE,
    ),
    (
        r"^VILLA ADRIANA\b|^FONDO EDIFICI DI CULTO\b|^CENTRO PER IL LIBRO\b|^ISTITUTO PER I BENI SONORI\b",
        BodyType.STATE,
    ),
    (r"^REGIONE [A-Z]+$", BodyType.REGION),
    (r"^PROVINCIA DI\b|^CITTA METROPOLITANA\b", BodyType.PROVINCE),
    (r"^ENTE PARCO\b|^PARCO NAZIONALE\b|^PARCO (?:NATURALE )?REGIONALE\b|^RISERVA NATURALE\b", BodyType.PARK),
    (r"^UNIVERSITA DEGLI STUDI\b|^CONSIGLIO NAZIONALE DELLE RICERCHE|^ISTITUTO NAZIONALE DI\b", BodyType.UNIVERSITY),
    (r"^ISTITUTO SUPERIORE DI SANITA\b|^IST\w*\W?ZOOPROFILATTICO\b|^ISTITUTI FISIOTERAPICI\b|^INMP\b", BodyType.HEALTH),
    (r"^AZIENDA (?:OSPEDALIERA|SANITARIA|USL|POLICLINICO)\b|^ASL\b|LAZZARO SPALLANZANI", BodyType.HEALTH),
    (r"^AGENZIA NAZIONALE\b", BodyType.AGENCY),
    (r"ASSICURAZIONE CONTRO GLI INFORTUNI SUL LAVORO$", BodyType.STATE),
)
_SERVICE_PATTERNS = (
    (re.compile(r"\bEDILIZIA RESIDENZIALE PUBBLICA\b|\bATER\b"), BodyType.HOUSING),
    (re.compile(r"\bCONSORZIO DI BONIFICA\b"), BodyType.RECLAMATION),
)
_PUBLIC_PATTERNS = tuple((re.compile(pattern), body) for pattern, body in _PUBLIC)


def kind_of_name(name: str) -> Told | None:
    """Cooperative, consortium of cooperatives, stable consortium, or None when the name does not say.

    Associations and agencies for *cooperazione* (development work) are no cooperatives.
    """
    said = _said(name)
    form = _cooperative_words(said)
    consortium = _CONSORTIUM.search(said)
    if consortium and (form or _OF_COOPERATIVES.search(said)):
        return Told(OrganisationKind.CONSORTIUM, f"{consortium[0]} … {form or 'COOPERATIVE'}", SURE)
    if re.search(r"\bCONSORZIO STABILE\b", said):
        return Told(OrganisationKind.CONSORTIUM, "CONSORZIO STABILE", SURE)
    if form:
        return Told(OrganisationKind.COOPERATIVE, form, SURE)
    short = _SHORT_FORM.search(said)
    if short and consortium:
        return Told(OrganisationKind.CONSORTIUM, f"{consortium[0]} … {short[0]}", LIKELY)
    if short and not re.search(r"\bS ?R ?L\b|\bSPA\b", said.replace(short[0], "")):
        return Told(OrganisationKind.COOPERATIVE, short[0], LIKELY)
    return None


def _cooperative_words(said: str) -> str | None:
    form = _COOPERATIVE.search(said)
    if form:
        return form[0]
    if _FOR_COOPERATION.search(said) or _NOT_COOPERATIVE.search(said):
        return None
    found = _COOP_WORD.search(said) or _COOP_PREFIX.search(said)
    return found[0] if found else None


def category_of_name(name: str) -> Told | None:
    """`sociali` when the name says that the cooperative, or the consortium's members, are social cooperatives."""
    found = _SOCIAL.search(_said(name)) or _SOCIALS.search(_said(name))
    return Told("sociali", found[0], SURE) if found else None


def status_of_name(name: str) -> Told | None:
    """Liquidation when the name says it, as the law asks (art. 2250 c.c.); None says nothing."""
    said = _said(name)
    for pattern, status in ((_COMPULSORY, Status.COMPULSORY_LIQUIDATION), (_LIQUIDATION, Status.LIQUIDATION)):
        found = pattern.search(said)
        if found:
            return Told(status, found[0], SURE)
    return None


def public_body_of_name(name: str) -> Told | None:
    """The type of public body that the name plainly says, or None."""
    said = _said(name).replace("'", "")
    for pattern, body in _PUBLIC_PATTERNS:
        found = pattern.search(said)
        if found:
            return Told(body, found[0], SURE)
    return None


def service_body_of_name(name: str) -> Told | None:
    """Housing companies (ATER) and reclamation consortia, which registers file under several categories; or None."""
    said = _said(name)
    for pattern, body in _SERVICE_PATTERNS:
        found = pattern.search(said)
        if found:
            return Told(body, found[0], SURE)
    return None


def names_a_person(name: str) -> bool:
    """True when the name is plainly that of one person in trade: a title before it, or the words of a sole trader."""
    said = re.sub(r"[.\s]+", " ", _said(name)).strip()
    return bool(_PERSON.search(said)) and not _COMPANY.search(said)


def inferred(field: str, told: Told) -> Assertion:
    """What a name told, as an assertion that says so."""
    return Assertion(field, told.value, Evidence.INFERRED, told.confidence, note=told.words)


@lru_cache(maxsize=256)
def _said(name: str) -> str:
    """Upper case without accents; punctuation that stands for nothing becomes a space, hyphens stay."""
    folded = unicodedata.normalize("NFKD", name).upper()
    bare = "".join(char for char in folded if not unicodedata.combining(char))
    return re.sub(r"\s+", " ", re.sub(r"[^A-Z0-9&\-']", " ", bare)).strip()
