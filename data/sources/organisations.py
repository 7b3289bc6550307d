# SPDX-License-Identifier: EUPL-1.2
"""Own file of organisations: one row per body, headings in English or Italian, everything but id and name optional."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from data.identity import TAX_CODE, VAT, BadValue, body_code, in_preference, own_identifier, vat_number
from data.lazio import ateco
from data.model import BodyType, Evidence, Identifier, Message, OrganisationKind, Status, Visibility
from data.records import Accepted, Assertion, OrganisationRecord, Outcome, ReadOptions, Source, SourceInfo
from data.sources.names import inferred, kind_of_name
from data.sources.own_columns import (
    DATE,
    EVIDENCE,
    LAT,
    LON,
    MUNICIPALITY,
    PROVINCE,
    UNSTATED,
    VISIBILITY,
    WHOEVER,
    evidence_of,
    visibility_of,
)
from data.sources.places import place_of
from data.sources.reading import BadCell, Column, Layout, Row, outcomes
from data.sources.values import KEY_LIMIT, amount, choice, coordinates, day, one_of, share, whole, year, yes
from data.wording import PASSAGE_LIMIT, clean, clean_words, free_words, plain, refuse_private, role_mailbox, web_address

KINDS = {
    "cooperativa": OrganisationKind.COOPERATIVE,
    "coop": OrganisationKind.COOPERATIVE,
    "consorzio": OrganisationKind.CONSORTIUM,
    "ente pubblico": OrganisationKind.PUBLIC_BODY,
    "pubblica amministrazione": OrganisationKind.PUBLIC_BODY,
    "terzo settore": OrganisationKind.THIRD_SECTOR,
    "ets": OrganisationKind.THIRD_SECTOR,
    "associazione": OrganisationKind.THIRD_SECTOR,
    "fondazione": OrganisationKind.THIRD_SECTOR,
    "impresa": OrganisationKind.FIRM,
    "azienda": OrganisationKind.FIRM,
}
STATUSES = {
    "attiva": Status.ACTIVE,
    "attivo": Status.ACTIVE,
    "costituenda": Status.FORMING,
    "neo-costituita": Status.NEW,
    "in crisi": Status.CRISIS,
    "in difficolta": Status.CRISIS,
    "inattiva": Status.INACTIVE,
    "sospesa": Status.SUSPENDED,
    "in liquidazione": Status.LIQUIDATION,
    "liquidazione": Status.LIQUIDATION,
    "liquidazione volontaria": Status.LIQUIDATION,
    "liquidazione coatta amministrativa": Status.COMPULSORY_LIQUIDATION,
    "gestione commissariale": Status.COMMISSIONER,
    "scioglimento": Status.DISSOLVED,
    "sciolta": Status.DISSOLVED,
    "cancellata": Status.CEASED,
    "cessata": Status.CEASED,
    "fusa": Status.MERGED,
}
# Categories of the national register of cooperatives (DM 23 June 2004); another word is kept as it is written.
CATEGORIES = (
    "produzione e lavoro",
    "lavoro agricolo",
    "sociali",
    "conferimento prodotti agricoli e allevamento",
    "edilizie di abitazione",
    "pesca",
    "consumo",
    "dettaglianti",
    "trasporto",
    "consorzi cooperativi",
    "consorzi agrari",
    "banche di credito cooperativo",
    "consorzi e cooperative di garanzia e fidi",
    "altre cooperative",
)
MOST_CERTIFICATIONS = 50
SOCIAL_TYPES = ("A", "B", "A+B", "C")
# What only the federation reads unless the row is public: size, money and shares.
INNER_FIELDS = frozenset({"employees", "members", "revenue", "disadvantaged_share", "social_share"})

LAYOUT = Layout(
    columns=(
        Column("id", ("identificativo", "chiave", "codice", "org")),
        Column("tax_code", ("codice_fiscale", "cf", "c.f.")),
        Column("vat", ("partita_iva", "p_iva", "piva", "vat_number")),
        Column("name", ("denominazione", "ragione_sociale", "nome"), needed=True),
        Column("kind", ("tipo", "natura", "tipo_organizzazione")),
        MUNICIPALITY,
        PROVINCE,
        LAT,
        LON,
        Column("sector", ("settore", "ateco", "codice_ateco", "ateco_primario")),
        Column("sector_version", ("versione_ateco", "ateco_versione", "ateco_version")),
        Column("category", ("categoria", "categoria_albo")),
        Column("social_type", ("tipo_sociale", "tipologia_sociale")),
        Column("legal_form", ("forma_giuridica",)),
        Column("body_type", ("tipo_ente",)),
        Column("status", ("stato", "stato_attivita")),
        Column("federation", ("federazione", "centrale", "centrale_cooperativa", "associazione_di_rappresentanza")),
        Column("founded", ("anno_costituzione", "data_costituzione", "costituzione", "fondata")),
        Column("employees", ("addetti", "dipendenti", "occupati", "lavoratori")),
        Column("members", ("soci", "numero_soci")),
        Column("revenue", ("fatturato", "ricavi", "valore_della_produzione", "valore_produzione")),
        Column("prevalent_mutuality", ("mutualita_prevalente",)),
        Column("third_sector", ("terzo_settore", "ets", "runts")),
        Column("disadvantaged_share", ("quota_svantaggiati", "lavoratori_svantaggiati")),
        Column("social_share", ("quota_sociale", "quota_cooperative_sociali")),
        Column("certifications", ("certificazioni",)),
        Column("purpose", ("oggetto_sociale", "scopo", "attivita", "descrizione")),
        Column("website", ("sito", "sito_web", "sito_internet", "url")),
        Column("pec", ("indirizzo_pec", "domicilio_digitale", "posta_certificata")),
        VISIBILITY,
        EVIDENCE,
        DATE,
    ),
    either=(("id", "tax_code", "vat"),),
)


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per row; firms of other regions are kept."""
    return outcomes(paths, LAYOUT, organisation, options)


