"""`land train` and `land weights`, and that whatever ranks ranks with the weights in force."""

import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from data.identity import TAX_CODE
from data.model import Audience, Identifier, OrganisationKind, Visibility
from data.records import Accepted, Assertion, OrganisationRecord, ParticipationRecord, Source, SourceInfo
from data.store import Store, open_store
from matching.batch import Work, fingerprint
from matching.kinds import PARTNERSHIPS
from matching.learned_weights import Document, LearnedSign, Metrics, document_text
from matching.recommend import recommend
from service.cli import run
from service.guide import POINTS, weights
from service.messages import LANGUAGES, Words
from service.partner_cards import arithmetic_of
from service.snapshot import build_snapshot
from service.snapshot_renewal import renew_snapshot

KIND = PARTNERSHIPS["aggregation"]
DAY = date(2026, 11, 22)
PLACES = ("058091", "057059", "060038", "056059", "059011", "058032")
BODIES, GROUPS = 48, 230


def document(learned: dict[str, float] | None = None, **changes: Any) -> Document:
    """A document in which nearness takes ten points from the need."""
    moved = {**KIND.weights, "nearby": KIND.weights["nearby"] + 0.1}
    moved["offer-meets-need"] -= 0.1
    signs = {name: LearnedSign(KIND.weights.get(name, 0.0), weight, 50) for name, weight in (learned or moved).items()}
    metrics = Metrics(200, 40, 0.03, 0.05, 0.02, 0.01, 0.03, 0.01)
    made = Document(KIND.name, DAY, "a" * 64, False, 5, 200, metrics, False, signs)
    return replace(made, **changes)


@pytest.fixture
def trained(own_store: Store) -> Store:
    """The demonstration store with learned weights."""
    own_store.keep_weights({KIND.name: document_text(document())})
    return own_store


@pytest.fixture
def land(own_file: Path, own_store: Store, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Callable[..., str]:
    """Runs a command on the demonstration store; what it says, on both channels."""
    monkeypatch.setenv("LAND_STORE", str(own_file))

    def ran(*arguments: str, code: int = 0) -> str:
        assert run([*arguments, "--language", "it"]) == code
        said = capsys.readouterr()
        return str(said.out + said.err)

    return ran


# --- who ranks with them ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("audience", list(Audience))
def test_snapshots_rank_with_learned_weights(trained, audience):
    index = build_snapshot(trained, audience, DAY).index
    assert index.weights_of(KIND) == document().weights
    for name in ("supply-chain", "public-private"):
        assert index.weights_of(PARTNERSHIPS[name]) is PARTNERSHIPS[name].weights


def test_answers_and_cards_use_them_and_still_sum_up(trained):
    snapshot = build_snapshot(trained, Audience.OPERATOR, DAY)
    used, checked = document().weights, 0
    for body in snapshot.organisations:
        if body.kind is not OrganisationKind.COOPERATIVE:
            continue
        for found in recommend(snapshot.index, body.id, KIND.name, today=DAY, limit=3).recommendations:
            assert found.score == pytest.approx(sum(each.contribution for each in found.contributions), abs=1e-9)
            for each in found.contributions:
                assert each.contribution == pytest.approx(each.value * used[each.feature], abs=1e-9)
            table = arithmetic_of(snapshot, found, KIND, Words("it"), 1.0)
            for part in table.parts:
                assert part.most == pytest.approx(used[part.feature] * POINTS)
                checked += 1
    assert checked > 20


def test_an_edit_keeps_the_learned_weights(trained):
    old = build_snapshot(trained, Audience.OPERATOR, DAY)
    trained.correct(old.organisations[0].id, {"purpose": "Pulizie e mense"}, visibility=Visibility.PUBLIC)
    renewed = renew_snapshot(trained, old)
    assert renewed is not None
    assert renewed.index.weights_of(KIND) == document().weights


def test_newly_learned_weights_are_seen_by_a_running_service(own_store, client_of):
    client = client_of(own_store)
    before = client.get("/it/guida").text
    own_store.keep_weights({KIND.name: document_text(document())})
    client.app.state.service.snapshots.fresh()
    after = client.get("/it/guida").text
    words = Words("it")
    assert words.text("training.guide.chosen") not in html.unescape(before)
    assert words.text("training.guide.chosen") in html.unescape(after)


def test_a_batch_taken_up_again_must_have_the_same_weights(trained):
    index = build_snapshot(trained, Audience.OPERATOR, DAY).index
    import numpy as np

    askers = np.arange(3, dtype=np.int64)
    with_learned = Work(index, KIND.name, askers, 5, DAY)
    with_expert = Work(replace(index, learned={}), KIND.name, askers, 5, DAY)
    assert fingerprint(with_learned) != fingerprint(with_expert)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_shows_both(trained, client_of, language):
    text = html.unescape(client_of(trained).get("/it/guida" if language == "it" else "/en/guide").text)
    words = Words(language)
    assert words.text("training.guide.learned") in text
    nearby = re.escape(words.text("sign.nearby"))
    most, chosen = (round(100 * (KIND.weights["nearby"] + more)) for more in (0.1, 0.0))
    assert re.search(rf'{nearby}</th><td class="land-number">{most}</td><td class="land-number">{chosen}</td>', text)
    rows = dict(weights(build_snapshot(trained, Audience.PUBLIC, DAY).index))
    assert rows["supply-chain"][0].chosen is None


# --- weights that do not fit ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "{",
        document_text(document({name: weight for name, weight in KIND.weights.items() if name != "rivals"})),
        document_text(document({**KIND.weights, "nearby": 0.9})),
    ],
    ids=["no document", "a sign lacks", "no whole"],
)
def test_what_does_not_fit_leaves_the_expert_weights_and_is_logged(own_store, caplog, text):
    own_store.keep_weights({KIND.name: text})
    with caplog.at_level("WARNING"):
        index = build_snapshot(own_store, Audience.OPERATOR, DAY).index
    assert index.weights_of(KIND) is KIND.weights
    assert any("land train" in record.getMessage() for record in caplog.records)


