# SPDX-License-Identifier: EUPL-1.2
"""Which value is believed, who may read it, and how bodies that turn out to be one are joined."""

from collections.abc import Iterator
from datetime import date
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import InvalidValue, UnknownOrganisation
from data.lazio.shipped import SHIPPED
from data.model import Audience, Evidence, Identifier, Message, OrganisationKind, Provenance, Visibility
from data.records import (
    Accepted,
    Assertion,
    DeclarationRecord,
    OrganisationRecord,
    ParticipationRecord,
    Rejected,
    Source,
    SourceInfo,
)
from data.store import LoadReport, Store, open_store
from data.store.winners import Claim, winners


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()


def load(store: Store, name: str, identifiers: tuple[Identifier, ...], *assertions: Assertion) -> None:
    outcome = Accepted(1, identifiers[0].value, (OrganisationRecord(identifiers, assertions),))
    store.load(Source(SourceInfo(name, name, name, "", ""), lambda _p, _o: iter([outcome])), [])


def claim(field: str, value: str, evidence: Evidence, day: date | None = None, sure: float = 1.0) -> Claim:
    return Claim(field, value, Provenance(evidence, "s", day, sure))


@pytest.mark.parametrize(
    ("field", "better", "worse"),
    [
        ("sector", Evidence.OFFICIAL, Evidence.DECLARED),
        ("sector", Evidence.DECLARED, Evidence.INFERRED),
        ("sector", Evidence.INFERRED, Evidence.DEMONSTRATION),
        ("purpose", Evidence.DECLARED, Evidence.OFFICIAL),
        ("certifications", Evidence.OFFICIAL, Evidence.INFERRED),
    ],
)
def test_precedence_by_field(field: str, better: Evidence, worse: Evidence) -> None:
    older, newer = claim(field, "yes", better, date(2000, 1, 1)), claim(field, "no", worse, date(2026, 1, 1))
    assert winners([older, newer])[field].value == "yes"


def test_among_equals_the_newest_wins() -> None:
    old, new = (
        claim("name", "a", Evidence.OFFICIAL, date(2020, 1, 1), 1.0),
        claim("name", "b", Evidence.OFFICIAL, date(2022, 1, 1)),
    )
    undated = claim("name", "c", Evidence.OFFICIAL, None)
    for order in permutations([old, new, undated]):
        assert winners(order)["name"].value == "b"


@given(
    st.lists(st.tuples(st.sampled_from(list(Evidence)), st.integers(1, 3), st.sampled_from("abc")), max_size=6),
    st.randoms(),
)
def test_the_winner_does_not_depend_on_the_order(items: list[tuple[Evidence, int, str]], random: object) -> None:
    claims = [claim("name", value, evidence, None, sure / 4) for evidence, sure, value in items]
    shuffled = list(claims)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert winners(claims) == winners(shuffled)


def test_what_belongs_together_comes_from_one_row() -> None:
    def of(key: str, field: str, value: str, evidence: Evidence) -> Claim:
        return Claim(field, value, Provenance(evidence, "s"), key)

    register = of("r", "sector", "62.01", Evidence.OFFICIAL)
    page = [of("p", "sector", "01.11", Evidence.DECLARED), of("p", "sector_version", "2025", Evidence.DECLARED)]
    assert winners([register, *page])["sector"].value == "62.01"
    assert "sector_version" not in winners([register, *page])
    assert winners(page)["sector_version"].value == "2025"


def test_the_surer_inference_wins_whatever_was_loaded_first(tmp_path: Path) -> None:
    found = []
    for order in (("five", "tender"), ("tender", "five")):
        store = open_store(tmp_path / f"{order[0]}.sqlite")
        for name in order:
            kind, sure = ("cooperative", 0.9) if name == "five" else ("firm", 0.5)
            load(store, name, (Identifier("tax-code", "80002170661"),), Assertion("name", "X"),
                 Assertion("kind", kind, Evidence.INFERRED, sure))  # fmt: skip
        found += [body.kind for body in store.organisations(Audience.PUBLIC) if body.name == "X"]
        store.close()
    assert found == [OrganisationKind.COOPERATIVE] * 2


def own(key: str, name: str, code: str | None, **facts: object) -> Accepted:
    """A row of somebody's own file: its key, perhaps a tax code."""
    identifiers = [Identifier("key:own", key)] + ([Identifier("tax-code", code)] if code else [])
    said = [Assertion(field, value) for field, value in {"name": name, "kind": "cooperative", **facts}.items()]
    return Accepted(1, key, (OrganisationRecord(tuple(identifiers), tuple(said)),))


def load_rows(store: Store, *rows: Accepted, name: str = "own", complete: bool = False) -> LoadReport:
    return store.load(Source(SourceInfo(name, "", "", "", ""), lambda _p, _o: iter(rows)), [], complete=complete)


