"""The command line: what it prints, how it ends, that nothing changes when it fails, that help does not wait."""

import csv
import io
import json
import re
import resource
import subprocess
import sys
import time
import urllib.request

import pytest

from data.model import Audience, OrganisationKind
from data.store import open_store
from service.cli import run

LOAD_KEYS = ["source", "read", "added", "changed", "unchanged", "rejected", "out_of_area", "gone"]
TABLE = (
    "id;name;kind;municipality;sector;ateco version\n"
    "80000000010;Prova Aurora;cooperative;057001;10.41;2025\n"
    "80000000028;Prova Bruna;cooperative;057002;01.26;2025\n"
)


@pytest.fixture
def land(monkeypatch, tmp_path, capsys):
    """Runs one command over a store of its own; returns exit code, what was printed, what was complained."""
    monkeypatch.setenv("LAND_STORE", str(tmp_path / "land.sqlite"))

    def call(*arguments):
        code = run([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err + printed.out
        return code, printed.out, printed.err

    return call


@pytest.fixture
def land_example(land, monkeypatch, example_file):
    """The same over the demonstration store; commands that only read."""
    monkeypatch.setenv("LAND_STORE", str(example_file))
    return land


def loaded(code_out_err):
    return json.loads(code_out_err[1])


# --- load -------------------------------------------------------------------------------------------------


def test_a_load_accounts_for_every_row_and_the_second_changes_nothing(land, tmp_path):
    file = tmp_path / "own.csv"
    file.write_text(TABLE, encoding="utf-8")
    code, out, _ = land("load", "organisations", file, "--json")
    first = json.loads(out)
    assert (code, list(first)) == (0, LOAD_KEYS)
    assert (first["read"], first["added"], first["rejected"]) == (2, 2, 0)
    second = loaded(land("load", "organisations", file, "--json"))
    assert (second["added"], second["changed"], second["unchanged"]) == (0, 0, 2)


def test_rejected_rows_end_with_three_and_are_reported(land, tmp_path):
    file, report = tmp_path / "own.csv", tmp_path / "rejected.csv"
    file.write_text(TABLE + '80000000036;"=cmd|x";spaceship;057003;;\n', encoding="utf-8")
    code, out, err = land("load", "organisations", file, "--report", report)
    assert code == 3
    assert "rifiutate 1" in out
    assert "riga 4" in err
    rows = list(csv.reader(io.StringIO(report.read_text(encoding="utf-8-sig")), delimiter=";"))
    assert rows[0] == ["file", "line", "field", "value", "reason"]
    assert rows[1][:2] == ["own.csv", "4"]
    assert len(rows[1][4]) > 10
    assert not rows[1][4].startswith("[")


def test_rejected_rows_are_told_in_the_words_of_the_file(land, tmp_path):
    file = tmp_path / "enti.csv"
    file.write_text("codice_fiscale;ragione_sociale;natura;fondata\n80000000010;Prova;astronave;1990\n", "utf-8")
    code, _, err = land("load", "organisations", file)
    assert code == 3
    assert "campo natura: valore non previsto; valori ammessi: cooperativa, consorzio" in err
    file.write_text("codice_fiscale;ragione_sociale;sede\n80000000010;Prova;057003\n", "utf-8")
    _, _, err = land("load", "organisations", file)
    assert re.search(r"campo (?!kind)\w+: valore non previsto", err)  # no such column: as a file may call it
    file.write_text("codice_fiscale;ragione_sociale;natura\n80000000010;Prova\n", "utf-8")
    assert "(riga intera)" in land("load", "organisations", file)[2]


def test_a_missing_column_is_told_in_italian_with_what_else_does(land, tmp_path):
    file = tmp_path / "bandi.csv"
    file.write_text("scadenza;stato\n2026-05-01;aperto\n", "utf-8")
    _, _, err = land("load", "calls", file)
    assert re.search(r"manca la colonna codice \(.*\bid\), titolo \(.*\btitle\)", err)


def test_columns_of_the_user_are_mapped(land, tmp_path):
    file, columns = tmp_path / "own.csv", tmp_path / "columns.toml"
    file.write_text("CF,Denominazione,Natura,Comune\n80000000010,Prova Aurora,cooperative,057001\n", encoding="utf-8")
    named = 'id = "CF"\nname = "Denominazione"\nkind = "Natura"\nmunicipality = "Comune"\n'
    columns.write_text(named, encoding="utf-8")
    report = loaded(land("load", "organisations", file, "--columns", columns, "--json"))
    assert report["added"] == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("load", "no-such-source", "x.csv"), 2),
        (("load", "organisations", "missing.csv"), 1),
        (("load", "organisations"), 2),
        (("load", "organisations", "x.csv", "--no-such-option"), 2),
        (("no-such-command",), 2),
        (("recommend", "nobody", "--kind", "aggregation"), 1),
        (("recommend", "058091", "--kind", "marriage"), 2),
        (("recommend", "058091"), 2),
        (("recommend", "058091", "--kind", "aggregation", "--limit", "0"), 2),
        (("export", "graph", "--format", "pdf", "--out", "x"), 2),
        (("export", "moon", "--format", "csv", "--out", "x"), 2),
        (("serve", "--host", "0.0.0.0"), 2),
        (("restore", "missing.sqlite"), 1),
    ],
)
def test_what_goes_wrong_is_said_in_words_with_its_exit_code(land, tmp_path, monkeypatch, arguments, code):
    monkeypatch.chdir(tmp_path)
    got, out, err = land(*arguments)
    assert (got, out) == (code, "")
    assert err.strip()
    assert not err.startswith("[")
    english = land(*arguments, "--language", "en")
    assert english[0] == code
    assert english[2] != err


