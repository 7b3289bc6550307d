"""A snapshot after edits answers as one built whole with the same statistics; what cannot be told is built whole."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import fields, replace
from datetime import date, timedelta

import numpy as np
import pytest
import scipy.sparse as sp
from stdnum import luhn

from data.errors import NotOneBody, UnknownOrganisation
from data.model import Audience, ContactOutcome, Evidence, Identifier, Visibility
from data.records import (
    Accepted,
    AreaRecord,
    Assertion,
    CallRecord,
    DeclarationRecord,
    DossierRecord,
    OrganisationRecord,
    ParticipationRecord,
    SiteRecord,
    Source,
    SourceInfo,
)
from data.store import Store, open_store
from matching.alike import Alike, Tie, alike_of
from matching.columns import Columns
from matching.graph import PartnerIndex
from matching.links import Links
from matching.recommend import recommend
from matching.walks import Walks, walks_of
from service.search import NameIndex
from service.snapshot import Snapshot, build_snapshot
from service.snapshot_renewal import renew_snapshot

DAY = date(2026, 11, 22)
INFO = SourceInfo(
    name="prova",
    title_it="",
    title_en="",
    publisher="",
    licence="",
    formats=(),
    files=0,
    evidence=Evidence.OFFICIAL,
)
OWN = replace(INFO, name="nostra")
PURPOSES = (
    "Pulizie e mense scolastiche",
    "Assistenza agli anziani",
    "Olio e vino",
    "Zorbing acrobatico",
    "Verde pubblico",
)
SECTORS = ("81.21", "88.10", "10.41", "01.21", "43.21")
PLACES = ("058091", "057059", "060038", "056059")
FEDERATIONS = ("Confcooperative", "Legacoop", "AGCI")
WHATS = ("mensa scolastica", "olio", "pulizie", "zorbing in collina", "un furgone")


def code(number: int) -> Identifier:
    """An invented tax code whose check digit holds."""
    bare = f"{number:07d}991"
    return Identifier("tax-code", bare + luhn.calc_check_digit(bare))


def body_row(number: int, chance: random.Random) -> Accepted:
    """A body as a file tells it; every sixth has only the key of an own file, some are not for everybody."""
    seen = chance.choice([*[Visibility.PUBLIC] * 5, Visibility.FEDERATION])
    kind = "public-body" if number % 5 == 0 else chance.choice(("cooperative", "consortium", "firm"))
    name = f"Comune di Prova {number}" if kind == "public-body" else f"{chance.choice(PURPOSES)} {number} soc coop"
    said = {"name": name, "kind": kind, "municipality": chance.choice(PLACES)}
    if chance.random() < 0.5:
        said |= {"sector": chance.choice(SECTORS), "sector_version": "2007"}
    if chance.random() < 0.5:
        said |= {"purpose": chance.choice(PURPOSES)}
    if chance.random() < 0.3:
        said |= {"federation": chance.choice(FEDERATIONS)}
    names = (Identifier("key:prova", f"k{number}"),) if number % 6 == 1 else (code(number),)
    assertions = tuple(Assertion(field, value, visibility=seen) for field, value in said.items())
    return Accepted(number, f"body|{number}", (OrganisationRecord(names, assertions),))


def work_row(number: int, chance: random.Random, bodies: int) -> Accepted:
    """A bid; its buyer is told by its code."""
    member = chance.randrange(bodies)
    record = ParticipationRecord(
        project=f"P{number // 3}",
        organisation=Identifier("key:prova", f"k{member}") if member % 6 == 1 else code(member),
        lot=f"L{number // 6}",
        outcome=chance.choice(("awarded", "bid")),
        date=DAY - timedelta(days=number),
        text=f"Gara per {chance.choice(PURPOSES).lower()}",
        amount=1000.0 * number,
        buyer="Comune di Prova",
        buyer_identifier=code(5 * chance.randrange(bodies // 5)),
        kind="membership" if number % 11 == 0 else "tender",
    )
    return Accepted(number, f"work|{number}", (record,))


def loaded(store: Store, rows: list[Accepted], info: SourceInfo = INFO, *, complete: bool = False) -> None:
    """Import these rows."""
    store.load(Source(info, lambda _paths, _options: iter(rows)), [], complete=complete)


BODIES, WORKS = 30, 60


class Town:
    """A store with some bodies that work together, and what people may do to it, at random."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store = store
        self.chance = random.Random(seed)
        self.rows = {number: body_row(number, self.chance) for number in range(BODIES)}
        self.works = {number: work_row(number, self.chance, BODIES) for number in range(WORKS)}
        loaded(store, [*self.rows.values(), *self.works.values()])
        for _ in range(12):
            self.declare()

    def ids(self) -> list[str]:
        return [body.id for body in self.store.organisations(Audience.OPERATOR)]

    def some(self) -> str:
        return self.chance.choice(self.ids())

    def declaration(self) -> str:
        return self.chance.choice([each.id for each in self.store.declarations(Audience.OPERATOR, DAY)] or [""])

    def acts(self) -> list[Callable[[], object]]:
        """Everything that may happen."""
        return [
            self.correct, self.correct, self.take_correction_back, self.declare, self.withdraw, self.restore, self.edit,
            self.note_outcome, self.take_outcome_back, self.join, self.part, self.keep_apart, self.load_other_rows,
            self.load_less, self.load_call, self.load_site, self.open_dossier, self.tell_more_identifiers,
        ]  # fmt: skip

    def correct(self) -> None:
        field, value = self.chance.choice(
            [
                ("purpose", self.chance.choice(PURPOSES)),
                ("name", f"Nuovo nome {self.chance.randrange(9)}"),
                ("sector", self.chance.choice(SECTORS)),
                ("municipality", self.chance.choice(PLACES)),
                ("federation", self.chance.choice((*FEDERATIONS, "UE.COOP"))),
                ("category", self.chance.choice(("sociali", "pesca"))),
                ("employees", self.chance.randrange(1, 300)),
                ("certifications", ("ISO 9001",)),
                ("status", "liquidation"),
            ]
        )
        seen = self.chance.choice((Visibility.PUBLIC, Visibility.FEDERATION))
        self.store.correct(self.some(), {field: value}, visibility=seen, today=DAY)

    def take_correction_back(self) -> None:
        for body in self.ids():
            if any(
                self.store.withdraw_correction(body, field) for field in ("purpose", "name", "sector", "federation")
            ):
                return

    def declare(self) -> None:
        body = self.chance.choice(self.store.organisations(Audience.OPERATOR))
        record = DeclarationRecord(
            organisation=body.identifiers[0],
            says=self.chance.choice(("offers", "seeks", "capacity", "certified")),
            what=self.chance.choice(WHATS),
            visibility=self.chance.choice((Visibility.PUBLIC, Visibility.RESERVED)),
            date=DAY,
        )
        self.store.declare(record)

    def withdraw(self) -> None:
        self.store.withdraw(self.declaration())

    def restore(self) -> None:
        for body in self.ids():
            for each in self.store.said_by(body, Audience.OPERATOR):
                if each.ended and self.store.restore(each.declaration.id):
                    return

    def edit(self) -> None:
        said = {each.id: each.what for each in self.store.declarations(Audience.OPERATOR, DAY)}
        chosen = self.declaration()  # ids are drawn anew each time: whichever it is, something else is said now
        self.store.edit(chosen, {"what": self.chance.choice([what for what in WHATS if what != said.get(chosen)])}, DAY)

    def note_outcome(self) -> None:
        asker, partner = self.chance.sample(self.ids(), 2)
        self.store.record_outcome(
            ContactOutcome(
                id="",
                asker=asker,
                partner=partner,
                kind="aggregation",
                step=self.chance.choice(("refused", "agreed", "met")),
                date=DAY,
                reason=None,
                visibility=self.chance.choice((Visibility.PUBLIC, Visibility.RESERVED)),
            )
        )

    def take_outcome_back(self) -> None:
        for each in self.store.outcomes(Audience.OPERATOR)[:1]:
            self.store.take_outcome_back(each.id, DAY)

    def join(self) -> None:
        for _ in range(20):
            with suppress(NotOneBody, UnknownOrganisation):
                self.store.join(*self.chance.sample(self.ids(), 2))
                return

    def part(self) -> None:
        for each in self.store.decisions()[:1]:
            self.store.undo_decision(each.one, each.other)

    def keep_apart(self) -> None:
        self.store.keep_apart(*self.chance.sample(self.ids(), 2))

    def load_other_rows(self) -> None:
        number = self.chance.randrange(BODIES + 5)
        self.rows[number] = body_row(number, self.chance)
        work = self.chance.randrange(WORKS + 9)
        self.works[work] = work_row(work, self.chance, BODIES)
        loaded(self.store, [*self.rows.values(), *self.works.values()])

    def load_less(self) -> None:
        self.rows.pop(self.chance.choice(sorted(self.rows)))
        self.works.pop(self.chance.choice(sorted(self.works)))
        loaded(self.store, [*self.rows.values(), *self.works.values()], complete=True)

    def load_call(self) -> None:
        record = CallRecord(title=f"Bando {self.chance.randrange(9)}")
        loaded(self.store, [Accepted(1, "call", (record,))], replace(INFO, name="bandi"))

    def load_site(self) -> None:
        record = SiteRecord(name=f"Casale {self.chance.randrange(9)}", kind="house", visibility=Visibility.PUBLIC)
        loaded(self.store, [Accepted(1, "site", (record,))], replace(INFO, name="luoghi"))

    def open_dossier(self) -> None:
        self.store.create_dossier(DossierRecord(key="", title="Un forno per la valle"), DAY)

    def tell_more_identifiers(self) -> None:
        """A row that says that two identifiers are of one body, which may join two bodies, or part them again."""
        number = self.chance.randrange(BODIES)
        names = (Identifier("key:nostra", "uno"), Identifier("key:prova", f"k{number}"), code(number))
        said = (Assertion("name", f"Riga nostra {number}", visibility=Visibility.FEDERATION),)
        loaded(self.store, [Accepted(1, "uno", (OrganisationRecord(names, said),))], OWN)