WRONG, RIGHT = "80002170661", "00097020598"


def test_an_identifier_ends_with_the_row_that_said_it(store: Store) -> None:
    load_rows(store, own("K1", "Uno", WRONG))
    first = store.resolve("K1")
    rome = next(body for body in store.organisations(Audience.OPERATOR) if body.municipality == "058091")
    load_rows(store, own("K1", "Uno", "02438750586"))  # Rome's own code: a slip
    assert store.resolve("02438750586") == store.resolve("058091")
    load_rows(store, own("K1", "Uno", None))
    with pytest.raises(UnknownOrganisation):
        store.resolve(WRONG)
    load_rows(store, own("K2", "Due", WRONG))
    assert store.resolve("K2") == store.resolve(WRONG) != store.resolve("K1")
    assert store.resolve("K1") == first
    found = store.organisations(Audience.OPERATOR)
    assert {body.name for body in found if body.kind == "cooperative"} == {"Uno", "Due"}
    assert rome in found


def test_a_row_that_learns_its_tax_code_stays_the_same_body(store: Store) -> None:
    load_rows(store, own("K1", "Uno", None, status="liquidation"))
    before = store.resolve("K1")
    report = load_rows(store, own("K1", "Uno", WRONG))
    assert (report.changed, store.resolve("K1"), store.resolve(WRONG)) == (1, before, before)
    (body,) = [item for item in store.organisations(Audience.OPERATOR) if item.name == "Uno"]
    assert body.status is None


def test_a_row_cannot_take_the_tax_code_of_another_row(store: Store) -> None:
    load_rows(store, own("K1", "Uno", None), own("K2", "Due", WRONG))
    report = load_rows(store, own("K1", "Uno bis", WRONG))
    assert (report.changed, report.rejected) == (0, 1)
    assert report.rejections[0].reason.key == "reject.identifier-of-another"
    names = {body.name for body in store.organisations(Audience.OPERATOR) if body.kind == "cooperative"}
    assert names == {"Uno", "Due"}
    assert store.resolve("K1") != store.resolve("K2")


def test_two_rows_may_swap_their_tax_codes(store: Store) -> None:
    load_rows(store, own("K1", "Uno", WRONG), own("K2", "Due", "80209930587"))
    one, two = store.resolve("K1"), store.resolve("K2")
    assert load_rows(store, own("K1", "Uno", "80209930587"), own("K2", "Due", WRONG)).changed == 2
    assert (store.resolve("K1"), store.resolve("K2"), store.resolve(WRONG)) == (one, two, two)


def test_complete_closes_nothing_when_rows_were_refused_or_there_are_none(store: Store) -> None:
    load_rows(store, own("K1", "Uno", None), own("K2", "Due", None))
    bad = Rejected(3, "status", "atttiva", Message("reject.choice"))
    report = store.load(
        Source(SourceInfo("own", "", "", "", ""), lambda _p, _o: iter([own("K1", "Uno", None), bad])), [], complete=True
    )
    assert (report.gone, report.notices[0].key) == (0, "notice.nothing-closed")
    assert load_rows(store, complete=True).gone == 0
    masked = Rejected(3, "tax_code", "XXX", Message("reject.masked"))
    closing = Source(SourceInfo("own", "", "", "", ""), lambda _p, _o: iter([own("K1", "Uno", None), masked]))
    assert store.load(closing, [], complete=True).gone == 1


def test_what_hangs_on_a_body_that_is_not_public_is_not_public(store: Store) -> None:
    reserved = (
        Assertion("name", "Riservata", visibility=Visibility.RESERVED),
        Assertion("kind", "cooperative", visibility=Visibility.RESERVED),
    )
    load(store, "t", (Identifier("key:t", "s"), Identifier("tax-code", WRONG)), *reserved)
    store.declare(DeclarationRecord(organisation=Identifier("key:t", "s"), says="seeks", what="olio",
                                    visibility=Visibility.PUBLIC))  # fmt: skip
    assert store.declarations(Audience.PUBLIC, date(2026, 11, 22)) == []
    assert len(store.declarations(Audience.OPERATOR, date(2026, 11, 22))) == 1
    store.correct("s", {"name": "Nome nuovo"})
    assert "Nome nuovo" not in {body.name for body in store.organisations(Audience.PUBLIC)}


def test_an_identifier_that_only_a_reserved_row_says_is_not_public(store: Store) -> None:
    ipa = Identifier("ipa", "asl_x")
    load(store, "register", (ipa,), Assertion("name", "ASL"), Assertion("kind", "public-body"))
    load(
        store,
        "notes",
        (ipa, Identifier("tax-code", WRONG)),
        Assertion("pec", "x@pec.it", visibility=Visibility.RESERVED),
    )
    public = next(body for body in store.organisations(Audience.PUBLIC) if body.name == "ASL")
    operator = next(body for body in store.organisations(Audience.OPERATOR) if body.name == "ASL")
    assert public.identifiers == (ipa,)
    assert len(operator.identifiers) == 2


