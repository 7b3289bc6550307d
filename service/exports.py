# SPDX-License-Identifier: EUPL-1.2
"""Files that leave the house: CSV that opens well in Italian Excel and holds no live formula."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

from data.errors import InvalidValue
from data.model import Organisation

if TYPE_CHECKING:
    from matching.recommend import Answer
    from service.messages import Words
    from service.partner_cards import Behind, Card, Instrument
    from service.snapshot import Snapshot

CSV_TYPE: Final = "text/csv; charset=utf-8"
BOM: Final = "\ufeff"
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
SEPARATOR: Final = " | "
_NUMBER: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?")

Cell = str | int | float | bool | date | None


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A CSV: BOM, `;` between cells, decimal comma, ISO dates, empty for not known; text can never start a formula."""
    target = io.StringIO()
    target.write(BOM)
    writer = csv.writer(target, delimiter=";", lineterminator="\r\n")
    writer.writerow([neutral(name) for name in header])
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return target.getvalue()


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return repr(value).replace(".", ",") if value == value and abs(value) != float("inf") else ""
    if isinstance(value, int):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    return neutral(value)


def neutral(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would compute it; numbers stay as they are."""
    clean = text.replace("\x00", "")
    if clean.lstrip(" \u00a0").startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(clean):
        return f"'{clean}"
    return clean


# --- what `land export` writes ----------------------------------------------------------------------------------

Writer = Callable[["Snapshot", "Words"], bytes]


def writer(what: str, file_format: str) -> Writer:
    """The function that writes this thing in this format; raises InvalidValue naming what there is."""
    if what not in {known for known, _ in WRITERS}:
        raise InvalidValue(field="WHAT", value=what, allowed=", ".join(sorted({known for known, _ in WRITERS})))
    if (what, file_format) not in WRITERS:
        formats = ", ".join(sorted(known for thing, known in WRITERS if thing == what))
        raise InvalidValue(field="--format", value=file_format, allowed=formats)
    return WRITERS[what, file_format]


def organisations_csv(snapshot: Snapshot, words: Words) -> str:
    """Every organisation that the audience may see, one a row, with the source of its sector and its place."""
    header = (*ORGANISATION_COLUMNS, "municipality_name", "tax_code", "sector_evidence", "municipality_evidence")
    return csv_text(header, (_organisation_row(snapshot, body, words) for body in snapshot.organisations))


ORGANISATION_COLUMNS: Final = (
    "id", "name", "kind", "municipality", "province", "lon", "lat", "precision", "sector", "sector_version", "category",
    "social_type", "legal_form", "body_type", "status", "federation", "founded", "employees", "members", "revenue",
    "purpose", "website", "demonstration",
)  # fmt: skip


def _organisation_row(snapshot: Snapshot, body: Organisation, words: Words) -> list[Cell]:
    comune = snapshot.municipalities.get(body.municipality or "")
    tax_code = next((name.value for name in body.identifiers if name.scheme == "tax-code"), None)
    evidence = [_evidence(body, field, words) for field in ("sector", "municipality")]
    return [
        *(getattr(body, name) for name in ORGANISATION_COLUMNS),
        comune.name if comune else None,
        tax_code,
        *evidence,
    ]


def _evidence(body: Organisation, field: str, words: Words) -> str | None:
    where = body.provenance.get(field)
    return words.text(f"evidence.{where.evidence.value}") if where else None


PARTNER_COLUMNS: Final = (
    "rank", "name", "kind", "municipality", "province", "km", "tax_code", "points", "reasons", "against", "checks",
    "instruments", "next_step", "facts", "id",
)  # fmt: skip


def partners_csv(found: Answer, snapshot: Snapshot, words: Words, places: Sequence[int] | None = None) -> str:
    """A shortlist as the page shows it: the same place, points of 100, sentences, states, and what it all rests on.

    `places` are the partners' places in the whole ranking, when these are a choice of it.
    """
    from service.partner_cards import cards_of

    cards = cards_of(snapshot, found.recommendations, found.kind, words, places)
    header = [words.text(f"cli.column.{name}") for name in PARTNER_COLUMNS]
    return csv_text(header, (_partner_row(card, snapshot, words) for card in cards))


def _partner_row(card: Card, snapshot: Snapshot, words: Words) -> list[Cell]:
    body = card.body
    comune = snapshot.municipalities.get(body.municipality or "")
    facts = dict.fromkeys(_fact_line(fact, snapshot, words) for part in card.arithmetic.parts for fact in part.facts)
    checks = (*card.checks, *card.labels)
    return [
        card.number,
        body.name,
        words.text(f"org.kind.{body.kind}"),
        comune.name if comune else None,
        body.province,
        None if card.km is None else round(card.km, 1),
        next((each.value for each in body.identifiers if each.scheme == "tax-code"), None),
        card.arithmetic.total,
        SEPARATOR.join(part.sentence for part in card.reasons),
        SEPARATOR.join(card.against),
        SEPARATOR.join(f"{words.text(f'verdict.{each.state}')}: {each.text}" for each in checks),
        SEPARATOR.join(_form_line(form, words) for form in card.instruments),
        card.next_step,
        SEPARATOR.join(facts),
        body.id,
    ]


def _form_line(form: Instrument, words: Words) -> str:
    state = words.text(f"verdict.form.{form.state}")
    inside = "; ".join(f"{words.text(f'verdict.{each.state}')}: {each.text}" for each in form.checks)
    return f"{form.name}: {state}" + (f" ({inside})" if inside else "")


def _fact_line(fact: Behind, snapshot: Snapshot, words: Words) -> str:
    """One fact with what it rests on: whose, what, kind of evidence, source, its date or that of the source's data."""
    from service.source_notes import age_of_source

    origin = fact.origin
    return words.text(
        "cli.fact",
        name=fact.name,
        owner=words.text("partners.own" if fact.own else "partners.theirs"),
        value=fact.value,
        evidence=words.text(f"evidence.{origin.evidence.value}"),
        source=origin.source.title or words.text("org.no-source"),
        date=words.write(origin.date) if origin.date else age_of_source(snapshot, origin.source.name, words),
    )


def _graphml(snapshot: Snapshot, _words: Words) -> bytes:
    from matching.graph_export import graphml_bytes

    return graphml_bytes(snapshot.index)


def _node_link(snapshot: Snapshot, _words: Words) -> bytes:
    from matching.graph_export import node_link

    return json.dumps(node_link(snapshot.index), ensure_ascii=False).encode("utf-8")


def _outcomes(snapshot: Snapshot, words: Words) -> bytes:
    from service.outcomes import outcomes_csv

    return outcomes_csv(snapshot, words).encode("utf-8")


WRITERS: Final[Mapping[tuple[str, str], Writer]] = {
    ("graph", "graphml"): _graphml,
    ("graph", "json"): _node_link,
    ("outcomes", "csv"): _outcomes,
    ("organisations", "csv"): lambda snapshot, words: organisations_csv(snapshot, words).encode("utf-8"),
}
