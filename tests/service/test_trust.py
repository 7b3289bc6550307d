"""What must never happen: a fault from hostile input, an echo of it, a leak to the public, a call to the outside."""

import contextlib
import json
import logging
import re
import socket
import urllib.request
from datetime import date, timedelta
from itertools import product
from urllib.parse import quote

import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from data.errors import UnknownOrganisation
from data.identity import organisation_id
from data.model import Evidence, Identifier, OrganisationKind, Visibility
from data.records import (
    Accepted,
    Assertion,
    DeclarationRecord,
    OrganisationRecord,
    ParticipationRecord,
    SiteRecord,
    Source,
    SourceInfo,
)
from service.logs import JsonLines
from service.partner_query import NAMES
from service.routes import routers
from service.serving import server_config
from service.settings import Settings
from service.snapshot import today
from service.templating import FILTERS

API = "/api/v1"
SEEN_CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
CASES = 22
MOST_BYTES = 4_096
MARK = "Zq7Echo"


# --- generated requests -----------------------------------------------------------------------------------


def run_generated(address, headers, **only):
    """Asks every operation of the API with generated right and wrong values; returns how many requests were made."""
    schema = schemathesis.openapi.from_url(f"{address}{API}/openapi.json")
    schema = schema.include(**only) if only else schema
    asked = 0
    with requests.Session() as session:
        for found in schema.get_all_operations():
            operation = found.ok()
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

                @hypothesis.settings(
                    max_examples=CASES,
                    database=None,
                    deadline=None,
                    derandomize=True,
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                )
                @given(case=operation.as_strategy(generation_mode=mode))
                def ask(case):
                    nonlocal asked
                    asked += 1
                    response = case.call(session=session, headers={**headers, "origin": address})
                    case.validate_response(response, checks=SEEN_CHECKS)
                    if response.status_code >= 400:
                        assert len(response.content) <= MOST_BYTES

                with contextlib.suppress(hypothesis.errors.Unsatisfiable):
                    ask()
    return asked


@pytest.mark.parametrize("public", [True, False])
def test_generated_requests_find_no_fault(own_file, server_of, public):
    with server_of(own_file, public=public) as address:
        assert run_generated(address, {"sec-fetch-site": "same-origin"}) >= 550


def test_the_generated_requests_would_find_a_fault(own_file, server_of):
    planted = "from service.snapshot import Snapshot\nSnapshot.search = lambda *_: 1 / 0"
    with server_of(own_file, before=planted) as address, pytest.raises(FailureGroup):
        run_generated(address, {"sec-fetch-site": "same-origin"}, path=f"{API}/search")


# --- hostile requests by hand -----------------------------------------------------------------------------

FIELDS = '"organisation": "058091", "says": "seeks", "what": "pane"'
BODIES = {
    "nan": f'{{{FIELDS}, "quantity": NaN}}',
    "infinity": f'{{{FIELDS}, "quantity": -Infinity}}',
    "1e999": f'{{{FIELDS}, "quantity": 1e999}}',
    "huge integer": f'{{{FIELDS}, "quantity": {"9" * 5_000}}}',
    "lone surrogate": '{"organisation": "058091", "says": "seeks", "what": "Zq7Echo \\ud800"}',
    "surrogate key": f'{{{FIELDS}, "\\udfffZq7Echo": 1}}',
    "nul": '{"organisation": "058091", "says": "seeks", "what": "Zq7Echo \\u0000"}',
    "unknown field": f'{{{FIELDS}, "Zq7Echo": 1}}',
    "long string": f'{{"organisation": "058091", "says": "seeks", "what": "{"Zq7Echo" * 30_000}"}}',
    "ten megabytes": f'{{"organisation": "058091", "says": "seeks", "what": "{"Zq7Echo" * 1_500_000}"}}',
    "deep lists": "[" * 100_000,
    "deep objects": '{"a":' * 100_000,
    "deep and closed": "[" * 50_000 + "]" * 50_000,
    "list": "[1, 2]",
    "text": '"Zq7Echo"',
    "null": "null",
    "nothing": "",
    "open": '{"organisation": "Zq7Echo',
    "date": f'{{{FIELDS}, "valid_from": "2026-02-30"}}',
    "far date": f'{{{FIELDS}, "valid_from": "99999-01-01"}}',
    "bad enum": f'{{{FIELDS}, "visibility": "Zq7Echo"}}',
    "wrong type": '{"organisation": {"Zq7Echo": []}, "says": [], "what": 5}',
    "unknown owner": '{"organisation": "Zq7Echo", "says": "seeks", "what": "pane"}',
    "unknown comune": f'{{{FIELDS}, "municipality": "000000"}}',
}
RAW_BODIES = {
    "not utf-8": b'{"organisation": "\xff\xfe\xed\xa0\x80"}',
    "utf-16": '{"organisation": "058091"}'.encode("utf-16"),
    "binary": bytes(range(256)),
}


