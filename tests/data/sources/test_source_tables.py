"""Tables as people really save them: at least forty small files, each read or refused by name, none a traceback."""

import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from data.errors import FileTooLarge, LandError, UnreadableFile, WrongColumns
from data.records import ReadOptions
from data.sources.reading import Column, Layout, Row, column_map, read_rows

LAYOUT = Layout(
    columns=(Column("name", ("denominazione",), needed=True), Column("amount", ("importo",)), Column("note"))
)
HEAD = "name,amount,note\n"


def rows_of(path: Path, layout: Layout = LAYOUT, **columns: str):
    """Rows and rejections of a file as (line, cells) and (line, reason), with the notices."""
    options = ReadOptions(columns)
    seen = [
        (row.line, dict(row.cells)) if isinstance(row, Row) else (row.line, row.reason.key)
        for row in read_rows(path, layout, options)
    ]
    return seen, options.notices


def cells(name: str, amount: str = "", note: str = "") -> dict[str, str]:
    return {"name": name, "amount": amount, "note": note}


ONE = [(2, cells("Però", "1,5"))]

CSV_FILES = {
    "utf-8": ('name,amount,note\nPerò,"1,5",\n'.encode(), ONE),
    "utf-8 with mark": ('\ufeffname,amount,note\nPerò,"1,5",\n'.encode(), ONE),
    "cp1252": ('name,amount,note\nPerò,"1,5",\n'.encode("cp1252"), ONE),
    "utf-16 with mark": ('name,amount,note\nPerò,"1,5",\n'.encode("utf-16"), ONE),
    "utf-16 big endian with mark": ("\ufeff" + 'name,amount,note\nPerò,"1,5",\n', ONE, "utf-16-be"),
    "utf-16 without mark": ('name,amount,note\nPerò,"1,5",\n', ONE, "utf-16-le"),
    "utf-16 big endian without mark": ('name,amount,note\nPerò,"1,5",\n', ONE, "utf-16-be"),
    "semicolons": ("name;amount;note\nPerò;1,5;\n".encode(), ONE),
    "tabs": ("name\tamount\tnote\nPerò\t1,5\t\n".encode(), ONE),
    "bars": ("name|amount|note\nPerò|1,5|\n".encode(), ONE),
    "windows line ends": ("name;amount;note\r\nPerò;1,5;\r\n".encode(), ONE),
    "old mac line ends": ("name;amount;note\rPerò;1,5;\r".encode(), ONE),
    "no last line end": ("name;amount;note\nPerò;1,5;".encode(), ONE),
    "headings in other case and order": (
        "NOTE;Importo;DENOMINAZIONE\n;1,5;Però\n".encode(),
        [(2, cells("Però", "1,5"))],
    ),
    "headings with accents and spaces": ("  N\u00e0me ;AMOUNT;note\nPerò;1,5;\n".encode(), ONE),
    "a title above": (
        "Elenco di prova; anno 2024, con virgole, tante\n\nname;amount;note\nPerò;1,5;\n".encode(),
        [(4, cells("Però", "1,5"))],
    ),
    "commas in text of a semicolon file": (
        b"name;amount;note\na,b,c,d,e,f;1;x\n",
        [(2, cells("a,b,c,d,e,f", "1", "x"))],
    ),
    "blank lines": (f"{HEAD}\nA,,\n   \n,,\n\nB,,\n".encode(), [(3, cells("A")), (7, cells("B"))]),
    "trailing separator on rows": (f"{HEAD}A,1,x,\n".encode(), [(2, cells("A", "1", "x"))]),
    "no rows": (HEAD.encode(), []),
    "optional columns missing": (b"denominazione\nA\n", [(2, {"name": "A"})]),
    "doubled quotes": (f'{HEAD}"A ""B"" C",1,\n'.encode(), [(2, cells('A "B" C', "1"))]),
    "a quote inside a plain cell": (f'{HEAD}A 5" B,1,\n'.encode(), [(2, cells('A 5" B', "1"))]),
    "text after a closing quote": (f'{HEAD}"A" B,1,\nC,2,\n'.encode(), [(2, cells("A B", "1")), (3, cells("C", "2"))]),
    "newlines in quotes": (f'{HEAD}"A\nB",1,\nC,2,\n'.encode(), [(2, cells("A\nB", "1")), (4, cells("C", "2"))]),
    "an open quote": (
        f'{HEAD}"A,1,\nB,2,\nC,3,\n'.encode(),
        [(2, "reject.unclosed-quote"), (3, cells("B", "2")), (4, cells("C", "3"))],
    ),
    "an open quote far from the end": (
        (HEAD + '"A,1,\n' + "B,2,\n" * 80).encode(),
        [(2, "reject.unclosed-quote"), *[(line, cells("B", "2")) for line in range(3, 83)]],
    ),
    "an open quote on the last line": (
        f'{HEAD}A,1,\n"B'.encode(),
        [(2, cells("A", "1")), (3, "reject.unclosed-quote")],
    ),
    "an extra cell": (f"{HEAD}A,1,x,y\nB,2,\n".encode(), [(2, "reject.extra-cells"), (3, cells("B", "2"))]),
    "a missing cell": (f"{HEAD}A,1\nB,2,\n".encode(), [(2, "reject.missing-cells"), (3, cells("B", "2"))]),
    "a zero byte": (f"{HEAD}A\x00,1,\nB,2,\n".encode(), [(2, "reject.nul"), (3, cells("B", "2"))]),
    "a zero byte inside quotes": (
        f'{HEAD}"A\nB\x00",1,\nC,2,\n'.encode(),
        [(2, "reject.unclosed-quote"), (3, "reject.nul"), (4, cells("C", "2"))],
    ),
    "one broken byte in a utf-8 file": (
        f"{HEAD}Però,1,\nCosì,2,\n".encode() + b"Per\xf2,3,\n",
        [(2, cells("Però", "1")), (3, cells("Così", "2")), (4, "reject.encoding")],
    ),
    "a byte that cp1252 does not have": (
        HEAD.encode() + b"Per\xf2,1,\n\x81,2,\n",
        [(2, cells("Però", "1")), (3, "reject.encoding")],
    ),
    "a very long line": (
        HEAD.encode() + b"A" * 1_200_000 + b",1,\nB,2,\n",
        [(2, "reject.line-too-long"), (3, cells("B", "2"))],
    ),
    "a very long cell": (
        HEAD.encode() + b"A" * 120_000 + b",1,\nB,2,\n",
        [(2, "reject.cell-too-long"), (3, cells("B", "2"))],
    ),
    "a very long quoted cell": (
        HEAD.encode() + b'"' + b"A" * 140_000 + b'",1,\nB,2,\n',
        [(2, "reject.unclosed-quote"), (3, cells("B", "2"))],
    ),
    "a repeated heading": (b"name,name,amount,note\nA,B,1,\n", [(2, cells("A", "1"))]),
}


