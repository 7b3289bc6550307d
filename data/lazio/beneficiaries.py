# SPDX-License-Identifier: EUPL-1.2
"""Who a call admits, as rules: a small vocabulary that people write in a cell, in Italian or in English.

A cell holds clauses between semicolons or line ends, every one of which has to hold. A clause is a name, a sign and
values; several values (`|` or `,`) are alternatives, and `non`, `not` or `!=` turns them round:

    tipo = cooperativa | consorzio          kind: cooperative, consortium, public-body, third-sector, firm
    categoria = produzione e lavoro         category: the register's category holds these words
    sociale = sì                            social: a social cooperative (or consortium of them), or not
    tipo sociale = A | A+B                  social_type: A, B, A+B, C
    stato = attiva | costituenda            status: stages of life; without this clause a body must not be closed
    settore = 87 | 88                       sector: ATECO divisions (2025) or section letters
    sede = snai:monti-reatini | RI          place: ISTAT codes, names of comuni, provinces, areas "level:code"
    centrale = Legacoop                     federation: the federation it belongs to
    soci >= 9                               members: at least so many members
    addetti <= 249                          employees: at most, or at least (>=), so many
    età <= 24                               age: founded at most so many months ago (>=: at least)
    mutualità prevalente = sì               prevalent_mutuality: yes or no
    terzo settore = sì                      third_sector: yes or no
    gruppo >= 3                             group: at least so many members of the group that applies
    ente = comune                           body_type: the type of public body
    chi = type-b | municipalities           who: phrases of beneficiaries.toml, any one of which is enough
    altro = iscrizione all'albo regionale   other: free words, always to be verified

Plain words that the table of phrases knows whole ("cooperative sociali di tipo B") are read as the clauses they stand
for; words that follow none of this are kept as they are, as a requirement to be verified.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from data.identity import BadValue
from data.lazio.beneficiaries_in_words import phrases, rules_in_words
from data.lazio.sectors import ateco
from data.lazio.territory import areas, find_municipality, municipality, provinces
from data.model import BodyType, Message, OrganisationKind, Status
from data.wording import clean, clean_words, plain

Sign = Literal["=", "!=", "<=", ">="]

MOST_CLAUSES: Final = 30
MOST_VALUES: Final = 400
SECTOR_VERSION: Final = "2025"
SOCIAL_TYPES: Final = ("A", "B", "A+B", "C")
YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One clause: the values are alternatives; with `!=` none of them may hold; `<=` and `>=` hold one whole number."""

    name: str
    sign: Sign
    values: tuple[str, ...]

    @property
    def number(self) -> int:
        """The number of a clause that counts."""
        return int(self.values[0])

    def __str__(self) -> str:
        return f"{self.name} {self.sign} {' | '.join(self.values)}"


NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "kind": ("tipo", "beneficiari", "soggetti", "natura"),
    "category": ("categoria", "categoria albo"),
    "social": ("sociale", "cooperativa sociale", "social cooperative"),
    "social_type": ("tipo sociale", "social type"),
    "status": ("stato", "stadio"),
    "sector": ("settore", "ateco", "attività"),
    "place": ("sede", "territorio", "comuni", "luogo", "seat"),
    "federation": ("centrale", "associazione", "federazione"),
    "members": ("soci", "soci minimi"),
    "employees": ("addetti", "dipendenti", "lavoratori"),
    "age": ("età", "mesi", "età in mesi", "costituita da mesi"),
    "prevalent_mutuality": ("mutualità prevalente", "prevalent mutuality"),
    "third_sector": ("terzo settore", "ets", "third sector"),
    "group": ("gruppo", "raggruppamento", "componenti del gruppo", "partner minimi"),
    "body_type": ("ente", "tipo di ente"),
    "who": ("chi",),
    "other": ("altro", "requisito", "requisiti"),
}
_NAMES: Final = {plain(word): name for name, words in NAMES.items() for word in (name, *words)}
_COUNTS: Final[Mapping[str, tuple[Sign, ...]]] = {
    "members": (">=",),
    "employees": ("<=", ">="),
    "age": ("<=", ">="),
    "group": (">=",),
}
_CLAUSE: Final = re.compile(r"\s*([^=<>!:|]{2,40}?)\s*(!=|<=|>=|≤|≥|=|:)\s*(.+)", re.DOTALL)
_BETWEEN: Final = re.compile(r"[;\n]")
_OR: Final = re.compile(r"[|,]")
_NOT: Final = re.compile(r"(?:non|not|no|escluse?|esclusi|except)\s+", re.IGNORECASE)
_SIGNS: Final[Mapping[str, Sign]] = {"!=": "!=", "<=": "<=", "≤": "<=", ">=": ">=", "≥": ">=", "=": "=", ":": "="}


