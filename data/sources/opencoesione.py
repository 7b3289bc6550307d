# SPDX-License-Identifier: EUPL-1.2
"""Projects of cohesion policy and their subjects (OpenCoesione): who works with whom, in which role, on what.

The two official files of the whole country, Parquet or CSV (also zipped): one row per subject and role of a project,
one row per project. A project is kept whole, with all its members, when a body that attuates it, benefits or carries
it out is known to the store or has its seat in a comune of Lazio. Being the programmer of a project, or standing in
more than 5,000 rows (ministries and national agencies seated in Rome), makes no project ours by itself. Dates, theme
and money come from the file of projects where it is given too. Persons are refused and make no member.

Assumed, because no sample was at hand: `COD_COMUNE_SEDE_SOGG` is an ISTAT code of six digits, or of nine with the
region before it; ATECO codes are of the 2007 version; dates are `20240131` or ISO.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path

import numpy as np

from data.errors import WrongColumns
from data.identity import TAX_CODE
from data.lazio import ateco
from data.model import Evidence, Identifier, Message
from data.records import (
    Accepted,
    Assertion,
    Dated,
    OrganisationRecord,
    Outcome,
    ParticipationRecord,
    Reader,
    ReadOptions,
    Rejected,
    Source,
    SourceInfo,
)
from data.sources.bulk import FORMATS, Mask, Portion, among, fits, portions, sorted_rows
from data.sources.bulk_blocks import Whole
from data.sources.bulk_bodies import (
    FORM_LIMIT,
    checked_body,
    facts_of,
    identifiers_of,
    known_numbers,
    name_of,
    wrong_key,
)
from data.sources.names import names_a_person
from data.sources.places import province_of
from data.sources.reading import BadCell, Column, Layout, Row, rejected
from data.sources.values import KEY_LIMIT, amount, day
from data.wording import clean, plain

HUB = 5_000
KIND = "cohesion"
PROGRAMMER = "1"
ROLES = {"1": "Programmatore", "2": "Attuatore", "3": "Beneficiario", "4": "Realizzatore"}

_PROJECT = Column("project", ("COD_LOCALE_PROGETTO",), needed=True)
SUBJECTS = Layout(
    columns=(
        _PROJECT,
        Column("code", ("OC_CODICE_FISCALE_SOGG",), needed=True),
        Column("role", ("SOGG_COD_RUOLO",)),
        Column("role_name", ("SOGG_DESCR_RUOLO",)),
        Column("name", ("OC_DENOMINAZIONE_SOGG",), needed=True),
        Column("form", ("DESCR_FORMA_GIURIDICA_SOGG", "DESCRIZIONE_FORMA_GIURIDICA_SOGG")),
        Column("seat", ("COD_COMUNE_SEDE_SOGG",)),
        Column("sector", ("COD_ATECO_SOGG",)),
    ),
    known=("CUP", "OC_*", "COD_*", "DESCR_*", "DESCRIZIONE_*", "SOGG_*", "INDIRIZZO_SOGG", "CAP_SOGG", "PR_*"),
    either=(("role", "role_name"),),
)
PROJECTS = Layout(
    columns=(
        _PROJECT,
        Column("title", ("OC_TITOLO_PROGETTO",)),
        Column("theme", ("OC_TEMA_SINTETICO",), needed=True),
        Column("starts", ("OC_DATA_INIZIO_PROGETTO", "OC_DATA_INIZIO_EFFETTIVA", "OC_DATA_INIZIO_PREVISTA")),
        Column("amount", ("FINANZ_TOTALE_PUBBLICO",)),
        Column("net_amount", ("OC_FINANZ_TOT_PUB_NETTO",)),
    ),
    known=("CUP", "OC_*", "COD_*", "DESCR_*", "DESCRIZIONE_*", "FINANZ_*", "IMPEGNI*", "TOT_*", "DATA_*"),
)
_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SEATS = np.array(sorted(int(code) for code in province_of()), np.int64)


@dataclass(frozen=True, slots=True)
class _Project:
    """What the file of projects says of one."""

    date: date | None
    text: str | None
    amount: float | None


@dataclass(frozen=True, slots=True)
class _Found:
    """What concerns us of all files: the subjects as they stand there, and the projects by code."""

    subjects: Sequence[Portion]
    projects: Mapping[str, _Project]


def read_subjects(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per subject of a project that concerns us and per refused row; counts of all others."""
    yield from _read(paths, options, wanted=(SUBJECTS,))


