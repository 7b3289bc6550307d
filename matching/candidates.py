# SPDX-License-Identifier: EUPL-1.2
"""Recall: whom to look at for one organisation and one kind, and the filters that a reader may set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Final

import numpy as np

from data.model import OrganisationKind
from matching.columns import KINDS, Columns, Flags, Ints
from matching.graph import PartnerIndex, rows_of_kind
from matching.kinds import Partnership
from matching.links import row_values
from matching.question import Question, row_vector
from matching.reach import NOBODY


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader narrows an answer to; None or empty means no limit.

    `max_km` is between comuni and drops bodies whose comune is not known; `province` is a sign (VT), `category` of the
    register of cooperatives, `size` one of `SIZES`, `sector` the beginning of an ATECO code without dots;
    `only_certain` lets only official and declared facts count; `exclude` are organisation ids.
    `only_new` drops those with whom the asker has worked, shares a membership, or is in touch (`contacted`, ids, says
    of whom any step was noted). `rivals` keeps those who bid against the asker for the same lot, as is the rule: a
    rival of one lot is often the partner of the next, a person decides, and the suggestion says so; False drops them.
    """

    max_km: float | None = None
    province: str | None = None
    category: str | None = None
    kind: OrganisationKind | None = None
    size: str | None = None
    sector: str | None = None
    only_certain: bool = False
    exclude: frozenset[str] = frozenset()
    only_new: bool = False
    rivals: bool = True
    contacted: frozenset[str] = frozenset()

    @property
    def active(self) -> tuple[str, ...]:
        """Names of the filters that are set, in the order above."""
        told = (each.name for each in fields(self) if each.name != "contacted")
        return tuple(name for name in told if getattr(self, name) != getattr(NO_FILTERS, name))

    def alone(self, name: str) -> Filters:
        """One of these filters, the others not set."""
        return replace(NO_FILTERS, contacted=self.contacted, **{name: getattr(self, name)})


NO_FILTERS: Final = Filters()

SIZES = ("micro", "small", "medium", "large")


READ: Final = 0.5  # from here a field of work was read from words of work; below only "sociale" was


def is_told(index: PartnerIndex, columns: Columns, row: int) -> bool:
    """Whether anything says what a body does, offers or seeks: a declaration, a code, goods or a field of work."""
    if index.declarations[row] or columns.division[row] >= 0 or columns.category[row] >= 0:
        return True
    goods = index.products.indptr
    return bool(goods[row + 1] > goods[row] or (columns.fields[row] >= READ).any())


def refused_rows(index: PartnerIndex, asker: int, kind: Partnership) -> Ints:
    """Rows that this kind would let the asker have, but that people noted not to propose to it again; ascending."""
    others = {row for row, of_kind in index.refused.get(asker, ()) if of_kind in (None, kind.name)}
    if not others:
        return NOBODY
    allowed = _allowed_rows(index, asker, kind)
    return np.asarray(allowed[np.isin(allowed, sorted(others))], dtype=np.int64)


def possible_rows(index: PartnerIndex, asker: int, kind: Partnership) -> Ints:
    """Rows of every organisation that this kind lets the asker have as a partner, never itself nor a refused one."""
    rows, refused = _allowed_rows(index, asker, kind), refused_rows(index, asker, kind)
    return rows[~np.isin(rows, refused)] if len(refused) else rows


def possible_count(index: PartnerIndex, asker: int, kind: Partnership) -> int:
    """How many rows `possible_rows` has."""
    allowed = kind.partners.get(KINDS[index.columns.kind[asker]], ())
    every = index.derived("kinds", (index.columns,), lambda: np.bincount(index.columns.kind, minlength=len(KINDS)))
    own = KINDS[index.columns.kind[asker]] in allowed
    whole = sum(int(every[KINDS.index(each)]) for each in set(allowed))
    return whole - own - len(refused_rows(index, asker, kind))


def _allowed_rows(index: PartnerIndex, asker: int, kind: Partnership) -> Ints:
    allowed = kind.partners.get(KINDS[index.columns.kind[asker]], ())
    rows = rows_of_kind(index, allowed)
    return np.asarray(rows[rows != asker], dtype=np.int64)


