# SPDX-License-Identifier: EUPL-1.2
"""The national register of cooperatives (Albo delle società cooperative): any export of it, CSV or workbook.

No layout of it is published: headings are matched by the words that registers use, or by a column map that the user
gives and may save under a name. Tax code and name are needed. A word of the register that we do not know leaves its
fact unknown and is told in a notice: a cooperative is never lost for it, nor given a state that nobody stated.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from data.identity import KEY, TAX_CODE, VAT, BadValue, body_code, in_preference, vat_number
from data.lazio import ateco
from data.model import Evidence, Identifier, Message, OrganisationKind, Status, Visibility
from data.records import (
    Accepted,
    Assertion,
    Dated,
    OrganisationRecord,
    Outcome,
    OutOfArea,
    ReadOptions,
    Rejected,
    Source,
    SourceInfo,
)
from data.sources.names import inferred, kind_of_name, status_of_name
from data.sources.organisations import CATEGORIES, STATUSES
from data.sources.own_columns import DATE, MUNICIPALITY, PROVINCE
from data.sources.places import Place, in_lazio, place_of
from data.sources.reading import Column, Layout, Parsed, Row, outcome, read_rows
from data.sources.values import choice, day, one_of, whole, year, yes
from data.wording import plain, role_mailbox, web_address

NAME = "cooperative-register"
MOST_WORDS = 20

LAYOUT = Layout(
    columns=(
        Column("tax_code", ("codice_fiscale", "cf", "c.f.", "cod_fiscale", "cod. fiscale"), needed=True),
        Column("vat", ("partita_iva", "p_iva", "piva", "p. iva")),
        Column("name", ("denominazione", "ragione_sociale", "nome", "nome cooperativa"), needed=True),
        Column(
            "register_number",
            ("numero_iscrizione", "n_iscrizione", "numero albo", "n. albo", "numero_albo", "iscrizione_albo"),
        ),
        Column("section", ("sezione", "sezione_albo", "mutualita", "mutualita_prevalente", "tipo_mutualita")),
        Column("category", ("categoria", "categoria_albo", "categoria cooperativa")),
        Column("social_type", ("tipo_sociale", "tipologia_sociale", "sottocategoria", "tipo", "tipologia")),
        Column("legal_form", ("forma_giuridica", "natura_giuridica")),
        Column("status", ("stato", "stato_attivita", "stato_impresa", "situazione", "stato iscrizione")),
        Column("founded", ("data_costituzione", "anno_costituzione", "costituzione")),
        MUNICIPALITY,
        PROVINCE,
        Column("sector", ("ateco", "codice_ateco", "settore", "attivita_prevalente", "ateco_primario")),
        Column("sector_version", ("versione_ateco", "ateco_versione", "ateco_version")),
        Column("members", ("soci", "numero_soci", "n_soci", "n. soci")),
        Column("employees", ("addetti", "dipendenti", "numero_addetti", "occupati", "lavoratori")),
        Column(
            "federation",
            ("centrale", "associazione_di_rappresentanza", "associazione", "centrale_cooperativa", "adesione"),
        ),
        Column("website", ("sito", "sito_web")),
        Column("pec", ("indirizzo_pec", "domicilio_digitale", "posta_certificata")),
        DATE,
    ),
    known=("regione", "indirizzo", "via", "cap", "telefono", "fax", "email", "rea", "numero_rea", "data_iscrizione"),
    personal=("Legale rappresentante*", "Presidente*", "Rappresentante*", "Amministratore*", "Cognome*", "Revisore*"),
)

# How registers word their sections: whether mutual exchange with members prevails (artt. 2512-2514 c.c.).
_NOT_PREVALENT = ("divers", "nonprevalent", "senzamutualita")
_STATUSES: Mapping[str, Status] = STATUSES | {
    "in attivita": Status.ACTIVE,
    "in scioglimento": Status.DISSOLVED,
    "scioglimento e liquidazione": Status.LIQUIDATION,
    "in liquidazione volontaria": Status.LIQUIDATION,
    "in liquidazione coatta amministrativa": Status.COMPULSORY_LIQUIDATION,
    "liquidazione coatta": Status.COMPULSORY_LIQUIDATION,
    "lca": Status.COMPULSORY_LIQUIDATION,
    "liquidazione giudiziale": Status.COMPULSORY_LIQUIDATION,
    "in liquidazione giudiziale": Status.COMPULSORY_LIQUIDATION,
    "fallita": Status.COMPULSORY_LIQUIDATION,
    "commissariata": Status.COMMISSIONER,
    "in gestione commissariale": Status.COMMISSIONER,
    "cessata attivita": Status.CEASED,
    "incorporata": Status.MERGED,
    "fusa per incorporazione": Status.MERGED,
}
_SOCIAL_TYPES = {
    "a": "A",
    "tipo a": "A",
    "b": "B",
    "tipo b": "B",
    "a b": "A+B",
    "a e b": "A+B",
    "a/b": "A+B",
    "tipo a e b": "A+B",
    "tipo a+b": "A+B",
    "mista": "A+B",
    "miste": "A+B",
    "oggetto plurimo": "A+B",
    "plurima": "A+B",
    "c": "C",
    "tipo c": "C",
    "consorzio": "C",
}
_OPENING = re.compile(
    r"^(?:societ[àa] )?cooperative? (?:di |della |del |dei |per il |per la |a )?|^categoria ", re.IGNORECASE
)
_CATEGORY_WORDS = {
    "sociale": "sociali",
    "edilizia di abitazione": "edilizie di abitazione",
    "edilizie": "edilizie di abitazione",
    "edilizia": "edilizie di abitazione",
    "conferimento prodotti agricoli": "conferimento prodotti agricoli e allevamento",
    "conferimento di prodotti agricoli e allevamento": "conferimento prodotti agricoli e allevamento",
    "fra dettaglianti": "dettaglianti",
    "tra dettaglianti": "dettaglianti",
    "altre": "altre cooperative",
}
# A number of the register: a letter of the section and digits (from memory); what looks otherwise names nobody.
_NUMBER = re.compile(r"[A-Z]? ?\d{4,7}", re.IGNORECASE)
_CONSORTIA = frozenset({"consorzi cooperativi", "consorzi agrari"})
# Figures that the register itself may not hold: an export that has them was enriched, so they stay in the house.
_INNER = ("members", "employees")


@dataclass(slots=True)
class _Words:
    """Words of the file that we do not know, by column."""

    held: dict[str, Counter[str]] = field(default_factory=dict)

    def note(self, row: Row, column: str) -> None:
        counted = self.held.setdefault(column, Counter())
        word = row.raw(column)[:40]
        if word in counted or len(counted) < MOST_WORDS:
            counted[word] += 1

    def notices(self, file: str) -> Iterator[Message]:
        for column, counted in sorted(self.held.items()):
            words = ", ".join(f"{word} ({count})" for word, count in counted.most_common())
            yield Message("notice.words-unknown", {"file": file, "column": column, "words": words})


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per cooperative; those of other regions are out of the area."""
    for path in paths:
        strange = _Words()
        for row in read_rows(path, LAYOUT, options):
            yield row if isinstance(row, Rejected) else outcome(row, lambda one: _cooperative(one, strange))  # noqa: B023
        options.notices.extend(strange.notices(path.name))


