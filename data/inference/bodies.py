# SPDX-License-Identifier: EUPL-1.2
"""All that is supposed of each body: name and purpose, tenders and partners' names joined field by field."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from data.inference.calibration import Calibration, calibration
from data.inference.guess import ONE_VALUE, Guess, guesses_of_names, guesses_of_texts
from data.inference.lexicon import FIELDS
from data.model import Organisation, OrganisationKind, Participation, Visibility

ABOUT: Final = frozenset(
    {OrganisationKind.COOPERATIVE, OrganisationKind.CONSORTIUM, OrganisationKind.FIRM, OrganisationKind.THIRD_SECTOR}
)
"""Kinds of bodies of which something is supposed; public bodies are what their register says."""

SOCIAL_ONLY: Final = frozenset({OrganisationKind.COOPERATIVE, OrganisationKind.CONSORTIUM})
NAME, TENDERS, PARTNERS, TEXT = "name", "tenders", "partners", "text"
FEW_TEXTS: Final = 1.0
FEW_PARTNERS: Final = 2.0
MOST_VALUES: Final = 6
MOST_WORDS: Final = 5
_OPENNESS: Final = {Visibility.PUBLIC: 0, Visibility.FEDERATION: 1, Visibility.RESERVED: 2}


@dataclass(frozen=True, slots=True)
class Supposed:
    """One field of one body: its values (one for a sector or a social type), how sure, and what led there.

    `note` names each ground with its words: "name: pulizie; tenders: manutenzione verde; partners: 3".
    """

    field: str
    values: tuple[str, ...]
    confidence: float
    note: str


@dataclass(frozen=True, slots=True)
class _Lead:
    """What one ground says of one value: calibrated confidence and what is noted of it."""

    value: str
    confidence: float
    enough: bool
    ground: str
    words: tuple[str, ...]


Leads = dict[str, list[_Lead]]


def supposed(
    organisations: Iterable[Organisation],
    participations: Iterable[Participation],
    tables: Calibration | None = None,
) -> dict[str, tuple[Supposed, ...]]:
    """What may be supposed of each body, by id; bodies of which nothing may be said are left out.

    Demonstration bodies and public bodies are left out too. The answer does not depend on the order of the rows.
    """
    tables = tables or calibration()
    bodies = sorted((each for each in organisations if _is_asked(each)), key=lambda each: each.id)
    rows = sorted(participations, key=lambda row: (row.project, row.organisation))
    by_name = dict(zip((body.id for body in bodies), _of_names(bodies), strict=True))
    tenders = shares_of_tenders(bodies, rows)
    partners = partners_of(rows, {body.id: body for body in bodies})
    found: dict[str, tuple[Supposed, ...]] = {}
    for body in bodies:
        leads = _leads(by_name[body.id], NAME, tables)
        for more in (
            _leads(tenders.get(body.id, ()), TENDERS, tables),
            _leads(votes(partners.get(body.id, ()), by_name, tables), PARTNERS, tables),
        ):
            for field, own in more.items():
                leads.setdefault(field, []).extend(own)
        told = tuple(one for field in FIELDS if (one := _joined(field, leads.get(field, []))) and _fits(body, one))
        if told:
            found[body.id] = told
    return found


def _is_asked(body: Organisation) -> bool:
    return body.kind in ABOUT and not body.demonstration


def _fits(body: Organisation, told: Supposed) -> bool:
    """Only cooperatives and their consortia have a social type."""
    return told.field != "social_type" or body.kind in SOCIAL_ONLY


def _of_names(bodies: Sequence[Organisation]) -> list[tuple[Guess, ...]]:
    return guesses_of_names([body.name for body in bodies], [_open_purpose(body) for body in bodies])


def _open_purpose(body: Organisation) -> str | None:
    """The purpose, unless fewer may read it than the body's name: nothing may be supposed from it aloud then."""
    known = body.provenance.get("purpose")
    if known is not None and _OPENNESS[known.visibility] > _OPENNESS[body.visibility]:
        return None
    return body.purpose


# --- tenders and partners ---------------------------------------------------------------------------------------


def shares_of_tenders(bodies: Sequence[Organisation], rows: Iterable[Participation]) -> dict[str, tuple[Guess, ...]]:
    """What the tenders of each body say, each distinct text once."""
    wanted = {body.id for body in bodies}
    texts: dict[str, dict[str, None]] = defaultdict(dict)
    for row in rows:
        if row.text and row.organisation in wanted and not row.demonstration:
            texts[row.organisation].setdefault(row.text)
    every = sorted({text for own in texts.values() for text in own})
    read = dict(zip(every, guesses_of_texts(every), strict=True))
    return {body: shares([read[text] for text in sorted(own)]) for body, own in texts.items()}


