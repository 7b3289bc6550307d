# SPDX-License-Identifier: EUPL-1.2
"""Named signals between organisations of a network, whole rows at a time, from what happened up to now.

Walks go organisation - project - organisation over the two-mode incidence: the product of organisations with
organisations is never formed (it would take about eleven times the memory). A share of a walk is put on a log scale
against an even spread over everybody (`log(1 + n x share)`), so that one weight serves networks of any size.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import scipy.sparse as sp

from data.networks import Network
from matching.network_profiles import (
    Ints,
    Profiles,
    Singles,
    against_all,
    inverse,
    tfidf,
    unit_rows,
)

HALF_LIFE: Final = 0.25
"""After this share of the time that a network spans, what was done together counts half."""
WALKS: Final = ((2, 0.7), (3, 0.5), (4, 0.35), (5, 0.25))
"""Steps of a walk and what each counts: a personalised PageRank cut after five steps."""
DAMPING: Final = 0.85
PAGERANK_STEPS: Final = 6
LATEST_HALF_LIFE: Final = 0.08
DATED_ONLY: Final = frozenset({"recent-popularity", "latest-popularity"})
RESEMBLING: Final = 20
ALIKE: Final = (20, 200)
WALKED: Final = frozenset(
    {"two-steps-ever", "two-steps", "three-steps", "five-steps", "pagerank", "partners-in-common", "resembles-near"}
)
"""Signals that are 0 for whoever has no history."""
LIKENESS: Final = frozenset(
    {
        *(f"partners-of-alike-{nearest}" for nearest in ALIKE),
        "resembles-partners-of-alike",
        "profile",
        "profile-affinity",
    }
)
MOST_AFFINE: Final = 3_000
PLACES: Final = ("cities", "nuts3", "nuts2", "countries")

Signal = tuple[str, Singles]  # name, values (rows asked for x everybody)


@dataclass(frozen=True)
class History:
    """What organisations did up to a day, as arrays: `members` (organisations x projects, 1 where a member), and per
    project `worth` (what a project spreads over each pair of its members, 1/(members - 1)), once as it is and, where
    projects are `dated`, once fading with time; `recency` per project, 0..1."""

    members: sp.csr_array
    worth: tuple[Singles, ...]
    recency: Singles
    dated: bool

    @cached_property
    def transposed(self) -> sp.csr_array:
        """Projects x organisations."""
        return sp.csr_array(self.members.T)

    @cached_property
    def own(self) -> tuple[Singles, ...]:
        """Per worth: what a walk of one step would bring back to where it started."""
        return tuple(np.asarray(self.members @ worth, dtype=np.float32) for worth in self.worth)

    @cached_property
    def spread(self) -> tuple[Singles, ...]:
        """Per worth: 1 over all that goes out of an organisation, 0 where nothing does."""
        members = self.members
        sizes: Singles = np.bincount(members.indices, minlength=members.shape[1]).astype(np.float32)
        out = (self.members @ (worth * sizes) - own for worth, own in zip(self.worth, self.own, strict=True))
        return tuple(inverse(each) for each in out)

    @cached_property
    def count(self) -> Singles:
        """Projects per organisation."""
        return np.asarray(self.members.sum(axis=1), dtype=np.float32).ravel()

    @cached_property
    def recent(self) -> Singles:
        """Projects per organisation, each for what its day still counts."""
        return np.asarray(self.members @ self.recency, dtype=np.float32)

    @cached_property
    def latest(self) -> Singles:
        """Projects per organisation, those of the last tenth of the time above all."""
        return np.asarray(self.members @ self.recency ** (HALF_LIFE / LATEST_HALF_LIFE), dtype=np.float32)

    @cached_property
    def partners(self) -> sp.csr_array:
        """Organisations x organisations, 1 where two ever shared a project."""
        together = sp.csr_array(self.members @ self.transposed)
        together.setdiag(0)
        together.eliminate_zeros()
        together.data[:] = 1
        return together

    @cached_property
    def rare_partners(self) -> sp.csr_array:
        """The partners of each, weighed by how few partners it has (Adamic-Adar)."""
        degree = np.maximum(np.diff(self.partners.indptr), 2)
        return sp.csr_array(sp.diags_array((1 / np.log(degree)).astype(np.float32)) @ self.partners)

    @cached_property
    def _as_often(self) -> tuple[sp.csr_array, Singles, Singles]:
        """Members of projects that have several; what a step brings back to its start; 1 over all that goes out."""
        sizes: Singles = np.bincount(self.members.indices, minlength=self.members.shape[1]).astype(np.float32)
        several = sp.csr_array(self.members @ sp.diags_array((sizes > 1).astype(np.float32)))
        own = np.asarray(several.sum(axis=1), dtype=np.float32).ravel()
        return several, own, inverse(np.asarray(several @ sizes - own, dtype=np.float32))

    def step_as_often(self, start: Singles) -> Singles:
        """One step to another organisation, each project in common counting one, whatever its size and age."""
        several, own, spread = self._as_often
        leaving = start * spread[:, None]
        return np.asarray(several @ (self.transposed @ leaving) - leaving * own[:, None], dtype=np.float32)

    def step(self, start: Singles, fading: bool) -> Singles:
        """One step organisation - project - another organisation from shares (organisations x walkers).

        A walker is a column: so the sparse products read and write whole lines of memory.
        """
        which = len(self.worth) - 1 if fading else 0
        leaving = start * self.spread[which][:, None]
        projects = self.transposed @ leaving
        projects *= self.worth[which][:, None]
        return np.asarray(self.members @ projects - leaving * self.own[which][:, None], dtype=np.float32)


def history_of(network: Network, dated: bool) -> History:
    """The history of a network; `dated` says whether its times are to be used."""
    projects = len(network.projects)
    shape = (len(network), max(projects, 1))
    ones = np.ones(len(network.link_org), dtype=np.float32)
    members = sp.csr_array((ones, (network.link_org, network.link_project)), shape=shape)
    sizes: Singles = np.bincount(network.link_project, minlength=shape[1]).astype(np.float32)
    worth = np.where(sizes > 1, 1 / np.maximum(sizes - 1, 1), 0).astype(np.float32)
    recency = np.ones(shape[1], dtype=np.float32)
    times = network.project_time
    if dated and np.isfinite(times).any():
        first, last = np.nanmin(times), np.nanmax(times)
        age = (last - np.nan_to_num(times, nan=(first + last) / 2)) / max(last - first, 1e-9)
        recency = np.asarray(0.5 ** (age / HALF_LIFE), dtype=np.float32)
    return History(members, (worth, worth * recency) if dated else (worth,), recency, dated)


@dataclass(frozen=True)
class Signals:
    """Every signal of a network's organisations, from their profiles and their history."""

    profiles: Profiles
    history: History
    resembling: sp.csr_array
    topics: sp.csr_array | None
    objects: sp.csr_array | None
    expected_work: sp.csr_array | None
    rivals: sp.csr_array | None
    affinities: dict[str, Singles]
    features: sp.csr_array
    feature_affinity: Singles

    def of(self, rows: Ints, without: Collection[str] = ()) -> Iterator[Signal]:
        """The signals of these rows with everybody, one after the other, always in the same order; costly ones whose
        names are in `without` are left out."""
        yield from self._walks(rows, without)
        yield from self._popularity(rows)
        yield from self._sameness(rows)
        yield from self._words(rows)
        yield from self._likeness(rows, without)

    def _walks(self, rows: Ints, without: Collection[str]) -> Iterator[Signal]:
        if without and set(without) >= WALKED:
            return
        history = self.history
        start = np.zeros((len(self.profiles), len(rows)), dtype=np.float32)
        start[rows, np.arange(len(rows))] = 1
        if history.dated:
            yield "two-steps-ever", _lift(history.step(history.step(start, False), False).T)
        walk = history.step(start, True)
        along = np.zeros_like(start)
        for steps, share in WALKS:
            walk = history.step(walk, True)
            along += share * walk
            if steps == 2:
                yield "two-steps", _lift(walk.T)
            if steps == 3:
                yield "three-steps", _lift(walk.T)
                if "resembles-near" not in without:
                    yield "resembles-near", _lift(self._smoothed(along.T))
        yield "five-steps", _lift(along.T)
        if "pagerank" not in without:
            yield "pagerank", _lift(self._ranked(start).T)
        yield "partners-in-common", self._in_common(rows)

    def _ranked(self, start: Singles) -> Singles:
        """Personalised PageRank over partners, each as often as they worked together, whenever it was."""
        found, walk = np.zeros_like(start), start
        for _ in range(PAGERANK_STEPS):
            walk = DAMPING * self.history.step_as_often(walk)
            found += walk
        return found

    def _after_one_step(self, shares: Singles) -> Singles:
        """Shares (rows x organisations) that have gone on to partners."""
        return self.history.step(np.ascontiguousarray(shares.T), True).T

    def _in_common(self, rows: Ints) -> Singles:
        """log(1 + Adamic-Adar over partners in common): those who have few partners count more."""
        return np.asarray(np.log1p((self.history.partners[rows] @ self.history.rare_partners).toarray()))

    def _popularity(self, rows: Ints) -> Iterator[Signal]:
        count, recent = np.log1p(self.history.count), np.log1p(self.history.recent)
        expected = np.asarray(self.resembling @ recent, dtype=np.float32)
        for name, values in (
            ("popularity", count),
            ("recent-popularity", recent),
            ("latest-popularity", np.log1p(self.history.latest)),
            ("expected-popularity", expected),
            ("expected-of-newcomer", expected * (self.history.count == 0)),
        ):
            if self.history.dated or name not in DATED_ONLY:
                yield name, np.broadcast_to(values, (len(rows), len(values)))

    def _sameness(self, rows: Ints) -> Iterator[Signal]:
        recent = np.log1p(self.history.recent)
        for name, codes in self.profiles.codes.items():
            own = codes[rows][:, None]
            if name != "kinds":
                same = ((own == codes[None]) & (own >= 0)).astype(np.float32)
                yield f"same-{name}", same
                yield f"popular-in-{name}", same * recent
            if name in self.affinities:
                known = (own >= 0) & (codes >= 0)[None]
                yield (
                    f"affinity-of-{name}",
                    self.affinities[name][np.maximum(own, 0), np.maximum(codes, 0)[None]] * known,
                )
        if self.profiles.located:
            yield "nearness", self.profiles.nearness(rows)

    def _words(self, rows: Ints) -> Iterator[Signal]:
        recent = np.log1p(self.history.recent)
        yield "words", self.profiles.word_likeness(rows)
        like = self.profiles.meaning_likeness(rows)
        yield "meaning", like
        yield "popular-with-meaning", like * recent
        like[np.arange(len(rows)), rows] = 0
        yield "partners-of-alike-meaning", _lift(self._after_one_step(_shares(like**4)))
        if self.topics is not None:
            topics = against_all(self.topics, rows)
            yield "topics", topics
            yield "popular-in-topics", topics * recent
        if self.expected_work is not None:
            yield "expected-work", against_all(self.expected_work, rows)
        if self.objects is not None:
            yield "objects", against_all(self.objects, rows)
        if self.rivals is not None:
            yield "rivals", np.log1p(10 * against_all(self.rivals, rows))

    def _likeness(self, rows: Ints, without: Collection[str]) -> Iterator[Signal]:
        if without and set(without) >= LIKENESS:
            return
        like = self.profiles.likeness(rows)
        for nearest in ALIKE:
            if f"partners-of-alike-{nearest}" in without and nearest != ALIKE[-1]:
                continue
            most = min(nearest, like.shape[1] - 1)
            least = np.partition(like, like.shape[1] - 1 - most, axis=1)[:, [like.shape[1] - 1 - most]]
            partners = self._after_one_step(_shares(np.where(like > least, like, 0) ** 2))
            yield f"partners-of-alike-{nearest}", _lift(partners)
        if "resembles-partners-of-alike" not in without:
            yield "resembles-partners-of-alike", _lift(self._smoothed(partners))
        yield "profile", like
        if "profile-affinity" not in without:
            sides = np.asarray(self.features[rows] @ self.feature_affinity, dtype=np.float32)
            yield "profile-affinity", np.asarray((self.features @ sides.T).T, dtype=np.float32)

    def _smoothed(self, shares: Singles) -> Singles:
        """Shares carried over to whoever resembles those that hold them."""
        return np.asarray((self.resembling @ shares.T).T, dtype=np.float32)


