"""Pages and API of dossiers, tables and calls: from a need to an export, an expired call proposed to nobody, nothing of
the federation's shown to the public.
"""

import csv
import io
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from data.model import Audience, ContactOutcome, OrganisationKind, Visibility
from data.records import DossierRecord
from data.sources import source
from data.store import Store, open_store
from service.snapshot import today

CANARY = "canarino-riservato"
DAY = timedelta(days=1)
ID = r"[0-9a-f-]{36}"


BODIES = (
    "id,name,kind,municipality,sector,sector_version,social_type,status,members,prevalent_mutuality,visibility",
    "P1,Prova Campi,cooperative,057002,01.13,2025,,active,60,yes,public",
    "P2,Prova Orti,cooperative,057001,01.13,2025,,active,20,yes,public",
    "P3,Prova Frutteti,cooperative,057059,01.24,2025,,active,70,no,public",
    "P4,Prova Cura,cooperative,057059,88.10,2025,A,active,55,yes,public",
    "P5,Prova Lavoro,cooperative,057002,81.30,2025,B,active,12,no,public",
    "P6,Prova Ditta,firm,057059,01.13,2025,,active,,,public",
    "P7,Prova Ignota,cooperative,058091,,,,,,,public",
    "P8,Prova Sociale,cooperative,057059,,,A,active,,,public",
)


@pytest.fixture(scope="session")
def small_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the shipped comuni and a few invented bodies; never written to."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "bodies.csv").write_text("\n".join(BODIES) + "\n")
    store = open_store(folder / "land.sqlite")
    report = store.load(source("organisations"), [folder / "bodies.csv"])
    assert (report.added, report.rejected) == (len(BODIES) - 1, 0)
    store.close()
    return folder / "land.sqlite"


@pytest.fixture
def own_store(small_file: Path, tmp_path: Path) -> Iterator[Store]:
    """A copy of it that the test may write to."""
    store = open_store(shutil.copyfile(small_file, tmp_path / "own.sqlite"))
    yield store
    store.close()


@pytest.fixture
def site(own_store: Store, client_of: Callable[..., TestClient], own_page: dict[str, str]) -> TestClient:
    """The operator's own service, asked as one of its own pages would ask."""
    client = client_of(own_store)
    client.headers.update(own_page)
    return client


@pytest.fixture
def visitor_of(own_store: Store, client_of: Callable[..., TestClient]) -> Callable[[], TestClient]:
    """A visitor of the public service over the same store, as it stands when asked."""
    return lambda: client_of(own_store, public=True)


def load_calls(store: Store, folder: Path, *rows: str) -> dict[str, str]:
    """Loads calls and gives the id of each by its title."""
    file = folder / "bandi.csv"
    file.write_text("\n".join(("id;title;opens;closes;state;beneficiaries;municipalities;read_on", *rows)) + "\n")
    assert store.load(source("calls"), [file]).rejected == 0
    return {call.title: call.id for call in store.calls(Audience.OPERATOR)}


def new_dossier(site: TestClient, **typed: object) -> str:
    answer = site.post("/it/dossier", data={"kind": "dossier", "title": "Mense"} | typed, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return re.search(ID, answer.headers["location"])[0]  # type: ignore[index]


def roles_of(site: TestClient, dossier: str) -> list[dict[str, object]]:
    return site.get(f"/api/v1/dossiers/{dossier}").json()["roles"]


def act(site: TestClient, dossier: str, role: str, **typed: str) -> int:
    shown = {"seen": mark_of(site.get(f"/it/dossier/{dossier}").text, f"/ruoli/{role}")}
    return site.post(f"/it/dossier/{dossier}/ruoli/{role}", data=shown | typed, follow_redirects=False).status_code


def mark_of(page: str, action: str) -> str:
    """What the first form of a page that is sent to an address ending so tells of what it showed."""
    found = re.search(rf'action="[^"]*{action}"(?:(?!</form>).)*?name="seen" value="([^"]+)"', page, re.DOTALL)
    assert found
    return found[1]


def close(site: TestClient, dossier: str, outcome: str) -> None:
    data = {"outcome": outcome, "seen": mark_of(site.get(f"/it/dossier/{dossier}").text, "/chiusura")}
    assert site.post(f"/it/dossier/{dossier}/chiusura", data=data, follow_redirects=False).status_code == 303


def hidden(site: TestClient, dossier: str, name: str, page: str = "") -> str:
    """What a page of the dossier sends along of what it showed."""
    found = re.search(rf'name="{name}" value="([^"]*)"', site.get(f"/it/dossier/{dossier}{page}").text)
    assert found
    return found[1]


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=";"))


# --- a dossier from need to export ------------------------------------------------------------------------------


def test_from_a_need_to_a_partnership_table_with_the_uncovered_role_named(site: TestClient) -> None:
    dossier = new_dossier(
        site, need="mense scolastiche", municipalities="Monti Reatini", deadline=str(today() + 10 * DAY)
    )
    for typed in ({"role": "lead"}, {"role": "farming", "kind": "cooperative"}):
        assert site.post(f"/it/dossier/{dossier}/ruoli", data=typed, follow_redirects=False).status_code == 303
    lead, farming = sorted(roles_of(site, dossier), key=lambda role: role["role"] != "lead")
    page = site.get(f"/it/dossier/{dossier}").text
    assert "Mancano dei ruoli:" in page
    assert "restano 10 giorni" in page
    proposed = site.get(f"/api/v1/dossiers/{dossier}/roles/{farming['id']}/candidates").json()
    assert proposed
    assert all(each["kind"] == OrganisationKind.COOPERATIVE and each["reasons"] for each in proposed)
    chosen = proposed[0]
    assert act(site, dossier, str(farming["id"]), act="invited", organisation=chosen["organisation"]) == 303
    assert act(site, dossier, str(farming["id"]), act="filled", resources="due campi") == 303
    after = site.get(f"/api/v1/dossiers/{dossier}").json()
    assert (after["roles_covered"], after["uncovered"]) == (1, ["capofila"])
    header, *rows = rows_of(site.get(f"/it/dossier/{dossier}/partenariato.csv").text)
    table = [dict(zip(header, row, strict=True)) for row in rows]
    assert [(row["ruolo"], row["stato"], row["organizzazione"], row["che cosa mette"]) for row in table] == [
        ("capofila", "da coprire", "", ""),
        ("produzione agricola", "coperto", chosen["name"], "due campi"),
    ]
    minutes = site.get(f"/it/dossier/{dossier}/stampa").text
    assert "SCOPERTO" in minutes
    assert chosen["name"] in minutes
    assert "copre il ruolo: produzione agricola" in minutes
    again = site.get(f"/api/v1/dossiers/{dossier}/roles/{lead['id']}/candidates").json()
    assert chosen["organisation"] not in {each["organisation"] for each in again}


