# SPDX-License-Identifier: EUPL-1.2
"""What each does: sector, category, field of work, words."""

from __future__ import annotations

from functools import partial
from types import MappingProxyType

import numpy as np
import scipy.sparse as sp

from data.model import Message, Organisation
from matching.columns import Columns, Flags, Floats, Ints
from matching.features.needs import products_by_name
from matching.features.registry import By, Shared, feature
from matching.fields import FIELD_NAMES, fields_of_category, fields_of_sector, fields_of_social_type, fields_of_words
from matching.question import Question
from matching.reach import NOBODY, coded, held, keyed, turned
from matching.supposed import SUPPOSED, grounds_of, is_supposed
from matching.words import tokens, without_legal_form

_LEVELS = MappingProxyType({"activity": 1.0, "group": 0.8, "division": 0.5})  # what each level in common counts
LEAST_LIKENESS = 0.15
READ = 0.5  # from here a field was read from words of work; below only "sociale" was
CERTAIN_FIELD = 0.9  # from here a field rests on a sector code, a category or a type, not on words

TOLD_BY = frozenset({"sector", "category"})  # facts that name the work; a type (A, B) only says which kinds it may be

# What a reading may rest on, the surest first.
_GROUNDS = ("sector", "category", "social_type", "name", "purpose", "participations")


def _digits(code: str | None) -> str:
    return "".join(sign for sign in code or "" if sign.isdigit())


def _dotted(code: str | None) -> str | None:
    """An ATECO code as it is published: 55.20.1."""
    digits = _digits(code)
    return f"{digits[:2]}.{digits[2:4]}.{digits[4:]}".strip(".") if digits else code


def grounds(found: set[str]) -> list[Message]:
    """What a reading rests on, as words that follow "judging" ("dal nome", "dalle gare")."""
    return [Message(f"judging-by.{name}") for name in _GROUNDS if name in found]


def _activity_words(question: Question, row: int) -> Message:
    sector, own = (_dotted(question.organisation(each).sector) for each in (row, question.asker))
    columns = question.columns
    supposed = [each for each in (row, question.asker) if columns.supposed_sector[each]]
    if supposed:
        grounds = grounds_of(question.organisation(supposed[0]), "sector")
        return Message("feature.same-activity.inferred", {"codice": sector, "nostro": own, "da": grounds})
    for level in ("activity", "group", "division"):
        if getattr(columns, level)[row] == getattr(columns, level)[question.asker] >= 0:
            return Message(f"feature.same-activity.{level}", {"codice": sector, "nostro": own})
    return Message("feature.same-activity.division", {"codice": sector, "nostro": own})


def _by_sector(columns: Columns) -> sp.csr_array:
    return keyed(*(coded(getattr(columns, level))[0] for level in _LEVELS))


def _sector_shared(question: Question) -> Shared:
    """A class, a group or a division; who shares one has no field of work in common by words alone."""
    keys, most, first = [], [], 0
    for level, worth in _LEVELS.items():
        column = getattr(question.columns, level)
        values = question.index.derived(f"coded {level}", (column,), partial(coded, column))[1]
        place = int(np.searchsorted(values, column[question.asker]))
        if column[question.asker] >= 0 and place < len(values):
            keys.append(first + place)
            most.append(worth * SUPPOSED if question.columns.supposed_sector[question.asker] else worth)
        first += len(values)
    found = (np.array(keys, dtype=np.int64), np.array(most, dtype=np.float64))
    return Shared("sectors", _by_sector, *found, frozenset({"same-field"}))


@feature("sector", reason=_activity_words, by=By.CLASS, shared=_sector_shared)
def same_activity(question: Question) -> Floats:
    """Same ATECO class 1, same group 0.8, same division 0.5 (divisions meet across versions by the bridge)."""
    return question.once("same-activity", _same_activity)


def _same_activity(question: Question) -> Floats:
    columns = question.columns
    value = np.zeros(len(question.rows))
    for level in ("division", "group", "activity"):
        value = np.where(question.same(getattr(columns, level)), _LEVELS[level], value)
    supposed = columns.supposed_sector[question.rows] | columns.supposed_sector[question.asker]
    return np.where(supposed, value * SUPPOSED, value)


