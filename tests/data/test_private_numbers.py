"""Telephone numbers and bank accounts in free words are refused; amounts, years, days, laws and codes never."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iban, luhn

from data.identity import BadValue
from data.private_numbers import refuse_private_numbers
from data.wording import free_words, refuse_private


def refused(text: str) -> str:
    """The key of the reason, "" when the words may be kept."""
    try:
        free_words(text)
    except BadValue as wrong:
        return wrong.reason.key
    return ""


TELEPHONES = [
    "3471234567", "347 1234567", "347-1234567", "347.1234567", "347/1234567", "347 123 4567", "347.123.4567",
    "347 12 34 567", "347-12.34.567", "347 123 45 67", "347 1234 567", "335/123456", "+39 347 1234567", "+393471234567",
    "0039 347 123 4567", "393471234567", "(+39) 347-1234567", "347 - 1234567", "347\u2011123\u20114567",
    "3\u200b47 1234\u200b567", "\uff13\uff14\uff17\uff11\uff12\uff13\uff14\uff15\uff16\uff17", "3471234567/3487654321",
    "cell. 3471234567", "cell 347 12 34 56 7", "Cell:347.123.456.7", "cellulare n. 335123456", "tel. 0612345678",
    "tel 06 12345678", "Tel: 06/1234567", "telefono 0775-123456", "06 12345678", "06.12345678", "06-1234 5678",
    "06/12345678", "0761 123456", "0761/123456", "(0775) 123456", "0775.12.34.56", "06 12 34 56 78", "06 1234 5678",
    "0612345678", "061234567", "0776123456", "+39 06 1234567", "+39061234567", "fax 0746 123456", "tel.067001",
    "whatsapp 347 123 4567", "chiamare il 347 1234567 dopo le 10", "06 12345678 - 347 1234567", "ph 347 1234567",
]  # fmt: skip
ACCOUNTS = [
    "IT60X0542811101000000123456", "IT60 X054 2811 1010 0000 0123 456", "it60x0542811101000000123456",
    "IT 60 X 05428 11101 000000123456", "IBAN: IT60-X054-2811-1010-0000-0123-456", "IT99X0542811101000000123456",
    "DE89 3704 0044 0532 0130 00", "FR1420041010050500013M02606 grazie",
]  # fmt: skip
KEPT = [
    "", "12.500 euro", "€ 3471234567", "3471234567 euro", "3.471.234.567", "347.123.456", "347 123 456 euro",
    "347.123.456,78 euro", "importo di 3471234567", "350-400000 euro", "300.000-350.000", "1.250.000 €", "2019-2021",
    "2014 2020 2021", "legge 381/1991", "L. 381/1991", "L. 381/1991, L. 328/2000 e d.lgs. 117/2017", "L.R. 20/2003",
    "L. 381/1991 116/2014", "reg. (UE) 1303/2013", "DPR 633/1972", "DGR 345/2024", "art. 3, comma 347", "06/12/2026",
    "06.12.2026", "06-12-2026", "06 12 2026", "2026-06-12", "dal 02/2024 al 03/2025", "02/2024-12/2026",
    "06/12/2026-07/12/2026", "02/03/2025 10.30-12.30", "056 057 058 059 060", "056059", "058091 058092", "00185",
    "ATECO 81.21.00", "01.11.10", "02.10.00", "divisioni 02 03 10 11 12", "ATECO 02 03 10 11 12", "CIG 3471234567",
    "CIG 0612345678", "CIG: 7234567ABC", "CUP F81B21004560006", "F81B21004560006", "codice fiscale 06123456789",
    "P.IVA 0347 1234567", "C.F. 06 123456789", "3400 mq", "mq 3.400", "345 123456 mq", "superficie 12000 m2",
    "lotto 3471234567", "prot. 0612345678", "prot. n. 0612/345678", "41.9028, 12.4964", "12.4963655", "35%",
    "15-20 ore",    "telefono e 20 postazioni", "2 cellulari", "300 soci, 2.000 ore nel 2025", "call center 24/7",
    "gara 2024/S 123-345678",
]  # fmt: skip


@pytest.mark.parametrize("number", TELEPHONES)
@pytest.mark.parametrize(
    "around", ["{}", "Sentire Rosa al {} prima di sera", "incontro del 12/10/2026 ({}).", "a:{};b"]
)
def test_telephone_numbers_are_refused(number, around):
    assert refused(around.format(number)) == "reject.telephone"


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("around", ["{}", "versare su {} entro il 3", "conto:{}."])
def test_bank_accounts_are_refused(account, around):
    assert refused(around.format(account)) == "reject.iban"


@pytest.mark.parametrize("words", KEPT)
def test_what_is_no_number_of_a_person_is_kept(words):
    assert refused(words) == ""
    assert refused(f"Bando: {words}; da vedere") == ""


def test_persons_codes_and_mailboxes_are_refused_as_before():
    assert refused("RSSMRA80A01H501U") == "reject.natural-person"
    assert refused("mario.rossi@example.org") == "reject.personal-mail"
    with pytest.raises(BadValue):
        refuse_private("sentire mario.rossi@example.org")
    refuse_private("info@example.org")


def vat_of(number: int) -> str:
    return f"{number:010d}" + luhn.calc_check_digit(f"{number:010d}")


def cig_of(number: int) -> str:
    return f"{number:07d}{number * 211 % 4091:03X}"


def grouped(value: int, sign: str) -> str:
    return f"{value:,}".replace(",", sign)


AMOUNTS = st.integers(0, 2_999_999_999).flatmap(
    lambda value: st.sampled_from(
        [f"{value} euro", f"€ {value}", grouped(value, "."), f"{grouped(value, '.')},50 euro"]
    )
)
CODES = st.one_of(
    st.integers(0, 9_999_999_999).map(vat_of),
    st.integers(0, 9_999_999_999).map(lambda number: "IT" + vat_of(number)),
    st.integers(0, 9_999_999).map(cig_of),
    st.from_regex(r"[A-Z][0-9]{2}[A-Z][0-9]{11}", fullmatch=True),
    st.integers(1001, 111_999).map(lambda number: f"{number:06d}"),
    st.integers(10, 98_168).map(lambda number: f"{number:05d}"),
    st.from_regex(r"[0-9]{2}(\.[0-9]{1,2}(\.[0-9]{1,2})?)?", fullmatch=True),
)
DAYS = st.dates().flatmap(
    lambda day: st.sampled_from([f"{day:%d/%m/%Y}", f"{day:%d.%m.%Y}", f"{day:%d-%m-%Y}", f"{day:%d %m %Y}", f"{day}"])
)
LAWS = st.builds(
    "{} {}/{}".format, st.sampled_from(["L.", "d.lgs.", "DPR", "DGR n."]), st.integers(1, 999), st.integers(1950, 2030)
)
SIZES = st.builds(
    "{} {}".format, st.integers(0, 9_999_999), st.sampled_from(["mq", "m2", "ore", "soci", "metri quadri"])
)
YEARS = st.builds(
    "{}{}{}".format, st.integers(1900, 2050), st.sampled_from([" ", "-", "/", " - "]), st.integers(1900, 2050)
)
GOOD = st.one_of(AMOUNTS, CODES, DAYS, LAWS, SIZES, YEARS)


@given(st.lists(GOOD, min_size=1, max_size=4), st.sampled_from([", ", "; ", " e ", " (", ": "]))
def test_amounts_days_laws_and_codes_are_always_kept(parts, between):
    assert refused(between.join(parts)) == ""


MOBILES = st.builds("{}{:07d}".format, st.integers(310, 399), st.integers(0, 9_999_999))


@given(MOBILES, st.sampled_from(["cell. {}", "tel {}", "+39 {}", "0039{}", "chiamare {}"]))
def test_a_mobile_number_that_is_announced_is_always_refused(number, words):
    assert refused(words.format(number)) == "reject.telephone"


@given(MOBILES, st.sampled_from([" ", "-", "/", "."]))
def test_a_mobile_number_in_groups_is_always_refused(number, gap):
    for shown in (f"{number[:3]}{gap}{number[3:]}", f"{number[:3]}{gap}{number[3:6]}{gap}{number[6:]}"):
        assert refused(f"sentire {shown} domani") == "reject.telephone"


@given(MOBILES.filter(lambda number: cig_of(int(number[:7])) != number))
def test_a_bare_mobile_number_is_refused(number):
    assert refused(f"sentire {number}") == "reject.telephone"


@given(st.integers(0, 10**22 - 1), st.sampled_from([0, 4]))
def test_every_italian_account_is_refused(number, group):
    bban = f"X{number:022d}"
    account = "IT" + iban.calc_check_digits("IT00" + bban) + bban
    shown = " ".join(account[at : at + group] for at in range(0, len(account), group)) if group else account
    assert refused(f"conto {shown} di chi") == "reject.iban"


def test_hostile_words_are_judged_in_time():
    for text in ("3 " * 2000, "06 " * 1300, "tel " * 1000, "IT60X0542" * 400, "347 12 " * 600, "0" * 4000, "- " * 2000):
        refuse_private_numbers(text[:4000])
