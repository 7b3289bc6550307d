"""A region made up and seeded, of any size: bodies, tenders with members and buyers, offers and needs.

Every body is invented; tax codes have check digits that hold. Shares of kinds, of what is known and of words per text
follow what real registers look like: most bodies have a name, a comune and little else.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from stdnum import luhn

from data.lazio import ateco, municipalities
from data.lazio.goods import goods
from data.model import Evidence, Identifier, Visibility
from data.records import Accepted, Assertion, DeclarationRecord, OrganisationRecord, ParticipationRecord, Source
from data.records import SourceInfo as Info
from data.store import Store, open_store

INFO = Info(
    name="made-region",
    title_it="Regione inventata",
    title_en="Made-up region",
    publisher="",
    licence="",
    formats=(),
    files=0,
    evidence=Evidence.OFFICIAL,
)
TODAY = date(2026, 11, 22)
BUYERS = 0.05
FORMS = ("SOCIETA' COOPERATIVA SOCIALE ONLUS", "SOC. COOP. A R.L.", "COOPERATIVA AGRICOLA", "SRL", "ASSOCIAZIONE")
SYLLABLES = ("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "zo", "tra", "ver", "mon")


def distances() -> tuple[tuple[str, ...], np.ndarray]:
    """ISTAT codes and great-circle distances in km."""
    places = sorted(municipalities(), key=lambda each: each.istat)
    lon, lat = (np.radians([getattr(each, name) for each in places]) for name in ("lon", "lat"))
    half = np.sin((lat[:, None] - lat) / 2) ** 2
    half += np.cos(lat)[:, None] * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    return tuple(each.istat for each in places), (2 * 6371 * np.arcsin(np.sqrt(half))).astype(np.float32)


def tax_code(number: int) -> str:
    """An invented tax code of a body: a number of seven digits, an office, the check digit."""
    bare = f"{number:07d}990"
    return bare + luhn.calc_check_digit(bare)


def rows(bodies: int, projects: int, seed: int = 4) -> Iterator[Accepted]:
    """Bodies, then `projects` tenders of two to five members each, then offers and needs of one body in fifty."""
    chance = np.random.default_rng(seed)
    places = [each.istat for each in municipalities()]
    sectors = [each.code for each in ateco("2007") if len(each.code.replace(".", "")) >= 4]
    things = [each.it for each in goods()]
    purposes = [f"{thing} e {other}" for thing, other in zip(things, things[7:] + things[:7], strict=True)]
    fancy = ["".join(chance.choice(SYLLABLES, 3)) for _ in range(4_000)]
    codes = [Identifier("tax-code", tax_code(number)) for number in range(bodies)]
    public = int(bodies * BUYERS)
    for number, code in enumerate(codes):
        said = [Assertion("kind", "public-body" if number < public else ("cooperative", "firm")[number % 3 == 0])]
        word, thing = fancy[chance.integers(len(fancy))], things[chance.integers(len(things))]
        form = "ISTITUTO" if number < public else FORMS[chance.integers(len(FORMS))]
        said.append(Assertion("name", f"{word.upper()} {thing} - {form} {number}"))
        said.append(Assertion("municipality", places[chance.integers(len(places))]))
        if number < public:
            said.append(Assertion("body_type", ("school", "municipality", "health")[number % 3]))
        if chance.random() < 0.3:
            said += [Assertion("sector", sectors[chance.integers(len(sectors))]), Assertion("sector_version", "2007")]
        if chance.random() < 0.1:
            said.append(Assertion("purpose", purposes[chance.integers(len(purposes))]))
        if chance.random() < 0.2:
            said.append(Assertion("employees", int(chance.integers(1, 300))))
        yield Accepted(number, f"body|{number}", (OrganisationRecord((code,), tuple(said)),))
    for number in range(projects):
        buyer = int(chance.integers(max(public, 1)))
        what = f"Gara per {purposes[chance.integers(len(purposes))]} nel comune, anno {2015 + number % 10}"
        won = chance.random() < 0.5
        members = np.unique(chance.integers(public, bodies, chance.integers(2, 6)))
        for member in members.tolist():
            record = ParticipationRecord(
                project=f"P{number:07d}",
                organisation=codes[member],
                lot=f"L{number // 2:07d}",
                role="member",
                outcome="awarded" if won else "bid",
                date=TODAY - timedelta(days=int(chance.integers(3_000))),
                text=what,
                amount=float(chance.integers(10_000, 900_000)),
                buyer=f"Ente {buyer}",
                buyer_identifier=codes[buyer],
            )
            yield Accepted(number, f"project|{number}|{member}", (record,))
    for number in range(0, bodies, 50):
        record = DeclarationRecord(
            organisation=codes[number],
            says=("offers", "seeks")[number // 50 % 2],
            what=things[chance.integers(len(things))],
            visibility=Visibility.PUBLIC,
            date=TODAY,
        )
        yield Accepted(number, f"said|{number}", (record,))


def made_store(path: Path, bodies: int, projects: int, seed: int = 4) -> Store:
    """A store of this region, loaded as any source is."""
    store = open_store(path)
    store.load(Source(INFO, lambda _paths, _options: rows(bodies, projects, seed)), [])
    return store
