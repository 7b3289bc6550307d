"""Files that commands write: public unless asked otherwise, never over what must stay, nothing changed when in vain."""

import csv
import errno
import io
import sqlite3

import pytest

from data.model import Audience, Evidence, Identifier, OrganisationKind, Visibility
from data.records import Accepted, Assertion, DeclarationRecord, OrganisationRecord, SiteRecord, Source, SourceInfo
from data.store import open_store
from service.cli import run
from service.messages import Words
from service.written_files import trouble

SECRET = "Segretissima4417"
TABLE = "id;name;kind;municipality\n80000000010;Prova Aurora;cooperative;057001\n"
WRONG = TABLE + "80000000036;Prova Clara;spaceship;057003\n"


@pytest.fixture
def land(monkeypatch, tmp_path, capsys):
    """Runs one command over a store of its own; returns exit code, what was printed, what was complained."""
    monkeypatch.setenv("LAND_STORE", str(tmp_path / "land.sqlite"))

    def call(*arguments):
        code = run([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err + printed.out
        assert "Qualcosa è andato storto" not in printed.err, printed.err
        return code, printed.out, printed.err

    return call


@pytest.fixture
def own(tmp_path):
    """A file with one right row and one wrong one."""
    file = tmp_path / "own.csv"
    file.write_text(WRONG, encoding="utf-8")
    return file


def version(tmp_path):
    store = open_store(tmp_path / "land.sqlite")
    try:
        return store.version()
    finally:
        store.close()


# --- what leaves the house --------------------------------------------------------------------------------


@pytest.fixture
def store_with_secrets(monkeypatch, own_file):
    """The demonstration store with a reserved body, a reserved field, a reserved need and a reserved site."""
    hidden, shown = Identifier("key:x", "x-1"), Identifier("tax-code", "80000000028")

    def body(name, identifier, openness, purpose):
        said = (
            Assertion("name", name, visibility=openness),
            Assertion("kind", OrganisationKind.COOPERATIVE),
            Assertion("municipality", "057001"),
            Assertion("purpose", purpose, visibility=Visibility.RESERVED),
        )
        return OrganisationRecord((identifier,), said)

    records = (
        body(f"{SECRET} nascosta", hidden, Visibility.RESERVED, "-"),
        body("Cooperativa Visibile", shown, Visibility.PUBLIC, f"{SECRET} scopo"),
        DeclarationRecord(organisation=shown, says="seeks", what=f"{SECRET} pane", visibility=Visibility.RESERVED),
        SiteRecord(name=f"{SECRET} casa", kind="school", municipality="057001", visibility=Visibility.RESERVED),
    )
    info = SourceInfo("secrets", "Prova", "Trial", "-", "-", evidence=Evidence.DECLARED)
    rows = [Accepted(line, f"row-{line}", (record,), "x.csv") for line, record in enumerate(records, 2)]
    store = open_store(own_file)
    assert store.load(Source(info, lambda _paths, _options: iter(rows)), []).rejected == 0
    store.close()
    monkeypatch.setenv("LAND_STORE", str(own_file))
    return own_file


@pytest.mark.parametrize(
    "asked",
    [("map",), ("map", "--sector", ""), ("export", "organisations", "--format", "csv"),
     ("export", "graph", "--format", "graphml"), ("export", "graph", "--format", "json")],
    ids=" ".join,
)  # fmt: skip
def test_a_file_holds_public_data_unless_all_is_asked_for(land, store_with_secrets, monkeypatch, tmp_path, asked):
    monkeypatch.setenv("LAND_STORE", str(store_with_secrets))
    out = tmp_path / "out"
    code, _, err = land(*asked, "--out", out)
    assert code == 0
    assert "solo i dati pubblici" in err
    public = out.read_text(encoding="utf-8")
    assert SECRET not in public
    assert "Cooperativa Visibile" in public
    code, _, err = land(*asked, "--all", "--out", out)
    assert code == 0
    assert "Attenzione" in err
    assert SECRET in out.read_text(encoding="utf-8"), "the check can fail"


# --- the report of a load ---------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["nowhere/report.csv", "", "own.csv/report.csv"])
def test_a_report_that_cannot_be_written_stops_the_load_before_it_begins(land, own, tmp_path, place):
    land("sources")
    before = version(tmp_path)
    code, out, err = land("load", "organisations", own, "--report", tmp_path / place)
    assert (code, out) == (1, "")
    assert "non si può leggere o scrivere" in err
    assert "Errno" not in err
    assert "No such" not in err
    assert version(tmp_path) == before


def test_a_report_never_takes_the_place_of_what_is_read_or_of_the_store(land, own, tmp_path):
    columns, link = tmp_path / "columns.toml", tmp_path / "link.csv"
    columns.write_text('id = "id"\n', encoding="utf-8")
    link.hardlink_to(own)
    land("sources")
    before = version(tmp_path)
    for place in (own, tmp_path / "x" / ".." / "own.csv", link, columns, tmp_path / "land.sqlite"):
        code, out, err = land("load", "organisations", own, "--columns", columns, "--report", place)
        assert (code, out) == (2, ""), place
        assert "--report" in err
    assert own.read_text(encoding="utf-8") == WRONG
    assert version(tmp_path) == before


def test_a_load_that_fails_leaves_the_former_report_and_nothing_else(land, own, tmp_path):
    report = tmp_path / "report.csv"
    report.write_text("former", encoding="utf-8")
    assert land("load", "organisations", tmp_path / "missing.csv", "--report", report)[0] == 1
    assert report.read_text(encoding="utf-8") == "former"
    assert land("load", "organisations", own, "--report", report)[0] == 3
    rows = list(csv.reader(io.StringIO(report.read_text(encoding="utf-8-sig")), delimiter=";"))
    assert [row[1] for row in rows] == ["line", "3"]
    assert not list(tmp_path.glob("*.part"))


# --- other places -----------------------------------------------------------------------------------------


def test_nothing_is_written_over_the_store(land, tmp_path):
    land("sources")
    store = tmp_path / "land.sqlite"
    for asked in (("map",), ("export", "organisations", "--format", "csv"), ("backup",)):
        where = (store,) if asked == ("backup",) else ("--out", store)
        assert land(*asked, *where)[0] == 2
    with sqlite3.connect(store) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("place", ["nowhere/copy.sqlite", "own.csv/copy.sqlite"])
def test_a_backup_that_cannot_be_written_is_said_in_words(land, own, tmp_path, place):
    code, out, err = land("backup", tmp_path / place)
    assert (code, out) == (1, "")
    assert "copy.sqlite" in err
    assert "cartella non esiste" in err
    assert "Da riportare" not in err
    assert "folder does not exist" in land("backup", tmp_path / place, "--language", "en")[2]


def test_what_a_machine_says_is_put_into_words():
    said = [trouble(OSError(code, "Strange"), Words("it")) for code in (errno.EACCES, errno.EROFS, errno.ENOSPC)]
    assert said == ["manca il permesso", "manca il permesso", "il disco è pieno"]
    assert trouble(OSError(errno.EXDEV, "Strange"), Words("it")) == "Strange"


@pytest.mark.parametrize(
    "address",
    ["postgresql+nodriver://h/d", "postgresql+psycopg://h:port/d", "postgresql+psycopg2://h/d", "mysql://h/d",
     "sqlite+none:///x", "://"],
)  # fmt: skip
def test_an_address_of_no_store_is_said_in_words(land, monkeypatch, address):
    monkeypatch.setenv("LAND_STORE", address)
    code, _, err = land("sources")
    assert code == 1
    assert "LAND_STORE" in err


def test_a_folder_instead_of_a_file_is_called_a_folder(land, tmp_path):
    for source in ("organisations", "sites", "boundaries"):
        code, _, err = land("load", source, tmp_path)
        assert code == 1
        assert "è una cartella" in err, source
        assert "folder" in land("load", source, tmp_path, "--language", "en")[2]


def test_the_operator_still_reads_all(store_with_secrets):
    store = open_store(store_with_secrets)
    assert any(SECRET in body.name for body in store.organisations(Audience.OPERATOR))
    store.close()