def test_a_file_that_is_no_table_changes_nothing(land, tmp_path):
    file = tmp_path / "own.csv"
    file.write_bytes(b"\x00\x01\x02" * 50)
    before = open_store(tmp_path / "land.sqlite")
    version = before.version()
    before.close()
    code, out, err = land("load", "organisations", file)
    assert (code, out) == (1, "")
    assert "rimasti come erano" in err
    after = open_store(tmp_path / "land.sqlite")
    assert after.version() == version
    after.close()


def test_a_wrong_setting_or_store_is_named(land, monkeypatch, tmp_path):
    monkeypatch.setenv("LAND_PORT", "many")
    code, _, err = land("sources")
    assert code == 2
    assert "LAND_PORT" in err
    monkeypatch.delenv("LAND_PORT")
    (tmp_path / "text.sqlite").write_text("this is no store " * 100)
    monkeypatch.setenv("LAND_STORE", str(tmp_path / "text.sqlite"))
    code, _, err = land("sources")
    assert code == 1
    assert "LAND_STORE" in err or "archivio" in err


# --- answers ----------------------------------------------------------------------------------------------


def first_cooperative(file):
    store = open_store(file)
    bodies = store.organisations(Audience.OPERATOR)
    store.close()
    return next(body for body in bodies if body.kind is OrganisationKind.COOPERATIVE and body.sector)


def test_recommend_prints_the_same_object_as_the_api(land_example, example_file, operator):
    body = first_cooperative(example_file)
    code, out, _ = land_example("recommend", body.id, "--kind", "aggregation", "--limit", "7", "--json")
    assert code == 0
    answer = operator.get(f"/api/v1/organisations/{body.id}/partners?kind=aggregation&limit=7").json()
    assert json.loads(out) == answer
    assert len(answer["recommendations"]) == 7


def test_recommend_speaks_to_people_too(land_example, example_file):
    body = first_cooperative(example_file)
    code, out, _ = land_example("recommend", body.id, "--kind", "aggregation", "--limit", "3")
    assert code == 0
    assert out.count("   + ") >= 3
    refused = land_example("recommend", "058091", "--kind", "aggregation")
    assert refused[0] == 0
    assert len(refused[1]) > 20


def test_search_finds_by_slip_by_comune_and_by_code(land_example, example_file):
    store = open_store(example_file)
    bodies = store.organisations(Audience.OPERATOR)
    comuni = {comune.istat: comune.name for comune in store.municipalities()}
    store.close()
    body = next(each for each in bodies if each.kind is OrganisationKind.COOPERATIVE and each.municipality)
    code = body.identifiers[0].value
    found = loaded(land_example("search", "--json", code))
    assert [each["id"] for each in found["organisations"]] == [body.id]
    words = body.name.split()
    slipped = [word[:-2] + word[-1] if len(word) > 6 else word for word in words]
    assert body.id in {each["id"] for each in loaded(land_example("search", *slipped, "--json"))["organisations"]}
    here = loaded(land_example("search", "cooperative", comuni[body.municipality], "--json", "--limit", "1"))
    assert here["organisations"][0]["municipality"] == body.municipality
    assert here["municipalities"][0]["istat"] == body.municipality
    status, out, _ = land_example("search", *words, "--limit", "1")
    assert (status, len(out.splitlines())) == (0, 1)
    assert body.name in out
    assert "[" not in out
    status, out, err = land_example("search", "xyzzy plugh")
    assert (status, out) == (0, "")
    assert "nome simile" in err


