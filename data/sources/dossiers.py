# SPDX-License-Identifier: EUPL-1.2
"""Own files of dossiers and tables, and of the roles in them: two files, two sheets, or one table of both.

Dossiers: id, title, kind, purpose, need, municipalities, themes, call, instrument, act, act_title, deadline, status,
outcome, objective, visibility. Roles: dossier, role, org, state, needs, resources. Seen by the federation unless a row
says otherwise; a dossier of a firm in crisis (`wbo`) is always reserved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from data.errors import WrongColumns
from data.identity import BadValue, own_identifier
from data.lazio.plans import plan_of
from data.lazio.role_needs import read_needs
from data.lazio.roles import role_of
from data.lazio.themes import theme_of
from data.model import Evidence, Message, Visibility
from data.records import (
    Accepted,
    DossierRecord,
    DossierRoleRecord,
    Outcome,
    ReadOptions,
    Rejected,
    Source,
    SourceInfo,
)
from data.sources.comuni_lists import comuni_of
from data.sources.own_columns import UNSTATED, VISIBILITY, WHOEVER, visibility_of
from data.sources.reading import BadCell, Column, Layout, Row, fits, outcome, read_rows
from data.sources.values import KEY_LIMIT, day, one_of
from data.wording import clean, clean_words, free_words, plain

KINDS = ("dossier", "table", "wbo")
STATUSES = ("idea", "in-preparation", "submitted", "funded", "refused", "running", "closed")
STATES = ("open", "invited", "interested", "filled", "declined", "left")
LONG: Final = 1_000
_KIND_WORDS = {"tavolo": "table", "pratica": "dossier", "crisi": "wbo", "workers buyout": "wbo"}
_STATUS_WORDS = {
    "in preparazione": "in-preparation",
    "presentato": "submitted",
    "presentata": "submitted",
    "finanziato": "funded",
    "finanziata": "funded",
    "non finanziato": "refused",
    "respinto": "refused",
    "in corso": "running",
    "avviato": "running",
    "chiuso": "closed",
    "concluso": "closed",
}
_STATE_WORDS = {
    "aperto": "open",
    "scoperto": "open",
    "da coprire": "open",
    "invitato": "invited",
    "invitata": "invited",
    "interessato": "interested",
    "interessata": "interested",
    "coperto": "filled",
    "confermato": "filled",
    "confermata": "filled",
    "ha declinato": "declined",
    "rifiutato": "declined",
    "uscito": "left",
    "uscita": "left",
}
_BETWEEN: Final = re.compile(r"[;,|\n]")

_ROLE_COLUMNS = (
    Column("role", ("ruolo",), needed=True),
    Column("org", ("organisation", "organizzazione", "codice_fiscale", "partner")),
    Column("state", ("stato", "stato_ruolo", "role_state")),
    Column("needs", ("requisiti", "serve")),
    Column("resources", ("risorse", "apporto", "mezzi")),
)
DOSSIERS = Layout(
    columns=(
        Column("id", ("codice", "id_dossier"), needed=True),
        Column("purpose", ("scopo", "finalita", "obiettivo_del_lavoro"), needed=True),
        Column("title", ("titolo", "nome")),
        Column("kind", ("tipo",)),
        Column("need", ("bisogno", "fabbisogno")),
        Column("municipalities", ("comuni", "territorio")),
        Column("themes", ("temi", "tema")),
        Column("call", ("bando", "avviso")),
        Column("instrument", ("strumento", "forma")),
        Column("act", ("atto", "piano", "tipo_atto")),
        Column("act_title", ("titolo_atto", "titolo_piano")),
        Column("deadline", ("scadenza", "termine")),
        Column("status", ("stato", "fase")),
        Column("outcome", ("esito",)),
        Column("objective", ("obiettivo",)),
        VISIBILITY,
        Column("dossier", ()),
        *(Column(each.name, each.headings) for each in _ROLE_COLUMNS if each.name != "state"),
        Column("state", ("stato_ruolo", "role_state")),
    ),
)
ROLES = Layout(columns=(Column("dossier", ("id_dossier", "pratica"), needed=True), *_ROLE_COLUMNS))


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per row: a dossier, a role, or (one table of both) a dossier with one of its roles.

    Raises `WrongColumns` when a file is neither.
    """
    # Dossiers stand before their roles, whatever the order of the files.
    roles = []
    for path in paths:
        if fits(path, DOSSIERS, options):
            yield from _of(path, DOSSIERS, options)
            if path.suffix.lower() == ".xlsx" and fits(path, ROLES, options):
                roles.append(path)
        elif fits(path, ROLES, options):
            roles.append(path)
        else:
            raise WrongColumns(file=path.name, missing="id, purpose | dossier, role", found="")
    for path in roles:
        yield from _of(path, ROLES, options)