def test_who_declined_a_role_is_not_proposed_for_it_again(site: TestClient) -> None:
    dossier = new_dossier(site, municipalities="Monti Reatini")
    site.post(f"/it/dossier/{dossier}/ruoli", data={"role": "farming"})
    (role,) = roles_of(site, dossier)
    address = f"/api/v1/dossiers/{dossier}/roles/{role['id']}/candidates"
    first = site.get(address).json()[0]["organisation"]
    act(site, dossier, str(role["id"]), act="invited", organisation=first)
    act(site, dossier, str(role["id"]), act="declined")
    assert roles_of(site, dossier)[0]["state"] == "open"
    assert first not in {each["organisation"] for each in site.get(address).json()}


def test_changes_are_taken_back_closed_and_taken_up_again(site: TestClient) -> None:
    dossier = new_dossier(site, need="mense")
    changed = {"title": "Mense a scuola", "need": "mense", "visibility": "federation"}
    site.post(f"/it/dossier/{dossier}/modifica", data=changed | {"seen": hidden(site, dossier, "seen", "/modifica")})
    read = lambda: site.get(f"/api/v1/dossiers/{dossier}").json()  # noqa: E731
    assert read()["title"] == "Mense a scuola"
    site.post(f"/it/dossier/{dossier}/annullamento", data={"event": hidden(site, dossier, "event")})
    assert read()["title"] == "Mense"
    close(site, dossier, "finanziato")
    assert (read()["status"], read()["outcome"]) == ("closed", "finanziato")
    again = {"seen": mark_of(site.get(f"/it/dossier/{dossier}").text, "/riapertura")}
    site.post(f"/it/dossier/{dossier}/riapertura", data=again)
    assert read()["status"] == "in-preparation"


def test_the_log_takes_no_day_to_come_and_nothing_of_a_person(site: TestClient) -> None:
    dossier = new_dossier(site)
    address = f"/it/dossier/{dossier}/registro"
    good = {"kind": "meeting", "date": str(today() - DAY), "text": "Primo incontro", "by_role": "projects-office"}
    assert site.post(address, data=good, follow_redirects=False).status_code == 303
    for wrong in (
        {"date": str(today() + DAY)}, {"text": "con mario.rossi@example.it"}, {"text": "  "},
        {"text": "sentire Rosa al 347 1234567"}, {"text": "bonifico su IT60X0542811101000000123456"},
    ):  # fmt: skip
        answer = site.post(address, data=good | wrong, follow_redirects=False)
        assert answer.status_code == 422
        assert "land-wrong" in answer.text
        assert wrong.get("text", "").strip() in answer.text  # what was typed stands in its box
    lines = site.get(f"/api/v1/dossiers/{dossier}").json()["events"]
    assert [(each["kind"], each["by_role"]) for each in lines] == [("created", None), ("meeting", "projects-office")]
    line = re.search(rf"/registro/({ID})/ritiro", site.get(f"/it/dossier/{dossier}").text)
    assert line is not None
    site.post(f"{address}/{line[1]}/ritiro")
    assert [each["kind"] for each in site.get(f"/api/v1/dossiers/{dossier}").json()["events"]] == ["created"]


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"title": ""}, "title-wrong"),
        ({"title": "x" * 201}, "title-wrong"),
        ({"municipalities": "Atlantide"}, "municipalities-wrong"),
        ({"deadline": "domani"}, "deadline-wrong"),
        ({"kind": "table", "need": ""}, "need-wrong"),
        ({"kind": "wbo", "visibility": "public"}, "visibility-wrong"),
        ({"act_kind": "piano-di-zona"}, "municipalities-wrong"),
        ({"need": "scrivere a mario.rossi@example.it"}, "need-wrong"),
        ({"need": "chiamare il 0775 123456"}, "need-wrong"),
        ({"act_title": "IBAN IT60X0542811101000000123456"}, "act_title-wrong"),
        ({"instrument": "ASTRONAVE"}, "instrument-wrong"),
    ],
)
def test_a_form_with_something_wrong_names_the_box_keeps_the_words_and_writes_nothing(
    site: TestClient, own_store: Store, typed: dict[str, str], wrong: str
) -> None:
    said = {"kind": "dossier", "title": "Mense", "purpose": "resta scritto"} | typed
    answer = site.post("/it/dossier", data=said, follow_redirects=False)
    assert answer.status_code == 422
    assert f'id="{wrong}"' in answer.text
    assert "resta scritto" in answer.text
    assert own_store.dossiers(Audience.OPERATOR) == []


def test_stored_words_are_never_markup(site: TestClient) -> None:
    dossier = new_dossier(site, title="<script>alert(1)</script>", need='"><img src=x onerror=alert(1)>')
    site.post(f"/it/dossier/{dossier}/ruoli", data={"words": "<b>ruolo</b>"})
    for page in ("", "/stampa", "/modifica"):
        text = site.get(f"/it/dossier/{dossier}{page}").text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "<b>ruolo" not in text
    assert "'=cmd" in _csv_of_formula(site)


