"""Filters, "why not?", the missing datum and the other side: the same on the page, in the API, in the command."""

import json
import re

import pytest

from data.model import Audience, ContactOutcome, Identifier, OrganisationKind, Visibility
from data.records import Accepted, Assertion, OrganisationRecord, Source, SourceInfo
from data.store import open_store
from matching.recommend import Filters
from service.cli import run
from service.partners import find_partners
from service.snapshot import build_snapshot, today


@pytest.fixture(scope="module")
def snapshot(example_store):
    return build_snapshot(example_store, Audience.OPERATOR, today())


@pytest.fixture(scope="module")
def pair(snapshot):
    """A cooperative with more than ten partners, its list, and a cooperative that is not in it."""
    for body in snapshot.organisations:
        if body.kind is OrganisationKind.COOPERATIVE:
            found = [
                each.partner for each in find_partners(snapshot, body.id, "aggregation", limit=500).recommendations
            ]
            missing = [
                each.id
                for each in snapshot.organisations
                if each.kind is OrganisationKind.COOPERATIVE and each.id not in (body.id, *found)
            ]
            if len(found) > 11 and missing:
                return body.id, found, missing[0]
    raise AssertionError("nobody with eleven partners and one missing")


def words_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def test_the_list_offers_the_box_and_the_page_answers(operator, pair, snapshot):
    asker, found, missing = pair
    here = f"/it/organizzazioni/{asker}/partner/aggregazione"
    page = operator.get(here)
    assert f'action="{here}/perche-non"' in page.text
    name = snapshot.organisation(missing).name
    asked = operator.get(f"{here}/perche-non", params={"q": name, "km": "40"})
    assert f"{here}/perche-non?km=40&amp;who={missing}" in asked.text
    out = words_of(operator.get(f"{here}/perche-non", params={"who": missing}))
    assert "Non è tra le proposte." in out
    low = words_of(operator.get(f"{here}/perche-non", params={"who": found[10]}))
    assert f"Sarebbe all'11º posto su {len(found)}: l'elenco si apre con i primi 10." in low.replace("&#39;", "'")
    first = words_of(operator.get(f"{here}/perche-non", params={"who": found[0]}))
    assert f"È già in elenco: 1º posto su {len(found)}." in first
    english = words_of(operator.get(f"/en/organisations/{asker}/partners/aggregation/why-not", params={"who": missing}))
    assert "It is not among the suggestions." in english


def test_the_sums_of_the_table_are_those_of_the_cards(operator, pair):
    asker, found, _ = pair
    page = operator.get(f"/it/organizzazioni/{asker}/partner/aggregazione/perche-non", params={"who": found[10]})
    rows = re.findall(r"<tr[^>]*><th scope=\"row\">.*?</tr>", page.text, re.DOTALL)
    figures = [
        [
            float(cell.replace("−", "-").replace("+", "").replace(",", "."))
            for cell in re.findall(r">([−+]?\d+,\d)<", row)
        ]
        for row in rows
    ]
    *signs, total = figures
    assert len(signs) > 1
    for column in range(3):
        assert sum(row[column] for row in signs) == pytest.approx(total[column], abs=1e-6)
    assert all(own - beside == pytest.approx(gap, abs=1e-6) for own, beside, gap in figures)


def test_whoever_cannot_be_found_or_read_is_answered_plainly(operator, pair):
    asker, _, missing = pair
    here = f"/it/organizzazioni/{asker}/partner/aggregazione/perche-non"
    assert "non troviamo nessuno" in operator.get(here, params={"q": "zzzzqqqq xxxwww"}).text
    assert "almeno due lettere" in operator.get(here, params={"q": "z"}).text
    hostile = "<script>alert(1)</script>"
    assert hostile not in operator.get(here, params={"q": hostile}).text
    assert operator.get(here, params={"who": "nobody"}).status_code == 404
    assert operator.get(here.replace("aggregazione", "matrimonio"), params={"who": missing}).status_code == 404
    code = operator.get(f"/api/v1/organisations/{asker}/partners/nobody/why-not", params={"kind": "aggregation"})
    assert code.status_code == 404


