# SPDX-License-Identifier: EUPL-1.2
"""What can go wrong on any floor: one base class, children named for what happened.

An error carries a message key and parameters, never a sentence and never an HTTP status: `service` writes the
sentence in the reader's language and `service.errors` holds the table from class to status and exit code.
"""

from __future__ import annotations


class LandError(Exception):
    """Base of every error that L.A.N.D. raises on purpose.

    `key` names the sentence in the message catalogue; `params` fill it. Parameters are short plain values:
    text that came from a file is cut to 200 characters before it enters an error. `allowed` is what we take instead:
    it is said whole.
    """

    key = "error.unexpected"

    def __init__(self, **params: object) -> None:
        self.params: dict[str, object] = {
            name: value if name == "allowed" else _short(value) for name, value in params.items()
        }
        super().__init__(f"{self.key} {self.params}")


def _short(value: object) -> object:
    return value[:200] if isinstance(value, str) else value


class UnknownOrganisation(LandError):
    """No organisation has this identifier (params: organisation)."""

    key = "error.unknown-organisation"


class UnknownMunicipality(LandError):
    """No comune of Lazio has this code or name (params: municipality)."""

    key = "error.unknown-municipality"


class UnknownDossier(LandError):
    """There is no such dossier or role, or not for this reader (params: dossier)."""

    key = "error.unknown-dossier"


class ChangedMeanwhile(LandError):
    """What was shown is no longer what is held; nothing was written (params: what)."""

    key = "error.changed-meanwhile"


class UnknownCall(LandError):
    """There is no such call, or not for this reader (params: call)."""

    key = "error.unknown-call"


class UnknownSource(LandError):
    """`land load` does not know this source (params: source, allowed)."""

    key = "error.unknown-source"


class UnknownKind(LandError):
    """There is no such kind of partnership (params: kind, allowed)."""

    key = "error.unknown-kind"


class UnknownIndicator(LandError):
    """There is no such indicator (params: indicator, allowed)."""

    key = "error.unknown-indicator"


class UnreadableFile(LandError):
    """A file as a whole cannot be read (params: file, why, allowed). `why` is itself a message key."""

    key = "error.unreadable-file"


class WrongColumns(LandError):
    """A file lacks a column that its source needs (params: file, missing, found)."""

    key = "error.wrong-columns"


class FileTooLarge(LandError):
    """A file is beyond the stated limit (params: file, limit)."""

    key = "error.file-too-large"


class FetchFailed(LandError):
    """An official file could not be downloaded (params: file, why, detail). `why` is itself a message key."""

    key = "error.fetch-failed"


class NothingToFetch(LandError):
    """A source has no lasting address: it is downloaded by hand (params: source, page)."""

    key = "error.nothing-to-fetch"


class InvalidValue(LandError):
    """A value given by a person is not allowed (params: field, value, allowed)."""

    key = "error.invalid-value"


class NotOneBody(LandError):
    """Two bodies cannot be joined: their tax codes or comuni contradict each other (params: one, other)."""

    key = "error.not-one-body"


class StoreUnavailable(LandError):
    """The store cannot be opened or written (params: why)."""

    key = "error.store-unavailable"


class StoreBusy(StoreUnavailable):
    """Another import is writing (params: none)."""

    key = "error.store-busy"


class NotAllowed(LandError):
    """This way of serving does not permit the act (params: why)."""

    key = "error.not-allowed"
