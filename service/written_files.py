# SPDX-License-Identifier: EUPL-1.2
"""Files that a command writes: never over the store or over what it reads, ready before anything is changed."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from data.errors import InvalidValue

if TYPE_CHECKING:
    from service.messages import Words

_TROUBLES: Final = {
    errno.ENOENT: "cli.trouble.missing",
    errno.ENOTDIR: "cli.trouble.missing",
    errno.EISDIR: "cli.trouble.folder",
    errno.EACCES: "cli.trouble.forbidden",
    errno.EPERM: "cli.trouble.forbidden",
    errno.EROFS: "cli.trouble.forbidden",
    errno.ENOSPC: "cli.trouble.full",
    errno.EDQUOT: "cli.trouble.full",
    errno.ENAMETOOLONG: "cli.trouble.name",
}


def trouble(error: OSError, words: Words) -> str:
    """Why a file cannot be read or written, in words where we have them."""
    key = _TROUBLES.get(error.errno or 0)
    return words.text(key) if key else error.strerror or type(error).__name__


def spare(option: str, out: Path, kept: Iterable[Path | None], words: Words) -> None:
    """Raises InvalidValue (naming the option) when writing `out` would write over one of the files to be kept."""
    if any(path is not None and _same(out, path) for path in kept):
        raise InvalidValue(field=option, value=out.name, allowed=words.text("cli.other-file"))


def _same(one: Path, other: Path) -> bool:
    try:
        return one.resolve() == other.resolve() or one.samefile(other)
    except OSError:
        return False


@contextmanager
def prepared(out: Path | None) -> Iterator[Callable[[str], None]]:
    """Makes sure that a text file can be written here, and gives the function that writes it, whole or not at all.

    When it is not called, what stood at this place stays. Raises OSError at once when the place will not do.
    """
    if out is None:
        yield lambda _text: None
        return
    if out.is_dir():
        raise IsADirectoryError(errno.EISDIR, "", str(out))
    beside = out.with_name(out.name + ".part")
    try:
        beside.open("wb").close()
    except OSError as error:
        error.filename = str(out)
        raise

    def write(text: str) -> None:
        beside.write_text(text, encoding="utf-8", newline="")
        beside.replace(out)

    try:
        yield write
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def reserved(out: Path) -> Iterator[None]:
    """A new empty file at this place, removed again when filling it fails. Raises OSError when it cannot be made."""
    out.open("xb").close()
    try:
        yield
    except BaseException:
        out.unlink(missing_ok=True)
        raise
