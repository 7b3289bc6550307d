# SPDX-License-Identifier: EUPL-1.2
"""The kinds of partnership: who may ask for whom, what must hold, and how much each sign weighs.

A new kind is a new entry of `PARTNERSHIPS` and its words. Weights are expert weights of our own, after the
directions of the field's practice: positive ones sum to 1 in each kind, signs against are negative. They are the whole
model: a partner's place is the sum of weight x value, nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from data.errors import UnknownKind
from data.model import OrganisationKind

COOPERATIVE, CONSORTIUM = OrganisationKind.COOPERATIVE, OrganisationKind.CONSORTIUM
PUBLIC_BODY, THIRD_SECTOR, FIRM = OrganisationKind.PUBLIC_BODY, OrganisationKind.THIRD_SECTOR, OrganisationKind.FIRM

PRESENT: Final = 0.01  # a sign that says anything at all


@dataclass(frozen=True, slots=True)
class Partnership:
    """One kind. `partners` says, for each kind of organisation that may ask, which kinds it gets.

    `weights` maps names of `matching.features.FEATURES` to weights;
    `least` is the score below which nothing is said at all; `recall` gives signs and the value from which one of
    them alone makes a candidate worth looking at; `helps` the facts that would help most, in this order, when unknown.
    `untold` is for who asks without anything that says what it does: one more sign of recall, the value from which it
    counts, and the least score then; None where such an asker gets what all get. `regular` is the kind that a kind so
    widened was made from. `chain` says that what passes between the two must link stages; `public` that one side is a
    public body. The rules of `data.lazio.rules` that name this kind, and those for any kind, are its hard checks.
    """

    name: str
    partners: Mapping[OrganisationKind, tuple[OrganisationKind, ...]]
    weights: Mapping[str, float]
    recall: Mapping[str, float]
    least: float
    helps: tuple[str, ...]
    chain: bool = False
    public: bool = False
    untold: tuple[str, float, float] | None = None
    regular: Partnership | None = None

    def admitting(self, told: bool) -> Partnership:
        """The kind as it is asked by an organisation of which is known what it does (`told`), or not."""
        kind = self.regular or self
        if told or kind.untold is None:
            return kind
        sign, value, least = kind.untold
        return replace(kind, recall=MappingProxyType({**kind.recall, sign: value}), least=least, regular=kind)


_AGGREGATION: Final = Partnership(
    name="aggregation",
    partners=MappingProxyType(
        {
            COOPERATIVE: (COOPERATIVE, CONSORTIUM),
            CONSORTIUM: (COOPERATIVE, CONSORTIUM),
            THIRD_SECTOR: (COOPERATIVE, CONSORTIUM, THIRD_SECTOR),
            FIRM: (COOPERATIVE, CONSORTIUM, FIRM),
        }
    ),
    weights=MappingProxyType(
        {
            "offer-meets-need": 0.19,  # what one has and the other looks for: the strongest sign of all
            "same-activity": 0.13,  # same or adjacent activity: economies of scale, one assembly understands the other
            "worked-together": 0.11,  # trust exists
            "same-products": 0.07,  # plants, brands and members overlap
            "same-field": 0.07,  # the same, read from words where sectors are not known
            "same-category": 0.05,  # the same kind of cooperative
            "text-likeness": 0.04,  # names, purposes and tenders speak of the same work
            "common-membership": 0.05,  # a consortium or network already joins them
            "nearby": 0.05,  # easier to meet; never a veto
            "same-area": 0.02,  # one valley, one labour system: the same people, lorries and offices
            "complementary-territory": 0.03,  # the same work elsewhere: together they cover both
            "partners-in-common": 0.02,
            "partners-of-alike": 0.04,  # organisations like this one worked with it: all that a newcomer has
            "same-circle": 0.02,
            "partners-of-partners": 0.01,
            "works-with-many": 0.01,  # a habit, never a reason by itself
            "same-buyers": 0.02,
            "size-fit": 0.02,
            "complementary-skills": 0.02,  # reach the tender's requirements together
            "near-for-products": 0.02,  # plants, lorries and members overlap
            "same-federation": 0.01,  # easier, never necessary
            "rivals": -0.04,  # the same lot: may become a grouping, or a conflict
            "size-gap": -0.02,
        }
    ),
    recall=MappingProxyType(
        {
            "offer-meets-need": PRESENT,
            "same-activity": PRESENT,
            "same-field": PRESENT,
            "same-products": PRESENT,
            "same-category": PRESENT,
            "text-likeness": 0.4,
            "worked-together": PRESENT,
            "partners-in-common": PRESENT,
            "common-membership": PRESENT,
            "partners-of-alike": 0.3,
            "same-circle": 0.3,
        }
    ),
    least=0.05,
    helps=("sector", "declarations", "municipality", "category", "employees"),
    untold=("nearby", 0.3, 0.015),  # the same province: who is near, and with whom people work there
)

_SUPPLY_CHAIN: Final = Partnership(
    name="supply-chain",
    partners=MappingProxyType(
        {
            COOPERATIVE: (COOPERATIVE, CONSORTIUM, FIRM, THIRD_SECTOR, PUBLIC_BODY),
            CONSORTIUM: (COOPERATIVE, CONSORTIUM, FIRM, THIRD_SECTOR, PUBLIC_BODY),
            FIRM: (COOPERATIVE, CONSORTIUM),
            THIRD_SECTOR: (COOPERATIVE, CONSORTIUM),
            PUBLIC_BODY: (COOPERATIVE, CONSORTIUM),
        }
    ),
    weights=MappingProxyType(
        {
            "offer-meets-need": 0.36,  # spare capacity here, missing there: the real reason people call
            "next-stage": 0.26,  # without a link it is no chain
            "near-for-food": 0.12,  # food within 70 km or in the province
            "work-meets-need": 0.11,  # does what is sought, though it has offered nothing yet
            "quantity-fits": 0.04,
            "same-marks": 0.03,  # one certification story
            "near-for-services": 0.03,
            "worked-together": 0.02,
            "common-membership": 0.02,
            "same-federation": 0.01,
            "far-for-food": -0.12,  # cost and loss
            "depends-on-one-buyer": -0.04,
        }
    ),
    recall=MappingProxyType(
        {
            "offer-meets-need": PRESENT,
            "work-meets-need": PRESENT,
            "next-stage": PRESENT,
        }
    ),
    least=0.07,
    helps=("declarations", "sector", "municipality"),
    chain=True,
)

_PUBLIC_PRIVATE: Final = Partnership(
    name="public-private",
    partners=MappingProxyType(
        {
            COOPERATIVE: (PUBLIC_BODY,),
            CONSORTIUM: (PUBLIC_BODY,),
            THIRD_SECTOR: (PUBLIC_BODY,),
            PUBLIC_BODY: (COOPERATIVE, CONSORTIUM, THIRD_SECTOR),
        }
    ),
    weights=MappingProxyType(
        {
            "offer-meets-need": 0.26,  # the body seeks what the other offers
            "track-record": 0.18,  # the very same body
            "competence": 0.17,  # what the body is there for
            "serves-the-place": 0.11,
            "same-area": 0.02,
            "near-body": 0.07,
            "same-type-record": 0.06,
            "customers-of-alike": 0.03,  # those alike work with this body, or bodies alike with this organisation
            "reserved-quota": 0.05,  # 5-10 % set aside for type B
            "text-likeness": 0.03,
            "shared-design": 0.02,
            "one-buyer": -0.06,
            "rotation": -0.04,
        }
    ),
    recall=MappingProxyType(
        {
            "offer-meets-need": PRESENT,
            "track-record": PRESENT,
            "same-type-record": PRESENT,
            "competence": 0.12,
        }
    ),
    least=0.04,
    helps=("declarations", "sector", "social_type", "municipality"),
    public=True,
)

PARTNERSHIPS: Final[Mapping[str, Partnership]] = MappingProxyType(
    {each.name: each for each in (_AGGREGATION, _SUPPLY_CHAIN, _PUBLIC_PRIVATE)}
)


def partnership(name: str) -> Partnership:
    """The kind of this name; raises UnknownKind."""
    if name not in PARTNERSHIPS:
        raise UnknownKind(kind=name, allowed=", ".join(PARTNERSHIPS))
    return PARTNERSHIPS[name]
