# SPDX-License-Identifier: EUPL-1.2
"""From what went wrong to what is said of it: one table from error class to HTTP status and exit code, one shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from data.errors import (
    ChangedMeanwhile,
    FetchFailed,
    FileTooLarge,
    InvalidValue,
    LandError,
    NotAllowed,
    NothingToFetch,
    NotOneBody,
    StoreBusy,
    StoreUnavailable,
    UnknownCall,
    UnknownDossier,
    UnknownIndicator,
    UnknownKind,
    UnknownMunicipality,
    UnknownOrganisation,
    UnknownSource,
    UnreadableFile,
    WrongColumns,
)

EXIT_DONE: Final = 0
EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
EXIT_REJECTED: Final = 3


class TooManyRequests(LandError):
    """A visitor asked too often (params: seconds until the next try)."""

    key = "error.too-many-requests"


class BodyTooLarge(LandError):
    """A request body is beyond the limit (params: limit in bytes)."""

    key = "error.body-too-large"


class BodyTooSlow(LandError):
    """A request body did not arrive in time (params: seconds)."""

    key = "error.body-too-slow"


class WrongBodyType(LandError):
    """A request body is neither JSON nor a form of our pages (params: none)."""

    key = "error.wrong-body-type"


class RepeatedKey(LandError):
    """A JSON object says one key twice, so that readers may disagree on what it says (params: none)."""

    key = "error.repeated-key"


class UnfitText(InvalidValue):
    """A text tells of a natural person (params: field, why). `why` is itself a message key."""

    key = "error.unfit-text"


class ForeignRequest(NotAllowed):
    """A request came through another host name or from another site (params: none)."""

    key = "error.foreign-request"


class ReadOnly(NotAllowed):
    """This service does not take changes (params: none)."""

    key = "error.read-only"


class NotPublic(NotAllowed):
    """A non-loopback address was asked for without --public (params: host)."""

    key = "error.not-public"


class PortTaken(LandError):
    """The address cannot be listened on (params: host, port)."""

    key = "error.port-taken"


class InvalidSetting(LandError):
    """A setting of the environment is not allowed (params: setting, reason)."""

    key = "error.invalid-setting"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an error ends: HTTP status on the web, exit code on the command line."""

    status: int
    exit: int = EXIT_FAILED


OUTCOMES: Final[dict[type[LandError], Outcome]] = {
    UnknownOrganisation: Outcome(404),
    UnknownMunicipality: Outcome(404),
    UnknownDossier: Outcome(404),
    ChangedMeanwhile: Outcome(409),
    UnknownCall: Outcome(404),
    UnknownSource: Outcome(404, EXIT_USAGE),
    UnknownKind: Outcome(422, EXIT_USAGE),
    UnknownIndicator: Outcome(404, EXIT_USAGE),
    UnreadableFile: Outcome(422),
    WrongColumns: Outcome(422),
    FileTooLarge: Outcome(413),
    FetchFailed: Outcome(502),
    NothingToFetch: Outcome(404),
    NotOneBody: Outcome(409),
    InvalidValue: Outcome(422, EXIT_USAGE),
    StoreBusy: Outcome(503),
    StoreUnavailable: Outcome(503),
    NotPublic: Outcome(403, EXIT_USAGE),
    PortTaken: Outcome(500),
    InvalidSetting: Outcome(500, EXIT_USAGE),
    ReadOnly: Outcome(403),
    ForeignRequest: Outcome(403),
    NotAllowed: Outcome(403),
    TooManyRequests: Outcome(429),
    BodyTooLarge: Outcome(413),
    BodyTooSlow: Outcome(408),
    WrongBodyType: Outcome(415),
    RepeatedKey: Outcome(422),
    LandError: Outcome(500),
}

STATUS_KEYS: Final[dict[int, str]] = {
    400: "error.bad-request",
    401: "error.not-allowed-here",
    403: "error.not-allowed-here",
    404: "error.not-found",
    405: "error.method-not-allowed",
    406: "error.bad-request",
    408: "error.body-too-slow",
    413: "error.body-too-large",
    415: "error.wrong-body-type",
    422: "error.invalid-request",
}


def outcome(error: LandError) -> Outcome:
    """Status and exit code of an error: those of its class, or of the nearest class above it."""
    for kind in type(error).__mro__:
        if kind in OUTCOMES:
            return OUTCOMES[kind]
    return OUTCOMES[LandError]


def code(key: str) -> str:
    """The short name of an error in answers: its message key without the prefix."""
    return key.removeprefix("error.")
