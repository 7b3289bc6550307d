# SPDX-License-Identifier: EUPL-1.2
"""What a route may ask for: the settings, the store, the snapshot, the reader's language, its words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final, cast

from fastapi import Depends, Query, Request

from data.store import Store
from service.duplicate_search import DuplicateSearch
from service.messages import LANGUAGES, Words, choose_language
from service.protection import RateLimiter
from service.settings import Language, Settings
from service.snapshot import Snapshot
from service.snapshot_holder import SnapshotHolder

_PATH_LANGUAGE: Final = re.compile(r"^/(it|en)(?:/|$)")


@dataclass(frozen=True, slots=True)
class Service:
    """What one running service consists of; `app.state.service` holds it."""

    settings: Settings
    store: Store
    snapshots: SnapshotHolder
    limiter: RateLimiter
    duplicates: DuplicateSearch


def service_of(request: Request) -> Service:
    """The running service."""
    return cast(Service, request.app.state.service)


def settings_of(request: Request) -> Settings:
    """The settings the service was started with."""
    return service_of(request).settings


def store_of(request: Request) -> Store:
    """The open store; only routes that write ask for it, the others read the snapshot."""
    return service_of(request).store


def holder_of(request: Request) -> SnapshotHolder:
    """The holder of snapshots; a route that wrote calls `fresh()` so that the next page shows it."""
    return service_of(request).snapshots


def snapshot_of(request: Request) -> Snapshot:
    """The snapshot to answer from; take it once per request, so that all of an answer is of one version."""
    return service_of(request).snapshots.current()


def language_of(request: Request) -> str:
    """The reader's language: /it or /en of a page, else ?lang=, else Accept-Language, else the setting."""
    match = _PATH_LANGUAGE.match(request.url.path)
    if match:
        return match.group(1)
    asked = request.query_params.get("lang")
    if asked in LANGUAGES:
        return asked
    return choose_language(request.headers.get("accept-language"), settings_of(request).language)


def words_of(request: Request) -> Words:
    """The words of the reader's language."""
    return Words(language_of(request))


def limit_rate(request: Request) -> None:
    """Counts the request against its visitor's minute; raises TooManyRequests. For search, recommendations, exports."""
    service_of(request).limiter.count(request.client.host if request.client else "")


# FastAPI runs plain functions on a thread; these do no work worth the way there.


async def _settings(request: Request) -> Settings:
    return settings_of(request)


async def _store(request: Request) -> Store:
    return store_of(request)


async def _holder(request: Request) -> SnapshotHolder:
    return holder_of(request)


async def _duplicates(request: Request) -> DuplicateSearch:
    return service_of(request).duplicates


async def _words(request: Request) -> Words:
    return words_of(request)


async def _api_words(
    request: Request,
    lang: Annotated[Language | None, Query(description="Language of the sentences.")] = None,
) -> Words:
    return Words(lang or language_of(request))


async def _limited(request: Request) -> None:
    limit_rate(request)


SettingsNow = Annotated[Settings, Depends(_settings)]
StoreNow = Annotated[Store, Depends(_store)]
DuplicatesNow = Annotated[DuplicateSearch, Depends(_duplicates)]
HolderNow = Annotated[SnapshotHolder, Depends(_holder)]
SnapshotNow = Annotated[Snapshot, Depends(snapshot_of)]
WordsNow = Annotated[Words, Depends(_words)]
ApiWords = Annotated[Words, Depends(_api_words)]
RateLimited = Depends(_limited)
