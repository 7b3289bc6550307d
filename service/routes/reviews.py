# SPDX-License-Identifier: EUPL-1.2
"""The review of membership lists: handing one in, deciding on each change, undoing, and maps of other people's columns.

For the operator only: a public service knows none of these addresses.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Query, Request, UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from data.errors import FileTooLarge, InvalidValue, LandError, UnreadableFile, WrongColumns
from data.identity import BadValue
from data.membership import ChangeKind, Decision
from data.model import Audience, Visibility
from data.sources import cooperative_register, membership
from data.sources.column_guess import guess_columns, sample_of
from data.sources.reading import Layout
from data.sources.values import day
from data.store.reviews import Decided
from data.wording import clean
from service.dependencies import HolderNow, SnapshotNow, StoreNow, WordsNow
from service.messages import Words
from service.reviews import (
    FEDERATION_LIMIT,
    MOST_REJECTIONS,
    REASON_LIMIT,
    STATES,
    Filter,
    HandedIn,
    Rest,
    decide_many,
    hand_in,
    matching_filter,
    reason_given,
    review_page,
    set_mark,
)
from service.snapshot import Snapshot
from service.templating import page_address, render_page, with_query


def _operator_only(snapshot: SnapshotNow) -> None:
    if snapshot.audience is not Audience.OPERATOR:
        raise HTTPException(404)


router = APIRouter(include_in_schema=False, dependencies=[Depends(_operator_only)])

Typed = Annotated[str, Form(max_length=1_000)]
Asked = Annotated[str, Query(max_length=100)]
Counted = Annotated[int, Query(ge=0, le=1_000_000)]
FORMATS: Final = (".csv", ".xlsx", ".xls")
LAYOUTS: Final[dict[str, Layout]] = {
    "cooperative-register": cooperative_register.LAYOUT,
    "membership": membership.LAYOUT,
}
DONE: Final = frozenset({"accepted", "refused", "undone", "changed-meanwhile", "map-saved", "map-gone"})
_LONGEST_FILE_NAME: Final = 100
_NONE: Final = Decided(0)
_EMPTY: Final = dict.fromkeys(("federation", "list_date", "complete", "visibility", "columns"), "")


@router.get("/it/aggiornamenti")
@router.get("/en/updates")
def updates(
    request: Request,
    snapshot: SnapshotNow,
    store: StoreNow,
    words: WordsNow,
    state: Asked = Decision.PENDING.value,
    federation: Asked = "",
    kind: Asked = "",
    p: Annotated[int, Query(ge=1, le=100_000)] = 1,
    done: Annotated[str, Query(max_length=20)] = "",
    n: Counted = 0,
    contradicting: Counted = 0,
    stale: Counted = 0,
) -> HTMLResponse:
    """The changes that wait for a decision, or those decided, with the form that hands in a list."""
    counts = Decided(n, contradicting, stale)
    return _page(request, snapshot, store, words, _filter(state, federation, kind), p, done=done, counts=counts)


def _filter(state: str, federation: str, kind: str) -> Filter:
    """What was asked; words that mean nothing here ask for nothing."""
    return Filter(
        Decision(state) if state in STATES else Decision.PENDING,
        federation.strip()[:FEDERATION_LIMIT],
        kind if kind in list(ChangeKind) else "",
    )


def _page(
    request: Request,
    snapshot: Snapshot,
    store: StoreNow,
    words: Words,
    asked: Filter,
    page: int = 1,
    *,
    done: str = "",
    counts: Decided = _NONE,
    rest: Rest | None = None,
    handed_in: HandedIn | None = None,
    failure: LandError | None = None,
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    here = page_address(words.language, "aggiornamenti")
    found = review_page(snapshot, store.reviews(asked.state), asked, page, words, store.held_now)
    pairs = (("state", asked.state.value), ("federation", asked.federation), ("kind", asked.kind))
    return render_page(
        request,
        words,
        "reviews.html",
        status=status,
        snapshot=snapshot,
        found=found,
        asked=asked,
        pairs=[(name, value) for name, value in pairs if value],
        link=lambda **over: with_query(here, *{**dict(pairs), **over}.items()) + "#elenco",
        kinds=[each.value for each in ChangeKind],
        states=[each.value for each in STATES],
        maps=[each for each in store.column_maps() if each.source == "membership"],
        told=_told(done if done in DONE else "", counts),
        rest=rest,
        handed_in=handed_in,
        rejections=handed_in.rejections[:MOST_REJECTIONS] if handed_in else (),
        failure=words.text(failure.key, **failure.params) if failure else "",
        typed=_EMPTY | (typed or {}),
        reason_limit=REASON_LIMIT,
        federation_limit=FEDERATION_LIMIT,
    )


def _told(done: str, counts: Decided) -> list[tuple[str, int]]:
    """What is said of a decision, each with its count: what was done, and what waits on and why."""
    waits = [("contradicting", counts.contradicting), ("stale", counts.stale)]
    said = [(name, count) for name, count in waits if count]
    return [(done, counts.done), *said] if done and (counts.done or not said) else said


# --- handing in ---------------------------------------------------------------------------------------------------


@contextmanager
def _as_file(upload: UploadFile) -> Iterator[tuple[Path, str]]:
    """What was sent as a file of a fixed name, gone afterwards, and what it is called in words.

    Raises UnreadableFile for another kind of file. The name that was sent is never a name of a file here.
    """
    name, suffix = _name_sent(upload.filename or "")
    if suffix not in FORMATS:
        raise UnreadableFile(file=name, why="unreadable.kind", allowed=", ".join(FORMATS))
    with tempfile.TemporaryDirectory(prefix="land-") as folder:
        path = Path(folder) / f"elenco{suffix}"
        with path.open("wb") as out:
            while block := upload.file.read(1 << 20):
                out.write(block)
        try:
            yield path, name
        except LandError as wrong:
            if "file" in wrong.params:
                wrong.params["file"] = name
            raise


def _name_sent(sent: str) -> tuple[str, str]:
    """The last part of the name that was sent, for words only (cleaned, cut), and its ending in small letters."""
    name = clean(sent.replace("\\", "/").rsplit("/", 1)[-1])
    stem, dot, ending = name.rpartition(".")
    suffix = f".{ending.lower()}" if dot and stem else ""
    if len(name) <= _LONGEST_FILE_NAME:
        return name, suffix
    kept = suffix if suffix in FORMATS else ""
    return name[: _LONGEST_FILE_NAME - len(kept) - 1] + "…" + kept, suffix


@router.post("/it/aggiornamenti/elenco")
@router.post("/en/updates/list")
def hand_in_list(
    request: Request,
    snapshot: SnapshotNow,
    store: StoreNow,
    holder: HolderNow,
    words: WordsNow,
    file: UploadFile,
    federation: Typed = "",
    list_date: Typed = "",
    complete: Typed = "",
    visibility: Typed = Visibility.FEDERATION.value,
    columns: Typed = "",
) -> HTMLResponse:
    """Compares a list with what is held and shows what it proposes; nothing is written but the proposals."""
    typed = {
        "federation": federation, "list_date": list_date, "complete": complete, "visibility": visibility,
        "columns": columns,
    }  # fmt: skip
    try:
        with _as_file(file) as (path, name):
            done = hand_in(
                store,
                path,
                federation,
                complete=complete == "yes",
                list_date=_list_date(list_date, snapshot.today),
                visibility=Visibility.PUBLIC if visibility == Visibility.PUBLIC else Visibility.FEDERATION,
                columns=store.columns_named(columns) if columns else None,
                called=name,
            )
    except (InvalidValue, UnreadableFile, WrongColumns, FileTooLarge) as wrong:
        return _page(request, snapshot, store, words, Filter(), failure=wrong, typed=typed, status=422)
    return _page(request, holder.fresh(), store, words, Filter(federation=done.federation), handed_in=done)


def _list_date(text: str, today: date) -> date:
    """The day that the list speaks of, today when none is given; never a day to come."""
    if not text.strip():
        return today
    try:
        given = day(text)
    except BadValue as wrong:
        raise InvalidValue(field="list_date", value=text, allowed="2026-12-31, 31/12/2026") from wrong
    if given > today:
        raise InvalidValue(field="list_date", value=text, allowed=f"<= {today.isoformat()}")
    return given


# --- deciding -----------------------------------------------------------------------------------------------------


@router.post("/it/aggiornamenti/decisione")
@router.post("/en/updates/decision")
def decide(
    store: StoreNow,
    holder: HolderNow,
    words: WordsNow,
    change: Typed = "",
    decision: Typed = "",
    reason: Typed = "",
    state: Typed = "",
    federation: Typed = "",
    kind: Typed = "",
    p: Annotated[int, Form(ge=1, le=100_000)] = 1,
    seen: Typed = "",
) -> Response:
    """Accepts or refuses one change; what we hold must still be what the card showed (`seen`)."""
    accept, why = _accepts(decision), reason_given(reason)
    done = store.accept_changes([change], why, seen={change: seen}) if accept else store.refuse_changes([change], why)
    holder.fresh()
    return _back(words, _filter(state, federation, kind), p, "accepted" if accept else "refused", done)


@router.post("/it/aggiornamenti/tutti")
@router.post("/en/updates/all")
def decide_all(
    request: Request,
    store: StoreNow,
    holder: HolderNow,
    words: WordsNow,
    decision: Typed = "",
    reason: Typed = "",
    federation: Typed = "",
    kind: Typed = "",
    shown: Typed = "",
    after: Typed = "",
) -> Response:
    """Accepts or refuses the waiting changes of a federation and kind, if they are still the very ones that were shown.

    Many are decided in portions; what one request does not reach is offered for going on (those after the id `after`).
    """
    asked = _filter(Decision.PENDING, federation, kind)
    accept, why = _accepts(decision), reason_given(reason)
    wanted = _after(store, asked, after)
    if set_mark(wanted) != shown:
        return _back(words, asked, 1, "changed-meanwhile")
    result = decide_many(store, wanted, accept=accept, reason=why)
    snapshot = holder.fresh()
    done = "accepted" if accept else "refused"
    left = _after(store, asked, result.stopped_after) if result.stopped_after else []
    if not left:
        return _back(words, asked, 1, done, result.decided)
    rest = Rest(len(left), result.stopped_after, set_mark(left), decision, why)
    return _page(request, snapshot, store, words, asked, done=done, counts=result.decided, rest=rest)


def _after(store: StoreNow, asked: Filter, after: str) -> list[str]:
    """The ids of the waiting changes asked for that come after this one in the order of ids."""
    return sorted(one.id for one in matching_filter(store.reviews(Decision.PENDING), asked) if one.id > after)


def _accepts(decision: str) -> bool:
    if decision not in {"accept", "refuse"}:
        raise InvalidValue(field="decision", value=decision, allowed="accept, refuse")
    return decision == "accept"


@router.post("/it/aggiornamenti/annulla")
@router.post("/en/updates/undo")
def undo(
    store: StoreNow,
    holder: HolderNow,
    words: WordsNow,
    change: Typed = "",
    state: Typed = "",
    federation: Typed = "",
    kind: Typed = "",
) -> Response:
    """Lets a decided change wait again; what accepting it wrote is taken back."""
    if not store.undo_change(change):
        raise HTTPException(404)
    holder.fresh()
    return _back(words, _filter(state, federation, kind), 1, "undone", Decided(1))


def _back(words: Words, asked: Filter, page: int, done: str, counts: Decided = _NONE) -> RedirectResponse:
    address = with_query(
        page_address(words.language, "aggiornamenti"),
        ("state", asked.state.value if asked.state is not Decision.PENDING else ""),
        ("federation", asked.federation),
        ("kind", asked.kind),
        ("p", page if page > 1 else None),
        ("done", done),
        ("n", counts.done),
        ("contradicting", counts.contradicting or None),
        ("stale", counts.stale or None),
    )
    return RedirectResponse(f"{address}#fatto", status_code=303)


# --- columns of other people's files ------------------------------------------------------------------------------


@router.get("/it/aggiornamenti/colonne")
@router.get("/en/updates/columns")
def columns_page(
    request: Request,
    snapshot: SnapshotNow,
    store: StoreNow,
    words: WordsNow,
    done: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:
    """The saved column maps, and the form that reads the headings of a file."""
    return _columns(request, snapshot, store, words, done=done if done in DONE else "")


def _columns(
    request: Request, snapshot: Snapshot, store: StoreNow, words: Words, *, status: int = 200, **given: object
) -> HTMLResponse:
    context = {"guesses": (), "sample": None, "source": "", "file_name": "", "failure": "", "done": ""} | given
    return render_page(
        request,
        words,
        "reviews_columns.html",
        status=status,
        snapshot=snapshot,
        maps=store.column_maps(),
        sources=tuple(LAYOUTS),
        **context,
    )


@router.post("/it/aggiornamenti/colonne")
@router.post("/en/updates/columns")
def guess(
    request: Request,
    snapshot: SnapshotNow,
    store: StoreNow,
    words: WordsNow,
    file: UploadFile,
    source: Typed = "",
) -> HTMLResponse:
    """Reads the headings of a file and shows which column each may be, for the reader to confirm or change."""
    chosen = source if source in LAYOUTS else next(iter(LAYOUTS))
    try:
        with _as_file(file) as (path, name):
            sample = sample_of(path, LAYOUTS[chosen])
    except (UnreadableFile, WrongColumns, FileTooLarge) as wrong:
        said = words.text(wrong.key, **wrong.params)
        return _columns(request, snapshot, store, words, failure=said, source=chosen, status=422)
    guesses = guess_columns(sample, LAYOUTS[chosen])
    return _columns(request, snapshot, store, words, guesses=guesses, sample=sample, source=chosen, file_name=name)


def _names(layout: Layout) -> list[str]:
    return [column.name for column in layout.columns]


async def _sent(request: Request) -> dict[str, str]:
    """The boxes of a form whose names the page makes."""
    form = await request.form(max_files=0, max_fields=200)
    return {key: value for key, value in form.items() if isinstance(value, str)}


@router.post("/it/aggiornamenti/colonne/salva")
@router.post("/en/updates/columns/save")
def save_columns(form: Annotated[dict[str, str], Depends(_sent)], store: StoreNow, words: WordsNow) -> Response:
    """Keeps the confirmed map under its name."""
    source, name = form.get("source", ""), form.get("name", "")
    if source not in LAYOUTS:
        raise InvalidValue(field="source", value=source, allowed=", ".join(LAYOUTS))
    given = {ours: form.get(f"column-{ours}", "").strip()[:200] for ours in _names(LAYOUTS[source])}
    store.save_columns(name, source, {ours: heading for ours, heading in given.items() if heading})
    return RedirectResponse(page_address(words.language, "aggiornamenti", "colonne") + "?done=map-saved", 303)


@router.post("/it/aggiornamenti/colonne/elimina")
@router.post("/en/updates/columns/removal")
def forget_columns(store: StoreNow, words: WordsNow, name: Typed = "") -> Response:
    """Removes a saved map."""
    if not store.forget_columns(name):
        raise HTTPException(404)
    return RedirectResponse(page_address(words.language, "aggiornamenti", "colonne") + "?done=map-gone", 303)
