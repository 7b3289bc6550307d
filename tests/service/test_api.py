"""The JSON API over the demonstration organisations: answers, filters, limits, writes, errors."""

import csv
import io
import json

import pytest

from data.model import Audience, OrganisationKind

API = "/api/v1"


@pytest.fixture(scope="module")
def bodies(example_store):
    return example_store.organisations(Audience.OPERATOR)


@pytest.fixture(scope="module")
def cooperative(bodies):
    return next(body for body in bodies if body.kind is OrganisationKind.COOPERATIVE and body.sector)


# --- reading ----------------------------------------------------------------------------------------------


def test_the_list_of_organisations_is_paged_and_filtered(client, bodies):
    first = client.get(f"{API}/organisations", params={"limit": 500}).json()
    second = client.get(f"{API}/organisations", params={"limit": 500, "offset": 500}).json()
    assert first["total"] == len(bodies)
    ids = [item["id"] for item in first["items"] + second["items"]]
    assert ids == [body.id for body in bodies][:1000]
    viterbo = client.get(f"{API}/organisations", params={"province": "VT", "kind": "public-body", "limit": 500}).json()
    assert viterbo["total"] == sum(body.province == "VT" and body.kind == "public-body" for body in bodies) > 0
    assert {item["province"] for item in viterbo["items"]} == {"VT"}


def test_an_organisation_is_found_by_any_identifier(client, cooperative):
    comune = client.get(f"{API}/organisations/058091").json()
    assert comune["name"] == "Roma Capitale"
    by_id = client.get(f"{API}/organisations/{cooperative.id}").json()
    assert by_id["name"] == cooperative.name
    assert by_id["facts"]["sector"]["evidence"] == "demonstration"
    assert by_id["employees"] == cooperative.employees


@pytest.mark.parametrize("kind", ["aggregation", "supply-chain", "public-private"])
def test_partners_carry_the_whole_explanation(client, cooperative, kind):
    answer = client.get(f"{API}/organisations/{cooperative.id}/partners", params={"kind": kind, "limit": 10}).json()
    assert set(answer) == {"organisation", "kind", "recommendations", "refusal"}
    assert answer["organisation"] == cooperative.id
    assert answer["kind"] == kind
    assert answer["recommendations"] or answer["refusal"]
    for found in answer["recommendations"]:
        assert set(found) == {
            "partner", "score", "contributions", "against", "checks", "instruments", "evidence"
        }  # fmt: skip
        assert set(found["partner"]) == {"id", "name", "municipality"}
        assert sum(each["contribution"] for each in found["contributions"]) == pytest.approx(found["score"], abs=1e-9)
        assert all(set(each) == {"feature", "value", "contribution", "sentence"} for each in found["contributions"])
        assert all(set(each) == {"rule", "state", "text", "source"} for each in found["checks"])
        assert all(each["state"] in {"passed", "to-verify"} for each in found["checks"])
        assert all(set(each) == {"fact", "kind", "source", "date"} for each in found["evidence"])
        assert found["evidence"]
    scores = [found["score"] for found in answer["recommendations"]]
    assert scores == sorted(scores, reverse=True)


def test_a_refusal_is_an_answer_in_words(client):
    answer = client.get(f"{API}/organisations/058091/partners", params={"kind": "aggregation"})
    assert answer.status_code == 200
    assert answer.json()["recommendations"] == []
    assert len(answer.json()["refusal"]) > 20


def test_filters_narrow_the_partners(client, cooperative):
    asked = {"kind": "aggregation", "limit": 500}
    everybody = client.get(f"{API}/organisations/{cooperative.id}/partners", params=asked).json()["recommendations"]
    near = client.get(f"{API}/organisations/{cooperative.id}/partners", params={**asked, "province": "RI"}).json()
    ids = {found["partner"]["id"] for found in near["recommendations"]}
    assert ids < {found["partner"]["id"] for found in everybody}
    assert all(found["partner"]["municipality"].startswith("057") for found in near["recommendations"])


def test_sentences_are_in_the_readers_language(client, cooperative):
    address = f"{API}/organisations/{cooperative.id}/partners?kind=aggregation&limit=3"
    italian = client.get(address).json()
    english = client.get(address, headers={"accept-language": "en-GB,en;q=0.9"}).json()
    assert client.get(f"{address}&lang=en", headers={"accept-language": "it"}).json() == english
    assert [row["partner"] for row in italian["recommendations"]] == [
        row["partner"] for row in english["recommendations"]
    ]
    assert italian["recommendations"][0]["contributions"] != english["recommendations"][0]["contributions"]
    assert "[" not in json.dumps([row["sentence"] for row in italian["recommendations"][0]["contributions"]])[1:-1]


