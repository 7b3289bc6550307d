"""Forms of partnership: who may use them, which checks bound them, lightest first, and never closed by the unknown."""

import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import InvalidValue, UnknownKind
from data.lazio.facts import FACTS, UnknownFact
from data.lazio.instruments import (
    PARTNERSHIP_KINDS,
    cautions,
    instrument,
    instrument_verdicts,
    instruments,
    instruments_for,
    kind_checks,
    universal_checks,
)
from data.lazio.rules import rules
from data.model import OrganisationKind

OPEN = [one for one in instruments() if one.closed is None]
COOP = {"kind": "cooperative", "status": "active"}
TYPE_A = COOP | {"social_type": "A"}
TYPE_B = COOP | {"social_type": "B", "disadvantaged_share": 0.4}
PLAIN = COOP | {"social": False}
FIRM = {"kind": "firm", "status": "active"}
COMUNE = {"kind": "public-body", "body_type": "municipality", "in_lazio": True}


def codes(kind: str, a: dict[str, object], b: dict[str, object], **together: object) -> list[str]:
    return [one.instrument.code for one in instruments_for(kind, a, b, together)]


def verdict(code: str, kind: str, a: dict[str, object], b: dict[str, object], **together: object):
    return next(one for one in instrument_verdicts(kind, a, b, together) if one.instrument.code == code)


# --- the table --------------------------------------------------------------------------------------------


def test_the_table_is_whole() -> None:
    assert len(instruments()) >= 30
    assert max(Counter(one.code for one in instruments()).values()) == 1
    for one in instruments():
        assert one.serves
        assert set(one.serves) <= set(PARTNERSHIP_KINDS)
        assert one.weight >= 1
        assert one.min_parties >= 2
        assert one.parties
        assert OrganisationKind.PUBLIC_BODY not in one.parties
        assert all(
            (
                one.name_it,
                one.name_en,
                one.sentence_it,
                one.sentence_en,
                one.next_it,
                one.next_en,
                one.basis,
                one.source,
            )
        )
        assert ("public-private" in one.serves) == (one.bodies is not None)
        words = " ".join((one.name_it, one.sentence_it, one.next_it)).casefold()
        assert "affidatari" not in words
    with pytest.raises(InvalidValue):
        instrument("HANDSHAKE")


def test_every_form_that_the_domain_names_is_there() -> None:
    wanted = {
        "RTI",
        "CONSORZIO_ORD",
        "CONSORZIO_STABILE",
        "CONSORZIO_COOP",
        "CONSORZIO_SOC",
        "RETE_CONTRATTO",
        "RETE_SOGGETTO",
        "GRUPPO_PARITETICO",
        "OP_AOP",
        "FUSIONE",
        "CONTRATTO_FILIERA",
        "DISTRETTO_CIBO",
        "ACCORDO_FORNITURA",
        "CONV_381_ART5",
        "RISERVA_ART61",
        "COPROGRAMMAZIONE",
        "COPROGETTAZIONE",
        "ACCREDITAMENTO",
        "COMODATO_71_2",
        "CONC_71_3",
        "PSPP_134_2",
        "PARTENARIATO_SOCIALE_201",
        "CONCESSIONE_PPP",
        "PATTO_COLLABORAZIONE",
        "BENI_CONF_48",
        "CONC_VALORIZZAZIONE",
        "PROTOCOLLO",
    }
    assert wanted <= {one.code for one in instruments()}


def test_every_rule_that_names_a_form_names_one_that_exists() -> None:
    known = {one.code for one in instruments()} | set(PARTNERSHIP_KINDS)
    calls = {
        "ANY",
        "ANY_CALL",
        "ANY_SITE",
        "COSTITUENDA",
        "BANDO_LAZIO_COOP_2025",
        "VOUCHER_INTERNAZ_2026",
        "NUOVA_MARCORA",
        "ITALIA_ECONOMIA_SOCIALE",
    }
    assert {code for one in rules() for code in one.applies_to} - known - calls == set()


