"""Inference on the labelled samples of real names and tender texts: nine in ten right, committed figures true."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from data.inference.bodies import NAME, TEXT
from data.inference.calibration import Calibration, calibration, write_calibration
from data.inference.labels import fingerprint, labelled_names, labelled_texts
from data.inference.lexicon import FIELDS
from data.inference.measure import PROOF, Labelled, cross_fitted, half_of, measure, missed
from data.inference.quality import Quality, measured, proof_half, quality, write_quality

LABELS = Path(__file__).parents[1] / "labelled"
LEAST_PRECISION, LEAST_COVERAGE = 0.9, 0.35


@pytest.fixture(scope="module")
def anew(shared_data: Path) -> tuple[Calibration, Quality]:
    """Tables and figures measured anew, dated as the committed ones."""
    return measured(LABELS, shared_data, calibration().measured_on)


@pytest.fixture(scope="module")
def whole(shared_data: Path) -> dict[str, list[Labelled]]:
    """Both samples."""
    return {NAME: labelled_names(LABELS, shared_data), TEXT: labelled_texts(LABELS, shared_data)}


@pytest.fixture(scope="module")
def samples(whole: dict[str, list[Labelled]]) -> dict[str, list[Labelled]]:
    """The proof half of both samples: who mends the lexicon sees counts of it and none of its rows."""
    return {ground: proof_half(rows) for ground, rows in whole.items()}


def open_half(rows: Sequence[Labelled]) -> list[Labelled]:
    """The rows that the lexicon was written from: its misses may be read."""
    return [row for row in rows if half_of(row.key) != PROOF]


def test_samples_are_as_large_as_asked(shared_data: Path):
    assert len(labelled_names(LABELS, shared_data)) >= 300
    assert len(labelled_texts(LABELS, shared_data)) >= 200


@pytest.mark.parametrize("ground", [NAME, TEXT])
@pytest.mark.parametrize("field", FIELDS)
def test_nine_in_ten_are_right(
    whole: dict[str, list[Labelled]], samples: dict[str, list[Labelled]], field: str, ground: str
):
    rows = samples[ground]
    tables = cross_fitted(rows, field, ground)
    found = measure(rows, field, tables)
    print(f"\n{ground} {field}: {found}, precision {found.precision}, coverage {found.coverage:.3f}")
    print(f"  missed in the proof half: {sum(1 for _ in missed(rows, field, tables))}")
    for line in misses_shown(whole[ground], field, ground):
        print(line)
    assert found.precision is not None
    assert found.precision >= LEAST_PRECISION
    assert found.coverage >= LEAST_COVERAGE


def misses_shown(rows: Sequence[Labelled], field: str, ground: str) -> list[str]:
    """A line for every wrong value of the half that the lexicon was written from, and for no row of the other."""
    table = calibration().table(field, ground)
    found = missed(open_half(rows), field, lambda _key: table)
    return [f"  missed: {key[:80]} | said {value} | true {truth}" for key, value, truth in found]


def test_misses_of_the_proof_half_are_counted_and_never_shown(whole: dict[str, list[Labelled]]):
    for ground, rows in whole.items():
        wrong = [replace(row, truth={}) for row in rows]  # of this copy every value that is given is a miss
        shown = " ".join(line for field in FIELDS for line in misses_shown(wrong, field, ground))
        assert any(row.key[:80] in shown for row in open_half(rows))
        assert not any(row.key[:80] in shown for row in proof_half(rows))


def test_figures_of_the_page_are_those_measured_anew(anew: tuple[Calibration, Quality]):
    tables, figures = anew
    assert write_quality(figures) == write_quality(quality())
    assert write_calibration(tables) == write_calibration(calibration())


def test_figures_belong_to_these_labels():
    assert quality().labels == calibration().labels == fingerprint(LABELS)


def test_confidence_is_honest(anew: tuple[Calibration, Quality]):
    for ground in (NAME, TEXT):
        for band in anew[1].curve(ground):
            if band.given >= 40:
                assert abs(band.said - band.right / band.given) < 0.12, band


def test_what_is_written_is_what_was_measured(samples: dict[str, list[Labelled]]):
    for ground, rows in samples.items():
        for field in FIELDS:
            table = calibration().table(field, ground)
            found = measure(rows, field, lambda _key, table=table: table)
            assert (found.precision or 0) >= LEAST_PRECISION, (ground, field)
