"""What people write on the pages: declarations, stages of life, outcomes, the report; and what never leaks."""

import csv
import html
import io
import json
import re
from datetime import date, timedelta

import pytest

from data.model import Audience, ContactOutcome, OrganisationKind, Status, Visibility
from data.records import DeclarationRecord, DossierRecord
from matching.kinds import PARTNERSHIPS
from service.cli import run
from service.messages import LANGUAGES, Words
from service.outcome_forms import MOST_DOSSIERS, read_outcome
from service.outcomes import MUTUAL_REASONS, OFFICES, REASONS, STEPS, agreements, refused_pairs
from service.partners import find_partners
from service.report import MEASURES, agreed_without_contact, report_of
from service.snapshot import build_snapshot, today

ONE, TWO, THREE = "one", "two", "three"


@pytest.fixture
def writer(own_store, client_of, own_page):
    """The operator at a store that may be written to."""
    client = client_of(own_store)
    client.headers.update(own_page)
    client.follow_redirects = False
    return client


@pytest.fixture
def asking(own_store):
    """A demonstration cooperative with partners for aggregation: its id and theirs."""
    snapshot = build_snapshot(own_store, Audience.OPERATOR, today())
    for body in snapshot.organisations:
        if body.kind is OrganisationKind.COOPERATIVE and body.status is Status.ACTIVE:
            found = find_partners(snapshot, body.id, "aggregation", limit=4).recommendations
            if len(found) == 4:
                return body.id, [each.partner for each in found]
    raise AssertionError("nobody has partners")


