"""Own files of calls, dossiers and roles: what each cell may say, in both languages, and what is refused."""

from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from data.errors import WrongColumns
from data.identity import BadValue, own_identifier
from data.lazio.beneficiaries import Requirement, in_italian, read_place, read_requirements, requirement_of
from data.lazio.beneficiaries_in_words import phrases
from data.lazio.role_needs import read_needs
from data.model import Visibility
from data.records import DossierRecord, DossierRoleRecord
from data.sources import source
from data.store import open_store

CODE = "00743110157"


def table(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("said", "understood"),
    [
        ("tipo = cooperativa | consorzio", "kind = cooperative | consortium"),
        ("Tipo: Cooperative, Enti pubblici", "kind = cooperative | public-body"),
        ("categoria = non sociali", "category != sociali"),
        ("tipo sociale: tipo A | A+B", "social_type = A | A+B"),
        ("sociale = no", "social = no"),
        ("settore = 87|88|A", "sector = 87 | 88 | A"),
        ("sede = Amatrice | RI | Provincia di Latina | snai:Monti Reatini",
         "place = 057002 | province:RI | province:LT | snai:monti-reatini"),
        ("sede = sociosanitario:D1", "place = sociosanitario:D1"),
        ("soci >= 9", "members >= 9"),
        ("soci minimi: 9 soci", "members >= 9"),
        ("età: 24 mesi", "age <= 24"),
        ("età >= 12", "age >= 12"),
        ("gruppo: 3", "group >= 3"),
        ("mutualità prevalente: sì", "prevalent_mutuality = yes"),
        ("stato: costituenda | neo costituita", "status = forming | newly-formed"),
        ("Cooperative in regola con la revisione", "other = Cooperative in regola con la revisione"),
        ("altro = iscrizione all'albo regionale", "other = iscrizione all'albo regionale"),
        ("requisito strano: x", "other = requisito strano: x"),
    ],
)  # fmt: skip
def test_clauses_in_both_languages_and_back(said: str, understood: str) -> None:
    (found,) = read_requirements(said)
    assert str(found) == understood
    assert requirement_of(str(found)) == found


@pytest.mark.parametrize(
    ("said", "understood"),
    [
        ("cooperative sociali di tipo B", ["kind = cooperative", "social_type = B"]),
        ("Cooperative e consorzi", ["kind = cooperative | consortium"]),
        ("enti del Terzo settore (ETS)", ["third_sector = yes"]),
        ("beneficiari: cooperative sociali", ["kind = cooperative", "social = yes"]),
        ("Comuni", ["kind = public-body", "body_type = municipality"]),
        ("imprese agricole", ["kind = firm | cooperative | consortium", "sector = A"]),
        ("cooperative e comuni", ["who = cooperatives | municipalities"]),
        ("cooperative, con sede in provincia di Viterbo", ["kind = cooperative", "place = province:VT"]),
        ("imprese diverse dalle cooperative", ["other = imprese diverse dalle cooperative"]),
        ("comuni con sede ad Atlantide", ["other = comuni con sede ad Atlantide"]),
        ("con sede legale o operativa nel Lazio", ["other = con sede legale o operativa nel Lazio"]),
    ],
)
def test_plain_words_are_read_whole_or_stay_words(said: str, understood: list[str]) -> None:
    assert [str(each) for each in read_requirements(said)] == understood
    assert [requirement_of(each) for each in understood] == list(read_requirements(said))


@pytest.mark.parametrize("size", ["micro e piccole imprese", "PMI in forma cooperativa"])
def test_what_size_asks_of_turnover_stays_to_be_verified(size: str) -> None:
    assert [each.name for each in read_requirements(size)] == ["kind", "employees", "other"]


def test_every_phrase_of_the_table_is_rules_that_can_be_read() -> None:
    for each in phrases().values():
        found = [requirement_of(rule) for rule in each.rules]
        assert [(one.name == "other") == rule.startswith("other") for one, rule in zip(found, each.rules, strict=True)]
        assert [read_requirements(in_italian(one)) for one in found] == [(one,) for one in found]
        for words in (each.it, each.en):
            assert read_requirements(words) == tuple(found), words


def test_a_cell_holds_several_clauses_and_an_empty_one_none() -> None:
    assert [each.name for each in read_requirements("kind=cooperative; ; age<=24\nregole interne;")] == [
        "kind", "age", "other",
    ]  # fmt: skip
    assert read_requirements(" ; ") == ()