def test_the_program_says_what_the_page_says(operator, pair, snapshot):
    asker, found, missing = pair
    address = f"/api/v1/organisations/{asker}/partners/{{}}/why-not"
    out = operator.get(address.format(missing), params={"kind": "aggregation", "lang": "it"}).json()
    assert (out["suggested"], out["partner"]) == (False, missing)
    assert out["causes"]
    low = operator.get(address.format(found[10]), params={"kind": "aggregation", "lang": "it"}).json()
    assert (low["suggested"], low["place"], low["of"], low["causes"]) == (True, 11, len(found), [])
    assert low["beside"] == found[9]
    assert sum(each["contribution"] for each in low["signs"]) == pytest.approx(low["score"], abs=1e-9)
    assert sum(each["beside"] for each in low["signs"]) == pytest.approx(low["beside_score"], abs=1e-9)
    far = operator.get(address.format(found[0]), params={"kind": "aggregation", "province": "ZZ", "lang": "en"}).json()
    assert [each["obstacle"] for each in far["causes"]] == ["filter"]
    assert far["causes"][0]["sentence"] == "The filter “province ZZ” takes it out."
    assert operator.get(address.format(missing), params={"kind": "marriage"}).status_code in (404, 422)


def test_the_command_says_it_too(example_file, pair, monkeypatch, capsys):
    asker, found, missing = pair
    monkeypatch.setenv("LAND_STORE", str(example_file))
    assert run(["recommend", asker, "--kind", "aggregation", "--why-not", missing]) == 0
    assert "Non è tra le proposte." in capsys.readouterr().out
    assert run(["recommend", asker, "--kind", "aggregation", "--why-not", found[2], "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["place"], answer["of"]) == (3, len(found))
    assert run(["recommend", asker, "--kind", "aggregation", "--limit", "2"]) == 0
    assert capsys.readouterr().out.count("   = ") == 2
    assert run(["recommend", asker, "--kind", "aggregation", "--why-not", "nobody"]) == 1


def listed(snapshot, asker, limit=500, **filters):
    """Ids of the partners, in order."""
    found = find_partners(snapshot, asker, "aggregation", limit=limit, filters=Filters(**filters))
    return [each.partner for each in found.recommendations]


def test_filters_are_the_same_in_the_address_the_api_and_the_command(
    operator, example_file, snapshot, monkeypatch, capsys
):
    narrowed = {"only_new": True, "rivals": False}
    asker = next(
        body.id
        for body in snapshot.organisations
        if body.kind is OrganisationKind.COOPERATIVE
        and 0 < len(listed(snapshot, body.id, **narrowed)) < len(listed(snapshot, body.id))
    )
    expected = listed(snapshot, asker, 10, **narrowed)
    page = operator.get(f"/it/organizzazioni/{asker}/partner/aggregazione", params={"new": "1", "rivals": "without"})
    assert re.findall(r'data-partner="([^"]+)"', page.text) == expected
    assert 'name="new" value="1" checked' in page.text
    assert '<option value="without" selected>' in page.text
    params = {"kind": "aggregation", "only_new": "true", "rivals": "false", "limit": "10"}
    answer = operator.get(f"/api/v1/organisations/{asker}/partners", params=params).json()
    assert [each["partner"]["id"] for each in answer["recommendations"]] == expected
    monkeypatch.setenv("LAND_STORE", str(example_file))
    told = ["recommend", asker, "--kind", "aggregation", "--limit", "10", "--only-new", "--no-rivals", "--json"]
    assert run(told) == 0
    assert [each["partner"]["id"] for each in json.loads(capsys.readouterr().out)["recommendations"]] == expected
    both = operator.get(f"/it/organizzazioni/{asker}/partner/aggregazione", params={"rivals": "perhaps"})
    assert "voce non riconosciuta" in both.text


def test_a_step_noted_makes_a_contact_that_is_not_new(own_store, pair):
    asker, _, _ = pair
    before = build_snapshot(own_store, Audience.OPERATOR, today())
    new = listed(before, asker, only_new=True)
    assert new
    said = {"asker": asker, "partner": new[0], "kind": "aggregation", "step": "contacted"}
    own_store.record_outcome(ContactOutcome(id="", date=today(), **said))
    after = build_snapshot(own_store, Audience.OPERATOR, today())
    assert listed(after, asker, only_new=True) == new[1:]
    assert new[0] in listed(after, asker)


def test_the_missing_datum_is_said_with_the_way_to_its_box(operator, snapshot):
    from service.partner_asides import missing_datum

    body, found = next(
        (body, found)
        for body in snapshot.organisations
        if body.kind is OrganisationKind.COOPERATIVE
        and (found := missing_datum(snapshot, body.id, "aggregation", only_certain=False)) is not None
    )
    here = f"/it/organizzazioni/{body.id}/partner/aggregazione"
    page = operator.get(here)
    assert "Il dato che cambierebbe di più i primi cinque è" in page.text
    assert f'href="{here}?help={found.datum}#aiuta-{found.datum}"' in page.text
    opened = operator.get(here, params={"help": found.datum})
    assert '<details class="land-help land-no-print" open>' in opened.text
    assert f'id="aiuta-{found.datum}"' in opened.text
    assert operator.get(here, params={"help": "<b>"}).status_code == 200


def test_the_other_side_stands_on_every_card_and_in_the_api_on_request(operator, pair):
    asker, _, _ = pair
    page = operator.get(f"/it/organizzazioni/{asker}/partner/aggregazione")
    assert page.text.count("Visto da loro") == 10
    params = {"kind": "aggregation", "limit": "3"}
    plain = operator.get(f"/api/v1/organisations/{asker}/partners", params=params).json()["recommendations"]
    assert all("other_side" not in each for each in plain)
    both = operator.get(f"/api/v1/organisations/{asker}/partners", params={**params, "both_sides": "true"}).json()
    assert both["exposure"]["shown"] == len(both["recommendations"]) == 3
    assert both["exposure"]["sentence"].startswith(("Piccole o nate da poco", "Quante siano piccole"))
    assert page.text.count('<p class="land-small land-exposure">') == 1
    for each in both["recommendations"]:
        assert each["other_side"]["place"] <= each["other_side"]["of"]
        theirs = operator.get(
            f"/api/v1/organisations/{each['partner']['id']}/partners", params={"kind": "aggregation", "limit": "500"}
        ).json()["recommendations"]
        assert theirs[each["other_side"]["place"] - 1]["partner"]["id"] == asker
        assert sum(one["contribution"] for one in each["contributions"]) == pytest.approx(each["score"], abs=1e-9)


def hidden_and_open(name):
    """A source of three cooperatives of one work: two that everybody sees and one whose very name is reserved."""
    openness = {
        "Aperta Uno": Visibility.PUBLIC,
        "Aperta Due": Visibility.PUBLIC,
        "Zeffira Nascosta": Visibility.RESERVED,
    }
    rows = [
        OrganisationRecord(
            (Identifier(f"key:{name}", body.replace(" ", "-")),),
            (
                Assertion("name", body, visibility=seen),
                Assertion("kind", OrganisationKind.COOPERATIVE, visibility=seen),
                Assertion("sector", "88.10", visibility=seen),
            ),
        )
        for body, seen in openness.items()
    ]
    read = [Accepted(line, str(line), (record,)) for line, record in enumerate(rows, start=1)]
    info = SourceInfo(name, f"Fonte {name}", f"Source {name}", "Publisher", "CC BY 4.0")
    return Source(info, lambda _files, _options: iter(read))


def test_the_public_learns_nothing_of_a_reserved_body(tmp_path, client_of):
    store = open_store(tmp_path / "hidden.sqlite")
    store.load(hidden_and_open("own"), [])
    ids = {body.name: body.id for body in store.organisations(Audience.OPERATOR)}
    asker, hidden = ids["Aperta Uno"], ids["Zeffira Nascosta"]
    here = f"/it/organizzazioni/{asker}/partner/aggregazione/perche-non"
    api = f"/api/v1/organisations/{asker}/partners/{hidden}/why-not?kind=aggregation"
    mine, theirs = client_of(store), client_of(store, public=True)
    assert mine.get(here, params={"who": hidden}).status_code == mine.get(api).status_code == 200
    assert theirs.get(here, params={"who": hidden}).status_code == theirs.get(api).status_code == 404
    assert hidden in mine.get(here, params={"q": "Zeffira"}).text
    assert hidden not in theirs.get(here, params={"q": "Zeffira"}).text
    seen = theirs.get(here, params={"who": ids["Aperta Due"]})
    assert "1º posto su 1" in seen.text
    assert "correct=" not in seen.text
    store.close()
