# SPDX-License-Identifier: EUPL-1.2
"""What organisations did together, with whom, for whom, and against whom."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from data.model import Message
from matching.columns import Floats
from matching.features.registry import feature
from matching.links import row_values
from matching.question import Question, row_vector, saturated

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


@feature("participations", reason=_together_words)
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


@feature("participations", reason=_partner_words)
def partners_in_common(question: Question) -> Floats:
    """Resource allocation over two steps: a partner with many partners passes on little, so that the few big ones do
    not always win; divided by the root of the candidate's own partners for the same reason."""
    links = question.index.links
    passed = question.together / np.maximum(links.degree, 1.0)
    reached = np.asarray(links.projects @ ((links.projects.T @ passed) * links.project_weight)) - _own_share(
        links.projects, passed, links.project_weight
    )
    fair = reached / np.sqrt(np.maximum(links.degree, 1.0))
    return saturated(np.maximum(fair[question.rows], 0.0), 0.25)


def _own_share(projects: sp.csr_array, passed: Floats, weight: Floats) -> Floats:
    """What each organisation would send to itself through its own projects."""
    return np.asarray(projects @ weight) * passed


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


@feature("participations", reason=_buyer_row_words)
def same_buyers(question: Question) -> Floats:
    """Common public customers; a customer of everybody says little (Adamic-Adar)."""
    buyers = question.index.links.buyers
    crowd = np.bincount(buyers.indices, minlength=buyers.shape[1])
    rarity = 1.0 / np.log2(2.0 + crowd)
    own = (row_vector(buyers, question.asker) > 0) * rarity
    present = sp.csr_array((np.ones(len(buyers.data)), buyers.indices, buyers.indptr), shape=buyers.shape)
    return saturated(np.asarray(present @ own)[question.rows], 0.3)


@feature("participations")
def common_membership(question: Question) -> Floats:
    """Members of the same consortium or network."""
    belonging = question.index.links.belonging
    shared = np.asarray(belonging @ row_vector(belonging, question.asker))[question.rows]
    return saturated(shared, 0.5)


def _rival_words(question: Question, row: int) -> Message:
    return Message("feature.rivals", {"lotti": counted("lots", int(question.rivalries[row]))})


@feature("participations", reason=_rival_words)
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


@feature("participations", reason=_depends_words)
def depends_on_one_buyer(question: Question) -> Floats:
    """Against: one customer gives more than half of the awards of one of the two."""
    share = np.nan_to_num(question.index.links.biggest_share)
    return np.where((share[question.rows] > HALF) | (share[question.asker] > HALF), 1.0, 0.0)
