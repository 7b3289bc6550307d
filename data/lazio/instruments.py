# SPDX-License-Identifier: EUPL-1.2
"""Forms that a partnership can take, and which of them are open to two organisations, the surest and lightest first.

A form is closed to a pair only by what is known: a party of a wrong kind, or a rule that fails. What is not known
leaves it open, "to-verify". A few forms would be silly almost everywhere (a producer organisation of two care
cooperatives): they are named only where a sign speaks for them. The tool names a potential audience; people and public
procedures decide. Not legal advice.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

from data.errors import InvalidValue, UnknownKind
from data.lazio.facts import Facts, checked_facts
from data.lazio.predicates import State, Truth, Verdict, all_of, any_of, is_social
from data.lazio.rules import Certainty, Rule, rules_for
from data.model import BodyType, OrganisationKind

Side = Literal["a", "b", "pair"]
AtHome = Literal["one", "each"]

PARTNERSHIP_KINDS = ("aggregation", "supply-chain", "public-private")
NO_FACTS: Facts = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One form of partnership. `weight` 1 is lightest; `bodies` None needs no public body, empty takes any.

    `closed` is the month (2022-11) since which nobody can ask for it.
    `themes` and `unfit` are undotted ATECO prefixes where the form is, or is not, at home, `fields` the fields of work
    where it is: they order, never remove. `at_home` names the form only where one party, or each, is at home in it;
    `last` puts it after every other, as the end of a path. A `social` form is out of place for bodies that are no
    third-sector bodies nor social cooperatives, as far as one can see: that too orders and never removes.
    """

    code: str
    name_it: str
    name_en: str
    serves: tuple[str, ...]
    weight: int
    parties: frozenset[OrganisationKind]
    bodies: frozenset[BodyType] | None
    min_parties: int
    themes: tuple[str, ...]
    unfit: tuple[str, ...]
    sentence_it: str
    sentence_en: str
    next_it: str
    next_en: str
    basis: str
    certainty: Certainty
    source: str
    checked_on: date
    closed: str | None = None
    fields: tuple[str, ...] = ()
    at_home: AtHome | None = None
    last: bool = False
    social: bool = False


@dataclass(frozen=True, slots=True)
class Caution:
    """A sentence that always stands, in two languages."""

    it: str
    en: str


@dataclass(frozen=True, slots=True)
class RuleCheck:
    """A rule as decided for one side of a pair, or for the pair."""

    rule: Rule
    side: Side
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class InstrumentVerdict:
    """A form of partnership for one pair: "passed" (open), "to-verify" (open, flagged) or "failed" (closed).

    `checks` are the deciding rules, failed ones too; `warnings` the rules to keep in mind; `boosts` those that speak
    for it; `fits` says whether the form is in its place in the sector of either side (None when no sector is known).
    `home` is true when a sector or a field of work is seen to be the form's own; `named` is false where the form waits
    for a sign (see `Instrument.at_home`) and there is none.
    """

    instrument: Instrument
    state: State
    checks: tuple[RuleCheck, ...]
    warnings: tuple[RuleCheck, ...] = ()
    boosts: tuple[RuleCheck, ...] = ()
    fits: bool | None = None
    home: bool = False
    named: bool = True

    @property
    def sureness(self) -> int:
        """0 open, 1 some requirement is known to be met, 2 none is.

        To verify also counts as 0 where a rule speaks for the form and half of its requirements are met.
        """
        if self.state == "passed":
            return 0
        met = sum(check.verdict.state == "passed" for check in self.checks)
        return 0 if self.boosts and 2 * met >= len(self.checks) else 1 if met else 2


@lru_cache(maxsize=1)
def instruments() -> tuple[Instrument, ...]:
    """Every form of partnership that we ship, closed ones too, in the order of the table."""
    return tuple(_instrument(row) for row in _table()["instrument"])


def instrument(code: str) -> Instrument:
    """The form with this code; InvalidValue when there is none."""
    for one in instruments():
        if one.code == code:
            return one
    raise InvalidValue(field="instrument", value=code, allowed=[one.code for one in instruments()])


def instruments_for(
    kind: str, facts_a: Facts, facts_b: Facts, together: Facts = NO_FACTS
) -> tuple[InstrumentVerdict, ...]:
    """Forms of this kind of partnership that are open and called for, in the order of `instrument_verdicts`.

    Empty when a universal rule fails. `together` holds what is known of the pair, the place, the goods or the contract.
    """
    if any(check.verdict.state == "failed" for check in universal_checks(facts_a, facts_b, together)):
        return ()
    found = instrument_verdicts(kind, facts_a, facts_b, together)
    return tuple(one for one in found if one.state != "failed" and one.named)


