"""Canaries in every federation and reserved row and field, and in the personal columns of source files.

Every GET route is asked with every id that exists and every link that the operator's pages hold, as the operator and
as a visitor: the visitor never sees a canary, the operator sees them (or the check could not fail). Columns are told
from the schema, so that a new one without a line here fails.
"""

import logging
import re
from collections import Counter, defaultdict
from datetime import date
from html import unescape
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from sqlalchemy import String, Text, select
from starlette.testclient import TestClient

from data.membership import Before, ChangeKind, Comparison, Proposal
from data.model import (
    Audience,
    Availability,
    ContactOutcome,
    Evidence,
    Identifier,
    OrganisationKind,
    Status,
    Visibility,
)
from data.records import (
    Accepted,
    Assertion,
    CallRecord,
    DeclarationRecord,
    DossierRecord,
    DossierRoleRecord,
    OrganisationRecord,
    ParticipationRecord,
    SiteRecord,
    Source,
    SourceInfo,
)
from data.sources import SOURCES
from data.store import open_store, schema
from data.store.bodies import FACTS
from data.store.connection import connect, reading
from geo.maps import SHELLS
from service.app import create_app
from service.cli import run
from service.exports import WRITERS
from service.guide import GUIDES
from service.routes import routers
from service.settings import Settings

CANARY = "Zafferano9141"
NUMBER = "739173917"
TODAY = date(2026, 11, 22)
HIDDEN = (Visibility.FEDERATION, Visibility.RESERVED)
OPEN, SECOND = Identifier("tax-code", "80000000028"), Identifier("tax-code", "80000000010")

_planted: Counter[str] = Counter()


def canary(where: str) -> str:
    """A word that stands for one place in the store and nowhere else."""
    _planted[where] += 1
    return f"{CANARY} {where.replace('_', '-')}"


# --- the store --------------------------------------------------------------------------------------------

NOT_TEXT = {
    "kind": OrganisationKind.COOPERATIVE, "municipality": "057001", "province": "RI", "precision": "municipality",
    "status": Status.CRISIS, "sector": "01.13", "sector_version": "2007", "social_type": "B", "body_type": "school",
    "chain_stages": ("oil:groves",), "themes": ("elderly",),
}  # fmt: skip
"""Facts whose words are fixed: a canary cannot stand there."""
FIGURES = {"lon": 12.73917391, "lat": 42.73917391, "founded": 1873, "employees": int(NUMBER), "members": int(NUMBER),
           "revenue": float(NUMBER), "disadvantaged_share": 0.739173917, "social_share": 0.739173917,
           "prevalent_mutuality": True, "third_sector": True}  # fmt: skip


def fact(name: str, body: str) -> object:
    """A value that gives itself away, of the kind that a fact needs."""
    if name in NOT_TEXT:
        return NOT_TEXT[name]
    if name in FIGURES:
        return FIGURES[name]
    word = canary(f"organisation.{name}.{body}")
    if name == "certifications":
        return (word,)
    if name in {"website", "pec"}:
        plain = re.sub(r"\W", "", word).lower()
        return f"https://{plain}.example" if name == "website" else f"info@{plain}.example"
    return word


def a_body(identifier: Identifier, name: str, openness: Visibility, hidden: Visibility) -> OrganisationRecord:
    """A body whose name is as open as said and whose other facts are as hidden as said."""
    told = [Assertion("name", name, visibility=openness), Assertion("kind", OrganisationKind.COOPERATIVE)]
    told += [Assertion("municipality", "057001", visibility=openness)]
    rest = [each for each in FACTS if each not in {"name", "kind", "municipality", "lon", "lat", "precision"}]
    told += [Assertion(each, fact(each, name[-9:]), visibility=hidden, note=canary("assertion.note")) for each in rest]
    return OrganisationRecord((identifier,), tuple(told))


def texts(kind: str, names: tuple[str, ...], way: Visibility) -> dict[str, str]:
    return {name: canary(f"{kind}.{name}.{way}") for name in names}


