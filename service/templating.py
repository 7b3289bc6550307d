# SPDX-License-Identifier: EUPL-1.2
"""Drawing a page: one Jinja2 environment, escaping always on, and what every template may call.

A template gets `t(key, **params)` (the sentence of a key), `say(message)` (a Message as a sentence), `fmt(value, how)`
(a value as the language writes it), `has(key)`, `lang`, `address(*parts)` (a page of ours in the reader's language),
`other_address` (the same page in the other language), `asset(path)` (a static file's address that changes with the
version), `operator` (true on the own machine) and `snapshot`.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from data.model import Audience
from service.dependencies import snapshot_of
from service.messages import Words, has

# The part of each page's address that differs between the languages; ids and codes are the same.
SLUGS: Final = (
    ("organizzazioni", "organisations"),
    ("territorio", "territory"),
    ("paese", "country"),
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
    ("lista.csv", "shortlist.csv"),
    ("confronto", "comparison"),
    ("correzioni", "corrections"),
    ("dichiarazioni", "declarations"),
    ("ritiro", "withdrawal"),
    ("aggiornamenti", "updates"),
    ("decisione", "decision"),
    ("tutti", "all"),
    ("annulla", "undo"),
    ("colonne", "columns"),
    ("salva", "save"),
    ("elimina", "removal"),
    ("registri", "registers"),
    ("bandi", "calls"),
    ("destinatari.csv", "audience.csv"),
    ("dossier", "dossiers"),
    ("tavoli", "tables"),
    ("nuovo", "new"),
    ("ruoli", "roles"),
    ("registro", "log"),
    ("chiusura", "closing"),
    ("riapertura", "reopening"),
    ("stampa", "print"),
    ("ascolto", "hearing"),
    ("ascolto.csv", "hearing.csv"),
    ("partenariato.csv", "partnership.csv"),
    ("modifica", "edit"),
    ("rinnovo", "renewal"),
    ("ripristino", "restoration"),
    ("annullamento", "undoing"),
    ("esiti", "outcomes"),
    ("esiti.csv", "outcomes.csv"),
    ("rendiconto", "report"),
    ("rendiconto.csv", "report.csv"),
    ("dati", "data"),
    ("elenco", "list"),
    ("elenco.csv", "list.csv"),
    ("disaccordi", "disagreements"),
    ("doppioni", "duplicates"),
    ("qualita", "quality"),
    ("misure", "measures"),
    ("perche-non", "why-not"),
)
# The filters of a list of partners, which its pages read from the address themselves.
FILTERS: Final = frozenset({"category", "certain", "km", "new", "province", "rivals", "sector", "size", "type"})
MOST_CARRIED: Final = 60
LONGEST_CARRIED: Final = 4_000
LONGEST_PATH: Final = 200
_TO_ENGLISH: Final = dict(SLUGS)
_TO_ITALIAN: Final = {english: italian for italian, english in SLUGS}


@cache
def environment() -> Environment:
    """The templates and the guide; an unknown name in a template is an error, never an empty text."""
    web = Path(str(files("service"))) / "web"
    return Environment(
        loader=FileSystemLoader([web / "templates", web / "guide"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page_address(language: str, *parts: str) -> str:
    """The address of a page: Italian path parts, put into English for English readers."""
    translated = parts if language == "it" else tuple(_TO_ENGLISH.get(part, part) for part in parts)
    return "/".join(["", language, *(quote(part, safe="") for part in translated)])


def with_query(address: str, *pairs: tuple[str, object]) -> str:
    """The address with these parameters; those that are None or empty are left out."""
    given = [(name, str(value)) for name, value in pairs if value is not None and value != ""]
    return f"{address}?{urlencode(given)}" if given else address


def other_language(language: str) -> str:
    """The language that is one click away."""
    return "en" if language == "it" else "it"


def other_address(request: Request, language: str) -> str:
    """The page being read, in the other language, with what the reader asked of it."""
    return same_path(request, language) + carried_query(request)


def same_path(request: Request, language: str) -> str:
    """The path of the page being read, in the other language; the home page where the path is none of ours."""
    other = other_language(language)
    if len(request.url.path) > LONGEST_PATH:
        return page_address(other)
    table = _TO_ENGLISH if other == "en" else _TO_ITALIAN
    parts = [quote(table.get(part, part), safe="") for part in request.url.path.strip("/").split("/")[1:]]
    return "/".join(["", other, *parts])


def carried_query(request: Request) -> str:
    """What the reader asked, with its question mark: only what this page can be asked, and never without end."""
    known = FILTERS | _askable(getattr(request.scope.get("route"), "dependant", None))
    asked = [(name, value) for name, value in request.query_params.multi_items() if name in known]
    query = urlencode(asked[:MOST_CARRIED])
    return f"?{query}" if 0 < len(query) <= LONGEST_CARRIED else ""


def _askable(dependant: Any) -> frozenset[str]:
    """Names that a route, and what it depends on, take from the query."""
    if dependant is None:
        return frozenset()
    own = frozenset(part.alias for part in dependant.query_params)
    return own.union(*map(_askable, dependant.dependencies))


def asset(path: str) -> str:
    """The address of a static file; a new version of the product makes browsers fetch it anew."""
    return f"/static/{path}?v={version('land-lazio')}"


def render_page(request: Request, words: Words, template: str, /, *, status: int = 200, **context: Any) -> HTMLResponse:
    """A page drawn from a template with what every template may call and the page's own values."""
    snapshot = context.pop("snapshot", None) or snapshot_of(request)
    return draw_page(request, words, template, snapshot, status=status, **context)


def draw_page(
    request: Request, words: Words, template: str, snapshot: object, /, *, status: int = 200, **context: Any
) -> HTMLResponse:
    """The same, when there may be no snapshot (an error page must be drawn even without a store)."""

    def address(*parts: str) -> str:
        return page_address(words.language, *parts)

    given: dict[str, object] = {
        "t": words.text,
        "say": words.render,
        "fmt": words.write,
        "has": has,
        "lang": words.language,
        "other_lang": other_language(words.language),
        "other_address": other_address(request, words.language),
        "address": address,
        "asset": asset,
        "path": request.url.path,
        "operator": getattr(snapshot, "audience", Audience.PUBLIC) is Audience.OPERATOR,
        "product_version": version("land-lazio"),
        "snapshot": snapshot,
    }
    body = environment().get_template(template).render(given | context)
    return HTMLResponse(body, status_code=status)
