"""Tax codes and VAT numbers: one number is one body; merges that people decided outlive later loads and undo whole."""

from pathlib import Path

import pytest

from data.identity import organisation_id
from data.model import Audience, Evidence, Identifier
from data.records import Accepted, Assertion, OrganisationRecord, ParticipationRecord, Source, SourceInfo
from data.store import Store, open_store

# Invented numbers with valid check digits.
FIRM, OTHER_FIRM, BODY = "01234560587", "12345670588", "80012340586"


def info(name: str) -> SourceInfo:
    """What is said of a source made for a test."""
    return SourceInfo(
        name=name,
        title_it=name,
        title_en=name,
        publisher="",
        licence="",
        formats=(),
        files=1,
        evidence=Evidence.OFFICIAL,
    )


def body(*identifiers: tuple[str, str], name: str = "Mulino Vecchio srl") -> OrganisationRecord:
    """A firm of Viterbo with these identifiers."""
    said = (Assertion("name", name), Assertion("kind", "firm"), Assertion("municipality", "056059"))
    return OrganisationRecord(tuple(Identifier(*item) for item in identifiers), said)


def load(store: Store, source: str, **rows: OrganisationRecord | ParticipationRecord) -> None:
    """One file of a source whose rows have these keys; nothing is refused."""
    outcomes = [Accepted(line, key, (record,)) for line, (key, record) in enumerate(rows.items(), start=2)]
    report = store.load(Source(info(source), lambda _paths, _options: iter(outcomes)), [])
    assert report.rejected == 0


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store but for the shipped facts."""
    return open_store(tmp_path / "land.sqlite")


def found(store: Store) -> list[tuple[str, ...]]:
    """The identifiers of every body that is no comune, as text."""
    return sorted(
        tuple(f"{item.scheme}:{item.value}" for item in one.identifiers)
        for one in store.organisations(Audience.OPERATOR)
        if all(item.scheme != "municipality" for item in one.identifiers)
    )


@pytest.mark.parametrize(("first", "second"), [("tax-code", "vat"), ("vat", "tax-code")])
def test_the_vat_number_of_a_company_is_its_tax_code(store: Store, first: str, second: str) -> None:
    load(store, "one", a=body((first, FIRM)))
    load(store, "two", b=body((second, FIRM)))
    assert found(store) == [(f"tax-code:{FIRM}", f"vat:{FIRM}")]


def test_a_vat_number_that_is_the_tax_code_of_another_joins_nothing(store: Store) -> None:
    load(store, "one", a=body(("tax-code", BODY), ("vat", FIRM)))
    load(store, "two", b=body(("tax-code", FIRM)))
    assert found(store) == [(f"tax-code:{FIRM}",), (f"tax-code:{BODY}", f"vat:{FIRM}")]
    load(store, "three", c=body(("vat", FIRM)))
    assert len(found(store)) == 2


def test_a_membership_finds_a_body_by_either_number(store: Store) -> None:
    load(store, "one", a=body(("tax-code", FIRM)))
    load(store, "two", b=ParticipationRecord(project="p", organisation=Identifier("vat", FIRM)))
    assert [row.organisation for row in store.participations(Audience.OPERATOR)] == [store.resolve(FIRM)]


def test_ids_are_named_by_the_best_identifier(store: Store) -> None:
    load(store, "one", a=body(("tax-code", FIRM), ("vat", OTHER_FIRM)))
    assert store.resolve(OTHER_FIRM) == organisation_id(Identifier("tax-code", FIRM))
