"""Files of the whole country at full size: rows a second from the file into the store, and the memory that takes.

Run by name: `pytest tests/benchmarks/bench_bulk.py -s`. Each load runs in a process of its own, which says its peak
memory; figures are printed. What is asserted: the ledger holds, the peak stays under 1 GB, and the load needs no more
than five times the processor time of `csv.DictReader` (for Parquet: batches turned into dictionaries) that only reads
the same files once and keeps nothing.
"""

import csv
import io
import json
import resource
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import full_size  # noqa: E402 - a module of generators beside this file, on no path of its own

PEAK_MB = 1_000
SLOWEST = 0.2
"""The least speed of a load by processor time, as a share of the plain reader's."""


@dataclass(frozen=True)
class Case:
    """A file at full size: the source that loads it, how many rows it has, what writes it."""

    source: str
    rows: int
    write: Callable[[Path, int], list[Path]]


CASES = {
    "subjects-parquet": Case(
        "opencoesione-subjects",
        7_200_000,
        lambda folder, rows: [full_size.write_subjects_parquet(folder / "soggetti_20260228.parquet", rows)],
    ),
    "subjects-csv": Case(
        "opencoesione-subjects",
        7_200_000,
        lambda folder, rows: [full_size.write_subjects_csv(folder / "soggetti_20260228.zip", rows)],
    ),
    "winners": Case(
        "anac-winners",
        5_437_334,
        lambda folder, rows: [full_size.write_winners(folder / "aggiudicatari_csv.zip", rows)],
    ),
    "buildings": Case("public-buildings", 3_250_000, full_size.write_buildings),
}


def load(source_name: str, store_file: str, ours: str, *files: str) -> dict[str, object]:
    """Loads bodies of ours, then the files; counts, seconds and peak memory."""
    from data.sources import source
    from data.store import open_store

    store = open_store(store_file)
    store.load(source("organisations"), [Path(ours)])
    start, worked = time.perf_counter(), time.process_time()
    report = store.load(source(source_name), [Path(file) for file in files])
    seconds, worked = time.perf_counter() - start, time.process_time() - worked
    store.close()
    return {**report.counts(), "seconds": seconds, "cpu": worked, "peak_mb": peak_mb()}


def plain(*files: str) -> dict[str, object]:
    """Reads every row of the files as a dictionary, once, and keeps nothing."""
    start, worked, rows = time.perf_counter(), time.process_time(), 0
    for path in map(Path, files):
        rows += sum(1 for _ in _dictionaries(path))
    seconds, worked = time.perf_counter() - start, time.process_time() - worked
    return {"rows": rows, "seconds": seconds, "cpu": worked, "peak_mb": peak_mb()}


def _dictionaries(path: Path):
    if path.suffix == ".parquet":
        for batch in pq.ParquetFile(path).iter_batches():
            yield from batch.to_pylist()
        return
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as stream:
        yield from csv.DictReader(io.TextIOWrapper(stream, "latin-1", newline=""), delimiter=";")


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_a_process(what: str, *arguments: object) -> dict[str, object]:
    """What `load` or `plain` says, run in a process of its own."""
    command = [sys.executable, str(Path(__file__)), what, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=HERE.parents[1])
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", CASES)
def test_a_file_of_the_whole_country(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    ours = full_size.write_ours(tmp_path / "ours.csv")
    try:
        files = case.write(tmp_path, case.rows)
        size = sum(file.stat().st_size for file in files) / 1e6
        base = in_a_process("plain", *files)
        done = in_a_process("load", case.source, tmp_path / "store.sqlite", ours, *files)
    finally:
        shutil.rmtree(tmp_path, ignore_errors=True)
    speed, plainly = (int(one[rows] / one["cpu"]) for one, rows in ((done, "read"), (base, "rows")))
    print(f"\n{name}: {size:,.0f} MB in {len(files)} files; {done}")
    print(f"{int(done['read'] / done['seconds']):,} rows/s, {speed:,} a CPU second, peak {done['peak_mb']:.0f} MB;")
    print(f"plain reader: {plainly:,} a CPU second, peak {base['peak_mb']:.0f} MB")
    kept = done["added"] + done["changed"] + done["unchanged"]
    assert done["read"] == kept + done["rejected"] + done["out_of_area"]
    assert abs(done["read"] - case.rows) < case.rows / 1_000, "rows that span lines or lose their quote count as one"
    assert 0.01 < kept / done["read"] < 0.1
    assert done["peak_mb"] < PEAK_MB
    assert speed > SLOWEST * plainly


if __name__ == "__main__":
    answer = (load if sys.argv[1] == "load" else plain)(*sys.argv[2:])
    print(json.dumps(answer))