def test_the_ladder_of_aggregation_rises() -> None:
    ladder = ["RETE_CONTRATTO", "CONSORZIO_ORD", "GRUPPO_PARITETICO", "FUSIONE"]
    weights = [instrument(code).weight for code in ladder]
    assert weights == sorted(weights)
    assert len(set(weights)) == len(weights)
    found = codes("aggregation", PLAIN, PLAIN)
    assert [code for code in found if code in ladder] == ladder


def test_every_public_path_ends_with_a_public_procedure() -> None:
    assert [one.it for one in cautions("public-private")] == [
        "Serve una procedura a evidenza pubblica.",
        "Questa è un'informazione, non è consulenza legale.",
    ]
    assert [one.it for one in cautions("aggregation")] == ["Questa è un'informazione, non è consulenza legale."]


# --- who gets what ----------------------------------------------------------------------------------------


def test_n01_no_article_5_agreement_for_type_a() -> None:
    assert "CONV_381_ART5" not in codes("public-private", TYPE_A, COMUNE)
    assert "CONV_381_ART5" not in codes("public-private", COMUNE, TYPE_A)
    assert "CONV_381_ART5" not in codes("public-private", PLAIN, COMUNE)
    found = verdict("CONV_381_ART5", "public-private", TYPE_B, COMUNE)
    assert [(check.rule.id, check.verdict.state) for check in found.checks] == [
        ("E01", "passed"),
        ("E02", "passed"),
        ("E03", "to-verify"),
        ("L17", "passed"),
    ]
    assert found.state == "to-verify"
    assert [check.rule.id for check in found.boosts] == ["E04"]


def test_n02_a_consortium_at_the_line() -> None:
    consortium = {"kind": "consortium", "status": "active"}
    assert "CONV_381_ART5" not in codes("public-private", consortium | {"social_share": 0.69}, COMUNE)
    assert "CONV_381_ART5" in codes("public-private", consortium | {"social_share": 0.70}, COMUNE)


def test_n03_nothing_for_who_is_not_active() -> None:
    assert codes("aggregation", PLAIN | {"status": "liquidation"}, PLAIN) == []
    assert codes("aggregation", PLAIN, PLAIN | {"status": "commissioner"}) == []
    assert codes("aggregation", PLAIN, PLAIN, same_body=True) == []
    assert codes("aggregation", PLAIN, PLAIN, already_merged=True) == []
    assert codes("aggregation", {"kind": "cooperative"}, {"kind": "cooperative"}) != []


def test_n07_no_free_loan_for_social_cooperatives() -> None:
    assert "COMODATO_71_2" not in codes("public-private", TYPE_A, COMUNE)
    assert "COMODATO_71_2" not in codes("public-private", TYPE_B, COMUNE)
    association = {"kind": "third-sector", "third_sector": True, "social_enterprise": False}
    assert "COMODATO_71_2" in codes("public-private", association, COMUNE)
    assert "COMODATO_71_2" not in codes("public-private", association, COMUNE, duration_years=40)


def test_parity_group_and_mergers_are_for_cooperatives() -> None:
    assert "GRUPPO_PARITETICO" in codes("aggregation", PLAIN, TYPE_A)
    for code in ("GRUPPO_PARITETICO", "FUSIONE", "CONSORZIO_COOP"):
        assert code not in codes("aggregation", PLAIN, FIRM)
    assert {"RTI", "RETE_CONTRATTO"} <= set(codes("aggregation", PLAIN, FIRM))


def test_social_consortium_is_for_social_ones() -> None:
    assert "CONSORZIO_SOC" in codes("aggregation", TYPE_A, TYPE_B)
    assert "CONSORZIO_SOC" not in codes("aggregation", TYPE_A, PLAIN)
    assert "CONSORZIO_SOC" not in codes("aggregation", PLAIN, COOP)
    assert verdict("CONSORZIO_SOC", "aggregation", TYPE_A, COOP).state == "to-verify"


def test_a_stable_consortium_wants_a_third() -> None:
    found = verdict("CONSORZIO_STABILE", "aggregation", PLAIN, PLAIN)
    assert found.state == "to-verify"
    assert instrument("CONSORZIO_STABILE").min_parties == 3
    assert "CONSORZIO_STABILE" not in codes("aggregation", PLAIN, PLAIN, group_size=2)