def shares(texts: Sequence[Sequence[Guess]]) -> tuple[Guess, ...]:
    """One guess per value from the guesses of several texts: its share of the texts, weighed by how strongly each
    says it, less where the texts are few; of a field with one value only the first."""
    weight: dict[tuple[str, str], float] = defaultdict(float)
    words: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for guesses in texts:
        for guess in guesses:
            weight[guess.field, guess.value] += guess.raw
            words[guess.field, guess.value].update(dict.fromkeys(word.lower() for word in guess.words))
    counted = len(texts)
    damp = counted / (counted + FEW_TEXTS) / max(counted, 1)
    found = [
        Guess(field, value, round(sum_ * damp, 4), tuple(words[field, value])[:MOST_WORDS])
        for (field, value), sum_ in sorted(weight.items(), key=lambda item: (-item[1], item[0]))
    ]
    return _first_of_one(found)


def _first_of_one(found: Iterable[Guess]) -> tuple[Guess, ...]:
    kept: list[Guess] = []
    seen: set[str] = set()
    for guess in found:
        if guess.field not in ONE_VALUE or guess.field not in seen:
            kept.append(guess)
        seen.add(guess.field)
    return tuple(kept)


def partners_of(rows: Iterable[Participation], bodies: Mapping[str, Organisation]) -> dict[str, tuple[str, ...]]:
    """Per body, the others with which it stood in a project, each once.

    Only partners whom everybody may see that may see the body: what is supposed of it must not tell of others.
    """
    projects: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.organisation in bodies and not row.demonstration:
            projects[row.project].append(row.organisation)
    found: dict[str, set[str]] = defaultdict(set)
    for members in projects.values():
        for one in members:
            open_ = _OPENNESS[bodies[one].visibility]
            found[one].update(
                other for other in members if other != one and _OPENNESS[bodies[other].visibility] <= open_
            )
    return {body: tuple(sorted(others)) for body, others in found.items() if others}


def votes(partners: Sequence[str], by_name: Mapping[str, Sequence[Guess]], tables: Calibration) -> tuple[Guess, ...]:
    """One guess per value from the names of the partners that say it surely; `words` holds how many say so."""
    count: dict[tuple[str, str], int] = defaultdict(int)
    speaking: dict[str, int] = defaultdict(int)
    for partner in partners:
        said = [one for one in by_name[partner] if tables.table(one.field, NAME).says(one.raw)]
        for field in {one.field for one in said}:
            speaking[field] += 1
        for one in said:
            count[one.field, one.value] += 1
    found = [
        Guess(field, value, round(number / (speaking[field] + FEW_PARTNERS), 4), (str(number),))
        for (field, value), number in sorted(count.items(), key=lambda item: (-item[1], item[0]))
        if field != "social_type"
    ]
    return _first_of_one(found)


# --- joining the grounds ----------------------------------------------------------------------------------------


def _leads(guesses: Iterable[Guess], ground: str, tables: Calibration) -> Leads:
    found: Leads = {}
    for guess in guesses:
        table = tables.table(guess.field, ground)
        confidence = table.confidence(guess.raw)
        if confidence > 0:
            lead = _Lead(guess.value, confidence, table.says(guess.raw), ground, guess.words)
            found.setdefault(guess.field, []).append(lead)
    return found


def _joined(field: str, leads: Sequence[_Lead]) -> Supposed | None:
    """The value or values that at least one ground says surely enough, as sure as the surest ground that says it.

    Only single grounds are measured, so grounds that agree are named but make nothing surer.

    Of a field with one value, a ground that says another one as surely silences both: nothing is said then.
    """
    said = [lead for lead in leads if lead.enough]
    if not said:
        return None
    values = sorted({lead.value for lead in said})
    sure = {value: max(lead.confidence for lead in leads if lead.value == value) for value in values}
    order = sorted(values, key=lambda value: (-sure[value], value))
    if field in ONE_VALUE:
        if len(order) > 1:
            return _best_against(field, leads)
        return _told(field, order[:1], leads, sure)
    return _told(field, order[:MOST_VALUES], leads, sure)


def _best_against(field: str, leads: Sequence[_Lead]) -> Supposed | None:
    """Two grounds say different values: the name, which is the body's own word, stands, but less surely."""
    named = [lead for lead in leads if lead.ground == NAME and lead.enough]
    if not named:
        return None
    value = named[0].value
    against = max((lead.confidence for lead in leads if lead.value != value and lead.enough), default=0.0)
    sure = named[0].confidence * (1.0 - against / 2)
    return _told(field, [value], leads, {value: sure})


def _told(field: str, values: Sequence[str], leads: Sequence[_Lead], sure: Mapping[str, float]) -> Supposed:
    words: dict[str, dict[str, None]] = {}
    for lead in leads:
        if lead.value in values:
            words.setdefault(lead.ground, {}).update(dict.fromkeys(lead.words))
    note = "; ".join(f"{ground}: {', '.join(list(said)[:MOST_WORDS])}" for ground, said in words.items())
    return Supposed(field, tuple(values), round(min(min(sure[value] for value in values), 0.99), 2), note)
