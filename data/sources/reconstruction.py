# SPDX-License-Identifier: EUPL-1.2
"""Rebuilding after the 2016 earthquake (Commissioner's data, made open by onData): private requests and public works.

Two files, told by their headings. Requests are figures of their comune. Public works are figures of their comune too
(how many, how much money, by phase), told by the first row of each; and each work whose implementing body is known by
its tax code is a project of that body: CUP in the project's key, phase (`FA_7`) beside the role, the comune as place.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from data.errors import WrongColumns
from data.identity import MUNICIPALITY, TAX_CODE, BadValue, body_code
from data.lazio import find_municipality
from data.model import BodyType, Evidence, Identifier, Message, OrganisationKind
from data.records import (
    Accepted,
    Assertion,
    Dated,
    MunicipalityRecord,
    OrganisationRecord,
    Outcome,
    OutOfArea,
    ParticipationRecord,
    ReadOptions,
    Record,
    Rejected,
    Source,
    SourceInfo,
)
from data.sources.names import Told, inferred, public_body_of_name, service_body_of_name
from data.sources.places import comune_of_tax_code, name_of_body, place_of_code
from data.sources.reading import BadCell, Column, Layout, Row, fits, read_rows, rejected
from data.sources.values import KEY_LIMIT, amount, number, whole
from data.wording import clean, plain

EDITION = date(2026, 4, 30)
"""The day of the edition that a file means when neither a heading nor its name says one."""
KIND = "reconstruction"
ROLE = "soggetto attuatore"
PHASES = tuple(f"FA_{number}" for number in range(11))
"""The Commissioner's phases, from nobody named (0) to final testing (9); 10 is given up or revoked."""

_REGION = Column("region", ("regione",), needed=True)
_ISTAT = Column("istat", ("cod_istat_comune", "codice_istat"), needed=True)
PRIVATE = Layout(
    columns=(
        _REGION,
        _ISTAT,
        Column("requests", ("rcr_presentate",), needed=True),
        Column("approved", ("rcr_approvate",), needed=True),
        Column("asked", ("importo_richiesto",), needed=True),
        Column("granted", ("importo_concesso",), needed=True),
        Column("paid", ("importo_liquidato",), needed=True),
        Column("open", ("cantieri_in_corso",)),
        Column("closed", ("cantieri_chiusi",)),
    ),
    known=("provincia", "comune"),
)
PUBLIC = Layout(
    columns=(
        _REGION,
        _ISTAT,
        Column("municipality", ("comune",)),
        Column("work", ("eues_id", "eues_id_norm"), needed=True),
        Column("cup", ("cupxall", "cup"), needed=True),
        Column("name", ("denominazione_interventoxall", "denominazione_intervento"), needed=True),
        Column("category", ("categoria",)),
        Column("amount", ("importo_programmato*",), needed=True),
        Column("phase", ("fase_di_avanzamento*",), needed=True),
        Column("body", ("soggetto_attuatore",)),
        Column("tax_code", ("cf_piva_soggetto_attuatore", "cf_soggetto_attuatore")),
    ),
    known=("prov", "ocos*", "eues_id_norm", "codice_usr", "ordinanza_attuale", "fase_id", "fase_label"),
)
# Column of the private file -> figure and unit.
_REQUESTS = {
    "requests": ("reconstruction-requests", "requests"),
    "approved": ("reconstruction-approved", "requests"),
    "asked": ("reconstruction-asked", "euro"),
    "granted": ("reconstruction-granted", "euro"),
    "paid": ("reconstruction-paid", "euro"),
    "open": ("reconstruction-sites-open", "sites"),
    "closed": ("reconstruction-sites-closed", "sites"),
}
_MONTHS = ("gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre",
           "novembre", "dicembre")  # fmt: skip
