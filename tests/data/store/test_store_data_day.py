# SPDX-License-Identifier: EUPL-1.2
"""The day that loaded data speak of: told by their rows, their file's name or their edition, else not at all."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from data.model import Identifier, Load
from data.records import Accepted, Assertion, Dated, OrganisationRecord, Source, SourceInfo
from data.sources import SOURCES
from data.store import Store, open_store
from data.store.data_day import data_day

TODAY = date(2026, 11, 22)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()


def info(dated: Dated, data_date: date | None = None) -> SourceInfo:
    return SourceInfo("t", "T", "T", "", "", dated=dated, data_date=data_date)


@pytest.mark.parametrize(
    ("names", "day"),
    [
        (["cinque_per_mille_2022_lazio.csv"], date(2022, 12, 31)),
        (["Com01012023_g.zip"], date(2023, 12, 31)),
        (["a_2022.csv", "b_2022.csv"], date(2022, 12, 31)),
        (["a_2021.csv", "b_2022.csv"], None),
        (["elenco_2022_scaricato_2026.csv"], None),
        (["elenco.csv"], None),
        (["elenco_2099.csv"], None),
        (["elenco_120222.csv"], None),
        (["elenco_20225.csv"], None),
        ([], None),
    ],
)
def test_the_name_of_a_file_says_one_year_or_none(names: list[str], day: date | None) -> None:
    assert data_day(info(Dated.FILE_NAME), names, (), TODAY) == day


def test_the_newest_day_of_the_rows_counts_unless_it_is_still_to_come() -> None:
    days = [date(2024, 7, 31), date(2024, 1, 1), date(2062, 7, 31)]
    assert data_day(info(Dated.ROWS), ["x_2020.csv"], days, TODAY) == date(2024, 7, 31)
    assert data_day(info(Dated.ROWS), ["x_2020.csv"], [], TODAY) is None
    assert data_day(info(Dated.EDITION, date(2020, 12, 31)), ["x_2022.csv"], days, TODAY) == date(2020, 12, 31)
    assert data_day(info(Dated.EDITION), ["x_2022.csv"], days, TODAY) is None


def last_load(store: Store) -> Load:
    return store.loads()[-1]


def test_the_register_of_imports_keeps_the_day_also_when_nothing_changed(store: Store) -> None:
    said = (Assertion("name", "Ente", date=date(2024, 7, 31)), Assertion("kind", "public-body", date=date(2024, 7, 30)))
    row = Accepted(2, "e", (OrganisationRecord((Identifier("ipa", "e"),), said),))
    for source, day in ((info(Dated.ROWS), date(2024, 7, 31)), (info(Dated.EDITION), None)):
        for _ in range(2):
            store.load(Source(source, lambda _paths, _options: iter([row])), [])
            assert last_load(store).data_date == day


def test_real_files_tell_their_day(store: Store, shared_data: Path) -> None:
    store.load(SOURCES["ipa"], [shared_data / "ipa_enti_lazio.csv"])
    assert last_load(store).data_date == date(2024, 7, 31)
    store.load(SOURCES["cinque-per-mille"], [shared_data / "cinque_per_mille_2022_lazio.csv"])
    assert last_load(store).data_date == date(2022, 12, 31)
