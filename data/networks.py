# SPDX-License-Identifier: EUPL-1.2
"""Networks that anybody may bring: organisations and who took part in what, read from two files, kept nowhere.

Nothing of them enters the store: `land rank` and `land evaluate` read them, answer, and forget.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from data.identity import BadValue
from data.model import Message
from data.records import ReadOptions, Rejected
from data.sources.reading import Column, Layout, Row, check_size, read_rows
from data.sources.values import computed, day
from data.wording import clean, plain

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

NODES: Final = Layout(
    columns=(
        Column("id", ("codice_fiscale", "tax_code"), needed=True),
        Column("name", ("nome", "denominazione")),
        Column("type", ("kind", "natura", "tipo")),
        Column("country", ("paese", "nazione")),
        Column("nuts2", ("region", "regione")),
        Column("nuts3", ("province", "provincia")),
        Column("city", ("municipality", "comune")),
        Column("lat", ("latitude", "latitudine")),
        Column("lon", ("lng", "longitude", "longitudine")),
        Column("text", ("purpose", "scopo", "description", "descrizione")),
        Column("size", ("employees", "addetti")),
        Column("sector", ("settore", "ateco")),
    ),
    known=("*",),
)
LINKS: Final = Layout(
    columns=(
        Column("project", ("progetto", "raggruppamento", "id_progetto"), needed=True),
        Column("org", ("organisation", "organizzazione", "codice_fiscale", "membro"), needed=True),
        Column("date", ("data", "year", "anno")),
        Column("sector", ("settore", "topic")),
        Column("outcome", ("esito",)),
        Column("lot", ("lotto", "cig")),
        Column("text", ("oggetto", "testo", "descrizione")),
        Column("buyer", ("committente", "stazione_appaltante", "ente")),
    ),
    known=("*",),
)
WON: Final = ("awarded", "aggiudicata", "aggiudicato", "aggiudicatario", "vinta", "won")
_ISO = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?(?:[T ].*)?")
_DATED = re.compile(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}")


@dataclass(frozen=True, slots=True)
class Network:
    """Organisations, sorted by id, and their participations, sorted by (project, organisation).

    Per organisation: `names`, `kinds`, `countries`, `nuts2`, `nuts3`, `cities`, `sectors`, `texts` ("" when not known)
    and `lat`, `lon` (degrees, EPSG:4326), `size` (NaN when not known). Per participation: `link_project`, `link_org`
    (positions), `link_time` (days of an ISO date, else the number given; NaN undated), `link_won` (1 awarded, 0 not,
    NaN not said). Per project, in the order of `projects`: `project_sector`, `project_text`, `project_buyer` ("" when
    not known), `project_lot` (projects of one lot are rivals; the own position where no lot is named).
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    countries: tuple[str, ...]
    nuts2: tuple[str, ...]
    nuts3: tuple[str, ...]
    cities: tuple[str, ...]
    sectors: tuple[str, ...]
    texts: tuple[str, ...]
    lat: Floats
    lon: Floats
    size: Floats
    projects: tuple[str, ...]
    project_sector: tuple[str, ...]
    project_text: tuple[str, ...]
    project_buyer: tuple[str, ...]
    project_lot: Ints
    link_project: Ints
    link_org: Ints
    link_time: Floats
    link_won: Floats

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def row_of(self) -> dict[str, int]:
        """Position of every id."""
        return {key: row for row, key in enumerate(self.ids)}

    @property
    def project_time(self) -> Floats:
        """Earliest time of every project; NaN where no participation is dated."""
        times = np.full(len(self.projects), np.inf)
        dated = ~np.isnan(self.link_time)
        np.minimum.at(times, self.link_project[dated], self.link_time[dated])
        return np.where(np.isinf(times), np.nan, times)

    def with_links(self, keep: Flags) -> Network:
        """The same organisations and projects with these participations only."""
        return replace(
            self,
            link_project=self.link_project[keep],
            link_org=self.link_org[keep],
            link_time=self.link_time[keep],
            link_won=self.link_won[keep],
        )

    def with_projects(self, keep: Flags) -> Network:
        """The same organisations with the participations of these projects (flags in the order of `projects`)."""
        return self.with_links(keep[self.link_project])