def _csv_of_formula(site: TestClient) -> str:
    dossier = new_dossier(site, title="=cmd()")
    site.post(f"/it/dossier/{dossier}/ruoli", data={"words": "=cmd()"})
    return site.get(f"/it/dossier/{dossier}/partenariato.csv").text


def test_a_table_stands_with_the_tables_and_a_dossier_with_the_dossiers(site: TestClient) -> None:
    table = new_dossier(site, kind="table", title="Tavolo anziani", need="anziani soli", municipalities="Amatrice")
    dossier = new_dossier(site, title="Casa della salute")
    assert (table in site.get("/it/tavoli").text, dossier in site.get("/it/tavoli").text) == (True, False)
    assert (table in site.get("/it/dossier").text, dossier in site.get("/it/dossier").text) == (False, True)
    assert table in site.get("/it/comuni/057002").text
    assert "anziani soli" in site.get(f"/en/dossiers/{table}/print").text


def test_a_plan_names_who_is_to_be_heard(site: TestClient, own_store: Store) -> None:
    dossier = new_dossier(site, act_kind="piano-di-zona", act_title="Piano RI/1", municipalities="provincia di Rieti")
    groups = {each["group"]: each["bodies"] for each in site.get(f"/api/v1/dossiers/{dossier}/hearing").json()}
    bodies = {each.id: each for each in own_store.organisations(Audience.OPERATOR)}
    sure = [each for each in groups["Cooperative sociali di tipo A (o A+B)"] if each["doubt"] is None]
    assert sure
    for each in sure:
        assert bodies[each["organisation"]].social_type in {"A", "A+B"}
        assert str(bodies[each["organisation"]].municipality).startswith("057")
    assert any(each["name"] == "Comune di Amatrice" for each in groups["Enti pubblici dei comuni del piano"])
    rows = rows_of(site.get(f"/it/dossier/{dossier}/ascolto.csv").text)
    assert len(rows) == 1 + sum(map(len, groups.values()))


# --- who sees what ----------------------------------------------------------------------------------------------


def test_the_public_service_shows_public_dossiers_without_their_log_or_who_was_asked(
    site: TestClient, own_store: Store, visitor_of: Callable[[], TestClient]
) -> None:
    ids = {}
    for name, visibility in (("public", "public"), ("federation", "federation"), ("reserved", "reserved")):
        ids[name] = new_dossier(
            site, title=f"Dossier {name} {CANARY if name != 'public' else ''}", visibility=visibility
        )
    ids["wbo"] = new_dossier(site, kind="wbo", title=f"Fabbrica {CANARY}")
    body = own_store.organisations(Audience.PUBLIC)[0]
    for dossier in ids.values():
        site.post(f"/it/dossier/{dossier}/registro", data={"kind": "note", "text": f"nota {CANARY}"})
        site.post(f"/it/dossier/{dossier}/ruoli", data={"role": "farming"})
        (role,) = roles_of(site, dossier)
        act(site, dossier, str(role["id"]), act="invited", organisation=body.id, resources=CANARY)
    visitor = visitor_of()
    assert [each["id"] for each in visitor.get("/api/v1/dossiers").json()["items"]] == [ids["public"]]
    shown = visitor.get(f"/api/v1/dossiers/{ids['public']}").json()
    assert shown["events"] == []
    assert [(role["state"], role["organisation"]) for role in shown["roles"]] == [("open", None)]
    everywhere = [
        "/it/dossier", "/it/tavoli", "/api/v1/dossiers", f"/it/organizzazioni/{body.id}", "/it",
        *(f"/it/dossier/{dossier}{page}" for dossier in ids.values() for page in ("", "/stampa", "/partenariato.csv")),
        *(f"/api/v1/dossiers/{dossier}" for dossier in ids.values()),
    ]  # fmt: skip
    for address in everywhere:
        assert CANARY not in visitor.get(address).text, address
    for name in ("federation", "reserved", "wbo"):
        assert visitor.get(f"/it/dossier/{ids[name]}").status_code == 404
    assert visitor.get(f"/it/dossier/{ids['public']}/modifica").status_code == 404
    assert visitor.get("/it/dossier/nuovo").status_code == 404
    assert visitor.post("/it/dossier", data={"title": "x"}).status_code == 403


def test_a_federation_call_is_not_shown_to_the_public(
    site: TestClient, own_store: Store, tmp_path: Path, visitor_of: Callable[[], TestClient]
) -> None:
    file = tmp_path / "b.csv"
    file.write_text(f"id,title,visibility\nB1,Bando {CANARY},federation\nB2,Bando aperto a tutti,\n")
    own_store.load(source("calls"), [file])
    hidden = next(call.id for call in own_store.calls(Audience.OPERATOR) if CANARY in call.title)
    visitor = visitor_of()
    assert hidden in site.get("/it/bandi").text
    assert CANARY not in visitor.get("/it/bandi").text + visitor.get("/api/v1/calls").text
    assert visitor.get(f"/it/bandi/{hidden}").status_code == 404
    assert visitor.get(f"/api/v1/calls/{hidden}/eligibility").status_code == 404


# --- calls ------------------------------------------------------------------------------------------------------


def test_an_expired_call_is_proposed_to_nobody_anywhere(site: TestClient, own_store: Store, tmp_path: Path) -> None:
    ids = load_calls(
        own_store, tmp_path,
        f"B1;Bando scaduto;2026-01-01;{today() - DAY};open;kind=cooperative;;{today()}",
        f"B2;Bando aperto;2026-01-01;{today() + 30 * DAY};open;kind=cooperative;;{today()}",
        "B3;Bando letto da tempo;;;open;kind=cooperative;;2024-01-01",
    )  # fmt: skip
    expired = ids["Bando scaduto"]
    states = {each["title"]: each["state"] for each in site.get("/api/v1/calls").json()["items"]}
    assert states == {"Bando scaduto": "closed", "Bando aperto": "open", "Bando letto da tempo": "unknown"}
    page = site.get("/it/bandi").text
    assert page.index("Bando aperto") < page.index("Bando letto da tempo") < page.index("Bando scaduto")
    assert expired not in site.get("/it/dossier/nuovo").text
    assert expired not in site.get("/it/comuni/058091").text
    coop = next(each for each in own_store.organisations(Audience.PUBLIC) if each.name == "Prova Campi")
    suited = site.get(f"/api/v1/organisations/{coop.id}/calls").json()
    assert expired not in {each["call"]["id"] for each in suited}
    assert expired not in site.get(f"/it/organizzazioni/{coop.id}").text
    for group in ("ready", "likely", "one-missing"):
        assert site.get(f"/api/v1/calls/{expired}/eligibility?group={group}").json()["items"] == []
    assert len(rows_of(site.get(f"/it/bandi/{expired}/destinatari.csv").text)) == 1
    assert "Il bando è chiuso" in site.get(f"/it/bandi/{expired}").text