@pytest.mark.parametrize("where", ["declarations", "corrections"])
@pytest.mark.parametrize("name", [*BODIES, *RAW_BODIES])
def test_a_hostile_body_is_refused_without_an_echo(operator, visitor, own_page, where, name):
    body = BODIES[name].encode() if name in BODIES else RAW_BODIES[name]
    headers = {**own_page, "content-type": "application/json"}
    answer = operator.post(f"{API}/{where}", content=body, headers=headers)
    assert 400 <= answer.status_code < 500, answer.text[:200]
    assert_plain(answer)
    assert visitor.post(f"{API}/{where}", content=body, headers=headers).status_code == 403


TWICE = {
    "declarations": f'{{{FIELDS}, "says": "offers"}}',
    "corrections": '{"organisation": "058091", "field": "name", "value": ["a"], "field": "purpose", "value": "b"}',
    "deeper": '{"organisation": "058091", "says": {"a": 1, "\\u0061": 2}, "what": "pane"}',
}


@pytest.mark.parametrize("name", TWICE)
def test_a_key_said_twice_is_refused(own_store, client_of, own_page, name):
    headers = {**own_page, "content-type": "application/json; charset=utf-8"}
    before = own_store.version()
    where = name if name != "deeper" else "declarations"
    answer = client_of(own_store).post(f"{API}/{where}", content=TWICE[name], headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "repeated-key")
    assert own_store.version() == before


PERSONAL = (
    "RSSMRA80A01H501U", "cerco rssmra80a01h501u, idraulico", "scrivere a mario.rossi@gmail.com",
    "RSSMRA\u200b80A01H501U",
)  # fmt: skip


@pytest.mark.parametrize(
    ("field", "text"),
    [("unit", PERSONAL[0]), *product(["what", "purpose", "name", "certifications", "website"], PERSONAL)],
)
def test_what_tells_of_a_person_is_refused_in_words(own_store, client_of, own_page, field, text):
    client, before = client_of(own_store), own_store.version()
    if field in {"what", "unit"}:
        said = {"organisation": "058091", "says": "seeks", "what": "pane", field: text}
        answer = client.post(f"{API}/declarations?lang=it", json=said, headers=own_page)
    else:
        value = {"certifications": [text], "website": f"https://a.example/{text.replace(' ', '/')}"}.get(field, text)
        said = {"organisation": "058091", "field": field, "value": value}
        answer = client.post(f"{API}/corrections?lang=it", json=said, headers=own_page)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "unfit-text")
    assert "non si può conservare" in answer.json()["error"]["message"]
    assert "ossi" not in answer.text
    assert "RSSMRA" not in answer.text.upper()
    assert own_store.version() == before


@pytest.mark.parametrize("text", ["cell. 347 1234567", "06/12345678", "conto IT60X0542811101000000123456"])
@pytest.mark.parametrize("field", ["what", "purpose", "name", "certifications"])
def test_telephones_and_accounts_are_refused_in_words(own_store, client_of, own_page, field, text):
    client, before = client_of(own_store), own_store.version()
    said = {"organisation": "058091", "field": field, "value": [text] if field == "certifications" else text}
    if field == "what":
        said = {"organisation": "058091", "says": "seeks", "what": text}
    where = "declarations" if field == "what" else "corrections"
    answer = client.post(f"{API}/{where}?lang=it", json=said, headers=own_page)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "unfit-text")
    assert re.search("telefono|IBAN", answer.json()["error"]["message"])
    assert text not in answer.text
    assert own_store.version() == before


