# SPDX-License-Identifier: EUPL-1.2
"""The panel of data quality (F42): its numbers are counts of lists that can be read, and every list can be mended."""

import csv
import html
import io
import re
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from data.identity import TAX_CODE
from data.model import Audience, Evidence, Identifier, Message, OrganisationKind, Precision, Visibility
from data.records import Accepted, Assertion, DeclarationRecord, OrganisationRecord, Rejected, Source, SourceInfo
from data.store import Store, open_store
from service.data_quality import (
    FIELDS,
    LINKS,
    Age,
    Group,
    age_of,
    bodies_of,
    counted,
    disagreements_of,
    quality_of,
)
from service.messages import Words
from service.organisation_sheet import fact_of, sheet_of, work_text
from service.snapshot import Snapshot, build_snapshot

DAY = date(2026, 11, 22)
CODES = ("01234567897", "02345678901", "00488410010", "00743110157")


def source_of(name: str, *outcomes: object) -> Source:
    return Source(SourceInfo(name, name, name, "", ""), lambda _paths, _options: iter(outcomes))


def body(code: str, *said: Assertion, kind: OrganisationKind = OrganisationKind.COOPERATIVE) -> OrganisationRecord:
    facts = (Assertion("name", f"Prova {code}"), Assertion("kind", kind), *said)
    return OrganisationRecord((Identifier(TAX_CODE, code),), facts)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    opened = open_store(tmp_path / "quality.sqlite")
    opened.load(
        source_of(
            "one",
            Accepted(1, "a", (body(CODES[0], Assertion("municipality", "056059"), Assertion("founded", 1990)),)),
            Accepted(2, "b", (body(CODES[1], Assertion("category", "sociali", Evidence.INFERRED, 0.8, note="onlus")),)),
            Accepted(
                3,
                "c",
                (body(CODES[2], Assertion("employees", 7, visibility=Visibility.RESERVED, date=date(2026, 1, 1))),),
            ),
            Rejected(4, "id", "x", Message("reject.tax-code"), "one.csv"),
            Rejected(5, "id", "y", Message("reject.tax-code"), "one.csv"),
            Rejected(6, "name", "z", Message("reject.too-long", {"limit": 300}), "one.csv"),
        ),
        [],
    )
    opened.load(
        source_of(
            "two", Accepted(1, "a", (body(CODES[0], Assertion("municipality", "058091"), Assertion("founded", 1990)),))
        ),
        [],
    )
    return opened


def snapshot_for(store: Store, audience: Audience = Audience.OPERATOR) -> Snapshot:
    return build_snapshot(store, audience, DAY)


@pytest.mark.parametrize("group", Group)
def test_every_part_adds_up_and_equals_its_list(example_store: Store, group: Group) -> None:
    snapshot = snapshot_for(example_store)
    quality = quality_of(snapshot, group, 0)
    assert quality.total == len(bodies_of(snapshot, group)) > 0
    for row in quality.fields:
        assert row.known.count + row.inferred.count + row.unknown.count == quality.total
        assert sum(part.count for part in row.by_evidence) == row.known.count
        for part in (row.known, row.inferred, row.unknown, *row.by_evidence):
            assert len(counted(snapshot, group, part.topic, part.state)) == part.count
    for counts in (quality.ages, quality.precisions):
        assert sum(part.count for part in counts) == quality.total
        assert all(len(counted(snapshot, group, part.topic, part.state)) == part.count for part in counts)
    assert sum(part.count for part in quality.site_precisions) == len(snapshot.sites)


def test_the_groups_part_everybody(example_store: Store) -> None:
    snapshot = snapshot_for(example_store)
    counts = Counter(group for group in Group for _ in bodies_of(snapshot, group))
    assert counts[Group.ALL] == sum(count for group, count in counts.items() if group is not Group.ALL)


def test_what_is_inferred_is_not_counted_as_known(store: Store, client_of) -> None:
    quality = quality_of(snapshot_for(store), Group.COOPERATIVES, 0)
    category = next(row for row in quality.fields if row.field == "category")
    assert category.by_evidence == ()
    assert (category.known.count, category.inferred.count, category.unknown.count) == (0, 1, 2)
    assert category.known.share == 0
    founded = next(row for row in quality.fields if row.field == "founded")
    assert (founded.known.count, founded.inferred.count, founded.unknown.count) == (1, 0, 2)
    assert founded.known.share == pytest.approx(1 / 3)
    page = client_of(store)
    assert "cosa=category&amp;stato=known" not in page.get("/it/fonti/dati").text
    assert "cosa=category&amp;stato=inferred" in page.get("/it/fonti/dati").text
    supposed = page.get("/it/fonti/dati/elenco?cosa=category&stato=inferred").text
    assert f"Prova {CODES[1]}" in supposed
    assert "è un&#39;ipotesi nostra, da verificare" in supposed
    assert "?correct=category#tua" in supposed
    assert f"Prova {CODES[1]}" not in page.get("/it/fonti/dati/elenco?cosa=category&stato=known").text