def records() -> list:
    """Public rows, and one federation and one reserved row of every kind that a file may bring."""
    one = [
        a_body(OPEN, "Cooperativa Visibile", Visibility.PUBLIC, Visibility.RESERVED),
        a_body(SECOND, "Cooperativa Seconda", Visibility.PUBLIC, Visibility.FEDERATION),
        CallRecord(title="Bando pubblico di prova", body="Ente", state="open", opens=TODAY, read_on=TODAY),
        SiteRecord(name="Mulino pubblico", kind="building", municipality="057001", visibility=Visibility.PUBLIC),
        DeclarationRecord(organisation=OPEN, says="offers", what="Pane pubblico", visibility=Visibility.PUBLIC),
        ParticipationRecord(project="aperto", organisation=OPEN, date=TODAY),
        ParticipationRecord(project="aperto", organisation=SECOND, date=TODAY),
        DossierRecord(key="D-public", title="Dossier pubblico", purpose="Prova", municipalities=("057001",),
                      visibility=Visibility.PUBLIC),
    ]  # fmt: skip
    for way in HIDDEN:
        who = Identifier("key:canary", f"{CANARY}-{way}")
        one += [
            a_body(who, canary(f"organisation.name.{way}"), way, Visibility.PUBLIC),
            *(
                DeclarationRecord(
                    organisation=body, says="seeks", visibility=way, municipality="057001",
                    **texts("declaration", ("what", "unit"), way), quantity=float(NUMBER),
                )
                for body in (OPEN, who)
            ),
            SiteRecord(
                kind="building", municipality="057001", visibility=way, availability=Availability.UNKNOWN,
                **texts("site", ("name", "category", "subcategory", "title", "condition", "measure", "address", "use",
                                 "owner", "assignee"), way),
            ),
            CallRecord(visibility=way, state="open", municipalities=("057001",), beneficiaries=(),
                       amount=float(NUMBER), **texts("call", ("title", "body", "instrument", "address"), way)),
            DossierRecord(
                key=f"{CANARY}-{way}", municipalities=("057001",), visibility=way, act_kind="other",
                themes=(canary(f"dossier.themes.{way}"),),
                **texts("dossier", ("title", "purpose", "need", "instrument", "call", "act_title", "outcome",
                                    "objective"), way),
            ),
            DossierRoleRecord(dossier=f"{CANARY}-{way}", organisation=OPEN, state="filled",
                              **texts("dossier-role", ("role", "resources"), way)),
            DossierRoleRecord(dossier="D-public", organisation=who, state="filled", role="lead",
                              resources=canary("dossier-role.resources.public")),
            ParticipationRecord(project=f"{CANARY}-p", organisation=who, date=TODAY, lot=f"{CANARY}-lot",
                                role=canary("participation.role"), text=canary("participation.text"),
                                buyer=canary("participation.buyer"), amount=float(NUMBER)),
        ]  # fmt: skip
    return one


def plant(store) -> None:
    """Fills the store with what the public may see and with what it may not."""
    info = SourceInfo("canaries", "Prova", "Trial", "-", "-", evidence=Evidence.DECLARED)
    rows = [Accepted(line, f"{CANARY}-{line}", (record,), f"{CANARY}.csv") for line, record in enumerate(records(), 2)]
    report = store.load(Source(info, lambda _paths, _options: iter(rows)), [Path(f"{canary('load.files')}.csv")])
    assert report.rejected == 0, report.rejections[:3]
    open_one, hidden = store.resolve(OPEN.value), store.resolve(f"{CANARY}-{Visibility.RESERVED}")
    by_hand(store, open_one, store.resolve(SECOND.value), hidden)