def test_an_office_mailbox_and_one_named_after_the_body_may_be_written(own_store, client_of, own_page):
    client = client_of(own_store)
    for text in ("Scrivere a info@a.example", "Scrivere a romacapitale@a.example"):
        said = {"organisation": "058091", "field": "purpose", "value": text}
        assert client.post(f"{API}/corrections", json=said, headers=own_page).status_code == 201


@pytest.mark.parametrize(
    "address",
    ["http://[::1", 'https://a b.example/"><script>', 'https://a.example/"><script>', "https://a.example/<b>",
     "https://user@a.example", "ftp://a.example", "https://", "https://a.example:99999/", "//", "http://]["],
)  # fmt: skip
def test_a_web_address_that_is_none_is_refused(own_store, client_of, own_page, address):
    said = {"organisation": "058091", "field": "website", "value": address}
    answer = client_of(own_store).post(f"{API}/corrections", json=said, headers=own_page)
    assert answer.status_code == 422
    assert "script" not in answer.text


DAY = today()


@pytest.mark.parametrize(
    "period",
    [
        {"valid_until": str(DAY - timedelta(2))}, {"valid_until": "1000-01-01"}, {"valid_from": "9999-01-01"},
        {"valid_from": str(DAY + timedelta(20)), "valid_until": str(DAY + timedelta(10))},
        {"what": "\u200b\u2060"}, {"what": "\u202e"}, {"what": "x"}, {"unit": "\u200b"},
    ],
)  # fmt: skip
def test_a_declaration_that_says_nothing_valid_is_refused(own_store, client_of, own_page, period):
    before = own_store.version()
    said = {"organisation": "058091", "says": "seeks", "what": "pane", **period}
    answer = client_of(own_store).post(f"{API}/declarations", json=said, headers=own_page)
    assert answer.status_code == 422, answer.text
    assert own_store.version() == before


def test_hidden_characters_do_not_reach_the_store(own_store, client_of, own_page):
    client = client_of(own_store)
    said = {"organisation": "058091", "says": "seeks", "what": "pa\u200bne  \u202efresco", "unit": "k\u2060g",
            "valid_from": str(DAY), "valid_until": str(DAY + timedelta(1))}  # fmt: skip
    made = client.post(f"{API}/declarations", json=said, headers=own_page)
    assert made.status_code == 201
    rows = client.get(f"{API}/organisations/058091").json()["declarations"]
    assert [(row["what"], row["unit"]) for row in rows if row["id"] == made.json()["id"]] == [("pane fresco", "kg")]
    said = {"organisation": "058091", "field": "name", "value": "Ro\u200bma\u202e  Capitale"}
    assert client.post(f"{API}/corrections", json=said, headers=own_page).status_code == 201
    assert client.get(f"{API}/organisations/058091").json()["name"] == "Roma Capitale"


def assert_plain(answer):
    """A short error of our shape that repeats nothing of what was sent."""
    assert len(answer.content) <= MOST_BYTES
    assert set(answer.json()["error"]) == {"code", "message", "request_id"}
    assert MARK not in answer.text
    assert MARK not in str(answer.headers)


HOSTILE = [
    MARK + "'; DROP TABLE organisation;--", MARK + "{{7*7}}${7*7}<script>", MARK + "\x00", MARK + "../../etc/passwd",
    MARK + "\r\nSet-Cookie: a=b", MARK * 2_000, "%s%n" + MARK, "\ud83d" + MARK, "٣" * 6, "999999", "-1", "1e999", "NaN",
    "0x10", " ", "é" * 100, "＝１＋１" + MARK,
]  # fmt: skip
PARAMETERS = [
    ("organisations", "limit"), ("organisations", "offset"), ("organisations", "kind"), ("organisations", "sector"),
    ("organisations", "municipality"), ("organisations", "category"), ("search", "q"), ("search", "limit"),
    ("municipalities", "province"), ("sites", "kind"), ("sites", "availability"), ("graph", "organisation"),
    ("graph", "limit"), ("organisations/058091/partners", "kind"), ("organisations/058091/partners", "max_km"),
    ("kinds", "lang"),
]  # fmt: skip


