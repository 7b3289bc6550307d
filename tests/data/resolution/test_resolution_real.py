"""The real lists of 5 per mille and IndicePA side by side: the bodies that everybody knows are found, each once."""

from pathlib import Path

import pytest

from data.identity import IPA, TAX_CODE
from data.lazio.territory import municipalities
from data.model import Identifier
from data.resolution.candidates import Found, find_duplicates
from data.resolution.comparison import Described
from data.resolution.names import read_name
from data.sources.names import kind_of_name

# IPA code and tax code of the same body, as their own sites tell.
KNOWN = {
    "r_lazio": "80143490581",
    "un_lsrm": "80209930587",
    "uni_rm2": "80213750583",
    "uni_rm3": "04400441004",
    "unitus": "80029030568",
    "usc_fr": "81006500607",
}


@pytest.fixture(scope="module")
def found(shared_data: Path, real_rows) -> Found:
    """What is found among both lists, with the identifiers that they give."""
    provinces = {facts.istat: facts.province for facts in municipalities()}
    bodies = []
    for file, scheme, key, name, comune in (
        ("cinque_per_mille_2022_lazio.csv", TAX_CODE, "codice_fiscale", "denominazione", "codice_comune"),
        ("ipa_enti_lazio.csv", IPA, "Codice_IPA", "Denominazione_ente", "Codice_comune_ISTAT"),
    ):
        for row in real_rows(shared_data, file).values():
            seat = row[comune] or None
            code = (Identifier(scheme, row[key]),)
            named = (read_name(row[name]),)
            bodies.append(Described(row[key], named, None, seat, provinces.get(seat or ""), frozenset(), code))
    return find_duplicates(bodies)


def test_well_known_bodies_are_found_unasked(found: Found) -> None:
    joined = {frozenset((pair.one, pair.other)) for pair in found.join}
    assert {ipa for ipa, code in KNOWN.items() if frozenset((ipa, code)) not in joined} == set()


def test_every_join_is_of_one_row_of_each_list(found: Found) -> None:
    for pair in (*found.join, *found.ask):
        codes = sorted((pair.one, pair.other), key=lambda code: len(code) == 11 and code.isdigit())
        assert not (codes[0].isdigit() and len(codes[0]) == 11), "two tax codes are two bodies"
    bodies = [body for pair in found.join for body in (pair.one, pair.other)]
    assert len(bodies) == len(set(bodies)), "nobody is joined to two"


def test_few_pairs_are_compared_and_fewer_wait(found: Found) -> None:
    """8,400 bodies: thirty-five million pairs; what a person must read stays readable."""
    assert found.compared < 10_000
    assert 300 < len(found.join) < 500  # the comuni, which the store joins by their ISTAT code, are found here by name
    assert len(found.ask) < 150


# Read one by one on 2026-11-22: one body under two codes, and those of which a reader cannot tell.
ONE_BODY = {"97339990588 97910010582", "04738511007 97100030580", "90064400576 90069230572"}
CANNOT_TELL = {
    "96334030580 97433810583",
    "97270010586 97429670587",
    "96357220589 97447240587",
    "97669890580 97993800586",
}


def test_with_codes_hidden_a_list_hardly_joins_itself(shared_data: Path, real_rows) -> None:
    """Every row of the list has a code of its own. With the codes hidden, as for rows without one, what is joined
    unasked is what was read and is not plainly two bodies; the rest waits for a person.
    """
    provinces = {facts.istat: facts.province for facts in municipalities()}
    bodies = []
    for code, row in real_rows(shared_data, "cinque_per_mille_2022_lazio.csv").items():
        kind, seat = kind_of_name(row["denominazione"]), row["codice_comune"] or None
        named = (read_name(row["denominazione"]),)
        bodies.append(Described(code, named, str(kind.value) if kind else None, seat, provinces.get(seat or "")))
    found = find_duplicates(bodies)
    joined = {f"{pair.one} {pair.other}" for pair in found.join}
    assert joined - ONE_BODY - CANNOT_TELL == set()
    assert joined >= ONE_BODY
    assert len(found.ask) < 560


def test_with_codes_hidden_few_cooperatives_are_joined_to_another(shared_data: Path, real_rows) -> None:
    """5,710 co-operatives, each with a code of its own. 8 pairs read on 2026-11-22: 2 are two, of 6 nobody can tell."""
    bodies = []
    for code, row in real_rows(shared_data, "cooperative_5x1000_2022_italia.csv").items():
        kind, named = kind_of_name(row["denominazione"]), (read_name(row["denominazione"]),)
        seat, province = row["codice_comune"] or None, row["pr"] or None
        bodies.append(Described(code, named, str(kind.value) if kind else None, seat, province))
    assert len(find_duplicates(bodies).join) <= 8
