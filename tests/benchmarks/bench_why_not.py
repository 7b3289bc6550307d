"""How long the pages' questions about a list of partners take on a store of real size.

Run by name: `pytest tests/benchmarks/bench_why_not.py -s`. Figures are printed; what is asserted is the limit that the
page promises for the missing datum, and that the other side of ten rows costs no more than ten rankings.
"""

import statistics
import time
from datetime import date

import numpy as np
import pytest

from data.lazio import municipalities
from data.model import Audience, OrganisationKind
from data.sources import source
from data.store import open_store
from matching.candidates import NO_FILTERS, possible_rows
from matching.graph import PartnerIndex, build_index
from matching.kinds import PARTNERSHIPS, partnership
from matching.missing_datum import missing_data
from matching.reciprocity import other_sides
from matching.recommend import not_for, ranking, recommend
from matching.why_not import explain_absence

TODAY = date(2026, 11, 22)
FILES = {
    "cinque-per-mille": ["cinque_per_mille_2022_lazio.csv"],
    "ipa": ["ipa_enti_lazio.csv"],
    "organisations": ["tender_groupings/organisations.csv"],
    "participations": ["tender_groupings/participations.csv"],
}
ASKED = 8
MISSING_SECONDS = 0.3


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, shared_data) -> PartnerIndex:
    """The index of the public registers and the tenders."""
    store = open_store(tmp_path_factory.mktemp("bench") / "land.sqlite")
    for name, files in FILES.items():
        store.load(source(name), [shared_data / file for file in files])
    places = sorted(municipalities(), key=lambda each: each.istat)
    lon, lat = (np.radians([getattr(each, name) for each in places]) for name in ("lon", "lat"))
    half = np.sin((lat[:, None] - lat) / 2) ** 2
    half += np.cos(lat)[:, None] * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    km = (2 * 6371 * np.arcsin(np.sqrt(half))).astype(np.float32)
    made = build_index(
        store.organisations(Audience.OPERATOR), store.participations(Audience.OPERATOR), (),
        tuple(each.istat for each in places), km,
    )  # fmt: skip
    store.close()
    return made


def asked(index: PartnerIndex, kind: str) -> list[str]:
    """A few cooperatives with history that may ask for this kind, spread over the list."""
    entry = partnership(kind)
    may = [
        body.id
        for row, body in enumerate(index.organisations)
        if body.kind is OrganisationKind.COOPERATIVE and index.links.degree[row] and not not_for(index, row, entry)
    ]
    return may[:: max(1, len(may) // ASKED)][:ASKED]


def seconds(act) -> float:
    """Processor time of an act."""
    started = time.process_time()
    act()
    return time.process_time() - started


@pytest.mark.parametrize("kind", PARTNERSHIPS)
def test_questions_about_a_list(index: PartnerIndex, kind: str):
    entry, ids = partnership(kind), asked(index, kind)
    missing_data(index, ids[0], kind, today=TODAY)
    took = {"ranking": [], "missing": [], "sides": [], "why not": []}
    for each in ids:
        row = index.row(each)
        took["ranking"].append(seconds(lambda row=row: ranking(index, row, entry, NO_FILTERS, TODAY)))
        took["missing"].append(seconds(lambda each=each: missing_data(index, each, kind, today=TODAY)))
        rows = recommend(index, each, kind, limit=10, today=TODAY).recommendations
        shown = [(place, one.partner) for place, one in enumerate(rows, start=1)]
        took["sides"].append(seconds(lambda each=each, shown=shown: other_sides(index, each, shown, kind, today=TODAY)))
        rows_of_kind = possible_rows(index, row, entry)
        other = index.organisations[int(rows_of_kind[len(rows_of_kind) // 2])].id
        took["why not"].append(
            seconds(lambda each=each, other=other: explain_absence(index, each, other, kind, today=TODAY))
        )
    told = ", ".join(f"{name} {1000 * statistics.median(found):.0f} ms" for name, found in took.items())
    print(f"\n{kind}, {len(index.organisations)} bodies: {told}")
    assert statistics.median(took["missing"]) <= MISSING_SECONDS
