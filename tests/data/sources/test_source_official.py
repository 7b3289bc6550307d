"""Each importer on a small invented file in the publisher's own layout: what is taken, what is refused and why."""

import itertools
from datetime import date
from pathlib import Path

import pytest

from data.errors import UnknownSource
from data.model import (
    Availability,
    BodyType,
    Evidence,
    Identifier,
    OrganisationKind,
    Precision,
    Status,
    Visibility,
)
from data.records import Accepted, ParticipationRecord
from data.sources import SOURCES, source


def test_the_five_per_thousand_in_its_official_layout(read):
    found = read("cinque-per-mille", "cinque_per_mille_official.csv")
    assert found.counts == (10, 7, 2, 1)
    assert found.reasons == [(11, "tax_code", "reject.tax-code"), (12, "municipality", "reject.municipality")]
    assert [(notice.key, notice.params["count"]) for notice in found.notices] == [("notice.note-lines", 3)]

    social = found.record("99999010582")
    claims = {claim.field: claim for claim in social.assertions}
    assert claims["kind"].value is OrganisationKind.COOPERATIVE
    assert claims["kind"].evidence is Evidence.INFERRED
    assert "COOPERATIVA" in claims["kind"].note
    assert claims["category"].value == "sociali"
    assert claims["third_sector"].evidence is Evidence.OFFICIAL
    assert claims["municipality"].value == "057027"
    assert claims["name"].evidence is Evidence.OFFICIAL
    assert not {"lon", "lat"} & set(claims)

    assert found.facts("99999020581")["kind"] is OrganisationKind.THIRD_SECTOR
    assert found.facts("99999060587")["kind"] is OrganisationKind.PUBLIC_BODY
    assert found.facts("99999100581")["status"] is Status.LIQUIDATION
    unknown_place = found.facts("99999090584")
    assert unknown_place["province"] == "VT"
    assert "municipality" not in unknown_place


@pytest.mark.parametrize(("key", "istat"), [("99999030580", "059011"), ("99999040589", "059016")])
def test_a_comune_in_the_list_is_the_body_of_that_comune(read, key, istat):
    body = read("cinque-per-mille", "cinque_per_mille_official.csv").record(key)
    assert body.identifiers == (Identifier("municipality", istat), Identifier("tax-code", key))
    assert ("body_type", BodyType.MUNICIPALITY) in [(claim.field, claim.value) for claim in body.assertions]


def test_ipa_in_its_official_layout_takes_no_persons(read):
    found = read("ipa", "ipa_official.csv")
    assert found.counts == (8, 5, 2, 1)
    assert found.reasons == [(7, "tax_code", "reject.tax-code"), (8, "istat", "reject.missing")]
    latina = found.record("c_e472")
    assert latina.identifiers == (
        Identifier("municipality", "059011"),
        Identifier("tax-code", "00097020598"),
        Identifier("ipa", "c_e472"),
    )
    facts = found.facts("c_e472")
    assert facts["pec"] == "protocollo@pec.example.it"
    assert facts["website"] == "https://www.example.it/latina"
    assert facts["sector"] == "84.11"
    assert latina.assertions[0].date == date(2024, 5, 6)
    assert "Prova-Segreta" not in repr(found.outcomes)
    assert "mario" not in repr(found.outcomes)
    assert "pec" not in found.facts("sc_01")
    assert found.facts("sc_01")["body_type"] is BodyType.SCHOOL
    assert found.facts("cons_01")["body_type"] is BodyType.OTHER
    assert all(identifier.scheme != "municipality" for identifier in found.record("cons_01").identifiers)
    assert found.facts("ente_liq")["status"] is Status.LIQUIDATION
    assert "website" not in found.facts("ente_liq")
    assert found.facts("ater_p")["body_type"] is BodyType.HOUSING
    assert "sector" not in found.facts("ater_p")


def test_confiscated_property_keeps_the_publishers_words(read):
    found = read("anbsc-properties", "anbsc_properties_managed.csv")
    assert found.counts == (7, 4, 2, 1)
    assert found.reasons == [(7, "measure", "reject.measure"), (8, "genre", "reject.not-allowed")]
    steps = [one.records[0].availability for one in found.accepted]
    assert steps == [
        Availability.CONFISCATED_MANAGED,
        Availability.SEIZED,
        Availability.CONFISCATED_NOT_FINAL,
        Availability.UNKNOWN,
    ]
    land = found.record("I-PR-1-S")
    assert land.measure == "Confisca def.; quota 100 %; Misure di Prevenzione"
    assert (land.owner_type, land.precision, land.visibility) == ("state", Precision.MUNICIPALITY, Visibility.PUBLIC)
    assert found.record("I-PR-2-S").owner_type is None


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_both_files_of_confiscated_companies_are_told_by_their_headings(read, order):
    files = ["anbsc_companies_destined.csv", "anbsc_companies_managed.csv"]
    found = read("anbsc-companies", *(files[place] for place in order))
    assert found.counts == (5, 2, 2, 1)
    destined = found.record("A-PR-1")
    assert destined.availability is Availability.DESTINED
    assert destined.date == date(2014, 1, 10)  # day first, whatever another column of the file says
    assert "SEGRETA" not in repr(found.outcomes).upper()
    assert "SEGRETO" not in repr(found.outcomes).upper()
    assert found.record("A-PR-9-S").availability is Availability.CONFISCATED_NOT_FINAL


