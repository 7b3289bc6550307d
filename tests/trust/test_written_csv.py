"""Every CSV that the product writes: no live formula, numbers stay numbers, what was written comes back.

Writers are told from the sources, the route table and the API's own description: a new one without a line here fails.
"""

import ast
import csv
import io
import re
from datetime import date
from pathlib import Path
from typing import get_type_hints

import pytest
from sqlalchemy import text

import service.exports
from data.model import Audience, ContactOutcome, Identifier, OrganisationKind, Visibility
from data.records import (
    Accepted,
    Assertion,
    CallRecord,
    DossierRecord,
    OrganisationRecord,
    SiteRecord,
    Source,
    SourceInfo,
)
from data.store.connection import connect, writing
from matching.rankers import Chance
from service.cli import run
from service.exports import CSV_TYPE, WRITERS
from service.routes import routers

ROOT = Path(service.exports.__file__).parents[1]
TODAY = date(2026, 11, 22)
FORMULA = '=HYPERLINK("http://x.example";"a")'
AWKWARD = ["-1+2", "+39 06", "@SUM(A1)", "\t=1", "  =1", "＝1", "uno;due", 'tre "quattro"', "cinque\nsei", "-12,5", "è"]
LIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
COUNTS = ("report.csv", "rendiconto.csv", "modello.csv")
"""Files of counts: no text of anybody stands in them."""
NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?")


# --- who writes CSV ---------------------------------------------------------------------------------------

MADE_BY = {
    "service/exports.py:organisations_csv": "export organisations",
    "service/exports.py:partners_csv": "API partners, shortlist",
    "service/outcomes.py:outcomes_csv": "export outcomes, page of outcomes",
    "service/report.py:report_csv": "page of the report, land report",
    "service/calls.py:audience_csv": "page of a call",
    "service/calls.py:template_csv": "an example of ours, no data",
    "service/dossier_people.py:hearing_csv": "page of a dossier",
    "service/dossiers.py:partnership_csv": "page of a dossier",
    "service/routes/sources.py:counted_csv": "panel of data quality",
    "service/commands/loading.py:report_text": "land load --report",
    "service/blind_sheets.py:sheets_csv": "land sheets",
}
"""Every function that makes a CSV, and where its file is asked for below."""
FOR_PROGRAMS = {
    "service/blind_sheets.py": "the key of blind sheets: numbers only",
    "service/commands/ranking.py": "land rank: ids come back as they were given, or nothing could be joined to them",
    "matching/batch.py": "land rank-all: ids of ours and numbers",
}
"""Files that programs read: cells stand as they are, and why that does no harm."""


def makers(source: str, calls: frozenset[str]) -> list[str]:
    """Names of the functions of a source that call one of these."""
    return [
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
        and any(
            isinstance(one, ast.Call) and calls & {getattr(one.func, "id", ""), getattr(one.func, "attr", "")}
            for one in ast.walk(node)
        )
    ]


def ours() -> dict[str, str]:
    """Path and text of every source of the four packages."""
    folders = ("service", "data", "geo", "matching")
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def test_every_maker_of_csv_has_a_line_here():
    calls = frozenset({"csv_text"})
    found = {f"{path}:{name}" for path, text in ours().items() if "csv_text" in text for name in makers(text, calls)}
    assert found == MADE_BY.keys()
    other = re.compile(r"csv\.writer\(|DictWriter\(|\.to_csv\(|write_csv\(")
    assert [path for path, text in ours().items() if other.search(text)] == sorted(
        ["service/exports.py", *FOR_PROGRAMS],
        key=lambda path: (("service", "matching").index(path.split("/")[0]), path),
    )


def test_a_new_maker_of_csv_would_be_seen():
    assert makers("def f():\n    return csv_text(['a'], [])\n", frozenset({"csv_text"})) == ["f"]
    assert makers("def f():\n    exports.csv_text(['a'], [])\n", frozenset({"csv_text"})) == ["f"]


# --- a store whose every text is awkward ------------------------------------------------------------------


