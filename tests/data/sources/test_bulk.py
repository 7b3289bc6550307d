"""Huge files: read as small ones are, row by row the same; refused by name when made to harm; all or nothing."""

import ast
import csv
import io
import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import data
from data.errors import FileTooLarge, LandError, UnreadableFile, WrongColumns
from data.model import Audience
from data.records import ReadOptions, Rejected
from data.sources import bulk, bulk_blocks, bulk_parquet, source
from data.sources.reading import Column, Layout, Row, read_rows
from data.store import open_store

LAYOUT = Layout(columns=(Column("a", needed=True), Column("b"), Column("c")))


def in_portions(path: Path, layout: Layout = LAYOUT) -> list[tuple[int, object]]:
    """Line and cells, or line and reason, of every row; those of one portion after its refusals, so sorted here."""
    seen: list[tuple[int, object]] = []
    for portion in bulk.portions([path], layout, ReadOptions()):
        seen += [(one.line, one.reason.key) for one in portion.refused]
        seen += [(row.line, tuple(row.cells[name] for name in portion.columns)) for row in portion.rows()]
    return sorted(seen, key=lambda one: one[0])


def one_by_one(path: Path) -> list[tuple[int, object]]:
    """The same from the reader of small files."""
    rows = read_rows(path, LAYOUT, ReadOptions())
    return [(one.line, one.reason.key if isinstance(one, Rejected) else tuple(one.cells.values())) for one in rows]


# --- the same rows as the careful reader ------------------------------------------------------------------

CELLS = ["x", "", "però", "a\nb", 'q"w', "1;2", "  ", "a\r\nb\n\nc", '""', "'", "1,5"]
SPOILERS = [
    "a;b\n", "a;b;c;d\n", "a;b;c;;\n", '"open;b;c\n', "a;b;\x00\n", "\n", "   \n", ";;\n", 'a 5" b;x;y\n',
    'text "in" quotes;b;c\n', '"a" b;c;d\n',
]  # fmt: skip


def dirty_text(seed: int) -> tuple[bytes, int]:
    """A text of up to forty records, a third of them spoilt, and the size of the blocks to read it in."""
    chance = random.Random(seed)
    lines = ["a;b;c\n"]
    for _ in range(chance.randint(1, 40)):
        if chance.random() < 0.65:
            text = io.StringIO()
            writer = csv.writer(text, delimiter=";", lineterminator=chance.choice(["\n", "\r\n"]))
            writer.writerow([chance.choice(CELLS) for _ in range(3)])
            lines.append(text.getvalue())
        else:
            lines.append(chance.choice(SPOILERS))
    content = "".join(lines).encode(chance.choice(["utf-8", "utf-8-sig"]))
    return content.rstrip(b"\n") if chance.random() < 0.3 else content, chance.choice([333, 1000, 1_000_000])


@pytest.mark.parametrize("part", range(4))
def test_dirty_texts_give_the_rows_and_lines_of_the_careful_reader(tmp_path, monkeypatch, part):
    path, refused, kept = tmp_path / "some.csv", set(), 0
    for seed in range(part * 100, part * 100 + 100):
        content, size = dirty_text(seed)
        path.write_bytes(content)
        monkeypatch.setattr(bulk_blocks, "BLOCK", size)
        monkeypatch.setattr(bulk, "BLOCK", size)
        expected = one_by_one(path)
        assert in_portions(path) == expected, f"seed {seed}, blocks of {size}"
        refused |= {said for _, said in expected if isinstance(said, str)}
        kept += sum(not isinstance(said, str) for _, said in expected)
    assert kept > 1000
    assert refused >= {"reject.missing-cells", "reject.extra-cells", "reject.unclosed-quote", "reject.nul"}


def test_a_reader_that_loses_a_line_is_seen(tmp_path, monkeypatch):
    """The planted fault: records of odd lines dropped."""
    path = tmp_path / "some.csv"
    path.write_text('a;b;c\nx;"two\nlines";y\nz;z;z\n', encoding="utf-8")
    assert in_portions(path) == one_by_one(path)
    whole = bulk_blocks._Reading.block
    monkeypatch.setattr(bulk_blocks._Reading, "block", lambda *given: bulk_blocks.replace(whole(*given), odd=()))
    assert in_portions(path) != one_by_one(path)


