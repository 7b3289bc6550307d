# SPDX-License-Identifier: EUPL-1.2
"""The partner graph for ranking: sparse and columnar arrays, a row per organisation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from data.errors import UnknownOrganisation
from data.lazio.said import CAPACITY, CERTIFIED, OFFERS, SEEKS, certification_name
from data.model import Area, Declaration, Organisation, OrganisationKind, Participation
from matching.areas import CommonArea, common_areas
from matching.columns import Columns, Ints, Value, anything, build_columns, each_of, only_certain, sharing
from matching.kinds import Partnership
from matching.knowledge import Knowledge, Sector, StageLink, shipped_knowledge
from matching.links import Links, build_links, comune_name, sorted_participations
from matching.sparse import sparse_rows
from matching.spoken import documents, spoken_texts, statistics_of_work
from matching.words import WordStatistics, text_matrix, tokens, without_legal_form

if TYPE_CHECKING:
    import networkx as nx

_T = TypeVar("_T")

GIVES = (OFFERS, CAPACITY)  # spare capacity is an offer
OWN_WORDS = "words:"  # opens the key of a declared thing that the vocabulary does not know


Refusal = tuple[str, str, str | None]  # who asked, who is not to be proposed again, for which kind (None: any)
Agreement = tuple[str, str, str, date]  # who asked, with whom, kind of partnership, day


@dataclass(frozen=True)
class PartnerIndex:
    """Everything that ranking needs, frozen: organisations sorted by id, one row each in every array.

    `municipalities` and `distance_km` (float32, km, same order) place the comuni; `columns` holds what is known and
    `certain_columns` the same without inferred or demonstration facts; `text` is TF-IDF (rows of unit length);
    `offers`, `seeks` and `products` (offered, or read from name and purpose) are organisations x `goods`; `same_goods`
    is goods x goods, 1 for one thing or a case of it; `entity` is equal for rows that share a tax code or VAT number.
    `declarations` hold offers, needs and capacity; `certified` what bodies declare of their certifications, which stand
    in the columns beside those of their card. `refused` names, per row, the rows not to be proposed to it again, each
    with the kind of partnership (None: any); `agreed` are agreements that people reported: ids, kind, day.
    `statistics` say how much each word of `text` tells, as it was at the last full building (`matching.renewal`).
    `learned` holds weights of signs per kind of partnership, learned from history, in place of the expert ones;
    `areas` are inner areas, labour systems and own areas of the comuni.
    """

    organisations: tuple[Organisation, ...]
    municipalities: tuple[str, ...]
    distance_km: npt.NDArray[np.float32]
    columns: Columns
    links: Links
    text: sp.csr_array
    offers: sp.csr_array
    seeks: sp.csr_array
    products: sp.csr_array
    same_goods: sp.csr_array
    goods: tuple[str, ...]
    declarations: tuple[tuple[Declaration, ...], ...]
    declared_goods: Mapping[str, tuple[str, ...]]
    certified: tuple[tuple[Declaration, ...], ...]
    entity: Ints
    knowledge: Knowledge
    row_of: Mapping[str, int]
    statistics: WordStatistics
    refused: Mapping[int, frozenset[tuple[int, str | None]]] = field(default_factory=dict)
    agreed: tuple[Agreement, ...] = ()
    learned: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    areas: tuple[CommonArea, ...] = ()

    def row(self, organisation_id: str) -> int:
        """The row of an organisation id; raises UnknownOrganisation."""
        if organisation_id not in self.row_of:
            raise UnknownOrganisation(organisation=organisation_id)
        return self.row_of[organisation_id]

    def weights_of(self, kind: Partnership) -> Mapping[str, float]:
        """Weights of the signs of a kind: the learned ones where there are, else the expert ones; the same names."""
        return self.learned.get(kind.name, kind.weights)

    @cached_property
    def certain_columns(self) -> Columns:
        """The columns with official and declared facts only."""
        rows = range(len(self.organisations))
        certain = columns_of(
            self.organisations, rows, self.municipalities, self.links, self.knowledge, self.certified, only_certain
        )
        return sharing(certain, self.columns)

    @cached_property
    def standings(self) -> tuple[Sector, ...]:
        """Every place in the chains that a body of the index stands at, with all facts or with certain ones only."""
        return tuple(sorted({*self.columns.standings, *self.certain_columns.standings}))

    @cached_property
    def _derived(self) -> dict[tuple[str, int], tuple[tuple[object, ...], Any]]:
        return {}

    def derived(self, name: str, sources: tuple[object, ...], make: Callable[[], _T]) -> _T:
        """What `make` gives of these parts of the index, made once and kept as long as they are the very same ones."""
        key = (name, id(sources[0]))
        kept = self._derived.get(key)
        if kept is None or any(one is not other for one, other in zip(kept[0], sources, strict=True)):
            kept = self._derived[key] = (sources, make())
        found: _T = kept[1]
        return found

    def has_derived(self, name: str, sources: tuple[object, ...]) -> bool:
        """Whether that was already made of these parts."""
        kept = self._derived.get((name, id(sources[0])))
        return kept is not None and all(one is other for one, other in zip(kept[0], sources, strict=True))

    def take_over(self, old: PartnerIndex) -> None:
        """Keeps what was derived of parts that this index shares with another one."""
        own = {id(part) for part in (*vars(self).values(), *(getattr(self.links, each.name) for each in fields(Links)))}
        for key, (sources, thing) in tuple(old._derived.items()):
            if all(id(source) in own for source in sources):
                self._derived[key] = (sources, thing)

    @cached_property
    def graph(self) -> nx.MultiGraph:
        """The graph that people see (see `matching.graph_export`), made when first asked for."""
        from matching.graph_export import to_networkx

        return to_networkx(self)

    @cached_property
    def place_names(self) -> Mapping[str, str]:
        """Names of the comuni by ISTAT code, as the shipped facts know them."""
        return self.knowledge.municipality_names()

    def place_name(self, body: Organisation) -> str | None:
        """Name of a body's comune, its code where the name is not known, None where the comune is not."""
        return self.place_names.get(body.municipality, body.municipality) if body.municipality else None

    @cached_property
    def _stage_rows(self) -> dict[Sector, Mapping[Sector, StageLink]]:
        return {}

    def stage_links(self, sector: Sector) -> Mapping[Sector, StageLink]:
        """The chain link of a place in the chains to every one of the index; looked up once for each."""
        if sector not in self._stage_rows:
            links = {other: self.knowledge.stage_link(sector, other) for other in self.standings}
            self._stage_rows[sector] = links
        return self._stage_rows[sector]


