# SPDX-License-Identifier: EUPL-1.2
"""The nouns that every floor needs: organisations, territory, links, declarations, and where each fact comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType


class Evidence(StrEnum):
    """What kind of knowledge a fact is. The kinds are never mixed up on a page."""

    OFFICIAL = "official"
    DECLARED = "declared"
    INFERRED = "inferred"
    PREDICTED = "predicted"
    DEMONSTRATION = "demonstration"


class Visibility(StrEnum):
    """Who may read a row or a field; a row without one is reserved (deny by default)."""

    PUBLIC = "public"
    FEDERATION = "federation"
    RESERVED = "reserved"


class Audience(StrEnum):
    """Who is reading: the operator on the own machine sees everything, the public only public rows and fields."""

    OPERATOR = "operator"
    PUBLIC = "public"

    def sees(self, visibility: Visibility) -> bool:
        """True when this audience may read a row or field of that visibility."""
        return self is Audience.OPERATOR or visibility is Visibility.PUBLIC


class OrganisationKind(StrEnum):
    """What a body is, as far as partnership goes."""

    COOPERATIVE = "cooperative"
    CONSORTIUM = "consortium"
    PUBLIC_BODY = "public-body"
    THIRD_SECTOR = "third-sector"
    FIRM = "firm"


class BodyType(StrEnum):
    """Kind of public body (DOMAIN c.3, after the S13 and IPA categories)."""

    MUNICIPALITY = "municipality"
    PROVINCE = "province"
    REGION = "region"
    UNION = "union-of-municipalities"
    MOUNTAIN_COMMUNITY = "mountain-community"
    PARK = "park"
    HEALTH = "health"
    CARE = "care-company"
    HOUSING = "housing"
    UNIVERSITY = "university-research"
    SCHOOL = "school"
    CHAMBER = "chamber-of-commerce"
    RECLAMATION = "reclamation-consortium"
    AGENCY = "agency"
    STATE = "state"
    COMPANY = "public-company"
    ORDER = "professional-order"
    OTHER = "other"


class Status(StrEnum):
    """Stage of a body's life (DOMAIN c.3, F05, F10). Only `active` is recommendable without a flag; unknown is None.

    `forming` is a group that means to found a body (costituenda), `newly-formed` one founded within 24 months,
    `in-crisis` what a body says of itself in confidence.
    """

    FORMING = "forming"
    NEW = "newly-formed"
    ACTIVE = "active"
    CRISIS = "in-crisis"
    INACTIVE = "inactive"
    SUSPENDED = "suspended"
    LIQUIDATION = "liquidation"
    COMPULSORY_LIQUIDATION = "compulsory-liquidation"
    COMMISSIONER = "commissioner"
    DISSOLVED = "dissolved"
    CEASED = "ceased"
    MERGED = "merged"


class Precision(StrEnum):
    """How exactly a place is known. A comune-level place is drawn as the comune's symbol, never jittered."""

    POINT = "point"
    MUNICIPALITY = "municipality"
    PROVINCE = "province"
    UNKNOWN = "unknown"


class Availability(StrEnum):
    """The availability ladder of a place. Only `destined` and `offered` places are free to be proposed."""

    UNKNOWN = "unknown"
    SEIZED = "seized"
    CONFISCATED_NOT_FINAL = "confiscated-not-final"
    CONFISCATED_MANAGED = "confiscated-in-management"
    DESTINED = "destined"
    OFFERED = "offered"
    IN_USE = "in-use"
    NOT_AVAILABLE = "not-available"
    IN_DISPUTE = "in-dispute"
    COLLAPSED = "collapsed"


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence to be written at the edge: catalogue key and plain parameters (numbers stay numbers, dates dates)."""

    key: str
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, order=True)
class Identifier:
    """One name that a register gives a body. Schemes: `tax-code`, `vat`, `ipa`, `municipality`, `key:SOURCE`."""

    scheme: str
    value: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where one value comes from. `note` holds the words that led to an inferred value; confidence is 0..1."""

    evidence: Evidence
    source: str
    date: date | None = None
    confidence: float = 1.0
    visibility: Visibility = Visibility.PUBLIC
    note: str = ""