TEXTS = {
    "latin-1": ("a;b;c\nPerò;Così;X\n".encode("latin-1"), [(2, ("Però", "Così", "X"))]),
    "printed signs of cp1252": ("a;b;c\n€ 5;“x”;à\n".encode("cp1252"), [(2, ("€ 5", "“x”", "à"))]),
    "one broken byte among accents": (
        "a;b;c\nà;1;\nè;2;\n".encode() + b"\xff;3;\n",
        [(2, ("à", "1", "")), (3, ("è", "2", "")), (4, "reject.encoding")],
    ),
    "byte order mark, commas, windows ends": (b"\xef\xbb\xbfa,b,c\r\n1,2,3\r\n", [(2, ("1", "2", "3"))]),
    "a separator at the end of every row": (b"a;b;c\n1;2;3;\n4;5;6;\n", [(2, ("1", "2", "3")), (3, ("4", "5", "6"))]),
    "a title above, tabs": (b"Elenco di prova\n\nb\ta\n1\t2\n", [(4, ("2", "1"))]),
    "headings over two lines": (b'a;"b";"c\nd"\n1;2;3\n', [(3, ("1", "2"))]),
    "a lone carriage return": (b"a;b;c\n1;2\r2;3\n", [(2, ("1", "2 2", "3"))]),
    "a very long line": (
        b"a;b;c\n" + b"x" * 9_000_000 + b";;\n4;5;6\n",
        [(2, "reject.line-too-long"), (3, ("4", "5", "6"))],
    ),
    "a very long cell": (
        b"a;b;c\n1;2;" + b"x" * 120_000 + b"\n4;5;6\n",
        [(2, "reject.cell-too-long"), (3, ("4", "5", "6"))],
    ),
    "no last line end": (b"a;b;c\n1;2;3", [(2, ("1", "2", "3"))]),
    "no rows": (b"a;b;c\n", []),
}


@pytest.mark.parametrize("name", TEXTS)
def test_texts_as_publishers_save_them(tmp_path, name):
    content, expected = TEXTS[name]
    path = tmp_path / "some.csv"
    path.write_bytes(content)
    assert in_portions(path) == expected
    packed = tmp_path / "some.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/some table.csv", content)
    if b"xxxx" not in content:
        assert in_portions(packed) == expected


def test_a_portion_looks_at_columns_at_once(tmp_path):
    path = tmp_path / "some.csv"
    path.write_text("a;b;c\n 00058091 ;x;\n12345678901; X ;y\nRSSMRA80A01H501U;z;\n***********;x;\n", encoding="utf-8")
    (portion,) = bulk.portions([path], LAYOUT, ReadOptions())
    assert portion.numbers("a").tolist() == [58091, 12345678901, -1, -1]
    assert portion.among("b", {"X"}).tolist() == [True, True, False, True]
    assert portion.among("b", {"x"}, folded=False).tolist() == [True, False, False, True]
    assert portion.filled("c").tolist() == [False, True, False, False]
    some = portion.only(portion.among("b", {"X"}))
    assert [row.line for row in some.rows()] == [2, 3, 5]
    (left,) = portion.left(portion.among("b", {"X"}))
    assert (left.line, left.count) == (4, 1)
    together = [(row.line, row.raw("b")) for row in bulk.sorted_rows([some, portion], "b")]
    assert together == [(3, "X"), (3, "X"), (2, "x"), (5, "x"), (2, "x"), (5, "x"), (4, "z")]


UNSEEN = ["\u00a0", "\u202f", "\u2007", "\u3000", "\u200b", "\ufeff", "\u200e", "\t", " "]


