"""Names are found with slips, the right one first, and fast enough to type along."""

import random
import time

import pytest

from service.search import MAX_QUERY, NameIndex, fold

NAMES = [
    "AURORA SOCIETÀ COOPERATIVA SOCIALE",
    "Cooperativa Agricola Colli Etruschi",
    "L'Aquilone Soc. Coop. Soc. a r.l.",
    "COMUNE DI ROMA",
    "Roma Capitale",
    "Società Cooperativa Edile Romana",
    "Il Gabbiano cooperativa sociale",
    "La Nuova Aurora",
]


@pytest.fixture(scope="module")
def index():
    return NameIndex.build(NAMES)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("aurora", "La Nuova Aurora"),
        ("AURORA societa", "AURORA SOCIETÀ COOPERATIVA SOCIALE"),
        ("aurra cooperativa", "AURORA SOCIETÀ COOPERATIVA SOCIALE"),
        ("colli etrusci", "Cooperativa Agricola Colli Etruschi"),
        ("aquilone", "L'Aquilone Soc. Coop. Soc. a r.l."),
        ("gabbian", "Il Gabbiano cooperativa sociale"),
        ("roma capitale", "Roma Capitale"),
        ("comune roma", "COMUNE DI ROMA"),
        ("gabiano", "Il Gabbiano cooperativa sociale"),
    ],
)
def test_the_name_meant_comes_first(index, typed, first):
    assert NAMES[index.find(typed, 5)[0].place] == first


@pytest.mark.parametrize("typed", ["", "   ", "?!", "xyzzy plugh", "日本語", "\x00", "qq" * 5_000])
def test_what_is_like_nothing_finds_nothing(index, typed):
    assert index.find(typed, 5) == []


def test_an_empty_list_is_searched_without_harm():
    assert NameIndex.build([]).find("aurora", 5) == []
    assert NameIndex.build(["", "!"]).find("aurora", 5) == []


def test_limits_hold_and_order_is_by_likeness(index):
    hits = index.find("cooperativa sociale", 2)
    assert len(hits) == 2
    assert hits[0].likeness >= hits[1].likeness
    assert len(fold("a" * 10_000)[:MAX_QUERY]) == MAX_QUERY


def test_twelve_thousand_names_answer_while_typing():
    letters = random.Random(7)
    words = ["".join(letters.choices("abcdefilmnoprstuvz", k=letters.randint(3, 10))) for _ in range(4_000)]
    names = [f"societa cooperativa sociale {' '.join(letters.sample(words, 3))}" for _ in range(12_000)]
    index = NameIndex.build(names)
    wanted = [letters.randrange(len(names)) for _ in range(50)]
    started = time.perf_counter()
    found = 0
    for place in wanted:
        *_, a, b, c = names[place].split()
        slipped = f"{a[:-1]} {b} {c[0]}{c[2:]}" if len(c) > 5 else f"{a} {b}"
        found += any(names[hit.place] == names[place] for hit in index.find(slipped, 10))
    each = (time.perf_counter() - started) / len(wanted)
    assert found >= 48
    assert each < 0.02
