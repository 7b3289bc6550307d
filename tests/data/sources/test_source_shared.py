"""Every importer on the real slice: the ledger accounts for every row."""

from collections import Counter

import pytest

from data.identity import organisation_id
from data.model import OrganisationKind
from data.records import ParticipationRecord

LATINA = [f"raw/avcp_l190_2020_comune_latina_{part}.csv" for part in ("partecipanti", "lotti", "aggiudicatari")]
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
