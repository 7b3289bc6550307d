# SPDX-License-Identifier: EUPL-1.2
"""Demonstration organisations: about 1,500 invented bodies over the real comuni, so that every screen can be seen full.

Nobody is meant: each name begins with "Esempio" and a number, each fact is marked as demonstration, and all of it goes
when real cooperatives are loaded. The same numbers come out on every machine (fixed seed, sorted inputs).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from math import asin, cos, exp, radians, sin, sqrt
from pathlib import Path
from random import Random

from data.lazio.chains import Chain, Stage, chains
from data.lazio.goods import good
from data.lazio.territory import MunicipalityFacts, municipalities
from data.model import Availability, Evidence, Identifier, OrganisationKind, Status, Visibility
from data.records import (
    Accepted,
    Assertion,
    DeclarationRecord,
    OrganisationRecord,
    Outcome,
    ParticipationRecord,
    ReadOptions,
    Record,
    SiteRecord,
    Source,
    SourceInfo,
)

SEED = 20200901
ORGANISATIONS = 1_500
TENDERS = 420
NETWORKS = 45
SITES = 140
# A fixed day, so that the demonstration is the same whenever it is made.
DAY = date(2026, 11, 1)
SCHEME = "key:example"

# How often a chain appears (cooperatives in Lazio are mostly services), and where it is at home.
_WEIGHTS = {
    "care": 16, "cleaning": 10, "education": 8, "culture": 7, "tourism": 6, "reception": 5, "green": 5, "logistics": 5,
    "housing": 4, "digital": 4, "produce": 4, "wine": 3, "oil": 3, "milk": 3, "hazelnut": 3, "catering": 4, "waste": 3,
    "reuse": 4, "energy": 2, "wood": 2, "fish": 2, "meat": 2, "cereals": 2, "social_farming": 2, "mobility": 2,
    "communication": 3, "sport": 2,
}  # fmt: skip
_PLACES: dict[str, Callable[[MunicipalityFacts], float]] = {
    "hazelnut": lambda c: 6.0 if c.province == "VT" and c.altitude_m > 250 else 0.05,
    "oil": lambda c: 3.0 if c.province in ("RI", "VT", "LT", "FR") else 1.0,
    "wine": lambda c: 2.5 if c.altitude_m < 600 else 0.3,
    "fish": lambda c: 5.0 if c.coastal or c.island else 0.0,
    "wood": lambda c: 4.0 if c.altitude_m > 600 else 0.2,
    "produce": lambda c: 4.0 if c.province == "LT" else 1.0,
    "tourism": lambda c: 2.5 if c.coastal or c.snai_class in ("D", "E", "F") else 1.0,
    "energy": lambda c: 1.5 if c.snai_class in ("D", "E", "F") else 1.0,
}
_WORDS = (
    "Quercia", "Ginestra", "Rondine", "Meridiana", "Sorgente", "Girasole", "Ulivo", "Arcobaleno", "Bussola", "Lanterna",
    "Melograno", "Orizzonte", "Ponte", "Radura", "Solco", "Spiga", "Tramontana", "Vela", "Volano", "Zagara", "Acero",
    "Alveare", "Aquilone", "Biancospino", "Castagno", "Crocevia", "Filo", "Formica", "Germoglio", "Ghianda",
    "Lavanda", "Mosaico", "Nido", "Officina", "Passo", "Quadrifoglio", "Roccia", "Sentiero", "Telaio", "Vento",
    "Ancora", "Ippocastano",
)  # fmt: skip
_SOCIAL_CHAINS = {"care": "A", "reception": "A", "education": "A", "cleaning": "B", "green": "B", "waste": "B"}
_CATEGORIES = {"1": "lavoro agricolo", "2": "conferimento prodotti agricoli e allevamento"}
_FEDERATIONS = ("Legacoop", "Legacoop", "Legacoop", "Confcooperative", "Confcooperative", "AGCI", None)
_STATES = (*(Status.ACTIVE,) * 23, Status.LIQUIDATION, None)
_SITE_KINDS = (
    ("former-school", "ex scuola"),
    ("roadman-house", "casa cantoniera"),
    ("station", "ex stazione ferroviaria"),
    ("former-convent", "ex convento"),
    ("uncultivated-land", "terreno incolto"),
    ("former-industrial", "ex area produttiva"),
    ("health-building", "ex struttura sanitaria"),
)
_SITE_STATES = (
    Availability.UNKNOWN, Availability.OFFERED, Availability.DESTINED, Availability.IN_USE, Availability.NOT_AVAILABLE,
)  # fmt: skip


@dataclass(slots=True)
class _Body:
    """One invented organisation while the example is being made."""

    key: str
    name: str
    kind: OrganisationKind
    chain: Chain
    stage: Stage
    place: MunicipalityFacts
    social: str | None
    facts: dict[str, object] = field(default_factory=dict)

    @property
    def identifier(self) -> Identifier:
        return Identifier(SCHEME, self.key)


@cache
def example_outcomes() -> tuple[Accepted, ...]:
    """Every row of the demonstration, the same on every machine."""
    random = Random(SEED)
    bodies = _bodies(random)
    rows: list[tuple[str, Record]] = [(f"organisation:{body.key}", _organisation(body)) for body in bodies]
    rows += [(f"link:{r.project}:{r.organisation.value}", r) for r in _memberships(bodies)]
    rows += [(f"link:{r.project}:{r.organisation.value}", r) for r in _tenders(bodies, random)]
    rows += [(f"link:{r.project}:{r.organisation.value}", r) for r in _networks(bodies, random)]
    rows += [(f"declaration:{n}", record) for n, record in enumerate(_declarations(bodies, random))]
    rows += [(f"site:{n}", record) for n, record in enumerate(_sites(random))]
    return tuple(Accepted(line, key, (record,)) for line, (key, record) in enumerate(rows, start=1))


def _bodies(random: Random) -> list[_Body]:
    offered = [chain for chain in chains() if chain.code in _WEIGHTS]
    weights = [_WEIGHTS[chain.code] for chain in offered]
    towns = sorted(municipalities(), key=lambda town: town.istat)
    made = []
    for number in range(1, ORGANISATIONS + 1):
        chain = random.choices(offered, weights)[0]
        stage = _stage(chain, random)
        kind = random.choices(
            [
                OrganisationKind.COOPERATIVE,
                OrganisationKind.CONSORTIUM,
                OrganisationKind.THIRD_SECTOR,
                OrganisationKind.FIRM,
            ],
            [80, 4, 8, 8],
        )[0]
        place = _place(chain, towns, random)
        made.append(_body(number, kind, chain, stage, place, random))
    return made


def _stage(chain: Chain, random: Random) -> Stage:
    """Mostly the stages that make the chain; now and then a neighbour of it."""
    usable = [stage for stage in chain.stages if stage.ateco_2007 and not stage.shared]
    return random.choices(usable, [6 if stage.core else 1 for stage in usable])[0]


def _place(chain: Chain, towns: Sequence[MunicipalityFacts], random: Random) -> MunicipalityFacts:
    liking = _PLACES.get(chain.code, _anywhere)
    return random.choices(towns, [sqrt(town.population_2022) * liking(town) for town in towns])[0]


def _anywhere(_town: MunicipalityFacts) -> float:
    return 1.0


def _body(
    number: int, kind: OrganisationKind, chain: Chain, stage: Stage, place: MunicipalityFacts, random: Random
) -> _Body:
    social = _social_type(kind, chain, random)
    role = stage.role_it[0].lower() + stage.role_it[1:]
    form = _form(kind, social)
    name = f"Esempio {number:04d} {random.choice(_WORDS)} - {form} - {role}"
    body = _Body(f"{number:04d}", name, kind, chain, stage, place, social)
    body.facts = _facts(body, random)
    return body


def _social_type(kind: OrganisationKind, chain: Chain, random: Random) -> str | None:
    if kind is OrganisationKind.CONSORTIUM:
        return "C" if chain.code in _SOCIAL_CHAINS else None
    if kind is not OrganisationKind.COOPERATIVE or chain.code not in _SOCIAL_CHAINS:
        return None
    return random.choices([_SOCIAL_CHAINS[chain.code], "A+B", None], [6, 1, 3])[0]


def _form(kind: OrganisationKind, social: str | None) -> str:
    if kind is OrganisationKind.COOPERATIVE:
        return "cooperativa sociale" if social else "cooperativa"
    return {
        OrganisationKind.CONSORTIUM: "consorzio",
        OrganisationKind.THIRD_SECTOR: "associazione",
        OrganisationKind.FIRM: "impresa",
    }[kind]


def _facts(body: _Body, random: Random) -> dict[str, object]:
    employees = max(1, round(exp(random.gauss(2.3, 1.1))))
    facts: dict[str, object] = {
        "name": body.name,
        "kind": body.kind,
        "municipality": body.place.istat,
        "province": body.place.province,
        "sector": random.choice(body.stage.ateco_2007),
        "sector_version": "2007",
        "status": random.choice(_STATES),
        "founded": random.randint(1972, 2025),
        "employees": employees,
        "revenue": float(round(employees * exp(random.gauss(10.4, 0.5)), -3)),
        "purpose": f"Attività dichiarata: {body.stage.role_it.lower()} ({body.chain.name_it.lower()}).",
    }
    if body.kind in (OrganisationKind.COOPERATIVE, OrganisationKind.CONSORTIUM):
        facts |= _cooperative_facts(body, random, employees)
    if body.kind is OrganisationKind.THIRD_SECTOR:
        facts["third_sector"] = True
    known = {name: value for name, value in facts.items() if value is not None}
    # No register knows everything: one optional fact in ten is missing here too.
    return {
        n: v for n, v in known.items() if n in ("name", "kind", "municipality", "province") or random.random() > 0.1
    }


def _cooperative_facts(body: _Body, random: Random, employees: int) -> dict[str, object]:
    facts: dict[str, object] = {
        "category": "sociali" if body.social else _CATEGORIES.get(body.stage.number, "produzione e lavoro"),
        "social_type": body.social,
        "federation": random.choice(_FEDERATIONS),
        "members": max(3, round(employees * random.uniform(0.6, 2.5))),
        "prevalent_mutuality": random.random() < 0.9,
    }
    if body.social in ("B", "A+B"):
        facts["disadvantaged_share"] = round(random.uniform(0.3, 0.6), 2)
    if body.social == "C":
        facts["social_share"] = round(random.uniform(0.7, 1.0), 2)
    if body.chain.food and random.random() < 0.35:
        facts["certifications"] = ("biologico",)
    elif body.social and random.random() < 0.3:
        facts["certifications"] = ("ISO 9001",)
    return facts


def _organisation(body: _Body) -> OrganisationRecord:
    said = tuple(Assertion(name, value, Evidence.DEMONSTRATION, date=DAY) for name, value in sorted(body.facts.items()))
    return OrganisationRecord((body.identifier,), said)


def _memberships(bodies: Sequence[_Body]) -> Iterator[ParticipationRecord]:
    """Each consortium gathers the cooperatives of its chain that stand nearest."""
    for consortium in bodies:
        if consortium.kind is not OrganisationKind.CONSORTIUM:
            continue
        project = f"example-consortium-{consortium.key}"
        for body in [consortium, *_nearest(consortium, bodies, 6)]:
            yield ParticipationRecord(
                project=project,
                organisation=body.identifier,
                role="consortium" if body is consortium else "member",
                kind="membership",
                text=f"Consorzio dimostrativo: {consortium.chain.name_it.lower()}",
                date=DAY - timedelta(days=1500),
                evidence=Evidence.DEMONSTRATION,
            )


def _tenders(bodies: Sequence[_Body], random: Random) -> Iterator[ParticipationRecord]:
    """Lots put out by comuni, each with one to three rival groupings of neighbours in the same trade."""
    leads = [b for b in bodies if any(stage.bodies for stage in b.chain.stages) and b.kind is not OrganisationKind.FIRM]
    for number in range(TENDERS):
        lead = random.choice(leads)
        pool = [lead, *_nearest(lead, bodies, 8)]
        taken: set[str] = set()
        day = DAY - timedelta(days=random.randint(60, 2500))
        for rival in range(random.choice((1, 1, 2, 3))):
            free = [body for body in pool if body.key not in taken]
            members = [lead, *free[1:3]] if rival == 0 else random.sample(free, min(2, len(free)))
            taken.update(body.key for body in members)
            for position, body in enumerate(members):
                yield ParticipationRecord(
                    project=f"example-lot-{number:03d}-{rival}",
                    lot=f"example-lot-{number:03d}",
                    organisation=body.identifier,
                    role="02-MANDATARIA" if position == 0 else "01-MANDANTE",
                    outcome="awarded" if rival == 0 else "bid",
                    date=day,
                    kind="tender",
                    text=f"Servizio dimostrativo: {lead.stage.role_it.lower()}",
                    amount=float(random.randint(2, 60)) * 10_000,
                    buyer=f"Comune di {lead.place.name}",
                    buyer_municipality=lead.place.istat,
                    buyer_identifier=Identifier("municipality", lead.place.istat),
                    evidence=Evidence.DEMONSTRATION,
                )


def _networks(bodies: Sequence[_Body], random: Random) -> Iterator[ParticipationRecord]:
    """Network contracts between neighbours of one chain at different stages."""
    for number in range(NETWORKS):
        lead = random.choice(bodies)
        others = [body for body in _nearest(lead, bodies, 14) if body.stage.key != lead.stage.key][:3]
        for body in [lead, *others]:
            yield ParticipationRecord(
                project=f"example-network-{number:02d}",
                organisation=body.identifier,
                kind="network",
                text=f"Contratto di rete dimostrativo: {lead.chain.name_it.lower()}",
                date=DAY - timedelta(days=random.randint(100, 1800)),
                evidence=Evidence.DEMONSTRATION,
            )


def _declarations(bodies: Sequence[_Body], random: Random) -> Iterator[DeclarationRecord]:
    for body in bodies:
        # Nobody looks for what they sell themselves.
        wanted = set(body.stage.takes) - set(body.stage.gives)
        for says, keys in (("offers", set(body.stage.gives)), ("seeks", wanted)):
            if keys and random.random() < 0.28:
                yield DeclarationRecord(
                    organisation=body.identifier,
                    says=says,
                    what=good(random.choice(sorted(keys))).it,
                    municipality=body.place.istat,
                    visibility=Visibility.PUBLIC,
                    date=DAY - timedelta(days=random.randint(1, 300)),
                    evidence=Evidence.DEMONSTRATION,
                )


def _sites(random: Random) -> Iterator[SiteRecord]:
    towns = sorted((town for town in municipalities() if town.population_2022 < 15_000), key=lambda town: town.istat)
    for number in range(1, SITES + 1):
        town = random.choice(towns)
        kind, words = random.choice(_SITE_KINDS)
        yield SiteRecord(
            name=f"Esempio {number:03d}: {words}, {town.name}",
            kind=kind,
            municipality=town.istat,
            owner_type=random.choice(("municipality", "province", "region", "state")),
            condition=random.choice(("good", "to-restore", "bad", None)),
            area_m2=float(random.randint(8, 240) * 10),
            availability=random.choice(_SITE_STATES),
            date=DAY,
            visibility=Visibility.PUBLIC,
            evidence=Evidence.DEMONSTRATION,
        )


def _nearest(body: _Body, bodies: Sequence[_Body], count: int) -> list[_Body]:
    """The nearest bodies of the same chain, nearest first (ties by key)."""
    same = [other for other in bodies if other.chain.code == body.chain.code and other is not body]
    return sorted(same, key=lambda other: (_km(body.place, other.place), other.key))[:count]


@cache
def _km(a: MunicipalityFacts, b: MunicipalityFacts) -> float:
    """Great-circle distance (haversine, radius 6,371 km); `data` may not ask `geo` for it."""
    lat_a, lat_b = radians(a.lat), radians(b.lat)
    half = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin(radians(b.lon - a.lon) / 2) ** 2
    return 12_742 * asin(sqrt(half))


def _read(_paths: Sequence[Path], _options: ReadOptions) -> Iterator[Outcome]:
    yield from example_outcomes()


EXAMPLE = Source(
    SourceInfo(
        name="example",
        title_it="Dati dimostrativi (organizzazioni inventate)",
        title_en="Demonstration data (invented organisations)",
        publisher="L.A.N.D.",
        licence="CC0 1.0",
        formats=(),
        files=0,
        evidence=Evidence.DEMONSTRATION,
    ),
    _read,
)