def _category_words(question: Question, row: int) -> Message:
    if question.columns.social_type[row] & question.columns.social_type[question.asker]:
        tipo = question.organisation(row).social_type
        supposed = [each for each in (row, question.asker) if question.columns.supposed_type[each]]
        if supposed:
            grounds = grounds_of(question.organisation(supposed[0]), "social_type")
            return Message("feature.same-category.type.inferred", {"tipo": tipo, "da": grounds})
        return Message("feature.same-category.type", {"tipo": tipo})
    if question.columns.social[row] == question.columns.social[question.asker] == 1:
        return Message("feature.same-category.social")
    return Message("feature.same-category", {"categoria": question.organisation(row).category})


def _by_category(columns: Columns) -> sp.csr_array:
    return keyed(np.where(columns.social == 1, 0, -1), columns.category, widths=(1, int(columns.category.max()) + 1))


def _category_shared(question: Question) -> Shared:
    columns, asker = question.columns, question.asker
    keys = [0] if columns.social[asker] == 1 else []
    keys += [1 + int(columns.category[asker])] if columns.category[asker] >= 0 else []
    return Shared("categories", _by_category, np.array(keys, dtype=np.int64), np.ones(len(keys)))


@feature("category", "social_type", reason=_category_words, by=By.CLASS, shared=_category_shared)
def same_category(question: Question) -> Floats:
    """Same category of the register; social cooperatives meet fully only when a type is common, A with B less."""
    columns = question.columns
    social = np.asarray((question.of(columns.social) == 1) & (columns.social[question.asker] == 1))
    common_type = (question.of(columns.social_type) & columns.social_type[question.asker]) > 0
    types_known = (question.of(columns.social_type) > 0) & (columns.social_type[question.asker] > 0)
    supposed = columns.supposed_type[question.rows] | columns.supposed_type[question.asker]
    by_type = np.where(common_type, np.where(supposed, 0.85, 1.0), np.where(types_known & ~supposed, 0.4, 0.7))
    return np.where(social, by_type, np.where(question.same(columns.category), 1.0, 0.0))


def field_overlap(question: Question) -> Floats:
    """The surest common field of work, as sure as the weaker reading."""
    return question.once("field-overlap", _field_overlap)


def _field_overlap(question: Question) -> Floats:
    """Only the fields that the asker works in are read: where it does nothing, the weaker reading is 0."""
    own = question.columns.fields[question.asker]
    some = np.flatnonzero(own)
    if not len(some):
        return np.zeros(len(question.rows))
    theirs = question.columns.fields[question.rows[:, None], some]
    return np.asarray(np.minimum(theirs, own[some]).max(axis=1))


def common_fields(question: Question, row: int, at_least: float) -> tuple[str, ...]:
    """Names of the fields of work that the asker and one body share, the surest first."""
    shared = np.minimum(question.columns.fields[row], question.columns.fields[question.asker])
    order = sorted(range(len(FIELD_NAMES)), key=lambda place: (-shared[place], place))
    return tuple(FIELD_NAMES[place] for place in order if shared[place] >= at_least)


def field_ground(body: Organisation, field: str) -> str:
    """What the surest reading of a field of work of one body rests on: one of its facts."""
    readings = (
        ("sector", () if is_supposed(body, "sector") else fields_of_sector(_digits(body.sector))),
        ("category", fields_of_category(body.category or "")),
        ("social_type", fields_of_social_type(body.social_type or "")),
        ("name", fields_of_words(body.name)),
        ("purpose", fields_of_words(body.purpose or "")),
    )
    return next((ground for ground, fields in readings if field in fields), "participations")


def _field_words(question: Question, row: int) -> Message:
    names = common_fields(question, row, READ)[:3]
    fields = [Message(f"field.{name}") for name in names]
    both = (question.organisation(row), question.organisation(question.asker))
    found = {field_ground(body, name) for name in names for body in both}
    if found <= TOLD_BY:
        return Message("feature.same-field.known", {"campi": fields})
    if found == {"name"}:
        return Message("feature.same-field.name", {"campi": fields})
    return Message("feature.same-field", {"campi": fields, "da": grounds(found)})


def _by_field(columns: Columns) -> sp.csr_array:
    return sp.csr_array((columns.fields >= READ).astype(np.float64))


def _field_shared(question: Question) -> Shared:
    own = question.columns.fields[question.asker]
    keys = np.flatnonzero(own >= READ)
    return Shared("fields", _by_field, keys, own[keys], frozenset({"same-activity"}))


@feature(
    "name",
    "category",
    "social_type",
    "purpose",
    "participations",
    reason=_field_words,
    by=By.CLASS,
    shared=_field_shared,
)
def same_field(question: Question) -> Floats:
    """A common field of work, as sure as the weaker reading; only where the sectors of both are not known."""
    overlap = field_overlap(question)
    told = question.known(question.columns.division) & (same_activity(question) > 0)
    columns = question.columns
    known = question.known(columns.division) & ~columns.supposed_sector[question.rows]
    known &= ~columns.supposed_sector[question.asker]
    return np.where(told | known | (overlap < READ), 0.0, overlap)


