# SPDX-License-Identifier: EUPL-1.2
"""The structure of ATECO 2025 and of ATECO 2007 (update 2022), every level, as ISTAT publishes it.

Two layouts, told by their headings. That of 2025 names each code's parent and has English titles; with its notes a code
stands on several rows, which say the same code. That of 2007 is read from the codes themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from data.errors import WrongColumns
from data.identity import BadValue
from data.model import Message
from data.records import Accepted, Outcome, ReadOptions, Rejected, SectorRecord, Source, SourceInfo
from data.sources.reading import BadCell, Column, Layout, Row, fits, outcome, read_rows
from data.sources.zipped import ZIPPED, unpacked
from data.wording import clean

TITLE_LIMIT = 600
NEW = Layout(
    columns=(
        Column("code", ("CODICE",), needed=True),
        Column("title_it", ("IT_TITOLO",), needed=True),
        Column("title_en", ("EN_TITOLO",), needed=True),
        Column("parent", ("CODICE_PADRE",), needed=True),
    ),
    known=("ORDINE_CODICE", "GERARCHIA", "GERARCHIA_PADRE", "IT_NOTA", "EN_NOTA"),
)
OLD = Layout(
    columns=(
        Column("code", ("codice", "Codice Ateco 2007*", "Codice ATECO*"), needed=True),
        Column("title_it", ("titolo", "Titolo Ateco 2007*", "Descrizione"), needed=True),
        Column("section", ("sezione",)),
    ),
    known=("livello",),
)
_SECTION = re.compile(r"[A-V]")
_CODE = re.compile(r"\d\d(?:\.\d(?:\d(?:\.\d\d?)?)?)?")


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per row. Raises `WrongColumns` when a file has neither layout."""
    for path in paths:
        with unpacked(path) as table:
            structure = _Structure(_version(table, options))
            for row in read_rows(table, structure.layout, options):
                yield row if isinstance(row, Rejected) else outcome(row, structure.sector)


def _version(table: Path, options: ReadOptions) -> str:
    for version, layout in (("2025", NEW), ("2007", OLD)):
        if fits(table, layout, options):
            return version
    raise WrongColumns(file=table.name, missing="CODICE, IT_TITOLO, EN_TITOLO, CODICE_PADRE | codice, titolo", found="")


class _Structure:
    """One file's codes so far: a code stands below one that was there before it."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.layout = NEW if version == "2025" else OLD
        self._known: set[str] = set()
        self._section = ""

    def sector(self, row: Row) -> Outcome:
        """The row's code with its titles and the code above it."""
        code = row.must("code", sector_code)
        if len(code) == 1:
            self._section = code
        parent = self._parent(row, code)
        if (parent is None) != (len(code) == 1) or (parent is not None and parent not in self._known):
            raise BadCell("code", code, Message("reject.parent-code"))
        self._known.add(code)
        record = SectorRecord(
            version=self.version,
            code=code,
            parent=parent,
            title_it=row.needed("title_it", TITLE_LIMIT),
            title_en=row.text("title_en", TITLE_LIMIT),
        )
        return Accepted(row.line, f"{self.version}|{code}", (record,), row.file)

    def _parent(self, row: Row, code: str) -> str | None:
        """The code above: the one named; else one digit less, and above a division its section."""
        if self.version == "2025":
            return row.value("parent", sector_code)
        if len(code) == 1:
            return None
        if len(code) == 2:
            return row.value("section", sector_code) or self._section
        return code[:-1].rstrip(".")


def sector_code(text: str) -> str:
    """A section letter, or digits in the published spelling (`01.11.10`). Raises `BadValue`."""
    bare = clean(text).upper()
    if _SECTION.fullmatch(bare) or _CODE.fullmatch(bare):
        return bare
    raise BadValue(Message("reject.sector-code"))


SOURCE = Source(
    SourceInfo(
        name="ateco",
        title_it="Classificazione delle attività economiche ATECO (2025 e 2007)",
        title_en="Classification of economic activities ATECO (2025 and 2007)",
        publisher="ISTAT",
        licence="Apache-2.0 (copia aperta su GitHub) / Apache-2.0 (open copy on GitHub)",
        address="https://www.istat.it/classificazione/classificazione-delle-attivita-economiche-ateco/",
        formats=ZIPPED,
        files=2,
        editions=True,
    ),
    read,
)
