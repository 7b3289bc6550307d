"""Registers in their official layouts, on invented bodies: third sector, cooperatives, network contracts, CORDIS."""

import tempfile
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from data.errors import FileTooLarge, UnreadableFile, WrongColumns
from data.model import Evidence, Identifier, OrganisationKind, Status, Visibility
from data.records import Accepted, OutOfArea, ReadOptions, Rejected
from data.sources import cooperative_register, cordis, source, workbook

ONE, TWO, THREE, FOUR, FIVE = "99900010580", "99900020589", "99900030588", "99900040587", "99900050586"
PERSON = "Prova-Segreta"


def write_book(path: Path, *sheets: tuple[str, list[list[object]]]) -> Path:
    """A workbook with these sheets (title, rows)."""
    book = openpyxl.Workbook(write_only=True)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def outcomes_of(name: str, path: Path, known: frozenset[str] = frozenset()) -> list:
    return list(source(name).read([path], ReadOptions(known_codes=known)))


def facts(outcome: Accepted) -> dict[str, object]:
    return {one.field: one.value for one in outcome.records[0].assertions}


def of(kind: type, found: list) -> list:
    return [one for one in found if isinstance(one, kind)]


# --- RUNTS ------------------------------------------------------------------------------------------------

RUNTS_HEAD = [
    "Codice fiscale / Steuernummer", "Repertorio / Repertorium", "Denominazione / Bezeichnung", "Sezione / Sektion",
    "Rappresentante / Vertreter", "Rete associativa / Netzwerk", "Comune / Gemeinde", "Provincia / Provinz", "5x1000",
    "Data iscrizione / Eintragungsdatum",
]  # fmt: skip


def runts_rows() -> list[list[object]]:
    return [
        ["Lista enti"], RUNTS_HEAD,
        [ONE, "101", "Prova Uno Coop. Sociale", "Imprese sociali", PERSON, None, "Viterbo", "VT", "", "07/11/2022"],
        [TWO, "102", "Prova Due APS", "Promozione sociale", PERSON, "Rete di prova", "Roma", "Roma", "", "08/11/2022"],
        [THREE, "103", "Prova Tre ODV", "Volontariato", PERSON, None, "Bolzano", "BZ", "SI", "09/11/2022"],
        ["99900040580", "104", "Prova Quattro", "Altri enti", PERSON, None, "Rieti", "RI", "SI", "09/11/2022"],
        [FIVE, "105", f"{'Prova Cinque ' * 30}", "Altri enti", PERSON, None, "Rieti", "RI", "SI", "09/11/2022"],
    ]  # fmt: skip


def test_the_third_sector_register_takes_bodies_and_no_persons(tmp_path, monkeypatch):
    seen: list[str] = []
    plain_text = workbook._text
    monkeypatch.setattr(workbook, "_text", lambda value: seen.append(str(value)) or plain_text(value))
    found = outcomes_of("runts", write_book(tmp_path / "Lista_enti.xlsx", ("Foglio1", runts_rows())))
    assert [type(one) for one in found] == [Accepted, Accepted, OutOfArea, Rejected, Rejected]
    social, association = of(Accepted, found)
    said = facts(social)
    assert (said["kind"], said["category"], said["municipality"]) == (OrganisationKind.COOPERATIVE, "sociali", "056059")
    assert "federation" not in said
    listed = next(one for one in social.records[0].assertions if one.field == "third_sector")
    assert (listed.value, listed.note) == (True, "Imprese sociali · 101 · 2022-11-07")
    said = facts(association)
    assert (said["kind"], said["federation"]) == (OrganisationKind.THIRD_SECTOR, "Rete di prova")
    assert (said["municipality"], said["province"]) == ("058091", "RM")
    assert [(one.field, one.reason.key) for one in of(Rejected, found)] == [
        ("tax_code", "reject.tax-code"), ("name", "reject.too-long"),
    ]  # fmt: skip
    assert PERSON not in repr(found)
    assert seen
    assert PERSON not in "".join(seen), "the cell of a person was made into text"