def test_a_merger_that_changes_the_regime_carries_a_warning() -> None:
    mutual = PLAIN | {"prevalent_mutuality": True}
    mixed = verdict("FUSIONE", "aggregation", mutual, TYPE_A | {"prevalent_mutuality": True})
    assert [check.rule.id for check in mixed.warnings] == ["L01"]
    assert mixed.state == "to-verify"
    assert verdict("FUSIONE", "aggregation", mutual, mutual).warnings == ()
    assert "FUSIONE" not in codes("aggregation", mutual | {"negative_equity": True}, mutual)


def test_labels_of_food() -> None:
    far = {"food": True, "distance_km": 71, "same_province": False, "intermediaries": ["cooperative", "consortium"]}
    assert "ETICHETTA_KM0" not in codes("supply-chain", PLAIN, PLAIN, **far)
    assert "ETICHETTA_KM0" in codes("supply-chain", PLAIN, PLAIN, **(far | {"same_province": True}))
    assert verdict("ETICHETTA_FILIERA_CORTA", "supply-chain", PLAIN, PLAIN, **far).state == "passed"
    assert "ETICHETTA_FILIERA_CORTA" not in codes(
        "supply-chain", PLAIN, PLAIN, food=True, intermediaries=["firm", "firm"]
    )


def test_a_pair_of_one_region_gets_no_chain_contract() -> None:
    here = PLAIN | {"in_lazio": True, "sector": "01.26"}
    assert "CONTRATTO_FILIERA" not in codes("supply-chain", here, here)
    assert "CONTRATTO_FILIERA" in codes("supply-chain", here, PLAIN | {"in_lazio": False})
    assert "CONTRATTO_FILIERA" in codes("supply-chain", here, PLAIN)


def test_public_body_on_either_side_and_of_the_right_type() -> None:
    assert codes("public-private", TYPE_B, COMUNE) == codes("public-private", COMUNE, TYPE_B)
    assert codes("public-private", TYPE_B, TYPE_A) == []
    assert codes("public-private", COMUNE, COMUNE) == []
    school = {"kind": "public-body", "body_type": "school"}
    assert "BENI_CONF_48" in codes("public-private", TYPE_B, COMUNE)
    assert "BENI_CONF_48" not in codes("public-private", TYPE_B, school)
    assert "BENI_CONF_48" not in codes("public-private", TYPE_B, COMUNE | {"holds_confiscated_assets": False})
    assert "CONV_ART56" not in codes("public-private", TYPE_B, COMUNE)


def test_heritage_goes_to_who_works_in_culture() -> None:
    """The public-private part of golden case G08: a comune, a cultural cooperative, a monument."""
    culture = PLAIN | {"sector": "91.02", "sector_version": "2007"}
    found = verdict("PSPP_134_2", "public-private", culture, COMUNE, cultural_asset=True)
    assert (found.state, found.fits) == ("passed", True)
    cleaner = verdict("PSPP_134_2", "public-private", PLAIN | {"sector": "81.21"}, COMUNE, cultural_asset=True)
    assert (cleaner.state, cleaner.fits) == ("passed", False)
    unknown = verdict("PSPP_134_2", "public-private", PLAIN, COMUNE)
    assert (unknown.fits, unknown.named) == (None, False)
    assert codes("public-private", culture, COMUNE)[:3] == ["PROTOCOLLO", "PSPP_134_2", "CONC_71_3"]
    assert "PSPP_134_2" not in codes("public-private", culture, COMUNE | {"body_type": "school"})
    assert "PSPP_134_2" not in codes("public-private", culture, COMUNE, cultural_asset=False)
    assert verdict("CONV_381_ART5", "public-private", TYPE_B | {"sector": "88.10"}, COMUNE).fits is False


def test_two_oil_cooperatives_may_merge_whatever_the_distance() -> None:
    """Golden cases G01 and G03: a merger is open to two cooperatives of one sector, near or far."""
    oil = PLAIN | {"sector": "10.41", "in_lazio": True}
    assert "FUSIONE" in codes("aggregation", oil, oil, distance_km=600)
    assert verdict("OP_AOP", "aggregation", oil, oil).fits is True


