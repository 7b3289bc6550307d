# SPDX-License-Identifier: EUPL-1.2
"""Recall: whom to look at for one organisation and one kind, and the filters that a reader may set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.model import OrganisationKind
from matching.columns import KINDS, Flags, Ints
from matching.graph import PartnerIndex, rows_of_kind
from matching.kinds import Partnership
from matching.question import Question


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader narrows an answer to; None or empty means no limit.

    `max_km` is between comuni and drops bodies whose comune is not known; `province` is a sign (VT), `category` of the
    register of cooperatives, `size` one of `SIZES`, `sector` the beginning of an ATECO code without dots;
    `only_certain` lets only official and declared facts count; `exclude` are organisation ids.
    """

    max_km: float | None = None
    province: str | None = None
    category: str | None = None
    kind: OrganisationKind | None = None
    size: str | None = None
    sector: str | None = None
    only_certain: bool = False
    exclude: frozenset[str] = frozenset()


SIZES = ("micro", "small", "medium", "large")


def refused_rows(index: PartnerIndex, asker: int, kind: Partnership) -> Ints:
    """Rows that this kind would let the asker have, but that people noted not to propose to it again; ascending."""
    others = {row for row, of_kind in index.refused.get(asker, ()) if of_kind in (None, kind.name)}
    allowed = _allowed_rows(index, asker, kind)
    return np.asarray(allowed[np.isin(allowed, sorted(others))], dtype=np.int64)


def possible_rows(index: PartnerIndex, asker: int, kind: Partnership) -> Ints:
    """Rows of every organisation that this kind lets the asker have as a partner, never itself nor a refused one."""
    rows = _allowed_rows(index, asker, kind)
    return np.asarray(rows[~np.isin(rows, refused_rows(index, asker, kind))], dtype=np.int64)


def _allowed_rows(index: PartnerIndex, asker: int, kind: Partnership) -> Ints:
    allowed = kind.partners.get(KINDS[index.columns.kind[asker]], ())
    rows = rows_of_kind(index, allowed)
    return np.asarray(rows[rows != asker], dtype=np.int64)


def within(question: Question, filters: Filters) -> Flags:
    """Which candidates the filters let through."""
    keep = np.ones(len(question.rows), dtype=bool)
    if filters.max_km is not None:
        keep &= np.nan_to_num(question.km, nan=np.inf) <= filters.max_km
    if filters.kind is not None:
        keep &= question.of(question.columns.kind) == KINDS.index(filters.kind)
    if filters.size is not None:
        wanted = SIZES.index(filters.size) if filters.size in SIZES else -2
        keep &= question.of(question.columns.size) == wanted
    if filters.province or filters.category or filters.sector or filters.exclude:
        keep &= np.array([_passes(question, int(row), filters) for row in question.rows], dtype=bool)
    return keep


def _passes(question: Question, row: int, filters: Filters) -> bool:
    body, sector = question.organisation(row), int(question.columns.sector[row])
    return (
        (not filters.province or body.province == filters.province)
        and (not filters.category or body.category == filters.category)
        and (
            not filters.sector
            or (sector >= 0 and question.columns.sectors[sector][0].startswith(_digits(filters.sector)))
        )
        and body.id not in filters.exclude
    )


def _digits(code: str) -> str:
    return "".join(sign for sign in code if sign.isdigit())
