# SPDX-License-Identifier: EUPL-1.2
"""Finding names that people type, slips included: shared trigrams find candidates, rapidfuzz puts them in order.

Words of legal form ("società cooperativa sociale") and little words weigh nothing; dots and spaces between letters
are no difference ("T.H.E.A." is "thea", "alice nova" is "alicenova"); a comune in the text means the place.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

_CANDIDATES: Final = 80
_LEAST: Final = 70.0
SURE: Final = 85.0  # from here on every typed word is in the name, whole or as a beginning
_SAME_PLACE: Final = 86.0
_SHORT_WORD: Final = 3
_MOST_WORDS: Final = 12
_MOST_JOINED: Final = 4
_ELSEWHERE: Final = 0.9
_AHEAD: Final = 4.0  # what a cooperative is given over another body as alike
_ASKED_FOR: Final = 15.0  # the same when the text says "cooperativa"
_BEFORE_THE_PLACE: Final = 3
MAX_QUERY: Final = 100

_LEGAL_FORM: Final = frozenset(
    {
        *("cooperativa", "cooperative", "cooperativo", "coop", "societa", "soc", "sociale", "sociali", "impresa"),
        *("responsabilita", "limitata", "resp", "lim", "onlus", "ets", "scs", "scsrl", "scsarl", "scarl", "scrl"),
        *("scpa", "sccrl", "arl", "rl", "ar", "srl", "srls", "spa", "snc", "sas"),
    }
)
_COOPERATIVE: Final = frozenset({"cooperativa", "cooperative", "coop"})
_LITTLE: Final = frozenset(
    {
        *("a", "ad", "ai", "agli", "al", "alla", "alle", "allo", "con", "d", "da", "dal", "dalla", "de", "degli"),
        *("dei", "del", "dell", "della", "delle", "dello", "di", "e", "ed", "fra", "gli", "i", "il", "in", "l", "la"),
        *("le", "lo", "nel", "nella", "per", "tra", "un", "una"),
    }
)
_BREAK: Final = re.compile(r"[^\w\s.]+|_")
_ELISION: Final = re.compile(r"\b(?:dell|all|dall|nell|l|d)['’`]\s*(?=\w)", re.IGNORECASE)
_PARTED: Final = "|"
# Plain signs as `fold` has them: letters and digits in lower case, breaks as one sign, the rest as spaces.
_PLAINLY: Final = {
    code: chr(code).lower() if chr(code).isalnum() else _PARTED if _BREAK.match(chr(code)) else " "
    for code in range(128)
}
_LETTERS_APART: Final = re.compile(r"\b[a-z](?: [a-z])+\b")


def fold(text: str) -> str:
    """Lower case, no accents, punctuation as single spaces: how two spellings of one name become equal."""
    bare = text if text.isascii() else unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return " ".join(re.findall(r"[a-z0-9]+", bare.casefold()))


def spell(text: str) -> tuple[str, ...]:
    """The words of a text, folded; letters written apart ("T.H.E.A.", "s c s") are one word, elided articles none."""
    if text.isascii():
        return _spelled_plainly(text)
    pieces = _BREAK.split(_ELISION.sub(" - ", text))
    return tuple(word for piece in pieces for word in _LETTERS_APART.sub(_run_together, fold(piece)).split())


def _spelled_plainly(text: str) -> tuple[str, ...]:
    """The same of a text without accents, all pieces at once: a break is a sign that stands between them."""
    parted = _ELISION.sub(" - ", text) if "'" in text or "`" in text else text
    flat = " ".join(parted.translate(_PLAINLY).split())
    return tuple(_LETTERS_APART.sub(_run_together, flat).replace(_PARTED, " ").split())


def _run_together(run: re.Match[str]) -> str:
    return run[0].replace(" ", "")


def core_of(words: Sequence[str]) -> tuple[str, ...]:
    """The words without those of legal form; all of them when nothing else is left."""
    return tuple(word for word in words if word not in _LEGAL_FORM) or tuple(words)


def telling(words: Iterable[str]) -> tuple[str, ...]:
    """The words that tell one name from another: neither legal form nor little words."""
    return tuple(word for word in words if word not in _LEGAL_FORM and word not in _LITTLE)


@dataclass(frozen=True, slots=True)
class Hit:
    """A name found: its place in the list that was indexed, and how alike it is (0..100)."""

    place: int
    likeness: float


@dataclass(frozen=True, slots=True)
class NameIndex:
    """Names by their telling words, and for every trigram the places of the names that hold it (one run per gram).

    `words` are all words of each name, `cores` those without the legal form, as one text.
    """

    words: tuple[tuple[str, ...], ...]
    cores: tuple[str, ...]
    grams: NDArray[np.uint32]
    starts: NDArray[np.int64]
    places: NDArray[np.int32]
    weights: NDArray[np.float32]
    totals: NDArray[np.float32]

    @classmethod
    def build(cls, names: Sequence[str]) -> NameIndex:
        """The index of these names, in their order."""
        words = tuple(spell(name) for name in names)
        cores = tuple(" ".join(core_of(each)) for each in words)
        return cls._of_pairs(words, cores, _pairs_of(cores, np.arange(len(cores), dtype=np.int64)))

    def renewed(self, kept: NDArray[np.int64], names: Sequence[str]) -> NameIndex:
        """The index of names of which `kept` says, in their order, which place they had, -1 for the next of `names`."""
        fresh = np.flatnonzero(kept < 0)
        said = iter([spell(name) for name in names])
        words = tuple([self.words[at] if at >= 0 else next(said) for at in kept.tolist()])
        cores = tuple(
            [
                self.cores[at] if at >= 0 else " ".join(core_of(each))
                for at, each in zip(kept.tolist(), words, strict=True)
            ]
        )
        place_now = np.full(len(self.cores), -1, dtype=np.int64)
        place_now[kept[kept >= 0]] = np.flatnonzero(kept >= 0)
        places = place_now[self.places]
        held = ((np.repeat(self.grams, np.diff(self.starts)).astype(np.int64) << 32) | places)[places >= 0]
        new = _pairs_of([cores[place] for place in fresh], fresh)
        return self._of_pairs(words, cores, np.insert(held, np.searchsorted(held, new), new))

    @classmethod
    def _of_pairs(
        cls, words: tuple[tuple[str, ...], ...], cores: tuple[str, ...], pairs: NDArray[np.int64]
    ) -> NameIndex:
        """`pairs` are gram and place as one number, each once, sorted."""
        gram_of_pair = (pairs >> 32).astype(np.uint32)
        places = (pairs & 0xFFFFFFFF).astype(np.int32)
        starts = np.flatnonzero(np.append(True, gram_of_pair[1:] != gram_of_pair[:-1])[: len(pairs)])
        counts = np.diff(np.append(starts, len(pairs)))
        weights = np.log1p(len(cores) / np.maximum(counts, 1)).astype(np.float32)
        totals = np.bincount(places, weights=np.repeat(weights, counts), minlength=len(cores)).astype(np.float32)
        runs = np.append(starts, len(places)).astype(np.int64)
        return cls(words, cores, gram_of_pair[starts], runs, places, weights, totals)

    def find(self, text: str, limit: int) -> list[Hit]:
        """At most `limit` names like the text, the most alike first, among equals the shorter, then by place."""
        words = spell(text[:MAX_QUERY])[:_MOST_WORDS]
        return sorted(self.like(words), key=self.order)[:limit]

    def order(self, hit: Hit) -> tuple[float, int, int]:
        """Where a hit stands: the most alike first, among equals the shorter name, then by place."""
        return -hit.likeness, len(self.cores[hit.place]), hit.place

    def like(self, words: Sequence[str], among: NDArray[np.bool_] | None = None) -> list[Hit]:
        """Names like these words (as `spell` gives them), in no order; only the places marked in `among`, if given."""
        if not words or not len(self.grams):
            return []
        if all(word in _LEGAL_FORM for word in words):
            return self._of_form(words, among)
        wanted = core_of(words)
        places = self._candidates(" ".join(wanted), among)
        if not len(places):
            return []
        readings = [(reading, self._weights(reading)) for reading in _readings(wanted)]
        likeness = _likeness(readings, [self.cores[place] for place in places])
        rows = zip(places.tolist(), likeness.tolist(), strict=True)
        return [Hit(place, round(alike, 2)) for place, alike in rows if alike >= _LEAST]

    def _of_form(self, words: Sequence[str], among: NDArray[np.bool_] | None) -> list[Hit]:
        """Names that hold all of these words of legal form: nothing else was asked for."""
        asked = set(words)
        return [
            Hit(place, round(fuzz.ratio(" ".join(words), " ".join(held)), 2))
            for place, held in enumerate(self.words)
            if asked <= set(held) and (among is None or among[place])
        ]

    def _weights(self, words: Sequence[str]) -> tuple[float, ...]:
        """How telling each word is: what many names hold weighs little, little words nothing beside others."""
        counted = set(telling(words)) or set(words)
        return tuple(self._weight(word) if word in counted else 0.0 for word in words)

    def _weight(self, word: str) -> float:
        found, known = self._grams_of(f" {word} ")
        rarest = np.log1p(len(self.cores))
        return float(np.where(known, self.weights[found], rarest).sum())

    def _grams_of(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        codes = np.unique(_codes(np.frombuffer(text.encode("ascii"), dtype=np.uint8).astype(np.uint32)))
        found = np.minimum(np.searchsorted(self.grams, codes), len(self.grams) - 1)
        return found, self.grams[found] == codes

    def _candidates(self, wanted: str, among: NDArray[np.bool_] | None) -> NDArray[np.int64]:
        found, known = self._grams_of(_padded(wanted).decode("ascii"))
        found = found[known]
        if not len(found):
            return np.zeros(0, dtype=np.int64)
        runs = [self.places[self.starts[gram] : self.starts[gram + 1]] for gram in found]
        weights = np.repeat(self.weights[found], [len(run) for run in runs])
        shared = np.bincount(np.concatenate(runs), weights=weights, minlength=len(self.cores))
        if among is not None:
            shared = np.where(among, shared, 0.0)
        whole = float(self.weights[found].sum())
        alike = shared / whole + 0.3 * shared / (self.totals + whole)
        if len(alike) <= _CANDIDATES:
            return np.flatnonzero(alike > 0)
        best = np.argpartition(-alike, _CANDIDATES)[:_CANDIDATES]
        return np.sort(best[alike[best] > 0])


def _padded(core: str) -> bytes:
    """The text whose trigrams stand for a name: its words, and all of them run together."""
    return f" {core} {core.replace(' ', '')} ".encode("ascii")


def _pairs_of(cores: Sequence[str], places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Every trigram of these names with the place of the name, as one number, each once, sorted."""
    padded = [_padded(core) for core in cores]
    owner = np.repeat(places, [len(name) for name in padded])
    codes = _codes(np.frombuffer(b"".join(padded), dtype=np.uint8).astype(np.uint32))
    inside = owner[:-2] == owner[2:] if len(owner) > 2 else np.zeros(0, dtype=bool)
    pairs = np.sort((codes[inside].astype(np.int64) << 32) | owner[: len(codes)][inside])
    return np.asarray(pairs[np.append(True, pairs[1:] != pairs[:-1])[: len(pairs)]])


