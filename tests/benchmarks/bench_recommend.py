"""How fast partners come: against networkx and against a plain loop that gives the very same scores.

Run by name: `pytest tests/benchmarks/bench_recommend.py -s`. Figures are printed; what is asserted are ratios of one
run, and the limits that the service promises, on the demonstration and on the real store.
"""

import math
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import made_region

from data.example import EXAMPLE
from data.model import Audience, Evidence, OrganisationKind
from data.sources import source
from data.store import open_store
from matching.alike import groups
from matching.candidates import Filters, possible_rows, within
from matching.graph import PartnerIndex, build_index
from matching.kinds import partnership
from matching.question import Question
from matching.recommend import recommend
from matching.scoring import score
from matching.walks import walks_of

TODAY = date(2026, 11, 22)
FILES = {
    "cinque-per-mille": ["cinque_per_mille_2022_lazio.csv"],
    "ipa": ["ipa_enti_lazio.csv"],
    "organisations": ["tender_groupings/organisations.csv"],
    "participations": ["tender_groupings/participations.csv"],
}
QUERIES = 40


@dataclass(frozen=True)
class Case:
    name: str
    index: PartnerIndex
    build_seconds: float
    asked: tuple[str, ...]


@pytest.fixture(scope="module", params=["example", "real"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    store = open_store(tmp_path_factory.mktemp("bench") / "store.sqlite")
    if request.param == "real":
        shared: Path = request.getfixturevalue("shared_data")
        for name, files in FILES.items():
            store.load(source(name), [shared / each for each in files])
    else:
        store.load(EXAMPLE, [])
    facts = (
        store.organisations(Audience.OPERATOR),
        store.participations(Audience.OPERATOR),
        store.declarations(Audience.OPERATOR, TODAY),
    )
    istat, km = made_region.distances()
    build_index(*facts, istat, km)  # imports and shipped tables are read once per process
    start = time.process_time()
    index = build_index(*facts, istat, km)
    seconds = time.process_time() - start
    linked = [
        body.id
        for row, body in enumerate(index.organisations)
        if body.kind is OrganisationKind.COOPERATIVE and index.links.degree[row]
    ]
    yield Case(request.param, index, seconds, tuple(linked[:: max(len(linked) // QUERIES, 1)][:QUERIES]))
    store.close()


def milliseconds(act: Callable[[str], object], asked: tuple[str, ...]) -> float:
    """Median processor time of an act over the queries, ms, after one warm-up."""
    act(asked[0])
    times = []
    for each in asked:
        start = time.process_time()
        act(each)
        times.append((time.process_time() - start) * 1000)
    return statistics.median(times)


def question(index: PartnerIndex, asked: str, kind: str) -> Question:
    entry, asker = partnership(kind), index.row(asked)
    everybody = Question(index, index.columns, asker, possible_rows(index, asker, entry), TODAY)
    return Question(index, index.columns, asker, everybody.rows[within(everybody, Filters())], TODAY)


def test_building_and_asking(case: Case) -> None:
    print(f"\n{case.name}: {len(case.index.organisations):,} organisations, index in {case.build_seconds:.2f} s")
    assert case.build_seconds <= 2.0
    for kind in ("aggregation", "supply-chain", "public-private"):
        scoring = milliseconds(
            lambda one, kind=kind: score(question(case.index, one, kind), partnership(kind)), case.asked
        )
        whole = milliseconds(lambda one, kind=kind: recommend(case.index, one, kind, today=TODAY), case.asked)
        print(f"  {kind}: scores {scoring:.1f} ms, answer with 20 explained partners {whole:.1f} ms")
        assert scoring <= 20


def test_against_networkx_adamic_adar(case: Case) -> None:
    """All candidates of one organisation: every sign here, one sign (common partners' Adamic-Adar) there."""
    links = case.index.links
    together = (links.projects @ links.projects.T).tocoo()
    graph = nx.Graph()
    graph.add_nodes_from(range(len(case.index.organisations)))
    graph.add_edges_from((int(a), int(b)) for a, b in zip(together.row, together.col, strict=True) if a < b)

    def theirs(one: str) -> list[tuple[int, int, float]]:
        asker = case.index.row(one)
        rows = possible_rows(case.index, asker, partnership("aggregation"))
        return list(nx.adamic_adar_index(graph, [(asker, int(row)) for row in rows]))

    def ours(one: str) -> object:
        return score(question(case.index, one, "aggregation"), partnership("aggregation"))

    mine, networkx = milliseconds(ours, case.asked), milliseconds(theirs, case.asked)
    signs = len(partnership("aggregation").weights)
    print(f"\n{case.name}: {signs} signs {mine:.2f} ms, networkx Adamic-Adar alone {networkx:.2f} ms")
    print(f"  ratio {mine / networkx:.2f}, per sign {mine / signs / networkx:.3f}")
    assert mine / signs < networkx


def test_against_a_plain_loop_of_the_same_signs(case: Case) -> None:
    plain = Plain(case.index)
    for one in case.asked[:5]:
        asked = question(case.index, one, "aggregation")
        total = score(asked, partnership("aggregation")).total
        expected = np.array(plain.scores(asked.asker, asked.rows.tolist()))
        assert np.allclose(total, expected, atol=1e-9)

    def loop(one: str) -> object:
        asked = question(case.index, one, "aggregation")
        return plain.scores(asked.asker, asked.rows.tolist())

    def ours(one: str) -> object:
        return score(question(case.index, one, "aggregation"), partnership("aggregation"))

    mine, theirs = milliseconds(ours, case.asked), milliseconds(loop, case.asked)
    print(f"\n{case.name}: whole arrays {mine:.2f} ms, plain loop {theirs:.2f} ms, ratio {mine / theirs:.2f}")
    assert mine <= theirs


def _rows(matrix: object) -> list[dict[int, float]]:
    """A sparse array as one dictionary per row."""
    starts, columns, values = matrix.indptr, matrix.indices, matrix.data  # type: ignore[attr-defined]
    return [dict(zip(columns[a:b].tolist(), values[a:b].tolist(), strict=True)) for a, b in pairwise(starts)]


def _half(amount: float, half: float) -> float:
    return amount / (amount + half)


class Plain:
    """The signs of an aggregation as a programmer would first write them: dictionaries and one candidate at a time."""

    def __init__(self, index: PartnerIndex) -> None:
        self.index, self.c, self.links = index, index.columns, index.links
        self.projects, self.lots = _rows(index.links.projects), _rows(index.links.lots)
        self.buyers, self.belonging = _rows(index.links.buyers), _rows(index.links.belonging)
        self.text, self.products = _rows(index.text), _rows(index.products)
        self.offers, self.seeks = _rows(index.offers), _rows(index.seeks)
        self.same_goods = _rows(index.same_goods)
        self.crowd = np.bincount(index.links.buyers.indices, minlength=index.links.buyers.shape[1]).tolist()
        self.members: dict[int, list[int]] = {}
        for row, projects in enumerate(self.projects):
            for project in projects:
                self.members.setdefault(project, []).append(row)
        self.weights = partnership("aggregation").weights
        self.partners = [
            {other for project in projects for other in self.members[project]} - {row}
            for row, projects in enumerate(self.projects)
        ]
        self.near, self.anywhere = groups(self.c).tolist()
        walks = walks_of(index)
        self.circle, self.further = _rows(walks.circle), _rows(walks.further)

    def scores(self, asker: int, rows: list[int]) -> list[float]:
        together: dict[int, float] = {}
        for project in self.projects[asker]:
            for row in self.members[project]:
                if row != asker:
                    together[row] = together.get(row, 0.0) + float(self.links.project_weight[project])
        alike = self.known_to_alike(asker)
        areas = [set(each.places) for each in self.index.areas]
        self.areas = [(each.worth, places) for each, places in zip(self.index.areas, areas, strict=True)]
        return [self.score(asker, row, together, alike.get(row, 0.0)) for row in rows]

    def known_to_alike(self, a: int) -> dict[int, float]:
        """Whom those like one worked with, the hundred weightiest of each kind."""
        found: dict[int, dict[int, float]] = {}
        for row, partners in enumerate(self.partners):
            near = sum(self.near[each] == self.near[a] >= 0 for each in partners if each != a)
            every = sum(self.anywhere[each] == self.anywhere[a] >= 0 for each in partners if each != a)
            against = 2 + math.sqrt(len(partners))
            value = max(near / (near + against), 0.6 * every / (every + against) if every > 1 else 0.0)
            if value and row != a:
                found.setdefault(int(self.c.kind[row]), {})[row] = value
        return {
            row: held[row]
            for held in found.values()
            for row in sorted(held, key=lambda each: (-round(held[each], 12), each))[:100]
        }

    def around(self, a: int, b: int) -> dict[str, float]:
        many = float(self.links.degree[b]) - 3
        places = int(self.c.place[a]), int(self.c.place[b])
        shared = [worth for worth, area in self.areas if places[0] in area and places[1] in area]
        return {
            "same-circle": _half(self.circle[a].get(b, 0.0), 0.1),
            "partners-of-partners": _half(self.further[a].get(b, 0.0), 0.1),
            "works-with-many": min(max(many, 0) / 12, 1.0)
            if self.equal("province", a, b) and self.equal("kind", a, b)
            else 0.0,
            "same-area": max(shared, default=0.0) if places[0] != places[1] else 0.0,
        }

    def score(self, a: int, b: int, together: dict[int, float], alike: float) -> float:
        signs = {"partners-of-alike": alike} | self.around(a, b)
        signs |= self.needs(a, b) | self.work(a, b) | self.place(a, b) | self.history(a, b, together) | self.fit(a, b)
        work = max(signs["same-activity"], 0.6 if self.same_category_of_work(a, b) else 0.0)
        signs["complementary-territory"] = work * self.away(a, b) if work >= 0.5 else 0.0
        return sum(round(self.weights[name] * value, 12) for name, value in signs.items())

    def overlap(self, a: int, b: int) -> float:
        fields = zip(self.c.fields[a].tolist(), self.c.fields[b].tolist(), strict=True)
        return max(float(min(x, y)) for x, y in fields)

    def named(self, row: int) -> dict[int, float]:
        """Things that a name or purpose speaks of and no declaration offers."""
        return {good: worth for good, worth in self.products[row].items() if good not in self.offers[row]}

    def speaks(self, row: int) -> bool:
        """Whether more than the name tells what a body does: a purpose, or tenders."""
        tenders = (*self.links.participations[row], *self.links.as_buyer[row])
        return bool(self.index.organisations[row].purpose) or any(each.text for each in tenders)

    def same_category_of_work(self, a: int, b: int) -> bool:
        """One category of the register that names the work, a fact for both and not read from a name."""
        given = [self.index.organisations[row].provenance.get("category") for row in (a, b)]
        facts = all(each is None or each.evidence is not Evidence.INFERRED for each in given)
        return facts and self.equal("category", a, b) and self.overlap(a, b) >= 0.9 and self.c.social[a] != 1

    def meets(self, wanted: dict[int, float], given: dict[int, float]) -> int:
        return sum(any(good in self.same_goods[other] for other in wanted) for good in given)

    def needs(self, a: int, b: int) -> dict[str, float]:
        met = self.meets(self.seeks[a], self.offers[b]) + self.meets(self.offers[a], self.seeks[b])
        return {
            "offer-meets-need": 1 - 0.2**met,
            "same-products": _half(self.meets(self.products[a], self.products[b]), 0.5),
        }

    def equal(self, name: str, a: int, b: int) -> bool:
        column = getattr(self.c, name)
        return bool(column[a] == column[b] >= 0)

    def work(self, a: int, b: int) -> dict[str, float]:
        levels = (("activity", 1.0), ("group", 0.8), ("division", 0.5))
        overlap = self.overlap(a, b)
        known = self.c.division[a] >= 0 and self.c.division[b] >= 0
        category = 1.0 if self.equal("category", a, b) else 0.0
        if self.c.social[a] == self.c.social[b] == 1:
            types = int(self.c.social_type[a]), int(self.c.social_type[b])
            category = 1.0 if types[0] & types[1] else 0.4 if all(types) else 0.7
        common = self.text[a].keys() & self.text[b].keys()
        likeness = min(sum(self.text[a][word] * self.text[b][word] for word in common), 1.0) * (1 - 0.5 ** len(common))
        field = 0.0 if known or overlap < 0.5 else overlap
        named = self.meets(self.named(a), self.named(b)) > 0 or (field > 0 and overlap < 0.9)
        if named and not (self.speaks(a) and self.speaks(b)):
            likeness = 0.0  # the name has told already
        return {
            "same-activity": next((value for name, value in levels if self.equal(name, a, b)), 0.0),
            "same-field": field,
            "same-category": category,
            "text-likeness": likeness if likeness >= 0.15 else 0.0,
        }

    def km(self, a: int, b: int) -> float | None:
        places = int(self.c.place[a]), int(self.c.place[b])
        return None if min(places) < 0 else float(self.index.distance_km[places])

    def place(self, a: int, b: int) -> dict[str, float]:
        km = self.km(a, b)
        near = (0.35 if self.equal("province", a, b) else 0.0) if km is None else max(1 - km / 60, 0.0)
        handles = all(max(self.c.fields[row][0], self.c.fields[row][10]) >= 0.5 for row in (a, b))
        return {"nearby": near, "near-for-products": near if handles else 0.0}

    def away(self, a: int, b: int) -> float:
        km = self.km(a, b)
        if km is not None:
            return min(max((km - 60) / 40, 0.0), 1.0)
        known = self.c.province[a] >= 0 and self.c.province[b] >= 0
        return 1.0 if known and self.c.province[a] != self.c.province[b] else 0.0

    def history(self, a: int, b: int, together: dict[int, float]) -> dict[str, float]:
        degree, weight = self.links.degree, self.links.project_weight
        reached = 0.0
        for project in self.projects[b]:
            for row in self.members[project]:
                if row != b and row in together:
                    reached += together[row] / max(float(degree[row]), 1.0) * float(weight[project])
        shared = sum(1 / math.log2(2 + self.crowd[buyer]) for buyer in self.buyers[a].keys() & self.buyers[b].keys())
        lots = len(self.lots[a].keys() & self.lots[b].keys())
        side = sum(self.links.project_lot[each] >= 0 for each in self.projects[a].keys() & self.projects[b].keys())
        return {
            "worked-together": _half(together.get(b, 0.0), 1.0),
            "partners-in-common": _half(reached / math.sqrt(max(float(degree[b]), 1.0)), 0.25),
            "same-buyers": _half(shared, 0.3),
            "common-membership": _half(len(self.belonging[a].keys() & self.belonging[b].keys()), 0.5),
            "rivals": _half(max(lots - side, 0), 2.0),
        }

    def fit(self, a: int, b: int) -> dict[str, float]:
        gap = abs(float(self.c.scale[a] - self.c.scale[b])) / math.log(10)
        fits = 0.0 if math.isnan(gap) else max(0.0, 1 - gap / 0.3, 0.8 if 0.45 <= gap <= 1 else 0.0)
        more = self.c.certifications[b] - self.c.certifications[a]
        return {
            "size-fit": fits,
            "size-gap": 1.0 if gap > math.log10(20) + 1e-9 else 0.0,
            "complementary-skills": 1.0 if more else 0.0,
            "same-federation": 1.0 if self.equal("federation", a, b) else 0.0,
        }