@pytest.mark.parametrize(("where", "name"), PARAMETERS)
def test_a_hostile_parameter_is_refused_or_finds_nothing(client, where, name):
    for value in HOSTILE:
        written = quote(value, errors="surrogatepass")
        answer = client.get(f"{API}/{where}?{name}={written}&={written}")
        assert answer.status_code in {200, 404, 422}, (value[:40], answer.text[:200])
        assert MARK not in answer.text
        if answer.status_code != 200:
            assert_plain(answer)


@pytest.mark.parametrize(
    "path",
    [
        "organisations/%00", "organisations/%ED%A0%80", "organisations/%FF%FE", "organisations/..%2F..%2Fetc",
        "organisations/" + "Zq7Echo" * 1_000, "municipalities/Zq7Echo", "municipalities/%0a05709",
        "declarations/Zq7Echo", "organisations/Zq7Echo/partners?kind=aggregation", "Zq7Echo",
    ],
)  # fmt: skip
def test_a_hostile_path_is_refused_without_an_echo(client, path):
    answer = client.get(f"{API}/{path}")
    assert answer.status_code in {404, 405, 422}
    assert_plain(answer)


@pytest.mark.parametrize(
    "path", ["/static/../settings.py", "/static/%2e%2e/settings.py", "/static//etc/passwd", "/static/"]
)
def test_static_files_stay_in_their_folder(client, path):
    assert client.get(path).status_code == 404


# --- what the public may know -----------------------------------------------------------------------------

CANARY = "Canarino7391"


@pytest.fixture
def store_with_canary(own_store):
    """Reserved and federation rows and fields, each with the canary in every text it takes."""
    key, shown = Identifier("key:canary", f"{CANARY}-key"), Identifier("tax-code", "80000000028")

    def body(names, openness, **fields):
        known = [
            Assertion("name", fields.pop("name"), visibility=openness),
            Assertion("kind", OrganisationKind.COOPERATIVE),
        ]
        return OrganisationRecord(
            names, tuple(known + [Assertion(field, value, visibility=way) for field, (value, way) in fields.items()])
        )

    hidden = body((key,), Visibility.RESERVED, name=f"{CANARY} nascosta", purpose=(CANARY, Visibility.PUBLIC))
    federal = body(
        (Identifier("key:canary", f"{CANARY}-two"),), Visibility.FEDERATION, name=f"{CANARY} soci",
        municipality=("057001", Visibility.PUBLIC),
    )  # fmt: skip
    half = body(
        (shown,), Visibility.PUBLIC, name="Cooperativa Visibile", purpose=(CANARY, Visibility.RESERVED),
        federation=(CANARY, Visibility.FEDERATION), revenue=(73917391.0, Visibility.RESERVED),
        municipality=("057001", Visibility.PUBLIC), website=(f"https://{CANARY}.example", Visibility.RESERVED),
    )  # fmt: skip
    said = [
        DeclarationRecord(organisation=owner, says="seeks", what=f"{CANARY} {way}", visibility=way)
        for owner, way in ((key, Visibility.PUBLIC), (shown, Visibility.RESERVED), (shown, Visibility.FEDERATION))
    ]
    places = [SiteRecord(name=f"{CANARY} casa", kind="school", municipality="057001", visibility=Visibility.RESERVED)]
    joint = [
        ParticipationRecord(project=f"{CANARY}-p", organisation=key, text=CANARY, date=date(2025, 1, 1)),
        ParticipationRecord(project="open-p", organisation=shown, date=date(2025, 1, 1)),
    ]
    records = (hidden, federal, half, *said, *places, *joint)
    info = SourceInfo("canary", "Prova", "Trial", "-", "-", evidence=Evidence.DECLARED)
    rows = [Accepted(line, f"{CANARY}-{line}", (record,), f"{CANARY}.csv") for line, record in enumerate(records, 2)]
    report = own_store.load(Source(info, lambda _paths, _options: iter(rows)), [])
    assert report.rejected == 0
    return own_store


