# SPDX-License-Identifier: EUPL-1.2
"""Words of work in names, purposes and tender texts: without legal forms, places and fancy names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
import scipy.sparse as sp

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
LEGAL_FORM = re.compile(rf"\b(?:{'|'.join(_FORMS)})(?=\W|$)", re.IGNORECASE)

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
    return re.sub(r"\s+", " ", LEGAL_FORM.sub(" ", name)).strip(" -.,'\"")


@cache
def stem(word: str) -> str:
    """A word without its ending, so that singular and plural, feminine and masculine meet; never shown to a reader."""
    cut = _ENDING.sub("", word)
    return cut if len(cut) >= 3 else word


@lru_cache(maxsize=REMEMBERED)
def tokens(text: str) -> tuple[str, ...]:
    """Stems of the words of a text, stop words out."""
    return tuple(stem(word) for word in _TOKEN.findall(plain(text)) if word not in STOP_WORDS)


def text_matrix(documents: Sequence[Sequence[str]]) -> sp.csr_array:
    """TF-IDF rows of unit length (bodies x words) of documents given as stems, statistics of exactly these documents.

    A word that a single body uses says nothing about likeness and is left out.
    """
    known = sorted({word for document in documents for word in document})
    if not known:
        return sp.csr_array((len(documents), 1), dtype=np.float64)
    from sklearn.feature_extraction.text import TfidfVectorizer  # a second of import, needed only here

    model = TfidfVectorizer(analyzer=_as_it_is, vocabulary=known, sublinear_tf=True, dtype=np.float64)
    matrix = sp.csr_array(model.fit_transform(documents))
    counts = np.bincount(matrix.indices, minlength=matrix.shape[1])
    shared = sp.csr_array(matrix[:, np.flatnonzero(counts >= _OUR_WORDS)])
    return shared if shared.shape[1] else sp.csr_array((len(documents), 1), dtype=np.float64)


def _as_it_is(document: Sequence[str]) -> Sequence[str]:
    return document
