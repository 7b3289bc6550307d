# SPDX-License-Identifier: EUPL-1.2
"""Whom one meets over one's partners, whom those alike work with, and who works with many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import scipy.sparse as sp

from data.lazio import provinces
from data.model import Message, OrganisationKind
from matching.alike import (
    NO_FIELD,
    Alike,
    Known,
    Tie,
    alike_of,
    known_to_alike,
    likeness,
    main_work,
    tied_with,
)
from matching.columns import KINDS, Floats, Ints
from matching.features.activity import TOLD_BY, field_ground
from matching.features.registry import feature
from matching.fields import FIELD_NAMES
from matching.links import row_values
from matching.question import Question, saturated
from matching.reach import ascending
from matching.walks import Walks, walks_of

CIRCLE_HALF: Final = 0.1  # shares of a walk that are worth half
MANY: Final = 3  # partners: up to so many say nothing
VERY_MANY: Final = 15  # from so many on there is no more to say
NAMES: Final = 2  # of a crowd so many are named
LATELY: Final = 5  # years that are called the last ones

_SIGNS: Final = {each.sigla: each.name for each in provinces()}


# --- who they are, and when -------------------------------------------------------------------------------------


def crowd(question: Question, rows: Ints) -> Message:
    """So many organisations as a reader says it: "2 consorzi della provincia di Rieti"."""
    columns, n = question.columns, len(rows)
    kinds = {KINDS[kind] for kind in columns.kind[rows].tolist()}
    key, params = "crowd.organisation", dict[str, object](n=n)
    if len(kinds) == 1:
        [kind] = kinds
        key = f"crowd.{kind.value}" if kind is not OrganisationKind.FIRM else key  # that is often but a guess
        if kind is OrganisationKind.COOPERATIVE and (columns.social[rows] == 1).all():
            key = "crowd.social"
    who = Message(f"{key}.one") if n == 1 else Message(key, params)
    codes = set(columns.province[rows].tolist())
    if len(codes) != 1 or min(codes) < 0:
        return who
    sigla = columns.provinces[codes.pop()]
    return Message("crowd.in-province", {"chi": who, "provincia": _SIGNS.get(sigla, sigla)})


def named(question: Question, rows: Ints) -> Message:
    """The same with a few of their names, those of fewest partners first."""
    if not len(rows):
        return crowd(question, rows)
    first = _fewest_first(question.index.links.degree, rows)[:NAMES]
    key = "crowd.named" if len(rows) <= NAMES else "crowd.named.more"
    return Message(key, {"chi": crowd(question, rows), "nomi": [question.organisation(row).name for row in first]})


def met_when(question: Question, row: int, others: Ints) -> Message | None:
    """When an organisation last worked with some others: in the last years, or in which; None when it is not known."""
    links = question.index.links
    ids = {each.project for other in others.tolist() for each in links.participations[other]}
    years = [each.date.year for each in links.participations[row] if each.project in ids and each.date is not None]
    if not years:
        return None
    first, last = min(years), max(years)
    if question.today.year - first < LATELY:
        return Message("when.lately", {"n": max(question.today.year - first + 1, 2)})
    return Message("when.year", {"anno": last}) if first == last else Message("when.years", {"da": first, "a": last})


def _with_when(key: str, params: dict[str, object], when: Message | None) -> Message:
    return Message(key, params) if when is None else Message(f"{key}.when", {**params, "quando": when})


# --- over the partners of partners ------------------------------------------------------------------------------


def _stored(question: Question, matrix: sp.csr_array) -> Floats:
    """What a stored row of the asker holds, per candidate."""
    columns, values = row_values(matrix, question.asker)
    return spread(question, columns, values)


def spread(question: Question, rows: Ints, values: Floats) -> Floats:
    """Values of some rows (ascending) of the index, per candidate, 0 for all others."""
    found = np.zeros(len(question.rows))
    if len(rows) and len(found):
        place = np.searchsorted(question.rows, rows)
        place[place == len(found)] = 0
        hit = question.rows[place] == rows
        found[place[hit]] = values[hit]
    return found


def _reached(matrix: Callable[[Walks], sp.csr_array]) -> Callable[[Question], Ints]:
    return lambda question: row_values(matrix(walks_of(question.index)), question.asker)[0]


def _circle_of(question: Question) -> Ints:
    """The asker's partners and those whom the walker meets at its second step; ascending."""
    walks, links = walks_of(question.index), question.index.links
    met, further = (row_values(matrix, question.asker)[0] for matrix in (walks.circle, walks.further))
    partners = tied_with(links, question.asker, Tie.PROJECT)
    return ascending(np.concatenate((partners, met[~np.isin(met, further)])))


def _circle_words(question: Question, row: int) -> Message:
    links, asker = question.index.links, question.asker
    both = np.intersect1d(_circle_of(question), tied_with(links, row, Tie.PROJECT))
    both = both[(both != row) & (both != asker) & ~np.isin(both, tied_with(links, asker, Tie.PROJECT))]
    if not len(both):  # only over partners in common: their sign names them
        return Message("feature.same-circle.partners")
    return _with_when("feature.same-circle", {"chi": named(question, both)}, met_when(question, row, both))


@feature("participations", reason=_circle_words, reach=_reached(lambda walks: walks.circle))
def same_circle(question: Question) -> Floats:
    """How surely one comes upon it going from partner to partner (personalised PageRank cut after three steps, without
    the first; less for who has many partners)."""
    return saturated(_stored(question, walks_of(question.index).circle), CIRCLE_HALF)