def addresses(client):
    """Every GET address of the API that can be asked, parameters filled with things that exist."""
    shown = client.get(f"{API}/search?q=80000000028").json()["organisations"][0]["id"]
    yield from (f"{API}/organisations?limit=500&offset={offset}" for offset in range(0, 2_500, 500))
    yield from (f"{API}/organisations/{name}" for name in (shown, "80000000028", "057001"))
    for kind in ("aggregation", "supply-chain", "public-private"):
        for owner in (shown, "057001", "058091"):
            yield f"{API}/organisations/{owner}/partners?kind={kind}&limit=500"
            yield f"{API}/organisations/{owner}/partners?kind={kind}&limit=500&format=csv"
    yield from (f"{API}/search?limit=50&q={text}" for text in (CANARY, "cooperativa", "accumoli", "visibile"))
    yield from (f"{API}/municipalities", f"{API}/municipalities/057001", f"{API}/sites?limit=500", f"{API}/sources")
    yield from (f"{API}/loads", f"{API}/kinds", f"{API}/rules", f"{API}/instruments", f"{API}/graph?limit=20000")
    # Dossiers and calls are walked with their own canaries in tests/trust.
    yield from (f"{API}/{what}{rest}" for what in ("calls", "dossiers") for rest in ("", f"/{CANARY}"))
    yield from (f"{API}/graph?organisation={shown}", f"{API}/organisations/{CANARY}-key", API, f"{API}/openapi.json")
    for path in sorted(set(page_paths())):
        for name in (
            (shown, "057001", "organisations", "sites", "population", "declared-needs") if "{" in path else ("",)
        ):
            yield re.sub(r"\{[^}]+\}", name, path) + f"?q={CANARY[:6]}"


def test_the_public_sees_no_reserved_row_or_field(store_with_canary, client_of):
    visitor, operator = client_of(store_with_canary, public=True), client_of(store_with_canary)
    asked = list(addresses(visitor))
    schema = visitor.get(f"{API}/openapi.json").json()
    listed = {path for path, operations in schema["paths"].items() if "get" in operations}
    covered = {address.partition("?")[0] for address in asked}
    for path in listed - {"/health/live", "/health/ready"}:
        fixed = path.partition("{")[0]
        assert any(address.startswith(fixed) for address in covered), f"{path} is not looked at"
    for address in asked:
        text = visitor.get(address).text
        assert CANARY.casefold() not in text.casefold(), address
        assert "73917391" not in text, address
    leaks = [address for address in asked if CANARY in operator.get(address).text]
    assert len(leaks) >= 8, "the canary is seen where it may be seen, so the check can fail"


@pytest.fixture
def store_with_own_key(own_store):
    """A public cooperative that a private file calls by a key of its own, and an id that was merged into it."""
    key, shown = Identifier("key:soci", "SOCIO-001"), Identifier("tax-code", "80000000028")
    said = (Assertion("name", "Cooperativa Visibile"), Assertion("kind", OrganisationKind.COOPERATIVE))
    info = SourceInfo("soci", "Prova", "Trial", "-", "-", evidence=Evidence.DECLARED)
    for number, names in enumerate([(key,), (shown,), (shown, key)]):
        rows = [Accepted(2, f"row-{number}", (OrganisationRecord(names, said),), "soci.csv")]
        assert own_store.load(Source(info, lambda _paths, _options, rows=rows: iter(rows)), []).rejected == 0
    return own_store


def test_the_public_does_not_learn_the_keys_of_private_files(store_with_own_key, client_of):
    visitor, operator = client_of(store_with_own_key, public=True), client_of(store_with_own_key)
    for path in ("organisations/SOCIO-001", "organisations/SOCIO-001/partners?kind=aggregation",
                 "graph?organisation=SOCIO-001"):  # fmt: skip
        assert operator.get(f"{API}/{path}").status_code == 200
        assert visitor.get(f"{API}/{path}").status_code == 404, path
    for path in ("/it/organizzazioni/SOCIO-001", "/en/organisations/SOCIO-001/partners/aggregation"):
        assert operator.get(path).status_code == 200
        assert visitor.get(path, follow_redirects=False).status_code == 404
    assert visitor.get(f"{API}/organisations/80000000028").status_code == 200
    merged = {
        organisation_id(Identifier("key:soci", "SOCIO-001")),
        organisation_id(Identifier("tax-code", "80000000028")),
    }
    assert {visitor.get(f"{API}/organisations/{name}").status_code for name in merged} == {200}