def test_who_misses_one_requirement_is_listed_with_it_and_so_in_the_file(
    site: TestClient, own_store: Store, tmp_path: Path
) -> None:
    asked = "kind=cooperative; members>=50; prevalent_mutuality=yes"
    ids = load_calls(
        own_store, tmp_path, f"B1;Bando;;{today() + DAY};open;{asked};;{today()}".replace(asked, f'"{asked}"')
    )
    call = ids["Bando"]
    bodies = {each.id: each for each in own_store.organisations(Audience.OPERATOR)}
    found = {
        group: site.get(f"/api/v1/calls/{call}/eligibility?group={group}&limit=500").json()
        for group in ("ready", "likely", "one-missing")
    }
    assert all(found[group]["total"] for group in ("ready", "one-missing"))
    for each in found["ready"]["items"]:
        body = bodies[each["organisation"]]
        assert body.kind == "cooperative"
        assert (body.members or 0) >= 50
        assert body.prevalent_mutuality is True
    for each in found["one-missing"]["items"]:
        body = bodies[each["organisation"]]
        few, not_prevalent = (body.members or 50) < 50, body.prevalent_mutuality is False
        assert few != not_prevalent
        assert each["missing_one"] == ("Ha almeno 50 soci." if few else "È a mutualità prevalente.")
    header, *rows = rows_of(site.get(f"/it/bandi/{call}/destinatari.csv").text)
    assert len(rows) == sum(group["total"] for group in found.values())
    missing = header.index("requisito che manca")
    assert sum(bool(row[missing]) for row in rows) == found["one-missing"]["total"]
    one = found["one-missing"]["items"][0]
    alone = site.get(f"/api/v1/calls/{call}/eligibility/{one['organisation']}?lang=en").json()
    assert (alone["state"], bool(alone["missing_one"])) == ("failed", True)


def test_lists_can_be_searched_and_unknown_ids_are_not_found(
    site: TestClient, own_store: Store, tmp_path: Path
) -> None:
    load_calls(
        own_store, tmp_path, f"B1;Borghi;;{today() + DAY};;;;{today()}", f"B2;Fiere;;{today() + DAY};;;;{today()}"
    )
    page = site.get("/it/bandi?q=borghi").text
    assert ("Borghi" in page, "Fiere" in page) == (True, False)
    assert "Nessun bando con queste parole" in site.get("/it/bandi?q=zzz").text
    for address in ("/it/bandi/xxx", "/it/dossier/xxx", "/api/v1/calls/xxx", "/api/v1/dossiers/xxx"):
        assert site.get(address).status_code == 404


def test_every_page_speaks_both_languages(site: TestClient, own_store: Store, tmp_path: Path) -> None:
    ids = load_calls(own_store, tmp_path, f"B1;Bando;;{today() + DAY};open;kind=cooperative;;{today()}")
    dossier = new_dossier(
        site, act_kind="gal", municipalities="Amatrice", call=ids["Bando"], need="x", instrument="RETE_CONTRATTO"
    )
    site.post(
        f"/it/dossier/{dossier}/ruoli", data={"role": "care", "theme": "welfare", "good": "nocciole", "sector": "88"}
    )
    role = roles_of(site, dossier)[0]["id"]
    pages = [
        "/it/bandi", f"/it/bandi/{ids['Bando']}", "/it/dossier", "/it/tavoli", "/it/dossier/nuovo?kind=wbo",
        f"/it/dossier/{dossier}", f"/it/dossier/{dossier}/stampa", f"/it/dossier/{dossier}/modifica",
        f"/it/dossier/{dossier}/ascolto", f"/it/dossier/{dossier}/ruoli/{role}?q=cooperativa",
    ]  # fmt: skip
    for address in pages:
        italian = site.get(address)
        other = re.search(r'<link rel="alternate" hreflang="en" href="([^"]+)"', italian.text)
        assert other is not None
        english = site.get(other[1].replace("&amp;", "&"))
        assert (italian.status_code, english.status_code) == (200, 200), address
        for page in (italian.text, english.text):
            assert not re.search(r"\[[a-z]+\.[a-z.\-]+\]", page), address
        back = re.search(r'<link rel="alternate" hreflang="it" href="([^"]+)"', english.text)
        assert back is not None
        assert back[1].split("?")[0] == address.split("?")[0]


def test_a_file_of_dossiers_makes_pages(site: TestClient, own_store: Store, tmp_path: Path) -> None:
    code = next(
        name.value for body in own_store.organisations(Audience.PUBLIC) for name in body.identifiers
        if name.scheme == "tax-code"
    )  # fmt: skip
    dossiers, roles = tmp_path / "d.csv", tmp_path / "r.csv"
    dossiers.write_text("id,purpose,municipalities,need,status\nD1,Filiera corta,Amatrice,mense,in preparazione\n")
    roles.write_text(f"dossier,role,org,state\nD1,capofila,{code},coperto\nD1,trasformazione,,\n")
    assert own_store.load(source("dossiers"), [roles, dossiers]).counts()["added"] == 3
    (found,) = site.get("/api/v1/dossiers").json()["items"]
    assert (found["status"], found["roles_covered"], found["uncovered"]) == (
        "in-preparation", 1, ["trasformazione alimentare"],
    )  # fmt: skip