# --- what is the same -------------------------------------------------------------------------------------------


def derived(index: PartnerIndex) -> tuple[object, ...]:
    """What signs make of an index when they first need it."""
    return (walks_of(index), *(alike_of(index, index.columns, tie) for tie in Tie))


def differences(one: object, other: object, where: str = "") -> Iterator[str]:
    """Where two snapshots, or parts of them, differ."""
    if isinstance(one, sp.csr_array):
        assert isinstance(other, sp.csr_array)
        if one.shape != other.shape or (one != other).nnz or one.nnz != other.nnz:
            yield where
        elif not (np.array_equal(one.indices, other.indices) and np.array_equal(one.indptr, other.indptr)):
            yield f"{where} (order)"
    elif isinstance(one, np.ndarray):
        same = one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
        if not same:
            yield where
    elif isinstance(one, Snapshot | PartnerIndex | Columns | Links | NameIndex | Walks | Alike):
        for each in fields(one):
            if each.name not in {
                "_made",
                "_making",
                "edited",
                "statistics_version",
                "statistics",
                "knowledge",
                "heads",
            }:
                yield from differences(getattr(one, each.name), getattr(other, each.name), f"{where}.{each.name}")
        if isinstance(one, PartnerIndex):
            yield from differences(one.certain_columns, other.certain_columns, f"{where}.certain")
            yield from differences(one.standings, other.standings, f"{where}.standings")
            for name, mine, theirs in zip(("walks", *Tie), derived(one), derived(other), strict=True):
                yield from differences(mine, theirs, f"{where}.{name}")
    elif one != other:
        yield where