@dataclass(slots=True)
class Reading:
    """A network and what was left aside while reading it: rows refused, cells not understood, unknown members."""

    network: Network
    refused: list[Rejected] = field(default_factory=list)
    unreadable: dict[str, int] = field(default_factory=dict)
    strangers: int = 0


Given = Mapping[str, object]


def network_of(nodes: Iterable[Given], links: Iterable[Given]) -> Network:
    """The network of these rows, under the names of `land rank`'s two files; anything but `id`, `project` and `org`
    may be missing or empty. Participations of organisations that `nodes` do not name, and rows twice, are left out.
    """
    by_id: dict[str, Given] = {}
    for node in nodes:
        by_id.setdefault(_said(node, "id"), node)
    by_id.pop("", None)
    ids = tuple(sorted(by_id))
    row_of = {key: row for row, key in enumerate(ids)}
    rows = [by_id[key] for key in ids]
    kept = sorted(_links(links, row_of), key=lambda each: each[:2])
    projects = tuple(sorted({each[0] for each in kept}))
    place = {name: position for position, name in enumerate(projects)}
    first: dict[str, Given] = {}
    for project, _, link in kept:
        first.setdefault(project, link)
    columns = {name: tuple(_said(node, name) for node in rows) for name in _WORDS}
    return Network(
        ids=ids,
        names=columns["name"],
        kinds=columns["type"],
        countries=columns["country"],
        nuts2=columns["nuts2"],
        nuts3=columns["nuts3"],
        cities=columns["city"],
        sectors=columns["sector"],
        texts=columns["text"],
        lat=_numbers(rows, "lat"),
        lon=_numbers(rows, "lon"),
        size=_numbers(rows, "size"),
        projects=projects,
        project_sector=tuple(_said(first[name], "sector") for name in projects),
        project_text=tuple(_said(first[name], "text") for name in projects),
        project_buyer=tuple(_said(first[name], "buyer") for name in projects),
        project_lot=_lots([_said(first[name], "lot") for name in projects]),
        link_project=np.array([place[project] for project, _, _ in kept], dtype=np.int64),
        link_org=np.array([row for _, row, _ in kept], dtype=np.int64),
        link_time=_times([_said(link, "date") for _, _, link in kept]),
        link_won=np.array([_won(_said(link, "outcome")) for _, _, link in kept], dtype=np.float64),
    )


_WORDS: Final = ("name", "type", "country", "nuts2", "nuts3", "city", "sector", "text")


def read_network(organisations: Path, participations: Path, options: ReadOptions | None = None) -> Reading:
    """The network of two CSV or XLSX files (headings of `NODES` and `LINKS`, or of our own files).

    A row without its key, or with an id that came before, is refused and told; a place, size or date that cannot be
    read counts as not known and is counted. Raises `UnreadableFile`, `FileTooLarge` and `WrongColumns`.
    """
    options = options or ReadOptions()
    refused: list[Rejected] = []
    unreadable: dict[str, int] = {}
    nodes: dict[str, Given] = {}
    for row in read_rows(organisations, NODES, options):
        made = _row(row, NODES, ("id",), refused)
        if made is None:
            continue
        if made["id"] in nodes:
            refused.append(Rejected(row.line, "id", str(made["id"])[:200], Message("reject.id-twice"), row.file))
            continue
        _count_unreadable(made, ("lat", "lon", "size"), unreadable)
        nodes[str(made["id"])] = made
    links: list[Given] = []
    strangers = 0
    for row in read_rows(participations, LINKS, options):
        made = _row(row, LINKS, ("project", "org"), refused)
        if made is None:
            continue
        strangers += made["org"] not in nodes
        if made.get("date") and _time(str(made["date"])) is None:
            unreadable["date"] = unreadable.get("date", 0) + 1
        links.append(made)
    return Reading(network_of(nodes.values(), links), refused, unreadable, strangers)


