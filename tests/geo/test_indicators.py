"""Indicators against values worked out by hand on a territory of four comuni."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from data.errors import UnknownIndicator
from data.model import (
    Availability,
    Declaration,
    Evidence,
    Figure,
    Identifier,
    Landmark,
    Municipality,
    Organisation,
    OrganisationKind,
    Provenance,
    Site,
)
from geo.indicators import (
    INDICATORS,
    Selection,
    division_and_section,
    indicator,
    measure,
    origin_of,
    read_territory,
    summarise,
)

COOPERATIVE = OrganisationKind.COOPERATIVE


def comune(istat: str, **given) -> Municipality:
    return Municipality(istat=istat, name=f"Comune {istat}", province="RM", lon=12.5, lat=41.9, area_km2=10.0, **given)


def body(name: str, istat: str | None, kind: OrganisationKind = COOPERATIVE, **given) -> Organisation:
    origin = Provenance(Evidence.OFFICIAL, given.pop("source", "organisations"), date(2024, 5, 1))
    return Organisation(id=name, name=name, kind=kind, municipality=istat, provenance={"name": origin}, **given)


def residents(istat: str, year: int, value: float) -> Figure:
    return Figure(istat, "population", year, value, "residents", "population")


CODES = ("058001", "058002", "058003", "058004")
COMUNI = [
    comune("058003", snai_class="F", snai_minutes=80.5, altitude_m=900),
    comune("058001", snai_class="A", snai_minutes=0.0, altitude_m=20),
    comune("058002", snai_class="D - Intermedio", snai_minutes=30.0),
    comune("058004"),
]
BODIES = [
    body("a", "058001", sector="01.26", sector_version="2025", category="agricole"),
    body("b", "058001", sector="88.10.00", sector_version="2007"),
    body("c", "058002", kind=OrganisationKind.CONSORTIUM, sector="01", sector_version="2025"),
    body("d", "058002", kind=OrganisationKind.THIRD_SECTOR, source="cinque-per-mille"),
    body("e", "058003", kind=OrganisationKind.PUBLIC_BODY, source="ipa"),
    body("f", "037006"),
    body("g", None),
]
FIGURES = [
    *(residents(code, 2020, value) for code, value in zip(CODES, (20_000, 1_000, 100, 0), strict=True)),
    *(residents(code, 2022, value) for code, value in zip(CODES, (25_000, 900, 100, 50), strict=True)),
    residents("058001", 2025, 99_000),
]
TERRITORY = read_territory(COMUNI, BODIES, figures=FIGURES)


def values(name: str, territory=TERRITORY, **selection: str) -> list[float | None]:
    found = measure(territory, indicator(name), Selection(**selection)).values
    return [None if np.isnan(value) else float(value) for value in found]


def test_the_comuni_stand_in_the_order_of_their_codes():
    assert TERRITORY.istat == CODES


def test_cooperatives_count_consortia_and_leave_out_what_is_elsewhere():
    assert values("cooperatives") == [2, 1, None, None]


def test_a_comune_with_no_listed_cooperative_is_no_datum_and_never_zero():
    assert 0 not in values("cooperatives")
    assert values("cooperatives")[2] is None


def test_cooperatives_per_10000_residents_by_hand():
    assert values("cooperatives-per-10000") == [
        pytest.approx(2 / 25_000 * 10_000),
        pytest.approx(1 / 900 * 1e4),
        None,
        None,
    ]


def test_public_bodies_are_organisations_only_when_asked_for():
    assert values("organisations") == [2, 2, None, None]
    assert values("organisations", kind="public-body") == [None, None, 1, None]


@pytest.mark.parametrize(
    ("sector", "expected"),
    [
        ("01", [1, 1, None, None]),
        ("01.26", [1, None, None, None]),
        ("0126", [1, None, None, None]),
        ("A", [1, 1, None, None]),
        ("a", [1, 1, None, None]),
        ("88", [1, None, None, None]),
        ("88.10", [1, None, None, None]),
        ("R", [1, None, None, None]),
        ("Q", [None, None, None, None]),
        ("99", [None, None, None, None]),
    ],
)
def test_sector_is_a_section_or_division_of_2025_or_a_longer_prefix(sector, expected):
    """Code 88.10.00 of 2007 stood in section Q, which in 2025 is education: it counts as R, health and social work."""
    assert values("organisations", sector=sector) == expected


@pytest.mark.parametrize(
    ("code", "version", "expected"),
    [
        ("64.19", "2007", ("64", "L")),
        ("68.20", "2007", ("68", "M")),
        ("85.42", "2007", ("85", "Q")),
        ("45.20", "2007", ("95", "T")),
        ("45.20", "2025", ("", "")),
        ("84.11", None, ("84", "P")),
        ("45.20", None, ("95", "T")),
        ("K", "2007", ("", "L")),
        ("A", "2025", ("", "A")),
        ("84", "1991", ("84", "P")),
        ("", "2007", ("", "")),
        ("nothing", "2025", ("", "")),
    ],
)
def test_every_code_is_read_in_its_version_and_counted_in_one(code, version, expected):
    """The letters were K, L, P, G in 2007: a 2025 title beside one of them would be of another trade."""
    assert division_and_section(code, version) == expected


def test_kind_and_category_filter():
    assert values("organisations", kind="third-sector") == [None, 1, None, None]
    assert values("organisations", category="agricole") == [1, None, None, None]


def test_an_indicator_obeys_only_its_own_filters():
    assert values("population", sector="01") == values("population")
    assert values("cooperatives", availability="seized") == values("cooperatives")


def test_population_is_that_of_the_latest_year_known_for_all():
    """2025 is known for one comune only: it must not empty the map."""
    assert values("population") == [25_000, 900, 100, 50]
    assert measure(TERRITORY, indicator("population")).years == (2022,)


def test_population_change_by_hand_and_no_datum_from_nothing():
    assert values("population-change") == [pytest.approx(25.0), pytest.approx(-10.0), 0.0, None]
    assert measure(TERRITORY, indicator("population-change")).years == (2020, 2022)


def test_snai_class_is_a_category_whatever_words_follow_the_letter():
    assert values("snai-class") == [0, 3, 5, None]


def test_minutes_and_altitude_unknown_is_no_datum():
    assert values("snai-minutes") == [0.0, 30.0, 80.5, None]
    assert values("altitude") == [20.0, None, 900.0, None]


def test_public_bodies_are_zero_only_when_the_register_is_loaded():
    assert values("public-bodies") == [None, None, 1, None]
    with_register = [
        replace(each, identifiers=(Identifier("ipa", "x"),)) if each.id == "e" else each for each in BODIES
    ]
    assert values("public-bodies", read_territory(COMUNI, with_register)) == [0, 0, 1, 0]


def site(
    name: str, istat: str | None, source: str, available=Availability.CONFISCATED_MANAGED, category: str = "Terreno"
) -> Site:
    return Site(
        id=name,
        source=source,
        name=name,
        kind="property",
        category=category,
        municipality=istat,
        availability=available,
    )


SITES = [
    site("1", "058001", "anbsc-properties"),
    site("2", "058001", "anbsc-properties", Availability.CONFISCATED_NOT_FINAL, "Appartamento"),
    site("3", "058002", "anbsc-companies"),
    site("4", None, "anbsc-properties"),
    site("5", "058003", "sites"),
]


def test_confiscated_assets_are_true_zeros_once_their_list_is_loaded():
    territory = read_territory(COMUNI, sites=SITES)
    assert values("confiscated-properties", territory) == [2, 0, 0, 0]
    assert values("confiscated-companies", territory) == [0, 1, 0, 0]
    assert values("confiscated-properties", read_territory(COMUNI)) == [None] * 4


def test_confiscated_assets_by_availability_and_category():
    territory = read_territory(COMUNI, sites=SITES)
    assert values("confiscated-properties", territory, availability="confiscated-in-management") == [1, 0, 0, 0]
    assert values("confiscated-properties", territory, availability="confiscated-not-final") == [1, 0, 0, 0]
    assert values("confiscated-properties", territory, site_category="Appartamento") == [1, 0, 0, 0]
    assert values("confiscated-properties", territory, availability="seized") == [0, 0, 0, 0]


def test_historic_centres():
    marks = [
        Landmark(id=str(at), source="dpc", kind="historic-centre", municipality="058002", lon=12.5, lat=41.9)
        for at in range(3)
    ]
    assert values("historic-centres", read_territory(COMUNI, landmarks=marks)) == [0, 3, 0, 0]
    assert values("historic-centres") == [None] * 4


def test_needs_stand_where_they_are_asked_or_where_the_organisation_sits():
    needs = [
        Declaration(id="1", organisation="a", says="seeks", what="trasporto"),
        Declaration(id="2", organisation="a", says="seeks", what="spazi", municipality="058003"),
        Declaration(id="3", organisation="a", says="offers", what="olio"),
        Declaration(id="4", organisation="nobody", says="seeks", what="altro"),
    ]
    assert values("declared-needs", read_territory(COMUNI, BODIES, declarations=needs)) == [1, None, 1, None]


def test_sources_and_years_are_those_of_what_was_counted():
    counted = measure(TERRITORY, indicator("third-sector-bodies"))
    assert counted.sources == ("cinque-per-mille",)
    assert counted.years == (2024,)
    assert measure(TERRITORY, indicator("cooperatives-per-10000")).sources == ("organisations", "population")


def test_a_shipped_column_names_where_it_was_taken_from():
    assert origin_of("lazio", "snai_minutes") == "snai-map"
    assert origin_of("ipa", "snai_minutes") == "ipa"
    shipped = comune("058001", altitude_m=20, provenance={"altitude_m": Provenance(Evidence.OFFICIAL, "lazio")})
    found = measure(read_territory([shipped]), indicator("altitude"))
    assert found.sources == ("istat-classification",)
    assert found.years == (2023,)


def test_the_inner_areas_map_has_one_edition_and_its_year_is_said():
    loaded = comune("058001", snai_class="D", provenance={"snai_class": Provenance(Evidence.OFFICIAL, "inner-areas")})
    assert measure(read_territory([loaded]), indicator("snai-class")).years == (2020,)


def test_demonstration_rows_mark_the_measure():
    assert not measure(TERRITORY, indicator("cooperatives")).demonstration
    marked = [replace(each, demonstration=True) for each in BODIES]
    assert measure(read_territory(COMUNI, marked), indicator("cooperatives")).demonstration


# --- areas --------------------------------------------------------------------------------------------------------

ALL = np.arange(4)


def area(name: str, members=ALL) -> float | None:
    entry = indicator(name)
    return summarise(entry, measure(TERRITORY, entry), members).value


def test_an_area_sums_counts_and_divides_sums():
    assert area("population") == 26_050
    assert area("cooperatives") == 3
    assert area("cooperatives-per-10000") == pytest.approx(3 / 26_050 * 10_000)
    assert area("population-change") == pytest.approx((26_000 - 21_100) / 21_100 * 100)


def test_an_area_takes_the_median_of_minutes_and_has_no_class():
    assert area("snai-minutes") == 30.0
    assert area("snai-class") is None


def test_an_area_without_any_value_has_none():
    assert area("cooperatives", np.array([2, 3])) is None
    assert area("cooperatives", np.array([], dtype=int)) is None


# --- the registry ---------------------------------------------------------------------------------------------------


def test_every_indicator_answers_on_an_empty_and_on_a_full_territory():
    for entry in INDICATORS.values():
        assert measure(read_territory([]), entry).values.shape == (0,)
        assert measure(TERRITORY, entry).values.shape == (4,)
        assert np.isnan(measure(read_territory(COMUNI[3:]), entry).values).all()


def test_an_unknown_indicator_says_which_there_are():
    with pytest.raises(UnknownIndicator) as caught:
        indicator("happiness")
    assert "population" in str(caught.value.params["allowed"])


def test_real_sums_equal_the_lists(shared_data):
    """On the real 5x1000 list: the map's cooperatives are the list's rows with a comune of Lazio, one by one."""
    from data.records import Accepted, OrganisationRecord, ReadOptions
    from data.sources import source

    read = source("cinque-per-mille").read([shared_data / "cinque_per_mille_2022_lazio.csv"], ReadOptions())
    bodies, seats = [], []
    for outcome in read:
        if isinstance(outcome, Accepted):
            for record in outcome.records:
                if isinstance(record, OrganisationRecord):
                    facts = {each.field: each.value for each in record.assertions}
                    bodies.append(body(outcome.key, facts.get("municipality"), OrganisationKind(facts["kind"])))
                    seats.append((facts.get("municipality"), facts["kind"]))
    comuni = [comune(code) for code in sorted({seat for seat, _ in seats if seat})]
    found = measure(read_territory(comuni, bodies), indicator("cooperatives"))
    expected = sum(1 for seat, kind in seats if seat and kind in {"cooperative", "consortium"})
    assert expected > 100
    assert np.nansum(found.values) == expected
