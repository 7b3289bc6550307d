"""Every importer on the real slice: the ledger accounts for every row."""

import csv
from collections import Counter

import pytest

from data.identity import organisation_id
from data.lazio import area_of
from data.model import Availability, OrganisationKind
from data.records import MunicipalityRecord, ParticipationRecord

LATINA = [f"raw/avcp_l190_2020_comune_latina_{part}.csv" for part in ("partecipanti", "lotti", "aggiudicatari")]
REBUILDING = [f"sisma2016_ricostruzione_{part}_lazio.csv" for part in ("privata", "pubblica")]
LEDGERS = [
    ("boundaries", ["lazio_comuni_2023.geojson"], (378, 378, 0, 0)),
    ("boundaries", ["lazio_comuni_simpl_100m.geojson"], (378, 378, 0, 0)),
    ("boundaries", ["raw/openpolis_limits_R_12_municipalities_2023.topo.json"], (378, 378, 0, 0)),
    ("municipalities", ["raw/istat_classificazioni_statistiche_comuni_lazio_2023.csv"], (378, 378, 0, 0)),
    ("inner-areas", ["raw/dpcoes_mappa_aree_interne_2020_lazio.csv"], (378, 378, 0, 0)),
    ("cinque-per-mille", ["cinque_per_mille_2022_lazio.csv"], (6636, 6636, 0, 0)),
    ("ipa", ["ipa_enti_lazio.csv"], (1830, 1830, 0, 0)),
    ("anbsc-properties", ["anbsc_imm_gest_lazio.csv"], (1266, 1266, 0, 0)),
    ("anbsc-properties", ["raw/anbsc_immobili_in_gestione_head300.csv"], (300, 15, 0, 285)),
    ("anbsc-companies", ["anbsc_az_gest_lazio.csv", "anbsc_az_dest_lazio.csv"], (527, 527, 0, 0)),
    ("anbsc-companies", ["raw/anbsc_aziende_in_gestione_head300.csv"], (300, 29, 0, 271)),
    ("anbsc-companies", ["raw/anbsc_aziende_destinate_head300.csv"], (300, 69, 9, 222)),
    ("anbsc-properties-2014", ["anbsc_immobili_2014_lazio.csv"], (505, 505, 0, 0)),
    ("income", [f"raw/mef_irpef_comunale_{year}_lazio.csv" for year in (2018, 2020)], (756, 756, 0, 0)),
    ("dwellings", ["raw/istat_censimento_2021_abitazioni_lazio.csv"], (1134, 1134, 0, 0)),
    ("labour-systems", ["lazio_sll_2021.csv"], (378, 378, 0, 0)),
    ("reconstruction", REBUILDING, (580, 580, 0, 0)),
    ("ateco", ["ateco2025.csv", "ateco2007_agg2022.csv"], (6313, 6313, 0, 0)),
    ("input-output", ["io_italia_coeff_tecnici_2016.csv"], (62, 62, 0, 0)),
    ("historic-centres", ["lazio_centri_storici_dpc.csv"], (711, 711, 0, 0)),
    ("organisations", ["tender_groupings/organisations.csv"], (4542, 4542, 0, 0)),
    ("participations", ["tender_groupings/participations.csv"], (13122, 13122, 0, 0)),
    ("tender-lots", LATINA, (3979, 3061, 918, 0)),
]


