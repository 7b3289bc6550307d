# SPDX-License-Identifier: EUPL-1.2
"""What if one more thing were known of a body: likely values of a missing datum, and the index as it would then be.

Nothing supposed here is ever shown as a fact: it only measures what knowing it would change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import scipy.sparse as sp

from data.lazio.said import OFFERS, SEEKS
from data.model import Declaration, Evidence, Message, Organisation, OrganisationKind, Provenance
from matching.alike import carried
from matching.columns import Columns, Flags, Floats, Ints, Value, anything, build_columns, only_certain
from matching.features.needs import good_words
from matching.fields import FIELD_NAMES, fields_of_sector
from matching.graph import PartnerIndex
from matching.kinds import Partnership
from matching.question import Question
from matching.supposed import certain

MOST_VALUES: Final = 6
ENOUGH_PEERS: Final = 10  # fewer known values among those most alike, and the wider circle is asked
READ: Final = 0.5  # from here a field of work was read from words of work

_SIZES: Final = (10, 50, 250)
_SUPPOSED: Final = "what-if"  # id of a declaration that nobody made
_UNTOUCHED: Final = ("place_names", "standings", "_stage_rows", "certain_columns")  # by a declaration
_CODED: Final = frozenset({"province", "category", "federation", "sector", "standing", "certifications"})


@dataclass(frozen=True, slots=True)
class Supposition:
    """One value that a datum could have, and how common it is, 0..1, among the bodies it was taken from.

    The value is an ATECO code with its version, an ISTAT code, words of a list, a number of employees, or for
    declarations what is said (offers, seeks) and the good.
    """

    datum: str
    value: Any
    share: float = 0.0

    @property
    def words(self) -> object:
        """The value as a reader will see it; a comune still by its code."""
        if self.datum == "declarations":
            says, good = self.value
            return Message(f"what-if.{says}", {"cosa": good_words([good])})
        return self.value[0] if self.datum == "sector" else self.value


def is_known(question: Question, name: str, row: int | None = None) -> bool:
    """True when a datum of the asker (or of another row) is told, or says nothing of a body of its kind."""
    row = question.asker if row is None else row
    body = question.organisation(row)
    if name == "declarations":
        return bool(question.index.declarations[row])
    if name == "social_type" and question.columns.social[row] != 1:
        return True  # only social cooperatives have a type
    if name == "sector" and body.kind is OrganisationKind.PUBLIC_BODY:
        return True  # what a body is there for follows from its type
    column = {"municipality": question.columns.place, "sector": question.columns.sector}.get(name)
    return certain(body, name) is not None and (column is None or bool(column[row] >= 0))


# --- likely values ----------------------------------------------------------------------------------------------


def likely_values(
    question: Question, row: int, datum: str, kind: Partnership, *, toward: int | None = None, most: int = MOST_VALUES
) -> tuple[Supposition, ...]:
    """The commonest values of a datum among known bodies like the one in `row`, at most so many, the commonest first;
    none where nobody's value is known. With `toward`, first of all those that would bring it nearer to that row.
    """
    counted = _LIKELY[datum](question, row, kind)
    whole = sum(counted.values())
    found = [Supposition(datum, value, n / whole) for value, n in sorted(counted.items(), key=_commonest)]
    if toward is not None:
        wanted = dict.fromkeys(_nearer(question, row, datum, toward))
        first = [Supposition(datum, value) for value in wanted]
        found = [*first, *(each for each in found if each.value not in wanted)]
    return tuple(found[:most])


def _commonest(counted: tuple[Any, int]) -> tuple[int, str]:
    return (-counted[1], str(counted[0]))


def _nearer(question: Question, row: int, datum: str, toward: int) -> Iterable[Any]:
    index, other = question.index, question.organisation(toward)
    if datum == "declarations":
        sought, offered = (_goods_of(index, matrix, toward) for matrix in (index.seeks, index.products))
        return [*((OFFERS, good) for good in sought), *((SEEKS, good) for good in offered)]
    value = _value(other, datum)
    return [] if value is None or row == toward else [value]


def _goods_of(index: PartnerIndex, matrix: sp.csr_array, row: int) -> list[str]:
    return [index.goods[place] for place in matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]]


def _value(body: Organisation, datum: str) -> Any:
    if datum == "sector":
        return (body.sector, body.sector_version or "2007") if body.sector else None
    return getattr(body, datum)


def _among_peers(datum: str) -> Callable[[Question, int, Partnership], Counter[Any]]:
    def count(question: Question, row: int, _kind: Partnership) -> Counter[Any]:
        columns = question.columns
        code = _codes(columns, datum)
        alike = (columns.kind == columns.kind[row]) & (code >= 0)
        alike[row] = False
        here = alike & (columns.province == columns.province[row]) & (columns.province[row] >= 0)
        told = ~_supposed(columns, datum)
        for circle in (here & told, here, alike & told):
            if np.count_nonzero(circle) >= ENOUGH_PEERS:
                return _counted(question, np.flatnonzero(circle), code, datum)
        return _counted(question, np.flatnonzero(alike), code, datum)

    return count


def _codes(columns: Columns, datum: str) -> Ints:
    """Equal numbers for equal values of a datum, negative where it is not known."""
    if datum == "employees":
        return np.where(np.isnan(columns.scale), -1, 0)
    if datum == "social_type":
        return np.where(columns.social_type > 0, columns.social_type, -1)
    return np.asarray(getattr(columns, {"municipality": "place"}.get(datum, datum)), dtype=np.int64)


def _supposed(columns: Columns, datum: str) -> Flags:
    marks = {"sector": columns.supposed_sector, "social_type": columns.supposed_type}
    return marks.get(datum, np.zeros(len(columns.kind), dtype=bool))


def _counted(question: Question, rows: Ints, code: Ints, datum: str) -> Counter[Any]:
    """How often each value is known; a number of employees stands for itself."""
    if datum == "employees":
        return Counter(found for row in rows if (found := question.organisation(int(row)).employees) is not None)
    _, first, times = np.unique(code[rows], return_index=True, return_counts=True)
    values = (_value(question.organisation(int(rows[place])), datum) for place in first)
    return Counter({value: int(n) for value, n in zip(values, times, strict=True) if value is not None})


def _sectors(question: Question, row: int, kind: Partnership) -> Counter[Any]:
    """Codes of peers, those in the body's own fields of work where words tell them."""
    counted = _among_peers("sector")(question, row, kind)
    sure = question.columns.fields[row]
    own = {name for place, name in enumerate(FIELD_NAMES) if sure[place] >= READ}
    within = Counter({value: n for value, n in counted.items() if own.intersection(fields_of_sector(value[0]))})
    return within or counted