def test_historic_centres_by_code_and_point(read):
    found = read("historic-centres", "historic_centres.csv")
    assert found.counts == (5, 2, 2, 1)
    assert found.reasons == [(5, "lat", "reject.swapped-coordinates"), (6, "lat", "reject.coordinates")]
    centre = found.record("CS1")
    assert (centre.municipality, centre.lon, centre.lat, centre.name) == ("056010", 12.4263, 42.22, "Calcata vecchia")


def test_the_classification_of_comuni_says_its_years_in_the_headings(read):
    found = read("municipalities", "municipalities.csv")
    assert found.counts == (4, 2, 1, 1)
    record = found.record("059011")
    assert record.columns == {
        "name": "Latina",
        "area_km2": 277.62,
        "altitude_zone": 5,
        "altitude_m": 21,
        "coastal": True,
        "island": False,
        "urbanisation": 2,
    }
    assert record.figures == (("population", 2021, 127000.0, "residents"), ("population", 2023, 127500.0, "residents"))


def test_the_map_of_inner_areas_has_headings_in_two_rows(read):
    found = read("inner-areas", "inner_areas.csv")
    assert found.counts == (4, 2, 1, 1)
    assert found.record("057002").columns == {"snai_class": "F", "snai_minutes": 71.5, "snai_pole": "Rieti"}
    assert found.record("058091").figures == (("population", 2020, 2770226.0, "residents"),)


@pytest.mark.parametrize("files", list(itertools.permutations(["lots.csv", "participants.csv", "winners.csv"])))
def test_tender_lots_in_any_order_rebuild_the_groupings(read, files):
    found = read("tender-lots", *files)
    assert found.counts == (16, 11, 5, 0)
    assert sorted(reason for _line, _field, reason in found.reasons) == [
        "reject.masked",
        "reject.masked",
        "reject.natural-person",
        "reject.natural-person",
        "reject.unknown-lot",
    ]
    links = {r for one in found.accepted for r in one.records if isinstance(r, ParticipationRecord)}
    by_project: dict[str, set[tuple[str, str | None]]] = {}
    for link in links:
        by_project.setdefault(link.project, set()).add((link.organisation.value, link.outcome))
    assert sorted(map(sorted, by_project.values())) == [
        [("99999010582", "awarded"), ("99999020581", "awarded")],
        [("99999030580", "bid")],
        [("99999040589", "awarded")],
    ]
    assert {link.lot for link in links} == {"00097020598|L1", "00097020598|L2"}
    # The name of a grouping is part of what a store remembers: it must be the same in every process and version.
    assert "00097020598|L1|gb547febd1f8e6118" in by_project
    one = next(link for link in links if link.organisation.value == "99999010582")
    assert (one.amount, one.date, one.role) == (1234.5, date(2019, 8, 8), "02-MANDATARIA")
    assert one.buyer_identifier == Identifier("tax-code", "00097020598")
    assert one.buyer_municipality == "059011"
    assert next(link for link in links if link.organisation.value == "99999040589").amount is None
    assert "ROSSI" not in repr(found.outcomes)
    assert "BRUNO" not in repr(found.outcomes)


def test_a_row_of_tender_lots_told_twice_says_the_same_twice(read):
    found = read("tender-lots", "lots.csv", "participants.csv", "winners.csv")
    said: dict[str, object] = {}
    for one in found.accepted:
        assert said.setdefault(one.key, one.records) == one.records
    assert len(said) == 9


def test_own_organisations_with_italian_headings(read):
    found = read("organisations", "organisations_it.csv")
    assert found.counts == (9, 2, 7, 0)
    assert found.reasons == [
        (3, "tax_code", "reject.tax-code"),
        (5, "tax_code", "reject.tax-code"),
        (6, "kind", "reject.not-allowed"),
        (7, "pec", "reject.personal-mail"),
        (8, "tax_code", "reject.natural-person"),
        (9, "sector", "reject.sector"),
        (10, "employees", "reject.count"),
    ]
    assert "cooperative" in str(found.rejected[2].reason.params["allowed"])
    assert all("rossi" not in one.value.lower() and "RSSMRA" not in one.value for one in found.rejected)
    claims = {claim.field: claim for claim in found.record("tax-code:99999010582").assertions}
    assert claims["revenue"].value == 1234567.89
    assert claims["disadvantaged_share"].value == 0.35
    assert claims["certifications"].value == ("ISO 9001", "SA8000")
    assert claims["category"].value == "sociali"
    assert claims["pec"].value == "ortodiprova@pec.example.it"
    assert {claims[field].visibility for field in ("name", "sector", "municipality", "status")} == {Visibility.PUBLIC}
    inner = ("employees", "members", "revenue", "disadvantaged_share")
    assert {claims[field].visibility for field in inner} == {Visibility.FEDERATION}
    assert {claim.evidence for claim in claims.values()} == {Evidence.DECLARED}
    outside = found.facts("tax-code:99999030580")
    assert outside["province"] == "NA"
    assert "municipality" not in outside