def test_land_weights_says_why_they_do_not_hold(own_store, land):
    own_store.keep_weights({KIND.name: document_text(document({**KIND.weights, "gone-sign": 0.0}))})
    said = land("weights", "--kind", KIND.name)
    assert "Rifare land train" in said
    assert "1 che non ci sono più" in said


# --- the commands -----------------------------------------------------------------------------------------------


def test_demonstration_facts_teach_nothing(land, own_store):
    said = land("train")
    assert "restano i pesi scelti da noi" in said
    assert own_store.learned_weights() == {}


def test_weights_are_shown_side_by_side_and_forgotten(trained, land):
    said = land("weights", "--kind", KIND.name)
    assert "22 novembre 2026" in said
    assert re.search(r"Vicinanza +\S+ +\S+ +50", said)
    shown = json.loads(land("weights", "--json"))
    assert [each["used"] for each in shown] == ["learned", "expert", "expert"]
    assert shown[0]["weights"] == document().weights
    assert shown[0]["document"]["metrics"]["learned"] == 0.05
    assert "dimenticate: 1" in land("weights", "--kind", KIND.name, "--forget")
    assert trained.learned_weights() == {}
    assert build_snapshot(trained, Audience.OPERATOR, DAY).index.weights_of(KIND) is KIND.weights


def test_an_unknown_kind_is_refused(land):
    assert "aggregation" in land("train", "--kind", "matrimonio", code=2)


def code(number: int) -> Identifier:
    """An invented tax code whose check digit holds."""
    from stdnum import luhn

    bare = f"{number:07d}991"
    return Identifier(TAX_CODE, bare + luhn.calc_check_digit(bare))


def rows_of_history() -> Iterator[Accepted]:
    """Cooperatives of six comuni, and groups of two of one comune, a lot and a day each."""
    for at in range(BODIES):
        said = {"name": f"Prova {at}", "kind": OrganisationKind.COOPERATIVE, "municipality": PLACES[at % 6]}
        facts = tuple(Assertion(field, value, visibility=Visibility.PUBLIC) for field, value in said.items())
        yield Accepted(at, f"b{at}", (OrganisationRecord((code(at),), facts),))
    pairs = [(one, one + step) for step in range(6, BODIES, 6) for one in range(BODIES - step)]
    for number, pair in enumerate((pairs * 2)[:GROUPS]):
        ties = tuple(
            ParticipationRecord(
                project=f"g{number}", organisation=code(one), kind="tender", lot=f"l{number}", outcome="bid",
                date=date(2019, 1, 1) + timedelta(days=(number * 89) % GROUPS),
            )
            for one in pair
        )  # fmt: skip
        yield Accepted(1000 + number, f"g{number}", ties)


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store with a real history in which place decides who meets whom."""
    file = tmp_path / "history.sqlite"
    monkeypatch.setenv("LAND_STORE", str(file))
    store = open_store(file)
    info = SourceInfo(name="prova", title_it="Prova", title_en="Trial", publisher="", licence="")
    report = store.load(Source(info, lambda _paths, _options: rows_of_history()), [])
    assert report.rejected == 0
    yield store
    store.close()


def test_a_history_is_learned_from_kept_and_forgotten_when_it_no_longer_wins(history, capsys):
    assert run(["train", "--kind", KIND.name, "--dry-run", "--json"]) == 0
    dry = json.loads(capsys.readouterr().out)[0]
    assert not dry["kept"]
    assert history.learned_weights() == {}
    assert run(["train", "--kind", KIND.name, "--even-if-worse", "--language", "en"]) == 0
    said = capsys.readouterr().out
    assert "examples" in said
    assert "[" not in said
    kept = json.loads(history.learned_weights()[KIND.name])
    assert kept["signs"] == dry["document"]["signs"]
    assert kept["by_time"]
    history.keep_weights({"supply-chain": "{}"})
    assert run(["train", "--kind", "supply-chain"]) == 0
    assert "anac-subcontracts" in capsys.readouterr().out
    assert set(history.learned_weights()) == {KIND.name}


def test_the_lists_of_the_pages_are_measured_on_the_store(history, capsys):
    asked = ["evaluate", "--store", "--queries", "15", "--ranker", "pages-expert", "--ranker", "popularity"]
    assert run([*asked, "--json"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert table["by_time"]
    assert table["organisations"] > BODIES
    assert {line["ranker"] for line in table["lines"]} == {"pages-expert", "popularity"}
    assert table["questions"]["warm"] > 0
    for language in LANGUAGES:
        assert run([*asked, "--language", language]) == 0
        said = capsys.readouterr().out
        assert Words(language).text("evaluate.ranker.pages-expert") in said
        assert "[" not in said
    assert run([*asked, "--asked-by", "public-body"]) == 2


def test_what_the_public_may_not_see_teaches_nothing(history):
    from service.training import public_facts

    hidden = OrganisationRecord((code(900),), (Assertion("name", "Riservata", visibility=Visibility.RESERVED),))
    info = SourceInfo(name="altra", title_it="Altra", title_en="Other", publisher="", licence="")
    history.load(Source(info, lambda _paths, _options: iter([Accepted(1, "x", (hidden,))])), [])
    names = {body.name for body in public_facts(history, DAY).organisations}
    assert "Riservata" not in names
    assert "Riservata" in {body.name for body in history.organisations(Audience.OPERATOR)}