def test_who_types_a_name_for_a_code_is_told_how_to_search(land_example):
    code, out, err = land_example("recommend", "pippo", "--kind", "aggregation")
    assert (code, out) == (1, "")
    assert "land search" in err


def test_an_unknown_command_is_named_with_those_that_exist(land):
    code, _, err = land("foo")
    assert code == 2
    assert "«foo»" in err
    assert all(name in err for name in ("load", "search", "recommend", "sources"))
    assert "foo" in land("foo", "--language", "en")[2]


def test_what_is_allowed_is_said_whole(land, tmp_path):
    from geo.indicators import INDICATORS

    code, _, err = land("map", "--indicator", "pippo", "--out", tmp_path / "x.html")
    assert code == 2
    assert all(name in err for name in INDICATORS)


def test_sources_say_the_age_of_the_data_in_one_language(land, tmp_path):
    file = tmp_path / "bodies.csv"
    file.write_text(
        "Codice_IPA,Denominazione_ente,Codice_comune_ISTAT,Tipologia,Codice_Categoria,Nome_categoria,crawlDate\n"
        "c_l398,Comune di Prova,060080,Pubbliche Amministrazioni,L6,Comuni e loro Consorzi,2024-07-31\n",
        encoding="utf-8",
    )
    assert land("load", "ipa", file)[0] == 0
    for language, age in (("it", "dati al 31/07/2024"), ("en", "data as of 31/07/2024")):
        _, out, _ = land("sources", "--language", language)
        assert age in out
        assert " / " not in out
        listed = json.loads(land("sources", "--json", "--language", language)[1])
        assert not any(" / " in each["publisher"] + each["licence"] for each in listed)
    assert "whoever" in out
    ipa = next(each for each in listed if each["name"] == "ipa")
    assert ipa["loaded"]["data_date"] == "2024-07-31"


def test_sources_are_listed(land_example):
    code, out, _ = land_example("sources", "--json")
    listed = json.loads(out)
    assert code == 0
    assert all(entry["publisher"] and entry["title"] for entry in listed)
    assert [entry["name"] for entry in listed] == sorted(entry["name"] for entry in listed)
    plain = land_example("sources")[1]
    assert all(entry["name"] in plain for entry in listed)


def test_exports_are_open_formats_that_others_read(land_example, tmp_path):
    import networkx as nx

    graphml, link, table = tmp_path / "g.graphml", tmp_path / "g.json", tmp_path / "o.csv"
    assert land_example("export", "graph", "--format", "graphml", "--out", graphml)[0] == 0
    assert land_example("export", "graph", "--format", "json", "--out", link)[0] == 0
    assert land_example("export", "organisations", "--format", "csv", "--out", table)[0] == 0
    read = nx.read_graphml(graphml)
    linked = nx.node_link_graph(json.loads(link.read_text(encoding="utf-8")), edges="edges")
    assert set(read) == set(linked)
    assert read.number_of_edges() == linked.number_of_edges() > 1_000
    rows = list(csv.DictReader(io.StringIO(table.read_text(encoding="utf-8-sig")), delimiter=";"))
    assert len(rows) == sum(1 for node in read.nodes.values() if node["kind"] == "organisation")
    assert {"Accumoli", "Roma"} <= {row["municipality_name"] for row in rows}


def test_a_map_is_one_file_and_a_wrong_indicator_is_said(land_example, tmp_path):
    out = tmp_path / "map.html"
    code, _, err = land_example("map", "--indicator", "population", "--out", out)
    assert (code, str(out) in err) == (0, True)
    text = out.read_text(encoding="utf-8")
    assert text.casefold().startswith("<!doctype html>")
    assert "Accumoli" in text
    assert land_example("map", "--sector", "10", "--out", tmp_path / "ten.html")[0] == 0
    assert land_example("map", "--indicator", "happiness", "--out", tmp_path / "no.html")[0] == 2
    assert not (tmp_path / "no.html").exists()


def test_a_backup_is_restored_and_the_former_store_kept(land, tmp_path):
    file = tmp_path / "own.csv"
    file.write_text(TABLE, encoding="utf-8")
    land("load", "organisations", file)
    assert land("backup", tmp_path / "copy.sqlite")[0] == 0
    assert land("backup", tmp_path / "copy.sqlite")[0] == 2
    file.write_text(TABLE + "80000000036;Prova Clara;cooperative;057003;;\n", encoding="utf-8")
    land("load", "organisations", file)
    assert land("restore", tmp_path / "copy.sqlite")[0] == 0
    store = open_store(tmp_path / "land.sqlite")
    names = {body.name for body in store.organisations(Audience.OPERATOR) if body.kind == "cooperative"}
    store.close()
    assert names == {"Prova Aurora", "Prova Bruna"}
    kept = list(tmp_path.glob("land.sqlite.before-restore-*"))
    assert len(kept) == 1
    assert not list(tmp_path.glob("*.restoring*"))