@pytest.fixture
def awkward_store(demonstration_store, tmp_path):
    """The demonstration store with a formula before each name, and a call, a dossier, a site and outcomes beside."""
    store = demonstration_store
    records = [
        CallRecord(title=FORMULA, body="@ente", state="open", read_on=TODAY, instrument="-x",
                   beneficiaries=("kind = cooperative",)),
        DossierRecord(key="d", title=FORMULA, purpose="+scopo", need="-bisogno", municipalities=("057001",),
                      act_kind="snai"),
        SiteRecord(name=FORMULA, kind="building", municipality="057001", visibility=Visibility.PUBLIC),
        *(
            OrganisationRecord(
                (Identifier("key:awkward", f"=k{number}"),),
                (Assertion("name", words), Assertion("kind", OrganisationKind.FIRM),
                 Assertion("municipality", "057001"), Assertion("purpose", words), Assertion("revenue", -12.5),
                 Assertion("legal_form", words[:20]), Assertion("federation", words)),
            )
            for number, words in enumerate(AWKWARD)
        ),
    ]  # fmt: skip
    rows = [Accepted(line, str(line), (record,), "x.csv") for line, record in enumerate(records, 2)]
    info = SourceInfo("awkward", "", "", "", "")
    assert store.load(Source(info, lambda _paths, _options: iter(rows)), []).rejected == 0
    ids = [body.id for body in store.organisations(Audience.OPERATOR) if body.kind == OrganisationKind.COOPERATIVE]
    (dossier,) = store.dossiers(Audience.OPERATOR)
    store.add_role(dossier.id, FORMULA, TODAY, organisation=ids[0], state="filled", resources="-2+3")
    for number, words in enumerate(AWKWARD[:4]):
        store.record_outcome(ContactOutcome(
            id="", asker=ids[0], partner=ids[1 + number], kind="aggregation", step="contacted", date=TODAY, note=words,
            by_role="=ufficio", objective=FORMULA,
        ))  # fmt: skip
    engine = connect(tmp_path / "land.sqlite")
    with writing(engine) as connection:
        connection.execute(text("UPDATE organisation SET name = :f || name WHERE demonstration = 1"), {"f": FORMULA})
        connection.execute(text("UPDATE state SET value = value + 1 WHERE name = 'version'"))
    engine.dispose()
    return store


# --- what a file must be ----------------------------------------------------------------------------------


def check_csv(content: str, *, rows: bool = True) -> list[list[str]]:
    """The cells of a file that opens well in Italian Excel and holds nothing that it would run."""
    assert content.startswith("\ufeff")
    assert not content.startswith("\ufeff\ufeff")
    table = list(csv.reader(io.StringIO(content.removeprefix("\ufeff"), newline=""), delimiter=";", strict=True))
    assert len(table[0]) > 1, "`;` parts the cells"
    assert {len(row) for row in table} == {len(table[0])}
    assert len(set(table[0])) == len(table[0])
    assert not any("[" in name for name in table[0]), table[0]
    assert len(table) > 1 or not rows
    for cell in (cell for row in table for cell in row):
        bare = cell.lstrip(" \u00a0")
        assert not bare.startswith(LIVE) or NUMBER.fullmatch(cell), cell
        assert not NUMBER.fullmatch(cell.removeprefix("'")) or not cell.startswith("'"), cell
    again = io.StringIO(newline="")
    csv.writer(again, delimiter=";", lineterminator="\r\n").writerows(table)
    assert again.getvalue() == content.removeprefix("\ufeff")
    return table


def csv_routes() -> set[str]:
    """Paths whose answer is a CSV, by their name or by what they can be asked for."""
    found = set()
    for router in routers():
        for route in router.routes:
            if "GET" not in (getattr(route, "methods", None) or ()):
                continue
            asked = " ".join(str(one) for one in get_type_hints(route.endpoint, include_extras=True).values())
            if route.path.endswith(".csv") or "'csv'" in asked:
                found.add(route.path)
    return found


def addresses(store) -> dict[str, list[str]]:
    """Every CSV route, and addresses of it that have rows to show."""
    owner = next(body.id for body in store.organisations(Audience.OPERATOR) if body.demonstration)
    (call,), (dossier,) = store.calls(Audience.OPERATOR), store.dossiers(Audience.OPERATOR)
    place = {"organisation": owner, "name": owner, "call": call.id, "dossier": dossier.id}
    asked = {}
    for path in csv_routes():
        slug = "aggregation" if path.startswith("/en") else "aggregazione"
        made = re.sub(r"\{([^}:]+)[^}]*\}", lambda found, slug=slug: place.get(found[1], slug), path)
        asked[path] = [made]
        if path.startswith("/api"):
            asked[path] = [f"{made}?kind=aggregation&format=csv&limit=20"]
        elif path.endswith(("elenco.csv", "data/list.csv")):
            choices = ("tutte&cosa=sector&stato=unknown", "tutte&cosa=precision&stato=municipality",
                       "altre&cosa=site-precision&stato=unknown")  # fmt: skip
            asked[path] = [f"{made}?gruppo={choice}" for choice in choices]
        elif path.endswith(("report.csv", "rendiconto.csv")):
            asked[path] = [f"{made}?anno=2026"]
    return asked


def test_every_csv_route_writes_files_that_open_well(awkward_store, ask):
    client, asked, disarmed = ask(awkward_store), addresses(awkward_store), {}
    assert len(asked) >= 12
    for route, some in asked.items():
        tables = []
        for address in some:
            answer = client.get(address)
            assert answer.status_code == 200, (address, answer.text[:300])
            assert answer.headers["content-type"] == CSV_TYPE
            assert re.fullmatch(r'attachment; filename="[\w.-]+\.csv"', answer.headers["content-disposition"]), address
            tables.append(check_csv(answer.text, rows=False))
        assert any(len(table) > 1 for table in tables), f"{route}: no rows to look at"
        disarmed[route] = sum(cell.startswith("'=") for table in tables for row in table for cell in row)
    lacking = [route for route, count in disarmed.items() if not count and not route.endswith(COUNTS)]
    assert lacking == [], "a formula must have been there to be disarmed"


