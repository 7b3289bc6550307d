"""The review pages: a list handed in, what is shown, deciding, undoing, column maps; nothing of it for the public."""

import re
from pathlib import Path

import openpyxl
import pytest

from data.membership import Decision
from data.model import Audience
from data.sources import source
from data.store import open_store
from service import reviews

LEGA = "Lega di prova"
ONE, TWO, THREE, FOUR = "99900010580", "99900020589", "99900030588", "99900040587"
OURS = (
    "tax_code;name;kind;municipality;province;federation\n"
    f"{ONE};Prova Uno società cooperativa;cooperative;Rieti;RI;{LEGA}\n"
    f"{TWO};Prova Due società cooperativa;cooperative;Viterbo;VT;{LEGA}\n"
)
LIST = (
    "codice_fiscale;denominazione;comune;prov;stato\n"
    f"{ONE};Prova Uno;Cittaducale;RI;attiva\n"
    f"{FOUR};<script>alert(1)</script> coop;Roma;RM;\n"
    "99900000000;Codice sbagliato;Roma;RM;\n"
)
PUBLIC_ADDRESSES = ("/it/aggiornamenti", "/en/updates", "/it/aggiornamenti/colonne", "/en/updates/columns")


@pytest.fixture
def reviewed(tmp_path: Path):
    """A store with two members of a federation."""
    store = open_store(tmp_path / "land.sqlite")
    file = tmp_path / "ours.csv"
    file.write_text(OURS, "utf-8")
    store.load(source("organisations"), [file])
    yield store
    store.close()


@pytest.fixture
def page_of(client_of, own_page):
    """Makes a client that writes as our own pages do."""

    def make(store, **given):
        client = client_of(store, **given)
        client.headers.update(own_page)
        return client

    return make


def hand_in(client, content: str | bytes = LIST, name: str = "aderenti.csv", **typed: str):
    body = content.encode() if isinstance(content, str) else content
    data = {"federation": LEGA, "complete": "yes", "list_date": "2026-10-31"} | typed
    return client.post("/it/aggiornamenti/elenco", data=data, files={"file": (name, body)})


def ids(store) -> dict[tuple[str, str], str]:
    return {(one.proposal.subject[-11:], one.proposal.field): one.id for one in store.reviews(Decision.PENDING)}


def test_a_list_is_handed_in_shown_and_decided(reviewed, page_of):
    client = page_of(reviewed)
    page = client.get("/it/aggiornamenti")
    assert "Nessun cambiamento in attesa" in page.text
    shown = hand_in(client)
    assert shown.status_code == 200
    assert "3 righe lette: 2 confrontate, 1 scartata" in shown.text
    assert "nessuno viene proposto come uscito" in shown.text, "a refused row may be the one who is missing"
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown.text
    assert "<script>alert" not in shown.text
    assert "Cittaducale (RI)" in shown.text
    assert "Rieti (RI)" in shown.text
    assert "Organizzazioni (file proprio)" in shown.text, "the source of what we hold"
    assert set(ids(reviewed)) == {(ONE, "municipality"), (ONE, "status"), (FOUR, "member")}

    moved = ids(reviewed)[ONE, "municipality"]
    done = client.post("/it/aggiornamenti/decisione", data={"change": moved, "decision": "accept", "reason": "visura"})
    assert "1 cambiamento accettato e scritto" in done.text
    card = client.get(f"/it/organizzazioni/{reviewed.resolve(ONE)}").text
    assert "Cittaducale (RI)" in card
    assert "Elenco degli aderenti" in card
    accepted = client.get("/it/aggiornamenti?state=accepted").text
    assert "Motivo: visura" in accepted
    undone = client.post("/it/aggiornamenti/annulla", data={"change": moved, "state": "accepted"})
    assert "Decisione annullata" in undone.text
    assert (ONE, "municipality") in ids(reviewed)
    assert client.post("/it/aggiornamenti/annulla", data={"change": moved}).status_code == 404


def test_a_complete_list_without_refused_rows_tells_who_left(reviewed, page_of):
    client = page_of(reviewed)
    hand_in(client, LIST.rsplit("99900000000", 1)[0])
    assert (TWO, "federation") in ids(reviewed)
    page = client.get("/it/aggiornamenti?kind=ceased").text
    assert "L&#39;elenco completo non la nomina." in page
    assert "Prova Due" in page
    assert "Prova Uno" not in page


