# SPDX-License-Identifier: EUPL-1.2
"""`land rank`: the open contract, from two files to a file of suggestions."""

import csv
from pathlib import Path

import pytest

from service.cli import run

NODES = "id,name,type,country,nuts2,nuts3,city,lat,lon,text,size\n"
LINKS = "project,org,date,sector\n"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """A small network: eight organisations, four projects."""
    rows = "".join(f"o{n},Ente {n},firm,IT,ITI4,ITI43,Roma,41.9,12.{n},pane e olio,{n}\n" for n in range(8))
    pairs = [
        ("p1", "o0"),
        ("p1", "o1"),
        ("p2", "o1"),
        ("p2", "o2"),
        ("p3", "o3"),
        ("p3", "o4"),
        ("p4", "o0"),
        ("p4", "o4"),
    ]
    texts = {
        "organisations": NODES + rows,
        "participations": LINKS
        + "".join(f"{project},{org},202{n}-01-01,cibo\n" for n, (project, org) in enumerate(pairs)),
        "queries": "o0\no7\n",
    }
    for name, text in texts.items():
        (tmp_path / name).with_suffix(".csv" if name != "queries" else ".txt").write_text(text, encoding="utf-8")
    return {name: (tmp_path / name).with_suffix(".csv" if name != "queries" else ".txt") for name in texts}


def rank(files: dict[str, Path], out: Path, *more: str) -> int:
    given = [part for name, path in files.items() for part in (f"--{name}", str(path))]
    return run(["rank", *given, "--out", str(out), *more])


def read(out: Path) -> list[list[str]]:
    with out.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def test_the_contract(files: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "recs.csv"
    assert rank(files, out, "--k", "3") == 0
    header, *rows = read(out)
    assert header == ["query", "candidate", "score"]
    assert [row[0] for row in rows] == ["o0"] * 3 + ["o7"] * 3
    assert {row[1] for row in rows if row[0] == "o0"} <= {"o2", "o3", "o5", "o6", "o7"}, "never itself, o1 or o4"
    scores = [float(row[2]) for row in rows if row[0] == "o0"]
    assert scores == sorted(scores, reverse=True)
    first = out.read_bytes()
    assert rank(files, out, "--k", "3") == 0
    assert out.read_bytes() == first


def test_candidates_and_unknown_ids(files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, allowed = tmp_path / "recs.csv", tmp_path / "ids.txt"
    allowed.write_text("o2\no5\nzzz\n", encoding="utf-8")
    files["queries"].write_text("o0\nnessuno\n", encoding="utf-8")
    assert rank(files, out, "--candidates", str(allowed), "--language", "it") == 3
    assert {row[1] for row in read(out)[1:]} == {"o2", "o5"}
    told = capsys.readouterr().err
    assert "1 id cercato non è nel file delle organizzazioni (i primi: nessuno)" in told
    assert "1 candidato non è nel file delle organizzazioni (i primi: zzz)" in told


def test_rows_that_cannot_be_read_are_told_with_their_line(
    files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with files["organisations"].open("a", encoding="utf-8") as stream:
        stream.write("o0,Doppia,,,,,,,,,\n")
    assert rank(files, tmp_path / "recs.csv", "--language", "it") == 3
    assert "riga 10" in capsys.readouterr().err


def test_a_wrong_file_changes_nothing(files: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "recs.csv"
    out.write_text("mine", encoding="utf-8")
    files["participations"].write_text("a,b\n1,2\n", encoding="utf-8")
    assert rank(files, out) == 1
    assert out.read_text(encoding="utf-8") == "mine"
    assert sorted(path.name for path in tmp_path.iterdir() if "part" in path.suffix) == []


def test_the_given_files_are_never_written_over(files: dict[str, Path]) -> None:
    assert rank(files, files["queries"]) == 2
    assert files["queries"].read_text(encoding="utf-8") == "o0\no7\n"


def test_no_links_and_nobody_asked(files: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "recs.csv"
    files["participations"].write_text(LINKS, encoding="utf-8")
    assert rank(files, out) == 0
    assert len(read(out)) == 1 + 2 * 7
    files["queries"].write_text("", encoding="utf-8")
    assert rank(files, out) == 0
    assert read(out) == [["query", "candidate", "score"]]
