"""Tax codes, masks and the ids that survive re-imports."""

import pytest

from data.identity import (
    BadValue,
    CodeKind,
    body_code,
    holds_person_code,
    in_preference,
    is_masked,
    kind_of_code,
    organisation_id,
    own_identifier,
    tax_code,
    vat_number,
    without_person_codes,
)
from data.model import Identifier

BODY = "00097020598"
PERSON = "RSSMRA80A01H501U"  # the invented person of every textbook


def reason(act, text):
    with pytest.raises(BadValue) as caught:
        act(text)
    return caught.value.reason.key


@pytest.mark.parametrize(
    "text", [BODY, " 00097020598 ", "IT00097020598", "0009 7020 598", "97020598", "000.970.205-98"]
)
def test_a_tax_code_is_read_however_it_is_written(text):
    assert tax_code(text) == BODY


@pytest.mark.parametrize("text", ["00097020599", "0009702059", "000970205980", "", "abc", "97020599", "٠٠٠٩٧٠٢٠٥٩٨"])
def test_a_wrong_tax_code_is_refused_even_when_zeros_are_put_back(text):
    assert reason(tax_code, text) == "reject.tax-code"


@pytest.mark.parametrize(
    "text", ["XXXXXXXXXXX", "***********", "(omesso)", "OMISSIS", "RSSXXXXXXXXXX01U", "-----------"]
)
def test_a_mask_is_never_a_key(text):
    assert is_masked(text)
    for act in (tax_code, vat_number, own_identifier):
        assert reason(act, text) == "reject.masked"


def test_a_natural_person_is_told_from_a_body():
    assert kind_of_code(tax_code(PERSON.lower())) is CodeKind.NATURAL_PERSON
    assert kind_of_code(tax_code(BODY)) is CodeKind.LEGAL_PERSON
    assert reason(body_code, PERSON) == "reject.natural-person"
    assert reason(own_identifier, PERSON) == "reject.natural-person"
    assert holds_person_code(f"ditta {PERSON}")
    assert without_person_codes(f"ditta {PERSON}!") == f"ditta {'*' * 16}!"


def test_an_own_file_may_use_keys_of_its_own_but_no_wrong_tax_code():
    assert own_identifier("COOP-001") == Identifier("key:organisations", "COOP-001")
    assert own_identifier("12") == Identifier("key:organisations", "12")
    assert own_identifier(BODY) == Identifier("tax-code", BODY)
    assert own_identifier("1332940590") == Identifier("tax-code", "01332940590")
    assert reason(own_identifier, "00097020599") == "reject.tax-code"


def test_the_id_of_a_body_never_changes():
    assert organisation_id(Identifier("tax-code", BODY)) == "337f8840-3633-554d-8b75-1fba5d977bbe"
    assert organisation_id(Identifier("tax-code", BODY)) != organisation_id(Identifier("vat", BODY))


def test_the_best_identifier_comes_first_and_repeats_go():
    ipa, code, comune = Identifier("ipa", "c_e472"), Identifier("tax-code", BODY), Identifier("municipality", "059011")
    own = Identifier("key:organisations", "A")
    assert in_preference([own, ipa, code, ipa, comune]) == (comune, code, ipa, own)