def organisation(row: Row) -> Accepted:
    """The body of a row, each known field an assertion. Raises `BadCell`."""
    key, identifiers = _identity(row)
    name = row.must("name", clean_words)
    said = _open_facts(row, name) | _register_facts(row) | _inner_facts(row)
    stated, evidence, on = row.value("visibility", lambda _: True), evidence_of(row), row.value("date", day)
    row_visibility = visibility_of(row, Visibility.PUBLIC)
    assertions = []
    for field, value in said.items():
        if value is None:
            continue
        inner = field in INNER_FIELDS and not stated
        seen_by = Visibility.FEDERATION if inner else row_visibility
        assertions.append(Assertion(field, value, evidence, visibility=seen_by, date=on))
    if said["kind"] is None:
        assertions.append(_inferred_kind(name, row_visibility))
    assertions += _version_of_sector(row, said["sector"], evidence, row_visibility)
    return Accepted(row.line, key, (OrganisationRecord(identifiers, tuple(assertions)),), row.file)


def _identity(row: Row) -> tuple[str, tuple[Identifier, ...]]:
    """The key of the row, and its identifiers, best first.

    The key is the file's own id wherever it has one, so that a row which gains a tax code stays the same row; else
    the best identifier. An id that is a tax code other than the row's own must be its VAT number.
    """
    own = _own(row) if row.has("id") else None
    code, vat = row.value("tax_code", body_code), row.value("vat", vat_number)
    known = [Identifier(TAX_CODE, code)] if code else []
    known += [Identifier(VAT, vat)] if vat else []
    if own and own.scheme == TAX_CODE and code not in (None, own.value):
        if own.value != vat:
            raise BadCell("tax_code", row.raw("tax_code"), Message("reject.contradicting-identifiers"))
    elif own:
        known.append(own)
    if not known:
        raise BadCell("id", "", Message("reject.missing"))
    identifiers = in_preference(known)
    named = own or identifiers[0]
    return f"{named.scheme}:{named.value}", identifiers


def _own(row: Row) -> Identifier:
    row.needed("id", KEY_LIMIT)
    return row.must("id", lambda text: own_identifier(clean_words(text)))


def _open_facts(row: Row, name: str) -> dict[str, object]:
    place = place_of(row)
    lon, lat = point_of(row)
    return {
        "name": name,
        "kind": row.value("kind", lambda word: choice(OrganisationKind, word, KINDS)),
        "municipality": place.municipality,
        "province": place.province,
        "lon": lon,
        "lat": lat,
        "certifications": _certifications(row),
        "purpose": _purpose(row),
        "website": row.value("website", web_address),
        "pec": row.value("pec", lambda address: role_mailbox(address, name)),
    }


