"""The empty shells and the offline file: nothing foreign, nothing inline but what the page's policy names."""

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

from data.errors import InvalidValue
from geo.maps import SHELLS, inert_json, shell, single_file_map

HOSTILE = (
    "{{7*7}}", "${alert(1)}", "<script>alert(1)</script>", "</script><img src=x onerror=alert(1)>", "<!--", "]]>",
    "\u2028\u2029", "'\"`\\", "{% raw %}", "&lt;b&gt;",
)  # fmt: skip
STATIC = Path(__file__).parents[2] / "service" / "web" / "static"


@pytest.mark.parametrize("name", SHELLS)
def test_a_shell_is_an_element_and_a_script_without_addresses(name):
    found = shell(name)
    assert found.element == f'<div class="folium-map" id="map_{name}" ></div>'
    assert f"var map_{name} = L.map(" in found.script
    assert "http" not in found.element + found.script
    assert "style" not in found.element


def test_a_shell_is_the_same_every_time():
    first = shell("territory")
    shell.cache_clear()
    assert shell("territory") == first


def test_no_other_shell_can_be_asked_for():
    with pytest.raises(InvalidValue):
        shell("{{7*7}}")


@pytest.mark.parametrize("text", HOSTILE)
def test_inert_json_comes_back_as_typed_and_holds_no_markup(text):
    written = inert_json({text: [text]})
    assert json.loads(written) == {text: [text]}
    assert not set(written) & set("<>&\u2028\u2029")


def test_inert_json_refuses_what_is_no_number():
    with pytest.raises(ValueError, match="JSON"):
        inert_json(float("nan"))


def page(**given: object) -> str:
    usual = {
        "title": "Prova",
        "language": "it",
        "without_script": "no",
        "data": {"settings": {"x": HOSTILE}},
        "scripts": ["var L = {};", 'var trap = "</script><script>alert(1)</script><!--";'],
        "styles": ["a{background:url(images/x.png)} b{background:url(data:image/png;base64,AA)}"],
    }
    return single_file_map(**{**usual, **given})


def test_the_file_runs_exactly_the_scripts_that_its_policy_names():
    written = page()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', written)[1]
    scripts = re.findall(r"<script>(.*?)</script>", written, re.DOTALL)
    assert len(scripts) == 3
    for source in scripts:
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


def test_nothing_in_a_script_or_a_style_can_end_its_element():
    written = page(styles=["x{content:'</style><script>alert(1)</script>'}"])
    assert len(re.findall(r"</style>", written)) == 1
    assert "alert(1)</script><!--" not in written
    assert "\\x3c/script>\\x3cscript>" in written


def test_the_title_is_text():
    written = page(title='"><script>alert(1)</script>{{7*7}}')
    assert "<script>alert(1)" not in written
    assert "{{7*7}}" in written


def test_no_file_and_no_host_is_asked_for():
    written = page()
    assert "url(images" not in written
    assert "url(data:image/png" in written
    markup = re.sub(r"<script[^>]*>.*?</script>", "", written, flags=re.DOTALL)
    assert not re.search(r"\b(?:src|href|action|data)\s*=", markup)


def test_our_libraries_survive_being_inlined():
    """The escape only touches `<script`, `</script` and `<!--`, which the vendored sources do not hold."""
    for path in (
        "vendor/leaflet/leaflet.js",
        "vendor/topojson/topojson-client.min.js",
        "js/map-core.js",
        "js/map-file.js",
    ):
        source = (STATIC / path).read_text(encoding="utf-8")
        assert source.replace("\r\n", "\n") in page(scripts=[source])