def read_ids(path: Path) -> list[str]:
    """One id a line, blank lines left out, each once, in file order. Raises `UnreadableFile` and `FileTooLarge`."""
    check_size(path)
    written = path.read_bytes()
    try:
        text = written.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = written.decode("cp1252", errors="replace")
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def _row(row: Row | Rejected, layout: Layout, keys: Sequence[str], refused: list[Rejected]) -> dict[str, object] | None:
    """The cells of a row by our names, keys as they are written; None (and told) when it is refused or has no key."""
    if isinstance(row, Rejected):
        refused.append(row)
        return None
    for key in keys:
        if not row.raw(key):
            refused.append(Rejected(row.line, key, "", Message("reject.missing"), row.file))
            return None
    cells = {column.name: row.raw(column.name) for column in layout.columns if column.name in row.cells}
    return {name: cell if name in keys else clean(cell) for name, cell in cells.items() if cell}


def _count_unreadable(made: Given, columns: Sequence[str], unreadable: dict[str, int]) -> None:
    for name in columns:
        if made.get(name) and not _within(name, _number(made[name])):
            unreadable[name] = unreadable.get(name, 0) + 1


def _said(row: Given, name: str) -> str:
    value = row.get(name)
    return "" if value is None or value != value else str(value).strip()


def _number(value: object) -> float | None:
    if isinstance(value, int | float):
        return float(value) if np.isfinite(value) else None
    try:
        return computed(str(value), decimal_comma=False)
    except BadValue:
        return None


_BOUNDS: Final = {"lat": (-90.0, 90.0), "lon": (-180.0, 180.0), "size": (0.0, 1e9)}


def _numbers(rows: Sequence[Given], name: str) -> Floats:
    found = [_number(row[name]) if _said(row, name) else None for row in rows]
    return np.array([_or_nan(each if _within(name, each) else None) for each in found], dtype=np.float64)


def _within(name: str, value: float | None) -> bool:
    low, high = _BOUNDS[name]
    return value is not None and low <= value <= high


def _links(links: Iterable[Given], row_of: Mapping[str, int]) -> list[tuple[str, int, Given]]:
    """Project, position of the member and the row, each membership once: the first row of it counts."""
    found: dict[tuple[str, int], Given] = {}
    for link in links:
        project, row = _said(link, "project"), row_of.get(_said(link, "org"))
        if project and row is not None:
            found.setdefault((project, row), link)
    return [(project, row, link) for (project, row), link in found.items()]


def _lots(names: Sequence[str]) -> Ints:
    """One number per lot; a project without a lot is a lot of its own."""
    known = {name: place for place, name in enumerate(sorted({name for name in names if name}))}
    return np.array([known[name] if name else len(known) + at for at, name in enumerate(names)], dtype=np.int64)


def _day(text: str) -> float | None:
    """Days of a date, ISO (a month's first day where no day is said) or day first; None when it is none."""
    iso = _ISO.fullmatch(text)
    try:
        if iso:
            return float(date(int(iso[1]), int(iso[2]), int(iso[3] or 1)).toordinal())
        return float(day(text).toordinal()) if _DATED.match(text) else None
    except (ValueError, BadValue):
        return None


def _time(text: str) -> float | None:
    """Days of a date, else the number; None when it is neither."""
    days = _day(text)
    return days if days is not None or _DATED.match(text) else _number(text)


def _times(texts: Sequence[str]) -> Floats:
    """Times of participations. Where some are dates, a bare year is its middle, other numbers say nothing."""
    days = [_day(text) if text else None for text in texts]
    if all(each is None for each in days):
        return np.array([_or_nan(_time(text) if text else None) for text in texts], dtype=np.float64)
    return np.array(
        [_or_nan(_middle(text) if each is None else each) for text, each in zip(texts, days, strict=True)],
        dtype=np.float64,
    )


def _middle(text: str) -> float | None:
    """Days of the middle of a bare year; None when it is none."""
    year = _time(text) if text else None
    return float(date(int(year), 7, 1).toordinal()) if year is not None and 1800 <= year <= 2100 else None


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value


def _won(text: str) -> float:
    return float("nan") if not text else float(plain(text) in WON)