def shown_set(client, address: str = "/it/aggiornamenti") -> str:
    """The mark of the set of changes that a page shows."""
    return re.search(r'name="shown" value="(\w+)"', client.get(address).text)[1]


def test_a_kind_is_decided_as_a_whole_when_nothing_changed_meanwhile(reviewed, page_of):
    client = page_of(reviewed)
    hand_in(client)
    asked = {"decision": "refuse", "federation": LEGA, "kind": "moved", "reason": ""}
    moved = shown_set(client, f"/it/aggiornamenti?federation={LEGA}&kind=moved")
    hand_in(client, LIST.replace("Cittaducale", "Antrodoco"))
    refused = client.post("/it/aggiornamenti/tutti", data=asked | {"shown": moved})
    assert "Nulla è stato deciso" in refused.text, "as many as before, but another one"
    assert len(ids(reviewed)) == 3
    moved = shown_set(client, f"/it/aggiornamenti?federation={LEGA}&kind=moved")
    assert "1 cambiamento rifiutato" in client.post("/it/aggiornamenti/tutti", data=asked | {"shown": moved}).text
    assert set(ids(reviewed)) == {(ONE, "status"), (FOUR, "member")}
    everything = {"decision": "accept", "shown": shown_set(client)}
    assert "2 cambiamenti accettati" in client.post("/it/aggiornamenti/tutti", data=everything).text
    assert ids(reviewed) == {}


def test_many_are_decided_in_portions_and_the_page_tells_how_to_go_on(reviewed, page_of, monkeypatch):
    monkeypatch.setattr(reviews, "PORTION", 50)
    monkeypatch.setattr(reviews, "AT_MOST_SECONDS", 0.0)
    sizes = []
    accept = reviewed.accept_changes
    monkeypatch.setattr(reviewed, "accept_changes", lambda some, *rest: sizes.append(len(some)) or accept(some, *rest))
    rows = "".join(f"X{number};Prova {number} coop;Rieti;RI;\n" for number in range(120))
    client = page_of(reviewed)
    hand_in(client, "id" + LIST.splitlines()[0].removeprefix("codice_fiscale") + "\n" + rows, complete="")
    sent = {"decision": "accept", "reason": "assemblea", "shown": shown_set(client)}
    page = client.post("/it/aggiornamenti/tutti", data=sent).text
    assert "50 cambiamenti accettati e scritti" in page
    assert "Restano 70 cambiamenti" in page
    for left in (20, 0):
        box = re.search(r'<form class="land-note".*?</form>', page, re.DOTALL)[0]
        onward = dict(re.findall(r'name="(\w+)" value="([^"]*)"', box))
        assert (onward["reason"], onward["decision"]) == ("assemblea", "accept")
        page = client.post("/it/aggiornamenti/tutti", data=onward).text
        assert (f"Restano {left} cambiamenti" in page) is (left > 0)
    assert sizes == [50, 50, 20]
    assert ids(reviewed) == {}
    assert {one.reason for one in reviewed.reviews(Decision.ACCEPTED)} == {"assemblea"}
    monkeypatch.setattr(reviews, "AT_MOST_SECONDS", 15.0)
    hand_in(
        client,
        "id" + LIST.splitlines()[0].removeprefix("codice_fiscale") + "\n" + rows.replace("Rieti", "Poggio Mirteto"),
        complete="",
    )
    sizes.clear()
    page = client.post("/it/aggiornamenti/tutti", data={"decision": "accept", "shown": shown_set(client)}).text
    assert "120 cambiamenti accettati" in page
    assert sizes == [50, 50, 20]