def build_signals(network: Network, profiles: Profiles, dated: bool) -> Signals:
    """The signals of a network's history for organisations of these profiles."""
    history = history_of(network, dated)
    active = np.flatnonzero(history.count > 0)
    features = _frequent(profiles.features)
    one_hots = {name: profiles.codes[name] for name in ("kinds", "countries", "sectors") if name in profiles.codes}
    resembling = profiles.resembling(active, RESEMBLING)
    topics, objects = _topics(network, history), _objects(network, history)
    work = [each for each in (topics, objects) if each is not None]
    return Signals(
        profiles=profiles,
        history=history,
        resembling=resembling,
        topics=topics,
        objects=objects,
        expected_work=_expected(resembling, work[0]) if work else None,
        rivals=_rivals(network),
        affinities={name: _log_lift(history, _indicator(codes), 2.0) for name, codes in one_hots.items()},
        features=features,
        feature_affinity=_log_lift(history, features, 1.0),
    )


def _lift(shares: Singles) -> Singles:
    lifted = np.ascontiguousarray(shares) * np.float32(shares.shape[1])
    np.maximum(lifted, 0, out=lifted)
    return np.asarray(np.log1p(lifted, out=lifted))


def _shares(weights: Singles) -> Singles:
    total = weights.sum(axis=1, keepdims=True)
    return np.asarray(weights / np.where(total > 0, total, 1), dtype=np.float32)