def _register_facts(row: Row) -> dict[str, object]:
    return {
        "sector": _sector(row),
        "category": row.value("category", _category),
        "social_type": row.value("social_type", lambda word: one_of(SOCIAL_TYPES, word)),
        "legal_form": row.text("legal_form", 120),
        "body_type": row.value("body_type", lambda word: choice(BodyType, word)),
        "status": row.value("status", lambda word: choice(Status, word, STATUSES)),
        "federation": row.text("federation", 80),
        "founded": row.value("founded", year),
        "prevalent_mutuality": row.value("prevalent_mutuality", yes),
        "third_sector": row.value("third_sector", yes),
    }


def _inner_facts(row: Row) -> dict[str, object]:
    return {
        "employees": row.value("employees", whole),
        "members": row.value("members", whole),
        "revenue": row.value("revenue", lambda text: amount(text, decimal_comma=row.decimal_comma)),
        "disadvantaged_share": row.value("disadvantaged_share", share),
        "social_share": row.value("social_share", share),
    }


def point_of(row: Row) -> tuple[float | None, float | None]:
    """Longitude and latitude of a row (EPSG:4326), both or none. Raises `BadCell`."""
    if not row.has("lon") and not row.has("lat"):
        return None, None
    try:
        return coordinates(row.raw("lon"), row.raw("lat"))
    except BadValue as wrong:
        raise BadCell("lat", f"{row.raw('lat')} {row.raw('lon')}", wrong.reason) from wrong


def _purpose(row: Row) -> str | None:
    text = clean(row.raw("purpose"))
    try:
        refuse_private(text)
    except BadValue as wrong:
        raise BadCell("purpose", text, wrong.reason) from wrong
    return text[:PASSAGE_LIMIT] or None


def _certifications(row: Row) -> tuple[str, ...] | None:
    """The names between bars, each once."""
    listed = row.raw("certifications").split("|")
    try:
        if len(listed) > MOST_CERTIFICATIONS:
            raise BadValue(Message("reject.too-many", {"limit": MOST_CERTIFICATIONS}))
        return tuple(dict.fromkeys(part for text in listed if (part := free_words(text)))) or None
    except BadValue as wrong:
        raise BadCell("certifications", row.raw("certifications"), wrong.reason) from wrong


def _category(text: str) -> str:
    known = {plain(one): one for one in CATEGORIES} | {"sociale": "sociali", "cooperativasociale": "sociali"}
    word = clean_words(text, 80)
    return known.get(plain(word), word)


def _sector(row: Row) -> str | None:
    """The sector as its version spells it, down to the class."""
    if not row.has("sector"):
        return None
    found = ateco(_version(row)).get(row.raw("sector"))
    if found is None:
        raise BadCell("sector", row.raw("sector"), Message("reject.sector", {"version": _version(row)}))
    return found.code


def _version(row: Row) -> str:
    """The stated version; without one 2007, which registers used until 2025, unless only 2025 has the code."""
    stated = row.value("sector_version", lambda word: one_of(("2007", "2025"), word, {"2022": "2007"}))
    if stated:
        return stated
    code = row.raw("sector")
    return "2025" if code in ateco("2025") and code not in ateco("2007") else "2007"


def _version_of_sector(row: Row, sector: object, evidence: Evidence, seen_by: Visibility) -> list[Assertion]:
    if sector is None:
        return []
    if row.has("sector_version"):
        return [Assertion("sector_version", _version(row), evidence, visibility=seen_by)]
    return [Assertion("sector_version", _version(row), Evidence.INFERRED, 0.8, seen_by)]


def _inferred_kind(name: str, seen_by: Visibility) -> Assertion:
    told = kind_of_name(name)
    if told is None:
        allowed = ", ".join(kind.value for kind in OrganisationKind)
        raise BadCell("kind", "", Message("reject.not-allowed", {"allowed": allowed}))
    claim = inferred("kind", told)
    return Assertion(claim.field, claim.value, claim.evidence, claim.confidence, seen_by, claim.note)


SOURCE = Source(
    SourceInfo(
        name="organisations",
        title_it="Organizzazioni (file proprio)",
        title_en="Organisations (own file)",
        publisher=WHOEVER,
        licence=UNSTATED,
        formats=(".csv", ".xlsx"),
        evidence=Evidence.DECLARED,
    ),
    read,
)