def test_a_restore_of_something_else_or_under_a_running_service_changes_nothing(land, tmp_path):
    land("sources")
    before = (tmp_path / "land.sqlite").read_bytes()
    (tmp_path / "wrong.sqlite").write_text("no store " * 1_000)
    assert land("restore", tmp_path / "wrong.sqlite")[0] == 1
    assert (tmp_path / "land.sqlite").read_bytes() == before
    land("backup", tmp_path / "copy.sqlite")
    running = open_store(tmp_path / "land.sqlite")
    running.forget_example()
    assert land("restore", tmp_path / "copy.sqlite")[0] == 1
    running.close()
    assert land("restore", tmp_path / "copy.sqlite")[0] == 0


# --- help, speed, sameness --------------------------------------------------------------------------------

HEAVY = ("fastapi", "starlette", "pydantic_settings", "pandas", "geopandas", "numpy", "sqlalchemy", "rich", "babel")


def imported_by(code):
    script = f"{code}\nimport sys; print(chr(10).join(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines())


def test_help_waits_for_nothing_heavy():
    loaded_modules = imported_by("import service.cli; service.cli.run(['load', '--help'])")
    assert "typer" in loaded_modules
    assert loaded_modules.isdisjoint(HEAVY)
    assert "pydantic_settings" in imported_by("import service.settings"), "the check can fail"


def test_help_costs_little_more_than_typer_itself():
    def processor_seconds(*command):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *command], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    bare = min(processor_seconds("-c", "import typer") for _ in range(5))
    ours = min(processor_seconds("-c", "from service.cli import run; run(['--help'])") for _ in range(5))
    assert ours < 3 * bare


@pytest.mark.parametrize("command", ["serve", "load", "sources", "recommend", "map", "export", "backup", "restore"])
def test_every_command_explains_itself_in_both_languages(land, command):
    italian, english = land(command, "--help"), land(command, "--help", "--language", "en")
    assert italian[0] == english[0] == 0
    assert "Uso:" in italian[1]
    assert "Usage:" in english[1]
    assert "cli." not in italian[1] + english[1]
    assert f"{command} " in land("--help")[1]


def test_the_same_store_gives_the_same_bytes_under_every_hash_seed(example_file):
    body = first_cooperative(example_file)
    answers = set()
    for seed in ("0", "1", "12345", "4294967295"):
        done = subprocess.run(
            [sys.executable, "-m", "service", "recommend", body.id, "--kind", "supply-chain", "--json"],
            capture_output=True, check=True, timeout=120,
            env={"PYTHONHASHSEED": seed, "LAND_STORE": str(example_file), "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        answers.add(done.stdout)
    assert len(answers) == 1
    assert json.loads(answers.pop())["recommendations"]


# --- serve ------------------------------------------------------------------------------------------------


def test_the_first_serve_fills_the_store_and_answers(tmp_path, free_port):
    address = f"http://127.0.0.1:{free_port}"
    server = subprocess.Popen(
        [sys.executable, "-m", "service", "serve", "--port", str(free_port)],
        stderr=subprocess.PIPE, env={"LAND_STORE": str(tmp_path / "land.sqlite"), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    try:
        ready = wait_until_ready(address)
        found = urllib.request.urlopen(f"{address}/api/v1/search?q=esempio", timeout=10).read()
        assert len(json.loads(found)["organisations"]) == 10
        assert ready < 30
    finally:
        server.terminate()
        _, complaints = server.communicate(timeout=20)
    assert address in complaints.decode()
    assert server.returncode in {0, -15}
    store = open_store(tmp_path / "land.sqlite")
    assert [load.source for load in store.loads()][-1] == "example"
    store.close()


def wait_until_ready(address):
    started = time.perf_counter()
    while time.perf_counter() - started < 60:
        try:
            if urllib.request.urlopen(f"{address}/health/ready", timeout=2).status == 200:
                break
        except OSError:
            time.sleep(0.1)
    return time.perf_counter() - started


def test_a_taken_port_is_said_so(land, monkeypatch, example_file):
    import socket

    monkeypatch.setenv("LAND_STORE", str(example_file))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, _, err = land("serve", "--port", taken.getsockname()[1])
    assert code == 1
    assert str(taken) or err
    assert "--port" in err
