# SPDX-License-Identifier: EUPL-1.2
"""Downloading one official file: only when asked, resumed where it broke off, within limits, honest about failures.

What was downloaded lies in a folder of ours beside a note (address, size, SHA-256, the publisher's own marks), so that
asking again costs one short question. Nothing under its final name is ever half a file.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from data.errors import FetchFailed
from data.lazio.downloads import Download

if TYPE_CHECKING:
    import httpx2

START: Final = 64  # bytes that tell the kind of a file
MOST_REDIRECTS: Final = 5
AGENT: Final = "land-lazio (reader of open data)"
BROWSER_AGENT: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
# What a file of each kind begins with; text has no mark of its own, but a web page or an archive is no CSV.
_MAGIC: Final[Mapping[str, tuple[bytes, ...]]] = {
    "zip": (b"PK\x03\x04", b"PK\x05\x06"),
    "xlsx": (b"PK\x03\x04",),
    "parquet": (b"PAR1",),
    "json": (b"{", b"["),
}
_NOT_TEXT: Final = (b"PK\x03\x04", b"PAR1", b"%PDF", b"\x1f\x8b", b"\x89PNG", b"MZ")

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a download may take: seconds to connect, between two pieces, in all; tries, and the pause before each.

    `slowest` is the least rate in bytes a second, counted from the tenth second on.
    """

    connect: float = 15.0
    read: float = 60.0
    whole: float = 4 * 3600.0
    tries: int = 5
    pause: float = 2.0
    slowest: float = 1_000.0
    slow_after: float = 10.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that lies in our folder. `fresh` is False when the publisher says that ours is still the newest."""

    path: Path
    address: str
    size: int
    sha256: str
    fetched: str
    fresh: bool


@dataclass(frozen=True, slots=True)
class _Note:
    """What is remembered beside a file: where it came from and the publisher's marks, by which a rest is asked for."""

    address: str
    etag: str = ""
    modified: str = ""
    size: int | None = None
    sha256: str = ""
    fetched: str = ""

    @property
    def mark(self) -> str:
        """What a server compares before it sends a rest: a strong ETag, else the date."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.modified


class _Interrupted(Exception):
    """The answer ended early or came too slowly; what is there can be resumed."""


def fetch(
    wanted: Download,
    folder: Path,
    *,
    patience: Patience | None = None,
    progress: Progress | None = None,
) -> Fetched:
    """The file, downloaded now or confirmed as unchanged, under its name in `folder`.

    A broken download keeps its part and goes on from there at the next try or call. Raises FetchFailed: not found,
    refused, another kind of file, too large, too slow, no answer, no room.
    """
    patience = patience or Patience()
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / wanted.name
    deadline = time.monotonic() + patience.whole
    with _client(wanted, patience) as client:
        for left in reversed(range(patience.tries)):
            try:
                return _once(client, wanted, target, patience, deadline, progress)
            except _Interrupted as broken:
                if not left or time.monotonic() >= deadline:
                    raise FetchFailed(file=wanted.name, why="fetch.broken", detail=str(broken)) from broken
                time.sleep(patience.pause)
    raise FetchFailed(file=wanted.name, why="fetch.broken", detail="")


@contextmanager
def _client(wanted: Download, patience: Patience) -> Iterator[httpx2.Client]:
    import httpx2

    timeout = httpx2.Timeout(patience.read, connect=patience.connect)
    # Coded answers would make sizes and resuming meaningless.
    headers = {"user-agent": BROWSER_AGENT if wanted.browser else AGENT, "accept-encoding": "identity"}
    with httpx2.Client(
        timeout=timeout, headers=headers, follow_redirects=True, max_redirects=MOST_REDIRECTS, trust_env=True
    ) as client:
        yield client


def _once(
    client: httpx2.Client,
    wanted: Download,
    target: Path,
    patience: Patience,
    deadline: float,
    progress: Progress | None,
) -> Fetched:
    """One question to the publisher: whole file, the rest of it, or the word that ours is the newest."""
    import httpx2

    part, done = target.with_name(target.name + ".part"), _read_note(target)
    begun = _read_note(part)
    have = part.stat().st_size if begun and begun.address == wanted.address and part.exists() else 0
    headers = _conditions(wanted, target, done, begun, have)
    try:
        with client.stream("GET", wanted.address, headers=headers) as answer:
            if answer.status_code == 304 and done is not None:
                return _unchanged(target, wanted, done)
            if answer.status_code == 416 and have:
                part.unlink()
                raise _Interrupted("416")
            _check_answer(answer, wanted)
            if answer.status_code == 206:
                _check_continues(answer, begun, part, have)
            else:
                # The old part goes before the new marks are written: bytes never lie under another edition's marks.
                part.unlink(missing_ok=True)
                have = 0
            whole = _whole_size(answer, have)
            if whole is not None and whole > wanted.limit:
                raise _too_large(wanted)
            _write_note(part, _note_of(answer, wanted))
            _receive(answer, wanted, part, have, whole, patience, deadline, progress)
            return _finish(part, target, wanted, _note_of(answer, wanted), whole)
    except (httpx2.TimeoutException, httpx2.NetworkError, httpx2.RemoteProtocolError) as broken:
        raise _Interrupted(type(broken).__name__) from broken
    except httpx2.HTTPError as failed:
        raise FetchFailed(file=wanted.name, why="fetch.refused", detail=type(failed).__name__) from failed
    except OSError as full:
        raise FetchFailed(file=wanted.name, why="fetch.no-room", detail=str(full.strerror or "")) from full


def _unchanged(target: Path, wanted: Download, done: _Note) -> Fetched:
    """Our own copy, once its SHA-256 shows that it is still what was downloaded; else it is asked for anew."""
    if _sha256(target) != done.sha256:
        _note_path(target).unlink()
        raise _Interrupted("sha256")
    return Fetched(target, wanted.address, target.stat().st_size, done.sha256, done.fetched, fresh=False)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _conditions(wanted: Download, target: Path, done: _Note | None, begun: _Note | None, have: int) -> dict[str, str]:
    """What tells the publisher how much we have: the rest of a part only under its mark, else only what is newer."""
    if have and begun is not None and begun.mark:
        return {"range": f"bytes={have}-", "if-range": begun.mark}
    if done is None or done.address != wanted.address or not target.exists():
        return {}
    told = {"if-none-match": done.etag, "if-modified-since": done.modified}
    return {name: value for name, value in told.items() if value}


def _check_answer(answer: httpx2.Response, wanted: Download) -> None:
    status = answer.status_code
    if status in (200, 206):
        return
    if status == 429 or status >= 500:
        raise _Interrupted(str(status))
    why = "fetch.not-found" if status in (404, 410) else "fetch.refused"
    raise FetchFailed(file=wanted.name, why=why, detail=str(status))


def _check_continues(answer: httpx2.Response, begun: _Note | None, part: Path, have: int) -> None:
    """Raises _Interrupted unless a partial answer goes on where our part ends, of the same edition.

    A publisher that sends the rest of another edition in spite of `If-Range` makes the part worthless.
    """
    if begun is None or not answer.headers.get("content-range", "").startswith(f"bytes {have}-"):
        raise _Interrupted("content-range")
    marks = ((answer.headers.get("etag"), begun.etag), (answer.headers.get("last-modified"), begun.modified))
    if any(theirs is not None and theirs != ours for theirs, ours in marks):
        part.unlink(missing_ok=True)
        raise _Interrupted("etag")


def _whole_size(answer: httpx2.Response, have: int) -> int | None:
    length = answer.headers.get("content-length", "")
    return have + int(length) if length.isdigit() else None


def _too_large(wanted: Download) -> FetchFailed:
    return FetchFailed(file=wanted.name, why="fetch.too-large", detail=f"{wanted.limit // 1_000_000} MB")


def _receive(
    answer: httpx2.Response,
    wanted: Download,
    part: Path,
    have: int,
    whole: int | None,
    patience: Patience,
    deadline: float,
    progress: Progress | None,
) -> None:
    """Write the pieces as they come; what breaks off stays for the next try."""
    began, at_start = time.monotonic(), have
    with part.open("r+b" if have else "wb") as file:
        file.seek(have)
        file.truncate()
        # As it comes: what a broken connection had brought stays, and a trickle is noticed.
        for piece in answer.iter_raw():
            if not have and len(piece) >= START:
                _check_kind(piece, wanted)
            have += len(piece)
            if have > wanted.limit:
                raise _too_large(wanted)
            file.write(piece)
            if progress:
                progress(have, whole)
            _check_pace(have - at_start, time.monotonic() - began, patience, deadline)
    if whole is not None and have < whole:
        raise _Interrupted(f"{have}/{whole}")


def _check_pace(received: int, seconds: float, patience: Patience, deadline: float) -> None:
    if time.monotonic() > deadline or (seconds > patience.slow_after and received < patience.slowest * seconds):
        raise _Interrupted("slow")


def _check_kind(start: bytes, wanted: Download) -> None:
    """Raises FetchFailed when the first bytes are not those of the kind of file that was asked for."""
    plain = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    page = plain[:200].lower()
    is_page = page.startswith((b"<!doctype", b"<html", b"<head", b"<?xml"))
    known = _MAGIC.get(wanted.kind)
    right = plain.startswith(known) if known else not start.startswith(_NOT_TEXT) and b"\0" not in start[:1000]
    if is_page or not right:
        why = "fetch.web-page" if is_page else "fetch.wrong-kind"
        raise FetchFailed(file=wanted.name, why=why, detail=wanted.kind)


def _finish(part: Path, target: Path, wanted: Download, note: _Note, whole: int | None) -> Fetched:
    """Give a whole file its name, after its SHA-256 is written down."""
    size = part.stat().st_size
    if size == 0 or (whole is not None and size != whole):
        part.unlink()
        raise _Interrupted(f"{size}/{whole}")
    with part.open("rb") as file:
        _check_kind(file.read(1_000), wanted)
    marked = _sha256(part)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    kept = _Note(wanted.address, note.etag, note.modified, size, marked, now)
    _write_note(target, kept)
    part.replace(target)
    _note_path(part).unlink(missing_ok=True)
    return Fetched(target, wanted.address, size, marked, now, fresh=True)


def _note_of(answer: httpx2.Response, wanted: Download) -> _Note:
    return _Note(wanted.address, answer.headers.get("etag", ""), answer.headers.get("last-modified", ""))


def _note_path(path: Path) -> Path:
    return path.with_name(path.name + ".note")


def _read_note(path: Path) -> _Note | None:
    """The note beside a file; None when there is none that can be trusted."""
    try:
        held = json.loads(_note_path(path).read_text(encoding="utf-8"))
        note = _Note(**held)
    except (OSError, ValueError, TypeError):
        return None
    if note.size is not None and not (path.exists() and path.stat().st_size == note.size):
        return None
    return note


def _write_note(path: Path, note: _Note) -> None:
    _note_path(path).write_text(json.dumps(asdict(note)), encoding="utf-8")
