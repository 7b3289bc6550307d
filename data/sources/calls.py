# SPDX-License-Identifier: EUPL-1.2
"""Own file of calls for proposals: what was read, where and on which day. Public unless the row says otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from data.identity import BadValue
from data.lazio.beneficiaries import in_italian, read_requirements, requirement_of
from data.lazio.beneficiaries_in_words import rules_in_words
from data.model import Evidence, Message, Visibility
from data.records import Accepted, CallRecord, Dated, Outcome, ReadOptions, Source, SourceInfo
from data.sources.comuni_lists import comuni_of
from data.sources.own_columns import UNSTATED, VISIBILITY, WHOEVER, visibility_of
from data.sources.reading import BadCell, Column, Layout, Row, outcomes
from data.sources.values import KEY_LIMIT, amount, day, one_of
from data.wording import PASSAGE_LIMIT, clean, clean_words, web_address

MOST_TOLD = 20
"""Different ways of naming who may apply whose reading is told after a load."""
STATES = ("open", "closed", "unknown")
_STATE_WORDS = {
    "aperto": "open",
    "aperta": "open",
    "attivo": "open",
    "in corso": "open",
    "chiuso": "closed",
    "chiusa": "closed",
    "scaduto": "closed",
    "esaurito": "closed",
    "concluso": "closed",
    "da verificare": "unknown",
    "non noto": "unknown",
    "in arrivo": "unknown",
}

LAYOUT = Layout(
    columns=(
        Column("id", ("codice", "identificativo", "id_bando", "cod_bando"), needed=True),
        Column("title", ("titolo", "bando", "oggetto", "nome"), needed=True),
        Column("body", ("ente", "gestore", "amministrazione", "soggetto_gestore", "promotore")),
        Column("opens", ("apertura", "data_apertura", "apre", "dal")),
        Column("closes", ("scadenza", "data_chiusura", "chiude", "chiusura", "al", "deadline")),
        Column("state", ("stato", "situazione")),
        Column("beneficiaries", ("beneficiari", "destinatari", "requisiti", "chi_puo_partecipare")),
        Column("municipalities", ("comuni", "territorio", "comuni_ammessi", "area")),
        Column("instrument", ("strumento", "forma", "linea")),
        Column("amount", ("dotazione", "importo", "risorse", "budget")),
        Column("source", ("fonte", "url", "indirizzo", "link", "pagina")),
        Column("read_on", ("letto_il", "data_lettura", "verificato_il", "aggiornato_al")),
        VISIBILITY,
    ),
)


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per call; notices tell how plain words were read, and how many calls stay in words."""
    in_words = 0
    told: set[str] = set()
    for found in outcomes(paths, LAYOUT, lambda row: _told_as_written(row, options.notices, told), options):
        in_words += isinstance(found, Accepted) and _is_in_words(found)
        yield found
    if in_words:
        options.notices.append(Message("notice.calls-in-words", {"count": in_words}))


def _told_as_written(row: Row, notices: list[Message], told: set[str]) -> Accepted:
    """The call of a row; what spoils it is told under the heading that the file itself has."""
    try:
        found = _call(row)
    except BadCell as bad:
        raise BadCell(row.headings.get(bad.column, bad.column), bad.value, bad.reason) from bad
    said = clean(row.raw("beneficiaries"))
    read_as_rules = any(rules_in_words(clause) for clause in said.split(";"))
    if said not in told and len(told) < MOST_TOLD and read_as_rules and not _is_in_words(found):
        told.add(said)
        rules = "; ".join(in_italian(requirement_of(rule)) for rule in _rules(found))
        notices.append(Message("notice.beneficiaries-read", {"words": said[:120], "rules": rules[:300]}))
    return found


def _is_in_words(found: Accepted) -> bool:
    """True for a call that says nothing of who may apply, or says it in words that are no rule."""
    return all(rule.startswith("other = ") for rule in _rules(found))


def _rules(found: Accepted) -> tuple[str, ...]:
    return tuple(rule for record in found.records if isinstance(record, CallRecord) for rule in record.beneficiaries)


def _call(row: Row) -> Accepted:
    key, title = row.needed("id", KEY_LIMIT), row.must("title", clean_words)
    opens, closes = row.value("opens", day), row.value("closes", day)
    if opens and closes and closes < opens:
        raise BadCell("closes", row.raw("closes"), Message("reject.period"))
    record = CallRecord(
        title=title,
        body=row.text("body"),
        opens=opens,
        closes=closes,
        state=row.value("state", _state),
        beneficiaries=_requirements(row),
        municipalities=comuni_of(row, "municipalities"),
        instrument=row.text("instrument", 80),
        amount=row.value("amount", lambda text: amount(text, decimal_comma=row.decimal_comma)),
        address=_source(row),
        read_on=row.value("read_on", day),
        visibility=visibility_of(row, Visibility.PUBLIC),
    )
    return Accepted(row.line, key, (record,), row.file)


def _state(word: str) -> str:
    try:
        return one_of(STATES, word, _STATE_WORDS)
    except BadValue as wrong:
        allowed = "aperto, chiuso, da verificare (open, closed, unknown)"
        raise BadValue(Message("reject.not-allowed", {"allowed": allowed})) from wrong


def _requirements(row: Row) -> tuple[str, ...]:
    text = row.raw("beneficiaries")
    if len(text) > PASSAGE_LIMIT:
        raise BadCell("beneficiaries", text, Message("reject.too-long", {"limit": PASSAGE_LIMIT}))
    try:
        return tuple(str(each) for each in read_requirements(text))
    except BadValue as wrong:
        raise BadCell("beneficiaries", text, wrong.reason) from wrong


def _source(row: Row) -> str | None:
    """Where the call was read: a page's address, or words for what has none (a gazette, a letter)."""
    words = row.text("source")
    if words is None or not words.lower().startswith(("http://", "https://", "www.")):
        return words
    return row.must("source", web_address)


SOURCE = Source(
    SourceInfo(
        name="calls",
        title_it="Bandi e avvisi (file proprio)",
        title_en="Calls for proposals (own file)",
        publisher=WHOEVER,
        licence=UNSTATED,
        formats=(".csv", ".xlsx"),
        evidence=Evidence.DECLARED,
        dated=Dated.ROWS,
    ),
    read,
)