@pytest.mark.parametrize(
    ("name", "files", "counts"), LEDGERS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_row_of_the_real_files_has_its_outcome(shared_data, read, name, files, counts):
    found = read(name, *(shared_data / file for file in files))
    assert found.counts == counts
    assert found.notices == []
    assert len({one.key for one in found.accepted}) == counts[1]


def test_masks_of_the_tender_files_are_counted_and_make_no_key(shared_data, read):
    found = read("tender-lots", *(shared_data / file for file in LATINA))
    reasons = Counter((one.file.rsplit("_", 1)[1], one.reason.key) for one in found.rejected)
    assert reasons == {
        ("partecipanti.csv", "reject.masked"): 617,
        ("partecipanti.csv", "reject.tax-code"): 6,
        ("aggiudicatari.csv", "reject.masked"): 295,
    }
    assert "XXXXX" not in repr([one.records for one in found.accepted])


def test_groupings_rebuilt_are_those_that_others_rebuilt(shared_data, read):
    """47 of the 51 groupings of Latina; the other four have a member that this copy of the files masks."""
    theirs: dict[str, set[str]] = {}
    for one in read("participations", shared_data / "tender_groupings/participations.csv").accepted:
        record = one.records[0]
        if record.buyer == "Latina":
            theirs.setdefault(record.project, set()).add(record.organisation.value)
    ours: dict[str, set[str]] = {}
    lot_of: dict[str, str] = {}
    for one in read("tender-lots", *(shared_data / file for file in LATINA)).accepted:
        for record in one.records:
            if isinstance(record, ParticipationRecord):
                ours.setdefault(record.project, set()).add(record.organisation.value)
                lot_of[record.project] = str(record.lot)
    mine = {(lot_of[project], frozenset(codes)) for project, codes in ours.items() if len(codes) > 1}
    other = {(project.rsplit("|", 1)[0], frozenset(codes)) for project, codes in theirs.items()}
    assert len(mine) == 48
    assert len(other) == 51
    assert len(mine & other) == 47
    (lot, left) = next(iter(mine - other))
    assert any(left < codes for other_lot, codes in other if other_lot == lot)


def test_the_378_comuni_are_the_same_bodies_in_both_registers(shared_data, read):
    bodies = []
    for name, file in (("cinque-per-mille", "cinque_per_mille_2022_lazio.csv"), ("ipa", "ipa_enti_lazio.csv")):
        found = read(name, shared_data / file)
        best = {one.records[0].identifiers[0] for one in found.accepted}
        bodies.append({organisation_id(identifier) for identifier in best if identifier.scheme == "municipality"})
    assert len(bodies[0]) == len(bodies[1]) == 378
    assert bodies[0] == bodies[1]


def test_names_with_coop_that_are_no_cooperatives(shared_data, read):
    """Bodies for *cooperazione* (development work) are no cooperatives: we read 15 of the 374 names so."""
    found = read("cinque-per-mille", shared_data / "cinque_per_mille_2022_lazio.csv")
    kinds: Counter[object] = Counter()
    for one in found.accepted:
        facts = {claim.field: claim.value for claim in one.records[0].assertions}
        if "COOP" in str(facts["name"]).upper():
            kinds[facts["kind"]] += 1
    assert kinds == {
        OrganisationKind.COOPERATIVE: 354,
        OrganisationKind.CONSORTIUM: 5,
        OrganisationKind.THIRD_SECTOR: 15,
    }


def test_outlines_are_valid_and_in_degrees(shared_data, read):
    found = read("boundaries", shared_data / "lazio_comuni_2023.geojson")
    assert all(one.records[0].geometry.is_valid for one in found.accepted)
    assert Counter(one.records[0].geometry.geom_type for one in found.accepted) == {"Polygon": 356, "MultiPolygon": 22}
    assert {one.records[0].year for one in found.accepted} == {2023}


def facts_table(shared_data) -> dict[str, dict[str, str]]:
    """The table of facts that others joined from the same publishers, by ISTAT code."""
    with (shared_data / "lazio_comuni_facts.csv").open(encoding="utf-8-sig", newline="") as lines:
        return {row["istat"]: row for row in csv.DictReader(lines)}


def figures_of(found) -> dict[tuple[str, str, int], float]:
    """Comune, name and year of each figure -> its value."""
    records = [record for one in found.accepted for record in one.records if isinstance(record, MunicipalityRecord)]
    return {(record.istat, name, year): value for record in records for name, year, value, _unit in record.figures}


def test_figures_of_comuni_are_those_that_others_joined(shared_data, read):
    """Independent oracle: income, dwellings and rebuilding as a table made by others has them, comune by comune."""
    said = figures_of(
        read("income", *(shared_data / f"raw/mef_irpef_comunale_{year}_lazio.csv" for year in (2018, 2020)))
    )
    said |= figures_of(read("dwellings", shared_data / "raw/istat_censimento_2021_abitazioni_lazio.csv"))
    said |= figures_of(read("reconstruction", *(shared_data / name for name in REBUILDING)))
    theirs = facts_table(shared_data)
    columns = {
        "contribuenti_2018": ("taxpayers", 2018),
        "reddito_imponibile_2018": ("taxable-income", 2018),
        "pensionati_2018": ("pensioners", 2018),
        "contribuenti_2020": ("taxpayers", 2020),
        "reddito_imponibile_2020": ("taxable-income", 2020),
        "pensionati_2020": ("pensioners", 2020),
        "quota_pensionati_2020": ("pension-share", 2020),
        "reddito_medio_2020": ("income-per-taxpayer", 2020),
        "abitazioni_2021": ("dwellings", 2021),
        "abit_occupate_2021": ("dwellings-occupied", 2021),
        "abit_non_occupate_2021": ("dwellings-not-occupied", 2021),
        "sisma_rcr_presentate": ("reconstruction-requests", 2026),
        "sisma_rcr_approvate": ("reconstruction-approved", 2026),
        "sisma_importo_concesso": ("reconstruction-granted", 2026),
        "sisma_opere_pubbliche": ("reconstruction-works", 2026),
    }
    close = {"quota_pensionati_2020": 0.0001, "reddito_medio_2020": 1, "sisma_importo_concesso": 1}
    compared = 0
    for istat, row in theirs.items():
        for column, (name, year) in columns.items():
            ours, other = said.get((istat, name, year), 0.0), float(row[column] or 0)
            assert ours == pytest.approx(other, abs=close.get(column, 0)), (istat, column)
            compared += ours > 0
    assert compared > 11 * 378 + 3 * 50
    assert sum(value for (_i, name, _y), value in said.items() if name == "dwellings-not-occupied") == 618_760


def test_labour_systems_are_those_of_the_shipped_table(shared_data, read):
    found = read("labour-systems", shared_data / "lazio_sll_2021.csv")
    systems = {one.records[0].municipality: one.records[0] for one in found.accepted}
    assert len({system.code for system in systems.values()}) == 21
    for istat, system in systems.items():
        ours = area_of(istat, "labour-system")
        assert (system.code, (system.detail or "").casefold()) == (ours.code, (ours.detail or "").casefold())


def test_works_without_a_known_body_are_counted_and_make_no_body(shared_data, read):
    found = read("reconstruction", *(shared_data / name for name in REBUILDING))
    works = [record for one in found.accepted for record in one.records if isinstance(record, ParticipationRecord)]
    assert len(works) == 524 - 36 - 3
    assert len({work.project for work in works}) == len(works)
    assert sum(work.amount for work in works if work.buyer_municipality == "057002") > 1e6


def test_the_structure_of_ateco_is_whole(shared_data, read, official_codes):
    found = read("ateco", shared_data / "ateco2025.csv", shared_data / "ateco2007_agg2022.csv")
    records = [one.records[0] for one in found.accepted]
    for version, levels in (("2025", [22, 87, 287, 651, 914, 1195]), ("2007", [21, 88, 272, 615, 920, 1241])):
        codes = {record.code: record for record in records if record.version == version}
        assert {code.replace(".", "") for code in codes} == official_codes(shared_data, version)
        depth = Counter(len(code.replace(".", "")) for code in codes)
        assert [depth[length] for length in range(1, 7)] == levels
        assert all(record.parent in codes for record in codes.values() if len(record.code) > 1)
        assert all(bool(record.title_en) == (version == "2025") for record in codes.values())
    notes = read("ateco", shared_data / "raw/istat_ateco2025_struttura_note_head200.csv")
    assert notes.counts == (199, 199, 0, 0)
    assert len({one.key for one in notes.accepted}) == 53


def test_the_square_table_is_read_to_its_last_cell(shared_data, read):
    found = read("input-output", shared_data / "io_italia_coeff_tecnici_2016.csv")
    cells = {(c.from_sector, c.to_sector): c.value for one in found.accepted for c in one.records}
    assert len(cells) == 62 * 62
    sums = Counter()
    for (_source, target), value in cells.items():
        sums[target] += value
    assert round(min(sums.values()), 2) == 0.11
    assert round(max(sums.values()), 2) == 0.93


def test_the_list_of_2014_is_apart_and_of_its_year(shared_data, read):
    found = read("anbsc-properties-2014", shared_data / "anbsc_immobili_2014_lazio.csv")
    sites = [one.records[0] for one in found.accepted]
    assert Counter(site.condition for site in sites) == {
        "Destinati consegnati (2014)": 264,
        "In gestione (2014)": 174,
        "Usciti dalla gestione (2014)": 38,
        "Destinati non consegnati (2014)": 29,
    }
    assert len({site.municipality for site in sites}) == 58
    assert {site.availability for site in sites} == {Availability.UNKNOWN}
    assert sum("Comuni" in (site.measure or "") for site in sites) == 216