def test_a_role_of_an_unknown_organisation_is_refused_with_words(site: TestClient) -> None:
    dossier = new_dossier(site)
    site.post(f"/it/dossier/{dossier}/ruoli", data={"words": "il nostro ruolo"})
    (role,) = roles_of(site, dossier)
    here = f"/it/dossier/{dossier}/ruoli/{role['id']}"
    sent = {"act": "filled", "organisation": "nessuno", "seen": hidden(site, dossier, "seen", f"/ruoli/{role['id']}")}
    answer = site.post(here, data=sent, follow_redirects=False)
    assert answer.status_code == 422
    assert "Nessuna organizzazione con questo nome o codice" in answer.text


def test_a_crisis_dossier_can_be_written_by_the_store_only_as_reserved(own_store: Store) -> None:
    made = own_store.create_dossier(
        DossierRecord(key="", title="Fabbrica", kind="wbo", visibility=Visibility.RESERVED), date(2026, 11, 22)
    )
    assert [each.id for each in own_store.dossiers(Audience.OPERATOR)] == [made]
    assert own_store.dossiers(Audience.PUBLIC) == []


def test_a_dossier_shows_what_its_call_asks_of_those_who_take_part(
    site: TestClient, own_store: Store, tmp_path: Path
) -> None:
    asked = '"kind=cooperative; members>=50; group>=2"'
    ids = load_calls(
        own_store, tmp_path, f"B1;Aperto;;{today() + DAY};open;{asked};;{today()}",
        f"B2;Scaduto;;{today() - DAY};open;{asked};;{today()}",
    )  # fmt: skip
    known = {each.name: each.id for each in own_store.organisations(Audience.OPERATOR)}
    dossier = new_dossier(site, call=ids["Aperto"])
    for name in ("Prova Campi", "Prova Orti"):
        site.post(f"/it/dossier/{dossier}/ruoli", data={"words": f"ruolo di {name}"})
        role = next(each for each in roles_of(site, dossier) if each["name"] == f"ruolo di {name}")
        act(site, dossier, str(role["id"]), act="filled", organisation=known[name])
    section = site.get(f"/it/dossier/{dossier}").text.partition('id="del-bando"')[2].partition("</section>")[0]
    rows = re.findall(r'<tr><th scope="row">([^<]+)</th><td>(.*?)</td><td>(.*?)</td></tr>', section, re.DOTALL)
    assert [(name, "Ha almeno 50 soci." in failed, "gruppo" in doubts) for name, failed, doubts in rows] == [
        ("Prova Campi", False, False),
        ("Prova Orti", True, False),
    ]
    own_store.change_dossier(dossier, {"call": ids["Scaduto"]}, today())
    site.app.state.service.snapshots.fresh()  # type: ignore[attr-defined]
    assert 'id="del-bando"' not in site.get(f"/it/dossier/{dossier}").text


# --- two people at one dossier ----------------------------------------------------------------------------------


def test_a_form_opened_before_somebody_elses_change_writes_nothing_and_keeps_what_was_typed(site: TestClient) -> None:
    dossier = new_dossier(site, need="prima", title="Forno")
    shown = {"title": "Forno", "seen": hidden(site, dossier, "seen", "/modifica")}
    address = f"/it/dossier/{dossier}/modifica"
    first = site.post(address, data=shown | {"need": "Serve un forno"}, follow_redirects=False)
    assert first.status_code == 303
    late = site.post(address, data=shown | {"need": "prima", "purpose": "parole del secondo"}, follow_redirects=False)
    assert late.status_code == 409
    assert "parole del secondo" in late.text
    assert "Bisogno" in late.text.split('role="alert"')[1].split("</ul>")[0]
    held = site.get(f"/api/v1/dossiers/{dossier}").json()
    assert (held["need"], held["purpose"]) == ("Serve un forno", None)
    seen = re.search(r'name="seen" value="([^"]+)"', late.text)[1]  # type: ignore[index]
    again = site.post(address, data=shown | {"seen": seen, "need": "deciso insieme"}, follow_redirects=False)
    assert again.status_code == 303
    assert site.get(f"/api/v1/dossiers/{dossier}").json()["need"] == "deciso insieme"
    assert site.post(address, data={"title": "Senza segno"}, follow_redirects=False).status_code == 409


def test_a_line_of_the_log_meanwhile_does_not_stop_a_change(site: TestClient) -> None:
    dossier = new_dossier(site)
    seen = hidden(site, dossier, "seen", "/modifica")
    site.post(f"/it/dossier/{dossier}/registro", data={"kind": "note", "text": "Sentito il comune."})
    answer = site.post(f"/it/dossier/{dossier}/modifica", data={"title": "Due", "seen": seen}, follow_redirects=False)
    assert answer.status_code == 303


def test_taking_back_twice_takes_back_only_the_change_that_was_shown(site: TestClient) -> None:
    dossier = new_dossier(site, need="zero")
    for need in ("uno", "due"):
        seen = hidden(site, dossier, "seen", "/modifica")
        site.post(f"/it/dossier/{dossier}/modifica", data={"title": "Mense", "need": need, "seen": seen})
    shown = {"event": hidden(site, dossier, "event")}
    codes = [
        site.post(f"/it/dossier/{dossier}/annullamento", data=each, follow_redirects=False).status_code
        for each in (shown, shown, {})
    ]
    assert codes == [303, 409, 409]
    assert site.get(f"/api/v1/dossiers/{dossier}").json()["need"] == "uno"


