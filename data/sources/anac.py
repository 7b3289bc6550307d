# SPDX-License-Identifier: EUPL-1.2
"""Tenders of the whole country (ANAC): winners, participants and the tenders themselves, by CIG.

Official layouts: ZIP of CSV, `;`, UTF-8. Kept are the groupings of which a member is known to the store, whole. In the
winners' file a grouping is what one award (`id_aggiudicazione`) gives to bodies with roles of a grouping; in the
participants' file, which numbers no groupings, it is the one leader of a CIG with its members: with two leaders nobody
can tell who bid with whom, so everyone stands alone. Bodies that won or bid alone are projects of one member; all
projects of a CIG share its lot. Text, date, money and buyer come from the file of tenders where it is given too.
Masked codes and persons are refused and make no member.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path

from data.errors import WrongColumns
from data.identity import TAX_CODE, body_code
from data.model import Identifier, Message
from data.records import (
    Accepted,
    Dated,
    OrganisationRecord,
    Outcome,
    OutOfArea,
    ParticipationRecord,
    Reader,
    ReadOptions,
    Rejected,
    Source,
    SourceInfo,
)
from data.sources.bulk import Portion, among, fits, portions, sorted_rows
from data.sources.bulk_bodies import (
    checked_body,
    facts_of,
    identifiers_of,
    known_codes,
    known_numbers,
    name_of,
    wrong_key,
)
from data.sources.names import names_a_person
from data.sources.places import comune_of_tax_code
from data.sources.reading import BadCell, Column, Layout, Row, rejected
from data.sources.values import KEY_LIMIT, amount, day
from data.wording import LINE_LIMIT, PASSAGE_LIMIT, clean, plain

PUBLISHER = "ANAC - Autorità nazionale anticorruzione"
ADDRESS = "https://dati.anticorruzione.it/opendata"
LICENCE = "CC BY 4.0"
LEADERS = ("MANDATARIA", "CAPOGRUPPO")
MEMBERS = ("MANDANTE", "ASSOCIATA", "CONSORZIATA")

CIG = Column("cig", needed=True)
WHO = (
    Column("role", ("ruolo",), needed=True),
    Column("code", ("codice_fiscale",), needed=True),
    Column("name", ("denominazione",), needed=True),
)
WINNERS = Layout((CIG, *WHO, Column("award", ("id_aggiudicazione",), needed=True)), known=("tipo_soggetto",))
PARTICIPANTS = Layout((CIG, *WHO), known=("tipo_soggetto",))
TENDERS = Layout(
    columns=(
        CIG,
        Column("text", ("oggetto_lotto",), needed=True),
        Column("tender", ("oggetto_gara",)),
        Column("amount", ("importo_lotto",)),
        Column("date", ("data_pubblicazione",)),
        Column("buyer", ("cf_amministrazione_appaltante",), needed=True),
        Column("buyer_name", ("denominazione_amministrazione_appaltante",)),
        Column("goods", ("descrizione_cpv",)),
    ),
    known=(
        "cig_*", "cui_*", "numero_*", "importo_*", "n_lotti*", "oggetto_*", "stato", "settore", "luogo_istat",
        "provincia", "data_*", "cod_*", "tipo_*", "modalita_*", "codice_ausa", "sezione_*", "id_*", "denominazione_*",
        "anno_*", "mese_*", "durata_*", "strumento_*", "motivo_*", "funzioni_*", "cf_*", "esito", "flag_*",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Tender:
    """What the file of tenders says of one CIG."""

    text: str | None
    amount: float | None
    date: date | None
    buyer: Identifier | None
    buyer_name: str | None
    buyer_municipality: str | None


@dataclass(frozen=True, slots=True)
class _Member:
    """One row that is in order."""

    row: Row
    code: str
    role: str


_UNKNOWN = _Tender(None, None, None, None, None, None)


def read_winners(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per member of a grouping that concerns us and per refused row; counts of all others."""
    return _read(paths, options, (WINNERS,))


