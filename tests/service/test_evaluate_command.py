"""`land evaluate`: the table in words and as JSON, and the file of figures it adds to."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from matching.evaluation_table import table_of_json
from matching.quality import kept, kept_text, read_kept
from matching.rankers import BASELINES
from service import cli
from service.evaluation_words import COLUMNS, blocks_of, lines_of, ranker_name
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
    said = "\n".join(lines_of(table, Words("it")))
    assert "senza good, con storia, fra chi ne ha una" in said


def test_buyers_ask_and_winners_answer(capsys):
    given = ["evaluate", "--generated", "tenders", "--size", "200", "--queries", "10", "--links", "buyer-winner"]
    assert cli.run([*given, "--ranker", "popularity", "--ranker", "personalised-pagerank", "--json"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert table["links"] == "buyer-winner"
    assert table["questions"]["warm"] > 10
