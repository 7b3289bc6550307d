# SPDX-License-Identifier: EUPL-1.2
"""Drawing a page: one Jinja2 environment, escaping always on, and what every template may call.

A template gets `t(key, **params)` (the sentence of a key), `say(message)` (a Message as a sentence), `fmt(value, how)`
(a value as the language writes it), `lang`, `other_address` (the same page in the other language), `asset(path)` (a
static file's address that changes with the version), `operator` (true on the own machine) and `snapshot`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from data.model import Audience
from service.dependencies import snapshot_of
from service.messages import Words

# The part of each page's address that differs between the languages; ids and codes are the same.
SLUGS: Final = (
    ("organizzazioni", "organisations"),
    ("territorio", "territory"),
    ("comuni", "municipalities"),
    ("cerca", "search"),
    ("fonti", "sources"),
    ("guida", "guide"),
    ("cooperativa", "cooperative"),
    ("federazione", "federation"),
    ("pianificazione", "planning"),
    ("partner", "partners"),
    ("aggregazione", "aggregation"),
    ("filiera", "supply-chain"),
    ("pubblico-privato", "public-private"),
    ("lista", "shortlist"),
    ("confronto", "comparison"),
)
_TO_ENGLISH: Final = dict(SLUGS)
_TO_ITALIAN: Final = {english: italian for italian, english in SLUGS}


@cache
def environment() -> Environment:
    """The templates of `service/web/templates`; an unknown name in a template is an error, never an empty text."""
    folder = Path(str(files("service"))) / "web" / "templates"
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page_address(language: str, *parts: str) -> str:
    """The address of a page: Italian path parts, put into English for English readers."""
    translated = parts if language == "it" else tuple(_TO_ENGLISH.get(part, part) for part in parts)
    return "/".join(["", language, *translated])


def other_language(language: str) -> str:
    """The language that is one click away."""
    return "en" if language == "it" else "it"


def other_address(request: Request, language: str) -> str:
    """The page being read, in the other language, with the same parameters."""
    other = other_language(language)
    table = _TO_ENGLISH if other == "en" else _TO_ITALIAN
    parts = [table.get(part, part) for part in request.url.path.strip("/").split("/")[1:]]
    query = urlsplit(str(request.url)).query
    return "/".join(["", other, *parts]) + (f"?{query}" if query else "")


def asset(path: str) -> str:
    """The address of a static file; a new version of the product makes browsers fetch it anew."""
    return f"/static/{path}?v={version('land-lazio')}"


def render_page(
    request: Request, words: Words, template: str, /, *, status: int = 200, **context: object
) -> HTMLResponse:
    """A page drawn from a template with what every template may call and the page's own values."""
    snapshot = context.pop("snapshot", None) or snapshot_of(request)
    address: Callable[..., str] = lambda *parts: page_address(words.language, *parts)  # noqa: E731
    body = (
        environment()
        .get_template(template)
        .render(
            t=words.text,
            say=words.render,
            fmt=words.write,
            lang=words.language,
            other_lang=other_language(words.language),
            other_address=other_address(request, words.language),
            address=address,
            asset=asset,
            path=request.url.path,
            operator=getattr(snapshot, "audience", Audience.PUBLIC) is Audience.OPERATOR,
            product_version=version("land-lazio"),
            snapshot=snapshot,
            **context,
        )
    )
    return HTMLResponse(body, status_code=status)