def _of(path: Path, layout: Layout, options: ReadOptions) -> Iterator[Outcome]:
    for row in read_rows(path, layout, options):
        yield row if isinstance(row, Rejected) else outcome(row, _row)


def _row(row: Row) -> Accepted:
    if row.has("dossier") and not row.has("id"):
        said = _role(row, row.needed("dossier", KEY_LIMIT))
        return Accepted(row.line, _role_key(said), (said,), row.file)
    dossier = _dossier(row)
    if not row.has("role"):
        return Accepted(row.line, f"dossier:{dossier.key}", (dossier,), row.file)
    said = _role(row, dossier.key)
    return Accepted(row.line, _role_key(said), (dossier, said), row.file)


def _role_key(said: DossierRoleRecord) -> str:
    """One line per role and body; an open role of the same name is one line."""
    who = said.organisation.value if said.organisation else ""
    return f"role:{said.dossier}|{plain(said.role)[:80]}|{who}"


def _dossier(row: Row) -> DossierRecord:
    key, purpose = row.needed("id", KEY_LIMIT), row.must("purpose", lambda text: free_words(text, LONG))
    kind = row.value("kind", lambda word: one_of(KINDS, word, _KIND_WORDS)) or "dossier"
    visibility = visibility_of(row, Visibility.RESERVED if kind == "wbo" else Visibility.FEDERATION)
    if kind == "wbo" and visibility is not Visibility.RESERVED:
        raise BadCell("visibility", row.raw("visibility"), Message("reject.not-allowed", {"allowed": "reserved"}))
    return DossierRecord(
        key=key,
        title=row.said("title", 200) or purpose[:200],
        kind=kind,
        purpose=purpose,
        need=row.said("need", LONG),
        municipalities=comuni_of(row, "municipalities"),
        themes=_themes(row),
        instrument=row.said("instrument", 80),
        call=row.said("call", 200),
        act_kind=row.value("act", _plan),
        act_title=row.said("act_title"),
        deadline=row.value("deadline", day),
        status=row.value("status", lambda word: one_of(STATUSES, word, _STATUS_WORDS)) or "idea",
        outcome=row.said("outcome"),
        objective=row.said("objective", 80),
        visibility=visibility,
    )


def _themes(row: Row) -> tuple[str, ...]:
    """Keys of the themes that a cell names; other words stay as they are."""
    words = [word for part in _BETWEEN.split(row.said("themes") or "") if (word := clean(part))]
    return tuple(dict.fromkeys(found.key if (found := theme_of(word)) else word for word in words))


def _plan(word: str) -> str:
    found = plan_of(word)
    return found.key if found else "other"


def _role(row: Row, dossier: str) -> DossierRoleRecord:
    words = row.must("role", lambda text: free_words(text, 120))
    known = role_of(words)
    who = row.value("org", lambda text: own_identifier(clean_words(text)))
    state = row.value("state", lambda word: one_of(STATES, word, _STATE_WORDS)) or ("filled" if who else "open")
    if who is None and state in {"invited", "interested", "filled"}:
        raise BadCell("org", "", Message("reject.missing"))
    return DossierRoleRecord(
        dossier=dossier,
        role=known.key if known else words,
        organisation=who,
        state=state,
        needs=_needs(row),
        resources=row.said("resources", LONG),
    )


def _needs(row: Row) -> tuple[str, ...]:
    text = row.text("needs")
    try:
        return read_needs(text or "")
    except BadValue as wrong:
        raise BadCell("needs", row.raw("needs"), wrong.reason) from wrong


SOURCE = Source(
    SourceInfo(
        name="dossiers",
        title_it="Dossier e tavoli (file proprio)",
        title_en="Dossiers and tables (own file)",
        publisher=WHOEVER,
        licence=UNSTATED,
        formats=(".csv", ".xlsx"),
        files=2,
        evidence=Evidence.DECLARED,
    ),
    read,
)