def read_participants(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """As `read_winners`, for those who took part."""
    return _read(paths, options, (PARTICIPANTS,))


def read_tenders(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """As `read_winners`; files of tenders and of winners or participants must both be there."""
    return _read(paths, options, (WINNERS, PARTICIPANTS), needs_tenders=True)


def _read(
    paths: Sequence[Path], options: ReadOptions, wanted: tuple[Layout, ...], *, needs_tenders: bool = False
) -> Iterator[Outcome]:
    layouts = {path: _layout(path, options) for path in paths}
    found = set(map(id, layouts.values()))
    if not found.intersection(map(id, wanted)):
        raise _lacking(paths, wanted)
    if needs_tenders and id(TENDERS) not in found:
        raise _lacking(paths, (TENDERS,))
    if not options.known_codes:
        options.notices.append(Message("notice.bulk-unknown-bodies"))
    members = {path: layout for path, layout in layouts.items() if layout is not TENDERS}
    ours = _cigs_of_ours(members, options)
    tenders: dict[str, _Tender] = {}
    for path in paths:
        if path not in members:
            yield from _take_tenders(path, options, ours, tenders)
    for path, layout in members.items():
        kept: list[Portion] = []
        for portion in portions([path], layout, options, told=True):
            yield from portion.refused
            mine = portion.among("cig", ours)
            yield from portion.left(mine)
            if mine.any():
                kept.append(portion.only(mine))
        yield from _Groupings(known_codes(options), tenders, won=layout is WINNERS).outcomes(kept)


def _layout(path: Path, options: ReadOptions) -> Layout:
    for layout in (WINNERS, PARTICIPANTS, TENDERS):
        if fits(path, layout, options):
            return layout
    raise _lacking([path], (WINNERS, TENDERS))


def _lacking(paths: Sequence[Path], layouts: Sequence[Layout]) -> WrongColumns:
    needed = [
        ", ".join((column.headings or (column.name,))[0] for column in one.columns if column.needed) for one in layouts
    ]
    return WrongColumns(file=", ".join(path.name for path in paths), missing=" | ".join(needed), found="")


def _cigs_of_ours(members: Mapping[Path, Layout], options: ReadOptions) -> frozenset[str]:
    known = known_numbers(options)
    found: set[str] = set()
    for path, layout in members.items():
        for portion in portions([path], layout, options, only=("cig", "code")):
            found.update(text.upper() for text in portion.only(among(portion.numbers("code"), known)).texts("cig"))
    return frozenset(found - {""})


def _take_tenders(
    path: Path, options: ReadOptions, ours: frozenset[str], tenders: dict[str, _Tender]
) -> Iterator[Outcome]:
    for portion in portions([path], TENDERS, options):
        yield from portion.refused
        wanted = portion.among("cig", ours)
        yield from portion.left(wanted)
        yield from (_take_tender(row, tenders) for row in portion.only(wanted).rows())


def _take_tender(row: Row, tenders: dict[str, _Tender]) -> Outcome:
    try:
        cig = row.needed("cig", KEY_LIMIT).upper()
        code = row.must("buyer", body_code)
        tender = _Tender(
            text=_text(row),
            amount=row.value("amount", lambda text: amount(text, decimal_comma=row.decimal_comma)) or None,
            date=row.value("date", day),
            buyer=Identifier(TAX_CODE, code),
            buyer_name=row.passage("buyer_name", LINE_LIMIT),
            buyer_municipality=comune_of_tax_code().get(code),
        )
    except BadCell as bad:
        return rejected(row, bad.column, bad.value, bad.reason)
    if tenders.setdefault(cig, tender) != tender:
        return rejected(row, "cig", cig, Message("reject.repeated-key", {"key": cig}))
    return Accepted(row.line, f"tender|{cig}", (), row.file)


def _text(row: Row) -> str | None:
    """The object of the lot, of the tender where the lot has none, and the goods by the common vocabulary."""
    said = [row.passage("text") or row.passage("tender"), row.passage("goods", LINE_LIMIT)]
    return " - ".join(text for text in said if text)[:PASSAGE_LIMIT] or None


# --- groupings --------------------------------------------------------------------------------------------


class _Groupings:
    """Who won or bid with whom, from the rows of the CIGs that concern us."""

    def __init__(self, known: frozenset[str], tenders: Mapping[str, _Tender], *, won: bool) -> None:
        self._known, self._tenders, self._won = known, tenders, won
        self._told: dict[str, Identifier] = {}

    def outcomes(self, kept: Sequence[Portion]) -> Iterator[Outcome]:
        """The members CIG by CIG. A body's name comes with the first of its rows."""
        names = _names(kept)
        for cig, rows in groupby(sorted_rows(kept, "cig"), key=lambda row: row.raw("cig").upper()):
            members: list[_Member] = []
            for row in rows:
                one = _checked(row)
                if isinstance(one, _Member):
                    members.append(one)
                else:
                    yield one
            wrong = wrong_key(cig)
            if wrong:
                yield from (rejected(one.row, "cig", cig, wrong) for one in members)
                continue
            for award, team in sorted(_teams(members, won=self._won).items()):
                yield from self._team(cig, award, team, names)

    def _team(self, cig: str, award: str, team: list[_Member], names: Mapping[int, str]) -> Iterator[Outcome]:
        if not any(member.code in self._known for member in team):
            yield OutOfArea(team[0].row.line, team[0].row.file, len(team))
            return
        project, told = f"anac|{cig}|{award}", self._tenders.get(cig, _UNKNOWN)
        roles = {member.code: member.role for member in sorted(team, key=lambda one: one.role, reverse=True)}
        for member in sorted(team, key=lambda one: (one.code, one.role, one.row.line)):
            new = member.code not in self._told
            who = self._told.setdefault(member.code, Identifier(TAX_CODE, member.code))
            body = (_organisation(member, names),) if new else ()
            tie = ParticipationRecord(
                project=project,
                organisation=who,
                lot=cig,
                role=roles[member.code] or None,
                outcome="awarded" if self._won else "bid",
                date=told.date,
                text=told.text,
                amount=told.amount,
                buyer=told.buyer_name,
                buyer_municipality=told.buyer_municipality,
                buyer_identifier=told.buyer,
            )
            key = f"{cig}|{award}|{member.code}|{member.role}"
            yield Accepted(member.row.line, key, (*body, tie), member.row.file)


def _checked(row: Row) -> _Member | Rejected:
    try:
        who = checked_body(row.raw("code"), row.raw("name"))
        if isinstance(who, BadCell):
            raise who
        return _Member(row, who, row.text("role", 120) or "")
    except BadCell as bad:
        return rejected(row, bad.column, bad.value, bad.reason)


def _organisation(member: _Member, names: Mapping[int, str]) -> OrganisationRecord:
    row = Row(0, "", {"name": names.get(int(member.code), member.row.raw("name"))})
    return OrganisationRecord(identifiers_of(member.code), tuple(facts_of(member.code, name_of(row))))


def _names(kept: Sequence[Portion]) -> dict[int, str]:
    """One name for each body, the one that most rows give."""
    held: dict[int, Counter[str]] = defaultdict(Counter)
    for portion in kept:
        for code, name in zip(portion.numbers("code").tolist(), portion.texts("name"), strict=True):
            if code > 0 and name and not names_a_person(name):
                held[code][name] += 1
    return {code: min(found, key=lambda name: (-found[name], -len(name), name)) for code, found in held.items()}


def _teams(members: Sequence[_Member], *, won: bool) -> dict[str, list[_Member]]:
    """Name of each project of a CIG -> its members; rows that say the same of a body stay together."""
    teams: dict[str, list[_Member]] = defaultdict(list)
    by_award: dict[str, list[_Member]] = defaultdict(list)
    for member in members:
        by_award[clean(member.row.raw("award"))[:40] if won else ""].append(member)
    for award, rows in by_award.items():
        together = _together(rows)
        name = award or _name_of_team(rows, together)
        for member in rows:
            teams[name if member.code in together else member.code].append(member)
    return teams


def _together(rows: Sequence[_Member]) -> frozenset[str]:
    """The codes of the one grouping that the roles tell of; none when there is no leader, or more than one.

    A consortium stands with the member firms that are named to do its work.
    """
    leaders = {row.code for row in rows if _is(row.role, LEADERS)}
    others = {row.code for row in rows if _is(row.role, MEMBERS)}
    if not leaders and any(_is(row.role, ("CONSORZIATA",)) for row in rows):
        leaders = {row.code for row in rows if plain(row.role).startswith("consorzio")}
    return frozenset(leaders | others) if len(leaders) == 1 and others - leaders else frozenset()


def _name_of_team(rows: Sequence[_Member], together: frozenset[str]) -> str:
    """The leader names a team; where there is none the first of its codes does."""
    leaders = {row.code for row in rows if _is(row.role, LEADERS)}
    return f"g{min(leaders or together)}" if together else ""


def _is(role: str, words: Sequence[str]) -> bool:
    return any(word in role.upper() for word in words)


def tender_source(name: str, titles: tuple[str, str], read: Reader, files: int = 1) -> Source:
    """A source of the authority's open data under this name, with its titles in Italian and English."""
    return Source(
        SourceInfo(
            name=name,
            title_it=titles[0],
            title_en=titles[1],
            publisher=PUBLISHER,
            licence=LICENCE,
            address=ADDRESS,
            formats=(".zip", ".csv", ".parquet"),
            files=files,
            dated=Dated.FILE_NAME,
        ),
        read,
    )


WINNERS_SOURCE = tender_source(
    "anac-winners", ("Aggiudicatari delle gare (ANAC)", "Winners of public tenders (ANAC)"), read_winners
)
PARTICIPANTS_SOURCE = tender_source(
    "anac-participants",
    ("Partecipanti alle gare (ANAC)", "Participants in public tenders (ANAC)"),
    read_participants,
)
TENDERS_SOURCE = tender_source(
    "anac-tenders",
    ("Gare con i loro aggiudicatari o partecipanti (ANAC)", "Tenders with their winners or participants (ANAC)"),
    read_tenders,
    files=2,
)
SOURCES = (WINNERS_SOURCE, PARTICIPANTS_SOURCE, TENDERS_SOURCE)