def build_index(
    organisations: Iterable[Organisation],
    participations: Iterable[Participation],
    declarations: Iterable[Declaration],
    municipalities: Sequence[str],
    distance_km: npt.NDArray[np.float32],
    knowledge: Knowledge | None = None,
    *,
    refused: Iterable[Refusal] = (),
    agreed: Iterable[Agreement] = (),
    statistics: WordStatistics | None = None,
    learned: Mapping[str, Mapping[str, float]] | None = None,
    areas: Iterable[Area] = (),
) -> PartnerIndex:
    """The index of these facts, the same bytes whatever the order of the rows; by these statistics or the facts' own.

    `municipalities` are the ISTAT codes in the order of the square matrix `distance_km` (km). Give only what the reader
    may see: exports and answers hold nothing else. Refusals and agreements of unknown bodies are left out.
    """
    knowledge = knowledge or shipped_knowledge()
    bodies = tuple(sorted(organisations, key=lambda each: each.id))
    row_of = {body.id: row for row, body in enumerate(bodies)}
    links = build_links(sorted_participations(participations), row_of, comune_rows(bodies))
    everything = sorted(declarations, key=lambda each: each.id)
    said = [each for each in everything if each.says in (*GIVES, SEEKS) and each.organisation in row_of]
    certified = by_organisation([each for each in everything if each.says == CERTIFIED], row_of)
    declared = declared_goods(said, knowledge)
    by_name = named_goods(bodies, knowledge)
    goods = tuple(sorted({good for found in (*declared.values(), *by_name) for good in found}))
    spoken = spoken_texts(bodies, range(len(bodies)), links)
    written = documents(bodies, spoken)
    statistics = statistics or statistics_of_work(written, spoken, knowledge)
    return PartnerIndex(
        organisations=bodies,
        municipalities=tuple(municipalities),
        distance_km=distance_km,
        columns=columns_of(bodies, range(len(bodies)), municipalities, links, knowledge, certified),
        links=links,
        text=text_matrix(written, statistics),
        offers=goods_matrix(goods_said(said, GIVES, declared, row_of), goods, len(bodies)),
        seeks=goods_matrix(goods_said(said, (SEEKS,), declared, row_of), goods, len(bodies)),
        products=goods_matrix([*goods_said(said, GIVES, declared, row_of), *enumerated(by_name)], goods, len(bodies)),
        same_goods=same_goods_matrix(goods, knowledge),
        goods=goods,
        declarations=by_organisation(said, row_of),
        declared_goods=declared,
        certified=certified,
        entity=entities(bodies),
        knowledge=knowledge,
        row_of=row_of,
        statistics=statistics,
        refused=refused_rows(refused, row_of),
        agreed=known_agreements(agreed, row_of),
        learned=learned or {},
        areas=common_areas(municipalities, areas),
    )


def declared_goods(said: Iterable[Declaration], knowledge: Knowledge) -> dict[str, tuple[str, ...]]:
    """Declaration id -> keys of the goods it speaks of; its own words where the vocabulary knows none."""
    return {each.id: knowledge.goods(each.what) or (_own_words(each.what),) for each in said}


def named_goods(bodies: Iterable[Organisation], knowledge: Knowledge) -> list[tuple[str, ...]]:
    """Keys of the goods that the name and purpose of each body speak of."""
    return [knowledge.goods(f"{without_legal_form(body.name)}. {body.purpose or ''}") for body in bodies]


def enumerated(found: Iterable[Sequence[str]]) -> list[tuple[int, str]]:
    """(position, good) of every good of every entry."""
    return [(row, good) for row, goods in enumerate(found) for good in goods]


