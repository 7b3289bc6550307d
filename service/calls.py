# SPDX-License-Identifier: EUPL-1.2
"""Pages of calls: which are open today, what each asks, who may apply and who nearly may."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from data.errors import UnknownCall
from data.lazio import areas as shipped_areas
from data.lazio import ateco, municipality, provinces
from data.lazio.beneficiaries import SECTOR_VERSION, requirement_of
from data.lazio.beneficiaries_in_words import phrases
from data.lazio.instruments import Instrument, instruments
from data.model import Call, Message, Municipality, Organisation
from data.wording import plain
from matching.call_state import CallState, Standing, is_to_come, standing
from matching.eligibility import (
    Audience,
    Check,
    Eligibility,
    audience_of,
    calls_for,
    eligibility,
    is_in_words,
    missing_sentence,
    rules_of,
    sentence,
)
from service.exports import Cell, csv_text
from service.messages import Words
from service.snapshot import Snapshot

SHOWN: Final = 50
MOST_NAMED: Final = 12
GROUPS: Final = ("open", "unknown", "to-come", "closed")


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call as lists show it: `group` is open, unknown, to-come or closed, `why` the sentence behind it."""

    call: Call
    group: str
    state: CallState
    why: str
    days_left: int | None
    places: str
    address: str


@dataclass(frozen=True, slots=True)
class Applicant:
    """One body of a call's audience: what it does not meet (at most one sentence) and what is to be verified."""

    body: Organisation
    place: str
    missing: str
    to_verify: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CallSheet:
    """The page of a call; the three groups are cut to what a page holds, the totals are whole.

    `missing` counts the bodies that miss each requirement, and that one only. `in_words`: nothing of what the call asks
    can be compared, so that nobody is listed.
    """

    row: CallRow
    requirements: tuple[str, ...]
    instrument: Instrument | None
    ready: tuple[Applicant, ...]
    likely: tuple[Applicant, ...]
    one_missing: tuple[Applicant, ...]
    totals: Mapping[str, int]
    missing: tuple[tuple[str, int], ...]
    in_words: bool


def own_areas(snapshot: Snapshot) -> Mapping[str, frozenset[str]]:
    """ISTAT codes of the areas that were loaded, by "level:code"."""
    return snapshot.once("calls.areas", lambda: _own_areas(snapshot))


def _own_areas(snapshot: Snapshot) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for area in snapshot.areas:
        for name in (area.code, area.name):
            found.setdefault(f"{area.level}:{name}", set()).add(area.municipality)
    return {key: frozenset(members) for key, members in found.items()}


def call_of(snapshot: Snapshot, call_id: str) -> Call:
    """The call of an id; raises UnknownCall when this reader may see none."""
    found = calls_by_id(snapshot).get(call_id)
    if found is None:
        raise UnknownCall(call=call_id)
    return found


def calls_by_id(snapshot: Snapshot) -> Mapping[str, Call]:
    """Every call that the reader may see, by id."""
    return snapshot.once("calls.by-id", lambda: {call.id: call for call in snapshot.calls})


# --- the list ---------------------------------------------------------------------------------------------------


def call_rows(snapshot: Snapshot, words: Words, asked: str = "", comune: str = "") -> dict[str, tuple[CallRow, ...]]:
    """Calls by group (open ones first, the nearest end first; closed ones last, the newest first).

    `asked` are words of the title or of who runs it; `comune` (ISTAT) keeps calls that admit it or name no comuni.
    """
    wanted = plain(asked)
    rows = [
        call_row(snapshot, call, words)
        for call in snapshot.calls
        if wanted in plain(f"{call.title} {call.body or ''}")
        and (not comune or not call.municipalities or comune in call.municipalities)
    ]
    return {
        group: tuple(sorted((row for row in rows if row.group == group), key=_order(group)))
        for group in GROUPS
        if any(row.group == group for row in rows)
    }


def _order(group: str) -> Callable[[CallRow], tuple[int, str]]:
    def key(row: CallRow) -> tuple[int, str]:
        if group == "closed":
            return -(row.call.closes or date.min).toordinal(), row.call.id
        day = row.call.opens if group == "to-come" else row.call.closes
        return (day or date.max).toordinal(), row.call.id

    return key


def call_row(snapshot: Snapshot, call: Call, words: Words) -> CallRow:
    """A call with its state of today in words."""
    now = standing(call, snapshot.today)
    address = call.address or ""
    return CallRow(
        call=call,
        group="to-come" if now.state is CallState.CLOSED and is_to_come(call, snapshot.today) else now.state.value,
        state=now.state,
        why=words.render(now.why),
        days_left=now.days_left if now.state is not CallState.CLOSED else None,
        places=places_text(snapshot, call.municipalities, words),
        address=address if address.startswith(("http://", "https://")) else "",
    )


