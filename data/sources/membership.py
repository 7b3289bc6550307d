# SPDX-License-Identifier: EUPL-1.2
"""A federation's membership list: the columns of our own file of organisations, or any others by a column map.

Reading it writes nothing: `data.membership` compares it with what we hold, and an officer decides. What was accepted
stands under this source.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from data.model import Evidence, Message, OrganisationKind
from data.records import Accepted, Assertion, Dated, OrganisationRecord, Outcome, ReadOptions, SourceInfo
from data.sources import organisations
from data.sources.names import kind_of_name
from data.sources.own_columns import UNSTATED
from data.sources.reading import Layout, Row, outcomes, rejected

LAYOUT = Layout(
    columns=organisations.LAYOUT.columns,
    known=("telefono", "fax", "email", "indirizzo", "cap", "regione", "data_adesione", "quota"),
    either=organisations.LAYOUT.either,
    personal=("Legale rappresentante*", "Presidente*", "Rappresentante*", "Referente*", "Direttore*", "Cognome*"),
)
MOST_MEMBERS = 20_000
"""Most rows of a list that are compared."""
_LIKELY = 0.6

MEMBERSHIP = SourceInfo(
    name="membership",
    title_it="Elenco degli aderenti a una federazione (rivisto)",
    title_en="Membership list of a federation (reviewed)",
    publisher="la federazione che lo presenta / the federation that hands it in",
    licence=UNSTATED,
    formats=(".csv", ".xlsx", ".xls"),
    files=0,
    evidence=Evidence.DECLARED,
    dated=Dated.ROWS,
)


def read_list(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per member, each member once; a body of no stated kind is taken for a cooperative, as an inference.

    Raises as `data.sources.reading.read_rows` does. Rows beyond `MOST_MEMBERS` are refused.
    """
    seen: set[str] = set()
    return outcomes(paths, LAYOUT, lambda row: _member(row, seen), options)


def _member(row: Row, seen: set[str]) -> Outcome:
    name = row.needed("name")
    told = not row.has("kind") and kind_of_name(name) is None
    stated = replace(row, cells={**row.cells, "kind": OrganisationKind.COOPERATIVE.value}) if told else row
    found = organisations.organisation(stated)
    record = found.records[0]
    if not isinstance(record, OrganisationRecord):
        raise TypeError(record)
    best = record.identifiers[0]
    name_of = f"{best.scheme}:{best.value}"
    if name_of in seen:
        return rejected(row, "id", best.value, Message("reject.repeated-key", {"key": best.value}))
    if len(seen) >= MOST_MEMBERS:
        return rejected(row, "id", best.value, Message("reject.too-many", {"limit": MOST_MEMBERS}))
    seen.add(name_of)
    if not told:
        return found
    guess = Assertion("kind", OrganisationKind.COOPERATIVE, Evidence.INFERRED, _LIKELY)
    claims = tuple(guess if one.field == "kind" else one for one in record.assertions)
    return Accepted(found.line, found.key, (OrganisationRecord(record.identifiers, claims),), found.file)