def instrument_verdicts(
    kind: str, facts_a: Facts, facts_b: Facts, together: Facts = NO_FACTS
) -> tuple[InstrumentVerdict, ...]:
    """Every form of this kind of partnership with its verdict, closed ones too, so that a page can say why not.

    First those not known to be out of place, among them the surest, of those with something to verify first the ones at
    home in the work of the pair; then lightest first. A merger comes last, whatever is known.
    """
    if kind not in PARTNERSHIP_KINDS:
        raise UnknownKind(kind=kind, allowed=list(PARTNERSHIP_KINDS))
    pair = _Pair(kind, checked_facts(facts_a), checked_facts(facts_b), checked_facts(together))
    found = (_verdict(one, pair) for one in instruments() if kind in one.serves and one.closed is None)
    return tuple(sorted(found, key=_place))


def cautions(kind: str) -> tuple[Caution, ...]:
    """What has to be said beside every form of this kind of partnership, whatever its checks."""
    found = Caution(**_table()["caution"]["legal"])
    return (Caution(**_table()["caution"]["public"]), found) if kind == "public-private" else (found,)


def universal_checks(facts_a: Facts, facts_b: Facts, together: Facts = NO_FACTS) -> tuple[RuleCheck, ...]:
    """Checks that every pair meets, whatever the purpose: active, not one body, not merged, not parent and child.

    A public body whose status nobody wrote down is not checked: registers of public bodies list those that exist.
    """
    pair = _Pair("", checked_facts(facts_a), checked_facts(facts_b), checked_facts(together))
    return tuple(check for rule in rules_for("ANY") for check in pair.checks(rule) if not _unregistered(check, pair))


def kind_checks(kind: str, facts_a: Facts, facts_b: Facts, together: Facts = NO_FACTS) -> tuple[RuleCheck, ...]:
    """Checks that belong to a kind of partnership as such (for a supply chain: a product link, not one stage)."""
    if kind not in PARTNERSHIP_KINDS:
        raise UnknownKind(kind=kind, allowed=list(PARTNERSHIP_KINDS))
    pair = _Pair(kind, checked_facts(facts_a), checked_facts(facts_b), checked_facts(together))
    return tuple(check for rule in rules_for(kind) for check in pair.checks(rule))


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    return tomllib.loads(files("data").joinpath("lazio", "instruments.toml").read_text(encoding="utf-8"))


class _Pair:
    """Two sides and what is known of them together; knows which side is the public body."""

    def __init__(self, kind: str, facts_a: Facts, facts_b: Facts, together: Facts) -> None:
        self.kind = kind
        self.sides: dict[Side, Facts] = {"a": facts_a, "b": facts_b}
        self.together = {**_derived(facts_a, facts_b), **_known(together)}

    @property
    def body_side(self) -> Side:
        """The side that is, or may be, the public body; b when both may be."""
        truths = {side: is_public_body(facts) for side, facts in self.sides.items()}
        if truths["b"] is True or truths["a"] is False:
            return "b"
        return "a" if truths["a"] is True or truths["b"] is False else "b"

    @property
    def party_sides(self) -> tuple[Side, ...]:
        """Sides that are no public body: one in a public-private pair, else both."""
        if self.kind != "public-private":
            return ("a", "b")
        return ("b",) if self.body_side == "a" else ("a",)

    @property
    def parties(self) -> tuple[Facts, ...]:
        """Facts of those sides."""
        return tuple(self.sides[side] for side in self.party_sides)

    def checks(self, rule: Rule) -> Iterator[RuleCheck]:
        """The rule decided on each side that it is about."""
        about: Mapping[str, tuple[Side, ...]] = {
            "each": ("a", "b"),
            "party": self.party_sides,
            "body": (self.body_side,),
            "pair": ("pair",),
        }
        for side in about[rule.about]:
            facts = {**self.together, **_known(self.sides.get(side, NO_FACTS))}
            yield RuleCheck(rule, side, rule.check(facts))


def is_public_body(facts: Facts) -> Truth:
    """Whether the organisation is a public body; None when neither its kind nor a body type is known."""
    kind = facts.get("kind")
    if kind is not None:
        return kind == OrganisationKind.PUBLIC_BODY
    return None if facts.get("body_type") is None else True


def _place(one: InstrumentVerdict) -> tuple[bool, bool, int, bool, int, str]:
    form, away = one.instrument, one.sureness > 0 and not one.home
    return (form.last, one.fits is False, one.sureness, away, form.weight, form.code)


def _verdict(one: Instrument, pair: _Pair) -> InstrumentVerdict:
    checks = [check for rule in rules_for(one.code) for check in pair.checks(rule)]
    deciding = tuple(check for check in checks if check.rule.kind not in ("warn", "boost"))
    boosts = tuple(check for check in checks if check.rule.kind == "boost" and check.verdict.state == "passed")
    warnings = tuple(check for check in checks if check.rule.kind == "warn" and check.verdict.state != "passed")
    truths = [_may_be_parties(one, pair), *(_truth(check.verdict.state) for check in deciding)]
    state: State = {True: "passed", False: "failed", None: "to-verify"}[all_of(*truths)]  # type: ignore[assignment]  # the three states
    home = any(_at_home(one, facts) for facts in pair.parties)
    named = _named(one, pair, deciding)
    return InstrumentVerdict(one, state, deciding, warnings, boosts, _fits(one, pair), home, named)


