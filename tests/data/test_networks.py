# SPDX-License-Identifier: EUPL-1.2
"""Networks of two files: anybody's headings, what is not known left open, nothing lost without a word."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from data.errors import UnreadableFile, WrongColumns
from data.networks import network_of, read_ids, read_network


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_contract_files_are_read_and_sorted(tmp_path: Path) -> None:
    nodes = written(
        tmp_path,
        "nodes.csv",
        "id,name,type,country,nuts2,nuts3,city,lat,lon,text,size,colour\n"
        "b,Beta,firm,IT,ITI4,ITI43,Roma,41.9,12.5,pane,12,red\n"
        "a,Alfa,,,,,,,,,,\n",
    )
    links = written(
        tmp_path, "links.csv", "project,org,date,sector\np2,b,2021-05-01,food\np1,a,2020-01-01,\np2,a,2021-05-01,food\n"
    )
    network = read_network(nodes, links).network
    assert network.ids == ("a", "b")
    assert network.kinds == ("", "firm")
    assert np.isnan(network.lat[0])
    assert network.size[1] == 12
    assert list(zip(network.link_project, network.link_org, strict=True)) == [(0, 0), (1, 0), (1, 1)]
    assert network.link_time[0] == date(2020, 1, 1).toordinal()
    assert network.project_sector == ("", "food")


def test_own_headings_semicolons_and_comma_decimals(tmp_path: Path) -> None:
    nodes = written(tmp_path, "n.csv", "id;denominazione;kind;comune;lat;lon\n001;Uno;cooperative;Rieti;42,40;12,86\n")
    links = written(tmp_path, "l.csv", "progetto;membro;lotto;esito;data\nx;001;L1;aggiudicata;2019\ny;001;L1;;2020\n")
    network = read_network(nodes, links).network
    assert (network.ids, network.kinds, network.cities) == (("001",), ("cooperative",), ("Rieti",))
    assert network.lat[0] == 42.40
    assert list(network.link_time) == [2019, 2020]
    assert network.link_won[0] == 1
    assert np.isnan(network.link_won[1])
    assert network.project_lot[0] == network.project_lot[1]


def test_what_cannot_be_read_is_told_and_the_rest_kept(tmp_path: Path) -> None:
    nodes = written(tmp_path, "n.csv", "id,lat,size\na,north,3\n,1,1\na,2,2\nb,95,\n")
    links = written(tmp_path, "l.csv", "project,org,date\np,a,soon\np,nobody,2020\n,a,2020\np,a,2021\n")
    reading = read_network(nodes, links)
    assert [(each.line, each.field, each.reason.key) for each in reading.refused] == [
        (3, "id", "reject.missing"),
        (4, "id", "reject.id-twice"),
        (4, "project", "reject.missing"),
    ]
    assert reading.unreadable == {"lat": 2, "date": 1}
    assert reading.strangers == 1
    assert np.isnan(reading.network.lat).all(), "95 degrees north is no place"
    assert len(reading.network.link_org) == 1


@pytest.mark.parametrize(
    "when", ["01/02/2020", "1-2-2020", "01.02.2020", "2020/02/01", "2020-02-01 00:00:00", "01/02/2020 09:30"]
)
def test_a_date_as_a_spreadsheet_writes_it_is_a_date(tmp_path, when) -> None:
    nodes = written(tmp_path, "n.csv", "id;name\na;A\nb;B\n")
    links = written(tmp_path, "l.csv", f"project;org;date\np;a;{when}\nq;b;2021\nr;a;31/31/2021\n")
    reading = read_network(nodes, links)
    assert reading.unreadable == {"date": 1}
    times = dict(zip(reading.network.projects, reading.network.project_time, strict=True))
    assert (times["p"], times["q"]) == (date(2020, 2, 1).toordinal(), date(2021, 7, 1).toordinal())
    assert np.isnan(times["r"])


def test_dates_and_years_in_one_file_stand_on_one_line() -> None:
    rows = [("p", "2020-01-01"), ("q", "2021"), ("r", "17"), ("s", "2021-09")]
    network = network_of([{"id": "a"}], [{"project": key, "org": "a", "date": when} for key, when in rows])
    assert list(network.link_time[:2]) == [date(2020, 1, 1).toordinal(), date(2021, 7, 1).toordinal()]
    assert np.isnan(network.link_time[2])
    assert network.link_time[3] == date(2021, 9, 1).toordinal()


def test_no_links_and_no_organisations_are_networks_too(tmp_path: Path) -> None:
    nodes = written(tmp_path, "n.csv", "id,name\na,Alfa\n")
    links = written(tmp_path, "l.csv", "project,org,date,sector\n")
    assert len(read_network(nodes, links).network.projects) == 0
    assert len(network_of([], [])) == 0


def test_a_file_without_its_key_is_refused(tmp_path: Path) -> None:
    nodes = written(tmp_path, "n.csv", "name\nAlfa\n")
    with pytest.raises(WrongColumns):
        read_network(nodes, nodes)


def test_ids_are_kept_as_they_are_written(tmp_path: Path) -> None:
    path = written(tmp_path, "q.txt", "\ufeff a|1 \r\n\r\nb  c\na|1\n")
    assert read_ids(path) == ["a|1", "b  c"]
    nodes = written(tmp_path, "n.csv", "id\nb  c\n")
    assert read_network(nodes, written(tmp_path, "l.csv", "project,org\nx,b  c\n")).network.ids == ("b  c",)
    with pytest.raises(UnreadableFile):
        read_ids(tmp_path / "none.txt")


def test_the_real_groupings_are_read_whole(shared_data: Path) -> None:
    folder = shared_data / "tender_groupings"
    reading = read_network(folder / "organisations.csv", folder / "participations.csv")
    network = reading.network
    assert (len(network), len(network.projects), len(network.link_org)) == (4542, 5864, 13122)
    assert reading.refused == []
    assert reading.strangers == 0
    assert len(set(network.project_lot.tolist())) == 1167