def test_what_changed_since_the_list_is_told_and_accepted_only_after_it_was_seen(reviewed, page_of, tmp_path):
    client = page_of(reviewed)
    hand_in(client)
    moved = ids(reviewed)[ONE, "municipality"]
    address = "/it/aggiornamenti?kind=moved"

    def card() -> tuple[str, dict[str, str]]:
        page = client.get(address).text
        return page, dict(re.findall(r'name="(change|seen)" value="([^"]*)"', page))

    page, before = card()
    assert "Nel frattempo" not in page
    file = tmp_path / "ours.csv"
    file.write_text(OURS.replace("Rieti;RI", "Fondi;LT"), "utf-8")
    reviewed.load(source("organisations"), [file])
    accept = {"change": moved, "decision": "accept"}
    for sent in (accept, accept | before):
        page = client.post("/it/aggiornamenti/decisione", data=sent).text
        assert "1 cambiamento non è stato accettato" in page
        assert "0 cambiamenti" not in page
    everything = {"decision": "accept", "kind": "moved", "shown": shown_set(client, address)}
    assert "1 cambiamento non è stato accettato" in client.post("/it/aggiornamenti/tutti", data=everything).text
    assert "Fondi (LT)" in client.get(f"/it/organizzazioni/{reviewed.resolve(ONE)}").text
    page, now = card()
    assert "Nel frattempo:" in page
    assert "Fondi (LT)" in page
    assert "Rieti (RI)" in page
    assert "accettato e scritto" in client.post("/it/aggiornamenti/decisione", data=accept | now).text
    assert (ONE, "municipality") not in ids(reviewed)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\U0001f600" * 196 + ".csv", "\U0001f600" * 95 + "….csv"),
        ("a" * 400 + ".CSV", "a" * 95 + "….csv"),
        ("ele\x00nco\x1b.csv", "elenco.csv"),
        ("../../etc/soci.csv", "soci.csv"),
        ("C:\\elenchi\\soci.csv", "soci.csv"),
    ],
)
def test_the_name_of_a_file_that_was_sent_is_only_a_word(reviewed, page_of, name, shown):
    client = page_of(reviewed)
    head = (
        '--x\r\ncontent-disposition: form-data; name="federation"\r\n\r\nLega\r\n'
        '--x\r\ncontent-disposition: form-data; name="source"\r\n\r\nmembership\r\n'
        f'--x\r\ncontent-disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    )
    typed = {"content-type": "multipart/form-data; boundary=x"}
    for address in ("elenco", "colonne"):
        body = (head + LIST + "\r\n--x--\r\n").encode()
        answer = client.post(f"/it/aggiornamenti/{address}", content=body, headers=typed)
        assert answer.status_code == 200, address
        assert shown in answer.text, address
        broken = client.post(f"/it/aggiornamenti/{address}", content=(head + "\r\n--x--\r\n").encode(), headers=typed)
        assert broken.status_code == 422
        assert shown in broken.text
    assert {one.proposal.file for one in reviewed.reviews(Decision.PENDING)} == {shown}


def test_long_lists_are_paged(reviewed, page_of):
    rows = "".join(f"X{number};Prova {number} coop;Rieti;RI;\n" for number in range(120))
    client = page_of(reviewed)
    hand_in(client, "id" + LIST.splitlines()[0].removeprefix("codice_fiscale") + "\n" + rows, complete="")
    for number, count in ((1, 50), (3, 20), (9, 20)):
        page = client.get(f"/it/aggiornamenti?p={number}&kind=new").text
        assert page.count('name="change"') == count, number
    assert "Pagina 3 di 3." in page
    assert 'rel="prev"' in page
    assert 'rel="next"' not in page


@pytest.mark.parametrize(
    ("typed", "name", "content"),
    [
        ({"federation": "  "}, "a.csv", LIST),
        ({"federation": "mario.rossi@example.it"}, "a.csv", LIST),
        ({"list_date": "2999-01-01"}, "a.csv", LIST),
        ({"list_date": "ieri"}, "a.csv", LIST),
        ({"columns": "nessuna"}, "a.csv", LIST),
        ({}, "a.exe", LIST),
        ({}, "a.csv", "a,b\n1,2\n"),
        ({}, "a.csv", ""),
        ({}, "a.xlsx", "no workbook"),
        ({}, "a.csv", "codice_fiscale;denominazione\n"),
        ({}, "../../a", LIST),
    ],
)
def test_a_list_that_cannot_be_read_is_told_in_words(reviewed, page_of, typed, name, content):
    answer = hand_in(page_of(reviewed), content, name, **typed)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "[" not in re.search(r'role="alert"[^>]*>(.*?)<', answer.text)[1]
    assert ids(reviewed) == {}


def test_columns_are_guessed_confirmed_saved_and_used(reviewed, page_of, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Codice", "Insegna", "Comune della sede", "Presidente"])
    book.active.append([ONE, "Prova Uno", "Cittaducale", "Nome-Segreto"])
    file = tmp_path / "x.xlsx"
    book.save(file)
    client = page_of(reviewed)
    assert "Nessuna mappa salvata" in client.get("/it/aggiornamenti/colonne").text
    sent = {"data": {"source": "membership"}, "files": {"file": ("x.xlsx", file.read_bytes())}}
    page = client.post("/it/aggiornamenti/colonne", **sent).text
    assert '<option value="Comune della sede" selected>' in page
    assert "Segreto" not in page
    assert "Presidente" not in page
    chosen = {"source": "membership", "column-id": "Codice", "column-name": "Insegna", "column-lat": "",
              "column-municipality": "Comune della sede", "column-nonsense": "x", "name": "mia"}  # fmt: skip
    assert "Mappa delle colonne salvata" in client.post("/it/aggiornamenti/colonne/salva", data=chosen).text
    assert reviewed.columns_named("mia") == {"id": "Codice", "name": "Insegna", "municipality": "Comune della sede"}
    assert "1 riga letta: 1 confrontata" in hand_in(client, file.read_bytes(), "x.xlsx", columns="mia").text
    assert (ONE, "municipality") in ids(reviewed)
    assert "eliminata" in client.post("/it/aggiornamenti/colonne/elimina", data={"name": "mia"}).text
    assert client.post("/it/aggiornamenti/colonne/elimina", data={"name": "mia"}).status_code == 404
    assert client.post("/it/aggiornamenti/colonne/salva", data=chosen | {"source": "x"}).status_code == 422


def test_a_list_may_be_larger_than_other_bodies_but_not_without_end(reviewed, page_of):
    rows = "".join(f"X{number};Prova {number} coop;Rieti;RI;\n" for number in range(20_000))
    long_list = "id;denominazione;comune;prov;stato\n" + rows
    assert len(long_list) > 300_000
    client = page_of(reviewed, upload_limit=2_000_000)
    assert hand_in(client, long_list, complete="").status_code == 200
    assert hand_in(client, "x" * 2_100_000).status_code == 413
    assert client.post("/it/aggiornamenti/decisione", data={"reason": "x" * 300_000}).status_code == 413


def test_the_public_knows_nothing_of_the_review(reviewed, page_of):
    operator, visitor = page_of(reviewed), page_of(reviewed, public=True)
    hand_in(operator, LIST.replace("Cittaducale", "Fondi").replace(";RI;attiva", ";LT;attiva"))
    for address in PUBLIC_ADDRESSES:
        assert operator.get(address).status_code == 200
        assert visitor.get(address).status_code == 404
    for address in ("elenco", "decisione", "tutti", "annulla", "colonne"):
        assert visitor.post(f"/it/aggiornamenti/{address}").status_code == 403
    operator.post("/it/aggiornamenti/tutti", data={"decision": "accept", "shown": shown_set(operator)})
    assert FOUR not in repr(reviewed.organisations(Audience.PUBLIC))
    for address in ("/it/cerca?q=alert", f"/api/v1/organisations/{ONE}", "/api/v1/organisations?limit=100"):
        answer = visitor.get(address).text
        assert FOUR not in answer
        assert "&lt;script" not in answer
    card = visitor.get(f"/it/organizzazioni/{reviewed.resolve(ONE)}").text
    assert "Rieti (RI)" in card
    assert "Fondi" not in card


def test_both_languages_have_the_same_pages(reviewed, page_of):
    client = page_of(reviewed)
    hand_in(client)
    english = client.get("/en/updates?kind=moved").text
    assert "In our data today" in english
    assert 'href="/it/aggiornamenti?kind=moved"' in english
    assert "1 change." in english


def test_our_lists_are_a_census_only_with_the_register_of_cooperatives(reviewed, tmp_path):
    from service.snapshot import build_snapshot, today

    assert not build_snapshot(reviewed, Audience.PUBLIC, today()).is_census
    file = tmp_path / "albo.csv"
    file.write_text("codice_fiscale;denominazione;comune\n1;Sbagliata;Rieti\n", "utf-8")
    reviewed.load(source("cooperative-register"), [file])
    assert not build_snapshot(reviewed, Audience.PUBLIC, today()).is_census, "no row of it was taken"
    file.write_text(f"codice_fiscale;denominazione;comune\n{ONE};Prova Uno;Rieti\n", "utf-8")
    reviewed.load(source("cooperative-register"), [file])
    assert build_snapshot(reviewed, Audience.PUBLIC, today()).is_census
