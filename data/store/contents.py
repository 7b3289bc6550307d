# SPDX-License-Identifier: EUPL-1.2
"""Reading the store back as the nouns of `data.model`, whole tables in one pass, for one audience."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import compress
from sys import intern
from types import MappingProxyType
from typing import Any, Final

import orjson
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Column, ColumnElement, Connection, Row, or_, select

from data.model import (
    Audience,
    Availability,
    BodyType,
    Declaration,
    Evidence,
    Figure,
    Identifier,
    Landmark,
    Load,
    Municipality,
    Organisation,
    OrganisationKind,
    Participation,
    Precision,
    Provenance,
    Site,
    Status,
    Visibility,
)
from data.store import schema
from data.store.bodies import LISTS
from data.store.made import columns_of, each_read, made_of, once_each
from data.store.winners import from_text, provenance_from

CHUNK = 500
Ids = Sequence[str] | None
_NOT_OF_PARTICIPATION = ("load_id", "ended_load_id")


def organisations(connection: Connection, audience: Audience, ids: Ids = None) -> list[Organisation]:
    """Every listed body that the audience may see (of some hundred ids, if given), by id; restricted values only for
    the operator.
    """
    table = schema.organisation
    query = select(table).where(*_seen(audience, ids)).order_by(table.c.id)
    names = _identifiers(connection, audience, ids)
    of_these = among(schema.restricted.c.organisation_id, ids)
    hidden = _restricted(connection, *of_these) if audience is Audience.OPERATOR else {}
    return _organisations(columns_of(connection, query), names, hidden)


def _seen(audience: Audience, ids: Ids) -> tuple[ColumnElement[bool], ...]:
    """The condition that a body is listed, may be seen by the audience and is one of the ids, if given."""
    body = schema.organisation.c
    public = (body.visibility == Visibility.PUBLIC.value,) if audience is Audience.PUBLIC else ()
    return (body.listed.is_(True), *public, *among(body.id, ids))


def among(column: Column[Any], ids: Ids) -> tuple[ColumnElement[bool], ...]:
    """The condition that a column is one of these ids; none for None."""
    return () if ids is None else (column.in_(ids),)


def bodies_of(connection: Connection, ids: Sequence[str]) -> dict[str, Organisation]:
    """The listed bodies of these ids (at most some hundreds) by id, as the operator sees them, without identifiers."""
    table, kept_back = schema.organisation, schema.restricted
    query = select(table).where(table.c.listed.is_(True), table.c.id.in_(ids))
    hidden = _restricted(connection, kept_back.c.organisation_id.in_(ids))
    return {body.id: body for body in _organisations(columns_of(connection, query), {}, hidden)}


def _identifiers(connection: Connection, audience: Audience, ids: Ids) -> dict[str, tuple[Identifier, ...]]:
    table = schema.identifier
    found: dict[str, list[Identifier]] = {}
    query = select(table.c.organisation_id, table.c.scheme, table.c.value).where(*among(table.c.organisation_id, ids))
    rows = connection.execute(query.order_by(*table.c)).all()
    values = None if ids is None else sorted({value for _body, _scheme, value in rows})
    kept_back = _not_public_identifiers(connection, values) if audience is Audience.PUBLIC else frozenset()
    for body, scheme, value in rows:
        # The key of somebody's own file is theirs: the public sees registers' identifiers only.
        if audience is Audience.OPERATOR or not (scheme.startswith("key:") or (scheme, value) in kept_back):
            found.setdefault(body, []).append(Identifier(scheme, value))
    return {body: tuple(items) for body, items in found.items()}


def _not_public_identifiers(connection: Connection, values: Ids) -> frozenset[tuple[str, str]]:
    """Identifiers that only rows say which are not public."""
    table = schema.identifier_source
    query = select(table.c.scheme, table.c.value, table.c.visibility).where(*among(table.c.value, values))
    rows = connection.execute(query).all()
    public = {(scheme, value) for scheme, value, visibility in rows if visibility == Visibility.PUBLIC.value}
    return frozenset((scheme, value) for scheme, value, _visibility in rows) - public


def _restricted(connection: Connection, *wanted: ColumnElement[bool]) -> dict[str, list[tuple[str, str, Provenance]]]:
    found: dict[str, list[tuple[str, str, Provenance]]] = {}
    for row in connection.execute(select(schema.restricted).where(*wanted)):
        provenance = _provenance(row.provenance)
        found.setdefault(row.organisation_id, []).append((row.field, row.value, provenance))
    return found


def _organisations(
    columns: Mapping[str, Sequence[Any]],
    names: Mapping[str, tuple[Identifier, ...]],
    hidden: Mapping[str, list[tuple[str, str, Provenance]]],
) -> list[Organisation]:
    """Bodies of columns of the table, with their identifiers and what is kept back of them."""
    ids = list(map(intern, columns["id"]))
    read = {name: each_read(column, _READERS[name]) for name, column in columns.items() if name in _READERS}
    told = {name: list(column) if name in _UNLIKE else once_each(column) for name, column in columns.items()} | read
    places = {body: place for place, body in enumerate(ids) if body in hidden}
    for body, place in places.items():
        where = {name: provenance for name, _value, provenance in hidden[body]}
        told["provenance"][place] = MappingProxyType({**told["provenance"][place], **where})
        for name, value, _provenance in hidden[body]:
            said = value if name in LISTS else from_text(value)
            told[name][place] = _READERS[name](said) if name in _READERS else said
    return made_of(Organisation, {**told, "id": ids, "identifiers": [names.get(body, ()) for body in ids]})


def _member(words: type[StrEnum]) -> Callable[[str | None], StrEnum | None]:
    members = {each.value: each for each in words}
    return lambda word: members[word] if word else None


def _list(text: str | None) -> tuple[str, ...]:
    return tuple(orjson.loads(text)) if text else ()


def _provenance_by_field(text: str) -> Mapping[str, Provenance]:
    """What the facts of a body rest on: the same for many bodies of one source."""
    return MappingProxyType({name: _provenance_items(items) for name, items in orjson.loads(text).items()})


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "kind": _member(OrganisationKind),
    "precision": _member(Precision),
    "body_type": _member(BodyType),
    "status": _member(Status),
    "visibility": _member(Visibility),
    "provenance": _provenance_by_field,
    **dict.fromkeys(LISTS, _list),
}
_UNLIKE: Final = frozenset({"id", "name", "lon", "lat", "revenue", "website", "pec", "provenance"})  # seldom equal


@lru_cache(maxsize=4096)
def _provenance(text: str) -> Provenance:
    return provenance_from(orjson.loads(text))


@lru_cache(maxsize=4096)
def _cached_provenance(items: tuple[object, ...]) -> Provenance:
    return provenance_from(list(items))


def _provenance_items(items: list[object]) -> Provenance:
    return _cached_provenance(tuple(items))


def participations(connection: Connection, audience: Audience, ids: Ids = None) -> list[Participation]:
    """Every live membership of a body that the audience may see (of some hundred ids, if given), by project and
    organisation.
    """
    table = schema.participation
    query = (
        select(*(column for column in table.c if column.name not in _NOT_OF_PARTICIPATION))
        .where(table.c.ended_load_id.is_(None), *among(table.c.organisation_id, ids))
        .order_by(table.c.project, table.c.organisation_id)
    )
    # Beside the join that the database would do row by row, knowing the bodies takes no time.
    bodies = select(schema.organisation.c.id).where(*_seen(audience, ids))
    seen = frozenset(connection.execute(bodies).scalars().all())
    columns = columns_of(connection, query)
    told = columns["buyer_identifier"]
    names = _owners(connection, {name for name in told if name}, whole=ids is None)
    columns |= {
        "organisation": list(map(intern, columns["organisation_id"])),
        "buyer_id": [names.get(name) for name in told],
    }
    shown = [body in seen for body in columns["organisation"]]
    found = {each.name: list(compress(columns[each.name], shown)) for each in fields(Participation)}
    return made_of(Participation, {name: found[name] if name == "amount" else once_each(found[name]) for name in found})


def _owners(connection: Connection, wanted: Collection[str], *, whole: bool) -> dict[str, str]:
    """ "scheme=value" -> the body that has this identifier; of so many that the `whole` table is read, or of a few."""
    table = schema.identifier
    query = select(table.c.scheme, table.c.value, table.c.organisation_id)
    pairs = {(scheme, value): f"{scheme}={value}" for scheme, _sign, value in (name.partition("=") for name in wanted)}
    values = [None] if whole else chunks(sorted({value for _scheme, value in pairs}))
    return {
        pairs[scheme, value]: found
        for some in values
        for scheme, value, found in connection.execute(query.where(*among(table.c.value, some)))
        if (scheme, value) in pairs
    }


def chunks(items: Sequence[str]) -> Iterable[Sequence[str]]:
    """Some hundred at a time: no more may stand in one question to the database."""
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))


def declarations(connection: Connection, audience: Audience, today: date, ids: Ids = None) -> list[Declaration]:
    """What bodies (some hundred ids, if given) say of themselves, in force on a day, of those that the audience may
    see, by id.
    """
    table, body = schema.declaration, schema.organisation
    query = (
        select(table)
        .join(body, body.c.id == table.c.organisation_id)
        .where(
            body.c.listed.is_(True),
            table.c.ended_load_id.is_(None),
            *among(table.c.organisation_id, ids),
            or_(table.c.valid_until.is_(None), table.c.valid_until >= today),
            or_(table.c.valid_from.is_(None), table.c.valid_from <= today),
        )
        .order_by(table.c.id)
    )
    if audience is Audience.PUBLIC:
        query = query.where(table.c.visibility == Visibility.PUBLIC.value, body.c.visibility == Visibility.PUBLIC.value)
    return [declaration_of(row) for row in connection.execute(query).all()]


def declaration_of(row: Row[Any]) -> Declaration:
    """A row of the table as the noun."""
    return Declaration(
        id=row.id,
        organisation=row.organisation_id,
        says=row.says,
        what=row.what,
        quantity=row.quantity,
        unit=row.unit,
        period=row.period,
        municipality=row.municipality,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        visibility=Visibility(row.visibility),
        date=row.date,
        source=row.source,
        evidence=Evidence(row.evidence),
    )


def sites(connection: Connection, audience: Audience) -> list[Site]:
    """Every site still held by its source that the audience may see, by id."""
    table = schema.site
    query = select(table).where(table.c.ended_load_id.is_(None)).order_by(table.c.id)
    if audience is Audience.PUBLIC:
        query = query.where(table.c.visibility == Visibility.PUBLIC.value)
    return [
        Site(
            id=row.id,
            source=row.source,
            name=row.name,
            kind=row.kind,
            category=row.category,
            subcategory=row.subcategory,
            municipality=row.municipality,
            lon=row.lon,
            lat=row.lat,
            precision=Precision(row.precision),
            owner_type=row.owner_type,
            title=row.title,
            condition=row.condition,
            area_m2=row.area_m2,
            availability=Availability(row.availability),
            measure=row.measure,
            address=row.address,
            use=row.use,
            owner=row.owner,
            assignee=row.assignee,
            date=row.date,
            visibility=Visibility(row.visibility),
            evidence=Evidence(row.evidence),
        )
        for row in connection.execute(query).all()
    ]


def landmarks(connection: Connection) -> list[Landmark]:
    """Every heritage point still held by its source, by id."""
    table = schema.landmark
    query = select(table).where(table.c.ended_load_id.is_(None)).order_by(table.c.id)
    return [
        Landmark(
            id=row.id,
            source=row.source,
            kind=row.kind,
            municipality=row.municipality,
            lon=row.lon,
            lat=row.lat,
            name=row.name,
        )
        for row in connection.execute(query).all()
    ]


def municipalities(connection: Connection) -> list[Municipality]:
    """The comuni, by ISTAT code."""
    table = schema.municipality
    found = []
    for row in connection.execute(select(table).order_by(table.c.istat)).mappings():
        provenance = {name: _provenance_items(items) for name, items in orjson.loads(row["provenance"]).items()}
        values = {name: value for name, value in row.items() if name != "provenance"}
        found.append(Municipality(**values, provenance=MappingProxyType(provenance)))
    return found


def figures(connection: Connection) -> list[Figure]:
    """Every figure of every comune, by comune, name and year."""
    table = schema.figure
    query = select(table).order_by(table.c.municipality, table.c.name, table.c.year)
    return [
        Figure(row.municipality, row.name, row.year, row.value, row.unit, row.source, row.told_by, row.licence)
        for row in connection.execute(query).all()
    ]


def boundaries(connection: Connection) -> dict[str, BaseGeometry]:
    """The official outlines that were loaded (EPSG:4326), by ISTAT code; empty until then."""
    table = schema.boundary
    rows = connection.execute(select(table.c.municipality, table.c.geometry).order_by(table.c.municipality))
    return {row.municipality: row.geometry for row in rows}


def loads(connection: Connection) -> list[Load]:
    """The register of imports, oldest first."""
    table = schema.load
    return [
        Load(
            id=row.id,
            source=row.source,
            files=tuple(orjson.loads(row.files)),
            finished=row.finished,
            data_date=row.data_date,
            read=row.read,
            added=row.added,
            changed=row.changed,
            unchanged=row.unchanged,
            rejected=row.rejected,
            out_of_area=row.out_of_area,
            gone=row.gone,
        )
        for row in connection.execute(select(table).order_by(table.c.id))
    ]
