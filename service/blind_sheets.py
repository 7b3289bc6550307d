# SPDX-License-Identifier: EUPL-1.2
"""Blind sheets as files: to fill in (CSV), to print (HTML), the key that stays here, and the filled ones read back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from data.errors import InvalidValue
from data.networks import Network
from data.records import ReadOptions, Rejected
from data.sources.reading import Column, Layout, read_rows
from matching.blind_sheets import CHOICES, EQUAL, FIRST, SECOND, Sheet
from service.exports import BOM, csv_text
from service.messages import Words
from service.templating import environment

HEADERS: Final = MappingProxyType(
    {
        "it": ("foglio", "organizzazione", "chi_è", "elenco", "posto", "nome", "chi_è_il_nome", "preferito"),
        "en": ("sheet", "organisation", "about", "list", "place", "name", "about_the_name", "preferred"),
    }
)
_FILLED: Final = Layout(
    columns=(Column("sheet", ("foglio",), needed=True), Column("preferred", ("preferito",), needed=True)), known=("*",)
)
_KEY: Final = Layout(columns=(Column("sheet", needed=True), Column("ours", needed=True)), known=("*",))


def sheets_csv(network: Network, sheets: Sequence[Sheet], language: str) -> str:
    """One row per name of a list; the last column is filled in once a sheet, in any of its rows."""
    return csv_text(HEADERS[language], _rows(network, sheets))


def _rows(network: Network, sheets: Sequence[Sheet]) -> Iterator[tuple[str, ...]]:
    for sheet in sheets:
        asks = (str(sheet.number), _name(network, sheet.query), _where(network, sheet.query))
        for side, names in ((FIRST, sheet.first), (SECOND, sheet.second)):
            for place, row in enumerate(names, start=1):
                yield (*asks, side, str(place), _name(network, row), _where(network, row), "")


def sheets_html(network: Network, sheets: Sequence[Sheet], words: Words) -> str:
    """A page to print, one sheet after the other."""
    shown = [
        {
            "number": sheet.number,
            "asks": _name(network, sheet.query),
            "where": _where(network, sheet.query),
            "rows": [
                (_both(network, sheet.first, place), _both(network, sheet.second, place))
                for place in range(max(len(sheet.first), len(sheet.second)))
            ],
        }
        for sheet in sheets
    ]
    context: dict[str, Any] = {"sheets": shown, "t": words.text, "language": words.language}
    return environment().get_template("blind_sheets.html").render(context)


def _both(network: Network, rows: Sequence[int], place: int) -> tuple[str, str]:
    return (_name(network, rows[place]), _where(network, rows[place])) if place < len(rows) else ("", "")


def _name(network: Network, row: int) -> str:
    return network.names[row] or network.ids[row]


def _where(network: Network, row: int) -> str:
    """What is known of its kind and place, so that it can be judged."""
    known = (network.kinds[row], network.sectors[row], network.cities[row], network.nuts3[row], network.countries[row])
    return ", ".join(each for each in known if each)


def key_csv(sheets: Sequence[Sheet]) -> str:
    """Which list of each sheet is ours."""
    target = io.StringIO()
    target.write(BOM)
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(("sheet", "ours"))
    writer.writerows((sheet.number, sheet.ours) for sheet in sheets)
    return target.getvalue()


def key_beside(out: Path) -> Path:
    """Where the key of sheets is written: beside them, by their name."""
    return out.with_name(f"{out.stem}.key.csv")


def read_key(path: Path) -> dict[int, str]:
    """Sheet -> list that is ours. Raises `InvalidValue` for anything but 1 or 2."""
    found = dict(_pairs(path, _KEY, "ours"))
    for ours in found.values():
        if ours not in (FIRST, SECOND):
            raise InvalidValue(field=f"{path.name}: ours", value=ours, allowed=f"{FIRST}, {SECOND}")
    return found


def read_filled(path: Path) -> dict[int, str]:
    """Sheet -> choice of one judge, sheets left empty left out. Raises `InvalidValue` for another choice, or two."""
    found: dict[int, str] = {}
    for number, choice in _pairs(path, _FILLED, "preferred"):
        if choice not in CHOICES or found.get(number, choice) != choice:
            allowed = f"{FIRST}, {SECOND}, {EQUAL}"
            raise InvalidValue(field=f"{path.name}: preferred ({number})", value=choice, allowed=allowed)
        found[number] = choice
    return found


def _pairs(path: Path, layout: Layout, column: str) -> Iterator[tuple[int, str]]:
    for row in read_rows(path, layout, ReadOptions()):
        if isinstance(row, Rejected) or not row.raw(column):
            continue
        number = row.raw("sheet")
        if not number.isdecimal():
            raise InvalidValue(field=f"{path.name}: sheet", value=number, allowed="1, 2, 3")
        yield int(number), row.raw(column).strip()
