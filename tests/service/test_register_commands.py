"""`land membership`, `land columns` and named column maps of `land load`, as they are typed."""

import json
import subprocess
from pathlib import Path

import pytest

from data.membership import Decision
from data.store import open_store

ONE, TWO = "99900010580", "99900020589"


@pytest.fixture
def land(land_command, tmp_path):
    """Runs a command line in a folder of its own over a store of its own."""
    (tmp_path / "albo.csv").write_text(
        f"Identificativo;Ragione sociale;Comune della sede;Sigla\n{ONE};Prova Uno coop;Rieti;RI\n", "utf-8"
    )
    (tmp_path / "albo.map").write_text(
        "tax_code = Identificativo\nname = Ragione sociale\nmunicipality = Comune della sede\nprovince = Sigla\n",
        "utf-8",
    )
    (tmp_path / "aderenti.csv").write_text(
        "codice_fiscale;denominazione;comune;prov\n"
        f"{ONE};Prova Uno;Cittaducale;RI\n{TWO};Prova Due coop;Latina;LT\n99;;;\n",
        "utf-8",
    )

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {"LAND_STORE": str(tmp_path / "land.sqlite"), "PATH": "", "LAND_EXAMPLE": "0"}
        return subprocess.run(
            [*land_command, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    return run


def test_a_column_map_is_guessed_saved_listed_used_and_forgotten(land):
    guess = json.loads(land("columns", "albo.csv", "--json").stdout)
    assert guess == {
        "tax_code": "Identificativo", "name": "Ragione sociale",
        "municipality": "Comune della sede", "province": "Sigla",
    }  # fmt: skip
    assert "name = Ragione sociale" in land("columns", "albo.csv").stdout
    refused = land("load", "cooperative-register", "albo.csv", "--save-columns", "albo")
    assert refused.returncode == 2
    done = land("load", "cooperative-register", "albo.csv", "--columns", "albo.map", "--save-columns", "albo", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["added"] == 1
    assert json.loads(land("columns", "--json").stdout)[0]["name"] == "albo"
    again = land("load", "cooperative-register", "albo.csv", "--columns", "albo", "--json")
    assert json.loads(again.stdout)["unchanged"] == 1
    wrong = land("load", "cooperative-register", "albo.csv", "--columns", "altra")
    assert wrong.returncode == 2
    assert "albo" in wrong.stderr
    missing = land("load", "cooperative-register", "albo.csv", "--columns", "altra.map")
    assert missing.returncode == 1
    assert land("columns", "--forget", "albo").returncode == 0
    assert land("columns", "--forget", "albo").returncode == 2
    assert "Nessuna mappa" in land("columns").stdout
    assert land("columns", "albo.csv", "--source", "ipa").returncode == 2


def test_a_membership_list_waits_for_decisions(land, tmp_path: Path):
    land("load", "cooperative-register", "albo.csv", "--columns", "albo.map")
    done = land("membership", "aderenti.csv", "--federation", "Lega di prova", "--date", "2026-10-01", "--json")
    assert done.returncode == 3, done.stderr
    assert json.loads(done.stdout) == {
        "federation": "Lega di prova", "read": 3, "taken": 2, "rejected": 1,
        "new": 3, "waiting": 0, "decided": 0, "superseded": 0,
    }  # fmt: skip
    told = land("membership", "aderenti.csv", "--federation", "Lega di prova")
    assert "3 già in attesa" in told.stdout
    assert "/it/aggiornamenti" in told.stdout
    assert land("membership", "aderenti.csv").returncode == 2
    assert land("membership", "nessuno.csv", "--federation", "L").returncode == 1
    assert land("membership", "aderenti.csv", "--federation", "L", "--date", "ieri").returncode == 2
    store = open_store(tmp_path / "land.sqlite")
    assert len(store.reviews(Decision.PENDING)) == 3
    store.close()
