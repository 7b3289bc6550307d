# SPDX-License-Identifier: EUPL-1.2
"""Network contracts of the business register: the official workbook, one row per firm, on two sheets.

`Elenco` holds contracts that make no body of their own, `Sogg. Giu.` those that do. A contract is kept whole when one
of its firms is in Lazio or known to us; others are out of the area. Sole traders are refused. Names, sectors and
places of the firms are the register's. The sign NA is Napoli, and the object of a contract may stand on one row only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from data.errors import WrongColumns
from data.identity import TAX_CODE, BadValue, body_code
from data.lazio import ateco
from data.model import Evidence, Identifier, Message, OrganisationKind
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
from data.sources.names import Told, inferred, kind_of_name, names_a_person, status_of_name
from data.sources.places import in_lazio, place_of_name, province_sign
from data.sources.reading import BadCell, Column, Layout, Row, fits, outcome, read_rows
from data.sources.values import day
from data.wording import LINE_LIMIT, PASSAGE_LIMIT, plain, without_persons

KIND = "network"
LEADER = "impresa di riferimento"
NO_NAME = "denomdalregistroimprese"
"""What stands, folded, where the publisher did not bring a firm's name over."""

SHEETS: Mapping[str, Layout] = {
    "Elenco": Layout(
        columns=(
            Column("contract", ("denominazione contratto",), needed=True),
            Column("date", ("data atto",), needed=True),
            Column("repertory", ("numero repertorio",), needed=True),
            Column("deed", ("numero atto",)),
            Column("text", ("oggetto",)),
            Column("tax_code", ("c.f.",), needed=True),
            Column("name", ("denominazione impresa",), needed=True),
            Column("leader", ("impresa di riferimento",)),
            Column("municipality", ("comune",), needed=True),
            Column("province", ("PV",), needed=True),
            Column("legal_form", ("NG",)),
            Column("sector", ("codice ATECO 2007",)),
        ),
        known=("progr.", "n.rea", "REG", "settore attivita'", "sezione attivita'", "attivita'", "SoggettoGiuridico"),
    ),
    "Sogg. Giu.": Layout(
        columns=(
            Column("contract", ("nome contratto",), needed=True),
            Column("body", ("C.F. contratto",), needed=True),
            Column("date", ("data",), needed=True),
            Column("repertory", ("numero repertorio contratto",)),
            Column("text", ("oggetto",)),
            Column("tax_code", ("C.F. impresa",), needed=True),
            Column("name", ("denominazione impresa",), needed=True),
            Column("municipality", ("comune impresa",), needed=True),
            Column("province", ("PV impresa",), needed=True),
            Column("legal_form", ("NG impresa",)),
            Column("sector", ("CODICE ATECO impresa",)),
        ),
        known=(
            "progr.",
            "N.Rea Contratto",
            "comune",
            "regione",
            "PV",
            "NG",
            "codice ATECO 2007",
            "N.REA impresa",
            "regione impresa",
        ),
    ),
}
# Legal natures of the register that are cooperatives, and the one of a person in trade (from memory).
_COOPERATIVES = frozenset({"SC", "CL", "CI", "OO", "PS"})
_SOLE_TRADER = "DI"
# The publisher keeps the signs of another encoding (0x80-0x9F) as they were: quotes and dashes of Windows.
_WINDOWS = {code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}


@dataclass(slots=True)
class _Contract:
    """What the rows of one contract say together."""

    wanted: bool = False
    text: str | None = None


