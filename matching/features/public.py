# SPDX-License-Identifier: EUPL-1.2
"""Public bodies and those who work with them."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from data.model import BodyType, Message
from matching.columns import BODY_TYPES, TYPE_A, TYPE_B, Columns, Floats, Ints
from matching.features.activity import READ, TOLD_BY, field_ground, grounds
from matching.features.registry import By, Shared, feature
from matching.features.together import buyer_name, counted
from matching.fields import COMPETENCE, FIELD_NAMES, LOCAL, RESERVE_BODIES
from matching.links import row_values
from matching.question import Question, near_words, saturated
from matching.reach import NOBODY, ascending, held, holders, keyed
from matching.supposed import SUPPOSED

BODY_KM = 40.0
REACH_KM, FADING_KM, LEAST_REACH, UNKNOWN_REACH = 20.0, 80.0, 0.4, 0.6


def _by_buyer_row(question: Question, matrix: sp.csr_array) -> Floats:
    """What the asker's row of an array over buyers says of each candidate (0 for those that it never sold to)."""
    columns, values = row_values(matrix, question.asker)
    rows = question.index.links.buyer_row[columns]
    found = np.zeros(len(question.index.organisations))
    found[rows[rows >= 0]] = values[rows >= 0]
    return found[question.rows]


def _own_column(question: Question) -> Ints:
    """The asker's column among the buyers; none where it never bought."""
    return np.flatnonzero(question.index.links.buyer_row == question.asker)


def _counterparts(question: Question) -> Ints:
    """Rows of those that bought from the asker, or sold to it; ascending."""
    links = question.index.links
    if question.asker_is_body:
        return holders(question.index, links.buyers, question.own("own-column", _own_column))
    rows = links.buyer_row[held(links.buyers, question.asker)]
    return ascending(rows[rows >= 0])


def _record(question: Question) -> Floats:
    """Worth of what the private side won or bid for with the public side, per candidate."""
    links = question.index.links
    if not question.asker_is_body:
        return _by_buyer_row(question, links.buyers)
    return question.meeting(links.buyers, question.own("own-column", _own_column))


def record_with(question: Question, row: int) -> list[tuple[str, int | None]]:
    """Each lot of the private side with the public side: (outcome, year)."""
    body, private = question.body(row), question.private(row)
    wanted = {(each.project, each.organisation) for each in question.index.links.as_buyer[body]}
    own = question.organisation(private).id
    lots: dict[str, tuple[str, int | None]] = {}
    for each in question.index.links.participations[private]:
        if (each.project, own) in wanted:
            found = (each.outcome or "bid", each.date.year if each.date else None)
            lots[each.lot or each.project] = min(
                lots.get(each.lot or each.project, found), found, key=lambda pair: pair[0]
            )
    return [lots[lot] for lot in sorted(lots)]


def _record_words(question: Question, row: int) -> Message:
    lots = record_with(question, row)
    won = sum(outcome == "awarded" for outcome, _ in lots)
    years = [year for _, year in lots if year is not None]
    key = "feature.track-record.won" if won else "feature.track-record"
    params: dict[str, object] = {"n": won or len(lots), "gare": counted("tenders", won or len(lots))}
    return Message(f"{key}.year", {**params, "anno": max(years)}) if years else Message(key, params)


@feature("participations", reason=_record_words, reach=_counterparts)
def track_record(question: Question) -> Floats:
    """Earlier work with the very same body: won counts 1, bid 0.5; 0.5 at one award."""
    return saturated(_record(question), 1.0)


def _body_columns(question: Question) -> Ints:
    """Body type of each buyer column, -1 where the buyer is not in the index."""
    rows = question.index.links.buyer_row
    return np.where(rows >= 0, question.columns.body[np.maximum(rows, 0)], -1)


def _type_words(question: Question, row: int) -> Message:
    body = question.organisation(question.body(row))
    return Message("feature.same-type-record", {"tipo": Message(f"body_type.{body.body_type}")})


