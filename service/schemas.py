# SPDX-License-Identifier: EUPL-1.2
"""The shapes of the JSON API: what goes out and what may come in. Nothing inside the house uses them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Out(BaseModel):
    """Base of every answer."""

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="null")


class Health(Out):
    """State of the service."""

    status: Literal["ok", "starting"]


class ErrorDetail(Out):
    """What went wrong, in words; `request_id` finds it in the logs."""

    code: str
    message: str
    request_id: str


class ErrorBody(Out):
    """The one shape of every error."""

    error: ErrorDetail