def _indicator(codes: Ints) -> sp.csr_array:
    known = np.flatnonzero(codes >= 0)
    shape = (len(codes), int(codes.max(initial=0)) + 1)
    return sp.csr_array((np.ones(len(known), dtype=np.float32), (known, codes[known])), shape=shape)


def _frequent(features: sp.csr_array) -> sp.csr_array:
    """The columns that at least three rows hold, the commonest 3,000."""
    count = np.bincount(features.indices, minlength=features.shape[1])
    order = np.argsort(-count, kind="stable")[:MOST_AFFINE]
    keep = np.sort(order[count[order] >= 3])
    return sp.csr_array(features[:, keep] if len(keep) else sp.csr_array((features.shape[0], 1), dtype=np.float32))


def _log_lift(history: History, features: sp.csr_array, prior: float) -> Singles:
    """log of how often two features meet in common work against what their frequency alone would bring."""
    of_projects = sp.csr_array(history.transposed @ features)
    worth, own = history.worth[-1], history.own[-1]
    met = of_projects.T @ sp.diags_array(worth) @ of_projects - features.T @ sp.diags_array(own) @ features
    together = np.maximum(met.toarray(), 0).astype(np.float64)
    frequency = together.sum(axis=0)
    expected = np.outer(frequency, frequency) / max(float(frequency.sum()), 1e-9)
    return np.asarray(np.log((together + prior) / (expected + prior)), dtype=np.float32)