def text_of(client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, (address, answer.status_code)
    bare = re.sub(r"<(script|style).*?</\1>", " ", answer.text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def actions(client, address: str, ending: str) -> list[str]:
    return re.findall(rf'action="([^"]+/{ending})"', client.get(address).text)


def mark_in(page: str) -> dict[str, str]:
    """What the form or button of a page sends along of what it showed; of several the last."""
    return {"seen": re.findall(r'name="seen" value="([^"]+)"', page)[-1]}


def mark_at(client, address: str) -> dict[str, str]:
    return mark_in(client.get(address).text)


# --- declarations -----------------------------------------------------------------------------------------------


def test_every_kind_of_declaration_is_written_in_either_language_and_shown_in_both(writer, asking):
    here = f"organizzazioni/{asking[0]}"
    sent = {"says": "capacity", "what": "Olive milling for others", "quantity": "40", "unit": "q", "period": "week"}
    assert writer.post(f"/en/organisations/{asking[0]}/declarations", data=sent).status_code == 303
    for says, what in (("certified", "UNI EN ISO 9001:2015"), ("available", "guidare un raggruppamento")):
        answer = writer.post(f"/it/{here}/dichiarazioni", data={"says": says, "what": what})
        assert "?done=declaration&about=" in answer.headers["location"]
    page = text_of(writer, f"/it/{here}")
    assert "Ha capacità libera di molitura per conto terzi, 40 q alla settimana" in page
    assert "È certificata ISO 9001" in page
    assert "È disponibile a guidare un raggruppamento" in page
    english = text_of(writer, f"/en/organisations/{asking[0]}")
    assert "Has spare capacity of olive milling for others, 40 q a week" in english
    assert "Is available for leading a grouping" in english


def test_words_are_offered_while_one_types_in_the_readers_language(writer, asking):
    for language, address, word in (
        ("it", f"/it/organizzazioni/{asking[0]}", "mensa scolastica"),
        ("en", f"/en/organisations/{asking[0]}", "school meals"),
    ):
        page = writer.get(address).text
        (offered,) = re.findall(r'<datalist id="parole-proposte">(.*?)</datalist>', page, re.DOTALL)
        assert offered.count("<option") > 200, language
        assert f'value="{word}"' in offered
        assert 'list="parole-proposte"' in page


def test_a_wrong_period_or_kind_is_said_beside_its_box(writer, asking):
    sent = {"says": "wants", "what": "olio", "period": "often", "quantity": "1"}
    answer = writer.post(f"/it/organizzazioni/{asking[0]}/dichiarazioni", data=sent)
    assert answer.status_code == 422
    assert "period-wrong" in answer.text
    assert "says-wrong" in answer.text


def test_edit_undo_withdraw_restore_and_the_story(writer, own_store, asking):
    here = f"/it/organizzazioni/{asking[0]}"
    writer.post(f"{here}/dichiarazioni", data={"says": "seeks", "what": "serra di prova", "quantity": "1234,5"})
    (made,) = re.findall(rf"{here}\?edit=([^#\"]+)#dichiara", writer.get(here).text)[-1:]
    form = writer.get(f"{here}?edit={made}").text
    assert f'action="{here}/dichiarazioni/{made}/modifica"' in form
    assert 'value="1234,5"' in form
    sent = {"says": "seeks", "what": "serra più grande", "visibility": "public"} | mark_in(form)
    assert (
        writer.post(f"{here}/dichiarazioni/{made}/modifica", data=sent)
        .headers["location"]
        .endswith(f"done=edited&about={made}#scritto")
    )
    assert "serra più grande" in text_of(writer, here)
    sent |= mark_at(writer, f"{here}?edit={made}")
    assert writer.post(f"{here}/dichiarazioni/{made}/modifica", data=sent).status_code == 422
    assert writer.post(f"{here}/dichiarazioni/{made}/modifica", data=sent | {"says": ""}).status_code == 422
    (undo,) = actions(writer, here, "annullamento")
    assert writer.post(undo, data=mark_at(writer, here)).status_code == 303
    assert "serra di prova" in text_of(writer, here)
    (take,) = [each for each in actions(writer, here, "ritiro") if made in each]
    assert writer.post(take).status_code == 303
    assert "serra di prova" not in text_of(writer, here)
    story = text_of(writer, f"{here}/dichiarazioni")
    for words in ("modificata", "modifica annullata", "ritirata", "cosa: serra di prova", "quantità: 1.234,5"):
        assert words in story
    (back,) = actions(writer, f"{here}/dichiarazioni", "ripristino")
    assert writer.post(back).status_code == 303
    assert "serra di prova" in text_of(writer, here)
    assert writer.post(f"{here}/dichiarazioni/nobody/ripristino").status_code == 404


def test_an_expired_one_is_renewed_in_one_click_but_a_certification_is_not(writer, own_store, asking):
    here = f"/it/organizzazioni/{asking[0]}"
    body = next(each for each in own_store.organisations(Audience.OPERATOR) if each.id == asking[0])
    over = today() - timedelta(days=3)
    for says, what in (("capacity", "molitura"), ("certified", "ISO 14001")):
        own_store.declare(
            DeclarationRecord(organisation=body.identifiers[0], says=says, what=what, valid_until=over, date=over)
        )
    assert "molitura" not in text_of(writer, here)
    story = text_of(writer, f"{here}/dichiarazioni")
    assert "Scadute o ritirate" in story
    (renew,) = actions(writer, f"{here}/dichiarazioni", "rinnovo")
    assert writer.post(renew, data=mark_at(writer, f"{here}/dichiarazioni")).headers["location"].endswith("#scritto")
    assert "scade il" in text_of(writer, here)
    assert "molitura" in text_of(writer, here)
    certified = next(
        each.declaration.id for each in own_store.said_by(asking[0], Audience.OPERATOR)
        if each.declaration.says == "certified"
    )  # fmt: skip
    assert writer.post(f"{here}/dichiarazioni/{certified}/rinnovo").status_code == 404


def test_one_organisation_cannot_touch_what_another_said(writer, own_store, asking):
    here, other = (f"/it/organizzazioni/{each}" for each in (asking[0], asking[1][0]))
    writer.post(f"{here}/dichiarazioni", data={"says": "offers", "what": "olio"})
    made = own_store.said_by(asking[0], Audience.OPERATOR)[0].declaration.id
    for act in ("modifica", "rinnovo", "ripristino", "annullamento", "ritiro"):
        assert writer.post(f"{other}/dichiarazioni/{made}/{act}").status_code == 404


def test_of_two_who_change_a_declaration_the_second_sees_both_versions_and_loses_no_word(writer, own_store, asking):
    here = f"/it/organizzazioni/{asking[0]}"
    writer.post(f"{here}/dichiarazioni", data={"says": "seeks", "what": "serra di prova"})
    made = own_store.said_by(asking[0], Audience.OPERATOR)[0].declaration.id
    both = {"says": "seeks", "visibility": "public"} | mark_at(writer, f"{here}?edit={made}")
    edit = f"{here}/dichiarazioni/{made}/modifica"
    assert writer.post(edit, data=both | {"what": "serra della prima"}).status_code == 303
    late = writer.post(edit, data=both | {"what": "parole del secondo"})
    assert late.status_code == 409
    assert 'value="parole del secondo"' in late.text
    assert "serra della prima" in late.text.partition("Ora vale:")[2].partition("</div>")[0]
    assert own_store.said_by(asking[0], Audience.OPERATOR)[0].declaration.what == "serra della prima"
    assert writer.post(edit, data=both | {"what": "insieme"} | mark_in(late.text)).status_code == 303
    own_store.withdraw(made)
    gone = writer.post(edit, data=both | {"what": "troppo tardi"})
    assert gone.status_code == 409
    assert "Ora non vale più" in gone.text
    assert 'value="troppo tardi"' in gone.text


def test_a_second_click_on_undo_or_renew_of_a_declaration_does_nothing_more(writer, own_store, asking):
    here = f"/it/organizzazioni/{asking[0]}"
    soon = str(today() + timedelta(days=3))
    writer.post(f"{here}/dichiarazioni", data={"says": "seeks", "what": "zero", "valid_until": soon})
    made = own_store.said_by(asking[0], Audience.OPERATOR)[0].declaration.id
    for what in ("uno", "due"):
        sent = {"says": "seeks", "what": what, "valid_until": soon} | mark_at(writer, f"{here}?edit={made}")
        assert writer.post(f"{here}/dichiarazioni/{made}/modifica", data=sent).status_code == 303
    for act in ("annullamento", "rinnovo"):
        page = writer.get(here).text
        shown = mark_in(page.partition(f'{made}/{act}"')[2].partition("</form>")[0])
        codes = [
            writer.post(f"{here}/dichiarazioni/{made}/{act}", data=each).status_code for each in (shown, shown, {})
        ]
        assert codes == [303, 409, 409], act
        assert own_store.said_by(asking[0], Audience.OPERATOR)[0].declaration.what == "uno"


# --- stages of life ---------------------------------------------------------------------------------------------


def set_status(writer, organisation: str, status: str, visibility: str = "public"):
    sent = {"field": "status", "value": status, "visibility": visibility}
    return writer.post(f"/it/organizzazioni/{organisation}/correzioni", data=sent)


def free_of_status(own_store, but: set[str]) -> str:
    """A cooperative whose registers tell no status."""
    rows = own_store.organisations(Audience.OPERATOR)
    return next(
        each.id for each in rows
        if each.kind is OrganisationKind.COOPERATIVE and each.status is None and each.id not in but
    )  # fmt: skip


def test_a_group_to_be_founded_is_told_what_is_missing_and_proposed_to_nobody(writer, own_store):
    body = free_of_status(own_store, set())
    assert set_status(writer, body, "forming").status_code == 303
    sent = {"field": "members", "value": "2", "visibility": "public"}
    assert writer.post(f"/it/organizzazioni/{body}/correzioni", data=sent).status_code == 303
    page = text_of(writer, f"/it/organizzazioni/{body}")
    assert "Servono almeno 3 soci: ora risultano 2 (art. 2522 c.c., da verificare)" in page
    snapshot = build_snapshot(own_store, Audience.OPERATOR, today())
    for kind in PARTNERSHIPS:
        for asker in snapshot.organisations[:12]:
            answer = find_partners(snapshot, asker.id, kind, limit=500)
            assert body not in {each.partner for each in answer.recommendations}
    assert find_partners(snapshot, body, "public-private").refusal.key == "refusal.forming"


def test_a_new_one_is_told_who_may_mentor_it(writer, own_store, asking):
    body = free_of_status(own_store, set())
    assert set_status(writer, body, "newly-formed").status_code == 303
    sent = {"field": "founded", "value": str(today().year), "visibility": "public"}
    assert writer.post(f"/it/organizzazioni/{body}/correzioni", data=sent).status_code == 303
    assert "Nessuna cooperativa ha ancora detto" in text_of(writer, f"/it/organizzazioni/{body}")
    mentor = asking[0]
    writer.post(f"/it/organizzazioni/{mentor}/dichiarazioni", data={"says": "available", "what": "fare da mentore"})
    page = text_of(writer, f"/it/organizzazioni/{body}")
    name = next(each.name for each in own_store.organisations(Audience.OPERATOR) if each.id == mentor)
    assert "Si sono dette disponibili" in page
    assert name in page


def test_a_crisis_is_reserved_by_default_and_its_page_says_so(writer, own_store):
    body = free_of_status(own_store, set())
    answer = set_status(writer, body, "in-crisis")
    assert answer.status_code == 422
    assert "Una difficoltà non si rende pubblica" in html.unescape(answer.text)
    assert re.search(r'value="reserved" checked', answer.text)
    assert set_status(writer, body, "in-crisis", "reserved").status_code == 303
    page = writer.get(f"/it/organizzazioni/{body}").text
    assert "lo vedi solo tu" in page.lower()
    told = re.findall(
        r'<(?:section|div) class="([^"]*)"[^>]*>(?:(?!<section|<div).)*?(?:In che fase|in difficoltà)', page, re.DOTALL
    )
    assert told
    assert all("land-no-print" in each.split() for each in told)  # nor does it go on paper
    refused = writer.post(
        "/api/v1/corrections",
        json={"organisation": body, "field": "status", "value": "in-crisis", "visibility": "public"},
    )
    assert refused.status_code == 422


CANARY = "Zaffiro Corallo Novantuno"


@pytest.fixture
def troubled(own_store, asking):
    """A store with a body in crisis, reserved words in an outcome, a declaration and a certification: its id."""
    body = free_of_status(own_store, {asking[0]})
    own_store.correct(body, {"status": Status.CRISIS}, visibility=Visibility.PUBLIC)
    found = next(each for each in own_store.organisations(Audience.OPERATOR) if each.id == body)
    for says, visibility in (("seeks", Visibility.RESERVED), ("certified", Visibility.FEDERATION)):
        own_store.declare(
            DeclarationRecord(
                organisation=found.identifiers[0], says=says, what=f"{CANARY} {says}", visibility=visibility
            )
        )
    for step in STEPS:
        own_store.record_outcome(
            ContactOutcome(
                id="", asker=asking[0], partner=body, kind="aggregation", step=step, date=today(), note=CANARY,
                visibility=Visibility.FEDERATION,
            )
        )  # fmt: skip
    return body


def test_a_crisis_and_what_is_reserved_never_leave(own_store, client_of, asking, troubled, own_file, tmp_path, capsys):
    visitor = client_of(own_store, public=True)
    leaks = re.compile(rf"{CANARY}|in-crisis|in difficoltà|in difficulty", re.IGNORECASE)
    addresses = [f"/{lang}" for lang in LANGUAGES]
    for body in (asking[0], troubled):
        addresses += [f"/it/organizzazioni/{body}", f"/en/organisations/{body}",
                      f"/it/organizzazioni/{body}/dichiarazioni", f"/it/organizzazioni/{body}?edit=x"]  # fmt: skip
        addresses += [f"/it/organizzazioni/{body}/partner/{slug}" for slug in ("aggregazione", "filiera")]
        addresses += [f"/it/organizzazioni/{body}/partner/aggregazione/lista?with={troubled}",
                      f"/it/organizzazioni/{body}/partner/aggregazione/lista.csv?with={troubled}",
                      f"/api/v1/organisations/{body}", f"/api/v1/organisations/{body}/partners?kind=aggregation",
                      f"/api/v1/graph?organisation={body}"]  # fmt: skip
    addresses += ["/api/v1/organisations?limit=500", "/api/v1/organisations?status=in-crisis", "/it/fonti"]
    for address in addresses:
        answer = visitor.get(address)
        assert answer.status_code == 200, address
        assert not leaks.search(answer.text.replace("status=in-crisis", "")), address
    for address in ("/it/esiti", "/it/esiti.csv", "/it/rendiconto", "/it/rendiconto.csv", "/en/outcomes", "/en/report"):
        assert visitor.get(address).status_code == 404
    operator = client_of(own_store)
    assert leaks.search(operator.get(f"/it/organizzazioni/{troubled}").text)  # the check can see it
    assert CANARY in operator.get("/it/esiti").text
    assert CANARY in operator.get("/it/esiti.csv").text


def test_exports_without_all_hold_nothing_reserved(own_store, troubled, own_file, tmp_path, monkeypatch, capsys):
    own_store.close()
    monkeypatch.setenv("LAND_STORE", str(own_file))
    for what, form in (("organisations", "csv"), ("graph", "graphml"), ("graph", "json"), ("outcomes", "csv")):
        out = tmp_path / f"{what}.{form}"
        assert run(["export", what, "--format", form, "--out", str(out)]) == 0
        assert not re.search(rf"{CANARY}|in-crisis", out.read_text("utf-8"))
    assert run(["export", "outcomes", "--format", "csv", "--out", str(tmp_path / "all.csv"), "--all"]) == 0
    assert CANARY in (tmp_path / "all.csv").read_text("utf-8")


def test_a_crisis_never_shows_in_what_the_operator_hands_to_others(own_store, client_of, asking, troubled):
    operator = client_of(own_store)
    for slug in ("aggregazione", "filiera"):
        for part in ("?n=100", "/lista.csv?n=100"):
            page = operator.get(f"/it/organizzazioni/{asking[0]}/partner/{slug}{part}").text
            assert not re.search("in-crisis|in difficoltà", page)


# --- outcomes ---------------------------------------------------------------------------------------------------


def step(asker=ONE, partner=TWO, step="refused", day=1, kind="aggregation", **given):
    return ContactOutcome(id="", asker=asker, partner=partner, kind=kind, step=step, date=date(2026, 1, day), **given)


@pytest.mark.parametrize(
    ("steps", "pairs"),
    [
        ([], ()),
        ([step(step="contacted")], ()),
        ([step()], ((ONE, TWO, None),)),
        ([step(reason="wrong-form")], ((ONE, TWO, "aggregation"),)),
        ([step(mutual=True)], ((ONE, TWO, None), (TWO, ONE, None))),
        ([step(reason="never")], ((ONE, TWO, None), (TWO, ONE, None))),
        ([step(reason="conflict")], ((ONE, TWO, None), (TWO, ONE, None))),
        ([step(), step(step="contacted", day=2)], ()),
        ([step(step="contacted", day=2), step(day=1)], ()),
        ([step(), step(step="suggested", day=2)], ((ONE, TWO, None),)),
        ([step(), step(asker=TWO, partner=ONE, step="met", day=2)], ()),
        ([step(reason="wrong-form"), step(step="met", day=2, kind="supply-chain")], ((ONE, TWO, "aggregation"),)),
        ([step(), step(step="met", day=2, kind="supply-chain")], ()),
        ([step(), step(partner=THREE, step="met", day=2)], ((ONE, TWO, None),)),
    ],
)
def test_what_refusals_leave_out(steps, pairs):
    assert refused_pairs(steps) == pairs


def test_agreements_are_dated_links():
    assert agreements([step(), step(step="agreed", day=3), step(step="agreed", day=3)]) == (
        (ONE, TWO, "aggregation", date(2026, 1, 3)),
    )


GOOD = {"kind": "aggregation", "step": "refused", "date": "2026-01-05", "reason": "too-far", "by_role": "presidency",
        "visibility": "federation"}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"step": "liked"}, "step"),
        ({"reason": ""}, "reason"),
        ({"reason": "other"}, "note"),
        ({"by_role": "Mario Rossi"}, "by_role"),
        ({"by_role": ""}, "by_role"),
        ({"date": "2099-01-01"}, "date"),
        ({"date": "ieri"}, "date"),
        ({"note": "sentire mario.rossi@example.it"}, "note"),
        ({"note": "RSSMRA80A01H501U"}, "note"),
        ({"note": "cell. 347/1234567"}, "note"),
        ({"note": "conto IT60X0542811101000000123456"}, "note"),
        ({"note": "x" * 501}, "note"),
        ({"dossier": "nobody"}, "dossier"),
        ({"objective": "fame"}, "objective"),
        ({"visibility": "all"}, "visibility"),
        ({"kind": "friendship"}, "kind"),
    ],
)
def test_a_wrong_box_is_named(given, wrong):
    form = read_outcome(GOOD | given, date(2026, 11, 22), set())
    assert set(form.errors) == {wrong}