def _cooperative(row: Row, strange: _Words) -> Outcome:
    code = row.must("tax_code", body_code)
    name = row.needed("name")
    place = _place(row)
    if not place.inside and (place.province or row.has("municipality")):
        return OutOfArea(row.line, row.file)
    said = _facts(row, name, place, strange)
    on = _kept(row, "date", day, strange)
    claims = [_claim(fact, value, on) for fact, value in said.items() if value is not None]
    claims += _told_by_name(name, said)
    if said["sector"] is not None:
        stated = row.has("sector_version")
        rests_on = (Evidence.OFFICIAL, 1.0) if stated else (Evidence.INFERRED, 0.8)
        claims.append(Assertion("sector_version", _version(row), *rests_on))
    record = OrganisationRecord(_identifiers(row, code, strange), tuple(claims))
    return Accepted(row.line, code, (record,), row.file)


def _claim(fact: str, value: object, on: date | None) -> Assertion:
    seen_by = Visibility.FEDERATION if fact in _INNER else Visibility.PUBLIC
    return Assertion(fact, value, visibility=seen_by, date=on)


def _identifiers(row: Row, code: str, strange: _Words) -> tuple[Identifier, ...]:
    found = [Identifier(TAX_CODE, code)]
    vat = _kept(row, "vat", vat_number, strange)
    number = row.text("register_number", 60)
    found += [Identifier(VAT, vat)] if vat else []
    found += [Identifier(KEY + NAME, number)] if number and _NUMBER.fullmatch(number) else []
    return in_preference(found)


def _place(row: Row) -> Place:
    """Where the row is; a comune that the province of Lazio does not have leaves the province."""
    try:
        return place_of(row)
    except BadValue:
        sign = place_of(row, column="").province
        if not in_lazio(sign):
            raise
        return Place(None, sign, inside=True)