def checked(store: Store, old: Snapshot) -> tuple[Snapshot, bool]:
    """The snapshot of now, and whether it was renewed; renewed it is what a whole one is with the same statistics."""
    renewed = renew_snapshot(store, old)
    whole = build_snapshot(store, old.audience, old.today, old.index.statistics)
    if renewed is None:
        return build_snapshot(store, old.audience, old.today), False
    assert list(differences(renewed, whole)) == []
    assert list(differences(renewed.directory.by_name, whole.directory.by_name)) == []
    assert renewed.declarations_by_organisation == whole.declarations_by_organisation
    assert renewed.participations_by_organisation == whole.participations_by_organisation
    return renewed, True


@pytest.mark.parametrize("seed", range(3))
def test_after_any_edits_it_is_what_a_whole_building_gives(store_url, seed):
    store = open_store(store_url)
    try:
        town = Town(store, seed)
        kept = {audience: build_snapshot(store, audience, DAY) for audience in Audience}
        told = 0
        for step in range(15):
            for act in town.chance.sample(town.acts(), 1 + step % 2):
                act()
            for audience, old in kept.items():
                kept[audience], renewed = checked(store, old)
                told += renewed
        assert told == 30, "nothing that people do here needs a whole building"
        now = kept[Audience.OPERATOR]
        whole = build_snapshot(store, Audience.OPERATOR, DAY, now.index.statistics)
        for body in now.organisations[:8]:
            assert recommend(now.index, body.id, "aggregation", today=DAY) == recommend(
                whole.index, body.id, "aggregation", today=DAY
            )
    finally:
        store.close()


