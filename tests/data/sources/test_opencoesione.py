"""OpenCoesione: projects of ours kept whole, national bodies no reason by themselves, persons left out."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import WrongColumns
from data.model import Audience, Identifier, OrganisationKind
from data.records import Accepted, OutOfArea, ReadOptions, Rejected
from data.sources import opencoesione, source
from data.store import open_store
from data.store.data_day import data_day

HEAD = (
    "COD_LOCALE_PROGETTO;SOGG_COD_RUOLO;SOGG_DESCR_RUOLO;OC_CODICE_FISCALE_SOGG;OC_DENOMINAZIONE_SOGG;"
    "DESCR_FORMA_GIURIDICA_SOGG;COD_COMUNE_SEDE_SOGG;COD_ATECO_SOGG;COD_ADDETTI_SOGG\n"
)


@pytest.fixture
def codes(full_size) -> dict[str, str]:
    """Invented bodies: one that the store knows, its partner, one of Lazio, one far away, one of the State."""
    code = full_size.tax_code
    return {
        "known": code(9_900_001), "partner": code(9_100_001, 15), "local": code(9_700_001, 59),
        "far": code(1_000_001, 15), "state": code(9_000_101), "region": code(9_000_001, 1),
    }  # fmt: skip


def subjects(path: Path, codes: dict[str, str], *more: str) -> Path:
    """Three projects: of a known body, of a body of Lazio, of nobody of ours."""
    known, partner, local, far, _state, region = (codes[name] for name in codes)
    rows = [
        f"P1;1;Programmatore;{region};REGIONE DI PROVA;REGIONE;001272;84.11.10;",
        f"P1;3;Beneficiario;{known};LA PROVA SOCIETA' COOPERATIVA SOCIALE;SOCIETA' COOPERATIVA;;88.10.00;3",
        f"P1;4;Realizzatore;{known};LA PROVA SOCIETA' COOPERATIVA SOCIALE;SOCIETA' COOPERATIVA;;88.10.00;3",
        f"P1;4;Realizzatore;{partner};PARTNER DI PROVA SRL;SOCIETA' A RESPONSABILITA' LIMITATA;015146;41.20;",
        "P1;4;Realizzatore;RSSMRA80A01H501U;ROSSI MARIO;IMPRENDITORE INDIVIDUALE;058091;43.21;",
        "P1;4;Realizzatore;***********;DATO OSCURATO;;;;",
        f"P2;2;Attuatore;{far};LONTANA SPA;SOCIETA' PER AZIONI;063049;62.01;",
        f"P2;3;Beneficiario;{local};LOCALE DI PROVA SRL;SOCIETA' A RESPONSABILITA' LIMITATA;12059011;62.01;",
        f"P3;1;Programmatore;{known};LA PROVA SOCIETA' COOPERATIVA SOCIALE;SOCIETA' COOPERATIVA;;88.10.00;",
        f"P3;3;Beneficiario;{far};LONTANA SPA;SOCIETA' PER AZIONI;063049;62.01;",
        "P4;3;Beneficiario;RSSMRA80A01H501U;ROSSI MARIO;IMPRENDITORE INDIVIDUALE;058091;43.21;",
        *more,
    ]
    path.write_text(HEAD + "".join(row + "\n" for row in rows), encoding="utf-8")
    return path


def projects(path: Path) -> Path:
    path.write_text(
        "COD_LOCALE_PROGETTO;OC_TITOLO_PROGETTO;OC_TEMA_SINTETICO;OC_DATA_INIZIO_PROGETTO;FINANZ_TOTALE_PUBBLICO\n"
        "P1;Laboratorio di prova per tutti;Inclusione sociale;20190131;120.000,50\n"
        "P2;;Ricerca;;\n"
        "P2;;Ricerca diversa;;\n"
        "P9;Altro;Ambiente;20200101;1,00\n",
        encoding="utf-8",
    )
    return path


def outcomes(name: str, *paths: Path, known: set[str]):
    options = ReadOptions(known_codes=frozenset(known))
    return list(source(name).read(paths, options)), options.notices


def test_projects_of_ours_are_kept_whole(tmp_path, codes):
    found, notices = outcomes("opencoesione-subjects", subjects(tmp_path / "s.csv", codes), known={codes["known"]})
    accepted = [one for one in found if isinstance(one, Accepted)]
    refused = [(one.line, one.field, one.reason.key) for one in found if isinstance(one, Rejected)]
    ties = {(one.records[-1].project, one.records[-1].organisation.value): one.records[-1] for one in accepted}
    assert {project for project, _ in ties} == {"opencoesione|P1", "opencoesione|P2"}, "a programmer makes none ours"
    assert ties["opencoesione|P1", codes["known"]].role == "Beneficiario, Realizzatore"
    assert ties["opencoesione|P1", codes["region"]].role == "Programmatore"
    assert {tie.kind for tie in ties.values()} == {"cohesion"}
    assert refused == [(6, "code", "reject.natural-person"), (7, "code", "reject.masked")]
    assert sum(one.count for one in found if isinstance(one, OutOfArea)) == 3
    assert len(accepted) + len(refused) + 3 == 11
    assert not notices
    assert "ROSSI" not in repr(found)


def test_bodies_say_kind_form_seat_and_sector_once(tmp_path, codes):
    found, _ = outcomes("opencoesione-subjects", subjects(tmp_path / "s.csv", codes), known={codes["known"]})
    bodies = [record for one in found if isinstance(one, Accepted) for record in one.records[:-1]]
    said = {body.identifiers[0].value: {one.field: one.value for one in body.assertions} for body in bodies}
    assert len(bodies) == len(said) == 5
    assert said[codes["known"]]["kind"] is OrganisationKind.COOPERATIVE
    assert said[codes["known"]]["category"] == "sociali"
    assert (said[codes["known"]]["sector"], said[codes["known"]]["sector_version"]) == ("88.10", "2007")
    assert said[codes["local"]]["municipality"] == "059011", "nine digits with the region before the code"
    assert said[codes["local"]]["kind"] is OrganisationKind.FIRM
    assert "municipality" not in said[codes["partner"]]
    assert said[codes["region"]]["body_type"].value == "region"


def test_dates_theme_and_money_come_from_the_file_of_projects(tmp_path, codes):
    files = projects(tmp_path / "p.csv"), subjects(tmp_path / "s.csv", codes)
    found, _ = outcomes("opencoesione-projects", *files, known={codes["known"]})
    ties = [one.records[-1] for one in found if isinstance(one, Accepted) and one.records]
    first = next(tie for tie in ties if tie.project == "opencoesione|P1")
    assert (first.date, first.text, first.amount) == (date(2019, 1, 31), "Laboratorio di prova per tutti", 120_000.5)
    assert next(tie.text for tie in ties if tie.project == "opencoesione|P2") == "Ricerca"
    assert [one.reason.key for one in found if isinstance(one, Rejected) and one.file == "p.csv"] == [
        "reject.repeated-key"
    ]
    with pytest.raises(WrongColumns):
        outcomes("opencoesione-projects", files[1], known={codes["known"]})
    with pytest.raises(WrongColumns):
        outcomes("opencoesione-subjects", files[0], known={codes["known"]})


def test_a_body_that_stands_everywhere_makes_no_project_ours(tmp_path, codes, monkeypatch):
    state = [f"N{n};2;Attuatore;{codes['state']};AGENZIA DI PROVA;ENTE PUBBLICO;058091;84.13;" for n in range(30)]
    file = subjects(tmp_path / "s.csv", codes, *state)
    found, notices = outcomes("opencoesione-subjects", file, known={codes["known"]})
    assert len({one.records[-1].project for one in found if isinstance(one, Accepted)}) == 32
    assert not notices
    monkeypatch.setattr(opencoesione, "HUB", 20)
    found, notices = outcomes("opencoesione-subjects", file, known={codes["known"]})
    assert len({one.records[-1].project for one in found if isinstance(one, Accepted)}) == 2
    assert [(one.key, one.params["count"], one.params["most"]) for one in notices] == [("notice.bulk-hubs", 1, 20)]


def test_parquet_and_text_of_the_same_subjects_say_the_same(tmp_path, codes):
    text = subjects(tmp_path / "s.csv", codes)
    head, *rows = [line.split(";") for line in text.read_text("utf-8").splitlines()]
    columns = {name: pa.array([row[place] or None for row in rows]) for place, name in enumerate(head)}
    columns["SOGG_COD_RUOLO"] = pa.array([int(row[1]) for row in rows])
    columns["COD_COMUNE_SEDE_SOGG"] = pa.array([float(row[6]) if row[6] else None for row in rows])
    pq.write_table(pa.table(columns), tmp_path / "s.parquet")
    both = [
        {(one.key, one.records) for one in outcomes("opencoesione-subjects", path, known={codes["known"]})[0]
         if isinstance(one, Accepted)}
        for path in (text, tmp_path / "s.parquet")
    ]  # fmt: skip
    assert both[0] == both[1]


def test_loading_again_changes_nothing_and_partners_of_partners_stay_out(tmp_path, codes, full_size):
    chain = [
        f"P5;3;Beneficiario;{codes['partner']};PARTNER DI PROVA SRL;SOCIETA' A RESPONSABILITA' LIMITATA;015146;41.20;",
        f"P5;4;Realizzatore;{codes['far']};LONTANA SPA;SOCIETA' PER AZIONI;063049;62.01;",
    ]
    file = subjects(tmp_path / "s.csv", codes, *chain)
    own = tmp_path / "own.csv"
    own.write_text(f"id,name,kind\n{codes['known']},La Prova,cooperative\n", encoding="utf-8")
    store = open_store(tmp_path / "store.sqlite")
    store.load(source("organisations"), [own])
    first = store.load(source("opencoesione-subjects"), [file])
    again = store.load(source("opencoesione-subjects"), [file])
    assert (first.added, again.added, again.changed) == (6, 0, 0)
    assert again.unchanged == 6
    ties = store.participations(Audience.PUBLIC)
    assert {tie.project for tie in ties} == {"opencoesione|P1", "opencoesione|P2"}
    known = store.resolve(codes["known"])
    assert [tie.role for tie in ties if tie.organisation == known] == ["Beneficiario, Realizzatore"]
    body = next(one for one in store.organisations(Audience.PUBLIC) if one.id == store.resolve(codes["local"]))
    assert (body.municipality, body.identifiers) == ("059011", (Identifier("tax-code", codes["local"]),))
    late = store.load(source("opencoesione-projects"), [file, projects(tmp_path / "p.csv")])
    assert late.added > 0
    told = [tie for tie in store.participations(Audience.PUBLIC) if tie.project == "opencoesione|P1"]
    assert len(told) == 3, "the same project of two files is one"
    assert {tie.amount for tie in told} == {120_000.5}
    store.close()


def test_generated_files_are_read_alike_as_text_and_as_parquet(tmp_path, full_size):
    known = set(full_size.our_codes())
    text = full_size.write_subjects_csv(tmp_path / "soggetti.zip", 20_000)
    found, _ = outcomes("opencoesione-subjects", text, known=known)
    same, _ = outcomes(
        "opencoesione-subjects", full_size.write_subjects_parquet(tmp_path / "s.parquet", 20_000), known=known
    )
    taken = [{one.key for one in each if isinstance(one, Accepted)} for each in (found, same)]
    broken = [one for one in found if isinstance(one, Rejected) and one.field == "row"]
    assert len(taken[1]) > 1_000
    assert taken[0] <= taken[1]
    assert len(taken[1] - taken[0]) <= len(broken) < 25
    rows = sum(one.count if isinstance(one, OutOfArea) else 1 for one in same)
    assert rows == 20_000


@pytest.mark.parametrize(
    ("names", "day"),
    [
        (["soggetti_20260228.parquet"], date(2026, 2, 28)),
        (["soggetti_20260228.parquet", "progetti_2026-02-28.csv"], date(2026, 2, 28)),
        (["soggetti_20260228.parquet", "progetti_20251231.csv"], None),
        (["soggetti_20260231.parquet"], None),
        (["soggetti_2024.zip"], date(2024, 12, 31)),
        (["soggetti_20270101.zip"], None),
    ],
)
def test_the_name_of_a_file_says_its_day(names, day):
    assert data_day(source("opencoesione-subjects").info, names, (), date(2026, 11, 22)) == day
