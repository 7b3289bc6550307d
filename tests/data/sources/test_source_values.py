"""One cell becomes one value, or a reason: numbers, dates, shares, coordinates, codes, mailboxes, names."""

import contextlib
import time
from datetime import date

import pytest

from data import wording
from data.identity import BadValue
from data.model import OrganisationKind, Status
from data.sources import names, places, values


def reason(act, *arguments):
    with pytest.raises(BadValue) as caught:
        act(*arguments)
    return caught.value.reason.key


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.234,56", 1234.56),
        ("1,234.56", 1234.56),
        ("1234,5", 1234.5),
        ("1234.5", 1234.5),
        ("1 234,5", 1234.5),
        ("1'234.5", 1234.5),
        ("€ 1.234.567,00", 1234567.0),
        ("1.234.567", 1234567.0),
        ("1,234,567", 1234567.0),
        ("-3,5", -3.5),
        ("+7", 7.0),
        ("0,125", 0.125),
        ("0.125", 0.125),
        ("1234.567", 1234.567),
        (",5", 0.5),
        ("12", 12.0),
    ],
)
def test_numbers_as_italians_and_programs_write_them(text, expected):
    assert values.number(text) == expected


def test_a_lone_point_before_three_digits_groups_only_where_commas_are_decimal():
    assert values.number("1.234", decimal_comma=True) == 1234
    assert values.number("1.234", decimal_comma=False) == 1.234


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        ".",
        ",",
        "1.23.45",
        "1,23,45",
        "12e5",
        "NaN",
        "inf",
        "0x10",
        "1 23",
        "٣",
        "½",
        "1" * 60,
        "a1",
        "1.234,5.6",
    ],
)
def test_what_is_no_number(text):
    assert reason(values.number, text) == "reject.number"


def test_counts_amounts_and_shares_have_limits():
    assert values.whole("1.234") == values.whole("1,234") == values.whole("1234,0") == 1234
    assert [reason(values.whole, text) for text in ("-1", "1,5", "99999999999")] == ["reject.count"] * 3
    assert reason(values.amount, "-0,01") == "reject.amount"
    assert (values.share("35 %"), values.share("35,5%"), values.share("0,35")) == (0.35, 0.355, 0.35)
    assert [reason(values.share, text) for text in ("35", "101%", "-1%")] == ["reject.share"] * 3


@pytest.mark.parametrize(
    "text",
    [
        "2022-03-01",
        "01/03/2022",
        "1.3.2022",
        "01-03-2022",
        "2022/03/01",
        "2022-03-01T10:20:30+02:00",
        "2022-03-01+02:00",
    ],
)
def test_dates_day_first_or_iso(text):
    assert values.day(text) == date(2022, 3, 1)


@pytest.mark.parametrize(
    "text", ["2022-02-30", "31/04/2022", "13/13/2022", "01/03/22", "1700-01-01", "2022", "ieri", "2022-03-01 x"]
)
def test_what_is_no_date(text):
    assert reason(values.day, text) == "reject.date"


def test_years_come_alone_or_in_a_date():
    assert (values.year("1987"), values.year("31/12/1987")) == (1987, 1987)
    assert reason(values.year, "87") == "reject.date"


def test_yes_and_no_in_both_languages():
    assert [values.yes(word) for word in ("Sì", "si", "X", "true", "1", "VERO")] == [True] * 6
    assert [values.yes(word) for word in ("No", "n", "falso", "0")] == [False] * 4
    assert reason(values.yes, "forse") == "reject.yes-no"
    assert [values.flagged(word) for word in ("X", "", "No", " ")] == [True, False, False, False]


def test_coordinates_are_degrees_and_not_swapped():
    assert values.coordinates("12,5", "41.9") == (12.5, 41.9)
    assert values.coordinates("12.500", "41.893") == (12.5, 41.893)
    assert reason(values.coordinates, "41,9", "12,5") == "reject.swapped-coordinates"
    for lon, lat in (("0", "0"), ("181", "1"), ("1", "91"), ("", "41"), ("x", "41"), ("280000", "4600000")):
        assert reason(values.coordinates, lon, lat) == "reject.coordinates"