def within(question: Question, filters: Filters) -> Flags:
    """Which candidates the filters let through."""
    keep = np.ones(len(question.rows), dtype=bool)
    for name in filters.active:
        keep &= _PASSES[name](question, filters)
    return keep


def _near(question: Question, filters: Filters) -> Flags:
    limit = np.inf if filters.max_km is None else filters.max_km
    return np.asarray(np.nan_to_num(question.km, nan=np.inf) <= limit)


def _of_kind(question: Question, filters: Filters) -> Flags:
    return np.asarray(question.of(question.columns.kind) == KINDS.index(filters.kind or KINDS[0]))


def _of_size(question: Question, filters: Filters) -> Flags:
    wanted = SIZES.index(filters.size) if filters.size in SIZES else -2
    return np.asarray(question.of(question.columns.size) == wanted)


def _of_province(question: Question, filters: Filters) -> Flags:
    return _on_card(question, question.index.columns.province, question.index.columns.provinces, filters.province)


def _of_category(question: Question, filters: Filters) -> Flags:
    return _on_card(question, question.index.columns.category, question.index.columns.categories, filters.category)


def _on_card(question: Question, column: Ints, names: tuple[str, ...], wanted: str | None) -> Flags:
    """Candidates whose card says so: by the columns of all facts, whichever facts the question may use."""
    code = names.index(wanted) if wanted in names else -2
    return np.asarray(column[question.rows] == code)


def _of_sector(question: Question, filters: Filters) -> Flags:
    wanted = _digits(filters.sector or "")
    under = np.array([*(code.startswith(wanted) for code, _ in question.columns.sectors), False], dtype=bool)
    return np.asarray(under[question.of(question.columns.sector)])


def _not_excluded(question: Question, filters: Filters) -> Flags:
    row_of = question.index.row_of
    keep = np.ones(len(question.index.organisations), dtype=np.bool_)
    keep[[row_of[each] for each in filters.exclude if each in row_of]] = False
    return np.asarray(keep[question.rows])


def _not_met(question: Question, filters: Filters) -> Flags:
    known = {question.index.row_of[each] for each in filters.contacted if each in question.index.row_of}
    return np.asarray(~(met_before(question) | np.isin(question.rows, sorted(known))))


def _not_invented(question: Question, _filters: Filters) -> Flags:
    """What demonstration bodies did and said is invented: none of it is certain, whoever asks."""
    bodies = question.index.organisations
    if bodies[question.asker].demonstration:
        return np.zeros(len(question.rows), dtype=bool)
    invented = question.index.derived(
        "demonstration", (bodies,), lambda: np.array([each.demonstration for each in bodies], dtype=np.bool_)
    )
    return np.asarray(~invented[question.rows])


def _not_rivals(question: Question, _filters: Filters) -> Flags:
    return np.asarray(question.rivalries[question.rows] == 0)


_PASSES: Final[Mapping[str, Callable[[Question, Filters], Flags]]] = MappingProxyType(
    {
        "max_km": _near,
        "province": _of_province,
        "category": _of_category,
        "kind": _of_kind,
        "size": _of_size,
        "sector": _of_sector,
        "exclude": _not_excluded,
        "only_certain": _not_invented,
        "only_new": _not_met,
        "rivals": _not_rivals,
    }
)
"""How each filter decides; `only_certain` also changes what is known of those who are left."""


def met_before(question: Question) -> Flags:
    """Candidates that our data show beside the asker: a project, tender or award in common, one buying from the other,
    or a membership in common."""
    links, asker = question.index.links, question.asker
    met = (question.together > 0) | (links.belonging @ row_vector(links.belonging, asker) > 0)
    sold_to = links.buyer_row[row_values(links.buyers, asker)[0]]
    met[sold_to[sold_to >= 0]] = True
    bought_from = (links.buyer_row == asker).astype(np.float64)
    met |= links.buyers @ bought_from > 0
    return np.asarray(met[question.rows], dtype=bool)


def rivals_among(question: Question) -> int:
    """How many of the candidates bid against the asker for the same lot."""
    return int(np.count_nonzero(question.rivalries[question.rows]))


def _digits(code: str) -> str:
    return "".join(sign for sign in code if sign.isdigit())
