"""`land sheets`: files to fill in and to print, names as text, the key beside them, and what the judges said."""

import csv
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from matching.rankers import Chance
from service import cli

HOSTILE = "<script>alert(1)</script>{{ 7*7 }}"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A ranker of ours that does not learn: what is tested here are the files."""
    monkeypatch.setattr("matching.partner_ranker.PartnerRanker", Chance)


@pytest.fixture
def files(tmp_path: Path) -> SimpleNamespace:
    names = [f"Prova {at}" for at in range(20)]
    names[3] = HOSTILE
    rows = [f'o{at:02d},"{name}",firm,{"AB"[at % 2]}' for at, name in enumerate(names)]
    (tmp_path / "o.csv").write_text("\n".join(["id,name,type,province", *rows]) + "\n", "utf-8")
    links = [f"p{at},o{(at + step) % 20:02d}" for at in range(20) for step in (0, 1)]
    (tmp_path / "p.csv").write_text("\n".join(["project,org", *links]) + "\n", "utf-8")
    given = ["--organisations", str(tmp_path / "o.csv"), "--participations", str(tmp_path / "p.csv")]
    return SimpleNamespace(folder=tmp_path, given=given)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        text = stream.read()
    return list(csv.DictReader(text.splitlines(), delimiter=";" if ";" in text.splitlines()[0] else ","))


@pytest.mark.parametrize(
    ("language", "sheet", "preferred"), [("it", "foglio", "preferito"), ("en", "sheet", "preferred")]
)
def test_sheets_are_filled_in_and_read_back(files, capsys, language, sheet, preferred):
    out = files.folder / "fogli.csv"
    assert (
        cli.run(["sheets", *files.given, "--queries", "6", "--k", "3", "--out", str(out), "--language", language]) == 0
    )
    rows = rows_of(out)
    assert len(rows) == 6 * 2 * 3
    key = {row["sheet"]: row["ours"] for row in rows_of(files.folder / "fogli.key.csv")}
    assert set(key) == {row[sheet] for row in rows} == set("123456")
    assert "ours" not in out.read_text("utf-8-sig").lower()
    assert "land" not in out.read_text("utf-8-sig").lower()
    judges = []
    for judge in (1, 2):
        path = files.folder / f"judge{judge}.csv"
        lines = [f"{sheet};{preferred}", *(f"{number};{ours}" for number, ours in key.items()), f"{next(iter(key))};"]
        path.write_text("\n".join(lines) + "\n", "utf-8")
        judges += ["--read", str(path)]
    capsys.readouterr()
    asked = ["sheets", *judges, "--key", str(files.folder / "fogli.key.csv")]
    assert cli.run([*asked, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["judges"], said["ours"], said["other"], said["kappa"]) == (2, 12, 0, 1.0)
    assert said["share"]["value"] == 1.0
    assert cli.run([*asked, "--language", "it"]) == 0
    assert "preferito nel 100% dei casi" in capsys.readouterr().out


def test_the_printed_page_shows_names_as_text(files):
    out = files.folder / "fogli.html"
    assert cli.run(["sheets", *files.given, "--queries", "20", "--out", str(out), "--language", "it"]) == 0
    page = out.read_text("utf-8")
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in page
    assert page.count("<section") == 20


@pytest.mark.parametrize("choice", ["3", "mine"])
def test_a_choice_that_is_none_is_refused(files, capsys, choice):
    (files.folder / "k.csv").write_text("sheet,ours\n1,1\n", "utf-8")
    (files.folder / "j.csv").write_text(f"sheet,preferred\n1,{choice}\n", "utf-8")
    asked = ["sheets", "--read", str(files.folder / "j.csv"), "--key", str(files.folder / "k.csv"), "--language", "en"]
    assert cli.run(asked) in {1, 2}
    said = capsys.readouterr().err
    assert "j.csv: preferred (1)" in said
    assert "1, 2, =" in said


def test_two_different_choices_for_one_sheet_are_refused(files, capsys):
    (files.folder / "k.csv").write_text("sheet,ours\n1,1\n", "utf-8")
    (files.folder / "j.csv").write_text("sheet,preferred\n1,1\n1,2\n", "utf-8")
    assert cli.run(["sheets", "--read", str(files.folder / "j.csv"), "--key", str(files.folder / "k.csv")]) in {1, 2}
    assert "j.csv" in capsys.readouterr().err


@pytest.mark.parametrize("missing", [["sheets"], ["sheets", "--read", "x.csv"]])
def test_what_is_missing_is_said(missing, capsys):
    assert cli.run([*missing, "--language", "en"]) in {1, 2}
    assert "--" in capsys.readouterr().err


def test_the_key_is_never_written_over_what_is_read(files, capsys):
    assert cli.run(["sheets", *files.given, "--out", files.given[1]]) in {1, 2}
    assert (files.folder / "o.csv").read_text("utf-8").startswith("id,name")