def test_the_person_is_kept_out_also_under_headings_in_two_rows(tmp_path):
    italian = ["Codice fiscale", "Denominazione", "Sezione", "Comune", "Provincia", "Rappresentante"]
    german = ["Steuernummer", "Bezeichnung", "Sektion", "Gemeinde", "Provinz", "Vertreter"]
    row = [ONE, "Prova Uno APS", "Altri enti", "Rieti", "RI", PERSON]
    path = write_book(tmp_path / "enti.xlsx", ("Enti", [italian, german, row]))
    found = outcomes_of("runts", path)
    assert [type(one) for one in found] == [Rejected, Accepted], "the German headings are no body"
    assert facts(found[1])["name"] == "Prova Uno APS"
    assert PERSON not in repr(found)


def test_the_same_list_twice_changes_nothing(tmp_path):
    from data.store import open_store

    store = open_store(tmp_path / "land.sqlite")
    path = write_book(tmp_path / "enti.xlsx", ("Enti", runts_rows()))
    first, second = (store.load(source("runts"), [path]) for _ in range(2))
    assert (first.read, first.added, first.rejected, first.out_of_area) == (5, 2, 2, 1)
    assert (second.read, second.unchanged, second.changed) == (5, 2, 0)
    store.close()


# --- network contracts ------------------------------------------------------------------------------------


def test_both_sheets_of_the_old_workbook_are_read_and_contracts_kept_whole(sample_files):
    found = outcomes_of("network-contracts", sample_files / "network_contracts.xls")
    assert [type(one).__name__ for one in found] == [
        "Accepted", "Accepted", "Rejected", "OutOfArea", "OutOfArea", "Accepted", "Rejected", "Rejected",
        "Accepted", "Accepted", "OutOfArea",
    ]  # fmt: skip
    assert [(one.line, one.field, one.reason.key) for one in of(Rejected, found)] == [
        (4, "tax_code", "reject.natural-person"), (8, "tax_code", "reject.tax-code"), (9, "name", "reject.missing"),
    ]  # fmt: skip
    assert {one.file for one in found} == {"network_contracts.xls (Elenco)", "network_contracts.xls (Sogg. Giu.)"}
    assert "ROSSI" not in repr(found)
    first, second, lonely, *of_bodies = of(Accepted, found)
    assert facts(first)["sector"] == "81.21"
    assert facts(first)["kind"] is OrganisationKind.COOPERATIVE
    assert facts(first)["municipality"] == "056059"
    assert facts(second)["province"] == "NA", "Napoli, not a missing value"
    assert facts(second)["sector"] == "01.45"
    assert "municipality" not in facts(lonely)
    one, other = first.records[1], second.records[1]
    assert one.project == other.project
    assert one.text == other.text == "Rete di prova Uno - Servizi in comune, l’uso condiviso di mezzi"
    assert (one.kind, one.role, other.role, one.date) == ("network", "impresa di riferimento", None, date(2021, 3, 15))
    assert {each.records[1].project for each in of_bodies} == {"network|99900080583"}


def test_a_contract_elsewhere_is_kept_when_one_of_its_firms_is_known(sample_files):
    found = outcomes_of("network-contracts", sample_files / "network_contracts.xls", frozenset({FOUR, "99900070584"}))
    assert len(of(OutOfArea, found)) == 1
    kept = {one.key.rsplit("|", 1)[1] for one in of(Accepted, found)}
    assert {THREE, FOUR} <= kept
    nameless = next(one for one in of(Accepted, found) if one.key.endswith("99900070584"))
    assert len(nameless.records) == 1, "a body that we know keeps its name when the list has none"


def test_the_real_workbook_of_network_contracts(shared_data):
    path = shared_data / "raw/contratti_di_rete_sample.xlsx"
    found = outcomes_of("network-contracts", path)
    assert len(found) == 85 + 72
    assert of(Rejected, found) and {one.reason.key for one in of(Rejected, found)} == {"reject.missing"}  # noqa: PT018
    everything = frozenset(one.records[0].identifiers[0].value for one in of(Accepted, found) if len(one.records) == 2)
    again = outcomes_of("network-contracts", path, everything)
    assert len(of(Accepted, again)) >= len(of(Accepted, found))


