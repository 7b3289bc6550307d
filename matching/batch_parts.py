# SPDX-License-Identifier: EUPL-1.2
"""The folder beside a batch's file where finished parts wait, so that a run that was killed goes on where it was.

`manifest.jsonl` opens with the plan; then comes a line per part with its length and SHA-256, written after the part
stands under its name. A line or a part that is not whole counts as not done.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO, Final

from data.errors import LandError
from matching.batch import Part, Work, fingerprint

FOLDER: Final = ".parts"
MANIFEST: Final = "manifest.jsonl"
BLOCK: Final = 1 << 20


class PartDamaged(LandError):
    """A part is no longer what was written; the next run works it again (params: file)."""

    key = "error.part-damaged"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run computes: parts of another plan are of no use. `release` is the programme's version, `version` the
    store's, `whole` says that the operator's view was read, `rests_on` is the work's fingerprint."""

    release: str
    version: int
    whole: bool
    kind: str
    limit: int
    day: str
    form: str
    part_size: int
    parts: int
    rests_on: str

    @classmethod
    def of(cls, work: Work, store_version: int, *, whole: bool) -> Plan:
        """The plan of a work over the store at a version."""
        return cls(
            release=version("land-lazio"),
            version=store_version,
            whole=whole,
            kind=work.kind,
            limit=work.limit,
            day=work.day.isoformat(),
            form=work.form,
            part_size=work.part_size,
            parts=work.parts,
            rests_on=fingerprint(work),
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """One finished part: its length in bytes, checksum, rows, and organisations with at least one."""

    part: int
    length: int
    sha256: str
    suggestions: int
    answered: int


class Parts:
    """The finished parts of one plan; `resumed` tells how many a run before left, `begun_anew` what it left instead: a
    plan that is not this one."""

    def __init__(self, out: Path, plan: Plan) -> None:
        """Makes the folder, or takes over what a run of the same plan left in it. Raises OSError."""
        self.out, self.plan, self.folder = out, plan, folder_of(out)
        before = plan_in(out)
        self.begun_anew = before if before not in (None, plan) else None
        self._kept = _whole(self.folder, plan) if before == plan else {}
        self.resumed = len(self._kept)
        if before != plan:
            _clear(self.folder)
        self.folder.mkdir(exist_ok=True)
        beside = self.folder / (MANIFEST + ".new")
        lines = [asdict(plan), *(asdict(self._kept[number]) for number in sorted(self._kept))]
        beside.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        beside.replace(self.folder / MANIFEST)
        self._manifest = (self.folder / MANIFEST).open("a", encoding="utf-8")

    @property
    def done(self) -> int:
        """How many parts are kept."""
        return len(self._kept)

    @property
    def missing(self) -> Sequence[int]:
        """Numbers of the parts that are not kept yet, ascending."""
        return [number for number in range(self.plan.parts) if number not in self._kept]

    @property
    def suggestions(self) -> int:
        """Rows of all kept parts."""
        return sum(each.suggestions for each in self._kept.values())

    @property
    def answered(self) -> int:
        """Organisations with at least one row."""
        return sum(each.answered for each in self._kept.values())

    def keep(self, part: Part) -> None:
        """Writes a part, whole or not at all, then its line. Raises OSError."""
        file = _file(self.folder, self.plan.form, part.number)
        beside = file.with_name(file.name + ".new")
        beside.write_bytes(part.content)
        beside.replace(file)
        checksum = hashlib.sha256(part.content).hexdigest()
        kept = Kept(part.number, len(part.content), checksum, part.suggestions, part.answered)
        self._manifest.write(json.dumps(asdict(kept)) + "\n")
        self._manifest.flush()
        self._kept[part.number] = kept

    def join(self, header: bytes) -> None:
        """Puts all parts, in order, into the file they were made for, then removes the folder.

        The file stands under its name only when it is whole. Raises PartDamaged and OSError.
        """
        beside = self.out.with_name(self.out.name + ".part")
        try:
            with beside.open("wb") as target:
                target.write(header)
                for number in range(self.plan.parts):
                    file = _file(self.folder, self.plan.form, number)
                    if _checksum(file, target) != self._kept[number].sha256:
                        raise PartDamaged(file=file.name)
            beside.replace(self.out)
        finally:
            beside.unlink(missing_ok=True)
        self.close()
        _clear(self.folder)

    def close(self) -> None:
        """Lets go of the manifest; the parts stay, and the folder when there are any."""
        self._manifest.close()
        if not self._kept:
            _clear(self.folder)


def folder_of(out: Path) -> Path:
    """Where the parts of a file wait."""
    return out.with_name(out.name + FOLDER)


def plan_in(out: Path) -> Plan | None:
    """The plan of the run that left parts for this file, None when there are none or they cannot be read."""
    try:
        with (folder_of(out) / MANIFEST).open(encoding="utf-8") as lines:
            said = json.loads(lines.readline())
        plan = Plan(**{each.name: said[each.name] for each in fields(Plan)})
        date.fromisoformat(plan.day)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return plan


def _whole(folder: Path, plan: Plan) -> dict[int, Kept]:
    """The parts that stand in the folder as the manifest says; the last line of a killed run may be cut short."""
    found: dict[int, Kept] = {}
    with (folder / MANIFEST).open(encoding="utf-8", errors="replace") as lines:
        for line in list(lines)[1:]:
            kept = _read(line)
            if kept is not None and 0 <= kept.part < plan.parts and _stands(folder, plan.form, kept):
                found[kept.part] = kept
    return found


def _read(line: str) -> Kept | None:
    try:
        said: Mapping[str, object] = json.loads(line)
        kept = Kept(**{each.name: said[each.name] for each in fields(Kept)})  # type: ignore[arg-type] # checked below
    except (ValueError, KeyError, TypeError):
        return None
    numbers = (kept.part, kept.length, kept.suggestions, kept.answered)
    return kept if all(isinstance(each, int) for each in numbers) else None


def _stands(folder: Path, form: str, kept: Kept) -> bool:
    file = _file(folder, form, kept.part)
    try:
        return file.stat().st_size == kept.length and _checksum(file) == kept.sha256
    except OSError:
        return False


def _checksum(file: Path, copied_to: BinaryIO | None = None) -> str:
    """SHA-256 of a file, copied on the way where asked."""
    found = hashlib.sha256()
    with file.open("rb") as source:
        while block := source.read(BLOCK):
            found.update(block)
            if copied_to is not None:
                copied_to.write(block)
    return found.hexdigest()


def _file(folder: Path, form: str, number: int) -> Path:
    return folder / f"part-{number:07d}.{form}"


def _clear(folder: Path) -> None:
    """Removes what a batch writes into its folder, and the folder when nothing else is in it."""
    for pattern in ("part-*.csv", "part-*.jsonl", "part-*.new", MANIFEST + "*"):
        for file in folder.glob(pattern):
            file.unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()