def read_projects(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """As `read_subjects`, but a file of projects must be there too."""
    yield from _read(paths, options, wanted=(SUBJECTS, PROJECTS))


def _read(paths: Sequence[Path], options: ReadOptions, wanted: tuple[Layout, ...]) -> Iterator[Outcome]:
    layouts = {path: _layout(path, options) for path in paths}
    for layout in wanted:
        if layout not in layouts.values():
            missing = ", ".join(name for column in layout.columns if column.needed for name in column.headings)
            raise WrongColumns(file=", ".join(path.name for path in paths), missing=missing, found="")
    ours = _projects_of_ours([path for path in paths if layouts[path] is SUBJECTS], options)
    subjects: list[Portion] = []
    projects: dict[str, _Project] = {}
    for path in paths:
        if layouts[path] is SUBJECTS:
            yield from _gather(path, options, ours, subjects)
        else:
            yield from _take_projects(path, options, ours, projects)
    yield from _members(_Found(subjects, projects))


def _layout(path: Path, options: ReadOptions) -> Layout:
    return PROJECTS if not fits(path, SUBJECTS, options) and fits(path, PROJECTS, options) else SUBJECTS


# --- which projects are ours ------------------------------------------------------------------------------


def _projects_of_ours(paths: Sequence[Path], options: ReadOptions) -> frozenset[str]:
    """The projects that a body of ours takes part in; two readings, because one row may say the seat for all."""
    bodies = [known_numbers(options)]
    for portion in portions(paths, SUBJECTS, options, only=("code", "seat")):
        codes = portion.numbers("code")
        bodies.append(np.unique(codes[_in_lazio(portion) & (codes > 0)]))
    ours = np.unique(np.concatenate(bodies))
    codes_found: list[Whole] = []
    projects_found: list[list[str]] = []
    for portion in portions(paths, SUBJECTS, options, told=True, only=("project", "code", "role", "role_name")):
        codes = portion.numbers("code")
        mine = among(codes, ours) & ~portion.among("role", {PROGRAMMER})
        mine &= ~portion.among("role_name", {"PROGRAMMATORE"})
        codes_found.append(codes[mine])
        projects_found.append(portion.only(mine).texts("project"))
    names = [name for some in projects_found for name in some]
    codes = np.concatenate([np.zeros(0, np.int64), *codes_found])
    hubs, of_hub = _hubs(codes)
    if hubs:
        files = ", ".join(path.name for path in paths)
        options.notices.append(Message("notice.bulk-hubs", {"file": files, "count": hubs, "most": HUB}))
    return frozenset(name for name, hub in zip(names, of_hub.tolist(), strict=True) if not hub and name)


def _hubs(codes: Whole) -> tuple[int, Mask]:
    """How many bodies stand in more than `HUB` rows, and which rows are theirs."""
    found, back, counts = np.unique(codes, return_inverse=True, return_counts=True)
    large = counts > HUB
    return int(large.sum()), large[back] if len(found) else np.zeros(0, bool)


def _in_lazio(portion: Portion) -> Mask:
    seats = portion.numbers("seat")
    return among(np.where(seats > 12_000_000, seats - 12_000_000, seats), _SEATS)


# --- rows of ours -----------------------------------------------------------------------------------------


def _gather(path: Path, options: ReadOptions, ours: frozenset[str], kept: list[Portion]) -> Iterator[Outcome]:
    for portion in portions([path], SUBJECTS, options, told=True):
        yield from portion.refused
        wanted = portion.among("project", ours, folded=False)
        yield from portion.left(wanted)
        if wanted.any():
            kept.append(portion.only(wanted))


def _take_projects(
    path: Path, options: ReadOptions, ours: frozenset[str], projects: dict[str, _Project]
) -> Iterator[Outcome]:
    for portion in portions([path], PROJECTS, options):
        yield from portion.refused
        wanted = portion.among("project", ours, folded=False)
        yield from portion.left(wanted)
        yield from (_take_project(row, projects) for row in portion.only(wanted).rows())


def _take_project(row: Row, projects: dict[str, _Project]) -> Outcome:
    try:
        code = row.needed("project", KEY_LIMIT)
        column = "amount" if row.has("amount") else "net_amount"
        project = _Project(
            date=row.value("starts", _day),
            text=row.passage("title") or row.passage("theme"),
            amount=row.value(column, lambda text: amount(text, decimal_comma=row.decimal_comma)) or None,
        )
    except BadCell as bad:
        return rejected(row, bad.column, bad.value, bad.reason)
    if projects.setdefault(code, project) != project:
        return rejected(row, "project", code, Message("reject.repeated-key", {"key": code}))
    return Accepted(row.line, f"project|{code}", (), row.file)


def _day(text: str) -> date:
    found = _DIGITS.fullmatch(clean(text))
    return day("-".join(found.groups())) if found else day(text)


# --- members ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Member:
    """One row that is in order."""

    row: Row
    code: str
    role: str


def _members(found: _Found) -> Iterator[Outcome]:
    """The members, project by project. A body's facts come with the first of its rows: one telling for each body."""
    facts = _facts_by_code(found.subjects)
    known: dict[str, Identifier] = {}
    for code, rows in groupby(sorted_rows(found.subjects, "project"), key=lambda row: row.raw("project")):
        members: list[_Member] = []
        for row in rows:
            one = _checked(row)
            if isinstance(one, _Member):
                members.append(one)
            else:
                yield one
        wrong = wrong_key(code)
        if wrong:
            yield from (rejected(one.row, "project", code, wrong) for one in members)
            continue
        project, roles, about = f"opencoesione|{code}", _roles(members), found.projects.get(code)
        for member in sorted(members, key=lambda one: (one.code, one.role)):
            new = member.code not in known
            who = known.setdefault(member.code, Identifier(TAX_CODE, member.code))
            body = (_organisation(member, facts),) if new else ()
            tie = _participation(project, who, roles[member.code], about)
            yield Accepted(member.row.line, f"{code}|{member.code}|{member.role}", (*body, tie), member.row.file)


def _checked(row: Row) -> _Member | Rejected:
    try:
        who = checked_body(row.raw("code"), row.raw("name"))
        if isinstance(who, BadCell):
            raise who
        return _Member(row, who, _role(row))
    except BadCell as bad:
        return rejected(row, bad.column, bad.value, bad.reason)


def _role(row: Row) -> str:
    number = clean(row.raw("role")).removesuffix(".0")
    return ROLES.get(number) or (row.text("role_name", 20) or row.needed("role", 20)).capitalize()


def _roles(members: Sequence[_Member]) -> dict[str, str]:
    """Every role of each body in a project, in the order of the publisher's codes."""
    order = list(ROLES.values())
    held: dict[str, set[str]] = defaultdict(set)
    for member in members:
        held[member.code].add(member.role)
    return {
        code: ", ".join(sorted(roles, key=lambda role: (order.index(role) if role in order else len(order), role)))[:60]
        for code, roles in held.items()
    }


def _participation(project: str, who: Identifier, role: str, told: _Project | None) -> ParticipationRecord:
    return ParticipationRecord(
        project=project,
        organisation=who,
        role=role,
        kind=KIND,
        date=told.date if told else None,
        text=told.text if told else None,
        amount=told.amount if told else None,
    )


_Facts = tuple[str, ...]
_TOLD = ("name", "form", "seat", "sector")


def _facts_by_code(subjects: Sequence[Portion]) -> dict[int, _Facts]:
    """Name, legal form, seat and ATECO of each body, as most of its rows give them together."""
    held: dict[int, Counter[_Facts]] = defaultdict(Counter)
    for portion in subjects:
        codes = portion.numbers("code").tolist()
        for code, *facts in zip(codes, *(portion.texts(column) for column in _TOLD), strict=True):
            if code > 0 and facts[0] and not names_a_person(facts[0]):
                held[code][tuple(facts)] += 1
    return {code: min(found, key=lambda facts: (-found[facts], facts)) for code, found in held.items()}


def _organisation(member: _Member, facts: Mapping[int, _Facts]) -> OrganisationRecord:
    own = tuple(member.row.raw(column) for column in _TOLD)
    row = Row(0, "", dict(zip(_TOLD, facts.get(int(member.code), own), strict=True)))
    said = facts_of(member.code, name_of(row), row.passage("form", FORM_LIMIT) or "")
    if not any(one.field == "municipality" for one in said):
        said += _seat(row.raw("seat"))
    return OrganisationRecord(identifiers_of(member.code), (*said, *_sector(row.raw("sector"))))


def _seat(text: str) -> list[Assertion]:
    digits = text.removesuffix(".0")
    code = (digits[-6:] if len(digits) > 6 else digits.zfill(6)) if digits.isascii() and digits.isdigit() else ""
    if code not in province_of() or int(digits) // 1_000_000 not in {0, 12}:
        return []
    return [Assertion("municipality", code), Assertion("province", province_of()[code])]


def _sector(text: str) -> list[Assertion]:
    found = ateco("2007").get(text) if plain(text) else None
    if found is None or found.level == "section":
        return []
    version = Assertion("sector_version", "2007", Evidence.INFERRED, 0.9)
    return [Assertion("sector", found.code), version]


def _source(name: str, titles: tuple[str, str], read: Reader, files: int) -> Source:
    return Source(
        SourceInfo(
            name=name,
            title_it=titles[0],
            title_en=titles[1],
            publisher="Presidenza del Consiglio dei ministri - OpenCoesione",
            licence="CC BY 4.0",
            address="https://opencoesione.gov.it/",
            formats=FORMATS,
            files=files,
            dated=Dated.FILE_NAME,
        ),
        read,
    )


SUBJECTS_SOURCE = _source(
    "opencoesione-subjects",
    ("Soggetti dei progetti di coesione (OpenCoesione)", "Subjects of cohesion projects (OpenCoesione)"),
    read_subjects,
    1,
)
PROJECTS_SOURCE = _source(
    "opencoesione-projects",
    ("Progetti di coesione con i loro soggetti (OpenCoesione)", "Cohesion projects with their subjects (OpenCoesione)"),
    read_projects,
    2,
)
SOURCES = (SUBJECTS_SOURCE, PROJECTS_SOURCE)