def _of_own_type(question: Question) -> Ints:
    """Columns of the other buyers of the asker's type."""
    own = question.columns.body[question.asker]
    if own < 0:
        return NOBODY
    return np.flatnonzero((_body_columns(question) == own) & (question.index.links.buyer_row != question.asker))


def _types_counterparts(question: Question) -> Ints:
    """Rows of those that worked with the asker's type of body, or bodies of the types for which it worked."""
    links = question.index.links
    if question.asker_is_body:
        return holders(question.index, links.buyers, question.own("of-own-type", _of_own_type))
    rows = links.buyer_row[held(links.buyers, question.asker)]
    types = np.unique(question.columns.body[rows[rows >= 0]])
    if not len(types):
        return NOBODY
    return np.flatnonzero(np.isin(question.columns.body, types[types >= 0]))


def _per_type(question: Question) -> Floats:
    """What the asker won or bid for with bodies of each type, and 0 for bodies of none."""
    links = question.index.links
    sold, worth = row_values(links.buyers, question.asker)
    rows = links.buyer_row[sold]
    types = np.where(rows >= 0, question.columns.body[np.maximum(rows, 0)], -1)
    return np.array([worth[types == code].sum() for code in range(len(BODY_TYPES))] + [0.0])


def _types_most(question: Question) -> Floats:
    rows = _types_counterparts(question)
    if question.asker_is_body:
        return same_type_record(question.asking(rows))
    return saturated(question.own("per-type", _per_type)[question.columns.body[rows]], 2.0)


@feature("participations", reason=_type_words, reach=_types_counterparts, most=_types_most)
def same_type_record(question: Question) -> Floats:
    """Work with other bodies of the same type (the same body is counted by the track record)."""
    links = question.index.links
    if question.asker_is_body:
        return saturated(question.meeting(links.buyers, question.own("of-own-type", _of_own_type)), 2.0)
    if not len(held(links.buyers, question.asker)):
        return np.zeros(len(question.rows))
    with_others = question.own("per-type", _per_type)[question.of(question.columns.body)] - _record(question)
    return saturated(np.maximum(with_others, 0.0), 2.0)


def competence_matrix() -> Floats:
    """How much each type of body has to do with each field (body types x fields), last row for unknown types."""
    table = [[COMPETENCE.get(body, {}).get(field, 0.0) for field in FIELD_NAMES] for body in BodyType]
    return np.array([*table, [0.0] * len(FIELD_NAMES)])


_COMPETENCE = competence_matrix()


def _competence_of(question: Question) -> Floats:
    columns = question.columns
    own = _COMPETENCE[columns.body[question.asker]] if question.asker_is_body else columns.fields[question.asker]
    some = np.flatnonzero(own)
    if not len(some):
        return np.zeros(len(question.rows))
    if question.asker_is_body:
        return np.asarray((columns.fields[question.rows[:, None], some] * own[some]).max(axis=1))
    return np.asarray((_COMPETENCE[:, some] * own[some]).max(axis=1)[columns.body[question.rows]])


def _by_body(columns: Columns) -> sp.csr_array:
    return keyed(np.where(columns.body >= 0, columns.body, -1), widths=(len(BODY_TYPES),))


def _by_any_field(columns: Columns) -> sp.csr_array:
    return sp.csr_array((columns.fields > 0).astype(np.float64))


def _competence_shared(question: Question) -> Shared:
    """The types of body that are there for what the asker does, or what a body is there for."""
    columns = question.columns
    if question.asker_is_body:
        own = _COMPETENCE[columns.body[question.asker]]
        keys = np.flatnonzero(own)
        return Shared("any fields", _by_any_field, keys, own[keys])
    most = (_COMPETENCE[:-1] * columns.fields[question.asker]).max(axis=1, initial=0.0)
    keys = np.flatnonzero(most)
    return Shared("bodies", _by_body, keys, most[keys])


