"""Eligibility rules as data: three-valued predicates, what may remove, and the controls that are rules."""

import re
from collections import Counter
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import InvalidValue
from data.lazio.facts import FACTS, UnknownFact, checked_facts, organisation_facts
from data.lazio.predicates import all_of, any_of, is_a_cooperative, is_social, negation, predicate, predicate_names
from data.lazio.rules import rule, rules, rules_for
from data.model import Organisation, OrganisationKind, Status

TODAY = date(2026, 11, 22)
LEGAL = [f"E{number:02d}" for number in range(1, 27)]


def state(identifier: str, **facts: object) -> str:
    return rule(identifier).check(facts).state


# --- the table --------------------------------------------------------------------------------------------


def test_every_rule_is_there_once_dated_and_sourced() -> None:
    found = [one.id for one in rules()]
    assert set(LEGAL) <= set(found)
    assert max(Counter(found).values()) == 1
    for one in rules():
        assert one.checked_on == TODAY
        assert one.source
        assert one.certainty in ("read", "memory", "design")
        assert one.kind in ("require", "deny", "warn", "limit", "boost")
        assert one.about in ("party", "body", "each", "pair")
        assert one.applies_to
        assert one.text_it.endswith(".")
        assert one.text_en.endswith(".")
        assert one.text_it != one.text_en
        assert one.legal_basis or one.certainty == "design"


def test_italian_words_carry_their_accents() -> None:
    wrong = re.compile(r"\b(e'|puo|attivita|mutualita|perche|cooperativita|gia|piu|citta)\b|a'\B", re.IGNORECASE)
    assert {one.id: one.text_it for one in rules() if wrong.search(one.text_it)} == {}
    assert wrong.search("l'iniziativa puo venire")  # the check can fail
    assert not any("affidatari" in one.text_it.casefold() for one in rules())


OPENINGS_IT = re.compile(
    r"(È|Non (è|sono|stanno)|Nessuna delle due|Le due (sono|producono)|L'ente ha|L'importo è|La durata non supera"
    r"|Tra le due passa|C'è|Hanno|Almeno il \d+%|Il suo scopo principale è|I (soci fondatori|consorziati|conti) sono"
    r"|Il (bando|luogo) non è|Sono|Si tratta di|Le (regioni|cooperative del consorzio) sono|Per dire «[^»]+»:"
    r"|Insieme raggiungono|Ha|Può|Un bando chiede|Il territorio ha)(?=\W)"
)
OPENINGS_EN = re.compile(
    r"(It(s main aim)? is|They (are|have|do not)|Neither|Both|It (lasts|has|can)|A (food )?product|A call asks"
    r"|At least \d+%|The (accounts|members|regions|founding members|cooperatives of the consortium) are"
    r"|The (amount|place) is|The (body|area|call) has|To say \"[^\"]+\":|Together|There is)(?=\W)"
)
AGAINST_THE_TRUTH = re.compile(
    r"^(Serve|Si propone|Chi |Con |Un luogo|Se |Una fa|Un'organizzazione|Durata|Importo|Cooperativ)"
    r"|\bnon si propon|\bva(nno)? (usat|propost)|^Le due organizzazioni sono già|\bdeve avere\b"
)


@pytest.mark.parametrize("one", rules(), ids=lambda one: one.id)
def test_a_rule_reads_as_a_requirement_that_is_fulfilled_when_passed(one) -> None:
    """Cards write "rispettato" before the text, so the text must be what holds then, for deny rules too."""
    assert OPENINGS_IT.match(one.text_it), one.text_it
    assert OPENINGS_EN.match(one.text_en), one.text_en
    assert not AGAINST_THE_TRUTH.search(one.text_it), one.text_it


def test_the_requirement_check_can_fail() -> None:
    for text in (
        "Le due organizzazioni sono già fuse in una.",
        "Una fa già parte dell'altra: si propone solo per uno scopo nuovo.",
        "Serve una cooperativa sociale di tipo B.",
        "Con debiti pesanti, patrimonio netto negativo o revisione in sospeso non si propone la fusione.",
    ):
        assert AGAINST_THE_TRUTH.search(text), text
        assert not OPENINGS_IT.match(text), text


