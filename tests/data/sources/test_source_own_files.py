"""Files of one's own: what names a row for ever, declarations told apart, and nothing of a person in any cell."""

from pathlib import Path

import pytest

from data.identity import KEY, TAX_CODE, VAT
from data.model import Identifier
from data.sources import source
from data.store import open_store

CODE, OTHER = "00743110157", "00488410010"
PERSONS = {
    "RSSMRA80A01H501U": "reject.natural-person",
    "RSS MRA 80A01 H501U": "reject.natural-person",
    "mario.rossi@example.it": "reject.personal-mail",
}


def table(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(name="bodies")
def reading_of_bodies(tmp_path, read):
    def of(*lines: str):
        return read("organisations", table(tmp_path / "o.csv", "id,tax_code,vat,name,kind", *lines))

    return of


def test_a_row_keeps_the_key_of_its_own_id_when_it_gains_a_tax_code(bodies):
    rows = bodies(
        "SOCIO-1,,,Prova,firm", f"SOCIO-1,{CODE},,Prova,firm", f" SOCIO-1 ,{CODE},{OTHER},Prova,firm"
    ).accepted
    assert {row.key for row in rows} == {"key:organisations:SOCIO-1"}
    own = Identifier(KEY + "organisations", "SOCIO-1")
    assert rows[0].records[0].identifiers == (own,)
    assert rows[2].records[0].identifiers == (Identifier(TAX_CODE, CODE), Identifier(VAT, OTHER), own)


def test_without_an_id_the_best_identifier_is_the_key(bodies):
    rows = bodies(f",{CODE},{OTHER},Prova,firm", f",,{OTHER},Prova,firm", f"{CODE},,,Prova,firm").accepted
    assert [row.key for row in rows] == [f"tax-code:{CODE}", f"vat:{OTHER}", f"tax-code:{CODE}"]


def test_an_id_that_is_another_tax_code_contradicts_the_row(bodies):
    found = bodies(f"{OTHER},{CODE},,Prova,firm", f"{OTHER},{CODE},{OTHER},Prova,firm", f"{CODE},{CODE},,Prova,firm")
    assert found.reasons == [(2, "tax_code", "reject.contradicting-identifiers")]
    assert found.accepted[0].key == f"tax-code:{OTHER}"
    assert found.accepted[0].records[0].identifiers == (Identifier(TAX_CODE, CODE), Identifier(VAT, OTHER))


def test_a_body_that_gains_a_tax_code_is_changed_and_not_doubled(tmp_path):
    head = "id,tax_code,name,kind"
    before = table(tmp_path / "a.csv", head, "SOCIO-1,,Prova,firm")
    after = table(tmp_path / "b.csv", head, f"SOCIO-1,{CODE},Prova nuova,firm")
    store = open_store(tmp_path / "s.sqlite")
    store.load(source("organisations"), [before])
    was = store.resolve("SOCIO-1")
    report = store.load(source("organisations"), [after])
    assert (report.added, report.changed, report.rejected) == (0, 1, 0)
    assert store.resolve("SOCIO-1") == store.resolve(CODE) == store.resolve(was)
    store.close()


DECLARATIONS = "org,says,what,municipality,from,until,quantity"


def declared(read, path: Path, *rows: str):
    return read("declarations", table(path, DECLARATIONS, *rows)).accepted


def test_offers_that_differ_only_in_quantity_or_end_are_two(tmp_path, read):
    rows = declared(
        read,
        tmp_path / "d.csv",
        "A,offers,furgone,,2026-01-01,2026-12-31,1",
        "A,offers,furgone,,2026-01-01,2026-12-31,2",
        "A,offers,furgone,,2026-01-01,2027-12-31,2",
        "A,offers,furgone,,2026-01-01,2026-12-31,2",
        "B,offers,furgone,,2026-01-01,2026-12-31,1",
    )
    keys = [row.key for row in rows]
    assert len(set(keys)) == 4
    assert keys[1] == keys[3]
    assert [key.removeprefix(keys[0]) for key in keys[:3]] == ["", "|2", "|3"]


def test_a_quantity_that_changes_keeps_the_key_of_its_declaration(tmp_path, read):
    (before,) = declared(read, tmp_path / "d.csv", "A,offers,furgone,,,,1")
    (after,) = declared(read, tmp_path / "d.csv", "A,offers,furgone,,,,5")
    assert before.key == after.key
    assert before.records != after.records


@pytest.mark.parametrize(("words", "why"), PERSONS.items())
@pytest.mark.parametrize("column", ["name", "federation", "legal_form", "category", "certifications", "purpose", "id"])
def test_no_cell_of_an_organisation_tells_of_a_person(tmp_path, read, column, words, why):
    row = {"id": "A", "name": "Prova", "kind": "firm", column: f"di {words}"}
    path = table(tmp_path / "o.csv", ",".join(row), ",".join(row.values()))
    found = read("organisations", path)
    assert found.reasons == [(2, column, why)]
    assert words not in found.rejected[0].value


@pytest.mark.parametrize(("words", "why"), PERSONS.items())
@pytest.mark.parametrize("column", ["org", "what", "unit"])
def test_no_cell_of_a_declaration_tells_of_a_person(tmp_path, read, column, words, why):
    row = {"org": "A", "says": "offers", "what": "furgone", "unit": "n.", column: f"di {words}"}
    found = read("declarations", table(tmp_path / "d.csv", ",".join(row), ",".join(row.values())))
    assert found.reasons == [(2, column, why)]


def test_certifications_are_bounded_and_each_told_once(tmp_path, read):
    head = "id,name,kind,certifications"
    found = read(
        "organisations",
        table(
            tmp_path / "o.csv",
            head,
            "A,Prova,firm,ISO 9001|SA8000| ISO 9001 |",
            "B,Prova,firm," + "|".join(map(str, range(51))),
            "C,Prova,firm," + "x" * 301,
        ),
    )
    assert found.facts("key:organisations:A")["certifications"] == ("ISO 9001", "SA8000")
    assert found.reasons == [
        (3, "certifications", "reject.too-many"),
        (4, "certifications", "reject.too-long"),
    ]


CELLS = {
    "declarations": ("org;dice;cosa;unita", "COOP-1;offre;{};ore"),
    "dossiers": ("id;purpose;need", "D1;Mense;{}"),
    "organisations": ("id;name;kind;purpose", "SOCIO-1;Prova;firm;{}"),
}


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("sentire Rosa al 347 1234567", "reject.telephone"),
        ("conto IT60X0542811101000000123456", "reject.iban"),
        ("ai sensi della L. 381/1991 per 1.250.000 euro, CUP F81B21004560006", ""),
    ],
)
def test_telephones_and_accounts_in_free_words_are_refused_and_not_quoted(tmp_path, read, name, words, reason):
    head, row = CELLS[name]
    found = read(name, table(tmp_path / "own.csv", head, row.format(words)))
    assert [one.reason.key for one in found.rejected] == ([reason] if reason else [])
    assert [one.value for one in found.rejected] == (["…"] if reason else [])
    assert len(found.accepted) == (0 if reason else 1)