NO_PROVENANCE: Mapping[str, Provenance] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """A body as the store knows it now: the winning value per field; None is "non noto", never zero.

    lon/lat in EPSG:4326 degrees; revenue in euro a year; shares 0..1; `founded` is a year; `sector` an ATECO code of
    `sector_version` ("2007" or "2025"); `chain_stages` are "chain:stage" keys of the shipped chains, `themes` keys of
    the shipped themes. `provenance` maps each known field to where its value comes from.
    """

    id: str
    name: str
    kind: OrganisationKind
    municipality: str | None = None
    province: str | None = None
    lon: float | None = None
    lat: float | None = None
    precision: Precision = Precision.UNKNOWN
    sector: str | None = None
    sector_version: str | None = None
    category: str | None = None
    social_type: str | None = None
    legal_form: str | None = None
    body_type: BodyType | None = None
    status: Status | None = None
    federation: str | None = None
    founded: int | None = None
    employees: int | None = None
    members: int | None = None
    revenue: float | None = None
    prevalent_mutuality: bool | None = None
    third_sector: bool | None = None
    disadvantaged_share: float | None = None
    social_share: float | None = None
    certifications: tuple[str, ...] = ()
    chain_stages: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    purpose: str | None = None
    website: str | None = None
    pec: str | None = None
    demonstration: bool = False
    visibility: Visibility = Visibility.RESERVED
    identifiers: tuple[Identifier, ...] = ()
    provenance: Mapping[str, Provenance] = field(default_factory=lambda: NO_PROVENANCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Participation:
    """One member of one project: who bid together, was awarded together, or belongs together.

    `kind` is `tender` (default), `membership`, `network` or the file's own word; `outcome` `bid`, `awarded` or None.
    Rival groupings of one tender are different projects of one `lot`. Amount in euro.
    """

    project: str
    organisation: str
    lot: str | None = None
    role: str | None = None
    outcome: str | None = None
    date: date | None = None
    kind: str = "tender"
    text: str | None = None
    amount: float | None = None
    buyer: str | None = None
    buyer_municipality: str | None = None
    buyer_id: str | None = None
    source: str = ""
    demonstration: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What an organisation says of itself, until it withdraws it or it expires.

    It `offers` or `seeks` something, has spare `capacity` (a quantity of a unit in a period), is `certified`, or is
    `available` for something that organisations do together.
    """

    id: str
    organisation: str
    says: str
    what: str
    quantity: float | None = None
    unit: str | None = None
    period: str | None = None
    municipality: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    visibility: Visibility = Visibility.RESERVED
    date: date | None = None
    source: str = ""
    evidence: Evidence = Evidence.DECLARED


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What people did by hand to a declaration or an outcome, at a moment (UTC); `before` is what stood there.

    `act` is `edited`, `renewed`, `withdrawn`, `restored` or `undone`; `before` maps names of its fields to their values
    as texts or numbers, empty where nothing was replaced.
    """

    subject: str
    act: str
    moment: datetime
    before: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidOnce:
    """One declaration with its whole story: since when, whether still in force, and what was done to it since.

    `ended` is the day it was withdrawn or its source dropped it; one past its last day is over without an end.
    """

    declaration: Declaration
    said: date
    ended: date | None = None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A building, land or confiscated firm; area in m2.

    `owner_type` is a type, never a private owner's name; `owner` and `assignee` name public bodies or organisations
    only; `use` is what the source says it is used for ("inutilizzato" too); `address` is the place's own.
    """

    id: str
    source: str
    name: str
    kind: str
    category: str | None = None
    subcategory: str | None = None
    municipality: str | None = None
    lon: float | None = None
    lat: float | None = None
    precision: Precision = Precision.UNKNOWN
    owner_type: str | None = None
    title: str | None = None
    condition: str | None = None
    area_m2: float | None = None
    availability: Availability = Availability.UNKNOWN
    measure: str | None = None
    address: str | None = None
    use: str | None = None
    owner: str | None = None
    assignee: str | None = None
    date: date | None = None
    visibility: Visibility = Visibility.RESERVED
    evidence: Evidence = Evidence.OFFICIAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Landmark:
    """A point of heritage (kind `historic-centre`); `name` is a hint where the official name is not known."""

    id: str
    source: str
    kind: str
    municipality: str
    lon: float
    lat: float
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Municipality:
    """A comune as known now: shipped facts, overlaid by what was loaded. `provenance` names the source of each column.

    lon/lat (EPSG:4326) is a point inside the comune, not the town hall; area in km2, altitude in metres, SNAI minutes
    are the publisher's road minutes to the prevailing pole.
    """

    istat: str
    name: str
    province: str
    lon: float
    lat: float
    area_km2: float
    tax_code: str | None = None
    altitude_m: float | None = None
    altitude_zone: int | None = None
    coastal: bool | None = None
    island: bool | None = None
    urbanisation: int | None = None
    snai_class: str | None = None
    snai_minutes: float | None = None
    snai_pole: str | None = None
    snai_area: str | None = None
    provenance: Mapping[str, Provenance] = field(default_factory=lambda: NO_PROVENANCE)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number about one comune in one year (`population`, ...), with its unit and source.

    `told_by` and `licence` are what a row of an own file says of where its number comes from.
    """

    municipality: str
    name: str
    year: int
    value: float
    unit: str
    source: str
    told_by: str | None = None
    licence: str | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """One import as it stands in the store's register; read = added + changed + unchanged + rejected + out_of_area."""

    id: int
    source: str
    files: tuple[str, ...]
    finished: str
    data_date: date | None
    read: int
    added: int
    changed: int
    unchanged: int
    rejected: int
    out_of_area: int
    gone: int


@dataclass(frozen=True, slots=True)
class Rejection:
    """Rows of one import that were refused for one reason (a message key) in one column, and where the first stands."""

    load_id: int
    reason: str
    field: str
    count: int
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Fact:
    """One value that a source ever gave for one field of an organisation; `ended` is None while it still says so.

    `said` and `ended` are the days of the imports (or of the writing on a page), `value` is the field's plain value.
    """

    field: str
    value: object
    provenance: Provenance
    said: date
    ended: date | None = None


@dataclass(frozen=True, slots=True, order=True)
class Area:
    """That one comune belongs to an area of a level (`labour-system`, `district`, any own grouping).

    `detail` is what the source says of the area besides (of a labour system its prevailing specialisation).
    """

    level: str
    code: str
    name: str
    municipality: str
    source: str
    detail: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class SectorTitle:
    """One code of one ATECO version as its publisher words it; `parent` is the code above, None for a section."""

    version: str
    code: str
    parent: str | None
    title_it: str
    title_en: str | None
    source: str


@dataclass(frozen=True, slots=True, order=True)
class Coefficient:
    """How much of what one sector makes goes into one unit of another's output (share 0..1, direct coefficient).

    Sectors are the publisher's codes (`J61`, `C10-C12`).
    """

    from_sector: str
    to_sector: str
    year: int
    value: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call for proposals as read on a day. `state` is what the publisher says; whether it is open is worked out.

    `beneficiaries` are rules in the vocabulary of the sheet of calls, `municipalities` the comuni admitted (none named:
    not limited, or not known). `address` is the publisher's page; amount in euro.
    """

    id: str
    title: str
    body: str | None = None
    opens: date | None = None
    closes: date | None = None
    state: str | None = None
    beneficiaries: tuple[str, ...] = ()
    municipalities: tuple[str, ...] = ()
    instrument: str | None = None
    amount: float | None = None
    address: str | None = None
    read_on: date | None = None
    visibility: Visibility = Visibility.RESERVED
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierRole:
    """A place to be filled in a dossier: `role` in words or by key, `needs` what it requires (`theme:x`, `kind:y`)."""

    id: str
    dossier: str
    role: str
    needs: tuple[str, ...] = ()
    organisation: str | None = None
    state: str = "open"
    resources: str | None = None
    since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierEvent:
    """A line of a dossier's log: what happened on a day, told by an office or role, never by a person's name.

    Of what the service writes down itself, `role` and `organisation` say whom it is about, `changed` which fields.
    `undoable` is true when taking it back restores what was before.
    """

    id: str
    dossier: str
    date: date
    kind: str
    text: str
    by_role: str | None = None
    role: str | None = None
    organisation: str | None = None
    changed: tuple[str, ...] = ()
    undoable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """The unit of real work: territory, need, purpose, roles, instrument, call. `kind`: `dossier`, `table`, `wbo`.

    `call` is the id of a call, whose title `call_title` is while the reader may see it, also when its list no longer
    holds it; or, where our lists never held it, its name. `instrument` is a code of the shipped forms, else a name.
    `act_kind` and `act_title` name the public act or plan that it is tied to.
    """

    id: str
    title: str
    kind: str = "dossier"
    purpose: str | None = None
    need: str | None = None
    municipalities: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    instrument: str | None = None
    call: str | None = None
    call_title: str | None = None
    act_kind: str | None = None
    act_title: str | None = None
    deadline: date | None = None
    status: str = "idea"
    outcome: str | None = None
    objective: str | None = None
    created: date | None = None
    closed: date | None = None
    visibility: Visibility = Visibility.RESERVED
    source: str = ""
    roles: tuple[DossierRole, ...] = ()
    events: tuple[DossierEvent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactOutcome:
    """What became of a suggestion: `suggested`, `contacted`, `met`, `agreed` or `refused`, on a day, by an office.

    `kind` is the kind of partnership; `reason` a word of the short vocabulary of refusals; `mutual` is True when
    neither is to be proposed to the other again.
    """

    id: str
    asker: str
    partner: str
    kind: str
    step: str
    date: date
    reason: str | None = None
    note: str | None = None
    by_role: str | None = None
    mutual: bool = False
    dossier: str | None = None
    objective: str | None = None
    visibility: Visibility = Visibility.RESERVED