@pytest.mark.parametrize(
    ("identifier", "facts", "text_it", "text_en"),
    [
        ("U01", {"same_body": False}, "Non sono la stessa organizzazione.", "They are not the same organisation."),
        (
            "U02",
            {"already_merged": False},
            "Non sono già fuse in una sola.",
            "They have not already merged into one.",
        ),
        (
            "U03",
            {"parent_child": False},
            "Nessuna delle due fa già parte dell'altra, oppure lo scopo è nuovo.",
            "Neither already belongs to the other, or the purpose is new.",
        ),
        (
            "E08",
            {"kind": "third-sector", "third_sector": True, "social_enterprise": False},
            "È un ente del Terzo settore ma non un'impresa sociale",
            "It is a third-sector body but no social enterprise",
        ),
    ],
)
def test_what_a_passed_deny_rule_says_is_true(identifier, facts, text_it, text_en) -> None:
    assert state(identifier, **facts) == "passed"
    assert rule(identifier).text_it.startswith(text_it)
    assert rule(identifier).text_en.startswith(text_en)


def test_only_what_is_read_or_decided_by_design_may_remove() -> None:
    assert {one.id for one in rules() if one.certainty == "memory" and one.removes} == {"E26"}
    assert not any(one.removes for one in rules() if one.kind in ("warn", "boost"))
    read = [one for one in rules() if one.certainty == "read" and one.kind in ("require", "deny", "limit")]
    assert {one.id for one in read if not one.removes} == {"L18"}
    assert {"E01", "E08", "E18", "E19", "E26", "U01", "U02"} <= {one.id for one in rules() if one.removes}


def test_every_rule_has_a_predicate_that_runs_on_nothing_and_every_predicate_a_rule() -> None:
    for one in rules():
        verdict = one.check({})
        assert verdict.state == "to-verify"
        assert verdict.missing
        assert set(verdict.missing) <= set(FACTS)
    assert {one.predicate for one in rules()} == set(predicate_names())


def test_rules_of_a_code() -> None:
    assert [one.id for one in rules_for("CONV_381_ART5")] == ["E01", "E02", "E03", "E04", "L17"]
    assert {one.id for one in rules_for("ANY")} == {"E26", "U01", "U02", "U03"}
    assert rules_for("NOTHING") == ()
    with pytest.raises(InvalidValue):
        rule("E99")
    with pytest.raises(InvalidValue):
        predicate("magic")


# --- facts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "alive"),
        ("social_type", "D"),
        ("social_share", 70),
        ("social_share", float("nan")),
        ("distance_km", -1),
        ("distance_km", "70"),
        ("food", "yes"),
        ("food", 1),
        ("members_known", 3),
        ("intermediaries", "cooperative"),
        ("today", datetime(2026, 11, 22, tzinfo=UTC)),
        ("today", "2026-11-22"),
        ("kind", 3),
        ("legal_form", 3),
        ("group_size", True),
        ("intermediaries", [3]),
    ],
)
def test_a_wrong_name_or_value_is_an_error_and_never_a_missing_fact(name: str, value: object) -> None:
    with pytest.raises((UnknownFact, InvalidValue)):
        checked_facts({name: value})
    with pytest.raises((UnknownFact, InvalidValue)):
        rule("E26").check({name: value})


def test_right_facts_pass_and_none_is_missing() -> None:
    facts = {
        "status": Status.ACTIVE,
        "social_share": 0.7,
        "today": TODAY,
        "food": None,
        "intermediaries": ("firm", None),
    }
    assert checked_facts(facts) is facts
    assert state("E26", status=None) == "to-verify"


