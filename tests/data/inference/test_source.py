"""Inference as a source of the store: marked, as open as its body, undone with it, never in the way of a known fact."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from data.identity import TAX_CODE
from data.inference.source import NAME, infer_again
from data.model import Audience, Evidence, Identifier, Organisation, OrganisationKind, Visibility
from data.records import Accepted, Assertion, OrganisationRecord, Source, SourceInfo
from data.store import Store, open_store

CLEANERS, FANCY = "01234567897", "09876543217"
INFO = SourceInfo(name="prova", title_it="Prova", title_en="Trial", publisher="", licence="")


def row(
    code: str,
    name: str,
    visibility: Visibility = Visibility.PUBLIC,
    evidence: Evidence = Evidence.OFFICIAL,
    **facts: object,
) -> Accepted:
    """A row that names a cooperative."""
    said = {"name": name, "kind": OrganisationKind.COOPERATIVE} | facts
    told = tuple(Assertion(field, value, evidence, visibility=visibility) for field, value in said.items())
    return Accepted(1, code, (OrganisationRecord((Identifier(TAX_CODE, code),), told),))


def load(store: Store, *rows: Accepted, complete: bool = False) -> None:
    """Put rows into the store."""
    store.load(Source(INFO, lambda _paths, _options: iter(rows)), [], complete=complete)


def body(store: Store, code: str, audience: Audience = Audience.OPERATOR) -> Organisation:
    """A body by its tax code, as an audience sees it."""
    return next(each for each in store.organisations(audience) if Identifier(TAX_CODE, code) in each.identifiers)


def names(store: Store, audience: Audience) -> list[str]:
    """Names of the cooperatives that an audience sees."""
    return [each.name for each in store.organisations(audience) if each.kind is OrganisationKind.COOPERATIVE]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    opened = open_store(tmp_path / "land.sqlite")
    yield opened
    opened.close()


def test_what_a_name_tells_is_written_as_inferred_with_its_words(store: Store):
    load(store, row(CLEANERS, "Pulizie Esempio coop. soc."), row(FANCY, "La Prova soc. coop."))
    done = infer_again(store)
    assert (done.read, done.added) == (1, 1)
    found = body(store, CLEANERS)
    assert (found.sector, found.sector_version) == ("81", "2007")
    known = found.provenance["sector"]
    assert (known.evidence, known.source) == (Evidence.INFERRED, NAME)
    assert known.note == "name: Pulizie"
    assert 0.8 <= known.confidence < 1
    assert body(store, FANCY).sector is None


def test_the_same_inputs_write_nothing(store: Store):
    load(store, row(CLEANERS, "Pulizie Esempio coop. soc."))
    infer_again(store)
    version = store.version()
    done = infer_again(store)
    assert (done.unchanged, done.added, done.changed, done.gone) == (1, 0, 0, 0)
    assert store.version() == version


def test_a_known_fact_wins_and_what_was_supposed_stands_again_without_it(store: Store):
    load(store, row(CLEANERS, "Pulizie Esempio coop. soc."))
    infer_again(store)
    store.correct(CLEANERS, {"sector": "38", "sector_version": "2025"})
    assert body(store, CLEANERS).sector == "38"
    infer_again(store)
    assert body(store, CLEANERS).provenance["sector"].evidence is Evidence.DECLARED
    store.withdraw_correction(CLEANERS, "sector")
    assert (body(store, CLEANERS).sector, body(store, CLEANERS).sector_version) == ("81", "2007")


def test_a_name_that_changes_takes_its_inferences_along(store: Store):
    load(store, row(CLEANERS, "Pulizie Esempio coop. soc."), row(FANCY, "Edil Prova soc. coop."))
    infer_again(store)
    load(store, row(CLEANERS, "La Prova coop. soc."))
    done = infer_again(store)
    assert done.gone == 1
    assert body(store, CLEANERS).sector is None
    assert any(fact.field == "sector" and fact.value == "81" for fact in store.history(CLEANERS, Audience.OPERATOR))


def test_inference_is_as_open_as_the_name_and_opens_no_identifier(store: Store):
    load(store, row(CLEANERS, "Pulizie Esempio coop. soc.", Visibility.FEDERATION))
    infer_again(store)
    assert body(store, CLEANERS).sector == "81"
    assert names(store, Audience.PUBLIC) == []


def test_a_reserved_purpose_is_not_told_through_an_inference(store: Store):
    load(store, row(FANCY, "La Prova soc. coop."))
    store.correct(FANCY, {"purpose": "Servizi di pulizia e sanificazione"}, visibility=Visibility.RESERVED)
    infer_again(store)
    assert body(store, FANCY).sector is None
    store.correct(FANCY, {"purpose": "Servizi di pulizia e sanificazione"})
    infer_again(store)
    assert body(store, FANCY).sector == "81"


def test_a_body_that_no_source_holds_is_not_kept_alive(store: Store):
    load(store, row(CLEANERS, "Pulizie Esempio coop. soc."), row(FANCY, "Edil Prova soc. coop."))
    infer_again(store)
    load(store, row(FANCY, "Edil Prova soc. coop."), complete=True)
    assert names(store, Audience.OPERATOR) == ["Edil Prova soc. coop."]
    assert infer_again(store).gone == 1


def test_demonstration_and_public_bodies_are_left_alone(store: Store):
    load(
        store,
        row(CLEANERS, "Pulizie Esempio coop. soc.", evidence=Evidence.DEMONSTRATION),
        row(FANCY, "Asilo nido comunale", kind=OrganisationKind.PUBLIC_BODY),
    )
    assert infer_again(store).read == 0
