"""Our territory map with 5,000 organisations beside plain folium markers for the same 5,000, in one run.

    python -m pytest tests/benchmarks/bench_map.py -s

Bytes: everything of ours that a first visit receives, gzipped as sent, libraries left out, against folium's file as it
is saved. Time: from the start of the visit until every organisation is drawn and the next frame is painted, median of
five cold visits each, taken in turn. The comparison leans towards folium: its page gets no base map to fetch, every
library but Leaflet is an empty file (jQuery a stub of three lines), and our page draws 378 comuni and a table besides.
"""

import functools
import http.server
import random
import re
import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import folium
import pytest
import uvicorn
from playwright.sync_api import Browser, Page

from data.lazio import municipalities
from data.model import Identifier, OrganisationKind, Precision, Visibility
from data.records import Accepted, Assertion, OrganisationRecord, Source, SourceInfo
from data.store import open_store
from service.app import create_app
from service.settings import Settings

MANY = 5_000
VISITS = 5
MOST_BYTES = 1 / 10
MOST_TIME = 1 / 4
VENDOR = Path(__file__).parents[2] / "service" / "web" / "static" / "vendor"
WORDS = (
    "Aurora",
    "Sabina",
    "Tuscia",
    "Solidale",
    "Agricola",
    "Servizi",
    "Cultura",
    "Lavoro",
    "Insieme",
    "Monti",
    "Futura",
)
STUB = """window.$ = window.jQuery = (html) => {
  const made = document.createElement("template");
  made.innerHTML = html.trim();
  return [made.content.firstChild];
};"""


def organisations() -> list[tuple[str, str, float, float]]:
    """Name, ISTAT code, lon, lat of as many organisations as we map, seeded."""
    dice = random.Random(5)
    found = []
    for at in range(MANY):
        place = dice.choice(municipalities())
        name = f"Cooperativa {' '.join(dice.sample(WORDS, 3))} {at}"
        found.append((name, place.istat, place.lon + dice.uniform(-0.03, 0.03), place.lat + dice.uniform(-0.03, 0.03)))
    return found


def read(_paths, _options) -> Iterator[Accepted]:
    for at, (name, istat, lon, lat) in enumerate(organisations()):
        facts = {
            "name": name, "kind": OrganisationKind.COOPERATIVE, "municipality": istat, "lon": lon, "lat": lat,
            "precision": Precision.POINT, "sector": f"{at % 90 + 1:02}.10", "sector_version": "2025",
        }  # fmt: skip
        claims = tuple(Assertion(field, value, visibility=Visibility.PUBLIC) for field, value in facts.items())
        yield Accepted(at, str(at), (OrganisationRecord((Identifier("key:bench", str(at)),), claims),))


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of our map with all the organisations on it."""
    file = tmp_path_factory.mktemp("ours") / "land.sqlite"
    store = open_store(file)
    store.load(Source(SourceInfo("bench", "Prova", "Trial", "-", "-"), read), [])
    server = uvicorn.Server(
        uvicorn.Config(create_app(Settings(store=str(file)), store), host="127.0.0.1", port=0, log_level="error")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/it/territorio?layers=organisations"
    server.should_exit = True
    thread.join(10)
    store.close()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """The address of folium's map with its libraries beside it, and the size of the file as folium saved it."""
    folder = tmp_path_factory.mktemp("plain")
    drawn = folium.Map(location=[41.9, 12.7], zoom_start=8, tiles=None)
    for name, _, lon, lat in organisations():
        folium.Marker([lat, lon], popup=name).add_to(drawn)
    drawn.save(folder / "saved.html")
    saved = (folder / "saved.html").read_text(encoding="utf-8")
    (folder / "leaflet.js").write_bytes((VENDOR / "leaflet/leaflet.js").read_bytes())
    (folder / "leaflet.css").write_bytes((VENDOR / "leaflet/leaflet.css").read_bytes())
    (folder / "images").mkdir()
    for image in (VENDOR / "leaflet/images").iterdir():
        (folder / "images" / image.name).write_bytes(image.read_bytes())
    (folder / "jquery.js").write_text(STUB, encoding="utf-8")
    for name in ("empty.js", "empty.css"):
        (folder / name).write_text("", encoding="utf-8")
    (folder / "index.html").write_text(re.sub(r'(?<=(?:src|ref)=")https?://[^"]+', beside, saved), encoding="utf-8")
    handler = functools.partial(QuietFiles, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/index.html", len(saved.encode())
        server.shutdown()


class QuietFiles(http.server.SimpleHTTPRequestHandler):
    """Files without a line per request on the terminal."""

    def log_message(self, *_arguments: object) -> None:
        """Says nothing."""


def beside(found: re.Match[str]) -> str:
    """The local stand-in of a foreign library."""
    address = found[0]
    ending = "css" if address.endswith(".css") else "js"
    if re.search(r"/leaflet@[\d.]+/", address):
        return f"leaflet.{ending}"
    return "jquery.js" if "jquery" in address else f"empty.{ending}"


PAINTED = (
    "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"
)


def wait_until_drawn(page: Page, which: str) -> None:
    """Returns once every organisation is on the map."""
    if which == "ours":
        page.wait_for_selector(f"[data-ready=true] [data-drawn='{MANY}']", state="attached", timeout=60_000)
    else:
        page.wait_for_function(
            f"document.readyState === 'complete' && document.querySelectorAll('.leaflet-marker-icon').length >= {MANY}",
            timeout=60_000,
        )


def visit(browser: Browser, which: str, address: str) -> tuple[float, Page]:
    """Milliseconds from the start of a cold visit until all is drawn and painted, and the page."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(address, wait_until="commit")
    wait_until_drawn(page, which)
    return float(page.evaluate(PAINTED)), page


def test_time_to_interactive(chromium: Browser, ours: str, plain: tuple[str, int]):
    times: dict[str, list[float]] = {"ours": [], "plain": []}
    visit(chromium, "ours", ours)[1].context.close()  # the service builds its snapshot once, at the first visit
    for _ in range(VISITS):
        for which, address in (("ours", ours), ("plain", plain[0])):
            took, page = visit(chromium, which, address)
            times[which].append(took)
            page.context.close()
    middle = {which: statistics.median(taken) for which, taken in times.items()}
    ratio = middle["ours"] / middle["plain"]
    print(f"\ninteractive: ours {middle['ours']:.0f} ms, folium {middle['plain']:.0f} ms, ratio {ratio:.3f}")
    assert ratio <= MOST_TIME


def test_bytes(chromium: Browser, ours: str, plain: tuple[str, int]):
    page = chromium.new_context().new_page()
    received: dict[str, int] = {}
    page.on(
        "requestfinished",
        lambda request: received.update({request.url: max(request.sizes()["responseBodySize"], 0)}),
    )
    page.goto(ours)
    wait_until_drawn(page, "ours")
    page.wait_for_timeout(500)
    own = {url.split("/", 3)[3].split("?")[0]: size for url, size in received.items() if "/static/vendor/" not in url}
    data = {name: size for name, size in own.items() if name.startswith("maps/")}
    total = sum(own.values())
    print(f"\nbytes: ours {total:,} (data {sum(data.values()):,}), folium {plain[1]:,}, ratio {total / plain[1]:.3f}")
    print("\n".join(f"  {size:>9,}  {name}" for name, size in sorted(own.items(), key=lambda each: -each[1])))
    assert {"maps/boundaries.topojson", "maps/organisations.json", "it/territorio"} <= set(own)
    assert total <= plain[1] * MOST_BYTES