def test_a_good_step_is_taken_and_a_reason_stays_with_refusals_only():
    read = read_outcome(GOOD | {"mutual": "1", "note": " troppa  strada "}, date(2026, 11, 22), set())
    assert (read["reason"], read["mutual"], read["note"], read["date"]) == (
        "too-far", True, "troppa strada", date(2026, 1, 5),
    )  # fmt: skip
    met = read_outcome(GOOD | {"step": "met", "mutual": "1"}, date(2026, 11, 22), set())
    assert (met["reason"], met["mutual"]) == (None, False)


def test_every_word_of_the_vocabularies_is_in_both_languages():
    for language in LANGUAGES:
        words = Words(language)
        keys = [f"outcome.step.{each}" for each in STEPS] + [f"outcome.reason.{each}" for each in REASONS]
        keys += [f"outcome.office.{each}" for each in OFFICES]
        keys += [f"report.{part}.{each}" for each in MEASURES for part in ("measure", "means")]
        assert not [key for key in keys if words.text(key).startswith("[")]
    assert set(REASONS) >= MUTUAL_REASONS


def test_a_refused_partner_is_not_proposed_again_until_it_is_undone(writer, own_store, asking):
    asker, partners = asking
    here = f"/it/organizzazioni/{asker}/partner/aggregazione"
    page = writer.get(here).text
    assert f"partner={partners[0]}" in page or partners[0] in page
    assert "non riproposta" not in page
    sent = GOOD | {"asker": asker, "partner": partners[0], "back": "aggregation", "date": today().isoformat()}
    answer = writer.post("/it/esiti", data=sent)
    assert answer.headers["location"] == f"{here}?done=outcome"
    page = writer.get(here).text
    assert f'data-partner="{partners[0]}"' not in page
    assert "1 organizzazione non riproposta perché già rifiutata" in text_of(writer, here)
    (seen,) = re.findall(r'href="(/it/esiti\?organisation=[^"]+step=refused)"', page)
    listed = text_of(writer, html.unescape(seen))
    assert "troppo lontani" in listed
    assert "Non viene più riproposta a chi cercava" in listed
    answer = writer.get(f"/api/v1/organisations/{asker}/partners?kind=aggregation")
    assert partners[0] not in {each["partner"]["id"] for each in answer.json()["recommendations"]}
    (take,) = actions(writer, "/it/esiti", "ritiro")
    assert writer.post(take).status_code == 303
    assert f'data-partner="{partners[0]}"' in writer.get(here).text
    (back,) = actions(writer, "/it/esiti", "ripristino")
    assert writer.post(back).status_code == 303
    assert f'data-partner="{partners[0]}"' not in writer.get(here).text