def places_text(snapshot: Snapshot, comuni: Sequence[str], words: Words) -> str:
    """Comuni by name: a whole province or a known area by its own name, else the first few; "" for none."""
    if not comuni:
        return ""
    wanted = frozenset(comuni)
    whole = next((area.name for area in shipped_areas() if frozenset(area.members) == wanted), None)
    if whole is not None and len(wanted) > 1:
        return whole
    names = [comuni_names(snapshot.municipalities).get(istat, istat) for istat in comuni]
    if len(names) <= MOST_NAMED:
        return words.write(tuple(names), "commas")
    return words.text("call.places-more", names=tuple(names[:MOST_NAMED]), n=len(names) - MOST_NAMED)


def comuni_names(municipalities: Mapping[str, Municipality]) -> dict[str, str]:
    """Name of each comune by ISTAT code."""
    return {istat: comune.name for istat, comune in municipalities.items()}


def open_calls(snapshot: Snapshot, words: Words, comune: str) -> tuple[CallRow, ...]:
    """The calls open today, or to be verified, that a comune may look at; never a closed one."""
    groups = call_rows(snapshot, words, comune=comune)
    return (*groups.get("open", ()), *groups.get("unknown", ()))


# --- one call ---------------------------------------------------------------------------------------------------


def call_sheet(snapshot: Snapshot, call: Call, words: Words) -> CallSheet:
    """The page of a call; a closed one names nobody who may apply."""
    row = call_row(snapshot, call, words)
    groups = audience_today(snapshot, call)
    return CallSheet(
        row=row,
        requirements=tuple(words.render(told(sentence(requirement_of(text)), words)) for text in call.beneficiaries),
        instrument=next((one for one in instruments() if one.code == call.instrument), None),
        ready=_applicants(snapshot, groups.ready[:SHOWN], words),
        likely=_applicants(snapshot, groups.likely[:SHOWN], words),
        one_missing=_applicants(snapshot, groups.one_missing[:SHOWN], words),
        totals={
            "ready": len(groups.ready),
            "likely": len(groups.likely),
            "one-missing": len(groups.one_missing),
            "elsewhere": len(groups.elsewhere),
            "others": groups.others,
        },
        missing=_missing(groups.one_missing, words),
        in_words=is_in_words(rules_of(call, own_areas(snapshot))),
    )


def _missing(found: Iterable[Eligibility], words: Words) -> tuple[tuple[str, int], ...]:
    """The requirement that bodies miss, in words, and how many miss it, the most missed first."""
    texts = Counter(missing_text(each.missing_one, words) for each in found if each.missing_one is not None)
    return tuple(sorted(texts.items(), key=lambda item: (-item[1], item[0])))


def audience(snapshot: Snapshot, call: Call) -> Audience:
    """Who may apply among all that the reader may see; worked out once per call and snapshot."""
    return snapshot.once(
        f"calls.audience.{call.id}",
        lambda: audience_of(rules_of(call, own_areas(snapshot)), snapshot.organisations, snapshot.today),
    )


def audience_today(snapshot: Snapshot, call: Call) -> Audience:
    """The same, and nobody for a call that is over: an expired call is proposed to no one (control N09)."""
    over = standing(call, snapshot.today).state is CallState.CLOSED and not is_to_come(call, snapshot.today)
    return Audience() if over else audience(snapshot, call)


def _applicants(snapshot: Snapshot, found: Iterable[Eligibility], words: Words) -> tuple[Applicant, ...]:
    return tuple(_applicant(snapshot, each, words) for each in found)


def _applicant(snapshot: Snapshot, found: Eligibility, words: Words) -> Applicant:
    body = snapshot.organisation(found.organisation)
    missing = found.missing_one
    return Applicant(
        body=body,
        place=comuni_names(snapshot.municipalities).get(body.municipality or "", body.province or ""),
        missing=missing_text(missing, words) if missing else "",
        to_verify=tuple(doubt_text(check, words) for check in found.to_verify),
    )


def doubt_text(check: Check, words: Words) -> str:
    """What is to be verified, and what the supposed facts would answer."""
    seems = "" if check.seems is None else words.text(f"call.seems.{'yes' if check.seems else 'no'}")
    return f"{check_text(check, words)} {seems}".rstrip()


def check_text(check: Check, words: Words) -> str:
    """What a check asks, as a sentence."""
    return words.render(told(check.message, words))


def missing_text(check: Check, words: Words) -> str:
    """What a body lacks, as a sentence about it."""
    return (
        words.render(told(missing_sentence(check.requirement), words))
        if check.requirement
        else check_text(check, words)
    )


def told(message: Message, words: Words) -> Message:
    """The message with codes of places and sectors put into names."""
    values = message.params.get("values")
    naming = _NAMING.get(message.key.split(".")[1])
    if not isinstance(values, tuple) or naming is None:
        return message
    return Message(message.key, {"values": tuple(naming(str(value), words) for value in values[:MOST_NAMED])})


