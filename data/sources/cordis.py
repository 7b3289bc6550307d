# SPDX-License-Identifier: EUPL-1.2
"""Research projects of the European Union (CORDIS): `organization.csv`, alone or in the zip that also has the projects.

A project is kept when one of its members is in Lazio (NUTS ITI4) or known to us, with all its Italian members. Foreign
members are out of the area: our organisations have no country, and a body without one would pass for an Italian one.
A VAT number is the tax code of a company; of other bodies it is kept as what it is, unless we know it as a tax code.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from data.errors import FileTooLarge, UnreadableFile
from data.identity import KEY, MUNICIPALITY, TAX_CODE, VAT, BadValue, vat_number
from data.model import BodyType, Evidence, Identifier, Message, OrganisationKind
from data.records import (
    Accepted,
    Assertion,
    OrganisationRecord,
    Outcome,
    OutOfArea,
    ParticipationRecord,
    ReadOptions,
    Rejected,
    Source,
    SourceInfo,
)
from data.sources.names import inferred, kind_of_name, names_a_person, public_body_of_name
from data.sources.places import comune_of_tax_code, place_of_name
from data.sources.reading import FILE_LIMIT, BadCell, Column, Layout, Row, fits, outcome, read_rows
from data.sources.values import KEY_LIMIT, amount, day
from data.sources.workbook import check_archive
from data.wording import LINE_LIMIT, plain

KIND = "research"
NAME = "cordis"
LAZIO = "ITI4"
PROVINCES = {"ITI41": "VT", "ITI42": "RI", "ITI43": "RM", "ITI44": "LT", "ITI45": "FR"}
"""Third-level units of Lazio (NUTS 2010 to 2024)."""

MEMBERS = Layout(
    columns=(
        Column("project", ("projectID",), needed=True),
        Column("acronym", ("projectAcronym",)),
        Column("organisation", ("organisationID",), needed=True),
        Column("vat", ("vatNumber",), needed=True),
        Column("name", needed=True),
        Column("activity", ("activityType",)),
        Column("city"),
        Column("country", needed=True),
        Column("nuts", ("nutsCode",), needed=True),
        Column("role", needed=True),
        Column("amount", ("ecContribution",)),
    ),
    known=(
        "shortName",
        "SME",
        "street",
        "postCode",
        "geolocation",
        "organizationURL",
        "contactForm",
        "contentUpdateDate",
        "rcn",
        "order",
        "netEcContribution",
        "totalCost",
        "endOfParticipation",
        "active",
    ),
)
# Columns of project.csv from memory; without the file a project is called by its acronym and has no day.
PROJECTS = Layout(
    columns=(Column("id", needed=True), Column("title", needed=True), Column("start", ("startDate",))),
    known=("*",),
)
_PARTS = ("organization.csv", "project.csv")
# What a kind of activity suggests, and how sure that is.
_ACTIVITIES: Mapping[str, tuple[OrganisationKind, BodyType | None, float]] = {
    "PRC": (OrganisationKind.FIRM, None, 0.8),
    "HES": (OrganisationKind.PUBLIC_BODY, BodyType.UNIVERSITY, 0.7),
    "PUB": (OrganisationKind.PUBLIC_BODY, None, 0.9),
    "REC": (OrganisationKind.THIRD_SECTOR, None, 0.4),
    "OTH": (OrganisationKind.THIRD_SECTOR, None, 0.5),
}
_COMPANY = "PRC"


@dataclass(frozen=True, slots=True)
class _Project:
    """What `project.csv` says of a project that is ours."""

    title: str | None
    start: date | None


@dataclass(frozen=True, slots=True)
class _Reading:
    """The projects that concern us, what is known of them, and the codes that we know."""

    wanted: frozenset[str]
    projects: Mapping[str, _Project]
    known: frozenset[str]


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per member of a project."""
    for path in paths:
        with _unpacked(path) as parts:
            yield from _file(parts, path.name, options)


@contextmanager
def _unpacked(path: Path) -> Iterator[Mapping[str, Path]]:
    """The tables of a zip in a folder that is gone afterwards, or the CSV as it is."""
    if path.suffix.lower() != ".zip":
        yield {_PARTS[0]: path}
        return
    check_archive(path)
    with tempfile.TemporaryDirectory(prefix="land-") as folder, zipfile.ZipFile(path) as archive:
        held = {Path(part.filename).name: part for part in archive.infolist() if not part.is_dir()}
        if _PARTS[0] not in held:
            raise UnreadableFile(file=path.name, why="unreadable.zip-no-table", allowed=_PARTS[0])
        yield {name: _extract(archive, held[name], Path(folder) / name) for name in _PARTS if name in held}


def _extract(archive: zipfile.ZipFile, part: zipfile.ZipInfo, target: Path) -> Path:
    """The part as a file, stopped when it is larger than it may be whatever it says of itself."""
    left = FILE_LIMIT
    try:
        with archive.open(part) as stream, target.open("wb") as out:
            while block := stream.read(1 << 20):
                left -= len(block)
                if left < 0:
                    raise FileTooLarge(file=target.name, limit=FILE_LIMIT)
                out.write(block)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as wrong:
        raise UnreadableFile(file=target.name, why="unreadable.zip", allowed="") from wrong
    return target