def test_a_declared_certification_is_known_to_the_panel_and_shown_on_the_card(store: Store) -> None:
    said = DeclarationRecord(organisation=Identifier(TAX_CODE, CODES[0]), says="certified", what="ISO 9001", date=DAY)
    hidden = DeclarationRecord(
        organisation=Identifier(TAX_CODE, CODES[1]),
        says="certified",
        what="ISO 14001",
        visibility=Visibility.RESERVED,
        date=DAY,
    )
    store.declare(replace(said, visibility=Visibility.PUBLIC))
    store.declare(hidden)
    for audience, known in ((Audience.OPERATOR, 2), (Audience.PUBLIC, 1)):
        snapshot = snapshot_for(store, audience)
        row = next(row for row in quality_of(snapshot, Group.COOPERATIVES, 0).fields if row.field == "certifications")
        assert [(part.state, part.count) for part in row.by_evidence] == [("declared", known)]
        words = Words("it")
        facts = {
            each.name: fact_of(snapshot, each, "certifications", words)
            for each in bodies_of(snapshot, Group.COOPERATIVES)
        }
        shown = facts[f"Prova {CODES[0]}"]
        assert shown.text == "ISO 9001"
        assert shown.origin is not None
        assert (shown.origin.evidence, shown.origin.date, shown.private) == (Evidence.DECLARED, DAY, False)
        kept = facts[f"Prova {CODES[1]}"]
        assert (kept.text, kept.private) == (("ISO 14001", True) if known == 2 else (None, False))


def test_the_public_does_not_learn_that_a_reserved_fact_is_known(store: Store) -> None:
    for audience, known in ((Audience.OPERATOR, 1), (Audience.PUBLIC, 0)):
        quality = quality_of(snapshot_for(store, audience), Group.COOPERATIVES, 0)
        assert next(row for row in quality.fields if row.field == "employees").known.count == known


def test_age_is_that_of_the_newest_dated_fact(store: Store) -> None:
    snapshot = snapshot_for(store)
    ages = {body.name: age_of(snapshot, body) for body in bodies_of(snapshot, Group.COOPERATIVES)}
    assert ages == {
        f"Prova {CODES[0]}": Age.UNDATED,
        f"Prova {CODES[1]}": Age.UNDATED,
        f"Prova {CODES[2]}": Age.UNDER_ONE,
    }


def test_what_we_infer_does_not_make_data_young(store: Store) -> None:
    inferred = Assertion("sector", "81.21", Evidence.INFERRED, 0.8, date=DAY, note="name: pulizie")
    told = Assertion("themes", ("care",), Evidence.DECLARED, date=DAY)
    store.load(source_of("inference", Accepted(1, "a", (body(CODES[0], told), body(CODES[1], inferred)))), [])
    store.load(source_of("names", Accepted(1, "a", (body(CODES[1], inferred),))), [])
    snapshot = snapshot_for(store)
    ages = {body.name: age_of(snapshot, body) for body in bodies_of(snapshot, Group.COOPERATIVES)}
    assert ages[f"Prova {CODES[0]}"] is Age.UNDATED
    assert ages[f"Prova {CODES[1]}"] is Age.UNDATED


def test_only_different_values_of_the_same_fact_disagree(store: Store) -> None:
    snapshot = snapshot_for(store)
    rows = disagreements_of(snapshot, Group.COOPERATIVES, store.conflicts(Audience.OPERATOR))
    assert [(row.body.name, row.field) for row in rows] == [(f"Prova {CODES[0]}", "municipality")]
    assert {(value, known.source) for value, known in rows[0].claims} == {("056059", "one"), ("058091", "two")}
    assert rows[0].believed in {"056059", "058091"}
    assert disagreements_of(snapshot, Group.PUBLIC_BODIES, store.conflicts(Audience.OPERATOR)) == []


def test_a_value_that_is_over_disagrees_no_more(store: Store) -> None:
    store.load(source_of("two", Accepted(1, "a", (body(CODES[0], Assertion("municipality", "056059")),))), [])
    assert store.conflicts(Audience.OPERATOR) == {}


def test_what_is_inferred_is_said_wherever_it_stands(store: Store, client_of) -> None:
    snapshot = snapshot_for(store)
    each = next(row for row in snapshot.organisations if row.name == f"Prova {CODES[1]}")
    for language, told in (("it", "categoria: sociali (dedotto)"), ("en", "category: sociali (inferred)")):
        assert work_text(each, Words(language)) == told
    assert work_text(replace(each, provenance={}), Words("it")) == "categoria: sociali"
    sheet = sheet_of(snapshot, each.id, Words("it"))
    assert (sheet.known, sheet.inferred) == (1, 1)
    client = client_of(store)
    assert (
        f"1 dati noti su {sheet.askable}, e 1 dedotto da verificare" in client.get(f"/it/organizzazioni/{each.id}").text
    )
    assert "categoria: sociali (dedotto)" in client.get("/it/cerca", params={"q": each.name}).text


