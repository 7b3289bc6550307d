# SPDX-License-Identifier: EUPL-1.2
"""Tender lots that public buyers publish under law 190/2012: lots, participants and winners, three files in any order.

Groupings are rebuilt: the publisher's numbers of groupings cannot be compared between files, so a grouping is its
buyer, its lot and the set of its members. Masked members and natural persons are refused and make no member.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from data.errors import WrongColumns
from data.identity import TAX_CODE, body_code
from data.model import Evidence, Identifier, Message, OrganisationKind
from data.records import (
    Accepted,
    Assertion,
    OrganisationRecord,
    Outcome,
    ParticipationRecord,
    ReadOptions,
    Rejected,
    Source,
    SourceInfo,
)
from data.sources.names import inferred, kind_of_name, names_a_person
from data.sources.places import comune_of_tax_code
from data.sources.reading import BadCell, Column, Layout, Row, fits, read_rows, rejected
from data.sources.values import KEY_LIMIT, amount, day
from data.wording import LINE_LIMIT

_LOT = Column("lot", ("lottoID", "id_lotto"), needed=True)
_CIG = Column("cig")
_MEMBER = (
    Column("tax_code", ("codiceFiscale", "codice_fiscale"), needed=True),
    Column("name", ("ragioneSociale", "ragione_sociale"), needed=True),
    Column("role", ("ruolo",)),
)
LOTS = Layout(
    columns=(
        _LOT,
        _CIG,
        Column("buyer", ("strutturaProponente:codiceFiscaleProp", "codiceFiscaleProp"), needed=True),
        Column("buyer_name", ("strutturaProponente:denominazione", "denominazione")),
        Column("amount", ("importoAggiudicazione",)),
        Column("text", ("oggetto",), needed=True),
        Column("date", ("tempiCompletamento:dataInizio", "dataInizio")),
    ),
    known=(
        "n",
        "importoSommeLiquidate",
        "sceltaContraente",
        "tempiCompletamento:dataUltimazione",
        "dataUltimazione",
    ),
)
PARTICIPANTS = Layout(
    columns=(_LOT, _CIG, *_MEMBER, Column("grouping", ("partrgrno",), needed=True)),
    known=("n", "identificativoFiscaleEstero"),
)
WINNERS = Layout(
    columns=(_LOT, _CIG, *_MEMBER, Column("grouping", ("aggrgrno",), needed=True)),
    known=("n", "identificativoFiscaleEstero"),
)
GROUPING, SINGLE = "grouping", "single"


@dataclass(frozen=True, slots=True)
class _Lot:
    """What the file of lots says of one lot."""

    buyer: str
    buyer_name: str | None
    amount: float | None
    text: str | None
    date: date | None


@dataclass(frozen=True, slots=True)
class _Member:
    """One row of participants or winners that is in order: which team of which lot, who, and as what."""

    row: Row
    lot: str
    team: str
    code: str
    name: str
    role: str | None
    winner: bool


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per row of the three files, in the order in which they were given; winners need their lots.

    All files are read before the first outcome, because a row's project depends on its fellow rows.
    """
    read_in: list[Outcome | _Member] = []
    lots: dict[str, _Lot] = {}
    for path in paths:
        layout = _layout(path, options)
        for row in read_rows(path, layout, options):
            if isinstance(row, Rejected):
                read_in.append(row)
            elif layout is LOTS:
                read_in.append(_take_lot(row, lots))
            else:
                read_in.append(_take_member(row, winner=layout is WINNERS))
    members = [item for item in read_in if isinstance(item, _Member)]
    teams = _Teams.of(members)
    for item in read_in:
        yield _outcome(item, lots, teams) if isinstance(item, _Member) else item


def _layout(path: Path, options: ReadOptions) -> Layout:
    for layout in (PARTICIPANTS, WINNERS, LOTS):
        if fits(path, layout, options):
            return layout
    raise WrongColumns(file=path.name, missing="lottoID, partrgrno | lottoID, aggrgrno | lottoID, oggetto", found="")


def _take_lot(row: Row, lots: dict[str, _Lot]) -> Outcome:
    try:
        lot_id = row.needed("lot", KEY_LIMIT)
        lot = _Lot(
            buyer=row.must("buyer", body_code),
            buyer_name=row.passage("buyer_name", LINE_LIMIT),
            amount=row.value("amount", lambda text: amount(text, decimal_comma=row.decimal_comma)) or None,
            text=row.passage("text"),
            date=row.value("date", day),
        )
    except BadCell as bad:
        return rejected(row, bad.column, bad.value, bad.reason)
    if lots.setdefault(lot_id, lot) != lot:
        return rejected(row, "lot", lot_id, Message("reject.repeated-key", {"key": lot_id}))
    return Accepted(row.line, f"lot|{lot.buyer}|{lot_id}", (), row.file)


