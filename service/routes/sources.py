# SPDX-License-Identifier: EUPL-1.2
"""Where the data come from and how good they are: every source, one source's imports, the panel and its lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import HTMLResponse, Response

from data.errors import InvalidValue
from data.model import Organisation, Site
from service.data_quality import (
    FIELDS,
    LINKS,
    Group,
    counted,
    counted_sites,
    disagreements_of,
    evidence_of,
    quality_of,
)
from service.dependencies import RateLimited, SnapshotNow, StoreNow, WordsNow
from service.exports import CSV_TYPE, csv_text
from service.messages import Words
from service.organisation_sheet import Fact, fact_of, origin_of, place_text, value_text
from service.snapshot import Snapshot
from service.source_page import accounts_of, shelf_of, shelves_of
from service.templating import page_address, render_page, with_query


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list: an organisation with the fact in question, or a site."""

    name: str
    place: str | None
    body: Organisation | None = None
    fact: Fact | None = None
    site: Site | None = None


router = APIRouter(include_in_schema=False)

PAGE_SIZE: Final = 100
MOST_EXPORTED: Final = 50_000
Asked = Annotated[str, Query(max_length=60)]
PageNumber = Annotated[int, Query(ge=1, le=100_000)]


@router.get("/it/fonti")
@router.get("/en/sources")
def sources(request: Request, snapshot: SnapshotNow, words: WordsNow) -> HTMLResponse:
    """Every source with publisher, licence, what came in and when, or how to load it."""
    shelves = shelves_of(snapshot, words.language)
    return render_page(request, words, "sources.html", snapshot=snapshot, shelves=shelves)


@router.get("/it/fonti/dati")
@router.get("/en/sources/data")
def data_quality(
    request: Request, snapshot: SnapshotNow, store: StoreNow, words: WordsNow, gruppo: Asked = Group.COOPERATIVES.value
) -> HTMLResponse:
    """The panel: what is known of each field, how old it is, how exactly places are known, where sources disagree."""
    group = _group(gruppo)
    found = snapshot.once("quality.conflicts", lambda: store.conflicts(snapshot.audience))
    quality = quality_of(snapshot, group, len(disagreements_of(snapshot, group, found)))
    return render_page(
        request, words, "data_quality.html", snapshot=snapshot, quality=quality, groups=tuple(Group), links=LINKS
    )


def _group(name: str) -> Group:
    try:
        return Group(name)
    except ValueError as wrong:
        raise InvalidValue(field="gruppo", value=name, allowed=", ".join(Group)) from wrong