def test_text_is_kept_clean_but_kept():
    assert wording.clean("  Pero\u0300 \t due\nrighe\x00\x07\u200b\u202e ") == "Però due righe"
    assert wording.clean("<b>{{7*7}}</b> d'Ostia & C.") == "<b>{{7*7}}</b> d'Ostia & C."
    assert wording.plain("  Cò_dice ISTAT (n°)") == "codiceistatn"
    assert wording.plain("è" * 300) == "e" * 300


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("info@example.it", ""),
        ("PROTOCOLLO@pec.example.it", ""),
        ("ufficio.gare@example.it", ""),
        ("comune.latina@pec.example.it", ""),
        ("alicetta@pec.example.it", "Alicetta società cooperativa"),
        ("ortoverde@ortoverde.example.it", "Altro"),
        ("coop.lacasa@pec.example.it", "La casa"),
    ],
)
def test_mailboxes_of_an_office_or_of_the_body(address, body):
    assert wording.role_mailbox(address, body) == address.lower()


@pytest.mark.parametrize(
    "address", ["mario.rossi@pec.example.it", "mrossi@example.it", "m.rossi82@example.it", "rossi@pec.it"]
)
def test_mailboxes_that_may_be_a_persons(address):
    assert reason(wording.role_mailbox, address, "Orto di prova") == "reject.personal-mail"
    assert reason(wording.clean_words, f"scrivere a {address}") == "reject.personal-mail"
    assert address not in wording.without_persons(f"scrivere a {address}")


def test_what_is_no_mailbox_or_web_address():
    assert [reason(wording.role_mailbox, text) for text in ("info", "info@", "a b@c.it", "info@localhost")] == [
        "reject.mail"
    ] * 4
    assert wording.web_address("www.example.it/a?b=1") == "https://www.example.it/a?b=1"
    assert wording.web_address("HTTP://example.it") == "HTTP://example.it"
    for text in (
        "javascript:alert(1)",
        "ftp://example.it",
        "localhost",
        "https://a b.it",
        "http://[::1",
        "http://127.0.0.1/",
        "https://name:word@a.it",
        "https://a.it\\@b.it",
        "https://a.it:99999",
        'https://a.it/"><script>',
        "data:text/html,x",
    ):
        assert reason(wording.web_address, text) == "reject.web-address"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("di RSSMRA80A01H501U", "natural-person"),
        ("di rss mra 80a01 h501u", "natural-person"),
        ("di RSSMRA\u200b80A01H501U", "natural-person"),
        ("di \uff32SSMRA80A01H501U", "natural-person"),
        ("mario.rossi@example.it", "personal-mail"),
        ("mario.rossi @ example.it", "personal-mail"),
        ("mario.rossi [at] example.it", "personal-mail"),
        ("mario\u202e.rossi\u200b@example.it", "personal-mail"),
    ],
)
def test_words_that_tell_of_a_person_are_refused_however_written(text, why):
    assert reason(wording.clean_words, text) == f"reject.{why}"
    assert reason(wording.refuse_personal, text) == f"reject.{why}"


def test_what_is_hidden_is_hidden_however_written():
    for words in ("RSSMRA80A01H501U", "rss mra 80a01 h501u", "RSSMRA\u200b80A01H501U", "mario.rossi@example.it"):
        shown = wording.without_persons(f"di {words} e info@example.it")
        assert shown in ("di **************** e info@example.it", "di …@… e info@example.it")
        assert "info" not in wording.fit_for_report(f"di {words} e info@example.it")
    for words in ("\uff32SSMRA80A01H501U", "mario.rossi (at) example.it", "mario.rossi @ example.it"):
        assert wording.without_persons(f"di {words}") == ""
        assert wording.fit_for_report(f"di {words}") == "…"
    assert wording.without_persons("lotto 12 di 3") == wording.fit_for_report(" lotto 12 di 3") == "lotto 12 di 3"


def test_words_are_cleaned_and_bounded():
    assert wording.clean_words(" cura\u202e del \u200bverde\u3164\x07 ", 20) == "cura del verde"
    assert wording.clean_words("\u2800\u200b\u3164") == ""
    assert wording.clean_words("scrivere a orto@example.com", body="Orto di prova") == "scrivere a orto@example.com"
    assert reason(wording.clean_words, "x" * 21, 20) == "reject.too-long"
    assert reason(wording.web_address, "https://a.it/?a=mario.rossi@example.it") == "reject.personal-mail"


def test_long_runs_are_looked_through_once():
    """A run without an @ was once tried from each of its characters: half a minute for one cell."""
    begun = time.process_time()
    for text in ("a" * 100_000 + " @", "a@" * 50_000, "( at" * 25_000, "A1 " * 33_000):
        with contextlib.suppress(BadValue):
            wording.clean_words(text, 1_000_000)
        wording.without_persons(text)
        wording.fit_for_report(text)
    assert time.process_time() - begun < 5


