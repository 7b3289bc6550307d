"""Pages of calls: who is listed and who is not, what is missing said as missing, the sheet to fill in."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from data.model import Audience
from data.sources import source
from data.store import Store, open_store
from service.snapshot import today

BODIES = (
    "id,name,kind,municipality,province,social_type,status,visibility",
    "Q1,Prova Rieti,cooperative,057059,,B,active,public",
    "Q2,Prova Viterbo,cooperative,056059,,B,active,public",
    "Q3,Prova Ferrara,cooperative,,FE,B,active,public",
    "Q4,Prova Senza Luogo,cooperative,,,B,active,public",
    "Q5,Prova Ditta,firm,057059,,,active,public",
    "Q6,Prova Ignota,cooperative,056059,,,,public",
)


@pytest.fixture
def own_store(tmp_path: Path) -> Iterator[Store]:
    (tmp_path / "bodies.csv").write_text("\n".join(BODIES) + "\n")
    store = open_store(tmp_path / "land.sqlite")
    assert store.load(source("organisations"), [tmp_path / "bodies.csv"]).rejected == 0
    yield store
    store.close()


@pytest.fixture
def page_of(own_store: Store, client_of: Callable[..., TestClient], tmp_path: Path) -> Callable[..., str]:
    """The text of the page of a call with these requirements, its closing day a month away."""

    def page(asked: str, tail: str = "", language: str = "it") -> str:
        file = tmp_path / "bandi.csv"
        closes = today() + timedelta(days=30)
        file.write_text(f'codice;titolo;scadenza;beneficiari;letto_il\nB1;Bando;{closes};"{asked}";{today()}\n')
        assert own_store.load(source("calls"), [file]).rejected == 0
        (call,) = own_store.calls(Audience.OPERATOR)
        room = "bandi" if language == "it" else "calls"
        return client_of(own_store).get(f"/{language}/{room}/{call.id}{tail}").text

    return page


def section(page: str, name: str) -> str:
    return page.partition(f'id="{name}"')[2].partition("</section>")[0]


def names_in(part: str) -> set[str]:
    return set(re.findall(r">(Prova [^<]+)</a>", part))


def test_plain_words_that_are_known_list_who_fits(page_of) -> None:
    page = page_of("cooperative sociali di tipo B")
    assert "È una cooperativa sociale di tipo B." in section(page, "requisiti")
    assert names_in(section(page, "pronti")) == {"Prova Rieti", "Prova Viterbo"}
    assert names_in(section(page, "forse")) == {"Prova Ignota"}
    assert "Potrebbero partecipare anche 2 con sede fuori dal Lazio, o non nota" in page
    header, *rows = csv.reader(io.StringIO(page_of("cooperative sociali di tipo B", "/destinatari.csv")), delimiter=";")
    group = header.index("gruppo")
    assert [row[group] for row in rows if row[1] in {"Prova Ferrara", "Prova Senza Luogo"}] == [
        "Sede fuori dal Lazio o non nota"
    ] * 2


@pytest.mark.parametrize("asked", ["", "chi presenta un progetto di paese"])
def test_words_that_no_rule_covers_list_nobody_and_say_how_to_write_rules(page_of, asked: str) -> None:
    page = page_of(asked)
    assert names_in(page) == set()
    assert "non elenchiamo nessuno" in page
    assert "/it/bandi/modello.csv" in page
    assert re.search(r'href="/it/guida/[a-z]+#bandi"', page)
    assert asked in section(page, "requisiti")
    header, *rows = csv.reader(io.StringIO(page_of(asked, "/destinatari.csv")), delimiter=";")
    assert (bool(header), rows) == (True, [])


def test_what_is_missing_is_said_as_missing_and_only_of_lazio(page_of) -> None:
    asked = "cooperative sociali di tipo B; sede = provincia di Viterbo"
    near = section(page_of(asked), "quasi")
    assert names_in(near) == {"Prova Rieti"}
    assert "Non ha sede in provincia di Viterbo." in near
    assert "Ha sede in provincia di Viterbo." in section(page_of(asked), "requisiti")
    header, *rows = csv.reader(io.StringIO(page_of(asked, "/destinatari.csv").lstrip("\ufeff")), delimiter=";")
    missing = header.index("requisito che manca")
    assert {row[missing] for row in rows if row[missing]} == {"Non ha sede in provincia di Viterbo."}
    assert "Its seat is not in the province of Viterbo." in page_of(asked, language="en")


def test_several_phrases_are_named_in_the_language_of_the_page(page_of) -> None:
    assert "Rientra tra: cooperative o comuni." in page_of("cooperative e comuni")
    assert "It is among: cooperatives or municipalities." in page_of("cooperative e comuni", language="en")


def test_the_guide_that_is_linked_has_the_rules(page_of, own_store: Store, client_of) -> None:
    link = re.search(r'href="(/it/guida/[a-z]+)#bandi"', page_of(""))
    assert link is not None
    answer = client_of(own_store).get(link[1])
    assert (answer.status_code, 'id="bandi"' in answer.text, "tipo sociale = A" in answer.text) == (200, True, True)


def test_the_sheet_to_fill_in_loads_as_it_is(own_store: Store, client_of, tmp_path: Path) -> None:
    answer = client_of(own_store).get("/it/bandi/modello.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    (tmp_path / "modello.csv").write_bytes(answer.content)
    assert own_store.load(source("calls"), [tmp_path / "modello.csv"]).counts()["added"] == 1
    (call,) = own_store.calls(Audience.OPERATOR)
    assert call.beneficiaries == ("social_type = B", "place = 056059")


def test_the_load_tells_how_plain_words_were_read(own_store: Store, tmp_path: Path) -> None:
    file = tmp_path / "bandi.csv"
    file.write_text("codice;titolo;stato;beneficiari\nB1;Uno;;cooperative e consorzi\nB2;Due;;chi vuole\nB3;Tre;boh;\n")
    report = own_store.load(source("calls"), [file])
    told = {notice.key: notice.params for notice in report.notices}
    assert told["notice.beneficiaries-read"] == {
        "words": "cooperative e consorzi", "rules": "tipo = cooperativa | consorzio",
    }  # fmt: skip
    assert told["notice.calls-in-words"] == {"count": 1}
    (wrong,) = report.rejections
    assert (wrong.field, "aperto" in str(wrong.reason.params["allowed"])) == ("stato", True)


def test_the_card_lists_apart_the_calls_whose_requirements_only_their_text_tells(
    own_store: Store, client_of, tmp_path: Path
) -> None:
    file = tmp_path / "bandi.csv"
    day = today()
    head = "codice;titolo;stato;comuni;beneficiari;letto_il"
    file.write_text(
        f"{head}\nB0;Di tutte;aperto;;cooperative;{day}\nB1;Con regole;aperto;;cooperative sociali;{day}\n"
        f"B2;In parole;aperto;;chi vuole;{day}\n"
        f"B3;Altrove in parole;aperto;Latina;chi vuole;{day}\nB4;Chiuso in parole;chiuso;;chi vuole;{day}\n"
    )
    assert own_store.load(source("calls"), [file]).rejected == 0
    body = next(each for each in own_store.organisations(Audience.OPERATOR) if each.name == "Prova Ignota")
    page = client_of(own_store).get(f"/it/organizzazioni/{body.id}").text
    box = section(page, "bandi-adatti")
    suited, apart, rest = box.partition("Requisiti da leggere nel testo del bando")
    assert apart
    assert ("Con regole" in suited, "In parole" in suited) == (True, False)
    sure, apart_too, perhaps = suited.partition("Da verificare se vi riguardano")
    assert apart_too
    assert ("Di tutte" in sure, "Con regole" in sure, "Con regole" in perhaps) == (True, False, True)
    assert ("In parole" in rest, "Altrove" in rest, "Chiuso" in rest) == (True, False, False)
    assert "Da verificare prima:" in suited
    assert "<li>È una cooperativa sociale" in suited
    listed = client_of(own_store).get(f"/api/v1/organisations/{body.id}/calls").json()
    assert [each["call"]["title"] for each in listed] == ["Di tutte", "Con regole"]