_DAY = re.compile(rf"(\d{{1,2}})\W?_?({'|'.join(_MONTHS)})\W?_?(20\d\d)", re.IGNORECASE)
_NAME_DAY = re.compile(r"(?<!\d)(20[2-9]\d)[-_.]?(\d\d)[-_.]?(\d\d)(?!\d)")
_PHASE = re.compile(r"FA_(\d{1,2})(?!\d)", re.IGNORECASE)
_CUP = re.compile(r"[A-Z]\d{2}[A-Z]\d{11}")
_TOWN_AFTER = re.compile(r"\s*-\s*[^-]*-?\s*$")
_OFFICES = (
    (re.compile(r"^UFFICIO SPECIALE PER LA RICOSTRUZIONE|\bCOMMISSARIO\b"), BodyType.AGENCY),
    (re.compile(r"^MINISTERO\b|^AGENZIA DEL DEMANIO|^ANAS\b"), BodyType.STATE),
    (re.compile(r"^AMMINISTRAZIONE PROVINCIALE\b"), BodyType.PROVINCE),
)
_CHURCH = re.compile(r"\b(?:ARCI)?DIOCESI\b|\bPARROCCHIA\b|\bECCLESIASTIC|\bCONFRATERNITA\b")
Figure = tuple[str, int, float, str]


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per comune of the private file and per public work; other regions are out of the area.

    All files are read before the first outcome: a comune's figures rest on all its works. Raises `WrongColumns`.
    """
    rows = [
        (layout, row)
        for path in paths
        for layout in (_layout(path, options),)
        for row in read_rows(path, layout, options)
    ]
    day = _day_of(rows, paths, options)
    taken = [_taken(layout, row, day) for layout, row in rows]
    works = _by_comune([one for one in taken if isinstance(one, _Work)])
    for one in taken:
        yield _work_outcome(one, works, day.year) if isinstance(one, _Work) else one


def _layout(path: Path, options: ReadOptions) -> Layout:
    for layout in (PUBLIC, PRIVATE):
        if fits(path, layout, options):
            return layout
    raise WrongColumns(file=path.name, missing="rcr_presentate, importo_concesso | eues_id, cupxall", found="")


def _day_of(rows: Sequence[tuple[Layout, Row | Rejected]], paths: Sequence[Path], options: ReadOptions) -> date:
    """The day of the state of things: as the heading of the phases says, else a file's name, else our edition."""
    headings = {row.headings.get("phase", "") for layout, row in rows if layout is PUBLIC and isinstance(row, Row)}
    for found in (match for heading in sorted(headings) for match in _DAY.findall(heading)):
        return date(int(found[2]), _MONTHS.index(found[1].lower()) + 1, int(found[0]))
    for found in (match for path in paths for match in _NAME_DAY.findall(path.name)):
        if 1 <= int(found[1]) <= 12 and 1 <= int(found[2]) <= 28:
            return date(*map(int, found))
    options.notices.append(Message("notice.edition-assumed", {"day": EDITION}))
    return EDITION


@dataclass(frozen=True, slots=True)
class _Work:
    """One public work in order."""

    row: Row
    key: str
    istat: str | None
    amount: float
    phase: str
    records: tuple[Record, ...]


def _taken(layout: Layout, row: Row | Rejected, day: date) -> Outcome | _Work:
    if isinstance(row, Rejected):
        return row
    try:
        if plain(row.raw("region")) != "lazio":
            return OutOfArea(row.line, row.file)
        return _work(row, day) if layout is PUBLIC else _requests(row, day.year)
    except BadCell as bad:
        return rejected(row, bad.column, bad.value, bad.reason)


def _requests(row: Row, year: int) -> Outcome:
    place = row.must("istat", place_of_code)
    if place.municipality is None:
        return OutOfArea(row.line, row.file)
    figures = []
    for column, (name, unit) in _REQUESTS.items():
        value = row.value(column, _paid_of(row) if column == "paid" else _money_of(row) if unit == "euro" else _count)
        if value is not None:
            figures.append((name, year, value, unit))
    record = MunicipalityRecord(place.municipality, figures=tuple(figures))
    return Accepted(row.line, f"private|{place.municipality}", (record,), row.file)


def _work(row: Row, day: date) -> _Work:
    key, cup = row.needed("work", KEY_LIMIT), row.value("cup", _cup)
    istat = _comune(row)
    money = row.must("amount", _money_of(row))
    phase = row.must("phase", _phase)
    named = row.has("tax_code") and not _is_private(row)
    records = _records(row, (key, cup), istat, money, day) if named else ()
    return _Work(row, key, istat, money, phase, records)


def _comune(row: Row) -> str | None:
    """The comune's code; None for a work of several comuni, which the file says in words."""
    if not row.has("istat") and plain(row.raw("municipality")) == "comunivari":
        return None
    place = row.must("istat", place_of_code)
    if place.municipality is None:
        raise BadCell("istat", row.raw("istat"), Message("reject.municipality"))
    return place.municipality


def _is_private(row: Row) -> bool:
    return plain(row.raw("tax_code")) == "soggettoprivato"


def _records(row: Row, named: tuple[str, str | None], istat: str | None, money: float, day: date) -> tuple[Record, ...]:
    """The implementing body, and the work as a project of its own."""
    (key, cup), code = named, row.must("tax_code", body_code)
    name = _TOWN_AFTER.sub("", (row.text("body") or "").strip("- ")) or code
    said = [row.passage("name", 300), row.text("category")]
    participation = ParticipationRecord(
        project=f"{KIND}|{cup or '-'}|{key}",
        organisation=Identifier(TAX_CODE, code),
        role=f"{ROLE} · {row.must('phase', _phase)}",
        kind=KIND,
        text=" – ".join(each for each in said if each) or None,
        amount=money,
        buyer_municipality=istat,
    )
    body = _body(code, name)
    dated = tuple(replace(said, date=day) for said in body.assertions)
    return (replace(body, assertions=dated), participation)