def test_a_choice_names_what_is_allowed():
    assert values.choice(Status, "In liquidazione", {"in liquidazione": Status.LIQUIDATION}) is Status.LIQUIDATION
    with pytest.raises(BadValue) as caught:
        values.choice(OrganisationKind, "pizzeria")
    assert "public-body" in str(caught.value.reason.params["allowed"])


def test_places_by_code_and_name():
    assert places.place_of_code("58091") == places.place_of_code("258091") == places.place_of_name("ROMA", "RM")
    assert places.place_of_name("Fara in Sabina").municipality == "057027"
    assert places.place_of_code("063049").inside is False
    assert reason(places.place_of_code, "058999") == "reject.municipality"
    assert [reason(places.istat_code, text) for text in ("", "x", "12", "1234567", "-58091")] == ["reject.istat"] * 5
    assert reason(places.place_of_name, "Atlantide") == "reject.municipality"
    assert (places.province_sign("Latina"), places.province_sign("na"), places.province_sign("Provincia di Rieti")) == (
        "LT",
        "NA",
        "RI",
    )
    assert reason(places.province_sign, "Napoli") == "reject.province"


@pytest.mark.parametrize(
    "name",
    [
        "PROVA SOC. COOP.",
        "PROVA SOCIETA' COOPERATIVA SOCIALE",
        "Coop. Prova a r.l.",
        "PROVA SOC.COOP.SOCIALE ONLUS",
        "PROVA COOP ONLUS",
        "PROVA SOCIETA' COOPE RATIVA SOCIALE",
        "PROVA SOCIETA' COOPERTIVA SOCIALE",
        "COOPPROVA SERVIZI",
        "PROVACOOP",
        "PROVA S.C.A R.L.",
        "PROVA COOP.VA",
        "PROVA Società Cooperativa per la cooperazione internazionale",
    ],
)
def test_names_of_cooperatives(name):
    assert names.kind_of_name(name).value is OrganisationKind.COOPERATIVE


@pytest.mark.parametrize(
    "name",
    [
        "PROVA COOPERAZIONE INTERNAZIONALE ONLUS",
        "ISTITUTO PER LA COOPERAZIONE ALLO SVILUPPO",
        "PROVA - ASSOCIAZIONE PER LA COOP. INT.LE",
        "COOPERACTION PROVA",
        "COOPER PULIZIE SRL",
        "PROVA & COOPERS ADVISORY SPA",
        "LEGACOOP PROVA",
        "CONSORZIO INTERUNIVERSITARIO DI PROVA",
        "ASSOCIAZIONE COOPERANTI DI PROVA",
        "PROVA S.R.L.",
        "SCOOP PROVA SRL",
        "CENTRO ASILO E COOP. INTERNAZIONALE",
    ],
)
def test_names_that_only_sound_like_cooperatives(name):
    assert names.kind_of_name(name) is None


def test_names_of_consortia_categories_and_states():
    assert names.kind_of_name("CONSORZIO PROVA SOC. COOP.").value is OrganisationKind.CONSORTIUM
    assert names.kind_of_name("PROVA SOC. COOP. CONS. P.A.").value is OrganisationKind.CONSORTIUM
    assert names.kind_of_name("CONSORZIO STABILE PROVA SCARL").value is OrganisationKind.CONSORTIUM
    assert names.category_of_name("PROVA SOC. COOP. SOCIALE").value == "sociali"
    assert names.category_of_name("PROVA SOC. COOP. A R.L.") is None
    assert names.status_of_name("PROVA COOP IN LIQUIDAZIONE").value is Status.LIQUIDATION
    assert names.status_of_name("PROVA IN LIQUIDAZIONE COATTA AMMINISTRATIVA").value is Status.COMPULSORY_LIQUIDATION
    assert names.status_of_name("LIQUIDAZIONE DANNI PROVA SRL") is None


@pytest.mark.parametrize(
    ("name", "person"),
    [
        ("DOTT. BRUNO PROVA", True),
        ("Arch. Prova", True),
        ("PROVA BRUNO DITTA INDIVIDUALE", True),
        ("ING. PROVA & ASSOCIATI STUDIO", False),
        ("AVV. PROVA SRL", False),
        ("PROVA SPA", False),
        ("DRAGO SRL", False),
    ],
)
def test_names_that_are_plainly_a_persons(name, person):
    assert names.names_a_person(name) is person