def test_a_long_log_is_shown_a_page_at_a_time(site: TestClient, own_store: Store) -> None:
    dossier = new_dossier(site)
    for line in range(119):
        own_store.add_event(dossier, "note", f"riga numero {line:03}", today())
    site.post(f"/it/dossier/{dossier}/registro", data={"kind": "note", "text": "riga numero 119"})
    shown = [
        re.findall(r"visually-hidden\">: (riga numero \d+)", site.get(f"/it/dossier/{dossier}?log={start}").text)
        for start in (0, 50, 100, 5_000)
    ]
    assert [len(each) for each in shown] == [50, 50, 20, 0]
    assert shown[0][0] == "riga numero 119"
    assert len({line for each in shown for line in each}) == 120
    read = lambda asked: site.get(f"/api/v1/dossiers/{dossier}{asked}").json()["events"]  # noqa: E731
    assert (len(read("")), len(read("?offset=100"))) == (100, 21)


def test_a_call_that_left_its_list_is_never_shown_as_a_code(
    site: TestClient, own_store: Store, tmp_path: Path, visitor_of: Callable[[], TestClient]
) -> None:
    made = load_calls(own_store, tmp_path, "B1;Bando che sparisce;;;;;;")
    dossier = own_store.create_dossier(
        DossierRecord(key="", title="Uno", call=made["Bando che sparisce"], visibility=Visibility.PUBLIC), today()
    )
    file = tmp_path / "altri.csv"
    file.write_text("id;title;opens;closes;state;beneficiaries;municipalities;read_on\nB2;Altro;;;;;;\n")
    own_store.load(source("calls"), [file], complete=True)
    for client in (site, visitor_of()):
        for page in ("", "/stampa"):
            text = client.get(f"/it/dossier/{dossier}{page}").text
            assert made["Bando che sparisce"] not in text
            assert "Bando che sparisce (non è più nei nostri elenchi)" in text
        assert client.get(f"/api/v1/dossiers/{dossier}").json()["call"] == "Bando che sparisce"
    form = site.get(f"/it/dossier/{dossier}/modifica").text
    assert f'value="{made["Bando che sparisce"]}" selected>Bando che sparisce (' in form
    assert hidden(site, dossier, "call_words", "/modifica") == ""
    sent = {"title": "Due", "call": made["Bando che sparisce"], "visibility": "public"}
    sent["seen"] = hidden(site, dossier, "seen", "/modifica")
    assert site.post(f"/it/dossier/{dossier}/modifica", data=sent, follow_redirects=False).status_code == 303
    (held,) = own_store.dossiers(Audience.OPERATOR)
    assert (held.title, held.call) == ("Due", made["Bando che sparisce"])
    other = {"title": "Tre", "call": made["Bando che sparisce"]}
    assert site.post("/it/dossier", data=other, follow_redirects=False).status_code == 422


# --- who could take a role --------------------------------------------------------------------------------------


def role_of(site: TestClient, needs: str, municipalities: str = "Amatrice") -> str:
    """The page of a farming role that asks for this."""
    dossier = new_dossier(site, title="Orti", municipalities=municipalities)
    site.post(f"/it/dossier/{dossier}/ruoli", data={"role": "farming", "good": needs})
    (role,) = roles_of(site, dossier)
    return site.get(f"/it/dossier/{dossier}/ruoli/{role['id']}").text


def test_a_role_that_asks_for_a_good_names_who_makes_it_and_then_who_works_in_its_field(site: TestClient) -> None:
    page = role_of(site, "ortaggi")
    first, _, rest = page.partition("Chi lavora nel campo del ruolo")
    assert "è quello di chi fornisce: ortaggi" in first
    assert "Prova Orti" in first
    assert "Prova Frutteti" in rest
    assert "Prova Frutteti" not in first


def test_where_nobody_makes_it_the_page_says_so_and_how_far_the_nearest_of_the_field_is(site: TestClient) -> None:
    page = role_of(site, "birra", "Leonessa")
    assert "non risulta nessuno nei nostri elenchi" in page
    assert "la più vicina è Prova " in page
    assert "Prova Orti" in page.partition("Chi lavora nel campo del ruolo")[2]


def test_of_two_who_close_or_reopen_the_second_is_refused_and_its_words_stand(site: TestClient) -> None:
    dossier = new_dossier(site, need="prima")
    shown = {"seen": mark_of(site.get(f"/it/dossier/{dossier}").text, "/chiusura")}
    edit = {"title": "Mense", "need": "altro", "seen": hidden(site, dossier, "seen", "/modifica")}
    site.post(f"/it/dossier/{dossier}/modifica", data=edit)
    address = f"/it/dossier/{dossier}/chiusura"
    late = site.post(address, data=shown | {"outcome": "parole del secondo"}, follow_redirects=False)
    assert late.status_code == 409
    assert 'value="parole del secondo"' in late.text
    assert "Bisogno" in late.text.partition('id="fine"')[2].partition("</ul>")[0]
    assert site.get(f"/api/v1/dossiers/{dossier}").json()["closed"] is None
    close(site, dossier, "finanziato")
    gone = site.post(address, data=shown | {"outcome": "altre parole"}, follow_redirects=False)
    assert gone.status_code == 409
    assert "altre parole" in gone.text
    assert site.get(f"/api/v1/dossiers/{dossier}").json()["outcome"] == "finanziato"
    again = {"seen": mark_of(site.get(f"/it/dossier/{dossier}").text, "/riapertura")}
    codes = [
        site.post(f"/it/dossier/{dossier}/riapertura", data=again, follow_redirects=False).status_code for _ in range(2)
    ]
    assert codes == [303, 409]
    wrong = site.post(address, data={"outcome": "ne parla Mario Rossi, mario.rossi@gmail.com"}, follow_redirects=False)
    assert wrong.status_code == 422
    assert 'id="outcome-wrong"' in wrong.text


def one_role(site: TestClient, dossier: str, **typed: str) -> str:
    site.post(f"/it/dossier/{dossier}/ruoli", data=typed)
    return str(roles_of(site, dossier)[-1]["id"])


