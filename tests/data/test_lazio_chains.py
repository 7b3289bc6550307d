"""Supply chains of Lazio: codes that exist, links that make sense, relations between activities."""

import itertools
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import InvalidValue
from data.lazio import ateco
from data.lazio.chains import STAGE_NUMBERS, body_relation, chain, chains, relation, stages_of, stages_of_body, undotted
from data.lazio.goods import goods
from data.model import BodyType

VERSIONS = ("2007", "2025")
STAGES = [stage for one in chains() for stage in one.stages]
EVERYBODYS = ("49", "52", "53", "62", "63", "69", "70", "73", "812", "8292")
AT_HOME = {"logistics", "mobility", "digital", "cleaning", "communication"}


def kinds(code_a: str, code_b: str, version: str = "2007") -> set[tuple[str, str, str | None, str]]:
    found = relation(code_a, version, code_b, version)
    return {(rel.kind, rel.chain.code, rel.giver, rel.strength) for rel in found}


def test_enough_chains_each_whole() -> None:
    assert len(chains()) >= 22
    assert max(Counter(one.code for one in chains()).values()) == 1
    for one in chains():
        assert re.fullmatch(r"[a-z_]+", one.code)
        assert one.name_it
        assert one.name_en
        assert 0 <= one.perishable <= 1
        assert len(one.stages) >= 3
        assert len(one.links) >= 2
        assert max(Counter(stage.key for stage in one.stages).values()) == 1


def test_every_chain_that_the_product_names_is_there() -> None:
    wanted = {
        "oil", "hazelnut", "wine", "milk", "produce", "meat", "wood", "hemp", "fish", "cereals", "catering",
        "social_farming", "care", "education", "culture", "tourism", "reuse", "cleaning", "green", "waste", "energy",
        "logistics", "digital",
    }  # fmt: skip
    assert wanted <= {one.code for one in chains()}
    assert {one.code for one in chains() if one.food} >= {"oil", "hazelnut", "wine", "milk", "fish", "catering"}
    assert not chain("care").food


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: f"{stage.chain}-{stage.key}")
def test_every_stage_is_numbered_named_and_has_codes_or_buyers(stage) -> None:
    assert stage.number in STAGE_NUMBERS
    assert stage.role_it
    assert stage.role_en
    assert stage.role_it != stage.role_en
    assert bool(stage.ateco_2007) == bool(stage.ateco_2025) or stage.number == "0"
    assert stage.ateco_2007 or stage.bodies
    assert stage.gives or stage.takes
    assert all(2 <= len(code) <= 6 and code.isdigit() for code in (*stage.ateco_2007, *stage.ateco_2025))


@pytest.mark.parametrize("version", VERSIONS)
def test_codes_exist_in_the_shipped_classification(version: str) -> None:
    codes = {code[:4] for stage in STAGES for code in stage.codes(version)}
    assert {code for code in codes if code not in ateco(version)} == set()
    assert "9999" not in ateco(version)


@pytest.mark.parametrize("version", VERSIONS)
def test_codes_exist_in_the_official_files(shared_data: Path, version: str, official_codes) -> None:
    known = official_codes(shared_data, version)
    wrong = {(stage.chain, stage.key, code) for stage in STAGES for code in stage.codes(version) if code not in known}
    assert wrong == set()
    assert "9999" not in known  # the check can fail


def test_links_join_stages_of_their_chain_and_carry_known_goods() -> None:
    keys = {one.key for one in goods()}
    for one in chains():
        ends = {stage.key for stage in one.stages}
        for link in one.links:
            assert {link.giver, link.taker} <= ends
            assert link.giver != link.taker
            assert link.goods
            assert set(link.goods) <= keys, (one.code, link)
            assert link.strength in ("strong", "weak")
            assert set(link.goods) <= set(one.stage(link.giver).gives) & set(one.stage(link.taker).takes)