# --- what a federation officer would name -----------------------------------------------------------------

SOCIAL = COOP | {"category": "sociali"}  # type not known, as in most public lists


def test_two_social_cooperatives_are_shown_the_network_and_the_consortium_first() -> None:
    for other in (SOCIAL, TYPE_A, TYPE_B):
        found = codes("aggregation", SOCIAL, other)
        assert found[:3] == ["PARTENARIATO_DI_SCOPO", "RETE_CONTRATTO", "CONSORZIO_SOC"]
        assert found[-1] == "FUSIONE"
    assert codes("aggregation", PLAIN, PLAIN)[:3] == ["PARTENARIATO_DI_SCOPO", "RETE_CONTRATTO", "CONSORZIO_ORD"]
    assert codes("aggregation", PLAIN, SOCIAL)[:3] == ["PARTENARIATO_DI_SCOPO", "RETE_CONTRATTO", "CONSORZIO_ORD"]


@pytest.mark.parametrize("code", ["RTI", "ATS", "RETE_SOGGETTO", "CONSORZIO_COOP", "CONSORZIO_STABILE", "FUSIONE"])
def test_forms_that_need_an_occasion_or_more_members_are_to_verify(code: str) -> None:
    assert verdict(code, "aggregation", SOCIAL, SOCIAL).state == "to-verify"


def test_a_tender_in_view_brings_the_grouping_forward() -> None:
    assert verdict("RTI", "aggregation", PLAIN, PLAIN, tender_in_view=True).state == "passed"
    assert codes("aggregation", PLAIN, PLAIN, tender_in_view=True).index("RTI") == 1
    assert "RTI" not in codes("aggregation", PLAIN, PLAIN, tender_in_view=False)


def test_a_merger_comes_last_whatever_is_known() -> None:
    sound = PLAIN | {"heavy_debt": False, "negative_equity": False, "pending_audit": False}
    assert verdict("FUSIONE", "aggregation", sound, sound, lighter_step=True).state == "passed"
    assert codes("aggregation", sound, sound, lighter_step=True)[-1] == "FUSIONE"


def test_a_social_cooperative_of_unknown_type_and_a_comune() -> None:
    """Unknown requirements are said: share of disadvantaged workers, accreditation, age of the members."""
    assert codes("public-private", SOCIAL, COMUNE)[:4] == [
        "PROTOCOLLO",
        "COPROGRAMMAZIONE",
        "COPROGETTAZIONE",
        "CONV_381_ART5",
    ]
    for code in ("CONV_381_ART5", "RISERVA_ART61", "ACCREDITAMENTO", "CAMMINI_9_9", "CONCESSIONE_PPP"):
        assert verdict(code, "public-private", SOCIAL, COMUNE).state == "to-verify", code
    for code in ("PROTOCOLLO", "COPROGRAMMAZIONE", "COPROGETTAZIONE"):
        assert verdict(code, "public-private", SOCIAL, COMUNE).state == "passed", code


def test_type_b_is_shown_the_agreement_before_joint_design() -> None:
    found = codes("public-private", COOP | {"social_type": "B"}, COMUNE)
    assert found[:3] == ["PROTOCOLLO", "COPROGRAMMAZIONE", "CONV_381_ART5"]
    assert verdict("RISERVA_ART61", "public-private", TYPE_B, COMUNE).state == "passed"
    care = codes("public-private", TYPE_A | {"sector": "88.10"}, COMUNE)
    assert care[:4] == ["PROTOCOLLO", "COPROGRAMMAZIONE", "COPROGETTAZIONE", "ACCREDITAMENTO"]


def test_what_is_for_social_ones_comes_late_for_who_is_not() -> None:
    for own in (PLAIN, COOP | {"social_name": False}, {"kind": "consortium", "social_name": False}):
        found = codes("public-private", own, COMUNE)
        for code in set(found) & {"CONV_381_ART5", "COPROGETTAZIONE", "RISERVA_ART61", "COMODATO_71_2"}:
            assert found.index(code) > found.index("CONCESSIONE_PPP"), code
    named_social = codes("public-private", COOP | {"social_name": True}, COMUNE)
    assert named_social.index("COPROGETTAZIONE") < named_social.index("CONCESSIONE_PPP")