def read_requirements(text: str) -> tuple[Requirement, ...]:
    """The clauses of a cell, in its order; () for an empty one.

    Raises `BadValue` (`reject.beneficiaries` with the clause and what is allowed) for a known name with a value that
    may not be, and as `clean_words` does for free words.
    """
    clauses = [clause for part in _BETWEEN.split(text) if (clause := clean(part))]
    if len(clauses) > MOST_CLAUSES:
        raise BadValue(Message("reject.beneficiaries", {"clause": f"{len(clauses)}", "allowed": f"<= {MOST_CLAUSES}"}))
    return tuple(each for clause in clauses for each in read_clause(clause))


def read_clause(clause: str) -> tuple[Requirement, ...]:
    """The requirements of one clause: several where plain words stand for several. Raises as `read_requirements`."""
    found = _CLAUSE.fullmatch(clause)
    name = _NAMES.get(plain(found[1])) if found else None
    if found is not None and name == "kind" and found[2] in {"=", ":"}:
        said = [clean(part) for part in _OR.split(_NOT.sub("", found[3], count=1))]
        words = None if all(plain(part) in _KINDS for part in said if part) else rules_in_words(found[3])
    else:
        words = rules_in_words(clause) if name is None else None
    if not words:
        return (_requirement(clause),)
    try:
        return tuple(_requirement(rule) for rule in words)
    except BadValue:
        return (_requirement(f"other = {clause}"),)


def requirement_of(written: str) -> Requirement:
    """The requirement that `str` of one wrote down."""
    return _requirement(written)


def in_italian(requirement: Requirement) -> str:
    """The clause as an Italian user would write it, for telling how words were read."""
    words = {"yes": "sì"} | {value: word for word, value in reversed(list(_KIND_WORDS.items()))}
    if requirement.name == "body_type":
        words = {value: word for word, value in reversed(list(_BODY_WORDS.items()))}
    values = " | ".join(words.get(value, value.removeprefix("province:")) for value in requirement.values)
    return f"{NAMES[requirement.name][0]} {requirement.sign} {values}"


def _requirement(clause: str) -> Requirement:
    found = _CLAUSE.fullmatch(clause)
    name = _NAMES.get(plain(found[1])) if found else None
    if found is None or name is None or name == "other":
        words = found[3] if found and name == "other" else clause
        return Requirement("other", "=", (clean_words(words, 300),))
    sign, said = _SIGNS[found[2]], found[3]
    if name in _COUNTS:
        return Requirement(name, _sign_of(name, sign, clause), (_number(said, clause),))
    if sign in {"<=", ">="}:
        raise _wrong(clause, f"{name} = ...")
    turned = _NOT.match(said)
    if turned and name not in {"social", "prevalent_mutuality", "third_sector"}:
        sign, said = "!=", said[turned.end() :]
    values = tuple(dict.fromkeys(_READERS[name](clean(part), clause) for part in _OR.split(said) if clean(part)))
    if not 0 < len(values) <= MOST_VALUES:
        raise _wrong(clause, f"1-{MOST_VALUES}")
    return Requirement(name, sign, values)


def _sign_of(name: str, sign: Sign, clause: str) -> Sign:
    """What a count means: an age is a limit from above, all others from below, unless the sign says otherwise."""
    if sign == "=":
        return "<=" if name == "age" else ">="
    if sign not in _COUNTS[name]:
        raise _wrong(clause, " ".join(_COUNTS[name]))
    return sign


def _number(said: str, clause: str) -> str:
    found = re.fullmatch(r"(\d{1,6})(?:\s*(?:mesi|months|soci|members|addetti|employees))?", clean(said))
    if found is None:
        raise _wrong(clause, "0-999999")
    return str(int(found[1]))


def _wrong(clause: str, allowed: str) -> BadValue:
    return BadValue(Message("reject.beneficiaries", {"clause": clause[:80], "allowed": allowed[:400]}))


def _one_of(kinds: type[StrEnum] | tuple[str, ...], words: Mapping[str, str]) -> Callable[[str, str], str]:
    allowed = tuple(str(kind.value) for kind in kinds) if isinstance(kinds, type) else kinds
    table = {plain(word): value for word, value in words.items()} | {plain(value): value for value in allowed}

    def read(said: str, clause: str) -> str:
        value = table.get(plain(said))
        if value is None:
            raise _wrong(clause, ", ".join(allowed))
        return value

    return read


def _social_type(said: str, clause: str) -> str:
    value = re.sub(r"(?i)^(?:tipo|type)\s+", "", said).upper().replace(" ", "")
    if value not in SOCIAL_TYPES:
        raise _wrong(clause, ", ".join(SOCIAL_TYPES))
    return value


def _sector(said: str, clause: str) -> str:
    entry = ateco(SECTOR_VERSION).get(said)
    if entry is None or entry.level not in {"section", "division"}:
        raise _wrong(clause, "A-V, 01-99")
    return entry.code


def _free(said: str, _clause: str) -> str:
    return clean_words(said, 120)


def _place(said: str, clause: str) -> str:
    found = read_place(said)
    if found is None:
        raise _wrong(clause, "ISTAT, comune, provincia, snai:..., district:...")
    return found


