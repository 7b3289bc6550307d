# SPDX-License-Identifier: EUPL-1.2
"""What an importer hands to the store: one outcome per row of a file, and the records that an accepted row makes.

The ledger rests on this: every row of every file becomes exactly one `Accepted`, `Rejected` or `OutOfArea`, and the
store counts an accepted one as added, changed or unchanged by the digest of its records under its key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path

from shapely.geometry.base import BaseGeometry

from data.model import (
    Availability,
    Evidence,
    Identifier,
    Message,
    Precision,
    Visibility,
)


@dataclass(frozen=True, slots=True)
class Assertion:
    """One value of one field of an organisation (a field name of `data.model.Organisation`), with what it rests on."""

    field: str
    value: object
    evidence: Evidence = Evidence.OFFICIAL
    confidence: float = 1.0
    visibility: Visibility = Visibility.PUBLIC
    note: str = ""
    date: date | None = None


@dataclass(frozen=True, slots=True)
class OrganisationRecord:
    """A body as one source sees it. The first identifier is the best; any that the store knows joins the bodies."""

    identifiers: tuple[Identifier, ...]
    assertions: tuple[Assertion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipationRecord:
    """One member of one project. `organisation` is any identifier of it; the store resolves it."""

    project: str
    organisation: Identifier
    lot: str | None = None
    role: str | None = None
    outcome: str | None = None
    date: date | None = None
    kind: str = "tender"
    text: str | None = None
    amount: float | None = None
    buyer: str | None = None
    buyer_municipality: str | None = None
    buyer_identifier: Identifier | None = None
    evidence: Evidence = Evidence.OFFICIAL


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclarationRecord:
    """What an organisation says of itself (`data.model.Declaration`). Reserved unless the row says otherwise."""

    organisation: Identifier
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
    evidence: Evidence = Evidence.DECLARED


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRecord:
    """A place that could live again, as its source describes it."""

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
class LandmarkRecord:
    """A point of heritage."""

    kind: str
    municipality: str
    lon: float
    lat: float
    name: str | None = None


@dataclass(frozen=True, slots=True)
class MunicipalityRecord:
    """Columns of `data.model.Municipality` that a source gives, and figures (name, year, value, unit).

    `told_by` and `licence`: where the figures come from, in a row of an own file that says so.
    """

    istat: str
    columns: Mapping[str, object] = field(default_factory=dict)
    figures: tuple[tuple[str, int, float, str], ...] = ()
    told_by: str | None = None
    licence: str | None = None


@dataclass(frozen=True, slots=True)
class BoundaryRecord:
    """The outline of one comune, EPSG:4326, valid Polygon or MultiPolygon, with the year it holds for."""

    istat: str
    geometry: BaseGeometry
    year: int | None = None


@dataclass(frozen=True, slots=True)
class AreaRecord:
    """That a comune belongs to an area of a level; `detail` as in `data.model.Area`."""

    level: str
    code: str
    name: str
    municipality: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class SectorRecord:
    """One code of one ATECO version ("2007" or "2025") with its titles."""

    version: str
    code: str
    parent: str | None
    title_it: str
    title_en: str | None = None


@dataclass(frozen=True, slots=True)
class CoefficientRecord:
    """One direct input-output coefficient, share 0..1."""

    from_sector: str
    to_sector: str
    year: int
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """A call for proposals; fields as in `data.model.Call`."""

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
    visibility: Visibility = Visibility.PUBLIC


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierRecord:
    """A dossier of an own file; fields as in `data.model.Dossier`. `key` is its id in the file."""

    key: str
    title: str
    kind: str = "dossier"
    purpose: str | None = None
    need: str | None = None
    municipalities: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    instrument: str | None = None
    call: str | None = None
    act_kind: str | None = None
    act_title: str | None = None
    deadline: date | None = None
    status: str = "idea"
    outcome: str | None = None
    objective: str | None = None
    visibility: Visibility = Visibility.FEDERATION


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierRoleRecord:
    """A role of a dossier of an own file (`dossier` is the dossier's key there); no organisation: still open."""

    dossier: str
    role: str
    organisation: Identifier | None = None
    state: str = "open"
    needs: tuple[str, ...] = ()
    resources: str | None = None


Record = (
    OrganisationRecord
    | ParticipationRecord
    | DeclarationRecord
    | SiteRecord
    | LandmarkRecord
    | MunicipalityRecord
    | BoundaryRecord
    | AreaRecord
    | SectorRecord
    | CoefficientRecord
    | CallRecord
    | DossierRecord
    | DossierRoleRecord
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A row that is in order. `key` identifies it inside its source for ever; no record at all is allowed."""

    line: int
    key: str
    records: tuple[Record, ...]
    file: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that is not taken, and why. `value` is cut to 200 characters; `reason` says what is allowed.

    `field` is our name of the column, `heading` what the file calls it, or could call it where it has none.
    """

    line: int
    field: str
    value: str
    reason: Message
    file: str = ""
    heading: str = ""


@dataclass(frozen=True, slots=True)
class OutOfArea:
    """Rows in order that do not concern the territory served: `count` of them, the first at `line`."""

    line: int
    file: str = ""
    count: int = 1


Outcome = Accepted | Rejected | OutOfArea


class Dated(StrEnum):
    """What tells the day that a source's data speak of."""

    ROWS = "rows"
    FILE_NAME = "file-name"
    EDITION = "edition"


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What is said of a source wherever its data appear. `address` is the publisher's page, never opened by us.

    `publisher` and `licence` may say the same in both languages: "italiano / English". `data_date` is the day of the
    one edition that the source means (31 December: its year), None where the publisher has many. `editions`: row keys
    begin with their edition (`2020|...`), and a complete file closes only what stands under its own editions.
    """

    name: str
    title_it: str
    title_en: str
    publisher: str
    licence: str
    address: str = ""
    formats: tuple[str, ...] = (".csv",)
    files: int = 1
    evidence: Evidence = Evidence.OFFICIAL
    dated: Dated = Dated.EDITION
    data_date: date | None = None
    editions: bool = False


FOLLOWING = frozenset(
    {
        "opencoesione-subjects",
        "opencoesione-projects",
        "anac-winners",
        "anac-participants",
        "anac-subcontracts",
        "anac-tenders",
        "pnrr",
    }
)
"""Sources that keep what touches bodies known from elsewhere. What only they tell, and without a comune of Lazio, makes
no further rows ours: else each load would bring in the partners of the partners of the load before."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read a file: headings mapped by the user (ours -> the file's), and where unnamed columns are reported.

    `known_codes` are the tax codes and VAT numbers of bodies that the store holds before the load, those left out that
    only `FOLLOWING` sources tell of: files of the whole country are kept only as far as they touch known bodies.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    notices: list[Message] = field(default_factory=list)
    known_codes: frozenset[str] = frozenset()


Reader = Callable[[Sequence[Path], ReadOptions], Iterator[Outcome]]


@dataclass(frozen=True, slots=True)
class Source:
    """A source that `land load` knows: what it is and how its files become outcomes.

    `read` is a generator of outcomes in file order; it raises `UnreadableFile`, `WrongColumns` or `FileTooLarge` before
    the first outcome or between two, and the store then keeps nothing of the file.
    """

    info: SourceInfo
    read: Reader