def by_hand(store, one: str, other: str, hidden: str) -> None:
    """What only people write: declarations, corrections, dossiers and their log, outcomes, reviews, maps, decisions."""
    for way in HIDDEN:
        store.correct(one, {"purpose": canary(f"correction.{way}")}, visibility=way)
        store.declare(DeclarationRecord(organisation=OPEN, says="offers", what=canary(f"said.{way}"), visibility=way))
    said = DeclarationRecord(
        organisation=OPEN, says="seeks", what=canary("said.before"), visibility=Visibility.RESERVED
    )
    store.edit(store.declare(said), {"what": canary("said.after")}, TODAY)
    for dossier in store.dossiers(Audience.OPERATOR):
        office = canary("dossier_event.by_role")
        store.add_event(dossier.id, "note", canary("dossier_event.text"), TODAY, by_role=office, organisation=hidden)
        seen = dossier.title == "Dossier pubblico"  # what its roles are called and need is public, all else is not
        called, needs = ("lead", ()) if seen else (canary("dossier_event.role"), (canary("dossier_role.needs"),))
        role = store.add_role(dossier.id, called, TODAY, needs=needs, by_role=office)
        store.set_role(role, "invited", TODAY, organisation=other, resources=canary("dossier_role.invited"))
        store.change_dossier(dossier.id, {"need": "Pane" if seen else canary("dossier.need")}, TODAY)
    for way in HIDDEN:
        for partner in (other, hidden):
            store.record_outcome(ContactOutcome(
                id="", asker=one, partner=partner, kind="aggregation", step="contacted", date=TODAY,
                note=canary(f"contact_outcome.note.{way}"), by_role=canary("contact_outcome.by_role"), visibility=way,
            ))  # fmt: skip
    gone = ContactOutcome(id="", asker=one, partner=other, kind="aggregation", step="met", date=TODAY,
                          note=canary("contact_outcome.note.taken-back"))  # fmt: skip
    store.take_outcome_back(store.record_outcome(gone), TODAY)
    change = Proposal(
        kind=next(iter(ChangeKind)),
        field="name",
        subject=canary("membership_change.key"),
        name=canary("membership.name"),
        identifiers=(OPEN,),
        organisation=one,
        before={"name": Before(canary("membership_change.before"))},
        said={"name": canary("membership_change.after")},
        file=canary("membership.file"),
        line=2,
    )
    store.propose(canary("membership_change.federation"), Comparison((change,), frozenset()), complete=False)
    store.save_columns(canary("column_map.name"), "organisations", {"id": canary("column_map.columns")})
    store.keep_apart(one, hidden, 0.739173917)


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A store full of canaries: its file."""
    file = tmp_path_factory.mktemp("canaries") / "land.sqlite"
    store = open_store(file)
    plant(store)
    store.close()
    return file


NO_CANARY = {
    "state": "names of ours", "municipality": "public figures only", "figure": "public figures only",
    "boundary": "public outlines only", "landmark": "public heritage only", "area": "public groupings only",
    "sector_title": "a public classification", "coefficient": "public figures only",
    "rejection": "values are never kept; file names are those of `load`", "redirect": "ids, and words of ours",
    "project_alias": "keys of projects, as in `participation`", "duplicate_decision": "ids, a figure and words of ours",
    "learned_weights": "names of kinds and signs, and numbers, learned from what the public may see",
    "organisation": "hidden facts stand in `restricted`; hidden rows are found by their name",
}  # fmt: skip
"""Tables where no canary can stand in each text column, and why."""
FIXED = frozenset(
    """
    id source scheme kind state step says evidence visibility status verdict method level code precision owner_type
    availability moment finished found decided written saved subject subject_id act period municipality municipalities
    province provenance outcome reason mutual beneficiaries organisation_id old_id new_id one other asker_id partner_id
    dossier_id role_id buyer_municipality buyer_identifier field digest changed act_kind objective
    """.split()  # noqa: SIM905
)
"""Columns whose words are fixed, dates, ids or JSON of ours."""


def test_every_text_column_of_the_store_holds_a_canary(planted):
    engine = connect(planted)
    lacking = []
    with reading(engine) as connection:
        for table in schema.metadata.sorted_tables:
            wanted = [
                column for column in table.c
                if isinstance(column.type, (String, Text)) and column.name not in FIXED and table.name not in NO_CANARY
            ]  # fmt: skip
            for column in wanted:
                cells = connection.execute(select(column).where(column.is_not(None))).scalars()
                if not any(CANARY.casefold() in str(cell).casefold() for cell in cells):
                    lacking.append(f"{table.name}.{column.name}")
    engine.dispose()
    assert lacking == []
    assert schema.metadata.tables.keys() >= NO_CANARY.keys()


# --- the walk ---------------------------------------------------------------------------------------------

NAMES = {
    "indicator": ["population", "density", "declared-needs"],
    "istat": ["057001", "058091"],
    "slug": ["aggregazione", "aggregation", "filiera", "supply-chain", "pubblico-privato", "public-private"],
}
OF_OURS = {
    "/guide/": list(GUIDES["en"]),
    "/guida/": list(GUIDES["it"]),
    "/maps/shell/": list(SHELLS),
}
"""Names of ours in the addresses of some routes."""
EACH = 6
"""Most addresses asked of one route in one language, those with ids first."""
LINK = re.compile(r'(?:href|src|action|data-[a-z-]+)="(/[^"#]*)"')


def get_routes() -> dict[str, re.Pattern[str]]:
    """Every GET route of the service with the pattern of its addresses."""
    return {
        route.path: route.path_regex
        for router in routers()
        for route in router.routes
        if "GET" in (getattr(route, "methods", None) or ())
    }


def ids_of(store) -> dict[str, list[str]]:
    """What can stand in the places of an address, hidden things first."""
    bodies = sorted(store.organisations(Audience.OPERATOR), key=lambda body: body.visibility is Visibility.PUBLIC)
    known = [body.id for body in bodies if CANARY in body.name or body.name.startswith("Cooperativa ")]
    dossiers = store.dossiers(Audience.OPERATOR)
    return NAMES | {
        "organisation": [*known, f"{CANARY}-reserved", OPEN.value, "057001"],
        "other": known[:1],
        "name": [
            *known,
            f"{CANARY}-reserved",
            *NAMES["indicator"],
            "organisations",
            "sites",
            "canaries",
            "cooperativa",
        ],
        "call": [call.id for call in store.calls(Audience.OPERATOR)],
        "dossier": [dossier.id for dossier in dossiers],
        "role": [role.id for dossier in dossiers for role in dossier.roles],
        "outcome": [each.id for each in (*store.outcomes(Audience.OPERATOR), *store.outcomes_taken_back())],
        "review": [review.id for review in store.reviews()],
    }


def seeds(store) -> list[str]:
    """Addresses of every route with every id in its place, and with a canary as the question."""
    every, found = ids_of(store), []
    for path in get_routes():
        named = next((names for part, names in OF_OURS.items() if part in path), every["name"])
        values = every | {"name": named}
        places = re.findall(r"\{([^}:]+)[^}]*\}", path)
        made = [path]
        for place in places:
            known = values.get(place, ["nothing-of-the-kind"])
            made = [re.sub(r"\{" + place + r"[^}]*\}", value, one, count=1) for one in made for value in known]
        found += made
        found += [f"{one}?q={CANARY[:9]}&limit=50&kind=aggregation&with=0&classes=5" for one in made[:2]]
    return found


class Walk:
    """What was asked and answered, by route."""

    def __init__(self, operator, visitor) -> None:
        self.operator, self.visitor = operator, visitor
        self.routes = get_routes()
        self.asked: dict[str, list[str]] = defaultdict(list)
        self.opened: Counter[str] = Counter()
        self.leaks: list[str] = []
        self.seen = ""

    def route_of(self, address: str) -> str | None:
        path = urlsplit(address).path
        exact = [route for route, pattern in self.routes.items() if pattern.match(path)]
        return min(exact, key=lambda route: ("{" in route, -len(route)), default=None)

    def take(self, addresses: list[str]) -> None:
        """Asks these addresses, then the links of their pages, until no route has more that it wants."""
        waiting, met = list(addresses), set(addresses)
        while waiting:
            address = waiting.pop(0)
            route = self.route_of(address)
            if route is None or len(self.asked[route]) >= EACH * (1 + ("{" in route)):
                continue
            self.asked[route].append(address)
            for link in self.look(route, address):
                if link not in met:
                    met.add(link)
                    waiting.append(link)

    def look(self, route: str, address: str) -> list[str]:
        answer = self.visitor.get(address)
        told = f"{unescape(answer.text)} {answer.headers}".casefold()
        for asked in (address.casefold(), quote(address).casefold()):
            told = told.replace(asked, "")
        if CANARY.casefold() in told or NUMBER in told or "0,7391739" in told:
            self.leaks.append(address)
        mine = self.operator.get(address)
        self.opened[route] += mine.status_code == 200
        self.seen += unescape(mine.text)
        return [unescape(link) for link in LINK.findall(mine.text)]


NEVER_OPENED = {
    "/health/ready": "is ready only where a server runs",
    "/maps/place.json": "needs a place to look for",
    "/partners/positions.json": "needs a ranking to look at",
}
"""Routes that the walk asks but that answer with an error to what it knows to ask, and why."""


@pytest.fixture(scope="module")
def walked(planted):
    """The whole walk: every route, both languages, both audiences, with what was logged meanwhile."""
    store = open_store(planted)
    clients = [
        TestClient(create_app(Settings(store="unused", rate_limit=0, public=public), store),
                   base_url="http://127.0.0.1:8000", raise_server_exceptions=False)
        for public in (False, True)
    ]  # fmt: skip
    heard: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(f"{record.getMessage()} {record.__dict__}" if record.name.startswith("service") else "")

    ear = Ear()
    logging.getLogger().addHandler(ear)
    walk = Walk(*clients)
    walk.take(seeds(store))
    logging.getLogger().removeHandler(ear)
    walk.heard = heard
    yield walk
    store.close()


def test_the_public_sees_no_canary_on_any_route(walked):
    assert walked.leaks == []
    assert sum(len(asked) for asked in walked.asked.values()) > 300


def test_every_route_was_opened_by_the_operator(walked):
    closed = [route for route in walked.routes if not walked.opened[route] and route not in NEVER_OPENED]
    assert closed == []


def test_the_operator_sees_what_the_public_does_not(walked):
    """The control: each kind of canary is seen somewhere, so that a leak would be seen too."""
    unseen = [where for where in _planted if f"{CANARY} {where.replace('_', '-')}" not in walked.seen]
    assert len(_planted) > 60
    assert {where.split(".")[0] for where in _planted} - {
        where.split(".")[0] for where in _planted if where not in unseen
    } == set(), unseen


def test_logs_hold_no_canary(walked):
    assert not [line for line in walked.heard if CANARY in line]


def test_a_planted_leak_is_seen(walked):
    """The control of the walk: served with the operator's data as if it were public, it leaks on many routes."""
    blind = Walk(walked.operator, walked.operator)
    for route in ("/it/dossier/{dossier}", "/it/esiti", "/it/bandi/{call}", "/api/v1/organisations/{organisation}"):
        for address in walked.asked[route]:
            blind.look(route, address)
        assert blind.leaks, route
        blind.leaks.clear()


