# SPDX-License-Identifier: EUPL-1.2
"""The partner graph as a networkx graph, which people see and export (GraphML, node-link JSON)."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import networkx as nx

from data.lazio.said import OFFERS, SEEKS
from data.model import Organisation
from matching.links import BELONGING

if TYPE_CHECKING:
    from matching.graph import PartnerIndex


def to_networkx(index: PartnerIndex) -> nx.MultiGraph:
    """The partner graph as a MultiGraph, nodes and edges added in sorted order.

    Node kinds (attribute `kind`; the key carries the kind so that codes never collide):
    - `organisation` ("organisation:ID"): name, organisation_kind, municipality, province, sector, demonstration;
    - `project` ("project:ID"): project_kind, date, won (one node per grouping or membership group);
    - `municipality` ("municipality:ISTAT") and `sector` ("sector:VERSION:CODE").
    Edge kinds (attribute and key `kind`):
    - `participates` organisation - project (role, outcome, source); `bought` buyer - project;
    - `located-in` organisation - municipality; `works-in` organisation - sector (evidence);
    - `offers` (spare capacity too) and `seeks` organisation - municipality where the thing is (or was said for), else a
      self-loop (what); `agreed` organisation - organisation (partnership, date, evidence "declared").
    Only what the index holds: an index made for the public gives a public graph. Unknown attributes are left out.
    """
    graph: nx.MultiGraph = nx.MultiGraph(name="L.A.N.D.")
    for istat in index.municipalities:
        graph.add_node(f"municipality:{istat}", kind="municipality")
    for version, code in sorted((version, code) for code, version in index.columns.sectors):
        graph.add_node(f"sector:{version}:{code}", kind="sector", code=code, version=version)
    for row, body in enumerate(index.organisations):
        _add_organisation(graph, index, row, body)
    for row, body in enumerate(index.organisations):
        _add_projects(graph, index, row, body)
        _add_declarations(graph, index, row, body)
    for asker, partner, kind, day in index.agreed:
        ends = (f"organisation:{asker}", f"organisation:{partner}")
        said = {"partnership": kind, "date": day.isoformat(), "evidence": "declared"}
        graph.add_edge(*ends, key=f"agreed:{asker}:{kind}:{day}", kind="agreed", **said)
    return graph


def _add_organisation(graph: nx.MultiGraph, index: PartnerIndex, row: int, body: Organisation) -> None:
    node = f"organisation:{body.id}"
    described = {"municipality": body.municipality, "province": body.province, "sector": body.sector}
    graph.add_node(
        node,
        kind="organisation",
        name=body.name,
        organisation_kind=body.kind.value,
        demonstration=body.demonstration,
        **{name: value for name, value in described.items() if value is not None},
    )
    if index.columns.place[row] >= 0:
        graph.add_edge(node, f"municipality:{body.municipality}", key="located-in", kind="located-in")
    if index.columns.sector[row] >= 0:
        code, version = index.columns.sectors[index.columns.sector[row]]
        provenance = body.provenance.get("sector")
        evidence = {"evidence": provenance.evidence.value} if provenance else {}
        graph.add_edge(node, f"sector:{version}:{code}", key="works-in", kind="works-in", **evidence)


def _add_projects(graph: nx.MultiGraph, index: PartnerIndex, row: int, body: Organisation) -> None:
    node = f"organisation:{body.id}"
    for each in index.links.participations[row]:
        project = f"project:{each.project}"
        attributes: dict[str, object] = {"project_kind": each.kind}
        if each.date is not None:
            attributes["date"] = each.date.isoformat()
        if each.kind not in BELONGING:
            attributes["won"] = each.outcome == "awarded"
        graph.add_node(project, kind="project", **attributes)
        said = {"role": each.role, "outcome": each.outcome, "source": each.source or None}
        known = {name: value for name, value in said.items() if value is not None}
        graph.add_edge(node, project, key="participates", kind="participates", **known)
    for project in sorted({each.project for each in index.links.as_buyer[row]}):
        graph.add_node(f"project:{project}", kind="project")
        graph.add_edge(node, f"project:{project}", key="bought", kind="bought")


def _add_declarations(graph: nx.MultiGraph, index: PartnerIndex, row: int, body: Organisation) -> None:
    node = f"organisation:{body.id}"
    places = set(index.municipalities)
    for each in index.declarations[row]:
        place = each.municipality or body.municipality
        target = f"municipality:{place}" if place in places else node
        kind = SEEKS if each.says == SEEKS else OFFERS
        graph.add_edge(node, target, key=f"{kind}:{each.id}", kind=kind, what=each.what)


def graphml_bytes(index: PartnerIndex) -> bytes:
    """The graph as GraphML (UTF-8), readable by Gephi, yEd and networkx."""
    target = io.BytesIO()
    nx.write_graphml(index.graph, target, encoding="utf-8", prettyprint=False)
    return target.getvalue()


def node_link(index: PartnerIndex) -> dict[str, Any]:
    """The graph as node-link data: {directed, multigraph, graph, nodes: [...], edges: [...]}, plain values only."""
    return dict(nx.node_link_data(index.graph, edges="edges"))