def test_each_thing_that_may_happen_is_told_alone(own_store):
    town = Town(own_store, 7)
    old = build_snapshot(own_store, Audience.OPERATOR, DAY)
    for act in town.acts():
        before = own_store.version()
        act()
        assert own_store.version() > before or act in (town.take_correction_back, town.restore, town.part), act
        old, renewed = checked(own_store, old)
        assert renewed, act


def test_what_signs_make_of_an_index_follows_every_edit(own_store):
    """Other fields of work and places, other projects, rows that come and go: counted anew, as a whole one has it."""
    town = Town(own_store, 5)
    old = build_snapshot(own_store, Audience.OPERATOR, DAY)
    partners = [body.id for body, row in zip(old.organisations, old.index.links.degree, strict=True) if row]
    acts: list[Callable[[], object]] = [
        *(
            lambda body=body, place=place: own_store.correct(
                body, {"sector": "88.10", "municipality": place}, today=DAY
            )
            for body, place in zip(partners[:4], PLACES, strict=True)
        ),
        *[town.load_other_rows] * 4,
        *[town.load_less] * 3,
    ]
    changed: Counter[object] = Counter()
    for act in acts:
        before = derived(old.index)
        act()
        new, renewed = checked(own_store, old)
        assert renewed
        now = derived(new.index)
        changed.update(name for name, one, other in zip(("walks", *Tie), before, now, strict=True) if one is not other)
        old = new
    assert changed["walks"] >= 4, "the other projects"
    assert changed[Tie.PROJECT] > changed["walks"], "and the other fields and places"
    told, renewed = _after(own_store, old, lambda: town.declare())
    assert renewed
    assert derived(told.index)[0] is derived(old.index)[0], "what nothing changed of is kept"


def test_walks_are_kept_while_those_come_and_go_who_share_no_project(own_store):
    town = Town(own_store, 5)
    town.works = {number: row for number, row in town.works.items() if row.records[0].organisation != code(8)}
    loaded(own_store, [*town.rows.values(), *town.works.values()], complete=True)
    old = build_snapshot(own_store, Audience.OPERATOR, DAY)
    before = walks_of(old.index)

    def come() -> None:
        town.rows |= {number: body_row(number, town.chance) for number in (BODIES + 1, BODIES + 2, BODIES + 3)}
        loaded(own_store, [*town.rows.values(), *town.works.values()])

    def go() -> None:
        for number in (BODIES + 1, 8):
            town.rows.pop(number)
        loaded(own_store, [*town.rows.values(), *town.works.values()], complete=True)

    for act, more in ((come, 3), (go, -2)):
        new, renewed = _after(own_store, old, act)
        assert renewed
        assert len(new.organisations) == len(old.organisations) + more
        assert np.shares_memory(walks_of(new.index).circle.data, before.circle.data), "moved, not walked anew"
        old = new


def test_loaded_areas_are_those_of_the_index(own_store):
    Town(own_store, 6)
    old = build_snapshot(own_store, Audience.OPERATOR, DAY)
    before = derived(old.index)
    rows = [Accepted(at, place, (AreaRecord("gal", "G1", "GAL di prova", place),)) for at, place in enumerate(PLACES)]
    new, renewed = _after(own_store, old, lambda: loaded(own_store, rows, replace(INFO, name="zone")))
    assert renewed
    assert {"GAL di prova"} == {area.name for area in new.index.areas} - {area.name for area in old.index.areas}
    assert all(one is other for one, other in zip(before, derived(new.index), strict=True))


def _after(store: Store, old: Snapshot, act: Callable[[], object]) -> tuple[Snapshot, bool]:
    act()
    return checked(store, old)


# --- what chance rarely meets -----------------------------------------------------------------------------------