def known_agreements(agreed: Iterable[Agreement], row_of: Mapping[str, int]) -> tuple[Agreement, ...]:
    """The agreements of known bodies, each once, sorted."""
    return tuple(sorted({each for each in agreed if each[0] in row_of and each[1] in row_of}))


def refused_rows(refused: Iterable[Refusal], row_of: Mapping[str, int]) -> dict[int, frozenset[tuple[int, str | None]]]:
    """Row of who asked -> rows not to be proposed to it again, with the kind of partnership (None: any)."""
    found: dict[int, set[tuple[int, str | None]]] = {}
    for asker, partner, kind in refused:
        if asker in row_of and partner in row_of:
            found.setdefault(row_of[asker], set()).add((row_of[partner], kind))
    return {row: frozenset(others) for row, others in sorted(found.items())}


def _with_marks(columns: Columns, certified: Sequence[Sequence[Declaration]]) -> Columns:
    """The columns with declared certifications beside those of the cards, all by the names of the list."""
    told = [tuple([each.what for each in said]) for said in certified]
    return replace(columns, certifications=tuple(each_of(_marks, columns.certifications, told)))


def _marks(known: frozenset[str], told: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(certification_name, (*known, *told)))


def columns_of(
    bodies: Sequence[Organisation],
    rows: Iterable[int],
    municipalities: Sequence[str],
    links: Links,
    knowledge: Knowledge,
    certified: Sequence[Sequence[Declaration]],
    value: Value = anything,
) -> Columns:
    """Columns of bodies that stand at these rows of the links, with what they declare of their certifications."""
    places = {istat: position for position, istat in enumerate(municipalities)}
    done = links.participations
    texts = [{each.text for each in done[row] if each.text} for row in rows]
    return _with_marks(build_columns(bodies, places, texts, knowledge.division, value), certified)


def comune_rows(bodies: Sequence[Organisation]) -> dict[str, int]:
    """Rows of the 378 comuni as bodies, by "ISTAT code, bare name"."""
    rows = {}
    for row, body in enumerate(bodies):
        for identifier in body.identifiers:
            if identifier.scheme == "municipality":
                rows[f"{identifier.value} {comune_name(body.name)}"] = row
    return rows


def _own_words(what: str) -> str:
    return OWN_WORDS + (" ".join(sorted(set(tokens(what)))) or what.strip().lower())


def goods_said(
    said: Sequence[Declaration], says: Sequence[str], declared: Mapping[str, tuple[str, ...]], row_of: Mapping[str, int]
) -> list[tuple[int, str]]:
    """(row of the body, good) of declarations of these kinds."""
    return [(row_of[each.organisation], good) for each in said if each.says in says for good in declared[each.id]]


def goods_matrix(found: Iterable[tuple[int, str]], goods: tuple[str, ...], rows: int) -> sp.csr_array:
    """Rows x goods: 1 where found."""
    place, width = {good: position for position, good in enumerate(goods)}, max(len(goods), 1)
    entries = np.unique(np.array([row * width + place[good] for row, good in found], dtype=np.int64))
    return sparse_rows(entries // width, entries % width, np.ones(len(entries)), (rows, width))


def same_goods_matrix(goods: tuple[str, ...], knowledge: Knowledge) -> sp.csr_array:
    """Goods x goods: 1 for one thing or a case of it."""
    own = [good for good in goods if good.startswith(OWN_WORDS)]
    known = [good for good in goods if not good.startswith(OWN_WORDS)]
    place = {good: position for position, good in enumerate(goods)}
    pairs = [(place[left], right) for left in known for right in known if knowledge.same_goods(left, right)]
    return goods_matrix([*pairs, *((place[good], good) for good in own)], goods, max(len(goods), 1))


def by_organisation(said: Iterable[Declaration], row_of: Mapping[str, int]) -> tuple[tuple[Declaration, ...], ...]:
    """Declarations by row of the body, those of unknown ones left out."""
    found: list[list[Declaration]] = [[] for _ in row_of]
    for each in said:
        if each.organisation in row_of:
            found[row_of[each.organisation]].append(each)
    return tuple(tuple(each) for each in found)


def entities(bodies: Sequence[Organisation]) -> Ints:
    """The first row with the same tax code or VAT number, else the own row."""
    first: dict[str, int] = {}
    rows = []
    for row, body in enumerate(bodies):
        codes = [each.value for each in body.identifiers if each.scheme in ("tax-code", "vat")]
        entity = min((first[code] for code in codes if code in first), default=row)
        for code in codes:
            first.setdefault(code, entity)
        rows.append(entity)
    return np.array(rows, dtype=np.int64)


def rows_of_kind(index: PartnerIndex, kinds: Iterable[OrganisationKind]) -> Ints:
    """Rows of the organisations of these kinds, ascending."""
    wanted = [position for position, kind in enumerate(OrganisationKind) if kind in set(kinds)]
    return np.flatnonzero(np.isin(index.columns.kind, wanted)).astype(np.int64)
