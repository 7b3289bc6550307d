"""The quality page, what stands beside an inferred fact, the click that makes it known, and inference after a load."""

import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data.identity import TAX_CODE
from data.inference.source import infer_again
from data.model import Audience, Evidence, Identifier, OrganisationKind, Visibility
from data.records import Accepted, Assertion, OrganisationRecord, Source, SourceInfo
from data.store import Store
from matching.evaluation_table import OURS
from matching.quality import kept
from service.cli import run
from service.evaluation_words import UNFLATTERED, brought_of, enough, verdict_of
from service.messages import Words
from service.quality import SIDE, inference_quality, limits_of_all, standing_of_all, suggestion_quality

CODE = "80000000010"
CLEANERS = "Pulizie Esempio società cooperativa sociale integrata"


def words_of(answer: Any) -> str:
    """The words of a page, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


@pytest.fixture
def cleaners(own_store: Store) -> str:
    """A real cooperative of which only the name tells what it does: its id."""
    said = {"name": CLEANERS, "kind": OrganisationKind.COOPERATIVE}
    told = tuple(Assertion(field, value, visibility=Visibility.PUBLIC) for field, value in said.items())
    rows = [Accepted(1, CODE, (OrganisationRecord((Identifier(TAX_CODE, CODE),), told),))]
    info = SourceInfo(name="prova", title_it="Prova", title_en="Trial", publisher="", licence="")
    own_store.load(Source(info, lambda _paths, _options: iter(rows)), [])
    infer_again(own_store)
    return own_store.resolve(CODE)


@pytest.fixture
def writer(own_store: Store, client_of: Callable[..., Any], own_page: dict[str, str]) -> Any:
    """The operator at a store that may be written to."""
    client = client_of(own_store)
    client.headers.update(own_page)
    client.follow_redirects = False
    return client


@pytest.mark.parametrize("address", ["/it/qualita", "/en/quality"])
def test_the_page_shows_the_committed_figures_to_everybody(client: Any, address: str):
    answer = client.get(address)
    assert answer.status_code == 200
    assert "style=" not in answer.text
    shown, words = words_of(answer), Words(address[1:3])
    for ground in inference_quality().grounds:
        for line in ground.lines:
            assert line.precision is not None
            numbers = (words.text(f"org.field.{line.field}"), line.given, line.right)
            assert " ".join(map(str, numbers)) in shown
        assert all(0 <= point.x <= SIDE and 0 <= point.y <= SIDE for point in ground.points)


def test_an_inferred_fact_says_its_words_and_how_sure_it_is(writer: Any, cleaners: str):
    shown = words_of(writer.get(f"/it/organizzazioni/{cleaners}"))
    assert "Dedotto da: nome «Pulizie»." in shown
    assert "«nome" not in shown
    assert "(dedotto)" in shown
    assert re.search(r"Su cento deduzioni come questa, circa \d{2} sono giuste", shown)


@pytest.mark.parametrize("field", ["sector", "chain_stages", "themes", "social_type"])
def test_one_click_makes_it_known(writer: Any, own_store: Store, cleaners: str, field: str):
    page = writer.get(f"/it/organizzazioni/{cleaners}").text
    [form] = [
        each for each in re.findall(r"<form.*?</form>", page, re.DOTALL) if f'name="field" value="{field}"' in each
    ]
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', html.unescape(form)))
    [action] = re.findall(r'action="([^"]+)"', form)
    assert writer.post(action, data=fields).status_code == 303
    body = next(each for each in own_store.organisations(Audience.PUBLIC) if each.id == cleaners)
    assert body.provenance[field].evidence is Evidence.DECLARED
    assert getattr(body, field)
    assert f'value="{field}"' not in writer.get(f"/it/organizzazioni/{cleaners}").text


def test_stages_and_themes_are_corrected_by_ticks(writer: Any, own_store: Store, cleaners: str):
    address = f"/it/organizzazioni/{cleaners}"
    assert 'name="value" value="cleaning:cleaning_firms" checked' in writer.get(f"{address}?correct=chain_stages").text
    stages = {"field": "chain_stages", "value": ["waste:collectors", "green:gardening_firms"], "visibility": "public"}
    assert writer.post(f"{address}/correzioni", data=stages).status_code == 303
    assert writer.post(f"{address}/correzioni", data={"field": "themes", "value": "none"}).status_code == 303
    body = next(each for each in own_store.organisations(Audience.PUBLIC) if each.id == cleaners)
    assert body.chain_stages == ("waste:collectors", "green:gardening_firms")
    assert body.themes == ()
    assert "nessuno di quelli in elenco" in words_of(writer.get(address))
    refused = writer.post(f"{address}/correzioni", data={"field": "themes", "value": "no-such-theme"})
    assert refused.status_code == 422


def test_the_public_reads_but_may_not_click(own_store: Store, client_of: Callable[..., Any], cleaners: str):
    page = client_of(own_store, public=True).get(f"/it/organizzazioni/{cleaners}").text
    assert "Dedotto da" in page
    assert "Sì, confermo" not in page


def test_an_inferred_fact_is_not_counted_as_known(writer: Any, cleaners: str):
    known = re.compile(r"(\d+) dati? not\w su")
    before = int(known.search(words_of(writer.get(f"/it/organizzazioni/{cleaners}")))[1])
    said = {"field": "themes", "value": "cleaning-facility"}
    assert writer.post(f"/it/organizzazioni/{cleaners}/correzioni", data=said).status_code == 303
    after = int(known.search(words_of(writer.get(f"/it/organizzazioni/{cleaners}")))[1])
    assert after == before + 1


def test_a_load_of_organisations_infers_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any):
    monkeypatch.setenv("LAND_STORE", str(tmp_path / "land.sqlite"))
    own = tmp_path / "organizzazioni.csv"
    own.write_text(f"id,name,kind\n{CODE},Pulizie Esempio soc. coop.,cooperative\n", encoding="utf-8")
    assert run(["load", "organisations", str(own)]) == 0
    capsys.readouterr()
    assert run(["infer", "--json"]) == 0
    assert '"unchanged": 1' in capsys.readouterr().out
    assert run(["infer"]) == 0
    assert "uguali 1" in capsys.readouterr().out


# --- suggestions ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/it/qualita", "/en/quality"])
def test_the_page_shows_how_suggestions_stand_beside_simple_ways(client: Any, address: str):
    shown, words = words_of(client.get(address)), Words(address[1:3])
    assert suggestion_quality(words)
    for table in suggestion_quality(words):
        assert table.title in shown
        for block in table.blocks:
            assert block.heading in shown
            for name, cells in block.rows:
                assert " ".join((name, *cells)) in shown
            for sentence in block.sentences:
                assert sentence in shown
        for group in table.brought:
            assert group.heading in shown
            for name, cells in group.rows:
                assert " ".join((name, *cells)) in shown
    for limit in limits_of_all():
        assert words.text(limit) in shown
    assert all(sentence in shown for sentence in standing_of_all(words))


def test_a_release_without_figures_says_so_and_names_the_command(client: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("service.quality.kept", lambda: ())
    shown = words_of(client.get("/it/qualita"))
    assert Words("it").text("evaluate.page.none") in shown
    assert Words("it").text("evaluate.page.columns") not in shown


def test_what_the_guide_says_of_our_engine_is_what_the_tables_say():
    """Nothing flatters: the gain on tenders is small; among hard names and without a history the most active win."""
    tables = {each.name: each.table for each in kept()}
    ours = {
        (name, each.group, each.mark): each
        for name, table in tables.items()
        for each in table.against
        if each.ranker == OURS and each.group in UNFLATTERED and enough(table, each.group)
    }
    tenders = [each for key, each in ours.items() if key[0] == "tender-groupings" and key[2] == "ndcg"]
    assert sum(verdict_of(each) == "unclear" for each in tenders) > len(tenders) / 2
    assert max(each.gain["value"] for each in tenders) < 0.03
    worse = {key for key, each in ours.items() if key[2] == "hard" and verdict_of(each) == "worse"}
    assert worse
    assert all(name.startswith("generated-") and group.startswith("cold") for name, group, _ in worse)
    assert all("popularity" in ours[key].other for key in worse)
    assert any(each.other == "random" for key, each in ours.items() if key[::2] == ("tender-groupings", "hard"))
    for words, named in ((Words("it"), "stessa provincia"), (Words("en"), "same province")):
        assert {each.rows[0][0] for each in brought_of(tables["tender-ablations"], words)} == {named}
