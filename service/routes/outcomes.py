# SPDX-License-Identifier: EUPL-1.2
"""What became of suggestions: noted on a partner's card, listed, corrected, taken back, as a file. Operator only."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from data.errors import ChangedMeanwhile
from data.model import Audience, ContactOutcome
from data.store.outcomes import mark_of_outcome
from matching.kinds import PARTNERSHIPS
from service.dependencies import RateLimited, SnapshotNow, StoreNow, WordsNow
from service.exports import CSV_TYPE
from service.messages import Words
from service.outcome_forms import OutcomeForm, as_typed, form_of, outcome_choices, read_outcome
from service.outcomes import STEPS, in_year, lines_of, outcomes_csv, years_of
from service.routes.api import resolve
from service.routes.desk import Desk, DeskNow, Form, seen_in, typed_in
from service.routes.organisations import SLUG_OF_KIND
from service.snapshot import Snapshot
from service.templating import page_address, render_page, with_query

router = APIRouter(include_in_schema=False)

MOST_SHOWN: Final = 500
DONE: Final = frozenset({"recorded", "edited", "taken-back", "restored", "undone"})
Outcome = Annotated[str, Path(max_length=40)]
Asked = Annotated[str, Query(max_length=200)]
Year = Annotated[str, Query(max_length=4)]


def for_operator(snapshot: Snapshot) -> None:
    """Raises 404 for the public: what became of suggestions is not for it."""
    if snapshot.audience is not Audience.OPERATOR:
        raise HTTPException(404)


def year_of(text: str) -> int | None:
    """A year as asked in the address; None for none or for what is no year."""
    return int(text) if len(text) == 4 and text.isascii() and text.isdecimal() else None


@router.get("/it/esiti")
@router.get("/en/outcomes")
def outcomes(
    request: Request,
    snapshot: SnapshotNow,
    store: StoreNow,
    words: WordsNow,
    anno: Year = "",
    step: Asked = "",
    organisation: Asked = "",
    done: Asked = "",
) -> HTMLResponse:
    """Every step noted, newest first, narrowed by year, step or organisation; those taken back stand below."""
    for_operator(snapshot)
    rows = _chosen(snapshot, anno, step, organisation)
    changed = store.outcome_changes([each.id for each in rows[:MOST_SHOWN]])
    return render_page(
        request,
        words,
        "outcomes.html",
        snapshot=snapshot,
        lines=lines_of(snapshot, rows[:MOST_SHOWN]),
        total=len(rows),
        undoable={key for key, story in changed.items() if any(each.before for each in story)},
        taken_back=lines_of(snapshot, list(reversed(store.outcomes_taken_back()))[:MOST_SHOWN]),
        years=years_of(snapshot.outcomes, snapshot.today),
        asked={"anno": year_of(anno), "step": step if step in STEPS else "", "organisation": organisation},
        about=snapshot.organisation(organisation) if organisation in snapshot.position else None,
        steps=STEPS,
        csv=with_query(page_address(words.language, "esiti.csv"), *_pairs(anno, step, organisation)),
        done=done if done in DONE else "",
    )


def _pairs(year: str, step: str, organisation: str) -> tuple[tuple[str, str], ...]:
    return (("anno", year), ("step", step), ("organisation", organisation))


def _chosen(snapshot: Snapshot, year: str, step: str, organisation: str) -> list[ContactOutcome]:
    return [
        each
        for each in in_year(snapshot.outcomes, year_of(year))
        if (step not in STEPS or each.step == step) and (not organisation or organisation in (each.asker, each.partner))
    ]


@router.get("/it/esiti.csv", dependencies=[RateLimited])
@router.get("/en/outcomes.csv", dependencies=[RateLimited])
def outcomes_file(
    snapshot: SnapshotNow, words: WordsNow, anno: Year = "", step: Asked = "", organisation: Asked = ""
) -> Response:
    """The steps chosen as CSV."""
    for_operator(snapshot)
    text = outcomes_csv(snapshot, words, _chosen(snapshot, anno, step, organisation))
    headers = {"content-disposition": 'attachment; filename="esiti.csv"'}
    return Response(text.encode("utf-8"), media_type=CSV_TYPE, headers=headers)


@router.post("/it/esiti")
@router.post("/en/outcomes")
def record(desk: DeskNow, form: Form) -> Response:
    """Writes a step, or shows the form with what is wrong; then back to the partners or to the organisation."""
    typed = typed_in(form)
    ends = [resolve(desk.snapshot, desk.store, typed.get(name, "")[:200]) for name in ("asker", "partner")]
    read = read_outcome(typed, desk.snapshot.today, {each.id for each in desk.snapshot.dossiers})
    if isinstance(read, OutcomeForm):
        return _form_page(desk.request, desk.snapshot, desk.words, read, ends, status=422)
    if ends[0] == ends[1]:
        raise HTTPException(422)
    values: dict[str, Any] = read
    desk.store.record_outcome(ContactOutcome(id="", asker=ends[0], partner=ends[1], **values))
    desk.fresh()
    if (back := typed.get("back", "")) in PARTNERSHIPS:
        parts = ("organizzazioni", ends[0], "partner", SLUG_OF_KIND[back])
        return RedirectResponse(page_address(desk.words.language, *parts) + "?done=outcome", status_code=303)
    return _listed(desk.words, "recorded", ends[0])


@router.get("/it/esiti/{outcome}")
@router.get("/en/outcomes/{outcome}")
def opened(request: Request, snapshot: SnapshotNow, words: WordsNow, outcome: Outcome) -> HTMLResponse:
    """One step in its form, to be corrected."""
    for_operator(snapshot)
    found = _held(snapshot, outcome)
    ends = [found.asker, found.partner]
    return _form_page(
        request,
        snapshot,
        words,
        form_of(found, {each.id for each in snapshot.dossiers}),
        ends,
        seen=mark_of_outcome(found),
    )


@router.post("/it/esiti/{outcome}")
@router.post("/en/outcomes/{outcome}")
def correct(desk: DeskNow, outcome: Outcome, form: Form) -> Response:
    """Puts other values into a step; what stood there is kept and can be put back.

    What others changed meanwhile is shown first, with what was typed (409).
    """
    found, typed, seen = _held(desk.snapshot, outcome), typed_in(form), seen_in(form)
    known = {each.id for each in desk.snapshot.dossiers}
    read = read_outcome(typed, desk.snapshot.today, known, outcome)
    ends = [found.asker, found.partner]
    if isinstance(read, OutcomeForm):
        return _form_page(desk.request, desk.snapshot, desk.words, read, ends, seen=seen, status=422)
    if not read["dossier"] and found.dossier not in known:  # one that was taken out may be brought back
        read["dossier"] = found.dossier
    try:
        desk.store.edit_outcome(outcome, read, seen=seen)
    except ChangedMeanwhile:
        newest = desk.fresh()
        found = _held(newest, outcome)
        kept = as_typed(typed, outcome)
        return _form_page(
            desk.request, newest, desk.words, kept, ends, seen=mark_of_outcome(found), meanwhile=found, status=409
        )
    desk.fresh()
    return _listed(desk.words, "edited", found.asker)


@router.post("/it/esiti/{outcome}/ritiro")
@router.post("/en/outcomes/{outcome}/withdrawal")
def take_back(desk: DeskNow, outcome: Outcome) -> Response:
    """Takes back a step that was noted by mistake."""
    return _after(desk, desk.store.take_outcome_back(outcome, desk.snapshot.today), "taken-back")


@router.post("/it/esiti/{outcome}/ripristino")
@router.post("/en/outcomes/{outcome}/restoration")
def restore(desk: DeskNow, outcome: Outcome) -> Response:
    """Brings back a step that was taken back."""
    return _after(desk, desk.store.restore_outcome(outcome), "restored")


@router.post("/it/esiti/{outcome}/annullamento")
@router.post("/en/outcomes/{outcome}/undoing")
def undo(desk: DeskNow, outcome: Outcome, form: Form) -> Response:
    """Puts back what the last correction of a step replaced, while it stands as it was shown (else 409)."""
    _held(desk.snapshot, outcome)
    return _after(desk, desk.store.undo_outcome(outcome, seen=seen_in(form)), "undone")


def _held(snapshot: Snapshot, outcome: str) -> ContactOutcome:
    found = next((each for each in snapshot.outcomes if each.id == outcome), None)
    if found is None:
        raise HTTPException(404)
    return found


def _form_page(
    request: Request,
    snapshot: Snapshot,
    words: Words,
    form: OutcomeForm,
    ends: list[str],
    *,
    seen: str = "",
    meanwhile: ContactOutcome | None = None,
    status: int = 200,
) -> HTMLResponse:
    """The form of a step, shown with the mark `seen`; `meanwhile` is the step as others left it since."""
    asker, partner = (snapshot.organisation(end) for end in ends)
    return render_page(
        request,
        words,
        "outcome_edit.html",
        status=status,
        snapshot=snapshot,
        form=form,
        asker=asker,
        partner=partner,
        seen=seen,
        meanwhile=lines_of(snapshot, [meanwhile])[0] if meanwhile else None,
        outcome_choices=outcome_choices(snapshot),
        other_address=page_address("en" if words.language == "it" else "it", "esiti"),
    )


def _after(desk: Desk, changed: bool, done: str) -> Response:
    if not changed:
        raise HTTPException(404)
    desk.fresh()
    return _listed(desk.words, done)


def _listed(words: Words, done: str, organisation: str = "") -> RedirectResponse:
    pairs = (("organisation", organisation), ("done", done))
    return RedirectResponse(with_query(page_address(words.language, "esiti"), *pairs), status_code=303)