@pytest.mark.parametrize("name", CSV_FILES)
def test_a_csv_is_read_or_its_rows_are_refused_one_by_one(tmp_path, name):
    content, expected, *encoding = CSV_FILES[name]
    path = tmp_path / "own.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding[0]))
    assert rows_of(path)[0] == expected


REFUSED = {
    "empty.csv": (b"", UnreadableFile, "unreadable.empty"),
    "spaces.csv": (b" \n\n ", UnreadableFile, "unreadable.empty"),
    "zip.csv": (b"PK\x03\x04abc", UnreadableFile, "unreadable.not-text"),
    "old.csv": (b"\xd0\xcf\x11\xe0abc", UnreadableFile, "unreadable.not-text"),
    "page.csv": (b"%PDF-1.7", UnreadableFile, "unreadable.not-text"),
    "picture.png": (b"\x89PNG", UnreadableFile, "unreadable.kind"),
    "old.xls": (b"\xd0\xcf\x11\xe0abc", UnreadableFile, "unreadable.workbook"),
    "text.xls": (b"name,amount\n", UnreadableFile, "unreadable.zip"),
    "text.xlsx": (b"name,amount\n", UnreadableFile, "unreadable.zip"),
    "other.csv": (b"a,b,c\n1,2,3\n", WrongColumns, "name"),
    "wide.csv": (b",".join(b"c%d" % n for n in range(501)) + b"\n", FileTooLarge, "500"),
    "markup.csv": (b"<html><body>name</body></html>", WrongColumns, "name"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_no_table_of_ours_is_refused_whole(tmp_path, name):
    content, error, said = REFUSED[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(error) as caught:
        rows_of(path)
    assert said in str(caught.value.params)


def test_no_file_at_all(tmp_path):
    with pytest.raises(UnreadableFile) as caught:
        rows_of(tmp_path / "none.csv")
    assert caught.value.params["why"] == "unreadable.missing"


def test_notes_and_repeated_headings_are_counted_where_the_layout_has_them(tmp_path):
    path = tmp_path / "notes.csv"
    path.write_text("name,amount,note\nA,1,\nsolo una nota\nname,amount,note\n,,nota\nB,2,\n")
    layout = Layout(LAYOUT.columns, notes=True)
    seen, notices = rows_of(path, layout)
    assert seen == [(2, cells("A", "1")), (6, cells("B", "2"))]
    assert [(notice.key, notice.params["count"]) for notice in notices] == [("notice.note-lines", 3)]


def test_unknown_columns_and_strange_mappings_are_named(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("chi;amount;extra one\nA;1;x\n")
    seen, notices = rows_of(path, name="CHI", strange="extra one")
    assert seen == [(2, {"name": "A", "amount": "1"})]
    assert [(notice.key, notice.params["columns"]) for notice in notices] == [
        ("notice.unknown-columns", "extra one"),
        ("notice.unknown-mapping", "strange"),
    ]


def test_a_mapped_heading_that_is_not_there_is_a_missing_column(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(HEAD + "A,1,\n")
    with pytest.raises(WrongColumns) as caught:
        rows_of(path, name="altra")
    assert caught.value.params["missing"] == "altra"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("map.toml", 'name = "Ragione sociale"\n'),
        ("map.toml", '[columns]\nname = "Ragione sociale"\n'),
        ("map.json", '{"name": "Ragione sociale"}'),
        ("map.txt", "# ours = theirs\nname = Ragione sociale\n\n"),
    ],
)
def test_the_map_of_columns_comes_in_three_ways(tmp_path, file, text):
    path = tmp_path / file
    path.write_text(text)
    assert column_map(path) == {"name": "Ragione sociale"}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("map.json", "[" * 5000),
        ("map.json", "[1]"),
        ("map.json", '{"name": 3}'),
        ("map.toml", "name ="),
        ("m.txt", "x"),
    ],
)
def test_a_broken_map_of_columns_is_refused(tmp_path, file, text):
    path = tmp_path / file
    path.write_text(text)
    with pytest.raises(UnreadableFile):
        column_map(path)


# --- workbooks --------------------------------------------------------------------------------------------


def save(path: Path, *sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for sheet in sheets:
        page = book.create_sheet()
        for row in sheet:
            page.append(row)
    book.save(path)
    return path


def test_a_workbook_gives_text_without_point_zero(tmp_path):
    when = [date(2024, 2, 1), datetime(2024, 2, 1, 0, 0), datetime(2024, 2, 1, 8, 30)]  # noqa: DTZ001 - cells have no zone
    path = save(
        tmp_path / "own.xlsx",
        [
            ["Titolo"],
            [],
            ["name", "amount", "note"],
            ["A", 5.0, 1.25],
            [97020598, True, None],
            *[[one, 1, ""] for one in when],
        ],
    )
    assert rows_of(path)[0] == [
        (4, cells("A", "5", "1.25")),
        (5, cells("97020598", "true")),
        (6, cells("2024-02-01", "1")),
        (7, cells("2024-02-01", "1")),
        (8, cells("2024-02-01T08:30:00", "1")),
    ]


def test_the_sheet_with_the_headings_is_found(tmp_path):
    path = save(tmp_path / "own.xlsx", [["nothing"]], [["name", "amount"], ["A", 1]])
    assert rows_of(path)[0] == [(2, {"name": "A", "amount": "1"})]


def test_formulas_are_not_evaluated(tmp_path):
    path = save(tmp_path / "own.xlsx", [["name", "amount"], ["A", "=1+1"], ["=HYPERLINK(1)", 2]])
    assert rows_of(path)[0] == [(2, {"name": "A", "amount": ""}), (3, {"name": "", "amount": "2"})]


def test_a_workbook_without_our_columns(tmp_path):
    with pytest.raises(WrongColumns):
        rows_of(save(tmp_path / "own.xlsx", [["a", "b"], [1, 2]]))


def test_rows_beyond_the_size_that_the_sheet_claims_are_read(tmp_path):
    path = save(tmp_path / "own.xlsx", [["name", "amount"], ["A", 1], ["B", 2]])
    rewritten(path, lambda name, text: text.replace(b'ref="A1:B3"', b'ref="A1"') if name == SHEET else text)
    assert rows_of(path)[0] == [(2, {"name": "A", "amount": "1"}), (3, {"name": "B", "amount": "2"})]


def rewritten(path: Path, change) -> Path:
    """The workbook with its parts changed by `change(name, bytes) -> bytes`."""
    parts = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(parts, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, change(part.filename, old.read(part)))
    path.write_bytes(parts.getvalue())
    return path


SHEET = "xl/worksheets/sheet1.xml"
BROKEN = {
    "sheet cut off": lambda name, text: text[: len(text) // 2] if name == SHEET else text,
    "sheet no markup": lambda name, text: b"nothing" if name == SHEET else text,
    "no content types": lambda name, text: b"" if name == "[Content_Types].xml" else text,
    "entities": lambda name, text: (
        text.replace(b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet', 1)
        if name == SHEET
        else text
    ),
    "impossible cell": lambda name, text: text.replace(b'r="A2"', b'r="ZZZZZZ2"') if name == SHEET else text,
    "impossible row": lambda name, text: (
        text.replace(b'<row r="2"', b'<row r="999999999"').replace(b'r="A2"', b'r="A999999999"')
        if name == SHEET
        else text
    ),
    "string out of range": lambda name, text: (
        text.replace(b'<c r="B2" t="n"><v>1</v></c>', b'<c r="B2" t="s"><v>999999</v></c>') if name == SHEET else text
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_hostile_workbook_is_refused_and_raises_nothing_else(tmp_path, name):
    path = save(tmp_path / "own.xlsx", [["name", "amount"], ["A", 1]])
    rewritten(path, BROKEN[name])
    with pytest.raises(LandError):
        rows_of(path)
