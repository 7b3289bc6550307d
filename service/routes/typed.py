# SPDX-License-Identifier: EUPL-1.2
"""What the form of a page sends: read whole, so that a form may grow without its address naming every box."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.datastructures import FormData

MOST_FIELDS: Final = 100
_LONGEST_MARK: Final = 40


async def _form(request: Request) -> FormData:
    return await request.form(max_files=0, max_fields=MOST_FIELDS)


Form = Annotated[FormData, Depends(_form)]


def typed_in(form: FormData) -> dict[str, str]:
    """What was typed, box by box; of a box that came more than once the last."""
    return {name: value for name, value in form.items() if isinstance(value, str)}


def seen_in(form: FormData) -> str:
    """The mark of what the form was shown with; empty when it sends none."""
    return str(form.get("seen") or "")[:_LONGEST_MARK]
