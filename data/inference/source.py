# SPDX-License-Identifier: EUPL-1.2
"""Inference as a source of the store: its rows are computed from what the store holds, not read from a file.

One row per body, `Evidence.INFERRED` throughout, as open as the body itself; the store's ledger, history and undo hold
for it as for any other. A value is written even where a register says it too: the register's word wins, and what was
supposed stands again if that word is taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from data.inference.bodies import Supposed, supposed
from data.inference.calibration import Calibration, calibration
from data.inference.guess import ONE_VALUE
from data.inference.titles import VERSION
from data.model import Audience, Evidence, Identifier, Organisation, Participation
from data.records import Accepted, Assertion, OrganisationRecord, Source, SourceInfo
from data.store import LoadReport, Store

NAME: Final = "inference"
_BEST: Final = ("tax-code", "vat", "municipality", "ipa")

INFO: Final = SourceInfo(
    name=NAME,
    title_it="Deduzioni dai nomi, dagli scopi e dalle gare",
    title_en="Inferences from names, purposes and tenders",
    publisher="L.A.N.D.",
    licence="",
    formats=(),
    files=0,
    evidence=Evidence.INFERRED,
)


def inference_source(
    organisations: Iterable[Organisation],
    participations: Iterable[Participation],
    tables: Calibration | None = None,
) -> Source:
    """The source of what may be supposed of these bodies; load it with no path and `complete=True`."""
    tables = tables or calibration()
    bodies = {body.id: body for body in organisations}
    rows = list(participations)
    return Source(INFO, lambda _paths, _options: _rows(bodies, supposed(bodies.values(), rows, tables), tables))


def _rows(
    bodies: dict[str, Organisation], found: dict[str, tuple[Supposed, ...]], tables: Calibration
) -> Iterator[Accepted]:
    for line, (body_id, told) in enumerate(sorted(found.items()), start=1):
        body = bodies[body_id]
        said = tuple(item for one in told for item in _assertions(body, one, tables))
        yield Accepted(line, body_id, (OrganisationRecord((_best(body),), said),))


def _assertions(body: Organisation, told: Supposed, tables: Calibration) -> Iterator[Assertion]:
    value: object = told.values[0] if told.field in ONE_VALUE else told.values
    yield _assertion(body, told.field, value, told, tables)
    if told.field == "sector":
        yield _assertion(body, "sector_version", VERSION, told, tables)


def _assertion(body: Organisation, field: str, value: object, told: Supposed, tables: Calibration) -> Assertion:
    return Assertion(
        field,
        value,
        Evidence.INFERRED,
        confidence=told.confidence,
        visibility=body.visibility,
        note=told.note,
        date=tables.measured_on,
    )


def _best(body: Organisation) -> Identifier:
    """The identifier that the row names its body by: the best known scheme first."""
    order = {scheme: place for place, scheme in enumerate(_BEST)}
    return min(body.identifiers, key=lambda one: (order.get(one.scheme, len(_BEST)), one))


def infer_again(store: Store) -> LoadReport:
    """Compute anew what may be supposed of every body of the store and write what changed; nothing else is touched.

    Raises StoreBusy, StoreUnavailable.
    """
    bodies, rows = store.organisations(Audience.OPERATOR), store.participations(Audience.OPERATOR)
    return store.load(inference_source(bodies, rows), [], complete=True)