def _place_name(value: str, words: Words) -> str:
    """A place with the preposition that its kind takes."""
    level, _, code = value.partition(":")
    if level == "province":
        found = next((one.name for one in provinces() if one.sigla == code), code)
        return words.text("call.at.province", name=found)
    if not code:
        comune = municipality(value)
        return words.text("call.at.comune", name=comune.name if comune else value)
    area = next((one.name for one in shipped_areas() if (one.level, one.code) == (level, code)), None)
    return words.text("call.at.area", name=area or value)


def _phrase_name(key: str, words: Words) -> str:
    phrase = phrases().get(key)
    if phrase is None:
        return key
    return phrase.en if words.language == "en" else phrase.it


def _sector_name(code: str, words: Words) -> str:
    title = ateco(SECTOR_VERSION).title(code, words.language)
    return f"{code} {title}" if title else code


_NAMING: Final[Mapping[str, Callable[[str, Words], str]]] = {
    "place": _place_name,
    "sector": _sector_name,
    "who": _phrase_name,
}


# --- one organisation -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SuitedCall:
    """A call that a body might answer today, and what would have to be verified first."""

    row: CallRow
    to_verify: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SuitedCalls:
    """The calls that suit a body as far as is known or supposed, those of which something of it is to be verified, and
    those whose requirements only their text can tell.
    """

    calls: tuple[SuitedCall, ...]
    perhaps: tuple[SuitedCall, ...]
    to_read: tuple[CallRow, ...]


def suited_calls(snapshot: Snapshot, body: Organisation, words: Words) -> SuitedCalls:
    """Calls that are open or to be verified, the nearest end first; those in words only if they admit its comune."""
    areas = own_areas(snapshot)
    found = calls_for(body, snapshot.calls, snapshot.today, areas)
    to_read = (
        call
        for call in snapshot.calls
        if is_in_words(rules_of(call, areas))
        and standing(call, snapshot.today).state is not CallState.CLOSED
        and (not call.municipalities or body.municipality is None or body.municipality in call.municipalities)
    )
    suited, perhaps = (
        tuple(_suited(snapshot, call, fits, words) for call, _now, fits in found if fits.suits is suits)
        for suits in (True, False)
    )
    rows = sorted((call_row(snapshot, call, words) for call in to_read), key=_order("open"))
    return SuitedCalls(suited, perhaps, tuple(rows))


def _suited(snapshot: Snapshot, call: Call, fits: Eligibility, words: Words) -> SuitedCall:
    return SuitedCall(call_row(snapshot, call, words), tuple(doubt_text(check, words) for check in fits.to_verify))


def eligibility_of(
    snapshot: Snapshot, call: Call, body: Organisation, together: int | None = None
) -> tuple[Standing, Eligibility]:
    """The state of a call today and every requirement of it for one body; `together` members would apply."""
    rules = rules_of(call, own_areas(snapshot))
    return standing(call, snapshot.today), eligibility(rules, body, snapshot.today, together)


# --- files ------------------------------------------------------------------------------------------------------


def audience_csv(snapshot: Snapshot, call: Call, words: Words) -> str:
    """Everybody who may apply, may after a check, or misses one requirement, with the requirement named; those with a
    seat outside Lazio, or not known, last.
    """
    groups = audience_today(snapshot, call)
    header = [
        words.text(f"call.csv.{name}")
        for name in ("id", "name", "kind", "municipality", "province", "group", "missing", "verify", "pec", "website")
    ]
    state = words.text(f"call.state.{call_row(snapshot, call, words).group}")
    rows = [
        _csv_row(_applicant(snapshot, found, words), words.text(f"call.group.{name}"), words)
        for name, bodies in named_groups(groups).items()
        for found in bodies
    ]
    return csv_text([*header, words.text("call.csv.state")], [[*row, state] for row in rows])


def named_groups(groups: Audience) -> dict[str, tuple[Eligibility, ...]]:
    """The groups of an audience that name bodies, as pages, files and the API call them."""
    return {
        "ready": groups.ready,
        "likely": groups.likely,
        "one-missing": groups.one_missing,
        "elsewhere": groups.elsewhere,
    }


def _csv_row(one: Applicant, group: str, words: Words) -> list[Cell]:
    body = one.body
    return [
        body.id, body.name, words.text(f"org.kind.{body.kind.value}"), one.place, body.province, group, one.missing,
        " | ".join(one.to_verify), body.pec, body.website,
    ]  # fmt: skip


def template_csv() -> str:
    """A sheet of calls to fill in: the headings that the importer reads, and one row that shows how."""
    header = ["codice", "titolo", "ente", "apertura", "scadenza", "stato", "beneficiari", "comuni", "fonte", "letto_il"]
    example: list[Cell] = [
        "ESEMPIO-1", "Riga di esempio: sostituiscila", "Ente di esempio", "2026-01-01", "2026-01-31", "chiuso",
        "tipo sociale = B; sede = Viterbo", None, "https://www.example.org/bando", "2026-01-01",
    ]  # fmt: skip
    return csv_text(header, [example])
