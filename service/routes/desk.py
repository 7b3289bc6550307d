# SPDX-License-Identifier: EUPL-1.2
"""What an address to which a form is sent works with, and what the form says: read whole, so that it may grow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.datastructures import FormData

from service.dependencies import HolderNow, SnapshotNow, StoreNow, WordsNow
from service.snapshot import Snapshot

MOST_FIELDS: Final = 100
_LONGEST_MARK: Final = 40


@dataclass(frozen=True, slots=True)
class Desk:
    """The request, the store as it was when it came, the store itself, and the reader's words."""

    request: Request
    snapshot: SnapshotNow
    store: StoreNow
    holder: HolderNow
    words: WordsNow

    def fresh(self) -> Snapshot:
        """The store as it is after what was just written; pages show it from now on."""
        return self.holder.fresh()


async def _desk(request: Request, snapshot: SnapshotNow, store: StoreNow, holder: HolderNow, words: WordsNow) -> Desk:
    return Desk(request, snapshot, store, holder, words)


async def _form(request: Request) -> FormData:
    return await request.form(max_files=0, max_fields=MOST_FIELDS)


DeskNow = Annotated[Desk, Depends(_desk)]
Form = Annotated[FormData, Depends(_form)]


def typed_in(form: FormData) -> dict[str, str]:
    """What was typed, box by box; of a box that came more than once the last."""
    return {name: value for name, value in form.items() if isinstance(value, str)}


def seen_in(form: FormData) -> str:
    """The mark of what the form was shown with; empty when it sends none."""
    return str(form.get("seen") or "")[:_LONGEST_MARK]