# --- the pages -----------------------------------------------------------------------------------------------


def links_of(page: str) -> list[tuple[str, int]]:
    """Each number of the panel that can be opened: its address and the number."""
    found = re.findall(r'href="(/it/fonti/dati/elenco\?[^"]+)"[^>]*>([\d.]+)</a>', page)
    return [(address.replace("&amp;", "&"), int(number.replace(".", ""))) for address, number in found]


def test_every_number_of_the_panel_opens_a_list_of_that_length(operator) -> None:
    links = links_of(operator.get("/it/fonti/dati?gruppo=tutte").text)
    assert len(links) > 20
    for address, number in links[::7]:
        page = operator.get(address)
        assert page.status_code == 200
        assert f"{number:,} in tutto".replace(",", ".") in page.text
        rows = list(
            csv.reader(io.StringIO(operator.get(address.replace("elenco?", "elenco.csv?")).text[1:]), delimiter=";")
        )
        assert len(rows) - 1 == number


def test_long_lists_come_page_by_page(operator) -> None:
    address = "/it/fonti/dati/elenco?gruppo=tutte&cosa=municipality&stato=known"
    first, second = operator.get(address).text, operator.get(f"{address}&pagina=2").text
    assert first.count('<th scope="row">') == second.count('<th scope="row">') == 100
    assert first != second
    assert 'rel="next"' in first
    assert 'rel="prev"' in second
    assert operator.get(f"{address}&pagina=9999").text.count('<th scope="row">') == 0


def test_who_may_write_is_shown_how_to_mend_and_others_whom_to_tell(store: Store, client_of) -> None:
    address = "/it/fonti/dati/elenco?cosa=founded&stato=unknown"
    mine, theirs = client_of(store).get(address).text, client_of(store, public=True).get(address).text
    assert mine.count("?correct=founded#tua") == 2
    assert "correct=" not in theirs
    assert "segnalarlo alla federazione" in theirs


@pytest.mark.parametrize(
    "query", ["gruppo=nessuno", "cosa=niente", "cosa=sector&stato=forse", "cosa=age&stato=known", "pagina=0"]
)
def test_a_list_that_is_not_there_is_said(operator, query: str) -> None:
    assert operator.get(f"/it/fonti/dati/elenco?{query}").status_code == 422


@pytest.mark.parametrize("group", ["€", 'a"; filename="evil.bat', "x\r\nset-cookie: a=b", "", "x" * 50])
@pytest.mark.parametrize("topic", ["site-precision", "sector"])
def test_the_name_of_the_file_takes_nothing_from_outside(visitor, group: str, topic: str) -> None:
    answer = visitor.get("/it/fonti/dati/elenco.csv", params={"gruppo": group, "cosa": topic, "stato": "unknown"})
    assert answer.status_code == 422
    assert "content-disposition" not in answer.headers


def test_a_source_says_what_was_refused_and_why(store: Store, client_of, monkeypatch: pytest.MonkeyPatch) -> None:
    from data.sources import SOURCES

    monkeypatch.setattr("service.source_page.source", lambda name: SOURCES.get(name) or source_of(name))
    mine = client_of(store).get("/it/fonti/one").text
    assert "6 righe lette: 3 aggiunte, 0 cambiate, 0 uguali, 3 scartate" in mine
    reasons = re.findall(r'<th scope="row">([^<]+)</th><td>[^<]+</td><td class="land-number">(\d)</td>', mine)
    assert [count for _, count in reasons] == ["2", "1"]
    assert "al più … caratteri" in mine
    assert "riga 4 di one.csv" in mine
    assert "one.csv" not in client_of(store, public=True).get("/it/fonti/one").text


def test_every_source_has_its_page(operator) -> None:
    from data.sources import SOURCES

    for name in SOURCES:
        page = operator.get(f"/it/fonti/{name}")
        assert page.status_code == 200, name
        assert f"<h1>{html.escape(SOURCES[name].info.title_it)}</h1>" in page.text
    assert operator.get("/it/fonti/nessuna").status_code == 404


def test_fields_of_the_panel_are_words_in_both_languages() -> None:
    from service.messages import has

    assert [name for name in FIELDS + LINKS if not (has(f"org.field.{name}") or has(f"panel.topic.{name}"))] == []
    states = {"known", "unknown", *Evidence, *Age, *Precision}
    assert [state for state in states if not has(f"panel.state.{state}")] == []
