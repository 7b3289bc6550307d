# SPDX-License-Identifier: EUPL-1.2
"""The shapes of the JSON API: what goes out and what may come in. Nothing inside the house uses them.

Geometry is EPSG:4326 degrees, distances km, money euro, shares 0..1; null is "not known", never zero.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from data.model import (
    Availability,
    BodyType,
    Evidence,
    OrganisationKind,
    Precision,
    Status,
    Visibility,
)
from data.wording import clean


def _printable(text: str) -> str:
    if any(ord(letter) < 32 or ord(letter) == 127 or 0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        raise ValueError("control characters are not allowed")
    return text


def _line(text: str) -> str:
    _printable(text)
    words = clean(text)
    if not words:
        raise ValueError("nothing in it can be read")
    return words


def _passage(text: str) -> str:
    _printable(text.replace("\n", " ").replace("\r", " ").replace("\t", " "))
    return text


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_line)]
Passage = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(_passage)]
Amount = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
Day = Annotated[dt.date, Field(ge=dt.date(1900, 1, 1), le=dt.date(2100, 1, 1))]
IstatCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


class Out(BaseModel):
    """Base of every answer."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class In(BaseModel):
    """Base of everything that may be sent: unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Health(Out):
    """State of the service."""

    status: Literal["ok", "starting"]


class ErrorDetail(Out):
    """What went wrong, in words; `request_id` finds it in the logs."""

    code: str
    message: str
    request_id: str


class ErrorBody(Out):
    """The one shape of every error."""

    error: ErrorDetail


# --- organisations ----------------------------------------------------------------------------------------------


class FactSource(Out):
    """Where one value comes from: kind of evidence, source, date, confidence 0..1, the words that led to it."""

    evidence: Evidence
    source: str
    date: dt.date | None
    confidence: float
    note: str


class OrganisationIdentifier(Out):
    """One name that a register gives a body."""

    scheme: str
    value: str


class OrganisationBrief(Out):
    """A body as lists show it."""

    id: str
    name: str
    kind: OrganisationKind
    municipality: str | None
    province: str | None
    lon: float | None
    lat: float | None
    precision: Precision
    sector: str | None
    sector_version: str | None
    category: str | None
    status: Status | None
    demonstration: bool


class DeclarationOut(Out):
    """What an organisation says of itself, in force."""

    id: str
    organisation: str
    says: str
    what: str
    quantity: float | None
    unit: str | None
    period: str | None
    municipality: str | None
    valid_from: dt.date | None
    valid_until: dt.date | None
    visibility: Visibility
    date: dt.date | None
    source: str
    evidence: Evidence


class ParticipationOut(Out):
    """One membership of one project."""

    project: str
    lot: str | None
    role: str | None
    outcome: str | None
    date: dt.date | None
    kind: str
    amount: float | None
    buyer: str | None
    source: str
    demonstration: bool


class OrganisationFull(OrganisationBrief):
    """All that we know of a body; `facts` names the source of each field, `participations` are the newest 100."""

    social_type: str | None
    legal_form: str | None
    body_type: BodyType | None
    federation: str | None
    founded: int | None
    employees: int | None
    members: int | None
    revenue: float | None
    prevalent_mutuality: bool | None
    third_sector: bool | None
    disadvantaged_share: float | None
    social_share: float | None
    certifications: tuple[str, ...]
    purpose: str | None
    website: str | None
    pec: str | None
    visibility: Visibility
    identifiers: tuple[OrganisationIdentifier, ...]
    facts: dict[str, FactSource]
    declarations: tuple[DeclarationOut, ...]
    participations: tuple[ParticipationOut, ...]


class OrganisationPage(Out):
    """One page of a list: `total` counts all that the filters let through."""

    total: int
    offset: int
    items: list[OrganisationBrief]


# --- partners ---------------------------------------------------------------------------------------------------


class Partner(Out):
    """Who is suggested; `municipality` is an ISTAT code."""

    id: str
    name: str
    municipality: str | None


class ContributionOut(Out):
    """One part of the score, and the sentence that says it. The contributions of a suggestion sum to its score."""

    feature: str
    value: float | None
    contribution: float
    sentence: str


class CheckOut(Out):
    """One hard rule: passed, failed or to be verified, with its legal or practical source."""

    rule: str
    state: Literal["passed", "failed", "to-verify"]
    text: str
    source: str


class InstrumentRef(Out):
    """A legal form that this pair could use."""

    code: str
    name: str


class EvidenceOut(Out):
    """A fact that the suggestion rests on: in words, what kind of knowledge, from where, of when."""

    fact: str
    kind: Evidence
    source: str
    date: dt.date | None


class RecommendationOut(Out):
    """One suggested partner with everything that speaks for and against."""

    partner: Partner
    score: float
    contributions: list[ContributionOut]
    against: list[str]
    checks: list[CheckOut]
    instruments: list[InstrumentRef]
    evidence: list[EvidenceOut]


class ExposureOut(Out):
    """Of the organisations shown that are no public bodies: how many are small (micro or small enterprises as far as
    known), young (five years at most), either; and of how many neither is known. `sentence` says it."""

    shown: int
    small: int
    young: int
    either: int
    unknown: int
    sentence: str


class PartnersAnswer(Out):
    """Ranked partners of one organisation (its id) for one kind; `refusal` is null or says why there is no answer."""

    organisation: str
    kind: str
    recommendations: list[RecommendationOut]
    refusal: str | None


class OtherSideOut(Out):
    """How the suggestion looks from the partner's side: the organisation's place among its own suggestions and the
    score there; null where it is not among them. No part of the score."""

    place: int | None
    of: int
    score: float | None
    sentence: str


class RecommendationBothOut(RecommendationOut):
    """The same, with how it looks from the partner's side; null beyond the first twenty."""

    other_side: OtherSideOut | None


