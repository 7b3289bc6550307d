"""Files made to harm, of every kind that the sources say they read: a clear error, fast, and nothing else is read.

Kinds come from the registry: a source that reads a kind without bombs here fails. Outlines and workbooks have more of
their own beside the importers' tests.
"""

import contextlib
import io
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import FileTooLarge, LandError, UnreadableFile
from data.records import ReadOptions
from data.sources import SOURCES, reading, workbook
from data.sources.reading import column_map

ROOT = Path(reading.__file__).parents[2]
VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>'
    "</OGRVRTDataSource>"
)
MOST_SECONDS = 2
MOST_MEGABYTES = 200

HEADS = {
    "opencoesione-subjects": "COD_LOCALE_PROGETTO;OC_CODICE_FISCALE_SOGG;SOGG_COD_RUOLO;OC_DENOMINAZIONE_SOGG",
    "public-buildings": "Amministrazione Denominazione;Natura del bene;Comune del bene;Utilizzo",
    "anac-subcontracts": "cig;cf_subappaltante;codice_fiscale;denominazione",
    "cordis": "projectID;organisationID;vatNumber;name;country;nutsCode;role",
    "income": "Anno di imposta;Codice Istat Comune;Numero contribuenti",
    "organisations": "id;name;kind",
}


def zipped(path: Path, parts: dict[str, bytes], *, level: int = 9) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def growing(path: Path, name: str, megabytes: int) -> None:
    """A part of zeros, a thousand times larger than its archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive, archive.open(name, "w") as part:
        for _ in range(megabytes):
            part.write(b"\0" * 1_000_000)


def lying(path: Path, name: str) -> None:
    """An archive that says its part is small; it holds 300 MB."""
    growing(path, name, 300)
    content = bytearray(path.read_bytes())
    place = content.rfind(b"PK\x01\x02")
    content[place + 24 : place + 28] = (1_000).to_bytes(4, "little")
    path.write_bytes(content)


def nested(path: Path) -> None:
    inner = b"x" * 1_000_000
    for depth in range(8):
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(4):
                archive.writestr(f"{depth}-{number}.zip", inner)
        inner = held.getvalue()
    path.write_bytes(inner)


def columns_of(cells: pa.Array, path: Path, **how: object) -> None:
    heads = HEADS["opencoesione-subjects"].split(";")
    pq.write_table(pa.table(dict.fromkeys(heads, cells)), path, **how)


def parquet_of_one_word(path: Path) -> None:
    """Two hundred million cells that are one and the same: some kilobytes on disk."""
    word = pa.DictionaryArray.from_arrays(pa.array(np.zeros(5_000_000, np.int8)), pa.array(["x" * 90_000]))
    columns_of(word, path, compression="zstd", use_dictionary=True)


def parquet_of_long_cells(path: Path) -> None:
    columns_of(pa.array(["x" * 2_000_000] * 150), path, compression="zstd", use_dictionary=False)


def repeated(cell: object, kind: pa.DataType) -> pa.ChunkedArray:
    """Ten thousand cells that are one and the same, held once."""
    return pa.chunked_array([pa.array([cell] * 250, kind)] * 40)


def parquet_of_one_large_word(path: Path) -> None:
    """A gigabyte of cells of the types that no dictionary is made of unasked."""
    columns_of(repeated("x" * 90_000, pa.large_string()), path, compression="zstd")


def parquet_of_lists(path: Path) -> None:
    columns_of(repeated(["x" * 90_000], pa.list_(pa.string())), path, compression="zstd")


def parquet_of_fixed_bytes(path: Path) -> None:
    columns_of(repeated(b"x" * 90_000, pa.binary(90_000)), path, compression="zstd")


def parquet_with(path: Path, change) -> None:
    columns_of(pa.array(["a", "b"]), path)
    path.write_bytes(change(path.read_bytes()))


def with_large_footer(held: bytes) -> bytes:
    return held[:-8] + b"\xff\xff\xff\x7fPAR1"


def scrambled(held: bytes) -> bytes:
    return held[:60] + b"\xff" * 200 + held[260:]


def cut_zip(path: Path) -> None:
    zipped(path, {"a.csv": b"a;b\n" * 1000})
    path.write_bytes(path.read_bytes()[:-30])


def wide_parquet(path: Path) -> None:
    pq.write_table(pa.table({f"c{n}": pa.array(["a"]) for n in range(3_000)}), path)


def hole(path: Path) -> None:
    """A file beyond every limit that takes no room on the disk."""
    with path.open("wb") as stream:
        stream.truncate(4_100_000_000)


def with_head(source: str, body: bytes):
    return lambda path: path.write_bytes(HEADS[source].encode() + b"\n" + body)


OUTSIDE = {"../../evil.csv": b"a;b\n1;2\n", "/etc/evil.csv": b"a;b\n1;2\n", "C:\\evil.csv": b"a;b\n1;2\n"}
BOMBS = {
    "zip that grows a thousand times": (".zip", lambda path: growing(path, "a.csv", 900)),
    "zip that lies about its size": (".zip", lambda path: lying(path, "a.csv")),
    "zip in a zip in a zip": (".zip", nested),
    "zip of very many parts": (".zip", lambda path: zipped(path, {f"{n}.csv": b"" for n in range(3_000)}, level=0)),
    "zip with parts that climb out": (".zip", lambda path: zipped(path, OUTSIDE)),
    "zip cut short": (".zip", cut_zip),
    "zip with a virtual file": (".zip", lambda path: zipped(path, {"a.csv": VRT.encode()})),
    "no zip at all": (".zip", lambda path: path.write_bytes(b"PK\x03\x04" + bytes(2_000))),
    "parquet of one word many times": (".parquet", parquet_of_one_word),
    "parquet of one large word many times": (".parquet", parquet_of_one_large_word),
    "parquet of one list many times": (".parquet", parquet_of_lists),
    "parquet of fixed bytes many times": (".parquet", parquet_of_fixed_bytes),
    "parquet of very long cells": (".parquet", parquet_of_long_cells),
    "parquet of too many columns": (".parquet", wide_parquet),
    "parquet cut short": (".parquet", lambda path: parquet_with(path, lambda held: held[:-40])),
    "parquet that lies about its footer": (".parquet", lambda path: parquet_with(path, with_large_footer)),
    "parquet with a scrambled middle": (".parquet", lambda path: parquet_with(path, scrambled)),
    "csv called parquet": (".parquet", lambda path: path.write_bytes(b"a;b\n1;2\n")),
    "virtual file called csv": (".csv", lambda path: path.write_text(VRT)),
    "address called csv": (".csv", lambda path: path.write_text("/vsicurl/http://127.0.0.1:9/x")),
    "one line without end": (".csv", lambda path: path.write_bytes(b"x" * 12_000_000)),
    "zeros": (".csv", lambda path: path.write_bytes(bytes(12_000_000))),
    "very many columns": (".csv", lambda path: path.write_bytes(b";".join(b"c%d" % n for n in range(100_000)) + b"\n")),
    "a file beyond every limit": (".csv", hole),
    "a parquet beyond every limit": (".parquet", hole),
    "a zip beyond every limit": (".zip", hole),
    "a workbook that grows a thousand times": (".xlsx", lambda path: growing(path, "xl/worksheets/sheet1.xml", 300)),
    "a workbook that is another zip": (".xlsx", lambda path: zipped(path, OUTSIDE)),
    "an old workbook of nothing": (".xls", lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0" + bytes(5_000))),
    "a virtual file called json": (".geojson", lambda path: path.write_text(VRT)),
    "a hundred thousand lists": (".geojson", lambda path: path.write_text("[" * 100_000 + "]" * 100_000)),
    "a hundred thousand objects": (".topojson", lambda path: path.write_text('{"a":' * 100_000 + "1" + "}" * 100_000)),
    "deep json": (".json", lambda path: path.write_text('{"type":' * 100_000)),
}  # fmt: skip
"""Kind of file, and what writes it. Each is refused whole by every source that reads the kind."""


def readers(kind: str) -> list[str]:
    """One source of each module of readers that takes this kind of file, by the registry."""
    chosen: dict[str, str] = {}
    for name, source in SOURCES.items():
        if kind in source.info.formats:
            chosen.setdefault(source.read.__module__, name)
    return list(chosen.values())


def test_every_kind_of_file_has_bombs():
    kinds = {kind for source in SOURCES.values() for kind in source.info.formats}
    assert {kind for kind, _ in BOMBS.values()} >= kinds


def refuse(name: str, paths: list[Path]) -> LandError | None:
    try:
        for _ in SOURCES[name].read(paths, ReadOptions(known_codes=frozenset({"99999010582"}))):
            pass
    except LandError as refused:
        return refused
    return None


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_by_name_and_at_once(tmp_path, bomb):
    kind, write = BOMBS[bomb]
    folder = tmp_path / "bombs"
    folder.mkdir()
    path = folder / f"bomb_2024{kind}"
    write(path)
    before = sorted(tmp_path.rglob("*"))
    lasting, slow = [], []
    for name in readers(kind):
        begun = time.process_time()
        found = refuse(name, [path])
        if time.process_time() - begun > MOST_SECONDS:
            slow.append((name, time.process_time() - begun))
        if found is None:
            lasting.append(name)
        else:
            assert "root:" not in repr(found.params)
    assert slow == []
    assert lasting == []
    assert sorted(tmp_path.rglob("*")) == before
    assert not Path("/etc/evil.csv").exists()


# --- rows, not files: refused alone -----------------------------------------------------------------------

HOSTILE_ROWS = {
    "quotes that never close": b'"' * 2_000_001,
    "a quote before each of many lines": b'"a;b;c;d\n' * 20_000,
    "cells of a megabyte": (b"x" * 900_000 + b";") * 3 + b"\n",
    "blanks": b" " * 3_000_000 + b"\n",
    "signs of a formula": b"=" * 900_000 + b";1;1;1\n",
    "a person's code, nearly": (b"RSSMRA80A01H501" * 5_000 + b";1;1;1\n") * 20,
    "mail addresses, nearly": (b"a." * 100_000 + b"@;1;1;1\n") * 5,
    "dashes for words": (b"-" * 200_000 + b";1;1;1\n") * 5,
    "digits": (b"9" * 300_000 + b";1;1;1;1;1;1\n") * 5,
    "letters of many scripts": ("\u202e\u200b\u0301" * 60_000 + ";1;1;1\n").encode() * 5,
}
"""Bodies of a table whose headings are right; patterns that make a careless expression run for ever."""


@pytest.mark.parametrize("rows", HOSTILE_ROWS)
@pytest.mark.parametrize("name", HEADS)
def test_hostile_rows_are_told_in_time(tmp_path, name, rows):
    path = tmp_path / "rows.csv"
    with_head(name, HOSTILE_ROWS[rows])(path)
    begun = time.process_time()
    refuse(name, [path])
    assert time.process_time() - begun < MOST_SECONDS


@pytest.mark.parametrize(
    "content", ["[" * 100_000, '{"a":' * 100_000, "[" * 99_000 + "]" * 99_000, "a = " + "[" * 50_000]
)
@pytest.mark.parametrize("ending", [".json", ".toml", ".txt"])
def test_a_hostile_column_map_is_refused(tmp_path, content, ending):
    path = tmp_path / f"map{ending}"
    path.write_text(content[:99_000])
    begun = time.process_time()
    with contextlib.suppress(UnreadableFile, FileTooLarge):
        column_map(path)
    assert time.process_time() - begun < MOST_SECONDS


# --- memory -----------------------------------------------------------------------------------------------

MEASURE = """
import sys
from pathlib import Path
from data.errors import LandError
from data.records import ReadOptions
from data.sources import source
import numpy, pyarrow, pyarrow.csv, pyarrow.compute, pyarrow.parquet, openpyxl, orjson, shapely, xlrd