def test_of_two_acts_on_a_role_the_second_is_refused_with_the_role_as_it_stands(
    site: TestClient, own_store: Store
) -> None:
    known = {each.name: each.id for each in own_store.organisations(Audience.OPERATOR)}
    dossier = new_dossier(site)
    role = one_role(site, dossier, role="farming")
    here = f"/it/dossier/{dossier}/ruoli/{role}"
    shown = {"seen": mark_of(site.get(here).text, f"/ruoli/{role}")}
    first = {"act": "filled", "organisation": known["Prova Campi"], "resources": "due campi"}
    second = {"act": "invited", "organisation": known["Prova Orti"], "resources": "parole del secondo"}
    assert site.post(here, data=shown | first, follow_redirects=False).status_code == 303
    late = site.post(here, data=shown | second, follow_redirects=False)
    assert late.status_code == 409
    assert 'value="parole del secondo"' in late.text
    assert "Prova Campi" in late.text.partition('class="land-lead"')[2].partition("</p>")[0]
    assert [(each["organisation"], each["resources"]) for each in roles_of(site, dossier)] == [
        (known["Prova Campi"], "due campi")
    ]
    now = {"seen": mark_of(late.text, f"/ruoli/{role}")}
    codes = [
        site.post(here, data=each, follow_redirects=False).status_code
        for each in (now | {"act": "left"}, now | {"act": "left"}, {"act": "removed"})
    ]
    assert codes == [303, 409, 409]
    fresh = {"seen": mark_of(site.get(here).text, f"/ruoli/{role}")}
    assert site.post(here, data=fresh | {"act": "left"}, follow_redirects=False).status_code == 422


# --- a role changed, a dossier taken out ------------------------------------------------------------------------


def boxes_of(page: str) -> dict[str, str]:
    """What stands in the boxes of a role's form."""
    form = page.partition('" novalidate>')[2].partition("</form>")[0]
    typed = dict(re.findall(r'<input[^>]* name="(\w+)" value="([^"]*)"', form))
    for name, options in re.findall(r'<select[^>]* name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        typed[name] = "".join(re.findall(r'<option value="([^"]*)" selected', options))
    return typed


def test_a_role_is_changed_in_its_own_form_and_a_form_sent_as_it_came_changes_nothing(
    site: TestClient, own_store: Store
) -> None:
    known = {each.name: each.id for each in own_store.organisations(Audience.OPERATOR)}
    dossier = new_dossier(site)
    asked = ("kind:cooperative", "theme:welfare", "social-type:B", "sector:8130", "good:cleaning", "sector:0113")
    role = own_store.add_role(dossier, "pulizia della sede", today(), needs=asked)
    site.app.state.service.snapshots.fresh()  # type: ignore[attr-defined]
    act(site, dossier, role, act="filled", organisation=known["Prova Lavoro"])
    here = f"/it/dossier/{dossier}/ruoli/{role}/modifica"
    for address in (here, f"/en/dossiers/{dossier}/roles/{role}/edit"):
        page = site.get(address).text
        typed = boxes_of(page)
        assert (typed["words"], typed["kind"], typed["social_type"]) == ("pulizia della sede", "cooperative", "B")
        assert site.post(address, data=typed, follow_redirects=False).status_code == 303
    assert not [each for each in site.get(f"/api/v1/dossiers/{dossier}").json()["events"] if "role-ch" in each["kind"]]
    sent = typed | {"role": "care", "words": "", "theme": ""}
    assert site.post(here, data=sent, follow_redirects=False).status_code == 303
    (now,) = roles_of(site, dossier)
    assert (now["role"], now["organisation"], now["state"]) == ("care", known["Prova Lavoro"], "filled")
    assert set(now["needs"]) == set(asked) - {"theme:welfare"}  # type: ignore[call-overload]
    late = site.post(here, data=typed | {"words": "parole del secondo"}, follow_redirects=False)
    assert late.status_code == 409
    assert boxes_of(late.text)["words"] == "parole del secondo"
    assert site.post(here, data=typed | {"words": ""}, follow_redirects=False).status_code == 422
    page = site.get(f"/it/dossier/{dossier}").text
    assert "Il ruolo «pulizia della sede» ora è:" in page
    assert "ruolo modificato" in page
    site.post(f"/it/dossier/{dossier}/annullamento", data={"event": hidden(site, dossier, "event")})
    assert roles_of(site, dossier)[0]["name"] == "pulizia della sede"


@pytest.mark.parametrize(("kind", "listed"), [("dossier", "/it/dossier"), ("table", "/it/tavoli")])
def test_one_made_by_mistake_is_taken_out_after_asking_and_brought_back_as_it_was(
    site: TestClient, own_store: Store, visitor_of: Callable[[], TestClient], kind: str, listed: str
) -> None:
    known = {each.name: each.id for each in own_store.organisations(Audience.OPERATOR)}
    dossier = new_dossier(site, kind=kind, title="Nato per sbaglio", need="serve", visibility="public")
    role = one_role(site, dossier, role="farming")
    act(site, dossier, role, act="filled", organisation=known["Prova Campi"])
    noted = own_store.record_outcome(
        ContactOutcome(
            id="", asker=known["Prova Campi"], partner=known["Prova Orti"], kind="aggregation", step="met",
            date=today(), by_role="presidency", dossier=dossier,
        )
    )  # fmt: skip
    site.app.state.service.snapshots.fresh()  # type: ignore[attr-defined]
    before = site.get(f"/api/v1/dossiers/{dossier}").json()
    ask = f"/it/dossier/{dossier}/elimina"
    assert f'href="{ask}"' in site.get(f"/it/dossier/{dossier}").text
    page = site.get(ask).text
    assert "1 esito annotato resta" in page
    assert "Ruoli (1, coperti 1)" in page
    visitor = visitor_of()
    assert (visitor.get(f"/it/dossier/{dossier}").status_code, visitor.get(ask).status_code) == (200, 404)
    answer = site.post(ask, follow_redirects=False)
    assert answer.headers["location"] == f"{listed}?done=removed#tolti"
    for client in (site, visitor_of()):
        for address in (f"/it/dossier/{dossier}", f"/it/dossier/{dossier}/stampa", f"/api/v1/dossiers/{dossier}"):
            assert client.get(address).status_code == 404, address
    assert "Nato per sbaglio" not in visitor_of().get(listed).text
    assert "Nato per sbaglio" not in site.get(f"/it/organizzazioni/{known['Prova Campi']}").text
    step = site.get(f"/it/esiti/{noted}").text
    assert dossier not in step
    kept = {"kind": "aggregation", "step": "agreed", "date": str(today()), "by_role": "presidency"}
    sent = kept | {"visibility": "federation", "dossier": "", "seen": mark_of(step, f"/esiti/{noted}")}
    assert site.post(f"/it/esiti/{noted}", data=sent, follow_redirects=False).status_code == 303
    (found,) = own_store.outcomes(Audience.OPERATOR)
    assert (found.step, found.dossier) == ("agreed", dossier)
    back = re.search(rf'action="(/it/dossier/{dossier}/ripristino)"', site.get(listed).text)
    assert back
    for _twice in range(2):
        assert site.post(back[1], follow_redirects=False).headers["location"] == f"/it/dossier/{dossier}?done=restored"
    assert site.get(f"/api/v1/dossiers/{dossier}").json() == before
    assert visitor_of().get(f"/it/dossier/{dossier}").status_code == 200
    assert site.post("/it/dossier/nessuno/ripristino", follow_redirects=False).status_code == 404