def test_steps_stand_on_the_card_the_list_and_the_organisation_and_can_be_corrected(writer, asking):
    asker, partners = asking
    sent = GOOD | {"asker": asker, "partner": partners[1], "step": "contacted", "reason": "", "note": "chiamata breve"}
    assert writer.post("/it/esiti", data=sent).headers["location"].startswith("/it/esiti?organisation=")
    assert "chiamata breve" in text_of(writer, f"/it/organizzazioni/{asker}/partner/aggregazione?n=20")
    assert "chiamata breve" in text_of(
        writer, f"/it/organizzazioni/{asker}/partner/aggregazione/lista?with={partners[1]}"
    )
    for body in (asker, partners[1]):
        assert "chiamata breve" in text_of(writer, f"/it/organizzazioni/{body}")
    (edit,) = set(re.findall(r'href="(/it/esiti/[^"]+)"', writer.get("/it/esiti").text))
    assert "chiamata breve" in writer.get(edit).text
    sent |= mark_at(writer, edit)
    bad = writer.post(edit, data=sent | {"step": ""})
    assert bad.status_code == 422
    assert mark_in(bad.text)["seen"] == sent["seen"]
    assert writer.post(edit, data=sent | {"step": "agreed"}).headers["location"].endswith("done=edited")
    assert "accordo raggiunto" in text_of(writer, "/it/esiti")
    (undo,) = actions(writer, "/it/esiti", "annullamento")
    assert writer.post(undo, data=mark_at(writer, "/it/esiti")).status_code == 303
    assert "contattata" in text_of(writer, "/it/esiti?step=contacted")
    assert "Nessun esito" in text_of(writer, "/it/esiti?anno=2001")
    for wrong in ("/it/esiti/nobody", "/en/outcomes/nobody"):
        assert writer.get(wrong).status_code == 404
        assert writer.post(f"{wrong}/{'ritiro' if '/it/' in wrong else 'withdrawal'}").status_code == 404


