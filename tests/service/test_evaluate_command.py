"""`land evaluate`: the table in words and as JSON, and the file of figures it adds to."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from matching.evaluation_table import Against, Table, table_of_json
from matching.quality import kept, kept_text, read_kept
from matching.rankers import BASELINES
from service import cli
from service.evaluation_words import COLUMNS, ENOUGH, blocks_of, brought_of, lines_of, points, ranker_name, standing
from service.messages import LANGUAGES, Words

SMALL = ["evaluate", "--generated", "subcontracts", "--size", "120", "--queries", "20"]
QUICK = ["--ranker", "popularity", "--ranker", "resource-allocation", "--ranker", "oracle"]


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Two files: twelve groups of three among nine organisations, one row without an id, one stranger."""
    rows = ["id,name,type,province", *(f"o{at},Prova {at},firm,RI" for at in range(9)), ",Senza id,firm,RI"]
    (tmp_path / "o.csv").write_text("\n".join(rows) + "\n", "utf-8")
    links = ["project,org,date"]
    for group in range(12):
        links += [f"g{group:02d},o{(group * step + step) % 9},20{10 + group}-01-01" for step in (1, 2, 4)]
    (tmp_path / "p.csv").write_text("\n".join([*links, "g00,nessuno,"]) + "\n", "utf-8")
    return ["--organisations", str(tmp_path / "o.csv"), "--participations", str(tmp_path / "p.csv")]


def test_a_table_comes_in_words_of_both_languages(capsys):
    for language, words in (("it", "la verità"), ("en", "the truth")):
        assert cli.run([*SMALL, *QUICK, "--language", language]) == 0
        said = capsys.readouterr().out
        assert words in said
        assert "[" not in said
        for name in COLUMNS:
            assert Words(language).text(f"evaluate.col.{name}") in said


