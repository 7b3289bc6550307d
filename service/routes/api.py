# SPDX-License-Identifier: EUPL-1.2
"""The JSON API under /api/v1: the same answers as the pages and the command line, every list and parameter bounded."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, TypeVar

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from starlette.exceptions import HTTPException

from data.errors import InvalidValue, UnknownMunicipality, UnknownOrganisation
from data.lazio.goods import match_goods
from data.lazio.instruments import instruments
from data.lazio.rules import rules
from data.lazio.said import OF_GOODS, kept_words
from data.model import (
    Audience,
    Availability,
    Declaration,
    Figure,
    Identifier,
    Municipality,
    Organisation,
    OrganisationKind,
    Site,
    Status,
)
from data.records import DeclarationRecord
from data.store import Store
from matching.recommend import Filters
from service import corrections
from service.dependencies import ApiWords, HolderNow, RateLimited, SnapshotNow, StoreNow
from service.exports import CSV_TYPE, partners_csv
from service.partners import KINDS, both_sides_in_words, find_partners, partners_in_words
from service.schemas import (
    CorrectionMade,
    DeclarationMade,
    DeclarationOut,
    ErrorBody,
    FactSource,
    FigureOut,
    Found,
    Graph,
    InstrumentOut,
    KindOut,
    LoadOut,
    MunicipalityBrief,
    MunicipalityFull,
    NewCorrection,
    NewDeclaration,
    OrganisationBrief,
    OrganisationFull,
    OrganisationPage,
    ParticipationOut,
    PartnersAnswer,
    PartnersBothAnswer,
    RuleOut,
    SiteOut,
    SitePage,
    SourceOut,
)
from service.search import MAX_QUERY
from service.snapshot import Snapshot
from service.source_list import list_sources

PAGE: Final = 500
MOST_GRAPH_NODES: Final = 20_000
NEWEST_PARTICIPATIONS: Final = 100

ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": ErrorBody, "description": description}
    for status, description in (
        (400, "The request cannot be read."),
        (403, "Not allowed here: a foreign host or page, or a service that is open for reading only."),
        (404, "There is no such thing, or it is not public."),
        (422, "A parameter or field is not allowed."),
        (429, "Asked too often; Retry-After says when to try again."),
        (503, "The store cannot be reached."),
    )
}
WRITE_ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": ErrorBody, "description": description}
    for status, description in (
        (408, "The body did not arrive in time."),
        (413, "The body is too large."),
        (415, "The body is not JSON."),
    )
}

router = APIRouter(prefix="/api/v1", responses=ERRORS)

Limit = Annotated[int, Query(ge=1, le=PAGE, description="How many rows at most.")]
Offset = Annotated[int, Query(ge=0, le=1_000_000, description="How many rows to leave out first.")]
IstatQuery = Annotated[str | None, Query(pattern="^[0-9]{6}$", description="ISTAT code of a comune.")]
ProvinceQuery = Annotated[str | None, Query(pattern="^[A-Z]{2}$", description="Province, two letters.")]
SectorQuery = Annotated[
    str | None, Query(pattern=r"^[0-9]{2}(\.[0-9]{1,2}){0,2}$", description="ATECO code or its start.")
]
CategoryQuery = Annotated[
    str | None, Query(min_length=1, max_length=80, description="Category, as the lists write it.")
]
KindName = Annotated[str, Query(pattern="^[a-z-]{1,40}$", description=f"Kind of partnership: {', '.join(KINDS)}.")]
AnyOrganisation = Annotated[
    str, Path(min_length=1, max_length=200, description="Id or any identifier (tax code, ...).")
]

_Row = TypeVar("_Row")
_OWN_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@router.get("", tags=["about"], summary="What can be asked")
def index(request: Request) -> list[dict[str, str]]:
    """Every address of this API with its method and what it answers."""
    schema = request.app.openapi()
    return [
        {"path": path, "method": method.upper(), "summary": str(operation.get("summary", ""))}
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
    ]


def asked_filters(
    max_km: Annotated[
        float | None, Query(gt=0, le=1_000, allow_inf_nan=False, description="Within so many km.")
    ] = None,
    province: ProvinceQuery = None,
    category: CategoryQuery = None,
    kind_of_partner: OrganisationKind | None = None,
    size: Annotated[Literal["micro", "small", "medium", "large"] | None, Query()] = None,
    sector: SectorQuery = None,
    only_certain: Annotated[bool, Query(description="Use official and declared facts only.")] = False,
    only_new: Annotated[
        bool, Query(description="New contacts only: never worked together, no membership in common, no outcome noted.")
    ] = False,
    rivals: Annotated[
        bool, Query(description="Also those who bid against it for the same lot, which is the rule.")
    ] = True,
) -> Filters:
    """The filters of a list of partners, as asked."""
    return Filters(
        max_km=max_km,
        province=province,
        category=category,
        kind=kind_of_partner,
        size=size,
        sector=sector.replace(".", "") if sector else None,
        only_certain=only_certain,
        only_new=only_new,
        rivals=rivals,
    )


# --- organisations ----------------------------------------------------------------------------------------------


@router.get("/organisations", tags=["organisations"], summary="Organisations, by id")
def organisations(
    snapshot: SnapshotNow,
    kind: OrganisationKind | None = None,
    municipality: IstatQuery = None,
    province: ProvinceQuery = None,
    sector: SectorQuery = None,
    category: CategoryQuery = None,
    status: Status | None = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> OrganisationPage:
    """A page of the organisations that every filter lets through."""
    wanted = {"kind": kind, "municipality": municipality, "province": province, "category": category, "status": status}
    rows = [
        body
        for body in _equal(snapshot.organisations, wanted)
        if sector is None or (body.sector is not None and body.sector.startswith(sector))
    ]
    items = [OrganisationBrief.model_validate(body) for body in rows[offset : offset + limit]]
    return OrganisationPage(total=len(rows), offset=offset, items=items)


@router.get("/organisations/{organisation}", tags=["organisations"], summary="One organisation")
def organisation(organisation: AnyOrganisation, snapshot: SnapshotNow, store: StoreNow) -> OrganisationFull:
    """All that this audience may know of a body, each fact with its source."""
    return _full(snapshot, snapshot.organisation(resolve(snapshot, store, organisation)))


@router.get(
    "/organisations/{organisation}/partners",
    tags=["organisations"],
    summary="Ranked partners with reasons",
    dependencies=[RateLimited],
    responses={200: {"content": {CSV_TYPE: {"schema": {"type": "string"}}}, "description": "Partners, or their CSV."}},
    response_model=PartnersAnswer | PartnersBothAnswer,
)
def partners(
    organisation: AnyOrganisation,
    snapshot: SnapshotNow,
    store: StoreNow,
    words: ApiWords,
    kind: KindName,
    filters: Annotated[Filters, Depends(asked_filters)],
    limit: Annotated[int, Query(ge=1, le=PAGE, description="How many partners at most.")] = 20,
    form: Annotated[Literal["json", "csv"], Query(alias="format", description="json or csv.")] = "json",
    both_sides: Annotated[
        bool, Query(description="Also how each of the first twenty sees it: place and score from its side.")
    ] = False,
) -> PartnersAnswer | PartnersBothAnswer | Response:
    """The object that `land recommend --json` prints."""
    owner = resolve(snapshot, store, organisation)
    found = find_partners(snapshot, owner, kind, limit=limit, filters=filters)
    if form == "csv":
        return _attachment(partners_csv(found, snapshot, words), f"partner-{kind}.csv")
    return (both_sides_in_words if both_sides else partners_in_words)(found, snapshot, words)


def resolve(snapshot: Snapshot, store: Store, text: str) -> str:
    """The id of a body that this audience may see, by any identifier, merged ones too; raises UnknownOrganisation."""
    try:
        return snapshot.resolve(text)
    except UnknownOrganisation:
        found = store.resolve(text) if _may_ask_store(snapshot, text) else None
        if found is None or found not in snapshot.position:
            raise UnknownOrganisation(organisation=text) from None
        return found


def _may_ask_store(snapshot: Snapshot, text: str) -> bool:
    """The public asks the store only for the ids of merged bodies: it knows the keys of private files too."""
    if snapshot.audience is Audience.OPERATOR:
        return text.isprintable()
    return _OWN_ID.fullmatch(text) is not None


def _full(snapshot: Snapshot, body: Organisation) -> OrganisationFull:
    mine = snapshot.participations_by_organisation.get(body.id, ())
    newest = sorted(mine, key=lambda row: (row.date or dt.date.min, row.project), reverse=True)
    said = snapshot.declarations_by_organisation.get(body.id, ())
    return OrganisationFull(
        **_fields(body, OrganisationFull, leave=("facts", "declarations", "participations", "identifiers")),
        identifiers=tuple({"scheme": name.scheme, "value": name.value} for name in body.identifiers),
        facts=_facts(body.provenance),
        declarations=tuple(DeclarationOut.model_validate(row) for row in said),
        participations=tuple(ParticipationOut.model_validate(row) for row in newest[:NEWEST_PARTICIPATIONS]),
    )


def _fields(row: object, shape: type[Any], leave: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in shape.model_fields if name not in leave}


def _facts(provenance: Any) -> dict[str, FactSource]:
    return {name: FactSource.model_validate(where) for name, where in sorted(provenance.items())}


def _equal(rows: Iterable[_Row], wanted: Mapping[str, object]) -> list[_Row]:
    """Rows whose attributes equal the wanted values; None wants nothing."""
    asked = [(name, value) for name, value in wanted.items() if value is not None]
    return [row for row in rows if all(getattr(row, name) == value for name, value in asked)]


def _attachment(text: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(text.encode("utf-8"), media_type=CSV_TYPE, headers=headers)


# --- search, territory, sites -----------------------------------------------------------------------------------


@router.get("/search", tags=["search"], summary="Search by name, tax code or comune", dependencies=[RateLimited])
def search(
    snapshot: SnapshotNow,
    q: Annotated[
        str, Query(min_length=1, max_length=MAX_QUERY, description="A name, slips forgiven; a code; a comune.")
    ],
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> Found:
    """What is most like the text."""
    return Found.model_validate(snapshot.search(q, limit))


@router.get("/municipalities", tags=["territory"], summary="The comuni, by ISTAT code")
def municipalities(snapshot: SnapshotNow, province: ProvinceQuery = None) -> list[MunicipalityBrief]:
    """All comuni, or those of one province."""
    rows = _equal(snapshot.municipalities.values(), {"province": province})
    return [MunicipalityBrief.model_validate(row) for row in rows]


@router.get("/municipalities/{istat}", tags=["territory"], summary="One comune")
def municipality(istat: Annotated[str, Path(pattern="^[0-9]{6}$")], snapshot: SnapshotNow) -> MunicipalityFull:
    """All that we know of a comune, each column with its source."""
    row: Municipality | None = snapshot.municipalities.get(istat)
    if row is None:
        raise UnknownMunicipality(municipality=istat)
    figures = snapshot.once("figures-by-comune", lambda: _figures_by_comune(snapshot.figures))
    return MunicipalityFull(
        **_fields(row, MunicipalityFull, leave=("facts", "figures")),
        facts=_facts(row.provenance),
        figures=figures.get(istat, []),
    )


def _figures_by_comune(figures: Iterable[Figure]) -> dict[str, list[FigureOut]]:
    grouped: dict[str, list[FigureOut]] = {}
    for figure in figures:
        grouped.setdefault(figure.municipality, []).append(FigureOut.model_validate(figure))
    return grouped


@router.get("/sites", tags=["territory"], summary="Places that could live again, by id")
def sites(
    snapshot: SnapshotNow,
    municipality: IstatQuery = None,
    kind: CategoryQuery = None,
    availability: Availability | None = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> SitePage:
    """A page of the sites that every filter lets through."""
    rows: list[Site] = _equal(
        snapshot.sites, {"municipality": municipality, "kind": kind, "availability": availability}
    )
    items = [SiteOut.model_validate(row) for row in rows[offset : offset + limit]]
    return SitePage(total=len(rows), offset=offset, items=items)


# --- about the data ---------------------------------------------------------------------------------------------


@router.get("/sources", tags=["about"], summary="Every source and its last import")
def sources(snapshot: SnapshotNow, words: ApiWords) -> list[SourceOut]:
    """Publisher, licence, official address, format, and how old ours is."""
    return list_sources(snapshot.loads, words.language)


@router.get("/loads", tags=["about"], summary="The register of imports, newest first")
def loads(snapshot: SnapshotNow, limit: Limit = 100, offset: Offset = 0) -> list[LoadOut]:
    """Imports with their account of rows."""
    rows = sorted(snapshot.loads, key=lambda load: -load.id)[offset : offset + limit]
    return [LoadOut.model_validate(row) for row in rows]


@router.get("/kinds", tags=["about"], summary="Kinds of partnership")
def kinds(words: ApiWords) -> list[KindOut]:
    """Each kind with its name and one sentence."""
    return [
        KindOut(name=name, title=words.text(f"partnership.{name}"), explanation=words.text(f"partnership.{name}.about"))
        for name in KINDS
    ]


@router.get("/rules", tags=["about"], summary="The dated rules that decide or warn")
def list_rules(words: ApiWords) -> list[RuleOut]:
    """Each rule with its source, how sure we are of it, and the day it was last read."""
    return [
        RuleOut(**_fields(row, RuleOut, leave=("text",)), text=row.text_it if words.language == "it" else row.text_en)
        for row in rules()
    ]


@router.get("/instruments", tags=["about"], summary="The legal forms of partnership")
def list_instruments(words: ApiWords) -> list[InstrumentOut]:
    """Each form with what it serves, the lightest ones marked 1."""
    italian = words.language == "it"
    return [
        InstrumentOut(
            **_fields(row, InstrumentOut, leave=("name", "sentence", "next_step")),
            name=row.name_it if italian else row.name_en,
            sentence=row.sentence_it if italian else row.sentence_en,
            next_step=row.next_it if italian else row.next_en,
        )
        for row in instruments()
    ]


@router.get("/graph", tags=["graph"], summary="The partner graph as node-link data", dependencies=[RateLimited])
def graph(
    snapshot: SnapshotNow,
    store: StoreNow,
    organisation: Annotated[
        str | None, Query(min_length=1, max_length=200, description="Only around this one.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_GRAPH_NODES, description="How many nodes at most.")] = 2_000,
) -> Graph:
    """Nodes and edges that this audience may see; around one organisation, those up to two steps away."""
    whole = snapshot.index.graph
    nodes = list(whole)
    if organisation is not None:
        nodes = _around(whole, f"organisation:{resolve(snapshot, store, organisation)}")
    kept = set(nodes[:limit])
    return Graph(
        directed=False,
        multigraph=True,
        truncated=len(nodes) > limit,
        nodes=[{**whole.nodes[node], "id": node} for node in nodes[:limit]],
        edges=[
            {**attributes, "source": a, "target": b}
            for a, b, attributes in whole.edges(nodes[:limit], data=True)
            if a in kept and b in kept
        ],
    )


def _around(whole: Any, start: str) -> list[str]:
    near = sorted(set(whole[start]) - {start})
    further = {other for node in near for other in whole[node] if not node.startswith(("municipality:", "sector:"))}
    return [start, *near, *sorted(further - {start, *near})]


# --- what the operator writes -----------------------------------------------------------------------------------


@router.post(
    "/declarations", status_code=201, tags=["declarations"], summary="State an offer or a need", responses=WRITE_ERRORS
)
def declare(
    said: NewDeclaration, snapshot: SnapshotNow, store: StoreNow, holder: HolderNow, words: ApiWords
) -> DeclarationMade:
    """Writes a declaration; what comes after sees it."""
    body = snapshot.organisation(resolve(snapshot, store, said.organisation))
    if said.municipality is not None and said.municipality not in snapshot.municipalities:
        raise UnknownMunicipality(municipality=said.municipality)
    _check_period(said.valid_from, said.valid_until, snapshot.today)
    for field, text in (("what", said.what), ("unit", said.unit or "")):
        corrections.refuse_persons(field, text, body.name)
    values = said.model_dump(exclude={"organisation"}) | {"what": kept_words(said.says, said.what)}
    if said.says not in OF_GOODS:
        values |= {"quantity": None, "unit": None, "period": None}
    record = DeclarationRecord(organisation=identifier_of(body), date=snapshot.today, **values)
    made = store.declare(record)
    holder.fresh()
    known = said.says not in OF_GOODS or match_goods(record.what)
    note = None if known else words.text("declaration.own-words", what=said.what)
    return DeclarationMade(id=made, note=note)


def _check_period(begins: dt.date | None, ends: dt.date | None, today: dt.date) -> None:
    """Raises InvalidValue when it would already be over, or over before it begins."""
    earliest = max(today, begins or today)
    if ends is not None and ends < earliest:
        raise InvalidValue(field="valid_until", value="", allowed=f">= {earliest.isoformat()}")


def identifier_of(body: Organisation) -> Identifier:
    """The identifier by which a record names a body."""
    if not body.identifiers:
        raise UnknownOrganisation(organisation=body.id)
    return body.identifiers[0]


@router.delete(
    "/declarations/{declaration}",
    status_code=204,
    tags=["declarations"],
    summary="Withdraw a declaration",
    responses=WRITE_ERRORS,
)
def withdraw(
    declaration: Annotated[str, Path(pattern="^[A-Za-z0-9:._-]{1,100}$")],
    snapshot: SnapshotNow,
    store: StoreNow,
    holder: HolderNow,
) -> None:
    """Ends a declaration; it stays in the history."""
    mine: set[str] = snapshot.once("declaration-ids", lambda: _ids(snapshot.declarations))
    if declaration not in mine or not store.withdraw(declaration):
        raise HTTPException(404)
    holder.fresh()


def _ids(rows: Iterable[Declaration]) -> set[str]:
    return {row.id for row in rows}


@router.post(
    "/corrections", status_code=201, tags=["declarations"], summary="Correct or add a fact", responses=WRITE_ERRORS
)
def correct(said: NewCorrection, snapshot: SnapshotNow, store: StoreNow, holder: HolderNow) -> CorrectionMade:
    """Writes what an organisation says of itself, beside what the registers say."""
    owner = resolve(snapshot, store, said.organisation)
    name = snapshot.organisation(owner).name
    corrections.apply(store, owner, said.field, said.value, said.visibility, name=name)
    holder.fresh()
    return CorrectionMade(organisation=owner, field=said.field)


@router.delete(
    "/corrections/{organisation}/{field}",
    status_code=204,
    tags=["declarations"],
    summary="Take back a correction",
    responses=WRITE_ERRORS,
)
def take_back(
    organisation: AnyOrganisation,
    field: Annotated[str, Path(pattern="^[a-z_]{1,40}$", description="The field that was corrected.")],
    snapshot: SnapshotNow,
    store: StoreNow,
    holder: HolderNow,
) -> None:
    """What the registers say of the field stands again, or nothing; the correction stays in the history."""
    if not corrections.withdraw(store, resolve(snapshot, store, organisation), field):
        raise HTTPException(404)
    holder.fresh()
