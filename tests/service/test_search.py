"""Names are found with slips, the right one first, and fast enough to type along."""

import csv
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.search import MAX_QUERY, Directory, NameIndex, Standing, fold, spell, telling

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
        ("aurora", "AURORA SOCIETÀ COOPERATIVA SOCIALE"),
        ("nuova aurora", "La Nuova Aurora"),
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


COMUNI = ("Antrodoco", "Castelnuovo di Porto", "Fondi", "Rieti", "Roma", "Tarquinia")
BODIES = (
    ("PANTA REI - SOCIETA' COOPERATIVA SOCIALE", "Roma", "coop"),
    ("ARIETE SOCIETA' COOPERATIVA SOCIALE", "outside", "coop"),
    ("NEMO - SOCIETA' COOPERATIVA SOCIALE ONLUS", "Rieti", "coop"),
    ("LEVANTE SOCIETA' COOPERATIVA SOCIALE", "Rieti", "coop"),
    ("Comune di Rieti", "Rieti", "other"),
    ("RIETI SOCCORSO ODV", "Rieti", "other"),
    ("LOCO MOTIVA SOCIETA' COOPERATIVA SOCIALE", "Antrodoco", "coop"),
    ("Comune di Antrodoco", "Antrodoco", "other"),
    ("T.H.E.A. - SOCIETA' COOPERATIVA SOCIALE DI SERVIZI PSICO-SOCIO-PEDAGOGICI ONLUS", "Fondi", "coop"),
    ("SAVE THE CHILDREN ITALIA ONLUS", "Roma", "other"),
    ("ALICENOVA - SOCIETA' COOPERATIVA SOCIALE ONLUS", "Tarquinia", "coop"),
    ("A.G.A. SOCIETA' COOPERATIVA SOCIALE", "Tarquinia", "coop"),
    ("A.S.D. TARQUINIA CALCIO", "Tarquinia", "other"),
    ("GIRASOLE SOCIETA' COOPERATIVA", "outside", "coop"),
    ("IL GIRASOLE DUE SOCIETA' COOPERATIVA SOCIALE", "Roma", "coop"),
    ("PANE DI VITA", "Roma", "other"),
    ("Roma Capitale", "Roma", "other"),
)


@pytest.fixture(scope="module")
def directory():
    standing = [
        Standing(
            comune=COMUNI.index(where) if where in COMUNI else -1, outside=where == "outside", first=kind == "coop"
        )
        for _, where, kind in BODIES
    ]
    return Directory.build(NameIndex.build([name for name, _, _ in BODIES]), standing, COMUNI)


def found(directory, text, limit=10):
    return [BODIES[place][0] for place in directory.find(text, limit)]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("locomotva", "LOCO MOTIVA"), ("loco motiva antrodoco", "LOCO MOTIVA"), ("locomotiva", "LOCO MOTIVA"),
        ("antrodoco", "LOCO MOTIVA"), ("antrodco", "LOCO MOTIVA"), ("coop antrodoco", "LOCO MOTIVA"),
        ("thea", "T.H.E.A."), ("t.h.e.a.", "T.H.E.A."), ("T H E A", "T.H.E.A."), ("thea fondi", "T.H.E.A."),
        ("thea rieti", "T.H.E.A."), ("alicenova", "ALICENOVA"), ("alice nova", "ALICENOVA"),
        ("alice nova tarquinia", "ALICENOVA"), ("alice nvoa", "ALICENOVA"), ("aga", "A.G.A."),
        ("roma capitale", "Roma Capitale"), ("comune rieti", "Comune di Rieti"), ("comune di rieti", "Comune di Rieti"),
        ("società cooperativa sociale nemo onlus a r.l.", "NEMO"), ("pane roma", "PANE"),
    ],
)  # fmt: skip
def test_dots_spaces_slips_and_the_comune_are_understood(directory, typed, first):
    assert found(directory, typed)[0].startswith(first)


@pytest.mark.parametrize("typed", ["cooperativa rieti", "rieti", "cooperative sociali di Rieti", "RIETI soc. coop."])
def test_a_comune_puts_its_cooperatives_first_and_then_who_is_named_after_it(directory, typed):
    names = found(directory, typed)
    assert [name.split()[0] for name in names[:2]] == ["LEVANTE", "NEMO"]
    assert {"Comune di Rieti", "RIETI SOCCORSO ODV"} == set(names[2:4])
    assert not any(name.startswith("PANTA") for name in names)


def test_a_name_that_the_comune_has_not_is_found_elsewhere_and_its_cooperatives_follow(directory):
    names = found(directory, "pane rieti")
    assert names[0] == "PANE DI VITA"
    assert {name.split()[0] for name in names[1:3]} == {"LEVANTE", "NEMO"}


def test_who_stands_outside_the_region_comes_last(directory):
    assert [name.split()[0] for name in found(directory, "girasole")] == ["IL", "GIRASOLE"]


def test_the_comune_named_among_other_words_is_listed(directory):
    assert [COMUNI[place] for place in directory.find_comuni("loco motiva antrodoco", 5)] == ["Antrodoco"]
    assert [COMUNI[place] for place in directory.find_comuni("castel nuovo di porto", 5)] == ["Castelnuovo di Porto"]
    assert directory.find_comuni("xyzzy", 5) == []


def test_words_of_legal_form_weigh_nothing_unless_alone(directory):
    assert telling(spell("Soc. Coop. Soc. L'Aquilone a r.l. Onlus")) == ("aquilone",)
    assert found(directory, "cooperativa sociale xyzzy plugh") == []
    alone = found(directory, "cooperativa sociale")
    assert len(alone) == 9
    assert alone[-1].startswith("ARIETE")


@pytest.mark.parametrize("typed", ["", " ", "?!", "l'", "'", "…", "日本語", "\x00", "a" * 5_000, "di", "roma " * 50])
def test_no_text_breaks_the_directory(directory, typed):
    assert len(found(directory, typed)) <= 10
    assert Directory.build(NameIndex.build([]), [], []).find(typed, 5) == []


def test_real_cooperatives_are_found_by_slip_by_letters_and_by_comune(shared_data):
    with (shared_data / "cinque_per_mille_2022_lazio.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    comuni = sorted({row["nome_comune"] for row in rows})
    names = [row["denominazione"] for row in rows]
    at = {comune: place for place, comune in enumerate(comuni)}
    standing = [Standing(comune=at[row["nome_comune"]], outside=False, first=row["is_coop"] == "True") for row in rows]
    directory = Directory.build(NameIndex.build(names), standing, comuni)
    for typed, wanted in (
        ("locomotva", "LOCO MOTIVA"), ("thea fondi", "T.H.E.A."), ("alice nova tarquinia", "ALICENOVA"),
        ("antrodoco", "LOCO MOTIVA"), ("panta rei roma", "PANTA REI"),
    ):  # fmt: skip
        assert names[directory.find(typed, 5)[0]].startswith(wanted), typed
    first = directory.find("cooperativa rieti", 3)
    assert len(first) == 3
    assert all((rows[place]["nome_comune"], rows[place]["is_coop"]) == ("RIETI", "True") for place in first)


@given(st.text(alphabet="aAbcClLsS01 .-_|/'`\t\n&", max_size=30))
def test_plain_texts_are_spelled_as_those_with_accents_are(text):
    assert spell(f"{text} - più") == (*spell(text), "piu")