def test_a_closed_body_takes_no_declarations(store: Store) -> None:
    load_rows(store, own("K1", "Uno", None), own("K2", "Due", None))
    load_rows(store, own("K1", "Uno", None), complete=True)
    need = DeclarationRecord(organisation=Identifier("key:own", "K2"), says="seeks", what="olio")
    report = load_rows(store, Accepted(1, "d", (need,)), name="declarations")
    assert (report.added, report.rejected) == (0, 1)


def test_keys_that_differ_in_case_are_two(store: Store) -> None:
    load_rows(store, own("k1", "minuscola", None), own("K1", "maiuscola", None))
    assert store.resolve("k1") != store.resolve("K1")


def test_a_restricted_value_is_seen_by_the_operator_only(store: Store) -> None:
    key = (Identifier("key:t", "a"),)
    load(store, "t", key, Assertion("name", "Alfa"), Assertion("kind", "cooperative"),
         Assertion("employees", 12, visibility=Visibility.FEDERATION),
         Assertion("members", 40),
         Assertion("members", 55, date=date(2026, 1, 1), visibility=Visibility.RESERVED))  # fmt: skip
    body = store.resolve("a")
    operator = next(item for item in store.organisations(Audience.OPERATOR) if item.id == body)
    public = next(item for item in store.organisations(Audience.PUBLIC) if item.id == body)
    assert (operator.employees, operator.members) == (12, 55)
    assert (public.employees, public.members) == (None, 40)
    assert "employees" not in public.provenance
    assert public.identifiers == ()  # the key of somebody's own file is not public


def test_a_body_whose_name_is_not_public_is_not_listed_for_the_public(store: Store) -> None:
    load(store, "t", (Identifier("key:t", "secret"),),
         Assertion("name", "Segreta", visibility=Visibility.RESERVED), Assertion("kind", "cooperative"))  # fmt: skip
    assert "Segreta" in {body.name for body in store.organisations(Audience.OPERATOR)}
    assert "Segreta" not in {body.name for body in store.organisations(Audience.PUBLIC)}


def test_bodies_join_when_a_later_row_knows_both_identifiers_and_the_old_id_redirects(store: Store) -> None:
    tax, ipa = Identifier("tax-code", "80002170661"), Identifier("ipa", "asl_x")
    load(store, "a", (tax,), Assertion("name", "ASL"), Assertion("kind", "public-body"))
    load(store, "b", (ipa,), Assertion("name", "Azienda sanitaria"), Assertion("kind", "public-body"))
    link = ParticipationRecord(project="p", organisation=ipa)
    store.load(Source(SourceInfo("l", "", "", "", ""), lambda _p, _o: iter([Accepted(1, "p", (link,))])), [])
    first, second = store.resolve("80002170661"), store.resolve("asl_x")
    assert first != second
    load(store, "c", (tax, ipa), Assertion("province", "RI"))
    assert store.resolve("asl_x") == store.resolve(second) == first
    joined = next(body for body in store.organisations(Audience.PUBLIC) if body.id == first)
    assert joined.province == "RI"
    assert {item.organisation for item in store.participations(Audience.PUBLIC)} == {first}
    assert second not in {body.id for body in store.organisations(Audience.PUBLIC)}


def test_a_merge_is_undone_whole(store: Store) -> None:
    tax, ipa = Identifier("tax-code", "80002170661"), Identifier("ipa", "asl_x")
    load(store, "a", (tax,), Assertion("name", "ASL"), Assertion("kind", "public-body"))
    load(store, "b", (ipa,), Assertion("name", "Azienda sanitaria"), Assertion("kind", "public-body"))
    links = [
        Accepted(n, f"{project}{n}", (ParticipationRecord(project=project, organisation=who),))
        for n, (project, who) in enumerate((("p", ipa), ("both", ipa), ("both", tax)))
    ]
    store.load(Source(SourceInfo("l", "", "", "", ""), lambda _p, _o: iter(links)), [])
    store.declare(DeclarationRecord(organisation=ipa, says="offers", what="sale riunioni"))
    before = (
        store.organisations(Audience.OPERATOR),
        store.participations(Audience.OPERATOR),
        store.declarations(Audience.OPERATOR, date(2026, 11, 22)),
    )
    first, second = store.resolve("80002170661"), store.resolve("asl_x")
    both = OrganisationRecord((tax, ipa), (Assertion("province", "RI"),))
    source = Source(SourceInfo("c", "", "", "", ""), lambda _p, _o: iter([Accepted(1, "x", (both,))]))
    store.load(source, [])
    assert store.resolve(second) == first
    assert {link.organisation for link in store.participations(Audience.OPERATOR)} == {first}
    assert store.separate(second)
    assert not store.separate(second)
    other = OrganisationRecord((Identifier("key:c", "z"),), (Assertion("name", "Z", visibility=Visibility.RESERVED),))
    store.load(Source(source.info, lambda _p, _o: iter([Accepted(1, "z", (other,))])), [], complete=True)
    after = (
        [body for body in store.organisations(Audience.OPERATOR) if body.name != "Z"],
        store.participations(Audience.OPERATOR),
        store.declarations(Audience.OPERATOR, date(2026, 11, 22)),
    )
    assert after == before
    assert store.resolve("asl_x") == second