@pytest.mark.parametrize("mark", UNSEEN)
def test_a_code_between_blanks_that_nobody_sees_is_a_code(tmp_path, mark):
    path = tmp_path / "some.csv"
    around = [f"{mark}00058091", f"00058091{mark}", f"{mark * 3}00058091{mark}", f"{mark}però", f"{mark}0005x{mark}"]
    path.write_text("a;b;c\n" + "".join(f"{cell};x;\n" for cell in [*around, "00058091"]), encoding="utf-8")
    (portion,) = bulk.portions([path], LAYOUT, ReadOptions())
    assert portion.numbers("a").tolist() == [58091, 58091, 58091, -1, -1, 58091]
    small = [row.text("a") for row in read_rows(path, LAYOUT, ReadOptions()) if isinstance(row, Row)]
    assert [int(cell) if (cell or "").isdecimal() else -1 for cell in small] == portion.numbers("a").tolist()


# --- Parquet ----------------------------------------------------------------------------------------------


def saved(path: Path, **columns: pa.Array) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_parquet_gives_text_whatever_its_types(tmp_path):
    path = saved(
        tmp_path / "some.parquet",
        A=pa.array([58091, None, 3]),
        B=pa.array([1.0, 12_345_678.0, None]),
        c=pa.array(["x", "y", None]).dictionary_encode(),
    )
    assert in_portions(path) == [(1, ("58091", "1", "x")), (2, ("", "12345678", "y")), (3, ("3", "", ""))]
    path = saved(tmp_path / "more.parquet", a=pa.array([0.5, float("nan"), 2e12]), b=pa.nulls(3))
    assert [cells for _, cells in in_portions(path)] == [("0.500000", ""), ("", ""), ("2000000000000.000000", "")]


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary(), pa.binary_view()]
)
def test_words_of_parquet_are_measured_before_they_are_written_out(tmp_path, kind):
    words = saved(tmp_path / "words.parquet", a=pa.array(["però", None, "però"]).cast(kind), b=pa.array([1, 2, 3]))
    assert in_portions(words) == [(1, ("però", "1")), (2, ("", "2")), (3, ("però", "3"))]
    many = pa.chunked_array([pa.array(["x" * 90_000] * 250).cast(kind)] * 4)
    with pytest.raises(FileTooLarge):
        in_portions(saved(tmp_path / "many.parquet", a=many))