def test_of_two_who_correct_a_step_the_second_sees_both_versions_and_loses_no_word(writer, own_store, asking):
    asker, partners = asking
    sent = GOOD | {"asker": asker, "partner": partners[1], "step": "contacted", "reason": ""}
    writer.post("/it/esiti", data=sent)
    (edit,) = set(re.findall(r'href="(/it/esiti/[^"]+)"', writer.get("/it/esiti").text))
    shown = sent | mark_at(writer, edit)
    assert writer.post(edit, data=shown | {"step": "met", "note": "vista in sede"}).status_code == 303
    late = writer.post(edit, data=shown | {"step": "agreed", "note": "parole del secondo"})
    assert late.status_code == 409
    assert "parole del secondo" in late.text.partition("<form")[2].partition("</main>")[0]
    assert "vista in sede" in late.text.partition('role="alert"')[2].partition("</div>")[0]
    assert [each.note for each in own_store.outcomes(Audience.OPERATOR)] == ["vista in sede"]
    assert writer.post(edit, data=shown | {"note": "insieme"} | mark_in(late.text)).status_code == 303
    assert writer.post(edit, data=sent | {"note": "senza segno"}).status_code == 409


def test_a_second_click_on_undo_of_a_step_does_nothing_more(writer, own_store, asking):
    asker, partners = asking
    sent = GOOD | {"asker": asker, "partner": partners[1], "step": "contacted", "reason": "", "note": "zero"}
    writer.post("/it/esiti", data=sent)
    (edit,) = set(re.findall(r'href="(/it/esiti/[^"]+)"', writer.get("/it/esiti").text))
    for note in ("uno", "due"):
        assert writer.post(edit, data=sent | {"note": note} | mark_at(writer, edit)).status_code == 303
    shown = mark_at(writer, "/it/esiti")
    codes = [writer.post(f"{edit}/annullamento", data=each).status_code for each in (shown, shown, {})]
    assert codes == [303, 409, 409]
    assert [each.note for each in own_store.outcomes(Audience.OPERATOR)] == ["uno"]


