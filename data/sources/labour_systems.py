# SPDX-License-Identifier: EUPL-1.2
"""Local labour systems 2021 (ISTAT): which system each comune belongs to, and what each system is specialised in.

Two files, told by their headings and given together: the comuni of each system, and the prevailing specialisation of
the systems. A table that holds both is read alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from data.errors import WrongColumns
from data.identity import BadValue
from data.model import Message
from data.records import Accepted, AreaRecord, Outcome, OutOfArea, ReadOptions, Rejected, Source, SourceInfo
from data.sources.places import place_of_code
from data.sources.reading import Column, Layout, Row, fits, outcome, read_rows
from data.wording import clean

LEVEL = "labour-system"
_CODE = Column("code", ("COD_SLL", "COD_SLL_2021", "SLL_2021", "Codice SLL*"), needed=True)
_NAME = Column("name", ("DEN_SLL", "DEN_SLL_2021", "Denominazione SLL*"), needed=True)
_GROUP = ("DEN_Gruppo", "Gruppo di specializzazione*", "Specializzazione*")
_KNOWN = (
    "Den_classe",
    "Classe*",
    "COD_classe",
    "COD_gruppo",
    "COMUNE",
    "Denominazione Comune",
    "COD_REG*",
    "COD_PROV*",
)

MEMBERS = Layout(
    columns=(Column("istat", ("PRO_COM_T", "PRO_COM"), needed=True), _CODE, _NAME, Column("group", _GROUP)),
    known=_KNOWN,
)
GROUPS = Layout(columns=(_CODE, _NAME, Column("group", _GROUP, needed=True)), known=_KNOWN)


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per comune and, of the second file, per system; comuni of other regions are out of the area.

    Raises `WrongColumns` when a file has neither layout, or when none names the comuni.
    """
    members = [path for path in paths if fits(path, MEMBERS, options)]
    others = [path for path in paths if path not in members]
    if not members:
        raise WrongColumns(file=paths[0].name, missing="PRO_COM_T, COD_SLL, DEN_SLL", found="")
    groups: dict[str, str] = {}
    for path in others:
        for row in read_rows(path, GROUPS, options):
            yield row if isinstance(row, Rejected) else outcome(row, lambda each: _system(each, groups))
    for path in members:
        for row in read_rows(path, MEMBERS, options):
            yield row if isinstance(row, Rejected) else outcome(row, lambda each: _member(each, groups))


def _system(row: Row, groups: dict[str, str]) -> Outcome:
    code = row.must("code", _system_code)
    groups[code] = _capital(row.needed("group"))
    return Accepted(row.line, f"system|{code}|{groups[code]}", (), row.file)


def _member(row: Row, groups: dict[str, str]) -> Outcome:
    place = row.must("istat", place_of_code)
    if place.municipality is None:
        return OutOfArea(row.line, row.file)
    code, group = row.must("code", _system_code), row.text("group")
    record = AreaRecord(LEVEL, code, row.needed("name"), place.municipality, _capital(group) or groups.get(code))
    return Accepted(row.line, place.municipality, (record,), row.file)


def _system_code(text: str) -> str:
    """The four digits of a system; a leading zero that a spreadsheet dropped is put back."""
    bare = clean(text).removesuffix(".0")
    if not (bare.isascii() and bare.isdigit() and 3 <= len(bare) <= 4):
        raise BadValue(Message("reject.labour-system"))
    return bare.zfill(4)


def _capital(text: str | None) -> str:
    """The words with a capital first letter: the publisher writes some groups both ways."""
    return text[:1].upper() + text[1:] if text else ""


SOURCE = Source(
    SourceInfo(
        name="labour-systems",
        title_it="Sistemi locali del lavoro 2021 e loro specializzazione",
        title_en="Local labour systems 2021 and their specialisation",
        publisher="ISTAT",
        licence="CC BY, da verificare / CC BY, to be verified",
        address="https://www.istat.it/",
        formats=(".csv", ".xlsx"),
        files=2,
        data_date=date(2021, 12, 31),
    ),
    read,
)
