# SPDX-License-Identifier: EUPL-1.2
"""The only door to folium: it draws empty map shells, and no stored text ever passes through it.

folium compiles whatever text it is given as a template, on the server. So it gets none: a shell is made of our
constants alone, its header (foreign addresses, inline style) is thrown away, its script is served as a file of ours and
the data come from our endpoints. The file that opens offline carries its data as inert JSON, read by our script.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

import folium

from data.errors import InvalidValue

CENTRE: Final = (41.9, 12.75)
_COMMON: Final[Mapping[str, Any]] = MappingProxyType(
    {"maxZoom": 18, "minZoom": 6, "zoomSnap": 0.25, "zoomDelta": 0.5, "wheelPxPerZoomLevel": 120}
)
SHELLS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "territory": {"scrollWheelZoom": True},
        "home": {"scrollWheelZoom": False},
        "partners": {"scrollWheelZoom": False},
        "municipality": {"scrollWheelZoom": False},
    }
)


@dataclass(frozen=True, slots=True)
class Shell:
    """An empty map: the element that holds it, and the start-up script that defines the global `map_NAME`."""

    name: str
    element: str
    script: str


@lru_cache(maxsize=len(SHELLS))
def shell(name: str) -> Shell:
    """The empty folium map of that name (a key of SHELLS, else `InvalidValue`): constants only, always the same."""
    if name not in SHELLS:
        raise InvalidValue(field="map", value=name, allowed=", ".join(SHELLS))
    drawn = folium.Map(location=CENTRE, zoom_start=8, tiles=None, prefer_canvas=True, **_COMMON, **SHELLS[name])
    drawn._id = name  # noqa: SLF001 - the element's name is ours, not a random one: pages and scripts must find it
    root: Any = drawn.get_root()
    root.render()
    return Shell(name, root.html.render().strip(), root.script.render().strip() + "\n")


# --- one file that opens offline --------------------------------------------------------------------------------

_PAGE: Final = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
{styles}
</head>
<body class="map-file">
<main>
<h1>{title}</h1>
<div class="map-file-body" data-map-file>
<div class="map-frame">{element}</div>
<aside class="map-panel" data-map-panel></aside>
</div>
<section data-map-table></section>
</main>
<noscript><p>{without_script}</p></noscript>
{data}
{scripts}
</body>
</html>
"""


def single_file_map(
    *,
    title: str,
    language: str,
    without_script: str,
    data: Mapping[str, Any],
    scripts: Sequence[str],
    styles: Sequence[str],
) -> str:
    """One HTML page that opens offline and asks nothing of anybody.

    `data` is what `map-file.js` reads, each entry an inert JSON block with id `land-KEY`; `scripts` (Leaflet first) and
    `styles` are the sources of ours and of the vendored libraries, inlined. The page's policy lets only these run.
    """
    empty = shell("territory")
    safe_scripts = [_script(source) for source in (*scripts[:1], empty.script, *scripts[1:])]
    safe_styles = [_style(source) for source in styles]
    return _PAGE.format(
        language=html.escape(language),
        policy=_policy(safe_scripts, safe_styles),
        title=html.escape(title),
        styles="\n".join(f"<style>{source}</style>" for source in safe_styles),
        element=empty.element,
        without_script=html.escape(without_script),
        data="\n".join(
            f'<script type="application/json" id="land-{html.escape(name)}">{inert_json(value)}</script>'
            for name, value in data.items()
        ),
        scripts="\n".join(f"<script>{source}</script>" for source in safe_scripts),
    )


def inert_json(value: object) -> str:
    """JSON that no HTML reader can take for anything else: `<`, `>`, `&` and all non-ASCII (U+2028/9 too) escaped."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _script(source: str) -> str:
    """A script's source for inline use: nothing in it can end the element or open a comment."""
    escaped = re.sub(r"<(?=/script|script)", r"\\x3c", source, flags=re.IGNORECASE)
    return escaped.replace("<!--", "\\x3c!--").replace("\r\n", "\n")


def _style(source: str) -> str:
    """A style sheet's source for inline use: no foreign file is asked for and nothing in it can end the element."""
    without_files = re.sub(r"url\((?!['\"]?data:)[^)]*\)", "none", source)
    return re.sub(r"<(?=/style)", r"\\3c ", without_files, flags=re.IGNORECASE).replace("\r\n", "\n")


def _policy(scripts: Sequence[str], styles: Sequence[str]) -> str:
    run = " ".join(_digest(source) for source in scripts)
    look = " ".join(_digest(source) for source in styles)
    rest = "img-src data: blob:; base-uri 'none'; form-action 'none'"
    return f"default-src 'none'; script-src {run}; style-src {look}; {rest}"


def _digest(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