# --- what a form may set, what a reader may see -----------------------------------------------------------------


def test_no_form_closes_a_dossier_and_the_form_of_a_closed_one_offers_no_status(site: TestClient) -> None:
    assert (
        site.post("/it/dossier", data={"title": "Uno", "status": "closed"}, follow_redirects=False).status_code == 422
    )
    dossier = new_dossier(site, status="running")
    offered = r'<option value="running" selected|<option value="closed"'
    assert re.findall(offered, site.get(f"/it/dossier/{dossier}/modifica").text) == ['<option value="running" selected']
    sent = {"title": "Uno", "seen": hidden(site, dossier, "seen", "/modifica")}
    answer = site.post(f"/it/dossier/{dossier}/modifica", data=sent | {"status": "closed"}, follow_redirects=False)
    assert answer.status_code == 422
    close(site, dossier, "finito")
    page = site.get(f"/it/dossier/{dossier}/modifica").text
    assert 'name="status"' not in page
    assert "Si riapre dalla sua pagina" in page
    sent = {"title": "Due", "seen": hidden(site, dossier, "seen", "/modifica")}
    assert site.post(f"/it/dossier/{dossier}/modifica", data=sent, follow_redirects=False).status_code == 303
    held = site.get(f"/api/v1/dossiers/{dossier}").json()
    assert (held["title"], held["status"], held["outcome"]) == ("Due", "closed", "finito")


def test_a_call_of_the_federation_gives_the_public_neither_its_name_nor_its_id(
    site: TestClient, own_store: Store, tmp_path: Path, visitor_of: Callable[[], TestClient]
) -> None:
    file = tmp_path / "bandi.csv"
    file.write_text("id;title;read_on;visibility\nB1;Bando per pochi;;federation\n")
    assert own_store.load(source("calls"), [file]).rejected == 0
    (call,) = own_store.calls(Audience.OPERATOR)
    dossier = own_store.create_dossier(
        DossierRecord(key="", title="Uno", call=call.id, visibility=Visibility.PUBLIC), today()
    )
    visitor = visitor_of()
    for page in (f"/it/dossier/{dossier}", f"/it/dossier/{dossier}/stampa", "/it/dossier", "/api/v1/dossiers"):
        text = visitor.get(page).text
        assert "Uno" in text
        assert call.id not in text
        assert "Bando per pochi" not in text
    assert visitor.get(f"/api/v1/dossiers/{dossier}").json()["call"] is None
    assert "un bando che non è negli elenchi di chi legge" in visitor.get(f"/it/dossier/{dossier}").text
    assert site.get(f"/api/v1/dossiers/{dossier}").json()["call"] == call.id


def test_a_table_is_called_a_table(site: TestClient) -> None:
    made = site.post("/it/dossier", data={"kind": "table", "title": "Uno", "need": "serve"}, follow_redirects=True).text
    assert "Tavolo aperto." in made.partition('role="status">')[2].partition("</p>")[0]
    eyebrow = r'class="land-eyebrow">(.*?)</p>'
    assert re.findall(r">([^<]+)<", re.findall(eyebrow, made)[0]) == ["Tavoli"]
    page = made.partition("<main")[2].partition("</main>")[0]
    assert not re.findall(r"[^<>]*[Ii]l dossier[^<>]*|[^<>]*Dossier (?:aperto|chiuso)[^<>]*", page)
    dossier = site.get(f"/it/dossier/{new_dossier(site)}").text
    assert re.findall(r">([^<]+)<", re.findall(eyebrow, dossier)[0]) == ["Dossier"]
    assert "Dossier aperto." in dossier


def test_a_call_that_is_no_longer_public_leaves_the_pages_of_a_dossier_at_once(
    own_store: Store, tmp_path: Path, visitor_of: Callable[[], TestClient]
) -> None:
    file = tmp_path / "bandi.csv"
    for visibility, shown in (("public", True), ("federation", False)):
        file.write_text(f"id;title;read_on;visibility\nB1;Bando per pochi;;{visibility}\n")
        assert own_store.load(source("calls"), [file]).rejected == 0
        if shown:
            (call,) = own_store.calls(Audience.OPERATOR)
            dossier = own_store.create_dossier(
                DossierRecord(key="", title="Uno", call=call.id, visibility=Visibility.PUBLIC), today()
            )
            visitor = visitor_of()
        visitor.app.state.service.snapshots.fresh()  # type: ignore[attr-defined]
        page, answer = visitor.get(f"/it/dossier/{dossier}").text, visitor.get(f"/api/v1/dossiers/{dossier}").json()
        assert ("Bando per pochi" in page, answer["call"]) == (shown, call.id if shown else None)
