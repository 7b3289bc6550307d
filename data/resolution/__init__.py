# SPDX-License-Identifier: EUPL-1.2
"""Which bodies of different lists are one: candidates, comparison, probability, and what to do with each pair."""