def _employees(question: Question, row: int, kind: Partnership) -> Counter[Any]:
    """The middle number of employees of each class of size."""
    numbers = sorted(_among_peers("employees")(question, row, kind).elements())
    classes: dict[int, list[int]] = {}
    for number in numbers:
        classes.setdefault(sum(number >= limit for limit in _SIZES), []).append(number)
    return Counter({each[len(each) // 2]: len(each) for each in classes.values()})


def _declared(question: Question, _row: int, _kind: Partnership) -> Counter[Any]:
    """What most candidates seek (to be offered) and what most of them offer or make (to be sought)."""
    index = question.index
    counted: Counter[Any] = Counter()
    for says, matrix in ((OFFERS, index.seeks), (SEEKS, index.products)):
        amounts = np.asarray(matrix[question.rows].sum(axis=0)).ravel()
        best = np.argsort(-amounts, kind="stable")[:MOST_VALUES]
        counted.update({(says, index.goods[place]): int(amounts[place]) for place in best if amounts[place] > 0})
    return counted


_LIKELY: Final[Mapping[str, Callable[[Question, int, Partnership], Counter[Any]]]] = MappingProxyType(
    {
        "sector": _sectors,
        "declarations": _declared,
        "municipality": _among_peers("municipality"),
        "category": _among_peers("category"),
        "social_type": _among_peers("social_type"),
        "employees": _employees,
        "federation": _among_peers("federation"),
    }
)
DATA: Final = tuple(_LIKELY)
"""The data of which likely values can be told."""


# --- the index as it would be -----------------------------------------------------------------------------------


def suppose(index: PartnerIndex, row: int, supposition: Supposition) -> PartnerIndex:
    """The index as if the body in a row had declared this; everything else is as it was, and shared."""
    if supposition.datum == "declarations":
        return _saying(index, row, *supposition.value)
    body = _declaring(index.organisations[row], supposition, index)
    bodies = (*index.organisations[:row], body, *index.organisations[row + 1 :])
    made = replace(index, organisations=bodies, columns=_with_body(index.columns, index, row, body, sure=False))
    if "certain_columns" in vars(index):
        vars(made)["certain_columns"] = _with_body(index.certain_columns, index, row, body, sure=True)
    _keep(index, made)
    made.take_over(index)
    carried(index, made, row)
    return made


def _keep(index: PartnerIndex, made: PartnerIndex) -> None:
    """What the index has already worked out stays worked out; the supposed one may stand at stages of its own."""
    known, kept = vars(index), vars(made)
    if "place_names" in known:
        kept["place_names"] = known["place_names"]
    used = [columns for columns in (made.columns, kept.get("certain_columns")) if columns is not None]
    standings = {standing for columns in used for standing in columns.standings}
    before = known.get("standings", ())
    kept["standings"] = tuple(sorted(standings.union(before)))
    if kept["standings"] == before and "_stage_rows" in known:
        kept["_stage_rows"] = known["_stage_rows"]


def _declaring(body: Organisation, supposition: Supposition, index: PartnerIndex) -> Organisation:
    datum, value = supposition.datum, supposition.value
    told: dict[str, Any] = {datum: value}
    if datum == "sector":
        told = {"sector": value[0], "sector_version": value[1]}
    elif datum == "municipality":
        told["province"] = next((each.province for each in index.organisations if each.municipality == value), None)
    sure = Provenance(Evidence.DECLARED, _SUPPOSED, None)
    return replace(body, **told, provenance={**body.provenance, **dict.fromkeys(told, sure)})


def _with_body(columns: Columns, index: PartnerIndex, row: int, body: Organisation, *, sure: bool) -> Columns:
    """The columns with one row as the body makes it; lists of codes grow by what they lack."""
    value = only_certain if sure else anything
    places = {istat: position for position, istat in enumerate(index.municipalities)}
    texts = tuple(sorted({each.text for each in index.links.participations[row] if each.text}))
    alone = build_columns([body], places, [texts], index.knowledge.division, value)
    changed: dict[str, Any] = {}
    for each in fields(Columns):
        column = getattr(columns, each.name)
        if isinstance(column, np.ndarray) and each.name not in _CODED:
            changed[each.name] = _set(column, row, getattr(alone, each.name)[0])
    for name, listed in (("sector", "sectors"), ("standing", "standings"), ("province", "provinces")):
        names, code = _code(getattr(columns, listed), getattr(alone, listed))
        changed[listed], changed[name] = names, _set(getattr(columns, name), row, code)
    for name in ("category", "federation"):
        changed[name] = _set(getattr(columns, name), row, _code_of_another(columns, index, row, body, name, value))
    return replace(columns, **changed)


def _set(column: Any, row: int, value: Any) -> Any:
    copied = column.copy()
    copied[row] = value
    return copied


def _code(names: tuple[Any, ...], own: tuple[Any, ...]) -> tuple[tuple[Any, ...], int]:
    """The list of names with the body's own one, and its place there; -1 where it has none."""
    if not own:
        return names, -1
    names = names if own[0] in names else (*names, own[0])
    return names, names.index(own[0])


def _code_of_another(
    columns: Columns,
    index: PartnerIndex,
    row: int,
    body: Organisation,
    name: str,
    value: Value,
) -> int:
    """The code of a name that stands in no list: that of another body of the same name, else a new one."""
    column, own = getattr(columns, name), value([body], name)[0]
    if own is None:
        return -1
    if value([index.organisations[row]], name)[0] == own:
        return int(column[row])
    same = (place for place, each in enumerate(index.organisations) if getattr(each, name) == own)
    return next((int(column[place]) for place in same if column[place] >= 0), int(column.max(initial=-1)) + 1)


def _saying(index: PartnerIndex, row: int, says: str, good: str) -> PartnerIndex:
    """The index as if a body offered or sought a good that somebody speaks of."""
    said = Declaration(id=_SUPPOSED, organisation=index.organisations[row].id, says=says, what=good, source="")
    declarations = list(index.declarations)
    declarations[row] = (*declarations[row], said)
    changed: dict[str, Any] = {
        "declarations": tuple(declarations),
        "declared_goods": {**index.declared_goods, _SUPPOSED: (good,)},
    }
    for name in ("seeks",) if says == SEEKS else ("offers", "products"):
        changed[name] = _with_one(getattr(index, name), row, index.goods.index(good))
    made = replace(index, **changed)
    for name in _UNTOUCHED:
        if name in vars(index):
            vars(made)[name] = vars(index)[name]
    made.take_over(index)
    return made


def _with_one(matrix: sp.csr_array, row: int, column: int) -> sp.csr_array:
    one: Floats = np.ones(1)
    grown = sp.csr_array(matrix + sp.csr_array((one, ([row], [column])), shape=matrix.shape))
    grown.data = np.minimum(grown.data, 1.0)
    return grown