@pytest.mark.parametrize("version", VERSIONS)
def test_nobody_is_its_own_supplier(version: str) -> None:
    for one in chains():
        for link in one.links:
            left, right = one.stage(link.giver).codes(version), one.stage(link.taker).codes(version)
            overlap = [(a, b) for a, b in itertools.product(left, right) if a.startswith(b) or b.startswith(a)]
            assert overlap == [], (one.code, link)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_serves_everybody_proves_nothing(version: str) -> None:
    for stage in STAGES:
        shared = [code for code in stage.codes(version) if code.startswith(EVERYBODYS)]
        if shared and stage.chain not in AT_HOME:
            assert not stage.core, (stage.chain, stage.key, shared)
            assert stage.number in ("0", "2", "4", "X")
            for link in chain(stage.chain).links:
                assert link.strength == "weak" or stage.key not in (link.giver, link.taker)


def test_growers_and_mill_trade_both_ways() -> None:
    found = {(rel.giver, rel.goods, rel.strength) for rel in relation("01.26", "2007", "10.41", "2007")}
    assert found == {("a", ("olives",), "strong"), ("b", ("oil_milling",), "strong")}


def test_the_relation_seen_from_the_other_side_is_the_same() -> None:
    for rel in relation("01.41", "2007", "10.51", "2007"):
        turned = {
            (back.kind, back.chain.code, back.giver, back.goods) for back in relation("10.51", "2007", "01.41", "2007")
        }
        assert (rel.kind, rel.chain.code, {"a": "b", "b": "a"}[rel.giver or "a"], rel.goods) in turned


@pytest.mark.parametrize(
    ("code_a", "code_b", "chain_code"),
    [
        ("01.21", "11.02", "wine"), ("01.41", "10.51", "milk"), ("01.25", "01.63", "hazelnut"),
        ("01.25", "10.39", "hazelnut"), ("01.13", "10.39", "produce"), ("01.46", "10.11", "meat"),
        ("02.20", "16.10", "wood"), ("01.16", "13.10", "hemp"), ("03.11", "10.20", "fish"),
        ("01.11", "10.61", "cereals"), ("10.61", "10.73", "cereals"), ("10.41", "56.29", "oil"),
        ("10.85", "56.29", "catering"), ("56.29", "87.30", "care"), ("85.60", "88.91", "education"),
        ("90.03", "91.02", "culture"), ("79.90", "79.12", "tourism"), ("71.11", "41.20", "reuse"),
        ("41.20", "68.20", "housing"), ("81.21", "81.10", "cleaning"), ("01.30", "81.30", "green"),
        ("38.11", "38.32", "waste"), ("43.21", "35.11", "energy"), ("49.41", "82.92", "logistics"),
        ("63.11", "62.01", "digital"), ("74.30", "87.90", "reception"),
    ],
)  # fmt: skip
def test_stages_that_really_trade_are_strongly_adjacent(code_a: str, code_b: str, chain_code: str) -> None:
    assert ("adjacent", chain_code, "a", "strong") in kinds(code_a, code_b)


@pytest.mark.parametrize("code", ["01.26", "10.41", "01.25", "88.10", "56.29", "81.21", "91.02"])
def test_same_stage_and_product_is_no_supplier(code: str) -> None:
    """Control N04: two of the same stage go to aggregation."""
    found = relation(code, "2007", code, "2007")
    assert {rel.kind for rel in found} == {"same-stage"}
    assert all(rel.giver is None and rel.goods == () for rel in found)


@pytest.mark.parametrize("version", VERSIONS)
def test_housing_and_hazelnut_have_nothing_in_common(version: str) -> None:
    """Control N12, over every code of construction and real estate and every core or food stage of the hazelnut."""
    housing = {s.code.replace(".", "") for s in ateco(version) if s.code.startswith(("41", "68"))}
    hazelnut = {code for stage in chain("hazelnut").stages if stage.core for code in stage.codes(version)}
    assert len(housing) >= 5
    assert len(hazelnut) >= 5
    for left, right in itertools.product(sorted(housing), sorted(hazelnut)):
        assert relation(left, version, right, version) == (), (left, right)