def test_another_table_is_no_network_contract(tmp_path):
    with pytest.raises(WrongColumns):
        outcomes_of("network-contracts", write_book(tmp_path / "x.xlsx", ("Foglio", [["a", "b"], ["1", "2"]])))


# --- CORDIS -----------------------------------------------------------------------------------------------

CORDIS_HEAD = (
    "projectID;projectAcronym;organisationID;vatNumber;name;shortName;SME;activityType;street;postCode;city;country;"
    "nutsCode;geolocation;organizationURL;contactForm;contentUpdateDate;rcn;order;role;ecContribution\n"
)


def cordis_row(project: str, pic: str, vat: str, name: str, activity: str, city: str, nuts: str, role: str, euro: str):
    country = nuts[:2]
    return (
        f'{project};ACRO{project};{pic};{vat};"{name}";;false;{activity};Via;00100;{city};{country};{nuts};;;;;1;1;'
        f"{role};{euro}\n"
    )


def cordis_zip(path: Path) -> Path:
    rows = [
        cordis_row("1", "901", f"IT{ONE}", "PROVA UNO SOC. COOP.", "PRC", "Rome", "ITI43", "coordinator", "100000.5"),
        cordis_row("1", "902", f"IT{TWO}", "UNIVERSITA DI PROVA", "HES", "Milano", "ITC4C", "participant", "50000"),
        cordis_row("1", "903", "FR12345678901", "ESSAI SA", "PRC", "Paris", "FR101", "participant", "50000"),
        cordis_row("1", "904", "missing", "ENTE DI PROVA", "OTH", "Nowhere", "ITI41", "associatedPartner", ""),
        cordis_row("2", "905", f"IT{THREE}", "PROVA TRE SRL", "PRC", "Torino", "ITC11", "coordinator", "1"),
        cordis_row("3", "906", f"IT{FOUR}", "PROVA QUATTRO SRL", "PRC", "Roma", "ITI43", "participant", "molto"),
    ]  # fmt: skip
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("csv/organization.csv", "\ufeff" + CORDIS_HEAD + "".join(rows))
        archive.writestr(
            "csv/project.csv",
            'id;acronym;status;title;startDate;endDate\n1;ACRO1;SIGNED;"Prove; di ricerca";2023-01-01;2026-12-31\n',
        )
    return path


def test_research_projects_keep_the_italian_members_of_projects_of_lazio(tmp_path):
    found = outcomes_of("cordis", cordis_zip(tmp_path / "cordis.zip"))
    assert [type(one).__name__ for one in found] == [
        "Accepted", "Accepted", "OutOfArea", "Accepted", "OutOfArea", "Rejected",
    ]  # fmt: skip
    assert [(one.line, one.field, one.reason.key) for one in of(Rejected, found)] == [(7, "amount", "reject.number")]
    assert {one.file for one in found} == {"cordis.zip"}
    first, university, nameless = of(Accepted, found)
    assert first.records[0].identifiers == (Identifier("tax-code", ONE), Identifier("key:cordis", "901"))
    assert university.records[0].identifiers[0] == Identifier("vat", TWO), "a university's VAT number is no tax code"
    assert nameless.records[0].identifiers == (Identifier("key:cordis", "904"),)
    assert facts(first)["municipality"] == "058091"
    assert facts(first)["kind"] is OrganisationKind.COOPERATIVE
    assert facts(university)["kind"] is OrganisationKind.PUBLIC_BODY
    assert "province" not in facts(university)
    assert facts(nameless) == {"name": "ENTE DI PROVA", "kind": OrganisationKind.THIRD_SECTOR, "province": "VT"}
    assert all(
        one.evidence is Evidence.INFERRED for each in of(Accepted, found) for one in each.records[0].assertions
        if one.field == "kind"
    )  # fmt: skip
    member = first.records[1]
    assert (member.project, member.kind, member.role, member.amount) == (
        "cordis|1",
        "research",
        "coordinator",
        100000.5,
    )
    assert (member.text, member.date) == ("ACRO1 - Prove; di ricerca", date(2023, 1, 1))


