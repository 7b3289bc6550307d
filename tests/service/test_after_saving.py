"""Where a reader lands after saving, and how the steps of a contact read on a card, in the list and on a telephone."""

import html
import re

import pytest

from data.model import Audience
from service.snapshot import build_snapshot, today


@pytest.fixture
def writer(own_store, client_of, own_page):
    """The operator at a store that may be written to."""
    client = client_of(own_store)
    client.headers.update(own_page)
    client.follow_redirects = False
    return client


@pytest.fixture
def bodies(own_store):
    return build_snapshot(own_store, Audience.OPERATOR, today()).organisations[:2]


def message_of(client, location: str) -> str:
    """What the message says that the address of an answer leads to: the part that it names is on the page, once."""
    address, _, place = location.partition("#")
    page = client.get(address).text
    (found,) = re.findall(rf'<div [^>]*id="{place}" role="status"[^>]*>(.*?)</div>', page, flags=re.DOTALL)
    for name in re.findall(r'href="#([^"]+)"', found):
        assert page.count(f'id="{name}"') == 1, name
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found)).split())


@pytest.mark.parametrize(
    ("language", "room", "part", "told"),
    [("it", "organizzazioni", "dichiarazioni", "Cerca"), ("en", "organisations", "declarations", "Looks for")],
)
def test_what_was_done_to_a_declaration_is_told_where_the_reader_lands(writer, bodies, language, room, part, told):
    here = f"/{language}/{room}/{bodies[0].id}"
    sent = {"says": "seeks", "what": "mensa", "visibility": "public"}
    location = writer.post(f"{here}/{part}", data=sent).headers["location"]
    message = message_of(writer, location)
    assert told in message
    assert "qui sotto" not in message
    assert "below" not in message
    made = re.search(r"about=([^#&]+)", location)[1]
    ending = "ritiro" if language == "it" else "withdrawal"
    withdrawn = writer.post(f"{here}/{part}/{made}/{ending}").headers["location"]
    assert withdrawn == f"{here}?done=withdrawal&about={made}#scritto"
    assert told not in message_of(writer, withdrawn)


def test_a_message_names_nothing_that_is_not_there(writer, bodies):
    for about in ("niente", '"><script>alert(1)</script>', "x" * 100):
        page = writer.get(f"/it/organizzazioni/{bodies[0].id}", params={"done": "correction", "about": about})
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert 'href="#fatto-' not in page.text


@pytest.fixture
def contacted(writer, bodies):
    """The two bodies after the first one was proposed the second."""
    asker, partner = bodies
    sent = {"kind": "aggregation", "step": "agreed", "date": today().isoformat(), "by_role": "presidency",
            "visibility": "federation", "asker": asker.id, "partner": partner.id}  # fmt: skip
    assert writer.post("/it/esiti", data=sent).status_code == 303
    return bodies


def test_who_was_looking_and_who_was_proposed_read_the_right_way_round(writer, contacted):
    asker, partner = contacted
    for here, there, words in ((asker, partner, "organizzazione proposta:"), (partner, asker, "chi cercava:")):
        page = writer.get(f"/it/organizzazioni/{here.id}").text
        assert re.search(rf'{words}\s*<a href="/it/organizzazioni/{there.id}">', page)


def test_every_cell_of_the_list_of_steps_names_itself_where_the_headings_are_gone(writer, contacted):
    page = writer.get("/it/esiti").text
    table = re.search(r'<table class="[^"]*land-stacked[^"]*">.*?</table>', page, flags=re.DOTALL)[0]
    headings = re.findall(r"<th [^>]*>([^<]+)</th>", table)
    row = re.search(r"<tbody>.*?</tr>", table, flags=re.DOTALL)[0]
    assert re.findall(r'<td[^>]* data-label="([^"]+)"', row) == headings


@pytest.mark.browser
def test_step_reason_and_buttons_are_on_the_screen_of_a_telephone(writer, contacted, own_file, server_of, page):
    page.set_viewport_size({"width": 390, "height": 844})
    with server_of(own_file) as address:
        page.goto(f"{address}/it/esiti")
        for each in (".land-step", ".land-about", ".land-row-acts a", ".land-row-acts button"):
            box = page.locator(f".land-stacked {each}").first.bounding_box()
            assert box["x"] >= 0, each
            assert box["x"] + box["width"] <= 390, each