def peak():  # of this process alone
    line = next(one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) // 1024

before = peak()
try:
    for _ in source(sys.argv[1]).read([Path(sys.argv[2])], ReadOptions()):
        pass
except LandError:
    pass
print(peak() - before)
"""


def megabytes_of(name: str, path: Path, script: str = MEASURE) -> int:
    done = subprocess.run(
        [sys.executable, "-c", script, name, str(path)], cwd=ROOT, capture_output=True, text=True, check=True,
        env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    return int(done.stdout)


HEAVY = [
    ("zip that grows a thousand times", "anac-subcontracts"), ("zip that lies about its size", "public-buildings"),
    ("zip that grows a thousand times", "cordis"), ("zip that lies about its size", "population"),
    ("zip in a zip in a zip", "pnrr"),
    ("parquet of one word many times", "opencoesione-subjects"),
    ("parquet of one large word many times", "opencoesione-subjects"),
    ("parquet of one list many times", "opencoesione-subjects"),
    ("parquet of fixed bytes many times", "opencoesione-subjects"),
    ("parquet of very long cells", "opencoesione-subjects"), ("one line without end", "pnrr"),
    ("zeros", "public-buildings"),
]  # fmt: skip


@pytest.mark.parametrize(("bomb", "name"), HEAVY)
def test_memory_stays_within_two_hundred_megabytes(tmp_path, bomb, name):
    kind, write = BOMBS[bomb]
    path = tmp_path / f"bomb_2024{kind}"
    write(path)
    assert megabytes_of(name, path) < MOST_MEGABYTES


def test_the_meter_would_notice_a_reader_that_holds_its_file(tmp_path):
    """The planted fault: the same reading after the file was taken into memory as text."""
    path = tmp_path / "bomb.csv"
    path.write_bytes(b"x" * 150_000_000)
    greedy = MEASURE.replace("try:", "held = Path(sys.argv[2]).read_text().split('y')\ntry:", 1)
    assert megabytes_of("organisations", path, greedy) > MOST_MEGABYTES


def test_a_reader_without_limits_would_be_seen(tmp_path, monkeypatch):
    """The planted fault: without the bound on growth the workbook is unpacked, and the error is late or none."""
    kind, write = BOMBS["a workbook that grows a thousand times"]
    path = tmp_path / f"bomb{kind}"
    write(path)
    assert isinstance(refuse("organisations", [path]), FileTooLarge)
    monkeypatch.setattr(workbook, "check_archive", lambda _path: None)
    assert not isinstance(refuse("organisations", [path]), FileTooLarge)
