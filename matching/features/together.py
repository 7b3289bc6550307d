# SPDX-License-Identifier: EUPL-1.2
"""What organisations did together, with whom, for whom, and against whom."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from data.model import Message
from matching.columns import Floats, Ints
from matching.features.registry import By, feature
from matching.links import row_values
from matching.question import Question, row_vector, saturated
from matching.reach import NOBODY, held, holders, parts, sharers, sums

HALF = 0.5  # of the awards: from here one depends on the buyer


def counted(what: str, n: int) -> Message:
    """ "una gara", "4 gare": a number of tenders or lots as a reader says it."""
    return Message(f"count.{what}.one") if n == 1 else Message(f"count.{what}", {"n": n})


def _tenders(n: int, won: int) -> Message:
    """So many tenders, and how many of them were won."""
    if n == 1:
        return Message("count.tenders.one-won" if won else "count.tenders.one")
    if won == n:
        return Message("count.tenders.all-won", {"n": n})
    if won == 1:
        return Message("count.tenders.some-one-won", {"n": n})
    return Message("count.tenders.some-won", {"n": n, "vinte": won}) if won else Message("count.tenders", {"n": n})


def _together_words(question: Question, row: int) -> Message:
    links = question.index.links
    own = {each.project for each in links.participations[question.asker]}
    common = [each for each in links.participations[row] if each.project in own and each.kind == "tender"]
    won = {each.project for each in common if each.outcome == "awarded"}
    years = [each.date.year for each in common if each.date is not None]
    n = len({each.project for each in common})
    params: dict[str, object] = {"n": n, "gare": _tenders(n, len(won))}
    if years:
        return Message("feature.worked-together.year", {**params, "anno": max(years)})
    return Message("feature.worked-together", params)


@feature("participations", reason=_together_words, reach=lambda question: question.companions)
def worked_together(question: Question) -> Floats:
    """Common groupings: won counts 1, bid 0.5, larger groupings less; 0.5 at one common award of two."""
    return saturated(question.together[question.rows], 1.0)


def _common_partners(question: Question, row: int) -> list[int]:
    projects = question.index.links.projects
    both = (projects @ row_vector(projects, question.asker) > 0) & (projects @ row_vector(projects, row) > 0)
    return [int(found) for found in np.flatnonzero(both) if found not in (row, question.asker)]


def _partner_words(question: Question, row: int) -> Message:
    partners = sorted(_common_partners(question, row), key=lambda found: (question.index.links.degree[found], found))
    names = [question.organisation(found).name for found in partners[:2]]
    if len(partners) <= len(names):
        return Message("feature.partners-in-common", {"nomi": names})
    return Message("feature.partners-in-common.more", {"n": len(partners), "nomi": names})


def _passing(question: Question) -> tuple[Ints, Floats]:
    """Projects of those who worked with the asker, ascending, and what these pass on to each, times its weight."""
    links, reached = question.index.links, question.companions
    at, counts = parts(links.projects, reached)
    columns, place = np.unique(links.projects.indices[at], return_inverse=True)
    passed = (question.together[reached] / np.maximum(links.degree[reached], 1.0)).repeat(counts)
    sent = np.bincount(place, weights=links.projects.data[at] * passed, minlength=len(columns))
    return columns.astype(np.int64), sent * links.project_weight[columns]


def _partners_partners(question: Question) -> Ints:
    """Rows with a project in common with somebody who worked with the asker; ascending."""
    if not len(question.companions):
        return NOBODY
    return holders(question.index, question.index.links.projects, question.own("passing", _passing)[0])


@feature("participations", reason=_partner_words, reach=_partners_partners)
def partners_in_common(question: Question) -> Floats:
    """Resource allocation over two steps: a partner with many partners passes on little, so that the few big ones do
    not always win; divided by the root of the candidate's own partners for the same reason."""
    links, rows = question.index.links, question.rows
    if not len(question.companions):
        return np.zeros(len(rows))
    columns, sent = question.own("passing", _passing)
    reached = question.meeting(links.projects, columns, sent)
    near = np.flatnonzero(question.together[rows])
    passed = question.together[rows[near]] / np.maximum(links.degree[rows[near]], 1.0)
    reached[near] -= sums(links.projects, rows[near], links.project_weight) * passed  # what each would send to itself
    fair = reached / np.sqrt(np.maximum(links.degree[rows], 1.0))
    return saturated(np.maximum(fair, 0.0), 0.25)


def _buyer_row_words(question: Question, row: int) -> Message:
    links = question.index.links
    shared = np.intersect1d(row_values(links.buyers, row)[0], row_values(links.buyers, question.asker)[0])
    names = [buyer_name(question, int(column)) for column in shared]
    return Message("feature.same-buyers", {"nomi": names[:3]})


def buyer_name(question: Question, column: int) -> str:
    """Name of a buyer, as a body of the index or as the tender wrote it."""
    links = question.index.links
    row = int(links.buyer_row[column])
    return question.organisation(row).name if row >= 0 else links.buyer_names[column]


def _same_sellers(question: Question) -> Ints:
    return sharers(question.index, question.index.links.buyers, question.asker)


@feature("participations", reason=_buyer_row_words, reach=_same_sellers)
def same_buyers(question: Question) -> Floats:
    """Common public customers; a customer of everybody says little (Adamic-Adar)."""
    buyers = question.index.links.buyers
    own = held(buyers, question.asker)
    if not len(own):
        return np.zeros(len(question.rows))
    rarity = question.index.derived("rarity", (buyers,), lambda: _rarity(buyers))
    return saturated(question.meeting(buyers, own, rarity[own], present=True), 0.3)


def _rarity(buyers: sp.csr_array) -> Floats:
    """How much each buyer says, the less the more it buys from."""
    return np.asarray(1.0 / np.log2(2.0 + np.bincount(buyers.indices, minlength=buyers.shape[1])))


def _fellows(question: Question) -> Ints:
    return sharers(question.index, question.index.links.belonging, question.asker)


@feature("participations", reach=_fellows)
def common_membership(question: Question) -> Floats:
    """Members of the same consortium or network."""
    belonging = question.index.links.belonging
    return saturated(question.meeting(belonging, held(belonging, question.asker)), 0.5)


def _rival_words(question: Question, row: int) -> Message:
    return Message("feature.rivals", {"lotti": counted("lots", int(question.rivalries[row]))})


@feature("participations", reason=_rival_words, reach=lambda question: question.opponents)
def rivals(question: Question) -> Floats:
    """Against: rival bids for the same lot."""
    return saturated(question.rivalries[question.rows], 2.0)


def _depends_words(question: Question, row: int) -> Message:
    links = question.index.links
    whose = row if links.biggest_share[row] > HALF else question.asker
    params = {"chi": question.organisation(whose).name, "quota": float(links.biggest_share[whose])}
    return Message(
        "feature.depends-on-one-buyer", {**params, "ente": buyer_name(question, int(links.biggest_buyer[whose]))}
    )


@feature("participations", reason=_depends_words, by=By.CLASS)
def depends_on_one_buyer(question: Question) -> Floats:
    """Against: one customer gives more than half of the awards of one of the two."""
    share = question.index.links.biggest_share
    return np.where((share[question.rows] > HALF) | (share[question.asker] > HALF), 1.0, 0.0)