def _take_member(row: Row, *, winner: bool) -> Outcome | _Member:
    try:
        lot = row.needed("lot", KEY_LIMIT)
        code = row.must("tax_code", body_code)
        name = row.passage("name", LINE_LIMIT) or row.needed("name")
        if names_a_person(name):
            raise BadCell("name", "", Message("reject.natural-person"))
        number, role = row.text("grouping", 20), row.text("role", 60)
    except BadCell as bad:
        return rejected(row, bad.column, bad.value, bad.reason)
    team = f"{GROUPING}:{number}" if number is not None else f"{SINGLE}:{code}"
    return _Member(row, lot, team, code, name, role, winner)


@dataclass(frozen=True, slots=True)
class _Teams:
    """Who bid with whom: members of each team of each file, the teams that won, and one name and role for each body."""

    members: Mapping[tuple[str, str, bool], frozenset[str]]
    won: frozenset[tuple[str, frozenset[str]]]
    names: Mapping[str, str]
    roles: Mapping[tuple[str, frozenset[str], str], str | None]

    @classmethod
    def of(cls, rows: Sequence[_Member]) -> _Teams:
        held: dict[tuple[str, str, bool], set[str]] = defaultdict(set)
        called: dict[str, Counter[str]] = defaultdict(Counter)
        for row in rows:
            held[row.lot, row.team, row.winner].add(row.code)
            called[row.code][row.name] += 1
        members = {key: frozenset(codes) for key, codes in held.items()}
        won = frozenset((lot, codes) for (lot, _team, winner), codes in members.items() if winner)
        names = {code: min(found, key=lambda name: (-found[name], -len(name), name)) for code, found in called.items()}
        return cls(members, won, names, _roles(rows, members))

    def of_row(self, row: _Member) -> frozenset[str]:
        """The members of the row's team."""
        return self.members[row.lot, row.team, row.winner]


def _roles(
    rows: Sequence[_Member], members: Mapping[tuple[str, str, bool], frozenset[str]]
) -> dict[tuple[str, frozenset[str], str], str | None]:
    """One role for each body in each team, whatever row says it: the first in the order of the publisher's codes."""
    roles: dict[tuple[str, frozenset[str], str], str | None] = {}
    for row in rows:
        key = (row.lot, members[row.lot, row.team, row.winner], row.code)
        held = roles.get(key)
        roles[key] = min(filter(None, (held, row.role)), default=None)
    return roles


def _outcome(row: _Member, lots: Mapping[str, _Lot], teams: _Teams) -> Outcome:
    lot = lots.get(row.lot)
    if lot is None:
        return rejected(row.row, "lot", row.lot, Message("reject.unknown-lot"))
    codes = teams.of_row(row)
    buyer_lot = f"{lot.buyer}|{row.lot}"
    project = f"{buyer_lot}|{_team_key(codes)}"
    participation = ParticipationRecord(
        project=project,
        organisation=Identifier(TAX_CODE, row.code),
        lot=buyer_lot,
        role=teams.roles[row.lot, codes, row.code],
        outcome="awarded" if (row.lot, codes) in teams.won else "bid",
        date=lot.date,
        text=lot.text,
        amount=lot.amount,
        buyer=lot.buyer_name,
        buyer_municipality=comune_of_tax_code().get(lot.buyer),
        buyer_identifier=Identifier(TAX_CODE, lot.buyer),
    )
    word = "winner" if row.winner else "participant"
    key = f"{word}|{project}|{row.code}"
    return Accepted(row.row.line, key, (_organisation(row.code, teams.names[row.code]), participation), row.row.file)


def _team_key(codes: frozenset[str]) -> str:
    """A name for a set of members that does not depend on file, order or other teams: the code alone, or a digest."""
    if len(codes) == 1:
        return next(iter(codes))
    return "g" + sha256(" ".join(sorted(codes)).encode()).hexdigest()[:16]


def _organisation(code: str, name: str) -> OrganisationRecord:
    """The body as the tender names it. The kind is inferred: a company unless the name says more."""
    told = kind_of_name(name)
    kind = inferred("kind", told) if told else Assertion("kind", OrganisationKind.FIRM, Evidence.INFERRED, 0.5)
    return OrganisationRecord((Identifier(TAX_CODE, code),), (Assertion("name", name), kind))


SOURCE = Source(
    SourceInfo(
        name="tender-lots",
        title_it="Lotti di gara pubblicati dai committenti (legge 190/2012)",
        title_en="Tender lots published by buyers (law 190/2012)",
        publisher="Amministrazioni aggiudicatrici (dati resi aperti da onData)"
        " / Contracting bodies (data made open by onData)",
        licence="CC BY 4.0",
        address="https://dati.anticorruzione.it/",
        formats=(".csv", ".xlsx"),
        files=3,
    ),
    read,
)