def _competence_words(question: Question, row: int) -> Message:
    body, private = question.body(row), question.private(row)
    value = _COMPETENCE[question.columns.body[body]] * question.columns.fields[private]
    best = sorted(range(len(FIELD_NAMES)), key=lambda place: (-value[place], place))[:2]
    best = [place for place in best if value[place] > 0.5 * value[best[0]]]
    said = {
        "ente": Message(f"a-body.{question.organisation(body).body_type}"),
        "campi": [Message(f"field.{FIELD_NAMES[place]}") for place in best],
    }
    asks = ".body-asks" if question.asker_is_body else ""
    if float(question.columns.fields[private][best].min()) < READ:
        return Message(f"feature.competence.social{asks}", said)
    found = {field_ground(question.organisation(private), FIELD_NAMES[place]) for place in best}
    if found <= TOLD_BY:
        return Message(f"feature.competence{asks}", said)
    return Message(f"feature.competence.read{asks}", {**said, "da": grounds(found)})


def _reach(question: Question) -> Floats:
    """How far a body's duties reach: 1 for national ones and for the Region, within 20 km, in the own province for
    provinces and health authorities; falling to 0.4 at 68 km; 0.6 where no distance is known."""
    columns = question.columns
    body = columns.body[question.bodies]
    by_km = np.clip(1.0 - (np.nan_to_num(question.km) - REACH_KM) / FADING_KM, LEAST_REACH, 1.0)
    of_province = columns.provincial[question.bodies] & question.same(columns.province)
    everywhere = columns.national[question.bodies] | np.isin(body, _codes(BodyType.REGION)) | of_province
    return np.where(everywhere, 1.0, np.where(np.isnan(question.km), UNKNOWN_REACH, by_km))


@feature(
    "body_type",
    "sector",
    "category",
    "social_type",
    "name",
    "purpose",
    "participations",
    reason=_competence_words,
    by=By.PLACE,
    ceiling=_competence_of,
    shared=_competence_shared,
)
def competence(question: Question) -> Floats:
    """What the body is there for meets what the other does, as sure as the reading of the field, within its reach."""
    return _competence_of(question) * _reach(question)


def _served_words(question: Question, row: int) -> Message:
    body, private = question.organisation(question.body(row)), question.organisation(question.private(row))
    asks = ".body-asks" if question.asker_is_body else ""
    if body.body_type is BodyType.REGION:
        return Message(f"feature.serves-the-place.region{asks}")
    if question.columns.provincial[question.body(row)]:
        return Message(f"feature.serves-the-place.province{asks}", {"provincia": private.province})
    return Message(f"feature.serves-the-place{asks}", {"comune": question.index.place_name(private)})


def _codes(*types: BodyType) -> list[int]:
    return [BODY_TYPES.index(each) for each in types]


_LOCAL = np.array([*(LOCAL.get(body, 0.0) for body in BODY_TYPES), 0.0])


def _localness(question: Question) -> Floats:
    """How much the seat of the public side says about whom it works with, per candidate; national bodies 0."""
    return local_seat(question.columns, question.bodies)


def local_seat(columns: Columns, bodies: Ints) -> Floats:
    """How much the seat of public bodies (rows) says about whom they work with, 0..1; of national ones nothing."""
    return np.where(columns.national[bodies], 0.0, _LOCAL[columns.body[bodies]])


def _served_near(question: Question) -> Floats:
    """By place alone: the same comune 1, the same province 0.7, elsewhere only the Region."""
    same = question.same(question.columns.place)
    return np.where(same, 1.0, np.where(question.same(question.columns.province), 0.7, 0.5))


@feature(
    "body_type", "municipality", "province", reason=_served_words, by=By.PLACE, ceiling=_localness, near=_served_near
)
def serves_the_place(question: Question) -> Floats:
    """The body is there for the place of the other: its own comune 1, other local bodies of that comune less, the
    province's bodies and health authority 0.7, the Region 0.5; national bodies 0."""
    columns = question.columns
    body = columns.body[question.bodies]
    local = _localness(question)
    value = np.where(question.same(columns.place), local, 0.0)
    of_province = columns.provincial[question.bodies] & (local > 0)
    value = np.where(of_province, np.where(question.same(columns.province), 0.7, 0.0), value)
    return np.where(np.isin(body, _codes(BodyType.REGION)) & (local > 0), 0.5, value)