def test_what_is_not_public_does_not_even_exist(store_with_canary, client_of):
    hidden = store_with_canary.resolve(f"{CANARY}-key")
    visitor = client_of(store_with_canary, public=True)
    for name in (hidden, f"{CANARY}-key"):
        answer = visitor.get(f"{API}/organisations/{name}")
        nothing = visitor.get(f"{API}/organisations/no-such-body")
        assert answer.status_code == nothing.status_code == 404
        assert answer.json()["error"]["message"] == nothing.json()["error"]["message"]
    with pytest.raises(UnknownOrganisation):
        store_with_canary.resolve("no-such-body")


# --- logs and the outside ---------------------------------------------------------------------------------


def test_logs_hold_routes_and_times_never_what_was_asked(example_store, client_of, caplog, monkeypatch):
    client = client_of(example_store)
    with caplog.at_level(logging.DEBUG):
        client.get(f"{API}/search", params={"q": MARK})
        client.get(f"{API}/organisations/{MARK}")
        client.get(f"{API}/{MARK}", headers={"user-agent": MARK, "referer": f"http://x/{MARK}"})

        def broken(*_):
            raise RuntimeError(MARK)

        monkeypatch.setattr("service.snapshot.Snapshot.search", broken)
        client.get(f"{API}/search", params={"q": MARK})
    ours = [record for record in caplog.records if record.name.startswith("service")]
    lines = [JsonLines().format(record) for record in ours]
    assert not [line for line in lines if MARK in line]
    written = [json.loads(line) for line in lines]
    requests_logged = [entry for entry in written if entry["message"] == "request"]
    assert [(entry["route"], entry["status"]) for entry in requests_logged] == [
        (f"{API}/search", 200), (f"{API}/organisations/{{organisation}}", 404), ("-", 404), (f"{API}/search", 500),
    ]  # fmt: skip
    fault = next(entry for entry in written if entry["message"] == "request failed")
    assert fault["exception"][0] == "RuntimeError"
    assert fault["request_id"] == requests_logged[-1]["request_id"]


def test_serving_calls_nobody(own_store, client_of, own_page, no_network):
    for public in (False, True):
        client = client_of(own_store, public=public)
        for address in (
            "search?q=roma", "organisations?limit=10", "organisations/058091", "municipalities/057001", "sites",
            "organisations/058091/partners?kind=public-private", "graph", "sources", "loads", "rules", "openapi.json",
        ):  # fmt: skip
            assert client.get(f"{API}/{address}").status_code == 200
    said = {"organisation": "058091", "says": "seeks", "what": "pane"}
    assert client_of(own_store).post(f"{API}/declarations", json=said, headers=own_page).status_code == 201
    assert no_network == []


def test_the_guard_of_the_network_would_see_a_call(no_network):
    with pytest.raises(OSError, match="example"):
        urllib.request.urlopen("http://land.example/", timeout=2)
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(("192.0.2.1", 80))
    assert no_network == ["land.example", ("192.0.2.1", 80)]


# --- pages and map data -----------------------------------------------------------------------------------

FILLED = {"istat": "057001", "name": "058091", "organisation": "058091"}


WRONG_NAMES = (quote(MARK + "<svg onload=alert(1)>{{7*7}}"), "%00", "%ED%A0%80", "..%2f..%2fetc%2fpasswd")
ASKED = (
    "q",
    "kind",
    "sector",
    "province",
    "limit",
    "with",
    "indicator",
    "classes",
    "done",
    "correct",
    "size",
    "scheme",
)


def page_paths():
    """Every GET path outside the API, as it is written in the routes."""
    for router in routers():
        for route in router.routes:
            if "GET" in (route.methods or ()) and not route.path.startswith(("/api/", "/health/")):
                yield route.path


def page_addresses():
    """Every page with each hostile value in every question, and with each hostile name in its places."""
    for path in sorted(set(page_paths())):
        good = re.sub(r"\{([^}:]+)[^}]*\}", lambda found: FILLED.get(found.group(1), "aggregation"), path)
        yield good
        for value in HOSTILE:
            yield f"{good}?" + "&".join(f"{name}={quote(value[:2_000], errors='surrogatepass')}" for name in ASKED)
        if "{" in path:
            yield from (re.sub(r"\{[^}]+\}", name, path) for name in WRONG_NAMES)


def test_no_page_breaks_on_hostile_addresses(client):
    addresses_asked = list(page_addresses())
    assert len(addresses_asked) > 300
    for address in addresses_asked:
        answer = client.get(address, follow_redirects=False)
        assert answer.status_code < 500, address[:200]
        assert f"{MARK}<svg" not in answer.text
        assert f"{MARK}49" not in answer.text
        if answer.status_code >= 400:
            assert len(answer.content) <= MOST_BYTES, address[:200]


