"""Headings of unknown exports: what is guessed, why, and that no person's cell is shown."""

import pytest

from data.errors import UnreadableFile, WrongColumns
from data.records import ReadOptions
from data.sources import cooperative_register, source
from data.sources.column_guess import guess_columns, sample_of

LAYOUT = cooperative_register.LAYOUT
ONE, TWO = "99900010580", "99900020589"


def guesses(path) -> dict[str, tuple[str, str]]:
    found = guess_columns(sample_of(path, LAYOUT), LAYOUT)
    assert [one.column for one in found] == [column.name for column in LAYOUT.columns]
    return {one.column: (one.heading, one.why) for one in found if one.heading}


def test_headings_are_guessed_by_word_by_likeness_and_by_cells(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(
        "Elenco estratto il 1 ottobre\n"
        "Identificativo;Ragione Sociale;Comune della sede legale;"
        "Stato attuale impresa;Categoria;Nome Presidente;Altro\n"
        f"{ONE};Prova Uno;Rieti;attiva;Sociali;Nome-Segreto;x\n"
        f"{TWO};Prova Due;Viterbo;cessata;;Nome-Segreto;mario@example.it\n",
        "utf-8",
    )
    assert guesses(path) == {
        "tax_code": ("Identificativo", "cells"),
        "name": ("Ragione Sociale", "heading"),
        "category": ("Categoria", "heading"),
        "municipality": ("Comune della sede legale", "alike"),
        "status": ("Stato attuale impresa", "alike"),
    }
    sample = sample_of(path, LAYOUT)
    assert "Segreto" not in repr(sample)
    assert sample.examples("Identificativo") == (ONE, TWO)
    assert "mario" not in repr(sample.examples("Altro"))
    assert sample.examples("Nessuna") == ()
    mapped = {name: heading for name, (heading, _why) in guesses(path).items()}
    found = list(source("cooperative-register").read([path], ReadOptions(mapped)))
    assert [type(one).__name__ for one in found] == ["Accepted", "Accepted"]


@pytest.mark.parametrize(("content", "error"), [("una sola riga\n", WrongColumns), ("", UnreadableFile)])
def test_a_file_without_headings_is_refused(tmp_path, content, error):
    path = tmp_path / "x.csv"
    path.write_text(content, "utf-8")
    with pytest.raises(error):
        sample_of(path, LAYOUT)