def test_without_the_apostrophe_every_route_would_fail(awkward_store, ask, monkeypatch):
    """The planted fault: texts written as they are."""
    monkeypatch.setattr(service.exports, "neutral", lambda words: words)
    client, caught = ask(awkward_store), set()
    for route, some in addresses(awkward_store).items():
        for address in some:
            try:
                check_csv(client.get(address).text, rows=False)
            except AssertionError:
                caught.add(route)
    left = csv_routes() - caught
    assert all(route.endswith(COUNTS) for route in left), left


def test_what_was_written_comes_back(awkward_store, ask, monkeypatch, tmp_path, capsys):
    """Names and numbers of the store, and the cells of the file that `land export` writes of them."""
    monkeypatch.setenv("LAND_STORE", str(tmp_path / "land.sqlite"))
    for what, form in WRITERS:
        if form != "csv":
            continue
        out = tmp_path / f"{what}.csv"
        assert run(["export", what, "--format", "csv", "--all", "--out", str(out)]) == 0
        head, *table = check_csv(out.read_bytes().decode("utf-8"))
        if what == "organisations":
            named = {row[head.index("id")]: row for row in table}
            for body in awkward_store.organisations(Audience.OPERATOR):
                row = named[body.id]
                cell = row[head.index("name")]
                assert cell in {body.name, f"'{body.name}"}
                revenue = row[head.index("revenue")]
                assert (float(revenue.replace(",", ".")) if revenue else None) == body.revenue
            assert sum(row[head.index("revenue")] == "-12,5" for row in table) == len(AWKWARD)
    for address in ("report", "--year 2026"):
        out = tmp_path / "report.csv"
        assert run(["report", *(address.split() if address != "report" else []), "--out", str(out)]) == 0
        check_csv(out.read_bytes().decode("utf-8"))
    capsys.readouterr()


def test_the_report_of_a_load_opens_well(monkeypatch, tmp_path, capsys):
    """Values of refused rows are the file's own words, the likeliest place for a formula."""
    monkeypatch.setenv("LAND_STORE", str(tmp_path / "land.sqlite"))
    monkeypatch.setenv("LAND_EXAMPLE", "0")
    own, report = tmp_path / "=own.csv", tmp_path / "report.csv"
    rows = "".join(f'80000000010,{n},"{words.replace(chr(34), chr(34) * 2)}"\n' for n, words in enumerate(AWKWARD))
    own.write_text(f"id,name,kind\n{rows}", encoding="utf-8")
    assert run(["load", "organisations", str(own), "--report", str(report)]) == 3
    table = check_csv(report.read_bytes().decode("utf-8"))
    told = {cell for row in table for cell in row}
    assert {"'-1+2", "'@SUM(A1)", "-12,5"} <= told
    assert "'=own.csv" in told
    capsys.readouterr()


def test_blind_sheets_open_well(monkeypatch, tmp_path, capsys):
    """Names of anybody's network go into a file that a person opens."""
    monkeypatch.setattr("matching.partner_ranker.PartnerRanker", Chance)
    nodes, links, out = tmp_path / "n.csv", tmp_path / "l.csv", tmp_path / "sheets.csv"
    names = [words.replace(chr(34), chr(34) * 2) for words in AWKWARD * 2]
    nodes.write_text("id,name\n" + "".join(f'o{n:02},"{name}"\n' for n, name in enumerate(names)), encoding="utf-8")
    links.write_text("project,org\n" + "".join(f"p{n // 2},o{n:02}\n" for n in range(len(names))), encoding="utf-8")
    given = ["--organisations", str(nodes), "--participations", str(links), "--queries", "8", "--out", str(out)]
    assert run(["sheets", *given]) == 0
    told = {cell for row in check_csv(out.read_bytes().decode("utf-8")) for cell in row}
    assert {"'-1+2", "'@SUM(A1)"} <= told
    capsys.readouterr()


@pytest.mark.parametrize("name", ["x%0d%0aSet-Cookie:%20a=b", "%22;x=%22", "%F0%9F%8D%95", "../../etc", "%00"])
def test_the_name_of_a_file_cannot_be_bent(awkward_store, ask, name):
    client = ask(awkward_store)
    for route in csv_routes():
        made = re.sub(r"\{([^}:]+)[^}]*\}", "aggregation", route)
        questions = "&".join(f"{one}={name}" for one in ("gruppo", "cosa", "stato", "anno", "kind", "step", "q"))
        answer = client.get(f"{made}?{questions}")
        assert answer.status_code < 500, (route, answer.text[:200])
        told = answer.headers.get("content-disposition", "")
        assert not told or re.fullmatch(r'attachment; filename="[\w.-]+\.csv"', told), (route, told)
        assert "set-cookie" not in answer.headers