def test_hauliers_work_for_mills_but_only_weakly() -> None:
    assert kinds("49.41", "10.41") == {("adjacent", "oil", "a", "weak")}
    assert all(not ref.stage.core for ref in stages_of("49.41", "2007") if ref.chain.code not in AT_HOME)
    assert kinds("49.41", "62.01") == set()
    assert kinds("62.01", "01.26") == set()


def test_six_digits_two_versions_and_section_letters() -> None:
    assert relation("012600", "2007", "104110", "2007") == relation("01.26", "2007", "10.41", "2007")
    assert ("adjacent", "catering", "a", "strong") in {
        (rel.kind, rel.chain.code, rel.giver, rel.strength) for rel in relation("56.22", "2025", "85.10", "2007")
    }
    assert {ref.chain.code for ref in stages_of("35.12", "2025")} >= {"energy"}
    assert stages_of("35.12", "2007") == ()
    assert [undotted(code) for code in ("A01.26", "01.26.00", "0126", "", None, "vino", "1", "01.2.6.0.0.0")] == [
        "0126", "012600", "0126", "", "", "", "", "",
    ]  # fmt: skip


def test_a_broad_code_is_a_weak_hint_and_two_say_nothing() -> None:
    assert {rel.strength for rel in relation("10", "2007", "01.26", "2007")} == {"weak"}
    assert relation("10", "2007", "01", "2007") == ()
    assert all(ref.broad for ref in stages_of("10", "2007"))
    assert not any(rel.kind == "same-stage" for rel in relation("10.4", "2007", "10.41", "2007"))


def test_core_and_exact_stages_come_first() -> None:
    refs = stages_of("10.41", "2007")
    assert (refs[0].chain.code, refs[0].stage.key) == ("oil", "mills")
    assert [(ref.broad, not ref.stage.core) for ref in refs] == sorted((ref.broad, not ref.stage.core) for ref in refs)


def test_missing_code_or_version() -> None:
    assert stages_of(None, None) == ()
    assert stages_of("A", "2007") == ()
    assert stages_of("01.26", None) == stages_of("01.26", "2007")
    assert relation(None, None, "01.26", "2007") == ()
    with pytest.raises(InvalidValue):
        stages_of("01.26", "1991")
    with pytest.raises(InvalidValue):
        chain("gold")
    with pytest.raises(KeyError):
        chain("oil").stage("space")


def test_public_bodies_buy_what_their_services_need() -> None:
    care = body_relation("88.10", "2007", BodyType.MUNICIPALITY)
    assert ("care", "a", "strong") in {(rel.chain.code, rel.giver, rel.strength) for rel in care}
    assert "home_care" in care[0].goods
    assert {rel.chain.code for rel in body_relation("56.29", "2007", BodyType.SCHOOL)} >= {"catering"}
    assert {rel.strength for rel in body_relation("10.41", "2007", BodyType.SCHOOL)} == {"weak"}
    assert body_relation("10.41", "2007", BodyType.CHAMBER) == ()
    assert {stage.chain for stage in stages_of_body(BodyType.PARK)} >= {"wood", "green", "culture"}


CODES = sorted({code for stage in STAGES for code in stage.ateco_2007})


@given(st.sampled_from(CODES), st.sampled_from(CODES))
def test_relations_are_mirrored_ordered_and_about_stages_of_the_codes(left: str, right: str) -> None:
    found = relation(left, "2007", right, "2007")
    turned = relation(right, "2007", left, "2007")
    other = {"a": "b", "b": "a", None: None}
    assert {(r.kind, r.chain.code, r.stage_a.key, r.stage_b.key, r.giver, r.goods, r.strength) for r in found} == {
        (r.kind, r.chain.code, r.stage_b.key, r.stage_a.key, other[r.giver], r.goods, r.strength) for r in turned
    }
    ranks = [(r.kind != "adjacent", r.strength != "strong") for r in found]
    assert ranks == sorted(ranks)
    assert len(set(found)) == len(found)


@given(st.text(max_size=12), st.sampled_from(["2007", "2025", None]))
def test_any_text_for_a_code_is_harmless(code: str, version: str | None) -> None:
    assert isinstance(stages_of(code, version), tuple)