def _alike(question: Question) -> tuple[Ints, Floats]:
    """Rows whose words are like the asker's, ascending, and how much: the cosine, halved for a single common word, by a
    quarter for two, as short names are alike too easily; a faint likeness is none. Read through the asker's words."""
    text = question.index.text
    own = held(text, question.asker)
    if not len(own):
        return NOBODY, np.zeros(0)
    across = turned(question.index, text)
    weights = text.data[slice(*text.indptr[question.asker : question.asker + 2])].tolist()
    users = [slice(*across.indptr[word : word + 2].tolist()) for word in own.tolist()]
    rows = np.concatenate([across.indices[each] for each in users])
    products = np.concatenate([across.data[each] * weight for each, weight in zip(users, weights, strict=True)])
    cosine = np.bincount(rows, weights=products, minlength=text.shape[0])
    near = np.flatnonzero(cosine >= LEAST_LIKENESS)
    common = np.bincount(rows, minlength=text.shape[0])[near]
    likeness = np.minimum(cosine[near], 1.0) * (1.0 - 0.5**common)
    enough = likeness >= LEAST_LIKENESS
    return near[enough], likeness[enough]


def _stems_by_ground(question: Question, row: int) -> dict[str, set[str]]:
    """The stems that a body uses, by where it uses them; of a name only those that speak of work."""
    body, links = question.organisation(row), question.index.links
    tenders = {each.text for each in (*links.participations[row], *links.as_buyer[row]) if each.text}
    said = {
        "name": set(tokens(without_legal_form(body.name))) & question.index.knowledge.work_stems(),
        "purpose": set(tokens(body.purpose or "")),
        "participations": {stem for text in tenders for stem in tokens(text)},
    }
    return {ground: stems - question.index.knowledge.place_stems() for ground, stems in said.items()}


def _likeness_words(question: Question, row: int) -> Message:
    theirs, ours = _stems_by_ground(question, row), _stems_by_ground(question, question.asker)
    shared = set().union(*theirs.values()) & set().union(*ours.values())
    found = {ground for said in (theirs, ours) for ground, stems in said.items() if stems & shared} or {"name"}
    if found == {"name"}:
        return Message("feature.text-likeness.name")
    return Message("feature.text-likeness", {"da": grounds(found)})


def _speaks(question: Question, row: int) -> bool:
    """Whether more than the name tells what a body does: a purpose, or tenders."""
    links = question.index.links
    said = (each.text for each in (*links.participations[row], *links.as_buyer[row]))
    return bool(question.organisation(row).purpose) or any(said)


def _speaking(question: Question, rows: Ints) -> Flags:
    """The same of some rows; each body is asked once (-1: not yet)."""
    index = question.index
    kept = index.derived(
        "speaks", (index.links, index.organisations), lambda: np.full(len(index.organisations), -1, dtype=np.int8)
    )
    for row in rows[kept[rows] < 0].tolist():
        kept[row] = _speaks(question, row)
    return np.asarray(kept[rows] == 1)


def _told_by_name(question: Question) -> Flags:
    """Candidates whose name has already said, by another sign, that they do a like work."""
    overlap = field_overlap(question)
    by_field = (same_field(question) > 0) & (overlap < CERTAIN_FIELD)
    return np.asarray(by_field | (products_by_name(question) > 0))


def _alike_rows(question: Question) -> Ints:
    """Those that the sign will not count, because a name has told already, are among them."""
    return question.own("alike", _alike)[0]


def _alike_most(question: Question) -> Floats:
    return question.own("alike", _alike)[1]


@feature("name", "purpose", "participations", reason=_likeness_words, reach=_alike_rows, most=_alike_most)
def text_likeness(question: Question) -> Floats:
    """Cosine of the words of work in names, purposes and tender texts; a faint likeness is none.

    Where one of the two is known by its name alone and another sign has read that name, it is not counted twice.
    """
    likeness = question.spread(*question.own("alike", _alike))
    alike = np.flatnonzero(likeness)
    if not len(alike):
        return likeness
    doubtful = alike[_told_by_name(question.asking(question.rows[alike]))]
    if len(doubtful):
        speaks = _speaking(question, question.rows[doubtful]) & _speaking(question, np.array([question.asker]))
        likeness[doubtful[~speaks]] = 0.0
    return likeness