def test_the_shortlist_is_a_spreadsheet_without_live_formulas(client, cooperative):
    answer = client.get(f"{API}/organisations/{cooperative.id}/partners?kind=aggregation&format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="partner-aggregation.csv"'
    text = answer.content.decode("utf-8")
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))
    assert len(rows) == 21
    assert rows[0][0] == "posto"
    points = [float(row[rows[0].index("punti su 100")].replace(",", ".")) for row in rows[1:]]
    assert points == sorted(points, reverse=True)
    assert points[0] > 0


def test_search_finds_names_with_slips_codes_and_comuni(client, cooperative):
    by_name = client.get(f"{API}/search", params={"q": cooperative.name[:25]}).json()
    assert any(found["id"] == cooperative.id for found in by_name["organisations"])
    comuni = client.get(f"{API}/search", params={"q": "aquapendente"}).json()["municipalities"]
    assert comuni[0]["name"] == "Acquapendente"
    by_code = client.get(f"{API}/search", params={"q": "056001"}).json()["organisations"]
    assert [found["municipality"] for found in by_code] == ["056001"]


def test_the_territory_is_told_with_its_sources(client):
    comuni = client.get(f"{API}/municipalities").json()
    assert len(comuni) == 378
    assert len(client.get(f"{API}/municipalities?province=RI").json()) == 73
    accumoli = client.get(f"{API}/municipalities/057001").json()
    assert accumoli["name"] == "Accumoli"
    assert accumoli["figures"]
    assert accumoli["facts"]["area_km2"]["source"]
    assert client.get(f"{API}/municipalities/999999").status_code == 404


def test_sites_sources_loads_rules_and_kinds_are_listed(client):
    assert client.get(f"{API}/sites?limit=500").json()["total"] > 0
    sources = client.get(f"{API}/sources").json()
    assert {"organisations", "cinque-per-mille"} <= {source["name"] for source in sources}
    loads = client.get(f"{API}/loads").json()
    assert loads[0]["source"] == "example"
    for load in loads:
        parts = ("added", "changed", "unchanged", "rejected", "out_of_area")
        assert load["read"] == sum(load[part] for part in parts)
    assert [kind["name"] for kind in client.get(f"{API}/kinds").json()] == [
        "aggregation", "supply-chain", "public-private"
    ]  # fmt: skip
    assert len(client.get(f"{API}/rules").json()) > 20
    assert client.get(f"{API}/instruments?lang=en").json() != client.get(f"{API}/instruments?lang=it").json()


def test_the_graph_is_whole_cut_or_around_one(client, cooperative):
    cut = client.get(f"{API}/graph?limit=50").json()
    assert len(cut["nodes"]) == 50
    assert cut["truncated"]
    around = client.get(f"{API}/graph", params={"organisation": cooperative.id}).json()
    assert around["nodes"][0]["id"] == f"organisation:{cooperative.id}"
    ids = {node["id"] for node in around["nodes"]}
    assert all(edge["source"] in ids and edge["target"] in ids for edge in around["edges"])
    assert around["edges"]


def test_health_is_told_to_whoever_asks(client):
    client.get(f"{API}/kinds")
    client.get(f"{API}/municipalities")
    assert client.get("/health/live").json() == {"status": "ok"}
    assert client.get("/health/ready").json() == {"status": "ok"}


def test_it_is_not_ready_before_the_first_snapshot(example_store, client_of):
    fresh = client_of(example_store)
    answer = fresh.get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"status": "starting"})


def test_the_api_describes_itself(client):
    schema = client.get(f"{API}/openapi.json").json()
    assert schema["paths"].keys() >= {f"{API}/organisations", f"{API}/search", f"{API}/graph", "/health/live"}
    listed = client.get(API).json()
    assert {entry["path"] for entry in listed} == set(schema["paths"])
    assert client.get("/docs").status_code == 404
    assert client.get("/redoc").status_code == 404