def test_the_file_of_outcomes_opens_and_holds_no_formula(writer, asking):
    asker, partners = asking
    sent = GOOD | {"asker": asker, "partner": partners[0], "note": '=HYPERLINK("x")'}
    assert writer.post("/it/esiti", data=sent).status_code == 303
    answer = writer.get("/it/esiti.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff")), delimiter=";"))
    assert len(rows) == 1
    assert rows[0]["nota"] == '\'=HYPERLINK("x")'
    assert (rows[0]["giorno"], rows[0]["passo"], rows[0]["motivo"]) == ("2026-01-05", "refused", "too-far")
    assert rows[0]["registrato_da"] == "presidenza"


def test_writing_is_refused_to_the_public(own_store, client_of, asking, own_page):
    visitor = client_of(own_store, public=True)
    visitor.headers.update(own_page)
    for address in (
        "/it/esiti",
        "/it/esiti/x",
        "/it/esiti/x/ritiro",
        f"/it/organizzazioni/{asking[0]}/dichiarazioni/x/rinnovo",
    ):
        assert visitor.post(address, data=GOOD).status_code == 403


# --- the report -------------------------------------------------------------------------------------------------


@pytest.fixture
def noted(own_store, asking):
    """Steps of two years and a table with a meeting."""
    asker, partners = asking
    rows = [
        ("contacted", 0, "aggregation", date(2026, 2, 1)), ("met", 0, "aggregation", date(2026, 3, 1)),
        ("agreed", 0, "aggregation", date(2026, 4, 1)), ("contacted", 1, "aggregation", date(2026, 2, 1)),
        ("contacted", 1, "aggregation", date(2026, 2, 9)), ("refused", 1, "aggregation", date(2026, 2, 10)),
        ("contacted", 2, "supply-chain", date(2025, 12, 1)), ("agreed", 2, "supply-chain", date(2026, 1, 7)),
        ("suggested", 3, "public-private", date(2026, 5, 5)),
    ]  # fmt: skip
    for name, partner, kind, day in rows:
        own_store.record_outcome(
            ContactOutcome(id="", asker=asker, partner=partners[partner], kind=kind, step=name, date=day,
                           visibility=Visibility.FEDERATION)
        )  # fmt: skip
    made = own_store.create_dossier(
        DossierRecord(key="t", title="Tavolo welfare", kind="table", municipalities=("056059",)), date(2026, 1, 1)
    )
    own_store.add_event(made, "meeting", "Prima riunione", date(2026, 6, 1))
    own_store.add_event(made, "meeting", "Seconda riunione", date(2026, 7, 1))
    return rows


