"""Classes, legends, palettes and payloads."""

import json
from itertools import pairwise

import numpy as np
import pytest

from data.model import Figure, Landmark, Municipality, Organisation, OrganisationKind, Precision, Site
from geo.indicators import INDICATORS, Selection, indicator, read_territory
from geo.layers import (
    BARS,
    UNCLASSED,
    Scheme,
    classify,
    draw,
    landmark_payload,
    layer_payload,
    municipality_payload,
    organisation_payload,
    plain_numbers,
    site_payload,
)
from geo.palettes import Scale, colours, linear_rgb, oklab

SAMPLE = np.array([1, 1, 2, 3, 5, 8, 13, 21, 34, 55], dtype=float)
NAN = float("nan")


# --- classes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("classes", [3, 5, 7])
def test_classes_follow_the_values_without_gaps(scheme, classes):
    index = classify(SAMPLE, scheme, classes)
    assert (np.diff(index) >= 0).all()
    assert set(index.tolist()) == set(range(index.max() + 1))
    assert index.max() + 1 <= classes


def test_quantiles_hold_equal_numbers_and_equal_intervals_equal_widths():
    assert np.bincount(classify(np.arange(20, dtype=float), Scheme.QUANTILES, 5)).tolist() == [4] * 5
    assert classify(np.array([0.0, 24, 26, 49, 51, 99, 100]), Scheme.EQUAL, 4).tolist() == [0, 0, 1, 1, 2, 3, 3]


def test_natural_breaks_find_the_gaps():
    values = np.array([1, 2, 3, 50, 51, 52, 900, 901, 902], dtype=float)
    assert classify(values, Scheme.NATURAL, 3).tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]


@pytest.mark.parametrize("scheme", Scheme)
def test_few_distinct_values_make_one_class_each(scheme):
    assert classify(np.array([4.0, NAN, 4, 9, 9, 4]), scheme, 5).tolist() == [0, UNCLASSED, 0, 1, 1, 0]