def _facts(row: Row, name: str, place: Place, strange: _Words) -> dict[str, object]:
    category = _kept(row, "category", category_of, strange)
    return {
        "name": name,
        "kind": _kind(name, category),
        "municipality": place.municipality,
        "province": place.province,
        "prevalent_mutuality": _kept(row, "section", prevalent, strange),
        "category": category,
        "social_type": _social_type(row, category, strange),
        "legal_form": row.text("legal_form", 120),
        "status": _kept(row, "status", lambda word: choice(Status, word, dict(_STATUSES)), strange),
        "founded": _kept(row, "founded", year, strange),
        "sector": _kept(row, "sector", lambda _: _sector(row), strange),
        "members": _kept(row, "members", whole, strange),
        "employees": _kept(row, "employees", whole, strange),
        "federation": row.text("federation", 80),
        "website": _kept(row, "website", web_address, strange),
        "pec": _mailbox(row, name),
    }


def _kind(name: str, category: str | None) -> OrganisationKind | None:
    """A cooperative, a consortium when the category says so; None where only the name could tell a consortium."""
    if category in _CONSORTIA:
        return OrganisationKind.CONSORTIUM
    told = kind_of_name(name) if category is None else None
    return None if told and told.value is OrganisationKind.CONSORTIUM else OrganisationKind.COOPERATIVE


def _told_by_name(name: str, said: Mapping[str, object]) -> list[Assertion]:
    """What only the name tells: a liquidation, or a consortium, of which the row says nothing."""
    told = {"status": status_of_name(name), "kind": kind_of_name(name)}
    return [inferred(fact, one) for fact, one in told.items() if one and said[fact] is None]


def _kept(row: Row, column: str, parse: Callable[[str], Parsed], strange: _Words) -> Parsed | None:
    """The value, None for a word that we do not know: it is noted and the row is kept."""
    try:
        return row.value(column, parse)
    except BadValue:
        strange.note(row, column)
        return None


def prevalent(text: str) -> bool:
    """Whether mutual exchange prevails, from the section's words or number. Raises `BadValue`."""
    word = plain(text)
    if any(part in word for part in _NOT_PREVALENT) or word in {"ii", "2", "sezioneii", "sezione2", "no"}:
        return False
    if "prevalente" in word or word in {"i", "1", "sezionei", "sezione1"}:
        return True
    return yes(text)


def category_of(text: str) -> str:
    """The category as the register's decree calls it (DM 23 June 2004). Raises `BadValue` for another word."""
    bare = _OPENING.sub("", text.strip()).strip()
    try:
        return one_of(CATEGORIES, bare, _CATEGORY_WORDS)
    except BadValue:
        return one_of(CATEGORIES, text, _CATEGORY_WORDS)


def _social_type(row: Row, category: str | None, strange: _Words) -> str | None:
    """A type only of social cooperatives and consortia: the same column may hold other things."""
    if category not in {"sociali", "consorzi cooperativi"}:
        return None
    return _kept(row, "social_type", lambda word: one_of(("A", "B", "A+B", "C"), word, _SOCIAL_TYPES), strange)


def _sector(row: Row) -> str:
    found = ateco(_version(row)).get(row.raw("sector").split(" ")[0])
    if found is None:
        raise BadValue(Message("reject.sector", {"version": _version(row)}))
    return found.code


def _version(row: Row) -> str:
    """The stated version; without one 2007, unless only 2025 has the code."""
    stated = row.raw("sector_version")[:4]
    if stated in {"2007", "2022", "2025"}:
        return "2025" if stated == "2025" else "2007"
    code = row.raw("sector").split(" ")[0]
    return "2025" if code in ateco("2025") and code not in ateco("2007") else "2007"


def _mailbox(row: Row, name: str) -> str | None:
    """The certified mailbox when it names an office or the body; another one is left in the file, not even noted."""
    try:
        return row.value("pec", lambda address: role_mailbox(address, name))
    except BadValue:
        return None


SOURCE = Source(
    SourceInfo(
        name=NAME,
        title_it="Albo delle società cooperative",
        title_en="National register of cooperatives",
        publisher="Ministero delle Imprese e del Made in Italy / Ministry of Enterprises and Made in Italy",
        licence="da verificare presso il Ministero / to be verified with the Ministry",
        formats=(".csv", ".xlsx", ".xls"),
        dated=Dated.ROWS,
    ),
    read,
)