def test_parquet_is_refused_by_name(tmp_path, monkeypatch):
    with pytest.raises(WrongColumns):
        in_portions(saved(tmp_path / "other.parquet", x=pa.array([1])))
    broken = tmp_path / "broken.parquet"
    whole = saved(tmp_path / "whole.parquet", a=pa.array(["x" * 50] * 5000), b=pa.array(range(5000))).read_bytes()
    for content in (b"PAR1", whole[: len(whole) // 2], whole[:200] + b"\xff" * 400 + whole[600:], b"a;b\n"):
        broken.write_bytes(content)
        with pytest.raises(UnreadableFile):
            in_portions(broken)
    with pytest.raises(UnreadableFile):
        in_portions(saved(tmp_path / "lists.parquet", a=pa.array([[1, 2]])))
    with pytest.raises(FileTooLarge):
        in_portions(saved(tmp_path / "one-huge-cell.parquet", a=pa.array(["x" * 30_000_000])))
    monkeypatch.setattr(bulk_parquet, "ROW_LIMIT", 100)
    with pytest.raises(FileTooLarge):
        in_portions(tmp_path / "whole.parquet")


# --- archives made to harm --------------------------------------------------------------------------------


def archive_of(path: Path, *texts: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in texts:
            archive.writestr(name, content)
    return path


def test_archives_are_refused_by_name(tmp_path, monkeypatch):
    table = b"a;b;c\n" + b"1;2;3\n" * 1000
    good = archive_of(tmp_path / "good.zip", ("t.csv", table), ("../readme.pdf", b"x"))
    assert len(in_portions(good)) == 1000
    monkeypatch.setattr(bulk_blocks, "BLOCK", 1000)
    with pytest.raises(FileTooLarge):
        in_portions(archive_of(tmp_path / "bomb.zip", ("t.csv", b"a;b;c\n" + b"\n" * 3_000_000)))
    monkeypatch.undo()
    with pytest.raises(FileTooLarge):
        in_portions(archive_of(tmp_path / "many.zip", *((f"{n}.csv", table) for n in range(101))))
    with pytest.raises(UnreadableFile):
        in_portions(archive_of(tmp_path / "none.zip", ("t.xml", table)))
    cut = tmp_path / "cut.zip"
    packed = good.read_bytes()
    for content in (packed[: len(packed) // 2], packed.replace(b"t.csv", b"u.csv", 1), b"PK\x03\x04", b""):
        cut.write_bytes(content)
        with pytest.raises(UnreadableFile):
            in_portions(cut)
    place = packed.index(b"t.csv") + 8
    cut.write_bytes(packed[:place] + b"\x00\xff\x13\x37" + packed[place + 4 :])
    with pytest.raises(UnreadableFile):
        in_portions(cut)
    monkeypatch.setattr(bulk_blocks, "TEXT_LIMIT", 5000)
    with pytest.raises(FileTooLarge):
        in_portions(good)
    monkeypatch.setattr(bulk_blocks, "FILE_LIMIT", 10)
    with pytest.raises(FileTooLarge):
        in_portions(good)


@pytest.mark.parametrize("name", ["", ".", "none.csv", "some.xlsx", "empty.csv", "zeros.csv", "picture.csv"])
def test_what_is_no_table_is_refused(tmp_path, name):
    (tmp_path / "some.xlsx").write_bytes(b"PK\x03\x04")
    (tmp_path / "empty.csv").write_bytes(b" \n")
    (tmp_path / "zeros.csv").write_bytes("a;b;c\n1;2;3\n".encode("utf-16"))
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG")
    with pytest.raises(LandError):
        in_portions(tmp_path / name)


# --- one door, all or nothing -----------------------------------------------------------------------------


def test_pyarrow_is_imported_where_huge_files_are_read_and_only_then():
    root = Path(data.__file__).parent
    users = set()
    for path in root.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] == "pyarrow" for name in names):
                users.add(path.relative_to(root).as_posix())
                assert node not in tree.body, f"{path.name} imports it before a file is read"
    assert users == {"sources/bulk.py", "sources/bulk_parquet.py"}


CHILD = """
import sys
from dataclasses import replace
from pathlib import Path
from data.records import Source
from data.sources import source
from data.store import open_store

winners = source("anac-winners")

def told(paths, options):
    print("reading", flush=True)
    yield from winners.read(paths, options)
    print("read", flush=True)

store = open_store(sys.argv[1])
report = store.load(Source(winners.info, told), [Path(sys.argv[2])])
print("done", report.added, flush=True)
"""


def test_a_load_that_is_killed_keeps_nothing_and_then_succeeds(tmp_path, full_size):
    file = full_size.write_winners(tmp_path / "aggiudicatari.zip", 200_000)
    store = open_store(tmp_path / "store.sqlite")
    store.load(source("organisations"), [full_size.write_ours(tmp_path / "ours.csv")])
    before = (store.version(), len(store.organisations(Audience.OPERATOR)), len(store.loads()))
    for moment, pause in (("reading", 0.0), ("reading", 0.4), ("read", 0.0), ("read", 0.25)):
        kill_at(moment, pause, tmp_path / "store.sqlite", file)
        now = (store.version(), len(store.organisations(Audience.OPERATOR)), len(store.loads()))
        assert now == before, f"{moment} + {pause} s"
        assert store.participations(Audience.OPERATOR) == []
    report = store.load(source("anac-winners"), [file])
    assert report.added > 4_000
    assert report.read == report.added + report.unchanged + report.rejected + report.out_of_area
    store.close()


def kill_at(moment: str, pause: float, store: Path, file: Path) -> None:
    """Starts a load and ends it without mercy a while after it said where it is."""
    child = subprocess.Popen([sys.executable, "-c", CHILD, store, file], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    for line in child.stdout:
        if line.strip() == moment:
            break
    time.sleep(pause)
    os.kill(child.pid, signal.SIGKILL)
    rest = child.stdout.read()
    child.wait()
    assert "done" not in rest, "killed too late: the load was over"