def test_facts_of_an_organisation() -> None:
    body = Organisation(
        id="x",
        name="Esempio",
        kind=OrganisationKind.COOPERATIVE,
        municipality="058091",
        social_type="B",
        disadvantaged_share=0.4,
        status=Status.ACTIVE,
        sector="81.21",
        sector_version="2007",
    )
    facts = organisation_facts(body)
    assert facts == {
        "kind": "cooperative",
        "social_type": "B",
        "disadvantaged_share": 0.4,
        "status": "active",
        "sector": "81.21",
        "sector_version": "2007",
        "in_lazio": True,
    }
    assert checked_facts(facts) == facts
    odd = Organisation(id="y", name="Altrove", kind=OrganisationKind.FIRM, province="MI", social_type="misto")
    assert organisation_facts(odd) == {"kind": "firm", "in_lazio": False}
    assert "in_lazio" not in organisation_facts(Organisation(id="z", name="Z", kind=OrganisationKind.FIRM))


# --- three-valued logic -----------------------------------------------------------------------------------

TRUTHS = st.sampled_from([True, False, None])


@given(TRUTHS, TRUTHS)
def test_what_is_not_known_never_decides(left, right) -> None:
    assert all_of(left, right) is (False if False in (left, right) else None if None in (left, right) else True)
    assert any_of(left, right) is negation(all_of(negation(left), negation(right)))


def value_of(name: str) -> st.SearchStrategy[object]:
    fact = FACTS[name]
    by_kind: dict[str, st.SearchStrategy[object]] = {
        "flag": st.booleans(),
        "share": st.floats(0, 1),
        "number": st.integers(0, 100),
        "text": st.sampled_from(["", "01.26", "88.10", "produzione e lavoro"]),
        "words": st.lists(st.sampled_from(["cooperative", "firm", "f", "z", "b", None]), max_size=3),
        "day": st.dates(),
        "code": st.sampled_from(sorted(fact.codes) or [""]),
    }
    return by_kind[fact.kind]


# what `cooperative` and `social` say can contradict the kind: that case has a test of its own
FREE = sorted(set(FACTS) - {"cooperative", "social", "social_type"})
SHEETS = st.fixed_dictionaries({}, optional={name: value_of(name) for name in FREE})


@given(SHEETS, st.sets(st.sampled_from(FREE)), st.sampled_from(rules()))
def test_more_facts_never_change_a_decided_verdict(facts, dropped, one) -> None:
    full = predicate(one.predicate, **one.params)(facts)
    less = predicate(one.predicate, **one.params)({name: v for name, v in facts.items() if name not in dropped})
    assert less.state in ("to-verify", full.state)
    assert bool(less.missing) == (less.state == "to-verify")


@given(SHEETS, st.sampled_from([one for one in rules() if not one.removes]))
def test_what_may_not_remove_never_fails(facts, one) -> None:
    assert one.check(facts).state != "failed"


def test_contradictions_are_left_to_a_person() -> None:
    assert is_a_cooperative({"kind": "firm", "cooperative": True}) is None
    assert is_social({"social_type": "A", "social": False}) is None
    assert is_social({"kind": "cooperative"}) is None
    assert is_social({"kind": "cooperative", "category": "Cooperative sociali"}) is True
    assert is_social({"kind": "firm"}) is False
    assert is_a_cooperative({"kind": "consortium"}) is None
    assert is_a_cooperative({"kind": "consortium", "legal_form": "Società cooperativa consortile"}) is True


# --- the rules one by one ---------------------------------------------------------------------------------


def test_n01_a_type_a_cooperative_never_gets_the_article_5_agreement() -> None:
    assert state("E01", kind="cooperative", social_type="A") == "failed"
    assert state("E01", kind="cooperative", social_type="B") == "passed"
    assert state("E01", kind="cooperative", social=False) == "failed"
    assert state("E01", kind="cooperative", social_type="A+B") == "to-verify"
    assert state("E01", kind="cooperative") == "to-verify"


@pytest.mark.parametrize(
    ("share", "expected"), [(0.69, "failed"), (0.70, "passed"), (1.0, "passed"), (None, "to-verify")]
)
def test_n02_a_consortium_needs_seventy_per_cent(share: float | None, expected: str) -> None:
    assert state("E01", kind="consortium", social_share=share) == expected
    assert state("E01", kind="cooperative", social_type="C", social_share=share) == expected
    assert state("E18", group_social_share=share) == expected


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.ACTIVE, Status.NEW}))
def test_n03_who_is_not_active_is_out(status: str) -> None:
    assert state("E26", status=status) == "failed"
    assert state("E26", status="active") == "passed"
    assert state("E26") == "to-verify"