def _file(parts: Mapping[str, Path], name: str, options: ReadOptions) -> Iterator[Outcome]:
    """The members' table is read twice: a project is ours or not as a whole."""
    quiet = ReadOptions(options.columns, [], options.known_codes)
    members = parts[_PARTS[0]]
    rows = (row for row in read_rows(members, MEMBERS, quiet) if isinstance(row, Row))
    wanted = frozenset(row.raw("project") for row in rows if _concerns(row, options.known_codes))
    reading = _Reading(wanted, _projects(parts.get(_PARTS[1]), wanted, quiet), options.known_codes)
    for row in read_rows(members, MEMBERS, options):
        found = row if isinstance(row, Rejected) else outcome(row, lambda one: _member(one, reading))
        yield found if name == members.name else _in_file(found, name)


def _in_file(found: Outcome, name: str) -> Outcome:
    if isinstance(found, Accepted):
        return Accepted(found.line, found.key, found.records, name)
    if isinstance(found, Rejected):
        return Rejected(found.line, found.field, found.value, found.reason, name)
    return OutOfArea(found.line, name, found.count)


def _projects(path: Path | None, wanted: frozenset[str], options: ReadOptions) -> dict[str, _Project]:
    if path is None or not fits(path, PROJECTS, options):
        return {}
    found = {}
    for row in read_rows(path, PROJECTS, options):
        if isinstance(row, Row) and row.raw("id") in wanted:
            try:
                start = row.value("start", day)
            except BadValue:
                start = None
            found[row.raw("id")] = _Project(row.passage("title", LINE_LIMIT), start)
    return found


def _is_italian(row: Row) -> bool:
    return row.raw("country").upper() == "IT" or row.raw("nuts").upper().startswith("IT")


def _concerns(row: Row, known: frozenset[str]) -> bool:
    return _is_italian(row) and (row.raw("nuts").upper().startswith(LAZIO) or _vat(row) in known)


def _vat(row: Row) -> str | None:
    """The Italian VAT number, None where the cell holds none that is right (other texts stand there too)."""
    try:
        return row.value("vat", vat_number)
    except BadValue:
        return None


def _member(row: Row, reading: _Reading) -> Outcome:
    project = row.needed("project", KEY_LIMIT)
    if project not in reading.wanted or not _is_italian(row):
        return OutOfArea(row.line, row.file)
    name = row.needed("name")
    if names_a_person(name):
        raise BadCell("name", "", Message("reject.natural-person"))
    own = Identifier(KEY + NAME, row.needed("organisation", KEY_LIMIT))
    identifiers = (*_codes(row, reading.known), own)
    role = row.text("role", 60)
    told = reading.projects.get(project, _Project(None, None))
    participation = ParticipationRecord(
        project=f"{NAME}|{project}",
        organisation=identifiers[0],
        role=role,
        date=told.start,
        kind=KIND,
        text=" - ".join(part for part in (row.passage("acronym", LINE_LIMIT), told.title) if part) or None,
        amount=row.value("amount", lambda text: amount(text, decimal_comma=False)) or None,
    )
    body = OrganisationRecord(identifiers, tuple(_facts(row, name)))
    return Accepted(row.line, f"{project}|{own.value}|{plain(role or '')}", (body, participation), row.file)


def _codes(row: Row, known: frozenset[str]) -> tuple[Identifier, ...]:
    number = _vat(row)
    if number is None:
        return ()
    comune = comune_of_tax_code().get(number)
    if comune:
        return (Identifier(MUNICIPALITY, comune), Identifier(TAX_CODE, number))
    is_tax_code = row.raw("activity").upper() == _COMPANY or number in known
    return (Identifier(TAX_CODE if is_tax_code else VAT, number),)


def _facts(row: Row, name: str) -> Iterator[Assertion]:
    yield Assertion("name", name)
    yield from _kind(row, name)
    sign = PROVINCES.get(row.raw("nuts").upper()[:5])
    if sign is None:
        return
    yield Assertion("province", sign)
    try:
        found = place_of_name("Roma" if plain(row.raw("city")) == "rome" else row.raw("city"), sign)
    except BadValue:
        return  # a town that is no comune stays unknown
    yield Assertion("municipality", found.municipality)


def _kind(row: Row, name: str) -> Iterator[Assertion]:
    told, body = kind_of_name(name), public_body_of_name(name)
    if told:
        yield inferred("kind", told)
        return
    activity = row.raw("activity").upper()
    kind, body_type, confidence = _ACTIVITIES.get(activity, (OrganisationKind.FIRM, None, 0.4))
    if body and activity != _COMPANY:
        yield Assertion("kind", OrganisationKind.PUBLIC_BODY, Evidence.INFERRED, body.confidence, note=body.words)
        yield inferred("body_type", body)
        return
    yield Assertion("kind", kind, Evidence.INFERRED, confidence, note=activity)
    if body_type:
        yield Assertion("body_type", body_type, Evidence.INFERRED, confidence, note=activity)


SOURCE = Source(
    SourceInfo(
        name=NAME,
        title_it="Progetti di ricerca europei e loro partecipanti (CORDIS)",
        title_en="European research projects and their members (CORDIS)",
        publisher="Commissione europea, CORDIS / European Commission, CORDIS",
        licence="CC BY 4.0",
        address="https://cordis.europa.eu/data/cordis-HORIZONprojects-csv.zip",
        formats=(".zip", ".csv"),
    ),
    read,
)