def test_an_association_may_be_of_volunteers() -> None:
    association = {"kind": "third-sector", "third_sector": True}
    assert verdict("CONV_ART56", "public-private", association, COMUNE).state == "to-verify"
    found = codes("public-private", association | {"volunteer_or_promotion": True}, COMUNE)
    assert found[:3] == ["PROTOCOLLO", "COPROGRAMMAZIONE", "COPROGETTAZIONE"]
    assert found.index("CONV_ART56") < found.index("PATTO_COLLABORAZIONE")


FARM_SIGNS = [
    {"sector": "01.26"},
    {"sector": "1041"},
    {"category": "conferimento prodotti agricoli e allevamento"},
    {"farm_delivery": True},
    {"fields": ["agriculture"]},
]


@pytest.mark.parametrize("sign", FARM_SIGNS, ids=str)
def test_a_producer_organisation_is_named_only_between_two_who_farm(sign: dict[str, object]) -> None:
    farm = COOP | sign
    assert "OP_AOP" in codes("aggregation", farm, COOP | {"farm_delivery": True})
    assert verdict("OP_AOP", "aggregation", farm, farm).state == "to-verify"
    for other in (SOCIAL, TYPE_A, COOP, COOP | {"sector": "81.21"}, COOP | {"fields": ["care", "culture"]}):
        assert "OP_AOP" not in codes("aggregation", farm, other)
        assert "OP_AOP" not in codes("aggregation", other, other)


@pytest.mark.parametrize(
    ("code", "kind", "sign"),
    [
        ("CER", "public-private", {"fields": ["energy"]}),
        ("CER", "supply-chain", {"sector": "35.11"}),
        ("PSPP_134_2", "public-private", {"fields": ["culture"]}),
        ("CONC_71_3", "public-private", {"sector": "91.02"}),
        ("DISTRETTO_CIBO", "supply-chain", {"sector": "01.26"}),
        ("CONTRATTO_FILIERA", "supply-chain", {"fields": ["agriculture"]}),
    ],
)
def test_some_forms_wait_for_a_sign(code: str, kind: str, sign: dict[str, object]) -> None:
    other = COMUNE if kind == "public-private" else COOP
    assert code in codes(kind, COOP | sign, other)
    assert code not in codes(kind, COOP, other)
    assert code not in codes(kind, SOCIAL | {"fields": ["care"]}, other)
    met = {"same_primary_substation": True, "cultural_asset": True, "food": True}
    if code in ("CER", "PSPP_134_2", "DISTRETTO_CIBO"):
        assert code in codes(kind, COOP, other, **met)


def test_forms_with_nothing_known_come_after_those_with_something_known() -> None:
    found = [one for one in instruments_for("public-private", SOCIAL, COMUNE) if one.fits is not False]
    assert {one.sureness for one in found} == {0, 1, 2}
    for one in found:
        met = any(check.verdict.state == "passed" for check in one.checks)
        assert one.sureness == 2 or met or not one.checks
        assert one.sureness != 2 or (one.state == "to-verify" and not met)
    assert [one.sureness for one in found] == sorted(one.sureness for one in found)


def test_a_supply_of_services_is_no_food_matter() -> None:
    found = codes("supply-chain", SOCIAL, PLAIN, food=False)
    assert found[:3] == ["ACCORDO_FORNITURA", "PARTENARIATO_DI_SCOPO", "RETE_CONTRATTO"]
    assert not {"ETICHETTA_KM0", "ETICHETTA_FILIERA_CORTA", "DISTRETTO_CIBO", "CER"} & set(found)
    farm = PLAIN | {"sector": "01.26"}
    near = codes("supply-chain", farm, farm, food=True, distance_km=10)
    assert near[:4] == ["ACCORDO_FORNITURA", "PARTENARIATO_DI_SCOPO", "RETE_CONTRATTO", "ETICHETTA_KM0"]


def test_closed_forms_are_kept_but_never_offered() -> None:
    assert instrument("PPP_NEXTAPPENNINO").closed is not None
    assert "PPP_NEXTAPPENNINO" not in codes("public-private", TYPE_B, COMUNE)