def _path_words(question: Question, row: int) -> Message:
    links, asker = question.index.links, question.asker
    own = tied_with(links, asker, Tie.PROJECT)
    for theirs in _fewest_first(links.degree, tied_with(links, row, Tie.PROJECT)):
        ours = np.intersect1d(own, tied_with(links, theirs, Tie.PROJECT))
        if len(ours):
            names = {
                "loro": question.organisation(theirs).name,
                "nostro": question.organisation(_fewest_first(links.degree, ours)[0]).name,
            }
            return Message("feature.partners-of-partners", names)
    return Message("feature.partners-of-partners.unnamed")


def _fewest_first(degree: Floats, rows: Ints) -> list[int]:
    return [int(row) for row in rows[np.lexsort((rows, degree[rows]))]]


@feature("participations", reason=_path_words, reach=_reached(lambda walks: walks.further))
def partners_of_partners(question: Question) -> Floats:
    """Three steps away and no nearer: it worked with somebody who worked with a partner of the asker."""
    return saturated(_stored(question, walks_of(question.index).further), CIRCLE_HALF)


# --- whom those alike work with ---------------------------------------------------------------------------------


def _known(question: Question, tie: Tie) -> Known:
    groups = alike_of(question.index, question.columns, tie)
    return question.own(f"alike.{tie.value}", lambda _: known_to_alike(groups, question.index.links, question.asker))


def _alike_rows(question: Question, row: int, tie: Tie) -> Ints:
    """The organisations like the asker with a tie to one: of the same province where these say more, else of all."""
    groups, known = alike_of(question.index, question.columns, tie), _known(question, tie)
    place = int(np.searchsorted(known.rows, row))
    near = likeness(known.near[[place]], groups.ties[[row]])[0]
    level = 0 if question.asker_is_body or near >= known.values[place] or groups.group_of[1, question.asker] < 0 else 1
    return _of_group(question, groups, tied_with(question.index.links, row, tie), level)


def _of_group(question: Question, groups: Alike, rows: Ints, level: int) -> Ints:
    rows = rows[rows != question.asker]
    return np.asarray(rows[groups.group_of[level, rows] == groups.group_of[level, question.asker]], dtype=np.int64)


def _alike_words(question: Question, row: int, tie: Tie, key: str) -> Message:
    rows = _alike_rows(question, row, tie)
    few = len(rows) <= NAMES
    params: dict[str, object] = {"n": len(rows), "chi": (named if few else crowd)(question, rows)}
    if question.asker_is_body:
        return Message(f"{key}.body-asks", params)
    work = int(main_work(question.columns, np.array([question.asker]))[0])
    if work >= NO_FIELD:
        return Message(key, params)
    params["campo"] = Message(f"field.{FIELD_NAMES[work]}")
    bodies = (question.organisation(int(each)) for each in (question.asker, *rows))
    sure = {field_ground(body, FIELD_NAMES[work]) for body in bodies} <= TOLD_BY
    return Message(f"{key}.field" if sure else f"{key}.field.read", params)


@feature(
    "participations",
    "sector",
    "category",
    "province",
    reason=lambda question, row: _alike_words(question, row, Tie.PROJECT, "feature.partners-of-alike"),
    reach=lambda question: _known(question, Tie.PROJECT).rows,
)
def partners_of_alike(question: Question) -> Floats:
    """Organisations like the asker worked with it; says something of those without a history too."""
    known = _known(question, Tie.PROJECT)
    return spread(question, known.rows, known.values)


@feature(
    "participations",
    "sector",
    "category",
    "province",
    reason=lambda question, row: _alike_words(question, row, Tie.PURCHASE, "feature.customers-of-alike"),
    reach=lambda question: _known(question, Tie.PURCHASE).rows,
)
def customers_of_alike(question: Question) -> Floats:
    """Organisations like the asker won or bid with this body; or bodies of the asker's type and province bought from
    this one (of other provinces the record with bodies of the type tells)."""
    known = _known(question, Tie.PURCHASE)
    if not question.asker_is_body:
        return spread(question, known.rows, known.values)
    ties = alike_of(question.index, question.columns, Tie.PURCHASE).ties
    return spread(question, known.rows, likeness(known.near, ties[known.rows]))


# --- who works with many ----------------------------------------------------------------------------------------


def _busy_here(question: Question) -> Ints:
    """Those of the asker's province and kind with many partners."""
    columns, degree = question.columns, question.index.links.degree
    province, kind = (int(column[question.asker]) for column in (columns.province, columns.kind))
    if province < 0:
        return np.zeros(0, dtype=np.int64)
    return question.index.derived(
        f"busy {province} {kind}",
        (degree, columns),
        lambda: np.flatnonzero((degree > MANY) & (columns.province == province) & (columns.kind == kind)),
    )


def _busy_words(question: Question, row: int) -> Message:
    return Message("feature.works-with-many", {"n": int(question.index.links.degree[row])})


@feature("participations", "province", reason=_busy_words, reach=_busy_here)
def works_with_many(question: Question) -> Floats:
    """Many different partners, of the same province and kind as the asker: a habit of working with others. It weighs
    little and makes nobody a candidate."""
    rows = _busy_here(question)
    many = (question.index.links.degree[rows] - MANY) / (VERY_MANY - MANY)
    return spread(question, rows, np.minimum(many, 1.0))