_YES_NO: Final = {"si": YES, "sì": YES, "yes": YES, "vero": YES, "true": YES, "1": YES, "no": NO, "falso": NO, "0": NO}
_KIND_WORDS: Final[Mapping[str, str]] = {
    "cooperativa": "cooperative",
    "cooperative": "cooperative",
    "società cooperativa": "cooperative",
    "società cooperative": "cooperative",
    "consorzio": "consortium",
    "consorzi": "consortium",
    "ente pubblico": "public-body",
    "enti pubblici": "public-body",
    "comune": "public-body",
    "terzo settore": "third-sector",
    "ets": "third-sector",
    "enti del terzo settore": "third-sector",
    "impresa": "firm",
    "imprese": "firm",
}
_KINDS: Final = {plain(word) for word in (*_KIND_WORDS, *(kind.value for kind in OrganisationKind))}
_BODY_WORDS: Final[Mapping[str, str]] = {
    "comune": "municipality",
    "comuni": "municipality",
    "provincia": "province",
    "province": "province",
    "regione": "region",
    "unione di comuni": "union-of-municipalities",
    "comunità montana": "mountain-community",
    "ente parco": "park",
    "università": "university-research",
    "scuola": "school",
}
_STATUS_WORDS: Final[Mapping[str, str]] = {
    "attiva": "active",
    "attive": "active",
    "attivo": "active",
    "costituenda": "forming",
    "costituende": "forming",
    "neo costituita": "newly-formed",
    "neocostituita": "newly-formed",
    "neo costituite": "newly-formed",
    "in crisi": "in-crisis",
    "in liquidazione": "liquidation",
}
_READERS: Final[Mapping[str, Callable[[str, str], str]]] = {
    "kind": _one_of(OrganisationKind, _KIND_WORDS),
    "category": _free,
    "social": _one_of((YES, NO), _YES_NO),
    "social_type": _social_type,
    "status": _one_of(Status, _STATUS_WORDS),
    "sector": _sector,
    "place": _place,
    "federation": _free,
    "prevalent_mutuality": _one_of((YES, NO), _YES_NO),
    "third_sector": _one_of((YES, NO), _YES_NO),
    "body_type": _one_of(BodyType, _BODY_WORDS),
    "who": _one_of(tuple(phrases()), {each.it: each.key for each in phrases().values()}),
}


# --- places -----------------------------------------------------------------------------------------------------


def read_place(said: str) -> str | None:
    """A comune (its ISTAT code), a province (`province:RI`) or an area (`level:code`) named in any usual way; None when
    it is none of these. An area of a level that we do not ship is taken as written: own files may bring it.
    """
    words = clean(said)
    if words.isdigit():
        found = municipality(words.zfill(6))
        return found.istat if found else None
    if ":" in words:
        level, _, code = words.partition(":")
        return _area(clean(level), clean(code))
    bare = re.sub(r"(?i)^(?:provincia|prov\.?)\s+(?:di\s+)?", "", words)
    province = next((one.sigla for one in provinces() if plain(bare) in {plain(one.sigla), plain(one.name)}), None)
    by_name = find_municipality(words)
    if province is not None and (bare != words or by_name is None):
        return f"province:{province}"
    return by_name.istat if by_name else _named_area(words)


def _named_area(words: str) -> str | None:
    """An area that we ship by its name alone; labour systems bear the names of comuni and need their level."""
    levels = {"snai", "crater", "district"}
    found = next((one for one in areas() if one.level in levels and plain(one.name) == plain(words)), None)
    return f"{found.level}:{found.code}" if found else None


def _area(level: str, code: str) -> str | None:
    if not re.fullmatch(r"[a-z][a-z0-9\-]{0,40}", level.lower()) or not 0 < len(code) <= 80:
        return None
    if plain(level) in {"provincia", "province"}:
        found = next((one.sigla for one in provinces() if plain(code) in {plain(one.sigla), plain(one.name)}), None)
        return f"province:{found}" if found else None
    shipped = [one for one in areas() if one.level == level.lower()]
    if not shipped:
        return f"{level.lower()}:{code}"
    found_area = next((one for one in shipped if plain(code) in {plain(one.code), plain(one.name)}), None)
    return f"{level.lower()}:{found_area.code}" if found_area else None


def comuni_of_places(places: Iterable[str], own_areas: Mapping[str, frozenset[str]]) -> frozenset[str] | None:
    """The ISTAT codes that these places cover; None when an area among them is not known.

    `own_areas` maps "level:code" to codes, for areas that were loaded.
    """
    found: set[str] = set()
    for place in places:
        if place.isdigit():
            found.add(place)
            continue
        members = own_areas.get(place) or _shipped_members(place)
        if not members:
            return None
        found |= members
    return frozenset(found)


def _shipped_members(place: str) -> frozenset[str]:
    level, _, code = place.partition(":")
    return frozenset(istat for one in areas() if one.level == level and one.code == code for istat in one.members)
