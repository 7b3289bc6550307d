# SPDX-License-Identifier: EUPL-1.2
"""What bodies say of their work, in names, purposes and tenders, as words that are counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

import scipy.sparse as sp

from data.model import Organisation
from matching.knowledge import Knowledge
from matching.links import Links
from matching.words import WordStatistics, text_matrix, tokens, without_legal_form, word_statistics


def spoken_texts(bodies: Iterable[Organisation], rows: Iterable[int], links: Links) -> list[list[str]]:
    """What bodies, at these rows of the links, say of their work beside their name: purpose, object of the tenders that
    they bid for or, as buyers, published; each once, in order.
    """
    done, bought = links.participations, links.as_buyer
    return [
        [
            *([body.purpose] if body.purpose else []),
            *sorted({each.text for each in (*done[row], *bought[row]) if each.text}),
        ]
        for body, row in zip(bodies, rows, strict=True)
    ]


def documents(bodies: Iterable[Organisation], spoken: Iterable[Iterable[str]]) -> list[list[str]]:
    """The stems of the name and texts of each body, in order, as often as they stand there."""
    return [
        list(chain(tokens(without_legal_form(body.name)), *map(tokens, texts)))
        for body, texts in zip(bodies, spoken, strict=True)
    ]


def statistics_of_work(
    written: Sequence[Sequence[str]], spoken: Iterable[Iterable[str]], knowledge: Knowledge
) -> WordStatistics:
    """Of names only words count that titles of activities, purposes or tenders use too: others are fancy or places."""
    texts = set(chain.from_iterable(spoken))
    words = set(chain.from_iterable(map(tokens, texts))) | knowledge.work_stems()
    return word_statistics(written, words - knowledge.place_stems())


def text_rows(
    bodies: Sequence[Organisation], spoken: Sequence[Sequence[str]], statistics: WordStatistics
) -> sp.csr_array:
    """Rows of what bodies say of their work, in the words that the statistics know."""
    return text_matrix(documents(bodies, spoken), statistics)
