# SPDX-License-Identifier: EUPL-1.2
"""Words of work in names, purposes and tender texts: without legal forms, places and fancy names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain, repeat

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from matching.sparse import sparse_rows

_LETTERS = (
    "scs",
    "scarl",
    "scrl",
    "scpa",
    "scc",
    "arl",
    "srl",
    "srls",
    "spa",
    "snc",
    "sas",
    "onlus",
    "ets",
    "aps",
    "odv",
)
_FORMS = (
    r"societ[aà]'?",
    r"soc\.?",
    r"coop(?:erativ[aei]|\.?va)?\.?",
    r"cooperazione",
    r"consorzi[oa]?",
    r"(?:a )?responsabilit[aà]'? limitata",
    r"impresa sociale",
    r"in (?:liquidazione|sigla)",
    r"per azioni",
    r"senza (?:fini|scopo) di lucro",
    r"a mutualit[aà]'? prevalente",
    *(r"\W?\s?".join(letters) + r"\W?" for letters in _LETTERS),
)
_FORM = rf"(?:{'|'.join(_FORMS)})(?=\W|$)"
LEGAL_FORM = re.compile(rf"\b{_FORM}", re.IGNORECASE)
# The same for plain lower case, twice as fast: a letter that opens no form is passed over at once.
_PLAIN_FORM = re.compile(rf"\b(?=[aceioprs]){_FORM}")

_STOP_WORDS = (
    "a ad affidamento aggiudicazione ai al alla alle allo anche anni anno annuale aperta appalto associazione "
    "associazioni atti b bando biennale c centro che ci cig codice coi col come comunale comune comuni con "
    "concessione contratto cui cup d da dai dal dalla dalle dallo definitiva degli dei del dell della delle "
    "dello denominata denominazione determina detto di due durata e ed ente enti esecuzione esterna f "
    "fornitura forniture fra gara gestione gli ha i il impegno importo in interventi intervento italia "
    "italiana italiano l la lavori lavoro lazio le lei lo lotti lotto ma mediante mese mesi n nazionale negli "
    "nei nel nell nella nelle nello noi non nostra nr numero nuova nuovo o od oggetto ogni opera opere p per "
    "periodo piu presso procedura progetto proroga provincia provinciale quale quali r realizzazione "
    "regionale regione relativa relativi relativo rm roma s se senza servizi servizio si sono spesa stazione "
    "su sui sul sulla sulle t territorio tra triennale triennio u un una uno v vi via xx"
)
# "Sociale" is a category of cooperatives and counts there.
STOP_WORDS = frozenset([*_STOP_WORDS.split(), "agli", "capitale", "soc", "sociale", "sociali"])

_TOKEN = re.compile(r"[a-z]{3,}")
_ENDING = re.compile(r"h?[aeiou]+$")
# Texts whose reading is kept from one snapshot to the next: an edit changes one body, not thirteen thousand.
REMEMBERED = 1 << 17
_OUR_WORDS = 2  # a word must stand in the texts of so many bodies to say that two are alike


def plain(text: str) -> str:
    """Lower case without accents, for comparing."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return decomposed.encode("ascii", "ignore").decode("ascii").lower()


@lru_cache(maxsize=REMEMBERED)
def without_legal_form(name: str) -> str:
    """A name without the words that only say its legal form."""
    return " ".join(" ".join(_between_forms(name)).split()).strip(" -.,'\"")


def _between_forms(name: str) -> list[str]:
    if not name.isascii():
        return LEGAL_FORM.split(name)
    forms = [found.span() for found in _PLAIN_FORM.finditer(name.lower())]
    ends = [0, *(end for _start, end in forms)]
    starts = [*(start for start, _end in forms), len(name)]
    return [name[end:start] for end, start in zip(ends, starts, strict=True)]


@cache
def stem(word: str) -> str:
    """A word without its ending, so that singular and plural, feminine and masculine meet; never shown to a reader."""
    cut = _ENDING.sub("", word)
    return cut if len(cut) >= 3 else word


@lru_cache(maxsize=REMEMBERED)
def tokens(text: str) -> tuple[str, ...]:
    """Stems of the words of a text, stop words out."""
    return tuple([found for found in map(_telling, _TOKEN.findall(plain(text))) if found])


@lru_cache(maxsize=REMEMBERED)
def _telling(word: str) -> str | None:
    return None if word in STOP_WORDS else stem(word)


@dataclass(frozen=True, slots=True, eq=False)
class WordStatistics:
    """How much each word says, as it was when these were taken: `place` gives a word's position in `idf`, `shared` the
    positions of the words that several bodies use, which are the columns of the matrix.
    """

    place: Mapping[str, int]
    idf: npt.NDArray[np.float64]
    shared: npt.NDArray[np.int64]


def word_statistics(documents: Sequence[Sequence[str]], among: Collection[str] | None = None) -> WordStatistics:
    """The statistics of exactly these documents, of all their words or of those `among` them that count:
    ln((1 + bodies) / (1 + bodies with the word)) + 1, and which words at least two bodies use: a word of a single body
    says nothing about likeness.
    """
    used = set(chain.from_iterable(documents))
    place = {word: position for position, word in enumerate(sorted(used if among is None else used & set(among)))}
    _rows, columns, _counts = _counted(documents, place)
    bodies = np.bincount(columns, minlength=len(place))
    idf = np.log((1 + len(documents)) / (1 + bodies)) + 1.0
    return WordStatistics(place, idf, np.flatnonzero(bodies >= _OUR_WORDS).astype(np.int64))


def text_matrix(documents: Sequence[Sequence[str]], statistics: WordStatistics | None = None) -> sp.csr_array:
    """TF-IDF rows (bodies x words) of documents given as stems, by these statistics or those of the documents.

    (1 + ln of how often) times the statistics' weight, of unit length over all words that these know, those of a single
    body too; words that they do not know count for nothing. A row is the same whatever other rows there are.
    """
    statistics = statistics or word_statistics(documents)
    rows, columns, counts = _counted(documents, statistics.place)
    values = (1.0 + np.log(counts)) * statistics.idf[columns]
    lengths = np.sqrt(np.bincount(rows, weights=values * values, minlength=len(documents)))
    values /= lengths[rows]
    column = np.full(len(statistics.idf), -1, dtype=np.int64)
    column[statistics.shared] = np.arange(len(statistics.shared))
    kept = column[columns] >= 0
    shape = (len(documents), max(len(statistics.shared), 1))
    return sparse_rows(rows[kept], column[columns[kept]], values[kept], shape)


def _counted(
    documents: Sequence[Sequence[str]], place: Mapping[str, int]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Row, position of the word and how often it stands there, by row and position; words without place left out."""
    found = np.fromiter(map(place.get, chain.from_iterable(documents), repeat(-1)), dtype=np.int64)
    every = np.repeat(np.arange(len(documents), dtype=np.int64), np.fromiter(map(len, documents), dtype=np.int64))
    known = found >= 0
    flat, owner = found[known], every[known]
    width = max(len(place), 1)
    both = np.sort(owner * width + flat)
    first = np.flatnonzero(np.append(True, both[1:] != both[:-1])) if len(both) else np.zeros(0, dtype=np.int64)
    counts = np.diff(np.append(first, len(both))).astype(np.float64)
    return both[first] // width, both[first] % width, counts