def _body(code: str, name: str) -> OrganisationRecord:
    """The implementing body: a comune is that comune; of the others the name tells the type, as far as it does."""
    found = find_municipality(name) if plain(name).startswith("comunedi") else None
    comune = comune_of_tax_code().get(code) or (found.istat if found else None)
    if comune:
        said = [Assertion("name", name_of_body(comune)), Assertion("kind", OrganisationKind.PUBLIC_BODY)]
        said += [Assertion("body_type", BodyType.MUNICIPALITY), Assertion("municipality", comune)]
        return OrganisationRecord((Identifier(MUNICIPALITY, comune), Identifier(TAX_CODE, code)), tuple(said))
    told = _office(name)
    said = [Assertion("name", name)]
    if told:
        said += [
            inferred("kind", Told(OrganisationKind.PUBLIC_BODY, told.words, told.confidence)),
            inferred("body_type", told),
        ]
    else:
        church = _CHURCH.search(name.upper())
        kind = OrganisationKind.THIRD_SECTOR if church else OrganisationKind.PUBLIC_BODY
        said.append(Assertion("kind", kind, Evidence.INFERRED, 0.6, note=church[0] if church else ROLE))
    return OrganisationRecord((Identifier(TAX_CODE, code),), tuple(said))


def _office(name: str) -> Told | None:
    for pattern, body in _OFFICES:
        found = pattern.search(name.upper())
        if found:
            return Told(body, found[0], 0.9)
    return public_body_of_name(name) or service_body_of_name(name)


def _by_comune(works: Sequence[_Work]) -> Mapping[str, list[_Work]]:
    """The works of each comune, one that stands on several rows once."""
    found: dict[str, list[_Work]] = defaultdict(list)
    seen: set[str] = set()
    for work in works:
        if work.istat is not None and work.key not in seen:
            found[work.istat].append(work)
        seen.add(work.key)
    return found


def _work_outcome(work: _Work, works: Mapping[str, list[_Work]], year: int) -> Accepted:
    """The work's own records, and on the first work of a comune the figures of them all."""
    records = work.records
    if work.istat is not None and works[work.istat] and works[work.istat][0].key == work.key:
        records += (MunicipalityRecord(work.istat, figures=tuple(_figures(works[work.istat], year))),)
    return Accepted(work.row.line, f"work|{work.key}", records, work.row.file)


def _figures(works: Sequence[_Work], year: int) -> Iterator[Figure]:
    """How many works and how much money, together and by phase (`reconstruction-works:FA_7`)."""
    yield "reconstruction-works", year, float(len(works)), "works"
    yield "reconstruction-works-amount", year, round(sum(work.amount for work in works), 2), "euro"
    for phase in PHASES:
        some = [work for work in works if work.phase == phase]
        if some:
            yield f"reconstruction-works:{phase}", year, float(len(some)), "works"
            yield f"reconstruction-works-amount:{phase}", year, round(sum(work.amount for work in some), 2), "euro"


def _money_of(row: Row) -> Callable[[str], float]:
    return lambda text: round(amount(text, decimal_comma=row.decimal_comma), 2)


def _paid_of(row: Row) -> Callable[[str], float]:
    """What was paid less what was given back: it may be below zero."""

    def paid(text: str) -> float:
        value = number(text, decimal_comma=row.decimal_comma)
        if abs(value) >= 1e12:
            raise BadValue(Message("reject.amount"))
        return round(value, 2)

    return paid


def _count(text: str) -> float:
    return float(whole(text))


def _phase(text: str) -> str:
    """`FA_7` from `FA_7 - Inizio lavori`."""
    found = _PHASE.match(clean(text))
    if not found or f"FA_{int(found[1])}" not in PHASES:
        raise BadValue(Message("reject.phase", {"first": PHASES[0], "last": PHASES[-1]}))
    return f"FA_{int(found[1])}"


def _cup(text: str) -> str:
    """The code of a public project (CUP): letter, two digits, letter, eleven digits."""
    bare = clean(text).upper()
    if not _CUP.fullmatch(bare):
        raise BadValue(Message("reject.cup"))
    return bare


SOURCE = Source(
    SourceInfo(
        name="reconstruction",
        title_it="Ricostruzione dopo il sisma 2016: richieste private e opere pubbliche",
        title_en="Rebuilding after the 2016 earthquake: private requests and public works",
        publisher="Commissario straordinario sisma 2016 (dati resi aperti da onData)"
        " / Commissioner for the 2016 earthquake (data made open by onData)",
        licence="CC BY 4.0",
        address="https://sisma2016.gov.it/",
        formats=(".csv", ".xlsx"),
        files=2,
        dated=Dated.ROWS,
        editions=True,
    ),
    read,
)