def test_the_report_counts_what_was_noted_and_its_parts_make_the_whole(own_store, noted):
    snapshot = build_snapshot(own_store, Audience.OPERATOR, date(2026, 11, 22))
    found = report_of(snapshot, 2026)
    total = found.total.counts
    recorded = [row for row in noted if row[3].year == 2026]
    assert sum(total[name] for name in STEPS) == len(recorded)
    for name in STEPS:
        assert total[name] == sum(row[0] == name for row in recorded)
    assert (total["aggregations"], total["pairs-contacted"], total["pairs-agreed"]) == (1, 2, 1)
    assert (total["tables"], total["meetings"]) == (1, 2)
    for rows in (found.by_province, found.by_objective):
        for measure in MEASURES:
            assert sum(row.counts[measure] for row in rows) == total[measure], measure
    table = {row.name: row.counts for row in found.by_province}
    assert table["VT"]["tables"] == 1
    assert report_of(snapshot, 2025).total.counts["contacted"] == 1
    assert report_of(snapshot, 2025).total.counts["pairs-agreed"] == 1
    assert sum(report_of(snapshot, 2024).total.counts.values()) == 0


def test_an_agreement_without_a_recorded_contact_is_said_beside_the_figures(own_store, client_of, noted, asking):
    asker, partners = asking
    operator = client_of(own_store)
    assert "senza contatto registrato" not in text_of(operator, "/it/rendiconto?anno=2026")
    for kind, day in (("aggregation", date(2026, 6, 1)), ("supply-chain", date(2026, 6, 2))):
        own_store.record_outcome(
            ContactOutcome(id="", asker=partners[1], partner=asker, kind=kind, step="agreed", date=day)
        )
    snapshot = build_snapshot(own_store, Audience.OPERATOR, date(2026, 11, 22))
    # The first was contacted as an aggregation, whoever asked; as a supply chain nobody was.
    assert [agreed_without_contact(snapshot, year) for year in (2026, 2025)] == [1, 0]
    page = text_of(client_of(own_store), "/it/rendiconto?anno=2026")
    assert "1 accordo senza contatto registrato: conta tra gli accordi" in page