@pytest.mark.parametrize(
    "said",
    ["tipo = astronave", "settore = 88.10.00", "soci = tanti", "soci <= 3", "sede = Atlantide", "stato = felice",
     "tipo sociale = D", "tipo =  | ", ";".join(["altro=x"] * 31)],
)  # fmt: skip
def test_a_known_name_with_a_value_that_may_not_be_is_refused(said: str) -> None:
    with pytest.raises(BadValue) as caught:
        read_requirements(said)
    assert caught.value.reason.key == "reject.beneficiaries"


def test_free_words_tell_of_no_person() -> None:
    with pytest.raises(BadValue):
        read_requirements("scrivere a mario.rossi@example.it")


def test_places_are_told_apart() -> None:
    assert (read_place("Rieti"), read_place("provincia di Rieti"), read_place("57002")) == (
        "057059", "province:RI", "057002",
    )  # fmt: skip
    assert read_place("snai:atlantide") is None
    assert read_place("015146") is None


def test_a_requirement_is_a_plain_value() -> None:
    assert Requirement("age", "<=", ("24",)).number == 24


# --- calls ------------------------------------------------------------------------------------------------------


def test_a_call_in_italian(tmp_path, read) -> None:
    found = read("calls", table(
        tmp_path / "bandi.csv",
        "codice;titolo;ente;apertura;scadenza;stato;beneficiari;comuni;dotazione;fonte;letto_il",
        'B1;Sostegno di prova;Ente di prova;01/10/2026;31/12/2026;aperto;"tipo=cooperativa; sociale=no";'
        '"Amatrice, Accumoli";2.000.000;www.example.org/bando;20/11/2026',
    ))  # fmt: skip
    assert found.reasons == []
    call = found.record("B1")
    assert (call.opens, call.closes, call.read_on) == (date(2026, 10, 1), date(2026, 12, 31), date(2026, 11, 20))
    assert call.state == "open"
    assert call.beneficiaries == ("kind = cooperative", "social = no")
    assert call.municipalities == ("057001", "057002")
    assert (call.amount, call.address) == (2_000_000.0, "https://www.example.org/bando")
    assert call.visibility is Visibility.PUBLIC


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("B1;;;;;", ("title", "reject.missing")),
        ("B1;Bando;2026-05-01;2026-04-01;;", ("closes", "reject.period")),
        ("B1;Bando;;;forse;", ("state", "reject.not-allowed")),
        ("B1;Bando;;;;Atlantide", ("municipalities", "reject.municipalities")),
        ("B1;Bando scrivere a mario.rossi@example.it;;;;", ("title", "reject.personal-mail")),
    ],
)
def test_a_call_that_is_refused_says_why(tmp_path, read, cells: str, reason: tuple[str, str]) -> None:
    found = read("calls", table(tmp_path / "b.csv", "id;title;opens;closes;state;municipalities", cells))
    assert found.reasons == [(2, *reason)]


def test_beneficiaries_that_cannot_be_read_spoil_the_row(tmp_path, read) -> None:
    found = read("calls", table(tmp_path / "b.csv", "id,title,beneficiaries", "B1,Bando,tipo=astronave"))
    assert found.reasons == [(2, "beneficiaries", "reject.beneficiaries")]


# --- dossiers ---------------------------------------------------------------------------------------------------

DOSSIERS = (
    "id,purpose,municipalities,need,call,instrument,deadline,status,outcome",
    'D1,Filiera corta per le mense,"Amatrice; Accumoli",mense,B1,RETE_CONTRATTO,2027-01-31,in preparazione,',
)
ROLES = (
    "dossier,role,org,state,needs",
    f"D1,capofila,{CODE},coperto,",
    "D1,trasformazione,,,tipo:cooperativa|tema:agriculture-food",
    "D1,un ruolo tutto nostro,,da coprire,",
)