def _may_be_parties(one: Instrument, pair: _Pair) -> Truth:
    """Whether the sides are of kinds that the form admits."""
    kinds = [pair.sides[side].get("kind") for side in pair.party_sides]
    admitted = all_of(*(None if kind is None else kind in one.parties for kind in kinds))
    if pair.kind != "public-private":
        return admitted
    body = pair.sides[pair.body_side]
    body_type = body.get("body_type")
    right_type = True if not one.bodies else None if body_type is None else body_type in one.bodies
    return all_of(admitted, is_public_body(body), right_type)


def _named(one: Instrument, pair: _Pair, checks: tuple[RuleCheck, ...]) -> bool:
    """False where the form waits for a sign (a sector or field of its own, a rule that is met) and none is seen."""
    if one.at_home is None:
        return True
    met = {check.side for check in checks if check.verdict.state == "passed"}
    signs = [side in met or _at_home(one, pair.sides[side]) for side in pair.party_sides]
    return all(signs) if one.at_home == "each" else any(signs) or "pair" in met


def _at_home(one: Instrument, facts: Facts) -> bool:
    sector, fields = str(facts.get("sector") or "").replace(".", ""), facts.get("fields")
    named = isinstance(fields, tuple | list) and any(field in one.fields for field in fields)
    return named or (bool(one.themes) and sector.startswith(one.themes))


def _looks_social(facts: Facts) -> bool:
    if facts.get("kind") == OrganisationKind.THIRD_SECTOR or True in (facts.get("third_sector"), facts.get("runts")):
        return True
    social = is_social(facts)
    return facts.get("social_name") is not False if social is None else social


def _fits(one: Instrument, pair: _Pair) -> bool | None:
    if one.social and not all(_looks_social(facts) or _at_home(one, facts) for facts in pair.parties):
        return False
    if not one.themes and not one.unfit:
        return True
    known = [facts.get("sector") for facts in pair.parties]
    sectors = [str(sector).replace(".", "") for sector in known if sector]
    home = any(_at_home(one, facts) for facts in pair.parties)
    if not sectors:
        return True if home else None
    at_home = not one.themes or home
    return at_home and not all(sector.startswith(one.unfit) for sector in sectors)


def _truth(state: State) -> Truth:
    return {"passed": True, "failed": False}.get(state)


def _unregistered(check: RuleCheck, pair: _Pair) -> bool:
    facts = pair.sides.get(check.side, NO_FACTS)
    return check.rule.about == "each" and is_public_body(facts) is True and facts.get("status") is None


def _known(facts: Facts) -> dict[str, object]:
    return {name: value for name, value in facts.items() if value is not None}


def _derived(facts_a: Facts, facts_b: Facts) -> dict[str, object]:
    """What the two sides tell of the pair: share of social ones, same regime, number of regions when both are known."""
    sides = (facts_a, facts_b)
    social = [is_social(facts) for facts in sides]
    mutual = [facts.get("prevalent_mutuality") for facts in sides]
    lazio = [facts.get("in_lazio") for facts in sides]
    derived: dict[str, object] = {}
    if any_of(*(truth is False for truth in social)):
        derived["group_social_share"] = 0.5 if True in social else 0.0 if None not in social else 0.5
    elif None not in social:
        derived["group_social_share"] = 1.0
    if None not in social:
        derived["same_social"] = social[0] == social[1]
    if None not in mutual:
        derived["same_prevalent_mutuality"] = mutual[0] == mutual[1]
    if lazio == [True, True]:
        derived["regions_count"] = 1
    elif None not in lazio and lazio[0] != lazio[1]:
        derived["regions_count"] = 2
    return derived


def _instrument(row: dict[str, Any]) -> Instrument:
    bodies = row.get("bodies")
    return Instrument(
        code=row["code"],
        name_it=row["name_it"],
        name_en=row["name_en"],
        serves=tuple(row["serves"]),
        weight=row["weight"],
        parties=frozenset(OrganisationKind(kind) for kind in row["parties"]),
        bodies=None if bodies is None else frozenset() if bodies == "any" else frozenset(map(BodyType, bodies)),
        min_parties=row["min_parties"],
        themes=tuple(code.replace(".", "") for code in row.get("themes", ())),
        unfit=tuple(code.replace(".", "") for code in row.get("unfit", ())),
        sentence_it=row["sentence_it"],
        sentence_en=row["sentence_en"],
        next_it=row["next_it"],
        next_en=row["next_en"],
        basis=row["basis"],
        certainty=row["certainty"],
        source=row["source"],
        checked_on=row["checked_on"],
        closed=row.get("closed"),
        fields=tuple(row.get("fields", ())),
        at_home=row.get("at_home"),
        last=row.get("last", False),
        social=row.get("social", False),
    )
