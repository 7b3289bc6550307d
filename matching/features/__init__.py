# SPDX-License-Identifier: EUPL-1.2
"""The signs by which partners are ranked: each a named function over all candidates of one question, and a sentence.

A new sign is one function in the file of its subject, one weight in `matching/kinds.py` and one sentence "feature.NAME"
in the two catalogues `matching.po`. Values are 0..1 (signs against get a negative weight) and absolute, never scaled by
the other candidates: so a filter only narrows an answer. An unknown fact gives 0: it neither helps nor harms.
"""

from matching.features import activity, around, chains, fit, needs, place, public, territory, together
from matching.features.registry import FEATURES, Feature, feature

__all__ = [
    "FEATURES",
    "Feature",
    "activity",
    "around",
    "chains",
    "feature",
    "fit",
    "needs",
    "place",
    "public",
    "territory",
    "together",
]