def _codes(letters: NDArray[np.uint32]) -> NDArray[np.uint32]:
    return ((letters[:-2] << 16) | (letters[1:-1] << 8) | letters[2:]).astype(np.uint32)


def _pairs(words: Sequence[str]) -> list[str]:
    return [first + second for first, second in pairwise(words)]


def _readings(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The words as typed, and with each two neighbours as one: people part what a name writes together."""
    if not 1 < len(words) <= _MOST_JOINED:
        return [words]
    joined = [(*words[:at], pair, *words[at + 2 :]) for at, pair in enumerate(_pairs(words))]
    return [words, *joined]


def _likeness(
    readings: Sequence[tuple[tuple[str, ...], tuple[float, ...]]], cores: Sequence[str]
) -> NDArray[np.float64]:
    """0..100 per name, the best reading's: weighted mean of its words' best matches, a tenth the whole names' ratio."""
    words = list(dict.fromkeys(word for reading, _ in readings for word in reading))
    best = dict(zip(words, _best_matches(words, cores), strict=True))
    whole = process.cdist([" ".join(reading) for reading, _ in readings], cores, scorer=fuzz.ratio)
    rows = [
        0.9 * sum(weight * best[word] for word, weight in zip(reading, weights, strict=True)) / sum(weights)
        + 0.1 * ratio
        for (reading, weights), ratio in zip(readings, whole, strict=True)
    ]
    return np.asarray(np.max(rows, axis=0), dtype=np.float64)


def _best_matches(words: Sequence[str], cores: Sequence[str]) -> NDArray[np.float64]:
    """0..100 per word and name: how alike the most alike word, or two neighbours as one, of the name is."""
    parts = [[*held, *_pairs(held)] for held in (core.split() for core in cores)]
    flat = [part for held in parts for part in held]
    alike = process.cdist(words, flat, scorer=fuzz.ratio).astype(np.float64)
    for row, word in zip(alike, words, strict=True):
        if len(word) <= _SHORT_WORD:
            row[:] = 0.0
        for at, part in enumerate(flat):
            if part.startswith(word):
                row[at] = 90.0 + 10.0 * len(word) / len(part)
    starts = np.cumsum([0, *(len(held) for held in parts[:-1])])
    return np.asarray(np.maximum.reduceat(alike, starts, axis=1))


# --- organisations, by name and by place ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """What the search knows of an organisation beside its name: its comune's place in the list of comuni (-1: none),
    whether it stands outside the region, whether it is one of those looked for first (cooperatives and consortia)."""

    comune: int
    outside: bool
    first: bool


@dataclass(frozen=True, slots=True)
class Directory:
    """Organisations found by name and by the comune that the text names."""

    names: NameIndex
    comuni: NameIndex
    comune_of: NDArray[np.int32]
    outside: NDArray[np.bool_]
    first: NDArray[np.bool_]
    by_name: NDArray[np.int64]
    known_words: frozenset[str]
    comune_at: Mapping[tuple[str, ...], int]

    @classmethod
    def build(cls, names: NameIndex, standing: Sequence[Standing], comuni: Sequence[str]) -> Directory:
        """The directory of the indexed names; `standing` runs beside them."""
        placed = NameIndex.build(comuni)
        return cls(
            names=names,
            comuni=placed,
            comune_of=np.array([each.comune for each in standing], dtype=np.int32),
            outside=np.array([each.outside for each in standing], dtype=bool),
            first=np.array([each.first for each in standing], dtype=bool),
            by_name=np.array(sorted(range(len(standing)), key=names.cores.__getitem__), dtype=np.int64),
            known_words=frozenset(word for words in names.words for word in words),
            comune_at={words: place for place, words in enumerate(placed.words) if words},
        )

    def find(self, text: str, limit: int) -> list[int]:
        """Places of at most `limit` organisations. A comune in the text puts its cooperatives first, and of them those
        named so; who stands outside the region comes after those that are as well found inside."""
        words = spell(text[:MAX_QUERY])[:_MOST_WORDS]
        named = self._comune_named(words)
        if named is None:
            return self._ordered(self.names.like(words), words)[:limit]
        comune, rest = named
        return self._in_comune(words, telling(rest), self.comune_of == comune)[:limit]

    def find_comuni(self, text: str, limit: int) -> list[int]:
        """Places of at most `limit` comuni: the one that the text names, then those called like the whole text."""
        named = self._comune_named(spell(text[:MAX_QUERY])[:_MOST_WORDS])
        alike = [hit.place for hit in self.comuni.find(text, limit)]
        return list(dict.fromkeys([named[0], *alike] if named else alike))[:limit]

    def _ordered(self, hits: Iterable[Hit], words: Sequence[str]) -> list[int]:
        """Places of hits: surely found before perhaps, inside the region before outside, the most alike first."""
        ahead = _ASKED_FOR if _COOPERATIVE & set(words) else _AHEAD
        rows = sorted(
            (
                hit.likeness < SURE,
                bool(self.outside[hit.place]),
                *self.names.order(Hit(hit.place, hit.likeness + ahead * bool(self.first[hit.place]))),
            )
            for hit in hits
        )
        return [place for *_, place in rows]

    def _in_comune(self, words: Sequence[str], rest: Sequence[str], here: NDArray[np.bool_]) -> list[int]:
        """Those of the comune named so, else those named so anywhere; with no more than a comune, all that it has."""
        wanted = telling(words)
        so_named = self.names.like(rest) if rest else []
        named = self._ordered([*self.names.like(words), *_weaker(so_named)], words)
        exact = [place for place in named if telling(self.names.words[place]) == wanted]
        of_here = self._by_name(here & self.first)
        others = self._by_name(here & ~self.first)
        if rest:
            local = self._ordered(self.names.like(rest, here), words)
            surely = self._ordered((hit for hit in so_named if hit.likeness >= SURE), words)[:_BEFORE_THE_PLACE]
            ranked = (*exact, *local, *surely, *of_here, *named)
        else:
            ranked = (*(place for place in exact if self.first[place]), *of_here, *named, *others)
        return list(dict.fromkeys(ranked))

    def _by_name(self, wanted: NDArray[np.bool_]) -> list[int]:
        return list(self.by_name[wanted[self.by_name]].tolist())

    def _comune_named(self, words: tuple[str, ...]) -> tuple[int, tuple[str, ...]] | None:
        """The comune that the words name, the longest first, and the other words; slips only in unknown words."""
        spans = [(at, end) for at in range(len(words)) for end in range(at + 1, len(words) + 1)]
        for at, end in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
            place = self.comune_at.get(words[at:end])
            if place is not None:
                return place, (*words[:at], *words[end:])
        for at, word in enumerate(words):
            if len(word) > _SHORT_WORD and word not in self.known_words and word not in _LEGAL_FORM:
                place = self._comune_like(word)
                if place is not None:
                    return place, (*words[:at], *words[at + 1 :])
        return None

    def _comune_like(self, word: str) -> int | None:
        found = process.extractOne(word, self.comuni.cores, scorer=fuzz.ratio, score_cutoff=_SAME_PLACE)
        return None if found is None else int(found[2])


def _weaker(hits: Iterable[Hit]) -> list[Hit]:
    """Hits on a part of what was typed, as far as they still count as alike."""
    return [Hit(hit.place, _ELSEWHERE * hit.likeness) for hit in hits if _ELSEWHERE * hit.likeness >= _LEAST]
