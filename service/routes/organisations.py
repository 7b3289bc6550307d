# SPDX-License-Identifier: EUPL-1.2
"""The pages of one organisation: its card, what it declared, its partners of each kind and where they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from data.model import Organisation, Precision
from data.store import Store
from matching.kinds import PARTNERSHIPS
from matching.recommend import Recommendation
from service.calls import suited_calls
from service.declared_sheet import BY_HAND, availabilities, declared_lines, said_sheet
from service.dependencies import RateLimited, SnapshotNow, StoreNow, WordsNow
from service.dossiers import dossiers_of_body
from service.life_notes import life_notes
from service.messages import Words
from service.organisation_forms import CHOICES, EMPTY, Forms, asked_forms, editing_form, fields_for, form_choices
from service.organisation_history import story_of
from service.organisation_sheet import place_text, sheet_of, work_text
from service.outcome_forms import empty_form, outcome_choices
from service.outcomes import lines_of, outcomes_by_organisation, steps_between
from service.partner_asides import asides_of, helps_of
from service.partner_cards import POINTS, cards_of
from service.partner_query import boxes_of, read_query
from service.partners import find_partners
from service.routes.api import resolve
from service.snapshot import Snapshot
from service.templating import carried_query, page_address, render_page, with_query

DONE: Final = frozenset(
    {"correction", "taken-back", "declaration", "own-words", "withdrawal", "edited", "renewed", "restored", "undone",
        "outcome", "joined",
    }
)  # fmt: skip
MOST_OUTCOMES: Final = 8
router = APIRouter(include_in_schema=False)

# The last part of a partner page's address and the kind of partnership, in both languages.
KIND_OF_SLUG: Final = {"aggregazione": "aggregation", "filiera": "supply-chain", "pubblico-privato": "public-private"}
SLUG_OF_KIND: Final = {kind: slug for slug, kind in KIND_OF_SLUG.items()}
_KINDS: Final = KIND_OF_SLUG | {kind: kind for kind in PARTNERSHIPS}

FEW: Final = 10
MOST_SHOWN: Final = 100

Named = Annotated[str, Path(min_length=1, max_length=200)]


# --- the organisation -------------------------------------------------------------------------------------------


@router.get("/it/organizzazioni/{name}")
@router.get("/en/organisations/{name}")
def organisation(
    request: Request,
    snapshot: SnapshotNow,
    store: StoreNow,
    words: WordsNow,
    name: Named,
    correct: Annotated[str, Query(max_length=60)] = "",
    edit: Annotated[str, Query(max_length=100)] = "",
    done: Annotated[str, Query(max_length=20)] = "",
    about: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """All that is known of a body; any identifier, and the id of a merged body, lead to its one address."""
    found = resolve(snapshot, store, name)
    if found != name:
        address = page_address(words.language, "organizzazioni", found)
        merged = name in store.redirects_to(found)
        return RedirectResponse(f"{address}?done=joined" if merged else address, status_code=302)
    forms = asked_forms(snapshot.organisation(found), correct, words)
    if edit:
        forms = _edited(store, snapshot, found, edit, words)
    return organisation_page(request, snapshot, words, found, forms, store=store, done=done, about=about)


def _edited(store: Store, snapshot: Snapshot, organisation_id: str, edit: str, words: Words) -> Forms:
    """The form of a declaration of this body, in force or expired; none opens where there is no such thing to edit."""
    rows = store.said_by(organisation_id, snapshot.audience)
    found = [row.declaration for row in rows if row.declaration.id == edit and row.ended is None]
    return editing_form(found[0], words) if found and found[0].source == BY_HAND else EMPTY


@router.get("/it/organizzazioni/{name}/dichiarazioni")
@router.get("/en/organisations/{name}/declarations")
def declared(request: Request, snapshot: SnapshotNow, store: StoreNow, words: WordsNow, name: Named) -> HTMLResponse:
    """All that a body ever said of itself, in force or over, and what was done to it when."""
    found = resolve(snapshot, store, name)
    sheet = said_sheet(store.said_by(found, snapshot.audience), snapshot.today, words)
    body = snapshot.organisation(found)
    return render_page(request, words, "declared_history.html", snapshot=snapshot, body=body, sheet=sheet)


def organisation_page(
    request: Request,
    snapshot: Snapshot,
    words: Words,
    organisation_id: str,
    forms: Forms = EMPTY,
    *,
    store: Store | None = None,
    done: str = "",
    about: str = "",
    status: int = 200,
) -> HTMLResponse:
    """The page of an organisation, with its forms as they stand (empty, opened, or with errors).

    With the store, what was declared knows whether a change of it can be undone. `about` is the field or the
    declaration that the message of what was done repeats.
    """
    sheet = sheet_of(snapshot, organisation_id, words)
    said = declared_lines(snapshot, organisation_id, words)
    if store is not None:
        said = said_sheet(store.said_by(organisation_id, snapshot.audience), snapshot.today, words).in_force
    noted = outcomes_by_organisation(snapshot).get(organisation_id, ())
    return render_page(
        request,
        words,
        "organisation.html",
        status=status,
        snapshot=snapshot,
        sheet=sheet,
        place=place_text(snapshot, sheet.body.municipality, sheet.body.province, words),
        work=work_text(sheet.body, words),
        kinds=kinds_for(sheet.body),
        forms=forms,
        said=said,
        life=life_notes(snapshot, sheet.body, words),
        story=story_of(snapshot, store, sheet.body, words) if store is not None else (),
        outcomes=lines_of(snapshot, noted[:MOST_OUTCOMES]),
        outcomes_more=len(noted) if len(noted) > MOST_OUTCOMES else 0,
        suited=suited_calls(snapshot, sheet.body, words),
        in_dossiers=dossiers_of_body(snapshot, sheet.body.id, words),
        **_form_context(snapshot, sheet.body, words),
        done=done if done in DONE else "",
        changed=next((fact for _, facts in sheet.groups for fact in facts if fact.field == about), None),
        changed_line=next((line for line in said if line.said.id == about), None),
        other_address=_same_in_the_other_language(words, organisation_id, request),
    )


def _form_context(snapshot: Snapshot, body: Organisation, words: Words) -> dict[str, Any]:
    """What the forms of forms.html need beside the form itself."""
    return {"choices": form_choices(snapshot, words), "correctable": fields_for(body), "field_choices": CHOICES}


def chosen_addresses(here: str, words: Words) -> dict[str, Any]:
    """Where the shortlist, the comparison and the file of chosen partners are, below a list of partners."""
    names = {"list_address": "lista", "compare_address": "confronto", "csv_address": "lista.csv"}
    return {key: f"{here}/{page_address(words.language, part).rsplit('/', 1)[1]}" for key, part in names.items()}


def _same_in_the_other_language(words: Words, organisation_id: str, request: Request) -> str:
    other = "en" if words.language == "it" else "it"
    query = carried_query(request) if request.method == "GET" else ""
    return page_address(other, "organizzazioni", organisation_id) + query


def kinds_for(body: Organisation) -> tuple[tuple[str, str, bool], ...]:
    """(kind, its part of the address, whether this body may ask for it)."""
    return tuple((name, SLUG_OF_KIND[name], body.kind in kind.partners) for name, kind in PARTNERSHIPS.items())


# --- its partners -----------------------------------------------------------------------------------------------


def kind_of(slug: str) -> str:
    """The kind of partnership of a part of the address; 404 where there is none."""
    if slug not in _KINDS:
        raise HTTPException(404)
    return _KINDS[slug]


@router.get("/it/organizzazioni/{name}/partner/{slug}", dependencies=[RateLimited])
@router.get("/en/organisations/{name}/partners/{slug}", dependencies=[RateLimited])
def partners(
    request: Request,
    snapshot: SnapshotNow,
    store: StoreNow,
    words: WordsNow,
    name: Named,
    slug: str,
    n: Annotated[int, Query(ge=1, le=MOST_SHOWN)] = FEW,
    done: Annotated[str, Query(max_length=20)] = "",
    wanted: Annotated[str, Query(alias="help", max_length=40)] = "",
) -> Response:
    """Ranked partners of one kind as numbered cards, or in words why there is no answer."""
    kind = kind_of(slug)
    found = resolve(snapshot, store, name)
    here = page_address(words.language, "organizzazioni", found, "partner", SLUG_OF_KIND[kind])
    if found != name:
        return RedirectResponse(here, status_code=302)
    body = snapshot.organisation(found)
    query = read_query(request.query_params)
    answer = find_partners(snapshot, found, kind, limit=n + 1, filters=query.filters)
    shown = answer.recommendations[:n]
    more = with_query(here, *query.pairs, ("n", min(n + FEW, MOST_SHOWN)))
    asides = asides_of(snapshot, found, kind, shown, query, here)
    helps = helps_of(body, answer, asides.missing, wanted)
    return render_page(
        request,
        words,
        "partners.html",
        snapshot=snapshot,
        body=body,
        kind=kind,
        kinds=kinds_for(body),
        here=here,
        answer=answer,
        cards=cards_of(snapshot, shown, kind, words),
        more=more if len(answer.recommendations) > n and n < MOST_SHOWN else "",
        more_from=len(shown) + 1,
        query=query,
        boxes=boxes_of(snapshot, body, kind, words),
        positions=_positions_address(found, shown),
        csv=with_query(chosen_addresses(here, words)["csv_address"], *query.pairs, ("n", n)),
        forms=_forms_that_help(body, helps, words),
        help_names=[words.text(f"datum.{name}") for name in helps],
        help_open=bool(wanted and wanted in helps),
        **_form_context(snapshot, body, words),
        **chosen_addresses(here, words),
        points=POINTS,
        done=done == "outcome",
        asides=asides,
        why_not_page=f"{here}/{page_address(words.language, 'perche-non').rsplit('/', 1)[1]}",
        **outcome_context(snapshot, found, kind, shown, words),
    )


def outcome_context(
    snapshot: Snapshot, asker: str, kind: str, shown: Iterable[Recommendation], words: Words
) -> dict[str, Any]:
    """What cards need to tell and note what became of a suggestion: availability, steps so far, the form."""
    partners = [each.partner for each in shown]
    return {
        "ready": {
            each: [availabilities(snapshot, each, words, public=public) for public in (True, False)]
            for each in partners
        },
        "steps": {each: lines_of(snapshot, steps_between(snapshot, asker, each, kind)) for each in partners},
        "outcome_form": empty_form(kind, snapshot.today),
        "outcome_choices": outcome_choices(snapshot),
    }


def _forms_that_help(body: Organisation, helps: Iterable[str], words: Words) -> tuple[tuple[str, Forms], ...]:
    """For each datum that would help: its name and the form that takes it."""
    return tuple((name, asked_forms(body, name, words)) for name in helps)


def _positions_address(organisation_id: str, shown: tuple[Recommendation, ...]) -> str:
    return with_query(
        "/partners/positions.json", ("organisation", organisation_id), *(("with", each.partner) for each in shown)
    )


@router.get("/partners/positions.json")
def positions(
    snapshot: SnapshotNow,
    organisation: Annotated[str, Query(max_length=200)],
    chosen: Annotated[list[str] | None, Query(alias="with", max_length=MOST_SHOWN)] = None,
) -> JSONResponse:
    """Where an organisation and its partners stand, numbered in the order asked; unknown places are null."""
    home = snapshot.organisation(snapshot.resolve(organisation))
    rows = [snapshot.organisation(snapshot.resolve(each)) for each in chosen or ()]
    return JSONResponse(
        {
            "organisation": {"name": home.name, **_position(snapshot, home)},
            "partners": [
                {"n": number, "id": body.id, "name": body.name, **_position(snapshot, body)}
                for number, body in enumerate(rows, start=1)
            ],
        },
        headers={"cache-control": "private, no-cache"},
    )


def _position(snapshot: Snapshot, body: Organisation) -> dict[str, object]:
    """Its own point, else its comune's reference point, else null."""
    if body.lon is not None and body.lat is not None and body.precision is Precision.POINT:
        return {"lon": body.lon, "lat": body.lat, "precision": Precision.POINT}
    comune = snapshot.municipalities.get(body.municipality or "")
    if comune is None:
        return {"lon": None, "lat": None, "precision": Precision.UNKNOWN}
    return {"lon": comune.lon, "lat": comune.lat, "precision": Precision.MUNICIPALITY}
