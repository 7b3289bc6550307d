# SPDX-License-Identifier: EUPL-1.2
"""The demonstration fills every screen, is the same everywhere, and cannot be taken for real."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

from data.example import DAY as EXAMPLE_DAY
from data.example import EXAMPLE, ORGANISATIONS, example_outcomes
from data.model import Audience, Evidence, OrganisationKind
from data.records import DeclarationRecord, OrganisationRecord, ParticipationRecord, SiteRecord
from data.store import open_store
from data.store.ledger import digest


def test_it_fills_every_kind_of_screen() -> None:
    records = Counter(type(record) for row in example_outcomes() for record in row.records)
    assert records[OrganisationRecord] == ORGANISATIONS == 1_500
    assert records[ParticipationRecord] > 1_000
    assert records[DeclarationRecord] > 300
    assert records[SiteRecord] > 100
    assert len({row.key for row in example_outcomes()}) == len(example_outcomes())


def test_nobody_takes_it_for_real(tmp_path: Path) -> None:
    store = open_store(tmp_path / "demo.sqlite")
    report = store.load(EXAMPLE, [])
    assert report.rejected == 0
    bodies = [body for body in store.organisations(Audience.PUBLIC) if body.demonstration]
    assert len(bodies) == ORGANISATIONS
    for body in bodies:
        assert body.name.startswith("Esempio ")
        assert {where.evidence for where in body.provenance.values()} == {Evidence.DEMONSTRATION}
    assert {body.kind for body in bodies} == set(OrganisationKind) - {OrganisationKind.PUBLIC_BODY}
    assert {body.province for body in bodies} == {"RM", "VT", "RI", "LT", "FR"}
    assert all(site.name.startswith("Esempio ") for site in store.sites(Audience.PUBLIC))
    assert all(item.evidence is Evidence.DEMONSTRATION for item in store.declarations(Audience.PUBLIC, EXAMPLE_DAY))
    store.forget_example()
    assert len(store.organisations(Audience.OPERATOR)) == 378
    store.close()


def test_it_is_the_same_under_every_hash_seed() -> None:
    code = (
        "from data.example import example_outcomes as e; from data.store.ledger import digest;"
        "print(digest(tuple(r for row in e() for r in row.records)))"
    )
    here = digest(tuple(record for row in example_outcomes() for record in row.records))
    for seed in ("0", "7"):
        there = subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        )
        assert there.stdout.strip() == here
