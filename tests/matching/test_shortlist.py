"""The first few of a ranking are those of the whole ranking, whoever asks, for whatever, however little is known.

The oracle is `ranking`, which scores everybody.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.model import Audience, BodyType, OrganisationKind, Status
from data.sources import source
from data.store import open_store
from matching import fronts, shortlist
from matching.buckets import buckets_of
from matching.candidates import NO_FILTERS, Filters, possible_rows
from matching.features import FEATURES
from matching.features.registry import By, Shared
from matching.graph import PartnerIndex, build_index
from matching.kinds import PARTNERSHIPS, Partnership
from matching.question import Question
from matching.reach import NOBODY
from matching.recommend import not_for, ranking
from matching.scoring import PRECISION

TODAY = date(2026, 11, 22)
KIND_NAMES = sorted(PARTNERSHIPS)
FILTERS = (
    NO_FILTERS,
    Filters(only_certain=True),
    Filters(only_new=True, rivals=False),
    Filters(max_km=40.0),
    Filters(province="RI", kind=OrganisationKind.COOPERATIVE),
    Filters(size="micro"),
)
NAMES = (
    "Il Girasole cooperativa sociale", "Olearia Sabina", "Pulizie Moderne srl", "Museo vivo teatro e cultura",
    "Verde giardini manutenzione", "Cooperativa edile costruzioni", "Asilo nido bambini", "Casa famiglia anziani",
    "Frantoio olio extravergine", "Mensa scolastica ristorazione", "Alfa", "Beta servizi",
)  # fmt: skip
SECTORS = ("01.26", "10.41", "10.41.10", "81.21", "88.10", "88.10.00", "85.51", "41.20", "47.11", "56.29", "01.13")
THINGS = ("olio extravergine di oliva", "olive", "pulizie", "mensa scolastica", "verdura", "cosa mai sentita")
PLACES = ("Rieti", "Amatrice", "Viterbo", "Roma", "Latina", "Poggio Mirteto", "Fara in Sabina")
PURPOSES = (
    "assistenza domiciliare agli anziani e ai minori", "produzione di olio e conserve", "pulizia di uffici e scuole"
)  # fmt: skip
BODIES = (BodyType.MUNICIPALITY, BodyType.HEALTH, BodyType.SCHOOL, BodyType.REGION, BodyType.PROVINCE, None)


def made_world(world, seed: int, size: int) -> PartnerIndex:
    """A small region where few values make many equals: every kind of fact, every kind of link."""
    chance = np.random.default_rng(seed)

    def some(values: tuple[object, ...]) -> object:
        return values[chance.integers(len(values))]

    def perhaps(name: str, values: tuple[object, ...], share: float) -> dict[str, object]:
        return {name: some(values)} if chance.random() < share else {}

    kinds = (*[OrganisationKind.COOPERATIVE] * 5, OrganisationKind.CONSORTIUM, OrganisationKind.THIRD_SECTOR,
             OrganisationKind.FIRM, OrganisationKind.PUBLIC_BODY, OrganisationKind.PUBLIC_BODY)  # fmt: skip
    bodies: list[str] = []
    for number in range(size):
        kind = some(kinds)
        facts: dict[str, object] = {"kind": kind}
        facts |= (
            perhaps("comune", PLACES, 0.8) | perhaps("sector", SECTORS, 0.6) | perhaps("employees", (3, 9, 40), 0.4)
        )
        facts |= perhaps("category", ("Cooperative sociali", "Pesca", "Trasporto"), 0.3)
        facts |= perhaps("social_type", ("A", "B", "AB"), 0.3) | perhaps("purpose", PURPOSES, 0.4)
        facts |= perhaps("federation", ("Legacoop", "AGCI"), 0.3) | perhaps("third_sector", (True, False), 0.2)
        facts |= perhaps("certifications", (("ISO 9001",), ("ISO 14001", "biologico")), 0.2)
        facts |= perhaps("status", (None, Status.CRISIS, Status.LIQUIDATION, Status.NEW), 0.15)
        if kind is OrganisationKind.PUBLIC_BODY:
            facts["body_type"] = some(BODIES)
        inferred = [name for name in ("sector", "category", "social_type") if chance.random() < 0.3]
        name = f"{some(NAMES)} {number}"
        world.add(name, inferred=inferred, **facts)
        bodies.append(name)
        if chance.random() < 0.1 and number:
            shared = world.organisations[bodies[int(chance.integers(number))]].identifiers
            world.organisations[name] = replace(world.organisations[name], identifiers=shared)
    _what_they_did(world, bodies, chance)
    for _ in range(size // 4):
        quantity = {"quantity": float(chance.integers(1, 9)), "unit": "t"} if chance.random() < 0.5 else {}
        world.says(str(some(tuple(bodies))), str(some(("offers", "seeks", "capacity"))), str(some(THINGS)), **quantity)
    for _ in range(size // 10):
        one, other = (world.id(str(some(tuple(bodies)))) for _ in range(2))
        world.refused.append((one, other, some((None, *KIND_NAMES))))
    index = world.index()
    if chance.random() < 0.3:
        learned = {
            kind.name: {name: float(chance.normal(weight, 0.08)) for name, weight in kind.weights.items()}
            for kind in PARTNERSHIPS.values()
        }
        index = replace(index, learned=learned)
    return index


def _what_they_did(world, bodies: list[str], chance: np.random.Generator) -> None:
    publics = [name for name in bodies if world.organisations[name].kind is OrganisationKind.PUBLIC_BODY]
    for number in range(len(bodies)):
        members = sorted({bodies[place] for place in chance.integers(0, len(bodies), chance.integers(1, 4))})
        kind = ("tender", "tender", "tender", "network", "membership")[chance.integers(5)]
        facts: dict[str, object] = {"kind": kind, "outcome": ("awarded", "awarded", "bid", None)[chance.integers(4)]}
        if kind == "tender":
            facts["lot"] = f"L{chance.integers(1 + len(bodies) // 2)}"
            facts["date"] = TODAY - timedelta(days=int(chance.integers(2_000)))
            if publics and chance.random() < 0.8:
                facts["buyer_id"] = world.id(publics[chance.integers(len(publics))])
            if chance.random() < 0.5:
                facts["text"] = PURPOSES[chance.integers(len(PURPOSES))]
            if chance.random() < 0.5:
                facts["amount"] = float(chance.integers(1_000, 9_000))
        world.project(f"P{number}", *members, **facts)


def assert_same(index: PartnerIndex, asker: int, kind: Partnership, filters: Filters, k: int) -> None:
    whole = ranking(index, asker, kind, filters, TODAY)
    few = shortlist.top(index, asker, kind, k, filters, TODAY)
    best, found = whole.suggested[:k], few.suggested
    assert few.rows.tolist() == whole.rows[:k].tolist()
    assert np.array_equal(few.scores.total[found], whole.scores.total[best])
    assert np.array_equal(few.scores.values[:, found], whole.scores.values[:, best])
    assert np.array_equal(few.scores.contributions[:, found], whole.scores.contributions[:, best])
    total = np.round(whole.scores.total[whole.suggested], PRECISION - 2)
    assert few.considered == len(whole.question.rows)
    assert few.equals == (int((total[k:] == total[k - 1]).sum()) if len(total) > k else 0)


def may_ask(index: PartnerIndex, kind: Partnership) -> list[int]:
    return [row for row in range(len(index.organisations)) if not_for(index, row, kind) is None]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32),
    size=st.integers(2, 60),
    k=st.sampled_from([1, 2, 5, 20]),
    first=st.integers(1, 8),
    by_cell=st.booleans(),
)
def test_first_few_of_any_region(
    monkeypatch, new_world, seed: int, size: int, k: int, first: int, by_cell: bool
) -> None:
    monkeypatch.setattr(fronts, "FEW_CLASSES", 0 if by_cell else 4_096)
    monkeypatch.setattr(shortlist, "_FIRST", first)
    monkeypatch.setattr(shortlist, "_MANY", first % 4)
    monkeypatch.setattr(shortlist, "_WHOLE", size if first % 3 == 0 else 0)
    monkeypatch.setattr(shortlist, "_FEW", (0, size, 5)[first % 3])
    monkeypatch.setattr(shortlist, "_PUBLIC", size if first % 2 else 0)
    monkeypatch.setattr(shortlist, "_MORE", 1)
    index = made_world(new_world(), seed, size)
    for kind in PARTNERSHIPS.values():
        for asker in may_ask(index, kind)[:12]:
            for filters in FILTERS:
                assert_same(index, asker, kind, filters, k)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), size=st.integers(2, 60), certain=st.booleans())
def test_signs_tell_the_truth_of_themselves(new_world, seed: int, size: int, certain: bool) -> None:
    """Whom they reach, what decides them and what they never exceed."""
    index = made_world(new_world(), seed, size)
    columns = index.certain_columns if certain else index.columns
    buckets = buckets_of(index, columns)
    for kind in PARTNERSHIPS.values():
        for asker in may_ask(index, kind)[:8]:
            rows = possible_rows(index, asker, kind)
            question, nobody = (Question(index, columns, asker, each, TODAY) for each in (rows, NOBODY))
            reached = {name: FEATURES[name].reach(nobody) for name in kind.weights if FEATURES[name].reach is not None}
            touched = np.isin(rows, np.concatenate([NOBODY, *reached.values()]))
            for name in kind.weights:
                sign, values = FEATURES[name], FEATURES[name].values(question)
                assert ((values >= 0) & (values <= 1)).all(), name
                if sign.reach is not None:
                    assert (np.diff(reached[name]) > 0).all(), name
                    assert not values[~np.isin(rows, reached[name])].any(), name
                    if sign.most is not None:
                        assert (values <= question.spread(reached[name], sign.most(nobody)) + 1e-12).all(), name
                elif sign.by is By.CLASS:
                    assert _one_value(buckets.class_of[rows], values), name
                elif sign.by is By.PLACE:
                    assert _one_value(buckets.bucket_of[rows][~touched], values[~touched]), name
                if sign.near is not None:
                    assert (values <= sign.near(question) + 1e-12).all(), name
                if sign.idle is not None and sign.idle(nobody):
                    assert not values[~touched].any(), name
                if sign.shared is not None:
                    assert_shared(question, sign.shared(nobody), values, touched)
                if sign.ceiling is not None:
                    first = Question(index, columns, asker, buckets.first[buckets.class_of[rows]], TODAY)
                    assert (values <= sign.ceiling(first) + 1e-12).all(), name


def assert_shared(question: Question, shared: Shared, values: np.ndarray, touched: np.ndarray) -> None:
    """A sign says nothing of who shares no key, and of others no more than the key that lets it say most."""
    assert not any((FEATURES[other].values(question) * values).any() for other in shared.without), shared.without
    held = shared.make(question.columns).tocsr()[question.rows].toarray()[:, shared.keys]
    most = (held * shared.most).max(axis=1, initial=0.0)
    assert (values <= most + 1e-12)[~touched].all(), shared.name


def _one_value(groups: np.ndarray, values: np.ndarray) -> bool:
    return len({*zip(groups.tolist(), values.tolist(), strict=True)}) == len({*groups.tolist()})


@pytest.mark.parametrize("few_classes", [0, 4_096])
def test_words_that_reach_many_weakly_lift_whom_attributes_leave_below_the_least(
    monkeypatch, new_world, few_classes: int
) -> None:
    """Learned weights may give words much and a field little: who stands below the least by the field alone counts."""
    monkeypatch.setattr(fronts, "FEW_CLASSES", few_classes)
    monkeypatch.setattr(shortlist, "_FEW", 0)
    monkeypatch.setattr(shortlist, "_PUBLIC", 0)
    monkeypatch.setattr(shortlist, "_WHOLE", 0)
    monkeypatch.setattr(shortlist, "_MANY", 2)
    index = made_world(new_world(), 270_263, 55)
    for kind in PARTNERSHIPS.values():
        weights = dict.fromkeys(kind.weights, 0.005) | {"text-likeness": 0.2}
        index = replace(index, learned={kind.name: {name: weights[name] for name in kind.weights}})
        for asker in may_ask(index, kind)[:20]:
            for filters in (NO_FILTERS, Filters(size="micro"), Filters(province="RI")):
                assert_same(index, asker, kind, filters, 5)


def test_a_category_read_from_a_name_makes_a_class_of_its_own(world) -> None:
    """Territories complement each other only where both categories are facts: equal columns do not tell."""
    world.add("asker", comune="Roma", category="Pesca")
    for number in range(6):
        told = {"inferred": ("category",)} if number % 2 else {}
        world.add(f"twin {number}", comune="Viterbo", category="Pesca", **told)
    index = world.index()
    found = buckets_of(index, index.columns).bucket_of
    rows = [index.row(world.id(f"twin {number}")) for number in range(6)]
    assert len({int(found[row]) for row in rows[::2]}) == len({int(found[row]) for row in rows[1::2]}) == 1
    assert found[rows[0]] != found[rows[1]]
    assert_same(index, index.row(world.id("asker")), PARTNERSHIPS["aggregation"], NO_FILTERS, 20)


def test_equals_but_for_their_words_are_scored_one_by_one(monkeypatch, world) -> None:
    """Of two in one bucket one speaks a little like the asker: too little to be looked at for that alone."""
    monkeypatch.setattr(shortlist, "_MANY", 0)
    facts = {"comune": "Roma", "sector": "81.21"}
    world.add("asker", purpose="cometa vascello lanterna orologio nuvola ventaglio", **facts)
    for number in range(8):
        words = ("cometa vascello", "bussola cratere")[number % 2]
        world.add(f"twin {number}", purpose=f"{words} veliero spiaggia tamburo scacchiera", **facts)
    index = world.index()
    asker, kind = index.row(world.id("asker")), PARTNERSHIPS["aggregation"]
    found = buckets_of(index, index.columns).bucket_of
    twins = [index.row(world.id(f"twin {number}")) for number in range(8)]
    assert len({int(found[row]) for row in twins}) == 1
    whole = ranking(index, asker, kind, NO_FILTERS, TODAY)
    said = whole.scores.values[whole.scores.names.index("text-likeness")]
    assert 0 < said.max() < kind.recall["text-likeness"]
    assert (said == 0).any()
    assert not whole.scores.values[whole.scores.names.index("same-products")].any()
    assert_same(index, asker, kind, NO_FILTERS, 20)


REAL = {
    "cinque-per-mille": ["cinque_per_mille_2022_lazio.csv"],
    "ipa": ["ipa_enti_lazio.csv"],
    "organisations": ["tender_groupings/organisations.csv"],
    "participations": ["tender_groupings/participations.csv"],
}


@pytest.fixture(scope="module")
def real_index(shared_data: Path, tmp_path_factory: pytest.TempPathFactory, istat, km) -> Iterator[PartnerIndex]:
    store = open_store(tmp_path_factory.mktemp("first") / "real.sqlite")
    for name, files in REAL.items():
        store.load(source(name), [shared_data / each for each in files])
    facts = store.organisations(Audience.OPERATOR), store.participations(Audience.OPERATOR)
    yield build_index(*facts, store.declarations(Audience.OPERATOR, TODAY), istat, km)
    store.close()


@pytest.mark.parametrize(("few_classes", "whole"), [(0, 64), (0, 131_072), (4_096, 64)])
@pytest.mark.parametrize("name", KIND_NAMES)
def test_first_few_of_the_real_region(
    monkeypatch, real_index: PartnerIndex, name: str, few_classes: int, whole: int
) -> None:
    monkeypatch.setattr(fronts, "FEW_CLASSES", few_classes)
    monkeypatch.setattr(shortlist, "_WHOLE", 64)
    monkeypatch.setattr(shortlist, "_FEW", whole)
    monkeypatch.setattr(shortlist, "_PUBLIC", whole)
    kind, chance = PARTNERSHIPS[name], np.random.default_rng(3)
    able = may_ask(real_index, kind)
    linked = [row for row in able if real_index.links.degree[row]]
    asked = {*chance.choice(able, 8).tolist(), *chance.choice(linked or able, 8).tolist()}
    for asker in sorted(asked):
        for filters in FILTERS:
            for k in (1, 20):
                assert_same(real_index, asker, kind, filters, k)
