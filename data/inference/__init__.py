# SPDX-License-Identifier: EUPL-1.2
"""Inference that admits it: what names, purposes and tender texts let one suppose, how surely, by which words.

Text in, guesses out (`guess`), made sure by tables measured on labelled samples (`calibration`), joined per body
(`bodies`), handed to the store as a source of its own whose every value is `Evidence.INFERRED` (`source`).
"""