def test_universal_and_kind_checks() -> None:
    found = universal_checks(PLAIN, COMUNE, {"same_body": False})
    assert [(check.rule.id, check.side, check.verdict.state) for check in found] == [
        ("E26", "a", "passed"),
        ("U01", "pair", "passed"),
        ("U02", "pair", "to-verify"),
        ("U03", "pair", "to-verify"),
    ]
    closed = universal_checks(PLAIN, COMUNE | {"status": "ceased"})
    assert ("E26", "b", "failed") in [(check.rule.id, check.side, check.verdict.state) for check in closed]
    supply = kind_checks("supply-chain", PLAIN, PLAIN, {"chain_relation": "same-stage", "declared_link": False})
    assert {(check.rule.id, check.verdict.state) for check in supply} == {("N04", "failed"), ("N12", "failed")}
    assert kind_checks("aggregation", PLAIN, PLAIN) == ()


def test_unknown_kinds_and_facts_are_errors() -> None:
    for ask in (instruments_for, kind_checks):
        with pytest.raises(UnknownKind):
            ask("friendship", PLAIN, PLAIN)
        with pytest.raises(UnknownFact):
            ask("aggregation", PLAIN | {"colour": "red"}, PLAIN)


# --- what is not known never removes ----------------------------------------------------------------------


def sheet(of: str, kinds: list[str]) -> st.SearchStrategy[dict[str, object]]:
    values = {
        name: st.booleans()
        if fact.kind == "flag"
        else st.floats(0, 1)
        if fact.kind == "share"
        else st.integers(0, 80)
        if fact.kind == "number"
        else st.sampled_from(sorted(fact.codes))
        for name, fact in FACTS.items()
        if fact.of in (of, "body")
        and fact.kind in ("flag", "share", "number", "code")
        # what contradicts the kind or the type is left to a person, and is tested beside the rules
        and name not in ("kind", "cooperative", "social", "status")
    }
    return st.fixed_dictionaries({"kind": st.sampled_from(kinds)}, optional=values)


PRIVATE = sheet("organisation", ["cooperative", "consortium", "firm", "third-sector"])
PUBLIC = sheet("body", ["public-body"])


@pytest.mark.parametrize("kind", PARTNERSHIP_KINDS)
def test_when_nothing_is_known_every_open_form_stays(kind: str) -> None:
    expected = {one.code for one in OPEN if kind in one.serves and one.at_home is None}
    found = instruments_for(kind, {}, {})
    assert {one.instrument.code for one in found} == expected
    assert {one.state for one in found} == {"to-verify"}


@given(PRIVATE, PRIVATE | PUBLIC, st.sampled_from(PARTNERSHIP_KINDS), st.data())
def test_forgetting_facts_never_closes_a_form(a, b, kind, data) -> None:
    open_now = set(codes(kind, a, b)) - {one.code for one in OPEN if one.at_home is not None}
    less_a = {name: value for name, value in a.items() if name == "kind" or data.draw(st.booleans())}
    less_b = {name: value for name, value in b.items() if name == "kind" or data.draw(st.booleans())}
    assert open_now <= set(codes(kind, less_a, less_b))


@given(PRIVATE, PRIVATE | PUBLIC, st.sampled_from(PARTNERSHIP_KINDS))
def test_open_forms_are_the_surest_and_lightest_first_and_none_has_a_failed_check(a, b, kind) -> None:
    found = instruments_for(kind, a, b)
    for before, after in itertools.pairwise(found):
        if before.fits is after.fits is not False and not after.instrument.last:
            assert before.sureness <= after.sureness
            if before.home == after.home and before.sureness == after.sureness:
                assert before.instrument.weight <= after.instrument.weight
    assert not any(one.instrument.last for one in found[:-1])
    for one in found:
        assert all(check.verdict.state != "failed" for check in one.checks)
        assert one.state == "to-verify" or all(check.verdict.state == "passed" for check in one.checks)


@given(PRIVATE, PUBLIC)
def test_the_order_of_the_two_sides_changes_nothing(a, b) -> None:
    for kind in PARTNERSHIP_KINDS:
        assert codes(kind, a, b) == codes(kind, b, a)