def test_n04_same_stage_is_no_supply_chain() -> None:
    assert state("N04", chain_relation="same-stage", declared_link=False) == "failed"
    assert state("N04", chain_relation="same-stage") == "to-verify"
    assert state("N04", chain_relation="same-stage", declared_link=True) == "passed"
    assert state("N04", chain_relation="adjacent") == "passed"


@pytest.mark.parametrize(
    ("km", "same", "food", "expected"),
    [
        (71, False, True, "failed"),
        (71, True, True, "passed"),
        (70, False, True, "passed"),
        (70.1, False, True, "failed"),
        (5, False, False, "failed"),
        (71, None, True, "to-verify"),
        (None, False, True, "to-verify"),
        (None, True, True, "passed"),
        (5, None, None, "to-verify"),
    ],
)
def test_n05_seventy_kilometres_or_the_same_province(km, same, food, expected: str) -> None:
    assert state("E19", distance_km=km, same_province=same, food=food) == expected


@pytest.mark.parametrize(
    ("between", "expected"),
    [
        (["cooperative", "consortium"], "passed"),
        (["firm", "firm"], "failed"),
        (["firm"], "passed"),
        ([], "passed"),
        (["cooperative", "firm", "consortium"], "passed"),
        (["firm", None], "to-verify"),
        ([None], "passed"),
        (["firm", "firm", None], "failed"),
        (None, "to-verify"),
    ],
)
def test_n06_cooperatives_are_no_intermediaries(between, expected: str) -> None:
    assert state("E20", food=True, intermediaries=between) == expected


def test_n07_no_free_loan_for_a_social_cooperative() -> None:
    assert state("E08", kind="cooperative", social_type="A", third_sector=True) == "failed"
    assert state("E08", kind="third-sector", third_sector=True, social_enterprise=False) == "passed"
    assert state("E08", kind="third-sector", third_sector=True) == "to-verify"
    assert state("E08", kind="third-sector", social_enterprise=True) == "failed"
    assert state("E08", kind="cooperative") == "to-verify"


def test_n08_the_regional_call_is_not_for_social_cooperatives_nor_foreign_groups() -> None:
    good = {
        "kind": "cooperative",
        "social": False,
        "in_lazio": True,
        "national_register": True,
        "spend_eur": 10_000,
        "grant_eur": 20_000,
        "aggregated": False,
    }
    assert state("E22", **good) == "passed"
    assert state("E22", **(good | {"social": True})) == "failed"
    assert state("E22", **(good | {"in_lazio": False})) == "failed"
    assert state("E22", **(good | {"spend_eur": 9_999})) == "failed"
    assert state("E22", **(good | {"grant_eur": 20_001})) == "failed"
    group = good | {"aggregated": True, "grant_eur": 30_000}
    assert state("E22", **group) == "to-verify"
    assert state("E22", **group, all_members_lazio_cooperatives=True) == "passed"
    assert state("E22", **group, all_members_lazio_cooperatives=False) == "failed"


def test_n09_a_call_past_its_deadline_is_closed() -> None:
    assert state("N09", call_deadline=TODAY, today=TODAY) == "passed"
    assert state("N09", call_deadline=date(2026, 11, 21), today=TODAY) == "failed"
    assert state("N09", call_deadline=TODAY) == "to-verify"


def test_n10_hazard_or_private_and_not_offered() -> None:
    assert state("N10", hazard_veto=True, public_asset=True) == "failed"
    assert state("N10", hazard_veto=False, public_asset=False, offered=False) == "failed"
    assert state("N10", hazard_veto=False, public_asset=False, offered=True) == "passed"
    assert state("N10", hazard_veto=False, public_asset=False) == "to-verify"


