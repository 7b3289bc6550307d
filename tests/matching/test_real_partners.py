"""Real cooperatives of Lazio get useful answers, and where they do not the answer says why."""

import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from data.model import Audience, Declaration, Evidence, Organisation, OrganisationKind, Participation
from data.sources import source
from data.store import Store, open_store
from matching.checks import CheckState
from matching.graph import PartnerIndex, build_index
from matching.kinds import PARTNERSHIPS
from matching.recommend import Answer, recommend
from service.messages import LANGUAGES, render

FILES = {
    "cinque-per-mille": ["cinque_per_mille_2022_lazio.csv"],
    "ipa": ["ipa_enti_lazio.csv"],
    "organisations": ["tender_groupings/organisations.csv"],
    "participations": ["tender_groupings/participations.csv"],
    "tender-lots": [
        f"raw/avcp_l190_2020_comune_latina_{part}.csv" for part in ("lotti", "partecipanti", "aggiudicatari")
    ],
}
PROVINCES = ("RI", "VT", "LT", "FR", "RM")
ASKED = 30


@pytest.fixture(scope="module")
def real_store(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with the official bodies and tenders."""
    store = open_store(tmp_path_factory.mktemp("real") / "real.sqlite")
    for name, files in FILES.items():
        store.load(source(name), [shared_data / each for each in files])
    yield store
    store.close()


@pytest.fixture(scope="module")
def facts(real_store, today) -> tuple[list[Organisation], list[Participation]]:
    return real_store.organisations(Audience.PUBLIC), real_store.participations(Audience.PUBLIC)


@pytest.fixture(scope="module")
def real_index(facts, istat, km) -> PartnerIndex:
    return build_index(*facts, [], istat, km)


@pytest.fixture(scope="module")
def asked(facts) -> list[Organisation]:
    """Thirty real cooperatives, six of each province as far as there are so many, the rest of Rome."""
    found = [each for each in facts[0] if each.kind is OrganisationKind.COOPERATIVE and each.province in PROVINCES]
    chosen = [each for sign in PROVINCES[:-1] for each in [one for one in found if one.province == sign][:6]]
    rome = [each for each in found if each.province == "RM"]
    return [*chosen, *rome[: ASKED - len(chosen)]]


def answers(index: PartnerIndex, bodies: list[Organisation], kind: str, today: date) -> list[Answer]:
    return [recommend(index, each.id, kind, today=today) for each in bodies]


def explained(answer: Answer) -> bool:
    """Long enough, or says why not."""
    return len(answer.recommendations) >= 5 or answer.refusal is not None or "note.few" in str(answer.notes)


def test_the_sample_is_real(facts, asked):
    assert len(facts[0]) > 12_000
    assert len(asked) == ASKED
    assert len({each.province for each in asked}) >= 4
    assert not any(each.demonstration for each in asked)
    assert not any(each.sector for each in asked)  # nothing but names, places and tenders


@pytest.mark.parametrize("kind", ["aggregation", "public-private"])
def test_most_real_cooperatives_get_five_partners(real_index, asked, kind, today):
    found = answers(real_index, asked, kind, today)
    assert sum(len(each.recommendations) >= 5 for each in found) >= 25
    assert all(explained(each) for each in found)


def test_every_sentence_of_a_real_answer_can_be_read(real_index, asked, today):
    for kind in PARTNERSHIPS:
        for answer in answers(real_index, asked[::3], kind, today):
            messages = [*answer.notes, *([answer.refusal] if answer.refusal else [])]
            for one in answer.recommendations:
                messages += [*(each.message for each in one.contributions), *one.against, one.next_step]
                messages += [each.message for each in (*one.checks, *one.labels)]
                messages += [each.name for each in one.instruments]
            for message in messages:
                for language in LANGUAGES:
                    assert "[" not in render(message, language), message


def test_every_fact_behind_a_real_suggestion_has_its_source(real_index, asked, today):
    for kind in PARTNERSHIPS:
        for answer in answers(real_index, asked, kind, today):
            for one in answer.recommendations:
                assert one.evidence
                assert all(item.source for item in one.evidence), one.evidence
                assert all(check.state is not CheckState.FAILED for check in one.checks)


def test_public_bodies_are_the_ones_that_matter_here(real_index, asked, today):
    """The first body of a social cooperative whose comune is known is that comune, or one it has worked for."""
    placed = [each for each in asked if each.municipality and each.category == "sociali"]
    assert len(placed) >= 20
    for body, answer in zip(placed, answers(real_index, placed, "public-private", today), strict=True):
        first = real_index.organisations[real_index.row(answer.recommendations[0].partner)]
        signs = {each.feature for each in answer.recommendations[0].contributions}
        assert first.municipality == body.municipality or "track-record" in signs, body.name


def test_supply_chains_open_once_needs_are_declared(facts, asked, istat, km, today):
    needs = ("pulizia di edifici", "mensa scolastica", "trasporto disabili", "manutenzione del verde", "verdura")
    said = []
    for number, body in enumerate(asked[:20]):
        says = "offers" if number % 2 else "seeks"
        what = needs[(number // 2) % len(needs)]
        said.append(
            Declaration(
                id=f"d{number}", organisation=body.id, says=says, what=what, source="test", evidence=Evidence.DECLARED
            )
        )
    index = build_index(*facts, said, istat, km)
    found = answers(index, asked, "supply-chain", today)
    assert sum(bool(each.recommendations) for each in found) >= 10
    assert all(each.recommendations or each.refusal for each in found)
    assert all(explained(each) for each in found)


def test_an_answer_is_quick(real_index, asked, today):
    """Loose on purpose (a busy machine); the benchmark measures."""
    answers(real_index, asked, "aggregation", today)
    start = time.perf_counter()
    answers(real_index, asked, "aggregation", today)
    assert (time.perf_counter() - start) / len(asked) < 0.25