def test_the_report_as_page_file_and_command(own_store, client_of, noted, own_file, tmp_path, monkeypatch, capsys):
    operator = client_of(own_store)
    for language, address in (("it", "/it/rendiconto?anno=2026"), ("en", "/en/report?anno=2026")):
        page = text_of(operator, address)
        assert Words(language).text("report.heading", year=2026) in page
        assert Words(language).text("report.means.aggregations") in page
    rows = list(
        csv.reader(io.StringIO(operator.get("/it/rendiconto.csv?anno=2026").text.lstrip("\ufeff")), delimiter=";")
    )
    assert rows[-1][:3] == ["2026", "Totale", "Totale"]
    assert rows[-1][3 + MEASURES.index("contacted")] == "3"
    assert "Nel 2019 non risulta nulla" in text_of(operator, "/it/rendiconto?anno=2019")
    assert operator.get("/it/rendiconto?anno=abcd").status_code == 200
    own_store.close()
    monkeypatch.setenv("LAND_STORE", str(own_file))
    assert run(["report", "--year", "2026", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["total"]["contacted"] == 3
    assert sum(each["contacted"] for each in told["by_province"].values()) == 3
    assert run(["report", "--year", "2026", "--out", str(tmp_path / "r.csv")]) == 0
    assert (tmp_path / "r.csv").read_text("utf-8-sig").splitlines()[-1].startswith("2026;")
    assert run(["report", "--year", "2026"]) == 0
    assert "Contatti: 3" in capsys.readouterr().out
    assert run(["report", "--year", "1066"]) == 2


def test_a_correction_keeps_the_dossier_whatever_their_number_and_cards_share_one_list(writer, own_store, asking):
    asker, partners = asking
    made = [
        own_store.create_dossier(
            DossierRecord(key="", title=f"Lavoro {each:03}", visibility=Visibility.FEDERATION), today()
        )
        for each in range(MOST_DOSSIERS + 10)
    ]
    sent = GOOD | {"asker": asker, "partner": partners[1], "step": "contacted", "reason": "", "objective": ""}
    page = writer.get(f"/it/organizzazioni/{asker}/partner/aggregazione?n=20").text
    assert page.count('name="dossier"') > 1
    listed = re.search(r'<datalist id="dossier-list">(.*?)</datalist>', page)[1]
    assert page.count('id="dossier-list"') == 1
    assert listed.count("<option") == MOST_DOSSIERS
    left_out = next(each for each in made if each[:8] not in listed)
    assert writer.post("/it/esiti", data=sent | {"dossier": left_out}).status_code == 303
    (edit,) = set(re.findall(r'href="(/it/esiti/[^"]+)"', writer.get("/it/esiti").text))
    shown = re.search(r'name="dossier"[^>]* value="([^"]+)"', writer.get(edit).text)[1]
    assert shown.startswith("Lavoro ")
    sent |= mark_at(writer, edit)
    assert writer.post(edit, data=sent | {"dossier": html.unescape(shown), "note": "altro"}).status_code == 303
    assert [(each.dossier, each.note) for each in own_store.outcomes(Audience.OPERATOR) if each.note == "altro"] == [
        (left_out, "altro")
    ]
    assert writer.post(edit, data=sent | {"dossier": "Lavoro mai scritto"}).status_code == 422
