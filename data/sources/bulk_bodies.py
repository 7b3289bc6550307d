# SPDX-License-Identifier: EUPL-1.2
"""Bodies as the registers of the whole country name them: a tax code, a name, sometimes a legal form and a seat."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from data.identity import MUNICIPALITY, TAX_CODE, BadValue, body_code
from data.lazio import municipality
from data.model import BodyType, Evidence, Identifier, Message, OrganisationKind
from data.records import Assertion, ReadOptions
from data.sources.bulk_blocks import Whole
from data.sources.names import (
    category_of_name,
    inferred,
    kind_of_name,
    names_a_person,
    public_body_of_name,
    status_of_name,
)
from data.sources.places import comune_of_tax_code, name_of_body
from data.sources.reading import BadCell, Row
from data.sources.values import KEY_LIMIT
from data.wording import LINE_LIMIT, clean_words, plain

# What a legal form, as the registers spell it, says of a body; the first that its folded words begin with or hold.
_FORMS: tuple[tuple[str, OrganisationKind, BodyType | None], ...] = (
    ("consorziodibonifica", OrganisationKind.PUBLIC_BODY, BodyType.RECLAMATION),
    ("cooperativ", OrganisationKind.COOPERATIVE, None),
    ("consorzio", OrganisationKind.CONSORTIUM, None),
    ("comunitamontana", OrganisationKind.PUBLIC_BODY, BodyType.MOUNTAIN_COMMUNITY),
    ("unionedicomuni", OrganisationKind.PUBLIC_BODY, BodyType.UNION),
    ("provincia", OrganisationKind.PUBLIC_BODY, BodyType.PROVINCE),
    ("cittametropolitana", OrganisationKind.PUBLIC_BODY, BodyType.PROVINCE),
    ("regione", OrganisationKind.PUBLIC_BODY, BodyType.REGION),
    ("universita", OrganisationKind.PUBLIC_BODY, BodyType.UNIVERSITY),
    ("istitutoscolastico", OrganisationKind.PUBLIC_BODY, BodyType.SCHOOL),
    ("istitutoescuolapubblica", OrganisationKind.PUBLIC_BODY, BodyType.SCHOOL),
    ("asl", OrganisationKind.PUBLIC_BODY, BodyType.HEALTH),
    ("aziendaospedaliera", OrganisationKind.PUBLIC_BODY, BodyType.HEALTH),
    ("aziendaoentedelservizio", OrganisationKind.PUBLIC_BODY, BodyType.HEALTH),
    ("cameradicommercio", OrganisationKind.PUBLIC_BODY, BodyType.CHAMBER),
    ("enteparco", OrganisationKind.PUBLIC_BODY, BodyType.PARK),
    ("amministrazionedellostato", OrganisationKind.PUBLIC_BODY, BodyType.STATE),
    ("ministero", OrganisationKind.PUBLIC_BODY, BodyType.STATE),
    ("organocostituzionale", OrganisationKind.PUBLIC_BODY, BodyType.STATE),
    ("entepubblico", OrganisationKind.PUBLIC_BODY, BodyType.OTHER),
    ("associazione", OrganisationKind.THIRD_SECTOR, None),
    ("fondazione", OrganisationKind.THIRD_SECTOR, None),
    ("enteecclesiastico", OrganisationKind.THIRD_SECTOR, None),
    ("impresasociale", OrganisationKind.THIRD_SECTOR, None),
    ("societa", OrganisationKind.FIRM, None),
)
FORM_LIMIT = 120


def known_codes(options: ReadOptions) -> frozenset[str]:
    """The known tax codes and VAT numbers, and those of the comuni of Lazio, which everybody knows."""
    return options.known_codes | comune_of_tax_code().keys()


def known_numbers(options: ReadOptions) -> Whole:
    """The known codes as whole numbers, in order."""
    found = {int(code) for code in known_codes(options) if code.isascii() and code.isdigit() and len(code) == 11}
    return np.array(sorted(found), np.int64)


def name_of(row: Row) -> str:
    """The body's name, cut to a line, persons' codes and mail addresses hidden. Raises `BadCell` when it has none."""
    return row.passage("name", LINE_LIMIT) or row.needed("name")


@lru_cache(maxsize=50_000)
def checked_body(code: str, name: str) -> str | BadCell:
    """The checked tax code of a body that has a name, or what is wrong with the cells `code` or `name`.

    Kept for the next row: the same few bodies stand in many.
    """
    row = Row(0, "", {"code": code, "name": name})
    try:
        checked = row.must("code", body_code)
        if names_a_person(name):
            raise BadCell("name", "", Message("reject.natural-person"))
        name_of(row)
    except BadCell as bad:
        return bad
    return checked


def identifiers_of(code: str) -> tuple[Identifier, ...]:
    """The identifiers of the body with this checked tax code; a comune of Lazio is known by its ISTAT code first."""
    comune = comune_of_tax_code().get(code)
    own = (Identifier(TAX_CODE, code),)
    return (Identifier(MUNICIPALITY, comune), *own) if comune else own


def facts_of(code: str, name: str, form: str = "") -> list[Assertion]:
    """Name, kind and what else follows from the code, the name and the legal form; kinds told by names are inferred."""
    comune = comune_of_tax_code().get(code)
    if comune:
        return _comune_facts(comune)
    said = [Assertion("name", name), *_kind(name, form)]
    if form:
        said.append(Assertion("legal_form", form[:FORM_LIMIT]))
    for field, told in (("category", category_of_name(name)), ("status", status_of_name(name))):
        if told:
            said.append(inferred(field, told))
    return said


def _comune_facts(istat: str) -> list[Assertion]:
    facts = municipality(istat)
    place = [Assertion("province", facts.province)] if facts else []
    return [
        Assertion("name", name_of_body(istat)),
        Assertion("kind", OrganisationKind.PUBLIC_BODY),
        Assertion("body_type", BodyType.MUNICIPALITY),
        Assertion("municipality", istat),
        *place,
    ]


def _kind(name: str, form: str) -> list[Assertion]:
    told = kind_of_name(name)
    found = _of_form(plain(form)) if form else None
    if found and not (told and found[0] is OrganisationKind.FIRM):
        kind, body = found
        if kind is OrganisationKind.CONSORTIUM and told:
            return [inferred("kind", told)]
        return [Assertion("kind", kind), *([Assertion("body_type", body)] if body else [])]
    if told:
        return [inferred("kind", told)]
    public = public_body_of_name(name)
    if public:
        kind_of_body = Assertion("kind", OrganisationKind.PUBLIC_BODY, Evidence.INFERRED, public.confidence)
        return [kind_of_body, inferred("body_type", public)]
    return [Assertion("kind", OrganisationKind.FIRM, Evidence.INFERRED, 0.5)]


def _of_form(form: str) -> tuple[OrganisationKind, BodyType | None] | None:
    if form in {"comune", "comuni"}:
        return OrganisationKind.PUBLIC_BODY, BodyType.MUNICIPALITY
    return next(((kind, body) for word, kind, body in _FORMS if _says(form, word)), None)


def _says(form: str, word: str) -> bool:
    return word in form if word in {"cooperativ", "consorzio", "impresasociale"} else form.startswith(word)


def wrong_key(text: str) -> Message | None:
    """Why a publisher's code of a lot or project cannot be a key: nothing, too long, or a person's code or mail."""
    try:
        said = clean_words(text, KEY_LIMIT)
    except BadValue as wrong:
        return wrong.reason
    return None if said else Message("reject.missing")