def small_body(number: int, kind: str, purpose: str, *names: Identifier) -> Accepted:
    """A body of a file, with a purpose."""
    said = {"name": f"Corpo di prova {number}", "kind": kind, "purpose": purpose}
    assertions = tuple(Assertion(field, value) for field, value in said.items())
    return Accepted(number, f"body|{number}", (OrganisationRecord(names or (code(number),), assertions),))


def small_work(project: str, member: int, buyer: int, text: str) -> Accepted:
    """A bid for a lot that a buyer put out."""
    record = ParticipationRecord(
        project=project, organisation=code(member), lot=project, text=text, buyer="Ente", buyer_identifier=code(buyer)
    )
    return Accepted(1, f"work|{project}|{member}", (record,))


OIL, CARE = "Olio e vino", "Assistenza agli anziani"


@pytest.fixture
def hamlet(store_url) -> Iterator[Store]:
    """A buyer that only an own key names, one that its code names, and who worked for them."""
    store = open_store(store_url)
    rows = [
        small_body(0, "public-body", OIL, Identifier("key:prova", "k0")),
        small_body(1, "public-body", OIL),
        *(small_body(number, "cooperative", (OIL, CARE)[number % 2]) for number in range(2, 8)),
        small_work("A", 2, 0, OIL),
        small_work("B", 3, 1, OIL),
    ]
    loaded(store, rows)
    yield store
    store.close()


def buyers(snapshot: Snapshot) -> dict[str, str | None]:
    return {row.project: row.buyer_id for row in snapshot.participations}


def named(snapshot: Snapshot, number: int) -> str:
    return next(body.id for body in snapshot.organisations if body.name == f"Corpo di prova {number}")


@pytest.mark.parametrize("audience", Audience)
def test_a_buyer_that_gets_and_loses_its_code_is_known_and_unknown(hamlet, audience):
    old = build_snapshot(hamlet, audience, DAY)
    assert buyers(old)["A"] is None
    both = (Identifier("key:prova", "k0"), code(0))
    said = (Assertion("legal_form", "comune"),)
    loaded(hamlet, [Accepted(1, "both", (OrganisationRecord(both, said),))], OWN)
    known, renewed = checked(hamlet, old)
    assert renewed
    assert buyers(known)["A"] == named(known, 0)
    loaded(hamlet, [Accepted(1, "another", (OrganisationRecord((code(7),), said),))], OWN, complete=True)
    unknown, renewed = checked(hamlet, known)
    assert renewed
    assert buyers(unknown)["A"] is None


def test_a_buyer_joined_to_another_body_buys_as_that_one(hamlet):
    old = build_snapshot(hamlet, Audience.OPERATOR, DAY)
    kept = hamlet.join(named(old, 1), named(old, 0))
    joined, renewed = checked(hamlet, old)
    assert renewed
    assert buyers(joined)["B"] == kept
    decision = hamlet.decisions()[0]
    hamlet.undo_decision(decision.one, decision.other)
    parted, renewed = checked(hamlet, joined)
    assert renewed
    assert buyers(parted)["B"] == named(parted, 1)


def test_what_a_buyer_puts_out_is_what_it_speaks_of(hamlet):
    old = build_snapshot(hamlet, Audience.OPERATOR, DAY)
    loaded(hamlet, [small_work("C", 4, 1, f"Gara per {CARE}")], replace(INFO, name="altra"))
    new, renewed = checked(hamlet, old)
    assert renewed
    row = new.index.row(named(new, 1))
    assert new.index.text[[row]].nnz > old.index.text[[row]].nnz


def test_a_name_that_nobody_has_any_more_is_off_the_list(hamlet):
    old = build_snapshot(hamlet, Audience.OPERATOR, DAY)
    body = named(old, 5)
    hamlet.correct(body, {"federation": "UE.COOP"}, today=DAY)
    told, _ = checked(hamlet, old)
    assert told.index.columns.federations == ("UE.COOP",)
    hamlet.withdraw_correction(body, "federation")
    back, renewed = checked(hamlet, told)
    assert renewed
    assert back.index.columns.federations == ()


def test_more_than_can_be_told_one_by_one_is_read_whole(hamlet):
    old = build_snapshot(hamlet, Audience.OPERATOR, DAY)
    loaded(hamlet, [small_body(number, "firm", OIL) for number in range(100, 700)], OWN)
    assert renew_snapshot(hamlet, old) is None
    assert renew_snapshot(hamlet, build_snapshot(hamlet, Audience.OPERATOR, DAY)) is not None