def test_every_parameter_of_the_api_is_bounded(client):
    schema = client.get(f"{API}/openapi.json").json()
    seen = 0
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                shapes = parameter["schema"].get("anyOf", [parameter["schema"]])
                for shape in (each for each in shapes if each.get("type") != "null"):
                    seen += 1
                    assert is_bounded(shape), (path, parameter["name"])
    assert seen > 30


def is_bounded(shape):
    """True when a parameter has a largest size."""
    if "$ref" in shape or "enum" in shape or "const" in shape or shape.get("type") == "boolean":
        return True
    if shape.get("type") == "string":
        return "maxLength" in shape or "pattern" in shape
    return "maximum" in shape or "exclusiveMaximum" in shape


# --- writing ----------------------------------------------------------------------------------------------


def test_a_need_is_written_seen_and_withdrawn(own_store, client_of, own_page, cooperative):
    client = client_of(own_store)
    said = {"organisation": cooperative.id, "says": "seeks", "what": "trasporto refrigerato", "quantity": 12.5}
    made = client.post(f"{API}/declarations", json=said, headers=own_page)
    assert made.status_code == 201
    mine = client.get(f"{API}/organisations/{cooperative.id}").json()["declarations"]
    written = next(row for row in mine if row["id"] == made.json()["id"])
    assert (written["what"], written["quantity"], written["visibility"]) == ("trasporto refrigerato", 12.5, "reserved")
    assert written["evidence"] == "declared"
    gone = client.delete(f"{API}/declarations/{written['id']}", headers=own_page)
    assert gone.status_code == 204
    mine = client.get(f"{API}/organisations/{cooperative.id}").json()["declarations"]
    assert written["id"] not in {row["id"] for row in mine}
    assert client.delete(f"{API}/declarations/{written['id']}", headers=own_page).status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("sector", "10.41", "10.41"),
        ("municipality", "056059", "056059"),
        ("employees", 12, 12),
        ("disadvantaged_share", 0.35, 0.35),
        ("certifications", ["ISO 9001", "SA8000"], ["ISO 9001", "SA8000"]),
        ("third_sector", True, True),
        ("website", "https://example.org/chi-siamo", "https://example.org/chi-siamo"),
        ("purpose", "Assistenza domiciliare\ne trasporto", "Assistenza domiciliare\ne trasporto"),
    ],
)
def test_a_correction_is_kept_as_declared(own_store, client_of, own_page, cooperative, field, value, kept):
    client = client_of(own_store)
    said = {"organisation": cooperative.id, "field": field, "value": value}
    made = client.post(f"{API}/corrections", json=said, headers=own_page)
    assert made.status_code == 201, made.text
    now = client.get(f"{API}/organisations/{cooperative.id}").json()
    assert now[field] == kept
    assert now["facts"][field]["evidence"] == "declared"
    if field == "municipality":
        assert now["province"] == "VT"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "x"), ("demonstration", False), ("visibility", "public"), ("pec", "a@b.it"), ("lon", 12.0),
        ("sector", "99.99"), ("sector", "pizza"), ("municipality", "999999"), ("employees", -1), ("employees", 1.5),
        ("employees", True), ("disadvantaged_share", 1.01), ("certifications", ["x"] * 21), ("third_sector", "yes"),
        ("website", "javascript:alert(1)"), ("website", "https://user:pw@example.org"), ("status", "fine"),
        ("name", ""), ("name", "a\u0000b"), ("founded", 3000), ("founded", 1830), ("founded", 1849),
    ],
)  # fmt: skip
def test_a_wrong_correction_changes_nothing(own_store, client_of, own_page, cooperative, field, value):
    client = client_of(own_store)
    before = own_store.version()
    said = {"organisation": cooperative.id, "field": field, "value": value}
    answer = client.post(f"{API}/corrections", json=said, headers=own_page)
    assert answer.status_code == 422, answer.text
    assert own_store.version() == before