def test_own_organisations_say_who_may_read_them(read, tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(
        "id,name,kind,municipality,employees,visibility,evidence\n"
        "A,Prima di Prova,cooperative,Latina,5,public,official\n"
        "B,Seconda Soc. Coop. di Prova,,Latina,5,reserved,\n"
        "C,Terza di Prova,,Latina,5,,\n"
    )
    found = read("organisations", path)
    first = {claim.field: claim for claim in found.record("key:organisations:A").assertions}
    assert first["employees"].visibility is Visibility.PUBLIC
    assert first["employees"].evidence is Evidence.OFFICIAL
    second = found.record("key:organisations:B").assertions
    assert {claim.visibility for claim in second} == {Visibility.RESERVED}
    assert next(claim for claim in second if claim.field == "kind").evidence is Evidence.INFERRED
    assert found.reasons == [(4, "kind", "reject.not-allowed")]


def test_own_participations(read):
    found = read("participations", "participations.csv")
    assert found.counts == (6, 3, 3, 0)
    assert [reason for _line, _field, reason in found.reasons] == [
        "reject.tax-code",
        "reject.not-allowed",
        "reject.amount",
    ]
    first, second, third = (one.records[0] for one in found.accepted)
    assert first.date == second.date == date(2021, 5, 6)
    assert first.amount == second.amount == 1000.5
    assert second.outcome == "awarded"
    assert "RSSMRA" not in first.text
    assert first.buyer_identifier == Identifier("municipality", "059011")
    assert (third.kind, third.amount, third.buyer_municipality, third.buyer_identifier) == (
        "membership",
        None,
        "063049",
        None,
    )
    assert third.organisation == Identifier("key:organisations", "COOP-1")


def test_own_sites_name_no_owner(read):
    found = read("sites", "sites.csv")
    assert found.counts == (6, 2, 3, 1)
    assert "Rossi" not in repr(found.outcomes)
    mill, land = found.record("S1"), found.record("S2")
    assert (mill.owner_type, mill.area_m2, mill.visibility) == ("municipality", 1250.5, Visibility.PUBLIC)
    assert mill.availability is Availability.OFFERED
    assert (land.precision, land.visibility, land.availability) == (
        Precision.POINT,
        Visibility.FEDERATION,
        Availability.UNKNOWN,
    )


def test_own_declarations_are_reserved_unless_they_say_otherwise(read):
    found = read("declarations", "declarations.csv")
    assert found.counts == (7, 2, 5, 0)
    offer, need = (one.records[0] for one in found.accepted)
    assert (offer.says, offer.quantity, offer.visibility) == ("offers", 2.0, Visibility.RESERVED)
    assert (need.says, need.municipality, need.visibility) == ("seeks", "059011", Visibility.FEDERATION)
    assert "mario" not in repr(found.outcomes)


def test_every_source_says_what_it_is_in_both_languages():
    for name, one in SOURCES.items():
        info = one.info
        assert info.name == name
        assert all([info.title_it, info.title_en, info.publisher, info.licence, info.formats])
        assert info.title_it != info.title_en
    with pytest.raises(UnknownSource) as caught:
        source("opencoesione")
    assert "boundaries" in str(caught.value.params["allowed"])


def test_lines_are_physical_lines_also_after_quoted_newlines(read, tmp_path: Path):
    path = tmp_path / "lines.csv"
    path.write_text('id,name,kind\nA,"Prova\nsu tre\nrighe",firm\n\nB,Altra,firm\nC,,firm\n')
    found = read("organisations", path)
    assert [one.line for one in found.outcomes] == [2, 6, 7]
    assert isinstance(found.outcomes[0], Accepted)
    assert found.facts("key:organisations:A")["name"] == "Prova su tre righe"


def test_outlines_of_a_national_geojson(read):
    found = read("boundaries", "boundaries_2023.geojson")
    assert found.counts == (8, 3, 4, 1)
    assert found.reasons == [
        (5, "geometry", "reject.geometry-type"),
        (6, "geometry", "reject.swapped-coordinates"),
        (7, "istat", "reject.municipality"),
        (8, "geometry", "reject.outside"),
    ]
    assert found.record("059018").geometry.geom_type == "MultiPolygon"
    crossed = found.record("056059")
    assert crossed.geometry.is_valid
    assert crossed.geometry.area == pytest.approx(0.00125)
    assert crossed.year == 2023
    assert [(notice.key, notice.params["count"]) for notice in found.notices] == [("notice.mended", 1)]


def test_outlines_of_a_topojson_share_their_arcs(read):
    found = read("boundaries", "boundaries.topojson")
    assert found.counts == (3, 2, 1, 0)
    west, east = (found.record(code).geometry for code in ("059011", "059005"))
    assert west.is_valid
    assert east.is_valid
    assert west.area == pytest.approx(0.0105)
    assert east.area == pytest.approx(0.0095)
    assert west.union(east).area == pytest.approx(0.02)
    assert west.intersection(east).area == pytest.approx(0)