def test_n12_no_product_no_supply_chain() -> None:
    assert state("N12", chain_relation="none", declared_link=False) == "failed"
    assert state("N12", chain_relation="none", declared_link=True) == "passed"
    assert state("N12", chain_relation="adjacent") == "passed"
    assert state("N12", declared_link=False) == "to-verify"


@pytest.mark.parametrize(
    ("identifier", "facts", "expected"),
    [
        ("E02", {"kind": "cooperative", "disadvantaged_share": 0.30}, "passed"),
        ("E02", {"kind": "cooperative", "disadvantaged_share": 0.29}, "failed"),
        ("E02", {"kind": "consortium", "disadvantaged_share": 0.10}, "to-verify"),
        ("E03", {"below_eu_threshold": False}, "to-verify"),  # known from memory: warns, never removes
        ("E03", {"below_eu_threshold": True, "social_health_object": False, "regional_register": True}, "passed"),
        ("E04", {"in_lazio": True}, "passed"),
        ("E05", {"kind": "cooperative", "social_type": "B"}, "passed"),
        ("E05", {"kind": "cooperative", "social_type": "A"}, "to-verify"),  # care is its work, integration may not be
        ("E05", {"kind": "cooperative", "category": "sociali"}, "to-verify"),
        ("E05", {"kind": "cooperative", "category": "sociali", "integration_aim": True}, "passed"),
        (
            "E05",
            {"kind": "cooperative", "social_type": "A", "integration_aim": False, "disadvantaged_share": 0.1},
            "failed",
        ),
        ("E05", {"kind": "firm", "integration_aim": False, "disadvantaged_share": 0.30}, "passed"),
        ("E05", {"kind": "firm", "integration_aim": False, "disadvantaged_share": 0.29}, "failed"),
        ("E06", {"kind": "cooperative", "social_type": "B"}, "passed"),
        (
            "E06",
            {"kind": "cooperative", "social": False, "runts": False, "third_sector": False, "social_enterprise": False},
            "failed",
        ),
        ("E06", {"kind": "cooperative", "social": False}, "to-verify"),
        ("E07", {"public_notice": True}, "passed"),
        ("E07", {"public_notice": False}, "to-verify"),
        ("E09", {"duration_years": 30}, "passed"),
        ("E09", {"duration_years": 31}, "failed"),
        (
            "E10",
            {
                "third_sector": True,
                "third_sector_activities": ["f"],
                "cultural_asset": True,
                "public_asset": True,
                "current_rent": False,
            },
            "passed",
        ),
        ("E10", {"third_sector_activities": ["a", "b"]}, "failed"),
        ("E10", {"cultural_asset": False}, "failed"),
        ("E11", {"cultural_asset": True}, "passed"),
        ("E11", {"cultural_asset": False}, "failed"),
        ("E12", {"partnership_201_case": "green-areas", "general_act": True}, "passed"),
        ("E12", {"partnership_201_case": "green-areas", "general_act": False}, "failed"),
        ("E13", {"commons_regulation": False}, "failed"),
        ("E13", {"commons_regulation": True}, "passed"),
        ("E14", {"kind": "cooperative", "prevalent_mutuality": True}, "passed"),
        ("E14", {"kind": "cooperative", "social_type": "A"}, "passed"),
        ("E14", {"kind": "firm", "nonprofit": False, "third_sector": False, "social_farming": False}, "failed"),
        (
            "E15",
            {
                "kind": "cooperative",
                "sme": True,
                "local_seat": True,
                "target_area": True,
                "resident_members": True,
                "community_clause": True,
            },
            "passed",
        ),
        ("E15", {"kind": "cooperative", "resident_members": False}, "failed"),
        ("E16", {"kind": "firm"}, "failed"),
        ("E16", {"kind": "cooperative"}, "passed"),
        ("E17", {"group_size": 2}, "failed"),
        ("E17", {"group_size": 3, "duration_years": 5, "common_structure": True}, "passed"),
        ("E17", {"duration_years": 4}, "failed"),
        ("E21", {"regions_count": 1}, "failed"),
        ("E21", {"regions_count": 2, "max_region_cost_share": 0.85, "chain_agreement": True}, "passed"),
        ("E21", {"max_region_cost_share": 0.86}, "failed"),
        ("E23", {"sme": True, "in_lazio": True, "single_form": True, "own_stand": True, "fairs_count": 3}, "passed"),
        ("E23", {"single_form": False}, "failed"),
        ("E23", {"fairs_count": 4}, "failed"),
        (
            "E24",
            {
                "kind": "cooperative",
                "sme": True,
                "cfi_stake_eur": 100_000,
                "loan_eur": 500_000,
                "loan_years": 10,
                "in_difficulty": False,
                "catastrophe_insurance": True,
            },
            "passed",
        ),
        ("E24", {"cfi_stake_eur": 100_000, "loan_eur": 500_001}, "failed"),
        ("E24", {"loan_eur": 2_000_001}, "failed"),
        ("E24", {"in_difficulty": True}, "failed"),
        ("E25", {"kind": "cooperative", "social_type": "A", "amount_eur": 100_000}, "passed"),
        ("E25", {"kind": "cooperative", "social_type": "A", "amount_eur": 99_999}, "failed"),
        ("U01", {"same_body": True}, "failed"),
        ("U01", {"same_body": False}, "passed"),
        ("U02", {"already_merged": True}, "failed"),
        ("U03", {"parent_child": True, "new_purpose": False}, "failed"),
        ("U03", {"parent_child": True, "new_purpose": True}, "passed"),
        ("U03", {"parent_child": True}, "to-verify"),
        ("L01", {"same_prevalent_mutuality": True, "same_social": False}, "to-verify"),
        ("L02", {"negative_equity": True}, "failed"),
        ("L03", {"same_primary_substation": False}, "to-verify"),
        ("L04", {"rivals_for_lot": True}, "to-verify"),
        ("L05", {"kind": "firm"}, "to-verify"),
        ("L06", {"sector": "01.26"}, "passed"),
        ("L06", {"sector": "62.01", "farm_delivery": False}, "to-verify"),
        ("L07", {"founders_count": 2}, "to-verify"),
        ("L07", {"founders_count": 3}, "passed"),
        ("L08", {"duration_years": 51}, "failed"),
        ("L09", {"holds_confiscated_assets": False}, "failed"),
        ("L10", {"group_size": 2}, "to-verify"),
        ("L10", {"group_size": 3}, "passed"),
        ("L11", {"tender_in_view": True}, "passed"),
        ("L11", {"tender_in_view": False}, "failed"),
        ("L12", {"call_in_view": False}, "failed"),
        ("L13", {"legal_personality_asked": False}, "failed"),
        ("L14", {"lighter_step": True}, "passed"),
        ("L14", {"lighter_step": False}, "failed"),
        ("L15", {"producer_minimums": False}, "to-verify"),
        ("L16", {"accreditation_requirements": True}, "passed"),
        ("L16", {"accreditation_requirements": False}, "to-verify"),
        ("L17", {"kind": "cooperative", "category": "sociali"}, "passed"),
        ("L17", {"kind": "cooperative", "social": False}, "failed"),
        ("L17", {"kind": "cooperative"}, "to-verify"),
        ("L17", {"kind": "consortium", "social": False, "social_share": 0.70}, "passed"),
        ("L17", {"kind": "consortium", "social": False, "social_share": 0.69}, "failed"),
        ("L18", {"young_members": False}, "to-verify"),  # the source says "mostly": it warns, never removes
        ("L18", {"young_members": True}, "passed"),
        ("L19", {"holds_trail_buildings": False}, "failed"),
        ("L20", {"takes_operating_risk": False}, "to-verify"),
        ("L21", {"volunteer_or_promotion": True}, "passed"),
        ("L22", {"six_months_registered": False}, "to-verify"),
        ("L23", {"food": False}, "failed"),
        ("L24", {"in_food_district": False}, "to-verify"),
    ],
)
def test_each_rule_decides_as_it_says(identifier: str, facts: dict[str, object], expected: str) -> None:
    assert state(identifier, **facts) == expected