def _topics(network: Network, history: History) -> sp.csr_array | None:
    """Organisations x sectors of their projects: log of how much, by how rare; None where projects name none."""
    names, codes = np.unique(np.array(network.project_sector, dtype=str), return_inverse=True)
    if not any(names) or len(names) < 2:
        return None
    known = np.flatnonzero(names[codes] != "")
    shape = (len(codes), len(names))
    sectors = sp.csr_array((history.recency[known], (known, codes[known])), shape=shape)
    work = sp.csr_array(history.members @ sectors)
    work.data = np.log1p(work.data)
    rarity = np.log(1 + len(network) / np.maximum(np.bincount(work.indices, minlength=len(names)), 1))
    return unit_rows(sp.csr_array(work @ sp.diags_array(rarity.astype(np.float32))))


def _objects(network: Network, history: History) -> sp.csr_array | None:
    """Organisations x words of what their projects were about; None where projects have no text."""
    if not any(network.project_text):
        return None
    return unit_rows(sp.csr_array(history.members @ tfidf(network.project_text, 0.3)))


def _expected(resembling: sp.csr_array, work: sp.csr_array) -> sp.csr_array:
    """What an organisation works on, or may be expected to: its own work and that of those it resembles."""
    return unit_rows(sp.csr_array(work + resembling @ work))


def _rivals(network: Network) -> sp.csr_array | None:
    """Organisations x lots they were bidders of, each over the root of its bidders; None where no lot has rivals."""
    if len(np.unique(network.project_lot)) == len(network.projects):
        return None
    shape = (len(network), int(network.project_lot.max(initial=0)) + 1)
    pairs = np.unique(np.stack([network.link_org, network.project_lot[network.link_project]]), axis=1)
    bidders = np.bincount(pairs[1], minlength=shape[1])
    weights = (1 / np.sqrt(np.maximum(bidders, 1)))[pairs[1]].astype(np.float32)
    return sp.csr_array((weights, (pairs[0], pairs[1])), shape=shape)