@router.get("/it/fonti/dati/elenco")
@router.get("/en/sources/data/list")
def counted_list(
    request: Request,
    snapshot: SnapshotNow,
    words: WordsNow,
    gruppo: Asked = Group.COOPERATIVES.value,
    cosa: Asked = "sector",
    stato: Asked = "unknown",
    pagina: PageNumber = 1,
) -> HTMLResponse:
    """Who is counted in a number of the panel, page by page, each with the way to mend it."""
    group = _group(gruppo)
    if cosa == "site-precision":
        sites = counted_sites(snapshot, stato)
        total = len(sites)
        rows = [
            Row(site.name, place_text(snapshot, site.municipality, None, words), site=site)
            for site in sites[(pagina - 1) * PAGE_SIZE : pagina * PAGE_SIZE]
        ]
    else:
        bodies = counted(snapshot, group, cosa, stato)
        total = len(bodies)
        shown = bodies[(pagina - 1) * PAGE_SIZE : pagina * PAGE_SIZE]
        rows = [
            Row(
                body.name,
                place_text(snapshot, body.municipality, body.province, words),
                body,
                fact_of(snapshot, body, cosa, words) if cosa in FIELDS else None,
            )
            for body in shown
        ]
    asked = (("gruppo", gruppo), ("cosa", cosa), ("stato", stato))
    return render_page(
        request,
        words,
        "data_quality_list.html",
        snapshot=snapshot,
        group=group,
        topic=cosa,
        state=stato,
        rows=rows,
        total=total,
        page=pagina,
        pages=max(1, -(-total // PAGE_SIZE)),
        first=(pagina - 1) * PAGE_SIZE + 1,
        size=PAGE_SIZE,
        here=with_query(page_address(words.language, "fonti", "dati", "elenco"), *asked),
        csv=with_query(page_address(words.language, "fonti", "dati", "elenco.csv"), *asked),
    )


@router.get("/it/fonti/dati/elenco.csv", dependencies=[RateLimited])
@router.get("/en/sources/data/list.csv", dependencies=[RateLimited])
def counted_csv(
    snapshot: SnapshotNow,
    words: WordsNow,
    gruppo: Asked = Group.COOPERATIVES.value,
    cosa: Asked = "sector",
    stato: Asked = "unknown",
) -> Response:
    """The same list as a file, at most 50,000 rows."""
    group = _group(gruppo)
    header = [words.text(f"panel.column.{name}") for name in ("id", "name", "place", "evidence")]
    if cosa == "site-precision":
        rows = [
            (site.id, site.name, place_text(snapshot, site.municipality, None, words), site.evidence.value)
            for site in counted_sites(snapshot, stato)[:MOST_EXPORTED]
        ]
    else:
        rows = [
            (
                next((each.value for each in body.identifiers if each.scheme == "tax-code"), body.id),
                body.name,
                place_text(snapshot, body.municipality, body.province, words),
                _evidence_word(snapshot, body, cosa, words),
            )
            for body in counted(snapshot, group, cosa, stato)[:MOST_EXPORTED]
        ]
    # All three were found among our own words above: nothing else may stand in a header.
    headers = {"content-disposition": f'attachment; filename="{group.value}-{cosa}-{stato}.csv"'}
    return Response(csv_text(header, rows), media_type=CSV_TYPE, headers=headers)


def _evidence_word(snapshot: Snapshot, body: Organisation, topic: str, words: Words) -> str:
    if topic not in FIELDS + LINKS:
        return ""
    evidence = evidence_of(snapshot, body, topic)
    return words.text(f"mark.{evidence}") if evidence else words.text("word.unknown")


@router.get("/it/fonti/dati/disaccordi")
@router.get("/en/sources/data/disagreements")
def disagreements(
    request: Request,
    snapshot: SnapshotNow,
    store: StoreNow,
    words: WordsNow,
    gruppo: Asked = Group.COOPERATIVES.value,
    pagina: PageNumber = 1,
) -> HTMLResponse:
    """Where official and declared sources say different things of the same fact, and which one is shown."""
    group = _group(gruppo)
    found = snapshot.once("quality.conflicts", lambda: store.conflicts(snapshot.audience))
    every = disagreements_of(snapshot, group, found)
    rows = [
        {
            "body": row.body,
            "field": row.field,
            "believed": _words_of(snapshot, row.body, row.field, row.believed, words),
            "claims": [
                (_words_of(snapshot, row.body, row.field, value, words), origin_of(known, row.body, words))
                for value, known in row.claims
            ],
        }
        for row in every[(pagina - 1) * PAGE_SIZE : pagina * PAGE_SIZE]
    ]
    return render_page(
        request,
        words,
        "data_quality_disagreements.html",
        snapshot=snapshot,
        group=group,
        rows=rows,
        total=len(every),
        page=pagina,
        pages=max(1, -(-len(every) // PAGE_SIZE)),
        here=with_query(page_address(words.language, "fonti", "dati", "disaccordi"), ("gruppo", gruppo)),
    )


def _words_of(snapshot: Snapshot, body: Organisation, field: str, value: object, words: Words) -> str:
    return words.text("word.unknown") if value in (None, ()) else value_text(snapshot, body, field, value, words)


@router.get("/it/fonti/{name}")
@router.get("/en/sources/{name}")
def one_source(
    request: Request,
    snapshot: SnapshotNow,
    store: StoreNow,
    words: WordsNow,
    name: Annotated[str, Path(min_length=1, max_length=60)],
) -> HTMLResponse:
    """One source: licence, freshness, every import with the rows refused and why, how to renew it."""
    shelf = shelf_of(snapshot, name, words.language)
    return render_page(
        request,
        words,
        "source.html",
        snapshot=snapshot,
        shelf=shelf,
        accounts=accounts_of(snapshot, store, name),
        outline=words.outline,
    )
