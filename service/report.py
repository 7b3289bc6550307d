# SPDX-License-Identifier: EUPL-1.2
"""The report of a year under the regional law on cooperation (L.R. 20/2003): what was noted, counted, never estimated.

By province (of who asked; of a table's comuni) and by objective. Each recorded step of the year is counted once in
each of the two tables, so that the sums of both are the recorded outcomes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from data.life import life_stage
from data.model import ContactOutcome, Organisation, Status
from service.exports import Cell, csv_text
from service.municipality_sheet import province_names
from service.outcomes import OBJECTIVES, STEPS

if TYPE_CHECKING:
    from service.messages import Words
    from service.snapshot import Snapshot

MEASURES: Final = (*STEPS, "aggregations", "pairs-contacted", "pairs-agreed", "tables", "meetings")
"""What is counted: steps noted; agreements on aggregation; pairs contacted and, of those, agreed by today; tables with
at least one meeting noted in the year, and those meetings."""
UNKNOWN, SEVERAL, OUTSIDE = "unknown", "several", "outside"
_YOUNG: Final = frozenset({Status.NEW, Status.FORMING})


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One province, objective or the whole: a number for each of `MEASURES`."""

    name: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Report:
    """A year: rows by province and by objective, and the whole, of which both are the parts."""

    year: int
    by_province: tuple[ReportRow, ...]
    by_objective: tuple[ReportRow, ...]
    total: ReportRow


@dataclass(frozen=True, slots=True)
class _Counted:
    """One thing counted: where and for what, under which measure."""

    province: str
    objective: str
    measure: str


def report_of(snapshot: Snapshot, year: int) -> Report:
    """The report of a year from the outcomes and dossiers of the snapshot, as its reader may see them."""
    counted = [*_steps(snapshot, year), *_pairs(snapshot, year), *_tables(snapshot, year)]
    return Report(
        year=year,
        by_province=_rows(counted, "province", (*province_names(), OUTSIDE, SEVERAL, UNKNOWN)),
        by_objective=_rows(counted, "objective", OBJECTIVES),
        total=ReportRow("total", _sum(counted)),
    )


def _rows(counted: Sequence[_Counted], by: str, order: Sequence[str]) -> tuple[ReportRow, ...]:
    """A row for each name; one that stands only for odd cases is left out where there are none."""
    groups: dict[str, list[_Counted]] = {}
    for each in counted:
        groups.setdefault(getattr(each, by), []).append(each)
    odd = {OUTSIDE, SEVERAL, UNKNOWN}
    return tuple(ReportRow(name, _sum(groups.get(name, ()))) for name in order if name in groups or name not in odd)


def _sum(counted: Iterable[_Counted]) -> dict[str, int]:
    found = Counter(each.measure for each in counted)
    return {measure: found[measure] for measure in MEASURES}


# --- what is counted --------------------------------------------------------------------------------------------


def _steps(snapshot: Snapshot, year: int) -> list[_Counted]:
    found = []
    for each in snapshot.outcomes:
        if each.date.year != year:
            continue
        place, objective = _province(snapshot, each.asker), objective_of(snapshot, each)
        found.append(_Counted(place, objective, each.step))
        if each.step == "agreed" and each.kind == "aggregation":
            found.append(_Counted(place, objective, "aggregations"))
    return found


def _pairs(snapshot: Snapshot, year: int) -> list[_Counted]:
    """Each pair (whoever asked) once for a kind of partnership, at its first contact of the year."""
    agreed = {_pair(each) for each in snapshot.outcomes if each.step == "agreed"}
    first: dict[tuple[frozenset[str], str], ContactOutcome] = {}
    for each in sorted(snapshot.outcomes, key=lambda row: (row.date, row.id)):
        if each.date.year == year and each.step == "contacted":
            first.setdefault(_pair(each), each)
    found = []
    for pair, each in first.items():
        place, objective = _province(snapshot, each.asker), objective_of(snapshot, each)
        found.append(_Counted(place, objective, "pairs-contacted"))
        if pair in agreed:
            found.append(_Counted(place, objective, "pairs-agreed"))
    return found