def test_bodies_met_for_the_first_time_in_one_file_join_too(store: Store) -> None:
    tax, ipa = Identifier("tax-code", "80002170661"), Identifier("ipa", "asl_x")
    rows = [(tax,), (ipa,), (ipa, tax)]
    outcomes = [
        Accepted(n, str(n), (OrganisationRecord(row, (Assertion("name", "ASL"), Assertion("kind", "public-body"))),))
        for n, row in enumerate(rows)
    ]
    store.load(Source(SourceInfo("one", "", "", "", ""), lambda _p, _o: iter(outcomes)), [])
    assert store.resolve("asl_x") == store.resolve("80002170661")
    assert sum(body.name == "ASL" for body in store.organisations(Audience.PUBLIC)) == 1


def test_a_row_that_names_two_comuni_joins_nobody(store: Store) -> None:
    rome, latina = store.resolve("058091"), store.resolve("059011")
    load(store, "odd", (Identifier("municipality", "058091"), Identifier("municipality", "059011")),
         Assertion("website", "https://example.it"))  # fmt: skip
    assert (store.resolve("058091"), store.resolve("059011")) == (rome, latina)
    assert len([body for body in store.organisations(Audience.PUBLIC) if body.body_type == "municipality"]) == 378


def test_the_378_comuni_are_bodies_from_the_first_day(store: Store) -> None:
    bodies = [body for body in store.organisations(Audience.PUBLIC) if body.kind is OrganisationKind.PUBLIC_BODY]
    assert len(bodies) == len({body.municipality for body in bodies}) == len(store.municipalities()) == 378
    assert store.load(SHIPPED, []).unchanged == 378
    assert store.resolve("058091") == store.resolve("02438750586")


def test_a_correction_taken_back_gives_way_to_the_registers_or_to_nothing(store: Store) -> None:
    kind = Assertion("kind", "cooperative")
    load(
        store,
        "t",
        (Identifier("key:t", "a"),),
        Assertion("name", "Alfa"),
        kind,
        Assertion("founded", 1990, Evidence.INFERRED),
    )
    store.correct("a", {"sector": "10.41", "sector_version": "2025"})
    store.correct("a", {"founded": 1984}, visibility=Visibility.RESERVED)
    store.correct("a", {"members": 12})

    def now() -> tuple[object, ...]:
        body = next(item for item in store.organisations(Audience.OPERATOR) if item.name == "Alfa")
        return body.sector, body.sector_version, body.founded, body.members

    assert now() == ("10.41", "2025", 1984, 12)
    version = store.version()
    assert store.withdraw_correction("a", "sector")
    assert store.version() > version
    assert now() == (None, None, 1984, 12)
    assert store.withdraw_correction("a", "founded")
    assert now() == (None, None, 1990, 12)
    version = store.version()
    assert not store.withdraw_correction("a", "founded")
    assert not store.withdraw_correction("a", "name")
    assert store.version() == version
    store.correct("a", {"sector": "10.41", "sector_version": "2025"})
    assert now() == ("10.41", "2025", 1990, 12)
    with pytest.raises(UnknownOrganisation):
        store.withdraw_correction("nobody", "sector")


def test_a_correction_is_a_declared_fact_and_the_next_one_replaces_it(store: Store) -> None:
    load(store, "t", (Identifier("key:t", "a"),), Assertion("name", "Alfa"), Assertion("kind", "cooperative"))
    store.correct("a", {"sector": "10.41"})
    store.correct("a", {"sector": "10.51"})
    body = next(item for item in store.organisations(Audience.PUBLIC) if item.name == "Alfa")
    assert body.sector == "10.51"
    assert body.provenance["sector"].evidence is Evidence.DECLARED
    with pytest.raises(InvalidValue):
        store.correct("a", {"password": "x"})
    with pytest.raises(UnknownOrganisation):
        store.correct("nobody", {"sector": "10"})