def test_two_files_in_any_order_give_dossiers_before_their_roles(tmp_path, read) -> None:
    dossiers, roles = table(tmp_path / "d.csv", *DOSSIERS), table(tmp_path / "r.csv", *ROLES)
    found = read("dossiers", roles, dossiers)
    assert found.reasons == []
    assert [each.key for each in found.accepted] == [
        "dossier:D1", f"role:D1|lead|{CODE}", "role:D1|foodprocessing|", "role:D1|unruolotuttonostro|",
    ]  # fmt: skip
    dossier = found.record("dossier:D1")
    assert (dossier.title, dossier.status, dossier.municipalities, dossier.visibility) == (
        "Filiera corta per le mense", "in-preparation", ("057001", "057002"), Visibility.FEDERATION,
    )  # fmt: skip
    lead, processing, own = (found.accepted[place].records[0] for place in (1, 2, 3))
    assert (lead.role, lead.organisation, lead.state) == ("lead", own_identifier(CODE), "filled")
    assert (processing.role, processing.state, processing.needs) == (
        "food-processing", "open", ("kind:cooperative", "theme:agriculture-food"),
    )  # fmt: skip
    assert own.role == "un ruolo tutto nostro"


def test_one_table_of_both_repeats_the_dossier_on_each_role(tmp_path, read) -> None:
    found = read("dossiers", table(
        tmp_path / "uno.csv",
        "id,purpose,role,org",
        f"D1,Filiera corta,capofila,{CODE}",
        "D1,Filiera corta,trasformazione,",
        "D2,Casa della salute,,",
    ))  # fmt: skip
    assert found.reasons == []
    kinds = [tuple(type(record) for record in each.records) for each in found.accepted]
    assert kinds == [(DossierRecord, DossierRoleRecord)] * 2 + [(DossierRecord,)]


def test_a_workbook_of_two_sheets(tmp_path, read) -> None:
    book = Workbook()
    for title, lines in (("dossier", DOSSIERS[:1]), ("ruoli", ROLES)):
        sheet = book.create_sheet(title)
        for line in lines:
            sheet.append(line.split(","))
    book["dossier"].append(["D1", "Filiera corta", "Amatrice", "", "", "", "", "", ""])
    book.remove(book["Sheet"])
    book.save(tmp_path / "tutto.xlsx")
    found = read("dossiers", tmp_path / "tutto.xlsx")
    assert found.reasons == []
    assert [each.key.split(":")[0] for each in found.accepted] == ["dossier", "role", "role", "role"]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("D1,,", ("purpose", "reject.missing")),
        ("D1,Scopo,felice", ("status", "reject.not-allowed")),
    ],
)
def test_a_dossier_that_is_refused_says_why(tmp_path, read, cells: str, reason: tuple[str, str]) -> None:
    assert read("dossiers", table(tmp_path / "d.csv", "id,purpose,status", cells)).reasons == [(2, *reason)]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("D1,,,,", ("role", "reject.missing")),
        ("D1,capofila,,coperto,", ("org", "reject.missing")),
        ("D1,capofila,,,qualcosa di strano", ("needs", "reject.needs")),
        ("D1,capofila,,,tipo:astronave", ("needs", "reject.needs")),
    ],
)
def test_a_role_that_is_refused_says_why(tmp_path, read, cells: str, reason: tuple[str, str]) -> None:
    found = read("dossiers", table(tmp_path / "r.csv", "dossier,role,org,state,needs", cells))
    assert found.reasons == [(2, *reason)]


def test_a_crisis_dossier_is_reserved_and_can_be_nothing_else(tmp_path, read) -> None:
    found = read("dossiers", table(
        tmp_path / "d.csv", "id,purpose,kind,visibility", "W1,Rilevare la fabbrica,wbo,", "W2,Rilevare,wbo,pubblico"
    ))  # fmt: skip
    assert found.record("dossier:W1").visibility is Visibility.RESERVED
    assert found.reasons == [(3, "visibility", "reject.not-allowed")]


def test_a_table_that_is_neither_is_refused_whole(tmp_path, read) -> None:
    with pytest.raises(WrongColumns):
        read("dossiers", table(tmp_path / "x.csv", "nome,comune", "a,b"))


def test_needs_are_kept_in_one_spelling() -> None:
    assert read_needs("tipo: Cooperativa; settore: 88.10; tema: welfare; tipo sociale: tipo b; nocciole") == (
        "kind:cooperative", "sector:8810", "theme:welfare", "social-type:B", "good:hazelnuts",
    )  # fmt: skip


def test_the_day_of_a_sheet_of_calls_is_that_of_its_newest_reading(tmp_path) -> None:
    file = table(tmp_path / "b.csv", "id,title,read_on", "B1,Uno,2026-03-01", "B2,Due,2026-11-20", "B3,Tre,")
    store = open_store(tmp_path / "s.sqlite")
    store.load(source("calls"), [file])
    assert store.loads()[-1].data_date == date(2026, 11, 20)
    store.close()
