# SPDX-License-Identifier: EUPL-1.2
"""The real public files, through the command line, into an empty store of each kind: every row accounted for."""

import json
from pathlib import Path

import pytest

from data.model import Audience, OrganisationKind
from data.store import open_store
from service.cli import run

REBUILDING = tuple(f"sisma2016_ricostruzione_{part}_lazio.csv" for part in ("privata", "pubblica"))
# Source, files below the shared folder, rows read, rows taken.
LOADS = (
    ("boundaries", ("lazio_comuni_2023.geojson",), 378, 378),
    ("municipalities", ("raw/istat_classificazioni_statistiche_comuni_lazio_2023.csv",), 378, 378),
    ("inner-areas", ("raw/dpcoes_mappa_aree_interne_2020_lazio.csv",), 378, 378),
    ("income", ("raw/mef_irpef_comunale_2018_lazio.csv", "raw/mef_irpef_comunale_2020_lazio.csv"), 756, 756),
    ("dwellings", ("raw/istat_censimento_2021_abitazioni_lazio.csv",), 1_134, 1_134),
    ("labour-systems", ("lazio_sll_2021.csv",), 378, 378),
    ("ateco", ("ateco2025.csv", "ateco2007_agg2022.csv"), 6_313, 6_313),
    ("input-output", ("io_italia_coeff_tecnici_2016.csv",), 62, 62),
    ("cinque-per-mille", ("cinque_per_mille_2022_lazio.csv",), 6_636, 6_636),
    ("ipa", ("ipa_enti_lazio.csv",), 1_830, 1_830),
    ("reconstruction", REBUILDING, 580, 580),
    ("anbsc-properties", ("anbsc_imm_gest_lazio.csv",), 1_266, 1_266),
    ("anbsc-companies", ("anbsc_az_gest_lazio.csv", "anbsc_az_dest_lazio.csv"), 416 + 111, 416 + 111),
    ("anbsc-properties-2014", ("anbsc_immobili_2014_lazio.csv",), 505, 505),
    ("historic-centres", ("lazio_centri_storici_dpc.csv",), 711, 711),
    ("organisations", ("tender_groupings/organisations.csv",), 4_542, 4_542),
    ("participations", ("tender_groupings/participations.csv",), 13_122, 13_122),
)
LOTS = tuple(f"raw/avcp_l190_2020_comune_latina_{part}.csv" for part in ("lotti", "partecipanti", "aggiudicatari"))
LOT_ROWS = 735 + 2_489 + 755
# Codes that the publisher masked (617 participants, 295 winners), and six whose check digit is wrong.
REFUSED = 617 + 295 + 6


def load(
    source: str, files: tuple[str, ...], shared: Path, capsys: pytest.CaptureFixture[str]
) -> tuple[int, dict[str, int]]:
    """One `land load --json`: its exit code and its account."""
    code = run(["load", source, *(str(shared / name) for name in files), "--json"])
    account = json.loads(capsys.readouterr().out)
    assert account.pop("source") == source
    taken = account["added"] + account["changed"] + account["unchanged"]
    assert account["read"] == taken + account["rejected"] + account["out_of_area"]
    return code, account


@pytest.fixture
def empty_store(store_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("LAND_STORE", store_url)
    return store_url


def test_every_official_file_loads_and_a_second_time_changes_nothing(
    empty_store: str, shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for source, files, rows, taken in LOADS:
        code, account = load(source, files, shared_data, capsys)
        assert (code, account["read"], account["added"]) == (0, rows, taken), source
    code, lots = load("tender-lots", LOTS, shared_data, capsys)
    assert (code, lots["read"], lots["rejected"]) == (3, LOT_ROWS, REFUSED)
    before = contents(empty_store)
    for source, files, rows, taken in LOADS:
        _code, account = load(source, files, shared_data, capsys)
        assert (account["added"], account["changed"], account["unchanged"]) == (0, 0, taken), source
        assert account["read"] == rows
    _code, again = load("tender-lots", LOTS, shared_data, capsys)
    assert (again["added"], again["changed"], again["rejected"]) == (0, 0, REFUSED)
    assert contents(empty_store) == before


def contents(address: str) -> tuple[object, ...]:
    """What the store holds, and that its counts are the official ones."""
    store = open_store(address)
    try:
        bodies = store.organisations(Audience.OPERATOR)
        links = store.participations(Audience.OPERATOR)
        comuni = [b for b in bodies if any(name.scheme == "municipality" for name in b.identifiers)]
        assert len(comuni) == len({body.municipality for body in comuni}) == 378
        assert not any(body.demonstration for body in bodies)
        names = [body.name for body in bodies if body.kind is OrganisationKind.PUBLIC_BODY]
        assert sum(name.upper() in ("COMUNE DI ACCUMOLI", "ACCUMOLI") for name in names) == 1
        assert len(store.boundaries()) == 378
        assert len(store.sites(Audience.PUBLIC)) == 1_266 + 416 + 111 + 505
        assert sum(site.source == "anbsc-properties-2014" for site in store.sites(Audience.PUBLIC)) == 505
        assert len(store.landmarks()) == 711
        assert len(store.areas()) == 378
        assert len(store.sector_titles()) == 3_156 + 3_157
        assert len(store.coefficients()) == 62 * 62
        assert sum(f.value for f in store.figures() if f.name == "dwellings-not-occupied") == 618_760
        assert sum(f.value for f in store.figures() if f.name == "reconstruction-works") == 523  # one is of many comuni
        rebuilt = [link for link in links if link.kind == "reconstruction"]
        assert len(rebuilt) == 524 - 36 - 3
        groupings = {link.project for link in links}
        members = {(link.project, link.organisation) for link in links}
        assert len(members) == len(links)
        return bodies, links, store.sites(Audience.OPERATOR), groupings, store.municipalities(), store.figures()
    finally:
        store.close()


@pytest.mark.parametrize("order", [("participations", "tender-lots"), ("tender-lots", "participations")])
def test_the_latina_groupings_count_once_whichever_file_comes_first(
    order: tuple[str, str],
    tmp_path: Path,
    shared_data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    address = str(tmp_path / "latina.sqlite")
    monkeypatch.setenv("LAND_STORE", address)
    files = {"participations": ("tender_groupings/participations.csv",), "tender-lots": LOTS}
    load("organisations", ("tender_groupings/organisations.csv",), shared_data, capsys)
    for source in order:
        load(source, files[source], shared_data, capsys)
    store = open_store(address)
    links = [link for link in store.participations(Audience.OPERATOR) if (link.lot or "").startswith("00097020598|")]
    store.close()
    groups: dict[str, set[str]] = {}
    for link in links:
        groups.setdefault(link.project, set()).add(link.organisation)
    lots = {link.project: link.lot for link in links}
    together = [(lots[name], frozenset(members)) for name, members in groups.items()]
    # No two projects of one lot have the same members: a grouping told by both files stands once.
    assert len(together) == len(set(together))
    assert sum(len(members) > 1 for _lot, members in together) == GROUPINGS_OF_SEVERAL


# Groupings of two or more known bodies in the three Latina files; 51 of them also stand in the tender slice.
GROUPINGS_OF_SEVERAL = 51
