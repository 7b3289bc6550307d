# SPDX-License-Identifier: EUPL-1.2
"""Reading back what surrounds the bodies: areas, sector titles, coefficients, calls, refused rows, history of facts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, func, select

from data.model import (
    Area,
    Audience,
    Call,
    Coefficient,
    Evidence,
    Fact,
    Provenance,
    Rejection,
    SectorTitle,
    Visibility,
)
from data.store import schema
from data.store.winners import from_text


def areas(connection: Connection) -> list[Area]:
    """Which comune belongs to which area, by level, code and comune."""
    table = schema.area
    query = select(table.c.level, table.c.code, table.c.name, table.c.municipality, table.c.source, table.c.detail)
    found = {Area(*row) for row in connection.execute(query).all()}
    return sorted(found, key=lambda one: (one.level, one.code, one.municipality, one.name, one.source))


def sector_titles(connection: Connection) -> list[SectorTitle]:
    """The ATECO titles that were loaded, by version and code; empty until a structure is loaded."""
    table = schema.sector_title
    query = select(
        table.c.version, table.c.code, table.c.parent, table.c.title_it, table.c.title_en, table.c.source
    ).order_by(table.c.version, table.c.code, table.c.source)
    return [SectorTitle(*row) for row in connection.execute(query).all()]


def coefficients(connection: Connection) -> list[Coefficient]:
    """The input-output coefficients, by pair of sectors and year; empty until a table is loaded."""
    table = schema.coefficient
    query = select(table.c.from_sector, table.c.to_sector, table.c.year, table.c.value, table.c.source).order_by(
        table.c.from_sector, table.c.to_sector, table.c.year, table.c.source
    )
    return [Coefficient(*row) for row in connection.execute(query).all()]


def calls(connection: Connection, audience: Audience) -> list[Call]:
    """The calls still held by their source that the audience may see, by id."""
    table = schema.call
    query = select(table).where(table.c.ended_load_id.is_(None)).order_by(table.c.id)
    if audience is Audience.PUBLIC:
        query = query.where(table.c.visibility == Visibility.PUBLIC.value)
    return [
        Call(
            id=row.id,
            title=row.title,
            body=row.body,
            opens=row.opens,
            closes=row.closes,
            state=row.state,
            beneficiaries=tuple(orjson.loads(row.beneficiaries)),
            municipalities=tuple(orjson.loads(row.municipalities)),
            instrument=row.instrument,
            amount=row.amount,
            address=row.address,
            read_on=row.read_on,
            visibility=Visibility(row.visibility),
            source=row.source,
        )
        for row in connection.execute(query).all()
    ]


def rejections(connection: Connection, load_id: int) -> list[Rejection]:
    """Why rows of a load were refused, the most frequent reason first."""
    table = schema.rejection
    query = (
        select(table.c.load_id, table.c.reason, table.c.field, table.c.count, table.c.file, table.c.line)
        .where(table.c.load_id == load_id)
        .order_by(table.c.count.desc(), table.c.reason, table.c.field)
    )
    return [Rejection(*row) for row in connection.execute(query).all()]


def history(connection: Connection, organisation: str, audience: Audience) -> list[Fact]:
    """Every value ever given for the fields of an organisation that the audience may see, oldest first."""
    said, began, ended = schema.assertion, schema.load.alias("began"), schema.load.alias("ended")
    query = (
        select(said, began.c.finished.label("began"), ended.c.finished.label("over"))
        .join(began, began.c.id == said.c.load_id)
        .outerjoin(ended, ended.c.id == said.c.ended_load_id)
        .where(said.c.organisation_id == organisation)
        .order_by(said.c.load_id, said.c.id)
    )
    if audience is Audience.PUBLIC:
        query = query.where(said.c.visibility == Visibility.PUBLIC.value)
    return [
        Fact(
            field=row.field,
            value=from_text(row.value),
            provenance=_provenance_of(row),
            said=_day(row.began),
            ended=_day(row.over) if row.over else None,
        )
        for row in connection.execute(query).all()
    ]


def _day(moment: str) -> date:
    return datetime.fromisoformat(moment).date()


# What sources merely spell differently is no disagreement, and a place says its province anew.
_NOT_COMPARED = ("name", "province", "precision", "lon", "lat", "purpose", "sector_version", "website", "pec")


def conflicts(connection: Connection, audience: Audience) -> dict[tuple[str, str], list[tuple[object, Provenance]]]:
    """(organisation, field) -> what official and declared rows say of it, where they say different things now."""
    table = schema.assertion
    live = table.c.ended_load_id.is_(None) & table.c.field.not_in(_NOT_COMPARED)
    live &= table.c.evidence.in_((Evidence.OFFICIAL.value, Evidence.DECLARED.value))
    if audience is Audience.PUBLIC:
        live &= table.c.visibility == Visibility.PUBLIC.value
    several = (
        select(table.c.organisation_id, table.c.field)
        .where(live)
        .group_by(table.c.organisation_id, table.c.field)
        .having(func.count(table.c.value.distinct()) > 1)
        .subquery()
    )
    same = (several.c.organisation_id == table.c.organisation_id) & (several.c.field == table.c.field)
    query = select(table).join(several, same).where(live).order_by(table.c.organisation_id, table.c.field, table.c.id)
    found: dict[tuple[str, str], list[tuple[object, Provenance]]] = {}
    for row in connection.execute(query).all():
        claim = (from_text(row.value), _provenance_of(row))
        found.setdefault((row.organisation_id, row.field), []).append(claim)
    return found


def _provenance_of(row: Row[Any]) -> Provenance:
    return Provenance(
        Evidence(row.evidence), row.source, row.date, row.confidence, Visibility(row.visibility), row.note
    )