def test_a_known_body_brings_its_research_project_and_is_found_by_its_number(tmp_path):
    found = outcomes_of("cordis", cordis_zip(tmp_path / "cordis.zip"), frozenset({TWO, THREE}))
    assert len(of(OutOfArea, found)) == 1
    by_pic = {one.records[0].identifiers[-1].value: one.records[0].identifiers[0] for one in of(Accepted, found)}
    assert by_pic["902"] == Identifier("tax-code", TWO)
    assert by_pic["905"] == Identifier("tax-code", THREE)


def test_research_members_join_the_bodies_of_the_store(tmp_path):
    from data.model import Audience
    from data.store import open_store

    store = open_store(tmp_path / "land.sqlite")
    assert store.load(source("cordis"), [cordis_zip(tmp_path / "cordis.zip")]).added == 3
    assert {one.kind for one in store.participations(Audience.PUBLIC)} == {"research"}
    names = {one.name for one in store.organisations(Audience.PUBLIC)}
    assert {"PROVA UNO SOC. COOP.", "UNIVERSITA DI PROVA", "ENTE DI PROVA"} <= names
    store.close()


def test_a_zip_without_the_members_is_refused(tmp_path):
    path = tmp_path / "cordis.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.csv", "id;title\n")
    with pytest.raises(UnreadableFile):
        outcomes_of("cordis", path)
    path.write_bytes(b"no zip")
    with pytest.raises(UnreadableFile):
        outcomes_of("cordis", path)


# --- the register of cooperatives -------------------------------------------------------------------------

REGISTER_HEAD = (
    "N. Iscrizione;Denominazione;Codice Fiscale;Sezione;Categoria;Tipologia;Stato;Data Costituzione;Comune;Prov;"
    "Codice ATECO;Numero soci;Addetti;Centrale;PEC;Presidente\n"
)
REGISTER_ROWS = (
    f"A100001;PROVA UNO;{ONE};Cooperative a mutualità prevalente di diritto;Cooperative sociali;Tipo A e B;Attiva;"
    f"12/05/1999;Viterbo;VT;88.10.00;1.234;12;Legacoop;pec@coop.example.it;{PERSON}\n"
    f"C100002;PROVA DUE;{TWO};Cooperative diverse da quelle a mutualità prevalente;Cooperative di produzione e lavoro;;"
    f"In liquidazione coatta amministrativa;1980;ROMA;RM;812100;;;;mario.rossi@example.it;{PERSON}\n"
    f"?;PROVA TRE IN LIQUIDAZIONE;{THREE};Boh;Categoria nuova;;Ibernata;mai;Comune che non esiste;RI;ZZ;molti;;;;\n"
    f"A100004;PROVA QUATTRO;{FOUR};I;Consorzi cooperativi;;attiva;;Milano;MI;;;;;;\n"
    "A100005;PROVA SENZA CODICE;;I;Sociali;;attiva;;Rieti;RI;;;;;;\n"
)


@pytest.fixture
def register(tmp_path: Path) -> Path:
    path = tmp_path / "albo.csv"
    path.write_text(REGISTER_HEAD + REGISTER_ROWS, "utf-8")
    return path