def test_a_correction_is_taken_back_to_what_was_known_or_to_nothing(own_store, client_of, own_page, cooperative):
    client = client_of(own_store)
    address = f"{API}/organisations/{cooperative.id}"
    before = client.get(address).json()
    assert before["sector"] is not None
    said = {"sector": "10.41", "municipality": "056059", "federation": "Prova"}
    for field, value in said.items():
        body = {"organisation": cooperative.id, "field": field, "value": value}
        assert client.post(f"{API}/corrections", json=body, headers=own_page).status_code == 201
    for field in said:
        answer = client.delete(f"{API}/corrections/{cooperative.id}/{field}", headers=own_page)
        assert answer.status_code == 204, answer.text
    after = client.get(address).json()
    same = ("sector", "sector_version", "municipality", "province", "federation", "facts")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    version = own_store.version()
    assert client.delete(f"{API}/corrections/{cooperative.id}/sector", headers=own_page).status_code == 404
    assert client.delete(f"{API}/corrections/nobody/sector", headers=own_page).status_code == 404
    assert client.delete(f"{API}/corrections/{cooperative.id}/demonstration", headers=own_page).status_code == 422
    assert client.delete(f"{API}/corrections/{cooperative.id}/members").status_code == 403
    assert own_store.version() == version


@pytest.mark.parametrize(("what", "noted"), [("qwerty zzz", True), ("pulizie uffici", False)])
def test_words_outside_the_vocabulary_are_told_so(own_store, client_of, own_page, cooperative, what, noted):
    client = client_of(own_store)
    said = {"organisation": cooperative.id, "says": "offers", "what": what}
    for language in ("it", "en"):
        made = client.post(f"{API}/declarations?lang={language}", json=said, headers=own_page).json()
        assert what in made["note"] if noted else made["note"] is None


def test_the_public_and_foreign_pages_cannot_write(own_store, client_of, own_page, cooperative):
    before = own_store.version()
    said = {"organisation": cooperative.id, "says": "seeks", "what": "x"}
    visitor, operator = client_of(own_store, public=True), client_of(own_store)
    assert visitor.post(f"{API}/declarations", json=said, headers=own_page).status_code == 403
    assert operator.post(f"{API}/declarations", json=said).status_code == 403
    foreign = {**own_page, "origin": "http://evil.example"}
    assert operator.post(f"{API}/declarations", json=said, headers=foreign).status_code == 403
    rebound = {**own_page, "host": "evil.example:8000"}
    assert operator.post(f"{API}/declarations", json=said, headers=rebound).status_code == 403
    assert operator.get(f"{API}/kinds", headers={"host": "evil.example:8000"}).status_code == 403
    assert own_store.version() == before


# --- errors and limits ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/organisations/no-such-body", 404, "unknown-organisation"),
        ("/organisations/no-such-body/partners?kind=aggregation", 404, "unknown-organisation"),
        ("/organisations/058091/partners?kind=marriage", 422, "unknown-kind"),
        ("/organisations/058091/partners", 422, "invalid-fields"),
        ("/organisations?limit=501", 422, "invalid-fields"),
        ("/organisations?province=Viterbo", 422, "invalid-fields"),
        ("/search?q=", 422, "invalid-fields"),
        ("/nowhere", 404, "not-found"),
    ],
)
def test_every_error_has_one_shape(client, address, status, code):
    answer = client.get(API + address)
    assert answer.status_code == status
    assert set(answer.json()) == {"error"}
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "request_id"}
    assert error["code"] == code
    assert error["request_id"] == answer.headers["x-request-id"]
    assert len(error["message"]) > 20


def test_searches_recommendations_and_exports_are_counted_in_public(example_store, client_of):
    client = client_of(example_store, public=True, rate_limit=5)
    statuses = [client.get(f"{API}/search?q=roma").status_code for _ in range(4)]
    statuses.append(client.get(f"{API}/organisations/058091/partners?kind=public-private").status_code)
    assert statuses == [200] * 5
    refused = client.get(f"{API}/graph")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.json()["error"]["code"] == "too-many-requests"
    assert client.get(f"{API}/kinds").status_code == 200
    free = client_of(example_store, rate_limit=5)
    assert {free.get(f"{API}/search?q=roma").status_code for _ in range(12)} == {200}


def test_answers_are_never_shared_with_other_sites(client):
    answer = client.get(f"{API}/kinds", headers={"origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    failed = client.get("/nowhere")
    assert "default-src 'self'" in failed.headers["content-security-policy"]


def test_a_fault_of_ours_is_told_without_its_inside(example_store, client_of, monkeypatch, caplog):
    client = client_of(example_store)
    client.get(f"{API}/kinds")

    def broken(*_):
        raise RuntimeError("secret 12345")

    monkeypatch.setattr("service.snapshot.Snapshot.search", broken)
    answer = client.get(f"{API}/search?q=roma")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "unexpected"
    assert "secret" not in answer.text
    assert "x-content-type-options" in answer.headers