@feature(
    "municipality",
    "province",
    reason=near_words,
    by=By.PLACE,
    ceiling=_localness,
    near=lambda question: question.nearness(BODY_KM),
)
def near_body(question: Question) -> Floats:
    """Near (0 from 40 km: services come within half an hour), as far as the body's seat says where it works."""
    return np.asarray(_localness(question) * question.nearness(BODY_KM))


def _no_quota(question: Question) -> bool:
    columns, asker = question.columns, question.asker
    if question.asker_is_body:
        return int(columns.body[asker]) not in _codes(*RESERVE_BODIES)
    return not columns.social_type[asker] & TYPE_B


def _no_design(question: Question) -> bool:
    columns, asker = question.columns, question.asker
    if question.asker_is_body:
        return int(columns.body[asker]) not in _codes(*RESERVE_BODIES)
    return not (columns.social_type[asker] & TYPE_A or columns.third_sector[asker])


@feature("body_type", "social_type", by=By.CLASS, idle=_no_quota)
def reserved_quota(question: Question) -> Floats:
    """A body that sets aside 5-10 % for type-B social cooperatives, and such a cooperative (L.R. 18/2024 art. 8)."""
    columns = question.columns
    body = columns.body[question.bodies]
    private = question.privates
    type_b = (columns.social_type[private] & TYPE_B) > 0
    weight = np.where(columns.supposed_type[private], SUPPOSED, 1.0)
    return np.where(np.isin(body, _codes(*RESERVE_BODIES)) & type_b, weight, 0.0)


@feature("social_type", "third_sector", "category", by=By.CLASS, idle=_no_design)
def shared_design(question: Question) -> Floats:
    """Bodies and third-sector organisations may design services together (art. 55 CTS): type A or third sector."""
    columns, private = question.columns, question.privates
    type_a = (columns.social_type[private] & TYPE_A) > 0
    registered = columns.third_sector[private]
    local = columns.body[question.bodies]
    return np.asarray((type_a | registered) & np.isin(local, _codes(*RESERVE_BODIES))).astype(np.float64)


def _dependence_words(question: Question, row: int) -> Message:
    links = question.index.links
    private = question.private(row)
    name = buyer_name(question, int(links.biggest_buyer[private]))
    return Message("feature.one-buyer", {"quota": float(links.biggest_share[private]), "ente": name})


@feature("participations", reason=_dependence_words, reach=_counterparts)
def one_buyer(question: Question) -> Floats:
    """Against: more than half of the awards come from this very body."""
    links = question.index.links
    rows = question.rows
    if question.asker_is_body:
        buyer = np.where(links.biggest_buyer[rows] >= 0, links.buyer_row[links.biggest_buyer[rows]], -1)
        return np.where((buyer == question.asker) & (links.biggest_share[rows] > 0.5), 1.0, 0.0)
    share, column = links.biggest_share[question.asker], links.biggest_buyer[question.asker]
    if column < 0 or not share > 0.5:
        return np.zeros(len(rows))
    return np.where(rows == links.buyer_row[column], 1.0, 0.0)


def _repeat_words(question: Question, row: int) -> Message:
    won = [year for outcome, year in record_with(question, row) if outcome == "awarded"]
    return Message("feature.rotation", {"n": len(won)})


@feature("participations", reason=_repeat_words, reach=_counterparts)
def rotation(question: Question) -> Floats:
    """Against: three awards or more by the same body; the rotation principle applies."""
    links = question.index.links
    if question.asker_is_body:
        awards = question.meeting(links.awards, question.own("own-column", _own_column))
    else:
        awards = _by_buyer_row(question, links.awards)
    return np.where(awards >= 3, 1.0, 0.0)