class PartnersBothAnswer(Out):
    """Ranked partners of one organisation for one kind, each seen from both sides; `exposure` is null where none is
    shown but public bodies."""

    organisation: str
    kind: str
    recommendations: list[RecommendationBothOut]
    refusal: str | None
    exposure: ExposureOut | None


# --- search, territory, sites -----------------------------------------------------------------------------------


class MunicipalityBrief(Out):
    """A comune as lists show it; lon/lat is a point inside it, not the town hall."""

    istat: str
    name: str
    province: str
    lon: float
    lat: float


class FigureOut(Out):
    """One number about a comune in one year."""

    name: str
    year: int
    value: float
    unit: str
    source: str


class MunicipalityFull(MunicipalityBrief):
    """All that we know of a comune; area km2, altitude m, SNAI minutes are the publisher's."""

    area_km2: float
    tax_code: str | None
    altitude_m: float | None
    altitude_zone: int | None
    coastal: bool | None
    island: bool | None
    urbanisation: int | None
    snai_class: str | None
    snai_minutes: float | None
    snai_pole: str | None
    snai_area: str | None
    facts: dict[str, FactSource]
    figures: list[FigureOut]


class Found(Out):
    """What a search finds, the most alike first."""

    organisations: list[OrganisationBrief]
    municipalities: list[MunicipalityBrief]


class SiteOut(Out):
    """A place that could live again; owner_type is a type, never a name."""

    id: str
    source: str
    name: str
    kind: str
    category: str | None
    subcategory: str | None
    municipality: str | None
    lon: float | None
    lat: float | None
    precision: Precision
    owner_type: str | None
    title: str | None
    condition: str | None
    area_m2: float | None
    availability: Availability
    measure: str | None
    date: dt.date | None
    evidence: Evidence


class SitePage(Out):
    """One page of sites."""

    total: int
    offset: int
    items: list[SiteOut]


# --- where things come from -------------------------------------------------------------------------------------


class LoadOut(Out):
    """One import: read = added + changed + unchanged + rejected + out_of_area.

    `data_date` is the day that the data speak of: 31 December where only the year is known, null where nobody says.
    """

    id: int
    source: str
    files: tuple[str, ...]
    finished: str
    data_date: dt.date | None
    read: int
    added: int
    changed: int
    unchanged: int
    rejected: int
    out_of_area: int
    gone: int


class SourceOut(Out):
    """A source that `land load` knows, and its last import (null: never)."""

    name: str
    title: str
    publisher: str
    licence: str
    address: str
    formats: tuple[str, ...]
    evidence: Evidence
    loaded: LoadOut | None


class KindOut(Out):
    """A kind of partnership."""

    name: str
    title: str
    explanation: str


class RuleOut(Out):
    """A dated rule of eligibility or caution; one known from memory only can warn, never remove."""

    id: str
    applies_to: tuple[str, ...]
    kind: str
    text: str
    legal_basis: str
    certainty: str
    removes: bool
    source: str
    checked_on: dt.date
    valid_from: dt.date | None


class InstrumentOut(Out):
    """A legal form of partnership; weight 1 is the lightest."""

    code: str
    name: str
    serves: tuple[str, ...]
    weight: int
    min_parties: int
    themes: tuple[str, ...]
    sentence: str
    next_step: str
    basis: str
    certainty: str
    source: str
    checked_on: dt.date
    closed: str | None


class Graph(Out):
    """The partner graph as node-link data; `truncated` is true when the limit left nodes out."""

    directed: bool
    multigraph: bool
    truncated: bool
    nodes: list[dict[str, Any]]
    edges: list[dict[str, Any]]


# --- what may come in -------------------------------------------------------------------------------------------


class NewDeclaration(In):
    """What an organisation says of itself; `organisation` is any identifier of it.

    `capacity` is spare capacity, with a quantity of a unit in a period; what is `certified` or `available` has none.
    """

    organisation: Line
    says: Literal["offers", "seeks", "capacity", "certified", "available"]
    what: Annotated[Line, Field(min_length=2)]
    quantity: Amount | None = None
    unit: Annotated[Line, Field(max_length=30)] | None = None
    period: Literal["day", "week", "month", "season", "year"] | None = None
    municipality: IstatCode | None = None
    valid_from: Day | None = None
    valid_until: Day | None = None
    visibility: Visibility = Visibility.RESERVED


class DeclarationMade(Out):
    """The id of a declaration just written; `note` says what its words may cost it, null when nothing."""

    id: str
    note: str | None


class NewCorrection(In):
    """What an organisation says of one of its own fields; it stands beside the official value."""

    organisation: Line
    field: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]
    value: Passage | bool | int | Amount | Annotated[list[Line], Field(max_length=20)]
    visibility: Visibility = Visibility.PUBLIC


class CorrectionMade(Out):
    """The field that now holds the declared value."""

    organisation: str
    field: str