@pytest.mark.parametrize("path", ["/it/nulla/", "/en/search?x=1&q=", "/it/organizzazioni/"])
def test_an_error_page_repeats_nothing_and_stays_small(client, path):
    for sent in (MARK, MARK * 150, MARK * 150 + "&" + "&".join(f"{MARK}{n}=1" for n in range(3_000))):
        answer = client.get(path + sent, headers={"accept": "text/html"})
        if answer.status_code == 200:
            continue
        assert answer.status_code in {404, 422}
        assert answer.headers["content-type"].startswith("text/html")
        assert len(answer.content) <= MOST_BYTES
        assert MARK not in answer.text


def test_the_link_to_the_other_language_carries_what_was_asked_and_nothing_else(client):
    plain = client.get("/it/cerca?q=roma")
    assert 'href="/en/search?q=roma"' in plain.text
    crowd = "&".join(f"p{number}={number}" for number in range(4_000))
    assert client.get(f"/it/cerca?q=roma&{crowd}").text == plain.text
    body = client.get("/it/organizzazioni/058091", follow_redirects=True).url.path
    assert len(client.get(f"{body}?{crowd}").content) < len(client.get(body).content) + 100
    many = "&".join(f"q={'a' * 100}{number}" for number in range(400))
    assert len(client.get(f"/it/cerca?{many}").content) < len(plain.content) + 20_000
    filtered = client.get(f"{body}/partner/pubblico-privato?km=30&province=RM&certain=1&n=20&x=1").text
    assert "partners/public-private?km=30&amp;province=RM&amp;certain=1&amp;n=20" in filtered
    assert set(NAMES) == FILTERS


# --- HEAD, and who is asking ------------------------------------------------------------------------------


def test_head_answers_like_get_without_a_body(client):
    paths = [re.sub(r"\{([^}:]+)[^}]*\}", lambda found: FILLED.get(found.group(1), "aggregation"), path)
             for path in sorted(set(page_paths()))]  # fmt: skip
    schema = client.get(f"{API}/openapi.json").json()
    paths += [path for path, ways in schema["paths"].items() if "get" in ways and "{" not in path]
    paths += [f"{API}/organisations/058091", f"{API}/search?q=roma", "/static/css/land.css", f"{API}/declarations"]
    assert {"/health/live", "/health/ready", "/it", f"{API}/organisations"} <= set(paths)
    for path in paths:
        head, get = (
            client.request(way, path, follow_redirects=False, headers={"accept-encoding": "identity"})
            for way in ("HEAD", "GET")
        )
        assert head.status_code == get.status_code, path
        assert head.content == b""
        assert {**head.headers, "x-request-id": ""} == {**get.headers, "x-request-id": ""}, path
    assert not any("head" in ways for ways in schema["paths"].values())
    assert client.head("/it/nulla").status_code == 404


def test_head_is_logged_as_what_it_is(operator, caplog):
    with caplog.at_level(logging.INFO):
        operator.head(f"{API}/municipalities/057001")
    seen = [json.loads(JsonLines().format(record)) for record in caplog.records if record.message == "request"]
    assert [(entry["method"], entry["route"]) for entry in seen] == [("HEAD", f"{API}/municipalities/{{istat}}")]


def asked_from_everywhere(store, **given):
    """Statuses of ten searches that each say to come from another address, over a loopback connection."""
    config = server_config(Settings(store="unused", public=True, rate_limit=3, **given), store)
    config.load()
    client = TestClient(config.loaded_app, client=("127.0.0.1", 50_000))
    return [
        client.get(f"{API}/search?q=roma", headers={"x-forwarded-for": f"192.0.2.{number}"}).status_code
        for number in range(10)
    ]


def test_a_header_does_not_make_another_visitor(example_store):
    assert asked_from_everywhere(example_store) == [200] * 3 + [429] * 7
    assert asked_from_everywhere(example_store, trusted_proxies="10.0.0.0/8") == [200] * 3 + [429] * 7
    assert asked_from_everywhere(example_store, trusted_proxies="127.0.0.1") == [200] * 10