@pytest.mark.parametrize("scheme", Scheme)
def test_many_ties_leave_no_empty_class(scheme):
    index = classify(np.array([0.0] * 90 + [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), scheme, 5)
    assert set(index.tolist()) == set(range(index.max() + 1))


def test_a_lowest_value_that_most_have_is_a_class_of_its_own():
    values = np.array([0.0] * 80 + [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    assert np.bincount(classify(values, Scheme.QUANTILES, 5)).tolist() == [80, 3, 3, 3, 3]


def test_no_value_at_all_is_all_unclassed():
    assert classify(np.array([NAN, NAN]), Scheme.QUANTILES, 5).tolist() == [UNCLASSED, UNCLASSED]
    assert classify(np.array([]), Scheme.EQUAL, 5).tolist() == []


@pytest.mark.parametrize("scheme", Scheme)
def test_a_diverging_class_never_holds_both_signs(scheme):
    values = np.array([-9, -5, -4, -1, -0.5, 0, 0.2, 1, 4, 6, NAN])
    index = classify(values, scheme, 6, Scale.DIVERGING)
    for group in range(index.max() + 1):
        members = values[index == group]
        assert (members < 0).all() or (members >= 0).all()


def test_the_sides_of_zero_share_the_classes_by_their_numbers():
    """243 comuni that lose residents and 135 that gain: cut in two halves, classes held 122 and 45 comuni."""
    values = np.concatenate([-np.arange(1.0, 244), np.arange(135.0)])
    assert np.bincount(classify(values, Scheme.QUANTILES, 5, Scale.DIVERGING)).tolist() == [81, 81, 81, 68, 67]
    lopsided = np.concatenate([-np.arange(1.0, 100), [0.0]])
    assert np.bincount(classify(lopsided, Scheme.QUANTILES, 7, Scale.DIVERGING))[-1] == 1


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("name", ["cooperatives-per-10000", "population-change"])
def test_no_written_value_stands_in_two_classes(scheme, name):
    """Values .46 and .54 are both written 0,5: they are of one class, and no bound is that of another."""
    figures = [
        Figure(f"058{at:03}", "population", year, residents, "residents", "x")
        for at in range(60)
        for year, residents in ((2020, 20_000.0), (2022, 20_000.0 + (at - 20) ** 2 * (1 if at > 20 else -0.07)))
    ]
    bodies = [
        Organisation(id=f"{at}-{n}", name="x", kind=KIND.COOPERATIVE, municipality=f"058{at:03}")
        for at in range(60)
        for n in range(1 + at // 4)
    ]
    legend = layer_payload(draw(read_territory(comuni(60), bodies, figures=figures), indicator(name), scheme=scheme))[
        "legend"
    ]
    assert len(legend) > 2
    assert all(lower["to"] < upper["from"] for lower, upper in pairwise(legend))


def test_a_diverging_scale_with_one_sign_only():
    assert classify(np.array([1.0, 2, 3]), Scheme.EQUAL, 6, Scale.DIVERGING).tolist() == [0, 1, 2]
    assert classify(np.array([-3.0, -2, -1]), Scheme.EQUAL, 6, Scale.DIVERGING).tolist() == [0, 1, 2]


# --- colours for everybody ------------------------------------------------------------------------------------------

# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB.
BLINDNESS = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    "none": np.eye(3).tolist(),
}
APART = 0.06


def nearest(palette: tuple[str, ...], eye: str) -> float:
    seen = [oklab(np.clip(np.array(BLINDNESS[eye]) @ linear_rgb(colour), 0, 1)) for colour in palette]
    return min(float(np.linalg.norm(a - b)) for at, a in enumerate(seen) for b in seen[at + 1 :])


@pytest.mark.parametrize("eye", BLINDNESS)
@pytest.mark.parametrize(
    "palette",
    [
        *(colours(Scale.SEQUENTIAL, n) for n in range(2, 8)),
        *(colours(Scale.DIVERGING, 2 * n, n) for n in range(1, 4)),
        *(colours(Scale.DIVERGING, n, below) for n in range(3, 8) for below in range(max(1, n - 4), min(n, 5))),
        colours(Scale.CATEGORICAL, 6),
    ],
)
def test_classes_stay_apart_for_every_eye(palette, eye):
    assert nearest(palette, eye) > APART


def test_the_check_of_colours_can_fail():
    assert nearest(("#c14b4b", "#6f7f2a"), "deutan") < APART * 2
    assert nearest(("#e41a1c", "#8f6d10"), "protan") < nearest(("#e41a1c", "#8f6d10"), "none") / 2


@pytest.mark.parametrize("scale", [Scale.SEQUENTIAL, Scale.CATEGORICAL])
def test_order_is_read_from_lightness_alone(scale):
    for n in range(2, 8):
        light = [oklab(linear_rgb(colour))[0] for colour in colours(scale, n)]
        assert all(a > b for a, b in pairwise(light))


def test_a_diverging_ramp_is_palest_at_the_turn():
    light = [oklab(linear_rgb(colour))[0] for colour in colours(Scale.DIVERGING, 6, 3)]
    assert light[0] < light[1] < light[2]
    assert light[3] > light[4] > light[5]
    assert colours(Scale.DIVERGING, 3, 3) == colours(Scale.DIVERGING, 6, 3)[:3]


# --- layers ---------------------------------------------------------------------------------------------------------


def comuni(n: int) -> list[Municipality]:
    return [
        Municipality(
            istat=f"058{at:03}", name=f"C{at}", province="RM", lon=12.0, lat=42.0, area_km2=1.0, altitude_m=at * at
        )
        for at in range(n)
    ]


TERRITORY = read_territory(comuni(30))


@pytest.mark.parametrize("name", INDICATORS)
@pytest.mark.parametrize("scheme", Scheme)
def test_the_legend_accounts_for_every_comune(name, scheme):
    layer = draw(TERRITORY, INDICATORS[name], scheme=scheme)
    assert sum(row.count for row in layer.legend) + layer.no_data == 30
    assert len({row.colour for row in layer.legend}) == len(layer.legend)
    json.dumps(layer_payload(layer), allow_nan=False)


def test_legend_rows_hold_exactly_their_comuni():
    layer = draw(TERRITORY, indicator("altitude"), classes=4)
    for at, row in enumerate(layer.legend):
        inside = (layer.result.values >= row.lower) & (layer.result.values <= row.upper)
        assert (inside == (layer.classes == at)).all()
        assert inside.sum() == row.count


def test_the_histogram_counts_everybody():
    layer = draw(TERRITORY, indicator("altitude"))
    assert len(layer.histogram) == BARS
    assert sum(bar.count for bar in layer.histogram) == 30


def test_a_bar_takes_the_class_of_most_of_its_comuni():
    """Values 0, 1, 4 ... 841: the first bar (0 to 35) holds six comuni, all of the lowest class."""
    layer = draw(TERRITORY, indicator("altitude"))
    assert layer.histogram[0].count == 6
    assert layer.histogram[0].class_index == 0
    assert layer.histogram[-1].class_index == 4


def test_numbers_of_classes_are_kept_within_bounds():
    assert len(draw(TERRITORY, indicator("altitude"), classes=99).legend) == 7
    assert len(draw(TERRITORY, indicator("altitude"), classes=-1).legend) == 3


def test_categories_keep_their_colour_when_some_are_missing():
    one = draw(read_territory([Municipality(**BARE, snai_class="E")]), indicator("snai-class"))
    assert one.classes.tolist() == [4]
    assert [row.count for row in one.legend] == [0, 0, 0, 0, 1, 0]


BARE = {"istat": "058001", "name": "X", "province": "RM", "lon": 12.0, "lat": 42.0, "area_km2": 1.0}


def test_payload_numbers_are_plain():
    found = plain_numbers(np.array([1.0, NAN, 2.346, -0.001]), 2)
    assert found == [1, None, 2.35, 0]
    assert json.dumps(found) == "[1, null, 2.35, 0]"


# --- features ---------------------------------------------------------------------------------------------------------

KIND = OrganisationKind
BODIES = [
    Organisation(
        id="1",
        name="Alfa",
        kind=KIND.COOPERATIVE,
        municipality="058001",
        lon=12.1234567,
        lat=42.1,
        precision=Precision.POINT,
    ),
    Organisation(
        id="2",
        name="{{7*7}}",
        kind=KIND.FIRM,
        municipality="058001",
        lon=12.2,
        lat=42.2,
        precision=Precision.MUNICIPALITY,
    ),
    Organisation(id="3", name="Ente", kind=KIND.PUBLIC_BODY, municipality="058002"),
    Organisation(
        id="4", name="Lontana", kind=KIND.COOPERATIVE, municipality="037006", sector="01.1", sector_version="2025"
    ),
]
PLACES = read_territory(comuni(5), BODIES)


def test_organisations_are_columns_of_one_length_and_account_for_all():
    found = organisation_payload(PLACES, BODIES)
    assert found["id"] == ["1", "2", "3"]
    assert (found["total"], found["unplaced"]) == (3, 1)
    assert found["counts"] == [0, 2, 0, 0, 0]
    columns = (
        "id",
        "name",
        "kind",
        "sector",
        "division",
        "section",
        "category",
        "municipality",
        "lon",
        "lat",
        "demonstration",
    )
    assert {len(found[name]) for name in columns} == {3}
    assert found["name"][1] == "{{7*7}}"


def test_a_comune_level_place_never_becomes_a_point():
    found = organisation_payload(PLACES, BODIES)
    assert found["lon"] == [12.12346, None, None]
    assert found["lat"] == [42.1, None, None]


def test_public_bodies_count_when_asked_for():
    found = organisation_payload(PLACES, BODIES, Selection(kind="public-body"))
    assert (found["total"], found["counts"], found["id"]) == (1, [0, 0, 1, 0, 0], ["3"])


def test_too_many_features_are_cut_but_counted():
    many = [Organisation(id=f"{at:05}", name="x", kind=KIND.COOPERATIVE, municipality="058001") for at in range(50)]
    found = organisation_payload(read_territory(comuni(5), many), many, limit=20)
    assert (len(found["id"]), found["truncated"], found["total"], found["counts"][1]) == (20, True, 50, 50)


def test_sites_and_landmarks():
    here = {"source": "sites", "kind": "building", "municipality": "058002", "lon": 12.5, "lat": 42.0}
    sites = [
        Site(id="1", name="Ex scuola", precision=Precision.POINT, **here),
        Site(id="2", name="Terreno", precision=Precision.MUNICIPALITY, **here),
    ]
    territory = read_territory(comuni(5), sites=sites)
    found = site_payload(territory, sites)
    assert found["lon"] == [12.5, None]
    assert found["counts"] == [0, 0, 2, 0, 0]
    marks = [
        Landmark(id=str(at), source="x", kind="historic-centre", municipality="058003", lon=12.5, lat=42.0)
        for at in range(3)
    ]
    cut = landmark_payload(territory, marks, limit=2)
    assert (cut["municipality"], cut["total"], cut["truncated"]) == ([3, 3], 3, True)


def test_comuni_are_in_order():
    found = municipality_payload(TERRITORY)
    assert found["istat"] == sorted(found["istat"])
    assert {len(column) for column in found.values()} == {30}