def agreed_without_contact(snapshot: Snapshot, year: int) -> int:
    """Pairs that agreed in the year of which no contact is recorded, in that year or before: they count as agreements,
    and among no contacts.
    """
    contacted = {_pair(each) for each in snapshot.outcomes if each.step == "contacted" and each.date.year <= year}
    agreed = {_pair(each) for each in snapshot.outcomes if each.step == "agreed" and each.date.year == year}
    return len(agreed - contacted)


def _pair(each: ContactOutcome) -> tuple[frozenset[str], str]:
    return frozenset((each.asker, each.partner)), each.kind


def _tables(snapshot: Snapshot, year: int) -> list[_Counted]:
    found = []
    for each in snapshot.dossiers:
        meetings = [row for row in each.events if row.kind == "meeting" and row.date.year == year]
        if each.kind != "table" or not meetings:
            continue
        objective = each.objective if each.objective in OBJECTIVES else "other"
        place = _common_province(snapshot, each.municipalities)
        found.append(_Counted(place, objective, "tables"))
        found += [_Counted(place, objective, "meetings") for _ in meetings]
    return found


def objective_of(snapshot: Snapshot, outcome: ContactOutcome) -> str:
    """The objective that was written, else ours: new cooperatives where one of the two is new or being founded,
    aggregation where they join or build a chain, other for the rest."""
    if outcome.objective in OBJECTIVES:
        return str(outcome.objective)
    bodies = [snapshot.organisation(end) for end in (outcome.asker, outcome.partner) if end in snapshot.position]
    if any(_is_young(body, snapshot) for body in bodies):
        return "new-cooperatives"
    return "aggregation" if outcome.kind in ("aggregation", "supply-chain") else "other"


def _is_young(body: Organisation, snapshot: Snapshot) -> bool:
    stage = life_stage(body, snapshot.today)
    return stage is not None and stage.status in _YOUNG


def _province(snapshot: Snapshot, organisation_id: str) -> str:
    if organisation_id not in snapshot.position:
        return UNKNOWN
    body = snapshot.organisation(organisation_id)
    comune = snapshot.municipalities.get(body.municipality or "")
    sigla = comune.province if comune else body.province
    return UNKNOWN if not sigla else sigla if sigla in province_names() else OUTSIDE


def _common_province(snapshot: Snapshot, comuni: Sequence[str]) -> str:
    found = {snapshot.municipalities[istat].province for istat in comuni if istat in snapshot.municipalities}
    if not found:
        return UNKNOWN
    return found.pop() if len(found) == 1 else SEVERAL


# --- as data and as a file --------------------------------------------------------------------------------------


def report_data(report: Report) -> dict[str, object]:
    """The report as plain values: `{year, total, by_province: {name: counts}, by_objective: {name: counts}}`."""
    return {
        "year": report.year,
        "total": dict(report.total.counts),
        "by_province": {row.name: dict(row.counts) for row in report.by_province},
        "by_objective": {row.name: dict(row.counts) for row in report.by_objective},
    }


def report_csv(report: Report, words: Words) -> str:
    """The report as one table: how a row is cut, its name, a column for each thing counted; the whole last."""
    header = [words.text("report.year"), words.text("report.cut"), words.text("report.row")]
    header += [words.text(f"report.measure.{measure}") for measure in MEASURES]
    cuts = (("province", report.by_province), ("objective", report.by_objective), ("total", (report.total,)))
    return csv_text(header, (_csv_row(report.year, cut, row, words) for cut, rows in cuts for row in rows))


def _csv_row(year: int, cut: str, row: ReportRow, words: Words) -> list[Cell]:
    name = row_name(cut, row.name, words)
    return [year, words.text(f"report.by-{cut}"), name, *(row.counts[measure] for measure in MEASURES)]


def row_name(cut: str, name: str, words: Words) -> str:
    """The name of a row in words."""
    if cut == "province" and name in province_names():
        return province_names()[name]
    return words.text(f"report.{cut}.{name}")