def test_a_crisis_is_never_public(walked):
    address = f"/api/v1/organisations/{OPEN.value}"
    assert walked.operator.get(address).json()["status"] == Status.CRISIS
    assert walked.visitor.get(address).json()["status"] is None
    bodies = walked.visitor.get("/api/v1/organisations?limit=500").json()["items"]
    assert Status.CRISIS not in {body.get("status") for body in bodies}


# --- files ------------------------------------------------------------------------------------------------


def test_files_that_leave_the_house_hold_no_canary(planted, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("LAND_STORE", str(planted))
    told = ""
    for what, form in WRITERS:
        out = tmp_path / f"{what}.{form}"
        assert run(["export", what, "--format", form, "--out", str(out)]) == 0
        assert CANARY.casefold().encode() not in out.read_bytes().lower(), (what, form)
        assert run(["export", what, "--format", form, "--all", "--out", str(out)]) == 0
        told += out.read_text(encoding="utf-8", errors="replace")
    assert run(["map", "--out", str(tmp_path / "map.html")]) == 0
    assert CANARY.casefold() not in (tmp_path / "map.html").read_text(encoding="utf-8").casefold()
    assert CANARY in told, "the check can fail"
    capsys.readouterr()


# --- persons in source files ------------------------------------------------------------------------------

PERSON, MAIL, CODE = "Ermenegilda Zibaldoni", "ermenegilda.zibaldoni@example.org", "ZBLRNG80A41H501K"
ONE, TWO, TRADER = "99900010580", "99900020589", f"{PERSON} DI ZIBALDONI ERMENEGILDA"
PERSONAL_FILES = {
    "runts": "Codice fiscale;Repertorio;Denominazione;Sezione;Rappresentante;Comune;Provincia\n"
    f"{ONE};1;Prova Uno APS;Altri enti;{PERSON};Viterbo;VT\n{CODE};2;{PERSON};Altri enti;{PERSON};Rieti;RI\n",
    "cooperative-register": "Codice Fiscale;Denominazione;Comune;Prov;Presidente;Legale rappresentante;PEC\n"
    f"{ONE};PROVA UNO;Viterbo;VT;{PERSON};{PERSON} {CODE};{MAIL}\n",
    "ipa": "Codice_IPA,Denominazione_ente,Codice_comune_ISTAT,Codice_Categoria,Codice_fiscale_ente,Nome_responsabile,"
    "Cognome_responsabile,Mail1,Tipo_Mail1\n"
    f"p_1,Ente di prova,059011,L33,{TWO},Ermenegilda,Zibaldoni,{MAIL},pec\n",
    "organisations": "id;name;kind;comune;scopo;pec;sito;federazione\n"
    f"{ONE};PROVA UNO;cooperative;Latina;Scrivere a {MAIL} o {CODE};{MAIL};www.example.org/{MAIL};{MAIL}\n"
    f"{TWO};Prova Due {CODE};cooperative;Latina;;;;\n{CODE};{PERSON};cooperative;Latina;;;;\n",
    "participations": f"project;org;text;buyer\nP1;{ONE};Lavori di {MAIL} {CODE};{CODE}\nP2;{CODE};x;\nP3;{MAIL};x;\n",
    "declarations": f"org;says;what;unit\n{ONE};offers;Chiamare {MAIL};\n{ONE};seeks;{CODE};\n{CODE};seeks;pane;\n",
    "sites": f"id;name;kind;comune;owner_type;titolo\nS1;Casa;building;Latina;{PERSON};{MAIL}\nS2;{CODE};building;;;\n",
    "calls": f"id;titolo;ente;fonte\nB1;Bando {MAIL};;\nB2;Bando;{CODE};{MAIL}\n{MAIL};Bando;;\n",
    "dossiers": f"id;scopo;esito\nD1;Aiutare {CODE};\nD2;Scopo;{MAIL}\n{MAIL};Scopo;\n",
    "indicators": f"comune;name;value;unit;year;source\nLatina;{MAIL};1;x;2023;{CODE}\n",
    "districts": f"area;level;comune\n{MAIL};distretto;Latina\n{CODE};GAL;Latina\n",
    "public-buildings": "Identificativo bene;Amministrazione Denominazione;Natura del bene;Comune del bene;"
    "Codice Comune del bene;Utilizzo;Indirizzo\n"
    f"1;COMUNE DI LATINA {MAIL};Fabbricato;LATINA;059011;Non utilizzato;presso {CODE}\n",
    "network-contracts": "denominazione contratto;data atto;numero repertorio;oggetto;c.f.;denominazione impresa;"
    f"comune;PV;NG\nRete;15/03/2021;1;A cura di {MAIL} {CODE};{ONE};PROVA UNO;VITERBO;VT;SC\n"
    f"Rete;15/03/2021;1;;{TWO};{TRADER};VITERBO;VT;DI\nRete;15/03/2021;1;;{CODE};{PERSON};VITERBO;VT;DI\n",
    "pnrr": "CUP;Codice Fiscale Soggetto Attuatore;Soggetto Attuatore;Titolo Progetto;Codice ISTAT Comune\n"
    f"A1;{CODE};{PERSON};Casa di {MAIL};059011\nA2;{ONE};PROVA UNO;A cura di {CODE};059011\n",
    "anac-winners": "cig;ruolo;codice_fiscale;denominazione;id_aggiudicazione\n"
    f"Z1;MANDATARIA;{ONE};PROVA UNO;A1\nZ1;MANDANTE;{CODE};{PERSON};A1\nZ1;MANDANTE;{TWO};DOTT.SSA {PERSON};A1\n",
    "opencoesione-subjects": "COD_LOCALE_PROGETTO;OC_CODICE_FISCALE_SOGG;SOGG_COD_RUOLO;OC_DENOMINAZIONE_SOGG\n"
    f"P1;{ONE};2;PROVA UNO\nP1;{CODE};3;{PERSON}\nP1;{TWO};3;DOTT.SSA {PERSON}\n",
    "cordis": "projectID;organisationID;vatNumber;name;country;nutsCode;role\n"
    f"1;9;IT{ONE};PROVA UNO {MAIL};IT;ITI43;coordinator\n1;8;IT{TWO};DOTT.SSA {PERSON};IT;ITI43;participant\n",
}


def holds_person(content: bytes) -> list[str]:
    """The parts of our person that stand in some bytes, in whatever case."""
    found = content.lower()
    return [part for part in (PERSON, MAIL, CODE, "zibaldoni") if part.lower().encode() in found]


def test_no_person_of_a_source_file_is_stored_or_told(tmp_path, capsys, monkeypatch):
    """Neither in the store's bytes, nor in what the command prints, nor in its report."""
    file = tmp_path / "land.sqlite"
    monkeypatch.setenv("LAND_STORE", str(file))
    monkeypatch.setenv("LAND_EXAMPLE", "0")
    told, loaded = "", 0
    for name, text in PERSONAL_FILES.items():
        path, report = tmp_path / f"{name}.csv", tmp_path / "report.csv"
        path.write_text(text, encoding="utf-8")
        assert run(["load", name, str(path), "--report", str(report)]) in (0, 3), name
        printed = capsys.readouterr()
        told += printed.out + printed.err + (report.read_text(encoding="utf-8") if report.exists() else "")
        loaded += 1
    content = b"".join(one.read_bytes() for one in tmp_path.glob("land.sqlite*"))
    assert b"PROVA UNO" in content
    assert holds_person(content) == []
    assert holds_person(told.encode()) == []
    assert loaded >= 16
    assert PERSONAL_FILES.keys() <= SOURCES.keys()


def test_a_person_in_the_store_would_be_found(tmp_path):
    """The control: a row that an importer let through stands in the file's bytes."""
    store = open_store(tmp_path / "land.sqlite")
    record = OrganisationRecord((OPEN,), (Assertion("name", PERSON), Assertion("kind", OrganisationKind.FIRM)))
    rows = [Accepted(2, "x", (record,), "x.csv")]
    store.load(Source(SourceInfo("planted", "", "", "", ""), lambda _paths, _options: iter(rows)), [])
    store.close()
    assert holds_person(b"".join(one.read_bytes() for one in tmp_path.glob("land.sqlite*")))
