# SPDX-License-Identifier: EUPL-1.2
"""The day that the data of a file speak of: told by its rows, by its name or by the edition; never guessed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import date

from data.records import CallRecord, Dated, OrganisationRecord, Record, SourceInfo

_DAY = re.compile(r"(?<!\d)(20\d\d)[-_]?(0[1-9]|1[0-2])[-_]?(0[1-9]|[12]\d|3[01])(?!\d)")
_YEAR = re.compile(r"(?<!\d)(?:\d{4})?((?:19[5-9]|20\d)\d)(?!\d)")


def data_day(info: SourceInfo, files: Iterable[str], days: Collection[date], today: date) -> date | None:
    """The day of the data of one import; 31 December where only the year is known, None where nothing tells it.

    Days after `today` are slips and are left out; file names that say different days or years say none. A name may say
    the day itself (`soggetti_20260228`).
    """
    if info.dated is Dated.ROWS:
        return max((day for day in days if day <= today), default=None)
    if info.dated is Dated.FILE_NAME:
        told = {day for name in files if (day := _day_in(name)) is not None and day <= today}
        if len(told) == 1:
            return told.pop()
        years = {int(year) for name in files for year in _YEAR.findall(name) if int(year) <= today.year}
        return date(years.pop(), 12, 31) if len(years) == 1 else None
    return info.data_date


def _day_in(name: str) -> date | None:
    found = _DAY.search(name)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def days_of(records: Sequence[Record]) -> set[date]:
    """The days that the facts of organisations carry, and those on which calls were read."""
    found = {record.read_on for record in records if isinstance(record, CallRecord)}
    found |= {said.date for body in records if isinstance(body, OrganisationRecord) for said in body.assertions}
    return {day for day in found if day is not None}