def test_the_register_of_cooperatives_is_read_by_its_words(register):
    options = ReadOptions()
    found = list(source("cooperative-register").read([register], options))
    assert [type(one).__name__ for one in found] == ["Accepted", "Accepted", "Accepted", "OutOfArea", "Rejected"]
    one, two, three = of(Accepted, found)
    assert one.records[0].identifiers == (
        Identifier("tax-code", ONE), Identifier("key:cooperative-register", "A100001"),
    )  # fmt: skip
    assert facts(one) == {
        "name": "PROVA UNO", "kind": OrganisationKind.COOPERATIVE, "municipality": "056059", "province": "VT",
        "prevalent_mutuality": True, "category": "sociali", "social_type": "A+B", "status": Status.ACTIVE,
        "founded": 1999, "sector": "88.10", "sector_version": "2007", "members": 1234, "employees": 12,
        "federation": "Legacoop", "pec": "pec@coop.example.it",
    }  # fmt: skip
    seen_by = {claim.field: claim.visibility for claim in one.records[0].assertions}
    assert {name for name, who in seen_by.items() if who is Visibility.FEDERATION} == {"members", "employees"}
    assert facts(two)["prevalent_mutuality"] is False
    assert facts(two)["category"] == "produzione e lavoro"
    assert facts(two)["status"] is Status.COMPULSORY_LIQUIDATION
    assert facts(two)["sector"] == "81.21"
    assert facts(three) == {
        "name": "PROVA TRE IN LIQUIDAZIONE", "kind": OrganisationKind.COOPERATIVE, "province": "RI",
        "status": Status.LIQUIDATION,
    }  # fmt: skip
    assert three.records[0].identifiers == (Identifier("tax-code", THREE),), "what is no number of the register"
    assert {notice.params["column"] for notice in options.notices if notice.key == "notice.words-unknown"} == {
        "section", "category", "status", "founded", "sector", "members",
    }  # fmt: skip
    assert "Ibernata (1)" in [notice.params["words"] for notice in options.notices]
    assert PERSON not in repr(found)
    assert "mario" not in repr((found, options.notices))


def test_any_export_is_read_with_a_column_map(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(f"Campo1|Campo2|Campo3|Campo4\n{ONE}|PROVA UNO|RIETI|sociali\n", "utf-8")
    with pytest.raises(WrongColumns):
        outcomes_of("cooperative-register", path)
    mapped = {"tax_code": "Campo1", "name": "campo2", "municipality": "Campo3", "category": "Campo4"}
    found = list(source("cooperative-register").read([path], ReadOptions(mapped)))
    assert facts(found[0])["category"] == "sociali"
    assert facts(found[0])["municipality"] == "057059"


@pytest.mark.parametrize("category", cooperative_register.CATEGORIES)
@pytest.mark.parametrize("opening", ["", "Cooperative ", "Cooperative di "])
def test_categories_are_told_in_the_ways_of_registers(category, opening):
    if not category.startswith(("consorzi", "altre", "banche")):
        assert cooperative_register.category_of(opening + category.capitalize()) == category


def test_no_heading_of_the_register_stands_for_two_columns():
    claimed: dict[str, str] = {}
    for column in cooperative_register.LAYOUT.columns:
        for heading in (column.name, *column.headings):
            assert claimed.setdefault(heading.replace("_", " ").strip("."), column.name) == column.name


# --- hostile files ----------------------------------------------------------------------------------------


def test_a_zip_that_lies_about_its_size_is_stopped(tmp_path, monkeypatch):
    path = cordis_zip(tmp_path / "cordis.zip")
    monkeypatch.setattr(cordis, "FILE_LIMIT", 500)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(FileTooLarge):
        outcomes_of("cordis", path)
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("organization.csv", CORDIS_HEAD + "0;" * 10_000_000)
    with pytest.raises(FileTooLarge):
        outcomes_of("cordis", bomb)
    assert not list(tmp_path.glob("land-*")), "nothing stays behind"


def test_damaged_old_workbooks_are_refused_or_read_never_anything_else(sample_files, tmp_path):
    whole = (sample_files / "network_contracts.xls").read_bytes()
    path = tmp_path / "damaged.xls"
    told = set()
    for step, cut in enumerate(range(100, len(whole), 251)):
        middle = bytes([step % 251]) * 37
        for content in (whole[:cut], whole[:cut] + middle + whole[cut + 37 :]):
            path.write_bytes(content)
            try:
                told |= {type(one).__name__ for one in outcomes_of("network-contracts", path)}
            except (UnreadableFile, FileTooLarge, WrongColumns) as wrong:
                told.add(type(wrong).__name__)
    assert "UnreadableFile" in told
    assert told <= {"Accepted", "Rejected", "OutOfArea", "UnreadableFile", "WrongColumns", "FileTooLarge"}


def test_an_old_workbook_beyond_the_limit_is_refused_unread(sample_files, monkeypatch):
    monkeypatch.setattr(workbook, "OLD_FILE", 1_000)
    with pytest.raises(FileTooLarge):
        outcomes_of("network-contracts", sample_files / "network_contracts.xls")