def test_the_table_as_json_reads_back(capsys):
    assert cli.run([*SMALL, *QUICK, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    table = table_of_json(said)
    assert json.loads(json.dumps(table.as_json())) == said
    assert set(table.rankers) == {"popularity", "resource-allocation", "oracle"}
    truth, chance = table.line("oracle", "warm"), table.line("popularity", "warm")
    assert truth.marks["ndcg"]["value"] > chance.marks["ndcg"]["value"]
    assert truth.marks["ndcg"]["low"] < truth.marks["ndcg"]["value"] < truth.marks["ndcg"]["high"]


def test_files_of_anybodys_are_measured_and_what_was_left_aside_is_said(files, capsys):
    assert cli.run(["evaluate", *files, "--ranker", "popularity", "--json", "--language", "it"]) == 3
    said = capsys.readouterr()
    assert json.loads(said.out)["by_time"] is True
    assert "1 righe non leggibili, 1 partecipazioni" in said.err


def test_nothing_to_measure_is_said(tmp_path, capsys):
    (tmp_path / "o.csv").write_text("id\na\nb\n", "utf-8")
    (tmp_path / "p.csv").write_text("project,org\np,a\np,b\n", "utf-8")
    given = ["--organisations", str(tmp_path / "o.csv"), "--participations", str(tmp_path / "p.csv")]
    assert cli.run(["evaluate", *given, "--ranker", "popularity", "--language", "en"]) == 0
    assert "There is nothing to measure" in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrong",
    [
        ["evaluate"],
        ["evaluate", "--generated", "nothing-known"],
        [*SMALL, "--ranker", "nobody"],
        [*SMALL, "--links", "friends"],
        [*SMALL, "--keep", "x.json"],
    ],
)
def test_wrong_words_are_refused_and_the_right_ones_said(wrong, capsys):
    assert cli.run([*wrong, "--language", "en"]) in {1, 2}
    assert capsys.readouterr().err


def test_figures_are_kept_by_name_with_their_day(tmp_path):
    file = tmp_path / "figures.json"
    for name in ("one", "two", "one"):
        assert cli.run([*SMALL, "--ranker", "popularity", "--keep", str(file), "--name", name]) == 0
    found = read_kept(file.read_text("utf-8"))
    assert [each.name for each in found] == ["one", "two"]
    assert kept_text(found) == file.read_text("utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_committed_figures_can_be_said(language):
    words = Words(language)
    for each in kept():
        assert words.text(f"evaluate.data.{each.name}")[0] != "["
        assert "[" not in "\n".join(lines_of(each.table, words)).replace("[it]", "")
        assert blocks_of(each.table, words)
        assert all("[" not in ranker_name(name, words) for name in each.table.rankers)


class Ours:
    """Ours in small: two signals, of which one is worth nothing."""

    name = "land"

    def __init__(self, *, without=(), only=()):
        self.kept = [name for name in ("good", "idle") if name not in without and (not only or name in only)]

    def fit_network(self, network):
        self.weights = SimpleNamespace(names=("good", "idle"))
        self.graph = BASELINES["resource-allocation"]().fit_network(network)
        return self

    def varied(self, *, without=(), only=()):
        other = Ours(without=without, only=only)
        other.graph = self.graph
        return other

    def scores(self, row):
        return self.graph.scores(row) * ("good" in self.kept)

    def score_rows(self, rows):
        return np.stack([self.scores(row) for row in rows])


def test_each_signal_is_left_out_and_left_alone(monkeypatch, capsys):
    monkeypatch.setattr("matching.partner_ranker.PartnerRanker", Ours)
    given = ["evaluate", "--generated", "research", "--size", "200", "--queries", "30", "--ablations"]
    assert cli.run([*given, "--ranker", "land", "--ranker", "popularity", "--json"]) == 0
    table = table_of_json(json.loads(capsys.readouterr().out))
    gain = {(each.ranker, each.group): each.gain["value"] for each in table.ablations}
    assert gain["without:idle", "warm"] == gain["only:good", "warm"] == 0
    assert gain["without:good", "warm"] < 0
    assert gain["without:good", "warm"] == gain["only:idle", "warm"]
    against = {(each.group, each.mark): each for each in table.against}
    assert against["warm", "ndcg"].other == "popularity"
    said = list(lines_of(table, Words("it")))
    [good] = [line for line in said if line.startswith("good ")][:1]
    asked = Words("it").text("evaluate.group.warm-seen", questions=table.questions["warm-seen"])
    assert said.index(good) > said.index(asked)
    loss = next(each for each in table.ablations if (each.ranker, each.group) == ("without:good", "warm-seen")).gain
    assert good.split("  ")[-1].strip() == "0,0 (fra 0,0 e 0,0)"
    assert f"{100 * loss['value']:.1f}".replace(".", ",") in good
    assert "Se li si toglie non cambia nulla: idle." in said


def test_buyers_ask_and_winners_answer(capsys):
    given = ["evaluate", "--generated", "tenders", "--size", "200", "--queries", "10", "--links", "buyer-winner"]
    assert cli.run([*given, "--ranker", "popularity", "--ranker", "personalised-pagerank", "--json"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert table["links"] == "buyer-winner"
    assert table["questions"]["warm"] > 10


RATIO = {"value": None, "low": None, "high": None}


def varied(signal, group, value, low, high):
    return Against(signal, "land", group, "ndcg", {"value": value, "low": low, "high": high, "error": 0.0}, RATIO, None)


def table_with(**parts):
    sizes = ("cuts", "cuts_whole", "organisations", "projects", "lots", "seed", "most_queries")
    empty = {**dict.fromkeys(sizes, 9), **dict.fromkeys(("lines", "against", "ablations"), ())}
    questions = dict.fromkeys(("warm-seen", "cold-seen", "warm-masked", "cold-masked", "warm", "cold"), ENOUGH)
    return Table(links="together", by_time=False, **{"questions": questions, **empty, **parts})


def test_what_is_missed_most_comes_first_and_what_changes_nothing_is_named_apart():
    gains = {"popularity": -0.01, "same-nuts3": -0.03, "rivals": 0.0}
    ablations = [
        varied(f"{way}:{name}", "warm-seen", gain, gain - abs(gain), gain + abs(gain))
        for way in ("without", "only")
        for name, gain in gains.items()
    ]
    [found] = brought_of(table_with(ablations=tuple(ablations)), Words("it"))
    assert found.heading.endswith(f"({ENOUGH} domande)")
    assert [name for name, _ in found.rows] == ["stessa provincia", "ha preso parte a molti gruppi"]
    assert found.rows[0][1] == ("-3,0 (fra -6,0 e 0,0)",) * 2
    assert found.idle == ("si sono presentati alle stesse gare",)


def test_how_often_we_win_lose_or_cannot_tell_counts_only_what_nothing_flatters():
    against = (
        varied("land", "warm-seen", 0.1, 0.05, 0.15),
        varied("land", "cold-seen", 0.1, -0.05, 0.15),
        varied("land", "cold-masked", -0.1, -0.15, -0.05),
        varied("land", "warm-masked", None, None, None),
        varied("land", "cold", 0.1, 0.05, 0.15),
        varied("boosted-trees", "warm-seen", 0.1, 0.05, 0.15),
    )
    [said] = standing([table_with(against=against)], Words("it"))
    assert said.startswith("Primi dieci: su 3 confronti fa meglio in 1, peggio in 1; in 1 la differenza")
    hard = replace(against[2], mark="hard")
    assert standing([table_with(against=(*against, hard))], Words("it"))[1].startswith(
        "Fra i difficili: su 1 confronti"
    )
    assert standing([table_with()], Words("it")) == ()


def test_next_to_nothing_has_no_sign():
    words = Words("it")
    assert [points(value, words) for value in (-0.0004, 0.0, -0.0006, 0.123, None)] == [
        "0,0",
        "0,0",
        "-0,1",
        "12,3",
        "–",
    ]


def test_of_few_questions_nothing_is_said():
    against = (varied("land", "warm-seen", 0.1, 0.05, 0.15),)
    few = table_with(against=against, questions={"warm-seen": ENOUGH - 1})
    assert standing([few], Words("it")) == ()
    assert blocks_of(few, Words("en"))[0].sentences == (
        "Too few questions (fewer than 20) for saying who does better.",
    )