@dataclass(frozen=True, slots=True)
class _Contracts:
    """Every contract of a sheet by its key."""

    held: dict[str, _Contract] = field(default_factory=dict)

    def take(self, row: Row, known: frozenset[str]) -> None:
        """Note what a row says of its contract: whether it concerns us, and its object."""
        contract = self.held.setdefault(contract_key(row), _Contract())
        contract.wanted = contract.wanted or _concerns(row, known)
        contract.text = contract.text or _object(row)


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per firm of each contract, sheet by sheet."""
    for path in paths:
        found = [name for name, layout in SHEETS.items() if fits(path, layout, options)]
        if not found:
            raise WrongColumns(file=path.name, missing="denominazione contratto | nome contratto", found="")
        for name in found:
            yield from _sheet(path, name, options)


def _sheet(path: Path, name: str, options: ReadOptions) -> Iterator[Outcome]:
    """The rows of one sheet are read twice: a contract is kept or left as a whole."""
    contracts = _Contracts()
    for row in read_rows(path, SHEETS[name], replace(options, notices=[])):
        if isinstance(row, Row):
            contracts.take(row, options.known_codes)
    make = _maker(contracts, options.known_codes)
    where = f"{path.name} ({name})" if path.suffix.lower() != ".csv" else path.name
    for row in read_rows(path, SHEETS[name], options):
        found = row if isinstance(row, Rejected) else outcome(row, make)
        yield replace(found, file=where)


def contract_key(row: Row) -> str:
    """The name of a contract for ever: the tax code of the body it made, else a digest of deed, day and name.

    Numbers of deeds are a notary's own, and the running number of the list changes with each edition.
    """
    body = plain(row.raw("body"))
    if body:
        return f"network|{body}"
    said = "|".join(plain(row.raw(name)) for name in ("repertory", "deed", "date", "contract"))
    return f"network|{sha256(said.encode()).hexdigest()[:20]}"


def _concerns(row: Row, known: frozenset[str]) -> bool:
    try:
        return in_lazio(row.value("province", province_sign)) or row.value("tax_code", body_code) in known
    except BadValue:
        return False


def _object(row: Row) -> str | None:
    return _words(row, "text", PASSAGE_LIMIT)


def _words(row: Row, column: str, limit: int) -> str | None:
    """Running text of the publisher, its Windows signs put right."""
    return without_persons(row.raw(column).translate(_WINDOWS))[:limit] or None


def _maker(contracts: _Contracts, known: frozenset[str]) -> Callable[[Row], Outcome]:
    """The function that makes an outcome of a row, the contracts of its sheet being known."""

    def make(row: Row) -> Outcome:
        contract = contracts.held[contract_key(row)]
        if not contract.wanted:
            return OutOfArea(row.line, row.file)
        return _firm(row, contract, known)

    return make


def _firm(row: Row, contract: _Contract, known: frozenset[str]) -> Accepted:
    code = row.must("tax_code", body_code)
    name = row.needed("name")
    nameless = plain(name) == NO_NAME
    if nameless and code not in known:
        raise BadCell("name", name, Message("reject.missing"))
    if row.raw("legal_form") == _SOLE_TRADER or names_a_person(name):
        raise BadCell("name", "", Message("reject.natural-person"))
    title = _words(row, "contract", LINE_LIMIT) or row.needed("contract")
    key = contract_key(row)
    participation = ParticipationRecord(
        project=key,
        organisation=Identifier(TAX_CODE, code),
        role=LEADER if plain(row.raw("leader")) == "si" else None,
        date=row.value("date", day),
        kind=KIND,
        text=f"{title} - {contract.text}" if contract.text else title,
    )
    records: tuple[OrganisationRecord | ParticipationRecord, ...] = (participation,)
    if not nameless:  # a body that we know keeps what we know of it
        records = (OrganisationRecord((Identifier(TAX_CODE, code),), tuple(_facts(row, name))), participation)
    return Accepted(row.line, f"{key}|{code}", records, row.file)


def _facts(row: Row, name: str) -> Iterator[Assertion]:
    yield Assertion("name", name)
    yield _kind(row, name)
    status = status_of_name(name)
    if status:
        yield inferred("status", status)
    sign = row.value("province", province_sign)
    if sign:
        yield Assertion("province", sign)
    comune = _comune(row, sign)
    if comune:
        yield Assertion("municipality", comune)
    found = ateco("2007").get(row.raw("sector")) if row.has("sector") else None
    if found:
        yield Assertion("sector", found.code)
        yield Assertion("sector_version", "2007")


def _comune(row: Row, sign: str | None) -> str | None:
    """The comune of Lazio by name; one that the province does not have stays unknown."""
    try:
        return place_of_name(row.needed("municipality"), sign).municipality if in_lazio(sign) else None
    except BadValue:
        return None


def _kind(row: Row, name: str) -> Assertion:
    told = kind_of_name(name)
    if told:
        return inferred("kind", told)
    form = row.raw("legal_form")
    if form in _COOPERATIVES:
        return inferred("kind", Told(OrganisationKind.COOPERATIVE, f"NG {form}", 0.9))
    return Assertion("kind", OrganisationKind.FIRM, Evidence.INFERRED, 0.7, note=f"NG {form}" if form else "")


SOURCE = Source(
    SourceInfo(
        name="network-contracts",
        title_it="Contratti di rete del Registro delle imprese",
        title_en="Network contracts of the business register",
        publisher="Registro delle imprese (InfoCamere) / Business register (InfoCamere)",
        licence="da verificare sul sito del Registro / to be verified on the register's site",
        address="https://contrattidirete.registroimprese.it/reti",
        formats=(".xls", ".xlsx", ".csv"),
    ),
    read,
)
