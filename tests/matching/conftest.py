"""Small hand-made worlds for the ranking tests, over the real comuni."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pytest

from data.lazio import municipalities
from data.model import (
    Declaration,
    Evidence,
    Identifier,
    Organisation,
    OrganisationKind,
    Participation,
    Provenance,
    Status,
    Visibility,
)
from matching.graph import PartnerIndex, build_index
from matching.recommend import Answer, Filters, recommend

TODAY = date(2026, 11, 22)
ISTAT = tuple(sorted(each.istat for each in municipalities()))
BY_NAME = {each.name: each for each in municipalities()}


def straight_km() -> np.ndarray:
    """Great-circle distances between the comuni in the order of ISTAT, by the haversine formula."""
    places = {each.istat: each for each in municipalities()}
    lon, lat = (np.radians([getattr(places[istat], name) for istat in ISTAT]) for name in ("lon", "lat"))
    half = np.sin((lat[:, None] - lat) / 2) ** 2
    half += np.cos(lat)[:, None] * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    return (2 * 6371 * np.arcsin(np.sqrt(half))).astype(np.float32)


KM = straight_km()


@dataclass
class World:
    """Organisations by short name, and what they did and said."""

    organisations: dict[str, Organisation] = field(default_factory=dict)
    participations: list[Participation] = field(default_factory=list)
    declarations: list[Declaration] = field(default_factory=list)
    refused: list[tuple[str, str, str | None]] = field(default_factory=list)
    agreed: list[tuple[str, str, str, date]] = field(default_factory=list)
    distance_km: np.ndarray = field(default_factory=lambda: KM)

    def add(self, name: str, **facts: object) -> str:
        """A new body (an active cooperative unless told otherwise); `comune` places it by name. Its id."""
        comune = facts.pop("comune", None)
        if comune is not None:
            facts |= {"municipality": BY_NAME[str(comune)].istat, "province": BY_NAME[str(comune)].province}
        inferred = set(facts.pop("inferred", ()))
        facts = {"kind": OrganisationKind.COOPERATIVE, "status": Status.ACTIVE, "sector_version": "2007"} | facts
        said = {
            name: Provenance(Evidence.INFERRED if name in inferred else Evidence.OFFICIAL, "test", TODAY)
            for name in ("name", *facts)
        }
        key = str(uuid.uuid5(uuid.NAMESPACE_OID, name))
        code = Identifier("tax-code", f"{len(self.organisations):011d}")
        body = Organisation(id=key, name=name, kind=facts["kind"], provenance=said, visibility=Visibility.PUBLIC)
        self.organisations[name] = replace(body, **{"identifiers": (code,), **facts})
        return key

    def id(self, name: str) -> str:
        return self.organisations[name].id

    def name(self, key: str) -> str:
        return next(name for name, body in self.organisations.items() if body.id == key)

    def project(self, project: str, *members: str, **facts: object) -> None:
        """One row per member of a project."""
        for member in members:
            self.participations.append(Participation(project=project, organisation=self.id(member), **facts))

    def says(self, name: str, says: str, what: str, **facts: object) -> str:
        key = f"d{len(self.declarations):04d}"
        self.declarations.append(
            Declaration(id=key, organisation=self.id(name), says=says, what=what, source="test", date=TODAY, **facts)
        )
        return key

    def index(self) -> PartnerIndex:
        return build_index(
            self.organisations.values(), self.participations, self.declarations, ISTAT, self.distance_km,
            refused=self.refused, agreed=self.agreed,
        )  # fmt: skip

    def ask(self, name: str, kind: str, *, limit: int = 20, filters: Filters | None = None) -> Answer:
        return recommend(self.index(), self.id(name), kind, limit=limit, filters=filters, today=TODAY)

    def partners(self, name: str, kind: str, *, limit: int = 20, filters: Filters | None = None) -> list[str]:
        found = self.ask(name, kind, limit=limit, filters=filters).recommendations
        return [self.name(each.partner) for each in found]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def new_world() -> Callable[[], World]:
    return World


@pytest.fixture(scope="session")
def today() -> date:
    return TODAY


@pytest.fixture(scope="session")
def km() -> np.ndarray:
    return KM


@pytest.fixture(scope="session")
def istat() -> tuple[str, ...]:
    return ISTAT
